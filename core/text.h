/* Text as phones and SMSCs carry it: UTF-8 inside, GSM 7-bit (3GPP TS 23.038
 * 6.2.1) or UCS-2 outside, cut into segments of one short message. Pure. */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>

/* What a user data's octets are. GSM-7 is carried over SMPP one septet an
 * octet, unpacked. ASCII is 7 bit, Latin-1 is ISO 8859-1. */
enum alphabet { ALPHABET_GSM7, ALPHABET_UCS2, ALPHABET_ASCII, ALPHABET_LATIN1 };

/* Octets to UTF-8, ended by NUL. A byte order mark in front of UCS-2 says how
 * to read it, and is left out; without one it is big-endian. What cannot be
 * read becomes U+FFFD, so that any input gives valid UTF-8. Returns its length,
 * less than size. */
size_t text_decode(
    enum alphabet a, const uint8_t *in, size_t len, char *out, size_t size);

/* How to send a text to an SMSC whose data_coding 0 is `smsc`: in that if
 * every character has a place in it, else in UCS-2, which needs no agreement.
 * What is sent in ASCII or Latin-1 the SMSC transcodes to GSM-7, so there a
 * character must have a place in both: one that GSM-7 lacks would be replaced,
 * or make UCS-2 of the message on the way, twice as long as it was cut for.
 * TEXT_BREAKs count nothing. */
enum alphabet text_alphabet(const char *utf8, enum alphabet smsc);

/* One short message: user data header and text. 140 octets hold 70 UCS-2
 * characters or 160 septets; a header of 7 octets leaves 66 and 152. In ASCII
 * and Latin-1 what fits is at most 160 septets once it is transcoded, with two
 * for what is extended, and at most 140 octets, for an SMSC that sends them
 * on as 8-bit data; beside a header 152 and 133. */
#define SEGMENT_MAX 160
struct segment {
	uint8_t octets[SEGMENT_MAX]; /* as submit_sm's short_message */
	uint8_t len;
	uint8_t udhi; /* begins with a user data header */
};

/* How a phone learns what a text in several segments is part of: by a user
 * data header that we write; by SMPP's sar_ parameters, of which the SMSC makes
 * one; or the SMSC gets the text whole and cuts it itself. */
enum concat_mode { CONCAT_UDH, CONCAT_SAR, CONCAT_PAYLOAD };

/* Cuts a text into segments; those of several have room for a header, and with
 * CONCAT_UDH they begin with one of a 16-bit reference (TS 23.040
 * 9.2.3.24.8). No character, escaped character or surrogate pair is cut.
 * Returns how many, -E2BIG when `max` are too few. */
int text_segments(const char *utf8, enum alphabet a, enum concat_mode mode,
    uint16_t reference, struct segment *out, int max);

/* The whole of a text. Returns its octets, or -E2BIG when `size` are too
 * few; what goes into n segments takes at most n * SEGMENT_MAX. */
int text_encode(const char *utf8, enum alphabet a, uint8_t *out, size_t size);

/* Where a page may end; shown nowhere. */
#define TEXT_BREAK '\x1f'

/* A USSD page: 112 octets are 128 septets or 56 UCS-2 characters; longer ones
 * need a BER length that HLRs refuse. */
#define PAGE_OCTETS 112
#define PAGE_SEPTETS 128

/* What a text takes of a page: septets, or octets of UCS-2; TEXT_BREAKs
 * nothing. */
size_t text_width(const char *utf8, enum alphabet a);

/* How many octets of UTF-8 go on a page with `room` (as text_width counts):
 * all, or up to the last TEXT_BREAK behind which the rest may follow, or,
 * where one piece is longer than that, the last whole character. At least one
 * character. */
size_t text_page(const char *utf8, enum alphabet a, size_t room);

/* Reads one character; returns its octets, 0 at the end. What is not UTF-8
 * (RFC 3629) gives U+FFFD and one octet. */
size_t utf8_next(const char *s, uint32_t *c);
/* Writes one character, 1 to 4 octets. */
size_t utf8_put(uint32_t c, char *out);

#endif
