/* deliver_sm ─▶ recall ─▶ admission ─▶ queue ─▶ its turn
 *                             └──▶ refused
 *
 * A turn is short, so that the next carrier's comes soon; but not shorter than
 * what ends it (a commit may take a disk's time) is worth. One that takes much
 * longer all the same opens the carrier's breaker. */
#include <errno.h>
#include <stdlib.h>

#include "breaker.h"
#include "intake.h"
#include "log.h"
#include "told.h"
#include "when.h"

#define QUEUED 4096     /* texts that wait at the most */
#define COMES_AGAIN 300 /* s after an answer: copies that were refused */
#define TICK_MS 250
#define REFUSAL_MAX 20 /* µs that one is reckoned at, at the most */

struct intake {
	struct turns *turns;
	struct event *tick;
	const char *carrier;
	const struct intake_events *events;
	void *arg;
	struct turn turn;
	struct queue *queue;
	struct recall *recall;
	struct admission admission;
	struct intake_counters counters;
	struct shedding shedding;
	unsigned long changes; /* of its level */
	int64_t done;          /* µs that the end of a turn takes, mean */
	int64_t refused;       /* when last */
	int64_t roomless;      /* when last no answer had room */
	int held;              /* some link */
	int64_t repeats;       /* seconds in which a text answered passes */
	int shares;            /* the process with other carriers */
	struct breaker breaker;
	struct told broke;
};

static int take_turn(void *arg);
static int begin_ticks(struct intake *i, struct event_base *base);

int
intake_new(struct intake **ip, struct event_base *base, struct turns *turns,
    struct recall *recall, const struct intake_events *events, void *arg)
{
	struct intake *i = calloc(1, sizeof(*i));

	if (i == NULL)
		return -ENOMEM;
	i->turns = turns;
	i->recall = recall;
	i->carrier = "";
	i->events = events;
	i->arg = arg;
	i->turn = (struct turn){.take = take_turn, .arg = i};
	admission_init(&i->admission, when_micros());
	i->roomless = when_micros() - 2 * ADMISSION_STANDING;
	if (queue_new(&i->queue, QUEUED) < 0 || begin_ticks(i, base) < 0) {
		intake_free(i);
		return -ENOMEM;
	}
	*ip = i;
	return 0;
}

void
intake_free(struct intake *i)
{
	if (i == NULL)
		return;
	turns_leave(i->turns, &i->turn);
	if (i->tick != NULL)
		event_free(i->tick);
	queue_free(i->queue);
	free(i);
}

void
intake_reload(
    struct intake *i, const char *carrier, unsigned repeats, int shares)
{
	i->carrier = carrier;
	i->repeats = repeats;
	i->shares = shares;
	queue_reload(i->queue);
}

static int
takes_long(const struct intake *i, int64_t now)
{
	return i->shares && breaker_is_open(&i->breaker, now);
}

int
intake_takes_long(const struct intake *i)
{
	return takes_long(i, when_micros());
}

struct intake_state
intake_state(const struct intake *i)
{
	return (struct intake_state){
	    .counters = i->counters,
	    .queued = i->admission.queued,
	    .delay = admission_delay(&i->admission, turns_waiting(i->turns)),
	    .cost = i->admission.cost,
	    .level = i->shedding.level,
	    .changes = i->changes,
	    .is_open = intake_takes_long(i),
	    .opened = i->breaker.opened,
	};
}

/* From time to time. */

static void
tell_breaker(struct intake *i, int acts)
{
	if (told_change(&i->broke, acts, when_ticks()) > 0)
		log_notice(DSMPP, "carrier %s breaker %s", i->carrier,
		    acts ? "opens: its texts take long" : "stays closed");
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct intake *i = arg;
	int64_t now = when_micros();
	int strained = admission_is_strained(&i->admission, now) ||
	    now - i->roomless <= ADMISSION_STANDING;

	(void)fd;
	(void)what;
	tell_breaker(i, breaker_acts(&i->breaker, now));
	if (!shed_tick(&i->shedding, strained, when_ticks()))
		return;
	i->changes++;
	shed_tell(&i->shedding, DSMPP, "carrier", i->carrier);
}

static int
begin_ticks(struct intake *i, struct event_base *base)
{
	const struct timeval often = {0, TICK_MS * 1000};

	i->tick = event_new(base, -1, EV_PERSIST, on_tick, i);
	if (i->tick == NULL || event_add(i->tick, &often) < 0)
		return -ENOMEM;
	return 0;
}

/* A text comes in. */

