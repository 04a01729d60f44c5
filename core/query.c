/* The way of one query, top to bottom: read the text, see whether it is to be
 * worked on, find the person, ask whether they may be told, gather their
 * stays, judge them, put it in words. Each wrong turn is an early return with
 * a verdict.
 *
 *   parse ─▶ admit ─▶ dialogue ─▶ history ─▶ answer
 *
 * What the dialogue changes is put in the small state, and holds with the
 * front end's commit. */
#include <errno.h>
#include <string.h>

#include "deletion.h"
#include "question.h"
#include "when.h"

/* What is asked. */

static void
begin_time(struct query *q)
{
	q->now = when_now();
	if (q->now >= q->today && q->now < q->tomorrow)
		return;
	q->today = when_midnight(q->now, 0);
	q->tomorrow = when_midnight(q->now, 1);
}

static void
begin(struct query *q, struct question *x, const struct conf_service *service,
    const char *msisdn, struct answer *a, char *say)
{
	const struct core_service *s = core_service(q->core, service);
	int64_t since = admit_changed(q->admit);
	uint64_t who = key_msisdn(s->vault->key, msisdn);

	begin_time(q);
	*x = (struct question){
	    .service = service,
	    .vault = s->vault,
	    .msisdn = msisdn,
	    .who = who,
	    .name = s->name,
	    .asks = who ^ s->name,
	    .d.service = service,
	    .d.limits = &q->core->conf->limits,
	    .d.time = {q->now, q->today, q->tomorrow},
	    .d.channel =
		conf_service_is_dialled(service) ? CHANNEL_USSD : CHANNEL_SMS,
	    .d.wording = s->wording,
	    .d.copies_before = since <= q->now ? since : 0,
	};
	*a = (struct answer){.language = service->language};
	say[0] = '\0';
}

/* The small state with a snapshot begun. 0 or -errno. */
static int
begin_state(struct vault *v)
{
	int rc = core_state(v);

	if (rc == 0)
		state_begin(v->state);
	return rc;
}

/* The key of what is pending. */
static uint64_t
step_of(const struct question *x)
{
	return pending_key(x->vault->key, x->who, x->name);
}

/* What was asked, if anything. 0 or -errno. */
static int
read_pending(struct query *q, struct question *x)
{
	int rc = begin_state(x->vault);

	if (rc == 0)
		rc = pending_get(
		    x->vault->state, step_of(x), q->now, &x->d.pending);
	return rc == -ENOENT ? 0 : rc;
}

static int
read_subject(struct question *x, struct answer *a)
{
	int rc = begin_state(x->vault);

	if (rc == 0)
		rc = subject_get(x->vault->state, x->who, &x->d.subject);
	if (rc == 0 && x->d.subject.language != LANGUAGES)
		a->language = x->d.subject.language;
	return rc;
}

/* The store, or null while it is away. */
static struct store *
store_of(struct query *q, struct question *x)
{
	if (x->store == NULL)
		x->store = query_snapshot(q, x->vault);
	return x->store;
}

/* Has the service ended? While its store is away nobody can tell. */
static int
is_closed(struct query *q, struct question *x)
{
	struct store *s = store_of(q, x);

	return s != NULL && store_is_closed(s);
}

/* What is remembered of the subscriber, hashed; 0 where it is nothing, as
 * mostly. */
static uint64_t
marks_of(const struct subject *s, const struct key *k)
{
	const uint64_t in[] = {
	    s->language,
	    s->tries,
	    s->locked_until,
	    s->consent_at,
	    s->consent_version,
	    s->deleted_at,
	    s->corrected,
	};

	if (s->language == LANGUAGES && s->tries == 0 && s->locked_until == 0 &&
	    s->consent_at == 0 && s->consent_version == 0 &&
	    s->deleted_at == 0 && s->corrected == 0)
		return 0;
	return key_hash(k, in, sizeof(in));
}

