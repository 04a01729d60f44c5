/* Rows, stays, visits: from the store to what a service shows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "deletion.h"
#include "history.h"
#include "when.h"

void
history_free(struct history *h)
{
	stays_free(&h->stays);
	free(h->visits);
	free(h->places);
}

/* The row that is in force now, the latest of several: the person who asks.
 * Null when two people's rows begin at the same time, for nobody can say
 * whose travels these are. */
static const struct subscriber *
in_force(const struct history *h)
{
	const struct subscriber *who = NULL;

	for (size_t i = 0; i < h->nrows; i++) {
		const struct subscriber *row = &h->rows[i];

		if (h->now < row->since || h->now >= row->end)
			continue;
		if (who == NULL)
			who = row; /* the latest comes first */
		else if (row->since == who->since && row->person != who->person)
			return NULL;
	}
	return who;
}

int
history_open(struct history *h, struct store *s, uint64_t msisdn, int64_t now,
    const struct subscriber **who)
{
	int rc = store_subscribers(s, msisdn, h->rows, &h->nrows);

	h->now = now;
	h->ncorrections = 0;
	memset(h->gone, 0, h->nrows * sizeof(*h->gone));
	*who = rc == 0 ? in_force(h) : NULL;
	return rc == -ENOENT ? 0 : rc;
}

int
history_amend(
    struct history *h, struct state *state, const struct subject *subject)
{
	int rc = 0;

	if (h->nrows == 0)
		return 0;
	if (subject->corrected != 0)
		rc = correct_get(state, h->rows[0].msisdn, h->now,
		    h->corrections, NULL, &h->ncorrections);
	if (subject->deleted_at == 0)
		return rc;
	for (size_t i = 0; i < h->nrows && rc == 0; i++)
		rc = deletion_get(state, h->rows[i].imsi, &h->gone[i]);
	return rc;
}

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* From when on a row says something. */
static int64_t
begins(const struct history *h, size_t i)
{
	return later(h->rows[i].since, h->gone[i]);
}

/* In the order in which they were made, each in all of the person's active
 * times. */
static int
correct(struct history *h, const struct subscriber *who)
{
	int rc = 0;

	for (size_t n = 0; n < h->ncorrections; n++)
		for (size_t i = 0; i < h->nrows && rc == 0; i++)
			if (h->rows[i].person == who->person)
				rc =
				    correct_apply(&h->stays, &h->corrections[n],
					begins(h, i), h->rows[i].end);
	return rc;
}

int
history_gather(struct history *h, struct store *s, const struct subscriber *who,
    uint32_t max_gap)
{
	h->stays.n = 0;
	for (size_t i = 0; i < h->nrows; i++) {
		const struct subscriber *row = &h->rows[i];
		size_t from = h->stays.n;
		int rc;

		if (row->person != who->person)
			continue;
		rc = store_stays(s, row->imsi, &h->stays);
		if (rc < 0)
			return rc;
		stay_cut(&h->stays, from, begins(h, i), row->end);
	}
	stay_join(&h->stays, max_gap);
	return correct(h, who);
}

/* Room for what so many stays show. */
static int
reserve(struct history *h, size_t n)
{
	struct answer_place *places;
	struct visit *visits;

	n *= STAY_PARTS;
	if (n <= h->cap)
		return 0;
	visits = realloc(h->visits, n * sizeof(*visits));
	if (visits != NULL)
		h->visits = visits;
	places = realloc(h->places, n * sizeof(*places));
	if (places != NULL)
		h->places = places;
	if (visits == NULL || places == NULL)
		return -ENOMEM;
	h->cap = n;
	return 0;
}

int64_t
history_first(const struct history *h, const struct subscriber *who)
{
	int64_t first = who->since;

	for (size_t i = 0; i < h->nrows; i++)
		if (h->rows[i].person == who->person &&
		    h->rows[i].since < first)
			first = h->rows[i].since;
	return first;
}

