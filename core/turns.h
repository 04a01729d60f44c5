/* Carriers take turns: one at each round of the event loop, between two looks
 * at all sockets. The next turn is that carrier's which has used the least
 * time, as start-time fair queueing has it: who has little to do goes before
 * who has much. Who was idle has saved some of it, TURNS_SAVED at the most: for
 * the few texts that come at once. */
#ifndef TURNS_H
#define TURNS_H

#include <stdint.h>
#include <sys/queue.h>

#include <event2/event.h>

#define TURNS_SAVED 2000 /* µs */

struct turns;

/* A turn: 1 when another is wanted. */
typedef int turn_h(void *arg);

/* Who takes turns; all but `take` and `arg` is not the owner's business. */
struct turn {
	TAILQ_ENTRY(turn) entry;
	int waits;
	int64_t used; /* µs; what passed while it was idle, but TURNS_SAVED */
	turn_h *take;
	void *arg;
};

/* 0 or -ENOMEM. */
int turns_new(struct turns **tp, struct event_base *base);
void turns_free(struct turns *t);

/* Asks for one; once is enough. turns_leave: no more. */
void turns_ask(struct turns *t, struct turn *turn);
void turns_leave(struct turns *t, struct turn *turn);

/* How long one is, so that the next comes soon: but not shorter than what ends
 * it (a commit may take a disk's time) is worth. Microseconds; `end` is what
 * the end takes, `shares`: others may wait for theirs. */
#define TURN 250
#define TURN_ALONE 1000 /* few ends for much work */
#define TURN_PER_DONE 4 /* times what ends it takes */

static inline int64_t
turn_longest(int shares, int64_t end)
{
	int64_t longest = shares ? TURN : TURN_ALONE;

	return longest > TURN_PER_DONE * end ? longest : TURN_PER_DONE * end;
}

/* How many wait for theirs. */
unsigned turns_waiting(const struct turns *t);

#endif
