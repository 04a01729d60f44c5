/* Conversations, step by step, with no store and no clock: what is said to
 * whom, what is awaited then, and what is remembered. */
#include "core/dialogue.c"

#include <stdlib.h>

#include "test.h"

#define NOW 1795305600
#define TODAY (NOW - 8 * 3600)

static const char *const query_words[] = {"CXMYD", "CX", "CX10"};
static const char *const help_words[] = {"HELP"};
static const char *const withdraw_words[] = {"QXTY"};
static const char *const delete_words[] = {"SCSJ"};
static const char *const verify_words[] = {"HY"};
static const char *const zh_words[] = {"ZH"};
static const char *const en_words[] = {"EN"};

static struct conf_service service = {
    .keywords = {.v = (const char **)query_words, .n = 3},
    .help = {.v = (const char **)help_words, .n = 1},
    .withdraw = {.v = (const char **)withdraw_words, .n = 1},
    .delete = {.v = (const char **)delete_words, .n = 1},
    .verify = {.v = (const char **)verify_words, .n = 1},
    .language_zh = {.v = (const char **)zh_words, .n = 1},
    .language_en = {.v = (const char **)en_words, .n = 1},
    .reply_minutes = 10,
};
static const struct conf_limits limits = {.tries = 3, .lock_minutes = 30};

/* The subscriber, and what lies in the small state. */
static struct {
	const char *digits; /* null for a number that is not provisioned */
	int64_t since, now;
	uint32_t wording;
	int64_t copies_before;
	int dialled;
	struct pending pending;
	struct subject subject;
	struct dialogue last;
} world;

static void
begin(enum identity identity, enum consent consent, enum unknown unknown)
{
	service.identity = identity;
	service.consent = consent;
	service.unknown = unknown;
	memset(&world, 0, sizeof(world));
	world.digits = "1234";
	world.now = NOW;
	world.wording = 1;
	world.subject.language = LANGUAGES;
}

/* Stands for the keyed hash of a text. */
static uint64_t
hash(const char *text)
{
	uint64_t h = 1;

	while (*text != '\0')
		h = h * 31 + (uint8_t)*text++;
	return h;
}

static void
remember(void)
{
	const struct dialogue *d = &world.last;

	if (d->asked)
		world.pending = d->pending;
	if (d->erase)
		world.subject = (struct subject){
		    .language = LANGUAGES, .deleted_at = world.now};
	else if (d->changed)
		world.subject = d->subject;
}

static enum verdict
hear(const struct request *r, uint64_t said)
{
	struct dialogue *d = &world.last;
	struct person who = {
	    .is_known = world.digits != NULL, .since = world.since};
	enum verdict v;

	*d = (struct dialogue){
	    .service = &service,
	    .limits = &limits,
	    .time = {world.now, TODAY, TODAY + 86400},
	    .channel = world.dialled ? CHANNEL_USSD : CHANNEL_SMS,
	    .wording = world.wording,
	    .said = said,
	    .copies_before = world.copies_before,
	    .r = *r,
	    .subject = world.subject,
	};
	if ((world.dialled || dialogue_may_reply(r) || dialogue_begins(d)) &&
	    world.pending.until > world.now)
		d->pending = world.pending;
	v = dialogue_open(d);
	who.is_right = world.digits != NULL &&
	    strcmp(world.digits, dialogue_digits(d)) == 0;
	if (v == VERDICT_OK)
		v = dialogue_judge(d, &who);
	remember();
	return v;
}

static enum verdict
said(const char *text)
{
	struct request r;

	request_parse(text, &service, &r);
	return hear(&r, hash(text));
}

static void
expect(const char *text, const char *want, const char *why)
{
	ok_str(verdict_name(said(text)), want, "%s: %s", text, why);
}

/* The flows of the services. */

