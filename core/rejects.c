/* What is not a place is not copied, for it may be a number that slipped into
 * the wrong column. So may a global title, whose last digits are hidden; a
 * row of the cells table needs no more than those before. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "region.h"
#include "rejects.h"

static int
fault(const struct rejects *r)
{
	int rc = errno ? -errno : -EIO;

	log_error(DFEED, "%s: %s", r->path, strerror(-rc));
	return rc;
}

static int
open_file(struct rejects *r, const char *folder, const char *kind)
{
	char stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	int fd;

	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
	snprintf(r->path, sizeof(r->path), "%s/rejects-%s-%s-%d.csv", folder,
	    kind, stamp, (int)getpid());
	fd = open(r->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		int rc = fault(r);

		r->path[0] = '\0'; /* not ours */
		return rc;
	}
	r->out = fdopen(fd, "w");
	if (r->out == NULL) {
		close(fd);
		return -ENOMEM;
	}
	fputs("file,line,reason,number,place\n", r->out);
	return 0;
}

static void
put_quoted(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s != '\0'; s++) {
		if (*s == '"')
			putc('"', out);
		putc(*s, out);
	}
	putc('"', out);
}

static void
put_place(FILE *out, const struct csv_field *f)
{
	struct place p;
	int hidden;

	if (f == NULL || place_parse(f->s, f->len, &p) < 0)
		return;
	hidden = p.kind != PLACE_GT ? 0 : p.mnc_len < 4 ? p.mnc_len : 4;
	fprintf(out, "%.*s%.*s", (int)f->len - hidden, f->s, hidden, "****");
}

int
rejects_put(struct rejects *r, const char *folder, const char *kind,
    const char *file, uint64_t line, enum reject why, const char *number,
    const struct csv_field *place)
{
	int rc = r->out == NULL ? open_file(r, folder, kind) : 0;

	if (rc < 0)
		return rc;
	if (strpbrk(file, ",\"\r\n") != NULL)
		put_quoted(r->out, file);
	else
		fputs(file, r->out);
	fprintf(r->out, ",%llu,%s,%s,", (unsigned long long)line,
	    reject_name(why), number);
	put_place(r->out, place);
	putc('\n', r->out);
	return ferror(r->out) ? fault(r) : 0;
}

int
rejects_close(struct rejects *r)
{
	int rc = r->out != NULL && fclose(r->out) != 0 ? fault(r) : 0;

	r->out = NULL;
	return rc;
}

void
rejects_drop(struct rejects *r)
{
	if (r->out != NULL)
		fclose(r->out);
	r->out = NULL;
	if (r->path[0] != '\0')
		unlink(r->path);
}
