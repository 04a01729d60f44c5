/* From what was found to the text: the catalogue says how, this says what.
 *
 * The list has three groups, mainland cities, then Hong Kong, Macao and
 * Taiwan, then countries, as it comes; only the separators are put here. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "when.h"

#define DATE_MAX 64
#define CODE_MAX 256
#define NOTES_MAX 1024
#define KEYWORD_MAX 32
#define HOURS_FROM 120 /* minutes: longer waits are told in hours */

void
answer_sign(struct answer *a, const struct key *k, uint64_t number,
    const struct conf_service *service, int64_t now)
{
	struct code c;

	code_begin(&c, k, number, service->name, now);
	for (size_t i = 0; i < a->nplaces; i++)
		code_add(&c, a->places[i].part, a->places[i].region);
	code_format(code_value(&c, 0), a->code);
}

/* What is being put together, and with what. */
struct writer {
	const struct answer *a;
	const struct messages *m;
	const struct regions *r;
	const struct conf_service *service;
	const char *values[PLACEHOLDERS];
};

static void
put(struct writer *w, enum message id, struct words *out)
{
	message_put(w->m, w->a->language, id, w->values, out);
}

static void
put_time(struct writer *w, enum message id, int64_t t, char buf[DATE_MAX])
{
	struct words out = {.s = buf, .size = DATE_MAX};

	message_put_time(w->m, w->a->language, id, t, &out);
}

/* Where a page may end, in a text that goes on pages. */
static void
put_break(const struct writer *w, struct words *out)
{
	const char mark = TEXT_BREAK;

	if (conf_service_is_dialled(w->service))
		words_put(out, &mark, 1);
}

/* The list of one part of the window. */
static void
put_places(struct writer *w, int part, struct words *out)
{
	const struct answer_place *before = NULL;

	for (size_t i = 0; i < w->a->nplaces; i++) {
		const struct answer_place *p = &w->a->places[i];
		const char *name = region_name(w->r, p->region, w->a->language);

		if (p->part != part)
			continue;
		if (before != NULL) {
			put(w,
			    region_group(p->region) ==
				    region_group(before->region)
				? MSG_LIST_SEPARATOR
				: MSG_GROUP_SEPARATOR,
			    out);
			put_break(w, out);
		}
		words_put(out, name, strlen(name));
		words_put(out, p->mark, strlen(p->mark));
		before = p;
	}
}

/* What was found in one part of a window that is split. */
static void
put_part(struct writer *w, int part, struct words *out)
{
	static const struct {
		enum message some, none;
	} texts[STAY_PARTS] = {
	    {MSG_RECENT, MSG_RECENT_NONE},
	    {MSG_EARLIER, MSG_EARLIER_NONE},
	};
	struct writer inner = *w;
	char from[DATE_MAX] = "", to[DATE_MAX] = "", places[ANSWER_MAX] = "";
	struct words list = {.s = places, .size = sizeof(places)};

	put_time(w, MSG_DATE, part == 0 ? w->a->middle : w->a->lo, from);
	put_time(w, MSG_DATE, when_midnight(w->a->middle, -1), to);
	put_places(w, part, &list);
	inner.values[VALUE_FROM] = from;
	inner.values[VALUE_TO] = to;
	inner.values[VALUE_PLACES] = places;
	put(&inner, list.len > 0 ? texts[part].some : texts[part].none, out);
	out->full |= list.full;
}

/* Two cities may bear different marks; one note explains each once. */
static void
put_marks_note(struct writer *w, struct words *out)
{
	const struct answer_place *p = w->a->places;

	for (size_t i = 0; i < w->a->nplaces; i++) {
		size_t j = 0;

		while (j < i && strcmp(p[j].mark, p[i].mark) != 0)
			j++;
		if (p[i].mark[0] == '\0' || j < i)
			continue;
		put_break(w, out);
		w->values[VALUE_MARK] = p[i].mark;
		put(w, MSG_MARKS, out);
	}
	w->values[VALUE_MARK] = NULL;
}

/* Can a code be texted to it, to have it checked? */
static int
can_verify(const struct conf_service *service)
{
	return !conf_service_is_dialled(service) && service->verify.n > 0;
}

static void
put_code(struct writer *w, struct words *out)
{
	if (w->a->code[0] == '\0')
		return;
	put_break(w, out);
	w->values[VALUE_CODE] = w->a->code;
	put(w, can_verify(w->service) ? MSG_CODE : MSG_CODE_DIAL, out);
}

