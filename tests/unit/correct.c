/* Corrections: what each does to a person's runs, at every edge, and their
 * table. Runs are written "B 10-20", in hours of one day; "B 10-20)" is one
 * that ends before 20:00; B, L, J are Beijing, Langfang and Japan. */
#include "core/correct.c"

#include <stdlib.h>

#include "fixture.h"
#include "region.h"
#include "test.h"

#define HOUR 3600
#define DAY0 1795190400 /* 2026-11-21 00:00 in Shanghai */
#define AT(hour) (DAY0 + (hour)*HOUR)

static const struct {
	char letter;
	uint32_t region;
} places[] = {{'B', 110000}, {'L', 131000}, {'J', 'J' << 8 | 'P'}};

static uint32_t
region_of(char letter)
{
	for (size_t i = 0; i < 3; i++)
		if (places[i].letter == letter)
			return places[i].region;
	abort();
}

static char
letter_of(uint32_t region)
{
	for (size_t i = 0; i < 3; i++)
		if (places[i].region == region)
			return places[i].letter;
	return '?';
}

static void
read_runs(const char *text, struct stays *s)
{
	char letter, end[2];
	int first, last, n;

	s->n = 0;
	for (; *text != '\0'; text += n) {
		end[0] = '\0';
		n = 0;
		if (sscanf(text, " %c %d-%d%n%1[)]%n", &letter, &first, &last,
			&n, end, &n) < 3)
			abort();
		stays_push(s,
		    (struct stay){0, region_of(letter), AT(first), AT(last),
			end[0] == ')'});
		text += strspn(text + n, ", ");
	}
}

/* Times that are no whole hour are a second before or after one. */
static int
put_time(char *out, uint32_t t)
{
	int hour = (t - DAY0 + HOUR / 2) / HOUR, off = t - AT(hour);

	return sprintf(out, "%d%s", hour, off == 0 ? "" : off > 0 ? "+" : "-");
}

static const char *
show_runs(const struct stays *s)
{
	static char out[512];
	char *p = out;

	*p = '\0';
	for (size_t i = 0; i < s->n; i++) {
		p += sprintf(
		    p, "%s%c ", i ? ", " : "", letter_of(s->v[i].region));
		p += put_time(p, s->v[i].first);
		*p++ = '-';
		p += put_time(p, s->v[i].last);
		p += sprintf(p, "%s", s->v[i].open_end ? ")" : "");
	}
	return out;
}

/* "+B 10-12" adds, "-B 10-12" removes. */
static void
apply_all(const char *text, struct stays *s, int64_t since, int64_t end)
{
	char act, letter;
	int from, to, n;

	for (; *text != '\0'; text += n + strspn(text + n, ", ")) {
		struct correction c;

		if (sscanf(text, "%c%c %d-%d%n", &act, &letter, &from, &to,
			&n) != 4)
			abort();
		c = (struct correction){.region = region_of(letter),
		    .from = AT(from),
		    .to = AT(to),
		    .act = act == '+' ? CORRECT_ADD : CORRECT_REMOVE};
		if (correct_apply(s, &c, since, end) < 0)
			abort();
	}
}

