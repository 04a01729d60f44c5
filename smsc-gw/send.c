/* The way of an answer out.
 *
 *   sender_send ─▶ READY ──▶ WAITING ──every segment done──▶ FREE
 *                   ▲ ▲          │
 *                   │ └── PAUSED ┘ a segment refused for now
 *
 * A job holds one answer. Its segments are bits: done (taken, or refused for
 * good), flying (sent and unanswered); what is neither is still to be sent.
 * Ready jobs wait in the lane of the link they came from, so that a slow SMSC
 * holds up its own, or in the lane of none, for whichever link has room.
 *
 * A deliver_sm is owed an answer until all segments are done; if that takes
 * longer than its link's ack_after, the job goes into the outbox and
 * the deliver_sm is acknowledged when that is durable. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "job.h"
#include "log.h"
#include "send.h"

#define TICK_MS 250
#define PAUSE_FIRST_MS 1000
#define PAUSE_MAX_MS 30000
#define LINK_PAUSE_MS 1000
#define RENEW_MS (OUTBOX_LEASE * 1000 / 3)
#define CLAIM_MS 2000
#define STOP_MS 3000
#define TELL_MS 1000

struct sender {
	struct state *state;
	struct outbox *outbox;
	struct query *query;
	struct event *tick;
	sender_idle_h *idle;
	void *arg;
	struct jobs jobs;
	int64_t now, renewed, claimed, stopping;
	struct sender_counters counters;
};

static void on_tick(evutil_socket_t fd, short what, void *arg);
static void settle(struct sender *s, struct job *j);

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

unsigned
sender_quota(const struct conf_smsc *conf)
{
	return 4 * conf->window;
}

/* Life. */

static int
start_tick(struct sender *s, struct event_base *base)
{
	const struct timeval tick = {0, TICK_MS * 1000};

	s->tick = event_new(base, -1, EV_PERSIST, on_tick, s);
	if (s->tick == NULL || event_add(s->tick, &tick) < 0)
		return -ENOMEM;
	return 0;
}

int
sender_new(struct sender **sp, struct event_base *base, struct state *state,
    struct outbox *outbox, struct query *query, sender_idle_h *idle, void *arg)
{
	struct sender *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->state = state;
	s->outbox = outbox;
	s->query = query;
	s->idle = idle;
	s->arg = arg;
	s->now = now_ms();
	if (jobs_init(&s->jobs, SENDER_CLAIMS) < 0 || start_tick(s, base) < 0) {
		sender_free(s);
		return -ENOMEM;
	}
	*sp = s;
	return 0;
}

void
sender_free(struct sender *s)
{
	if (s == NULL)
		return;
	if (s->tick != NULL)
		event_free(s->tick);
	jobs_free(&s->jobs);
	free(s);
}

int
sender_add(struct sender *s, struct link *l)
{
	return lane_add(&s->jobs, l, sender_quota(link_conf(l)));
}

void
sender_remove(struct sender *s, struct link *l)
{
	sender_down(s, l);
	lane_remove(&s->jobs, lane_of(&s->jobs, l));
}

const struct sender_counters *
sender_counters(const struct sender *s)
{
	return &s->counters;
}

/* The lane of a link that can send now, else that of none. */
static struct lane *
turn_of(struct sender *s, const struct job *j)
{
	const struct link *l = j->home->link;

	return l != NULL && link_may_send(l) ? j->home : lane_of_none(&s->jobs);
}

static void
acknowledge(struct sender *s, struct job *j, uint32_t command_status)
{
	if (!j->is_owed)
		return;
	job_owe_no_more(&s->jobs, j);
	link_ack(
	    j->home->link, j->connection, j->sequence_number, command_status);
}

/* No more of this job; what flies comes back to nothing. */
static void
drop(struct sender *s, struct job *j)
{
	job_owe_no_more(&s->jobs, j);
	if (j->stored)
		outbox_erase(s->outbox, j->id);
	j->stored = 0;
	j->dropped = 1;
	if (j->flying)
		job_wait(&s->jobs, j);
	else
		job_free(&s->jobs, j);
}

/* The SMSC is to send the text again. */
static void
refuse(struct sender *s, struct job *j)
{
	s->counters.failed++;
	if (j->is_owed)
		acknowledge(s, j, link_conf(j->home->link)->retry_status);
	query_refused(s->query, &j->ticket);
	drop(s, j);
}

/* Puts a job into the outbox; what is owed for it is acknowledged by the next
 * flush, when it is durable. */
static void
store(struct sender *s, struct job *j)
{
	if (outbox_put(s->outbox, &j->message, j->done, j->expires, time(NULL),
		&j->id) < 0) {
		refuse(s, j);
		return;
	}
	s->counters.stored++;
	job_stored(&s->jobs, j, 1);
}

/* A new job. */

static int
cut(struct job *j, unsigned max_segments)
{
	j->n = text_segments(j->message.text, j->message.alphabet,
	    j->message.reference, j->segments, max_segments);
	return j->n < 0 ? j->n : 0;
}

