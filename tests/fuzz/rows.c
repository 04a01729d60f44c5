/* A blob of subscribers' rows, and a blob that is made of what was read. */
#include "core/rows.c"

#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

/* Each number's rows are found as they are, and no other's. */
static void
must_be_found(
    const uint8_t *blob, size_t len, const struct subscriber *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct rows_reader r;
		struct subscriber row;
		struct slice slice;

		if (i > 0 && v[i].msisdn == v[i - 1].msisdn)
			continue;
		must(slices_look(&rows_form, blob, len, v[i].msisdn, &slice) ==
		    1);
		rows_read_slice(&r, &slice);
		for (size_t j = i; j < n && v[j].msisdn == v[i].msisdn; j++) {
			must(rows_next_of(&r, v[i].msisdn, &row) == 1);
			must(rows_compare(&row, &v[j]) == 0 &&
			    row.end == v[j].end &&
			    row.language == v[j].language &&
			    strcmp(row.carrier, v[j].carrier) == 0);
		}
		must(rows_next_of(&r, v[i].msisdn, &row) == 0);
	}
}

static int
by_order(const void *a, const void *b)
{
	return rows_compare(a, b);
}

static void
must_round_trip(struct subscriber *v, size_t n)
{
	uint8_t *blob = malloc(rows_bound(n)), *exact;
	size_t len;

	qsort(v, n, sizeof(*v), by_order);
	len = rows_pack(v, n, blob);
	must(len <= rows_bound(n));
	exact = fuzz_copy(blob, len);
	must_be_found(exact, len, v, n);
	free(exact);
	free(blob);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	static struct subscriber v[256];
	struct rows_reader r;
	struct subscriber row;
	struct slice slice;
	size_t n = 0;
	int rc = rows_read(&r, in, len);

	while (rc == 0 && n < 256 && (rc = rows_next(&r, &v[n])) == 1) {
		must(memchr(v[n].carrier, '\0', sizeof(v[n].carrier)) != NULL);
		must(v[n].language <= LANGUAGES);
		n++;
		rc = 0;
	}
	must(rc == 0 || rc == -EBADMSG);
	must_round_trip(v, n);
	for (size_t i = 0; i < n; i++) {
		if (slices_look(&rows_form, in, len, v[i].msisdn, &slice) != 1)
			continue;
		rows_read_slice(&r, &slice);
		rc = rows_next_of(&r, v[i].msisdn, &row);
		must(rc >= -EBADMSG && rc <= 1);
		must(rc != 1 || row.msisdn == v[i].msisdn);
	}
	return 0;
}