/* Everything that makes two queries the same, for the tables of admit, and
 * what must not have changed since for one answer to serve both. The edition
 * stands for how the service is configured, where its store lies too.
 *
 * Subscriber, service, digits and marks are keyed hashes: nobody knows them, so
 * nobody can find two sets of them that come to the same, and by chance that is
 * as rare as with a hash of them all. The edition is one for all. What is plain
 * is one word that has each in a place of its own, so that two queries which
 * differ in that alone differ. */
static uint64_t
request_of(struct query *q, struct question *x)
{
	uint64_t plain = (uint64_t)x->d.time.today << 3 |
	    (uint64_t)is_closed(q, x) << 2 | x->d.r.language;
	uint64_t request = x->asks ^ x->digits ^
	    marks_of(&x->d.subject, x->vault->key) ^ q->core->edition ^ plain;

	_Static_assert(LANGUAGES < 4, "two bits");
	return request + (request == 0);
}

/* What is left out makes it another request, so that it comes back when the
 * step is undone. But whoever was told all, or is just being told, needs to be
 * told no less. */
static uint64_t
request_now(struct query *q, const struct question *x)
{
	static const enum shed steps[] = {SHED_LANGUAGE, SHED_MARKS};
	uint64_t request = x->request;

	for (size_t i = 0; i < 2 && query_sheds(q, steps[i]) &&
	     !admit_knows(q->admit, request, q->now);
	     i++) {
		const uint64_t in[] = {x->request, steps[i]};

		request = key_hash(x->vault->key, in, sizeof(in));
	}
	return request;
}

uint64_t
query_hash(const struct key *k, uint64_t asks, const char *text)
{
	size_t len = strnlen(text, TEXT_SAID);
	uint8_t in[sizeof(asks) + TEXT_SAID];

	memcpy(in, &asks, sizeof(asks));
	memcpy(in + sizeof(asks), text, len);
	return key_hash(k, in, sizeof(asks) + len);
}

/* What is said, whatever it means. */
static void
hear(struct query *q, struct question *x, const char *text)
{
	x->d.said = query_hash(x->vault->key, x->asks, text);
	admit_expect(q->admit, x->who, x->d.said);
	if (x->vault->store != NULL)
		store_expect(x->vault->store, x->who);
}

/* The query, and the request that it is, if any. */
static void
identify(struct query *q, struct question *x, struct ticket *ticket)
{
	const char *digits = dialogue_digits(&x->d);

	if (digits[0] != '\0')
		x->digits = key_identity(x->vault->key, x->who, digits);
	x->past = admit_past(q->admit, x->d.said, q->now);
	if (x->past == ADMIT_REFUSED)
		x->d.copies_before = INT64_MAX;
	*ticket = (struct ticket){.query = x->d.said};
}

/* What a text means: by itself, and, when `asked` is to be looked at, as a
 * reply to that. */
static enum verdict
understand(struct query *q, struct question *x, int asked, struct answer *a,
    struct ticket *ticket)
{
	int rc = asked ? read_pending(q, x) : 0;
	enum verdict v = dialogue_open(&x->d);

	identify(q, x, ticket);
	if (x->vault->store != NULL)
		store_approach(x->vault->store, x->who);
	if (rc == 0 && v != VERDICT_SILENCE)
		rc = read_subject(x, a);
	if (rc < 0)
		return VERDICT_SYSTEM_BUSY;
	if (v == VERDICT_OK && dialogue_may_repeat(&x->d)) {
		x->request = request_of(q, x);
		ticket->request = request_now(q, x);
	}
	return v;
}

int
query_is_covered(struct query *q, const struct conf_service *service,
    const char *msisdn, const char *text)
{
	char say[1];
	struct answer a;
	struct question x;
	struct ticket t;

	begin(q, &x, service, msisdn, &a, say);
	hear(q, &x, text);
	request_parse(text, service, &x.d.r);
	return understand(q, &x, dialogue_may_reply(&x.d.r), &a, &t) ==
	    VERDICT_OK &&
	    t.request != 0 && x.past == ADMIT_COVERED &&
	    admit_held(q->admit, t.request, 0) != NULL;
}

/* Is it to be worked on? */

