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

/* Octets that the header (SQLite file format 1.3) says there are; 0 for a file
 * that has none yet. */
static int64_t
said_size(sqlite3_file *f)
{
	uint8_t h[32];
	int64_t page;

	if (f->pMethods->xRead(f, h, sizeof(h), 0) != SQLITE_OK)
		return 0;
	page = h[16] << 8 | h[17];
	return page * ((int64_t)h[28] << 24 | h[29] << 16 | h[30] << 8 | h[31]);
}

int
sqlite_whole(struct sqlite *q)
{
	sqlite3_int64 size = 0;
	int64_t want = q->size;
	sqlite3_file *f = NULL;

	sqlite3_file_control(q->db, NULL, SQLITE_FCNTL_FILE_POINTER, &f);
	/* a checkpoint writes the header before what it says is there */
	for (int tries = 0; tries < 10; tries++) {
		if (f == NULL || f->pMethods == NULL ||
		    f->pMethods->xFileSize(f, &size) != SQLITE_OK)
			return sqlite_fault(q, "its size");
		if (q->size == 0)
			want = said_size(f);
		if (size >= want) {
			q->size = size;
			return 0;
		}
		if (q->size != 0)
			break;
		usleep(20000);
	}
	log_error(DSTORE, "%s: cut to %lld of %lld octets; restore the store",
	    q->path, (long long)size, (long long)want);
	return -EUCLEAN;
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
