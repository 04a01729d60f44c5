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
#define TIME_MAX ((1u << 26) - 1) /* two years */
/* Of one message that was refused time and again as many are counted; no more
 * than these of its sender's next questions are taken for copies. */
#define COPIES_MAX 3u

struct place {
	uint32_t mark;      /* 0 is free */
	uint32_t time : 26; /* since `epoch` */
	uint32_t copies : 5;
	uint32_t answered : 1;
};

struct memory {
	_Alignas(64) _Atomic int64_t epoch; /* of the first text */
	_Alignas(64) _Atomic uint64_t places[];
};

struct recall {
	struct memory *memory;
	size_t octets; /* of it */
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
	r->octets =
	    sizeof(*r->memory) + sets * WAYS * sizeof(r->memory->places[0]);
	r->memory = shared_new(r->octets);
	if (r->memory == NULL) {
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
	shared_free(r->memory, r->octets);
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
	return r->memory->places + (text & r->mask) * WAYS;
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

/* The same, or one to take for it: free, or the oldest. */
static _Atomic uint64_t *
find_or_take(const struct recall *r, uint64_t text, struct place *is)
{
	_Atomic uint64_t *best = find(r, text, is), *word = set_of(r, text);
	_Atomic uint64_t *end = word + WAYS;

	if (best != NULL)
		return best;
	best = word;
	for (*is = load(word++); word < end && is->mark != 0; word++) {
		struct place p = load(word);

		if (p.mark == 0 || p.time < is->time) {
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
recall_text(const struct recall *r, uint64_t text, struct recalled *x)
{
	struct place p;

	*x = (struct recalled){0};
	if (find(r, text, &p) == NULL)
		return RECALL_NOTHING;
	x->since = r->memory->epoch + p.time;
	x->copies = p.copies;
	return p.answered ? RECALL_ANSWERED : RECALL_REFUSED;
}

static uint32_t
time_of(struct recall *r, int64_t now)
{
	int64_t none = 0;

	atomic_compare_exchange_strong(&r->memory->epoch, &none, now - 1);
	return (now - r->memory->epoch) & TIME_MAX;
}

/* As it is, or as it begins in the place of another. */
static struct place
own(struct place p, uint64_t text)
{
	return p.mark == mark_of(text) ? p
				       : (struct place){.mark = mark_of(text)};
}

void
recall_refused(struct recall *r, uint64_t text, int64_t now)
{
	_Atomic uint64_t *word;
	struct place was, is;

	do {
		word = find_or_take(r, text, &was);
		is = own(was, text);
		if (is.time == 0 || is.answered)
			is.time = time_of(r, now);
		is.answered = 0;
		is.copies += is.copies < COPIES_MAX;
	} while (!change(word, was, is));
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
		word = find_or_take(r, text, &was);
		is = own(was, text);
		is.time = time_of(r, now);
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
