/* An IPA session on a libevent bufferevent.
 *
 *   WAITING ──timer──▶ CONNECTING ──▶ IDENTIFYING ──ID_GET──▶ UP
 *      ▲                    │              │                  │
 *      └────────────────────┴──────────────┴──────────────────┘
 *             any fault: close, back off with jitter
 *
 * Octets stay in the evbuffer until a whole frame is there and a turn
 * (turns.h) comes; every frame of one turn is handled before anything is
 * written. An HLR asks who we are and says nothing to the answer, so with the
 * answer the link is up. One tick looks for what is overdue: a connection, the
 * question, an answer to a ping, a peer that reads. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/util.h>

#include "backlog.h"
#include "backoff.h"
#include "breaker.h"
#include "ipa.h"
#include "link.h"
#include "log.h"
#include "when.h"

#define TICK_MS 250
#define INPUT_MAX (16 * IPA_MAX) /* octets that wait for their turn */
#define OUTPUT_MAX (1 << 20)     /* octets that the HLR does not read */
#define OUTPUT_LOW (1 << 16)

enum state { WAITING, CONNECTING, IDENTIFYING, UP };

struct link {
	const struct conf_hlr *conf;
	const struct link_events *events;
	void *arg;
	struct event_base *base;
	struct evdns_base *dns;
	struct bufferevent *bev;
	struct event *tick, *retry;
	enum state state;
	struct backlog backlog;
	struct turns *turns;
	struct turn turn;
	struct breaker breaker;
	int shares;        /* the process with other carriers */
	int64_t done;      /* µs that the end of a turn takes, mean */
	size_t frame;      /* octets of the one in hand */
	const char *fault; /* set while reading: close when back */
	size_t skip;       /* octets of a frame that is passed over */
	int64_t stuck;     /* ticks: not reading since */
	int64_t state_since, heard, asked; /* ticks; asked: a ping */
	uint32_t backoff;                  /* ms */
	unsigned pings, pongs, mark; /* of this connection; mark: a ping */
	unsigned long downs;
};

static void enter_state(struct link *l, enum state state);
static void close_link(struct link *l, const char *reason);
static void connect_now(evutil_socket_t fd, short what, void *arg);
static void on_tick(evutil_socket_t fd, short what, void *arg);
static void on_read(struct bufferevent *bev, void *arg);
static void on_drained(struct bufferevent *bev, void *arg);
static void on_event(struct bufferevent *bev, short what, void *arg);
static int take_turn(void *arg);
static int finish(struct link *l);
static void handle(struct link *l, const struct ipa_frame *f);

/* Life. */

