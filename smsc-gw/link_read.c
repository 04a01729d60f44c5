/* What an SMSC sends. Octets stay in the evbuffer until a whole PDU is there;
 * every PDU of one read is handled before anything is written.
 *
 *   on_read ─▶ read_all ─▶ read_one, and the next: handle ─▶ events
 *      └──▶ closed for a fault; or not read, while it does not read itself
 *
 * Each is handled by its command_id (SMPP 3.4 5.1.2.1). */
#include <errno.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "backoff.h"
#include "link_parts.h"
#include "log.h"
#include "when.h"

#define OUTPUT_MAX (1 << 20) /* octets that the SMSC does not read */

static void handle(
    struct link *l, const struct pdu_header *h, const uint8_t *p);

void
link_hold(struct link *l)
{
	l->held = 1;
}

void
link_resume(struct link *l)
{
	if (!l->held)
		return;
	l->held = 0;
	if (l->bev != NULL)
		bufferevent_trigger(l->bev, EV_READ,
		    BEV_TRIG_IGNORE_WATERMARKS | BEV_TRIG_DEFER_CALLBACKS);
}

static void
nack(struct link *l, const struct pdu_header *h, uint32_t status)
{
	link_write_header(l, GENERIC_NACK, status, h->sequence_number);
}

static struct link_request
request_of(const struct link *l, const struct pdu_header *h)
{
	return (struct link_request){
	    .connection = l->connection,
	    .command_id = h->command_id,
	    .sequence_number = h->sequence_number,
	};
}

/* Longer than any request: refused for good, and the link goes on. */
static void
refuse_long(struct link *l, const struct pdu_header *h)
{
	const struct link_request r = request_of(l, h);

	if (h->command_id == DELIVER_SM || h->command_id == DATA_SM)
		link_ack(l, &r, ESME_RINVMSGLEN);
	else
		nack(l, h, ESME_RINVCMDLEN);
	l->skip = h->command_length - PDU_HEADER;
}

/* What is there of a PDU that is passed over. */
static size_t
skip(struct link *l, size_t len)
{
	size_t n = len < l->skip ? len : l->skip;

	l->skip -= n;
	return n;
}

/* The first PDU of what is there: the octets that it takes, or those of it that
 * are passed over; 0 for "not yet", or when the link is no more. Nothing less
 * than a whole one is a sign of life: behind a header that lies about its
 * length even answers to enquire_link are only a part of that PDU. */
static size_t
read_one(struct link *l, const uint8_t *p, size_t len)
{
	struct pdu_header h;
	int n = pdu_frame(p, len, &h);

	if (n == -EMSGSIZE) {
		refuse_long(l, &h);
		return PDU_HEADER;
	}
	if (n < 0) {
		h.sequence_number = 0;
		nack(l, &h, ESME_RINVCMDLEN);
		l->fault = "no PDU has such a command_length";
		return 0;
	}
	if (n == 0)
		return 0;
	link_capture(l, CAPTURE_FROM_SMSC, p, n);
	l->heard = l->now;
	l->asked = 0;
	handle(l, &h, p);
	return n;
}

/* Every PDU that is there, until the link is no more, or held. They lie one
 * behind the other, and go together once they are handled. */
static void
read_all(struct link *l)
{
	struct evbuffer *in = bufferevent_get_input(l->bev);
	size_t len = evbuffer_get_length(in), used = 0, n = 1;
	const uint8_t *p = l->held ? NULL : evbuffer_pullup(in, len);

	if (p == NULL)
		return;
	while (n > 0 && l->fault == NULL && !l->held) {
		n = l->skip > 0 ? skip(l, len - used)
				: read_one(l, p + used, len - used);
		used += n;
	}
	evbuffer_drain(in, used);
}

/* Octets that the SMSC has not read yet. */
static size_t
octets_unread(const struct link *l)
{
	return evbuffer_get_length(bufferevent_get_output(l->bev)) +
	    l->ngathered;
}

void
link_on_read(struct bufferevent *bev, void *arg)
{
	struct link *l = arg;

	l->now = when_ticks();
	read_all(l);
	l->events->read_done(l, l->arg);
	if (l->fault != NULL) {
		link_close(l, l->fault);
	} else if (l->state == SENT_AWAY &&
	    window_outstanding(l->window) == 0) {
		link_answer_unbind(l);
	} else if (l->stuck == 0 && octets_unread(l) > OUTPUT_MAX) {
		/* who does not read is not read */
		bufferevent_disable(bev, EV_READ);
		l->stuck = l->now;
	}
}

void
link_on_drained(struct bufferevent *bev, void *arg)
{
	struct link *l = arg;

	if (l->stuck == 0)
		return;
	l->stuck = 0;
	bufferevent_enable(bev, EV_READ);
}

/* A peer's words in the log are to stay in their line. */
static void
make_printable(char *s)
{
	for (; *s != '\0'; s++)
		if (*s < ' ' || *s > '~' || *s == '"')
			*s = '?';
}

/* It has something to say of what is sent. */
static void
answers(struct link *l, int64_t now)
{
	l->answered = now;
	l->mute = 0;
}

static void
handle_bind_resp(struct link *l, const struct pdu_header *h, const uint8_t *p)
{
	char system_id[16], name[16];

	if (l->state != BINDING)
		return;
	if (h->command_status != ESME_ROK || h->command_id == GENERIC_NACK) {
		log_error(DSMPP,
		    "link %s bind refused status=%s; check system_id and "
		    "password_file, and that the SMSC allows this address",
		    l->conf->name, pdu_status_name(h->command_status, name));
		l->fault = "bind refused";
		return;
	}
	if (pdu_read_bind_resp(p, h->command_length, system_id) < 0)
		log_notice(DSMPP, "link %s bind accepted with an odd body",
		    l->conf->name);
	make_printable(system_id);
	l->connection++;
	link_enter(l, BOUND);
	window_open(l->window, l->state_since);
	answers(l, l->state_since);
	log_info(DSMPP, "link %s bound peer=%s:%u system_id=\"%s\"",
	    l->conf->name, l->conf->host, l->conf->port, system_id);
}

