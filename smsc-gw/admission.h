/* Which of one carrier's texts are worked on and which are refused for now, so
 * that whoever is admitted is answered in time and the time goes into answers.
 * Pure, no clock of its own: all times are microseconds of one clock that is
 * never set.
 *
 * A text may wait for so long and no longer. How long, follows from what was
 * refused: after that only as much waits as keeps us busy, and more by and by,
 * while none is refused.
 *
 *   room ^______                               ______ ADMISSION_DELAY
 *        |      |                     ___,,---'
 *        |      |__|__||_|_,,---|__,-'
 *        +---------------------------------------> time
 *                  a text is refused: |
 *
 * So is one also when some that were not refused before have been waiting
 * without a pause for longer than ADMISSION_STANDING, however few: behind a
 * window that is always full an SMSC has a queue of its own that nobody here
 * can see.
 *
 * Of that room those who were refused before have a part only, so that they
 * fill what new ones leave, and never stand in their way. What goes on with
 * something that was begun goes before them all: there is no more of it than
 * was begun, and without its end that was in vain. Beyond ADMISSION_AHEAD of
 * them there is as little room for one as for a new one. */
#ifndef ADMISSION_H
#define ADMISSION_H

#include <stdint.h>

#define ADMISSION_DELAY 500000    /* the most that one is to wait */
#define ADMISSION_STANDING 500000 /* what waits so long is no burst */
#define ADMISSION_LATE 900000     /* waited in vain: refused after all */
#define ADMISSION_LONG_AGO 5      /* seconds: of a text refused before */
#define ADMISSION_AHEAD 1024      /* texts that go before others, at the most */

enum admission_text {
	ADMISSION_NEW,      /* never refused, as far as is known */
	ADMISSION_BEGINS,   /* as that, but what it begins is better put off */
	ADMISSION_AGAIN,    /* refused, not ADMISSION_LONG_AGO */
	ADMISSION_RETURNS,  /* refused before that */
	ADMISSION_GOES_ON,  /* with what was begun: before all others */
	ADMISSION_REPEATED, /* answered from memory: while any may wait */
};

struct admission {
	unsigned queued, repeats; /* that wait: to be looked up; from memory */
	unsigned ongoing;         /* of those to be looked up, that go on */
	unsigned fresh;           /* and that were not refused before */
	unsigned most;            /* that waited to be looked up, since then: */
	int64_t standing;        /* since when such do without a pause, or -1 */
	int64_t tight;           /* when there was no room, last */
	int64_t cost, repeating; /* of a text of each kind, mean */
	int64_t credit;          /* time that refusals may still take */
	int64_t earned;          /* up to when */
	unsigned others; /* admitted since one that was refused before */
};

void admission_init(struct admission *a, int64_t now);

/* How long one more would wait, where so many carriers take turns. */
int64_t admission_delay(const struct admission *a, unsigned carriers);

/* Is there too much: was some refused in the last ADMISSION_STANDING? */
int admission_is_strained(const struct admission *a, int64_t now);

/* May a text wait for its turn? 1, and it is counted in, or 0: refuse it. One
 * in ADMISSION_SHARE of the texts that are admitted while there is too much is
 * one refused before, so that these are not put off for ever. */
#define ADMISSION_SHARE 64
int admission_admits(struct admission *a, enum admission_text what,
    unsigned carriers, int64_t now);

/* Its turn has come, or it is no more; it waited so long. 1 when it is to be
 * answered, 0 when it is too late for that. */
int admission_leaves(
    struct admission *a, enum admission_text what, int64_t waited);

/* µs that a text of a kind takes, mean. */
int64_t admission_cost(const struct admission *a, enum admission_text what);

/* So many texts of a kind were worked on in so long, all included. */
void admission_worked(
    struct admission *a, enum admission_text what, unsigned n, int64_t took);

/* A turn begins: all that came before was read. */
void admission_turn(struct admission *a);

/* Nothing waits, nor is anything unread. */
void admission_idle(struct admission *a);

/* Refusing has a share of the time, no more: the rest stays with the SMSC,
 * unread. Is there some of it; and after there was none, enough to begin again?
 * Many at once cost less. It took so long. */
int admission_may_refuse(struct admission *a, int64_t now);
int admission_may_resume(struct admission *a, int64_t now);
void admission_refused(struct admission *a, int64_t took);

#endif
