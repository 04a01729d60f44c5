/* The catalogue as phones would show it: every text by itself, then what each
 * service says; with sample values, its length and what it takes. */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "commands.h"
#include "page.h"
#include "text.h"
#include "when.h"

#define SEGMENTS 10 /* the most that max_segments allows */
#define SAMPLE_MAX 512
#define PARTS 4 /* of texts that are made of others */

static const struct answer_place places[] = {{110000, "", 0}, {120000, "", 0},
    {131000, "*", 0}, {130200, "", 0}, {810000, "", 0}, {'J' << 8 | 'P', "", 0},
    {'T' << 8 | 'H', "", 0}};

struct texts {
	struct core *c;
	const struct conf_service *service;
	int by_itself; /* texts of the catalogue, and no service's answers */
	enum language language;
	int json, count;
	int bad; /* how many cannot be sent */
};

/* Showing one. */

static size_t
characters(const char *utf8)
{
	uint32_t c;
	size_t n = 0, step;

	for (; (step = utf8_next(utf8, &c)) > 0; utf8 += step)
		n++;
	return n;
}

static const char *
alphabet_name(enum alphabet a)
{
	return a == ALPHABET_GSM7 ? "GSM 7-bit" : "UCS-2";
}

/* How many short messages it takes; less than 0 for too many. */
static int
segments_of(const char *say)
{
	struct segment segments[SEGMENTS];

	return text_segments(say, text_alphabet(say, ALPHABET_GSM7), CONCAT_UDH,
	    0, segments, SEGMENTS);
}

static void
print_page(const struct texts *t, const char *title, const char *say, int n)
{
	struct page page;

	page_cut(t->c->messages, t->language, say, n, &page);
	printf("[%s] %s, page %d of %d, %zu characters, %s%s\n%s\n\n",
	    language_name(t->language), title, n + 1, page.of,
	    characters(page.say), alphabet_name(page.alphabet),
	    page.cut ? ", the whole by SMS" : "", page.say);
}

static void
print_message(
    const struct texts *t, const char *title, const char *say, int pages)
{
	int n = segments_of(say);

	printf("[%s] %s, %zu characters, %s, ", language_name(t->language),
	    title, characters(say),
	    alphabet_name(text_alphabet(say, ALPHABET_GSM7)));
	if (n < 0) {
		printf("too long for %d segments\n\n", SEGMENTS);
		return;
	}
	printf("%d segment%s", n, n == 1 ? "" : "s");
	if (t->by_itself)
		printf(", %d page%s", pages, pages == 1 ? "" : "s");
	printf("\n%s\n\n", say);
}

static void
print_json(
    struct texts *t, const char *title, const char *say, int is_sms, int pages)
{
	static char text[ANSWER_MAX];
	struct page page;
	int n = segments_of(say);

	page_unbreak(strcpy(text, say));
	fputs(t->count++ ? ",\n " : "", stdout);
	fputs("{\"service\": ", stdout);
	if (t->by_itself)
		fputs("null", stdout);
	else
		command_string(t->service->name);
	printf(", \"language\": \"%s\", \"name\": \"%s\", \"text\": ",
	    language_name(t->language), title);
	command_string(text);
	printf(", \"characters\": %zu, \"alphabet\": \"%s\", \"segments\": ",
	    characters(text),
	    alphabet_name(text_alphabet(text, ALPHABET_GSM7)));
	if (is_sms && n >= 0)
		printf("%d, \"pages\": [", n);
	else
		fputs("null, \"pages\": [", stdout);
	for (int i = 0; i < pages; i++) {
		page_cut(t->c->messages, t->language, say, i, &page);
		fputs(i ? ", " : "", stdout);
		command_string(page.say);
	}
	fputs("]}", stdout);
}