/* How many carriers' turns come before each of ours, with it. */
static unsigned
sharers(const struct intake *i)
{
	return turns_waiting(i->turns) + !i->turn.waits;
}

/* Each refusal makes one copy, which comes by and by. */
static int
is_copy(enum recall_what what, const struct recalled *r, int64_t age)
{
	return what == RECALL_ANSWERED && r->copies > 0 && age >= 0 &&
	    age < COMES_AGAIN;
}

static enum admission_text
kind(enum recall_what what, const struct recalled *r, int64_t age,
    int64_t repeats)
{
	switch (what) {
	case RECALL_ANSWERED:
		return (age >= 0 && age < repeats) || is_copy(what, r, age)
		    ? ADMISSION_REPEATED
		    : ADMISSION_NEW;
	case RECALL_REFUSED:
		return age < ADMISSION_LONG_AGO ? ADMISSION_AGAIN
						: ADMISSION_RETURNS;
	case RECALL_NOTHING:
		break;
	}
	return ADMISSION_NEW;
}

/* When was its sender asked something that they have not replied to since? 0:
 * they were not. */
static int64_t
was_asked(const struct intake *i, const struct asker *asker, uint64_t asked)
{
	int64_t now = when_now(), age;
	struct recalled r;

	if (asked == 0 ||
	    recall_text(i->recall, asked, now, &r) != RECALL_ANSWERED)
		return 0;
	age = now - r.since;
	return age >= 0 && age < asker->service->reply_minutes * 60LL ? r.since
								      : 0;
}

/* May it lead to a question? */
static int
may_begin(const struct asker *asker, const struct known *known)
{
	return asker == NULL || known->asked != 0;
}

/* What is `is` by its text alone is this by who sends it, asked at that time or
 * 0. What is answered from memory stays that: it is cheaper still. */
static enum admission_text
kind_of_sender(const struct intake *i, const struct asker *asker,
    const struct known *known, enum admission_text is, int64_t asked)
{
	if (is != ADMISSION_REPEATED && asked != 0)
		return ADMISSION_GOES_ON;
	if (is == ADMISSION_NEW && i->shedding.level >= SHED_PROMPTS &&
	    may_begin(asker, known))
		return ADMISSION_BEGINS;
	return is;
}

/* What one takes is what passed since the last; the first of a batch, which
 * comes after something else, brings the batch's reading and writing. */
static void
refuse(struct intake *i, struct link *l, uint64_t text, int64_t now)
{
	int64_t took = now - i->refused;

	if (text != 0)
		recall_refused(i->recall, text, when_now());
	i->refused = now;
	admission_refused(
	    &i->admission, took < REFUSAL_MAX ? took : REFUSAL_MAX);
	if (admission_may_refuse(&i->admission, now) ||
	    queue_first(i->queue) == NULL)
		return;
	link_hold(l);
	i->held = 1;
}

/* Is it open for a text? What is answered from memory takes no time. */
static int
is_broken(const struct intake *i, enum admission_text is, int64_t now)
{
	return is != ADMISSION_REPEATED && takes_long(i, now);
}

static int
may_wait(struct intake *i, enum admission_text is, int has_room, int64_t now)
{
	if (!has_room)
		i->roomless = now;
	if (!has_room || queue_is_full(i->queue) || is_broken(i, is, now) ||
	    !admission_admits(&i->admission, is, sharers(i), now)) {
		i->counters.refused++;
		return 0;
	}
	return 1;
}

/* One of a session is not recalled, and no repeat. */
static void
count(struct intake *i, enum recall_what what, enum admission_text is)
{
	i->counters.admitted++;
	i->counters.returned += what == RECALL_REFUSED;
	i->counters.repeated +=
	    what == RECALL_ANSWERED && is == ADMISSION_REPEATED;
}

void
intake_expect(const struct intake *i, uint64_t text)
{
	recall_expect(i->recall, text);
}

