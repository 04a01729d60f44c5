/* The master waits for signals, and for the time when a worker that ended is
 * to be made again:
 *
 *   fork ──▶ RUNS ──ends──▶ waits, longer each time ──▶ fork
 *
 * Signals are blocked but in sigtimedwait, so none is missed between. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backoff.h"
#include "log.h"
#include "program.h"
#include "when.h"
#include "workers.h"

#define WORKED_MS 60000 /* one that lasts so long begins well */

struct worker {
	pid_t pid;     /* 0 for none */
	int64_t since; /* ms: made, or ended */
	int64_t due;   /* ms: to be made again */
	uint32_t backoff;
	int is_first; /* not made again yet */
};

struct master {
	struct workers *w;
	struct worker all[CONF_WORKERS];
	unsigned n;
	sigset_t signals, before;
	int stopping;
	int status;
};

/* In a worker: what it has of its master is its memory, and the wish to end
 * with it. */
static void
become_worker(struct master *m, unsigned number, pid_t master)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != master)
		_exit(1);
	sigprocmask(SIG_SETMASK, &m->before, NULL);
	program_become(number, m->n);
}

static void
stop(struct master *m)
{
	if (!m->stopping)
		log_info(DCORE, "stopping workers=%u", m->n);
	m->stopping = 1;
	for (unsigned i = 0; i < m->n; i++)
		if (m->all[i].pid != 0)
			kill(m->all[i].pid, SIGTERM);
}

static void
cannot_begin(struct master *m, unsigned number, const char *why)
{
	log_error(DCORE, "worker %u cannot begin: %s", number, why);
	m->status = 1;
	stop(m);
}

static void
make_again(struct worker *x)
{
	if (when_ticks() - x->since > WORKED_MS)
		x->backoff = BACKOFF_FIRST_MS;
	x->since = when_ticks();
	x->due = x->since + backoff_next(&x->backoff);
	x->is_first = 0;
}

/* 1 in the worker, 0 in the master. */
static int
make(struct master *m, unsigned number)
{
	struct worker *x = &m->all[number];
	pid_t master = getpid(), pid = fork();

	if (pid == 0) {
		become_worker(m, number, master);
		return 1;
	}
	if (pid > 0) {
		x->pid = pid;
		x->since = when_ticks();
	} else if (x->is_first) {
		cannot_begin(m, number, strerror(errno));
	} else {
		log_error(DCORE, "worker %u cannot be made: %s", number,
		    strerror(errno));
		make_again(x);
	}
	return 0;
}

/* All that are due; 1 in one of them. */
static int
make_due(struct master *m)
{
	for (unsigned i = 0; i < m->n && !m->stopping; i++)
		if (m->all[i].pid == 0 && when_ticks() >= m->all[i].due &&
		    make(m, i))
			return 1;
	return 0;
}

static int
is_well(const struct master *m, int status)
{
	return m->stopping &&
	    (WIFEXITED(status)
		    ? WEXITSTATUS(status) == 0
		    : WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

static void
tell_end(const struct worker *x, unsigned number, pid_t pid, int status)
{
	int by_signal = WIFSIGNALED(status);

	log_error(DCORE, "worker %u pid=%d ended %s=%d; another in %lld ms",
	    number, (int)pid, by_signal ? "signal" : "status",
	    by_signal ? WTERMSIG(status) : WEXITSTATUS(status),
	    (long long)(x->due - x->since));
}

static void
on_end(struct master *m, unsigned number, int status)
{
	struct worker *x = &m->all[number];
	pid_t pid = x->pid;

	x->pid = 0;
	m->w->ended(number, m->w->arg);
	if (is_well(m, status))
		return;
	if (m->stopping) {
		m->status = 1;
		return;
	}
	if (x->is_first && WIFEXITED(status) && WEXITSTATUS(status) != 0) {
		cannot_begin(m, number, "see above");
		return;
	}
	make_again(x);
	tell_end(x, number, pid, status);
}

static void
reap(struct master *m)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned i = 0; i < m->n; i++)
			if (m->all[i].pid == pid)
				on_end(m, i, status);
}

/* Another number is for a restart; the workers take the rest. */
static int
fits(struct core *c, void *arg)
{
	const struct master *m = arg;

	return workers_fit(m->w->core, c);
}

static void
reload(struct master *m)
{
	struct core *c, *old = m->w->core;

	if (m->stopping || program_reload(&c, old, m->w->check, fits, m) < 0)
		return;
	core_begin(c, old);
	log_notice(DCORE, "SIGHUP: %s: for workers=%u", c->conf->path, m->n);
	core_close(old);
	m->w->core = c;
	for (unsigned i = 0; i < m->n; i++)
		if (m->all[i].pid != 0)
			kill(m->all[i].pid, SIGHUP);
}

/* The next signal, or 0 when a worker is due. */
static int
await(const struct master *m)
{
	int64_t now = when_ticks(), until = now + 3600000;
	struct timespec left;
	int number;

	for (unsigned i = 0; i < m->n && !m->stopping; i++)
		if (m->all[i].pid == 0 && m->all[i].due < until)
			until = m->all[i].due;
	until = until > now ? until - now : 0;
	left = (struct timespec){until / 1000, until % 1000 * 1000000};
	number = sigtimedwait(&m->signals, NULL, &left);
	return number > 0 ? number : 0;
}

static int
is_running(const struct master *m)
{
	for (unsigned i = 0; i < m->n; i++)
		if (m->all[i].pid != 0)
			return 1;
	return !m->stopping;
}

/* 1 in a worker, 0 in the master when all is over. */
static int
look_after(struct master *m)
{
	while (is_running(m)) {
		if (make_due(m))
			return 1;
		if (!is_running(m))
			break;
		switch (await(m)) {
		case SIGTERM:
		case SIGINT:
			stop(m);
			break;
		case SIGHUP:
			reload(m);
			break;
		case SIGCHLD:
			reap(m);
			break;
		}
	}
	return 0;
}

static void
block_signals(struct master *m)
{
	sigemptyset(&m->signals);
	sigaddset(&m->signals, SIGTERM);
	sigaddset(&m->signals, SIGINT);
	sigaddset(&m->signals, SIGHUP);
	sigaddset(&m->signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &m->signals, &m->before);
}

int
workers_run(struct workers *w)
{
	struct master m = {.w = w, .n = w->core->conf->workers};

	if (m.n == 1)
		return -1;
	for (unsigned i = 0; i < m.n; i++) {
		m.all[i].backoff = BACKOFF_FIRST_MS;
		m.all[i].is_first = 1;
	}
	block_signals(&m);
	log_info(DCORE, "the master of workers=%u begins", m.n);
	return look_after(&m) ? -1 : m.status;
}

int
workers_fit(const struct core *old, const struct core *c)
{
	if (c->conf->workers == old->conf->workers)
		return 0;
	log_error(DCONF, "%s: workers: from %u to %u takes a restart",
	    c->conf->path, old->conf->workers, c->conf->workers);
	return -EINVAL;
}
