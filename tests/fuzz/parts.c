/* What was kept of a message, and parts of it in any order, changed and
 * repeated. */
#include "core/parts.c"

#include "fuzz.h"
#include "fuzz_parts.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	begin_parts();
	return 0;
}

/* Any octets as the plain form: of those that are one, each is what is written
 * for what was read. */
static void
read_any(const uint8_t *in, size_t len)
{
	uint8_t *copy = fuzz_copy(in, len), out[PLAIN_MAX];
	struct message *m = malloc(sizeof(*m));

	if (unpack(copy, len, m) == 0)
		must(pack(m, out) == len && memcmp(out, in, len) == 0);
	free(copy);
	free(m);
}

/* The text that a part of one digit has: none to seven of it. */
static size_t
text_of(uint8_t what, uint8_t text[7])
{
	size_t len = what >> 4 & 7;

	memset(text, 'a' + (what & 15), len);
	return len;
}

/* in[0]: how many parts; then an octet for each that comes: which one, and how
 * long it is. A whole message is made of the last that came of each. */
static void
play(const uint8_t *in, size_t len)
{
	unsigned total = 2 + in[0] % (PARTS_MAX - 1);
	uint8_t latest[PARTS_MAX] = {0}, out[PARTS_TEXT], want[PARTS_TEXT];
	uint8_t text[7];

	for (size_t i = 1; i < len && i < 32; i++) {
		unsigned number = 1 + (in[i] & 15) % total;
		uint8_t what = (in[i] & 0xf0) | number;
		size_t got = 0, n = 0;
		struct part part = {
		    "a", 1, "", 0, total, number, text, text_of(what, text)};
		int rc = parts_add(parts, &part, 1000, out, &got);

		must(rc == 0 || rc == 1);
		latest[number - 1] = what;
		for (unsigned k = 0; k < total; k++) {
			must(rc == 0 || latest[k] != 0);
			n += text_of(latest[k], want + n);
		}
		must(rc == 0 || (got == n && memcmp(out, want, n) == 0));
	}
	end_parts();
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	read_any(in, len);
	if (len > 1)
		play(in, len);
	return 0;
}
