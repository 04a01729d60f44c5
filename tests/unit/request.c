/* What users type, and what it is read as. */
#include "core/request.c"

#include <stdlib.h>

#include "test.h"

static const char *const words[] = {"CXMYD", "CX", "XC2"};
static const char *const help_words[] = {"HELP", "CXHELP"};

static const struct conf_service service = {
    .keywords = {(const char **)words, 3},
    .help = {(const char **)help_words, 2},
};

/* "query 1234 en", "help", "unknown": verb, digits, language. */
static const char *
parsed(const char *text)
{
	static const char *const verbs[] = {
	    [VERB_UNKNOWN] = "unknown",
	    [VERB_QUERY] = "query",
	    [VERB_HELP] = "help",
	};
	static char out[64];
	char *copy = strdup(text); /* so that reading on shows */
	struct request r;

	request_parse(copy, &service, &r);
	free(copy);
	snprintf(out, sizeof(out), "%s%s%s%s%s", verbs[r.verb],
	    r.digits[0] ? " " : "", r.digits,
	    r.language == LANGUAGES ? "" : " ",
	    r.language == LANGUAGES ? "" : language_name(r.language));
	return out;
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
near_misses(void)
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

/* Verb and digits of what was read otherwise than as a text. */
static const char *
shown(const struct request *r)
{
	static char out[32];

	snprintf(out, sizeof(out), "%s%s%s%s",
	    r->verb == VERB_QUERY      ? "query"
		: r->verb == VERB_HELP ? "help"
				       : "unknown",
	    r->digits[0] ? " " : "", r->digits,
	    r->language == LANG_EN ? " en" : "");
	return out;
}

static void
reply(const char *text, const char *want)
{
	struct request r;

	request_parse_reply(text, &r);
	ok_str(shown(&r), want, "reply %s: %s", text, want);
}

static void
replies(void)
{
	reply("1234", "query 1234");
	reply("123x", "query 123X");
	reply(" １２３４。", "query 1234");
	reply("12 34", "query 1234");
	reply("#1234#", "query 1234");
	reply("1234 EN", "query 1234 en");
	reply("en 1234", "query 1234 en");
	reply("1234 英文", "query 1234 en");
	reply("", "unknown");
	reply("123", "unknown");
	reply("12345", "unknown");
	reply("1234 5", "unknown");
	reply("ABCD", "unknown");
	reply("我要查4G套餐30元", "unknown");
	reply("1234谢谢", "unknown");
	reply("1234 yes", "unknown");
	reply("CXLL", "unknown");
	reply("你好", "unknown");
}

static void
dialled(const char *what, const char *want)
{
	char *copy = strdup(what); /* so that reading on shows */
	struct request r;

	request_parse_dialled(copy, "*10086*3#", &r);
	free(copy);
	ok_str(shown(&r), want, "dialled %s: %s", what, want);
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
	near_misses();
	long_texts();
	replies();
	what_is_dialled();
	return test_done();
}
