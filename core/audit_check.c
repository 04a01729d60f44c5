/* The folder is read twice: the first lines, for what each file says of
 * another, then all of them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "audit_check.h"
#include "audit_folder.h"

/* One file. */

enum read { LINE, END, TORN, TOO_LONG };

/* Any octets: a hostile file may be one line of any length. */
static enum read
read_line(FILE *in, char line[AUDIT_LINE], size_t *len)
{
	size_t n = 0;
	int c;

	while ((c = getc_unlocked(in)) != EOF && c != '\n')
		if (n++ < AUDIT_LINE)
			line[n - 1] = c;
	*len = n;
	if (c == EOF)
		return n == 0 ? END : TORN;
	return n < AUDIT_LINE ? LINE : TOO_LONG;
}

static const char *
prove_begin(const char *line, size_t len, const char *name, audit_key_h *key,
    void *key_arg, struct audit_chain *c)
{
	struct audit_begin b;

	if (audit_read_begin(line, len, &b) < 0)
		return "is not the beginning of an audit";
	if (strcmp(b.name, name) != 0)
		return "belongs to a file with another name";
	c->key = key(b.key, key_arg);
	return c->key != NULL ? NULL : "was made with another key_file";
}

static const char *
prove(FILE *in, const char *name, audit_key_h *key, void *key_arg,
    audit_hash_h *hash, void *arg, struct audit_finding *f)
{
	struct audit_chain c = {0};
	char line[AUDIT_LINE];
	const char *why = NULL;
	int is_end = 0;
	enum read got;
	size_t len;

	while ((got = read_line(in, line, &len)) == LINE) {
		if (c.lines == 0)
			why = prove_begin(line, len, name, key, key_arg, &c);
		if (why == NULL)
			why = audit_prove(&c, line, len, &is_end);
		if (why != NULL)
			return why;
		f->lines = c.lines;
		if (hash != NULL)
			hash(audit_hash_of(line, len), arg);
	}
	if (got == TOO_LONG)
		return "is too long";
	if (got == TORN && is_end)
		return "is behind the end";
	f->is_torn = got == TORN;
	f->state = is_end ? AUDIT_WHOLE : AUDIT_STOPPED;
	return ferror(in) ? "cannot be read" : NULL;
}

void
audit_check_file(FILE *in, const char *name, audit_key_h *key, void *key_arg,
    audit_hash_h *hash, void *arg, struct audit_finding *f)
{
	*f = (struct audit_finding){.file = name};
	f->why = prove(in, name, key, key_arg, hash, arg, f);
	if (f->why == NULL)
		return;
	f->state = AUDIT_BROKEN;
	f->line = f->lines + 1;
}

/* The folder. */

/* What one file says of another. */
struct known {
	char file[AUDIT_NAME], by[AUDIT_NAME];
	char hash[AUDIT_HEX];
	int is_found;
};

struct folder {
	int fd;
	char (*names)[AUDIT_NAME];
	size_t nnames;
	struct known *known; /* by file */
	size_t nknown;
};

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
list(struct folder *d, DIR *dir)
{
	struct dirent *e;
	size_t room = 0;

	while ((e = readdir(dir)) != NULL) {
		if (!audit_is_name(e->d_name))
			continue;
		if (d->nnames == room) {
			size_t more = room ? 2 * room : 64;
			void *p = realloc(d->names, more * sizeof(*d->names));

			if (p == NULL)
				return -ENOMEM;
			d->names = p;
			room = more;
		}
		strcpy(d->names[d->nnames++], e->d_name);
	}
	qsort(d->names, d->nnames, sizeof(*d->names), by_name);
	return 0;
}

