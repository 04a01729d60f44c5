/* Delivery receipts (SMPP 3.4 5.2.12, Appendix B): reading them, and knowing
 * which of our messages each is for. Pure but for its memory, which is
 * bounded; no clock of its own.
 *
 * A message_id alone tells little: some SMSCs give every message the same, or
 * all parts of one, or say it in hexadecimal at first and in decimal in the
 * receipt. So a receipt is matched by its addresses, together with its id or
 * with the user_message_reference that we sent.
 *
 * What is expected is known to this process only: a receipt that comes to
 * another one, or after a restart, or after very many others, counts as
 * unmatched. Numbers and ids are kept as hashes, under a key that dies with
 * the process. */
#ifndef RECEIPT_H
#define RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include "pdu.h"

enum receipt_state {         /* 5.2.28 */
	RECEIPT_ENROUTE = 1, /* not final, as all others are */
	RECEIPT_DELIVERED,
	RECEIPT_EXPIRED,
	RECEIPT_DELETED,
	RECEIPT_UNDELIVERABLE,
	RECEIPT_ACCEPTED,
	RECEIPT_UNKNOWN, /* also one that says no state */
	RECEIPT_REJECTED,
	RECEIPT_STATES
};

struct receipt {
	enum receipt_state state;
	char id[MESSAGE_ID_MAX + 1]; /* "" when it has none */
	int has_reference;
	uint16_t reference;
};

/* Is it a receipt, by its esm_class, by a parameter that only receipts have,
 * or by its text, where an SMSC has forgotten to say so? 1, with *r filled in,
 * or 0. */
int receipt_read(const struct deliver_sm *d, struct receipt *r);

struct receipt_counters {
	unsigned long matched[RECEIPT_STATES], unmatched[RECEIPT_STATES];
	unsigned long repeated;     /* for a message whose state was known */
	unsigned long intermediate; /* with a state that is not final */
};

struct receipts;

/* `places` is how many messages are expected to be receipted at a time, of
 * about 45 octets each; the oldest makes room. 0 or -ENOMEM. */
int receipts_new(struct receipts **rp, size_t places);
void receipts_free(struct receipts *rs);

/* A message that asked for a receipt was taken by the SMSC, which called it
 * `message_id` ("" for nothing). Addresses are compared by their last eight
 * digits, for the receipt may write them in another form. */
void receipts_expect(struct receipts *rs, const char *from, const char *to,
    uint16_t reference, const char *message_id);

/* Counts a receipt. `source` is whom the message went to. */
void receipts_take(struct receipts *rs, const char *source,
    const char *destination, const struct receipt *r);

const struct receipt_counters *receipts_counters(const struct receipts *rs);

/* Counters as words for a log line, "delivered=7 expired=1 …"; returns out. */
#define RECEIPT_WORDS 640
const char *receipt_words(
    const struct receipt_counters *c, char out[RECEIPT_WORDS]);

#endif
