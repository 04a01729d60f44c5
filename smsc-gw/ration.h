/* Busy texts for those who are refused while there is too much: so few that
 * they are no load, for some to know. They are earned by answers, one by
 * RATION_ANSWERS of them, so that what the SMSC does not take, or what we
 * cannot do, earns none. Pure, and no clock. */
#ifndef RATION_H
#define RATION_H

#define RATION_ANSWERS 64 /* for one */
#define RATION_MOST 8     /* that are saved for later */

struct ration {
	unsigned earned; /* in answers */
};

/* An answer was sent. */
void ration_earn(struct ration *r);

/* May a busy text go? 1, and it is taken, or 0. */
int ration_take(struct ration *r);

#endif
