/* Packed rows: what is packed comes back, and what is damaged is seen. */
#include "core/rows.c"

#include <stdlib.h>

#include "fixture.h"
#include "test.h"

#define MANY 40

static struct subscriber rows[MANY];

/* Every third number has two rows; what may be given is, or not. */
static void
make(void)
{
	for (int i = 0; i < MANY; i++) {
		struct subscriber *r = &rows[i];

		*r = (struct subscriber){
		    .msisdn = (uint64_t)(i - (i % 3 == 1)) << 57,
		    .imsi = 7 + i,
		    .since = i % 2 ? -i : i * INT64_C(100000000000),
		    .until = i & 1 ? 500 + i : STORE_FOREVER,
		    .person = ~(uint64_t)i,
		    .digits = i % 5,
		    .language = i % (LANGUAGES + 1),
		};
		r->end = i & 2 ? 400 : r->until;
		if (i & 4)
			strcpy(r->carrier, "a-carrier-with-a-name-of-31-oct");
		memset(r->sealed, i, KEY_SEALED);
	}
}

/* On exactly its octets of heap. */
static uint8_t *
packed(size_t n, size_t *len)
{
	uint8_t *out = malloc(rows_bound(n)), *exact;

	*len = rows_pack(rows, n, out);
	if (*len > rows_bound(n))
		exit(1);
	exact = malloc(*len > 0 ? *len : 1);
	memcpy(exact, out, *len);
	free(out);
	return exact;
}

static int
same(const struct subscriber *a, const struct subscriber *b)
{
	return rows_compare(a, b) == 0 && a->until == b->until &&
	    a->end == b->end && a->person == b->person &&
	    a->digits == b->digits && a->language == b->language &&
	    strcmp(a->carrier, b->carrier) == 0 &&
	    memcmp(a->sealed, b->sealed, KEY_SEALED) == 0;
}

/* Reads rows as long as they are the first ones; how many, or -errno. */
static int
read_all(const uint8_t *blob, size_t len)
{
	struct rows_reader r;
	struct subscriber row;
	int n = 0, rc = rows_read(&r, blob, len);

	while (rc == 0 && (rc = rows_next(&r, &row)) == 1) {
		if (n == MANY || !same(&row, &rows[n]))
			return -1;
		n++;
		rc = 0;
	}
	return rc < 0 ? rc : n;
}

static int
count_of(const uint8_t *blob, size_t len, uint64_t msisdn)
{
	struct rows_reader r;
	struct subscriber row;
	struct slice slice;
	int n = 0, rc = slices_look(&rows_form, blob, len, msisdn, &slice);

	if (rc == 1)
		rows_read_slice(&r, &slice);
	while (rc == 1 && (rc = rows_next_of(&r, msisdn, &row)) == 1)
		n += row.msisdn == msisdn;
	return rc < 0 ? rc : n;
}

static void
round_trip(void)
{
	int all = 1, found = 1;
	size_t len;

	for (int n = 0; n <= MANY; n++) {
		uint8_t *blob = packed(n, &len);

		all = all && read_all(blob, len) == n;
		for (int i = 0; i < n; i++) {
			int want = 0;

			for (int j = 0; j < n; j++)
				want += rows[j].msisdn == rows[i].msisdn;
			found = found &&
			    count_of(blob, len, rows[i].msisdn) == want;
		}
		found = found && count_of(blob, len, 12345) == 0;
		free(blob);
	}
	ok(all, "rows come back, %d of them and none", MANY);
	ok(found, "those of one number are found, and of no other");
}

static void
damaged(void)
{
	int seen = 1, same_version = 0;
	size_t len, part;
	uint8_t *blob = packed(MANY, &len), *cut;

	for (part = 1; part < len; part++) {
		cut = malloc(part);
		memcpy(cut, blob, part);
		seen = seen && read_all(cut, part) == -EBADMSG &&
		    count_of(cut, part, rows[0].msisdn) == -EBADMSG;
		free(cut);
	}
	ok(seen, "one that is cut anywhere is damaged");
	for (int v = 0; v < 256; v++) {
		blob[0] = v;
		same_version += count_of(blob, len, 1) != -EBADMSG;
	}
	ok_int(same_version, 1, "it has one version");
	blob[0] = rows_form.version;
	for (int i = 0; i < 100000; i++) {
		size_t at = 1 + pseudo_random() % (len - 1);
		uint8_t was = blob[at];
		struct rows_reader r;
		struct subscriber row;

		blob[at] = (uint8_t)(pseudo_random() >> 40);
		if (rows_read(&r, blob, len) < 0)
			r = (struct rows_reader){0};
		while (rows_next(&r, &row) == 1)
			if (strlen(row.carrier) >= sizeof(row.carrier) ||
			    row.language > LANGUAGES)
				seen = 0;
		count_of(blob, len, rows[i % MANY].msisdn);
		blob[at] = was;
	}
	ok(seen, "one with any other octet is read within its octets");
	free(blob);
}

int
main(void)
{
	make();
	round_trip();
	damaged();
	return test_done();
}
