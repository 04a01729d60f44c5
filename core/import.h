/* Files into the store: cells, subscribers, records, marks, as CSV. */
#ifndef IMPORT_H
#define IMPORT_H

#include <stddef.h>
#include <stdint.h>

#include "core.h"

enum import_kind {
	IMPORT_CELLS,
	IMPORT_SUBSCRIBERS,
	IMPORT_RECORDS,
	IMPORT_MARKS,
	IMPORT_KINDS
};

/* IMPORT_KINDS when it is none. */
enum import_kind import_kind_parse(const char *s);

/* Imports files ("-" is standard input) into a vault and prints a summary on
 * standard output, progress on standard error. What a file that breaks off
 * held before is kept. `complete_to` is the time up to which the records are
 * complete, or 0; it is set only when every file was read to its end.
 * Returns 0, 1 when lines were rejected, or -errno. */
int import_files(struct core *c, struct vault *v, enum import_kind kind,
    char *const files[], size_t n, int64_t complete_to);

#endif
