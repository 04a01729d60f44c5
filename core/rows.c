/* The packed form of subscribers' rows; rows.h draws it. Reading believes no
 * length. */
#include <errno.h>
#include <string.h>

#include "rows.h"

#define VERSION 1

#define GIVEN_UNTIL 1
#define GIVEN_END 2
#define GIVEN_CARRIER 4
#define GIVEN (GIVEN_UNTIL | GIVEN_END | GIVEN_CARRIER)

/* Where in a row. */
#define AT_GIVEN 0
#define AT_LANGUAGE 1
#define AT_MSISDN 2
#define AT_IMSI 10
#define AT_SINCE 18
#define AT_PERSON 26
#define AT_DIGITS 34
#define AT_SEALED 42
#define FIXED (AT_SEALED + KEY_SEALED)

#define ROW_MAX (FIXED + 8 + 8 + 1 + sizeof(((struct subscriber *)0)->carrier))

size_t
rows_bound(size_t n)
{
	return 1 + n * ROW_MAX;
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
	return ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
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
	put_number(p + AT_MSISDN, row->msisdn);
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
	uint8_t *p = out;

	if (n == 0)
		return 0;
	*p++ = VERSION;
	for (size_t i = 0; i < n; i++)
		p = put_row(p, &v[i]);
	return p - out;
}

int
rows_read(struct rows_reader *r, const uint8_t *blob, size_t len)
{
	*r = (struct rows_reader){blob, blob + len};
	if (len == 0)
		return 0;
	return *r->p++ == VERSION ? 0 : -EBADMSG;
}

/* The octets of the row that begins here, or 0 for one that lies. */
static size_t
row_size(const struct rows_reader *r)
{
	size_t left = r->end - r->p, n = FIXED;
	uint8_t given;

	if (left < n)
		return 0;
	given = r->p[AT_GIVEN];
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

	row->msisdn = number(p + AT_MSISDN);
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

int
rows_next(struct rows_reader *r, struct subscriber *row)
{
	size_t n;

	if (r->p == r->end)
		return 0;
	n = row_size(r);
	if (n == 0)
		return -EBADMSG;
	take_row(r->p, row);
	r->p += n;
	return 1;
}

int
rows_next_of(struct rows_reader *r, uint64_t msisdn, struct subscriber *row)
{
	while (r->p != r->end) {
		size_t n = row_size(r);

		if (n == 0)
			return -EBADMSG;
		if (number(r->p + AT_MSISDN) == msisdn) {
			take_row(r->p, row);
			r->p += n;
			return 1;
		}
		if ((int64_t)number(r->p + AT_MSISDN) > (int64_t)msisdn)
			return 0;
		r->p += n;
	}
	return 0;
}
