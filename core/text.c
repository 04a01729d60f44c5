/* UTF-8, GSM 7-bit default alphabet and UCS-2, and the cutting of a text into
 * short messages.
 *
 * 3GPP TS 23.038 6.2.1 has the alphabet, 6.2.1.1 its extension table, reached
 * by ESC (0x1b). UCS-2 is big-endian (23.038 6.2.3), but some senders pass on
 * what their machine has, with a byte order mark in front; characters beyond
 * the basic plane go as surrogate pairs, which phones take. A segment of
 * several:
 *
 *   06 08 04 RR RR NN SS | text
 *   |  |  |  |     |  sequence number, from 1
 *   |  |  |  |     number of segments
 *   |  |  |  16-bit reference
 *   |  |  four octets follow
 *   |  concatenated short message, 16-bit (TS 23.040 9.2.3.24.8)
 *   length of the header that follows
 */
#include <errno.h>
#include <string.h>

#include "text.h"

#define REPLACEMENT 0xfffd
#define GSM7_LAST 0x20ac /* the greatest that has a septet */
#define ESC 0x1b
#define HEADER 7

/* What a message holds: of the octets that are sent, and of the septets that
 * become of them on the way. */
struct room {
	size_t octets, septets;
};

/* Beside a header: 140 - 7 octets, 133 * 8 / 7 septets, 66 * 2 of UCS-2. */
static const struct room beside_header[] = {
    [ALPHABET_GSM7] = {152, 152},
    [ALPHABET_UCS2] = {132, SIZE_MAX},
    [ALPHABET_ASCII] = {133, 152},
    [ALPHABET_LATIN1] = {133, 152},
};

/* What the header takes of 140 octets, 160 septets, 70 * 2 of UCS-2. */
static const struct room of_header[] = {
    [ALPHABET_GSM7] = {8, 8},
    [ALPHABET_UCS2] = {8, 0},
    [ALPHABET_ASCII] = {7, 8},
    [ALPHABET_LATIN1] = {7, 8},
};

static const uint16_t gsm7[128] = {'@', 0xa3, '$', 0xa5, 0xe8, 0xe9, 0xf9, 0xec,
    0xf2, 0xc7, '\n', 0xd8, 0xf8, '\r', 0xc5, 0xe5, 0x394, '_', 0x3a6, 0x393,
    0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, REPLACEMENT, 0xc6, 0xe6,
    0xdf, 0xc9, ' ', '!', '"', '#', 0xa4, '%', '&', '\'', '(', ')', '*', '+',
    ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':',
    ';', '<', '=', '>', '?', 0xa1, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I',
    'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X',
    'Y', 'Z', 0xc4, 0xd6, 0xd1, 0xdc, 0xa7, 0xbf, 'a', 'b', 'c', 'd', 'e', 'f',
    'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u',
    'v', 'w', 'x', 'y', 'z', 0xe4, 0xf6, 0xf1, 0xfc, 0xe0};

static const struct {
	uint8_t septet;
	uint16_t c;
} extension[] = {{0x0a, '\f'}, {0x14, '^'}, {0x28, '{'}, {0x29, '}'},
    {0x2f, '\\'}, {0x3c, '['}, {0x3d, '~'}, {0x3e, ']'}, {0x40, '|'},
    {0x65, 0x20ac}};

#define EXTENSIONS (sizeof(extension) / sizeof(extension[0]))

size_t
utf8_next(const char *s, uint32_t *c)
{
	const uint8_t *u = (const uint8_t *)s;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = u[0] < 0x80 ? 1
	    : u[0] < 0xc2      ? 0
	    : u[0] < 0xe0      ? 2
	    : u[0] < 0xf0      ? 3
	    : u[0] < 0xf5      ? 4
			       : 0;

	if (u[0] == 0) {
		*c = 0;
		return 0;
	}
	*c = n == 1 ? u[0] : u[0] & (0xff >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		/* the NUL at the end is no continuation, so this stops there */
		if ((u[i] & 0xc0) != 0x80)
			goto invalid;
		*c = *c << 6 | (u[i] & 0x3f);
	}
	if (n == 0 || *c < least[n] || *c > 0x10ffff ||
	    (*c >= 0xd800 && *c < 0xe000))
		goto invalid;
	return n;
invalid:
	*c = REPLACEMENT;
	return 1;
}

