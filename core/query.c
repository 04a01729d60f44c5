/* The way of one query, top to bottom: read the text, see whether it is to be
 * worked on, find the person, ask whether they may be told, gather their
 * stays, judge them, put it in words. Each wrong turn is an early return with
 * a verdict.
 *
 *   parse ─▶ admit ─▶ dialogue ─▶ history ─▶ answer
 *
 * What is asked, on the left, is query_asked.c; what is told, from the dialogue
 * on, query_told.c. */
#include <string.h>

#include "question.h"

/* Is it to be worked on? */

/* Was it refused and answered since, and would it be answered the same now? A
 * question that was replied to since is not asked again. */
static int
is_covered(struct query *q, const struct question *x, const struct ticket *t)
{
	if (x->past != ADMIT_COVERED || t->request == 0)
		return 0;
	if (x->is_keyword && x->d.pending.step != STEP_IDENTITY)
		return dialogue_was_answered(&x->d);
	return admit_held(q->admit, t->request, 0) != NULL;
}

/* A question is only the same again while it is open. Then what is pending
 * says so, whoever put it there; what is on its way from another worker may
 * not be pending yet. */
static enum admit_repeat
take_request(struct query *q, const struct question *x, struct ticket *t,
    const char **from_memory)
{
	if (x->is_keyword && !dialogue_is_asked(&x->d))
		admit_forget(q->admit, t->request);
	return admit_request(q->admit, t->request, q->now, from_memory);
}

/* Is this query one to be worked on? VERDICT_OK if so, VERDICT_SILENCE or
 * VERDICT_SEND_AGAIN if not; `from_memory` is the answer to a repeat. */
static enum verdict
admit_query(struct query *q, const struct question *x, int is_copy,
    struct ticket *t, const char **from_memory)
{
	enum admit_age age = ADMIT_TIMELY;
	enum admit_repeat is;

	*from_memory = NULL;
	if (is_copy && is_covered(q, x, t))
		return VERDICT_SILENCE;
	if (x->past != ADMIT_NEVER)
		age = admit_age(q->admit, t->query, q->now);
	if (age == ADMIT_STALE)
		return VERDICT_SEND_AGAIN;
	if (age == ADMIT_STALE_SILENT)
		return VERDICT_SILENCE;
	if (t->request == 0)
		return VERDICT_OK;
	is = take_request(q, x, t, from_memory);
	t->is_elsewhere = is == ADMIT_ELSEWHERE;
	return is == ADMIT_ON_ITS_WAY || is == ADMIT_ELSEWHERE ? VERDICT_SILENCE
							       : VERDICT_OK;
}

static int
may_repeat(const struct question *x, enum verdict v)
{
	return v == VERDICT_OK || v == VERDICT_NO_STAYS ||
	    (v == VERDICT_PROMPT && x->is_keyword);
}

/* Only what was found, or asked, is the same again; a wrong try always counts.
 * One that changed the subject is another request from now on. */
static void
keep_request(
    struct query *q, struct question *x, enum verdict v, struct ticket *t)
{
	uint64_t was = t->request;
	const char *text;

	if (was == 0)
		return;
	if (!may_repeat(x, v)) {
		t->request = 0;
	} else if (x->d.changed) {
		t->request = query_request(q, x);
		admit_request(q->admit, t->request, q->now, &text);
	} else {
		return;
	}
	if (v == VERDICT_SYSTEM_BUSY || v == VERDICT_BUSY)
		admit_answered(q->admit, was, q->now, NULL);
	else
		admit_forget(q->admit, was);
}

/* In words. */

/* In the audit before it is told, and counted: 0, or -errno when it may not
 * be. What is said in a dialogue is said at once, and so is nothing; texts wait
 * for query_end. */
static int
note(struct query *q, const struct question *x, enum verdict verdict)
{
	const struct audit_act act = {
	    .act = "query",
	    .channel = conf_service_is_dialled(x->service) ? "ussd" : "sms",
	    .service = x->service->name,
	    .verdict = verdict_name(verdict),
	    .who = x->who,
	    .count = -1,
	    .by = "",
	    .reason = "",
	};
	int rc = x->d.channel == CHANNEL_USSD || verdict == VERDICT_SILENCE
	    ? audit_write(q->core->audit, &act)
	    : audit_hold(q->core->audit, &act);

	q->verdicts[rc == 0 ? verdict : VERDICT_SYSTEM_BUSY]++;
	return rc;
}

/* Only in answers: who agrees is to have read to what, and of one's language
 * one is told in that. */
static int
is_shed_in(enum verdict v)
{
	return v == VERDICT_OK || v == VERDICT_NO_STAYS || v == VERDICT_GENUINE;
}

static inline void
put_words(struct query *q, const struct question *x, struct answer *a,
    const char *from_memory, char *say)
{
	if (x->d.r.language != LANGUAGES)
		a->language = x->d.r.language;
	if (from_memory == NULL && query_sheds(q, SHED_LANGUAGE) &&
	    is_shed_in(a->verdict))
		a->language = x->service->language;
	if (from_memory != NULL)
		strcpy(say, from_memory);
	else if (answer_text(a, q->core->messages, q->core->regions, x->service,
		     say, ANSWER_MAX) < 0)
		a->verdict = VERDICT_SYSTEM_BUSY;
}

/* In words: the answer from memory, or what was found. */
static enum verdict
tell(struct query *q, const struct question *x, struct answer *a,
    const char *from_memory, char *say)
{
	put_words(q, x, a, from_memory, say);
	if (note(q, x, a->verdict) == 0)
		return a->verdict;
	a->verdict = VERDICT_SYSTEM_BUSY;
	answer_text(a, q->core->messages, q->core->regions, x->service, say,
	    ANSWER_MAX);
	return a->verdict;
}

