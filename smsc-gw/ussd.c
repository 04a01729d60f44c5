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
 * Each link with USSD has a desk, made when the first dialogue comes. What is
 * said waits there, on a slip, for room in the link's window. Two slips are
 * kept free for each open dialogue, for a turn that waits for the commit and
 * for one that ends it; a deliver_sm that finds no other is refused for now.
 *
 * A turn that the SMSC refuses, or does not answer, was not seen: its
 * dialogue ends, unless it has gone on meanwhile, or begun anew. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "asker.h"
#include "call.h"
#include "form.h"
#include "key.h"
#include "log.h"
#include "text.h"
#include "ussd.h"
#include "when.h"

#define EXPIRY_MS 250
#define TELL_MS 1000
#define SPARE 1024    /* slips beside two for each dialogue */
#define USSD_TEXT 512 /* octets of UTF-8 of what is dialled or replied */
#define SAY_MAX 254   /* octets of a short_message */

/* How a turn finds back: what was sent from where to where, as it came. */
struct route {
	uint32_t serial; /* of the deliver_sm */
	uint8_t from_ton, from_npi, to_ton, to_npi;
	char from[ADDRESS_MAX + 1], to[ADDRESS_MAX + 1];
	uint8_t has_info;
	uint8_t sequence; /* of our last turn */
	uint16_t info;    /* its_session_info */
};

_Static_assert(sizeof(struct route) <= CALL_ROUTE, "it goes along");

/* A turn on its way. */
struct slip {
	TAILQ_ENTRY(slip) entry; /* free or waiting */
	struct call_key key;
	uint32_t serial;
	int64_t since; /* ms: said */
	struct submit_sm sm;
	uint8_t octets[SAY_MAX];
};

TAILQ_HEAD(slips, slip);

struct counters {
	unsigned long begun, replies, cancelled; /* by the subscriber */
	unsigned long asked, ended;              /* by us */
	unsigned long refused; /* turns that the SMSC did not take */
	unsigned long dropped; /* turns that waited for too long */
	unsigned long other;   /* deliver_sm */
};

struct desk {
	TAILQ_ENTRY(desk) entry;
	struct link *link;
	struct calls *calls;
	struct slip *pool;
	unsigned nslips, nfree;
	struct slips free, waiting;
	uint32_t serial;
	int64_t told; /* ms: of a refusal */
	struct counters now, last;
};

struct ussd {
	struct core *core;
	struct query *query;
	struct outbox *outbox;
	const struct conf_carrier *carrier;
	struct event *expiry;
	TAILQ_HEAD(, desk) desks;
};

static int on_turn(const struct call_turn *turn, void *arg);
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

