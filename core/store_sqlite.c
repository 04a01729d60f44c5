/* The SQLite store: its statements, its faults, and opening it.
 *
 * One file in WAL mode: the writer appends, readers see the last commit and
 * never wait. */
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

#define BITS_FIRST 4
#define CACHE_FIRST 64ull    /* MB, as its PRAGMA below says */
#define CACHE_MAX 1048576ull /* MB: PRAGMA cache_size takes KiB, signed */

static const char schema[] =
#include "schema.sql.h"
    ;

static const char *const sql[STATEMENTS] = {
    [SQL_BEGIN] = "BEGIN",
    [SQL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_ROLLBACK] = "ROLLBACK",
    [SQL_META_GET] = "SELECT value FROM meta WHERE name = ?",
    [SQL_META_PUT] = "INSERT INTO meta VALUES (?, ?)"
		     " ON CONFLICT DO UPDATE SET value = excluded.value",
    [SQL_LAYOUT] = "SELECT (SELECT value FROM meta WHERE name = 'bits'),"
		   " (SELECT value FROM meta WHERE name = 'ranges')",
    [SQL_ROWS_GET] = "SELECT rows, id FROM subscriber WHERE id >= ?"
		     " ORDER BY id",
    [SQL_MSISDN_NEXT] = "SELECT msisdn FROM imsi WHERE imsi = ? AND"
			" msisdn >= ? ORDER BY msisdn",
    [SQL_BUCKET_GET] = "SELECT stays FROM bucket WHERE id = ?",
    [SQL_BUCKET_EACH] = "SELECT id, stays FROM bucket ORDER BY id",
    [SQL_WATERMARK] = "SELECT min(watermark) FROM source",
    [SQL_DATA_VERSION] = "PRAGMA data_version",
    [SQL_MARK_GET] = "SELECT now.mark, now.valid_from, next.valid_from FROM"
		     " (SELECT min(valid_from) AS valid_from FROM mark"
		     "  WHERE region = ?1 AND valid_from > ?2) AS next"
		     " LEFT JOIN (SELECT mark, valid_from FROM mark"
		     "  WHERE region = ?1 AND valid_from <= ?2"
		     "  ORDER BY valid_from DESC LIMIT 1) AS now",
    [SQL_CELL_EACH] = "SELECT place, valid_from, region FROM cell",
    [SQL_COUNTS] = "SELECT (SELECT count(*) FROM bucket),"
		   " (SELECT count(*) FROM cell),"
		   " (SELECT count(*) FROM mark),"
		   " (SELECT count(*) FROM imsi)",

    [SQL_BUCKET_PUT] = "INSERT INTO bucket VALUES (?, ?)"
		       " ON CONFLICT DO UPDATE SET stays = excluded.stays",
    [SQL_BUCKET_DELETE] = "DELETE FROM bucket WHERE id = ?",
    [SQL_BUCKETS_DELETE] = "DELETE FROM bucket",
    [SQL_OUT_OF_USE_GET] = "SELECT 1 FROM out_of_use"
			   " WHERE kind = ? AND key = ?",
    [SQL_OUT_OF_USE_PUT] = "INSERT OR IGNORE INTO out_of_use VALUES (?, ?)",
    [SQL_ROWS_PUT] = "INSERT OR REPLACE INTO subscriber VALUES (?, ?)",
    [SQL_ROWS_DELETE] = "DELETE FROM subscriber WHERE id = ?",
    [SQL_MSISDN_PUT] = "INSERT OR IGNORE INTO imsi VALUES (?, ?)",
    [SQL_MSISDN_DELETE] = "DELETE FROM imsi WHERE imsi = ? AND msisdn = ?",
    [SQL_TOUCH] = "INSERT OR IGNORE INTO temp.touched VALUES (?, ?)",
    [SQL_TOUCHED] = "SELECT key FROM temp.touched WHERE kind = ?",
    [SQL_UNTOUCH] = "DELETE FROM temp.touched",
    [SQL_CELL_PUT] = "INSERT OR REPLACE INTO cell VALUES (?, ?, ?)",
    [SQL_MARK_PUT] = "INSERT OR REPLACE INTO mark VALUES (?, ?, ?)",
    [SQL_WATERMARK_PUT] =
	"INSERT INTO source VALUES (?, ?) ON CONFLICT DO UPDATE"
	" SET watermark = max(watermark, excluded.watermark)",
};

static const struct sqlite_pragma pragmas[] = {
    {"page_size", "8192", 1}, /* before the first table */
    {"journal_mode", "wal", 1},
    {"synchronous", "1", 0}, /* NORMAL: the feed replays */
    {"wal_autocheckpoint", "8000", 0},
    {"journal_size_limit", "0", 0},
    {"secure_delete", "1", 0}, /* leaves no deleted octet */
    {"mmap_size", "0", 0},     /* a truncated file is no signal */
    {"cell_size_check", "1", 0},
    {"trusted_schema", "0", 0},
    {"temp_store", "2", 0},      /* MEMORY */
    {"cache_size", "-65536", 0}, /* KiB */
    {0},
};

