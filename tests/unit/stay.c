/* The rules of a stay, each at its edge. Times are seconds from a round
 * number; the window is the fourteen days before it unless a test says
 * otherwise. */
#include "core/stay.c"

#include <stdlib.h>

#include "test.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define NOW 1795305600u /* 2026-11-22 08:00 in Shanghai */
#define MIDNIGHT (NOW - 8 * HOUR)
#define GAP (3 * HOUR)
#define STAY (4 * HOUR)

enum {
	BEIJING = 110000,
	LANGFANG = 131000,
	BAODING = 130600,
	HEBEI = 130000,
	TAIWAN = 710000,
	HONG_KONG = 810000,
	MACAO = 820000,
	JAPAN = 'J' << 8 | 'P',
	THAILAND = 'T' << 8 | 'H',
};

static const struct window fortnight = {
    .lo = MIDNIGHT - 14 * DAY,
    .hi = NOW,
    .min_stay = STAY,
};

/* One subscriber's runs, made of records. */
static struct stays runs;

static void
clear(void)
{
	stays_free(&runs);
}

static void
record(uint32_t region, uint32_t time)
{
	stay_add(&runs, 1, region, time, GAP);
}

/* Records every hour from `first`, and one at `last`. */
static void
presence(uint32_t region, uint32_t first, uint32_t last)
{
	for (uint32_t t = first; t < last; t += HOUR)
		record(region, t);
	record(region, last);
}

/* The places visited, as "131000 JP | 131000", in the order of the answer. */
static const char *
visited(const struct window *w)
{
	static char out[256];
	struct visit v[32];
	int part = 0;
	size_t n = stay_visits(&runs, w, v), len = 0;
	char code[7];

	out[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		len += snprintf(out + len, sizeof(out) - len, "%s%s%s",
		    v[i].part != part ? " |" : "", i || v[i].part ? " " : "",
		    region_code(v[i].region, code));
		part = v[i].part;
	}
	return out;
}

static void
how_long(void)
{
	clear();
	presence(BEIJING, NOW - 2 * DAY, NOW - 2 * DAY + STAY - 1);
	ok_str(visited(&fortnight), "", "a stay of 3:59:59 does not count");

	clear();
	presence(BEIJING, NOW - 2 * DAY, NOW - 2 * DAY + STAY);
	ok_str(visited(&fortnight), "110000", "a stay of 4:00:00 counts");

	clear();
	presence(BEIJING, NOW - 3 * DAY, NOW - 3 * DAY + STAY - 1);
	presence(BEIJING, NOW - 2 * DAY, NOW - 2 * DAY + STAY - 1);
	ok_str(visited(&fortnight), "", "two short stays do not add up");
}

static void
how_far_apart(void)
{
	clear();
	record(BEIJING, NOW - DAY);
	record(BEIJING, NOW - DAY + GAP);
	record(BEIJING, NOW - DAY + 2 * GAP);
	ok_int(runs.n, 1, "records max_gap apart are one stay");
	ok_str(visited(&fortnight), "110000", "and it counts");

	clear();
	record(BEIJING, NOW - DAY);
	record(BEIJING, NOW - DAY + GAP + 1);
	record(BEIJING, NOW - DAY + 2 * (GAP + 1));
	ok_int(runs.n, 3, "one second more and they are three");
	ok_str(visited(&fortnight), "", "and none counts");
}

