/* A subscriber takes 40 octets. Who is being told something in segments has a
 * tray in which they are gathered; of these there are so many, and an answer
 * that finds none is counted by its last segment and not checked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "crowd.h"
#include "people.h"

#define UCS2 8 /* of data_coding, 5.2.19 */
#define TRAYS 16384
#define SEGMENTS 8
#define SEGMENT_MAX 140

struct person {
	int64_t asked;      /* when his first text was due since an answer */
	int64_t delivered;  /* when what may be answered was; 0: nothing */
	int64_t told;       /* when he was answered, last */
	int32_t balance;    /* answers less acknowledged texts */
	uint16_t reference; /* of the last answer in segments that is whole */
	uint16_t tray;      /* of the last that is not; 0: none */
	uint8_t excused;    /* how often something may come twice */
	uint8_t twice;      /* how often some of it did */
	uint8_t out;        /* deliver_sm that await a response */
	uint8_t ever_asked : 1, ever_answered : 1, ever_acked : 1, whole : 1;
};

struct tray {
	uint16_t next; /* of the same person's, or free */
	uint16_t reference;
	unsigned total;
	uint32_t there; /* segments, as bits */
	uint8_t len[SEGMENTS];
	uint8_t text[SEGMENTS][SEGMENT_MAX];
};

struct people {
	uint64_t first;
	uint32_t n;
	int check;
	struct person *v;
	struct tray *trays;
	uint16_t free_tray;
	struct people_counts c;
};

