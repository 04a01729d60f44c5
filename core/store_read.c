/* The SQLite store: reading it, one snapshot after the other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "bucket.h"
#include "log.h"
#include "store_sqlite.h"

#define BITS_MAX 48

void
store_forget(struct store *s)
{
	s->cache.watermark_known = 0;
	s->cache.closed = -1;
	for (size_t i = 0; i < MARKS; i++)
		s->cache.marks[i].region = 0;
}

/* data_version changes with every commit of another process. */
static int
check_cache(struct store *s)
{
	sqlite3_stmt *st = s->st[SQL_DATA_VERSION];
	int64_t version;
	int rc = store_step(s, SQL_DATA_VERSION);

	if (rc < 0)
		return rc;
	version = sqlite3_column_int64(st, 0);
	store_reset(s, SQL_DATA_VERSION);
	if (version != s->cache.data_version)
		store_forget(s);
	s->cache.data_version = version;
	return 0;
}

int
store_begin(struct store *s)
{
	int64_t bits;
	int rc;

	if (s->in_snapshot)
		return 0;
	rc = store_run(s, SQL_BEGIN);
	if (rc < 0)
		return rc;
	s->in_snapshot = 1;
	rc = store_get_meta(s, "bits", &bits);
	if (rc == 0 && (bits < 1 || bits > BITS_MAX))
		rc = -EUCLEAN;
	if (rc == 0)
		rc = sqlite_whole(&s->q);
	if (rc == 0)
		rc = check_cache(s);
	if (rc < 0)
		store_end(s);
	else
		s->bits = bits;
	return rc;
}

void
store_end(struct store *s)
{
	if (!s->in_snapshot)
		return;
	s->in_snapshot = 0;
	store_run(s, SQL_ROLLBACK); /* nothing was written */
}

static void
take_subscriber(sqlite3_stmt *st, uint64_t msisdn, struct subscriber *row)
{
	const char *language = (const char *)sqlite3_column_text(st, 7);
	const char *carrier = (const char *)sqlite3_column_text(st, 6);
	const void *sealed = sqlite3_column_blob(st, 8);
	size_t len = carrier != NULL ? strlen(carrier) : 0;

	*row = (struct subscriber){
	    .msisdn = msisdn,
	    .imsi = sqlite3_column_int64(st, 0),
	    .since = sqlite3_column_int64(st, 1),
	    .until = sqlite3_column_type(st, 2) == SQLITE_NULL
		? STORE_FOREVER
		: sqlite3_column_int64(st, 2),
	    .end = sqlite3_column_int64(st, 3),
	    .person = sqlite3_column_int64(st, 4),
	    .digits = sqlite3_column_int64(st, 5),
	    .language = language ? language_parse(language, strlen(language))
				 : LANGUAGES,
	};
	if (len < sizeof(row->carrier))
		memcpy(row->carrier, carrier, len);
	if (sealed != NULL && sqlite3_column_bytes(st, 8) == KEY_SEALED)
		memcpy(row->sealed, sealed, KEY_SEALED);
}

/* The latest first; of more than STORE_ROWS the earliest are left out. */
static void
insert(const struct subscriber *row, struct subscriber *rows, size_t *n)
{
	size_t i = *n;

	while (i > 0 && rows[i - 1].since < row->since)
		i--;
	if (i == STORE_ROWS)
		return;
	if (*n < STORE_ROWS)
		++*n;
	memmove(&rows[i + 1], &rows[i], (*n - i - 1) * sizeof(*rows));
	rows[i] = *row;
}

int
store_subscribers(
    struct store *s, uint64_t msisdn, struct subscriber *rows, size_t *n)
{
	sqlite3_stmt *st = s->st[SQL_SUBSCRIBERS];
	struct subscriber row;
	int rc;

	sqlite3_bind_int64(st, 1, msisdn);
	*n = 0;
	while ((rc = store_step(s, SQL_SUBSCRIBERS)) == 1) {
		take_subscriber(st, msisdn, &row);
		insert(&row, rows, n);
	}
	if (rc < 0)
		return rc;
	store_reset(s, SQL_SUBSCRIBERS);
	return *n > 0 ? 0 : -ENOENT;
}

int
store_sealed_at(
    struct store *s, uint64_t imsi, int64_t time, uint8_t sealed[KEY_SEALED])
{
	sqlite3_stmt *st = s->st[SQL_SEALED_AT];
	const void *blob;
	int rc;

	sqlite3_bind_int64(st, 1, imsi);
	sqlite3_bind_int64(st, 2, time);
	rc = store_step(s, SQL_SEALED_AT);
	if (rc < 0)
		return rc;
	blob = rc == 1 ? sqlite3_column_blob(st, 0) : NULL;
	rc = blob != NULL && sqlite3_column_bytes(st, 0) == KEY_SEALED
	    ? 0
	    : -ENOENT;
	if (rc == 0)
		memcpy(sealed, blob, KEY_SEALED);
	store_reset(s, SQL_SEALED_AT);
	return rc;
}

