/* Regions: their codes, and the names that users are told. The reference
 * tables are tested as they are, for a wrong row is a wrong answer. */
#include "core/region.c"

#include "fixture.h"
#include "test.h"
#include "text.h"

static struct regions *regions;

enum {
	JAPAN = 'J' << 8 | 'P',
};

/* A text as a region, 0 when it is none. */
static uint32_t
parsed(const char *s)
{
	size_t len = strlen(s);
	char *text = malloc(len ? len : 1);
	uint32_t region = 0;
	int rc;

	memcpy(text, s, len);
	rc = region_parse(regions, text, len, &region);
	free(text);
	return rc == 0 ? region : 0;
}

static void
codes(void)
{
	char buf[7];

	ok_int(region_group(131000), REGION_MAINLAND, "Langfang: mainland");
	ok_int(region_group(659012), REGION_MAINLAND, "Xinxing: mainland");
	ok_int(region_group(810000), REGION_HMT, "Hong Kong");
	ok_int(region_group(820000), REGION_HMT, "Macao");
	ok_int(region_group(710000), REGION_HMT, "Taiwan");
	ok_int(region_group(JAPAN), REGION_ABROAD, "Japan: abroad");
	ok_int(region_group('Z' << 8 | 'W'), REGION_ABROAD, "Zimbabwe too");
	ok_int(region_province(131000), 130000, "Langfang lies in Hebei");
	ok_int(region_province(429004), 420000, "Xiantao in Hubei");
	ok_int(region_province(110000), 110000, "Beijing in itself");
	ok_int(region_province(810000), 810000, "Hong Kong too");
	ok_int(region_province(JAPAN), JAPAN, "a country has no province");
	ok_str(region_code(131000, buf), "131000", "Langfang's code");
	ok_str(region_code(JAPAN, buf), "JP", "Japan's");
}

static void
countries(void)
{
	ok_int(region_country("JP", 2), JAPAN, "a country");
	ok_int(region_country("HK", 2), 810000, "HK is Hong Kong");
	ok_int(region_country("MO", 2), 820000, "MO is Macao");
	ok_int(region_country("TW", 2), 710000, "TW is Taiwan");
	ok_int(region_country("CN", 2), REGION_CHINA, "CN is a network's");
	ok_int(region_country("jp", 2), 0, "small letters are none");
	ok_int(region_country("J", 1), 0, "nor is one");
	ok_int(region_country("JPN", 3), 0, "nor are three");
	ok_int(region_country("", 0), 0, "nor is nothing");
	ok_int(region_country("J1", 2), 0, "nor a digit");
}

static void
parsing(void)
{
	static const char *const bad[] = {"", "HK", "MO", "TW", "CN", "jp",
	    "QQ", "J", "JPN", "130000", "320000", "650000", "000000", "999999",
	    "131001", "13100", "1310000", "019024", "13100 ", " 13100",
	    "+13100", "131００", "北京", "86"};

	ok_int(parsed("131000"), 131000, "a city");
	ok_int(parsed("429004"), 429004, "a city directly under its province");
	ok_int(parsed("110000"), 110000, "Beijing");
	ok_int(parsed("120000"), 120000, "Tianjin");
	ok_int(parsed("310000"), 310000, "Shanghai");
	ok_int(parsed("500000"), 500000, "Chongqing");
	ok_int(parsed("810000"), 810000, "Hong Kong");
	ok_int(parsed("820000"), 820000, "Macao");
	ok_int(parsed("710000"), 710000, "Taiwan");
	ok_int(parsed("JP"), JAPAN, "a country");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok_int(parsed(bad[i]), 0, "no region: \"%s\"", bad[i]);
}

static void
named(uint32_t region, const char *zh, const char *en)
{
	ok_str(region_name(regions, region, LANG_ZH), zh, "%s", zh);
	ok_str(region_name(regions, region, LANG_EN), en, "%s", en);
}

