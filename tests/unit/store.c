/* The store through store.h alone, so that every backend can pass it: opening,
 * marks, watermarks, cells, buckets, and what a reader sees when. */
#include <errno.h>
#include <time.h>

#include "bucket.h"
#include "store_fixture.h"
#include "store_sqlite.h"

static void
opening(void)
{
	store_close(writer);
	writer = NULL;
	ok_int(opens(WHERE, STORE_READ, key, GAP), -ENOENT,
	    "a reader makes no store");
	ok(strstr(logged, "there is no store yet") != NULL, "and says so");
	ok_int(opens(WHERE, STORE_WRITE, key, GAP), 0, "a writer makes one");
	ok_int(opens(WHERE, STORE_WRITE, key, GAP), 0, "and opens it again");
	ok_int(opens(WHERE, STORE_READ, key, GAP), 0, "as does a reader");
	ok_int(opens(WHERE, STORE_READ, other_key, GAP), -EKEYREJECTED,
	    "with another key it is refused");
	ok(strstr(logged, "made with another key") != NULL, "and says why");
	ok_int(opens(WHERE, STORE_WRITE, other_key, GAP), -EKEYREJECTED,
	    "to write too");
	ok_int(opens(WHERE, STORE_WRITE, key, GAP + 1), -EINVAL,
	    "with another max_gap too");
	ok(strstr(logged, "max_gap = 10800, configured is 10801") != NULL,
	    "naming both");
	ok_int(
	    opens(WHERE, STORE_READ, key, GAP - 1), -EINVAL, "to read as well");
	ok_int(opens("postgres:dbname=x", STORE_WRITE, key, GAP), -ENOTSUP,
	    "another kind of store");
}

static void
one_writer(void)
{
	begin_store();
	store_write_commit(writer);
	ok_int(opens(WHERE, STORE_WRITE, key, GAP), -EBUSY,
	    "a second writer is refused");
	ok(strstr(logged, "another process is writing") != NULL,
	    "and told why");
	ok_int(opens(WHERE, STORE_READ, key, GAP), 0, "a reader is not");
	store_close(writer);
	writer = NULL;
	ok_int(opens(WHERE, STORE_WRITE, key, GAP), 0,
	    "once the first is gone, another may write");
}

/* Marks and watermarks. */

static const char *
mark_at(uint32_t region, int64_t time)
{
	static char mark[MARK_MAX];

	return store_mark(writer, region, time, mark) == 0 ? mark : "fault";
}

static void
marks(void)
{
	begin_store();
	ok_str(mark_at(110000, 1000), "", "a region without a mark");
	store_put_mark(writer, 110000, 500, "*");
	store_put_mark(writer, 110000, 900, "");
	store_put_mark(writer, 110000, 700, "**");
	ok_str(mark_at(110000, 499), "", "before its time a mark is none");
	ok_str(mark_at(110000, 500), "*", "from then on it is");
	ok_str(mark_at(110000, 699), "*", "to the next");
	ok_str(mark_at(110000, 700), "**", "which takes its place");
	ok_str(mark_at(110000, 900), "", "an empty one ends it");
	ok_str(mark_at(120000, 700), "", "another region has none");
	store_put_mark(writer, 110000, 900, "△");
	ok_str(mark_at(110000, 900), "△", "one put again replaces itself");
	ok_str(mark_at(110000, STORE_FOREVER), "△", "and stays");
}

static int64_t
watermark(void)
{
	int64_t t;
	int rc = store_watermark(writer, &t);

	return rc < 0 ? rc : t;
}

static void
watermarks(void)
{
	begin_store();
	ok_int(watermark(), -ENOENT, "no source, no watermark");
	store_put_watermark(writer, "signalling", 100);
	ok_int(watermark(), 100, "one source's");
	store_put_watermark(writer, "signalling", 50);
	ok_int(watermark(), 100, "does not go back");
	store_put_watermark(writer, "signalling", 200);
	ok_int(watermark(), 200, "but forward");
	store_put_watermark(writer, "roaming", 150);
	ok_int(watermark(), 150, "of two the least");
	store_put_watermark(writer, "roaming", 300);
	ok_int(watermark(), 200, "whichever it is");
	reopen();
	ok_int(watermark(), 200, "and it stays");
}

/* Cells and buckets. */

static int
note_cell(uint64_t place, uint32_t valid_from, uint32_t region, void *arg)
{
	char *out = arg;

	sprintf(out + strlen(out), "%llx/%u/%u ", (unsigned long long)place,
	    valid_from, region);
	return 0;
}

