/* One carrier's texts from one configuration to the next: what they need is
 * made, and freed, here; a reload swaps the core and the carrier under them,
 * and the links that stay keep what is under way. When they stop, or a link
 * is to go, it leaves once the sender has nothing more for it. */
#include <errno.h>
#include <stdlib.h>

#include <event2/util.h>

#include "delivery.h"

#define RECEIPTED 65536 /* messages whose receipts are awaited */

static void
on_idle(struct link *l, void *arg)
{
	struct deliver *d = arg;

	if (l != NULL)
		link_unbind(l);
	else
		links_unbind(d->links);
}

static int
open_all(struct deliver *d, struct event_base *base, struct turns *turns,
    struct recall *recall)
{
	struct vault *v = core_vault(d->core, d->carrier);
	int rc = core_state(v);

	d->vault = v;
	if (rc == 0)
		rc = outbox_new(&d->outbox, v->state, v->key, d->carrier->name);
	if (rc == 0)
		rc = receipts_new(&d->receipts, RECEIPTED);
	if (rc == 0)
		rc = sender_new(&d->sender, base, v->state, d->outbox, d->query,
		    d->receipts, on_idle, d);
	if (rc == 0)
		rc = gather_new(
		    &d->gather, base, v->state, v->key, d->carrier->name);
	if (rc == 0)
		rc = ussd_new(
		    &d->ussd, base, d->core, d->query, d->outbox, d->carrier);
	if (rc == 0)
		rc = intake_new(
		    &d->intake, base, turns, recall, &deliver_intake_events, d);
	if (rc == 0)
		rc = deliver_begin_summaries(d, base);
	if (rc == 0)
		rc = links_new(
		    &d->links, base, d->sender, &deliver_link_events, d);
	return rc == 0 ? deliver_prepare(d, d->core, d->carrier) : rc;
}

int
deliver_new(struct deliver **dp, struct event_base *base, struct core *core,
    struct query *query, struct turns *turns, struct recall *recall,
    const struct conf_carrier *carrier, deliver_settled_h *settled, void *arg)
{
	struct deliver *d = calloc(1, sizeof(*d));
	int rc;

	if (d == NULL)
		return -ENOMEM;
	d->core = core;
	d->query = query;
	d->carrier = carrier;
	d->settled = settled;
	d->arg = arg;
	evutil_secure_rng_get_bytes(&d->reference, sizeof(d->reference));
	rc = open_all(d, base, turns, recall);
	if (rc < 0)
		deliver_free(d);
	else
		*dp = d;
	return rc;
}

void
deliver_free(struct deliver *d)
{
	if (d == NULL)
		return;
	deliver_end_summaries(d);
	intake_free(d->intake);
	ussd_free(d->ussd);
	links_free(d->links);
	sender_free(d->sender);
	outbox_free(d->outbox);
	gather_free(d->gather);
	receipts_free(d->receipts);
	free(d);
}

const struct conf_carrier *
deliver_carrier(const struct deliver *d)
{
	return d->carrier;
}

int
deliver_prepare(
    struct deliver *d, struct core *core, const struct conf_carrier *carrier)
{
	return links_prepare(d->links, core->conf, carrier);
}

void
deliver_abort(struct deliver *d)
{
	links_abort(d->links);
}

void
deliver_commit(struct deliver *d, struct core *core,
    const struct conf_carrier *carrier, int shares, struct links_change *change)
{
	if (carrier == NULL) {
		change->closed += deliver_stop(d);
		return;
	}
	links_commit(d->links, d->core->conf, core->conf, change);
	d->core = core;
	d->carrier = carrier;
	ussd_reload(d->ussd, core, carrier);
	intake_reload(
	    d->intake, carrier->name, core->conf->limits.repeat_window, shares);
}

int
deliver_is_settled(const struct deliver *d)
{
	return links_settled(d->links);
}

void
deliver_start(struct deliver *d)
{
	links_start(d->links);
}

unsigned
deliver_stop(struct deliver *d)
{
	sender_stop(d->sender);
	return links_stop(d->links);
}
