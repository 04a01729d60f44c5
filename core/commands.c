/* What the operator's tool does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "audit_report.h"
#include "commands.h"
#include "import.h"
#include "operator.h"
#include "query.h"
#include "text.h"
#include "when.h"

struct vault *
chosen_vault(struct core *c, const struct options *o)
{
	const struct conf_carrier *carrier;

	if (o->carrier == NULL && c->nvaults == 1)
		return c->vaults[0];
	carrier = o->carrier ? conf_carrier(c->conf, o->carrier) : NULL;
	if (carrier == NULL) {
		fprintf(stderr,
		    o->carrier ? "travelcard: no carrier \"%s\"\n"
			       : "travelcard: the carriers have their own "
				 "stores; choose one with --carrier\n",
		    o->carrier);
		return NULL;
	}
	return core_vault(c, carrier);
}

/* --complete-to, when it is there: 0, or EXIT_USAGE. */
static int
parse_complete_to(
    const struct options *o, enum import_kind kind, int64_t *complete_to)
{
	const char *s = o->complete_to;

	*complete_to = 0;
	if (s == NULL)
		return 0;
	if (kind != IMPORT_RECORDS)
		return usage_error("--complete-to is for records", "");
	if (when_parse(s, strlen(s), complete_to) < 0)
		return usage_error("--complete-to: not a time: ", s);
	if (*complete_to <= when_now())
		return 0;
	fprintf(stderr, "travelcard: --complete-to %s is in the future\n", s);
	return EXIT_USAGE;
}

int
cmd_import(struct core *c, const struct options *o)
{
	enum import_kind kind;
	int64_t complete_to;
	struct vault *v;
	int rc;

	if (o->nargs < 2)
		return usage_error("import: what, and which files?", "");
	kind = import_kind_parse(o->args[0]);
	if (kind == IMPORT_KINDS)
		return usage_error("import: not a kind: ", o->args[0]);
	if (parse_complete_to(o, kind, &complete_to) != 0)
		return EXIT_USAGE;
	v = chosen_vault(c, o);
	if (v == NULL)
		return EXIT_USAGE;
	rc = import_files(c, v, kind, o->args + 1, o->nargs - 1, complete_to);
	return rc < 0 ? EXIT_FAULT : rc ? EXIT_REJECTS : EXIT_OK;
}

/* Was it shown in a part before? */
static int
is_shown(const struct answer *a, size_t n)
{
	size_t i = 0;

	while (i < n && a->places[i].region != a->places[n].region)
		i++;
	return i < n;
}

static void
print_places_json(const struct answer *a)
{
	const char *between = "";
	char code[7];

	putchar('[');
	for (size_t i = 0; i < a->nplaces; i++) {
		if (is_shown(a, i))
			continue;
		printf("%s\"%s\"", between,
		    region_code(a->places[i].region, code));
		between = ", ";
	}
	putchar(']');
}

