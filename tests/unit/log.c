/* The log's lines: one form of time, whatever the zone. */
#include "core/log.c"

#include "core/when.h"
#include "fixture.h"
#include "test.h"

/* Does a line begin like this, each 0 a digit? */
static int
is_like(const char *line, const char *like)
{
	for (; *like != '\0'; like++, line++)
		if (*like == '0' ? *line < '0' || *line > '9' : *line != *like)
			return 0;
	return 1;
}

int
main(void)
{
	static const char form[] = "0000-00-00T00:00:00.000Z core ERROR ";
	char want[32], lines[3][256] = {"", "", ""};
	time_t before, after;
	FILE *in;

	fixture_begin();
	if (freopen("stderr", "w", stderr) == NULL)
		return 1;
	before = time(NULL);
	log_open("error");
	setenv("TZ", "America/New_York", 1);
	tzset();
	log_error(DCORE, "first");
	when_zone("Asia/Shanghai");
	log_error(DCORE, "second n=%d", 2);
	log_debug(DCORE, "not shown");
	after = time(NULL);
	fflush(stderr);
	in = fopen("stderr", "r");
	for (int i = 0; i < 3 && fgets(lines[i], sizeof(lines[i]), in); i++)
		;
	fclose(in);
	ok(is_like(lines[0], form), "time, category, level");
	ok_str(lines[0] + strlen(form), "first\n", "and the line");
	ok(is_like(lines[1], form), "the same once the zone is known");
	ok_str(lines[1] + strlen(form), "second n=2\n", "with its values");
	ok_str(lines[2], "", "nothing below its level");
	strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S", gmtime(&before));
	ok(strncmp(lines[0], want, 19) >= 0, "UTC, not before");
	strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S", gmtime(&after));
	ok(strncmp(lines[1], want, 19) <= 0, "nor after");
	return test_done();
}