static FILE *
open_file(const struct folder *d, const char *name)
{
	int fd =
	    openat(d->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	FILE *in = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (in == NULL && fd >= 0)
		close(fd);
	return in;
}

static void
learn_of(struct folder *d, const char *name)
{
	struct known *k = &d->known[d->nknown];
	FILE *in = open_file(d, name);
	char line[AUDIT_LINE];
	struct audit_begin b;
	size_t len;

	if (in == NULL)
		return;
	if (read_line(in, line, &len) == LINE &&
	    audit_read_begin(line, len, &b) == 0 && b.before[0] != '\0') {
		strcpy(k->file, b.before);
		strcpy(k->by, name);
		memcpy(k->hash, b.before_hash, AUDIT_HEX);
		k->is_found = 0;
		d->nknown++;
	}
	fclose(in);
}

static int
learn(struct folder *d)
{
	d->known = calloc(d->nnames + 1, sizeof(*d->known));
	if (d->known == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < d->nnames; i++)
		learn_of(d, d->names[i]);
	qsort(d->known, d->nknown, sizeof(*d->known), by_name);
	return 0;
}

/* What is known of one file: `n` of them. */
struct expected {
	struct known *first;
	size_t n, missing;
};

static struct expected
expected_of(struct folder *d, const char *name)
{
	struct expected e = {.first = d->known};
	size_t lo = 0, hi = d->nknown;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (strcmp(d->known[mid].file, name) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	e.first += lo;
	for (; lo < d->nknown && strcmp(d->known[lo].file, name) == 0; lo++)
		e.n++;
	e.missing = e.n;
	return e;
}

static void
on_hash(const char hash[AUDIT_HEX], void *arg)
{
	struct expected *e = arg;

	for (size_t i = 0; e->missing > 0 && i < e->n; i++) {
		struct known *k = &e->first[i];

		if (k->is_found || memcmp(k->hash, hash, AUDIT_HEX) != 0)
			continue;
		k->is_found = 1;
		e->missing--;
	}
}

static void
check_one(struct folder *d, const char *name, audit_key_h *key, void *key_arg,
    struct audit_finding *f)
{
	struct expected e = expected_of(d, name);
	FILE *in = open_file(d, name);

	if (in == NULL) {
		*f = (struct audit_finding){
		    name, AUDIT_BROKEN, .line = 1, .why = strerror(errno)};
		return;
	}
	audit_check_file(in, name, key, key_arg, on_hash, &e, f);
	if (f->state == AUDIT_STOPPED &&
	    flock(fileno(in), LOCK_SH | LOCK_NB) < 0)
		f->state = AUDIT_WRITING;
	fclose(in);
	if (f->state == AUDIT_BROKEN || e.missing == 0)
		return;
	f->state = AUDIT_BROKEN;
	f->line = f->lines + 1;
	f->why = "is missing: it is known to a chain that began later";
}

static int
is_there(const struct folder *d, const char *name)
{
	return bsearch(name, d->names, d->nnames, sizeof(*d->names), by_name) !=
	    NULL;
}

/* Files that are gone: each once, by the first that knows it. */
static void
check_gone(
    const struct folder *d, const char *first, audit_finding_h *h, void *arg)
{
	for (size_t i = 0; i < d->nknown; i++) {
		const struct known *k = &d->known[i];
		const struct audit_finding gone = {
		    .file = k->file,
		    .state = AUDIT_BROKEN,
		    .why = "is gone: the file is known to a chain that began "
			   "later",
		};

		if (i > 0 && strcmp(k->file, k[-1].file) == 0)
			continue;
		if (!is_there(d, k->file) &&
		    (!audit_is_name(k->file) ||
			!audit_is_older(k->file, first)))
			h(&gone, arg);
	}
}

int
audit_check(const char *dir, const char *first, audit_key_h *key, void *key_arg,
    audit_finding_h *h, void *arg)
{
	DIR *open = opendir(dir);
	struct folder d = {0};
	struct audit_finding f;
	int rc;

	if (open == NULL)
		return -errno;
	d.fd = dirfd(open);
	rc = list(&d, open);
	if (rc == 0)
		rc = learn(&d);
	for (size_t i = 0; rc == 0 && i < d.nnames; i++) {
		check_one(&d, d.names[i], key, key_arg, &f);
		h(&f, arg);
	}
	if (rc == 0)
		check_gone(&d, first, h, arg);
	closedir(open);
	free(d.names);
	free(d.known);
	return rc;
}
