/* What users type, and what it is read as. */
#include "core/request.c"

#include <stdlib.h>

#include "test.h"

static const char *const words[] = {"CXMYD", "CX", "XC2"};
static const char *const help_words[] = {"HELP", "CXHELP"};
static const char *const withdraw_words[] = {"QXTY", "取消同意"};
static const char *const delete_words[] = {"SCSJ"};
static const char *const verify_words[] = {"HY", "核验"};
static const char *const zh_words[] = {"ZH", "ZW", "中文"};
static const char *const en_words[] = {"EN", "ENGLISH", "英文"};

static const struct conf_service service = {
    .keywords = {.v = (const char **)words, .n = 3},
    .help = {.v = (const char **)help_words, .n = 2},
    .withdraw = {.v = (const char **)withdraw_words, .n = 2},
    .delete = {.v = (const char **)delete_words, .n = 1},
    .verify = {.v = (const char **)verify_words, .n = 2},
    .language_zh = {.v = (const char **)zh_words, .n = 3},
    .language_en = {.v = (const char **)en_words, .n = 3},
};

/* Without the short ones, which many words begin with. */
static const struct conf_service long_words = {
    .keywords = {.v = (const char **)words, .n = 1},
    .help = {.v = (const char **)help_words, .n = 1},
    .withdraw = {.v = (const char **)withdraw_words, .n = 2},
    .delete = {.v = (const char **)delete_words, .n = 1},
    .verify = {.v = (const char **)verify_words, .n = 2},
};

static void
know(struct conf_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		list->begins |= UINT64_C(1) << (list->v[i][0] & 63);
}

/* The same service, of which it is known what its words begin with. */
static struct conf_service
known(const struct conf_service *s)
{
	struct conf_service k = *s;

	know(&k.keywords);
	know(&k.help);
	know(&k.withdraw);
	know(&k.delete);
	know(&k.verify);
	know(&k.language_zh);
	know(&k.language_en);
	return k;
}

static int
same(const struct request *a, const struct request *b)
{
	return a->verb == b->verb && a->language == b->language &&
	    strcmp(a->digits, b->digits) == 0 &&
	    strcmp(a->number, b->number) == 0 &&
	    strcmp(a->code, b->code) == 0 && strcmp(a->reply, b->reply) == 0 &&
	    a->is_yes == b->is_yes;
}

/* "query 1234 en", "help", "unknown": verb, digits, language. */
static const char *
parsed_by(const struct conf_service *s, const char *text)
{
	static const char *const verbs[] = {
	    [VERB_UNKNOWN] = "unknown",
	    [VERB_NEAR] = "near",
	    [VERB_QUERY] = "query",
	    [VERB_HELP] = "help",
	    [VERB_WITHDRAW] = "withdraw",
	    [VERB_DELETE] = "delete",
	    [VERB_VERIFY] = "verify",
	    [VERB_LANGUAGE] = "language",
	};
	static char out[64];
	char *copy = strdup(text); /* so that reading on shows */
	struct conf_service k = known(s);
	struct request r, again;

	request_parse(copy, s, &r);
	request_parse(copy, &k, &again);
	free(copy);
	if (!same(&r, &again))
		return "another";
	snprintf(out, sizeof(out), "%s%s%s%s%s", verbs[r.verb],
	    r.digits[0] ? " " : "", r.digits,
	    r.language == LANGUAGES ? "" : " ",
	    r.language == LANGUAGES ? "" : language_name(r.language));
	return out;
}

static const char *
parsed(const char *text)
{
	return parsed_by(&service, text);
}

static void
expect(const char *text, const char *want)
{
	char line[128];

	/* a test's name is one line */
	snprintf(line, sizeof(line), "%s", text);
	for (char *s = line; *s != '\0'; s++)
		if (*s == '\r' || *s == '\n')
			*s = '|';
	ok_str(parsed(text), want, "%s: %s", line, want);
}

