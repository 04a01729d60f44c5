/* How far long work is: a bar with rate and time left on a terminal, a plain
 * line now and then elsewhere; on standard error. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct progress {
	const char *what, *file;
	size_t files, nfile;
	uint64_t total, before; /* octets of all files; of those done */
	uint64_t items;
	int terminal, shown;
	struct timespec began, last;
};

void progress_begin(
    struct progress *p, const char *what, char *const files[], size_t n);
void progress_file(struct progress *p, const char *file, uint64_t size);
/* `used` octets of this file, `items` of all. */
void progress_show(struct progress *p, uint64_t used, uint64_t items);
void progress_file_done(struct progress *p, uint64_t used);
void progress_end(struct progress *p);

double progress_seconds(const struct progress *p);

#endif
