/* Within core/store_*.c: a bucket of subscribers' rows in hand (struct
 * store_bucket), which the writer takes out, edits and puts back. */
#ifndef STORE_EDIT_H
#define STORE_EDIT_H

#include "store_sqlite.h"

/* Takes the bucket out in which a number's rows lie, or would: 0 or -errno; the
 * first one from an id on: 1, 0 when there is none, -errno. */
int store_take(struct store *s, uint64_t msisdn);
int store_take_next(struct store *s, int64_t id);

/* Puts a row into its bucket. 0 or -errno. */
int store_put_row(struct store *s, const struct subscriber *row);

enum store_edit { STORE_KEEP, STORE_CHANGE, STORE_DROP };

/* What becomes of a row of the bucket in hand. An enum store_edit, or -errno.
 */
typedef int store_edit_h(struct store *s, struct subscriber *row, void *arg);

/* Edits the bucket in hand, of it the rows of *msisdn unless that is null; a
 * number's rows; the rows of every number that an IMSI has rows with, others'
 * too. How many rows were changed or dropped, or -errno. */
int64_t store_edit(
    struct store *s, const uint64_t *msisdn, store_edit_h *h, void *arg);
int64_t store_edit_msisdn(
    struct store *s, uint64_t msisdn, store_edit_h *h, void *arg);
int64_t store_edit_imsi(
    struct store *s, uint64_t imsi, store_edit_h *h, void *arg);

/* Which numbers an IMSI has rows with lies in a table of its own: runs a
 * statement of that for the two. 0 or -errno. */
int store_run_pair(
    struct store *s, enum statement st, uint64_t imsi, uint64_t msisdn);

#endif
