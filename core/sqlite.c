/* What every SQLite file of ours has in common. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "pagecache.h"
#include "sqlite.h"

static int
errno_of(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CANTOPEN:
		return -ENOENT;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return -EACCES;
	}
	return -EIO;
}

int
sqlite_fault(struct sqlite *q, const char *what)
{
	int code = q->db ? sqlite3_extended_errcode(q->db) : SQLITE_NOMEM;
	int primary = code & 0xff, system = 0;
	int64_t now = time(NULL);

	if (q->db && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN))
		system = sqlite3_system_errno(q->db);
	if (code != q->last_fault || now != q->last_fault_at)
		log_error(DSTORE, "%s: %s: %s%s%s", q->path, what,
		    q->db ? sqlite3_errmsg(q->db) : "no memory",
		    system ? ": " : "", system ? strerror(system) : "");
	q->last_fault = code;
	q->last_fault_at = now;
	return errno_of(code);
}

int
sqlite_step(struct sqlite *q, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	rc = sqlite_fault(q, sqlite3_sql(st));
	sqlite_reset(st);
	return rc;
}

void
sqlite_reset(sqlite3_stmt *st)
{
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

int
sqlite_run(struct sqlite *q, sqlite3_stmt *st)
{
	int rc = sqlite_step(q, st);

	if (rc >= 0)
		sqlite_reset(st);
	return rc < 0 ? rc : 0;
}

int
sqlite_empty(struct sqlite *q, const char *but)
{
	static const char tables[] =
	    "SELECT 'DELETE FROM \"' || name || '\"' FROM main.sqlite_schema"
	    " WHERE type = 'table' AND name <> ?";
	sqlite3_stmt *st;
	int rc = 0;

	if (sqlite3_prepare_v2(q->db, tables, -1, &st, NULL) != SQLITE_OK)
		return sqlite_fault(q, tables);
	sqlite3_bind_text(st, 1, but, -1, SQLITE_STATIC);
	while (rc == 0 && sqlite3_step(st) == SQLITE_ROW) {
		const char *erase = (const char *)sqlite3_column_text(st, 0);

		if (sqlite3_exec(q->db, erase, NULL, NULL, NULL) != SQLITE_OK)
			rc = sqlite_fault(q, erase);
	}
	sqlite3_finalize(st);
	return rc;
}

int64_t
sqlite_integer(struct sqlite *q, const char *sql)
{
	sqlite3_stmt *st;
	int64_t v = -1;

	if (sqlite3_prepare_v2(q->db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return v;
}

/* Is it whole? What a writer commits lies in the log, until a checkpoint writes
 * it back, in the order of the pages: first the one that says how many there
 * are. A writer that is killed meanwhile leaves a file that is short of what it
 * says, and a log that has the rest. What the log has, its index says, which
 * all share (SQLite's wal.c, "WAL-INDEX FORMAT"; words of this machine):
 *
 *   block: | header | page of each frame … | hash table |
 *          | page of each frame …          | hash table | …
 */
#define INDEX_BLOCK 32768    /* octets */
#define INDEX_WORDS 4096     /* of a block, before its hash table */
#define INDEX_COMMITTED 4    /* word: the last frame that is committed */
#define INDEX_DONE 24        /* word: frames that are all written back */
#define INDEX_PAGES 34       /* words before the first frame's page */
#define LOCK_BYTE 0x40000000 /* whose page is never written (1.4) */

static const volatile uint32_t *
index_block(sqlite3_file *f, uint32_t n)
{
	volatile void *block = NULL;

	if (f->pMethods->xShmMap(f, n, INDEX_BLOCK, 0, &block) != SQLITE_OK)
		return NULL;
	return block;
}

/* Pages behind the first `have`, up to `pages`, that are in the frames behind
 * `done`, which alone are read. -ENOMEM. */
static int64_t
count_logged(sqlite3_file *f, int64_t done, int64_t have, int64_t pages)
{
	const volatile uint32_t *block = index_block(f, 0);
	int64_t end = block != NULL ? block[INDEX_COMMITTED] : 0, n = 0;
	uint8_t *seen;

	if (end - done < pages - have - 1)
		return 0; /* however many */
	seen = calloc(1, (pages - have) / 8 + 1);
	if (seen == NULL)
		return -ENOMEM;
	block = NULL;
	for (int64_t i = done + INDEX_PAGES; i < end + INDEX_PAGES; i++) {
		int64_t page;

		if (block == NULL || i % INDEX_WORDS == 0)
			block = index_block(f, i / INDEX_WORDS);
		if (block == NULL)
			break;
		page = block[i % INDEX_WORDS] - 1 - have;
		if (page < 0 || page >= pages - have ||
		    seen[page / 8] & 1 << page % 8)
			continue;
		seen[page / 8] |= 1 << page % 8;
		n++;
	}
	free(seen);
	return n;
}

