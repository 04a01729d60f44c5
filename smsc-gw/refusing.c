#include "log.h"
#include "refusing.h"

void
refusing_watch(struct refusing *r, const char *carrier,
    const struct intake_state *state, int64_t now)
{
	unsigned long refused = state->counters.refused + state->counters.late;
	unsigned long were = r->refused;
	int grows = refused != were;

	r->refused = refused;
	if (grows)
		r->last = now;
	if (told_change(&r->told, r->last != 0 && now - r->last < REFUSING_MS,
		now) == 0)
		return;
	if (grows) {
		r->before = were;
		log_notice(DSMPP,
		    "carrier %s refuses texts queued=%u delay_ms=%lld", carrier,
		    state->queued, (long long)(state->delay / 1000));
	} else {
		log_notice(DSMPP, "carrier %s refuses no more refused=%lu",
		    carrier, refused - r->before);
	}
}
