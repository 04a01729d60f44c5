/* What is told: find the person, ask whether they may be told, gather their
 * stays, judge them. Each wrong turn is an early return with a verdict.
 *
 * What the dialogue changes is put in the small state, and holds with the
 * front end's commit. */
#include <errno.h>

#include "deletion.h"
#include "question.h"
#include "when.h"

/* May they be told? */

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

static enum verdict
decide(struct query *q, struct question *x, const struct subscriber *who,
    struct answer *a)
{
	enum verdict v = judge(q, x, who);

	put_circumstances(q, x, who, v, a);
	return v;
}

/* Find them, and gather their stays. */

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
	if (x->d.r.verb == VERB_VERIFY && query_sheds(q, SHED_VERIFICATIONS)) {
		a->minutes = q->core->conf->limits.busy_minutes;
		return VERDICT_BUSY;
	}
	s = query_store(q, x);
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

enum verdict
query_answer(struct query *q, struct question *x, uint64_t request,
    struct answer *a, const char **from_memory)
{
	enum verdict v;

	if (*from_memory != NULL && !query_has_guessed(q, x))
		return x->is_keyword ? VERDICT_PROMPT : a->verdict;
	*from_memory = NULL;
	v = find(q, x, a);
	if (x->is_away && dialogue_begins(&x->d))
		return query_may_hold(q, x) ? decide(q, x, NULL, a) : v;
	if (x->is_away && !x->d.changed && request != 0)
		*from_memory = query_held(q, x, request);
	return *from_memory != NULL ? VERDICT_OK : v;
}
