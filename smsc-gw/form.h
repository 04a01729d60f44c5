/* The form of an answer on the wire: how many submit_sm it takes, and what is
 * in each. It follows from the message alone, so that whoever sends the rest
 * of one sends the same. Pure. */
#ifndef FORM_H
#define FORM_H

#include <stddef.h>
#include <stdint.h>

#include "outbox.h"
#include "pdu.h"
#include "text.h"

#define FORM_MAX OUTBOX_SEGMENTS /* submit_sm of one message */

struct form {
	int n;              /* submit_sm that it takes */
	size_t payload_len; /* of the only one's message_payload, or 0 */
	union {
		struct segment segments[FORM_MAX];
		uint8_t payload[PDU_PAYLOAD_MAX];
	};
};

/* The data_coding (5.2.19) of the SMSC's own alphabet, or of UCS-2. */
uint8_t form_data_coding(enum alphabet a);

/* Cuts a message. One that goes into a single segment is a short_message,
 * whatever its concat. 0, or -E2BIG when it takes more than `max_segments` (at
 * most FORM_MAX), also when it would not be cut here. */
int form_cut(
    struct form *f, const struct outbox_message *m, unsigned max_segments);

/* The user_message_reference of the submit_sm of number `i`: one for each, also
 * in its low eight bits, of which some SMSCs make do. */
uint16_t form_reference(const struct outbox_message *m, int i);

/* Fills in the submit_sm of number `i`, from 0, which lasts as long as the
 * form; all but its validity_minutes. */
void form_submit(const struct form *f, const struct outbox_message *m, int i,
    struct submit_sm *s);

#endif
