/* How long to wait before the next try at a peer that is away. */
#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdint.h>

struct event;

#define BACKOFF_FIRST_MS 500
#define BACKOFF_MAX_MS 30000

/* Milliseconds to wait: half to one and a half times *ms, so that many who
 * lost one peer do not come back in step. Doubles *ms, which begins with
 * BACKOFF_FIRST_MS, up to BACKOFF_MAX_MS. */
uint32_t backoff_next(uint32_t *ms);
/* The timer goes off after that. */
void backoff_wait(uint32_t *ms, struct event *timer);

#endif
