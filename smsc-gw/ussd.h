/* USSD dialogues (call.h) over SMPP: deliver_sm and submit_sm with
 * ussd_service_op and its_session_info (3.4, 5.3.2.43 and 44), as each link's
 * options have it. A dialogue stays on the link where it began. */
#ifndef USSD_H
#define USSD_H

#include <event2/event.h>

#include "core.h"
#include "link.h"
#include "outbox.h"
#include "query.h"

struct ussd;

/* One carrier's, over all its links. All that is passed must outlive it. 0 or
 * -ENOMEM. */
int ussd_new(struct ussd **up, struct event_base *base, struct core *core,
    struct query *query, struct outbox *outbox,
    const struct conf_carrier *carrier);
void ussd_free(struct ussd *u);

/* Another core from now on, with the links' options already its own. */
void ussd_reload(
    struct ussd *u, struct core *core, const struct conf_carrier *carrier);

/* Is a deliver_sm of a link one of USSD's? */
int ussd_is_one(const struct link *l, const struct deliver_sm *sm);

/* Does it begin a dialogue? */
int ussd_begins(const struct link *l, const struct deliver_sm *sm);

/* Takes one: the command_status to answer it with. What there is to say goes
 * with ussd_send, or ussd_settle. While look-ups take long a reply that takes
 * one is not made: its dialogue ends. */
uint32_t ussd_deliver(struct ussd *u, struct link *l,
    const struct deliver_sm *sm, int takes_long);

/* What a link tells (link_events). ussd_submitted: 1 when the submit_sm is one
 * of these, else 0, and nothing is done. ussd_down also when it has taken
 * leave. */
int ussd_submitted(
    struct ussd *u, struct link *l, void *ref, uint32_t command_status);
void ussd_down(struct ussd *u, struct link *l);

/* After each batch: sends what waits and has room; and, after the
 * state_commit whose result is `rc`, what waited for that. */
void ussd_send(struct ussd *u);
void ussd_settle(struct ussd *u, int rc);

/* Logs the counters of the links where they have changed. */
void ussd_tell(struct ussd *u);

/* Tells how each stands. */
void ussd_collect(const struct ussd *u, struct metrics *m);

#endif
