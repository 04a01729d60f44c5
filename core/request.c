/* Reading what a user typed. People type on keypads, in a queue, with the
 * full-width forms that Chinese input methods leave behind; so letters are
 * folded first, and then only letters and digits count:
 *
 *   "ｃｘｍｙｄ＃１２３４ en 谢谢"  ->  CXMYD | 1234 | EN | 谢谢
 *
 * A reply to a question is read more strictly: it has no keyword to tell that
 * it is meant for us. And a text that is nearly a keyword is told from one for
 * somebody else, to be answered with help. */
#include <string.h>

#include "key.h"
#include "request.h"
#include "text.h"

#define FOLDED 512

/* Beyond ASCII: the wide one and its stops, those without width, and what
 * input methods leave between syllables. */
static int
is_space(uint32_t c)
{
	return c == 0xa0 || (c >= 0x2000 && c <= 0x200f) || c == 0x202f ||
	    (c >= 0x3000 && c <= 0x3002) || c == 0xfeff;
}

static const char ascii[] = "                                "
			    " !\"#$%&'()*+,-./0123456789:;<=>?"
			    "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_"
			    "`ABCDEFGHIJKLMNOPQRSTUVWXYZ{|}~\x7f";

static uint32_t
fold_character(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xff01 - '!';
	if (c < 0x80)
		return ascii[c];
	return is_space(c) ? ' ' : c;
}

/* A longer text than any request is cut; what counts comes first. */
static void
fold(const char *text, char out[FOLDED])
{
	size_t n = 0;
	uint32_t c;

	while (*text != '\0' && n < FOLDED - 4) {
		if ((unsigned char)*text < 0x80) {
			out[n++] = ascii[(unsigned char)*text++];
			continue;
		}
		text += utf8_next(text, &c);
		n += utf8_put(fold_character(c), out + n);
	}
	out[n] = '\0';
}

static int
is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}

static int
is_word(char c)
{
	return (c >= '0' && c <= '9') || is_letter(c);
}

/* What people put between: not a letter, a digit or part of a character. */
static int
is_between(char c)
{
	return c != '\0' && (unsigned char)c < 0x80 && !is_word(c);
}

/* Is the keyword first, perhaps with spaces in it, of which it has none itself?
 * Returns what follows. */
static const char *
after_keyword(const char *s, const char *keyword)
{
	for (; *keyword != '\0'; keyword++, s++)
		for (; *s != *keyword; s++)
			if (!is_between(*s))
				return NULL;
	return s;
}

/* The longest keyword of a list that comes first, if longer than *longest. */
static const char *
after_any(const char *s, const struct conf_list *keywords, size_t *longest)
{
	const char *best = NULL, *rest;
	size_t len;

	if (!conf_list_begins(keywords, *s))
		return NULL;
	for (size_t i = 0; i < keywords->n; i++) {
		const char *keyword = keywords->v[i];

		rest = after_keyword(s, keyword);
		len = rest != NULL ? strlen(keyword) : 0;
		if (len > *longest) {
			*longest = len;
			best = rest;
		}
	}
	return best;
}

static int
is_one_of(const struct conf_list *words, const char *s, size_t len)
{
	if (!conf_list_begins(words, *s))
		return 0;
	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->v[i];
		size_t n = 0;

		while (n < len && word[n] == s[n])
			n++;
		if (n == len && word[n] == '\0')
			return 1;
	}
	return 0;
}

static enum language
language_word(const struct conf_service *service, const char *s, size_t len)
{
	if (is_one_of(&service->language_zh, s, len))
		return LANG_ZH;
	if (is_one_of(&service->language_en, s, len))
		return LANG_EN;
	return LANGUAGES;
}

/* Digits given in pieces: "12 34". */
struct pieces {
	char s[4];
	size_t n; /* more than four: no identity */
};

/* Behind four, only what has a digit makes more of them. */
static void
take_piece(struct pieces *p, const char *s, size_t len)
{
	if (p->n == sizeof(p->s) && strcspn(s, "0123456789") >= len)
		return;
	if (p->n + len <= sizeof(p->s))
		memcpy(p->s + p->n, s, len);
	p->n += len;
}

static void
take_word(const struct conf_service *service, struct request *r,
    struct pieces *p, const char *s, size_t len)
{
	enum language lang = language_word(service, s, len);

