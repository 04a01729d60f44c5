/* The memory table against a real store: what a sweep writes, what it leaves
 * alone, and that nothing is lost when the table grows. */
#include "core/feed.c"

#include "fixture.h"
#include "test.h"

#define NOW 1795305600 /* 2026-11-22 08:00 in Shanghai */
#define GAP 10800
#define OLDEST (NOW - 20 * 86400)
#define HALF (1ULL << 63)

static struct key *key;
static struct networks *networks;
static struct store *store;
static struct feed *feed;

static void
must(int rc)
{
	if (rc < 0)
		abort();
}

static void
open_feed_without(uint32_t oldest, const struct deletions *deletions)
{
	const struct feed_terms terms = {.max_gap = GAP,
	    .oldest = oldest,
	    .newest = NOW,
	    .deletions = deletions};
	struct store_terms with = {.max_gap = GAP};

	key_fingerprint(key, with.fingerprint);
	must(store_open(&store, "sqlite:store", STORE_WRITE, &with));
	must(feed_open(&feed, store, networks, &terms));
	must(store_write_begin(store));
}

static void
open_feed(uint32_t oldest)
{
	open_feed_without(oldest, NULL);
}

static void
close_feed(void)
{
	must(feed_sweep(feed));
	must(store_write_commit(store));
	feed_close(feed);
	store_close(store);
}

static enum reject
record_at(uint64_t imsi, int64_t time)
{
	struct place place;
	struct record r = {.time = time, .imsi = imsi, .place = &place};
	enum reject why;
	int changed;

	must(place_parse("plmn:440-10", 11, &place));
	must(feed_record(feed, &r, &why, &changed));
	return why;
}

/* The key of the n-th of `of` in one half of all keys. */
static uint64_t
nth(uint64_t n, uint64_t of)
{
	return n * (HALF / of) + n;
}

static struct store_stat
counted(void)
{
	struct store_stat st;
	struct store_terms terms = {.max_gap = GAP};

	key_fingerprint(key, terms.fingerprint);
	must(store_open(&store, "sqlite:store", STORE_READ, &terms));
	must(store_begin(store));
	must(store_stat(store, &st));
	return st;
}

/* Has each of these keys the one run that it was given? */
static int
all_there(uint64_t base, uint64_t n)
{
	struct stays got = {0};
	int good = 1;

	for (uint64_t i = 0; i < n; i++) {
		got.n = 0;
		must(store_stays(store, base + nth(i, n), &got));
		good &= got.n == 1 && got.v[0].first == NOW - 60 &&
		    got.v[0].last == NOW - 60;
	}
	stays_free(&got);
	return good;
}

static void
finish_count(void)
{
	store_end(store);
	store_close(store);
}

/* Many buckets that are not touched, while others make the table grow. */
static void
growing(void)
{
	enum { FEW = 500, MANY = 30000 };
	struct store_stat st;
	uint64_t buckets;

	open_feed(OLDEST);
	for (uint64_t i = 0; i < FEW; i++)
		record_at(HALF + nth(i, FEW), NOW - 60);
	close_feed();
	st = counted();
	buckets = st.buckets;
	ok_int(st.with_stays, FEW, "a store of a few keys");
	finish_count();

	open_feed(OLDEST);
	for (uint64_t i = 0; i < MANY; i++)
		record_at(nth(i, MANY), NOW - 60);
	close_feed();
	st = counted();
	ok(st.buckets > 2 * buckets, "many more make it grow");
	ok_int(st.with_stays, FEW + MANY, "and all are counted");
	ok(all_there(HALF, FEW), "those in untouched buckets are there");
	ok(all_there(0, MANY), "and the new ones");
	finish_count();
}

/* A bucket that did not change is not written, whatever memory holds. */
static void
clean_buckets(void)
{
	struct slot *slot;
	int changes = 0;

	open_feed(OLDEST);
	record_at(5, NOW - 60 - 2 * GAP);
	for (size_t i = 0; i < nslots(feed); i++)
		changes += feed->slots[i].dirty;
	ok_int(changes, 1, "a record makes one bucket dirty");
	ok_int(feed->rebucket, 0, "a store that was read needs no new buckets");
	slot = &feed->slots[nslots(feed) - 1];
	while (slot->stays.n < 2)
		slot--;
	slot->stays.n--;
	close_feed();
	ok_int(counted().with_stays, 30501, "only the dirty one is written");
	finish_count();
}

