/* The audit: who was asked about, over which way and with which verdict, and
 * what operators did; a folder of chained files, one for each process and
 * local day, that nobody can change unseen without the site key
 * (audit_chain.h). No clear number is in it.
 *
 * A line is written before its answer is given: it is there when the process
 * is killed, and on disk within a second, or at once by audit_sync. What
 * cannot be written must not be answered; it works again by itself. */
#ifndef AUDIT_H
#define AUDIT_H

#include "audit_chain.h"

struct audit;

/* Begins a chain in a folder, which is made if its parent is there; files of
 * days before the last `days` are removed, now and with each new day. The key
 * must outlive it. 0 or -errno, logged. */
int audit_open(struct audit **ap, const char *dir, unsigned days,
    const char *program, const struct key *key);
/* Ends the chain; all of it is on disk then. */
void audit_close(struct audit *a);

/* Writes one line. 0, or -errno, logged once: then nothing of it is in the
 * file. These give 0 for null, where there is no audit. */
int audit_write(struct audit *a, const struct audit_act *act);
/* The same for the lines of a batch, none of whose answers may be given before
 * audit_flush: 0 when all that were taken since the last are in the file, else
 * -errno, and some or all of them are not. */
int audit_hold(struct audit *a, const struct audit_act *act);
int audit_flush(struct audit *a);
/* Everything written is on disk. */
int audit_sync(struct audit *a);
/* Begins the day's chain when midnight has passed; now and then. */
int audit_tick(struct audit *a);

#endif
