/* The description, and its two directions.
 *
 * In the text format all lines of one name stand together, below a HELP and a
 * TYPE; whoever tells goes from carrier to carrier. So what is put is kept, and
 * sorted by name as it is written, in the order in which it came. */
#include <errno.h>
#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"
#include "shed.h"

#define PREFIX "travelcard_"

#define ROW(of, name, sum, unit, help)                                     \
	{                                                                  \
		name, METRIC_OF_##of, METRIC_##sum, METRIC_AS_##unit, help \
	}
#define GATEWAY(...) ROW(GATEWAY, __VA_ARGS__)
#define VERDICT(...) ROW(VERDICT, __VA_ARGS__)
#define CARRIER(...) ROW(CARRIER, __VA_ARGS__)
#define LINK(...) ROW(LINK, __VA_ARGS__)

/* travelcard(1) has the same list; tests/lint holds the two together. */
const struct metric_info metric_infos[METRICS] = {
    [METRIC_START_TIME] = GATEWAY("start_time_seconds", LEAST, TIME,
	"When it began, in seconds since 1970"),
    [METRIC_VERDICTS] = VERDICT("verdicts", COUNTER, NUMBER,
	"What texts and dialled codes were answered"),
    [METRIC_TEXTS] = CARRIER("texts", COUNTER, NUMBER, "Texts that came in"),
    [METRIC_SILENT] = CARRIER(
	"silent", COUNTER, NUMBER, "Texts that have no answer of their own"),
    [METRIC_PARTS] = CARRIER(
	"parts", COUNTER, NUMBER, "Texts that are part of a longer one"),
    [METRIC_PARTS_LOST] = CARRIER(
	"parts_lost", COUNTER, NUMBER, "Parts whose others did not come"),
    [METRIC_REFUSED_FOR_NOW] = CARRIER("refused_for_now", COUNTER, NUMBER,
	"Texts that the SMSC is to send again, for any cause"),
    [METRIC_ADMITTED] = CARRIER(
	"admitted", COUNTER, NUMBER, "Texts and dialogue steps that may wait"),
    [METRIC_RETURNED] = CARRIER(
	"returned", COUNTER, NUMBER, "Of those admitted, refused before"),
    [METRIC_REPEATED] = CARRIER("repeated", COUNTER, NUMBER,
	"Of those admitted, repeats answered from memory"),
    [METRIC_REFUSED_AT_ONCE] = CARRIER("refused_at_once", COUNTER, NUMBER,
	"Texts and dialogue steps refused before any look-up"),
    [METRIC_LATE] = CARRIER("late", COUNTER, NUMBER,
	"Admitted, and refused after all: too late, or the breaker had opened"),
    [METRIC_BUSY_TEXTS] = CARRIER("busy_texts", COUNTER, NUMBER,
	"Texts sent that ask to try again later"),
    [METRIC_ANSWERS] = CARRIER("answers", COUNTER, NUMBER,
	"Answers of which the SMSC took every segment"),
    [METRIC_ANSWERS_REFUSED] = CARRIER("answers_refused", COUNTER, NUMBER,
	"Answers of which the SMSC refused a segment for good"),
    [METRIC_ANSWERS_STORED] = CARRIER(
	"answers_stored", COUNTER, NUMBER, "Answers that went into the outbox"),
    [METRIC_ANSWERS_CLAIMED] = CARRIER("answers_claimed", COUNTER, NUMBER,
	"Answers taken out of the outbox that another left there"),
    [METRIC_ANSWERS_EXPIRED] = CARRIER("answers_expired", COUNTER, NUMBER,
	"Answers given up, of no use any more"),
    [METRIC_ANSWERS_FAILED] = CARRIER("answers_failed", COUNTER, NUMBER,
	"Answers that could not be kept, and were refused for now"),
    [METRIC_SEGMENTS] = CARRIER("segments", COUNTER, NUMBER, "Segments sent"),
    [METRIC_SEGMENTS_AGAIN] =
	CARRIER("segments_again", COUNTER, NUMBER, "Of these, sent again"),
    [METRIC_SHEDDING] = CARRIER("shedding", MOST, WORD,
	"What is left undone for overload: this step and those before"),
    [METRIC_SHEDDING_CHANGES] =
	CARRIER("shedding_changes", COUNTER, NUMBER, "How often that changed"),
    [METRIC_BREAKER_OPEN] = CARRIER("breaker_open", MOST, NUMBER,
	"1 while what comes is refused, for it takes too long"),
    [METRIC_BREAKER_OPENED] =
	CARRIER("breaker_opened", COUNTER, NUMBER, "How often that began"),
    [METRIC_QUEUE] = CARRIER("queue", ADDED, NUMBER, "Texts that wait now"),
    [METRIC_QUEUE_DELAY] = CARRIER(
	"queue_delay_seconds", MOST, SECONDS, "How long one more would wait"),
    [METRIC_TEXT_COST] = CARRIER(
	"text_cost_seconds", MOST, SECONDS, "What a text takes, mean of late"),
    [METRIC_OUTBOX] = CARRIER("outbox", MOST, NUMBER,
	"Answers in the outbox, whoever sends them, up to 100000"),
    [METRIC_STORE_AWAY] =
	CARRIER("store_away", MOST, NUMBER, "1 while the store cannot be read"),
    [METRIC_AS_OF] = CARRIER("as_of_seconds", LEAST, TIME,
	"Up to when the store is complete, in seconds since 1970"),
    [METRIC_LINK_STATE] = LINK("link_state", MOST, WORD, "How the link stands"),
    [METRIC_LINK_SINCE] = LINK(
	"link_since_seconds", LEAST, TIME, "Since when, in seconds since 1970"),
    [METRIC_LINK_DOWNS] = LINK(
	"link_downs", COUNTER, NUMBER, "How often a link that was up broke"),
    [METRIC_WINDOW] = LINK(
	"window", ADDED, NUMBER, "submit_sm that may be unanswered at once"),
    [METRIC_WINDOW_USED] =
	LINK("window_used", ADDED, NUMBER, "submit_sm that are unanswered now"),
    [METRIC_RATE] = LINK(
	"rate", ADDED, RATE, "submit_sm that the SMSC takes a second, of late"),
    [METRIC_PACE] = LINK("pace", ADDED, RATE,
	"submit_sm that may be sent a second; 0 for no limit"),
    [METRIC_SUBMITS_TAKEN] =
	LINK("submits_taken", COUNTER, NUMBER, "submit_sm that the SMSC took"),
    [METRIC_SUBMITS_PUT_OFF] = LINK("submits_put_off", COUNTER, NUMBER,
	"submit_sm that the SMSC refused for now"),
    [METRIC_SUBMITS_REFUSED] = LINK("submits_refused", COUNTER, NUMBER,
	"submit_sm that the SMSC refused for good"),
    [METRIC_SUBMITS_UNANSWERED] = LINK("submits_unanswered", COUNTER, NUMBER,
	"submit_sm that the SMSC did not answer in time"),
    [METRIC_USSD_OPEN] = LINK("ussd_open", ADDED, NUMBER, "USSD dialogues now"),
    [METRIC_USSD_BEGUN] =
	LINK("ussd_begun", COUNTER, NUMBER, "Dialogues that subscribers began"),
    [METRIC_USSD_PUT_OFF] = LINK("ussd_put_off", COUNTER, NUMBER,
	"Dialogues and replies refused for now, nothing looked up"),
    [METRIC_USSD_REPLIES] =
	LINK("ussd_replies", COUNTER, NUMBER, "Replies of subscribers"),
    [METRIC_USSD_CANCELLED] = LINK(
	"ussd_cancelled", COUNTER, NUMBER, "Dialogues that subscribers ended"),
    [METRIC_USSD_ASKED] =
	LINK("ussd_asked", COUNTER, NUMBER, "Turns that await a reply"),
    [METRIC_USSD_ENDED] =
	LINK("ussd_ended", COUNTER, NUMBER, "Turns that end a dialogue"),
    [METRIC_USSD_REFUSED] = LINK(
	"ussd_refused", COUNTER, NUMBER, "Turns that the SMSC did not take"),
    [METRIC_USSD_DROPPED] =
	LINK("ussd_dropped", COUNTER, NUMBER, "Turns that waited for too long"),
    [METRIC_USSD_NOTIFIED] =
	LINK("ussd_notified", COUNTER, NUMBER, "Notices of look-ups shown"),
    [METRIC_USSD_NOT_READ] = LINK(
	"ussd_not_read", COUNTER, NUMBER, "Messages that could not be read"),
    [METRIC_USSD_OTHER] = LINK("ussd_other", COUNTER, NUMBER,
	"Messages that are no part of a dialogue"),
};

