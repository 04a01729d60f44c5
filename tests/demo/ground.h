/* Where one can be: towns with their cells, countries with their networks, and
 * the ways between them.  A place to be is a town (>= 0), or a country or SAR
 * abroad (-1 - its index).
 */
#ifndef GROUND_H
#define GROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rng.h"

#define MAX_NEAR 8

struct town {
	char *name;
	double v[3]; /* unit vector from the centre of the earth */
	int region;
	int sites;
	int place;          /* first of its places, see cells.c */
	int border;         /* the nearest town of another region, or -1 */
	int near[MAX_NEAR]; /* towns to commute to */
	int nnear;
};
struct region {
	int code;
	int first, end; /* its towns */
	int seat;       /* its principal town */
	double weight;
};
struct country {
	char alpha2[3];
	const char *region; /* as the answer names it: JP, 810000 */
	double weight;
	int hours; /* phone off on the way there; 1 is over the bridge */
	int gate;  /* town from which one walks over, or -1 */
	int place, nplaces;
};
struct place {
	char text[46]; /* the columns `place,area` */
	uint8_t length;
	bool listed; /* in cells.csv; `region` is then a row number */
	int region;
};
struct ground {
	struct town *towns;
	int ntowns;
	struct region *regions;
	int nregions;
	double *reach; /* nregions rows: running sums of attraction */
	double *homes; /* running sums of weights of towns */
	struct country *countries;
	int ncountries;
	struct place *places;
	int nplaces;
};
enum device { DEVICE_2G, DEVICE_4G, DEVICE_5G };
void ground_load(struct ground *g, const char *towns, const char *tables);
void ground_free(struct ground *g);
double ground_km(const struct ground *g, int town, int other);
/* A town to go to from `from`: near ones and large ones more often. */
int ground_destination(const struct ground *g, int from, struct rng *r);
int ground_home(const struct ground *g, struct rng *r);
/* The principal towns within `corridor` km of the straight way: at most `max`,
 * with the km from the start to each in `km`, and to the end in *total. */
int ground_path(const struct ground *g, int from, int to, double corridor,
    int *towns, double *km, int max, double *total);
/* The town of "110000" or "320500/Kunshan", the country of "JP"; exits when
 * there is none. */
int ground_find(const struct ground *g, const char *name);
const char *ground_region(
    const struct ground *g, int where, char *buffer, size_t size);

/* cells.c: the places that records name. */
void cells_load(struct ground *g, const char *tables);
void cells_write(const struct ground *g, const char *path);
/* The place that a phone at a site logs; `h` is chance. */
int cell_at(
    const struct ground *g, int town, int site, enum device d, uint64_t h);

#endif
