/* A table of admit.c: places that are found by a key, in memory that is shared
 * with the processes forked after it was made.
 *
 * Who uses a place takes its set first and leaves it when done, soon: never
 * across anything that waits. Should the process be killed in between, the set
 * is emptied for the next. */
#ifndef ADMIT_TABLE_H
#define ADMIT_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* What each place begins with; key 0 is free. */
struct place {
	uint64_t key;
	int64_t used;
};

struct stripe;

struct table {
	struct stripe *stripes; /* locks, each of some of the sets */
	char *places;
	size_t size;   /* octets of one */
	size_t mask;   /* sets - 1 */
	size_t octets; /* of all of it */
	int is_shared; /* to be set before a fork: locks are needed */
};

#define TABLE_WAYS 8 /* places in a set */

/* `sets` is a power of two. 0 or -ENOMEM. */
int table_new(struct table *t, size_t sets, size_t size);
void table_free(struct table *t);

void table_take(struct table *t, uint64_t key);
void table_leave(struct table *t, uint64_t key);

/* With the key's set taken. Its own place, or null; */
void *table_find(const struct table *t, uint64_t key);
/* its own, else a new one, all zeros but for key and time. */
void *table_make(struct table *t, uint64_t key, int64_t now);
void table_forget(struct table *t, void *place);

/* The number of a place, below sets * TABLE_WAYS. */
size_t table_number(const struct table *t, const void *place);

#endif
