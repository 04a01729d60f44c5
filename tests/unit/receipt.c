/* Receipts as SMSCs write them, and which message each is for. */
#include "smsc-gw/receipt.c"

#include "test.h"

#define CODE "10086"
#define ANNA "8613800138000"
#define BO "8613800138001"

/* A receipt's text read; its message ends where its heap does. */
static int
read_octets(uint8_t esm_class, uint8_t data_coding, const void *octets,
    size_t len, struct receipt *r)
{
	uint8_t *copy = malloc(len ? len : 1);
	const struct deliver_sm d = {
	    .esm_class = esm_class,
	    .data_coding = data_coding,
	    .message = copy,
	    .message_len = len,
	};
	int is;

	memcpy(copy, octets, len);
	is = receipt_read(&d, r);
	free(copy);
	return is;
}

static int
read_as(uint8_t esm_class, const char *text, struct receipt *r)
{
	return read_octets(esm_class, 0, text, strlen(text), r);
}

static void
texts(void)
{
	static const struct {
		const char *text, *id;
		enum receipt_state state;
		const char *what;
	} cases[] = {
	    {"id:0123456789 sub:001 dlvrd:001 submit date:2611220800 "
	     "done date:2611220801 stat:DELIVRD err:000 text:Places since",
		"0123456789", RECEIPT_DELIVERED, "as Appendix B has it"},
	    {"ID:ab-12 SUB:001 DLVRD:000 STAT:Expired ERR:001", "ab-12",
		RECEIPT_EXPIRED, "capitals and small letters"},
	    {"stat:UNDELIV err:0AB id:7", "7", RECEIPT_UNDELIVERABLE,
		"in another order"},
	    {"id: 42 stat: REJECTD", "42", RECEIPT_REJECTED, "with spaces"},
	    {"id: sub:001 stat:ACCEPTD", "", RECEIPT_ACCEPTED, "no id"},
	    {"id:9", "9", RECEIPT_UNKNOWN, "no state"},
	    {"id:9 stat:", "9", RECEIPT_UNKNOWN, "an empty state"},
	    {"id:9 stat:FINE", "9", RECEIPT_UNKNOWN, "another state"},
	    {"", "", RECEIPT_UNKNOWN, "no text at all"},
	    {"id:9 stat:DELETED\r\n", "9", RECEIPT_DELETED, "a line's end"},
	    {"id:9\r\nstat:UNKNOWN", "9", RECEIPT_UNKNOWN, "in lines"},
	    {"id:9 stat:DELIVERED err:0", "9", RECEIPT_DELIVERED, "in full"},
	    {"id:9 stat:ENROUTE", "9", RECEIPT_ENROUTE, "not final"},
	    {"msgid:8 id:9 lastat:EXPIRED stat:DELIVRD", "9", RECEIPT_DELIVERED,
		"keys are whole words"},
	    {"id:9 stat:DELIVRD text:id:8 stat:EXPIRED", "9", RECEIPT_DELIVERED,
		"the first of two counts"},
	    {"id:123456789 123456789 stat:DELIVRD", "123456789",
		RECEIPT_DELIVERED, "an id ends at a space"},
	    {"id:12345678901234567890123456789012345678901234567890"
	     "12345678901234 stat:DELIVRD",
		"12345678901234567890123456789012345678901234567890"
		"12345678901234",
		RECEIPT_DELIVERED, "an id of 64"},
	    {"id:12345678901234567890123456789012345678901234567890"
	     "123456789012345 stat:DELIVRD",
		"", RECEIPT_DELIVERED, "one of 65 is none"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct receipt r = {0};

		ok(read_as(0x04, cases[i].text, &r) &&
			r.state == cases[i].state,
		    "%s: state", cases[i].what);
		ok_str(r.id, cases[i].id, "%s: id", cases[i].what);
	}
}

static void
codings(void)
{
	static const uint8_t ucs2[] = {0, 'i', 0, 'd', 0, ':', 0, '9', 0, ' ',
	    0, 's', 0, 't', 0, 'a', 0, 't', 0, ':', 0, 'E', 0, 'X', 0, 'P', 0,
	    'I', 0, 'R', 0, 'E', 0, 'D'};
	struct receipt r;

	ok(read_octets(0x04, 8, ucs2, sizeof(ucs2), &r) &&
		r.state == RECEIPT_EXPIRED && strcmp(r.id, "9") == 0,
	    "a text in UCS-2");
	read_as(0x04, "id:msg_id_1 stat:DELIVRD", &r);
	ok_str(r.id, "msg_id_1", "an underline is one in every alphabet");
}

static void
parameters(void)
{
	struct deliver_sm d = {
	    .esm_class = 0x04,
	    .message = (const uint8_t *)"id:8 stat:EXPIRED",
	    .message_len = 17,
	    .receipted_message_id = (const uint8_t *)"9abc",
	    .receipted_message_id_len = 2,
	    .message_state = 5,
	    .has_reference = 1,
	    .user_message_reference = 0xbeef,
	};
	struct receipt r;

	ok(receipt_read(&d, &r), "by esm_class and parameters");
	ok_int(r.state, RECEIPT_UNDELIVERABLE, "message_state comes first");
	ok_str(r.id, "9a", "and so does receipted_message_id");
	ok(r.has_reference && r.reference == 0xbeef, "user_message_reference");
	d.esm_class = 0;
	ok(receipt_read(&d, &r), "its parameters alone make it one");
	d.receipted_message_id_len = 0;
	ok(receipt_read(&d, &r), "message_state alone");
	ok_str(r.id, "8", "then the id is the text's");
	d.receipted_message_id_len = 2;
	d.message_state = 0;
	ok(receipt_read(&d, &r), "receipted_message_id alone");
	ok_int(r.state, RECEIPT_EXPIRED, "then the state is the text's");
	d.message_state = 9;
	receipt_read(&d, &r);
	ok_int(r.state, RECEIPT_EXPIRED, "or where it is none of 3.4's");
	d.message_len = 0;
	receipt_read(&d, &r);
	ok_int(r.state, RECEIPT_UNKNOWN, "with none at all: unknown");
}

static void
what_is_one(void)
{
	struct receipt r;

	ok(!read_as(0, "CXMYD#1234", &r), "a subscriber's text is none");
	ok(!read_as(0, "", &r), "nor an empty one");
	ok(!read_as(0, "id:", &r), "nor three letters");
	ok(!read_as(0, "id:1234 stat:ok", &r), "nor what only begins like one");
	ok(!read_as(0, "my id:1 stat:DELIVRD", &r), "nor what only ends so");
	ok(read_as(0, "id:1 stat:DELIVRD", &r),
	    "one that its SMSC does not call so is one");
	ok(read_as(0x44, "id:1", &r),
	    "esm_class 0x44: the other bits are free");
	ok(!read_as(0x08, "id:1 stat:DELIVRD", &r),
	    "a phone's acknowledgement is none");
	ok(!read_as(0x10, "id:1 stat:DELIVRD", &r), "nor a user's");
	ok(read_as(0x20, "id:1 stat:DELIVRD", &r) && r.state == RECEIPT_ENROUTE,
	    "an intermediate notification is, of no final state");
}

/* Matching. */

static struct receipts *rs;

static void
renew(size_t places)
{
	receipts_free(rs);
	if (receipts_new(&rs, places) < 0)
		abort();
}

static void
take(
    const char *source, const char *id, int reference, enum receipt_state state)
{
	struct receipt r = {
	    .state = state,
	    .has_reference = reference >= 0,
	    .reference = reference,
	};

	strcpy(r.id, id);
	receipts_take(rs, source, CODE, &r);
}

static unsigned long
sum(const unsigned long counts[RECEIPT_STATES])
{
	unsigned long n = 0;

	for (int i = 0; i < RECEIPT_STATES; i++)
		n += counts[i];
	return n;
}

/* Has the receipt just taken been matched, and nothing else happened? */
static int
was_matched(enum receipt_state state, unsigned long before)
{
	const struct receipt_counters *c = receipts_counters(rs);

	return sum(c->matched) == before + 1 && c->matched[state] > 0;
}

/* Does a receipt with that id and reference match a message that was taken
 * with these? */
static int
fits(const char *sent_id, uint16_t sent, const char *id, int reference)
{
	renew(8);
	receipts_expect(rs, CODE, ANNA, sent, sent_id);
	take(ANNA, id, reference, RECEIPT_DELIVERED);
	return was_matched(RECEIPT_DELIVERED, 0);
}

static void
ids(void)
{
	ok(fits("0123-ab", 1, "0123-ab", -1), "the same id");
	ok(!fits("0123-ab", 1, "0123-ac", -1), "another id");
	ok(!fits("", 1, "", -1), "no id is none");
	ok(!fits("7", 1, "", -1), "nor where the receipt has none");
	ok(fits("1A2B3C", 1, "1715004", -1), "hexadecimal, then decimal");
	ok(fits("1a2b3c", 1, "0001715004", -1), "with zeros in front");
	ok(fits("1715004", 1, "1A2B3C", -1), "the other way round");
	ok(fits("0000001A", 1, "1a", -1), "capitals and zeros do not count");
	ok(fits("000123", 1, "123", -1), "nor do zeros of decimal ids");
	ok(fits("ffffffffffffffff", 1, "FFFFFFFFFFFFFFFF", -1),
	    "sixteen hexadecimal digits");
	ok(!fits("10000000000000001", 1, "1", -1),
	    "more than sixteen are no number");
	ok(!fits("0", 1, "00", -1), "nor are zeros alone");
	ok(!fits("12 ", 1, "12", -1), "nor anything with more in it");
}

static void
references(void)
{
	ok(fits("msg_id_not_implemented", 0x1234, "0000000A", 0x1234),
	    "another id, the same reference");
	ok(fits("msg_id_not_implemented", 0x1234, "0000000A", 0x34),
	    "its low octet");
	ok(!fits("msg_id_not_implemented", 0x1234, "0000000A", 0x35),
	    "another octet");
	ok(!fits("msg_id_not_implemented", 0x1234, "0000000A", 0x5634),
	    "another whole one with the same low octet");
	ok(fits("7", 0x1234, "7", 0x9999), "an id and a foreign reference");
	ok(fits("", 0, "", 0), "reference 0");
}

static void
addresses(void)
{
	static const char *const forms[] = {"8613800138000", "+8613800138000",
	    "008613800138000", "13800138000", "86-138-0013-8000"};
	int good = 1;

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		renew(8);
		receipts_expect(rs, CODE, ANNA, 1, "7");
		take(forms[i], "7", 1, RECEIPT_DELIVERED);
		good &= was_matched(RECEIPT_DELIVERED, 0);
	}
	ok(good, "a number in any form is the same");
	renew(8);
	receipts_expect(rs, CODE, ANNA, 1, "7");
	take(BO, "7", 1, RECEIPT_DELIVERED);
	ok_int(receipts_counters(rs)->unmatched[RECEIPT_DELIVERED], 1,
	    "another's is unmatched, whatever its id");
	receipts_take(rs, ANNA, "10010",
	    &(struct receipt){
		.state = RECEIPT_EXPIRED, .has_reference = 1, .reference = 1});
	ok_int(receipts_counters(rs)->unmatched[RECEIPT_EXPIRED], 1,
	    "and so is one to another code");
	receipts_take(rs, CODE, ANNA,
	    &(struct receipt){
		.state = RECEIPT_EXPIRED, .has_reference = 1, .reference = 1});
	ok_int(receipts_counters(rs)->unmatched[RECEIPT_EXPIRED], 2,
	    "and one the wrong way round");
	ok_int(sum(receipts_counters(rs)->matched), 0, "none of them counts");
}

