/* Data coding schemes of USSD. The octet is read as a Cell Broadcast's (TS
 * 23.038 5), by its upper half:
 *
 *   0, 2, 3   GSM 7-bit, in some language; so is all that is reserved
 *   1         10: GSM 7-bit behind a language, "zh" CR
 *             11: UCS-2 behind one, two septets in two octets
 *   4, 5      bits 3 and 2 name the alphabet: 00 GSM 7-bit, 01 octets,
 *             10 UCS-2
 *   15        bit 2 does: 0 GSM 7-bit, 1 octets
 *   6, 7      compressed;  9: a header first;  13, 14: no text
 *
 * Septets lie packed, the first in the low bits of the first octet
 * (6.1.2.3.1):
 *
 *   bit  7 6 5 4 3 2 1 0 | 7 6 5 4 3 2 1 0 | …
 *        b 1 1 1 1 1 1 1   c c 2 2 2 2 2 2
 *
 * Seven bits left over would be an '@', so a CR fills them, and one that
 * stands at the end of an octet is taken off again; libosmocore does the
 * same, but packs by way of malloc and reads into Latin-1. */
#include <errno.h>
#include <string.h>

#include "dcs.h"

#define DCS_GSM7 0x0f
#define DCS_UCS2 0x48
#define DCS_LANGUAGE_GSM7 0x10
#define DCS_LANGUAGE_UCS2 0x11
#define LANGUAGE_SEPTETS 3
#define LANGUAGE_OCTETS 2
#define CR 0x0d
#define SEPTETS_MAX (USSD_STRING * 8 / 7)

/* The alphabet, or -1 for what is no plain text. */
static int
alphabet_of(uint8_t dcs)
{
	static const int general[] = {
	    ALPHABET_GSM7, ALPHABET_LATIN1, ALPHABET_UCS2, ALPHABET_GSM7};

	switch (dcs >> 4) {
	case 1:
		return dcs == DCS_LANGUAGE_UCS2 ? ALPHABET_UCS2 : ALPHABET_GSM7;
	case 4:
	case 5:
		return general[dcs >> 2 & 3];
	case 6:
	case 7:
	case 9:
	case 13:
	case 14:
		return -1;
	case 15:
		return dcs & 4 ? ALPHABET_LATIN1 : ALPHABET_GSM7;
	}
	return ALPHABET_GSM7;
}

static size_t
unpack(const uint8_t *p, size_t len, uint8_t septets[SEPTETS_MAX])
{
	unsigned held = 0, bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		held |= p[i] << bits;
		for (bits += 8; bits >= 7; bits -= 7) {
			septets[n++] = held & 0x7f;
			held >>= 7;
		}
	}
	if (bits == 0 && n > 0 && septets[n - 1] == CR)
		n--;
	return n;
}

void
dcs_read(uint8_t dcs, const uint8_t *p, size_t len, char text[USSD_TEXT])
{
	uint8_t septets[SEPTETS_MAX];
	int a = alphabet_of(dcs);

	text[0] = '\0';
	if (a < 0)
		return;
	if (len > USSD_STRING)
		len = USSD_STRING;
	if (a == ALPHABET_GSM7) {
		len = unpack(p, len, septets);
		p = septets;
		if (dcs == DCS_LANGUAGE_GSM7 && len >= LANGUAGE_SEPTETS &&
		    p[LANGUAGE_SEPTETS - 1] == CR)
			p += LANGUAGE_SEPTETS, len -= LANGUAGE_SEPTETS;
	} else if (dcs == DCS_LANGUAGE_UCS2) {
		size_t language = len < LANGUAGE_OCTETS ? len : LANGUAGE_OCTETS;

		p += language, len -= language;
	}
	text_decode(a, p, len, text, USSD_TEXT);
}

static size_t
pack(const uint8_t *septets, size_t n, uint8_t *out)
{
	unsigned held = 0, bits = 0;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		held |= septets[i] << bits;
		for (bits += 7; bits >= 8; bits -= 8) {
			out[len++] = held;
			held >>= 8;
		}
	}
	if (bits > 0)
		out[len++] = held;
	return len;
}

/* `septets` has room for one more. */
static int
write_gsm7(uint8_t *septets, size_t n, uint8_t out[USSD_OCTETS])
{
	if (n % 8 == 7 || (n > 0 && n % 8 == 0 && septets[n - 1] == CR))
		septets[n++] = CR;
	return n * 7 <= USSD_OCTETS * 8 ? (int)pack(septets, n, out)
					: -EMSGSIZE;
}

int
dcs_write(
    const char *text, enum alphabet a, uint8_t *dcs, uint8_t out[USSD_OCTETS])
{
	uint8_t octets[SEGMENT_MAX + 1];
	int n = text_encode(text, a, octets, SEGMENT_MAX);

	if (n < 0)
		return -EMSGSIZE;
	*dcs = a == ALPHABET_GSM7 ? DCS_GSM7 : DCS_UCS2;
	if (a == ALPHABET_GSM7)
		return write_gsm7(octets, n, out);
	if (n > USSD_OCTETS)
		return -EMSGSIZE;
	memcpy(out, octets, n);
	return n;
}
