/* travelcard stat: what the stores hold, and how the gateways stand. */
#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "commands.h"
#include "log.h"
#include "when.h"

/* The stores. */

static void
print_time(int64_t t)
{
	char at[40] = "unknown";
	struct tm tm;

	when_local(t, &tm);
	if (t != 0)
		strftime(at, sizeof(at), "%Y-%m-%d %H:%M:%S %Z", &tm);
	fputs(at, stdout);
}

static void
print_store(const struct vault *v, const struct store_stat *st)
{
	printf("store             %s\n", v->where);
	printf("subscriber rows   %llu\n", (unsigned long long)st->subscribers);
	printf("IMSIs with stays  %llu\n", (unsigned long long)st->with_stays);
	printf("stays             %llu\n", (unsigned long long)st->stays);
	printf("buckets           %llu\n", (unsigned long long)st->buckets);
	printf("cells             %llu\n", (unsigned long long)st->cells);
	printf("marks             %llu\n", (unsigned long long)st->marks);
	printf("octets            %llu\n", (unsigned long long)st->bytes);
	printf("complete up to    ");
	print_time(st->watermark);
	putchar('\n');
}

static void
print_store_json(const struct vault *v, const struct store_stat *st)
{
	printf("{\"store\": ");
	command_string(v->where);
	printf(", \"subscribers\": %llu, \"with_stays\": %llu, \"stays\": %llu"
	       ", \"buckets\": %llu, \"cells\": %llu, \"marks\": %llu"
	       ", \"bytes\": %llu, \"watermark\": ",
	    (unsigned long long)st->subscribers,
	    (unsigned long long)st->with_stays, (unsigned long long)st->stays,
	    (unsigned long long)st->buckets, (unsigned long long)st->cells,
	    (unsigned long long)st->marks, (unsigned long long)st->bytes);
	if (st->watermark != 0)
		printf("%lld}", (long long)st->watermark);
	else
		printf("null}");
}

static int
stat_stores(struct core *c, int json)
{
	const char *between = "";
	struct store_stat st;
	int rc = EXIT_OK;

	for (size_t i = 0; i < c->nvaults; i++) {
		struct vault *v = c->vaults[i];

		if (open_to_read(c, v) < 0 || store_stat(v->store, &st) < 0) {
			rc = EXIT_FAULT;
			continue;
		}
		store_end(v->store);
		if (!json) {
			print_store(v, &st);
			continue;
		}
		fputs(between, stdout);
		print_store_json(v, &st);
		between = ",\n ";
	}
	return rc;
}

/* The gateways, for machines. */

static void
print_value_json(enum metric what, double value)
{
	printf("\"%s\": ", metric_infos[what].name);
	if (metric_infos[what].unit == METRIC_AS_WORD)
		command_string(metric_word(what, value));
	else
		printf("%.15g", value);
}

/* All of a kind that was told, a comma before each. */
static void
print_values_json(
    const struct ask *a, const struct ask_of *of, enum metric_of kind)
{
	double value;

	for (unsigned m = 0; m < METRICS; m++) {
		if (metric_infos[m].of != kind || !ask_value(a, of, m, &value))
			continue;
		fputs(", ", stdout);
		print_value_json(m, value);
	}
}

static void
print_links_json(const struct ask *a, const struct ask_of *carrier)
{
	const char *between = "";

	for (size_t i = 0; i < a->n; i++) {
		struct ask_of of = {
		    carrier->program, &a->v[i], carrier->label, NULL};

		if (strcmp(a->v[i].program, carrier->program) != 0)
			continue;
		for (const char *link = "";
		     (link = ask_next(a, &of, METRIC_LINK_STATE, 1, link)) !=
		     NULL;) {
			of.second = link;
			printf("%s\n   {\"link\": ", between);
			command_string(link);
			printf(", \"worker\": %u", a->v[i].worker);
			print_values_json(a, &of, METRIC_OF_LINK);
			putchar('}');
			between = ",";
		}
	}
}

static void
print_carriers_json(const struct ask *a, const struct ask_of *program)
{
	struct ask_of of = *program;
	const char *between = "", *name = "";

	while (
	    (name = ask_next(a, program, METRIC_STORE_AWAY, 0, name)) != NULL) {
		of.label = name;
		printf("%s\n  {\"carrier\": ", between);
		command_string(name);
		print_values_json(a, &of, METRIC_OF_CARRIER);
		printf(", \"links\": [");
		print_links_json(a, &of);
		printf("]}");
		between = ",";
	}
}

