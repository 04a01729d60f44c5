/* The reference tables, and from a place to its region.
 *
 * Three kinds of table: names by region code; networks by PLMN, MCC, TADIG
 * and country calling code; the operator's own cells. The first two are small
 * and sorted; the cells may be many millions, so they are sorted once and
 * found by a hash. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "log.h"
#include "region.h"

#define HONG_KONG 810000
#define MACAO 820000
#define TAIWAN 710000
#define CHINA ('C' << 8 | 'N') /* a network's country, never a region */
#define AMBIGUOUS 1u
#define INTERNATIONAL 2u

struct name {
	uint32_t code;
	char *text[LANGUAGES];
};

/* A network, or what begins like it, and its country; or a mark above. */
struct network {
	uint64_t id;
	uint32_t country;
};

struct list {
	struct network *v;
	size_t n, cap;
};

struct regions {
	struct name *names;
	size_t nnames, cap;
	struct list plmn;   /* mcc, mnc length, mnc */
	struct list except; /* of them, those that need a closer look */
	struct list alpha3; /* letters */
	struct list prefix; /* calling codes, numbered like sealed digits */
	uint32_t mcc[1000]; /* 0: not assigned */
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

static uint32_t
letters(const char *s, size_t n)
{
	uint32_t v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < 'A' || s[i] > 'Z')
			return 0;
		v = v << 8 | (uint8_t)s[i];
	}
	return v;
}

/* A country's code as a region; China stays China, which is none. */
static uint32_t
country(const char *alpha2)
{
	uint32_t v = letters(alpha2, 2);

	switch (v) {
	case 'H' << 8 | 'K':
		return HONG_KONG;
	case 'M' << 8 | 'O':
		return MACAO;
	case 'T' << 8 | 'W':
		return TAIWAN;
	}
	return v;
}

static int
number(const char *s, size_t len, uint64_t max, uint64_t *v)
{
	*v = 0;
	if (len == 0 || len > 15)
		return -EBADMSG;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -EBADMSG;
		*v = *v * 10 + (s[i] - '0');
	}
	return *v <= max ? 0 : -EBADMSG;
}

/* Digits with their length, so that 049 and 49 differ. */
static uint64_t
numbered(uint64_t digits, size_t len)
{
	return (uint64_t)len << 50 | digits;
}

static uint64_t
plmn_id(uint16_t mcc, uint16_t mnc, uint8_t mnc_len)
{
	return (uint64_t)mcc << 16 | (uint64_t)(mnc_len == 3) << 12 | mnc;
}

/* Reading the tables: one row function a file. */

typedef int row_h(struct regions *r, const struct csv_field *f);

static char *
copy(const struct csv_field *f)
{
	return strndup(f->s, f->len);
}

static int
add_name(struct regions *r, uint32_t code, char *zh, char *en)
{
	if (r->nnames == r->cap) {
		size_t cap = r->cap ? 2 * r->cap : 512;
		struct name *v = realloc(r->names, cap * sizeof(*v));

		if (v == NULL)
			goto fail;
		r->names = v;
		r->cap = cap;
	}
	if (zh == NULL || en == NULL)
		goto fail;
	r->names[r->nnames++] = (struct name){code, {zh, en}};
	return 0;
fail:
	free(zh);
	free(en);
	return -ENOMEM;
}

static int
add_network(struct list *l, uint64_t id, uint32_t what)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 512;
		struct network *v = realloc(l->v, cap * sizeof(*v));

		if (v == NULL)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = (struct network){id, what};
	return 0;
}

static int
has_name(
    const struct regions *r, enum language lang, const struct csv_field *name)
{
	for (size_t i = 0; i < r->nnames; i++)
		if (csv_equal(name, r->names[i].text[lang]))
			return 1;
	return 0;
}

/* provinces.csv: code name_zh short_zh name_en */
static int
province_row(struct regions *r, const struct csv_field *f)
{
	uint64_t code;

	if (number(f[0].s, f[0].len, 999999, &code) < 0)
		return -EBADMSG;
	if (region_group(code) == REGION_HMT)
		return 0; /* named by countries.csv */
	return add_name(r, code, copy(&f[1]), copy(&f[2]));
}

/* A short name that is also a province's would be read as the province:
 * 海南 is one, 海南州 lies in 青海; 吉林市 lies in 吉林. */
static char *
chinese_name(const struct regions *r, const struct csv_field *kind,
    const struct csv_field *shortened)
{
	const char *suffix = csv_equal(kind, "prefecture_city") ? "市" : "州";
	char *s;

	if (!has_name(r, LANG_ZH, shortened))
		return copy(shortened);
	return asprintf(
		   &s, "%.*s%s", (int)shortened->len, shortened->s, suffix) < 0
	    ? NULL
	    : s;
}

