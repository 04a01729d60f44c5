/* One carrier's texts: deliver_sm in over any of its links, query, and the
 * answer on its way out. */
#ifndef DELIVER_H
#define DELIVER_H

#include <event2/event.h>

#include "conf.h"
#include "core.h"
#include "query.h"

struct deliver;

typedef void deliver_closed_h(void *arg);

/* Begins to serve a carrier over all its smsc sections. All that is passed
 * must outlive it. `closed` is called once after deliver_stop. 0 or -errno,
 * -ENOENT when the carrier has no smsc section. */
int deliver_new(struct deliver **dp, struct event_base *base, struct core *core,
    struct query *query, const struct conf_carrier *carrier,
    deliver_closed_h *closed, void *arg);
void deliver_free(struct deliver *d);

/* Takes no more texts, finishes what is in flight, takes leave. */
void deliver_stop(struct deliver *d);

#endif
