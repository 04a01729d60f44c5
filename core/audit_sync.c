/* The thread and its one lock, which it does not hold while it waits for the
 * disk. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "audit_sync.h"

#define GATHER_MS 300 /* lines of so long go to disk together */

struct audit_sync {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work, idle;
	atomic_int dirty, fault;
	int fd;       /* -1: none; closed by the thread only */
	int old_fd;   /* the one before, to be closed */
	int old_lost; /* and not worth a sync */
	int stop;
};

static int
sync_one(int fd)
{
	return fdatasync(fd) < 0 ? -errno : 0;
}

/* Something to do; then lets more of it come together. */
static void
await_work(struct audit_sync *s)
{
	struct timespec until;

	while (!s->dirty && s->old_fd < 0 && !s->stop)
		pthread_cond_wait(&s->work, &s->lock);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += GATHER_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (!s->stop && s->old_fd < 0 &&
	    pthread_cond_timedwait(&s->work, &s->lock, &until) == 0)
		;
}

static void
work(struct audit_sync *s)
{
	int old_fd = s->old_fd, fd = s->fd, rc = 0;
	int dirty = atomic_exchange(&s->dirty, 0), old_lost = s->old_lost;

	pthread_mutex_unlock(&s->lock);
	if (old_fd >= 0) {
		rc = old_lost ? 0 : sync_one(old_fd);
		close(old_fd);
	}
	if (rc == 0 && dirty && fd >= 0)
		rc = sync_one(fd);
	pthread_mutex_lock(&s->lock);
	if (old_fd >= 0)
		s->old_fd = -1;
	if (rc < 0)
		s->fault = rc;
	pthread_cond_signal(&s->idle);
}

static void *
run(void *arg)
{
	struct audit_sync *s = arg;

	pthread_mutex_lock(&s->lock);
	do {
		await_work(s);
		work(s);
	} while (!s->stop || s->old_fd >= 0);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* Signals are the event loop's. */
static int
start(struct audit_sync *s)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&s->thread, NULL, run, s);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -error;
}

int
audit_sync_new(struct audit_sync **sp)
{
	struct audit_sync *s = calloc(1, sizeof(*s));
	pthread_condattr_t monotonic;
	int rc;

	if (s == NULL)
		return -ENOMEM;
	s->fd = s->old_fd = -1;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->work, &monotonic);
	pthread_cond_init(&s->idle, NULL);
	pthread_condattr_destroy(&monotonic);
	rc = start(s);
	if (rc < 0)
		free(s);
	else
		*sp = s;
	return rc;
}

int
audit_sync_free(struct audit_sync *s)
{
	int rc;

	if (s == NULL)
		return 0;
	audit_sync_file(s, -1);
	pthread_mutex_lock(&s->lock);
	s->stop = 1;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	rc = s->fault;
	pthread_cond_destroy(&s->work);
	pthread_cond_destroy(&s->idle);
	pthread_mutex_destroy(&s->lock);
	free(s);
	return rc;
}

/* Waits only if the thread is not yet done with the file before last. */
void
audit_sync_file(struct audit_sync *s, int fd)
{
	pthread_mutex_lock(&s->lock);
	while (s->old_fd >= 0)
		pthread_cond_wait(&s->idle, &s->lock);
	s->old_fd = s->fd;
	s->old_lost = s->fault != 0;
	s->fd = fd;
	s->fault = 0;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

void
audit_sync_soon(struct audit_sync *s)
{
	if (atomic_load(&s->dirty))
		return;
	pthread_mutex_lock(&s->lock);
	s->dirty = 1;
	pthread_cond_signal(&s->work);
	pthread_mutex_unlock(&s->lock);
}

int
audit_sync_fault(struct audit_sync *s)
{
	return s->fault;
}
