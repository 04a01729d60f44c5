/* What users read: the words of each verdict, the list, the notes, and that
 * an answer of four cities is one message on every day. */
#include "core/answer.c"

#include "fixture.h"
#include "test.h"
#include "text.h"

#define NOW 1795305600 /* 2026-11-22 08:00 in Shanghai */
#define LO (NOW - 8 * 3600 - 14 * 86400)

enum {
	BEIJING = 110000,
	TIANJIN = 120000,
	LANGFANG = 131000,
	BAODING = 130600,
	YANBIAN = 222400,
	HONG_KONG = 810000,
	MACAO = 820000,
	JAPAN = 'J' << 8 | 'P',
	THAILAND = 'T' << 8 | 'H',
};

static struct messages *messages;
static struct regions *regions;

static const struct conf_carrier carrier = {
    .name = "cmcc",
    .name_zh = "中国移动",
    .name_en = "China Mobile",
    .hotline = "10086",
};

static const char *const keywords[] = {"CXMYD", "CX"};

static const char *const verify[] = {"HY"};
static const char *const codes[] = {"10086"};
static const char *const dialled[] = {"*10086*3#"};

static struct conf_service service = {
    .carrier = &carrier,
    .code = {.v = (const char **)codes, .n = 1},
    .keywords = {.v = (const char **)keywords, .n = 2},
    .verify = {.v = (const char **)verify, .n = 1},
    .identity = IDENTITY_PROMPT,
};

/* Places and their marks, up to a region of 0. */
#define PLACES(...) ((const struct answer_place[]){__VA_ARGS__, {0, "", 0}})

static struct answer
found(enum language language, const struct answer_place *places)
{
	struct answer a = {
	    .verdict = places ? VERDICT_OK : VERDICT_NO_STAYS,
	    .language = language,
	    .lo = LO,
	    .as_of = NOW,
	    .places = places,
	    .code = "001008085542",
	};

	while (places != NULL && places[a.nplaces].region != 0)
		a.nplaces++;
	return a;
}

static const char *
said(const struct answer *a)
{
	static char out[ANSWER_MAX];

	if (answer_text(a, messages, regions, &service, out, sizeof(out)) != 0)
		return "too long";
	return out;
}

static void
says(struct answer a, const char *want, const char *what)
{
	ok_str(said(&a), want, "%s", what);
}

/* A list alone, without the words around it. */
static void
lists(enum language language, const struct answer_place *places,
    const char *want, const char *what)
{
	struct answer a = found(language, places);
	const char *got = said(&a), *end;
	char list[256] = "";

	got = strstr(got, language == LANG_ZH ? "到过：" : "): ");
	end = got ? strstr(got, language == LANG_ZH ? "。" : ". ") : NULL;
	if (end != NULL) {
		got += language == LANG_ZH ? strlen("到过：") : 3;
		snprintf(list, sizeof(list), "%.*s", (int)(end - got), got);
	}
	ok_str(list, want, "%s", what);
}

static void
whole_answers(void)
{
	const struct answer_place *two =
	    PLACES({BEIJING, "", 0}, {TIANJIN, "", 0});

	says(found(LANG_ZH, two),
	    "截至11月22日08:00，您11月8日以来到过：北京、天津。"
	    "核验码001008085542，发HY核验。有误拨10086",
	    "an answer in Chinese");
	says(found(LANG_EN, two),
	    "Places since 8 Nov (as of 22 Nov 08:00): Beijing, Tianjin. "
	    "Code 001008085542, send HY to check. Wrong? Call 10086",
	    "in English");
	says(found(LANG_ZH, NULL),
	    "截至11月22日08:00，未查到您11月8日以来的到访记录。"
	    "核验码001008085542，发HY核验。"
	    "关机、开飞行模式或只用Wi-Fi时没有记录。有误拨10086",
	    "nothing found, in Chinese");
	says(found(LANG_EN, NULL),
	    "No places found since 8 Nov (as of 22 Nov 08:00). Code "
	    "001008085542, send HY to check. A phone that is off, in flight "
	    "mode or only on Wi-Fi leaves no record. Wrong? Call 10086",
	    "in English");
}

