/* The GSUP codec.
 *
 *   +------+----------------+----------------+-----
 *   | type | tag len value  | tag len value  | …      GSUP
 *   +------+----------------+----------------+-----
 *            01 IMSI, first   30 session id, 31 state, 35 facility
 *
 *   A1 len  02 01 ID  02 01 OP  30 len 04 01 DCS 04 len STRING   Invoke
 *   A2 len  02 01 ID  30 len [02 01 OP  30 len 04 … 04 …]        ReturnResult
 *   A3 len  02 01 ID  02 01 CODE …                               ReturnError
 *   A4 len  02 01 ID (or 05 00)  8x 01 CODE                      Reject
 *
 * The numbers are libosmocore's; its codec is what the tests compare with,
 * and not used: osmo_gsup_decode logs whatever it does not know and looks at
 * the value of an empty IE, gsm0480's parser reads past a length that lies,
 * osmo_gsup_encode allocates, and cuts what an IE does not hold. Once every
 * length is checked there is nothing left for them to do. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <osmocom/gsm/gsup.h>
#include <osmocom/gsm/protocol/gsm_04_80.h>

#include "gsup.h"

#define IMSI_LEAST 6 /* TS 23.003 2.2: MCC, MNC and a digit */
#define IMSI_OCTETS ((GSUP_IMSI + 1) / 2)
#define FILLER 0x0f /* of BCD, behind an odd digit */
#define INTEGER_TAG 0x02
#define NULL_TAG 0x05 /* in a Reject of what had no invoke id */

struct octets {
	const uint8_t *p;
	size_t len;
};

/* Reading. */

static uint8_t
octet(struct octets *from)
{
	from->len--;
	return *from->p++;
}

/* The length of a BER value (X.690 8.1.3.4, 8.1.3.5); the indefinite form is
 * not used here (TS 24.080 3.6.2). */
static int
take_length(struct octets *from, size_t *length)
{
	uint8_t first = octet(from), more = first & 0x7f;

	*length = first;
	if (first < 0x80)
		return 0;
	if (more == 0 || more > 4 || more > from->len)
		return -EBADMSG;
	for (*length = 0; more > 0; more--)
		*length = *length << 8 | octet(from);
	return 0;
}

static int
take_value(struct octets *from, size_t len, struct octets *value)
{
	if (len > from->len)
		return -EBADMSG;
	*value = (struct octets){from->p, len};
	from->p += len;
	from->len -= len;
	return 0;
}

/* Takes one BER element off the front. */
static int
take(struct octets *from, uint8_t *tag, struct octets *value)
{
	size_t len;

	if (from->len < 2)
		return -EBADMSG;
	*tag = octet(from);
	if ((*tag & 0x1f) == 0x1f) /* goes on in the next octet */
		return -EBADMSG;
	if (take_length(from, &len) < 0)
		return -EBADMSG;
	return take_value(from, len, value);
}

/* Takes one that must have a certain tag. */
static int
take_tag(struct octets *from, uint8_t want, struct octets *value)
{
	uint8_t tag;

	return take(from, &tag, value) < 0 || tag != want ? -EBADMSG : 0;
}

/* One octet of value: an id, a code, a data coding scheme. */
static int
take_octet(struct octets *from, uint8_t want, uint8_t *out)
{
	struct octets value;

	if (take_tag(from, want, &value) < 0 || value.len != 1)
		return -EBADMSG;
	*out = *value.p;
	return 0;
}

/* What is left is for others, but has to be whole. */
static int
pass_over(struct octets *rest)
{
	struct octets value;
	uint8_t tag;

	while (rest->len > 0)
		if (take(rest, &tag, &value) < 0)
			return -EBADMSG;
	return 0;
}

static int
read_string(struct octets *from, struct ss_message *m)
{
	struct octets arg, string;
	uint8_t dcs;

	if (take_tag(from, GSM_0480_SEQUENCE_TAG, &arg) < 0 ||
	    take_octet(&arg, ASN1_OCTET_STRING_TAG, &dcs) < 0 ||
	    take_tag(&arg, ASN1_OCTET_STRING_TAG, &string) < 0 ||
	    string.len > USSD_STRING || pass_over(&arg) < 0)
		return -EBADMSG;
	dcs_read(dcs, string.p, string.len, m->text);
	return 0;
}

