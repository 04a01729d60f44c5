/* The way of one query, top to bottom: read the text, see whether it is to be
 * worked on, find the person, ask whether they may be told, gather their
 * stays, judge them, put it in words. Each wrong turn is an early return with
 * a verdict. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "history.h"
#include "log.h"
#include "notice.h"
#include "query.h"
#include "request.h"
#include "when.h"

#define REMEMBERED 65536 /* subscribers, for limits and repeats */
#define REOPEN_SECONDS 1 /* between tries at a store that is away */

struct query {
	struct core *core;
	struct admit *admit;
	int64_t now; /* of the query in hand: one time for all of it */
	struct history history;
};

/* What one subscriber says to one service. */
struct question {
	const struct conf_service *service;
	struct vault *vault;
	const char *msisdn;
	uint64_t who; /* key_msisdn */
	struct request r;
	uint64_t step;          /* the key of what is pending */
	struct pending pending; /* STEP_NONE for nothing */
};

static enum verdict find(
    struct query *q, const struct question *x, struct answer *a);

int
query_new(struct query **qp, struct core *core)
{
	struct query *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return -ENOMEM;
	q->core = core;
	if (admit_new(&q->admit, &core->conf->limits, REMEMBERED) < 0) {
		free(q);
		return -ENOMEM;
	}
	*qp = q;
	return 0;
}

void
query_free(struct query *q)
{
	if (q == NULL)
		return;
	admit_free(q->admit);
	history_free(&q->history);
	free(q);
}

void
query_reload(struct query *q, struct core *core)
{
	q->core = core;
	admit_limits(q->admit, &core->conf->limits);
}

void
query_end(struct query *q)
{
	for (size_t i = 0; i < q->core->nvaults; i++)
		if (q->core->vaults[i]->store != NULL)
			store_end(q->core->vaults[i]->store);
}

void
query_expire(struct query *q)
{
	for (size_t i = 0; i < q->core->nvaults; i++) {
		struct state *s = q->core->vaults[i]->state;

		if (s == NULL)
			continue;
		pending_expire(s, when_now());
		notice_expire(s, when_now());
		state_commit(s);
	}
}

/* The store of a service's carrier with a snapshot begun, or null while it
 * is away. */
static struct store *
snapshot(struct query *q, struct vault *v)
{
	struct timespec ts;

	if (v->store == NULL) {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		if (v->tried != 0 && ts.tv_sec - v->tried < REOPEN_SECONDS)
			return NULL;
		v->tried = ts.tv_sec;
		if (core_store(q->core, v, STORE_READ) < 0)
			return NULL;
	}
	if (store_begin(v->store) == 0)
		return v->store;
	core_store_close(v);
	return NULL;
}

static struct question
begin(struct query *q, const struct conf_service *service, const char *msisdn,
    struct answer *a, char *say)
{
	struct vault *v = core_vault(q->core, service->carrier);
	struct question x = {
	    .service = service,
	    .vault = v,
	    .msisdn = msisdn,
	    .who = key_msisdn(v->key, msisdn),
	};

	x.step = pending_key(v->key, x.who, service->name);
	q->now = when_now();
	*a = (struct answer){.language = service->language};
	say[0] = '\0';
	return x;
}

/* 0, -ENOENT when nothing is pending, or -errno. */
static int
read_pending(struct query *q, struct question *x)
{
	int rc;

	if (x->service->identity != IDENTITY_PROMPT)
		return -ENOENT;
	rc = core_state(x->vault);
	if (rc < 0)
		return rc;
	return pending_get(x->vault->state, x->step, q->now, &x->pending);
}

/* A text without a keyword: a reply, when a question is pending. */
static enum verdict
read_reply(struct query *q, struct question *x, const char *text)
{
	int rc = read_pending(q, x);

	if (rc < 0 && rc != -ENOENT)
		return VERDICT_SYSTEM_BUSY;
	if (rc == 0) {
		request_parse_reply(text, &x->r);
		if (x->r.language == LANGUAGES)
			x->r.language = x->pending.language;
	}
	return dialogue_reply(x->service, &x->r, &x->pending);
}

