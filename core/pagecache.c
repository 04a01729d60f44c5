/* SQLite's page cache (sqlite3_pcache_methods2), made for large ones.
 *
 *   homes: | page extra octets | page extra octets | …    by number
 *
 * SQLite's own finds a page through a table and writes into its neighbours in
 * a list with each look, and in a large cache every one of these steps waits
 * for memory. Here a page has one place, its home, that follows from its
 * number; what is known of it lies before its octets, so that all of it is on
 * its way at once, in memory that the processor's tables map in large pieces.
 * Whoever comes home drops who was there; if SQLite holds that one, it strays,
 * until it is let go. Forgetting everything, as SQLite does when another
 * process has written, takes no longer than forgetting one.
 *
 * In a small cache all stray, and the least recently used goes first, roughly.
 * Those that stray are pagecache_strays.c's. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "pagecache.h"
#include "pagecache_strays.h"

#define PIECE (2u << 20) /* octets that are mapped as one */
#define LARGE (8 * PIECE)
#define EXPECTED (2 * LINE) /* octets that are surely looked at */

static struct cache *caches;     /* all there are: a few */
static uint64_t made;            /* as many were */
static const struct cache *last; /* where a page was asked for */
static struct page *last_page;

static size_t
round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

/* Homes. */

static struct page *
home(const struct cache *c, unsigned number)
{
	return (struct page *)(c->homes + number % c->nhomes * c->each);
}

static int
is_lived_in(const struct cache *c, const struct page *p)
{
	return p->number != 0 && p->generation == c->generation;
}

static void
unmap(struct cache *c)
{
	if (c->mapped != NULL)
		munmap(c->mapped, c->nmapped);
	c->mapped = NULL;
	c->homes = NULL;
	c->nhomes = 0;
}

