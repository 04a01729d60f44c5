/* The way of a query from records to the text, with a real store: who asks,
 * whose travels are told, and how the window lies in the local day. */
#include "core/query.c"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "feed.h"
#include "key.h"
#include "test.h"
#include "when.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define NOW 1795305600 /* 2026-11-22 08:00 in Shanghai */
#define LO (NOW - 8 * HOUR - 14 * DAY)
#define LONG_AGO (NOW - 400 * DAY)

#define BEIJING "cgi:460-00-4100-1"
#define TIANJIN "cgi:460-00-4200-1"
#define BEIJING_LAI "lai:460-00-4100"
#define TIANJIN_TAI "tai:460-00-77"
#define UNKNOWN_CELL "cgi:460-00-9-9"
#define UNKNOWN_ECGI "ecgi:460-00-123456"
#define JAPAN "plmn:440-10"
#define HONG_KONG "plmn:454-12"

static struct core *core;
static struct query *query;
static struct feed *feed;
static const char *const config =
    "store = \"sqlite:store\"\n"
    "key_file = \"site.key\"\n"
    "tables = \"%s/conf\"\n"
    "carrier \"cmcc\" { name_zh = \"中国移动\" hotline = \"10086\" }\n"
    "service \"inline\" { carrier = \"cmcc\" code = {\"10086\"}\n"
    "  keywords = {\"CXMYD\"} identity = inline }\n"
    "service \"open\" { carrier = \"cmcc\" code = {\"10087\"}\n"
    "  keywords = {\"CXMYD\"} identity = none }\n"
    "service \"yesterday\" { carrier = \"cmcc\" code = {\"10088\"}\n"
    "  keywords = {\"CXMYD\"} identity = none horizon = yesterday }\n"
    "service \"week\" { carrier = \"cmcc\" code = {\"10089\"}\n"
    "  keywords = {\"CXMYD\"} identity = none window_days = 7 }\n"
    "service \"parts\" { carrier = \"cmcc\" code = {\"10092\"}\n"
    "  keywords = {\"CXMYD\"} identity = none window_days = 14\n"
    "  split_days = 13 }\n"
    "service \"prompt\" { carrier = \"cmcc\" code = {\"10091\"}\n"
    "  keywords = {\"CXMYD\"} identity = prompt unknown = ignore }\n"
    "service \"reply\" { carrier = \"cmcc\" code = {\"10094\"}\n"
    "  keywords = {\"CXMYD\"} identity = prompt consent = reply }\n"
    "service \"ask\" { carrier = \"cmcc\" code = {\"10095\"}\n"
    "  keywords = {\"CXMYD\"} identity = prompt consent = ask }\n"
    "service \"dialled\" { carrier = \"cmcc\" code = {\"*10086*3#\"}\n"
    "  identity = prompt }\n"
    "service \"strict\" { carrier = \"cmcc\" code = {\"10090\"}\n"
    "  keywords = {\"CXMYD\"} identity = none late_after = 3600\n"
    "  refuse_after = 7200 }\n";

/* A place to work in, with a configuration and a key. */
static void
write_files(void)
{
	const char *dir = getenv("TEST_DIR");
	char root[4096], name[] = "/tmp/travelcard-query-XXXXXX";
	FILE *f;

	if (getcwd(root, sizeof(root)) == NULL ||
	    chdir(dir != NULL ? dir : mkdtemp(name)) < 0)
		abort();
	f = fopen("travelcard.conf", "w");
	fprintf(f, config, root);
	fclose(f);
	umask(077);
	f = fopen("site.key", "w");
	fputs("0123456789abcdef0123456789abcdef", f);
	fclose(f);
}

static struct vault *
vault(void)
{
	return core->vaults[0];
}

static void
subscriber(const char *imsi, const char *msisdn, const char *digits,
    const char *holder, int64_t since, int64_t until)
{
	const struct key *k = vault()->key;
	struct subscriber row = {
	    .msisdn = key_msisdn(k, msisdn),
	    .imsi = key_imsi(k, imsi),
	    .since = since,
	    .until = until,
	    .language = LANGUAGES,
	};

	row.digits = *digits ? key_identity(k, row.msisdn, digits) : 0;
	row.person = key_person(k, row.msisdn, holder, digits, imsi);
	key_seal(k, imsi, msisdn, row.sealed);
	if (store_put_subscriber(vault()->store, k, &row) < 0)
		abort();
}

static enum reject
record(const char *imsi, int64_t time, const char *where, const char *beside)
{
	struct place place, area;
	struct record r = {
	    .time = time,
	    .imsi = key_imsi(vault()->key, imsi),
	    .place = &place,
	    .area = beside != NULL ? &area : NULL,
	};
	enum reject why;
	int changed;

	if (place_parse(where, strlen(where), &place) < 0 ||
	    (beside != NULL &&
		place_parse(beside, strlen(beside), &area) < 0) ||
	    feed_record(feed, &r, &why, &changed) < 0)
		abort();
	return why;
}

/* Records every hour, and one at the end. */
static void
presence(const char *imsi, int64_t first, int64_t last, const char *where,
    const char *beside)
{
	for (int64_t t = first; t < last; t += HOUR)
		record(imsi, t, where, beside);
	record(imsi, last, where, beside);
}

static void
cell(const char *where, const char *region)
{
	struct place p;
	uint32_t code;

	if (place_parse(where, strlen(where), &p) < 0 ||
	    region_parse(core->regions, region, strlen(region), &code) < 0 ||
	    store_put_cell(vault()->store, place_pack(&p), 0, code) < 0)
		abort();
}

static void
fill_store(void)
{
	const struct feed_terms terms = {
	    .max_gap = core->conf->max_gap,
	    .oldest = core_horizon(core, NOW),
	    .newest = NOW + 300,
	};
	struct store *s;

	if (core_store(core, vault(), STORE_WRITE) < 0)
		abort();
	s = vault()->store;
	store_write_begin(s);
	cell(BEIJING, "110000");
	cell(BEIJING_LAI, "110000");
	cell(TIANJIN, "120000");
	cell(TIANJIN_TAI, "120000");
	store_write_commit(s);
	if (feed_open(&feed, s, core->networks, &terms) < 0)
		abort();
	store_write_begin(s);
}

