/* The page cache, as SQLite uses it: small, so that pages come and go, and
 * large, in blocks; rows as they were put, whatever was undone, and no more
 * pages than there may be. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include <stdio.h>

#include "pagecache.h"
#include "fixture.h"
#include "test.h"

#define ROWS 6000
#define OCTETS 300
#define SLACK 40 /* KiB: the file itself, and its pages rounded up */

static sqlite3 *db;
static unsigned char want[ROWS]; /* 0: no row */

static void
run(const char *sql)
{
	char *said = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK) {
		printf("# %s: %s\n", sql, said);
		exit(1);
	}
}

static int64_t
number(const char *sql)
{
	sqlite3_stmt *st;
	int64_t v = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

static void
put(int id, int what)
{
	char sql[128];

	snprintf(sql, sizeof(sql),
	    what ? "REPLACE INTO t VALUES (%d, %d, randomblob(%d))"
		 : "DELETE FROM t WHERE id = %d",
	    id, what, OCTETS);
	run(sql);
	want[id] = what;
}

static void
change(int n)
{
	for (int i = 0; i < n; i++)
		put((int)(pseudo_random() >> 40) % ROWS,
		    (int)(pseudo_random() >> 60));
}

static int
is_as_wanted(void)
{
	sqlite3_stmt *st;
	int n = 0, good = 1;

	sqlite3_prepare_v2(db, "SELECT id, what FROM t", -1, &st, NULL);
	for (; sqlite3_step(st) == SQLITE_ROW; n++)
		good = good &&
		    want[sqlite3_column_int(st, 0)] ==
			sqlite3_column_int(st, 1);
	sqlite3_finalize(st);
	for (int i = 0; i < ROWS; i++)
		n -= want[i] != 0;
	return good && n == 0 &&
	    number("SELECT count(*) FROM pragma_integrity_check"
		   " WHERE integrity_check = 'ok'") == 1;
}

/* KiB that pages take. */
static int
used(void)
{
	int now, high;

	sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_USED, &now, &high, 0);
	return now / 1024;
}

static void
one_size(int kib, const char *journal)
{
	char sql[64];

	remove("t.db");
	memset(want, 0, sizeof(want));
	if (sqlite3_open("t.db", &db) != SQLITE_OK)
		exit(1);
	snprintf(sql, sizeof(sql), "PRAGMA cache_size = -%d", kib);
	run("PRAGMA synchronous = off");
	run("PRAGMA page_size = 8192");
	run(sql);
	snprintf(sql, sizeof(sql), "PRAGMA journal_mode = %s", journal);
	run(sql);
	run("CREATE TABLE t (id INTEGER PRIMARY KEY, what, more)");
	for (int i = 0; i < 8; i++) {
		unsigned char before[ROWS];

		run("BEGIN");
		change(1500);
		memcpy(before, want, ROWS);
		run("SAVEPOINT s");
		change(1500);
		if (i % 2 == 0) {
			run("ROLLBACK TO s");
			memcpy(want, before, ROWS);
		}
		run("COMMIT");
	}
	ok(is_as_wanted(), "%d KiB, %s: rows are as they were put", kib,
	    journal);
	ok(used() <= kib + SLACK, "in no more than that");
	run("DELETE FROM t WHERE id % 5 <> 0");
	for (int i = 0; i < ROWS; i++)
		want[i] = i % 5 ? 0 : want[i];
	run("VACUUM");
	ok(is_as_wanted(), "after a vacuum, too");
	sqlite3_db_release_memory(db);
	ok(is_as_wanted(), "and when all was let go");
	run("PRAGMA cache_size = -100");
	ok(used() <= 100 + SLACK, "told to take less, it does");
	change(500);
	ok(is_as_wanted(), "and goes on");
	sqlite3_close(db);
}

/* A page that is looked at without SQLite. */
static void
looking(void)
{
	struct pagecache_page p;
	const uint8_t *octets;
	sqlite3 *other;
	size_t size = 0;

	remove("t.db");
	if (sqlite3_open("t.db", &db) != SQLITE_OK ||
	    sqlite3_open("t.db", &other) != SQLITE_OK)
		exit(1);
	run("PRAGMA page_size = 8192");
	run("PRAGMA cache_size = -40000");
	run("PRAGMA journal_mode = wal");
	run("CREATE TABLE t (id INTEGER PRIMARY KEY, what)");
	run("INSERT INTO t VALUES (1, 1)");
	run("BEGIN");
	pagecache_watch();
	number("SELECT what FROM t WHERE id = 1");
	ok_int(pagecache_last(&p), 1, "a page was asked for");
	octets = pagecache_look(p.cache, p.number, 0, &size);
	ok(octets == p.octets && octets != NULL && size == 8192,
	    "and lies where it was");
	pagecache_watch();
	ok_int(pagecache_last(&p), 0, "none since");
	run("COMMIT");
	pagecache_watch();
	number("SELECT what FROM t WHERE id = 1");
	pagecache_last(&p);
	if (sqlite3_exec(other, "UPDATE t SET what = 2", NULL, NULL, NULL))
		exit(1);
	run("BEGIN");
	number("SELECT count(*) FROM sqlite_schema");
	ok(pagecache_look(p.cache, p.number, 0, &size) == NULL,
	    "in a snapshot with what another wrote it does not");
	run("COMMIT");
	sqlite3_close(db);
	ok(pagecache_look(p.cache, p.number, 0, &size) == NULL,
	    "nor when its file is closed");
	sqlite3_close(other);
}

int
main(void)
{
	fixture_begin();
	pagecache_install();
	one_size(400, "wal");
	one_size(400, "delete");
	one_size(40000, "wal");
	one_size(40000, "delete");
	looking();
	return test_done();
}
