/* One carrier's links, from one configuration to the next: those whose
 * section stays the same stay up, the others leave once nothing is owed to
 * them and nothing in flight over them. */
#ifndef LINKS_H
#define LINKS_H

#include <event2/event.h>

#include "conf.h"
#include "link.h"
#include "program.h"
#include "send.h"

struct links;

/* None yet. All that is passed must outlive it. 0 or -ENOMEM. */
int links_new(struct links **lsp, struct event_base *base,
    struct sender *sender, const struct link_events *events, void *arg);
void links_free(struct links *ls);

/* Makes ready, but does nothing yet, for the sections that a carrier has in a
 * configuration. Then links_commit, which cannot fail, or links_abort. Both
 * only while links_settled. 0 or -errno. */
int links_prepare(struct links *ls, const struct conf *conf,
    const struct conf_carrier *carrier);
void links_abort(struct links *ls);

/* From `was`, which must live until links_settled, to what was prepared.
 * Adds to *change. New links stay at rest until links_start. */
void links_commit(struct links *ls, const struct conf *was,
    const struct conf *is, struct links_change *change);

/* Has every link that was to leave left? */
int links_settled(const struct links *ls);

/* Frees what has left for good, starts what is at rest. */
void links_start(struct links *ls);

/* Every link is to leave, and none comes back; how many. When sender_stop is
 * through with them, links_unbind. */
unsigned links_stop(struct links *ls);
void links_unbind(struct links *ls);

/* Reads on where a link was held. */
void links_resume(struct links *ls);

/* What a link tells its owner (link_events). */
void links_closed(struct links *ls, struct link *l);

/* Tells how each stands. */
void links_collect(const struct links *ls, struct metrics *m);

#endif
