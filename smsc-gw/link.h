/* One bind to one SMSC: connect, bind, keep alive, count the window, come
 * back when it breaks. What the messages mean is not its business. */
#ifndef LINK_H
#define LINK_H

#include <event2/event.h>

#include "conf.h"
#include "metrics.h"
#include "pdu.h"
#include "window.h"

struct link;

/* The command_status of a submit_sm that was never answered. */
#define LINK_NO_RESPONSE UINT32_MAX

/* Which deliver_sm or data_sm of the SMSC's is to be answered. */
struct link_request {
	uint32_t connection; /* of this link, counted from 1 */
	uint32_t command_id, sequence_number;
};

/* And of which link. */
struct origin {
	struct link *link;
	struct link_request request;
};

/* What a link tells its owner. None is called from inside a link_ call. */
struct link_events {
	/* A deliver_sm or data_sm; answer with link_ack. Both are valid during
	 * the call. */
	void (*deliver)(struct link *l, const struct link_request *r,
	    const struct deliver_sm *d, void *arg);
	/* A submit_sm was answered, or is given up; the SMSC's message_id, or
	 * "". */
	void (*submitted)(struct link *l, void *ref, uint32_t command_status,
	    const char *message_id, void *arg);
	/* One that was given up was taken after all; never told of one that
	 * was refused, nor after link_forget. */
	void (*submitted_late)(
	    struct link *l, void *ref, const char *message_id, void *arg);
	/* Every PDU of one read has been handed out. */
	void (*read_done)(struct link *l, void *arg);
	/* The link broke: what it had in flight or unanswered is void. */
	void (*down)(struct link *l, void *arg);
	/* After link_unbind: nothing more will come. */
	void (*closed)(struct link *l, void *arg);
};

/* Makes a link that is at rest. `events` and `arg` must outlive it, and
 * `conf` until link_reload. 0 or -errno. */
int link_new(struct link **lp, struct event_base *base,
    const struct conf_smsc *conf, const struct link_events *events, void *arg);
void link_free(struct link *l);

/* Begins to connect, or does so again after `closed`. */
void link_start(struct link *l);

/* Makes what options to come need: memory, TLS. 0 or -errno, logged. */
int link_reserve(struct link *l, const struct conf_smsc *conf);

/* Other options, just reserved, from now on; those of a bind, and what was
 * read for TLS, from the next connection. A capture begins or ends here. A
 * link that is up must not change between TLS and none. */
void link_reload(struct link *l, const struct conf_smsc *conf);

/* Can it send at all: bound, as transceiver or transmitter. */
int link_may_send(const struct link *l);

/* How many submit_sm may be sent now (when_ticks): what is left of the window
 * and of the rate, or of what the SMSC takes when that is less. */
unsigned link_room(const struct link *l, int64_t now);

/* Has none been answered for a whole response_timeout, though one waited? */
int link_is_mute(const struct link *l);
/* How many await their answers. */
unsigned link_in_flight(const struct link *l);

/* Sends one now (when_ticks); `ref`, not null, comes back with its answer.
 * There must be room. */
void link_submit(
    struct link *l, const struct submit_sm *s, void *ref, int64_t now);

/* No late answer for `ref` is of interest any more: to be called before it
 * goes, if one of its submit_sm was given up over this link. */
void link_forget(struct link *l, void *ref);

/* Answers a request; does nothing when its connection is no more. */
void link_ack(
    struct link *l, const struct link_request *r, uint32_t command_status);

/* Reads no more of what came until link_resume; the latter does nothing for one
 * that is not held. */
void link_hold(struct link *l);
void link_resume(struct link *l);

/* Takes leave: unbind, a while for its answer, then `closed`. */
void link_unbind(struct link *l);

const struct conf_smsc *link_conf(const struct link *l);

/* How many submit_sm the SMSC took, in all. */
unsigned long link_taken(const struct link *l);

struct link_counters {
	unsigned long downs;      /* of a link that was bound */
	unsigned long taken;      /* submit_sm */
	unsigned long put_off;    /* refused for now */
	unsigned long refused;    /* refused for good */
	unsigned long unanswered; /* given up */
};

/* How it stands. */
struct link_state {
	struct link_counters counters;
	struct window_state window;
	enum metric_link state;
	int64_t since; /* epoch seconds */
};

struct link_state link_state(const struct link *l);

#endif
