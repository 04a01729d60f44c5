/* Whether a carrier's texts are refused for overload: a line in the log when
 * that begins, and one when none was for a while. */
#ifndef REFUSING_H
#define REFUSING_H

#include "intake.h"
#include "told.h"

#define REFUSING_MS 5000 /* without a refusal: it has ended */

/* All zero at first. */
struct refusing {
	unsigned long refused; /* as last seen */
	unsigned long before;  /* as it began */
	int64_t last;          /* ms: when it was seen to grow; 0: never */
	struct told told;
};

/* To be called about once a second. */
void refusing_watch(struct refusing *r, const char *carrier,
    const struct intake_state *state, int64_t now);

#endif
