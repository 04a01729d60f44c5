/* Runs of record times.
 *
 * The one rule, seen from a single record: it touches the run that begins at
 * or before it and the run that begins after it, if they are at most max_gap
 * away. Since every run is maximal no other can be touched, so adding a
 * record is one binary search and one of four cases:
 *
 *     max_gap  <------>t<------>
 *     [prev]           t           [next]     neither: a run of its own
 *         [prev]       t           [next]     prev grows
 *     [prev]           t     [next]           next grows
 *         [prev]       t     [next]           both become one
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "region.h"
#include "stay.h"

static int
reserve(struct stays *s, size_t n)
{
	size_t cap = s->cap ? s->cap : 4;
	struct stay *v;

	if (n <= s->cap)
		return 0;
	while (cap < n)
		cap += cap / 2;
	v = realloc(s->v, cap * sizeof(*v));
	if (v == NULL)
		return -ENOMEM;
	s->v = v;
	s->cap = cap;
	return 0;
}

int
stays_push(struct stays *s, struct stay stay)
{
	if (reserve(s, s->n + 1) < 0)
		return -ENOMEM;
	s->v[s->n++] = stay;
	return 0;
}

void
stays_free(struct stays *s)
{
	free(s->v);
	*s = (struct stays){0};
}

static int
same_place(const struct stay *s, uint64_t key, uint32_t region)
{
	return s->key == key && s->region == region;
}

static int
begins_after(const struct stay *s, uint64_t key, uint32_t region, uint32_t time)
{
	if (s->key != key)
		return s->key > key;
	if (s->region != region)
		return s->region > region;
	return s->first > time;
}

/* The first run that begins after (key, region, time). */
static size_t
upper_bound(const struct stays *s, uint64_t key, uint32_t region, uint32_t time)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (begins_after(&s->v[mid], key, region, time))
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static void
remove_at(struct stays *s, size_t i)
{
	s->n--;
	memmove(&s->v[i], &s->v[i + 1], (s->n - i) * sizeof(*s->v));
}

static int
insert_at(struct stays *s, size_t i, struct stay stay)
{
	if (reserve(s, s->n + 1) < 0)
		return -ENOMEM;
	memmove(&s->v[i + 1], &s->v[i], (s->n - i) * sizeof(*s->v));
	s->v[i] = stay;
	s->n++;
	return 0;
}

int
stay_add(struct stays *s, uint64_t key, uint32_t region, uint32_t time,
    uint32_t max_gap)
{
	size_t i = upper_bound(s, key, region, time);
	struct stay *prev = NULL, *next = NULL;

	if (i > 0 && same_place(&s->v[i - 1], key, region))
		prev = &s->v[i - 1];
	if (i < s->n && same_place(&s->v[i], key, region))
		next = &s->v[i];
	if (prev != NULL && time <= prev->last)
		return 0;
	if (prev != NULL && time - prev->last > max_gap)
		prev = NULL;
	if (next != NULL && next->first - time > max_gap)
		next = NULL;

	if (prev != NULL && next != NULL) {
		prev->last = next->last;
		remove_at(s, i);
	} else if (prev != NULL) {
		prev->last = time;
	} else if (next != NULL) {
		next->first = time;
	} else if (insert_at(s, i, (struct stay){key, region, time, time, 0}) <
	    0) {
		return -ENOMEM;
	}
	return 1;
}

size_t
stay_expire(struct stays *s, uint32_t limit)
{
	size_t kept = 0, touched = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct stay *stay = &s->v[i];

		if (stay->first < limit)
			touched++;
		if (stay->last < limit)
			continue;
		if (stay->first < limit)
			stay->first = limit;
		s->v[kept++] = *stay;
	}
	s->n = kept;
	return touched;
}

void
stay_cut(struct stays *s, size_t from, int64_t since, int64_t end)
{
	size_t kept = from;

	for (size_t i = from; i < s->n; i++) {
		struct stay stay = s->v[i];

		if (stay.last < since || stay.first >= end)
			continue;
		if (stay.last >= end) {
			stay.last = end;
			stay.open_end = 1;
		}
		if (stay.first < since)
			stay.first = since;
		s->v[kept++] = stay;
	}
	s->n = kept;
}

