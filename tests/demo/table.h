/* Reads a table without quoted fields, columns found by name; of its own, so
 * that the sample data shares no code with what is tested by it. */
#ifndef TABLE_H
#define TABLE_H

struct table;

/* `columns` ends with NULL.  Exits, naming the file, when it cannot be read or
 * lacks a column. */
struct table *table_open(const char *path, const char *const *columns);
/* The next row's fields in the order of `columns`, good until the next call;
 * NULL at the end. */
char **table_next(struct table *t);
void table_close(struct table *t);
/* DIR/NAME, in memory that the next call reuses. */
const char *table_path(const char *dir, const char *name);

#endif
