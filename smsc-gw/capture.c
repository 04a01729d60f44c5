/* A pcap file of packets that never were on a wire.
 *
 *   file header | record header  IPv4  TCP  octets | record header  IPv4 …
 *        24     |      16         20    20         |
 *
 * The file is of link type RAW, packets that begin with their IP header.
 * Addresses are of TEST-NET-1 (RFC 5737): .1 is ours, .2 the SMSC's. Every
 * packet goes out in one write; where one fails the file is cut back to the
 * last PDU that is whole, so that it can be read. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "log.h"
#include "mask.h"
#include "pdu.h"

#define LINKTYPE_RAW 101
#define OUR_ADDRESS 0xc0000201 /* 192.0.2.1 */
#define SMSC_ADDRESS 0xc0000202
#define FIRST_PORT 49152 /* of ours, one for each connection */
#define RECORD_HEADER 16
#define IP_HEADER 20
#define TCP_HEADER 20
#define HEADERS (RECORD_HEADER + IP_HEADER + TCP_HEADER)

struct capture {
	char *path;
	int fd; /* -1 after the end */
	int clear;
	uint16_t port, our_port;
	uint16_t packets; /* IP's identification */
	uint32_t sent[2]; /* octets of this connection, by direction */
	uint64_t octets, max_octets; /* in the file; of whole PDUs */
	unsigned long pdus;
	uint8_t pdu[CAPTURE_PDU];
	uint8_t record[HEADERS + CAPTURE_SEGMENT];
};

/* The file. */

static void
end(struct capture *c, const char *reason)
{
	if (c->fd < 0)
		return;
	close(c->fd);
	c->fd = -1;
	log_notice(DSMPP,
	    "capture ends file=%s pdus=%lu octets=%" PRIu64 " reason=\"%s\"",
	    c->path, c->pdus, c->octets, reason);
}

/* All of it; or 0, and the capture has ended with the last whole PDU. */
static int
put(struct capture *c, const void *p, size_t len)
{
	ssize_t n = write(c->fd, p, len);
	int error = n < 0 ? errno : ENOSPC;

	if (n == (ssize_t)len)
		return 1;
	if (ftruncate(c->fd, c->octets) < 0)
		error = errno;
	end(c, strerror(error));
	return 0;
}

/* In this machine's order, from which readers know it. */
static int
put_file_header(struct capture *c)
{
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, snaplen, linktype;
	} h = {0xa1b2c3d4, 2, 4, 0, 0, 65535, LINKTYPE_RAW};

	if (!put(c, &h, sizeof(h)))
		return 0;
	c->octets = sizeof(h);
	return 1;
}

static void
capture_free(struct capture *c)
{
	free(c->path);
	free(c);
}

