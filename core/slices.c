/* The layout of a blob in slices; slices.h draws it. */
#include <errno.h>
#include <string.h>

#include "slices.h"

#define AT_VERSION 0
#define AT_SHIFT 1
#define AT_BASE 2
#define AT_ENDS 10
#define WIDE 0x10000 /* octets of a blob whose ends take four */

static uint64_t
get_number(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | p[n];
	return v;
}

static void
put_number(uint8_t *p, size_t n, uint64_t v)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

static size_t
rest_octets(unsigned shift)
{
	return (shift + 7) / 8;
}

static size_t
width(size_t len)
{
	return len < WIDE ? 2 : 4;
}

/* Reading. */

size_t
slices_head(const struct slices_form *form, size_t len)
{
	return AT_ENDS + (width(len) << form->bits);
}

static size_t
end_of(const struct slices *s, unsigned i)
{
	return get_number(s->ends + i * s->width, s->width);
}

/* The bits of keys that are in a slice's number or behind it. */
static uint64_t
low_bits(const struct slices_form *form, unsigned shift)
{
	return UINT64_MAX >> (64 - form->bits - shift);
}

int
slices_read(struct slices *s, const struct slices_form *form,
    const uint8_t *head, size_t len)
{
	size_t body = slices_head(form, len);

	if (len <= body || head[AT_VERSION] != form->version ||
	    head[AT_SHIFT] + form->bits > 64)
		return -EBADMSG;
	*s = (struct slices){
	    .ends = head + AT_ENDS,
	    .base = get_number(head + AT_BASE, 8),
	    .shift = head[AT_SHIFT],
	    .n = 1u << form->bits,
	    .width = width(len),
	    .body = body,
	    .len = len - body,
	};
	if (s->base & low_bits(form, s->shift))
		return -EBADMSG;
	return end_of(s, s->n - 1) == s->len ? 0 : -EBADMSG;
}

int
slices_at(const struct slices *s, unsigned i, struct slice *slice)
{
	size_t from = i == 0 ? 0 : end_of(s, i - 1), to = end_of(s, i);

	if (from > to || to > s->len)
		return -EBADMSG;
	*slice = (struct slice){
	    .base = s->base + ((uint64_t)i << s->shift),
	    .shift = s->shift,
	    .rest = rest_octets(s->shift),
	    .at = s->body + from,
	    .len = to - from,
	};
	return from < to;
}

int
slices_find(const struct slices *s, uint64_t key, struct slice *slice)
{
	uint64_t i = (key - s->base) >> s->shift;

	return key >= s->base && i < s->n ? slices_at(s, i, slice) : 0;
}

int
slices_look(const struct slices_form *form, const uint8_t *blob, size_t len,
    uint64_t key, struct slice *slice)
{
	struct slices s;
	int rc;

	if (len == 0)
		return 0;
	rc = slices_read(&s, form, blob, len);
	if (rc == 0)
		rc = slices_find(&s, key, slice);
	if (rc == 1)
		slice->octets = blob + slice->at;
	return rc;
}

int
slice_key(const struct slice *slice, const uint8_t *p, uint64_t *key)
{
	uint64_t rest = 0;

	for (size_t i = 0; i < slice->rest; i++)
		rest = rest << 8 | p[i];
	*key = slice->base + rest;
	/* no shift is as large as a key */
	return rest >> slice->shift == 0 ? 0 : -EBADMSG;
}

/* Writing. */

uint8_t *
slices_begin(struct slices_writer *w, const struct slices_form *form,
    uint64_t lowest, uint64_t highest, uint8_t *out)
{
	unsigned bits =
	    lowest == highest ? 0 : 64 - __builtin_clzll(lowest ^ highest);

	*w = (struct slices_writer){
	    .form = form,
	    .out = out,
	    .body = out + slices_head(form, 0),
	    .shift = bits > form->bits ? bits - form->bits : 0,
	};
	w->base = lowest & ~low_bits(form, w->shift);
	return w->body;
}

uint8_t *
slices_put_rest(const struct slices_writer *w, uint64_t key, uint8_t *p)
{
	size_t n = rest_octets(w->shift);
	uint64_t rest = (key - w->base) & ((UINT64_C(1) << w->shift) - 1);

	for (size_t i = n; i-- > 0; rest >>= 8)
		p[i] = (uint8_t)rest;
	return p + n;
}

uint8_t *
slices_put_end(struct slices_writer *w, uint64_t key, uint8_t *p)
{
	w->ends[(key - w->base) >> w->shift] = p - w->body;
	return p;
}

size_t
slices_end(struct slices_writer *w, uint8_t *p)
{
	size_t octets = p - w->body, end = 0;
	size_t len = slices_head(w->form, 0) + octets;
	size_t body = slices_head(w->form, len);

	memmove(w->out + body, w->body, octets);
	w->out[AT_VERSION] = w->form->version;
	w->out[AT_SHIFT] = w->shift;
	put_number(w->out + AT_BASE, 8, w->base);
	for (unsigned i = 0; i < 1u << w->form->bits; i++) {
		if (w->ends[i] > end)
			end = w->ends[i];
		put_number(w->out + AT_ENDS + i * width(len), width(len), end);
	}
	return body + octets;
}
