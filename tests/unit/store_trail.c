/* Blobs that are found again in the page cache: the same as by a search, only
 * in a snapshot that nobody wrote since, and never more than is there. */
#include <errno.h>

#include "pagecache.h"
#include "store_fixture.h"
#include "store_sqlite.h"

#define NUMBERS 100
#define HALF (NUMBERS / 2)
#define MANY 2000 /* numbers, in many more ranges */
#define DAMAGES 20000

static struct store *reader;

static void
snapshot(void)
{
	store_end(reader);
	if (store_begin(reader) < 0)
		exit(1);
}

static const uint8_t *
trail(int msisdn, size_t *len)
{
	return store_trail_blob(reader, STORE_ROWS_OF,
	    store_range(reader, msisdn_key(msisdn)), len);
}

/* How many numbers have a trail, and how many a row that ends then. */
static int
trails(void)
{
	size_t len;
	int found = 0;

	for (int i = 0; i < NUMBERS; i++)
		found += trail(i, &len) != NULL;
	return found;
}

static int
ends(int64_t until)
{
	struct subscriber rows[STORE_ROWS];
	size_t n;
	int right = 0;

	for (int i = 0; i < NUMBERS; i++)
		right +=
		    store_subscribers(reader, msisdn_key(i), rows, &n) == 0 &&
		    n == 1 && rows[0].until == until &&
		    rows[0].msisdn == msisdn_key(i);
	return right;
}

static void
write_all(int64_t until)
{
	for (int i = 0; i < NUMBERS; i++)
		put_until(i, i, 100, until, "h1");
	store_derive(writer);
	commit();
}

static void
following(void)
{
	begin_buckets();
	write_all(1000);
	reader = open_as(STORE_READ);
	snapshot();
	ok_int(trails(), 0, "where nothing was looked up there is no trail");
	ok_int(ends(1000), NUMBERS, "a search finds all,");
	ok_int(trails(), NUMBERS, "and then each has one");
	ok_int(ends(1000), NUMBERS, "by which the same is found");
	snapshot();
	ok_int(trails(), NUMBERS, "as in the next snapshot");
	store_end(reader);
	ok_int(trails(), 0, "but not outside of one");
	snapshot();
	write_all(2000);
	ok_int(ends(1000), NUMBERS, "a snapshot stays what it is");
	snapshot();
	ok_int(trails(), 0, "after another has written there is none");
	ok_int(ends(2000), NUMBERS, "and what was written is found,");
	ok_int(ends(2000), NUMBERS, "again, too");
}

/* So many writes that a trail's age comes round again. */
static void
ageing(void)
{
	store_trails_forget(reader);
	ok_int(trails(), 0, "trails that are old are not followed,");
	for (int i = 0; i < 65535; i++)
		store_trails_forget(reader);
	ok_int(trails(), 0, "and do not come back when they are very old");
}

static int
is_within(const struct pagecache_page *p, const uint8_t *blob, size_t len)
{
	return blob >= p->octets && len <= p->size &&
	    (size_t)(blob - p->octets) <= p->size - len;
}

/* Ranges are cut, so that numbers have others. */
static void
growing(void)
{
	struct subscriber rows[STORE_ROWS];
	int64_t ranges = reader->ranges;
	size_t n, len;
	int found = 0;

	ok_int(ends(2000), NUMBERS, "each is looked up");
	for (int i = NUMBERS; i < MANY; i++)
		put_until(i, i, 100, 2000, "h1");
	commit();
	snapshot();
	ok(reader->ranges > 10 * ranges, "then there are many more");
	for (int again = 0; again < 2; again++)
		for (int i = 0; i < MANY; i++) {
			store_subscribers(reader, msisdn_key(i), rows, &n);
			found += n == 1 && rows[0].until == 2000 &&
			    rows[0].msisdn == msisdn_key(i);
		}
	ok_int(found, 2 * MANY, "and all are found, twice,");
	found = 0;
	for (int i = 0; i < MANY; i++)
		found += trail(i, &len) != NULL;
	ok_int(found, MANY, "with a trail for each");
}

