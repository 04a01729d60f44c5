/* One carrier's texts on their way in: each waits for its turn, or is refused
 * at once (admission.h). */
#ifndef INTAKE_H
#define INTAKE_H

#include "admission.h"
#include "link.h"
#include "query.h"
#include "queue.h"
#include "recall.h"
#include "turns.h"

struct intake;

struct intake_events {
	/* The texts to come leave that undone. */
	void (*shed)(enum shed level, void *arg);
	/* Its turn: answer it with link_ack, now or later. 0 when it was
	 * refused for now. */
	int (*text)(const struct queued *x, void *arg);
	/* It is not answered after all: refuse it for now. */
	void (*late)(const struct queued *x, void *arg);
	/* The turn is over: what it wrote is to be made durable and sent. */
	void (*turn_done)(void *arg);
	/* What was left unread (link_hold) is to be read. */
	void (*resume)(void *arg);
};

/* All that is passed must outlive it; carriers may have one recall. 0 or
 * -ENOMEM. */
int intake_new(struct intake **ip, struct event_base *base, struct turns *turns,
    struct recall *recall, const struct intake_events *events, void *arg);
void intake_free(struct intake *i);

/* After another configuration was read, and before what was had of the last
 * one goes. The carrier's name from now on, which must outlive the next call,
 * in how many seconds the same text is answered from memory, and whether other
 * carriers are served beside it: then its breaker (breaker.h) opens. */
void intake_reload(
    struct intake *i, const char *carrier, unsigned repeats, int shares);

/* A deliver_sm, who asks what by it, or null for one that is no text, and what
 * it is known by; one that is not recalled is of a session, and goes on. 1 when
 * it waits now, 0 when it is to be refused for now, as it is also without room
 * for its answer; then the link may be held (link_hold). The asker is kept
 * until intake_reload. */
int intake_text(struct intake *i, const struct origin *origin,
    const struct deliver_sm *sm, const struct asker *asker,
    const struct known *known, int has_room);

/* The text with this hash comes next: it is looked for meanwhile. */
void intake_expect(const struct intake *i, uint64_t text);

/* Is the carrier's breaker open? What goes on with something is not refused for
 * that: see that it looks nothing up. */
int intake_takes_long(const struct intake *i);

/* A text was answered, and the same may be answered again from memory. */
void intake_answered(struct intake *i, const struct queued *x, int may_repeat);

/* Its sender was asked something: what they text next goes on with that. */
void intake_asked(struct intake *i, const struct queued *x);

/* The link is no more: nor is what came over it. */
void intake_down(struct intake *i, const struct link *l);

struct intake_counters {
	unsigned long admitted; /* to wait, of any kind */
	unsigned long returned; /* of these, refused before */
	unsigned long repeated; /* of these, answered from memory */
	unsigned long refused;  /* before any look-up */
	unsigned long late;     /* admitted, and refused after all */
};

/* How it stands. */
struct intake_state {
	struct intake_counters counters;
	unsigned queued;       /* texts that wait */
	int64_t delay;         /* µs that one more would wait */
	int64_t cost;          /* µs that a text takes, mean */
	enum shed level;       /* what is left undone */
	unsigned long changes; /* of the level */
	int is_open;           /* the breaker (intake_takes_long) */
	unsigned long opened;  /* how often that was */
};

struct intake_state intake_state(const struct intake *i);

#endif
