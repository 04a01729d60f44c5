/* The memory table and its sweep.
 *
 * A bucket is an ordered array of the stays of some neighbouring keys, so a
 * record costs one binary search in a few kilobytes. When buckets grow too
 * large the table doubles: each is cut in two by the next bit of the key, and
 * the order of everything stays. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bucket.h"
#include "feed.h"
#include "log.h"

#define BITS_MAX 40
#define KEYS_A_BUCKET 96    /* written; doubling leaves half of it */
#define STAYS_A_BUCKET 1024 /* in memory, on the average */

struct slot {
	struct stays stays;
	int dirty;
};

struct feed {
	struct store *store;
	const struct networks *networks;
	struct feed_terms terms;
	struct cells *cells;
	struct slot *slots; /* 1 << bits of them */
	unsigned bits;
	int rebucket; /* the store has fewer bits: all are to be written */
	size_t nstays, expired, deleted;
	uint8_t *blob; /* of the largest bucket so far */
	size_t blob_cap;
};

const char *
reject_name(enum reject r)
{
	static const char *const names[REJECTS] = {
	    [ACCEPTED] = "accepted",
	    [REJECT_ROW] = "malformed-line",
	    [REJECT_TIME] = "malformed-time",
	    [REJECT_NUMBER] = "malformed-number",
	    [REJECT_PLACE] = "malformed-place",
	    [REJECT_AREA] = "malformed-area",
	    [REJECT_REGION] = "unknown-region",
	    [REJECT_MAINLAND_NETWORK] = "mainland-network",
	    [REJECT_UNKNOWN_NETWORK] = "unknown-network",
	    [REJECT_AMBIGUOUS_NETWORK] = "ambiguous-network",
	    [REJECT_INTERNATIONAL_NETWORK] = "international-network",
	    [REJECT_LATE] = "too-late",
	    [REJECT_FUTURE] = "in-the-future",
	    [REJECT_NOT_PROVISIONED] = "not-provisioned",
	    [REJECT_OUT_OF_USE] = "key-out-of-use",
	    [REJECT_DELETED] = "deleted-person",
	    [REJECT_IDENTITY] = "malformed-identity",
	    [REJECT_ACTIVE_TIMES] = "active-until-before-since",
	    [REJECT_CARRIER] = "unknown-carrier",
	    [REJECT_LANGUAGE] = "unknown-language",
	    [REJECT_MARK] = "malformed-mark",
	};

	return names[r];
}

static size_t
nslots(const struct feed *f)
{
	return (size_t)1 << f->bits;
}

static struct slot *
slot_of(const struct feed *f, uint64_t key)
{
	return &f->slots[key >> (64 - f->bits)];
}

static int
load_cell(uint64_t place, uint32_t valid_from, uint32_t region, void *arg)
{
	struct feed *f = arg;

	return cells_add(f->cells, place, valid_from, region);
}

static int
load_bucket(uint64_t bucket, const uint8_t *blob, size_t len, void *arg)
{
	struct feed *f = arg;
	struct slot *slot;
	size_t expired, deleted;
	int rc;

	if (bucket >= nslots(f))
		return -EUCLEAN;
	slot = &f->slots[bucket];
	rc = bucket_unpack(blob, len, &slot->stays);
	if (rc < 0) {
		log_error(DFEED,
		    "bucket %llu is damaged; restore the store or import its "
		    "records into a new one",
		    (unsigned long long)bucket);
		return rc == -EBADMSG ? -EUCLEAN : rc;
	}
	expired = stay_expire(&slot->stays, f->terms.oldest);
	deleted = f->terms.deletions != NULL
	    ? deletions_apply(f->terms.deletions, &slot->stays)
	    : 0;
	slot->dirty = expired + deleted > 0;
	f->expired += expired;
	f->deleted += deleted;
	f->nstays += slot->stays.n;
	return 0;
}

static int
load(struct feed *f)
{
	int rc = cells_new(&f->cells);

	if (rc == 0)
		rc = store_begin(f->store);
	if (rc < 0)
		return rc;
	f->bits = store_bits(f->store);
	f->slots = calloc(nslots(f), sizeof(*f->slots));
	if (f->slots == NULL)
		rc = -ENOMEM;
	if (rc == 0)
		rc = store_each_cell(f->store, load_cell, f);
	if (rc == 0)
		rc = cells_sort(f->cells);
	if (rc == 0)
		rc = store_each_bucket(f->store, load_bucket, f);
	store_end(f->store);
	return rc;
}

int
feed_open(struct feed **fp, struct store *s, const struct networks *n,
    const struct feed_terms *terms)
{
	struct feed *f = calloc(1, sizeof(*f));
	int rc;

	if (f == NULL)
		return -ENOMEM;
	f->store = s;
	f->networks = n;
	f->terms = *terms;
	rc = load(f);
	if (rc < 0)
		feed_close(f);
	else
		*fp = f;
	return rc;
}

