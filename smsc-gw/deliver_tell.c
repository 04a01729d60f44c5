/* How one carrier's texts stand: a line in the log now and then where the
 * counters have changed, and the metrics. */
#include <errno.h>
#include <string.h>

#include <event2/util.h>

#include "delivery.h"
#include "log.h"

#define SUMMARY_SECONDS 60

static void
tell_receipts(struct deliver *d)
{
	const struct receipt_counters *c = receipts_counters(d->receipts);
	char words[RECEIPT_WORDS];

	if (memcmp(c, &d->receipts_told, sizeof(*c)) == 0)
		return;
	log_info(DSMPP, "carrier %s receipts %s", d->carrier->name,
	    receipt_words(c, words));
	d->receipts_told = *c;
}

static void
on_summary(evutil_socket_t fd, short what, void *arg)
{
	struct deliver *d = arg;
	const struct deliver_counters *c = &d->now;
	const struct sender_counters *s = sender_counters(d->sender);

	(void)fd;
	(void)what;
	query_expire(d->query);
	d->now.parts_lost = gather_lost(d->gather);
	tell_receipts(d);
	ussd_tell(d->ussd);
	if (memcmp(c, &d->told, sizeof(*c)) == 0 &&
	    memcmp(s, &d->sent_told, sizeof(*s)) == 0)
		return;
	log_info(DSMPP,
	    "carrier %s texts=%lu silent=%lu parts=%lu parts_lost=%lu "
	    "refused_for_now=%lu busy=%lu answers=%lu refused=%lu "
	    "segments=%lu again=%lu stored=%lu claimed=%lu expired=%lu "
	    "failed=%lu",
	    d->carrier->name, c->texts, c->silent, c->parts, c->parts_lost,
	    c->refused_for_now, s->busy, s->answers, s->refused, s->segments,
	    s->again, s->stored, s->claimed, s->expired, s->failed);
	d->told = *c;
	d->sent_told = *s;
}

int
deliver_begin_summaries(struct deliver *d, struct event_base *base)
{
	const struct timeval every = {SUMMARY_SECONDS, 0};

	d->summary = event_new(base, -1, EV_PERSIST, on_summary, d);
	if (d->summary == NULL)
		return -ENOMEM;
	return event_add(d->summary, &every) < 0 ? -ENOMEM : 0;
}

void
deliver_end_summaries(struct deliver *d)
{
	if (d->summary != NULL) {
		on_summary(-1, 0, d);
		event_free(d->summary);
	}
}

struct intake_state
deliver_intake(const struct deliver *d)
{
	return intake_state(d->intake);
}

static void
collect_intake(const struct deliver *d, struct metrics *m)
{
	const char *name = d->carrier->name;
	const struct intake_state i = deliver_intake(d);
	const struct metric_value all[] = {
	    {METRIC_ADMITTED, i.counters.admitted},
	    {METRIC_RETURNED, i.counters.returned},
	    {METRIC_REPEATED, i.counters.repeated},
	    {METRIC_REFUSED_AT_ONCE, i.counters.refused},
	    {METRIC_LATE, i.counters.late},
	    {METRIC_SHEDDING, i.level},
	    {METRIC_SHEDDING_CHANGES, i.changes},
	    {METRIC_BREAKER_OPEN, i.is_open},
	    {METRIC_BREAKER_OPENED, i.opened},
	    {METRIC_QUEUE, i.queued},
	    {METRIC_QUEUE_DELAY, i.delay / 1e6},
	    {METRIC_TEXT_COST, i.cost / 1e6},
	};

	metrics_put_all(m, all, sizeof(all) / sizeof(*all), name, NULL);
}

void
deliver_collect(struct deliver *d, struct metrics *m)
{
	const char *name = d->carrier->name;
	const struct deliver_counters *c = &d->now;
	const struct sender_counters *s = sender_counters(d->sender);
	int64_t outbox = outbox_count(d->outbox);
	const struct metric_value all[] = {
	    {METRIC_TEXTS, c->texts},
	    {METRIC_SILENT, c->silent},
	    {METRIC_PARTS, c->parts},
	    {METRIC_PARTS_LOST, gather_lost(d->gather)},
	    {METRIC_REFUSED_FOR_NOW, c->refused_for_now},
	    {METRIC_BUSY_TEXTS, s->busy},
	    {METRIC_ANSWERS, s->answers},
	    {METRIC_ANSWERS_REFUSED, s->refused},
	    {METRIC_ANSWERS_STORED, s->stored},
	    {METRIC_ANSWERS_CLAIMED, s->claimed},
	    {METRIC_ANSWERS_EXPIRED, s->expired},
	    {METRIC_ANSWERS_FAILED, s->failed},
	    {METRIC_SEGMENTS, s->segments},
	    {METRIC_SEGMENTS_AGAIN, s->again},
	};

	metrics_put_all(m, all, sizeof(all) / sizeof(*all), name, NULL);
	if (outbox >= 0)
		metrics_put(m, METRIC_OUTBOX, outbox, name, NULL);
	collect_intake(d, m);
	query_collect_store(d->query, d->carrier, m);
	links_collect(d->links, m);
	ussd_collect(d->ussd, m);
}
