/* A table of places, four for each request that may be in flight, so that the
 * next sequence number's place is mostly free: a response finds its request
 * by one look.
 *
 *   sequence_number & mask ──▶ { ref, sequence_number, since; late }
 *
 * Each place also keeps the last request of it that was given up, until the
 * next one is: so a response that comes late still finds what it is for. By
 * their refs these are in lists, as many as there are places, so that a stall
 * of a whole window is forgotten without a search for each.
 *
 * The rate is the option's, or the pace's when that is less: a bucket of at
 * most a second's credit, so that a quiet hour is no burst, and of a tenth of
 * it for an SMSC that has complained. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/util.h>

#include "pace.h"
#include "pdu.h"
#include "window.h"

#define PAUSE_MS 200
#define SEQUENCE_MAX 0x7fffffffu /* 5.1.4 */
/* Not from 1: some SMSCs put a PDU's length where a generic_nack has the
 * sequence number, and that must not be one that is in use. */
#define SEQUENCE_FIRST (2 * PDU_SKIP_MAX)

struct late { /* none when ref is null */
	LIST_ENTRY(late) entry;
	void *ref;
	uint32_t sequence_number;
};

LIST_HEAD(late_list, late);

struct request {                    /* a free place when ref is null */
	TAILQ_ENTRY(request) entry; /* in order of age */
	void *ref;
	uint32_t sequence_number;
	int64_t since;
	struct late late;
};

TAILQ_HEAD(requests, request);

struct window {
	uint32_t size, rate, outstanding;
	uint32_t sequence_number, mask;
	int64_t paused_until;
	int64_t credit_at;
	double credit; /* requests that the rate allows at credit_at */
	struct pace pace;
	struct requests in_flight;
	struct request *places;
	struct late_list *late; /* mask + 1 of them */
};

/* Makes a table that is empty: 0 or -ENOMEM. */
static int
make_table(struct window *w, uint32_t size)
{
	uint32_t n = 16;

	while (n < 4 * size)
		n *= 2;
	w->mask = n - 1;
	w->outstanding = 0;
	TAILQ_INIT(&w->in_flight);
	w->places = calloc(n, sizeof(*w->places));
	w->late = calloc(n, sizeof(*w->late));
	return w->places != NULL && w->late != NULL ? 0 : -ENOMEM;
}

static void
free_table(struct window *w)
{
	free(w->places);
	free(w->late);
}

/* Refs are addresses in a table of large things. */
static struct late_list *
late_of(const struct window *w, const void *ref)
{
	uint64_t h = (uintptr_t)ref * UINT64_C(0x9e3779b97f4a7c15);

	return &w->late[h >> 32 & w->mask];
}

static void
add_late(struct window *w, void *ref, uint32_t sequence_number)
{
	struct late *late = &w->places[sequence_number & w->mask].late;

	if (late->ref != NULL)
		LIST_REMOVE(late, entry);
	late->ref = ref;
	late->sequence_number = sequence_number;
	LIST_INSERT_HEAD(late_of(w, ref), late, entry);
}

static void
remove_late(struct late *late)
{
	LIST_REMOVE(late, entry);
	late->ref = NULL;
}

/* Requests a second, and how many at once; 0 for no limit. */
static double
rate(const struct window *w, int64_t now, double *most)
{
	double pace = pace_rate(&w->pace, now);

	if (pace == 0 || (w->rate != 0 && w->rate < pace))
		return *most = w->rate;
	*most = pace / 10 > PACE_LEAST ? pace / 10 : PACE_LEAST;
	return pace;
}

/* What the rate allows. */
static double
credit(const struct window *w, int64_t now)
{
	double most, r = rate(w, now, &most);
	double c = w->credit + (now - w->credit_at) / 1000.0 * r;

	return c < most ? c : most;
}

int
window_new(struct window **wp, uint32_t size, uint32_t rate)
{
	struct window *w = calloc(1, sizeof(*w));
	uint32_t r;

	if (w == NULL)
		return -ENOMEM;
	if (make_table(w, size) < 0) {
		window_free(w);
		return -ENOMEM;
	}
	w->size = size;
	w->rate = rate;
	evutil_secure_rng_get_bytes(&r, sizeof(r));
	w->sequence_number = SEQUENCE_FIRST + r % (SEQUENCE_MAX / 2);
	*wp = w;
	return 0;
}

void
window_free(struct window *w)
{
	if (w == NULL)
		return;
	free_table(w);
	free(w);
}

