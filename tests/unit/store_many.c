/* Many subscribers' rows, put and erased at random, beside a list that knows
 * nothing of buckets: the same rows, with the same ends, in both. */
#include <errno.h>

#include "store_fixture.h"
#include "store_sqlite.h"

#define NUMBERS 60
#define TIMES 40
#define MANY 4000
#define STEPS 1500

static struct subscriber list[MANY];
static size_t n;
static struct store *asked; /* the writer, or who reads */

static int
below(int limit)
{
	return (int)((pseudo_random() >> 33) % limit);
}

/* The list. */

static void
list_put(const struct subscriber *row)
{
	size_t i = 0;

	while (i < n && rows_compare(&list[i], row) != 0)
		i++;
	list[i] = *row;
	n += i == n;
	if (n == MANY)
		exit(1);
}

static void
list_derive(void)
{
	for (size_t i = 0; i < n; i++) {
		struct subscriber *r = &list[i];

		r->end = r->until;
		for (size_t j = 0; j < n && r->until == STORE_FOREVER; j++) {
			const struct subscriber *o = &list[j];

			if (o->since <= r->since || o->since >= r->end)
				continue;
			if ((o->imsi == r->imsi && o->msisdn != r->msisdn) ||
			    (o->msisdn == r->msisdn && o->person != r->person))
				r->end = o->since;
		}
	}
}

static int
is_of(const struct subscriber *r, uint64_t msisdn, uint64_t person)
{
	return r->msisdn == msisdn && r->person == person;
}

static int
has_imsi_of(uint64_t imsi, uint64_t msisdn, uint64_t person)
{
	for (size_t i = 0; i < n; i++)
		if (is_of(&list[i], msisdn, person) && list[i].imsi == imsi)
			return 1;
	return 0;
}

/* Drops what ended, or a person's; how many. */
static size_t
list_drop(int64_t horizon, uint64_t msisdn, uint64_t person)
{
	size_t kept = 0, dropped;

	for (size_t i = 0; i < n; i++)
		if (list[i].end > horizon && !is_of(&list[i], msisdn, person))
			list[kept++] = list[i];
	dropped = n - kept;
	n = kept;
	return dropped;
}

static void
list_pin(uint64_t msisdn, uint64_t person)
{
	for (size_t i = 0; i < n; i++)
		if (list[i].msisdn == msisdn ||
		    has_imsi_of(list[i].imsi, msisdn, person))
			list[i].until = list[i].end;
}

/* Steps. */

static struct subscriber
any_row(void)
{
	static const char *const holders[] = {"h1", "h2", ""};
	struct subscriber r = row(below(NUMBERS), below(NUMBERS),
	    100 + below(TIMES), holders[below(3)]);

	if (below(4) == 0)
		r.until = r.since + 1 + below(TIMES);
	if (below(3) == 0)
		strcpy(
		    r.carrier, below(2) ? "cmcc" : "a-long-name-of-a-carrier");
	if (below(3) == 0)
		r.language = below(2) ? LANG_ZH : LANG_EN;
	return r;
}

static int
put_one(void)
{
	struct subscriber r = any_row();

	list_put(&r);
	return store_put_subscriber(writer, key, &r) == 0;
}

static int
forget_one(void)
{
	const struct subscriber *r = &list[below(n)];
	uint64_t msisdn = r->msisdn, person = r->person;
	int64_t rows;
	int rc;

	rc = store_derive(writer);
	list_derive();
	list_pin(msisdn, person);
	if (rc == 0)
		rc = store_forget_person(writer, msisdn, person, &rows);
	return rc == 0 && rows == (int64_t)list_drop(0, msisdn, person);
}

static int
forget_ended(void)
{
	int64_t horizon = 100 + below(TIMES / 4), rows;
	int rc = store_derive(writer);

	list_derive();
	if (rc == 0)
		rc = store_forget_ended(writer, horizon, &rows);
	return rc == 0 && rows == (int64_t)list_drop(horizon, 0, 0);
}

/* Comparing. */

static int
is_listed(const struct subscriber *r)
{
	for (size_t i = 0; i < n; i++)
		if (rows_compare(&list[i], r) == 0)
			return list[i].until == r->until &&
			    list[i].end == r->end &&
			    list[i].person == r->person &&
			    list[i].language == r->language &&
			    strcmp(list[i].carrier, r->carrier) == 0 &&
			    memcmp(list[i].sealed, r->sealed, KEY_SEALED) == 0;
	return 0;
}

static int
holds(int msisdn)
{
	struct subscriber rows[STORE_ROWS];
	uint64_t k = msisdn_key(msisdn);
	size_t got, want = 0;

	store_subscribers(asked, k, rows, &got);
	for (size_t i = 0; i < n; i++)
		want += list[i].msisdn == k;
	for (size_t i = 0; i < got; i++)
		if (!is_listed(&rows[i]))
			return 0;
	return got == want;
}

