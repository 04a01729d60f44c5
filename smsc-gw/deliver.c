/* deliver_sm, or data_sm → query → answer.
 *
 * Nothing accepted is lost: a deliver_sm is answered when the SMSC has taken
 * every segment of what it led to, or refused one for good, or when the
 * answer lies in the outbox (send.c). Before that everything that goes wrong,
 * and everything there is no room for, gets the link's retry_status, and the
 * SMSC sends the text again. */
#include <errno.h>
#include <string.h>

#include "asker.h"
#include "concat.h"
#include "delivery.h"
#include "log.h"
#include "text.h"
#include "when.h"

#define HASHED 512 /* octets of a message by which it is known again */

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
static int on_text(const struct queued *x, void *arg);
static void on_late(const struct queued *x, void *arg);
static void on_turn_done(void *arg);
static void on_resume(void *arg);

const struct link_events deliver_link_events = {
    .deliver = on_deliver,
    .submitted = on_submitted,
    .submitted_late = on_submitted_late,
    .read_done = on_read_done,
    .down = on_down,
    .closed = on_closed,
};

const struct intake_events deliver_intake_events = {
    .shed = on_shed,
    .text = on_text,
    .late = on_late,
    .turn_done = on_turn_done,
    .resume = on_resume,
};

/* A text comes in. */

/* The text of a message, or of the last missing part of one: 1. 0 when other
 * parts are still missing, -errno when this one could not be kept. */
static int
read_text(struct deliver *d, const struct origin *origin,
    const struct deliver_sm *sm, char text[DELIVER_TEXT])
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
		text_decode(a, whole, len, text, DELIVER_TEXT);
	else if (rc == -E2BIG)
		text_decode(a, part.text, part.len, text, DELIVER_TEXT);
	else
		return rc;
	return 1;
}

static void
acknowledge(const struct origin *o, uint32_t command_status)
{
	link_ack(o->link, &o->request, command_status);
}

/* For now, and without a word. */
static void
refuse_only(struct deliver *d, const struct origin *origin)
{
	d->now.refused_for_now++;
	acknowledge(origin, link_conf(origin->link)->retry_status);
}

/* No answer of its own. 0 when it was refused for now. */
static int
silence(struct deliver *d, const struct origin *origin, const struct ticket *t)
{
	int rc = t->is_elsewhere ? -EBUSY
				 : sender_repeat(d->sender, t->request, origin);

	if (rc < 0 && rc != -ENOENT) {
		refuse_only(d, origin);
		return 0;
	}
	d->now.silent++;
	if (rc == -ENOENT)
		acknowledge(origin, ESME_ROK);
	return 1;
}

/* The query, once the text is whole. 0 when it was refused for now. */
static int
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

	verdict = query_text(
	    d->query, service, msisdn, text, &x->before, &a, say, &ticket);
	log_debug(DQUERY, "link=%s service=%s from=%s verdict=%s places=%zu",
	    link_conf(origin->link)->name, service->name,
	    key_mask(msisdn, d->core->conf->country_code, mask),
	    verdict_name(verdict), a.nplaces);
	if (verdict == VERDICT_SILENCE)
		return silence(d, origin, &ticket);
	if (verdict == VERDICT_SYSTEM_BUSY ||
	    deliver_send_text(d, origin, service, sm, say, &ticket) < 0) {
		query_refused(d->query, &ticket);
		refuse_only(d, origin);
		if (verdict == VERDICT_SYSTEM_BUSY)
			deliver_send_busy(d, origin, service, msisdn, sm, &a);
		return 0;
	}
	ration_earn(&d->ration);
	intake_answered(d->intake, x, ticket.request != 0);
	if (verdict_asks(verdict))
		intake_asked(d->intake, x);
	return 1;
}

