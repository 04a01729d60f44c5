/* A message as submit_sm: in segments of either kind, or whole. */
#include "smsc-gw/form.c"
#include "smsc-gw/pdu.c"

#include <errno.h>

#include "test.h"

static struct outbox_message m;
static struct form form;
static struct submit_sm sm;

/* `n` times a character, in an alphabet, to be put together so. */
static int
cut(const char *c, int n, enum alphabet a, enum concat_mode concat,
    unsigned max_segments)
{
	m = (struct outbox_message){
	    .from_ton = 3,
	    .from_npi = 1,
	    .to_ton = 1,
	    .to_npi = 9,
	    .from = "10086",
	    .to = "8613800138000",
	    .alphabet = a,
	    .concat = concat,
	    .reference = 0xbeef,
	};
	for (int i = 0; i < n; i++)
		strcat(m.text, c);
	return form_cut(&form, &m, max_segments);
}

static const struct submit_sm *
submit(int i)
{
	form_submit(&form, &m, i, &sm);
	return &sm;
}

static int
is_plain(const struct submit_sm *s)
{
	return s->esm_class == 0 && s->sar_total_segments < 2 &&
	    s->payload_len == 0;
}

static void
addresses(void)
{
	cut("a", 1, ALPHABET_GSM7, CONCAT_UDH, 1);
	submit(0);
	ok(sm.source_addr_ton == 3 && sm.source_addr_npi == 1 &&
		sm.dest_addr_ton == 1 && sm.dest_addr_npi == 9,
	    "types and plans");
	ok_str(sm.source_addr, "10086", "from the code");
	ok_str(sm.destination_addr, "8613800138000", "to the subscriber");
	ok(sm.validity_minutes == 0, "the validity is not its own");
}

static void
data_codings(void)
{
	static const uint8_t codings[] = {0, 8, 0, 0};
	int good = 1;

	for (enum alphabet a = ALPHABET_GSM7; a <= ALPHABET_LATIN1; a++) {
		cut("a", 1, a, CONCAT_UDH, 1);
		good &= submit(0)->data_coding == codings[a];
	}
	ok(good, "data_coding: 8 for UCS-2, else the SMSC's own");
}

/* Whatever the concat, what goes into one segment is just that. */
static void
alone(void)
{
	static const enum concat_mode modes[] = {
	    CONCAT_UDH, CONCAT_SAR, CONCAT_PAYLOAD};
	int good = 1;

	for (int i = 0; i < 3; i++)
		good &= cut("a", 160, ALPHABET_GSM7, modes[i], 10) == 0 &&
		    form.n == 1 && is_plain(submit(0)) && sm.sm_length == 160;
	ok(good, "one segment has no header and no parameters");
}

static void
receipts(void)
{
	cut("京", 133, ALPHABET_UCS2, CONCAT_UDH, 3);
	ok(submit(0)->registered_delivery == 0 && !sm.has_reference,
	    "no receipt unless it is asked for");
	m.receipt = 1;
	for (int i = 0; i < form.n; i++)
		ok(submit(i)->registered_delivery == 1 && sm.has_reference &&
			sm.user_message_reference == 0xeef0 + i,
		    "asked for, segment %d has a reference of its own", i);
}

static void
with_udh(void)
{
	cut("京", 133, ALPHABET_UCS2, CONCAT_UDH, 3);
	ok_int(form.n, 3, "three segments with a header");
	submit(2);
	ok(sm.esm_class == SMPP34_UDHI_IND && sm.sm_length == 7 + 2 &&
		memcmp(sm.short_message, "\6\x08\4\xbe\xef\3\3", 7) == 0,
	    "say so, and are numbered");
	ok(sm.sar_total_segments < 2 && sm.payload_len == 0,
	    "and have no parameters");
}

static void
with_sar(void)
{
	cut("京", 133, ALPHABET_UCS2, CONCAT_SAR, 3);
	ok_int(form.n, 3, "three segments with parameters");
	submit(1);
	ok(sm.sar_msg_ref_num == 0xbeef && sm.sar_total_segments == 3 &&
		sm.sar_segment_seqnum == 2,
	    "the second of three");
	ok(sm.esm_class == 0 && sm.sm_length == 132 &&
		memcmp(sm.short_message, "\x4e\xac", 2) == 0,
	    "with no header before the text");
	ok_int(submit(2)->sm_length, 2, "and the last has the rest");
}

static void
with_payload(void)
{
	cut("京", 133, ALPHABET_UCS2, CONCAT_PAYLOAD, 3);
	ok_int(form.n, 1, "whole, in one submit_sm");
	submit(0);
	ok(sm.payload_len == 266 && sm.sm_length == 0 && sm.esm_class == 0 &&
		sm.sar_total_segments < 2 &&
		memcmp(sm.message_payload + 264, "\x4e\xac", 2) == 0,
	    "all of it in message_payload, nothing in short_message");
	cut("a", 1520, ALPHABET_GSM7, CONCAT_PAYLOAD, 10);
	ok_int(submit(0)->payload_len, 1520, "as much as ten segments hold");
	cut("a", 1, ALPHABET_GSM7, CONCAT_PAYLOAD, 10);
	ok(is_plain(submit(0)) && sm.sm_length == 1,
	    "a short one after it in the same place is short");
}

static void
too_long(void)
{
	static const enum concat_mode modes[] = {
	    CONCAT_UDH, CONCAT_SAR, CONCAT_PAYLOAD};
	int refused = 1, taken = 1;

	for (int i = 0; i < 3; i++) {
		refused &=
		    cut("a", 305, ALPHABET_GSM7, modes[i], 2) == -E2BIG &&
		    cut("a", 1521, ALPHABET_GSM7, modes[i], 99) == -E2BIG;
		taken &= cut("a", 304, ALPHABET_GSM7, modes[i], 2) == 0 &&
		    cut("a", 1520, ALPHABET_GSM7, modes[i], 99) == 0;
	}
	ok(refused, "more than max_segments hold is refused in each form");
	ok(taken, "and just so much is not");
}

int
main(void)
{
	addresses();
	data_codings();
	alone();
	receipts();
	with_udh();
	with_sar();
	with_payload();
	too_long();
	return test_done();
}