static void
print_workers_json(const struct ask *a, const char *program)
{
	const char *between = "";

	for (size_t i = 0; i < a->n; i++) {
		const struct ask_process *p = &a->v[i];

		if (strcmp(p->program, program) != 0)
			continue;
		printf("%s{\"worker\": %u, \"answers\": %s", between, p->worker,
		    p->rc == 0 ? "true" : "false");
		if (p->rc < 0) {
			printf(", \"reason\": ");
			command_string(strerror(-p->rc));
		}
		putchar('}');
		between = ", ";
	}
}

static void
print_program_json(const struct ask *a, const char *program)
{
	struct ask_of of = {.program = program}, one = of;
	const char *between = "";
	double value;

	printf("{\"gateway\": ");
	command_string(program);
	printf(", \"workers\": [");
	print_workers_json(a, program);
	putchar(']');
	print_values_json(a, &of, METRIC_OF_GATEWAY);
	printf(",\n  \"verdicts\": {");
	for (const char *v = "";
	     (v = ask_next(a, &of, METRIC_VERDICTS, 0, v)) != NULL;) {
		one.label = v;
		ask_value(a, &one, METRIC_VERDICTS, &value);
		fputs(between, stdout);
		command_string(v);
		printf(": %.15g", value);
		between = ", ";
	}
	printf("},\n  \"carriers\": [");
	print_carriers_json(a, &of);
	printf("]}");
}

/* And for people. */

static void
print_value(enum metric what, double value, int width)
{
	char text[40];
	struct tm tm;

	switch (metric_infos[what].unit) {
	case METRIC_AS_WORD:
		snprintf(text, sizeof(text), "%s", metric_word(what, value));
		break;
	case METRIC_AS_TIME:
		when_local(value, &tm);
		strftime(text, sizeof(text), "%m-%d %H:%M:%S", &tm);
		break;
	case METRIC_AS_SECONDS:
		snprintf(text, sizeof(text), "%.3f ms", value * 1000);
		break;
	case METRIC_AS_RATE:
		snprintf(text, sizeof(text), "%.1f", value);
		break;
	case METRIC_AS_NUMBER:
		snprintf(text, sizeof(text), "%.15g", value);
		break;
	}
	printf(" %*s", width, text);
}

/* A cell of a table, "-" where nothing was told. */
static void
print_cell(
    const struct ask *a, const struct ask_of *of, enum metric what, int width)
{
	double value;

	if (ask_value(a, of, what, &value))
		print_value(what, value, width);
	else
		printf(" %*s", width, "-");
}

#define LABEL 20 /* characters */
#define CELL 19

static int
is_told(const struct ask *a, const struct ask_of *program, enum metric what)
{
	return ask_next(a, program, what, 0, "") != NULL;
}

/* A column for each carrier. */
static void
print_carriers(const struct ask *a, const char *program)
{
	const struct ask_of all = {.program = program};
	const char *name = "";

	printf("%-*s", LABEL, "carrier");
	while ((name = ask_next(a, &all, METRIC_STORE_AWAY, 0, name)) != NULL)
		printf(" %*s", CELL, name);
	putchar('\n');
	for (unsigned m = 0; m < METRICS; m++) {
		if (metric_infos[m].of != METRIC_OF_CARRIER ||
		    !is_told(a, &all, m))
			continue;
		printf("%-*s", LABEL, metric_infos[m].name);
		for (name = ""; (name = ask_next(a, &all, METRIC_STORE_AWAY, 0,
				     name)) != NULL;) {
			struct ask_of of = all;

			of.label = name;
			print_cell(a, &of, m, CELL);
		}
		putchar('\n');
	}
}

struct column {
	enum metric what;
	const char *head;
	int width;
};

static const struct column link_columns[] = {
    {METRIC_LINK_STATE, "state", 10},
    {METRIC_LINK_SINCE, "since", 14},
    {METRIC_LINK_DOWNS, "downs", 5},
    {METRIC_WINDOW_USED, "used", 5},
    {METRIC_WINDOW, "window", 6},
    {METRIC_RATE, "rate", 7},
    {METRIC_PACE, "pace", 7},
    {METRIC_SUBMITS_TAKEN, "taken", 9},
    {METRIC_SUBMITS_PUT_OFF, "put_off", 7},
    {METRIC_SUBMITS_REFUSED, "refused", 7},
    {METRIC_SUBMITS_UNANSWERED, "unanswered", 10},
    {0},
};

static const struct column ussd_columns[] = {
    {METRIC_USSD_OPEN, "open", 6},
    {METRIC_USSD_BEGUN, "begun", 8},
    {METRIC_USSD_PUT_OFF, "put_off", 8},
    {METRIC_USSD_REPLIES, "replies", 8},
    {METRIC_USSD_CANCELLED, "cancelled", 9},
    {METRIC_USSD_ASKED, "asked", 8},
    {METRIC_USSD_ENDED, "ended", 8},
    {METRIC_USSD_REFUSED, "refused", 7},
    {METRIC_USSD_DROPPED, "dropped", 7},
    {METRIC_USSD_NOTIFIED, "notified", 8},
    {METRIC_USSD_NOT_READ, "not_read", 8},
    {METRIC_USSD_OTHER, "other", 6},
    {0},
};

