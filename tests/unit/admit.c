/* What one subscriber may cost: each limit at its edge, and what happens when
 * the tables are full. */
#include <stdlib.h>

static int calls_left = -1; /* of calloc before it fails */

static void *
scarce_calloc(size_t n, size_t size)
{
	if (calls_left == 0)
		return NULL;
	calls_left -= calls_left > 0;
	return calloc(n, size);
}

#define calloc scarce_calloc
#include "core/admit.c"
#undef calloc

#include "fixture.h"
#include "test.h"

#define T 1700000000 /* some time */
#define MINUTE 60
#define HOUR 3600

static const struct conf_limits limits = {
    .repeat_window = 60,
    .busy_minutes = 10,
    .texts_per_hour = 10,
    .stale_minutes = 30,
};

static struct admit *
fresh(size_t places)
{
	struct admit *a = NULL;

	if (admit_new(&a, &limits, places) < 0)
		exit(1);
	return a;
}

/* "fresh", "on its way", or the text that was remembered. */
static const char *
request(struct admit *a, uint64_t request, int64_t now)
{
	const char *text = "no text given";

	switch (admit_request(a, request, now, &text)) {
	case ADMIT_FRESH:
		return "fresh";
	case ADMIT_ON_ITS_WAY:
		return "on its way";
	default:
		return text;
	}
}

static void
repeats(void)
{
	struct admit *a = fresh(64);

	ok_str(request(a, 1, T), "fresh", "a request");
	ok_str(request(a, 1, T), "on its way", "the same at once");
	ok_str(request(a, 2, T), "fresh", "another");
	admit_answered(a, 1, T + 9, "one");
	ok_str(request(a, 1, T + 9), "one", "answered from memory");
	ok_str(request(a, 2, T + 9), "on its way", "the other is not");
	admit_answered(a, 1, T + 60, "one");
	ok_str(request(a, 1, T + 68), "one", "until repeat_window");
	ok_str(request(a, 1, T + 69), "fresh", "from the answer on is over");
	ok_str(request(a, 1, T + 70), "on its way", "and on its way again");
	admit_answered(a, 1, T + 71, "new");
	ok_str(request(a, 1, T + 72), "new", "the answer is the latest");
	ok_str(request(a, 1, T), "new", "a clock set back does no harm");
	admit_answered(a, 1, T + 73, NULL);
	ok_str(request(a, 1, T + 74), "fresh", "withdrawn: the next is fresh");
	admit_free(a);
}

static void
on_its_way(void)
{
	struct admit *a = fresh(64);

	request(a, 1, T);
	ok_str(request(a, 1, T + 599), "on its way",
	    "on its way for longer than repeat_window");
	ok_str(request(a, 1, T + 600), "fresh", "but not for ever");
	admit_answered(a, 1, T + 601, NULL);
	ok_str(request(a, 1, T + 601), "fresh", "a wrong try does not count");
	admit_answered(a, 7, T, NULL);
	ok_str(request(a, 7, T), "fresh", "no answer to what was not asked");
	admit_answered(a, 8, T, "kept");
	ok_str(request(a, 8, T), "kept", "an answer whose place was taken");
	admit_free(a);
}

/* For when there is no other. */
static void
held(void)
{
	struct admit *a = fresh(64);

	ok(admit_held(a, 1, 0) == NULL, "no answer is held that was not given");
	request(a, 1, T);
	ok(admit_held(a, 1, 0) == NULL, "nor one that is on its way");
	admit_answered(a, 1, T, "one");
	ok_str(admit_held(a, 1, T), "one", "one that was given is");
	ok(admit_held(a, 1, T + 1) == NULL, "unless it is older than that");
	ok_int(admit_knows(a, 1, T + 59), 1, "known for repeat_window");
	ok_int(admit_knows(a, 1, T + 60), 0, "and then no more");
	ok_int(admit_knows(a, 2, T), 0, "nor is another");
	ok_str(request(a, 1, T + HOUR), "fresh", "an hour later it is fresh");
	ok_int(admit_knows(a, 1, T + HOUR), 1, "known while on its way");
	ok_str(admit_held(a, 1, T), "one", "and held meanwhile");
	admit_answered(a, 1, T + HOUR, NULL);
	ok_str(request(a, 1, T + HOUR), "fresh", "not answered: fresh again");
	ok_str(admit_held(a, 1, T), "one", "and still held");
	admit_answered(a, 1, T + HOUR, "one");
	ok_str(request(a, 1, T + HOUR), "one", "told again it is repeated");
	ok(admit_held(a, 1, T + 1) == NULL, "and as old as it was");
	admit_answered(a, 1, T + 2 * HOUR, "two");
	ok_str(admit_held(a, 1, T + 2 * HOUR), "two", "another is younger");
	admit_forget(a, 1);
	ok(admit_held(a, 1, 0) == NULL, "forgotten");
	ok_str(request(a, 1, T + 2 * HOUR), "fresh", "for good");
	admit_forget(a, 7);
	ok(admit_held(a, 7, 0) == NULL, "also what never was");
	admit_free(a);
}

