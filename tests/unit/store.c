/* The store through store.h alone, so that every backend can pass it, and
 * behind that what only the SQLite one has: its files. */
#include "store.h"

#include <errno.h>
#include <sqlite3.h>
#include <time.h>

#include "bucket.h"
#include "fixture.h"
#include "test.h"

#define WHERE "sqlite:store"
#define GAP 10800

static struct key *key, *other_key;
static struct store *writer;

/* Opening. */

static struct store_terms
terms_of(const struct key *k, uint32_t max_gap)
{
	struct store_terms t = {.max_gap = max_gap};

	key_fingerprint(k, t.fingerprint);
	return t;
}

static struct store *
open_as(enum store_mode mode)
{
	struct store_terms t = terms_of(key, GAP);
	struct store *s = NULL;

	return store_open(&s, WHERE, mode, &t) == 0 ? s : NULL;
}

static int
opens(const char *where, enum store_mode mode, const struct key *k,
    uint32_t max_gap)
{
	struct store_terms t = terms_of(k, max_gap);
	struct store *s = NULL;
	int rc;

	logged[0] = '\0';
	rc = store_open(&s, where, mode, &t);
	if (rc == 0)
		store_close(s);
	return rc;
}

/* An empty store, open for writing. */
static void
begin_store(void)
{
	store_close(writer);
	if (system("rm -rf store") != 0)
		exit(1);
	writer = open_as(STORE_WRITE);
	if (writer == NULL || store_write_begin(writer) < 0)
		exit(1);
}

/* What was written is committed, and more can be. */
static void
commit(void)
{
	if (store_write_commit(writer) < 0 || store_write_begin(writer) < 0)
		exit(1);
}

static void
reopen(void)
{
	store_write_commit(writer);
	store_close(writer);
	writer = open_as(STORE_WRITE);
	if (writer == NULL || store_write_begin(writer) < 0)
		exit(1);
}

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

/* Subscribers. */

/* A row of short names: numbers by their last digits, "" for no holder. */
static struct subscriber
row(int msisdn, int imsi, int64_t since, const char *holder)
{
	struct subscriber r = {
	    .since = since,
	    .until = STORE_FOREVER,
	    .language = LANGUAGES,
	};
	char m[DIGITS_MAX + 1], i[DIGITS_MAX + 1], own[64];

	snprintf(m, sizeof(m), "86138001380%02u", msisdn % 100u);
	snprintf(i, sizeof(i), "4600012345678%02u", imsi % 100u);
	snprintf(own, sizeof(own), "%d %lld", imsi, (long long)since);
	r.msisdn = key_msisdn(key, m);
	r.imsi = key_imsi(key, i);
	r.person = key_person(key, r.msisdn, holder, "", own);
	key_seal(key, i, m, r.sealed);
	return r;
}

static uint64_t
msisdn_key(int msisdn)
{
	return row(msisdn, 0, 0, "").msisdn;
}

static uint64_t
imsi_key(int imsi)
{
	return row(0, imsi, 0, "").imsi;
}

static int
put_until(
    int msisdn, int imsi, int64_t since, int64_t until, const char *holder)
{
	struct subscriber r = row(msisdn, imsi, since, holder);

	r.until = until;
	return store_put_subscriber(writer, key, &r);
}

static int
put(int msisdn, int imsi, int64_t since, const char *holder)
{
	return put_until(msisdn, imsi, since, STORE_FOREVER, holder);
}

static size_t
read_rows(int msisdn, struct subscriber rows[STORE_ROWS])
{
	size_t n = 0;

	store_derive(writer);
	return store_subscribers(writer, msisdn_key(msisdn), rows, &n) == 0 ? n
									    : 0;
}

/* Where a row ends, -1 for a row that is not there. */
static int64_t
end_of(int msisdn, int imsi, int64_t since)
{
	struct subscriber rows[STORE_ROWS];
	size_t n = read_rows(msisdn, rows);

	for (size_t i = 0; i < n; i++)
		if (rows[i].imsi == imsi_key(imsi) && rows[i].since == since)
			return rows[i].end;
	return -1;
}

