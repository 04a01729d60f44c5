/* The catalogue: what loads, what is refused and with which words, and how
 * a text is put together. The real Chinese catalogue is the base that each
 * test changes in one place. */
#include "core/message.c"

#include "fixture.h"
#include "test.h"

#define MISSING_FILE                                                    \
	"./messages.zh: No such file or directory; `tables` names its " \
	"folder\n"

static char *base; /* messages.zh as it is */

static char *
read_all(const char *path)
{
	char *text = calloc(1, 1 << 16);
	FILE *in = fopen(path, "r");

	if (in == NULL || fread(text, 1, (1 << 16) - 1, in) == 0)
		exit(1);
	fclose(in);
	return text;
}

/* Writes messages.zh with the line of a key replaced; null drops it. */
static void
put_changed(const char *key, const char *line)
{
	char start[64], *text = calloc(1, 1 << 17);
	const char *at, *end;

	snprintf(start, sizeof(start), "\n%s = ", key);
	at = strstr(base, start);
	if (at == NULL) {
		printf("not ok - %s is no key\n", key);
		exit(1);
	}
	end = strchr(at + 1, '\n') + 1;
	snprintf(text, 1 << 17, "%.*s\n%s%s%s", (int)(at - base), base,
	    line ? line : "", line ? "\n" : "", end);
	put_text("messages.zh", text);
	free(text);
}

static int
load_all(struct messages **m)
{
	logged[0] = '\0';
	return messages_load(m, ".");
}

static void
refuse(const char *key, const char *line, const char *want)
{
	struct messages *m = NULL;

	put_changed(key, line);
	ok_int(load_all(&m), -EINVAL, "refused");
	ok_str(logged, want, "%.*s", (int)strcspn(want, "\n"), want);
}

static void
takes(const char *key, const char *line, const char *what)
{
	struct messages *m = NULL;

	put_changed(key, line);
	ok_int(load_all(&m), 0, "%s", what);
	ok_str(logged, "", "without a word");
	messages_free(m);
}

/* The line in which a text stands. */
static int
line_of(const char *start)
{
	const char *at = strstr(base, start);
	int line = 2;

	for (const char *s = base; s < at; s++)
		line += *s == '\n';
	return line;
}

/* In the line of the text ok. */
static const char *
no_such(const char *key)
{
	static char want[128];

	snprintf(want, sizeof(want), "./messages.zh:%d: no such option '%s'\n",
	    line_of("\nok = "), key);
	return want;
}

static const char *
given_twice(void)
{
	static char want[128];

	snprintf(want, sizeof(want), "./messages.zh:%d: code: given twice\n",
	    line_of("\ncode = ") + 1);
	return want;
}

static void
keys(void)
{
	refuse("busy", NULL, "./messages.zh: busy: this text is missing\n");
	refuse("ok", "nonsense = \"x\"", no_such("nonsense"));
	refuse("ok", "OK = \"{code}\"", no_such("OK"));
	refuse("code", "code = \"{code}\"\ncode = \"{code}\"", given_twice());
	takes("list-separator", "list-separator = \"\"",
	    "a text without placeholders may be empty");
	refuse(
	    "code", "code = \"\"", "./messages.zh: code: {code} is missing\n");
}

static void
placeholders_checked(void)
{
	refuse("code", "code = \"{code}{kode}\"",
	    "./messages.zh: code: {kode} has no value here\n");
	refuse("code", "code = \"{code}{hotline}\"",
	    "./messages.zh: code: {hotline} has no value here\n");
	refuse("code", "code = \"{code}{}\"",
	    "./messages.zh: code: {} has no value here\n");
	refuse("code", "code = \"{code}{Code}\"",
	    "./messages.zh: code: {Code} has no value here\n");
	refuse("code", "code = \"{ code }\"",
	    "./messages.zh: code: { code } has no value here\n");
	refuse("code", "code = \"{code}{{code}\"",
	    "./messages.zh: code: {{code} has no value here\n");
	refuse("code", "code = \"{code} {code\"",
	    "./messages.zh: code: {code has no closing brace\n");
	refuse("code", "code = \"{code} {\"",
	    "./messages.zh: code: { has no closing brace\n");
	refuse("code", "code = \"核验\"",
	    "./messages.zh: code: {code} is missing\n");
	refuse("date-time", "date-time = \"{month}{day}\"",
	    "./messages.zh: date-time: {time} is missing\n");
	takes("code", "code = \"{code} or {code}\"", "a value may come twice");
	takes("system-busy", "system-busy = \"}\"",
	    "a closing brace alone is text");
}

