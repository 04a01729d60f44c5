/* Places are taken last in, first out, so that a queue that is short touches
 * little memory. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "queue.h"

TAILQ_HEAD(queued_list, queued);

struct queue {
	struct queued *places;
	struct queued_list free, waiting;
	struct queued *ahead; /* the last that goes before others, or null */
	unsigned n, used;     /* used: those above were never taken */
};

int
queue_new(struct queue **qp, unsigned places)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return -ENOMEM;
	TAILQ_INIT(&q->free);
	TAILQ_INIT(&q->waiting);
	q->n = places;
	q->places = calloc(places, sizeof(*q->places));
	if (q->places == NULL) {
		free(q);
		return -ENOMEM;
	}
	*qp = q;
	return 0;
}

void
queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	free(q->places);
	free(q);
}

int
queue_is_full(const struct queue *q)
{
	return TAILQ_EMPTY(&q->free) && q->used == q->n;
}

static struct queued *
place(struct queue *q)
{
	struct queued *x = TAILQ_FIRST(&q->free);

	if (x == NULL)
		return &q->places[q->used++];
	TAILQ_REMOVE(&q->free, x, entry);
	return x;
}

static void
insert(struct queue *q, struct queued *x, int ahead)
{
	if (!ahead)
		TAILQ_INSERT_TAIL(&q->waiting, x, entry);
	else if (q->ahead != NULL)
		TAILQ_INSERT_AFTER(&q->waiting, q->ahead, x, entry);
	else
		TAILQ_INSERT_HEAD(&q->waiting, x, entry);
	if (ahead)
		q->ahead = x;
}

struct queued *
queue_put(struct queue *q, const struct origin *origin,
    const struct deliver_sm *sm, int ahead)
{
	struct queued *x;

	if (queue_is_full(q))
		return NULL;
	x = place(q);
	x->origin = *origin;
	x->asker.service = NULL;
	x->known = (struct known){0};
	x->before = (struct before){0};
	x->asked = x->came = 0;
	x->sm = *sm;
	if (x->sm.message_len > sizeof(x->message))
		x->sm.message_len = sizeof(x->message);
	if (x->sm.message_len > 0)
		memcpy(x->message, sm->message, x->sm.message_len);
	x->sm.message = x->message;
	x->sm.receipted_message_id = NULL;
	x->sm.receipted_message_id_len = 0;
	insert(q, x, ahead);
	return x;
}

void
queue_reload(struct queue *q)
{
	struct queued *x;

	TAILQ_FOREACH (x, &q->waiting, entry)
		x->asker.service = NULL;
}

struct queued *
queue_first(const struct queue *q)
{
	return TAILQ_FIRST(&q->waiting);
}

struct queued *
queue_of(const struct queue *q, struct queued *after, const struct link *l)
{
	struct queued *x =
	    after == NULL ? TAILQ_FIRST(&q->waiting) : TAILQ_NEXT(after, entry);

	while (x != NULL && x->origin.link != l)
		x = TAILQ_NEXT(x, entry);
	return x;
}

void
queue_drop(struct queue *q, struct queued *x)
{
	if (x == q->ahead) /* what is before it goes before others too */
		q->ahead = TAILQ_PREV(x, queued_list, entry);
	TAILQ_REMOVE(&q->waiting, x, entry);
	TAILQ_INSERT_HEAD(&q->free, x, entry);
}
