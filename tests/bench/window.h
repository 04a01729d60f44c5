/* What an SMSC has delivered over one link and has no response to: a window of
 * so many places, in which a text stays until its deliver_sm_resp comes.
 * sequence_number = 1 + place + places * serial. */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdint.h>

#define WINDOW_NOTHING UINT32_MAX

struct window;

/* 0 or -ENOMEM. */
int window_new(struct window **wp, uint32_t places);
void window_free(struct window *w);

uint32_t window_used(const struct window *w);
int window_is_full(const struct window *w);

/* A text takes a place, which there must be. Its sequence_number. */
uint32_t window_put(struct window *w, uint32_t text);

/* The response to a sequence_number has come: the text, or WINDOW_NOTHING
 * where none of that number is outstanding. */
uint32_t window_take(struct window *w, uint32_t sequence_number);

/* The link broke: any text that is still there, or WINDOW_NOTHING. */
uint32_t window_take_any(struct window *w);

#endif
