/* How fast an SMSC is sent to: beside one of a fixed capacity, by a clock of
 * our own. */
#include "smsc-gw/pace.c"

#include "test.h"

#define SECOND 1000

/* An SMSC that takes so many each tenth of a second, and what it saw. */
struct smsc {
	struct pace pace;
	int64_t now;
	double credit; /* of the sender */
	unsigned taken, refused;
};

/* So long of a sender that has always something to send, at most `offered` a
 * second. */
static void
run_ms(struct smsc *s, int64_t ms, double capacity, double offered)
{
	double room = 0, rate;

	s->taken = s->refused = 0;
	for (int64_t end = s->now + ms; s->now < end; s->now++) {
		if (s->now % 100 == 0)
			room = capacity / 10;
		rate = pace_rate(&s->pace, s->now);
		if (rate == 0 || rate > offered)
			rate = offered;
		for (s->credit += rate / 1000; s->credit >= 1; s->credit--) {
			if (room >= 1) {
				room--;
				s->taken++;
				pace_taken(&s->pace, s->now);
			} else {
				s->refused++;
				pace_throttled(&s->pace, s->now);
			}
		}
	}
}

static void
run(struct smsc *s, int seconds, double capacity, double offered)
{
	run_ms(s, seconds * SECOND, capacity, offered);
}

static void
shape(void)
{
	struct pace p;

	pace_init(&p, 77);
	ok(pace_rate(&p, 77) == 0, "none at first");
	for (int i = 0; i < 100; i++)
		pace_taken(&p, 77 + i * 10);
	ok_int(pace_throttled(&p, 2000), 1, "a complaint");
	ok_int(pace_throttled(&p, 2900), 0, "is one with what comes with it");
	ok_int(pace_rate(&p, 2000) + 0.5, p.took * 0.7 + 0.5,
	    "seven tenths of what it took");
	ok(pace_rate(&p, 2000 + PACE_MS) == p.took, "then that again");
	ok(pace_rate(&p, 2000 + 2 * PACE_MS) > p.took * 1.2 &&
		pace_rate(&p, 2000 + 2 * PACE_MS) < p.took * 1.5,
	    "a little more");
	ok(pace_rate(&p, 2000 + 3 * PACE_MS) > p.took * 8, "much more");
	ok(pace_rate(&p, 2000 + 6 * PACE_MS) == 0, "none in the end");
	pace_init(&p, 0);
	pace_throttled(&p, 0);
	ok(pace_rate(&p, 0) == PACE_FIRST * 0.7,
	    "one that was sent little may take more");
	pace_throttled(&p, 2000);
	ok(pace_rate(&p, 2000) == PACE_LEAST * 0.7,
	    "unless it complains of that, too");
}

static void
follows(void)
{
	struct smsc s = {.now = 1000};

	pace_init(&s.pace, s.now);
	run(&s, 60, 1e9, 500);
	ok_int(s.refused, 0, "an SMSC with room for all is sent all");
	ok_int(s.taken, 30000, "at once");
	run(&s, 5, 1000, 20000);
	run(&s, 60, 1000, 20000);
	ok(s.taken > 60 * 1000 * 0.85, "nine tenths of a capacity are used");
	ok(s.refused < s.taken / 20, "and few refused");
	printf("# of 1000 a second: %u taken, %u refused\n", s.taken / 60,
	    s.refused / 60);
	run(&s, 5, 50, 20000);
	run(&s, 60, 50, 20000);
	ok(s.taken > 60 * 50 * 0.85 && s.refused < s.taken / 10,
	    "it falls to a twentieth");
	printf("# of 50 a second: %u taken, %u refused\n", s.taken / 60,
	    s.refused / 60);
	run(&s, 20, 2000, 20000);
	run(&s, 60, 2000, 20000);
	ok(s.taken > 60 * 2000 * 0.85 && s.refused < s.taken / 20,
	    "and is back within twenty seconds");
	printf("# of 2000 a second: %u taken, %u refused\n", s.taken / 60,
	    s.refused / 60);
}

/* One that takes nothing for a while: what it took is soon sent again. */
static void
stops(int64_t ms)
{
	struct smsc s = {.now = 1000};
	unsigned refused;

	pace_init(&s.pace, s.now);
	run(&s, 5, 20000, 20000);
	run_ms(&s, 1000, 0, 20000);
	run_ms(&s, ms - 1000, 0, 20000);
	refused = s.refused;
	ok(refused < 2000 + ms / 1000 * PACE_LEAST,
	    "full for %d ms: it is asked gently, %u times", (int)ms, refused);
	run(&s, 1, 20000, 20000);
	run(&s, 1, 20000, 20000);
	ok(s.taken > PACE_LEAST, "more after two seconds: %u", s.taken);
	run(&s, 6, 20000, 20000);
	run(&s, 1, 20000, 20000);
	ok(s.taken > 12000, "most after nine: %u", s.taken);
	run(&s, 6, 20000, 20000);
	run(&s, 1, 20000, 20000);
	ok(s.taken > 19000 && s.refused == 0, "all after sixteen: %u", s.taken);
}

