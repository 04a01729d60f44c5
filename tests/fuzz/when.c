/* Times as files and operators write them. */
#include "core/when.c"

#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return when_zone("Asia/Shanghai");
}

/* Written out in UTC it is read as the same instant, but in the year 10000,
 * where some zones are before others. */
static void
must_round_trip(int64_t t)
{
	time_t tt = t;
	int64_t again;
	struct tm tm;
	char text[64];
	size_t n;

	gmtime_r(&tt, &tm);
	n = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (tm.tm_year < 10000 - 1900)
		must(when_parse_instant(text, n, &again) == 0 && again == t);
	n = snprintf(text, sizeof(text), "%lld", (long long)t);
	if (n <= 10)
		must(when_parse_instant(text, n, &again) == 0 && again == t);
}

/* A date is the midnight that begins it. */
static void
must_begin_its_date(const char *s, int64_t t)
{
	struct tm tm;
	char text[64];

	when_local(t, &tm);
	must(strftime(text, sizeof(text), "%Y-%m-%d", &tm) == 10);
	must(memcmp(text, s, 10) == 0);
	must(when_midnight(t, 0) == t);
	must(when_midnight(t - 1, 0) < t);
	must(when_midnight(when_midnight(t, -14), 14) == t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	const char *s = (const char *)in;
	int64_t t = -1, other = -1;
	int rc = when_parse_instant(s, len, &t);
	int any = when_parse(s, len, &other);

	must((rc == 0 || rc == -EBADMSG) && (any == 0 || any == -EBADMSG));
	if (rc == 0) {
		must(t >= 0 && any == 0 && other == t);
		must_round_trip(t);
	} else if (any == 0) {
		must(len == 10 && other >= 0);
		must_begin_its_date(s, other);
	}
	return 0;
}
