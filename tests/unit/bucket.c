/* Buckets: what is packed comes back, and what is damaged does not come back
 * as something else. */
#include "core/bucket.c"

#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "test.h"

#define MANY 400

/* Stays in order, and their blob on exactly its octets of heap. */
static struct stay stays[MANY];
static size_t nstays;
static uint8_t *blob;
static size_t blob_len;

static struct stays got;

static void
pack(void)
{
	uint8_t *out = malloc(bucket_bound(nstays));

	blob_len = bucket_pack(stays, nstays, out);
	free(blob);
	blob = malloc(blob_len ? blob_len : 1);
	memcpy(blob, out, blob_len);
	free(out);
}

static int
unpack(const uint8_t *octets, size_t len)
{
	got.n = 0;
	return bucket_unpack(octets, len, &got);
}

static int
find(uint64_t key)
{
	got.n = 0;
	return bucket_find(blob, blob_len, key, &got);
}

static int
same(const struct stay *a, const struct stay *b)
{
	return a->key == b->key && a->region == b->region &&
	    a->first == b->first && a->last == b->last &&
	    a->open_end == b->open_end;
}

/* Is what was got v[0..n)? */
static int
got_these(const struct stay *v, size_t n)
{
	if (got.n != n)
		return 0;
	for (size_t i = 0; i < n; i++)
		if (!same(&got.v[i], &v[i]))
			return 0;
	return 1;
}

/* Is what was got a bucket's contents: ordered, no run in another? */
static int
got_a_bucket(void)
{
	for (size_t i = 0; i < got.n; i++) {
		const struct stay *s = &got.v[i], *before = s - 1;

		if (s->first > s->last)
			return 0;
		if (i == 0 || s->key > before->key)
			continue;
		if (s->key < before->key || s->region < before->region ||
		    (s->region == before->region && s->first <= before->last))
			return 0;
	}
	return 1;
}

static uint32_t
below(uint32_t n)
{
	return pseudo_random() % n;
}

/* One key's runs, appended. */
static void
add_key(uint64_t key)
{
	uint32_t region = 0;

	for (uint32_t places = 1 + below(5); places > 0; places--) {
		uint64_t time = below(2) ? 0 : 1700000000 + below(86400);

		region += 1 + below(below(2) ? 200000 : 1 << 29);
		for (uint32_t runs = 1 + below(3); runs > 0; runs--) {
			uint64_t first = time, last;

			last = first + below(below(2) ? 1 << 20 : 1 << 30);
			if (last > UINT32_MAX)
				break;
			stays[nstays++] =
			    (struct stay){key, region, first, last, 0};
			time = last + 1 + below(1 << 30);
		}
	}
}

/* Up to twenty random keys, near each other or anywhere. */
static void
make_random(void)
{
	uint64_t key = below(2) ? 0 : pseudo_random();

	nstays = 0;
	for (uint32_t n = 1 + below(20); n > 0; n--) {
		uint64_t step =
		    1 + pseudo_random() % (below(2) ? 1000 : UINT64_MAX / 64);

		add_key(key);
		if (step > UINT64_MAX - key)
			break;
		key += step;
	}
	pack();
}

/* Each key by itself, and keys that are not there. */
static int
all_found(void)
{
	size_t from = 0;

	for (size_t i = 1; i <= nstays; i++) {
		uint64_t key = stays[from].key;

		if (i < nstays && stays[i].key == key)
			continue;
		if (find(key) != 0 || !got_these(stays + from, i - from))
			return 0;
		if (i < nstays && stays[i].key > key + 1 &&
		    (find(key + 1) != 0 || got.n != 0))
			return 0;
		from = i;
	}
	return 1;
}

static void
round_trips(void)
{
	int whole = 1, found = 1, room = 1;

	for (int i = 0; i < 1000; i++) {
		make_random();
		whole &=
		    unpack(blob, blob_len) == 0 && got_these(stays, nstays);
		found &= all_found();
		room &= blob_len <= bucket_bound(nstays);
	}
	ok(whole, "a thousand random buckets come back as they were");
	ok(found, "and each key of them by itself");
	ok(room, "within their bound");
}

static void
edges(void)
{
	static const struct stay extreme[] = {
	    {0, 1, 0, 0, 0},
	    {0, 1, 2, UINT32_MAX, 0},
	    {0, UINT32_MAX, 0, UINT32_MAX, 0},
	    {UINT64_MAX, 110000, UINT32_MAX, UINT32_MAX, 0},
	};
	const size_t n = sizeof(extreme) / sizeof(*extreme);

	ok_int(bucket_pack(stays, 0, NULL), 0, "no stays take no octets");
	ok_int(unpack(NULL, 0), 0, "no octets hold no stays");
	ok_int(got.n, 0, "none at all");
	memcpy(stays, extreme, sizeof(extreme));
	nstays = n;
	pack();
	ok(unpack(blob, blob_len) == 0 && got_these(extreme, n),
	    "keys at 0 and UINT64_MAX, times to their end");
	ok(find(0) == 0 && got_these(extreme, 3), "the key 0 is found");
	ok(find(UINT64_MAX) == 0 && got_these(extreme + 3, 1),
	    "the key UINT64_MAX is found");
	ok(find(1) == 0 && got.n == 0, "a key between is not");
	got.n = 0;
	unpack(blob, blob_len);
	bucket_find(blob, blob_len, 0, &got);
	ok_int(got.n, n + 3, "what is found is appended");
}

