/* A bucket: the stays of some 64 neighbouring keys, packed into one blob.
 *
 *   octet   1 (the version)
 *   varint  number of keys
 *   each key, ascending:
 *     varint  key less the previous one (the first as it is)
 *     varint  octets of its runs, so that a look-up skips the others
 *     each run, by region, then time:
 *       varint  region less the previous run's region
 *       varint  first, less the previous run's last when the region is
 *               the same, else as it is
 *       varint  last less first
 *
 * varint: seven bits an octet, low ones first, the high bit means more. */
#ifndef BUCKET_H
#define BUCKET_H

#include <stddef.h>
#include <stdint.h>

#include "stay.h"

/* The octets that `n` stays take at the most. */
size_t bucket_bound(size_t n);

/* Packs ordered stays; returns the octets, 0 for no stays. */
size_t bucket_pack(const struct stay *v, size_t n, uint8_t *out);

/* Appends all stays of a blob, or those of one key. 0, -EBADMSG for a blob
 * that lies, -ENOMEM. A blob of no octets holds none. */
int bucket_unpack(const uint8_t *blob, size_t len, struct stays *out);
int bucket_find(
    const uint8_t *blob, size_t len, uint64_t key, struct stays *out);

#endif
