/* PDUs bent at random: each field to its edges, lengths that lie, TLVs out of
 * order, twice, unknown or misshapen, octets flipped, two PDUs spliced. What
 * a PDU's parts are comes from libsmpp34.h; the numbers from fixture.h. */
#ifndef MUTATE_H
#define MUTATE_H

#include "smsc-gw/pdu.h"

#include "fixture.h"
#include "libsmpp34.h"

#define MUTANT_MAX 24000

struct mutant {
	size_t len;
	uint8_t octets[MUTANT_MAX];
	const struct layout *layout;
	struct shape shape; /* by lengths, before the bend at hand */
	int keeps_length;   /* command_length is wrong on purpose */
};

static inline size_t
below(size_t n)
{
	return n > 0 ? pseudo_random() % n : 0;
}

#define ONE_OF(list) (list)[below(sizeof(list) / sizeof(*(list)))]

static inline void
replace(struct mutant *m, size_t at, size_t cut, const void *octets, size_t len)
{
	size_t rest = m->len - at - cut;

	if (m->len - cut + len > sizeof(m->octets))
		return;
	memmove(m->octets + at + len, m->octets + at + cut, rest);
	if (len > 0)
		memcpy(m->octets + at, octets, len);
	m->len = at + len + rest;
}

static inline void
set32(uint8_t *p, uint32_t v)
{
	p[0] = v >> 24;
	p[1] = v >> 16;
	p[2] = v >> 8;
	p[3] = v;
}

static inline void
set16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void
random_octets(uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = pseudo_random() >> 32;
}

/* The header. */

static inline void
bend_status(struct mutant *m)
{
	static const uint32_t edges[] = {ESME_ROK, ESME_RTHROTTLED,
	    ESME_RINVMSGLEN, ESME_RUNKNOWNERR, 0x400, 0x4ff, 0x10, UINT32_MAX};

	set32(m->octets + 8, ONE_OF(edges));
}

static inline void
bend_sequence(struct mutant *m)
{
	static const uint32_t edges[] = {
	    0, 1, 0x7fffffff, 0x80000000, UINT32_MAX};

	set32(m->octets + 12, ONE_OF(edges));
}

static inline void
bend_command_length(struct mutant *m)
{
	static const uint32_t edges[] = {0, 15, 16, 17, 0x4000, UINT32_MAX};

	set32(m->octets, below(2) ? ONE_OF(edges) : m->len - 1 + below(3));
	m->keeps_length = 1;
}

/* Mandatory fields. */

/* One of a kind that is there, or -1. */
static inline int
find_field(const struct mutant *m, enum field_kind kind)
{
	int from = below(m->shape.fields);

	for (int i = 0; i < m->shape.fields; i++) {
		int at = (from + i) % m->shape.fields;
		enum field_kind is = m->layout->fields[at].kind;

		if (is == kind || (is == STRING_IF_RIGHT && kind == STRING))
			return at;
	}
	return -1;
}

static inline void
bend_octet(struct mutant *m)
{
	static const uint8_t edges[] = {
	    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 18, 0x40, 0x7f, 0x80, 0xff};
	int i = find_field(m, OCTET);

	if (i >= 0)
		m->octets[m->shape.at[i]] = ONE_OF(edges);
}

static inline void
bend_string(struct mutant *m)
{
	static const char digits[] =
	    "8613800138000138001380001380013800013800138000138001380001380013"
	    "80";
	int i = find_field(m, STRING);
	size_t max, n, lengths[] = {0, 1, 0, 0, 0, below(66)};

	if (i < 0)
		return;
	max = m->layout->fields[i].max;
	lengths[2] = max - 1; /* the longest */
	lengths[3] = max;
	lengths[4] = max > 1 ? max - 2 : 0;
	n = ONE_OF(lengths);
	replace(m, m->shape.at[i], m->shape.at[i + 1] - m->shape.at[i] - 1,
	    digits, n);
}

/* The text and its length agree, or nearly. */
static inline void
bend_text(struct mutant *m)
{
	static const uint8_t lengths[] = {
	    0, 0, 1, 2, 6, 140, 159, 160, 253, 254, 255};
	int i = find_field(m, TEXT);
	uint8_t text[255], n = ONE_OF(lengths);
	size_t at;

	if (i < 0)
		return;
	at = m->shape.at[i];
	if (below(8) == 0) {
		m->octets[at - 1] += below(2) ? 1 : -1;
		return;
	}
	random_octets(text, sizeof(text));
	m->octets[at - 1] = n;
	replace(m, at, m->shape.at[i + 1] - at, text, n);
}

