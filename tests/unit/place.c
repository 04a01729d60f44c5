/* Places: how each kind is written (3GPP TS 23.003, GSMA TD.13, E.164), and
 * in which order a place is resolved. */
#include "core/place.c"

#include "region.h"

#include "fixture.h"
#include "test.h"

enum {
	BEIJING = 110000,
	TIANJIN = 120000,
	LANGFANG = 131000,
	BAODING = 130600,
};

static struct networks *networks;
static struct cells *cells;

/* Parsed from exactly its octets of heap, so that reading on shows. */
static int
parse(const char *s, struct place *p)
{
	size_t len = strlen(s);
	char *copy = malloc(len ? len : 1);
	int rc;

	memcpy(copy, s, len);
	rc = place_parse(copy, len, p);
	free(copy);
	return rc;
}

static void
takes(const char *s, const char *what)
{
	struct place p;

	ok_int(parse(s, &p), 0, "%s: %s", s, what);
}

static void
refuses(const char *s, const char *what)
{
	struct place p;

	ok_int(parse(s, &p), -EBADMSG, "%s: %s", s, what);
}

static void
fields(void)
{
	struct place p;

	parse("cgi:460-00-6145-52301", &p);
	ok(p.kind == PLACE_CGI && p.mcc == 460 && p.mnc == 0 &&
		p.mnc_len == 2 && p.area == 6145 && p.cell == 52301,
	    "a CGI has MCC, MNC, LAC, CI");
	parse("lai:310-012-6145", &p);
	ok(p.kind == PLACE_LAI && p.mcc == 310 && p.mnc == 12 &&
		p.mnc_len == 3 && p.area == 6145 && p.cell == 0,
	    "a LAI has MCC, MNC of three, LAC");
	parse("tai:460-11-70000", &p);
	ok(p.kind == PLACE_TAI && p.mnc == 11 && p.area == 70000,
	    "a TAI has a TAC");
	parse("ecgi:460-00-12345678", &p);
	ok(p.kind == PLACE_ECGI && p.area == 0 && p.cell == 12345678,
	    "an ECGI has an ECI");
	parse("ncgi:460-15-68719476735", &p);
	ok(p.kind == PLACE_NCGI && p.mnc == 15 && p.cell == 68719476735ULL,
	    "an NCGI has an NCI");
	parse("plmn:262-01", &p);
	ok(p.kind == PLACE_PLMN && p.mcc == 262 && p.mnc == 1 &&
		p.mnc_len == 2 && p.area == 0 && p.cell == 0,
	    "a PLMN has MCC and MNC");
	parse("gt:491710760000", &p);
	ok(p.kind == PLACE_GT && p.cell == 491710760000ULL && p.mnc_len == 12,
	    "a global title has its digits and their number");
	parse("tadig:DEUD1", &p);
	ok(p.kind == PLACE_TADIG && p.area == ('D' << 16 | 'E' << 8 | 'U'),
	    "a TADIG code has a country");
}

/* LAC 16 bit (4.1), CI 16 (4.3.1), TAC 24 (19.4.2.3), ECI 28 (19.6), NCI 36
 * (19.6A). */
static void
limits(void)
{
	takes("cgi:460-00-0-0", "zeros");
	takes("cgi:460-00-65535-65535", "the largest LAC and CI");
	refuses("cgi:460-00-65536-1", "a LAC of 17 bits");
	refuses("cgi:460-00-1-65536", "a CI of 17 bits");
	takes("lai:460-00-65535", "the largest LAC");
	refuses("lai:460-00-65536", "a LAC of 17 bits");
	takes("tai:460-00-16777215", "the largest TAC");
	refuses("tai:460-00-16777216", "a TAC of 25 bits");
	takes("ecgi:460-00-268435455", "the largest ECI");
	refuses("ecgi:460-00-268435456", "an ECI of 29 bits");
	takes("ncgi:460-00-68719476735", "the largest NCI");
	refuses("ncgi:460-00-68719476736", "an NCI of 37 bits");
	refuses("ncgi:460-00-99999999999", "more of 11 digits");
	refuses("ncgi:460-00-18446744073709551617", "more than 64 bits");
	takes("plmn:000-00", "the least PLMN");
	takes("plmn:999-999", "the greatest");
	takes("gt:1", "a title of one digit");
	takes("gt:999999999999999", "of 15");
	refuses("gt:1234567890123456", "of 16");
	takes("tadig:ZZZ99", "the last TADIG code");
}

