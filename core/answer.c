/* From what was found to the text: the catalogue says how, this says what,
 * where a text asks for it (put_value).
 *
 * The list has three groups, mainland cities, then Hong Kong, Macao and
 * Taiwan, then countries, as it comes; only the separators are put here. */
#include <errno.h>
#include <string.h>

#include "answer.h"
#include "when.h"

#define HOURS_FROM 120 /* minutes: longer waits are told in hours */

void
answer_sign(struct answer *a, const struct key *k, uint64_t number,
    uint64_t service, int64_t now)
{
	struct code c;

	code_begin(&c, k, number, service, now);
	for (size_t i = 0; i < a->nplaces; i++)
		code_add(&c, a->places[i].part, a->places[i].region);
	code_format(code_value(&c, 0), a->code);
}

/* What is being put together, and of what. */
struct writer {
	const struct answer *a;
	const struct messages *m;
	const struct regions *r;
	const struct conf_service *service;
	const char *mark; /* that is being explained */
};

static message_value_h put_value;

static void
put(const struct writer *w, enum message id, struct words *out)
{
	message_fill(w->m, w->a->language, id, put_value, w, out);
}

static void
put_time(const struct writer *w, enum message id, int64_t t, struct words *out)
{
	message_put_time(w->m, w->a->language, id, t, out);
}

static void
put_string(struct words *out, const char *s)
{
	words_put(out, s, strlen(s));
}

/* Where a page may end, in a text that goes on pages. */
static void
put_break(const struct writer *w, struct words *out)
{
	const char mark = TEXT_BREAK;

	if (conf_service_is_dialled(w->service))
		words_put(out, &mark, 1);
}

/* Is anything shown in one part of the window? */
static int
has_places(const struct answer *a, int part)
{
	for (size_t i = 0; i < a->nplaces; i++)
		if (a->places[i].part == part)
			return 1;
	return 0;
}

/* What stands between two places of the list. */
static void
put_separator(
    const struct writer *w, uint32_t before, uint32_t next, struct words *out)
{
	put(w,
	    region_group(next) == region_group(before) ? MSG_LIST_SEPARATOR
						       : MSG_GROUP_SEPARATOR,
	    out);
	put_break(w, out);
}

/* The list of one part of the window. */
static void
put_places(const struct writer *w, int part, struct words *out)
{
	const struct answer_place *before = NULL;

	for (size_t i = 0; i < w->a->nplaces; i++) {
		const struct answer_place *p = &w->a->places[i];

		if (p->part != part)
			continue;
		if (before != NULL)
			put_separator(w, before->region, p->region, out);
		put_string(out, region_name(w->r, p->region, w->a->language));
		put_string(out, p->mark);
		before = p;
	}
}

/* What was found in one part of a window that is split. */
static void
put_part(const struct writer *w, int part, struct words *out)
{
	static const struct {
		enum message some, none;
	} texts[STAY_PARTS] = {
	    {MSG_RECENT, MSG_RECENT_NONE},
	    {MSG_EARLIER, MSG_EARLIER_NONE},
	};

	put(w, has_places(w->a, part) ? texts[part].some : texts[part].none,
	    out);
}

/* Two cities may bear different marks; one note explains each once. */
static void
put_marks_note(const struct writer *w, struct words *out)
{
	const struct answer_place *p = w->a->places;

	for (size_t i = 0; i < w->a->nplaces; i++) {
		struct writer of = *w;
		size_t j = 0;

		if (p[i].mark[0] == '\0')
			continue;
		while (strcmp(p[j].mark, p[i].mark) != 0)
			j++;
		if (j < i)
			continue;
		put_break(w, out);
		of.mark = p[i].mark;
		put(&of, MSG_MARKS, out);
	}
}

/* Can a code be texted to it, to have it checked? */
static int
can_verify(const struct conf_service *service)
{
	return !conf_service_is_dialled(service) && service->verify.n > 0;
}

static void
put_code(const struct writer *w, struct words *out)
{
	if (w->a->code[0] == '\0')
		return;
	put_break(w, out);
	put(w, can_verify(w->service) ? MSG_CODE : MSG_CODE_DIAL, out);
}

static void
put_note(const struct writer *w, enum message id, struct words *out)
{
	put_break(w, out);
	put(w, id, out);
}

static void
put_notes(const struct writer *w, struct words *out)
{
	if (w->a->history_since != 0)
		put_note(w, MSG_HISTORY_SINCE, out);
	if (w->a->data_late)
		put_note(w, MSG_DATA_LATE, out);
	put_marks_note(w, out);
	if (w->a->marks_left_out)
		put_note(w, MSG_MARKS_LEFT_OUT, out);
	if (w->a->corrected)
		put_note(w, MSG_CORRECTED, out);
	put_break(w, out);
}

