/* Which part of which message a deliver_sm is: user data headers 00 and 08
 * (3GPP TS 23.040 9.2.3.24.1, 9.2.3.24.8), and SMPP's sar_msg_ref_num,
 * sar_total_segments, sar_segment_seqnum (SMPP 3.4 5.3.2.22 to 24). Pure. */
#ifndef CONCAT_H
#define CONCAT_H

#include <stddef.h>
#include <stdint.h>

#include "pdu.h"

struct concat_part {
	uint16_t reference;
	uint8_t total, number; /* number from 1 to total; 1 of 1: a whole one */
	const uint8_t *text;   /* the octets behind any user data header */
	size_t len;
};

/* Reads the header, or the sar_ parameters, of a message; the header counts
 * where both are there. One that cannot be, by its lengths or its part
 * number, makes it a whole message; a header longer than the message is none
 * at all and the text is all of it. */
void concat_read(const struct deliver_sm *d, struct concat_part *part);

/* What makes parts one message; equal octets are equal names. */
struct concat_name {
	char source[ADDRESS_MAX + 1], destination[ADDRESS_MAX + 1];
	uint8_t source_ton, source_npi, dest_ton, dest_npi;
	uint8_t data_coding, total;
	uint16_t reference;
};

void concat_name(const struct deliver_sm *d, const struct concat_part *part,
    struct concat_name *name);

#endif
