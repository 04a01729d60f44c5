/* What to say next: who asks, and may they. Pure.
 *
 * One step for now; prompts, consent and locks are steps that come between
 * the request and the answer, and their state comes in and goes out here. */
#ifndef DIALOGUE_H
#define DIALOGUE_H

#include "conf.h"
#include "request.h"
#include "store.h"

enum verdict {
	VERDICT_OK,
	VERDICT_NO_STAYS,
	VERDICT_WRONG_IDENTITY,
	VERDICT_LOCKED,
	VERDICT_CONSENT_NEEDED,
	VERDICT_HELP,
	VERDICT_BUSY,
	VERDICT_SERVICE_CLOSED,
	VERDICT_SYSTEM_BUSY,
	VERDICT_SEND_AGAIN, /* the text is too old to be answered */
	VERDICT_SILENCE,    /* no answer at all */
	VERDICTS
};

const char *verdict_name(enum verdict v);

/* What a request needs before anybody is looked up: VERDICT_OK to go on. */
enum verdict dialogue_open(
    const struct conf_service *service, const struct request *r);

/* May this person be told? `who` is null when the number is not provisioned;
 * `digits` is the keyed form of what the request gave, 0 for none. */
enum verdict dialogue_identify(const struct conf_service *service,
    const struct subscriber *who, uint64_t digits);

#endif