static void
print_places(const struct core *c, const struct answer *a)
{
	char code[7], date[16];
	const char *between = "";
	struct tm tm;
	int part = 0;

	when_local(a->middle, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	for (size_t i = 0; i < a->nplaces; i++) {
		const struct answer_place *p = &a->places[i];

		if (p->part != part)
			printf("%sbefore %s: ", i ? "; " : "", date);
		else
			fputs(between, stdout);
		printf("%s %s", region_code(p->region, code),
		    region_name(c->regions, p->region, LANG_ZH));
		part = p->part;
		between = ", ";
	}
	if (a->nplaces == 0)
		printf("none");
}

struct lookup {
	struct query *q;
	struct core *c;
	const struct options *o;
	const struct conf_service *service;
	int json, count;
};

static int
lookup_fault(const struct lookup *l, int rc)
{
	if (rc == -ESTALE)
		fprintf(stderr,
		    "travelcard: lookup: the data is older than refuse_after "
		    "of service %s; nobody is answered\n",
		    l->service->name);
	return EXIT_FAULT;
}

static const char *
lookup_verdict(int rc, size_t nplaces)
{
	switch (rc) {
	case 0:
		return verdict_name(nplaces ? VERDICT_OK : VERDICT_NO_STAYS);
	case -EBADMSG:
		return "no-number";
	case -ENOENT:
		return "not-provisioned";
	default:
		return verdict_name(VERDICT_SYSTEM_BUSY);
	}
}

/* In the audit before it is shown. */
static int
lookup_note(struct lookup *l, const char *number, int rc, size_t nplaces)
{
	const struct vault *v = core_vault(l->c, l->service->carrier);
	const struct audit_act act = {
	    .act = "lookup",
	    .service = l->service->name,
	    .verdict = lookup_verdict(rc, nplaces),
	    .who = rc == -EBADMSG ? 0 : key_msisdn(v->key, number),
	    .count = -1,
	};

	return operator_note(l->c, l->o, &act);
}

static int
lookup_next(struct lookup *l, const char *asked)
{
	char number[DIGITS_MAX + 1];
	struct answer a = {0};
	int rc;

	if (operator_count(l->c, l->o, ++l->count) != 0)
		return EXIT_USAGE;
	rc = msisdn_parse(
	    asked, strlen(asked), l->c->conf->country_code, number);
	if (rc == 0)
		rc = query_lookup(l->q, l->service, number, &a);
	if (lookup_note(l, number, rc, a.nplaces) < 0)
		return EXIT_FAULT;
	if (rc == 0) /* nobody is told of a look-up that did not come to be */
		rc = query_notify(l->q, l->service, number);
	if (rc < 0 && rc != -ENOENT && rc != -EBADMSG)
		return lookup_fault(l, rc);
	if (l->json && l->count > 1)
		fputs(",\n ", stdout);
	if (l->json)
		command_string(asked);
	else
		fputs(asked, stdout);
	fputs(": ", stdout);
	if (rc == 0 && l->json)
		print_places_json(&a);
	else if (rc == 0)
		print_places(l->c, &a);
	else
		fputs(l->json ? "null" : "not provisioned", stdout);
	if (!l->json)
		putchar('\n');
	return EXIT_OK;
}

static int
lookup_lines(struct lookup *l)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	int rc = EXIT_OK;

	while (rc == EXIT_OK && (n = getline(&line, &cap, stdin)) >= 0) {
		while (n > 0 && strchr("\r\n \t", line[n - 1]) != NULL)
			line[--n] = '\0';
		if (n > 0)
			rc = lookup_next(l, line);
	}
	free(line);
	return rc;
}

int
cmd_lookup(struct core *c, const struct options *o)
{
	struct lookup l = {.c = c, .o = o, .json = o->json};
	int rc;

	if (o->nargs < 1)
		return usage_error("lookup: which number?", "");
	l.service = o->service ? conf_service(c->conf, o->service)
			       : &c->conf->services[0];
	if (l.service == NULL || c->conf->nservices == 0)
		return usage_error(
		    "lookup: no service: ", o->service ? o->service : "");
	rc = operator_begin(c, o);
	if (rc != EXIT_OK)
		return rc;
	if (query_new(&l.q, c) < 0)
		return EXIT_FAULT;
	if (l.json)
		putchar('{');
	for (int i = 0; i < o->nargs && rc == EXIT_OK; i++)
		rc = strcmp(o->args[i], "-") == 0 ? lookup_lines(&l)
						  : lookup_next(&l, o->args[i]);
	if (l.json && rc == EXIT_OK)
		puts("}");
	query_end(l.q);
	query_free(l.q);
	return rc;
}

/* Whose answers are checked: the number of sets that may be tried is for all
 * services of one carrier. */
static const struct conf_carrier *
chosen_carrier(const struct core *c, const struct options *o)
{
	if (o->carrier != NULL)
		return conf_carrier(c->conf, o->carrier);
	return c->conf->ncarriers == 1 ? &c->conf->carriers[0] : NULL;
}

