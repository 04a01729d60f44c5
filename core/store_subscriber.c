/* The SQLite store: writing subscribers' rows.
 *
 * A bucket is taken out of the table, changed, and put back. When one has
 * become too large the next range is cut in two, whichever that is, so that
 * their number says where each lies (linear hashing: Litwin, 1980). Numbers
 * lie evenly, so none stays large for long. Which numbers an IMSI has rows
 * with lies in a table of its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "rows.h"
#include "store_sqlite.h"

#define ROWS_MAX 40 /* of a bucket, until others are cut; some 24 in most */

enum { KIND_MSISDN, KIND_IMSI };

enum edit { KEEP, CHANGE, DROP };

/* What becomes of a row of the bucket in hand. An enum edit, or -errno. */
typedef int edit_h(struct store *s, struct subscriber *row, void *arg);

/* Buckets. */

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

/* Takes out the first bucket from an id on: 1, 0 when there is none, -errno. */
static int
take_next(struct store *s, int64_t id)
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
	int rc = take_next(s, id);

	if (b->id != id) {
		b->id = id;
		b->n = 0;
	}
	return rc < 0 ? rc : 0;
}

/* Takes the bucket out in which a number's rows lie, or would. */
static int
take(struct store *s, uint64_t msisdn)
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

static int
run_pair(struct store *s, enum statement st, uint64_t imsi, uint64_t msisdn)
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
	return run_pair(s, SQL_MSISDN_DELETE, gone->imsi, gone->msisdn);
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

/* Edits the bucket in hand, of it the rows of *msisdn unless that is null. How
 * many rows were changed or dropped, or -errno. */
static int64_t
edit(struct store *s, const uint64_t *msisdn, edit_h *h, void *arg)
{
	struct store_bucket *b = &s->bucket;
	int64_t edited = 0;
	int rc;

	for (size_t i = 0; i < b->n;) {
		if (msisdn != NULL && b->v[i].msisdn != *msisdn)
			rc = KEEP;
		else
			rc = h(s, &b->v[i], arg);
		if (rc < 0)
			return rc;
		edited += rc != KEEP;
		if (rc != DROP)
			i++;
		else if ((rc = drop(s, i)) < 0)
			return rc;
	}
	rc = edited > 0 ? put_back(s) : 0;
	return rc < 0 ? rc : edited;
}

static int64_t
edit_msisdn(struct store *s, uint64_t msisdn, edit_h *h, void *arg)
{
	int rc = take(s, msisdn);

	return rc < 0 ? rc : edit(s, &msisdn, h, arg);
}

/* The rows of every number that an IMSI has rows with, others' too. */
static int64_t
edit_imsi(struct store *s, uint64_t imsi, edit_h *h, void *arg)
{
	int64_t msisdn = INT64_MIN, edited = 0, n;
	int rc;

	while ((rc = store_next_msisdn(s, imsi, &msisdn)) == 1) {
		n = edit_msisdn(s, msisdn, h, arg);
		if (n < 0)
			return n;
		edited += n;
		if (msisdn == INT64_MAX)
			break;
		msisdn++;
	}
	return rc < 0 ? rc : edited;
}

/* Putting a row. */

/* Does a key stand for another number already? 1, 0, or -errno. `which` is 0
 * for the IMSI, 1 for the MSISDN of what is sealed. */
static int
is_other(const struct key *k, const struct subscriber *row, const char *number,
    int which)
{
	char held[2][DIGITS_MAX + 1];

	if (key_unseal(k, row->sealed, held[0], held[1]) < 0)
		return -EUCLEAN;
	return strcmp(held[which], number) != 0;
}

static int
msisdn_collides(
    struct store *s, const struct key *k, uint64_t msisdn, const char *number)
{
	const struct store_bucket *b = &s->bucket;
	int rc = take(s, msisdn); /* in hand from now on */

	for (size_t i = 0; i < b->n && rc == 0; i++)
		if (b->v[i].msisdn == msisdn)
			return is_other(k, &b->v[i], number, 1);
	return rc;
}

static int
imsi_collides(
    struct store *s, const struct key *k, uint64_t imsi, const char *number)
{
	const struct store_bucket *b = &s->bucket;
	int64_t msisdn = INT64_MIN;
	int rc = store_next_msisdn(s, imsi, &msisdn);

