/*   connect ──▶ GET /metrics ──▶ collect, write ──▶ close
 *
 * A client has until its time is over, however slowly it sends or reads. The
 * text is shared by all who ask within TELLER_FRESH_MS: asking in a loop costs
 * little. libevent's evhttp cannot bound either. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <event2/util.h>

#include "log.h"
#include "teller.h"
#include "when.h"

#define BACKLOG 16
#define REST_MS 2
#define WORKER_PORTS 2 /* of TCP, one each for smsc-gw and ussd-gw */

struct client { /* free when bev is null */
	struct teller *teller;
	struct bufferevent *bev;
	struct event *patience;
	int64_t since;
	int answered;
};

struct teller {
	struct event_base *base;
	const char *program;
	unsigned worker;
	teller_collect_h *collect;
	void *arg;
	struct metrics *metrics;
	struct evbuffer *text; /* as last put together, or null */
	int64_t made;
	struct evconnlistener *local, *tcp;
	struct event *rest;     /* before the next is accepted */
	char *run_dir, *listen; /* where these are, or should be; or null */
	char path[TELLER_PATH];
	struct stat made_as; /* what is ours at `path` */
	struct client clients[TELLER_CLIENTS];
};

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *from, int len, void *arg);
static void on_rested(evutil_socket_t fd, short what, void *arg);
static void on_read(struct bufferevent *bev, void *arg);
static void on_written(struct bufferevent *bev, void *arg);
static void on_event(struct bufferevent *bev, short what, void *arg);
static void on_patience(evutil_socket_t fd, short what, void *arg);

/* Life. */

int
teller_new(struct teller **tp, struct event_base *base, const char *program,
    unsigned worker, teller_collect_h *collect, void *arg)
{
	struct teller *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return -ENOMEM;
	t->base = base;
	t->program = program;
	t->worker = worker;
	t->collect = collect;
	t->arg = arg;
	*tp = t;
	t->rest = evtimer_new(base, on_rested, t);
	if (t->rest == NULL)
		return -ENOMEM;
	for (int i = 0; i < TELLER_CLIENTS; i++) {
		struct client *c = &t->clients[i];

		c->teller = t;
		c->patience = evtimer_new(base, on_patience, c);
		if (c->patience == NULL)
			return -ENOMEM;
	}
	return metrics_new(&t->metrics);
}

static void
drop(struct client *c)
{
	if (c->bev != NULL)
		bufferevent_free(c->bev);
	c->bev = NULL;
	event_del(c->patience);
}

/* The path may be another's by now. */
static void
close_local(struct teller *t)
{
	struct stat st;

	if (t->local == NULL)
		return;
	if (lstat(t->path, &st) == 0 && st.st_ino == t->made_as.st_ino &&
	    st.st_dev == t->made_as.st_dev)
		unlink(t->path);
	evconnlistener_free(t->local);
	t->local = NULL;
}

static void
close_tcp(struct teller *t)
{
	if (t->tcp != NULL)
		evconnlistener_free(t->tcp);
	t->tcp = NULL;
}

void
teller_free(struct teller *t)
{
	if (t == NULL)
		return;
	for (int i = 0; i < TELLER_CLIENTS; i++) {
		struct client *c = &t->clients[i];

		if (c->patience == NULL)
			continue;
		drop(c);
		event_free(c->patience);
	}
	close_local(t);
	close_tcp(t);
	if (t->rest != NULL)
		event_free(t->rest);
	if (t->text != NULL)
		evbuffer_free(t->text);
	metrics_free(t->metrics);
	free(t->run_dir);
	free(t->listen);
	free(t);
}

/* The local socket. */

int
teller_path(char path[TELLER_PATH], const char *run_dir, const char *program,
    unsigned worker)
{
	int n = snprintf(
	    path, TELLER_PATH, "%s/%s.%u.sock", run_dir, program, worker);

	return n < TELLER_PATH ? 0 : -ENAMETOOLONG;
}

