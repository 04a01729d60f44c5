/* Within core/query*.c: a query in hand, and what lasts from one to the
 * next. */
#ifndef QUESTION_H
#define QUESTION_H

#include "admit.h"
#include "history.h"
#include "memo.h"
#include "query.h"
#include "request.h"

struct query {
	struct core *core;
	struct admit *admit;
	int64_t now; /* of the query in hand: one time for all of it */
	int64_t today, tomorrow; /* the local day of it */
	enum shed shed;
	unsigned long verdicts[VERDICTS]; /* how often each was given */
	struct history history;
	struct memo *memo; /* for when the store is away: query_held.c */
};

/* What one subscriber says to one service. */
struct question {
	const struct conf_service *service;
	struct vault *vault;
	const char *msisdn;
	uint64_t who;         /* key_msisdn */
	uint64_t name;        /* of the service, hashed */
	uint64_t asks;        /* who ^ name: subscriber and service as one */
	uint64_t digits;      /* keyed; 0 for none */
	uint64_t request;     /* with nothing left out; 0: not to be repeated */
	enum admit_past past; /* of the text that it is */
	int is_keyword;       /* a text whose answer is a question, the same
			       * while that is open (dialogue_is_asked) */
	struct store *store;  /* with a snapshot begun; null: not yet */
	int is_away;          /* the store is: nothing can be looked up */
	struct dialogue d;
};

/* What is asked (query_asked.c). query_begin: by whom, at which service, before
 * a word of it; `say` becomes empty. query_hear: what is said, whatever it
 * means. query_understand: what it means, x->d.r being parsed, by itself, and,
 * when `asked` is to be looked at, as a reply to that. */
void query_begin(struct query *q, struct question *x,
    const struct conf_service *service, const char *msisdn, struct answer *a,
    char *say);
void query_hear(struct query *q, struct question *x, const char *text);
enum verdict query_understand(struct query *q, struct question *x, int asked,
    struct answer *a, struct ticket *ticket);

/* The request that it is by now (ticket.request), with what is left out. */
uint64_t query_request(struct query *q, struct question *x);

/* Keeps what is pending now that the subscriber is told `verdict`. */
enum verdict query_keep_step(struct question *x, enum verdict verdict);

/* What is told (query_told.c): from memory, or looked up, or, while that cannot
 * be, held from today. Where it is from memory *from_memory is the text. */
enum verdict query_answer(struct query *q, struct question *x, uint64_t request,
    struct answer *a, const char **from_memory);

/* A vault's store with a snapshot begun, or null while it is away; and that of
 * a question. */
struct store *query_snapshot(struct query *q, struct vault *v);
struct store *query_store(struct query *q, struct question *x);

/* While the store is away: what the same request was answered today, with its
 * own "as of"; or null. The request says, by what the small state has of its
 * subject, that nobody locked, withdrew, corrected or deleted since. */
const char *query_held(
    struct query *q, const struct question *x, uint64_t request);

/* Did the number try too many digits while the store was away? Then nothing is
 * told from memory. */
int query_has_guessed(struct query *q, const struct question *x);

/* Was the same subscriber answered by the same service today? Then it is worth
 * asking for the digits, for there may be what was answered. */
void query_was_answered(struct query *q, const struct question *x);
int query_may_hold(struct query *q, const struct question *x);

/* The MSISDN that an IMSI's pseudonym had when it was last looked up: 0, or
 * -ENOENT when it had none or nobody knows any more. */
void query_keep_number(struct query *q, uint64_t imsi, const char *msisdn);
int query_kept_number(
    const struct query *q, uint64_t imsi, char msisdn[DIGITS_MAX + 1]);

/* A text said by that subscriber to that service (question.asks):
 * ticket.query. Of a longer one than TEXT_SAID octets what comes first
 * counts. */
#define TEXT_SAID 1024
uint64_t query_hash(const struct key *k, uint64_t asks, const char *text);

#endif
