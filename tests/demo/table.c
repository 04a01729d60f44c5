/* Reads the tables of conf/ and towns.csv: no quoted fields, so a comma always
 * parts two columns.
 */
#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#define MAX_COLUMNS 16

struct table {
	FILE *file;
	char *path;
	char *line;
	size_t size;
	int row, wanted, widest;
	int column[MAX_COLUMNS]; /* in the file, of each wanted one */
	char *field[MAX_COLUMNS];
};

/* Part a line; returns how many columns it has, of which `max` are kept. */
static int
part(char *line, char **field, int max)
{
	int n = 0;

	line[strcspn(line, "\r\n")] = '\0';
	while (line != NULL) {
		if (n < max)
			field[n] = line;
		n++;
		if ((line = strchr(line, ',')) != NULL)
			*line++ = '\0';
	}
	return n;
}

static void
find_columns(struct table *t, const char *const *columns)
{
	char *head[MAX_COLUMNS];
	int n = part(t->line, head, MAX_COLUMNS), i;

	if (n > MAX_COLUMNS)
		n = MAX_COLUMNS;
	for (; columns[t->wanted] != NULL; t->wanted++) {
		for (i = 0; i < n && strcmp(head[i], columns[t->wanted]) != 0;
		     i++)
			;
		if (i == n)
			errx(
			    1, "%s: no column %s", t->path, columns[t->wanted]);
		t->column[t->wanted] = i;
		if (i > t->widest)
			t->widest = i;
	}
}

struct table *
table_open(const char *path, const char *const *columns)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL || (t->path = strdup(path)) == NULL)
		err(1, "%s", path);
	if ((t->file = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	if (getline(&t->line, &t->size, t->file) < 0)
		errx(1, "%s: no header", path);
	t->row = 1;
	find_columns(t, columns);
	return t;
}

char **
table_next(struct table *t)
{
	char *all[MAX_COLUMNS];
	int i;

	if (getline(&t->line, &t->size, t->file) < 0) {
		if (ferror(t->file))
			err(1, "%s", t->path);
		return NULL;
	}
	t->row++;
	if (part(t->line, all, MAX_COLUMNS) <= t->widest)
		errx(1, "%s:%d: too few columns", t->path, t->row);
	for (i = 0; i < t->wanted; i++)
		t->field[i] = all[t->column[i]];
	return t->field;
}

void
table_close(struct table *t)
{
	fclose(t->file);
	free(t->line);
	free(t->path);
	free(t);
}

const char *
table_path(const char *dir, const char *name)
{
	static char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >=
	    (int)sizeof(path))
		errx(1, "%s/%s: too long a name", dir, name);
	return path;
}
