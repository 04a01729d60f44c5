/* The ground that the journeys cross: the towns of the mainland, how far apart
 * they are, which draw travellers, and which lie along a way.
 */
#include <err.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "journeys.h"

#define EARTH_KM 6371.0
#define NEAR_KM 40.0
#define BORDER_KM 18.0

static void
load_towns(struct ground *g, const char *path)
{
	static const char *const columns[] = {
	    "region", "name", "lat", "lng", NULL};
	struct table *c = table_open(path, columns);
	struct town *t;
	struct region *r = NULL;
	double lat, lng;
	char **f;
	int code;

	while ((f = table_next(c)) != NULL) {
		code = atoi(f[0]);
		if (code / 10000 == 71 || code / 10000 >= 81)
			continue;
		if ((g->ntowns & 1023) == 0)
			g->towns = must_alloc(
			    g->towns, (size_t)g->ntowns + 1024, sizeof(*t));
		if (r == NULL || r->code != code) {
			if (r != NULL && r->code > code)
				errx(
				    1, "%s: not in the order of regions", path);
			if ((g->nregions & 127) == 0)
				g->regions = must_alloc(g->regions,
				    (size_t)g->nregions + 128, sizeof(*r));
			r = &g->regions[g->nregions++];
			*r = (struct region){code, g->ntowns, 0, -1, 1.0};
		}
		lat = atof(f[2]) * M_PI / 180;
		lng = atof(f[3]) * M_PI / 180;
		t = &g->towns[g->ntowns++];
		*t = (struct town){.region = g->nregions - 1,
		    .sites = 2,
		    .border = -1,
		    .v = {cos(lat) * cos(lng), cos(lat) * sin(lng), sin(lat)}};
		if ((t->name = strdup(f[1])) == NULL)
			err(1, "strdup");
		r->end = g->ntowns;
	}
	table_close(c);
	/* 4097 + row must stay below 65534, 16 row + 65536 in 20 bits. */
	if (g->ntowns == 0 || g->ntowns > 60000)
		errx(1, "%s: %d towns is not 1..60000", path, g->ntowns);
}

