/* Masking by layout: what each command's body holds, field by field, as SMPP
 * 3.4 section 4 lists it, and behind that optional parameters.
 *
 * It hides rather too much: a kind of field that may hold something personal
 * is masked whatever it holds, and where the layout does not fit the octets
 * everything from there on is. */
#include <ctype.h>
#include <string.h>

#include "mask.h"
#include "pdu.h"

/* What a letter of a layout stands for. */
#define OCTET '1'
#define STRING 's' /* a C-Octet String; numbers in it are masked */
#define TIME 't'   /* one of 16 characters (7.1.1), or empty; shown */
#define ID 'i'     /* a message_id, shown */
#define PASSWORD 'p'
#define ESM_CLASS 'e'
#define TEXT 'm'      /* sm_length and short_message */
#define DESTS 'D'     /* number_of_dests and dest_address (4.5.1.1) */
#define UNSUCCESS 'U' /* no_unsuccess and unsuccess_sme (4.5.2.1) */

#define BIND_LAYOUT "sps111s"
#define SM_LAYOUT "s11s11se11tt1111m"

static const struct layout {
	uint32_t command_id;
	const char *fields;
} layouts[] = {
    {BIND_RECEIVER, BIND_LAYOUT},
    {BIND_RECEIVER_RESP, "s"},
    {BIND_TRANSMITTER, BIND_LAYOUT},
    {BIND_TRANSMITTER_RESP, "s"},
    {BIND_TRANSCEIVER, BIND_LAYOUT},
    {BIND_TRANSCEIVER_RESP, "s"},
    {OUTBIND, "sp"},
    {UNBIND, ""},
    {UNBIND_RESP, ""},
    {GENERIC_NACK, ""},
    {SUBMIT_SM, SM_LAYOUT},
    {SUBMIT_SM_RESP, "i"},
    {SUBMIT_MULTI, "s11sDe11tt1111m"},
    {SUBMIT_MULTI_RESP, "iU"},
    {DELIVER_SM, SM_LAYOUT},
    {DELIVER_SM_RESP, "i"},
    {DATA_SM, "s11s11se11"},
    {DATA_SM_RESP, "i"},
    {QUERY_SM, "i11s"},
    {QUERY_SM_RESP, "it11"},
    {CANCEL_SM, "si11s11s"},
    {CANCEL_SM_RESP, ""},
    {REPLACE_SM, "i11stt11m"},
    {REPLACE_SM_RESP, ""},
    {ENQUIRE_LINK, ""},
    {ENQUIRE_LINK_RESP, ""},
    {ALERT_NOTIFICATION, "11s11s"},
};

/* What is left of a PDU. A read that fails leaves `p` where it began. */
struct body {
	uint8_t *p, *end;
	int has_udh; /* by esm_class: a text begins with a user data header */
};

/* Values. */

static void
cover(uint8_t *p, size_t len)
{
	memset(p, '*', len);
}

/* Digits beyond the third, but for the last four of a long number. */
static void
mask_number(uint8_t *p, size_t len)
{
	size_t digits = 0, seen = 0;

	for (size_t i = 0; i < len; i++)
		digits += isdigit(p[i]) != 0;
	if (digits < 7)
		return;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit(p[i]))
			continue;
		seen++;
		if (seen > 3 && (digits < 11 || seen + 4 <= digits))
			p[i] = '*';
	}
}

/* Without its header a part of a long message would not read as one. Returns
 * its octets (TS 23.040 9.2.3.24), 0 when it lies about them. Elements of up
 * to four octets hold references, ports and the like. */
static size_t
mask_header(uint8_t *p, size_t len)
{
	size_t end = len > 0 ? p[0] + 1 : 0, i = 1;

	if (end > len)
		return 0;
	while (i + 2 <= end && i + 2 + p[i + 1] <= end) {
		if (p[i + 1] > 4)
			cover(p + i + 2, p[i + 1]);
		i += 2 + p[i + 1];
	}
	return i == end ? end : 0;
}

static void
mask_text(uint8_t *p, size_t len, int has_udh)
{
	size_t header = has_udh ? mask_header(p, len) : 0;

	cover(p + header, len - header);
}

