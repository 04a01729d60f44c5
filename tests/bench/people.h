/* The people whose texts an SMSC delivers: what each was told, whether it is
 * right, whole, late, or too much. All times are microseconds of one clock. */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "conn.h"
#include "hist.h"

struct people;

struct people_counts {
	uint32_t answers, segments;
	uint32_t bad;   /* submit_sm that were none, or to nobody */
	uint32_t other; /* texts that name no place: no answer to a query */
	uint32_t wrong; /* that name other places than the subscriber's */
	uint32_t twice; /* segments of an answer that were there */
	/* at the end, by subscriber: */
	uint32_t missing, surplus; /* answers fewer, more than acknowledged */
	uint32_t lost;             /* acknowledged, and never answered */
	uint32_t over;             /* came twice with nothing in flight */
	uint32_t asked, answered;  /* subscribers who did, and were */
};

/* Subscribers 0 to n - 1, MSISDN `first` and on. With `check` they are those
 * of crowd.h. 0 or -errno. */
int people_new(struct people **pp, uint64_t first, uint32_t n, int check);
void people_free(struct people *p);

/* A text of his was due then, and is delivered now; is refused, or what
 * became of it is unknown, for its link broke; is acknowledged. */
void people_delivered(struct people *p, uint32_t who, int64_t due, int64_t now);
void people_refused(struct people *p, uint32_t who);
void people_cut(struct people *p, uint32_t who);
void people_acknowledged(struct people *p, uint32_t who);

/* Is he still without an answer to what he asked? */
int people_waits(const struct people *p, uint32_t who);

/* What a submit_sm did. */
struct people_news {
	uint32_t who;  /* UINT32_MAX: nobody we know */
	int is_answer; /* the last segment of one that somebody awaits */
	int is_first;  /* and the first that he ever gets */
	int64_t since_due, since_delivered;
};
void people_told(struct people *p, const struct submit *s, int64_t now,
    struct people_news *news);

/* A segment was taken, and it is not known whether its sender knows. */
void people_unproven(struct people *p, uint32_t who);

uint32_t people_answers(const struct people *p); /* so far */

/* As slow as there are people. */
const struct people_counts *people_count(struct people *p);

#endif