static int64_t
size_of(sqlite3_file *f)
{
	sqlite3_int64 size;

	if (f == NULL || f->pMethods == NULL ||
	    f->pMethods->xFileSize(f, &size) != SQLITE_OK)
		return -EIO;
	return size;
}

/* How many of `pages` pages are neither in the file nor in the log. What is
 * written back after `done` was read is in the file when that is looked at. */
static int64_t
count_lost(sqlite3_file *f, int64_t page, int64_t pages)
{
	const volatile uint32_t *index = index_block(f, 0);
	int64_t done = index != NULL ? index[INDEX_DONE] : 0;
	int64_t size = size_of(f), have = size / page, logged;
	int64_t locked = LOCK_BYTE / page;

	if (size < 0 || have >= pages)
		return size < 0 ? size : 0;
	logged = count_logged(f, done, have, pages);
	if (logged < 0)
		return logged;
	return pages - have - logged - (locked >= have && locked < pages);
}

/* Frames that are not written back. */
static int64_t
count_waiting(sqlite3_file *f)
{
	const volatile uint32_t *index = index_block(f, 0);

	if (index == NULL)
		return 0;
	return (int64_t)index[INDEX_COMMITTED] - index[INDEX_DONE];
}

static int
judge(struct sqlite *q, sqlite3_file *f, int64_t size)
{
	int64_t pages = sqlite_integer(q, "PRAGMA page_count"), lost;

	if (pages < 0)
		return sqlite_fault(q, "its pages");
	lost = count_lost(f, q->page, pages);
	if (lost <= 0)
		return lost;
	log_error(DSTORE, "%s: cut to %lld of %lld octets; restore the store",
	    q->path, (long long)size, (long long)(pages * q->page));
	return -EUCLEAN;
}

int
sqlite_whole(struct sqlite *q, int64_t version)
{
	sqlite3_file *f = NULL;
	struct sqlite_looked now = {.version = version};
	int rc;

	sqlite3_file_control(q->db, NULL, SQLITE_FCNTL_FILE_POINTER, &f);
	now.size = size_of(f);
	if (now.size < 0)
		return sqlite_fault(q, "its size");
	now.waiting = count_waiting(f);
	if (now.size == q->whole.size && now.version == q->whole.version &&
	    now.waiting == q->whole.waiting)
		return 0;
	rc = judge(q, f, now.size);
	if (rc == 0)
		q->whole = now;
	return rc;
}

int
sqlite_prepare(
    struct sqlite *q, const char *const sql[], int n, sqlite3_stmt *st[])
{
	for (int i = 0; i < n; i++)
		if (sqlite3_prepare_v3(q->db, sql[i], -1,
			SQLITE_PREPARE_PERSISTENT, &st[i], NULL) != SQLITE_OK)
			return sqlite_fault(q, sql[i]);
	return 0;
}

