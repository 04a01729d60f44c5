/* The running gateway: every carrier of the configuration, until a signal ends
 * it, and from one configuration to the next. */
#ifndef GATEWAY_H
#define GATEWAY_H

#include "core.h"

/* Can a configuration be served as it is? 0, or -1, logged. */
int gateway_check(const struct core *c);

/* Serves until SIGTERM or SIGINT; closes `core`, or what took its place. */
int gateway_serve(struct core *core);

#endif
