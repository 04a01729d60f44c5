/* A user's text, read: which keyword, which digits, which language. Pure. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stddef.h>

#include "conf.h"

enum verb { VERB_UNKNOWN, VERB_QUERY, VERB_HELP };

struct request {
	enum verb verb;
	char digits[5];         /* "" when none were given */
	enum language language; /* LANGUAGES when none was named */
};

/* Case, full-width forms, spaces and '#' are forgiven; what follows and is
 * not understood is passed over. */
void request_parse(
    const char *text, const struct conf_service *service, struct request *r);

#endif
