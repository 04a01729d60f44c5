/* CSV through zlib, which reads plain files too. Rows are cut in place in one
 * buffer that holds whole lines; a line longer than the buffer is no row. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "csv.h"
#include "log.h"

#ifndef BUFFER /* tests make it small */
#define BUFFER 262144
#endif
#define FIELDS 64 /* of a row; more make it no row */

struct csv {
	gzFile gz;
	const char *path;
	const struct csv_column *columns;
	size_t ncolumns;
	int at[CSV_COLUMNS]; /* which field a column is, -1 for none */
	uint64_t line, size;
	char *buf;
	size_t begin, end; /* what is read and not yet given out */
	int eof, skipping;
};

/* Reads more behind what is there. */
static void
fill(struct csv *c)
{
	int n, room;

	memmove(c->buf, c->buf + c->begin, c->end - c->begin);
	c->end -= c->begin;
	c->begin = 0;
	room = BUFFER - c->end;
	n = gzread(c->gz, c->buf + c->end, room);
	if (n > 0)
		c->end += n;
	c->eof = n < room;
}

/* Was what looked like the end the file's end? What stands behind the last
 * whole line of a broken file is half a line, and is not given out. A file
 * cut short is right so far; where a check failed, any line may be wrong. */
static int
check_end(const struct csv *c)
{
	int err;
	const char *why = gzerror(c->gz, &err);

	if (err == Z_OK || err == Z_STREAM_END)
		return 0;
	if (err == Z_ERRNO)
		why = strerror(errno);
	if (err == Z_BUF_ERROR)
		why = "the gzip data ends too early";
	if (err == Z_DATA_ERROR)
		why = "the gzip data is damaged";
	log_error(DFEED, "%s: after line %llu: %s", c->path,
	    (unsigned long long)c->line, why);
	return err == Z_DATA_ERROR ? -EUCLEAN : -EIO;
}

/* The next line without its end, cut by a NUL. 1, 0 at the end, -EBADMSG for
 * one too long, -EIO, -EUCLEAN. */
static int
next_line(struct csv *c, char **line, size_t *len)
{
	for (;;) {
		char *s = c->buf + c->begin, *lf;
		size_t n = c->end - c->begin;
		int skipped = c->skipping, rc;

		lf = memchr(s, '\n', n);
		if (lf == NULL && !c->eof) {
			if (n == BUFFER) {
				c->skipping = 1;
				c->begin = c->end;
			}
			fill(c);
			continue;
		}
		rc = lf == NULL ? check_end(c) : 0;
		if (rc < 0)
			return rc;
		if (lf == NULL && n == 0 && !skipped)
			return 0;
		c->begin = lf ? (size_t)(lf - c->buf) + 1 : c->end;
		c->line++;
		c->skipping = 0;
		if (skipped)
			return -EBADMSG;
		*len = lf ? (size_t)(lf - s) : n;
		if (*len > 0 && s[*len - 1] == '\r')
			--*len;
		*line = s;
		if (*len > 0)
			return memchr(s, '\0', *len) ? -EBADMSG : 1;
	}
}

/* A quoted field, its doubled quotes made single in place. Returns what
 * follows the closing quote, or null. */
static char *
unquote(char *s, char *end, struct csv_field *f)
{
	char *out = s;

	f->s = s;
	for (; s < end; s++) {
		if (*s == '"') {
			if (s + 1 == end || s[1] != '"')
				break;
			s++;
		}
		*out++ = *s;
	}
	f->len = out - f->s;
	return s < end ? s + 1 : NULL;
}

/* Returns the number of fields, or -EBADMSG. */
static int
split(char *s, size_t len, struct csv_field *f)
{
	char *end = s + len;
	int n = 0;

	for (;;) {
		if (n == FIELDS)
			return -EBADMSG;
		if (s < end && *s == '"') {
			s = unquote(s + 1, end, &f[n]);
			if (s == NULL || (s < end && *s != ','))
				return -EBADMSG;
		} else {
			char *comma = memchr(s, ',', end - s);

			f[n].s = s;
			s = comma ? comma : end;
			f[n].len = s - f[n].s;
		}
		n++;
		if (s == end)
			return n;
		s++;
	}
}

