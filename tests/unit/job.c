/* Where answers are on their way: lanes with their jobs, which come and go
 * with their links. */
#include "smsc-gw/job.c"

#include "test.h"

/* Only their addresses count. */
static struct link *const one = (struct link *)"1";
static struct link *const two = (struct link *)"2";

static struct jobs js;

static unsigned
count(const struct job_list *list)
{
	const struct job *j;
	unsigned n = 0;

	TAILQ_FOREACH (j, list, entry)
		n++;
	return n;
}

/* Fills a lane's quota with ready jobs; how many that takes. */
static int
fill(struct lane *lane)
{
	struct job *j;
	int n = 0;

	while ((j = job_take(lane)) != NULL && n++ < 100)
		job_ready(&js, j, lane);
	return n;
}

static void
quotas(void)
{
	struct lane *lane;
	struct job *j;

	ok_int(jobs_init(&js, 2), 0, "a lane of no link");
	ok_int(lane_add(&js, one, 3), 0, "and one of a link");
	lane = lane_of(&js, one);
	ok(lane != NULL && lane_of(&js, two) == NULL, "is found by its link");
	ok(job_take(lane) == job_take(lane), "what is taken is free yet");
	ok_int(fill(lane), 3, "it has its quota");
	ok_int(fill(lane_of_none(&js)), 2, "that of none its own");
	j = TAILQ_FIRST(&lane->ready);
	j->form.n = 3;
	j->done = 1;
	j->flying = 4;
	ok_int(job_to_send(j), 2, "neither done nor flying: to be sent");
	job_wait(&js, j);
	job_pause(&js, j);
	ok(job_take(lane) == NULL, "wherever a job is, it counts");
	job_free(&js, j);
	j = job_take(lane);
	ok(j != NULL && j->done == 0 && j->home == lane, "until it is free");
	jobs_free(&js);
}

/* A quota that changes while jobs are out. */
static void
other_quotas(void)
{
	struct lane *lane;
	struct job *j;

	jobs_init(&js, 1);
	lane_add(&js, one, 2);
	lane = lane_of(&js, one);
	fill(lane);
	j = TAILQ_FIRST(&lane->ready);
	ok_int(lane_reserve(lane, 5), 0, "memory for a greater quota");
	ok(job_take(lane) == NULL, "makes it no greater");
	lane->quota = 5;
	ok_int(fill(lane), 3, "then it takes so many more");
	ok(TAILQ_FIRST(&lane->ready) == j && count(&lane->ready) == 5,
	    "and no job has moved");
	lane->quota = 3;
	job_free(&js, j);
	job_free(&js, TAILQ_FIRST(&lane->ready));
	ok(job_take(lane) == NULL, "a smaller one takes none");
	job_free(&js, TAILQ_FIRST(&lane->ready));
	ok_int(fill(lane), 1, "until there are fewer");
	lane_reserve(lane, 5);
	ok_int(lane->made, 5, "what was made once is enough");
	jobs_free(&js);
}

/* A job that keeps to a link, of which others still have their choice. */
static void
begun(void)
{
	struct lane *none, *lane;
	struct job *j;

	jobs_init(&js, 2);
	lane_add(&js, one, 3);
	none = lane_of_none(&js);
	lane = lane_of(&js, one);
	fill(lane);
	fill(none);
	ok_int(lane->nready + none->nready, 5, "all that are ready count");
	j = TAILQ_FIRST(&none->ready);
	job_keep_to(&js, j, one);
	job_ready(&js, j, lane);
	ok(count(&lane->begun) == 1 && count(&lane->ready) == 3 &&
		lane->nready == 4 && none->nready == 1,
	    "one that keeps to a link waits apart, and counts");
	job_wait(&js, j);
	job_ready(&js, j, lane);
	ok(TAILQ_FIRST(&lane->begun) == j, "also when it comes back");
	job_keep_to(&js, j, NULL);
	ok(count(&lane->begun) == 0 && count(&lane->ready) == 4,
	    "until it keeps to none");
	job_keep_to(&js, j, one);
	lane_remove(&js, lane);
	ok(j->over == NULL && count(&none->ready) == 5 && none->nready == 5,
	    "or its link goes");
	jobs_free(&js);
}

static void
owing(void)
{
	struct job *j, *k;

	jobs_init(&js, 2);
	j = job_take(lane_of_none(&js));
	job_wait(&js, j);
	k = job_take(lane_of_none(&js));
	job_wait(&js, k);
	j->ticket.request = 7;
	k->ticket.request = 7 + JOB_REQUESTS;
	job_owe(&js, j, &(struct origin){.link = one});
	job_owe(&js, k, &(struct origin){.link = one});
	ok(TAILQ_FIRST(&js.owed) == j && TAILQ_NEXT(j, owed) == k,
	    "owed in order");
	ok(job_owed_for(&js, 7) == j &&
		job_owed_for(&js, 7 + JOB_REQUESTS) == k,
	    "found by their requests");
	job_stored(&js, j, 1);
	ok(TAILQ_FIRST(&js.owed) == k && TAILQ_FIRST(&js.storing) == j,
	    "one that is stored waits for the commit");
	job_stored(&js, j, 0);
	ok(TAILQ_EMPTY(&js.storing) && TAILQ_NEXT(k, owed) == j,
	    "or is owed as before");
	job_stored(&js, k, 1);
	job_owe_no_more(&js, k, NULL);
	job_owe_no_more(&js, j, one);
	job_owe_no_more(&js, j, one);
	ok(TAILQ_EMPTY(&js.storing) && TAILQ_EMPTY(&js.owed), "then no more");
	ok(job_owed_for(&js, 7) == NULL && job_owed_for(&js, 0) == NULL,
	    "nor found");
	jobs_free(&js);
}

