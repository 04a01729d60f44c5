/* What is left undone while there is too much to do, one thing after the
 * other, so that what is left is done whole. No clock of its own: all times
 * are milliseconds of one clock that is never set. */
#ifndef SHED_H
#define SHED_H

#include <stdint.h>

enum shed {
	SHED_NOTHING,
	SHED_NOTICES,       /* of an operator's look-up: told later */
	SHED_VERIFICATIONS, /* refused for now; by USSD, told that we are busy
			     */
	SHED_LANGUAGE, /* answers in another than the service's; questions stay
			* in it, for who agrees is to have read to what */
	SHED_PAGES,    /* of USSD: the whole by SMS instead */
	SHED_MARKS,    /* and the text says so, where there were any: reading
			* them costs little, a second message much */
	SHED_PROMPTS,  /* a new dialogue is begun only in time that nobody else
			* needs; those that are open go on */
	SHED_LEVELS
};

#define SHED_MORE_MS 1000  /* too much for so long: one more */
#define SHED_LESS_MS 3000  /* not too much for so long: one less, */
#define SHED_MOST_MS 60000 /* later each time that this proves too soon */

struct shedding {
	enum shed level;  /* this, and all before it */
	int64_t since;    /* the level, or the last moment that spoke for it */
	int64_t patience; /* before one less */
	int strained, relaxed; /* relaxed: the last step was one less */
};

/* There is too much to do, or not; to be told several times a second. 1 when
 * the level has changed, by one. */
int shed_tick(struct shedding *s, int strained, int64_t now);

/* What a level adds, in words. */
const char *shed_name(enum shed level);

/* Logs a change, by one line: whose it is, `kind` and `name`, the level, and
 * the step that was taken or undone. */
void shed_tell(
    const struct shedding *s, int category, const char *kind, const char *name);

#endif
