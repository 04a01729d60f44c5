/* SQLite's page cache, for files much larger than a processor's caches.
 *
 * It serves every SQLite file of the process. */
#ifndef PAGECACHE_H
#define PAGECACHE_H

/* To be called before SQLite is first used; later it does nothing. */
void pagecache_install(void);

#endif
