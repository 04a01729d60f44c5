/* Where each job is.
 *
 *   lane of none     free ─▶ ready ─┐            all: what is not free
 *   lane of a link   free ─▶ ready ─┼─▶ waiting  owed, storing: those whose
 *   lane of a link   free ─▶ ready ─┘   paused   deliver_sm is unanswered
 *                                       claimed  unsaved: the outbox is behind
 *
 * A lane owns its jobs' memory, so that a link comes and goes with what is
 * its own, and no job ever moves: what is in flight points to it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "job.h"

/* Jobs made at once. */
struct block {
	SLIST_ENTRY(block) entry;
	struct job jobs[];
};

/* Lanes. */

int
jobs_init(struct jobs *js, unsigned claims)
{
	TAILQ_INIT(&js->lanes);
	TAILQ_INIT(&js->removed);
	TAILQ_INIT(&js->all);
	TAILQ_INIT(&js->waiting);
	TAILQ_INIT(&js->paused);
	TAILQ_INIT(&js->claimed);
	TAILQ_INIT(&js->unsaved);
	TAILQ_INIT(&js->held);
	TAILQ_INIT(&js->owed);
	TAILQ_INIT(&js->storing);
	for (size_t i = 0; i < JOB_REQUESTS; i++)
		LIST_INIT(&js->asked[i]);
	return lane_add(js, NULL, claims);
}

static void
free_lane(struct lanes *lanes, struct lane *lane)
{
	struct block *b;

	TAILQ_REMOVE(lanes, lane, entry);
	while ((b = SLIST_FIRST(&lane->blocks)) != NULL) {
		SLIST_REMOVE_HEAD(&lane->blocks, entry);
		free(b);
	}
	free(lane);
}

void
jobs_free(struct jobs *js)
{
	struct lane *lane;

	while ((lane = TAILQ_FIRST(&js->lanes)) != NULL)
		free_lane(&js->lanes, lane);
	while ((lane = TAILQ_FIRST(&js->removed)) != NULL)
		free_lane(&js->removed, lane);
}

int
lane_reserve(struct lane *lane, unsigned quota)
{
	unsigned n = quota > lane->made ? quota - lane->made : 0;
	struct block *b;

	if (n == 0)
		return 0;
	b = calloc(1, sizeof(*b) + n * sizeof(b->jobs[0]));
	if (b == NULL)
		return -ENOMEM;
	SLIST_INSERT_HEAD(&lane->blocks, b, entry);
	for (unsigned i = 0; i < n; i++) {
		b->jobs[i].home = lane;
		TAILQ_INSERT_TAIL(&lane->free, &b->jobs[i], entry);
	}
	lane->made += n;
	return 0;
}

int
lane_add(struct jobs *js, struct link *l, unsigned quota)
{
	struct lane *lane = calloc(1, sizeof(*lane));

	if (lane == NULL)
		return -ENOMEM;
	lane->link = l;
	lane->quota = quota;
	TAILQ_INIT(&lane->begun);
	TAILQ_INIT(&lane->ready);
	TAILQ_INIT(&lane->free);
	SLIST_INIT(&lane->blocks);
	TAILQ_INSERT_TAIL(&js->lanes, lane, entry);
	if (lane_reserve(lane, quota) == 0)
		return 0;
	free_lane(&js->lanes, lane);
	return -ENOMEM;
}

void
lane_remove(struct jobs *js, struct lane *lane)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&lane->begun)) != NULL)
		job_keep_to(js, j, NULL);
	while ((j = TAILQ_FIRST(&lane->ready)) != NULL)
		job_ready(js, j, lane_of_none(js));
	TAILQ_REMOVE(&js->lanes, lane, entry);
	TAILQ_INSERT_TAIL(&js->removed, lane, entry);
	lane->link = NULL;
	lane->state = LANE_REMOVED;
	if (lane->busy == 0)
		free_lane(&js->removed, lane);
}

struct lane *
lane_of_none(const struct jobs *js)
{
	return TAILQ_FIRST(&js->lanes);
}

struct lane *
lane_of(const struct jobs *js, const struct link *l)
{
	struct lane *lane;

	TAILQ_FOREACH (lane, &js->lanes, entry)
		if (lane->link == l)
			return lane;
	return NULL;
}

/* Jobs. */

struct job *
job_take(struct lane *home)
{
	struct job *j = TAILQ_FIRST(&home->free);

	if (j == NULL || home->busy >= home->quota)
		return NULL;
	TAILQ_REMOVE(&home->free, j, entry);
	memset(j, 0, offsetof(struct job, message));
	j->home = home;
	TAILQ_INSERT_HEAD(&home->free, j, entry);
	return j;
}

static struct job_list *
list_of(struct jobs *js, struct job *j)
{
	switch (j->place) {
	case JOB_READY:
		return j->over != NULL ? &j->lane->begun : &j->lane->ready;
	case JOB_WAITING:
		return &js->waiting;
	case JOB_PAUSED:
		return &js->paused;
	case JOB_CLAIMED:
		return &js->claimed;
	case JOB_FREE:
		break;
	}
	return &j->home->free;
}

