/* The SMPP codec against SMPP 3.4, octet by octet. Every PDU is read from
 * exactly its octets of heap, so that reading on shows. */
#include "smsc-gw/pdu.c"
#include "smsc-gw/pdu_status.c"

#include <stdlib.h>

#include "test.h"

static const uint8_t deliver_vector[] = {
    /* 3.2 header */
    0x00, 0x00, 0x00, 0x50, /* command_length: 80 */
    0x00, 0x00, 0x00, 0x05, /* command_id: deliver_sm, 5.1.2.1 */
    0x00, 0x00, 0x00, 0x00, /* command_status: unused in a request */
    0x00, 0x00, 0x00, 0x2a, /* sequence_number: 42 */
    /* 4.6.1 deliver_sm, mandatory */
    'C', 'M', 'T', 0, /* service_type, 5.2.11 */
    0x01,             /* source_addr_ton, 5.2.5 */
    0x01,             /* source_addr_npi, 5.2.6 */
    '8', '6', '1', '3', '8', '0', '0', '1', '3', '8', '0', '0', '0',
    0,                          /* source_addr, 5.2.8 */
    0x00,                       /* dest_addr_ton */
    0x01,                       /* dest_addr_npi */
    '1', '0', '0', '8', '6', 0, /* destination_addr, 5.2.9 */
    0x00,                       /* esm_class, 5.2.12 */
    0x00,                       /* protocol_id, 5.2.13 */
    0x00,                       /* priority_flag, 5.2.14 */
    0,                          /* schedule_delivery_time, 5.2.15 */
    0,                          /* validity_period, 5.2.16 */
    0x00,                       /* registered_delivery, 5.2.17 */
    0x00,                       /* replace_if_present_flag, 5.2.18 */
    0x00,                       /* data_coding, 5.2.19 */
    0x00,                       /* sm_default_msg_id, 5.2.20 */
    0x0a,                       /* sm_length, 5.2.21 */
    'C', 'X', 'M', 'Y', 'D', '#', '1', '2', '3', '4', /* short_message */
    /* optional, 3.2.4.1: tag, length, value */
    0x02, 0x04, 0x00, 0x02, 0x00, 0x07, /* user_message_reference, 5.3.2.17 */
    0x14, 0x01, 0x00, 0x06, 1, 2, 3, 4, 5, 6, /* a vendor's */
};

/* Where the mandatory part ends and where its TLVs do. */
#define MANDATORY (16 + 48)
#define FIRST_TLV (MANDATORY + 6)

/* A PDU under construction. */
static uint8_t built[PDU_MAX + 64];
static size_t built_len;

static void
add(const void *octets, size_t len)
{
	memcpy(built + built_len, octets, len);
	built_len += len;
	put32(built, built_len);
}

