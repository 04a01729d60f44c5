/* The dialogues that are open, each found by its key and by its age. Memory of
 * a fixed size, all of it taken at once. call.c knows what they say. */
#ifndef CALL_TABLE_H
#define CALL_TABLE_H

#include <sys/queue.h>

#include "call.h"
#include "key.h"

/* Octets of a text that are kept: more than three pages hold, so that one
 * which is cut off here is still seen to be too long for them. */
#define CALL_TEXT 1536

TAILQ_HEAD(call_list, call);
LIST_HEAD(call_bin, call);

enum call_stage { ASKED, PAGED, ENDED };

struct call {
	TAILQ_ENTRY(call) entry; /* in `list` */
	struct call_list *list;
	LIST_ENTRY(call) same; /* of one hash */
	struct call_key key;
	enum call_stage stage;
	int late;                           /* its time was up */
	int by_sms;                         /* the whole goes by SMS */
	int64_t since;                      /* ms: its last turn */
	int64_t started;                    /* epoch seconds */
	const struct conf_service *service; /* null for a stray reply */
	const char *code;
	char msisdn[DIGITS_MAX + 1];
	struct call_peer peer;
	unsigned steps, retries;
	enum language language;
	enum call_status status;
	int page, pages;
	char text[CALL_TEXT]; /* the last: not cleared for the next */
};

struct call_table {
	struct call *pool;
	struct call_bin *bins;
	uint64_t mask, seed;
	struct call_list free;
	struct call_list open;     /* the longest without a turn first */
	struct call_list promised; /* whose turn waits for the commit */
	struct call_list last;     /* had their last, not yet confirmed */
	unsigned count;
};

/* Room for `max`. 0 or -ENOMEM. */
int call_table_init(struct call_table *t, unsigned max);
void call_table_free(struct call_table *t);

/* Null when there is none. */
struct call *call_find(struct call_table *t, const struct call_key *key);

/* A new one, cleared, among the open ones; null when there is no room. */
struct call *call_take(
    struct call_table *t, const struct call_key *key, int64_t now);
void call_drop(struct call_table *t, struct call *k);

/* It has a turn: to the end of a list. */
void call_move(struct call *k, struct call_list *list, int64_t now);

#endif
