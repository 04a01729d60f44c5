/* HLRs and signals.
 *
 * SIGHUP loads the file anew beside what is in force. Everything that can go
 * wrong (the file, tables, keys, stores, memory) goes wrong before anything is
 * changed; then all of it is, at once. An HLR whose section stays, or differs
 * in what an open link can take on, keeps its link and its dialogues. What
 * was prepared connects only when the loop goes on: when what it replaces has
 * let go of its name. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "gateway.h"
#include "log.h"
#include "program.h"
#include "query.h"
#include "session.h"
#include "teller.h"
#include "turns.h"
#include "when.h"

#define NAMES_MAX 64

static const char *names[NAMES_MAX]; /* of -l */
static size_t nnames;

/* One HLR. */
struct serving {
	TAILQ_ENTRY(serving) entry;
	struct sessions *sessions;
	int is_new;                  /* prepared, and not yet in force */
	const struct conf_hlr *next; /* in what is prepared, or null */
};

struct gateway {
	struct event_base *base;
	struct turns *turns;
	struct core *core;
	struct query *query;
	struct teller *teller;
	int64_t since; /* epoch seconds */
	TAILQ_HEAD(, serving) hlrs;
};

/* Checks. */

void
gateway_take_name(int ch, const char *name)
{
	(void)ch;
	if (nnames == NAMES_MAX) {
		fprintf(stderr, "ussd-gw: -l: more than %d\n", NAMES_MAX);
		exit(2);
	}
	names[nnames++] = name;
}

/* Is it one of those to serve? */
static int
is_named(const struct conf_hlr *h)
{
	for (size_t i = 0; i < nnames; i++)
		if (strcmp(names[i], h->name) == 0)
			return 1;
	return nnames == 0;
}

static int
check_names(const struct conf *conf)
{
	int rc = 0;

	for (size_t i = 0; i < nnames; i++) {
		size_t j = 0;

		while (j < conf->nhlrs &&
		    strcmp(conf->hlrs[j].name, names[i]) != 0)
			j++;
		if (j < conf->nhlrs)
			continue;
		log_error(DCONF, "%s: there is no hlr section \"%s\"",
		    conf->path, names[i]);
		rc = -1;
	}
	return rc;
}

static int
check_carriers(const struct conf *conf)
{
	int rc = 0;

	for (size_t i = 0; i < conf->nhlrs; i++) {
		const struct conf_hlr *h = &conf->hlrs[i];

		if (is_named(h) &&
		    program_check_dialled(conf, "hlr", h->name, h->carrier) < 0)
			rc = -1;
	}
	return rc;
}

int
gateway_check(const struct core *c)
{
	int rc = program_check_pages(c);

	if (check_names(c->conf) < 0 || check_carriers(c->conf) < 0)
		rc = -1;
	for (size_t i = 0; i < c->nvaults; i++)
		if (!core_store_fits(c, c->vaults[i]))
			rc = -1;
	if (c->conf->nhlrs > 0)
		return rc;
	log_error(DCONF, "%s: there is no hlr section", c->conf->path);
	return -1;
}

/* From one configuration to the next. */

static void
free_serving(struct gateway *g, struct serving *s)
{
	TAILQ_REMOVE(&g->hlrs, s, entry);
	sessions_free(s->sessions);
	free(s);
}

static int
new_serving(struct gateway *g, struct core *c, const struct conf_hlr *section)
{
	struct serving *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return -ENOMEM;
	s->is_new = 1;
	rc =
	    sessions_new(&s->sessions, g->base, g->turns, c, g->query, section);
	if (rc < 0)
		free(s);
	else
		TAILQ_INSERT_TAIL(&g->hlrs, s, entry);
	return rc;
}

/* That of a section's name which is in force; null for none. */
static struct serving *
serving_named(struct gateway *g, const char *name)
{
	struct serving *s;

	TAILQ_FOREACH (s, &g->hlrs, entry)
		if (!s->is_new &&
		    strcmp(sessions_conf(s->sessions)->name, name) == 0)
			return s;
	return NULL;
}