static const char *
link_word(unsigned state)
{
	static const char *const words[METRIC_LINK_STATES] = {
	    [METRIC_LINK_CLOSED] = "closed",
	    [METRIC_LINK_WAITING] = "waiting",
	    [METRIC_LINK_CONNECTING] = "connecting",
	    [METRIC_LINK_BINDING] = "binding",
	    [METRIC_LINK_UP] = "up",
	    [METRIC_LINK_LEAVING] = "leaving",
	};

	return words[state];
}

const char *
metric_word(enum metric m, double value)
{
	if (m == METRIC_LINK_STATE && value >= 0 && value < METRIC_LINK_STATES)
		return link_word(value);
	if (m == METRIC_SHEDDING && value >= 0 && value < SHED_LEVELS)
		return shed_name(value);
	return "?";
}

const char *
metric_label(enum metric m, unsigned n)
{
	static const char *const labels[][METRIC_LABELS] = {
	    [METRIC_OF_GATEWAY] = {NULL, NULL},
	    [METRIC_OF_VERDICT] = {"verdict", NULL},
	    [METRIC_OF_CARRIER] = {"carrier", NULL},
	    [METRIC_OF_LINK] = {"carrier", "link"},
	};

	return labels[metric_infos[m].of][n];
}

static const char *
suffix(enum metric m)
{
	return metric_infos[m].sum == METRIC_COUNTER ? "_total" : "";
}

