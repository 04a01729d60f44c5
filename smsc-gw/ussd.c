/* (subscriber, session) → dialogue.
 *
 *   SMSC                                here
 *     │ deliver_sm  ussd_begin            │  calls_open
 *     ├──────────────────────────────────▶│
 *     │ submit_sm   ussd_ask              │  CALL_ASK
 *     │◀──────────────────────────────────┤
 *     │ deliver_sm  ussd_reply            │  calls_reply
 *     ├──────────────────────────────────▶│
 *     │ submit_sm   ussd_end              │  CALL_END
 *     │◀──────────────────────────────────┤
 *
 * Each link with USSD has a desk, made when the first dialogue comes; what is
 * said leaves from there (ussd_say.c). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "asker.h"
#include "desk.h"
#include "key.h"
#include "log.h"
#include "text.h"
#include "ussd.h"
#include "when.h"

#define EXPIRY_MS 250
#define SPARE 1024    /* slips beside two for each dialogue */
#define USSD_TEXT 512 /* octets of UTF-8 of what is dialled or replied */

struct ussd {
	struct core *core;
	struct query *query;
	struct outbox *outbox;
	const struct conf_carrier *carrier;
	struct event *expiry;
	TAILQ_HEAD(, desk) desks;
};

static void on_expiry(evutil_socket_t fd, short what, void *arg);

/* Life. */

int
ussd_new(struct ussd **up, struct event_base *base, struct core *core,
    struct query *query, struct outbox *outbox,
    const struct conf_carrier *carrier)
{
	const struct timeval often = {0, EXPIRY_MS * 1000};
	struct ussd *u = calloc(1, sizeof(*u));

	if (u == NULL)
		return -ENOMEM;
	TAILQ_INIT(&u->desks);
	u->core = core;
	u->query = query;
	u->outbox = outbox;
	u->carrier = carrier;
	u->expiry = event_new(base, -1, EV_PERSIST, on_expiry, u);
	if (u->expiry == NULL || event_add(u->expiry, &often) < 0) {
		ussd_free(u);
		return -ENOMEM;
	}
	*up = u;
	return 0;
}

static void
free_desk(struct desk *d)
{
	calls_free(d->calls);
	free(d->pool);
	free(d);
}

static struct desk *
new_desk(struct ussd *u, struct link *l)
{
	const struct conf_smsc *conf = link_conf(l);
	const struct calls_conf c = {
	    .carrier = u->carrier,
	    .channel = "smpp",
	    .max = conf->ussd_dialogues,
	    .seconds = conf->ussd_seconds,
	};
	struct desk *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->link = l;
	if (desk_make_slips(d, 2 * conf->ussd_dialogues + SPARE) < 0 ||
	    calls_new(
		&d->calls, &c, u->core, u->query, u->outbox, desk_say, d) < 0) {
		log_error(DSMPP, "link %s no memory for %u USSD dialogues",
		    conf->name, conf->ussd_dialogues);
		free_desk(d);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&u->desks, d, entry);
	return d;
}

static struct desk *
desk_of(const struct ussd *u, const struct link *l)
{
	struct desk *d = TAILQ_FIRST(&u->desks);

	while (d != NULL && d->link != l)
		d = TAILQ_NEXT(d, entry);
	return d;
}

static void
tell(struct desk *d)
{
	const struct desk_counters *c = &d->now;

	if (memcmp(c, &d->last, sizeof(*c)) == 0)
		return;
	log_info(DSMPP,
	    "link %s ussd begun=%lu replies=%lu cancelled=%lu asked=%lu "
	    "ended=%lu refused=%lu dropped=%lu other=%lu open=%u",
	    link_conf(d->link)->name, c->begun, c->replies, c->cancelled,
	    c->asked, c->ended, c->refused, c->dropped, c->other,
	    calls_count(d->calls));
	d->last = *c;
}

/* Its dialogues cannot be answered any more. */
static void
close_desk(struct ussd *u, struct desk *d)
{
	calls_down(d->calls);
	calls_flush(d->calls, when_ticks());
	tell(d);
	TAILQ_REMOVE(&u->desks, d, entry);
	free_desk(d);
}

