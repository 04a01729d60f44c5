/* Limits on what one subscriber may cost, in tables of one shape
 * (admit_table.h), which all workers of a gateway share. Losing a place is
 * harmless: a repeat is answered once more, a count begins anew, an old query
 * passes for a fresh one. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "admit_table.h"
#include "shared.h"

#define ON_ITS_WAY_SECONDS 600 /* then its answer is taken for lost */
#define HOUR_STEP 300          /* seconds of one count */
#define HOUR_STEPS (1 + 3600 / HOUR_STEP) /* the first is in part over */
#define STALE_FORGET 4                    /* times stale_minutes */
#define COVERED_SECONDS 300 /* in which what comes again may be a copy */
#define LASTING 8 /* times as many places: small, and they count long */

/* A request. Its text is beside the table, lest a search walk over it. */
struct repeat { /* used: since when it is what it is */
	enum { AT_REST, ON_ITS_WAY, ANSWERED } is;
	uint32_t owner; /* who answers it, when on its way */
	int64_t held;   /* when its text was given, 0 for none */
};

/* How often something was in the running hour, by time / HOUR_STEP %
 * HOUR_STEPS. */
struct hour {
	uint16_t n[HOUR_STEPS];
};

/* A subscriber. */
struct quota {
	int64_t busy; /* when the last busy text went, if any did */
	struct hour texts;
	uint16_t was_busy;
};

/* Wrong codes from a number, or about the number that ~key is. */
struct guesses {
	struct hour wrong;
};

/* A query refused for now. */
struct refusal {
	int64_t since; /* the first time */
	int answered;  /* since then */
};

/* Workers, as all of them see them. A worker's name is another one each time
 * that it is made: its number, and CONF_WORKERS times how many were before. */
struct common {
	_Atomic uint32_t names[CONF_WORKERS]; /* by number */
	_Atomic uint32_t made;
	_Atomic int64_t changed; /* when one was made, or ended */
};

struct admit {
	struct conf_limits limits;
	struct table repeats, quotas, guesses, refusals;
	char (*texts)[ADMIT_TEXT]; /* of repeats */
	size_t octets;             /* of these */
	struct common *common;
	uint32_t self;         /* this worker's name */
	char said[ADMIT_TEXT]; /* what was given */
};

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
	while (sets * TABLE_WAYS < places)
		sets *= 2;
	a->limits = *limits;
	a->octets = sets * TABLE_WAYS * sizeof(*a->texts);
	a->texts = shared_new(a->octets);
	a->common = shared_new(sizeof(*a->common));
	if (a->texts == NULL || a->common == NULL ||
	    table_new(&a->repeats, sets, sizeof(struct repeat)) < 0 ||
	    table_new(&a->quotas, LASTING * sets, sizeof(struct quota)) < 0 ||
	    table_new(&a->guesses, sets, sizeof(struct guesses)) < 0 ||
	    table_new(&a->refusals, LASTING * sets, sizeof(struct refusal)) <
		0) {
		admit_free(a);
		return -ENOMEM;
	}
	admit_join(a, 0, 0);
	*ap = a;
	return 0;
}

void
admit_free(struct admit *a)
{
	if (a == NULL)
		return;
	table_free(&a->repeats);
	table_free(&a->quotas);
	table_free(&a->guesses);
	table_free(&a->refusals);
	shared_free(a->common, sizeof(*a->common));
	shared_free(a->texts, a->octets);
	free(a);
}

void
admit_share(struct admit *a)
{
	a->repeats.is_shared = 1;
	a->quotas.is_shared = 1;
	a->guesses.is_shared = 1;
	a->refusals.is_shared = 1;
}

void
admit_limits(struct admit *a, const struct conf_limits *limits)
{
	a->limits = *limits;
}

void
admit_join(struct admit *a, unsigned worker, int64_t now)
{
	a->self = CONF_WORKERS * ++a->common->made + worker;
	a->common->names[worker] = a->self;
	a->common->changed = now;
}

void
admit_left(struct admit *a, unsigned worker, int64_t now)
{
	a->common->names[worker] = 0;
	a->common->changed = now;
}

int64_t
admit_changed(const struct admit *a)
{
	return a->common->changed;
}

/* Repeats. */

static char *
text_of(const struct admit *a, const struct place *p)
{
	return a->texts[p->number];
}

/* Whose answerer is no more. */
static int
is_abandoned(const struct admit *a, const struct repeat *r)
{
	return r->is == ON_ITS_WAY &&
	    a->common->names[r->owner % CONF_WORKERS] != r->owner;
}

/* While an answer is on its way a repeat would only add to the queue that it
 * waits in, however short repeat_window is. */
static int
still_counts(const struct admit *a, const struct place *p, int64_t now)
{
	const struct repeat *r = p->data;
	int64_t max = a->limits.repeat_window;

	if (r->is == ON_ITS_WAY && max < ON_ITS_WAY_SECONDS)
		max = ON_ITS_WAY_SECONDS;
	return r->is != AT_REST && !is_abandoned(a, r) &&
	    age(*p->used, now) < max;
}

