/* Long messages that a phone sent in parts, put together again: user data
 * headers 00 and 08 (3GPP TS 23.040 9.2.3.24.1, 9.2.3.24.8), and SMPP's
 * sar_msg_ref_num, sar_total_segments, sar_segment_seqnum (SMPP 3.4
 * 5.3.2.22 to 24). Pure but for its memory, which is bounded. */
#ifndef CONCAT_H
#define CONCAT_H

#include <stddef.h>
#include <stdint.h>

#include "pdu.h"

#define CONCAT_PARTS 10 /* of one message; more are no request */
#define CONCAT_PART 254 /* octets of one, the most of a short_message */
#define CONCAT_OCTETS (CONCAT_PARTS * CONCAT_PART)
#define CONCAT_SECONDS 60 /* how long parts wait for the others */
#define CONCAT_KEPT 600   /* and a whole message for its last part again */

/* Which part of what a deliver_sm is. total is 1 for a whole message. */
struct concat_part {
	uint16_t reference;
	uint8_t total, number; /* number from 1 to total */
	const uint8_t *text;   /* the octets behind any user data header */
	size_t len;
};

/* Reads the header, or the sar_ parameters, of a message; the header counts
 * where both are there. One that cannot be, by its lengths or its part
 * number, makes it a whole message; a header longer than the message is none
 * at all and the text is all of it. */
void concat_read(const struct deliver_sm *d, struct concat_part *part);

struct concat;

/* Room for `messages` at a time, of about 3 KB each; the one not heard of for
 * longest makes room. Each part looks at every message's place: thousands,
 * not more. 0, -ENOMEM. */
int concat_new(struct concat **cp, size_t messages);
void concat_free(struct concat *c);

/* Takes a part of a message (total > 1) in; copies what it keeps. Parts may
 * come in any order and more than once; source, destination, coding and
 * reference make them one message. `now` is in seconds.
 * 1 when this was the last that was missing: `out` then holds the whole
 * text's octets, *len of them. And again 1 when that very part comes again,
 * as it does when it was refused for now.
 * 0 when parts are missing, or this one is of no use.
 * -E2BIG for the first of more than CONCAT_PARTS, and for a part longer than
 * CONCAT_PART: it is not kept; answer it as if it were whole. */
int concat_add(struct concat *c, const struct deliver_sm *d,
    const struct concat_part *part, int64_t now, uint8_t out[CONCAT_OCTETS],
    size_t *len);

/* Parts that were freed because the others never came. */
unsigned long concat_expired(const struct concat *c);

#endif