static void
long_texts(void)
{
	struct admit *a = fresh(64);
	char text[ADMIT_TEXT + 1];

	memset(text, 'x', ADMIT_TEXT);
	text[ADMIT_TEXT] = '\0';
	request(a, 1, T);
	admit_answered(a, 1, T, text);
	ok_str(request(a, 1, T), "fresh", "%d octets are not kept", ADMIT_TEXT);
	text[ADMIT_TEXT - 1] = '\0';
	admit_answered(a, 1, T, text);
	ok_str(request(a, 1, T), text, "%d are", ADMIT_TEXT - 1);
	admit_answered(a, 2, T, "");
	ok_str(request(a, 2, T), "", "an empty one too");
	admit_free(a);
}

static void
no_repeats(void)
{
	struct conf_limits none = limits;
	struct admit *a = fresh(64);

	request(a, 1, T);
	admit_answered(a, 1, T, "one");
	none.repeat_window = 0;
	admit_limits(a, &none);
	ok_str(request(a, 1, T), "fresh", "repeat_window 0: always fresh");
	ok_str(request(a, 1, T), "fresh", "and again");
	admit_answered(a, 1, T, "two");
	admit_limits(a, &limits);
	ok_str(request(a, 1, T), "fresh", "and nothing was remembered");
	admit_free(a);
}

static int
texts(struct admit *a, uint64_t who, int64_t now, int n)
{
	int went = 0;

	while (n-- > 0)
		went += admit_text(a, who, now);
	return went;
}

static void
texts_per_hour(void)
{
	struct conf_limits more = limits;
	struct admit *a = fresh(64);
	const int64_t start = T / HOUR_STEP * HOUR_STEP; /* the worst case */

	ok_int(texts(a, 1, start, 15), 10, "ten texts at once, no more");
	ok_int(texts(a, 2, start, 1), 1, "to another number, yes");
	ok_int(texts(a, 1, start + HOUR, 1), 0, "none after an hour");
	ok_int(texts(a, 1, start + HOUR + HOUR_STEP - 1, 1), 0,
	    "nor within five minutes of it");
	ok_int(texts(a, 1, start + HOUR + HOUR_STEP, 15), 10, "then ten");
	ok_int(texts(a, 1, start, 1), 0, "a clock set back frees none");
	ok_int(texts(a, 1, start + 100 * HOUR, 15), 10, "days later, ten");
	more.texts_per_hour = 1000;
	admit_limits(a, &more);
	ok_int(texts(a, 1, start + 100 * HOUR, 1015), 990,
	    "a new limit counts what went before");
	admit_free(a);
}

static void
texts_back(void)
{
	struct admit *a = fresh(64);

	ok_int(texts(a, 1, T, 10), 10, "ten texts");
	admit_text_back(a, 1, T);
	admit_text_back(a, 2, T);
	ok_int(texts(a, 1, T + HOUR_STEP, 2), 1, "one did not go: one more");
	admit_text_back(a, 1, T + HOUR_STEP);
	ok_int(texts(a, 1, T + HOUR_STEP, 2), 1, "in any part of the hour");
	ok_int(texts(a, 1, T + 3 * HOUR, 10), 10, "hours later, ten");
	admit_text_back(a, 1, T);
	ok_int(texts(a, 1, T + 3 * HOUR, 1), 0, "of which none is of before");
	admit_free(a);
}

