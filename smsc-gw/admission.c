/* Time that waits is what counts, not texts: a text costs its mean so far. */
#include "admission.h"

#define KEEP_BUSY 1000 /* µs of work to have at hand, and not fewer than */
#define KEEP_TEXTS 4
#define WEIGHT 32                /* texts that the mean goes over */
#define REFUSING 16              /* of so many parts of the time, one */
#define RESUME 500               /* credit that makes a batch */
#define CREDIT_MAX 5000          /* that is saved for later */
#define COST_MAX ADMISSION_DELAY /* a standstill says little of the next */

void
admission_init(struct admission *a, int64_t now)
{
	*a = (struct admission){
	    .standing = -1,
	    .credit = CREDIT_MAX,
	    .earned = now,
	};
}

int64_t
admission_delay(const struct admission *a, unsigned carriers)
{
	return a->queued * a->cost * (carriers > 0 ? carriers : 1);
}

int
admission_is_strained(const struct admission *a, int64_t now)
{
	return a->standing >= 0 && now - a->standing > ADMISSION_STANDING;
}

/* The longest delay that may be now. */
static int64_t
bound(const struct admission *a, unsigned carriers, int64_t now)
{
	int64_t busy = KEEP_TEXTS * a->cost;

	if (!admission_is_strained(a, now))
		return ADMISSION_DELAY;
	if (busy < KEEP_BUSY)
		busy = KEEP_BUSY;
	busy *= carriers > 0 ? carriers : 1;
	return busy < ADMISSION_DELAY ? busy : ADMISSION_DELAY;
}

static void
admit(struct admission *a, enum admission_text what, int64_t now)
{
	a->counters.admitted++;
	a->counters.returned += what == ADMISSION_RETURNS;
	a->counters.repeated += what == ADMISSION_REPEATED;
	a->queued++;
	if (a->standing < 0)
		a->standing = now;
}

int
admission_admits(struct admission *a, enum admission_text what,
    unsigned carriers, int64_t now)
{
	int fits = a->queued == 0 ||
	    admission_delay(a, carriers) < bound(a, carriers, now);

	if (what == ADMISSION_REPEATED)
		fits = 1;
	if (fits && what != ADMISSION_REPEATED &&
	    admission_is_strained(a, now)) {
		fits = what == ADMISSION_FRESH || a->turn >= ADMISSION_SHARE;
		a->turn = what == ADMISSION_FRESH ? a->turn + 1
		    : fits                        ? 0
						  : a->turn;
	}
	if (fits)
		admit(a, what, now);
	else
		a->counters.refused++;
	return fits;
}

int
admission_leaves(struct admission *a, int64_t waited)
{
	a->queued--;
	if (waited <= ADMISSION_LATE)
		return 1;
	a->counters.late++;
	return 0;
}

void
admission_worked(struct admission *a, unsigned n, int64_t took)
{
	int64_t each = n > 0 ? took / n : 0;

	if (n == 0)
		return;
	if (each > COST_MAX)
		each = COST_MAX;
	if (n > WEIGHT)
		n = WEIGHT;
	a->cost += (each - a->cost) * n / WEIGHT;
}

void
admission_idle(struct admission *a)
{
	a->standing = -1;
	a->turn = 0;
}

int
admission_may_refuse(struct admission *a, int64_t now)
{
	int64_t earned = (now - a->earned) / REFUSING;

	a->credit += earned;
	a->earned += earned * REFUSING;
	if (a->credit > CREDIT_MAX)
		a->credit = CREDIT_MAX;
	return a->credit > 0;
}

int
admission_may_resume(struct admission *a, int64_t now)
{
	return admission_may_refuse(a, now) && a->credit >= RESUME;
}

void
admission_refused(struct admission *a, int64_t took)
{
	a->credit -= took;
}
