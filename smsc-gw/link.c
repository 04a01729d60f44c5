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
 * One tick looks for what is overdue: a bind or unbind, a submit_sm, an
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
#include "link_parts.h"
#include "log.h"
#include "program.h"
#include "tls.h"
#include "when.h"

#define CAPTURE_OCTETS 100000000
#define TICK_MS 250
#define UNBIND_MS 3000
#define OUTPUT_LOW (1 << 16) /* octets that the SMSC does not read */
#define INPUT_MAX (1 << 16)  /* octets that are read ahead; more than a PDU */

static void connect_now(evutil_socket_t fd, short what, void *arg);
static void on_tick(evutil_socket_t fd, short what, void *arg);
static void on_event(struct bufferevent *bev, short what, void *arg);

/* Life. */

static int
make_events(struct link *l)
{
	const struct timeval tick = {0, TICK_MS * 1000};

	l->tick = event_new(l->base, -1, EV_PERSIST, on_tick, l);
	l->retry = evtimer_new(l->base, connect_now, l);
	l->flush = event_new(l->base, -1, 0, link_on_flush, l);
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
	link_enter(l, WAITING);
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

void
link_enter(struct link *l, enum state state)
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
	link_enter(l, CONNECTING);
	l->bev = l->tls != NULL
	    ? tls_bufferevent(l->tls, l->base)
	    : bufferevent_socket_new(l->base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (l->bev == NULL) {
		link_close(l, "no memory");
		return;
	}
	bufferevent_setcb(l->bev, link_on_read, link_on_drained, on_event, l);
	bufferevent_setwatermark(l->bev, EV_WRITE, OUTPUT_LOW, 0);
	bufferevent_setwatermark(l->bev, EV_READ, 0, INPUT_MAX);
	bufferevent_enable(l->bev, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect_hostname(
		l->bev, l->dns, AF_UNSPEC, l->conf->host, l->conf->port) < 0)
		link_close(l, "cannot connect");
}

/* Freeing a bufferevent drops what it holds; a generic_nack or unbind_resp
 * that was just written should still be tried. */
static void
last_words(struct link *l)
{
	struct evbuffer *out = bufferevent_get_output(l->bev);

	link_flush(l);
	evbuffer_unfreeze(out, 1);
	if (l->tls != NULL)
		tls_last_words(l->bev);
	else if (evbuffer_get_length(out) > 0)
		evbuffer_write(out, bufferevent_getfd(l->bev));
	bufferevent_free(l->bev);
	l->bev = NULL;
}

void
link_close(struct link *l, const char *reason)
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
	if (was_bound || leaving) /* nothing was sent on any other */
		window_reset(l->window, when_ticks());
	link_enter(l, leaving ? CLOSED : WAITING);
	if (!leaving)
		backoff_wait(&l->backoff, l->retry);
	if (was_bound) {
		l->counters.downs++;
		l->events->down(l, l->arg);
	}
	if (leaving)
		l->events->closed(l, l->arg);
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
		link_close(l,
		    "the bind cannot be written; check system_id, "
		    "system_type, addr_ton, addr_npi");
		return;
	}
	setsockopt(bufferevent_getfd(l->bev), IPPROTO_TCP, TCP_NODELAY, &on,
	    sizeof(on));
	link_enter(l, BINDING);
	link_write(l, pdu, len);
}

void
link_unbind(struct link *l)
{
	int was_bound = l->state == BOUND || l->state == SENT_AWAY;

	if (l->state == UNBINDING || l->state == CLOSED)
		return;
	if (was_bound)
		link_write_unbind(l, UNBIND, window_sequence(l->window));
	event_del(l->retry);
	link_enter(l, UNBINDING);
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
		link_close(l, "the SMSC closed the connection");
	else
		link_close(l, why_broken(l));
}

/* What is overdue. */

static void
expire_submits(struct link *l, int64_t now)
{
	int64_t since = now - l->conf->response_timeout * 1000LL;
	void *ref;

	while ((ref = window_overdue(l->window, since)) != NULL) {
		l->mute = l->answered < since;
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
	int unread = l->stuck != 0 && now - l->stuck >= LINK_TELL_MS;

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
		link_close(l, "the SMSC does not read");
	} else if (l->asked != 0 &&
	    now - l->asked > l->conf->response_timeout * 1000LL) {
		link_close(l, "no answer to enquire_link");
	} else if (l->asked == 0 &&
	    now - l->heard > l->conf->enquire_interval * 1000LL) {
		l->asked = now;
		link_write_header(
		    l, ENQUIRE_LINK, ESME_ROK, window_sequence(l->window));
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

void
link_answer_unbind(struct link *l)
{
	link_write_unbind(l, UNBIND_RESP, l->unbind);
	link_close(l, "the SMSC unbound");
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
			link_close(l, still_missing(l));
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
			link_answer_unbind(l);
		break;
	case UNBINDING:
		if (in_state > UNBIND_MS)
			link_close(l, "no answer to unbind");
		break;
	case WAITING:
	case CLOSED:
		break;
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
