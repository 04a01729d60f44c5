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
#include <time.h>
#include <unistd.h>

#include "conn.h"
#include "listener.h"
#include "proofs.h"
#include "series.h"
#include "smsc.h"
#include "window.h"

#define SECOND 1000000
#define LATER (SECOND / 5)   /* what comes too often comes by then, */
#define LATEST (5 * SECOND)  /* and a response to what was delivered */
#define SPIN 150             /* µs that are too short to sleep */
#define ESME_RTHROTTLED 0x58 /* 5.1.3 */

struct link {
	struct conn conn;
	int receives; /* bound, and may be sent to */
	struct window *window;
	uint32_t asked_alive; /* how often */
	struct proofs proofs;
};

struct smsc {
	struct smsc_options o;
	int listener;
	unsigned accepted;
	struct link links[SMSC_LINKS];
	unsigned turn; /* whose */
	int64_t begun, heard, ended, now;
	struct texts *texts;
	struct people *people;
	struct series series;
	struct smsc_counts c;
};

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int64_t
clock_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * (int64_t)SECOND + ts.tv_nsec / 1000;
}

static int64_t
measured_from(const struct smsc *s)
{
	return s->begun + s->o.warm * SECOND;
}

/* Until the last new text. How long an answer takes is measured also when it
 * comes later, for its text was due before. */
static int
is_measured(const struct smsc *s)
{
	return s->ended == 0 && s->now >= measured_from(s);
}

static int
is_stalled(const struct smsc *s)
{
	return s->o.stall > 0 && s->begun != 0 &&
	    s->now >= s->begun + s->o.stall * SECOND;
}

/* Texts out. */

static struct link *
next_link(struct smsc *s)
{
	for (unsigned i = 0; i < SMSC_LINKS; i++) {
		struct link *l = &s->links[s->turn++ % SMSC_LINKS];

		if (l->receives && !window_is_full(l->window) &&
		    conn_room(&l->conn))
			return l;
	}
	return NULL;
}

static void
deliver(struct smsc *s, struct link *l, uint32_t text)
{
	uint32_t who = texts_who(s->texts, text);

	s->c.redelivered += texts_tries(s->texts, text) > 1;
	s->series.delivered++;
	people_delivered(s->people, who, texts_due(s->texts, text), s->now);
	conn_deliver(&l->conn, window_put(l->window, text), s->o.first + who,
	    s->o.code, s->o.text);
}

static int
still_wants(uint32_t text, void *arg)
{
	struct smsc *s = arg;

	return texts_tries(s->texts, text) == 0 ||
	    people_waits(s->people, texts_who(s->texts, text));
}

/* As many are without an answer as may be. */
static int
is_enough(const struct smsc *s)
{
	return s->o.unanswered > 0 &&
	    texts_made(s->texts) >= people_answers(s->people) + s->o.unanswered;
}

static void
deliver_due(struct smsc *s)
{
	struct link *l;
	uint32_t text;

	texts_advance(s->texts, s->now, still_wants, s);
	while (!is_enough(s) && (l = next_link(s)) != NULL &&
	    texts_take(s->texts, s->now, &text))
		deliver(s, l, text);
}

/* What comes in. */

static void
on_deliver_sm_resp(struct smsc *s, struct link *l, const struct pdu *p)
{
	uint32_t who, text = window_take(l->window, p->sequence_number);

	if (text == WINDOW_NOTHING)
		return;
	who = texts_who(s->texts, text);
	if (p->status != 0) {
		s->c.refused++;
		s->series.refused++;
		people_refused(s->people, who);
		texts_refused(s->texts, text, s->now);
	} else {
		s->c.acked++;
		people_acknowledged(s->people, who);
		texts_done(s->texts);
	}
}

static void
measure(struct smsc *s, const struct people_news *news)
{
	int in_time =
	    news->is_first && news->since_due <= s->o.in_time * SECOND;

	series_answer(&s->series, news, in_time,
	    s->now - news->since_due >= texts_step_began(s->texts));
	s->c.answers += is_measured(s);
	s->c.served += is_measured(s) && in_time;
	if (s->now - news->since_due < measured_from(s))
		return;
	hist_add(&s->c.since_due, news->since_due);
	hist_add(&s->c.since_delivered, news->since_delivered);
}

/* One in so many, and not in step with the subscribers. */
static int
is_refused(const struct smsc *s)
{
	uint32_t dice = (s->c.throttled + s->now) * 2654435761u;

	return dice < s->o.refuse * UINT32_MAX;
}

static void
on_submit_sm(struct smsc *s, struct link *l, const struct pdu *p)
{
	struct people_news news;
	struct submit submit;

	if (is_refused(s)) {
		conn_refuse(&l->conn, p, ESME_RTHROTTLED);
		s->c.throttled++;
		return;
	}
	conn_respond(&l->conn, p, "0");
	if (conn_submit(p, &submit) < 0) {
		s->c.people.bad++;
		return;
	}
	people_told(s->people, &submit, s->now, &news);
	if (news.is_answer)
		measure(s, &news);
	if (s->o.prove && news.who != UINT32_MAX)
		proofs_put(&l->proofs, s->people, news.who);
}

static void
handle(struct smsc *s, struct link *l, const struct pdu *p)
{
	s->heard = s->now = clock_now();
	switch (p->id) {
	case BIND_RECEIVER:
	case BIND_TRANSMITTER:
	case BIND_TRANSCEIVER:
		l->receives = p->id != BIND_TRANSMITTER;
		conn_respond(&l->conn, p, "LOAD");
		break;
	case SUBMIT_SM:
		on_submit_sm(s, l, p);
		break;
	case DELIVER_SM | RESP:
		on_deliver_sm_resp(s, l, p);
		break;
	case UNBIND:
		l->receives = 0;
		conn_respond(&l->conn, p, NULL);
		break;
	case ENQUIRE_LINK:
		conn_respond(&l->conn, p, NULL);
		break;
	case ENQUIRE_LINK | RESP:
		proofs_alive(&l->proofs);
		break;
	}
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
cut_text(struct smsc *s, uint32_t text)
{
	s->c.cut++;
	people_cut(s->people, texts_who(s->texts, text));
	texts_cut(s->texts, text, s->now);
}

static void
close_link(struct smsc *s, struct link *l)
{
	uint32_t text;

	conn_close(&l->conn);
	l->receives = 0;
	while ((text = window_take_any(l->window)) != WINDOW_NOTHING)
		cut_text(s, text);
	proofs_void(&l->proofs, s->people);
}

/* Reads if there is something, handles every whole PDU, writes. */
static void
serve_link(struct smsc *s, struct link *l, int readable)
{
	int rc = readable ? conn_read(&l->conn) : 0;
	struct pdu p;

	while (rc == 0 && (rc = conn_pdu(&l->conn, &p)) == 1) {
		handle(s, l, &p);
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
	s->now = clock_now();
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
	s->heard = s->now = clock_now();
	while (count_bound(s) < s->o.links) {
		if (is_quiet(s))
			return -1;
		poll_once(s);
	}
	s->begun = s->heard = s->now = clock_now();
	series_begin(&s->series, s->o.series, s->begun);
	texts_begin(s->texts, s->now);
	while (!is_over(s)) {
		if (wanted_end && !texts_ended(s->texts))
			texts_end(s->texts, s->now);
		deliver_due(s);
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
