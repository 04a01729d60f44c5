/* The packed form of a bucket's stays; bucket.h draws it. Decoding believes
 * no length and no order: a damaged blob is -EBADMSG, never a wrong stay. */
#include <errno.h>
#include <string.h>

#include "bucket.h"

#define VERSION 1
#define VARINT_MAX 10

struct reader {
	const uint8_t *p, *end;
};

static uint8_t *
put_varint(uint8_t *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = v | 0x80;
	*p++ = v;
	return p;
}

static int
get_varint(struct reader *r, uint64_t max, uint64_t *v)
{
	int shift = 0;
	uint8_t octet;

	*v = 0;
	do {
		if (r->p == r->end || shift > 63)
			return -EBADMSG;
		octet = *r->p++;
		if (shift == 63 && octet > 1)
			return -EBADMSG;
		*v |= (uint64_t)(octet & 0x7f) << shift;
		shift += 7;
	} while (octet & 0x80);
	return *v <= max ? 0 : -EBADMSG;
}

size_t
bucket_bound(size_t n)
{
	/* a stay of its own key takes at most a key, a length, a run */
	return 1 + VARINT_MAX + n * (VARINT_MAX + VARINT_MAX + 3 * 5);
}

/* The runs of one key, v[0..n). */
static uint8_t *
put_runs(uint8_t *p, const struct stay *v, size_t n)
{
	uint32_t region = 0, last = 0;

	for (size_t i = 0; i < n; i++) {
		p = put_varint(p, v[i].region - region);
		if (v[i].region != region)
			last = 0;
		p = put_varint(p, v[i].first - last);
		p = put_varint(p, v[i].last - v[i].first);
		region = v[i].region;
		last = v[i].last;
	}
	return p;
}

static size_t
varint_len(uint64_t v)
{
	size_t n = 1;

	for (; v >= 0x80; v >>= 7)
		n++;
	return n;
}

/* The octets put_runs will write, so that their length can stand first. */
static size_t
runs_len(const struct stay *v, size_t n)
{
	uint32_t region = 0, last = 0;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		if (v[i].region != region)
			last = 0;
		len += varint_len(v[i].region - region) +
		    varint_len(v[i].first - last) +
		    varint_len(v[i].last - v[i].first);
		region = v[i].region;
		last = v[i].last;
	}
	return len;
}

static size_t
runs_of_key(const struct stay *v, size_t n)
{
	size_t i = 1;

	while (i < n && v[i].key == v[0].key)
		i++;
	return i;
}

size_t
bucket_pack(const struct stay *v, size_t n, uint8_t *out)
{
	uint8_t *p = out;
	uint64_t previous = 0, keys = 0;
	size_t runs;

	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i += runs_of_key(v + i, n - i))
		keys++;
	*p++ = VERSION;
	p = put_varint(p, keys);
	for (; n > 0; v += runs, n -= runs) {
		runs = runs_of_key(v, n);
		p = put_varint(p, v->key - previous);
		p = put_varint(p, runs_len(v, runs));
		p = put_runs(p, v, runs);
		previous = v->key;
	}
	return p - out;
}

static int
get_runs(struct reader r, uint64_t key, struct stays *out)
{
	uint64_t region = 0, last = 0, step, first, length;
	int more = 0;

	for (; r.p < r.end; more = 1) {
		if (get_varint(&r, UINT32_MAX - region, &step) < 0)
			return -EBADMSG;
		if (step != 0)
			last = 0;
		region += step;
		if (get_varint(&r, UINT32_MAX - last, &first) < 0 ||
		    (more && step == 0 && first == 0)) /* runs that touch */
			return -EBADMSG;
		first += last;
		if (get_varint(&r, UINT32_MAX - first, &length) < 0)
			return -EBADMSG;
		last = first + length;
		if (stays_push(
			out, (struct stay){key, region, first, last, 0}) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* A varint of less than 57 bits with as many octets behind it as a number has
 * needs no loop: a look-up passes over many. */
static inline int
get_short_varint(struct reader *r, uint64_t *v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t in, ends;
	int bits;

	if (r->end - r->p < 8)
		return 0;
	memcpy(&in, r->p, 8);
	ends = ~in & UINT64_C(0x8080808080808080);
	if (ends == 0)
		return 0;
	bits = __builtin_ctzll(ends) + 1;
	r->p += bits / 8;
	in &= UINT64_C(0x7f7f7f7f7f7f7f7f) >> (64 - bits);
	in = (in & UINT64_C(0x007f007f007f007f)) |
	    (in & UINT64_C(0x7f007f007f007f00)) >> 1;
	in = (in & UINT64_C(0x00003fff00003fff)) |
	    (in & UINT64_C(0x3fff00003fff0000)) >> 2;
	*v = (in & UINT64_C(0x000000000fffffff)) |
	    (in & UINT64_C(0x0fffffff00000000)) >> 4;
	return 1;
#else
	(void)r;
	(void)v;
	return 0;
#endif
}

static inline int
get(struct reader *r, uint64_t max, uint64_t *v)
{
	if (r->p < r->end && *r->p < 0x80 && *r->p <= max) {
		*v = *r->p++;
		return 0;
	}
	if (get_short_varint(r, v))
		return *v <= max ? 0 : -EBADMSG;
	return get_varint(r, max, v);
}

/* Walks the keys: all of them, or up to the wanted one. */
static int
walk(const uint8_t *blob, size_t len, const uint64_t *wanted, struct stays *out)
{
	struct reader r = {blob, blob + len}, runs;
	uint64_t keys, key = 0, step, octets;
	int rc;

	if (len == 0)
		return 0;
	if (*r.p++ != VERSION || get_varint(&r, len, &keys) < 0)
		return -EBADMSG;
	for (uint64_t i = 0; i < keys; i++) {
		if (get(&r, UINT64_MAX - key, &step) < 0 ||
		    (i > 0 && step == 0) || get(&r, r.end - r.p, &octets) < 0 ||
		    octets == 0 || octets > (uint64_t)(r.end - r.p))
			return -EBADMSG;
		key += step;
		runs = (struct reader){r.p, r.p + octets};
		r.p += octets;
		if (wanted != NULL && key > *wanted)
			return 0;
		if (wanted != NULL && key < *wanted)
			continue;
		rc = get_runs(runs, key, out);
		if (rc < 0 || wanted != NULL)
			return rc;
	}
	return r.p == r.end ? 0 : -EBADMSG;
}

int
bucket_unpack(const uint8_t *blob, size_t len, struct stays *out)
{
	return walk(blob, len, NULL, out);
}

int
bucket_find(const uint8_t *blob, size_t len, uint64_t key, struct stays *out)
{
	return walk(blob, len, &key, out);
}