/* Copies of one request. */
static void
copies(void)
{
	struct origin to_one = {.link = one}, to_two = {.link = two};
	struct job *j;

	jobs_init(&js, 1);
	j = job_take(lane_of_none(&js));
	job_wait(&js, j);
	j->ticket.request = 7;
	ok_int(job_owe(&js, j, &to_one), 0, "owed to one");
	ok_int(job_owe(&js, j, &to_two), 0, "and to another");
	ok_int(job_owe(&js, j, &to_one), 0, "twice to one");
	ok(TAILQ_FIRST(&js.owed) == j && TAILQ_NEXT(j, owed) == NULL,
	    "in the list once");
	for (unsigned i = 3; i < JOB_COPIES; i++)
		job_owe(&js, j, &to_two);
	ok_int(job_owe(&js, j, &to_two), -ENOSPC, "not to more than so many");
	job_owe_no_more(&js, j, one);
	ok(!job_is_owed_to(j, one) && job_is_owed_to(j, two) &&
		j->nowed == JOB_COPIES - 2,
	    "no more to one, to the other still");
	ok(job_owed_for(&js, 7) == j, "and found");
	job_owe_no_more(&js, j, two);
	ok(!job_is_owed_to(j, NULL) && TAILQ_EMPTY(&js.owed) &&
		job_owed_for(&js, 7) == NULL,
	    "then to none");
	jobs_free(&js);
}

/* What the outbox does not know yet. */
static void
unsaved(void)
{
	struct job *j, *k;

	jobs_init(&js, 2);
	j = job_take(lane_of_none(&js));
	job_claim(&js, j);
	ok(TAILQ_FIRST(&js.claimed) == j, "claimed, and not to be sent yet");
	job_ready(&js, j, lane_of_none(&js));
	ok(TAILQ_EMPTY(&js.claimed), "until it is ready");
	k = job_take(lane_of_none(&js));
	job_wait(&js, k);
	job_unsaved(&js, j);
	job_unsaved(&js, k);
	job_unsaved(&js, j);
	ok(TAILQ_FIRST(&js.unsaved) == j && TAILQ_NEXT(j, unsaved) == k &&
		TAILQ_NEXT(k, unsaved) == NULL,
	    "unsaved in order, each once");
	job_saved(&js, j);
	job_saved(&js, j);
	ok(TAILQ_FIRST(&js.unsaved) == k, "until it is saved");
	job_free(&js, k);
	ok(TAILQ_EMPTY(&js.unsaved), "or freed");
	jobs_free(&js);
}

/* A link goes; its answers do not. */
static void
removed(void)
{
	struct job *ready, *waiting, *paused;
	struct lane *lane;

	jobs_init(&js, 1);
	lane_add(&js, one, 3);
	lane_add(&js, two, 3);
	lane = lane_of(&js, one);
	fill(lane);
	ready = TAILQ_FIRST(&lane->ready);
	waiting = TAILQ_NEXT(ready, entry);
	paused = TAILQ_NEXT(waiting, entry);
	job_wait(&js, waiting);
	job_pause(&js, paused);
	lane_remove(&js, lane);
	ok(lane_of(&js, one) == NULL, "its lane is no more");
	ok(TAILQ_FIRST(&lane_of_none(&js)->ready) == ready,
	    "what was its turn is anybody's");
	ok(TAILQ_FIRST(&js.waiting) == waiting &&
		TAILQ_FIRST(&js.paused) == paused &&
		waiting->home->link == NULL,
	    "the rest stays where it is, of no link");
	lane_add(&js, one, 3);
	ok_int(fill(lane_of(&js, one)), 3,
	    "the same link again has a quota of its own");
	job_free(&js, ready);
	job_ready(&js, paused, lane_of_none(&js));
	job_free(&js, paused);
	ok(TAILQ_FIRST(&js.removed) == lane, "its memory stays");
	job_free(&js, waiting);
	ok(TAILQ_EMPTY(&js.removed), "until the last is done");
	lane_remove(&js, lane_of(&js, two));
	ok(TAILQ_EMPTY(&js.removed), "one without any goes at once");
	lane_remove(&js, lane_of(&js, one));
	jobs_free(&js);
}

int
main(void)
{
	quotas();
	other_quotas();
	begun();
	owing();
	copies();
	unsaved();
	removed();
	return test_done();
}
