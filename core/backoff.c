/* Back-off with jitter. */
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
