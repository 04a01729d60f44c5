/* Networks and their countries: three small sorted tables and one by MCC.
 *
 * Nothing is guessed: a code that several territories share, of which the
 * tables cannot tell which one it is, gives no country. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "network.h"
#include "region.h"

/* What stands in the place of a country. */
#define UNKNOWN 0u
#define AMBIGUOUS 1u
#define INTERNATIONAL 2u

struct entry {
	uint64_t id;
	uint32_t country;
};

struct list {
	struct entry *v;
	size_t n, cap;
};

struct networks {
	struct list plmn;   /* networks.csv */
	struct list except; /* plmn.csv, which decides before it */
	struct list alpha3; /* countries.csv, for TADIG */
	struct list prefix; /* cc.csv */
	uint32_t mcc[1000]; /* mcc.csv */
};

static int
add(struct list *l, uint64_t id, uint32_t country)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 512;
		struct entry *v = realloc(l->v, cap * sizeof(*v));

		if (v == NULL)
			return -ENOMEM;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = (struct entry){id, country};
	return 0;
}

static int
by_id(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static const struct entry *
find(const struct list *l, uint64_t id)
{
	const struct entry key = {.id = id};

	return l->n ? bsearch(&key, l->v, l->n, sizeof(key), by_id) : NULL;
}

static int
number(const struct csv_field *f, uint64_t *v)
{
	*v = 0;
	if (f->len == 0 || f->len > 15)
		return -EBADMSG;
	for (size_t i = 0; i < f->len; i++) {
		if (f->s[i] < '0' || f->s[i] > '9')
			return -EBADMSG;
		*v = *v * 10 + (f->s[i] - '0');
	}
	return 0;
}

/* Digits with their length, so that 049 and 49 differ. */
static uint64_t
prefix_id(uint64_t digits, size_t len)
{
	return (uint64_t)len << 50 | digits;
}

static uint64_t
plmn_id(uint16_t mcc, uint16_t mnc, uint8_t mnc_len)
{
	return (uint64_t)mcc << 16 | (uint64_t)(mnc_len == 3) << 12 | mnc;
}

static int
parse_mcc(const struct csv_field *f, uint64_t *mcc)
{
	return f->len == 3 ? number(f, mcc) : -EBADMSG;
}

static int
parse_plmn(const struct csv_field *f, uint64_t *id)
{
	uint64_t mcc, mnc;

	if (parse_mcc(&f[0], &mcc) < 0 || f[1].len < 2 || f[1].len > 3 ||
	    number(&f[1], &mnc) < 0)
		return -EBADMSG;
	*id = plmn_id(mcc, mnc, f[1].len);
	return 0;
}

/* A country, or what has none. */
static uint32_t
country_or(const struct csv_field *alpha2, uint32_t otherwise)
{
	uint32_t country = region_country(alpha2->s, alpha2->len);

	return country ? country : otherwise;
}

/* countries.csv: alpha2 alpha3 */
static int
country_row(const struct csv_field *f, void *arg)
{
	struct networks *n = arg;
	uint32_t id;

	if (f[1].len != 3)
		return -EBADMSG;
	id = (uint32_t)f[1].s[0] << 16 | f[1].s[1] << 8 | f[1].s[2];
	return add(&n->alpha3, id, country_or(&f[0], UNKNOWN));
}

/* mcc.csv: mcc alpha2 also; an MCC of several territories says nothing of a
 * network that networks.csv does not know */
static int
mcc_row(const struct csv_field *f, void *arg)
{
	struct networks *n = arg;
	uint64_t mcc;

	if (parse_mcc(&f[0], &mcc) < 0)
		return -EBADMSG;
	n->mcc[mcc] =
	    f[2].len > 0 ? AMBIGUOUS : country_or(&f[1], INTERNATIONAL);
	return 0;
}

/* plmn.csv: mcc mnc alpha2 sure */
static int
plmn_row(const struct csv_field *f, void *arg)
{
	struct networks *n = arg;
	uint64_t id;

	if (parse_plmn(f, &id) < 0)
		return -EBADMSG;
	return add(&n->except, id,
	    csv_equal(&f[3], "1") ? country_or(&f[2], UNKNOWN) : AMBIGUOUS);
}

/* networks.csv: mcc mnc alpha2 */
static int
network_row(const struct csv_field *f, void *arg)
{
	struct networks *n = arg;
	uint64_t id;

	if (parse_plmn(f, &id) < 0)
		return -EBADMSG;
	return add(&n->plmn, id, country_or(&f[2], INTERNATIONAL));
}

/* cc.csv: prefix alpha2 */
static int
prefix_row(const struct csv_field *f, void *arg)
{
	struct networks *n = arg;
	uint64_t digits;

	if (number(&f[0], &digits) < 0)
		return -EBADMSG;
	return add(&n->prefix, prefix_id(digits, f[0].len),
	    country_or(&f[1], INTERNATIONAL));
}

static const struct {
	const char *file;
	struct csv_column columns[4];
	size_t n;
	csv_row_h *row;
} tables[] = {
    {"countries.csv", {{"alpha2", 0}, {"alpha3", 0}}, 2, country_row},
    {"mcc.csv", {{"mcc", 0}, {"alpha2", 0}, {"also", 0}}, 3, mcc_row},
    {"plmn.csv", {{"mcc", 0}, {"mnc", 0}, {"alpha2", 0}, {"sure", 0}}, 4,
	plmn_row},
    {"networks.csv", {{"mcc", 0}, {"mnc", 0}, {"alpha2", 0}}, 3, network_row},
    {"cc.csv", {{"prefix", 0}, {"alpha2", 0}}, 2, prefix_row},
};

static void
sort(struct list *l)
{
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), by_id);
}