static void
keywords(void)
{
	expect("CXMYD", "query");
	expect("cxmyd", "query");
	expect("CxMyD", "query");
	expect("ＣＸＭＹＤ", "query");
	expect("ｃｘｍｙｄ", "query");
	expect("  CXMYD  ", "query");
	expect("\u3000CXMYD\u3000", "query");
	expect("\r\nCXMYD\r\n", "query");
	expect("CX MY D", "query");
	expect("C X M Y D 1 2 3 4", "query 1234");
	expect("#CXMYD#", "query");
	expect("＃CXMYD＃", "query");
	expect("\"CXMYD\"", "query");
	/* what Chinese input methods leave between unfinished syllables */
	expect("cx\u2006my\u2006d\u20061234", "query 1234");
	expect("\ufeffCXMYD\u200b#1234", "query 1234");
}

static void
which_keyword(void)
{
	expect("CX", "query");
	expect("CX1234", "query 1234");
	expect("CXMYD1234", "query 1234");
	expect("XC2 1234", "query 1234");
	expect("XC21234", "query 1234");
	expect("XC2", "query");
	expect("XC", "unknown");
}

static void
digits(void)
{
	expect("CXMYD#1234", "query 1234");
	expect("cxmyd#1234", "query 1234");
	expect("cxmyd 1234", "query 1234");
	expect("CXMYD1234", "query 1234");
	expect("CXMYD##1234#", "query 1234");
	expect("ＣＸＭＹＤ＃１２３４", "query 1234");
	expect("CXMYD 12 34", "query 1234");
	expect("CXMYD#1 2 3 4", "query 1234");
	expect("CXMYD-12-34", "query 1234");
	expect("CXMYD 123X", "query 123X");
	expect("CXMYD 123x", "query 123X");
	expect("CXMYD 12 3x", "query 123X");
	expect("CXMYD123Ｘ", "query 123X");
	expect("CXMYD A1BC", "query A1BC");
	expect("CXMYD#ab1c", "query AB1C");
	expect("CXMYD 0000", "query 0000");
	expect("CXMYD（1234）", "query 1234");
	expect("CXMYD：1234。", "query 1234");
}

static void
no_digits(void)
{
	expect("CXMYD 123", "query");
	expect("CXMYD 12345", "query");
	expect("CXMYD ABCD", "query");
	expect("CXMYD 12 345", "query");
	expect("CXMYD 110105199001011234", "query");
	expect("CXMYD#123#5", "query 1235");
	expect("CXMYD 一二三四", "query");
}

static void
languages(void)
{
	expect("CXMYD EN", "query en");
	expect("CXMYDEN", "query en");
	expect("cxmyd en", "query en");
	expect("CXMYD 1234 EN", "query 1234 en");
	expect("CXMYD EN 1234", "query 1234 en");
	expect("CXMYD 1234EN", "query 1234 en");
	expect("CXMYD1234en", "query 1234 en");
	expect("CXMYD#123X#EN", "query 123X en");
	expect("CXMYD 12 34 EN", "query 1234 en");
	expect("CXMYD EN 12 34", "query 1234 en");
	expect("CXMYD 1234 English", "query 1234 en");
	expect("CXMYD 1234 英文", "query 1234 en");
	expect("CXMYD英文1234", "query 1234 en");
	expect("CXMYD 1234 ZH", "query 1234 zh");
	expect("CXMYD 中文 1234", "query 1234 zh");
	expect("CXMYD 1234 EN ZH", "query 1234 en");
	expect("CXMYD 1234 FR", "query 1234");
}

static void
trailing_words(void)
{
	expect("CXMYD 1234 谢谢", "query 1234");
	expect("CXMYD1234谢谢", "query 1234");
	expect("CXMYD 1234 thank you", "query 1234");
	expect("CXMYD 12 34 thanks", "query 1234");
	expect("CXMYD 12 34 OK", "query 1234");
	expect("CXMYD 1234 5678", "query 1234");
	expect("CXMYD 1234!!!", "query 1234");
	expect("cxmyd 1234 \U0001F600", "query 1234");
}

static void
help(void)
{
	expect("HELP", "help");
	expect("help", "help");
	expect("Ｈｅｌｐ", "help");
	expect("help en", "help en");
	expect("HELP CXMYD", "help");
	/* the longest word decides, of whichever list it is */
	expect("CXHELP", "help");
	expect("CX HELP", "help");
}