/* Who had an IMSI at a time; more than one row may say so. */
static int
finds(int imsi, int64_t time)
{
	uint64_t k = imsi_key(imsi);
	uint8_t sealed[KEY_SEALED];
	int rc = store_sealed_at(asked, k, time, sealed), any = 0, right = 0;
	int64_t latest = -1;

	for (size_t i = 0; i < n; i++)
		if (list[i].imsi == k && list[i].since <= time &&
		    list[i].end > time && list[i].since > latest)
			latest = list[i].since;
	for (size_t i = 0; i < n; i++)
		if (list[i].imsi == k && list[i].since == latest &&
		    list[i].end > time) {
			any = 1;
			right |= rc == 0 &&
			    memcmp(list[i].sealed, sealed, KEY_SEALED) == 0;
		}
	return any ? right : rc == -ENOENT;
}

static int
all_is_well(void)
{
	struct store_stat st;
	int good;

	asked = writer;
	good = store_derive(writer) == 0;
	list_derive();
	for (int i = 0; i < NUMBERS; i++)
		good = good && holds(i) && finds(i, 100 + below(2 * TIMES));
	return good && store_stat(writer, &st) == 0 && st.subscribers == n &&
	    store_check(writer) == 0;
}

/* One snapshot, of what was committed, for all look-ups. */
static int
a_reader_finds_all(void)
{
	int good = 1;

	commit();
	asked = open_as(STORE_READ);
	if (asked == NULL || store_begin(asked) < 0)
		exit(1);
	/* also numbers that nobody has */
	for (int i = 0; i < 2 * NUMBERS && i < 100; i++)
		good = good && holds(i) && finds(i, 100 + below(2 * TIMES));
	store_close(asked);
	return good;
}

/* Who knows of fewer ranges, and has no snapshot, in which there are more. */
static struct store *
a_reader_from_before(void)
{
	struct store *s;

	commit();
	s = open_as(STORE_READ);
	if (s == NULL || store_begin(s) < 0)
		exit(1);
	store_end(s);
	return s;
}

static int
that_finds_all(struct store *s)
{
	int good = 1;

	commit();
	asked = s;
	for (int i = 0; i < NUMBERS; i++)
		good = good && holds(i);
	store_close(s);
	return good;
}

static int64_t
buckets(void)
{
	return sqlite_integer(&writer->q, "SELECT count(*) FROM subscriber");
}

static void
many(void)
{
	int done = 1, well = 1;
	struct store *old = NULL;

	begin_buckets();
	for (int i = 1; i <= STEPS && done && well; i++) {
		int dice = n > 0 ? below(100) : 99;

		if (i == 50)
			old = a_reader_from_before();

		done = dice < 1 ? forget_ended()
		    : dice < 6  ? forget_one()
				: put_one();
		if (i % 100 == 0)
			well = all_is_well();
	}
	ok(done, "each row is put, each person and each time forgotten");
	ok(well, "and all that time it is the same as in a list");
	ok(n > 200 && buckets() > 5, "of %zu rows in %d buckets", n,
	    (int)buckets());
	ok(a_reader_finds_all(), "a reader finds the same in a snapshot");
	ok(old != NULL && that_finds_all(old),
	    "and one without that has not heard of the new ranges");
	reopen();
	ok(all_is_well(), "as after a reopening");
	for (int rows; n > 0;) {
		rows = n;
		if (!forget_one() || (int)n >= rows)
			break;
	}
	ok_int(n, 0, "when all are forgotten");
	ok_int(buckets(), 0, "no bucket is left");
	ok_int(sqlite_integer(&writer->q, "SELECT count(*) FROM imsi"), 0,
	    "nor who had which IMSI");
	ok(put_one() && all_is_well(), "and it begins anew");
}

/* What is said twice is compared. */
static void
damage(void)
{
	static const char *const harm[] = {
	    "DELETE FROM imsi WHERE imsi = (SELECT imsi FROM imsi LIMIT 1)",
	    "INSERT INTO imsi VALUES (1, 1)",
	    "UPDATE imsi SET msisdn = msisdn + 1",
	    "UPDATE subscriber SET rows = x'01' || substr(rows, 2)",
	    "UPDATE subscriber SET rows = substr(rows, 1, length(rows) - 1)",
	    "UPDATE subscriber SET id = 0",
	};

	for (size_t i = 0; i < sizeof(harm) / sizeof(*harm); i++) {
		struct subscriber rows[STORE_ROWS];
		size_t found;
		int rc = 0;

		begin_buckets();
		for (int j = 0; j < 8; j++)
			put(j, j, 100, "h1");
		store_derive(writer);
		ok_int(store_check(writer), 0, "a store that is well");
		if (sqlite3_exec(writer->q.db, harm[i], NULL, NULL, NULL) !=
		    SQLITE_OK)
			exit(1);
		ok_int(
		    store_check(writer), -EUCLEAN, "is not after %s", harm[i]);
		for (int j = 0; j < 8; j++) {
			int one = store_subscribers(
			    writer, msisdn_key(j), rows, &found);

			rc = one != 0 && one != -ENOENT ? one : rc;
		}
		ok(rc == 0 || rc == -EUCLEAN, "and read all the same");
	}
}

int
main(void)
{
	store_tests_begin();
	many();
	damage();
	return store_tests_done();
}
