/* The message catalogue, read by libconfuse as `key = "text"` lines.
 *
 * A text is kept with each {placeholder} already turned into one octet below
 * 0x20, and cut there, so that putting it together measures nothing:
 *
 *   "at {time}."    'a' 't' ' ' 0x11 '.'    {0, 3, VALUE_TIME} {4, 1, end} */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confuse.h>

#include "conf_file.h"
#include "log.h"
#include "edition.h"
#include "message.h"
#include "text.h"
#include "when.h"

#define BIT(v) (1u << VALUE_##v)
#define MONTHS 12

static const char *const placeholders[PLACEHOLDERS] = {
    [VALUE_AS_OF] = "as_of",
    [VALUE_FROM] = "from",
    [VALUE_TO] = "to",
    [VALUE_PLACES] = "places",
    [VALUE_RECENT] = "recent",
    [VALUE_EARLIER] = "earlier",
    [VALUE_CODE] = "code",
    [VALUE_NOTES] = "notes",
    [VALUE_HOTLINE] = "hotline",
    [VALUE_CARRIER] = "carrier",
    [VALUE_KEYWORD] = "keyword",
    [VALUE_VERIFY] = "verify",
    [VALUE_MINUTES] = "minutes",
    [VALUE_HOURS] = "hours",
    [VALUE_MARK] = "mark",
    [VALUE_DATE] = "date",
    [VALUE_TIME] = "time",
    [VALUE_MONTH] = "month",
    [VALUE_DAY] = "day",
};