#define ADD(...)                            \
	add((const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

static void
begin(uint32_t command_id)
{
	memset(built, 0, sizeof(built));
	put32(built + 4, command_id);
	put32(built + 12, 42);
	built_len = PDU_HEADER;
	put32(built, built_len);
}

static void
add_tlv(uint16_t tag, const void *value, uint16_t len)
{
	ADD(tag >> 8, tag & 0xff, len >> 8, len & 0xff);
	add(value, len);
}

/* The part of deliver_sm from esm_class to sm_length, all but data_coding
 * empty. */
static void
add_middle(uint8_t data_coding, uint8_t sm_length)
{
	ADD(0, 0, 0, 0, 0, 0, 0, data_coding, 0, sm_length);
}

static void
begin_deliver(const char *source, const char *destination)
{
	begin(DELIVER_SM);
	ADD(0, 1, 1);
	add(source, strlen(source) + 1);
	ADD(0, 1);
	add(destination, strlen(destination) + 1);
}

/* The heap copy lasts until the next call: messages point into it. */
static uint32_t
read_deliver(const uint8_t *p, size_t len, struct deliver_sm *d)
{
	static uint8_t *copy;

	free(copy);
	if (p == NULL) {
		copy = NULL;
		return 0;
	}
	copy = malloc(len);
	memcpy(copy, p, len);
	return pdu_read_deliver_sm(copy, len, d);
}

static uint32_t
read_built(struct deliver_sm *d)
{
	return read_deliver(built, built_len, d);
}

static void
deliver_sm(void)
{
	struct deliver_sm d;

	ok_int(sizeof(deliver_vector), 80, "the vector has its length");
	ok_int(read_deliver(deliver_vector, sizeof(deliver_vector), &d),
	    ESME_ROK, "deliver_sm is read");
	ok_int(d.source_addr_ton, 1, "source_addr_ton");
	ok_int(d.source_addr_npi, 1, "source_addr_npi");
	ok_str(d.source_addr, "8613800138000", "source_addr");
	ok_int(d.dest_addr_ton, 0, "dest_addr_ton");
	ok_int(d.dest_addr_npi, 1, "dest_addr_npi");
	ok_str(d.destination_addr, "10086", "destination_addr");
	ok_int(d.esm_class, 0, "esm_class");
	ok_int(d.data_coding, 0, "data_coding");
	ok(d.message_len == 10 && memcmp(d.message, "CXMYD#1234", 10) == 0,
	    "short_message");
}

/* Cut anywhere, it is refused; but where only whole TLVs are missing it is
 * a shorter deliver_sm. */
static void
deliver_sm_cut(void)
{
	struct deliver_sm d;
	int good = 1;

	for (size_t n = PDU_HEADER; n < sizeof(deliver_vector); n++) {
		int whole = n == MANDATORY || n == FIRST_TLV;

		good &=
		    (read_deliver(deliver_vector, n, &d) == ESME_ROK) == whole;
	}
	ok(good, "cut inside any field, deliver_sm is refused");
	ok_int(read_deliver(deliver_vector, 60, &d), ESME_RINVMSGLEN,
	    "inside the message: ESME_RINVMSGLEN");
	ok_int(read_deliver(deliver_vector, 67, &d), ESME_RINVOPTPARSTREAM,
	    "inside a TLV's header: ESME_RINVOPTPARSTREAM");
	ok_int(read_deliver(deliver_vector, 69, &d), ESME_RINVOPTPARSTREAM,
	    "inside its value: likewise");
}

static void
deliver_sm_fields(void)
{
	struct deliver_sm d;

	begin_deliver("12345678901234567890", "98765432109876543210");
	add_middle(0, 0);
	ok_int(read_built(&d), ESME_ROK, "addresses of 20 octets");
	ok_str(d.source_addr, "12345678901234567890", "the source whole");
	ok_str(d.destination_addr, "98765432109876543210",
	    "the destination whole");
	begin_deliver("123456789012345678901", "10086");
	add_middle(0, 0);
	ok_int(read_built(&d), ESME_RINVSRCADR, "a source of 21 is refused");
	begin_deliver("1", "123456789012345678901");
	add_middle(0, 0);
	ok_int(read_built(&d), ESME_RINVDSTADR, "a destination of 21 too");
	begin_deliver("", "");
	add_middle(0, 0);
	ok_int(read_built(&d), ESME_ROK, "empty addresses are read");
	begin(DELIVER_SM);
	add("SIXSIX", 7);
	ok_int(read_built(&d), ESME_RINVSERTYP,
	    "a service_type of six is refused");
	begin(DELIVER_SM);
	add("FIVE5", 6);
	ADD(0, 1);
	add("1", 2);
	ADD(0, 1);
	add("2", 2);
	ADD(0, 0, 0);
	add("261122080000000+", 17); /* schedule_delivery_time, 7.1.1.1 */
	ADD(0, 0, 0, 0, 0, 0);
	ok_int(read_built(&d), ESME_ROK, "one of five and a whole time");
	begin_deliver("8613800138000", "10086");
	ADD(0, 0, 0, 0);             /* esm_class … schedule_delivery_time */
	add("000000010000000R", 17); /* validity_period, 7.1.1.2 */
	ADD(0, 0, 8, 0, 4, 0x53, 0x17, 0x4e, 0xac);
	ok_int(read_built(&d), ESME_ROK, "a validity_period is passed over");
	ok_int(d.data_coding, 8, "and data_coding stands behind it");
	ok_int(d.message_len, 4, "and the message");
	begin_deliver("1", "2");
	ADD(0, 0, 0, 0);
	add("0000000100000000R", 18);
	ok_int(read_built(&d), ESME_RINVEXPIRY, "one of 17 is refused");
	begin_deliver("1", "2");
	ADD(0, 0, 0);
	add("0000000100000000R", 18);
	ok_int(read_built(&d), ESME_RINVSCHED,
	    "as is such a schedule_delivery_time");
	begin_deliver("1", "2");
	ADD(0x40, 0, 0, 0, 0, 0, 0, 0xf5, 0, 0);
	ok_int(read_built(&d), ESME_ROK, "an empty message is read");
	ok(d.esm_class == 0x40 && d.data_coding == 0xf5 && d.message_len == 0,
	    "with its esm_class and data_coding");
}

static void
lengths_that_lie(void)
{
	static const uint8_t text[254] = "x";
	struct deliver_sm d;

	begin_deliver("1", "2");
	add_middle(0, 254);
	add(text, 254);
	ok_int(read_built(&d), ESME_ROK, "a message of 254");
	ok_int(d.message_len, 254, "is read whole");
	begin_deliver("1", "2");
	add_middle(0, 11);
	add("ten octets", 10);
	ok_int(read_built(&d), ESME_RINVMSGLEN,
	    "a message shorter than sm_length is refused");
	begin_deliver("1", "2");
	add_middle(0, 0);
	ADD(0x14, 0x00, 0xff, 0xff, 'x');
	ok_int(read_built(&d), ESME_RINVOPTPARSTREAM,
	    "a TLV longer than the PDU is refused");
	begin_deliver("1", "2");
	add_middle(0, 0);
	ADD(0x14, 0x00, 0x00);
	ok_int(
	    read_built(&d), ESME_RINVOPTPARSTREAM, "as is half a TLV's header");
}

/* 4.7.1. */
static const uint8_t data_vector[] = {
    0x00, 0x00, 0x00, 0x38,       /* command_length: 56 */
    0x00, 0x00, 0x01, 0x03,       /* command_id: data_sm */
    0x00, 0x00, 0x00, 0x00,       /* command_status */
    0x00, 0x00, 0x00, 0x2a,       /* sequence_number: 42 */
    0,                            /* service_type: default */
    0x01,                         /* source_addr_ton */
    0x01,                         /* source_addr_npi */
    '8', '6', '1', '3', '8', 0,   /* source_addr, up to 64 and a NUL */
    0x00,                         /* dest_addr_ton */
    0x09,                         /* dest_addr_npi */
    '1', '0', '0', '8', '6', 0,   /* destination_addr */
    0x40,                         /* esm_class */
    0x00,                         /* registered_delivery */
    0x08,                         /* data_coding */
    0x02, 0x0a, 0x00, 0x02, 0, 9, /* source_port, 5.3.2.20 */
    0x04, 0x24, 0x00, 0x04,       /* message_payload */
    0x53, 0x17, 0x4e, 0xac,       /* 北京 */
    0x02, 0x0b, 0x00, 0x02, 0, 9, /* destination_port, 5.3.2.21 */
};

static uint32_t
read_data(const uint8_t *p, size_t len, struct deliver_sm *d)
{
	static uint8_t *copy;

	free(copy);
	copy = NULL;
	if (p == NULL)
		return 0;
	copy = malloc(len);
	memcpy(copy, p, len);
	return pdu_read_data_sm(copy, len, d);
}

static void
begin_data(const char *source, const char *destination)
{
	begin(DATA_SM);
	ADD(0, 1, 1);
	add(source, strlen(source) + 1);
	ADD(0, 1);
	add(destination, strlen(destination) + 1);
	ADD(0, 0, 0);
}

static void
data_sm(void)
{
	static const size_t wholes[] = {36, 42, 50};
	struct deliver_sm d;
	int good = 1;

	ok_int(sizeof(data_vector), 56, "the vector has its length");
	ok_int(read_data(data_vector, sizeof(data_vector), &d), ESME_ROK,
	    "data_sm is read");
	ok(d.source_addr_ton == 1 && d.source_addr_npi == 1 &&
		d.dest_addr_ton == 0 && d.dest_addr_npi == 9,
	    "types and plans");
	ok_str(d.source_addr, "86138", "source_addr");
	ok_str(d.destination_addr, "10086", "destination_addr");
	ok(d.esm_class == 0x40 && d.data_coding == 8,
	    "esm_class and data_coding");
	ok(d.message_len == 4 && memcmp(d.message, "\x53\x17\x4e\xac", 4) == 0,
	    "the text is its message_payload");
	for (size_t n = PDU_HEADER; n < sizeof(data_vector); n++) {
		int whole = n == wholes[0] || n == wholes[1] || n == wholes[2];

		good &= (read_data(data_vector, n, &d) == ESME_ROK) == whole;
	}
	ok(good, "cut anywhere but between its TLVs, it is refused");
	ok_int(read_data(data_vector, 36, &d), ESME_ROK, "without a payload");
	ok(d.message != NULL && d.message_len == 0, "its text is empty");
	read_data(NULL, 0, NULL);
}

static void
data_sm_addresses(void)
{
	static const char longest[] =
	    "1234567890123456789012345678901234567890123456789012345678901234";
	struct deliver_sm d;

	begin_data("12345678901234567890", "10086");
	ok_int(pdu_read_data_sm(built, built_len, &d), ESME_ROK,
	    "data_sm: an address of 20 octets");
	ok_str(d.source_addr, "12345678901234567890", "is read");
	begin_data("123456789012345678901", longest);
	ok_int(pdu_read_data_sm(built, built_len, &d), ESME_ROK,
	    "longer ones, up to 64");
	ok(d.source_addr[0] == '\0' && d.destination_addr[0] == '\0',
	    "are nobody's number");
	begin_data("1",
	    "12345678901234567890123456789012345678901234567890"
	    "123456789012345");
	ok_int(pdu_read_data_sm(built, built_len, &d), ESME_RINVDSTADR,
	    "a destination of 65 is refused");
	begin_data("12345678901234567890123456789012345678901234567890"
		   "123456789012345",
	    "1");
	ok_int(pdu_read_data_sm(built, built_len, &d), ESME_RINVSRCADR,
	    "and so is a source");
}

/* 5.3.2.32: the text is in short_message or in message_payload. */
static void
message_payload(void)
{
	static uint8_t text[5000];
	struct deliver_sm d;

	memset(text, 'p', sizeof(text));
	begin_deliver("1", "2");
	add_middle(0, 0);
	add_tlv(0x0204, "\0\1", 2);
	add_tlv(0x0424, text, sizeof(text));
	add_tlv(0x1401, "v", 1);
	ok_int(read_built(&d), ESME_ROK, "message_payload between others");
	ok(d.message_len == sizeof(text) &&
		memcmp(d.message, text, sizeof(text)) == 0,
	    "its value is the message");
	begin_deliver("1", "2");
	add_middle(0, 5);
	add("short", 5);
	add_tlv(0x0424, "long", 4);
	ok_int(read_built(&d), ESME_ROK, "both a message and a payload");
	ok(d.message_len == 5 && memcmp(d.message, "short", 5) == 0,
	    "the message counts");
	begin_deliver("1", "2");
	add_middle(0, 0);
	add_tlv(0x0424, "", 0);
	ok_int(read_built(&d), ESME_ROK, "an empty payload");
	ok_int(d.message_len, 0, "is an empty message");
	begin_deliver("1", "2");
	add_middle(0, 0);
	for (int i = 0; i < 100; i++)
		add_tlv(0x1400 + i, "vendor", 6);
	add_tlv(0x0424, "last", 4);
	ok_int(read_built(&d), ESME_ROK, "a hundred unknown TLVs");
	ok_int(d.message_len, 4, "do not hide the payload");
}

/* 5.3.2.22 to 24: three parameters that make a part of a long message. */
static void
sar(void)
{
	struct deliver_sm d;

	begin_deliver("1", "2");
	add_middle(0, 0);
	ADD(0x02, 0x0c, 0x00, 0x02, 0x12, 0x34); /* sar_msg_ref_num */
	ADD(0x02, 0x0e, 0x00, 0x01, 0x03);       /* sar_total_segments */
	ADD(0x02, 0x0f, 0x00, 0x01, 0x02);       /* sar_segment_seqnum */
	ok_int(read_built(&d), ESME_ROK, "a part by sar_ parameters");
	ok(d.has_sar, "has all three");
	ok_int(d.sar_msg_ref_num, 0x1234, "sar_msg_ref_num");
	ok_int(d.sar_total_segments, 3, "sar_total_segments");
	ok_int(d.sar_segment_seqnum, 2, "sar_segment_seqnum");
	begin_deliver("1", "2");
	add_middle(0, 0);
	add_tlv(0x020f, "\xff", 1);
	add_tlv(0x0424, "text", 4);
	add_tlv(0x020c, "\xff\xff", 2);
	add_tlv(0x0204, "\0\1", 2);
	add_tlv(0x020e, "\xff", 1);
	ok_int(read_built(&d), ESME_ROK, "in another order, between others");
	ok(d.has_sar && d.sar_msg_ref_num == 0xffff &&
		d.sar_total_segments == 0xff && d.sar_segment_seqnum == 0xff,
	    "the largest of each");
}

static void
sar_misshapen(void)
{
	static const struct {
		uint16_t ref_len, total_len, seqnum_len; /* 9: not there */
		const char *name;
	} cases[] = {
	    {9, 1, 1, "no sar_msg_ref_num"},
	    {2, 9, 1, "no sar_total_segments"},
	    {2, 1, 9, "no sar_segment_seqnum"},
	    {1, 1, 1, "a sar_msg_ref_num of one octet"},
	    {4, 1, 1, "a sar_msg_ref_num of four"},
	    {2, 0, 1, "an empty sar_total_segments"},
	    {2, 2, 1, "a sar_total_segments of two"},
	    {2, 1, 0, "an empty sar_segment_seqnum"},
	    {2, 1, 4, "a sar_segment_seqnum of four"},
	};
	struct deliver_sm d;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin_deliver("1", "2");
		add_middle(0, 4);
		add("text", 4);
		if (cases[i].ref_len != 9)
			add_tlv(0x020c, "\1\1\1\1", cases[i].ref_len);
		if (cases[i].total_len != 9)
			add_tlv(0x020e, "\1\1\1\1", cases[i].total_len);
		if (cases[i].seqnum_len != 9)
			add_tlv(0x020f, "\1\1\1\1", cases[i].seqnum_len);
		ok(read_built(&d) == ESME_ROK && !d.has_sar &&
			d.message_len == 4,
		    "%s: passed over", cases[i].name);
	}
}

/* What a receipt has: 5.3.2.12, 5.3.2.35, 5.3.2.17. */
static void
receipt_tlvs(void)
{
	static const char longest[65] =
	    "1234567890123456789012345678901234567890123456789012345678901234";
	struct deliver_sm d;

	begin_deliver("1", "2");
	add_middle(0, 0);
	ADD(0x00, 0x1e, 0x00, 0x03, '4', '2', 0); /* receipted_message_id */
	ADD(0x04, 0x27, 0x00, 0x01, 0x02);        /* message_state */
	ADD(0x02, 0x04, 0x00, 0x02, 0xbe, 0xef);  /* user_message_reference */
	ok_int(read_built(&d), ESME_ROK, "a receipt's parameters");
	ok(d.receipted_message_id_len == 2 &&
		memcmp(d.receipted_message_id, "42", 2) == 0,
	    "receipted_message_id");
	ok_int(d.message_state, 2, "message_state");
	ok(d.has_reference && d.user_message_reference == 0xbeef,
	    "user_message_reference");
	begin_deliver("1", "2");
	add_middle(0, 0);
	ok_int(read_built(&d), ESME_ROK, "none of them");
	ok(d.receipted_message_id_len == 0 && d.message_state == 0 &&
		!d.has_reference,
	    "is none");
	begin_deliver("1", "2");
	add_middle(0, 0);
	add_tlv(0x001e, "no end", 6);
	add_tlv(0x0427, "\2\2", 2);
	add_tlv(0x0204, "\7", 1);
	ok_int(read_built(&d), ESME_ROK, "of other lengths");
	ok(d.receipted_message_id_len == 6 &&
		memcmp(d.receipted_message_id, "no end", 6) == 0,
	    "an id without its NUL is one");
	ok(d.message_state == 0 && !d.has_reference,
	    "the others are passed over");
	begin_deliver("1", "2");
	add_middle(0, 0);
	add_tlv(0x001e, longest, 65);
	read_built(&d);
	ok_int(d.receipted_message_id_len, 64, "the longest id");
	begin_deliver("1", "2");
	add_middle(0, 0);
	add_tlv(0x001e,
	    "1234567890123456789012345678901234567890"
	    "1234567890123456789012345",
	    66);
	ok_int(read_built(&d), ESME_ROK, "a longer one");
	ok_int(d.receipted_message_id_len, 0, "is passed over");
	begin_data("1", "2");
	add_tlv(0x001e, "42", 3);
	ok_int(pdu_read_data_sm(built, built_len, &d), ESME_ROK, "data_sm");
	ok_int(d.receipted_message_id_len, 2, "has them too");
}

static void
expect_message_id(const char *want, const char *what)
{
	uint8_t *copy = malloc(built_len);
	char id[MESSAGE_ID_MAX + 1];

	memcpy(copy, built, built_len);
	pdu_read_submit_sm_resp(copy, built_len, id);
	ok_str(id, want, "submit_sm_resp: %s", what);
	free(copy);
}

/* 4.4.2. */
static void
submit_sm_resp(void)
{
	static const char longest[] =
	    "1234567890123456789012345678901234567890123456789012345678901234";

	begin(SUBMIT_SM_RESP);
	expect_message_id("", "without a body");
	ADD('4', '2', 0);
	expect_message_id("42", "message_id");
	add_tlv(0x0425, "\0", 1); /* delivery_failure_reason, 5.3.2.33 */
	expect_message_id("42", "and parameters behind it");
	begin(SUBMIT_SM_RESP);
	ADD('4', '2');
	expect_message_id("", "one that does not end");
	begin(SUBMIT_SM_RESP);
	add(longest, 65);
	expect_message_id(longest, "the longest");
	begin(SUBMIT_SM_RESP);
	ADD('0');
	add(longest, 65);
	expect_message_id("", "one too long");
}

static void
submit_sm(void)
{
	static const uint8_t want[] = {
	    0x00, 0x00, 0x00, 0x47,     /* command_length: 71 */
	    0x00, 0x00, 0x00, 0x04,     /* command_id: submit_sm */
	    0x00, 0x00, 0x00, 0x00,     /* command_status: null */
	    0x01, 0x02, 0x03, 0x04,     /* sequence_number */
	    0,                          /* service_type: default */
	    0x00,                       /* source_addr_ton: unknown */
	    0x01,                       /* source_addr_npi: ISDN */
	    '1', '0', '0', '8', '6', 0, /* source_addr */
	    0x01,                       /* dest_addr_ton: international */
	    0x01,                       /* dest_addr_npi: ISDN */
	    '8', '6', '1', '3', '8', '0', '0', '1', '3', '8', '0', '0', '0',
	    0,    /* destination_addr */
	    0x40, /* esm_class: UDHI, 5.2.12 */
	    0x00, /* protocol_id */
	    0x00, /* priority_flag */
	    0,    /* schedule_delivery_time: at once */
	    /* validity_period: one hour, relative, 7.1.1.2: YYMMDDhhmmsstnnR */
	    '0', '0', '0', '0', '0', '0', '0', '1', '0', '0', '0', '0', '0',
	    '0', '0', 'R', 0, 0x01, /* registered_delivery: a receipt */
	    0x00,                   /* replace_if_present_flag */
	    0x08,                   /* data_coding: UCS-2 */
	    0x00,                   /* sm_default_msg_id */
	    0x04,                   /* sm_length */
	    0x53, 0x17, 0x4e, 0xac, /* short_message: 北京 */
	};
	struct submit_sm s = {
	    .source_addr_npi = 1,
	    .source_addr = "10086",
	    .dest_addr_ton = 1,
	    .dest_addr_npi = 1,
	    .destination_addr = "8613800138000",
	    .esm_class = 0x40,
	    .validity_minutes = 60,
	    .registered_delivery = 1,
	    .data_coding = 8,
	    .short_message = (const uint8_t *)"\x53\x17\x4e\xac",
	    .sm_length = 4,
	};
	uint8_t out[PDU_SUBMIT_MAX];
	size_t n = pdu_write_submit_sm(&s, 0x01020304, out);

	ok_int(n, sizeof(want), "submit_sm has the length");
	ok(memcmp(out, want, sizeof(want)) == 0, "and every field");
}

/* What a written submit_sm without addresses and message ends with: after
 * header, service_type, addresses, esm_class to schedule_delivery_time,
 * validity_period, registered_delivery to sm_length. */
static int
ends_with(const struct submit_sm *s, const uint8_t *tlvs, size_t len)
{
	uint8_t out[PDU_SUBMIT_MAX];
	size_t n = pdu_write_submit_sm(s, 1, out);
	size_t mandatory = 16 + 1 + 6 + 4 + 1 + 5;

	return n == mandatory + len && get32(out) == n &&
	    out[mandatory - 1] == 0 && memcmp(out + mandatory, tlvs, len) == 0;
}

/* 5.3.2.43 and 44. */
static void
ussd_tlvs(void)
{
	static const uint8_t want[] = {
	    0x05, 0x01, 0x00, 0x01, 0x11,       /* ussd_service_op */
	    0x13, 0x83, 0x00, 0x02, 0x2a, 0x07, /* its_session_info */
	};
	struct submit_sm s = {
	    .ussd_service_op = 17, .its_session_info = 0x2a07};
	struct deliver_sm d;

	begin_deliver("1", "2");
	add_middle(0, 0);
	ADD(0x13, 0x83, 0x00, 0x02, 0x2a, 0x06); /* its_session_info */
	ADD(0x05, 0x01, 0x00, 0x01, 0x00);       /* ussd_service_op: 0 */
	ok_int(read_built(&d), ESME_ROK, "a step of USSD");
	ok(d.has_ussd_op && d.ussd_service_op == 0, "ussd_service_op");
	ok(d.has_session_info && d.its_session_info == 0x2a06,
	    "its_session_info");
	begin_deliver("1", "2");
	add_middle(0, 0);
	add_tlv(0x0501, "\1\1", 2);
	add_tlv(0x0501, "", 0);
	add_tlv(0x1383, "\1", 1);
	add_tlv(0x1383, "\1\1\1", 3);
	ok_int(read_built(&d), ESME_ROK, "of other lengths");
	ok(!d.has_ussd_op && !d.has_session_info, "they are passed over");
	begin_data("1", "2");
	add_tlv(0x0501, "\x81", 1);
	ok_int(pdu_read_data_sm(built, built_len, &d), ESME_ROK, "data_sm");
	ok(d.has_ussd_op && d.ussd_service_op == 0x81 && !d.has_session_info,
	    "has them too");
	ok(ends_with(&s, want, 0), "submit_sm has them only where it is said");
	s.has_ussd_op = 1;
	ok(ends_with(&s, want, 5), "one");
	s.has_session_info = 1;
	ok(ends_with(&s, want, sizeof(want)), "or both");
}

static void
submit_sm_tlvs(void)
{
	static const uint8_t sar[] = {
	    0x02, 0x0c, 0x00, 0x02, 0xbe, 0xef, /* sar_msg_ref_num */
	    0x02, 0x0e, 0x00, 0x01, 0x03,       /* sar_total_segments */
	    0x02, 0x0f, 0x00, 0x01, 0x02,       /* sar_segment_seqnum */
	};
	static const uint8_t payload[] = {
	    0x04, 0x24, 0x00, 0x04, /* message_payload, 5.3.2.32 */
	    0x53, 0x17, 0x4e, 0xac, /* 北京 */
	};
	static const uint8_t reference[] = {
	    0x02, 0x04, 0x00, 0x02, 0xbe, 0xef, /* user_message_reference */
	};
	struct submit_sm s = {0};

	ok(ends_with(&s, sar, 0), "submit_sm without TLVs");
	s.has_reference = 1;
	s.user_message_reference = 0xbeef;
	ok(ends_with(&s, reference, sizeof(reference)),
	    "user_message_reference");
	s.has_reference = 0;
	s.sar_msg_ref_num = 0xbeef;
	s.sar_total_segments = 1;
	s.sar_segment_seqnum = 1;
	ok(ends_with(&s, sar, 0), "one segment is no part");
	s.sar_total_segments = 3;
	s.sar_segment_seqnum = 2;
	ok(ends_with(&s, sar, sizeof(sar)), "the second of three, by sar_");
	s = (struct submit_sm){
	    .message_payload = payload + 4,
	    .payload_len = 4,
	};
	ok(ends_with(&s, payload, sizeof(payload)),
	    "message_payload, and sm_length 0");
}

/* The validity_period inside a written submit_sm without addresses. */
static const char *
validity(uint32_t minutes)
{
	static char text[PDU_SUBMIT_MAX];
	struct submit_sm s = {
	    .validity_minutes = minutes,
	    .short_message = (const uint8_t *)"",
	};
	uint8_t out[PDU_SUBMIT_MAX];

	pdu_write_submit_sm(&s, 1, out);
	/* header, service_type, two addresses of three octets, three octets,
	 * schedule_delivery_time */
	snprintf(text, sizeof(text), "%s", (char *)out + 16 + 1 + 6 + 3 + 1);
	return text;
}

static void
validity_period(void)
{
	ok_str(validity(0), "", "validity_period: the SMSC's default");
	ok_str(validity(1), "000000000100000R", "a minute");
	ok_str(validity(59), "000000005900000R", "59 minutes");
	ok_str(validity(61), "000000010100000R", "an hour and a minute");
	ok_str(validity(1439), "000000235900000R", "a minute less than a day");
	ok_str(validity(1440), "000001000000000R", "a day");
	ok_str(validity(10080), "000007000000000R", "a week, the most");
	ok_str(validity(20160), "000014000000000R", "two weeks");
}

static void
longest_submit(void)
{
	static const uint8_t text[PDU_PAYLOAD_MAX] = "x";
	struct submit_sm s = {
	    .source_addr = "12345678901234567890",
	    .destination_addr = "12345678901234567890",
	    .validity_minutes = 10080,
	    .short_message = text,
	    .sm_length = 254,
	    .has_reference = 1,
	    .sar_total_segments = 10,
	    .sar_segment_seqnum = 10,
	    .message_payload = text,
	    .payload_len = PDU_PAYLOAD_MAX,
	};
	uint8_t *out = malloc(PDU_SUBMIT_MAX);
	size_t n = pdu_write_submit_sm(&s, 1, out);

	ok(n <= PDU_SUBMIT_MAX && get32(out) == n,
	    "the longest submit_sm has room");
	free(out);
}

static void
headers_alone(void)
{
	static const uint8_t enquire_link[] = {
	    0, 0, 0, 0x10, /* command_length */
	    0, 0, 0, 0x15, /* enquire_link, 4.11.1 */
	    0, 0, 0, 0,    /* command_status */
	    0, 0, 0, 9,    /* sequence_number */
	};
	static const uint8_t enquire_link_resp[] = {
	    0, 0, 0, 0x10, 0x80, 0, 0, 0x15, /* 4.11.2 */
	    0, 0, 0, 0, 0, 0, 0, 9,          /* the request's sequence_number */
	};
	static const uint8_t generic_nack[] = {
	    0,
	    0,
	    0,
	    0x10,
	    0x80,
	    0,
	    0,
	    0, /* 4.3.1 */
	    0,
	    0,
	    0,
	    3, /* ESME_RINVCMDID */
	    0,
	    0,
	    0,
	    9,
	};
	static const uint8_t deliver_sm_resp[] = {
	    0, 0, 0, 0x11, 0x80, 0, 0, 0x05, /* 4.6.2 */
	    0, 0, 0, 0x58,                   /* ESME_RTHROTTLED */
	    0, 0, 0, 9, 0,                   /* message_id: unused, null */
	};
	static const uint8_t data_sm_resp[] = {
	    0, 0, 0, 0x11, 0x80, 0, 0x01, 0x03, /* 4.7.2 */
	    0, 0, 0, 0, 0, 0, 0, 9, 0,          /* message_id */
	};
	static const uint8_t unbind[] = {
	    0,
	    0,
	    0,
	    0x10,
	    0,
	    0,
	    0,
	    6, /* 4.2.1 */
	    0,
	    0,
	    0,
	    0,
	    0,
	    0,
	    0,
	    9,
	};
	static const uint8_t unbind_resp[] = {
	    0,
	    0,
	    0,
	    0x10,
	    0x80,
	    0,
	    0,
	    6, /* 4.2.2 */
	    0,
	    0,
	    0,
	    0,
	    0,
	    0,
	    0,
	    9,
	};
	uint8_t out[PDU_SESSION_MAX];

	ok_int(pdu_write_header(ENQUIRE_LINK, 0, 9, out), 16, "enquire_link");
	ok(memcmp(out, enquire_link, 16) == 0, "its fields");
	ok_int(pdu_write_header(ENQUIRE_LINK_RESP, 0, 9, out), 16,
	    "enquire_link_resp");
	ok(memcmp(out, enquire_link_resp, 16) == 0, "its fields");
	ok_int(pdu_write_header(GENERIC_NACK, ESME_RINVCMDID, 9, out), 16,
	    "generic_nack");
	ok(memcmp(out, generic_nack, 16) == 0, "its fields");
	ok_int(pdu_write_message_resp(DELIVER_SM, ESME_RTHROTTLED, 9, out), 17,
	    "deliver_sm_resp");
	ok(memcmp(out, deliver_sm_resp, 17) == 0, "its fields");
	ok_int(pdu_write_message_resp(DATA_SM, 0, 9, out), 17, "data_sm_resp");
	ok(memcmp(out, data_sm_resp, 17) == 0, "its fields");
	ok_int(pdu_write_unbind(UNBIND, 9, out), 16, "unbind");
	ok(memcmp(out, unbind, 16) == 0, "its fields");
	ok_int(pdu_write_unbind(UNBIND_RESP, 9, out), 16, "unbind_resp");
	ok(memcmp(out, unbind_resp, 16) == 0, "its fields");
}

/* 4.1.5 bind_transceiver. */
static void
bind_transceiver(void)
{
	static const uint8_t want[] = {
	    0x00, 0x00, 0x00, 0x23,          /* command_length: 35 */
	    0x00, 0x00, 0x00, 0x09,          /* command_id: bind_transceiver */
	    0x00, 0x00, 0x00, 0x00,          /* command_status */
	    0x00, 0x00, 0x00, 0x01,          /* sequence_number */
	    't', 'c', 0,                     /* system_id, 5.2.1 */
	    's', 'e', 'c', 'r', 'e', 't', 0, /* password, 5.2.2 */
	    'V', 'M', 'A', 'X', 0,           /* system_type, 5.2.3 */
	    0x34,                            /* interface_version: 3.4, 5.2.4 */
	    0x01,                            /* addr_ton */
	    0x01,                            /* addr_npi */
	    0,                               /* address_range, 5.2.7 */
					     /* no optional parameters */
	};
	struct bind b = {BIND_TRANSCEIVER, "tc", "secret", "VMAX", 0x34, 1, 1};
	struct bind longest = {BIND_TRANSCEIVER, "fifteen letters", "8 octets",
	    "12 letters..", 0x33, 0, 0};
	uint8_t out[PDU_SESSION_MAX];
	int n = pdu_write_bind(&b, 1, out);

	ok_int(n, sizeof(want), "bind_transceiver has the length");
	ok(n == (int)sizeof(want) && memcmp(out, want, n) == 0,
	    "and every field");
	b.command_id = BIND_TRANSMITTER; /* 4.1.1, 0x00000002 */
	ok_int(pdu_write_bind(&b, 1, out), n, "bind_transmitter");
	ok(get32(out + 4) == 2 && memcmp(out + 8, want + 8, n - 8) == 0,
	    "differs in its command_id");
	b.command_id = BIND_RECEIVER; /* 4.1.3, 0x00000001 */
	ok_int(pdu_write_bind(&b, 1, out), n, "bind_receiver");
	ok(get32(out + 4) == 1 && memcmp(out + 8, want + 8, n - 8) == 0,
	    "likewise");
	n = pdu_write_bind(&longest, 1, out);
	ok_int(n, 16 + 16 + 9 + 13 + 4, "the longest names");
	ok_str((char *)out + 16, "fifteen letters", "system_id whole");
	ok_str((char *)out + 32, "8 octets", "password whole");
	ok_str((char *)out + 41, "12 letters..", "system_type whole");
	ok_int(out[54], 0x33, "interface_version 3.3");
	b.interface_version = 0x50;
	b.addr_ton = 3;
	b.addr_npi = 5; /* TS 23.040 9.1.2.5: of the service centre's own */
	n = pdu_write_bind(&b, 1, out);
	ok(n == (int)sizeof(want) && out[n - 4] == 0x50 && out[n - 3] == 3 &&
		out[n - 2] == 5 && out[n - 1] == 0,
	    "version 5.0, and a plan that SMPP has no name for");
}

/* 4.1.6 bind_transceiver_resp. */

static int
read_bind_resp(const uint8_t *p, size_t len, char system_id[16])
{
	uint8_t *copy = malloc(len);
	int rc;

	memcpy(copy, p, len);
	rc = pdu_read_bind_resp(copy, len, system_id);
	free(copy);
	return rc;
}

static void
begin_bind_resp(const char *system_id)
{
	begin(BIND_TRANSCEIVER_RESP);
	add(system_id, strlen(system_id) + 1);
}

static void
expect_bind_resp(int rc, const char *want, const char *what)
{
	char system_id[16] = "unset";

	ok_int(read_bind_resp(built, built_len, system_id), rc, "%s", what);
	if (rc == 0)
		ok_str(system_id, want, "system_id is \"%s\"", want);
}

static void
bind_resp(void)
{
	static const uint8_t vector[] = {
	    0x00, 0x00, 0x00, 0x1a,       /* command_length: 26 */
	    0x80, 0x00, 0x00, 0x09,       /* command_id */
	    0x00, 0x00, 0x00, 0x00,       /* command_status: ESME_ROK */
	    0x00, 0x00, 0x00, 0x01,       /* the bind's sequence_number */
	    'S', 'M', 'S', 'C', 0,        /* system_id */
	    0x02, 0x10, 0x00, 0x01, 0x34, /* sc_interface_version, 5.3.2.25 */
	};
	char system_id[16];
	int good = 1;

	ok_int(read_bind_resp(vector, sizeof(vector), system_id), 0,
	    "bind_transceiver_resp is read");
	ok_str(system_id, "SMSC", "its system_id");
	for (size_t n = PDU_HEADER + 1; n < sizeof(vector); n++)
		good &= read_bind_resp(vector, n, system_id) == -EBADMSG;
	ok(good, "cut anywhere behind its header it is refused");

	begin(BIND_TRANSCEIVER_RESP);
	expect_bind_resp(0, "", "without a body");
	begin_bind_resp("");
	expect_bind_resp(0, "", "with an empty system_id");
	begin_bind_resp("fifteen letters");
	expect_bind_resp(0, "fifteen letters", "with the longest system_id");
	begin_bind_resp("sixteen letters.");
	expect_bind_resp(-EBADMSG, NULL, "with one too long");
	begin(BIND_TRANSCEIVER_RESP);
	add("no end", 6);
	expect_bind_resp(-EBADMSG, NULL, "with one that does not end");
}

/* What cannot be understood is passed over (3.3), what cannot be read is
 * refused. libsmpp34 fails at 29 TLVs. */
static void
bind_resp_tlvs(void)
{
	begin_bind_resp("SMSC");
	add_tlv(0x0210, "\x34", 1);
	add_tlv(0x1401, "vendor", 6);
	expect_bind_resp(0, "SMSC", "with a vendor's TLV");
	begin_bind_resp("SMSC");
	add_tlv(0x0210, "\x00\x34", 2);
	expect_bind_resp(0, "SMSC", "with a TLV of unexpected length");
	begin_bind_resp("SMSC");
	add_tlv(0x0210, "", 0);
	expect_bind_resp(0, "SMSC", "with an empty TLV");
	begin_bind_resp("SMSC");
	for (int i = 0; i < 30; i++)
		add_tlv(0x0210, "\x34", 1);
	expect_bind_resp(0, "SMSC", "with 30 TLVs");
	begin_bind_resp("SMSC");
	ADD(0x02, 0x10, 0x00, 0x02, 0x34);
	expect_bind_resp(-EBADMSG, NULL, "with a TLV longer than the PDU");
	begin_bind_resp("SMSC");
	ADD(0x02, 0x10, 0xff, 0xff, 0x34);
	expect_bind_resp(-EBADMSG, NULL, "with a TLV much longer");
	begin_bind_resp("SMSC");
	put32(built, built_len + 1);
	expect_bind_resp(-EBADMSG, NULL, "with another command_length");
}

static void
frame(void)
{
	struct pdu_header h = {0};
	uint8_t p[PDU_HEADER] = {0};
	int good = 1;

	for (size_t n = 0; n < sizeof(deliver_vector); n++) {
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, deliver_vector, n);
		good &= pdu_frame(copy, n, &h) == 0;
		free(copy);
	}
	ok(good, "a PDU is not there before its last octet");
	ok_int(pdu_frame(deliver_vector, sizeof(deliver_vector), &h), 80,
	    "then it is");
	ok(h.command_length == 80 && h.command_id == DELIVER_SM &&
		h.command_status == 0 && h.sequence_number == 42,
	    "and its header is read");
	h = (struct pdu_header){0};
	pdu_frame(deliver_vector, PDU_HEADER, &h);
	ok_int(h.sequence_number, 42, "with its first 16 octets already");
	ok_int(pdu_frame(deliver_vector, sizeof(deliver_vector) - 1, &h), 0,
	    "one octet less is not yet");
	put32(p, 15);
	ok_int(pdu_frame(p, 4, &h), -EBADMSG, "a length of 15 cannot be");
	put32(p, 0);
	ok_int(pdu_frame(p, 16, &h), -EBADMSG, "nor 0");
	put32(p, PDU_SKIP_MAX + 1);
	ok_int(pdu_frame(p, 4, &h), -EBADMSG, "nor one above the cap");
	put32(p, PDU_SKIP_MAX);
	ok_int(pdu_frame(p, 4, &h), 0, "a long one shows its header first");
	ok_int(pdu_frame(p, 16, &h), -EMSGSIZE, "and is to be passed over");
	put32(p, PDU_MAX + 1);
	ok_int(pdu_frame(p, 16, &h), -EMSGSIZE, "so is one octet too many");
	put32(p, 0xffffffff);
	ok_int(pdu_frame(p, 16, &h), -EBADMSG, "nor the largest");
	put32(p, PDU_MAX);
	ok_int(pdu_frame(p, 16, &h), 0, "the cap itself can");
	ok_int(PDU_MAX, 16384, "which is 16384");
	put32(p, 16);
	ok_int(pdu_frame(p, 16, &h), 16, "a header alone is a PDU");
}