/* It serves, where one that is bound and cut at once does not: the next time
 * it breaks it is made again soon. */
static void
works(struct link *l)
{
	l->backoff = BACKOFF_FIRST_MS;
}

/* One line a second: a storm of refusals is counted, not told. */
static void
tell_refusal(struct link *l, const char *what, uint32_t status)
{
	int64_t now = when_ticks();
	char name[16];

	if (now - l->told < LINK_TELL_MS) {
		l->untold++;
		return;
	}
	log_notice(DSMPP, "link %s %s refused status=%s untold=%lu",
	    l->conf->name, what, pdu_status_name(status, name), l->untold);
	l->told = now;
	l->untold = 0;
}

static void
handle_message(struct link *l, const struct pdu_header *h, const uint8_t *p)
{
	const struct link_request r = request_of(l, h);
	int is_data = h->command_id == DATA_SM;
	struct deliver_sm d;
	uint32_t status = is_data
	    ? pdu_read_data_sm(p, h->command_length, &d)
	    : pdu_read_deliver_sm(p, h->command_length, &d);

	if (l->state != BOUND)
		status = l->state == UNBINDING || l->state == SENT_AWAY
		    ? l->conf->retry_status
		    : ESME_RINVBNDSTS;
	if (status == ESME_ROK) {
		works(l);
		l->events->deliver(l, &r, &d, l->arg);
		return;
	}
	tell_refusal(l, is_data ? "data_sm" : "deliver_sm", status);
	link_ack(l, &r, status);
}

/* Of one that was given up. What an SMSC that is slow has taken must not be
 * sent again; what it refused is sent again in any case. */
static void
handle_late_resp(struct link *l, const struct pdu_header *h, const uint8_t *p)
{
	void *ref = window_late(l->window, h->sequence_number);
	char message_id[MESSAGE_ID_MAX + 1];

	if (ref == NULL)
		return;
	answers(l, l->now);
	if (h->command_id == GENERIC_NACK || h->command_status != ESME_ROK)
		return;
	works(l);
	pdu_read_submit_sm_resp(p, h->command_length, message_id);
	l->events->submitted_late(l, ref, message_id, l->arg);
}

static void
count_submit(struct link *l, uint32_t status)
{
	if (status == ESME_ROK)
		l->counters.taken++;
	else if (pdu_refused_for_good(status))
		l->counters.refused++;
	else
		l->counters.put_off++;
}

/* The answer to a submit_sm: with or without a body (4.4.2), or a
 * generic_nack, which says the same. */
static void
handle_submit_resp(struct link *l, const struct pdu_header *h, const uint8_t *p)
{
	void *ref = window_take(l->window, h->sequence_number);
	char message_id[MESSAGE_ID_MAX + 1];
	uint32_t status;

	if (ref == NULL) {
		handle_late_resp(l, h, p);
		return;
	}
	answers(l, l->now);
	if (h->command_status == ESME_ROK) {
		works(l);
		window_taken(l->window, l->now);
	} else if (pdu_had_enough(h->command_status)) {
		window_throttled(l->window, l->now);
	}
	pdu_read_submit_sm_resp(p, h->command_length, message_id);
	status = h->command_id == GENERIC_NACK && h->command_status == ESME_ROK
	    ? ESME_RUNKNOWNERR
	    : h->command_status;
	count_submit(l, status);
	l->events->submitted(l, ref, status, message_id, l->arg);
}

/* What it is for is not said: nothing but a bind is sent before one. */
static void
handle_nack(struct link *l, const struct pdu_header *h, const uint8_t *p)
{
	if (l->state == BINDING)
		handle_bind_resp(l, h, p);
	else
		handle_submit_resp(l, h, p);
}

static void
handle_unbind(struct link *l, const struct pdu_header *h)
{
	if (l->state == BOUND) {
		l->unbind = h->sequence_number;
		link_enter(l, SENT_AWAY);
	} else if (l->state != SENT_AWAY) {
		link_write_unbind(l, UNBIND_RESP, h->sequence_number);
		l->fault = "the SMSC unbound";
	}
}

static void
handle(struct link *l, const struct pdu_header *h, const uint8_t *p)
{
	switch (h->command_id) {
	case DELIVER_SM:
	case DATA_SM:
		handle_message(l, h, p);
		break;
	case SUBMIT_SM_RESP:
		handle_submit_resp(l, h, p);
		break;
	case GENERIC_NACK:
		handle_nack(l, h, p);
		break;
	case ENQUIRE_LINK:
		link_write_header(
		    l, ENQUIRE_LINK_RESP, ESME_ROK, h->sequence_number);
		break;
	case BIND_TRANSCEIVER_RESP:
	case BIND_TRANSMITTER_RESP:
	case BIND_RECEIVER_RESP:
		handle_bind_resp(l, h, p);
		break;
	case UNBIND:
		handle_unbind(l, h);
		break;
	case UNBIND_RESP:
		if (l->state == UNBINDING)
			l->fault = "unbound";
		break;
	case ENQUIRE_LINK_RESP:
		works(l);
		break;
	case ALERT_NOTIFICATION:
		break;
	default:
		/* a response to nothing is not answered (3.3) */
		if (!(h->command_id & GENERIC_NACK))
			nack(l, h, ESME_RINVCMDID);
	}
}
