/* CSV files, plain or gzip, through a buffer so small that lines straddle its
 * end and some are too long for it. */
#define BUFFER 64
#include "core/csv.c"

#include <sys/mman.h>

#include "fuzz.h"

static const struct csv_column columns[] = {{"a", 0}, {"b", 1}};

/* Two files of memory. */
static int fds[2];
static char paths[2][32];

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	log_open("error");
	log_del_target(log_target_find(LOG_TGT_TYPE_STDERR, NULL));
	for (int i = 0; i < 2; i++) {
		fds[i] = memfd_create("csv", 0);
		snprintf(
		    paths[i], sizeof(paths[i]), "/proc/self/fd/%d", fds[i]);
	}
	return 0;
}

static void
put(int i, const void *octets, size_t len)
{
	must(ftruncate(fds[i], 0) == 0);
	must(pwrite(fds[i], octets, len, 0) == (ssize_t)len);
}

static void
must_be_a_field(const struct csv_field *f)
{
	must(f->len == 0 || f->s != NULL);
	must(f->len == 0 || memchr(f->s, '\0', f->len) == NULL);
	must(f->len == 0 || memchr(f->s, '\n', f->len) == NULL);
}

static void
put_quoted(FILE *out, const struct csv_field *f)
{
	fputc('"', out);
	for (size_t i = 0; i < f->len; i++) {
		if (f->s[i] == '"')
			fputc('"', out);
		fputc(f->s[i], out);
	}
	fputc('"', out);
}

/* What a row's line is if all is quoted. */
static size_t
quoted_len(const struct csv_field *f)
{
	size_t n = 2;

	for (size_t i = 0; i < f->len; i++)
		n += f->s[i] == '"' ? 2 : 1;
	return n;
}

/* Reads a file and writes out once more, all quoted, those rows that are then
 * not too long. Returns how it ended. */
static int
rewrite(int i, char **text, size_t *len)
{
	FILE *out = open_memstream(text, len);
	struct csv_field f[2];
	struct csv *c;
	int rc;

	fputs("b,a\n", out);
	rc = csv_open(&c, paths[i], columns, 2);
	if (rc < 0) {
		fclose(out);
		return rc;
	}
	while ((rc = csv_next(c, f)) == 1 || rc == -EBADMSG) {
		if (rc != 1)
			continue;
		must_be_a_field(&f[0]);
		must_be_a_field(&f[1]);
		must(csv_has(c, 1) || f[1].len == 0);
		if (quoted_len(&f[0]) + quoted_len(&f[1]) + 2 > BUFFER)
			continue;
		put_quoted(out, &f[1]);
		fputc(',', out);
		put_quoted(out, &f[0]);
		fputc('\n', out);
	}
	if (rc == 0)
		must(csv_next(c, f) == 0 && csv_next(c, f) == 0);
	csv_close(c);
	fclose(out);
	return rc;
}

/* The next line that is not empty; 0 when there is none. */
static uint64_t
next_number(const uint8_t **in, const uint8_t *end, uint64_t *line)
{
	while (*in < end) {
		const uint8_t *lf = memchr(*in, '\n', end - *in), *s = *in;
		size_t len = (lf ? lf : end) - s;

		*in = lf ? lf + 1 : end;
		++*line;
		if (len > 1 || (len == 1 && *s != '\r'))
			return *line;
	}
	return 0;
}

/* Each line that is not empty is a row or is said to be none. */
static void
must_count_lines(const uint8_t *in, size_t len)
{
	const uint8_t *end = in + len;
	struct csv_field f[2];
	uint64_t line = 0, want;
	struct csv *c;

	if (csv_open(&c, paths[0], columns, 2) < 0)
		return;
	next_number(&in, end, &line); /* the header */
	while ((want = next_number(&in, end, &line)) != 0) {
		int rc = csv_next(c, f);

		must(rc == 1 || rc == -EBADMSG);
		must(csv_line(c) == want);
	}
	must(csv_next(c, f) == 0);
	csv_close(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	int gzip = len >= 2 && in[0] == 0x1f && in[1] == 0x8b, rc;
	char *text, *again;
	size_t n, m;

	put(0, in, len);
	if (!gzip)
		must_count_lines(in, len);
	rc = rewrite(0, &text, &n);
	must(rc == 0 || rc == -EBADMSG || (gzip && rc < 0));
	/* what was read is written so that it is read as the same */
	put(1, text, n);
	must(rewrite(1, &again, &m) == 0);
	must(n == m && memcmp(text, again, n) == 0);
	free(text);
	free(again);
	return 0;
}