/* Keeps what is pending now that the subscriber is told `verdict`. */
static enum verdict
keep_step(struct question *x, enum verdict verdict)
{
	if (verdict != VERDICT_PROMPT && !dialogue_next(&x->pending, verdict))
		return verdict;
	if (core_state(x->vault) < 0 ||
	    pending_put(x->vault->state, x->step, &x->pending) < 0)
		return VERDICT_SYSTEM_BUSY;
	return verdict;
}

/* Everything that makes two queries the same, for the tables of admit. */
static void
identify(const struct query *q, const struct question *x, const char *text,
    struct ticket *ticket)
{
	const struct key *k = x->vault->key;
	struct {
		uint64_t step, rest, digits, day, edition;
	} in = {.step = x->step};

	in.rest = key_hash(k, text, strlen(text));
	ticket->query = key_hash(k, &in, sizeof(in));
	in.rest = x->r.language;
	in.day = when_midnight(q->now, 0);
	in.edition = q->core->edition;
	if (x->r.digits[0] != '\0')
		in.digits = key_identity(k, x->who, x->r.digits);
	ticket->request = key_hash(k, &in, sizeof(in));
}

/* Is this query one to be worked on? VERDICT_OK if so, VERDICT_SILENCE or
 * VERDICT_SEND_AGAIN if not; `from_memory` is the answer to a repeat. */
static enum verdict
admit_query(struct query *q, const struct ticket *t, int is_request,
    const char **from_memory)
{
	*from_memory = NULL;
	switch (admit_age(q->admit, t->query, q->now)) {
	case ADMIT_STALE:
		return VERDICT_SEND_AGAIN;
	case ADMIT_STALE_SILENT:
		return VERDICT_SILENCE;
	case ADMIT_TIMELY:
		break;
	}
	if (is_request &&
	    admit_request(q->admit, t->request, q->now, from_memory) ==
		ADMIT_ON_ITS_WAY)
		return VERDICT_SILENCE;
	return VERDICT_OK;
}

/* Only what was found is the same again; a wrong try always counts. */
static int
may_be_repeated(enum verdict v)
{
	return v == VERDICT_OK || v == VERDICT_NO_STAYS;
}

/* In words: the answer from memory, or what was found. */
static enum verdict
put_words(struct query *q, const struct question *x, struct answer *a,
    const char *from_memory, char *say)
{
	if (x->r.language != LANGUAGES)
		a->language = x->r.language;
	if (from_memory != NULL)
		strcpy(say, from_memory);
	else if (answer_text(a, q->core->messages, q->core->regions, x->service,
		     say, ANSWER_MAX) < 0)
		return VERDICT_SYSTEM_BUSY;
	return a->verdict;
}

enum verdict
query_text(struct query *q, const struct conf_service *service,
    const char *msisdn, const char *text, struct answer *a, char *say,
    struct ticket *ticket)
{
	struct question x = begin(q, service, msisdn, a, say);
	const char *from_memory;
	enum verdict admitted;

	request_parse(text, service, &x.r);
	a->verdict = x.r.verb == VERB_UNKNOWN
	    ? read_reply(q, &x, text)
	    : dialogue_open(service, &x.r, q->now, &x.pending);
	identify(q, &x, text, ticket);
	if (a->verdict != VERDICT_OK)
		ticket->request = 0;
	admitted = admit_query(q, ticket, ticket->request != 0, &from_memory);
	if (admitted == VERDICT_SILENCE) {
		ticket->query = 0;
		return a->verdict = VERDICT_SILENCE;
	}
	if (admitted == VERDICT_SEND_AGAIN)
		a->verdict = VERDICT_SEND_AGAIN;
	if (from_memory == NULL)
		a->verdict = find(q, &x, a);
	if (!may_be_repeated(a->verdict)) {
		query_sent(
		    q, &(struct ticket){.request = ticket->request}, NULL);
		ticket->request = 0;
	}
	if (a->verdict != VERDICT_SYSTEM_BUSY &&
	    a->verdict != VERDICT_SILENCE &&
	    !admit_text(q->admit, x.who, q->now)) {
		query_sent(q, ticket, NULL);
		a->verdict = VERDICT_SILENCE;
	}
	a->verdict = keep_step(&x, a->verdict);
	return a->verdict = put_words(q, &x, a, from_memory, say);
}