static void
cells(void)
{
	char out[256] = "";

	begin_store();
	store_put_cell(writer, 1, 0, 110000);
	store_put_cell(writer, UINT64_MAX, UINT32_MAX, 120000);
	store_put_cell(writer, 1, 500, 131000);
	store_put_cell(writer, 1, 0, 120000);
	store_each_cell(writer, note_cell, out);
	ok(strstr(out, "1/0/120000 ") != NULL &&
		strstr(out, "1/500/131000 ") != NULL &&
		strstr(out, "ffffffffffffffff/4294967295/120000 ") != NULL &&
		strstr(out, "1/0/110000 ") == NULL,
	    "cells come back, the last of one place and time");
}

/* One subscriber's only stay, in a bucket. */
static void
put_in_bucket(uint64_t bucket, uint64_t imsi, uint32_t region, uint32_t first)
{
	struct stay stay = {
	    .key = imsi, .region = region, .first = first, .last = first};
	uint8_t blob[256];
	size_t n = bucket_pack(&stay, 1, blob);

	store_put_bucket(writer, bucket, blob, n);
}

static void
put_stay(uint64_t imsi, uint32_t region, uint32_t first)
{
	put_in_bucket(imsi >> (64 - store_bits(writer)), imsi, region, first);
}

/* The time of the only stay that a store knows of a key, 0 for none, or an
 * error. */
static int64_t
stay_of(struct store *s, uint64_t imsi)
{
	struct stays out = {0};
	int64_t first = store_stays(s, imsi, &out);

	if (first == 0 && out.n > 0)
		first = out.v[0].first;
	stays_free(&out);
	return first;
}

static int
note_bucket(uint64_t bucket, const uint8_t *blob, size_t len, void *arg)
{
	char *out = arg;

	(void)blob;
	sprintf(
	    out + strlen(out), "%llu/%zu ", (unsigned long long)bucket, len);
	return 0;
}

static int
stop_there(uint64_t bucket, const uint8_t *blob, size_t len, void *arg)
{
	(void)bucket, (void)blob, (void)len;
	++*(int *)arg;
	return -EUCLEAN;
}

static void
buckets(void)
{
	const uint64_t low = 7, high = UINT64_MAX - 7;
	char out[256] = "";
	int calls = 0;

	begin_buckets();
	ok_int(stay_of(writer, low), 0, "a key without stays");
	put_stay(low, 110000, 100);
	put_stay(high, 120000, 200);
	ok_int(stay_of(writer, low), 100, "one in the first bucket");
	ok_int(stay_of(writer, high), 200, "one in the last");
	ok_int(stay_of(writer, low + 1), 0, "a neighbour has none");
	store_each_bucket(writer, note_bucket, out);
	ok(strncmp(out, "0/", 2) == 0 && strstr(out, " 15/") != NULL,
	    "buckets come in order");
	ok(store_each_bucket(writer, stop_there, &calls) == -EUCLEAN &&
		calls == 1,
	    "an error stops it");
	put_stay(low, 110000, 101);
	ok_int(stay_of(writer, low), 101, "a bucket is replaced");
	store_put_bucket(writer, 0, NULL, 0);
	ok_int(stay_of(writer, low), 0, "or deleted");
	ok_int(stay_of(writer, high), 200, "the others stay");
	store_put_bucket(writer, 0, (const uint8_t *)"\1\1", 2);
	logged[0] = '\0';
	ok_int(stay_of(writer, low), -EUCLEAN, "a damaged one is said to be");
	ok(strstr(logged, "bucket 0 is damaged") != NULL, "by its number");
}

static void
rebucket(void)
{
	const uint64_t half = 1ULL << 63;
	unsigned bits;

	begin_buckets();
	bits = store_bits(writer);
	put_stay(half, 110000, 100);
	ok_int(store_rebucket(writer, bits + 3), 0, "more, smaller buckets");
	ok_int(stay_of(writer, half), 0, "drop what was in the old ones");
	put_stay(half, 110000, 200);
	ok_int(stay_of(writer, half), 200, "and take it anew");
	reopen();
	store_write_commit(writer);
	store_begin(writer);
	ok_int(store_bits(writer), bits + 3, "the store keeps their number");
	ok_int(stay_of(writer, half), 200, "and finds what is in them");
	store_end(writer);
	store_write_begin(writer);
	store_rebucket(writer, bits + 5);
	store_write_abort(writer);
	store_begin(writer);
	ok_int(stay_of(writer, half), 200, "an abort keeps the old ones");
	ok_int(store_bits(writer), bits + 3, "and their number");
	store_end(writer);
	store_write_begin(writer);
}

