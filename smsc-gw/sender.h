/* What send.c and send_*.c share. */
#ifndef SENDER_H
#define SENDER_H

#include "job.h"
#include "send.h"

struct sender {
	struct state *state;
	struct outbox *outbox;
	struct query *query;
	struct receipts *receipts;
	struct event *tick;
	sender_idle_h *idle;
	void *arg;
	struct jobs jobs;
	int64_t now; /* ms: of what is just done */
	int64_t renewed, claimed, wiped;
	int64_t leased;   /* epoch seconds: what is stored is ours until then */
	int lapsed;       /* which was over when the last flush sent */
	int64_t stopping; /* since when, or 0 */
	int rows;         /* that the last claim got */
	int more;         /* as many as there was room for: there may be more */
	struct sender_counters counters;
};

/* send.c */

/* Where a job goes that has neither ended nor is to pause. */
void sender_settle(struct sender *s, struct job *j);

/* Answers every deliver_sm that it is owed to: all is well. */
void sender_acknowledge(struct sender *s, struct job *j);

/* Puts a job into the outbox; what is owed for it is acknowledged by the next
 * flush, when it is durable. If it cannot be, one not begun is refused; any
 * other stays owed, for the next tick to try again. */
void sender_store(struct sender *s, struct job *j);

/* No more of this job; what flies comes back to nothing. One that is stored
 * keeps its place until it is erased for good. */
void sender_drop(struct sender *s, struct job *j);

/* Frees one that is dropped, unless it waits for something. */
void sender_end(struct sender *s, struct job *j);

/* Drops one that is stored if another has taken it over meanwhile, who sends
 * it, or has sent it. Did it? To be asked once the lease was over. */
int sender_lost(struct sender *s, struct job *j);

/* Drops one, and the SMSC is to send the text again. */
void sender_refuse(struct sender *s, struct job *j);

/* Fills in a job, or null, but for what it is owed to. 0, -EAGAIN for null,
 * -E2BIG. */
int sender_begin(struct sender *s, struct job *j,
    const struct outbox_message *m, unsigned max_segments,
    uint32_t validity_minutes);

/* Sends the next segment of a job, at s->now; there must be room. */
void sender_segment(struct sender *s, struct job *j, struct link *l);

/* send_over.c: the least loaded link that the next ready job of a lane may go
 * over at s->now, its own when that is no more loaded; null when none has
 * room. */
struct link *sender_link_for(const struct sender *s, const struct lane *home);

/* send_now.c: sender_send with a null origin. */
int sender_pass(struct sender *s, const struct outbox_message *m,
    unsigned max_segments, uint32_t validity_minutes);

/* send_later.c: time passes. */
int sender_tick(struct sender *s, struct event_base *base);

/* Claims again where the last claim left rows in the outbox and much of what
 * it got is sent; state_commit must follow. */
void sender_claim_more(struct sender *s);

#endif