static void
prompt_flow(void)
{
	begin(IDENTITY_PROMPT, CONSENT_REPLY, UNKNOWN_IGNORE);
	expect("1234", "silence", "nobody asked");
	expect("Y", "silence", "nobody asked");
	expect("CXMYD", "prompt", "the last four are asked for");
	expect("hello", "silence", "another service's");
	expect("Y", "silence", "no Y was asked for");
	expect("1234", "ok", "the reply");
	ok_int(world.subject.consent_at, NOW, "agrees");
	ok_int(world.subject.consent_channel, CHANNEL_SMS, "by SMS");
	expect("1234", "ok", "a copy of it");
	expect("CXMYD#1234", "ok", "who has agreed need not reply again");
	expect("CXMYD", "prompt", "asked anew");
	world.now += 599;
	expect("1234", "ok", "in the tenth minute");
	expect("CXMYD", "prompt", "and again");
	world.now += 600;
	expect("1234", "silence", "after it, no reply");
	expect("CXMYD", "prompt", "once more");
	world.wording = 2;
	expect("1234", "prompt", "the words have changed since");
	ok_int(world.subject.consent_version, 1, "and are not agreed to");
	expect("1234", "ok", "until they were read");
	ok_int(world.subject.consent_version, 2, "now they are");
}

/* Is what was asked last what this asks too? */
static int
is_asked(const char *text)
{
	struct request r;

	request_parse(text, &service, &r);
	world.last = (struct dialogue){
	    .service = &service,
	    .time.now = world.now,
	    .wording = world.wording,
	    .r = r,
	    .pending = world.pending,
	};
	return dialogue_begins(&world.last) && dialogue_is_asked(&world.last);
}

static void
asked_already(void)
{
	begin(IDENTITY_PROMPT, CONSENT_NONE, UNKNOWN_IGNORE);
	ok(!is_asked("CXMYD"), "nothing was asked");
	expect("CXMYD", "prompt", "the last four are asked for");
	ok(is_asked("CXMYD") && is_asked("cx"), "which the keyword asks too");
	ok(!is_asked("CXMYD EN"), "but not for an answer in English");
	ok(!is_asked("CXMYD#1234"), "nor with the digits");
	ok(!is_asked("SCSJ"), "nor a deletion");
	world.now += 300;
	ok(is_asked("CXMYD"), "half of the time is left");
	world.now++;
	ok(!is_asked("CXMYD"), "less is not enough for a reply");
	world.now--;
	world.wording = 2;
	ok(!is_asked("CXMYD"), "nor in other words");
	world.wording = 1;
	ok(!dialogue_was_answered(&world.last), "not replied to");
	expect("1234", "ok", "it is");
	ok(!is_asked("CXMYD"), "and asked no more");
	ok(dialogue_was_answered(&world.last), "for it was");
}

/* What a text does besides being answered. */
static int
only_tells(enum identity identity, const char *text)
{
	struct dialogue d = {.service = &service, .pending = world.pending};

	service.identity = identity;
	request_parse(text, &service, &d.r);
	return dialogue_only_tells(&d);
}

static void
told_only(void)
{
	begin(IDENTITY_PROMPT, CONSENT_NONE, UNKNOWN_IGNORE);
	ok(only_tells(IDENTITY_PROMPT, "CXMYD") &&
		only_tells(IDENTITY_PROMPT, "SCSJ") &&
		only_tells(IDENTITY_NONE, "CXMYD") &&
		only_tells(IDENTITY_NONE, "CXMYD#1234"),
	    "without digits nothing is done");
	ok(!only_tells(IDENTITY_PROMPT, "CXMYD#1234") &&
		!only_tells(IDENTITY_INLINE, "SCSJ#1234"),
	    "digits may be wrong");
	ok(!only_tells(IDENTITY_PROMPT, "QXTY") &&
		!only_tells(IDENTITY_PROMPT, "EN") &&
		!only_tells(IDENTITY_PROMPT, "HY 13800000001 123456789012"),
	    "consent, language and a code to check are the subscriber's");
	world.pending.step = STEP_DELETE;
	ok(!only_tells(IDENTITY_NONE, "Y"), "so is a Y");
}

static void
inline_flow(void)
{
	begin(IDENTITY_INLINE, CONSENT_NONE, UNKNOWN_HELP);
	expect("CXMYD", "help", "the digits are missing");
	expect("CXMYD#1234", "ok", "straight");
	expect("1234", "help", "no question was asked");
	expect("CXMYD#4321", "wrong-identity", "others' digits");
	expect("CXMDY#1234", "ok", "CX, and digits behind it");
	expect("XCMYD#1234", "help", "a near miss");
	service.unknown = UNKNOWN_IGNORE;
	expect("XCMYD#1234", "help", "also where others are ignored");
	expect("LLCX", "silence", "but not what is far off");
}