static void
finish_store(void)
{
	if (store_derive(vault()->store) < 0 || feed_sweep(feed) < 0 ||
	    store_put_watermark(vault()->store, "test", NOW - 600) < 0 ||
	    store_write_commit(vault()->store) < 0)
		abort();
	feed_close(feed);
	core_store_close(vault());
}

/* "110000 JP", or "-" for somebody unknown. */
static const char *
places(const char *service, const char *msisdn)
{
	static char out[256];
	struct answer a;
	size_t len = 0;
	char code[7];
	int rc =
	    query_lookup(query, conf_service(core->conf, service), msisdn, &a);

	if (rc < 0)
		return rc == -ENOENT ? "-" : "fault";
	out[0] = '\0';
	for (size_t i = 0; i < a.nplaces; i++)
		len += snprintf(out + len, sizeof(out) - len, "%s%s",
		    i ? " " : "", region_code(a.places[i].region, code));
	return out;
}

static const char *
said(const char *service, const char *msisdn, const char *text)
{
	static char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;

	query_text(query, conf_service(core->conf, service), msisdn, text, NULL,
	    &a, say, &ticket);
	query_sent(query, &ticket, NULL); /* each is asked for the first time */
	return say;
}

/* Each person is an IMSI and a number that end alike. */
#define IMSI(n) "4600000000000" n
#define MSISDN(n) "8613800000" n "0"

static void
put_people(void)
{
	/* 01: cell and area */
	subscriber(
	    IMSI("01"), MSISDN("01"), "1234", "a", LONG_AGO, STORE_FOREVER);
	presence(
	    IMSI("01"), NOW - DAY, NOW - DAY + 4 * HOUR, BEIJING, TIANJIN_TAI);
	/* 21 to 24, 51 to 59: Beijing, Japan; asked for their digits */
	for (int i = 21; i <= 59; i += i == 24 ? 27 : 1) {
		char imsi[16], msisdn[16];

		snprintf(imsi, sizeof(imsi), "4600000000000%d", i);
		snprintf(msisdn, sizeof(msisdn), "8613800000%d0", i);
		subscriber(imsi, msisdn, "1234", "p", LONG_AGO, STORE_FOREVER);
		presence(imsi, NOW - DAY, NOW - DAY + 4 * HOUR, BEIJING, NULL);
		record(imsi, NOW - 2 * DAY, JAPAN, NULL);
	}
	/* 02: an ECGI whose tracking area is told; 03: one whose is not */
	subscriber(IMSI("02"), MSISDN("02"), "", "b", LONG_AGO, STORE_FOREVER);
	presence(IMSI("02"), NOW - DAY, NOW - DAY + 4 * HOUR, UNKNOWN_ECGI,
	    TIANJIN_TAI);
	subscriber(IMSI("03"), MSISDN("03"), "", "c", LONG_AGO, STORE_FOREVER);
	/* 04 and 05: one person's two IMSIs, in Beijing one after the other
	 * with an overlap, together four hours */
	subscriber(IMSI("04"), MSISDN("04"), "", "d", LONG_AGO, STORE_FOREVER);
	subscriber(IMSI("05"), MSISDN("04"), "", "d", LONG_AGO, STORE_FOREVER);
	presence(IMSI("04"), NOW - DAY, NOW - DAY + 3 * HOUR, BEIJING, NULL);
	presence(IMSI("05"), NOW - DAY + 2 * HOUR, NOW - DAY + 4 * HOUR,
	    BEIJING, NULL);
	/* 06: a number that changed hands five days ago; the SIM went along */
	subscriber(
	    IMSI("06"), MSISDN("06"), "1111", "old", LONG_AGO, STORE_FOREVER);
	subscriber(IMSI("06"), MSISDN("06"), "2222", "new", NOW - 5 * DAY,
	    STORE_FOREVER);
	record(IMSI("06"), NOW - 6 * DAY, JAPAN, NULL);
	presence(IMSI("06"), NOW - 5 * DAY - 5 * HOUR, NOW - 5 * DAY + 4 * HOUR,
	    BEIJING, NULL);
	presence(IMSI("06"), NOW - 9 * DAY, NOW - 8 * DAY, TIANJIN, NULL);
	/* 07: a row that ended last week and no other */
	subscriber(IMSI("07"), MSISDN("07"), "", "g", LONG_AGO, NOW - 7 * DAY);
	record(IMSI("07"), NOW - 8 * DAY, JAPAN, NULL);
	/* 08: an IMSI that went to another number */
	subscriber(IMSI("08"), MSISDN("08"), "", "h", LONG_AGO, STORE_FOREVER);
	subscriber(
	    IMSI("08"), MSISDN("09"), "", "i", NOW - 3 * DAY, STORE_FOREVER);
	record(IMSI("08"), NOW - 4 * DAY, JAPAN, NULL);
	record(IMSI("08"), NOW - 2 * DAY, HONG_KONG, NULL);
	/* 10: at midnight; 11: a second before the window */
	subscriber(IMSI("10"), MSISDN("10"), "", "k", LONG_AGO, STORE_FOREVER);
	record(IMSI("10"), LO, JAPAN, NULL);
	subscriber(IMSI("11"), MSISDN("11"), "", "l", LONG_AGO, STORE_FOREVER);
	record(IMSI("11"), LO - 1, JAPAN, NULL);
	/* 12: today only */
	subscriber(IMSI("12"), MSISDN("12"), "", "m", LONG_AGO, STORE_FOREVER);
	record(IMSI("12"), NOW - 8 * HOUR, HONG_KONG, NULL);
	/* 13 and 14: no holder; equal digits are one person, none are not */
	subscriber(IMSI("13"), MSISDN("13"), "7777", "", LONG_AGO, NOW - DAY);
	subscriber(
	    IMSI("14"), MSISDN("13"), "7777", "", NOW - DAY, STORE_FOREVER);
	record(IMSI("13"), NOW - 2 * DAY, JAPAN, NULL);
	subscriber(IMSI("15"), MSISDN("15"), "", "", LONG_AGO, STORE_FOREVER);
	subscriber(IMSI("16"), MSISDN("15"), "", "", NOW - DAY, STORE_FOREVER);
	record(IMSI("15"), NOW - 2 * DAY, JAPAN, NULL);
	record(IMSI("16"), NOW - HOUR, HONG_KONG, NULL);
	/* 17 and 18: two holders from the same moment */
	subscriber(IMSI("17"), MSISDN("17"), "", "q", LONG_AGO, STORE_FOREVER);
	subscriber(IMSI("18"), MSISDN("17"), "", "r", LONG_AGO, STORE_FOREVER);
	record(IMSI("17"), NOW - HOUR, HONG_KONG, NULL);
}