/* regions.csv: code kind short_zh name_en */
static int
region_row(struct regions *r, const struct csv_field *f)
{
	uint64_t code;

	if (number(f[0].s, f[0].len, 999999, &code) < 0)
		return -EBADMSG;
	if (region_group(code) == REGION_HMT ||
	    csv_equal(&f[1], "municipality"))
		return 0; /* a municipality is its own province */
	return add_name(r, code, chinese_name(r, &f[1], &f[2]), copy(&f[3]));
}

/* countries.csv: alpha2 alpha3 name_zh name_en */
static int
country_row(struct regions *r, const struct csv_field *f)
{
	uint32_t code;

	if (f[0].len != 2 || f[1].len != 3)
		return -EBADMSG;
	code = country(f[0].s);
	if (add_network(&r->alpha3, letters(f[1].s, 3), code) < 0)
		return -ENOMEM;
	if (code == CHINA)
		return 0;
	return add_name(r, code, copy(&f[2]), copy(&f[3]));
}

/* mcc.csv: mcc alpha2 also */
static int
mcc_row(struct regions *r, const struct csv_field *f)
{
	uint64_t mcc;

	if (number(f[0].s, f[0].len, 999, &mcc) < 0)
		return -EBADMSG;
	if (f[1].len != 2)
		r->mcc[mcc] = INTERNATIONAL;
	else if (f[2].len > 0)
		r->mcc[mcc] = AMBIGUOUS; /* unless the PLMN is known */
	else
		r->mcc[mcc] = country(f[1].s);
	return 0;
}

static int
plmn_of(const struct csv_field *f, uint64_t *id)
{
	uint64_t mcc, mnc;

	if (number(f[0].s, f[0].len, 999, &mcc) < 0 ||
	    number(f[1].s, f[1].len, 999, &mnc) < 0)
		return -EBADMSG;
	*id = plmn_id(mcc, mnc, f[1].len);
	return 0;
}

/* plmn.csv: mcc mnc alpha2 sure */
static int
plmn_row(struct regions *r, const struct csv_field *f)
{
	uint64_t id;

	if (plmn_of(f, &id) < 0 || f[2].len != 2)
		return -EBADMSG;
	return add_network(&r->except, id,
	    csv_equal(&f[3], "1") ? country(f[2].s) : AMBIGUOUS);
}

/* networks.csv: mcc mnc alpha2 */
static int
network_row(struct regions *r, const struct csv_field *f)
{
	uint64_t id;

	if (plmn_of(f, &id) < 0)
		return -EBADMSG;
	return add_network(
	    &r->plmn, id, f[2].len == 2 ? country(f[2].s) : INTERNATIONAL);
}

/* cc.csv: prefix alpha2 */
static int
prefix_row(struct regions *r, const struct csv_field *f)
{
	uint64_t v;

	if (number(f[0].s, f[0].len, UINT64_MAX, &v) < 0)
		return -EBADMSG;
	return add_network(&r->prefix, numbered(v, f[0].len),
	    f[1].len == 2 ? country(f[1].s) : INTERNATIONAL);
}

static const struct {
	const char *file;
	struct csv_column columns[5];
	size_t n;
	row_h *row;
} tables[] = {
    {"provinces.csv", {{"code", 0}, {"short_zh", 0}, {"name_en", 0}}, 3,
	province_row},
    {"regions.csv", {{"code", 0}, {"kind", 0}, {"short_zh", 0}, {"name_en", 0}},
	4, region_row},
    {"countries.csv",
	{{"alpha2", 0}, {"alpha3", 0}, {"name_zh", 0}, {"name_en", 0}}, 4,
	country_row},
    {"mcc.csv", {{"mcc", 0}, {"alpha2", 0}, {"also", 0}}, 3, mcc_row},
    {"plmn.csv", {{"mcc", 0}, {"mnc", 0}, {"alpha2", 0}, {"sure", 0}}, 4,
	plmn_row},
    {"networks.csv", {{"mcc", 0}, {"mnc", 0}, {"alpha2", 0}}, 3, network_row},
    {"cc.csv", {{"prefix", 0}, {"alpha2", 0}}, 2, prefix_row},
};