/* 0 or -errno. */
static int
create(struct capture *c)
{
	int rc = 0;

	c->fd = open(c->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (c->fd < 0) {
		rc = -errno;
		log_error(DSMPP, "%s: %s", c->path, strerror(-rc));
	} else if (!put_file_header(c)) {
		unlink(c->path);
		rc = -EIO;
	}
	return rc;
}

int
capture_open(struct capture **cp, const char *path, uint16_t port, int clear,
    uint64_t max_octets)
{
	struct capture *c = calloc(1, sizeof(*c));
	int rc = -ENOMEM;

	if (c == NULL)
		return rc;
	c->port = port;
	c->our_port = FIRST_PORT;
	c->clear = clear;
	c->max_octets = max_octets;
	c->path = strdup(path);
	if (c->path != NULL)
		rc = create(c);
	if (rc < 0)
		capture_free(c);
	else
		*cp = c;
	return rc;
}

void
capture_close(struct capture *c)
{
	if (c == NULL)
		return;
	end(c, "closed");
	capture_free(c);
}

/* Packets. */

static uint8_t *
put16(uint8_t *p, unsigned v)
{
	p[0] = v >> 8;
	p[1] = v;
	return p + 2;
}

static uint8_t *
put32(uint8_t *p, uint32_t v)
{
	return put16(put16(p, v >> 16), v);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* RFC 1071. */
static unsigned
checksum(const uint8_t *p, size_t len, uint32_t sum)
{
	for (; len > 1; p += 2, len -= 2)
		sum += p[0] << 8 | p[1];
	if (len > 0)
		sum += p[0] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* RFC 791, 3.1. */
static void
put_ip(struct capture *c, enum capture_direction dir, uint8_t *ip, size_t len)
{
	uint8_t *p = ip;

	p = put16(p, 0x4500); /* version 4, 5 words, no type of service */
	p = put16(p, IP_HEADER + len);
	p = put16(p, ++c->packets);
	p = put16(p, 0x4000); /* do not fragment */
	p = put16(p, 0x4006); /* time to live 64, TCP */
	p = put16(p, 0);
	p = put32(p, dir == CAPTURE_TO_SMSC ? OUR_ADDRESS : SMSC_ADDRESS);
	put32(p, dir == CAPTURE_TO_SMSC ? SMSC_ADDRESS : OUR_ADDRESS);
	put16(ip + 10, checksum(ip, IP_HEADER, 0));
}

/* RFC 793, 3.1; `len` octets lie behind the header. */
static void
put_tcp(struct capture *c, enum capture_direction dir, uint8_t *tcp, size_t len)
{
	uint8_t *p = tcp;

	p = put16(p, dir == CAPTURE_TO_SMSC ? c->our_port : c->port);
	p = put16(p, dir == CAPTURE_TO_SMSC ? c->port : c->our_port);
	p = put32(p, 1 + c->sent[dir]);
	p = put32(p, 1 + c->sent[!dir]); /* all was received */
	p = put16(p, 0x5018);            /* 5 words, PSH and ACK */
	p = put16(p, 0xffff);            /* window */
	p = put16(p, 0);
	put16(p, 0);
	/* with the pseudo header: both addresses, protocol, length */
	put16(tcp + 16,
	    checksum(tcp, TCP_HEADER + len,
		(OUR_ADDRESS >> 16) + (OUR_ADDRESS & 0xffff) +
		    (SMSC_ADDRESS >> 16) + (SMSC_ADDRESS & 0xffff) + 6 +
		    TCP_HEADER + len));
	c->sent[dir] += len;
}

static int
put_packet(struct capture *c, enum capture_direction dir, const uint8_t *octets,
    size_t len, int64_t now_us)
{
	uint8_t *ip = c->record + RECORD_HEADER, *tcp = ip + IP_HEADER;
	size_t packet = IP_HEADER + TCP_HEADER + len;
	const uint32_t header[4] = {
	    now_us / 1000000, now_us % 1000000, packet, packet};

	memcpy(c->record, header, RECORD_HEADER);
	memcpy(tcp + TCP_HEADER, octets, len);
	put_tcp(c, dir, tcp, len);
	put_ip(c, dir, ip, TCP_HEADER + len);
	return put(c, c->record, RECORD_HEADER + packet);
}

/* PDUs. */

static void
new_connection(struct capture *c)
{
	if (c->sent[0] == 0 && c->sent[1] == 0)
		return;
	if (++c->our_port == 0)
		c->our_port = FIRST_PORT;
	c->sent[0] = c->sent[1] = 0;
}

static int
is_bind(enum capture_direction dir, const uint8_t *pdu)
{
	uint32_t id = get32(pdu + 4);

	return dir == CAPTURE_TO_SMSC &&
	    (id == BIND_TRANSCEIVER || id == BIND_TRANSMITTER ||
		id == BIND_RECEIVER);
}

/* Of a PDU, in the file. */
static uint64_t
size_of(size_t len)
{
	size_t segments = (len + CAPTURE_SEGMENT - 1) / CAPTURE_SEGMENT;

	return segments * HEADERS + len;
}

static void
put_segments(
    struct capture *c, enum capture_direction dir, size_t len, int64_t now_us)
{
	for (size_t done = 0, n; done < len; done += n) {
		n = len - done < CAPTURE_SEGMENT ? len - done : CAPTURE_SEGMENT;
		if (!put_packet(c, dir, c->pdu + done, n, now_us))
			return;
	}
	c->octets += size_of(len);
	c->pdus++;
}

void
capture_pdu(struct capture *c, enum capture_direction dir, const uint8_t *pdu,
    size_t len, int64_t now_us)
{
	int is_pdu =
	    len >= PDU_HEADER && len <= CAPTURE_PDU && get32(pdu) == len;

	if (c == NULL || c->fd < 0 || len == 0)
		return;
	if (len > CAPTURE_PDU)
		len = CAPTURE_PDU;
	if (c->octets + size_of(len) > c->max_octets) {
		end(c, "max_octets");
		return;
	}
	memcpy(c->pdu, pdu, len);
	if (!c->clear)
		mask_pdu(c->pdu, len);
	if (is_pdu && is_bind(dir, pdu))
		new_connection(c);
	put_segments(c, dir, len, now_us);
	if (!is_pdu)
		new_connection(c); /* its reader has lost the thread */
}
