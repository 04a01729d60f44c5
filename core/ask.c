/* All are asked, then all are listened to until one time for all: some that
 * hang cost no more than one. What they say is checked like any other input. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ask.h"
#include "teller.h"
#include "when.h"

#define CONNECT_MS 500 /* while it has others to listen to */

static const char *const programs[] = {"smsc-gw", "ussd-gw"};

/* Who is there. */

/* PROGRAM.WORKER.sock as teller_path writes it: 1, else 0. */
static int
read_name(const char *name, struct ask_process *p)
{
	char again[64];
	unsigned worker;

	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		size_t len = strlen(programs[i]);

		if (strncmp(name, programs[i], len) != 0 ||
		    sscanf(name + len, ".%u.sock", &worker) != 1)
			continue;
		snprintf(
		    again, sizeof(again), "%s.%u.sock", programs[i], worker);
		if (strcmp(name, again) != 0)
			continue;
		*p = (struct ask_process){.worker = worker};
		strcpy(p->program, programs[i]);
		return 1;
	}
	return 0;
}

static int
compare(const void *x, const void *y)
{
	const struct ask_process *a = x, *b = y;
	int c = strcmp(a->program, b->program);

	return c != 0 ? c : (a->worker > b->worker) - (a->worker < b->worker);
}

static int
find_all(struct ask *a, const char *run_dir)
{
	DIR *dir = opendir(run_dir);
	struct dirent *e;

	if (dir == NULL)
		return errno == ENOENT ? 0 : -errno;
	while (a->n < ASK_GATEWAYS && (e = readdir(dir)) != NULL)
		a->n += read_name(e->d_name, &a->v[a->n]);
	closedir(dir);
	qsort(a->v, a->n, sizeof(*a->v), compare);
	return 0;
}

/* One of them. */

/* A connection over which it was asked, or -errno. */
static int
ask(const struct ask_process *p, const char *run_dir)
{
	static const char get[] = "GET /metrics HTTP/1.0\r\n\r\n";
	const struct timeval patience = {0, CONNECT_MS * 1000};
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int rc = teller_path(at.sun_path, run_dir, p->program, p->worker);
	int fd;

	if (rc < 0)
		return rc;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    send(fd, get, sizeof(get) - 1, MSG_NOSIGNAL) != sizeof(get) - 1) {
		rc = errno == EAGAIN ? -ETIMEDOUT : -errno;
		close(fd);
		return rc;
	}
	return fd;
}

/* What comes until the other end closes: its length, or -errno. */
static ssize_t
listen_to(int fd, char *to, int64_t until)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	size_t len = 0;
	ssize_t n;

	do {
		int64_t left = until - when_ticks();
		int rc = poll(&p, 1, left > 0 ? left : 0);

		if (rc < 0 && errno == EINTR)
			continue;
		if (rc <= 0)
			return rc == 0 ? -ETIMEDOUT : -errno;
		if (len == ASK_OCTETS)
			return -EFBIG;
		n = recv(fd, to + len, ASK_OCTETS - len, 0);
		if (n < 0)
			return -errno;
		len += n;
	} while (n > 0);
	return len;
}

/* No gateway tells more than METRICS_VALUES. 0, -ENOMEM or -EBADMSG. */
static int
read_lines(struct ask_process *p, const char *from, size_t len)
{
	const char *end = from + len, *eol;
	size_t room = 0;
	struct metric_line line;

	for (; from < end; from = eol + 1) {
		eol = memchr(from, '\n', end - from);
		if (eol == NULL)
			return -EBADMSG;
		switch (metrics_read(from, eol - from, &line)) {
		case 0:
			continue;
		case 1:
			break;
		default:
			return -EBADMSG;
		}
		if (p->nlines == METRICS_VALUES)
			return -EBADMSG;
		if (p->nlines == room) {
			size_t more = room != 0 ? 2 * room : 256;
			void *v =
			    reallocarray(p->lines, more, sizeof(*p->lines));

			if (v == NULL)
				return -ENOMEM;
			p->lines = v;
			room = more;
		}
		p->lines[p->nlines++] = line;
	}
	return 0;
}