/* How a section is taken on; anew too when its carrier has another store. */
static enum conf_change
change_to(const struct gateway *g, const struct serving *s,
    const struct core *c, const struct conf_hlr *section)
{
	const struct conf_hlr *was = sessions_conf(s->sessions);

	if (core_vault(g->core, was->carrier) !=
	    core_vault(c, section->carrier))
		return CONF_ANEW;
	return conf_hlr_change(g->core->conf, was, c->conf, section);
}

static int
prepare_section(
    struct gateway *g, struct core *c, const struct conf_hlr *section)
{
	struct serving *s = serving_named(g, section->name);

	if (s == NULL || change_to(g, s, c, section) == CONF_ANEW)
		return new_serving(g, c, section);
	s->next = section;
	return 0;
}

static void
abort_reload(struct gateway *g)
{
	struct serving *s, *next;

	for (s = TAILQ_FIRST(&g->hlrs); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->is_new)
			free_serving(g, s);
	}
}

static int
prepare(struct core *c, void *arg)
{
	struct gateway *g = arg;
	struct serving *s;
	int rc = core_audit(c, "ussd-gw");

	if (rc == 0)
		rc = core_records(c);
	TAILQ_FOREACH (s, &g->hlrs, entry)
		s->next = NULL;
	for (size_t i = 0; i < c->conf->nhlrs && rc == 0; i++)
		if (is_named(&c->conf->hlrs[i]))
			rc = prepare_section(g, c, &c->conf->hlrs[i]);
	if (rc < 0)
		abort_reload(g);
	return rc;
}

static void
count(struct gateway *g, const struct core *c, struct links_change *change)
{
	struct serving *s;
	unsigned *to, gone = 0;

	TAILQ_FOREACH (s, &g->hlrs, entry) {
		if (s->is_new)
			to = serving_named(g, sessions_conf(s->sessions)->name)
			    ? &change->restarted
			    : &change->opened;
		else if (s->next == NULL)
			to = &gone;
		else if (change_to(g, s, c, s->next) == CONF_LIVE)
			to = &change->changed;
		else
			to = &change->kept;
		(*to)++;
	}
	change->closed = gone - change->restarted;
}

/* Which are to leave one another time. */
static void
share(struct gateway *g)
{
	const struct conf_carrier *first = NULL;
	struct serving *s;
	int several = 0;

	TAILQ_FOREACH (s, &g->hlrs, entry) {
		const struct conf_hlr *h = sessions_conf(s->sessions);

		if (first == NULL)
			first = h->carrier;
		several |= h->carrier != first;
	}
	TAILQ_FOREACH (s, &g->hlrs, entry)
		sessions_share(s->sessions, several);
}

static void
commit(struct gateway *g, struct core *c)
{
	struct serving *s, *next;

	for (s = TAILQ_FIRST(&g->hlrs); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->is_new)
			s->is_new = 0;
		else if (s->next == NULL)
			free_serving(g, s);
		else
			sessions_reload(s->sessions, c, s->next);
	}
	share(g);
	query_reload(g->query, c);
}

static void
on_hangup(evutil_socket_t fd, short what, void *arg)
{
	struct links_change change = {0};
	struct gateway *g = arg;
	struct core *c, *old = g->core;

	(void)fd;
	(void)what;
	if (program_reload(&c, old, gateway_check, prepare, g) < 0)
		return;
	count(g, c, &change);
	commit(g, c);
	core_begin(c, old);
	g->core = c;
	core_close(old);
	teller_reload(g->teller, c->conf);
	program_reloaded(c, &change);
}

/* What is told of it. */

/* Has an HLR before this one the same carrier? */
static int
is_told(const struct gateway *g, const struct serving *last)
{
	const struct conf_carrier *carrier =
	    sessions_conf(last->sessions)->carrier;
	const struct serving *s;

	TAILQ_FOREACH (s, &g->hlrs, entry) {
		if (s == last)
			break;
		if (sessions_conf(s->sessions)->carrier == carrier)
			return 1;
	}
	return 0;
}

