/* Long messages that a phone sent in parts, put together again: user data
 * headers 00 and 08 (3GPP TS 23.040 9.2.3.24.1, 9.2.3.24.8), and SMPP's
 * sar_msg_ref_num, sar_total_segments, sar_segment_seqnum (SMPP 3.4
 * 5.3.2.22 to 24). Pure but for its memory, which is bounded. */
#ifndef CONCAT_H
#define CONCAT_H

#include <stddef.h>
#include <stdint.h>

#include "pdu.h"

#define CONCAT_PARTS 10    /* of one message; more are no request */
#define CONCAT_SECONDS 60  /* how long parts wait for the others */
#define CONCAT_OCTETS 1600 /* of a whole message */

/* Which part of what a deliver_sm is. total is 1 for a whole message. */
struct concat_part {
	uint16_t reference;
	uint8_t total, number; /* number from 1 to total */
	const uint8_t *text;   /* the octets behind any user data header */
	size_t len;
};

/* Reads the header, or the sar_ parameters, of a message. A header that lies
 * about its length, or a part number that cannot be, makes it a whole
 * message of what is left. */
void concat_read(const struct deliver_sm *d, struct concat_part *part);

struct concat;

/* Room for `messages` unfinished ones; the oldest makes room. 0, -ENOMEM. */
int concat_new(struct concat **cp, size_t messages);
void concat_free(struct concat *c);

/* Takes a part of a message (total > 1) in; copies what it keeps. Parts may
 * come in any order and more than once; source, destination, coding and
 * reference make them one message. 1 when this was the last that was missing:
 * `out` (CONCAT_OCTETS) then holds the whole text's octets, *len of them. 0
 * when parts are missing. -E2BIG for more than CONCAT_PARTS or CONCAT_OCTETS:
 * answer the part as if it were whole. `now` in seconds. */
int concat_add(struct concat *c, const struct deliver_sm *d,
    const struct concat_part *part, int64_t now, uint8_t *out, size_t *len);

/* Parts that were freed because the others never came. */
unsigned long concat_expired(const struct concat *c);

#endif
