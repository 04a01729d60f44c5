/* The SQLite store: its statements, its faults, and opening it.
 *
 * One file in WAL mode: the writer appends, readers see the last commit and
 * never wait. Without mmap, so that a truncated file is an error and not a
 * signal. Every PRAGMA is read back, for a misspelt one is ignored silently.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bucket.h"
#include "log.h"
#include "store_sqlite.h"
#include "when.h"

#define VERSION 1
#define APPLICATION_ID 0x74637264 /* "tcrd" */
#define BITS_FIRST 4

static const char schema[] =
#include "schema.h"
    ;

static const char *const sql[STATEMENTS] = {
    [SQL_BEGIN] = "BEGIN",
    [SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_META_GET] = "SELECT value FROM meta WHERE name = ?",
    [SQL_META_PUT] = "INSERT INTO meta VALUES (?, ?)"
		     " ON CONFLICT DO UPDATE SET value = excluded.value",
    [SQL_SUBSCRIBERS] = "SELECT imsi, since, until, ends, person, digits,"
			" carrier, language, sealed FROM subscriber"
			" WHERE msisdn = ? ORDER BY since DESC LIMIT ?",
    [SQL_BUCKET_GET] = "SELECT stays FROM bucket WHERE id = ?",
    [SQL_BUCKET_EACH] = "SELECT id, stays FROM bucket ORDER BY id",
    [SQL_WATERMARK] = "SELECT min(watermark) FROM source",
    [SQL_MARK_GET] = "SELECT mark FROM mark WHERE region = ?"
		     " AND valid_from <= ? ORDER BY valid_from DESC LIMIT 1",
    [SQL_CELL_EACH] = "SELECT place, valid_from, region FROM cell",
    [SQL_COUNTS] = "SELECT (SELECT count(*) FROM subscriber),"
		   " (SELECT count(*) FROM bucket),"
		   " (SELECT count(*) FROM cell),"
		   " (SELECT count(*) FROM mark)",

    [SQL_BUCKET_PUT] = "INSERT INTO bucket VALUES (?, ?)"
		       " ON CONFLICT DO UPDATE SET stays = excluded.stays",
    [SQL_BUCKET_DELETE] = "DELETE FROM bucket WHERE id = ?",
    [SQL_BUCKETS_DELETE] = "DELETE FROM bucket",
    [SQL_SEALED_OF_MSISDN] = "SELECT sealed FROM subscriber"
			     " WHERE msisdn = ? LIMIT 1",
    [SQL_SEALED_OF_IMSI] = "SELECT sealed FROM subscriber"
			   " WHERE imsi = ? LIMIT 1",
    [SQL_OUT_OF_USE_GET] = "SELECT 1 FROM out_of_use"
			   " WHERE kind = ? AND key = ?",
    [SQL_OUT_OF_USE_PUT] = "INSERT OR IGNORE INTO out_of_use VALUES (?, ?)",
    [SQL_SUBSCRIBER_PUT] =
	"INSERT OR REPLACE INTO subscriber VALUES"
	" (?1, ?2, ?3, ?4, ifnull(?4, 9223372036854775807), ?5, ?6, ?7, ?8,"
	" ?9)",
    [SQL_SUBSCRIBER_DELETE_MSISDN] = "DELETE FROM subscriber"
				     " WHERE msisdn = ?",
    [SQL_SUBSCRIBER_DELETE_IMSI] = "DELETE FROM subscriber WHERE imsi = ?",
    [SQL_TOUCH] = "INSERT OR IGNORE INTO temp.touched VALUES (?, ?)",
/* A row without `until` ends where a later one takes its IMSI to another
 * number, or its number to another person. */
#define DERIVE                                                 \
	"UPDATE subscriber AS s SET ends = min("               \
	" ifnull((SELECT min(o.since) FROM subscriber AS o"    \
	"  WHERE o.imsi = s.imsi AND o.msisdn <> s.msisdn"     \
	"  AND o.since > s.since), 9223372036854775807),"      \
	" ifnull((SELECT min(o.since) FROM subscriber AS o"    \
	"  WHERE o.msisdn = s.msisdn AND o.person <> s.person" \
	"  AND o.since > s.since), 9223372036854775807))"      \
	" WHERE until IS NULL AND "
    [SQL_DERIVE_MSISDN] =
	DERIVE "msisdn IN (SELECT key FROM temp.touched WHERE kind = 0)",
    [SQL_DERIVE_IMSI] =
	DERIVE "imsi IN (SELECT key FROM temp.touched WHERE kind = 1)",
    [SQL_UNTOUCH] = "DELETE FROM temp.touched",
    [SQL_IMSI_AT] = "SELECT imsi FROM subscriber WHERE msisdn = ?1"
		    " AND since <= ?2 AND ends > ?2"
		    " ORDER BY since DESC LIMIT 1",
    [SQL_CELL_PUT] = "INSERT OR REPLACE INTO cell VALUES (?, ?, ?)",
    [SQL_MARK_PUT] = "INSERT OR REPLACE INTO mark VALUES (?, ?, ?)",
    [SQL_WATERMARK_PUT] =
	"INSERT INTO source VALUES (?, ?) ON CONFLICT DO UPDATE"
	" SET watermark = max(watermark, excluded.watermark)",
};

