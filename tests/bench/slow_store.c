/* Preloaded into smsc-gw: each look-up of a subscriber's row burns
 * BENCH_LOOKUP_US microseconds more, so that one core can offer many times
 * what the gateway can answer. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

static void
burn(void)
{
	static int64_t us = -1;
	int64_t end;

	if (us < 0)
		us = atoll(getenv("BENCH_LOOKUP_US"));
	for (end = now_us() + us; now_us() < end;)
		;
}

/* A statement is where its look-up begins, not where it goes on. */
int
sqlite3_step(sqlite3_stmt *st)
{
	static int (*real)(sqlite3_stmt *);

	if (real == NULL)
		real =
		    (int (*)(sqlite3_stmt *))dlsym(RTLD_NEXT, "sqlite3_step");
	if (!sqlite3_stmt_busy(st) &&
	    strstr(sqlite3_sql(st), "FROM subscriber WHERE msisdn") != NULL)
		burn();
	return real(st);
}