int
sender_send(struct sender *s, const struct outbox_message *m,
    const struct origin *origin, const struct ticket *ticket,
    unsigned max_segments, uint32_t validity_minutes)
{
	struct job *j =
	    s->stopping ? NULL : job_take(lane_of(&s->jobs, origin->link));

	if (j == NULL)
		return -EAGAIN;
	j->message = *m;
	if (cut(j, max_segments) < 0)
		return -E2BIG;
	j->since = s->now;
	j->connection = origin->connection;
	j->sequence_number = origin->sequence_number;
	j->ticket = *ticket;
	j->validity_minutes = validity_minutes;
	j->expires = time(NULL) + 60 * (int64_t)validity_minutes;
	job_ready(&s->jobs, j, turn_of(s, j));
	job_owe(&s->jobs, j);
	if (link_conf(origin->link)->ack_after == 0)
		store(s, j);
	return 0;
}

/* Sending. */

static void
send_segment(struct sender *s, struct job *j, struct link *l)
{
	int i = __builtin_ctz(job_to_send(j));
	const struct segment *g = &j->segments[i];
	const struct outbox_message *m = &j->message;
	struct submit_sm sm = {
	    .source_addr_ton = m->from_ton,
	    .source_addr_npi = m->from_npi,
	    .dest_addr_ton = m->to_ton,
	    .dest_addr_npi = m->to_npi,
	    .esm_class = g->udhi ? SMPP34_UDHI_IND : 0,
	    .validity_minutes = j->validity_minutes,
	    .data_coding = m->alphabet == ALPHABET_UCS2 ? 0x08 : 0x00,
	    .short_message = g->octets,
	    .sm_length = g->len,
	};

	strcpy(sm.source_addr, m->from);
	strcpy(sm.destination_addr, m->to);
	j->flights[i] = (struct flight){j, l, i};
	j->flying |= 1u << i;
	s->counters.segments++;
	s->counters.again += j->tries > 0;
	link_submit(l, &sm, &j->flights[i]);
}

static struct link *
roomiest(struct sender *s)
{
	struct link *best = NULL;
	unsigned room, most = 0;
	struct lane *lane;

	TAILQ_FOREACH (lane, &s->jobs.lanes, entry) {
		room = lane->link != NULL ? link_room(lane->link) : 0;
		if (room > most) {
			most = room;
			best = lane->link;
		}
	}
	return best;
}

static void
send_lane(struct sender *s, struct lane *lane)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&lane->ready)) != NULL) {
		struct link *l = lane->link ? lane->link : roomiest(s);

		if (l == NULL || link_room(l) == 0)
			return;
		send_segment(s, j, l);
		if (job_to_send(j) == 0)
			job_wait(&s->jobs, j);
	}
}

void
sender_flush(struct sender *s)
{
	int rc = state_commit(s->state);
	struct lane *lane;
	struct job *j;

	while ((j = TAILQ_FIRST(&s->jobs.storing)) != NULL) {
		if (rc == 0) {
			acknowledge(s, j, ESME_ROK);
			continue;
		}
		job_stored(&s->jobs, j, 0);
		refuse(s, j);
	}
	TAILQ_FOREACH_REVERSE(lane, &s->jobs.lanes, lanes, entry)
	send_lane(s, lane);
}

/* What becomes of a segment. */

static void
finish(struct sender *s, struct job *j)
{
	if (j->refused)
		s->counters.refused++;
	else
		s->counters.answers++;
	acknowledge(s, j, ESME_ROK);
	query_sent(s->query, &j->ticket, j->message.text);
	drop(s, j); /* erases it from the outbox */
}

/* To where a job belongs that has neither finished nor is to pause. */
static void
settle(struct sender *s, struct job *j)
{
	if (job_to_send(j) == 0)
		job_wait(&s->jobs, j);
	else
		job_ready(&s->jobs, j, turn_of(s, j));
}

/* A segment refused for now is sent again alone, later each time. */
static void
pause_job(struct sender *s, struct job *j)
{
	int64_t wait = PAUSE_FIRST_MS;

	for (unsigned i = 0; i < j->tries && wait < PAUSE_MAX_MS; i++)
		wait *= 2;
	j->tries++;
	j->not_before = s->now + (wait < PAUSE_MAX_MS ? wait : PAUSE_MAX_MS);
	job_pause(&s->jobs, j);
}

/* One line a second and link: a storm of refusals is counted, not told. */
static void
tell_refusal(struct sender *s, const struct link *l, uint32_t command_status)
{
	struct lane *lane = lane_of(&s->jobs, l);
	char name[16];

	if (s->now - lane->told < TELL_MS)
		return;
	lane->told = s->now;
	log_notice(DSMPP, "link %s submit_sm refused status=%s",
	    link_conf(l)->name,
	    command_status == LINK_NO_RESPONSE
		? "none"
		: pdu_status_name(command_status, name));
}