static int
new_socket(const char *path, struct sockaddr_un *at)
{
	*at = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(at->sun_path, path, strlen(path) + 1);
	return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* Makes way where a process died. 0; -EADDRINUSE where one listens, or where
 * something is no socket. */
static int
clear_path(const char *path)
{
	struct sockaddr_un at;
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EADDRINUSE;
	fd = new_socket(path, &at);
	if (fd < 0)
		return -errno;
	rc = connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ? -errno : 0;
	close(fd);
	if (rc != -ECONNREFUSED)
		return -EADDRINUSE; /* -EAGAIN: one that is busy */
	return unlink(path) < 0 ? -errno : 0;
}

/* For the owner and the group, where umask lets it be. */
static int
bind_local(struct teller *t)
{
	struct sockaddr_un at;
	int fd = new_socket(t->path, &at), rc = 0;
	mode_t mask;

	if (fd < 0)
		return -errno;
	mask = umask(0);
	umask(mask | 0117);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		rc = -errno;
	umask(mask);
	if (rc == 0 && lstat(t->path, &t->made_as) < 0)
		rc = -errno;
	if (rc == 0)
		t->local = evconnlistener_new(t->base, on_accept, t,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
	if (t->local == NULL)
		close(fd);
	return rc == 0 && t->local == NULL ? -ENOMEM : rc;
}

static void
open_local(struct teller *t)
{
	int rc = teller_path(t->path, t->run_dir, t->program, t->worker);

	if (rc == 0)
		rc = clear_path(t->path);
	if (rc == 0)
		rc = bind_local(t);
	if (rc == -EADDRINUSE)
		log_notice(DCORE,
		    "%s: another is asked there, or it is no socket; "
		    "\"travelcard "
		    "stat\" does not hear of this process; see run_dir",
		    t->path);
	else if (rc < 0)
		log_notice(DCORE,
		    "%s: %s; \"travelcard stat\" does not hear of this "
		    "process; "
		    "see run_dir",
		    t->path, strerror(-rc));
}

/* TCP. */

static struct evutil_addrinfo *
resolve(const struct teller *t)
{
	const char *colon = strrchr(t->listen, ':');
	const struct evutil_addrinfo hints = {
	    .ai_socktype = SOCK_STREAM, .ai_flags = EVUTIL_AI_PASSIVE};
	char host[256], port[16];
	size_t len = colon - t->listen;
	struct evutil_addrinfo *found = NULL;

	if (*t->listen == '[' && len > 1 && colon[-1] == ']') {
		snprintf(
		    host, sizeof(host), "%.*s", (int)len - 2, t->listen + 1);
	} else {
		snprintf(host, sizeof(host), "%.*s", (int)len, t->listen);
	}
	snprintf(port, sizeof(port), "%u",
	    atoi(colon + 1) + WORKER_PORTS * t->worker +
		(strcmp(t->program, "ussd-gw") == 0));
	if (evutil_getaddrinfo(host, port, &hints, &found) != 0)
		return NULL;
	return found;
}

static void
open_tcp(struct teller *t)
{
	struct evutil_addrinfo *at = resolve(t);

	errno = EADDRNOTAVAIL;
	if (at != NULL) {
		t->tcp = evconnlistener_new_bind(t->base, on_accept, t,
		    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC |
			LEV_OPT_REUSEABLE,
		    BACKLOG, at->ai_addr, at->ai_addrlen);
		evutil_freeaddrinfo(at);
	}
	if (t->tcp == NULL)
		log_notice(DCORE, "metrics.listen = \"%s\": %s; not served",
		    t->listen, strerror(errno));
}

/* 1 when it is another now. */
static int
replace(char **is, const char *to)
{
	if (to == NULL ? *is == NULL : *is != NULL && strcmp(*is, to) == 0)
		return 0;
	free(*is);
	*is = to != NULL ? strdup(to) : NULL;
	return 1;
}

void
teller_reload(struct teller *t, const struct conf *conf)
{
	if (replace(&t->run_dir, conf->run_dir)) {
		close_local(t);
		if (t->run_dir != NULL)
			open_local(t);
	}
	if (replace(&t->listen, conf->metrics.listen)) {
		close_tcp(t);
		if (t->listen != NULL)
			open_tcp(t);
	}
}

/* Asking. */

static struct client *
take_place(struct teller *t)
{
	struct client *c = t->clients;

	for (int i = 0; i < TELLER_CLIENTS; i++) {
		if (t->clients[i].bev == NULL)
			return &t->clients[i];
		if (t->clients[i].since < c->since)
			c = &t->clients[i];
	}
	drop(c);
	return c;
}

/* One at a time: left to itself a listener takes all that connect before it
 * comes back, and texts would wait for who connects without end. */
static void
rest(struct teller *t)
{
	static const struct timeval pause = {0, REST_MS * 1000};

	if (t->local != NULL)
		evconnlistener_disable(t->local);
	if (t->tcp != NULL)
		evconnlistener_disable(t->tcp);
	event_add(t->rest, &pause);
}

static void
on_rested(evutil_socket_t fd, short what, void *arg)
{
	struct teller *t = arg;

	(void)fd, (void)what;
	if (t->local != NULL)
		evconnlistener_enable(t->local);
	if (t->tcp != NULL)
		evconnlistener_enable(t->tcp);
}

static void
on_accept(struct evconnlistener *listener, evutil_socket_t fd,
    struct sockaddr *from, int len, void *arg)
{
	const struct timeval patience = {TELLER_PATIENCE_MS / 1000, 0};
	struct client *c = take_place(arg);

	(void)listener, (void)from, (void)len;
	rest(arg);
	c->bev =
	    bufferevent_socket_new(c->teller->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL) {
		close(fd);
		return;
	}
	c->since = when_micros();
	c->answered = 0;
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	bufferevent_setwatermark(c->bev, EV_READ, 0, TELLER_REQUEST);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	event_add(c->patience, &patience);
}

/* 0 or -ENOMEM. */
static int
make_text(struct teller *t)
{
	int64_t now = when_ticks();

	if (t->text != NULL && now - t->made < TELLER_FRESH_MS)
		return 0;
	if (t->text != NULL)
		evbuffer_free(t->text);
	t->text = evbuffer_new();
	if (t->text == NULL)
		return -ENOMEM;
	t->made = now;
	t->collect(t->metrics, t->arg);
	return metrics_write(t->metrics, t->text);
}

static void
answer(struct client *c, const char *status, struct evbuffer *text)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);

	c->answered = 1;
	bufferevent_disable(c->bev, EV_READ);
	evbuffer_add_printf(out,
	    "HTTP/1.0 %s\r\n"
	    "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
	    "Content-Length: %zu\r\n"
	    "Connection: close\r\n\r\n",
	    status, text != NULL ? evbuffer_get_length(text) : 0);
	if (text != NULL)
		evbuffer_add_buffer_reference(out, text);
}

/* What is asked, once its head is there; a body is nothing to us. */
static void
on_read(struct bufferevent *bev, void *arg)
{
	static const char get[] = "GET /metrics HTTP/1.";
	struct client *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	char head[sizeof(get) - 1];

	if (evbuffer_search(in, "\r\n\r\n", 4, NULL).pos < 0) {
		if (evbuffer_get_length(in) >= TELLER_REQUEST)
			drop(c);
		return;
	}
	if (evbuffer_copyout(in, head, sizeof(head)) < (ssize_t)sizeof(head) ||
	    memcmp(head, get, sizeof(head)) != 0)
		answer(c, "404 Not Found", NULL);
	else if (make_text(c->teller) < 0)
		answer(c, "503 Service Unavailable", NULL);
	else
		answer(c, "200 OK", c->teller->text);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;

	(void)bev;
	if (c->answered)
		drop(c);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev, (void)what;
	drop(arg);
}

static void
on_patience(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	drop(arg);
}
