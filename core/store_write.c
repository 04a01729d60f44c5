/* The SQLite store: writing it, counting it, looking for damage. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bucket.h"
#include "log.h"
#include "store_sqlite.h"

int
store_write_begin(struct store *s)
{
	int rc = store_run(s, SQL_BEGIN_WRITE);

	if (rc < 0)
		return rc;
	rc = store_layout(s);
	if (rc < 0)
		store_write_abort(s);
	return rc;
}

/* A sweep's log is as large as the sweep, kept or not: give the room back,
 * unless a reader sits in it for longer than a batch of look-ups takes. Then
 * the next one does. */
int
store_wipe(struct store *s)
{
	int rc;

	sqlite3_busy_timeout(s->q.db, 200);
	rc = sqlite3_wal_checkpoint_v2(
	    s->q.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(s->q.db, SQLITE_BUSY_MS);
	return rc == SQLITE_OK ? 0 : -EBUSY;
}

int
store_write_commit(struct store *s)
{
	int rc = store_run(s, SQL_COMMIT);

	store_forget(s);
	if (rc < 0)
		store_write_abort(s);
	else
		store_wipe(s);
	return rc;
}

void
store_write_abort(struct store *s)
{
	if (!sqlite3_get_autocommit(s->q.db))
		store_run(s, SQL_ROLLBACK);
	store_wipe(s);
}

int
store_rebucket(struct store *s, unsigned bits)
{
	int rc = store_run(s, SQL_BUCKETS_DELETE);

	if (rc < 0)
		return rc;
	sqlite3_bind_text(s->st[SQL_META_PUT], 1, "bits", -1, SQLITE_STATIC);
	sqlite3_bind_int(s->st[SQL_META_PUT], 2, bits);
	rc = store_run(s, SQL_META_PUT);
	if (rc == 0)
		s->bits = bits;
	return rc;
}

int
store_put_bucket(
    struct store *s, uint64_t bucket, const uint8_t *blob, size_t len)
{
	enum statement st = len ? SQL_BUCKET_PUT : SQL_BUCKET_DELETE;

	sqlite3_bind_int64(s->st[st], 1, bucket);
	if (len > 0)
		sqlite3_bind_blob64(s->st[st], 2, blob, len, SQLITE_STATIC);
	return store_run(s, st);
}

int
store_put_cell(
    struct store *s, uint64_t place, uint32_t valid_from, uint32_t region)
{
	sqlite3_bind_int64(s->st[SQL_CELL_PUT], 1, place);
	sqlite3_bind_int64(s->st[SQL_CELL_PUT], 2, valid_from);
	sqlite3_bind_int64(s->st[SQL_CELL_PUT], 3, region);
	return store_run(s, SQL_CELL_PUT);
}

int
store_put_mark(
    struct store *s, uint32_t region, int64_t valid_from, const char *mark)
{
	sqlite3_bind_int64(s->st[SQL_MARK_PUT], 1, region);
	sqlite3_bind_int64(s->st[SQL_MARK_PUT], 2, valid_from);
	sqlite3_bind_text(s->st[SQL_MARK_PUT], 3, mark, -1, SQLITE_STATIC);
	return store_run(s, SQL_MARK_PUT);
}

int
store_put_watermark(struct store *s, const char *source, int64_t t)
{
	sqlite3_bind_text(
	    s->st[SQL_WATERMARK_PUT], 1, source, -1, SQLITE_STATIC);
	sqlite3_bind_int64(s->st[SQL_WATERMARK_PUT], 2, t);
	return store_run(s, SQL_WATERMARK_PUT);
}

/* Counting and checking walk every bucket. */

struct tally {
	struct store *s;
	struct stays stays;
	struct store_stat *st;
	int damaged;
};

static int
unpack_one(uint64_t bucket, const uint8_t *blob, size_t len, void *arg)
{
	struct tally *t = arg;
	unsigned shift = 64 - store_bits(t->s);
	int rc;

	t->stays.n = 0;
	rc = bucket_unpack(blob, len, &t->stays);
	if (rc == -ENOMEM)
		return rc;
	for (size_t i = 0; i < t->stays.n; i++) {
		t->st->stays++;
		if (i == 0 || t->stays.v[i].key != t->stays.v[i - 1].key)
			t->st->with_stays++;
		if (t->stays.v[i].key >> shift != bucket)
			rc = -EBADMSG;
	}
	if (rc < 0) {
		t->damaged = 1;
		log_error(DSTORE, "%s: bucket %llu is damaged", t->s->q.path,
		    (unsigned long long)bucket);
	}
	return 0;
}

static int
walk_buckets(struct store *s, struct store_stat *st)
{
	struct tally t = {.s = s, .st = st};
	int rc = store_each_bucket(s, unpack_one, &t);

	stays_free(&t.stays);
	return rc < 0 ? rc : t.damaged ? -EUCLEAN : 0;
}

/* Each row, in the order that they must be in; `pairs` counts those of another
 * IMSI or number than the one before. */
struct census {
	uint64_t rows, pairs;
	struct subscriber last;
	int checks; /* what stands elsewhere, too */
};

static int
check_row(struct store *s, struct census *c, const struct subscriber *row)
{
	int64_t msisdn = row->msisdn;
	int is_new = c->rows == 0 || row->imsi != c->last.imsi ||
	    row->msisdn != c->last.msisdn;

	if (c->rows > 0 && rows_compare(&c->last, row) >= 0)
		return -EBADMSG;
	c->rows++;
	c->pairs += is_new;
	c->last = *row;
	if (!c->checks || !is_new)
		return 0;
	/* the very one, and no number after it */
	return store_next_msisdn(s, row->imsi, &msisdn) == 1 &&
		msisdn == (int64_t)row->msisdn
	    ? 0
	    : -EBADMSG;
}

/* The bucket of the ids from *id on, whose id that becomes; 0 behind the last.
 * Its rows are where look-ups look for them. */
static int
count_bucket(struct store *s, struct census *c, int64_t *id)
{
	struct rows_reader r;
	struct subscriber row;
	int rc = store_rows(s, &r, id);

	if (rc <= 0)
		return rc;
	while ((rc = rows_next(&r, &row)) == 1) {
		rc = store_range(s, row.msisdn) != *id ? -EBADMSG
						       : check_row(s, c, &row);
		if (rc < 0)
			break;
	}
	store_reset(s, SQL_ROWS_GET);
	return rc < 0 ? store_rows_damaged(s, *id) : 1;
}

static int
count_rows(struct store *s, struct census *c)
{
	int64_t id = INT64_MIN;
	int rc, damaged = 0;

	for (;; id++) {
		rc = count_bucket(s, c, &id);
		damaged |= rc == -EUCLEAN;
		if ((rc != 1 && rc != -EUCLEAN) || id == INT64_MAX)
			break;
	}
	return damaged ? -EUCLEAN : rc < 0 ? rc : 0;
}

int
store_stat(struct store *s, struct store_stat *st)
{
	sqlite3_stmt *counts = s->st[SQL_COUNTS];
	struct census c = {0};
	struct stat file;
	int rc;

	*st = (struct store_stat){0};
	rc = store_step(s, SQL_COUNTS);
	if (rc < 0)
		return rc;
	st->buckets = sqlite3_column_int64(counts, 0);
	st->cells = sqlite3_column_int64(counts, 1);
	st->marks = sqlite3_column_int64(counts, 2);
	store_reset(s, SQL_COUNTS);
	rc = count_rows(s, &c);
	if (rc < 0)
		return rc;
	st->subscribers = c.rows;
	if (stat(s->q.path, &file) == 0)
		st->bytes = file.st_size;
	rc = store_watermark(s, &st->watermark);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	return walk_buckets(s, st);
}

/* What is said twice agrees. */
static int
check_rows(struct store *s)
{
	struct census c = {.checks = 1};
	uint64_t pairs;
	int rc = count_rows(s, &c);

	if (rc < 0)
		return rc;
	rc = store_step(s, SQL_COUNTS);
	if (rc < 0)
		return rc;
	pairs = sqlite3_column_int64(s->st[SQL_COUNTS], 3);
	store_reset(s, SQL_COUNTS);
	if (pairs == c.pairs)
		return 0;
	log_error(DSTORE, "%s: %llu pairs of numbers, not %llu", s->q.path,
	    (unsigned long long)pairs, (unsigned long long)c.pairs);
	return -EUCLEAN;
}

int
store_check(struct store *s)
{
	struct store_stat st = {0};
	sqlite3_stmt *check;
	int rc = 0;

	if (sqlite3_prepare_v2(s->q.db, "PRAGMA integrity_check", -1, &check,
		NULL) != SQLITE_OK)
		return sqlite_fault(&s->q, "integrity check");
	while (sqlite3_step(check) == SQLITE_ROW) {
		const char *what = (const char *)sqlite3_column_text(check, 0);

		if (what != NULL && strcmp(what, "ok") == 0)
			continue;
		log_error(DSTORE, "%s: %s", s->q.path, what ? what : "?");
		rc = -EUCLEAN;
	}
	sqlite3_finalize(check);
	if (check_rows(s) < 0)
		rc = -EUCLEAN;
	return walk_buckets(s, &st) < 0 ? -EUCLEAN : rc;
}