static int
by_region_and_time(const void *pa, const void *pb)
{
	const struct stay *a = pa, *b = pb;

	if (a->region != b->region)
		return a->region < b->region ? -1 : 1;
	return (a->first > b->first) - (a->first < b->first);
}

/* One subscriber's runs come in order; those of several are sorted. */
static void
put_in_order(struct stays *s)
{
	size_t i = 1;

	while (i < s->n && by_region_and_time(&s->v[i - 1], &s->v[i]) <= 0)
		i++;
	if (i < s->n)
		qsort(s->v, s->n, sizeof(*s->v), by_region_and_time);
}

/* The later end is the end; of two equal ones a closed one. */
static void
prolong(struct stay *run, const struct stay *stay)
{
	if (stay->last > run->last) {
		run->last = stay->last;
		run->open_end = stay->open_end;
	} else if (stay->last == run->last) {
		run->open_end &= stay->open_end;
	}
}

void
stay_join(struct stays *s, uint32_t max_gap)
{
	size_t n = 0;

	if (s->n == 0)
		return;
	put_in_order(s);
	for (size_t i = 0; i < s->n; i++) {
		struct stay *stay = &s->v[i], *run = n ? &s->v[n - 1] : NULL;

		stay->key = 0;
		if (run == NULL || run->region != stay->region ||
		    stay->first > (uint64_t)run->last + max_gap)
			s->v[n++] = *stay;
		else
			prolong(run, stay);
	}
	s->n = n;
}

static int
touches(const struct stay *s, int64_t lo, int64_t hi)
{
	return s->first < hi && s->last >= lo + s->open_end;
}

/* Does a stay count in the window? */
static int
counts(const struct stay *s, const struct window *w)
{
	int64_t from = s->first > w->lo ? s->first : w->lo;
	int64_t to = s->last < w->hi ? s->last : w->hi;

	return touches(s, w->lo, w->hi) &&
	    (region_group(s->region) != REGION_MAINLAND ||
		to - from >= w->min_stay);
}

static int
in_answer_order(const struct visit *a, const struct visit *b)
{
	enum region_group ga = region_group(a->region),
			  gb = region_group(b->region);

	if (a->part != b->part)
		return a->part - b->part;
	if (ga != gb)
		return ga < gb ? -1 : 1;
	if (a->last != b->last)
		return a->last > b->last ? -1 : 1;
	return (a->region > b->region) - (a->region < b->region);
}

/* The places of one part, [lo, hi) of the window. */
static size_t
visits_in(const struct stays *s, const struct window *w, int part, int64_t lo,
    int64_t hi, struct visit *out)
{
	size_t n = 0;

	/* joined stays are in order of region, and so of province */
	for (size_t i = 0; i < s->n; i++) {
		const struct stay *stay = &s->v[i];
		uint32_t region = w->by_province ? region_province(stay->region)
						 : stay->region;
		int64_t last = stay->last < hi ? stay->last : hi;

		if (!counts(stay, w) || !touches(stay, lo, hi))
			continue;
		if (n > 0 && out[n - 1].region == region) {
			if (last > out[n - 1].last)
				out[n - 1].last = last;
			continue;
		}
		out[n++] = (struct visit){region, part, last};
	}
	return n;
}

/* There are few, as a rule, so each is moved to its place. */
static void
sort_visits(struct visit *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct visit visit = v[i];
		size_t at = i;

		for (; at > 0 && in_answer_order(&v[at - 1], &visit) > 0; at--)
			v[at] = v[at - 1];
		v[at] = visit;
	}
}

size_t
stay_visits(const struct stays *s, const struct window *w, struct visit *out)
{
	int64_t middle = w->middle > w->lo ? w->middle : w->lo;
	size_t n = visits_in(s, w, 0, middle, w->hi, out);

	if (middle > w->lo)
		n += visits_in(s, w, 1, w->lo, middle, out + n);
	sort_visits(out, n);
	return n;
}
