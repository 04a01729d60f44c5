/* Back-off with jitter. */
#include <event2/event.h>
#include <event2/util.h>

#include "backoff.h"

uint32_t
backoff_next(uint32_t *ms)
{
	uint32_t now = *ms;
	uint16_t jitter;

	evutil_secure_rng_get_bytes(&jitter, sizeof(jitter));
	*ms = now < BACKOFF_MAX_MS / 2 ? 2 * now : BACKOFF_MAX_MS;
	return now / 2 + (uint64_t)now * jitter / UINT16_MAX;
}

void
backoff_wait(uint32_t *ms, struct event *timer)
{
	uint32_t wait = backoff_next(ms);
	const struct timeval tv = {wait / 1000, wait % 1000 * 1000};

	event_add(timer, &tv);
}