static const struct {
	const char *what, *runs, *acts, *want;
} table[] = {
    {"nothing", "B 1-5", "", "B 1-5"},

    /* adding */
    {"add where nothing is", "", "+B 2-6", "B 2-6)"},
    {"add beside a run, a second short of it", "B 1-5", "+B 6-8",
	"B 1-5, B 6-8)"},
    {"add within max_gap does not join", "B 1-5, B 10-12", "+B 6-8",
	"B 1-5, B 6-8), B 10-12"},
    {"add that begins where a run ends", "B 1-5", "+B 5-8", "B 1-8)"},
    {"add that ends where a run begins", "B 5-8", "+B 2-5", "B 2-8"},
    {"add that overlaps a run's end", "B 1-5", "+B 4-8", "B 1-8)"},
    {"add that overlaps a run's beginning", "B 4-8", "+B 2-5", "B 2-8"},
    {"add inside a run", "B 1-9", "+B 4-6", "B 1-9"},
    {"add that is just a run", "B 1-9", "+B 1-9", "B 1-9"},
    {"add around a run", "B 4-6", "+B 1-9", "B 1-9)"},
    {"add around a single record", "B 4-4", "+B 1-9", "B 1-9)"},
    {"add touching two runs", "B 1-5, B 8-9", "+B 4-8", "B 1-9"},
    {"add touching three", "B 1-2, B 4-5, B 8-9", "+B 2-8", "B 1-9"},
    {"add between runs of others", "J 1-5, B 1-5", "+L 1-5",
	"J 1-5, B 1-5, L 1-5)"},
    {"add touches only its own region", "B 1-5, L 4-9", "+L 2-5",
	"B 1-5, L 2-9"},
    {"add before others of its region", "B 5-6, B 9-10", "+B 1-2",
	"B 1-2), B 5-6, B 9-10"},
    {"an open end stays open behind an add", "B 5-9)", "+B 1-5", "B 1-9)"},
    {"equal ends: the closed one", "B 5-9", "+B 1-9", "B 1-9"},
    {"add twice", "B 1-5", "+B 4-8, +B 4-8", "B 1-8)"},
    {"adds that meet are one", "", "+B 1-3, +B 3-5", "B 1-5)"},
    {"adds that do not are two", "", "+B 1-3, +B 4-5", "B 1-3), B 4-5)"},
    {"an add joins earlier ones", "", "+B 1-3, +B 4-5, +B 3-4", "B 1-5)"},

    /* removing */
    {"remove where nothing is", "", "-B 1-5", ""},
    {"remove elsewhere in time", "B 1-5", "-B 6-8", "B 1-5"},
    {"remove elsewhere in place", "B 1-5", "-L 1-5", "B 1-5"},
    {"remove in the middle", "B 1-9", "-B 4-6", "B 1-4), B 6-9"},
    {"remove the beginning", "B 1-9", "-B 1-4", "B 4-9"},
    {"remove from before the beginning", "B 1-9", "-B 0-4", "B 4-9"},
    {"remove up to the beginning", "B 4-9", "-B 1-4", "B 4-9"},
    {"remove the end: its last second stays", "B 1-9", "-B 5-9",
	"B 1-5), B 9-9"},
    {"remove past the end", "B 1-9", "-B 5-10", "B 1-5)"},
    {"remove from the end on", "B 1-9", "-B 9-10", "B 1-9)"},
    {"remove an open end", "B 1-9)", "-B 5-9", "B 1-5)"},
    {"remove from an open end on", "B 1-9)", "-B 9-10", "B 1-9)"},
    {"remove everything", "B 1-9", "-B 0-10", ""},
    {"remove everything with an open end", "B 1-9)", "-B 1-9", ""},
    {"remove a single record", "B 4-4", "-B 4-5", ""},
    {"remove up to a single record", "B 4-4", "-B 3-4", "B 4-4"},
    {"remove over two runs", "B 1-4, B 6-9", "-B 3-7", "B 1-3), B 7-9"},
    {"remove over three", "B 1-3, B 4-5, B 6-9", "-B 2-7", "B 1-2), B 7-9"},
    {"remove two of three", "B 1-3, B 4-5, B 6-9", "-B 4-10", "B 1-3"},
    {"remove twice", "B 1-9", "-B 4-6, -B 4-6", "B 1-4), B 6-9"},
    {"remove three times in one run", "B 0-9", "-B 1-2, -B 3-4, -B 5-6",
	"B 0-1), B 2-3), B 4-5), B 6-9"},
    {"pieces stay in order", "J 1-9, B 1-9, L 1-9, L 12-14", "-L 4-6",
	"J 1-9, B 1-9, L 1-4), L 6-9, L 12-14"},

    /* one after the other */
    {"add after remove: what was removed is there", "B 1-9", "-B 4-6, +B 4-6",
	"B 1-9"},
    {"add after remove: less than was removed", "B 1-9", "-B 3-7, +B 4-6",
	"B 1-3), B 4-6), B 7-9"},
    {"add after remove: one side of it", "B 1-9", "-B 3-7, +B 3-6",
	"B 1-6), B 7-9"},
    {"remove after add", "B 1-5", "+B 5-9, -B 5-9", "B 1-5)"},
    {"remove after add: in the middle", "", "+B 1-9, -B 3-7", "B 1-3), B 7-9)"},
    {"remove after add: everything", "", "+B 1-9, -B 1-9", ""},
    {"pieces are never joined again by others", "B 1-9", "-B 4-6, +J 4-6",
	"J 4-6), B 1-4), B 6-9"},
};

static void
each_edge(void)
{
	struct stays s = {0};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		read_runs(table[i].runs, &s);
		apply_all(table[i].acts, &s, INT64_MIN, INT64_MAX);
		ok_str(show_runs(&s), table[i].want, "%s", table[i].what);
	}
	stays_free(&s);
}

