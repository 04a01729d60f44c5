/* Reading what a user typed. People type on keypads, in a queue, with the
 * full-width forms that Chinese input methods leave behind; so letters are
 * folded first, and then only letters and digits count:
 *
 *   "ｃｘｍｙｄ＃１２３４ en 谢谢"  ->  CXMYD | 1234 | EN | 谢谢
 *
 * A reply to a question is read more strictly: it has no keyword to tell that
 * it is meant for us. */
#include <string.h>

#include "key.h"
#include "request.h"
#include "text.h"

#define FOLDED 512

/* Also the wide one and its stops, those without width, and what input
 * methods leave between syllables. */
static int
is_space(uint32_t c)
{
	return c < ' ' || c == 0xa0 || (c >= 0x2000 && c <= 0x200f) ||
	    c == 0x202f || (c >= 0x3000 && c <= 0x3002) || c == 0xfeff;
}

static uint32_t
fold_character(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xff01 - '!';
	if (c >= 'a' && c <= 'z')
		c -= 'a' - 'A';
	return is_space(c) ? ' ' : c;
}

/* A longer text than any request is cut; what counts comes first. */
static void
fold(const char *text, char out[FOLDED])
{
	size_t n = 0, step;
	uint32_t c;

	for (; (step = utf8_next(text, &c)) > 0 && n < FOLDED - 4; text += step)
		n += utf8_put(fold_character(c), out + n);
	out[n] = '\0';
}

static int
is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
}

/* What people put between: not a letter, a digit or part of a character. */
static int
is_between(char c)
{
	return c != '\0' && (unsigned char)c < 0x80 && !is_word(c);
}

/* Is the keyword first, perhaps with spaces in it? Returns what follows. */
static const char *
after_keyword(const char *s, const char *keyword)
{
	for (; *keyword != '\0'; keyword++, s++) {
		while (is_between(*s) && *s != *keyword)
			s++;
		if (*s != *keyword)
			return NULL;
	}
	return s;
}

/* The longest keyword of a list that comes first, if longer than *longest. */
static const char *
after_any(const char *s, const struct conf_list *keywords, size_t *longest)
{
	const char *best = NULL;

	for (size_t i = 0; i < keywords->n; i++) {
		const char *rest = after_keyword(s, keywords->v[i]);

		if (rest != NULL && strlen(keywords->v[i]) > *longest) {
			*longest = strlen(keywords->v[i]);
			best = rest;
		}
	}
	return best;
}

static enum language
language_word(const char *s, size_t len)
{
	static const struct {
		const char *word;
		enum language lang;
	} words[] = {
	    {"EN", LANG_EN},
	    {"ENG", LANG_EN},
	    {"ENGLISH", LANG_EN},
	    {"英文", LANG_EN},
	    {"英语", LANG_EN},
	    {"ZH", LANG_ZH},
	    {"CN", LANG_ZH},
	    {"CHINESE", LANG_ZH},
	    {"中文", LANG_ZH},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i].word) == len &&
		    memcmp(s, words[i].word, len) == 0)
			return words[i].lang;
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
take_word(struct request *r, struct pieces *p, const char *s, size_t len)
{
	enum language lang = language_word(s, len);

	if (lang == LANGUAGES && len > 4 && r->digits[0] == '\0') {
		/* "1234EN" */
		lang = language_word(s + 4, len - 4);
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
take_rest(struct request *r, const char *s)
{
	struct pieces pieces = {.n = 0};

	for (size_t n; *s != '\0'; s += n) {
		while (is_between(*s))
			s++;
		n = word_length(s);
		if (is_word(*s))
			take_word(r, &pieces, s, n);
		else if (r->language == LANGUAGES)
			r->language = language_word(s, n);
	}
	if (r->digits[0] == '\0' && pieces.n == 4 &&
	    identity_parse(pieces.s, 4, r->digits) < 0)
		r->digits[0] = '\0';
}

void
request_parse(
    const char *text, const struct conf_service *service, struct request *r)
{
	char folded[FOLDED];
	const char *rest, *help;
	size_t longest = 0;

	*r = (struct request){.verb = VERB_UNKNOWN, .language = LANGUAGES};
	fold(text, folded);
	rest = after_any(folded, &service->keywords, &longest);
	help = after_any(folded, &service->help, &longest);
	r->verb = help ? VERB_HELP : rest ? VERB_QUERY : VERB_UNKNOWN;
	if (r->verb != VERB_UNKNOWN)
		take_rest(r, help ? help : rest);
}

void
request_parse_reply(const char *text, struct request *r)
{
	char folded[FOLDED], digits[4];
	const char *s = folded;
	size_t n, had = 0;
	enum language lang;

	*r = (struct request){.verb = VERB_UNKNOWN, .language = LANGUAGES};
	fold(text, folded);
	for (; *s != '\0'; s += n) {
		n = word_length(s);
		lang = language_word(s, n);
		if (n == 0) {
			n = 1;
		} else if (lang != LANGUAGES) {
			r->language = lang;
		} else if (is_word(*s) && had + n <= sizeof(digits)) {
			memcpy(digits + had, s, n);
			had += n;
		} else {
			return;
		}
	}
	if (had == sizeof(digits) && identity_parse(digits, 4, r->digits) == 0)
		r->verb = VERB_QUERY;
	else
		r->digits[0] = '\0';
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