/* However they come, no hour has more than ten. */
static void
every_hour(void)
{
	struct admit *a = fresh(64);
	static int64_t went[20000];
	int n = 0, bad = 0, refused = 0;
	int64_t now = T;

	for (int i = 0; i < 20000; i++) {
		now += pseudo_random() % 700;
		if (!admit_text(a, 1, now)) {
			/* only when ten went in the last 65 minutes */
			refused++;
			bad += n < 10 || now - went[n - 10] > HOUR + HOUR_STEP;
			continue;
		}
		went[n++] = now;
		bad += n > 10 && went[n - 1] - went[n - 11] <= HOUR;
	}
	ok(!bad,
	    "%d texts, %d refused: never more than ten an hour, never "
	    "fewer than could be",
	    n, refused);
	admit_free(a);
}

static void
busy_texts(void)
{
	struct admit *a = fresh(64);

	ok(admit_busy(a, 1, T), "a busy text may go");
	ok(!admit_busy(a, 1, T), "once");
	ok(admit_busy(a, 2, T), "to each number");
	ok(!admit_busy(a, 1, T + 10 * MINUTE - 1), "in busy_minutes");
	ok(admit_busy(a, 1, T + 10 * MINUTE), "then again");
	ok(!admit_busy(a, 1, T), "a clock set back frees none");
	ok_int(
	    texts(a, 1, T + 10 * MINUTE, 10), 8, "it is one of texts_per_hour");
	ok(!admit_busy(a, 1, T + 20 * MINUTE), "and does not exceed them");
	ok(admit_busy(a, 1, T + 75 * MINUTE), "nor counts when it does not go");
	ok(admit_busy(a, 3, 0), "at time 0");
	ok(!admit_busy(a, 3, 1), "once as well");
	admit_free(a);
}

static void
stale(void)
{
	struct admit *a = fresh(64);

	ok_int(admit_age(a, 1, T), ADMIT_TIMELY, "never seen: timely");
	admit_refused(a, 1, T);
	admit_refused(a, 1, T + 20 * MINUTE);
	ok_int(admit_age(a, 1, T + 30 * MINUTE), ADMIT_TIMELY,
	    "refused stale_minutes ago: timely");
	ok_int(admit_age(a, 1, T + 30 * MINUTE + 1), ADMIT_STALE,
	    "more than that since the first refusal: stale");
	ok_int(admit_age(a, 2, T + 31 * MINUTE), ADMIT_TIMELY,
	    "another query is not");
	admit_refused(a, 1, T + 31 * MINUTE);
	ok_int(admit_age(a, 1, T + 31 * MINUTE), ADMIT_STALE,
	    "still stale when its text could not go");
	admit_query_done(a, 1, T + 32 * MINUTE);
	ok_int(admit_age(a, 1, T + 32 * MINUTE), ADMIT_TIMELY,
	    "asked to send it again, and sent again: timely");
	admit_query_done(a, 3, T);
	ok_int(admit_age(a, 3, T + HOUR), ADMIT_TIMELY,
	    "answered, never refused: timely");
	admit_free(a);
}

static void
answered_since(void)
{
	struct admit *a = fresh(64);

	admit_refused(a, 1, T);
	admit_query_done(a, 1, T + 1);
	ok_int(admit_age(a, 1, T + 30 * MINUTE), ADMIT_TIMELY,
	    "refused, answered, asked again soon: timely");
	ok_int(admit_age(a, 1, T + 31 * MINUTE), ADMIT_STALE_SILENT,
	    "a copy when it is stale: silence");
	ok_int(admit_age(a, 1, T + 31 * MINUTE), ADMIT_TIMELY,
	    "for one copy only");
	admit_refused(a, 1, T);
	admit_query_done(a, 1, T + 1);
	admit_refused(a, 1, T + 20 * MINUTE);
	ok_int(admit_age(a, 1, T + 40 * MINUTE), ADMIT_TIMELY,
	    "refused after its answer: timely");
	ok_int(admit_age(a, 1, T + 51 * MINUTE), ADMIT_STALE,
	    "and stale by that refusal");
	admit_free(a);
}