size_t
utf8_put(uint32_t c, char *out)
{
	if (c < 0x80) {
		out[0] = c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = 0xc0 | c >> 6;
		out[1] = 0x80 | (c & 0x3f);
		return 2;
	}
	if (c < 0x10000) {
		out[0] = 0xe0 | c >> 12;
		out[1] = 0x80 | (c >> 6 & 0x3f);
		out[2] = 0x80 | (c & 0x3f);
		return 3;
	}
	out[0] = 0xf0 | c >> 18;
	out[1] = 0x80 | (c >> 12 & 0x3f);
	out[2] = 0x80 | (c >> 6 & 0x3f);
	out[3] = 0x80 | (c & 0x3f);
	return 4;
}

/* A character of ASCII that GSM-7 has at the same place, as most are. */
static int
is_itself(uint8_t octet)
{
	return octet < 0x80 && gsm7[octet] == octet;
}

/* One or two septets for a character; 0 when it has none. */
static size_t
septets_of(uint32_t c, uint8_t out[2])
{
	if (c > GSM7_LAST) /* most of what there is */
		return 0;
	if (c < 128 && is_itself(c)) {
		out[0] = c;
		return 1;
	}
	for (int i = 0; i < 128; i++) {
		if (gsm7[i] == c) {
			out[0] = i;
			return 1;
		}
	}
	for (size_t i = 0; i < EXTENSIONS; i++) {
		if (extension[i].c == c) {
			out[0] = ESC;
			out[1] = extension[i].septet;
			return 2;
		}
	}
	return 0;
}

static uint32_t
extended(uint8_t septet)
{
	for (size_t i = 0; i < EXTENSIONS; i++)
		if (extension[i].septet == septet)
			return extension[i].c;
	/* 23.038 6.2.1.1: ESC again is kept for another table and shown as a
	 * space, any other as the default table has it */
	return septet == ESC ? ' ' : gsm7[septet];
}

static size_t
next_gsm7(const uint8_t *in, size_t len, uint32_t *c)
{
	if (in[0] == ESC && len > 1 && in[1] < 128) {
		*c = extended(in[1]);
		return 2;
	}
	*c = in[0] < 128 ? gsm7[in[0]] : REPLACEMENT;
	return 1;
}

static uint32_t
ucs2_unit(const uint8_t *in, int little)
{
	return little ? in[1] << 8 | in[0] : in[0] << 8 | in[1];
}

static size_t
next_ucs2(const uint8_t *in, size_t len, int little, uint32_t *c)
{
	uint32_t low;

	*c = REPLACEMENT;
	if (len < 2)
		return len;
	*c = ucs2_unit(in, little);
	if (*c < 0xd800 || *c >= 0xe000)
		return 2;
	low = len < 4 ? 0 : ucs2_unit(in + 2, little);
	if (*c >= 0xdc00 || low < 0xdc00 || low >= 0xe000) {
		*c = REPLACEMENT;
		return 2;
	}
	*c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
	return 4;
}

static size_t
next_of(enum alphabet a, const uint8_t *in, size_t len, int little, uint32_t *c)
{
	switch (a) {
	case ALPHABET_GSM7:
		return next_gsm7(in, len, c);
	case ALPHABET_UCS2:
		return next_ucs2(in, len, little, c);
	case ALPHABET_ASCII:
		*c = in[0] < 128 ? in[0] : REPLACEMENT;
		return 1;
	case ALPHABET_LATIN1:
		break;
	}
	*c = in[0];
	return 1;
}

/* A byte order mark; 0xfffe is no character of any text. */
static size_t
mark_of(enum alphabet a, const uint8_t *in, size_t len, int *little)
{
	*little = 0;
	if (a != ALPHABET_UCS2 || len < 2)
		return 0;
	*little = in[0] == 0xff && in[1] == 0xfe;
	return *little || (in[0] == 0xfe && in[1] == 0xff) ? 2 : 0;
}