/* A correction counts in a row's active times. */
static void
active_times(void)
{
	static const struct {
		const char *what, *runs, *acts;
		int since, end;
		const char *want;
	} t[] = {
	    {"add that begins before them", "", "+B 1-9", 4, 20, "B 4-9)"},
	    {"add that ends behind them", "", "+B 1-9", 0, 6, "B 1-6)"},
	    {"add around them", "", "+B 1-9", 4, 6, "B 4-6)"},
	    {"add before them", "", "+B 1-4", 4, 6, ""},
	    {"add behind them", "", "+B 6-9", 4, 6, ""},
	    {"remove across their beginning", "B 1-9", "-B 2-8", 4, 20,
		"B 1-4), B 8-9"},
	    {"remove across their end", "B 1-9", "-B 2-8", 0, 6,
		"B 1-2), B 6-9"},
	    {"remove outside of them", "B 1-9", "-B 2-4", 4, 20, "B 1-9"},
	};
	struct stays s = {0};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		read_runs(t[i].runs, &s);
		apply_all(t[i].acts, &s, AT(t[i].since), AT(t[i].end));
		ok_str(show_runs(&s), t[i].want, "%s", t[i].what);
	}
	s.n = 0;
	apply_all("+B 1-9", &s, AT(0), AT(4));
	apply_all("+B 1-9", &s, AT(4), AT(20));
	ok_str(show_runs(&s), "B 1-9)", "rows that follow each other: one run");
	s.n = 0;
	apply_all("+B 1-9", &s, AT(0), AT(4));
	apply_all("+B 1-9", &s, AT(5), AT(20));
	ok_str(show_runs(&s), "B 1-4), B 5-9)", "with a gap: two, as it is");
	stays_free(&s);
}

static void
last_seconds(void)
{
	struct correction c = {.region = 110000, .from = -5, .to = 10};
	struct stays s = {0};

	ok(correct_apply(&s, &c, INT64_MIN, INT64_MAX) == 0 && s.n == 1 &&
		s.v[0].first == 0 && s.v[0].last == 10,
	    "times before 1970 are cut");
	s.n = 0;
	c.to = INT64_MAX;
	ok(correct_apply(&s, &c, 5, INT64_MAX) == 0 && s.n == 1 &&
		s.v[0].first == 5 && s.v[0].last == UINT32_MAX,
	    "and those past 32 bits");
	c.act = CORRECT_REMOVE;
	ok(correct_apply(&s, &c, INT64_MIN, INT64_MAX) == 0 && s.n == 0,
	    "removing the whole of time removes all of it");
	stays_free(&s);
}

/* What a service makes of it: min_stay after cutting, any piece abroad,
 * provinces, the window's edges. */
static const char *
visited(const char *runs, const char *acts, int lo, int hi, int by_province)
{
	static char out[128];
	struct window w = {.lo = AT(lo),
	    .hi = AT(hi),
	    .min_stay = 4 * HOUR,
	    .by_province = by_province};
	struct stays s = {0};
	struct visit v[16];
	char code[7], *p = out;
	size_t n;

	read_runs(runs, &s);
	apply_all(acts, &s, INT64_MIN, INT64_MAX);
	n = stay_visits(&s, &w, v);
	*p = '\0';
	for (size_t i = 0; i < n; i++)
		p += sprintf(
		    p, "%s%s", i ? " " : "", region_code(v[i].region, code));
	stays_free(&s);
	return out;
}

static void
judged(void)
{
	ok_str(visited("B 1-9", "-B 4-6", 0, 20, 0), "",
	    "two pieces of three hours do not count");
	ok_str(visited("B 1-9", "-B 5-6", 0, 20, 0), "110000",
	    "one of four hours does");
	ok_str(visited("B 1-9", "-B 4-6, +B 4-5", 0, 20, 0), "110000",
	    "and one that an add makes so long");
	ok_str(visited("", "+B 1-5", 0, 20, 0), "110000",
	    "an add of four hours counts");
	ok_str(visited("B 1-3, B 5-7", "", 0, 20, 0), "", "two short runs");
	ok_str(visited("B 1-3, B 5-7", "+B 3-5", 0, 20, 0), "110000",
	    "joined by an add they count");
	ok_str(visited("J 1-9", "-J 2-9", 0, 20, 0), "JP",
	    "abroad any piece counts");
	ok_str(visited("J 1-9", "-J 0-10", 0, 20, 0), "", "but no piece");
	ok_str(visited("", "+J 1-2", 0, 20, 0), "JP", "also an added one");
	ok_str(visited("", "+J 1-2", 2, 20, 0), "",
	    "not one that ends where the window begins");
	ok_str(visited("", "+J 19-21", 2, 20, 0), "JP", "across its end");
	ok_str(visited("", "+J 20-21", 2, 20, 0), "", "not behind its end");
	ok_str(visited("", "+B 1-9", 6, 20, 0), "",
	    "what is clipped to three hours does not count");
	ok_str(visited("", "+B 1-9", 5, 20, 0), "110000", "to four does");
	ok_str(visited("L 1-9", "+L 10-12", 0, 20, 1), "130000",
	    "by province, of a city's longest");
	ok_str(visited("L 1-9", "-L 2-8", 0, 20, 1), "",
	    "by province, of none that is long enough");
	ok_str(visited("L 1-9, J 1-2", "-L 0-20, +B 2-6", 0, 20, 1),
	    "110000 JP", "one place for another");
}

