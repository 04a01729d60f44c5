/* travelcard check --audit. */
#include <stdio.h>
#include <string.h>

#include "audit_check.h"
#include "audit_folder.h"
#include "audit_report.h"
#include "commands.h"
#include "log.h"
#include "when.h"

struct report {
	int json;
	unsigned long chains, open, broken;
};

static const struct key *
find_key(const uint8_t fingerprint[KEY_FINGERPRINT], void *arg)
{
	const struct core *c = arg;
	uint8_t own[KEY_FINGERPRINT];

	for (size_t i = 0; i < c->nvaults; i++) {
		key_fingerprint(c->vaults[i]->key, own);
		if (memcmp(own, fingerprint, sizeof(own)) == 0)
			return c->vaults[i]->key;
	}
	return NULL;
}

/* Files have names of our making, and why is a text of ours. */
static void
print_json(const struct report *r, const struct audit_finding *f)
{
	static const char *const states[] = {
	    [AUDIT_WHOLE] = "whole",
	    [AUDIT_WRITING] = "writing",
	    [AUDIT_STOPPED] = "stopped",
	    [AUDIT_BROKEN] = "broken",
	};

	printf("%s{\"file\": ", r->chains > 1 ? ",\n  " : "");
	command_string(f->file);
	printf(", \"state\": \"%s\", \"lines\": %llu, \"torn\": %s",
	    states[f->state], (unsigned long long)f->lines,
	    f->is_torn ? "true" : "false");
	if (f->state == AUDIT_BROKEN) {
		printf(
		    ", \"line\": %llu, \"why\": ", (unsigned long long)f->line);
		command_string(f->why);
	}
	putchar('}');
}

static void
print_text(const struct audit_finding *f)
{
	unsigned long long lines = f->lines;

	if (f->state == AUDIT_WHOLE)
		printf("%s: whole, %llu lines\n", f->file, lines);
	else if (f->state == AUDIT_WRITING)
		printf(
		    "%s: whole so far, %llu lines, in use\n", f->file, lines);
	else if (f->state == AUDIT_STOPPED)
		printf("%s: not ended, %llu lines%s\n", f->file, lines,
		    f->is_torn ? ", and one that is torn" : "");
	else if (f->line == 0)
		printf("%s: broken: %s\n", f->file, f->why);
	else
		printf("%s:%llu: broken: %s; %llu lines before it hold\n",
		    f->file, (unsigned long long)f->line, f->why, lines);
}

static void
on_finding(const struct audit_finding *f, void *arg)
{
	struct report *r = arg;

	r->chains++;
	r->open += f->state == AUDIT_STOPPED;
	r->broken += f->state == AUDIT_BROKEN;
	if (r->json)
		print_json(r, f);
	else
		print_text(f);
}

int
audit_report(struct core *c, int json)
{
	const struct conf *conf = c->conf;
	struct report r = {.json = json};
	char first[AUDIT_DAY];
	int rc;

	if (conf->audit == NULL)
		return usage_error("check: the configuration has no audit", "");
	audit_day(when_midnight(when_now(), 1 - (int)conf->audit_days), first);
	if (json) {
		printf("{\"folder\": ");
		command_string(conf->audit);
		printf(", \"chains\": [\n  ");
	}
	rc = audit_check(conf->audit, first, find_key, c, on_finding, &r);
	if (rc < 0)
		log_error(DCORE, "audit %s: %s", conf->audit, strerror(-rc));
	if (json)
		printf("],\n \"broken\": %lu}\n", r.broken);
	else if (rc == 0)
		printf("%s: %lu chains, %lu not ended, %lu broken\n",
		    conf->audit, r.chains, r.open, r.broken);
	return rc < 0 || r.broken > 0 ? EXIT_FAULT : EXIT_OK;
}
