/* Writes the files that `travelcard import` makes a store of for the
 * benchmarks: the cells, the subscribers, or their records. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"

#define DAY 86400
#define HOUR 3600

static const char usage[] =
    "usage: census cells|subscribers|records COUNT NOW\n"
    "\n"
    "Writes CSV to the standard output: of COUNT subscribers, with records\n"
    "of the twelve days before NOW, in epoch seconds.\n";

static unsigned long long
imsi(uint64_t n)
{
	return 460000000000000ull + (CROWD_FIRST + n) % 10000000000ull;
}

static void
put_cells(void)
{
	puts("place,region");
	for (int i = 0; i < CROWD_PLACES; i++)
		if (crowd_places[i].region != NULL)
			printf("%s,%s\n", crowd_places[i].record,
			    crowd_places[i].region);
}

static void
put_subscribers(uint64_t count)
{
	puts("imsi,msisdn,id_last4,active_since");
	for (uint64_t n = 0; n < count; n++)
		printf("%llu,%llu," CROWD_DIGITS ",2020-01-01\n", imsi(n),
		    (unsigned long long)(CROWD_FIRST + n));
}

/* Six hours at a place, each day another. */
static void
put_stay(uint64_t n, unsigned place, int64_t from)
{
	for (int hour = 0; hour <= 6; hour += 3)
		printf("%lld,%llu,%s\n", (long long)from + hour * HOUR, imsi(n),
		    crowd_places[place].record);
}

static void
put_records(uint64_t count, int64_t now)
{
	puts("time,imsi,place");
	for (uint64_t n = 0; n < count; n++) {
		uint32_t set = crowd_visited(n);

		for (unsigned i = 0, days = 1; i < CROWD_PLACES; i++)
			if (set >> i & 1)
				put_stay(n, i, now - days++ * DAY);
	}
}

int
main(int argc, char **argv)
{
	if (argc != 4) {
		fputs(usage, stderr);
		return 2;
	}
	if (strcmp(argv[1], "cells") == 0)
		put_cells();
	else if (strcmp(argv[1], "subscribers") == 0)
		put_subscribers(strtoull(argv[2], NULL, 10));
	else
		put_records(
		    strtoull(argv[2], NULL, 10), strtoll(argv[3], NULL, 10));
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
