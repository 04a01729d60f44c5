/* USSD dialogues: every way through them, with a real store and small state.
 */
#include "core/call.c"

#include "feed.h"
#include "pending.h"
#include "fixture.h"
#include "key.h"
#include "test.h"

#define HOUR 3600
#define NOW 1795305600 /* 2026-11-22 08:00 in Shanghai */
#define LONG_AGO (NOW - 400 * 24 * HOUR)
#define SECONDS 20
#define MOST 4 /* dialogues at once */

/* One place, some places, more than three pages of them. */
#define FEW "8613800000001"
#define SOME "8613800000002"
#define MANY "8613800000003"
#define OFTEN "8613800000004"
#define TEXTS_PER_HOUR 20
#define NOBODY "046000123456789"

static const char config[] =
    "store = \"sqlite:store\"\n"
    "key_file = \"site.key\"\n"
    "tables = \"%s/conf\"\n"
    "carrier \"c\" { name_zh = \"中国移动\" hotline = \"10086\" }\n"
    "service \"sms\" { carrier = \"c\" code = {\"10086\"}\n"
    "  keywords = {\"CXMYD\"} }\n"
    "service \"ask\" { carrier = \"c\" code = {\"*10086*3#\"}\n"
    "  identity = prompt }\n"
    "service \"open\" { carrier = \"c\" code = {\"*10086*4#\"}\n"
    "  identity = none receipts = yes }\n"
    "smsc \"s\" { carrier = \"c\" host = \"h\" system_id = \"s\"\n"
    "  concat = sar }\n"
    "limits { repeat_window = 0 texts_per_hour = 20 }\n";

static struct core *core;
static struct query *query;
static struct outbox *outbox;
static struct calls *calls;
static int64_t now;

/* The turns since the last look. */
static struct {
	enum call_what what;
	enum alphabet alphabet;
	uint32_t token;
	char route[CALL_ROUTE];
	uint64_t id;
	int late;
	char say[1024];
} turns[64];
static int nturns, confirms; /* what on_turn returns */

static int
on_turn(const struct call_turn *t, void *arg)
{
	(void)arg;
	if (nturns == 64)
		return 0;
	turns[nturns].what = t->what;
	turns[nturns].alphabet = t->alphabet;
	turns[nturns].token = t->peer->token;
	memcpy(turns[nturns].route, t->peer->route, CALL_ROUTE);
	turns[nturns].id = t->key.id;
	turns[nturns].late = t->late;
	strcpy(turns[nturns++].say, t->say);
	return confirms;
}

static void
open_calls(unsigned max)
{
	const struct calls_conf conf = {
	    .carrier = &core->conf->carriers[0],
	    .channel = "ussd",
	    .max = max,
	    .seconds = SECONDS,
	};

	if (calls_new(&calls, &conf, core, query, outbox, on_turn, NULL) < 0)
		abort();
}

static const int countries[] = {202, 204, 206, 208, 214, 216, 222, 226, 228,
    230, 232, 234, 238, 240, 242, 244, 250, 260, 262, 268, 272, 286, 302, 310,
    334, 404, 440, 450, 452, 502, 505, 510, 515, 520, 525, 602, 604, 605, 639,
    655, 716, 722, 724, 730, 732, 734, 736, 744};

static void
record(struct feed *feed, uint64_t imsi, int mcc, int64_t time)
{
	struct place place;
	struct record r = {.time = time, .imsi = imsi, .place = &place};
	enum reject why;
	char where[32];
	int changed;

	snprintf(where, sizeof(where), "plmn:%d-01", mcc);
	if (place_parse(where, strlen(where), &place) < 0 ||
	    feed_record(feed, &r, &why, &changed) < 0)
		abort();
}