/* What to send, or to dial: "*10086*3#", or "*10086*3" where digits follow. */
static void
put_keyword(const struct conf_service *service, struct words *out)
{
	const char *code = service->code.v[0];
	int without_end = service->identity == IDENTITY_INLINE;

	if (conf_service_is_dialled(service))
		words_put(out, code, strlen(code) - without_end);
	else
		put_string(out, service->keywords.v[0]);
}

/* Of the window, or of the part of it that a text tells of. */
static int64_t
first_day(const struct answer *a, enum message id)
{
	int is_recent = id == MSG_RECENT || id == MSG_RECENT_NONE ||
	    id == MSG_VERIFY_OK || id == MSG_VERIFY_NO_STAYS;

	return is_recent && a->middle != 0 ? a->middle : a->lo;
}

/* The value of a placeholder, which may be another text; of which time, list
 * or code, depends on the text that it stands in. */
static void
put_value(
    enum message id, enum placeholder v, struct words *out, const void *arg)
{
	const struct writer *w = arg;
	const struct answer *a = w->a;
	const struct conf_carrier *carrier = w->service->carrier;

	switch (v) {
	case VALUE_AS_OF:
		if (a->as_of != 0)
			put(w, MSG_AS_OF, out);
		break;
	case VALUE_FROM:
		put_time(w, MSG_DATE, first_day(a, id), out);
		break;
	case VALUE_TO:
		put_time(w, MSG_DATE, when_midnight(a->middle, -1), out);
		break;
	case VALUE_DATE:
		put_time(w, MSG_DATE, a->history_since, out);
		break;
	case VALUE_TIME:
		put_time(w, MSG_DATE_TIME,
		    id == MSG_AS_OF ? a->as_of : a->issued, out);
		break;
	case VALUE_PLACES:
		put_places(w, id == MSG_EARLIER, out);
		break;
	case VALUE_RECENT:
		put_part(w, 0, out);
		break;
	case VALUE_EARLIER:
		if (id == MSG_OK_SPLIT)
			put_break(w, out);
		if (a->middle != 0)
			put_part(w, 1, out);
		break;
	case VALUE_CODE:
		if (id == MSG_CODE || id == MSG_CODE_DIAL)
			words_put(out, a->code, CODE_DIGITS);
		else
			put_code(w, out);
		break;
	case VALUE_NOTES:
		put_notes(w, out);
		break;
	case VALUE_MARK:
		put_string(out, w->mark);
		break;
	case VALUE_HOTLINE:
		put_string(out, carrier->hotline);
		break;
	case VALUE_CARRIER:
		put_string(out,
		    a->language == LANG_ZH ? carrier->name_zh
					   : carrier->name_en);
		break;
	case VALUE_KEYWORD:
		put_keyword(w->service, out);
		break;
	case VALUE_VERIFY:
		if (w->service->verify.n > 0)
			put_string(out, w->service->verify.v[0]);
		break;
	case VALUE_MINUTES:
		words_put_number(out, a->minutes);
		break;
	case VALUE_HOURS:
		words_put_number(out, (a->minutes + 59) / 60);
		break;
	case VALUE_MONTH: /* of a time alone: message_put_time */
	case VALUE_DAY:
	case PLACEHOLDERS:
		break;
	}
}

/* One verdict has several texts where the service's way of asking differs, or
 * what was found. */
static enum message
text_of(const struct answer *a, const struct conf_service *service)
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
	    [VERDICT_GENUINE] = MSG_VERIFY_NO_STAYS,
	    [VERDICT_GONE] = MSG_VERIFY_GONE,
	};
	enum verdict v = a->verdict;
	int is_inline = service->identity == IDENTITY_INLINE;

	if (v == VERDICT_OK && a->middle != 0)
		return MSG_OK_SPLIT;
	if (v == VERDICT_GENUINE && has_places(a, 0))
		return MSG_VERIFY_OK;
	if (v == VERDICT_LOCKED && a->minutes >= HOURS_FROM)
		return MSG_LOCKED_HOURS;
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

int
answer_text(const struct answer *a, const struct messages *m,
    const struct regions *r, const struct conf_service *service, char *buf,
    size_t size)
{
	const struct writer w = {.a = a, .m = m, .r = r, .service = service};
	struct words out = {.s = buf, .size = size};

	buf[0] = '\0';
	if (a->verdict != VERDICT_SILENCE)
		put(&w, text_of(a, service), &out);
	return out.full ? -ENOSPC : 0;
}
