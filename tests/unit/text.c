/* Text against 3GPP TS 23.038 (alphabets) and TS 23.040 (segments). */
#include "core/text.c"

#include <stdlib.h>

#include "test.h"

/* 23.038 6.2.1, the table read column by column; ESC stands as a space. */
static const char *const default_table[8] = {
    "@£$¥èéùìòÇ\nØø\rÅå",
    "Δ_ΦΓΛΩΠΨΣΘΞ ÆæßÉ",
    " !\"#¤%&'()*+,-./",
    "0123456789:;<=>?",
    "¡ABCDEFGHIJKLMNO",
    "PQRSTUVWXYZÄÖÑÜ§",
    "¿abcdefghijklmno",
    "pqrstuvwxyzäöñüà",
};

/* 23.038 6.2.1.1. */
static const struct {
	uint8_t code;
	const char *c;
} extension_table[] = {
    {0x0a, "\f"},
    {0x14, "^"},
    {0x28, "{"},
    {0x29, "}"},
    {0x2f, "\\"},
    {0x3c, "["},
    {0x3d, "~"},
    {0x3e, "]"},
    {0x40, "|"},
    {0x65, "€"},
};

/* Decodes from exactly `len` octets of heap, so that reading on shows. */
static const char *
decoded(enum alphabet a, const void *octets, size_t len)
{
	static char out[4096];
	uint8_t *in = malloc(len ? len : 1);

	memcpy(in, octets, len);
	text_decode(a, in, len, out, sizeof(out));
	free(in);
	return out;
}

