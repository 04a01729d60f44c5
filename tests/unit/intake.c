/* What becomes of a carrier's texts, by a clock of our own: in turns that are
 * taken by hand, over links that only count how often they are held. */
#include <stdint.h>

#define when_micros now_micros /* of the code under test */
#define when_ticks now_ticks
#include "smsc-gw/intake.c"
#include "smsc-gw/admission.c"
#include "core/breaker.c"
#include "smsc-gw/queue.c"
#define place recall_place /* core/ has another */
#include "smsc-gw/recall.c"
#undef place
#undef when_micros
#undef when_ticks

#include "fixture.h"
#include "test.h"

#define SECOND 1000000
#define NOW 1795305600 /* epoch seconds */
#define REPEATS 60     /* seconds */
#define RECALLED 1024

/* The clock. */

static int64_t clock_now;

int64_t
now_micros(void)
{
	return clock_now;
}

int64_t
now_ticks(void)
{
	return clock_now / 1000;
}

static void
pass(double seconds)
{
	clock_now += seconds * SECOND;
	when_set(NOW + clock_now / SECOND, 0);
}

/* Turns are taken by hand. */

static struct turn *asked;
static unsigned others; /* that wait for theirs */

void
turns_ask(struct turns *t, struct turn *turn)
{
	(void)t;
	turn->waits = 1;
	asked = turn;
}

void
turns_leave(struct turns *t, struct turn *turn)
{
	(void)t;
	turn->waits = 0;
}

unsigned
turns_waiting(const struct turns *t)
{
	(void)t;
	return others + (asked != NULL && asked->waits);
}

/* 1 when there was one, and another is wanted. */
static int
turn(void)
{
	int again;

	if (asked == NULL || !asked->waits)
		return 0;
	asked->waits = 0;
	again = asked->take(asked->arg);
	if (again)
		turns_ask(NULL, asked);
	return again;
}

/* Links. */

struct link {
	unsigned held;
};

static struct link one, two;

void
link_hold(struct link *l)
{
	l->held++;
}

/* What came of it all. */

static struct intake *intake;
static struct recall *recall;
static char order[64]; /* what was told, a letter each */
static size_t norder;
static struct queued last;
static enum shed shed_last;
static int64_t text_takes, end_takes; /* us */
static int refuses;                   /* each is refused for now after all */

static void
note(char what)
{
	if (norder < sizeof(order) - 1)
		order[norder++] = what;
	order[norder] = '\0';
}

static void
on_shed(enum shed level, void *arg)
{
	(void)arg;
	shed_last = level;
}

static int
on_text(const struct queued *x, void *arg)
{
	(void)arg;
	note('t');
	last = *x;
	clock_now += text_takes;
	return !refuses;
}

static void
on_late(const struct queued *x, void *arg)
{
	(void)arg;
	note('l');
	last = *x;
}

static void
on_done(void *arg)
{
	(void)arg;
	note('.');
	clock_now += end_takes;
}

static void
on_resume(void *arg)
{
	(void)arg;
	note('r');
}

static const struct intake_events events = {
    .shed = on_shed,
    .text = on_text,
    .late = on_late,
    .turn_done = on_done,
    .resume = on_resume,
};

/* What was told since the last call. */
static const char *
told_now(void)
{
	static char was[sizeof(order)];

	strcpy(was, order);
	norder = 0;
	order[0] = '\0';
	return was;
}

static void
begin(int shares)
{
	static struct event_base *base;

	if (base == NULL)
		base = event_base_new();
	intake_free(intake);
	recall_free(recall);
	intake = NULL;
	asked = NULL;
	others = 0;
	one = two = (struct link){0};
	text_takes = 100;
	end_takes = 0;
	refuses = 0;
	pass(100);
	if (recall_new(&recall, RECALLED) < 0 ||
	    intake_new(&intake, base, NULL, recall, &events, NULL) < 0)
		exit(1);
	intake_reload(intake, "cmcc", REPEATS, shares);
	told_now();
}

/* A text comes over a link; 1 when it waits. */
static int
come_with(struct link *l, uint64_t text, int has_room)
{
	const struct origin origin = {.link = l};
	const struct deliver_sm sm = {
	    .message = (const uint8_t *)"CX", .message_len = 2};

	return intake_text(intake, &origin, &sm, NULL,
	    &(struct known){.text = text}, has_room);
}