/* What a text in any alphabet of one octet a character begins with: nearly all
 * that is texted in one. */
static size_t
copy_ascii(const uint8_t *in, size_t len, char *out, size_t size)
{
	size_t n = 0, most = size < 4 ? 0 : size - 4;

	if (len < most)
		most = len;
	for (; n < most && is_itself(in[n]); n++)
		out[n] = in[n];
	return n;
}

size_t
text_decode(
    enum alphabet a, const uint8_t *in, size_t len, char *out, size_t size)
{
	int little;
	size_t n = 0, mark = mark_of(a, in, len, &little);
	uint32_t c;

	in += mark;
	len -= mark;
	if (a != ALPHABET_UCS2)
		n = copy_ascii(in, len, out, size);
	in += n;
	len -= n;
	while (len > 0 && n + 4 < size) {
		size_t used = next_of(a, in, len, little, &c);

		in += used;
		len -= used;
		n += utf8_put(c ? c : REPLACEMENT, out + n);
	}
	out[n] = '\0';
	return n;
}

/* The septets that a character sent in this alphabet becomes on the way; 0
 * when it has no place in the alphabet, or none in GSM-7. */
static size_t
septets_in(uint32_t c, enum alphabet a, uint8_t out[2])
{
	static const uint32_t end[] = {
	    [ALPHABET_GSM7] = UINT32_MAX,
	    [ALPHABET_UCS2] = 0,
	    [ALPHABET_ASCII] = 0x80,
	    [ALPHABET_LATIN1] = 0x100,
	};

	return c < end[a] ? septets_of(c, out) : 0;
}

enum alphabet
text_alphabet(const char *utf8, enum alphabet smsc)
{
	uint8_t septets[2];
	uint32_t c;
	size_t n;

	for (; (n = utf8_next(utf8, &c)) > 0; utf8 += n)
		if (c != TEXT_BREAK && septets_in(c, smsc, septets) == 0)
			return ALPHABET_UCS2;
	return smsc;
}

static size_t
encode_ucs2(uint32_t c, uint8_t out[4])
{
	if (c < 0x10000) {
		out[0] = c >> 8;
		out[1] = c;
		return 2;
	}
	c -= 0x10000;
	out[0] = 0xd8 | c >> 18;
	out[1] = c >> 10;
	out[2] = 0xdc | (c >> 8 & 3);
	out[3] = c;
	return 4;
}

/* One character as octets of user data, at most four, and what it takes. */
static struct room
encode(uint32_t c, enum alphabet a, uint8_t out[4])
{
	size_t n;

	if (a == ALPHABET_UCS2)
		return (struct room){encode_ucs2(c, out), 0};
	n = septets_in(c, a, out);
	if (n == 0) {
		out[0] = '?';
		return (struct room){1, 1};
	}
	if (a == ALPHABET_GSM7)
		return (struct room){n, n};
	out[0] = c;
	return (struct room){1, n};
}

/* 0x80 to 0xbf. */
static int
is_continuation(int8_t c)
{
	return c < -0x40;
}

/* Leads of three octets behind which no continuation is wrong (RFC 3629, 4);
 * behind E0 and ED some are. */
static int
is_lead_of_three(uint32_t c)
{
	return c >= 0xe1 && c <= 0xef && c != 0xed;
}

/* What three octets have beside the bits of their character, added up. */
#define MARKS ((0xe0 << 12) + (0x80 << 6) + 0x80)

/* As much of a text as fits and is ASCII, or three octets in UTF-8, in UCS-2:
 * all of nearly every Chinese text. Moves *utf8 on; what is not that, or not
 * in order, is left to fill. */
static size_t
fill_bmp(const char **utf8, uint8_t *out, size_t room)
{
	const int8_t *u = (const int8_t *)*utf8;
	uint8_t *const begin = out, *const end = out + room / 2 * 2;

	for (; out < end; out += 2) {
		uint32_t c = (uint8_t)*u;

		if (*u > 0) { /* ASCII */
			u++;
		} else if (is_lead_of_three(c) && is_continuation(u[1]) &&
		    is_continuation(u[2])) {
			c = (c << 12) + ((uint8_t)u[1] << 6) + (uint8_t)u[2] -
			    MARKS;
			u += 3;
		} else {
			break;
		}
		out[0] = c >> 8;
		out[1] = c;
	}
	*utf8 = (const char *)u;
	return out - begin;
}

