/* Places: how they are written, and the operator's table of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"
#include "place.h"

struct cell {
	uint64_t place;
	uint32_t valid_from, region;
};

/* Sorted by place and time once it is looked at; `slots` hashes a place to
 * its first row, by index + 1. */
struct cells {
	struct cell *v;
	size_t n, cap;
	uint32_t *slots;
	size_t mask;    /* one less than their number */
	unsigned shift; /* leaves as many bits of 64 */
};

static const struct {
	const char *name;
	uint32_t area_max; /* 0: no area */
	uint64_t cell_max; /* 0: no cell */
} kinds[] = {
    [PLACE_CGI] = {"cgi", 0xffff, 0xffff},
    [PLACE_LAI] = {"lai", 0xffff, 0},
    [PLACE_TAI] = {"tai", 0xffffff, 0},
    [PLACE_ECGI] = {"ecgi", 0, 0xfffffff},
    [PLACE_NCGI] = {"ncgi", 0, 0xfffffffffULL},
    [PLACE_PLMN] = {"plmn", 0, 0},
    [PLACE_TADIG] = {"tadig", 0, 0},
    [PLACE_GT] = {"gt", 0, 0},
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Digits up to the next '-' or the end; at least `least`, at most `most`. */
static int
digits(const char **s, const char *end, int least, int most, uint64_t *v)
{
	int n = 0;

	for (*v = 0; *s < end && **s >= '0' && **s <= '9'; (*s)++, n++) {
		if (n == most)
			return -EBADMSG;
		*v = *v * 10 + (**s - '0');
	}
	if (n < least || (*s < end && **s != '-'))
		return -EBADMSG;
	return n;
}

static int
dash(const char **s, const char *end)
{
	if (*s == end || **s != '-')
		return -EBADMSG;
	(*s)++;
	return 0;
}

/* TS 23.003 2.2: three digits MCC, two or three MNC. */
static int
parse_plmn(const char **s, const char *end, struct place *p)
{
	uint64_t mcc, mnc;
	int n;

	if (digits(s, end, 3, 3, &mcc) < 0 || dash(s, end) < 0)
		return -EBADMSG;
	n = digits(s, end, 2, 3, &mnc);
	if (n < 0)
		return -EBADMSG;
	p->mcc = mcc;
	p->mnc = mnc;
	p->mnc_len = n;
	return 0;
}

static int
parse_cell(const char *s, const char *end, struct place *p)
{
	uint64_t area = 0, cell = 0;

	if (parse_plmn(&s, end, p) < 0)
		return -EBADMSG;
	if (kinds[p->kind].area_max &&
	    (dash(&s, end) < 0 || digits(&s, end, 1, 8, &area) < 0 ||
		area > kinds[p->kind].area_max))
		return -EBADMSG;
	if (kinds[p->kind].cell_max &&
	    (dash(&s, end) < 0 || digits(&s, end, 1, 11, &cell) < 0 ||
		cell > kinds[p->kind].cell_max))
		return -EBADMSG;
	p->area = area;
	p->cell = cell;
	return s == end ? 0 : -EBADMSG;
}

/* GSMA TD.13: three letters of the country, two characters of the network. */
static int
parse_tadig(const char *s, const char *end, struct place *p)
{
	if (end - s != 5)
		return -EBADMSG;
	for (int i = 0; i < 5; i++) {
		int letter = s[i] >= 'A' && s[i] <= 'Z';
		int digit = s[i] >= '0' && s[i] <= '9';

		if (!letter && (!digit || i < 3))
			return -EBADMSG;
		if (i < 3)
			p->area = p->area << 8 | (uint8_t)s[i];
		p->cell =
		    p->cell * 36 + (letter ? s[i] - 'A' + 10 : s[i] - '0');
	}
	return 0;
}

static int
parse_gt(const char *s, const char *end, struct place *p)
{
	int n = digits(&s, end, 1, 15, &p->cell);

	if (n < 0 || s != end)
		return -EBADMSG;
	p->mnc_len = n;
	return 0;
}

int
place_parse(const char *s, size_t len, struct place *p)
{
	const char *colon = len ? memchr(s, ':', len) : NULL, *end = s + len;

	*p = (struct place){0};
	for (size_t k = 0; colon != NULL && k < KINDS; k++) {
		size_t n = strlen(kinds[k].name);

		if ((size_t)(colon - s) != n ||
		    memcmp(s, kinds[k].name, n) != 0)
			continue;
		p->kind = k;
		if (k == PLACE_TADIG)
			return parse_tadig(colon + 1, end, p);
		if (k == PLACE_GT)
			return parse_gt(colon + 1, end, p);
		return parse_cell(colon + 1, end, p);
	}
	return -EBADMSG;
}

/*  63..61  60..51  50    49..40  39..0
 *  kind    MCC     MNC   MNC     TAC, ECI, NCI, or LAC and CI
 *                  of 3
 *  kind    digits' number with its length, or TADIG */
uint64_t
place_pack(const struct place *p)
{
	uint64_t kind = (uint64_t)p->kind << 61;

	if (p->kind == PLACE_TADIG)
		return kind | p->cell;
	if (p->kind == PLACE_GT)
		return kind | (uint64_t)p->mnc_len << 50 | p->cell;
	return kind | (uint64_t)p->mcc << 51 |
	    (uint64_t)(p->mnc_len == 3) << 50 | (uint64_t)p->mnc << 40 |
	    (p->kind == PLACE_CGI ? (uint64_t)p->area << 16 | p->cell
				  : p->area | p->cell);
}

int
cells_new(struct cells **cp)
{
	*cp = calloc(1, sizeof(**cp));
	return *cp ? 0 : -ENOMEM;
}

void
cells_free(struct cells *c)
{
	if (c == NULL)
		return;
	free(c->slots);
	free(c->v);
	free(c);
}

int
cells_add(
    struct cells *c, uint64_t packed, uint32_t valid_from, uint32_t region)
{
	if (c->n == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : 1024;
		struct cell *v = realloc(c->v, cap * sizeof(*v));

		if (v == NULL)
			return -ENOMEM;
		c->v = v;
		c->cap = cap;
	}
	c->v[c->n++] = (struct cell){packed, valid_from, region};
	return 0;
}

static int
by_place_and_time(const void *pa, const void *pb)
{
	const struct cell *a = pa, *b = pb;

	if (a->place != b->place)
		return a->place < b->place ? -1 : 1;
	return (a->valid_from > b->valid_from) -
	    (a->valid_from < b->valid_from);
}

static size_t
slot_of(const struct cells *c, uint64_t place)
{
	/* the top bits, on which every bit of the place has a say */
	return place * 0x9e3779b97f4a7c15ULL >> c->shift;
}

int
cells_sort(struct cells *c)
{
	size_t size = 16;

	c->shift = 60;
	for (; size < 2 * c->n; size *= 2)
		c->shift--;
	free(c->slots);
	c->slots = calloc(size, sizeof(*c->slots));
	if (c->slots == NULL)
		return -ENOMEM;
	c->mask = size - 1;
	if (c->n > 0)
		qsort(c->v, c->n, sizeof(*c->v), by_place_and_time);
	for (size_t i = 0; i < c->n; i++) {
		size_t s = slot_of(c, c->v[i].place);

		if (i > 0 && c->v[i].place == c->v[i - 1].place)
			continue;
		while (c->slots[s] != 0)
			s = (s + 1) & c->mask;
		c->slots[s] = i + 1;
	}
	return 0;
}

/* The region of a place at a time: the latest row that is valid by then. */
static int
find(const struct cells *c, uint64_t place, uint32_t time, uint32_t *region)
{
	size_t s = slot_of(c, place), i;
	int found = 0;

	for (; c->slots[s] != 0; s = (s + 1) & c->mask) {
		i = c->slots[s] - 1;
		if (c->v[i].place != place)
			continue;
		for (; i < c->n && c->v[i].place == place &&
		     c->v[i].valid_from <= time;
		     i++) {
			*region = c->v[i].region;
			found = 1;
		}
		return found;
	}
	return 0;
}

static int
find_place(const struct cells *c, const struct place *p, uint32_t time,
    uint32_t *region)
{
	struct place prefix = *p;

	if (p->kind != PLACE_GT)
		return find(c, place_pack(p), time, region);
	for (; prefix.mnc_len > 0; prefix.mnc_len--, prefix.cell /= 10)
		if (find(c, place_pack(&prefix), time, region))
			return 1;
	return 0;
}

enum unplaced
place_region(const struct networks *n, const struct cells *c,
    const struct place *p, const struct place *area, uint32_t time,
    uint32_t *region)
{
	struct place lai = *p;

	if (find_place(c, p, time, region))
		return PLACED;
	/* a VLR's number speaks for itself */
	if (area != NULL && p->kind != PLACE_GT &&
	    find_place(c, area, time, region))
		return PLACED;
	lai.kind = PLACE_LAI;
	lai.cell = 0;
	if (p->kind == PLACE_CGI && find_place(c, &lai, time, region))
		return PLACED;
	return network_region(n, p, region);
}
