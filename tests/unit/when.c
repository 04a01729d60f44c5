/* Times: RFC 3339 5.6, epoch seconds, and local dates in zones whose clocks
 * change at every awkward moment. */
#include "core/when.c"

#include "test.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define BAD INT64_MIN

/* Parsed from exactly its octets of heap, so that reading on shows. */
static int64_t
parsed_by(int parse(const char *, size_t, int64_t *), const char *s, size_t len)
{
	char *copy = malloc(len ? len : 1);
	int64_t t = 0;
	int rc;

	memcpy(copy, s, len);
	rc = parse(copy, len, &t);
	free(copy);
	return rc == 0 ? t : rc == -EBADMSG ? BAD : BAD + 1;
}

static void
instant(const char *s, int64_t want, const char *what)
{
	ok_int(parsed_by(when_parse_instant, s, strlen(s)), want, "%s: %s", s,
	    what);
}

static void
refuse(const char *s, const char *what)
{
	instant(s, BAD, what);
}

static int64_t
date(const char *s)
{
	return parsed_by(when_parse, s, strlen(s));
}

static void
epoch(void)
{
	instant("0", 0, "the epoch");
	instant("1700000000", 1700000000, "seconds");
	instant("0000000001", 1, "zeros in front");
	instant("4294967295", WHEN_MAX, "the last of 32 bits");
	refuse("", "nothing");
	refuse("-1", "before the epoch");
	refuse("+1", "a sign");
	refuse(" 1", "a space in front");
	refuse("1 ", "a space behind");
	refuse("1.5", "a fraction");
	refuse("1e9", "an exponent");
	refuse("0x10", "hexadecimal");
	refuse("1700000000000", "milliseconds");
	refuse("99999999999999999999", "more than 64 bits");
	refuse("１７", "full-width digits");
}

static void
rfc3339(void)
{
	instant("1985-04-12T23:20:50.52Z", 482196050, "a fraction is dropped");
	instant("1996-12-19T16:39:57-08:00", 851042397, "a negative offset");
	instant("2026-11-22T08:00:00+08:00", 1795305600, "a positive one");
	instant("2026-11-22T00:00:00Z", 1795305600, "the same in UTC");
	instant("2026-11-22t00:00:00z", 1795305600, "small letters");
	instant("2026-11-22 00:00:00Z", 1795305600, "a space for the T");
	instant("2026-11-22T00:00:00-00:00", 1795305600, "an unknown offset");
	instant("2026-11-22T05:45:00+05:45", 1795305600, "a quarter's offset");
	instant("2026-11-22T23:59:00+23:59", 1795305600, "the largest offset");
	instant(
	    "2026-11-22T00:00:00.000000000000Z", 1795305600, "a long fraction");
	instant("1990-12-31T23:59:60Z", 662688000, "a leap second");
	instant("1990-12-31T15:59:60-08:00", 662688000, "the same elsewhere");
	instant("2000-02-29T00:00:00Z", 951782400, "a leap day of a century");
	instant("1970-01-01T00:00:00Z", 0, "the epoch");
	instant("1970-01-01T08:00:00+08:00", 0, "the epoch in Shanghai");
}

/* Every day that can be written, against the C library. */
static void
every_date(void)
{
	time_t day = 0;
	int wrong = 0;

	for (; day < 253402300800; day += DAY) {
		char s[48];
		struct tm tm;
		int64_t t = -1;

		strftime(
		    s, sizeof(s), "%Y-%m-%dT17:28:39Z", gmtime_r(&day, &tm));
		if (when_parse_instant(s, strlen(s), &t) < 0 ||
		    t != day + 17 * HOUR + 28 * 60 + 39)
			wrong++;
	}
	ok_int(wrong, 0, "every day up to 9999");
}

