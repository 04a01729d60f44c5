/* The SQLite store: finding a blob again without a search.
 *
 *   blob ──hash──▶ trail: page, cell  where a search found it
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

#include "store_sqlite.h"

#define BITS 19 /* of the number of trails, of eight octets each */
#define TRAILS (1u << BITS)
#define LEAF 0x0d /* of a table */
#define LEAF_HEADER 8
#define SPILLS 35 /* octets less than a page, and a cell goes on elsewhere */
#define BLOB_FIRST 12 /* the type of an empty blob; longer by two an octet */

struct trail {
	uint32_t page; /* 0: none */
	uint16_t cell; /* octets from the page's first */
	uint16_t age;  /* the store's, or it is forgotten */
};

void
store_trails_new(struct store *s)
{
	s->trails = calloc(TRAILS, sizeof(*s->trails));
}

void
store_trails_free(struct store *s)
{
	free(s->trails);
}

void
store_trails_forget(struct store *s)
{
	static const struct trail none;

	if (++s->trails_age != 0 || s->trails == NULL)
		return;
	/* those of so many writes ago are not to come back */
	for (size_t i = 0; i < TRAILS; i++)
		s->trails[i] = none;
}

static struct trail *
trail_of(const struct store *s, enum store_blob kind, int64_t id)
{
	uint64_t which = (uint64_t)id * STORE_BLOBS + kind;

	/* Fibonacci hashing: ids lie close together */
	return &s->trails[which * UINT64_C(0x9e3779b97f4a7c15) >> (64 - BITS)];
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
	if (s->trails != NULL)
		__builtin_prefetch(trail_of(s, kind, id));
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
	const struct trail *t;

	if (s->trails == NULL || s->ranges == 0)
		return;
	t = trail_of(s, STORE_ROWS_OF, store_range(s, msisdn));
	if (t->page != 0)
		pagecache_expect(s->trails_cache, t->page, t->cell);
}

const uint8_t *
store_trail_blob(
    const struct store *s, enum store_blob kind, int64_t id, size_t *len)
{
	const struct trail *t;
	const uint8_t *page;
	struct octets o;
	size_t size;

	if (!s->in_snapshot || s->trails == NULL)
		return NULL;
	t = trail_of(s, kind, id);
	if (t->page == 0 || t->age != s->trails_age)
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

	if (pagecache_last(&p))
		*leaf = p;
	if (s->trails == NULL || leaf->cache == 0)
		return;
	s->trails_cache = leaf->cache;
	*trail_of(s, kind, id) = (struct trail){
	    .page = leaf->number,
	    .cell = find_cell(leaf, id),
	    .age = s->trails_age,
	};
}