/* Faults. */

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
store_fault(struct store *s, const char *what)
{
	int code = s->db ? sqlite3_extended_errcode(s->db) : SQLITE_NOMEM;
	int primary = code & 0xff, system = 0;
	int64_t now = time(NULL);

	if (s->db && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN))
		system = sqlite3_system_errno(s->db);
	if (code != s->last_fault || now != s->last_fault_at)
		log_error(DSTORE, "%s: %s: %s%s%s", s->path, what,
		    s->db ? sqlite3_errmsg(s->db) : "no memory",
		    system ? ": " : "", system ? strerror(system) : "");
	s->last_fault = code;
	s->last_fault_at = now;
	return errno_of(code);
}

int
store_step(struct store *s, enum statement st)
{
	int rc = sqlite3_step(s->st[st]);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	rc = store_fault(s, sql[st]);
	store_reset(s, st);
	return rc;
}

void
store_reset(struct store *s, enum statement st)
{
	sqlite3_reset(s->st[st]);
	sqlite3_clear_bindings(s->st[st]);
}

int
store_run(struct store *s, enum statement st)
{
	int rc = store_step(s, st);

	if (rc >= 0)
		store_reset(s, st);
	return rc < 0 ? rc : 0;
}

/* Opening. */

static int
pragma(struct store *s, const char *name, const char *value)
{
	char text[128];
	sqlite3_stmt *st;
	int same;

	snprintf(text, sizeof(text), "PRAGMA %s = %s", name, value);
	if (sqlite3_exec(s->db, text, NULL, NULL, NULL) != SQLITE_OK)
		return store_fault(s, text);
	snprintf(text, sizeof(text), "PRAGMA %s", name);
	if (sqlite3_prepare_v2(s->db, text, -1, &st, NULL) != SQLITE_OK)
		return store_fault(s, text);
	same = sqlite3_step(st) == SQLITE_ROW &&
	    strcmp((const char *)sqlite3_column_text(st, 0), value) == 0;
	sqlite3_finalize(st);
	if (same)
		return 0;
	log_error(
	    DSTORE, "%s: PRAGMA %s does not take %s", s->path, name, value);
	return -ENOTSUP;
}

static int
set_pragmas(struct store *s, enum store_mode mode)
{
	static const struct {
		const char *name, *value;
		int writer; /* only the writer may set it */
	} pragmas[] = {
	    {"page_size", "8192", 1}, /* before the first table */
	    {"journal_mode", "wal", 1},
	    {"synchronous", "1", 0}, /* NORMAL: the feed replays */
	    {"wal_autocheckpoint", "8000", 0}, {"journal_size_limit", "0", 0},
	    {"secure_delete", "1", 0}, /* leaves no deleted octet */
	    {"mmap_size", "0", 0}, {"cell_size_check", "1", 0},
	    {"trusted_schema", "0", 0}, {"temp_store", "2", 0}, /* MEMORY */
	    {"cache_size", "-65536", 0},                        /* KiB */
	};
	int rc = 0;

	for (size_t i = 0; i < sizeof(pragmas) / sizeof(*pragmas); i++)
		if (rc == 0 && (mode == STORE_WRITE || !pragmas[i].writer))
			rc = pragma(s, pragmas[i].name, pragmas[i].value);
	return rc;
}