/* One who was in so many countries, an hour in each. */
static void
subscriber(struct feed *feed, const char *msisdn, int n)
{
	struct vault *v = core->vaults[0];
	struct subscriber row = {
	    .msisdn = key_msisdn(v->key, msisdn),
	    .imsi = key_imsi(v->key, msisdn),
	    .since = LONG_AGO,
	    .until = STORE_FOREVER,
	    .language = LANGUAGES,
	};

	row.digits = key_identity(v->key, row.msisdn, "12X4");
	row.person = key_person(v->key, row.msisdn, "h", "12X4", msisdn);
	key_seal(v->key, msisdn, msisdn, row.sealed);
	if (store_put_subscriber(v->store, v->key, &row) < 0)
		abort();
	for (int i = 0; i < n; i++)
		record(feed, row.imsi, countries[i], NOW - (24 + i) * HOUR);
}

static void
fill_store(void)
{
	const struct feed_terms terms = {
	    .max_gap = core->conf->max_gap,
	    .oldest = core_horizon(core, NOW),
	    .newest = NOW,
	};
	struct vault *v = core->vaults[0];
	struct feed *feed;

	if (core_store(core, v, STORE_WRITE) < 0 ||
	    feed_open(&feed, v->store, core->networks, &terms) < 0 ||
	    store_write_begin(v->store) < 0)
		abort();
	subscriber(feed, FEW, 2);
	subscriber(feed, SOME, 32);
	subscriber(feed, MANY, 48);
	subscriber(feed, OFTEN, 48);
	if (store_derive(v->store) < 0 || feed_sweep(feed) < 0 ||
	    store_write_commit(v->store) < 0)
		abort();
	feed_close(feed);
	core_store_close(v);
}

static void
begin(void)
{
	char text[sizeof(config) + 4096];

	fixture_begin();
	capture_log();
	snprintf(text, sizeof(text), config, fixture_root);
	put_text("travelcard.conf", text);
	umask(077);
	put_text("site.key", "0123456789abcdef0123456789abcdef");
	mkdir("calls", 0700);
	if (core_open(&core, "travelcard.conf") < 0 ||
	    query_new(&query, core) < 0 || core_state(core->vaults[0]) < 0 ||
	    outbox_new(
		&outbox, core->vaults[0]->state, core->vaults[0]->key, "c") < 0)
		abort();
	when_set(NOW, 0);
	if (records_open(&core->records, "calls", 30) < 0)
		abort();
	fill_store();
}

/* What the subscriber does, what they see. */

static void
dial(const char *who, uint64_t id, const char *what)
{
	nturns = 0;
	calls_open(calls, &(struct call_key){1, id}, who, what,
	    &(struct call_peer){.token = id}, now);
	calls_flush(calls, now);
}

static void
reply(const char *who, uint64_t id, const char *text)
{
	nturns = 0;
	calls_reply(calls, &(struct call_key){1, id}, who, text,
	    &(struct call_peer){.token = id}, now);
	calls_flush(calls, now);
}

static void
wait_for(int seconds)
{
	nturns = 0;
	now += seconds * 1000;
	calls_expire(calls, now);
	calls_flush(calls, now);
}

/* One turn came; of this kind, with this in it. */
static void
says(enum call_what what, const char *part, const char *name)
{
	ok_int(nturns, 1, "%s: one turn", name);
	ok(nturns == 1 && turns[0].what == what, "%s: %s", name,
	    what == CALL_ASK ? "asks" : "ends");
	ok(nturns == 1 && strstr(turns[0].say, part) != NULL, "%s: %s", name,
	    part);
	if (nturns > 0)
		printf("# %s\n", turns[0].say);
}

/* The last call record's end. */
static void
noted_last(const char *want)
{
	char line[512] = "", last[512] = "";
	FILE *f = fopen("calls/calls-2026-11-22.csv", "r");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		strcpy(last, line);
	if (f != NULL)
		fclose(f);
	last[strcspn(last, "\n")] = '\0';
	ok(strlen(last) >= strlen(want) &&
		strcmp(last + strlen(last) - strlen(want), want) == 0,
	    "noted: %s", want);
	if (strstr(last, want) == NULL)
		printf("# got %s\n", last);
}

