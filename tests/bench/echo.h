/* A bare ESME: binds, and sends a text of one segment back to who sent one.
 * No queue, no limit, no time-out: what an event loop and a codec cost. Each
 * program has a codec of its own, below. */
#ifndef ECHO_H
#define ECHO_H

#include <stddef.h>
#include <stdint.h>

#include <event2/buffer.h>

/* An answer of sixty characters in UCS-2. */
#define ECHO_TEXT 120
extern const uint8_t echo_text[ECHO_TEXT];

/* The arguments that follow where to bind. */
void echo_open(char **argv);

/* Whole PDUs of one read come between these two. */
void echo_begin(void);
void echo_end(void);

/* A PDU whose command_length is `len`: the answers to it go into `out`. */
void echo_pdu(const uint8_t *p, size_t len, struct evbuffer *out);

#endif
