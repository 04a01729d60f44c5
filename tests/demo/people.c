/* The few: sample subscribers with fixed numbers and a story each, to text
 * from and to test by.  Where they are is written down here step by step; what
 * an answer must name is worked out from the steps by the rule for stays.
 */
#include <string.h>

#include "journeys.h"

#define MAX_GAP (3 * HOUR)
#define MIN_STAY (4 * HOUR)
#define OLD (-2000)
#define MSISDN 8613800000001

/* On at a place from a day (0 is today) and hour to another, a record at both
 * ends; between two steps nothing is logged. */
struct step {
	int from_day, from, to_day, to; /* hours as HHMM */
	const char *place;              /* region, region/town, country */
	int card;
};
#define PASS(day, time, place) day, time, day, time, place, 0
#define TO_NOW 1, 0

struct person {
	const char *id, *language;
	const struct step *steps;
	struct {
		int day, time; /* active since */
		const char *holder;
	} cards[2]; /* one whose holder is "former" is not the person's */
	const char *story, *story_zh; /* no comma in it */
};

static const struct step one_place[] = {
    {-14, 0, TO_NOW, "110000", 0},
    {0},
};
static const struct step four_cities[] = {
    {-14, 0, -11, 830, "110000", 0},
    {-11, 930, -11, 1800, "120000", 0},
    {-11, 1900, -8, 900, "110000", 0},
    {-8, 1000, -8, 1700, "131000", 0},
    {-8, 1800, -5, 700, "110000", 0},
    {PASS(-5, 740, "120000")},
    {PASS(-5, 810, "130900")},
    {PASS(-5, 845, "371400")},
    {-5, 930, -4, 1500, "370100", 0},
    {PASS(-4, 1545, "371400")},
    {PASS(-4, 1620, "130900")},
    {PASS(-4, 1650, "120000")},
    {-4, 1740, TO_NOW, "110000", 0},
    {0},
};
static const struct step sales_tour[] = {
    {-14, 0, -13, 800, "440100", 0},
    {PASS(-13, 900, "440200")},
    {-13, 1100, -12, 900, "430100", 0},
    {PASS(-12, 940, "430600")},
    {-12, 1030, -11, 1000, "420100", 0},
    {-11, 1230, -10, 1100, "410100", 0},
    {PASS(-10, 1200, "410300")},
    {-10, 1345, -9, 1400, "610100", 0},
    {-9, 1745, -8, 1500, "510100", 0},
    {-8, 1645, -7, 900, "500000", 0},
    {-7, 1300, -6, 800, "530100", 0},
    {-6, 1230, -5, 700, "310000", 0},
    {-5, 1200, -4, 800, "JP", 0},
    {-4, 1600, -3, 1000, "TH", 0},
    {-3, 1500, -2, 900, "HK", 0},
    {-2, 1015, -2, 1900, "440300", 0},
    {-2, 2030, TO_NOW, "440100", 0},
    {0},
};
static const struct step engineer[] = {
    {-14, 0, -9, 900, "310000", 0},
    {-9, 1030, -9, 1800, "320500", 0},
    {-9, 1930, TO_NOW, "310000", 0},
    {0},
};
static const struct step tourist[] = {
    {-14, 0, -12, 800, "110000", 0},
    {-12, 1300, -11, 1500, "610100", 0},
    {-11, 1900, -10, 1700, "510100", 0},
    {-10, 2130, -9, 1400, "450300", 0},
    {PASS(-9, 1540, "441200")},
    {-9, 1640, -8, 1000, "440100", 0},
    {-8, 1130, -8, 1600, "440400", 0},
    {-8, 1700, -7, 1100, "MO", 0},
    {-7, 1300, -6, 1000, "HK", 0},
    {-6, 1500, -5, 1200, "SG", 0},
    {-5, 1900, -4, 1200, "330100", 0},
    {PASS(-4, 1235, "330400")},
    {-4, 1330, -3, 1300, "310000", 0},
    {PASS(-3, 1400, "320200")},
    {-3, 1500, TO_NOW, "320100", 0},
    {0},
};
static const struct step one_roaming[] = {
    {-14, 0, -6, 700, "310000", 0},
    {PASS(-6, 1220, "KR")},
    {-5, 1830, TO_NOW, "310000", 0},
    {0},
};
static const struct step at_the_border[] = {
    {-14, 0, -12, 1845, "320500/Taicang", 0},
    {-12, 1900, -12, 1950, "310000/Jiading", 0},
    {-12, 2010, -9, 1245, "320500/Taicang", 0},
    {-9, 1300, -9, 1630, "310000/Jiading", 0},
    {-9, 1645, -6, 2100, "320500/Taicang", 0},
    {PASS(-6, 2120, "310000/Jiading")},
    {-6, 2140, -3, 630, "320500/Taicang", 0},
    {-3, 645, -3, 900, "310000/Jiading", 0},
    {-3, 915, TO_NOW, "320500/Taicang", 0},
    {0},
};
/* Tianjin first an hour and a half apart, which is one stay but a short one;
 * then five hours apart, which is two. */