static void
noted(const char *want)
{
	noted_last(want);
	ok_int(calls_count(calls), 0, "no dialogue is left");
}

struct sms {
	int n;
	int64_t seconds; /* until it is of no use */
	struct outbox_message m;
};

static int
on_row(const struct outbox_row *row, void *arg)
{
	struct sms *sms = arg;

	sms->n++;
	sms->m = row->message;
	sms->seconds = row->expires - time(NULL);
	outbox_erase(outbox, row->id);
	return 0;
}

static struct sms
sent(void)
{
	struct sms sms = {0};

	outbox_claim(outbox, time(NULL), 10, on_row, &sms);
	state_commit(core->vaults[0]->state);
	return sms;
}

/* The ways. */

static void
straight_through(void)
{
	dial(FEW, 1, "*10086*3*12X4#");
	says(CALL_END, "希腊", "straight through");
	ok_int(turns[0].token, 1, "with its token");
	ok_int(turns[0].alphabet, ALPHABET_UCS2, "in UCS-2");
	noted(",\"ask\",*10086*3#,ussd,138****0001,1,answered");
	dial(FEW, 1, "*10086*3*9999#");
	says(CALL_END, "不符", "wrong digits");
	noted("1,not-told");
	dial(FEW, 1, "*10086*3*99999#");
	says(CALL_END, "*10086*3#", "not understood");
	noted("1,helped");
	dial(NOBODY, 1, "*10086*3*12X4#");
	says(CALL_END, "尚未登记", "not provisioned");
	noted("1,not-told");
	dial(FEW, 1, "*10086*9#");
	says(CALL_END, "请拨*10086*3#", "a code that nobody answers");
	noted("1,stray");
}

static void
prompted(void)
{
	dial(FEW, 2, "*10086*3#");
	says(CALL_ASK, "证件号码后四位", "prompted");
	ok_int(calls_count(calls), 1, "it is open");
	reply(FEW, 2, "12x4");
	says(CALL_END, "希腊", "replied");
	noted("2,answered");
	dial(FEW, 2, "*10086*3#");
	reply(FEW, 2, "1234");
	says(CALL_END, "不符", "a wrong reply");
	noted("2,not-told");
	dial(FEW, 2, "*10086*3#");
	reply(FEW, 2, "?");
	says(CALL_ASK, "证件号码后四位", "no reply: asked again");
	reply(FEW, 2, "");
	says(CALL_ASK, "证件号码后四位", "twice");
	reply(FEW, 2, "");
	says(CALL_END, "*10086*3#", "then helped");
	noted("4,helped");
	dial(NOBODY, 2, "*10086*3#");
	says(CALL_ASK, "证件号码后四位", "who is not known is asked alike");
	reply(NOBODY, 2, "12X4");
	says(CALL_END, "不符", "and answered like a wrong reply");
	noted("2,not-told");
}

static void
pages(void)
{
	char first[1024];

	dial(SOME, 3, "*10086*4#");
	says(CALL_ASK, "1下一页", "the first page");
	strcpy(first, turns[0].say);
	reply(SOME, 3, "1");
	says(CALL_ASK, "1下一页 0返回", "the second");
	reply(SOME, 3, "0");
	says(CALL_ASK, first, "back");
	reply(SOME, 3, "0");
	says(CALL_ASK, first, "no further");
	reply(SOME, 3, "1#");
	reply(SOME, 3, "1");
	says(CALL_ASK, "有误拨10086\n0返回", "the last");
	reply(SOME, 3, "1");
	says(CALL_END, "有误拨10086", "beyond it is the end");
	ok(strstr(turns[0].say, "返回") == NULL, "with no key to press");
	noted("7,answered");
	ok_int(sent().n, 0, "nothing goes by SMS");

	dial(SOME, 3, "*10086*4#");
	for (int i = 0; i < RETRIES; i++) {
		reply(SOME, 3, i == 0 ? "12" : "?");
		says(CALL_ASK, first, "not understood: the same page");
	}
	reply(SOME, 3, "");
	says(CALL_END, "全文将以短信发送。", "again: the rest by SMS");
	ok_int(sent().n, 1, "which goes");
	noted("4,by-sms");
}

