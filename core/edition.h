/* A number of what answers are made from (FNV-1a, 64 bits): processes that
 * have it all the same have the same number, whatever they had before. */
#ifndef EDITION_H
#define EDITION_H

#include <stdint.h>

#define EDITION_FIRST 14695981039346656037u

static inline uint64_t
edition_octet(uint64_t edition, uint8_t octet)
{
	return (edition ^ octet) * 1099511628211u;
}

static inline uint64_t
edition_number(uint64_t edition, uint64_t n)
{
	for (int shift = 0; shift < 64; shift += 8)
		edition = edition_octet(edition, n >> shift);
	return edition;
}

/* With its NUL, so that no two texts run into each other; null is another
 * than "". */
static inline uint64_t
edition_text(uint64_t edition, const char *s)
{
	if (s == NULL)
		return edition_octet(edition, 1);
	for (; *s != '\0'; s++)
		edition = edition_octet(edition, *s);
	return edition_octet(edition, '\0');
}

#endif
