/* CSV: what tools write, and what breaks on the way. */
#include "core/csv.c"

#include "fixture.h"
#include "test.h"

static const struct csv_column columns[] = {
    {"time", 0},
    {"imsi", 0},
    {"area", 1},
};

/* The first 20 octets of each field, as "1|2|3". */
static int
print_row(char *out, size_t size, const struct csv_field *f)
{
	int len[3];

	for (int i = 0; i < 3; i++)
		len[i] = f[i].len < 20 ? (int)f[i].len : 20;
	return snprintf(out, size, "%.*s|%.*s|%.*s", len[0], f[0].s, len[1],
	    f[1].s, len[2], f[2].s ? f[2].s : "");
}

/* A whole file: each row, "!" for one that is none, "~" for a fault, with
 * its line before it, as "2:1|2|3 3:!". */
static const char *
rows(void)
{
	static char out[1024];
	const size_t size = sizeof(out);
	struct csv_field f[3];
	size_t len = 0;
	struct csv *c;
	int n;

	out[0] = '\0';
	if (csv_open(&c, "file.csv", columns, 3) < 0)
		return "not opened";
	while ((n = csv_next(c, f)) != 0 && len + 128 < size) {
		len += snprintf(out + len, size - len, "%s%d:", len ? " " : "",
		    (int)csv_line(c));
		if (n == 1)
			len += print_row(out + len, size - len, f);
		else
			len += snprintf(out + len, size - len, "%s",
			    n == -EBADMSG ? "!" : "~");
		if (n < 0 && n != -EBADMSG)
			break;
	}
	csv_close(c);
	return out;
}

static const char *
rows_of(const char *text)
{
	put_text("file.csv", text);
	return rows();
}

static int
opens(const char *text)
{
	struct csv *c = NULL;
	int rc;

	logged[0] = '\0';
	put_text("file.csv", text);
	rc = csv_open(&c, "file.csv", columns, 3);
	if (rc == 0)
		csv_close(c);
	return rc;
}

static void
headers(void)
{
	ok_str(rows_of("time,imsi,area\n1,2,3\n"), "2:1|2|3", "a row");
	ok_str(rows_of("area,x,imsi,time\n3,?,2,1\n"), "2:1|2|3",
	    "columns are found by name");
	ok_str(rows_of("time,imsi\n1,2\n"), "2:1|2|",
	    "an optional column may be missing");
	ok_str(rows_of("\xef\xbb\xbftime,imsi,area\n1,2,3\n"), "2:1|2|3",
	    "a byte order mark is passed over");
	ok_str(rows_of("\xef\xbb\xbf\"time\",imsi\n1,2\n"), "2:1|2|",
	    "before a quoted name too");
	ok_str(rows_of("time,imsi,area\n\xef\xbb\xbf"
		       "1,2,3\n"),
	    "2:\xef\xbb\xbf"
	    "1|2|3",
	    "elsewhere it is text");
	ok_str(rows_of("\"time\",\"imsi\"\n1,2\n"), "2:1|2|", "quoted names");
	ok_str(rows_of("time,imsi\r\n1,2\r\n"), "2:1|2|", "CR LF");
	ok_str(rows_of("time,imsi\n"), "", "a header alone");
	ok_str(rows_of("time,imsi"), "", "without its line end");
}

static void
missing_columns(void)
{
	ok_int(opens("time,area\n1,2\n"), -EBADMSG, "a missing column");
	ok_str(logged,
	    "file.csv: no column \"imsi\"; the first line must name the "
	    "columns\n",
	    "is named");
	ok_int(opens("Time,imsi\n"), -EBADMSG, "names are taken as written");
	ok_int(opens("time, imsi\n"), -EBADMSG, "spaces are part of a name");
	ok_int(opens("1,2,3\n4,5,6\n"), -EBADMSG, "no header at all");
	ok_int(opens(""), -EBADMSG, "an empty file");
	ok_int(opens("\n\n"), -EBADMSG, "a file of empty lines");
}

static void
fields(void)
{
	ok_str(rows_of("time,imsi,area\n\"1\",\"2\",\"3\"\n"), "2:1|2|3",
	    "quoted fields");
	ok_str(rows_of("time,imsi,area\n\"1,5\",2,3\n"), "2:1,5|2|3",
	    "a comma in quotes");
	ok_str(rows_of("time,imsi,area\n\"a \"\"b\"\"\",2,3\n"),
	    "2:a \"b\"|2|3", "doubled quotes");
	ok_str(rows_of("time,imsi,area\n\"\",\"\"\"\",\n"), "2:|\"|",
	    "empty fields and a single quote");
	ok_str(
	    rows_of("time,imsi,area\n1,2,\n"), "2:1|2|", "a comma at the end");
	ok_str(rows_of("time,imsi,area\n,,\n"), "2:||", "nothing but commas");
	ok_str(rows_of("time,imsi,area\n1,2,3,4,5\n"), "2:1|2|3",
	    "fields without a name are passed over");
	ok_str(rows_of("time,imsi,area\n1,2\n"), "2:1|2|",
	    "an optional field may be left out");
	ok_str(
	    rows_of("time,imsi,area\n 1 ,2,3\n"), "2: 1 |2|3", "spaces stay");
	ok_str(rows_of("time,imsi,area\n北京,\"天津\",3\n"), "2:北京|天津|3",
	    "UTF-8");
}

