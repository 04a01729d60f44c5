/* Texts that were refused before they were looked at, and texts that were
 * answered: a bounded memory of eight octets a text, in which the oldest makes
 * room. Losing one is harmless: it passes for a fresh one. It is shared with
 * the processes that are forked after it was made, for an SMSC delivers a text
 * again to whichever of them is bound.
 *
 * A text is a keyed hash of its sender, code and octets; or, answered, what its
 * sender was asked, of sender and code alone. Seconds of one clock. */
#ifndef RECALL_H
#define RECALL_H

#include <stddef.h>
#include <stdint.h>

struct recall;

enum recall_what { RECALL_NOTHING, RECALL_REFUSED, RECALL_ANSWERED };

/* `texts` is rounded up to a power of two. 0 or -ENOMEM. */
int recall_new(struct recall **rp, size_t texts);
void recall_free(struct recall *r);

struct recalled {
	int64_t since;   /* first refused, or answered */
	unsigned copies; /* that were refused and will come again */
};

/* A text is about to be asked for: its memory is fetched meanwhile. */
void recall_expect(const struct recall *r, uint64_t text);

/* What became of a text. One that was refused, and not once more in
 * RECALL_FORGETS seconds, does not come again: who sends it then asks anew. */
#define RECALL_FORGETS 3600
enum recall_what recall_text(
    const struct recall *r, uint64_t text, int64_t now, struct recalled *x);

/* A text is refused; one that was refused already, since then. Each that is
 * refused is a copy that comes again: recall_returns, when it is not refused
 * once more. */
void recall_refused(struct recall *r, uint64_t text, int64_t now);
void recall_returns(struct recall *r, uint64_t text);
void recall_answered(struct recall *r, uint64_t text, int64_t now);
void recall_forget(struct recall *r, uint64_t text);

#endif
