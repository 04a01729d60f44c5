/* Pending steps: what a subscriber was asked and may answer for a while, in
 * the small state, so that a restart or another instance goes on with the
 * dialogue. A subscriber has at most one per service. */
#ifndef PENDING_H
#define PENDING_H

#include <stdint.h>

#include "message.h"
#include "key.h"
#include "state.h"

enum step {
	STEP_NONE,
	STEP_IDENTITY,        /* the last four were asked for */
	STEP_DONE,            /* and given: the same reply again is a copy */
	STEP_CONSENT,         /* they were right; a Y was asked for */
	STEP_AGREED,          /* and given */
	STEP_DELETE_IDENTITY, /* the same two for a deletion */
	STEP_DELETE,
	STEP_DELETED
};

struct pending {
	enum step step;
	enum language language; /* of the request; LANGUAGES for none */
	int64_t until;          /* epoch seconds */
	uint32_t token;         /* the front end's (call.h) */
	uint32_t wording;       /* of what was asked (dialogue.h) */
};

/* What stands for a service in keys, by its name, and the key of what a
 * subscriber (key_msisdn) is asked by one; neither depends on a process. */
uint64_t pending_service(const struct key *k, const char *name);
uint64_t pending_key(const struct key *k, uint64_t msisdn, uint64_t service);

/* 0; -ENOENT when there is none that is still open at `now`; -EIO. */
int pending_get(struct state *s, uint64_t key, int64_t now, struct pending *p);

/* Durable after state_commit. 0 or -errno. */
int pending_put(struct state *s, uint64_t key, const struct pending *p);

/* Erases one; durable after state_commit. How many, or -errno. */
int pending_erase(struct state *s, uint64_t key);

/* Erases what ended before `now`, at most 500 at a time. */
int pending_expire(struct state *s, int64_t now);

#endif
