/* The SQLite store's inside, shared by its three parts: store_sqlite.c opens,
 * store_read.c reads, store_write.c writes. */
#ifndef STORE_SQLITE_H
#define STORE_SQLITE_H

#include "sqlite.h"
#include "store.h"

enum statement {
	SQL_BEGIN,
	SQL_BEGIN_WRITE,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_META_GET,
	SQL_META_PUT,
	SQL_SUBSCRIBERS,
	SQL_SEALED_AT,
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
	SQL_SEALED_OF_MSISDN,
	SQL_SEALED_OF_IMSI,
	SQL_OUT_OF_USE_GET,
	SQL_OUT_OF_USE_PUT,
	SQL_SUBSCRIBER_PUT,
	SQL_SUBSCRIBER_DELETE_MSISDN,
	SQL_SUBSCRIBER_DELETE_IMSI,
	SQL_SUBSCRIBER_DELETE_PERSON,
	SQL_SUBSCRIBER_DELETE_ENDED,
	SQL_PIN,
	SQL_TOUCH,
	SQL_DERIVE_MSISDN,
	SQL_DERIVE_IMSI,
	SQL_UNTOUCH,
	SQL_IMSI_AT,
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

struct store {
	struct sqlite q;
	sqlite3_stmt *st[STATEMENTS];
	int lock; /* the writer's, or -1 */
	unsigned bits;
	int in_snapshot;
	int any_out_of_use;
	struct store_cache cache;
};

/* Runs a statement whose parameters are bound, to its end. */
int store_run(struct store *s, enum statement st);

/* This process wrote: what is in the cache may not hold any more. */
void store_forget(struct store *s);

/* Steps: 1 for a row, 0 at the end, -errno. store_reset after the rows. */
int store_step(struct store *s, enum statement st);
void store_reset(struct store *s, enum statement st);

/* A number of the meta table. 0, -EUCLEAN when it is not there. */
int store_get_meta(struct store *s, const char *name, int64_t *value);
int store_put_meta(struct store *s, const char *name, int64_t value);

#endif
