/* A stream of octets, cut into PDUs (SMPP 3.4 3.2). */
#include "smsc-gw/pdu.c"

#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

/* A PDU is not there before its last octet, and then whatever follows. */
static void
must_wait(const uint8_t *p, size_t len)
{
	struct pdu_header whole, h;
	int n = pdu_frame(p, len, &whole);

	must(n == 0 || n == -EBADMSG || n == -EMSGSIZE ||
	    (n >= PDU_HEADER && n <= PDU_MAX));
	if (n == -EMSGSIZE)
		must(len >= PDU_HEADER && whole.command_length > PDU_MAX &&
		    whole.command_length <= PDU_SKIP_MAX);
	if (n <= 0)
		return;
	must((size_t)n <= len && whole.command_length == (uint32_t)n);
	for (size_t part = 0; part < (size_t)n; part += 1 + part / 8) {
		uint8_t *copy = fuzz_copy(p, part);

		must(pdu_frame(copy, part, &h) == 0);
		if (part >= PDU_HEADER)
			must(memcmp(&h, &whole, sizeof(h)) == 0);
		free(copy);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	uint8_t out[PDU_SESSION_MAX];
	struct pdu_header h;
	int n;

	do {
		uint8_t *rest = fuzz_copy(in, len);

		must_wait(rest, len);
		n = pdu_frame(rest, len, &h);
		free(rest);
		if (n == PDU_HEADER) {
			must(pdu_write_header(h.command_id, h.command_status,
				 h.sequence_number, out) == PDU_HEADER);
			must(memcmp(out, in, PDU_HEADER) == 0);
		}
		if (n > 0) {
			in += n;
			len -= n;
		}
	} while (n > 0);
	must(n < 0 || len < PDU_MAX);
	return 0;
}
