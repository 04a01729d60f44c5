/* The SQLite store: finding a blob again without a search.
 *
 *   id ──▶ trail: page, cell  where a search found the blob
 *
 * A search of SQLite's goes down a tree, and of a large store's tree nearly
 * everything has to come from far memory. Where it ended is remembered; and
 * while that page lies in the page cache, which is ours (pagecache.h), it is
 * what SQLite would read in the same snapshot. So the page is looked at there:
 * if it is a leaf with a cell of that id in that place, the blob is in it
 * (SQLite's file format, 1.6 and 2.1). Anything else is left to a search.
 *
 * A trail is good until another process writes: then the page may be another
 * table's. No length is believed, for what lies in a file may be damaged. */
#include <stdlib.h>
#include <string.h>

#include "store_sqlite.h"

#define BITS_MAX 22 /* of the number of a kind's trails */
#define LEAF 0x0d   /* of a table */
#define LEAF_HEADER 8
#define SPILLS 35 /* octets less than a page, and a cell goes on elsewhere */
#define BLOB_FIRST 12 /* the type of an empty blob; longer by two an octet */

struct trail {
	uint32_t page; /* 0: none */
	uint16_t cell; /* octets from the page's first */
	uint16_t age;  /* the store's, or it is forgotten */
};

/* For ids of so many bits, of which the lowest say nothing. */
static void
fit(struct trails *t, unsigned bits, unsigned say_nothing)
{
	size_t n = (size_t)1 << (bits < BITS_MAX ? bits : BITS_MAX);

	t->shift = say_nothing;
	if (t->v != NULL && t->n == n)
		return;
	free(t->v);
	t->v = calloc(n, sizeof(*t->v));
	t->n = n;
}

void
store_trails_fit(struct store *s)
{
	unsigned bits = STORE_RANGE_BITS;

	if (!s->leaves_trails)
		return;
	/* as the shorter ones are */
	while (bits > 0 && s->ranges <= INT64_C(1) << (bits - 1))
		bits--;
	fit(&s->trails[STORE_STAYS], s->bits, 0);
	fit(&s->trails[STORE_ROWS_OF], bits, STORE_RANGE_BITS - bits);
}

void
store_trails_free(struct store *s)
{
	for (int i = 0; i < STORE_BLOBS; i++)
		free(s->trails[i].v);
}

void
store_trails_forget(struct store *s)
{
	if (++s->trails_age != 0)
		return;
	/* those of so many writes ago are not to come back */
	for (int i = 0; i < STORE_BLOBS; i++)
		if (s->trails[i].v != NULL)
			memset(s->trails[i].v, 0,
			    s->trails[i].n * sizeof(*s->trails[i].v));
}

/* Or null. */
static struct trail *
trail_of(const struct store *s, enum store_blob kind, int64_t id)
{
	const struct trails *t = &s->trails[kind];

	if (t->v == NULL)
		return NULL;
	return &t->v[(uint64_t)id >> t->shift & (t->n - 1)];
}

/* Reading a cell. */

struct octets {
	const uint8_t *p, *end;
};

/* Big-endian, seven bits an octet; none here needs the ninth octet. */
static int
get_varint(struct octets *o, uint64_t *v)
{
	*v = 0;
	for (int i = 0; i < 8 && o->p < o->end; i++) {
		*v = *v << 7 | (*o->p & 0x7f);
		if (*o->p++ < 0x80)
			return 1;
	}
	return 0;
}

/* The record of the row `id`, if the cell is that row's, and all in it. */
static int
get_record(struct octets *cell, size_t page_size, int64_t id)
{
	uint64_t size, rowid;

	if (!get_varint(cell, &size) || !get_varint(cell, &rowid) ||
	    rowid != (uint64_t)id || size > page_size - SPILLS ||
	    size > (uint64_t)(cell->end - cell->p))
		return 0;
	cell->end = cell->p + size;
	return 1;
}

/* The blob behind the id, which has no octets of its own in a record. */
static int
get_blob(struct octets *record)
{
	const uint8_t *first = record->p;
	uint64_t header, none, type;

	if (!get_varint(record, &header) || !get_varint(record, &none) ||
	    !get_varint(record, &type) || none != 0 || type < BLOB_FIRST ||
	    type % 2 != 0 || header != (uint64_t)(record->p - first) ||
	    (type - BLOB_FIRST) / 2 != (uint64_t)(record->end - record->p))
		return 0;
	return 1;
}

static int
is_leaf(const uint8_t *page, size_t at)
{
	return page[0] == LEAF && at >= LEAF_HEADER;
}

void
store_trail_expect(const struct store *s, enum store_blob kind, int64_t id)
{
	__builtin_prefetch(trail_of(s, kind, id));
}

/* Then the page that it leads to. */
static void
approach(const struct store *s, enum store_blob kind, int64_t id)
{
	const struct trail *t = trail_of(s, kind, id);

	if (t != NULL && t->page != 0)
		pagecache_expect(s->trails_cache, t->page, t->cell);
}

void
store_expect(const struct store *s, uint64_t msisdn)
{
	if (s->ranges != 0)
		store_trail_expect(s, STORE_ROWS_OF, store_range(s, msisdn));
}

void
store_approach(const struct store *s, uint64_t msisdn)
{
	if (s->ranges != 0)
		approach(s, STORE_ROWS_OF, store_range(s, msisdn));
}

const uint8_t *
store_trail_blob(
    const struct store *s, enum store_blob kind, int64_t id, size_t *len)
{
	const struct trail *t;
	const uint8_t *page;
	struct octets o;
	size_t size;

	t = s->in_snapshot ? trail_of(s, kind, id) : NULL;
	if (t == NULL || t->page == 0 || t->age != s->trails_age)
		return NULL;
	page = pagecache_look(s->trails_cache, t->page, t->cell, &size);
	if (page == NULL || t->cell >= size || !is_leaf(page, t->cell))
		return NULL;
	o = (struct octets){page + t->cell, page + size};
	if (!get_record(&o, size, id) || !get_blob(&o))
		return NULL;
	*len = o.end - o.p;
	return o.p;
}

/* Remembering. */

/* Where the cell of a row is in a leaf; 0 for nowhere. */
static uint32_t
find_cell(const struct pagecache_page *p, int64_t id)
{
	size_t n = p->octets[3] << 8 | p->octets[4];

	if (p->octets[0] != LEAF || LEAF_HEADER + 2 * n > p->size)
		return 0;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *at = p->octets + LEAF_HEADER + 2 * i;
		uint32_t cell = at[0] << 8 | at[1];
		struct octets o = {.end = p->octets + p->size};

		if (cell >= p->size)
			continue;
		o.p = p->octets + cell;
		if (get_record(&o, p->size, id))
			return cell;
	}
	return 0;
}

void
store_trail_found(struct store *s, enum store_blob kind, int64_t id)
{
	struct pagecache_page *leaf = &s->leaves[kind], p;
	struct trail *t = trail_of(s, kind, id);

	if (pagecache_last(&p))
		*leaf = p;
	if (t == NULL || leaf->cache == 0)
		return;
	s->trails_cache = leaf->cache;
	*t = (struct trail){
	    .page = leaf->number,
	    .cell = find_cell(leaf, id),
	    .age = s->trails_age,
	};
}
