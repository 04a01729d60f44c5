/* Time that waits is what counts, not texts: a text costs what those of its
 * kind cost so far. */
#include "admission.h"

/* µs of work to have at hand, and not fewer than so many texts. While others
 * are refused links are read in batches, and as many new ones come at once as
 * in all the time since the last: these are to have room. */
#define KEEP_BUSY 16000
#define KEEP_TEXTS 32
#define WIDENS 8                 /* of so many parts of the time, one */
#define WEIGHT 32                /* texts that a mean goes over */
#define REFUSING 16              /* of so many parts of the time, one */
#define RESUME 250               /* credit that makes a batch */
#define CREDIT_MAX 500           /* that is saved for later */
#define COST_MAX ADMISSION_DELAY /* a standstill says little of the next */

/* What part of the room is a text's, as a divisor. */
static const int64_t part[] = {
    [ADMISSION_NEW] = 1,
    [ADMISSION_BEGINS] = 2,
    [ADMISSION_AGAIN] = 8,
    [ADMISSION_RETURNS] = 16,
    [ADMISSION_GOES_ON] = 1,
};

void
admission_init(struct admission *a, int64_t now)
{
	*a = (struct admission){
	    .standing = -1,
	    .tight = now - WIDENS * ADMISSION_DELAY,
	    .credit = CREDIT_MAX,
	    .earned = now,
	};
}

int64_t
admission_delay(const struct admission *a, unsigned carriers)
{
	return (a->queued * a->cost + a->repeats * a->repeating) *
	    (carriers > 0 ? carriers : 1);
}

/* Of one that goes before all others. */
static int64_t
delay_ahead(const struct admission *a, unsigned carriers)
{
	return a->ongoing * a->cost * (carriers > 0 ? carriers : 1);
}

int
admission_is_strained(const struct admission *a, int64_t now)
{
	return now - a->tight <= ADMISSION_STANDING;
}

/* Have some waited without a pause for long? */
static int
stands(const struct admission *a, int64_t now)
{
	return a->standing >= 0 && now - a->standing > ADMISSION_STANDING;
}

/* What keeps us busy. Where the SMSC's windows hold less, it is half of the
 * most that they held: else none would ever be refused, and the SMSC's queue
 * would grow behind them. */
static int64_t
enough(const struct admission *a, int64_t now)
{
	int64_t busy = KEEP_TEXTS * a->cost;
	int64_t half = (a->most < 4 ? 2 : a->most / 2) * a->cost;

	if (busy < KEEP_BUSY)
		busy = KEEP_BUSY;
	return stands(a, now) && half < busy ? half : busy;
}

/* The longest delay that may be now. */
static int64_t
room(const struct admission *a, unsigned carriers, int64_t now)
{
	int64_t r = enough(a, now) * (carriers > 0 ? carriers : 1);

	if (!stands(a, now))
		r += (now - a->tight) / WIDENS;
	return r < ADMISSION_DELAY ? r : ADMISSION_DELAY;
}

static int
was_refused(enum admission_text what)
{
	return what == ADMISSION_AGAIN || what == ADMISSION_RETURNS;
}

static int
fits(struct admission *a, enum admission_text what, unsigned carriers,
    int64_t now)
{
	int64_t delay = admission_delay(a, carriers);
	int64_t r = room(a, carriers, now);

	if (what == ADMISSION_GOES_ON && a->ongoing < ADMISSION_AHEAD)
		return delay_ahead(a, carriers) < ADMISSION_DELAY;
	if (what == ADMISSION_REPEATED)
		return delay < ADMISSION_DELAY;
	if (a->queued > 0 && delay >= r)
		return 0;
	if (a->queued == 0 || what == ADMISSION_NEW || delay < r / part[what])
		return 1;
	return was_refused(what) && a->others >= ADMISSION_SHARE;
}

static void
admit(struct admission *a, enum admission_text what, int64_t now)
{
	if (what == ADMISSION_REPEATED) {
		a->repeats++;
		return;
	}
	if (!was_refused(what) && a->fresh++ == 0 && a->standing < 0)
		a->standing = now;
	a->queued++;
	a->ongoing += what == ADMISSION_GOES_ON;
	if (a->most < a->queued)
		a->most = a->queued;
	a->others = was_refused(what) ? 0 : a->others + 1;
}

int
admission_admits(struct admission *a, enum admission_text what,
    unsigned carriers, int64_t now)
{
	if (fits(a, what, carriers, now)) {
		admit(a, what, now);
		return 1;
	}
	a->tight = now;
	return 0;
}

int
admission_leaves(struct admission *a, enum admission_text what, int64_t waited)
{
	if (what == ADMISSION_REPEATED)
		a->repeats--;
	else
		a->queued--;
	a->ongoing -= what == ADMISSION_GOES_ON;
	a->fresh -= what != ADMISSION_REPEATED && !was_refused(what);
	return waited <= ADMISSION_LATE;
}

int64_t
admission_cost(const struct admission *a, enum admission_text what)
{
	return what == ADMISSION_REPEATED ? a->repeating : a->cost;
}

void
admission_worked(
    struct admission *a, enum admission_text what, unsigned n, int64_t took)
{
	int64_t *mean = what == ADMISSION_REPEATED ? &a->repeating : &a->cost;
	int64_t each = n > 0 ? took / n : 0;

	if (n == 0)
		return;
	if (each > COST_MAX)
		each = COST_MAX;
	if (n > WEIGHT)
		n = WEIGHT;
	*mean += (each - *mean) * n / WEIGHT;
}

void
admission_turn(struct admission *a)
{
	if (a->fresh == 0)
		a->standing = -1;
}

void
admission_idle(struct admission *a)
{
	a->standing = -1;
	a->most = 0;
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
