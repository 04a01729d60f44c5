/* PDUs masked for other eyes. */
#include "smsc-gw/mask.c"
#include "smsc-gw/pdu.c"

#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

static size_t
count_digits(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += isdigit((unsigned char)*s) != 0;
	return n;
}

static void
must_be_masked(const char *was, const char *is)
{
	must(strlen(was) == strlen(is));
	must(count_digits(was) < 7 ? strcmp(was, is) == 0
				   : count_digits(is) <= 7);
}

/* A deliver_sm is one still, and tells neither who nor what. */
static void
must_hide(const struct deliver_sm *was, const uint8_t *pdu, size_t len)
{
	struct deliver_sm is;
	size_t header = 0;

	must(pdu_read_deliver_sm(pdu, len, &is) == ESME_ROK);
	must_be_masked(was->source_addr, is.source_addr);
	must_be_masked(was->destination_addr, is.destination_addr);
	must(is.message_len == was->message_len);
	must(is.esm_class == was->esm_class);
	if (was->esm_class & SMPP34_UDHI_IND && was->message_len > 0)
		header = was->message[0] + 1;
	if (header > was->message_len)
		header = 0;
	for (size_t i = header; i < is.message_len; i++)
		must(is.message[i] == '*');
}

/* What has lengths that do not add up shows nothing but its header. */
int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	uint8_t *pdu = fuzz_copy(in, len), *was;
	struct deliver_sm d;

	if (len >= PDU_HEADER && len <= PDU_MAX && in[0] < 0x80)
		put32(pdu, len);
	was = fuzz_copy(pdu, len);
	mask_pdu(pdu, len);
	for (size_t i = 0; i < len; i++)
		must(pdu[i] == was[i] || pdu[i] == '*');
	if (len < PDU_HEADER || get32(was) != len) {
		for (size_t i = 0; i < len; i++)
			must(pdu[i] == '*');
	} else {
		must(memcmp(pdu, was, PDU_HEADER) == 0);
		if (get32(was + 4) == DELIVER_SM &&
		    pdu_read_deliver_sm(was, len, &d) == ESME_ROK)
			must_hide(&d, pdu, len);
	}
	free(was);
	free(pdu);
	return 0;
}