static const struct {
	const char *key;
	unsigned needed, allowed;
} texts[MESSAGES] = {
    [MSG_OK] = {"ok",
	BIT(AS_OF) | BIT(FROM) | BIT(PLACES) | BIT(CODE) | BIT(NOTES),
	BIT(HOTLINE) | BIT(CARRIER)},
    [MSG_OK_SPLIT] = {"ok-split",
	BIT(AS_OF) | BIT(RECENT) | BIT(EARLIER) | BIT(CODE) | BIT(NOTES),
	BIT(HOTLINE) | BIT(CARRIER)},
    [MSG_NO_STAYS] = {"no-stays",
	BIT(AS_OF) | BIT(FROM) | BIT(CODE) | BIT(NOTES),
	BIT(HOTLINE) | BIT(CARRIER)},
    [MSG_WRONG_IDENTITY] = {"wrong-identity", BIT(HOTLINE), 0},
    [MSG_NOT_REGISTERED] = {"not-registered", BIT(HOTLINE), 0},
    [MSG_LOCKED] = {"locked", BIT(MINUTES), BIT(HOTLINE)},
    [MSG_LOCKED_HOURS] = {"locked-hours", BIT(HOURS), BIT(HOTLINE)},
    [MSG_CONSENT_NEEDED] = {"consent-needed", BIT(CARRIER) | BIT(FROM),
	BIT(HOTLINE)},
    [MSG_HELP] = {"help", BIT(KEYWORD), BIT(HOTLINE) | BIT(CARRIER)},
    [MSG_HELP_INLINE] = {"help-inline", BIT(KEYWORD),
	BIT(HOTLINE) | BIT(CARRIER)},
    [MSG_HELP_VERIFY] = {"help-verify", BIT(VERIFY), BIT(HOTLINE)},
    [MSG_HELP_DIAL] = {"help-dial", BIT(KEYWORD), BIT(HOTLINE) | BIT(CARRIER)},
    [MSG_HELP_DIAL_INLINE] = {"help-dial-inline", BIT(KEYWORD),
	BIT(HOTLINE) | BIT(CARRIER)},
    [MSG_BUSY] = {"busy", BIT(MINUTES), BIT(HOTLINE)},
    [MSG_SERVICE_CLOSED] = {"service-closed", 0, BIT(HOTLINE)},
    [MSG_SYSTEM_BUSY] = {"system-busy", 0, BIT(HOTLINE)},
    [MSG_VERIFY_OK] = {"verify-ok",
	BIT(TIME) | BIT(FROM) | BIT(PLACES) | BIT(EARLIER), BIT(HOTLINE)},
    [MSG_VERIFY_NO_STAYS] = {"verify-no-stays",
	BIT(TIME) | BIT(FROM) | BIT(EARLIER), BIT(HOTLINE)},
    [MSG_VERIFY_WRONG] = {"verify-wrong", 0, BIT(HOTLINE)},
    [MSG_VERIFY_CORRECTED] = {"verify-corrected", BIT(TIME), BIT(HOTLINE)},
    [MSG_VERIFY_GONE] = {"verify-gone", 0, BIT(HOTLINE)},
    [MSG_PROMPT] = {"prompt", 0,
	BIT(CARRIER) | BIT(FROM) | BIT(MINUTES) | BIT(HOTLINE)},
    [MSG_PROMPT_CONSENT] = {"prompt-consent", BIT(CARRIER) | BIT(FROM),
	BIT(MINUTES) | BIT(HOTLINE)},
    [MSG_DIAL_AGAIN] = {"dial-again", BIT(KEYWORD), BIT(HOTLINE)},
    [MSG_SEND_AGAIN] = {"send-again", BIT(KEYWORD), 0},
    [MSG_DELETE_PROMPT] = {"delete-prompt", 0, BIT(HOTLINE) | BIT(MINUTES)},
    [MSG_DELETE_ASK] = {"delete-ask", 0, BIT(HOTLINE) | BIT(CARRIER)},
    [MSG_DELETED] = {"deleted", 0, BIT(HOTLINE) | BIT(CARRIER)},
    [MSG_WITHDRAWN] = {"withdrawn", 0, BIT(HOTLINE) | BIT(CARRIER)},
    [MSG_NO_CONSENT] = {"no-consent", 0, BIT(HOTLINE) | BIT(CARRIER)},
    [MSG_LANGUAGE] = {"language-set", 0, BIT(KEYWORD) | BIT(HOTLINE)},
    [MSG_AS_OF] = {"as-of", BIT(TIME), 0},
    [MSG_CODE] = {"code", BIT(CODE), BIT(VERIFY)},
    [MSG_CODE_DIAL] = {"code-dial", BIT(CODE), 0},
    [MSG_RECENT] = {"recent", BIT(FROM) | BIT(PLACES), 0},
    [MSG_RECENT_NONE] = {"recent-none", BIT(FROM), 0},
    [MSG_EARLIER] = {"earlier", BIT(FROM) | BIT(TO) | BIT(PLACES), 0},
    [MSG_EARLIER_NONE] = {"earlier-none", BIT(FROM) | BIT(TO), 0},
    [MSG_LIST_SEPARATOR] = {"list-separator", 0, 0},
    [MSG_GROUP_SEPARATOR] = {"group-separator", 0, 0},
    [MSG_MONTHS] = {"months", 0, 0},
    [MSG_DATE] = {"date", BIT(MONTH) | BIT(DAY), 0},
    [MSG_DATE_TIME] = {"date-time", BIT(MONTH) | BIT(DAY) | BIT(TIME), 0},
    [MSG_PAGE_MORE] = {"page-more", 0, 0},
    [MSG_PAGE_BACK] = {"page-back", 0, 0},
    [MSG_REST_BY_SMS] = {"rest-by-sms", 0, 0},
    [MSG_NOTICE] = {"notice", BIT(TIME) | BIT(HOTLINE), BIT(CARRIER)},
    [MSG_HISTORY_SINCE] = {"history-since", BIT(DATE), 0},
    [MSG_DATA_LATE] = {"data-late", 0, 0},
    [MSG_MARKS] = {"marks", BIT(MARK), 0},
    [MSG_MARKS_LEFT_OUT] = {"marks-left-out", 0, 0},
    [MSG_CORRECTED] = {"corrected", 0, 0},
};

/* Words of a text, and what stands behind them. */
struct piece {
	uint32_t at, len;       /* of the words in the text */
	enum placeholder value; /* PLACEHOLDERS at the text's end */
};

/* A time that was put into words, for the answers of one second tell of the
 * same few: the first days of windows, and up to when the data is complete. */
#define WORDING_BITS 4
struct wording {
	uint64_t key; /* 0: nothing is known */
	uint8_t len;
	char s[55];
};

