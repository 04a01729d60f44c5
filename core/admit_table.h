/* A table of admit*.c: places that are found by a key, in memory that is shared
 * with the processes forked after it was made.
 *
 * Who uses a place takes its set first and leaves it when done, soon: never
 * across anything that waits. Should the process be killed in between, the set
 * is emptied for the next. */
#ifndef ADMIT_TABLE_H
#define ADMIT_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* A place, until its set is left. */
struct place {
	int64_t *used; /* when it was last heard of */
	void *data;    /* what its user has in it; null: there is no place */
	size_t number; /* below sets * TABLE_WAYS */
};

struct stripe;

struct table {
	struct stripe *stripes; /* locks, each of some of the sets */
	char *sets;
	size_t size;   /* octets of a place's data */
	size_t stride; /* and of a set */
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

/* With the key's set taken. Its own place, or none; */
struct place table_find(const struct table *t, uint64_t key);
/* its own, else a new one, all zeros but for the time. */
struct place table_make(struct table *t, uint64_t key, int64_t now);
void table_forget(struct table *t, const struct place *p);

/* A key is about to be looked for: its set is fetched meanwhile. */
void table_expect(const struct table *t, uint64_t key);

#endif