static enum admit_repeat
request_taken(struct admit *a, uint64_t request, int64_t now)
{
	struct place p = table_make(&a->repeats, request, now);
	struct repeat *r = p.data;

	if (!still_counts(a, &p, now)) {
		*p.used = now;
		r->is = ON_ITS_WAY;
		r->owner = a->self;
		return ADMIT_FRESH;
	}
	if (r->is == ON_ITS_WAY)
		return r->owner == a->self ? ADMIT_ON_ITS_WAY : ADMIT_ELSEWHERE;
	strcpy(a->said, text_of(a, &p));
	return ADMIT_ANSWERED;
}

enum admit_repeat
admit_request(struct admit *a, uint64_t request, int64_t now, const char **text)
{
	enum admit_repeat is;

	if (a->limits.repeat_window == 0)
		return ADMIT_FRESH;
	table_take(&a->repeats, request);
	is = request_taken(a, request, now);
	table_leave(&a->repeats, request);
	if (is == ADMIT_ANSWERED)
		*text = a->said;
	return is;
}

/* Another's that is on its way is not ours to forget. */
static int
is_elsewhere(const struct admit *a, const struct repeat *r)
{
	return r->is == ON_ITS_WAY && r->owner != a->self;
}

/* Neither on its way nor to be answered. */
static void
rest(struct admit *a, uint64_t request)
{
	struct place p = table_find(&a->repeats, request);
	struct repeat *r = p.data;

	if (r == NULL || is_elsewhere(a, r))
		return;
	if (r->held != 0)
		r->is = AT_REST;
	else
		table_forget(&a->repeats, &p);
}

static void
forget(struct admit *a, uint64_t request)
{
	struct place p = table_find(&a->repeats, request);
	struct repeat *r = p.data;

	if (r == NULL)
		return;
	if (is_elsewhere(a, r))
		r->held = 0;
	else
		table_forget(&a->repeats, &p);
}

static void
keep(struct admit *a, uint64_t request, int64_t now, const char *text)
{
	struct place p = table_make(&a->repeats, request, now);
	struct repeat *r = p.data;

	if (r->is == ANSWERED && still_counts(a, &p, now))
		return; /* from memory: that makes it no younger */
	*p.used = now;
	r->is = ANSWERED;
	if (r->held != 0 && strcmp(text_of(a, &p), text) == 0)
		return; /* nor does that */
	r->held = now;
	strcpy(text_of(a, &p), text);
}

void
admit_answered(struct admit *a, uint64_t request, int64_t now, const char *text)
{
	table_take(&a->repeats, request);
	if (text == NULL)
		rest(a, request);
	else if (strlen(text) >= ADMIT_TEXT || a->limits.repeat_window == 0)
		forget(a, request);
	else
		keep(a, request, now, text);
	table_leave(&a->repeats, request);
}

const char *
admit_held(struct admit *a, uint64_t request, int64_t since)
{
	const struct repeat *r;
	struct place p;
	int is_held;

	table_take(&a->repeats, request);
	p = table_find(&a->repeats, request);
	r = p.data;
	is_held = r != NULL && r->held != 0 && r->held >= since;
	if (is_held)
		strcpy(a->said, text_of(a, &p));
	table_leave(&a->repeats, request);
	return is_held ? a->said : NULL;
}

void
admit_forget(struct admit *a, uint64_t request)
{
	table_take(&a->repeats, request);
	forget(a, request);
	table_leave(&a->repeats, request);
}

int
admit_knows(struct admit *a, uint64_t request, int64_t now)
{
	struct place p;
	int is_known;

	table_take(&a->repeats, request);
	p = table_find(&a->repeats, request);
	is_known = p.data != NULL && still_counts(a, &p, now);
	table_leave(&a->repeats, request);
	return is_known;
}

/* Texts to one number. */

/* The counts that the hour has left behind become those of its last steps.
 * Returns the sum. */
static unsigned
pass_time(const struct place *p, struct hour *h, int64_t now)
{
	int64_t last = *p->used / HOUR_STEP;
	int64_t steps = now / HOUR_STEP - last;
	unsigned sum = 0;

	if (steps > HOUR_STEPS)
		steps = HOUR_STEPS;
	for (int64_t i = 1; i <= steps; i++)
		h->n[(last + i) % HOUR_STEPS] = 0;
	if (now > *p->used)
		*p->used = now;
	for (size_t i = 0; i < HOUR_STEPS; i++)
		sum += h->n[i];
	return sum;
}

static void
count(const struct place *p, struct hour *h)
{
	h->n[*p->used / HOUR_STEP % HOUR_STEPS]++;
}

static int
count_text(struct admit *a, const struct place *p, int64_t now)
{
	struct quota *q = p->data;

	if (pass_time(p, &q->texts, now) >= a->limits.texts_per_hour)
		return 0;
	count(p, &q->texts);
	return 1;
}