struct messages {
	char *text[LANGUAGES][MESSAGES];
	struct piece *pieces[LANGUAGES][MESSAGES];
	struct piece months[LANGUAGES][MONTHS];
	struct wording *known; /* each by its key's hash */
};

const char *
language_name(enum language lang)
{
	static const char *const names[LANGUAGES] = {"zh", "en"};

	return names[lang];
}

enum language
language_parse(const char *s, size_t len)
{
	for (int l = 0; l < LANGUAGES; l++)
		if (strlen(language_name(l)) == len &&
		    strncasecmp(s, language_name(l), len) == 0)
			return l;
	return LANGUAGES;
}

const char *
message_key(enum message id)
{
	return texts[id].key;
}

static int
placeholder(const char *s, size_t len)
{
	for (int v = 0; v < PLACEHOLDERS; v++)
		if (strlen(placeholders[v]) == len &&
		    memcmp(s, placeholders[v], len) == 0)
			return v;
	return -1;
}

static int
wrong(const char *path, enum message id, const char *what, const char *why)
{
	log_error(DCONF, "%s: %s: %s%s", path, texts[id].key, what, why);
	return -EINVAL;
}

/* Of a compiled text: does a placeholder stand here? */
static int
is_value(char c)
{
	return (unsigned char)c < 0x20 && c != '\0';
}

static int
check_characters(const char *path, enum message id, const char *text)
{
	uint32_t c;

	for (size_t n; (n = utf8_next(text, &c)) > 0; text += n) {
		if (n == 1 && c >= 0x80)
			return wrong(path, id, "", "is not UTF-8");
		if (c < 0x20)
			return wrong(path, id, "",
			    "has a control character; write one line");
	}
	return 0;
}

/* Turns the placeholders of one text into octets, in place. */
static int
compile(const char *path, enum message id, char *text)
{
	unsigned allowed = texts[id].needed | texts[id].allowed, seen = 0;
	char *in = text, *out = text;

	if (check_characters(path, id, text) < 0)
		return -EINVAL;
	while (*in != '\0') {
		size_t len = strcspn(in + 1, "}");
		int v;

		if (*in != '{') {
			*out++ = *in++;
			continue;
		}
		if (in[1 + len] == '\0')
			return wrong(path, id, in, " has no closing brace");
		v = placeholder(in + 1, len);
		if (v < 0 || !(allowed & 1u << v)) {
			in[2 + len] = '\0';
			return wrong(path, id, in, " has no value here");
		}
		seen |= 1u << v;
		*out++ = v + 1;
		in += len + 2;
	}
	*out = '\0';
	for (int v = 0; v < PLACEHOLDERS; v++) {
		if (texts[id].needed & ~seen & 1u << v) {
			log_error(DCONF, "%s: %s: {%s} is missing", path,
			    texts[id].key, placeholders[v]);
			return -EINVAL;
		}
	}
	return 0;
}

/* Cuts a compiled text at its placeholders. Null without memory. */
static struct piece *
cut(const char *text)
{
	size_t values = 0, n = 0, at = 0;
	struct piece *pieces;

	for (const char *s = text; *s != '\0'; s++)
		values += is_value(*s);
	pieces = calloc(values + 1, sizeof(*pieces));
	if (pieces == NULL)
		return NULL;
	for (size_t i = 0; n < values; i++) {
		if (!is_value(text[i]))
			continue;
		pieces[n++] = (struct piece){at, i - at, text[i] - 1};
		at = i + 1;
	}
	pieces[n] = (struct piece){at, strlen(text + at), PLACEHOLDERS};
	return pieces;
}

static int
cut_months(const char *path, const char *text, struct piece months[MONTHS])
{
	const char *s = text;
	int n = 0;

	for (;;) {
		size_t len = strcspn(s, ",");

		if (n < MONTHS)
			months[n] = (struct piece){s - text, len, PLACEHOLDERS};
		n++;
		if (s[len] == '\0')
			break;
		s += len + 1;
	}
	if (n == MONTHS)
		return 0;
	log_error(DCONF, "%s: months: %d names, not %d", path, n, MONTHS);
	return -EINVAL;
}

