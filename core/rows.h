/* Rows of subscribers, packed: those of some neighbouring numbers in one blob,
 * so that a look-up touches little memory.
 *
 *   octet   1 (the version)
 *   each row, by MSISDN (a signed number, as the table's ids are), IMSI, since:
 *     octet   what is given, GIVEN_…
 *     octet   language, 1 + enum language; 0 for none
 *     8 each  msisdn, imsi, since, person, digits
 *     16      sealed
 *     8       until, if given
 *     8       end, if it is another
 *     octet, and so many: the carrier's name, if given
 *
 * Numbers have their low octet first. */
#ifndef ROWS_H
#define ROWS_H

#include "store.h"

/* The most octets that n rows take. */
size_t rows_bound(size_t n);

/* Packs ordered rows; returns the octets, 0 for none. */
size_t rows_pack(const struct subscriber *v, size_t n, uint8_t *out);

/* Reading one after the other. A blob of no octets holds none. */
struct rows_reader {
	const uint8_t *p, *end;
};
/* 0, or -EBADMSG. The blob must outlast the reader. */
int rows_read(struct rows_reader *r, const uint8_t *blob, size_t len);
/* The next row, or the next of one MSISDN: 1, 0 at the end, or -EBADMSG for a
 * blob that lies. */
int rows_next(struct rows_reader *r, struct subscriber *row);
int rows_next_of(
    struct rows_reader *r, uint64_t msisdn, struct subscriber *row);

/* The order that they are in: less than 0, 0 or more. */
int rows_compare(const struct subscriber *a, const struct subscriber *b);

#endif
