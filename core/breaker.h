/* A carrier's breaker: one whose queries take long (a store that is slow, a
 * disk that hangs) has a tenth of the time while others are served beside it.
 * After each turn that took BREAKER_SLOW or more it opens for nine times as
 * long, and they are refused for now. Pure, no clock of its own: all times are
 * microseconds of one clock that is never set. */
#ifndef BREAKER_H
#define BREAKER_H

#include <stdint.h>

#define BREAKER_SLOW 100000 /* a turn that others would notice */
#define BREAKER_REST 9      /* times that */
#define BREAKER_MAX 30000000

/* All zero at first: closed. */
struct breaker {
	int64_t until; /* it is open */
	unsigned long opened;
};

/* A turn took so long and is over now. */
void breaker_took(struct breaker *b, int64_t took, int64_t now);
int breaker_is_open(const struct breaker *b, int64_t now);
/* Is it open, or was it in the last BREAKER_MAX? */
int breaker_acts(const struct breaker *b, int64_t now);

#endif