static void
malformed(void)
{
	static const char *const bad[] = {"", ":", "cgi",
	    "cgi:", "CGI:460-00-1-1", "cgi: 460-00-1-1", "cgi:460-00-1-1 ",
	    " cgi:460-00-1-1", "cgi:460-00-1", "cgi:460-00-1-1-1",
	    "cgi:460-00--1", "cgi:460-00-1-", "cgi:460-00-1--1",
	    "cgi:460-00-+1-1", "cgi:460-00-0x1-1", "cgi:46-00-1-1",
	    "cgi:4600-00-1-1", "cgi:460-0-1-1", "cgi:460-0000-1-1",
	    "cgi:46000-1-1", "cgi:460:00:1:1", "lai:460-00", "lai:460-00-1-1",
	    "tai:460-00", "ecgi:460-00", "ecgi:460-00-1-1", "ncgi:460-00-",
	    "plmn:", "plmn:460", "plmn:460-", "plmn:460-0", "plmn:460-00-",
	    "plmn:460-00-1", "plmn:46000", "plmn:４６０-00",
	    "tadig:", "tadig:DEU", "tadig:DEUD", "tadig:DEUD12", "tadig:deud1",
	    "tadig:DE1D1", "tadig:DEU-1", "gt:", "gt:+4917", "gt:49-17",
	    "gt:49 17", "gt:49171x", "sai:460-00-1-1", "c:460-00-1-1"};
	struct place p;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok_int(parse(bad[i], &p), -EBADMSG, "no place: \"%s\"", bad[i]);
	ok_int(place_parse("plmn:460-00\0", 12, &p), -EBADMSG,
	    "nor one with a NUL behind");
}

static void
cut(void)
{
	const char *s = "cgi:460-000-61453-52301";
	struct place p;
	int good = 1;

	/* once the CI has a digit, less of it is another CI */
	for (size_t n = 0; n <= strlen("cgi:460-000-61453-"); n++) {
		char *copy = strndup(s, n);

		good &= parse(copy, &p) == -EBADMSG;
		free(copy);
	}
	ok(good, "cut before its last field it is refused");
}

static uint64_t
packed(const char *s)
{
	struct place p;

	return parse(s, &p) == 0 ? place_pack(&p) : 0;
}

/* Places that differ in one thing only, kinds of one number first. */
static void
packs_differ(void)
{
	static const char *const places[] = {"lai:460-00-1", "tai:460-00-1",
	    "ecgi:460-00-1", "ncgi:460-00-1", "cgi:460-00-0-1", "plmn:460-00",
	    "lai:460-00-0", "tai:460-00-0", "ecgi:460-00-0", "ncgi:460-00-0",
	    "cgi:460-00-0-0", "cgi:460-00-1-0", "plmn:460-000", "plmn:460-01",
	    "plmn:460-001", "plmn:461-00", "plmn:046-00", "plmn:000-00",
	    "plmn:999-999", "lai:460-000-0", "lai:460-01-0", "lai:461-00-0",
	    "cgi:460-00-65535-65535", "ncgi:460-00-68719476735",
	    "ecgi:460-00-268435455", "tai:460-00-16777215", "gt:1", "gt:01",
	    "gt:10", "gt:0", "gt:00", "gt:86", "gt:860", "gt:086",
	    "gt:999999999999999", "gt:000000000000000", "tadig:DEUD1",
	    "tadig:DEUD2", "tadig:DEU0D", "tadig:DEU00", "tadig:AAA00",
	    "tadig:ZZZZZ"};
	const size_t n = sizeof(places) / sizeof(*places);
	int differ = 1;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < i; j++)
			differ &= packed(places[i]) != packed(places[j]);
	ok(differ, "places that differ have different keys");
	ok(packed("cgi:460-00-0001-0002") == packed("cgi:460-00-1-2"),
	    "zeros in front make no difference to LAC and CI");
}

