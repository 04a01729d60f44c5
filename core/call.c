/* USSD dialogues.
 *
 *   dialled ─▶ ASKED ──reply──▶ PAGED ◀─┐ more, back
 *      │         │                │ └───┘
 *      └─────────┴───▶ ENDED ◀────┘
 *
 * Every fault is a text: the subscriber holds the phone and waits. A dialogue
 * whose next turn promises something (a pending step, an SMS) waits until
 * calls_flush has made that durable; one whose last turn the front end
 * confirms, until then.
 *
 * Dialogues hang in lists by age of their last turn, so that the first is the
 * first whose time is up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call_say.h"
#include "log.h"
#include "page.h"
#include "when.h"

#define RETRIES 2 /* replies not understood before help is all */

/* Life. */

int
calls_new(struct calls **cp, const struct calls_conf *conf, struct core *core,
    struct query *query, struct outbox *outbox, calls_turn_h *h, void *arg)
{
	struct calls *c = calloc(1, sizeof(*c));
	struct vault *v = core_vault(core, conf->carrier);
	int rc;

	if (c == NULL)
		return -ENOMEM;
	c->conf = *conf;
	c->core = core;
	c->query = query;
	c->outbox = outbox;
	c->h = h;
	c->arg = arg;
	rc = core_state(v);
	c->state = v->state;
	if (rc == 0)
		rc = call_table_init(&c->table, conf->max);
	if (rc < 0)
		calls_free(c);
	else
		*cp = c;
	return rc;
}

void
calls_free(struct calls *c)
{
	if (c == NULL)
		return;
	call_table_free(&c->table);
	free(c);
}

unsigned
calls_count(const struct calls *c)
{
	return c->table.count;
}

static struct call *
take(struct calls *c, const struct call_key *key, const char *msisdn,
    const struct call_peer *peer, int64_t now)
{
	struct call *k = call_take(&c->table, key, now);

	if (k == NULL)
		return NULL;
	k->started = when_now();
	k->code = "";
	k->peer = *peer;
	strncpy(k->msisdn, msisdn, DIGITS_MAX);
	return k;
}

/* What the query says, in turns. */

static void
take_text(struct call *k, const char *say)
{
	size_t n = strnlen(say, sizeof(k->text) - 1); /* see CALL_TEXT */

	memcpy(k->text, say, n);
	k->text[n] = '\0';
	k->page = 0;
}

/* An answer: one page and the end, or leafed through; the whole by SMS when
 * that is too little, and at once when leafing is too much to do. */
static void
answered(struct calls *c, struct call *k, const struct answer *a, int64_t now)
{
	struct page page;
	int rc;

	take_text(k, c->say);
	page_cut(c->core->messages, k->language, k->text, 0, &page);
	if (page.of > 1 && query_sheds(c->query, SHED_PAGES) &&
	    call_sms(c, k, c->say) == 0) {
		k->by_sms = 1;
		call_end(c, k, MSG_REST_BY_SMS, CALL_BY_SMS, now);
		return;
	}
	k->pages = page.of;
	k->stage = page.of > 1 ? PAGED : ENDED;
	k->status = CALL_ANSWERED;
	if (!page.cut && a->must_hold) {
		call_turn(c, k, 1, now);
		return;
	}
	if (!page.cut) {
		/* a right reply is noted in the small state; nothing hangs on
		 * it */
		call_say(c, k, &page, now);
		return;
	}
	rc = call_sms(c, k, c->say);
	if (rc < 0) {
		if (rc != -EDQUOT)
			log_error(DQUERY,
			    "dialogue service=%s: an answer of %zu octets can "
			    "go neither on pages nor by SMS",
			    k->service->name, strlen(c->say));
		call_end(c, k, MSG_SYSTEM_BUSY, CALL_BUSY, now);
		return;
	}
	k->by_sms = 1;
	k->status = CALL_BY_SMS;
	call_turn(c, k, 1, now);
}