/* A parameter of up to four octets is a number; a longer one, also of a
 * vendor, may be anything. */
static void
mask_tlv(uint16_t tag, uint8_t *value, size_t len, int has_udh)
{
	switch (tag) {
	case TLVID_receipted_message_id:
		break;
	case TLVID_message_payload:
		mask_text(value, len, has_udh);
		break;
	case TLVID_callback_num: /* 5.3.2.36: three octets, then digits */
		if (len > 3)
			mask_number(value + 3, len - 3);
		break;
	default:
		if (len > 4)
			cover(value, value[len - 1] == 0 ? len - 1 : len);
	}
}

/* Fields. Each is 1 when it was there and is masked, else 0. */

static uint8_t *
take(struct body *b, size_t len)
{
	uint8_t *p = b->p;

	if ((size_t)(b->end - p) < len)
		return NULL;
	b->p += len;
	return p;
}

/* 7.1.1: it ends with '+', '-' or 'R'. */
static int
is_time(const uint8_t *p, size_t len)
{
	return len == 16 && memchr("+-R", p[15], 3) != NULL;
}

static int
string(struct body *b, char kind)
{
	uint8_t *nul = memchr(b->p, 0, b->end - b->p);
	size_t len;

	if (nul == NULL)
		return 0;
	len = nul - b->p;
	if (kind == PASSWORD)
		cover(b->p, len);
	else if (kind == STRING || (kind == TIME && !is_time(b->p, len)))
		mask_number(b->p, len);
	b->p = nul + 1;
	return 1;
}

static int
text(struct body *b)
{
	uint8_t *from = b->p, *length = take(b, 1);
	uint8_t *p = length != NULL ? take(b, *length) : NULL;

	if (p == NULL) {
		b->p = from;
		return 0;
	}
	mask_text(p, *length, b->has_udh);
	return 1;
}

/* dest_flag 1: an SME address, 2: the name of a list. */
static int
dests(struct body *b)
{
	uint8_t *n = take(b, 1), *flag;

	for (int i = 0; n != NULL && i < *n; i++) {
		flag = take(b, 1);
		if (flag == NULL || (*flag == 1 && take(b, 2) == NULL) ||
		    !string(b, STRING))
			return 0;
	}
	return n != NULL;
}

static int
unsuccess(struct body *b)
{
	uint8_t *n = take(b, 1);

	for (int i = 0; n != NULL && i < *n; i++)
		if (take(b, 2) == NULL || !string(b, STRING) ||
		    take(b, 4) == NULL)
			return 0;
	return n != NULL;
}

static int
field(struct body *b, char kind)
{
	uint8_t *p;

	switch (kind) {
	case OCTET:
		return take(b, 1) != NULL;
	case ESM_CLASS:
		p = take(b, 1);
		b->has_udh = p != NULL && *p & SMPP34_UDHI_IND;
		return p != NULL;
	case TEXT:
		return text(b);
	case DESTS:
		return dests(b);
	case UNSUCCESS:
		return unsuccess(b);
	default:
		return string(b, kind);
	}
}

static int
tlv(struct body *b)
{
	uint8_t *h = take(b, 4), *value;
	size_t len;

	if (h == NULL)
		return 0;
	len = h[2] << 8 | h[3];
	value = take(b, len);
	if (value == NULL) {
		b->p = h;
		return 0;
	}
	mask_tlv(h[0] << 8 | h[1], value, len, b->has_udh);
	return 1;
}

/* PDUs. */

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static const char *
layout_of(uint32_t command_id)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		if (layouts[i].command_id == command_id)
			return layouts[i].fields;
	return NULL;
}

void
mask_pdu(uint8_t *pdu, size_t len)
{
	struct body b = {pdu + PDU_HEADER, pdu + len, 0};
	const char *f;

	if (len < PDU_HEADER || be32(pdu) != len) {
		cover(pdu, len);
		return;
	}
	f = layout_of(be32(pdu + 4));
	while (f != NULL && *f != '\0' && field(&b, *f))
		f++;
	if (f != NULL && *f == '\0')
		while (tlv(&b))
			;
	cover(b.p, b.end - b.p);
}
