/* Slices: how a blob of many keys' octets is laid out, so that a look-up reads
 * two small parts of it and not the rest.
 *
 *   octet   the version of what is in it
 *   octet   shift
 *   8       base, its low octet first
 *   ends    where each slice ends, counted from behind the ends, the low octet
 *           first: two octets, or four in a blob of 64 KiB or more
 *   slices  one behind the other
 *
 *   a key:  | as in base | slice | rest |
 *                                  `shift` bits
 *
 * The slice of a key is (key - base) >> shift. Of a key only the rest is kept,
 * in as few octets as hold it, the high one first; the keys of a slice ascend.
 * Keys are pseudonyms and lie evenly, so the slices are of a size. Reading
 * believes no length. */
#ifndef SLICES_H
#define SLICES_H

#include <stddef.h>
#include <stdint.h>

#define SLICES_MAX 32
#define SLICES_HEAD_MAX (2 + 8 + 4 * SLICES_MAX)

struct slices_form {
	uint8_t version;
	uint8_t bits; /* there are 1 << bits slices, at most SLICES_MAX */
};

struct slices {
	const uint8_t *ends;
	uint64_t base;
	unsigned shift, n;
	size_t width; /* of an end */
	size_t body, len;
};

/* One of them; it does not need the blob's head any more. */
struct slice {
	uint64_t base; /* its lowest key */
	unsigned shift;
	size_t rest;    /* octets of a key's rest */
	size_t at, len; /* where in the blob */
	const uint8_t *octets;
};

/* The octets in front of the slices, in a blob of `len` octets. */
size_t slices_head(const struct slices_form *form, size_t len);

/* Reads the head of a blob of `len` octets, which must outlast `s`. 0, or
 * -EBADMSG; a blob of no octets has no head. */
int slices_read(struct slices *s, const struct slices_form *form,
    const uint8_t *head, size_t len);

/* Where the i-th slice lies, and the one of a key; slice->octets is for who
 * reads them to set. 1, 0 when nothing is there, or -EBADMSG. */
int slices_at(const struct slices *s, unsigned i, struct slice *slice);
int slices_find(const struct slices *s, uint64_t key, struct slice *slice);

/* The slice of a key in a blob that is read whole: likewise, with its octets.
 */
int slices_look(const struct slices_form *form, const uint8_t *blob, size_t len,
    uint64_t key, struct slice *slice);

/* The key whose rest is at p, slice->rest octets. 0, or -EBADMSG. */
int slice_key(const struct slice *slice, const uint8_t *p, uint64_t *key);

/* Writing, into room for SLICES_HEAD_MAX octets and what is in the slices.
 * slices_begin gives where the first slice begins; slices_put_rest writes a
 * key's rest at p, and slices_put_end that what has been put up to p is of that
 * key and those before it: both give p, moved on. slices_end gives the octets
 * of the blob. */
struct slices_writer {
	const struct slices_form *form;
	uint8_t *out, *body;
	uint64_t base;
	unsigned shift;
	size_t ends[SLICES_MAX];
};
uint8_t *slices_begin(struct slices_writer *w, const struct slices_form *form,
    uint64_t lowest, uint64_t highest, uint8_t *out);
uint8_t *slices_put_rest(
    const struct slices_writer *w, uint64_t key, uint8_t *p);
uint8_t *slices_put_end(struct slices_writer *w, uint64_t key, uint8_t *p);
size_t slices_end(struct slices_writer *w, uint8_t *p);

#endif
