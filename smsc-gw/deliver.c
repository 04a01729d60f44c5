/* deliver_sm → query → submit_sm → deliver_sm_resp.
 *
 * Nothing accepted is lost: a deliver_sm is answered when the SMSC has taken
 * every segment of what it led to, or refused one for good. Before that
 * everything that goes wrong, and everything there is no room for, gets the
 * link's retry_status, and the SMSC sends the text again. When the link
 * breaks, what was not answered is dropped: it is the SMSC's still. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/util.h>

#include "deliver.h"
#include "link.h"
#include "log.h"
#include "text.h"

#define SEGMENTS_MAX 10
#define TEXT_MAX 1024 /* octets of UTF-8 of a user's text that count */
#define TON_INTERNATIONAL 1
#define TON_ALPHANUMERIC 5 /* 5.2.5 */
#define MESSAGE_TYPE 0x3c  /* of esm_class, 5.2.12 */
#define SUMMARY_SECONDS 60

/* An answer on its way out. */
struct job {
	TAILQ_ENTRY(job) entry;   /* among the free, or those not all sent */
	uint32_t sequence_number; /* of the deliver_sm */
	struct submit_sm submit;  /* addresses and coding of each segment */
	struct segment segments[SEGMENTS_MAX];
	int n, sent, answered;
	int failed;  /* the SMSC cannot take it now */
	int refused; /* or ever */
};

TAILQ_HEAD(jobs, job);

struct counters {
	unsigned long texts, answers, silent, segments, busy, failed, refused;
};

struct deliver {
	struct core *core;
	struct query *query;
	const struct conf_smsc *conf;
	struct link *link;
	struct event *summary;
	deliver_closed_h *closed;
	void *arg;
	struct job *pool;
	struct jobs free, unsent;
	unsigned busy_jobs;
	int stopping;
	uint16_t reference; /* of the last message in segments */
	struct counters now, told;
};

static void on_deliver(struct link *l, uint32_t sequence_number,
    const struct deliver_sm *sm, void *arg);
static void
on_submitted(struct link *l, void *ref, uint32_t command_status, void *arg);
static void on_read_done(struct link *l, void *arg);
static void on_down(struct link *l, void *arg);
static void on_closed(struct link *l, void *arg);
static void on_summary(evutil_socket_t fd, short what, void *arg);
static void send_more(struct deliver *d);

static const struct link_events events = {
    .deliver = on_deliver,
    .submitted = on_submitted,
    .read_done = on_read_done,
    .down = on_down,
    .closed = on_closed,
};

/* Life. */

