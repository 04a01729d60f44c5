/* USSD dialogues.
 *
 *   dialled ─▶ ASKED ──reply──▶ PAGED ◀─┐ more, back
 *      │         │                │ └───┘
 *      └─────────┴───▶ ENDED ◀────┘
 *
 * Every fault is a text: the subscriber holds the phone and waits. A dialogue
 * whose next turn promises something (a pending step, an SMS) waits in
 * `promised` until calls_flush has made that durable.
 *
 * Dialogues hang in a list by age of their last turn, so that the first is
 * the first whose time is up. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "call_table.h"
#include "log.h"
#include "page.h"
#include "when.h"

#define RETRIES 2 /* replies not understood before help is all */
#define SMS_MINUTES 1440

struct calls {
	struct calls_conf conf;
	struct core *core;
	struct query *query;
	struct outbox *outbox;
	struct state *state;
	calls_turn_h *h;
	void *arg;
	struct call_table table;
	char say[ANSWER_MAX];
};

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

static void
note(struct calls *c, const struct call *k)
{
	char mask[MASK_MAX];
	const struct call_record r = {
	    .start = k->started,
	    .end = when_now(),
	    .service = k->service != NULL ? k->service->name : "",
	    .code = k->code,
	    .channel = c->conf.channel,
	    .number = key_mask(k->msisdn, c->core->conf->country_code, mask),
	    .steps = k->steps,
	    .status = k->status,
	};

	records_put(c->core->records, &r);
	log_debug(DQUERY, "dialogue service=%s from=%s steps=%u status=%s",
	    r.service, r.number, r.steps, call_status_name(r.status));
}

static void
drop(struct calls *c, struct call *k)
{
	note(c, k);
	call_drop(&c->table, k);
}

/* Turns. */

static void
give(struct calls *c, const struct call_key *key, struct call_peer *peer,
    enum call_what what, const struct page *page)
{
	const struct call_turn turn = {
	    .key = *key,
	    .what = what,
	    .say = page->say,
	    .alphabet = page->alphabet,
	    .peer = peer,
	};

	c->h(&turn, c->arg);
}

static void
say_page(struct calls *c, struct call *k, const struct page *page)
{
	give(c, &k->key, &k->peer, k->stage == ENDED ? CALL_END : CALL_ASK,
	    page);
	if (k->stage == ENDED)
		drop(c, k);
}

/* Says the page that a dialogue is at. */
static void
say(struct calls *c, struct call *k)
{
	struct page page;

	page_cut(c->core->messages, k->language, k->text, k->page, &page);
	say_page(c, k, &page);
}

/* Its next turn is made: it goes out now, or when what it promises holds. */
static void
turn(struct calls *c, struct call *k, int promises, int64_t now)
{
	call_move(&c->table, k, promises, now);
	if (!promises)
		say(c, k);
}

/* A text of the catalogue that is no answer. */
static void
take_message(struct calls *c, struct call *k, enum message id)
{
	const char *values[PLACEHOLDERS] = {
	    [VALUE_HOTLINE] = c->conf.carrier->hotline,
	    [VALUE_KEYWORD] = k->code,
	};
	struct words w = {.s = k->text, .size = sizeof(k->text)};

	k->text[0] = '\0';
	k->page = 0;
	message_put(c->core->messages, k->language, id, values, &w);
}

static void
end_with(struct calls *c, struct call *k, enum message id,
    enum call_status status, int64_t now)
{
	take_message(c, k, id);
	k->stage = ENDED;
	k->status = status;
	turn(c, k, 0, now);
}

/* The whole by SMS, from the carrier's short code. */

static int
send_sms(struct calls *c, const struct call *k, const char *text)
{
	const char *from = conf_sms_code(c->core->conf, c->conf.carrier);
	static struct outbox_message m;
	int64_t now = time(NULL);

	if (from == NULL || k->msisdn[0] == '0' ||
	    strlen(text) >= sizeof(m.text))
		return -EINVAL;
	m = (struct outbox_message){
	    .from_npi = 1,
	    .to_ton = 1,
	    .to_npi = 1,
	    .reference = randombytes_uniform(65536),
	};
	strcpy(m.from, from);
	strcpy(m.to, k->msisdn);
	strcpy(m.text, text);
	page_unbreak(m.text);
	m.alphabet = text_alphabet(
	    m.text, conf_alphabet(c->core->conf, c->conf.carrier));
	m.concat = conf_concat(c->core->conf, c->conf.carrier);
	m.receipt = k->service != NULL && k->service->receipts;
	return outbox_leave(c->outbox, &m, now + 60 * SMS_MINUTES);
}

