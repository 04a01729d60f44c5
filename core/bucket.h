/* A bucket: the stays of some 64 neighbouring keys, packed into one blob of
 * slices (slices.h), in each of which lie, for each of its keys:
 *
 *   the key's rest
 *   varint  octets of its runs, so that a look-up skips the others
 *   each run, by region, then time:
 *     varint  region less the previous run's region
 *     varint  first, less the previous run's last when the region is the
 *             same, else as it is
 *     varint  last less first
 *
 * varint: seven bits an octet, low ones first, the high bit means more. */
#ifndef BUCKET_H
#define BUCKET_H

#include <stddef.h>
#include <stdint.h>

#include "slices.h"
#include "stay.h"

extern const struct slices_form bucket_form;

/* The octets that `n` stays take at the most. */
size_t bucket_bound(size_t n);

/* Packs ordered stays; returns the octets, 0 for no stays. */
size_t bucket_pack(const struct stay *v, size_t n, uint8_t *out);

/* Appends all stays of a blob; one of no octets holds none. 0, -EBADMSG for a
 * blob that lies, -ENOMEM. */
int bucket_unpack(const uint8_t *blob, size_t len, struct stays *out);

/* Appends the stays of one key, from its slice: likewise. */
int bucket_find(const struct slice *slice, uint64_t key, struct stays *out);

#endif
