/* Rebuilding an answer, and trying its subsets.
 *
 * Of the minute only its last second is rebuilt: an answer that was given
 * before that second had the same records or fewer. A correction made within
 * the minute may have been in force or not, so both are tried.
 *
 * Sets are tried by how many places they lack, over all the services at once:
 *
 *     cmcc-sms   {A B C}     {B C} {A C} {A B}     {C} {B} {A}     { }
 *     cmcc-ussd  {A B}       {B} {A}               { }
 *
 * until VERIFY_SETS are. Late records are mostly of late, and so the latest
 * places, which come first, are the first to be left out. */
#include <string.h>

#include "verify.h"
#include "code.h"

/* What a service showed if nothing was late. */
struct trial {
	const struct conf_service *service;
	size_t corrections; /* that were in force */
	struct code code;
	size_t n; /* places that may be left out: more are never tried */
	uint64_t shares[VERIFY_SETS];
};

struct search {
	uint64_t code;
	unsigned sets; /* tried */
	size_t n;
	struct trial trials[VERIFY_SETS];
	const struct trial *found;
	uint64_t left_out; /* bit i: its place i */
};

/* Whose answer, as of when. */
struct rebuild {
	struct history *history;
	const struct core *core;
	const struct conf_carrier *carrier;
	const struct vault *vault;
	const struct subscriber *who;
	uint64_t number;
	int64_t issued;
};

static int
gather(const struct rebuild *r, size_t corrections)
{
	r->history->ncorrections = corrections;
	return history_gather(
	    r->history, r->vault->store, r->who, r->core->conf->max_gap);
}

static int
add_trial(const struct rebuild *r, const struct conf_service *service,
    struct search *s)
{
	struct trial *t = &s->trials[s->n];
	const struct key *k = r->vault->key;
	struct answer a;
	int rc;

	if (s->n == VERIFY_SETS)
		return 0;
	rc = history_show(r->history, r->who, service, &a);
	if (rc < 0)
		return rc;
	t->service = service;
	t->corrections = r->history->ncorrections;
	t->n = a.nplaces < VERIFY_SETS ? a.nplaces : VERIFY_SETS;
	code_begin(&t->code, k, r->number,
	    key_hash(k, service->name, strlen(service->name)), r->issued);
	for (size_t i = 0; i < a.nplaces; i++) {
		uint64_t share =
		    code_add(&t->code, a.places[i].part, a.places[i].region);

		if (i < t->n)
			t->shares[i] = share;
	}
	s->n++;
	return 0;
}

/* All of the carrier's services, with the corrections of before the minute
 * and with each that was made in it. */
static int
add_trials(const struct rebuild *r, struct search *s)
{
	const struct conf *conf = r->core->conf;
	size_t all = r->history->ncorrections, n = all;
	int rc = 0;

	while (n > 0 && r->history->corrections[n - 1].made >= r->issued)
		n--;
	for (; n <= all && rc == 0; n++) {
		rc = gather(r, n);
		for (size_t i = 0; i < conf->nservices && rc == 0; i++)
			if (conf->services[i].carrier == r->carrier)
				rc = add_trial(r, &conf->services[i], s);
	}
	return rc;
}

/* All ways to leave `missing` more out, from place `from` on. 1 when one of
 * them gives the code. */
static int
leave_out(struct search *s, const struct trial *t, size_t from, size_t missing,
    uint64_t shares, uint64_t left_out)
{
	if (missing == 0) {
		s->sets++;
		s->found = t;
		s->left_out = left_out;
		return code_value(&t->code, shares) == s->code;
	}
	for (size_t i = from; i + missing <= t->n && s->sets < VERIFY_SETS; i++)
		if (leave_out(s, t, i + 1, missing - 1, shares + t->shares[i],
			left_out | 1ull << i))
			return 1;
	return 0;
}

/* 1 when it was found. */
static int
try_all(struct search *s)
{
	for (size_t missing = 0; missing <= VERIFY_SETS; missing++)
		for (size_t i = 0; i < s->n && s->sets < VERIFY_SETS; i++)
			if (leave_out(s, &s->trials[i], 0, missing, 0, 0))
				return 1;
	return 0;
}

/* The answer with the places that were told. */
static int
retell(const struct rebuild *r, const struct search *s, struct answer *a)
{
	int rc = gather(r, s->found->corrections);
	struct answer_place *to;
	size_t n = 0;

	if (rc == 0)
		rc = history_show(r->history, r->who, s->found->service, a);
	if (rc < 0)
		return rc;
	to = r->history->places;
	for (size_t i = 0; i < a->nplaces; i++)
		if (i >= VERIFY_SETS || !(s->left_out >> i & 1))
			to[n++] = to[i];
	a->nplaces = n;
	return 0;
}

static int
judge(const struct rebuild *r, const struct subject *subject, struct search *s,
    struct answer *a)
{
	size_t all = r->history->ncorrections;
	int rc = add_trials(r, s);

	if (rc < 0 || !try_all(s))
		return rc;
	a->verdict = VERDICT_CORRECTED;
	if (s->found->corrections < all || subject->corrected > r->history->now)
		return 0;
	a->verdict = VERDICT_GENUINE;
	return retell(r, s, a);
}

int
verify(struct history *h, const struct core *core,
    const struct conf_carrier *carrier, uint64_t number, const char *code,
    int64_t now, struct answer *a, unsigned *sets)
{
	const struct vault *v = core_vault(core, carrier);
	struct rebuild r = {h, core, carrier, v, NULL, number, 0};
	struct search s = {0};
	struct subject subject;
	int64_t last;
	int rc;

	*sets = 0;
	a->verdict = VERDICT_WRONG_CODE;
	if (code_parse(code, &s.code) < 0)
		return 0;
	r.issued = a->issued = code_time(s.code, now);
	last = r.issued + 59;
	rc = subject_get(v->state, number, &subject);
	if (rc < 0)
		return rc;
	if (subject.deleted_at >= r.issued)
		a->verdict = VERDICT_GONE;
	if (subject.deleted_at > last)
		return 0;
	rc = history_open(h, v->store, number, last, &r.who);
	if (rc == 0 && r.who != NULL)
		rc = history_amend(h, v->state, &subject);
	if (rc < 0 || r.who == NULL)
		return rc;
	rc = judge(&r, &subject, &s, a);
	*sets = s.sets;
	return rc;
}