static const struct step through_twice[] = {
    {-14, 0, -10, 900, "110000", 0},
    {PASS(-10, 920, "131000")},
    {PASS(-10, 945, "120000")},
    {PASS(-10, 1015, "130900")},
    {PASS(-10, 1115, "120000")},
    {PASS(-10, 1140, "131000")},
    {-10, 1210, -6, 800, "110000", 0},
    {PASS(-6, 820, "131000")},
    {PASS(-6, 845, "120000")},
    {PASS(-6, 915, "130900")},
    {PASS(-6, 945, "371400")},
    {-6, 1020, -6, 1215, "370100", 0},
    {PASS(-6, 1255, "371400")},
    {PASS(-6, 1325, "130900")},
    {PASS(-6, 1355, "120000")},
    {PASS(-6, 1420, "131000")},
    {-6, 1500, TO_NOW, "110000", 0},
    {0},
};
static const struct step off_at_night[] = {
    {-14, 800, -14, 2130, "420100", 0},
    {-13, 745, -13, 2200, "420100", 0},
    {-12, 800, -12, 2130, "420100", 0},
    {-11, 815, -11, 1700, "420100", 0},
    {-11, 2015, -11, 2200, "430100", 0},
    {-10, 800, -10, 930, "430100", 0},
    {-10, 1215, -10, 2130, "420100", 0},
    {-9, 800, -9, 2130, "420100", 0},
    {-8, 745, -8, 2145, "420100", 0},
    {-7, 800, -7, 2130, "420100", 0},
    {-6, 800, -6, 2200, "420100", 0},
    {-5, 815, -5, 2130, "420100", 0},
    {-4, 800, -4, 2130, "420100", 0},
    {-3, 745, -3, 2115, "420100", 0},
    {-2, 800, -2, 2130, "420100", 0},
    {-1, 800, -1, 2200, "420100", 0},
    {0, 800, 0, 2130, "420100", 0},
    {0},
};
static const struct step new_card[] = {
    {-3, 1000, TO_NOW, "510100", 0},
    {0},
};
/* In Foshan two hours and a quarter with each card: only together do they
 * reach four. */
static const struct step two_cards[] = {
    {-14, 0, -8, 1400, "440100", 0},
    {-8, 1500, -8, 1715, "440600", 0},
    {-8, 1730, -8, 1945, "440600", 1},
    {-8, 2130, TO_NOW, "440300", 1},
    {0},
};
static const struct step changed_hands[] = {
    {-14, 0, -12, 900, "460200", 0},
    {-12, 1700, -10, 1200, "JP", 0},
    {-7, 930, TO_NOW, "340100", 1},
    {0},
};
static const struct step nowhere[] = {
    {0},
};
static const struct step night_train[] = {
    {-14, 0, -9, 1500, "310000", 0},
    {PASS(-9, 1640, "320100")},
    {PASS(-9, 1750, "340100")},
    {-9, 2030, -9, 2350, "420100", 0},
    {PASS(-8, 200, "420500")},
    {PASS(-8, 600, "500000/Wanzhou")},
    {PASS(-8, 730, "511300")},
    {-8, 930, -4, 1100, "510100", 0},
    {-4, 1600, TO_NOW, "310000", 0},
    {0},
};