/* 5.1.3. */
static void
statuses(void)
{
	static const uint32_t for_good[] = {
	    0x01, /* ESME_RINVMSGLEN */
	    0x06, /* ESME_RINVPRTFLG */
	    0x07, /* ESME_RINVREGDLVFLG */
	    0x0a, /* ESME_RINVSRCADR */
	    0x0b, /* ESME_RINVDSTADR */
	    0x15, /* ESME_RINVSERTYP */
	    0x43, /* ESME_RINVESMCLASS */
	    0x48, /* ESME_RINVSRCTON */
	    0x49, /* ESME_RINVSRCNPI */
	    0x50, /* ESME_RINVDSTTON */
	    0x51, /* ESME_RINVDSTNPI */
	    0x54, /* ESME_RINVREPFLAG */
	    0x42, /* ESME_RINVSUBREP */
	    0x61, /* ESME_RINVSCHED */
	    0x62, /* ESME_RINVEXPIRY */
	    0x63, /* ESME_RINVDFTMSGID */
	    0x65, /* ESME_RX_P_APPN */
	    0x66, /* ESME_RX_R_APPN */
	    0xc0, /* ESME_RINVOPTPARSTREAM */
	    0xc1, /* ESME_ROPTPARNOTALLWD */
	    0xc2, /* ESME_RINVPARLEN */
	    0xc3, /* ESME_RMISSINGOPTPARAM */
	    0xc4, /* ESME_RINVOPTPARAMVAL */
	};
	static const uint32_t passing[] = {ESME_ROK, ESME_RSYSERR,
	    ESME_RMSGQFUL, ESME_RTHROTTLED, ESME_RX_T_APPN, ESME_RINVBNDSTS,
	    ESME_RSUBMITFAIL, ESME_RDELIVERYFAILURE, ESME_RUNKNOWNERR,
	    ESME_RINVCMDLEN, ESME_RINVCMDID, 0x400, 0x4ff, 0xffffffff};
	char buf[16];
	int good = 1;

	for (size_t i = 0; i < sizeof(for_good) / sizeof(*for_good); i++)
		ok(pdu_refused_for_good(for_good[i]),
		    "0x%02x: what is wrong with the message stays so",
		    for_good[i]);
	for (size_t i = 0; i < sizeof(passing) / sizeof(*passing); i++)
		good &= !pdu_refused_for_good(passing[i]);
	ok(good, "what is wrong with the SMSC passes");
	ok_str(pdu_status_name(0x58, buf), "ESME_RTHROTTLED", "a status");
	ok_str(pdu_status_name(0x0a, buf), "ESME_RINVSRCADR", "another");
	ok_str(pdu_status_name(0xff, buf), "ESME_RUNKNOWNERR", "the last");
	ok_str(pdu_status_name(0x400, buf), "0x400", "a vendor's");
	ok_str(pdu_status_name(0xffffffff, buf), "0xffffffff", "the largest");
}

int
main(void)
{
	deliver_sm();
	deliver_sm_cut();
	deliver_sm_fields();
	lengths_that_lie();
	data_sm();
	data_sm_addresses();
	message_payload();
	sar();
	sar_misshapen();
	receipt_tlvs();
	submit_sm();
	submit_sm_tlvs();
	ussd_tlvs();
	submit_sm_resp();
	validity_period();
	longest_submit();
	headers_alone();
	bind_transceiver();
	bind_resp();
	bind_resp_tlvs();
	frame();
	statuses();
	read_deliver(NULL, 0, NULL);
	return test_done();
}