static void
names(void)
{
	named(110000, "北京", "Beijing");
	named(131000, "廊坊", "Langfang");
	named(130000, "河北", "Hebei");
	named(131099, "?", "?");
	named('X' << 8 | 'X', "?", "?");
	named(140000, "山西", "Shanxi");
	named(610000, "陕西", "Shaanxi");
	named(150000, "内蒙古", "Inner Mongolia");
	named(650000, "新疆", "Xinjiang");
	named(810000, "中国香港", "Hong Kong (China)");
	named(820000, "中国澳门", "Macao (China)");
	named(710000, "中国台湾", "Taiwan (China)");
	named(JAPAN, "日本", "Japan");
	named(131001, "?", "?");
}

/* Where two places share a name, the smaller one's tells more. */
static void
shared_names(void)
{
	named(460000, "海南", "Hainan");
	named(632500, "海南州", "Hainan (Qinghai)");
	named(220000, "吉林", "Jilin");
	named(220200, "吉林市", "Jilin City");
	named(320500, "苏州", "Suzhou (Jiangsu)");
	named(341300, "宿州", "Suzhou (Anhui)");
	named(321200, "泰州", "Taizhou (Jiangsu)");
	named(331000, "台州", "Taizhou (Zhejiang)");
	named(350100, "福州", "Fuzhou (Fujian)");
	named(361000, "抚州", "Fuzhou (Jiangxi)");
	named(230700, "伊春", "Yichun (Heilongjiang)");
	named(360900, "宜春", "Yichun (Jiangxi)");
	named(450900, "玉林", "Yulin (Guangxi)");
	named(610800, "榆林", "Yulin (Shaanxi)");
}

/* Every region there is, from the tables themselves. */

#define MANY 1024
static uint32_t all[MANY];
static size_t nall;

static int
take_code(const struct csv_field *f, void *arg)
{
	uint32_t code =
	    f->len == 2 ? region_country(f->s, f->len) : division(f->s, f->len);

	(void)arg;
	for (size_t i = 0; i < nall; i++)
		if (all[i] == code)
			return 0;
	if (code != REGION_CHINA && nall < MANY)
		all[nall++] = code;
	return 0;
}

static void
take_table(const char *file, const char *column)
{
	const struct csv_column columns[] = {{column, 0}};

	csv_each(fixture_path("conf"), file, columns, 1, take_code, NULL);
}

static int
valid(const char *name)
{
	uint32_t c;

	if (*name == '\0' || strcmp(name, "?") == 0)
		return 0;
	for (size_t n; (n = utf8_next(name, &c)) > 0; name += n)
		if (c < ' ' || c == 0xfffd)
			return 0;
	return 1;
}

static void
every_name(enum language lang)
{
	int good = 1, unique = 1;

	for (size_t i = 0; i < nall; i++) {
		const char *name = region_name(regions, all[i], lang);

		if (!valid(name)) {
			printf("# %u: \"%s\"\n", all[i], name);
			good = 0;
		}
		for (size_t j = 0; j < i; j++) {
			if (strcmp(name, region_name(regions, all[j], lang)))
				continue;
			printf("# %u and %u: %s\n", all[i], all[j], name);
			unique = 0;
		}
	}
	ok(good, "%s: every place has a name", language_name(lang));
	ok(unique, "%s: and no other place has it", language_name(lang));
}

/* One letter beyond GSM 7-bit, and a message holds 70 characters, not 160. */
static void
english_is_gsm7(void)
{
	int good = 1;

	for (size_t i = 0; i < nall; i++) {
		const char *name = region_name(regions, all[i], LANG_EN);

		if (text_alphabet(name, ALPHABET_GSM7) == ALPHABET_GSM7)
			continue;
		printf("# %s\n", name);
		good = 0;
	}
	ok(good, "en: every name is GSM 7-bit");
}

