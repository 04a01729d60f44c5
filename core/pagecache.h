/* SQLite's page cache, for files much larger than a processor's caches.
 *
 * It serves every SQLite file of the process. */
#ifndef PAGECACHE_H
#define PAGECACHE_H

/* To be called before SQLite is first used; later it does nothing. */
void pagecache_install(void);

/* The octets of the page that SQLite asked for last: of a look-up that has
 * just come back, the leaf that it ended in, while it is in hand. Null at
 * first. What is known of the page lies in the PAGECACHE_AHEAD octets before
 * them. */
const char *pagecache_last(void);
#define PAGECACHE_AHEAD 256

#endif