static int
make_slips(struct desk *d, unsigned n)
{
	TAILQ_INIT(&d->free);
	TAILQ_INIT(&d->waiting);
	d->pool = calloc(n, sizeof(*d->pool));
	if (d->pool == NULL)
		return -ENOMEM;
	d->nslips = d->nfree = n;
	for (unsigned i = 0; i < n; i++)
		TAILQ_INSERT_TAIL(&d->free, &d->pool[i], entry);
	return 0;
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
	if (make_slips(d, 2 * conf->ussd_dialogues + SPARE) < 0 ||
	    calls_new(&d->calls, &c, u->core, u->query, u->outbox, on_turn, d) <
		0) {
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
	const struct counters *c = &d->now;

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
give_back(struct desk *d, struct slip *s)
{
	TAILQ_INSERT_HEAD(&d->free, s, entry);
	d->nfree++;
}

/* What waits to be asked in a dialogue that is no more. */
static void
take_back(struct desk *d, const struct call_key *key)
{
	struct slip *s, *next;

	if (calls_peer(d->calls, key) == NULL)
		return;
	for (s = TAILQ_FIRST(&d->waiting); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->key.who != key->who || s->key.id != key->id)
			continue;
		TAILQ_REMOVE(&d->waiting, s, entry);
		give_back(d, s);
	}
}

static void
cancel(struct desk *d, const struct call_key *key)
{
	d->now.cancelled++;
	take_back(d, key);
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
hear(struct desk *d, const struct deliver_sm *sm, const char *msisdn)
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
		take_back(d, &key);
		take_route(d, sm, NULL, &peer);
		calls_open(d->calls, &key, msisdn, text, &peer, when_ticks());
	} else if (sm->ussd_service_op == conf->ussd_reply) {
		d->now.replies++;
		take_route(d, sm, calls_peer(d->calls, &key), &peer);
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
ussd_deliver(struct ussd *u, struct link *l, const struct deliver_sm *sm)
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
		hear(d, sm, msisdn);
	return ESME_ROK;
}

/* What is said. */

static void
address(struct submit_sm *sm, const struct route *r)
{
	sm->source_addr_ton = r->from_ton;
	sm->source_addr_npi = r->from_npi;
	sm->dest_addr_ton = r->to_ton;
	sm->dest_addr_npi = r->to_npi;
	strcpy(sm->source_addr, r->from);
	strcpy(sm->destination_addr, r->to);
}

static void
put_session(struct submit_sm *sm, const struct conf_smsc *conf, struct route *r,
    int is_end)
{
	r->sequence = (r->sequence + 1) & 0x7f;
	if (conf->ussd_session == USSD_SESSION_NONE || !r->has_info)
		return;
	sm->has_session_info = 1;
	sm->its_session_info = r->info;
	if (conf->ussd_session == USSD_SESSION_COUNT)
		sm->its_session_info =
		    (r->info & 0xff00) | r->sequence << 1 | is_end;
}

static int
put_text(
    struct slip *s, const struct conf_smsc *conf, const struct call_turn *turn)
{
	enum alphabet a = turn->alphabet == ALPHABET_UCS2
	    ? ALPHABET_UCS2
	    : conf->default_alphabet;
	int n = text_encode(turn->say, a, s->octets, sizeof(s->octets));

	if (n < 0)
		return n;
	s->sm.data_coding = form_data_coding(a);
	s->sm.short_message = s->octets;
	s->sm.sm_length = n;
	return 0;
}

static int
on_turn(const struct call_turn *turn, void *arg)
{
	struct desk *d = arg;
	const struct conf_smsc *conf = link_conf(d->link);
	int is_end = turn->what == CALL_END;
	struct slip *s = TAILQ_FIRST(&d->free);
	struct route r;

	assert(s != NULL);
	memcpy(&r, turn->peer->route, sizeof(r));
	s->key = turn->key;
	s->serial = r.serial;
	s->since = when_ticks();
	s->sm = (struct submit_sm){
	    .has_ussd_op = 1,
	    .ussd_service_op = is_end ? conf->ussd_end : conf->ussd_ask,
	};
	strcpy(s->sm.service_type, conf->ussd_service_type);
	address(&s->sm, &r);
	put_session(&s->sm, conf, &r, is_end);
	memcpy(turn->peer->route, &r, sizeof(r));
	d->now.asked += !is_end;
	d->now.ended += is_end;
	if (put_text(s, conf, turn) < 0) {
		log_error(DSMPP, "link %s a text that is no page", conf->name);
		return 0;
	}
	TAILQ_REMOVE(&d->free, s, entry);
	TAILQ_INSERT_TAIL(&d->waiting, s, entry);
	d->nfree--;
	return 1;
}

/* What has waited for longer than a dialogue lives is of no use. */
static void
send_waiting(struct desk *d)
{
	int64_t now = when_ticks();
	int64_t oldest = now - link_conf(d->link)->ussd_seconds * 1000LL;
	struct slip *s;

	while ((s = TAILQ_FIRST(&d->waiting)) != NULL) {
		if (s->since >= oldest && link_room(d->link, now) == 0)
			return;
		TAILQ_REMOVE(&d->waiting, s, entry);
		if (s->since >= oldest) {
			link_submit(d->link, &s->sm, s, now);
		} else {
			d->now.dropped++;
			give_back(d, s);
		}
	}
}

void
ussd_send(struct ussd *u)
{
	struct desk *d;

	TAILQ_FOREACH (d, &u->desks, entry)
		send_waiting(d);
}

void
ussd_settle(struct ussd *u, int rc)
{
	struct desk *d;

	TAILQ_FOREACH (d, &u->desks, entry)
		calls_settle(d->calls, rc, when_ticks());
	ussd_send(u);
}

/* What becomes of it. */

/* One line a second and link. */
static void
tell_refusal(struct desk *d, uint32_t command_status)
{
	int64_t now = when_ticks();
	char name[16];

	d->now.refused++;
	if (d->told != 0 && now - d->told < TELL_MS)
		return;
	d->told = now;
	log_notice(DSMPP, "link %s ussd turn refused status=%s",
	    link_conf(d->link)->name,
	    command_status == LINK_NO_RESPONSE
		? "none"
		: pdu_status_name(command_status, name));
}

/* Is it the last turn of its dialogue so far? */
static int
is_last(struct desk *d, const struct slip *s)
{
	const struct call_peer *peer = calls_peer(d->calls, &s->key);
	struct route r;

	if (peer == NULL)
		return 0;
	memcpy(&r, peer->route, sizeof(r));
	return r.serial == s->serial;
}

static void
refused(struct desk *d, const struct slip *s, uint32_t command_status)
{
	tell_refusal(d, command_status);
	if (is_last(d, s))
		calls_lost(d->calls, &s->key);
}

int
ussd_submitted(
    struct ussd *u, struct link *l, void *ref, uint32_t command_status)
{
	struct desk *d = desk_of(u, l);
	struct slip *s = ref;

	if (d == NULL || (uintptr_t)s < (uintptr_t)d->pool ||
	    (uintptr_t)s >= (uintptr_t)(d->pool + d->nslips))
		return 0;
	if (command_status != ESME_ROK)
		refused(d, s, command_status);
	else if (is_last(d, s))
		calls_arrived(d->calls, &s->key);
	if (command_status == LINK_NO_RESPONSE)
		link_forget(l, s);
	give_back(d, s);
	return 1;
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
	const struct counters *c = &d->now;
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