static const struct sqlite_form form = {
    .name = "stays.db",
    .schema = schema,
    .version = 3,
    .application_id = 0x74637264, /* "tcrd" */
    .pragmas = pragmas,
};

int
store_step(struct store *s, enum statement st)
{
	return sqlite_step(&s->q, s->st[st]);
}

void
store_reset(struct store *s, enum statement st)
{
	sqlite_reset(s->st[st]);
}

int
store_run(struct store *s, enum statement st)
{
	return sqlite_run(&s->q, s->st[st]);
}

/* Opening. */

static int
prepare(struct store *s, enum store_mode mode)
{
	if (mode == STORE_READ)
		return sqlite_prepare(&s->q, sql, READ_STATEMENTS, s->st);
	if (sqlite3_exec(s->q.db,
		"CREATE TEMP TABLE touched (kind INTEGER, key INTEGER,"
		" PRIMARY KEY (kind, key)) WITHOUT ROWID",
		NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fault(&s->q, "temporary table");
	return sqlite_prepare(&s->q, sql, STATEMENTS, s->st);
}

static int
put_meta(struct store *s, const char *name, const void *blob, int len)
{
	sqlite3_bind_text(s->st[SQL_META_PUT], 1, name, -1, SQLITE_STATIC);
	sqlite3_bind_blob(s->st[SQL_META_PUT], 2, blob, len, SQLITE_STATIC);
	return store_run(s, SQL_META_PUT);
}

int
store_put_meta(struct store *s, const char *name, int64_t value)
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

static int
record_terms(struct store *s, const struct store_terms *t)
{
	int rc = put_meta(s, "fingerprint", t->fingerprint, KEY_FINGERPRINT);

	if (rc == 0)
		rc = store_put_meta(s, "max_gap", t->max_gap);
	if (rc == 0)
		rc = store_put_meta(s, "bits", BITS_FIRST);
	if (rc == 0)
		rc = store_put_meta(s, "ranges", 1);
	return rc;
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
		    s->q.path);
		return -EKEYREJECTED;
	}
	rc = store_get_meta(s, "max_gap", &max_gap);
	if (rc < 0 || max_gap == t->max_gap)
		return rc;
	log_error(DSTORE, "%s: made with max_gap = %lld, configured is %u",
	    s->q.path, (long long)max_gap, t->max_gap);
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
		    "%s/stays.db: another process is writing; try again when "
		    "it has ended",
		    dir);
		return -EBUSY;
	}
	return 0;
}

static int
make_folder(const char *dir)
{
	if (mkdir(dir, 0700) == 0 || errno == EEXIST)
		return 0;
	log_error(DSTORE, "%s: %s", dir, strerror(errno));
	return -errno;
}

static int
set_up(struct store *s, const char *dir, enum store_mode mode,
    const struct store_terms *terms)
{
	int is_new, rc = 0;

	if (mode == STORE_WRITE)
		rc = make_folder(dir);
	if (rc == 0 && mode == STORE_WRITE)
		rc = take_lock(s, dir);
	if (rc == 0)
		rc = sqlite_open(
		    &s->q, dir, &form, mode == STORE_WRITE, &is_new);
	if (rc == 0)
		rc = prepare(s, mode);
	if (rc == 0 && is_new)
		rc = record_terms(s, terms);
	if (rc == 0 && is_new)
		rc = sqlite_made(&s->q);
	if (rc == 0)
		rc = check_terms(s, terms);
	s->any_out_of_use = rc == 0 &&
	    sqlite_integer(&s->q, "SELECT EXISTS (SELECT 1 FROM out_of_use)") !=
		0;
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
	s->cache.closed = -1;
	s->leaves_trails = mode == STORE_READ;
	rc = set_up(s, where + 7, mode, terms);
	if (rc < 0)
		store_close(s);
	else
		*sp = s;
	return rc;
}

int
store_cache(struct store *s, uint32_t mb, unsigned sharers)
{
	uint64_t machine =
	    (uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE) >> 20;

	if (mb == 0)
		mb = machine < 16 * CACHE_FIRST ? CACHE_FIRST
		    : machine < 16 * CACHE_MAX  ? machine / 16
						: CACHE_MAX;
	return sqlite_cache(&s->q, 1024 * mb / sharers);
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	store_slices_close(s);
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->st[i]);
	sqlite_close(&s->q);
	if (s->lock >= 0)
		close(s->lock);
	free(s->bucket.v);
	free(s->bucket.blob);
	free(s->slice_octets);
	store_trails_free(s);
	free(s);
}
