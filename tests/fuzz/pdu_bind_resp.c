/* The body of a bind_transceiver_resp (SMPP 3.4 4.1.6): what reaches
 * libsmpp34, and what comes of it. */
#include "smsc-gw/pdu.c"

#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

/* Read here once more, by the letter of the specification: a string of at
 * most 15 octets with its NUL, then TLVs that lie inside. */
static int
is_whole(const uint8_t *body, size_t len)
{
	const uint8_t *end = memchr(body, '\0', len);
	size_t at;

	if (len == 0)
		return 1;
	if (end == NULL || end - body > 15)
		return 0;
	for (at = end - body + 1; at + 4 <= len;)
		at += 4 + (body[at + 2] << 8 | body[at + 3]);
	return at == len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	size_t size = PDU_HEADER + len;
	char system_id[16];
	uint8_t *pdu;
	int rc;

	if (size > PDU_MAX)
		return 0;
	pdu = malloc(size);
	memset(pdu, 0, PDU_HEADER);
	put32(put32(pdu, size), BIND_TRANSCEIVER_RESP);
	put32(pdu + 12, 1);
	if (len > 0)
		memcpy(pdu + PDU_HEADER, in, len);
	memset(system_id, 0xa5, sizeof(system_id));
	rc = pdu_read_bind_resp(pdu, size, system_id);
	must(rc == (is_whole(pdu + PDU_HEADER, len) ? 0 : -EBADMSG));
	must(memchr(system_id, '\0', sizeof(system_id)) != NULL);
	if (rc == 0 && len > 0)
		must(strcmp(system_id, (char *)pdu + PDU_HEADER) == 0);
	else
		must(system_id[0] == '\0');
	free(pdu);
	return 0;
}