void
ussd_free(struct ussd *u)
{
	struct desk *d;

	if (u == NULL)
		return;
	while ((d = TAILQ_FIRST(&u->desks)) != NULL)
		close_desk(u, d);
	if (u->expiry != NULL)
		event_free(u->expiry);
	free(u);
}

void
ussd_reload(
    struct ussd *u, struct core *core, const struct conf_carrier *carrier)
{
	int64_t now = when_ticks();
	struct desk *d;

	TAILQ_FOREACH (d, &u->desks, entry) {
		const struct conf_smsc *conf = link_conf(d->link);

		if (!conf->ussd)
			calls_down(d->calls);
		calls_reload(d->calls, core, carrier, conf->ussd_seconds, now);
		calls_flush(d->calls, now);
	}
	u->core = core;
	u->carrier = carrier;
	ussd_send(u);
}

/* What the subscriber says. */

int
ussd_is_one(const struct link *l, const struct deliver_sm *sm)
{
	return link_conf(l)->ussd && sm->has_ussd_op;
}

static enum alphabet
alphabet_of(const struct conf_smsc *conf, uint8_t data_coding)
{
	switch (data_coding) {
	case 0x0f: /* as the USSD string had it, TS 23.038 5 */
		return ALPHABET_GSM7;
	case 0x48:
		return ALPHABET_UCS2;
	}
	return asker_alphabet(conf, data_coding);
}

/* The number behind a 1, which keeps its zeros; and the session's number, of
 * which the sequence in the second octet is no part. */
static struct call_key
key_of(const struct conf_smsc *conf, const struct deliver_sm *sm,
    const char *msisdn)
{
	struct call_key key = {.who = 1};

	for (; *msisdn != '\0'; msisdn++)
		key.who = key.who * 10 + (*msisdn - '0');
	if (sm->has_session_info && conf->ussd_session != USSD_SESSION_NONE)
		key.id = 0x100 | sm->its_session_info >> 8;
	return key;
}

/* Back to where it came from. The sequence goes on from the subscriber's
 * first, one for each of ours. */
static void
take_route(struct desk *d, const struct deliver_sm *sm,
    const struct call_peer *before, struct call_peer *peer)
{
	static struct outbox_message m; /* its addresses */
	struct route last;
	struct route r = {
	    .serial = ++d->serial,
	    .has_info = sm->has_session_info,
	    .info = sm->its_session_info,
	    .sequence = sm->its_session_info >> 1 & 0x7f,
	};

	asker_address(&m, sm);
	r.from_ton = m.from_ton;
	r.from_npi = m.from_npi;
	r.to_ton = m.to_ton;
	r.to_npi = m.to_npi;
	strcpy(r.from, m.from);
	strcpy(r.to, m.to);
	if (before != NULL) {
		memcpy(&last, before->route, sizeof(last));
		r.sequence = last.sequence;
	}
	*peer = (struct call_peer){0};
	memcpy(peer->route, &r, sizeof(r));
}

static void
cancel(struct desk *d, const struct call_key *key)
{
	d->now.cancelled++;
	desk_take_back(d, key);
	calls_cancel(d->calls, key);
}

/* In `count` the second octet's low bit ends a session; else it is not ours
 * to read. */
static int
is_abort(const struct conf_smsc *conf, const struct deliver_sm *sm)
{
	if (conf->ussd_abort != 0 && sm->ussd_service_op == conf->ussd_abort)
		return 1;
	return conf->ussd_session == USSD_SESSION_COUNT &&
	    sm->has_session_info && sm->its_session_info & 1;
}

