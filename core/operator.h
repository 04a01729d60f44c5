/* An operator's act: who does it, and why, and its line in the audit. */
#ifndef OPERATOR_H
#define OPERATOR_H

#include "commands.h"

#define OPERATOR_NUMBERS 100 /* in one run, without --bulk */

/* Before a command shows or changes anything of persons: begins the audit. 0;
 * EXIT_USAGE, said, when strict_operator wants more to be given; EXIT_FAULT.
 */
int operator_begin(struct core *c, const struct options *o);

/* Are so many numbers allowed in one run? 0, or EXIT_USAGE, said. */
int operator_count(const struct core *c, const struct options *o, int numbers);

/* Who and why, as they may be kept: numbers in them are masked. */
struct operator_text {
	char by[AUDIT_TEXT + 1], reason[AUDIT_TEXT + 1];
};
void operator_text(const struct options *o, struct operator_text *t);

/* The line of an act: on disk when this returns 0. Else -errno, logged: then
 * nothing is to be shown, or done. Of `act`, channel, by and reason are filled
 * in here. */
int operator_note(
    struct core *c, const struct options *o, const struct audit_act *act);

#endif
