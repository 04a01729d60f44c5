/* Within core/admit*.c: the tables, and what lies in a place of each. */
#ifndef ADMIT_INSIDE_H
#define ADMIT_INSIDE_H

#include <stdatomic.h>

#include "admit.h"
#include "admit_table.h"

#define HOUR_STEP 300                     /* seconds of one count */
#define HOUR_STEPS (1 + 3600 / HOUR_STEP) /* the first is in part over */

/* A request. Its text is beside the table, lest a search walk over it. */
struct repeat { /* used: since when it is what it is */
	enum { AT_REST, ON_ITS_WAY, ANSWERED } is;
	uint32_t owner; /* who answers it, when on its way */
	int64_t held;   /* when its text was given, 0 for none */
};

/* How often something was in the running hour, by time / HOUR_STEP %
 * HOUR_STEPS. */
struct hour {
	uint16_t n[HOUR_STEPS];
};

/* A subscriber. */
struct quota {
	int64_t busy; /* when the last busy text went, if any did */
	struct hour texts;
	uint16_t was_busy;
};

/* Wrong codes from a number, or about the number that ~key is. */
struct guesses {
	struct hour wrong;
};

/* A query refused for now. */
struct refusal {
	int64_t since; /* the first time */
	int answered;  /* since then */
};

/* Workers, as all of them see them. A worker's name is another one each time
 * that it is made: its number, and CONF_WORKERS times how many were before. */
struct common {
	_Atomic uint32_t names[CONF_WORKERS]; /* by number */
	_Atomic uint32_t made;
	_Atomic int64_t changed; /* when one was made, or ended */
};

struct admit {
	struct conf_limits limits;
	struct table repeats, quotas, guesses, refusals;
	char (*texts)[ADMIT_TEXT]; /* of repeats */
	size_t octets;             /* of these */
	struct common *common;
	uint32_t self;         /* this worker's name */
	char said[ADMIT_TEXT]; /* what was given */
};

/* Since then; none while that is ahead. */
static inline int64_t
admit_seconds(int64_t then, int64_t now)
{
	return now > then ? now - then : 0;
}

#endif
