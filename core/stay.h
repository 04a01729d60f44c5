/* Runs of record times: who was in which region from when to when. Pure.
 *
 * A stay is a maximal run of one subscriber's record times in one region in
 * which neighbours are at most max_gap apart. Adding a record merges the runs
 * it touches, so the runs are the same whatever the order of the records and
 * however often one is repeated. */
#ifndef STAY_H
#define STAY_H

#include <stddef.h>
#include <stdint.h>

struct stay {
	uint64_t key;    /* the subscriber's pseudonym */
	uint32_t region; /* region.h */
	uint32_t first;  /* epoch seconds, first <= last */
	uint32_t last;
	uint32_t open_end; /* last is where it was cut, not inside it */
};

/* A growing array; all zero is empty. In what a store holds the order is
 * key, region, first, and no two runs of a (key, region) touch. */
struct stays {
	struct stay *v;
	size_t n, cap;
};

/* Appends. 0, or -ENOMEM with the array unchanged. */
int stays_push(struct stays *s, struct stay stay);
void stays_free(struct stays *s);

/* Adds one record to ordered runs. 1 when the runs changed, 0 when they held
 * it already, -ENOMEM with the runs unchanged. */
int stay_add(struct stays *s, uint64_t key, uint32_t region, uint32_t time,
    uint32_t max_gap);

/* Drops the runs that ended before `limit` and cuts those that reach across
 * it. Returns how many were dropped or cut. */
size_t stay_expire(struct stays *s, uint32_t limit);

/* Cuts the runs from index `from` on to a subscriber row's active times
 * [since, end), keeping those with a part in it. What is cut at `end` has an
 * open end: it lasts until then, but is not there in that second. */
void stay_cut(struct stays *s, size_t from, int64_t since, int64_t end);

/* Makes one person's runs of several subscribers' runs: by region, those
 * that overlap or are at most max_gap apart become one; key becomes 0. */
void stay_join(struct stays *s, uint32_t max_gap);

/* What a service asks of the runs: the window [lo, hi), min_stay in seconds,
 * regions as they are or the mainland ones by province. A window may be shown
 * in two parts, [middle, hi) and [lo, middle); a stay is judged in the whole
 * of it and shown in each part that it touches. */
struct window {
	int64_t lo, hi;
	int64_t middle; /* at most lo: one part */
	uint32_t min_stay;
	int by_province;
};

struct visit {
	uint32_t region; /* a region, or a province's code */
	int part;        /* 0; 1 for the part before the middle */
	int64_t last;    /* end of the latest stay that counts, in the part */
};

/* The places visited in the window, in the order of the answer: the later
 * part first; mainland; Hong Kong, Macao, Taiwan; countries; in each the
 * latest first, ties by code. `s` is joined; `out` has room for STAY_PARTS
 * times s->n. Returns how many. */
#define STAY_PARTS 2
size_t stay_visits(
    const struct stays *s, const struct window *w, struct visit *out);

#endif
