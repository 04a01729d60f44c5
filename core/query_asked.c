/* What is asked: who says what to which service, what that means by itself or
 * as a reply to what we asked before, and which other queries are the same, so
 * that one answer serves them all. */
#include <errno.h>
#include <string.h>

#include "question.h"
#include "when.h"

/* Who asks. */

static void
begin_time(struct query *q)
{
	q->now = when_now();
	if (q->now >= q->today && q->now < q->tomorrow)
		return;
	q->today = when_midnight(q->now, 0);
	q->tomorrow = when_midnight(q->now, 1);
}

void
query_begin(struct query *q, struct question *x,
    const struct conf_service *service, const char *msisdn, struct answer *a,
    char *say)
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

/* What is remembered of them. */

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

enum verdict
query_keep_step(struct question *x, enum verdict verdict)
{
	if (!x->d.asked || verdict == VERDICT_SYSTEM_BUSY ||
	    verdict == VERDICT_BUSY || verdict == VERDICT_SILENCE)
		return verdict;
	return pending_put(x->vault->state, step_of(x), &x->d.pending) == 0
	    ? verdict
	    : VERDICT_SYSTEM_BUSY;
}

/* Which queries are the same. */

/* Has the service ended? While its store is away nobody can tell. */
static int
is_closed(struct query *q, struct question *x)
{
	struct store *s = query_store(q, x);

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
query_request(struct query *q, struct question *x)
{
	x->request = request_of(q, x);
	return request_now(q, x);
}

/* The keyword alone. The digits that it asks for are 0 here, as they are with a
 * Y, which is another request. Of a question nothing is left out. */
static uint64_t
keyword_request(struct query *q, struct question *x)
{
	uint64_t in[] = {0, STEP_IDENTITY};

	query_request(q, x);
	in[0] = x->request;
	return key_hash(x->vault->key, in, sizeof(in));
}

/* What they say, and what it means. */

uint64_t
query_hash(const struct key *k, uint64_t asks, const char *text)
{
	size_t len = strnlen(text, TEXT_SAID);
	uint8_t in[sizeof(asks) + TEXT_SAID];

	memcpy(in, &asks, sizeof(asks));
	memcpy(in + sizeof(asks), text, len);
	return key_hash(k, in, sizeof(asks) + len);
}

void
query_hear(struct query *q, struct question *x, const char *text)
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

enum verdict
query_understand(struct query *q, struct question *x, int asked,
    struct answer *a, struct ticket *ticket)
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
	if (v != VERDICT_OK)
		return v;
	/* who dialled looks at a screen, and is always asked */
	if (dialogue_may_repeat(&x->d)) {
		ticket->request = query_request(q, x);
	} else if (x->d.channel == CHANNEL_SMS && dialogue_begins(&x->d)) {
		x->is_keyword = 1;
		ticket->request = keyword_request(q, x);
	}
	return v;
}

int
query_is_pending(
    struct query *q, const struct conf_service *service, const char *msisdn)
{
	struct question x;
	struct answer a;
	char say[1];

	query_begin(q, &x, service, msisdn, &a, say);
	return read_pending(q, &x) == 0 && x.d.pending.step != STEP_NONE;
}
