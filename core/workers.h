/* A gateway's worker processes, and the master that looks after them: it
 * answers nothing itself. It makes them before there is any thread, event loop,
 * store or TLS context, so that each opens its own, and only what is mapped
 * shared before is shared. */
#ifndef WORKERS_H
#define WORKERS_H

#include "core.h"

struct workers {
	/* in force; one that is made later begins with what it is then */
	struct core *core;
	/* what must hold of another one: program_reload's */
	int (*check)(const struct core *core);
	/* a worker is no more, and another will be made in its place */
	void (*ended)(unsigned worker, void *arg);
	void *arg;
};

/* Makes as many as the configuration says and returns in each, -1, where
 * program_worker tells which it is; with one, at once and in this process.
 *
 * In the master it returns when all have ended: the exit status. Until then it
 * makes another worker for one that ends unasked, later each time; passes
 * SIGTERM and SIGINT on; and passes SIGHUP on when the configuration as it is
 * then may be taken over. Workers end when the master is no more. A worker that
 * cannot even begin, and says so by its exit status, ends all. */
int workers_run(struct workers *w);

/* May `c` take the place of `old`? The number of workers cannot change while
 * they run. 0, or -EINVAL, logged. */
int workers_fit(const struct core *old, const struct core *c);

#endif