static int
take(struct messages *m, enum language lang, cfg_t *cfg, const char *path)
{
	int bad = 0;

	for (int id = 0; id < MESSAGES; id++) {
		const char *text = cfg_getstr(cfg, texts[id].key);

		if (text == NULL) {
			log_error(DCONF, "%s: %s: this text is missing", path,
			    texts[id].key);
			bad = 1;
			continue;
		}
		m->text[lang][id] = strdup(text);
		if (m->text[lang][id] == NULL)
			return -ENOMEM;
		if (compile(path, id, m->text[lang][id]) < 0) {
			bad = 1;
			continue;
		}
		m->pieces[lang][id] = cut(m->text[lang][id]);
		if (m->pieces[lang][id] == NULL)
			return -ENOMEM;
	}
	if (bad)
		return -EINVAL;
	return cut_months(path, m->text[lang][MSG_MONTHS], m->months[lang]);
}

/* libconfuse's callbacks carry no argument of ours. */
static struct {
	const char *path;
	uint64_t seen; /* a bit for each message */
} reading;

static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char what[256];

	vsnprintf(what, sizeof(what), fmt, ap);
	log_error(DCONF, "%s:%d: %s", reading.path, cfg->line, what);
}

/* libconfuse would take the last of two without a word. */
static int
on_text(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	int id = 0;

	while (strcmp(texts[id].key, opt->name) != 0)
		id++;
	*(const char **)result = value;
	if (!(reading.seen & 1ull << id)) {
		reading.seen |= 1ull << id;
		return 0;
	}
	log_error(DCONF, "%s:%d: %s: given twice", reading.path, cfg->line,
	    opt->name);
	return -1;
}

static int
parse(struct messages *m, enum language lang, const char *path, char *text)
{
	cfg_opt_t opts[MESSAGES + 1];
	const char *error;
	cfg_t *cfg;
	int line, rc = -EINVAL;

	error = conf_text_tidy(text, &line);
	if (error != NULL) {
		log_error(DCONF, "%s:%d: %s", path, line, error);
		return -EINVAL;
	}
	for (int id = 0; id < MESSAGES; id++)
		opts[id] = (cfg_opt_t)CFG_STR_CB(
		    texts[id].key, NULL, CFGF_NONE, on_text);
	opts[MESSAGES] = (cfg_opt_t)CFG_END();
	cfg = cfg_init(opts, CFGF_NONE);
	if (cfg == NULL)
		return -ENOMEM;
	reading.path = path;
	reading.seen = 0;
	cfg_set_error_function(cfg, on_error);
	if (cfg_parse_buf(cfg, text) == CFG_SUCCESS)
		rc = take(m, lang, cfg, path);
	cfg_free(cfg);
	return rc;
}

