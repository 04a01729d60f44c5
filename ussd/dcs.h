/* USSD strings: UTF-8 inside, octets by a data coding scheme outside (3GPP
 * TS 23.038 5). Pure. */
#ifndef DCS_H
#define DCS_H

#include <stddef.h>
#include <stdint.h>

#include "text.h"

#define USSD_STRING 160 /* octets of the longest (TS 24.080 A) */
#define USSD_OCTETS 112 /* of one of ours: BER lengths in short form */
#define USSD_TEXT 512   /* octets of one's UTF-8, with its NUL */

/* Reads at most USSD_STRING octets. What cannot be read becomes U+FFFD; what
 * is no plain text at all (compressed, WAP …), "". */
void dcs_read(uint8_t dcs, const uint8_t *p, size_t len, char text[USSD_TEXT]);

/* Writes UTF-8 as ALPHABET_GSM7 (what has no place in it becomes '?') or as
 * ALPHABET_UCS2. The octets, or -EMSGSIZE when USSD_OCTETS are too few. */
int dcs_write(
    const char *text, enum alphabet a, uint8_t *dcs, uint8_t out[USSD_OCTETS]);

#endif