	if (rc <= 0)
		return rc;
	rc = store_range(s, msisdn) == b->id ? 0 : take(s, msisdn);
	for (size_t i = 0; i < b->n && rc == 0; i++)
		if (b->v[i].imsi == imsi && (int64_t)b->v[i].msisdn == msisdn)
			return is_other(k, &b->v[i], number, 0);
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

int
store_out_of_use(struct store *s, uint64_t imsi)
{
	/* there is hardly ever one, and this is asked for every record */
	return s->any_out_of_use && is_out_of_use(s, KIND_IMSI, imsi) != 0;
}

static int
drop_any(struct store *s, struct subscriber *row, void *arg)
{
	(void)s;
	(void)row;
	(void)arg;
	return DROP;
}

static int
drop_of_imsi(struct store *s, struct subscriber *row, void *arg)
{
	const uint64_t *imsi = arg;

	(void)s;
	return row->imsi == *imsi ? DROP : KEEP;
}

/* The rows go, and nothing is taken for the key again. */
static int
put_out_of_use(struct store *s, int kind, uint64_t key)
{
	int64_t n;
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
	n = kind == KIND_MSISDN ? edit_msisdn(s, key, drop_any, NULL)
				: edit_imsi(s, key, drop_of_imsi, &key);
	return n < 0 ? n : -EEXIST;
}

static int
check_collision(struct store *s, const struct key *k, int kind, uint64_t key,
    const char *number)
{
	/* there is hardly ever one */
	int rc = s->any_out_of_use ? is_out_of_use(s, kind, key) : 0;

	if (rc != 0)
		return rc < 0 ? rc : -EEXIST;
	rc = kind == KIND_MSISDN ? msisdn_collides(s, k, key, number)
				 : imsi_collides(s, k, key, number);
	if (rc <= 0)
		return rc;
	return put_out_of_use(s, kind, key);
}

static int
touch(struct store *s, int kind, uint64_t key)
{
	sqlite3_bind_int(s->st[SQL_TOUCH], 1, kind);
	sqlite3_bind_int64(s->st[SQL_TOUCH], 2, key);
	return store_run(s, SQL_TOUCH);
}

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

static int
put_row(struct store *s, const struct subscriber *row)
{
	struct store_bucket *b = &s->bucket;
	size_t before;
	int rc = 0;

	if (store_range(s, row->msisdn) != b->id)
		rc = take(s, row->msisdn);
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
store_put_subscriber(
    struct store *s, const struct key *k, const struct subscriber *row)
{
	char imsi[DIGITS_MAX + 1], msisdn[DIGITS_MAX + 1];
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
	if (rc == 0)
		rc = put_row(s, row);
	return rc < 0 ? rc
		      : run_pair(s, SQL_MSISDN_PUT, row->imsi, row->msisdn);
}

/* A row without `until` ends where a later one takes its IMSI to another
 * number, or its number to another person. */

/* The least `since` after `since` of an IMSI's rows with a number. */
static int
since_elsewhere(struct store *s, uint64_t imsi, uint64_t msisdn, int64_t since,
    int64_t *least)
{
	struct rows_reader r;
	struct subscriber row;
	struct slice slice;
	int64_t id = store_range(s, msisdn);
	int rc = store_slice(s, STORE_ROWS_OF, id, msisdn, &slice);

	if (rc == 1)
		rows_read_slice(&r, &slice);
	while (rc == 1) {
		rc = rows_next_of(&r, msisdn, &row);
		if (rc == 1 && row.imsi == imsi && row.since > since &&
		    row.since < *least)
			*least = row.since;
	}
	return rc == -EBADMSG ? store_rows_damaged(s, id) : rc;
}

static int
moves_away(struct store *s, const struct subscriber *row, int64_t *end)
{
	int64_t msisdn = INT64_MIN;
	int rc;

	while ((rc = store_next_msisdn(s, row->imsi, &msisdn)) == 1) {
		if (msisdn != (int64_t)row->msisdn)
			rc = since_elsewhere(
			    s, row->imsi, msisdn, row->since, end);
		if (rc < 0 || msisdn == INT64_MAX)
			break;
		msisdn++;
	}
	return rc < 0 ? rc : 0;
}

static void
changes_hands(
    const struct store_bucket *b, const struct subscriber *row, int64_t *end)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].msisdn == row->msisdn &&
		    b->v[i].person != row->person &&
		    b->v[i].since > row->since && b->v[i].since < *end)
			*end = b->v[i].since;
}

