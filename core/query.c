/* The way of one query, top to bottom: read the text, find the person, ask
 * whether they may be told, gather their stays, judge them, put it in words.
 * Each wrong turn is an early return with a verdict. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "log.h"
#include "query.h"
#include "request.h"
#include "when.h"

#define REMEMBERED 65536 /* subscribers, for limits and repeats */
#define REOPEN_SECONDS 1 /* between tries at a store that is away */

struct query {
	struct core *core;
	struct admit *admit;
	int64_t now; /* of the query in hand: one time for all of it */
	struct subscriber rows[STORE_ROWS];
	size_t nrows;
	struct stays stays;
	struct visit *visits;
	struct answer_place *places;
	size_t cap; /* of visits and places */
};

static enum verdict find(struct query *q, const struct conf_service *service,
    const char *msisdn, const struct request *r, struct answer *a);
static int gather(
    struct query *q, struct store *s, const struct subscriber *who);
static int judge(struct query *q, struct store *s,
    const struct conf_service *service, struct answer *a);

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
	stays_free(&q->stays);
	free(q->visits);
	free(q->places);
	free(q);
}

void
query_end(struct query *q)
{
	for (size_t i = 0; i < q->core->nvaults; i++)
		if (q->core->vaults[i].store != NULL)
			store_end(q->core->vaults[i].store);
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

/* Everything that makes two queries the same, for the tables of admit. */
static void
identify(const struct query *q, const struct conf_service *service,
    uint64_t who, const char *text, const struct request *r,
    struct ticket *ticket)
{
	const struct key *k = core_vault(q->core, service->carrier)->key;
	struct {
		uint64_t who, service, rest, digits, day;
	} in = {.who = who, .service = (uintptr_t)service};

	in.rest = key_hash(k, text, strlen(text));
	ticket->query = key_hash(k, &in, sizeof(in));
	in.rest = r->language;
	in.day = when_midnight(q->now, 0);
	if (r->digits[0] != '\0')
		in.digits = key_identity(k, who, r->digits);
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

enum verdict
query_text(struct query *q, const struct conf_service *service,
    const char *msisdn, const char *text, struct answer *a, char *say,
    struct ticket *ticket)
{
	struct vault *v = core_vault(q->core, service->carrier);
	uint64_t who = key_msisdn(v->key, msisdn);
	const char *from_memory;
	enum verdict admitted;
	struct request r;

	q->now = when_now();
	say[0] = '\0';
	request_parse(text, service, &r);
	identify(q, service, who, text, &r, ticket);
	*a = (struct answer){.language = service->language};
	a->verdict = dialogue_open(service, &r);
	if (a->verdict != VERDICT_OK)
		ticket->request = 0;
	admitted = admit_query(q, ticket, ticket->request != 0, &from_memory);
	if (admitted == VERDICT_SILENCE) {
		*ticket = (struct ticket){0};
		return a->verdict = VERDICT_SILENCE;
	}
	if (admitted == VERDICT_SEND_AGAIN)
		a->verdict = VERDICT_SEND_AGAIN;
	else if (from_memory == NULL && a->verdict == VERDICT_OK)
		a->verdict = find(q, service, msisdn, &r, a);
	if (r.language != LANGUAGES)
		a->language = r.language;
	if (from_memory != NULL)
		strcpy(say, from_memory);
	else if (answer_text(a, q->core->messages, q->core->regions, service,
		     say, ANSWER_MAX) < 0)
		a->verdict = VERDICT_SYSTEM_BUSY;
	if (!may_be_repeated(a->verdict)) {
		query_sent(
		    q, &(struct ticket){.request = ticket->request}, NULL);
		ticket->request = 0;
	}
	if (a->verdict != VERDICT_SYSTEM_BUSY &&
	    a->verdict != VERDICT_SILENCE &&
	    !admit_text(q->admit, who, q->now)) {
		query_sent(q, ticket, NULL);
		a->verdict = VERDICT_SILENCE;
	}
	return a->verdict;
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

/* The row that is in force now, the latest of several: the person who asks.
 * Null when two people's rows begin at the same time, for nobody can say
 * whose travels these are. */
static const struct subscriber *
in_force(const struct query *q)
{
	const struct subscriber *who = NULL;

	for (size_t i = 0; i < q->nrows; i++) {
		const struct subscriber *row = &q->rows[i];

		if (q->now < row->since || q->now >= row->end)
			continue;
		if (who == NULL)
			who = row; /* the latest comes first */
		else if (row->since == who->since && row->person != who->person)
			return NULL;
	}
	return who;
}

static enum verdict
find(struct query *q, const struct conf_service *service, const char *msisdn,
    const struct request *r, struct answer *a)
{
	struct vault *v = core_vault(q->core, service->carrier);
	struct store *s = snapshot(q, v);
	uint64_t number = key_msisdn(v->key, msisdn), digits = 0;
	const struct subscriber *who;
	enum verdict verdict;
	int rc;

	if (s == NULL)
		return VERDICT_SYSTEM_BUSY;
	rc = store_subscribers(s, number, q->rows, &q->nrows);
	if (rc < 0 && rc != -ENOENT)
		return VERDICT_SYSTEM_BUSY;
	who = rc == 0 ? in_force(q) : NULL;
	if (who != NULL && who->language != LANGUAGES)
		a->language = who->language;
	if (r->digits[0] != '\0')
		digits = key_identity(v->key, number, r->digits);
	verdict = dialogue_identify(service, who, digits);
	if (verdict != VERDICT_OK)
		return verdict;
	if (gather(q, s, who) < 0 || judge(q, s, service, a) < 0)
		return VERDICT_SYSTEM_BUSY;
	return a->nplaces > 0 ? VERDICT_OK : VERDICT_NO_STAYS;
}

/* All stays of a person: each row's IMSI, cut at the row's times, joined. */
static int
gather(struct query *q, struct store *s, const struct subscriber *who)
{
	q->stays.n = 0;
	for (size_t i = 0; i < q->nrows; i++) {
		const struct subscriber *row = &q->rows[i];
		size_t from = q->stays.n;
		int rc;

		if (row->person != who->person)
			continue;
		rc = store_stays(s, row->imsi, &q->stays);
		if (rc < 0)
			return rc;
		stay_cut(&q->stays, from, row->since, row->end);
	}
	stay_join(&q->stays, q->core->conf->max_gap);
	return 0;
}

static int
reserve(struct query *q, size_t n)
{
	struct answer_place *places;
	struct visit *visits;

	if (n <= q->cap)
		return 0;
	visits = realloc(q->visits, n * sizeof(*visits));
	if (visits != NULL)
		q->visits = visits;
	places = realloc(q->places, n * sizeof(*places));
	if (places != NULL)
		q->places = places;
	if (visits == NULL || places == NULL)
		return -ENOMEM;
	q->cap = n;
	return 0;
}

/* The day from which the person is known, when the window begins before. */
static int64_t
history_since(const struct query *q, int64_t lo)
{
	const struct subscriber *who = in_force(q);
	int64_t first = INT64_MAX;

	for (size_t i = 0; who != NULL && i < q->nrows; i++)
		if (q->rows[i].person == who->person &&
		    q->rows[i].since < first)
			first = q->rows[i].since;
	return first > lo && first != INT64_MAX ? first : 0;
}

/* Until when the data is complete, and whether that is good enough. */
static int
judge_age(struct store *s, const struct conf_service *service, int64_t hi,
    struct answer *a)
{
	int64_t watermark;
	int rc = store_watermark(s, &watermark);

	if (rc == -ENOENT)
		return 0;
	if (rc < 0)
		return rc;
	a->as_of = watermark < hi ? watermark : hi;
	a->data_late = hi - watermark > service->late_after;
	if (service->refuse_after && hi - watermark > service->refuse_after)
		return -ESTALE;
	return 0;
}

static int
judge(struct query *q, struct store *s, const struct conf_service *service,
    struct answer *a)
{
	struct window w = {
	    .lo = when_midnight(q->now, -(int)service->window_days),
	    .hi = service->horizon == HORIZON_NOW ? q->now
						  : when_midnight(q->now, 0),
	    .min_stay = service->min_stay,
	    .by_province = service->granularity == GRANULARITY_PROVINCE,
	};
	int rc = reserve(q, q->stays.n);

	if (rc == 0)
		rc = judge_age(s, service, w.hi, a);
	if (rc < 0)
		return rc;
	a->lo = w.lo;
	a->history_since = history_since(q, w.lo);
	a->nplaces = stay_visits(&q->stays, &w, q->visits);
	a->places = q->places;
	for (size_t i = 0; i < a->nplaces; i++) {
		q->places[i].region = q->visits[i].region;
		rc = store_mark(
		    s, q->visits[i].region, q->now, q->places[i].mark);
		if (rc < 0)
			return rc;
	}
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
	rc = store_subscribers(
	    s, key_msisdn(v->key, msisdn), q->rows, &q->nrows);
	if (rc < 0)
		return rc;
	who = in_force(q);
	if (who == NULL)
		return -ENOENT;
	rc = gather(q, s, who);
	return rc < 0 ? rc : judge(q, s, service, a);
}
