/* The commands of the operator's tool. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "core.h"

enum exit_status {
	EXIT_OK,
	EXIT_FAULT,
	EXIT_USAGE,
	EXIT_REJECTS,
	EXIT_NOBODY,
	EXIT_NOT_GENUINE,
};

/* The command line, read. */
struct options {
	const char *conf, *at, *carrier, *service, *complete_to;
	const char *by, *reason; /* --operator, --reason; null for not given */
	int json, all, expired, yes, bulk, audit;
	char **args;
	int nargs;
};

typedef int command_h(struct core *c, const struct options *o);

command_h cmd_import, cmd_lookup, cmd_verify, cmd_correct, cmd_purge, cmd_stat,
    cmd_texts, cmd_check;

/* The store that a command is about, or null, which has been said. */
struct vault *chosen_vault(struct core *c, const struct options *o);

/* Opens a vault's store for reading, with a snapshot. 0 or -errno. */
int open_to_read(struct core *c, struct vault *v);

/* Prints a JSON string; what an operator typed as a number may be anything. */
void command_string(const char *s);

/* Says what is wrong with the command line, and how it goes: EXIT_USAGE. */
int usage_error(const char *what, const char *which);

#endif
