/* Tells how a gateway stands to whoever asks: over a local socket
 *
 *   RUN_DIR/PROGRAM.WORKER.sock
 *
 * and, where metrics.listen is given, over TCP at that port and two ports more
 * for each worker, ussd-gw at the one behind smsc-gw's. Both speak as much HTTP
 * as is needed: GET /metrics is answered with the text of metrics.h, and the
 * connection closed.
 *
 * Nothing is put together unless asked, nor more often than each
 * TELLER_FRESH_MS. At most TELLER_CLIENTS are heard at a time, each for
 * TELLER_PATIENCE_MS and a request of TELLER_REQUEST octets; one more takes the
 * place of who has been there longest, so that none who stall keep others
 * away. */
#ifndef TELLER_H
#define TELLER_H

#include <event2/event.h>

#include "conf.h"
#include "metrics.h"

#define TELLER_CLIENTS 16
#define TELLER_REQUEST 4096
#define TELLER_PATIENCE_MS 5000
#define TELLER_FRESH_MS 100

struct teller;

/* Puts all there is to tell (metrics_put). */
typedef void teller_collect_h(struct metrics *m, void *arg);

/* Of a program's worker, counted from 0. `collect` is called from the loop
 * only. A socket that cannot be made is logged, and the program goes on
 * without: one that another process answers on is left to it, one that nobody
 * does is replaced. 0 or -ENOMEM. */
int teller_new(struct teller **tp, struct event_base *base, const char *program,
    unsigned worker, teller_collect_h *collect, void *arg);
/* Where it is asked from now on; what stays the same is not touched. To be
 * called once at first. */
void teller_reload(struct teller *t, const struct conf *conf);
/* Takes its socket away. */
void teller_free(struct teller *t);

/* The path of a worker's socket: 0, or -ENAMETOOLONG for one that is no
 * socket's. */
#define TELLER_PATH 108 /* unix(7) */
int teller_path(char path[TELLER_PATH], const char *run_dir,
    const char *program, unsigned worker);

#endif