static void
ask_flow(void)
{
	begin(IDENTITY_INLINE, CONSENT_ASK, UNKNOWN_IGNORE);
	expect("CXMYD1234", "consent-needed", "a Y is asked for");
	ok_int(world.subject.consent_at, 0, "nothing is agreed to yet");
	expect("CXMYD1234", "consent-needed", "asked again, as often");
	expect("1234", "consent-needed", "a copy of the digits");
	world.now += 5;
	expect("Y", "ok", "and given");
	ok_int(world.subject.consent_at, NOW + 5, "with the time");
	ok_int(world.subject.consent_version, 1, "and the wording");
	expect("Y", "ok", "a copy");
	expect("CXMYD1234", "ok", "not asked while it holds");
	world.wording = 2;
	expect("Y", "silence", "a copy is no Y to another wording");
	expect("CXMYD1234", "consent-needed", "asked when the wording changes");
	world.wording = 3;
	expect("Y", "consent-needed", "a Y to words that were not read");
	ok_int(world.subject.consent_version, 1, "is none to these");
	expect("同意", "ok", "in Chinese");
	ok_int(world.subject.consent_version, 3, "to those that were");
	world.since = world.now + 1;
	expect("CXMYD1234", "consent-needed", "another person has the number");

	begin(IDENTITY_NONE, CONSENT_ASK, UNKNOWN_HELP);
	expect("CXMYD", "consent-needed", "without digits too");
	expect("是", "ok", "another yes");
	begin(IDENTITY_PROMPT, CONSENT_ASK, UNKNOWN_HELP);
	expect("CXMYD", "prompt", "first the digits");
	expect("Y", "help", "not the Y");
	expect("1234", "consent-needed", "then the Y");
	expect("ｙ", "ok", "full-width");
	expect("1234", "ok", "a copy of the digits that comes late");
	expect("CXMYD", "prompt", "next time");
	expect("1234", "ok", "no Y");
}

static void
withdrawal(void)
{
	begin(IDENTITY_INLINE, CONSENT_ASK, UNKNOWN_HELP);
	expect("QXTY", "no-consent", "what was never given");
	said("CXMYD1234");
	said("Y");
	expect("QXTY", "withdrawn", "withdrawn");
	ok_int(world.subject.consent_at, 0, "and forgotten");
	expect("Y", "help", "a copy of the Y does not give it again");
	expect("QXTY", "no-consent", "once");
	expect("CXMYD1234", "consent-needed", "asked again");

	begin(IDENTITY_PROMPT, CONSENT_REPLY, UNKNOWN_HELP);
	said("CXMYD");
	said("1234");
	expect("QXTY", "withdrawn", "of a reply too");
	expect("1234", "help", "a copy of the reply does not give it again");
	expect("CXMYD1234", "prompt", "a reply is needed again");
	expect("1234", "ok", "which agrees");
}

/* Locks. */

static void
locks(void)
{
	begin(IDENTITY_INLINE, CONSENT_NONE, UNKNOWN_HELP);
	expect("CXMYD#0000", "wrong-identity", "one");
	expect("CXMYD#0000", "wrong-identity", "the same again counts");
	expect("CXMYD#0000", "locked", "the third in a row locks");
	expect("CXMYD#1234", "locked", "the right digits too");
	expect("CXMYD#0000", "locked", "and wrong ones");
	ok_int(world.subject.tries, 3, "do not count");
	expect("CXMYD", "help", "what needs no person is told");
	expect("SCSJ#1234", "locked", "a deletion is not");
	expect("SCSJ", "locked", "nor its question");
	expect("EN", "language-set", "a language is");
	expect("QXTY", "no-consent", "and what may be withdrawn");
	service.identity = IDENTITY_NONE;
	expect("CXMYD", "locked", "nor any other service's answer");
	service.identity = IDENTITY_PROMPT;
	expect("CXMYD", "locked", "nor a question");
	service.identity = IDENTITY_INLINE;
	world.now += 30 * 60 - 1;
	expect("CXMYD#1234", "locked", "to its last second");
	world.now++;
	expect("CXMYD#0000", "locked", "the next wrong one locks");
	ok_int(lock_minutes(&world.subject, world.now), 60, "twice as long");
	world.now += 3600;
	expect("CXMYD#1234", "ok", "the right one");
	ok_int(world.subject.tries, 0, "resets");

	begin(IDENTITY_INLINE, CONSENT_NONE, UNKNOWN_HELP);
	world.digits = NULL;
	expect("CXMYD#1234", "wrong-identity", "a number not provisioned");
	expect("CXMYD#1234", "wrong-identity", "counts");
	expect("CXMYD#1234", "locked", "alike");
	begin(IDENTITY_NONE, CONSENT_NONE, UNKNOWN_HELP);
	world.digits = NULL;
	for (int i = 0; i < 4; i++)
		said("CXMYD");
	expect("CXMYD", "wrong-identity", "without digits nothing is guessed");
}