static int
load(struct messages *m, enum language lang, const char *dir)
{
	char path[4096], *text = NULL;
	int rc;

	if (snprintf(path, sizeof(path), "%s/messages.%s", dir,
		language_name(lang)) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	rc = conf_text_read(path, &text);
	if (rc == -EILSEQ)
		log_error(DCONF, "%s: is not a text file", path);
	else if (rc < 0)
		log_error(DCONF, "%s: %s; `tables` names its folder", path,
		    strerror(-rc));
	else
		rc = parse(m, lang, path, text);
	free(text);
	return rc;
}

int
messages_load(struct messages **mp, const char *dir)
{
	struct messages *m = calloc(1, sizeof(*m));
	int rc = -ENOMEM;

	if (m != NULL)
		m->known = calloc(1 << WORDING_BITS, sizeof(*m->known));
	if (m != NULL && m->known != NULL)
		rc = 0;
	for (int lang = 0; lang < LANGUAGES && rc == 0; lang++)
		rc = load(m, lang, dir);
	if (rc < 0)
		messages_free(m);
	else
		*mp = m;
	return rc;
}

void
messages_free(struct messages *m)
{
	if (m == NULL)
		return;
	for (int lang = 0; lang < LANGUAGES; lang++)
		for (int id = 0; id < MESSAGES; id++) {
			free(m->text[lang][id]);
			free(m->pieces[lang][id]);
		}
	free(m->known);
	free(m);
}

uint64_t
messages_edition(const struct messages *m, uint64_t edition)
{
	for (int lang = 0; lang < LANGUAGES; lang++)
		for (int id = 0; id < MESSAGES; id++)
			edition = edition_text(edition, m->text[lang][id]);
	return edition;
}

/* FNV-1a, the NULs between the texts included. */
uint32_t
messages_wording(const struct messages *m)
{
	static const enum message agreed[] = {
	    MSG_CONSENT_NEEDED, MSG_PROMPT_CONSENT};
	uint32_t hash = 2166136261u;

	for (int lang = 0; lang < LANGUAGES; lang++)
		for (size_t i = 0; i < 2; i++) {
			const char *s = m->text[lang][agreed[i]];

			do
				hash = (hash ^ (uint8_t)*s) * 16777619u;
			while (*s++ != '\0');
		}
	return hash;
}

void
words_put(struct words *w, const char *s, size_t len)
{
	if (w->full || len >= w->size - w->len) {
		w->full = 1;
		return;
	}
	memcpy(w->s + w->len, s, len);
	w->len += len;
	w->s[w->len] = '\0';
}

void
words_put_number(struct words *w, unsigned n)
{
	char digits[10];
	size_t at = sizeof(digits);

	do
		digits[--at] = '0' + n % 10;
	while ((n /= 10) > 0);
	words_put(w, digits + at, sizeof(digits) - at);
}

void
message_fill(const struct messages *m, enum language lang, enum message id,
    message_value_h *h, const void *arg, struct words *w)
{
	const char *text = m->text[lang][id];

	for (const struct piece *p = m->pieces[lang][id];; p++) {
		if (p->len > 0)
			words_put(w, text + p->at, p->len);
		if (p->value == PLACEHOLDERS)
			return;
		h(id, p->value, w, arg);
	}
}

static void
put_given(enum message id, enum placeholder v, struct words *w, const void *arg)
{
	const char *const *values = arg;

	(void)id;
	if (values[v] != NULL)
		words_put(w, values[v], strlen(values[v]));
}

void
message_put(const struct messages *m, enum language lang, enum message id,
    const char *const values[PLACEHOLDERS], struct words *w)
{
	message_fill(m, lang, id, put_given, values, w);
}

/* A time, with what its month is called. */
struct moment {
	struct tm tm;
	const char *month;
	size_t month_len;
};

static void
put_moment(
    enum message id, enum placeholder v, struct words *w, const void *arg)
{
	const struct moment *at = arg;
	const int hour = at->tm.tm_hour, min = at->tm.tm_min;
	const char clock[] = {'0' + hour / 10, '0' + hour % 10, ':',
	    '0' + min / 10, '0' + min % 10};

	(void)id;
	if (v == VALUE_MONTH)
		words_put(w, at->month, at->month_len);
	else if (v == VALUE_DAY)
		words_put_number(w, at->tm.tm_mday);
	else
		words_put(w, clock, sizeof(clock));
}

static void
put_time(const struct messages *m, enum language lang, enum message id,
    int64_t t, struct words *w)
{
	const struct piece *month;
	struct moment at;

	when_local(t, &at.tm);
	month = &m->months[lang][at.tm.tm_mon];
	at.month = m->text[lang][MSG_MONTHS] + month->at;
	at.month_len = month->len;
	message_fill(m, lang, id, put_moment, &at, w);
}

void
message_put_time(const struct messages *m, enum language lang, enum message id,
    int64_t t, struct words *w)
{
	uint64_t key = (uint64_t)t << 16 | id << 8 | lang;
	struct wording *known =
	    &m->known[key * 0x9e3779b97f4a7c15 >> (64 - WORDING_BITS)];
	struct words words = {.s = known->s, .size = sizeof(known->s)};

	if (known->key != key) {
		known->key = 0;
		put_time(m, lang, id, t, &words);
		if (words.full) { /* too long to be kept */
			put_time(m, lang, id, t, w);
			return;
		}
		known->key = key;
		known->len = words.len;
	}
	words_put(w, known->s, known->len);
}
