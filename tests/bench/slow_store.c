/* Preloaded into a gateway: each look-up of a subscriber's row takes
 * BENCH_LOOKUP_US microseconds more, so that one core can offer many times
 * what the gateway can answer. It waits, as for a disk or a network: that
 * takes equally long on a machine that is busy; and looks at the clock for the
 * last SPIN_US, for a host wakes it up now 50 and now 250 late, and a capacity
 * that was measured a minute ago was another. With BENCH_STORE only those in
 * a store whose path has that in it. What is found in the page cache without
 * SQLite (store_trail.c) is not slowed: a small cache has none of that. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

#define SPIN_US 200

static int64_t
micros(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void
sleep_until(int64_t at)
{
	const struct timespec t = {at / 1000000, at % 1000000 * 1000};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void
dawdle(void)
{
	static int64_t takes = -1;
	int64_t end = micros();

	if (takes < 0)
		takes = atol(getenv("BENCH_LOOKUP_US"));
	end += takes;
	sleep_until(end - SPIN_US);
	while (micros() < end)
		;
}

static int
is_slow(sqlite3 *db)
{
	const char *which = getenv("BENCH_STORE");
	const char *path = sqlite3_db_filename(db, "main");

	return which == NULL || (path != NULL && strstr(path, which) != NULL);
}

/* By a statement: where a look-up begins, not where it goes on. SQLite has
 * statements of its own that have no text. */
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
	if (begins_lookup(st) && is_slow(sqlite3_db_handle(st)))
		dawdle();
	return real(st);
}

/* By an open blob, which stays the subscribers' when it is moved. */
static const sqlite3_blob *slow;

int
sqlite3_blob_open(sqlite3 *db, const char *schema, const char *table,
    const char *column, sqlite3_int64 id, int flags, sqlite3_blob **blob)
{
	static int (*real)(sqlite3 *, const char *, const char *, const char *,
	    sqlite3_int64, int, sqlite3_blob **);
	int rc;

	if (real == NULL)
		real = (int (*)(sqlite3 *, const char *, const char *,
		    const char *, sqlite3_int64, int,
		    sqlite3_blob **))dlsym(RTLD_NEXT, "sqlite3_blob_open");
	rc = real(db, schema, table, column, id, flags, blob);
	if (strcmp(table, "subscriber") == 0 && is_slow(db)) {
		dawdle();
		slow = *blob;
	} else if (*blob == slow) {
		slow = NULL; /* that one was closed */
	}
	return rc;
}

int
sqlite3_blob_reopen(sqlite3_blob *blob, sqlite3_int64 id)
{
	static int (*real)(sqlite3_blob *, sqlite3_int64);

	if (real == NULL)
		real = (int (*)(sqlite3_blob *, sqlite3_int64))dlsym(
		    RTLD_NEXT, "sqlite3_blob_reopen");
	if (blob == slow)
		dawdle();
	return real(blob, id);
}