static void
print_issued(const struct answer *a)
{
	char at[40];
	struct tm tm;

	when_local(a->issued, &tm);
	strftime(at, sizeof(at), "%Y-%m-%d %H:%M %Z", &tm);
	printf("issued at %s", at);
}

static void
print_verified(const struct core *c, const struct answer *a)
{
	printf("%s", verdict_name(a->verdict));
	if (a->verdict == VERDICT_GENUINE || a->verdict == VERDICT_CORRECTED) {
		printf(", ");
		print_issued(a);
	}
	if (a->verdict == VERDICT_GENUINE) {
		printf(": ");
		print_places(c, a);
	}
	putchar('\n');
}

static void
print_verified_json(const struct answer *a)
{
	printf("{\"verdict\": \"%s\"", verdict_name(a->verdict));
	if (a->verdict == VERDICT_GENUINE || a->verdict == VERDICT_CORRECTED)
		printf(", \"issued\": %lld", (long long)a->issued);
	if (a->verdict == VERDICT_GENUINE) {
		printf(", \"places\": ");
		print_places_json(a);
	}
	puts("}");
}

/* In the audit before it is shown. */
static int
verify_note(struct core *c, const struct options *o,
    const struct conf_carrier *carrier, enum verdict verdict)
{
	char number[DIGITS_MAX + 1];
	struct audit_act act = {
	    .act = "verify",
	    .service = carrier->name,
	    .verdict = verdict_name(verdict),
	    .count = -1,
	};

	if (msisdn_parse(o->args[0], strlen(o->args[0]), c->conf->country_code,
		number) == 0)
		act.who = key_msisdn(core_vault(c, carrier)->key, number);
	return operator_note(c, o, &act);
}

int
cmd_verify(struct core *c, const struct options *o)
{
	const struct conf_carrier *carrier = chosen_carrier(c, o);
	struct answer a = {0};
	struct query *q;
	int rc;

	if (o->nargs != 2)
		return usage_error("verify: which number, which code?", "");
	if (carrier == NULL)
		return usage_error("verify: whose answer? --carrier NAME", "");
	rc = operator_begin(c, o);
	if (rc != EXIT_OK)
		return rc;
	if (query_new(&q, c) < 0)
		return EXIT_FAULT;
	query_verify(q, carrier, NULL, o->args[0], o->args[1], &a);
	if (verify_note(c, o, carrier, a.verdict) < 0)
		a.verdict = VERDICT_SYSTEM_BUSY;
	if (a.verdict == VERDICT_SYSTEM_BUSY)
		; /* it has been logged */
	else if (o->json)
		print_verified_json(&a);
	else
		print_verified(c, &a);
	query_end(q);
	query_free(q);
	if (a.verdict == VERDICT_SYSTEM_BUSY)
		return EXIT_FAULT;
	return a.verdict == VERDICT_GENUINE ? EXIT_OK : EXIT_NOT_GENUINE;
}

int
open_to_read(struct core *c, struct vault *v)
{
	int rc = core_store(c, v, STORE_READ);

	return rc < 0 ? rc : store_begin(v->store);
}

/* Configuration, tables and catalogues were checked by getting here. */
int
cmd_check(struct core *c, const struct options *o)
{
	int rc = EXIT_OK;

	if (o->nargs > 0)
		return usage_error("check takes no argument", "");
	if (o->audit)
		return audit_report(c, o->json);
	printf("%s: ok\n", c->conf->path);
	for (size_t i = 0; i < c->nvaults; i++) {
		struct vault *v = c->vaults[i];
		int bad = open_to_read(c, v) < 0 || store_check(v->store) < 0;

		printf("%s: %s\n", v->where, bad ? "not well" : "ok");
		if (bad)
			rc = EXIT_FAULT;
	}
	return rc;
}
