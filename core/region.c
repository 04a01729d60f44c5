/* Region codes, and their names from the reference tables. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "csv.h"
#include "edition.h"
#include "region.h"

#define HONG_KONG 810000
#define MACAO 820000
#define TAIWAN 710000

struct name {
	uint32_t code;
	char *text[LANGUAGES];
};

struct regions {
	struct name *v; /* by code once they are loaded */
	size_t n, cap;
	/* where each lies: v's place + 1 in its code's slot or, when that is
	 * taken, one of the next; 0 for none. A power of two, half empty. */
	uint32_t *slots, mask;
};

enum region_group
region_group(uint32_t region)
{
	if (region < 100000)
		return REGION_ABROAD;
	if (region == HONG_KONG || region == MACAO || region == TAIWAN)
		return REGION_HMT;
	return REGION_MAINLAND;
}

uint32_t
region_province(uint32_t region)
{
	return region < 100000 ? region : region / 10000 * 10000;
}

const char *
region_code(uint32_t region, char buf[7])
{
	if (region < 100000)
		snprintf(buf, 7, "%c%c", region >> 8 & 0x7f, region & 0x7f);
	else
		snprintf(buf, 7, "%u", region % 1000000);
	return buf;
}

uint32_t
region_country(const char *s, size_t len)
{
	if (len != 2 || s[0] < 'A' || s[0] > 'Z' || s[1] < 'A' || s[1] > 'Z')
		return 0;
	if (memcmp(s, "HK", 2) == 0)
		return HONG_KONG;
	if (memcmp(s, "MO", 2) == 0)
		return MACAO;
	if (memcmp(s, "TW", 2) == 0)
		return TAIWAN;
	return s[0] << 8 | s[1];
}

/* Six digits; 0 when they are not. */
static uint32_t
division(const char *s, size_t len)
{
	uint32_t v = 0;

	if (len != 6 || *s == '0')
		return 0;
	for (size_t i = 0; i < 6; i++) {
		if (s[i] < '0' || s[i] > '9')
			return 0;
		v = v * 10 + (s[i] - '0');
	}
	return v;
}

/* Loading. */

static char *
copy(const struct csv_field *f)
{
	return strndup(f->s, f->len);
}

/* Takes both strings over, also when it fails. */
static int
add(struct regions *r, uint32_t code, char *zh, char *en)
{
	if (r->n == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 512;
		struct name *v = realloc(r->v, cap * sizeof(*v));

		if (v == NULL)
			goto fail;
		r->v = v;
		r->cap = cap;
	}
	if (zh == NULL || en == NULL)
		goto fail;
	r->v[r->n++] = (struct name){code, {zh, en}};
	return 0;
fail:
	free(zh);
	free(en);
	return -ENOMEM;
}

static int
is_known(const struct regions *r, const struct csv_field *chinese)
{
	for (size_t i = 0; i < r->n; i++)
		if (csv_equal(chinese, r->v[i].text[LANG_ZH]))
			return 1;
	return 0;
}

/* provinces.csv: code short_zh name_en */
static int
province_row(const struct csv_field *f, void *arg)
{
	uint32_t code = division(f[0].s, f[0].len);

	if (code == 0)
		return -EBADMSG;
	if (region_group(code) == REGION_HMT)
		return 0; /* named by countries.csv */
	return add(arg, code, copy(&f[1]), copy(&f[2]));
}

/* A short name that is also a province's would be read as the province:
 * 海南 is one, 海南州 lies in 青海; 吉林市 lies in 吉林. */
static char *
chinese_name(const struct regions *r, const struct csv_field *kind,
    const struct csv_field *name)
{
	const char *suffix = csv_equal(kind, "prefecture_city") ? "市" : "州";
	char *s;

	if (!is_known(r, name))
		return copy(name);
	if (asprintf(&s, "%.*s%s", (int)name->len, name->s, suffix) < 0)
		return NULL;
	return s;
}

/* regions.csv: code kind short_zh name_en */
static int
region_row(const struct csv_field *f, void *arg)
{
	uint32_t code = division(f[0].s, f[0].len);

	if (code == 0)
		return -EBADMSG;
	if (region_group(code) == REGION_HMT ||
	    csv_equal(&f[1], "municipality"))
		return 0; /* a municipality is its own province */
	return add(arg, code, chinese_name(arg, &f[1], &f[2]), copy(&f[3]));
}

/* countries.csv: alpha2 name_zh name_en */
static int
country_row(const struct csv_field *f, void *arg)
{
	uint32_t code = region_country(f[0].s, f[0].len);

	if (code == 0)
		return -EBADMSG;
	if (code == REGION_CHINA)
		return 0;
	return add(arg, code, copy(&f[1]), copy(&f[2]));
}

static int
by_code(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return (x->code > y->code) - (x->code < y->code);
}

static uint32_t
slot_of(const struct regions *r, uint32_t code)
{
	return code * 2654435769u >> 16 & r->mask;
}

static int
index_codes(struct regions *r)
{
	size_t slots = 1;

	while (slots < 2 * r->n)
		slots *= 2;
	r->slots = calloc(slots, sizeof(*r->slots));
	if (r->slots == NULL)
		return -ENOMEM;
	r->mask = slots - 1;
	for (size_t i = 0; i < r->n; i++) {
		uint32_t slot = slot_of(r, r->v[i].code);

		while (r->slots[slot] != 0)
			slot = (slot + 1) & r->mask;
		r->slots[slot] = i + 1;
	}
	return 0;
}

