/* A connection's octets and PDUs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"

#define HEADER 16
#define UDHI 0x40 /* of esm_class, 5.2.12 */

/* Octets. */

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static uint8_t *
put32(uint8_t *p, uint32_t v)
{
	*p++ = v >> 24;
	*p++ = v >> 16;
	*p++ = v >> 8;
	*p++ = v;
	return p;
}

static uint8_t *
put_string(uint8_t *p, const char *s)
{
	size_t n = strlen(s) + 1;

	memcpy(p, s, n);
	return p + n;
}

static uint8_t *
put_number(uint8_t *p, uint64_t n)
{
	char digits[20];
	int len = 0;

	do
		digits[len++] = '0' + n % 10;
	while ((n /= 10) > 0);
	while (len > 0)
		*p++ = digits[--len];
	*p++ = '\0';
	return p;
}

static size_t
room(const struct buffer *b)
{
	return sizeof(b->octets) - b->len;
}

static void
drain(struct buffer *b, size_t n)
{
	b->len -= n;
	memmove(b->octets, b->octets + n, b->len);
}

/* The connection. */

void
conn_open(struct conn *c, int fd, int record)
{
	c->fd = fd;
	c->record = record;
	c->parsed = c->in.len = c->out.len = 0;
}

void
conn_close(struct conn *c)
{
	close(c->fd);
	if (c->record >= 0)
		close(c->record);
	c->fd = c->record = -1;
}

int
conn_read(struct conn *c)
{
	uint8_t *to;
	ssize_t n;

	drain(&c->in, c->parsed);
	c->parsed = 0;
	to = c->in.octets + c->in.len;
	n = recv(c->fd, to, room(&c->in), MSG_DONTWAIT);
	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -1;
	if (c->record >= 0 && write(c->record, to, n) != n) {
		perror("load: what comes in cannot be kept");
		exit(2);
	}
	c->in.len += n;
	return 0;
}

int
conn_write(struct conn *c)
{
	ssize_t n;

	if (c->out.len == 0)
		return 0;
	n = send(c->fd, c->out.octets, c->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	drain(&c->out, n);
	return 0;
}

int
conn_room(const struct conn *c)
{
	return room(&c->out) > CONN_BUFFER / 2;
}

int
conn_pdu(struct conn *c, struct pdu *p)
{
	const uint8_t *at = c->in.octets + c->parsed;
	size_t there = c->in.len - c->parsed;
	uint32_t len;

	if (there < HEADER || room(&c->out) < CONN_PDU)
		return 0;
	len = get32(at);
	if (len < HEADER || len > CONN_PDU)
		return -1;
	if (there < len)
		return 0;
	*p = (struct pdu){
	    .id = get32(at + 4),
	    .status = get32(at + 8),
	    .sequence_number = get32(at + 12),
	    .body = at + HEADER,
	    .end = at + len,
	};
	c->parsed += len;
	return 1;
}

/* PDUs, written to the end of what is to be sent. */

static uint8_t *
begin_pdu(struct conn *c, uint32_t id, uint32_t sequence_number)
{
	uint8_t *p = c->out.octets + c->out.len + 4;

	return put32(put32(put32(p, id), 0), sequence_number);
}

static void
end_pdu(struct conn *c, const uint8_t *end)
{
	size_t n = end - c->out.octets - c->out.len;

	put32(c->out.octets + c->out.len, n);
	c->out.len += n;
}

void
conn_respond(struct conn *c, const struct pdu *request, const char *body)
{
	uint8_t *p = begin_pdu(c, request->id | RESP, request->sequence_number);

	end_pdu(c, body != NULL ? put_string(p, body) : p);
}

void
conn_refuse(struct conn *c, const struct pdu *request, uint32_t command_status)
{
	uint8_t *pdu = c->out.octets + c->out.len;

	conn_respond(c, request, NULL);
	put32(pdu + 8, command_status);
}

void
conn_ask_alive(struct conn *c, uint32_t sequence_number)
{
	end_pdu(c, begin_pdu(c, ENQUIRE_LINK, sequence_number));
}

void
conn_deliver(struct conn *c, uint32_t sequence_number, uint64_t from,
    const char *to, const char *text)
{
	uint8_t *p = begin_pdu(c, DELIVER_SM, sequence_number);
	size_t n = strlen(text);

	*p++ = '\0'; /* service_type */
	*p++ = 1;    /* source_addr_ton: international */
	*p++ = 1;    /* source_addr_npi: E.164 */
	p = put_number(p, from);
	*p++ = 0; /* dest_addr_ton: unknown */
	*p++ = 1; /* dest_addr_npi */
	p = put_string(p, to);
	memset(p, 0, 9); /* esm_class to sm_default_msg_id */
	p += 9;
	*p++ = n;
	memcpy(p, text, n);
	end_pdu(c, p + n);
}

/* Passes a C-Octet String over; null when there is none. */
static const uint8_t *
after_string(const uint8_t *p, const uint8_t *end)
{
	if (p != NULL && p < end)
		p = memchr(p, '\0', end - p);
	return p != NULL && p < end ? p + 1 : NULL;
}

/* A user data header that makes a message one of several (3GPP TS 23.040
 * 9.2.3.24.1 and 8): a reference of one octet or two, total, number. 0, or -1
 * for another. */
static int
read_header(struct submit *s)
{
	size_t n = s->len > 0 ? s->text[0] : 0;
	const uint8_t *last = s->text + n;

	if (n >= s->len || (n != 5 && n != 6))
		return -1;
	s->number = last[0];
	s->total = last[-1];
	s->reference = n == 5 ? last[-2] : last[-3] << 8 | last[-2];
	s->text += n + 1;
	s->len -= n + 1;
	return s->number >= 1 && s->number <= s->total ? 0 : -1;
}

/* service_type, ton, npi, source_addr, ton, npi, destination_addr, esm_class,
 * protocol_id, priority_flag, schedule_delivery_time, validity_period,
 * registered_delivery, replace_if_present_flag, data_coding,
 * sm_default_msg_id, sm_length, short_message. */
int
conn_submit(const struct pdu *pdu, struct submit *s)
{
	const uint8_t *to, *esm, *rest, *end = pdu->end;

	to = after_string(pdu->body, end);
	to = to != NULL ? after_string(to + 2, end) : NULL;
	esm = to != NULL ? after_string(to + 2, end) : NULL;
	rest = esm != NULL ? after_string(esm + 3, end) : NULL;
	rest = after_string(rest, end);
	if (rest == NULL || end - rest < 5 || end - rest - 5 < rest[4])
		return -1;
	*s = (struct submit){
	    .to = (const char *)to + 2,
	    .data_coding = rest[2],
	    .total = 1,
	    .number = 1,
	    .text = rest + 5,
	    .len = rest[4],
	};
	return esm[0] & UDHI ? read_header(s) : 0;
}
