/* Step by step, and back. */
#include "core/shed.c"

#include "test.h"

#define TICK 250

static int64_t now = 1000000;

/* How many changes there are in so many seconds. */
static int
run(struct shedding *s, int strained, int seconds)
{
	int changes = 0;

	for (int64_t end = now + seconds * 1000; now < end; now += TICK)
		changes += shed_tick(s, strained, now);
	return changes;
}

static void
steps(void)
{
	struct shedding s = {0};

	ok_int(run(&s, 0, 60), 0, "with little to do nothing is shed");
	ok_int(run(&s, 1, 1), 0, "nor at once when there is too much");
	for (int level = 1; level < SHED_LEVELS; level++) {
		ok_int(run(&s, 1, 1), 1, "a second later");
		ok_int(s.level, level, "%s", shed_name(level));
	}
	ok_int(run(&s, 1, 600), 0, "there is no more than all");
	ok_int(run(&s, 0, 3), 0, "it lasts a while");
	ok_int(run(&s, 0, 3), 1, "and is undone by itself");
	ok_int(s.level, SHED_MARKS, "the last first");
	ok_int(run(&s, 0, 60), SHED_LEVELS - 2, "and all of it");
	ok_int(s.level, SHED_NOTHING, "until nothing is shed");
}

/* A step that is just enough. */
static void
just_enough(void)
{
	struct shedding s = {0};
	int changes = 0;

	for (int64_t end = now + 60000; now < end; now += TICK)
		changes += shed_tick(&s, s.level < SHED_PAGES, now);
	ok(changes <= 4 + 2 * 4, "no flutter: %d changes", changes);
	s = (struct shedding){0};
	for (int i = 0; i < 1000; i++)
		changes = shed_tick(&s, i % 2, now += TICK);
	ok_int(s.level, SHED_NOTHING, "a strain that does not last is none");
}

/* Seconds until the level changes. */
static double
until_change(struct shedding *s, int strained)
{
	int64_t began = now;

	for (; now < began + 200000; now += TICK)
		if (shed_tick(s, strained, now))
			return (now - began) / 1000.0;
	return -1;
}

/* Each time that less proves too soon it is tried later, up to a minute; until
 * nothing was too much for longer than that. */
static void
patience(void)
{
	static const int seconds[] = {3, 6, 12, 24, 48, 60, 60};
	struct shedding s = {0};

	run(&s, 1, 4);
	for (size_t i = 0; i < sizeof(seconds) / sizeof(*seconds); i++) {
		ok(until_change(&s, 0) == seconds[i], "less after %d s",
		    seconds[i]);
		ok(until_change(&s, 1) == 1, "was too soon");
	}
	ok(until_change(&s, 0) == 60, "this time it is not,");
	while (s.level != SHED_NOTHING)
		ok(until_change(&s, 0) <= 60, "and there is less to do");
	run(&s, 0, 50);
	run(&s, 1, 2);
	ok(until_change(&s, 0) == 60, "50 s of that are not enough");
	run(&s, 0, 300);
	run(&s, 1, 2);
	ok(until_change(&s, 0) == 3, "more than a minute is");
}

int
main(void)
{
	steps();
	just_enough();
	patience();
	return test_done();
}