static void
damage(void)
{
	struct pagecache_page p;
	int within = 1, found = 0;
	uint8_t *octets, *copy;
	size_t len;

	ok_int(ends(2000), NUMBERS, "a search for each");
	if (store_trail_blob(reader, STORE_ROWS_OF,
		store_range(reader, msisdn_key(0)), &len) == NULL)
		exit(1);
	store_end(reader);
	snapshot();
	store_trails_forget(reader);
	ends(2000);
	p = reader->leaves[STORE_ROWS_OF];
	copy = malloc(p.size);
	octets = (uint8_t *)p.octets;
	memcpy(copy, octets, p.size);
	for (int i = 0; i < DAMAGES; i++) {
		for (int j = 0; j < 40; j++)
			octets[(pseudo_random() >> 20) % p.size] =
			    (uint8_t)(pseudo_random() >> 30);
		for (int j = 0; j < NUMBERS; j++) {
			const uint8_t *blob = trail(j, &len);

			found += blob != NULL;
			within = within &&
			    (blob == NULL || is_within(&p, blob, len));
		}
		if (i % 50 == 49)
			memcpy(octets, copy, p.size);
	}
	memcpy(octets, copy, p.size);
	free(copy);
	ok(within, "of a damaged page nothing is read that is not in it");
	ok(found > 0, "which often enough had a blob all the same");
	ok_int(ends(2000), NUMBERS, "and all are found when it is whole");
}

/* Damage that every look-up meets. */
static void
telling(void)
{
	struct subscriber rows[STORE_ROWS];
	int damaged = 0, told = 0;
	size_t n;

	sqlite3_exec(writer->q.db, "UPDATE subscriber SET rows = x'00'", NULL,
	    NULL, NULL);
	commit();
	snapshot();
	logged[0] = '\0';
	for (int i = 0; i < MANY; i++)
		damaged += store_subscribers(reader, msisdn_key(i), rows, &n) ==
		    -EUCLEAN;
	ok_int(damaged, MANY, "of damaged ranges nothing is told");
	for (const char *p = logged; (p = strstr(p, "is damaged")); p++)
		told++;
	ok(told >= 1 && told <= 10, "but that, once a second: %d", told);
}

/* Two stores whose blobs have the same ids: a search in one that has no need of
 * a page is not taken to have ended where the other's did. */
static void
two_stores(void)
{
	struct store_terms t = terms_of(key, GAP);
	struct store *other = NULL;
	size_t len;

	store_close(reader);
	if (system("rm -rf other") != 0)
		exit(1);
	begin_buckets();
	for (int i = 0; i < HALF; i++)
		put_until(i, i, 100, 3000, "h1");
	store_write_commit(writer);
	store_close(writer);
	writer = NULL;
	if (rename("store", "other") < 0)
		exit(1);
	begin_buckets();
	for (int i = 0; i < HALF; i++)
		put_until(HALF + i, i, 100, 4000, "h1");
	store_write_commit(writer);
	reader = open_as(STORE_READ);
	if (store_open(&other, "sqlite:other", STORE_READ, &t) < 0)
		exit(1);
	snapshot();
	store_begin(other);
	for (int i = 0; i < HALF; i++) {
		struct subscriber rows[STORE_ROWS];
		size_t n;

		store_subscribers(reader, msisdn_key(HALF + i), rows, &n);
		store_subscribers(other, msisdn_key(i), rows, &n);
	}
	ok(trail(HALF, &len) != NULL,
	    "where two stores are looked at by turns");
	ok_int(
	    ends(4000), HALF, "each finds its own, and nothing of the other");
	store_close(other);
}

int
main(void)
{
	store_tests_begin();
	following();
	ageing();
	damage();
	growing();
	telling();
	two_stores();
	store_close(reader);
	return store_tests_done();
}