/* What is not seen to its end goes by SMS. 1 when it was put there. */
static int
rest_by_sms(struct calls *c, struct call *k)
{
	if (k->stage != PAGED || k->by_sms || k->page == k->pages - 1)
		return 0;
	k->by_sms = send_sms(c, k, k->text) == 0;
	return k->by_sms;
}

/* What the query says, in turns. */

static void
take_text(struct call *k, const char *say)
{
	size_t n = strlen(say);

	if (n >= sizeof(k->text))
		for (n = sizeof(k->text) - 1; (say[n] & 0xc0) == 0x80; n--)
			;
	memcpy(k->text, say, n);
	k->text[n] = '\0';
	k->page = 0;
}

/* An answer: one page and the end, or leafed through; the whole by SMS when
 * that is too little. */
static void
answered(struct calls *c, struct call *k, int64_t now)
{
	struct page page;

	take_text(k, c->say);
	page_cut(c->core->messages, k->language, k->text, 0, &page);
	k->pages = page.of;
	k->stage = page.of > 1 ? PAGED : ENDED;
	k->status = CALL_ANSWERED;
	if (!page.cut) {
		/* a right reply is noted in the small state; nothing hangs on
		 * it */
		call_move(&c->table, k, 0, now);
		say_page(c, k, &page);
		return;
	}
	if (send_sms(c, k, c->say) < 0) {
		end_with(c, k, MSG_SYSTEM_BUSY, CALL_BUSY, now);
		return;
	}
	k->by_sms = 1;
	k->status = CALL_BY_SMS;
	turn(c, k, 1, now);
}