static void
merging(void)
{
	clear();
	record(BEIJING, NOW - 2 * GAP);
	record(BEIJING, NOW);
	ok_int(runs.n, 2, "two records too far apart are two runs");
	record(BEIJING, NOW - GAP);
	ok_int(runs.n, 1, "one between them, touching both, makes one");
	ok_int(runs.v[0].first, NOW - 2 * GAP, "from the first");
	ok_int(runs.v[0].last, NOW, "to the last");
	ok_int(stay_add(&runs, 1, BEIJING, NOW - 5, GAP), 0,
	    "a record inside a run changes nothing");
	ok_int(
	    stay_add(&runs, 1, BEIJING, NOW, GAP), 0, "nor does one repeated");

	record(LANGFANG, NOW - 5);
	ok_int(runs.n, 2, "another region is another run");
	stay_add(&runs, 2, BEIJING, NOW - 5, GAP);
	ok_int(runs.n, 3, "so is another subscriber");
	ok(runs.v[0].region == BEIJING && runs.v[1].region == LANGFANG &&
		runs.v[2].key == 2,
	    "the order is subscriber, region, time");

	clear();
	stay_add(&runs, 1, BEIJING, UINT32_MAX, GAP);
	stay_add(&runs, 1, BEIJING, 0, GAP);
	ok(runs.n == 2 && runs.v[0].last == 0,
	    "the first and the last second there are do not touch");
}

/* Any order, any repetition: the same runs. */
static void
any_order(void)
{
	enum { RECORDS = 400, ROUNDS = 200 };
	struct {
		uint64_t key;
		uint32_t region, time;
	} r[RECORDS], swap;
	struct stays want = {0};
	int equal = 1;

	srand(1);
	for (int i = 0; i < RECORDS; i++) {
		r[i].key = rand() % 3;
		r[i].region = rand() % 2 ? BEIJING : JAPAN;
		r[i].time = NOW - rand() % (10 * DAY) / 900 * 900;
	}
	for (int round = 0; round < ROUNDS; round++) {
		struct stays got = {0};

		for (int i = 0; i < RECORDS; i++) {
			int j = rand() % RECORDS;

			swap = r[i], r[i] = r[j], r[j] = swap;
		}
		for (int i = 0; i < 2 * RECORDS; i++)
			stay_add(&got, r[i % RECORDS].key,
			    r[i % RECORDS].region, r[i % RECORDS].time, GAP);
		if (round == 0) {
			want = got;
			continue;
		}
		equal &= got.n == want.n &&
		    memcmp(got.v, want.v, got.n * sizeof(*got.v)) == 0;
		stays_free(&got);
	}
	ok(want.n > 50, "shuffled records make %zu runs", want.n);
	ok(equal, "the same ones in every order, repeated or not");
	stays_free(&want);
}

static void
window_edges(void)
{
	uint32_t lo = fortnight.lo;

	clear();
	presence(BEIJING, lo - 10 * HOUR, lo + STAY);
	ok_str(visited(&fortnight), "110000",
	    "a stay cut by the window's beginning: four hours inside count");
	clear();
	presence(BEIJING, lo - 10 * HOUR, lo + STAY - 1);
	ok_str(visited(&fortnight), "",
	    "a stay cut by the window's beginning: a second less does not");
	clear();
	presence(BEIJING, NOW - STAY, NOW + HOUR / 12);
	ok_str(visited(&fortnight), "110000",
	    "a stay that reaches into the future ends with the window");
	clear();
	presence(BEIJING, NOW - STAY + 1, NOW + HOUR / 12);
	ok_str(visited(&fortnight), "",
	    "and the part in the future does not count");
	clear();
	record(JAPAN, lo - 1);
	ok_str(visited(&fortnight), "",
	    "abroad a second before the window is outside");
	clear();
	record(JAPAN, lo);
	ok_str(
	    visited(&fortnight), "JP", "on the window's first second inside");
	clear();
	record(JAPAN, NOW);
	ok_str(visited(&fortnight), "", "at its end outside");
	clear();
	record(JAPAN, NOW - 1);
	ok_str(visited(&fortnight), "JP", "and a second before inside");
}

