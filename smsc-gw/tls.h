/* TLS to an SMSC: 1.2 or later, and always with a certificate that a CA we
 * trust has signed for the name, or the IP address, that was asked for. */
#ifndef TLS_H
#define TLS_H

#include <event2/bufferevent.h>

#include "conf.h"

struct tls;

/* Reads the files of an smsc section that has tls = yes; it need not outlive
 * what is made. 0, or -errno, logged with the file and what to do. */
int tls_new(struct tls **tp, const struct conf_smsc *conf);
void tls_free(struct tls *t);

/* Whether tls_new would succeed, for any smsc section; logs besides what is
 * worth a warning. 0 or -errno. */
int tls_check(const struct conf_smsc *conf);

/* A connection yet to be made, as bufferevent_socket_new(base, -1,
 * BEV_OPT_CLOSE_ON_FREE) gives one; BEV_EVENT_CONNECTED comes after the
 * handshake. Its callbacks are deferred: all that was read is handed out
 * before the event that ended it. Null: no memory. */
struct bufferevent *tls_bufferevent(struct tls *t, struct event_base *base);

/* Whether its handshake has begun. */
int tls_began(struct bufferevent *bev);

/* Why TLS ended it, in words, until the next call; null where the reason is
 * errno's. */
const char *tls_fault(struct tls *t, struct bufferevent *bev);

/* Before it is freed: what is still to be written, and the end of TLS, as far
 * as they go without waiting. */
void tls_last_words(struct bufferevent *bev);

#endif