static const struct name *
find(const struct regions *r, uint32_t code)
{
	uint32_t slot = slot_of(r, code), at;

	for (; (at = r->slots[slot]) != 0; slot = (slot + 1) & r->mask)
		if (r->v[at - 1].code == code)
			return &r->v[at - 1];
	return NULL;
}

static int
english_is_shared(const struct regions *r, const struct name *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (&r->v[i] != name &&
		    strcmp(r->v[i].text[LANG_EN], name->text[LANG_EN]) == 0)
			return 1;
	return 0;
}

/* The name of a city that shares its own with another: with its province,
 * "Suzhou (Jiangsu)"; or "Jilin City" in Jilin. Null for others. */
static char *
longer_name(const struct regions *r, const struct name *name)
{
	const struct name *province = find(r, region_province(name->code));
	const char *en = name->text[LANG_EN];
	char *s;
	int n;

	if (province == NULL || province == name || !english_is_shared(r, name))
		return NULL;
	if (strcmp(en, province->text[LANG_EN]) == 0)
		n = asprintf(&s, "%s City", en);
	else
		n = asprintf(&s, "%s (%s)", en, province->text[LANG_EN]);
	return n < 0 ? NULL : s;
}

/* All longer names first, since what is shared shows in the short ones. */
static int
distinguish(struct regions *r)
{
	char **longer = calloc(r->n, sizeof(*longer));

	if (longer == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < r->n; i++)
		longer[i] = longer_name(r, &r->v[i]);
	for (size_t i = 0; i < r->n; i++) {
		if (longer[i] == NULL)
			continue;
		free(r->v[i].text[LANG_EN]);
		r->v[i].text[LANG_EN] = longer[i];
	}
	free(longer);
	return 0;
}

int
regions_load(struct regions **rp, const char *dir)
{
	static const struct csv_column provinces[] = {
	    {"code", 0}, {"short_zh", 0}, {"name_en", 0}};
	static const struct csv_column regions[] = {
	    {"code", 0}, {"kind", 0}, {"short_zh", 0}, {"name_en", 0}};
	static const struct csv_column countries[] = {
	    {"alpha2", 0}, {"name_zh", 0}, {"name_en", 0}};
	struct regions *r = calloc(1, sizeof(*r));
	int rc;

	if (r == NULL)
		return -ENOMEM;
	rc = csv_each(dir, "provinces.csv", provinces, 3, province_row, r);
	if (rc == 0)
		rc = csv_each(dir, "regions.csv", regions, 4, region_row, r);
	if (rc == 0)
		rc = csv_each(
		    dir, "countries.csv", countries, 3, country_row, r);
	if (rc == 0 && r->n > 0)
		qsort(r->v, r->n, sizeof(*r->v), by_code);
	if (rc == 0)
		rc = index_codes(r);
	if (rc == 0 && r->n > 0)
		rc = distinguish(r);
	if (rc < 0)
		regions_free(r);
	else
		*rp = r;
	return rc;
}

void
regions_free(struct regions *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		for (int l = 0; l < LANGUAGES; l++)
			free(r->v[i].text[l]);
	free(r->v);
	free(r->slots);
	free(r);
}

uint64_t
regions_edition(const struct regions *r, uint64_t edition)
{
	for (size_t i = 0; i < r->n; i++) {
		edition = edition_number(edition, r->v[i].code);
		for (int l = 0; l < LANGUAGES; l++)
			edition = edition_text(edition, r->v[i].text[l]);
	}
	return edition;
}

/* A province is no region, but for the four municipalities. */
static int
is_only_province(uint32_t code)
{
	return region_group(code) == REGION_MAINLAND &&
	    region_province(code) == code && code != 110000 && code != 120000 &&
	    code != 310000 && code != 500000;
}

int
region_parse_shown(
    const struct regions *r, const char *s, size_t len, uint32_t *region)
{
	uint32_t code = division(s, len);

	/* Hong Kong, Macao and Taiwan have six digits, not two letters */
	if (code == 0 && len == 2)
		code = region_country(s, len);
	if (code == 0 || (len == 2 && region_group(code) == REGION_HMT) ||
	    find(r, code) == NULL)
		return -ENOENT;
	*region = code;
	return 0;
}

int
region_parse(
    const struct regions *r, const char *s, size_t len, uint32_t *region)
{
	uint32_t code;
	int rc = region_parse_shown(r, s, len, &code);

	if (rc < 0 || is_only_province(code))
		return -ENOENT;
	*region = code;
	return 0;
}

/* Without regard to case, and to what a country's name says of China. */
static int
is_named(const char *name, const char *s)
{
	static const char before[] = "中国", after[] = " (China)";
	size_t len = strlen(s);

	if (strncmp(name, before, strlen(before)) == 0 &&
	    strcmp(name + strlen(before), s) == 0)
		return 1;
	return strncasecmp(name, s, len) == 0 &&
	    (name[len] == '\0' || (len > 0 && strcmp(name + len, after) == 0));
}

int
region_find(const struct regions *r, const char *s, uint32_t *region)
{
	if (region_parse(r, s, strlen(s), region) == 0)
		return 0;
	for (size_t i = 0; i < r->n; i++)
		for (int l = 0; l < LANGUAGES; l++) {
			if (!is_named(r->v[i].text[l], s) ||
			    is_only_province(r->v[i].code))
				continue;
			*region = r->v[i].code;
			return 0;
		}
	return -ENOENT;
}

const char *
region_name(const struct regions *r, uint32_t region, enum language lang)
{
	const struct name *n = find(r, region);

	return n != NULL ? n->text[lang] : "?";
}