static void
rows_come_back(void)
{
	struct subscriber r = row(1, 1, 100, "h1"), rows[STORE_ROWS];
	size_t n;

	begin_store();
	r.until = 900;
	r.digits = key_identity(key, r.msisdn, "123X");
	r.language = LANG_EN;
	strcpy(r.carrier, "cmcc");
	ok_int(store_put_subscriber(writer, key, &r), 0, "a row is put");
	ok_int(read_rows(1, rows), 1, "and comes back");
	ok(rows[0].msisdn == r.msisdn && rows[0].imsi == r.imsi &&
		rows[0].person == r.person && rows[0].digits == r.digits,
	    "with its keys");
	ok(rows[0].since == 100 && rows[0].until == 900 && rows[0].end == 900,
	    "its times");
	ok(rows[0].language == LANG_EN && strcmp(rows[0].carrier, "cmcc") == 0,
	    "its language and carrier");
	ok(memcmp(rows[0].sealed, r.sealed, KEY_SEALED) == 0,
	    "and its numbers, sealed");
	put(1, 2, 300, "h1");
	put(1, 3, 200, "h1");
	read_rows(1, rows);
	ok(rows[0].since == 300 && rows[1].since == 200 && rows[2].since == 100,
	    "of several the latest comes first");
	ok(rows[0].language == LANGUAGES && rows[0].carrier[0] == '\0' &&
		rows[0].until == STORE_FOREVER && rows[0].digits == 0,
	    "what is not given is none");
	ok_int(store_subscribers(writer, msisdn_key(2), rows, &n), -ENOENT,
	    "a number without a row");
	for (int i = 0; i < 80; i++)
		put(3, i, i, "h1");
	ok_int(read_rows(3, rows), STORE_ROWS, "of very many rows 64");
	ok_int(rows[STORE_ROWS - 1].since, 80 - STORE_ROWS, "the latest");
	r = row(5, 5, 0, "h1");
	key_seal(other_key, "460001234567805", "8613800138005", r.sealed);
	ok_int(store_put_subscriber(writer, key, &r), -EINVAL,
	    "a row sealed with another key is refused");
}

/* DESIGN: a row without active_until ends where a later row of its IMSI with
 * another MSISDN, or of its MSISDN with another holder, begins. */
static void
derived_ends(void)
{
	begin_store();
	put(1, 1, 100, "h1");
	ok_int(end_of(1, 1, 100), STORE_FOREVER, "a row alone has no end");
	put_until(2, 2, 100, 500, "h1");
	ok_int(end_of(2, 2, 100), 500, "active_until is one");
	put(1, 3, 200, "h1");
	ok_int(end_of(1, 1, 100), STORE_FOREVER,
	    "a new SIM of the same holder ends nothing");
	put(1, 1, 250, "h1");
	ok_int(
	    end_of(1, 1, 100), STORE_FOREVER, "nor does the same pair, later");
	put(4, 1, 300, "h1");
	ok_int(end_of(1, 1, 100), 300, "an IMSI that moves to another MSISDN");
	ok_int(end_of(1, 1, 250), 300, "ends every earlier row of it");
	ok_int(end_of(1, 3, 200), STORE_FOREVER, "not those of other IMSIs");
	ok_int(end_of(4, 1, 300), STORE_FOREVER, "nor its own");
	put(1, 5, 280, "h2");
	ok_int(end_of(1, 3, 200), 280, "an MSISDN that goes to another holder");
	ok_int(end_of(1, 1, 100), 280, "ends earlier than the IMSI's move");
	ok_int(end_of(1, 5, 280), STORE_FOREVER, "the new holder's goes on");
	put(2, 6, 300, "h2");
	ok_int(end_of(2, 2, 100), 500, "a given end stays, come what may");
}

static void
chains(void)
{
	begin_store();
	put(1, 1, 100, "h1");
	put(1, 2, 200, "h2");
	put(1, 3, 300, "h3");
	ok(end_of(1, 1, 100) == 200 && end_of(1, 2, 200) == 300 &&
		end_of(1, 3, 300) == STORE_FOREVER,
	    "three holders, one after the other");
	put(2, 10, 100, "h1");
	put(3, 10, 200, "h1");
	put(2, 10, 300, "h1");
	ok(end_of(2, 10, 100) == 200 && end_of(3, 10, 200) == 300 &&
		end_of(2, 10, 300) == STORE_FOREVER,
	    "an IMSI that moves and moves back");
	put(4, 20, 300, "h3");
	put(4, 21, 100, "h1");
	put(4, 22, 200, "h2");
	ok(end_of(4, 21, 100) == 200 && end_of(4, 22, 200) == 300 &&
		end_of(4, 20, 300) == STORE_FOREVER,
	    "rows that come out of order");
	put(5, 30, 100, "");
	put(5, 31, 200, "");
	ok_int(end_of(5, 30, 100), 200,
	    "without holder and digits each row is another person's");
}

