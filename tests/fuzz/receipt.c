/* Receipts: any text, any parameters, and what they match. */
#include "smsc-gw/receipt.c"

#include "fuzz.h"

static struct receipts *rs;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	must(sodium_init() >= 0);
	must(receipts_new(&rs, 16) == 0);
	return 0;
}

static void
must_be_sound(const struct receipt *r)
{
	must(r->state >= RECEIPT_ENROUTE && r->state < RECEIPT_STATES);
	must(memchr(r->id, '\0', sizeof(r->id)) != NULL);
}

/* Could an id stand in a text as it is? */
static int
is_plain(const char *id)
{
	for (const char *s = id; *s != '\0'; s++)
		if (!isgraph((unsigned char)*s) || *s == ':')
			return 0;
	return id[0] != '\0';
}

/* Written the way of Appendix B, it says the same again. */
static void
must_round_trip(const struct receipt *r)
{
	char text[TEXT_MAX];
	struct deliver_sm d = {
	    .esm_class = TYPE_RECEIPT,
	    .message = (const uint8_t *)text,
	};
	struct receipt again;

	snprintf(text, sizeof(text),
	    "id:%s sub:001 dlvrd:001 submit date:2611220800 "
	    "done date:2611220801 stat:%.7s err:000 text:",
	    r->id, names[r->state]);
	d.message_len = strlen(text);
	must(receipt_read(&d, &again) == 1);
	must(again.state == r->state && strcmp(again.id, r->id) == 0);
}

/* What was sent under its id, or its reference, it is for. */
static void
must_match(const struct receipt *r)
{
	const struct receipt_counters *c = receipts_counters(rs);
	unsigned long matched = c->matched[r->state], repeated = c->repeated;

	if (r->state == RECEIPT_ENROUTE ||
	    (r->id[0] == '\0' && !r->has_reference))
		return;
	receipts_expect(rs, "10086", "8613800138000", r->reference, r->id);
	receipts_take(rs, "+8613800138000", "10086", r);
	must(c->matched[r->state] + c->repeated == matched + repeated + 1);
}

/* in[0]: esm_class, in[1]: data_coding, in[2]: message_state, in[3]: octets of
 * receipted_message_id, in[4]: of user_message_reference. */
int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct deliver_sm d = {0};
	struct receipt r;
	uint8_t *id, *text;

	if (len < 7)
		return 0;
	d.esm_class = in[0];
	d.data_coding = in[1];
	d.message_state = in[2];
	d.receipted_message_id_len = in[3] % (MESSAGE_ID_MAX + 1);
	if (d.receipted_message_id_len > len - 7)
		d.receipted_message_id_len = len - 7;
	d.has_reference = in[4] & 1;
	d.user_message_reference = d.has_reference ? in[5] << 8 | in[6] : 0;
	d.message_len = len - 7 - d.receipted_message_id_len;
	d.receipted_message_id = id =
	    fuzz_copy(in + 7, d.receipted_message_id_len);
	d.message = text =
	    fuzz_copy(in + 7 + d.receipted_message_id_len, d.message_len);
	if (receipt_read(&d, &r)) {
		must_be_sound(&r);
		must_match(&r);
		if (is_plain(r.id))
			must_round_trip(&r);
	}
	free(id);
	free(text);
	return 0;
}
