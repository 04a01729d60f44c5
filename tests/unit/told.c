/* A state that changes is told, and one that flaps is no flood. */
#include "core/told.c"

#include "test.h"

int
main(void)
{
	struct told t = {0};
	unsigned lines = 0, changes = 0;

	ok_int(told_change(&t, 0, 5), 0, "nothing yet");
	ok_int(told_change(&t, 1, 10), 1, "the first change, at once");
	ok_int(told_change(&t, 1, 11), 0, "told already");
	ok_int(told_change(&t, 0, 12), 0, "another just after is not told");
	ok_int(told_change(&t, 0, 10 + TOLD_MS - 1), 0, "nor a moment later");
	ok_int(told_change(&t, 0, 10 + TOLD_MS), 1, "but then");
	ok_int(told_change(&t, 1, 20 + TOLD_MS), 0, "one that came");
	ok_int(told_change(&t, 0, 21 + TOLD_MS), 0, "and went");
	ok_int(told_change(&t, 0, 20 + 9 * TOLD_MS), 0, "is never told");
	ok_int(told_change(&t, 1, 21 + 9 * TOLD_MS), 3, "but counted");
	for (int i = 1; i <= 100000; i++) {
		unsigned n = told_change(
		    &t, i & 1, 21 + 10 * TOLD_MS + i * TOLD_MS / 10000);

		lines += n > 0;
		changes += n;
	}
	ok(lines >= 9 && lines <= 11, "ten seconds of flapping: %u lines",
	    lines);
	ok(changes > 80000, "of %u changes", changes);
	return test_done();
}
