/* While the store is away: whoever was answered today has that answer, and
 * nobody learns another one, or which digits are right. */
#define CONFIG                                                         \
	"carrier \"a\" { name_zh = \"甲\" hotline = \"10086\" }\n"    \
	"service \"open\" { carrier = \"a\" code = {\"1\"}\n"          \
	"  keywords = {\"Q\"} identity = none }\n"                     \
	"service \"inline\" { carrier = \"a\" code = {\"2\"}\n"        \
	"  keywords = {\"Q\"} identity = inline }\n"                   \
	"service \"prompt\" { carrier = \"a\" code = {\"3\"}\n"        \
	"  keywords = {\"Q\"} identity = prompt consent = reply }\n"   \
	"service \"strict\" { carrier = \"a\" code = {\"4\"}\n"        \
	"  keywords = {\"Q\"} identity = none refuse_after = 7200 }\n" \
	"service \"dialled\" { carrier = \"a\" code = {\"*3#\"}\n"     \
	"  identity = prompt }\n"                                      \
	"limits { texts_per_hour = 1000 wrong_codes = 3 tries = 3 }\n"
#include "verify_fixture.h"

#include "core/question.h"
#include "correct.h"
#include "purge.h"

#define ANNA "8613800000010"
#define BO "8613800000020"
#define CARL "8613800000030"
#define DORA "8613800000040"
#define EVE "8613800000050"
#define IMSI "460000000000010"

static const char *const people[] = {ANNA, BO, CARL, DORA, EVE};
static char say[ANSWER_MAX], told[ANSWER_MAX];
static struct ticket ticket;
static struct answer answer;

static const struct conf_service *
service(const char *name)
{
	return conf_service(core->conf, name);
}

static enum verdict
text(const char *name, const char *msisdn, const char *what)
{
	enum verdict v = query_text(
	    query, service(name), msisdn, what, NULL, &answer, say, &ticket);

	if (v == VERDICT_SYSTEM_BUSY)
		query_refused(query, &ticket);
	else if (v != VERDICT_SILENCE)
		query_sent(query, &ticket, say);
	must(state_commit(vault()->state));
	query_end(query);
	return v;
}

/* Asks, and keeps what is told. */
static void
tell(const char *name, const char *msisdn, const char *what)
{
	ok_int(text(name, msisdn, what), VERDICT_OK, "%s is told", msisdn);
	strcpy(told, say);
}

static void
is_held(const char *name, const char *msisdn, const char *what)
{
	ok_int(text(name, msisdn, what), VERDICT_OK, "%s %s is told again",
	    name, msisdn);
	ok_str(say, told, "what was told, as of then");
}

static void
is_refused(
    const char *name, const char *msisdn, const char *what, const char *why)
{
	ok_int(text(name, msisdn, what), VERDICT_SYSTEM_BUSY, "%s", why);
}

static void
away(int is_away)
{
	query_end(query);
	close_store();
	if (is_away)
		must(rename("store/stays.db", "store/away.db"));
	else
		must(rename("store/away.db", "store/stays.db"));
}

/* Another core that remembers nothing. */
static void
begin_anew(void)
{
	close_core();
	open_core();
	when_set(NOW, 0);
}

static void
fill(void)
{
	char imsi[] = IMSI;

	put_cells();
	write_begin();
	for (size_t i = 0; i < 5; i++) {
		imsi[13] = '1' + i;
		row_with(people[i], imsi, "h", "12X4", LONG_AGO);
		seen(imsi, &places[0], NOW - DAY);
		seen(imsi, &places[8], NOW - 2 * DAY);
	}
	must(store_put_watermark(vault()->store, "test", NOW - 600));
	write_end();
}

/* The same request, long after repeat_window. */
static void
today(void)
{
	begin_anew();
	tell("open", ANNA, "Q");
	when_set(NOW + 5 * HOUR, 0);
	away(1);
	is_held("open", ANNA, "Q");
	is_held("open", ANNA, "Q");
	is_refused("open", BO, "Q", "another subscriber has none");
	is_refused("inline", ANNA, "Q#12X4", "nor another service");
	is_refused("open", ANNA, "Q EN", "nor another language");
	ok_int(text("open", ANNA, "Q"), VERDICT_OK, "still there");
	query_sent(query, &ticket, NULL);
	when_set(NOW + 6 * HOUR, 0);
	is_held("open", ANNA, "Q");
	when_set(NOW + 16 * HOUR - 1, 0);
	is_held("open", ANNA, "Q");
	when_set(NOW + 16 * HOUR, 0);
	is_refused("open", ANNA, "Q", "at midnight it is over");
	when_set(NOW, 0);
	away(0);
	ok_int(text("open", BO, "Q"), VERDICT_OK, "back, all are told");
}

