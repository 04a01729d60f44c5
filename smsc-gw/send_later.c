/* What becomes of answers as time passes: those that take too long go into
 * the outbox, those that pause come back, those that nobody waits for any
 * more are dropped, those that others left are taken over; and the end of a
 * link, or of all. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "log.h"
#include "sender.h"
#include "when.h"

#define TICK_MS 250
#define RENEW_MS (OUTBOX_LEASE * 1000 / 3)
#define CLAIM_MS 2000
#define WIPE_MS 5000
#define STOP_MS 3000

static int
is_overdue(const struct sender *s, const struct job *j)
{
	for (unsigned i = 0; i < j->nowed; i++)
		if (s->now - j->since >=
		    link_conf(j->owed_to[i].link)->ack_after * 1000LL)
			return 1;
	return 0;
}

static void
store_overdue(struct sender *s)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(&s->jobs.owed); j != NULL; j = next) {
		next = TAILQ_NEXT(j, owed);
		if (is_overdue(s, j))
			sender_store(s, j);
	}
}

static void
end_pauses(struct sender *s)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(&s->jobs.paused); j != NULL; j = next) {
		next = TAILQ_NEXT(j, entry);
		if (s->now >= j->not_before)
			sender_settle(s, j);
	}
}

/* What nobody waits for any more. */
static void
expire(struct sender *s)
{
	int64_t now = time(NULL);
	struct job *j, *next;

	for (j = TAILQ_FIRST(&s->jobs.all); j != NULL; j = next) {
		next = TAILQ_NEXT(j, all);
		if (now < j->expires)
			continue;
		if (j->dropped) { /* nor is its row, erased or not */
			job_saved(&s->jobs, j);
			sender_end(s, j);
			continue;
		}
		s->counters.expired++;
		sender_acknowledge(s, j);
		query_sent(s->query, &j->ticket, NULL);
		sender_drop(s, j);
	}
}

/* A row that another instance left, or this one before it was killed. */
static int
on_row(const struct outbox_row *row, void *arg)
{
	struct sender *s = arg;
	struct lane *none = lane_of_none(&s->jobs);
	struct job *j = job_take(none);

	s->rows++;
	if (j == NULL)
		return -EAGAIN;
	j->since = s->now;
	j->message = row->message;
	j->id = row->id;
	j->expires = row->expires;
	j->validity_minutes = (row->expires - time(NULL)) / 60 + 1;
	j->stored = 1;
	if (time(NULL) >= row->expires ||
	    form_cut(&j->form, &j->message, FORM_MAX) < 0) {
		s->counters.expired++;
		return outbox_erase(s->outbox, row->id);
	}
	j->done = row->done;
	job_claim(&s->jobs, j); /* to be sent when the claim is durable */
	return 0;
}

static void
claim(struct sender *s)
{
	const struct lane *none = lane_of_none(&s->jobs);
	int room = none->quota - none->busy;

	if (room == 0 || sender_link_for(s, none) == NULL)
		return;
	s->rows = 0;
	outbox_claim(s->outbox, time(NULL), room, on_row, s);
	s->more = s->rows == room;
}

/* Half of the room at a time, so that a claim is not one for each answer. */
void
sender_claim_more(struct sender *s)
{
	const struct lane *none = lane_of_none(&s->jobs);

	if (s->more && !s->stopping && none->busy <= none->quota / 2)
		claim(s);
}

/* A link that is to go. */

/* What is owed and was not begun. */
static void
refuse_unbegun(struct sender *s, const struct link *l)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(&s->jobs.owed); j != NULL; j = next) {
		next = TAILQ_NEXT(j, owed);
		if (job_is_owed_to(j, l) && j->done == 0 && j->flying == 0)
			sender_refuse(s, j);
	}
}

/* Puts what is owed into the outbox. */
static void
store_owed(struct sender *s, const struct link *l)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(&s->jobs.owed); j != NULL; j = next) {
		next = TAILQ_NEXT(j, owed);
		if (job_is_owed_to(j, l))
			sender_store(s, j);
	}
}