/* An IMSI that is not provisioned, 20, with the key of one that is. */
static void
put_colliding(void)
{
	const struct key *k = vault()->key;
	struct subscriber row = {
	    .msisdn = key_msisdn(k, MSISDN("19")),
	    .imsi = key_imsi(k, IMSI("20")),
	    .since = LONG_AGO,
	    .until = STORE_FOREVER,
	    .person = 1,
	};

	key_seal(k, IMSI("19"), MSISDN("19"), row.sealed);
	if (store_put_subscriber(vault()->store, k, &row) < 0)
		abort();
}

static void
what_is_rejected(void)
{
	ok_int(record(IMSI("03"), NOW - DAY, UNKNOWN_ECGI, NULL),
	    REJECT_MAINLAND_NETWORK,
	    "an unknown ECGI without an area is rejected");
	ok_int(record(IMSI("03"), NOW - DAY, UNKNOWN_CELL, NULL),
	    REJECT_MAINLAND_NETWORK, "so is a cell of no known area");
	ok_int(record(IMSI("03"), NOW - DAY, "cgi:460-00-4100-99", NULL),
	    ACCEPTED, "an unknown cell of a known LAC lies in the LAC");
	ok_int(record(IMSI("03"), NOW - DAY, "plmn:460-00", NULL),
	    REJECT_MAINLAND_NETWORK, "a mainland network says nothing");
	ok_int(record(IMSI("03"), NOW + 300, BEIJING, NULL), ACCEPTED,
	    "five minutes ahead are forgiven");
	ok_int(record(IMSI("03"), NOW + 301, BEIJING, NULL), REJECT_FUTURE,
	    "a second more is not");
	ok_int(record(IMSI("03"), LO - 3 * HOUR - 25 * HOUR, BEIJING, NULL),
	    ACCEPTED, "max_gap and 25 hours before the window are kept");
	ok_int(record(IMSI("03"), LO - 3 * HOUR - 25 * HOUR - 1, BEIJING, NULL),
	    REJECT_LATE, "a second before that is too late");
}

static void
where_a_record_lies(void)
{
	ok_str(places("open", MSISDN("01")), "110000",
	    "a cell that contradicts its area: the cell is believed");
	ok_str(places("open", MSISDN("02")), "120000",
	    "an unknown ECGI with its area lies in the area");
}

static void
who_a_person_is(void)
{
	ok_str(places("open", MSISDN("04")), "110000",
	    "two IMSIs of one person overlapping: together four hours");
	ok_str(places("open", MSISDN("06")), "110000",
	    "a number that changed hands shows the new holder's stay only");
	ok_str(places("open", MSISDN("07")), "-",
	    "a number that nobody has now is not provisioned");
	ok_str(places("open", MSISDN("99")), "-", "nor is one never seen");
	ok_str(places("open", MSISDN("08")), "-",
	    "an IMSI that went to another number ends the old row");
	ok_str(places("open", MSISDN("09")), "810000",
	    "and the new one has what came after");
	ok_str(places("open", MSISDN("13")), "JP",
	    "without a holder equal digits are one person");
	ok_str(places("open", MSISDN("15")), "810000",
	    "without both, each row is its own");
	ok_str(places("open", MSISDN("17")), "-",
	    "two holders since the same moment: nobody is told anything");
}

static void
which_days(void)
{
	ok_str(places("open", MSISDN("10")), "JP",
	    "the window begins at the local midnight fourteen days before");
	ok_str(places("open", MSISDN("11")), "",
	    "a second before that midnight is outside");
	ok_str(places("open", MSISDN("12")), "810000",
	    "horizon now: today counts");
	ok_str(places("yesterday", MSISDN("12")), "",
	    "horizon yesterday: today does not");
	ok_str(places("week", MSISDN("10")), "", "seven days are seven days");
	ok_str(said("parts", MSISDN("10"), "CXMYD"),
	    "截至11月22日07:50，未查到您11月9日以来的到访记录。"
	    "11月8日至11月8日到过：日本。核验码000012178467，"
	    "发HY核验。有误拨10086",
	    "thirteen days, and the day before them");
	when_set(NOW - 8 * HOUR - 1, 0);
	ok_str(places("open", MSISDN("11")), "JP",
	    "a second before midnight it is the day before");
	when_set(NOW, 0);
}

static void
what_is_said(void)
{
	const char *beijing = "截至11月22日07:50，您11月8日以来到过：北京。"
			      "核验码000508508694，发HY核验。有误拨10086";
	char wrong[ANSWER_MAX];

	ok_str(said("inline", MSISDN("01"), "CXMYD#1234"), beijing,
	    "the right digits are answered");
	ok_str(said("inline", MSISDN("01"), "CXMYD#1234 EN"),
	    "Places since 8 Nov (as of 22 Nov 07:50): Beijing. "
	    "Code 000508508694, send HY to check. Wrong? Call 10086",
	    "in English when asked for");
	strcpy(wrong, said("inline", MSISDN("01"), "CXMYD#1235"));
	ok(strstr(wrong, "10086") != NULL && strstr(wrong, "北京") == NULL,
	    "wrong ones are told so, with the hotline and nothing else");
	ok_str(said("inline", MSISDN("99"), "CXMYD#1234"), wrong,
	    "a number that is not provisioned hears the same");
	ok_str(said("inline", MSISDN("06"), "CXMYD#1111"), wrong,
	    "the former holder's digits are wrong");
	ok(strstr(said("inline", MSISDN("06"), "CXMYD#2222"),
	       "您的记录始于11月17日") != NULL,
	    "who came within the window hears since when there are records");
	ok_str(said("open", MSISDN("03"), "CXMYD"),
	    "截至11月22日07:50，未查到您11月8日以来的到访记录。核验码"
	    "000450104045，发HY核验。关机、开飞行模式或只用Wi-"
	    "Fi时没有记录。有误拨10086",
	    "nowhere is a text of its own");
	ok(strstr(said("inline", MSISDN("01"), "CXMYD"), "CXMYD#1234") != NULL,
	    "without digits it says how to ask");
}

