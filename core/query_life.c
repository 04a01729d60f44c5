/* From one query to the next: what is remembered, and the snapshots that a
 * batch of them shares. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "log.h"
#include "notice.h"
#include "program.h"
#include "question.h"
#include "when.h"

#define NOTED 4          /* of so many numbers, one for when a store is away */
#define REOPEN_SECONDS 1 /* between tries at a store that is away */

int
query_new(struct query **qp, struct core *core)
{
	struct query *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return -ENOMEM;
	q->core = core;
	if (admit_new(&q->admit, &core->conf->limits) < 0 ||
	    memo_new(&q->memo, core->conf->limits.numbers / NOTED) < 0) {
		query_free(q);
		return -ENOMEM;
	}
	if (core->conf->workers > 1)
		admit_share(q->admit);
	admit_join(q->admit, 0, when_now());
	*qp = q;
	return 0;
}

void
query_free(struct query *q)
{
	if (q == NULL)
		return;
	admit_free(q->admit);
	memo_free(q->memo);
	history_free(&q->history);
	free(q);
}

void
query_reload(struct query *q, struct core *core)
{
	q->core = core;
	q->tomorrow = 0; /* the zone may be another */
	admit_limits(q->admit, &core->conf->limits);
}

void
query_join(struct query *q, struct core *core)
{
	query_reload(q, core);
	admit_join(q->admit, program_worker(), when_now());
}

void
query_left(struct query *q, unsigned worker)
{
	admit_left(q->admit, worker, when_now());
}

void
query_shed(struct query *q, enum shed level)
{
	q->shed = level;
}

int
query_sheds(const struct query *q, enum shed level)
{
	return q->shed >= level;
}

static void
tell_away(struct vault *v, int away)
{
	unsigned changes;

	if (v->away.is == away && v->away.said == away)
		return; /* at each query */
	changes = told_change(&v->away, away, when_ticks());
	if (changes > 0)
		log_notice(DSTORE, "%s: %s changes=%u", v->where,
		    away ? "away; answers are from memory, or refused for now"
			 : "back",
		    changes);
}

struct store *
query_snapshot(struct query *q, struct vault *v)
{
	struct timespec ts;
	int rc;

	if (v->store == NULL) {
		clock_gettime(CLOCK_MONOTONIC, &ts);
		if (v->tried != 0 && ts.tv_sec - v->tried < REOPEN_SECONDS)
			return NULL;
		rc = core_store(q->core, v, STORE_READ);
		clock_gettime(CLOCK_MONOTONIC, &ts); /* it may have waited */
		v->tried = ts.tv_sec;
		if (rc < 0) {
			tell_away(v, 1);
			return NULL;
		}
	}
	if (store_begin(v->store) == 0) {
		tell_away(v, 0);
		return v->store;
	}
	core_store_close(v);
	tell_away(v, 1);
	return NULL;
}

void
query_watch(const struct query *q)
{
	for (size_t i = 0; i < q->core->nvaults; i++)
		tell_away(q->core->vaults[i], q->core->vaults[i]->away.is);
}

struct store *
query_store(struct query *q, struct question *x)
{
	if (x->store == NULL)
		x->store = query_snapshot(q, x->vault);
	return x->store;
}

int
query_end(struct query *q)
{
	for (size_t i = 0; i < q->core->nvaults; i++) {
		struct vault *v = q->core->vaults[i];

		if (v->store != NULL)
			store_end(v->store);
		if (v->state != NULL)
			state_end(v->state);
	}
	return audit_flush(q->core->audit);
}

void
query_expire(struct query *q)
{
	for (size_t i = 0; i < q->core->nvaults; i++) {
		struct state *s = q->core->vaults[i]->state;

		if (s == NULL)
			continue;
		pending_expire(s, when_now());
		notice_expire(s, when_now());
		subject_expire(s, when_now());
		state_commit(s);
	}
	audit_tick(q->core->audit);
}

void
query_collect(const struct query *q, struct metrics *m)
{
	for (int v = 0; v < VERDICTS; v++)
		metrics_put(
		    m, METRIC_VERDICTS, q->verdicts[v], verdict_name(v), NULL);
}

void
query_collect_store(
    struct query *q, const struct conf_carrier *carrier, struct metrics *m)
{
	struct store *s = query_snapshot(q, core_vault(q->core, carrier));
	int64_t as_of;
	int rc = -EAGAIN;

	if (s != NULL) {
		rc = store_watermark(s, &as_of);
		store_end(s);
	}
	metrics_put(
	    m, METRIC_STORE_AWAY, rc < 0 && rc != -ENOENT, carrier->name, NULL);
	if (rc == 0)
		metrics_put(m, METRIC_AS_OF, as_of, carrier->name, NULL);
}
