/*   text ──low bits──▶ set: | mark, time | … 8 of them, one cache line |
 *
 * The high half of the hash is the mark; of two texts with one mark in one set
 * the one passes for the other, once in some hundred millions.
 *
 * A place is one word, which several processes change each at a stroke. Two
 * that make one for the same text at the same moment make two, of which the
 * one is never looked at again. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "recall.h"
#include "shared.h"

#define WAYS 8
#define TIME ((1u << 20) - 1) /* seconds, again and again: twelve days */
#define STEP 180              /* seconds */
#define STEPS_MAX 511u        /* more than a day */
/* Of one message that was refused time and again as many are counted; no more
 * than these of its sender's next questions are taken for copies. */
#define COPIES_MAX 3u

struct place {
	uint32_t mark;      /* 0 is free */
	uint32_t time : 20; /* when first refused, or answered */
	uint32_t steps : 9; /* until it was last refused */
	uint32_t copies : 2;
	uint32_t answered : 1;
};

struct recall {
	_Atomic uint64_t *places;
	size_t octets; /* of them */
	size_t mask;   /* sets - 1 */
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
	r->octets = sets * WAYS * sizeof(*r->places);
	r->places = shared_new(r->octets);
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
	shared_free(r->places, r->octets);
	free(r);
}

static uint32_t
mark_of(uint64_t text)
{
	uint32_t mark = text >> 32;

	return mark != 0 ? mark : 1;
}

static struct place
load(_Atomic uint64_t *word)
{
	uint64_t v = atomic_load_explicit(word, memory_order_relaxed);
	struct place p;

	memcpy(&p, &v, sizeof(p));
	return p;
}

/* 0 when it is another by now. */
static int
change(_Atomic uint64_t *word, struct place was, struct place is)
{
	uint64_t from, to;

	memcpy(&from, &was, sizeof(from));
	memcpy(&to, &is, sizeof(to));
	return atomic_compare_exchange_strong(word, &from, to);
}

static _Atomic uint64_t *
set_of(const struct recall *r, uint64_t text)
{
	return r->places + (text & r->mask) * WAYS;
}

/* The word of a text, and what it is; null for none. */
static _Atomic uint64_t *
find(const struct recall *r, uint64_t text, struct place *is)
{
	_Atomic uint64_t *word = set_of(r, text), *end = word + WAYS;

	for (; word < end; word++) {
		*is = load(word);
		if (is->mark == mark_of(text))
			return word;
	}
	return NULL;
}

/* Seconds since then. */
static int64_t
age(struct place p, int64_t now)
{
	return (now - p.time) & TIME;
}

/* Not heard of for so long that whoever sends it now has begun anew. */
static int
is_over(struct place p, int64_t now)
{
	return !p.answered &&
	    age(p, now) > (int64_t)(p.steps + 1) * STEP + RECALL_FORGETS;
}

/* The same, or one to take for it: free, or the oldest. */
static _Atomic uint64_t *
find_or_take(
    const struct recall *r, uint64_t text, int64_t now, struct place *is)
{
	_Atomic uint64_t *best = find(r, text, is), *word = set_of(r, text);
	_Atomic uint64_t *end = word + WAYS;

	if (best != NULL)
		return best;
	best = word;
	for (*is = load(word++); word < end && is->mark != 0; word++) {
		struct place p = load(word);

		if (p.mark == 0 || age(p, now) > age(*is, now)) {
			best = word;
			*is = p;
		}
	}
	return best;
}

void
recall_expect(const struct recall *r, uint64_t text)
{
	__builtin_prefetch(set_of(r, text));
}

enum recall_what
recall_text(
    const struct recall *r, uint64_t text, int64_t now, struct recalled *x)
{
	struct place p;

	*x = (struct recalled){0};
	if (find(r, text, &p) == NULL || is_over(p, now))
		return RECALL_NOTHING;
	x->since = now - age(p, now);
	x->copies = p.copies;
	return p.answered ? RECALL_ANSWERED : RECALL_REFUSED;
}

/* As it is, or as it begins in the place of another. */
static struct place
own(struct place p, uint64_t text, int64_t now)
{
	if (p.mark == mark_of(text) && !is_over(p, now))
		return p;
	return (struct place){.mark = mark_of(text), .time = now & TIME};
}

/* Refused, for the first time or once more. */
static struct place
once_more(struct place p, uint64_t text, int64_t now)
{
	uint32_t steps;

	p = own(p, text, now);
	if (p.answered)
		p.time = now & TIME;
	p.answered = 0;
	steps = age(p, now) / STEP;
	p.steps = steps < STEPS_MAX ? steps : STEPS_MAX;
	p.copies += p.copies < COPIES_MAX;
	return p;
}

void
recall_refused(struct recall *r, uint64_t text, int64_t now)
{
	_Atomic uint64_t *word;
	struct place was;

	do {
		word = find_or_take(r, text, now, &was);
	} while (!change(word, was, once_more(was, text, now)));
}

void
recall_returns(struct recall *r, uint64_t text)
{
	_Atomic uint64_t *word;
	struct place was, is;

	do {
		word = find(r, text, &was);
		if (word == NULL || was.copies == 0)
			return;
		is = was;
		is.copies--;
	} while (!change(word, was, is));
}

void
recall_answered(struct recall *r, uint64_t text, int64_t now)
{
	_Atomic uint64_t *word;
	struct place was, is;

	do {
		word = find_or_take(r, text, now, &was);
		is = own(was, text, now);
		is.time = now & TIME;
		is.steps = 0;
		is.answered = 1;
	} while (!change(word, was, is));
}

void
recall_forget(struct recall *r, uint64_t text)
{
	_Atomic uint64_t *word;
	struct place was;

	do {
		word = find(r, text, &was);
	} while (word != NULL && !change(word, was, (struct place){0}));
}
