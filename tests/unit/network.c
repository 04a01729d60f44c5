/* Networks and their countries: 3GPP TS 23.003 2.2, GSMA TD.13, E.164. */
#include "core/network.c"

#include "fixture.h"
#include "test.h"

static struct networks *networks;
static struct regions *regions;

/* A network's country, or why there is none. */
static const char *
country_in(const struct networks *n, const char *place)
{
	static const char *const why[] = {
	    [UNPLACED_MAINLAND_NETWORK] = "mainland",
	    [UNPLACED_UNKNOWN_NETWORK] = "unknown",
	    [UNPLACED_AMBIGUOUS_NETWORK] = "ambiguous",
	    [UNPLACED_INTERNATIONAL_NETWORK] = "international",
	};
	static char buf[7];
	enum unplaced u;
	struct place p;
	uint32_t region;

	if (place_parse(place, strlen(place), &p) < 0)
		return "no place";
	u = network_region(n, &p, &region);
	return u == PLACED ? region_code(region, buf) : why[u];
}

static void
lies_in(const char *place, const char *want, const char *what)
{
	ok_str(country_in(networks, place), want, "%s: %s", place, what);
}

static void
plmns(void)
{
	lies_in("plmn:262-01", "DE", "a network");
	lies_in("lai:262-01-1", "DE", "its area");
	lies_in("cgi:262-01-1-1", "DE", "its cell");
	lies_in("ecgi:262-01-1", "DE", "likewise");
	lies_in("plmn:262-99", "DE", "an unknown network of one country");
	lies_in("plmn:310-012", "US", "an MNC of three digits");
	lies_in("plmn:310-12", "ambiguous", "is not one of two");
	lies_in("plmn:310-032", "GU", "one of Guam");
	lies_in("plmn:310-32", "ambiguous", "nor is that one of two");
	lies_in("plmn:454-12", "810000", "Hong Kong");
	lies_in("plmn:455-01", "820000", "Macao");
	lies_in("plmn:466-92", "710000", "Taiwan");
	lies_in("plmn:460-00", "mainland", "the mainland");
	lies_in("plmn:460-99", "mainland", "an unknown network there");
	lies_in("plmn:461-01", "mainland", "its second MCC");
	lies_in("cgi:460-00-1-1", "mainland", "a cell there");
	lies_in("plmn:299-01", "unknown", "an MCC nobody has");
	lies_in("plmn:000-00", "unknown", "nor zeros");
}

/* One MCC, several territories. */
static void
shared_mccs(void)
{
	lies_in("plmn:234-15", "GB", "a network known to be in Britain");
	lies_in("plmn:234-58", "IM", "one known to be on the Isle of Man");
	lies_in("plmn:234-50", "ambiguous", "one of Jersey and Guernsey");
	lies_in("plmn:234-97", "ambiguous", "one that nobody knows");
	lies_in("plmn:310-110", "MP", "the Northern Marianas");
	lies_in("plmn:310-370", "ambiguous", "Guam or the Marianas");
	lies_in("plmn:647-00", "RE", "Reunion");
	lies_in("plmn:647-01", "YT", "Mayotte");
	lies_in("plmn:425-05", "PS", "Palestine");
	lies_in("plmn:425-01", "IL", "Israel");
}

static void
international(void)
{
	lies_in("plmn:901-11", "international", "a satellite");
	lies_in("plmn:901-99", "international", "one not listed");
	lies_in("plmn:001-01", "international", "a test network");
	lies_in("plmn:999-99", "international", "a private network");
	lies_in("gt:870772000000", "international", "Inmarsat");
	lies_in("gt:882161234567", "international", "a network of networks");
	lies_in("gt:80012345678", "international", "freephone");
}

static void
tadigs(void)
{
	lies_in("tadig:DEUD1", "DE", "a network");
	lies_in("tadig:DEUXX", "DE", "any of its country");
	lies_in("tadig:CHNCT", "mainland", "the mainland");
	lies_in("tadig:HKGH3", "810000", "Hong Kong");
	lies_in("tadig:MACCT", "820000", "Macao");
	lies_in("tadig:TWNPC", "710000", "Taiwan");
	lies_in("tadig:QQQ01", "unknown", "a country nobody has");
}

