/* The code by which an answer can be checked: 12 digits, for keypads. Pure.
 *
 *   code = (UTC minute mod 1440) * 694444444 + MAC mod 694444444
 *
 * The MAC is over the number, the service, the absolute minute and the set of
 * places that were shown, each with the part of the window that it was shown
 * in; their order does not matter. Nothing is stored: who has the key and the
 * places makes it anew. */
#ifndef CODE_H
#define CODE_H

#include <stddef.h>
#include <stdint.h>

#include "key.h"

#define CODE_DIGITS 12
#define CODE_MACS 694444444u /* a guess at the MAC is right once in so many */
#define CODE_MINUTES 1440    /* that a code can tell apart */

/* What a code is made of, as it is put together. */
struct code {
	const struct key *key;
	int64_t minute; /* since 1970 */
	uint64_t head;  /* number, service and minute, keyed */
	uint64_t sum;   /* of the places' shares */
};

/* `number` is its pseudonym (key_msisdn), `service` that of its name
 * (key_hash), `time` any second of the minute. */
void code_begin(struct code *c, const struct key *k, uint64_t number,
    uint64_t service, int64_t time);

/* Adds a place, each once. Gives its share, by which it can be left out. */
uint64_t code_add(struct code *c, uint32_t part, uint32_t region);

/* The code, of all that was added but the places whose shares `left_out` is
 * the sum of. */
uint64_t code_value(const struct code *c, uint64_t left_out);

/* The 12 digits, with leading zeros. */
void code_format(uint64_t code, char out[CODE_DIGITS + 1]);

/* UTF-8; spaces and hyphens between the digits, and their full-width forms,
 * are forgiven. 0, or -EBADMSG for what no code can be. */
int code_parse(const char *s, uint64_t *code);

/* The minute that a code stands for, as its first second: the latest such
 * minute that is not after `now`. */
int64_t code_time(uint64_t code, int64_t now);

#endif
