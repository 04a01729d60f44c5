/* PDUs before and after masking, each as the letters on the wire. */
#include "smsc-gw/mask.c"

#include <endian.h>
#include <stdlib.h>

#include "fixture.h"
#include "test.h"

/* The body of a PDU, masked in exactly its octets of heap. */
static const uint8_t *
masked(uint32_t command_id, const void *body, size_t len)
{
	static uint8_t *pdu;
	uint32_t h[4] = {
	    htobe32(PDU_HEADER + len), htobe32(command_id), 0, htobe32(7)};

	free(pdu);
	pdu = NULL;
	if (body == NULL)
		return NULL;
	pdu = malloc(PDU_HEADER + len);
	memcpy(pdu, h, PDU_HEADER);
	memcpy(pdu + PDU_HEADER, body, len);
	mask_pdu(pdu, PDU_HEADER + len);
	if (memcmp(pdu, h, PDU_HEADER) != 0)
		return (const uint8_t *)"the header was changed";
	return pdu + PDU_HEADER;
}

static void
show(const char *what, const uint8_t *p, size_t len)
{
	printf("# %s ", what);
	for (size_t i = 0; i < len; i++)
		printf(isgraph(p[i]) ? "%c" : "\\%03o", p[i]);
	printf("\n");
}

/* Both strings are of one length, that of `body`. */
static void
expect(const char *name, uint32_t command_id, const void *body,
    const void *want, size_t len)
{
	const uint8_t *got = masked(command_id, body, len);
	int same = memcmp(got, want, len) == 0;

	ok(same, "%s", name);
	if (same)
		return;
	show("got ", got, len);
	show("want", want, len);
}

#define EXPECT(name, command_id, body, want)                             \
	do {                                                             \
		_Static_assert(sizeof(body) == sizeof(want), "as long"); \
		expect(name, command_id, body, want, sizeof(body) - 1);  \
	} while (0)

static const char *
number(const char *s)
{
	static char buf[64];

	strcpy(buf, s);
	mask_number((uint8_t *)buf, strlen(s));
	return buf;
}

static void
numbers(void)
{
	ok_str(number("8613800138000"), "861******8000", "with a country code");
	ok_str(number("+8613800138000"), "+861******8000", "and a plus");
	ok_str(number("13800138000"), "138****8000", "as dialled");
	ok_str(number("85291234567"), "852****4567", "of eleven digits");
	ok_str(number("8529123456"), "852*******", "of ten");
	ok_str(number("1234567"), "123****", "of seven");
	ok_str(number("123456"), "123456", "of six: a short code");
	ok_str(number("10086"), "10086", "a short code");
	ok_str(number("12345678901234567890"), "123*************7890",
	    "of twenty");
	ok_str(number("tel:+86 138 0013 8000"), "tel:+86 1** **** 8000",
	    "with words and spaces");
	ok_str(number("China Mobile"), "China Mobile", "a name");
	ok_str(number(""), "", "none");
}

static void
messages(void)
{
	EXPECT("submit_sm", SUBMIT_SM,
	    "CMT\0\0\1"
	    "10086\0\1\1"
	    "8613800138000\0\0\0\0\0"
	    "000000010000000R\0\1\0\0\0\13"
	    "CXMYD#1234\n",
	    "CMT\0\0\1"
	    "10086\0\1\1"
	    "861******8000\0\0\0\0\0"
	    "000000010000000R\0\1\0\0\0\13"
	    "***********");
	EXPECT("deliver_sm", DELIVER_SM,
	    "\0\1\1"
	    "+8613800138000\0\0\1"
	    "10086\0\0\0\0\0\0\0\0\10\0\4"
	    "\123\27\116\254\2\4\0\2\0\7",
	    "\0\1\1"
	    "+861******8000\0\0\1"
	    "10086\0\0\0\0\0\0\0\0\10\0\4"
	    "****\2\4\0\2\0\7");
	EXPECT("a receipt", DELIVER_SM,
	    "\0\1\1"
	    "13800138000\0\0\1"
	    "10086\0\4\0\0\0\0\0\0\0\0\17"
	    "id:1 sub:001 te\0\36\0\14"
	    "12345678901\0\4\47\0\1\2",
	    "\0\1\1"
	    "138****8000\0\0\1"
	    "10086\0\4\0\0\0\0\0\0\0\0\17"
	    "***************\0\36\0\14"
	    "12345678901\0\4\47\0\1\2");
	EXPECT("submit_sm_resp keeps its message_id", SUBMIT_SM_RESP,
	    "8613800138000\0", "8613800138000\0");
	EXPECT("deliver_sm_resp", DELIVER_SM_RESP, "\0", "\0");
	EXPECT("data_sm", DATA_SM,
	    "\0\1\1"
	    "8613800138000\0\0\1"
	    "10086\0\0\0\0\4\44\0\5"
	    "CXMYD",
	    "\0\1\1"
	    "861******8000\0\0\1"
	    "10086\0\0\0\0\4\44\0\5"
	    "*****");
	EXPECT("data_sm_resp", DATA_SM_RESP, "0123456789\0\4\45\0\1\1",
	    "0123456789\0\4\45\0\1\1");
	EXPECT("alert_notification", ALERT_NOTIFICATION,
	    "\1\1"
	    "8613800138000\0\0\1"
	    "13900139000\0\4\42\0\1\0",
	    "\1\1"
	    "861******8000\0\0\1"
	    "139****9000\0\4\42\0\1\0");
}