static void
by_sms(void)
{
	struct sms sms;

	dial(MANY, 4, "*10086*4#");
	says(CALL_ASK, "1下一页", "more than three pages");
	sms = sent();
	ok_int(sms.n, 1, "go by SMS at once");
	ok_str(sms.m.from, "10086", "from the carrier's short code");
	ok_str(sms.m.to, MANY, "to who asked");
	ok(sms.m.to_ton == 1 && sms.m.to_npi == 1 && sms.m.from_ton == 0 &&
		sms.m.from_npi == 1,
	    "one an international number, the other a code");
	ok(sms.m.receipt && sms.m.concat == CONCAT_SAR,
	    "as the service and the carrier's links have it");
	ok(sms.seconds > 86000 && sms.seconds <= 86400, "for a day");
	ok(strstr(sms.m.text, "有误拨10086") != NULL &&
		strchr(sms.m.text, TEXT_BREAK) == NULL,
	    "whole");
	reply(MANY, 4, "1");
	reply(MANY, 4, "1");
	says(CALL_ASK, "全文将以短信发送。\n0返回", "the last page says so");
	reply(MANY, 4, "1");
	noted("4,by-sms");
	ok_int(sent().n, 0, "once");

	dial(SOME, 4, "*10086*4#");
	wait_for(SECONDS - 1);
	ok_int(nturns, 0, "pages that are not read wait");
	wait_for(1);
	says(CALL_END, "全文将以短信发送。", "for a while");
	ok_int(sent().n, 1, "then all of it goes by SMS");
	noted("1,by-sms");
	dial(SOME, 4, "*10086*4#");
	reply(SOME, 4, "1");
	reply(SOME, 4, "1");
	wait_for(SECONDS);
	says(CALL_END, "有误拨10086", "read to its end");
	ok_int(sent().n, 0, "it does not");
	noted("3,answered");
}

/* Nothing is said before it holds, and another thing when it does not. */
static void
promises(void)
{
	const struct {
		const char *who, *what, *name;
	} all[] = {
	    {FEW, "*10086*3#", "a question"},
	    {MANY, "*10086*4#", "what goes by SMS"},
	};

	for (size_t i = 0; i < 2; i++) {
		nturns = 0;
		calls_open(calls, &(struct call_key){1, 9}, all[i].who,
		    all[i].what, &(struct call_peer){.token = 9}, now);
		ok_int(nturns, 0, "%s waits for the commit", all[i].name);
		calls_settle(calls, -EIO, now);
		says(CALL_END, "系统忙", "which fails");
		noted("1,busy");
	}
	state_commit(core->vaults[0]->state);
	sent();
	pending_expire(core->vaults[0]->state, NOW + 601);
	state_commit(core->vaults[0]->state);
}

/* What no SMS can hold is not promised. */
static void
too_long(void)
{
	struct call k = {.msisdn = FEW};
	char text[3 * 800] = "";

	for (int i = 0; i < 66 * OUTBOX_SEGMENTS; i++)
		strcat(text, "京");
	ok_int(call_sms(calls, &k, text), 0, "as long as it may be");
	strcat(text, "京");
	ok_int(call_sms(calls, &k, text), -E2BIG, "a character more");
	state_commit(core->vaults[0]->state);
	ok_int(sent().n, 1, "one of them goes");
}