/* Writing. */

struct value {
	double value;
	const char *labels[METRIC_LABELS];
	uint32_t next; /* of its name, or NONE */
};

#define NONE UINT32_MAX

struct metrics {
	uint32_t n;
	uint32_t first[METRICS], last[METRICS];
	struct value values[METRICS_VALUES];
};

static void
forget(struct metrics *m)
{
	m->n = 0;
	memset(m->first, 0xff, sizeof(m->first));
}

int
metrics_new(struct metrics **mp)
{
	*mp = malloc(sizeof(**mp));
	if (*mp == NULL)
		return -ENOMEM;
	forget(*mp);
	return 0;
}

void
metrics_free(struct metrics *m)
{
	free(m);
}

void
metrics_put(struct metrics *m, enum metric what, double value,
    const char *label, const char *second)
{
	if (m->n == METRICS_VALUES)
		return;
	m->values[m->n] = (struct value){value, {label, second}, NONE};
	if (m->first[what] == NONE)
		m->first[what] = m->n;
	else
		m->values[m->last[what]].next = m->n;
	m->last[what] = m->n++;
}

void
metrics_put_all(struct metrics *m, const struct metric_value *all, size_t n,
    const char *label, const char *second)
{
	for (size_t i = 0; i < n; i++)
		metrics_put(m, all[i].what, all[i].value, label, second);
}

/* As the format wants it, cut to what METRICS_LABEL holds. */
static void
escape(const char *s, char out[2 * METRICS_LABEL])
{
	for (size_t n = 0; n < METRICS_LABEL - 1 && *s != '\0'; n++, s++) {
		if (*s == '\\' || *s == '"' || *s == '\n')
			*out++ = '\\';
		*out++ = *s == '\n' ? 'n' : *s;
	}
	*out = '\0';
}

static int
write_value(struct evbuffer *out, enum metric what, const struct value *v)
{
	char text[2 * METRICS_LABEL];
	int rc = evbuffer_add_printf(
	    out, PREFIX "%s%s", metric_infos[what].name, suffix(what));

	for (unsigned i = 0; i < METRIC_LABELS; i++) {
		const char *name = metric_label(what, i);

		if (name == NULL || rc < 0)
			break;
		escape(v->labels[i], text);
		rc = evbuffer_add_printf(
		    out, "%c%s=\"%s\"", i == 0 ? '{' : ',', name, text);
	}
	if (rc < 0)
		return rc;
	return evbuffer_add_printf(out, "%s %.15g\n",
	    metric_label(what, 0) != NULL ? "}" : "", v->value);
}

