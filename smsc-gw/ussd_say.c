/* What is said in the dialogues of a link.
 *
 * It waits on a slip for room in the link's window. Two slips are kept free
 * for each open dialogue, for a turn that waits for the commit and for one
 * that ends it; a deliver_sm that finds no other is refused for now.
 *
 * A turn that the SMSC refuses, or does not answer, was not seen: its
 * dialogue ends, unless it has gone on meanwhile, or begun anew. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "desk.h"
#include "form.h"
#include "log.h"
#include "text.h"
#include "when.h"

#define TELL_MS 1000

int
desk_make_slips(struct desk *d, unsigned n)
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

static void
give_back(struct desk *d, struct slip *s)
{
	TAILQ_INSERT_HEAD(&d->free, s, entry);
	d->nfree++;
}

void
desk_take_back(struct desk *d, const struct call_key *key)
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

int
desk_say(const struct call_turn *turn, void *arg)
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
void
desk_send(struct desk *d)
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
desk_submitted(struct desk *d, void *ref, uint32_t command_status)
{
	struct slip *s = ref;

	if ((uintptr_t)s < (uintptr_t)d->pool ||
	    (uintptr_t)s >= (uintptr_t)(d->pool + d->nslips))
		return 0;
	if (command_status != ESME_ROK)
		refused(d, s, command_status);
	else if (is_last(d, s))
		calls_arrived(d->calls, &s->key);
	if (command_status == LINK_NO_RESPONSE)
		link_forget(d->link, s);
	give_back(d, s);
	return 1;
}