/* Is this query one to be worked on? VERDICT_OK if so, VERDICT_SILENCE or
 * VERDICT_SEND_AGAIN if not; `from_memory` is the answer to a repeat. */
static enum verdict
admit_query(struct query *q, const struct question *x, struct ticket *t,
    const char **from_memory)
{
	enum admit_age age = ADMIT_TIMELY;
	enum admit_repeat is;

	*from_memory = NULL;
	if (x->past != ADMIT_NEVER)
		age = admit_age(q->admit, t->query, q->now);
	if (age == ADMIT_STALE)
		return VERDICT_SEND_AGAIN;
	if (age == ADMIT_STALE_SILENT)
		return VERDICT_SILENCE;
	if (t->request == 0)
		return VERDICT_OK;
	is = admit_request(q->admit, t->request, q->now, from_memory);
	t->is_elsewhere = is == ADMIT_ELSEWHERE;
	return is == ADMIT_ON_ITS_WAY || is == ADMIT_ELSEWHERE ? VERDICT_SILENCE
							       : VERDICT_OK;
}

/* Only what was found is the same again; a wrong try always counts. One that
 * changed the subject is another request from now on. */
static void
keep_request(
    struct query *q, struct question *x, enum verdict v, struct ticket *t)
{
	uint64_t was = t->request;
	const char *text;

	if (was == 0)
		return;
	if (v != VERDICT_OK && v != VERDICT_NO_STAYS) {
		t->request = 0;
	} else if (x->d.changed) {
		x->request = request_of(q, x);
		t->request = request_now(q, x);
		admit_request(q->admit, t->request, q->now, &text);
	} else {
		return;
	}
	if (v == VERDICT_SYSTEM_BUSY || v == VERDICT_BUSY)
		admit_answered(q->admit, was, q->now, NULL);
	else
		admit_forget(q->admit, was);
}

/* Who is it, and may they be told? */

static struct person
person(const struct query *q, const struct question *x,
    const struct subscriber *who)
{
	if (who == NULL)
		return (struct person){0};
	return (struct person){
	    .is_known = 1,
	    .is_right = x->digits != 0 && who->digits == x->digits,
	    .since = history_first(&q->history, who),
	};
}

/* What has changed of the subject. */
static int
keep_subject(struct query *q, struct question *x, const struct subscriber *who)
{
	const struct history *h = &q->history;

	if (x->d.erase)
		return deletion_make(x->vault->state, x->who, h->rows, h->nrows,
		    who->person, q->now);
	return subject_put(x->vault->state, x->who, &x->d.subject);
}

/* What changes is judged again with the row held, for another instance may
 * have changed it too. */
static enum verdict
judge(struct query *q, struct question *x, const struct subscriber *who)
{
	const struct person p = person(q, x, who);
	const struct dialogue before = x->d;
	enum verdict v = dialogue_judge(&x->d, &p);

	if (!x->d.changed)
		return v;
	x->d = before;
	if (subject_take(x->vault->state, x->who, &x->d.subject) < 0)
		return VERDICT_SYSTEM_BUSY;
	v = dialogue_judge(&x->d, &p);
	if (x->d.changed && keep_subject(q, x, who) < 0)
		return VERDICT_SYSTEM_BUSY;
	return v;
}

/* What is said with whatever is said. */
static void
put_circumstances(const struct query *q, const struct question *x,
    const struct subscriber *who, enum verdict v, struct answer *a)
{
	const struct subject *s = &x->d.subject;

	if (s->language == LANGUAGES && who != NULL &&
	    who->language != LANGUAGES)
		a->language = who->language;
	a->lo = when_midnight(q->now, -(int)x->service->window_days);
	a->minutes = v == VERDICT_LOCKED ? lock_minutes(s, q->now)
					 : x->service->reply_minutes;
	a->must_hold = x->d.changed || verdict_asks(v);
}

/* Not now, for there is too much to do. */
static enum verdict
put_off(const struct query *q, struct answer *a)
{
	a->minutes = q->core->conf->limits.busy_minutes;
	return VERDICT_BUSY;
}

