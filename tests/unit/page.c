/* USSD pages: how many, where each ends, the keys below. */
#include "core/page.c"

#include "fixture.h"
#include "test.h"

static struct messages *messages;

static const char *
cut(enum language lang, const char *text, int n, struct page *page)
{
	page_cut(messages, lang, text, n, page);
	return page->say;
}

static void
one(void)
{
	struct page p;

	ok_str(cut(LANG_ZH, "您到过：北京、\x1f天津。\x1f有误拨10086", 0, &p),
	    "您到过：北京、天津。有误拨10086", "what fits stands alone");
	ok_int(p.of, 1, "on one page");
	ok_int(p.alphabet, ALPHABET_UCS2, "in UCS-2");
	ok(!p.cut, "and is all of it");
	cut(LANG_EN, "Beijing", 0, &p);
	ok_int(p.alphabet, ALPHABET_GSM7, "English goes in GSM 7-bit");
}

/* n places of two characters and a separator each. */
static const char *
places(int n)
{
	static char text[2000];

	text[0] = '\0';
	for (int i = 0; i < n; i++)
		sprintf(text + strlen(text), "%s%c%c、\x1f", "城", 'A' + i / 26,
		    'A' + i % 26);
	return text;
}

static void
edges(void)
{
	struct page p;

	cut(LANG_ZH, places(14), 0, &p);
	ok_int(p.of, 1, "56 characters are one page");
	ok_int(text_width(p.say, p.alphabet), PAGE_OCTETS, "and fill it");
	cut(LANG_ZH, places(15), 0, &p);
	ok_int(p.of, 2, "57 are two");
	ok_str(p.say + strlen(p.say) - strlen("、\n1下一页"), "、\n1下一页",
	    "which the first says");
	cut(LANG_ZH, places(15), 1, &p);
	ok_str(p.say + strlen(p.say) - strlen("、\n0返回"), "、\n0返回",
	    "and the second the way back");
}

/* Every page holds, ends behind a place, and together they are the text. */
static void
every_length(void)
{
	int fits = 1, whole = 1, same = 1, cuts = 0, most = 0;
	char all[4000], plain[2000];
	struct page p;

	for (int n = 1; n < 60; n++) {
		strcpy(plain, places(n));
		page_unbreak(plain);
		all[0] = '\0';
		cut(LANG_ZH, places(n), 0, &p);
		cuts += p.cut;
		most = p.of > most ? p.of : most;
		for (int i = 0, of = p.of; i < of; i++) {
			cut(LANG_ZH, places(n), i, &p);
			fits &= text_width(p.say, p.alphabet) <= PAGE_OCTETS;
			strncat(all, p.say, strcspn(p.say, "\n"));
			whole &= strncmp(all + strlen(all) - 3, "、", 3) == 0;
		}
		same &= strncmp(plain, all, strlen(all)) == 0;
		same &= p.cut || strcmp(plain, all) == 0;
	}
	ok(fits, "every page holds");
	ok(whole, "ends behind a place");
	ok(same, "and together they are the text, or its beginning");
	ok(cuts > 10 && cuts < 30, "the longest are cut (%d)", cuts);
	ok_int(most, PAGES, "at three pages");
	cut(LANG_ZH, places(59), 2, &p);
	ok(p.cut && strstr(p.say, "全文将以短信发送。") != NULL,
	    "the last of them says that it comes by SMS");
	cut(LANG_ZH, places(59), 9, &p);
	ok(strstr(p.say, "全文") != NULL, "there is none behind the last");
}

static void
english(void)
{
	static char text[1000];
	struct page p;

	for (int i = 0; i < 30; i++)
		strcat(text, "Republic of Somewhere, \x1f");
	cut(LANG_EN, text, 1, &p);
	ok_int(p.of, 3, "a long English text has three pages");
	ok(text_width(p.say, ALPHABET_GSM7) <= PAGE_SEPTETS, "of 128 septets");
	ok_str(p.say + strlen(p.say) - strlen(", \n1 More 0 Back"),
	    ", \n1 More 0 Back", "with both keys in the middle");
	cut(LANG_ZH, text, 1, &p);
	ok_int(p.alphabet, ALPHABET_UCS2, "Chinese keys make it UCS-2");
}

int
main(void)
{
	fixture_begin();
	if (messages_load(&messages, fixture_path("conf")) < 0)
		return 1;
	one();
	edges();
	every_length();
	english();
	messages_free(messages);
	return test_done();
}