/* Who has had their texts gets no more of them out of dialogues. */
static void
texts_per_hour(void)
{
	int n = 0;

	for (int i = 0; i < TEXTS_PER_HOUR; i++) {
		dial(OFTEN, 70, "*10086*4#");
		n += sent().n;
		reply(OFTEN, 70, "0");
		calls_cancel(calls, &(struct call_key){1, 70});
	}
	ok_int(n, TEXTS_PER_HOUR, "so many texts within an hour");
	dial(OFTEN, 70, "*10086*4#");
	says(CALL_END, "系统忙", "one that cannot be paged is put off");
	ok(strstr(logged, "neither on pages") == NULL, "which is no fault");
	ok_int(sent().n, 0, "and is no text");
	noted("1,busy");
	when_set(NOW + 2 * HOUR, 0);
	dial(OFTEN, 70, "*10086*4#");
	ok_int(sent().n, 1, "later there is one again");
	calls_cancel(calls, &(struct call_key){1, 70});
	when_set(NOW, 0);
}

/* The phone can show no more. */
static void
abandoned(void)
{
	const struct call_key key = {1, 60};
	const struct call_peer peer = {.token = 61};

	dial(FEW, 60, "*10086*3#");
	nturns = 0;
	calls_abandon(calls, &key, "", &peer, now);
	calls_flush(calls, now);
	says(CALL_END, "请重拨*10086*3#", "abandoned when asked");
	ok_int(turns[0].token, 60, "with the token of the first");
	noted("2,cancelled");
	dial(SOME, 60, "*10086*4#");
	nturns = 0;
	calls_abandon(calls, &key, "", &peer, now);
	calls_flush(calls, now);
	says(CALL_END, "全文将以短信发送。", "abandoned between pages");
	ok_int(sent().n, 1, "it goes by SMS");
	noted("2,by-sms");
	nturns = 0;
	calls_abandon(calls, &key, FEW, &peer, now);
	calls_flush(calls, now);
	says(CALL_END, "请重拨", "abandoned, and asked by others");
	ok_int(turns[0].token, 61, "with its own token");
	noted("1,cancelled");
}

static void
ends(void)
{
	dial(FEW, 5, "*10086*3#");
	wait_for(SECONDS);
	says(CALL_END, "请重拨*10086*3#", "no reply in time");
	noted("1,timed-out");
	dial(FEW, 5, "*10086*3#");
	calls_cancel(calls, &(struct call_key){1, 5});
	wait_for(SECONDS);
	ok_int(nturns, 0, "a phone that went away is told nothing");
	noted("1,cancelled");
	calls_cancel(calls, &(struct call_key){1, 5});
	dial(SOME, 5, "*10086*4#");
	calls_down(calls);
	nturns = 0;
	calls_flush(calls, now);
	ok_int(nturns, 0, "nor is one behind a link that broke");
	ok_int(sent().n, 1, "but by SMS");
	noted("1,by-sms");
	dial(FEW, 5, "*10086*3#");
	calls_down(calls);
	calls_flush(calls, now);
	noted("1,lost");
	wait_for(0);
	pending_expire(core->vaults[0]->state, NOW + 601);
	reply(FEW, 5, "12X4");
	says(CALL_END, "请重拨", "a reply to nothing");
	noted("1,stray");
}

/* The process died between the question and the reply. */
static void
restarted(void)
{
	dial(FEW, 6, "*10086*3#");
	calls_free(calls);
	open_calls(MOST);
	nturns = 0;
	calls_reply(calls, &(struct call_key){1, 6}, FEW, "12X4",
	    &(struct call_peer){.token = 99}, now);
	calls_flush(calls, now);
	says(CALL_END, "希腊", "another process has the reply");
	ok_int(turns[0].token, 6, "and the token of the one before");
	noted("1,answered");
	dial(FEW, 7, "*10086*3#");
	dial(FEW, 7, "*10086*3#");
	says(CALL_ASK, "后四位", "a session that begins anew");
	noted_last("1,cancelled");
	ok_int(calls_count(calls), 1, "is one");
	reply(FEW, 7, "12X4");
	noted("2,answered");
}

