/* Locks: how often digits may be guessed. A number is locked after so many
 * wrong tries in a row, and each wrong try after that locks twice as long; ten
 * wrong on one local day lock until midnight. Pure: a subject (subject.h) in,
 * the next one out. */
#ifndef LOCK_H
#define LOCK_H

#include <stdint.h>

#include "conf.h"
#include "subject.h"

#define LOCK_DAY_TRIES 10
#define LOCK_MINUTES_MAX (30 * 1440) /* however often it was doubled */

/* Now, and the local day that it is in, [today, tomorrow); epoch seconds. */
struct lock_time {
	int64_t now, today, tomorrow;
};

/* The minutes that a number is locked for, rounded up; 0 when it is not. */
unsigned lock_minutes(const struct subject *x, int64_t now);

/* A wrong try of a number that is not locked; `tried` is what was said, hashed
 * (not 0). */
void lock_wrong(struct subject *x, const struct conf_limits *limits,
    const struct lock_time *t, uint64_t tried);

/* The right digits. Returns 1 when that changed anything. A day's wrong tries
 * count on: two people may hold the phone in turn. */
int lock_right(struct subject *x);

#endif
