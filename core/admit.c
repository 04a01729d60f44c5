/* Limits on what one subscriber may cost, in tables of one shape.
 *
 *   key ──low bits──▶ set: | place | place | … 8 of them |
 *
 * A table is sets of eight places. A key belongs to one set; a new one takes
 * a free place there, or that of the key least recently heard of. So a flood
 * of numbers costs memory that others have no more use for, and never more
 * time. Losing a place is harmless: a repeat is answered once more, a count
 * begins anew, an old query passes for a fresh one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admit.h"

#define WAYS 8                 /* places in a set */
#define ON_ITS_WAY_SECONDS 600 /* then its answer is taken for lost */
#define HOUR_STEP 300          /* seconds of one count */
#define HOUR_STEPS (1 + 3600 / HOUR_STEP) /* the first is in part over */
#define STALE_FORGET 4                    /* times stale_minutes */

/* What each place begins with; key 0 is free. */
struct place {
	uint64_t key;
	int64_t used;
};

struct table {
	char *places;
	size_t size; /* octets of one */
	size_t mask; /* sets - 1 */
};

/* A request. Its text is beside the table, lest a search walk over it. */
struct repeat {
	struct place place; /* used: since when it is what it is */
	enum { AT_REST, ON_ITS_WAY, ANSWERED } is;
	int64_t held; /* when its text was given, 0 for none */
};

/* How often something was in the running hour, by time / HOUR_STEP %
 * HOUR_STEPS. */
struct hour {
	uint16_t n[HOUR_STEPS];
};

/* A subscriber. */
struct quota {
	struct place place;
	int64_t busy; /* when the last busy text went, or -1 */
	struct hour texts;
};

/* Wrong codes from a number, or about the number that ~key is. */
struct guesses {
	struct place place;
	struct hour wrong;
};

/* A query refused for now. */
struct refusal {
	struct place place;
	int64_t since; /* the first time */
	int answered;  /* since then */
};

struct admit {
	struct conf_limits limits;
	struct table repeats, quotas, guesses, refusals;
	char (*texts)[ADMIT_TEXT]; /* of repeats */
};

/* Tables. */

static int
table_new(struct table *t, size_t sets, size_t size)
{
	t->size = size;
	t->mask = sets - 1;
	t->places = calloc(sets * WAYS, size);
	return t->places != NULL ? 0 : -ENOMEM;
}

static struct place *
place_at(const struct table *t, uint64_t key, size_t way)
{
	return (void *)(t->places + ((key & t->mask) * WAYS + way) * t->size);
}

static void *
find(const struct table *t, uint64_t key)
{
	key += key == 0;
	for (size_t i = 0; i < WAYS; i++)
		if (place_at(t, key, i)->key == key)
			return place_at(t, key, i);
	return NULL;
}

/* The key's own place, else a new one, all zeros but for key and time. */
static void *
find_or_make(struct table *t, uint64_t key, int64_t now)
{
	struct place *p = find(t, key), *q;

	if (p != NULL)
		return p;
	key += key == 0;
	p = place_at(t, key, 0);
	for (size_t i = 1; i < WAYS && p->key != 0; i++) {
		q = place_at(t, key, i);
		if (q->key == 0 || q->used < p->used)
			p = q;
	}
	memset(p, 0, t->size);
	p->key = key;
	p->used = now;
	return p;
}

static void
forget(struct table *t, void *place)
{
	memset(place, 0, t->size);
}

static int64_t
age(int64_t then, int64_t now)
{
	return now > then ? now - then : 0;
}

/* Life. */

int
admit_new(struct admit **ap, const struct conf_limits *limits, size_t places)
{
	struct admit *a = calloc(1, sizeof(*a));
	size_t sets = 1;

	if (a == NULL)
		return -ENOMEM;
	while (sets * WAYS < places)
		sets *= 2;
	a->limits = *limits;
	a->texts = calloc(sets * WAYS, sizeof(*a->texts));
	if (a->texts == NULL ||
	    table_new(&a->repeats, sets, sizeof(struct repeat)) < 0 ||
	    table_new(&a->quotas, sets, sizeof(struct quota)) < 0 ||
	    table_new(&a->guesses, sets, sizeof(struct guesses)) < 0 ||
	    table_new(&a->refusals, sets, sizeof(struct refusal)) < 0) {
		admit_free(a);
		return -ENOMEM;
	}
	*ap = a;
	return 0;
}

