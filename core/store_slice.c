/* The SQLite store: reading, of a blob, only the slice that a key lies in.
 *
 * An open blob of SQLite's stays in its table's tree from one look-up to the
 * next: moving it to another row is the search alone, where a statement also
 * begins and ends, and reading it copies what is asked for from the page,
 * where a statement copies all. It belongs to the snapshot, and a row that is
 * not there closes it, too. Where none can be open, a statement reads the whole
 * blob and says what is wrong. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bucket.h"
#include "store_sqlite.h"

static const struct {
	const char *table, *column;
	enum statement whole;
	const struct slices_form *form;
} kinds[STORE_BLOBS] = {
    [STORE_STAYS] = {"bucket", "stays", SQL_BUCKET_GET, &bucket_form},
    [STORE_ROWS_OF] = {"subscriber", "rows", SQL_ROWS_GET, &rows_form},
};

static int
reserve(struct store *s, size_t n)
{
	uint8_t *octets;

	if (n <= s->slice_cap)
		return 0;
	octets = realloc(s->slice_octets, 2 * n);
	if (octets == NULL)
		return -ENOMEM;
	s->slice_octets = octets;
	s->slice_cap = 2 * n;
	return 0;
}

void
store_slices_close(struct store *s)
{
	for (int i = 0; i < STORE_BLOBS; i++) {
		sqlite3_blob_close(s->blobs[i]);
		s->blobs[i] = NULL;
	}
}

/* Opens a row's blob, or moves it there: 1, or 0 when it cannot be. */
static int
seek(struct store *s, enum store_blob kind, int64_t id)
{
	sqlite3_blob **blob = &s->blobs[kind];
	int rc;

	if (!s->in_snapshot)
		return 0;
	pagecache_watch();
	if (*blob != NULL)
		rc = sqlite3_blob_reopen(*blob, id);
	else
		rc = sqlite3_blob_open(s->q.db, "main", kinds[kind].table,
		    kinds[kind].column, id, 0, blob);
	if (rc == SQLITE_OK) {
		store_trail_found(s, kind, id);
		return 1;
	}
	sqlite3_blob_close(*blob);
	*blob = NULL;
	return 0;
}

static int
read_part(
    struct store *s, enum store_blob kind, size_t at, size_t n, uint8_t *out)
{
	if (sqlite3_blob_read(s->blobs[kind], out, n, at) == SQLITE_OK)
		return 0;
	return sqlite_fault(&s->q, kinds[kind].table);
}

static int
slice_of_open(
    struct store *s, enum store_blob kind, uint64_t key, struct slice *slice)
{
	uint8_t octets[SLICES_HEAD_MAX];
	size_t len = sqlite3_blob_bytes(s->blobs[kind]);
	size_t head = slices_head(kinds[kind].form, len);
	struct slices slices;
	int rc;

	if (len == 0)
		return 0;
	rc = read_part(s, kind, 0, len < head ? len : head, octets);
	if (rc == 0)
		rc = slices_read(&slices, kinds[kind].form, octets, len);
	if (rc == 0)
		rc = slices_find(&slices, key, slice);
	if (rc <= 0)
		return rc;
	rc = reserve(s, slice->len);
	if (rc == 0)
		rc = read_part(s, kind, slice->at, slice->len, s->slice_octets);
	slice->octets = s->slice_octets;
	return rc < 0 ? rc : 1;
}

static int
slice_of_whole(struct store *s, enum store_blob kind, int64_t id, uint64_t key,
    struct slice *slice)
{
	enum statement whole = kinds[kind].whole;
	sqlite3_stmt *st = s->st[whole];
	int rc;

	sqlite3_bind_int64(st, 1, id);
	rc = store_step(s, whole);
	if (rc < 0)
		return rc;
	if (rc == 1) {
		/* the blob first: its call gives the length its meaning */
		const uint8_t *blob = sqlite3_column_blob(st, 0);

		rc = slices_look(kinds[kind].form, blob,
		    sqlite3_column_bytes(st, 0), key, slice);
	}
	if (rc == 1 && reserve(s, slice->len) < 0)
		rc = -ENOMEM;
	if (rc == 1) {
		memcpy(s->slice_octets, slice->octets, slice->len);
		slice->octets = s->slice_octets;
	}
	store_reset(s, whole);
	return rc;
}

int
store_slice(struct store *s, enum store_blob kind, int64_t id, uint64_t key,
    struct slice *slice)
{
	size_t len;
	const uint8_t *blob = store_trail_blob(s, kind, id, &len);

	if (blob != NULL)
		return slices_look(kinds[kind].form, blob, len, key, slice);
	if (seek(s, kind, id))
		return slice_of_open(s, kind, key, slice);
	return slice_of_whole(s, kind, id, key, slice);
}
