/* The waits between tries at a peer that is away. */
#include "core/backoff.c"

#include "test.h"

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
	return test_done();
}
