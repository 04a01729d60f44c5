/* The body of a data_sm (SMPP 3.4 4.7.1). */
#include "smsc-gw/pdu.c"

#include "fuzz.h"
#include "message_pdu.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

static void
must_round_trip(const struct deliver_sm *d)
{
	uint8_t *out = malloc(2 * PDU_MAX + 256), *p, *exact;
	struct deliver_sm again;

	p = put_addresses(d, out);
	*p++ = d->esm_class;
	*p++ = 0;
	*p++ = d->data_coding;
	p = put_tlvs(d, 1, p);
	exact = fuzz_copy(out, p - out);
	must(pdu_read_data_sm(exact, p - out, &again) == ESME_ROK);
	must_be_same(d, &again);
	/* one octet less cuts the last TLV */
	must(pdu_read_data_sm(exact, p - out - 1, &again) ==
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
	if (pdu_read_data_sm(pdu, size, &d) == ESME_ROK) {
		must(strlen(d.source_addr) <= ADDRESS_MAX);
		must(strlen(d.destination_addr) <= ADDRESS_MAX);
		must(d.message >= pdu + PDU_HEADER &&
		    d.message + d.message_len <= pdu + size);
		must_round_trip(&d);
	}
	free(pdu);
	return 0;
}