static void
horizons(void)
{
	struct window yesterday = fortnight;

	yesterday.hi = MIDNIGHT;
	clear();
	presence(BEIJING, MIDNIGHT - STAY + 1, NOW - 60);
	ok_str(visited(&fortnight), "110000",
	    "horizon now: a night until this morning counts");
	ok_str(visited(&yesterday), "",
	    "horizon yesterday: its part before midnight is too short");
	clear();
	presence(BEIJING, MIDNIGHT - STAY, NOW - 60);
	ok_str(visited(&yesterday), "110000",
	    "horizon yesterday: four hours before midnight count");
	clear();
	record(JAPAN, MIDNIGHT);
	ok_str(visited(&yesterday), "", "abroad at midnight is today");
	clear();
	record(JAPAN, MIDNIGHT - 1);
	ok_str(visited(&yesterday), "JP", "a second before is yesterday");
}

static void
outside_the_mainland(void)
{
	clear();
	record(JAPAN, NOW - DAY);
	ok_str(visited(&fortnight), "JP", "abroad one record is enough");
	clear();
	record(HONG_KONG, NOW - DAY);
	ok_str(visited(&fortnight), "810000", "so it is in Hong Kong");
	clear();
	record(MACAO, NOW - DAY);
	record(TAIWAN, NOW - 2 * DAY);
	ok_str(visited(&fortnight), "820000 710000", "and in Macao and Taiwan");
	clear();
	record(BEIJING, NOW - DAY);
	ok_str(visited(&fortnight), "", "on the mainland it is not");
}

static void
provinces(void)
{
	struct window w = fortnight;

	w.by_province = 1;
	clear();
	presence(LANGFANG, NOW - 10 * HOUR, NOW - 10 * HOUR + STAY - 1);
	presence(BAODING, NOW - 6 * HOUR, NOW - 6 * HOUR + STAY - 1);
	ok_str(visited(&w), "",
	    "a province made of two short stays in two cities does not count");
	clear();
	presence(LANGFANG, NOW - 3 * DAY, NOW - 3 * DAY + STAY);
	presence(BAODING, NOW - DAY, NOW - DAY + STAY);
	presence(BEIJING, NOW - 2 * DAY, NOW - 2 * DAY + STAY);
	ok_str(visited(&w), "130000 110000",
	    "a province is named once, at the latest of its cities");
}

static void
answer_order(void)
{
	clear();
	record(THAILAND, NOW - HOUR);
	record(JAPAN, NOW - HOUR);
	record(HONG_KONG, NOW - 10 * DAY);
	presence(BEIJING, NOW - 12 * DAY, NOW - 12 * DAY + STAY);
	presence(LANGFANG, NOW - 11 * DAY, NOW - 11 * DAY + STAY);
	ok_str(visited(&fortnight), "131000 110000 810000 JP TH",
	    "mainland, Hong Kong, abroad; latest first; ties by code");
	clear();
	presence(LANGFANG, NOW - 2 * STAY, NOW + 200);
	presence(BEIJING, NOW - 2 * STAY, NOW + 100);
	ok_str(visited(&fortnight), "110000 131000",
	    "an end beyond the window is the window's end, so a tie");
	clear();
	presence(BEIJING, NOW - 5 * DAY, NOW - 5 * DAY + STAY);
	presence(LANGFANG, NOW - 3 * DAY, NOW - 3 * DAY + STAY);
	presence(BEIJING, NOW - DAY, NOW - DAY + STAY - 1);
	ok_str(visited(&fortnight), "131000 110000",
	    "a later stay that does not count does not move a city up");
}

/* Two IMSIs' runs in one array, as a query gathers them. */
static void
push(uint64_t key, uint32_t region, uint32_t first, uint32_t last)
{
	stays_push(&runs, (struct stay){key, region, first, last, 0});
}

