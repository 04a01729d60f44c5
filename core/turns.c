/* A timer of no time is due at the next round, and sockets come before it. */
#include <errno.h>
#include <stdlib.h>

#include "turns.h"
#include "when.h"

struct turns {
	struct event *next;
	unsigned waiting;
	int64_t used; /* the most that any had before its turn */
	TAILQ_HEAD(, turn) row;
};

static void on_next(evutil_socket_t fd, short what, void *arg);

int
turns_new(struct turns **tp, struct event_base *base)
{
	struct turns *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	TAILQ_INIT(&t->row);
	t->next = evtimer_new(base, on_next, t);
	if (t->next == NULL) {
		free(t);
		return -ENOMEM;
	}
	*tp = t;
	return 0;
}

void
turns_free(struct turns *t)
{
	if (t == NULL)
		return;
	event_free(t->next);
	free(t);
}

void
turns_ask(struct turns *t, struct turn *turn)
{
	static const struct timeval at_once;

	if (turn->waits)
		return;
	turn->waits = 1;
	if (turn->used < t->used - TURNS_SAVED)
		turn->used = t->used - TURNS_SAVED;
	if (turn->used < t->used)
		TAILQ_INSERT_HEAD(&t->row, turn, entry);
	else
		TAILQ_INSERT_TAIL(&t->row, turn, entry);
	if (t->waiting++ == 0)
		evtimer_add(t->next, &at_once);
}

void
turns_leave(struct turns *t, struct turn *turn)
{
	if (!turn->waits)
		return;
	turn->waits = 0;
	TAILQ_REMOVE(&t->row, turn, entry);
	if (--t->waiting == 0)
		evtimer_del(t->next);
}

unsigned
turns_waiting(const struct turns *t)
{
	return t->waiting;
}

/* Of those who used the same, who was idle. */
static struct turn *
least(const struct turns *t)
{
	struct turn *least = TAILQ_FIRST(&t->row), *turn;

	TAILQ_FOREACH (turn, &t->row, entry)
		if (turn->used < least->used)
			least = turn;
	return least;
}

static void
on_next(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval at_once;
	struct turns *t = arg;
	struct turn *turn = least(t);
	int64_t began = when_micros();
	int again;

	(void)fd;
	(void)what;
	turns_leave(t, turn);
	if (t->used < turn->used)
		t->used = turn->used;
	again = turn->take(turn->arg);
	turn->used += when_micros() - began;
	if (again)
		turns_ask(t, turn);
	if (t->waiting > 0)
		evtimer_add(t->next, &at_once);
}