static int
find_columns(struct csv *c, const struct csv_field *names, int n)
{
	for (size_t i = 0; i < c->ncolumns; i++) {
		c->at[i] = -1;
		for (int j = 0; j < n; j++)
			if (csv_equal(&names[j], c->columns[i].name))
				c->at[i] = j;
		if (c->at[i] < 0 && !c->columns[i].optional) {
			log_error(DFEED,
			    "%s: no column \"%s\"; the first line must name "
			    "the columns",
			    c->path, c->columns[i].name);
			return -EBADMSG;
		}
	}
	return 0;
}

static int
read_header(struct csv *c)
{
	struct csv_field names[FIELDS];
	char *line;
	size_t len;
	int n = next_line(c, &line, &len);

	if (n == -EIO || n == -EUCLEAN)
		return n;
	if (n == 1 && len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0) {
		line += 3;
		len -= 3;
	}
	n = n == 1 ? split(line, len, names) : 0;
	return find_columns(c, names, n);
}

static int
open_file(struct csv *c, const char *path)
{
	struct stat st;
	int fd = strcmp(path, "-") == 0 ? dup(STDIN_FILENO)
					: open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0 || S_ISDIR(st.st_mode)) {
		int rc = fd >= 0 && S_ISDIR(st.st_mode) ? -EISDIR : -errno;

		log_error(DFEED, "%s: %s", path, strerror(-rc));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	c->size = S_ISREG(st.st_mode) ? st.st_size : 0;
	c->gz = gzdopen(fd, "rb");
	if (c->gz == NULL) {
		close(fd);
		return -ENOMEM;
	}
	gzbuffer(c->gz, BUFFER);
	return 0;
}

int
csv_open(struct csv **cp, const char *path, const struct csv_column *columns,
    size_t n)
{
	struct csv *c = calloc(1, sizeof(*c));
	int rc = -ENOMEM;

	if (c == NULL)
		return rc;
	c->path = strcmp(path, "-") == 0 ? "standard input" : path;
	c->columns = columns;
	c->ncolumns = n;
	c->buf = malloc(BUFFER);
	if (c->buf != NULL)
		rc = open_file(c, path);
	if (rc == 0)
		rc = read_header(c);
	if (rc < 0)
		csv_close(c);
	else
		*cp = c;
	return rc;
}

void
csv_close(struct csv *c)
{
	if (c == NULL)
		return;
	if (c->gz != NULL)
		gzclose(c->gz);
	free(c->buf);
	free(c);
}

int
csv_next(struct csv *c, struct csv_field fields[])
{
	struct csv_field row[FIELDS];
	char *line;
	size_t len;
	int n = next_line(c, &line, &len);

	if (n != 1)
		return n;
	n = split(line, len, row);
	if (n < 0)
		return n;
	for (size_t i = 0; i < c->ncolumns; i++) {
		if (c->at[i] >= 0 && c->at[i] < n)
			fields[i] = row[c->at[i]];
		else if (c->columns[i].optional)
			fields[i] = (struct csv_field){NULL, 0};
		else
			return -EBADMSG;
	}
	return 1;
}

int
csv_has(const struct csv *c, size_t column)
{
	return c->at[column] >= 0;
}

uint64_t
csv_line(const struct csv *c)
{
	return c->line;
}

uint64_t
csv_used(const struct csv *c)
{
	z_off_t at = gzoffset(c->gz);

	return at > 0 ? at : 0;
}

uint64_t
csv_size(const struct csv *c)
{
	return c->size;
}

int
csv_each(const char *dir, const char *file, const struct csv_column *columns,
    size_t n, csv_row_h *row, void *arg)
{
	struct csv_field fields[CSV_COLUMNS];
	char path[4096];
	struct csv *csv;
	int got, rc;

	if (snprintf(path, sizeof(path), "%s/%s", dir, file) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	rc = csv_open(&csv, path, columns, n);
	if (rc == -ENOENT)
		log_error(DCONF, "`tables` names the folder of %s", file);
	if (rc < 0)
		return rc;
	while (rc == 0 && (got = csv_next(csv, fields)) != 0)
		rc = got < 0 ? got : row(fields, arg);
	if (rc == -EBADMSG)
		log_error(DCORE, "%s:%llu: not a row of this table", path,
		    (unsigned long long)csv_line(csv));
	csv_close(csv);
	return rc;
}

int
csv_equal(const struct csv_field *f, const char *s)
{
	return strlen(s) == f->len &&
	    (f->len == 0 || memcmp(f->s, s, f->len) == 0);
}
