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

/* Appends the stays of one key, as a store looks them up. */
static int
find_in(const uint8_t *octets, size_t len, uint64_t key)
{
	struct slice slice;
	int rc = slices_look(&bucket_form, octets, len, key, &slice);

	return rc == 1 ? bucket_find(&slice, key, &got) : rc;
}

static int
find(uint64_t key)
{
	got.n = 0;
	return find_in(blob, blob_len, key);
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
	find_in(blob, blob_len, 0);
	ok_int(got.n, n + 3, "what is found is appended");
}

/* The head of a blob (slices.h) whose keys differ in their low bits only: up to
 * `shift` and the five above that. */
#define HEAD(shift, base, ...) 2, shift, base, 0, 0, 0, 0, 0, 0, 0, __VA_ARGS__
#define ALL32(end) ALL8(end), ALL8(end), ALL8(end), ALL8(end)
#define ALL8(end) ALL4(end), ALL4(end)
#define ALL4(end) end, 0, end, 0, end, 0, end, 0

/* slices.h's drawing and bucket.h's, octet by octet. */
static void
layout(void)
{
	static const struct stay v[] = {
	    {0x105, 0x80, 10, 12, 0},
	    {0x105, 0x80, 20, 20, 0},
	    {0x105, 0x81, 7, 8, 0},
	    {0x1ff, 1, 1, 1, 0},
	};
	static const uint8_t want[] = {
	    2,    /* version */
	    3,    /* shift: 0x05 and 0xff differ in eight bits */
	    0x00, /* base 0x100 */
	    0x01,
	    0,
	    0,
	    0,
	    0,
	    0,
	    0,
	    ALL8(12),
	    ALL8(12),
	    ALL8(12),
	    ALL4(12),
	    12,
	    0,
	    12,
	    0,
	    12,
	    0,
	    17,
	    0,  /* ends: the first slice's, the last's */
	    5,  /* the rest of the key */
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
	    7, /* the rest of the other key */
	    3, /* octets of its runs */
	    1,
	    1,
	    0,
	};

	memcpy(stays, v, sizeof(v));
	nstays = 4;
	pack();
	ok(blob_len == sizeof(want) && memcmp(blob, want, sizeof(want)) == 0,
	    "packed as slices.h and bucket.h draw it");
}

/* A blob of 64 KiB and more has wider ends. */
static void
wide(void)
{
	static struct stay many[8000];
	const size_t n = sizeof(many) / sizeof(*many);
	uint8_t *out = malloc(bucket_bound(n));
	size_t len;
	int good = 1;

	for (size_t i = 0; i < n; i++)
		many[i] = (struct stay){
		    i / 100 << 50, 1 + i % 100, i << 18, UINT32_MAX - i, 0};
	len = bucket_pack(many, n, out);
	ok(len > 0x10000, "a bucket of %zu octets", len);
	ok(unpack(out, len) == 0 && got_these(many, n), "comes back");
	for (size_t i = 0; i < n; i += 100) {
		got.n = 0;
		good &= find_in(out, len, many[i].key) == 0 &&
		    got_these(many + i, 100);
	}
	ok(good, "and each key of it by itself");
	free(out);
}

static void
truncations(void)
{
	int seen = 1;

	for (int i = 0; i < 100; i++) {
		make_random();
		for (size_t n = 1; n < blob_len; n++) {
			uint8_t *cut = malloc(n);

			memcpy(cut, blob, n);
			seen &= unpack(cut, n) == -EBADMSG &&
			    find_in(cut, n, stays[0].key) == -EBADMSG;
			free(cut);
		}
	}
	ok(seen, "a bucket cut anywhere is damaged, and nothing found in it");
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

/* One slice, the first, of one octet's rests. */
#define ONE(end, ...) HEAD(8, 0, ALL32(end)), __VA_ARGS__

static void
lies(void)
{
	REFUSED("one octet", 2);
	REFUSED("another version", 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, ALL32(5), 5, 3,
	    1, 1, 0);
	REFUSED("nothing but a head", HEAD(8, 0, ALL32(0)));
	REFUSED("a shift beyond a key", HEAD(60, 0, ALL32(12)), 0, 0, 0, 0, 0,
	    0, 0, 5, 3, 1, 1, 0);
	REFUSED("a base that has slices in it", HEAD(8, 1, ALL32(5)), 5, 3, 1,
	    1, 0);
	REFUSED("octets behind the last slice", ONE(5, 5, 3, 1, 1, 0, 0));
	REFUSED("a last slice behind the end", ONE(6, 5, 3, 1, 1, 0));
	REFUSED("a slice that ends before it begins",
	    HEAD(8, 0, 6, 0, ALL8(5), ALL8(5), ALL8(5), ALL4(5), 5, 0, 5, 0, 5,
		0),
	    5, 3, 1, 1, 0);
	REFUSED("a rest beyond its bits", HEAD(1, 0, ALL32(5)), 2, 3, 1, 1, 0);
	REFUSED("a rest and no more", ONE(1, 5));
	REFUSED("a key without runs", ONE(2, 5, 0));
	REFUSED("runs longer than the slice", ONE(5, 5, 4, 1, 1, 0));
	REFUSED("half a run", ONE(4, 5, 2, 1, 1));
	REFUSED("the same key twice", ONE(10, 5, 3, 1, 1, 0, 5, 3, 1, 1, 0));
	REFUSED("a lower key behind it", ONE(10, 5, 3, 1, 1, 0, 4, 3, 1, 1, 0));
	REFUSED("a run that begins where the last one ends",
	    ONE(8, 5, 6, 1, 1, 0, 0, 0, 0));
	REFUSED("a number that does not end",
	    ONE(17, 5, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
		0x80, 0x80, 0x00, 3, 1, 1, 0));
	REFUSED("a region beyond 32 bits",
	    ONE(9, 5, 7, 0x80, 0x80, 0x80, 0x80, 0x10, 1, 0));
	REFUSED("a time beyond 32 bits",
	    ONE(9, 5, 7, 1, 0x80, 0x80, 0x80, 0x80, 0x10, 0));
	REFUSED("an end beyond 32 bits",
	    ONE(9, 5, 7, 1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f));
	ok_int(unpack((const uint8_t[]){ONE(5, 5, 3, 1, 1, 0)}, 79), 0,
	    "and one that does not lie is taken");
}

int
main(void)
{
	round_trips();
	edges();
	layout();
	wide();
	truncations();
	mutations();
	lies();
	free(blob);
	stays_free(&got);
	return test_done();
}
