/* An SMPP session on a libevent bufferevent.
 *
 *   WAITING ──timer──▶ CONNECTING ──▶ BINDING ──▶ BOUND ──▶ UNBINDING
 *      ▲                    │            │          │           │
 *      └────────────────────┴────────────┴──────────┘           ▼
 *            any fault: close, back off with jitter           CLOSED
 *
 * When the SMSC unbinds (SENT_AWAY), its responses may be just behind: what
 * is in flight is waited for, a while, before that is answered.
 *
 * Octets stay in the evbuffer until a whole PDU is there; every PDU of one
 * read is handled before anything is written. What is written is gathered, and
 * given away when whoever writes has come to an end, in whatever event that
 * was. One tick looks for what is overdue: a bind or unbind, a submit_sm, an
 * enquire_link. */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/util.h>

#include "backoff.h"
#include "capture.h"
#include "link.h"
#include "log.h"
#include "program.h"
#include "tls.h"
#include "told.h"
#include "when.h"
#include "window.h"

#define CAPTURE_OCTETS 100000000
#define TICK_MS 250
#define UNBIND_MS 3000
#define TELL_MS 1000
#define OUTPUT_MAX (1 << 20) /* octets that the SMSC does not read */
#define OUTPUT_LOW (1 << 16)
#define INPUT_MAX (1 << 16) /* octets that are read ahead; more than a PDU */
#define GATHERED (1 << 14)  /* octets that are written together */

enum state {
	WAITING,
	CONNECTING,
	BINDING,
	BOUND,
	SENT_AWAY,
	UNBINDING,
	CLOSED
};

struct link {
	const struct conf_smsc *conf;
	const struct link_events *events;
	void *arg;
	struct event_base *base;
	struct evdns_base *dns;
	struct bufferevent *bev;
	struct tls *tls;         /* null: in clear */
	struct tls *tls_next;    /* reserved */
	struct capture *capture; /* or null */
	struct event *tick, *retry, *flush;
	enum state state;
	int held;          /* nothing is to be read */
	const char *fault; /* set while reading: close when back */
	uint32_t skip;     /* octets of a PDU that is passed over */
	int64_t stuck;     /* ms: not reading since */
	int64_t now;       /* ms: of the read that is being handled */
	uint32_t connection;
	uint32_t unbind;                   /* sequence number of the SMSC's */
	int64_t state_since, heard, asked; /* ms; asked: enquire_link */
	uint32_t backoff;                  /* ms */
	int64_t told;          /* ms: when a refusal was last told */
	unsigned long untold;  /* refusals since */
	struct window *window; /* submit_sm in flight */
	struct link_counters counters;
	struct told paced, unread;
	size_t ngathered;
	uint8_t gathered[GATHERED]; /* PDUs written since the last flush */
};

_Static_assert(GATHERED >= PDU_SUBMIT_MAX && GATHERED >= PDU_SESSION_MAX,
    "any PDU that is written has room");

static void enter_state(struct link *l, enum state state);
static void close_link(struct link *l, const char *reason);
static void connect_now(evutil_socket_t fd, short what, void *arg);
static void on_tick(evutil_socket_t fd, short what, void *arg);
static void on_flush(evutil_socket_t fd, short what, void *arg);
static void on_read(struct bufferevent *bev, void *arg);
static void on_drained(struct bufferevent *bev, void *arg);
static void on_event(struct bufferevent *bev, short what, void *arg);
static void handle(
    struct link *l, const struct pdu_header *h, const uint8_t *p);

/* Life. */

static int
make_events(struct link *l)
{
	const struct timeval tick = {0, TICK_MS * 1000};

	l->tick = event_new(l->base, -1, EV_PERSIST, on_tick, l);
	l->retry = evtimer_new(l->base, connect_now, l);
	l->flush = event_new(l->base, -1, 0, on_flush, l);
	if (l->tick == NULL || l->retry == NULL || l->flush == NULL)
		return -ENOMEM;
	event_add(l->tick, &tick);
	return 0;
}