static void
no_watermark(void)
{
	struct answer a = found(LANG_ZH, PLACES({BEIJING, "", 0}));

	a.as_of = 0;
	a.code[0] = '\0';
	says(a, "您11月8日以来到过：北京。有误拨10086",
	    "without a watermark no as-of, without a code no word of it");
	a.language = LANG_EN;
	says(a, "Places since 8 Nov: Beijing. Wrong? Call 10086",
	    "nor in English");
}

static void
groups(void)
{
	lists(LANG_ZH, PLACES({BEIJING, "", 0}), "北京", "one place");
	lists(LANG_ZH,
	    PLACES({LANGFANG, "", 0}, {BEIJING, "", 0}, {TIANJIN, "", 0}),
	    "廊坊、北京、天津", "cities, in the order given");
	lists(LANG_ZH,
	    PLACES({BEIJING, "", 0}, {HONG_KONG, "", 0}, {MACAO, "", 0},
		{JAPAN, "", 0}, {THAILAND, "", 0}),
	    "北京；中国香港、中国澳门；日本、泰国", "three groups");
	lists(LANG_ZH, PLACES({HONG_KONG, "", 0}, {JAPAN, "", 0}),
	    "中国香港；日本", "two groups");
	lists(LANG_EN,
	    PLACES({BEIJING, "", 0}, {TIANJIN, "", 0}, {HONG_KONG, "", 0},
		{JAPAN, "", 0}),
	    "Beijing, Tianjin; Hong Kong (China); Japan", "in English");
}

/* How often a text stands in another. */
static int
count(const char *text, const char *part)
{
	int n = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		n++;
	return n;
}

static void
marks(void)
{
	struct answer a = found(LANG_ZH,
	    PLACES({BEIJING, "*", 0}, {TIANJIN, "", 0}, {LANGFANG, "*", 0}));

	says(a,
	    "截至11月22日08:00，您11月8日以来到过：北京*、天津、廊坊*。"
	    "核验码001008085542，发HY核验。"
	    "带*的城市有中高风险地区，不表示您去过这些地区。有误拨10086",
	    "a mark on two cities, explained once");
	a.language = LANG_EN;
	ok_int(count(said(&a), "*: the city has "), 1, "once in English too");
	a = found(LANG_ZH, PLACES({BEIJING, "**", 0}, {TIANJIN, "*", 0}));
	ok(strstr(said(&a), "北京**、天津*。") != NULL, "two marks");
	ok(strstr(said(&a), "带**的城市") != NULL &&
		strstr(said(&a), "带*的城市") != NULL,
	    "each explained");
	a = found(LANG_ZH, PLACES({BEIJING, "", 0}));
	ok_int(count(said(&a), "风险"), 0, "no mark, no word of it");
}

static void
notes(void)
{
	struct answer a = found(LANG_ZH, PLACES({BEIJING, "*", 0}));

	a.history_since = NOW - 3 * 86400;
	a.data_late = 1;
	says(a,
	    "截至11月22日08:00，您11月8日以来到过：北京*。"
	    "核验码001008085542，发HY核验。"
	    "您的记录始于11月19日。数据更新有延迟。"
	    "带*的城市有中高风险地区，不表示您去过这些地区。有误拨10086",
	    "every note, in Chinese");
	a.language = LANG_EN;
	says(a,
	    "Places since 8 Nov (as of 22 Nov 08:00): Beijing*. Code "
	    "001008085542, send HY to check. Records begin on 19 Nov. New data "
	    "is arriving late. *: the city has medium or "
	    "high risk areas; it does not mean that you went there. Wrong? "
	    "Call 10086",
	    "in English");
	a = found(LANG_ZH, NULL);
	a.data_late = 1;
	ok_int(count(said(&a), "数据更新有延迟。"), 1,
	    "notes ride on an empty answer too");
}

