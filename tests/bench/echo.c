/* The event loop: one read, every whole PDU in it, one write. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "echo.h"
#include "pdu.h"

#define C(c) ((c) >> 8), ((c)&0xff)
#define SIX C(0x5317), C(0x4eac), C(0x3001), C(0x5929), C(0x6d25), C(0x3002)
#define TWELVE SIX, SIX

const uint8_t echo_text[ECHO_TEXT] = {TWELVE, TWELVE, TWELVE, TWELVE, TWELVE};

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t len = evbuffer_get_length(in), used = 0;
	const uint8_t *p = evbuffer_pullup(in, -1);
	struct pdu_header h;
	int n;

	(void)arg;
	echo_begin();
	while ((n = pdu_frame(p + used, len - used, &h)) > 0) {
		echo_pdu(p + used, n, bufferevent_get_output(bev));
		used += n;
	}
	echo_end();
	if (n < 0)
		exit(2);
	evbuffer_drain(in, used);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	const struct bind bind = {.command_id = BIND_TRANSCEIVER,
	    .system_id = "echo",
	    .password = "",
	    .system_type = "",
	    .interface_version = 0x34};
	uint8_t out[PDU_SESSION_MAX];
	int on = 1, n;

	(void)arg;
	if (!(what & BEV_EVENT_CONNECTED)) { /* the run is over */
		bufferevent_free(bev);
		return;
	}
	setsockopt(
	    bufferevent_getfd(bev), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	n = pdu_write_bind(&bind, 1, out);
	if (n < 0)
		exit(2);
	bufferevent_write(bev, out, n);
}

static void
start(struct event_base *base, const char *address, int port)
{
	struct sockaddr_in sin = {
	    .sin_family = AF_INET,
	    .sin_port = htons(port),
	};
	struct bufferevent *bev =
	    bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

	if (bev == NULL || inet_pton(AF_INET, address, &sin.sin_addr) != 1)
		exit(2);
	bufferevent_setcb(bev, on_read, NULL, on_event, NULL);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect(
		bev, (struct sockaddr *)&sin, sizeof(sin)) < 0)
		exit(2);
}

int
main(int argc, char **argv)
{
	struct event_base *base = event_base_new();

	if (argc < 4 || base == NULL) {
		fprintf(stderr,
		    "usage: %s ADDRESS PORT BINDS [STORE KEY_FILE]\n", argv[0]);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	echo_open(argv + 4);
	for (int i = atoi(argv[3]); i > 0; i--)
		start(base, argv[1], atoi(argv[2]));
	event_base_loop(base, EVLOOP_NO_EXIT_ON_EMPTY);
	return 0;
}
