/* Admission: what one subscriber may cost. Bounded tables in memory, each a
 * fixed number of places in which the oldest makes room; no allocation after
 * admit_new, no clock of its own.
 *
 * All times are seconds; `who` is the MSISDN's pseudonym (key_msisdn). */
#ifndef ADMIT_H
#define ADMIT_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

#define ADMIT_TEXT 512 /* octets of an answer that is kept for a repeat */

struct admit;

/* `places` is how many subscribers each table remembers, rounded up to a
 * power of two. `limits` is copied. 0 or -ENOMEM. */
int
admit_new(struct admit **ap, const struct conf_limits *limits, size_t places);
void admit_free(struct admit *a);

/* New limits after a reload; what is remembered stays. */
void admit_limits(struct admit *a, const struct conf_limits *limits);

/* Repeats. A request is one number: subscriber, service, language and keyed
 * digits hashed together by the caller. */
enum admit_repeat {
	ADMIT_FRESH,      /* not seen within repeat_window: answer it */
	ADMIT_ON_ITS_WAY, /* being answered: say nothing */
	ADMIT_ANSWERED,   /* the same answer again, from memory */
};

/* What a request is; a fresh one is now on its way. With ADMIT_ANSWERED
 * `text` points to the answer until the next call. The local day ends what is
 * remembered: `day` is the local midnight that began today. */
enum admit_repeat admit_request(struct admit *a, uint64_t request, int64_t now,
    int64_t day, const char **text);

/* The request was answered with `text` (kept when it is shorter than
 * ADMIT_TEXT), or, with null, was not: a wrong try, a refusal, a fault, an
 * answer that got lost; then the next one is fresh. */
void admit_answered(
    struct admit *a, uint64_t request, int64_t now, const char *text);

/* Counts a text that is about to go to a subscriber. 0 when it is one more
 * than texts_per_hour in the running hour: then it must not go. */
int admit_text(struct admit *a, uint64_t who, int64_t now);

/* A busy text may go to a number once in busy_minutes. 1 if it may, and it
 * is counted. */
int admit_busy(struct admit *a, uint64_t who, int64_t now);

/* Staleness. `query` is subscriber, code and text hashed by the caller. A
 * query that we refused for now is remembered from its first refusal. */
enum admit_age {
	ADMIT_TIMELY,       /* not remembered, or refused not long ago */
	ADMIT_STALE,        /* refused more than stale_minutes ago: ask again */
	ADMIT_STALE_SILENT, /* the same, but answered since: say nothing */
};

enum admit_age admit_age(struct admit *a, uint64_t query, int64_t now);
void admit_refused(struct admit *a, uint64_t query, int64_t now);
/* It was answered (also by its stale text): a later copy is silent. */
void admit_query_done(struct admit *a, uint64_t query, int64_t now);

#endif
