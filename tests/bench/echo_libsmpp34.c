/* libsmpp34 reads and writes every PDU, and nothing is looked up. What it
 * reads is walked before, as its callers must: it believes every length. */
#include <stdlib.h>
#include <string.h>

#include "echo.h"

#include <smpp34.h>
#include <smpp34_structs.h>
#include <smpp34_params.h> /* needs the structs before it */

#define HEADER 16
#define TLVS 20 /* of more it overflows */

static uint32_t sequence_number = 1;

void
echo_open(char **argv)
{
	(void)argv;
}

void
echo_begin(void)
{
}

void
echo_end(void)
{
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* Passes `octets` and then a C-Octet String over. */
static const uint8_t *
walk(const uint8_t *p, const uint8_t *end, size_t octets)
{
	if (p == NULL || (size_t)(end - p) <= octets)
		return NULL;
	p = memchr(p + octets, '\0', end - p - octets);
	return p != NULL ? p + 1 : NULL;
}

static int
walk_tlvs(const uint8_t *p, const uint8_t *end)
{
	for (int n = 0; p != end; n++) {
		if (n == TLVS || end - p < 4 ||
		    end - p - 4 < (p[2] << 8 | p[3]))
			return 0;
		p += 4 + (p[2] << 8 | p[3]);
	}
	return 1;
}

static int
is_sound_deliver_sm(const uint8_t *p, const uint8_t *end)
{
	p = walk(p, end, 0); /* service_type */
	p = walk(p, end, 2); /* source_addr */
	p = walk(p, end, 2); /* destination_addr */
	p = walk(p, end, 3); /* schedule_delivery_time */
	p = walk(p, end, 0); /* validity_period */
	if (p == NULL || end - p < 5 || end - p - 5 < p[4])
		return 0;
	return walk_tlvs(p + 5 + p[4], end);
}

static void
pack(uint32_t id, void *pdu, struct evbuffer *out)
{
	uint8_t octets[1024];
	int len = 0;

	if (smpp34_pack(id, octets, sizeof(octets), &len, pdu) != 0)
		exit(2);
	evbuffer_add(out, octets, len);
}

static void
respond(const deliver_sm_t *d, struct evbuffer *out)
{
	deliver_sm_resp_t resp;

	memset(&resp, 0, sizeof(resp));
	resp.command_id = DELIVER_SM_RESP;
	resp.sequence_number = d->sequence_number;
	pack(DELIVER_SM_RESP, &resp, out);
}

static void
submit(const deliver_sm_t *d, struct evbuffer *out)
{
	submit_sm_t s;

	memset(&s, 0, sizeof(s));
	s.command_id = SUBMIT_SM;
	s.sequence_number = ++sequence_number;
	s.source_addr_npi = 1;
	s.dest_addr_ton = 1;
	s.dest_addr_npi = 1;
	strcpy((char *)s.source_addr, (const char *)d->destination_addr);
	strcpy((char *)s.destination_addr, (const char *)d->source_addr);
	s.data_coding = 8;
	s.sm_length = ECHO_TEXT;
	memcpy(s.short_message, echo_text, ECHO_TEXT);
	pack(SUBMIT_SM, &s, out);
}

static void
on_deliver_sm(const uint8_t *octets, size_t len, struct evbuffer *out)
{
	deliver_sm_t d;

	memset(&d, 0, sizeof(d));
	if (!is_sound_deliver_sm(octets + HEADER, octets + len) ||
	    smpp34_unpack(DELIVER_SM, &d, (uint8_t *)octets, len) != 0)
		return;
	respond(&d, out);
	submit(&d, out);
	if (d.tlv != NULL)
		destroy_tlv(d.tlv);
}

static void
on_submit_sm_resp(const uint8_t *octets, size_t len)
{
	submit_sm_resp_t s;

	memset(&s, 0, sizeof(s));
	if (walk(octets + HEADER, octets + len, 0) != octets + len ||
	    smpp34_unpack(SUBMIT_SM_RESP, &s, (uint8_t *)octets, len) != 0)
		exit(2);
}

/* It looks one octet beyond the end. */
void
echo_pdu(const uint8_t *p, size_t len, struct evbuffer *out)
{
	uint8_t octets[1024];

	if (len >= sizeof(octets))
		return;
	memcpy(octets, p, len);
	octets[len] = 0;
	switch (get32(p + 4)) {
	case DELIVER_SM:
		on_deliver_sm(octets, len, out);
		break;
	case SUBMIT_SM_RESP:
		on_submit_sm_resp(octets, len);
		break;
	}
}
