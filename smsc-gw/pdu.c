/* The SMPP codec.
 *
 *   0        4        8        12       16
 *   +--------+--------+--------+--------+---------------------------+
 *   | length | id     | status | seq    | body: fields, then TLVs   |
 *   +--------+--------+--------+--------+---------------------------+
 *                                         TLV: tag16 length16 value
 *
 * Reading goes through a cursor that checks every length before it believes
 * it and, once it has failed, gives out zeros; so a decoder reads straight
 * down and asks once at the end. Peers differ from the specification where
 * it costs nothing to understand them: a field that deliver_sm must leave
 * empty may be filled (4.6.1), an unknown or misshapen TLV is passed over
 * (3.3), a response may lack its body. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pdu.h"

#include <smpp34_structs.h>
#include <smpp34_params.h> /* needs the structs before it */

#define SYSTEM_ID_MAX 15    /* 4.1.6, without NUL */
#define LONG_ADDRESS_MAX 64 /* 4.7.1, likewise */

/* Reading. */

struct cursor {
	const uint8_t *p, *end;
	uint32_t fault; /* the command_status of what went wrong first */
};

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static void
fail(struct cursor *c, uint32_t status)
{
	if (c->fault == ESME_ROK)
		c->fault = status;
	c->p = c->end;
}

static uint8_t
octet(struct cursor *c)
{
	if (c->p == c->end) {
		fail(c, ESME_RINVMSGLEN);
		return 0;
	}
	return *c->p++;
}

/* A C-Octet String (3.1): at most `max` octets and a NUL. */
static void
c_octets(struct cursor *c, char *out, size_t max, uint32_t status)
{
	const uint8_t *p = c->p;
	size_t room = c->end - p, most = room <= max ? room : max + 1;

	for (size_t n = 0; n < most; n++) {
		char octet = p[n];

		out[n] = octet;
		if (octet == '\0') {
			c->p = p + n + 1;
			return;
		}
	}
	out[0] = '\0';
	fail(c, memchr(p, '\0', room) == NULL ? ESME_RINVMSGLEN : status);
}

int
pdu_frame(const uint8_t *p, size_t len, struct pdu_header *h)
{
	if (len >= 4) {
		h->command_length = get32(p);
		if (h->command_length < PDU_HEADER ||
		    h->command_length > PDU_SKIP_MAX)
			return -EBADMSG;
	}
	if (len < PDU_HEADER)
		return 0;
	h->command_id = get32(p + 4);
	h->command_status = get32(p + 8);
	h->sequence_number = get32(p + 12);
	if (h->command_length > PDU_MAX)
		return -EMSGSIZE;
	return len < h->command_length ? 0 : (int)h->command_length;
}

/* One TLV (3.2.4.1): 1, 0 at the end, -EBADMSG when it reaches beyond. */
static int
next_tlv(struct cursor *c, uint16_t *tag, const uint8_t **value, uint16_t *len)
{
	size_t room = c->end - c->p;

	if (room == 0)
		return 0;
	if (room < 4)
		return -EBADMSG;
	*tag = c->p[0] << 8 | c->p[1];
	*len = c->p[2] << 8 | c->p[3];
	if (*len > room - 4)
		return -EBADMSG;
	*value = c->p + 4;
	c->p += 4 + *len;
	return 1;
}

#define SAR_ALL 7

/* 5.3.2.22 to 24. Which of the three this is, as a bit; 0 for none. */
static int
read_sar(struct deliver_sm *d, uint16_t tag, const uint8_t *value, uint16_t len)
{
	if (tag == TLVID_sar_msg_ref_num && len == 2) {
		d->sar_msg_ref_num = value[0] << 8 | value[1];
		return 1;
	}
	if (tag == TLVID_sar_total_segments && len == 1) {
		d->sar_total_segments = *value;
		return 2;
	}
	if (tag == TLVID_sar_segment_seqnum && len == 1) {
		d->sar_segment_seqnum = *value;
		return 4;
	}
	return 0;
}

/* 5.3.2.12: a C-Octet String, but its NUL is missing from some. */
static void
read_receipted_id(struct deliver_sm *d, const uint8_t *value, uint16_t len)
{
	size_t n = strnlen((const char *)value, len);

	d->receipted_message_id = value;
	d->receipted_message_id_len = n <= MESSAGE_ID_MAX ? n : 0;
}

