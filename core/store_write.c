/* The SQLite store: writing it, counting it, looking for damage. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bucket.h"
#include "log.h"
#include "store_sqlite.h"

enum { KIND_MSISDN, KIND_IMSI };

int
store_write_begin(struct store *s)
{
	return store_run(s, SQL_BEGIN_WRITE);
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

/* Does a key stand for another number already? 1, 0, or -errno. `which` is 0
 * for the IMSI, 1 for the MSISDN of what is sealed. */
static int
collides(struct store *s, const struct key *k, enum statement st, uint64_t key,
    const char *number, int which)
{
	char held[2][DIGITS_MAX + 1];
	int rc;

	sqlite3_bind_int64(s->st[st], 1, key);
	rc = store_step(s, st);
	if (rc < 0)
		return rc;
	if (rc == 1) {
		const void *sealed = sqlite3_column_blob(s->st[st], 0);

		if (sqlite3_column_bytes(s->st[st], 0) != KEY_SEALED ||
		    key_unseal(k, sealed, held[0], held[1]) < 0)
			rc = -EUCLEAN;
		else
			rc = strcmp(held[which], number) != 0;
	}
	store_reset(s, st);
	return rc;
}

static int
is_out_of_use(struct store *s, int kind, uint64_t key)
{
	int rc;

	sqlite3_bind_int(s->st[SQL_OUT_OF_USE_GET], 1, kind);
	sqlite3_bind_int64(s->st[SQL_OUT_OF_USE_GET], 2, key);
	rc = store_step(s, SQL_OUT_OF_USE_GET);
	if (rc >= 0)
		store_reset(s, SQL_OUT_OF_USE_GET);
	return rc;
}

static int
touch(struct store *s, int kind, uint64_t key)
{
	sqlite3_bind_int(s->st[SQL_TOUCH], 1, kind);
	sqlite3_bind_int64(s->st[SQL_TOUCH], 2, key);
	return store_run(s, SQL_TOUCH);
}

/* The rows go, and nothing is taken for the key again. */
static int
put_out_of_use(struct store *s, int kind, uint64_t key)
{
	enum statement st = kind == KIND_MSISDN ? SQL_SUBSCRIBER_DELETE_MSISDN
						: SQL_SUBSCRIBER_DELETE_IMSI;
	int rc;

	log_error(DSTORE,
	    "%s: two %ss have one key; neither is served until the site key "
	    "is changed",
	    s->q.path, kind == KIND_MSISDN ? "MSISDN" : "IMSI");
	sqlite3_bind_int(s->st[SQL_OUT_OF_USE_PUT], 1, kind);
	sqlite3_bind_int64(s->st[SQL_OUT_OF_USE_PUT], 2, key);
	rc = store_run(s, SQL_OUT_OF_USE_PUT);
	if (rc < 0)
		return rc;
	s->any_out_of_use = 1;
	sqlite3_bind_int64(s->st[st], 1, key);
	rc = store_run(s, st);
	return rc < 0 ? rc : -EEXIST;
}

static int
check_collision(struct store *s, const struct key *k, int kind, uint64_t key,
    const char *number)
{
	/* there is hardly ever one */
	int rc = s->any_out_of_use ? is_out_of_use(s, kind, key) : 0;

	if (rc != 0)
		return rc < 0 ? rc : -EEXIST;
	rc = collides(s, k,
	    kind == KIND_MSISDN ? SQL_SEALED_OF_MSISDN : SQL_SEALED_OF_IMSI,
	    key, number, kind == KIND_MSISDN);
	if (rc <= 0)
		return rc;
	return put_out_of_use(s, kind, key);
}

int
store_put_subscriber(
    struct store *s, const struct key *k, const struct subscriber *row)
{
	sqlite3_stmt *st = s->st[SQL_SUBSCRIBER_PUT];
	char imsi[DIGITS_MAX + 1], msisdn[DIGITS_MAX + 1];
	const char *language =
	    row->language == LANGUAGES ? "" : language_name(row->language);
	int rc;

	if (key_unseal(k, row->sealed, imsi, msisdn) < 0)
		return -EINVAL;
	rc = check_collision(s, k, KIND_MSISDN, row->msisdn, msisdn);
	if (rc == 0)
		rc = check_collision(s, k, KIND_IMSI, row->imsi, imsi);
	if (rc == 0)
		rc = touch(s, KIND_MSISDN, row->msisdn);
	if (rc == 0)
		rc = touch(s, KIND_IMSI, row->imsi);
	if (rc < 0)
		return rc;
	sqlite3_bind_int64(st, 1, row->msisdn);
	sqlite3_bind_int64(st, 2, row->imsi);
	sqlite3_bind_int64(st, 3, row->since);
	if (row->until != STORE_FOREVER)
		sqlite3_bind_int64(st, 4, row->until);
	sqlite3_bind_int64(st, 5, row->person);
	sqlite3_bind_int64(st, 6, row->digits);
	sqlite3_bind_text(st, 7, row->carrier, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 8, language, -1, SQLITE_STATIC);
	sqlite3_bind_blob(st, 9, row->sealed, KEY_SEALED, SQLITE_STATIC);
	return store_run(s, SQL_SUBSCRIBER_PUT);
}

int
store_derive(struct store *s)
{
	int rc = store_run(s, SQL_DERIVE_MSISDN);

	if (rc == 0)
		rc = store_run(s, SQL_DERIVE_IMSI);
	if (rc == 0)
		rc = store_run(s, SQL_UNTOUCH);
	return rc;
}

int
store_imsi_at(struct store *s, uint64_t msisdn, int64_t time, uint64_t *imsi)
{
	sqlite3_stmt *st = s->st[SQL_IMSI_AT];
	int rc;

	sqlite3_bind_int64(st, 1, msisdn);
	sqlite3_bind_int64(st, 2, time);
	rc = store_step(s, SQL_IMSI_AT);
	if (rc == 1)
		*imsi = sqlite3_column_int64(st, 0);
	if (rc >= 0)
		store_reset(s, SQL_IMSI_AT);
	return rc == 0 ? -ENOENT : rc < 0 ? rc : 0;
}

int
store_out_of_use(struct store *s, uint64_t imsi)
{
	/* there is hardly ever one, and this is asked for every record */
	return s->any_out_of_use && is_out_of_use(s, KIND_IMSI, imsi) != 0;
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

int
store_stat(struct store *s, struct store_stat *st)
{
	sqlite3_stmt *counts = s->st[SQL_COUNTS];
	struct stat file;
	int rc;

	*st = (struct store_stat){0};
	rc = store_step(s, SQL_COUNTS);
	if (rc < 0)
		return rc;
	st->subscribers = sqlite3_column_int64(counts, 0);
	st->buckets = sqlite3_column_int64(counts, 1);
	st->cells = sqlite3_column_int64(counts, 2);
	st->marks = sqlite3_column_int64(counts, 3);
	store_reset(s, SQL_COUNTS);
	if (stat(s->q.path, &file) == 0)
		st->bytes = file.st_size;
	rc = store_watermark(s, &st->watermark);
	if (rc < 0 && rc != -ENOENT)
		return rc;
	return walk_buckets(s, st);
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
	return walk_buckets(s, &st) < 0 ? -EUCLEAN : rc;
}
