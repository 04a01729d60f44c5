/* The audit's files. Lines of a batch go out in one write(2) before its answers
 * do, so that a process that is killed leaves all that it has answered. What a
 * full disk took of them is cut off again, and none of them is there. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit.h"
#include "audit_folder.h"
#include "audit_sync.h"
#include "log.h"
#include "when.h"

#define AGAIN_MS 1000 /* between tries to begin a chain */
#define HELD 65536    /* octets of lines that wait */

struct audit {
	char *dir, *program;
	unsigned days;
	struct audit_chain chain;
	struct audit_sync *sync;
	int dir_fd, fd;
	int64_t until; /* the open file's day ends here */
	int64_t size;  /* of the file: whole lines */
	int64_t tried; /* when_ticks of a chain that could not begin, or 0 */
	int fault;     /* what was logged, or 0 */
	int64_t said;  /* the time that `saying` says */
	char saying[AUDIT_TIME];
	struct audit_chain next; /* the chain with the lines that wait */
	size_t nheld;
	int lost; /* -errno: lines that waited are not there, of this batch */
	char held[HELD];
	char name[AUDIT_NAME]; /* of the last file */
};

static int
fault(struct audit *a, int rc)
{
	if (a->fault == 0)
		log_error(DCORE,
		    "audit in %s: %s; nobody is answered until it works",
		    a->dir, strerror(-rc));
	a->fault = rc;
	return rc;
}

static void
works(struct audit *a)
{
	if (a->fault != 0)
		log_notice(DCORE, "audit in %s: works again", a->dir);
	a->fault = 0;
}

/* RFC 3339, local; most queries come in the second of the one before. */
static const char *
time_of(struct audit *a, int64_t t)
{
	struct tm tm;
	size_t n;

	if (t == a->said)
		return a->saying;
	when_local(t, &tm);
	n = strftime(
	    a->saying, sizeof(a->saying) - 1, "%Y-%m-%dT%H:%M:%S%z", &tm);
	/* +0800 to +08:00 */
	memmove(a->saying + n - 1, a->saying + n - 2, 3);
	a->saying[n - 2] = ':';
	a->said = t;
	return a->saying;
}

/* Writing. */

static void
leave(struct audit *a)
{
	audit_sync_file(a->sync, -1);
	a->fd = -1;
}

/* All of a line, which the chain is `next` with, or nothing of it. */
static int
put(struct audit *a, const struct audit_chain *next, const char *line,
    size_t len)
{
	ssize_t n;
	int rc;

	do
		n = write(a->fd, line, len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len) {
		a->size += n;
		a->chain = *next;
		audit_sync_soon(a->sync);
		return 0;
	}
	rc = n < 0 ? -errno : -ENOSPC;
	if (n > 0 && ftruncate(a->fd, a->size) < 0)
		leave(a); /* torn for good: another chain */
	return rc;
}

/* The lines that wait: all, or none of them. */
static int
put_held(struct audit *a)
{
	size_t len = a->nheld;
	int rc;

	if (len == 0)
		return 0;
	a->nheld = 0;
	rc = a->fd >= 0 ? put(a, &a->next, a->held, len) : -EIO;
	if (rc < 0)
		a->lost = fault(a, rc);
	else
		works(a);
	return rc;
}

/* The end mark; the chain goes without where the disk is full. */
static void
end_chain(struct audit *a)
{
	struct audit_chain next;
	char line[AUDIT_LINE];
	size_t len;

	put_held(a);
	if (a->fd < 0)
		return;
	next = a->chain;
	len = audit_put_end(&next, time_of(a, when_now()), line);
	if (audit_sync_fault(a->sync) == 0)
		put(a, &next, line, len);
	if (a->fd >= 0)
		leave(a);
}

