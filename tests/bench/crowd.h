/* The subscribers of a store for the benchmarks: who has been where, worked
 * out from a subscriber's number in it, so that who writes the store and who
 * checks the answers agree without asking each other. Pure. */
#ifndef CROWD_H
#define CROWD_H

#include <stddef.h>
#include <stdint.h>

#define CROWD_FIRST 8613800000000ull /* MSISDN of subscriber 0 */
#define CROWD_DIGITS "1234"          /* everybody's identity digits */
#define CROWD_PLACES 16
#define CROWD_MAX 12 /* places of one subscriber */

struct crowd_place {
	const char *record; /* as records.csv names it */
	const char *region; /* as cells.csv does; null for one abroad */
	uint16_t name[2];   /* how its Chinese name begins, in UTF-16 */
};

extern const struct crowd_place crowd_places[CROWD_PLACES];

/* Where subscriber `n` has been, as a set of bits: 1 << its place. Of all
 * subscribers 75 % have been to one place, 20 % to two to four, 5 % to five to
 * twelve. */
uint32_t crowd_visited(uint64_t n);

/* The places that a text in UTF-16, high octets first, names. */
uint32_t crowd_named(const uint8_t *text, size_t len);

#endif