/* To a service that asks, `from` whom it is known by that. */
static int
come_from(uint64_t from, uint64_t text)
{
	static const struct conf_service service = {.reply_minutes = 5};
	const struct asker asker = {.service = &service};
	const struct origin origin = {.link = &one};
	const struct deliver_sm sm = {0};

	return intake_text(intake, &origin, &sm, &asker,
	    &(struct known){.text = text, .asked = from}, 1);
}

static int
come(uint64_t text)
{
	return come_with(&one, text, 1);
}

/* And is refused. */
static void
refused(uint64_t text)
{
	if (come_with(&one, text, 0))
		exit(1);
}

/* And is answered, at once. */
static void
answered(uint64_t text)
{
	if (!come(text) || !turn())
		exit(1);
	intake_answered(intake, &last, 1);
	told_now();
}

/* So long takes a text, as is known from many. */
static void
learn(int64_t takes)
{
	text_takes = takes;
	for (uint64_t text = 1000000; text < 1000200; text++) {
		come(text);
		while (turn())
			;
	}
	told_now();
}

/* What one that waits is taken for, after its turn: "new", "again, of 7 s ago".
 */
static const char *
taken(int waits)
{
	static const char *const names[] = {
	    [ADMISSION_NEW] = "new",
	    [ADMISSION_BEGINS] = "begins",
	    [ADMISSION_AGAIN] = "again",
	    [ADMISSION_RETURNS] = "returns",
	    [ADMISSION_GOES_ON] = "goes on",
	    [ADMISSION_REPEATED] = "repeated",
	};
	static char out[64];

	if (!waits)
		return "refused";
	turn();
	if (strcmp(told_now(), "t.") != 0)
		return "not told";
	snprintf(out, sizeof(out), "%s%s", names[last.is],
	    last.before.is_copy ? ", a copy" : "");
	if (last.before.refused != 0)
		snprintf(out + strlen(out), 32, ", of %d s ago",
		    (int)(when_now() - last.before.refused));
	return out;
}

static const char *
taken_for(uint64_t text)
{
	return taken(come(text));
}

/* What is tested. */

static void
one_text(void)
{
	begin(0);
	ok_int(come(1), 1, "a text waits");
	ok_int(intake_state(intake).queued, 1, "and counts");
	ok_str(told_now(), "", "until there is a turn");
	ok_int(turn(), 1, "which asks for another");
	ok_str(told_now(), "t.", "it is to be answered, then the turn is over");
	ok(last.origin.link == &one && last.known.text == 1 &&
		last.sm.message_len == 2 && last.came == clock_now - 100,
	    "all is there that came");
	ok_int(intake_state(intake).queued, 0, "it waits no more");
	ok_int(turn(), 0, "a turn with nothing to do is the last");
	ok_str(told_now(), "", "of which nobody hears");
}

/* Who asks is known until another configuration is read. */
static void
askers(void)
{
	static const struct conf_service service;
	const struct asker asker = {.service = &service, .msisdn = "86138"};
	const struct origin origin = {.link = &one};
	const struct deliver_sm sm = {0};

	begin(0);
	intake_text(
	    intake, &origin, &sm, &asker, &(struct known){.text = 1}, 1);
	turn();
	ok(last.asker.service == &service &&
		strcmp(last.asker.msisdn, "86138") == 0,
	    "who asks is told with the text");
	intake_text(
	    intake, &origin, &sm, &asker, &(struct known){.text = 2}, 1);
	intake_reload(intake, "cmcc", REPEATS, 0);
	turn();
	ok(last.known.text == 2 && last.asker.service == NULL,
	    "but not by a configuration that is no more");
}

/* A turn is short, but worth its end. */
static void
length(void)
{
	begin(0);
	for (int i = 0; i < 30; i++)
		come_with(&one, 0, 1);
	turn();
	ok_int(strlen(told_now()) - 1, 10, "a millisecond when alone");
	begin(1);
	for (int i = 0; i < 40; i++) {
		for (int j = 0; j < 3; j++)
			come_with(&one, 0, 1);
		turn();
	}
	told_now();
	turn();
	ok_int(strlen(told_now()) - 1, 2,
	    "beside others what fits into a quarter of that");
	text_takes = 900;
	turn();
	ok_int(strlen(told_now()) - 1, 1, "but one in any case");
	text_takes = 100;
	begin(0);
	end_takes = 500;
	for (int i = 0; i < 40; i++) {
		for (int j = 0; j < 30; j++)
			come_with(&one, 0, 1);
		turn();
	}
	told_now();
	turn();
	ok_int(strlen(told_now()) - 1, 19, "what fits into four times its end");
}

