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

static size_t
put(const struct deliver_sm *d, uint8_t *out)
{
	uint8_t *p = put_addresses(d, out);

	*p++ = d->esm_class;
	*p++ = 0;
	*p++ = d->data_coding;
	return put_tlvs(d, 1, p) - out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	fuzz_message(in, len, pdu_read_data_sm, put);
	return 0;
}
