#include "pace.h"

#define COMPLAINT_MS 1000 /* what was in flight is refused together */
#define COUNT_MS 1000     /* over which what it takes is counted */
#define CUT 0.3
#define ENOUGH 16 /* times what it took: no limit any more */
#define STRAY 100 /* of so many taken, one refused is no complaint */

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
static uint32_t
of_late(const struct pace *p)
{
	return p->taken > p->count ? p->taken : p->count;
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
	double least = pace_rate(p, now) == 0 ? PACE_FIRST : PACE_LEAST;

	if (p->took != 0 && now - p->since < COMPLAINT_MS)
		return 0;
	turn(p, now);
	p->refused++;
	if (p->refused * STRAY < of_late(p))
		return 0;
	p->took = of_late(p);
	if (p->took < least)
		p->took = least;
	p->since = now;
	return 1;
}

double
pace_rate(const struct pace *p, int64_t now)
{
	double x, factor;

	if (p->took == 0)
		return 0;
	x = (double)(now - p->since - PACE_MS) / PACE_MS;
	factor = 1 + CUT * x * x * x;
	return factor > ENOUGH ? 0 : p->took * factor;
}

double
pace_taken_rate(const struct pace *p, int64_t now)
{
	int64_t ms = now - p->counted;

	return ms < COUNT_MS ? p->taken : p->count * 1000.0 / ms;
}
