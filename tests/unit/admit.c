/* What one subscriber may cost: each limit at its edge, and what happens when
 * the tables are full. */
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int calls_left = -1; /* for memory before one fails */

static int
is_scarce(void)
{
	if (calls_left == 0)
		return 1;
	calls_left -= calls_left > 0;
	return 0;
}

static void *
scarce_calloc(size_t n, size_t size)
{
	return is_scarce() ? NULL : calloc(n, size);
}

static void *
scarce_mmap(void *at, size_t size, int prot, int flags, int fd, off_t offset)
{
	return is_scarce() ? MAP_FAILED
			   : mmap(at, size, prot, flags, fd, offset);
}

#define calloc scarce_calloc
#define mmap scarce_mmap
#include "core/admit.c"
#include "core/admit_table.c"
#include "core/shared.c"
#undef calloc
#undef mmap

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
	struct conf_limits sized = limits;
	struct admit *a = NULL;

	sized.numbers = 8 * places;
	if (admit_new(&a, &sized) < 0)
		exit(1);
	admit_share(a);
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
	case ADMIT_ELSEWHERE:
		return "elsewhere";
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
	ok_int(admit_age(a, 1, T + 31 * MINUTE), ADMIT_TIMELY,
	    "asked again half an hour after its answer: timely");
	admit_refused(a, 1, T);
	admit_query_done(a, 1, T + 29 * MINUTE);
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
		kept += table_find(&a->repeats, step * (i + 1)).data != NULL;
	ok_int(kept, 7, "seven are still there");
	ok(!table_find(&a->repeats, step).data, "the oldest is not");
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

	ok_int(
	    (a->repeats.mask + 1) * TABLE_WAYS, 1024, "1000 places are 1024");
	ok_int(a->quotas.mask + 1, LASTING * (a->repeats.mask + 1),
	    "and more where they are small");
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
		kept +=
		    set_at(&a->repeats, i / TABLE_WAYS)->keys[i % TABLE_WAYS] !=
		    0;
	ok_int(kept, 1024, "every place is in use, and no more");
	admit_free(a);
	a = fresh(0);
	ok_int(a->repeats.mask, 0, "no places: one set");
	ok_str(request(a, 0, T), "fresh", "a hash of 0");
	ok_str(request(a, 0, T), "on its way", "is one like any other");
	admit_free(a);
}

/* Several processes. */

/* In a process of its own; its exit status, or less than 0 for what killed
 * it. */
static int
elsewhere(void (*act)(struct admit *a), struct admit *a)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		act(a);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return 1;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void
answer_two(struct admit *a)
{
	admit_join(a, 1, T);
	request(a, 1, T);
	request(a, 2, T);
	admit_answered(a, 2, T, "two");
	admit_answered(a, 3, T, NULL);
	admit_text(a, 7, T);
	admit_busy(a, 7, T);
	admit_wrong_code(a, 7, 0, T);
	admit_refused(a, 9, T);
}

static void
other_workers(void)
{
	struct conf_limits two = limits;
	struct admit *a = fresh(64);

	two.wrong_codes = 2;
	admit_limits(a, &two);
	request(a, 3, T);
	ok_int(elsewhere(answer_two, a), 0, "another worker");
	ok_int(admit_changed(a), T, "is known to have come");
	ok_str(request(a, 1, T), "elsewhere", "what it has on its way is its");
	admit_answered(a, 1, T, NULL);
	ok_str(request(a, 1, T), "elsewhere", "and not ours to give up");
	ok_str(request(a, 2, T), "two", "what it answered is in memory");
	ok_str(
	    request(a, 3, T), "on its way", "what we have it cannot give up");
	ok_int(texts(a, 7, T, 15), 8, "its texts count, the busy one too");
	ok(!admit_busy(a, 7, T), "of which there is one");
	ok(admit_code(a, 7, 0, T), "one wrong code there,");
	admit_wrong_code(a, 7, 0, T);
	ok(!admit_code(a, 7, 0, T), "one here");
	ok_int(
	    admit_past(a, 9, T), ADMIT_REFUSED, "what it refused was refused");
	admit_left(a, 1, T + 1);
	ok_int(admit_changed(a), T + 1, "and to have gone");
	ok_str(request(a, 1, T), "fresh", "what it had on its way is free");
	ok_str(request(a, 1, T), "on its way", "and ours now");
	ok_str(request(a, 2, T), "two", "what it answered stays");
	ok_int(elsewhere(answer_two, a), 0, "another in its place");
	ok_str(request(a, 1, T), "on its way", "does not take it");
	admit_join(a, 0, T);
	ok_str(request(a, 1, T), "fresh", "nor has one what the last one had");
	admit_free(a);
}

static void
ask_two(struct admit *a)
{
	admit_join(a, 1, T + HOUR);
	request(a, 1, T + HOUR);
	request(a, 2, T + HOUR);
	request(a, 3, T + HOUR);
	admit_answered(a, 3, T + HOUR, "three");
	admit_answered(a, 4, T + HOUR, NULL);
	admit_answered(a, 5, T + HOUR, "FIVE");
	admit_text_back(a, 7, T + HOUR);
}

