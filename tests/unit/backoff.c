/* The waits between tries at a peer that is away. */
#include "core/backoff.c"

#include "test.h"

static void
nothing(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

static int64_t
us(const struct timeval *tv)
{
	return tv->tv_sec * 1000000LL + tv->tv_usec;
}

/* When the timer would go off lies in the time to wait, counted from before
 * and from after it was set, but for the grain of libevent's clock. */
static int
waits(struct event *timer, uint32_t ms)
{
	struct timeval before, due, after;
	uint32_t next = ms;

	gettimeofday(&before, NULL);
	backoff_wait(&next, timer);
	gettimeofday(&after, NULL);
	return next > ms && event_pending(timer, EV_TIMEOUT, &due) &&
	    us(&due) - us(&before) > ms * 500LL - 100000 &&
	    us(&due) - us(&after) < ms * 1500LL + 100000;
}

static void
test_wait(void)
{
	struct event_base *base = event_base_new();
	struct event *timer = evtimer_new(base, nothing, NULL);

	ok(waits(timer, BACKOFF_FIRST_MS),
	    "a timer waits for part of a second");
	ok(waits(timer, 20000), "or for many");
	event_free(timer);
	event_base_free(base);
}

int
main(void)
{
	uint32_t ms = BACKOFF_FIRST_MS, least = UINT32_MAX, most = 0;
	int within = 1, doubled = 1;

	for (int i = 0; i < 20; i++) {
		uint32_t before = ms, wait = backoff_next(&ms);

		within &= wait >= before / 2 && wait <= before + before / 2;
		doubled &= ms == 2 * before || ms == BACKOFF_MAX_MS;
	}
	ok(within, "half to one and a half times what is due");
	ok(doubled, "which doubles");
	ok_int(ms, BACKOFF_MAX_MS, "up to half a minute");
	for (int i = 0; i < 1000; i++) {
		uint32_t wait = backoff_next(&ms);

		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	ok(least < 18000 && most > 42000, "and differs from try to try");
	test_wait();
	return test_done();
}
