/* The way of an answer out.
 *
 *   sender_send ─▶ READY ──▶ WAITING ──every segment done──▶ FREE
 *                   ▲ ▲          │
 *                   │ └── PAUSED ┘ a segment refused for now
 *
 * A job holds one answer. Its segments are bits: done (taken, or refused for
 * good: send_back.c), flying (sent and unanswered); what is neither is still to
 * be sent. Ready jobs wait in the lane of the link they came from, or in the
 * lane of none; they go over whichever link is least loaded (send_over.c), but
 * what waits for a link has it first, so that a slow SMSC holds up its own.
 *
 * A deliver_sm is owed an answer until all segments are done; if that takes
 * longer than its link's ack_after, the job goes into the outbox and the
 * deliver_sm is acknowledged when that is durable. */
#include <errno.h>
#include <time.h>

#include "sender.h"
#include "when.h"

static int
takes(const struct sender *s, const struct lane *lane)
{
	return !s->stopping && lane->state == LANE_OPEN;
}

int
sender_takes(const struct sender *s, const struct link *l)
{
	return takes(s, lane_of(&s->jobs, l));
}

int
sender_can_keep(const struct sender *s, const struct link *l)
{
	const struct lane *lane = lane_of(&s->jobs, l);

	return lane->busy < lane->quota;
}

/* When a link is about to go, it is for what is owed to it only. */
static int
may_take(const struct lane *lane, const struct job *j)
{
	return lane->link != NULL && link_may_send(lane->link) &&
	    (lane->state == LANE_OPEN || job_is_owed_to(j, lane->link));
}

/* The lane of the link that it keeps to, or of its own, while that can send;
 * else that of none. */
static struct lane *
turn_of(struct sender *s, struct job *j)
{
	struct lane *lane;

	if (j->over != NULL) {
		lane = lane_of(&s->jobs, j->over);
		if (may_take(lane, j))
			return lane;
		job_keep_to(&s->jobs, j, NULL);
	}
	return may_take(j->home, j) ? j->home : lane_of_none(&s->jobs);
}

void
sender_settle(struct sender *s, struct job *j)
{
	if (job_to_send(j) == 0)
		job_wait(&s->jobs, j);
	else
		job_ready(&s->jobs, j, turn_of(s, j));
}

void
sender_acknowledge(struct sender *s, struct job *j)
{
	const struct origin *o = j->owed_to;

	for (; o < j->owed_to + j->nowed; o++)
		link_ack(o->link, &o->request, ESME_ROK);
	job_owe_no_more(&s->jobs, j, NULL);
}

void
sender_drop(struct sender *s, struct job *j)
{
	job_owe_no_more(&s->jobs, j, NULL);
	if (j->stored)
		job_unsaved(&s->jobs, j);
	j->dropped = 1;
	job_wait(&s->jobs, j);
	sender_end(s, j);
}

/* What comes late for it finds nothing. */
static void
forget_late(struct sender *s, struct job *j)
{
	const struct lane *lane;

	TAILQ_FOREACH (lane, &s->jobs.lanes, entry)
		for (int i = 0; i < j->form.n; i++)
			if (lane->link != NULL && j->late & 1u << i)
				link_forget(lane->link, &j->flights[i]);
}

void
sender_end(struct sender *s, struct job *j)
{
	if (!j->dropped || j->flying != 0 || j->is_unsaved)
		return;
	if (j->late != 0)
		forget_late(s, j);
	job_free(&s->jobs, j);
}

int
sender_lost(struct sender *s, struct job *j)
{
	if (!j->stored || j->dropped || outbox_is_lost(s->outbox, j->id) != 1)
		return 0;
	job_saved(&s->jobs, j); /* the row is not ours to write */
	job_stored(&s->jobs, j, 0);
	query_sent(s->query, &j->ticket, NULL);
	sender_drop(s, j);
	return 1;
}

void
sender_refuse(struct sender *s, struct job *j)
{
	const struct origin *o = j->owed_to;

	s->counters.failed++;
	for (; o < j->owed_to + j->nowed; o++)
		link_ack(
		    o->link, &o->request, link_conf(o->link)->retry_status);
	query_refused(s->query, &j->ticket);
	sender_drop(s, j);
}

/* A job that cannot be stored. If some of it was sent the SMSC may take it,
 * and if we refused the deliver_sm too, it would be answered twice. */
static void
not_stored(struct sender *s, struct job *j)
{
	if (j->done == 0 && j->flying == 0)
		sender_refuse(s, j);
}

void
sender_store(struct sender *s, struct job *j)
{
	if (outbox_put(s->outbox, &j->message, j->done, j->expires, time(NULL),
		&j->id) < 0) {
		not_stored(s, j);
		return;
	}
	s->counters.stored++;
	job_stored(&s->jobs, j, 1);
}

/* A new job. */

int
sender_repeat(struct sender *s, uint64_t request, const struct origin *origin)
{
	struct job *j = job_owed_for(&s->jobs, request);

	return j != NULL ? job_owe(&s->jobs, j, origin) : -ENOENT;
}

