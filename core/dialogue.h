/* What to say next: who asks, and may they. Pure.
 *
 * A conversation is a request, perhaps a question for the last four of the
 * asker's ID, and an answer; what was asked and not yet replied to is a
 * pending step (pending.h), which comes in and goes out here. Consent, locks
 * and other steps between the request and the answer have their place here
 * too. */
#ifndef DIALOGUE_H
#define DIALOGUE_H

#include "conf.h"
#include "pending.h"
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
	VERDICT_PROMPT,     /* the last four are asked for */
	VERDICT_SEND_AGAIN, /* the text is too old to be answered */
	VERDICT_SILENCE,    /* no answer at all */
	VERDICTS
};

const char *verdict_name(enum verdict v);

/* What a request needs before anybody is looked up: VERDICT_OK to go on.
 * VERDICT_PROMPT asks for the last four, and *pending is then to be kept until
 * the reply; `now` is epoch seconds. */
enum verdict dialogue_open(const struct conf_service *service,
    const struct request *r, int64_t now, struct pending *pending);

/* The same for a reply to what is pending. VERDICT_HELP or VERDICT_SILENCE
 * when it is none. */
enum verdict dialogue_reply(const struct conf_service *service,
    const struct request *r, const struct pending *pending);

/* What is left pending when a reply was answered so. Returns 1 when that
 * differs from what it was. */
int dialogue_next(struct pending *pending, enum verdict verdict);

/* May this person be told? `who` is null when the number is not provisioned;
 * `digits` is the keyed form of what the request gave, 0 for none. Behind
 * STEP_DONE other digits are no wrong try but no reply at all: they are meant
 * for somebody else. */
enum verdict dialogue_identify(const struct conf_service *service,
    const struct subscriber *who, uint64_t digits,
    const struct pending *pending);

#endif
