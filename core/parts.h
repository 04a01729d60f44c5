/* Parts of messages, kept in the small state until the others come: durable,
 * sealed, and shared, so that it does not matter which process or which
 * connection a part comes to. What a part is, its protocol knows.
 *
 * A whole message stays for a while. When the part that made it whole was
 * refused for now, or never acknowledged, that one comes again; without the
 * others, which were taken, it would be lost. A sender may also use one name
 * again, or always the same: a part whose octets differ from those kept
 * begins a new message. */
#ifndef PARTS_H
#define PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "key.h"
#include "state.h"

#define PARTS_MAX 10     /* of one message */
#define PARTS_OCTETS 254 /* of one part */
#define PARTS_TEXT (PARTS_MAX * PARTS_OCTETS)
#define PARTS_NAME 64       /* octets of a name */
#define PARTS_SECONDS 60    /* how long parts wait for the others */
#define PARTS_KEPT 600      /* and a whole message for its last part again */
#define PARTS_ROOM 4096     /* unfinished messages of a carrier */
#define PARTS_ROOM_SOURCE 8 /* of one sender */
#define PARTS_ROOM_KEPT 4   /* times that: whole ones */

struct part {
	const void *name; /* what all parts of one message have in common */
	size_t name_len;
	const void *source; /* what all messages of one sender have */
	size_t source_len;
	unsigned total, number; /* number from 1 to total */
	const uint8_t *octets;
	size_t len;
};

struct parts;

/* For one carrier's messages in a state that others may share; `state` and
 * `key` must outlive it. It holds at most `room` unfinished messages (a few
 * more, a 64th in each process), PARTS_ROOM_SOURCE of one sender, and about
 * PARTS_ROOM_KEPT times `room` whole ones, of which those not heard of for
 * longest make room.
 *
 * What was promised makes room for nobody, not even for its own sender: a
 * part that would begin one message too many is refused for now, and the SMSC
 * brings it again when the others are whole or their minute is over. An honest
 * sender waits that long at worst; were the oldest given up instead, a text
 * that the SMSC was told we have would be lost, and whoever sends in another's
 * name could push it out. That it begins and ends is logged, once a minute at
 * the most. 0 or -ENOMEM. */
int parts_new(struct parts **pp, struct state *state, const struct key *key,
    const char *carrier, unsigned room);
void parts_free(struct parts *p);

/* Takes a part in; copies what it keeps. Parts may come in any order and more
 * than once. `now` is epoch seconds. What it returns holds after
 * state_commit.
 * 1 when this was the last that was missing: `out` then holds the octets of
 * all, *len of them. And again 1 when that very part comes again.
 * 0 when parts are missing, or this one is of no use.
 * -E2BIG for the first of more than PARTS_MAX, and for one longer than
 * PARTS_OCTETS: it is not kept; take it for a whole message.
 * -EDQUOT when its sender, -ENOBUFS when the carrier has as many unfinished
 * messages as may be, -errno when it could not be kept: to be sent again. */
int parts_add(struct parts *p, const struct part *part, int64_t now,
    uint8_t out[PARTS_TEXT], size_t *len);

/* Erases messages whose time is over, of all carriers of this state, up to
 * `max`; state_commit makes it hold. How many, or -errno. */
int parts_expire(struct parts *p, int64_t now, int max);

/* Parts that were erased because the others never came, or another message
 * took their name. */
unsigned long parts_lost(const struct parts *p);

#endif
