/* The SQLite store: erasing for good. secure_delete overwrites what is freed,
 * and store_write_commit empties the log. */
#include <errno.h>
#include <stdlib.h>

#include "bucket.h"
#include "deletion.h"
#include "log.h"
#include "store_sqlite.h"

static int
read_bucket(struct store *s, uint64_t bucket, struct stays *out)
{
	sqlite3_stmt *st = s->st[SQL_BUCKET_GET];
	int rc;

	sqlite3_bind_int64(st, 1, bucket);
	rc = store_step(s, SQL_BUCKET_GET);
	if (rc == 1) {
		const uint8_t *blob = sqlite3_column_blob(st, 0);

		rc = bucket_unpack(blob, sqlite3_column_bytes(st, 0), out);
	}
	store_reset(s, SQL_BUCKET_GET);
	if (rc == -EBADMSG)
		log_error(DSTORE, "%s: bucket %llu is damaged", s->q.path,
		    (unsigned long long)bucket);
	return rc == -EBADMSG ? -EUCLEAN : rc;
}

static int
write_bucket(struct store *s, uint64_t bucket, const struct stays *stays)
{
	uint8_t *blob = malloc(bucket_bound(stays->n));
	int rc;

	if (blob == NULL)
		return -ENOMEM;
	rc = store_put_bucket(
	    s, bucket, blob, bucket_pack(stays->v, stays->n, blob));
	free(blob);
	return rc;
}

int
store_cut(struct store *s, uint64_t imsi, int64_t before, size_t *n)
{
	struct deletion one = {imsi, before};
	const struct deletions deletions = {.v = &one, .n = 1};
	uint64_t bucket = imsi >> (64 - s->bits);
	struct stays stays = {0};
	int rc = read_bucket(s, bucket, &stays);

	*n = rc == 0 ? deletions_apply(&deletions, &stays) : 0;
	if (*n > 0)
		rc = write_bucket(s, bucket, &stays);
	stays_free(&stays);
	return rc;
}

int
store_forget_all(struct store *s, int64_t now)
{
	int rc = sqlite_empty(&s->q, "meta");

	s->ranges = 1;
	if (rc == 0)
		rc = store_put_meta(s, "ranges", s->ranges);
	if (rc == 0)
		rc = store_put_meta(s, "purged", now);
	return rc < 0 ? rc : store_put_meta(s, "closed", 1);
}

int
store_reopen(struct store *s)
{
	return store_put_meta(s, "closed", 0);
}
