/* What ussd.c and ussd_say.c share: a link's dialogues, and what is said in
 * them. */
#ifndef DESK_H
#define DESK_H

#include <sys/queue.h>

#include "call.h"
#include "link.h"
#include "pdu.h"

#define DESK_SAY 254 /* octets of a short_message */

/* How a turn finds back: what was sent from where to where, as it came. */
struct route {
	uint32_t serial; /* of the deliver_sm */
	uint8_t from_ton, from_npi, to_ton, to_npi;
	char from[ADDRESS_MAX + 1], to[ADDRESS_MAX + 1];
	uint8_t has_info;
	uint8_t sequence; /* of our last turn */
	uint16_t info;    /* its_session_info */
};

_Static_assert(sizeof(struct route) <= CALL_ROUTE, "it goes along");

/* A turn on its way. */
struct slip {
	TAILQ_ENTRY(slip) entry; /* free or waiting */
	struct call_key key;
	uint32_t serial;
	int64_t since; /* ms: said */
	struct submit_sm sm;
	uint8_t octets[DESK_SAY];
};

TAILQ_HEAD(slips, slip);

struct desk_counters {
	unsigned long begun, replies, cancelled; /* by the subscriber */
	unsigned long asked, ended;              /* by us */
	unsigned long refused; /* turns that the SMSC did not take */
	unsigned long dropped; /* turns that waited for too long */
	unsigned long other;   /* deliver_sm */
};

struct desk {
	TAILQ_ENTRY(desk) entry;
	struct link *link;
	struct calls *calls;
	struct slip *pool;
	unsigned nslips, nfree;
	struct slips free, waiting;
	uint32_t serial;
	int64_t told; /* ms: of a refusal */
	struct desk_counters now, last;
};

/* ussd_say.c */

/* Makes `n` slips, all free; d->pool is to be freed. 0 or -ENOMEM. */
int desk_make_slips(struct desk *d, unsigned n);

/* What is said (calls_turn_h) waits, on a slip; there must be a free one. */
int desk_say(const struct call_turn *turn, void *arg);

/* What waits to be asked in a dialogue that is no more is not sent. */
void desk_take_back(struct desk *d, const struct call_key *key);

/* Sends what waits and has room. */
void desk_send(struct desk *d);

/* As ussd_submitted, of this desk. */
int desk_submitted(struct desk *d, void *ref, uint32_t command_status);

#endif
