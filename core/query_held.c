/* While the store is away: the answer of today, as it was.
 *
 * Nobody can tell then whether digits are right. Those of an answer are, for
 * the request has them; others are not counted as wrong, for they may well be
 * right. So that nobody finds out which are by trying all, a number may try as
 * many as there may be wrong codes. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "deletion.h"
#include "question.h"

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Answers from before are held no more. 0 or -errno. */
static int
oldest(const struct query *q, const struct question *x, int64_t *since)
{
	int64_t purged;
	int rc = deletion_get(x->vault->state, DELETION_ALL, &purged);

	*since = later(x->d.time.today, purged + 1);
	if (x->service->refuse_after != 0)
		*since = later(*since, q->now - x->service->refuse_after);
	return rc;
}

/* Under which the tries of a number are counted. */
static uint64_t
tries_of(const struct question *x)
{
	return key_hash(x->vault->key, &x->who, sizeof(x->who));
}

int
query_has_guessed(struct query *q, const struct question *x)
{
	return x->digits != 0 && !admit_code(q->admit, tries_of(x), 0, q->now);
}

const char *
query_held(struct query *q, const struct question *x, uint64_t request)
{
	const char *text;
	int64_t since;

	if (oldest(q, x, &since) < 0 || query_has_guessed(q, x))
		return NULL;
	text = admit_held(q->admit, x->request, since);
	if (text == NULL)
		text = admit_held(q->admit, request, since);
	if (text == NULL && x->digits != 0 && x->past != ADMIT_REFUSED)
		admit_wrong_code(q->admit, tries_of(x), 0, q->now);
	return text;
}

static uint64_t
answered_key(const struct question *x)
{
	const uint64_t in[] = {x->vault->id, x->asks, x->d.time.today};

	return key_hash(x->vault->key, in, sizeof(in));
}

void
query_was_answered(struct query *q, const struct question *x)
{
	memo_put(q->memo, answered_key(x), q->now);
}

int
query_may_hold(struct query *q, const struct question *x)
{
	int64_t since;

	return oldest(q, x, &since) == 0 &&
	    (int64_t)memo_get(q->memo, answered_key(x)) >= since;
}

void
query_keep_number(struct query *q, uint64_t imsi, const char *msisdn)
{
	memo_put(q->memo, imsi, strtoull(msisdn, NULL, 10));
}

int
query_kept_number(
    const struct query *q, uint64_t imsi, char msisdn[DIGITS_MAX + 1])
{
	uint64_t number = memo_get(q->memo, imsi);

	snprintf(msisdn, DIGITS_MAX + 1, "%" PRIu64, number);
	return number != 0 ? 0 : -ENOENT;
}
