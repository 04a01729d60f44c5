/* What was found, put into words. Pure. */
#ifndef ANSWER_H
#define ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "code.h"
#include "conf.h"
#include "dialogue.h"
#include "message.h"
#include "region.h"
#include "stay.h"
#include "store.h"

#define ANSWER_MAX 16384 /* octets of text, NUL included */

/* A place and the mark on it; in a window of two parts, a place for each part
 * that it is shown in. */
struct answer_place {
	uint32_t region;
	char mark[MARK_MAX]; /* "" for none */
	int part;            /* struct visit's */
};

/* Times are 0 where there is none. */
struct answer {
	enum verdict verdict;
	enum language language;
	int64_t lo;            /* the window's first day */
	int64_t middle;        /* where its two parts meet; 0 for one */
	int64_t as_of;         /* complete up to here */
	int64_t issued;        /* when the answer was given that is checked */
	int64_t history_since; /* the window reaches before this day */
	unsigned minutes;      /* to wait, where the text says so */
	int must_hold;      /* what was written is to hold before it leaves */
	int data_late;      /* the data is older than it should be */
	int corrected;      /* an operator had a hand in it */
	int marks_left_out; /* the places bear some that are not told */
	const struct answer_place *places; /* in order of stay_visits */
	size_t nplaces;
	char code[CODE_DIGITS + 1]; /* by which to check it; "" for none */
};

/* Gives an answer of VERDICT_OK or VERDICT_NO_STAYS its code: `number` is the
 * asker's pseudonym, `service` that of its name (key_hash), `now` the time of
 * the query. */
void answer_sign(struct answer *a, const struct key *k, uint64_t number,
    uint64_t service, int64_t now);

/* The text for the user, UTF-8, ended by NUL; "" for VERDICT_SILENCE. 0, or
 * -ENOSPC. */
int answer_text(const struct answer *a, const struct messages *m,
    const struct regions *r, const struct conf_service *service, char *buf,
    size_t size);

#endif