/* A window in two parts. */
static void
parts(void)
{
	struct answer a = found(LANG_ZH,
	    PLACES({BEIJING, "", 0}, {JAPAN, "", 0}, {BEIJING, "", 1},
		{BAODING, "", 1}, {MACAO, "", 1}));

	a.lo = LO - 16 * 86400;
	a.middle = LO - 86400;
	says(a,
	    "截至11月22日08:"
	    "00，您11月7日以来到过：北京；日本。10月23日至11月6日"
	    "到过：北京、保定；中国澳门。核验码001008085542，发HY核验。有误拨10"
	    "086",
	    "two parts");
	a.language = LANG_EN;
	says(a,
	    "Places (as of 22 Nov 08:00). Since 7 Nov: Beijing; Japan. 23 Oct "
	    "to 6 Nov: Beijing, Baoding; Macao (China). Code 001008085542, "
	    "send HY to check. Wrong? Call 10086",
	    "in English");
	a.nplaces = 2;
	says(a,
	    "Places (as of 22 Nov 08:00). Since 7 Nov: Beijing; Japan. 23 Oct "
	    "to 6 Nov: none. Code 001008085542, send HY to check. Wrong? Call "
	    "10086",
	    "nothing in the earlier one");
	a.language = LANG_ZH;
	says(a,
	    "截至11月22日08:00，您11月7日以来到过：北京；日本。未查到"
	    "10月23日至11月6日的到访记录。核验码001008085542，发HY核验。有误拨1"
	    "00"
	    "86",
	    "in Chinese");
	a.places += 2;
	a.nplaces = 1;
	a.as_of = 0;
	says(a,
	    "未查到您11月7日以来的到访记录。10月23日至11月6日到过：北京。"
	    "核验码001008085542，发HY核验。有误拨10086",
	    "nothing in the later one");
	a.language = LANG_EN;
	says(a,
	    "Places. Since 7 Nov: none. 23 Oct to 6 Nov: Beijing. Code "
	    "001008085542, send HY to check. Wrong? Call "
	    "10086",
	    "in English");
	a.verdict = VERDICT_NO_STAYS;
	a.nplaces = 0;
	says(a,
	    "No places found since 23 Oct. Code 001008085542, send HY to "
	    "check. A phone that is off, in flight mode or only on Wi-Fi "
	    "leaves no record. Wrong? Call 10086",
	    "nothing in either is one text");
}

/* A page may end behind each place, and before each part that follows. */
static void
breaks(void)
{
	struct answer a = found(LANG_ZH,
	    PLACES({110000, "*", 0}, {120000, "", 0}, {810000, "", 0}));

	service.code.v = (const char **)dialled;
	a.data_late = 1;
	says(a,
	    "截至11月22日08:00，您11月8日以来到过：北京*、\x1f天津；\x1f"
	    "中国香港。\x1f核验码001008085542。"
	    "\x1f数据更新有延迟。\x1f带*的城市有中高风险地区，不表示您去过"
	    "这些地区。\x1f有误拨10086",
	    "dialled");
	a = found(LANG_EN, PLACES({BEIJING, "", 0}, {JAPAN, "", 1}));
	a.middle = LO + 86400;
	says(a,
	    "Places (as of 22 Nov 08:00). Since 9 Nov: Beijing. \x1f"
	    "8 Nov to 8 Nov: Japan. \x1f"
	    "Code 001008085542. \x1f"
	    "Wrong? Call 10086",
	    "dialled, in two parts");
	service.code.v = (const char **)codes;
}

static void
verdict(enum verdict v, const char *zh, const char *en)
{
	struct answer a = {.verdict = v, .lo = LO, .minutes = 30};

	a.language = LANG_ZH;
	says(a, zh, verdict_name(v));
	a.language = LANG_EN;
	says(a, en, verdict_name(v));
}

