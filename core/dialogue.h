/* What to say next: who asks, what for, and may they. Pure.
 *
 * A conversation is a request, perhaps a question for the last four of the
 * asker's ID, perhaps one for a Y, and an answer:
 *
 *   CXMYD ─▶ IDENTITY ─digits─▶ CONSENT ─Y─▶ the answer
 *   SCSJ ─▶ DELETE_IDENTITY ─digits─▶ DELETE ─Y─▶ deleted
 *
 * A step is left out where the service does without it or the request brought
 * what it asks for. What was asked and not yet replied to is a pending step
 * (pending.h); wrong digits, locks and consents are the subject's (subject.h).
 * Both come in and go out here. */
#ifndef DIALOGUE_H
#define DIALOGUE_H

#include "conf.h"
#include "lock.h"
#include "pending.h"
#include "request.h"
#include "subject.h"

enum verdict {
	VERDICT_OK,
	VERDICT_NO_STAYS,
	VERDICT_WRONG_IDENTITY,
	VERDICT_LOCKED,
	VERDICT_CONSENT_NEEDED, /* a Y is asked for */
	VERDICT_HELP,
	VERDICT_BUSY,
	VERDICT_SERVICE_CLOSED,
	VERDICT_SYSTEM_BUSY,
	VERDICT_PROMPT,        /* the last four are asked for */
	VERDICT_SEND_AGAIN,    /* the text is too old to be answered */
	VERDICT_SILENCE,       /* no answer at all */
	VERDICT_DELETE_PROMPT, /* the last four are asked for, to delete */
	VERDICT_DELETE_ASK,    /* then a Y */
	VERDICT_DELETED,
	VERDICT_WITHDRAWN,  /* the consent is */
	VERDICT_NO_CONSENT, /* there was none */
	VERDICT_LANGUAGE,   /* it was set */
	VERDICT_GENUINE,    /* a code; the four of verify.h */
	VERDICT_WRONG_CODE,
	VERDICT_CORRECTED,
	VERDICT_GONE,
	VERDICT_VERIFY_HELP, /* how a code is checked */
	VERDICTS
};

const char *verdict_name(enum verdict v);

/* Does it ask something that is replied to? */
int verdict_asks(enum verdict v);

/* The person who has the number, as far as it matters here. */
struct person {
	int is_known;  /* the number is provisioned */
	int is_right;  /* and has the digits that dialogue_digits gives */
	int64_t since; /* the first day of their rows */
};

struct dialogue {
	const struct conf_service *service;
	const struct conf_limits *limits;
	struct lock_time time;
	enum channel channel;
	uint32_t wording;      /* of what is agreed to, hashed */
	uint64_t said;         /* the text, hashed */
	int64_t copies_before; /* one that was tried before then came again */
	struct request r;

	/* in and out */
	struct pending pending;
	struct subject subject;
	int asked;   /* pending is to be put */
	int changed; /* subject is to be put */
	int erase;   /* instead all that is kept is to be deleted */
};

/* Could this request be a reply? Then `pending` is to be read before the
 * calls below. */
int dialogue_may_reply(const struct request *r);

/* The first of the two that follow: VERDICT_OK when a person is to be looked
 * up, else VERDICT_HELP, VERDICT_VERIFY_HELP or VERDICT_SILENCE. */
enum verdict dialogue_open(struct dialogue *d);

/* Is the answer the same when the request comes again? */
int dialogue_may_repeat(const struct dialogue *d);

/* Does it ask where its subscriber was, with digits still to be asked for? Then
 * dialogue_judge is the same for any person. Of those, `pending` being read:
 * is that what was asked last, with half the time to reply still ahead; and
 * was it replied to? */
int dialogue_begins(const struct dialogue *d);
int dialogue_is_asked(const struct dialogue *d);
int dialogue_was_answered(const struct dialogue *d);

/* Does nothing come of it but what is told? */
int dialogue_only_tells(const struct dialogue *d);

/* The digits that were given, "" for none. */
const char *dialogue_digits(const struct dialogue *d);

/* What this person is told. VERDICT_OK: where they have been; VERDICT_GENUINE:
 * what becomes of the code in the request, which is still to be checked. */
enum verdict dialogue_judge(struct dialogue *d, const struct person *who);

#endif