static int
one_integer(struct store *s, const char *text)
{
	sqlite3_stmt *st;
	int v = -1;

	if (sqlite3_prepare_v2(s->db, text, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return v;
}

static int
prepare(struct store *s, enum store_mode mode)
{
	int n = mode == STORE_WRITE ? STATEMENTS : READ_STATEMENTS;

	if (mode == STORE_WRITE &&
	    sqlite3_exec(s->db,
		"CREATE TEMP TABLE touched (kind INTEGER, key INTEGER,"
		" PRIMARY KEY (kind, key)) WITHOUT ROWID",
		NULL, NULL, NULL) != SQLITE_OK)
		return store_fault(s, "temporary table");
	for (int i = 0; i < n; i++)
		if (sqlite3_prepare_v3(s->db, sql[i], -1,
			SQLITE_PREPARE_PERSISTENT, &s->st[i],
			NULL) != SQLITE_OK)
			return store_fault(s, sql[i]);
	return 0;
}

static int
put_meta(struct store *s, const char *name, const void *blob, int len)
{
	sqlite3_bind_text(s->st[SQL_META_PUT], 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_blob(s->st[SQL_META_PUT], 2, blob, len, SQLITE_STATIC);
	return store_run(s, SQL_META_PUT);
}

static int
put_meta_int(struct store *s, const char *name, int64_t value)
{
	sqlite3_bind_text(s->st[SQL_META_PUT], 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s->st[SQL_META_PUT], 2, value);
	return store_run(s, SQL_META_PUT);
}

int
store_get_meta(struct store *s, const char *name, int64_t *value)
{
	int rc;

	sqlite3_bind_text(s->st[SQL_META_GET], 1, name, -1, SQLITE_STATIC);
	rc = store_step(s, SQL_META_GET);
	if (rc < 0)
		return rc;
	*value = rc ? sqlite3_column_int64(s->st[SQL_META_GET], 0) : 0;
	store_reset(s, SQL_META_GET);
	return rc ? 0 : -EUCLEAN;
}

/* Makes the tables of a new store, in a transaction that ends when what it
 * is made with is recorded: a store is there whole or not at all. */
static int
create(struct store *s)
{
	char text[128];

	snprintf(text, sizeof(text),
	    "PRAGMA user_version = %d; PRAGMA application_id = %d", VERSION,
	    APPLICATION_ID);
	if (sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) ||
	    sqlite3_exec(s->db, schema, NULL, NULL, NULL) ||
	    sqlite3_exec(s->db, text, NULL, NULL, NULL))
		return store_fault(s, "making the tables");
	return 0;
}

/* Before anything is set: what is not ours stays as it is. */
static int
check_version(struct store *s, enum store_mode mode, int *is_new)
{
	int version = one_integer(s, "PRAGMA user_version");

	*is_new = version == 0 &&
	    one_integer(s, "SELECT count(*) FROM sqlite_schema") == 0;
	if (*is_new && mode == STORE_WRITE)
		return 0;
	if (version < 0)
		return store_fault(s, "reading its version");
	if (*is_new) {
		log_error(DSTORE, "%s: empty; an import fills it", s->path);
		return -ENOENT;
	}
	if (one_integer(s, "PRAGMA application_id") != APPLICATION_ID) {
		log_error(DSTORE, "%s: not a store of travelcard", s->path);
		return -EINVAL;
	}
	if (version == VERSION)
		return 0;
	log_error(DSTORE,
	    "%s: a store of version %d, this program is for %d; use the "
	    "program that made it, or import into a new store",
	    s->path, version, VERSION);
	return -EINVAL;
}

static int
record_terms(struct store *s, const struct store_terms *t)
{
	int rc = put_meta(s, "fingerprint", t->fingerprint, KEY_FINGERPRINT);

	if (rc == 0)
		rc = put_meta_int(s, "max_gap", t->max_gap);
	if (rc == 0)
		rc = put_meta_int(s, "bits", BITS_FIRST);
	return rc < 0 ? rc : store_run(s, SQL_COMMIT);
}

static int
check_terms(struct store *s, const struct store_terms *t)
{
	int64_t max_gap;
	int rc, same;

	sqlite3_bind_text(
	    s->st[SQL_META_GET], 1, "fingerprint", -1, SQLITE_STATIC);
	rc = store_step(s, SQL_META_GET);
	if (rc < 0)
		return rc;
	same = rc == 1 &&
	    sqlite3_column_bytes(s->st[SQL_META_GET], 0) == KEY_FINGERPRINT &&
	    memcmp(sqlite3_column_blob(s->st[SQL_META_GET], 0), t->fingerprint,
		KEY_FINGERPRINT) == 0;
	store_reset(s, SQL_META_GET);
	if (!same) {
		log_error(DSTORE,
		    "%s: made with another key; key_file must name the one "
		    "it was made with",
		    s->path);
		return -EKEYREJECTED;
	}
	rc = store_get_meta(s, "max_gap", &max_gap);
	if (rc < 0 || max_gap == t->max_gap)
		return rc;
	log_error(DSTORE, "%s: made with max_gap = %lld, configured is %u",
	    s->path, (long long)max_gap, t->max_gap);
	return -EINVAL;
}

/* One process writes; the lock goes with it, however it ends. */
static int
take_lock(struct store *s, const char *dir)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/writer.lock", dir);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock < 0) {
		log_error(DSTORE, "%s: %s", path, strerror(errno));
		return -errno;
	}
	if (flock(s->lock, LOCK_EX | LOCK_NB) < 0) {
		log_error(DSTORE,
		    "%s: another process is writing; try again when it has "
		    "ended",
		    s->path);
		return -EBUSY;
	}
	return 0;
}

