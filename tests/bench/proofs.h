/* To prove that an ESME has read a submit_sm_resp, an enquire_link goes behind
 * it: who reads in order has read the one when he answers the other. This is
 * whose segments are not proven yet to be known as taken, over one connection:
 * a ring, with a mark for each enquire_link. All zeros is an empty one. */
#ifndef PROOFS_H
#define PROOFS_H

#include "people.h"

#define PROOFS 4096

struct proofs {
	uint32_t who[PROOFS];
	uint32_t head, n;
	uint32_t unmarked; /* since the last enquire_link */
};

/* A segment of his was taken. What finds no room is never proven. */
void proofs_put(struct proofs *p, struct people *people, uint32_t who);
/* An enquire_link is sent; and is answered. */
void proofs_mark(struct proofs *p, struct people *people);
void proofs_alive(struct proofs *p);
/* The connection broke: the rest is not proven. */
void proofs_void(struct proofs *p, struct people *people);

#endif
