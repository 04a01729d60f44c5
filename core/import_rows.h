/* The rows of an import: for import.c alone. */
#ifndef IMPORT_ROWS_H
#define IMPORT_ROWS_H

#include "csv.h"
#include "feed.h"
#include "import.h"
#include "progress.h"
#include "rejects.h"

struct waiting; /* a subscriber row until its batch is full */

struct import {
	struct core *core;
	struct vault *vault;
	enum import_kind kind;
	struct csv *csv;
	const char *file;
	struct feed *feed;
	struct deletions deletions;
	struct waiting *batch;
	size_t nbatch;
	struct progress progress;
	struct rejects rejects;
	uint64_t lines, taken, changed;
	uint64_t why[REJECTS];
	int64_t complete_to; /* 0: nothing said */
	size_t unread;       /* files of which no row was read */
	size_t cut;          /* files that could not be read to their end */
};

/* Takes a row in; -errno for a fault, else 0 with *why. */
typedef int row_h(
    struct import *im, const struct csv_field *f, enum reject *why);

/* A kind of file: its columns, and how a row is taken. */
struct import_columns {
	const char *name;
	struct csv_column columns[8];
	size_t n;
	int number, place; /* columns to show of a reject, or -1 */
	row_h *row;
};

extern const struct import_columns import_kinds[IMPORT_KINDS];

/* Counts and lists a row that was not taken; `f` is null for one that could
 * not be read. 0 or -errno. */
int import_reject(
    struct import *im, const struct csv_field *f, enum reject why);

/* Puts the rows that wait into the store. 0 or -errno. */
int import_batch(struct import *im);

#endif
