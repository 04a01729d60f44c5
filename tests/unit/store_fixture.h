/* What the tests of the store share: keys, a store to write, rows. */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include "fixture.h"
#include "store.h"
#include "test.h"

#define WHERE "sqlite:store"
#define GAP 10800

static struct key *key, *other_key;
static struct store *writer;

/* Opening. */

static inline struct store_terms
terms_of(const struct key *k, uint32_t max_gap)
{
	struct store_terms t = {.max_gap = max_gap};

	key_fingerprint(k, t.fingerprint);
	return t;
}

static inline struct store *
open_as(enum store_mode mode)
{
	struct store_terms t = terms_of(key, GAP);
	struct store *s = NULL;

	return store_open(&s, WHERE, mode, &t) == 0 ? s : NULL;
}

static inline int
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
static inline void
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
static inline void
commit(void)
{
	if (store_write_commit(writer) < 0 || store_write_begin(writer) < 0)
		exit(1);
}

static inline void
reopen(void)
{
	store_write_commit(writer);
	store_close(writer);
	writer = open_as(STORE_WRITE);
	if (writer == NULL || store_write_begin(writer) < 0)
		exit(1);
}

/* The writer knows its number of bits once it has begun a snapshot. */
static inline void
begin_buckets(void)
{
	begin_store();
	store_write_commit(writer);
	store_begin(writer);
	store_end(writer);
	store_write_begin(writer);
}

#define ROW_NUMBERS 2000u /* that there are */

/* A row of short names: numbers by their last digits, "" for no holder. */
static inline struct subscriber
row(int msisdn, int imsi, int64_t since, const char *holder)
{
	struct subscriber r = {
	    .since = since,
	    .until = STORE_FOREVER,
	    .language = LANGUAGES,
	};
	char m[DIGITS_MAX + 1], i[DIGITS_MAX + 1], own[64];

	snprintf(m, sizeof(m), "861380013%04u", 8000 + msisdn % ROW_NUMBERS);
	snprintf(i, sizeof(i), "46000123456%04u", 7800 + imsi % ROW_NUMBERS);
	snprintf(own, sizeof(own), "%d %lld", imsi, (long long)since);
	r.msisdn = key_msisdn(key, m);
	r.imsi = key_imsi(key, i);
	r.person = key_person(key, r.msisdn, holder, "", own);
	key_seal(key, i, m, r.sealed);
	return r;
}

static inline uint64_t
msisdn_key(int msisdn)
{
	return row(msisdn, 0, 0, "").msisdn;
}

static inline uint64_t
imsi_key(int imsi)
{
	return row(0, imsi, 0, "").imsi;
}

static inline int
put_until(
    int msisdn, int imsi, int64_t since, int64_t until, const char *holder)
{
	struct subscriber r = row(msisdn, imsi, since, holder);

	r.until = until;
	return store_put_subscriber(writer, key, &r);
}

static inline int
put(int msisdn, int imsi, int64_t since, const char *holder)
{
	return put_until(msisdn, imsi, since, STORE_FOREVER, holder);
}

/* Two numbers under one key, which SipHash gives once in a long while. */
static inline int
put_colliding(int msisdn, int imsi, int like_msisdn, int like_imsi)
{
	struct subscriber r = row(msisdn, imsi, 100, "h1");

	if (like_msisdn)
		r.msisdn = msisdn_key(like_msisdn);
	if (like_imsi)
		r.imsi = imsi_key(like_imsi);
	return store_put_subscriber(writer, key, &r);
}

static inline void
put_key(const char *name, char fill)
{
	char octets[32];

	memset(octets, fill, sizeof(octets));
	put_octets(name, octets, sizeof(octets));
	chmod(name, 0600);
}

static inline void
store_tests_begin(void)
{
	fixture_begin();
	capture_log();
	put_key("site.key", 1);
	put_key("other.key", 2);
	if (key_open(&key, "site.key") < 0 ||
	    key_open(&other_key, "other.key") < 0)
		exit(1);
}

static inline int
store_tests_done(void)
{
	store_close(writer);
	key_close(key);
	key_close(other_key);
	return test_done();
}

#endif