/* A misspelt PRAGMA is ignored silently, so each is read back. */
static int
pragma(struct sqlite *q, const char *name, const char *value)
{
	char text[128];
	sqlite3_stmt *st;
	int same;

	snprintf(text, sizeof(text), "PRAGMA %s = %s", name, value);
	if (sqlite3_exec(q->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fault(q, text);
	snprintf(text, sizeof(text), "PRAGMA %s", name);
	if (sqlite3_prepare_v2(q->db, text, -1, &st, NULL) != SQLITE_OK)
		return sqlite_fault(q, text);
	same = sqlite3_step(st) == SQLITE_ROW &&
	    strcmp((const char *)sqlite3_column_text(st, 0), value) == 0;
	sqlite3_finalize(st);
	if (same)
		return 0;
	log_error(
	    DSTORE, "%s: PRAGMA %s does not take %s", q->path, name, value);
	return -ENOTSUP;
}

int
sqlite_cache(struct sqlite *q, uint32_t kib)
{
	char value[16];

	snprintf(value, sizeof(value), "-%u", kib);
	return pragma(q, "cache_size", value);
}

static int
set_pragmas(struct sqlite *q, const struct sqlite_pragma *p, int make)
{
	int rc = 0;

	for (; p->name != NULL && rc == 0; p++)
		if (make || !p->maker)
			rc = pragma(q, p->name, p->value);
	return rc;
}

static int
open_file(struct sqlite *q, int make)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int rc, keep = 1;
	mode_t mask;

	if (!make && access(q->path, F_OK) < 0 && errno == ENOENT) {
		log_error(DSTORE,
		    "%s: there is no store yet; an import makes it", q->path);
		return -ENOENT;
	}
	/* one thread uses it; all do nothing once SQLite has begun */
	pagecache_install();
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	mask = umask(077);
	rc = sqlite3_open_v2(
	    q->path, &q->db, flags | (make ? SQLITE_OPEN_CREATE : 0), NULL);
	umask(mask);
	if (rc != SQLITE_OK)
		return sqlite_fault(q, "opening");
	sqlite3_busy_timeout(q->db, SQLITE_BUSY_MS);
	/* readers find the log's files there, on a full disk as well */
	sqlite3_file_control(q->db, NULL, SQLITE_FCNTL_PERSIST_WAL, &keep);
	return 0;
}

static int
is_empty(struct sqlite *q)
{
	return sqlite_integer(q, "SELECT count(*) FROM sqlite_schema") == 0;
}

/* Begins a transaction in which an empty file gets its tables; of several
 * who try, one finds it empty. */
static int
make_tables(struct sqlite *q, const struct sqlite_form *form, int *is_new)
{
	char text[128];

	snprintf(text, sizeof(text),
	    "PRAGMA user_version = %d; PRAGMA application_id = %d",
	    form->version, form->application_id);
	if (sqlite3_exec(q->db, "BEGIN IMMEDIATE", NULL, NULL, NULL))
		return sqlite_fault(q, "beginning");
	*is_new = is_empty(q);
	if (!*is_new)
		return sqlite_made(q);
	if (sqlite3_exec(q->db, form->schema, NULL, NULL, NULL) ||
	    sqlite3_exec(q->db, text, NULL, NULL, NULL))
		return sqlite_fault(q, "making the tables");
	return 0;
}

/* Before anything is set: what is not ours stays as it is. */
static int
check_version(
    struct sqlite *q, const struct sqlite_form *form, int make, int *is_new)
{
	int64_t version = sqlite_integer(q, "PRAGMA user_version");

	*is_new = version == 0 && is_empty(q);
	if (*is_new && make)
		return 0;
	if (version < 0)
		return sqlite_fault(q, "reading its version");
	if (*is_new) {
		log_error(DSTORE, "%s: empty; an import fills it", q->path);
		return -ENOENT;
	}
	if (sqlite_integer(q, "PRAGMA application_id") !=
	    form->application_id) {
		log_error(DSTORE, "%s: not a store of travelcard", q->path);
		return -EINVAL;
	}
	if (version == form->version)
		return 0;
	log_error(DSTORE,
	    "%s: a store of version %d, this program is for %d; use the "
	    "program that made it, or import into a new store",
	    q->path, (int)version, form->version);
	return -EINVAL;
}

int
sqlite_open(struct sqlite *q, const char *dir, const struct sqlite_form *form,
    int make, int *is_new)
{
	int rc;

	*q = (struct sqlite){0};
	*is_new = 0;
	if (asprintf(&q->path, "%s/%s", dir, form->name) < 0) {
		q->path = NULL;
		return -ENOMEM;
	}
	rc = open_file(q, make);
	if (rc == 0)
		rc = check_version(q, form, make, is_new);
	if (rc == 0)
		rc = set_pragmas(q, form->pragmas, make);
	if (rc == 0 && (q->page = sqlite_integer(q, "PRAGMA page_size")) <= 0)
		rc = sqlite_fault(q, "its page size");
	if (rc == 0 && *is_new)
		rc = make_tables(q, form, is_new);
	return rc;
}

int
sqlite_made(struct sqlite *q)
{
	if (sqlite3_exec(q->db, "COMMIT", NULL, NULL, NULL))
		return sqlite_fault(q, "making the tables");
	return 0;
}

void
sqlite_close(struct sqlite *q)
{
	if (q->db != NULL)
		sqlite3_close(q->db);
	free(q->path);
	*q = (struct sqlite){0};
}
