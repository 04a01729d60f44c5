/* Notices: what a subscriber is told unasked, once, by USSD: that an operator
 * looked at their history. They lie sealed in the small state until the USSD
 * front end of their carrier takes them; who takes one erases it first, so
 * that it is never told twice and, at worst, not at all. */
#ifndef NOTICE_H
#define NOTICE_H

#include <stdint.h>

#include "core.h"
#include "text.h"

#define NOTICE_HOURS 24 /* then it is told no more */

struct notice {
	char imsi[DIGITS_MAX + 1];
	enum language language;
	int64_t looked_at; /* epoch seconds */
};

/* Leaves one for a carrier's front end; it holds after state_commit. 0 or
 * -errno. */
int notice_put(struct state *s, const struct key *k, const char *carrier,
    const struct notice *n);

/* Erases a carrier's notices, some at a time, and then hands each to `h`: whom
 * to tell, and the text of one page. Costs no write when there is none. Not
 * to be called between what is written and its state_commit. 0 or -errno. */
typedef void notice_h(
    const char *imsi, const char *say, enum alphabet alphabet, void *arg);
int notice_tell(
    struct core *c, const struct conf_carrier *carrier, notice_h *h, void *arg);

/* Erases what is of no use any more; it holds after state_commit. */
int notice_expire(struct state *s, int64_t now);

#endif
