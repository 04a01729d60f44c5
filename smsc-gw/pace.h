/* How fast an SMSC may be sent to, found out from what it says: down when it
 * has had enough, and up again. Pure; times are ms of any clock.
 *
 * There is no pace until it complains. Then it is seven tenths of what the
 * SMSC took of late; in PACE_MS it is back there, lingers, and goes on; in
 * twice PACE_MS it is 1.3 times that, and then doubles each second, until the
 * SMSC complains again or it is none:
 *
 *   rate = took * (1 + 0.3 * x^3)     x = (time since - PACE_MS) / PACE_MS
 *
 * One that takes nothing any more is asked for less and less, down to
 * PACE_LEAST a second, and what it took is kept in mind: once it has not
 * complained for a second the pace doubles every half, up to where the curve
 * begins. A complaint on that way is of the pace as it was then, so that the
 * curve begins there. */
#ifndef PACE_H
#define PACE_H

#include <stdint.h>

#define PACE_MS 5000
/* Messages a second that it takes at the least. Where little was sent it took
 * little; only when it complains of that again does it mean so. */
#define PACE_FIRST 100
#define PACE_LEAST 10

struct pace {
	double from;     /* a second: it begins at seven tenths of it */
	double took;     /* a second, before it complained; 0: it never did */
	int64_t since;   /* when it last did */
	int64_t gentle;  /* when the curve begins */
	double taken;    /* a second, of late */
	int64_t counted; /* until then */
	uint32_t count;  /* taken since */
	uint32_t refused;
};

/* It begins with none, all zero but for the time. */
void pace_init(struct pace *p, int64_t now);

/* The SMSC took a submit_sm. */
void pace_taken(struct pace *p, int64_t now);

/* It refused one with ESME_RTHROTTLED or ESME_RMSGQFUL (SMPP 3.4, 5.1.3).
 * Those that come together are one complaint: 1 for the first, else 0; and so
 * few that of a hundred it takes all but one are none. */
int pace_throttled(struct pace *p, int64_t now);

/* The connection broke, and there is another one: a pace that there was then
 * goes on where it was, but begins low, as if the SMSC had complained and
 * taken nothing. */
void pace_cut(struct pace *p, int64_t now);
void pace_again(struct pace *p, int64_t now);

/* Messages a second now; 0 for no limit. */
double pace_rate(const struct pace *p, int64_t now);

/* Messages a second that it took of late, whatever was sent. */
double pace_taken_rate(const struct pace *p, int64_t now);

#endif