int
store_stays(struct store *s, uint64_t imsi, struct stays *out)
{
	sqlite3_stmt *st = s->st[SQL_BUCKET_GET];
	size_t n = out->n;
	int rc;

	sqlite3_bind_int64(st, 1, imsi >> (64 - s->bits));
	rc = store_step(s, SQL_BUCKET_GET);
	if (rc < 0)
		return rc;
	if (rc == 1) {
		/* the blob first: its call gives the length its meaning */
		const uint8_t *blob = sqlite3_column_blob(st, 0);

		rc = bucket_find(blob, sqlite3_column_bytes(st, 0), imsi, out);
		if (rc < 0) {
			out->n = n;
			log_error(DSTORE,
			    "%s: bucket %llu is damaged; restore the store",
			    s->q.path,
			    (unsigned long long)(imsi >> (64 - s->bits)));
			rc = rc == -EBADMSG ? -EUCLEAN : rc;
		}
	}
	store_reset(s, SQL_BUCKET_GET);
	return rc;
}

static int
read_watermark(struct store *s)
{
	sqlite3_stmt *st = s->st[SQL_WATERMARK];
	int rc = store_step(s, SQL_WATERMARK);

	if (rc < 0)
		return rc;
	s->cache.watermark_rc =
	    sqlite3_column_type(st, 0) == SQLITE_NULL ? -ENOENT : 0;
	s->cache.watermark = sqlite3_column_int64(st, 0);
	s->cache.watermark_known = s->in_snapshot;
	store_reset(s, SQL_WATERMARK);
	return 0;
}

int
store_watermark(struct store *s, int64_t *t)
{
	if (!s->in_snapshot || !s->cache.watermark_known) {
		int rc = read_watermark(s);

		if (rc < 0)
			return rc;
	}
	if (s->cache.watermark_rc == 0)
		*t = s->cache.watermark;
	return s->cache.watermark_rc;
}

int
store_is_closed(struct store *s)
{
	int64_t closed = 0;

	if (s->in_snapshot && s->cache.closed >= 0)
		return s->cache.closed;
	if (store_get_meta(s, "closed", &closed) < 0)
		closed = 0;
	s->cache.closed = s->in_snapshot ? closed != 0 : -1;
	return closed != 0;
}

int64_t
store_purged(struct store *s)
{
	int64_t t;

	return store_get_meta(s, "purged", &t) == 0 ? t : 0;
}

/* The mark of a region, and between which times it is that. */
static int
read_mark(struct store *s, uint32_t region, int64_t time, struct cached_mark *m)
{
	sqlite3_stmt *st = s->st[SQL_MARK_GET];
	int rc;

	sqlite3_bind_int64(st, 1, region);
	sqlite3_bind_int64(st, 2, time);
	rc = store_step(s, SQL_MARK_GET);
	if (rc < 0)
		return rc;
	*m = (struct cached_mark){
	    .region = region, .from = INT64_MIN, .until = INT64_MAX};
	if (sqlite3_column_type(st, 1) != SQLITE_NULL) {
		snprintf(m->mark, MARK_MAX, "%s", sqlite3_column_text(st, 0));
		m->from = sqlite3_column_int64(st, 1);
	}
	if (sqlite3_column_type(st, 2) != SQLITE_NULL)
		m->until = sqlite3_column_int64(st, 2);
	store_reset(s, SQL_MARK_GET);
	return 0;
}

int
store_mark(struct store *s, uint32_t region, int64_t time, char mark[MARK_MAX])
{
	struct cached_mark *m = &s->cache.marks[region % MARKS], fresh;

	if (!s->in_snapshot)
		m = &fresh;
	if (!s->in_snapshot || m->region != region || time < m->from ||
	    time >= m->until) {
		int rc = read_mark(s, region, time, m);

		if (rc < 0)
			return rc;
	}
	strcpy(mark, m->mark);
	return 0;
}

int
store_each_bucket(struct store *s, store_bucket_h *h, void *arg)
{
	sqlite3_stmt *st = s->st[SQL_BUCKET_EACH];
	int rc;

	while ((rc = store_step(s, SQL_BUCKET_EACH)) == 1) {
		uint64_t id = sqlite3_column_int64(st, 0);
		const uint8_t *blob = sqlite3_column_blob(st, 1);

		rc = h(id, blob, sqlite3_column_bytes(st, 1), arg);
		if (rc < 0)
			break;
	}
	store_reset(s, SQL_BUCKET_EACH);
	return rc;
}

int
store_each_cell(struct store *s, store_cell_h *h, void *arg)
{
	sqlite3_stmt *st = s->st[SQL_CELL_EACH];
	int rc;

	while ((rc = store_step(s, SQL_CELL_EACH)) == 1) {
		rc = h(sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
		    sqlite3_column_int64(st, 2), arg);
		if (rc < 0)
			break;
	}
	store_reset(s, SQL_CELL_EACH);
	return rc;
}

unsigned
store_bits(struct store *s)
{
	return s->bits;
}