static void
put_notes(struct writer *w, struct words *out)
{
	char date[DATE_MAX] = "";

	if (w->a->history_since != 0) {
		put_time(w, MSG_DATE, w->a->history_since, date);
		w->values[VALUE_DATE] = date;
		put_break(w, out);
		put(w, MSG_HISTORY_SINCE, out);
	}
	if (w->a->data_late) {
		put_break(w, out);
		put(w, MSG_DATA_LATE, out);
	}
	put_marks_note(w, out);
	if (w->a->marks_left_out) {
		put_break(w, out);
		put(w, MSG_MARKS_LEFT_OUT, out);
	}
	if (w->a->corrected) {
		put_break(w, out);
		put(w, MSG_CORRECTED, out);
	}
	put_break(w, out);
}

/* An answer proper: what was found since when, as of when. */
static void
put_findings(struct writer *w, enum message id, struct words *out)
{
	char time[DATE_MAX] = "", as_of[2 * DATE_MAX] = "";
	char places[ANSWER_MAX], earlier[ANSWER_MAX];
	char code[CODE_MAX], notes[NOTES_MAX];
	struct words as_of_words = {.s = as_of, .size = sizeof(as_of)};
	struct words place_words = {.s = places, .size = sizeof(places)};
	struct words earlier_words = {.s = earlier, .size = sizeof(earlier)};
	struct words code_words = {.s = code, .size = sizeof(code)};
	struct words note_words = {.s = notes, .size = sizeof(notes)};

	places[0] = earlier[0] = code[0] = notes[0] = '\0';
	if (w->a->as_of != 0) {
		put_time(w, MSG_DATE_TIME, w->a->as_of, time);
		w->values[VALUE_TIME] = time;
		put(w, MSG_AS_OF, &as_of_words);
		w->values[VALUE_TIME] = NULL;
	}
	if (id == MSG_OK_SPLIT) {
		put_part(w, 0, &place_words);
		put_break(w, &earlier_words);
		put_part(w, 1, &earlier_words);
	} else {
		put_places(w, 0, &place_words);
	}
	put_code(w, &code_words);
	put_notes(w, &note_words);
	w->values[VALUE_AS_OF] = as_of;
	w->values[VALUE_PLACES] = w->values[VALUE_RECENT] = places;
	w->values[VALUE_EARLIER] = earlier;
	w->values[VALUE_CODE] = code;
	w->values[VALUE_NOTES] = notes;
	put(w, id, out);
	out->full |= place_words.full | earlier_words.full | code_words.full |
	    note_words.full;
}

/* What was told then: whoever asks compares it with what they were shown. */
static void
put_genuine(struct writer *w, struct words *out)
{
	char from[DATE_MAX] = "";
	char places[ANSWER_MAX] = "", earlier[ANSWER_MAX] = "";
	struct words place_words = {.s = places, .size = sizeof(places)};
	struct words earlier_words = {.s = earlier, .size = sizeof(earlier)};

	put_time(w, MSG_DATE, w->a->middle ? w->a->middle : w->a->lo, from);
	put_places(w, 0, &place_words);
	if (w->a->middle != 0)
		put_part(w, 1, &earlier_words);
	w->values[VALUE_FROM] = from;
	w->values[VALUE_PLACES] = places;
	w->values[VALUE_EARLIER] = earlier;
	put(w, place_words.len > 0 ? MSG_VERIFY_OK : MSG_VERIFY_NO_STAYS, out);
	out->full |= place_words.full | earlier_words.full;
}