/* How old the data may be: strict notes after an hour, refuses after two. */
static void
old_data(void)
{
	struct ticket ticket;
	struct answer a;
	char say[ANSWER_MAX];

	ok(strstr(said("strict", MSISDN("01"), "CXMYD"), "有延迟") == NULL,
	    "ten minutes late is not worth a word");
	when_set(NOW + HOUR, 0);
	ok(strstr(said("strict", MSISDN("01"), "CXMYD"), "有延迟") != NULL,
	    "data older than late_after is said to be late");
	when_set(NOW + 2 * HOUR, 0);
	ok_int(query_text(query, conf_service(core->conf, "strict"),
		   MSISDN("01"), "CXMYD", NULL, &a, say, &ticket),
	    VERDICT_SYSTEM_BUSY, "beyond refuse_after nothing is answered");
	ok(ticket.who == 0, "nor counted");
	when_set(NOW, 0);
	ok(strstr(said("yesterday", MSISDN("01"), "CXMYD"), "有延迟") == NULL,
	    "horizon yesterday: complete until midnight is not late");
	ok(strstr(said("yesterday", MSISDN("01"), "CXMYD"),
	       "截至11月22日00:00") != NULL,
	    "and as of midnight, although the data reaches further");
}

/* The same text again: silence while the answer is on its way, then the same
 * answer from memory, and a new one when it was lost or is too old. */
static void
repeats(void)
{
	const struct conf_service *open = conf_service(core->conf, "open");
	const struct conf_service *ids = conf_service(core->conf, "inline");
	char say[ANSWER_MAX], first[ANSWER_MAX];
	struct ticket ticket, again;
	struct answer a;

#define ASK(service, number, text, t) \
	query_text(query, service, MSISDN(number), text, NULL, &a, say, t)
	ok_int(ASK(open, "12", "CXMYD", &ticket), VERDICT_OK, "asked");
	strcpy(first, say);
	ok_int(ASK(open, "12", "cxmyd", &again), VERDICT_SILENCE,
	    "while the answer is on its way, silence");
	query_sent(query, &ticket, first);
	ok_int(ASK(open, "12", "CXMYD", &again), VERDICT_OK, "answered again");
	ok_str(say, first, "with the same text");
	ok_int(a.nplaces, 0, "from memory");
	ok_int(ASK(open, "12", "CXMYD EN", &again), VERDICT_OK,
	    "another language is another request");
	query_sent(query, &again, NULL);
	when_set(NOW + 61, 0);
	ok_int(ASK(open, "12", "CXMYD", &ticket), VERDICT_OK,
	    "after repeat_window it is worked out anew");
	ok_int(a.nplaces, 1, "from the store");
	query_sent(query, &ticket, NULL);
	ok_int(ASK(open, "12", "CXMYD", &ticket), VERDICT_OK,
	    "so it is when the answer was lost");
	ok_int(a.nplaces, 1, "from the store too");
	query_sent(query, &ticket, NULL);
	when_set(NOW, 0);

	ok_int(ASK(ids, "01", "CXMYD#0000", &ticket), VERDICT_WRONG_IDENTITY,
	    "a wrong try");
	ok_int(ASK(ids, "01", "CXMYD#0000", &ticket), VERDICT_WRONG_IDENTITY,
	    "is never kept");
}

static void
limits(void)
{
	const struct conf_service *open = conf_service(core->conf, "open");
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;
	int texts = 0;

	for (int i = 0; i < 30; i++)
		texts += ASK(open, "20", "?", &ticket) != VERDICT_SILENCE;
	ok_int(texts, 10, "at most texts_per_hour go to one number");
	ok_int(ASK(open, "21", "?", &ticket), VERDICT_HELP,
	    "and another is not concerned");
}

/* Texts that go with a refusal for now. */
static void
busy(void)
{
	const struct conf_service *open = conf_service(core->conf, "open");
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a = {.language = LANG_ZH};

#define BUSY(n) query_busy(query, open, MSISDN(n), &a, say)
	ok_int(BUSY("40"), VERDICT_BUSY, "a busy text goes to a number");
	ok_str(say, "当前查询人数较多，请10分钟后再试。",
	    "to ask again after busy_minutes");
	ok_int(BUSY("40"), VERDICT_SILENCE, "once");
	ok_int(BUSY("41"), VERDICT_BUSY, "another is not concerned");
	when_set(NOW + 599, 0);
	ok_int(BUSY("40"), VERDICT_SILENCE, "in busy_minutes");
	when_set(NOW + 600, 0);
	a.language = LANG_EN;
	ok_int(BUSY("40"), VERDICT_BUSY, "and then again");
	ok(strstr(say, "again in 10 minutes") != NULL,
	    "in the language that was found");
	when_set(NOW, 0);
	for (int i = 0; i < 9; i++)
		ASK(open, "42", "?", &ticket);
	ok_int(BUSY("42"), VERDICT_SILENCE, "never the last of the hour");
	ok_int(ASK(open, "42", "?", &ticket), VERDICT_HELP,
	    "which is kept for an answer");
	for (int i = 0; i < 10; i++)
		ASK(open, "43", "?", &ticket);
	ok_int(BUSY("43"), VERDICT_SILENCE, "nor it after ten others");
#undef BUSY
}

/* Copies that come late: we refused the query for now, and much later the
 * SMSC brings it again. */
static void
stale(void)
{
	const struct conf_service *open = conf_service(core->conf, "open");
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;

	ASK(open, "13", "CXMYD", &ticket);
	query_refused(query, &ticket);
	when_set(NOW + 30 * 60, 0);
	ok_int(ASK(open, "13", "CXMYD", &ticket), VERDICT_OK,
	    "half an hour after it was refused it is answered");
	query_refused(query, &ticket);
	when_set(NOW + 30 * 60 + 1, 0);
	ok_int(ASK(open, "13", "CXMYD", &ticket), VERDICT_SEND_AGAIN,
	    "a second later it is stale");
	ok(strstr(say, "重新发送CXMYD") != NULL, "and asked for again");
	when_set(NOW, 0);
}

/* Of what came before it no more is known than that. */
static enum verdict
ask_before(const char *msisdn, const struct before *before, char *say)
{
	struct ticket ticket;
	struct answer a;
	enum verdict v = query_text(query, conf_service(core->conf, "open"),
	    msisdn, "CXMYD", before, &a, say, &ticket);

	query_sent(query, &ticket, say);
	return v;
}

