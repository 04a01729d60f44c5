/* deliver_sm, or data_sm → query → answer.
 *
 * Nothing accepted is lost: a deliver_sm is answered when the SMSC has taken
 * every segment of what it led to, or refused one for good, or when the
 * answer lies in the outbox (send.c). Before that everything that goes wrong,
 * and everything there is no room for, gets the link's retry_status, and the
 * SMSC sends the text again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <event2/util.h>

#include "asker.h"
#include "concat.h"
#include "deliver.h"
#include "gather.h"
#include "intake.h"
#include "links.h"
#include "log.h"
#include "outbox.h"
#include "program.h"
#include "ration.h"
#include "receipt.h"
#include "send.h"
#include "text.h"
#include "ussd.h"
#include "when.h"

#define TEXT_MAX 1024   /* octets of UTF-8 of a user's text that count */
#define RECEIPTED 65536 /* messages whose receipts are awaited */
#define SUMMARY_SECONDS 60
#define HASHED 512 /* octets of a message by which it is known again */

struct counters {
	unsigned long texts, silent, parts, parts_lost, refused_for_now;
};

struct deliver {
	struct core *core;
	struct query *query;
	const struct conf_carrier *carrier;
	const struct vault *vault; /* the carrier's, whatever the core */
	struct outbox *outbox;
	struct sender *sender;
	struct gather *gather;
	struct receipts *receipts;
	struct ussd *ussd;
	struct intake *intake;
	struct links *links;
	struct event *summary;
	deliver_settled_h *settled;
	void *arg;
	int took, dirty;    /* texts from a read; what is to be settled now */
	uint16_t reference; /* of the last message: program_number */
	struct ration ration;
	struct counters now, told;
	struct sender_counters sent_told;
	struct receipt_counters receipts_told;
};

static void on_deliver(struct link *l, const struct link_request *r,
    const struct deliver_sm *sm, void *arg);
static void on_submitted(struct link *l, void *ref, uint32_t command_status,
    const char *message_id, void *arg);
static void on_submitted_late(
    struct link *l, void *ref, const char *message_id, void *arg);
static void on_read_done(struct link *l, void *arg);
static void on_down(struct link *l, void *arg);
static void on_closed(struct link *l, void *arg);
static void on_shed(enum shed level, void *arg);
static void on_text(const struct queued *x, void *arg);
static void on_late(const struct queued *x, void *arg);
static void on_turn_done(void *arg);
static void on_resume(void *arg);
static void on_idle(struct link *l, void *arg);
static void on_summary(evutil_socket_t fd, short what, void *arg);

static const struct link_events events = {
    .deliver = on_deliver,
    .submitted = on_submitted,
    .submitted_late = on_submitted_late,
    .read_done = on_read_done,
    .down = on_down,
    .closed = on_closed,
};

static const struct intake_events intake_events = {
    .shed = on_shed,
    .text = on_text,
    .late = on_late,
    .turn_done = on_turn_done,
    .resume = on_resume,
};

/* Life. */

