/* Times and dates. RFC 3339 is read by hand because strptime takes what it
 * must not (signs, spaces, missing digits); dates go through the C library,
 * which knows the zones. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "when.h"

static int64_t shift;       /* what the clock is moved by */
static int64_t frozen = -1; /* or what it stands at */

/* Local days that were asked about, for every query asks about the same few
 * and the C library works out each anew. Only days of 24 even hours. */
#define DAYS 32
static struct day {
	int64_t begin, end; /* equal: nothing is known */
	struct tm tm;       /* at its begin */
} known[DAYS];

/* And what when_midnight made of them. */
static struct {
	int64_t from, midnight;
	int days; /* 0: nothing is known */
} moved[DAYS];

/* RFC 8536 3.1: what begins a zone's file. */
static int
is_zone_file(const char *path)
{
	char magic[4] = "";
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return 0;
	if (fread(magic, 1, sizeof(magic), f) != sizeof(magic))
		magic[0] = '\0'; /* a folder, too */
	fclose(f);
	return memcmp(magic, "TZif", sizeof(magic)) == 0;
}

int
when_zone_known(const char *iana)
{
	char path[128];

	return iana[0] != '/' && strstr(iana, "..") == NULL &&
	    snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", iana) <
	    (int)sizeof(path) &&
	    is_zone_file(path);
}

int
when_zone(const char *iana)
{
	/* glibc takes an unknown zone for UTC without a word */
	if (!when_zone_known(iana))
		return -ENOENT;
	setenv("TZ", iana, 1);
	tzset();
	memset(known, 0, sizeof(known));
	memset(moved, 0, sizeof(moved));
	return 0;
}

/* Exactly n digits. */
static int
digits(const char **s, const char *end, int n, int *value)
{
	*value = 0;
	for (; n > 0; n--, (*s)++) {
		if (*s == end || **s < '0' || **s > '9')
			return -EBADMSG;
		*value = *value * 10 + (**s - '0');
	}
	return 0;
}

static int
one_of(const char **s, const char *end, const char *set)
{
	if (*s == end || **s == '\0' || strchr(set, **s) == NULL)
		return -EBADMSG;
	(*s)++;
	return 0;
}

static int
parse_epoch(const char *s, const char *end, int64_t *t)
{
	int64_t v = 0;

	if (s == end || end - s > 10)
		return -EBADMSG;
	for (; s < end; s++) {
		if (*s < '0' || *s > '9')
			return -EBADMSG;
		v = v * 10 + (*s - '0');
	}
	*t = v;
	return 0;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = {
	    31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && leap);
}

static int
parse_date(const char **s, const char *end, struct tm *tm)
{
	int year, month, day;

	if (digits(s, end, 4, &year) < 0 || one_of(s, end, "-") < 0 ||
	    digits(s, end, 2, &month) < 0 || one_of(s, end, "-") < 0 ||
	    digits(s, end, 2, &day) < 0)
		return -EBADMSG;
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days_in_month(year, month))
		return -EBADMSG;
	*tm = (struct tm){.tm_year = year - 1900,
	    .tm_mon = month - 1,
	    .tm_mday = day,
	    .tm_isdst = -1};
	return 0;
}

/* RFC 3339 5.6: "Z", or a sign, hours, minutes. */
static int
parse_offset(const char **s, const char *end, int *offset)
{
	int sign, hours, minutes;

	if (one_of(s, end, "Zz") == 0) {
		*offset = 0;
		return 0;
	}
	if (one_of(s, end, "+-") < 0)
		return -EBADMSG;
	sign = (*s)[-1] == '-' ? -1 : 1;
	if (digits(s, end, 2, &hours) < 0 || one_of(s, end, ":") < 0 ||
	    digits(s, end, 2, &minutes) < 0 || hours > 23 || minutes > 59)
		return -EBADMSG;
	*offset = sign * (hours * 3600 + minutes * 60);
	return 0;
}

/* What timegm does, which would take an eighth of an import's time. The year
 * begins in March here, so that a leap day is its last. */
static int64_t
utc(const struct tm *tm)
{
	int64_t year = tm->tm_year + 1900 - (tm->tm_mon < 2);
	int64_t month = (tm->tm_mon + 10) % 12;
	int64_t days = 365 * year + year / 4 - year / 100 + year / 400 +
	    (153 * month + 2) / 5 + tm->tm_mday - 1 - 719468;

	return ((days * 24 + tm->tm_hour) * 60 + tm->tm_min) * 60 + tm->tm_sec;
}

