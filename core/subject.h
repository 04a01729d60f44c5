/* What is remembered of a subscriber over services and channels: one row of
 * the small state for each MSISDN that has anything, so that every instance
 * knows it and a restart forgets nothing.
 *
 * All times are epoch seconds and 0 where there is none. */
#ifndef SUBJECT_H
#define SUBJECT_H

#include <stdint.h>

#include "message.h"
#include "state.h"

/* How long a row is kept that only tells of what was: longer than the longest
 * window, max_gap and the 25 hours that records are kept beyond it. */
#define SUBJECT_KEEP (33 * 86400)

enum channel { CHANNEL_NONE, CHANNEL_SMS, CHANNEL_USSD };

struct subject {
	enum language language; /* as the subscriber chose; LANGUAGES: not */

	/* wrong digits (lock.h) */
	uint32_t tries;        /* in a row */
	uint32_t day_tries;    /* on the local day of the latest */
	int64_t tried_at;      /* the latest */
	uint64_t tried;        /* what was said then, hashed; 0 for none */
	uint32_t lock_minutes; /* the latest lock's */
	int64_t locked_until;

	/* leave to be told */
	int64_t consent_at;
	uint32_t consent_version; /* of what was agreed to */
	enum channel consent_channel;

	int64_t deleted_at; /* records before it are gone for good */
	int64_t corrected;  /* the latest correction that names the number */
};

/* `key` is the number's pseudonym (key_msisdn). Without a row there is
 * nothing: language LANGUAGES, the rest 0, and that is no error. 0 or -errno.
 */
int subject_get(struct state *s, uint64_t key, struct subject *x);

/* The same, to be changed: begins the batch first, so that no other process
 * changes the row until state_commit. */
int subject_take(struct state *s, uint64_t key, struct subject *x);

/* Puts or replaces the row; one that says nothing is erased. Durable after
 * state_commit. 0 or -errno. */
int subject_put(struct state *s, uint64_t key, const struct subject *x);

/* Erases rows that have said nothing any more since `now`, at most 500 at a
 * time. 0 or -errno. */
int subject_expire(struct state *s, int64_t now);

#endif
