/* What the operator's tool does to one person, or to all: correct, purge. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "correct.h"
#include "history.h"
#include "operator.h"
#include "purge.h"
#include "when.h"

/* A number as the operator typed it. */
struct number {
	char digits[DIGITS_MAX + 1];
	char mask[MASK_MAX];
};

static int
parse_number(const struct core *c, const char *s, struct number *n)
{
	const char *cc = c->conf->country_code;

	if (msisdn_parse(s, strlen(s), cc, n->digits) < 0)
		return usage_error("not a subscriber's number", "");
	key_mask(n->digits, cc, n->mask);
	return EXIT_OK;
}

static int
say_nobody(const struct number *n)
{
	fprintf(stderr, "travelcard: %s: not provisioned\n", n->mask);
	return EXIT_NOBODY;
}

/* The audit. What changes something has a line before it does, with the
 * verdict "begun", and others of what came of it. */

struct act {
	struct core *core;
	const struct options *o;
	const struct vault *vault;
	const char *name;
	uint64_t who; /* 0 for nobody in particular */
};

static int
note_count(const struct act *act, const char *verdict, int64_t count)
{
	const struct audit_act line = {
	    .act = act->name,
	    .service = core_carrier(act->core, act->vault)->name,
	    .verdict = verdict,
	    .who = act->who,
	    .count = count,
	};

	return operator_note(act->core, act->o, &line);
}

static int
note(const struct act *act, const char *verdict)
{
	return note_count(act, verdict, -1);
}

/* What was erased, a line each. */
static int
note_counts(const struct act *act, const struct purge_counts *n)
{
	if (note_count(act, "rows", n->rows) < 0 ||
	    note_count(act, "stays", n->stays) < 0 ||
	    note_count(act, "corrections", n->corrections) < 0 ||
	    note_count(act, "messages", n->messages) < 0 ||
	    note_count(act, "deletions", n->deletions) < 0)
		return EXIT_FAULT;
	return EXIT_OK;
}

static int
fail(const struct act *act)
{
	note(act, "failed");
	return EXIT_FAULT;
}

/* Begins an act on a vault: 0, or an exit status. */
static int
begin(struct act *act, struct core *c, const struct options *o,
    const struct vault *v, const char *name, const struct number *number,
    const char *verdict)
{
	int rc = operator_begin(c, o);

	*act = (struct act){c, o, v, name, 0};
	if (rc != EXIT_OK)
		return rc;
	if (number != NULL)
		act->who = key_msisdn(v->key, number->digits);
	return note(act, verdict) < 0 ? EXIT_FAULT : EXIT_OK;
}

/* correct */