static void
long_ago(void)
{
	struct admit *a = fresh(64);

	admit_refused(a, 1, T);
	admit_refused(a, 2, T);
	admit_refused(a, 2, T + 2 * HOUR);
	ok_int(admit_age(a, 1, T + 2 * HOUR), ADMIT_STALE, "two hours: stale");
	ok_int(admit_age(a, 1, T + 2 * HOUR + 1), ADMIT_TIMELY,
	    "more than that and never again refused: asked anew");
	ok_int(admit_age(a, 2, T + 4 * HOUR), ADMIT_STALE,
	    "the last refusal counts for that");
	admit_refused(a, 3, T);
	admit_query_done(a, 3, T + MINUTE);
	ok_int(admit_age(a, 3, T + 86400), ADMIT_TIMELY,
	    "the same question the next day is no copy");
	admit_free(a);
}

/* Keys of one set: its oldest makes room, and that is all that is lost. */
static void
full_set(void)
{
	struct admit *a = fresh(64);
	const uint64_t step = 8; /* sets in 64 places */
	int kept = 0;

	ok_int(a->repeats.mask + 1, 8, "64 places are 8 sets");
	for (int i = 0; i < 8; i++)
		request(a, step * (i + 1), T + i);
	ok_str(request(a, step, T + 9), "on its way", "eight fit in a set");
	ok_str(request(a, 9 * step, T + 9), "fresh", "a ninth comes");
	ok_str(request(a, 1, T + 9), "fresh", "one of another set");
	for (int i = 1; i < 8; i++)
		kept += find(&a->repeats, step * (i + 1)) != NULL;
	ok_int(kept, 7, "seven are still there");
	ok(!find(&a->repeats, step), "the oldest is not");
	admit_answered(a, 9 * step, T + 9, "nine");
	admit_answered(a, 5 * step, T + 9, "five");
	ok_str(request(a, 9 * step, T + 9), "nine", "each has its own text");
	ok_str(request(a, 5 * step, T + 9), "five", "in its own place");
	admit_free(a);
}

static void
flood(void)
{
	struct admit *a = fresh(1000);
	size_t kept = 0;
	int went = 0;

	ok_int((a->quotas.mask + 1) * WAYS, 1024, "1000 places are 1024");
	for (int i = 0; i < 100000; i++) {
		uint64_t who = pseudo_random();
		int64_t now = T + i / 100;

		request(a, who, now);
		admit_answered(a, who, now, "text");
		admit_busy(a, who, now);
		admit_refused(a, who, now);
		went += admit_text(a, 42, now);
	}
	ok_int(went, 10,
	    "a flood does not push out a number that goes on texting");
	for (size_t i = 0; i < 1024; i++)
		kept += place_at(&a->repeats, i / WAYS, i % WAYS)->key != 0;
	ok_int(kept, 1024, "every place is in use, and no more");
	admit_free(a);
	a = fresh(0);
	ok_int(a->repeats.mask, 0, "no places: one set");
	ok_str(request(a, 0, T), "fresh", "a hash of 0");
	ok_str(request(a, 0, T), "on its way", "is one like any other");
	admit_free(a);
}

static void
no_memory(void)
{
	struct admit *a = NULL;
	int calls = 0;

	for (;; calls++) {
		calls_left = calls;
		if (admit_new(&a, &limits, 64) == 0)
			break;
		if (a != NULL)
			break;
	}
	calls_left = 0;
	ok_int(calls, 6, "six allocations, each may fail");
	request(a, 1, T);
	admit_answered(a, 1, T, "text");
	ok(admit_busy(a, 1, T), "afterwards none is needed");
	calls_left = -1;
	admit_free(a);
	admit_free(NULL);
}

int
main(void)
{
	repeats();
	on_its_way();
	held();
	long_texts();
	no_repeats();
	texts_per_hour();
	texts_back();
	every_hour();
	busy_texts();
	stale();
	answered_since();
	long_ago();
	full_set();
	flood();
	no_memory();
	return test_done();
}
