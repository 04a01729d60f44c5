/* The steps of a conversation.
 *
 * Whatever is wrong is said in the same words to a number that is not
 * provisioned, and counts the same, so that nobody learns which numbers are.
 * While a number is locked nothing is told from which to guess on. */
#include "dialogue.h"

#define TRIED_BEFORE 600 /* s in which a text that was tried comes again */

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
	    [VERDICT_DELETE_PROMPT] = "delete-prompt",
	    [VERDICT_DELETE_ASK] = "delete-ask",
	    [VERDICT_DELETED] = "deleted",
	    [VERDICT_WITHDRAWN] = "withdrawn",
	    [VERDICT_NO_CONSENT] = "no-consent",
	    [VERDICT_LANGUAGE] = "language-set",
	    [VERDICT_GENUINE] = "genuine",
	    [VERDICT_WRONG_CODE] = "wrong-code",
	    [VERDICT_CORRECTED] = "corrected-since",
	    [VERDICT_GONE] = "no-longer-held",
	    [VERDICT_VERIFY_HELP] = "verify-help",
	};

	return names[v];
}

int
verdict_asks(enum verdict v)
{
	return v == VERDICT_PROMPT || v == VERDICT_CONSENT_NEEDED ||
	    v == VERDICT_DELETE_PROMPT || v == VERDICT_DELETE_ASK;
}

/* What is understood. */

int
dialogue_may_reply(const struct request *r)
{
	return r->is_yes || r->reply[0] != '\0' || r->verb == VERB_LANGUAGE;
}

static int
awaits_digits(enum step s)
{
	return s == STEP_IDENTITY || s == STEP_DELETE_IDENTITY;
}

/* Keywords win over replies, but for what was asked for: four characters may
 * begin with a short keyword. */
static int
is_reply(const struct dialogue *d)
{
	if (d->pending.step == STEP_NONE)
		return 0;
	if (d->r.reply[0] != '\0' && awaits_digits(d->pending.step))
		return 1;
	return (d->r.reply[0] != '\0' || d->r.is_yes) &&
	    (d->r.verb == VERB_UNKNOWN || d->r.verb == VERB_NEAR);
}

/* Who dialled is looking at it and waits. */
static enum verdict
not_understood(const struct dialogue *d)
{
	if (d->channel == CHANNEL_USSD || d->service->unknown == UNKNOWN_HELP)
		return VERDICT_HELP;
	return VERDICT_SILENCE;
}

enum verdict
dialogue_open(struct dialogue *d)
{
	if (is_reply(d)) {
		if (d->r.language == LANGUAGES)
			d->r.language = d->pending.language;
		return VERDICT_OK;
	}
	if (d->r.verb == VERB_UNKNOWN)
		return not_understood(d);
	if (d->r.verb == VERB_HELP || d->r.verb == VERB_NEAR)
		return VERDICT_HELP;
	if (d->r.verb == VERB_VERIFY && d->r.code[0] == '\0')
		return VERDICT_VERIFY_HELP;
	if (d->r.verb == VERB_QUERY && d->r.digits[0] == '\0' &&
	    d->service->identity == IDENTITY_INLINE)
		return VERDICT_HELP;
	return VERDICT_OK;
}

int
dialogue_may_repeat(const struct dialogue *d)
{
	enum step s = d->pending.step;

	if (!is_reply(d))
		return d->r.verb == VERB_QUERY &&
		    (d->r.digits[0] != '\0' ||
			d->service->identity == IDENTITY_NONE);
	/* a Y says nothing of who it is until the digits were given */
	return (s == STEP_IDENTITY && d->r.reply[0] != '\0') ||
	    s == STEP_DONE || s == STEP_CONSENT || s == STEP_AGREED;
}

int
dialogue_begins(const struct dialogue *d)
{
	return !is_reply(d) && d->r.verb == VERB_QUERY &&
	    d->r.digits[0] == '\0' && d->service->identity == IDENTITY_PROMPT;
}

/* In the same words, and the reply answered in the same language. */
int
dialogue_is_asked(const struct dialogue *d)
{
	const struct pending *p = &d->pending;

	return p->step == STEP_IDENTITY && p->language == d->r.language &&
	    p->wording == d->wording &&
	    p->until - d->time.now >= 30 * (int64_t)d->service->reply_minutes;
}

