/* ussd-gw: the USSD front end. */
#include <stddef.h>

#include "gateway.h"
#include "program.h"

static const char usage[] =
    "usage: ussd-gw -c FILE [-n | -p] [-l NAME ...] [-t TIME]\n"
    "\n"
    "  -c, --config FILE  the configuration, travelcard.conf(5)\n"
    "  -n, --check        check the configuration and exit\n"
    "  -p, --print        print what is in force and exit\n"
    "  -l, --hlr NAME     serve this hlr section, and no other but those\n"
    "                     named likewise\n"
    "  -t, --time TIME    start the clock at TIME, for tests\n"
    "  -h, --help         this text\n"
    "\n"
    "Attaches to every HLR of the configuration and answers until SIGTERM or\n"
    "SIGINT. See ussd-gw(8).\n";

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'n'},
	    {"print", no_argument, NULL, 'p'},
	    {"hlr", required_argument, NULL, 'l'},
	    {"time", required_argument, NULL, 't'},
	    {"help", no_argument, NULL, 'h'},
	    {0},
	};
	const struct program p = {
	    .name = "ussd-gw",
	    .usage = usage,
	    .shorts = "c:npl:t:h",
	    .longs = longs,
	    .option = gateway_take_name,
	    .check = gateway_check,
	    .serve = gateway_serve,
	};

	return program_main(&p, argc, argv);
}