/* All parts of a message under one id. */
static void
shared_ids(void)
{
	const struct receipt_counters *c;

	renew(8);
	for (int i = 0; i < 3; i++)
		receipts_expect(rs, CODE, ANNA, 0x10 + i, "7");
	c = receipts_counters(rs);
	take(ANNA, "7", 0x12, RECEIPT_DELIVERED);
	take(ANNA, "7", 0x10, RECEIPT_EXPIRED);
	ok(c->matched[RECEIPT_DELIVERED] == 1 &&
		c->matched[RECEIPT_EXPIRED] == 1 && c->repeated == 0,
	    "the reference tells parts of one id apart");
	take(ANNA, "7", 0x12, RECEIPT_DELIVERED);
	ok_int(c->repeated, 1, "also what comes again");
	take(ANNA, "7", -1, RECEIPT_REJECTED);
	ok_int(c->matched[RECEIPT_REJECTED], 1,
	    "without one, it is the part that has no state yet");
	take(ANNA, "7", -1, RECEIPT_REJECTED);
	ok_int(c->repeated, 2, "until all have");
	renew(8);
	receipts_expect(rs, CODE, ANNA, 0x112, "8");
	receipts_expect(rs, CODE, ANNA, 0x212, "9");
	c = receipts_counters(rs);
	take(ANNA, "9", 0x12, RECEIPT_DELIVERED);
	take(ANNA, "9", 0x12, RECEIPT_DELIVERED);
	ok_int(c->repeated, 1, "an id says more than half a reference");
	take(ANNA, "x", 0x12, RECEIPT_EXPIRED);
	ok_int(c->matched[RECEIPT_EXPIRED], 1, "which still fits the other");
}

