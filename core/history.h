/* A person's history: whose rows an MSISDN has, which stays are theirs, and
 * what of them a service shows (DESIGN: a person, a stay, visited). Working
 * memory that is reused from one look-up to the next. */
#ifndef HISTORY_H
#define HISTORY_H

#include <stdint.h>

#include "answer.h"
#include "conf.h"
#include "correct.h"
#include "stay.h"
#include "store.h"
#include "subject.h"

struct history {
	int64_t now;
	struct subscriber rows[STORE_ROWS];
	size_t nrows;
	int64_t gone[STORE_ROWS]; /* before it a row's IMSI was deleted, or 0 */
	struct correction corrections[CORRECT_MAX];
	size_t ncorrections;
	struct stays stays;
	struct visit *visits;
	struct answer_place *places;
	size_t cap; /* of visits and places */
};

void history_free(struct history *h);

/* Reads the rows of an MSISDN's key as of `now`. *who is the person who has it
 * now, within `h`: null when it is not provisioned, or when two people's rows
 * begin at the same time, for nobody can say whose travels these are. 0 or
 * -errno, and neither is a fault. */
int history_open(struct history *h, struct store *s, uint64_t msisdn,
    int64_t now, const struct subscriber **who);

/* Reads what else is to be minded of the number, when its subject says that
 * there is something: corrections made up to `now`, and deletions. Until the
 * next history_open all that is judged is judged so. 0 or -errno. */
int history_amend(
    struct history *h, struct state *state, const struct subject *subject);

/* The first day of a person's rows. */
int64_t history_first(const struct history *h, const struct subscriber *who);

/* The two steps of history_judge that do not ask how old the data is, for who
 * wants to know what several services showed at some time: reads the person's
 * runs, cut, joined and put right; then fills in the window and the places,
 * without marks, that a service shows of them. 0 or -errno. */
int history_gather(struct history *h, struct store *s,
    const struct subscriber *who, uint32_t max_gap);
int history_show(struct history *h, const struct subscriber *who,
    const struct conf_service *service, struct answer *a);

/* What the service shows of that person: fills in the answer's times and
 * places, which last until the next call. With a->marks_left_out set, their
 * marks are left out, and it stays set only if there were any. -ESTALE when the
 * data is older than refuse_after, else 0 or -errno. */
int history_judge(struct history *h, struct store *s,
    const struct subscriber *who, uint32_t max_gap,
    const struct conf_service *service, struct answer *a);

#endif