static void
operations(void)
{
	EXPECT("query_sm", QUERY_SM,
	    "0123456789\0\1\1"
	    "8613800138000\0",
	    "0123456789\0\1\1"
	    "861******8000\0");
	EXPECT("query_sm_resp", QUERY_SM_RESP,
	    "0123456789\0"
	    "220101120000000+\0\2\0",
	    "0123456789\0"
	    "220101120000000+\0\2\0");
	EXPECT("cancel_sm", CANCEL_SM,
	    "\0"
	    "0123456789\0\0\1"
	    "10086\0\1\1"
	    "8613800138000\0",
	    "\0"
	    "0123456789\0\0\1"
	    "10086\0\1\1"
	    "861******8000\0");
	EXPECT("cancel_sm_resp", CANCEL_SM_RESP, "", "");
	EXPECT("replace_sm", REPLACE_SM,
	    "0123456789\0\1\1"
	    "8613800138000\0\0"
	    "000000010000000R\0\0\0\2Hi",
	    "0123456789\0\1\1"
	    "861******8000\0\0"
	    "000000010000000R\0\0\0\2**");
	EXPECT("submit_multi", SUBMIT_MULTI,
	    "\0\0\1"
	    "10086\0\2\1\1\1"
	    "8613800138000\0\2"
	    "staff\0"
	    "\0\0\0\0\0\0\0\0\0\2Hi",
	    "\0\0\1"
	    "10086\0\2\1\1\1"
	    "861******8000\0\2"
	    "staff\0"
	    "\0\0\0\0\0\0\0\0\0\2**");
	EXPECT("submit_multi_resp", SUBMIT_MULTI_RESP,
	    "0123456789\0\1\1\1"
	    "8613800138000\0\0\0\0\13",
	    "0123456789\0\1\1\1"
	    "861******8000\0\0\0\0\13");
}

static void
sessions(void)
{
	EXPECT("bind_transceiver", BIND_TRANSCEIVER,
	    "tc\0secret\0VMAX\0\64\1\1^86138\0",
	    "tc\0******\0VMAX\0\64\1\1^86138\0");
	EXPECT("bind_transmitter", BIND_TRANSMITTER, "tc\0\0\0\64\1\1\0",
	    "tc\0\0\0\64\1\1\0");
	EXPECT("bind_receiver", BIND_RECEIVER, "tc\0p\0\0\64\1\1\0",
	    "tc\0*\0\0\64\1\1\0");
	EXPECT("bind_receiver_resp", BIND_RECEIVER_RESP, "SMSC\0\2\20\0\1\64",
	    "SMSC\0\2\20\0\1\64");
	EXPECT("outbind", OUTBIND, "smsc\0secret\0", "smsc\0******\0");
	EXPECT("enquire_link", ENQUIRE_LINK, "", "");
	EXPECT("generic_nack", GENERIC_NACK, "", "");
	EXPECT(
	    "a body where none should be", UNBIND, "CXMYD#1234", "**********");
}

#define BEFORE_TLVS \
	"\0\1\1"    \
	"1\0\0\1"   \
	"2\0\0\0\0"

static void
parameters(void)
{
	EXPECT("numbers stay", DATA_SM,
	    BEFORE_TLVS "\2\14\0\2\1\2\0\27\0\4\0\0\1\0\3\14\0\0",
	    BEFORE_TLVS "\2\14\0\2\1\2\0\27\0\4\0\0\1\0\3\14\0\0");
	EXPECT("what is longer does not", DATA_SM,
	    BEFORE_TLVS "\24\1\0\13"
			"13800138000\2\2\0\6\200"
			"13800",
	    BEFORE_TLVS "\24\1\0\13"
			"***********\2\2\0\6"
			"******");
	EXPECT("but for its NUL", DATA_SM,
	    BEFORE_TLVS "\0\35\0\6"
			"cause\0",
	    BEFORE_TLVS "\0\35\0\6"
			"*****\0");
	EXPECT("callback_num", DATA_SM,
	    BEFORE_TLVS "\3\201\0\16\1\1\1"
			"13800138000\3\201\0\1\1",
	    BEFORE_TLVS "\3\201\0\16\1\1\1"
			"138****8000\3\201\0\1\1");
	EXPECT("a short payload is a text too", DATA_SM,
	    BEFORE_TLVS "\4\44\0\1Y\4\44\0\0",
	    BEFORE_TLVS "\4\44\0\1*\4\44\0\0");
	EXPECT("one beyond the PDU", DATA_SM, BEFORE_TLVS "\2\4\0\3\1\2",
	    BEFORE_TLVS "******");
	EXPECT("half of one", DATA_SM, BEFORE_TLVS "\2\4\0", BEFORE_TLVS "***");
}