static void
refuse(
    struct deliver *d, const struct origin *origin, const struct deliver_sm *sm)
{
	refuse_only(d, origin);
	if (ration_take(&d->ration))
		deliver_tell_busy(d, origin, sm);
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

/* What makes two senders the same who were asked something: no text's, for the
 * addresses stand the other way round. 0 where nobody is asked. */
static uint64_t
hash_asked(const struct deliver *d, const struct asker *asker,
    const struct deliver_sm *sm)
{
	const struct conf_service *s = asker->service;
	const size_t from = strlen(sm->source_addr) + 1;
	const size_t to = strlen(sm->destination_addr) + 1;
	uint8_t in[2 * (ADDRESS_MAX + 1)];

	if (s->identity != IDENTITY_PROMPT && s->consent == CONSENT_NONE)
		return 0;
	memcpy(in, sm->destination_addr, to);
	memcpy(in + to, sm->source_addr, from);
	return key_hash(d->vault->key, in, from + to);
}

static void
on_ussd(
    struct deliver *d, const struct origin *origin, const struct deliver_sm *sm)
{
	int begins = ussd_begins(origin->link, sm);
	const struct known known = {.text = begins ? hash(d, sm) : 0};

	if (!sender_takes(d->sender, origin->link) ||
	    !intake_text(d->intake, origin, sm, NULL, &known, 1))
		acknowledge(origin, link_conf(origin->link)->retry_status);
}

/* Waits for its turn, or is refused before anything is looked up. */
static void
take_text(
    struct deliver *d, const struct origin *origin, const struct deliver_sm *sm)
{
	struct known known = {.text = hash(d, sm)};
	struct asker asker;

	intake_expect(d->intake, known.text);
	if (!asker_read(&asker, d->core->conf, d->carrier, sm)) {
		d->now.silent++;
		acknowledge(origin, ESME_ROK);
		return;
	}
	known.asked = hash_asked(d, &asker, sm);
	if (!intake_text(d->intake, origin, sm, &asker, &known,
		sender_can_keep(d->sender, origin->link)))
		refuse(d, origin, sm);
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
		refuse_only(d, &origin);
	else
		take_text(d, &origin, sm);
}

static void
on_shed(enum shed level, void *arg)
{
	struct deliver *d = arg;

	query_shed(d->query, level);
}

static int
take_step(struct deliver *d, const struct queued *x)
{
	struct link *l = x->origin.link;
	uint32_t status = link_conf(l)->retry_status;

	if (sender_takes(d->sender, l))
		status = ussd_deliver(
		    d->ussd, l, &x->sm, intake_takes_long(d->intake));
	acknowledge(&x->origin, status);
	return status == ESME_ROK;
}

/* Its turn. The configuration may be another by now, and the asker have to be
 * read again. */
static int
on_text(const struct queued *x, void *arg)
{
	struct deliver *d = arg;
	struct link *l = x->origin.link;
	struct asker asker = x->asker;
	char text[DELIVER_TEXT];
	int rc;

	if (ussd_is_one(l, &x->sm))
		return take_step(d, x);
	if (!sender_takes(d->sender, l)) {
		refuse_only(d, &x->origin);
		return 0;
	}
	if (asker.service == NULL &&
	    !asker_read(&asker, d->core->conf, d->carrier, &x->sm)) {
		d->now.silent++;
		acknowledge(&x->origin, ESME_ROK);
		return 1;
	}
	rc = sender_can_keep(d->sender, l) /* others were answered meanwhile */
	    ? read_text(d, &x->origin, &x->sm, text)
	    : -ENOBUFS;
	if (rc < 0)
		refuse(d, &x->origin, &x->sm);
	return rc == 1 ? answer(d, x, &asker, text) : rc == 0;
}

static void
on_late(const struct queued *x, void *arg)
{
	struct deliver *d = arg;
	struct link *l = x->origin.link;

	/* a carrier that leaves has no service to tell a busy text of */
	if (ussd_is_one(l, &x->sm))
		acknowledge(&x->origin, link_conf(l)->retry_status);
	else if (!sender_takes(d->sender, l))
		refuse_only(d, &x->origin);
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
on_closed(struct link *l, void *arg)
{
	struct deliver *d = arg;

	intake_down(d->intake, l);
	ussd_down(d->ussd, l);
	links_closed(d->links, l);
	if (links_settled(d->links))
		d->settled(d->arg);
}
