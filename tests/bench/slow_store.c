/* Preloaded into a gateway: each look-up of a subscriber's row takes
 * BENCH_LOOKUP_US microseconds more, so that one core can offer many times
 * what the gateway can answer. It waits, as for a disk or a network: that
 * takes equally long on a machine that is busy. With BENCH_STORE only those in
 * a store whose path has that in it. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

static void
dawdle(void)
{
	static struct timespec t = {0, -1};

	if (t.tv_nsec < 0)
		t.tv_nsec = atol(getenv("BENCH_LOOKUP_US")) * 1000;
	nanosleep(&t, NULL);
}

static int
is_slow(sqlite3_stmt *st)
{
	const char *which = getenv("BENCH_STORE");
	const char *path = sqlite3_db_filename(sqlite3_db_handle(st), "main");

	return which == NULL || (path != NULL && strstr(path, which) != NULL);
}

/* Where a look-up begins, not where it goes on. SQLite has statements of its
 * own that have no text. */
static int
begins_lookup(sqlite3_stmt *st)
{
	const char *sql = sqlite3_sql(st);

	return sql != NULL && !sqlite3_stmt_busy(st) &&
	    strstr(sql, "FROM subscriber WHERE id") != NULL;
}

int
sqlite3_step(sqlite3_stmt *st)
{
	static int (*real)(sqlite3_stmt *);

	if (real == NULL)
		real =
		    (int (*)(sqlite3_stmt *))dlsym(RTLD_NEXT, "sqlite3_step");
	if (begins_lookup(st) && is_slow(st))
		dawdle();
	return real(st);
}
