/* What a link has in flight: room, rate, pace, responses in any order,
 * what is overdue. */
#include "smsc-gw/pace.c"
#include "smsc-gw/window.c"

#include "test.h"

static int refs[2000];

static struct window *
open_window(uint32_t size, uint32_t rate)
{
	struct window *w;

	if (window_new(&w, size, rate) < 0)
		return NULL;
	window_open(w, 0);
	return w;
}

static void
rooms(void)
{
	struct window *w = open_window(3, 0);
	uint32_t n[3];

	ok_int(window_room(w, 0), 3, "a new window is all room");
	for (int i = 0; i < 3; i++)
		n[i] = window_add(w, &refs[i], 0);
	ok_int(window_room(w, 0), 0, "a full one has none");
	ok(n[0] != n[1] && n[1] != n[2] && n[0] != n[2],
	    "each has a sequence number of its own");
	ok(window_take(w, n[1]) == &refs[1], "responses come in any order");
	ok_int(window_room(w, 0), 1, "and make room");
	ok(window_take(w, n[1]) == NULL, "one that comes again is nothing");
	ok(window_take(w, n[2] + 1) == NULL, "nor is one never asked for");
	ok(window_take(w, n[2] ^ 0x10000) == NULL,
	    "nor one that only shares a place");
	ok(window_take(w, n[0]) == &refs[0] && window_take(w, n[2]) == &refs[2],
	    "the others are still known");
	window_free(w);
}

static void
sequence_numbers(void)
{
	struct window *w = open_window(1, 0);
	uint32_t n, least = UINT32_MAX;

	w->sequence_number = SEQUENCE_MAX - 1;
	for (int i = 0; i < 4; i++) {
		n = window_sequence(w);
		if (n < least)
			least = n;
		ok(n <= 0x7fffffff, "%#x is a sequence number", (unsigned)n);
	}
	ok_int(least, 2 * PDU_SKIP_MAX,
	    "they begin anew above every command_length");
	n = window_add(w, &refs[0], 0);
	for (int i = 0; i < 64; i++)
		if (window_sequence(w) % 16 == n % 16)
			break;
		else if (i == 63)
			n = 0;
	ok(n == 0, "none falls on the place of one in flight");
	window_free(w);
}

static void
rates(void)
{
	struct window *w = open_window(100, 10);

	ok_int(window_room(w, 0), 0, "credit is earned first");
	ok_int(window_room(w, 500), 5, "five in half a second at 10/s");
	for (int i = 0; i < 5; i++)
		window_add(w, &refs[i], 500);
	ok_int(window_room(w, 500), 0, "and spent");
	ok_int(window_room(w, 599), 0, "not earned by halves");
	ok_int(window_room(w, 600), 1, "but in time");
	ok_int(window_room(w, 3600000), 10, "an hour earns a second's worth");
	window_free(w);
}

/* An SMSC that has had enough. */
static void
paces(void)
{
	struct window *w = open_window(1000, 0);

	for (int i = 0; i < 500; i++)
		window_taken(w, 1000 + i);
	ok_int(window_room(w, 1500), 1000, "no rate, no limit");
	for (int i = 0; i < 4; i++)
		window_throttled(w, 1500);
	ok_int(window_room(w, 1500), 1000, "nor where very few are refused");
	window_throttled(w, 1500);
	ok_int(window_room(w, 1500), 0, "none at once");
	ok_int(window_room(w, 1699), 0, "nor for a moment");
	ok_int(window_room(w, 1700), 36, "then a tenth of a second's worth");
	ok_int(window_room(w, 1710), 36, "and no more than that");
	for (int i = 0; i < 36; i++)
		window_add(w, &refs[i], 1710);
	ok_int(window_room(w, 1710), 0, "which is spent");
	ok_int(window_room(w, 1722), 5, "and earned again");
	window_resize(w, 1000, 100, 1950);
	ok_int(window_room(w, 2950), 100, "a lower rate holds");
	window_resize(w, 1000, 0, 3000);
	ok_int(window_room(w, 1500 + 60000), 964, "after a while no limit");
	window_reset(w, 70000);
	window_open(w, 80000);
	ok_int(window_room(w, 80000), 1000, "nor on a new connection");
	window_throttled(w, 80000);
	window_reset(w, 80000);
	window_open(w, 200000);
	ok_int(window_room(w, 200000), 0, "a pace goes on, however late");
	ok_int(window_room(w, 201000), 7, "low, though no pause does");
	window_free(w);
}

static void
overdue(void)
{
	struct window *w = open_window(1000, 0);
	uint32_t n[1000];
	int right = 0;

	for (int i = 0; i < 1000; i++)
		n[i] = window_add(w, &refs[i], i);
	ok(window_overdue(w, 0) == NULL, "nothing is overdue at once");
	window_take(w, n[0]);
	for (int i = 1; i < 500; i++)
		right += window_overdue(w, 500) == &refs[i];
	ok_int(right, 499, "the oldest first, and each once");
	ok(window_overdue(w, 500) == NULL, "the younger ones wait");
	ok_int(window_room(w, 0), 500, "what was given up makes room");
	ok(window_take(w, n[7]) == NULL, "its response comes too late");
	ok(window_late(w, n[7]) == &refs[7], "but finds what it is for");
	ok(window_late(w, n[7]) == NULL, "once");
	ok(window_late(w, n[0]) == NULL && window_late(w, n[999]) == NULL,
	    "what was answered or awaits it is not late");
	ok(window_late(w, n[8] ^ 0x10000) == NULL,
	    "nor what only shares a place");
	window_reset(w, 0);
	ok(window_late(w, n[8]) == NULL, "nor what another connection sent");
	ok_int(window_room(w, 0), 1000, "a new connection has all its room");
	ok(window_overdue(w, INT64_MAX) == NULL &&
		window_take(w, n[999]) == NULL,
	    "and knows nothing of the last one's");
	window_free(w);
}

