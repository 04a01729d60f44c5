/* Pages are cut anew each time one is asked for, from the first on: nothing
 * is kept but the text. */
#include <string.h>

#include "page.h"

/* What stands below a page. */
struct foot {
	char s[PAGE_TEXT];
	struct words words;
	size_t keys; /* octets before them */
};

static void
put(struct foot *f, const struct messages *m, enum language lang,
    enum message id, const char *before)
{
	static const char *const none[PLACEHOLDERS];

	words_put(&f->words, before, strlen(before));
	message_put(m, lang, id, none, &f->words);
}

static void
make_foot(struct foot *f, const struct messages *m, enum language lang,
    int is_first, int is_last, int is_cut)
{
	f->s[0] = '\0';
	f->words = (struct words){.s = f->s, .size = sizeof(f->s)};
	if (is_cut)
		put(f, m, lang, MSG_REST_BY_SMS, "\n");
	f->keys = f->words.len;
	if (!is_last)
		put(f, m, lang, MSG_PAGE_MORE, "\n");
	if (!is_first)
		put(f, m, lang, MSG_PAGE_BACK, is_last ? "\n" : " ");
}

/* The text's alphabet, if the keys below it can be written in it. */
static enum alphabet
alphabet_of(const struct messages *m, enum language lang, const char *text)
{
	struct foot f;

	if (text_alphabet(text, ALPHABET_GSM7) != ALPHABET_GSM7)
		return ALPHABET_UCS2;
	make_foot(&f, m, lang, 0, 0, 1);
	return text_alphabet(f.s, ALPHABET_GSM7);
}

static void
compose(struct page *page, const char *text, size_t len, const struct foot *f)
{
	struct words w = {.s = page->say, .size = sizeof(page->say)};

	page->say[0] = '\0';
	words_put(&w, text, len);
	page_unbreak(page->say);
	w.len = strlen(page->say);
	page->keys = w.len + f->keys;
	words_put(&w, f->s, strlen(f->s));
}

void
page_cut(const struct messages *m, enum language lang, const char *text, int n,
    struct page *page)
{
	enum alphabet a = alphabet_of(m, lang, text);
	size_t room = a == ALPHABET_GSM7 ? PAGE_SEPTETS : PAGE_OCTETS;
	struct foot foot = {.s = ""};
	int is_last = 0;

	*page = (struct page){.alphabet = a};
	for (int i = 0; !is_last; i++) {
		size_t len;

		make_foot(&foot, m, lang, i == 0, 1, 0);
		is_last = text_width(text, a) + text_width(foot.s, a) <= room;
		if (!is_last) {
			is_last = page->cut = i == PAGES - 1;
			make_foot(&foot, m, lang, i == 0, is_last, is_last);
		}
		len = text_page(text, a, room - text_width(foot.s, a));
		if (i == n || (is_last && i < n))
			compose(page, text, len, &foot);
		page->of++;
		text += len;
	}
}

void
page_unbreak(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++)
		if (*text != TEXT_BREAK)
			*to++ = *text;
	*to = '\0';
}