/* The head, the lines, and their end, without which some are missing. 0,
 * -ENOMEM or -EBADMSG. */
static int
read_answer(struct ask_process *p, const char *from, size_t len)
{
	static const char ok[] = "HTTP/1.0 200 ";
	const size_t end = strlen(METRICS_END);
	const char *body = memmem(from, len, "\r\n\r\n", 4);

	if (body == NULL || len < sizeof(ok) - 1 ||
	    memcmp(from, ok, sizeof(ok) - 1) != 0)
		return -EBADMSG;
	body += 4;
	len -= body - from;
	if (len < end || memcmp(body + len - end, METRICS_END, end) != 0)
		return -EBADMSG;
	return read_lines(p, body, len);
}

static int
hear(struct ask_process *p, int fd, int64_t until)
{
	char *text = malloc(ASK_OCTETS);
	ssize_t len = text != NULL ? listen_to(fd, text, until) : -ENOMEM;
	int rc = len < 0 ? len : read_answer(p, text, len);

	free(text);
	return rc;
}

int
ask_all(struct ask *a, const char *run_dir)
{
	int64_t until = when_ticks() + ASK_MS;
	int fds[ASK_GATEWAYS], rc;

	*a = (struct ask){.v = calloc(ASK_GATEWAYS, sizeof(*a->v))};
	if (a->v == NULL)
		return -ENOMEM;
	rc = find_all(a, run_dir);
	for (size_t i = 0; i < a->n; i++)
		fds[i] = ask(&a->v[i], run_dir);
	for (size_t i = 0; i < a->n; i++) {
		a->v[i].rc =
		    fds[i] < 0 ? fds[i] : hear(&a->v[i], fds[i], until);
		if (fds[i] >= 0)
			close(fds[i]);
		if (a->v[i].rc < 0)
			a->v[i].nlines = 0;
	}
	return rc;
}

void
ask_free(struct ask *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->v[i].lines);
	free(a->v);
}

/* What they said. */

static int
is_of(const struct ask_process *p, const struct ask_of *of)
{
	return of->only != NULL ? p == of->only
				: strcmp(p->program, of->program) == 0;
}

static int
is_label(const char *is, const char *wanted)
{
	return strcmp(is, wanted != NULL ? wanted : "") == 0;
}

static double
sum(enum metric_sum how, double a, double b)
{
	switch (how) {
	case METRIC_COUNTER:
	case METRIC_ADDED:
		return a + b;
	case METRIC_LEAST:
		return a < b ? a : b;
	case METRIC_MOST:
		break;
	}
	return a > b ? a : b;
}

int
ask_value(const struct ask *a, const struct ask_of *of, enum metric what,
    double *value)
{
	int found = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct ask_process *p = &a->v[i];
		const struct metric_line *l = p->lines;

		if (!is_of(p, of))
			continue;
		for (; l < p->lines + p->nlines; l++) {
			if (l->what != what ||
			    !is_label(l->labels[0], of->label) ||
			    !is_label(l->labels[1], of->second))
				continue;
			*value = found
			    ? sum(metric_infos[what].sum, *value, l->value)
			    : l->value;
			found = 1;
		}
	}
	return found;
}

const char *
ask_next(const struct ask *a, const struct ask_of *of, enum metric what,
    unsigned label, const char *last)
{
	const char *next = NULL;

	for (size_t i = 0; i < a->n; i++) {
		const struct ask_process *p = &a->v[i];
		const struct metric_line *l = p->lines;

		if (!is_of(p, of))
			continue;
		for (; l < p->lines + p->nlines; l++) {
			const char *x = l->labels[label];

			if (l->what == what && strcmp(x, last) > 0 &&
			    (label == 0 || is_label(l->labels[0], of->label)) &&
			    (next == NULL || strcmp(x, next) < 0))
				next = x;
		}
	}
	return next;
}
