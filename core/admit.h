/* Admission: what one subscriber may cost. Bounded tables in memory, each a
 * fixed number of places in which the oldest makes room; no allocation after
 * admit_new, no clock of its own. What is remembered is shared with the
 * processes that are forked afterwards, and outlives each of them; the handle
 * and its limits are each one's own.
 *
 * All times are seconds of one clock; one that is set back only makes what is
 * remembered look young. `who` is the MSISDN's pseudonym (key_msisdn). Hashes
 * are keyed ones, so that no subscriber can choose whose place to take. */
#ifndef ADMIT_H
#define ADMIT_H

#include <stddef.h>
#include <stdint.h>

#include "conf.h"

#define ADMIT_TEXT 512 /* octets of an answer that is kept for a repeat */

struct admit;

/* What numbers have got, and what of theirs was refused, is remembered of as
 * many as limits->numbers, rounded up to a power of two, of 90 octets each; and
 * answers and wrong codes of an eighth as many, of 590. `limits` is copied. 0
 * or -ENOMEM. */
int admit_new(struct admit **ap, const struct conf_limits *limits);
void admit_free(struct admit *a);

/* Several processes are about to use it: to be called before the first is
 * forked. From then on each call takes a lock, which costs some 30 ns. */
void admit_share(struct admit *a);

/* A query, and a text to `who`, are about to be asked for: their memory is
 * fetched meanwhile. */
void admit_expect(const struct admit *a, uint64_t who, uint64_t query);

/* New limits after a reload, but for their numbers; what is remembered stays.
 */
void admit_limits(struct admit *a, const struct conf_limits *limits);

/* In a process just forked: it is this worker from now on (program_worker),
 * and what the one before it had on its way is on its way no more. In the one
 * that forked it: it is no more, and nothing on its way. admit_changed: when
 * that was last told. */
void admit_join(struct admit *a, unsigned worker, int64_t now);
void admit_left(struct admit *a, unsigned worker, int64_t now);
int64_t admit_changed(const struct admit *a);

/* Repeats. A request is one number: subscriber, service, language, keyed
 * digits and the local day, hashed together by the caller. So an answer dies
 * with its day, and one still on its way at midnight cannot pass for the next
 * day's. */
enum admit_repeat {
	ADMIT_FRESH,      /* answer it, then tell admit_answered */
	ADMIT_ON_ITS_WAY, /* being answered: say nothing */
	ADMIT_ELSEWHERE,  /* the same, by another worker, which may end before
			     that: neither answer it nor say nothing */
	ADMIT_ANSWERED,   /* the same answer again, from memory */
};

/* What a request is; a fresh one is now on its way, until admit_answered, or
 * ten minutes should that never come. With ADMIT_ANSWERED `text` points to a
 * copy of the answer, not older than repeat_window, until the next call. */
enum admit_repeat admit_request(
    struct admit *a, uint64_t request, int64_t now, const char **text);

/* The request was answered with `text` (kept when it is shorter than
 * ADMIT_TEXT), or, with null, was not: a refusal, a fault, an answer that got
 * lost; then the next one is fresh (unless it is on its way elsewhere by now).
 * Told again of an answer from memory, it stays as old as it is. */
void admit_answered(
    struct admit *a, uint64_t request, int64_t now, const char *text);

/* An answer that was given at `since` or later, by any worker, however long
 * ago, for when there is no other: a copy of its text, until the next call; or
 * null. It goes on being what it is: on its way, or to be answered.
 * admit_forget: it is the answer no more. */
const char *admit_held(struct admit *a, uint64_t request, int64_t since);
void admit_forget(struct admit *a, uint64_t request);

/* Is the request on its way, or answered not longer than repeat_window ago? */
int admit_knows(struct admit *a, uint64_t request, int64_t now);

/* Counts a text that is about to go to a subscriber. 0 when it is one more
 * than texts_per_hour in the running hour: then it must not go. The hour is
 * at most five minutes too long, never too short. */
int admit_text(struct admit *a, uint64_t who, int64_t now);
/* One that was counted at `then` does not go after all. */
void admit_text_back(struct admit *a, uint64_t who, int64_t then);

/* A busy text may go to a number once in busy_minutes. 1 if it may; then it
 * is counted, by admit_text too. */
int admit_busy(struct admit *a, uint64_t who, int64_t now);

/* Codes to be checked (verify.h): the wrong ones count, for the number that
 * sent one and for the number that it was sent about, each at most wrong_codes
 * in the running hour. `asker` and `about` are pseudonyms; 0 is nobody.
 * admit_code: 1 when one more may be checked; admit_wrong_code counts one. */
int admit_code(struct admit *a, uint64_t asker, uint64_t about, int64_t now);
void admit_wrong_code(
    struct admit *a, uint64_t asker, uint64_t about, int64_t now);

/* Staleness. `query` is subscriber, code and text hashed by the caller. A
 * query that we refused for now is remembered from its first refusal, until
 * four times stale_minutes after we last heard of it. */
enum admit_age {
	ADMIT_TIMELY,       /* not remembered, or refused not long ago */
	ADMIT_STALE,        /* refused more than stale_minutes ago: ask again */
	ADMIT_STALE_SILENT, /* the same, but answered just now: say nothing */
};

/* A query is silent once, then forgotten: its subscriber may ask the same
 * again and nothing on the wire tells that from a copy. */
enum admit_age admit_age(struct admit *a, uint64_t query, int64_t now);
/* What is remembered of it: no refusal, and then it is timely; or one, not
 * answered since, and then what comes is a copy; or answered since. */
enum admit_past { ADMIT_NEVER, ADMIT_REFUSED, ADMIT_COVERED };
enum admit_past admit_past(struct admit *a, uint64_t query, int64_t now);
/* Refused for now, also after it was answered: then from here on; or before,
 * at `since` first, by whoever could not tell which query it is. */
void admit_refused(struct admit *a, uint64_t query, int64_t now);
void admit_refused_before(
    struct admit *a, uint64_t query, int64_t since, int64_t now);
/* It was answered: a stale copy is silent. Answered when stale, by the text
 * that asks for another, it is forgotten, for that other one comes. */
void admit_query_done(struct admit *a, uint64_t query, int64_t now);

#endif
