/* Do we keep up with what comes over a connection? Who has not yet handled
 * octets that were there BACKLOG_MS ago is behind. That some are unread says
 * nothing by itself: what comes while a batch is written is there when that
 * ends, and goes with the next. Pure; all times are milliseconds of one clock
 * that is never set. */
#ifndef USSD_BACKLOG_H
#define USSD_BACKLOG_H

#include <stddef.h>
#include <stdint.h>

#define BACKLOG_MS 500
/* While there is too much, we are behind again and again, so often at least:
 * what is seen now may have been waiting for as long. */
#define BACKLOG_STRAINED_MS (3 * BACKLOG_MS)

struct backlog {
	int64_t since; /* what was there then, */
	size_t ahead;  /* these octets, is not handled yet */
	int64_t last;  /* when we were behind; 0: never */
	int behind;    /* until what is there is handled in time, or nothing is
			*/
};

/* Something came, and is to be handled: with it, so many octets wait. */
void backlog_read(struct backlog *b, size_t waiting, int64_t now);

/* A message of it is to be handled now. */
void backlog_message(struct backlog *b, int64_t now);

/* So many octets of it are handled; so many more wait. */
void backlog_handled(
    struct backlog *b, size_t handled, size_t waiting, int64_t now);

/* For how long the oldest of what waits has been there, at the least. */
int64_t backlog_delay(const struct backlog *b, int64_t now);

/* Is there, or was there just now, more than we keep up with? */
int backlog_is_strained(const struct backlog *b, int64_t now);

#endif
