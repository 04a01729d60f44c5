/* A bounded memory of one number for a key. A key has one place, and whoever
 * used it last has it; so what is not found may have been put all the same.
 * No allocation after memo_new. */
#ifndef MEMO_H
#define MEMO_H

#include <stddef.h>
#include <stdint.h>

struct memo;

/* `places`, rounded up to a power of two, of 16 octets each. 0 or -ENOMEM. */
int memo_new(struct memo **mp, size_t places);
void memo_free(struct memo *m);

/* Keys are keyed hashes. A value of 0 forgets it; memo_get: 0 for none. */
void memo_put(struct memo *m, uint64_t key, uint64_t value);
uint64_t memo_get(const struct memo *m, uint64_t key);

#endif
