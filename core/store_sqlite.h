/* The SQLite store's inside, shared by its parts: store_sqlite.c opens,
 * store_read.c reads, the others write. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "pagecache.h"
#include "rows.h"
#include "sqlite.h"
#include "store.h"

enum statement {
	SQL_BEGIN,
	SQL_BEGIN_WRITE,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_META_GET,
	SQL_META_PUT,
	SQL_LAYOUT,
	SQL_ROWS_GET,
	SQL_MSISDN_NEXT,
	SQL_BUCKET_GET,
	SQL_BUCKET_EACH,
	SQL_DATA_VERSION,
	SQL_WATERMARK,
	SQL_MARK_GET,
	SQL_CELL_EACH,
	SQL_COUNTS,
	READ_STATEMENTS, /* those below are the writer's */
	SQL_BUCKET_PUT = READ_STATEMENTS,
	SQL_BUCKET_DELETE,
	SQL_BUCKETS_DELETE,
	SQL_OUT_OF_USE_GET,
	SQL_OUT_OF_USE_PUT,
	SQL_ROWS_PUT,
	SQL_ROWS_DELETE,
	SQL_MSISDN_PUT,
	SQL_MSISDN_DELETE,
	SQL_TOUCH,
	SQL_TOUCHED,
	SQL_UNTOUCH,
	SQL_CELL_PUT,
	SQL_MARK_PUT,
	SQL_WATERMARK_PUT,
	STATEMENTS
};

/* What every query asks for and few writes change, as of the last snapshot. */
#define MARKS 512
struct store_cache {
	int64_t data_version;
	int watermark_known;
	int watermark_rc; /* 0 or -ENOENT */
	int64_t watermark;
	int closed; /* -1: not known */
	/* by region; a mark holds from one time until another */
	struct cached_mark {
		uint32_t region; /* 0: nothing is known */
		int64_t from, until;
		char mark[MARK_MAX];
	} marks[MARKS];
};

/* A bucket of subscribers' rows that the writer has in hand. */
struct store_bucket {
	int64_t id;
	struct subscriber *v;
	size_t n, cap;
	uint8_t *blob; /* room for cap of them, packed */
};

/* What a slice is read of. */
enum store_blob { STORE_STAYS, STORE_ROWS_OF, STORE_BLOBS };

/* Where blobs of a kind were found (store_trail.c), by their ids. */
struct trails {
	struct trail *v; /* null: there is no memory */
	size_t n;        /* a power of two */
	unsigned shift;  /* over the low bits of an id, which say nothing */
};

struct store {
	struct sqlite q;
	sqlite3_stmt *st[STATEMENTS];
	int lock;       /* the writer's, or -1 */
	unsigned bits;  /* of a key, that say its bucket of stays */
	int64_t ranges; /* of MSISDNs */
	int in_snapshot;
	int any_out_of_use;
	struct store_cache cache;
	struct store_bucket bucket;
	sqlite3_blob *blobs[STORE_BLOBS]; /* open in a snapshot, or null */
	struct pagecache_page leaves[STORE_BLOBS]; /* that they stay in */
	uint8_t *slice_octets;
	size_t slice_cap;
	int leaves_trails; /* it only reads */
	struct trails trails[STORE_BLOBS];
	uint64_t trails_cache; /* pagecache.h */
	uint16_t trails_age;   /* in writes of others */
	int64_t damage_told;   /* when, by a look-up */
};

/* Runs a statement whose parameters are bound, to its end. */
int store_run(struct store *s, enum statement st);

/* This process wrote: what is in the cache may not hold any more. */
void store_forget(struct store *s);

/* Steps: 1 for a row, 0 at the end, -errno. store_reset after the rows. */
int store_step(struct store *s, enum statement st);
void store_reset(struct store *s, enum statement st);

/* Reads how the store is laid out, bits and ranges. 0 or -errno. */
int store_layout(struct store *s);

/* The numbers are cut into ranges, of which each is as long as another or twice
 * as long: the next one to be cut in two is the first of the longer ones. So
 * from their number follows which one a number lies in, and look-ups need not
 * search for it. A range's id is the greatest that its numbers begin with, of
 * so many bits: few, for SQLite reads many ids on its way to one. */
#define STORE_RANGE_BITS 28
#define STORE_RANGES_MAX (INT64_C(1) << STORE_RANGE_BITS)
static inline int64_t
store_prefix(uint64_t msisdn)
{
	return msisdn >> (64 - STORE_RANGE_BITS);
}
int64_t store_range(const struct store *s, uint64_t msisdn);

/* The first bucket of subscribers' rows whose id is at least *id, which that
 * becomes, the greatest when nothing is known of what is behind; and the first
 * number from *msisdn on that an IMSI has rows with. 1, 0 when there is none,
 * or -errno. What the first gives lasts until store_reset(s, SQL_ROWS_GET). */
int store_rows(struct store *s, struct rows_reader *r, int64_t *id);
int store_next_msisdn(struct store *s, uint64_t imsi, int64_t *msisdn);

/* Reads the slice that a key would lie in, of the blob `id`. It lasts until
 * SQLite is called, or this again. 1, 0 when nothing is there, -EBADMSG for a
 * blob that lies, or -errno, which has been logged. */
int store_slice(struct store *s, enum store_blob kind, int64_t id, uint64_t key,
    struct slice *slice);
void store_slices_close(struct store *s);

/* Where blobs were found, as many as the layout has. A blob that lies in the
 * page cache where it was found before, or null; it lasts until SQLite is
 * called. And: a search, since pagecache_watch, has just found one. */
void store_trails_fit(struct store *s);
void store_trails_free(struct store *s);
void store_trails_forget(struct store *s);
const uint8_t *store_trail_blob(
    const struct store *s, enum store_blob kind, int64_t id, size_t *len);
void store_trail_found(struct store *s, enum store_blob kind, int64_t id);
void store_trail_expect(
    const struct store *s, enum store_blob kind, int64_t id);
/* Logs that; -EUCLEAN. */
int store_rows_damaged(struct store *s, int64_t id);

/* A number of the meta table. 0, -EUCLEAN when it is not there. */
int store_get_meta(struct store *s, const char *name, int64_t *value);
int store_put_meta(struct store *s, const char *name, int64_t value);

#endif