/* A later import may change what an earlier one derived. */
static void
imported_again(void)
{
	struct subscriber rows[STORE_ROWS];

	begin_store();
	put(1, 1, 100, "h1");
	put(1, 2, 200, "h2");
	store_derive(writer);
	reopen();
	ok_int(end_of(1, 1, 100), 200, "after a reopening all is as it was");
	put(1, 2, 200, "h1");
	ok_int(read_rows(1, rows), 2, "a row put again replaces itself");
	ok_int(end_of(1, 1, 100), STORE_FOREVER,
	    "with its holder set right, the earlier one goes on");
	put_until(1, 1, 100, 150, "h1");
	ok_int(end_of(1, 1, 100), 150, "put again with an end, it ends");
	put(1, 1, 100, "h1");
	ok_int(end_of(1, 1, 100), STORE_FOREVER, "and without, it does not");
	put(2, 2, 50, "h1");
	ok_int(end_of(2, 2, 50), 200, "an earlier row put later ends too");
	commit();
	put(1, 3, 300, "h9");
	store_derive(writer);
	store_write_abort(writer);
	store_write_begin(writer);
	ok_int(end_of(1, 2, 200), STORE_FOREVER, "an abort undoes all of it");
	ok_int(read_rows(1, rows), 2, "rows as well");
}

/* The last digits of the IMSI of number 1 at a time, or the error. */
static int
imsi_at(int64_t time)
{
	uint64_t imsi;
	int rc;

	store_derive(writer);
	rc = store_imsi_at(writer, msisdn_key(1), time, &imsi);
	for (int i = 0; rc == 0 && i < 100; i++)
		if (imsi_key(i) == imsi)
			return i;
	return rc;
}

static void
imsi_by_msisdn(void)
{
	begin_store();
	put(1, 11, 100, "h1");
	put(1, 12, 200, "h1");
	put_until(1, 13, 300, 400, "h2");
	ok_int(imsi_at(99), -ENOENT, "before its first row none");
	ok_int(imsi_at(100), 11, "from its first second");
	ok_int(imsi_at(199), 11, "to the last before the next SIM");
	ok_int(imsi_at(200), 12, "then the new one");
	ok_int(imsi_at(299), 12, "to the next holder");
	ok_int(imsi_at(300), 13, "then that one's");
	ok_int(imsi_at(399), 13, "to its last second");
	ok_int(imsi_at(400), -ENOENT, "and none after its end");
}

/* Two numbers under one key, which SipHash gives once in a long while. */
static int
put_colliding(int msisdn, int imsi, int like_msisdn, int like_imsi)
{
	struct subscriber r = row(msisdn, imsi, 100, "h1");

	if (like_msisdn)
		r.msisdn = msisdn_key(like_msisdn);
	if (like_imsi)
		r.imsi = imsi_key(like_imsi);
	return store_put_subscriber(writer, key, &r);
}

static void
msisdn_collision(void)
{
	struct subscriber rows[STORE_ROWS];

	begin_store();
	put(1, 1, 100, "h1");
	put(1, 2, 200, "h1");
	put(5, 5, 100, "h1");
	ok_int(put(1, 1, 100, "h1"), 0, "the same number is no collision");
	ok_int(put_colliding(2, 3, 1, 0), -EEXIST, "another under its key is");
	ok_int(read_rows(1, rows), 0, "then neither is provisioned");
	ok_int(imsi_at(150), -ENOENT, "nor found for a record");
	ok_int(put(1, 1, 100, "h1"), -EEXIST, "nor can the first be again");
	ok_int(put_colliding(2, 3, 1, 0), -EEXIST, "or the second");
	reopen();
	ok_int(put(1, 1, 100, "h1"), -EEXIST, "after a reopening too");
	ok_int(read_rows(1, rows), 0, "it stays so");
	ok_int(read_rows(5, rows), 1, "other numbers are as they were");
}

