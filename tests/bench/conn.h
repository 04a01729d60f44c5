/* An ESME's connection to the load generator: octets in and out, whole PDUs,
 * and the few that an SMSC writes. A codec of its own, so that it shares no
 * fault with smsc-gw. */
#ifndef CONN_H
#define CONN_H

#include <stddef.h>
#include <stdint.h>

#define CONN_BUFFER (1 << 18)
#define CONN_PDU 1024 /* octets of the longest PDU, either way */

enum { /* command_id, 5.1.2.1 */
	BIND_RECEIVER = 1,
	BIND_TRANSMITTER = 2,
	SUBMIT_SM = 4,
	DELIVER_SM = 5,
	UNBIND = 6,
	BIND_TRANSCEIVER = 9,
	ENQUIRE_LINK = 0x15,
};
#define RESP 0x80000000u

struct buffer {
	uint8_t octets[CONN_BUFFER];
	size_t len;
};

struct conn {
	int fd;     /* -1: none */
	int record; /* where what comes in is kept, or -1 */
	size_t parsed;
	struct buffer in, out;
};

struct pdu {
	uint32_t id, status, sequence_number;
	const uint8_t *body, *end;
};

/* Takes a socket over. */
void conn_open(struct conn *c, int fd, int record);
void conn_close(struct conn *c);

/* Both without waiting. 0, or -1 when the connection is no more. */
int conn_read(struct conn *c);
int conn_write(struct conn *c);

/* The next whole PDU that was read, valid until conn_read: 1, 0 for none yet,
 * -1 for what is no PDU. None while there is no room to answer it. */
int conn_pdu(struct conn *c, struct pdu *p);

/* Is there room for one more PDU, and for the answers to what comes? */
int conn_room(const struct conn *c);

/* What an SMSC writes. `body` is a C-Octet String, or null for none. */
void conn_respond(struct conn *c, const struct pdu *request, const char *body);
void conn_refuse(
    struct conn *c, const struct pdu *request, uint32_t command_status);
void conn_deliver(struct conn *c, uint32_t sequence_number, uint64_t from,
    const char *to, const char *text);

void conn_ask_alive(struct conn *c, uint32_t sequence_number);

/* What it reads of a submit_sm (4.4.1), within the PDU. */
struct submit {
	const char *to;
	unsigned data_coding;
	unsigned reference, total, number; /* of segments; 0, 1, 1 for one */
	const uint8_t *text;
	size_t len;
};

/* 0, or -1 for a PDU that is none. */
int conn_submit(const struct pdu *p, struct submit *s);

#endif