/* A text of the catalogue may go either way; a service has but one. */
static void
show(struct texts *t, const char *title, const char *say)
{
	int is_dialled = conf_service_is_dialled(t->service);
	int is_sms = t->by_itself || !is_dialled;
	struct page page;
	int pages;

	page_cut(t->c->messages, t->language, say, 0, &page);
	pages = t->by_itself || is_dialled ? page.of : 0;
	if (!is_sms && !t->json) {
		for (int i = 0; i < pages; i++)
			print_page(t, title, say, i);
		return;
	}
	t->bad += is_sms && segments_of(say) < 0;
	if (t->json)
		print_json(t, title, say, is_sms, pages);
	else
		print_message(t, title, say, pages);
}

/* Every text by itself. */

struct sample {
	char s[SAMPLE_MAX];
};

static void
put(const struct texts *t, enum message id,
    const char *const values[PLACEHOLDERS], char *buf, size_t size)
{
	struct words w = {.s = buf, .size = size};

	buf[0] = '\0';
	message_put(t->c->messages, t->language, id, values, &w);
}

static void
put_time(
    const struct texts *t, enum message id, int64_t time, struct sample *to)
{
	struct words w = {.s = to->s, .size = sizeof(to->s)};

	to->s[0] = '\0';
	message_put_time(t->c->messages, t->language, id, time, &w);
}

/* The first service that is dialled, or texted. */
static const struct conf_service *
service_for(const struct conf *conf, int is_dialled)
{
	for (size_t i = 0; i < conf->nservices; i++)
		if (conf_service_is_dialled(&conf->services[i]) == is_dialled)
			return &conf->services[i];
	return &conf->services[0];
}

static const char *
keyword_for(const struct conf *conf, enum message id, struct sample *buf)
{
	int is_dialled = id == MSG_HELP_DIAL || id == MSG_HELP_DIAL_INLINE ||
	    id == MSG_DIAL_AGAIN;
	const struct conf_service *s = service_for(conf, is_dialled);

	if (!conf_service_is_dialled(s))
		return s->keywords.v[0];
	snprintf(buf->s, sizeof(buf->s), "%s", s->code.v[0]);
	if (id == MSG_HELP_DIAL_INLINE) /* more follows */
		buf->s[strlen(buf->s) - 1] = '\0';
	return buf->s;
}

/* The first that any service has. */
static const char *
verify_word(const struct conf *conf)
{
	for (size_t i = 0; i < conf->nservices; i++)
		if (conf->services[i].verify.n > 0)
			return conf->services[i].verify.v[0];
	return "";
}

/* What stands in a text for what is made of other texts. */
static void
put_parts(const struct texts *t, const char *values[PLACEHOLDERS],
    struct sample parts[PARTS], const char *middle)
{
	static const struct {
		enum placeholder value;
		enum message text;
	} made[PARTS] = {
	    {VALUE_AS_OF, MSG_AS_OF},
	    {VALUE_CODE, MSG_CODE},
	    {VALUE_RECENT, MSG_RECENT},
	    {VALUE_EARLIER, MSG_EARLIER},
	};
	const char *from = values[VALUE_FROM];

	for (size_t i = 0; i < PARTS; i++) {
		values[VALUE_FROM] = made[i].text == MSG_RECENT ? middle : from;
		put(t, made[i].text, values, parts[i].s, SAMPLE_MAX);
	}
	values[VALUE_FROM] = from;
	for (size_t i = 0; i < PARTS; i++)
		values[made[i].value] = parts[i].s;
}

