/* The breaker by a clock of our own. */
#include "core/breaker.c"

#include "test.h"

#define SECOND 1000000

int
main(void)
{
	struct breaker b = {0};
	int64_t now = SECOND, worked = 0;

	ok(!breaker_is_open(&b, now), "closed at first");
	ok(!breaker_acts(&b, now), "nor did it ever act");
	breaker_took(&b, BREAKER_SLOW - 1, now);
	ok(!breaker_is_open(&b, now), "a turn that nobody notices");
	breaker_took(&b, BREAKER_SLOW, now);
	ok(breaker_is_open(&b, now), "one that is too long opens it,");
	ok(breaker_is_open(&b, now + 9 * BREAKER_SLOW - 1),
	    "nine times as long");
	ok(!breaker_is_open(&b, now + 9 * BREAKER_SLOW), "and no longer");
	breaker_took(&b, 3600LL * SECOND, now);
	ok(breaker_is_open(&b, now + 30LL * SECOND - 1), "half a minute");
	ok(!breaker_is_open(&b, now + 30LL * SECOND), "at the most");
	ok_int(b.opened, 2, "how often is counted");
	ok(breaker_acts(&b, now + 60LL * SECOND - 1), "it acts a while longer");
	ok(!breaker_acts(&b, now + 60LL * SECOND), "and then no more");

	b = (struct breaker){0};
	for (now = SECOND; now < 101 * SECOND; now += SECOND / 100) {
		if (breaker_is_open(&b, now))
			continue;
		now += SECOND / 2;
		worked += SECOND / 2;
		breaker_took(&b, SECOND / 2, now);
	}
	ok(worked <= 11 * SECOND, "a tenth of the time is its: %ld us",
	    (long)worked);
	ok(worked >= 9 * SECOND, "and all of that");
	return test_done();
}
