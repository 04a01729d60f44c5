/* Every text is in at most one list of what happens to it next, and in one of
 * what its sender does. A list takes what waits equally long, so that each is
 * in the order of its times.
 *
 *   new ─▶ waiting ─▶ delivered ─▶ refused[0..2], cut ─▶ waiting
 *    └──▶ people[0..2] ─▶ new, of the same sender */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "texts.h"

#define NONE UINT32_MAX
#define CUT_SECONDS 1.0
#define SECOND 1e6
#define FASTEST 300000 /* texts a second, where no rate is set */
#define MOST 50000000u /* texts there is memory for */

struct text {
	int64_t due;   /* when it was first to be delivered */
	int64_t again; /* when it is next */
	int64_t retry; /* when its sender sends it again */
	uint32_t who;
	uint32_t next, next_of_people;
	uint8_t tries, asked; /* delivered; sent by its sender before */
};

struct list {
	uint32_t head, tail, n;
};

struct texts {
	struct texts_options o;
	struct text *v;
	uint32_t n, max, again, done;
	struct list waiting, cut, refused[TEXTS_DELAYS], people[TEXTS_DELAYS];
	unsigned step;
	int64_t step_ends;
	double next; /* when a new one comes */
	uint64_t dice, leap, made_new;
};

/* Lists; by which link they hang together is the caller's to say. */

static uint32_t *
link_of(struct texts *t, uint32_t text, int of_people)
{
	return of_people ? &t->v[text].next_of_people : &t->v[text].next;
}

static void
append(struct texts *t, struct list *l, uint32_t text, int of_people)
{
	*link_of(t, text, of_people) = NONE;
	if (l->n++ == 0)
		l->head = text;
	else
		*link_of(t, l->tail, of_people) = text;
	l->tail = text;
}

static uint32_t
take_first(struct texts *t, struct list *l, int of_people)
{
	uint32_t text = l->head;

	l->head = *link_of(t, text, of_people);
	l->n--;
	return text;
}

/* Life. */

static uint32_t
room_for(const struct texts_options *o)
{
	double n = 0;

	for (unsigned i = 0; i < o->nsteps; i++)
		n += o->steps[i].seconds *
		    (o->steps[i].rate > 0 ? o->steps[i].rate : FASTEST);
	if (o->texts > 0 && (n == 0 || n > o->texts))
		n = o->texts;
	if (o->people[0] > 0)
		n *= 1 + TEXTS_DELAYS / 2.0;
	n = n * 1.05 + 1000;
	return n < MOST ? n : MOST;
}

static uint64_t
divisor(uint64_t a, uint64_t b)
{
	return b == 0 ? a : divisor(b, a % b);
}

