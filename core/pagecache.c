/* SQLite's page cache (sqlite3_pcache_methods2), made for large ones.
 *
 *   heads[number & mask] ─▶ page ─▶ page …
 *
 *   block: | page extra | page extra | … | octets | octets | …
 *
 * SQLite's own keeps what it knows of a page behind that page's octets, and
 * moves the page within a list, into which its neighbours there are written,
 * with each look. In a large cache every one of these steps waits for memory.
 * Here what is known of the pages lies side by side, a look writes only the
 * page's own, and the least recently used is found roughly, by a hand that
 * goes around and passes over once whatever was looked at since. A block is
 * what the processor's tables can map as one, which is most of the gain. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <sqlite3.h>

#include "pagecache.h"

#define BLOCK (2u << 20) /* octets; a small cache grows in steps of STEP */
#define LARGE (8 * BLOCK)
#define STEP 16 /* pages */
#define LINE 64 /* octets */
#define HEADS 64

struct page {
	sqlite3_pcache_page api; /* must be first */
	struct page *next;       /* of its head's, or of the free */
	unsigned number;         /* 0: free */
	uint8_t held;            /* SQLite uses it */
	uint8_t heard_of;        /* since the hand last passed */
};

struct block {
	struct page *pages; /* the octets behind them */
	unsigned n;
};

struct cache {
	size_t page_size, extra_size;
	int may_drop; /* what is not held */
	unsigned max, n, held;
	struct page **heads;
	unsigned nheads; /* a power of two */
	struct page *free;
	struct block *blocks;
	unsigned nblocks;
	unsigned hand_block, hand;
};

/* Blocks. */

static size_t
round_up(size_t n)
{
	return (n + LINE - 1) / LINE * LINE;
}

/* A descriptor, and what SQLite keeps of the page, which follows it. */
static size_t
entry_size(const struct cache *c)
{
	return round_up(sizeof(struct page) + c->extra_size);
}

/* The memory of *n pages; a large cache's is a block. SQLite may look a little
 * behind the end of a damaged page, so a line follows the last. */
static struct page *
allocate(const struct cache *c, unsigned *n)
{
	size_t each = entry_size(c) + c->page_size, size = BLOCK;
	int is_large = c->max >= LARGE / each;
	void *memory;

	*n = (BLOCK - LINE) / each;
	if (!is_large) {
		*n = STEP;
		size = STEP * each + LINE;
	}
	if (posix_memalign(&memory, is_large ? BLOCK : LINE, size) != 0)
		return NULL;
	if (is_large)
		madvise(memory, size, MADV_HUGEPAGE);
	return memory;
}

static int
grow(struct cache *c)
{
	struct block *blocks =
	    realloc(c->blocks, (c->nblocks + 1) * sizeof(*blocks));
	struct block b;
	char *entry, *octets;

	if (blocks == NULL)
		return -1;
	c->blocks = blocks;
	b.pages = allocate(c, &b.n);
	if (b.pages == NULL)
		return -1;
	entry = (char *)b.pages;
	octets = entry + b.n * entry_size(c);
	for (unsigned i = 0; i < b.n; i++) {
		struct page *p = (struct page *)entry;
		*p = (struct page){
		    .api = {octets, p + 1},
		    .next = c->free,
		};
		c->free = p;
		entry += entry_size(c);
		octets += c->page_size;
	}
	c->blocks[c->nblocks++] = b;
	return 0;
}

static void
free_blocks(struct cache *c)
{
	while (c->nblocks > 0)
		free(c->blocks[--c->nblocks].pages);
	free(c->blocks);
	c->blocks = NULL;
	c->free = NULL;
	c->hand_block = c->hand = 0;
}

/* Finding. */

static struct page **
head(const struct cache *c, unsigned number)
{
	return &c->heads[number & (c->nheads - 1)];
}

static struct page *
find(const struct cache *c, unsigned number)
{
	struct page *p = *head(c, number);

	while (p != NULL && p->number != number)
		p = p->next;
	return p;
}

/* No memory for more heads: the lists grow longer instead. */
static void
more_heads(struct cache *c)
{
	struct page **heads = calloc(2 * (size_t)c->nheads, sizeof(*heads));
	struct page **old = c->heads, *p;
	unsigned n = c->nheads;

	if (heads == NULL)
		return;
	c->heads = heads;
	c->nheads *= 2;
	for (unsigned i = 0; i < n; i++)
		while ((p = old[i]) != NULL) {
			old[i] = p->next;
			p->next = *head(c, p->number);
			*head(c, p->number) = p;
		}
	free(old);
}

static void
put(struct cache *c, struct page *p, unsigned number)
{
	p->number = number;
	p->next = *head(c, number);
	*head(c, number) = p;
}

static void
take_out(struct cache *c, struct page *p)
{
	struct page **at = head(c, p->number);

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
}

static void
drop(struct cache *c, struct page *p)
{
	take_out(c, p);
	c->n--;
	c->held -= p->held;
	p->number = p->held = p->heard_of = 0;
	p->next = c->free;
	c->free = p;
}

/* Making room. */