/* Replies are no way to guess. */
static void
locks_of_replies(void)
{
	begin(IDENTITY_PROMPT, CONSENT_NONE, UNKNOWN_IGNORE);
	said("CXMYD");
	expect("0000", "wrong-identity", "a wrong reply");
	said("CXMYD");
	expect("0000", "wrong-identity", "another");
	said("CXMYD");
	expect("0000", "locked", "and the third");
	expect("1234", "locked", "no more replies");
	world.now += 30 * 60;
	said("CXMYD");
	expect("1234", "ok", "later");
	expect("0000", "silence", "digits behind it may be another's");
	expect("1111", "silence", "without a word");
	expect("1234", "ok", "the right ones are a copy");
	expect("0000", "silence", "but all count");
	expect("1111", "silence", "in a row");
	expect("2222", "locked", "and lock");
	expect("1234", "locked", "a copy is not told either");

	begin(IDENTITY_INLINE, CONSENT_ASK, UNKNOWN_IGNORE);
	said("CXMYD#1234");
	for (int i = 0; i < 3; i++)
		said("0000");
	expect("Y", "locked", "nor where a Y is awaited");
	world.now += 30 * 60;
	expect("Y", "silence", "which is not awaited for ever");

	begin(IDENTITY_PROMPT, CONSENT_NONE, UNKNOWN_IGNORE);
	world.digits = NULL;
	said("CXMYD");
	expect("Y", "silence", "nobody learns from a Y who is provisioned");
}

/* A text that was counted, and comes once more because nobody knows that. */
static void
copies(void)
{
	begin(IDENTITY_INLINE, CONSENT_NONE, UNKNOWN_HELP);
	said("CXMYD#0000");
	world.copies_before = ++world.now;
	expect("CXMYD#0000", "wrong-identity", "a copy from before a restart");
	ok_int(world.subject.tries, 1, "does not count");
	expect("CXMYD#0000", "wrong-identity", "a second one");
	ok_int(world.subject.tries, 2, "does");
	said("CXMYD#1234");
	world.copies_before = 0;
	said("CXMYD#0000");
	world.copies_before = ++world.now;
	said("CXMYD#0001");
	ok_int(world.subject.tries, 2, "another text does");
	world.now += TRIED_BEFORE;
	world.copies_before = world.now;
	said("CXMYD#0001");
	ok_int(world.subject.tries, 3, "the same much later does");
}

/* Deletion. */

static void
deletion(void)
{
	begin(IDENTITY_INLINE, CONSENT_ASK, UNKNOWN_IGNORE);
	said("CXMYD1234");
	said("Y");
	expect("SCSJ#4321", "wrong-identity", "others' digits");
	expect("SCSJ#1234", "delete-ask", "the right ones are asked for a Y");
	ok(!world.last.erase, "nothing is deleted yet");
	expect("1234", "delete-ask", "a copy of them");
	expect("Y", "deleted", "the Y");
	ok(world.last.erase, "deletes");
	expect("Y", "deleted", "a copy is told the same");
	ok(!world.last.erase, "and deletes nothing");
	expect("CXMYD1234", "consent-needed", "the consent is gone too");

	expect("SCSJ", "delete-prompt", "without digits they are asked for");
	expect("Y", "silence", "a Y does not do");
	expect("1234", "delete-ask", "then the Y");
	world.now += 600;
	expect("Y", "silence", "in time");
	ok(!world.last.erase, "or nothing is deleted");

	begin(IDENTITY_NONE, CONSENT_NONE, UNKNOWN_HELP);
	expect("SCSJ", "delete-ask", "where the phone is enough");
	expect("CXMYD", "ok", "a request goes before");
	world.digits = NULL;
	expect("Y", "wrong-identity", "whose row is gone cannot be deleted");
	expect("SCSJ", "wrong-identity", "nor be asked");
}

