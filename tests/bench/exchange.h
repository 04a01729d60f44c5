/* What the parts of the load generator's SMSC share: its links, the texts that
 * go out over them and what comes in. */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include <stdint.h>

#include "conn.h"
#include "proofs.h"
#include "series.h"
#include "smsc.h"
#include "window.h"

#define SECOND 1000000

struct link {
	struct conn conn;
	int receives; /* bound, and may be sent to */
	struct window *window;
	uint32_t asked_alive; /* how often */
	struct proofs proofs;
};

struct smsc {
	struct smsc_options o;
	int listener;
	unsigned accepted;
	struct link links[SMSC_LINKS];
	unsigned turn; /* whose */
	int64_t begun, heard, ended, now;
	struct texts *texts;
	struct people *people;
	struct series series;
	struct smsc_counts c;
};

/* Now, in µs. */
int64_t exchange_clock(void);

/* Delivers what is due over links whose windows have room. */
void exchange_deliver(struct smsc *s);

/* A PDU has come over a link: its answer is written, and what it says of a
 * text counted. */
void exchange_handle(struct smsc *s, struct link *l, const struct pdu *p);

/* The link broke: what became of what was in its window is unknown. */
void exchange_cut(struct smsc *s, struct link *l);

#endif