void
feed_close(struct feed *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; f->slots != NULL && i < nslots(f); i++)
		stays_free(&f->slots[i].stays);
	free(f->slots);
	cells_free(f->cells);
	free(f->blob);
	free(f);
}

size_t
feed_expired(const struct feed *f)
{
	return f->expired;
}

size_t
feed_deleted(const struct feed *f)
{
	return f->deleted;
}

/* Cuts an ordered bucket where the next bit of the key turns to 1. */
static int
halve(const struct slot *whole, unsigned bits, struct slot half[2])
{
	uint64_t bit = 1ULL << (63 - bits);
	size_t cut = 0, n = whole->stays.n;

	while (cut < n && !(whole->stays.v[cut].key & bit))
		cut++;
	for (size_t i = 0; i < n; i++) {
		struct slot *to = &half[i >= cut];

		if (stays_push(&to->stays, whole->stays.v[i]) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Twice as many buckets; nothing is lost when memory is. */
static int
grow(struct feed *f)
{
	size_t n = nslots(f);
	struct slot *slots = calloc(2 * n, sizeof(*slots));
	int rc = slots == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = halve(&f->slots[i], f->bits, &slots[2 * i]);
	if (rc < 0) {
		for (size_t i = 0; slots != NULL && i < 2 * n; i++)
			stays_free(&slots[i].stays);
		free(slots);
		return rc;
	}
	for (size_t i = 0; i < n; i++)
		stays_free(&f->slots[i].stays);
	free(f->slots);
	f->slots = slots;
	f->bits++;
	f->rebucket = 1;
	return 0;
}

static enum reject
reject_of(enum unplaced u)
{
	static const enum reject of[] = {
	    [PLACED] = ACCEPTED,
	    [UNPLACED_MAINLAND_NETWORK] = REJECT_MAINLAND_NETWORK,
	    [UNPLACED_UNKNOWN_NETWORK] = REJECT_UNKNOWN_NETWORK,
	    [UNPLACED_AMBIGUOUS_NETWORK] = REJECT_AMBIGUOUS_NETWORK,
	    [UNPLACED_INTERNATIONAL_NETWORK] = REJECT_INTERNATIONAL_NETWORK,
	};

	return of[u];
}

static int
is_deleted(const struct feed *f, const struct record *r)
{
	return f->terms.deletions != NULL &&
	    r->time < deletions_find(f->terms.deletions, r->imsi);
}

int
feed_record(
    struct feed *f, const struct record *r, enum reject *why, int *changed)
{
	struct slot *slot = slot_of(f, r->imsi);
	size_t before = slot->stays.n;
	uint32_t region;

	*changed = 0;
	*why = r->time < f->terms.oldest ? REJECT_LATE
	    : r->time > f->terms.newest  ? REJECT_FUTURE
					 : ACCEPTED;
	if (*why == ACCEPTED && is_deleted(f, r))
		*why = REJECT_DELETED;
	if (*why == ACCEPTED)
		*why = reject_of(place_region(f->networks, f->cells, r->place,
		    r->area, r->time, &region));
	if (*why == ACCEPTED && store_out_of_use(f->store, r->imsi))
		*why = REJECT_OUT_OF_USE;
	if (*why != ACCEPTED)
		return 0;
	*changed =
	    stay_add(&slot->stays, r->imsi, region, r->time, f->terms.max_gap);
	if (*changed <= 0)
		return *changed;
	slot->dirty = 1;
	f->nstays += slot->stays.n - before;
	if (f->nstays > nslots(f) * STAYS_A_BUCKET && f->bits < BITS_MAX)
		return grow(f);
	return 0;
}

static size_t
count_keys(const struct feed *f)
{
	size_t keys = 0;

	for (size_t i = 0; i < nslots(f); i++) {
		const struct stays *s = &f->slots[i].stays;

		for (size_t j = 0; j < s->n; j++)
			keys += j == 0 || s->v[j].key != s->v[j - 1].key;
	}
	return keys;
}

static int
put(struct feed *f, size_t i)
{
	const struct stays *s = &f->slots[i].stays;
	size_t need = bucket_bound(s->n);

	if (need > f->blob_cap) {
		uint8_t *blob = realloc(f->blob, 2 * need);

		if (blob == NULL)
			return -ENOMEM;
		f->blob = blob;
		f->blob_cap = 2 * need;
	}
	return store_put_bucket(
	    f->store, i, f->blob, bucket_pack(s->v, s->n, f->blob));
}

int
feed_sweep(struct feed *f)
{
	size_t keys = count_keys(f);
	int rc = 0;

	while (
	    rc == 0 && keys > nslots(f) * KEYS_A_BUCKET && f->bits < BITS_MAX)
		rc = grow(f);
	if (rc == 0 && f->rebucket)
		rc = store_rebucket(f->store, f->bits);
	for (size_t i = 0; i < nslots(f) && rc == 0; i++) {
		const struct slot *slot = &f->slots[i];

		if (f->rebucket ? slot->stays.n > 0 : slot->dirty)
			rc = put(f, i);
	}
	return rc;
}