static void
rows_that_are_none(void)
{
	ok_str(rows_of("time,imsi,area\n1\n1,2,3\n"), "2:! 3:1|2|3",
	    "a needed field is missing; the next row is read");
	ok_str(rows_of("time,imsi,area\n\"1,2,3\n1,2,3\n"), "2:! 3:1|2|3",
	    "a quote that does not end ends with its line");
	ok_str(rows_of("time,imsi,area\n\"1\"x,2,3\n1,2,3\n"), "2:! 3:1|2|3",
	    "text behind a closing quote");
	ok_str(rows_of("time,imsi,area\n\"1\n\",2,3\n"), "2:! 3:!",
	    "a line break in quotes");
}

static void
line_ends(void)
{
	ok_str(rows_of("time,imsi\n1,2\n3,4"), "2:1|2| 3:3|4|",
	    "no line end at the end");
	ok_str(rows_of("time,imsi\r\n1,2\r\n3,4\r"), "2:1|2| 3:3|4|",
	    "half a line end there");
	ok_str(rows_of("time,imsi\n\n1,2\n\r\n\n3,4\n\n"), "3:1|2| 6:3|4|",
	    "empty lines are passed over and counted");
	ok_str(rows_of("\n\r\ntime,imsi\n1,2\n"), "4:1|2|",
	    "before the header too");
	ok_str(rows_of("time,imsi\n1,2\r\r\n"), "2:1|2\r|",
	    "one CR belongs to a line end");
}

static void
zeros(void)
{
	put_octets("file.csv", "time,imsi\n1,\0\n3,4\n", 18);
	ok_str(rows(), "2:! 3:3|4|", "a row with a NUL is none");
	put_octets("file.csv", "time,im\0si\n1,2\n", 15);
	ok_str(rows(), "not opened", "nor is a header with one");
	put_octets("file.csv", "time,imsi\n\0\n\0", 13);
	ok_str(rows(), "2:! 3:!", "nor a line of one");
}

static void
too_many_fields(void)
{
	char text[1024] = "time,imsi\n1,2";
	char *s = text + strlen(text);

	for (int i = 2; i < FIELDS; i++)
		s += sprintf(s, ",x");
	strcpy(s, "\n3,4\n");
	ok_str(rows_of(text), "2:1|2| 3:3|4|", "64 fields");
	strcpy(s, ",x\n3,4\n");
	ok_str(rows_of(text), "2:! 3:3|4|", "65 are no row");
	strcpy(s, ",");
	ok_str(rows_of(text), "2:!", "nor is an empty one more");
}

/* A line of `len` octets between two others, or the last without an end. */
static const char *
rows_around(size_t len, const char *after)
{
	size_t size = len + 64;
	char *text = malloc(size), *s;

	s = text + sprintf(text, "time,imsi\n1,2\n");
	memset(s, 'x', len);
	memcpy(s + len / 2, ",", 1);
	strcpy(s + len, after);
	put_text("file.csv", text);
	free(text);
	return rows();
}

static void
long_lines(void)
{
	static const size_t lengths[] = {BUFFER - 2, BUFFER - 1, BUFFER,
	    BUFFER + 1, 2 * BUFFER - 1, 2 * BUFFER, 2 * BUFFER + 1, 3 * BUFFER};
	int between = 1, last = 1;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		const char *got = rows_around(lengths[i], "\n3,4\n");
		size_t n = strlen(got);

		/* either it fits, and is shown, or it is no row */
		between &= strncmp(got, "2:1|2| 3:", 9) == 0 &&
		    strcmp(got + n - 7, " 4:3|4|") == 0 &&
		    (lengths[i] <= BUFFER || strcmp(got + 9, "! 4:3|4|") == 0);
		got = rows_around(lengths[i], "");
		last &= strncmp(got, "2:1|2| 3:", 9) == 0 &&
		    (lengths[i] <= BUFFER || strcmp(got + 9, "!") == 0);
	}
	ok(between, "a line too long is no row; the next one is read");
	ok(last, "and counts as one where it is the last");
	ok_str(rows_around(5, "\n3,4\n"), "2:1|2| 3:xx|xx| 4:3|4|",
	    "a short one in its place is a row");
}

/* Gzip. */

static void
put_gzip(const char *text)
{
	gzFile gz = gzopen("file.csv", "wb");

	gzwrite(gz, text, strlen(text));
	gzclose(gz);
}

static char *
many_rows(int n)
{
	char *text = malloc(32 + n * 32), *s = text;

	s += sprintf(s, "time,imsi\n");
	for (int i = 0; i < n; i++)
		s +=
		    sprintf(s, "%d,%u\n", i, (unsigned)(pseudo_random() >> 32));
	return text;
}