int
texts_new(struct texts **tp, const struct texts_options *o)
{
	struct texts *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->o = *o;
	t->dice = 0x9e3779b97f4a7c15 + o->from;
	t->max = room_for(o);
	/* all there before the first: a page fault costs more than a text */
	t->v = mmap(NULL, t->max * sizeof(*t->v), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (t->v == MAP_FAILED) {
		free(t);
		return -ENOMEM;
	}
	t->leap = o->scattered ? o->subscribers * 0.618 : 1;
	while (divisor(o->subscribers, t->leap) != 1)
		t->leap++;
	*tp = t;
	return 0;
}

void
texts_free(struct texts *t)
{
	if (t == NULL)
		return;
	munmap(t->v, t->max * sizeof(*t->v));
	free(t);
}

static const struct texts_step *
step_of(const struct texts *t)
{
	return &t->o.steps[t->step];
}

static void
enter_step(struct texts *t, int64_t now)
{
	double seconds = texts_ended(t) ? 0 : step_of(t)->seconds;

	t->step_ends = seconds > 0 ? now + seconds * SECOND : TEXTS_FOREVER;
	t->next = now;
}

void
texts_begin(struct texts *t, int64_t now)
{
	enter_step(t, now);
}

/* New ones. */

/* In 0 to 1, but never 0. */
static double
throw_dice(struct texts *t)
{
	t->dice ^= t->dice << 13;
	t->dice ^= t->dice >> 7;
	t->dice ^= t->dice << 17;
	return ((t->dice >> 11) + 1) / 9007199254740993.0;
}

static int
delay_list(const double *delays, unsigned tries)
{
	unsigned i = tries < TEXTS_DELAYS ? tries : TEXTS_DELAYS - 1;

	while (i > 0 && delays[i] == 0)
		i--;
	return i;
}

/* Half of the people do not wait for ever; who does not is settled by the
 * number, so that it is the same ones each time. */
static void
expect_retry(struct texts *t, uint32_t text)
{
	struct text *x = &t->v[text];

	if (x->asked >= TEXTS_DELAYS || t->o.people[x->asked] == 0 ||
	    (x->who * 2654435761u >> 16 & 1) == 0)
		return;
	x->retry = x->due + t->o.people[x->asked] * SECOND;
	append(t, &t->people[x->asked], text, 1);
}

static void
make(struct texts *t, uint32_t who, int64_t due, unsigned asked)
{
	uint32_t text = t->n;

	if (t->n == t->max)
		return;
	t->n++;
	t->v[text] = (struct text){.due = due, .who = who, .asked = asked};
	append(t, &t->waiting, text, 0);
	expect_retry(t, text);
}

static void
make_new(struct texts *t, int64_t due)
{
	uint64_t turn = t->o.from + t->made_new++;
	uint64_t n = t->o.subscribers;

	make(t, (__uint128_t)turn * t->leap % n, due, 0);
}

static int
is_enough(const struct texts *t)
{
	return t->n == t->max || (t->o.texts > 0 && t->made_new >= t->o.texts);
}

int
texts_ended(const struct texts *t)
{
	return t->step >= t->o.nsteps || is_enough(t);
}

void
texts_end(struct texts *t, int64_t now)
{
	t->step = t->o.nsteps;
	enter_step(t, now);
}

/* As a Poisson process: what people do at once, they do not do in step. */
static void
make_due(struct texts *t, int64_t now)
{
	while (!texts_ended(t)) {
		int64_t until = now < t->step_ends ? now : t->step_ends;

		while (
		    step_of(t)->rate > 0 && t->next <= until && !is_enough(t)) {
			make_new(t, t->next);
			t->next -=
			    log(throw_dice(t)) * SECOND / step_of(t)->rate;
		}
		if (now < t->step_ends)
			return;
		t->step++;
		enter_step(t, t->step_ends);
	}
}

/* Time goes on. */

static void
move_due(struct texts *t, struct list *l, int64_t now)
{
	while (l->n > 0 && t->v[l->head].again <= now)
		append(t, &t->waiting, take_first(t, l, 0), 0);
}

static void
people_due(struct texts *t, int64_t now, texts_wants_h *wants, void *arg)
{
	for (unsigned i = 0; i < TEXTS_DELAYS; i++) {
		struct list *l = &t->people[i];

		while (l->n > 0 && t->v[l->head].retry <= now) {
			uint32_t text = take_first(t, l, 1);
			const struct text *x = &t->v[text];

			if (!wants(text, arg))
				continue;
			t->again++;
			make(t, x->who, x->retry, i + 1);
		}
	}
}

void
texts_advance(struct texts *t, int64_t now, texts_wants_h *wants, void *arg)
{
	make_due(t, now);
	move_due(t, &t->cut, now);
	for (unsigned i = 0; i < TEXTS_DELAYS; i++)
		move_due(t, &t->refused[i], now);
	people_due(t, now, wants, arg);
}

int
texts_take(struct texts *t, int64_t now, uint32_t *text)
{
	if (t->waiting.n == 0 && !texts_ended(t) && step_of(t)->rate == 0)
		make_new(t, now);
	if (t->waiting.n == 0)
		return 0;
	*text = take_first(t, &t->waiting, 0);
	t->v[*text].tries += t->v[*text].tries < UINT8_MAX;
	return 1;
}

uint32_t
texts_who(const struct texts *t, uint32_t text)
{
	return t->v[text].who;
}

int64_t
texts_due(const struct texts *t, uint32_t text)
{
	return t->v[text].due;
}

unsigned
texts_tries(const struct texts *t, uint32_t text)
{
	return t->v[text].tries;
}

void
texts_refused(struct texts *t, uint32_t text, int64_t now)
{
	struct text *x = &t->v[text];
	unsigned i = delay_list(t->o.refused, x->tries - 1);

	x->again = now + t->o.refused[i] * SECOND;
	append(t, &t->refused[i], text, 0);
}

void
texts_cut(struct texts *t, uint32_t text, int64_t now)
{
	t->v[text].again = now + CUT_SECONDS * SECOND;
	append(t, &t->cut, text, 0);
}

void
texts_done(struct texts *t)
{
	t->done++;
}

int64_t
texts_next(const struct texts *t)
{
	int64_t at = texts_ended(t) || step_of(t)->rate == 0 ? TEXTS_FOREVER
							     : (int64_t)t->next;

	if (!texts_ended(t) && t->step_ends < at)
		at = t->step_ends;
	if (t->cut.n > 0 && t->v[t->cut.head].again < at)
		at = t->v[t->cut.head].again;
	for (unsigned i = 0; i < TEXTS_DELAYS; i++) {
		const struct list *r = &t->refused[i], *p = &t->people[i];

		if (r->n > 0 && t->v[r->head].again < at)
			at = t->v[r->head].again;
		if (p->n > 0 && t->v[p->head].retry < at)
			at = t->v[p->head].retry;
	}
	return at;
}

uint32_t
texts_made(const struct texts *t)
{
	return t->n;
}

uint32_t
texts_again(const struct texts *t)
{
	return t->again;
}

uint32_t
texts_open(const struct texts *t)
{
	return t->n - t->done;
}

uint32_t
texts_waiting(const struct texts *t)
{
	return t->waiting.n;
}