/* Resolving. */

static void
add(const char *place, uint32_t valid_from, uint32_t region)
{
	cells_add(cells, packed(place), valid_from, region);
}

static void
begin_cells(void)
{
	cells_free(cells);
	cells_new(&cells);
}

/* A region's code, or why there is none. */
static const char *
where_with(const char *place, const char *area, uint32_t time)
{
	static const char *const why[] = {
	    [UNPLACED_MAINLAND_NETWORK] = "mainland",
	    [UNPLACED_UNKNOWN_NETWORK] = "unknown",
	    [UNPLACED_AMBIGUOUS_NETWORK] = "ambiguous",
	    [UNPLACED_INTERNATIONAL_NETWORK] = "international",
	};
	static char buf[7];
	struct place p, a;
	enum unplaced u;
	uint32_t region;

	if (parse(place, &p) < 0 || (area && parse(area, &a) < 0))
		return "no place";
	u = place_region(networks, cells, &p, area ? &a : NULL, time, &region);
	return u == PLACED ? region_code(region, buf) : why[u];
}

static const char *
where(const char *place)
{
	return where_with(place, NULL, 1000);
}

static void
order(void)
{
	begin_cells();
	add("cgi:460-00-1-1", 0, BEIJING);
	add("lai:460-00-1", 0, LANGFANG);
	add("lai:460-00-2", 0, TIANJIN);
	add("tai:460-00-9", 0, BAODING);
	cells_sort(cells);
	ok_str(where("cgi:460-00-1-1"), "110000", "a cell that is known");
	ok_str(where_with("cgi:460-00-1-1", "lai:460-00-2", 1000), "110000",
	    "before the area beside it");
	ok_str(where_with("cgi:460-00-1-7", "lai:460-00-2", 1000), "120000",
	    "the area beside an unknown cell");
	ok_str(where_with("cgi:460-00-1-7", "lai:460-00-3", 1000), "131000",
	    "the area inside a CGI, where that one is unknown");
	ok_str(where("cgi:460-00-1-7"), "131000", "or where none is given");
	ok_str(where("cgi:460-00-3-7"), "mainland", "then the network");
	ok_str(where_with("ecgi:460-00-7", "tai:460-00-9", 1000), "130600",
	    "an unknown ECGI by its TAI");
	ok_str(
	    where("ecgi:460-00-1"), "mainland", "an ECGI has no area inside");
	ok_str(where("lai:460-00-1"), "131000", "an area by itself");
	ok_str(where("tai:460-00-1"), "mainland", "a TAI is no LAI");
	ok_str(where("cgi:460-01-1-1"), "mainland", "another network's cell");
	ok_str(where("cgi:460-000-1-1"), "mainland", "nor an MNC of three");
	ok_str(where_with("cgi:454-12-1-1", "lai:460-00-2", 1000), "120000",
	    "the area counts before the cell's network");
	ok_str(where("cgi:454-12-1-1"), "810000", "a cell in Hong Kong");
	ok_str(where("cgi:440-10-1-1"), "JP", "a cell abroad");
	ok_str(where_with("cgi:440-10-1-1", "lai:440-10-1", 1000), "JP",
	    "with its area");
}