int
dialogue_was_answered(const struct dialogue *d)
{
	enum step s = d->pending.step;

	return s == STEP_DONE || s == STEP_CONSENT || s == STEP_AGREED;
}

/* A question that nobody hears is not asked, and with no digits there is
 * nothing to count. */
int
dialogue_only_tells(const struct dialogue *d)
{
	enum verb v = d->r.verb;

	return !is_reply(d) && (v == VERB_QUERY || v == VERB_DELETE) &&
	    (d->r.digits[0] == '\0' || d->service->identity == IDENTITY_NONE);
}

const char *
dialogue_digits(const struct dialogue *d)
{
	return is_reply(d) ? d->r.reply : d->r.digits;
}

/* What comes next. */

static enum verdict
ask(struct dialogue *d, enum step step)
{
	static const enum verdict questions[] = {
	    [STEP_IDENTITY] = VERDICT_PROMPT,
	    [STEP_CONSENT] = VERDICT_CONSENT_NEEDED,
	    [STEP_DELETE_IDENTITY] = VERDICT_DELETE_PROMPT,
	    [STEP_DELETE] = VERDICT_DELETE_ASK,
	};

	d->pending.step = step;
	d->pending.language = d->r.language;
	d->pending.wording = d->wording;
	d->pending.until =
	    d->time.now + 60 * (int64_t)d->service->reply_minutes;
	d->asked = 1;
	return questions[step];
}

/* What was asked for was given; no time is added to it. */
static void
settle(struct dialogue *d, enum step step)
{
	if (d->pending.step == STEP_NONE || d->pending.step == step)
		return;
	d->pending.step = step;
	d->asked = 1;
}

/* Identity. */

/* Of a text that came before: we died, or refused it for now, after it had
 * been counted. */
static int
is_copy(const struct dialogue *d)
{
	const struct subject *x = &d->subject;

	return x->tried == d->said && x->tried_at < d->copies_before &&
	    d->time.now - x->tried_at < TRIED_BEFORE;
}

/* Where no digits were asked for they may be meant for somebody else, and are
 * counted without a word: or they could be guessed there. */
static enum verdict
wrong(struct dialogue *d)
{
	enum verdict told = is_reply(d) && !awaits_digits(d->pending.step)
	    ? not_understood(d)
	    : VERDICT_WRONG_IDENTITY;

	if (is_copy(d))
		d->subject.tried = 0; /* once */
	else
		lock_wrong(&d->subject, d->limits, &d->time, d->said);
	d->changed = 1;
	return lock_minutes(&d->subject, d->time.now) ? VERDICT_LOCKED : told;
}

static enum verdict
identify(struct dialogue *d, const struct person *who)
{
	if (!who->is_right)
		return wrong(d);
	d->changed |= lock_right(&d->subject);
	return VERDICT_OK;
}

/* Consent. */

/* One to what is asked now, by the person who has the number now. */
static int
has_agreed(const struct dialogue *d, const struct person *who)
{
	const struct subject *x = &d->subject;

	return x->consent_at != 0 && x->consent_version == d->wording &&
	    who->is_known && x->consent_at >= who->since;
}

/* Only to what was read: where the words have changed since, the question is
 * asked again. */
static int
may_agree(const struct dialogue *d, const struct person *who)
{
	return d->pending.wording == d->wording || has_agreed(d, who);
}

static void
agree(struct dialogue *d, const struct person *who)
{
	if (has_agreed(d, who))
		return;
	d->subject.consent_at = d->time.now;
	d->subject.consent_version = d->wording;
	d->subject.consent_channel = d->channel;
	d->changed = 1;
}

/* Who is asked is known. */
static enum verdict
tell(struct dialogue *d, const struct person *who, enum step done)
{
	if (d->service->consent == CONSENT_ASK && !has_agreed(d, who))
		return ask(d, STEP_CONSENT);
	settle(d, done);
	return VERDICT_OK;
}

static enum verdict
withdraw(struct dialogue *d)
{
	if (d->subject.consent_at == 0)
		return VERDICT_NO_CONSENT;
	d->subject.consent_at = 0;
	d->subject.consent_version = 0;
	d->subject.consent_channel = CHANNEL_NONE;
	d->changed = 1;
	return VERDICT_WITHDRAWN;
}

/* Requests. */