int
networks_load(struct networks **np, const char *dir)
{
	struct networks *n = calloc(1, sizeof(*n));
	int rc = n == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (rc == 0)
			rc = csv_each(dir, tables[i].file, tables[i].columns,
			    tables[i].n, tables[i].row, n);
	if (rc < 0) {
		networks_free(n);
		return rc;
	}
	sort(&n->plmn);
	sort(&n->except);
	sort(&n->alpha3);
	sort(&n->prefix);
	*np = n;
	return 0;
}

void
networks_free(struct networks *n)
{
	if (n == NULL)
		return;
	free(n->plmn.v);
	free(n->except.v);
	free(n->alpha3.v);
	free(n->prefix.v);
	free(n);
}

static uint32_t
country_of_prefix(const struct networks *n, uint64_t digits, size_t len)
{
	for (; len > 0; len--, digits /= 10) {
		const struct entry *e =
		    find(&n->prefix, prefix_id(digits, len));

		if (e != NULL)
			return e->country;
	}
	return UNKNOWN;
}

static uint32_t
country_of_plmn(const struct networks *n, const struct place *p)
{
	uint64_t id = plmn_id(p->mcc, p->mnc, p->mnc_len);
	const struct entry *e = find(&n->except, id);

	if (e == NULL)
		e = find(&n->plmn, id);
	return e != NULL ? e->country : n->mcc[p->mcc];
}

static uint32_t
country_of(const struct networks *n, const struct place *p)
{
	const struct entry *e;

	switch (p->kind) {
	case PLACE_GT:
		return country_of_prefix(n, p->cell, p->mnc_len);
	case PLACE_TADIG:
		e = find(&n->alpha3, p->area);
		return e != NULL ? e->country : UNKNOWN;
	default:
		return country_of_plmn(n, p);
	}
}

enum unplaced
network_region(
    const struct networks *n, const struct place *p, uint32_t *region)
{
	uint32_t country = country_of(n, p);

	switch (country) {
	case UNKNOWN:
		return UNPLACED_UNKNOWN_NETWORK;
	case AMBIGUOUS:
		return UNPLACED_AMBIGUOUS_NETWORK;
	case INTERNATIONAL:
		return UNPLACED_INTERNATIONAL_NETWORK;
	case REGION_CHINA:
		return UNPLACED_MAINLAND_NETWORK;
	}
	*region = country;
	return PLACED;
}
