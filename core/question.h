/* Within core/query*.c: a query in hand, and what lasts from one to the
 * next. */
#ifndef QUESTION_H
#define QUESTION_H

#include "admit.h"
#include "history.h"
#include "query.h"
#include "request.h"

struct query {
	struct core *core;
	struct admit *admit;
	uint32_t wording; /* messages_wording */
	int64_t since;    /* this process runs */
	int64_t now;      /* of the query in hand: one time for all of it */
	enum shed shed;
	struct history history;
};

/* What one subscriber says to one service. */
struct question {
	const struct conf_service *service;
	struct vault *vault;
	const char *msisdn;
	uint64_t who;    /* key_msisdn */
	uint64_t step;   /* the key of what is pending */
	uint64_t digits; /* keyed; 0 for none */
	struct dialogue d;
};

/* A vault's store with a snapshot begun, or null while it is away. */
struct store *query_snapshot(struct query *q, struct vault *v);

/* A text said at that step (pending_key): ticket.query. */
uint64_t query_hash(const struct key *k, uint64_t step, const char *text);

#endif