static void
late(void)
{
	struct window *w = open_window(4, 0);
	uint32_t n = window_add(w, &refs[0], 0), again;

	window_overdue(w, 1);
	window_reserve(w, 1000);
	ok(window_late(w, n) == &refs[0], "it is known in a greater window");
	n = window_add(w, &refs[1], 1);
	window_overdue(w, 2);
	while (((window_sequence(w) + 1) & w->mask) != (n & w->mask))
		;
	again = window_add(w, &refs[2], 2);
	ok(((again ^ n) & w->mask) == 0, "another of its place");
	ok(window_late(w, n) == &refs[1], "leaves it known");
	ok(window_late(w, again) == NULL, "and is not late itself");
	window_overdue(w, 3);
	ok(window_late(w, again) == &refs[2], "until it is");
	n = window_add(w, &refs[3], 3);
	window_overdue(w, 4);
	window_forget(w, &refs[2]);
	window_forget(w, &refs[3]);
	ok(window_late(w, n) == NULL, "nor what is forgotten");
	window_free(w);
}

/* Refs that were given up many times each, some of them forgotten. */
static void
forgotten(void)
{
	enum { SIZE = 250, TIMES = 4 };
	struct window *w = open_window(SIZE, 0);
	uint32_t n[TIMES][SIZE];
	int known = 0, right = 0;

	for (int t = 0; t < TIMES; t++) {
		for (int i = 0; i < SIZE; i++)
			n[t][i] = window_add(w, &refs[i], t);
		while (window_overdue(w, t + 1) != NULL)
			;
		if (t == 1)
			window_reserve(w, 4 * SIZE);
	}
	window_late(w, n[0][1]);
	for (int i = 0; i < SIZE; i += 2)
		window_forget(w, &refs[i]);
	for (int t = 0; t < TIMES; t++)
		for (int i = 0; i < SIZE; i++) {
			void *ref = window_late(w, n[t][i]);

			known += ref != NULL;
			right += ref == &refs[i] && i % 2 == 1;
		}
	ok_int(known, TIMES * SIZE / 2 - 1, "each time of half of them");
	ok_int(right, known, "those that are not forgotten");
	for (int i = 0; i < SIZE; i++)
		window_forget(w, &refs[i]);
	window_add(w, &refs[0], 9);
	window_overdue(w, 10);
	window_reset(w, 0);
	window_forget(w, &refs[0]);
	ok_int(window_room(w, 0), SIZE, "on another connection there is none");
	window_free(w);
}

static void
sizes(void)
{
	struct window *w = open_window(4, 0);
	uint32_t n[6];
	int right = 0;

	for (int i = 0; i < 4; i++)
		n[i] = window_add(w, &refs[i], i);
	ok_int(window_reserve(w, 1000), 0, "memory for a greater size");
	ok_int(window_room(w, 0), 0, "makes it no greater");
	window_resize(w, 1000, 0, 0);
	ok_int(window_room(w, 0), 996, "a greater one has more room");
	n[4] = window_add(w, &refs[4], 4);
	window_resize(w, 2, 0, 0);
	ok_int(window_room(w, 0), 0, "a smaller one none, while it is over");
	ok(window_take(w, n[2]) == &refs[2], "what is in flight is known");
	ok(window_overdue(w, 1) == &refs[0], "and still in order of age");
	ok_int(window_room(w, 0), 0, "full is full");
	ok(window_take(w, n[4]) == &refs[4], "one more comes");
	window_resize(w, 3, 0, 0);
	ok_int(window_room(w, 0), 1, "and there is room again");
	window_reset(w, 0);
	for (int i = 0; i < 3; i++)
		n[i] = window_add(w, &refs[i], 0);
	for (int i = 0; i < 3; i++)
		right += window_take(w, n[i]) == &refs[i];
	ok_int(right, 3, "also on the next connection");
	window_free(w);
}

static void
other_rates(void)
{
	struct window *w = open_window(100, 10);

	window_resize(w, 100, 40, 500);
	ok_int(
	    window_room(w, 500), 5, "what was earned at the old rate counts");
	ok_int(window_room(w, 600), 9, "then the new one earns");
	window_resize(w, 100, 3, 1500);
	ok_int(window_room(w, 1500), 3, "no more than a second's worth");
	window_resize(w, 100, 0, 1500);
	ok_int(window_room(w, 1500), 100, "no rate, no limit");
	window_resize(w, 100, 10, 1500);
	ok_int(window_room(w, 1600), 1, "a rate out of none begins at nothing");
	window_free(w);
}

int
main(void)
{
	rooms();
	sequence_numbers();
	rates();
	paces();
	overdue();
	late();
	forgotten();
	sizes();
	other_rates();
	return test_done();
}
