/* A stream of octets, cut into IPA frames. */
#include "ussd/ipa.c"

#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

/* A frame is not there before its last octet, and then whatever follows. */
static int
read_once(const uint8_t *p, size_t len)
{
	uint8_t *copy = fuzz_copy(p, len);
	struct ipa_frame f, part;
	int n = ipa_read(copy, len, &f);

	must(n == 0 || n == -EBADMSG || n == -EMSGSIZE ||
	    (n > IPA_HEADER && n <= IPA_MAX && (size_t)n <= len));
	if (n == -EMSGSIZE)
		must(f.length > IPA_MAX && f.length <= IPA_HEADER + 0xffff);
	if (n > 0 && f.kind == IPA_GSUP)
		must(f.gsup == copy + IPA_GSUP_HEADER &&
		    f.gsup + f.gsup_len == copy + n);
	free(copy);
	for (int cut = 0; cut < n; cut += 1 + cut / 8) {
		copy = fuzz_copy(p, cut);
		must(ipa_read(copy, cut, &part) == 0);
		free(copy);
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	int n;

	while ((n = read_once(in, len)) > 0)
		in += n, len -= n;
	must(n < 0 || len < IPA_MAX);
	return 0;
}
