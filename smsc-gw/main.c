/* smsc-gw: the SMS front end. */
#include <stddef.h>

#include "gateway.h"
#include "program.h"

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

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'n'},
	    {"print", no_argument, NULL, 'p'},
	    {"time", required_argument, NULL, 't'},
	    {"help", no_argument, NULL, 'h'},
	    {0},
	};
	const struct program p = {
	    .name = "smsc-gw",
	    .usage = usage,
	    .shorts = "c:npt:h",
	    .longs = longs,
	    .check = gateway_check,
	    .serve = gateway_serve,
	};

	return program_main(&p, argc, argv);
}
