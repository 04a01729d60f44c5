/* Rows of subscribers, packed: those of some neighbouring numbers in one blob
 * of slices (slices.h), in each of which lie its rows, by MSISDN, IMSI, since:
 *
 *     the MSISDN's rest
 *     octet   what is given, GIVEN_…
 *     octet   language, 1 + enum language; 0 for none
 *     8 each  imsi, since, person, digits
 *     16      sealed
 *     8       until, if given
 *     8       end, if it is another
 *     octet, and so many: the carrier's name, if given
 *
 * Numbers have their low octet first. */
#ifndef ROWS_H
#define ROWS_H

#include "slices.h"
#include "store.h"

extern const struct slices_form rows_form;

/* The most octets that n rows take. */
size_t rows_bound(size_t n);

/* Packs ordered rows; returns the octets, 0 for none. */
size_t rows_pack(const struct subscriber *v, size_t n, uint8_t *out);

/* Reading one after the other. A blob of no octets holds none. */
struct rows_reader {
	const uint8_t *blob;
	struct slices slices;
	unsigned next; /* slice */
	struct slice slice;
	const uint8_t *p, *end; /* what is left of it */
};
/* All of a blob, or one slice; the octets must outlast the reader. 0, or
 * -EBADMSG. */
int rows_read(struct rows_reader *r, const uint8_t *blob, size_t len);
void rows_read_slice(struct rows_reader *r, const struct slice *slice);
/* The next row, or of a slice the next of one MSISDN: 1, 0 at the end, or
 * -EBADMSG for a blob that lies. */
int rows_next(struct rows_reader *r, struct subscriber *row);
int rows_next_of(
    struct rows_reader *r, uint64_t msisdn, struct subscriber *row);

/* The order that they are in: less than 0, 0 or more. */
int rows_compare(const struct subscriber *a, const struct subscriber *b);

#endif