static void
calling_codes(void)
{
	lies_in("gt:491710760000", "DE", "a network");
	lies_in("gt:8613800138000", "mainland", "the mainland");
	lies_in("gt:85290000000", "810000", "Hong Kong");
	lies_in("gt:85366000000", "820000", "Macao");
	lies_in("gt:886900000000", "710000", "Taiwan");
	lies_in("gt:79161234567", "RU", "a code of one digit");
	lies_in("gt:77011234567", "KZ", "a longer one in it");
	lies_in("gt:393351234567", "IT", "Italy");
	lies_in("gt:390669812345", "VA", "the longest: the Vatican");
	lies_in("gt:447911123456", "GG", "a mobile number of Guernsey");
	lies_in("gt:447700900123", "GB", "one of Britain");
	lies_in("gt:12041234567", "CA", "Canada");
	lies_in("gt:12121234567", "US", "the United States");
	lies_in("gt:7", "RU", "a code alone");
	lies_in("gt:0", "unknown", "a zero");
	lies_in("gt:0491710760000", "unknown", "a zero in front");
	lies_in("gt:999999999999999", "unknown", "a code nobody has");
}

/* Every country that a table names is one that users can be told. */
static int
is_named(const struct csv_field *f, void *arg)
{
	uint32_t country = region_country(f->s, f->len);

	if (f->len == 0 || country == REGION_CHINA ||
	    strcmp(region_name(regions, country, LANG_EN), "?") != 0)
		return 0;
	printf("# %.*s has no name\n", (int)f->len, f->s);
	*(int *)arg = 0;
	return 0;
}

static void
every_country(void)
{
	static const char *const files[] = {
	    "mcc.csv", "plmn.csv", "networks.csv", "cc.csv", "countries.csv"};
	static const struct csv_column column[] = {{"alpha2", 0}};
	int good;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		good = 1;
		good &= csv_each(fixture_path("conf"), files[i], column, 1,
			    is_named, &good) == 0;
		ok(good, "%s: every country has a name", files[i]);
	}
}

static void
put_tables(void)
{
	put_text("countries.csv", "alpha2,alpha3\nJP,JPN\n");
	put_text("mcc.csv", "mcc,alpha2,also\n440,JP,\n441,JP,KR\n");
	put_text("plmn.csv", "mcc,mnc,alpha2,sure\n441,01,KR,1\n441,02,KR,0\n");
	put_text("networks.csv", "mcc,mnc,alpha2\n441,02,JP\n441,003,JP\n");
	put_text("cc.csv", "prefix,alpha2\n81,JP\n8,KR\n");
}

/* With tables of its own: which of them decides. */
static void
which_table(void)
{
	struct networks *n;

	put_tables();
	if (networks_load(&n, ".") < 0)
		return;
	ok_str(country_in(n, "plmn:440-01"), "JP", "an MCC alone");
	ok_str(country_in(n, "plmn:441-99"), "ambiguous", "a shared one");
	ok_str(country_in(n, "plmn:441-01"), "KR", "a sure exception");
	ok_str(country_in(n, "plmn:441-02"), "ambiguous",
	    "an unsure one, though networks.csv is sure");
	ok_str(country_in(n, "plmn:441-003"), "JP", "a listed network");
	ok_str(country_in(n, "plmn:441-03"), "ambiguous", "of three digits");
	networks_free(n);
}

static void
refuse(const char *file, const char *text, const char *want)
{
	struct networks *n = NULL;

	put_tables();
	put_text(file, text);
	logged[0] = '\0';
	ok_int(networks_load(&n, "."), -EBADMSG, "a bad row is refused");
	ok_str(logged, want, "%.*s", (int)strcspn(want, "\n"), want);
}

static void
broken_tables(void)
{
	struct networks *n;

	refuse("mcc.csv", "mcc,alpha2,also\n44,JP,\n",
	    "./mcc.csv:2: not a row of this table\n");
	refuse("networks.csv", "mcc,mnc,alpha2\n440,01,JP\n440,1,JP\n",
	    "./networks.csv:3: not a row of this table\n");
	refuse("plmn.csv", "mcc,mnc,alpha2,sure\n440,0001,JP,1\n",
	    "./plmn.csv:2: not a row of this table\n");
	refuse("cc.csv", "prefix,alpha2\n+81,JP\n",
	    "./cc.csv:2: not a row of this table\n");
	refuse("countries.csv", "alpha2,alpha3\nJP,JP\n",
	    "./countries.csv:2: not a row of this table\n");
	put_tables();
	unlink("cc.csv");
	ok_int(networks_load(&n, "."), -ENOENT, "a table that is missing");
	networks_free(NULL);
}

int
main(void)
{
	fixture_begin();
	capture_log();
	if (networks_load(&networks, fixture_path("conf")) < 0 ||
	    regions_load(&regions, fixture_path("conf")) < 0)
		return 1;
	plmns();
	shared_mccs();
	international();
	tadigs();
	calling_codes();
	every_country();
	which_table();
	broken_tables();
	networks_free(networks);
	regions_free(regions);
	return test_done();
}