/* A turn that did not reach the phone ends that dialogue alone. */
static void
lost(void)
{
	const struct call_key asked = {1, 30}, paged = {1, 31};

	dial(SOME, 31, "*10086*4#");
	dial(FEW, 30, "*10086*3#");
	sent();
	calls_lost(calls, &asked);
	calls_lost(calls, &asked);
	calls_flush(calls, now);
	ok_int(calls_count(calls), 1, "the other goes on");
	ok_int(sent().n, 0, "a question does not go by SMS");
	reply(SOME, 31, "1");
	says(CALL_ASK, "0", "to its next page");
	calls_lost(calls, &paged);
	calls_flush(calls, now);
	noted("2,by-sms");
	ok_int(sent().n, 1, "what was not read does");
	ok(calls_peer(calls, &paged) == NULL, "it is open no more");
	dial(FEW, 30, "*10086*3#");
	calls_lost(calls, &asked);
	calls_flush(calls, now);
	noted("1,lost");
}

static void
reload_as(const char *path)
{
	struct core *old = core;

	if (core_load(&core, path, old) < 0)
		abort();
	nturns = 0;
	calls_reload(calls, core, &core->conf->carriers[0], SECONDS, now);
	core->records = old->records;
	old->records = NULL;
	calls_flush(calls, now);
	query_reload(query, core);
	core_close(old);
}

/* A front end that is told whether the last turn arrived. */
static void
confirmed(void)
{
	const struct call_key key = {1, 70};

	confirms = 1;
	dial(FEW, 70, "*10086*4#");
	says(CALL_END, "希腊", "an answer of one page");
	ok_int(calls_count(calls), 1, "is not done with yet");
	wait_for(SECONDS - 1);
	calls_arrived(calls, &key);
	calls_arrived(calls, &key);
	calls_flush(calls, now);
	noted("1,answered");
	ok_int(sent().n, 0, "once it arrived it is");
	dial(FEW, 70, "*10086*4#");
	calls_lost(calls, &key);
	calls_flush(calls, now);
	ok(strstr(sent().m.text, "希腊") != NULL,
	    "one that did not arrive comes by SMS");
	noted("1,by-sms");
	dial(FEW, 70, "*10086*4#");
	wait_for(SECONDS);
	ok_int(nturns, 0, "nothing is said behind it");
	ok_int(sent().n, 1, "nobody says: by SMS as well");
	noted("1,by-sms");
	dial(FEW, 70, "*10086*3*9999#");
	calls_down(calls);
	calls_flush(calls, now);
	ok_int(sent().n, 0, "what is no answer does not");
	noted("1,lost");
	pending_expire(core->vaults[0]->state, NOW + 601);
	dial(FEW, 70, "*10086*4#");
	reload_as("travelcard.conf");
	reply(FEW, 70, "?");
	says(CALL_END, "请重拨", "a reply behind the last turn");
	calls_arrived(calls, &key);
	calls_flush(calls, now);
	noted("1,stray");
	ok_int(sent().n, 0, "shows that it arrived");
	dial(SOME, 70, "*10086*4#");
	calls_arrived(calls, &key);
	ok_int(calls_count(calls), 1, "a turn that is not the last is none");
	for (int i = 0; i < 3; i++)
		reply(SOME, 70, "1");
	says(CALL_END, "有误拨10086", "leafed to its end");
	calls_lost(calls, &key);
	calls_flush(calls, now);
	ok_int(sent().n, 0, "what was read is not sent again");
	noted("4,answered");
	dial(FEW, 70, "*10086*3#");
	ok(!turns[0].late, "a question is in time");
	wait_for(SECONDS);
	ok(nturns == 1 && turns[0].late, "the end without a reply is late");
	calls_cancel(calls, &key);
	calls_flush(calls, now);
	noted("1,cancelled");
	dial(FEW, 70, "*10086*3#");
	wait_for(SECONDS);
	ok_int(
	    calls_arrived(calls, &key), 1, "it is awaited whether it arrives");
	ok_int(calls_arrived(calls, &key), 0, "once");
	calls_flush(calls, now);
	noted("1,timed-out");
	confirms = 0;
}