static void
kinds(void)
{
	struct intake_counters c;

	begin(0);
	ok_str(taken_for(1), "new", "a text");
	ok_str(taken_for(1), "new", "the same, of which nobody knows more");
	ok_str(taken_for(0), "repeated", "one that goes on with something");
	refused(2);
	pass(4);
	ok_str(taken_for(2), "again, of 4 s ago", "one refused");
	pass(2);
	ok_str(taken_for(2), "returns, of 6 s ago", "long ago");
	c = intake_state(intake).counters;
	ok(c.admitted == 5 && c.repeated == 0 && c.returned == 2 &&
		c.refused == 1 && c.late == 0,
	    "each is counted: %lu admitted, %lu repeated, %lu returned, "
	    "%lu refused, %lu late",
	    c.admitted, c.repeated, c.returned, c.refused, c.late);

	answered(3);
	pass(REPEATS - 1);
	ok_str(taken_for(3), "repeated", "one answered is from memory");
	ok_int(
	    intake_state(intake).counters.repeated, 1, "and counted as that");
	pass(1);
	ok_str(taken_for(3), "new", "as long as that is answered from memory");
	answered(3);
	intake_answered(intake, &last, 0);
	ok_str(taken_for(3), "new", "or not at all");
	answered(4);
	when_set(NOW + clock_now / SECOND - 10, 0);
	ok_str(taken_for(4), "new", "the clock was set back");
}

/* An SMSC sends each that was refused again, also what was answered meanwhile
 * because another copy of it came. */
static void
copies(void)
{
	begin(0);
	refused(1);
	refused(1);
	refused(1);
	answered(1);
	pass(REPEATS + 1);
	ok_str(taken_for(1), "repeated, a copy", "the second of three");
	pass(299 - REPEATS - 1);
	ok_str(taken_for(1), "repeated, a copy", "the third, within minutes");
	ok_str(taken_for(1), "new", "there are no more than three");

	refused(2);
	refused(2);
	answered(2);
	pass(300);
	ok_str(
	    taken_for(2), "new", "five minutes later it is another question");
}

/* What its sender was asked is not in vain. */
static void
replies(void)
{
	int n = 0;

	begin(0);
	ok_str(taken(come_from(7, 1)), "new", "nobody was asked");
	intake_asked(intake, &last);
	ok_str(taken(come_from(8, 2)), "new", "nor was another");
	ok_str(taken(come_from(7, 3)), "goes on", "who was asked goes on");
	ok_str(taken(come_from(7, 4)), "new", "once");
	intake_asked(intake, &last);
	pass(299);
	ok_str(taken(come_from(7, 5)), "goes on", "within reply_minutes");
	intake_asked(intake, &last);
	pass(300);
	ok_str(taken(come_from(7, 6)), "new", "and no longer");
	refused(9);
	intake_asked(intake, &last);
	ok_str(taken(come_from(7, 9)), "goes on, of 0 s ago",
	    "also when it was refused before");
	answered(10);
	intake_asked(intake, &last);
	ok_str(taken(come_from(7, 10)), "repeated",
	    "what is answered from memory is no reply");

	begin(0);
	learn(10000);
	come_from(7, 1);
	turn();
	intake_asked(intake, &last);
	while (n < 5000 && come(10 + n))
		n++;
	for (int i = 0; i < n / 8; i++)
		turn();
	ok_int(come(9), 0, "%d new ones, and there is no room", n);
	ok_int(come_from(7, 2), 1, "but for one that goes on");
	turn();
	ok(last.known.text == 2 && last.is == ADMISSION_GOES_ON,
	    "whose turn is before all others'");
}