/* A question within a dialogue goes on with it. */
static enum verdict
decide(struct query *q, struct question *x, const struct subscriber *who,
    struct answer *a)
{
	int is_new = x->d.pending.step == STEP_NONE;
	enum verdict v = judge(q, x, who);

	put_circumstances(q, x, who, v, a);
	if (is_new && verdict_asks(v) && query_sheds(q, SHED_PROMPTS))
		return put_off(q, a);
	return v;
}

/* The store is away. */
static enum verdict
away(struct question *x)
{
	x->is_away = 1;
	return VERDICT_SYSTEM_BUSY;
}

static enum verdict
show(struct query *q, struct question *x, struct store *s,
    const struct subscriber *who, struct answer *a)
{
	int rc;

	if (history_amend(&q->history, x->vault->state, &x->d.subject) < 0)
		return VERDICT_SYSTEM_BUSY;
	a->marks_left_out = query_sheds(q, SHED_MARKS);
	rc = history_judge(
	    &q->history, s, who, q->core->conf->max_gap, x->service, a);
	if (rc == -ESTALE)
		return VERDICT_SYSTEM_BUSY;
	if (rc < 0)
		return away(x);
	answer_sign(a, x->vault->key, x->who,
	    core_service(q->core, x->service)->name, q->now);
	if (x->service->identity == IDENTITY_PROMPT)
		query_was_answered(q, x);
	return a->nplaces > 0 ? VERDICT_OK : VERDICT_NO_STAYS;
}

static enum verdict
find(struct query *q, struct question *x, struct answer *a)
{
	const struct subscriber *who;
	struct store *s;
	enum verdict v;

	if (a->verdict != VERDICT_OK)
		return a->verdict; /* it is not about a person */
	if (x->d.r.verb == VERB_VERIFY && query_sheds(q, SHED_VERIFICATIONS))
		return put_off(q, a);
	s = store_of(q, x);
	if (s == NULL || history_open(&q->history, s, x->who, q->now, &who) < 0)
		return away(x);
	if (store_is_closed(s))
		return VERDICT_SERVICE_CLOSED;
	v = decide(q, x, who, a);
	if (v == VERDICT_GENUINE)
		return query_verify(q, x->service->carrier, x->msisdn,
		    x->d.r.number, x->d.r.code, a);
	return v == VERDICT_OK ? show(q, x, s, who, a) : v;
}

/* From memory, or looked up, or, while that cannot be, held from today. */
static enum verdict
answer(struct query *q, struct question *x, uint64_t request, struct answer *a,
    const char **from_memory)
{
	enum verdict v;

	if (*from_memory != NULL && !query_has_guessed(q, x))
		return a->verdict;
	*from_memory = NULL;
	v = find(q, x, a);
	if (x->is_away && !x->d.changed && request != 0)
		*from_memory = query_held(q, x, request);
	else if (x->is_away && dialogue_begins(&x->d) && query_may_hold(q, x))
		return decide(q, x, NULL, a);
	return *from_memory != NULL ? VERDICT_OK : v;
}

/* In words. */

/* In the audit before it is told, and counted: 0, or -errno when it may not
 * be. What is said in a dialogue is said at once; texts wait for query_end. */
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
	int rc = x->d.channel == CHANNEL_USSD
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

/* In words: the answer from memory, or what was found. */
static enum verdict
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
	if (note(q, x, a->verdict) == 0)
		return a->verdict;
	a->verdict = VERDICT_SYSTEM_BUSY;
	answer_text(a, q->core->messages, q->core->regions, x->service, say,
	    ANSWER_MAX);
	return a->verdict;
}

/* One query. */

/* Keeps what is pending now that the subscriber is told `verdict`. */
static enum verdict
keep_step(struct question *x, enum verdict verdict)
{
	if (!x->d.asked || verdict == VERDICT_SYSTEM_BUSY ||
	    verdict == VERDICT_BUSY || verdict == VERDICT_SILENCE)
		return verdict;
	return pending_put(x->vault->state, step_of(x), &x->d.pending) == 0
	    ? verdict
	    : VERDICT_SYSTEM_BUSY;
}