static void
show_text(struct texts *t, enum message id)
{
	const struct conf_carrier *carrier = t->service->carrier;
	int64_t now = when_now();
	struct sample from, middle, to, since, time, keyword;
	struct sample parts[PARTS];
	static char say[ANSWER_MAX];
	const char *values[PLACEHOLDERS] = {
	    [VALUE_FROM] = from.s,
	    [VALUE_TO] = to.s,
	    [VALUE_DATE] = since.s,
	    [VALUE_TIME] = time.s,
	    [VALUE_PLACES] = region_name(t->c->regions, 110000, t->language),
	    [VALUE_CODE] = "012345678901",
	    [VALUE_HOTLINE] = carrier->hotline,
	    [VALUE_CARRIER] =
		t->language == LANG_ZH ? carrier->name_zh : carrier->name_en,
	    [VALUE_KEYWORD] = keyword_for(t->c->conf, id, &keyword),
	    [VALUE_VERIFY] = verify_word(t->c->conf),
	    [VALUE_MINUTES] = "30",
	    [VALUE_HOURS] = "4",
	    [VALUE_MARK] = "*",
	};

	put_time(t, MSG_DATE, when_midnight(now, -(int)t->service->window_days),
	    &from);
	put_time(t, MSG_DATE, when_midnight(now, -6), &middle);
	put_time(t, MSG_DATE, when_midnight(now, -7), &to);
	put_time(t, MSG_DATE, when_midnight(now, -3), &since);
	put_time(t, MSG_DATE_TIME, now, &time);
	if (id != MSG_CODE && id != MSG_CODE_DIAL)
		put_parts(t, values, parts, middle.s);
	if (id == MSG_RECENT || id == MSG_RECENT_NONE)
		values[VALUE_FROM] = middle.s;
	put(t, id, values, say, sizeof(say));
	if (id == MSG_DATE)
		strcpy(say, since.s);
	else if (id == MSG_DATE_TIME)
		strcpy(say, time.s);
	show(t, message_key(id), say);
}

/* What a service says. */

static void
show_answer(struct texts *t, const char *title, const struct answer *a)
{
	static char say[ANSWER_MAX];

	if (answer_text(a, t->c->messages, t->c->regions, t->service, say,
		sizeof(say)) < 0)
		t->bad++;
	show(t, title, say);
}

static void
show_answers(struct texts *t)
{
	int64_t now = when_now();
	struct answer a = {
	    .language = t->language,
	    .lo = when_midnight(now, -(int)t->service->window_days),
	    .as_of = now,
	    .issued = now,
	    .minutes = 30,
	    .places = places,
	    .code = "012345678901",
	};

	if (t->service->split_days > 0)
		a.middle = when_midnight(now, -(int)t->service->split_days);
	for (int v = 0; v < VERDICTS; v++) {
		a.verdict = v;
		a.nplaces = v == VERDICT_OK || v == VERDICT_GENUINE ? 2 : 0;
		if (v != VERDICT_SILENCE)
			show_answer(t, verdict_name(v), &a);
	}
	a.verdict = VERDICT_OK;
	a.nplaces = sizeof(places) / sizeof(*places);
	a.history_since = when_midnight(now, -3);
	a.data_late = 1;
	show_answer(t, "ok, with every note", &a);
}

static void
show_service(struct texts *t, const struct conf_service *service)
{
	t->service = service;
	t->by_itself = 0;
	if (!t->json)
		printf("service %s\n\n", service->name);
	for (t->language = 0; t->language < LANGUAGES; t->language++)
		show_answers(t);
}

static void
show_catalogue(struct texts *t)
{
	t->service = &t->c->conf->services[0];
	t->by_itself = 1;
	if (!t->json)
		puts("catalogue\n");
	for (t->language = 0; t->language < LANGUAGES; t->language++)
		for (int id = 0; id < MESSAGES; id++)
			show_text(t, id);
}

int
cmd_texts(struct core *c, const struct options *o)
{
	struct texts t = {.c = c, .json = o->json};

	if (o->nargs > 0)
		return usage_error("texts takes no argument", "");
	if (c->conf->nservices == 0)
		return usage_error("texts: there is no service", "");
	fputs(t.json ? "[" : "", stdout);
	show_catalogue(&t);
	for (size_t i = 0; i < c->conf->nservices; i++)
		show_service(&t, &c->conf->services[i]);
	fputs(t.json ? "]\n" : "", stdout);
	return t.bad ? EXIT_FAULT : EXIT_OK;
}
