/* What is counted in the running hour: texts to a number, and wrong codes from
 * a number or about one.
 *
 * The hour goes in steps, each with a count of its own; a new step takes the
 * count of the one that has passed by then. */
#include "admit_inside.h"

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

/* Texts to one number. */

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
	    admit_seconds(q->busy, now) < (int64_t)a->limits.busy_minutes * 60)
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
