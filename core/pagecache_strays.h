/* Within core/pagecache*.c: a cache, the pages in it, and those that stray. */
#ifndef PAGECACHE_STRAYS_H
#define PAGECACHE_STRAYS_H

#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#define LINE 64 /* octets */

struct page {
	sqlite3_pcache_page api; /* must be first */
	struct page *next;       /* of its head's, or of the free */
	unsigned number;         /* 0: free */
	unsigned generation;     /* the cache's, unless it was forgotten */
	uint8_t held;            /* SQLite uses it */
	uint8_t heard_of;        /* since the hand last passed */
	uint8_t strays;
};

struct block {
	struct page *pages;
	unsigned n;
};

struct cache {
	struct cache *other;
	uint64_t name;
	size_t page_size, extra_size;
	size_t ahead;    /* from a page to its octets */
	size_t each;     /* from one page to the next */
	int may_drop;    /* what is not held */
	int is_homeless; /* there was no room for homes */
	unsigned max, n, held, generation;
	char *homes;
	unsigned nhomes;
	void *mapped; /* the homes, and what lies before them */
	size_t nmapped;
	struct page **heads;
	unsigned nheads; /* a power of two */
	unsigned nstrays;
	struct page *free;
	struct block *blocks;
	unsigned nblocks;
	unsigned hand_block, hand;
};

/* A place for a page, nothing of which was written yet. */
static inline void
page_make_place(const struct cache *c, struct page *p)
{
	p->api.pBuf = (char *)p + c->ahead;
	p->api.pExtra = p + 1;
}

/* 0 or -1; strays_shrink: the memory of them all, none of which is in use. */
int strays_new(struct cache *c);
void strays_shrink(struct cache *c);
void strays_free(struct cache *c);

static inline struct page **
strays_head(const struct cache *c, unsigned number)
{
	return &c->heads[number & (c->nheads - 1)];
}

static inline struct page *
strays_find(const struct cache *c, unsigned number)
{
	struct page *p = *strays_head(c, number);

	while (p != NULL && p->number != number)
		p = p->next;
	return p;
}

/* In its list, or no more; of one that has a home the latter does nothing. */
void strays_put(struct cache *c, struct page *p);
void strays_take_out(struct cache *c, struct page *p);

/* A place that nothing lies in, or null without memory; and one given back. */
struct page *strays_place(struct cache *c);
void strays_give_back(struct cache *c, struct page *p);

/* The next to go, one that is not held; there must be one. */
struct page *strays_oldest(struct cache *c);

#endif