static void
rfc3339_refused(void)
{
	refuse("2026-11-22T08:00:00", "no offset");
	refuse("2026-11-22", "a date is no instant");
	refuse("2026-11-22T08:00Z", "no seconds");
	refuse("2026-11-22T08:00:00+0800", "no colon in the offset");
	refuse("2026-11-22T08:00:00+8:00", "one digit");
	refuse("2026-11-22T08:00:00+08", "half an offset");
	refuse("2026-11-22T08:00:00+24:00", "an offset of a day");
	refuse("2026-11-22T08:00:00+08:60", "an offset of sixty minutes");
	refuse("2026-11-22T08:00:00.Z", "a fraction without digits");
	refuse("2026-11-22T08:00:00,5Z", "a comma");
	refuse("2026-11-22T08:00:00Z ", "a space behind");
	refuse(" 2026-11-22T08:00:00Z", "a space in front");
	refuse("2026-11-22T08:00:00ZZ", "two zones");
	refuse("2026-11-22T08:00:00 CST", "a zone's name");
	refuse("2026-11-22T 8:00:00Z", "a space for a zero");
	refuse("2026-11-22T+8:00:00Z", "a sign for a zero");
	refuse("20261122T080000Z", "the basic form of ISO 8601");
	refuse("2026/11/22 08:00:00Z", "slashes");
	refuse("26-11-22T08:00:00Z", "a short year");
	refuse("2026-11-22T24:00:00Z", "hour 24");
	refuse("2026-11-22T08:60:00Z", "minute 60");
	refuse("2026-11-22T08:00:61Z", "second 61");
	refuse("2026-00-22T08:00:00Z", "month 0");
	refuse("2026-13-22T08:00:00Z", "month 13");
	refuse("2026-11-00T08:00:00Z", "day 0");
	refuse("2026-11-31T08:00:00Z", "31 November");
	refuse("2026-02-29T08:00:00Z", "29 February of no leap year");
	refuse("2100-02-29T08:00:00Z", "nor of a century");
	refuse("1937-01-01T12:00:27.87+00:20", "before the epoch");
	refuse("1970-01-01T00:00:00+08:00", "before it in Shanghai");
	ok_int(parsed_by(when_parse_instant, "2026-11-22T08:00:00\0Z", 21), BAD,
	    "a NUL inside");
}

static void
cut(void)
{
	const char *s = "2026-11-22T08:00:00.25+08:00";
	int good = 1;

	for (size_t n = strlen("2026-"); n < strlen(s); n++)
		good &= parsed_by(when_parse_instant, s, n) == BAD;
	ok(good, "cut anywhere behind the year it is no instant");
}

static void
dates(void)
{
	when_zone("Asia/Shanghai");
	ok_int(date("2026-11-22"), 1795276800, "a date is its local midnight");
	ok_int(date("2024-02-29"), 1709136000, "a leap day");
	ok_int(date("1795305600"), 1795305600, "an instant is one too");
	ok_int(date("2026-11-22T08:00:00+08:00"), 1795305600, "either form");
	ok_int(date("2026-11-31"), BAD, "no such day");
	ok_int(date("2026-11-22 "), BAD, "a space behind");
	ok_int(date("2026-11-22T"), BAD, "half an instant");
	ok_int(date("2026-1-2"), BAD, "short forms");
	ok_int(date(""), BAD, "nothing");
	when_zone("Asia/Kathmandu");
	ok_int(date("2024-01-01"), 1704046500, "a zone of 5:45");
	when_zone("UTC");
	ok_int(date("1970-01-01"), 0, "the epoch");
}

/* Clocks go forward at midnight, or back over it. */
static void
awkward_midnights(void)
{
	when_zone("America/Sao_Paulo");
	ok_int(date("2018-11-04"), 1541300400,
	    "a day whose midnight is missing begins at 01:00");
	ok_int(when_midnight(1541300400 + 5 * HOUR, 0), 1541300400,
	    "seen from its morning");
	ok_int(when_midnight(1541300400 + 3 * DAY, -3), 1541300400,
	    "and from days after");
	ok_int(when_midnight(1541300400 - 1, 0), 1541300400 - DAY,
	    "the second before belongs to the day before");
	when_zone("Asia/Amman");
	for (int i = 0; i < 2; i++) {
		/* the C library guesses by what it was last asked */
		date(i ? "2021-04-01" : "2021-01-01");
		ok_int(date("2021-10-29"), 1635454800,
		    "a day with two midnights begins at the first");
	}
	ok_int(when_midnight(1635454800 + HOUR, 0), 1635454800,
	    "seen from the second");
	when_zone("Atlantic/Azores");
	ok_int(date("2024-10-27"), 1729987200, "likewise on the Azores");
}