static int
load_table(struct regions *r, const char *dir, size_t i)
{
	struct csv_field fields[5];
	char path[4096];
	struct csv *csv;
	int n, rc;

	if (snprintf(path, sizeof(path), "%s/%s", dir, tables[i].file) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	rc = csv_open(&csv, path, tables[i].columns, tables[i].n);
	if (rc < 0)
		return rc;
	while ((n = csv_next(csv, fields)) != 0) {
		rc = n < 0 ? n : tables[i].row(r, fields);
		if (rc < 0)
			break;
	}
	if (rc == -EBADMSG)
		log_error(DCORE, "%s:%llu: not a row of this table", path,
		    (unsigned long long)csv_line(csv));
	csv_close(csv);
	return rc;
}

static int
by_code(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return (x->code > y->code) - (x->code < y->code);
}

static int
by_id(const void *a, const void *b)
{
	const struct network *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static const struct name *
find_name(const struct regions *r, uint32_t code)
{
	const struct name key = {.code = code};

	return bsearch(&key, r->names, r->nnames, sizeof(key), by_code);
}

static const struct network *
find_network(const struct list *l, uint64_t id)
{
	const struct network key = {.id = id};

	return l->n ? bsearch(&key, l->v, l->n, sizeof(key), by_id) : NULL;
}

static int
english_is_shared(const struct regions *r, size_t i)
{
	for (size_t j = 0; j < r->nnames; j++)
		if (j != i &&
		    strcmp(r->names[i].text[LANG_EN],
			r->names[j].text[LANG_EN]) == 0)
			return 1;
	return 0;
}

/* Cities of one English name get their province beside it: "Suzhou
 * (Jiangsu)"; Jilin in Jilin becomes "Jilin City". */
static int
distinguish(struct regions *r)
{
	char **longer = calloc(r->nnames, sizeof(*longer));

	if (longer == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < r->nnames; i++) {
		const char *en = r->names[i].text[LANG_EN];
		const struct name *province =
		    find_name(r, region_province(r->names[i].code));
		int n = 0;

		if (province == NULL || province == &r->names[i] ||
		    !english_is_shared(r, i))
			continue;
		if (strcmp(en, province->text[LANG_EN]) == 0)
			n = asprintf(&longer[i], "%s City", en);
		else
			n = asprintf(
			    &longer[i], "%s (%s)", en, province->text[LANG_EN]);
		if (n < 0)
			longer[i] = NULL; /* keeps the shared name */
	}
	for (size_t i = 0; i < r->nnames; i++) {
		if (longer[i] == NULL)
			continue;
		free(r->names[i].text[LANG_EN]);
		r->names[i].text[LANG_EN] = longer[i];
	}
	free(longer);
	return 0;
}

static void
sort_list(struct list *l)
{
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), by_id);
}

int
regions_load(struct regions **rp, const char *dir)
{
	struct regions *r = calloc(1, sizeof(*r));
	int rc = r == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (rc == 0)
			rc = load_table(r, dir, i);
	if (rc == 0) {
		qsort(r->names, r->nnames, sizeof(*r->names), by_code);
		sort_list(&r->plmn);
		sort_list(&r->except);
		sort_list(&r->alpha3);
		sort_list(&r->prefix);
		rc = distinguish(r);
	}
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
	for (size_t i = 0; i < r->nnames; i++)
		for (int l = 0; l < LANGUAGES; l++)
			free(r->names[i].text[l]);
	free(r->names);
	free(r->plmn.v);
	free(r->except.v);
	free(r->alpha3.v);
	free(r->prefix.v);
	free(r);
}

int
region_parse(
    const struct regions *r, const char *s, size_t len, uint32_t *region)
{
	uint64_t v;

	if (len == 6 && number(s, len, 999999, &v) == 0)
		*region = v;
	else if (len == 2)
		*region = letters(s, 2);
	else
		return -ENOENT;
	/* a province is no region, but for the municipalities */
	if (region_group(*region) == REGION_MAINLAND &&
	    region_province(*region) == *region && *region != 110000 &&
	    *region != 120000 && *region != 310000 && *region != 500000)
		return -ENOENT;
	return find_name(r, *region) ? 0 : -ENOENT;
}

const char *
region_name(const struct regions *r, uint32_t region, enum language lang)
{
	const struct name *n = find_name(r, region);

	return n ? n->text[lang] : "?";
}

static enum unplaced
placed(uint32_t country, uint32_t *region)
{
	switch (country) {
	case 0:
		return UNPLACED_UNKNOWN_NETWORK;
	case AMBIGUOUS:
		return UNPLACED_AMBIGUOUS_NETWORK;
	case INTERNATIONAL:
		return UNPLACED_INTERNATIONAL_NETWORK;
	case CHINA:
		return UNPLACED_MAINLAND_NETWORK;
	}
	*region = country;
	return PLACED;
}

static uint32_t
country_of_prefix(const struct regions *r, uint64_t digits, size_t len)
{
	for (; len > 0; len--, digits /= 10) {
		const struct network *n =
		    find_network(&r->prefix, numbered(digits, len));

		if (n != NULL)
			return n->country;
	}
	return 0;
}

static uint32_t
country_of_plmn(const struct regions *r, const struct place *p)
{
	uint64_t id = plmn_id(p->mcc, p->mnc, p->mnc_len);
	const struct network *n = find_network(&r->except, id);

	if (n == NULL)
		n = find_network(&r->plmn, id);
	return n ? n->country : r->mcc[p->mcc];
}

enum unplaced
region_of_network(
    const struct regions *r, const struct place *p, uint32_t *region)
{
	const struct network *n;

	switch (p->kind) {
	case PLACE_GT:
		return placed(
		    country_of_prefix(r, p->cell, p->mnc_len), region);
	case PLACE_TADIG:
		n = find_network(&r->alpha3, p->area);
		return placed(n ? n->country : 0, region);
	default:
		return placed(country_of_plmn(r, p), region);
	}
}
