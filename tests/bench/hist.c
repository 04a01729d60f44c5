/* Values below 128 have a bucket each; each power of two above, 128 of the
 * same width. */
#include <string.h>

#include "hist.h"

#define LINEAR (1 << HIST_BITS)

static unsigned
bucket_of(uint64_t v)
{
	unsigned shift;

	if (v < LINEAR)
		return v;
	if (v > 1ull << HIST_TOP)
		v = 1ull << HIST_TOP;
	shift = 63 - __builtin_clzll(v) - HIST_BITS;
	return shift * LINEAR + (v >> shift);
}

/* The greatest value of a bucket. */
static int64_t
edge_of(unsigned bucket)
{
	unsigned shift;

	if (bucket < LINEAR)
		return bucket;
	shift = bucket / LINEAR - 1;
	return ((int64_t)(bucket - shift * LINEAR + 1) << shift) - 1;
}

void
hist_add(struct hist *h, int64_t value)
{
	h->n++;
	h->buckets[bucket_of(value > 0 ? value : 0)]++;
}

void
hist_clear(struct hist *h)
{
	memset(h, 0, sizeof(*h));
}

int64_t
hist_quantile(const struct hist *h, double share)
{
	uint64_t sum = 0, want = share * h->n;

	if (h->n == 0)
		return 0;
	for (unsigned i = 0; i < HIST_BUCKETS; i++) {
		sum += h->buckets[i];
		if (sum >= want && sum > 0)
			return edge_of(i);
	}
	return edge_of(HIST_BUCKETS - 1);
}
