/* Behind or not, by a clock of our own: messages of ten octets come, a turn
 * takes so many of them, each takes its time, and the end of a batch too. */
#include "ussd/backlog.c"

#include "test.h"

#define MESSAGE 10
#define READ 50 /* messages at the most */

static struct backlog b;
static int64_t now = 1000000;

/* What happens, all times in ms. */
struct load {
	int every, takes, batch; /* between two; for one; for a read */
	int64_t next;            /* comes then */
	int waiting;             /* messages */
	int served, refused;
	int strained, ticks;   /* seen every 250 ms */
	int64_t tick, longest; /* wait of one that is served, at the least */
};

static void
pass(struct load *l, int64_t ms)
{
	for (int64_t end = now + ms; now < end; now++) {
		if (now >= l->tick) {
			l->tick = now + 250;
			l->ticks++;
			l->strained += backlog_is_strained(&b, now);
		}
		if (l->every > 0 && now >= l->next) {
			l->next = now + l->every;
			l->waiting++;
		}
	}
}

/* One that is refused takes no time. */
static void
handle(struct load *l, int64_t came)
{
	backlog_message(&b, now);
	if (b.behind) {
		l->refused++;
		return;
	}
	if (now - came > l->longest)
		l->longest = now - came;
	l->served++;
	pass(l, l->takes);
}

static void
read_some(struct load *l)
{
	int n = l->waiting < READ ? l->waiting : READ;
	int64_t came = now;

	backlog_read(&b, l->waiting * MESSAGE, now);
	l->waiting -= n;
	for (int i = 0; i < n; i++)
		handle(l, came);
	pass(l, l->batch);
	backlog_handled(&b, n * MESSAGE, l->waiting * MESSAGE, now);
}

static void
run(struct load *l, int seconds)
{
	for (int64_t end = now + seconds * 1000; now < end;) {
		if (l->waiting == 0)
			pass(l, 1);
		else
			read_some(l);
	}
}

static void
enough(void)
{
	struct load few = {.every = 25, .takes = 20};
	struct load writes = {.every = 3, .batch = 100};
	struct load stands = {.every = 100, .takes = 5};

	run(&few, 60);
	ok_int(few.refused, 0, "four fifths of what can be done");
	run(&writes, 60);
	ok(writes.served > 15000, "reads that each end late: %d served",
	    writes.served);
	ok_int(writes.refused, 0, "are not too much, some always wait");
	run(&stands, 10);
	stands.batch = 2000;
	read_some(&stands);
	stands.batch = 0;
	run(&stands, 10);
	ok_int(stands.refused, 0, "one that takes two seconds to write");
	ok_int(few.strained + writes.strained + stands.strained, 0,
	    "nothing strains");
}

static void
too_much(void)
{
	struct load l = {.every = 2, .takes = 20};
	int ticks, strained;

	run(&l, 5);
	ticks = l.ticks;
	strained = l.strained;
	run(&l, 60);
	ok(l.served > 65 * 50 * 95 / 100, "ten times too much: %d served",
	    l.served);
	ok(l.refused > 65 * 450 * 95 / 100, "the others refused: %d",
	    l.refused);
	ok(l.longest <= BACKLOG_MS + 20, "none served of those who had waited");
	ok(l.waiting < 500, "nor are there more and more: %d", l.waiting);
	ok_int(l.strained - strained, l.ticks - ticks, "it strains all along");
	l.every = 0;
	run(&l, 1);
	ok_int(l.waiting, 0, "they stop, and it is done with");
	l.refused = 0;
	l.every = 25;
	run(&l, 2);
	l.strained = 0;
	run(&l, 60);
	ok_int(l.refused, 0, "then nobody is refused");
	ok_int(l.strained, 0, "and nothing strains");
}

/* One read that takes long. */
static void
burst(void)
{
	struct load l = {.waiting = READ, .takes = 20};

	run(&l, 3);
	ok_int(l.served, 26, "half a second of one read");
	ok_int(l.refused, READ - 26, "the rest at once");
	l.waiting = 1;
	l.refused = 0;
	run(&l, 1);
	ok_int(l.refused, 0, "the next is served");
}

/* Something always waits; what is refused is over all the same. */
static void
no_pause(void)
{
	struct load l = {.every = 2, .takes = 20, .batch = 10};

	run(&l, 60);
	ok(l.served > 60 * 50 * 3 / 4, "most of the time is for answers: %d",
	    l.served);
	ok(l.longest <= BACKLOG_MS + 20, "of those who had not waited");
	l.takes = 0;
	run(&l, 5);
	l.refused = 0;
	run(&l, 60);
	ok_int(l.refused, 0, "they take less, and nobody is refused");
}

/* Turns too short for all that came at once. */
static void
turns(void)
{
	int64_t began = now;

	b = (struct backlog){0};
	ok_int(backlog_delay(&b, now), 0, "nothing waits");
	backlog_read(&b, 30 * MESSAGE, now);
	for (int i = 0; i < 30; i++) {
		now += 20;
		backlog_message(&b, now);
		if (b.behind)
			break;
		backlog_handled(&b, MESSAGE, (29 - i) * MESSAGE, now);
		backlog_read(&b, MESSAGE, now);
	}
	ok_int(now - began, 520, "what came then is late half a second on");
	ok_int(backlog_delay(&b, now), 520, "and that is told");
	backlog_handled(&b, 5 * MESSAGE, 0, now);
	ok_int(backlog_delay(&b, now), 0, "until it is handled");
}

int
main(void)
{
	enough();
	too_much();
	burst();
	no_pause();
	turns();
	return test_done();
}
