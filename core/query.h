/* The way of one query, from a user's text to the answer's text. */
#ifndef QUERY_H
#define QUERY_H

#include "answer.h"
#include "core.h"
#include "metrics.h"
#include "shed.h"

/* A query's working memory, reused from one to the next. */
struct query;
int query_new(struct query **qp, struct core *core);
void query_free(struct query *q);

/* Another core from now on, its limits too. What is remembered of subscribers
 * stays, but for answers that might be others now. */
void query_reload(struct query *q, struct core *core);

/* A query may be made before a gateway forks its workers, which then share
 * what is remembered of subscribers. query_join: in a worker, before anything
 * else, with the core that it has; query_left: in its master, when it is no
 * more. */
void query_join(struct query *q, struct core *core);
void query_left(struct query *q, unsigned worker);

/* What is left undone from now on, but for SHED_PROMPTS: what begins a dialogue
 * is the front end's to put off, before it comes here. query_sheds: is that? */
void query_shed(struct query *q, enum shed level);
int query_sheds(const struct query *q, enum shed level);

/* Queries share one snapshot of the store, and one of the small state until it
 * is written to, begun by the first, until this is called: after each batch.
 * While a store is away whoever was answered today gets that answer again, with
 * its "as of"; anybody else VERDICT_SYSTEM_BUSY. 0, or -errno where the audit
 * of the texts since could not be written: no answer to them may leave. */
int query_end(struct query *q);

/* Forgets what nobody replied to in time, and begins the day's audit; for now
 * and then. It is a batch of its own: not to be called between what is written
 * and its state_commit. */
void query_expire(struct query *q);

/* Tells what a query saw of a store that could not be told at once, for not to
 * tell too much: once a second or more often. */
void query_watch(const struct query *q);

/* What a front end keeps of a query until its answer has left. */
struct ticket {
	int must_hold;  /* nothing is said before query_end and state_commit */
	uint64_t query; /* subscriber, code and text, hashed; 0 for none */
	uint64_t request; /* what was asked, hashed; 0: not to be repeated */
	uint64_t who;     /* whose text was counted; 0: none was */
	int64_t counted;  /* and when */
	int is_elsewhere; /* on its way from another worker (query_text) */
};

/* What is known of a text before it is asked. */
struct before {
	int64_t refused; /* when first, without a look at it; 0: it was not */
	int is_copy;     /* it was, and answered since: this may be a copy of
			  * it that our refusal made */
};

/* A service is of the core of the last query_reload, here and below.
 *
 * Every query below is a line of the audit: a text's is written by query_end,
 * any other's before it comes back, and where that cannot be the verdict is
 * VERDICT_SYSTEM_BUSY.
 *
 * Answers a text that a subscriber sent to a service. `msisdn` is E.164
 * digits (msisdn_parse), text is UTF-8, `before` null where nothing is known.
 * The answer's arrays last until the next call; `say`, of ANSWER_MAX octets,
 * gets the text. A copy is silent while its answer would be the same now, and
 * one of a keyword once what that asked was replied to. With VERDICT_SILENCE
 * ticket->request is that of the answer which is on its way, if there is one;
 * one that is_elsewhere may still be lost with its worker, so the text is to be
 * refused for now, without a word. */
enum verdict query_text(struct query *q, const struct conf_service *service,
    const char *msisdn, const char *text, const struct before *before,
    struct answer *a, char *say, struct ticket *ticket);

/* The same for a USSD dialogue, which is answered at once: what was dialled to
 * the service's code, and a reply to what it was then asked, whoever asked,
 * this process or another. `say` has TEXT_BREAK where a page may end. `token`
 * is the front end's: kept with what is pending, and given back with the
 * reply to it. query_is_pending: 1 when a reply is awaited. */
enum verdict query_dialled(struct query *q, const struct conf_service *service,
    const char *code, const char *msisdn, const char *dialled, uint32_t token,
    struct answer *a, char *say);
int query_is_pending(
    struct query *q, const struct conf_service *service, const char *msisdn);
enum verdict query_reply(struct query *q, const struct conf_service *service,
    const char *msisdn, const char *text, uint32_t *token, struct answer *a,
    char *say);

/* What became of the answer: it was sent; or, with null, it was lost and the
 * next copy of the query is a new one. */
void query_sent(struct query *q, const struct ticket *t, const char *say);
/* The query was refused for now: it will come again, and may be stale then. */
void query_refused(struct query *q, const struct ticket *t);

/* The MSISDN that an IMSI has now, for what comes with an IMSI only; one more
 * look-up in the snapshot. While the store is away, the one that it had when
 * it was last looked up. 0; -ENOENT when it is not provisioned; another -errno
 * when nobody can tell. */
int query_msisdn(struct query *q, const struct conf_carrier *carrier,
    const char *imsi, char msisdn[DIGITS_MAX + 1]);

/* Leaves a notice that the number was looked up (notice.h), if its carrier
 * wants it told; state_commit or core_close make it hold. 0 or -errno. */
int query_notify(
    struct query *q, const struct conf_service *service, const char *msisdn);

/* Is a text one that this service understands by itself? Then `a` has the
 * language that it asks for. Nothing is looked up. */
int query_is_plain(
    const struct conf_service *service, const char *text, struct answer *a);
/* Does what was dialled ask where its subscriber was, so that a question and a
 * reply come before the answer? Nothing is looked up. */
int query_asks(
    const struct conf_service *service, const char *code, const char *dialled);

/* Tells how many queries had which verdict, and for a carrier of the core's up
 * to when its store is complete, or that it is away; not between a query and
 * query_end. */
void query_collect(const struct query *q, struct metrics *m);
void query_collect_store(
    struct query *q, const struct conf_carrier *carrier, struct metrics *m);

/* A busy text to go with that refusal, where query_text said
 * VERDICT_SYSTEM_BUSY: VERDICT_BUSY with the text in `say`, which is counted as
 * gone, or VERDICT_SILENCE when the number has had its share. It is in the
 * language of `a`. Ask only when it can go at once. */
enum verdict query_busy(struct query *q, const struct conf_service *service,
    const char *msisdn, struct answer *a, char *say);

/* Counts a text that goes out of a dialogue: 0 when the number has had its
 * texts_per_hour, and then it must not go. */
int query_may_text(
    struct query *q, const struct conf_carrier *carrier, const char *msisdn);

/* Checks a code that `asker`, or with null an operator, was shown as that of
 * an answer to `number`, as both were typed: the verdicts of verify.h, or
 * VERDICT_LOCKED after too many wrong ones (an operator's do not count), or
 * VERDICT_SYSTEM_BUSY. Changes nothing of `a` but what belongs to that. */
enum verdict query_verify(struct query *q, const struct conf_carrier *carrier,
    const char *asker, const char *number, const char *code, struct answer *a);

/* The places of a number as the service would show them to its user, whoever
 * asks: for the operator's tool. -ENOENT when it is not provisioned. */
int query_lookup(struct query *q, const struct conf_service *service,
    const char *msisdn, struct answer *a);

#endif