static const struct person people[] = {
    {"1234", "zh", one_place, {{OLD, 0, "a"}}, "stays in Beijing all the time",
	"一直在北京"},
    {"204X", "zh", four_cities, {{OLD, 0, "a"}},
	"lives in Beijing; was in Tianjin and Langfang and Jinan",
	"常住北京，去过天津、廊坊、济南"},
    {"3141", "zh", sales_tour, {{OLD, 0, "a"}},
	"ten cities and Japan; Thailand; Hong Kong: a long answer",
	"出差十个城市，还去了日本、泰国、香港，一条短信放不下"},
    {"7K21", "en", engineer, {{OLD, 0, "a"}},
	"lives in Shanghai; spent a day in Suzhou", "常住上海，去过苏州一天"},
    {"P902", "en", tourist, {{OLD, 0, "a"}},
	"nine cities and Macao; Hong Kong; Singapore",
	"游历九个城市，还去了澳门、香港、新加坡"},
    {"5566", "zh", one_roaming, {{OLD, 0, "a"}},
	"a day in Korea that left a single roaming record",
	"去韩国一天，只有一条漫游记录"},
    {"6071", "zh", at_the_border, {{OLD, 0, "a"}},
	"at the border: Shanghai cells but never for four hours",
	"住在苏州边界，手机有时接入上海基站，但从未满四小时"},
    {"7788", "zh", through_twice, {{OLD, 0, "a"}},
	"by train through Tianjin and back; twice; no long stop",
	"乘火车两次往返经过廊坊、天津，没有久留"},
    {"819X", "zh", off_at_night, {{OLD, 0, "a"}},
	"phone off every night: one in Changsha does not show",
	"每晚关机，在长沙过的一夜不显示"},
    {"9010", "zh", new_card, {{-3, 1000, "a"}},
	"a new SIM that is three days old", "新办的号码，启用才三天"},
    {"1122", "zh", two_cards, {{OLD, 0, "a"}, {OLD / 2, 0, "a"}},
	"two SIMs: in Foshan for four hours only between them",
	"一号两卡，两张卡合起来在佛山才满四小时"},
    {"2233", "zh", changed_hands, {{OLD, 0, "former"}, {-7, 900, "a"}},
	"a number whose former owner was in Sanya and Japan",
	"一周前换了机主，前机主到过的三亚、日本不得显示"},
    {"3344", "zh", nowhere, {{OLD, 0, "a"}},
	"phone off all the time: no records at all", "一直关机，没有记录"},
    {"4455", "zh", night_train, {{OLD, 0, "a"}},
	"night train to Chengdu: a change in Wuhan does not show",
	"夜车去成都，在武汉换车三个多小时不显示"},
};
#define PEOPLE ((int)(sizeof(people) / sizeof(people[0])))

static int32_t
at(const struct window *w, int day, int hhmm)
{
	return (w->days + day) * DAY + hhmm / 100 * HOUR + hhmm % 100 * 60;
}

static uint32_t
card_of(int person, int card)
{
	return PEOPLE_CARDS + 2 * (uint32_t)person + (uint32_t)card;
}