/* Nobody reckons with hundreds of minutes. */
static void
locks(void)
{
	struct answer a = {.verdict = VERDICT_LOCKED, .minutes = 119};

	says(a, "输错次数过多，请119分钟后再试，或拨10086咨询。", "minutes");
	a.minutes = 120;
	says(a, "输错次数过多，请2小时后再试，或拨10086咨询。", "two hours");
	a.minutes = 901;
	says(a, "输错次数过多，请16小时后再试，或拨10086咨询。",
	    "hours are rounded up");
	a.language = LANG_EN;
	says(a,
	    "Too many wrong tries. Please try again in 16 hours, or call "
	    "10086.",
	    "in English");
}

static void
verdicts(void)
{
	verdict(VERDICT_WRONG_IDENTITY,
	    "证件号码后四位不符，或本机号码尚未登记。请核对后再试，"
	    "或拨10086咨询。",
	    "The last four characters of the ID do not match, or this number "
	    "is not registered. Please check and try again, or call 10086.");
	verdict(VERDICT_LOCKED, "输错次数过多，请30分钟后再试，或拨10086咨询。",
	    "Too many wrong tries. Please try again in 30 minutes, or call "
	    "10086.");
	locks();
	verdict(VERDICT_CONSENT_NEEDED,
	    "回复Y，即同意并授权中国移动查询您11月8日以来的到访地；"
	    "不同意请勿回复。",
	    "Reply Y to agree that China Mobile may look up the places you "
	    "have "
	    "been to since 8 Nov. If you do not agree, do not reply.");
	verdict(VERDICT_HELP,
	    "查询到访地请发送CXMYD。如需英文结果，请在末尾加EN。"
	    "咨询请拨10086。",
	    "To see where this phone has been, send CXMYD. For English, add "
	    "EN. Questions: 10086.");
	verdict(VERDICT_BUSY, "当前查询人数较多，请30分钟后再试。",
	    "Many people are asking right now. Please try again in 30 "
	    "minutes.");
	verdict(VERDICT_SERVICE_CLOSED,
	    "本服务已停止，您的数据已删除。咨询请拨10086。",
	    "This service has ended and your data has been deleted. "
	    "Questions: 10086.");
	verdict(VERDICT_SYSTEM_BUSY, "系统忙，请稍后再试。咨询请拨10086。",
	    "The service is busy. Please try again later. Questions: 10086.");
	verdict(VERDICT_SEND_AGAIN, "您先前的查询已失效，请重新发送CXMYD。",
	    "Your earlier request is out of date. Please send CXMYD again.");
	verdict(VERDICT_PROMPT, "请回复证件号码后四位。",
	    "Please reply with the last four characters of your ID.");
	service.consent = CONSENT_REPLY;
	verdict(VERDICT_PROMPT,
	    "请回复证件号码后四位。回复即同意并授权中国移动查询"
	    "您11月8日以来的到访地。",
	    "Reply with the last 4 characters of your ID to let "
	    "China Mobile look up the places you have been to since 8 Nov.");
	service.consent = CONSENT_NONE;
	verdict(VERDICT_VERIFY_HELP,
	    "要核验他人出示的结果，请发送HY 对方手机号码 核验码。"
	    "咨询请拨10086。",
	    "To check a result that you were shown, send HY, that person's "
	    "number, and the 12 digits. Questions: 10086.");
	verdict(VERDICT_SILENCE, "", "");
	service.identity = IDENTITY_NONE;
	verdict(VERDICT_WRONG_IDENTITY, "本机号码尚未登记，咨询请拨10086。",
	    "This number is not registered. Questions: 10086.");
	service.identity = IDENTITY_INLINE;
	verdict(VERDICT_HELP,
	    "查询到访地请发送CXMYD#证件号码后四位，例如CXMYD#1234。"
	    "如需英文结果，请在末尾加EN。咨询请拨10086。",
	    "To see where this phone has been, send CXMYD#LAST4, for example "
	    "CXMYD#1234, with the last four characters of your ID. For "
	    "English, add EN. Questions: 10086.");
	service.code.v = (const char **)dialled;
	verdict(VERDICT_HELP,
	    "查询到访地请拨*10086*3*证件号码后四位#，例如*10086*3*1234#。"
	    "咨询请拨10086。",
	    "To see where this phone has been, dial *10086*3*LAST4#, the last "
	    "four of your ID, e.g. *10086*3*1234#. Questions: 10086.");
	service.identity = IDENTITY_PROMPT;
	verdict(VERDICT_HELP,
	    "查询到访地请拨*10086*3#，再按提示回复。咨询请拨10086。",
	    "To see where this phone has been, dial *10086*3# and reply when "
	    "asked. Questions: 10086.");
	service.code.v = (const char **)codes;
}

