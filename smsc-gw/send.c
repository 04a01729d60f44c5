/* The way of an answer out.
 *
 *   sender_send ─▶ READY ──▶ WAITING ──every segment done──▶ FREE
 *                   ▲ ▲          │
 *                   │ └── PAUSED ┘ a segment refused for now
 *
 * A job holds one answer. Its segments are bits: done (taken, or refused for
 * good), flying (sent and unanswered); what is neither is still to be sent.
 * READY jobs wait in the lane of the link they came from, so that a slow SMSC
 * holds up its own, or in the lane of none, for whichever link has room.
 *
 * A deliver_sm is owed an answer (OWED) until all segments are done; if that
 * takes longer than its link's ack_after, the job goes into the outbox and
 * the deliver_sm is acknowledged when that is durable. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <time.h>

#include "log.h"
#include "send.h"

#define SEGMENTS_MAX 10
#define TICK_MS 250
#define PAUSE_FIRST_MS 1000
#define PAUSE_MAX_MS 30000
#define LINK_PAUSE_MS 1000
#define RENEW_MS (OUTBOX_LEASE * 1000 / 3)
#define CLAIM_MS 2000
#define STOP_MS 3000
#define TELL_MS 1000

enum job_place { FREE, READY, WAITING, PAUSED };

struct job;
TAILQ_HEAD(jobs, job);

/* The segments of one link's, or of no link's, turn. */
struct lane {
	struct link *link;
	struct jobs ready;
	unsigned jobs, quota; /* that came from here, and may */
	int64_t told;         /* ms: when a refusal was last told */
};

/* What a link carries for one submit_sm. */
struct flight {
	struct job *job;
	struct link *over;
	uint8_t segment;
};

struct job {
	TAILQ_ENTRY(job) entry; /* in the queue of its place */
	TAILQ_ENTRY(job) owed;  /* while its deliver_sm is unanswered */
	enum job_place place;
	struct lane *lane, *home; /* whose turn; where it came from */
	int is_owed;
	int stored;  /* written to the outbox, perhaps not yet durable */
	int dropped; /* only waits for what flies */
	int refused;
	unsigned tries;
	int64_t since, not_before; /* ms */
	int64_t expires;           /* epoch seconds */
	int64_t id;                /* in the outbox */
	struct origin origin;
	struct ticket ticket;
	int n;
	uint32_t done, flying;
	uint32_t validity_minutes;
	/* what follows is not cleared for the next */
	struct outbox_message message;
	struct segment segments[SEGMENTS_MAX];
	struct flight flights[SEGMENTS_MAX];
};

