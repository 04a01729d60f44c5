/* Text: octets of any alphabet in, segments out. */
#include "core/text.c"

#include <stdlib.h>

#include "fuzz.h"

#define MANY 255

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

/* Well-formed, and each character the shortest way. */
static void
must_be_utf8(const char *s)
{
	char again[4];
	uint32_t c;

	for (size_t n; (n = utf8_next(s, &c)) > 0; s += n) {
		must(c < 0xd800 || (c >= 0xe000 && c <= 0x10ffff));
		must(utf8_put(c, again) == n && memcmp(again, s, n) == 0);
	}
}

static void
decode(enum alphabet a, const uint8_t *in, size_t len)
{
	size_t room = 4 * len + 8, n, part, size;
	char *whole = malloc(room), *small;

	n = text_decode(a, in, len, whole, room);
	must(n < room && strlen(whole) == n);
	must_be_utf8(whole);
	/* less room gives less of the same */
	size = len > 0 ? in[0] % 32 + 1 : 1;
	small = malloc(size);
	part = text_decode(a, in, len, small, size);
	must(part < size && strlen(small) == part && part <= n);
	must(memcmp(small, whole, part) == 0);
	must_be_utf8(small);
	free(small);
	free(whole);
}

/* What a phone would put together: UCS-2 in the order that is said, whatever
 * its first character. */
static size_t
read_segment(
    enum alphabet a, const uint8_t *text, size_t len, char *out, size_t size)
{
	uint8_t *copy = malloc(len + 2);
	size_t mark = a == ALPHABET_UCS2 ? 2 : 0;

	memcpy(copy, "\xfe\xff", mark);
	memcpy(copy + mark, text, len);
	len = text_decode(a, copy, len + mark, out, size);
	free(copy);
	return len;
}

static void
join(enum alphabet a, const struct segment *s, int n, char *out, size_t size)
{
	size_t len = 0;

	for (int i = 0; i < n; i++) {
		size_t skip = s[i].udhi ? HEADER : 0;

		if (skip > 0)
			must(s[i].octets[5] == n && s[i].octets[6] == i + 1);
		len += read_segment(a, s[i].octets + skip, s[i].len - skip,
		    out + len, size - len);
	}
}

/* The text with U+FFFD for what is not UTF-8. */
static char *
mended(const char *s, size_t room)
{
	char *out = calloc(1, room);
	size_t len = 0;
	uint32_t c;

	for (size_t n; (n = utf8_next(s, &c)) > 0; s += n)
		len += utf8_put(c, out + len);
	return out;
}

/* The octets of a whole text are those of its segments, one after another. */
static void
whole_is_parts(
    const char *text, enum alphabet a, const struct segment *s, int n)
{
	size_t room = (size_t)n * SEGMENT_MAX, len = 0;
	uint8_t *out = malloc(room);
	int got = text_encode(text, a, out, room);

	for (int i = 0; i < n; i++) {
		must(!s[i].udhi &&
		    memcmp(out + len, s[i].octets, s[i].len) == 0);
		len += s[i].len;
	}
	must(got == (int)len);
	if (len > 0)
		must(text_encode(text, a, out, len - 1) == -E2BIG);
	free(out);
}

static void
segments(enum alphabet smsc, const uint8_t *in, size_t len)
{
	static struct segment s[MANY];
	static const size_t most[] = {160, 140, 140, 140};
	size_t room = 4 * len + 8;
	char *text = (char *)fuzz_copy(in, len + 1), *joined, *want;
	enum alphabet a;
	int n;

	text[len] = '\0';
	/* the breaks of pages are taken out before */
	for (char *at = text; (at = strchr(at, TEXT_BREAK)) != NULL;)
		*at = ' ';
	a = text_alphabet(text, smsc);
	must(a == smsc || a == ALPHABET_UCS2);
	joined = calloc(1, room);
	n = text_segments(text, a, CONCAT_UDH, 0xbeef, s, MANY);
	must(n >= 1 || n == -E2BIG);
	for (int i = 0; i < n; i++) {
		must(s[i].len <= most[a]);
		must(s[i].udhi == (n > 1));
	}
	want = mended(text, room);
	if (n >= 1) {
		static struct segment bare[MANY];

		must(text_segments(text, a, CONCAT_SAR, 0, bare, MANY) == n);
		whole_is_parts(text, a, bare, n);
		join(a, s, n, joined, room);
		must(strcmp(joined, want) == 0);
		must(text_segments(text, a, CONCAT_UDH, 0, s, n) == n);
		must(text_segments(text, a, CONCAT_UDH, 0, s, n - 1) == -E2BIG);
	}
	free(want);
	free(joined);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	if (len == 0)
		return 0;
	decode(in[0] % 4, in + 1, len - 1);
	/* in its last octet place for the end */
	segments(in[0] / 4 % 4, in, len - 1);
	return 0;
}
