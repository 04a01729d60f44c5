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
	    [VERDICT_SEND_AGAIN] = "send-again",
	    [VERDICT_SILENCE] = "silence",
	};

	return names[v];
}

enum verdict
dialogue_open(const struct conf_service *service, const struct request *r)
{
	if (r->verb == VERB_UNKNOWN)
		return service->unknown == UNKNOWN_HELP ? VERDICT_HELP
							: VERDICT_SILENCE;
	if (r->verb == VERB_HELP)
		return VERDICT_HELP;
	if (service->identity == IDENTITY_INLINE && r->digits[0] == '\0')
		return VERDICT_HELP;
	return VERDICT_OK;
}

enum verdict
dialogue_identify(const struct conf_service *service,
    const struct subscriber *who, uint64_t digits)
{
	if (who == NULL)
		return VERDICT_WRONG_IDENTITY;
	if (service->identity == IDENTITY_NONE)
		return VERDICT_OK;
	if (who->digits == 0 || who->digits != digits)
		return VERDICT_WRONG_IDENTITY;
	return VERDICT_OK;
}