/* What a reader sees. */

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void
snapshots(void)
{
	struct store *reader;
	double began;

	begin_buckets();
	put_stay(7, 110000, 100);
	put(1, 1, 100, "h1");
	store_put_watermark(writer, "feed", 100);
	commit();
	reader = open_as(STORE_READ);
	store_begin(reader);
	ok_int(stay_of(reader, 7), 100, "a reader sees what is committed");
	put_stay(7, 110000, 200);
	store_put_watermark(writer, "feed", 200);
	ok_int(stay_of(reader, 7), 100, "not what is being written");
	began = seconds();
	commit();
	/* one that did would be given up after SQLITE_BUSY_MS */
	ok(seconds() - began < 8, "a commit does not wait for a reader");
	ok_int(stay_of(reader, 7), 100, "nor does the reader see it");
	store_begin(reader);
	ok_int(stay_of(reader, 7), 100, "a begin inside stays in the snapshot");
	store_end(reader);
	store_begin(reader);
	ok_int(stay_of(reader, 7), 200, "the next one sees it");
	store_end(reader);
	put_stay(7, 110000, 300);
	store_write_abort(writer);
	store_write_begin(writer);
	store_begin(reader);
	ok_int(stay_of(reader, 7), 200, "what is aborted is never seen");
	store_end(reader);
	store_end(reader);
	ok(store_begin(reader) == 0 && stay_of(reader, 7) == 200,
	    "an end too many does no harm");
	store_close(reader);
}

/* Buckets that are not there, among others, in one snapshot. */
static void
missing_buckets(void)
{
	const uint64_t half = 1ULL << 63;
	struct store *reader;

	begin_buckets();
	put_stay(7, 110000, 100);
	put_stay(UINT64_MAX, 110000, 200);
	commit();
	reader = open_as(STORE_READ);
	store_begin(reader);
	ok_int(stay_of(reader, half), 0, "nobody has stays in that bucket");
	ok_int(stay_of(reader, 7), 100, "one has in another");
	ok_int(stay_of(reader, half + 1), 0, "and nobody in the first");
	ok_int(stay_of(reader, UINT64_MAX), 200, "one has in a third");
	ok_int(stay_of(reader, 8), 0, "of the second one only that one");
	store_end(reader);
	sqlite3_exec(
	    writer->q.db, "UPDATE bucket SET stays = 7", NULL, NULL, NULL);
	commit();
	store_begin(reader);
	ok_int(stay_of(reader, 7), -EUCLEAN,
	    "a bucket of another type is damaged");
	ok_int(stay_of(reader, UINT64_MAX), -EUCLEAN, "and so is another");
	store_close(reader);
}

static void
other_bits(void)
{
	struct store *reader;

	begin_buckets();
	put_stay(7, 110000, 100);
	commit();
	reader = open_as(STORE_READ);
	store_begin(reader);
	store_rebucket(writer, 9);
	put_stay(7, 110000, 200);
	commit();
	ok_int(stay_of(reader, 7), 100, "in its snapshot buckets stay");
	store_end(reader);
	store_begin(reader);
	ok_int(stay_of(reader, 7), 200, "in the next they are the new ones");
	store_close(reader);
}

static void
statistics(void)
{
	struct store_stat st;

	begin_buckets();
	put(1, 1, 100, "h1");
	put(1, 2, 200, "h1");
	put_stay(7, 110000, 100);
	put_stay(UINT64_MAX, 110000, 100);
	store_put_cell(writer, 1, 0, 110000);
	store_put_mark(writer, 110000, 0, "*");
	store_put_watermark(writer, "feed", 100);
	store_write_commit(writer);
	store_begin(writer);
	ok_int(store_stat(writer, &st), 0, "counting");
	ok(st.subscribers == 2 && st.stays == 2 && st.with_stays == 2 &&
		st.buckets == 2 && st.cells == 1 && st.marks == 1,
	    "each thing");
	ok(st.watermark == 100 && st.bytes > 0, "watermark and size");
	ok_int(store_check(writer), 0, "a sound store");
	store_end(writer);
	store_write_begin(writer);
	put_in_bucket(3, UINT64_MAX, 110000, 100);
	store_write_commit(writer);
	store_begin(writer);
	logged[0] = '\0';
	ok_int(store_check(writer), -EUCLEAN,
	    "a key in another's bucket is damage");
	ok(strstr(logged, "bucket 3 is damaged") != NULL, "which is named");
	store_end(writer);
	store_write_begin(writer);
}

int
main(void)
{
	store_tests_begin();
	opening();
	one_writer();
	marks();
	watermarks();
	cells();
	buckets();
	rebucket();
	snapshots();
	missing_buckets();
	other_bits();
	statistics();
	return store_tests_done();
}