/* A step is shed in a second; the level as if that had been so. */
static void
begins(void)
{
	begin(0);
	intake->shedding.level = SHED_PROMPTS;
	ok_str(taken(come_from(7, 1)), "begins", "a dialogue may begin");
	intake_asked(intake, &last);
	ok_str(taken(come_from(7, 2)), "goes on", "a reply begins none");
	ok_str(taken(come_from(0, 3)), "new", "nor who is never asked");
	ok_str(taken(come(0)), "repeated", "nor what goes on by USSD");
	ok_str(taken(come(4)), "begins", "but a session does");
	intake->shedding.level = SHED_MARKS;
	ok_str(taken(come_from(7, 5)), "new", "one step less");
}

/* Its turn came, and it is refused for now all the same. */
static void
turned_down(void)
{
	int64_t cost;

	begin(0);
	answered(1);
	cost = intake_state(intake).cost;
	refuses = 1;
	text_takes = 100000;
	come_from(7, 2);
	turn();
	ok_str(told_now(), "t.", "a text that is refused in its turn");
	ok_int(intake_state(intake).counters.late, 1, "is counted");
	ok_int(intake_state(intake).cost, cost, "and is not what a text costs");
	refuses = 0;
	pass(2);
	ok_str(taken(come_from(7, 2)), "again, of 2 s ago", "and recalled");
	intake_asked(intake, &last);
	refuses = 1;
	come_from(7, 3);
	turn();
	told_now();
	refuses = 0;
	ok_str(taken(come_from(7, 3)), "goes on, of 0 s ago",
	    "a reply is one still when it comes again");
	intake_asked(intake, &last);
	pass(200);
	refuses = 1;
	come_from(7, 4);
	turn();
	told_now();
	refuses = 0;
	pass(100);
	ok_str(taken(come_from(7, 5)), "new",
	    "but its sender has no more time for that");
}

static void
late(void)
{
	struct recalled r;
	int64_t cost;

	begin(0);
	come(1);
	come(2);
	pass(0.9);
	ok_int(intake_state(intake).counters.late, 0, "two that wait");
	turn();
	ok_str(told_now(), "tl.",
	    "the one is in time, the other was too late for that");
	ok(last.known.text == 2, "it is refused after all");
	ok_int(recall_text(recall, 2, when_now(), &r), RECALL_REFUSED,
	    "and recalled");
	ok_int(intake_state(intake).counters.late, 1, "and counted");
	pass(2);
	ok_str(taken_for(2), "again, of 2 s ago", "when it comes again");
	come(0);
	pass(1);
	turn();
	ok_str(told_now(), "l.", "one that goes on with something as well");
	ok_int(recall_text(recall, 0, when_now(), &r), RECALL_NOTHING,
	    "but is no text");
	cost = intake_state(intake).cost;
	for (uint64_t text = 10; text < 40; text++)
		come(text);
	pass(1);
	turn();
	told_now();
	ok_int(intake_state(intake).cost, cost,
	    "what was too late tells nothing of what a text takes");
}

/* Refusing has a share of the time; then what comes over a link stays unread,
 * as long as there is something to answer. */
static void
holding(void)
{
	begin(0);
	for (int i = 0; i < 100; i++) {
		clock_now += 20;
		refused(10 + i);
	}
	ok_int(one.held, 0, "with nothing to do all are refused");
	pass(1);
	come(1);
	for (int i = 0; i < 100; i++) {
		clock_now += 20;
		refused(10 + i);
	}
	ok(one.held > 0 && two.held == 0,
	    "more than is refused in its share of the time: held");
	come(2);
	come(3);
	text_takes = 1001; /* a turn is one text */
	turn();
	ok_str(told_now(), "t.", "it is, while that share is used up");
	text_takes = 30000;
	turn();
	ok_str(told_now(), "t.r", "and read on with when there is some again");
	text_takes = 1001;
	turn();
	ok_str(told_now(), "t.", "of which nobody hears twice");

	begin(0);
	come(1);
	for (int i = 0; i < 100; i++) {
		clock_now += 20;
		refused(10 + i);
	}
	turn();
	ok_str(told_now(), "t.r", "at once, when nothing else is to be done");
}

static void
no_room(void)
{
	struct recalled r;
	int n = 0;

	begin(0);
	ok_int(come_with(&one, 1, 0), 0, "no room for its answer");
	ok_int(recall_text(recall, 1, when_now(), &r), RECALL_REFUSED,
	    "it is recalled");
	ok_int(come_with(&one, 0, 0), 0, "nor for one that goes on");
	while (n < 5000 && come(0))
		n++;
	ok_int(n, 4096, "nor is there for more than wait");
	ok_int(intake_state(intake).counters.refused, 3, "all are counted");
}