/* Refused before it was understood; told, when it comes again, since when. */
static void
stale_unread(void)
{
	const struct conf_service *open = conf_service(core->conf, "open");
	char say[ANSWER_MAX];
	struct ticket t, again;
	struct answer a;

#define BEFORE(n, minutes) \
	ask_before(        \
	    MSISDN(n), &(struct before){.refused = NOW - (minutes)*60}, say)
	ok_int(BEFORE("21", 30), VERDICT_OK,
	    "first refused half an hour ago, it is answered");
	ok_int(BEFORE("04", 31), VERDICT_SEND_AGAIN,
	    "a minute more, and it is stale");
	ok_int(ask_before(MSISDN("04"), NULL, say), VERDICT_OK,
	    "which is said once: the next is answered");
	ok_int(BEFORE("06", 300), VERDICT_SEND_AGAIN,
	    "so is one that was refused again and again for hours");
	ok_int(
	    query_text(query, open, MSISDN("10"), "cxmyd", NULL, &a, say, &t),
	    VERDICT_OK, "one is on its way");
	ok_int(BEFORE("10", 31), VERDICT_SEND_AGAIN, "and another stale");
	ok_int(query_text(
		   query, open, MSISDN("10"), "Cxmyd", NULL, &a, say, &again),
	    VERDICT_SILENCE, "which does not change that");
	query_sent(query, &t, NULL);
	ok_int(BEFORE("10", 1), VERDICT_OK, "answered");
	when_set(NOW + 31 * 60, 0);
	ok_int(ask_before(MSISDN("10"), NULL, say), VERDICT_OK,
	    "who was answered half an hour ago and asks again is answered");
	when_set(NOW, 0);
}

/* Our refusals make copies, which come after the answer. */
static void
copies(void)
{
	const struct before copy = {.is_copy = 1};
	char say[ANSWER_MAX];

	ok_int(ask_before(MSISDN("58"), &copy, say), VERDICT_OK,
	    "a copy of what is not known is answered");
	ok_int(ask_before(MSISDN("58"), &copy, say), VERDICT_OK,
	    "and one of what was never refused");
	ok_int(BEFORE("59", 1), VERDICT_OK, "refused before, and answered");
	ok_int(ask_before(MSISDN("59"), &copy, say), VERDICT_SILENCE,
	    "its copy is not");
	ok_int(ask_before(MSISDN("59"), &copy, say), VERDICT_SILENCE,
	    "nor the next");
	ok_int(ask_before(MSISDN("59"), NULL, say), VERDICT_OK,
	    "who asks again is, though");
	when_set(NOW + DAY, 0);
	ok_int(ask_before(MSISDN("59"), &copy, say), VERDICT_OK,
	    "on another day the answer is another");
	when_set(NOW, 0);
#undef BEFORE
}

/* Asks once and keeps an answer in memory; 1 when that is what the same text
 * gets again. */
static int
holds(const struct conf_service *s, const char *msisdn, const char *text)
{
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;

	query_text(query, s, msisdn, text, NULL, &a, say, &ticket);
	query_sent(query, &ticket, "held");
	query_text(query, s, msisdn, text, NULL, &a, say, &ticket);
	query_sent(query, &ticket, "held");
	return strcmp(say, "held") == 0;
}

static void
correct_somebody(const char *msisdn)
{
	const struct correction c = {
	    .region = 310000,
	    .from = NOW - DAY,
	    .to = NOW - DAY / 2,
	    .act = CORRECT_ADD,
	    .made = NOW - 1,
	};

	if (correct_put(vault()->state, key_msisdn(vault()->key, msisdn), &c,
		"op", "-") < 0)
		abort();
}

/* What makes an answer another one, or none, ends the repeats of it. */
static void
ends_of_repeats(void)
{
	const struct conf_service *open = conf_service(core->conf, "open");
	const struct conf_service *ids = conf_service(core->conf, "inline");
	const struct conf_service *reply = conf_service(core->conf, "reply");
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;

	ok(holds(open, MSISDN("51"), "CXMYD"), "an answer is held");
	for (int i = 0; i < 5; i++)
		ASK(ids, "51", "CXMYD#0000", &ticket);
	ok_int(ASK(open, "51", "CXMYD", &ticket), VERDICT_LOCKED,
	    "not behind a lock");

	ASK(reply, "52", "CXMYD", &ticket);
	ok(holds(reply, MSISDN("52"), "1234"), "the answer to a reply is held");
	ok_int(ASK(reply, "52", "QXTY", &ticket), VERDICT_WITHDRAWN,
	    "until that is withdrawn");
	ok_int(ASK(reply, "52", "1234", &ticket), VERDICT_HELP,
	    "then it is no reply any more");

	ok(holds(ids, MSISDN("53"), "CXMYD#1234"), "held with digits");
	ASK(ids, "53", "SCSJ#1234", &ticket);
	ok_int(ASK(ids, "53", "Y", &ticket), VERDICT_DELETED, "deleted");
	ok_int(ASK(ids, "53", "CXMYD#1234", &ticket), VERDICT_NO_STAYS,
	    "and not held");
	query_sent(query, &ticket, NULL);

	ok(holds(open, MSISDN("54"), "CXMYD"), "held");
	correct_somebody(MSISDN("54"));
	ASK(open, "54", "CXMYD", &ticket);
	ok(strstr(say, "上海") != NULL, "until it is corrected");
	query_sent(query, &ticket, NULL);

	ok(holds(open, MSISDN("55"), "CXMYD"), "held");
	ok_int(ASK(open, "55", "EN", &ticket), VERDICT_LANGUAGE, "in Chinese");
	ASK(open, "55", "CXMYD", &ticket);
	ok(strstr(say, "Beijing") != NULL, "until that is English");
	query_sent(query, &ticket, NULL);
}

/* What a Y got is no answer to a Y where the digits are asked for. */
static void
yes_is_no_digits(void)
{
	const struct conf_service *s = conf_service(core->conf, "ask");
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;

	ASK(s, "59", "CXMYD", &ticket);
	ok_int(ASK(s, "59", "1234", &ticket), VERDICT_CONSENT_NEEDED,
	    "the digits are right, a Y is awaited");
	ok_int(ASK(s, "59", "Y", &ticket), VERDICT_OK, "it agrees");
	query_sent(query, &ticket, say);
	ok_int(ASK(s, "59", "CXMYD", &ticket), VERDICT_PROMPT, "asked anew");
	ok(ASK(s, "59", "Y", &ticket) != VERDICT_OK &&
		strstr(say, "北京") == NULL,
	    "a Y alone is not answered from memory");
}

