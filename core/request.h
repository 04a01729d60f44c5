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

/* The same for a reply to a question for the last four, which has no keyword:
 * VERB_QUERY when it is nothing but them, perhaps with a language, else
 * VERB_UNKNOWN; a phone's owner also texts others' menus from here. */
void request_parse_reply(const char *text, struct request *r);

/* The same for what was dialled, "*10086*3*1234#" to the code "*10086*3#".
 * VERB_HELP when what follows the code is not four digits or nothing. */
void request_parse_dialled(
    const char *dialled, const char *code, struct request *r);

#endif
