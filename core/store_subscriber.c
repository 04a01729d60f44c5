/* The SQLite store: putting subscribers' rows, and deriving when they end.
 *
 * Two numbers may have one key: a row is put only after what its keys stand for
 * already was looked at. Where a row ends follows from those of the same IMSI
 * and of the same number, so the keys of what was put are kept in a table until
 * all of it is there. */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "rows.h"
#include "store_edit.h"

enum { KIND_MSISDN, KIND_IMSI };

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
	int rc = store_take(s, msisdn); /* in hand from now on */

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
	rc = store_range(s, msisdn) == b->id ? 0 : store_take(s, msisdn);
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
	return STORE_DROP;
}

static int
drop_of_imsi(struct store *s, struct subscriber *row, void *arg)
{
	const uint64_t *imsi = arg;

	(void)s;
	return row->imsi == *imsi ? STORE_DROP : STORE_KEEP;
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
	n = kind == KIND_MSISDN ? store_edit_msisdn(s, key, drop_any, NULL)
				: store_edit_imsi(s, key, drop_of_imsi, &key);
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
		rc = store_put_row(s, row);
	return rc < 0
	    ? rc
	    : store_run_pair(s, SQL_MSISDN_PUT, row->imsi, row->msisdn);
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
		return STORE_KEEP;
	changes_hands(&s->bucket, row, &end);
	rc = moves_away(s, row, &end);
	if (rc < 0 || row->end == end)
		return rc < 0 ? rc : STORE_KEEP;
	row->end = end;
	return STORE_CHANGE;
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

		n = kind == KIND_MSISDN
		    ? store_edit_msisdn(s, key, derive, NULL)
		    : store_edit_imsi(s, key, derive, &key);
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
