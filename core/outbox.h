/* The outbox: answers that were promised and are still to be sent, durable
 * and sealed. Whoever owns a row sends it; an owner keeps its lease by
 * renewing it, and what an instance left behind when it died is claimed by
 * another, or by itself again, once its lease is over. */
#ifndef OUTBOX_H
#define OUTBOX_H

#include <stddef.h>
#include <stdint.h>

#include "key.h"
#include "state.h"
#include "text.h"

#define OUTBOX_SEGMENTS 10 /* of one message, at most */
#define OUTBOX_LEASE 15    /* seconds */
#define OUTBOX_AGAIN 60    /* seconds until a row given back is tried again */
#define OUTBOX_TEXT 2048   /* octets of UTF-8, the NUL included */
#define OUTBOX_ADDRESS 21  /* of an address, the NUL included */

/* What to send where. The segments follow from text, alphabet, concat and
 * reference, so whoever sends the rest sends the same ones. */
struct outbox_message {
	uint8_t from_ton, from_npi, to_ton, to_npi;
	char from[OUTBOX_ADDRESS], to[OUTBOX_ADDRESS];
	enum alphabet alphabet;
	enum concat_mode concat;
	int receipt; /* the SMSC is asked for one */
	uint16_t reference;
	char text[OUTBOX_TEXT];
};

/* A text takes far less than there is room for, and no more is copied. */
void outbox_copy(struct outbox_message *to, const struct outbox_message *from);

struct outbox_row {
	int64_t id;
	int64_t expires; /* epoch seconds: of no use afterwards */
	uint32_t done;   /* bit n: segment n was taken, or refused for good */
	struct outbox_message message;
};

struct outbox;

/* For one carrier's messages in a state that others may share; `state` and
 * `key` must outlive it. 0 or -errno. */
int outbox_new(struct outbox **op, struct state *state, const struct key *key,
    const char *carrier);
void outbox_free(struct outbox *o);

/* Each is durable after state_commit. `now` is epoch seconds. 0 or -errno. */

/* Puts a message, owned by this process; its id in *id. */
int outbox_put(struct outbox *o, const struct outbox_message *m, uint32_t done,
    int64_t expires, int64_t now, int64_t *id);
/* Puts one that this process does not send: whoever claims it does. */
int outbox_leave(
    struct outbox *o, const struct outbox_message *m, int64_t expires);
/* Both may be repeated: an id is never used again. */
int outbox_done(struct outbox *o, int64_t id, uint32_t done);
int outbox_erase(struct outbox *o, int64_t id);

/* Prolongs the lease on all that this process owns and that has not expired. */
int outbox_renew(struct outbox *o, int64_t now);

/* Is a row that this process owned another's by now, or no more? For when its
 * lease was over. 1, 0, or -errno when that cannot be told. */
int outbox_is_lost(struct outbox *o, int64_t id);

/* Gives up the lease on all of it, for others to take over at once. */
int outbox_release(struct outbox *o);

/* Takes over up to `max` rows that nobody holds, and hands each to `h`, which
 * copies what it keeps and returns 0, or less than that to give it back. One
 * that is given back, or cannot be opened (which is logged), nobody owns; it is
 * left alone for OUTBOX_AGAIN seconds, and erased when it expires. Nothing is
 * to be sent before state_commit: until then another may have it as well. A
 * fault loses the whole batch, as if it could not be committed: all rows are
 * whose they were. */
typedef int outbox_row_h(const struct outbox_row *row, void *arg);
int outbox_claim(
    struct outbox *o, int64_t now, int max, outbox_row_h *h, void *arg);

/* Erases what nobody holds and is of no use any more. */
int outbox_expire(struct outbox *o, int64_t now);

/* Erases what is still to be sent to a number (E.164, with this country code),
 * by whichever carrier of this state: how many rows, or -errno. What a process
 * is just sending goes. */
int outbox_forget(struct state *s, const struct key *k,
    const char *country_code, const char *msisdn);

/* How many rows of this carrier there are, whoever owns them, as far as
 * OUTBOX_COUNTED; -1 when that cannot be told. */
#define OUTBOX_COUNTED 100000
int64_t outbox_count(struct outbox *o);

#endif
