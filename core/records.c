/* Call records. Lines gather in a buffer and go out in one write to a file
 * opened for appending, so those of several processes do not mix. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "records.h"
#include "when.h"

#define LINE_MAX_OCTETS 512
#define HEADER "start,end,service,code,channel,number,steps,status\n"
#define PREFIX "calls-"
#define SUFFIX ".csv"
#define DAY_CHARS 10 /* of YYYY-MM-DD */

struct records {
	char *dir;
	unsigned days;
	int fd;
	int64_t until; /* the open file's day ends here */
	int is_faulty; /* and that was logged */
	int64_t said;  /* the time that `saying` says */
	char saying[WHEN_TEXT];
	size_t len;
	char buf[65536];
};

const char *
call_status_name(enum call_status s)
{
	static const char *const names[CALL_STATUSES] = {
	    [CALL_ANSWERED] = "answered",
	    [CALL_BY_SMS] = "by-sms",
	    [CALL_NOT_TOLD] = "not-told",
	    [CALL_HELPED] = "helped",
	    [CALL_TIMED_OUT] = "timed-out",
	    [CALL_CANCELLED] = "cancelled",
	    [CALL_BUSY] = "busy",
	    [CALL_LOST] = "lost",
	    [CALL_STRAY] = "stray",
	};

	return names[s];
}

/* Most dialogues begin and end in the second of the one before. */
static void
time_of(struct records *r, int64_t t, char out[WHEN_TEXT])
{
	if (t != r->said) {
		when_text(t, r->saying);
		r->said = t;
	}
	memcpy(out, r->saying, WHEN_TEXT);
}

static void
day_of(int64_t t, char out[DAY_CHARS + 1])
{
	struct tm tm;

	when_local(t, &tm);
	strftime(out, DAY_CHARS + 1, "%Y-%m-%d", &tm);
}

/* Is it one of ours, of a day before `first`? Days sort as text. */
static int
is_old(const char *name, const char *first)
{
	return strlen(name) == strlen(PREFIX) + DAY_CHARS + strlen(SUFFIX) &&
	    strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
	    strcmp(name + strlen(PREFIX) + DAY_CHARS, SUFFIX) == 0 &&
	    strncmp(name + strlen(PREFIX), first, DAY_CHARS) < 0;
}

static void
remove_old(struct records *r, int64_t now)
{
	char first[DAY_CHARS + 1];
	struct dirent *e;
	DIR *dir = opendir(r->dir);

	day_of(when_midnight(now, 1 - (int)r->days), first);
	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (is_old(e->d_name, first))
			unlinkat(dirfd(dir), e->d_name, 0);
	if (dir != NULL)
		closedir(dir);
}

static int
fault(struct records *r)
{
	int error = errno;

	if (!r->is_faulty)
		log_error(
		    DCORE, "call records in %s: %s", r->dir, strerror(error));
	r->is_faulty = 1;
	return -error;
}

static void
close_day(struct records *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

/* Once, whoever else has just made the file; no line comes before it, for
 * each process that writes one has been here. */
static int
put_header(struct records *r)
{
	struct stat st;
	int rc = flock(r->fd, LOCK_EX);

	if (rc == 0)
		rc = fstat(r->fd, &st);
	if (rc == 0 && st.st_size == 0)
		rc = write(r->fd, HEADER, strlen(HEADER)) ==
			(ssize_t)strlen(HEADER)
		    ? 0
		    : -1;
	flock(r->fd, LOCK_UN);
	return rc;
}

/* The file of the day, with its header when it is new. */
static int
open_day(struct records *r, int64_t now)
{
	char path[4096], day[DAY_CHARS + 1];

	close_day(r);
	day_of(now, day);
	if (snprintf(path, sizeof(path), "%s/" PREFIX "%s" SUFFIX, r->dir,
		day) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return fault(r);
	}
	r->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (r->fd < 0)
		return fault(r);
	r->until = when_midnight(now, 1);
	if (put_header(r) < 0) {
		fault(r);
		close_day(r);
		return -EIO;
	}
	remove_old(r, now);
	r->is_faulty = 0;
	return 0;
}

int
records_open(struct records **rp, const char *dir, unsigned days)
{
	struct records *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		return -ENOMEM;
	r->fd = -1;
	r->days = days;
	r->dir = strdup(dir);
	rc = r->dir != NULL ? open_day(r, when_now()) : -ENOMEM;
	if (rc < 0)
		records_close(r);
	else
		*rp = r;
	return rc;
}

void
records_close(struct records *r)
{
	if (r == NULL)
		return;
	records_flush(r);
	close_day(r);
	free(r->dir);
	free(r);
}

/* What was not taken is lost: a disk that is full must stop no dialogue. */
void
records_flush(struct records *r)
{
	int64_t now = when_now();

	if (r == NULL || r->len == 0)
		return;
	if (r->fd < 0 || now >= r->until)
		open_day(r, now);
	if (r->fd >= 0) {
		if (write(r->fd, r->buf, r->len) == (ssize_t)r->len)
			r->is_faulty = 0;
		else
			fault(r);
	}
	r->len = 0;
}

/* Names in the configuration may hold what CSV does not take plain. */
static void
put_quoted(char **p, const char *s)
{
	*(*p)++ = '"';
	for (int i = 0; s[i] != '\0' && i < 64; i++) {
		if (s[i] == '"')
			*(*p)++ = '"';
		*(*p)++ = s[i];
	}
	*(*p)++ = '"';
}

void
records_put(struct records *r, const struct call_record *c)
{
	char start[WHEN_TEXT], ended[WHEN_TEXT], service[160], *end = service;

	if (r == NULL)
		return;
	if (sizeof(r->buf) - r->len < LINE_MAX_OCTETS)
		records_flush(r);
	time_of(r, c->start, start);
	time_of(r, c->end, ended);
	put_quoted(&end, c->service);
	*end = '\0';
	r->len += snprintf(r->buf + r->len, LINE_MAX_OCTETS,
	    "%s,%s,%s,%.24s,%.16s,%.24s,%u,%s\n", start, ended, service,
	    c->code, c->channel, c->number, c->steps,
	    call_status_name(c->status));
}
