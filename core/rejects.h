/* The file of rejected lines, made in the store's folder with the first of
 * them: file,line,reason,number,place.  Only its owner may read it, and no
 * number stands in it in clear. */
#ifndef REJECTS_H
#define REJECTS_H

#include <stdint.h>
#include <stdio.h>

#include "csv.h"
#include "feed.h"

struct rejects {
	FILE *out;       /* null until there is one */
	char path[4096]; /* "" until then */
};

/* `number` is masked already; `place` may be null.  `folder` and `kind` make
 * the file's name.  0, or -errno, logged. */
int rejects_put(struct rejects *r, const char *folder, const char *kind,
    const char *file, uint64_t line, enum reject why, const char *number,
    const struct csv_field *place);

/* Closes what is there to be closed: 0, or -errno, logged. */
int rejects_close(struct rejects *r);

/* The same, and takes the file away again. */
void rejects_drop(struct rejects *r);

#endif