/* What must not be told any more. */
static void
ends(void)
{
	const struct correction c = {
	    .region = 310000,
	    .from = NOW - DAY,
	    .to = NOW - DAY / 2,
	    .act = CORRECT_ADD,
	    .made = NOW - 1,
	};

	begin_anew();
	tell("open", ANNA, "Q");
	tell("open", BO, "Q");
	tell("inline", CARL, "Q#12X4");
	ok_int(text("prompt", DORA, "Q"), VERDICT_PROMPT, "asked");
	tell("prompt", DORA, "12X4");
	tell("strict", EVE, "Q");
	when_set(NOW + 120, 0);
	must(correct_put(
	    vault()->state, key_msisdn(vault()->key, ANNA), &c, "op", "-"));
	for (int i = 0; i < 3; i++)
		text("inline", BO, "Q#0000");
	ok_int(text("inline", CARL, "SCSJ#12X4"), VERDICT_DELETE_ASK, "sure?");
	ok_int(text("inline", CARL, "Y"), VERDICT_DELETED, "deleted");
	ok_int(text("prompt", DORA, "QXTY"), VERDICT_WITHDRAWN, "withdrawn");
	away(1);
	is_refused("open", ANNA, "Q", "none that was corrected since");
	is_refused("open", BO, "Q", "none behind a lock");
	is_refused("inline", CARL, "Q#12X4", "none that was deleted");
	ok_int(text("prompt", DORA, "Q"), VERDICT_PROMPT, "asked again");
	is_refused("prompt", DORA, "12X4", "none without the consent of then");
	when_set(NOW + 7200, 0);
	ok_int(text("strict", EVE, "Q"), VERDICT_OK, "one that is not too old");
	when_set(NOW + 7261, 0);
	is_refused("strict", EVE, "Q", "none that is older than refuse_after");
	away(0);
	must(correct_forget(vault()->state, key_msisdn(vault()->key, ANNA)));
	must(state_commit(vault()->state));
}

/* The digits are asked for where there is something to be told. */
static void
conversations(void)
{
	uint32_t token;

	begin_anew();
	ok_int(text("prompt", EVE, "Q"), VERDICT_PROMPT, "asked");
	tell("prompt", EVE, "12X4");
	ok_int(query_dialled(query, service("dialled"), "*3#", EVE, "*3*12X4#",
		   0, &answer, told),
	    VERDICT_OK, "dialled");
	when_set(NOW + HOUR, 0);
	away(1);
	is_refused("prompt", ANNA, "Q", "who was told nothing is not asked");
	ok_int(text("prompt", EVE, "Q"), VERDICT_PROMPT, "who was told is");
	is_refused("prompt", EVE, "1234", "other digits have no answer");
	ok_int(text("prompt", EVE, "12X4"), VERDICT_OK, "the right ones have");
	ok_int(query_dialled(query, service("dialled"), "*3#", EVE, "*3#", 0,
		   &answer, say),
	    VERDICT_PROMPT, "dialled: asked");
	ok_int(query_reply(query, service("dialled"), EVE, "12X4", &token,
		   &answer, say),
	    VERDICT_OK, "and told");
	ok_str(say, told, "the same");
	away(0);
}

/* Whoever has had their texts for the hour is not told anything, so that
 * nothing needs a look-up but what counts. */
static void
untold(void)
{
	begin_anew();
	for (int i = 0; i < 1000; i++)
		text("open", ANNA, "?");
	away(1);
	ok_int(text("open", ANNA, "Q"), VERDICT_SILENCE, "places");
	ok_int(text("open", ANNA, "SCSJ"), VERDICT_SILENCE, "a deletion");
	ok_int(text("prompt", ANNA, "Q"), VERDICT_SILENCE, "a question");
	is_refused("inline", ANNA, "Q#1111", "digits are looked at");
	away(0);
	ok_int(
	    text("inline", ANNA, "Q#1111"), VERDICT_SILENCE, "when it is back");
	when_set(NOW + 2 * HOUR, 0);
	ok_int(text("prompt", ANNA, "12X4"), VERDICT_HELP,
	    "what nobody heard was not asked");
}