/* An operation's code, and its parameters where they are USSD's. */
static int
read_operation(struct octets *from, struct ss_message *m)
{
	struct octets code;
	uint8_t tag;

	if (take(from, &tag, &code) < 0)
		return -EBADMSG;
	if (tag != GSM0480_OPERATION_CODE) /* a global one */
		return pass_over(from);
	if (code.len != 1)
		return -EBADMSG;
	m->operation = *code.p;
	switch (m->operation) {
	case SS_PROCESS_REQUEST:
	case SS_UNSTRUCTURED_REQUEST:
	case SS_UNSTRUCTURED_NOTIFY:
		/* what was asked for may be left out of a result */
		if (m->component == SS_INVOKE || from->len > 0)
			return read_string(from, m);
	}
	return pass_over(from);
}

static int
read_invoke(struct octets *body, struct ss_message *m)
{
	struct octets linked;

	if (body->len > 0 && *body->p == GSM0480_COMPIDTAG_LINKED_ID &&
	    take_tag(body, GSM0480_COMPIDTAG_LINKED_ID, &linked) < 0)
		return -EBADMSG;
	return read_operation(body, m) < 0 ? -EBADMSG : pass_over(body);
}

static int
read_result(struct octets *body, struct ss_message *m)
{
	struct octets sequence;

	if (body->len == 0)
		return 0;
	if (take_tag(body, GSM_0480_SEQUENCE_TAG, &sequence) < 0 ||
	    read_operation(&sequence, m) < 0)
		return -EBADMSG;
	return pass_over(&sequence) < 0 ? -EBADMSG : pass_over(body);
}

static int
read_invoke_id(struct octets *body, struct ss_message *m)
{
	struct octets nothing;

	if (m->component == SS_REJECT && body->len > 0 && *body->p == NULL_TAG)
		return take_tag(body, NULL_TAG, &nothing);
	return take_octet(body, INTEGER_TAG, &m->invoke_id);
}

static int
read_component(struct octets facility, struct ss_message *m)
{
	struct octets body;
	uint8_t tag;

	if (take(&facility, &tag, &body) < 0)
		return -EBADMSG;
	switch (tag) {
	case GSM0480_CTYPE_INVOKE:
		m->component = SS_INVOKE;
		break;
	case GSM0480_CTYPE_RETURN_RESULT:
		m->component = SS_RETURN_RESULT;
		break;
	case GSM0480_CTYPE_RETURN_ERROR:
		m->component = SS_RETURN_ERROR;
		break;
	case GSM0480_CTYPE_REJECT:
		m->component = SS_REJECT;
		break;
	default:
		return -EBADMSG;
	}
	if (read_invoke_id(&body, m) < 0 || pass_over(&facility) < 0)
		return -EBADMSG;
	if (m->component == SS_INVOKE)
		return read_invoke(&body, m);
	if (m->component == SS_RETURN_RESULT)
		return read_result(&body, m);
	return pass_over(&body);
}

/* TS 24.008 10.5.4.7: two digits an octet, the low half first. */
static int
read_imsi(struct octets bcd, char imsi[GSUP_IMSI + 1])
{
	size_t n = 0;

	if (bcd.len > IMSI_OCTETS)
		return -EBADMSG;
	for (size_t i = 0; i < 2 * bcd.len; i++) {
		uint8_t digit = i % 2 ? bcd.p[i / 2] >> 4 : bcd.p[i / 2] & 0x0f;

		if (digit == FILLER && i == 2 * bcd.len - 1)
			break;
		if (digit > 9 || n == GSUP_IMSI)
			return -EBADMSG;
		imsi[n++] = '0' + digit;
	}
	imsi[n] = '\0';
	return n < IMSI_LEAST ? -EBADMSG : 0;
}

/* One of GSUP's own: a tag and a length of one octet each. */
static int
take_ie(struct octets *from, uint8_t *tag, struct octets *value)
{
	size_t len;

	if (from->len < 2)
		return -EBADMSG;
	*tag = octet(from);
	len = octet(from);
	return take_value(from, len, value);
}

static int
read_ie(uint8_t tag, struct octets value, struct ss_message *m,
    struct octets *facility)
{
	switch (tag) {
	case OSMO_GSUP_SESSION_ID_IE:
		if (value.len != 4)
			return -EBADMSG;
		m->session_id = (uint32_t)value.p[0] << 24 | value.p[1] << 16 |
		    value.p[2] << 8 | value.p[3];
		break;
	case OSMO_GSUP_SESSION_STATE_IE:
		if (value.len != 1)
			return -EBADMSG;
		m->state = *value.p;
		break;
	case OSMO_GSUP_SS_INFO_IE:
		*facility = value;
	}
	return 0;
}

