/* Erasing for good. What must hold comes first and alone, in the small state;
 * then the store, which only one process can write at a time; then the logs
 * of both, in which erased octets would stay. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "correct.h"
#include "deletion.h"
#include "feed.h"
#include "history.h"
#include "log.h"
#include "outbox.h"
#include "pending.h"
#include "purge.h"
#include "when.h"

#define WIPE_TRIES 50 /* a tenth of a second between them */

static int64_t
earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Readers are in a log for as long as a batch takes. */
static int
wipe(struct vault *v)
{
	const struct timespec pause = {0, 100 * 1000000};

	for (int i = 0; i < WIPE_TRIES; i++) {
		if (state_wipe(v->state) == 0 && store_wipe(v->store) == 0)
			return 0;
		nanosleep(&pause, NULL);
	}
	log_error(DSTORE,
	    "%s: the files' logs are in use and could not be emptied; repeat "
	    "this",
	    v->where);
	return -EAGAIN;
}

static int
open_to_write(struct core *c, struct vault *v)
{
	int rc;

	core_store_close(v);
	rc = core_store(c, v, STORE_WRITE);
	if (rc == 0)
		rc = store_begin(v->store); /* learns how large buckets are */
	if (rc == 0)
		store_end(v->store);
	return rc;
}

/* Ends the transaction, and leaves nothing in the logs. */
static int
finish(struct vault *v, int rc)
{
	if (rc < 0)
		store_write_abort(v->store);
	else
		rc = store_write_commit(v->store);
	return rc < 0 ? rc : wipe(v);
}

/* A person. */

/* Whose it is or, when it is nobody's now, whose it was last. */
static int
find_person(struct core *c, struct vault *v, uint64_t msisdn, int64_t now,
    struct history *h, uint64_t *person)
{
	const struct subscriber *who = NULL;
	int rc = core_store(c, v, STORE_READ);

	if (rc == 0)
		rc = store_begin(v->store);
	if (rc == 0)
		rc = history_open(h, v->store, msisdn, now, &who);
	if (rc < 0)
		return rc;
	store_end(v->store);
	*person = who != NULL ? who->person
	    : h->nrows > 0    ? h->rows[0].person
			      : 0;
	for (size_t i = 0; who == NULL && i < h->nrows; i++)
		if (h->rows[i].since <= now && now < h->rows[i].end)
			return -ENOTUNIQ;
	return 0;
}

static int
erase_pending(const struct core *c, struct vault *v, uint64_t msisdn)
{
	const struct core_service *s = c->services;
	int rc = 0;

	for (size_t i = 0; i < c->conf->nservices && rc >= 0; i++)
		if (s[i].vault == v)
			rc = pending_erase(
			    v->state, pending_key(v->key, msisdn, s[i].name));
	return rc < 0 ? rc : 0;
}

static int
erase_from_state(struct core *c, struct vault *v, const char *number,
    const struct history *h, uint64_t person, struct purge_counts *n)
{
	uint64_t msisdn = key_msisdn(v->key, number);
	int rc =
	    deletion_make(v->state, msisdn, h->rows, h->nrows, person, h->now);

	if (rc >= 0)
		n->corrections = rc;
	if (rc >= 0)
		rc = erase_pending(c, v, msisdn);
	if (rc >= 0)
		rc = outbox_forget(
		    v->state, v->key, c->conf->country_code, number);
	if (rc >= 0)
		n->messages = rc;
	return rc < 0 ? rc : state_commit(v->state);
}

static int
erase_from_store(struct vault *v, const struct history *h, uint64_t person,
    struct purge_counts *n)
{
	int rc = 0;

	for (size_t i = 0; i < h->nrows && rc == 0; i++) {
		int64_t before;
		size_t cut = 0;

		if (h->rows[i].person != person)
			continue;
		rc = deletion_get(v->state, h->rows[i].imsi, &before);
		if (rc == 0)
			rc = store_cut(v->store, h->rows[i].imsi, before, &cut);
		n->stays += cut;
	}
	if (rc < 0 || h->nrows == 0)
		return rc;
	return store_forget_person(
	    v->store, h->rows[0].msisdn, person, &n->rows);
}