/* Guessing the digits. */
static void
guesses(void)
{
	begin_anew();
	tell("inline", ANNA, "Q#12X4");
	when_set(NOW + HOUR, 0);
	away(1);
	for (int i = 0; i < 9; i++)
		is_refused("inline", ANNA, "Q#1111", "a copy is one try");
	is_refused("inline", ANNA, "Q#2222", "the second");
	is_held("inline", ANNA, "Q#12X4");
	is_refused("inline", ANNA, "Q#3333", "the third");
	is_refused("inline", ANNA, "Q#12X4", "then the right ones say nothing");
	when_set(NOW + 2 * HOUR + 600, 0);
	is_held("inline", ANNA, "Q 12X4");
	away(0);
	ok_int(text("inline", ANNA, "Q#4444"), VERDICT_WRONG_IDENTITY,
	    "back, a wrong try is one");
	when_set(NOW + 3 * HOUR, 0);
	/* the digits of then, which are not right any more */
	write_begin();
	row_with(ANNA, IMSI, "h", "5555", LONG_AGO);
	write_end();
	ok_int(text("inline", ANNA, "Q#5555"), VERDICT_OK, "other digits");
	ok_int(text("inline", ANNA, "Q12X4"), VERDICT_WRONG_IDENTITY,
	    "those of before are wrong");
	ok_int(text("inline", ANNA, "Q#5555"), VERDICT_OK, "no try is left");
	away(1);
	is_refused("inline", ANNA, "Q12X4", "and not held");
	away(0);
}

/* A file that can be opened, and not be read. */
static void
unreadable(void)
{
	begin_anew();
	tell("open", ANNA, "Q");
	when_set(NOW + HOUR, 0);
	away(1);
	put_text("store/stays.db", "");
	is_held("open", ANNA, "Q");
	is_refused("open", BO, "Q", "none for who was not told");
	unlink("store/stays.db");
	away(0);
}

/* Neither can the small state be: nobody knows of locks. */
static void
both(void)
{
	begin_anew();
	tell("open", ANNA, "Q");
	when_set(NOW + HOUR, 0);
	away(1);
	state_close(vault()->state);
	vault()->state = NULL;
	must(rename("store", "gone"));
	ok_int(query_text(query, service("open"), ANNA, "Q", NULL, &answer, say,
		   &ticket),
	    VERDICT_SYSTEM_BUSY, "with both away there is no answer");
	is_refused("open", ANNA, "Q", "nor with a small state made anew");
	state_close(vault()->state);
	vault()->state = NULL;
	must(system("rm -r store"));
	must(rename("gone", "store"));
	must(core_state(vault()));
	away(0);
}

static void
purged(void)
{
	struct purge_counts n;

	begin_anew();
	tell("open", ANNA, "Q");
	when_set(NOW + HOUR, 0);
	query_end(query);
	must(purge_all(core, vault(), &n));
	close_store();
	away(1);
	is_refused("open", ANNA, "Q", "nothing of a store that was purged");
	away(0);
	ok_int(text("open", ANNA, "Q"), VERDICT_SERVICE_CLOSED, "it is closed");
}

/* Nor of the very second of that, for nobody knows which was first. */
static void
purged_meanwhile(void)
{
	begin_anew();
	must(deletion_make_all(vault()->state, NOW - 1));
	must(state_commit(vault()->state));
	tell("open", ANNA, "Q");
	when_set(NOW + HOUR, 0);
	away(1);
	is_held("open", ANNA, "Q");
	when_set(NOW + 2 * HOUR, 0);
	must(deletion_make_all(vault()->state, NOW));
	must(state_commit(vault()->state));
	is_refused("open", ANNA, "Q", "nothing of the second of the purge");
	away(0);
}

int
main(void)
{
	when_set(NOW - HOUR, 0);
	begin();
	when_set(NOW, 0);
	fill();
	today();
	ends();
	conversations();
	untold();
	guesses();
	unreadable();
	both();
	purged_meanwhile();
	purged();
	close_core();
	return test_done();
}
