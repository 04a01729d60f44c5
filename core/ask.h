/* What the gateways of this machine answer when asked over their local sockets
 * (teller.h). For the operator's tool. */
#ifndef ASK_H
#define ASK_H

#include <stddef.h>

#include "metrics.h"

#define ASK_MS 3000          /* for all answers together */
#define ASK_GATEWAYS 256     /* the most processes */
#define ASK_OCTETS (1 << 20) /* the most of one answer */

struct ask_process {
	char program[16]; /* smsc-gw, ussd-gw */
	unsigned worker;
	int rc; /* 0, or -errno: why there is no answer */
	struct metric_line *lines;
	size_t nlines;
};

struct ask {
	struct ask_process *v; /* by program, then worker */
	size_t n;
};

/* Asks all that have a socket in a folder. 0, or -errno for a folder that
 * cannot be read. ask_free in any case. */
int ask_all(struct ask *a, const char *run_dir);
void ask_free(struct ask *a);

/* A program, or one worker of it, and of what. */
struct ask_of {
	const char *program;
	const struct ask_process *only; /* null for all of the program */
	const char *label, *second;     /* null or "" for none */
};

/* One value, of several processes as its description says. 1, or 0 when
 * nobody told. */
int ask_value(const struct ask *a, const struct ask_of *of, enum metric what,
    double *value);

/* The first label that a metric has in any answer of a program, after `last` in
 * the order of strcmp ("" at first); null when there are no more. */
const char *ask_next(const struct ask *a, const struct ask_of *of,
    enum metric what, unsigned label, const char *last);

#endif
