/* A USSD string behind its data coding scheme (3GPP TS 23.038 5). */
#include "ussd/dcs.c"

#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

/* What is written of a text is read as it was, but for what an alphabet
 * lacks, and for a CR that goes out twice. */
static void
must_round_trip(const char *text, enum alphabet a)
{
	uint8_t out[USSD_OCTETS], dcs, *exact;
	char again[USSD_TEXT], third[USSD_TEXT];
	int len = dcs_write(text, a, &dcs, out);

	if (len < 0) {
		must(len == -EMSGSIZE && strlen(text) > USSD_OCTETS / 2);
		return;
	}
	must(len <= USSD_OCTETS);
	exact = fuzz_copy(out, len);
	dcs_read(dcs, exact, len, again);
	free(exact);
	if (a == ALPHABET_UCS2)
		must(strncmp(again, text, strlen(text)) == 0);
	len = dcs_write(again, a, &dcs, out);
	if (len < 0)
		return;
	dcs_read(dcs, out, len, third);
	must(strncmp(third, again, strlen(again)) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	char text[USSD_TEXT];
	uint8_t *copy;

	if (len == 0)
		return 0;
	copy = fuzz_copy(in + 1, len - 1);
	memset(text, 0xff, sizeof(text));
	dcs_read(in[0], copy, len - 1, text);
	free(copy);
	must(memchr(text, '\0', sizeof(text)) != NULL);
	for (const char *s = text; *s != '\0';) {
		uint32_t c;
		size_t n = utf8_next(s, &c);

		must(c != 0xfffd || n == 3);
		s += n;
	}
	must_round_trip(text, ALPHABET_GSM7);
	must_round_trip(text, ALPHABET_UCS2);
	return 0;
}