/* The worst of a carrier's HLRs, and what was counted of all of them. */
static struct sessions_load
load_of(const struct gateway *g, const struct conf_carrier *carrier)
{
	struct sessions_load all = {0}, one;
	const struct serving *s;

	TAILQ_FOREACH (s, &g->hlrs, entry) {
		if (sessions_conf(s->sessions)->carrier != carrier)
			continue;
		one = sessions_load(s->sessions);
		if (all.level < one.level)
			all.level = one.level;
		if (all.delay < one.delay)
			all.delay = one.delay;
		all.is_open |= one.is_open;
		all.changes += one.changes;
		all.opened += one.opened;
	}
	return all;
}

static void
collect_carrier(const struct gateway *g, const struct conf_carrier *carrier,
    struct metrics *m)
{
	const struct sessions_load l = load_of(g, carrier);
	const struct metric_value all[] = {
	    {METRIC_SHEDDING, l.level},
	    {METRIC_SHEDDING_CHANGES, l.changes},
	    {METRIC_BREAKER_OPEN, l.is_open},
	    {METRIC_BREAKER_OPENED, l.opened},
	    {METRIC_QUEUE_DELAY, l.delay / 1e3},
	};

	metrics_put_all(
	    m, all, sizeof(all) / sizeof(*all), carrier->name, NULL);
	query_collect_store(g->query, carrier, m);
}

static void
on_collect(struct metrics *m, void *arg)
{
	const struct gateway *g = arg;
	struct serving *s;

	metrics_put(m, METRIC_START_TIME, g->since, NULL, NULL);
	query_collect(g->query, m);
	TAILQ_FOREACH (s, &g->hlrs, entry) {
		if (!is_told(g, s))
			collect_carrier(
			    g, sessions_conf(s->sessions)->carrier, m);
		sessions_collect(s->sessions, m);
	}
}

/* The way of it. */

static size_t
count_hlrs(const struct gateway *g)
{
	const struct serving *s;
	size_t n = 0;

	TAILQ_FOREACH (s, &g->hlrs, entry)
		n++;
	return n;
}

/* Once what was just read is answered. */
static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct gateway *g = arg;

	(void)fd;
	(void)what;
	log_info(DCORE, "stopping hlrs=%zu", count_hlrs(g));
	event_base_loopexit(g->base, NULL);
}

static int
open_gateway(struct gateway *g)
{
	TAILQ_INIT(&g->hlrs);
	g->base = event_base_new();
	if (g->base == NULL || turns_new(&g->turns, g->base) < 0 ||
	    query_new(&g->query, g->core) < 0 ||
	    teller_new(&g->teller, g->base, "ussd-gw", program_worker(),
		on_collect, g) < 0 ||
	    prepare(g->core, g) < 0)
		return -ENOMEM;
	commit(g, g->core);
	g->since = when_now();
	teller_reload(g->teller, g->core->conf);
	return 0;
}

static void
close_gateway(struct gateway *g)
{
	struct serving *s;

	teller_free(g->teller);
	while ((s = TAILQ_FIRST(&g->hlrs)) != NULL)
		free_serving(g, s);
	query_free(g->query);
	turns_free(g->turns);
	event_base_free(g->base);
	core_close(g->core);
}

int
gateway_serve(struct core *core)
{
	static const struct {
		int number;
		event_callback_fn call;
	} signals[] = {
	    {SIGTERM, on_stop}, {SIGINT, on_stop}, {SIGHUP, on_hangup}};
	struct gateway g = {.core = core};
	struct event *on[3];

	signal(SIGPIPE, SIG_IGN);
	if (open_gateway(&g) < 0)
		fatal("cannot serve; see above");
	for (int i = 0; i < 3; i++) {
		on[i] = evsignal_new(
		    g.base, signals[i].number, signals[i].call, &g);
		if (on[i] == NULL || event_add(on[i], NULL) < 0)
			fatal("no signal handlers");
	}
	program_hangup(SIG_UNBLOCK);
	log_info(DCORE, "ussd-gw runs hlrs=%zu", count_hlrs(&g));
	event_base_dispatch(g.base);
	program_hangup(SIG_BLOCK);
	for (int i = 0; i < 3; i++)
		event_free(on[i]);
	close_gateway(&g);
	return 0;
}
