/* smsc-gw: the SMS front end. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "gateway.h"
#include "when.h"

static const char usage[] =
    "usage: smsc-gw -c FILE [-n | -p] [-t TIME]\n"
    "\n"
    "  -c, --config FILE  the configuration, travelcard.conf(5)\n"
    "  -n, --check        check the configuration and exit\n"
    "  -p, --print        print what is in force and exit\n"
    "  -t, --time TIME    start the clock at TIME, for tests\n"
    "  -h, --help         this text\n"
    "\n"
    "Binds to every SMSC of the configuration and answers until SIGTERM or\n"
    "SIGINT. See smsc-gw(8).\n";

struct options {
	const char *conf, *time;
	int check, print;
};

static void
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'n'},
	    {"print", no_argument, NULL, 'p'},
	    {"time", required_argument, NULL, 't'},
	    {"help", no_argument, NULL, 'h'},
	    {0},
	};
	int ch;

	*o = (struct options){0};
	while ((ch = getopt_long(argc, argv, "c:npt:h", longs, NULL)) != -1) {
		switch (ch) {
		case 'c':
			o->conf = optarg;
			break;
		case 'n':
			o->check = 1;
			break;
		case 'p':
			o->print = 1;
			break;
		case 't':
			o->time = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (o->conf == NULL || optind < argc) {
		fputs(usage, stderr);
		exit(2);
	}
}

static int
start_clock(const char *time)
{
	int64_t t;

	if (time == NULL)
		return 0;
	if (when_parse(time, strlen(time), &t) < 0) {
		fprintf(stderr, "smsc-gw: -t %s: not a time\n", time);
		return -1;
	}
	when_set(t, 1);
	return 0;
}

int
main(int argc, char **argv)
{
	struct options o;
	struct core *c;

	key_no_dumps();
	gateway_hold_hangup();
	parse_options(argc, argv, &o);
	if (core_open(&c, o.conf) < 0)
		return 1;
	if (start_clock(o.time) < 0)
		return 2;
	if (o.print) {
		conf_print(c->conf, stdout);
	} else if (gateway_check(c) < 0) {
		return 1;
	} else if (!o.check) {
		gateway_serve(c);
		return 0;
	}
	core_close(c);
	return 0;
}