/* One query. */

/* No answer, which leaves one that is on its way, or remembered, as it is. */
static enum verdict
say_nothing(struct query *q, const struct question *x, struct answer *a,
    struct ticket *ticket)
{
	a->verdict = VERDICT_SILENCE;
	if (note(q, x, a->verdict) == 0)
		return a->verdict;
	ticket->request = 0;
	return a->verdict = VERDICT_SYSTEM_BUSY;
}

static int
is_text(enum verdict v)
{
	return v != VERDICT_SYSTEM_BUSY && v != VERDICT_SILENCE;
}

/* One more for its sender, unless they have had their share. */
static int
count_text(struct query *q, const struct question *x, struct ticket *ticket)
{
	if (!admit_text(q->admit, x->who, q->now))
		return 0;
	ticket->who = x->who;
	ticket->counted = q->now;
	return 1;
}

static void
count_back(struct query *q, struct ticket *ticket)
{
	if (ticket->who != 0)
		admit_text_back(q->admit, ticket->who, ticket->counted);
	ticket->who = 0;
}

/* What was looked up and may not be told answers the next, which then is no
 * look-up more. */
static enum verdict
keep_untold(struct query *q, const struct question *x, struct answer *a,
    const char *from_memory, struct ticket *ticket, char *say)
{
	if (ticket->request != 0) {
		put_words(q, x, a, from_memory, say);
		admit_answered(q->admit, ticket->request, q->now,
		    is_text(a->verdict) ? say : NULL);
		say[0] = '\0';
	}
	return say_nothing(q, x, a, ticket);
}

/* What is said to it, looked up where it must be. */
static enum verdict
give(struct query *q, struct question *x, struct answer *a,
    const char *from_memory, struct ticket *ticket, char *say)
{
	int is_full = is_text(a->verdict) && !count_text(q, x, ticket);

	/* they hear nothing, and nothing else comes of it */
	if (is_full && dialogue_only_tells(&x->d)) {
		if (from_memory == NULL)
			query_sent(q, ticket, NULL);
		return say_nothing(q, x, a, ticket);
	}
	a->verdict = query_answer(q, x, ticket->request, a, &from_memory);
	if (a->verdict == VERDICT_BUSY)
		a->verdict = VERDICT_SYSTEM_BUSY; /* an SMSC can be refused */
	keep_request(q, x, a->verdict, ticket);
	if (is_full && is_text(a->verdict))
		return keep_untold(q, x, a, from_memory, ticket, say);
	a->verdict = query_keep_step(x, a->verdict);
	if (!is_text(a->verdict))
		count_back(q, ticket);
	ticket->must_hold = a->must_hold || q->core->audit != NULL;
	return a->verdict = tell(q, x, a, from_memory, say);
}

enum verdict
query_text(struct query *q, const struct conf_service *service,
    const char *msisdn, const char *text, const struct before *before,
    struct answer *a, char *say, struct ticket *ticket)
{
	const char *from_memory;
	enum verdict admitted;
	struct question x;
	int asked;

	query_begin(q, &x, service, msisdn, a, say);
	query_hear(q, &x, text);
	if (before != NULL && before->refused != 0)
		admit_refused_before(
		    q->admit, x.d.said, before->refused, q->now);
	request_parse(text, service, &x.d.r);
	asked = dialogue_may_reply(&x.d.r) || dialogue_begins(&x.d);
	a->verdict = query_understand(q, &x, asked, a, ticket);
	admitted = admit_query(
	    q, &x, before != NULL && before->is_copy, ticket, &from_memory);
	if (admitted == VERDICT_SILENCE) {
		ticket->query = 0;
		return say_nothing(q, &x, a, ticket);
	}
	if (admitted == VERDICT_SEND_AGAIN) {
		a->verdict = VERDICT_SEND_AGAIN;
		ticket->request = 0; /* what is known of that stays */
	}
	return give(q, &x, a, from_memory, ticket, say);
}

/* A dialogue is answered at once, so its request is never on its way. */
static enum verdict
converse(struct query *q, struct question *x, const char *text, int asked,
    struct answer *a, char *say)
{
	const char *from_memory = NULL;
	struct ticket t;

	query_hear(q, x, text);
	a->verdict = query_understand(q, x, asked, a, &t);
	t.query = 0; /* the network does not send it again */
	if (t.request != 0)
		admit_request(q->admit, t.request, q->now, &from_memory);
	a->verdict = query_answer(q, x, t.request, a, &from_memory);
	keep_request(q, x, a->verdict, &t);
	a->verdict = query_keep_step(x, a->verdict);
	a->verdict = tell(q, x, a, from_memory, say);
	query_sent(q, &t, say);
	return a->verdict;
}

enum verdict
query_dialled(struct query *q, const struct conf_service *service,
    const char *code, const char *msisdn, const char *dialled, uint32_t token,
    struct answer *a, char *say)
{
	struct question x;

	query_begin(q, &x, service, msisdn, a, say);
	request_parse_dialled(dialled, code, &x.d.r);
	x.d.pending.token = token;
	return converse(q, &x, dialled, 0, a, say);
}

enum verdict
query_reply(struct query *q, const struct conf_service *service,
    const char *msisdn, const char *text, uint32_t *token, struct answer *a,
    char *say)
{
	struct question x;

	query_begin(q, &x, service, msisdn, a, say);
	request_parse(text, service, &x.d.r);
	converse(q, &x, text, 1, a, say);
	if (x.d.pending.step != STEP_NONE)
		*token = x.d.pending.token;
	return a->verdict;
}
