/* Made-up subscribers and the records that mediation would deliver of them:
 * shared by the files of `journeys`.  Times are whole seconds since the
 * window's first local midnight.
 */
#ifndef JOURNEYS_H
#define JOURNEYS_H

#include <stdint.h>
#include <stdio.h>

#include "ground.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define LONG_AGO INT32_MIN
#define NEVER INT32_MAX
#define MAX_VISITS 96

/* records.c: visits to records, records to files. */
struct phone {
	uint64_t key; /* of its stream of chance */
	int period;   /* seconds between periodic updates */
	bool steady;  /* periodic updates alone: no calls, no border */
	enum device device;
	int home, work;           /* towns */
	int home_site, work_site; /* and their sites */
};
enum { AT_HOME = 1, AT_WORK = 2, AT_START = 4, AT_END = 8, PASSING = 16 };
struct visit {
	int32_t from, to; /* the phone is on in [from, to) */
	int where;
	int how; /* AT_START, AT_END: a record at that very time as well */
};
struct visits {
	struct visit v[MAX_VISITS];
	int n;
};
struct record {
	int32_t time;
	uint32_t due; /* seconds into the day at which it is delivered */
	uint32_t card, place;
};
struct day {
	const struct ground *g;
	int32_t start, end;
	struct record *records;
	size_t n, size;
};

void visits_add(struct visits *v, int32_t from, int32_t to, int where, int how);
/* The day's records of one card, active in [from, until). */
void day_visits(struct day *d, const struct phone *p, uint32_t card,
    int32_t from, int32_t until, const struct visits *v);
/* Bring the records into the order of delivery and write them; `epoch` is
 * that of time 0. */
void day_write(struct day *d, int64_t epoch, const char *path);
uint64_t card_imsi(uint32_t card);

/* lives.c: the many, by chance. */
struct card {
	uint32_t id;
	int32_t from, until; /* active; LONG_AGO, NEVER */
	uint64_t life;       /* the key of whom it is carried by */
	int holder;
};
struct line {
	uint64_t msisdn;
	struct card cards[2];
	int ncards;
};
struct window {
	uint64_t seed;
	int days;    /* whole days before today */
	int32_t now; /* where it ends */
	int64_t epoch;
};

void line_make(struct line *l, const struct window *w, uint32_t number);
/* Where the one with this key is on a day (0 is the first). */
void life_day(struct visits *v, struct phone *p, const struct ground *g,
    const struct window *w, uint64_t key, int day);

/* people.c: the few, by name. */
#define PEOPLE_CARDS 0xffff0000u

void people_day(struct day *d, const struct window *w);
void people_write_subscribers(FILE *f, const struct window *w);
void people_write(
    const struct ground *g, const struct window *w, const char *path);

/* journeys.c */
FILE *file_create(const char *path);
void file_close(FILE *f, const char *path);
void *must_alloc(void *old, size_t n, size_t size);
void subscriber_row(FILE *f, const struct window *w, uint32_t card,
    uint64_t msisdn, const char *id, int32_t from, int32_t until,
    const char *holder, const char *language);

#endif