/* One verdict has two texts where the service's way of asking differs. */
static enum message
text_of(enum verdict v, const struct conf_service *service)
{
	static const enum message texts[VERDICTS] = {
	    [VERDICT_OK] = MSG_OK,
	    [VERDICT_NO_STAYS] = MSG_NO_STAYS,
	    [VERDICT_WRONG_IDENTITY] = MSG_WRONG_IDENTITY,
	    [VERDICT_LOCKED] = MSG_LOCKED,
	    [VERDICT_CONSENT_NEEDED] = MSG_CONSENT_NEEDED,
	    [VERDICT_HELP] = MSG_HELP,
	    [VERDICT_BUSY] = MSG_BUSY,
	    [VERDICT_SERVICE_CLOSED] = MSG_SERVICE_CLOSED,
	    [VERDICT_SYSTEM_BUSY] = MSG_SYSTEM_BUSY,
	    [VERDICT_PROMPT] = MSG_PROMPT,
	    [VERDICT_SEND_AGAIN] = MSG_SEND_AGAIN,
	    [VERDICT_VERIFY_HELP] = MSG_HELP_VERIFY,
	    [VERDICT_DELETE_PROMPT] = MSG_DELETE_PROMPT,
	    [VERDICT_DELETE_ASK] = MSG_DELETE_ASK,
	    [VERDICT_DELETED] = MSG_DELETED,
	    [VERDICT_WITHDRAWN] = MSG_WITHDRAWN,
	    [VERDICT_NO_CONSENT] = MSG_NO_CONSENT,
	    [VERDICT_LANGUAGE] = MSG_LANGUAGE,
	    [VERDICT_WRONG_CODE] = MSG_VERIFY_WRONG,
	    [VERDICT_CORRECTED] = MSG_VERIFY_CORRECTED,
	    [VERDICT_GONE] = MSG_VERIFY_GONE,
	};
	int is_inline = service->identity == IDENTITY_INLINE;

	if (v == VERDICT_HELP && conf_service_is_dialled(service))
		return is_inline ? MSG_HELP_DIAL_INLINE : MSG_HELP_DIAL;
	if (v == VERDICT_HELP && is_inline)
		return MSG_HELP_INLINE;
	if (v == VERDICT_PROMPT && service->consent == CONSENT_REPLY)
		return MSG_PROMPT_CONSENT;
	if (v == VERDICT_WRONG_IDENTITY && service->identity == IDENTITY_NONE)
		return MSG_NOT_REGISTERED;
	return texts[v];
}

/* What to send, or to dial: "*10086*3#", or "*10086*3" where digits follow. */
static const char *
put_keyword(const struct conf_service *service, char buf[KEYWORD_MAX])
{
	const char *code = service->code.v[0];
	int without_end = service->identity == IDENTITY_INLINE;

	if (!conf_service_is_dialled(service))
		return service->keywords.v[0];
	snprintf(
	    buf, KEYWORD_MAX, "%.*s", (int)strlen(code) - without_end, code);
	return buf;
}

int
answer_text(const struct answer *a, const struct messages *m,
    const struct regions *r, const struct conf_service *service, char *buf,
    size_t size)
{
	struct writer w = {.a = a, .m = m, .r = r, .service = service};
	struct words out = {.s = buf, .size = size};
	char from[DATE_MAX] = "", issued[DATE_MAX] = "";
	char minutes[16] = "0", hours[16] = "0", keyword[KEYWORD_MAX];

	buf[0] = '\0';
	if (a->verdict == VERDICT_SILENCE)
		return 0;
	put_time(&w, MSG_DATE, a->lo, from);
	put_time(&w, MSG_DATE_TIME, a->issued, issued);
	if (a->minutes != 0) {
		snprintf(minutes, sizeof(minutes), "%u", a->minutes);
		snprintf(hours, sizeof(hours), "%u", (a->minutes + 59) / 60);
	}
	w.values[VALUE_FROM] = from;
	w.values[VALUE_TIME] = issued;
	w.values[VALUE_MINUTES] = minutes;
	w.values[VALUE_HOURS] = hours;
	w.values[VALUE_HOTLINE] = service->carrier->hotline;
	w.values[VALUE_CARRIER] = a->language == LANG_ZH
	    ? service->carrier->name_zh
	    : service->carrier->name_en;
	w.values[VALUE_KEYWORD] = put_keyword(service, keyword);
	w.values[VALUE_VERIFY] =
	    service->verify.n > 0 ? service->verify.v[0] : NULL;
	if (a->verdict == VERDICT_OK && a->middle != 0)
		put_findings(&w, MSG_OK_SPLIT, &out);
	else if (a->verdict == VERDICT_OK || a->verdict == VERDICT_NO_STAYS)
		put_findings(&w, text_of(a->verdict, service), &out);
	else if (a->verdict == VERDICT_GENUINE)
		put_genuine(&w, &out);
	else if (a->verdict == VERDICT_LOCKED && a->minutes >= HOURS_FROM)
		put(&w, MSG_LOCKED_HOURS, &out);
	else
		put(&w, text_of(a->verdict, service), &out);
	return out.full ? -ENOSPC : 0;
}
