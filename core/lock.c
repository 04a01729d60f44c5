/* How long a wrong try locks. */
#include "lock.h"

unsigned
lock_minutes(const struct subject *x, int64_t now)
{
	int64_t left = x->locked_until - now;

	return left > 0 ? (left + 59) / 60 : 0;
}

/* The lock that these tries in a row earn, in minutes; 0 for none yet. */
static uint32_t
next_lock(const struct subject *x, const struct conf_limits *limits)
{
	uint32_t minutes = limits->lock_minutes;

	if (x->tries < limits->tries)
		return 0;
	if (x->lock_minutes != 0)
		minutes = 2 * x->lock_minutes;
	return minutes < LOCK_MINUTES_MAX ? minutes : LOCK_MINUTES_MAX;
}

static void
lock_until(struct subject *x, int64_t t)
{
	if (t > x->locked_until)
		x->locked_until = t;
}

void
lock_wrong(struct subject *x, const struct conf_limits *limits,
    const struct lock_time *t, uint64_t tried)
{
	int is_same_day = x->tried_at >= t->today && x->tried_at < t->tomorrow;
	uint32_t minutes;

	x->tries += x->tries < UINT32_MAX;
	x->day_tries = is_same_day ? x->day_tries + 1 : 1;
	x->tried_at = t->now;
	x->tried = tried;
	minutes = next_lock(x, limits);
	if (minutes > 0) {
		x->lock_minutes = minutes;
		lock_until(x, t->now + 60 * (int64_t)minutes);
	}
	if (x->day_tries >= LOCK_DAY_TRIES)
		lock_until(x, t->tomorrow);
}

int
lock_right(struct subject *x)
{
	if (x->tries == 0)
		return 0;
	x->tries = 0;
	x->lock_minutes = 0;
	x->tried = 0;
	return 1;
}
