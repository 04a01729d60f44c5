/* One connection to an HLR: IPA framing, identity, keep-alive, reconnect with
 * back-off. What the messages mean is not its business. */
#ifndef USSD_LINK_H
#define USSD_LINK_H

#include <event2/event.h>

#include "conf.h"
#include "metrics.h"
#include "turns.h"

struct link;

/* None is called from inside a link_ call but link_free. */
struct link_events {
	/* A GSUP message, whole, valid during the call. */
	void (*message)(const uint8_t *p, size_t len, void *arg);
	/* Every frame of one turn has been handed out. */
	void (*read_done)(void *arg);
	/* The HLR has read, and answered, all that was sent before link_mark.
	 */
	void (*passed)(void *arg);
	/* The link broke: the HLR has its dialogues still, but what is said
	 * of them now does not reach it. */
	void (*down)(void *arg);
};

/* Makes a link and begins to connect. What comes is handed out in turns. All
 * that is passed must outlive it. 0 or -errno. */
int link_new(struct link **lp, struct event_base *base, struct turns *turns,
    const struct conf_hlr *conf, const struct link_events *events, void *arg);
/* Other options from now on, of the same connection; `conf` must outlive it
 * like the one before. */
void link_reload(struct link *l, const struct conf_hlr *conf);
/* Are other carriers served beside it? Then its turns are short, and its
 * breaker (breaker.h) opens. */
void link_share(struct link *l, int shares);
/* Hands out what was read, and tries once more to send what was written. */
void link_free(struct link *l);

/* How it stands. */
struct link_state {
	enum metric_link state;
	int64_t since;       /* epoch seconds */
	unsigned long downs; /* of a link that was up */
};

struct link_state link_state(const struct link *l);

/* Does the HLR know us: may be sent to. */
int link_is_up(const struct link *l);

/* Has what is handed out been waiting for too long (backlog.h)? */
int link_is_behind(const struct link *l);
/* Or does that come and go? */
int link_is_strained(const struct link *l, int64_t now);

/* While a message is handed out: has more come behind it? */
int link_has_more(const struct link *l);

/* Is its breaker open: did what it brought take too long beside others? */
int link_takes_long(const struct link *l);

/* How it keeps up. */
struct link_load {
	int64_t delay;        /* ms that what waits has been there */
	int is_open;          /* the breaker; */
	int acts;             /* is, or was of late */
	unsigned long opened; /* how often that was */
};

struct link_load link_load(const struct link *l);

/* Puts a mark behind what was sent, a ping: `passed` follows once. Not while
 * another is on its way; does nothing while the link is down. */
void link_mark(struct link *l);

/* Sends one GSUP message; does nothing while the link is down. */
void link_send(struct link *l, const uint8_t *p, size_t len);

#endif
