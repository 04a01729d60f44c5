/* An SMSC under load: takes an ESME's binds, delivers texts at a set pace
 * whether or not answers come back (an open loop), takes every submit_sm,
 * checks and counts. A text waits in the SMSC's queue until a link's window
 * has room, and the time that an answer takes begins when the text was due. */
#ifndef SMSC_H
#define SMSC_H

#include <stdint.h>
#include <stdio.h>

#include "hist.h"
#include "people.h"
#include "texts.h"

#define SMSC_LINKS 64

struct smsc_options {
	const char *address;     /* where to listen */
	const char *code, *text; /* at most 20 and 254 octets */
	const char *prefix; /* of files for what comes in, or null for none */
	FILE *series;       /* a line for each second, or null */
	uint64_t port;
	uint64_t links;      /* begin when so many are bound; to SMSC_LINKS */
	uint64_t window;     /* deliver_sm unanswered on a link */
	uint64_t unanswered; /* texts at once, 0 for no limit */
	uint64_t first;      /* MSISDN of subscriber 0 */
	struct texts_options texts;
	int check;      /* the answers are to be those of crowd.h */
	int prove;      /* ask whether the ESME has read each response */
	double refuse;  /* the share of submit_sm that are, for now */
	double warm;    /* seconds before latency and rate are measured */
	double quiet;   /* seconds of silence after which it is over */
	double drain;   /* seconds after the last new text, likewise */
	double in_time; /* seconds in which a first answer is one */
	double stall;   /* seconds after which nothing is read, 0: never */
};

struct smsc_counts {
	uint32_t texts, again, acked, refused, redelivered, cut, open;
	uint32_t silent;    /* of the open, delivered and never answered */
	uint32_t throttled; /* submit_sm refused for now */
	struct people_counts people;
	double seconds; /* from the first text to the last PDU */
	/* from `warm` to the last new text, and when that was on
	 * CLOCK_MONOTONIC: */
	double measured, until;
	uint32_t answers;
	uint32_t served;   /* first answers, in time */
	uint32_t refusals; /* of deliver_sm */
	/* µs; of texts that were due then, whenever they were answered */
	struct hist since_due, since_delivered;
};

/* Runs until every text is answered, or it is over. 0, or -1 when the links
 * never came. Ends the process where the machine is at fault. */
int smsc_run(const struct smsc_options *o, struct smsc_counts *counts);

/* No new texts from now on; for a signal handler. */
void smsc_end(void);

#endif
