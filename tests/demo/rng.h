/* Chance that is the same everywhere: splitmix64 (Steele, Lea, Flood 2014), a
 * stream of its own for whoever has a key.
 */
#ifndef RNG_H
#define RNG_H

#include <stdint.h>

struct rng {
	uint64_t state;
};

static inline uint64_t
mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static inline uint64_t
rng_next(struct rng *r)
{
	return mix(r->state += 0x9e3779b97f4a7c15);
}

/* The stream for one purpose `n` of the holder of `key`. */
static inline struct rng
rng_at(uint64_t key, uint64_t n)
{
	return (struct rng){mix(key + mix(n + 0x9e3779b97f4a7c15))};
}

static inline int
rng_between(struct rng *r, int low, int high)
{
	uint64_t n = (uint64_t)(high - low + 1);

	return low + (int)((rng_next(r) >> 32) * n >> 32);
}

static inline double
rng_unit(struct rng *r)
{
	return (double)(rng_next(r) >> 11) * 0x1p-53;
}

#endif
