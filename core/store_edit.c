/* The SQLite store: a bucket of subscribers' rows in hand.
 *
 * A bucket is taken out of the table, changed, and put back. When one has
 * become too large the next range is cut in two, whichever that is, so that
 * their number says where each lies (linear hashing: Litwin, 1980). Numbers
 * lie evenly, so none stays large for long. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"
#include "store_edit.h"

#define ROWS_MAX 40 /* of a bucket, until others are cut; some 24 in most */

/* Taking out and putting back. */

static int
reserve(struct store_bucket *b, size_t n)
{
	size_t cap = n + ROWS_MAX; /* for those to come */
	struct subscriber *v;
	uint8_t *blob;

	if (n <= b->cap)
		return 0;
	v = realloc(b->v, cap * sizeof(*v));
	if (v != NULL)
		b->v = v;
	blob = realloc(b->blob, rows_bound(cap));
	if (blob != NULL)
		b->blob = blob;
	if (v == NULL || blob == NULL)
		return -ENOMEM;
	b->cap = cap;
	return 0;
}

static int
unpack(struct store_bucket *b, struct rows_reader *r)
{
	int rc;

	do {
		rc = reserve(b, b->n + 1);
		if (rc == 0)
			rc = rows_next(r, &b->v[b->n]);
		b->n += rc == 1;
	} while (rc == 1);
	return rc;
}

int
store_take_next(struct store *s, int64_t id)
{
	struct store_bucket *b = &s->bucket;
	struct rows_reader r;
	int rc;

	b->id = id;
	b->n = 0;
	rc = store_rows(s, &r, &b->id);
	if (rc <= 0)
		return rc;
	rc = unpack(b, &r);
	store_reset(s, SQL_ROWS_GET);
	if (rc < 0)
		b->n = 0;
	return rc == -EBADMSG ? store_rows_damaged(s, b->id) : rc < 0 ? rc : 1;
}

/* Takes out the bucket of a range, which may be empty. */
static int
take_range(struct store *s, int64_t id)
{
	struct store_bucket *b = &s->bucket;
	int rc = store_take_next(s, id);

	if (b->id != id) {
		b->id = id;
		b->n = 0;
	}
	return rc < 0 ? rc : 0;
}

int
store_take(struct store *s, uint64_t msisdn)
{
	return take_range(s, store_range(s, msisdn));
}

static int
put_rows(struct store *s, int64_t id, const struct subscriber *v, size_t n)
{
	enum statement put = n > 0 ? SQL_ROWS_PUT : SQL_ROWS_DELETE;
	uint8_t *blob = s->bucket.blob;

	sqlite3_bind_int64(s->st[put], 1, id);
	if (n > 0)
		sqlite3_bind_blob64(
		    s->st[put], 2, blob, rows_pack(v, n, blob), SQLITE_STATIC);
	return store_run(s, put);
}

static int
put_back(struct store *s)
{
	return put_rows(s, s->bucket.id, s->bucket.v, s->bucket.n);
}

/* Cuts the next range in two. No bucket is in hand then. */
static int
cut_range(struct store *s)
{
	struct store_bucket *b = &s->bucket;
	unsigned bits = 63 - __builtin_clzll(s->ranges);
	int64_t which = s->ranges - (INT64_C(1) << bits);
	/* the lower half's id, and what it ends with */
	int64_t half = (STORE_RANGES_MAX - 1) / 2 >> bits;
	int64_t id = which << (STORE_RANGE_BITS - bits) | half;
	size_t cut = 0;
	int rc;

	if (s->ranges == STORE_RANGES_MAX)
		return 0;
	rc = take_range(s, id | (half + 1));
	if (rc < 0)
		return rc;
	while (cut < b->n && store_prefix(b->v[cut].msisdn) <= id)
		cut++;
	rc = put_rows(s, id, b->v, cut);
	if (rc == 0)
		rc = put_rows(s, b->id, b->v + cut, b->n - cut);
	b->id = -1;
	b->n = 0;
	return rc == 0 ? store_put_meta(s, "ranges", ++s->ranges) : rc;
}

