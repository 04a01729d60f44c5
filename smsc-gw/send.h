/* Answers on their way out: one carrier's, over whichever of its links may
 * send, segment by segment, each until the SMSC takes it or refuses it for
 * good. */
#ifndef SEND_H
#define SEND_H

#include <event2/event.h>

#include "link.h"
#include "outbox.h"
#include "query.h"
#include "receipt.h"

struct sender_counters {
	unsigned long answers;  /* all of whose segments were taken */
	unsigned long refused;  /* of which a segment was refused for good */
	unsigned long segments; /* sent */
	unsigned long again;    /* of these, sent again */
	unsigned long stored;   /* answers that went into the outbox */
	unsigned long busy;     /* texts sent that nobody was owed */
	unsigned long claimed;  /* that came out of it, left by another */
	unsigned long expired;  /* that were of no use any more */
	unsigned long failed;   /* that could not be kept: refused for now */
};

struct sender;

/* `idle` is called once nothing more is to come: of a link after
 * sender_drain, of any (null) after sender_stop. All that is passed must
 * outlive it. 0 or -errno. */
typedef void sender_idle_h(struct link *l, void *arg);
int sender_new(struct sender **sp, struct event_base *base, struct state *state,
    struct outbox *outbox, struct query *query, struct receipts *receipts,
    sender_idle_h *idle, void *arg);
void sender_free(struct sender *s);

/* A link that may be sent over from now on. 0 or -ENOMEM. */
int sender_add(struct sender *s, struct link *l);

/* Makes memory for a link's options to come. 0 or -ENOMEM. */
int sender_reserve(
    struct sender *s, const struct link *l, const struct conf_smsc *conf);

/* A link's options are others, reserved, or it is back after sender_drain. */
void sender_reload(struct sender *s, struct link *l);

/* Takes no more from a link, lets what was begun for it and what is in flight
 * over it finish, puts the rest into the outbox; then `idle`, and nothing is
 * owed to it. */
void sender_drain(struct sender *s, struct link *l);

/* Whether answers to a link's texts are taken: not after sender_drain or
 * sender_stop. */
int sender_takes(const struct sender *s, const struct link *l);
/* Is there room for one answer more? */
int sender_can_keep(const struct sender *s, const struct link *l);

/* A link that goes: what it is owed and what it has in flight is void, as
 * after sender_down; what it left to be sent goes over the others. */
void sender_remove(struct sender *s, struct link *l);

/* Takes an answer over; all is copied. The origin is acknowledged when every
 * segment is taken, or once the answer lies in the outbox. -EAGAIN when it is
 * not taken or its link has no room, -E2BIG when it does not fit into
 * `max_segments`.
 *
 * With a null origin, and then a null ticket, the message is owed to nobody
 * and must make no load: it goes at once, over a link that has room and that
 * nothing waits for, or -EAGAIN; once refused for now, or lost with its link,
 * it is no more. It is never stored. */
int sender_send(struct sender *s, const struct outbox_message *m,
    const struct origin *origin, const struct ticket *ticket,
    unsigned max_segments, uint32_t validity_minutes);

/* Is there a link for a message with a null origin? */
int sender_has_room(struct sender *s);

/* Another copy of a request (ticket.request) whose answer is on its way: the
 * answer is owed to it as well. It may be the first copy delivered again, over
 * another link because the first's is lost, which we may not have noticed yet;
 * or that of an SMSC which would take a late acknowledgement of the first for
 * that of both. So each is acknowledged with the answer, and none before.
 * -ENOENT when none is owed: the answer is safe, and so is acknowledging the
 * copy. -ENOSPC when it is owed to JOB_COPIES already: the copy is to be
 * refused for now. */
int sender_repeat(
    struct sender *s, uint64_t request, const struct origin *origin);

/* What the links tell (link_events). */
void sender_submitted(struct sender *s, void *ref, uint32_t command_status,
    const char *message_id);
void sender_submitted_late(struct sender *s, void *ref, const char *message_id);
void sender_down(struct sender *s, struct link *l);

/* After each batch of the above: makes durable what was written to the state,
 * acknowledges what was stored, sends what there is room for. `said` is
 * query_end's result: less than 0, and what must_hold is refused for now.
 * state_commit's result. */
int sender_flush(struct sender *s, int said);

/* Takes no more, lets what is in flight finish, puts the rest into the
 * outbox for others; then `idle`. */
void sender_stop(struct sender *s);

const struct sender_counters *sender_counters(const struct sender *s);

#endif