static void
characters(void)
{
	refuse("code", "code = \"a\\n{code}\"",
	    "./messages.zh: code: has a control character; write one line\n");
	refuse("code", "code = \"a\t{code}\"",
	    "./messages.zh: code: has a control character; write one line\n");
	refuse("code", "code = \"a\\x01{code}\"",
	    "./messages.zh: code: has a control character; write one line\n");
	refuse("code", "code = \"\xff{code}\"",
	    "./messages.zh: code: is not UTF-8\n");
}

static void
months(void)
{
	refuse("months", "months = \"1,2,3,4,5,6,7,8,9,10,11\"",
	    "./messages.zh: months: 11 names, not 12\n");
	refuse("months", "months = \"1,2,3,4,5,6,7,8,9,10,11,12,13\"",
	    "./messages.zh: months: 13 names, not 12\n");
	refuse("months", "months = \"\"",
	    "./messages.zh: months: 1 names, not 12\n");
}

/* Each fault is told at once, so that a catalogue is not mended by turns. */
static void
several(void)
{
	char text[4096];
	struct messages *m;

	put_text("messages.zh", "ok = \"\"\nbusy = \"{x}\"\n");
	ok_int(load_all(&m), -EINVAL, "a catalogue of two texts");
	snprintf(text, sizeof(text), "%.200s", logged);
	ok(strncmp(text,
	       "./messages.zh: ok: {as_of} is missing\n"
	       "./messages.zh: ok-split: this text is missing\n",
	       80) == 0,
	    "tells the first fault and the next");
	ok(strstr(logged, "busy: {x} has no value here\n") != NULL &&
		strstr(logged, "corrected: this text is missing\n") != NULL,
	    "and all others");
}

static void
files(void)
{
	struct messages *m;

	unlink("messages.zh");
	ok_int(load_all(&m), -ENOENT, "no catalogue");
	ok_str(logged, MISSING_FILE, "is named");
	put_text("messages.zh", base);
	unlink("messages.en");
	ok_int(load_all(&m), -ENOENT, "each language is needed");
	ok(strncmp(logged, "./messages.en: ", 15) == 0, "and named");
	put_text("messages.en", "");
	put_text("messages.zh", "\n\nok = \"no end\n");
	ok_int(load_all(&m), -EINVAL, "a text without end");
	ok_str(logged, "./messages.zh:3: the string or comment has no end\n",
	    "is named with its line");
	put_text("messages.zh", "# a comment\n\nok\n");
	ok_int(load_all(&m), -EINVAL, "a line that says nothing");
	ok(strncmp(logged, "./messages.zh:", 14) == 0, "is named");
	put_octets("messages.zh", "ok = \0", 6);
	ok(load_all(&m) < 0, "a file with a NUL");
	ok_str(logged, "./messages.zh: is not a text file\n", "is named");
	put_text("messages.zh", "");
	ok_int(load_all(&m), -EINVAL, "an empty file");
}

/* Putting together. */

static const char *
put(const struct messages *m, enum language lang, enum message id,
    const char *const values[PLACEHOLDERS])
{
	static char out[1024];
	struct words w = {.s = out, .size = sizeof(out)};

	out[0] = '\0';
	message_put(m, lang, id, values, &w);
	return w.full ? "full" : out;
}

static void
putting(const struct messages *m)
{
	const char *values[PLACEHOLDERS] = {
	    [VALUE_CODE] = "123456789012",
	    [VALUE_VERIFY] = "HY",
	    [VALUE_MONTH] = "11月",
	    [VALUE_DAY] = "8",
	    [VALUE_TIME] = "08:00",
	    [VALUE_MINUTES] = "30",
	    [VALUE_HOTLINE] = "10086",
	};
	const char *none[PLACEHOLDERS] = {NULL};
	char small[8] = "";
	struct words w = {.s = small, .size = sizeof(small)};

	ok_str(put(m, LANG_ZH, MSG_CODE, values),
	    "核验码123456789012，发HY核验。", "a value in its place");
	ok_str(
	    put(m, LANG_ZH, MSG_DATE_TIME, values), "11月8日08:00", "several");
	ok_str(put(m, LANG_EN, MSG_DATE, values), "8 11月",
	    "in the other language's order");
	ok_str(put(m, LANG_ZH, MSG_CODE, none), "核验码，发核验。",
	    "no value puts nothing");
	ok_str(put(m, LANG_EN, MSG_LIST_SEPARATOR, none), ", ",
	    "a text without placeholders");
	words_put(&w, "12345", 5);
	ok(!w.full && strcmp(small, "12345") == 0, "words that fit");
	words_put(&w, "67", 2);
	ok(!w.full && strcmp(small, "1234567") == 0, "to the last octet");
	words_put(&w, "8", 1);
	ok(w.full && strcmp(small, "1234567") == 0,
	    "what does not fit is left out whole");
	words_put(&w, "", 0);
	ok(w.full, "and that stays known");
}