static enum call_status
status_of(enum verdict v)
{
	switch (v) {
	case VERDICT_OK:
	case VERDICT_NO_STAYS:
	case VERDICT_DELETED:
	case VERDICT_WITHDRAWN:
	case VERDICT_NO_CONSENT:
	case VERDICT_LANGUAGE:
	case VERDICT_GENUINE:
	case VERDICT_WRONG_CODE:
	case VERDICT_CORRECTED:
	case VERDICT_GONE:
		return CALL_ANSWERED;
	case VERDICT_HELP:
	case VERDICT_VERIFY_HELP:
		return CALL_HELPED;
	case VERDICT_BUSY:
	case VERDICT_SYSTEM_BUSY:
		return CALL_BUSY;
	default:
		return CALL_NOT_TOLD;
	}
}

static void
go_on(struct calls *c, struct call *k, enum verdict v, const struct answer *a,
    int64_t now)
{
	k->language = a->language;
	k->status = status_of(v);
	if (k->status == CALL_ANSWERED) {
		answered(c, k, a, now);
		return;
	}
	take_text(k, c->say);
	k->stage = verdict_asks(v) ? ASKED : ENDED;
	call_turn(c, k, a->must_hold, now);
}

static int
is_dialled_here(const struct calls *c, const struct conf_service *s)
{
	return s->carrier == c->conf.carrier && conf_service_is_dialled(s);
}

/* What to dial, where nothing tells which. */
static const char *
first_code(const struct calls *c)
{
	const struct conf *conf = c->core->conf;

	for (size_t i = 0; i < conf->nservices; i++)
		if (is_dialled_here(c, &conf->services[i]))
			return conf->services[i].code.v[0];
	return "";
}

/* The phone has left it. */
static void
cancel(struct calls *c, struct call *k)
{
	int is_missed = k->stage == ENDED ? k->status == CALL_TIMED_OUT
					  : !call_is_read(k) && !k->by_sms;

	if (is_missed)
		k->status = CALL_CANCELLED;
	call_close(c, k);
}

static void
refuse(struct calls *c, const struct call_key *key, const char *msisdn,
    const struct call_peer *peer, const struct conf_service *service,
    const char *code, enum message id)
{
	struct call k = {
	    .key = *key,
	    .started = when_now(),
	    .service = service,
	    .code = code,
	    .peer = *peer,
	    .steps = 1,
	    .language = service != NULL ? service->language : LANG_ZH,
	};

	strncpy(k.msisdn, msisdn, DIGITS_MAX);
	call_refuse(c, &k, id);
}

void
calls_open(struct calls *c, const struct call_key *key, const char *msisdn,
    const char *dialled, const struct call_peer *peer, int64_t now)
{
	struct call *k = call_find(&c->table, key);
	const struct conf_service *service;
	struct answer a;
	const char *code = "";

	if (k != NULL)
		cancel(c, k);
	service = conf_service_dialled(
	    c->core->conf, c->conf.carrier, dialled, &code);
	k = take(c, key, msisdn, peer, now);
	if (k == NULL) {
		refuse(c, key, msisdn, peer, service, code, MSG_BUSY);
		return;
	}
	k->service = service;
	k->code = code;
	k->steps = 1;
	if (service == NULL) {
		k->code = first_code(c);
		call_end(c, k, MSG_HELP_DIAL, CALL_STRAY, now);
		return;
	}
	go_on(c, k,
	    query_dialled(c->query, service, code, k->msisdn, dialled,
		peer->token, &a, c->say),
	    &a, now);
}

/* A reply to nothing that is open: another process may have asked. */
static void
stray(struct calls *c, struct call *k, const char *text, int64_t now)
{
	const struct conf *conf = c->core->conf;
	struct answer a;

	k->code = first_code(c);
	for (size_t i = 0; i < conf->nservices; i++) {
		const struct conf_service *s = &conf->services[i];

		if (!is_dialled_here(c, s) ||
		    !query_is_pending(c->query, s, k->msisdn))
			continue;
		k->service = s;
		k->code = s->code.v[0];
		go_on(c, k,
		    query_reply(c->query, s, k->msisdn, text, &k->peer.token,
			&a, c->say),
		    &a, now);
		return;
	}
	call_end(c, k, MSG_DIAL_AGAIN, CALL_STRAY, now);
}