/* `arg`: those of one IMSI, or all for null. */
static int
derive(struct store *s, struct subscriber *row, void *arg)
{
	const uint64_t *imsi = arg;
	int64_t end = STORE_FOREVER;
	int rc;

	if (row->until != STORE_FOREVER || (imsi != NULL && row->imsi != *imsi))
		return KEEP;
	changes_hands(&s->bucket, row, &end);
	rc = moves_away(s, row, &end);
	if (rc < 0 || row->end == end)
		return rc < 0 ? rc : KEEP;
	row->end = end;
	return CHANGE;
}

static int
derive_each(struct store *s, int kind)
{
	sqlite3_stmt *st = s->st[SQL_TOUCHED];
	int64_t n = 0;
	int rc;

	sqlite3_bind_int(st, 1, kind);
	while ((rc = store_step(s, SQL_TOUCHED)) == 1) {
		uint64_t key = sqlite3_column_int64(st, 0);

		n = kind == KIND_MSISDN ? edit_msisdn(s, key, derive, NULL)
					: edit_imsi(s, key, derive, &key);
		if (n < 0)
			break;
	}
	if (rc >= 0)
		store_reset(s, SQL_TOUCHED);
	return n < 0 ? n : rc;
}

int
store_derive(struct store *s)
{
	int rc = derive_each(s, KIND_MSISDN);

	if (rc == 0)
		rc = derive_each(s, KIND_IMSI);
	if (rc == 0)
		rc = store_run(s, SQL_UNTOUCH);
	return rc;
}

/* Erasing. */

struct forgotten {
	uint64_t msisdn, person;
};

static int
pin(struct store *s, struct subscriber *row)
{
	(void)s;
	if (row->until != STORE_FOREVER || row->end == STORE_FOREVER)
		return KEEP;
	row->until = row->end;
	return CHANGE;
}

static int
pin_others(struct store *s, struct subscriber *row, void *arg)
{
	const struct forgotten *f = arg;

	return row->person != f->person ? pin(s, row) : KEEP;
}

static int
pin_of_imsi(struct store *s, struct subscriber *row, void *arg)
{
	const uint64_t *imsi = arg;

	return row->imsi == *imsi ? pin(s, row) : KEEP;
}

static int
drop_person(struct store *s, struct subscriber *row, void *arg)
{
	const struct forgotten *f = arg;

	(void)s;
	return row->person == f->person ? DROP : KEEP;
}

/* The IMSI of a person's row, the first for 0: 1, 0 when there are not so
 * many, or -errno. */
static int
imsi_of(
    struct store *s, const struct forgotten *f, size_t which, uint64_t *imsi)
{
	const struct store_bucket *b = &s->bucket;
	int rc = take(s, f->msisdn);

	for (size_t i = 0; i < b->n && rc == 0; i++) {
		if (b->v[i].msisdn != f->msisdn || b->v[i].person != f->person)
			continue;
		*imsi = b->v[i].imsi;
		if (which-- == 0)
			return 1;
	}
	return rc;
}

/* The rows of the person's IMSIs, with whatever number. */
static int
pin_imsis(struct store *s, const struct forgotten *f)
{
	uint64_t imsi;
	int rc;

	for (size_t i = 0; (rc = imsi_of(s, f, i, &imsi)) == 1; i++) {
		int64_t n = edit_imsi(s, imsi, pin_of_imsi, &imsi);

		if (n < 0)
			return n;
	}
	return rc;
}

int
store_forget_person(
    struct store *s, uint64_t msisdn, uint64_t person, int64_t *rows)
{
	struct forgotten f = {msisdn, person};
	int64_t n;
	int rc;

	/* what ended because of the person's rows stays ended */
	n = edit_msisdn(s, msisdn, pin_others, &f);
	rc = n < 0 ? n : pin_imsis(s, &f);
	n = rc < 0 ? rc : edit_msisdn(s, msisdn, drop_person, &f);
	*rows = n < 0 ? 0 : n;
	return n < 0 ? n : 0;
}

static int
drop_ended(struct store *s, struct subscriber *row, void *arg)
{
	const int64_t *horizon = arg;

	(void)s;
	return row->end <= *horizon ? DROP : KEEP;
}

int
store_forget_ended(struct store *s, int64_t horizon, int64_t *rows)
{
	int64_t id = INT64_MIN, n;
	int rc;

	*rows = 0;
	while ((rc = take_next(s, id)) == 1) {
		id = s->bucket.id;
		n = edit(s, NULL, drop_ended, &horizon);
		if (n < 0)
			return n;
		*rows += n;
		if (id == INT64_MAX)
			break;
		id++;
	}
	return rc < 0 ? rc : 0;
}
