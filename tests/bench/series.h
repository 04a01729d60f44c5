/* A line for each second of a run: what plots are drawn from. Times are
 * microseconds of one clock. */
#ifndef SERIES_H
#define SERIES_H

#include <stdio.h>

#include "hist.h"
#include "people.h"
#include "texts.h"

struct series {
	FILE *out; /* null: nothing is written */
	int64_t begun, next;
	uint32_t made, again; /* texts, before this second */
	/* in this second */
	uint32_t delivered, refused, answers, in_time;
	/* subscribers who got their first answer within a second, by the second
	 * of their text: the one before, and this one */
	uint32_t prompt[2];
	struct hist latency;  /* from due to answered */
	struct hist admitted; /* from delivered to that */
};

void series_begin(struct series *s, FILE *out, int64_t now);
void series_answer(struct series *s, const struct people_news *news,
    int64_t now, int is_in_time);
/* Writes the line when its second is over. */
void series_advance(struct series *s, int64_t now, const struct texts *t);

#endif