	if (lang == LANGUAGES && len > 4 && r->digits[0] == '\0') {
		/* "1234EN" */
		lang = language_word(service, s + 4, len - 4);
		if (lang != LANGUAGES && identity_parse(s, 4, r->digits) < 0)
			r->digits[0] = '\0';
	} else if (lang == LANGUAGES && r->digits[0] == '\0' &&
	    identity_parse(s, len, r->digits) < 0) {
		r->digits[0] = '\0';
		take_piece(p, s, len);
	}
	if (lang != LANGUAGES && r->language == LANGUAGES)
		r->language = lang;
}

/* Letters and digits, and the text that is neither, of one word. */
static size_t
word_length(const char *s)
{
	size_t n = 0;

	if (is_word(*s))
		while (is_word(s[n]))
			n++;
	else
		while ((unsigned char)s[n] >= 0x80)
			n++;
	return n;
}

static void
take_rest(const struct conf_service *service, struct request *r, const char *s)
{
	struct pieces pieces = {.n = 0};

	for (size_t n; *s != '\0'; s += n) {
		while (is_between(*s))
			s++;
		n = word_length(s);
		if (is_word(*s))
			take_word(service, r, &pieces, s, n);
		else if (r->language == LANGUAGES)
			r->language = language_word(service, s, n);
	}
	if (r->digits[0] == '\0' && pieces.n == 4 &&
	    identity_parse(pieces.s, 4, r->digits) < 0)
		r->digits[0] = '\0';
}

/* Whether the code came first, and the number behind it. */
static int
is_swapped(const size_t len[2], size_t words)
{
	return words == 2 && len[0] == REQUEST_CODE && len[1] != REQUEST_CODE;
}

/* A number and a code, with something between or not, in pieces or not: the
 * last twelve digits are the code. */
static void
take_code(const struct conf_service *service, struct request *r, const char *s)
{
	char digits[REQUEST_NUMBER + REQUEST_CODE];
	size_t had = 0, words = 0, len[2] = {0}, number;
	int swapped;

	for (size_t n; *s != '\0'; s += n) {
		n = word_length(s);
		if (n > 0 && strspn(s, "0123456789") >= n) {
			if (had + n > sizeof(digits))
				return;
			memcpy(digits + had, s, n);
			had += n;
			if (words < 2)
				len[words] = n;
			words++;
		} else if (n > 0 && r->language == LANGUAGES) {
			r->language = language_word(service, s, n);
		}
		n += n == 0;
	}
	if (had <= REQUEST_CODE)
		return;
	number = had - REQUEST_CODE;
	swapped = is_swapped(len, words);
	memcpy(r->code, digits + (swapped ? 0 : number), REQUEST_CODE);
	memcpy(r->number, digits + (swapped ? REQUEST_CODE : 0), number);
}

/* Which keyword comes first, the longest of all lists; what follows it. */
static const char *
find_verb(const struct conf_service *service, const char *s, enum verb *verb)
{
	const struct {
		enum verb verb;
		const struct conf_list *words;
	} lists[] = {
	    {VERB_QUERY, &service->keywords},
	    {VERB_HELP, &service->help},
	    {VERB_WITHDRAW, &service->withdraw},
	    {VERB_DELETE, &service->delete},
	    {VERB_VERIFY, &service->verify},
	};
	const char *rest = NULL, *longer;
	size_t longest = 0;

	*verb = VERB_UNKNOWN;
	while (is_between(*s))
		s++;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		longer = after_any(s, lists[i].words, &longest);
		if (longer == NULL)
			continue;
		*verb = lists[i].verb;
		rest = longer;
	}
	/* these are not taken from a longer word, and HY is a short one */
	if (*verb == VERB_VERIFY && is_letter(*rest))
		*verb = VERB_UNKNOWN;
	if ((*verb == VERB_WITHDRAW || *verb == VERB_DELETE) &&
	    is_letter(*rest))
		*verb = VERB_NEAR;
	return *verb == VERB_UNKNOWN ? NULL : rest;
}

/* Near misses. */

#define NEAR_MIN 4 /* characters: one wrong of fewer is another word */

/* Letters and digits alone. */
static void
squeeze(const char *s, char out[FOLDED])
{
	for (; *s != '\0'; s++)
		if (!is_between(*s))
			*out++ = *s;
	*out = '\0';
}