static void
languages(void)
{
	begin(IDENTITY_PROMPT, CONSENT_NONE, UNKNOWN_HELP);
	expect("EN", "language-set", "a language alone");
	ok_int(world.subject.language, LANG_EN, "is kept");
	expect("CXMYD", "prompt", "asked");
	expect("ZH", "prompt", "within a conversation it is asked again");
	ok_int(world.pending.language, LANG_ZH, "in that language");
	expect("1234", "ok", "the reply");
	ok_int(world.last.r.language, LANG_ZH, "is answered in it");
	expect("CXMYD EN", "prompt", "in another, once");
	ok_int(world.subject.language, LANG_ZH, "which is not kept");
	expect("1234", "ok", "the reply");
	ok_int(world.last.r.language, LANG_EN, "is answered in that");
	expect("EN", "language-set", "after the conversation");
}

static void
words_and_replies(void)
{
	begin(IDENTITY_PROMPT, CONSENT_NONE, UNKNOWN_HELP);
	world.digits = "CX12";
	expect("CX12", "prompt", "a keyword and something behind it");
	expect("CX12", "ok", "is the reply where digits are awaited");
	expect("HELP", "help", "keywords win");
	expect("CXMYD", "prompt", "over replies");
	expect("HELP", "help", "within a conversation too");
	expect("CX12", "ok", "which goes on");
}

static void
dialled(void)
{
	struct request r;

	begin(IDENTITY_PROMPT, CONSENT_ASK, UNKNOWN_IGNORE);
	world.dialled = 1;
	request_parse_dialled("*1#", "*1#", &r);
	ok_int(hear(&r, 1), VERDICT_PROMPT, "dialled: asked");
	expect("hm", "help", "who looks at it is told, though others are not");
	expect("1234", "consent-needed", "the digits");
	expect("Y", "ok", "the Y");
	ok_int(world.subject.consent_channel, CHANNEL_USSD, "by USSD");
	expect("SCSJ", "delete-prompt", "keywords are understood");
	request_parse_dialled("*1*1234#", "*1#", &r);
	ok_int(hear(&r, 1), VERDICT_OK, "straight through");
}

static void
names(void)
{
	for (int v = 0; v < VERDICTS; v++)
		ok(verdict_name(v) != NULL, "verdict %d has a name", v);
	ok(verdict_asks(VERDICT_PROMPT) && verdict_asks(VERDICT_DELETE_ASK) &&
		!verdict_asks(VERDICT_OK) && !verdict_asks(VERDICT_DELETED),
	    "some of them ask");
}

static void
codes(void)
{
	begin(IDENTITY_INLINE, CONSENT_ASK, UNKNOWN_IGNORE);
	expect("HY 13800000001 001008085542", "genuine", "to be checked");
	expect("HY", "verify-help", "how that is done");
	expect("HYTC", "silence", "another's");
	for (int i = 0; i < 3; i++)
		said("CXMYD#0000");
	expect("HY 13800000001 001008085542", "genuine",
	    "a lock is about the number's own places");
	begin(IDENTITY_PROMPT, CONSENT_NONE, UNKNOWN_IGNORE);
	world.digits = "HY12";
	said("CXMYD");
	expect("HY12", "ok", "a reply that begins like it");
	begin(IDENTITY_INLINE, CONSENT_ASK, UNKNOWN_IGNORE);
	said("CXMYD#1234");
	expect("CX10", "help", "a keyword of four where a Y is awaited");
	ok_int(world.subject.tries, 0, "is no wrong try");
}

int
main(void)
{
	prompt_flow();
	asked_already();
	told_only();
	inline_flow();
	ask_flow();
	withdrawal();
	locks();
	locks_of_replies();
	copies();
	deletion();
	languages();
	words_and_replies();
	dialled();
	names();
	codes();
	return test_done();
}