static int
read_ies(struct octets *from, struct ss_message *m, struct octets *facility)
{
	struct octets value;
	uint8_t tag;

	if (take_ie(from, &tag, &value) < 0 || tag != OSMO_GSUP_IMSI_IE ||
	    read_imsi(value, m->imsi) < 0)
		return -EBADMSG;
	while (from->len > 0)
		if (take_ie(from, &tag, &value) < 0 ||
		    read_ie(tag, value, m, facility) < 0)
			return -EBADMSG;
	return 0;
}

int
gsup_read(const uint8_t *p, size_t len, struct ss_message *m)
{
	struct octets from = {p, len}, facility = {0};
	uint8_t type;

	*m = (struct ss_message){0};
	if (len == 0)
		return -EBADMSG;
	type = octet(&from);
	if (read_ies(&from, m, &facility) < 0)
		return -EBADMSG;
	if (OSMO_GSUP_TO_MSGT_REQUEST(type) != OSMO_GSUP_MSGT_PROC_SS_REQUEST ||
	    type > OSMO_GSUP_MSGT_PROC_SS_RESULT)
		return -ENOTSUP;
	m->type = type - OSMO_GSUP_MSGT_PROC_SS_REQUEST;
	if (m->state < SS_BEGIN || m->state > SS_END)
		return -EBADMSG;
	if (facility.len > 0 && read_component(facility, m) < 0)
		m->component = SS_MALFORMED;
	return 0;
}

/* Writing. */

static uint8_t *
put_head(uint8_t *p, uint8_t tag, size_t len)
{
	assert(len < 0x80); /* the short form, which every peer reads */
	*p++ = tag;
	*p++ = len;
	return p;
}

static uint8_t *
put_octet(uint8_t *p, uint8_t tag, uint8_t value)
{
	p = put_head(p, tag, 1);
	*p++ = value;
	return p;
}

#define OCTET_LEN 3 /* of what put_octet puts */
#define HEAD_LEN 2

static uint8_t *
put_imsi(uint8_t *p, const char *imsi)
{
	size_t n = strlen(imsi);

	p = put_head(p, OSMO_GSUP_IMSI_IE, (n + 1) / 2);
	for (size_t i = 0; i < n; i += 2) {
		uint8_t high = i + 1 < n ? imsi[i + 1] - '0' : FILLER;

		*p++ = high << 4 | (imsi[i] - '0');
	}
	return p;
}

static uint8_t *
put_component(uint8_t *p, const struct ss_message *m, uint8_t dcs,
    const uint8_t *string, size_t len)
{
	size_t arg = OCTET_LEN + HEAD_LEN + len;
	size_t operation = OCTET_LEN + HEAD_LEN + arg;

	if (m->component == SS_INVOKE) {
		p = put_head(p, GSM0480_CTYPE_INVOKE, OCTET_LEN + operation);
		p = put_octet(p, INTEGER_TAG, m->invoke_id);
	} else {
		p = put_head(p, GSM0480_CTYPE_RETURN_RESULT,
		    OCTET_LEN + HEAD_LEN + operation);
		p = put_octet(p, INTEGER_TAG, m->invoke_id);
		p = put_head(p, GSM_0480_SEQUENCE_TAG, operation);
	}
	p = put_octet(p, GSM0480_OPERATION_CODE, m->operation);
	p = put_head(p, GSM_0480_SEQUENCE_TAG, arg);
	p = put_octet(p, ASN1_OCTET_STRING_TAG, dcs);
	p = put_head(p, ASN1_OCTET_STRING_TAG, len);
	memcpy(p, string, len);
	return p + len;
}

int
gsup_write(const struct ss_message *m, uint8_t out[GSUP_MAX])
{
	uint8_t string[USSD_OCTETS], dcs = 0, *p = out, *length;
	int len = 0;

	assert(m->component <= SS_RETURN_RESULT);
	if (m->component != SS_NONE)
		len = dcs_write(m->text, m->alphabet, &dcs, string);
	if (len < 0)
		return len;
	*p++ = OSMO_GSUP_MSGT_PROC_SS_REQUEST + m->type;
	p = put_imsi(p, m->imsi);
	p = put_head(p, OSMO_GSUP_SESSION_ID_IE, 4);
	*p++ = m->session_id >> 24;
	*p++ = m->session_id >> 16;
	*p++ = m->session_id >> 8;
	*p++ = m->session_id;
	p = put_octet(p, OSMO_GSUP_SESSION_STATE_IE, m->state);
	if (m->component == SS_NONE)
		return p - out;
	*p++ = OSMO_GSUP_SS_INFO_IE;
	length = p++;
	p = put_component(p, m, dcs, string, len);
	*length = p - length - 1;
	return p - out;
}