static int
make_events(struct link *l)
{
	const struct timeval tick = {0, TICK_MS * 1000};

	l->dns = evdns_base_new(l->base,
	    EVDNS_BASE_INITIALIZE_NAMESERVERS |
		EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	l->tick = event_new(l->base, -1, EV_PERSIST, on_tick, l);
	l->retry = evtimer_new(l->base, connect_now, l);
	if (l->tick == NULL || l->retry == NULL ||
	    event_add(l->tick, &tick) < 0)
		return -ENOMEM;
	event_active(l->retry, 0, 0);
	return 0;
}

int
link_new(struct link **lp, struct event_base *base, struct turns *turns,
    const struct conf_hlr *conf, const struct link_events *events, void *arg)
{
	struct link *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return -ENOMEM;
	l->conf = conf;
	l->events = events;
	l->arg = arg;
	l->base = base;
	l->turns = turns;
	l->turn = (struct turn){.take = take_turn, .arg = l};
	l->backoff = BACKOFF_FIRST_MS;
	if (make_events(l) < 0) {
		link_free(l);
		return -ENOMEM;
	}
	*lp = l;
	return 0;
}

/* Freeing a bufferevent drops what it holds; what was just written should
 * still be tried. */
static void
last_words(struct link *l)
{
	struct evbuffer *out = bufferevent_get_output(l->bev);

	evbuffer_unfreeze(out, 1);
	if (evbuffer_get_length(out) > 0)
		evbuffer_write(out, bufferevent_getfd(l->bev));
	bufferevent_free(l->bev);
	l->bev = NULL;
}

void
link_free(struct link *l)
{
	if (l == NULL)
		return;
	if (l->bev != NULL && finish(l))
		last_words(l);
	turns_leave(l->turns, &l->turn);
	if (l->tick != NULL)
		event_free(l->tick);
	if (l->retry != NULL)
		event_free(l->retry);
	if (l->dns != NULL)
		evdns_base_free(l->dns, 0);
	free(l);
}

void
link_reload(struct link *l, const struct conf_hlr *conf)
{
	l->conf = conf;
}

void
link_share(struct link *l, int shares)
{
	l->shares = shares;
}

static void
enter_state(struct link *l, enum state state)
{
	static const char *const names[] = {
	    "waiting", "connecting", "identifying", "up"};

	l->state = state;
	l->state_since = l->heard = when_ticks();
	l->asked = 0;
	log_debug(DUSSD, "hlr %s state=%s", l->conf->name, names[state]);
}

/* Connecting and leaving. */

static void
connect_now(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;

	(void)fd;
	(void)what;
	enter_state(l, CONNECTING);
	l->bev = bufferevent_socket_new(l->base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (l->bev == NULL) {
		close_link(l, "no memory");
		return;
	}
	bufferevent_setcb(l->bev, on_read, on_drained, on_event, l);
	bufferevent_setwatermark(l->bev, EV_WRITE, OUTPUT_LOW, 0);
	bufferevent_enable(l->bev, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect_hostname(
		l->bev, l->dns, AF_UNSPEC, l->conf->host, l->conf->port) < 0)
		close_link(l, "cannot connect");
}

static void
close_link(struct link *l, const char *reason)
{
	int was_up = l->state == UP;

	log_error(DUSSD, "hlr %s down peer=%s:%u reason=\"%s\"", l->conf->name,
	    l->conf->host, l->conf->port, reason);
	if (l->bev != NULL)
		last_words(l);
	l->fault = NULL;
	l->skip = 0;
	l->stuck = 0;
	l->pings = l->pongs = l->mark = 0;
	l->backlog = (struct backlog){0};
	enter_state(l, WAITING);
	backoff_wait(&l->backoff, l->retry);
	if (was_up) {
		l->downs++;
		l->events->down(l->arg);
	}
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct link *l = arg;
	int error = EVUTIL_SOCKET_ERROR(), on = 1;
	int dns = bufferevent_socket_get_dns_error(bev);

	if (!(what & BEV_EVENT_CONNECTED) && !finish(l))
		return;
	if (what & BEV_EVENT_CONNECTED) {
		setsockopt(bufferevent_getfd(bev), IPPROTO_TCP, TCP_NODELAY,
		    &on, sizeof(on));
		enter_state(l, IDENTIFYING);
	} else if (what & BEV_EVENT_EOF) {
		close_link(l, "the HLR closed the connection");
	} else if (dns != 0) {
		close_link(l, evutil_gai_strerror(dns));
	} else {
		close_link(l, evutil_socket_error_to_string(error));
	}
}

/* What is overdue. */

/* Who does not read is not read. */
static void
watch_output(struct link *l, int64_t now)
{
	if (l->stuck != 0 ||
	    evbuffer_get_length(bufferevent_get_output(l->bev)) <= OUTPUT_MAX)
		return;
	bufferevent_disable(l->bev, EV_READ);
	l->stuck = now;
}

static void
on_drained(struct bufferevent *bev, void *arg)
{
	struct link *l = arg;

	if (l->stuck == 0)
		return;
	l->stuck = 0;
	l->heard = when_ticks(); /* nothing was read meanwhile */
	bufferevent_enable(bev, EV_READ);
}

static void
write_ccm(struct link *l, enum ipa_kind kind)
{
	uint8_t frame[IPA_CCM_LEN];

	l->pings += kind == IPA_PING;
	bufferevent_write(l->bev, frame, ipa_write_ccm(kind, frame));
}

static void
keep_alive(struct link *l, int64_t now)
{
	int64_t patience = l->conf->response_timeout * 1000LL;

	watch_output(l, now);
	if (l->stuck != 0) {
		if (now - l->stuck > patience)
			close_link(l, "the HLR does not read");
	} else if (l->asked != 0) {
		if (now - l->asked > patience)
			close_link(l, "no answer to a ping");
	} else if (now - l->heard > l->conf->ping_interval * 1000LL) {
		l->asked = now;
		write_ccm(l, IPA_PING);
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	int64_t now = when_ticks();
	int late = now - l->state_since > l->conf->response_timeout * 1000LL;

	(void)fd;
	(void)what;
	if (l->state == CONNECTING && late)
		close_link(l, "connection timed out");
	else if (l->state == IDENTIFYING && late)
		close_link(l, "not asked for our name; is this an HLR");
	else if (l->state == UP)
		keep_alive(l, now);
}

/* Sending and reading. */

int
link_is_up(const struct link *l)
{
	return l->state == UP;
}

int
link_is_behind(const struct link *l)
{
	return l->backlog.behind;
}

int
link_is_strained(const struct link *l, int64_t now)
{
	return backlog_is_strained(&l->backlog, now);
}

int
link_takes_long(const struct link *l)
{
	return l->shares && breaker_is_open(&l->breaker, when_micros());
}

struct link_load
link_load(const struct link *l)
{
	return (struct link_load){
	    .delay = backlog_delay(&l->backlog, when_ticks()),
	    .is_open = link_takes_long(l),
	    .acts = l->shares && breaker_acts(&l->breaker, when_micros()),
	    .opened = l->breaker.opened,
	};
}

void
link_mark(struct link *l)
{
	if (l->state != UP)
		return;
	write_ccm(l, IPA_PING);
	l->mark = l->pings;
}

void
link_send(struct link *l, const uint8_t *p, size_t len)
{
	uint8_t header[IPA_GSUP_HEADER];

	if (l->state != UP)
		return;
	bufferevent_write(l->bev, header, ipa_write_gsup(len, header));
	bufferevent_write(l->bev, p, len);
}

/* Drops what is left of a frame that is passed over. 1 when nothing is. */
static int
skip(struct link *l, struct evbuffer *in)
{
	size_t n = evbuffer_get_length(in);

	if (n > l->skip)
		n = l->skip;
	evbuffer_drain(in, n);
	l->skip -= n;
	return l->skip == 0;
}

/* Takes the frame at the front. 0 when it is not whole, or there is a fault.
 */
static int
take_frame(struct link *l, struct evbuffer *in)
{
	size_t have = evbuffer_get_length(in);
	struct ipa_frame f;
	int n;

	if (have > IPA_MAX)
		have = IPA_MAX;
	n = ipa_read(evbuffer_pullup(in, have), have, &f);
	if (n == -EBADMSG)
		l->fault = "what it says is no GSUP";
	if (n == -EMSGSIZE) {
		log_notice(DUSSD, "hlr %s a frame of %zu octets is passed over",
		    l->conf->name, f.length);
		l->skip = f.length;
		return 1;
	}
	if (n <= 0)
		return 0;
	l->frame = n;
	handle(l, &f);
	evbuffer_drain(in, n);
	return 1;
}

/* Octets that the system still has for us. */
static size_t
unread(const struct link *l)
{
	int n;

	if (ioctl(bufferevent_getfd(l->bev), FIONREAD, &n) < 0 || n <= 0)
		return 0;
	return n;
}

int
link_has_more(const struct link *l)
{
	struct evbuffer *in = bufferevent_get_input(l->bev);

	return evbuffer_get_length(in) > l->frame || unread(l) > 0;
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct link *l = arg;

	l->heard = when_ticks();
	l->asked = 0;
	backlog_read(&l->backlog,
	    evbuffer_get_length(bufferevent_get_input(bev)) + unread(l),
	    l->heard);
	turns_ask(l->turns, &l->turn);
}

/* One at least. 1 when the time was too short for all. */
static int
take_frames(struct link *l, struct evbuffer *in, int64_t until)
{
	while (l->fault == NULL && skip(l, in) && take_frame(l, in))
		if (when_micros() >= until)
			return evbuffer_get_length(in) > 0;
	return 0;
}

static void
end_turn(struct link *l, int64_t began)
{
	int64_t then = when_micros(), now;

	l->events->read_done(l->arg);
	now = when_micros();
	l->done += (now - then - l->done) / 8;
	if (l->shares)
		breaker_took(&l->breaker, now - began, now);
}

/* The beginning of a frame whose end has not come does not wait for us. */
static int
take_turn(void *arg)
{
	struct link *l = arg;
	int64_t began = when_micros();
	struct evbuffer *in;
	size_t had, left, more;
	int again;

	if (l->bev == NULL) /* it broke since */
		return 0;
	in = bufferevent_get_input(l->bev);
	had = evbuffer_get_length(in);
	again = take_frames(l, in, began + turn_longest(l->shares, l->done));
	end_turn(l, began);
	if (l->fault != NULL) {
		close_link(l, l->fault);
		return 0;
	}
	left = evbuffer_get_length(in);
	more = unread(l);
	backlog_handled(&l->backlog, had - left,
	    again || more > 0 ? left + more : 0, when_ticks());
	watch_output(l, when_ticks());
	return again;
}

/* What was read, before the connection ends. 0 when that has ended it. */
static int
finish(struct link *l)
{
	int waits = l->turn.waits;

	turns_leave(l->turns, &l->turn);
	while (waits)
		waits = take_turn(l);
	return l->bev != NULL;
}

static void
identify(struct link *l)
{
	uint8_t frame[IPA_IDENTITY_MAX];

	bufferevent_write(
	    l->bev, frame, ipa_write_identity(l->conf->euse, frame));
	if (l->state == UP) /* asked again */
		return;
	bufferevent_setwatermark(l->bev, EV_READ, 0, INPUT_MAX);
	enter_state(l, UP);
	log_info(DUSSD, "hlr %s up peer=%s:%u name=\"EUSE-%s\"", l->conf->name,
	    l->conf->host, l->conf->port, l->conf->euse);
}

static void
take_pong(struct link *l)
{
	if (++l->pongs != l->mark)
		return;
	l->mark = 0;
	l->events->passed(l->arg);
}

static void
handle(struct link *l, const struct ipa_frame *f)
{
	switch (f->kind) {
	case IPA_GSUP:
		if (l->state != UP)
			break;
		l->backoff = BACKOFF_FIRST_MS; /* it works */
		backlog_message(&l->backlog, when_ticks());
		l->events->message(f->gsup, f->gsup_len, l->arg);
		break;
	case IPA_PING:
		write_ccm(l, IPA_PONG);
		break;
	case IPA_PONG:
		l->backoff = BACKOFF_FIRST_MS;
		take_pong(l);
		break;
	case IPA_ID_GET:
		identify(l);
		break;
	case IPA_ID_NACK:
		l->fault = "the HLR refuses our name";
		break;
	case IPA_OTHER:
		break;
	}
}

struct link_state
link_state(const struct link *l)
{
	static const enum metric_link states[] = {
	    [WAITING] = METRIC_LINK_WAITING,
	    [CONNECTING] = METRIC_LINK_CONNECTING,
	    [IDENTIFYING] = METRIC_LINK_BINDING,
	    [UP] = METRIC_LINK_UP,
	};

	return (struct link_state){
	    .state = states[l->state],
	    .since = when_now() - (when_ticks() - l->state_since) / 1000,
	    .downs = l->downs,
	};
}
