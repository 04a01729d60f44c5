/* Call records: one file a local day, appended to by anyone, kept so many
 * days; a fault that stops nobody. */
#include "core/records.c"

#include "fixture.h"
#include "test.h"

#define DAY 86400
#define NOW 1795305600 /* 2026-11-22 08:00 in Shanghai */

static const struct call_record sample = {
    .start = NOW,
    .end = NOW + 61,
    .service = "a \"b\", c",
    .code = "*10086*3#",
    .channel = "ussd",
    .number = "138****0001",
    .steps = 2,
    .status = CALL_BY_SMS,
};

static const char *
content(const char *day)
{
	static char text[4096];
	char path[64];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "calls/calls-%s.csv", day);
	f = fopen(path, "r");
	n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;
	text[n] = '\0';
	if (f != NULL)
		fclose(f);
	return text;
}

#define LINE                                                       \
	"2026-11-22T08:00:00+08:00,2026-11-22T08:01:01+08:00,\"a " \
	"\"\"b\"\", c\",*10086*3#,ussd,138****0001,2,by-sms\n"

static void
lines(void)
{
	struct records *r, *other;
	struct stat st;

	ok_int(records_open(&r, "calls", 30), 0, "opened");
	ok_int(records_open(&other, "calls", 30), 0, "by two");
	records_put(r, &sample);
	ok_str(content("2026-11-22"), HEADER, "the header, once");
	records_flush(r);
	records_put(other, &sample);
	records_close(other);
	ok_str(content("2026-11-22"), HEADER LINE LINE,
	    "a line each, and the last when it is closed");
	stat("calls/calls-2026-11-22.csv", &st);
	ok_int(st.st_mode & 0777, 0600, "for its owner only");
	records_close(r);
	records_put(NULL, &sample);
	records_flush(NULL);
	records_close(NULL);
}

static void
days(void)
{
	struct records *r;

	put_text("calls/calls-2026-10-23.csv", "x");
	put_text("calls/calls-2026-10-24.csv", "x");
	put_text("calls/calls-2026-10-23.csv.gz", "x");
	put_text("calls/other", "x");
	records_open(&r, "calls", 30);
	ok_int(access("calls/calls-2026-10-23.csv", F_OK), -1,
	    "what is older than thirty days goes");
	ok_int(access("calls/calls-2026-10-24.csv", F_OK), 0,
	    "the thirtieth stays");
	ok(access("calls/calls-2026-10-23.csv.gz", F_OK) == 0 &&
		access("calls/other", F_OK) == 0,
	    "other files are not ours");
	when_set(NOW + 16 * 3600, 0);
	records_put(r, &sample);
	records_flush(r);
	ok_str(content("2026-11-23"), HEADER LINE, "midnight: a new file");
	ok_int(access("calls/calls-2026-10-24.csv", F_OK), -1,
	    "and another day is over");
	records_close(r);
	when_set(NOW, 0);
}

static void
many(void)
{
	struct records *r;
	char line[512];
	int n = 0;
	FILE *f;

	records_open(&r, "calls", 30);
	for (int i = 0; i < 2000; i++)
		records_put(r, &sample);
	records_close(r);
	f = fopen("calls/calls-2026-11-22.csv", "r");
	while (fgets(line, sizeof(line), f) != NULL)
		n += strcmp(line, LINE) == 0;
	fclose(f);
	ok_int(n, 2002, "more than the buffer holds");
}

static void
faults(void)
{
	struct records *r;

	ok_int(records_open(&r, "nowhere", 30), -ENOENT, "no folder");
	ok(strstr(logged, "nowhere") != NULL, "which the log names");
	records_open(&r, "calls", 30);
	rename("calls", "away");
	when_set(NOW + DAY, 0);
	logged[0] = '\0';
	for (int i = 0; i < 3; i++) {
		records_put(r, &sample);
		records_flush(r);
	}
	ok_int(
	    strlen(logged) > 0 && strchr(logged, '\n') == strrchr(logged, '\n'),
	    1, "a folder that went is told once");
	rename("away", "calls");
	records_put(r, &sample);
	records_close(r);
	ok_str(content("2026-11-23"), HEADER LINE LINE,
	    "and used again when it is back");
}

static int
open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* A disk that is full, from before the file's first line. */
static void
full(void)
{
	struct records *r;
	int before;

	when_set(NOW + 2 * DAY, 0);
	records_open(&r, "calls", 30);
	if (symlink("/dev/full", "calls/calls-2026-11-25.csv") < 0)
		abort();
	when_set(NOW + 3 * DAY, 0);
	before = open_files();
	logged[0] = '\0';
	for (int i = 0; i < 10; i++) {
		records_put(r, &sample);
		records_flush(r);
	}
	ok(open_files() < before, "a full disk leaves no file open");
	ok(strstr(logged, "No space") != NULL &&
		strchr(logged, '\n') == strrchr(logged, '\n'),
	    "and is told once");
	unlink("calls/calls-2026-11-25.csv");
	records_put(r, &sample);
	records_close(r);
	ok_str(
	    content("2026-11-25"), HEADER LINE, "with room again it goes on");
}

int
main(void)
{
	fixture_begin();
	capture_log();
	when_zone("Asia/Shanghai");
	when_set(NOW, 0);
	mkdir("calls", 0700);
	lines();
	days();
	many();
	faults();
	full();
	return test_done();
}
