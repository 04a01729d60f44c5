/* Records in: resolved to regions, merged into a memory table of stays, and
 * swept from there into the store.
 *
 * The table holds all stays of the store, in the store's buckets; a record
 * changes one bucket; a sweep writes those that changed. Since merging does
 * not mind order or repetition, a sweep that is lost is done again by
 * reading the records again. */
#ifndef FEED_H
#define FEED_H

#include <stddef.h>
#include <stdint.h>

#include "deletion.h"
#include "network.h"
#include "place.h"
#include "store.h"

/* Why a line of any import, a record or another, is not taken. */
enum reject {
	ACCEPTED,
	REJECT_ROW,
	REJECT_TIME,
	REJECT_NUMBER,
	REJECT_PLACE,
	REJECT_AREA,
	REJECT_REGION,
	REJECT_MAINLAND_NETWORK,
	REJECT_UNKNOWN_NETWORK,
	REJECT_AMBIGUOUS_NETWORK,
	REJECT_INTERNATIONAL_NETWORK,
	REJECT_LATE,
	REJECT_FUTURE,
	REJECT_NOT_PROVISIONED,
	REJECT_OUT_OF_USE,
	REJECT_DELETED,
	REJECT_IDENTITY,
	REJECT_ACTIVE_TIMES,
	REJECT_CARRIER,
	REJECT_LANGUAGE,
	REJECT_MARK,
	REJECTS
};

/* "mainland-network" and so on. */
const char *reject_name(enum reject r);

struct feed;

struct feed_terms {
	uint32_t max_gap;
	uint32_t oldest; /* earlier records are refused, earlier runs go */
	uint32_t newest; /* later records are refused */
	/* of these people likewise; null for none, else it must outlive the
	 * feed */
	const struct deletions *deletions;
};

/* Loads the store's stays and cells; the store is open for writing and must
 * outlive the feed, like the tables. 0 or -errno. */
int feed_open(struct feed **fp, struct store *s, const struct networks *n,
    const struct feed_terms *terms);
void feed_close(struct feed *f);

struct record {
	int64_t time;
	uint64_t imsi; /* its pseudonym */
	const struct place *place;
	const struct place *area; /* or null */
};

/* Takes a record in. *changed is 1 when it told something new. -errno for a
 * fault; 0 with *why set otherwise. */
int feed_record(
    struct feed *f, const struct record *r, enum reject *why, int *changed);

/* Writes what changed since the last sweep; between store_write_begin and
 * store_write_commit, once. */
int feed_sweep(struct feed *f);

/* Runs that were deleted or cut because they are past the longest window. */
size_t feed_expired(const struct feed *f);
/* Likewise, because their person was deleted. */
size_t feed_deleted(const struct feed *f);

#endif