/* Room for as many answers as keep a full window busy, and as many waiting. */
static int
make_pool(struct deliver *d)
{
	unsigned n = 2 * d->conf->window;

	d->pool = calloc(n, sizeof(*d->pool));
	if (d->pool == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		TAILQ_INSERT_TAIL(&d->free, &d->pool[i], entry);
	return 0;
}

static int
begin_summaries(struct deliver *d, struct event_base *base)
{
	const struct timeval every = {SUMMARY_SECONDS, 0};

	d->summary = event_new(base, -1, EV_PERSIST, on_summary, d);
	if (d->summary == NULL)
		return -ENOMEM;
	return event_add(d->summary, &every) < 0 ? -ENOMEM : 0;
}

int
deliver_new(struct deliver **dp, struct event_base *base, struct core *core,
    struct query *query, const struct conf_smsc *conf, deliver_closed_h *closed,
    void *arg)
{
	struct deliver *d = calloc(1, sizeof(*d));
	int rc;

	if (d == NULL)
		return -ENOMEM;
	d->core = core;
	d->query = query;
	d->conf = conf;
	d->closed = closed;
	d->arg = arg;
	TAILQ_INIT(&d->free);
	TAILQ_INIT(&d->unsent);
	evutil_secure_rng_get_bytes(&d->reference, sizeof(d->reference));
	rc = make_pool(d);
	if (rc == 0)
		rc = begin_summaries(d, base);
	if (rc == 0)
		rc = link_new(&d->link, base, conf, &events, d);
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
	link_free(d->link);
	if (d->summary != NULL)
		event_free(d->summary);
	free(d->pool);
	free(d);
}

void
deliver_stop(struct deliver *d)
{
	d->stopping = 1;
	if (d->busy_jobs == 0)
		link_unbind(d->link);
}

/* A text comes in. */

/* A carrier's code may be written with "+" in front. */
static const char *
without_plus(const char *address)
{
	return *address == '+' ? address + 1 : address;
}

/* The text of a message, its user data header left out. */
static void
read_text(
    const struct deliver *d, const struct deliver_sm *sm, char text[TEXT_MAX])
{
	const uint8_t *p = sm->message;
	size_t len = sm->message_len;
	enum alphabet a = ALPHABET_LATIN1;

	if (sm->esm_class & SMPP34_UDHI_IND && len > 0) {
		size_t header = p[0] + 1;

		p += header < len ? header : len;
		len -= header < len ? header : len;
	}
	switch (sm->data_coding) { /* 5.2.19 */
	case 0x00:
		a = d->conf->default_alphabet;
		break;
	case 0x01:
		a = ALPHABET_ASCII;
		break;
	case 0x08:
		a = ALPHABET_UCS2;
		break;
	default:
		/* a message class (TS 23.038 4): 7 bit unless bit 2 is set */
		if ((sm->data_coding & 0xf4) == 0xf0)
			a = ALPHABET_GSM7;
	}
	text_decode(a, p, len, text, TEXT_MAX);
}

/* What is no subscriber asking a service is taken and not answered: receipts,
 * other codes, and senders whom an answer could set off again. */
static const struct conf_service *
asked_service(const struct deliver *d, const struct deliver_sm *sm,
    char msisdn[DIGITS_MAX + 1])
{
	const char *from = sm->source_addr;

	if (sm->esm_class & MESSAGE_TYPE ||
	    sm->source_addr_ton == TON_ALPHANUMERIC ||
	    msisdn_parse(
		from, strlen(from), d->core->conf->country_code, msisdn) < 0)
		return NULL;
	return conf_service_at(d->core->conf, d->conf->carrier,
	    without_plus(sm->destination_addr));
}

static struct job *
take_job(struct deliver *d)
{
	struct job *j = TAILQ_FIRST(&d->free);

	if (j == NULL || d->stopping)
		return NULL;
	TAILQ_REMOVE(&d->free, j, entry);
	d->busy_jobs++;
	j->n = j->sent = j->answered = j->failed = j->refused = 0;
	return j;
}

static void
give_back(struct deliver *d, struct job *j)
{
	TAILQ_INSERT_HEAD(&d->free, j, entry);
	d->busy_jobs--;
	if (d->stopping && d->busy_jobs == 0)
		link_unbind(d->link);
}

/* Back to where the text came from, from the code that was texted. */
static void
address(struct job *j, const struct deliver *d, const struct deliver_sm *sm)
{
	struct submit_sm *s = &j->submit;

	*s = (struct submit_sm){
	    .source_addr_ton =
		sm->dest_addr_ton == TON_INTERNATIONAL ? 0 : sm->dest_addr_ton,
	    .source_addr_npi = sm->dest_addr_npi,
	    .dest_addr_ton = sm->source_addr_ton,
	    .dest_addr_npi = sm->source_addr_npi,
	    .validity_minutes = d->conf->validity_minutes,
	};
	strcpy(s->source_addr, without_plus(sm->destination_addr));
	strcpy(s->destination_addr, without_plus(sm->source_addr));
}

static int
cut(struct deliver *d, struct job *j, const char *say)
{
	/* where data_coding 0 is not GSM 7-bit, UCS-2 is sure */
	enum alphabet a = d->conf->default_alphabet == ALPHABET_GSM7
	    ? text_alphabet(say)
	    : ALPHABET_UCS2;

	j->submit.data_coding = a == ALPHABET_GSM7 ? 0x00 : 0x08;
	j->n = text_segments(
	    say, a, ++d->reference, j->segments, d->conf->max_segments);
	return j->n < 0 ? j->n : 0;
}

static void
refuse_for_now(struct deliver *d, uint32_t sequence_number)
{
	d->now.busy++;
	link_ack(d->link, sequence_number, d->conf->retry_status);
}

static void
on_deliver(struct link *l, uint32_t sequence_number,
    const struct deliver_sm *sm, void *arg)
{
	static char say[ANSWER_MAX];
	struct deliver *d = arg;
	const struct conf_service *service;
	char msisdn[DIGITS_MAX + 1], text[TEXT_MAX], mask[MASK_MAX];
	enum verdict verdict;
	struct answer a;
	struct job *j;

	d->now.texts++;
	service = asked_service(d, sm, msisdn);
	if (service == NULL) {
		d->now.silent++;
		link_ack(l, sequence_number, ESME_ROK);
		return;
	}
	j = take_job(d);
	if (j == NULL) {
		refuse_for_now(d, sequence_number);
		return;
	}
	j->sequence_number = sequence_number;
	address(j, d, sm);
	read_text(d, sm, text);
	verdict = query_text(d->query, service, msisdn, text, &a, say);
	log_debug(DQUERY, "link=%s service=%s from=%s verdict=%s places=%zu",
	    d->conf->name, service->name,
	    key_mask(msisdn, d->core->conf->country_code, mask),
	    verdict_name(verdict), a.nplaces);
	if (verdict == VERDICT_SYSTEM_BUSY || cut(d, j, say) < 0) {
		give_back(d, j);
		refuse_for_now(d, sequence_number);
		return;
	}
	if (verdict == VERDICT_SILENCE) {
		d->now.silent++;
		give_back(d, j);
		link_ack(l, sequence_number, ESME_ROK);
		return;
	}
	TAILQ_INSERT_TAIL(&d->unsent, j, entry);
	send_more(d);
}

/* Texts of one read share one snapshot of the store. */
static void
on_read_done(struct link *l, void *arg)
{
	struct deliver *d = arg;

	(void)l;
	query_end(d->query);
}

/* The answer goes out. */

static void
send_segment(struct deliver *d, struct job *j)
{
	const struct segment *s = &j->segments[j->sent++];

	j->submit.esm_class = s->udhi ? SMPP34_UDHI_IND : 0;
	j->submit.short_message = s->octets;
	j->submit.sm_length = s->len;
	d->now.segments++;
	link_submit(d->link, &j->submit, j);
}

static void
send_more(struct deliver *d)
{
	struct job *j;

	while (
	    link_room(d->link) > 0 && (j = TAILQ_FIRST(&d->unsent)) != NULL) {
		send_segment(d, j);
		if (j->sent == j->n)
			TAILQ_REMOVE(&d->unsent, j, entry);
	}
}

static void
finish(struct deliver *d, struct job *j)
{
	uint32_t status = j->failed ? d->conf->retry_status : ESME_ROK;

	if (j->failed)
		d->now.failed++;
	else if (j->refused)
		d->now.refused++;
	else
		d->now.answers++;
	link_ack(d->link, j->sequence_number, status);
	give_back(d, j);
}

static void
on_submitted(struct link *l, void *ref, uint32_t command_status, void *arg)
{
	struct deliver *d = arg;
	struct job *j = ref;
	int given_up = j->failed || j->refused;
	char name[16];

	j->answered++;
	if (command_status != ESME_ROK) {
		log_notice(DSMPP, "link %s submit_sm refused status=%s",
		    link_conf(l)->name,
		    command_status == LINK_NO_RESPONSE
			? "none"
			: pdu_status_name(command_status, name));
		if (pdu_refused_for_good(command_status))
			j->refused = 1;
		else
			j->failed = 1;
		if (!given_up && j->sent < j->n)
			TAILQ_REMOVE(&d->unsent, j, entry);
	}
	if (j->answered == j->sent &&
	    (j->sent == j->n || j->failed || j->refused))
		finish(d, j);
	send_more(d);
}

static void
on_down(struct link *l, void *arg)
{
	struct deliver *d = arg;

	(void)l;
	TAILQ_INIT(&d->free);
	TAILQ_INIT(&d->unsent);
	for (unsigned i = 0; i < 2 * d->conf->window; i++)
		TAILQ_INSERT_TAIL(&d->free, &d->pool[i], entry);
	d->busy_jobs = 0;
	if (d->stopping)
		link_unbind(d->link);
}

static void
on_closed(struct link *l, void *arg)
{
	struct deliver *d = arg;

	(void)l;
	on_summary(-1, 0, d);
	d->closed(d->arg);
}

static void
on_summary(evutil_socket_t fd, short what, void *arg)
{
	struct deliver *d = arg;
	struct counters *c = &d->now;

	(void)fd;
	(void)what;
	if (memcmp(c, &d->told, sizeof(*c)) == 0)
		return;
	log_info(DSMPP,
	    "link %s texts=%lu answered=%lu silent=%lu segments=%lu "
	    "refused_for_now=%lu failed=%lu refused_by_smsc=%lu",
	    d->conf->name, c->texts, c->answers, c->silent, c->segments,
	    c->busy, c->failed, c->refused);
	d->told = *c;
}