static void
every_region(void)
{
	char buf[7];
	int good = 1;

	take_table("regions.csv", "code");
	ok(nall >= 372, "three hundred cities and more");
	take_table("countries.csv", "alpha2");
	for (size_t i = 0; i < nall; i++)
		good &= parsed(region_code(all[i], buf)) == all[i];
	ok(good, "every code is read as what it is");
	take_table("provinces.csv", "code");
	every_name(LANG_ZH);
	every_name(LANG_EN);
	english_is_gsm7();
}

/* Each table is needed, and each row of it. */

static void
put_tables(const char *provinces, const char *cities, const char *abroad)
{
	put_text("provinces.csv", provinces);
	put_text("regions.csv", cities);
	put_text("countries.csv", abroad);
}

#define PROVINCES "code,short_zh,name_en\n130000,河北,Hebei\n"
#define CITIES "code,kind,short_zh,name_en\n130100,prefecture_city,石,Shi\n"
#define COUNTRIES "alpha2,name_zh,name_en\nJP,日本,Japan\n"

static int
loads(void)
{
	struct regions *r = NULL;
	int rc;

	logged[0] = '\0';
	rc = regions_load(&r, ".");
	if (rc == 0)
		regions_free(r);
	return rc;
}

static void
broken_tables(void)
{
	put_tables(PROVINCES, CITIES, COUNTRIES);
	ok_int(loads(), 0, "small tables load");
	put_tables(PROVINCES "13000,河北,Hebei\n", CITIES, COUNTRIES);
	ok_int(loads(), -EBADMSG, "a code of five digits");
	ok_str(logged, "./provinces.csv:3: not a row of this table\n",
	    "is named with its line");
	put_tables(PROVINCES, CITIES "130200,city\n", COUNTRIES);
	ok_int(loads(), -EBADMSG, "a row too short");
	put_tables(PROVINCES, CITIES, COUNTRIES "jp,日本,Japan\n");
	ok_int(loads(), -EBADMSG, "a country in small letters");
	put_tables(PROVINCES, CITIES, "alpha2,name_zh\nJP,日本\n");
	ok_int(loads(), -EBADMSG, "a column that is missing");
	unlink("regions.csv");
	ok_int(loads(), -ENOENT, "a table that is missing");
	ok_str(logged,
	    "./regions.csv: No such file or directory\n"
	    "`tables` names the folder of regions.csv\n",
	    "is named");
	regions_free(NULL);
}

/* As an operator names one. */
static void
found_by_name(void)
{
	static const struct {
		const char *name;
		uint32_t region;
	} t[] = {{"110000", 110000}, {"JP", 'J' << 8 | 'P'}, {"北京", 110000},
	    {"Beijing", 110000}, {"beijing", 110000}, {"廊坊", 131000},
	    {"香港", 810000}, {"日本", 'J' << 8 | 'P'},
	    {"japan", 'J' << 8 | 'P'}, {"jilin city", 220200},
	    {"吉林市", 220200}, {"吉林", 0}, {"Macao", 820000},
	    {"macao (china)", 820000}, {"中国澳门", 820000}, {"中国", 0},
	    {"China", 0}, {"Taiwan", 710000}, {"河北", 0}, {"Hebei", 0},
	    {"130000", 0}, {"Beijin", 0}, {"", 0}, {"北", 0}};

	for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
		uint32_t region = 0;
		int rc = region_find(regions, t[i].name, &region);

		ok(region == t[i].region && (rc == 0) == (region != 0),
		    "\"%s\" names %s", t[i].name,
		    t[i].region ? "a region" : "none");
	}
}

int
main(void)
{
	fixture_begin();
	capture_log();
	if (regions_load(&regions, fixture_path("conf")) < 0)
		return 1;
	codes();
	countries();
	parsing();
	names();
	found_by_name();
	shared_names();
	every_region();
	broken_tables();
	regions_free(regions);
	return test_done();
}