/* The octets of text that fit, whole characters only; moves *utf8 on, and
 * takes from *room. */
static size_t
fill(const char **utf8, enum alphabet a, uint8_t *out, struct room *room)
{
	size_t used = 0, step;
	uint8_t octets[4];
	struct room n;
	uint32_t c;

	if (a == ALPHABET_UCS2) {
		used = fill_bmp(utf8, out, room->octets);
		room->octets -= used;
	}
	for (; (step = utf8_next(*utf8, &c)) > 0; *utf8 += step) {
		n = encode(c, a, octets);
		if (n.octets > room->octets || n.septets > room->septets)
			break;
		memcpy(out + used, octets, n.octets);
		used += n.octets;
		room->octets -= n.octets;
		room->septets -= n.septets;
	}
	return used;
}

static void
put_header(struct segment *s, uint16_t reference, int total, int number)
{
	const uint8_t header[HEADER] = {
	    6, 0x08, 4, reference >> 8, reference, total, number};

	memcpy(s->octets, header, HEADER);
	s->len += HEADER;
	s->udhi = 1;
}

int
text_encode(const char *utf8, enum alphabet a, uint8_t *out, size_t size)
{
	struct room room = {size, SIZE_MAX};
	size_t n = fill(&utf8, a, out, &room);

	return *utf8 == '\0' ? (int)n : -E2BIG;
}

/* The first of several, or the only one: with the room for a header that is
 * left, does the rest go into it as well? Moves *utf8 on. Returns its octets
 * without a header. */
static size_t
fill_first(const char **utf8, enum alphabet a, struct segment *s)
{
	struct room room = beside_header[a];
	size_t n = fill(utf8, a, s->octets, &room);
	const char *rest = *utf8;

	s->len = n;
	s->udhi = 0;
	if (*rest == '\0')
		return n;
	room.octets += of_header[a].octets;
	room.septets += of_header[a].septets;
	s->len += fill(&rest, a, s->octets + n, &room);
	if (*rest == '\0')
		*utf8 = rest;
	return n;
}

int
text_segments(const char *utf8, enum alphabet a, enum concat_mode mode,
    uint16_t reference, struct segment *out, int max)
{
	size_t header = mode == CONCAT_UDH ? HEADER : 0, first;
	int n;

	if (max < 1)
		return -E2BIG;
	first = fill_first(&utf8, a, out);
	if (*utf8 == '\0')
		return 1;
	out[0].len = first;
	memmove(out[0].octets + header, out[0].octets, first);
	for (n = 1; *utf8 != '\0'; n++) {
		struct room room = beside_header[a];

		if (n == max || n == UINT8_MAX)
			return -E2BIG;
		out[n].len = fill(&utf8, a, out[n].octets + header, &room);
		out[n].udhi = 0;
	}
	for (int i = 0; header > 0 && i < n; i++)
		put_header(&out[i], reference, n, i + 1);
	return n;
}

static size_t
width(uint32_t c, enum alphabet a)
{
	uint8_t octets[4];

	return c == TEXT_BREAK ? 0 : encode(c, a, octets).octets;
}

size_t
text_width(const char *utf8, enum alphabet a)
{
	size_t used = 0, n;
	uint32_t c;

	for (; (n = utf8_next(utf8, &c)) > 0; utf8 += n)
		used += width(c, a);
	return used;
}

size_t
text_page(const char *utf8, enum alphabet a, size_t room)
{
	size_t at = 0, at_break = 0, used = 0, n;
	uint32_t c;

	for (; (n = utf8_next(utf8 + at, &c)) > 0; at += n) {
		used += width(c, a);
		if (used > room && at > 0)
			return at_break > 0 ? at_break : at;
		if (c == TEXT_BREAK)
			at_break = at + n;
	}
	return at;
}
