/* What became of a query and its answer, as admission is to remember it. */
#include "question.h"
#include "when.h"

void
query_sent(struct query *q, const struct ticket *t, const char *say)
{
	int64_t now = when_now();

	if (t->request != 0)
		admit_answered(q->admit, t->request, now, say);
	if (t->query != 0 && say != NULL)
		admit_query_done(q->admit, t->query, now);
}

void
query_refused(struct query *q, const struct ticket *t)
{
	query_sent(q, t, NULL);
	if (t->who != 0)
		admit_text_back(q->admit, t->who, t->counted);
	if (t->query != 0)
		admit_refused(q->admit, t->query, when_now());
}

int
query_may_text(
    struct query *q, const struct conf_carrier *carrier, const char *msisdn)
{
	const struct key *k = core_vault(q->core, carrier)->key;

	return admit_text(q->admit, key_msisdn(k, msisdn), when_now());
}

int
query_is_plain(
    const struct conf_service *service, const char *text, struct answer *a)
{
	struct request r;

	request_parse(text, service, &r);
	*a = (struct answer){.language = service->language};
	if (r.language != LANGUAGES)
		a->language = r.language;
	return r.verb != VERB_UNKNOWN && r.verb != VERB_NEAR;
}

int
query_asks(
    const struct conf_service *service, const char *code, const char *dialled)
{
	struct dialogue d = {.service = service, .channel = CHANNEL_USSD};

	request_parse_dialled(dialled, code, &d.r);
	return dialogue_begins(&d);
}

enum verdict
query_busy(struct query *q, const struct conf_service *service,
    const char *msisdn, struct answer *a, char *say)
{
	const struct key *k = core_service(q->core, service)->vault->key;
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