/* Reads to the end: the rows, and how it ended. */
static int
count_rows(int *end)
{
	struct csv_field f[3];
	struct csv *c;
	int n = 0, rows_in_order = 1;

	*end = csv_open(&c, "file.csv", columns, 3);
	if (*end < 0)
		return -1;
	while ((*end = csv_next(c, f)) == 1)
		rows_in_order &= atoi(f[0].s) == n++;
	csv_close(c);
	return rows_in_order ? n : -1;
}

static void
gzip(void)
{
	char *text = many_rows(20000);
	struct stat st;
	int end;

	put_gzip("time,imsi\n1,2\n3,4\n");
	ok_str(rows(), "2:1|2| 3:3|4|", "gzip is read");
	put_text("a", "time,imsi\n1,2\n");
	put_text("b", "3,4\n");
	if (system("gzip -c a >file.csv && gzip -c b >>file.csv") != 0)
		ok(0, "gzip is installed");
	ok_str(rows(), "2:1|2| 3:3|4|", "two gzips in one file");
	put_gzip(text);
	free(text);
	ok_int(count_rows(&end), 20000, "a long one, all rows");
	ok_int(end, 0, "to its end");
	stat("file.csv", &st);
	if (truncate("file.csv", st.st_size / 2) < 0)
		ok(0, "the file can be cut");
	logged[0] = '\0';
	ok(count_rows(&end) > 1000, "cut in the middle, the rows before");
	ok_int(end, -EIO, "and then -EIO");
	ok(strstr(logged, "file.csv: after line ") != NULL &&
		strstr(logged, ": the gzip data ends too early\n") != NULL,
	    "which is logged with its line");
}

/* A file that breaks inside a line gives no half of it. */
static void
gzip_cut_inside_a_line(void)
{
	char *text = many_rows(2000);
	int good = 1, end, n;
	struct stat st;

	put_gzip(text);
	stat("file.csv", &st);
	for (int cut = 1; cut < 60; cut++) {
		if (truncate("file.csv", st.st_size - cut) < 0)
			break;
		n = count_rows(&end);
		good &= n >= 0 && n <= 2000 && end == -EIO;
	}
	ok(good, "cut by 1 to 59 octets: whole rows, then -EIO");
	if (truncate("file.csv", 12) < 0)
		good = 0;
	ok_int(count_rows(&end), -1, "cut in the header: not opened");
	ok_int(end, -EIO, "for the same reason");
	free(text);
}

static void
gzip_damaged(void)
{
	char *text = many_rows(2000);
	FILE *f;
	int end;

	put_gzip(text);
	free(text);
	f = fopen("file.csv", "r+");
	fseek(f, -6, SEEK_END); /* within the CRC */
	fputc('?', f);
	fclose(f);
	logged[0] = '\0';
	count_rows(&end);
	ok_int(end, -EUCLEAN, "a wrong check sum says that all may be wrong");
	ok(strstr(logged, "file.csv: after line ") != NULL, "logged");
}

/* Files. */

static void
no_files(void)
{
	struct csv *c;

	logged[0] = '\0';
	ok_int(csv_open(&c, "none.csv", columns, 3), -ENOENT, "no file");
	ok_str(logged, "none.csv: No such file or directory\n", "is logged");
	ok_int(csv_open(&c, ".", columns, 3), -EISDIR, "a folder");
}

static void
standard_input(void)
{
	int was = dup(STDIN_FILENO), ends[2];
	struct csv_field f[3];
	struct csv *c = NULL;

	if (pipe(ends) < 0 || write(ends[1], "time,imsi\n1,2\n", 14) != 14)
		return;
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	ok_int(csv_open(&c, "-", columns, 3), 0, "standard input");
	ok(csv_next(c, f) == 1 && csv_equal(&f[1], "2"), "its row");
	ok_int(csv_next(c, f), 0, "its end");
	ok_int(csv_next(c, f), 0, "which stays");
	ok_int(csv_size(c), 0, "a size that nobody knows");
	csv_close(c);
	dup2(was, STDIN_FILENO);
	close(was);
}

static void
where_it_is(void)
{
	struct csv_field f[3];
	struct csv *c;

	put_text("file.csv", "time,imsi\n1,2\n");
	if (csv_open(&c, "file.csv", columns, 3) < 0)
		return;
	ok(csv_has(c, 0) && !csv_has(c, 2), "which columns are there");
	ok_int(csv_size(c), 14, "the file's size");
	csv_next(c, f);
	ok(csv_equal(&f[0], "1") && !csv_equal(&f[0], "12") &&
		!csv_equal(&f[0], ""),
	    "a field is compared whole");
	ok(csv_equal(&f[2], ""), "one that is not there is empty");
	while (csv_next(c, f) != 0)
		;
	ok_int(csv_used(c), 14, "at the end all is used");
	csv_close(c);
}

int
main(void)
{
	fixture_begin();
	capture_log();
	headers();
	missing_columns();
	fields();
	rows_that_are_none();
	line_ends();
	zeros();
	too_many_fields();
	long_lines();
	gzip();
	gzip_cut_inside_a_line();
	gzip_damaged();
	no_files();
	standard_input();
	where_it_is();
	return test_done();
}
