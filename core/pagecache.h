/* SQLite's page cache, for files much larger than a processor's caches.
 *
 * It serves every SQLite file of the process. */
#ifndef PAGECACHE_H
#define PAGECACHE_H

#include <stddef.h>
#include <stdint.h>

/* To be called before SQLite is first used; later it does nothing. */
void pagecache_install(void);

/* A page of a large cache. */
struct pagecache_page {
	uint64_t cache; /* 0: none, for it has no home there */
	unsigned number;
	const uint8_t *octets;
	size_t size;
};

/* The page that SQLite asked for last since pagecache_watch, of whichever of
 * its files: of a search in between, the leaf that it ended in. 1, or 0 when it
 * asked for none, for the search began where it ended, at a page it held. */
void pagecache_watch(void);
int pagecache_last(struct pagecache_page *p);

/* The octets of a page, if they lie there; else null. They are those of the
 * snapshot that SQLite reads, and last until it is called again. What is to be
 * looked at `at` octets behind the first is fetched meanwhile. */
const uint8_t *pagecache_look(
    uint64_t cache, unsigned number, size_t at, size_t *size);
/* It will be looked at: what that takes is fetched meanwhile. */
void pagecache_expect(uint64_t cache, unsigned number, size_t at);

#endif