struct sender {
	struct state *state;
	struct outbox *outbox;
	struct query *query;
	struct event *tick;
	sender_idle_h *idle;
	void *arg;
	struct lane **lanes; /* [0] is of no link */
	size_t nlanes;
	struct job *pool;
	unsigned njobs, busy;
	struct jobs free, waiting, paused, owed;
	struct jobs storing; /* owed, stored, to be acknowledged when durable */
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
make_pool(struct sender *s, unsigned jobs)
{
	s->pool = calloc(jobs, sizeof(*s->pool));
	if (s->pool == NULL)
		return -ENOMEM;
	s->njobs = jobs;
	for (unsigned i = 0; i < jobs; i++)
		TAILQ_INSERT_TAIL(&s->free, &s->pool[i], entry);
	return sender_add(s, NULL);
}

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
sender_new(struct sender **sp, struct event_base *base, unsigned jobs,
    struct state *state, struct outbox *outbox, struct query *query,
    sender_idle_h *idle, void *arg)
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
	TAILQ_INIT(&s->free);
	TAILQ_INIT(&s->waiting);
	TAILQ_INIT(&s->paused);
	TAILQ_INIT(&s->owed);
	TAILQ_INIT(&s->storing);
	if (make_pool(s, jobs) < 0 || start_tick(s, base) < 0) {
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
	for (size_t i = 0; i < s->nlanes; i++)
		free(s->lanes[i]);
	free(s->lanes);
	free(s->pool);
	free(s);
}

int
sender_add(struct sender *s, struct link *l)
{
	struct lane **lanes =
	    realloc(s->lanes, (s->nlanes + 1) * sizeof(*lanes));
	struct lane *lane = calloc(1, sizeof(*lane));

	if (lanes != NULL)
		s->lanes = lanes;
	if (lanes == NULL || lane == NULL) {
		free(lane);
		return -ENOMEM;
	}
	lane->link = l;
	lane->quota = l != NULL ? sender_quota(link_conf(l)) : SENDER_CLAIMS;
	TAILQ_INIT(&lane->ready);
	s->lanes[s->nlanes++] = lane;
	return 0;
}

const struct sender_counters *
sender_counters(const struct sender *s)
{
	return &s->counters;
}

/* Where a job is. */

static struct jobs *
queue_of(struct sender *s, struct job *j)
{
	switch (j->place) {
	case READY:
		return &j->lane->ready;
	case WAITING:
		return &s->waiting;
	case PAUSED:
		return &s->paused;
	case FREE:
		break;
	}
	return &s->free;
}

static void
move(struct sender *s, struct job *j, enum job_place place)
{
	TAILQ_REMOVE(queue_of(s, j), j, entry);
	if (j->place == FREE) {
		s->busy++;
		j->home->jobs++;
	} else if (place == FREE) {
		s->busy--;
		j->home->jobs--;
	}
	j->place = place;
	TAILQ_INSERT_TAIL(queue_of(s, j), j, entry);
}

static struct lane *
home_of(struct sender *s, const struct link *l)
{
	for (size_t i = 1; i < s->nlanes; i++)
		if (s->lanes[i]->link == l)
			return s->lanes[i];
	return s->lanes[0];
}

/* The lane of a link that can send now, else that of none. */
static struct lane *
lane_of(struct sender *s, const struct link *l)
{
	return l != NULL && link_may_send(l) ? home_of(s, l) : s->lanes[0];
}

static uint32_t
to_send(const struct job *j)
{
	return ((1u << j->n) - 1) & ~(j->done | j->flying);
}

/* Owing an answer to a deliver_sm. */

static void
owe(struct sender *s, struct job *j)
{
	j->is_owed = 1;
	TAILQ_INSERT_TAIL(&s->owed, j, owed);
}

static void
owe_no_more(struct sender *s, struct job *j)
{
	if (j->is_owed)
		TAILQ_REMOVE(j->stored ? &s->storing : &s->owed, j, owed);
	j->is_owed = 0;
}

static void
acknowledge(struct sender *s, struct job *j, uint32_t command_status)
{
	if (!j->is_owed)
		return;
	owe_no_more(s, j);
	link_ack(j->origin.link, j->origin.connection,
	    j->origin.sequence_number, command_status);
}

/* No more of this job; what flies comes back to nothing. */
static void
drop(struct sender *s, struct job *j)
{
	owe_no_more(s, j);
	if (j->stored)
		outbox_erase(s->outbox, j->id);
	j->stored = 0;
	j->dropped = 1;
	move(s, j, j->flying ? WAITING : FREE);
}

/* The SMSC is to send the text again. */
static void
refuse(struct sender *s, struct job *j)
{
	s->counters.failed++;
	acknowledge(s, j, link_conf(j->origin.link)->retry_status);
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
	if (j->is_owed) {
		TAILQ_REMOVE(&s->owed, j, owed);
		TAILQ_INSERT_TAIL(&s->storing, j, owed);
	}
	j->stored = 1;
}

/* A new job. */

static struct job *
take(struct sender *s)
{
	struct job *j = TAILQ_FIRST(&s->free);

	if (j == NULL)
		return NULL;
	TAILQ_REMOVE(&s->free, j, entry);
	memset(j, 0, offsetof(struct job, message));
	TAILQ_INSERT_HEAD(&s->free, j, entry);
	j->since = s->now;
	return j;
}

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
	struct lane *home = home_of(s, origin->link);
	struct job *j =
	    s->stopping || home->jobs >= home->quota ? NULL : take(s);

	if (j == NULL)
		return -EAGAIN;
	j->home = home;
	j->message = *m;
	if (cut(j, max_segments) < 0)
		return -E2BIG;
	j->origin = *origin;
	j->ticket = *ticket;
	j->validity_minutes = validity_minutes;
	j->expires = time(NULL) + 60 * (int64_t)validity_minutes;
	j->lane = lane_of(s, origin->link);
	move(s, j, READY);
	owe(s, j);
	if (link_conf(origin->link)->ack_after == 0)
		store(s, j);
	return 0;
}