int
sender_begin(struct sender *s, struct job *j, const struct outbox_message *m,
    unsigned max_segments, uint32_t validity_minutes)
{
	if (j == NULL)
		return -EAGAIN;
	outbox_copy(&j->message, m);
	if (form_cut(&j->form, &j->message, max_segments) < 0)
		return -E2BIG;
	j->since = s->now;
	j->validity_minutes = validity_minutes;
	j->expires = time(NULL) + 60 * (int64_t)validity_minutes;
	return 0;
}

int
sender_send(struct sender *s, const struct outbox_message *m,
    const struct origin *origin, const struct ticket *ticket,
    unsigned max_segments, uint32_t validity_minutes)
{
	struct lane *lane;
	struct job *j;
	int rc;

	if (origin == NULL)
		return sender_pass(s, m, max_segments, validity_minutes);
	lane = lane_of(&s->jobs, origin->link);
	j = takes(s, lane) ? job_take(lane) : NULL;
	rc = sender_begin(s, j, m, max_segments, validity_minutes);
	if (rc < 0)
		return rc;
	j->ticket = *ticket;
	job_owe(&s->jobs, j, origin);
	job_ready(&s->jobs, j, turn_of(s, j));
	if (ticket->must_hold)
		job_hold(&s->jobs, j);
	if (link_conf(origin->link)->ack_after == 0)
		sender_store(s, j);
	return 0;
}

/* Sending. */

void
sender_segment(struct sender *s, struct job *j, struct link *l)
{
	int i = __builtin_ctz(job_to_send(j));
	struct submit_sm sm;

	form_submit(&j->form, &j->message, i, &sm);
	sm.validity_minutes = j->validity_minutes;
	if (link_conf(l)->interface_version < 0x34)
		sm.has_reference = 0; /* 5.2.4: it knows no such thing */
	j->flying |= 1u << i;
	s->counters.segments++;
	s->counters.again += j->tries > 0;
	j->flights[i] = (struct flight){j, l, i};
	link_submit(l, &sm, &j->flights[i], s->now);
}

/* As many of its segments as there is room for. */
static void
send_some(struct sender *s, struct job *j, struct link *l)
{
	do
		sender_segment(s, j, l);
	while (job_to_send(j) != 0 && link_room(l, s->now) > 0);
	if (job_to_send(j) == 0)
		job_wait(&s->jobs, j);
}

/* The segments of one answer keep together: SMSCs may be several. */
static void
send_begun(struct sender *s, struct lane *lane)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&lane->begun)) != NULL &&
	    link_room(lane->link, s->now) > 0)
		if (!s->lapsed || !sender_lost(s, j))
			send_some(s, j, lane->link);
}

static void
send_lane(struct sender *s, struct lane *lane)
{
	struct job *j;

	send_begun(s, lane);
	while ((j = TAILQ_FIRST(&lane->ready)) != NULL) {
		struct link *l = sender_link_for(s, lane);

		if (l == NULL)
			return;
		if (s->lapsed && sender_lost(s, j))
			continue;
		if (j->form.n > 1)
			job_keep_to(&s->jobs, j, l);
		send_some(s, j, l);
		if (job_to_send(j) != 0)
			job_ready(&s->jobs, j, lane_of(&s->jobs, l));
	}
}

/* Writes what the outbox does not know yet. */
static int
write_unsaved(struct sender *s)
{
	struct job *j;
	int rc = 0;

	TAILQ_FOREACH (j, &s->jobs.unsaved, unsaved) {
		rc = j->dropped ? outbox_erase(s->outbox, j->id)
				: outbox_done(s->outbox, j->id, j->done);
		if (rc < 0)
			break;
	}
	return rc;
}

static void
end_unsaved(struct sender *s)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&s->jobs.unsaved)) != NULL) {
		job_saved(&s->jobs, j);
		sender_end(s, j);
	}
}

/* Claimed rows are ours when that is durable, else whoever's they were. */
static void
end_claim(struct sender *s, int rc)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&s->jobs.claimed)) != NULL) {
		if (rc < 0) {
			job_free(&s->jobs, j);
			continue;
		}
		s->counters.claimed++;
		job_ready(&s->jobs, j, lane_of_none(&s->jobs));
	}
}

static void
end_storing(struct sender *s, int rc)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&s->jobs.storing)) != NULL) {
		if (rc == 0) {
			sender_acknowledge(s, j);
			continue;
		}
		job_saved(&s->jobs, j); /* the next put says it all */
		job_stored(&s->jobs, j, 0);
		not_stored(s, j);
	}
}

/* A text that says what is not so after all does not leave. */
static void
end_held(struct sender *s, int rc)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&s->jobs.held)) != NULL) {
		job_let_go(&s->jobs, j);
		if (rc < 0 && !j->dropped)
			sender_refuse(s, j);
	}
}

int
sender_flush(struct sender *s, int said)
{
	struct lane *lane;
	int written, rc;

	if (said < 0)
		end_held(s, said); /* erased before it is durable */
	sender_claim_more(s);
	written = write_unsaved(s);
	rc = state_commit(s->state);
	end_claim(s, rc);
	end_held(s, rc);
	end_storing(s, rc);
	if (rc == 0 && written == 0)
		end_unsaved(s);
	s->now = when_ticks(); /* the commit may have taken long */
	s->lapsed = time(NULL) >= s->leased;
	TAILQ_FOREACH_REVERSE(lane, &s->jobs.lanes, lanes, entry)
	send_lane(s, lane);
	return rc;
}