void
admit_free(struct admit *a)
{
	if (a == NULL)
		return;
	free(a->repeats.places);
	free(a->quotas.places);
	free(a->guesses.places);
	free(a->refusals.places);
	free(a->texts);
	free(a);
}

void
admit_limits(struct admit *a, const struct conf_limits *limits)
{
	a->limits = *limits;
}

/* Repeats. */

static char *
text_of(const struct admit *a, const struct repeat *r)
{
	return a->texts[((char *)r - a->repeats.places) / sizeof(*r)];
}

/* While an answer is on its way a repeat would only add to the queue that it
 * waits in, however short repeat_window is. */
static int
still_counts(const struct admit *a, const struct repeat *r, int64_t now)
{
	int64_t max = a->limits.repeat_window;

	if (r->is == ON_ITS_WAY && max < ON_ITS_WAY_SECONDS)
		max = ON_ITS_WAY_SECONDS;
	return r->is != AT_REST && age(r->place.used, now) < max;
}

enum admit_repeat
admit_request(struct admit *a, uint64_t request, int64_t now, const char **text)
{
	struct repeat *r;

	if (a->limits.repeat_window == 0)
		return ADMIT_FRESH;
	r = find(&a->repeats, request);
	if (r == NULL || !still_counts(a, r, now)) {
		r = find_or_make(&a->repeats, request, now);
		r->place.used = now;
		r->is = ON_ITS_WAY;
		return ADMIT_FRESH;
	}
	if (r->is == ON_ITS_WAY)
		return ADMIT_ON_ITS_WAY;
	*text = text_of(a, r);
	return ADMIT_ANSWERED;
}

/* Neither on its way nor to be answered. */
static void
rest(struct admit *a, uint64_t request)
{
	struct repeat *r = find(&a->repeats, request);

	if (r != NULL && r->held != 0)
		r->is = AT_REST;
	else
		admit_forget(a, request);
}

void
admit_answered(struct admit *a, uint64_t request, int64_t now, const char *text)
{
	struct repeat *r;

	if (text == NULL) {
		rest(a, request);
		return;
	}
	if (strlen(text) >= ADMIT_TEXT || a->limits.repeat_window == 0) {
		admit_forget(a, request);
		return;
	}
	r = find_or_make(&a->repeats, request, now);
	if (r->is == ANSWERED && still_counts(a, r, now))
		return; /* from memory: that makes it no younger */
	r->place.used = now;
	r->is = ANSWERED;
	if (r->held != 0 && strcmp(text_of(a, r), text) == 0)
		return; /* nor does that */
	r->held = now;
	strcpy(text_of(a, r), text);
}

const char *
admit_held(const struct admit *a, uint64_t request, int64_t since)
{
	struct repeat *r = find(&a->repeats, request);

	return r != NULL && r->held != 0 && r->held >= since ? text_of(a, r)
							     : NULL;
}

void
admit_forget(struct admit *a, uint64_t request)
{
	struct repeat *r = find(&a->repeats, request);

	if (r != NULL)
		forget(&a->repeats, r);
}

int
admit_knows(const struct admit *a, uint64_t request, int64_t now)
{
	const struct repeat *r = find(&a->repeats, request);

	return r != NULL && still_counts(a, r, now);
}

/* Texts to one number. */

static struct quota *
quota_of(struct admit *a, uint64_t who, int64_t now)
{
	struct quota *q = find(&a->quotas, who);

	if (q == NULL) {
		q = find_or_make(&a->quotas, who, now);
		q->busy = -1;
	}
	return q;
}

/* The counts that the hour has left behind become those of its last steps.
 * Returns the sum. */
static unsigned
pass_time(struct place *p, struct hour *h, int64_t now)
{
	int64_t last = p->used / HOUR_STEP;
	int64_t steps = now / HOUR_STEP - last;
	unsigned sum = 0;

	if (steps > HOUR_STEPS)
		steps = HOUR_STEPS;
	for (int64_t i = 1; i <= steps; i++)
		h->n[(last + i) % HOUR_STEPS] = 0;
	if (now > p->used)
		p->used = now;
	for (size_t i = 0; i < HOUR_STEPS; i++)
		sum += h->n[i];
	return sum;
}

