/* Admission beside a server of fixed capacity, by a clock of our own. */
#include "smsc-gw/admission.c"

#include "test.h"

#define SECOND 1000000
#define QUEUE 100000

/* A server that works on one text at a time, SMSCs that let `window` texts be
 * unanswered and have the rest wait, and people who text once. */
struct world {
	struct admission a;
	int64_t now, free_at; /* free_at: the one in hand is done */
	int64_t cost, came[QUEUE], longest;
	unsigned head, tail, window;
	double due;
	unsigned long waiting, offered, answered, refused, late, changes;
	int busy, strained;
};

static void
begin(struct world *w, int64_t cost, unsigned window)
{
	*w = (struct world){.cost = cost, .window = window, .now = SECOND};
	admission_init(&w->a, w->now);
}

static void
take_one(struct world *w)
{
	int64_t waited = w->now - w->came[w->head % QUEUE];

	w->head++;
	if (!admission_leaves(&w->a, ADMISSION_NEW, waited)) {
		w->late++;
		return;
	}
	if (waited > w->longest)
		w->longest = waited;
	w->busy = 1;
	w->free_at = w->now + w->cost;
}

static void
serve(struct world *w)
{
	if (w->busy && w->now >= w->free_at) {
		w->busy = 0;
		w->answered++;
		admission_worked(&w->a, ADMISSION_NEW, 1, w->cost);
	}
	if (!w->busy)
		admission_turn(&w->a);
	while (!w->busy && w->head != w->tail)
		take_one(w);
	if (!w->busy)
		admission_idle(&w->a);
}

static void
deliver(struct world *w, enum admission_text what)
{
	w->waiting--;
	if (admission_admits(&w->a, what, 1, w->now))
		w->came[w->tail++ % QUEUE] = w->now;
	else
		w->refused++;
}

/* `rate` a second for `seconds`, in steps of a tenth of a millisecond. */
static void
run(struct world *w, double rate, double seconds)
{
	int64_t end = w->now + seconds * SECOND;
	int was = w->strained;

	w->offered = w->answered = w->refused = w->late = w->changes = 0;
	w->longest = 0;
	for (; w->now < end; w->now += 100) {
		for (w->due += rate / 10000; w->due >= 1; w->due--) {
			w->offered++;
			w->waiting++;
		}
		serve(w);
		while (
		    w->waiting > 0 && w->tail - w->head + w->busy < w->window)
			deliver(w, ADMISSION_NEW);
		w->strained = admission_is_strained(&w->a, w->now);
		w->changes += w->strained != was;
		was = w->strained;
	}
}

static void
quiet(void)
{
	static struct world w;

	begin(&w, 1000, 400);
	run(&w, 500, 10);
	ok_int(w.refused + w.late, 0, "half of the capacity: none is refused");
	ok_int(w.changes, 0, "nor is that ever too much");
	run(&w, 0, 1);
	for (int i = 0; i < 200; i++)
		w.waiting++;
	run(&w, 0, 1);
	ok_int(w.refused, 0, "nor of a burst that is soon done");
	ok_int(w.answered, 200, "all of which is answered");
}

static void
flood(int64_t cost, unsigned window)
{
	static struct world w;
	double capacity = (double)SECOND / cost;

	begin(&w, cost, window);
	run(&w, capacity / 2, 2);
	run(&w, capacity * 10, 2);
	ok_int(w.strained, 1, "%ld us, window %u: there is too much", cost,
	    window);
	run(&w, capacity * 10, 20);
	ok(w.answered >= 0.95 * 20 * capacity,
	    "%ld us, window %u, ten times as much: %lu answers of %g", cost,
	    window, w.answered, 20 * capacity);
	ok(w.longest <= ADMISSION_DELAY, "none after more than %ld us",
	    w.longest);
	ok(w.waiting <= w.window, "the SMSC keeps %lu", w.waiting);
	ok_int(w.late, 0, "none is refused after it was admitted");
	ok_int(w.changes, 0, "the state is one and the same");
	run(&w, capacity / 2, 1);
	ok_int(w.strained, 0, "afterwards it is over within a second");
	run(&w, capacity / 2, 5);
	ok_int(w.refused + w.late, 0, "none is refused any more");
}

