/* USSD strings against 3GPP TS 23.038, octet by octet and against
 * libosmocore's packing. Every string is read from exactly its octets of
 * heap, so that reading on shows. */
#include "ussd/dcs.c"

#include <stdlib.h>

#include <osmocom/gsm/gsm_utils.h>

#include "test.h"

static const char *
read_as(uint8_t dcs, const void *octets, size_t len)
{
	static char text[USSD_TEXT];
	uint8_t *copy = malloc(len ? len : 1);

	memcpy(copy, octets, len);
	memset(text, '?', sizeof(text));
	dcs_read(dcs, copy, len, text);
	free(copy);
	return text;
}

#define READ(dcs, octets) read_as(dcs, octets, sizeof(octets) - 1)

/* "*10086*3#" as osmo-hlr 1.5.0 hands it on: 9 septets, 63 bits, one over. */
#define DIALLED "\xaa\x18\x0c\x86\xb3\xa9\x66\x23"

static void
test_schemes(void)
{
	ok_str(READ(0x0f, DIALLED), "*10086*3#", "0F: language unspecified");
	ok_str(READ(0x00, DIALLED), "*10086*3#", "00: German");
	ok_str(READ(0x01, DIALLED), "*10086*3#", "01: English");
	ok_str(READ(0x04, DIALLED), "*10086*3#", "04: Spanish");
	ok_str(READ(0x20, DIALLED), "*10086*3#", "20: Czech");
	ok_str(READ(0x32, DIALLED), "*10086*3#", "32: reserved");
	ok_str(READ(0x40, DIALLED), "*10086*3#", "40: GSM 7-bit");
	ok_str(READ(0x8f, DIALLED), "*10086*3#", "8F: reserved");
	ok_str(READ(0xf0, DIALLED), "*10086*3#", "F0: class 0, GSM 7-bit");
	ok_str(READ(0x44, "*10086*3#"), "*10086*3#", "44: octets");
	ok_str(READ(0xf4, "*10086*3#"), "*10086*3#", "F4: octets, class 0");
	ok_str(READ(0x54, "caf\xe9"), "café", "54: octets, Latin-1");
	ok_str(READ(0x48, "\x53\x17\x4e\xac"), "北京", "48: UCS-2");
	ok_str(READ(0x58, "\xd8\x3d\xde\x00\0!"), "😀!", "58: UCS-2, class 0");
	ok_str(READ(0x4c, DIALLED), "*10086*3#", "4C: reserved alphabet");
}

static void
test_languages(void)
{
	/* septets 7A "z", 68 "h", 0D CR, 2A "*" */
	ok_str(READ(0x10, "\x7a\x74\x43\x05"), "*", "10: behind zh CR");
	ok_str(READ(0x10, DIALLED), "*10086*3#", "10: no CR, no language");
	ok_str(READ(0x10, "\x7a"), "z", "10: shorter than a language");
	/* 'z' 7A, 'h' 68 in 14 bits, two zero, then UCS-2 */
	ok_str(READ(0x11, "\x7a\x34\x53\x17"), "北", "11: behind zh");
	ok_str(READ(0x11, "\x7a\x34"), "", "11: a language alone");
	ok_str(READ(0x11, "\x7a"), "", "11: half a language");
	ok_str(READ(0x12, DIALLED), "*10086*3#", "12: reserved");
}

static void
test_no_text(void)
{
	static const uint8_t none[] = {
	    0x60, 0x68, 0x7f, 0x90, 0x98, 0xd0, 0xe0, 0xef};
	size_t i;

	for (i = 0; i < sizeof(none); i++)
		ok_str(
		    READ(none[i], DIALLED), "", "%02X: no plain text", none[i]);
	ok_str(READ(0x0f, ""), "", "no octets");
	ok_str(READ(0x48, "\x53\x17\x4e"), "北�", "half a character");
	ok_str(READ(0x44, "a\0b"), "a�b", "a NUL does not end a text");
}

/* 6.1.2.3.1: what stands at the end of the last octet. */
static void
test_padding(void)
{
	/* seven septets: 49 bits, 7 left over, CR 0D in them */
	ok_str(READ(0x0f, "\x31\xd9\x8c\x56\xb3\xdd\x1a"), "1234567",
	    "the CR that fills seven bits is none of the text's");
	ok_str(READ(0x0f, "\x31\xd9\x8c\x56\xb3\xdd\x00"), "1234567@",
	    "seven zero bits are an @");
	/* "1234567" CR, and one more CR */
	ok_str(READ(0x0f, "\x31\xd9\x8c\x56\xb3\xdd\x1a\x0d"), "1234567\r\r",
	    "two CRs beyond an octet's end stay");
	ok_str(READ(0x0f, "\x8d"), "\r", "a CR within an octet stays");
}