int
purge_person(
    struct core *c, struct vault *v, const char *msisdn, struct purge_counts *n)
{
	struct history h = {0};
	uint64_t person = 0;
	int rc = core_state(v);

	*n = (struct purge_counts){0};
	if (rc == 0)
		rc = find_person(
		    c, v, key_msisdn(v->key, msisdn), when_now(), &h, &person);
	if (rc == 0)
		rc = erase_from_state(c, v, msisdn, &h, person, n);
	if (rc == 0)
		rc = open_to_write(c, v);
	if (rc == 0)
		rc = store_write_begin(v->store);
	if (rc < 0)
		return rc;
	return finish(v, erase_from_store(v, &h, person, n));
}

/* What is too old. */

int
purge_state(
    struct vault *v, int64_t oldest, int64_t now, struct purge_counts *n)
{
	int rc = core_state(v);

	if (rc == 0)
		rc = correct_expire(v->state, oldest);
	if (rc >= 0)
		n->corrections = rc;
	/* not before a longer window could accept their records again */
	if (rc >= 0)
		rc = deletion_expire(
		    v->state, earlier(oldest, now - SUBJECT_KEEP));
	if (rc >= 0)
		n->deletions = rc;
	if (rc >= 0)
		rc = subject_expire(v->state, now);
	return rc < 0 ? rc : state_commit(v->state);
}

static int
sweep(
    struct vault *v, struct feed *feed, int64_t oldest, struct purge_counts *n)
{
	int rc = store_write_begin(v->store);

	if (rc < 0)
		return rc;
	rc = feed_sweep(feed);
	n->stays = feed_expired(feed) + feed_deleted(feed);
	if (rc == 0)
		rc = store_forget_ended(v->store, oldest, &n->rows);
	return finish(v, rc);
}

int
purge_expired(struct core *c, struct vault *v, struct purge_counts *n)
{
	int64_t now = when_now(), oldest = core_horizon(c, now);
	struct deletions deletions = {0};
	struct feed_terms terms = {
	    .max_gap = c->conf->max_gap,
	    .oldest = oldest > 0 ? oldest : 0,
	    .deletions = &deletions,
	};
	struct feed *feed = NULL;
	int rc;

	*n = (struct purge_counts){0};
	rc = purge_state(v, oldest, now, n);
	if (rc == 0)
		rc = open_to_write(c, v);
	if (rc == 0)
		rc = deletions_load(&deletions, v->state);
	/* it drops what is too old, or was deleted, when it reads the store */
	if (rc == 0)
		rc = feed_open(&feed, v->store, c->networks, &terms);
	if (rc == 0)
		rc = sweep(v, feed, terms.oldest, n);
	feed_close(feed);
	deletions_free(&deletions);
	return rc;
}

/* Everything. */

/* The lists of lines that imports rejected: where masked numbers were. */
static void
remove_rejects(const struct vault *v)
{
	DIR *dir = opendir(v->where + strlen("sqlite:"));
	struct dirent *e;

	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (strncmp(e->d_name, "rejects-", 8) == 0)
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		closedir(dir);
}

static int
count_all(struct vault *v, struct purge_counts *n)
{
	struct store_stat st;
	int rc = store_begin(v->store);

	if (rc == 0)
		rc = store_stat(v->store, &st);
	if (rc == -EUCLEAN)
		rc = 0; /* damage goes, too */
	if (rc == 0) {
		n->rows = st.subscribers;
		n->stays = st.stays;
	}
	store_end(v->store);
	return rc;
}

int
purge_all(struct core *c, struct vault *v, struct purge_counts *n)
{
	int rc = core_state(v);

	*n = (struct purge_counts){0};
	if (rc == 0)
		rc = open_to_write(c, v);
	if (rc == 0)
		rc = count_all(v, n);
	if (rc == 0)
		rc = store_write_begin(v->store);
	if (rc < 0)
		return rc;
	rc = store_forget_all(v->store, when_now());
	if (rc == 0)
		rc = state_forget_all(v->state);
	if (rc == 0) /* for who has answers in memory, and no store */
		rc = deletion_make_all(v->state, when_now());
	if (rc == 0)
		rc = state_commit(v->state);
	if (rc == 0)
		remove_rejects(v);
	return finish(v, rc);
}
