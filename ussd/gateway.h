/* The running gateway: every hlr section of the configuration, until a signal
 * ends it, and from one configuration to the next. */
#ifndef GATEWAY_H
#define GATEWAY_H

#include "core.h"

/* The option -l: serves this hlr section, and no other but those named
 * likewise. */
void gateway_take_name(int ch, const char *name);

/* Can a configuration be served as it is? 0, or -1, logged. */
int gateway_check(const struct core *c);

/* Serves until SIGTERM or SIGINT; closes `core`, or what took its place.
 * The exit status. */
int gateway_serve(struct core *core);

#endif