static void
over_a_change(void)
{
	when_zone("America/New_York");
	ok_int(when_midnight(1710129600 + 8 * HOUR, 0), 1710129600,
	    "the day after clocks went forward");
	ok_int(when_midnight(1710129600 + 8 * HOUR, -1), 1710046800,
	    "the day of the change had 23 hours");
	ok_int(when_midnight(1710129600 + 8 * HOUR, -10), 1709269200,
	    "ten dates before");
	ok_int(when_midnight(1709269200, 10), 1710129600, "ten dates after");
	ok_int(when_midnight(1730696400, -1), 1730606400,
	    "the day they went back had 25 hours");
	when_zone("Asia/Shanghai");
	ok_int(when_midnight(1795305600, -14), 1794067200,
	    "fourteen days before, where clocks stay");
	ok_int(when_midnight(1709222400, -1), 1709136000,
	    "the day before 1 March of a leap year");
}

/* A day begins at the first instant of its date. */
static int
begins_its_date(int64_t t)
{
	struct tm at, before;

	when_local(t, &at);
	when_local(t - 1, &before);
	return at.tm_mday != before.tm_mday;
}

static void
every_day(void)
{
	static const char *const zones[] = {"Asia/Shanghai", "Asia/Amman",
	    "Asia/Beirut", "Asia/Tehran", "Africa/Cairo", "America/Havana",
	    "America/Asuncion", "America/Santiago", "Atlantic/Azores",
	    "Australia/Lord_Howe", "Europe/London", "Pacific/Auckland"};

	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++) {
		int64_t t = 1577880000; /* 2020-01-01 12:00 UTC */
		int good = when_zone(zones[i]) == 0;

		for (; t < 1577880000 + 2000LL * DAY; t += DAY) {
			int64_t begin = when_midnight(t, 0);

			good &= begin <= t && t - begin < 25 * HOUR &&
			    begins_its_date(begin) &&
			    when_midnight(begin, 0) == begin &&
			    begins_its_date(when_midnight(t, -14));
		}
		ok(good, "%s: two thousand days begin as they should",
		    zones[i]);
	}
}

static void
unknown_zone(const char *name)
{
	ok_int(when_zone(name), -ENOENT, "no zone: \"%s\"", name);
}

static void
zones(void)
{
	char name[300];

	ok_int(when_zone("Asia/Shanghai"), 0, "a zone");
	unknown_zone("Asia/Shanghi");
	unknown_zone("CST");
	unknown_zone("UTC+8");
	unknown_zone("");
	unknown_zone("Asia");
	unknown_zone("Asia/");
	unknown_zone("zone.tab");
	unknown_zone("/usr/share/zoneinfo/UTC");
	unknown_zone("../zoneinfo/UTC");
	memset(name, 'A', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	ok_int(when_zone(name), -ENOENT, "nor a very long name");
	ok_int(date("2026-11-22"), 1795276800, "the zone in force stays");
}

static void
the_clock(void)
{
	int64_t now = time(NULL);

	ok(when_now() - now <= 1, "the clock is the system's");
	when_set(1795305600, 0);
	ok_int(when_now(), 1795305600, "frozen it stands");
	when_set(0, 0);
	ok_int(when_now(), 0, "at the epoch too");
	now = time(NULL);
	when_set(1795305600, 1);
	ok(when_now() - 1795305600 <= time(NULL) - now, "shifted it runs on");
}

int
main(void)
{
	epoch();
	rfc3339();
	every_date();
	rfc3339_refused();
	cut();
	dates();
	awkward_midnights();
	over_a_change();
	every_day();
	zones();
	the_clock();
	return test_done();
}
