/* The SQLite store: erasing for good. secure_delete overwrites what is freed,
 * and store_write_commit empties the log. */
#include <errno.h>
#include <stdlib.h>

#include "bucket.h"
#include "deletion.h"
#include "log.h"
#include "store_edit.h"

/* Stays. */

static int
read_bucket(struct store *s, uint64_t bucket, struct stays *out)
{
	sqlite3_stmt *st = s->st[SQL_BUCKET_GET];
	int rc;

	sqlite3_bind_int64(st, 1, bucket);
	rc = store_step(s, SQL_BUCKET_GET);
	if (rc == 1) {
		const uint8_t *blob = sqlite3_column_blob(st, 0);

		rc = bucket_unpack(blob, sqlite3_column_bytes(st, 0), out);
	}
	store_reset(s, SQL_BUCKET_GET);
	if (rc == -EBADMSG)
		log_error(DSTORE, "%s: bucket %llu is damaged", s->q.path,
		    (unsigned long long)bucket);
	return rc == -EBADMSG ? -EUCLEAN : rc;
}

static int
write_bucket(struct store *s, uint64_t bucket, const struct stays *stays)
{
	uint8_t *blob = malloc(bucket_bound(stays->n));
	int rc;

	if (blob == NULL)
		return -ENOMEM;
	rc = store_put_bucket(
	    s, bucket, blob, bucket_pack(stays->v, stays->n, blob));
	free(blob);
	return rc;
}

int
store_cut(struct store *s, uint64_t imsi, int64_t before, size_t *n)
{
	struct deletion one = {imsi, before};
	const struct deletions deletions = {.v = &one, .n = 1};
	uint64_t bucket = imsi >> (64 - s->bits);
	struct stays stays = {0};
	int rc = read_bucket(s, bucket, &stays);

	*n = rc == 0 ? deletions_apply(&deletions, &stays) : 0;
	if (*n > 0)
		rc = write_bucket(s, bucket, &stays);
	stays_free(&stays);
	return rc;
}

/* Subscribers' rows. */

struct forgotten {
	uint64_t msisdn, person;
};

static int
pin(struct store *s, struct subscriber *row)
{
	(void)s;
	if (row->until != STORE_FOREVER || row->end == STORE_FOREVER)
		return STORE_KEEP;
	row->until = row->end;
	return STORE_CHANGE;
}

static int
pin_others(struct store *s, struct subscriber *row, void *arg)
{
	const struct forgotten *f = arg;

	return row->person != f->person ? pin(s, row) : STORE_KEEP;
}

static int
pin_of_imsi(struct store *s, struct subscriber *row, void *arg)
{
	const uint64_t *imsi = arg;

	return row->imsi == *imsi ? pin(s, row) : STORE_KEEP;
}

static int
drop_person(struct store *s, struct subscriber *row, void *arg)
{
	const struct forgotten *f = arg;

	(void)s;
	return row->person == f->person ? STORE_DROP : STORE_KEEP;
}

/* The IMSI of a person's row, the first for 0: 1, 0 when there are not so
 * many, or -errno. */
static int
imsi_of(
    struct store *s, const struct forgotten *f, size_t which, uint64_t *imsi)
{
	const struct store_bucket *b = &s->bucket;
	int rc = store_take(s, f->msisdn);

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
		int64_t n = store_edit_imsi(s, imsi, pin_of_imsi, &imsi);

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
	n = store_edit_msisdn(s, msisdn, pin_others, &f);
	rc = n < 0 ? n : pin_imsis(s, &f);
	n = rc < 0 ? rc : store_edit_msisdn(s, msisdn, drop_person, &f);
	*rows = n < 0 ? 0 : n;
	return n < 0 ? n : 0;
}

static int
drop_ended(struct store *s, struct subscriber *row, void *arg)
{
	const int64_t *horizon = arg;

	(void)s;
	return row->end <= *horizon ? STORE_DROP : STORE_KEEP;
}

int
store_forget_ended(struct store *s, int64_t horizon, int64_t *rows)
{
	int64_t id = INT64_MIN, n;
	int rc;

	*rows = 0;
	while ((rc = store_take_next(s, id)) == 1) {
		id = s->bucket.id;
		n = store_edit(s, NULL, drop_ended, &horizon);
		if (n < 0)
			return n;
		*rows += n;
		if (id == INT64_MAX)
			break;
		id++;
	}
	return rc < 0 ? rc : 0;
}

/* All. */

int
store_forget_all(struct store *s, int64_t now)
{
	int rc = sqlite_empty(&s->q, "meta");

	s->ranges = 1;
	if (rc == 0)
		rc = store_put_meta(s, "ranges", s->ranges);
	if (rc == 0)
		rc = store_put_meta(s, "purged", now);
	return rc < 0 ? rc : store_put_meta(s, "closed", 1);
}

int
store_reopen(struct store *s)
{
	return store_put_meta(s, "closed", 0);
}
