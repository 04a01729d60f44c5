/* What is kept: stays in buckets, subscriber rows, cells, marks, watermarks.
 *
 * One process writes (the feed, an import); gateways read. What a reader sees
 * between store_begin and store_end is one snapshot, the last finished sweep.
 * Every call gives 0 or -errno; a fault has been logged.  A backend is one
 * struct store_ops. */
#ifndef STORE_H
#define STORE_H

#include <stddef.h>
#include <stdint.h>

#include "key.h"
#include "message.h"
#include "stay.h"

#define STORE_FOREVER INT64_MAX

/* A subscriber row. Its active times are [since, end). */
struct subscriber {
	uint64_t msisdn, imsi; /* pseudonyms */
	int64_t since;
	int64_t until;   /* as given, or STORE_FOREVER */
	int64_t end;     /* until, or where a later row takes over; derived */
	uint64_t person; /* key_person */
	uint64_t digits; /* key_identity; 0 for none */
	enum language language; /* LANGUAGES for none */
	char carrier[32];       /* "" for none */
	uint8_t sealed[KEY_SEALED];
};

#define STORE_ROWS 64 /* the most rows of one MSISDN that are read */

struct store;

/* What a store must agree with: what it was made with is recorded in it. */
struct store_terms {
	uint8_t fingerprint[KEY_FINGERPRINT];
	uint32_t max_gap;
};

enum store_mode { STORE_READ, STORE_WRITE };

/* `where` is "sqlite:DIRECTORY". STORE_WRITE makes it when it is not there
 * and is refused with -EBUSY while another process writes. -EKEYREJECTED for
 * another site key, -EINVAL for other terms, -ENOENT when there is none. */
int store_open(struct store **sp, const char *where, enum store_mode mode,
    const struct store_terms *terms);
void store_close(struct store *s);

/* The most memory, in MB, that what was read of it may take; 0 for a sixteenth
 * of the machine's, 64 at least; so many processes that open it alike share it
 * evenly. 64 until this is called. */
int store_cache(struct store *s, uint32_t mb, unsigned sharers);

/* Reading: one snapshot for as many look-ups as lie between. A begin inside
 * a snapshot stays in it. */
int store_begin(struct store *s);
void store_end(struct store *s);

/* The rows of an MSISDN, at most STORE_ROWS, latest first. -ENOENT when it
 * has none, or when its key is out of use. */
int store_subscribers(
    struct store *s, uint64_t msisdn, struct subscriber *rows, size_t *n);

/* The rows of an MSISDN will be looked up soon: hints, by which what that reads
 * is fetched from far memory meanwhile. First where it was found last, then, a
 * microsecond later, what is there. */
void store_expect(const struct store *s, uint64_t msisdn);
void store_approach(const struct store *s, uint64_t msisdn);

/* The sealed numbers of the row that an IMSI has at a time, the latest of
 * several; -ENOENT when it has none. */
int store_sealed_at(
    struct store *s, uint64_t imsi, int64_t time, uint8_t sealed[KEY_SEALED]);

/* Appends an IMSI's runs; none is no error. */
int store_stays(struct store *s, uint64_t imsi, struct stays *out);

/* The time up to which every source is complete; -ENOENT when none says. */
int store_watermark(struct store *s, int64_t *t);

/* The mark on a region at a time: "" when there is none. */
#define MARK_MAX 16
int store_mark(
    struct store *s, uint32_t region, int64_t time, char mark[MARK_MAX]);

/* Was all erased, because the service has ended, and nobody provisioned since?
 */
int store_is_closed(struct store *s);
/* When all was erased, 0 for never: records from before are refused. */
int64_t store_purged(struct store *s);

struct store_stat {
	uint64_t subscribers, with_stays, stays, buckets, cells, marks, bytes;
	int64_t watermark; /* 0 for none */
};
int store_stat(struct store *s, struct store_stat *st);

/* Looks for damage, deep and slow. 0, or -EUCLEAN with each finding logged.
 */
int store_check(struct store *s);

/* Writing: all between begin and commit, or nothing. */
int store_write_begin(struct store *s);
int store_write_commit(struct store *s);
void store_write_abort(struct store *s);
/* Leaves no octet of what was erased or replaced on disk, as store_write_commit
 * tries to. 0, or -EBUSY while a reader prevents it. */
int store_wipe(struct store *s);

/* The bucket of a key is its top `bits` bits. Changing bits drops every
 * bucket, in the same transaction that then puts them anew. */
unsigned store_bits(struct store *s);
int store_rebucket(struct store *s, unsigned bits);
/* An empty blob deletes the bucket. */
int store_put_bucket(
    struct store *s, uint64_t bucket, const uint8_t *blob, size_t len);

typedef int store_bucket_h(
    uint64_t bucket, const uint8_t *blob, size_t len, void *arg);
int store_each_bucket(struct store *s, store_bucket_h *h, void *arg);

/* Puts or replaces a row; `end` is derived by store_derive. -EEXIST when a
 * key stands for another number already: both keys are then out of use. */
int store_put_subscriber(
    struct store *s, const struct key *k, const struct subscriber *row);
/* Derives `end` anew for the rows that the puts since the last call touch. */
int store_derive(struct store *s);
/* The IMSI that an MSISDN had at a time; -ENOENT when none. */
int store_imsi_at(
    struct store *s, uint64_t msisdn, int64_t time, uint64_t *imsi);
/* True for an IMSI's key that a collision put out of use. */
int store_out_of_use(struct store *s, uint64_t imsi);

int store_put_cell(
    struct store *s, uint64_t place, uint32_t valid_from, uint32_t region);
typedef int store_cell_h(
    uint64_t place, uint32_t valid_from, uint32_t region, void *arg);
int store_each_cell(struct store *s, store_cell_h *h, void *arg);

int store_put_mark(
    struct store *s, uint32_t region, int64_t valid_from, const char *mark);

/* Erasing, between store_write_begin and store_write_commit. */

/* What an IMSI has from before a time: *n runs that were dropped or cut.
 * Inside a snapshot that was once begun. */
int store_cut(struct store *s, uint64_t imsi, int64_t before, size_t *n);
/* A person's rows of a number. Others' active times stay as they are. */
int store_forget_person(
    struct store *s, uint64_t msisdn, uint64_t person, int64_t *rows);
/* Rows that ended up to `horizon`. */
int store_forget_ended(struct store *s, int64_t horizon, int64_t *rows);
/* Everything but what the store was made with; it is closed then, and records
 * from before `now` are refused. store_reopen: it is not closed any more. */
int store_forget_all(struct store *s, int64_t now);
int store_reopen(struct store *s);

/* A source's watermark only moves forward. */
int store_put_watermark(struct store *s, const char *source, int64_t t);

#endif
