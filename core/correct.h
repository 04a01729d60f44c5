/* Corrections: what an operator put right in a person's history, an interval
 * in which the phone was in a region, or was not. They lie beside the records
 * and are applied to a person's joined runs when somebody asks, so that
 * records that come later, or are imported again, do not undo them. */
#ifndef CORRECT_H
#define CORRECT_H

#include <stddef.h>
#include <stdint.h>

#include "state.h"
#include "stay.h"

enum correct_act { CORRECT_ADD, CORRECT_REMOVE };

struct correction {
	uint32_t region;  /* region.h; no province */
	int64_t from, to; /* [from, to), epoch seconds, within 32 bits */
	enum correct_act act;
	int64_t made; /* when, epoch seconds */
};

/* Pure. */

/* Applies one to joined runs, as far as it lies in [since, end), which are a
 * subscriber row's active times: for a person, row after row, before the next
 * correction. What is added becomes one run with the runs that it overlaps or
 * meets, however large max_gap is; what is removed is cut out, and what it
 * leaves of a run are runs of their own. The runs stay in order. 0, or -ENOMEM
 * with the runs unchanged. */
int correct_apply(
    struct stays *s, const struct correction *c, int64_t since, int64_t end);

/* The table, in the small state. */

#define CORRECT_MAX 64      /* corrections of a number */
#define CORRECT_OPERATOR 64 /* octets, the NUL included */
#define CORRECT_REASON 256  /* likewise */

/* Who made one, and why. */
struct correct_note {
	char operator[CORRECT_OPERATOR];
	char reason[CORRECT_REASON];
};

/* Puts one on a number's pseudonym (key_msisdn) and notes that in its
 * subject; durable after state_commit. -ENOSPC when it has CORRECT_MAX, or
 * -errno. */
int correct_put(struct state *s, uint64_t msisdn, const struct correction *c,
    const char *operator, const char * reason);

/* Those made up to `as_of`, in the order in which they were made; *n at most
 * CORRECT_MAX. `notes` may be null. 0 or -errno. */
int correct_get(struct state *s, uint64_t msisdn, int64_t as_of,
    struct correction v[CORRECT_MAX], struct correct_note *notes, size_t *n);

/* Erases all that a number has; durable after state_commit. How many, or
 * -errno. */
int correct_forget(struct state *s, uint64_t msisdn);

/* Erases those that end before `horizon`, for no window shows them. How many,
 * or -errno. */
int correct_expire(struct state *s, int64_t horizon);

#endif