/* As one leaves, one that returns asks first. */
static unsigned
compete(struct admission *a, int64_t now, int new_ones)
{
	unsigned returned = 0;

	for (int i = 0; i < 6400; i++) {
		admission_leaves(a, ADMISSION_NEW, 0);
		if (admission_admits(a, ADMISSION_RETURNS, 1, now))
			returned++;
		else if (new_ones)
			admission_admits(a, ADMISSION_NEW, 1, now);
	}
	return returned;
}

static void
returning(void)
{
	struct admission a;
	unsigned n = 0;
	int64_t now = SECOND;

	admission_init(&a, now);
	admission_worked(&a, ADMISSION_NEW, WEIGHT, WEIGHT * 1000);
	ok(admission_admits(&a, ADMISSION_RETURNS, 1, now),
	    "who returns is admitted where there is room");
	for (int i = 0; i < 2 * KEEP_TEXTS; i++)
		admission_admits(&a, ADMISSION_NEW, 1, now);
	for (int i = 0; i < 2 * KEEP_TEXTS; i++)
		admission_leaves(&a, ADMISSION_NEW, 0);
	now += ADMISSION_STANDING + 1;
	while (admission_admits(&a, ADMISSION_NEW, 1, now))
		n++;
	ok_int(n + 1, KEEP_TEXTS, "where some wait long, few may");
	ok(admission_admits(&a, ADMISSION_REPEATED, 1, now), "a repeat is");
	admission_leaves(&a, ADMISSION_REPEATED, 0);
	n = compete(&a, now, 1);
	ok(n >= 90 && n <= 110, "of 6400 admitted, %u are ones that return", n);
	ok_int(a.queued, KEEP_TEXTS, "and the others new");
	n = compete(&a, now, 0);
	ok(n >= 6400 - KEEP_TEXTS, "what new ones leave is theirs: %u", n);
	ok_int(a.queued, KEEP_TEXTS / 16, "but room is kept");
	ok(admission_admits(&a, ADMISSION_AGAIN, 1, now),
	    "for those refused not long ago,");
	while (admission_admits(&a, ADMISSION_AGAIN, 1, now))
		;
	ok_int(a.queued, KEEP_TEXTS / 8, "who have more of it,");
	ok(admission_admits(&a, ADMISSION_NEW, 1, now), "and for new ones");
}

/* What a surge left behind comes again for minutes; who texts meanwhile comes
 * in batches, and has room. */
static void
left_behind(void)
{
	struct admission a;
	unsigned waits = 0, refused = 0, n = 0;
	int64_t now = SECOND;

	admission_init(&a, now);
	admission_worked(&a, ADMISSION_NEW, WEIGHT, WEIGHT * 1000);
	a.tight = now; /* much was refused */
	for (int ms = 0; ms < 5000; ms++, now += 1000) {
		admission_turn(&a);
		if (waits > 0) {
			admission_leaves(&a, ADMISSION_NEW, 0);
			waits--;
		} else if (a.queued > 0) {
			admission_leaves(&a, ADMISSION_RETURNS, 0);
		}
		n += admission_admits(&a, ADMISSION_RETURNS, 1, now);
		n += admission_admits(&a, ADMISSION_RETURNS, 1, now);
		for (int i = 0; i < 8 && ms % 16 == 0; i++)
			if (admission_admits(&a, ADMISSION_NEW, 1, now))
				waits++;
			else
				refused++;
	}
	ok(n > 2000, "%u that return have the time that is left", n);
	ok_int(refused, 0, "no new one is refused for them");
}

/* What comes from memory counts for what it costs. */
static void
repeats(void)
{
	struct admission a;

	admission_init(&a, 0);
	admission_worked(&a, ADMISSION_NEW, WEIGHT, WEIGHT * 1000);
	admission_worked(&a, ADMISSION_REPEATED, WEIGHT, WEIGHT * 20);
	admission_admits(&a, ADMISSION_NEW, 1, 0);
	for (int i = 0; i < 10; i++)
		admission_admits(&a, ADMISSION_REPEATED, 1, 0);
	ok_int(admission_delay(&a, 1), 1200, "one of one kind, ten of another");
	admission_leaves(&a, ADMISSION_REPEATED, 0);
	ok_int(admission_delay(&a, 1), 1180, "one less");
	while (admission_admits(&a, ADMISSION_REPEATED, 1, 0) &&
	    admission_delay(&a, 1) < 2 * ADMISSION_DELAY)
		;
	ok(admission_delay(&a, 1) >= ADMISSION_DELAY &&
		admission_delay(&a, 1) < ADMISSION_DELAY + 20,
	    "and even they do not wait for longer than any");
}