static void
breaking(void)
{
	begin(1);
	answered(1);
	text_takes = 200000;
	for (uint64_t text = 2; text < 4; text++)
		come(text);
	come(1);
	turn();
	ok_str(told_now(), "t.", "a turn that takes long");
	ok_int(intake_state(intake).is_open, 1, "opens the breaker");
	ok_int(come(5), 0, "new ones are refused,");
	ok_int(come(1), 1, "repeats are not,");
	ok_int(come(0), 1, "nor what goes on with something");
	text_takes = 100;
	turn();
	ok_str(told_now(), "lttt.", "as with those that waited,");
	ok_int(intake_state(intake).counters.refused, 1, "and counted");
	ok_int(intake_state(intake).counters.late, 1, "as those are");
	pass(0.9 * 2);
	ok_int(intake_state(intake).is_open, 0, "nine times as long");
	ok_int(come(6), 1, "then it is over");
	ok_int(intake_state(intake).opened, 1, "and was once");
	text_takes = 200000;
	turn();
	ok_int(come(7), 0, "once more");
	intake_reload(intake, "cmcc", REPEATS, 0);
	ok_int(come(7), 1, "but not where nobody else is served any more");

	begin(0);
	text_takes = 200000;
	come(1);
	turn();
	ok_int(intake_state(intake).opened, 0, "a carrier that is alone");
	ok_int(come(2), 1, "has none");
}

static void
down(void)
{
	begin(0);
	come_with(&one, 1, 1);
	come_with(&two, 2, 1);
	come_with(&one, 3, 1);
	intake_down(intake, &one);
	ok_int(intake_state(intake).queued, 1, "a link is no more");
	turn();
	ok_str(told_now(), "t.", "one text was not its");
	ok(last.known.text == 2 && last.origin.link == &two, "and is answered");
	ok_int(intake_state(intake).counters.late, 0, "none was late");
	come_from(7, 4);
	turn();
	intake_asked(intake, &last);
	come_from(7, 5);
	intake_down(intake, &one);
	told_now();
	ok_str(taken(come_from(7, 5)), "goes on", "a reply comes again as one");
}

/* Others' turns come in between. */
static void
shared(void)
{
	int alone = 0, n = 0;

	begin(1);
	learn(10000);
	while (come(100 + alone))
		alone++;
	begin(1);
	learn(10000);
	others = 3;
	while (come(100 + n))
		n++;
	ok(n > 0 && n <= alone / 3,
	    "%d wait where one carrier is served, "
	    "%d of each where four are",
	    alone, n);
}

/* The SMSC takes no more: nothing has room. */
static void
roomless(void)
{
	begin(0);
	on_tick(-1, 0, intake);
	for (int i = 0; i < 5; i++) {
		refused(2 + i);
		on_tick(-1, 0, intake);
		pass(0.25);
	}
	ok_int(intake_state(intake).level, SHED_NOTICES,
	    "is too much to do as well");
	for (int i = 0; i < 16; i++) {
		on_tick(-1, 0, intake);
		pass(0.25);
	}
	ok_int(intake_state(intake).level, SHED_NOTHING, "until there is room");
}

/* Each time more than can be done, until the first step. */
static void
shedding(void)
{
	int rounds = 0;

	begin(0);
	text_takes = 500;
	for (; rounds < 20 && !intake_state(intake).changes; rounds++) {
		for (uint64_t text = 1; text < 1700; text++)
			come(2000 * rounds + text);
		on_tick(-1, 0, intake);
		while (turn())
			;
		pass(0.25);
	}
	ok(rounds > 2, "too much to do, for longer than a second");
	ok_int(intake_state(intake).level, SHED_NOTICES, "is a step,");
	come(1);
	turn();
	ok_int(shed_last, SHED_NOTICES, "of which the texts to come know");
}

int
main(void)
{
	capture_log();
	one_text();
	askers();
	length();
	kinds();
	copies();
	replies();
	begins();
	turned_down();
	late();
	holding();
	no_room();
	breaking();
	down();
	shared();
	roomless();
	shedding();
	intake_free(intake);
	recall_free(recall);
	return test_done();
}
