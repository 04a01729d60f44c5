/* The SQLite store's inside, shared by its parts: store_sqlite.c opens,
 * store_read.c reads, the others write. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

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
	int64_t msisdn; /* that it was looked for by */
	struct subscriber *v;
	size_t n, cap;
	uint8_t *blob; /* room for cap of them, packed */
};

struct store {
	struct sqlite q;
	sqlite3_stmt *st[STATEMENTS];
	int lock; /* the writer's, or -1 */
	unsigned bits;
	int in_snapshot;
	int any_out_of_use;
	struct store_cache cache;
	struct store_bucket bucket;
};

/* Runs a statement whose parameters are bound, to its end. */
int store_run(struct store *s, enum statement st);

/* This process wrote: what is in the cache may not hold any more. */
void store_forget(struct store *s);

/* Steps: 1 for a row, 0 at the end, -errno. store_reset after the rows. */
int store_step(struct store *s, enum statement st);
void store_reset(struct store *s, enum statement st);

/* The bucket of subscribers' rows that holds those of a number, or of the first
 * number after it; and the first number from *msisdn on that an IMSI has rows
 * with. 1, 0 when there is none, or -errno. What the first gives lasts until
 * store_reset(s, SQL_ROWS_GET). */
int store_rows(
    struct store *s, int64_t msisdn, struct rows_reader *r, int64_t *id);
int store_next_msisdn(struct store *s, uint64_t imsi, int64_t *msisdn);
/* Logs that; -EUCLEAN. */
int store_rows_damaged(struct store *s, int64_t id);

/* A number of the meta table. 0, -EUCLEAN when it is not there. */
int store_get_meta(struct store *s, const char *name, int64_t *value);
int store_put_meta(struct store *s, const char *name, int64_t value);

#endif
