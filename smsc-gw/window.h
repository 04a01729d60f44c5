/* What a link may have in flight: requests that await their responses, by
 * sequence number; how many there may be at once, and how many a second.
 * Pure but for its memory; no clock of its own. All times are milliseconds of
 * one monotonic clock. */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdint.h>

struct window;

/* `size` requests at once; `rate` of them a second, 0 for no limit. 0 or
 * -ENOMEM. */
int window_new(struct window **wp, uint32_t size, uint32_t rate);
void window_free(struct window *w);

/* Makes room in memory for a size to come. 0 or -ENOMEM. */
int window_reserve(struct window *w, uint32_t size);

/* Another size, no greater than was reserved or made with, and another rate,
 * from now on. What is in flight stays; where that is more than the size,
 * there is no room until it is less. */
void window_resize(struct window *w, uint32_t size, uint32_t rate, int64_t now);

/* The connection is over: nothing is in flight or late. Sequence numbers go on
 * (SMPP 3.4 5.1.4), so that a response to it finds nothing in the next. */
void window_reset(struct window *w, int64_t now);
/* The next one is there: no credit is earned yet, and what the SMSC had enough
 * of on the last one it is sent little of at first (pace.h). */
void window_open(struct window *w, int64_t now);

/* How many requests may be sent now: what is left of the size and of the
 * rate, or of what the SMSC takes when that is less. */
unsigned window_room(const struct window *w, int64_t now);

/* How many await their responses. */
uint32_t window_outstanding(const struct window *w);

/* The SMSC took a request, or had enough of them (pace.h): then there is no
 * room for a moment, and for a while no more than it can take. */
void window_taken(struct window *w, int64_t now);
void window_throttled(struct window *w, int64_t now);

/* A sequence number that nothing in flight has, for a request that is not
 * counted (enquire_link, a bind). */
uint32_t window_sequence(struct window *w);

/* Counts a request in; `ref`, not null, is what its response belongs to. There
 * must be room. Returns its sequence number. */
uint32_t window_add(struct window *w, void *ref, int64_t now);

/* The response has come: returns the request's ref, or null when it is too
 * late or was never asked for. */
void *window_take(struct window *w, uint32_t sequence_number);

/* Takes the oldest, if it was added before `since`, and gives its ref; else
 * null. It is remembered as late, for as long as memory goes. */
void *window_overdue(struct window *w, int64_t since);

/* The response to one that was overdue: returns its ref, once, or null. */
void *window_late(struct window *w, uint32_t sequence_number);

/* Remembers nothing late of a ref. */
void window_forget(struct window *w, const void *ref);

/* How it stands. */
struct window_state {
	uint32_t size, outstanding;
	double rate; /* requests a second that the SMSC took of late */
	double pace; /* that may be sent a second; 0 for no limit */
	int paced;   /* the SMSC's is less than that of the options */
};

struct window_state window_state(const struct window *w, int64_t now);

#endif
