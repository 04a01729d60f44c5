/* A number that is looked up, but not by who has it: what an operator sees, and
 * the notice of that; and whose number it is. */
#include <errno.h>
#include <string.h>

#include "notice.h"
#include "question.h"
#include "when.h"

/* 0; -ENOENT when it is not provisioned; or another -errno. */
static int
find_msisdn(struct query *q, struct vault *v, const char *imsi, uint64_t key,
    char msisdn[DIGITS_MAX + 1])
{
	struct store *s = query_snapshot(q, v);
	uint8_t sealed[KEY_SEALED];
	char owner[DIGITS_MAX + 1];
	int rc;

	if (s == NULL)
		return -EIO;
	rc = store_sealed_at(s, key, when_now(), sealed);
	if (rc < 0)
		return rc;
	/* two numbers may share a key before a collision is seen */
	if (key_unseal(v->key, sealed, owner, msisdn) < 0 ||
	    strcmp(owner, imsi) != 0)
		return -ENOENT;
	return 0;
}

int
query_msisdn(struct query *q, const struct conf_carrier *carrier,
    const char *imsi, char msisdn[DIGITS_MAX + 1])
{
	struct vault *v = core_vault(q->core, carrier);
	uint64_t key = key_imsi(v->key, imsi);
	int rc = find_msisdn(q, v, imsi, key, msisdn);

	if (rc == 0 || rc == -ENOENT)
		query_keep_number(q, key, rc == 0 ? msisdn : "0");
	else if (query_kept_number(q, key, msisdn) == 0)
		rc = 0;
	return rc;
}

/* Minds what the small state says of the number whose history is open. */
static int
amend(struct query *q, struct vault *v, uint64_t msisdn)
{
	struct subject subject;
	int rc = core_state(v);

	if (rc == 0)
		rc = subject_get(v->state, msisdn, &subject);
	return rc < 0 ? rc : history_amend(&q->history, v->state, &subject);
}

int
query_lookup(struct query *q, const struct conf_service *service,
    const char *msisdn, struct answer *a)
{
	struct vault *v = core_vault(q->core, service->carrier);
	struct store *s = query_snapshot(q, v);
	const struct subscriber *who;
	int rc;

	q->now = when_now();
	*a = (struct answer){.language = service->language};
	if (s == NULL)
		return -EIO;
	rc = history_open(
	    &q->history, s, key_msisdn(v->key, msisdn), q->now, &who);
	if (rc == 0 && who == NULL)
		rc = -ENOENT;
	if (rc == 0)
		rc = amend(q, v, who->msisdn);
	if (rc < 0)
		return rc;
	return history_judge(
	    &q->history, s, who, q->core->conf->max_gap, service, a);
}

int
query_notify(
    struct query *q, const struct conf_service *service, const char *msisdn)
{
	struct vault *v = core_vault(q->core, service->carrier);
	struct notice n = {.looked_at = when_now()};
	char number[DIGITS_MAX + 1];
	const struct subscriber *who;
	struct store *s;
	int rc;

	if (service->carrier->notify == NOTIFY_NO)
		return 0;
	s = query_snapshot(q, v);
	if (s == NULL)
		return -EIO;
	rc = history_open(
	    &q->history, s, key_msisdn(v->key, msisdn), n.looked_at, &who);
	if (rc < 0 || who == NULL)
		return rc;
	n.language =
	    who->language != LANGUAGES ? who->language : service->language;
	rc = key_unseal(v->key, who->sealed, n.imsi, number);
	if (rc == 0)
		rc = core_state(v);
	if (rc == 0)
		rc = notice_put(v->state, v->key, service->carrier->name, &n);
	return rc;
}