static uint32_t
tries(const char *msisdn)
{
	struct subject x;

	subject_get(vault()->state, key_msisdn(vault()->key, msisdn), &x);
	return x.tries;
}

/* Repeats, copies, and what they count. */
static void
counted(void)
{
	const struct conf_service *ids = conf_service(core->conf, "inline");
	const struct conf_service *reply = conf_service(core->conf, "reply");
	char say[ANSWER_MAX];
	struct ticket ticket, again;
	struct answer a;

	ok(holds(ids, MSISDN("56"), "CXMYD#1234"), "the right digits are held");
	ASK(ids, "56", "CXMYD#0000", &ticket);
	ok_int(tries(MSISDN("56")), 1, "a wrong try counts");
	ok_int(ASK(ids, "56", "CXMYD#1234", &ticket), VERDICT_OK, "right ones");
	ok_int(tries(MSISDN("56")), 0, "begin anew, held or not");
	query_sent(query, &ticket, NULL);

	ASK(ids, "57", "CXMYD#0000", &ticket);
	query_refused(query, &ticket);
	ASK(ids, "57", "CXMYD#0000", &ticket);
	ok_int(tries(MSISDN("57")), 1,
	    "a wrong try that we refused for now, and its copy, are one");
	query_sent(query, &ticket, say);
	ASK(ids, "57", "CXMYD#0000", &ticket);
	ok_int(tries(MSISDN("57")), 2, "the same again is another");

	ASK(reply, "58", "CXMYD", &ticket);
	ok_int(ASK(reply, "58", "1234", &ticket), VERDICT_OK,
	    "a reply that agrees for the first time");
	ok_int(ASK(reply, "58", "1234", &again), VERDICT_SILENCE,
	    "its copy hears nothing while the answer is on its way");
	ok(again.request == ticket.request, "to which it belongs");
	query_sent(query, &ticket, NULL);
}

/* Whoever has had their texts for the hour. */
static void
use_up(const char *msisdn)
{
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;

	for (int i = 0; i < 10; i++)
		query_text(query, conf_service(core->conf, "open"), msisdn, "?",
		    NULL, &a, say, &ticket);
}

/* Then a repeat is as free as before, and what is looked up once more, for
 * there may be wrong digits, is not looked up again. */
static void
beyond_limits(void)
{
	const struct conf_service *ids = conf_service(core->conf, "inline");
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;

	ASK(ids, "22", "CXMYD#1234", &ticket);
	query_sent(query, &ticket, "told before");
	use_up(MSISDN("22"));
	ok_int(ASK(ids, "22", "CXMYD#1234", &ticket), VERDICT_SILENCE,
	    "no more texts, whoever was told before");
	ok_str(say, "", "not a word");
	ok_str(admit_held(query->admit, ticket.request, 0), "told before",
	    "that is remembered");
	ok(admit_knows(query->admit, ticket.request, NOW + 59), "as it was");

	use_up(MSISDN("23"));
	ok_int(ASK(ids, "23", "CXMYD#0000", &ticket), VERDICT_SILENCE,
	    "nor after a wrong try");
	ok_int(tries(MSISDN("23")), 1, "which counts");
	ok_int(ASK(ids, "23", "CXMYD#1234", &ticket), VERDICT_SILENCE,
	    "nor with the right digits");
	ok_int(tries(MSISDN("23")), 0, "which count too");
	ok_str(say, "", "and are told nothing");
	ok(strstr(admit_held(query->admit, ticket.request, 0), "北京") != NULL,
	    "but found once");
	ok(admit_knows(query->admit, ticket.request, NOW), "for the next");
	ok_int(ASK(ids, "23", "EN", &ticket), VERDICT_SILENCE, "a language");
	ASK(ids, "23", "CXMYD#1234", &ticket);
	ok(strstr(admit_held(query->admit, ticket.request, 0), "Beijing") !=
		NULL,
	    "is chosen");
	ASK(ids, "23", "ZH", &ticket);
}

/* What a look-up found to be worth no word. */
static void
not_counted(void)
{
	const struct conf_service *s = conf_service(core->conf, "prompt");
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;
	int silent = 0;

	ASK(s, "24", "CXMYD", &ticket);
	ASK(s, "24", "1234", &ticket);
	for (int i = 0; i < 10; i++)
		silent += ASK(s, "24", "Y", &ticket) == VERDICT_SILENCE;
	ok_int(silent, 10, "a Y that nobody asked for");
	ok_int(ASK(s, "24", "CXMYD", &ticket), VERDICT_PROMPT,
	    "is none of texts_per_hour");
	query_sent(query, &ticket, say);
}

/* Asked for the last four, and they come. */
static void
prompts(void)
{
	const struct conf_service *s = conf_service(core->conf, "prompt");
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;

	ok_int(ASK(s, "21", "1234", &ticket), VERDICT_SILENCE,
	    "four digits that nobody asked for are somebody else's");
	ok_int(ASK(s, "21", "CXMYD EN", &ticket), VERDICT_PROMPT,
	    "the keyword alone is answered with a question");
	ok(strstr(say, "Please reply") != NULL, "in the language asked");
	ok_int(ASK(s, "12", "1234", &ticket), VERDICT_SILENCE,
	    "another's reply is none");
	ok_int(ASK(s, "21", "hello", &ticket), VERDICT_SILENCE,
	    "nor is another text of the same subscriber");
	ok_int(ASK(s, "21", "4321", &ticket), VERDICT_WRONG_IDENTITY,
	    "a wrong reply");
	ok(strstr(say, "do not match") != NULL, "is told so");
	ok_int(
	    ASK(s, "21", "4321", &ticket), VERDICT_WRONG_IDENTITY, "each time");
	ok_int(ASK(s, "21", "1234", &ticket), VERDICT_OK, "the right one");
	ok(strstr(say, "Places since") != NULL, "still in that language");
	query_sent(query, &ticket, NULL);
	ok_int(ASK(s, "21", "1234", &ticket), VERDICT_OK,
	    "a copy of it is answered too");
	query_sent(query, &ticket, NULL);
	ok_int(ASK(s, "21", "4321", &ticket), VERDICT_SILENCE,
	    "other digits behind it are no wrong try");
	ok_int(ASK(s, "22", "CXMYD 1234", &ticket), VERDICT_OK,
	    "the digits may come with the keyword");
	query_sent(query, &ticket, NULL);
	ok_int(ASK(s, "22", "CXMYD", &ticket), VERDICT_PROMPT, "asked anew");
	when_set(NOW + 599, 0);
	ok_int(ASK(s, "22", "1234", &ticket), VERDICT_OK,
	    "a reply in the tenth minute counts");
	query_sent(query, &ticket, NULL);
	when_set(NOW, 0);
	ASK(s, "22", "CXMYD", &ticket);
	when_set(NOW + 600, 0);
	ok_int(ASK(s, "22", "1234", &ticket), VERDICT_SILENCE,
	    "after it none does");
	when_set(NOW, 0);
}

