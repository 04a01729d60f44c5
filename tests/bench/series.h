/* A line for each second of a run: what plots are drawn from. Times are
 * microseconds of one clock. */
#ifndef SERIES_H
#define SERIES_H

#include <stdio.h>

#include "hist.h"

struct series {
	FILE *out; /* null: nothing is written */
	int64_t begun, next;
	uint32_t made; /* texts, before this second */
	/* in this second */
	uint32_t delivered, refused, answers, in_time;
	struct hist latency, fresh; /* of all, of texts of this step */
};

void series_begin(struct series *s, FILE *out, int64_t now);
void series_answer(
    struct series *s, int64_t since_due, int is_in_time, int is_fresh);
/* Writes the line when its second is over. */
void series_advance(
    struct series *s, int64_t now, uint32_t made, uint32_t waiting);

#endif
