/* How often digits may be guessed: every edge of the policy, in tables. */
#include "core/lock.c"

#include "test.h"

#define DAY 86400
#define MINUTE 60
#define TODAY 1795276800 /* a local midnight */
#define NOON (TODAY + DAY / 2)

static const struct conf_limits limits = {.tries = 3, .lock_minutes = 30};
static const struct subject nobody = {.language = LANGUAGES};

static struct lock_time
at(int64_t now)
{
	int64_t today = TODAY;

	while (now < today)
		today -= DAY;
	while (now >= today + DAY)
		today += DAY;
	return (struct lock_time){now, today, today + DAY};
}

static void
wrong(struct subject *x, int64_t now)
{
	struct lock_time t = at(now);

	lock_wrong(x, &limits, &t, 7);
}

/* Wrong tries, each when the lock before it has just ended. */
static void
doubling(void)
{
	static const unsigned minutes[] = {0, 0, 30, 60, 120, 240};
	struct subject x = nobody;
	int64_t now = TODAY;

	for (size_t i = 0; i < sizeof(minutes) / sizeof(*minutes); i++) {
		wrong(&x, now);
		ok_int(lock_minutes(&x, now), minutes[i],
		    "wrong try %zu in a row: %u minutes", i + 1, minutes[i]);
		now += (minutes[i] + 1) * MINUTE;
	}
	ok_int(x.tries, 6, "counted");
	ok_int(x.tried, 7, "with what was said");
}

static void
one_is_enough(void)
{
	const struct conf_limits strict = {.tries = 1, .lock_minutes = 1};
	struct lock_time t = at(NOON);
	struct subject x = nobody;

	lock_wrong(&x, &strict, &t, 1);
	ok_int(lock_minutes(&x, NOON), 1, "tries = 1: the first one locks");
}

static void
minutes_left(void)
{
	static const struct {
		int64_t left;
		unsigned minutes;
	} cases[] = {
	    {-1, 0},
	    {0, 0},
	    {1, 1},
	    {59, 1},
	    {60, 1},
	    {61, 2},
	    {1800, 30},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct subject x = {.locked_until = NOON + cases[i].left};

		ok_int(lock_minutes(&x, NOON), cases[i].minutes,
		    "%lld seconds left: %u minutes", (long long)cases[i].left,
		    cases[i].minutes);
	}
	ok_int(
	    lock_minutes(&nobody, NOON), 0, "a number without a row is free");
}

static void
right(void)
{
	struct subject x = nobody;

	ok_int(lock_right(&x), 0, "right digits change nothing");
	wrong(&x, NOON);
	wrong(&x, NOON);
	ok_int(lock_right(&x), 1, "after wrong ones they do");
	wrong(&x, NOON);
	wrong(&x, NOON);
	ok_int(lock_minutes(&x, NOON), 0, "a right one resets the row");
	wrong(&x, NOON);
	ok_int(lock_minutes(&x, NOON), 30, "three in a row again lock");
	wrong(&x, NOON + 30 * MINUTE);
	ok_int(lock_minutes(&x, NOON + 30 * MINUTE), 60, "and longer");
	lock_right(&x);
	for (int i = 0; i < 3; i++)
		wrong(&x, NOON + 90 * MINUTE);
	ok_int(lock_minutes(&x, NOON + 90 * MINUTE), 30,
	    "and it resets the length");
	ok_int(x.day_tries, 9, "but not the day's count");
}

/* `right` after each, so that there is no other lock. */
static void
ten_a_day(void)
{
	struct subject x = nobody;

	for (int i = 0; i < 9; i++) {
		wrong(&x, NOON);
		lock_right(&x);
	}
	ok_int(lock_minutes(&x, NOON), 0, "nine wrong on a day do not lock");
	wrong(&x, NOON);
	ok_int(x.locked_until, TODAY + DAY, "the tenth locks until midnight");
	lock_right(&x);
	wrong(&x, TODAY + DAY);
	ok_int(lock_minutes(&x, TODAY + DAY), 0, "then it begins anew");
	ok_int(x.day_tries, 1, "with the first");

	x = nobody;
	for (int i = 0; i < 9; i++) {
		wrong(&x, TODAY + DAY - 1);
		lock_right(&x);
	}
	wrong(&x, TODAY + DAY);
	ok_int(lock_minutes(&x, TODAY + DAY), 0,
	    "nine on one day and one on the next are not ten");
	x = nobody;
	for (int i = 0; i < 9; i++)
		wrong(&x, TODAY);
	wrong(&x, TODAY + DAY - 1);
	ok_int(lock_minutes(&x, TODAY + DAY), 3840,
	    "a lock beyond midnight is not cut by the day's");
}

/* As the shipped limits have it: a day of guessing. */
static void
a_day(void)
{
	const struct conf_limits shipped = {.tries = 5, .lock_minutes = 30};
	struct subject x = nobody;
	int tries = 0;

	for (int64_t now = TODAY; now < TODAY + DAY; now += MINUTE) {
		struct lock_time t = at(now);

		while (!lock_minutes(&x, now)) {
			lock_wrong(&x, &shipped, &t, 1);
			tries++;
		}
	}
	ok_int(tries, 10, "ten guesses on the first day");
	tries = 0;
	for (int64_t now = TODAY + DAY; now < TODAY + 31 * DAY; now += MINUTE) {
		struct lock_time t = at(now);

		while (!lock_minutes(&x, now)) {
			lock_wrong(&x, &shipped, &t, 1);
			tries++;
		}
	}
	ok_int(tries, 5, "five in the month after it");
}

static void
no_overflow(void)
{
	struct subject x = {.tries = UINT32_MAX, .lock_minutes = UINT32_MAX};

	wrong(&x, NOON);
	ok_int(x.tries, UINT32_MAX, "the count stays at its end");
	x.lock_minutes = LOCK_MINUTES_MAX;
	wrong(&x, NOON);
	ok_int(lock_minutes(&x, NOON), LOCK_MINUTES_MAX,
	    "no lock is longer than a month");
}

int
main(void)
{
	doubling();
	one_is_enough();
	minutes_left();
	right();
	ten_a_day();
	a_day();
	no_overflow();
	return test_done();
}