static void
held_elsewhere(void)
{
	struct admit *a = fresh(64);
	const char *text;

	admit_answered(a, 1, T, "one");
	admit_answered(a, 2, T, "two");
	admit_answered(a, 5, T, "five");
	text = admit_held(a, 5, T);
	admit_answered(a, 4, T + HOUR, "four");
	texts(a, 7, T + HOUR, 15);
	ok_int(elsewhere(ask_two, a), 0, "another worker, an hour later");
	ok_str(text, "five", "what is given is a copy");
	ok_str(admit_held(a, 3, T + HOUR), "three", "what it said is held");
	ok_str(admit_held(a, 4, T + HOUR), "four", "what we said still is");
	ok_str(admit_held(a, 1, T), "one", "and what is on its way there");
	ok(admit_knows(a, 1, T + HOUR), "which is known");
	admit_forget(a, 1);
	ok(admit_held(a, 1, 0) == NULL, "it can be forgotten");
	ok_str(request(a, 1, T + HOUR), "elsewhere", "and stays on its way");
	ok_int(texts(a, 7, T + HOUR, 15), 1, "what it gives back is ours");
	admit_left(a, 1, T + HOUR);
	ok(!admit_knows(a, 1, T + HOUR), "it is no more, nor known");
	ok_str(admit_held(a, 2, T), "two", "what was held before still is");
	ok_str(request(a, 2, T + HOUR), "fresh", "and is to be answered");
	admit_free(a);
}

/* Killed half way through the place of number 8. */
static void
die(struct admit *a)
{
	struct place p;

	table_take(&a->quotas, 8);
	p = table_find(&a->quotas, 8);
	memset(p.data, 0xff, sizeof(struct quota));
	raise(SIGKILL);
}

static void
die_again(struct admit *a)
{
	table_take(&a->quotas, 8);
	raise(SIGKILL);
}

static void
killed_holder(void)
{
	const uint64_t sets = 1024;
	struct admit *a = fresh(sets * TABLE_WAYS / LASTING);

	ok_int(texts(a, 8, T, 15), 10, "ten texts to a number");
	ok_int(texts(a, 8 + sets, T, 15), 10, "and to one of its set");
	ok_int(texts(a, 8 + STRIPES, T, 15), 10, "and to one of its stripe");
	ok_int(elsewhere(die, a), -SIGKILL, "a worker is killed in the middle");
	alarm(30);
	ok_int(texts(a, 8 + STRIPES, T, 1), 0, "the stripe is not lost");
	ok_int(texts(a, 8 + sets, T, 15), 10, "the set is, whole");
	ok_int(texts(a, 8, T, 15), 10, "and no worse");
	ok_int(elsewhere(die_again, a), -SIGKILL, "once more");
	ok_int(elsewhere(die_again, a), -SIGKILL, "and before it was mended");
	ok_int(texts(a, 8, T, 15), 10, "it can be taken again");
	alarm(0);
	admit_free(a);
}

static void
hammer(struct admit *a)
{
	char text[ADMIT_TEXT];
	unsigned n = getpid();

	for (;; n++) {
		size_t len = 1 + n * 37 % (ADMIT_TEXT - 1);

		memset(text, 'a' + n % 26, len);
		text[len] = '\0';
		admit_answered(a, 1, T, NULL);
		admit_answered(a, 1, T, text);
		admit_text(a, n % 3, T);
	}
}

/* All of one letter. */
static int
is_one_text(const char *s)
{
	return s[strspn(s, (const char[2]){s[0], '\0'})] == '\0';
}

/* Two at a time, one of them killed at any moment. */
static void
killed_at_random(void)
{
	struct conf_limits many = limits;
	struct admit *a = fresh(64);
	int rounds = 300, torn = 0, kept = 0;
	pid_t pids[2];

	many.texts_per_hour = 1;
	admit_limits(a, &many);
	alarm(100);
	for (int i = 0; i < 2; i++)
		if ((pids[i] = fork()) == 0)
			hammer(a);
	for (int i = 0; i < rounds; i++) {
		const char *said;

		usleep(pseudo_random() % 1000);
		kill(pids[i % 2], SIGKILL);
		waitpid(pids[i % 2], NULL, 0);
		said = request(a, 1, T);
		torn += strcmp(said, "fresh") != 0 &&
		    strcmp(said, "on its way") != 0 && !is_one_text(said);
		kept += is_one_text(said);
		if ((pids[i % 2] = fork()) == 0)
			hammer(a);
	}
	for (int i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	alarm(0);
	ok_int(
	    torn, 0, "%d workers killed: of their texts none is torn", rounds);
	ok(kept > 0, "%d are there", kept);
	ok_str(request(a, 99, T), "fresh", "and it goes on");
	admit_free(a);
}

static void
no_memory(void)
{
	struct admit *a = NULL;
	int calls = 0;

	for (;; calls++) {
		calls_left = calls;
		if (admit_new(&a, &limits) == 0)
			break;
		if (a != NULL)
			break;
	}
	calls_left = 0;
	ok_int(calls, 7, "seven allocations, each may fail");
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
	other_workers();
	held_elsewhere();
	killed_holder();
	killed_at_random();
	no_memory();
	return test_done();
}