static enum verdict
open_query(struct dialogue *d, const struct person *who)
{
	const struct conf_service *s = d->service;
	enum verdict v;

	if (s->identity == IDENTITY_NONE)
		return who->is_known ? tell(d, who, STEP_NONE)
				     : VERDICT_WRONG_IDENTITY;
	/* it may be the reply to our question that authorises */
	if (d->r.digits[0] == '\0' ||
	    (s->consent == CONSENT_REPLY && !has_agreed(d, who)))
		return ask(d, STEP_IDENTITY);
	v = identify(d, who);
	return v == VERDICT_OK ? tell(d, who, STEP_NONE) : v;
}

static enum verdict
open_deletion(struct dialogue *d, const struct person *who)
{
	enum verdict v = VERDICT_OK;

	if (d->service->identity == IDENTITY_NONE)
		v = who->is_known ? VERDICT_OK : VERDICT_WRONG_IDENTITY;
	else if (d->r.digits[0] == '\0')
		return ask(d, STEP_DELETE_IDENTITY);
	else
		v = identify(d, who);
	return v == VERDICT_OK ? ask(d, STEP_DELETE) : v;
}

/* In the middle of a conversation it is the question again. */
static enum verdict
set_language(struct dialogue *d)
{
	if (d->subject.language != d->r.language) {
		d->subject.language = d->r.language;
		d->changed = 1;
	}
	switch (d->pending.step) {
	case STEP_IDENTITY:
	case STEP_CONSENT:
	case STEP_DELETE_IDENTITY:
	case STEP_DELETE:
		return ask(d, d->pending.step);
	default:
		return VERDICT_LANGUAGE;
	}
}

/* Replies. */

/* Digits where a Y is awaited, or nothing, are a copy of those that were
 * given. */
static enum verdict
reply_digits(struct dialogue *d, const struct person *who)
{
	enum verdict v = identify(d, who);

	if (v != VERDICT_OK)
		return v;
	switch (d->pending.step) {
	case STEP_IDENTITY:
		if (d->service->consent == CONSENT_REPLY) {
			if (!may_agree(d, who))
				return ask(d, STEP_IDENTITY);
			agree(d, who);
		}
		return tell(d, who, STEP_DONE);
	case STEP_DONE:
	case STEP_CONSENT:
	case STEP_AGREED:
		return d->service->consent == CONSENT_REPLY &&
			!has_agreed(d, who)
		    ? not_understood(d)
		    : tell(d, who, d->pending.step);
	case STEP_DELETE_IDENTITY:
	case STEP_DELETE:
		return ask(d, STEP_DELETE);
	default:
		return not_understood(d);
	}
}

/* Who is asked for a Y is known, unless their row was taken away since. */
static enum verdict
reply_yes(struct dialogue *d, const struct person *who)
{
	if (awaits_digits(d->pending.step))
		return not_understood(d);
	if (!who->is_known)
		return VERDICT_WRONG_IDENTITY;
	switch (d->pending.step) {
	case STEP_CONSENT:
		if (!may_agree(d, who))
			return ask(d, STEP_CONSENT);
		agree(d, who);
		return tell(d, who, STEP_AGREED);
	case STEP_AGREED:
		return has_agreed(d, who) ? VERDICT_OK : not_understood(d);
	case STEP_DELETE:
		d->erase = d->changed = 1;
		settle(d, STEP_DELETED);
		return VERDICT_DELETED;
	case STEP_DELETED:
		return VERDICT_DELETED;
	default:
		return not_understood(d);
	}
}

static enum verdict
reply(struct dialogue *d, const struct person *who)
{
	if (lock_minutes(&d->subject, d->time.now))
		return VERDICT_LOCKED;
	return d->r.reply[0] != '\0' ? reply_digits(d, who) : reply_yes(d, who);
}

enum verdict
dialogue_judge(struct dialogue *d, const struct person *who)
{
	if (is_reply(d))
		return reply(d, who);
	if (d->r.verb == VERB_LANGUAGE)
		return set_language(d);
	if (d->r.verb == VERB_WITHDRAW)
		return withdraw(d);
	if (d->r.verb == VERB_VERIFY)
		return VERDICT_GENUINE;
	if (lock_minutes(&d->subject, d->time.now))
		return VERDICT_LOCKED;
	return d->r.verb == VERB_DELETE ? open_deletion(d, who)
					: open_query(d, who);
}