/* TLVs. */

static const uint16_t tags[] = {
#define OPERACION(tag) tag,
#include <def_list/tlv_id.list>
#undef OPERACION
    0x0600, /* reserved */
    0x1401, /* a vendor's, 5.3.2 */
    0x3fff,
    0x4001,
    0xffff,
};

/* Those that a text depends on come more often. */
static inline uint16_t
random_tag(void)
{
	static const uint16_t ours[] = {TLVID_message_payload,
	    TLVID_sar_msg_ref_num, TLVID_sar_total_segments,
	    TLVID_sar_segment_seqnum, TLVID_user_message_reference,
	    TLVID_receipted_message_id, TLVID_message_state,
	    TLVID_ussd_service_op, TLVID_its_session_info};

	return below(2) ? ONE_OF(ours) : ONE_OF(tags);
}

static inline int
tlv_size(const struct layout *l, uint16_t tag)
{
	return l->tlv_size != NULL ? l->tlv_size(tag)
				   : size_do_tlv_deliver_sm(tag);
}

/* One that the library takes; `out` has room for any. */
static inline size_t
make_tlv(const struct layout *l, uint16_t tag, uint8_t out[4 + MAX_TLV_SIZE])
{
	int size = tlv_size(l, tag);
	size_t max = size > 0 ? size : -size, n = max;

	if (size < 0) {
		size_t lengths[] = {0, 1, max - 1, max, below(max), 0};

		lengths[5] = below(max < 40 ? max : 40);
		n = ONE_OF(lengths);
	}
	set16(out, tag);
	set16(out + 2, n);
	random_octets(out + 4, n);
	return 4 + n;
}

/* Where a TLV may begin. */
static inline size_t
tlv_slot(const struct mutant *m)
{
	if (m->shape.fields < m->layout->n)
		return m->len;
	return m->shape.tlv_at[below(m->shape.tlvs + 1)];
}

static inline void
insert_tlv(struct mutant *m)
{
	uint8_t tlv[4 + MAX_TLV_SIZE];
	size_t n = make_tlv(m->layout, random_tag(), tlv);

	replace(m, tlv_slot(m), 0, tlv, n);
}

/* Its place and length; 0 when there is none. */
static inline size_t
choose_tlv(const struct mutant *m, size_t *at)
{
	int i = below(m->shape.tlvs);

	*at = 0;
	if (m->shape.fields < m->layout->n || m->shape.tlvs == 0)
		return 0;
	*at = m->shape.tlv_at[i];
	return m->shape.tlv_at[i + 1] - *at;
}

static inline void
remove_tlv(struct mutant *m)
{
	size_t at, n = choose_tlv(m, &at);

	if (n > 0)
		replace(m, at, n, NULL, 0);
}

/* As it is, or with a value of its own. */
static inline void
repeat_tlv(struct mutant *m)
{
	uint8_t tlv[4 + MAX_TLV_SIZE];
	size_t at, n = choose_tlv(m, &at);

	if (n == 0 || n > sizeof(tlv))
		return;
	memcpy(tlv, m->octets + at, n);
	if (below(2))
		n = make_tlv(m->layout, tlv[0] << 8 | tlv[1], tlv);
	replace(m, tlv_slot(m), 0, tlv, n);
}

static inline void
move_tlv(struct mutant *m)
{
	uint8_t tlv[4 + MAX_TLV_SIZE];
	size_t to = tlv_slot(m), at, n = choose_tlv(m, &at);

	if (n == 0 || n > sizeof(tlv))
		return;
	memcpy(tlv, m->octets + at, n);
	replace(m, at, n, NULL, 0);
	replace(m, to > at ? to - n : to, 0, tlv, n);
}

/* The length alone: so that it takes in what follows, or stops short. */
static inline void
bend_tlv_length(struct mutant *m)
{
	size_t at, n = choose_tlv(m, &at), next = at + n, length = n - 4;
	size_t edges[] = {0, length - 1, length + 1, m->len - at - 4,
	    m->len - at - 3, UINT16_MAX, 0, 0};

	if (n == 0)
		return;
	if (m->len - next >= 4) /* the next one and, twice as likely, its */
		length += 4 + (m->octets[next + 2] << 8 | m->octets[next + 3]);
	edges[6] = edges[7] = length;
	set16(m->octets + at + 2, ONE_OF(edges));
}

