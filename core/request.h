/* A user's text, read: which keyword, which digits, which language, and what
 * it says as a reply. Pure. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stddef.h>

#include "conf.h"

enum verb {
	VERB_UNKNOWN,
	VERB_NEAR, /* nearly a keyword: one letter wrong, or two the wrong way
		    * round */
	VERB_QUERY,
	VERB_HELP,
	VERB_WITHDRAW, /* no longer agrees */
	VERB_DELETE,   /* wants to be forgotten */
	VERB_VERIFY,   /* was shown a code */
	VERB_LANGUAGE  /* a language, and nothing else */
};

#define REQUEST_NUMBER 20
#define REQUEST_CODE 12

struct request {
	enum verb verb;
	char digits[5];         /* behind the keyword; "" for none */
	enum language language; /* LANGUAGES when none was named */

	/* with VERB_VERIFY, as typed, digits alone; "" when not both came */
	char number[REQUEST_NUMBER + 1];
	char code[REQUEST_CODE + 1];

	/* as a reply, whatever the verb: four characters, or yes, and nothing
	 * else but a language */
	char reply[5]; /* "" for none */
	int is_yes;
};

/* Case, full-width forms, spaces and '#' are forgiven; what follows a keyword
 * and is not understood is passed over. A reply is read more strictly, for a
 * phone's owner also texts others' menus from here. */
void request_parse(
    const char *text, const struct conf_service *service, struct request *r);

/* The same for what was dialled, "*10086*3*1234#" to the code "*10086*3#".
 * VERB_HELP when what follows the code is not four digits or nothing. */
void request_parse_dialled(
    const char *dialled, const char *code, struct request *r);

#endif