static void
count(const struct place *p, struct hour *h)
{
	h->n[p->used / HOUR_STEP % HOUR_STEPS]++;
}

int
admit_text(struct admit *a, uint64_t who, int64_t now)
{
	struct quota *q = quota_of(a, who, now);

	if (pass_time(&q->place, &q->texts, now) >= a->limits.texts_per_hour)
		return 0;
	count(&q->place, &q->texts);
	return 1;
}

/* Its step may be another's by now: then the hour has passed, or nearly. */
void
admit_text_back(struct admit *a, uint64_t who, int64_t then)
{
	struct quota *q = find(&a->quotas, who);
	uint16_t *n;

	if (q == NULL ||
	    q->place.used / HOUR_STEP - then / HOUR_STEP >= HOUR_STEPS)
		return;
	n = &q->texts.n[then / HOUR_STEP % HOUR_STEPS];
	*n -= *n > 0;
}

int
admit_busy(struct admit *a, uint64_t who, int64_t now)
{
	struct quota *q = quota_of(a, who, now);

	if (q->busy >= 0 &&
	    age(q->busy, now) < (int64_t)a->limits.busy_minutes * 60)
		return 0;
	if (!admit_text(a, who, now))
		return 0;
	q->busy = now;
	return 1;
}

/* Codes. */

static int
may_guess(struct admit *a, uint64_t key, int64_t now)
{
	struct guesses *g = find(&a->guesses, key);

	return g == NULL ||
	    pass_time(&g->place, &g->wrong, now) < a->limits.wrong_codes;
}

int
admit_code(struct admit *a, uint64_t asker, uint64_t about, int64_t now)
{
	return (asker == 0 || may_guess(a, asker, now)) &&
	    (about == 0 || may_guess(a, ~about, now));
}

static void
count_guess(struct admit *a, uint64_t key, int64_t now)
{
	struct guesses *g = find_or_make(&a->guesses, key, now);

	pass_time(&g->place, &g->wrong, now);
	count(&g->place, &g->wrong);
}

void
admit_wrong_code(struct admit *a, uint64_t asker, uint64_t about, int64_t now)
{
	if (asker != 0)
		count_guess(a, asker, now);
	if (about != 0)
		count_guess(a, ~about, now);
}

/* Queries that were refused for now. */

static int
is_stale(const struct admit *a, const struct refusal *r, int64_t now)
{
	return age(r->since, now) > (int64_t)a->limits.stale_minutes * 60;
}

/* The SMSC has given up by then; what comes now was sent anew. */
static struct refusal *
remembered(struct admit *a, uint64_t query, int64_t now)
{
	int64_t max = (int64_t)a->limits.stale_minutes * 60 * STALE_FORGET;
	struct refusal *r = find(&a->refusals, query);

	if (r != NULL && age(r->place.used, now) > max) {
		forget(&a->refusals, r);
		return NULL;
	}
	return r;
}

enum admit_age
admit_age(struct admit *a, uint64_t query, int64_t now)
{
	struct refusal *r = remembered(a, query, now);

	if (r == NULL || !is_stale(a, r, now))
		return ADMIT_TIMELY;
	if (!r->answered)
		return ADMIT_STALE;
	forget(&a->refusals, r);
	return ADMIT_STALE_SILENT;
}

int
admit_was_refused(struct admit *a, uint64_t query, int64_t now)
{
	const struct refusal *r = remembered(a, query, now);

	return r != NULL && !r->answered;
}

int
admit_was_answered(struct admit *a, uint64_t query, int64_t now)
{
	const struct refusal *r = remembered(a, query, now);

	return r != NULL && r->answered;
}

void
admit_refused_before(
    struct admit *a, uint64_t query, int64_t since, int64_t now)
{
	struct refusal *r = remembered(a, query, now);

	if (r == NULL || r->answered) {
		r = find_or_make(&a->refusals, query, now);
		r->since = since;
		r->answered = 0;
	}
	r->place.used = now;
}

void
admit_refused(struct admit *a, uint64_t query, int64_t now)
{
	admit_refused_before(a, query, now, now);
}

void
admit_query_done(struct admit *a, uint64_t query, int64_t now)
{
	struct refusal *r = remembered(a, query, now);

	if (r == NULL)
		return;
	if (is_stale(a, r, now)) {
		forget(&a->refusals, r);
		return;
	}
	r->answered = 1;
	r->place.used = now;
}
