/* The SQLite store: reading it, one snapshot after the other. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bucket.h"
#include "log.h"
#include "store_sqlite.h"

#define BITS_MAX 48

void
store_forget(struct store *s)
{
	s->cache.watermark_known = 0;
	s->cache.closed = -1;
	store_trails_forget(s);
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
store_layout(struct store *s)
{
	sqlite3_stmt *st = s->st[SQL_LAYOUT];
	int64_t bits, ranges;
	int rc = store_step(s, SQL_LAYOUT);

	if (rc < 0)
		return rc;
	bits = sqlite3_column_int64(st, 0);
	ranges = sqlite3_column_int64(st, 1);
	store_reset(s, SQL_LAYOUT);
	if (bits < 1 || bits > BITS_MAX || ranges < 1 ||
	    ranges > STORE_RANGES_MAX)
		return -EUCLEAN;
	s->bits = bits;
	s->ranges = ranges;
	return 0;
}

int
store_begin(struct store *s)
{
	int rc;

	if (s->in_snapshot)
		return 0;
	rc = store_run(s, SQL_BEGIN);
	if (rc < 0)
		return rc;
	s->in_snapshot = 1;
	rc = store_layout(s);
	if (rc == 0)
		store_trails_fit(s);
	if (rc == 0)
		rc = check_cache(s);
	if (rc == 0)
		rc = sqlite_whole(&s->q, s->cache.data_version);
	if (rc < 0)
		store_end(s);
	return rc;
}

void
store_end(struct store *s)
{
	if (!s->in_snapshot)
		return;
	s->in_snapshot = 0;
	store_slices_close(s);
	store_run(s, SQL_ROLLBACK); /* nothing was written */
}

/* Subscribers. */

int
store_rows_damaged(struct store *s, int64_t id)
{
	log_error(DSTORE,
	    "%s: subscribers up to %lld are damaged; restore the store",
	    s->q.path, (long long)id);
	return -EUCLEAN;
}

int64_t
store_range(const struct store *s, uint64_t msisdn)
{
	/* the bits that say which of the longer ones it was, or still is */
	unsigned bits = 63 - __builtin_clzll(s->ranges);
	int64_t prefix = store_prefix(msisdn);

	if (prefix >> (STORE_RANGE_BITS - bits) <
	    s->ranges - (INT64_C(1) << bits))
		bits++;
	return prefix | (STORE_RANGES_MAX - 1) >> bits;
}

int
store_rows(struct store *s, struct rows_reader *r, int64_t *id)
{
	sqlite3_stmt *st = s->st[SQL_ROWS_GET];
	const uint8_t *blob;
	int rc;

	sqlite3_bind_int64(st, 1, *id);
	rc = store_step(s, SQL_ROWS_GET);
	if (rc < 0)
		*id = INT64_MAX;
	if (rc == 0)
		store_reset(s, SQL_ROWS_GET);
	if (rc <= 0)
		return rc;
	*id = sqlite3_column_int64(st, 1);
	/* the blob first: its call gives the length its meaning */
	blob = sqlite3_column_blob(st, 0);
	if (rows_read(r, blob, sqlite3_column_bytes(st, 0)) == 0)
		return 1;
	store_reset(s, SQL_ROWS_GET);
	return store_rows_damaged(s, *id);
}

int
store_next_msisdn(struct store *s, uint64_t imsi, int64_t *msisdn)
{
	sqlite3_stmt *st = s->st[SQL_MSISDN_NEXT];
	int rc;

	sqlite3_bind_int64(st, 1, imsi);
	sqlite3_bind_int64(st, 2, *msisdn);
	rc = store_step(s, SQL_MSISDN_NEXT);
	if (rc == 1)
		*msisdn = sqlite3_column_int64(st, 0);
	if (rc >= 0)
		store_reset(s, SQL_MSISDN_NEXT);
	return rc;
}

/* A look-up has come upon damage, as each that comes this way will: one line a
 * second tells so. -EUCLEAN. */
static int
damaged(struct store *s, const char *what, uint64_t id)
{
	int64_t now = time(NULL);

	if (now != s->damage_told)
		log_error(DSTORE, "%s: %s %llu is damaged; restore the store",
		    s->q.path, what, (unsigned long long)id);
	s->damage_told = now;
	return -EUCLEAN;
}