static int
begin_summaries(struct deliver *d, struct event_base *base)
{
	const struct timeval every = {SUMMARY_SECONDS, 0};

	d->summary = event_new(base, -1, EV_PERSIST, on_summary, d);
	if (d->summary == NULL)
		return -ENOMEM;
	return event_add(d->summary, &every) < 0 ? -ENOMEM : 0;
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
		    &d->intake, base, turns, recall, &intake_events, d);
	if (rc == 0)
		rc = begin_summaries(d, base);
	if (rc == 0)
		rc = links_new(&d->links, base, d->sender, &events, d);
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
	if (d->summary != NULL) {
		on_summary(-1, 0, d);
		event_free(d->summary);
	}
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
    const struct conf_carrier *carrier, struct links_change *change)
{
	if (carrier == NULL) {
		change->closed += deliver_stop(d);
		return;
	}
	links_commit(d->links, d->core->conf, core->conf, change);
	d->core = core;
	d->carrier = carrier;
	ussd_reload(d->ussd, core, carrier);
	intake_reload(d->intake, carrier->name,
	    core->conf->limits.repeat_window, core->conf->ncarriers > 1);
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

/* A text comes in. */

/* The text of a message, or of the last missing part of one: 1. 0 when other
 * parts are still missing, -errno when this one could not be kept. */
static int
read_text(struct deliver *d, const struct origin *origin,
    const struct deliver_sm *sm, char text[TEXT_MAX])
{
	enum alphabet a =
	    asker_alphabet(link_conf(origin->link), sm->data_coding);
	uint8_t whole[PARTS_TEXT];
	struct concat_part part;
	size_t len;
	int rc = -E2BIG;

	concat_read(sm, &part);
	if (part.total > 1) {
		d->now.parts++;
		rc = gather_add(
		    d->gather, origin, sm, &part, when_now(), whole, &len);
	}
	if (rc == 1)
		text_decode(a, whole, len, text, TEXT_MAX);
	else if (rc == -E2BIG)
		text_decode(a, part.text, part.len, text, TEXT_MAX);
	else
		return rc;
	return 1;
}

/* What is said to who texted, as the link wants it, or the others where it is
 * one for receiving; -E2BIG when that is too long for any. */
static int
compose(struct deliver *d, const struct conf_smsc *conf,
    const struct deliver_sm *sm, const char *say, struct outbox_message *m)
{
	if (strlen(say) >= sizeof(m->text))
		return -E2BIG;
	asker_address(m, sm);
	m->alphabet =
	    text_alphabet(say, conf_alphabet(d->core->conf, d->carrier));
	m->concat = conf->bind == BIND_MODE_RECEIVER
	    ? conf_concat(d->core->conf, d->carrier)
	    : conf->concat;
	m->receipt = 0;
	m->reference = program_number(++d->reference);
	strcpy(m->text, say);
	return 0;
}

static int
send_text(struct deliver *d, const struct origin *origin,
    const struct conf_service *service, const struct deliver_sm *sm,
    const char *say, const struct ticket *ticket)
{
	const struct conf_smsc *conf = link_conf(origin->link);
	static struct outbox_message m;
	int rc = compose(d, conf, sm, say, &m);

	m.receipt = service->receipts;
	if (rc == 0)
		rc = sender_send(d->sender, &m, origin, ticket,
		    conf->max_segments, conf->validity_minutes);
	if (rc == -E2BIG)
		log_error(DSMPP,
		    "link %s an answer of %zu octets is longer than "
		    "max_segments = %u hold; it cannot be sent",
		    conf->name, strlen(say), conf->max_segments);
	return rc;
}

/* With a refusal for now, where there is room for it. It says to ask again
 * after a while, and is of no use after that. */
static void
send_busy(struct deliver *d, const struct origin *origin,
    const struct conf_service *service, const char *msisdn,
    const struct deliver_sm *sm, struct answer *a)
{
	const struct conf_smsc *conf = link_conf(origin->link);
	static struct outbox_message m;
	static char say[ANSWER_MAX];

	if (sender_has_room(d->sender) &&
	    query_busy(d->query, service, msisdn, a, say) == VERDICT_BUSY &&
	    compose(d, conf, sm, say, &m) == 0)
		sender_send(d->sender, &m, NULL, NULL, conf->max_segments,
		    d->core->conf->limits.busy_minutes);
}

static void
acknowledge(const struct origin *o, uint32_t command_status)
{
	link_ack(o->link, &o->request, command_status);
}

/* No answer of its own. */
static void
silence(struct deliver *d, const struct origin *origin, const struct ticket *t)
{
	int rc = t->is_elsewhere ? -EBUSY
				 : sender_repeat(d->sender, t->request, origin);

	d->now.silent++;
	if (rc == -ENOENT)
		acknowledge(origin, ESME_ROK);
	else if (rc < 0)
		acknowledge(origin, link_conf(origin->link)->retry_status);
}

/* The query, once the text is whole. */
static void
answer(struct deliver *d, const struct queued *x, const struct asker *asker,
    const char *text)
{
	const struct conf_service *service = asker->service;
	const struct origin *origin = &x->origin;
	const char *msisdn = asker->msisdn;
	const struct deliver_sm *sm = &x->sm;
	static char say[ANSWER_MAX];
	char mask[MASK_MAX];
	struct ticket ticket;
	enum verdict verdict;
	struct answer a;

	if (x->is_copy && query_is_covered(d->query, service, msisdn, text)) {
		d->now.silent++;
		acknowledge(origin, ESME_ROK);
		return;
	}
	if (x->refused != 0)
		query_refused_before(
		    d->query, service, msisdn, text, x->refused);
	verdict = query_text(d->query, service, msisdn, text, &a, say, &ticket);
	log_debug(DQUERY, "link=%s service=%s from=%s verdict=%s places=%zu",
	    link_conf(origin->link)->name, service->name,
	    key_mask(msisdn, d->core->conf->country_code, mask),
	    verdict_name(verdict), a.nplaces);
	if (verdict == VERDICT_SILENCE) {
		silence(d, origin, &ticket);
	} else if (verdict == VERDICT_SYSTEM_BUSY ||
	    send_text(d, origin, service, sm, say, &ticket) < 0) {
		d->now.refused_for_now++;
		query_refused(d->query, &ticket);
		acknowledge(origin, link_conf(origin->link)->retry_status);
		if (verdict == VERDICT_SYSTEM_BUSY)
			send_busy(d, origin, service, msisdn, sm, &a);
	} else {
		ration_earn(&d->ration);
		intake_answered(d->intake, x, ticket.request != 0);
	}
}

/* One of many, now and then. What may be meant for another service of the
 * code's, or is a part of something, hears nothing. */
static void
tell_busy(
    struct deliver *d, const struct origin *origin, const struct deliver_sm *sm)
{
	struct concat_part part;
	char text[TEXT_MAX];
	struct asker asker;
	struct answer a;

	concat_read(sm, &part);
	if (!asker_read(&asker, d->core->conf, d->carrier, sm) ||
	    part.total > 1)
		return;
	text_decode(asker_alphabet(link_conf(origin->link), sm->data_coding),
	    part.text, part.len, text, sizeof(text));
	if (query_is_plain(asker.service, text, &a))
		send_busy(d, origin, asker.service, asker.msisdn, sm, &a);
}

static void
refuse(
    struct deliver *d, const struct origin *origin, const struct deliver_sm *sm)
{
	d->now.refused_for_now++;
	acknowledge(origin, link_conf(origin->link)->retry_status);
	if (ration_take(&d->ration))
		tell_busy(d, origin, sm);
}

/* What makes two texts the same before either is understood. */
static uint64_t
hash(const struct deliver *d, const struct deliver_sm *sm)
{
	const size_t from = strlen(sm->source_addr) + 1;
	const size_t to = strlen(sm->destination_addr) + 1;
	uint8_t in[2 * (ADDRESS_MAX + 1) + HASHED];
	size_t len = sm->message_len < HASHED ? sm->message_len : HASHED;
	uint64_t h;

	memcpy(in, sm->source_addr, from);
	memcpy(in + from, sm->destination_addr, to);
	if (len > 0)
		memcpy(in + from + to, sm->message, len);
	h = key_hash(d->vault->key, in, from + to + len);
	return h + (h == 0);
}

static void
on_ussd(
    struct deliver *d, const struct origin *origin, const struct deliver_sm *sm)
{
	int begins = ussd_begins(origin->link, sm);

	if (!sender_takes(d->sender, origin->link) ||
	    !intake_text(
		d->intake, origin, sm, NULL, begins ? hash(d, sm) : 0, 1))
		acknowledge(origin, link_conf(origin->link)->retry_status);
}

/* Waits for its turn, or is refused before anything is looked up. */
static void
take_text(
    struct deliver *d, const struct origin *origin, const struct deliver_sm *sm)
{
	uint64_t text = hash(d, sm);
	struct asker asker;

	intake_expect(d->intake, text);
	if (!asker_read(&asker, d->core->conf, d->carrier, sm)) {
		d->now.silent++;
		acknowledge(origin, ESME_ROK);
	} else if (!intake_text(d->intake, origin, sm, &asker, text,
		       sender_can_keep(d->sender, origin->link))) {
		refuse(d, origin, sm);
	}
}

static void
on_deliver(struct link *l, const struct link_request *r,
    const struct deliver_sm *sm, void *arg)
{
	const struct origin origin = {l, *r};
	struct deliver *d = arg;
	struct receipt receipt;

	d->took = 1;
	if (ussd_is_one(l, sm)) {
		on_ussd(d, &origin, sm);
		return;
	}
	if (receipt_read(sm, &receipt)) {
		receipts_take(d->receipts, sm->source_addr,
		    sm->destination_addr, &receipt);
		acknowledge(&origin, ESME_ROK);
		return;
	}
	d->now.texts++;
	if (!sender_takes(d->sender, l))
		acknowledge(&origin, link_conf(l)->retry_status);
	else
		take_text(d, &origin, sm);
}

static void
on_shed(enum shed level, void *arg)
{
	struct deliver *d = arg;

	query_shed(d->query, level);
}

/* Its turn. The configuration may be another by now, and the asker have to be
 * read again. */
static void
on_text(const struct queued *x, void *arg)
{
	struct deliver *d = arg;
	struct link *l = x->origin.link;
	struct asker asker = x->asker;
	char text[TEXT_MAX];
	int rc;

	if (!sender_takes(d->sender, l)) {
		acknowledge(&x->origin, link_conf(l)->retry_status);
		return;
	}
	if (ussd_is_one(l, &x->sm)) {
		acknowledge(&x->origin, ussd_deliver(d->ussd, l, &x->sm));
		return;
	}
	if (asker.service == NULL &&
	    !asker_read(&asker, d->core->conf, d->carrier, &x->sm)) {
		d->now.silent++;
		acknowledge(&x->origin, ESME_ROK);
		return;
	}
	rc = read_text(d, &x->origin, &x->sm, text);
	if (rc == 1)
		answer(d, x, &asker, text);
	else if (rc < 0)
		refuse(d, &x->origin, &x->sm);
}

static void
on_late(const struct queued *x, void *arg)
{
	struct deliver *d = arg;
	struct link *l = x->origin.link;

	/* a carrier that leaves has no service to tell a busy text of */
	if (!sender_takes(d->sender, l))
		acknowledge(&x->origin, link_conf(l)->retry_status);
	else
		refuse(d, &x->origin, &x->sm);
}

static void
on_submitted(struct link *l, void *ref, uint32_t command_status,
    const char *message_id, void *arg)
{
	struct deliver *d = arg;

	d->dirty = 1;
	if (ussd_submitted(d->ussd, l, ref, command_status))
		return;
	sender_submitted(d->sender, ref, command_status, message_id);
}

static void
on_submitted_late(struct link *l, void *ref, const char *message_id, void *arg)
{
	struct deliver *d = arg;

	(void)l;
	d->dirty = 1;
	sender_submitted_late(d->sender, ref, message_id);
}

/* Texts of one turn share one snapshot of the store and one commit. Who holds
 * the phone and waits comes first. */
static void
on_turn_done(void *arg)
{
	struct deliver *d = arg;
	int said, rc;

	d->dirty = 0;
	said = query_end(d->query);
	ussd_send(d->ussd);
	rc = sender_flush(d->sender, said);
	d->now.refused_for_now += gather_settle(d->gather, rc);
	ussd_settle(d->ussd, rc);
}

/* Texts are settled by their turn; anything else may have made room. */
static void
on_read_done(struct link *l, void *arg)
{
	struct deliver *d = arg;
	int only_texts = d->took && !d->dirty;

	(void)l;
	d->took = 0;
	if (!only_texts)
		on_turn_done(d);
}

static void
on_resume(void *arg)
{
	struct deliver *d = arg;

	links_resume(d->links);
}

static void
on_down(struct link *l, void *arg)
{
	struct deliver *d = arg;

	intake_down(d->intake, l);
	sender_down(d->sender, l);
	ussd_down(d->ussd, l);
}

static void
on_idle(struct link *l, void *arg)
{
	struct deliver *d = arg;

	if (l != NULL)
		link_unbind(l);
	else
		links_unbind(d->links);
}

static void
on_closed(struct link *l, void *arg)
{
	struct deliver *d = arg;

	intake_down(d->intake, l);
	ussd_down(d->ussd, l);
	links_closed(d->links, l);
	if (links_settled(d->links))
		d->settled(d->arg);
}

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
	const struct counters *c = &d->now;
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

/* How it stands. */

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
	const struct counters *c = &d->now;
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