/* What a receipt has; one of another length is passed over. */
static void
read_receipt(
    struct deliver_sm *d, uint16_t tag, const uint8_t *value, uint16_t len)
{
	if (tag == TLVID_receipted_message_id) {
		read_receipted_id(d, value, len);
	} else if (tag == TLVID_message_state && len == 1) {
		d->message_state = *value;
	} else if (tag == TLVID_user_message_reference && len == 2) {
		d->user_message_reference = value[0] << 8 | value[1];
		d->has_reference = 1;
	}
}

/* 5.3.2.43 and 44; one of another length is passed over. */
static void
read_ussd(
    struct deliver_sm *d, uint16_t tag, const uint8_t *value, uint16_t len)
{
	if (tag == TLVID_ussd_service_op && len == 1) {
		d->ussd_service_op = *value;
		d->has_ussd_op = 1;
	} else if (tag == TLVID_its_session_info && len == 2) {
		d->its_session_info = value[0] << 8 | value[1];
		d->has_session_info = 1;
	}
}

/* short_message is empty when the text is in message_payload (5.3.2.32). */
static void
read_tlvs(struct cursor *c, struct deliver_sm *d)
{
	const uint8_t *value;
	uint16_t tag, len;
	int more, sar = 0;

	while ((more = next_tlv(c, &tag, &value, &len)) == 1) {
		if (tag == TLVID_message_payload && d->message_len == 0) {
			d->message = value;
			d->message_len = len;
		}
		sar |= read_sar(d, tag, value, len);
		read_receipt(d, tag, value, len);
		read_ussd(d, tag, value, len);
	}
	d->has_sar = sar == SAR_ALL;
	if (more < 0)
		fail(c, ESME_RINVOPTPARSTREAM);
}

uint32_t
pdu_read_deliver_sm(const uint8_t *p, size_t len, struct deliver_sm *d)
{
	struct cursor c = {p + PDU_HEADER, p + len, ESME_ROK};
	char service_type[SERVICE_TYPE_MAX + 1], time[17];

	*d = (struct deliver_sm){0};
	c_octets(&c, service_type, SERVICE_TYPE_MAX, ESME_RINVSERTYP);
	d->source_addr_ton = octet(&c);
	d->source_addr_npi = octet(&c);
	c_octets(&c, d->source_addr, ADDRESS_MAX, ESME_RINVSRCADR);
	d->dest_addr_ton = octet(&c);
	d->dest_addr_npi = octet(&c);
	c_octets(&c, d->destination_addr, ADDRESS_MAX, ESME_RINVDSTADR);
	d->esm_class = octet(&c);
	octet(&c); /* protocol_id */
	octet(&c); /* priority_flag */
	c_octets(&c, time, 16, ESME_RINVSCHED);
	c_octets(&c, time, 16, ESME_RINVEXPIRY);
	octet(&c); /* registered_delivery */
	octet(&c); /* replace_if_present_flag */
	d->data_coding = octet(&c);
	octet(&c); /* sm_default_msg_id */
	d->message_len = octet(&c);
	d->message = c.p;
	if (d->message_len > (size_t)(c.end - c.p))
		fail(&c, ESME_RINVMSGLEN);
	if (c.fault == ESME_ROK)
		c.p += d->message_len;
	read_tlvs(&c, d);
	return c.fault;
}

/* An address of data_sm (4.7.1) may be longer than a number is. */
static void
long_address(struct cursor *c, char out[ADDRESS_MAX + 1], uint32_t status)
{
	char address[LONG_ADDRESS_MAX + 1];

	c_octets(c, address, LONG_ADDRESS_MAX, status);
	out[0] = '\0';
	if (strlen(address) <= ADDRESS_MAX)
		strcpy(out, address);
}

uint32_t
pdu_read_data_sm(const uint8_t *p, size_t len, struct deliver_sm *d)
{
	struct cursor c = {p + PDU_HEADER, p + len, ESME_ROK};
	char service_type[SERVICE_TYPE_MAX + 1];

	*d = (struct deliver_sm){0};
	c_octets(&c, service_type, SERVICE_TYPE_MAX, ESME_RINVSERTYP);
	d->source_addr_ton = octet(&c);
	d->source_addr_npi = octet(&c);
	long_address(&c, d->source_addr, ESME_RINVSRCADR);
	d->dest_addr_ton = octet(&c);
	d->dest_addr_npi = octet(&c);
	long_address(&c, d->destination_addr, ESME_RINVDSTADR);
	d->esm_class = octet(&c);
	octet(&c); /* registered_delivery */
	d->data_coding = octet(&c);
	d->message = c.p;
	read_tlvs(&c, d);
	return c.fault;
}

