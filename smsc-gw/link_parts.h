/* What the files of a link share, and nobody else: link.c, its life and its
 * states; link_read.c, what the SMSC sends; link_write.c, what is sent to it.
 */
#ifndef LINK_PARTS_H
#define LINK_PARTS_H

#include "capture.h"
#include "link.h"
#include "told.h"

#define LINK_GATHERED (1 << 14) /* octets that are written together */
#define LINK_TELL_MS 1000

enum state {
	WAITING,
	CONNECTING,
	BINDING,
	BOUND,
	SENT_AWAY,
	UNBINDING,
	CLOSED
};

struct link {
	const struct conf_smsc *conf;
	const struct link_events *events;
	void *arg;
	struct event_base *base;
	struct evdns_base *dns;
	struct bufferevent *bev;
	struct tls *tls;         /* null: in clear */
	struct tls *tls_next;    /* reserved */
	struct capture *capture; /* or null */
	struct event *tick, *retry, *flush;
	enum state state;
	int held;          /* nothing is to be read */
	const char *fault; /* set while reading: close when back */
	uint32_t skip;     /* octets of a PDU that is passed over */
	int64_t stuck;     /* ms: not reading since */
	int64_t now;       /* ms: of the read that is being handled */
	uint32_t connection;
	uint32_t unbind;                   /* sequence number of the SMSC's */
	int64_t state_since, heard, asked; /* ms; asked: enquire_link */
	uint32_t backoff;                  /* ms */
	int64_t answered;      /* ms: when a submit_sm last was, or it bound */
	int mute;              /* since then one waited in vain */
	int64_t told;          /* ms: when a refusal was last told */
	unsigned long untold;  /* refusals since */
	struct window *window; /* submit_sm in flight */
	struct link_counters counters;
	struct told paced, unread;
	size_t ngathered;
	uint8_t gathered[LINK_GATHERED]; /* PDUs written since the last flush */
};

/* Another state; nothing is asked or waited for in it yet. */
void link_enter(struct link *l, enum state state);
/* The connection is over: backs off, or, when taking leave, ends. */
void link_close(struct link *l, const char *reason);
/* The SMSC's unbind, once all that was in flight is answered. */
void link_answer_unbind(struct link *l);

/* Callbacks of the bufferevent, and of the event `flush`. */
void link_on_read(struct bufferevent *bev, void *arg);
void link_on_drained(struct bufferevent *bev, void *arg);
void link_on_flush(evutil_socket_t fd, short what, void *arg);

/* Gathers a whole PDU; without a connection it goes nowhere. One that is a
 * header alone; and an unbind, or the response to one. */
void link_write(struct link *l, const uint8_t *pdu, size_t len);
void link_write_header(struct link *l, uint32_t command_id,
    uint32_t command_status, uint32_t sequence_number);
void link_write_unbind(
    struct link *l, uint32_t command_id, uint32_t sequence_number);
/* Gives the bufferevent what was gathered. */
void link_flush(struct link *l);

/* Into the capture, if there is one. */
void link_capture(
    struct link *l, enum capture_direction dir, const uint8_t *pdu, size_t len);

#endif