/* A front end's route goes along, the last that came. */
static void
routes(void)
{
	const struct call_key key = {1, 40};
	struct call_peer peer = {.token = 40, .route = "one"};

	nturns = 0;
	calls_open(calls, &key, FEW, "*10086*3#", &peer, now);
	calls_flush(calls, now);
	ok_str((const char *)calls_peer(calls, &key)->route, "one",
	    "the route of what was dialled");
	peer = (struct call_peer){.token = 41, .route = "two"};
	nturns = 0;
	calls_reply(calls, &key, FEW, "?", &peer, now);
	ok_str(turns[0].route, "two", "that of a reply");
	ok_int(turns[0].token, 40, "and the token of the first");
	calls_cancel(calls, &key);
	calls_flush(calls, now);
	noted("2,cancelled");
}

/* Another configuration: a service is the one of its name and code. */
static void
reloaded(void)
{
	char text[sizeof(config) + 4096];

	dial(FEW, 50, "*10086*3#");
	dial(SOME, 51, "*10086*4#");
	reload_as("travelcard.conf");
	ok_int(nturns, 0, "nothing is said of it");
	reply(FEW, 50, "12X4");
	says(CALL_END, "希腊", "a dialogue goes on in another core");
	reply(SOME, 51, "1");
	says(CALL_ASK, "0", "between pages too");
	calls_cancel(calls, &(struct call_key){1, 51});
	dial(FEW, 52, "*10086*3#");
	snprintf(text, sizeof(text), config, fixture_root);
	memcpy(strstr(text, "\"ask\""), "\"new\"", 5);
	put_text("other.conf", text);
	reload_as("other.conf");
	says(CALL_END, "重拨*10086*3#", "a service that is no more");
	noted("1,lost");
	reload_as("travelcard.conf");
}

static void
full(void)
{
	for (int i = 0; i < MOST; i++)
		dial(FEW, 10 + i, "*10086*3#");
	dial(FEW, 20, "*10086*3#");
	says(CALL_END, "请10分钟后再试", "one too many");
	noted_last(",\"ask\",*10086*3#,ussd,138****0001,1,busy");
	for (int i = 0; i < MOST; i++)
		reply(FEW, 10 + i, "12X4");
	noted("2,answered");
	dial(FEW, 21, "*10086*3#");
	nturns = 0;
	calls_refuse(calls, &(struct call_key){1, 21}, NOBODY,
	    &(struct call_peer){.token = 77});
	calls_flush(calls, now);
	says(CALL_END, "系统忙", "one who cannot be told");
	ok_int(turns[0].token, 77, "with the token it came with");
	noted(",\"\",,ussd,046********6789,1,busy");
	ok_int(calls_count(calls), 0, "and what was open is not");
}

static int
break_off(uint64_t id)
{
	return calls_break_off(calls, &(struct call_key){1, id}, SOME,
	    &(struct call_peer){.route = "R"}, now);
}