/* The thirty days of 2020: 15, and the 15 before. */
static void
two_parts(void)
{
	const uint32_t middle = MIDNIGHT - 15 * DAY;
	struct window w = {
	    .lo = MIDNIGHT - 30 * DAY,
	    .middle = middle,
	    .hi = NOW,
	    .min_stay = STAY,
	};

	clear();
	presence(BEIJING, NOW - 20 * DAY, NOW - 20 * DAY + STAY);
	ok_str(visited(&w), " | 110000", "a stay in the earlier part");
	presence(BEIJING, NOW - 2 * DAY, NOW - 2 * DAY + STAY);
	ok_str(visited(&w), "110000 | 110000", "and another in the later");
	presence(LANGFANG, NOW - 3 * DAY, NOW - 3 * DAY + STAY);
	presence(BAODING, NOW - 19 * DAY, NOW - 19 * DAY + STAY);
	record(JAPAN, NOW - 18 * DAY);
	ok_str(visited(&w), "110000 131000 | 130600 110000 JP",
	    "each part in an order of its own");
	w.by_province = 1;
	ok_str(
	    visited(&w), "110000 130000 | 130000 110000 JP", "and by province");
	w.by_province = 0;

	clear();
	presence(BEIJING, middle - STAY / 2, middle + STAY / 2);
	ok_str(visited(&w), "110000 | 110000",
	    "four hours across the middle count, and show in both");
	clear();
	presence(BEIJING, middle - 100, middle + STAY - 101);
	ok_str(visited(&w), "", "a second less does not");
	clear();
	presence(BEIJING, middle - STAY, middle - 1);
	record(BEIJING, middle - STAY - 1);
	ok_str(visited(&w), " | 110000", "a second before the middle");
	record(BEIJING, middle);
	ok_str(visited(&w), "110000 | 110000", "one on it is the later part");
	clear();
	record(JAPAN, middle - 1);
	record(THAILAND, middle);
	ok_str(visited(&w), "TH | JP", "abroad likewise");
	clear();
	presence(LANGFANG, middle - DAY, middle + 200);
	presence(BEIJING, middle - DAY, middle + 100);
	ok_str(visited(&w), "131000 110000 | 110000 131000",
	    "what crosses the middle ends there in the earlier part, so a tie");
	clear();
	push(1, BEIJING, middle - DAY, middle);
	runs.v[0].open_end = 1;
	ok_str(visited(&w), " | 110000",
	    "a row that ends at the middle has no second behind it");
}

static void
two_imsis(void)
{
	clear();
	push(1, BEIJING, NOW - DAY, NOW - DAY + 3 * HOUR);
	push(2, BEIJING, NOW - DAY + 2 * HOUR, NOW - DAY + 4 * HOUR);
	stay_join(&runs, GAP);
	ok_int(runs.n, 1, "two IMSIs of one person overlapping are one stay");
	ok_str(visited(&fortnight), "110000", "of four hours together");

	clear();
	push(1, BEIJING, NOW - DAY, NOW - DAY + 2 * HOUR);
	push(2, BEIJING, NOW - DAY + 2 * HOUR + GAP, NOW - DAY + 6 * HOUR);
	stay_join(&runs, GAP);
	ok_int(runs.n, 1, "max_gap apart they are one");

	clear();
	push(1, BEIJING, NOW - DAY, NOW - DAY + 2 * HOUR);
	push(2, BEIJING, NOW - DAY + 2 * HOUR + GAP + 1, NOW - DAY + 6 * HOUR);
	stay_join(&runs, GAP);
	ok_int(runs.n, 2, "a second more and they are two");

	clear();
	push(1, BEIJING, NOW - DAY, NOW);
	push(2, BEIJING, NOW - HOUR, NOW - HOUR + 5);
	push(2, JAPAN, NOW - DAY, NOW);
	stay_join(&runs, GAP);
	ok(runs.n == 2 && runs.v[1].last == NOW,
	    "a run within another takes nothing from it");
}

