/* Who may have a code checked, and how often; verify.c checks it. */
#include <string.h>

#include "question.h"
#include "verify.h"
#include "when.h"

#define CODE_LOCK_MINUTES 60 /* in which wrong codes are counted */

enum verdict
query_verify(struct query *q, const struct conf_carrier *carrier,
    const char *asker, const char *number, const char *code, struct answer *a)
{
	struct vault *v = core_vault(q->core, carrier);
	uint64_t by = asker != NULL ? key_msisdn(v->key, asker) : 0, about = 0;
	char msisdn[DIGITS_MAX + 1];
	unsigned sets;

	if (msisdn_parse(number, strlen(number), q->core->conf->country_code,
		msisdn) == 0)
		about = key_msisdn(v->key, msisdn);
	q->now = when_now();
	a->minutes = CODE_LOCK_MINUTES;
	if (by != 0 && !admit_code(q->admit, by, about, q->now))
		return a->verdict = VERDICT_LOCKED;
	a->verdict = VERDICT_WRONG_CODE;
	if (query_snapshot(q, v) == NULL || core_state(v) < 0)
		a->verdict = VERDICT_SYSTEM_BUSY;
	else if (store_is_closed(v->store))
		a->verdict = VERDICT_SERVICE_CLOSED;
	else if (about != 0 &&
	    verify(&q->history, q->core, carrier, about, code, q->now, a,
		&sets) < 0)
		a->verdict = VERDICT_SYSTEM_BUSY;
	/* any code at all is told that what it is about was deleted */
	if (by != 0 &&
	    (a->verdict == VERDICT_WRONG_CODE || a->verdict == VERDICT_GONE))
		admit_wrong_code(q->admit, by, about, q->now);
	return a->verdict;
}