/* One character wrong, or two that stand side by side the wrong way round. */
static int
differ_a_little(const char *s, const char *keyword, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] == keyword[i])
		i++;
	if (i == n)
		return 0;
	if (memcmp(s + i + 1, keyword + i + 1, n - i - 1) == 0)
		return 1;
	return i + 1 < n && s[i] == keyword[i + 1] && s[i + 1] == keyword[i] &&
	    memcmp(s + i + 2, keyword + i + 2, n - i - 2) == 0;
}

/* The word must end where the keyword does, or digits follow: HELLO is a word
 * of its own. */
static int
is_near(const char *s, const struct conf_list *keywords)
{
	for (size_t i = 0; i < keywords->n; i++) {
		size_t n = strlen(keywords->v[i]), letters = 0;

		while (letters < n && is_word(s[letters]))
			letters++;
		if (n < NEAR_MIN || letters < n || is_letter(s[n]))
			continue;
		if (differ_a_little(s, keywords->v[i], n))
			return 1;
	}
	return 0;
}

static int
is_near_any(const struct conf_service *service, const char *folded)
{
	char s[FOLDED];

	squeeze(folded, s);
	return is_near(s, &service->keywords) || is_near(s, &service->help) ||
	    is_near(s, &service->withdraw) || is_near(s, &service->verify) ||
	    is_near(s, &service->delete);
}

/* Replies. */

static int
is_yes_word(const char *s, size_t len)
{
	static const char *words[] = {"Y", "YES", "是", "同意"};
	static const struct conf_list yes = {
	    .v = words, .n = sizeof(words) / sizeof(*words)};

	return is_one_of(&yes, s, len);
}

/* What the text is as a whole: four characters or yes, perhaps with a
 * language; or a language alone, which is then the verb. */
static void
take_reply(const struct conf_service *service, struct request *r, const char *s)
{
	enum language lang, named = LANGUAGES;
	char digits[4];
	size_t n, had = 0;
	int is_yes = 0;

	for (; *s != '\0'; s += n) {
		n = word_length(s);
		lang = language_word(service, s, n);
		if (n == 0)
			n = 1;
		else if (lang != LANGUAGES)
			named = lang;
		else if (is_yes_word(s, n) && had == 0 && !is_yes)
			is_yes = 1;
		else if (is_word(*s) && had + n <= sizeof(digits) && !is_yes) {
			memcpy(digits + had, s, n);
			had += n;
		} else {
			return;
		}
	}
	if (had > 0 &&
	    (had < sizeof(digits) || identity_parse(digits, 4, r->reply) < 0))
		r->reply[0] = '\0';
	else if (had == 0 && !is_yes && r->verb == VERB_UNKNOWN &&
	    named != LANGUAGES)
		r->verb = VERB_LANGUAGE;
	r->is_yes = is_yes;
	if (r->verb == VERB_UNKNOWN || r->verb == VERB_LANGUAGE)
		r->language = named;
}

void
request_parse(
    const char *text, const struct conf_service *service, struct request *r)
{
	char folded[FOLDED];
	const char *rest;

	*r = (struct request){.language = LANGUAGES};
	fold(text, folded);
	rest = find_verb(service, folded, &r->verb);
	if (r->verb == VERB_VERIFY)
		take_code(service, r, rest);
	else if (rest != NULL)
		take_rest(service, r, rest);
	take_reply(service, r, folded);
	if (r->verb == VERB_UNKNOWN && is_near_any(service, folded))
		r->verb = VERB_NEAR;
}

void
request_parse_dialled(const char *dialled, const char *code, struct request *r)
{
	size_t stem = strlen(code) - 1; /* its '#' ends the whole */
	const char *rest = dialled + stem;
	size_t n;

	*r = (struct request){.verb = VERB_HELP, .language = LANGUAGES};
	if (strncmp(dialled, code, stem) != 0)
		return;
	n = strcspn(rest, "#");
	if (n == 0 || (n == 1 && *rest == '*'))
		r->verb = VERB_QUERY;
	else if (*rest == '*' &&
	    identity_parse(rest + 1, n - 1, r->digits) == 0)
		r->verb = VERB_QUERY;
	else
		r->digits[0] = '\0';
}