static void
changed_hands(void)
{
	uint32_t then = NOW - 5 * DAY;

	clear();
	push(1, BEIJING, then - 4 * HOUR, then + 4 * HOUR);
	stay_cut(&runs, 0, then, INT64_MAX);
	ok_str(visited(&fortnight), "110000",
	    "a number that changed hands: the new owner's four hours count");
	ok_int(runs.v[0].first, then, "from the day it changed");

	clear();
	push(1, BEIJING, then - 4 * HOUR, then + 4 * HOUR - 1);
	stay_cut(&runs, 0, then, INT64_MAX);
	ok_str(visited(&fortnight), "", "and nothing of the former owner's");

	clear();
	push(1, JAPAN, then - 4 * HOUR, then - 1);
	push(1, HONG_KONG, then - 4 * HOUR, then);
	stay_cut(&runs, 0, then, INT64_MAX);
	ok_str(visited(&fortnight), "810000",
	    "a former owner's trip does not show, a record that second does");

	clear();
	push(1, JAPAN, then, then + HOUR);
	push(1, THAILAND, then - 1, then + HOUR);
	stay_cut(&runs, 0, 0, then);
	ok_str(visited(&fortnight), "TH", "the end of a row is not its own");

	clear();
	push(1, BEIJING, then - STAY, then + HOUR);
	stay_cut(&runs, 0, 0, then);
	ok_str(visited(&fortnight), "110000",
	    "a mainland stay lasts until the row's end");

	clear();
	push(1, THAILAND, fortnight.lo - HOUR, fortnight.lo + HOUR);
	stay_cut(&runs, 0, 0, fortnight.lo);
	ok_str(visited(&fortnight), "",
	    "a row that ends as the window begins has no second in it");

	clear();
	push(1, JAPAN, then - HOUR, then + HOUR);
	stay_cut(&runs, 0, 0, then);
	push(2, THAILAND, then - 1, then - 1);
	ok_str(visited(&fortnight), "JP TH",
	    "a cut trip ends with its row, after one a second before");

	clear();
	push(7, BEIJING, then - STAY, then + STAY);
	push(1, BEIJING, then - STAY, then + STAY);
	stay_cut(&runs, 1, then, INT64_MAX);
	ok(runs.n == 2 && runs.v[0].first == then - STAY,
	    "cutting one row leaves those before it alone");
}

static void
expiry(void)
{
	uint32_t limit = NOW - 20 * DAY;

	clear();
	push(1, BEIJING, limit - 100, limit - 1);
	push(1, BEIJING, limit - 50, limit + 100);
	push(1, JAPAN, limit, limit + 1);
	ok_int(stay_expire(&runs, limit), 2, "one run expires, one is cut");
	ok(runs.n == 2 && runs.v[0].first == limit &&
		runs.v[0].last == limit + 100,
	    "the one that reaches across begins at the limit");
	ok_int(stay_expire(&runs, limit), 0, "once is enough");

	clear();
	push(1, JAPAN, limit - 100, limit);
	ok_int(stay_expire(&runs, limit), 1, "one that ends at the limit");
	ok(runs.n == 1 && runs.v[0].first == limit && runs.v[0].last == limit,
	    "is kept for that second");
}

/* Two rows' runs that end in the same second: it belongs to them if it
 * belongs to either. */
static void
equal_ends(void)
{
	uint64_t then = fortnight.lo;

	for (int open = 0; open < 4; open++) {
		clear();
		push(1, JAPAN, then - 2 * HOUR, then);
		push(2, JAPAN, then - HOUR, then);
		runs.v[0].open_end = open & 1;
		runs.v[1].open_end = open >> 1;
		stay_join(&runs, GAP);
		ok_str(visited(&fortnight), open == 3 ? "" : "JP",
		    "ends %s and %s at the window's begin",
		    open & 1 ? "open" : "closed",
		    open >> 1 ? "open" : "closed");
	}
}

int
main(void)
{
	how_long();
	how_far_apart();
	merging();
	any_order();
	window_edges();
	horizons();
	outside_the_mainland();
	provinces();
	answer_order();
	two_parts();
	two_imsis();
	changed_hands();
	expiry();
	equal_ends();
	clear();
	return test_done();
}