/* Asks; the answer is sent. */
static enum verdict
heard(const char *service, const char *msisdn, const char *text, int is_copy)
{
	const struct before before = {.is_copy = is_copy};
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;
	enum verdict v = query_text(query, conf_service(core->conf, service),
	    msisdn, text, &before, &a, say, &ticket);

	if (v != VERDICT_SILENCE)
		query_sent(query, &ticket, say);
	return v;
}

/* The keyword again gets the question again, while that is what was asked. */
static void
prompts_again(void)
{
	const struct conf_service *s = conf_service(core->conf, "prompt");
	char say[ANSWER_MAX];
	struct ticket ticket, again;
	struct answer a;

	ok_int(ASK(s, "65", "CXMYD", &ticket), VERDICT_PROMPT, "asked");
	ok(ticket.must_hold, "which is to be kept");
	ok_int(ASK(s, "65", "CXMYD", &again), VERDICT_SILENCE,
	    "while the question is on its way, silence");
	ok(again.request == ticket.request, "which belongs to it");
	query_sent(query, &ticket, "asked before");
	when_set(NOW + 10, 0);
	ok_int(ASK(s, "65", "cxmyd", &ticket), VERDICT_PROMPT,
	    "who lost it gets it again");
	ok_str(say, "asked before", "from memory");
	ok(!ticket.must_hold && ticket.who != 0,
	    "nothing is to be kept, but it counts");
	query_sent(query, &ticket, NULL);
	ok(ASK(s, "65", "CXMYD", &ticket) == VERDICT_PROMPT && ticket.must_hold,
	    "one that was lost is asked anew");
	query_sent(query, &ticket, say);
	when_set(NOW, 0);
}

/* Asked, and asked again after what is said to `service`: 1 when that is from
 * memory. */
static int
asked_again(const char *msisdn, const char *service, const char *text)
{
	const struct conf_service *s = conf_service(core->conf, "prompt");
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;

	query_text(query, s, msisdn, "CXMYD", NULL, &a, say, &ticket);
	query_sent(query, &ticket, "asked before");
	if (text != NULL)
		heard(service, msisdn, text, 0);
	query_text(query, s, msisdn, "CXMYD", NULL, &a, say, &ticket);
	query_sent(query, &ticket, say);
	return strcmp(say, "asked before") == 0;
}

static void
ends_of_prompts(void)
{
	ok(asked_again(MSISDN("60"), NULL, NULL), "a question is held");
	ok(!asked_again(MSISDN("61"), "prompt", "CXMYD EN"),
	    "not after one in another language, which goes on in that");
	ok(!asked_again(MSISDN("62"), "prompt", "SCSJ"),
	    "nor after another question");
	ok(!asked_again(MSISDN("63"), "prompt", "EN"),
	    "nor once that is one's language");
	ok(!asked_again(MSISDN("52"), "prompt", "4321"),
	    "nor after a wrong try");
	ok(!asked_again(MSISDN("24"), "prompt", "1234"),
	    "nor once it was replied to");
	ok(asked_again(MSISDN("64"), "reply", "CXMYD"),
	    "another service asks for itself");
}

/* A copy of the keyword that our refusal made. */
static void
prompts_copied(void)
{
	const struct conf_service *s = conf_service(core->conf, "prompt");
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;

	for (int i = 0; i < 2; i++) {
		ASK(s, "23", "CXMYD", &ticket);
		query_refused(query, &ticket);
	}
	ok_int(heard("prompt", MSISDN("23"), "CXMYD", 0), VERDICT_PROMPT,
	    "refused twice, then asked");
	ok_int(heard("prompt", MSISDN("23"), "1234", 0), VERDICT_OK, "told");
	ok_int(heard("prompt", MSISDN("23"), "CXMYD", 1), VERDICT_SILENCE,
	    "the other copy asks nothing");
	ok_int(heard("prompt", MSISDN("23"), "CXMYD", 0), VERDICT_PROMPT,
	    "who asks anew is asked anew");
	ok_int(heard("prompt", MSISDN("23"), "CXMYD", 1), VERDICT_SILENCE,
	    "which its copy is not, for it is asked");
}

/* Another process goes on with the dialogue. */
static void
after_a_restart(void)
{
	const struct conf_service *s = conf_service(core->conf, "prompt");
	struct query *other;
	char say[ANSWER_MAX];
	struct ticket ticket;
	struct answer a;

	ASK(s, "23", "CXMYD", &ticket);
	state_commit(vault()->state);
	state_close(vault()->state);
	vault()->state = NULL;
	if (query_new(&other, core) < 0)
		abort();
	ok_int(
	    query_text(other, s, MSISDN("23"), "1234", NULL, &a, say, &ticket),
	    VERDICT_OK, "another process knows what was asked");
	query_free(other);
}