#define BEFORE_TEXT \
	"\0\1\1"    \
	"1\0\0\1"   \
	"2\0\100\0\0\0\0\0\0\0\0"

static void
headers(void)
{
	EXPECT("a user data header stays", SUBMIT_SM,
	    BEFORE_TEXT "\12\6\10\4\1\2\2\1"
			"abc",
	    BEFORE_TEXT "\12\6\10\4\1\2\2\1"
			"***");
	EXPECT("its long elements do not", SUBMIT_SM,
	    BEFORE_TEXT "\17\15\0\3\1\2\1\160\6"
			"abcdefg",
	    BEFORE_TEXT "\17\15\0\3\1\2\1\160\6"
			"*******");
	EXPECT("nor does one that lies", SUBMIT_SM,
	    BEFORE_TEXT "\12\6\10\5\1\2\2\1"
			"abc",
	    BEFORE_TEXT "\12**********");
	EXPECT("or is longer than the text", SUBMIT_SM, BEFORE_TEXT "\5CXMYD",
	    BEFORE_TEXT "\5*****");
	EXPECT("an empty text", SUBMIT_SM, BEFORE_TEXT "\0", BEFORE_TEXT "\0");
	EXPECT("in a payload too", DATA_SM,
	    "\0\1\1"
	    "1\0\0\1"
	    "2\0\100\0\0\4\44\0\11\5\0\3\1\2\1"
	    "abc",
	    "\0\1\1"
	    "1\0\0\1"
	    "2\0\100\0\0\4\44\0\11\5\0\3\1\2\1"
	    "***");
}

static void
misshapen(void)
{
	static const char vector[] = "\0\1\1"
				     "8613800138000\0\0\1"
				     "10086\0\0\0\0\0\0\0\0\0\0\4";
	uint8_t octets[20] = "13800138000 1234567";
	int good = 1;

	EXPECT(
	    "an unknown command", 0x00010200, "13800138000\0", "************");
	EXPECT("a string without an end", QUERY_SM, "0123456789", "**********");
	EXPECT("a text beyond the PDU", SUBMIT_SM, BEFORE_TEXT "\5abcd",
	    BEFORE_TEXT "*****");
	EXPECT("a time that is none", QUERY_SM_RESP,
	    "1\0"
	    "13800138000\0\2\0",
	    "1\0"
	    "138****8000\0\2\0");
	EXPECT("as long as one", QUERY_SM_RESP,
	    "1\0"
	    "0008613800138000\0\2\0",
	    "1\0"
	    "000*********8000\0\2\0");
	EXPECT("destinations that are not there", SUBMIT_MULTI,
	    "\0\0\1"
	    "1\0\3\1\1\1"
	    "13800138000\0\1",
	    "\0\0\1"
	    "1\0\3\1\1\1"
	    "138****8000\0\1");
	for (size_t n = 0; n < sizeof(vector) - 1; n++) {
		const uint8_t *got = masked(DELIVER_SM, vector, n);

		good &= n < 11 || memmem(got, n, "00138", 5) == NULL;
	}
	ok(good, "cut anywhere, the number does not show");
	mask_pdu(octets, 19);
	ok(memcmp(octets, "*******************", 20) == 0,
	    "octets that are no PDU are masked all");
	mask_pdu(octets, 0);
	masked(0, NULL, 0);
}

/* Whatever the octets, masking again changes nothing, nor the lengths. */
static void
random_octets(void)
{
	int good = 1;

	for (int i = 0; i < 200000; i++) {
		const struct layout *l = &layouts[pseudo_random() %
		    (sizeof(layouts) / sizeof(*layouts))];
		uint8_t body[64], once[64];
		size_t len = pseudo_random() % sizeof(body);

		for (size_t k = 0; k < len; k++)
			body[k] = pseudo_random() % 4 == 0
			    ? pseudo_random()
			    : pseudo_random() % 8;
		memcpy(once, masked(l->command_id, body, len), len);
		good &=
		    memcmp(once, masked(l->command_id, once, len), len) == 0;
	}
	masked(0, NULL, 0);
	ok(good, "200000 bodies, masked twice as once");
}

int
main(void)
{
	numbers();
	messages();
	operations();
	sessions();
	parameters();
	headers();
	misshapen();
	random_octets();
	return test_done();
}