int
intake_text(struct intake *i, const struct origin *origin,
    const struct deliver_sm *sm, const struct asker *asker,
    const struct known *known, int has_room)
{
	int64_t now = when_micros(), age, asked = 0;
	enum recall_what what = RECALL_NOTHING;
	enum admission_text is = ADMISSION_REPEATED;
	struct recalled r = {0};
	struct queued *x;

	if (known->text != 0)
		what = recall_text(i->recall, known->text, when_now(), &r);
	age = when_now() - r.since;
	if (known->text != 0) {
		asked = was_asked(i, asker, known->asked);
		is = kind_of_sender(
		    i, asker, known, kind(what, &r, age, i->repeats), asked);
	}
	if (!may_wait(i, is, has_room, now)) {
		refuse(i, origin->link, known->text, now);
		return 0;
	}
	count(i, what, is);
	x = queue_put(i->queue, origin, sm, is == ADMISSION_GOES_ON);
	if (asker != NULL)
		x->asker = *asker;
	x->is = is;
	x->known = *known;
	x->before.refused = what == RECALL_REFUSED ? r.since : 0;
	x->before.is_copy = is_copy(what, &r, age);
	x->came = now;
	if (r.copies > 0)
		recall_returns(i->recall, known->text);
	if (is == ADMISSION_GOES_ON) {
		x->asked = asked;
		recall_forget(i->recall, known->asked);
	}
	turns_ask(i->turns, &i->turn);
	return 1;
}

void
intake_answered(struct intake *i, const struct queued *x, int may_repeat)
{
	if (x->known.text == 0)
		return;
	if (may_repeat)
		recall_answered(i->recall, x->known.text, when_now());
	else
		recall_forget(i->recall, x->known.text);
}

void
intake_asked(struct intake *i, const struct queued *x)
{
	if (x->known.asked != 0)
		recall_answered(i->recall, x->known.asked, when_now());
}

/* It was not looked at, and goes on then with what it does now: its sender has
 * no more time for that. */
static void
comes_again(struct intake *i, const struct queued *x)
{
	if (x->is == ADMISSION_GOES_ON)
		recall_answered(i->recall, x->known.asked, x->asked);
}

void
intake_down(struct intake *i, const struct link *l)
{
	struct queued *x = queue_of(i->queue, NULL, l), *next;

	for (; x != NULL; x = next) {
		next = queue_of(i->queue, x, l);
		admission_leaves(&i->admission, x->is, 0);
		comes_again(i, x);
		queue_drop(i->queue, x);
	}
}

/* A turn. */

static void
take_back(struct intake *i, const struct queued *x)
{
	i->counters.late++;
	if (x->known.text != 0)
		recall_refused(i->recall, x->known.text, when_now());
	comes_again(i, x);
}

/* 1 when it was worked on, 0 when it is refused after all. */
static int
take(struct intake *i, struct queued *x, int64_t now)
{
	int is_done = admission_leaves(&i->admission, x->is, now - x->came) &&
	    !is_broken(i, x->is, now);

	if (!is_done)
		i->events->late(x, i->arg);
	else
		is_done = i->events->text(x, i->arg);
	if (!is_done)
		take_back(i, x);
	queue_drop(i->queue, x);
	return is_done;
}

/* Texts of a kind that were worked on in a turn, and how long. */
struct work {
	unsigned n;
	int64_t took;
};

static void
resume(struct intake *i, int64_t now)
{
	if (!i->held ||
	    (queue_first(i->queue) != NULL &&
		!admission_may_resume(&i->admission, now)))
		return;
	i->held = 0;
	i->events->resume(i->arg);
}

/* What ends the turn is for the new ones, if there were any. */
static void
worked(struct intake *i, const struct work work[2], int64_t end)
{
	struct admission *a = &i->admission;

	admission_worked(a, ADMISSION_REPEATED, work[1].n, work[1].took);
	admission_worked(a, ADMISSION_NEW, work[0].n, work[0].took + end);
}

/* One with nothing to do is the round after the last: the sockets have been
 * looked at since, and nothing came. */
static int
take_turn(void *arg)
{
	struct intake *i = arg;
	int64_t began = when_micros(), now = began, then;
	int64_t longest = turn_longest(i->shares, i->done);
	struct work work[2] = {{0}}; /* new ones, repeats */
	struct queued *x;
	unsigned n = 0;
	int done;

	if (queue_first(i->queue) == NULL && !i->held) {
		admission_idle(&i->admission);
		return 0;
	}
	admission_turn(&i->admission);
	i->events->shed(i->shedding.level, i->arg);
	for (; (x = queue_first(i->queue)) != NULL; n++) {
		struct work *w = &work[x->is == ADMISSION_REPEATED];

		if (n > 0 &&
		    now - began + admission_cost(&i->admission, x->is) >=
			longest)
			break;
		then = now;
		done = take(i, x, now);
		now = when_micros();
		w->n += done;
		w->took += done ? now - then : 0;
	}
	then = now;
	i->events->turn_done(i->arg);
	now = when_micros();
	i->done += (now - then - i->done) / 8;
	worked(i, work, now - then);
	if (i->shares)
		breaker_took(&i->breaker, now - began, now);
	resume(i, now);
	return 1;
}