/* What is said of a code that somebody was shown. */
static void
codes_checked(void)
{
	struct answer a = found(LANG_ZH,
	    PLACES({BEIJING, "", 0}, {JAPAN, "", 0}, {BEIJING, "", 1}));

	a.verdict = VERDICT_GENUINE;
	a.issued = NOW - 3600;
	a.nplaces = 2;
	says(a,
	    "核验码正确。11月22日07:00查询时，该号码11月8日以来到过：北京；"
	    "日本。请与对方出示的内容核对。",
	    "a genuine code");
	a.language = LANG_EN;
	says(a,
	    "Genuine. Asked on 22 Nov 07:00: places of this number since 8 "
	    "Nov: Beijing; Japan. Please compare them with what you were "
	    "shown.",
	    "in English");
	a.nplaces = 3;
	a.middle = LO + 86400;
	says(a,
	    "Genuine. Asked on 22 Nov 07:00: places of this number since 9 "
	    "Nov: Beijing; Japan. 8 Nov to 8 Nov: Beijing. Please compare "
	    "them with what you were shown.",
	    "of a window in two parts");
	a.language = LANG_ZH;
	a.places += 2;
	a.nplaces = 1;
	says(a,
	    "核验码正确。11月22日07:00查询时，未查到该号码11月9日以来的"
	    "到访记录。11月8日至11月8日到过：北京。请与对方出示的内容核对。",
	    "places in the earlier part alone");
	a.middle = a.nplaces = 0;
	says(a,
	    "核验码正确。11月22日07:00查询时，未查到该号码11月8日以来的"
	    "到访记录。请与对方出示的内容核对。",
	    "none");
	a.verdict = VERDICT_CORRECTED;
	says(a,
	    "该核验码于11月22日07:00发出，此后结果经人工更正，请让对方"
	    "重新查询。",
	    "corrected since");
	a.language = LANG_EN;
	says(a,
	    "This code was issued on 22 Nov 07:00, and its result has been "
	    "corrected since. Please have the other person ask again.",
	    "in English");
	verdict(VERDICT_WRONG_CODE,
	    "号码与核验码不符，或核验码已超过24小时。请核对后再试，或请对方"
	    "重新查询。",
	    "Number and code do not match, or the code is more than 24 hours "
	    "old. Please check both, or have the other person ask again.");
	verdict(VERDICT_GONE, "该号码当时的数据已删除，不再保存，无法核验。",
	    "What was known of this number then has been deleted and is no "
	    "longer held. The code cannot be checked.");
}

static size_t
characters(const struct answer *a)
{
	const char *s = said(a);
	size_t n = 0, step;
	uint32_t c;

	for (; (step = utf8_next(s, &c)) > 0; s += step)
		n++;
	return n;
}

/* The longest of the answers of one day: each window, up to its last midnight
 * or up to now, complete up to then or a day behind. */