static void
dialogues(void)
{
	const struct conf_service *s = conf_service(core->conf, "dialled");
	char say[ANSWER_MAX];
	uint32_t token = 0;
	struct answer a;

#define DIAL(number, what, t) \
	query_dialled(query, s, "*10086*3#", MSISDN(number), what, t, &a, say)
	ok_int(DIAL("23", "*10086*3*1234#", 7), VERDICT_OK, "straight through");
	ok(strchr(say, TEXT_BREAK) != NULL, "with places to end a page");
	ok_int(DIAL("23", "*10086*3*4321#", 7), VERDICT_WRONG_IDENTITY,
	    "wrong digits");
	ok_int(DIAL("23", "*10086*3*99999#", 7), VERDICT_HELP,
	    "what is not understood");
	DIAL("23", "*10086*3#", 76);
	ok_int(DIAL("23", "*10086*3#", 77), VERDICT_PROMPT, "the code alone");
	ok_int(query_reply(query, s, MSISDN("23"), "hm", &token, &a, say),
	    VERDICT_HELP, "no reply");
	ok_int(query_reply(query, s, MSISDN("23"), "1234", &token, &a, say),
	    VERDICT_OK, "the reply");
	ok_int(token, 77, "comes with what was kept for it");
	ok_int(query_reply(query, s, MSISDN("12"), "1234", &token, &a, say),
	    VERDICT_HELP, "a reply to nothing");
}

static void
whose_imsi(void)
{
	const struct conf_carrier *c = &core->conf->carriers[0];
	char msisdn[DIGITS_MAX + 1] = "";

	ok_int(query_msisdn(query, c, IMSI("01"), msisdn), 0, "an IMSI");
	ok_str(msisdn, MSISDN("01"), "has its MSISDN");
	ok_int(query_msisdn(query, c, IMSI("08"), msisdn), 0,
	    "one that went to another number");
	ok_str(msisdn, MSISDN("09"), "has that now");
	ok_int(query_msisdn(query, c, IMSI("07"), msisdn), -ENOENT,
	    "one whose row has ended has none");
	ok_int(query_msisdn(query, c, IMSI("99"), msisdn), -ENOENT,
	    "nor has an unknown one");
	ok_int(query_msisdn(query, c, IMSI("20"), msisdn), -ENOENT,
	    "nor one with another's key");
	query_end(query);
	core_store_close(vault());
	vault()->tried = 0;
	rename("store/stays.db", "store/away.db");
	ok_int(query_msisdn(query, c, IMSI("02"), msisdn), -EIO,
	    "a store that is away is another thing");
	ok_int(query_msisdn(query, c, IMSI("01"), msisdn), 0,
	    "and who was looked up before is known still");
	ok_str(msisdn, MSISDN("01"), "with the number of then");
	ok_int(query_msisdn(query, c, IMSI("99"), msisdn), -EIO,
	    "who was not provisioned then may be now");
	rename("store/away.db", "store/stays.db");
	vault()->tried = 0;
	ok_int(query_msisdn(query, c, IMSI("01"), msisdn), 0, "it comes back");
}

/* Appends to the configuration, and makes it the one in force. */
static void
reload(const char *more)
{
	struct core *old = core;
	FILE *f = fopen("travelcard.conf", "a");

	fputs(more, f);
	fclose(f);
	if (core_load(&core, "travelcard.conf", old) < 0)
		abort();
	core_begin(core, old);
	query_reload(query, core);
	core_close(old);
}

/* A new configuration: what is remembered stays, but for what might be said
 * otherwise now. */
static void
another_core(void)
{
	const struct vault *before = vault();
	const struct store *store = before->store;
	char say[ANSWER_MAX], first[ANSWER_MAX];
	struct ticket ticket, again;
	struct answer a;
	uint64_t edition = core->edition;
	struct core *fresh;

#define OPEN conf_service(core->conf, "open")
	ASK(OPEN, "02", "CXMYD", &ticket);
	strcpy(first, say);
	query_sent(query, &ticket, "held in memory");
	ASK(OPEN, "03", "CXMYD", &again);
	reload("limits { texts_per_hour = 5 repeat_window = 600 }\n");
	ok(vault() == before && vault()->store == store,
	    "the store that was open still is");
	ok(core->edition == edition, "answers are the same");
	ASK(OPEN, "02", "CXMYD", &again);
	ok_str(say, "held in memory", "a repeat is answered from memory still");
	ok_int(ASK(OPEN, "03", "CXMYD", &again), VERDICT_SILENCE,
	    "and one whose answer is on its way not at all");
	for (int i = 0; i < 5; i++)
		ASK(OPEN, "33", "?", &ticket);
	ok_int(ASK(OPEN, "33", "?", &ticket), VERDICT_SILENCE,
	    "limits are the new ones");
	reload("service \"more\" { carrier = \"cmcc\" code = {\"10099\"}\n"
	       "  keywords = {\"MORE\"} identity = none }\n");
	ASK(OPEN, "02", "CXMYD", &again);
	ok_str(say, first, "where services changed it is worked out anew");
	if (core_load(&fresh, "travelcard.conf", NULL) < 0)
		abort();
	ok(core->edition != edition && core->edition == fresh->edition,
	    "also for another worker, whatever it had before");
	core_close(fresh);
	query_sent(query, &again, NULL);
	ok_int(ASK(OPEN, "33", "?", &ticket), VERDICT_SILENCE,
	    "what a number had counts on");
	ok_int(ASK(conf_service(core->conf, "more"), "04", "MORE", &ticket),
	    VERDICT_OK, "a new service answers");
	query_sent(query, &ticket, NULL);
#undef OPEN
}

/* One that is wrong. */
static void
no_other_core(void)
{
	struct core *c = NULL;
	FILE *f = fopen("wrong.conf", "w");

	fputs("zone = \"Nowhere\"\nlog_level = debug\n"
	      "carrier a { hotline = 1 }\n",
	    f);
	fclose(f);
	ok_int(core_load(&c, "wrong.conf", core), -ENOENT,
	    "a zone that is none is found before it is set");
	ok(c == NULL && strcmp(getenv("TZ"), "Asia/Shanghai") == 0,
	    "and the one in force stays");
}

int
main(void)
{
	write_files();
	if (core_open(&core, "travelcard.conf") < 0 ||
	    query_new(&query, core) < 0)
		return 1;
	when_set(NOW, 0);
	fill_store();
	put_people();
	put_colliding();
	what_is_rejected();
	finish_store();
	where_a_record_lies();
	who_a_person_is();
	which_days();
	what_is_said();
	old_data();
	repeats();
	ends_of_repeats();
	yes_is_no_digits();
	counted();
	limits();
	busy();
	stale();
	stale_unread();
	copies();
	prompts();
	prompts_again();
	ends_of_prompts();
	prompts_copied();
	after_a_restart();
	dialogues();
	beyond_limits();
	not_counted();
	whose_imsi();
	another_core();
	no_other_core();
	query_end(query);
	query_free(query);
	core_close(core);
	return test_done();
}
