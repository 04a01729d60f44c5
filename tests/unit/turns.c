/* Turns by a clock of our own: who gets how much, and when. */
#include <stdint.h>

#define when_micros now_micros /* of the code under test */
#include "core/turns.c"
#undef when_micros

static int64_t clock_now;

int64_t
now_micros(void)
{
	return clock_now;
}

#include "test.h"

static struct turns *turns;
static char order[64];
static unsigned norder;

/* Who takes turns of `cost`, `left` of them. */
struct one {
	struct turn turn;
	char name;
	int left, got;
	int64_t cost;
};

static int
take(void *arg)
{
	struct one *o = arg;

	clock_now += o->cost;
	o->got++;
	if (norder < sizeof(order) - 1)
		order[norder++] = o->name;
	return --o->left > 0;
}

static void
begin(struct one *o, char name, int64_t cost, int left)
{
	*o = (struct one){
	    .turn = {.take = take, .arg = o},
	    .name = name,
	    .left = left,
	    .cost = cost,
	};
}

static void
go(struct event_base *base, int rounds)
{
	memset(order, 0, sizeof(order));
	norder = 0;
	while (rounds-- > 0)
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

int
main(void)
{
	struct event_base *base = event_base_new();
	struct one a, b, c, d;

	if (base == NULL || turns_new(&turns, base) < 0)
		return 1;
	begin(&a, 'a', 1000, 1000);
	begin(&b, 'b', 3000, 1000);
	turns_ask(turns, &a.turn);
	turns_ask(turns, &a.turn);
	turns_ask(turns, &b.turn);
	ok_int(turns_waiting(turns), 2, "asking twice is asking once");
	go(base, 1);
	ok_str(order, "a", "one turn a round");
	go(base, 40);
	ok(a.got >= 29 && a.got <= 32, "time is shared, not turns: %d", a.got);

	begin(&c, 'c', 1000, 1);
	turns_ask(turns, &c.turn);
	go(base, 1);
	ok_str(order, "c", "who was idle is next");
	c.left = 30;
	turns_ask(turns, &c.turn);
	a.got = b.got = c.got = 0;
	go(base, 35);
	ok(a.got >= 13 && b.got >= 4 && c.got >= 13,
	    "and then has as much as others: %d %d %d", a.got, b.got, c.got);
	turns_leave(turns, &c.turn);
	c.left = 1;
	go(base, 40);
	turns_ask(turns, &c.turn);
	begin(&d, 'd', 1000, 10);
	go(base, 1);
	turns_ask(turns, &d.turn);
	go(base, 4);
	ok(strncmp(order, "dd", 2) == 0, "two at once are next: %s", order);
	ok(strcmp(order, "dddd") != 0, "but no more was saved: %s", order);
	turns_leave(turns, &d.turn);

	turns_leave(turns, &a.turn);
	go(base, 10);
	ok(strchr(order, 'a') == NULL, "who left gets none: %s", order);
	turns_leave(turns, &b.turn);
	turns_leave(turns, &c.turn);
	go(base, 3);
	ok_str(order, "", "nor does anybody when none asks");
	turns_free(turns);
	event_base_free(base);
	return test_done();
}