/* One worker's links of a carrier. */
static void
print_rows(const struct ask *a, const struct ask_process *p,
    const char *carrier, const struct column *columns)
{
	struct ask_of of = {p->program, p, carrier, NULL};

	while ((of.second = ask_next(a, &of, columns[0].what, 1,
		    of.second != NULL ? of.second : "")) != NULL) {
		printf("%-*s %6u %-10s", LABEL, of.second, p->worker, carrier);
		for (const struct column *c = columns; c->head != NULL; c++)
			print_cell(a, &of, c->what, c->width);
		putchar('\n');
	}
}

/* A line for each link of each worker. */
static void
print_links(const struct ask *a, const char *program, const char *what,
    const struct column *columns)
{
	const struct ask_of all = {.program = program};
	const char *carrier = "";

	if (!is_told(a, &all, columns[0].what))
		return;
	printf("%-*s %6s %-10s", LABEL, what, "worker", "carrier");
	for (const struct column *c = columns; c->head != NULL; c++)
		printf(" %*s", c->width, c->head);
	putchar('\n');
	while (
	    (carrier = ask_next(a, &all, columns[0].what, 0, carrier)) != NULL)
		for (size_t i = 0; i < a->n; i++)
			if (strcmp(a->v[i].program, program) == 0)
				print_rows(a, &a->v[i], carrier, columns);
}

static void
print_verdicts(const struct ask *a, const struct ask_of *all)
{
	struct ask_of of = *all;
	const char *name = "";
	double value;

	printf("%-*s", LABEL, "verdicts");
	while ((name = ask_next(a, all, METRIC_VERDICTS, 0, name)) != NULL) {
		of.label = name;
		if (ask_value(a, &of, METRIC_VERDICTS, &value) && value > 0)
			printf(" %s=%.15g", name, value);
	}
	putchar('\n');
}

static void
print_program(const struct ask *a, const char *program)
{
	const struct ask_of all = {.program = program};
	double since;

	for (size_t i = 0; i < a->n; i++) {
		const struct ask_process *p = &a->v[i];
		const struct ask_of one = {program, p, NULL, NULL};

		if (strcmp(p->program, program) != 0)
			continue;
		printf("\n%-*s worker %u: ", LABEL - 1, program, p->worker);
		if (p->rc < 0)
			printf("does not answer: %s", strerror(-p->rc));
		else if (ask_value(a, &one, METRIC_START_TIME, &since))
			fputs("runs since ", stdout), print_time(since);
	}
	putchar('\n');
	if (!is_told(a, &all, METRIC_VERDICTS))
		return;
	print_verdicts(a, &all);
	print_carriers(a, program);
	print_links(a, program, "link", link_columns);
	print_links(a, program, "dialogues over", ussd_columns);
}

/* Both. */

/* Each program once: they are in order. */
static void
print_gateways(const struct ask *a, int json)
{
	const char *last = "", *between = "";

	for (size_t i = 0; i < a->n; i++) {
		const char *program = a->v[i].program;

		if (strcmp(program, last) == 0)
			continue;
		last = program;
		if (!json) {
			print_program(a, program);
			continue;
		}
		fputs(between, stdout);
		print_program_json(a, program);
		between = ",\n ";
	}
}

static int
stat_gateways(const char *run_dir, int json)
{
	struct ask a;
	int rc = ask_all(&a, run_dir), status = EXIT_OK;

	if (rc < 0) {
		log_error(DCORE, "run_dir %s: %s", run_dir, strerror(-rc));
		status = EXIT_FAULT;
	} else if (a.n == 0 && !json) {
		printf("\nno gateway runs that is asked in %s\n", run_dir);
	}
	print_gateways(&a, json);
	for (size_t i = 0; i < a.n; i++)
		if (a.v[i].rc < 0)
			status = EXIT_FAULT;
	ask_free(&a);
	return status;
}

int
cmd_stat(struct core *c, const struct options *o)
{
	int stores, gateways;

	if (o->nargs > 0)
		return usage_error("stat takes no argument", "");
	if (o->json)
		printf("{\"stores\": [");
	stores = stat_stores(c, o->json);
	if (o->json)
		printf("],\n\"gateways\": [");
	gateways = stat_gateways(c->conf->run_dir, o->json);
	if (o->json)
		puts("]}");
	return stores == EXIT_OK ? gateways : stores;
}
