/*   text ──low bits──▶ set: | mark, time | … 8 of them, one cache line |
 *
 * The high half of the hash is the mark; of two texts with one mark in one set
 * the one passes for the other, once in some hundred millions. */
#include <errno.h>
#include <stdlib.h>

#include "recall.h"

#define WAYS 8
#define TIME_MAX ((1u << 26) - 1) /* two years */
#define COPIES_MAX 31u

struct place {
	uint32_t mark;      /* 0 is free */
	uint32_t time : 26; /* since `epoch` */
	uint32_t copies : 5;
	uint32_t answered : 1;
};

struct recall {
	struct place *places;
	size_t mask;   /* sets - 1 */
	int64_t epoch; /* of the first text */
};

int
recall_new(struct recall **rp, size_t texts)
{
	struct recall *r = calloc(1, sizeof(*r));
	size_t sets = 1;

	if (r == NULL)
		return -ENOMEM;
	while (sets * WAYS < texts)
		sets *= 2;
	r->mask = sets - 1;
	r->places = calloc(sets * WAYS, sizeof(*r->places));
	if (r->places == NULL) {
		free(r);
		return -ENOMEM;
	}
	*rp = r;
	return 0;
}

void
recall_free(struct recall *r)
{
	if (r == NULL)
		return;
	free(r->places);
	free(r);
}

static uint32_t
mark_of(uint64_t text)
{
	uint32_t mark = text >> 32;

	return mark != 0 ? mark : 1;
}

static struct place *
set_of(const struct recall *r, uint64_t text)
{
	return r->places + (text & r->mask) * WAYS;
}

static struct place *
find(const struct recall *r, uint64_t text)
{
	struct place *p = set_of(r, text), *end = p + WAYS;

	for (; p < end; p++)
		if (p->mark == mark_of(text))
			return p;
	return NULL;
}

static struct place *
find_or_make(struct recall *r, uint64_t text)
{
	struct place *p = find(r, text), *q = set_of(r, text), *end = q + WAYS;

	if (p != NULL)
		return p;
	for (p = q; q < end && p->mark != 0; q++)
		if (q->mark == 0 || q->time < p->time)
			p = q;
	*p = (struct place){.mark = mark_of(text)};
	return p;
}

enum recall_what
recall_text(const struct recall *r, uint64_t text, struct recalled *x)
{
	const struct place *p = find(r, text);

	*x = (struct recalled){0};
	if (p == NULL)
		return RECALL_NOTHING;
	x->since = r->epoch + p->time;
	x->copies = p->copies;
	return p->answered ? RECALL_ANSWERED : RECALL_REFUSED;
}

static void
put(struct recall *r, struct place *p, int64_t now)
{
	if (r->epoch == 0)
		r->epoch = now - 1;
	p->time = (now - r->epoch) & TIME_MAX;
}

void
recall_refused(struct recall *r, uint64_t text, int64_t now)
{
	struct place *p = find_or_make(r, text);

	if (p->time == 0 || p->answered)
		put(r, p, now);
	p->answered = 0;
	p->copies += p->copies < COPIES_MAX;
}

void
recall_returns(struct recall *r, uint64_t text)
{
	struct place *p = find(r, text);

	if (p != NULL && p->copies > 0)
		p->copies--;
}

void
recall_answered(struct recall *r, uint64_t text, int64_t now)
{
	struct place *p = find_or_make(r, text);

	put(r, p, now);
	p->answered = 1;
}

void
recall_forget(struct recall *r, uint64_t text)
{
	struct place *p = find(r, text);

	if (p != NULL)
		*p = (struct place){0};
}
