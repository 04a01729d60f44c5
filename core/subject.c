/* Rows of subjects in the small state. A row carries the time at which it can
 * be erased, so that nobody has to look at the others to find it. */
#include <errno.h>

#include "subject.h"

int
subject_get(struct state *s, uint64_t key, struct subject *x)
{
	sqlite3_stmt *st = state_read(s, SUBJECT_GET);
	int rc;

	*x = (struct subject){.language = LANGUAGES};
	if (st == NULL)
		return -EIO;
	if (state_has_no_subjects(s))
		return 0;
	sqlite3_bind_int64(st, 1, key);
	rc = state_step(s, SUBJECT_GET);
	if (rc <= 0)
		return rc;
	x->language = sqlite3_column_int(st, 0);
	x->tries = sqlite3_column_int64(st, 1);
	x->day_tries = sqlite3_column_int64(st, 2);
	x->tried_at = sqlite3_column_int64(st, 3);
	x->tried = sqlite3_column_int64(st, 4);
	x->lock_minutes = sqlite3_column_int64(st, 5);
	x->locked_until = sqlite3_column_int64(st, 6);
	x->consent_at = sqlite3_column_int64(st, 7);
	x->consent_version = sqlite3_column_int64(st, 8);
	x->consent_channel = sqlite3_column_int(st, 9);
	x->deleted_at = sqlite3_column_int64(st, 10);
	x->corrected = sqlite3_column_int64(st, 11);
	state_reset(s, SUBJECT_GET);
	return 0;
}

int
subject_take(struct state *s, uint64_t key, struct subject *x)
{
	if (state_write(s, SUBJECT_PUT) == NULL)
		return -EIO;
	return subject_get(s, key, x);
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* When the row says nothing any more; 0 for one that says nothing at all. */
static int64_t
useful_until(const struct subject *x)
{
	int64_t latest = later(later(x->tried_at, x->locked_until),
	    later(x->deleted_at, x->corrected));

	if (x->language != LANGUAGES || x->consent_at != 0)
		return INT64_MAX;
	return latest != 0 ? latest + SUBJECT_KEEP : 0;
}

static int
erase(struct state *s, uint64_t key)
{
	sqlite3_stmt *st = state_write(s, SUBJECT_ERASE);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, key);
	return state_step(s, SUBJECT_ERASE);
}

int
subject_put(struct state *s, uint64_t key, const struct subject *x)
{
	int64_t until = useful_until(x);
	sqlite3_stmt *st;

	if (until == 0)
		return erase(s, key);
	st = state_write(s, SUBJECT_PUT);
	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, key);
	sqlite3_bind_int64(st, 2, until);
	sqlite3_bind_int(st, 3, x->language);
	sqlite3_bind_int64(st, 4, x->tries);
	sqlite3_bind_int64(st, 5, x->day_tries);
	sqlite3_bind_int64(st, 6, x->tried_at);
	sqlite3_bind_int64(st, 7, x->tried);
	sqlite3_bind_int64(st, 8, x->lock_minutes);
	sqlite3_bind_int64(st, 9, x->locked_until);
	sqlite3_bind_int64(st, 10, x->consent_at);
	sqlite3_bind_int64(st, 11, x->consent_version);
	sqlite3_bind_int(st, 12, x->consent_channel);
	sqlite3_bind_int64(st, 13, x->deleted_at);
	sqlite3_bind_int64(st, 14, x->corrected);
	return state_step(s, SUBJECT_PUT);
}

int
subject_expire(struct state *s, int64_t now)
{
	sqlite3_stmt *st = state_write(s, SUBJECT_EXPIRE);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, now);
	return state_step(s, SUBJECT_EXPIRE);
}