/* The last of the hour is kept for the answer. */
static int
count_busy(struct admit *a, const struct place *p, int64_t now)
{
	struct quota *q = p->data;

	if (q->was_busy &&
	    age(q->busy, now) < (int64_t)a->limits.busy_minutes * 60)
		return 0;
	if (pass_time(p, &q->texts, now) + 1 >= a->limits.texts_per_hour ||
	    !count_text(a, p, now))
		return 0;
	q->busy = now;
	q->was_busy = 1;
	return 1;
}

int
admit_text(struct admit *a, uint64_t who, int64_t now)
{
	struct place p;
	int may;

	table_take(&a->quotas, who);
	p = table_make(&a->quotas, who, now);
	may = count_text(a, &p, now);
	table_leave(&a->quotas, who);
	return may;
}

int
admit_busy(struct admit *a, uint64_t who, int64_t now)
{
	struct place p;
	int may;

	table_take(&a->quotas, who);
	p = table_make(&a->quotas, who, now);
	may = count_busy(a, &p, now);
	table_leave(&a->quotas, who);
	return may;
}

/* Its step may be another's by now: then the hour has passed, or nearly. */
static void
uncount(const struct place *p, int64_t then)
{
	struct quota *q = p->data;
	uint16_t *n = &q->texts.n[then / HOUR_STEP % HOUR_STEPS];

	if (*p->used / HOUR_STEP - then / HOUR_STEP < HOUR_STEPS)
		*n -= *n > 0;
}

void
admit_text_back(struct admit *a, uint64_t who, int64_t then)
{
	struct place p;

	table_take(&a->quotas, who);
	p = table_find(&a->quotas, who);
	if (p.data != NULL)
		uncount(&p, then);
	table_leave(&a->quotas, who);
}

/* Codes. */

static int
may_guess(struct admit *a, uint64_t key, int64_t now)
{
	struct guesses *g;
	struct place p;
	int may;

	table_take(&a->guesses, key);
	p = table_find(&a->guesses, key);
	g = p.data;
	may =
	    g == NULL || pass_time(&p, &g->wrong, now) < a->limits.wrong_codes;
	table_leave(&a->guesses, key);
	return may;
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
	struct guesses *g;
	struct place p;

	table_take(&a->guesses, key);
	p = table_make(&a->guesses, key, now);
	g = p.data;
	pass_time(&p, &g->wrong, now);
	count(&p, &g->wrong);
	table_leave(&a->guesses, key);
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
static struct place
remembered(struct admit *a, uint64_t query, int64_t now)
{
	int64_t max = (int64_t)a->limits.stale_minutes * 60 * STALE_FORGET;
	struct place p = table_find(&a->refusals, query);

	if (p.data == NULL || age(*p.used, now) <= max)
		return p;
	table_forget(&a->refusals, &p);
	return (struct place){0};
}

static enum admit_age
age_taken(struct admit *a, uint64_t query, int64_t now)
{
	struct place p = remembered(a, query, now);
	const struct refusal *r = p.data;
	int covered;

	if (r == NULL || !is_stale(a, r, now))
		return ADMIT_TIMELY;
	if (!r->answered)
		return ADMIT_STALE;
	covered = age(*p.used, now) < COVERED_SECONDS;
	table_forget(&a->refusals, &p);
	return covered ? ADMIT_STALE_SILENT : ADMIT_TIMELY;
}

enum admit_age
admit_age(struct admit *a, uint64_t query, int64_t now)
{
	enum admit_age is;

	table_take(&a->refusals, query);
	is = age_taken(a, query, now);
	table_leave(&a->refusals, query);
	return is;
}

enum admit_past
admit_past(struct admit *a, uint64_t query, int64_t now)
{
	enum admit_past is = ADMIT_NEVER;
	const struct refusal *r;

	table_take(&a->refusals, query);
	r = remembered(a, query, now).data;
	if (r != NULL)
		is = r->answered ? ADMIT_COVERED : ADMIT_REFUSED;
	table_leave(&a->refusals, query);
	return is;
}

void
admit_refused_before(
    struct admit *a, uint64_t query, int64_t since, int64_t now)
{
	struct refusal *r;
	struct place p;

	table_take(&a->refusals, query);
	p = remembered(a, query, now);
	r = p.data;
	if (r == NULL || r->answered) {
		p = table_make(&a->refusals, query, now);
		r = p.data;
		r->since = since;
		r->answered = 0;
	}
	*p.used = now;
	table_leave(&a->refusals, query);
}

void
admit_refused(struct admit *a, uint64_t query, int64_t now)
{
	admit_refused_before(a, query, now, now);
}

static void
done(struct admit *a, const struct place *p, int64_t now)
{
	struct refusal *r = p->data;

	if (is_stale(a, r, now)) {
		table_forget(&a->refusals, p);
		return;
	}
	r->answered = 1;
	*p->used = now;
}

void
admit_query_done(struct admit *a, uint64_t query, int64_t now)
{
	struct place p;

	table_take(&a->refusals, query);
	p = remembered(a, query, now);
	if (p.data != NULL)
		done(a, &p, now);
	table_leave(&a->refusals, query);
}

void
admit_expect(const struct admit *a, uint64_t who, uint64_t query)
{
	table_expect(&a->quotas, who);
	table_expect(&a->refusals, query);
}