static void
other_keywords(void)
{
	expect("QXTY", "withdraw");
	expect("qx ty", "withdraw");
	expect("ＱＸＴＹ。", "withdraw");
	expect("取消同意", "withdraw");
	expect("取消同意，谢谢", "withdraw");
	expect("QXTY EN", "withdraw en");
	expect("SCSJ", "delete");
	expect("scsj#1234", "delete 1234");
	expect("SCSJ1234", "delete 1234");
	expect("SCSJ 12 34 英文", "delete 1234 en");
	/* part of a longer word they are not taken */
	expect("QXTYB", "near");
	expect("SCSJX1234", "near");
	expect("SCSJEN", "near en");
}

static void reply(const char *text, const char *want);

static void
code(const char *text, const char *number, const char *digits)
{
	char *copy = strdup(text); /* so that reading on shows */
	struct request r;

	request_parse(copy, &service, &r);
	free(copy);
	ok(r.verb == VERB_VERIFY && strcmp(r.number, number) == 0 &&
		strcmp(r.code, digits) == 0,
	    "%s: %s and %s", text, r.number, r.code);
}

static void
codes(void)
{
	const char *n = "13800000001", *c = "001008085542";

	code("HY 13800000001 001008085542", n, c);
	code("hy#13800000001#001008085542", n, c);
	code("HY13800000001001008085542", n, c);
	code("ＨＹ　１３８０００００００１　００１００８０８５５４２", n, c);
	code("HY 138 0000 0001 0010 0808 5542", n, c);
	code("HY 138-0000-0001, 0010-0808-5542", n, c);
	code("HY 001008085542 13800000001", n, c);
	code("HY 001008085542 8613800000001", "8613800000001", c);
	code("HY +8613800000001 001008085542", "8613800000001", c);
	code("HY 123456789012 001008085542", "123456789012", c);
	code("核验13800000001 001008085542 谢谢", n, c);
	code("HY 1380000 001008085542 EN", "1380000", c);
	code("HY", "", "");
	code("HY 001008085542", "", "");
	code("HY 13800000001", "", "");
	code("HY50", "", "");
	code("HY 12345678901234567890123456789012", "12345678901234567890",
	    "123456789012");
	code("HY 123456789012345678901234567890123", "", "");
	expect("HY 13800000001 001008085542 EN", "verify en");
	expect("HYTC", "unknown");
	expect("HYDX 30", "unknown");
	reply("HY12", "HY12"); /* the question decides */
}

static void
language_alone(void)
{
	expect("EN", "language en");
	expect("en.", "language en");
	expect("Ｅｎｇｌｉｓｈ", "language en");
	expect("中文", "language zh");
	expect("zw", "language zh");
	expect("ZH EN", "language en");
	expect("EN 请", "unknown");
	expect("ENG", "unknown");
	expect("END", "unknown");
}

static void
near(const char *text)
{
	ok_str(parsed_by(&long_words, text), "near", "%s is near", text);
}

static void
far(const char *text)
{
	ok_str(parsed_by(&long_words, text), "unknown", "%s is not", text);
}

/* A keyword with one letter wrong, or two the wrong way round. */
static void
near_misses(void)
{
	near("CXMDY");
	near("XCMYD");
	near("CXYMD");
	near("cxmdy#1234");
	near("CXMDY1234");
	near("ｃｘｍｄｙ　１２３４");
	near("CX MDY");
	near("CXMYT");
	near("KXMYD");
	near("CZMYD 1234");
	near("HALP");
	near("HLEP!");
	near("QXTX");
	near("SCJS");
	near("SCSK 1234");
	far("HLEPS");
	far("HELLO");
	far("XZMYD"); /* two wrong */
	far("XCMDY");
	far("MYDXC");
	far("XE"); /* too short to be near */
	far("QTX");
	near("CXMY1");
	far("1234");
	far("办4G套餐");
}

static void
no_misses(void)
{
	expect("", "unknown");
	expect(" ", "unknown");
	expect("#", "unknown");
	expect("1234", "unknown");
	expect("MYD 1234", "unknown");
	expect("XCXMYD", "unknown");
	expect("请CXMYD", "unknown");
	expect("HEL P?", "help");
	expect("HEL", "unknown");
	expect("C京XMYD", "unknown");
	expect("Y", "unknown");
	expect("\xff\xfe", "unknown");
	expect("\xff"
	       "CXMYD",
	    "unknown");
	expect("CXMYD \xff\x80 1234", "query 1234");
}

