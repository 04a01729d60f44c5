/* A state that others are to hear of, in one line for each change: but should
 * it come and go all the time, no more than one line in TOLD_MS. Pure, no clock
 * of its own; all times are milliseconds of one clock that is never set. */
#ifndef TOLD_H
#define TOLD_H

#include <stdint.h>

#define TOLD_MS 1000

/* All zero at first: it is 0, and so it was told. */
struct told {
	int is, said;
	unsigned changes; /* since the last line */
	int64_t at;       /* of that; 0: there was none */
};

/* It is `is` now; to be called whenever that is seen, changed or not. How many
 * changes a line is to be about, or 0 for no line now. */
unsigned told_change(struct told *t, int is, int64_t now);

#endif
