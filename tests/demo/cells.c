/* The places that records name: the cells and areas of every town, and the
 * networks abroad.
 *
 * A town is one location area (LAC, 4G and 5G TAC) of two to twelve sites,
 * each with a cell of every technology.  With n the town's row in towns.csv
 * (from 0) and s the site, all within what 3GPP TS 23.003 leaves room for:
 *
 *	LAC, 4G TAC	4097 + n			 16 bits
 *	5G TAC		0x100000 + 16 n			 24 bits
 *	CI		3001 + 10 s			 16 bits
 *	ECI		eNodeB 65536 + 16 n + s | 1	 20 + 8 bits
 *	NCI		gNB 0x200000 + 16 n + s | 1	 24 + 12 bits
 *
 * Places of a town, from `place` on: cgi, ecgi, ncgi of each site, then lai,
 * the two tai, and an ecgi that no table knows, in an area that it does.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "journeys.h"

#define MAX_NETWORKS 3
#define UNKNOWN_CELL_ONE_IN 2000

/* Abroad: what draws travellers, and how long the phone is off on the way. */
static const struct {
	const char *alpha2, *region, *gate;
	double weight;
	int hours;
} abroad[] = {
    {"HK", "810000", "440300", 30, 1},
    {"MO", "820000", "440400", 14, 1},
    {"TW", "710000", NULL, 4, 3},
    {"JP", "JP", NULL, 9, 4},
    {"TH", "TH", NULL, 9, 5},
    {"KR", "KR", NULL, 6, 3},
    {"SG", "SG", NULL, 5, 6},
    {"MY", "MY", NULL, 4, 6},
    {"VN", "VN", NULL, 4, 4},
    {"US", "US", NULL, 3, 14},
    {"GB", "GB", NULL, 2, 12},
    {"DE", "DE", NULL, 2, 11},
    {"FR", "FR", NULL, 2, 12},
    {"AU", "AU", NULL, 2, 10},
    {"RU", "RU", NULL, 2, 8},
    {"AE", "AE", NULL, 1, 9},
};
#define ABROAD ((int)(sizeof(abroad) / sizeof(abroad[0])))

static int
add_place(struct ground *g, bool listed, int region, const char *text)
{
	struct place *p;

	if ((g->nplaces & (g->nplaces - 1)) == 0)
		g->places = must_alloc(g->places,
		    g->nplaces == 0 ? 1 : 2 * (size_t)g->nplaces, sizeof(*p));
	p = &g->places[g->nplaces];
	*p = (struct place){.listed = listed, .region = region};
	p->length = (uint8_t)snprintf(p->text, sizeof(p->text), "%s", text);
	return g->nplaces++;
}

static void
add_cell(struct ground *g, bool listed, int region, const char *kind,
    uint64_t number, int tac)
{
	char text[80];
	int n;

	n = snprintf(text, sizeof(text), "%s:460-00-%llu,", kind,
	    (unsigned long long)number);
	if (tac != 0)
		snprintf(
		    text + n, sizeof(text) - (size_t)n, "tai:460-00-%d", tac);
	add_place(g, listed, region, text);
}

static void
add_cgi(struct ground *g, int region, int lac, int ci)
{
	char text[80];

	snprintf(text, sizeof(text), "cgi:460-00-%d-%d,", lac, ci);
	add_place(g, true, region, text);
}

static void
add_cells(struct ground *g, int row)
{
	struct town *t = &g->towns[row];
	int lac = 4097 + row, tac5 = 0x100000 + 16 * row, s;
	uint64_t enb = 65536 + 16 * (uint64_t)row;
	uint64_t gnb = 0x200000 + 16 * (uint64_t)row;

	t->place = g->nplaces;
	for (s = 0; s < t->sites; s++) {
		add_cgi(g, t->region, lac, 3001 + 10 * s);
		add_cell(g, true, t->region, "ecgi",
		    (enb + (uint64_t)s) << 8 | 1, lac);
		add_cell(g, true, t->region, "ncgi",
		    (gnb + (uint64_t)s) << 12 | 1, 0);
	}
	add_cell(g, true, t->region, "lai", (uint64_t)lac, 0);
	add_cell(g, true, t->region, "tai", (uint64_t)lac, 0);
	add_cell(g, true, t->region, "tai", (uint64_t)tac5, 0);
	add_cell(g, false, t->region, "ecgi", enb << 8 | 200, lac);
}

int
cell_at(const struct ground *g, int town, int site, enum device d, uint64_t h)
{
	const struct town *t = &g->towns[town];
	unsigned percent = (unsigned)(h >> 8) % 100;
	int cell = t->place + 3 * (site % t->sites);

	if (d == DEVICE_2G)
		return percent < 75 ? cell : t->place + 3 * t->sites;
	if (d == DEVICE_5G && percent < 70)
		return cell + 2;
	if (percent >= 95)
		return cell;
	if ((h >> 20) % UNKNOWN_CELL_ONE_IN == 0)
		return t->place + 3 * t->sites + 3;
	return cell + 1;
}

