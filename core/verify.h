/* Is a code that of an answer which we gave? No answer is kept for that: it is
 * rebuilt as of the code's minute, from what is known now, with the rows and
 * corrections of then. Records that came since only add to it, so what was
 * told is that set of places or one of its subsets. */
#ifndef VERIFY_H
#define VERIFY_H

#include "core.h"
#include "history.h"

/* So many sets are tried over all of a carrier's services, those with the
 * fewest places missing first: a guess is right once in CODE_MACS for each. */
#define VERIFY_SETS 64

/* Checks the code, as it was typed, of an answer to `number` (key_msisdn) by a
 * service of `carrier`, within a day of it. Fills in the answer's verdict:
 *
 *   VERDICT_GENUINE    with the places that were told, without marks, in the
 *                      order of the answer, when it was given (`issued`, the
 *                      first second of its minute) and its window
 *   VERDICT_CORRECTED  it was given, at `issued`, but a correction was made
 *                      since
 *   VERDICT_GONE       what was known of the number then was deleted
 *   VERDICT_WRONG_CODE anything else, also when nobody has that number
 *
 * The places last until the next use of `h`. `s` has a snapshot begun; the
 * vault is open. *sets is how many were tried. 0 or -errno. */
int verify(struct history *h, const struct core *core,
    const struct conf_carrier *carrier, uint64_t number, const char *code,
    int64_t now, struct answer *a, unsigned *sets);

#endif