/* The day from which the person is known, when the window begins before. */
static int64_t
history_since(const struct history *h, const struct subscriber *who, int64_t lo)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < h->nrows; i++)
		if (h->rows[i].person == who->person &&
		    begins(h, i) < h->rows[i].end && begins(h, i) < first)
			first = begins(h, i);
	return first > lo && first != INT64_MAX ? first : 0;
}

/* Does a correction lie in the window, and in the person's times? */
static int
is_corrected(const struct history *h, const struct subscriber *who,
    const struct window *w)
{
	for (size_t n = 0; n < h->ncorrections; n++)
		for (size_t i = 0; i < h->nrows; i++) {
			int64_t from = later(h->corrections[n].from, w->lo);
			int64_t to = earlier(h->corrections[n].to, w->hi);

			if (h->rows[i].person == who->person &&
			    later(from, begins(h, i)) <
				earlier(to, h->rows[i].end))
				return 1;
		}
	return 0;
}

/* Until when the data is complete, and whether that is good enough. */
static int
judge_age(struct store *s, const struct conf_service *service, int64_t hi,
    struct answer *a)
{
	int64_t watermark;
	int rc = store_watermark(s, &watermark);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rc;
	a->as_of = watermark < hi ? watermark : hi;
	a->data_late = hi - watermark > service->late_after;
	if (service->refuse_after && hi - watermark > service->refuse_after)
		return -ESTALE;
	return 0;
}

/* The end of the window. */
static int64_t
window_end(const struct history *h, const struct conf_service *service)
{
	return service->horizon == HORIZON_NOW ? h->now
					       : when_midnight(h->now, 0);
}

static struct window
window_of(const struct history *h, const struct conf_service *service)
{
	struct window w = {
	    .lo = when_midnight(h->now, -(int)service->window_days),
	    .hi = window_end(h, service),
	    .min_stay = service->min_stay,
	    .by_province = service->granularity == GRANULARITY_PROVINCE,
	};

	if (service->split_days > 0)
		w.middle = when_midnight(h->now, -(int)service->split_days);
	return w;
}

int
history_show(struct history *h, const struct subscriber *who,
    const struct conf_service *service, struct answer *a)
{
	struct window w = window_of(h, service);
	int rc = reserve(h, h->stays.n);

	if (rc < 0)
		return rc;
	a->lo = w.lo;
	a->middle = w.middle;
	a->history_since = history_since(h, who, w.lo);
	a->corrected = is_corrected(h, who, &w);
	a->nplaces = stay_visits(&h->stays, &w, h->visits);
	a->places = h->places;
	for (size_t i = 0; i < a->nplaces; i++)
		h->places[i] = (struct answer_place){
		    .region = h->visits[i].region,
		    .part = h->visits[i].part,
		};
	return 0;
}

/* Reading them costs little: it is the words on them that make two messages
 * of one. So they are read even where they are to be left out, and whoever has
 * none is not told that some were. */
static int
put_marks(struct history *h, struct store *s, struct answer *a)
{
	int rc = 0, leave_out = a->marks_left_out;

	a->marks_left_out = 0;
	for (size_t i = 0; i < a->nplaces && rc == 0; i++) {
		char *mark = h->places[i].mark;

		rc = store_mark(s, h->places[i].region, h->now, mark);
		if (rc < 0 || !leave_out || mark[0] == '\0')
			continue;
		mark[0] = '\0';
		a->marks_left_out = 1;
	}
	return rc;
}

int
history_judge(struct history *h, struct store *s, const struct subscriber *who,
    uint32_t max_gap, const struct conf_service *service, struct answer *a)
{
	int rc = history_gather(h, s, who, max_gap);

	if (rc == 0)
		rc = judge_age(s, service, window_end(h, service), a);
	if (rc == 0)
		rc = history_show(h, who, service, a);
	return rc < 0 ? rc : put_marks(h, s, a);
}
