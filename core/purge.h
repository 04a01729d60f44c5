/* Erasing for good: a person, what is too old, everything. Each tells what it
 * did; a vault's store is closed for reading and opened for writing, which one
 * process at a time can do. */
#ifndef PURGE_H
#define PURGE_H

#include "core.h"

struct purge_counts {
	int64_t rows;     /* subscriber rows */
	int64_t stays;    /* runs dropped or cut */
	int64_t messages; /* that were still to be sent */
	int64_t corrections;
	int64_t deletions; /* that nothing depends on any more */
};

/* Erases the person who has a number, or had it last: their rows and stays,
 * and of the number what it was asked and told, its corrections, consent,
 * locks. Records from before now are refused from now on. That, and all but
 * rows and stays, holds even when it fails with -EBUSY because another process
 * writes the store: then the person is shown to nobody, and is to be purged
 * again. -EAGAIN when all is erased but from the files' logs, which others use.
 * -ENOTUNIQ when two people's rows begin at the same time; nothing is
 * done then. 0 or -errno. */
int purge_person(struct core *c, struct vault *v, const char *msisdn,
    struct purge_counts *n);

/* Erases what no window shows and no answer can be verified with any more. 0
 * or -errno. */
int purge_expired(struct core *c, struct vault *v, struct purge_counts *n);

/* The part of it that lies in the small state, which an import does, too:
 * corrections up to `oldest`, deletions and subjects that say nothing any
 * more. 0 or -errno. */
int purge_state(
    struct vault *v, int64_t oldest, int64_t now, struct purge_counts *n);

/* Erases all of the store and the small state; the service is closed then. 0
 * or -errno. */
int purge_all(struct core *c, struct vault *v, struct purge_counts *n);

#endif
