/* The packed form of a bucket's stays; bucket.h draws it. Decoding believes
 * no length and no order: a damaged blob is -EBADMSG, never a wrong stay. */
#include <errno.h>

#include "bucket.h"

#define KEY_OCTETS 8
#define VARINT_MAX 10

const struct slices_form bucket_form = {.version = 2, .bits = 5};

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
	return SLICES_HEAD_MAX + n * (KEY_OCTETS + VARINT_MAX + 3 * 5);
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
	struct slices_writer w;
	uint8_t *p;
	size_t runs;

	if (n == 0)
		return 0;
	p = slices_begin(&w, &bucket_form, v[0].key, v[n - 1].key, out);
	for (; n > 0; v += runs, n -= runs) {
		runs = runs_of_key(v, n);
		p = slices_put_rest(&w, v->key, p);
		p = put_varint(p, runs_len(v, runs));
		p = put_runs(p, v, runs);
		slices_put_end(&w, v->key, p);
	}
	return slices_end(&w, p);
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

/* The next key of a slice and where its runs lie. */
static int
get_key(const struct slice *slice, struct reader *r, uint64_t *key,
    struct reader *runs)
{
	uint64_t octets;

	if ((size_t)(r->end - r->p) <= slice->rest ||
	    slice_key(slice, r->p, key) < 0)
		return -EBADMSG;
	r->p += slice->rest;
	if (get_varint(r, r->end - r->p, &octets) < 0 || octets == 0 ||
	    octets > (uint64_t)(r->end - r->p))
		return -EBADMSG;
	*runs = (struct reader){r->p, r->p + octets};
	r->p += octets;
	return 0;
}

static int
unpack_slice(const struct slice *slice, struct stays *out)
{
	struct reader r = {slice->octets, slice->octets + slice->len}, runs;
	uint64_t key, previous = 0;
	int rc, more = 0;

	for (; r.p < r.end; more = 1, previous = key) {
		if (get_key(slice, &r, &key, &runs) < 0 ||
		    (more && key <= previous))
			return -EBADMSG;
		rc = get_runs(runs, key, out);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
bucket_unpack(const uint8_t *blob, size_t len, struct stays *out)
{
	struct slices slices;
	struct slice slice;
	int rc;

	if (len == 0)
		return 0;
	if (slices_read(&slices, &bucket_form, blob, len) < 0)
		return -EBADMSG;
	for (unsigned i = 0; i < slices.n; i++) {
		rc = slices_at(&slices, i, &slice);
		if (rc == 0)
			continue;
		slice.octets = blob + slice.at;
		if (rc == 1)
			rc = unpack_slice(&slice, out);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
bucket_find(const struct slice *slice, uint64_t key, struct stays *out)
{
	struct reader r = {slice->octets, slice->octets + slice->len}, runs;
	uint64_t found;

	while (r.p < r.end) {
		if (get_key(slice, &r, &found, &runs) < 0)
			return -EBADMSG;
		if (found >= key)
			return found == key ? get_runs(runs, key, out) : 0;
	}
	return 0;
}