static void
out_of_use(void)
{
	struct subscriber row = {
	    .imsi = 77, .msisdn = 1, .until = STORE_FOREVER, .end = 1};

	row.language = LANGUAGES;
	open_feed(OLDEST);
	ok_int(record_at(77, NOW - 60), ACCEPTED, "a key of one IMSI");
	key_seal(key, "460000000000001", "8613800000001", row.sealed);
	must(store_put_subscriber(store, key, &row));
	row.msisdn = 2;
	key_seal(key, "460000000000002", "8613800000002", row.sealed);
	ok_int(store_put_subscriber(store, key, &row), -EEXIST,
	    "that another has, too");
	ok_int(record_at(77, NOW - 60), REJECT_OUT_OF_USE, "is out of use");
	ok_int(record_at(78, NOW - 60), ACCEPTED, "its neighbour is not");
	close_feed();
}

static void
times(void)
{
	open_feed(OLDEST);
	ok_int(record_at(9, OLDEST - 1), REJECT_LATE, "a second too old");
	ok_int(record_at(9, OLDEST), ACCEPTED, "just not");
	ok_int(record_at(9, NOW), ACCEPTED, "now");
	ok_int(record_at(9, NOW + 1), REJECT_FUTURE, "in the future");
	close_feed();
	open_feed(OLDEST + 1);
	ok_int(feed_expired(feed), 1, "a second later one run goes");
	close_feed();
	open_feed(OLDEST + 1);
	ok_int(feed_expired(feed), 0, "for good");
	close_feed();
}

/* The run of a key as the store has it, or {0}. */
static struct stay
run_of(uint64_t imsi)
{
	struct store_terms with = {.max_gap = GAP};
	struct stays got = {0};
	struct stay run = {0};

	key_fingerprint(key, with.fingerprint);
	must(store_open(&store, "sqlite:store", STORE_READ, &with));
	must(store_begin(store));
	must(store_stays(store, imsi, &got));
	if (got.n > 0)
		run = got.v[0];
	finish_count();
	stays_free(&got);
	return run;
}

static void
deleted(void)
{
	struct deletion v[] = {{20, NOW - 500}, {22, NOW - 500}};
	const struct deletions of_two = {.v = v, .n = 2, .cap = 2};

	open_feed(OLDEST);
	for (uint64_t imsi = 19; imsi <= 23; imsi++)
		for (int ago = 1000; ago >= (imsi == 20 ? 600 : 400);
		     ago -= 100)
			record_at(imsi, NOW - ago);
	close_feed();

	open_feed_without(OLDEST, &of_two);
	ok_int(feed_deleted(feed), 2, "a run of each who was deleted");
	ok_int(record_at(20, NOW - 501), REJECT_DELETED,
	    "a record of before it is refused");
	ok_int(record_at(20, NOW - 500), ACCEPTED, "one of that second is not");
	ok_int(record_at(21, NOW - 501), ACCEPTED, "nor are others'");
	ok_int(record_at(20, OLDEST - 1), REJECT_LATE, "too late is too late");
	close_feed();
	ok_int(run_of(20).first, NOW - 500, "what was before is gone");
	ok_int(run_of(22).first, NOW - 500, "a run across it is cut");
	ok_int(run_of(22).last, NOW - 400, "its end stays");
	ok_int(run_of(19).first, NOW - 1000, "the neighbour before is whole");
	ok_int(run_of(21).first, NOW - 1000, "the one between");
	ok_int(run_of(23).first, NOW - 1000, "the one behind");

	open_feed_without(OLDEST, &of_two);
	ok_int(feed_deleted(feed), 0, "it is gone for good");
	close_feed();
}

int
main(void)
{
	fixture_begin();
	capture_log();
	put_text("site.key", "0123456789abcdef0123456789abcdef");
	chmod("site.key", 0600);
	must(key_open(&key, "site.key"));
	must(networks_load(&networks, fixture_path("conf")));
	growing();
	clean_buckets();
	out_of_use();
	times();
	deleted();
	networks_free(networks);
	key_close(key);
	return test_done();
}