/* One more that he gets, unless he has had his share. */
static int
count_text(struct query *q, const struct question *x, struct ticket *ticket)
{
	if (!admit_text(q->admit, x->who, q->now))
		return 0;
	ticket->who = x->who;
	ticket->counted = q->now;
	return 1;
}

enum verdict
query_text(struct query *q, const struct conf_service *service,
    const char *msisdn, const char *text, struct answer *a, char *say,
    struct ticket *ticket)
{
	const char *from_memory;
	enum verdict admitted;
	struct question x;

	begin(q, &x, service, msisdn, a, say);
	hear(q, &x, text);
	ticket->who = 0;
	request_parse(text, service, &x.d.r);
	a->verdict = understand(q, &x, dialogue_may_reply(&x.d.r), a, ticket);
	admitted = admit_query(q, &x, ticket, &from_memory);
	if (admitted == VERDICT_SILENCE) {
		ticket->query = 0;
		a->verdict = VERDICT_SILENCE;
		if (note(q, &x, a->verdict) == 0)
			return a->verdict;
		ticket->request = 0; /* its answer is on its way still */
		return a->verdict = VERDICT_SYSTEM_BUSY;
	}
	if (admitted == VERDICT_SEND_AGAIN)
		a->verdict = VERDICT_SEND_AGAIN;
	a->verdict = answer(q, &x, ticket->request, a, &from_memory);
	if (a->verdict == VERDICT_BUSY)
		a->verdict = VERDICT_SYSTEM_BUSY; /* an SMSC can be refused */
	keep_request(q, &x, a->verdict, ticket);
	if (a->verdict != VERDICT_SYSTEM_BUSY &&
	    a->verdict != VERDICT_SILENCE && !count_text(q, &x, ticket)) {
		query_sent(q, ticket, NULL);
		a->verdict = VERDICT_SILENCE;
	}
	a->verdict = keep_step(&x, a->verdict);
	ticket->must_hold = a->must_hold || q->core->audit != NULL;
	return a->verdict = put_words(q, &x, a, from_memory, say);
}

/* A dialogue is answered at once, so its request is never on its way. */
static enum verdict
converse(struct query *q, struct question *x, const char *text, int asked,
    struct answer *a, char *say)
{
	const char *from_memory = NULL;
	struct ticket t;

	hear(q, x, text);
	a->verdict = understand(q, x, asked, a, &t);
	t.query = 0; /* the network does not send it again */
	if (t.request != 0)
		admit_request(q->admit, t.request, q->now, &from_memory);
	a->verdict = answer(q, x, t.request, a, &from_memory);
	keep_request(q, x, a->verdict, &t);
	a->verdict = keep_step(x, a->verdict);
	a->verdict = put_words(q, x, a, from_memory, say);
	query_sent(q, &t, say);
	return a->verdict;
}

enum verdict
query_dialled(struct query *q, const struct conf_service *service,
    const char *code, const char *msisdn, const char *dialled, uint32_t token,
    struct answer *a, char *say)
{
	struct question x;

	begin(q, &x, service, msisdn, a, say);
	request_parse_dialled(dialled, code, &x.d.r);
	x.d.pending.token = token;
	return converse(q, &x, dialled, 0, a, say);
}

int
query_is_pending(
    struct query *q, const struct conf_service *service, const char *msisdn)
{
	struct question x;
	struct answer a;
	char say[1];

	begin(q, &x, service, msisdn, &a, say);
	return read_pending(q, &x) == 0 && x.d.pending.step != STEP_NONE;
}

enum verdict
query_reply(struct query *q, const struct conf_service *service,
    const char *msisdn, const char *text, uint32_t *token, struct answer *a,
    char *say)
{
	struct question x;

	begin(q, &x, service, msisdn, a, say);
	request_parse(text, service, &x.d.r);
	converse(q, &x, text, 1, a, say);
	if (x.d.pending.step != STEP_NONE)
		*token = x.d.pending.token;
	return a->verdict;
}
