/* CSV, read: UTF-8, a header row, columns found by name, fields quoted or
 * not (RFC 4180, but no line break inside a field), plain or gzip, a file or
 * "-" for standard input. */
#ifndef CSV_H
#define CSV_H

#include <stddef.h>
#include <stdint.h>

#define CSV_COLUMNS 16

struct csv_column {
	const char *name;
	int optional;
};

struct csv_field {
	char *s; /* not ended by NUL; lasts until the next row */
	size_t len;
};

struct csv;

/* Opens and reads the header. `columns` must outlive the reader. 0, -errno,
 * -EBADMSG when a column is missing; the fault has been logged. */
int csv_open(struct csv **cp, const char *path,
    const struct csv_column *columns, size_t n);
void csv_close(struct csv *c);

/* The next row's fields in the order of the columns, those not there empty.
 * 1; 0 at the end; -EBADMSG for a row that is none (read on); -EIO when the
 * file cannot be read to its end, -EUCLEAN when what came before may be wrong
 * as well, both logged. */
int csv_next(struct csv *c, struct csv_field fields[]);

/* Is an optional column there? */
int csv_has(const struct csv *c, size_t column);

/* The last row's line, from 1; octets of the file used, and its size or 0. */
uint64_t csv_line(const struct csv *c);
uint64_t csv_used(const struct csv *c);
uint64_t csv_size(const struct csv *c);

/* Reads a whole reference table: `row` for every row, which gives 0 or -errno,
 * -EBADMSG for a row that is none of this table. 0 or -errno, logged. */
typedef int csv_row_h(const struct csv_field *fields, void *arg);
int csv_each(const char *dir, const char *file,
    const struct csv_column *columns, size_t n, csv_row_h *row, void *arg);

int csv_equal(const struct csv_field *f, const char *s);

#endif