static void
leave_place(struct jobs *js, struct job *j)
{
	TAILQ_REMOVE(list_of(js, j), j, entry);
	if (j->place == JOB_READY)
		j->lane->nready--;
}

static void
put(struct jobs *js, struct job *j, enum job_place place, struct lane *lane)
{
	leave_place(js, j);
	if (j->place == JOB_FREE) {
		j->home->busy++;
		TAILQ_INSERT_TAIL(&js->all, j, all);
	}
	j->place = place;
	j->lane = lane;
	TAILQ_INSERT_TAIL(list_of(js, j), j, entry);
	if (place == JOB_READY)
		lane->nready++;
}

void
job_keep_to(struct jobs *js, struct job *j, struct link *over)
{
	TAILQ_REMOVE(list_of(js, j), j, entry);
	j->over = over;
	TAILQ_INSERT_TAIL(list_of(js, j), j, entry);
}

void
job_ready(struct jobs *js, struct job *j, struct lane *lane)
{
	put(js, j, JOB_READY, lane);
}

void
job_wait(struct jobs *js, struct job *j)
{
	put(js, j, JOB_WAITING, NULL);
}

void
job_pause(struct jobs *js, struct job *j)
{
	put(js, j, JOB_PAUSED, NULL);
}

void
job_claim(struct jobs *js, struct job *j)
{
	put(js, j, JOB_CLAIMED, NULL);
}

void
job_free(struct jobs *js, struct job *j)
{
	struct lane *home = j->home;

	job_saved(js, j);
	job_let_go(js, j);
	leave_place(js, j);
	TAILQ_REMOVE(&js->all, j, all);
	j->place = JOB_FREE;
	TAILQ_INSERT_HEAD(&home->free, j, entry);
	home->busy--;
	if (home->state == LANE_REMOVED && home->busy == 0)
		free_lane(&js->removed, home);
}

uint32_t
job_all(const struct job *j)
{
	return (1u << j->form.n) - 1;
}

uint32_t
job_to_send(const struct job *j)
{
	return job_all(j) & ~(j->done | j->flying);
}

/* What is owed for a job. */

static struct job_list *
owed_list(struct jobs *js, const struct job *j)
{
	return j->stored ? &js->storing : &js->owed;
}

int
job_owe(struct jobs *js, struct job *j, const struct origin *to)
{
	if (j->nowed == JOB_COPIES)
		return -ENOSPC;
	j->owed_to[j->nowed++] = *to;
	if (j->nowed > 1)
		return 0;
	TAILQ_INSERT_TAIL(owed_list(js, j), j, owed);
	LIST_INSERT_HEAD(
	    &js->asked[j->ticket.request % JOB_REQUESTS], j, asked);
	return 0;
}

int
job_is_owed_to(const struct job *j, const struct link *l)
{
	for (unsigned i = 0; i < j->nowed; i++)
		if (l == NULL || j->owed_to[i].link == l)
			return 1;
	return 0;
}

void
job_owe_no_more(struct jobs *js, struct job *j, const struct link *l)
{
	unsigned i, n = 0;

	if (j->nowed == 0)
		return;
	for (i = 0; i < j->nowed; i++)
		if (l != NULL && j->owed_to[i].link != l)
			j->owed_to[n++] = j->owed_to[i];
	j->nowed = n;
	if (n > 0)
		return;
	TAILQ_REMOVE(owed_list(js, j), j, owed);
	LIST_REMOVE(j, asked);
}

struct job *
job_owed_for(const struct jobs *js, uint64_t request)
{
	struct job *j;

	if (request == 0)
		return NULL;
	LIST_FOREACH (j, &js->asked[request % JOB_REQUESTS], asked)
		if (j->ticket.request == request)
			return j;
	return NULL;
}

void
job_stored(struct jobs *js, struct job *j, int stored)
{
	if (j->nowed > 0)
		TAILQ_REMOVE(owed_list(js, j), j, owed);
	j->stored = stored;
	if (j->nowed > 0)
		TAILQ_INSERT_TAIL(owed_list(js, j), j, owed);
}

void
job_unsaved(struct jobs *js, struct job *j)
{
	if (j->is_unsaved)
		return;
	j->is_unsaved = 1;
	TAILQ_INSERT_TAIL(&js->unsaved, j, unsaved);
}

void
job_saved(struct jobs *js, struct job *j)
{
	if (!j->is_unsaved)
		return;
	j->is_unsaved = 0;
	TAILQ_REMOVE(&js->unsaved, j, unsaved);
}

void
job_hold(struct jobs *js, struct job *j)
{
	j->is_held = 1;
	TAILQ_INSERT_TAIL(&js->held, j, held);
}

void
job_let_go(struct jobs *js, struct job *j)
{
	if (!j->is_held)
		return;
	j->is_held = 0;
	TAILQ_REMOVE(&js->held, j, held);
}
