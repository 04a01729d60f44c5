/* One thread, one poll().
 *
 * A text is in a slot of its link's window until its deliver_sm_resp comes:
 * sequence_number = 1 + slot + window * serial. One that is refused for now,
 * or whose link breaks, is delivered again a second later. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "conn.h"
#include "smsc.h"

#define RETRY_MS 1000
#define QUIET_MS 15000 /* then nothing more is expected */
#define LATER_MS 200   /* what comes too often comes by then */

struct slot {
	uint32_t sequence_number; /* 0: free */
	uint32_t text;
};

struct link {
	struct conn conn;
	int receives; /* bound, and may be sent to */
	struct slot *slots;
	uint32_t *free; /* a stack of slots */
	unsigned nfree;
	uint32_t serial;
};

struct again {
	uint32_t text;
	int64_t due; /* ms */
};

struct smsc {
	struct smsc_options o;
	int listener;
	unsigned accepted;
	struct link links[SMSC_LINKS];
	unsigned turn; /* whose */
	int64_t begun, heard;
	uint32_t next;       /* the first text not yet sent */
	struct again *again; /* a ring of o.texts */
	uint32_t again_head, again_len;
	uint32_t *balance; /* a subscriber's answers less his texts */
	struct smsc_counts c;
};

static void
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Texts out. */

static void
send_again(struct smsc *s, uint32_t text)
{
	uint32_t tail = (s->again_head + s->again_len) % s->o.texts;

	s->again[tail] = (struct again){text, now_ms() + RETRY_MS};
	s->again_len++;
}

/* Which text is to be sent now, if any. */
static int
take_text(struct smsc *s, int64_t now, uint32_t *text)
{
	const struct again *a = &s->again[s->again_head];

	if (s->again_len > 0 && a->due <= now) {
		*text = a->text;
		s->again_head = (s->again_head + 1) % s->o.texts;
		s->again_len--;
		s->c.redelivered++;
		return 1;
	}
	if (s->next == s->o.texts ||
	    (s->o.rate != 0 && s->next >= (now - s->begun) * s->o.rate / 1000))
		return 0;
	*text = s->next++;
	return 1;
}

static struct link *
next_link(struct smsc *s)
{
	for (unsigned i = 0; i < SMSC_LINKS; i++) {
		struct link *l = &s->links[s->turn++ % SMSC_LINKS];

		if (l->receives && l->nfree > 0 && conn_room(&l->conn))
			return l;
	}
	return NULL;
}

static void
deliver(struct smsc *s, struct link *l, uint32_t text)
{
	uint32_t slot = l->free[--l->nfree];
	uint32_t seq = 1 + slot + s->o.window * l->serial++;
	char from[21];

	snprintf(from, sizeof(from), "%llu",
	    (unsigned long long)s->o.first + text % s->o.subscribers);
	l->slots[slot] = (struct slot){seq, text};
	conn_deliver(&l->conn, seq, from, s->o.code, s->o.text);
}

static void
deliver_due(struct smsc *s)
{
	int64_t now = now_ms();
	struct link *l;
	uint32_t text;

	while ((l = next_link(s)) != NULL && take_text(s, now, &text))
		deliver(s, l, text);
}

/* What comes in. */

static void
on_deliver_sm_resp(struct smsc *s, struct link *l, const struct pdu *p)
{
	struct slot *slot = &l->slots[(p->sequence_number - 1) % s->o.window];

	if (slot->sequence_number != p->sequence_number ||
	    p->sequence_number == 0)
		return;
	slot->sequence_number = 0;
	l->free[l->nfree++] = slot - l->slots;
	if (p->status != 0) {
		s->c.refused++;
		send_again(s, slot->text);
	} else {
		s->c.acked++;
		s->balance[slot->text % s->o.subscribers]--;
	}
}

/* An answer is counted with its last segment. */
static void
on_submit_sm(struct smsc *s, struct link *l, const struct pdu *p)
{
	struct submit submit;
	uint64_t who;

	conn_respond(&l->conn, p, "0");
	s->c.segments++;
	if (conn_submit(p, &submit) < 0) {
		s->c.bad++;
		return;
	}
	who = strtoull(submit.to, NULL, 10) - s->o.first;
	if (!submit.is_last || who >= s->o.subscribers)
		return;
	s->c.answers++;
	s->balance[who]++;
}

static void
handle(struct smsc *s, struct link *l, const struct pdu *p)
{
	s->heard = now_ms();
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
	}
}