static void
put(struct window *w, void *ref, uint32_t sequence_number, int64_t since)
{
	struct request *r = &w->places[sequence_number & w->mask];

	r->ref = ref;
	r->sequence_number = sequence_number;
	r->since = since;
	TAILQ_INSERT_TAIL(&w->in_flight, r, entry);
	w->outstanding++;
}

/* Places that differ in few bits differ in more. */
int
window_reserve(struct window *w, uint32_t size)
{
	struct window old = *w;
	struct request *r;

	if (4 * size <= w->mask + 1)
		return 0;
	if (make_table(w, size) < 0) {
		free_table(w);
		*w = old;
		return -ENOMEM;
	}
	TAILQ_FOREACH (r, &old.in_flight, entry)
		put(w, r->ref, r->sequence_number, r->since);
	for (uint32_t i = 0; i <= old.mask; i++) {
		const struct late *late = &old.places[i].late;

		if (late->ref != NULL)
			add_late(w, late->ref, late->sequence_number);
	}
	free_table(&old);
	return 0;
}

void
window_resize(struct window *w, uint32_t size, uint32_t rate, int64_t now)
{
	w->credit = credit(w, now);
	w->credit_at = now;
	w->size = size;
	w->rate = rate;
}

void
window_reset(struct window *w, int64_t now)
{
	memset(w->places, 0, (w->mask + 1) * sizeof(w->places[0]));
	memset(w->late, 0, (w->mask + 1) * sizeof(w->late[0]));
	TAILQ_INIT(&w->in_flight);
	w->outstanding = 0;
	pace_cut(&w->pace, now);
}

void
window_open(struct window *w, int64_t now)
{
	w->credit = 0;
	w->credit_at = now;
	w->paused_until = 0;
	pace_again(&w->pace, now);
}

unsigned
window_room(const struct window *w, int64_t now)
{
	unsigned room = w->size - w->outstanding;
	double most, allowed;

	if (now < w->paused_until || w->outstanding > w->size)
		return 0;
	if (rate(w, now, &most) == 0)
		return room;
	allowed = credit(w, now);
	return allowed < room ? allowed : room;
}

uint32_t
window_outstanding(const struct window *w)
{
	return w->outstanding;
}

void
window_taken(struct window *w, int64_t now)
{
	pace_taken(&w->pace, now);
}

void
window_throttled(struct window *w, int64_t now)
{
	if (!pace_throttled(&w->pace, now))
		return;
	w->paused_until = now + PAUSE_MS;
	w->credit = 0;
	w->credit_at = now;
}

uint32_t
window_sequence(struct window *w)
{
	do {
		if (++w->sequence_number > SEQUENCE_MAX)
			w->sequence_number = SEQUENCE_FIRST;
	} while (w->places[w->sequence_number & w->mask].ref != NULL);
	return w->sequence_number;
}

uint32_t
window_add(struct window *w, void *ref, int64_t now)
{
	uint32_t n = window_sequence(w);
	double most;

	put(w, ref, n, now);
	if (rate(w, now, &most) != 0) {
		w->credit = credit(w, now) - 1;
		w->credit_at = now;
	}
	return n;
}

void *
window_take(struct window *w, uint32_t sequence_number)
{
	struct request *r = &w->places[sequence_number & w->mask];
	void *ref = r->ref;

	if (ref == NULL || r->sequence_number != sequence_number)
		return NULL;
	r->ref = NULL;
	TAILQ_REMOVE(&w->in_flight, r, entry);
	w->outstanding--;
	return ref;
}

void *
window_overdue(struct window *w, int64_t since)
{
	struct request *r = TAILQ_FIRST(&w->in_flight);

	if (r == NULL || r->since >= since)
		return NULL;
	add_late(w, r->ref, r->sequence_number);
	return window_take(w, r->sequence_number);
}

void *
window_late(struct window *w, uint32_t sequence_number)
{
	struct late *late = &w->places[sequence_number & w->mask].late;
	void *ref = late->ref;

	if (ref == NULL || late->sequence_number != sequence_number)
		return NULL;
	remove_late(late);
	return ref;
}

void
window_forget(struct window *w, const void *ref)
{
	struct late *late, *next;

	for (late = LIST_FIRST(late_of(w, ref)); late != NULL; late = next) {
		next = LIST_NEXT(late, entry);
		if (late->ref == ref)
			remove_late(late);
	}
}

struct window_state
window_state(const struct window *w, int64_t now)
{
	double most, may = rate(w, now, &most);

	return (struct window_state){
	    .size = w->size,
	    .outstanding = w->outstanding,
	    .rate = pace_taken_rate(&w->pace, now),
	    .pace = may,
	    .paced = may != 0 && may != w->rate,
	};
}
