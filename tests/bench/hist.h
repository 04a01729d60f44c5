/* How often a value came, in log-linear buckets: memory of one size, whatever
 * comes, and no value told wrong by more than 1/128 (0.8 %). Pure. */
#ifndef HIST_H
#define HIST_H

#include <stdint.h>

#define HIST_ERROR_PERCENT 0.8
#define HIST_BITS 7
#define HIST_TOP 36 /* greater than 2^36 counts as that: 19 hours of µs */
#define HIST_BUCKETS ((HIST_TOP - HIST_BITS + 2) << HIST_BITS)

struct hist {
	uint64_t n;
	uint32_t buckets[HIST_BUCKETS];
};

/* A value below 0 counts as 0. */
void hist_add(struct hist *h, int64_t value);
void hist_clear(struct hist *h);

/* The value that a share of all, 0 to 1, is not above; 0 for none. */
int64_t hist_quantile(const struct hist *h, double share);

#endif
