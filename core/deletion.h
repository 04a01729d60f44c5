/* Deletion of a person: of what was kept nothing is left but, for each IMSI and
 * the number, the time before which it is gone. Records from before are
 * refused, and runs from before are not shown and soon erased, so that no
 * replay brings them back. It is over when the longest window has passed, for
 * then records from before are refused anyway. */
#ifndef DELETION_H
#define DELETION_H

#include <stddef.h>
#include <stdint.h>

#include "state.h"
#include "stay.h"
#include "store.h"

/* Deletes what was kept of a person up to `now`: of the number's rows those of
 * `person` (struct subscriber). The number's corrections are erased, and what
 * its subject says but for deleted_at, which is set. It holds at once after
 * state_commit; the store's runs are erased by whichever process writes it
 * next. How many corrections there were, or -errno. */
int deletion_make(struct state *s, uint64_t msisdn,
    const struct subscriber *rows, size_t n, uint64_t person, int64_t now);

/* Everything was deleted, at `now`: no answer of before is to be told again,
 * nor one of before the small state was made. 0 or -errno. */
#define DELETION_ALL 0 /* the pseudonym of that */
int deletion_make_all(struct state *s, int64_t now);

/* The time before which the records of an IMSI's or MSISDN's pseudonym are
 * gone, 0 for none. 0 or -errno. */
int deletion_get(struct state *s, uint64_t key, int64_t *before);

/* All of them, by key, for whoever takes records in. All zero is none. */
struct deletions {
	struct deletion {
		uint64_t key;
		int64_t before;
	} * v;
	size_t n, cap;
};
int deletions_load(struct deletions *d, struct state *s);
void deletions_free(struct deletions *d);
/* As deletion_get. */
int64_t deletions_find(const struct deletions *d, uint64_t key);
/* Drops and cuts what was deleted of ordered runs: how many. */
size_t deletions_apply(const struct deletions *d, struct stays *s);

/* Forgets those from before `horizon`. How many, or -errno. */
int deletion_expire(struct state *s, int64_t horizon);

#endif