int
people_new(struct people **pp, uint64_t first, uint32_t n, int check)
{
	struct people *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->first = first;
	p->n = n;
	p->check = check;
	p->trays = calloc(TRAYS, sizeof(*p->trays));
	/* all there before the first: a page fault costs more than a text */
	p->v = mmap(NULL, n * sizeof(*p->v), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (p->v == MAP_FAILED || p->trays == NULL) {
		people_free(p);
		return -ENOMEM;
	}
	for (uint32_t i = 1; i < TRAYS; i++)
		p->trays[i].next = (i + 1) % TRAYS;
	p->free_tray = 1;
	*pp = p;
	return 0;
}

void
people_free(struct people *p)
{
	if (p == NULL)
		return;
	if (p->v != MAP_FAILED)
		munmap(p->v, p->n * sizeof(*p->v));
	free(p->trays);
	free(p);
}

static void
count_up(uint8_t *n)
{
	*n += *n < UINT8_MAX;
}

/* What becomes of his texts. */

void
people_delivered(struct people *p, uint32_t who, int64_t due, int64_t now)
{
	struct person *x = &p->v[who];

	x->ever_asked = 1;
	count_up(&x->out);
	if (due <= x->told)
		return; /* a copy of what was answered: it asks nothing */
	if (x->asked == 0)
		x->asked = due;
	if (x->delivered == 0)
		x->delivered = now;
}

static void
come_back(struct person *x)
{
	x->out -= x->out > 0;
	if (x->out == 0)
		x->delivered = 0;
}

void
people_refused(struct people *p, uint32_t who)
{
	come_back(&p->v[who]);
}

void
people_cut(struct people *p, uint32_t who)
{
	come_back(&p->v[who]);
	count_up(&p->v[who].excused);
}

void
people_acknowledged(struct people *p, uint32_t who)
{
	struct person *x = &p->v[who];

	x->out -= x->out > 0;
	x->ever_acked = 1;
	x->balance--;
}

int
people_waits(const struct people *p, uint32_t who)
{
	return p->v[who].asked != 0;
}

void
people_unproven(struct people *p, uint32_t who)
{
	count_up(&p->v[who].excused);
}

/* Segments. */

static struct tray *
find_tray(struct people *p, const struct person *x, uint16_t reference)
{
	uint16_t i = x->tray;

	while (i != 0 && p->trays[i].reference != reference)
		i = p->trays[i].next;
	return i != 0 ? &p->trays[i] : NULL;
}

static struct tray *
new_tray(struct people *p, struct person *x, const struct submit *s)
{
	uint16_t i = p->free_tray;
	struct tray *t = &p->trays[i];

	if (i == 0)
		return NULL;
	p->free_tray = t->next;
	t->next = x->tray;
	x->tray = i;
	t->reference = s->reference;
	t->total = s->total;
	t->there = 0;
	return t;
}

static void
free_tray(struct people *p, struct person *x, struct tray *t)
{
	uint16_t i = t - p->trays, *at = &x->tray;

	while (*at != i)
		at = &p->trays[*at].next;
	*at = t->next;
	t->next = p->free_tray;
	p->free_tray = i;
	x->reference = t->reference;
	x->whole = 1;
}

static size_t
put_together(const struct tray *t, uint8_t *text)
{
	size_t len = 0;

	for (unsigned i = 0; i < t->total; i++) {
		memcpy(text + len, t->text[i], t->len[i]);
		len += t->len[i];
	}
	return len;
}

/* One that was there before. */
static int
came_twice(struct people *p, struct person *x)
{
	p->c.twice++;
	count_up(&x->twice);
	return 0;
}

/* Is it the last that was missing? Then the text is the whole one, or null
 * where there was no tray for it. */
static int
gather(struct people *p, struct person *x, struct submit *s, uint8_t *whole)
{
	struct tray *t = find_tray(p, x, s->reference);
	unsigned i = s->number - 1;

	if (t == NULL && x->whole && s->reference == x->reference)
		return came_twice(p, x);
	if (t == NULL && s->total <= SEGMENTS && s->len <= SEGMENT_MAX)
		t = new_tray(p, x, s);
	if (t == NULL) {
		s->text = NULL;
		return s->number == s->total;
	}
	if (s->number > t->total || s->len > SEGMENT_MAX || t->there >> i & 1)
		return came_twice(p, x);
	t->there |= 1u << i;
	t->len[i] = s->len;
	memcpy(t->text[i], s->text, s->len);
	if (t->there != (1u << t->total) - 1)
		return 0;
	s->text = whole;
	s->len = put_together(t, whole);
	free_tray(p, x, t);
	return 1;
}

/* Answers. */

/* Is it an answer, and the right one? */
static int
check_text(struct people *p, uint32_t who, const struct submit *s)
{
	uint32_t named = 0;

	if (!p->check || s->text == NULL)
		return 1;
	if (s->data_coding == UCS2)
		named = crowd_named(s->text, s->len);
	p->c.other += named == 0;
	p->c.wrong += named != 0 && named != crowd_visited(who);
	return named != 0;
}

static void
answered(
    struct people *p, struct person *x, int64_t now, struct people_news *news)
{
	p->c.answers++;
	x->balance++;
	news->is_answer = x->asked != 0;
	news->is_first = !x->ever_answered;
	news->since_due = now - x->asked;
	news->since_delivered = x->delivered != 0 ? now - x->delivered : 0;
	x->ever_answered = 1;
	x->asked = x->delivered = 0;
	x->told = now;
}

void
people_told(struct people *p, const struct submit *submit, int64_t now,
    struct people_news *news)
{
	uint64_t who = strtoull(submit->to, NULL, 10) - p->first;
	uint8_t whole[SEGMENTS * SEGMENT_MAX];
	struct submit s = *submit;
	struct person *x;

	*news = (struct people_news){.who = UINT32_MAX};
	p->c.segments++;
	if (who >= p->n) {
		p->c.bad++;
		return;
	}
	news->who = who;
	x = &p->v[who];
	if (s.total > 1 && !gather(p, x, &s, whole))
		return;
	if (check_text(p, who, &s))
		answered(p, x, now, news);
}

/* The end. */

static void
sum_up(struct people_counts *c, const struct person *x)
{
	int32_t more = x->balance > 0 ? x->balance : 0;

	c->missing += x->balance < 0 ? -x->balance : 0;
	c->surplus += more;
	c->lost += x->ever_acked && !x->ever_answered;
	c->asked += x->ever_asked;
	c->answered += x->ever_answered;
	more += x->twice - x->excused;
	c->over += more > 0 ? more : 0;
}

uint32_t
people_answers(const struct people *p)
{
	return p->c.answers;
}

const struct people_counts *
people_count(struct people *p)
{
	struct people_counts *c = &p->c;

	c->missing = c->surplus = c->lost = c->over = 0;
	c->asked = c->answered = 0;
	for (uint32_t i = 0; i < p->n; i++)
		sum_up(c, &p->v[i]);
	return c;
}