#define DECODED(a, ...)                                       \
	decoded(ALPHABET_##a, (const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__}))

/* The only segment of a short text. */
static const struct segment *
encoded(const char *utf8, enum alphabet a)
{
	static struct segment s;

	if (text_segments(utf8, a, CONCAT_UDH, 0, &s, 1) != 1)
		s.len = 0;
	return &s;
}

static int
encodes_as(const char *utf8, enum alphabet a, const uint8_t *octets, size_t len)
{
	const struct segment *s = encoded(utf8, a);

	return s->len == len && !s->udhi && memcmp(s->octets, octets, len) == 0;
}

static void
gsm7_table(void)
{
	int read = 0, written = 0;

	for (int column = 0; column < 8; column++) {
		const char *s = default_table[column];

		for (int row = 0; row < 16; row++) {
			uint8_t septet = column << 4 | row;
			char c[5] = "";
			uint32_t unused;
			size_t n = utf8_next(s, &unused);

			memcpy(c, s, n);
			s += n;
			if (septet == 0x1b)
				continue;
			read +=
			    strcmp(decoded(ALPHABET_GSM7, &septet, 1), c) == 0;
			written += encodes_as(c, ALPHABET_GSM7, &septet, 1);
		}
	}
	ok_int(read, 127, "each septet but ESC is read as its character");
	ok_int(written, 127, "and each character is written as its septet");
}

static void
gsm7_extension(void)
{
	int read = 0, written = 0, n = 0;

	for (; n < (int)(sizeof(extension_table) / sizeof(*extension_table));
	     n++) {
		uint8_t septets[2] = {0x1b, extension_table[n].code};
		const char *c = extension_table[n].c;

		read += strcmp(decoded(ALPHABET_GSM7, septets, 2), c) == 0;
		written += encodes_as(c, ALPHABET_GSM7, septets, 2);
	}
	ok_int(read, n, "each extended character is read");
	ok_int(written, n, "and written as ESC and its code");
	ok_str(DECODED(GSM7, 0x1b, 0x65, '5'), "€5", "the euro sign");
	ok_str(DECODED(GSM7, 0x1b, 'A'), "A",
	    "without an extended one, the default table's character");
	ok_str(DECODED(GSM7, 'A', 0x1b, 0x1b, 'B'), "A B",
	    "ESC ESC, reserved, is shown as a space");
	ok_str(DECODED(GSM7, 'A', 0x1b), "A\uFFFD", "ESC at the end");
	ok_str(DECODED(GSM7, 'A', 0x80, 0xff), "A\uFFFD\uFFFD",
	    "what is no septet");
	ok_str(DECODED(GSM7, 0x1b, 0xe5, 'B'), "\uFFFD\uFFFDB",
	    "ESC and what is no septet");
}

static void
which_alphabet(void)
{
	ok_int(text_alphabet("", ALPHABET_GSM7), ALPHABET_GSM7,
	    "nothing is GSM 7-bit");
	ok_int(text_alphabet("Places: [{~€^}]\n", ALPHABET_GSM7), ALPHABET_GSM7,
	    "extended characters are GSM 7-bit");
	ok_int(
	    text_alphabet("caf\u00e9", ALPHABET_GSM7), ALPHABET_GSM7, "é is");
	ok_int(
	    text_alphabet("\u00ea", ALPHABET_GSM7), ALPHABET_UCS2, "ê is not");
	ok_int(text_alphabet("a`", ALPHABET_GSM7), ALPHABET_UCS2,
	    "the grave accent is not");
	ok_int(text_alphabet("tab\t", ALPHABET_GSM7), ALPHABET_UCS2,
	    "a tabulator is not");
	ok_int(text_alphabet("\x1b", ALPHABET_GSM7), ALPHABET_UCS2,
	    "ESC itself is not");
	ok_int(text_alphabet("北京", ALPHABET_GSM7), ALPHABET_UCS2,
	    "Chinese is not");
	ok_int(text_alphabet("\xff", ALPHABET_GSM7), ALPHABET_UCS2,
	    "nor what is no UTF-8");
}

/* What an SMSC whose data_coding 0 is ASCII or Latin-1 gets in it: no more than
 * it can make septets of. */
static void
alphabet_of_the_smsc(void)
{
	ok_int(text_alphabet("Xi'an", ALPHABET_ASCII), ALPHABET_ASCII,
	    "ASCII goes to an SMSC of ASCII in it");
	ok_int(text_alphabet("[~]\n", ALPHABET_ASCII), ALPHABET_ASCII,
	    "so does what is extended in GSM 7-bit");
	ok_int(text_alphabet("caf\u00e9", ALPHABET_ASCII), ALPHABET_UCS2,
	    "é is no ASCII");
	ok_int(text_alphabet("a`", ALPHABET_ASCII), ALPHABET_UCS2,
	    "the grave accent is, but not GSM 7-bit");
	ok_int(text_alphabet("caf\u00e9", ALPHABET_LATIN1), ALPHABET_LATIN1,
	    "é is Latin-1");
	ok_int(text_alphabet("\u00ff", ALPHABET_LATIN1), ALPHABET_UCS2,
	    "the last of Latin-1 is not GSM 7-bit");
	ok_int(text_alphabet("C\u00f4te", ALPHABET_LATIN1), ALPHABET_UCS2,
	    "nor is ô");
	ok_int(text_alphabet("\u20ac", ALPHABET_LATIN1), ALPHABET_UCS2,
	    "the euro sign is GSM 7-bit, but not Latin-1");
	ok_int(text_alphabet("\u0394", ALPHABET_LATIN1), ALPHABET_UCS2,
	    "nor is Δ");
	ok_int(text_alphabet("\xff", ALPHABET_LATIN1), ALPHABET_UCS2,
	    "nor what is no UTF-8");
	ok_int(text_alphabet("abc", ALPHABET_UCS2), ALPHABET_UCS2,
	    "where nothing is agreed on all goes in UCS-2");
}

static void
ucs2(void)
{
	static const uint8_t beijing[] = {0x53, 0x17, 0x4e, 0xac};
	/* U+1F600: 0x1f600 - 0x10000 = 0xf600 = 00 0011 1101 | 10 0000 0000 */
	static const uint8_t face[] = {0xd8, 0x3d, 0xde, 0x00};
	/* U+10FFFF, the last: all twenty bits set */
	static const uint8_t last[] = {0xdb, 0xff, 0xdf, 0xff};

	ok_str(decoded(ALPHABET_UCS2, beijing, 4), "北京", "UCS-2 is read");
	ok(encodes_as("北京", ALPHABET_UCS2, beijing, 4), "and written");
	ok_str(decoded(ALPHABET_UCS2, face, 4), "\U0001F600", "a pair is read");
	ok(encodes_as("\U0001F600", ALPHABET_UCS2, face, 4), "and written");
	ok_str(decoded(ALPHABET_UCS2, last, 4), "\U0010FFFF", "the last one");
	ok(encodes_as("\U0010FFFF", ALPHABET_UCS2, last, 4), "likewise");
	ok_str(DECODED(UCS2, 0xd8, 0x3d), "\uFFFD", "a high half at the end");
	ok_str(DECODED(UCS2, 0xd8, 0x3d, 0xde), "\uFFFD\uFFFD",
	    "a pair cut inside its low half");
	ok_str(DECODED(UCS2, 0xd8, 0x3d, 0, 'A'), "\uFFFDA",
	    "a high half before a letter");
	ok_str(DECODED(UCS2, 0xd8, 0x3d, 0xd8, 0x3d, 0xde, 0),
	    "\uFFFD\U0001F600", "a high half before a pair");
	ok_str(
	    DECODED(UCS2, 0xde, 0x00, 0, 'A'), "\uFFFDA", "a low half alone");
	ok_str(DECODED(UCS2, 0, 'A', 0), "A\uFFFD", "half a character");
	ok_str(DECODED(UCS2, 0, 0, 0, 'A'), "\uFFFDA",
	    "a zero does not end the text");
}

static void
byte_order(void)
{
	ok_str(DECODED(UCS2, 0xff, 0xfe, 0x17, 0x53, 0xac, 0x4e), "北京",
	    "with a little-endian mark UCS-2 is little-endian");
	ok_str(DECODED(UCS2, 0xff, 0xfe, 0x3d, 0xd8, 0x00, 0xde), "\U0001F600",
	    "pairs too");
	ok_str(DECODED(UCS2, 0xff, 0xfe, 0x3d, 0xd8, 'A', 0), "\uFFFDA",
	    "and half of one");
	ok_str(DECODED(UCS2, 0xff, 0xfe, 'A', 0, 'B'), "A\uFFFD",
	    "half a character");
	ok_str(DECODED(UCS2, 0xfe, 0xff, 0x53, 0x17, 0x4e, 0xac), "北京",
	    "a big-endian mark is left out");
	ok_str(DECODED(UCS2, 0, 'A', 0xfe, 0xff, 0, 'B'), "A\uFEFFB",
	    "but not in the midst of a text");
	ok_str(DECODED(UCS2, 0, 'A', 0xff, 0xfe, 0, 'B'), "A\uFFFEB",
	    "where no other order begins");
	ok_str(DECODED(UCS2, 0xff, 0xfe), "", "nothing but a mark");
	ok_str(DECODED(UCS2, 0xff), "\uFFFD", "half a mark");
	ok_str(DECODED(LATIN1, 0xff, 0xfe), "ÿþ", "in Latin-1 it is none");
}

static void
other_alphabets(void)
{
	ok_str(DECODED(ASCII, 'a', '@', '$'), "a@$", "ASCII");
	ok_str(DECODED(ASCII, 0x80, 0xff, 0), "\uFFFD\uFFFD\uFFFD",
	    "what is not ASCII");
	ok_str(DECODED(LATIN1, 'a', 0xe9, 0xff), "aéÿ", "Latin-1");
	ok_str(DECODED(LATIN1, 0), "\uFFFD", "a zero in Latin-1");
	ok_str(decoded(ALPHABET_UCS2, "", 0), "", "nothing");
	ok(encodes_as("a@$[", ALPHABET_ASCII, (const uint8_t *)"a@$[", 4),
	    "ASCII is written an octet a character");
	ok(encodes_as("a\u00e9@$\u00a3", ALPHABET_LATIN1,
	       (const uint8_t *)"a\xe9@$\xa3", 5),
	    "and so is Latin-1");
	ok(encodes_as("\u00e9\u4eac", ALPHABET_ASCII, (const uint8_t *)"??", 2),
	    "what ASCII lacks becomes a question mark");
	ok(encodes_as("\u00ea", ALPHABET_LATIN1, (const uint8_t *)"?", 1),
	    "and what the SMSC has no septet for");
}

/* Output is cut at a whole character, and always ended. */
static void
decode_never_overruns(void)
{
	static const uint8_t face[] = {0xd8, 0x3d, 0xde, 0x00, 0, 'A', 0, 0xe9};
	int good = 1;

	for (size_t size = 1; size <= 16; size++) {
		char *out = malloc(size);
		size_t n =
		    text_decode(ALPHABET_UCS2, face, sizeof(face), out, size);

		good &= n < size && strlen(out) == n &&
		    strncmp("\U0001F600Aé", out, n) == 0 &&
		    (n == 0 || n == 4 || n == 5 || n == 7);
		free(out);
	}
	ok(good, "a small buffer gets whole characters and an end");
}

static void
utf8(void)
{
	static const struct {
		const char *octets, *what;
	} invalid[] = {
	    {"\x80", "a continuation alone"},
	    {"\xbf\xbf", "two of them"},
	    {"\xc0\x80", "an overlong zero"},
	    {"\xc1\xbf", "an overlong letter"},
	    {"\xe0\x9f\xbf", "an overlong form of three"},
	    {"\xf0\x8f\xbf\xbf", "an overlong form of four"},
	    {"\xed\xa0\x80", "a surrogate half"},
	    {"\xed\xbf\xbf", "the last surrogate half"},
	    {"\xf4\x90\x80\x80", "beyond U+10FFFF"},
	    {"\xf5\x80\x80\x80", "a lead octet that is none"},
	    {"\xff", "an octet that never occurs"},
	    {"\xc3", "two cut after one"},
	    {"\xe5\x8c", "three cut after two"},
	    {"\xf0\x9f\x98", "four cut after three"},
	    {"\xe5\x41\x41", "letters for continuations"},
	    {"\xf0\x9f\x98\xff", "a bad last octet"},
	};
	static const uint32_t edges[] = {0x1, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff,
	    0xe000, 0xfffd, 0xffff, 0x10000, 0x10ffff};
	static const char lengths[] = {1, 1, 2, 2, 3, 3, 3, 3, 3, 4, 4};
	int good = 1;
	uint32_t c;

	for (size_t i = 0; i < sizeof(invalid) / sizeof(*invalid); i++) {
		char *s = strdup(invalid[i].octets);
		size_t n = utf8_next(s, &c);

		ok(n == 1 && c == 0xfffd, "not UTF-8: %s", invalid[i].what);
		free(s);
	}
	for (size_t i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		char s[8] = "";
		size_t n = utf8_put(edges[i], s);

		good &= n == (size_t)lengths[i] && utf8_next(s, &c) == n &&
		    c == edges[i];
	}
	ok(good, "the first and the last character of each length");
	ok_int(utf8_next("", &c), 0, "the end");
}

/* Segments. */

#define MANY 300
static struct segment parts[MANY];

/* How many segments `n` times a character take. */
static int
segments_of(const char *c, int n, enum alphabet a)
{
	char *text = calloc(n + 1, strlen(c));
	int count;

	for (int i = 0; i < n; i++)
		strcat(text, c);
	count = text_segments(text, a, CONCAT_UDH, 0x1234, parts, MANY);
	free(text);
	return count;
}

static void
how_many(void)
{
	static const struct {
		const char *c;
		enum alphabet a;
		int n, want;
		const char *what;
	} cases[] = {
	    {"京", ALPHABET_UCS2, 70, 1, "70 characters are one"},
	    {"京", ALPHABET_UCS2, 71, 2, "71 are two"},
	    {"京", ALPHABET_UCS2, 132, 2, "132 are two"},
	    {"京", ALPHABET_UCS2, 133, 3, "133 are three"},
	    {"京", ALPHABET_UCS2, 198, 3, "198 are three"},
	    {"京", ALPHABET_UCS2, 199, 4, "199 are four"},
	    {"\U0001F600", ALPHABET_UCS2, 35, 1, "35 pairs are one"},
	    {"\U0001F600", ALPHABET_UCS2, 36, 2, "36 pairs are two"},
	    {"\U0001F600", ALPHABET_UCS2, 66, 2, "66 pairs are two"},
	    {"\U0001F600", ALPHABET_UCS2, 67, 3, "67 pairs are three"},
	    {"a", ALPHABET_GSM7, 160, 1, "160 septets are one"},
	    {"a", ALPHABET_GSM7, 161, 2, "161 are two"},
	    {"a", ALPHABET_GSM7, 304, 2, "304 are two"},
	    {"a", ALPHABET_GSM7, 305, 3, "305 are three"},
	    {"€", ALPHABET_GSM7, 80, 1, "80 escaped are one"},
	    {"€", ALPHABET_GSM7, 81, 2, "81 escaped are two"},
	    {"€", ALPHABET_GSM7, 152, 2, "152 escaped are two"},
	    {"€", ALPHABET_GSM7, 153, 3, "153 escaped are three"},
	    {"a", ALPHABET_ASCII, 140, 1, "140 of ASCII are one"},
	    {"a", ALPHABET_ASCII, 141, 2, "141 are two"},
	    {"a", ALPHABET_ASCII, 266, 2, "266 are two"},
	    {"a", ALPHABET_ASCII, 267, 3, "267 are three"},
	    {"[", ALPHABET_ASCII, 80, 1, "80 brackets, 160 septets, are one"},
	    {"[", ALPHABET_ASCII, 81, 2, "81 brackets are two"},
	    {"[", ALPHABET_ASCII, 152, 2, "152 brackets are two"},
	    {"[", ALPHABET_ASCII, 153, 3, "153 brackets are three"},
	    {"é", ALPHABET_LATIN1, 140, 1, "140 of Latin-1 are one"},
	    {"é", ALPHABET_LATIN1, 141, 2, "141 are two"},
	    {"é", ALPHABET_LATIN1, 266, 2, "266 of Latin-1 are two"},
	    {"é", ALPHABET_LATIN1, 267, 3, "267 are three"},
	    {"京", ALPHABET_UCS2, 255 * 66, 255, "255 segments can be"},
	    {"京", ALPHABET_UCS2, 255 * 66 + 1, -E2BIG,
		"256 have no number and are refused"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ok_int(segments_of(cases[i].c, cases[i].n, cases[i].a),
		    cases[i].want, "%s", cases[i].what);
}

static void
room(void)
{
	struct segment two[2];
	char text[400] = "";

	memset(text, 'a', 305);
	ok_int(text_segments(text, ALPHABET_GSM7, CONCAT_UDH, 0, two, 2),
	    -E2BIG, "three segments do not go into two");
	ok_int(text_segments(text, ALPHABET_GSM7, CONCAT_UDH, 0, two, 0),
	    -E2BIG, "nor into none");
	text[304] = '\0';
	ok_int(text_segments(text, ALPHABET_GSM7, CONCAT_UDH, 0, two, 2), 2,
	    "two do");
}

/* TS 23.040 9.2.3.24 and 9.2.3.24.8. */
static void
header(void)
{
	static const uint8_t first[] = {
	    0x06,       /* UDHL: six octets follow */
	    0x08,       /* IEI: concatenated, 16-bit reference */
	    0x04,       /* IEDL: four octets */
	    0xbe, 0xef, /* reference, high octet first */
	    0x02,       /* of two */
	    0x01,       /* the first */
	};
	char text[300] = "";

	memset(text, 'a', 161);
	text_segments(text, ALPHABET_GSM7, CONCAT_UDH, 0xbeef, parts, 2);
	ok(memcmp(parts[0].octets, first, 7) == 0,
	    "the header, octet by octet");
	ok_int(parts[1].octets[6], 2, "the second is number two");
	ok(memcmp(parts[1].octets, first, 6) == 0, "and else the same");
	ok(parts[0].udhi && parts[1].udhi, "both say that they have one");
	ok_int(parts[0].len, 7 + 152, "the first is full");
	ok_int(parts[1].len, 7 + 9, "the second has the rest");
	ok(!encoded("a", ALPHABET_GSM7)->udhi, "a single one has none");
	text_segments("", ALPHABET_UCS2, CONCAT_UDH, 0, parts, 1);
	ok_int(parts[0].len, 0, "an empty text is an empty message");
}

/* For SMPP's sar_ parameters: cut alike, without a header. */
static void
without_header(void)
{
	static struct segment bare[MANY];
	static const enum alphabet alphabets[] = {
	    ALPHABET_GSM7, ALPHABET_UCS2, ALPHABET_ASCII, ALPHABET_LATIN1};
	char text[700] = "";
	int same = 1;

	memset(text, '[', 100);
	memset(text + 100, 'a', 500);
	for (size_t i = 0; i < 4; i++) {
		enum alphabet a = alphabets[i];
		int n = text_segments(text, a, CONCAT_UDH, 9, parts, MANY);

		same &=
		    text_segments(text, a, CONCAT_SAR, 9, bare, MANY) == n &&
		    n > 1;
		for (int j = 0; j < n; j++)
			same &= !bare[j].udhi &&
			    bare[j].len + 7 == parts[j].len &&
			    memcmp(bare[j].octets, parts[j].octets + 7,
				bare[j].len) == 0;
	}
	ok(same, "for sar_ the same text without the header");
}

static void
whole_text(void)
{
	uint8_t out[16];

	ok_int(text_encode("a€", ALPHABET_GSM7, out, 16), 3, "a whole text");
	ok(memcmp(out, "a\x1b\x65", 3) == 0, "as it would be in segments");
	ok_int(text_encode("a€", ALPHABET_GSM7, out, 3), 3, "in just its room");
	ok_int(text_encode("a€", ALPHABET_GSM7, out, 2), -E2BIG, "not in less");
	ok_int(text_encode("", ALPHABET_UCS2, out, 0), 0, "nothing needs none");
	ok_int(text_encode("\U0001F600", ALPHABET_UCS2, out, 3), -E2BIG,
	    "a pair is not cut");
}

/* Are the segments whole by themselves and together what was said? */
static int
comes_through(const char *text, enum alphabet a)
{
	int n = text_segments(text, a, CONCAT_UDH, 7, parts, MANY);
	char whole[8192] = "";

	for (int i = 0; i < n; i++) {
		size_t skip = parts[i].udhi ? 7 : 0;
		const char *part =
		    decoded(a, parts[i].octets + skip, parts[i].len - skip);

		if (strstr(part, "\uFFFD") != NULL ||
		    parts[i].len > (a == ALPHABET_GSM7 ? 160 : 140) ||
		    (parts[i].udhi && a == ALPHABET_GSM7 &&
			parts[i].len > 7 + 152))
			return 0;
		strcat(whole, part);
	}
	return n > 0 && strcmp(whole, text) == 0;
}

static void
nothing_is_cut(void)
{
	int pairs = 1, escapes = 1;

	for (int before = 0; before < 400; before++) {
		char text[2048] = "";

		memset(text, 'x', before);
		for (int i = 0; i < 80; i++)
			strcat(text, "€");
		escapes &= comes_through(text, ALPHABET_GSM7);
	}
	for (int before = 0; before < 200; before++) {
		char text[2048] = "";

		memset(text, 'x', before);
		for (int i = 0; i < 80; i++)
			strcat(text, "\U0001F600");
		pairs &= comes_through(text, ALPHABET_UCS2);
	}
	ok(escapes, "no escaped character is cut, wherever it stands");
	ok(pairs, "no surrogate pair is cut");
	ok(encodes_as("a京b", ALPHABET_GSM7, (const uint8_t *)"a?b", 3),
	    "what has no septet becomes a question mark");
}

/* What a page takes, where it ends. */
static void
pages(void)
{
	ok_int(text_width("abc{", ALPHABET_GSM7), 5, "septets, ESC counted");
	ok_int(text_width("北京\x1f", ALPHABET_UCS2), 4,
	    "octets, and nothing for where it may end");
	ok_int(text_width("\U0001F600", ALPHABET_UCS2), 4, "a pair is four");
	ok_int(text_page("北京、\x1f天津、\x1f廊坊", ALPHABET_UCS2, 12), 20,
	    "a page ends behind the last whole place");
	ok_int(text_page("北京、\x1f天津、\x1f廊坊", ALPHABET_UCS2, 11), 10,
	    "also when half of the next would fit");
	ok_int(text_page("北京、\x1f天津", ALPHABET_UCS2, 10), 16,
	    "all of it when all fits");
	ok_int(text_page("北京天津", ALPHABET_UCS2, 5), 6,
	    "a piece that is too long ends with a whole character");
	ok_int(text_page("a\U0001F600", ALPHABET_UCS2, 4), 1,
	    "and no pair is cut");
	ok_int(text_page("北京", ALPHABET_UCS2, 0), 3,
	    "at least one character goes on");
	ok_int(text_page("ab{", ALPHABET_GSM7, 3), 2, "no escape is cut");
	ok_int(text_page("", ALPHABET_GSM7, 3), 0, "nothing is nothing");
}

int
main(void)
{
	gsm7_table();
	gsm7_extension();
	which_alphabet();
	alphabet_of_the_smsc();
	ucs2();
	byte_order();
	other_alphabets();
	decode_never_overruns();
	utf8();
	how_many();
	room();
	header();
	without_header();
	whole_text();
	nothing_is_cut();
	pages();
	return test_done();
}