static void
take_reply(struct calls *c, struct call *k, const char *text, int64_t now)
{
	uint32_t token;
	struct answer a;
	enum verdict v = query_reply(
	    c->query, k->service, k->msisdn, text, &token, &a, c->say);

	if (v == VERDICT_HELP && k->retries++ < RETRIES)
		call_turn(c, k, 0, now); /* the question again */
	else
		go_on(c, k, v, &a, now);
}

/* What is not read goes by SMS, and that is told; else what to do now. */
static void
finish(struct calls *c, struct call *k, enum call_status status, int64_t now)
{
	if (call_is_read(k)) {
		k->stage = ENDED;
		call_turn(c, k, 0, now);
	} else if (call_rest_by_sms(c, k)) {
		call_end(c, k, MSG_REST_BY_SMS, CALL_BY_SMS, now);
	} else {
		call_end(c, k, MSG_DIAL_AGAIN, status, now);
	}
}

/* The one key that was pressed, whatever is forgiven around it; '\0' for
 * anything else. */
static char
key_of(const char *text)
{
	static const char between[] = " *#\r\n";
	const char *key = text + strspn(text, between);

	if (*key == '\0' || key[1 + strspn(key + 1, between)] != '\0')
		return '\0';
	return *key;
}

/* 1 for more, 0 for back; anything else shows the same again, a few times. */
static void
leaf(struct calls *c, struct call *k, const char *text, int64_t now)
{
	char key = key_of(text);

	if ((key == '1' && call_is_read(k)) ||
	    (key != '0' && key != '1' && k->retries++ >= RETRIES)) {
		finish(c, k, CALL_HELPED, now);
		return;
	}
	if (key == '0' && k->page > 0)
		k->page--;
	else if (key == '1')
		k->page++;
	call_turn(c, k, 0, now);
}

/* Its next step came that way. */
static void
go_on_from(struct call *k, const struct call_peer *peer)
{
	memcpy(k->peer.route, peer->route, CALL_ROUTE);
	k->steps++;
}

/* The dialogue of what comes within one; a new one, and *is_stray, when there
 * is none. Null, and that is told, when there can be none. */
static struct call *
within(struct calls *c, const struct call_key *key, const char *msisdn,
    const struct call_peer *peer, int64_t now, int *is_stray)
{
	struct call *k = call_find(&c->table, key);

	if (k != NULL && k->stage == ENDED) {
		call_close(c, k);
		k = NULL;
	}
	*is_stray = k == NULL;
	if (k == NULL)
		k = take(c, key, msisdn, peer, now);
	if (k == NULL) {
		refuse(c, key, msisdn, peer, NULL, "", MSG_BUSY);
		return NULL;
	}
	go_on_from(k, peer);
	return k;
}

void
calls_reply(struct calls *c, const struct call_key *key, const char *msisdn,
    const char *text, const struct call_peer *peer, int64_t now)
{
	int is_stray;
	struct call *k = within(c, key, msisdn, peer, now, &is_stray);

	if (k == NULL)
		return;
	if (is_stray)
		stray(c, k, text, now);
	else if (k->stage == ASKED)
		take_reply(c, k, text, now);
	else
		leaf(c, k, text, now);
}

/* The end, otherwise than by an answer. */

void
calls_refuse(struct calls *c, const struct call_key *key, const char *msisdn,
    const struct call_peer *peer)
{
	struct call *k = call_find(&c->table, key);

	if (k != NULL)
		cancel(c, k);
	refuse(c, key, msisdn, peer, NULL, "", MSG_SYSTEM_BUSY);
}

void
calls_put_off(struct calls *c, const struct call_key *key, const char *msisdn,
    const char *dialled, const struct call_peer *peer)
{
	struct call *k = call_find(&c->table, key);
	const struct conf_service *service;
	const char *code = "";

	if (k != NULL)
		cancel(c, k);
	service = conf_service_dialled(
	    c->core->conf, c->conf.carrier, dialled, &code);
	refuse(c, key, msisdn, peer, service, code, MSG_BUSY);
}

