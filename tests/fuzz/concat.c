/* Parts of long messages: any user data header, and a text in parts that come
 * in any order. */
#include "smsc-gw/concat.c"

#include "fuzz.h"
#include "fuzz_parts.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	begin_parts();
	return 0;
}

/* Any octets as a message: it is a part that can be, of its own text. */
static void
read_any(const uint8_t *in, size_t len)
{
	uint8_t *copy = fuzz_copy(in, len);
	struct deliver_sm d = {
	    .esm_class = SMPP34_UDHI_IND,
	    .message = copy,
	    .message_len = len,
	};
	struct concat_part part;

	concat_read(&d, &part);
	must(part.number >= 1 && part.number <= part.total);
	must(part.text >= copy && part.text + part.len == copy + len);
	d.esm_class = 0;
	concat_read(&d, &part);
	must(part.total == 1 && part.text == copy && part.len == len);
	free(copy);
}

/* One part as a phone sends it, with a header of either kind. */
static int
send_part(unsigned total, unsigned number, uint8_t kind, const uint8_t *text,
    size_t len, uint8_t *out, size_t *out_len)
{
	const uint8_t wide[] = {6, 8, 4, 0, 7, total, number};
	const uint8_t narrow[] = {5, 0, 3, 7, total, number};
	size_t header = kind & 1 ? sizeof(wide) : sizeof(narrow);
	uint8_t *message = malloc(header + len);
	struct deliver_sm d = {
	    .esm_class = SMPP34_UDHI_IND,
	    .source_addr = "8613800138000",
	    .destination_addr = "10086",
	    .message = message,
	    .message_len = header + len,
	};
	struct concat_part part;
	struct concat_name name;
	int rc;

	memcpy(message, kind & 1 ? wide : narrow, header);
	memcpy(message + header, text, len);
	concat_read(&d, &part);
	must(part.reference == 7 && part.total == total &&
	    part.number == number && part.len == len);
	concat_name(&d, &part, &name);
	rc = parts_add(parts,
	    &(struct part){&name, sizeof(name), name.source,
		sizeof(name.source), total, number, part.text, part.len},
	    1000, out, out_len);
	free(message);
	return rc;
}

/* Which part comes n-th: a permutation that the seed picks. */
static void
shuffle(unsigned order[PARTS_MAX], unsigned n, unsigned seed)
{
	for (unsigned i = 0; i < n; i++)
		order[i] = i;
	for (unsigned i = n; i > 1; i--, seed = seed * 31 + 7) {
		unsigned j = seed % i, t = order[i - 1];

		order[i - 1] = order[j];
		order[j] = t;
	}
}

/* in[0]: how many parts, the kind of header; in[1]: their order and which
 * come twice. Parts that hold nothing are parts. */
static void
put_together(const uint8_t *in, size_t len)
{
	unsigned total = 2 + in[0] % (PARTS_MAX - 1), order[PARTS_MAX];
	const uint8_t *text = in + 2;
	size_t all = len - 2, step, got;
	uint8_t *out = malloc(PARTS_TEXT);

	shuffle(order, total, in[1]);
	step = all / total < PARTS_OCTETS - 1 ? all / total + 1 : PARTS_OCTETS;
	all = all < step * total ? all : step * total;
	for (unsigned i = 0; i < total; i++) {
		size_t from = order[i] * step < all ? order[i] * step : all;
		size_t n = all - from < step ? all - from : step;
		unsigned times = 1 + (in[1] >> i % 8 & 1);

		for (unsigned j = 0; j < times; j++)
			must(
			    send_part(total, order[i] + 1, in[0] >> 7,
				text + from, n, out, &got) == (i == total - 1));
	}
	must(got == all && memcmp(out, text, all) == 0);
	end_parts();
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	read_any(in, len);
	if (len >= 2)
		put_together(in, len);
	return 0;
}
