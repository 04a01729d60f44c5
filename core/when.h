/* Times: seconds since 1970-01-01 UTC as int64_t, and local dates in the one
 * configured zone. */
#ifndef WHEN_H
#define WHEN_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/* Record times fit in 32 bits: 1970 to 2106. */
#define WHEN_MAX UINT32_MAX

/* Is it an IANA zone that this machine has? */
int when_zone_known(const char *iana);
/* Makes one the process's local zone. 0, or -ENOENT. */
int when_zone(const char *iana);

/* Epoch seconds, or RFC 3339 with an offset (a fraction is dropped).
 * 0, or -EBADMSG. */
int when_parse_instant(const char *s, size_t len, int64_t *t);

/* The same, or YYYY-MM-DD for that date's local midnight. */
int when_parse(const char *s, size_t len, int64_t *t);

/* The local midnight that begins the date of t, moved by whole days
 * (-14: fourteen days before). */
int64_t when_midnight(int64_t t, int days);

/* The local date and time of t. */
void when_local(int64_t t, struct tm *tm);

/* RFC 3339, local: 2026-11-22T08:00:00+08:00. Returns buf. */
#define WHEN_TEXT 32
const char *when_text(int64_t t, char buf[WHEN_TEXT]);

/* The clock: the system's, or --at / -t. `when_set` freezes it at t, or with
 * `runs` lets it run on from t. */
void when_set(int64_t t, int runs);
int64_t when_now(void);

/* Milliseconds, and microseconds, of a clock that is never set, for timers. */
int64_t when_ticks(void);
int64_t when_micros(void);

#endif