static void
person_day(struct day *d, const struct window *w, int i)
{
	const struct person *p = &people[i];
	const struct step *s;
	struct phone phone = {.key = mix(1000 + (uint64_t)i),
	    .period = 55 * 60,
	    .steady = true,
	    .device = i % 3 == 0 ? DEVICE_4G
		: i % 3 == 1     ? DEVICE_5G
				 : DEVICE_2G,
	    .home = -1,
	    .home_site = 1};
	struct visits v;
	int32_t from, to;

	for (s = p->steps; s->place != NULL; s++) {
		from = at(w, s->from_day, s->from);
		to = at(w, s->to_day, s->to);
		if (to < d->start || from >= d->end)
			continue;
		v.n = 0;
		visits_add(&v, from, to, ground_find(d->g, s->place),
		    from == to ? PASSING : AT_START | AT_END);
		day_visits(d, &phone, card_of(i, s->card), LONG_AGO, NEVER, &v);
	}
}

void
people_day(struct day *d, const struct window *w)
{
	int i;

	for (i = 0; i < PEOPLE; i++)
		person_day(d, w, i);
}

void
people_write_subscribers(FILE *f, const struct window *w)
{
	const struct person *p;
	char holder[32];
	int i, c;

	for (i = 0; i < PEOPLE; i++) {
		p = &people[i];
		for (c = 0; c < 2 && p->cards[c].holder != NULL; c++) {
			snprintf(holder, sizeof(holder), "%s-%02d",
			    p->cards[c].holder, i + 1);
			subscriber_row(f, w, card_of(i, c),
			    MSISDN + (uint64_t)i,
			    strcmp(p->cards[c].holder, "former") == 0 ? "9999"
								      : p->id,
			    at(w, p->cards[c].day, p->cards[c].time), NEVER,
			    holder, p->language);
		}
	}
}

/* Do the steps at `region` with the person's own cards make a stay that
 * counts? */
static bool
visited(const struct ground *g, const struct window *w, const struct person *p,
    const char *region)
{
	const struct step *s;
	int32_t from, to, first = 0, last = LONG_AGO;
	char buffer[16];
	int where;

	for (s = p->steps; s->place != NULL; s++) {
		where = ground_find(g, s->place);
		if (strcmp(p->cards[s->card].holder, "former") == 0 ||
		    strcmp(ground_region(g, where, buffer, sizeof(buffer)),
			region) != 0)
			continue;
		from = at(w, s->from_day, s->from);
		to = at(w, s->to_day, s->to);
		if (from < 0)
			from = 0;
		if (to > w->now)
			to = w->now;
		if (from > to || from == w->now)
			continue;
		if (where < 0)
			return true;
		if (last == LONG_AGO || from - last > MAX_GAP)
			first = from;
		last = to;
		if (last - first >= MIN_STAY)
			return true;
	}
	return false;
}

static void
write_expected(FILE *f, const struct ground *g, const struct window *w,
    const struct person *p)
{
	const char *separator = "";
	char mine[16], other[16];
	const struct step *s, *t;
	const char *region;

	for (s = p->steps; s->place != NULL; s++) {
		region = ground_region(
		    g, ground_find(g, s->place), mine, sizeof(mine));
		for (t = p->steps; t < s; t++)
			if (strcmp(region,
				ground_region(g, ground_find(g, t->place),
				    other, sizeof(other))) == 0)
				break;
		if (t == s && visited(g, w, p, region)) {
			fprintf(f, "%s%s", separator, region);
			separator = " ";
		}
	}
}

void
people_write(const struct ground *g, const struct window *w, const char *path)
{
	FILE *f = file_create(path);
	int i;

	fprintf(f, "msisdn,id_last4,language,story,story_zh,expect\n");
	for (i = 0; i < PEOPLE; i++) {
		fprintf(f, "%llu,%s,%s,%s,%s,",
		    (unsigned long long)(MSISDN + (uint64_t)i), people[i].id,
		    people[i].language, people[i].story, people[i].story_zh);
		write_expected(f, g, w, &people[i]);
		fprintf(f, "\n");
	}
	file_close(f, path);
}
