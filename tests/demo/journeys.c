/* Writes sample data: cells, subscribers, and the location and roaming records
 * that a carrier's mediation would deliver of them, a file a day.
 *
 * One seed and one day give the same bytes (today's records end at --at), and
 * a subscriber's journeys do not depend on how many there are.  A day is made
 * from the seed alone, without the days before it, so that each processor
 * takes the next one.
 */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "journeys.h"

#define ZONE (8 * HOUR) /* Asia/Shanghai, without summer time since 1991 */
#define MAX_SUBSCRIBERS 90000000
#define MAX_DAYS 366
#define MAX_WORKERS 64

static const char usage[] =
    "usage: journeys [--subscribers N] [--seed S] [--at TIME] [--days D]\n"
    "                [--towns FILE] [--tables DIR] DIR\n"
    "\n"
    "Writes cells.csv, subscribers.csv, people.csv and, for each day,\n"
    "records-YYYYMMDD.csv.gz into DIR, which is made if need be.\n"
    "\n"
    "  --subscribers N  how many besides the sample people (100000)\n"
    "  --seed S         another seed, other journeys (1)\n"
    "  --at TIME        now: RFC 3339 or epoch seconds (the clock's)\n"
    "  --days D         whole days before today in Asia/Shanghai (14)\n"
    "  --towns FILE     positions of towns (tests/demo/towns.csv)\n"
    "  --tables DIR     reference tables (conf)\n";

struct job {
	const struct ground *ground;
	struct window window;
	uint32_t subscribers;
	const char *dir;
	int next; /* day to be written */
	uint64_t records;
};

void *
must_alloc(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n, size);

	if (p == NULL)
		err(1, "%zu times %zu bytes", n, size);
	return p;
}

FILE *
file_create(const char *path)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		err(1, "%s", path);
	return f;
}

void
file_close(FILE *f, const char *path)
{
	int failed = ferror(f);

	if (fclose(f) != 0 || failed)
		err(1, "%s", path);
}

static void
file_path(char *path, size_t size, const char *dir, const char *name)
{
	if (snprintf(path, size, "%s/%s", dir, name) >= (int)size)
		errx(1, "%s/%s: too long a name", dir, name);
}

/* "2026-11-15", or with the time of day when it is not midnight. */
static void
print_time(FILE *f, const struct window *w, int32_t t)
{
	time_t local = (time_t)(w->epoch + t + ZONE);
	char buffer[32];
	struct tm tm;

	gmtime_r(&local, &tm);
	strftime(buffer, sizeof(buffer),
	    local % DAY == 0 ? "%Y-%m-%d" : "%Y-%m-%dT%H:%M:%S+08:00", &tm);
	fputs(buffer, f);
}

void
subscriber_row(FILE *f, const struct window *w, uint32_t card, uint64_t msisdn,
    const char *id, int32_t from, int32_t until, const char *holder,
    const char *language)
{
	fprintf(f, "%llu,%llu,%s,", (unsigned long long)card_imsi(card),
	    (unsigned long long)msisdn, id);
	print_time(f, w, from);
	fputc(',', f);
	if (until != NEVER)
		print_time(f, w, until);
	fprintf(f, ",%s,cmcc,%s\n", holder, language);
}

static void
print_card(FILE *f, const struct window *w, const struct line *l,
    const struct card *c, uint32_t number)
{
	struct rng r = rng_at(c->life, 1000);
	char holder[16], id[8];
	int32_t from = c->from;
	bool foreign = rng_between(&r, 0, 99) < 4;

	snprintf(holder, sizeof(holder), "h%08u%c", number, 'a' + c->holder);
	snprintf(id, sizeof(id), "%04d", rng_between(&r, 0, 9999));
	if (foreign)
		id[0] = (char)('A' + rng_between(&r, 0, 25));
	else if (rng_between(&r, 0, 10) == 0)
		id[3] = 'X';
	if (from == LONG_AGO)
		from = -DAY * rng_between(&r, 30, 4000);
	subscriber_row(f, w, c->id, l->msisdn, id, from, c->until, holder,
	    foreign ? "en" : "zh");
}

static void
write_subscribers(const struct job *j, const char *path)
{
	FILE *f = file_create(path);
	struct line l;
	uint32_t i;
	int c;

	fprintf(f,
	    "imsi,msisdn,id_last4,active_since,active_until,holder,"
	    "carrier,language\n");
	people_write_subscribers(f, &j->window);
	for (i = 0; i < j->subscribers; i++) {
		line_make(&l, &j->window, i);
		for (c = 0; c < l.ncards; c++)
			print_card(f, &j->window, &l, &l.cards[c], i);
	}
	file_close(f, path);
}

/* Where each card's life is on the day; two cards of one life are asked for
 * once. */
static void
line_day(struct day *d, const struct job *j, uint32_t number, int day)
{
	struct visits v;
	struct phone p;
	struct line l;
	const struct card *c;
	uint64_t known = 0;
	int i;

	line_make(&l, &j->window, number);
	for (i = 0; i < l.ncards; i++) {
		c = &l.cards[i];
		if (c->from >= d->end || c->until <= d->start)
			continue;
		if (c->life != known)
			life_day(&v, &p, d->g, &j->window, c->life, day);
		known = c->life;
		day_visits(d, &p, c->id, c->from, c->until, &v);
	}
}