static void
imsi_collision(void)
{
	struct subscriber rows[STORE_ROWS];

	begin_store();
	put(1, 1, 100, "h1");
	put(2, 2, 100, "h1");
	ok_int(put(2, 1, 200, "h1"), 0, "an IMSI that moves is no collision");
	ok_int(put_colliding(3, 3, 0, 1), -EEXIST, "two IMSIs of one key are");
	ok(store_out_of_use(writer, imsi_key(1)), "their key is out of use");
	ok(!store_out_of_use(writer, imsi_key(2)), "another is not");
	ok_int(read_rows(1, rows), 0, "the first number is not provisioned");
	ok_int(read_rows(3, rows), 0, "nor is the second");
	ok_int(read_rows(2, rows), 1, "who had it too keeps other IMSIs");
	reopen();
	ok(store_out_of_use(writer, imsi_key(1)), "it stays so");
	ok_int(put(1, 1, 100, "h1"), -EEXIST, "whoever asks for it");
	store_put_subscriber(writer, key, &(struct subscriber){0});
	ok_int(put(1, 4, 100, "h1"), 0, "the number may have another IMSI");
}

static void
collision_undone(void)
{
	struct subscriber rows[STORE_ROWS];

	begin_store();
	put(1, 1, 100, "h1");
	commit();
	put_colliding(2, 3, 1, 0);
	store_write_abort(writer);
	store_write_begin(writer);
	ok_int(read_rows(1, rows), 1, "an abort undoes a collision");
	ok_int(put(1, 1, 100, "h1"), 0, "wholly");
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

/* One subscriber's only stay, in its bucket. */
static void
put_stay(uint64_t imsi, uint32_t region, uint32_t first)
{
	struct stay stay = {
	    .key = imsi, .region = region, .first = first, .last = first};
	uint8_t blob[64];
	size_t n = bucket_pack(&stay, 1, blob);

	store_put_bucket(writer, imsi >> (64 - store_bits(writer)), blob, n);
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

/* The writer knows its number of bits once it has begun a snapshot. */
static void
begin_buckets(void)
{
	begin_store();
	store_write_commit(writer);
	store_begin(writer);
	store_end(writer);
	store_write_begin(writer);
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
	ok(seconds() - began < 2, "a commit does not wait for a reader");
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
	store_put_bucket(writer, 3, (const uint8_t *)"\1\1\7\3\1\1\0", 7);
	store_write_commit(writer);
	store_begin(writer);
	logged[0] = '\0';
	ok_int(store_check(writer), -EUCLEAN,
	    "a key in another's bucket is damage");
	ok(strstr(logged, "bucket 3 is damaged") != NULL, "which is named");
	store_end(writer);
	store_write_begin(writer);
}

/* The files. */

static const char *const files[] = {
    "store/stays.db",
    "store/stays.db-wal",
    "store/stays.db-shm",
    "store/writer.lock",
};

#define FILES (sizeof(files) / sizeof(*files))

/* Is it in any file of the store? */
static int
on_disk(const void *what, size_t len)
{
	int found = 0;

	for (size_t i = 0; i < FILES; i++) {
		FILE *in = fopen(files[i], "r");
		char *all = malloc(8 << 20);
		size_t n = in ? fread(all, 1, 8 << 20, in) : 0;

		found |= memmem(all, n, what, len) != NULL;
		free(all);
		if (in != NULL)
			fclose(in);
	}
	return found;
}

static void
file_modes(void)
{
	mode_t mask = umask(0);
	struct stat st;

	begin_store();
	put(1, 1, 100, "h1");
	commit();
	put(1, 2, 100, "h1");
	for (size_t i = 0; i < FILES; i++)
		ok(stat(files[i], &st) == 0 && (st.st_mode & 07777) == 0600,
		    "%s is its owner's alone", files[i]);
	ok(stat("store", &st) == 0 && (st.st_mode & 07777) == 0700,
	    "as is the folder");
	ok(umask(mask) == 0, "the process's mask is left as it was");
}

static void
nothing_in_clear(void)
{
	struct subscriber r = row(1, 1, 100, "holder-of-one");
	uint64_t sealed;

	begin_store();
	r.digits = key_identity(key, r.msisdn, "7Q5Z");
	store_put_subscriber(writer, key, &r);
	commit();
	memcpy(&sealed, r.sealed, 8);
	ok(on_disk(&sealed, 8), "a row is on disk");
	ok(!on_disk("13800138001", 11), "its MSISDN is not");
	ok(!on_disk("460001234567801", 15), "nor its IMSI");
	ok(!on_disk("7Q5Z", 4), "nor its digits");
	ok(!on_disk("holder-of-one", 13), "nor its holder");
}

/* secure_delete: what is deleted leaves no octet behind. */
static void
deleted_for_good(void)
{
	static uint8_t secret[3000];
	struct subscriber r = row(1, 1, 100, "h1");

	begin_buckets();
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = pseudo_random() >> 56;
	store_put_bucket(writer, 3, secret, sizeof(secret));
	store_put_bucket(writer, 4, secret, 100);
	store_put_subscriber(writer, key, &r);
	commit();
	ok(on_disk(secret + 50, 16) && on_disk(secret + 2900, 16),
	    "what is put is on disk");
	store_put_bucket(writer, 3, NULL, 0);
	store_put_bucket(writer, 4, (const uint8_t *)"x", 1);
	put_colliding(2, 2, 1, 0); /* deletes the row */
	commit();
	ok(!on_disk(secret + 50, 16) && !on_disk(secret + 2900, 16),
	    "deleted, or replaced, it is not");
	ok(!on_disk(r.sealed, KEY_SEALED), "nor is a row");
}

static void
make_database(const char *sql)
{
	sqlite3 *db;

	if (system("rm -rf store && mkdir store") != 0 ||
	    sqlite3_open("store/stays.db", &db) != SQLITE_OK)
		exit(1);
	sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
}

static void
files_that_are_none(void)
{
	store_close(writer);
	writer = NULL;
	make_database("CREATE TABLE t (x)");
	ok_int(opens(WHERE, STORE_WRITE, key, GAP), -EINVAL,
	    "another program's database");
	ok_int(opens(WHERE, STORE_READ, key, GAP), -EINVAL, "read or written");
	make_database("CREATE TABLE t (x); PRAGMA user_version = 1");
	ok_int(opens(WHERE, STORE_WRITE, key, GAP), -EINVAL,
	    "of the same version number too");
	make_database("PRAGMA page_size = 8192; CREATE TABLE t (x)");
	ok_int(opens(WHERE, STORE_WRITE, key, GAP), -EINVAL,
	    "of the same page size");
	ok(access("store/stays.db-wal", F_OK) != 0,
	    "which keeps its own journal");
	make_database("");
	ok_int(opens(WHERE, STORE_READ, key, GAP), -ENOENT, "an empty file");
	put_text("store/stays.db",
	    "This is no database, but long enough that "
	    "SQLite looks at its beginning, which is a "
	    "hundred octets.");
	ok_int(opens(WHERE, STORE_WRITE, key, GAP), -EUCLEAN, "a text");
	begin_store();
	for (int i = 0; i < 50; i++)
		put(i, i, i, "h1");
	store_write_commit(writer);
	store_close(writer);
	writer = NULL;
	if (truncate("store/stays.db", 8192) < 0)
		exit(1);
	ok(opens(WHERE, STORE_READ, key, GAP) < 0, "a file cut short");
}

static void
put_key(const char *name, char fill)
{
	char octets[32];

	memset(octets, fill, sizeof(octets));
	put_octets(name, octets, sizeof(octets));
	chmod(name, 0600);
}

int
main(void)
{
	fixture_begin();
	capture_log();
	put_key("site.key", 1);
	put_key("other.key", 2);
	if (key_open(&key, "site.key") < 0 ||
	    key_open(&other_key, "other.key") < 0)
		return 1;
	opening();
	one_writer();
	rows_come_back();
	derived_ends();
	chains();
	imported_again();
	imsi_by_msisdn();
	msisdn_collision();
	imsi_collision();
	collision_undone();
	marks();
	watermarks();
	cells();
	buckets();
	rebucket();
	snapshots();
	other_bits();
	statistics();
	file_modes();
	nothing_in_clear();
	deleted_for_good();
	files_that_are_none();
	store_close(writer);
	key_close(key);
	key_close(other_key);
	return test_done();
}
