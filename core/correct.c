/* Corrections: their meaning, and their table.
 *
 * A run is there from its first second to its last; one with an open end, as
 * a piece that was added or cut has it, up to but not in its last. So two that
 * meet leave no second between them:
 *
 *     run                [first ------ last]
 *     add            [from --------- to)            one run from `from`
 *     add   [from -- to)                            another run
 *     remove                [from -- to)            [first-from)  [to-last]
 */
#include <errno.h>
#include <stdio.h>

#include "correct.h"
#include "subject.h"

/* Pure. */

static int
touches(const struct stay *s, uint32_t region, const struct stay *with)
{
	return s->region == region && s->first <= with->last &&
	    with->first <= s->last;
}

/* The later end is the end; of two equal ones a closed one. */
static void
swallow(struct stay *run, const struct stay *other)
{
	if (other->first < run->first)
		run->first = other->first;
	if (other->last > run->last) {
		run->last = other->last;
		run->open_end = other->open_end;
	} else if (other->last == run->last) {
		run->open_end &= other->open_end;
	}
}

/* Room for one more. */
static int
reserve(struct stays *s)
{
	int rc = stays_push(s, (struct stay){0});

	if (rc == 0)
		s->n--;
	return rc;
}

/* Puts a run, for which there is room, in its place by region and time. */
static void
put_in_order(struct stays *s, const struct stay *run)
{
	size_t i;

	for (i = s->n++; i > 0; i--) {
		const struct stay *prev = &s->v[i - 1];

		if (prev->region < run->region ||
		    (prev->region == run->region && prev->first < run->first))
			break;
		s->v[i] = *prev;
	}
	s->v[i] = *run;
}

static void
add(struct stays *s, uint32_t region, uint32_t from, uint32_t to)
{
	struct stay run = {0, region, from, to, 1};
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++)
		if (touches(&s->v[i], region, &run))
			swallow(&run, &s->v[i]);
		else
			s->v[kept++] = s->v[i];
	s->n = kept;
	put_in_order(s, &run);
}

/* What is left of one run when [from, to) is cut out: 0 to 2 pieces. */
static int
cut(const struct stay *run, uint32_t from, uint32_t to, struct stay piece[2])
{
	int n = 0;

	if (run->first < from) {
		piece[n] = *run;
		if (run->last >= from) {
			piece[n].last = from;
			piece[n].open_end = 1;
		}
		n++;
	}
	if (run->last >= (uint64_t)to + run->open_end) {
		piece[n] = *run;
		if (run->first < to)
			piece[n].first = to;
		n++;
	}
	return n;
}

static void
take_out(struct stays *s, uint32_t region, uint32_t from, uint32_t to)
{
	struct stay piece[2], second;
	size_t kept = 0;
	int two = 0;

	for (size_t i = 0; i < s->n; i++) {
		int n = 1;

		piece[0] = s->v[i];
		if (s->v[i].region == region)
			n = cut(&s->v[i], from, to, piece);
		if (n > 0)
			s->v[kept++] = piece[0];
		if (n < 2)
			continue;
		second = piece[1]; /* only one run can be on both sides */
		two = 1;
	}
	s->n = kept;
	if (two)
		put_in_order(s, &second);
}

static uint32_t
within_32_bits(int64_t t)
{
	return t < 0 ? 0 : t > UINT32_MAX ? UINT32_MAX : t;
}

int
correct_apply(
    struct stays *s, const struct correction *c, int64_t since, int64_t end)
{
	uint32_t from = within_32_bits(c->from > since ? c->from : since);
	uint32_t to = within_32_bits(c->to < end ? c->to : end);

	if (from >= to)
		return 0;
	if (reserve(s) < 0)
		return -ENOMEM;
	if (c->act == CORRECT_ADD)
		add(s, c->region, from, to);
	else
		take_out(s, c->region, from, to);
	return 0;
}

/* The table. */

static int
count(struct state *s, uint64_t msisdn)
{
	sqlite3_stmt *st = state_write(s, CORRECT_COUNT);
	int rc, n;

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, msisdn);
	rc = state_step(s, CORRECT_COUNT);
	if (rc <= 0)
		return rc;
	n = sqlite3_column_int(st, 0);
	state_reset(s, CORRECT_COUNT);
	return n;
}

static int
put(struct state *s, uint64_t msisdn, const struct correction *c,
    const char *operator, const char * reason)
{
	sqlite3_stmt *st = state_write(s, CORRECT_PUT);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, msisdn);
	sqlite3_bind_int64(st, 2, c->region);
	sqlite3_bind_int64(st, 3, c->from);
	sqlite3_bind_int64(st, 4, c->to);
	sqlite3_bind_int(st, 5, c->act);
	sqlite3_bind_int64(st, 6, c->made);
	sqlite3_bind_text(st, 7, operator, - 1, SQLITE_STATIC);
	sqlite3_bind_text(st, 8, reason, -1, SQLITE_STATIC);
	return state_step(s, CORRECT_PUT);
}

int
correct_put(struct state *s, uint64_t msisdn, const struct correction *c,
    const char *operator, const char * reason)
{
	struct subject subject;
	int rc = subject_take(s, msisdn, &subject);

	if (rc < 0)
		return rc;
	rc = count(s, msisdn);
	if (rc < 0)
		return rc;
	if (rc >= CORRECT_MAX)
		return -ENOSPC;
	rc = put(s, msisdn, c, operator, reason);
	if (subject.corrected < c->made)
		subject.corrected = c->made;
	return rc < 0 ? rc : subject_put(s, msisdn, &subject);
}

static void
copy_text(char *to, size_t size, const void *text)
{
	snprintf(to, size, "%s", text != NULL ? (const char *)text : "");
}

int
correct_get(struct state *s, uint64_t msisdn, int64_t as_of,
    struct correction v[CORRECT_MAX], struct correct_note *notes, size_t *n)
{
	sqlite3_stmt *st = state_read(s, CORRECT_GET);
	int rc;

	*n = 0;
	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, msisdn);
	sqlite3_bind_int64(st, 2, as_of);
	while ((rc = state_step(s, CORRECT_GET)) == 1 && *n < CORRECT_MAX) {
		struct correct_note *note = notes ? &notes[*n] : NULL;

		v[(*n)++] = (struct correction){
		    .region = sqlite3_column_int64(st, 0),
		    .from = sqlite3_column_int64(st, 1),
		    .to = sqlite3_column_int64(st, 2),
		    .act = sqlite3_column_int(st, 3),
		    .made = sqlite3_column_int64(st, 4),
		};
		if (note == NULL)
			continue;
		copy_text(note->operator, sizeof(note->operator),
		    sqlite3_column_text(st, 5));
		copy_text(note->reason, sizeof(note->reason),
		    sqlite3_column_text(st, 6));
	}
	if (rc == 1)
		state_reset(s, CORRECT_GET);
	return rc < 0 ? rc : 0;
}

/* Runs a statement with one number: how many rows it changed, or -errno. */
static int
erase(struct state *s, enum state_statement which, int64_t number)
{
	sqlite3_stmt *st = state_write(s, which);
	int rc;

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, number);
	rc = state_step(s, which);
	return rc < 0 ? rc : state_changed(s);
}

int
correct_forget(struct state *s, uint64_t msisdn)
{
	return erase(s, CORRECT_FORGET, msisdn);
}

int
correct_expire(struct state *s, int64_t horizon)
{
	return erase(s, CORRECT_EXPIRE, horizon);
}