/* bucket.h's drawing, octet by octet. */
static void
layout(void)
{
	static const struct stay v[] = {
	    {5, 0x80, 10, 12, 0},
	    {5, 0x80, 20, 20, 0},
	    {5, 0x81, 7, 8, 0},
	    {300, 1, 1, 1, 0},
	};
	static const uint8_t want[] = {
	    1,  /* version */
	    2,  /* keys */
	    5,  /* the first key */
	    10, /* octets of its runs */
	    0x80,
	    0x01, /* region 128 */
	    10,
	    2, /* first, length */
	    0, /* the same region */
	    8,
	    0, /* eight after 12, length */
	    1, /* the next region */
	    7,
	    1, /* first as it is, length */
	    0xa7,
	    0x02, /* 295 keys on */
	    3,    /* octets of its runs */
	    1,
	    1,
	    0,
	};

	memcpy(stays, v, sizeof(v));
	nstays = 4;
	pack();
	ok(blob_len == sizeof(want) && memcmp(blob, want, sizeof(want)) == 0,
	    "packed as bucket.h draws it");
}

static void
truncations(void)
{
	int unpacked = 1, found = 1;

	for (int i = 0; i < 100; i++) {
		make_random();
		for (size_t n = 1; n < blob_len; n++) {
			uint8_t *cut = malloc(n);
			int rc;

			memcpy(cut, blob, n);
			unpacked &= unpack(cut, n) == -EBADMSG;
			got.n = 0;
			rc = bucket_find(cut, n, stays[0].key, &got);
			found &= rc == -EBADMSG ||
			    (rc == 0 && got.n > 0 && got_a_bucket());
			free(cut);
		}
	}
	ok(unpacked, "a bucket cut anywhere is damaged");
	ok(found, "what lies whole before the cut is still found");
}

static void
mutations(void)
{
	int good = 1, refused = 0;

	for (int i = 0; i < 200; i++) {
		make_random();
		for (int j = 0; j < 200; j++) {
			uint8_t *p = blob + below(blob_len), was = *p;
			int rc;

			*p = below(4) ? *p ^ 1u << below(8) : below(256);
			rc = unpack(blob, blob_len);
			good &= rc == -EBADMSG || (rc == 0 && got_a_bucket());
			refused += rc == -EBADMSG;
			rc = find(stays[below(nstays)].key);
			good &= rc == -EBADMSG || (rc == 0 && got_a_bucket());
			*p = was;
		}
	}
	ok(good, "a damaged octet gives damage or a bucket, nothing else");
	ok(refused > 1000, "and is often seen");
}

#define REFUSED(what, ...)                                  \
	ok_int(unpack((const uint8_t[]){__VA_ARGS__},       \
		   sizeof((const uint8_t[]){__VA_ARGS__})), \
	    -EBADMSG, what)

static void
lies(void)
{
	REFUSED("another version", 2, 0);
	REFUSED("no number of keys", 1);
	REFUSED("more keys than there are", 1, 2, 5, 3, 1, 1, 0);
	REFUSED("fewer keys than there are", 1, 0, 5, 3, 1, 1, 0);
	REFUSED("an octet behind the last key", 1, 1, 5, 3, 1, 1, 0, 0);
	REFUSED("a key without runs", 1, 1, 5, 0);
	REFUSED("runs longer than the blob", 1, 1, 5, 4, 1, 1, 0);
	REFUSED("half a run", 1, 1, 5, 2, 1, 1);
	REFUSED("the same key twice", 1, 2, 5, 3, 1, 1, 0, 0, 3, 1, 1, 0);
	REFUSED("a run that begins where the last one ends", 1, 1, 5, 6, 1, 1,
	    0, 0, 0, 0);
	REFUSED("a key beyond 64 bits", 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0x02, 3, 1, 1, 0);
	REFUSED("keys that add up beyond 64 bits", 1, 2, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 3, 1, 1, 0, 1, 3, 1, 1, 0);
	REFUSED("a number that does not end", 1, 1, 0x80, 0x80, 0x80, 0x80,
	    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 3, 1, 1, 0);
	REFUSED("a region beyond 32 bits", 1, 1, 5, 7, 0x80, 0x80, 0x80, 0x80,
	    0x10, 1, 0);
	REFUSED("a time beyond 32 bits", 1, 1, 5, 7, 1, 0x80, 0x80, 0x80, 0x80,
	    0x10, 0);
	REFUSED("an end beyond 32 bits", 1, 1, 5, 7, 1, 1, 0xff, 0xff, 0xff,
	    0xff, 0x0f);
}

int
main(void)
{
	round_trips();
	edges();
	layout();
	truncations();
	mutations();
	lies();
	free(blob);
	stays_free(&got);
	return test_done();
}