/* Or takes less then. */
static void
stops_for_less(void)
{
	struct smsc s = {.now = 1000};

	pace_init(&s.pace, s.now);
	run(&s, 5, 20000, 20000);
	run(&s, 10, 0, 20000);
	run(&s, 8, 300, 20000);
	run(&s, 30, 300, 20000);
	ok(s.taken > 30 * 300 * 0.85 && s.refused < s.taken / 20,
	    "it takes less then: %u taken, %u refused", s.taken, s.refused);
}

/* A limit that moves, and one that holds for long. */
static void
moves(void)
{
	static const struct {
		int capacity, after;
	} to[] = {{1000, 6}, {200, 6}, {5000, 16}, {200, 8}};
	struct smsc s = {.now = 1000};

	pace_init(&s.pace, s.now);
	run(&s, 5, 1e9, 1000);
	for (size_t i = 0; i < sizeof(to) / sizeof(*to); i++) {
		run(&s, to[i].after, to[i].capacity, 20000);
		run(&s, 10, to[i].capacity, 20000);
		ok(s.taken > 10 * to[i].capacity * 0.8 &&
			s.refused < s.taken / 20,
		    "to %d: after %d s %u taken, %u refused a second",
		    to[i].capacity, to[i].after, s.taken / 10, s.refused / 10);
	}
	run(&s, 600, 200, 20000);
	ok(s.taken > 600 * 200 * 0.85 && s.refused < s.taken / 50,
	    "held for ten minutes: %u taken, %u refused", s.taken, s.refused);
}

/* Little is sent, so that nobody knows what it takes. */
static void
little(void)
{
	struct smsc s = {.now = 1000};

	pace_init(&s.pace, s.now);
	run(&s, 10, 20000, 60);
	run(&s, 70, 0, 60);
	run(&s, 5, 20000, 60);
	run(&s, 1, 20000, 60);
	ok_int(s.taken, 60, "full for 70 s at 60 a second: soon all again");
}

/* The connection breaks. */
static void
again(void)
{
	struct smsc s = {.now = 1000};

	pace_init(&s.pace, s.now);
	pace_cut(&s.pace, s.now);
	pace_again(&s.pace, s.now += SECOND);
	ok(pace_rate(&s.pace, s.now) == 0, "no pace: nor on another link");
	run(&s, 5, 1000, 20000);
	run(&s, 60, 1000, 20000);
	pace_cut(&s.pace, s.now);
	pace_again(&s.pace, s.now += 300 * SECOND);
	ok(pace_rate(&s.pace, s.now) < 100 && pace_rate(&s.pace, s.now) > 0,
	    "one begins low on the next, however late: %.0f",
	    pace_rate(&s.pace, s.now));
	ok_int(pace_throttled(&s.pace, s.now), 0, "where none is one more");
	run(&s, 5, 1000, 20000);
	ok_int(s.refused, 0, "and nothing is refused");
	run(&s, 10, 1000, 20000);
	ok(s.taken > 8500, "until it is where it was: %u", s.taken / 10);
}

/* One that refuses a few, however slow or fast. */
static void
strays(void)
{
	struct pace p;
	int64_t now = 0;
	int complaints = 0;

	pace_init(&p, now);
	for (int i = 0; i < 60000; i++, now += i % 2) {
		pace_taken(&p, now);
		if (i % 500 == 499)
			complaints += pace_throttled(&p, now);
	}
	ok_int(complaints, 0, "one of 500 is no complaint");
	ok(pace_rate(&p, now) == 0, "so there is no pace");
	for (int i = 0; i < 2000; i++, now += i % 2) {
		pace_taken(&p, now);
		if (i % 50 == 49)
			complaints += pace_throttled(&p, now);
	}
	ok_int(complaints, 1, "one of 50 is one, soon");
	ok(pace_rate(&p, now) > 1300, "and slows down as ever");
}

int
main(void)
{
	shape();
	strays();
	follows();
	stops(1500);
	stops(5000);
	stops(70000);
	stops_for_less();
	moves();
	little();
	again();
	return test_done();
}