/* The country of a global title is that of its longest prefix in cc.csv. */
static void
country_of_prefix(const char *path, const char *digits, char alpha2[3])
{
	static const char *const columns[] = {"prefix", "alpha2", NULL};
	struct table *c = table_open(path, columns);
	size_t best = 0, n;
	char **f;

	alpha2[0] = '\0';
	while ((f = table_next(c)) != NULL) {
		n = strlen(f[0]);
		if (n >= best && strncmp(f[0], digits, n) == 0) {
			best = n;
			snprintf(alpha2, 3, "%s", f[1]);
		}
	}
	table_close(c);
}

static void
add_title(struct ground *g, struct country *k, const char *tables)
{
	static const char *const columns[] = {"prefix", "alpha2", NULL};
	const char *path = table_path(tables, "cc.csv");
	struct table *c = table_open(path, columns);
	char prefix[16] = "", title[32], text[46], found[3];
	char **f;
	unsigned try;

	while ((f = table_next(c)) != NULL)
		if (strcmp(f[1], k->alpha2) == 0 &&
		    (prefix[0] == '\0' || strlen(f[0]) < strlen(prefix)))
			snprintf(prefix, sizeof(prefix), "%s", f[0]);
	table_close(c);
	for (try = 0; try < 100; try++) {
		snprintf(
		    title, sizeof(title), "%s%u%s", prefix, 900 - try, "00150");
		country_of_prefix(path, title, found);
		if (strcmp(found, k->alpha2) != 0)
			continue;
		snprintf(text, sizeof(text), "gt:%s,", title);
		add_place(g, false, 0, text);
		k->nplaces++;
		return;
	}
	errx(1, "%s: no prefix for %s", path, k->alpha2);
}

static void
add_tadig(struct ground *g, struct country *k, const char *tables)
{
	static const char *const columns[] = {"alpha2", "alpha3", NULL};
	struct table *c =
	    table_open(table_path(tables, "countries.csv"), columns);
	char text[46];
	char **f;

	while ((f = table_next(c)) != NULL)
		if (strcmp(f[0], k->alpha2) == 0) {
			snprintf(text, sizeof(text), "tadig:%s01,", f[1]);
			add_place(g, false, 0, text);
			k->nplaces++;
		}
	table_close(c);
}

/* Of each country up to three networks in operation, a TADIG code and a
 * global title. */
static void
load_abroad(struct ground *g, const char *tables)
{
	static const char *const columns[] = {
	    "mcc", "mnc", "alpha2", "brand", "status", NULL};
	struct country *k;
	struct table *c;
	char text[46];
	char **f;

	g->countries = must_alloc(NULL, (size_t)ABROAD, sizeof(*k));
	for (; g->ncountries < ABROAD; g->ncountries++) {
		k = &g->countries[g->ncountries];
		*k = (struct country){.region = abroad[g->ncountries].region,
		    .weight = abroad[g->ncountries].weight,
		    .hours = abroad[g->ncountries].hours,
		    .gate = -1,
		    .place = g->nplaces};
		snprintf(k->alpha2, sizeof(k->alpha2), "%s",
		    abroad[g->ncountries].alpha2);
		if (abroad[g->ncountries].gate != NULL)
			k->gate = ground_find(g, abroad[g->ncountries].gate);
		c = table_open(table_path(tables, "networks.csv"), columns);
		while ((f = table_next(c)) != NULL) {
			if (strcmp(f[2], k->alpha2) != 0 ||
			    strcmp(f[4], "Operational") != 0 ||
			    f[3][0] == '\0' || k->nplaces == MAX_NETWORKS)
				continue;
			snprintf(text, sizeof(text), "plmn:%s-%s,", f[0], f[1]);
			add_place(g, false, 0, text);
			k->nplaces++;
		}
		table_close(c);
		add_tadig(g, k, tables);
		add_title(g, k, tables);
	}
}

void
cells_load(struct ground *g, const char *tables)
{
	int i;

	for (i = 0; i < g->ntowns; i++)
		add_cells(g, i);
	load_abroad(g, tables);
}

void
cells_write(const struct ground *g, const char *path)
{
	FILE *f = file_create(path);
	const struct place *p;
	int i;

	fprintf(f, "place,region\n");
	for (i = 0; i < g->nplaces; i++) {
		p = &g->places[i];
		if (p->listed)
			fprintf(f, "%.*s,%d\n", (int)strcspn(p->text, ","),
			    p->text, g->regions[p->region].code);
	}
	file_close(f, path);
}
