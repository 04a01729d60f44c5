/* The steps of a conversation. */
#include "dialogue.h"

const char *
verdict_name(enum verdict v)
{
	static const char *const names[VERDICTS] = {
	    [VERDICT_OK] = "ok",
	    [VERDICT_NO_STAYS] = "no-stays",
	    [VERDICT_WRONG_IDENTITY] = "wrong-identity",
	    [VERDICT_LOCKED] = "locked",
	    [VERDICT_CONSENT_NEEDED] = "consent-needed",
	    [VERDICT_HELP] = "help",
	    [VERDICT_BUSY] = "busy",
	    [VERDICT_SERVICE_CLOSED] = "service-closed",
	    [VERDICT_SYSTEM_BUSY] = "system-busy",
	    [VERDICT_PROMPT] = "prompt",
	    [VERDICT_SEND_AGAIN] = "send-again",
	    [VERDICT_SILENCE] = "silence",
	};

	return names[v];
}

static enum verdict
not_understood(const struct conf_service *service)
{
	return service->unknown == UNKNOWN_HELP ? VERDICT_HELP
						: VERDICT_SILENCE;
}

enum verdict
dialogue_open(const struct conf_service *service, const struct request *r,
    int64_t now, struct pending *pending)
{
	if (r->verb == VERB_UNKNOWN)
		return not_understood(service);
	if (r->verb == VERB_HELP)
		return VERDICT_HELP;
	if (service->identity == IDENTITY_INLINE && r->digits[0] == '\0')
		return VERDICT_HELP;
	/* it is the reply to our question that authorises */
	if (service->identity != IDENTITY_PROMPT ||
	    (r->digits[0] != '\0' && service->consent != CONSENT_REPLY))
		return VERDICT_OK;
	*pending = (struct pending){
	    .step = STEP_IDENTITY,
	    .language = r->language,
	    .until = now + 60 * (int64_t)service->reply_minutes,
	};
	return VERDICT_PROMPT;
}

enum verdict
dialogue_reply(const struct conf_service *service, const struct request *r,
    const struct pending *pending)
{
	if (pending->step == STEP_NONE || r->verb != VERB_QUERY)
		return not_understood(service);
	return VERDICT_OK;
}

int
dialogue_next(struct pending *pending, enum verdict verdict)
{
	int is_told = verdict == VERDICT_OK || verdict == VERDICT_NO_STAYS;

	if (pending->step != STEP_IDENTITY || !is_told)
		return 0;
	pending->step = STEP_DONE;
	return 1;
}

enum verdict
dialogue_identify(const struct conf_service *service,
    const struct subscriber *who, uint64_t digits,
    const struct pending *pending)
{
	if (service->identity == IDENTITY_NONE)
		return who != NULL ? VERDICT_OK : VERDICT_WRONG_IDENTITY;
	if (who != NULL && who->digits != 0 && who->digits == digits)
		return VERDICT_OK;
	return pending->step == STEP_DONE ? not_understood(service)
					  : VERDICT_WRONG_IDENTITY;
}
