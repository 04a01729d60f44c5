/* An SMSC under load: takes an ESME's binds, delivers texts at a set pace
 * whether or not answers come back (an open loop), takes every submit_sm, and
 * counts. */
#ifndef SMSC_H
#define SMSC_H

#include <stdint.h>

#define SMSC_LINKS 64

struct smsc_options {
	const char *address;     /* where to listen */
	const char *code, *text; /* at most 20 and 254 octets */
	const char *prefix; /* of files for what comes in, or null for none */
	uint64_t port;
	uint64_t links;       /* begin when so many are bound; to SMSC_LINKS */
	uint64_t window;      /* deliver_sm unanswered on a link */
	uint64_t rate;        /* texts a second, 0: as they are answered */
	uint64_t texts;       /* in all */
	uint64_t first;       /* MSISDN of those who send them in turn */
	uint64_t subscribers; /* how many these are */
};

struct smsc_counts {
	uint32_t texts, acked, refused, redelivered;
	uint32_t answers, segments;
	uint32_t bad; /* submit_sm that were none */
	/* answers fewer and more than texts acknowledged, by subscriber */
	uint32_t missing, surplus;
	double seconds; /* from the first text to the last PDU */
};

/* Runs until every text is answered, or nothing has come for a while. 0, or
 * -1 when the links never came. Ends the process where the machine is at
 * fault. */
int smsc_run(const struct smsc_options *o, struct smsc_counts *counts);

#endif