int
link_new(struct link **lp, struct event_base *base,
    const struct conf_smsc *conf, const struct link_events *events, void *arg)
{
	struct link *l = calloc(1, sizeof(*l));
	int rc = 0;

	if (l == NULL)
		return -ENOMEM;
	l->conf = conf;
	l->events = events;
	l->arg = arg;
	l->base = base;
	l->dns = evdns_base_new(base,
	    EVDNS_BASE_INITIALIZE_NAMESERVERS |
		EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (conf->tls)
		rc = tls_new(&l->tls, conf);
	if (rc == 0)
		rc = window_new(
		    &l->window, conf->window, program_part(conf->rate));
	if (rc == 0)
		rc = make_events(l);
	if (rc == 0)
		*lp = l;
	else
		link_free(l);
	return rc;
}

void
link_free(struct link *l)
{
	if (l == NULL)
		return;
	if (l->bev != NULL)
		bufferevent_free(l->bev);
	if (l->tick != NULL)
		event_free(l->tick);
	if (l->retry != NULL)
		event_free(l->retry);
	if (l->flush != NULL)
		event_free(l->flush);
	if (l->dns != NULL)
		evdns_base_free(l->dns, 0);
	tls_free(l->tls);
	tls_free(l->tls_next);
	capture_close(l->capture);
	window_free(l->window);
	free(l);
}

const struct conf_smsc *
link_conf(const struct link *l)
{
	return l->conf;
}

/* A capture that cannot be made is logged and missed, no more. Each worker has
 * its own connection, and its own file of it. */
static void
begin_capture(struct link *l)
{
	const struct conf_smsc *conf = l->conf;
	char path[PATH_MAX];

	if (l->capture != NULL || conf->capture == NULL)
		return;
	if (program_workers() == 1)
		snprintf(path, sizeof(path), "%s", conf->capture);
	else
		snprintf(path, sizeof(path), "%s.%u", conf->capture,
		    program_worker());
	capture_open(&l->capture, path, conf->port,
	    conf->capture_numbers == CAPTURE_CLEAR, CAPTURE_OCTETS);
}

static int
same_capture(const struct conf_smsc *a, const struct conf_smsc *b)
{
	return a->capture != NULL && b->capture != NULL &&
	    strcmp(a->capture, b->capture) == 0 &&
	    a->capture_numbers == b->capture_numbers;
}

void
link_start(struct link *l)
{
	begin_capture(l);
	l->backoff = BACKOFF_FIRST_MS;
	enter_state(l, WAITING);
	event_active(l->retry, 0, 0);
}

int
link_reserve(struct link *l, const struct conf_smsc *conf)
{
	int rc = 0;

	tls_free(l->tls_next);
	l->tls_next = NULL;
	if (conf->tls)
		rc = tls_new(&l->tls_next, conf);
	return rc == 0 ? window_reserve(l->window, conf->window) : rc;
}

void
link_reload(struct link *l, const struct conf_smsc *conf)
{
	if (!same_capture(l->conf, conf)) {
		capture_close(l->capture);
		l->capture = NULL;
	}
	assert(!conf->tls == (l->tls_next == NULL));
	tls_free(l->tls);
	l->tls = l->tls_next;
	l->tls_next = NULL;
	l->conf = conf;
	begin_capture(l);
	window_resize(
	    l->window, conf->window, program_part(conf->rate), when_ticks());
}

static void
enter_state(struct link *l, enum state state)
{
	static const char *const names[] = {"waiting", "connecting", "binding",
	    "bound", "sent-away", "unbinding", "closed"};

	l->state = state;
	l->state_since = l->heard = when_ticks();
	l->asked = 0;
	log_debug(DSMPP, "link %s state=%s", l->conf->name, names[state]);
}

/* Connecting and leaving. */

static void
connect_now(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;

	(void)fd;
	(void)what;
	enter_state(l, CONNECTING);
	l->bev = l->tls != NULL
	    ? tls_bufferevent(l->tls, l->base)
	    : bufferevent_socket_new(l->base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (l->bev == NULL) {
		close_link(l, "no memory");
		return;
	}
	bufferevent_setcb(l->bev, on_read, on_drained, on_event, l);
	bufferevent_setwatermark(l->bev, EV_WRITE, OUTPUT_LOW, 0);
	bufferevent_setwatermark(l->bev, EV_READ, 0, INPUT_MAX);
	bufferevent_enable(l->bev, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect_hostname(
		l->bev, l->dns, AF_UNSPEC, l->conf->host, l->conf->port) < 0)
		close_link(l, "cannot connect");
}

static void
wait_to_connect(struct link *l)
{
	uint32_t ms = backoff_next(&l->backoff);
	const struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	enter_state(l, WAITING);
	event_add(l->retry, &tv);
}

/* To the evbuffer, which sends it when the event loop comes round. */
static void
flush(struct link *l)
{
	if (l->ngathered > 0)
		bufferevent_write(l->bev, l->gathered, l->ngathered);
	l->ngathered = 0;
}

static void
on_flush(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

/* Freeing a bufferevent drops what it holds; a generic_nack or unbind_resp
 * that was just written should still be tried. */
static void
last_words(struct link *l)
{
	struct evbuffer *out = bufferevent_get_output(l->bev);

	flush(l);
	evbuffer_unfreeze(out, 1);
	if (l->tls != NULL)
		tls_last_words(l->bev);
	else if (evbuffer_get_length(out) > 0)
		evbuffer_write(out, bufferevent_getfd(l->bev));
	bufferevent_free(l->bev);
	l->bev = NULL;
}

static void
close_link(struct link *l, const char *reason)
{
	int leaving = l->state == UNBINDING;
	int was_bound = l->state == BOUND || l->state == SENT_AWAY;

	if (leaving)
		log_info(DSMPP, "link %s closed", l->conf->name);
	else
		log_error(DSMPP, "link %s down peer=%s:%u reason=\"%s\"",
		    l->conf->name, l->conf->host, l->conf->port, reason);
	if (l->bev != NULL)
		last_words(l);
	l->fault = NULL;
	l->held = 0;
	l->skip = 0;
	l->stuck = 0;
	l->paced = l->unread = (struct told){0};
	window_reset(l->window, when_ticks());
	if (leaving)
		enter_state(l, CLOSED);
	else
		wait_to_connect(l);
	if (was_bound) {
		l->counters.downs++;
		l->events->down(l, l->arg);
	}
	if (leaving)
		l->events->closed(l, l->arg);
}

static void
capture(
    struct link *l, enum capture_direction dir, const uint8_t *pdu, size_t len)
{
	struct timespec ts;

	if (l->capture == NULL)
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	capture_pdu(l->capture, dir, pdu, len,
	    ts.tv_sec * 1000000LL + ts.tv_nsec / 1000);
}

static void
write_pdu(struct link *l, const uint8_t *pdu, size_t len)
{
	if (l->bev == NULL)
		return;
	capture(l, CAPTURE_TO_SMSC, pdu, len);
	if (len > sizeof(l->gathered) - l->ngathered)
		flush(l);
	if (l->ngathered == 0)
		event_active(l->flush, 0, 0);
	memcpy(l->gathered + l->ngathered, pdu, len);
	l->ngathered += len;
}

static void
write_request(struct link *l, uint32_t command_id)
{
	uint8_t pdu[PDU_SESSION_MAX];

	write_pdu(l, pdu,
	    pdu_write_header(
		command_id, ESME_ROK, window_sequence(l->window), pdu));
}

static void
bind_now(struct link *l)
{
	static const uint32_t commands[] = {
	    [BIND_MODE_TRANSCEIVER] = BIND_TRANSCEIVER,
	    [BIND_MODE_RECEIVER] = BIND_RECEIVER,
	    [BIND_MODE_TRANSMITTER] = BIND_TRANSMITTER,
	};
	const struct bind b = {
	    .command_id = commands[l->conf->bind],
	    .system_id = l->conf->system_id,
	    .password = l->conf->password,
	    .system_type = l->conf->system_type,
	    .interface_version = l->conf->interface_version,
	    .addr_ton = l->conf->addr_ton,
	    .addr_npi = l->conf->addr_npi,
	};
	uint8_t pdu[PDU_SESSION_MAX];
	int on = 1;
	int len = pdu_write_bind(&b, window_sequence(l->window), pdu);

	if (len < 0) {
		close_link(l,
		    "the bind cannot be written; check system_id, "
		    "system_type, addr_ton, addr_npi");
		return;
	}
	setsockopt(bufferevent_getfd(l->bev), IPPROTO_TCP, TCP_NODELAY, &on,
	    sizeof(on));
	enter_state(l, BINDING);
	write_pdu(l, pdu, len);
}

void
link_unbind(struct link *l)
{
	uint8_t pdu[PDU_SESSION_MAX];
	int was_bound = l->state == BOUND || l->state == SENT_AWAY;
	int len;

	if (l->state == UNBINDING || l->state == CLOSED)
		return;
	if (was_bound) {
		len = pdu_write_unbind(UNBIND, window_sequence(l->window), pdu);
		if (len > 0)
			write_pdu(l, pdu, len);
	}
	event_del(l->retry);
	enter_state(l, UNBINDING);
	if (!was_bound)
		l->state_since = 0; /* nobody answers: the next tick ends it */
}

static const char *
why_broken(struct link *l)
{
	int error = EVUTIL_SOCKET_ERROR();
	int dns = bufferevent_socket_get_dns_error(l->bev);
	const char *tls = l->tls != NULL ? tls_fault(l->tls, l->bev) : NULL;

	if (dns != 0)
		return evutil_gai_strerror(dns);
	return tls != NULL ? tls : evutil_socket_error_to_string(error);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct link *l = arg;

	(void)bev;
	if (what & BEV_EVENT_CONNECTED) {
		if (l->state == CONNECTING) /* not when taking leave */
			bind_now(l);
		return;
	}
	if (what & BEV_EVENT_EOF)
		close_link(l, "the SMSC closed the connection");
	else
		close_link(l, why_broken(l));
}

/* What is overdue. */

static void
expire_submits(struct link *l, int64_t now)
{
	void *ref;

	while ((ref = window_overdue(l->window,
		    now - l->conf->response_timeout * 1000LL)) != NULL) {
		log_debug(DSMPP, "link %s submit_sm unanswered after %u s",
		    l->conf->name, l->conf->response_timeout);
		l->counters.unanswered++;
		l->events->submitted(l, ref, LINK_NO_RESPONSE, "", l->arg);
	}
}

/* Changes of how a link that is up goes. */
static void
tell_changes(struct link *l, int64_t now)
{
	const struct window_state w = window_state(l->window, now);
	int unread = l->stuck != 0 && now - l->stuck >= TELL_MS;

	if (told_change(&l->paced, w.paced, now) > 0)
		log_notice(DSMPP, "link %s %s rate=%.0f pace=%.0f",
		    l->conf->name, w.paced ? "paced" : "not paced any more",
		    w.rate, w.pace);
	if (told_change(&l->unread, unread, now) > 0)
		log_notice(DSMPP, "link %s the SMSC %s", l->conf->name,
		    unread ? "does not read; it is not read either"
			   : "reads again");
}

static void
keep_alive(struct link *l, int64_t now)
{
	if (l->stuck != 0 &&
	    now - l->stuck > l->conf->response_timeout * 1000LL) {
		close_link(l, "the SMSC does not read");
	} else if (l->asked != 0 &&
	    now - l->asked > l->conf->response_timeout * 1000LL) {
		close_link(l, "no answer to enquire_link");
	} else if (l->asked == 0 &&
	    now - l->heard > l->conf->enquire_interval * 1000LL) {
		l->asked = now;
		write_request(l, ENQUIRE_LINK);
	}
}

static const char *
still_missing(const struct link *l)
{
	if (l->state == BINDING)
		return "no answer to bind";
	return l->tls != NULL && tls_began(l->bev) ? "no answer to TLS"
						   : "connection timed out";
}

static void
write_unbind_resp(struct link *l, uint32_t sequence_number)
{
	uint8_t pdu[PDU_SESSION_MAX];
	int len = pdu_write_unbind(UNBIND_RESP, sequence_number, pdu);

	if (len > 0)
		write_pdu(l, pdu, len);
}

static void
answer_unbind(struct link *l)
{
	write_unbind_resp(l, l->unbind);
	close_link(l, "the SMSC unbound");
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	int64_t now = when_ticks(), in_state = now - l->state_since;

	(void)fd;
	(void)what;
	switch (l->state) {
	case CONNECTING:
	case BINDING:
		if (in_state > l->conf->response_timeout * 1000LL)
			close_link(l, still_missing(l));
		break;
	case BOUND:
		expire_submits(l, now);
		if (l->state == BOUND)
			keep_alive(l, now);
		if (l->state == BOUND)
			tell_changes(l, now);
		break;
	case SENT_AWAY:
		if (in_state > UNBIND_MS)
			answer_unbind(l);
		break;
	case UNBINDING:
		if (in_state > UNBIND_MS)
			close_link(l, "no answer to unbind");
		break;
	case WAITING:
	case CLOSED:
		break;
	}
}

/* Sending messages. */

int
link_may_send(const struct link *l)
{
	return l->state == BOUND && l->conf->bind != BIND_MODE_RECEIVER;
}

unsigned
link_room(const struct link *l, int64_t now)
{
	return link_may_send(l) ? window_room(l->window, now) : 0;
}

void
link_submit(struct link *l, const struct submit_sm *s, void *ref, int64_t now)
{
	uint8_t pdu[PDU_SUBMIT_MAX];
	uint32_t n = window_add(l->window, ref, now);

	write_pdu(l, pdu, pdu_write_submit_sm(s, n, pdu));
}

void
link_forget(struct link *l, void *ref)
{
	window_forget(l->window, ref);
}

void
link_ack(struct link *l, const struct link_request *r, uint32_t command_status)
{
	uint8_t pdu[PDU_SESSION_MAX];

	if (r->connection != l->connection)
		return;
	write_pdu(l, pdu,
	    pdu_write_message_resp(
		r->command_id, command_status, r->sequence_number, pdu));
}

/* Reading. */

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
	uint8_t pdu[PDU_SESSION_MAX];

	write_pdu(l, pdu,
	    pdu_write_header(GENERIC_NACK, status, h->sequence_number, pdu));
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
	capture(l, CAPTURE_FROM_SMSC, p, n);
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

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct link *l = arg;

	l->now = when_ticks();
	read_all(l);
	l->events->read_done(l, l->arg);
	if (l->fault != NULL) {
		close_link(l, l->fault);
	} else if (l->state == SENT_AWAY &&
	    window_outstanding(l->window) == 0) {
		answer_unbind(l);
	} else if (octets_unread(l) > OUTPUT_MAX) {
		/* who does not read is not read */
		bufferevent_disable(bev, EV_READ);
		l->stuck = l->now;
	}
}

static void
on_drained(struct bufferevent *bev, void *arg)
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
	window_reset(l->window, when_ticks());
	enter_state(l, BOUND);
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

	if (now - l->told < TELL_MS) {
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

	if (ref == NULL || h->command_id == GENERIC_NACK ||
	    h->command_status != ESME_ROK)
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
	if (h->command_status == ESME_ROK) {
		works(l);
		window_taken(l->window, l->now);
	} else if (h->command_status == ESME_RTHROTTLED ||
	    h->command_status == ESME_RMSGQFUL) {
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
		enter_state(l, SENT_AWAY);
	} else if (l->state != SENT_AWAY) {
		write_unbind_resp(l, h->sequence_number);
		l->fault = "the SMSC unbound";
	}
}

static void
handle(struct link *l, const struct pdu_header *h, const uint8_t *p)
{
	uint8_t pdu[PDU_SESSION_MAX];

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
		write_pdu(l, pdu,
		    pdu_write_header(
			ENQUIRE_LINK_RESP, ESME_ROK, h->sequence_number, pdu));
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

struct link_state
link_state(const struct link *l)
{
	static const enum metric_link states[] = {
	    [WAITING] = METRIC_LINK_WAITING,
	    [CONNECTING] = METRIC_LINK_CONNECTING,
	    [BINDING] = METRIC_LINK_BINDING,
	    [BOUND] = METRIC_LINK_UP,
	    [SENT_AWAY] = METRIC_LINK_LEAVING,
	    [UNBINDING] = METRIC_LINK_LEAVING,
	    [CLOSED] = METRIC_LINK_CLOSED,
	};
	int64_t now = when_ticks();

	return (struct link_state){
	    .counters = l->counters,
	    .window = window_state(l->window, now),
	    .state = states[l->state],
	    .since = when_now() - (now - l->state_since) / 1000,
	};
}