/* Putting a row. */

/* Into the bucket in hand, in its place. */
static int
put_in_order(struct store_bucket *b, const struct subscriber *row)
{
	size_t i = b->n;
	int rc = reserve(b, b->n + 1);

	if (rc < 0)
		return rc;
	while (i > 0 && rows_compare(&b->v[i - 1], row) >= 0)
		i--;
	if (i == b->n || rows_compare(&b->v[i], row) != 0) {
		memmove(&b->v[i + 1], &b->v[i], (b->n - i) * sizeof(*b->v));
		b->n++;
	}
	b->v[i] = *row;
	b->v[i].end = row->until;
	return 0;
}

int
store_put_row(struct store *s, const struct subscriber *row)
{
	struct store_bucket *b = &s->bucket;
	size_t before;
	int rc = 0;

	if (store_range(s, row->msisdn) != b->id)
		rc = store_take(s, row->msisdn);
	before = b->n;
	if (rc == 0)
		rc = put_in_order(b, row);
	if (rc == 0)
		rc = put_back(s);
	/* the rows of one number cannot be cut */
	if (rc < 0 || b->n == before || b->n <= ROWS_MAX ||
	    b->v[0].msisdn == b->v[b->n - 1].msisdn)
		return rc;
	return cut_range(s);
}

int
store_run_pair(
    struct store *s, enum statement st, uint64_t imsi, uint64_t msisdn)
{
	sqlite3_bind_int64(s->st[st], 1, imsi);
	sqlite3_bind_int64(s->st[st], 2, msisdn);
	return store_run(s, st);
}

/* Editing. */

/* Forgets that an IMSI and a number go together, unless a row says so. */
static int
part(struct store *s, const struct subscriber *gone)
{
	const struct store_bucket *b = &s->bucket;

	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].msisdn == gone->msisdn &&
		    b->v[i].imsi == gone->imsi)
			return 0;
	return store_run_pair(s, SQL_MSISDN_DELETE, gone->imsi, gone->msisdn);
}

static int
drop(struct store *s, size_t i)
{
	struct store_bucket *b = &s->bucket;
	struct subscriber gone = b->v[i];

	b->n--;
	memmove(&b->v[i], &b->v[i + 1], (b->n - i) * sizeof(*b->v));
	return part(s, &gone);
}

int64_t
store_edit(struct store *s, const uint64_t *msisdn, store_edit_h *h, void *arg)
{
	struct store_bucket *b = &s->bucket;
	int64_t edited = 0;
	int rc;

	for (size_t i = 0; i < b->n;) {
		if (msisdn != NULL && b->v[i].msisdn != *msisdn)
			rc = STORE_KEEP;
		else
			rc = h(s, &b->v[i], arg);
		if (rc < 0)
			return rc;
		edited += rc != STORE_KEEP;
		if (rc != STORE_DROP)
			i++;
		else if ((rc = drop(s, i)) < 0)
			return rc;
	}
	rc = edited > 0 ? put_back(s) : 0;
	return rc < 0 ? rc : edited;
}

int64_t
store_edit_msisdn(struct store *s, uint64_t msisdn, store_edit_h *h, void *arg)
{
	int rc = store_take(s, msisdn);

	return rc < 0 ? rc : store_edit(s, &msisdn, h, arg);
}

int64_t
store_edit_imsi(struct store *s, uint64_t imsi, store_edit_h *h, void *arg)
{
	int64_t msisdn = INT64_MIN, edited = 0, n;
	int rc;

	while ((rc = store_next_msisdn(s, imsi, &msisdn)) == 1) {
		n = store_edit_msisdn(s, msisdn, h, arg);
		if (n < 0)
			return n;
		edited += n;
		if (msisdn == INT64_MAX)
			break;
		msisdn++;
	}
	return rc < 0 ? rc : edited;
}