static int
parse_rfc3339(const char *s, const char *end, int64_t *t)
{
	struct tm tm;
	int offset, fraction;

	if (parse_date(&s, end, &tm) < 0 || one_of(&s, end, "Tt ") < 0 ||
	    digits(&s, end, 2, &tm.tm_hour) < 0 || one_of(&s, end, ":") < 0 ||
	    digits(&s, end, 2, &tm.tm_min) < 0 || one_of(&s, end, ":") < 0 ||
	    digits(&s, end, 2, &tm.tm_sec) < 0 || tm.tm_hour > 23 ||
	    tm.tm_min > 59 || tm.tm_sec > 60)
		return -EBADMSG;
	if (one_of(&s, end, ".") == 0) {
		if (digits(&s, end, 1, &fraction) < 0)
			return -EBADMSG;
		while (digits(&s, end, 1, &fraction) == 0)
			;
	}
	if (parse_offset(&s, end, &offset) < 0 || s != end)
		return -EBADMSG;
	*t = utc(&tm) - offset;
	return *t < 0 ? -EBADMSG : 0;
}

int
when_parse_instant(const char *s, size_t len, int64_t *t)
{
	if (parse_epoch(s, s + len, t) == 0)
		return 0;
	return parse_rfc3339(s, s + len, t);
}

static void
slow_local(int64_t t, struct tm *tm)
{
	time_t tt = t;

	localtime_r(&tt, tm);
}

/* The first instant of a date. Where clocks go back over midnight it comes
 * twice, and mktime gives either; where they go forward over it, the day
 * begins later and mktime says so. */
static int64_t
begin_of(struct tm *date)
{
	int64_t t = mktime(date);
	struct tm before;

	slow_local(t - 1, &before);
	if (before.tm_mday != date->tm_mday)
		return t;
	return t - 1 - before.tm_hour * 3600 - before.tm_min * 60 -
	    before.tm_sec;
}

int
when_parse(const char *s, size_t len, int64_t *t)
{
	const char *p = s;
	struct tm tm;

	if (parse_date(&p, s + len, &tm) == 0 && p == s + len) {
		*t = begin_of(&tm);
		return *t < 0 ? -EBADMSG : 0;
	}
	return when_parse_instant(s, len, t);
}

/* The midnight that begins the day of `tm`, moved by whole days. */
static int64_t
midnight(struct tm tm, int days)
{
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_mday += days;
	tm.tm_isdst = -1;
	return begin_of(&tm);
}

/* The day of t, when it is one of 24 even hours; else null. */
static const struct day *
day_of(int64_t t)
{
	struct day *d = &known[(uint64_t)t / 86400 % DAYS];
	struct tm last;

	if (t >= d->begin && t < d->end)
		return d;
	slow_local(t, &d->tm);
	d->begin = midnight(d->tm, 0);
	d->end = midnight(d->tm, 1);
	slow_local(d->begin, &d->tm);
	slow_local(d->end - 1, &last);
	if (d->end - d->begin == 86400 && d->tm.tm_hour == 0 &&
	    d->tm.tm_gmtoff == last.tm_gmtoff)
		return d;
	d->end = d->begin;
	return NULL;
}

int64_t
when_midnight(int64_t t, int days)
{
	const struct day *d = day_of(t);
	unsigned i = (unsigned)days % DAYS;
	struct tm tm;

	if (d == NULL) {
		slow_local(t, &tm);
		return midnight(tm, days);
	}
	if (days == 0)
		return d->begin;
	if (moved[i].from != d->begin || moved[i].days != days) {
		moved[i].from = d->begin;
		moved[i].days = days;
		moved[i].midnight = midnight(d->tm, days);
	}
	return moved[i].midnight;
}

void
when_local(int64_t t, struct tm *tm)
{
	const struct day *d = day_of(t);
	int seconds;

	if (d == NULL) {
		slow_local(t, tm);
		return;
	}
	seconds = t - d->begin;
	*tm = d->tm;
	tm->tm_hour = seconds / 3600;
	tm->tm_min = seconds / 60 % 60;
	tm->tm_sec = seconds % 60;
}

const char *
when_text(int64_t t, char buf[WHEN_TEXT])
{
	struct tm tm;
	size_t n;

	when_local(t, &tm);
	n = strftime(buf, WHEN_TEXT - 1, "%Y-%m-%dT%H:%M:%S%z", &tm);
	if (n == 0)
		return strcpy(buf, "?");
	/* +0800 to +08:00 */
	memmove(buf + n - 1, buf + n - 2, 3);
	buf[n - 2] = ':';
	return buf;
}

void
when_set(int64_t t, int runs)
{
	if (runs) {
		frozen = -1;
		shift = t - time(NULL);
	} else {
		frozen = t;
	}
}

int64_t
when_now(void)
{
	return frozen >= 0 ? frozen : time(NULL) + shift;
}

int64_t
when_ticks(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int64_t
when_micros(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}
