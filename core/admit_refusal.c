/* Queries that were refused for now. The SMSC sends such a one again, and may
 * do so for long: then it is stale, for who asked may not expect it any more.
 * What comes again after it was answered is a copy that our refusal made. */
#include "admit_inside.h"

#define STALE_FORGET 4      /* times stale_minutes */
#define COVERED_SECONDS 300 /* in which what comes again may be a copy */

/* Queries that were refused for now. */

static int
is_stale(const struct admit *a, const struct refusal *r, int64_t now)
{
	return admit_seconds(r->since, now) >
	    (int64_t)a->limits.stale_minutes * 60;
}

/* The SMSC has given up by then; what comes now was sent anew. */
static struct place
remembered(struct admit *a, uint64_t query, int64_t now)
{
	int64_t max = (int64_t)a->limits.stale_minutes * 60 * STALE_FORGET;
	struct place p = table_find(&a->refusals, query);

	if (p.data == NULL || admit_seconds(*p.used, now) <= max)
		return p;
	table_forget(&a->refusals, &p);
	return (struct place){0};
}

static enum admit_age
age_taken(struct admit *a, uint64_t query, int64_t now)
{
	struct place p = remembered(a, query, now);
	const struct refusal *r = p.data;
	int covered;

	if (r == NULL || !is_stale(a, r, now))
		return ADMIT_TIMELY;
	if (!r->answered)
		return ADMIT_STALE;
	covered = admit_seconds(*p.used, now) < COVERED_SECONDS;
	table_forget(&a->refusals, &p);
	return covered ? ADMIT_STALE_SILENT : ADMIT_TIMELY;
}

enum admit_age
admit_age(struct admit *a, uint64_t query, int64_t now)
{
	enum admit_age is;

	table_take(&a->refusals, query);
	is = age_taken(a, query, now);
	table_leave(&a->refusals, query);
	return is;
}

enum admit_past
admit_past(struct admit *a, uint64_t query, int64_t now)
{
	enum admit_past is = ADMIT_NEVER;
	const struct refusal *r;

	table_take(&a->refusals, query);
	r = remembered(a, query, now).data;
	if (r != NULL)
		is = r->answered ? ADMIT_COVERED : ADMIT_REFUSED;
	table_leave(&a->refusals, query);
	return is;
}

void
admit_refused_before(
    struct admit *a, uint64_t query, int64_t since, int64_t now)
{
	struct refusal *r;
	struct place p;

	table_take(&a->refusals, query);
	p = remembered(a, query, now);
	r = p.data;
	if (r == NULL || r->answered) {
		p = table_make(&a->refusals, query, now);
		r = p.data;
		r->since = since;
		r->answered = 0;
	}
	*p.used = now;
	table_leave(&a->refusals, query);
}

void
admit_refused(struct admit *a, uint64_t query, int64_t now)
{
	admit_refused_before(a, query, now, now);
}

static void
done(struct admit *a, const struct place *p, int64_t now)
{
	struct refusal *r = p->data;

	if (is_stale(a, r, now)) {
		table_forget(&a->refusals, p);
		return;
	}
	r->answered = 1;
	*p->used = now;
}

void
admit_query_done(struct admit *a, uint64_t query, int64_t now)
{
	struct place p;

	table_take(&a->refusals, query);
	p = remembered(a, query, now);
	if (p.data != NULL)
		done(a, &p, now);
	table_leave(&a->refusals, query);
}