/* A file of the chain's own, which a reader sees is written to by its lock. */
static int
new_file(struct audit *a, int64_t now, char name[AUDIT_NAME])
{
	audit_new_name(now, a->program, name);
	a->fd = openat(a->dir_fd, name,
	    O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (a->fd < 0)
		return -errno;
	flock(a->fd, LOCK_EX | LOCK_NB);
	audit_sync_file(a->sync, a->fd);
	a->size = 0;
	return 0;
}

/* Its first line, which is on disk before anything is answered: a disk that
 * fails takes no answers. So is the file's name. */
static int
put_begin(struct audit *a, int64_t now, const char *name, struct audit_begin *b)
{
	struct audit_chain next = a->chain;
	char line[AUDIT_LINE];
	size_t len;
	int rc;

	strcpy(b->time, time_of(a, now));
	snprintf(b->program, sizeof(b->program), "%s", a->program);
	strcpy(b->name, name);
	key_fingerprint(a->chain.key, b->key);
	len = audit_put_begin(&next, b, line);
	rc = put(a, &next, line, len);
	if (rc == 0 && (fdatasync(a->fd) < 0 || fsync(a->dir_fd) < 0))
		rc = -errno;
	return rc;
}

/* The chain that the new one can tell of, if that is taken away or cut: over
 * midnight its own, else the newest of its program. */
static void
look_back(struct audit *a, int64_t now, struct audit_begin *b)
{
	char newest[AUDIT_NAME];

	audit_tidy(a->dir_fd, when_midnight(now, 1 - (int)a->days), a->program,
	    newest);
	strcpy(b->before, a->name[0] != '\0' ? a->name : newest);
	if (b->before[0] != '\0' &&
	    audit_last_hash(a->dir_fd, b->before, b->before_hash) < 0)
		b->before[0] = '\0';
}

static int
begin_chain(struct audit *a, int64_t now)
{
	char name[AUDIT_NAME];
	struct audit_begin b;
	int rc;

	end_chain(a);
	if (a->tried != 0 && when_ticks() - a->tried < AGAIN_MS)
		return a->fault;
	look_back(a, now, &b);
	rc = new_file(a, now, name);
	if (rc == 0) {
		rc = put_begin(a, now, name, &b);
		if (rc < 0)
			unlinkat(a->dir_fd, name, 0);
	}
	if (rc < 0) {
		if (a->fd >= 0)
			leave(a);
		a->tried = when_ticks();
		return fault(a, rc);
	}
	strcpy(a->name, name);
	a->tried = 0;
	a->until = when_midnight(now, 1);
	return 0;
}

/* The chain of the day, and one that the disk has taken so far. */
static int
ready(struct audit *a, int64_t now)
{
	int rc = a->fd >= 0 ? audit_sync_fault(a->sync) : 0;

	if (rc < 0) {
		fault(a, rc);
		leave(a);
	}
	return a->fd < 0 || now >= a->until ? begin_chain(a, now) : 0;
}

/* Life. */

static int
open_folder(struct audit *a)
{
	if (mkdir(a->dir, 0700) < 0 && errno != EEXIST)
		return -errno;
	a->dir_fd = open(a->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return a->dir_fd < 0 ? -errno : 0;
}

int
audit_open(struct audit **ap, const char *dir, unsigned days,
    const char *program, const struct key *key)
{
	struct audit *a = calloc(1, sizeof(*a));
	int rc;

	if (a == NULL)
		return -ENOMEM;
	/* a file that may not grow is a full disk, and no end of the process */
	signal(SIGXFSZ, SIG_IGN);
	a->dir_fd = a->fd = -1;
	a->days = days;
	a->said = -1;
	a->chain.key = key;
	a->dir = strdup(dir);
	a->program = strdup(program);
	rc = a->dir != NULL && a->program != NULL ? audit_sync_new(&a->sync)
						  : -ENOMEM;
	if (rc == 0)
		rc = open_folder(a);
	if (rc < 0)
		fault(a, rc);
	else
		rc = begin_chain(a, when_now());
	if (rc < 0)
		audit_close(a);
	else
		*ap = a;
	return rc;
}

void
audit_close(struct audit *a)
{
	int rc;

	if (a == NULL)
		return;
	end_chain(a);
	rc = audit_sync_free(a->sync);
	if (rc < 0)
		fault(a, rc);
	if (a->dir_fd >= 0)
		close(a->dir_fd);
	free(a->dir);
	free(a->program);
	free(a);
}

static int
hold(struct audit *a, const struct audit_act *act)
{
	int64_t now = when_now();
	int rc = ready(a, now);

	if (rc == 0 && a->nheld + AUDIT_LINE > HELD)
		rc = put_held(a);
	if (rc < 0)
		return rc;
	if (a->nheld == 0)
		a->next = a->chain;
	a->nheld +=
	    audit_put_act(&a->next, time_of(a, now), act, a->held + a->nheld);
	return 0;
}

int
audit_write(struct audit *a, const struct audit_act *act)
{
	int rc, lost, alone;

	if (a == NULL)
		return 0;
	lost = a->lost;
	alone = a->nheld == 0;
	rc = hold(a, act);
	if (rc == 0)
		rc = put_held(a);
	if (alone) /* whoever writes is told, and nobody else */
		a->lost = lost;
	return rc;
}

/* While the disk takes none, each line is told so by itself. */
int
audit_hold(struct audit *a, const struct audit_act *act)
{
	if (a == NULL)
		return 0;
	return a->fault != 0 ? audit_write(a, act) : hold(a, act);
}

int
audit_flush(struct audit *a)
{
	int rc;

	if (a == NULL)
		return 0;
	put_held(a);
	rc = a->lost;
	a->lost = 0;
	return rc;
}

int
audit_sync(struct audit *a)
{
	if (a == NULL || a->fd < 0)
		return a == NULL ? 0 : a->fault;
	return fdatasync(a->fd) < 0 ? fault(a, -errno) : 0;
}

int
audit_tick(struct audit *a)
{
	return a == NULL ? 0 : ready(a, when_now());
}
