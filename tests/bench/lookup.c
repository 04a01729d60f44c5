/* With the page cache that the store's own readers have, and room in it for
 * all of the store. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "key.h"
#include "lookup.h"
#include "pagecache.h"
#include "rows.h"

struct lookup {
	struct key *key;
	sqlite3 *db;
	sqlite3_stmt *begin, *end, *find;
};

static void
die(const struct lookup *l, const char *what)
{
	fprintf(stderr, "%s: %s\n", what,
	    l->db != NULL ? sqlite3_errmsg(l->db) : "failed");
	exit(2);
}

static sqlite3_stmt *
prepare(struct lookup *l, const char *sql)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v3(l->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st,
		NULL) != SQLITE_OK)
		die(l, sql);
	return st;
}

static void
make_room(struct lookup *l)
{
	sqlite3_stmt *st = prepare(l, "PRAGMA page_count");
	char text[64];

	if (sqlite3_step(st) != SQLITE_ROW)
		die(l, "page_count");
	snprintf(text, sizeof(text), "PRAGMA cache_size = %d",
	    sqlite3_column_int(st, 0));
	sqlite3_finalize(st);
	if (sqlite3_exec(l->db, text, NULL, NULL, NULL) != SQLITE_OK)
		die(l, text);
}

struct lookup *
lookup_open(const char *folder, const char *key_file)
{
	struct lookup *l = calloc(1, sizeof(*l));
	char path[4096];

	snprintf(path, sizeof(path), "%s/stays.db", folder);
	if (l == NULL || key_open(&l->key, key_file) < 0)
		exit(2);
	pagecache_install();
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (sqlite3_open_v2(path, &l->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
		NULL) != SQLITE_OK ||
	    sqlite3_exec(l->db, "PRAGMA mmap_size = 0", NULL, NULL, NULL) !=
		SQLITE_OK)
		die(l, path);
	make_room(l);
	l->begin = prepare(l, "BEGIN");
	l->end = prepare(l, "ROLLBACK");
	l->find =
	    prepare(l, "SELECT rows FROM subscriber WHERE id >= ? ORDER BY id");
	return l;
}

static void
run(struct lookup *l, sqlite3_stmt *st)
{
	if (sqlite3_step(st) != SQLITE_DONE)
		die(l, sqlite3_sql(st));
	sqlite3_reset(st);
}

void
lookup_begin(struct lookup *l)
{
	run(l, l->begin);
}

void
lookup_end(struct lookup *l)
{
	run(l, l->end);
}

int
lookup(struct lookup *l, const char *msisdn)
{
	uint64_t key = key_msisdn(l->key, msisdn);
	struct subscriber row;
	struct rows_reader r;
	struct slice slice;
	int found = 0, rc;

	sqlite3_bind_int64(l->find, 1, key >> 36);
	rc = sqlite3_step(l->find);
	if (rc == SQLITE_ROW) {
		const uint8_t *blob = sqlite3_column_blob(l->find, 0);

		rc = slices_look(&rows_form, blob,
		    sqlite3_column_bytes(l->find, 0), key, &slice);
		if (rc == 1)
			rows_read_slice(&r, &slice);
		found = rc == 1 && rows_next_of(&r, key, &row) == 1;
	} else if (rc != SQLITE_DONE) {
		die(l, "look-up");
	}
	sqlite3_reset(l->find);
	return found;
}