static void
valid_from(void)
{
	begin_cells();
	add("cgi:460-00-1-1", 500, TIANJIN);
	add("cgi:460-00-1-1", 100, BEIJING);
	add("cgi:460-00-1-1", 300, LANGFANG);
	add("lai:460-00-1", 0, BAODING);
	add("lai:460-00-2", 200, BAODING);
	cells_sort(cells);
	ok_str(where_with("cgi:460-00-1-1", NULL, 99), "130600",
	    "before its first time a cell is unknown");
	ok_str(where_with("cgi:460-00-1-1", NULL, 100), "110000",
	    "from then on it is known");
	ok_str(where_with("cgi:460-00-1-1", NULL, 299), "110000",
	    "to the second before the next");
	ok_str(where_with("cgi:460-00-1-1", NULL, 300), "131000",
	    "then it lies elsewhere");
	ok_str(where_with("cgi:460-00-1-1", NULL, UINT32_MAX), "120000",
	    "the latest stays");
	ok_str(where_with("lai:460-00-2", NULL, 199), "mainland",
	    "an area likewise");
	ok_int(cells->n, 5, "each row counts");
}

static void
titles(void)
{
	begin_cells();
	add("gt:86138", 0, BEIJING);
	add("gt:8613801", 0, LANGFANG);
	add("gt:8613802", 500, TIANJIN);
	add("gt:4917", 0, BAODING);
	cells_sort(cells);
	ok_str(where("gt:8613800138000"), "110000", "a title by its prefix");
	ok_str(where("gt:8613801138000"), "131000", "the longest one");
	ok_str(where("gt:86138"), "110000", "the prefix itself");
	ok_str(where("gt:8613"), "mainland", "less than it");
	ok_str(where_with("gt:8613802138000", NULL, 499), "110000",
	    "a longer one that is not yet valid");
	ok_str(where_with("gt:8613802138000", NULL, 500), "120000", "and is");
	ok_str(where("gt:8613900138000"), "mainland", "another one's");
	ok_str(where("gt:491710760000"), "130600",
	    "the operator's own table comes first");
	ok_str(where("gt:491600000000"), "DE", "then the calling code");
	ok_str(where("gt:819012345678"), "JP", "of another country");
	ok_str(where("gt:85290000000"), "810000", "of Hong Kong");
	ok_str(where("gt:12041234567"), "CA", "the longest code: Canada");
	ok_str(where("gt:12121234567"), "US", "and what is left of it");
	ok_str(where("gt:88161234567"), "international", "a satellite's");
	ok_str(where("gt:0491710760000"), "unknown", "a zero in front");
}

static int
all_found(uint32_t n)
{
	struct place p = {.kind = PLACE_NCGI, .mcc = 460, .mnc_len = 2};
	uint32_t region;

	for (p.cell = 0; p.cell < n; p.cell++)
		if (place_region(networks, cells, &p, NULL, 1, &region) !=
			PLACED ||
		    region != 100000 + p.cell)
			return 0;
	return place_region(networks, cells, &p, NULL, 1, &region) ==
	    UNPLACED_MAINLAND_NETWORK;
}

static void
many(void)
{
	struct place p = {.kind = PLACE_NCGI, .mcc = 460, .mnc_len = 2};
	const uint32_t n = 50000;

	begin_cells();
	cells_sort(cells);
	ok_str(where("cgi:460-00-1-1"), "mainland", "a table without cells");
	for (uint32_t i = n; i-- > 0;) {
		p.cell = i;
		cells_add(cells, place_pack(&p), 0, 100000 + i);
	}
	cells_sort(cells);
	ok(all_found(n), "fifty thousand cells are found, and no other");
	p.cell = n;
	cells_add(cells, place_pack(&p), 0, 100000 + n);
	cells_sort(cells);
	ok(all_found(n + 1), "and one added later");
}

int
main(void)
{
	fixture_begin();
	if (networks_load(&networks, fixture_path("conf")) < 0)
		return 1;
	fields();
	limits();
	malformed();
	cut();
	packs_differ();
	order();
	valid_from();
	titles();
	many();
	cells_free(cells);
	networks_free(networks);
	return test_done();
}
