/* Texts of one carrier that wait for their turn, in the order they came, but
 * some before all others: a fixed number of places, each with a copy of its
 * deliver_sm. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdint.h>
#include <sys/queue.h>

#include "admission.h"
#include "asker.h"
#include "link.h"
#include "query.h"

#define QUEUE_MESSAGE 2048 /* octets of a message; what is beyond is cut */

/* What a text is recalled by (recall.h). */
struct known {
	uint64_t text;  /* itself; 0: not to be recalled */
	uint64_t asked; /* what its sender was asked; 0: nobody is */
};

struct queued {
	TAILQ_ENTRY(queued) entry;
	struct origin origin;
	struct asker asker; /* service null: it is to be read (again) */
	enum admission_text is;
	struct known known;
	struct before before;
	int64_t asked; /* when its sender was, if it goes on with that */
	int64_t came;  /* µs */
	struct deliver_sm sm;
	uint8_t message[QUEUE_MESSAGE];
};

struct queue;

/* 0 or -ENOMEM. */
int queue_new(struct queue **qp, unsigned places);
void queue_free(struct queue *q);

/* Copies one in, the last now, or with `ahead` the last of those that go before
 * the others; null when there is no place. The rest of it is the caller's to
 * fill in. queue_reload: there is another configuration, and no text's asker is
 * known any more. */
struct queued *queue_put(struct queue *q, const struct origin *origin,
    const struct deliver_sm *sm, int ahead);
void queue_reload(struct queue *q);
/* The first, or null; it stays valid, and queued, until queue_drop. */
struct queued *queue_first(const struct queue *q);
/* The next one of a link after one, or with null the first; or null. */
struct queued *queue_of(
    const struct queue *q, struct queued *after, const struct link *l);
void queue_drop(struct queue *q, struct queued *x);
int queue_is_full(const struct queue *q);

#endif
