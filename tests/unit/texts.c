/* That the load generator is honest: texts come when they are due, whatever
 * becomes of those before; what is refused, and who has no answer, comes
 * again when it should; a window holds so many and no more. */
#include "tests/bench/texts.c"
#include "tests/bench/window.c"

#include "test.h"

#define MS 1000
#define MINUTE (60 * (int64_t)SECOND)
#define NOON 1000000 /* any time */

static struct texts *texts;

static void
begin(double rate, double seconds, const double *refused, const double *people)
{
	struct texts_options o = {
	    .steps = {{rate, seconds}},
	    .nsteps = 1,
	    .subscribers = 100000,
	};

	memcpy(o.refused, refused, sizeof(o.refused));
	memcpy(o.people, people, sizeof(o.people));
	texts_free(texts);
	if (texts_new(&texts, &o) < 0)
		abort();
	texts_begin(texts, NOON);
}

static const double never[TEXTS_DELAYS] = {0},
		    redelivery[TEXTS_DELAYS] = {30, 60, 300},
		    impatience[TEXTS_DELAYS] = {5, 10, 20};

static int
wants(uint32_t text, void *arg)
{
	const int *answered = arg;

	(void)text;
	return !*answered;
}

static void
advance(int64_t now, int answered)
{
	texts_advance(texts, now, wants, &answered);
}

/* Nobody takes any, and nobody looks for half of the time. */
static void
check_open_loop(void)
{
	uint32_t text, made;
	int64_t due, last = 0;
	int in_order = 1;

	begin(1000, 10, never, never);
	advance(NOON + 5 * SECOND, 0);
	made = texts_made(texts);
	ok(made > 4700 && made < 5300, "as many as are due in that time");
	ok_int(texts_waiting(texts), made, "whether or not any is taken");
	for (uint32_t i = 0; i < made; i++) {
		texts_take(texts, NOON + 5 * SECOND, &text);
		due = texts_due(texts, text);
		in_order &= due >= last && due <= NOON + 5 * SECOND;
		last = due;
	}
	ok(in_order && last > NOON + 4900 * MS,
	    "each was due at a time of its own, long before it was taken");
	advance(NOON + 20 * SECOND, 0);
	made = texts_made(texts);
	ok(made > 9500 && made < 10500, "and none after the time is over");
	ok(texts_ended(texts), "then it ends");
}

static void
check_random(void)
{
	int64_t gap, sum = 0;
	double squares = 0;

	begin(1000, 10, never, never);
	advance(NOON + 10 * SECOND, 0);
	for (uint32_t i = 1; i < 9000; i++) {
		gap = texts_due(texts, i) - texts_due(texts, i - 1);
		sum += gap;
		squares += (double)gap * gap;
	}
	sum /= 8999;
	squares = squares / 8999 / ((double)sum * sum);
	ok(squares > 1.8 && squares < 2.2, "at moments that are random");
}

/* The only text, once it waits. */
static void
take_at(int64_t at, const char *name)
{
	uint32_t text;

	ok_int(texts_next(texts), at, "%s", name);
	advance(at - 1, 0);
	ok_int(texts_waiting(texts), 0, "not a moment before");
	advance(at, 0);
	ok_int(texts_take(texts, at, &text), 1, "but then");
}

static void
check_redelivery(void)
{
	int64_t at = NOON;
	uint32_t text;

	begin(0.001, 1, redelivery, never);
	advance(at, 0);
	texts_take(texts, at, &text);
	advance(at + 2 * SECOND, 0);
	texts_refused(texts, 0, at);
	take_at(at += 30 * SECOND, "refused: again after 30 s");
	texts_refused(texts, 0, at);
	take_at(at += MINUTE, "then after a minute");
	texts_refused(texts, 0, at);
	take_at(at += 5 * MINUTE, "then after five");
	texts_refused(texts, 0, at);
	take_at(at += 5 * MINUTE, "and so on");
	ok_int(texts_tries(texts, 0), 5, "delivered five times");
	ok_int(texts_due(texts, 0), NOON, "due when it first was");
	texts_cut(texts, 0, at);
	take_at(at += SECOND, "its link broke: again after a second");
	ok_int(texts_open(texts), 1, "not acknowledged yet");
	texts_done(texts);
	ok_int(texts_open(texts), 0, "acknowledged");
}

static uint32_t
made_by(int64_t at, int answered)
{
	advance(at, answered);
	return texts_made(texts);
}

static void
check_people(void)
{
	uint32_t n, first, after5, after10, after20;

	begin(10000, 1, never, impatience);
	first = made_by(NOON + 2 * SECOND, 0);
	ok_int(made_by(NOON + 5 * SECOND - 1, 0), first, "nobody is hasty");
	after5 = made_by(NOON + 6 * SECOND, 0) - first;
	ok(after5 > 0.45 * first && after5 < 0.55 * first,
	    "half of those without an answer ask again after 5 s");
	n = first + after5;
	ok_int(made_by(NOON + 15 * SECOND - 1, 0), n, "no sooner");
	after10 = made_by(NOON + 16 * SECOND, 0) - n;
	ok_int(after10, after5, "the same after 10 s more");
	n += after10;
	after20 = made_by(NOON + 36 * SECOND, 0) - n;
	ok_int(after20, after5, "and after 20 s more");
	n += after20;
	ok_int(made_by(NOON + 500 * SECOND, 0), n, "then they give up");
	ok_int(texts_again(texts), n - first, "told apart from first texts");
	begin(10000, 1, never, impatience);
	first = made_by(NOON + 2 * SECOND, 0);
	ok_int(made_by(NOON + 500 * SECOND, 1), first,
	    "who has an answer does not ask again");
}

static void
check_window(void)
{
	struct window *w;
	uint32_t seqs[100];
	int apart = 1;

	if (window_new(&w, 100) < 0)
		abort();
	for (uint32_t i = 0; i < 100; i++) {
		apart &= !window_is_full(w);
		seqs[i] = window_put(w, 1000 + i);
		for (uint32_t j = 0; j < i; j++)
			apart &= seqs[i] != seqs[j];
	}
	ok(window_is_full(w), "a window of a hundred holds a hundred");
	ok(apart, "each with a sequence_number of its own");
	ok_int(
	    window_take(w, seqs[42]), 1042, "a response gives back its text");
	ok_int(window_take(w, seqs[42]), WINDOW_NOTHING, "once");
	ok_int(window_take(w, 0), WINDOW_NOTHING, "no response has number 0");
	ok(!window_is_full(w), "then there is room for one");
	ok(window_put(w, 7) != seqs[42], "under a new number");
	ok_int(window_take(w, seqs[42]), WINDOW_NOTHING,
	    "which the old one's late response does not stand for");
	for (uint32_t i = 0; i < 100; i++)
		apart &= window_take_any(w) != WINDOW_NOTHING;
	ok(apart && window_take_any(w) == WINDOW_NOTHING,
	    "and all come back when the link breaks");
	window_free(w);
}

int
main(void)
{
	check_open_loop();
	check_random();
	check_redelivery();
	check_people();
	check_window();
	texts_free(texts);
	return test_done();
}