/* Value and length, one octet more or less or any number. */
static inline void
bend_tlv_size(struct mutant *m)
{
	uint8_t value[1100];
	size_t at, n = choose_tlv(m, &at);
	size_t lengths[] = {0, n - 5, n - 3, below(8), below(sizeof(value))};
	size_t length = ONE_OF(lengths);

	if (n == 0 || length > sizeof(value))
		return;
	random_octets(value, length);
	set16(m->octets + at + 2, length);
	replace(m, at + 4, n - 4, value, length);
}

static inline void
bend_tlv_value(struct mutant *m)
{
	static const uint8_t edges[] = {0, 1, 2, 0x7f, 0x80, 0xff};
	size_t at, n = choose_tlv(m, &at);

	if (n > 4)
		m->octets[at + 4 + below(n - 4)] = ONE_OF(edges);
}

static inline void
bend_tag(struct mutant *m)
{
	size_t at, n = choose_tlv(m, &at);

	if (n > 0)
		set16(m->octets + at, random_tag());
}

/* Up to what the guard lets through, and beyond. */
static inline void
add_many_tlvs(struct mutant *m)
{
	uint8_t tlv[4] = {0x14, 0x01, 0, 0};

	for (size_t n = 14 + below(20); n > 0; n--)
		replace(m, m->len, 0, tlv, sizeof(tlv));
}

/* A PDU of PDU_MAX octets, or nearly. */
static inline void
add_long_tlvs(struct mutant *m)
{
	uint8_t tlv[4 + MAX_TLV_SIZE] = {0x14, 0x01};
	size_t end = PDU_MAX - 1 + below(3);

	if (below(64) != 0)
		return;
	random_octets(tlv + 4, MAX_TLV_SIZE);
	while (m->len + 4 <= end) {
		size_t length = end - m->len - 4;

		if (length > MAX_TLV_SIZE)
			length = MAX_TLV_SIZE - 4;
		set16(tlv + 2, length);
		replace(m, m->len, 0, tlv, 4 + length);
	}
}

/* Octets, whatever they mean. */

static inline void
cut_anywhere(struct mutant *m)
{
	m->len = 16 + below(m->len - 15);
}

static inline void
cut_field(struct mutant *m)
{
	m->len = m->shape.fields < m->layout->n ? m->shape.at[m->shape.fields]
						: tlv_slot(m);
}

static inline void
add_octets(struct mutant *m)
{
	uint8_t octets[8];

	random_octets(octets, sizeof(octets));
	replace(
	    m, 16 + below(m->len - 15), 0, octets, below(sizeof(octets) + 1));
}

static inline void
flip_bits(struct mutant *m)
{
	for (size_t n = 1 + below(4); n > 0; n--)
		m->octets[4 + below(m->len - 4)] ^= 1 << below(8);
}

static inline void
set_octet(struct mutant *m)
{
	m->octets[4 + below(m->len - 4)] = pseudo_random() >> 32;
}

static inline void
bend(struct mutant *m)
{
	static void (*const ways[])(struct mutant *) = {bend_status,
	    bend_sequence, bend_command_length, bend_octet, bend_octet,
	    bend_string, bend_string, bend_text, bend_text, insert_tlv,
	    insert_tlv, insert_tlv, remove_tlv, repeat_tlv, move_tlv,
	    bend_tlv_length, bend_tlv_length, bend_tlv_size, bend_tlv_value,
	    bend_tag, add_many_tlvs, add_long_tlvs, cut_anywhere, cut_field,
	    add_octets, flip_bits, set_octet};

	find_shape(m->layout, m->octets, m->len, BY_LENGTHS, &m->shape);
	ONE_OF(ways)(m);
}

/* The head of the one and the tail of the other. */
static inline void
splice(struct mutant *m, const uint8_t *other, size_t len)
{
	size_t at = 16 + below(m->len - 15), from = 16 + below(len - 15);

	replace(m, at, m->len - at, other + from, len - from);
}

/* Bends a PDU of at least a header one to four times. */
static inline void
mutate(struct mutant *m, const uint8_t *other, size_t other_len)
{
	if (below(32) == 0)
		splice(m, other, other_len);
	for (size_t n = 1 + below(2) + below(3); n > 0; n--)
		bend(m);
	if (!m->keeps_length)
		set32(m->octets, m->len);
}

#endif