/* Those that go before others are not all that there is. */
static void
ahead(void)
{
	struct admission a;
	int n = 0;

	admission_init(&a, 0);
	a.cost = 100;
	while (admission_admits(&a, ADMISSION_NEW, 1, 0))
		;
	ok(admission_admits(&a, ADMISSION_GOES_ON, 1, 0),
	    "when there is no room for a new one there is for one that goes "
	    "on");
	while (n < 10000 && admission_admits(&a, ADMISSION_GOES_ON, 1, 0))
		n++;
	ok_int(n, ADMISSION_AHEAD - 1, "for so many");
	admission_leaves(&a, ADMISSION_GOES_ON, 0);
	ok(admission_admits(&a, ADMISSION_GOES_ON, 1, 0), "at once");
	ok(!admission_admits(&a, ADMISSION_NEW, 1, 0), "and for no new one");
	a.cost = 1000000;
	admission_leaves(&a, ADMISSION_GOES_ON, 0);
	ok(!admission_admits(&a, ADMISSION_GOES_ON, 1, 0),
	    "nor for any that would have to wait for too long");
}

static void
late(void)
{
	struct admission a;

	admission_init(&a, 0);
	admission_admits(&a, ADMISSION_NEW, 1, 0);
	admission_admits(&a, ADMISSION_NEW, 1, 0);
	ok(admission_leaves(&a, ADMISSION_NEW, ADMISSION_LATE), "in time");
	ok(!admission_leaves(&a, ADMISSION_NEW, ADMISSION_LATE + 1),
	    "too late");
	admission_worked(&a, ADMISSION_NEW, 1, 3600LL * SECOND);
	ok(admission_admits(&a, ADMISSION_NEW, 1, 0) &&
		admission_delay(&a, 1) < ADMISSION_DELAY,
	    "a standstill is soon forgotten");
}

static void
turns(void)
{
	struct admission a;

	admission_init(&a, 0);
	admission_worked(&a, ADMISSION_NEW, WEIGHT, WEIGHT * 10000);
	for (int i = 0; i < 18; i++)
		admission_admits(&a, ADMISSION_NEW, 1, 0);
	ok_int(admission_delay(&a, 1), 180000, "a delay of eighteen");
	ok_int(admission_delay(&a, 3), 540000, "three times that for three");
	ok(admission_admits(&a, ADMISSION_NEW, 1, 0), "alone there is room");
	ok(!admission_admits(&a, ADMISSION_NEW, 3, 0),
	    "beside two others there is none, as soon as that");
}

static void
refusing(void)
{
	struct admission a;
	int64_t took = 0;

	admission_init(&a, 0);
	for (int64_t now = 0; now < 10 * SECOND; now += 2) {
		if (!admission_may_refuse(&a, now))
			continue;
		admission_refused(&a, 2);
		took += 2;
	}
	ok(took <= 10 * SECOND / REFUSING + 2 * CREDIT_MAX,
	    "refusing takes its share, no more: %ld us of %d", took,
	    10 * SECOND);
	ok(took >= 10 * SECOND / REFUSING, "and all of that");
	admission_init(&a, 0);
	admission_refused(&a, CREDIT_MAX);
	ok(!admission_may_refuse(&a, 0), "all of it used up");
	ok(admission_may_refuse(&a, 16), "there is some for one,");
	ok(!admission_may_resume(&a, 3999),
	    "but what was left is not read on for that");
	ok(admission_may_resume(&a, 4000), "nor before 4 ms, but for many");
}

int
main(void)
{
	quiet();
	flood(1000, 400);
	flood(10000, 400);
	flood(200, 400);
	flood(200, 40);
	flood(200, 16);
	flood(100, 39);
	flood(1000, 8);
	returning();
	repeats();
	left_behind();
	ahead();
	late();
	turns();
	refusing();
	return test_done();
}
