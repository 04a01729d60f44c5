/* Deletions: the tombstones, and what dies with a person. */
#include <errno.h>
#include <stdlib.h>

#include "correct.h"
#include "deletion.h"
#include "subject.h"

/* The later one stays where there is one already. */
static int
put(struct state *s, uint64_t key, int64_t before)
{
	sqlite3_stmt *st = state_write(s, DELETION_PUT);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, key);
	sqlite3_bind_int64(st, 2, before);
	return state_step(s, DELETION_PUT);
}

/* What is left of a subject: when it was deleted. */
static int
clear_subject(struct state *s, uint64_t msisdn, int64_t deleted_at)
{
	struct subject subject = {
	    .language = LANGUAGES, .deleted_at = deleted_at};

	return subject_put(s, msisdn, &subject);
}

int
deletion_make(struct state *s, uint64_t msisdn, const struct subscriber *rows,
    size_t n, uint64_t person, int64_t now)
{
	int64_t deleted_at = 0;
	int rc = 0, corrections;

	for (size_t i = 0; i < n && rc == 0; i++) {
		const struct subscriber *row = &rows[i];

		if (row->person != person || row->since >= now)
			continue;
		deleted_at = now;
		/* from there on the IMSI may be somebody else's */
		rc = put(s, row->imsi, row->end < now ? row->end : now);
	}
	/* whoever it once was, a record by that number is not looked into */
	if (rc == 0 && deleted_at != 0)
		rc = put(s, msisdn, now);
	if (rc == 0)
		rc = clear_subject(s, msisdn, deleted_at);
	corrections = rc == 0 ? correct_forget(s, msisdn) : 0;
	return rc < 0 ? rc : corrections;
}

int
deletion_make_all(struct state *s, int64_t now)
{
	return put(s, DELETION_ALL, now);
}

int
deletion_get(struct state *s, uint64_t key, int64_t *before)
{
	sqlite3_stmt *st = state_read(s, DELETION_GET);
	int rc;

	*before = 0;
	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, key);
	rc = state_step(s, DELETION_GET);
	if (rc <= 0)
		return rc;
	*before = sqlite3_column_int64(st, 0);
	state_reset(s, DELETION_GET);
	return 0;
}

static int
push(struct deletions *d, struct deletion one)
{
	size_t cap = d->cap ? d->cap * 2 : 64;
	struct deletion *v;

	if (d->n == d->cap) {
		v = realloc(d->v, cap * sizeof(*v));
		if (v == NULL)
			return -ENOMEM;
		d->v = v;
		d->cap = cap;
	}
	d->v[d->n++] = one;
	return 0;
}

static int
by_key(const void *pa, const void *pb)
{
	const struct deletion *a = pa, *b = pb;

	return (a->key > b->key) - (a->key < b->key);
}

int
deletions_load(struct deletions *d, struct state *s)
{
	sqlite3_stmt *st = state_read(s, DELETION_EACH);
	int rc;

	*d = (struct deletions){0};
	if (st == NULL)
		return -EIO;
	while ((rc = state_step(s, DELETION_EACH)) == 1) {
		rc = push(d,
		    (struct deletion){sqlite3_column_int64(st, 0),
			sqlite3_column_int64(st, 1)});
		if (rc < 0)
			break;
	}
	state_reset(s, DELETION_EACH);
	if (rc < 0)
		deletions_free(d);
	else if (d->n > 0) /* as unsigned, unlike the table */
		qsort(d->v, d->n, sizeof(*d->v), by_key);
	return rc;
}

void
deletions_free(struct deletions *d)
{
	free(d->v);
	*d = (struct deletions){0};
}

int64_t
deletions_find(const struct deletions *d, uint64_t key)
{
	struct deletion one = {.key = key}, *found;

	if (d->n == 0)
		return 0;
	found = bsearch(&one, d->v, d->n, sizeof(*d->v), by_key);
	return found != NULL ? found->before : 0;
}

size_t
deletions_apply(const struct deletions *d, struct stays *s)
{
	size_t kept = 0, touched = 0;
	int64_t before = 0;

	if (d->n == 0)
		return 0;
	for (size_t i = 0; i < s->n; i++) {
		struct stay stay = s->v[i];

		if (i == 0 || stay.key != s->v[i - 1].key)
			before = deletions_find(d, stay.key);
		touched += stay.first < before;
		if (stay.last < before)
			continue;
		if (stay.first < before)
			stay.first = before;
		s->v[kept++] = stay;
	}
	s->n = kept;
	return touched;
}

int
deletion_expire(struct state *s, int64_t horizon)
{
	sqlite3_stmt *st = state_write(s, DELETION_EXPIRE);
	int rc;

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, horizon);
	rc = state_step(s, DELETION_EXPIRE);
	return rc < 0 ? rc : state_changed(s);
}