int
calls_break_off(struct calls *c, const struct call_key *key, const char *msisdn,
    const struct call_peer *peer, int64_t now)
{
	struct call *k = call_find(&c->table, key);
	char who[DIGITS_MAX + 1];

	if (k == NULL) {
		calls_put_off(c, key, msisdn, "", peer);
		return 1;
	}
	if (k->stage == ENDED) { /* which forgets whose it was */
		memcpy(who, k->msisdn, sizeof(who));
		calls_put_off(c, key, who, "", peer);
		return 1;
	}
	if (k->stage != ASKED)
		return 0;
	go_on_from(k, peer);
	call_end(c, k, MSG_BUSY, CALL_BUSY, now);
	return 1;
}

int
calls_asks(const struct calls *c, const char *dialled)
{
	const struct conf_service *service;
	const char *code = "";

	service = conf_service_dialled(
	    c->core->conf, c->conf.carrier, dialled, &code);
	return service != NULL && query_asks(service, code, dialled);
}

int
calls_has_room(struct calls *c, const struct call_key *key)
{
	return !TAILQ_EMPTY(&c->table.free) ||
	    call_find(&c->table, key) != NULL;
}

void
calls_abandon(struct calls *c, const struct call_key *key, const char *msisdn,
    const struct call_peer *peer, int64_t now)
{
	int is_stray;
	struct call *k = within(c, key, msisdn, peer, now, &is_stray);

	if (k == NULL)
		return;
	if (is_stray)
		k->code = first_code(c);
	finish(c, k, CALL_CANCELLED, now);
}

const struct call_peer *
calls_peer(struct calls *c, const struct call_key *key)
{
	struct call *k = call_find(&c->table, key);

	return k != NULL ? &k->peer : NULL;
}

void
calls_cancel(struct calls *c, const struct call_key *key)
{
	struct call *k = call_find(&c->table, key);

	if (k != NULL)
		cancel(c, k);
}

/* What was last said did not reach the phone. */
static void
lose(struct calls *c, struct call *k)
{
	int had_it_all = k->stage == ENDED ? k->pages > 1 : call_is_read(k);

	if (call_rest_by_sms(c, k))
		k->status = CALL_BY_SMS;
	else if (!had_it_all)
		k->status = CALL_LOST;
	call_close(c, k);
}

void
calls_expire(struct calls *c, int64_t now)
{
	struct call *k;

	while ((k = TAILQ_FIRST(&c->table.open)) != NULL &&
	    now - k->since >= c->conf.seconds * 1000LL) {
		k->late = 1;
		finish(c, k, CALL_TIMED_OUT, now);
	}
	while ((k = TAILQ_FIRST(&c->table.last)) != NULL &&
	    now - k->since >= c->conf.seconds * 1000LL)
		lose(c, k);
}

void
calls_settle(struct calls *c, int rc, int64_t now)
{
	struct call *k;

	while ((k = TAILQ_FIRST(&c->table.promised)) != NULL) {
		if (rc < 0) {
			k->by_sms = 0;
			call_end(c, k, MSG_SYSTEM_BUSY, CALL_BUSY, now);
		} else {
			call_turn(c, k, 0, now);
		}
	}
	records_flush(c->core->records);
}

void
calls_flush(struct calls *c, int64_t now)
{
	int rc = state_commit(c->state);

	query_end(c->query);
	calls_settle(c, rc, now);
}

int
calls_arrived(struct calls *c, const struct call_key *key)
{
	struct call *k = call_find(&c->table, key);

	if (k == NULL || k->list != &c->table.last)
		return 0;
	call_close(c, k);
	return 1;
}

void
calls_lost(struct calls *c, const struct call_key *key)
{
	struct call *k = call_find(&c->table, key);

	if (k != NULL)
		lose(c, k);
}

void
calls_down(struct calls *c)
{
	struct call_list *lists[] = {
	    &c->table.open, &c->table.promised, &c->table.last};
	struct call *k;

	for (size_t i = 0; i < 3; i++)
		while ((k = TAILQ_FIRST(lists[i])) != NULL)
			lose(c, k);
}
