/* One carrier's long texts: their parts come over any of its links, to any
 * process, and are put together in the small state. */
#ifndef GATHER_H
#define GATHER_H

#include <event2/event.h>

#include "concat.h"
#include "key.h"
#include "parts.h"
#include "send.h"

struct gather;

/* All that is passed must outlive it. 0 or -errno. */
int gather_new(struct gather **gp, struct event_base *base, struct state *state,
    const struct key *key, const char *carrier);
void gather_free(struct gather *g);

/* Takes a part in, one of several, that came at `now`.
 * 1 when the text is whole: `out` then holds its octets, *len of them, and
 * the deliver_sm is the caller's to answer; this part coming again, before it
 * is answered or after, makes it whole again.
 * 0 when gather_settle will answer it.
 * -E2BIG when it is to be read as if it were whole, -errno when it could not
 * be kept; the caller is to answer it. */
int gather_add(struct gather *g, const struct origin *origin,
    const struct deliver_sm *sm, const struct concat_part *part, int64_t now,
    uint8_t out[PARTS_TEXT], size_t *len);

/* After the batch's commit, whose result `rc` is: acknowledges the parts in
 * it, or refuses them for now. How many it refused. */
unsigned gather_settle(struct gather *g, int rc);

/* Parts that were acknowledged and whose others never came. */
unsigned long gather_lost(const struct gather *g);

#endif