static enum call_status
status_of(enum verdict v)
{
	switch (v) {
	case VERDICT_OK:
	case VERDICT_NO_STAYS:
		return CALL_ANSWERED;
	case VERDICT_HELP:
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
		answered(c, k, now);
		return;
	}
	take_text(k, c->say);
	k->stage = v == VERDICT_PROMPT ? ASKED : ENDED;
	turn(c, k, v == VERDICT_PROMPT, now);
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

static void
refuse(struct calls *c, const struct call_key *key,
    const struct call_peer *peer, const struct conf_service *service)
{
	struct call_peer to = *peer;
	static const char *const none[PLACEHOLDERS];
	const char *values[PLACEHOLDERS];
	enum language lang = service != NULL ? service->language : LANG_ZH;
	struct words w = {.s = c->say, .size = sizeof(c->say)};
	struct page page;

	memcpy(values, none, sizeof(values));
	values[VALUE_HOTLINE] = c->conf.carrier->hotline;
	c->say[0] = '\0';
	message_put(c->core->messages, lang, MSG_SYSTEM_BUSY, values, &w);
	page_cut(c->core->messages, lang, c->say, 0, &page);
	give(c, key, &to, CALL_END, &page);
}

void
calls_open(struct calls *c, const struct call_key *key, const char *msisdn,
    const char *dialled, const struct call_peer *peer, int64_t now)
{
	struct call *k = call_find(&c->table, key);
	const struct conf_service *service;
	struct answer a;
	const char *code;

	if (k != NULL)
		drop(c, k);
	service = conf_service_dialled(
	    c->core->conf, c->conf.carrier, dialled, &code);
	k = take(c, key, msisdn, peer, now);
	if (k == NULL) {
		refuse(c, key, peer, service);
		return;
	}
	k->service = service;
	k->code = code;
	k->steps = 1;
	if (service == NULL) {
		k->code = first_code(c);
		end_with(c, k, MSG_HELP_DIAL, CALL_STRAY, now);
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
	end_with(c, k, MSG_DIAL_AGAIN, CALL_STRAY, now);
}

static void
identify(struct calls *c, struct call *k, const char *text, int64_t now)
{
	uint32_t token;
	struct answer a;
	enum verdict v = query_reply(
	    c->query, k->service, k->msisdn, text, &token, &a, c->say);

	if (v == VERDICT_HELP && k->retries++ < RETRIES)
		turn(c, k, 0, now); /* the question again */
	else
		go_on(c, k, v, &a, now);
}

/* 1 for more, 0 for back; anything else shows the same again. */
static void
leaf(struct calls *c, struct call *k, const char *text, int64_t now)
{
	char key = text[strspn(text, " *#\r\n")];

	if (key == '0' && k->page > 0)
		k->page--;
	else if (key == '1' && k->page < k->pages - 1)
		k->page++;
	else if (key == '1' || k->retries++ >= RETRIES)
		k->stage = ENDED;
	turn(c, k, 0, now);
}

void
calls_reply(struct calls *c, const struct call_key *key, const char *msisdn,
    const char *text, const struct call_peer *peer, int64_t now)
{
	struct call *k = call_find(&c->table, key);
	int is_stray = k == NULL;

	if (is_stray)
		k = take(c, key, msisdn, peer, now);
	if (k == NULL) {
		refuse(c, key, peer, NULL);
		return;
	}
	memcpy(k->peer.route, peer->route, CALL_ROUTE);
	k->steps++;
	if (is_stray)
		stray(c, k, text, now);
	else if (k->stage == ASKED)
		identify(c, k, text, now);
	else
		leaf(c, k, text, now);
}

/* The end, otherwise than by an answer. */

void
calls_refuse(
    struct calls *c, const struct call_key *key, const struct call_peer *peer)
{
	struct call *k = call_find(&c->table, key);

	if (k != NULL)
		drop(c, k);
	refuse(c, key, peer, NULL);
}

const struct call_peer *
calls_peer(struct calls *c, const struct call_key *key)
{
	struct call *k = call_find(&c->table, key);

	return k != NULL ? &k->peer : NULL;
}

static int
is_read(const struct call *k)
{
	return k->stage == PAGED && k->page == k->pages - 1;
}

void
calls_cancel(struct calls *c, const struct call_key *key, int64_t now)
{
	struct call *k = call_find(&c->table, key);

	(void)now;
	if (k == NULL)
		return;
	if (!is_read(k) && !k->by_sms)
		k->status = CALL_CANCELLED;
	drop(c, k);
}

static void
time_out(struct calls *c, struct call *k, int64_t now)
{
	if (is_read(k)) {
		k->stage = ENDED;
		turn(c, k, 0, now);
	} else if (k->stage == PAGED && (k->by_sms || rest_by_sms(c, k))) {
		take_message(c, k, MSG_REST_BY_SMS);
		k->stage = ENDED;
		k->status = CALL_BY_SMS;
		turn(c, k, 1, now);
	} else {
		end_with(c, k, MSG_DIAL_AGAIN, CALL_TIMED_OUT, now);
	}
}

void
calls_expire(struct calls *c, int64_t now)
{
	struct call *k;

	while ((k = TAILQ_FIRST(&c->table.open)) != NULL &&
	    now - k->since >= c->conf.seconds * 1000LL)
		time_out(c, k, now);
}

void
calls_settle(struct calls *c, int rc, int64_t now)
{
	struct call *k;

	while ((k = TAILQ_FIRST(&c->table.promised)) != NULL) {
		if (rc < 0) {
			k->by_sms = 0;
			end_with(c, k, MSG_SYSTEM_BUSY, CALL_BUSY, now);
		} else {
			turn(c, k, 0, now);
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

static void
lose(struct calls *c, struct call *k)
{
	if (k->by_sms || rest_by_sms(c, k))
		k->status = CALL_BY_SMS;
	else if (!is_read(k))
		k->status = CALL_LOST;
	drop(c, k);
}

void
calls_lost(struct calls *c, const struct call_key *key, int64_t now)
{
	struct call *k = call_find(&c->table, key);

	(void)now;
	if (k != NULL)
		lose(c, k);
}

void
calls_down(struct calls *c, int64_t now)
{
	struct call_list *lists[] = {&c->table.open, &c->table.promised};
	struct call *k;

	(void)now;
	for (size_t i = 0; i < 2; i++)
		while ((k = TAILQ_FIRST(lists[i])) != NULL)
			lose(c, k);
}

/* Another configuration. */

/* The service of a dialogue there; null when its code is no more that
 * service's. */
static const struct conf_service *
service_in(const struct core *core, const struct conf_carrier *carrier,
    const struct call *k, const char **code)
{
	const struct conf_service *s =
	    conf_service_dialled(core->conf, carrier, k->code, code);
	int is_same = s != NULL && k->service != NULL &&
	    strcmp(s->name, k->service->name) == 0;

	return is_same ? s : NULL;
}

static void
reload(struct calls *c, struct call_list *list, const struct core *core,
    const struct conf_carrier *carrier, int64_t now)
{
	const struct conf_service *s;
	struct call *k, *next;
	const char *code;

	for (k = TAILQ_FIRST(list); k != NULL; k = next) {
		next = TAILQ_NEXT(k, entry);
		s = service_in(core, carrier, k, &code);
		if (s == NULL) {
			end_with(c, k, MSG_DIAL_AGAIN, CALL_LOST, now);
			continue;
		}
		k->service = s;
		k->code = code;
	}
}

void
calls_reload(struct calls *c, struct core *core,
    const struct conf_carrier *carrier, unsigned seconds, int64_t now)
{
	reload(c, &c->table.open, core, carrier, now);
	reload(c, &c->table.promised, core, carrier, now);
	c->core = core;
	c->conf.carrier = carrier;
	c->conf.seconds = seconds;
}