static int
open_file(struct store *s, const char *dir, enum store_mode mode)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
	int rc = 0, keep = 1;
	mode_t mask;

	if (mode == STORE_READ && access(s->path, F_OK) < 0 &&
	    errno == ENOENT) {
		log_error(DSTORE,
		    "%s: there is no store yet; an import "
		    "makes it",
		    s->path);
		return -ENOENT;
	}
	if (mode == STORE_WRITE) {
		if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
			log_error(DSTORE, "%s: %s", dir, strerror(errno));
			return -errno;
		}
		rc = take_lock(s, dir);
		flags |= SQLITE_OPEN_CREATE;
	}
	if (rc < 0)
		return rc;
	mask = umask(077);
	rc = sqlite3_open_v2(s->path, &s->db, flags, NULL);
	umask(mask);
	if (rc != SQLITE_OK)
		return store_fault(s, "opening");
	sqlite3_busy_timeout(
	    s->db, mode == STORE_WRITE ? STORE_WRITER_WAITS : 1000);
	/* readers find the log's files there, on a full disk as well */
	sqlite3_file_control(s->db, NULL, SQLITE_FCNTL_PERSIST_WAL, &keep);
	return 0;
}

static int
set_up(struct store *s, const char *dir, enum store_mode mode,
    const struct store_terms *terms)
{
	int is_new = 0, rc;

	rc = open_file(s, dir, mode);
	if (rc == 0)
		rc = check_version(s, mode, &is_new);
	if (rc == 0)
		rc = set_pragmas(s, mode);
	if (rc == 0 && is_new)
		rc = create(s);
	if (rc == 0)
		rc = prepare(s, mode);
	if (rc == 0 && is_new)
		rc = record_terms(s, terms);
	if (rc == 0)
		rc = check_terms(s, terms);
	s->any_out_of_use = rc == 0 &&
	    one_integer(s, "SELECT EXISTS (SELECT 1 FROM out_of_use)") != 0;
	return rc;
}

int
store_open(struct store **sp, const char *where, enum store_mode mode,
    const struct store_terms *terms)
{
	struct store *s;
	int rc;

	if (strncmp(where, "sqlite:", 7) != 0) {
		log_error(DSTORE,
		    "store %s: this version has only \"sqlite:DIRECTORY\"",
		    where);
		return -ENOTSUP;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->lock = -1;
	rc = asprintf(&s->path, "%s/stays.db", where + 7) < 0 ? -ENOMEM : 0;
	if (rc == 0)
		rc = set_up(s, where + 7, mode, terms);
	if (rc < 0)
		store_close(s);
	else
		*sp = s;
	return rc;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->st[i]);
	if (s->db != NULL)
		sqlite3_close(s->db);
	if (s->lock >= 0)
		close(s->lock);
	free(s->path);
	free(s);
}
