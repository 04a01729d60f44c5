#include <math.h>

#include "pace.h"

#define COMPLAINT_MS 1000 /* what was in flight is refused together */
#define COUNT_MS 1000     /* over which what it takes is counted */
#define CUT 0.3
#define STEP 16.0        /* what takes nothing is sent so much less */
#define CLIMB_MS 500.0   /* to twice as much, of less than it took */
#define BEYOND_MS 1000.0 /* and of more */
#define ENOUGH 16        /* times what it took, and more than */
#define MANY 10000       /* a second: no limit any more */
#define STRAY 100        /* of so many taken, one refused is no complaint */

void
pace_init(struct pace *p, int64_t now)
{
	*p = (struct pace){.counted = now};
}

/* Counts what was taken in the time that is over. */
static void
turn(struct pace *p, int64_t now)
{
	int64_t ms = now - p->counted;

	if (ms < COUNT_MS)
		return;
	p->taken = p->count * 1000.0 / ms;
	p->counted = now;
	p->count = p->refused = 0;
}

/* A second may have begun a moment ago, or be the first. */
static double
of_late(const struct pace *p)
{
	return fmax(p->taken, p->count);
}

/* Begins at `from`, to be fast up to `took`. */
static void
begin(struct pace *p, double from, double took, int64_t now)
{
	p->from = fmax(from, PACE_LEAST);
	p->took = fmax(took, p->from);
	p->since = p->gentle = now;
	if (p->took > p->from)
		p->gentle += COMPLAINT_MS + CLIMB_MS * log2(p->took / p->from);
}

/* Was it near what it took then? */
static int
is_gentle(const struct pace *p, int64_t now)
{
	return now >= p->gentle && now <= p->gentle + 2 * PACE_MS;
}

/* What is taken after a complaint is counted anew. One that takes nothing says
 * nothing of how much it takes once it does. */
static void
complained(struct pace *p, int64_t now)
{
	double rate = pace_rate(p, now), took = of_late(p);

	p->taken = took;
	p->counted = now;
	p->count = p->refused = 0;
	if (rate == 0)
		begin(p, fmax(took, PACE_FIRST), 0, now);
	else if (took < PACE_LEAST)
		begin(p, p->from / STEP, p->took, now);
	else
		begin(p, took, is_gentle(p, now) ? took : rate, now);
}

void
pace_taken(struct pace *p, int64_t now)
{
	turn(p, now);
	p->count++;
}

int
pace_throttled(struct pace *p, int64_t now)
{
	if (p->took != 0 && now - p->since < COMPLAINT_MS)
		return 0;
	turn(p, now);
	p->refused++;
	if (p->refused * (double)STRAY < of_late(p))
		return 0;
	complained(p, now);
	return 1;
}

double
pace_rate(const struct pace *p, int64_t now)
{
	double t = now - p->gentle, x = (t - PACE_MS) / PACE_MS, rate;

	if (p->took == 0)
		return 0;
	if (t < 0)
		return (1 - CUT) * fmax(p->from, p->took * exp2(t / CLIMB_MS));
	if (x <= 1)
		return p->took * (1 + CUT * x * x * x);
	rate = p->took * (1 + CUT) * exp2((t - 2 * PACE_MS) / BEYOND_MS);
	return rate > fmax(p->took * ENOUGH, MANY) ? 0 : rate;
}

void
pace_cut(struct pace *p, int64_t now)
{
	double rate = pace_rate(p, now), took = fmax(p->took, rate);
	double from = fmin(p->from, rate) / STEP;

	pace_init(p, now);
	if (rate != 0)
		begin(p, from, took, now);
}

void
pace_again(struct pace *p, int64_t now)
{
	p->counted = now;
	p->gentle += now - p->since;
	p->since = now;
}

double
pace_taken_rate(const struct pace *p, int64_t now)
{
	int64_t ms = now - p->counted;

	return ms < COUNT_MS ? p->taken : p->count * 1000.0 / ms;
}
