/* What is said to who texted: an answer, or that we are busy. It goes back to
 * where the text came from, in the form that its link wants. That we are busy
 * is owed to nobody, and goes where there is room for it, or not at all. */
#include <errno.h>
#include <string.h>

#include "asker.h"
#include "concat.h"
#include "delivery.h"
#include "log.h"
#include "program.h"
#include "text.h"

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

int
deliver_send_text(struct deliver *d, const struct origin *origin,
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

/* It says to ask again after a while, and is of no use after that. */
void
deliver_send_busy(struct deliver *d, const struct origin *origin,
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

void
deliver_tell_busy(
    struct deliver *d, const struct origin *origin, const struct deliver_sm *sm)
{
	struct concat_part part;
	char text[DELIVER_TEXT];
	struct asker asker;
	struct answer a;

	concat_read(sm, &part);
	if (!asker_read(&asker, d->core->conf, d->carrier, sm) ||
	    part.total > 1)
		return;
	text_decode(asker_alphabet(link_conf(origin->link), sm->data_coding),
	    part.text, part.len, text, sizeof(text));
	if (query_is_plain(asker.service, text, &a))
		deliver_send_busy(
		    d, origin, asker.service, asker.msisdn, sm, &a);
}