/* More than can be looked up, so nothing is: the store is closed here. */
static void
put_off(void)
{
	const struct call_key key = {1, 61}, other = {1, 62};
	const struct call_peer peer = {.token = 61};

	for (int i = 0; i < MOST; i++)
		dial(FEW, 60 + i, "*10086*3#");
	ok(calls_has_room(calls, &key), "who is there begins anew");
	ok(!calls_has_room(calls, &(struct call_key){1, 99}), "another not");
	calls_cancel(calls, &other);
	ok(calls_has_room(calls, &(struct call_key){1, 99}), "now it has room");
	nturns = 0;
	core_store_close(core->vaults[0]);
	core->vaults[0]->tried = 0;
	calls_put_off(calls, &key, NOBODY, "*10086*4#", &peer);
	says(CALL_END, "当前查询人数较多，请10分钟后再试。",
	    "one who is put off");
	ok_int(turns[0].token, 61, "with the token it came with");
	calls_flush(calls, now);
	noted_last(",\"open\",*10086*4#,ussd,046********6789,1,busy");
	ok(!core->vaults[0]->store, "without a look-up");
	ok_int(calls_count(calls), MOST - 2, "and what was open is not");
	nturns = 0;
	calls_put_off(calls, &other, NOBODY, "", &peer);
	says(CALL_END, "人数较多", "who dialled nothing, too");
	nturns = 0;
	ok_int(break_off(60), 1, "a reply that would be looked up");
	says(CALL_END, "人数较多", "ends its dialogue");
	ok(turns[0].route[0] == 'R', "by the way that it came");
	calls_flush(calls, now);
	noted_last("2,busy");
	nturns = 0;
	ok_int(break_off(60), 1, "one after its end, too");
	says(CALL_END, "人数较多", "and is told so");
	nturns = 0;
	ok_int(break_off(66), 1, "nor is one to what others asked");
	says(CALL_END, "人数较多", "looked up");
	ok(turns[0].route[0] == 'R', "nor sent elsewhere");
	calls_cancel(calls, &(struct call_key){1, 63});
	nturns = 0;
	dial(SOME, 65, "*10086*4#");
	says(CALL_ASK, "下一页", "one that is leafed through");
	ok_int(break_off(65), 0, "goes on");
	calls_cancel(calls, &(struct call_key){1, 65});
	ok(calls_asks(calls, "*10086*3#"), "who dials a code is asked");
	ok(!calls_asks(calls, "*10086*3*12X4#"), "not with the digits");
	ok(!calls_asks(calls, "*10086*4#"), "nor where none are needed");
	ok(!calls_asks(calls, "*1#"), "nor what is no code");
}

/* The small state cannot be written: no promise is made. */
static void
state_away(void)
{
	sqlite3 *other;

	sqlite3_open("store/state.db", &other);
	sqlite3_exec(
	    other, "DROP TABLE pending; DROP TABLE outbox", NULL, NULL, NULL);
	sqlite3_close(other);
	dial(FEW, 8, "*10086*3#");
	says(CALL_END, "系统忙", "a question that cannot be kept");
	noted("1,busy");
	dial(MANY, 8, "*10086*4#");
	says(CALL_END, "系统忙", "an SMS that cannot be promised");
	noted("1,busy");
}

static void
no_clear_number(void)
{
	char text[65536];
	size_t n;
	FILE *f = fopen("calls/calls-2026-11-22.csv", "r");

	n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (f != NULL)
		fclose(f);
	ok(strncmp(text, "start,end,service,code,channel,number,steps,status\n",
	       51) == 0,
	    "call records have a header");
	ok(strstr(text,
	       "2026-11-22T08:00:00+08:00,2026-11-22T08:00:00+08:00,"
	       "\"ask\",") != NULL,
	    "local times");
	ok(strstr(text, &FEW[2]) == NULL && strstr(text, "46000") == NULL,
	    "and no clear number");
}

int
main(void)
{
	begin();
	open_calls(MOST);
	straight_through();
	prompted();
	pages();
	by_sms();
	promises();
	too_long();
	texts_per_hour();
	abandoned();
	ends();
	restarted();
	lost();
	routes();
	reloaded();
	confirmed();
	full();
	put_off();
	no_clear_number();
	state_away();
	calls_free(calls);
	outbox_free(outbox);
	query_free(query);
	core_close(core);
	return test_done();
}