static int
write_all(const struct metrics *m, struct evbuffer *out, enum metric what)
{
	const struct metric_info *x = &metric_infos[what];
	int rc = evbuffer_add_printf(out,
	    "# HELP " PREFIX "%s%s %s\n# TYPE " PREFIX "%s%s %s\n", x->name,
	    suffix(what), x->help, x->name, suffix(what),
	    x->sum == METRIC_COUNTER ? "counter" : "gauge");

	for (uint32_t i = m->first[what]; i != NONE && rc >= 0;
	     i = m->values[i].next)
		rc = write_value(out, what, &m->values[i]);
	return rc;
}

int
metrics_write(struct metrics *m, struct evbuffer *out)
{
	int rc = 0;

	for (unsigned what = 0; what < METRICS && rc >= 0; what++)
		if (m->first[what] != NONE)
			rc = write_all(m, out, what);
	if (rc >= 0)
		rc = evbuffer_add(out, METRICS_END, strlen(METRICS_END));
	forget(m);
	return rc < 0 ? -ENOMEM : 0;
}

/* Reading. */

struct rest {
	const char *p, *end;
};

static int
take_char(struct rest *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return 0;
	r->p++;
	return 1;
}

static int
take_text(struct rest *r, const char *text)
{
	size_t len = strlen(text);

	if ((size_t)(r->end - r->p) < len || memcmp(r->p, text, len) != 0)
		return 0;
	r->p += len;
	return 1;
}

/* What stands up to a { or a space: METRICS for no name of ours. */
static enum metric
take_name(struct rest *r)
{
	const char *from = r->p;
	size_t len;
	unsigned m;

	while (r->p < r->end && *r->p != '{' && *r->p != ' ')
		r->p++;
	len = r->p - from;
	for (m = 0; m < METRICS; m++) {
		const char *name = metric_infos[m].name;
		size_t n = strlen(name), more = strlen(suffix(m));

		if (len == n + more && memcmp(from, name, n) == 0 &&
		    memcmp(from + n, suffix(m), more) == 0)
			break;
	}
	return m;
}

static int
take_label(struct rest *r, char out[METRICS_LABEL])
{
	size_t n = 0;

	if (!take_char(r, '"'))
		return 0;
	while (!take_char(r, '"')) {
		int escaped = take_char(r, '\\');

		/* they go to a terminal */
		if (r->p == r->end || n == METRICS_LABEL - 1 ||
		    iscntrl((unsigned char)*r->p))
			return 0;
		out[n++] = escaped && *r->p == 'n' ? '\n' : *r->p;
		r->p++;
	}
	out[n] = '\0';
	return 1;
}

static int
take_labels(struct rest *r, struct metric_line *to)
{
	if (metric_label(to->what, 0) == NULL)
		return 1;
	for (unsigned i = 0; i < METRIC_LABELS; i++) {
		const char *name = metric_label(to->what, i);

		if (name == NULL)
			break;
		if (!take_char(r, i == 0 ? '{' : ',') || !take_text(r, name) ||
		    !take_char(r, '=') || !take_label(r, to->labels[i]))
			return 0;
	}
	return take_char(r, '}');
}

/* A finite number, and nothing behind it. */
static int
take_number(struct rest *r, double *value)
{
	char text[32], *end;
	size_t len = r->end - r->p;

	if (len == 0 || len >= sizeof(text) || *r->p == ' ')
		return 0;
	memcpy(text, r->p, len);
	text[len] = '\0';
	*value = strtod(text, &end);
	return *end == '\0' && end == text + len && isfinite(*value);
}

int
metrics_read(const char *line, size_t len, struct metric_line *to)
{
	struct rest r = {line, line + len};

	if (len == 0 || *line == '#')
		return 0;
	if (!take_text(&r, PREFIX))
		return -EBADMSG;
	memset(to, 0, sizeof(*to));
	to->what = take_name(&r);
	if (to->what == METRICS)
		return 0;
	if (!take_labels(&r, to) || !take_char(&r, ' ') ||
	    !take_number(&r, &to->value))
		return -EBADMSG;
	return 1;
}
