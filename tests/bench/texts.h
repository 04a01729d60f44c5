/* The texts that people send, and where each is on the SMSC's side: waiting
 * to be delivered, delivered, refused and due again later. All times are
 * microseconds of one clock. */
#ifndef TEXTS_H
#define TEXTS_H

#include <stdint.h>

#define TEXTS_STEPS 8
#define TEXTS_DELAYS 3
#define TEXTS_FOREVER INT64_MAX

/* So many a second for so long. */
struct texts_step {
	double rate;    /* 0: as fast as they are taken */
	double seconds; /* 0: until there are `texts` */
};

struct texts_options {
	struct texts_step steps[TEXTS_STEPS];
	unsigned nsteps;
	uint64_t texts;       /* new ones at the most, 0 for no limit */
	uint64_t subscribers; /* who send them in turn */
	uint64_t from;        /* the first to send one */
	uint64_t scattered;   /* in an order that leaps about */
	/* seconds after which the SMSC delivers a refused text again, the last
	 * for each time after those; and after which people who have no answer
	 * send theirs again; 0: they do not */
	double refused[TEXTS_DELAYS], people[TEXTS_DELAYS];
};

struct texts;

/* 0 or -ENOMEM. */
int texts_new(struct texts **tp, const struct texts_options *o);
void texts_free(struct texts *t);

/* New texts come from now on. */
void texts_begin(struct texts *t, int64_t now);

/* Those whose time has come by now wait for delivery. Is he who sent this text
 * still without an answer? Then he may send it again. */
typedef int texts_wants_h(uint32_t text, void *arg);
void texts_advance(
    struct texts *t, int64_t now, texts_wants_h *wants, void *arg);

/* Takes one that waits: 1, or 0 when none does. */
int texts_take(struct texts *t, int64_t now, uint32_t *text);

uint32_t texts_who(const struct texts *t, uint32_t text);
int64_t texts_due(const struct texts *t, uint32_t text);
/* How often it was delivered. */
unsigned texts_tries(const struct texts *t, uint32_t text);

/* It was refused; or its link broke. Then it is due again. */
void texts_refused(struct texts *t, uint32_t text, int64_t now);
void texts_cut(struct texts *t, uint32_t text, int64_t now);
/* One was acknowledged. */
void texts_done(struct texts *t);

/* When something is due next; TEXTS_FOREVER when nothing is. */
int64_t texts_next(const struct texts *t);

void texts_end(struct texts *t, int64_t now);
int texts_ended(const struct texts *t);      /* no new ones come */
uint32_t texts_made(const struct texts *t);  /* in all */
uint32_t texts_again(const struct texts *t); /* of these, sent once more */
uint32_t texts_open(const struct texts *t);  /* not acknowledged */
uint32_t texts_waiting(const struct texts *t);

#endif
