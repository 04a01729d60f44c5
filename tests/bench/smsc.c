/* One thread, one poll().
 *
 * A text is in its link's window until its deliver_sm_resp comes. One that is
 * refused for now, or whose link breaks, is delivered again later. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"
#include "listener.h"

#define LATER (SECOND / 5)  /* what comes too often comes by then, */
#define LATEST (5 * SECOND) /* and a response to what was delivered */
#define SPIN 150            /* µs that are too short to sleep */

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int
is_stalled(const struct smsc *s)
{
	return s->o.stall > 0 && s->begun != 0 &&
	    s->now >= s->begun + s->o.stall * SECOND;
}

/* Links. */

static void
accept_link(struct smsc *s)
{
	int record, fd = listener_accept(s->listener);
	struct link *l = s->links;

	while (l < s->links + SMSC_LINKS && l->conn.fd >= 0)
		l++;
	if (fd < 0 || l == s->links + SMSC_LINKS) {
		close(fd);
		return;
	}
	s->accepted++;
	record = s->o.prefix != NULL ? listener_record(s->o.prefix, s->accepted)
				     : -1;
	conn_open(&l->conn, fd, record);
	l->proofs = (struct proofs){0};
}

static void
close_link(struct smsc *s, struct link *l)
{
	conn_close(&l->conn);
	l->receives = 0;
	exchange_cut(s, l);
}

/* Reads if there is something, handles every whole PDU, writes. */
static void
serve_link(struct smsc *s, struct link *l, int readable)
{
	int rc = readable ? conn_read(&l->conn) : 0;
	struct pdu p;

	while (rc == 0 && (rc = conn_pdu(&l->conn, &p)) == 1) {
		exchange_handle(s, l, &p);
		rc = 0;
	}
	if (l->proofs.unmarked > 0 && conn_room(&l->conn)) {
		conn_ask_alive(&l->conn, ++l->asked_alive);
		proofs_mark(&l->proofs, s->people);
	}
	if (rc < 0 || conn_write(&l->conn) < 0)
		close_link(s, l);
}

/* Until something is due, and a millisecond at most. */
static int64_t
patience(const struct smsc *s)
{
	int64_t us = s->begun != 0 ? texts_next(s->texts) - s->now : SECOND;

	return us < SPIN ? 0 : us < 1000 ? us : 1000;
}

static void
poll_once(struct smsc *s)
{
	const struct timespec wait = {0, patience(s) * 1000};
	struct pollfd fds[SMSC_LINKS + 1];
	int stalled = is_stalled(s);

	for (int i = 0; i < SMSC_LINKS; i++) {
		struct conn *c = &s->links[i].conn;

		fds[i].fd = c->fd;
		fds[i].events =
		    (stalled ? 0 : POLLIN) | (c->out.len > 0 ? POLLOUT : 0);
		fds[i].revents = 0;
	}
	fds[SMSC_LINKS] = (struct pollfd){s->listener, POLLIN, 0};
	if (ppoll(fds, SMSC_LINKS + 1, &wait, NULL) < 0 && errno != EINTR)
		die("poll");
	s->now = exchange_clock();
	for (int i = 0; i < SMSC_LINKS; i++)
		if (fds[i].fd >= 0)
			serve_link(s, &s->links[i],
			    !stalled && fds[i].revents & ~POLLOUT);
	if (fds[SMSC_LINKS].revents)
		accept_link(s);
}

/* From beginning to end. */

static unsigned
count_bound(const struct smsc *s)
{
	unsigned n = 0;

	for (int i = 0; i < SMSC_LINKS; i++)
		n += s->links[i].receives;
	return n;
}

static int
is_quiet(const struct smsc *s)
{
	return s->now - s->heard > s->o.quiet * SECOND;
}

static int
is_over(struct smsc *s)
{
	if (!texts_ended(s->texts))
		return is_quiet(s) && texts_next(s->texts) == TEXTS_FOREVER;
	if (s->ended == 0) {
		s->ended = s->now;
		s->c.measured = (s->now - s->begun) / 1e6 - s->o.warm;
		s->c.until = s->now / 1e6;
	}
	if (texts_open(s->texts) == 0 &&
	    people_answers(s->people) >= s->c.acked)
		return 1;
	return is_quiet(s) || s->now > s->ended + s->o.drain * SECOND;
}

static uint32_t
in_flight(const struct smsc *s)
{
	uint32_t n = 0;

	for (int i = 0; i < SMSC_LINKS; i++)
		n += window_used(s->links[i].window);
	return n;
}

/* Nothing more is delivered. */
static void
settle(struct smsc *s)
{
	int64_t began = s->now;

	while (s->now < began + LATER ||
	    (in_flight(s) > 0 && !is_stalled(s) && s->now < began + LATEST))
		poll_once(s);
}

static volatile sig_atomic_t wanted_end;

void
smsc_end(void)
{
	wanted_end = 1;
}

static int
serve(struct smsc *s)
{
	s->heard = s->now = exchange_clock();
	while (count_bound(s) < s->o.links) {
		if (is_quiet(s))
			return -1;
		poll_once(s);
	}
	s->begun = s->heard = s->now = exchange_clock();
	series_begin(&s->series, s->o.series, s->begun);
	texts_begin(s->texts, s->now);
	while (!is_over(s)) {
		if (wanted_end && !texts_ended(s->texts))
			texts_end(s->texts, s->now);
		exchange_deliver(s);
		poll_once(s);
		series_advance(&s->series, s->now, s->texts);
	}
	settle(s);
	return 0;
}

static void
set_up(struct smsc *s)
{
	if (texts_new(&s->texts, &s->o.texts) < 0 ||
	    people_new(
		&s->people, s->o.first, s->o.texts.subscribers, s->o.check) < 0)
		die("memory");
	for (int i = 0; i < SMSC_LINKS; i++) {
		struct link *l = &s->links[i];

		l->conn.fd = -1;
		if (window_new(&l->window, s->o.window) < 0)
			die("memory");
	}
	s->listener = listener_open(s->o.address, s->o.port, SMSC_LINKS);
}

static void
sum_up(struct smsc *s)
{
	uint32_t bad = s->c.people.bad;

	s->c.texts = texts_made(s->texts);
	s->c.again = texts_again(s->texts);
	s->c.open = texts_open(s->texts);
	s->c.silent = in_flight(s);
	s->c.seconds = (s->heard - s->begun) / 1e6;
	s->c.people = *people_count(s->people);
	s->c.people.bad += bad;
}

int
smsc_run(const struct smsc_options *o, struct smsc_counts *counts)
{
	static struct smsc s;
	int rc;

	s.o = *o;
	set_up(&s);
	rc = serve(&s);
	sum_up(&s);
	*counts = s.c;
	return rc;
}