/* Links. */

static int
open_record(struct smsc *s)
{
	char name[4096];
	int fd;

	s->accepted++;
	if (s->o.prefix == NULL)
		return -1;
	snprintf(name, sizeof(name), "%s-%u", s->o.prefix, s->accepted);
	fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		die(name);
	return fd;
}

static void
accept_link(struct smsc *s)
{
	int on = 1, fd = accept(s->listener, NULL, NULL);
	struct link *l = s->links;

	while (l < s->links + SMSC_LINKS && l->conn.fd >= 0)
		l++;
	if (fd < 0 || l == s->links + SMSC_LINKS) {
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	conn_open(&l->conn, fd, open_record(s));
	for (l->nfree = 0; l->nfree < s->o.window; l->nfree++) {
		l->free[l->nfree] = l->nfree;
		l->slots[l->nfree].sequence_number = 0;
	}
}

static void
close_link(struct smsc *s, struct link *l)
{
	conn_close(&l->conn);
	l->receives = 0;
	for (unsigned i = 0; i < s->o.window; i++)
		if (l->slots[i].sequence_number != 0)
			send_again(s, l->slots[i].text);
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
	if (rc < 0 || conn_write(&l->conn) < 0)
		close_link(s, l);
}

static void
poll_once(struct smsc *s)
{
	struct pollfd fds[SMSC_LINKS + 1];

	for (int i = 0; i < SMSC_LINKS; i++) {
		struct conn *c = &s->links[i].conn;

		fds[i].fd = c->fd;
		fds[i].events = POLLIN | (c->out.len > 0 ? POLLOUT : 0);
		fds[i].revents = 0;
	}
	fds[SMSC_LINKS] = (struct pollfd){s->listener, POLLIN, 0};
	if (poll(fds, SMSC_LINKS + 1, 1) < 0 && errno != EINTR)
		die("poll");
	for (int i = 0; i < SMSC_LINKS; i++)
		if (fds[i].fd >= 0)
			serve_link(s, &s->links[i], fds[i].revents & ~POLLOUT);
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
	return now_ms() - s->heard > QUIET_MS;
}

static int
serve(struct smsc *s)
{
	s->heard = now_ms();
	while (count_bound(s) < s->o.links) {
		if (is_quiet(s))
			return -1;
		poll_once(s);
	}
	s->begun = s->heard = now_ms();
	while ((s->c.acked < s->o.texts || s->c.answers < s->c.acked) &&
	    !is_quiet(s)) {
		deliver_due(s);
		poll_once(s);
	}
	for (int64_t end = now_ms() + LATER_MS; now_ms() < end;)
		poll_once(s);
	return 0;
}

static void
set_up(struct smsc *s)
{
	s->again = calloc(s->o.texts, sizeof(*s->again));
	s->balance = calloc(s->o.subscribers, sizeof(*s->balance));
	if (s->again == NULL || s->balance == NULL)
		die("memory");
	for (int i = 0; i < SMSC_LINKS; i++) {
		struct link *l = &s->links[i];

		l->conn.fd = -1;
		l->slots = calloc(s->o.window, sizeof(*l->slots));
		l->free = calloc(s->o.window, sizeof(*l->free));
		if (l->slots == NULL || l->free == NULL)
			die("memory");
	}
}

static void
start_listening(struct smsc *s)
{
	struct sockaddr_in sin = {
	    .sin_family = AF_INET,
	    .sin_port = htons(s->o.port),
	};
	int on = 1;

	if (inet_pton(AF_INET, s->o.address, &sin.sin_addr) != 1)
		errno = EINVAL, die(s->o.address);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(s->listener, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
	    listen(s->listener, SMSC_LINKS) < 0)
		die("listen");
}

static void
sum_up(struct smsc *s)
{
	s->c.texts = s->next;
	s->c.seconds = (s->heard - s->begun) / 1000.0;
	for (unsigned i = 0; i < s->o.subscribers; i++) {
		int32_t balance = s->balance[i];

		s->c.missing += balance < 0 ? -balance : 0;
		s->c.surplus += balance > 0 ? balance : 0;
	}
}

int
smsc_run(const struct smsc_options *o, struct smsc_counts *counts)
{
	static struct smsc s;
	int rc;

	s.o = *o;
	set_up(&s);
	start_listening(&s);
	rc = serve(&s);
	sum_up(&s);
	*counts = s.c;
	return rc;
}