/* Only what is used takes memory. Without any, all stray. */
static void
map(struct cache *c)
{
	size_t size = c->max * c->each + LINE;

	c->nmapped = size + PIECE;
	c->mapped = mmap(NULL, c->nmapped, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (c->mapped == MAP_FAILED) {
		c->mapped = NULL;
		c->is_homeless = 1;
		return;
	}
	c->homes = (char *)round_up((uintptr_t)c->mapped, PIECE);
	c->nhomes = c->max;
	madvise(c->homes, size, MADV_HUGEPAGE);
}

/* Finding. */

static struct page *
find(const struct cache *c, unsigned number)
{
	struct page *p;

	if (c->nhomes == 0)
		return strays_find(c, number);
	p = home(c, number);
	for (size_t line = LINE; line <= c->ahead; line += LINE)
		__builtin_prefetch((char *)p + line);
	if (p->number == number && p->generation == c->generation)
		return p;
	return c->nstrays > 0 ? strays_find(c, number) : NULL;
}

static void
put(struct cache *c, struct page *p, unsigned number)
{
	p->number = number;
	p->generation = c->generation;
	p->strays = c->nhomes == 0 || p != home(c, number);
	if (p->strays)
		strays_put(c, p);
}

static int
is_a_home(const struct cache *c, const struct page *p)
{
	return (const char *)p >= c->homes &&
	    (const char *)p < c->homes + c->nhomes * c->each;
}

static void
drop(struct cache *c, struct page *p)
{
	strays_take_out(c, p);
	c->n--;
	c->held -= p->held;
	p->number = p->held = p->heard_of = 0;
	if (!is_a_home(c, p))
		strays_give_back(c, p);
}

/* Making room. */

static void
drop_oldest(struct cache *c)
{
	drop(c, strays_oldest(c));
}

/* Beside homes those that stray are held. */
static int
can_drop(const struct cache *c)
{
	return c->nhomes == 0 && c->may_drop && c->held < c->n;
}

/* A place for a stray that nothing lies in. */
static struct page *
take_free(struct cache *c)
{
	struct page *p;

	if (c->n >= c->max && can_drop(c))
		drop_oldest(c);
	p = strays_place(c);
	if (p != NULL || !can_drop(c))
		return p;
	drop_oldest(c);
	return strays_place(c);
}

/* The page's home, or, while another is held there, null. */
static struct page *
take_home(struct cache *c, unsigned number)
{
	struct page *p = home(c, number);

	if (is_lived_in(c, p)) {
		if (p->held)
			return NULL;
		drop(c, p);
	}
	page_make_place(c, p);
	return p;
}

/* Forgets all of it but the first page, if that is to stay. */
static void
forget(struct cache *c, int but_first)
{
	struct page *p, *next, *first = but_first ? find(c, 1) : NULL;

	for (unsigned i = 0; i < c->nheads && c->nstrays > 0; i++)
		for (p = c->heads[i]; p != NULL; p = next) {
			next = p->next;
			if (p != first)
				drop(c, p);
		}
	c->generation++;
	c->n = c->held = 0;
	if (first == NULL)
		return;
	first->generation = c->generation;
	c->n = 1;
	c->held = first->held;
}

/* Homes for as many as there may be, in a large cache that may drop them. They
 * cannot move while SQLite holds one. */
static void
build(struct cache *c)
{
	int is_large = c->may_drop && c->max >= LARGE / c->each;
	unsigned want = is_large && !c->is_homeless ? c->max : 0;

	if (want == c->nhomes || c->held > 0)
		return;
	forget(c, 0);
	strays_shrink(c);
	unmap(c);
	if (want > 0)
		map(c);
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
	c->ahead = round_up(sizeof(struct page) + extra_size, LINE);
	c->each = c->ahead + round_up(page_size, LINE);
	c->may_drop = may_drop;
	if (strays_new(c) < 0) {
		free(c);
		return NULL;
	}
	c->name = ++made;
	c->other = caches;
	caches = c;
	return (sqlite3_pcache *)c;
}

static void
destroy(sqlite3_pcache *cache)
{
	struct cache *c = (struct cache *)cache, **at = &caches;

	while (*at != c)
		at = &(*at)->other;
	*at = c->other;
	if (last == c)
		last = NULL;
	strays_free(c);
	unmap(c);
	free(c);
}

static void
set_max(sqlite3_pcache *cache, int max)
{
	struct cache *c = (struct cache *)cache;

	c->max = max > 0 ? max : 0;
	build(c);
	while (c->n > c->max && can_drop(c))
		drop_oldest(c);
}

static int
count(sqlite3_pcache *cache)
{
	return ((struct cache *)cache)->n;
}

static sqlite3_pcache_page *
hold(struct cache *c, struct page *p)
{
	c->held += !p->held;
	p->held = p->heard_of = 1;
	last = c;
	last_page = p;
	return &p->api;
}

/* `make`: 0 no; 1 if that is easy, which it is not while nearly all are held:
 * then SQLite writes some that have changed, and asks again with 2. */
static sqlite3_pcache_page *
fetch(sqlite3_pcache *cache, unsigned number, int make)
{
	struct cache *c = (struct cache *)cache;
	struct page *p = find(c, number);

	if (p != NULL)
		return hold(c, p);
	if (make == 0 ||
	    (make == 1 && c->may_drop && c->held >= c->max - c->max / 10))
		return NULL;
	build(c);
	if (c->nhomes > 0)
		p = take_home(c, number);
	if (p == NULL)
		p = take_free(c);
	if (p == NULL)
		return NULL;
	c->n++;
	p->held = 0;
	memset(p->api.pExtra, 0, c->extra_size);
	put(c, p, number);
	return hold(c, p);
}

static void
let_go(sqlite3_pcache *cache, sqlite3_pcache_page *page, int discard)
{
	struct cache *c = (struct cache *)cache;
	struct page *p = (struct page *)page;

	if (discard ||
	    (c->may_drop && (c->n > c->max || (p->strays && c->nhomes > 0)))) {
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
	strays_take_out(c, p);
	put(c, p, to);
}

/* Held or not. */
static void
drop_from(sqlite3_pcache *cache, unsigned first)
{
	struct cache *c = (struct cache *)cache;
	struct page *p, *next;

	if (first <= 2) {
		forget(c, first == 2);
		return;
	}
	for (unsigned i = 0; i < c->nheads && c->nstrays > 0; i++)
		for (p = c->heads[i]; p != NULL; p = next) {
			next = p->next;
			if (p->number >= first)
				drop(c, p);
		}
	for (unsigned i = 0; i < c->nhomes; i++) {
		p = home(c, i);
		if (is_lived_in(c, p) && p->number >= first)
			drop(c, p);
	}
}

static void
shrink(sqlite3_pcache *cache)
{
	struct cache *c = (struct cache *)cache;

	while (can_drop(c))
		drop_oldest(c);
	if (c->held > 0)
		return;
	forget(c, 0);
	strays_shrink(c);
	unmap(c);
}

void
pagecache_watch(void)
{
	last = NULL;
}

int
pagecache_last(struct pagecache_page *p)
{
	*p = (struct pagecache_page){0};
	if (last == NULL)
		return 0;
	if (last->nhomes == 0 || last_page->strays)
		return 1;
	p->cache = last->name;
	p->number = last_page->number;
	p->octets = last_page->api.pBuf;
	p->size = last->page_size;
	return 1;
}

static const struct cache *
named(uint64_t name)
{
	const struct cache *c = caches;

	while (c != NULL && c->name != name)
		c = c->other;
	return c != NULL && c->nhomes > 0 ? c : NULL;
}

void
pagecache_expect(uint64_t cache, unsigned number, size_t at)
{
	const struct cache *c = named(cache);
	const char *p;

	if (c == NULL)
		return;
	p = (const char *)home(c, number);
	__builtin_prefetch(p);
	__builtin_prefetch(p + c->ahead);
	for (size_t line = 0; line < EXPECTED; line += LINE)
		__builtin_prefetch(p + c->ahead + at + line);
}

const uint8_t *
pagecache_look(uint64_t cache, unsigned number, size_t at, size_t *size)
{
	const struct cache *c = named(cache);
	const struct page *p;

	if (c == NULL)
		return NULL;
	p = home(c, number);
	__builtin_prefetch((const char *)p + c->ahead + at);
	if (p->number != number || p->generation != c->generation)
		return NULL;
	*size = c->page_size;
	return p->api.pBuf;
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