void
sender_submitted(struct sender *s, void *ref, uint32_t command_status)
{
	struct flight *f = ref;
	struct job *j = f->job;
	uint32_t bit = 1u << f->segment;
	int for_good = pdu_refused_for_good(command_status);

	j->flying &= ~bit;
	if (command_status != ESME_ROK)
		tell_refusal(s, f->over, command_status);
	if (j->dropped) {
		if (j->flying == 0)
			job_free(&s->jobs, j);
		return;
	}
	if (command_status != ESME_ROK && !for_good) {
		if (command_status == ESME_RTHROTTLED ||
		    command_status == ESME_RMSGQFUL)
			link_pause(f->over, LINK_PAUSE_MS);
		pause_job(s, j);
		return;
	}
	j->done |= bit;
	j->refused |= for_good;
	if (for_good) /* the others would fare no better */
		j->done |= job_to_send(j);
	if (j->done == (1u << j->n) - 1) {
		finish(s, j);
		return;
	}
	if (j->stored)
		outbox_done(s->outbox, j->id, j->done);
	if (j->place != JOB_PAUSED)
		settle(s, j);
}

/* A link broke. What flew over it may or may not have arrived and is sent
 * again; what is owed to it is the SMSC's still, which will send it again. */
static void
down_job(struct sender *s, struct job *j, struct link *l)
{
	for (int i = 0; i < j->n; i++)
		if (j->flying & 1u << i && j->flights[i].over == l)
			j->flying &= ~(1u << i);
	if (j->dropped) {
		if (j->flying == 0)
			job_free(&s->jobs, j);
		return;
	}
	if (j->is_owed && j->home->link == l) {
		query_sent(s->query, &j->ticket, NULL);
		drop(s, j);
	} else if (j->place != JOB_PAUSED) {
		settle(s, j);
	}
}

void
sender_down(struct sender *s, struct link *l)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(&s->jobs.all); j != NULL; j = next) {
		next = TAILQ_NEXT(j, all);
		down_job(s, j, l);
	}
}

/* Time passes. */

static void
store_overdue(struct sender *s)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(&s->jobs.owed); j != NULL; j = next) {
		next = TAILQ_NEXT(j, owed);
		if (s->now - j->since >=
		    link_conf(j->home->link)->ack_after * 1000LL)
			store(s, j);
	}
}

static void
end_pauses(struct sender *s)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(&s->jobs.paused); j != NULL; j = next) {
		next = TAILQ_NEXT(j, entry);
		if (s->now >= j->not_before)
			settle(s, j);
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
		if (j->dropped || now < j->expires)
			continue;
		s->counters.expired++;
		acknowledge(s, j, ESME_ROK);
		query_sent(s->query, &j->ticket, NULL);
		drop(s, j);
	}
}

/* A row that another instance left, or this one before it was killed. */
static void
on_row(const struct outbox_row *row, void *arg)
{
	struct sender *s = arg;
	struct lane *none = lane_of_none(&s->jobs);
	struct job *j = job_take(none);

	if (j == NULL)
		return; /* its lease ends again */
	j->since = s->now;
	j->message = row->message;
	j->id = row->id;
	j->expires = row->expires;
	j->validity_minutes = (row->expires - time(NULL)) / 60 + 1;
	j->stored = 1;
	if (time(NULL) >= row->expires || cut(j, SEGMENTS_MAX) < 0) {
		s->counters.expired++;
		outbox_erase(s->outbox, row->id);
		return;
	}
	j->done = row->done;
	s->counters.claimed++;
	job_ready(&s->jobs, j, none);
}

static void
claim(struct sender *s)
{
	const struct lane *none = lane_of_none(&s->jobs);
	int room = none->quota - none->busy;

	s->claimed = s->now;
	outbox_expire(s->outbox, time(NULL));
	if (room > 0 && roomiest(s) != NULL)
		outbox_claim(s->outbox, time(NULL), room, on_row, s);
}

/* The rest goes into the outbox, free for others. */
static void
leave(struct sender *s)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(&s->jobs.all); j != NULL; j = next) {
		next = TAILQ_NEXT(j, all);
		if (!j->dropped && !j->stored)
			store(s, j);
	}
	outbox_release(s->outbox);
	sender_flush(s);
	event_del(s->tick);
	s->idle(s->arg);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct sender *s = arg;

	(void)fd;
	(void)what;
	s->now = now_ms();
	store_overdue(s);
	end_pauses(s);
	expire(s);
	if (s->now - s->renewed > RENEW_MS) {
		s->renewed = s->now;
		outbox_renew(s->outbox, time(NULL));
	}
	if (!s->stopping && s->now - s->claimed > CLAIM_MS)
		claim(s);
	sender_flush(s);
	if (s->stopping &&
	    (TAILQ_EMPTY(&s->jobs.all) || s->now - s->stopping > STOP_MS))
		leave(s);
}

void
sender_stop(struct sender *s)
{
	struct job *j, *next;

	if (s->stopping)
		return;
	s->stopping = s->now = now_ms();
	for (j = TAILQ_FIRST(&s->jobs.owed); j != NULL; j = next) {
		next = TAILQ_NEXT(j, owed);
		if (j->done == 0 && j->flying == 0)
			refuse(s, j);
	}
}