static void
write_day(struct job *j, struct day *d, int day)
{
	const struct window *w = &j->window;
	time_t local = (time_t)(w->epoch + (int64_t)day * DAY + ZONE);
	char name[40], path[PATH_MAX];
	struct tm tm;
	uint32_t i;

	d->n = 0;
	d->start = day * DAY;
	d->end = day == w->days ? w->now : d->start + DAY;
	people_day(d, w);
	for (i = 0; i < j->subscribers; i++)
		line_day(d, j, i, day);
	gmtime_r(&local, &tm);
	strftime(name, sizeof(name), "records-%Y%m%d.csv.gz", &tm);
	file_path(path, sizeof(path), j->dir, name);
	day_write(d, w->epoch, path);
	__atomic_fetch_add(&j->records, d->n, __ATOMIC_RELAXED);
}

static void *
work(void *arg)
{
	struct job *j = arg;
	struct day d = {.g = j->ground};
	int day;

	while ((day = __atomic_fetch_add(&j->next, 1, __ATOMIC_RELAXED)) <=
	    j->window.days)
		write_day(j, &d, day);
	free(d.records);
	return NULL;
}

static void
write_records(struct job *j)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t workers[MAX_WORKERS];
	int i, started;

	if (n > MAX_WORKERS)
		n = MAX_WORKERS;
	for (started = 0; started < n - 1; started++)
		if ((errno = pthread_create(
			 &workers[started], NULL, work, j)) != 0)
			err(1, "thread");
	work(j);
	for (i = 0; i < started; i++)
		if ((errno = pthread_join(workers[i], NULL)) != 0)
			err(1, "thread");
}

static int64_t
number(const char *option, const char *text, int64_t low, int64_t high)
{
	long long n;
	char *end;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || n < low || n > high)
		errx(2, "%s: %s is not a whole number from %lld to %lld",
		    option, text, (long long)low, (long long)high);
	return n;
}

/* Seconds east of "+08:00", "-05:30" or "Z"; false when it is none. */
static bool
parse_offset(const char *text, int *seconds)
{
	int hours, minutes, n = 0;

	*seconds = 0;
	if (strcmp(text, "Z") == 0)
		return true;
	if (strlen(text) != 6 || (text[0] != '+' && text[0] != '-') ||
	    sscanf(text + 1, "%2d:%2d%n", &hours, &minutes, &n) != 2 ||
	    n != 5 || hours > 23 || minutes > 59)
		return false;
	*seconds = (hours * 60 + minutes) * (text[0] == '-' ? -60 : 60);
	return true;
}

static int64_t
parse_time(const char *text)
{
	struct tm tm = {0};
	const char *rest;
	int offset;

	if (text[strspn(text, "0123456789")] == '\0')
		return number("--at", text, 0, 253402300799);
	rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	if (rest == NULL || !parse_offset(rest, &offset))
		errx(2, "--at: %s is neither RFC 3339 nor epoch seconds", text);
	return timegm(&tm) - offset;
}

static void
set_window(struct window *w, int64_t now)
{
	int64_t midnight = (now + ZONE) / DAY * DAY - ZONE;

	w->epoch = midnight - (int64_t)w->days * DAY;
	w->now = (int32_t)(now - w->epoch);
	if (w->epoch < 0)
		errx(2, "--at: the window begins before 1970");
}

static const char *
options(struct job *j, int argc, char **argv, const char **towns,
    const char **tables)
{
	static const struct option known[] = {
	    {"subscribers", required_argument, NULL, 'n'},
	    {"seed", required_argument, NULL, 's'},
	    {"at", required_argument, NULL, 'a'},
	    {"days", required_argument, NULL, 'd'},
	    {"towns", required_argument, NULL, 't'},
	    {"tables", required_argument, NULL, 'r'},
	    {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int64_t now = time(NULL);
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'n':
			j->subscribers = (uint32_t)number(
			    "--subscribers", optarg, 0, MAX_SUBSCRIBERS);
			break;
		case 's':
			j->window.seed =
			    (uint64_t)number("--seed", optarg, 0, INT64_MAX);
			break;
		case 'a':
			now = parse_time(optarg);
			break;
		case 'd':
			j->window.days =
			    (int)number("--days", optarg, 0, MAX_DAYS);
			break;
		case 't':
			*towns = optarg;
			break;
		case 'r':
			*tables = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		exit(2);
	}
	set_window(&j->window, now);
	return argv[optind];
}

int
main(int argc, char **argv)
{
	const char *towns = "tests/demo/towns.csv", *tables = "conf";
	struct ground g = {0};
	struct job j = {.ground = &g,
	    .window = {.seed = 1, .days = 14},
	    .subscribers = 100000};
	char path[PATH_MAX];

	j.dir = options(&j, argc, argv, &towns, &tables);
	ground_load(&g, towns, tables);
	if (mkdir(j.dir, 0777) != 0 && errno != EEXIST)
		err(1, "%s", j.dir);
	file_path(path, sizeof(path), j.dir, "cells.csv");
	cells_write(&g, path);
	file_path(path, sizeof(path), j.dir, "subscribers.csv");
	write_subscribers(&j, path);
	file_path(path, sizeof(path), j.dir, "people.csv");
	people_write(&g, &j.window, path);
	write_records(&j);
	ground_free(&g);
	printf("%llu records of %u subscribers in %d days: %s\n",
	    (unsigned long long)j.records, j.subscribers, j.window.days + 1,
	    j.dir);
	if (fflush(stdout) != 0)
		err(1, "standard output");
	return 0;
}
