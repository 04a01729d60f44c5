/* What deliver.c and deliver_*.c share. */
#ifndef DELIVERY_H
#define DELIVERY_H

#include "deliver.h"
#include "gather.h"
#include "outbox.h"
#include "ration.h"
#include "receipt.h"
#include "send.h"
#include "ussd.h"

#define DELIVER_TEXT 1024 /* octets of UTF-8 of a user's text that count */

struct deliver_counters {
	unsigned long texts, silent, parts, parts_lost, refused_for_now;
};

struct deliver {
	struct core *core;
	struct query *query;
	const struct conf_carrier *carrier;
	const struct vault *vault; /* the carrier's, whatever the core */
	struct outbox *outbox;
	struct sender *sender;
	struct gather *gather;
	struct receipts *receipts;
	struct ussd *ussd;
	struct intake *intake;
	struct links *links;
	struct event *summary;
	deliver_settled_h *settled;
	void *arg;
	int took, dirty;    /* texts from a read; what is to be settled now */
	uint16_t reference; /* of the last message: program_number */
	struct ration ration;
	struct deliver_counters now, told;
	struct sender_counters sent_told;
	struct receipt_counters receipts_told;
};

/* deliver.c: what links and the intake tell a struct deliver. */
extern const struct link_events deliver_link_events;
extern const struct intake_events deliver_intake_events;

/* deliver_say.c */

/* Sends the answer that a text is owed. 0, or sender_send's -errno: then the
 * caller is to refuse the text. */
int deliver_send_text(struct deliver *d, const struct origin *origin,
    const struct conf_service *service, const struct deliver_sm *sm,
    const char *say, const struct ticket *ticket);

/* Says with a refusal for now that we are busy, where there is room for that.
 */
void deliver_send_busy(struct deliver *d, const struct origin *origin,
    const struct conf_service *service, const char *msisdn,
    const struct deliver_sm *sm, struct answer *a);

/* The same to one of many, now and then. What may be meant for another service
 * of the code's, or is a part of something, hears nothing. */
void deliver_tell_busy(struct deliver *d, const struct origin *origin,
    const struct deliver_sm *sm);

/* deliver_tell.c: the counters go to the log, now and then until the end, and
 * then once more. 0 or -ENOMEM. */
int deliver_begin_summaries(struct deliver *d, struct event_base *base);
void deliver_end_summaries(struct deliver *d);

#endif