static int
parse_time(const char *what, const char *s, int64_t *t)
{
	if (when_parse(s, strlen(s), t) < 0 || *t > WHEN_MAX) {
		fprintf(stderr, "travelcard: correct: %s is no time: %s\n",
		    what, s);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

static int
refuse(const char *why)
{
	fprintf(stderr, "travelcard: correct: %s\n", why);
	return EXIT_USAGE;
}

static int
parse_act(const char *s, enum correct_act *act)
{
	*act = strcmp(s, "add") == 0 ? CORRECT_ADD : CORRECT_REMOVE;
	return *act == CORRECT_ADD || strcmp(s, "remove") == 0
	    ? EXIT_OK
	    : usage_error("correct: neither add, remove nor list: ", s);
}

/* MSISDN add|remove REGION FROM TO */
static int
parse_correction(
    const struct core *c, char **args, int nargs, struct correction *fix)
{
	*fix = (struct correction){.made = when_now()};
	if (parse_act(args[1], &fix->act) != EXIT_OK)
		return EXIT_USAGE;
	if (nargs != 5)
		return usage_error("correct: which REGION, FROM and TO?", "");
	if (region_find(c->regions, args[2], &fix->region) < 0) {
		fprintf(stderr,
		    "travelcard: correct: %s is no region; name a city or a "
		    "country, or its code\n",
		    args[2]);
		return EXIT_USAGE;
	}
	if (parse_time("FROM", args[3], &fix->from) != EXIT_OK ||
	    parse_time("TO", args[4], &fix->to) != EXIT_OK)
		return EXIT_USAGE;
	if (fix->from >= fix->to)
		return refuse("FROM must be before TO");
	if (fix->to > fix->made)
		return refuse("TO is in the future");
	if (fix->to <= core_horizon(c, fix->made))
		return refuse("that long ago nothing is kept or shown");
	return EXIT_OK;
}

static void
print_correction(
    const struct core *c, const struct correction *fix, const char *verb)
{
	char code[7], from[WHEN_TEXT], to[WHEN_TEXT];

	printf("%s %s %s from %s to %s", verb, region_code(fix->region, code),
	    region_name(c->regions, fix->region, LANG_ZH),
	    when_text(fix->from, from), when_text(fix->to, to));
}

/* Says so where what was added will not be seen by itself. */
static void
warn_of_min_stay(
    const struct core *c, const struct vault *v, const struct correction *fix)
{
	if (fix->act != CORRECT_ADD ||
	    region_group(fix->region) != REGION_MAINLAND)
		return;
	for (size_t i = 0; i < c->conf->nservices; i++) {
		const struct conf_service *s = &c->conf->services[i];

		if (core_vault(c, s->carrier) == v &&
		    fix->to - fix->from < s->min_stay)
			printf("  shorter than min_stay of service %s: not "
			       "shown there by itself\n",
			    s->name);
	}
}

/* Does an interval touch the times in which the person has the number? */
static int
is_theirs(const struct history *h, const struct subscriber *who,
    const struct correction *fix)
{
	for (size_t i = 0; i < h->nrows; i++)
		if (h->rows[i].person == who->person &&
		    fix->from < h->rows[i].end && fix->to > h->rows[i].since)
			return 1;
	return 0;
}

/* Is there somebody whom it is about? EXIT_OK if so, or what has been said. */
static int
check_person(struct core *c, struct vault *v, const struct number *number,
    const struct correction *fix)
{
	struct history h = {0};
	const struct subscriber *who;

	if (core_store(c, v, STORE_READ) < 0 || store_begin(v->store) < 0 ||
	    history_open(&h, v->store, key_msisdn(v->key, number->digits),
		fix->made, &who) < 0)
		return EXIT_FAULT;
	store_end(v->store);
	if (who == NULL)
		return say_nobody(number);
	if (is_theirs(&h, who, fix))
		return EXIT_OK;
	fprintf(stderr, "travelcard: %s: who has it now did not have it then\n",
	    number->mask);
	return EXIT_USAGE;
}

static int
store_correction(struct vault *v, const struct options *o,
    const struct number *number, const struct correction *fix)
{
	struct operator_text t;
	int rc = core_state(v);

	operator_text(o, &t);
	if (rc == 0)
		rc = correct_put(v->state, key_msisdn(v->key, number->digits),
		    fix, t.by, t.reason);
	if (rc == -ENOSPC)
		fprintf(stderr,
		    "travelcard: %s: has %d corrections and can have no more\n",
		    number->mask, CORRECT_MAX);
	if (rc == 0)
		rc = state_commit(v->state);
	return rc < 0 ? EXIT_FAULT : EXIT_OK;
}

static const char *
outcome_of(int status, const struct correction *fix)
{
	switch (status) {
	case EXIT_OK:
		return fix->act == CORRECT_ADD ? "added" : "removed";
	case EXIT_NOBODY:
		return "not-provisioned";
	case EXIT_USAGE:
		return "refused";
	default:
		return "failed";
	}
}

static int
put_correction(struct core *c, struct vault *v, const struct options *o,
    const struct number *number, const struct correction *fix)
{
	struct act act;
	int rc = begin(&act, c, o, v, "correct", number, "begun");

	if (rc != EXIT_OK)
		return rc;
	rc = check_person(c, v, number, fix);
	if (rc == EXIT_OK)
		rc = store_correction(v, o, number, fix);
	if (note(&act, outcome_of(rc, fix)) < 0)
		return EXIT_FAULT;
	if (rc != EXIT_OK)
		return rc;
	printf("%s: ", number->mask);
	print_correction(c, fix, outcome_of(rc, fix));
	putchar('\n');
	warn_of_min_stay(c, v, fix);
	return EXIT_OK;
}

static int
list_corrections(struct core *c, struct vault *v, const struct options *o,
    const struct number *number)
{
	struct correct_note notes[CORRECT_MAX];
	struct correction list[CORRECT_MAX];
	char made[WHEN_TEXT];
	struct act act;
	size_t n;
	int rc = begin(&act, c, o, v, "correct", number, "listed");

	if (rc != EXIT_OK)
		return rc;
	if (core_state(v) < 0 ||
	    correct_get(v->state, key_msisdn(v->key, number->digits), WHEN_MAX,
		list, notes, &n) < 0)
		return EXIT_FAULT;
	printf("%s: %zu correction%s\n", number->mask, n, n == 1 ? "" : "s");
	for (size_t i = 0; i < n; i++) {
		printf("%s ", when_text(list[i].made, made));
		print_correction(
		    c, &list[i], list[i].act == CORRECT_ADD ? "add" : "remove");
		printf(
		    ", by %s, reason %s\n", notes[i].operator, notes[i].reason);
	}
	return EXIT_OK;
}

int
cmd_correct(struct core *c, const struct options *o)
{
	struct correction fix;
	struct number number;
	struct vault *v;

	if (o->nargs < 2)
		return usage_error("correct: which number, and what?", "");
	if (parse_number(c, o->args[0], &number) != EXIT_OK)
		return EXIT_USAGE;
	if (strcmp(o->args[1], "list") == 0) {
		if (o->nargs > 2)
			return usage_error("correct: list takes no more", "");
		v = chosen_vault(c, o);
		return v != NULL ? list_corrections(c, v, o, &number)
				 : EXIT_USAGE;
	}
	if (parse_correction(c, o->args, o->nargs, &fix) != EXIT_OK)
		return EXIT_USAGE;
	v = chosen_vault(c, o);
	return v != NULL ? put_correction(c, v, o, &number, &fix) : EXIT_USAGE;
}

/* purge */

static void
print_counts(const char *what, const struct purge_counts *n)
{
	printf("%s: erased %lld subscriber rows, %lld stays, %lld corrections, "
	       "%lld unsent messages\n",
	    what, (long long)n->rows, (long long)n->stays,
	    (long long)n->corrections, (long long)n->messages);
}

static int
purge_number(struct core *c, struct vault *v, const struct options *o)
{
	struct purge_counts n;
	struct number number;
	struct act act;
	int rc;

	if (parse_number(c, o->args[0], &number) != EXIT_OK)
		return EXIT_USAGE;
	rc = begin(&act, c, o, v, "purge", &number, "begun");
	if (rc != EXIT_OK)
		return rc;
	rc = purge_person(c, v, number.digits, &n);
	if (rc == -ENOTUNIQ)
		fprintf(stderr,
		    "travelcard: %s: two people's rows begin at the same time; "
		    "import what is right and purge again\n",
		    number.mask);
	if (rc == -EBUSY)
		fprintf(stderr,
		    "travelcard: %s: is shown to nobody from now on, but an "
		    "import is running: purge again when it has ended\n",
		    number.mask);
	if (rc < 0)
		return fail(&act);
	if (note_counts(&act, &n) != EXIT_OK)
		return EXIT_FAULT;
	print_counts(number.mask, &n);
	return EXIT_OK;
}

static int
purge_old(struct core *c, struct vault *v, const struct options *o)
{
	char horizon[WHEN_TEXT];
	struct purge_counts n;
	struct act act;
	int rc = begin(&act, c, o, v, "expire", NULL, "begun");

	if (rc != EXIT_OK)
		return rc;
	if (purge_expired(c, v, &n) < 0)
		return fail(&act);
	if (note_counts(&act, &n) != EXIT_OK)
		return EXIT_FAULT;
	printf("before %s: ", when_text(core_horizon(c, when_now()), horizon));
	print_counts(v->where, &n);
	return EXIT_OK;
}

/* Nobody does this by mistake. */
static int
is_sure(const struct vault *v)
{
	char line[16];

	fprintf(stderr,
	    "This erases all subscribers, stays and conversations in %s for "
	    "good, and the service is closed then. Type \"erase\" to go on: ",
	    v->where);
	return fgets(line, sizeof(line), stdin) != NULL &&
	    strcmp(line, "erase\n") == 0;
}

static int
purge_everything(struct core *c, struct vault *v, const struct options *o)
{
	struct purge_counts n;
	struct act act;
	int rc;

	if (!o->yes && !is_sure(v)) {
		fputs("travelcard: purge: nothing was erased\n", stderr);
		return EXIT_USAGE;
	}
	rc = begin(&act, c, o, v, "purge-all", NULL, "begun");
	if (rc != EXIT_OK)
		return rc;
	rc = purge_all(c, v, &n);
	if (rc == -EBUSY)
		fputs("travelcard: purge: nothing was erased: an import is "
		      "running; repeat it when that has ended\n",
		    stderr);
	if (rc < 0)
		return fail(&act);
	if (note_counts(&act, &n) != EXIT_OK)
		return EXIT_FAULT;
	print_counts(v->where, &n);
	return EXIT_OK;
}

int
cmd_purge(struct core *c, const struct options *o)
{
	struct vault *v;

	if (o->nargs + o->all + o->expired != 1)
		return usage_error(
		    "purge: one of MSISDN, --expired and --all", "");
	v = chosen_vault(c, o);
	if (v == NULL)
		return EXIT_USAGE;
	if (o->all)
		return purge_everything(c, v, o);
	return o->expired ? purge_old(c, v, o) : purge_number(c, v, o);
}