static struct page *
next_under_hand(struct cache *c)
{
	while (c->hand >= c->blocks[c->hand_block].n) {
		c->hand = 0;
		c->hand_block = (c->hand_block + 1) % c->nblocks;
	}
	return (struct page *)((char *)c->blocks[c->hand_block].pages +
	    c->hand++ * entry_size(c));
}

/* Drops one that is not held; there must be one. */
static void
drop_oldest(struct cache *c)
{
	for (;;) {
		struct page *p = next_under_hand(c);

		if (p->number == 0 || p->held)
			continue;
		if (!p->heard_of) {
			drop(c, p);
			return;
		}
		p->heard_of = 0;
	}
}

static int
can_drop(const struct cache *c)
{
	return c->may_drop && c->held < c->n;
}

/* A page that nothing lies in. */
static struct page *
take_free(struct cache *c)
{
	struct page *p;

	if (c->n >= c->max && can_drop(c))
		drop_oldest(c);
	if (c->free == NULL && grow(c) < 0 && can_drop(c))
		drop_oldest(c);
	p = c->free;
	if (p != NULL)
		c->free = p->next;
	return p;
}

/* What SQLite calls. */

static int
begin(void *arg)
{
	(void)arg;
	return SQLITE_OK;
}

static void
end(void *arg)
{
	(void)arg;
}

static sqlite3_pcache *
create(int page_size, int extra_size, int may_drop)
{
	struct cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->page_size = page_size;
	c->extra_size = extra_size;
	c->may_drop = may_drop;
	c->nheads = HEADS;
	c->heads = calloc(HEADS, sizeof(struct page *));
	if (c->heads == NULL) {
		free(c);
		return NULL;
	}
	return (sqlite3_pcache *)c;
}

static void
destroy(sqlite3_pcache *cache)
{
	struct cache *c = (struct cache *)cache;

	free_blocks(c);
	free(c->heads);
	free(c);
}

static void
set_max(sqlite3_pcache *cache, int max)
{
	struct cache *c = (struct cache *)cache;

	c->max = max > 0 ? max : 0;
	while (c->n > c->max && can_drop(c))
		drop_oldest(c);
}

static int
count(sqlite3_pcache *cache)
{
	return ((struct cache *)cache)->n;
}

/* `make`: 0 no; 1 if that is easy, which it is not while nearly all are held:
 * then SQLite writes some that have changed, and asks again with 2. */
static sqlite3_pcache_page *
fetch(sqlite3_pcache *cache, unsigned number, int make)
{
	struct cache *c = (struct cache *)cache;
	struct page *p = find(c, number);

	if (p != NULL) {
		c->held += !p->held;
		p->held = p->heard_of = 1;
		/* what is looked at next */
		__builtin_prefetch(p->api.pBuf);
		__builtin_prefetch((char *)(p + 1) + LINE);
		__builtin_prefetch((char *)(p + 1) + 2 * LINE);
		return &p->api;
	}
	if (make == 0 ||
	    (make == 1 && c->may_drop && c->held >= c->max - c->max / 10))
		return NULL;
	p = take_free(c);
	if (p == NULL)
		return NULL;
	if (++c->n > c->nheads)
		more_heads(c);
	c->held++;
	p->held = p->heard_of = 1;
	memset(p->api.pExtra, 0, c->extra_size);
	put(c, p, number);
	return &p->api;
}

static void
let_go(sqlite3_pcache *cache, sqlite3_pcache_page *page, int discard)
{
	struct cache *c = (struct cache *)cache;
	struct page *p = (struct page *)page;

	if (discard || (c->may_drop && c->n > c->max)) {
		drop(c, p);
		return;
	}
	c->held -= p->held;
	p->held = 0;
}

static void
renumber(sqlite3_pcache *cache, sqlite3_pcache_page *page, unsigned from,
    unsigned to)
{
	struct cache *c = (struct cache *)cache;
	struct page *p = (struct page *)page, *other = find(c, to);

	(void)from;
	if (other == p)
		return;
	if (other != NULL)
		drop(c, other);
	take_out(c, p);
	put(c, p, to);
}

static void
drop_from(sqlite3_pcache *cache, unsigned first)
{
	struct cache *c = (struct cache *)cache;
	struct page *p, *next;

	for (unsigned i = 0; i < c->nheads && c->n > 0; i++)
		for (p = c->heads[i]; p != NULL; p = next) {
			next = p->next;
			if (p->number >= first)
				drop(c, p);
		}
}

static void
shrink(sqlite3_pcache *cache)
{
	struct cache *c = (struct cache *)cache;

	while (can_drop(c))
		drop_oldest(c);
	if (c->n == 0)
		free_blocks(c);
}

void
pagecache_install(void)
{
	static const sqlite3_pcache_methods2 methods = {
	    .iVersion = 1,
	    .xInit = begin,
	    .xShutdown = end,
	    .xCreate = create,
	    .xCachesize = set_max,
	    .xPagecount = count,
	    .xFetch = fetch,
	    .xUnpin = let_go,
	    .xRekey = renumber,
	    .xTruncate = drop_from,
	    .xDestroy = destroy,
	    .xShrink = shrink,
	};

	sqlite3_config(SQLITE_CONFIG_PCACHE2, &methods);
}