/* Sending. */

static void
send_segment(struct sender *s, struct job *j, struct link *l)
{
	int i = __builtin_ctz(to_send(j));
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
	unsigned most = 0;

	for (size_t i = 1; i < s->nlanes; i++) {
		unsigned room = link_room(s->lanes[i]->link);

		if (room > most) {
			most = room;
			best = s->lanes[i]->link;
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
		if (to_send(j) == 0)
			move(s, j, WAITING);
	}
}

void
sender_flush(struct sender *s)
{
	int rc = state_commit(s->state);
	struct job *j;

	while ((j = TAILQ_FIRST(&s->storing)) != NULL) {
		if (rc == 0) {
			acknowledge(s, j, ESME_ROK);
			continue;
		}
		TAILQ_REMOVE(&s->storing, j, owed);
		TAILQ_INSERT_TAIL(&s->owed, j, owed);
		j->stored = 0;
		refuse(s, j);
	}
	for (size_t i = s->nlanes; i-- > 0;)
		send_lane(s, s->lanes[i]);
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
	if (to_send(j) == 0) {
		move(s, j, WAITING);
		return;
	}
	TAILQ_REMOVE(queue_of(s, j), j, entry);
	j->lane = lane_of(s, j->origin.link);
	j->place = READY;
	TAILQ_INSERT_TAIL(&j->lane->ready, j, entry);
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
	move(s, j, PAUSED);
}

/* One line a second and link: a storm of refusals is counted, not told. */
static void
tell_refusal(struct sender *s, const struct link *l, uint32_t command_status)
{
	struct lane *lane = home_of(s, l);
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
			move(s, j, FREE);
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
		j->done |= to_send(j);
	if (j->done == (1u << j->n) - 1) {
		finish(s, j);
		return;
	}
	if (j->stored)
		outbox_done(s->outbox, j->id, j->done);
	if (j->place != PAUSED)
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
			move(s, j, FREE);
		return;
	}
	if (j->is_owed && j->origin.link == l) {
		query_sent(s->query, &j->ticket, NULL);
		drop(s, j);
	} else if (j->place != PAUSED) {
		settle(s, j);
	}
}

void
sender_down(struct sender *s, struct link *l)
{
	for (unsigned i = 0; i < s->njobs; i++)
		if (s->pool[i].place != FREE)
			down_job(s, &s->pool[i], l);
}

/* Time passes. */

static void
store_overdue(struct sender *s)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(&s->owed); j != NULL; j = next) {
		next = TAILQ_NEXT(j, owed);
		if (s->now - j->since >=
		    link_conf(j->origin.link)->ack_after * 1000LL)
			store(s, j);
	}
}

static void
end_pauses(struct sender *s)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(&s->paused); j != NULL; j = next) {
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

	for (unsigned i = 0; i < s->njobs; i++) {
		struct job *j = &s->pool[i];

		if (j->place == FREE || j->dropped || now < j->expires)
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
	struct job *j = take(s);

	if (j == NULL)
		return; /* its lease ends again */
	j->home = s->lanes[0];
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
	j->lane = s->lanes[0];
	s->counters.claimed++;
	move(s, j, READY);
}

static void
claim(struct sender *s)
{
	int room = (int)SENDER_CLAIMS - (int)s->lanes[0]->jobs;

	s->claimed = s->now;
	outbox_expire(s->outbox, time(NULL));
	if (room > 0 && roomiest(s) != NULL)
		outbox_claim(s->outbox, time(NULL), room, on_row, s);
}

/* The rest goes into the outbox, free for others. */
static void
leave(struct sender *s)
{
	for (unsigned i = 0; i < s->njobs; i++) {
		struct job *j = &s->pool[i];

		if (j->place == FREE || j->dropped)
			continue;
		if (!j->stored)
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
	if (s->stopping && (s->busy == 0 || s->now - s->stopping > STOP_MS))
		leave(s);
}

void
sender_stop(struct sender *s)
{
	struct job *j, *next;

	if (s->stopping)
		return;
	s->stopping = s->now = now_ms();
	for (j = TAILQ_FIRST(&s->owed); j != NULL; j = next) {
		next = TAILQ_NEXT(j, owed);
		if (j->done == 0 && j->flying == 0)
			refuse(s, j);
	}
}
