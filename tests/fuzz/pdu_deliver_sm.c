/* The body of a deliver_sm (SMPP 3.4 4.6.1). */
#include "smsc-gw/pdu.c"

#include "fuzz.h"
#include "message_pdu.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

/* As an SMSC would write it. */
static size_t
put(const struct deliver_sm *d, uint8_t *out)
{
	int is_short = d->message_len <= 254;
	uint8_t *p = put_addresses(d, out);

	*p++ = d->esm_class;
	memset(p, 0, 6);
	p += 6;
	*p++ = d->data_coding;
	*p++ = 0;
	*p++ = is_short ? d->message_len : 0;
	if (is_short) {
		memcpy(p, d->message, d->message_len);
		p += d->message_len;
	}
	return put_tlvs(d, !is_short, p) - out;
}

static void
must_round_trip(const struct deliver_sm *d)
{
	uint8_t *out = malloc(2 * PDU_MAX + 256), *exact;
	size_t len = put(d, out);
	struct deliver_sm again;

	exact = fuzz_copy(out, len);
	must(pdu_read_deliver_sm(exact, len, &again) == ESME_ROK);
	must_be_same(d, &again);
	/* one octet less cuts the last TLV */
	must(pdu_read_deliver_sm(exact, len - 1, &again) ==
	    ESME_RINVOPTPARSTREAM);
	free(exact);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	size_t size = PDU_HEADER + len;
	struct deliver_sm d;
	uint8_t *pdu;

	if (size > PDU_MAX)
		return 0;
	pdu = malloc(size);
	memset(pdu, 0, PDU_HEADER);
	if (len > 0)
		memcpy(pdu + PDU_HEADER, in, len);
	if (pdu_read_deliver_sm(pdu, size, &d) == ESME_ROK) {
		must(strlen(d.source_addr) <= ADDRESS_MAX);
		must(strlen(d.destination_addr) <= ADDRESS_MAX);
		must(d.message >= pdu + PDU_HEADER &&
		    d.message + d.message_len <= pdu + size);
		must_round_trip(&d);
	}
	free(pdu);
	return 0;
}