static double
dot(const double *a, const double *b)
{
	return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static double
km(const double *a, const double *b)
{
	double x = a[0] - b[0], y = a[1] - b[1], z = a[2] - b[2];

	/* by the chord, which is exact for short ways too */
	return 2 * EARTH_KM * asin(fmin(1, sqrt(x * x + y * y + z * z) / 2));
}

double
ground_km(const struct ground *g, int town, int other)
{
	return km(g->towns[town].v, g->towns[other].v);
}

/* Latin letters alone, lower case: "Xi'an" and "Xi’an" are one name. */
static void
plain(char *out, size_t size, const char *name)
{
	size_t n = 0;

	for (; *name != '\0' && n + 1 < size; name++)
		if ((*name | 32) >= 'a' && (*name | 32) <= 'z')
			out[n++] = (char)(*name | 32);
	out[n] = '\0';
}

/* The town named as its region, else the one nearest to the middle. */
static int
find_seat(const struct ground *g, const struct region *r, const char *name)
{
	double middle[3] = {0, 0, 0};
	char want[64], have[64];
	int i, best = r->first;

	plain(want, sizeof(want), name);
	for (i = r->first; i < r->end; i++) {
		plain(have, sizeof(have), g->towns[i].name);
		if (strcmp(want, have) == 0)
			return i;
		middle[0] += g->towns[i].v[0];
		middle[1] += g->towns[i].v[1];
		middle[2] += g->towns[i].v[2];
	}
	for (i = r->first; i < r->end; i++)
		if (dot(g->towns[i].v, middle) > dot(g->towns[best].v, middle))
			best = i;
	return best;
}

static void
load_regions(struct ground *g, const char *tables)
{
	static const char *const columns[] = {"code", "name_en", NULL};
	struct table *c =
	    table_open(table_path(tables, "regions.csv"), columns);
	struct region *r;
	char **f;
	int i, code;

	while ((f = table_next(c)) != NULL) {
		code = atoi(f[0]);
		for (i = 0; i < g->nregions && g->regions[i].code != code; i++)
			;
		if (i == g->nregions)
			continue; /* not in towns.csv */
		r = &g->regions[i];
		r->seat = find_seat(g, r, f[1]);
		r->weight = 1 + log(r->end - r->first);
		g->towns[r->seat].sites = 6;
		/* The capital comes first in its province. */
		if (code % 10000 == 0 || code % 10000 == 100) {
			r->weight += 7;
			g->towns[r->seat].sites = 12;
		}
	}
	table_close(c);
	for (i = 0; i < g->nregions; i++)
		if (g->regions[i].seat < 0)
			errx(1, "%s: no region %d",
			    table_path(tables, "regions.csv"),
			    g->regions[i].code);
}

/* What each region draws from each: the running sums of weight over distance
 * to the power 1.6. */
static void
weigh(struct ground *g)
{
	double sum, *row;
	int i, j;

	g->reach = must_alloc(
	    NULL, (size_t)g->nregions * (size_t)g->nregions, sizeof(double));
	for (i = 0; i < g->nregions; i++) {
		row = g->reach + (size_t)i * (size_t)g->nregions;
		for (sum = 0, j = 0; j < g->nregions; j++) {
			if (j != i)
				sum += g->regions[j].weight /
				    pow(30 +
					    ground_km(g, g->regions[i].seat,
						g->regions[j].seat),
					1.6);
			row[j] = sum;
		}
	}
	g->homes = must_alloc(NULL, (size_t)g->ntowns, sizeof(double));
	for (sum = 0, i = 0; i < g->ntowns; i++) {
		j = g->towns[i].sites;
		sum += j == 2 ? 1 : j == 6 ? 12 : 60;
		g->homes[i] = sum;
	}
}

/* The first of `n` running sums above a random part of the whole. */
static int
draw(const double *sums, int n, struct rng *r)
{
	double x = rng_unit(r) * sums[n - 1];
	int low = 0, high = n - 1, middle;

	while (low < high) {
		middle = (low + high) / 2;
		if (sums[middle] > x)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int
ground_home(const struct ground *g, struct rng *r)
{
	return draw(g->homes, g->ntowns, r);
}

int
ground_destination(const struct ground *g, int from, struct rng *r)
{
	int i = g->towns[from].region;
	const struct region *to;

	i = draw(g->reach + (size_t)i * (size_t)g->nregions, g->nregions, r);
	to = &g->regions[i];
	return rng_unit(r) < 0.7 ? to->seat
				 : rng_between(r, to->first, to->end - 1);
}

static void
find_neighbours(struct ground *g)
{
	double close = cos(NEAR_KM / EARTH_KM), best, d;
	struct town *t;
	int i, j;

	for (i = 0; i < g->ntowns; i++) {
		t = &g->towns[i];
		best = cos(BORDER_KM / EARTH_KM);
		for (j = 0; j < g->ntowns; j++) {
			if ((d = dot(t->v, g->towns[j].v)) < close || j == i)
				continue;
			if (t->nnear < MAX_NEAR)
				t->near[t->nnear++] = j;
			if (d > best && g->towns[j].region != t->region) {
				best = d;
				t->border = j;
			}
		}
	}
}

int
ground_path(const struct ground *g, int from, int to, double corridor,
    int *towns, double *along, int max, double *total)
{
	const double *a = g->towns[from].v, *b = g->towns[to].v, *p;
	double n[3] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2],
	    a[0] * b[1] - a[1] * b[0]};
	double length = sqrt(dot(n, n)), direct = km(a, b), done = 0, s, c;
	int i, j, k, last, found = 0, kept = 0;

	for (i = 0; i < g->nregions && found < max; i++) {
		k = g->regions[i].seat;
		p = g->towns[k].v;
		c = dot(n, p) / length;
		if (k == from || k == to || fabs(c) * EARTH_KM > corridor)
			continue;
		/* on this side of the earth, from the angle at its centre */
		s = dot(a, p) <= 0 ? -1 : km(a, p) / direct;
		if (s < 0.04 || s > 1 || km(p, b) > 0.96 * direct)
			continue;
		for (j = found++; j > 0 && along[j - 1] > s; j--) {
			along[j] = along[j - 1];
			towns[j] = towns[j - 1];
		}
		along[j] = s;
		towns[j] = k;
	}
	for (last = from, i = 0; i < found; i++) {
		s = done + ground_km(g, last, towns[i]);
		if (s + ground_km(g, towns[i], to) > 1.25 * direct)
			continue; /* too far round */
		last = towns[kept] = towns[i];
		along[kept++] = done = s;
	}
	*total = done + ground_km(g, last, to);
	return kept;
}

int
ground_find(const struct ground *g, const char *name)
{
	const char *town = strchr(name, '/');
	int i, j, code = atoi(name);

	for (i = 0; i < g->ncountries; i++)
		if (strcmp(g->countries[i].alpha2, name) == 0)
			return -1 - i;
	for (i = 0; i < g->nregions; i++) {
		if (g->regions[i].code != code)
			continue;
		if (town == NULL)
			return g->regions[i].seat;
		for (j = g->regions[i].first; j < g->regions[i].end; j++)
			if (strcmp(g->towns[j].name, town + 1) == 0)
				return j;
	}
	errx(1, "no place %s in the towns and countries loaded", name);
}

const char *
ground_region(const struct ground *g, int where, char *buffer, size_t size)
{
	if (where < 0)
		return g->countries[-1 - where].region;
	snprintf(buffer, size, "%d", g->regions[g->towns[where].region].code);
	return buffer;
}

void
ground_load(struct ground *g, const char *towns, const char *tables)
{
	load_towns(g, towns);
	load_regions(g, tables);
	weigh(g);
	find_neighbours(g);
	cells_load(g, tables);
}

void
ground_free(struct ground *g)
{
	int i;

	for (i = 0; i < g->ntowns; i++)
		free(g->towns[i].name);
	free(g->towns);
	free(g->regions);
	free(g->reach);
	free(g->homes);
	free(g->countries);
	free(g->places);
}
