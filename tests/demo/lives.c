/* The many: who they are, and where chance takes them.
 *
 * Each is drawn from the key of a stream of its own, so that neither the
 * number of subscribers nor the order of days matters.  A life is a chain of
 * stops: at home, away, home again; a day at home is an ordinary one (sleep,
 * way to work, work), and the legs between two stops pass towns or, in the
 * air and over a border, nothing.  Of a hundred, in two weeks, seventy-six
 * stay at home, eighteen go to one to three places, six to four to ten.
 */
#include <string.h>

#include "journeys.h"

#define MAX_STOPS 64
#define MAX_PASSED 24
#define FORTNIGHT 14

enum leg { BY_ROAD, BY_TRAIN, SILENT };
struct stop {
	int where;
	int32_t arrive, leave;
	enum leg leg; /* on which one came */
};
struct life {
	const struct ground *g;
	uint64_t key;
	struct phone *phone;
	bool works, off_at_night, seldom_on;
	int32_t leaves, returns; /* from home, from work */
	struct stop stops[MAX_STOPS];
	int nstops;
};
enum { WHO, TRIPS, OF_DAY = 16 }; /* purposes of chance */

static void
life_make(struct life *l, struct phone *p, const struct ground *g, uint64_t key)
{
	struct rng r = rng_at(key, WHO);
	const struct town *home;
	int x;

	*p = (struct phone){.key = mix(key), .home = ground_home(g, &r)};
	x = rng_between(&r, 0, 99);
	p->period = x < 2 ? HOUR : x < 25 ? 3 * HOUR / 2 : 2 * HOUR;
	x = rng_between(&r, 0, 99);
	p->device = x < 12 ? DEVICE_2G : x < 72 ? DEVICE_4G : DEVICE_5G;
	p->home_site = rng_between(&r, 0, 11);
	p->work_site = rng_between(&r, 0, 11);
	p->work = p->home;
	home = &g->towns[p->home];
	if (home->nnear > 0 && rng_between(&r, 0, 99) < 20)
		p->work = home->near[rng_between(&r, 0, home->nnear - 1)];
	l->g = g;
	l->key = key;
	l->phone = p;
	l->works = rng_between(&r, 0, 99) < 75;
	l->off_at_night = rng_between(&r, 0, 99) < 60;
	l->seldom_on = rng_between(&r, 0, 99) < 6;
	l->leaves = rng_between(&r, 27 * HOUR / 4, 9 * HOUR);
	l->returns = rng_between(&r, 33 * HOUR / 2, 39 * HOUR / 2);
	l->stops[0] = (struct stop){p->home, LONG_AGO, NEVER, SILENT};
	l->nstops = 1;
}

/* Seconds from one place to another, and by which kind of leg. */
static int32_t
travel(const struct life *l, struct rng *r, int from, int to, enum leg *leg)
{
	double km, hours;

	if (from < 0 || to < 0) {
		*leg = SILENT;
		return l->g->countries[-1 - (from < 0 ? from : to)].hours *
		    HOUR;
	}
	km = ground_km(l->g, from, to);
	if (km < 120) {
		*leg = BY_ROAD;
		hours = 0.25 + km * 1.3 / 60;
	} else if (km < 800 || rng_unit(r) < 0.35) {
		*leg = BY_TRAIN;
		hours = km * 1.2 / rng_between(r, 180, 240);
	} else {
		*leg = SILENT;
		hours = 2.5 + km / 750;
	}
	return (int32_t)(hours * HOUR);
}

static int32_t
time_to_leave(struct rng *r, int32_t arrive)
{
	int32_t day = arrive - ((arrive % DAY) + DAY) % DAY, leave;
	int x = rng_between(r, 0, 99);

	if (x < 12)
		leave = arrive + rng_between(r, HOUR, 10 * HOUR / 3);
	else if (x < 50)
		leave = arrive + rng_between(r, 5 * HOUR, 9 * HOUR);
	else
		leave = day + rng_between(r, 1, 2) * DAY +
		    rng_between(r, 7 * HOUR, 18 * HOUR);
	if (leave > day + 21 * HOUR && leave < day + DAY + 7 * HOUR)
		leave = day + DAY + rng_between(r, 7 * HOUR, 10 * HOUR);
	return leave;
}

