/* What the load generator measures by, and the checks that it makes of each
 * answer: a benchmark that overlooks a fault is none. */
#include "tests/bench/crowd.c"
#include "tests/bench/hist.c"
#include "tests/bench/people.c"
#include "tests/bench/series.c"

#include "test.h"

#define WHO 7
#define TO "8613800000007"

static struct people *people;
static struct people_news news;

static void
check_hist(void)
{
	static struct hist h;
	int64_t got, v = 1;
	int close = 1;

	ok_int(hist_quantile(&h, 0.5), 0, "the median of nothing");
	for (; v < 1LL << HIST_TOP; v += v / 3 + 1) {
		hist_clear(&h);
		hist_add(&h, v);
		got = hist_quantile(&h, 0.5);
		close &= got >= v && got - v <= v / 128;
	}
	ok(close, "a value is told at most 1/128 too high");
	hist_clear(&h);
	for (v = 1; v <= 100; v++)
		hist_add(&h, v);
	ok_int(hist_quantile(&h, 0.5), 50, "a median");
	ok_int(hist_quantile(&h, 0.99), 99, "a percentile");
	ok_int(hist_quantile(&h, 1), 100, "the greatest");
	hist_add(&h, INT64_MAX);
	hist_add(&h, -1);
	ok(hist_quantile(&h, 1) >= 1LL << HIST_TOP, "beyond the top");
	ok_int(hist_quantile(&h, 0), 0, "below zero counts as zero");
}

static void
begin(void)
{
	people_free(people);
	if (people_new(&people, CROWD_FIRST, 10, 1) < 0)
		abort();
	people_delivered(people, WHO, 1000, 1500);
}

/* A text that names the places of a set, in UTF-16. */
static size_t
name_places(uint32_t set, uint8_t *text)
{
	uint8_t *p = text;

	for (int i = 0; i < CROWD_PLACES; i++)
		for (int n = 0; set >> i & 1 && n < 2; n++) {
			*p++ = crowd_places[i].name[n] >> 8;
			*p++ = crowd_places[i].name[n] & 0xff;
		}
	return p - text;
}

static void
tell(uint32_t set, unsigned reference, unsigned number, unsigned total)
{
	uint8_t text[4 * CROWD_PLACES];
	size_t len = name_places(set, text), half = len / 2;
	struct submit s = {TO, 8, reference, total, number, text, len};

	if (total == 2) {
		s.text = number == 1 ? text : text + half;
		s.len = number == 1 ? half : len - half;
	}
	people_told(people, &s, 2000, &news);
}

static void
check_answers(void)
{
	uint32_t right = crowd_visited(WHO);
	const struct people_counts *c;

	begin();
	tell(right, 0, 1, 1);
	ok(news.is_answer && news.is_first, "an answer, the first");
	ok_int(news.since_due, 1000, "since the text was due");
	ok_int(news.since_delivered, 500, "and since it was delivered");
	tell(right ^ 1, 0, 1, 1);
	tell(0, 0, 1, 1);
	c = people_count(people);
	ok_int(c->wrong, 1, "one with a place too many or too few is wrong");
	ok_int(c->other, 1, "one with none is no answer");
	ok_int(c->surplus, 2, "both answers are more than was acknowledged");
	people_acknowledged(people, WHO);
	ok_int(people_count(people)->surplus, 1, "one is owed");
	ok_int(people_count(people)->over, 1, "and the other excused by none");
	people_cut(people, WHO);
	ok_int(people_count(people)->over, 0, "but by a link that broke");
}

static void
check_segments(void)
{
	uint32_t right = crowd_visited(WHO);

	begin();
	tell(right, 1, 2, 2);
	tell(right, 2, 1, 2);
	ok(!news.is_answer, "segments of two answers are not one");
	tell(right, 1, 1, 2);
	ok(news.is_answer, "the last missing one, in any order");
	tell(right, 1, 1, 2);
	ok_int(people_count(people)->twice, 1, "one that was there");
	ok_int(people_count(people)->wrong, 0, "put together rightly");
}

static void
check_lost(void)
{
	begin();
	ok(people_waits(people, WHO), "waits for an answer");
	people_acknowledged(people, WHO);
	ok_int(people_count(people)->lost, 1, "acknowledged, and not answered");
	tell(crowd_visited(WHO), 1, 1, 2);
	ok_int(people_count(people)->lost, 1, "nor by one segment of two");
	tell(crowd_visited(WHO), 1, 2, 2);
	ok_int(people_count(people)->lost, 0, "but by both");
	ok(!people_waits(people, WHO), "and waits no more");
	people_delivered(people, WHO, 1500, 2500);
	ok(!people_waits(people, WHO), "nor for what a copy asks again");
	people_delivered(people, WHO, 2600, 2700);
	ok(people_waits(people, WHO), "but for what is asked anew");
}

/* What series.c asks of texts.c. */
static uint32_t made;

uint32_t
texts_made(const struct texts *t)
{
	(void)t;
	return made;
}

uint32_t
texts_again(const struct texts *t)
{
	(void)t;
	return 0;
}

uint32_t
texts_waiting(const struct texts *t)
{
	(void)t;
	return 0;
}

static void
prompt(struct series *s, int is_first, double due, double answered)
{
	const struct people_news n = {
	    .is_first = is_first, .since_due = (answered - due) * SECOND};

	series_answer(s, &n, answered * SECOND, 0);
}

/* Of those who texted in a second, who had an answer within one, also when that
 * came in the next. */
static void
check_series(void)
{
	static struct series s;
	static const char *last[] = {" 0\n", " 3\n", " 1\n"};
	char line[256];
	FILE *f = tmpfile();

	if (f == NULL)
		abort();
	series_begin(&s, f, 0);
	prompt(&s, 1, 0.1, 0.2);
	prompt(&s, 1, 0.3, 0.9);
	series_advance(&s, SECOND, NULL);
	prompt(&s, 1, 0.9, 1.5);
	prompt(&s, 0, 0.9, 1.5); /* had one before */
	prompt(&s, 1, 0.4, 1.5); /* late */
	prompt(&s, 1, 1.1, 1.6);
	series_advance(&s, 2 * SECOND, NULL);
	series_advance(&s, 3 * SECOND, NULL);
	rewind(f);
	for (int i = 0; i < 3 && fgets(line, sizeof(line), f) != NULL; i++)
		ok_str(strrchr(line, ' '), last[i],
		    "answered within a second, of the second before %d", i + 1);
	fclose(f);
}

int
main(void)
{
	check_hist();
	check_answers();
	check_segments();
	check_lost();
	check_series();
	people_free(people);
	return test_done();
}
