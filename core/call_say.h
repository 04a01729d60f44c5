/* Within core/call*.c: what a dialogue says, now or when it is durable, and
 * how it ends. */
#ifndef CALL_SAY_H
#define CALL_SAY_H

#include "call_table.h"
#include "page.h"

struct calls {
	struct calls_conf conf;
	struct core *core;
	struct query *query;
	struct outbox *outbox;
	struct state *state;
	calls_turn_h *h;
	void *arg;
	struct call_table table;
	char say[ANSWER_MAX];
};

/* Its next turn is made: it goes out now, or when what it promises holds, by
 * calls_settle. It may be the last that is known of the dialogue. */
void call_turn(struct calls *c, struct call *k, int promises, int64_t now);

/* The same now, with a page that is cut already. */
void call_say(
    struct calls *c, struct call *k, const struct page *page, int64_t now);

/* The last: a text of the catalogue. */
void call_end(struct calls *c, struct call *k, enum message id,
    enum call_status status, int64_t now);

/* The only one, of one that has no place among the others. */
void call_refuse(struct calls *c, struct call *k, enum message id);

/* Puts a text into the outbox, from the carrier's short code. 0 or -errno:
 * -E2BIG when it would be more than one message can hold, -EDQUOT when its
 * subscriber has had their texts_per_hour. */
int call_sms(struct calls *c, const struct call *k, const char *text);

/* What was not seen to its end goes by SMS. 1 when it does, already or from
 * the next commit on. */
int call_rest_by_sms(struct calls *c, struct call *k);

/* Has its text been shown to the end? */
int call_is_read(const struct call *k);

/* Writes its call record and forgets it. */
void call_close(struct calls *c, struct call *k);

#endif