static void
go(struct life *l, struct rng *r, int where)
{
	struct stop *last = &l->stops[l->nstops - 1], *next = last + 1;

	next->where = where;
	next->arrive =
	    last->leave + travel(l, r, last->where, where, &next->leg);
	next->leave = time_to_leave(r, next->arrive);
	l->nstops++;
}

static int
country_to_see(const struct ground *g, struct rng *r)
{
	double sum = 0, x;
	int i;

	for (i = 0; i < g->ncountries; i++)
		sum += g->countries[i].weight;
	x = rng_unit(r) * sum;
	for (i = 0; i < g->ncountries - 1; i++)
		if ((x -= g->countries[i].weight) < 0)
			break;
	return i;
}

/* Hong Kong and Macao are over the bridge from the city at the gate. */
static void
go_abroad(struct life *l, struct rng *r)
{
	int i = country_to_see(l->g, r), gate = l->g->countries[i].gate;
	const struct town *towns = l->g->towns;
	int here = l->stops[l->nstops - 1].where;

	if (gate >= 0 && towns[here].region != towns[gate].region)
		go(l, r, gate);
	go(l, r, -1 - i);
	if (gate >= 0 && towns[l->phone->home].region != towns[gate].region)
		go(l, r, gate);
}

static void
trip(struct life *l, struct rng *r, int32_t start, int places)
{
	int home = l->phone->home, here = home;

	l->stops[l->nstops - 1].leave = start;
	for (; places > 0; places--) {
		here = ground_destination(l->g, here, r);
		go(l, r, here);
	}
	if (rng_between(r, 0, 99) < 10)
		go_abroad(l, r);
	go(l, r, home);
	l->stops[l->nstops - 1].leave = NEVER;
}

static void
plan_trips(struct life *l, int days)
{
	struct rng r = rng_at(l->key, TRIPS);
	int day, x, places;
	int32_t start;

	if (l->seldom_on)
		return;
	/* From a few days before, so that some are away when it begins. */
	for (day = -3; day < days && l->nstops < MAX_STOPS - 16;
	     day += FORTNIGHT) {
		x = rng_between(&r, 0, 99);
		if (x < 76)
			continue;
		places =
		    x < 94 ? rng_between(&r, 1, 3) : rng_between(&r, 4, 10);
		start = (day + rng_between(&r, 0, FORTNIGHT - 1)) * DAY +
		    rng_between(&r, 6 * HOUR, 11 * HOUR);
		if (start >= l->stops[l->nstops - 1].arrive + 8 * HOUR)
			trip(l, &r, start, places);
	}
}

/* The part of [from, to) that falls on this day while the phone is on. */
static void
add_stay(const struct life *l, struct visits *v, int day, int32_t from,
    int32_t to, int where, int how)
{
	struct rng r = rng_at(l->key, OF_DAY + (uint64_t)day);
	int32_t start = day * DAY, end = start + DAY;

	if (l->off_at_night) {
		end = start + rng_between(&r, 22 * HOUR, 47 * HOUR / 2);
		start += rng_between(&r, 25 * HOUR / 4, 31 * HOUR / 4);
	}
	if (from < start) {
		from = start;
		how &= ~AT_START;
		if (l->off_at_night)
			how |= AT_START;
	}
	visits_add(v, from, to < end ? to : end, where, how);
}

static void
add_passed(
    const struct life *l, struct visits *v, int day, const struct stop *to)
{
	const struct stop *from = to - 1;
	int towns[MAX_PASSED], n, i;
	double km[MAX_PASSED], total;
	int32_t time;

	if (to->leg == SILENT || from->where == to->where)
		return;
	n = ground_path(l->g, from->where, to->where,
	    to->leg == BY_ROAD ? 12 : 40, towns, km, MAX_PASSED, &total);
	for (i = 0; i < n; i++) {
		time = from->leave +
		    (int32_t)((to->arrive - from->leave) * km[i] / total);
		if (time / DAY == day)
			visits_add(v, time, time, towns[i], PASSING);
	}
}