static void
states(void)
{
	static const char want[] =
	    "delivered=1 expired=2 deleted=3 undeliverable=4 accepted=5 "
	    "unknown=6 rejected=7 repeated=28 intermediate=1 "
	    "unmatched_delivered=1 unmatched_expired=1 unmatched_deleted=1 "
	    "unmatched_undeliverable=1 unmatched_accepted=1 "
	    "unmatched_unknown=1 unmatched_rejected=1";
	char words[RECEIPT_WORDS];
	int reference = 0;

	renew(64);
	for (int state = RECEIPT_DELIVERED; state < RECEIPT_STATES; state++) {
		for (int i = 1; i < state; i++, reference++) {
			receipts_expect(rs, CODE, ANNA, reference, "");
			take(ANNA, "", reference, state);
			take(ANNA, "", reference, state);
		}
		take(BO, "", 1, state);
	}
	take(ANNA, "", 0, RECEIPT_ENROUTE);
	ok_str(receipt_words(receipts_counters(rs), words), want,
	    "each state is counted by itself");
	ok(strlen(words) < RECEIPT_WORDS / 2, "with room for large numbers");
}

/* The oldest makes room, wherever it is in its chain. */
static void
bounded(void)
{
	const struct receipt_counters *c;

	renew(4);
	c = receipts_counters(rs);
	for (int i = 0; i < 1000; i++)
		receipts_expect(rs, CODE, i % 3 ? ANNA : BO, i, "");
	take(BO, "", 996, RECEIPT_DELIVERED);
	take(ANNA, "", 997, RECEIPT_DELIVERED);
	take(ANNA, "", 998, RECEIPT_DELIVERED);
	take(BO, "", 999, RECEIPT_DELIVERED);
	ok_int(c->matched[RECEIPT_DELIVERED], 4, "the last four are known");
	take(ANNA, "", 995, RECEIPT_DELIVERED);
	take(ANNA, "", 994, RECEIPT_DELIVERED);
	ok_int(c->unmatched[RECEIPT_DELIVERED], 2, "those before are not");
	renew(1);
	receipts_expect(rs, CODE, ANNA, 1, "");
	receipts_expect(rs, CODE, ANNA, 2, "");
	take(ANNA, "", 2, RECEIPT_DELIVERED);
	ok_int(receipts_counters(rs)->matched[RECEIPT_DELIVERED], 1,
	    "one place is a table too");
}

/* No number and no id lies in the table. */
static void
at_rest(void)
{
	renew(4);
	receipts_expect(rs, CODE, ANNA, 1, "1380013800099");
	ok(memmem(rs->places, 4 * sizeof(*rs->places), "00138000", 8) == NULL &&
		memmem(rs->places, 4 * sizeof(*rs->places), "00083100", 8) ==
		    NULL,
	    "no number is kept");
	ok(memmem(rs->places, 4 * sizeof(*rs->places), "13800138", 8) == NULL,
	    "nor an id that looks like one");
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	texts();
	codings();
	parameters();
	what_is_one();
	ids();
	references();
	addresses();
	shared_ids();
	states();
	bounded();
	at_rest();
	receipts_free(rs);
	return test_done();
}