static void
long_texts(void)
{
	char text[5000];

	memset(text, 'A', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ok_str(parsed(text), "unknown", "five thousand letters");
	memcpy(text, "CXMYD#1234 ", 11);
	ok_str(parsed(text), "query 1234", "a request before them");
	memset(text, ' ', sizeof(text) - 1);
	memcpy(text, "CXMYD", 5);
	ok_str(parsed(text), "query", "a keyword and many spaces");
	for (size_t n = 500; n < 520; n++) {
		memset(text, '.', n);
		strcpy(text + n, "\U0001F600\U0001F600");
		memcpy(text, "CX", 2);
		if (strcmp(parsed(text), "query") != 0)
			break;
		if (n == 519)
			ok(1, "cut at any octet of a character");
	}
}

/* "1234 en", "yes", "-": what a text is as a reply. */
static void
reply(const char *text, const char *want)
{
	char out[32], *copy = strdup(text); /* so that reading on shows */
	struct request r;

	request_parse(copy, &service, &r);
	free(copy);
	snprintf(out, sizeof(out), "%s%s%s",
	    r.reply[0]     ? r.reply
		: r.is_yes ? "yes"
			   : "-",
	    r.language == LANGUAGES ? "" : " ",
	    r.language == LANGUAGES ? "" : language_name(r.language));
	ok_str(out, want, "reply %s: %s", text, want);
}

static void
replies(void)
{
	reply("1234", "1234");
	reply("123x", "123X");
	reply(" １２３４。", "1234");
	reply("12 34", "1234");
	reply("#1234#", "1234");
	reply("1234 EN", "1234 en");
	reply("en 1234", "1234 en");
	reply("1234 英文", "1234 en");
	reply("CX12", "CX12"); /* also a keyword; the question decides */
	reply("", "-");
	reply("123", "-");
	reply("12345", "-");
	reply("1234 5", "-");
	reply("ABCD", "-");
	reply("我要查4G套餐30元", "-");
	reply("1234谢谢", "-");
	reply("1234 yes", "-");
	reply("CXLL", "-");
	reply("你好", "-");
}

static void
yes(void)
{
	reply("Y", "yes");
	reply("y", "yes");
	reply("Ｙ", "yes");
	reply("ｙ。", "yes");
	reply("yes!", "yes");
	reply("是", "yes");
	reply("同意", "yes");
	reply(" 同意 ", "yes");
	reply("Y EN", "yes en");
	reply("Y Y", "-");
	reply("YE", "-");
	reply("N", "-");
	reply("不同意", "-");
	reply("不是", "-");
	reply("是的吗", "-");
	reply("Y1234", "-");
	reply("取消同意", "-");
}

static void
dialled(const char *what, const char *want)
{
	char out[32], *copy = strdup(what); /* so that reading on shows */
	struct request r;

	request_parse_dialled(copy, "*10086*3#", &r);
	free(copy);
	snprintf(out, sizeof(out), "%s%s%s",
	    r.verb == VERB_QUERY      ? "query"
		: r.verb == VERB_HELP ? "help"
				      : "unknown",
	    r.digits[0] ? " " : "", r.digits);
	ok_str(out, want, "dialled %s: %s", what, want);
}

static void
what_is_dialled(void)
{
	dialled("*10086*3#", "query");
	dialled("*10086*3", "query");
	dialled("*10086*3*#", "query");
	dialled("*10086*3*1234#", "query 1234");
	dialled("*10086*3*1234", "query 1234");
	dialled("*10086*3*12X4#", "query 12X4");
	dialled("*10086*3*123#", "help");
	dialled("*10086*3*12345#", "help");
	dialled("*10086*3*1234*5#", "help");
	dialled("*10086*31234#", "help");
	dialled("*10086*4#", "help");
	dialled("*", "help");
	dialled("", "help");
}

int
main(void)
{
	keywords();
	which_keyword();
	digits();
	no_digits();
	languages();
	trailing_words();
	help();
	other_keywords();
	codes();
	language_alone();
	near_misses();
	no_misses();
	long_texts();
	replies();
	yes();
	what_is_dialled();
	return test_done();
}
