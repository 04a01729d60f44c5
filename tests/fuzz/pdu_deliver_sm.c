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

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	fuzz_message(in, len, pdu_read_deliver_sm, put);
	return 0;
}
