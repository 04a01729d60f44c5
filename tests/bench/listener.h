/* Where an SMSC under load is to be found. All end the process where the
 * machine is at fault. */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdint.h>

/* A socket that listens. */
int listener_open(const char *address, uint16_t port, int backlog);

/* A connection that has come, without Nagle's delay, or -1. */
int listener_accept(int listener);

/* A new file PREFIX-N for what comes in over a connection. */
int listener_record(const char *prefix, unsigned n);

#endif