static void
hear(struct desk *d, const struct deliver_sm *sm, const char *msisdn,
    int takes_long)
{
	const struct conf_smsc *conf = link_conf(d->link);
	const struct call_key key = key_of(conf, sm, msisdn);
	struct call_peer peer;
	char text[USSD_TEXT];

	text_decode(alphabet_of(conf, sm->data_coding), sm->message,
	    sm->message_len, text, sizeof(text));
	if (is_abort(conf, sm)) {
		cancel(d, &key);
	} else if (sm->ussd_service_op == conf->ussd_begin) {
		d->now.begun++;
		desk_take_back(d, &key);
		take_route(d, sm, NULL, &peer);
		calls_open(d->calls, &key, msisdn, text, &peer, when_ticks());
	} else if (sm->ussd_service_op == conf->ussd_reply) {
		d->now.replies++;
		take_route(d, sm, calls_peer(d->calls, &key), &peer);
		if (takes_long &&
		    calls_break_off(
			d->calls, &key, msisdn, &peer, when_ticks()))
			return;
		calls_reply(d->calls, &key, msisdn, text, &peer, when_ticks());
	} else {
		d->now.other++;
	}
}

int
ussd_begins(const struct link *l, const struct deliver_sm *sm)
{
	const struct conf_smsc *conf = link_conf(l);

	return !is_abort(conf, sm) && sm->ussd_service_op == conf->ussd_begin;
}

uint32_t
ussd_deliver(
    struct ussd *u, struct link *l, const struct deliver_sm *sm, int takes_long)
{
	struct desk *d = desk_of(u, l);
	char msisdn[DIGITS_MAX + 1];

	if (d == NULL)
		d = new_desk(u, l);
	if (d == NULL || d->nfree < 2 * calls_count(d->calls) + 2)
		return link_conf(l)->retry_status;
	if (asker_number(u->core->conf, sm, msisdn) < 0)
		d->now.other++;
	else
		hear(d, sm, msisdn, takes_long);
	return ESME_ROK;
}

void
ussd_send(struct ussd *u)
{
	struct desk *d;

	TAILQ_FOREACH (d, &u->desks, entry)
		desk_send(d);
}

void
ussd_settle(struct ussd *u, int rc)
{
	struct desk *d;

	TAILQ_FOREACH (d, &u->desks, entry)
		calls_settle(d->calls, rc, when_ticks());
	ussd_send(u);
}

int
ussd_submitted(
    struct ussd *u, struct link *l, void *ref, uint32_t command_status)
{
	struct desk *d = desk_of(u, l);

	return d != NULL && desk_submitted(d, ref, command_status);
}

void
ussd_down(struct ussd *u, struct link *l)
{
	struct desk *d = desk_of(u, l);

	if (d != NULL)
		close_desk(u, d);
}

/* From time to time. */

static void
on_expiry(evutil_socket_t fd, short what, void *arg)
{
	struct ussd *u = arg;
	struct desk *d;

	(void)fd;
	(void)what;
	TAILQ_FOREACH (d, &u->desks, entry) {
		calls_expire(d->calls, when_ticks());
		calls_flush(d->calls, when_ticks());
	}
	ussd_send(u);
}

void
ussd_tell(struct ussd *u)
{
	struct desk *d;

	TAILQ_FOREACH (d, &u->desks, entry)
		tell(d);
}

static void
collect(const struct desk *d, struct metrics *m)
{
	const struct conf_smsc *conf = link_conf(d->link);
	const char *carrier = conf->carrier->name, *name = conf->name;
	const struct desk_counters *c = &d->now;
	const struct metric_value all[] = {
	    {METRIC_USSD_OPEN, calls_count(d->calls)},
	    {METRIC_USSD_BEGUN, c->begun},
	    {METRIC_USSD_REPLIES, c->replies},
	    {METRIC_USSD_CANCELLED, c->cancelled},
	    {METRIC_USSD_ASKED, c->asked},
	    {METRIC_USSD_ENDED, c->ended},
	    {METRIC_USSD_REFUSED, c->refused},
	    {METRIC_USSD_DROPPED, c->dropped},
	    {METRIC_USSD_OTHER, c->other},
	};

	metrics_put_all(m, all, sizeof(all) / sizeof(*all), carrier, name);
}

void
ussd_collect(const struct ussd *u, struct metrics *m)
{
	const struct desk *d;

	TAILQ_FOREACH (d, &u->desks, entry)
		collect(d, m);
}