/* A date or time is worded once and then kept, by text, language and time. */
static const char *
time_of(
    const struct messages *m, enum language lang, enum message id, int64_t t)
{
	static char out[256];
	struct words w = {.s = out, .size = sizeof(out)};

	out[0] = '\0';
	message_put_time(m, lang, id, t, &w);
	return out;
}

#define NOW 1795305600 /* 2026-11-22 08:00 in Shanghai */

static void
times(const struct messages *m)
{
	char want[64];
	int bad = 0;

	for (int again = 0; again < 2; again++) {
		ok_str(time_of(m, LANG_ZH, MSG_DATE, NOW), "11月22日", "a day");
		ok_str(time_of(m, LANG_ZH, MSG_DATE_TIME, NOW), "11月22日08:00",
		    "a time of it");
		ok_str(time_of(m, LANG_EN, MSG_DATE_TIME, NOW), "22 Nov 08:00",
		    "in English");
		ok_str(time_of(m, LANG_EN, MSG_DATE_TIME, NOW - 1),
		    "22 Nov 07:59", "a second before");
		ok_str(time_of(m, LANG_ZH, MSG_DATE, 0), "1月1日", "the first");
	}
	for (int i = 0; i < 2 * 1440; i++) { /* many more than are kept */
		snprintf(want, sizeof(want), "11月22日%02d:%02d", i % 1440 / 60,
		    i % 60);
		bad += strcmp(time_of(m, LANG_ZH, MSG_DATE_TIME,
				  NOW - 8 * 3600 + i % 1440 * 60),
			   want) != 0;
	}
	ok_int(bad, 0, "each minute of a day, twice");
}

static void
long_dates(void)
{
	struct messages *m = NULL;
	char want[128];
	int bad = 0;

	put_changed("date",
	    "date = \"{month}{day}日，即您所在地的{month}里的第{day}天，"
	    "不多也不少\"");
	ok_int(load_all(&m), 0, "a date in many words");
	snprintf(want, sizeof(want),
	    "11月22日，即您所在地的11月里的第22天，不多也不少");
	ok(strlen(want) > sizeof(m->known->s), "more than are kept");
	for (int again = 0; again < 2; again++)
		ok_str(time_of(m, LANG_ZH, MSG_DATE, NOW), want, "is whole");
	for (int i = 0; i < 16 * 16; i++) {
		time_of(m, LANG_ZH, MSG_DATE_TIME, NOW);
		time_of(m, LANG_ZH, MSG_DATE, NOW - i * 86400);
		bad += strcmp(time_of(m, LANG_ZH, MSG_DATE_TIME, NOW),
			   "11月22日08:00") != 0;
	}
	ok_int(bad, 0, "and spoils no other");
	messages_free(m);
}

static void
languages(void)
{
	ok_int(language_parse("zh", 2), LANG_ZH, "zh");
	ok_int(language_parse("en", 2), LANG_EN, "en");
	ok_int(language_parse("EN", 2), LANG_EN, "in capitals");
	ok_int(language_parse("fr", 2), LANGUAGES, "another");
	ok_int(language_parse("zh-CN", 5), LANGUAGES, "a longer tag");
	ok_int(language_parse("", 0), LANGUAGES, "none");
	ok_str(language_name(LANG_EN), "en", "a name");
}

int
main(void)
{
	struct messages *m = NULL;
	char *english;

	fixture_begin();
	when_zone("Asia/Shanghai");
	capture_log();
	base = read_all(fixture_path("conf/messages.zh"));
	english = read_all(fixture_path("conf/messages.en"));
	put_text("messages.en", english);
	free(english);
	put_text("messages.zh", base);
	ok_int(load_all(&m), 0, "the catalogues load");
	ok_str(logged, "", "without a word");
	if (m != NULL) {
		putting(m);
		times(m);
	}
	messages_free(m);
	long_dates();
	keys();
	placeholders_checked();
	characters();
	months();
	several();
	languages();
	files();
	messages_free(NULL);
	free(base);
	return test_done();
}
