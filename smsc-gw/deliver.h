/* One carrier's texts: deliver_sm in over any of its links, query, and the
 * answer on its way out. */
#ifndef DELIVER_H
#define DELIVER_H

#include <event2/event.h>

#include "conf.h"
#include "core.h"
#include "intake.h"
#include "links.h"
#include "query.h"
#include "recall.h"
#include "turns.h"

struct deliver;

/* Called when every link that was to leave has left: after deliver_commit, if
 * any was, and after deliver_stop. */
typedef void deliver_settled_h(void *arg);

/* A carrier's texts, over all its smsc sections; its links are at rest until
 * deliver_commit and deliver_start. All that is passed must outlive it. 0 or
 * -errno. */
int deliver_new(struct deliver **dp, struct event_base *base, struct core *core,
    struct query *query, struct turns *turns, struct recall *recall,
    const struct conf_carrier *carrier, deliver_settled_h *settled, void *arg);
void deliver_free(struct deliver *d);

const struct conf_carrier *deliver_carrier(const struct deliver *d);

/* Makes ready for another core, with the same vault for its carrier. Then
 * deliver_commit, which cannot fail, or deliver_abort. Both only while
 * deliver_is_settled. 0 or -errno. */
int deliver_prepare(
    struct deliver *d, struct core *core, const struct conf_carrier *carrier);
void deliver_abort(struct deliver *d);

/* Makes it so; with a null carrier it needs no more than that, and stops. It
 * shares the process, or no other carrier is served in it. The core that it
 * leaves must live until deliver_is_settled. Adds to *change. */
void deliver_commit(struct deliver *d, struct core *core,
    const struct conf_carrier *carrier, int shares,
    struct links_change *change);
int deliver_is_settled(const struct deliver *d);

/* Connects the links that are new. */
void deliver_start(struct deliver *d);

/* Takes no more texts, finishes what is in flight, takes leave of every link;
 * how many. */
unsigned deliver_stop(struct deliver *d);

struct intake_state deliver_intake(const struct deliver *d);

/* Tells how it stands. Not while it leaves, with a carrier that may be no
 * more. */
void deliver_collect(struct deliver *d, struct metrics *m);

#endif