static size_t
longest_of_day(struct answer *a, int64_t day, int *is_one)
{
	static const int days[] = {7, 14, 30};
	static const int minutes[] = {0, 9, 599, 600, 1439};
	struct segment parts[2];
	size_t longest = 0;

	for (size_t i = 0; i < 3 * 5 * 2; i++) {
		size_t n;

		a->lo = when_midnight(day, -days[i % 3]);
		a->as_of = day + minutes[i / 3 % 5] * 60 - i / 15 * 86400;
		n = characters(a);
		longest = n > longest ? n : longest;
		*is_one &= text_segments(said(a), ALPHABET_UCS2, CONCAT_UDH, 1,
			       parts, 2) == 1;
	}
	return longest;
}

/* Up to four cities of two characters, on every day. */
static void
one_message(void)
{
	static const size_t most[] = {0, 59, 62, 65, 68};
	struct answer a = found(LANG_ZH,
	    PLACES({BEIJING, "", 0}, {TIANJIN, "", 0}, {LANGFANG, "", 0},
		{BAODING, "", 0}));

	for (a.nplaces = 1; a.nplaces <= 4; a.nplaces++) {
		int is_one = 1;
		size_t longest = 0;

		/* 2027, and 2028, a leap year; from midnight in Shanghai */
		for (int64_t day = 1798732800;
		     day < 1798732800 + (365 + 366) * 86400; day += 86400) {
			size_t n = longest_of_day(&a, day, &is_one);

			longest = n > longest ? n : longest;
		}
		ok(is_one, "with its code, %zu cities are one message",
		    a.nplaces);
		ok_int(longest, most[a.nplaces], "of so many characters");
	}
}

static void
english_message(void)
{
	struct answer a = found(LANG_EN,
	    PLACES({BEIJING, "", 0}, {TIANJIN, "", 0}, {YANBIAN, "", 0},
		{BAODING, "", 0}));

	ok_int(text_alphabet(said(&a), ALPHABET_GSM7), ALPHABET_GSM7,
	    "English is GSM 7-bit");
	ok(characters(&a) <= 160, "one message too");
}

static void
dates(void)
{
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct answer a = found(LANG_ZH, PLACES({BEIJING, "", 0}));
	char want[64];
	int zh = 1, en = 1;

	for (int month = 1; month <= 12; month++) {
		snprintf(
		    want, sizeof(want), "2026-%02d-05T00:30:00+08:00", month);
		when_parse_instant(want, strlen(want), &a.as_of);
		a.lo = when_midnight(a.as_of, -1);
		a.language = LANG_ZH;
		snprintf(want, sizeof(want), "截至%d月5日00:30，您%d月4日",
		    month, month);
		zh &= strstr(said(&a), want) == said(&a);
		a.language = LANG_EN;
		snprintf(want, sizeof(want),
		    "Places since 4 %s (as of 5 %s 00:30)", months[month - 1],
		    months[month - 1]);
		en &= strstr(said(&a), want) == said(&a);
	}
	ok(zh, "each month in Chinese");
	ok(en, "each month in English");
}

static void
room(void)
{
	static struct answer_place many[401];
	struct answer a;
	char small[64];
	int rc;

	for (int i = 0; i < 400; i++)
		many[i].region = YANBIAN;
	a = found(LANG_EN, many);
	ok_int(a.nplaces, 400, "four hundred places");
	ok_int(count(said(&a), "Yanbian"), 400, "are all in the answer");
	rc = answer_text(&a, messages, regions, &service, small, sizeof(small));
	ok_int(rc, -ENOSPC, "what does not fit is said to");
	ok(strlen(small) < sizeof(small), "and nothing is overrun");
}

int
main(void)
{
	fixture_begin();
	when_zone("Asia/Shanghai");
	if (messages_load(&messages, fixture_path("conf")) < 0 ||
	    regions_load(&regions, fixture_path("conf")) < 0)
		return 1;
	whole_answers();
	no_watermark();
	groups();
	marks();
	notes();
	parts();
	breaks();
	verdicts();
	codes_checked();
	one_message();
	english_message();
	dates();
	room();
	messages_free(messages);
	regions_free(regions);
	return test_done();
}
