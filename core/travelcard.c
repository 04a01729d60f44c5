/* travelcard: the operator's tool: its command line. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "key.h"
#include "text.h"
#include "when.h"

static const struct {
	const char *name;
	command_h *run;
} commands[] = {
    {"import", cmd_import},
    {"lookup", cmd_lookup},
    {"verify", cmd_verify},
    {"correct", cmd_correct},
    {"purge", cmd_purge},
    {"stat", cmd_stat},
    {"texts", cmd_texts},
    {"check", cmd_check},
};

static const char usage[] =
    "usage: travelcard -c FILE [--at TIME] [--carrier NAME] COMMAND\n"
    "\n"
    "  import cells|subscribers|records|marks FILE... [--complete-to TIME]\n"
    "  lookup [--service NAME] [--json] [--bulk] MSISDN...|-\n"
    "  verify [--json] MSISDN CODE\n"
    "  correct MSISDN add|remove REGION FROM TO\n"
    "  correct MSISDN list\n"
    "  purge MSISDN | --expired | --all [--yes]\n"
    "  stat [--json]\n"
    "  texts [--json]\n"
    "  check [--audit [--json]]\n"
    "\n"
    "  -c, --config FILE   the configuration, travelcard.conf(5)\n"
    "  --at TIME           stands for the clock in the whole run\n"
    "  --carrier NAME      whose store, when carriers have their own, and\n"
    "                      whose answers\n"
    "  --service NAME      whose window and rules; the first unless given\n"
    "  --complete-to TIME  the records are complete up to TIME\n"
    "  --json              for machines\n"
    "  --all, --expired    what to purge; --yes asks nothing\n"
    "  --operator NAME     who does this, for the audit; the login name\n"
    "  --reason TEXT       and why\n"
    "  --bulk              more than 100 numbers in one run\n"
    "  --audit             prove the chains of the audit\n"
    "  -h, --help          this text\n"
    "\n"
    "TIME: 2026-11-22T08:00:00+08:00, 1795305600 or 2026-11-22. FILE: CSV,\n"
    "plain or gzip; - is standard input. REGION: a code or a name. Exit: 0,\n"
    "1 fault, 2 usage, 3 some lines were rejected, 4 nobody has the number,\n"
    "5 the code is not genuine. See travelcard(1).\n";

void
command_string(const char *s)
{
	char utf8[4];
	uint32_t c;
	size_t n;

	putchar('"');
	for (; (n = utf8_next(s, &c)) > 0; s += n) {
		if (c == '"' || c == '\\')
			printf("\\%c", (int)c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			fwrite(utf8, 1, utf8_put(c, utf8), stdout);
	}
	putchar('"');
}

int
usage_error(const char *what, const char *which)
{
	fprintf(stderr, "travelcard: %s%s\n%s", what, which, usage);
	return EXIT_USAGE;
}

static int
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"at", required_argument, NULL, 'a'},
	    {"carrier", required_argument, NULL, 'C'},
	    {"service", required_argument, NULL, 's'},
	    {"complete-to", required_argument, NULL, 't'},
	    {"json", no_argument, NULL, 'j'},
	    {"all", no_argument, NULL, 'A'},
	    {"expired", no_argument, NULL, 'E'},
	    {"yes", no_argument, NULL, 'y'},
	    {"operator", required_argument, NULL, 'o'},
	    {"reason", required_argument, NULL, 'r'},
	    {"bulk", no_argument, NULL, 'b'},
	    {"audit", no_argument, NULL, 'u'},
	    {"help", no_argument, NULL, 'h'},
	    {0},
	};
	int ch;

	*o = (struct options){0};
	while ((ch = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
		switch (ch) {
		case 'c':
			o->conf = optarg;
			break;
		case 'a':
			o->at = optarg;
			break;
		case 'C':
			o->carrier = optarg;
			break;
		case 's':
			o->service = optarg;
			break;
		case 't':
			o->complete_to = optarg;
			break;
		case 'j':
			o->json = 1;
			break;
		case 'A':
			o->all = 1;
			break;
		case 'E':
			o->expired = 1;
			break;
		case 'y':
			o->yes = 1;
			break;
		case 'o':
			o->by = optarg;
			break;
		case 'r':
			o->reason = optarg;
			break;
		case 'b':
			o->bulk = 1;
			break;
		case 'u':
			o->audit = 1;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_OK);
		default: /* getopt has said what is wrong */
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	o->args = argv + optind;
	o->nargs = argc - optind;
	return 0;
}

static int
set_clock(const struct options *o)
{
	int64_t t;

	if (o->at == NULL)
		return EXIT_OK;
	if (when_parse(o->at, strlen(o->at), &t) < 0 || t > WHEN_MAX)
		return usage_error("--at: not a time: ", o->at);
	when_set(t, 0);
	return EXIT_OK;
}

static int
run(const struct options *o, command_h *command)
{
	struct core *c;
	int rc;

	if (core_open(&c, o->conf) < 0)
		return EXIT_FAULT;
	rc = set_clock(o);
	if (rc == EXIT_OK)
		rc = command(c, o);
	core_close(c);
	return rc;
}

int
main(int argc, char **argv)
{
	struct options o;
	int rc;

	key_no_dumps();
	rc = parse_options(argc, argv, &o);
	if (rc != 0)
		return rc;
	if (o.nargs == 0)
		return usage_error("which command?", "");
	if (o.conf == NULL)
		return usage_error("-c names the configuration", "");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(o.args[0], commands[i].name) != 0)
			continue;
		o.args++;
		o.nargs--;
		rc = run(&o, commands[i].run);
		if (fflush(stdout) == 0 && !ferror(stdout))
			return rc;
		fprintf(stderr, "travelcard: standard output: %s\n",
		    strerror(errno));
		return EXIT_FAULT;
	}
	return usage_error("no such command: ", o.args[0]);
}