/* Writing. */

static uint8_t *
put32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
	return p + 4;
}

static uint8_t *
put_string(uint8_t *p, const char *s)
{
	return (uint8_t *)stpcpy((char *)p, s) + 1;
}

static void
put_two(uint8_t *p, uint32_t n)
{
	p[0] = '0' + n / 10 % 10;
	p[1] = '0' + n % 10;
}

/* Relative time (7.1.1.2): "YYMMDDhhmmsstnnR". */
static uint8_t *
put_validity(uint8_t *p, uint32_t minutes)
{
	static const char none[] = "000000000000000R";

	if (minutes == 0)
		return put_string(p, "");
	memcpy(p, none, sizeof(none));
	put_two(p + 4, minutes / 1440 % 100);
	put_two(p + 6, minutes / 60 % 24);
	put_two(p + 8, minutes % 60);
	return p + sizeof(none);
}

size_t
pdu_write_header(uint32_t command_id, uint32_t command_status,
    uint32_t sequence_number, uint8_t out[PDU_SESSION_MAX])
{
	uint8_t *p = out;

	p = put32(p, PDU_HEADER);
	p = put32(p, command_id);
	p = put32(p, command_status);
	p = put32(p, sequence_number);
	return p - out;
}

size_t
pdu_write_message_resp(uint32_t request, uint32_t command_status,
    uint32_t sequence_number, uint8_t out[PDU_SESSION_MAX])
{
	size_t n = pdu_write_header(
	    request | GENERIC_NACK, command_status, sequence_number, out);

	out[n++] = '\0'; /* message_id */
	put32(out, n);
	return n;
}

static uint8_t *
put_tlv(uint8_t *p, uint16_t tag, const uint8_t *value, uint16_t len)
{
	p[0] = tag >> 8;
	p[1] = tag & 0xff;
	p[2] = len >> 8;
	p[3] = len & 0xff;
	memcpy(p + 4, value, len);
	return p + 4 + len;
}

static uint8_t *
put_tlv16(uint8_t *p, uint16_t tag, uint16_t v)
{
	return put_tlv(p, tag, (const uint8_t[]){v >> 8, v & 0xff}, 2);
}

static uint8_t *
put_submit_tlvs(uint8_t *p, const struct submit_sm *s)
{
	if (s->has_reference)
		p = put_tlv16(
		    p, TLVID_user_message_reference, s->user_message_reference);
	if (s->sar_total_segments > 1) {
		p = put_tlv16(p, TLVID_sar_msg_ref_num, s->sar_msg_ref_num);
		p = put_tlv(
		    p, TLVID_sar_total_segments, &s->sar_total_segments, 1);
		p = put_tlv(
		    p, TLVID_sar_segment_seqnum, &s->sar_segment_seqnum, 1);
	}
	if (s->has_ussd_op)
		p = put_tlv(p, TLVID_ussd_service_op, &s->ussd_service_op, 1);
	if (s->has_session_info)
		p = put_tlv16(p, TLVID_its_session_info, s->its_session_info);
	if (s->payload_len > 0)
		p = put_tlv(p, TLVID_message_payload, s->message_payload,
		    s->payload_len);
	return p;
}

size_t
pdu_write_submit_sm(const struct submit_sm *s, uint32_t sequence_number,
    uint8_t out[PDU_SUBMIT_MAX])
{
	uint8_t *p =
	    out + pdu_write_header(SUBMIT_SM, ESME_ROK, sequence_number, out);

	p = put_string(p, s->service_type);
	*p++ = s->source_addr_ton;
	*p++ = s->source_addr_npi;
	p = put_string(p, s->source_addr);
	*p++ = s->dest_addr_ton;
	*p++ = s->dest_addr_npi;
	p = put_string(p, s->destination_addr);
	*p++ = s->esm_class;
	*p++ = 0;              /* protocol_id */
	*p++ = 0;              /* priority_flag */
	p = put_string(p, ""); /* schedule_delivery_time */
	p = put_validity(p, s->validity_minutes);
	*p++ = s->registered_delivery;
	*p++ = 0; /* replace_if_present_flag */
	*p++ = s->data_coding;
	*p++ = 0; /* sm_default_msg_id */
	*p++ = s->sm_length;
	if (s->sm_length > 0)
		memcpy(p, s->short_message, s->sm_length);
	p = put_submit_tlvs(p + s->sm_length, s);
	put32(out, p - out);
	return p - out;
}