/* What others can send as well is no longer this link's. */
static void
hand_over(struct sender *s, struct lane *lane)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(&lane->begun); j != NULL; j = next) {
		next = TAILQ_NEXT(j, entry);
		if (!job_is_owed_to(j, lane->link))
			job_keep_to(&s->jobs, j, NULL);
	}
	for (j = TAILQ_FIRST(&lane->ready); j != NULL; j = next) {
		next = TAILQ_NEXT(j, entry);
		if (!job_is_owed_to(j, lane->link))
			job_ready(&s->jobs, j, lane_of_none(&s->jobs));
	}
}

static int
flies_over(const struct job *j, const struct link *l)
{
	for (int i = 0; i < j->form.n; i++)
		if (j->flying & 1u << i && j->flights[i].over == l)
			return 1;
	return 0;
}

/* Is nothing owed to a link, and nothing in flight over it? */
static int
is_drained(const struct sender *s, const struct link *l)
{
	const struct job *j;

	TAILQ_FOREACH (j, &s->jobs.all, all)
		if (job_is_owed_to(j, l) || flies_over(j, l))
			return 0;
	return 1;
}

void
sender_drain(struct sender *s, struct link *l)
{
	struct lane *lane = lane_of(&s->jobs, l);

	lane->state = LANE_DRAINS;
	lane->draining = s->now = when_ticks();
	refuse_unbegun(s, l);
	hand_over(s, lane);
}

static void
end_drains(struct sender *s)
{
	struct lane *lane;

	TAILQ_FOREACH (lane, &s->jobs.lanes, entry) {
		if (lane->state != LANE_DRAINS)
			continue;
		hand_over(s, lane);
		if (!is_drained(s, lane->link) &&
		    s->now - lane->draining <= STOP_MS)
			continue;
		lane->state = LANE_SHUT;
		store_owed(s, lane->link);
		sender_flush(s, 0); /* which acknowledges it */
		s->idle(lane->link, s->arg);
	}
}

/* The end. */

void
sender_stop(struct sender *s)
{
	if (s->stopping)
		return;
	s->stopping = s->now = when_ticks();
	refuse_unbegun(s, NULL);
}

/* The rest goes into the outbox, free for others. */
static void
leave(struct sender *s)
{
	store_owed(s, NULL);
	outbox_release(s->outbox);
	sender_flush(s, 0);
	event_del(s->tick);
	s->idle(NULL, s->arg);
}

/* What was stopped for longer than a lease, or could not write, owns no more
 * what others took over since. Until when the rest is leased, once that is
 * durable; 0 when it is not. */
static int64_t
renew(struct sender *s)
{
	int64_t now = time(NULL);
	struct job *j, *next;

	if (s->now - s->renewed <= RENEW_MS || outbox_renew(s->outbox, now) < 0)
		return 0;
	for (j = TAILQ_FIRST(&s->jobs.all); j != NULL; j = next) {
		next = TAILQ_NEXT(j, all);
		if (now >= s->leased)
			sender_lost(s, j);
	}
	return now + OUTBOX_LEASE;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct sender *s = arg;
	int64_t leased;

	(void)fd;
	(void)what;
	s->now = when_ticks();
	leased = renew(s); /* before another lease is looked at */
	store_overdue(s);
	end_pauses(s);
	expire(s);
	if (!s->stopping && s->now - s->claimed > CLAIM_MS) {
		s->claimed = s->now;
		outbox_expire(s->outbox, time(NULL));
		claim(s);
	}
	if (sender_flush(s, 0) == 0 && leased != 0) {
		s->leased = leased;
		s->renewed = s->now;
	}
	if (s->now - s->wiped > WIPE_MS) {
		s->wiped = s->now;
		state_wipe(s->state);
	}
	if (s->stopping &&
	    (TAILQ_EMPTY(&s->jobs.all) || s->now - s->stopping > STOP_MS))
		leave(s);
	else
		end_drains(s);
}

int
sender_tick(struct sender *s, struct event_base *base)
{
	const struct timeval tick = {0, TICK_MS * 1000};

	s->tick = event_new(base, -1, EV_PERSIST, on_tick, s);
	if (s->tick == NULL || event_add(s->tick, &tick) < 0)
		return -ENOMEM;
	return 0;
}