/* Written, and read back. */
static int
write_as(const char *text, enum alphabet a, uint8_t want_dcs,
    const uint8_t *want, size_t len)
{
	uint8_t out[USSD_OCTETS + 1], dcs;
	int n = dcs_write(text, a, &dcs, out);

	return n == (int)len && dcs == want_dcs && memcmp(out, want, len) == 0;
}

#define WRITES(text, a, dcs, octets) \
	write_as(text, a, dcs, (const uint8_t *)octets, sizeof(octets) - 1)

static void
test_write(void)
{
	ok(WRITES("*10086*3#", ALPHABET_GSM7, 0x0f, DIALLED), "GSM 7-bit");
	ok(WRITES(
	       "1234567", ALPHABET_GSM7, 0x0f, "\x31\xd9\x8c\x56\xb3\xdd\x1a"),
	    "seven septets: a CR fills the rest");
	ok(WRITES("1234567\r", ALPHABET_GSM7, 0x0f,
	       "\x31\xd9\x8c\x56\xb3\xdd\x1a\x0d"),
	    "a CR that ends an octet goes out twice");
	ok(WRITES("1\r", ALPHABET_GSM7, 0x0f, "\xb1\x06"),
	    "one within an octet once");
	ok(WRITES(
	       "12345678", ALPHABET_GSM7, 0x0f, "\x31\xd9\x8c\x56\xb3\xdd\x70"),
	    "another does not");
	ok(WRITES("€", ALPHABET_GSM7, 0x0f, "\x9b\x32"), "an escape");
	ok(WRITES("北京", ALPHABET_UCS2, 0x48, "\x53\x17\x4e\xac"), "UCS-2");
	ok(WRITES("", ALPHABET_GSM7, 0x0f, ""), "no text");
}

static const char *
repeated(const char *s, size_t n)
{
	static char text[1024];

	for (text[0] = '\0'; n > 0; n--)
		strcat(text, s);
	return text;
}

static void
test_lengths(void)
{
	uint8_t out[USSD_OCTETS], dcs;

	ok_int(dcs_write(repeated("a", 128), ALPHABET_GSM7, &dcs, out), 112,
	    "128 septets fill 112 octets");
	ok_int(dcs_write(repeated("a", 127), ALPHABET_GSM7, &dcs, out), 112,
	    "127 and a CR too");
	ok_int(dcs_write(repeated("a", 129), ALPHABET_GSM7, &dcs, out),
	    -EMSGSIZE, "129 do not fit");
	ok_int(dcs_write(repeated("\r", 128), ALPHABET_GSM7, &dcs, out),
	    -EMSGSIZE, "nor 128 with a CR that has to go out twice");
	ok_int(dcs_write(repeated("€", 64), ALPHABET_GSM7, &dcs, out), 112,
	    "64 escaped characters");
	ok_int(dcs_write(repeated("a", 400), ALPHABET_GSM7, &dcs, out),
	    -EMSGSIZE, "more than a short message");
	ok_int(dcs_write(repeated("京", 56), ALPHABET_UCS2, &dcs, out), 112,
	    "56 characters of UCS-2");
	ok_int(dcs_write(repeated("京", 57), ALPHABET_UCS2, &dcs, out),
	    -EMSGSIZE, "57 do not fit");
	ok_int(dcs_write(repeated("京", 71), ALPHABET_UCS2, &dcs, out),
	    -EMSGSIZE, "nor 71");
	memset(out, 0xff, sizeof(out));
	ok_int(strlen(read_as(0x44, repeated("\xff", 200), 200)), 320,
	    "no more than 160 octets are read");
	ok_int(strlen(read_as(0x44, "", 0)), 0, "none is none");
}

/* The same octets as libosmocore packs, for every length. */
static void
test_libosmocore(void)
{
	uint8_t out[USSD_OCTETS], theirs[USSD_STRING], dcs;
	char text[129] = "", back[USSD_TEXT];
	int same = 1, read = 1, octets;

	for (size_t n = 0; n <= 128; n++) {
		int len = dcs_write(text, ALPHABET_GSM7, &dcs, out);

		gsm_7bit_encode_n_ussd(theirs, sizeof(theirs), text, &octets);
		same &= len == octets && memcmp(out, theirs, octets) == 0;
		gsm_7bit_decode_n_ussd(
		    back, sizeof(back), out, (uint8_t)(len * 8 / 7));
		read &= strcmp(back, text) == 0 &&
		    strcmp(read_as(dcs, out, len), text) == 0;
		if (n < 128)
			text[n] = 'A' + (n * 7 % 26), text[n + 1] = '\0';
	}
	ok(same, "0 to 128 septets: the octets that libosmocore writes");
	ok(read, "and it reads what is written");
}

int
main(void)
{
	test_schemes();
	test_languages();
	test_no_text();
	test_padding();
	test_write();
	test_lengths();
	test_libosmocore();
	return test_done();
}