/* A dialogue is answered at once, so its request is never on its way. */
static enum verdict
converse(struct query *q, struct question *x, const char *text,
    struct answer *a, char *say)
{
	const char *from_memory = NULL;
	struct ticket t = {0};

	if (a->verdict == VERDICT_OK) {
		identify(q, x, text, &t);
		t.query = 0; /* the network does not send it again */
		admit_request(q->admit, t.request, q->now, &from_memory);
	}
	if (from_memory == NULL)
		a->verdict = find(q, x, a);
	a->verdict = keep_step(x, a->verdict);
	a->verdict = put_words(q, x, a, from_memory, say);
	query_sent(q, &t, may_be_repeated(a->verdict) ? say : NULL);
	return a->verdict;
}

enum verdict
query_dialled(struct query *q, const struct conf_service *service,
    const char *code, const char *msisdn, const char *dialled, uint32_t token,
    struct answer *a, char *say)
{
	struct question x = begin(q, service, msisdn, a, say);

	request_parse_dialled(dialled, code, &x.r);
	a->verdict = dialogue_open(service, &x.r, q->now, &x.pending);
	x.pending.token = token;
	return converse(q, &x, dialled, a, say);
}

int
query_is_pending(
    struct query *q, const struct conf_service *service, const char *msisdn)
{
	struct question x;
	struct answer a;
	char say[1];

	x = begin(q, service, msisdn, &a, say);
	return read_pending(q, &x) == 0 && x.pending.step != STEP_NONE;
}

enum verdict
query_reply(struct query *q, const struct conf_service *service,
    const char *msisdn, const char *text, uint32_t *token, struct answer *a,
    char *say)
{
	struct question x = begin(q, service, msisdn, a, say);

	x.r.language = LANGUAGES;
	a->verdict = read_reply(q, &x, text);
	if (x.pending.step != STEP_NONE)
		*token = x.pending.token;
	else if (a->verdict == VERDICT_SILENCE)
		a->verdict = VERDICT_HELP; /* somebody is looking at it */
	return converse(q, &x, text, a, say);
}

void
query_sent(struct query *q, const struct ticket *t, const char *say)
{
	if (t->request != 0)
		admit_answered(q->admit, t->request, when_now(), say);
	if (t->query != 0 && say != NULL)
		admit_query_done(q->admit, t->query, when_now());
}

void
query_refused(struct query *q, const struct ticket *t)
{
	query_sent(q, t, NULL);
	if (t->query != 0)
		admit_refused(q->admit, t->query, when_now());
}

enum verdict
query_busy(struct query *q, const struct conf_service *service,
    const char *msisdn, struct answer *a, char *say)
{
	const struct key *k = core_vault(q->core, service->carrier)->key;
	struct answer busy = {
	    .verdict = VERDICT_BUSY,
	    .language = a->language,
	    .minutes = q->core->conf->limits.busy_minutes,
	};

	if (!admit_busy(q->admit, key_msisdn(k, msisdn), when_now()) ||
	    answer_text(&busy, q->core->messages, q->core->regions, service,
		say, ANSWER_MAX) < 0)
		return VERDICT_SILENCE;
	return VERDICT_BUSY;
}

/* Minds what the small state says of the number whose history is open. */
static int
amend(struct query *q, struct vault *v, uint64_t msisdn)
{
	struct subject subject;
	int rc = core_state(v);

	if (rc == 0)
		rc = subject_get(v->state, msisdn, &subject);
	return rc < 0 ? rc : history_amend(&q->history, v->state, &subject);
}