/* Session PDUs, by libsmpp34. It believes what it reads, so what goes in has
 * been walked before: every string ends and fits. TLVs do not go in: 29 of
 * them are too many for it, and it refuses one of a length it does not know,
 * where the specification has it ignored (3.3). */

/* libsmpp34 has a struct for each kind of bind, alike but for the name. */
_Static_assert(sizeof(bind_transceiver_t) == sizeof(bind_transmitter_t) &&
	sizeof(bind_transceiver_t) == sizeof(bind_receiver_t),
    "one struct serves the three binds");

int
pdu_write_bind(const struct bind *b, uint32_t sequence_number,
    uint8_t out[PDU_SESSION_MAX])
{
	bind_transceiver_t pdu = {
	    .command_id = b->command_id,
	    .sequence_number = sequence_number,
	    .interface_version = SMPP_VERSION,
	};
	int len = 0;

	snprintf(
	    (char *)pdu.system_id, sizeof(pdu.system_id), "%s", b->system_id);
	snprintf((char *)pdu.password, sizeof(pdu.password), "%s", b->password);
	snprintf((char *)pdu.system_type, sizeof(pdu.system_type), "%s",
	    b->system_type);
	if (smpp34_pack(b->command_id, out, PDU_SESSION_MAX, &len, &pdu) != 0)
		return -EINVAL;
	/* before the empty address_range; it knows no other version, and not
	 * every numbering plan */
	out[len - 4] = b->interface_version;
	out[len - 3] = b->addr_ton;
	out[len - 2] = b->addr_npi;
	return len;
}

int
pdu_write_unbind(
    uint32_t command_id, uint32_t sequence_number, uint8_t out[PDU_SESSION_MAX])
{
	/* unbind and its response are one header and one struct */
	unbind_t pdu = {
	    .command_id = command_id,
	    .sequence_number = sequence_number,
	};
	int len = 0;

	if (smpp34_pack(command_id, out, PDU_SESSION_MAX, &len, &pdu) != 0)
		return -EINVAL;
	return len;
}

/* The octets of a bind response before its TLVs, or -EBADMSG. */
static int
walk_bind_resp(const uint8_t *p, size_t len)
{
	struct cursor c = {p + PDU_HEADER, p + len, ESME_ROK};
	const uint8_t *value, *tlvs;
	char system_id[SYSTEM_ID_MAX + 1];
	uint16_t tag, n;
	int more;

	if (get32(p) != len)
		return -EBADMSG;
	c_octets(&c, system_id, SYSTEM_ID_MAX, ESME_RINVSYSID);
	tlvs = c.p;
	while ((more = next_tlv(&c, &tag, &value, &n)) == 1)
		;
	return more < 0 || c.fault != ESME_ROK ? -EBADMSG : tlvs - p;
}

int
pdu_read_bind_resp(const uint8_t *p, size_t len, char system_id[16])
{
	uint8_t copy[PDU_HEADER + SYSTEM_ID_MAX + 2];
	bind_transceiver_resp_t pdu;
	int n;

	system_id[0] = '\0';
	if (len == PDU_HEADER)
		return 0; /* no body: not to the letter, but clear */
	n = walk_bind_resp(p, len);
	if (n < 0)
		return n;
	memcpy(copy, p, n);
	put32(copy, n);
	copy[n] = 0; /* it looks one octet beyond the end */
	memset(&pdu, 0, sizeof(pdu));
	if (smpp34_unpack(BIND_TRANSCEIVER_RESP, &pdu, copy, n) != 0)
		return -EBADMSG;
	memcpy(system_id, pdu.system_id, SYSTEM_ID_MAX);
	system_id[SYSTEM_ID_MAX] = '\0';
	return 0;
}

void
pdu_read_submit_sm_resp(
    const uint8_t *p, size_t len, char message_id[MESSAGE_ID_MAX + 1])
{
	struct cursor c = {p + PDU_HEADER, p + len, ESME_ROK};

	c_octets(&c, message_id, MESSAGE_ID_MAX, ESME_RINVMSGID);
}