/* Calls h for each row of an MSISDN. 0 or -errno. */
static int
each_row(struct store *s, uint64_t msisdn,
    void (*h)(const struct subscriber *row, void *arg), void *arg)
{
	/* outside a snapshot a range may have been cut since */
	int64_t id =
	    s->in_snapshot ? store_range(s, msisdn) : store_prefix(msisdn);
	struct rows_reader r;
	struct subscriber row;
	struct slice slice;
	int rc = store_slice(s, STORE_ROWS_OF, id, msisdn, &slice);

	if (rc == 1)
		rows_read_slice(&r, &slice);
	while (rc == 1) {
		rc = rows_next_of(&r, msisdn, &row);
		if (rc == 1)
			h(&row, arg);
	}
	return rc == -EBADMSG ? damaged(s, "subscribers' range", id) : rc;
}

struct some_rows {
	struct subscriber *v;
	size_t n;
};

/* The latest first; of more than STORE_ROWS the earliest are left out. */
static void
insert(const struct subscriber *row, void *arg)
{
	struct some_rows *rows = arg;
	size_t i = rows->n;

	while (i > 0 && rows->v[i - 1].since < row->since)
		i--;
	if (i == STORE_ROWS)
		return;
	if (rows->n < STORE_ROWS)
		rows->n++;
	memmove(
	    &rows->v[i + 1], &rows->v[i], (rows->n - i - 1) * sizeof(*rows->v));
	rows->v[i] = *row;
}

int
store_subscribers(
    struct store *s, uint64_t msisdn, struct subscriber *rows, size_t *n)
{
	struct some_rows some = {rows, 0};
	int rc = each_row(s, msisdn, insert, &some);

	*n = some.n;
	if (rc < 0)
		return rc;
	if (*n > 0) /* it is the stays that are asked for next */
		store_trail_expect(
		    s, STORE_STAYS, rows[0].imsi >> (64 - s->bits));
	return *n > 0 ? 0 : -ENOENT;
}

/* The latest row that holds at a time, of any IMSI or of one. */
struct latest {
	int64_t time;
	const uint64_t *imsi;
	int found;
	struct subscriber row;
};

static void
look(const struct subscriber *row, void *arg)
{
	struct latest *l = arg;

	if (l->time < row->since || l->time >= row->end ||
	    (l->imsi != NULL && row->imsi != *l->imsi) ||
	    (l->found && row->since < l->row.since))
		return;
	l->found = 1;
	l->row = *row;
}

int
store_sealed_at(
    struct store *s, uint64_t imsi, int64_t time, uint8_t sealed[KEY_SEALED])
{
	struct latest l = {.time = time, .imsi = &imsi};
	int64_t msisdn = INT64_MIN;
	int rc;

	while ((rc = store_next_msisdn(s, imsi, &msisdn)) == 1) {
		rc = each_row(s, msisdn, look, &l);
		if (rc < 0 || msisdn == INT64_MAX)
			break;
		msisdn++;
	}
	if (rc < 0)
		return rc;
	if (!l.found)
		return -ENOENT;
	memcpy(sealed, l.row.sealed, KEY_SEALED);
	return 0;
}

int
store_imsi_at(struct store *s, uint64_t msisdn, int64_t time, uint64_t *imsi)
{
	struct latest l = {.time = time};
	int rc = each_row(s, msisdn, look, &l);

	if (rc < 0)
		return rc;
	if (!l.found)
		return -ENOENT;
	*imsi = l.row.imsi;
	return 0;
}

int
store_stays(struct store *s, uint64_t imsi, struct stays *out)
{
	uint64_t bucket = imsi >> (64 - s->bits);
	size_t n = out->n;
	struct slice slice;
	int rc = store_slice(s, STORE_STAYS, bucket, imsi, &slice);

	if (rc == 1)
		rc = bucket_find(&slice, imsi, out);
	if (rc >= 0)
		return 0;
	out->n = n;
	return rc == -EBADMSG ? damaged(s, "bucket", bucket) : rc;
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