/* The table. */

static struct state *state;

static void
reopen(void)
{
	state_close(state);
	if (state_open(&state, "sqlite:store") < 0)
		abort();
}

static void
put_one(uint64_t msisdn, uint32_t region, int64_t made)
{
	struct correction c = {.region = region,
	    .from = AT(1),
	    .to = AT(5),
	    .act = CORRECT_REMOVE,
	    .made = made};

	if (correct_put(state, msisdn, &c, "wang", "no. 7") < 0)
		abort();
}

static const char *
regions_made(uint64_t msisdn, int64_t as_of)
{
	static struct correction v[CORRECT_MAX];
	static char out[256];
	char *p = out;
	size_t n = 99;

	*p = '\0';
	if (correct_get(state, msisdn, as_of, v, NULL, &n) < 0)
		return "fault";
	for (size_t i = 0; i < n; i++)
		p += sprintf(p, "%c", letter_of(v[i].region));
	return out;
}

static void
kept(void)
{
	struct correct_note notes[CORRECT_MAX];
	struct correction v[CORRECT_MAX];
	struct subject subject;
	size_t n;

	ok_str(regions_made(1, AT(99)), "", "a number has no correction");
	put_one(1, 110000, AT(10));
	put_one(1, 131000, AT(12));
	put_one(1, 'J' << 8 | 'P', AT(11));
	put_one(1, 110000, AT(12));
	put_one(UINT64_MAX, 131000, AT(12));
	state_commit(state);
	reopen();
	ok_str(regions_made(1, AT(99)), "BJLB",
	    "they come in the order in which they were made");
	ok_str(regions_made(1, AT(12)), "BJLB", "as of the last one");
	ok_str(regions_made(1, AT(12) - 1), "BJ", "as of a second before");
	ok_str(regions_made(1, AT(9)), "", "as of before them");
	ok_str(regions_made(UINT64_MAX, AT(99)), "L", "each number its own");

	n = 0;
	correct_get(state, 1, AT(10), v, notes, &n);
	ok(n == 1 && v[0].from == AT(1) && v[0].to == AT(5) &&
		v[0].act == CORRECT_REMOVE && v[0].made == AT(10) &&
		strcmp(notes[0].operator, "wang") == 0 &&
		strcmp(notes[0].reason, "no. 7") == 0,
	    "as it was put");
	subject_get(state, 1, &subject);
	ok_int(subject.corrected, AT(12), "the subject has the latest");
	subject_get(state, 2, &subject);
	ok_int(subject.corrected, 0, "and no other subject has");
}

static void
bounded(void)
{
	struct correction c = {
	    .region = 110000, .from = AT(1), .to = AT(5), .made = AT(30)};
	int rc = 0;

	for (int i = 0; i < CORRECT_MAX; i++)
		put_one(7, 131000, AT(20));
	rc = correct_put(state, 7, &c, "", "");
	ok_int(rc, -ENOSPC, "a number has so many and no more");
	ok_int(strlen(regions_made(7, AT(99))), CORRECT_MAX, "all are there");
	put_one(8, 131000, AT(20));
	ok_str(regions_made(8, AT(99)), "L", "others have room");
	state_commit(state);
}

static void
gone(void)
{
	ok_int(correct_forget(state, 7), CORRECT_MAX, "forgets a number's");
	ok_int(correct_forget(state, 7), 0, "once");
	ok_str(regions_made(7, AT(99)), "", "they are gone");
	ok_int(correct_expire(state, AT(5) - 1), 0,
	    "one that ends at the horizon is kept a second before");
	ok_int(correct_expire(state, AT(5)), 6, "and goes with it");
	ok_str(regions_made(1, AT(99)), "", "they are gone as well");
	state_commit(state);
}

int
main(void)
{
	fixture_begin();
	each_edge();
	active_times();
	last_seconds();
	judged();
	reopen();
	kept();
	bounded();
	gone();
	state_close(state);
	return test_done();
}
