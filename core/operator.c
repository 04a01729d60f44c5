/* Who runs the tool. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "operator.h"

/* The name that the user logged in by, whoever they are now. */
static const char *
login_name(void)
{
	static char name[AUDIT_TEXT + 1];
	const struct passwd *pw;

	if (getlogin_r(name, sizeof(name)) == 0 && name[0] != '\0')
		return name;
	pw = getpwuid(getuid());
	if (pw != NULL && pw->pw_name[0] != '\0')
		snprintf(name, sizeof(name), "%s", pw->pw_name);
	else
		snprintf(
		    name, sizeof(name), "uid %lu", (unsigned long)getuid());
	return name;
}

static int
check_text(const struct core *c, const char *option, const char *value)
{
	if (value == NULL || value[0] == '\0') {
		if (!c->conf->strict_operator)
			return 0;
		fprintf(stderr, "travelcard: strict_operator = yes: say %s\n",
		    option);
		return EXIT_USAGE;
	}
	if (strlen(value) <= AUDIT_TEXT)
		return 0;
	fprintf(stderr, "travelcard: %s: more than %d octets\n", option,
	    AUDIT_TEXT);
	return EXIT_USAGE;
}

int
operator_begin(struct core *c, const struct options *o)
{
	if (check_text(c, "--operator NAME", o->by) != 0 ||
	    check_text(c, "--reason TEXT", o->reason) != 0)
		return EXIT_USAGE;
	return core_audit(c, "travelcard") < 0 ? EXIT_FAULT : 0;
}

int
operator_count(const struct core *c, const struct options *o, int numbers)
{
	if (numbers <= OPERATOR_NUMBERS || o->bulk || !c->conf->strict_operator)
		return 0;
	fprintf(stderr,
	    "travelcard: strict_operator = yes: more than %d numbers in one "
	    "run need --bulk\n",
	    OPERATOR_NUMBERS);
	return EXIT_USAGE;
}

void
operator_text(const struct options *o, struct operator_text *t)
{
	int has_name = o->by != NULL && o->by[0] != '\0';
	int has_reason = o->reason != NULL && o->reason[0] != '\0';

	key_mask_text(has_name ? o->by : login_name(), t->by, sizeof(t->by));
	key_mask_text(
	    has_reason ? o->reason : "-", t->reason, sizeof(t->reason));
}

int
operator_note(
    struct core *c, const struct options *o, const struct audit_act *act)
{
	struct audit_act a = *act;
	struct operator_text t;
	int rc;

	operator_text(o, &t);
	a.channel = "tool";
	a.by = t.by;
	a.reason = t.reason;
	rc = audit_write(c->audit, &a);
	return rc < 0 ? rc : audit_sync(c->audit);
}
