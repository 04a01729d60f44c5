/* The messages of one link: deliver_sm in, query, submit_sm out, and only
 * then the answer to the deliver_sm. */
#ifndef DELIVER_H
#define DELIVER_H

#include <event2/event.h>

#include "conf.h"
#include "core.h"
#include "query.h"

struct deliver;

typedef void deliver_closed_h(void *arg);

/* Begins to serve one SMSC. All that is passed must outlive it. `closed` is
 * called once after deliver_stop. 0 or -errno. */
int deliver_new(struct deliver **dp, struct event_base *base, struct core *core,
    struct query *query, const struct conf_smsc *conf, deliver_closed_h *closed,
    void *arg);
void deliver_free(struct deliver *d);

/* Takes no more texts, finishes what is in flight, takes leave. */
void deliver_stop(struct deliver *d);

#endif