static enum verdict
find(struct query *q, const struct question *x, struct answer *a)
{
	const struct subscriber *who;
	enum verdict verdict;
	uint64_t digits = 0;
	struct store *s;

	if (a->verdict != VERDICT_OK && a->verdict != VERDICT_PROMPT)
		return a->verdict; /* it is not about a person */
	s = snapshot(q, x->vault);
	if (s == NULL || history_open(&q->history, s, x->who, q->now, &who) < 0)
		return VERDICT_SYSTEM_BUSY;
	if (store_is_closed(s))
		return VERDICT_SERVICE_CLOSED;
	if (who != NULL && who->language != LANGUAGES)
		a->language = who->language;
	a->lo = when_midnight(q->now, -(int)x->service->window_days);
	a->minutes = x->service->reply_minutes;
	if (a->verdict == VERDICT_PROMPT) /* whoever asks */
		return VERDICT_PROMPT;
	if (x->r.digits[0] != '\0')
		digits = key_identity(x->vault->key, x->who, x->r.digits);
	verdict = dialogue_identify(x->service, who, digits, &x->pending);
	if (verdict != VERDICT_OK)
		return verdict;
	if (amend(q, x->vault, x->who) < 0 ||
	    history_judge(
		&q->history, s, who, q->core->conf->max_gap, x->service, a) < 0)
		return VERDICT_SYSTEM_BUSY;
	return a->nplaces > 0 ? VERDICT_OK : VERDICT_NO_STAYS;
}

int
query_msisdn(struct query *q, const struct conf_carrier *carrier,
    const char *imsi, char msisdn[DIGITS_MAX + 1])
{
	struct vault *v = core_vault(q->core, carrier);
	struct store *s = snapshot(q, v);
	uint8_t sealed[KEY_SEALED];
	char owner[DIGITS_MAX + 1];
	int rc;

	if (s == NULL)
		return -EIO;
	rc = store_sealed_at(s, key_imsi(v->key, imsi), when_now(), sealed);
	if (rc < 0)
		return rc;
	/* two numbers may share a key before a collision is seen */
	if (key_unseal(v->key, sealed, owner, msisdn) < 0 ||
	    strcmp(owner, imsi) != 0)
		return -ENOENT;
	return 0;
}

int
query_lookup(struct query *q, const struct conf_service *service,
    const char *msisdn, struct answer *a)
{
	struct vault *v = core_vault(q->core, service->carrier);
	struct store *s = snapshot(q, v);
	const struct subscriber *who;
	int rc;

	q->now = when_now();
	*a = (struct answer){.language = service->language};
	if (s == NULL)
		return -EIO;
	rc = history_open(
	    &q->history, s, key_msisdn(v->key, msisdn), q->now, &who);
	if (rc == 0 && who == NULL)
		rc = -ENOENT;
	if (rc == 0)
		rc = amend(q, v, who->msisdn);
	if (rc < 0)
		return rc;
	return history_judge(
	    &q->history, s, who, q->core->conf->max_gap, service, a);
}

int
query_notify(
    struct query *q, const struct conf_service *service, const char *msisdn)
{
	struct vault *v = core_vault(q->core, service->carrier);
	struct notice n = {.looked_at = when_now()};
	char number[DIGITS_MAX + 1];
	const struct subscriber *who;
	struct store *s;
	int rc;

	if (service->carrier->notify == NOTIFY_NO)
		return 0;
	s = snapshot(q, v);
	if (s == NULL)
		return -EIO;
	rc = history_open(
	    &q->history, s, key_msisdn(v->key, msisdn), n.looked_at, &who);
	if (rc < 0 || who == NULL)
		return rc;
	n.language =
	    who->language != LANGUAGES ? who->language : service->language;
	rc = key_unseal(v->key, who->sealed, n.imsi, number);
	if (rc == 0)
		rc = core_state(v);
	if (rc == 0)
		rc = notice_put(v->state, v->key, service->carrier->name, &n);
	return rc;
}