static void
ordinary_day(const struct life *l, struct visits *v, int day, bool at_work)
{
	const struct phone *p = l->phone;
	struct rng r = rng_at(l->key, OF_DAY + (uint64_t)day + (1u << 31));
	int32_t from = day * DAY, leave, back, way;
	int how = AT_WORK;

	if (l->seldom_on) {
		from += rng_between(&r, 8 * HOUR, 20 * HOUR);
		visits_add(v, from, from + rng_between(&r, 1200, 6000), p->home,
		    AT_HOME | AT_START);
		return;
	}
	if (!at_work) {
		add_stay(l, v, day, from, from + DAY, p->home, AT_HOME);
		return;
	}
	way = 900 + (int32_t)(ground_km(l->g, p->home, p->work) * 90);
	leave = from + l->leaves + rng_between(&r, -900, 900);
	back = from + l->returns + rng_between(&r, -1800, 1800);
	/* A new area is reported at once, a cell of the same one is not. */
	if (p->work != p->home)
		how |= AT_START;
	add_stay(l, v, day, from, leave, p->home, AT_HOME);
	add_stay(l, v, day, leave + way, back, p->work, how);
	add_stay(l, v, day, back + way, from + DAY, p->home,
	    AT_HOME | (how & AT_START));
}

static bool
is_working_day(const struct window *w, int day)
{
	/* 1970-01-01 was a Thursday; the epoch is that of a local midnight */
	int64_t weekday = ((w->epoch + 8 * HOUR) / DAY + day + 4) % 7;

	return weekday != 0 && weekday != 6;
}

void
life_day(struct visits *v, struct phone *p, const struct ground *g,
    const struct window *w, uint64_t key, int day)
{
	int32_t start = day * DAY, end = start + DAY;
	const struct stop *s;
	struct life l;
	int i;

	v->n = 0;
	life_make(&l, p, g, key);
	plan_trips(&l, w->days + 1);
	for (i = 0; i < l.nstops; i++) {
		s = &l.stops[i];
		if (i > 0 && s->arrive > start && s[-1].leave < end)
			add_passed(&l, v, day, s);
		if (s->arrive >= end || s->leave <= start)
			continue;
		if (s->arrive <= start && s->leave >= end &&
		    s->where == p->home)
			ordinary_day(
			    &l, v, day, l.works && is_working_day(w, day));
		else
			add_stay(&l, v, day, s->arrive, s->leave, s->where,
			    AT_START | (s->where == p->home ? AT_HOME : 0));
	}
}

/* A number of the many: 138 and eight digits, from 00001000 on. */
void
line_make(struct line *l, const struct window *w, uint32_t number)
{
	uint64_t key = mix(w->seed + mix(number + 1));
	struct rng r = rng_at(key, 0);
	int kind = rng_between(&r, 0, 999), middle;
	int32_t span = w->days * DAY;
	struct card *c = l->cards;

	l->msisdn =
	    8613800001000 + (uint64_t)number * 15485863 % (100000000 - 1000);
	l->ncards = 1;
	c[0] = (struct card){number, LONG_AGO, NEVER, mix(key + 1), 0};
	if (span < 3 * DAY)
		return;
	middle = rng_between(&r, DAY, span - DAY);
	if (kind < 20) { /* a new SIM, same holder */
		l->ncards = 2;
		c[1] = c[0];
		c[0].until = c[1].from = middle;
	} else if (kind < 25) { /* the number changes hands */
		l->ncards = 2;
		c[0].until = middle - rng_between(&r, HOUR, DAY);
		c[1] = (struct card){0, middle, NEVER, mix(key + 2), 1};
	} else if (kind < 35) { /* a new subscriber */
		c[0].from = middle;
	}
	c[1].id = number | 1u << 31;
}
