/* The packed form of subscribers' rows; rows.h draws it. Reading believes no
 * length. */
#include <errno.h>
#include <string.h>

#include "rows.h"

#define KEY_OCTETS 8

#define GIVEN_UNTIL 1
#define GIVEN_END 2
#define GIVEN_CARRIER 4
#define GIVEN (GIVEN_UNTIL | GIVEN_END | GIVEN_CARRIER)

/* Where in a row, behind the number. */
#define AT_GIVEN 0
#define AT_LANGUAGE 1
#define AT_IMSI 2
#define AT_SINCE 10
#define AT_PERSON 18
#define AT_DIGITS 26
#define AT_SEALED 34
#define FIXED (AT_SEALED + KEY_SEALED)

#define ROW_MAX                           \
	(KEY_OCTETS + FIXED + 8 + 8 + 1 + \
	    sizeof(((struct subscriber *)0)->carrier))

const struct slices_form rows_form = {.version = 2, .bits = 3};

size_t
rows_bound(size_t n)
{
	return SLICES_HEAD_MAX + n * ROW_MAX;
}

static void
put_number(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

static uint64_t
number(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

static int
by_number(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

int
rows_compare(const struct subscriber *a, const struct subscriber *b)
{
	if (a->msisdn != b->msisdn)
		return by_number(a->msisdn, b->msisdn);
	if (a->imsi != b->imsi)
		return by_number(a->imsi, b->imsi);
	return (a->since > b->since) - (a->since < b->since);
}

static uint8_t
what_is_given(const struct subscriber *row)
{
	return (row->until != STORE_FOREVER ? GIVEN_UNTIL : 0) |
	    (row->end != row->until ? GIVEN_END : 0) |
	    (row->carrier[0] != '\0' ? GIVEN_CARRIER : 0);
}

static uint8_t *
put_row(uint8_t *p, const struct subscriber *row)
{
	uint8_t given = what_is_given(row);

	p[AT_GIVEN] = given;
	p[AT_LANGUAGE] = row->language == LANGUAGES ? 0 : 1 + row->language;
	put_number(p + AT_IMSI, row->imsi);
	put_number(p + AT_SINCE, row->since);
	put_number(p + AT_PERSON, row->person);
	put_number(p + AT_DIGITS, row->digits);
	memcpy(p + AT_SEALED, row->sealed, KEY_SEALED);
	p += FIXED;
	if (given & GIVEN_UNTIL) {
		put_number(p, row->until);
		p += 8;
	}
	if (given & GIVEN_END) {
		put_number(p, row->end);
		p += 8;
	}
	if (given & GIVEN_CARRIER) {
		size_t len = strlen(row->carrier);

		*p++ = len;
		memcpy(p, row->carrier, len);
		p += len;
	}
	return p;
}

size_t
rows_pack(const struct subscriber *v, size_t n, uint8_t *out)
{
	struct slices_writer w;
	uint8_t *p;

	if (n == 0)
		return 0;
	p = slices_begin(&w, &rows_form, v[0].msisdn, v[n - 1].msisdn, out);
	for (size_t i = 0; i < n; i++) {
		p = slices_put_rest(&w, v[i].msisdn, p);
		p = slices_put_end(&w, v[i].msisdn, put_row(p, &v[i]));
	}
	return slices_end(&w, p);
}

int
rows_read(struct rows_reader *r, const uint8_t *blob, size_t len)
{
	*r = (struct rows_reader){.blob = blob};
	return len == 0 ? 0 : slices_read(&r->slices, &rows_form, blob, len);
}

void
rows_read_slice(struct rows_reader *r, const struct slice *slice)
{
	r->next = r->slices.n = 0; /* no other follows */
	r->slice = *slice;
	r->p = slice->octets;
	r->end = slice->octets + slice->len;
}

/* The octets of the row that begins here, its number's rest and all, or 0 for
 * one that lies. */
static size_t
row_size(const struct rows_reader *r)
{
	size_t left = r->end - r->p, rest = r->slice.rest, n = rest + FIXED;
	uint8_t given;

	if (left < n)
		return 0;
	given = r->p[rest + AT_GIVEN];
	if (given == 0)
		return n;
	if (given & ~GIVEN)
		return 0;
	n += (given & GIVEN_UNTIL ? 8 : 0) + (given & GIVEN_END ? 8 : 0);
	if (given & GIVEN_CARRIER) {
		if (left <= n ||
		    r->p[n] >= sizeof(((struct subscriber *)0)->carrier))
			return 0;
		n += 1 + r->p[n];
	}
	return left >= n ? n : 0;
}

static void
take_row(const uint8_t *p, struct subscriber *row)
{
	uint8_t given = p[AT_GIVEN], language = p[AT_LANGUAGE];

	row->imsi = number(p + AT_IMSI);
	row->since = number(p + AT_SINCE);
	row->person = number(p + AT_PERSON);
	row->digits = number(p + AT_DIGITS);
	memcpy(row->sealed, p + AT_SEALED, KEY_SEALED);
	row->language =
	    language > 0 && language <= LANGUAGES ? language - 1u : LANGUAGES;
	p += FIXED;
	row->until = STORE_FOREVER;
	if (given & GIVEN_UNTIL) {
		row->until = number(p);
		p += 8;
	}
	row->end = row->until;
	if (given & GIVEN_END) {
		row->end = number(p);
		p += 8;
	}
	memset(row->carrier, 0, sizeof(row->carrier));
	if (given & GIVEN_CARRIER)
		memcpy(row->carrier, p + 1, *p);
}

/* The next slice in which there is anything: 1, 0 behind the last, -EBADMSG. */
static int
next_slice(struct rows_reader *r)
{
	int rc = 0;

	while (rc == 0 && r->next < r->slices.n)
		rc = slices_at(&r->slices, r->next++, &r->slice);
	if (rc == 1) {
		r->p = r->blob + r->slice.at;
		r->end = r->p + r->slice.len;
	}
	return rc;
}

/* The size of the row that comes next and its number, from a slice that is not
 * at its end. 0, or -EBADMSG. */
static int
look(const struct rows_reader *r, size_t *size, uint64_t *msisdn)
{
	*size = row_size(r);
	return *size == 0 ? -EBADMSG : slice_key(&r->slice, r->p, msisdn);
}

static void
take(
    struct rows_reader *r, size_t size, uint64_t msisdn, struct subscriber *row)
{
	take_row(r->p + r->slice.rest, row);
	row->msisdn = msisdn;
	r->p += size;
}

int
rows_next(struct rows_reader *r, struct subscriber *row)
{
	uint64_t msisdn;
	size_t size;
	int rc = r->p == r->end ? next_slice(r) : 1;

	if (rc <= 0)
		return rc;
	if (look(r, &size, &msisdn) < 0)
		return -EBADMSG;
	take(r, size, msisdn, row);
	return 1;
}

int
rows_next_of(struct rows_reader *r, uint64_t msisdn, struct subscriber *row)
{
	uint64_t found;
	size_t size;

	for (; r->p != r->end; r->p += size) {
		if (look(r, &size, &found) < 0)
			return -EBADMSG;
		if (found == msisdn) {
			take(r, size, found, row);
			return 1;
		}
		if (found > msisdn)
			return 0;
	}
	return 0;
}
