/* Carriers and signals.
 *
 * SIGHUP loads the file anew beside what is in force. Everything that can go
 * wrong (the file, tables, keys, stores, memory) goes wrong before anything is
 * changed; then all of it is, at once. What the new configuration has no more
 * lives on in the old one until its links have left, and only then is another
 * SIGHUP heeded, so there are never more than two. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "deliver.h"
#include "gateway.h"
#include "log.h"
#include "program.h"
#include "query.h"
#include "refusing.h"
#include "teller.h"
#include "tls.h"
#include "turns.h"
#include "when.h"
#include "workers.h"

#define RECALLED (1u << 22) /* texts; eight octets each, when in use */

struct serving {
	TAILQ_ENTRY(serving) entry;
	struct deliver *deliver;
	struct refusing refusing;
	enum { NEW, SERVES, LEAVES } state;
	const struct conf_carrier *next; /* in what is prepared, or null */
};

struct gateway {
	struct event_base *base;
	struct event *term, *intr, *hup, *settle, *watch;
	struct core *core;
	struct core *old; /* while settling, or null */
	struct query *query;
	struct turns *turns;
	struct recall *recall; /* shared by all workers, as is query's memory */
	struct teller *teller;
	int64_t since; /* epoch seconds */
	TAILQ_HEAD(, serving) carriers;
	int settling; /* until start */
	int hung_up;  /* another SIGHUP came meanwhile */
	int stopping;
};

/* Checks. */

static int
has_ussd(const struct conf *conf)
{
	for (size_t i = 0; i < conf->nsmscs; i++)
		if (conf->smscs[i].ussd)
			return 1;
	return 0;
}

static int
check_ussd(const struct core *c)
{
	const struct conf *conf = c->conf;
	int rc = 0;

	if (!has_ussd(conf))
		return 0;
	if (program_check_pages(c) < 0)
		rc = -1;
	for (size_t i = 0; i < conf->nsmscs; i++) {
		const struct conf_smsc *s = &conf->smscs[i];

		if (s->ussd &&
		    program_check_dialled(conf, "smsc", s->name, s->carrier) <
			0)
			rc = -1;
	}
	return rc;
}

int
gateway_check(const struct core *c)
{
	int rc = check_ussd(c);

	if (c->conf->nsmscs == 0) {
		log_error(DCONF, "%s: there is no smsc section", c->conf->path);
		rc = -1;
	}
	for (size_t i = 0; i < c->conf->nsmscs; i++)
		if (tls_check(&c->conf->smscs[i]) < 0)
			rc = -1;
	for (size_t i = 0; i < c->nvaults; i++)
		if (!core_store_fits(c, c->vaults[i]))
			rc = -1;
	return rc;
}

/* From one configuration to the next. */

static void
on_settled(void *arg)
{
	struct gateway *g = arg;

	event_active(g->settle, 0, 0);
}

static void
free_serving(struct gateway *g, struct serving *s)
{
	TAILQ_REMOVE(&g->carriers, s, entry);
	deliver_free(s->deliver);
	free(s);
}

static int
new_serving(struct gateway *g, struct core *c, const struct conf_carrier *to)
{
	struct serving *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return -ENOMEM;
	s->next = to;
	rc = deliver_new(&s->deliver, g->base, c, g->query, g->turns, g->recall,
	    to, on_settled, g);
	if (rc < 0)
		free(s);
	else
		TAILQ_INSERT_TAIL(&g->carriers, s, entry);
	return rc;
}

/* The one that can go on as a carrier: of its name, with the same store and
 * key. */
static struct serving *
serving_for(
    struct gateway *g, const struct core *c, const struct conf_carrier *to)
{
	struct serving *s;

	TAILQ_FOREACH (s, &g->carriers, entry) {
		const struct conf_carrier *is = deliver_carrier(s->deliver);

		if (strcmp(is->name, to->name) == 0 &&
		    core_vault(g->core, is) == core_vault(c, to))
			return s;
	}
	return NULL;
}

/* A carrier without an smsc section is another gateway's. */
static int
has_links(const struct conf *conf, const struct conf_carrier *carrier)
{
	for (size_t i = 0; i < conf->nsmscs; i++)
		if (conf->smscs[i].carrier == carrier)
			return 1;
	return 0;
}

static int
prepare_carrier(
    struct gateway *g, struct core *c, const struct conf_carrier *to)
{
	struct serving *s = serving_for(g, c, to);

	if (s == NULL)
		return new_serving(g, c, to);
	s->next = to;
	return deliver_prepare(s->deliver, c, to);
}

static void
abort_reload(struct gateway *g)
{
	struct serving *s, *next;

	for (s = TAILQ_FIRST(&g->carriers); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->state == NEW)
			free_serving(g, s);
		else
			deliver_abort(s->deliver);
	}
}

/* A chain for each worker, which goes on where the last one of its number
 * ended. */
static int
audit(struct core *c)
{
	char program[16] = "smsc-gw";

	if (program_worker() > 0)
		snprintf(
		    program, sizeof(program), "smsc-gw.%u", program_worker());
	return core_audit(c, program);
}

static int
prepare(struct core *c, void *arg)
{
	struct gateway *g = arg;
	struct serving *s;
	int rc = workers_fit(g->core, c);

	if (rc == 0)
		rc = audit(c);
	if (rc == 0 && has_ussd(c->conf))
		rc = core_records(c);
	TAILQ_FOREACH (s, &g->carriers, entry)
		s->next = NULL;
	for (size_t i = 0; i < c->conf->ncarriers && rc == 0; i++)
		if (has_links(c->conf, &c->conf->carriers[i]))
			rc = prepare_carrier(g, c, &c->conf->carriers[i]);
	if (rc < 0)
		abort_reload(g);
	return rc;
}

static void
commit(struct gateway *g, struct core *c, struct links_change *change)
{
	struct serving *s;
	unsigned served = 0;

	TAILQ_FOREACH (s, &g->carriers, entry)
		served += s->next != NULL;
	TAILQ_FOREACH (s, &g->carriers, entry) {
		deliver_commit(s->deliver, c, s->next, served > 1, change);
		s->state = s->next != NULL ? SERVES : LEAVES;
	}
	query_reload(g->query, c);
	g->settling = 1;
	event_active(g->settle, 0, 0);
}

static void
reload(struct gateway *g)
{
	struct links_change change = {0};
	struct core *c;

	if (program_reload(&c, g->core, gateway_check, prepare, g) < 0)
		return;
	commit(g, c, &change);
	core_begin(c, g->core);
	g->old = g->core;
	g->core = c;
	teller_reload(g->teller, c->conf);
	program_reloaded(c, &change);
}

/* Nothing is left of what was before. */
static void
start(struct gateway *g)
{
	struct serving *s, *next;

	for (s = TAILQ_FIRST(&g->carriers); s != NULL; s = next) {
		next = TAILQ_NEXT(s, entry);
		if (s->state == LEAVES)
			free_serving(g, s);
		else
			deliver_start(s->deliver);
	}
	core_close(g->old);
	g->old = NULL;
	g->settling = 0;
}

static void
on_settle(evutil_socket_t fd, short what, void *arg)
{
	struct gateway *g = arg;
	struct serving *s;

	(void)fd;
	(void)what;
	TAILQ_FOREACH (s, &g->carriers, entry)
		if (!deliver_is_settled(s->deliver))
			return;
	if (g->stopping) {
		event_base_loopexit(g->base, NULL);
		return;
	}
	start(g);
	if (g->hung_up) {
		g->hung_up = 0;
		reload(g);
	}
}

/* What is told of it. */

static void
on_collect(struct metrics *m, void *arg)
{
	const struct gateway *g = arg;
	struct serving *s;

	metrics_put(m, METRIC_START_TIME, g->since, NULL, NULL);
	query_collect(g->query, m);
	TAILQ_FOREACH (s, &g->carriers, entry)
		if (s->state == SERVES)
			deliver_collect(s->deliver, m);
}

/* What changes and is to be heard of. */
static void
on_watch(evutil_socket_t fd, short what, void *arg)
{
	struct gateway *g = arg;
	struct serving *s;

	(void)fd;
	(void)what;
	query_watch(g->query);
	TAILQ_FOREACH (s, &g->carriers, entry) {
		const struct intake_state i = deliver_intake(s->deliver);

		if (s->state == SERVES)
			refusing_watch(&s->refusing,
			    deliver_carrier(s->deliver)->name, &i,
			    when_ticks());
	}
}

/* Signals. */

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct gateway *g = arg;
	struct serving *s;
	size_t n = 0;

	(void)fd;
	(void)what;
	if (g->stopping)
		return; /* a terminal signals this process and its master */
	TAILQ_FOREACH (s, &g->carriers, entry) {
		deliver_stop(s->deliver);
		n++;
	}
	log_info(DCORE, "stopping carriers=%zu", n);
	g->stopping = 1;
	on_settled(g);
}

static void
on_hangup(evutil_socket_t fd, short what, void *arg)
{
	struct gateway *g = arg;
	const char *path = g->core->conf->path;

	(void)fd;
	(void)what;
	if (g->stopping) {
		log_notice(DCORE, "SIGHUP: %s: not read, for this ends", path);
	} else if (g->settling) {
		log_notice(DCORE,
		    "SIGHUP: %s: read when the links that leave have left",
		    path);
		g->hung_up = 1;
	} else {
		reload(g);
	}
}

static int
heed_signals(struct gateway *g)
{
	g->term = evsignal_new(g->base, SIGTERM, on_stop, g);
	g->intr = evsignal_new(g->base, SIGINT, on_stop, g);
	g->hup = evsignal_new(g->base, SIGHUP, on_hangup, g);
	if (g->term == NULL || g->intr == NULL || g->hup == NULL ||
	    event_add(g->term, NULL) < 0 || event_add(g->intr, NULL) < 0 ||
	    event_add(g->hup, NULL) < 0)
		return -ENOMEM;
	program_hangup(SIG_UNBLOCK);
	return 0;
}

static int
open_gateway(struct gateway *g)
{
	const struct timeval often = {1, 0};
	struct links_change change = {0};

	TAILQ_INIT(&g->carriers);
	g->base = event_base_new();
	if (g->base == NULL)
		return -ENOMEM;
	g->settle = event_new(g->base, -1, 0, on_settle, g);
	g->watch = event_new(g->base, -1, EV_PERSIST, on_watch, g);
	if (g->settle == NULL || g->watch == NULL ||
	    event_add(g->watch, &often) < 0 ||
	    turns_new(&g->turns, g->base) < 0 ||
	    teller_new(&g->teller, g->base, "smsc-gw", program_worker(),
		on_collect, g) < 0 ||
	    prepare(g->core, g) < 0)
		return -ENOMEM;
	commit(g, g->core, &change);
	g->since = when_now();
	teller_reload(g->teller, g->core->conf);
	return heed_signals(g);
}

static void
close_gateway(struct gateway *g)
{
	struct serving *s;

	program_hangup(SIG_BLOCK);
	teller_free(g->teller);
	while ((s = TAILQ_FIRST(&g->carriers)) != NULL)
		free_serving(g, s);
	turns_free(g->turns);
	event_free(g->term);
	event_free(g->intr);
	event_free(g->hup);
	event_free(g->settle);
	event_free(g->watch);
	event_base_free(g->base);
	core_close(g->old);
	core_close(g->core);
}

static void
serve(struct gateway *g)
{
	struct serving *s;
	size_t n = 0;

	query_join(g->query, g->core);
	if (open_gateway(g) < 0)
		fatal("cannot serve; see above");
	TAILQ_FOREACH (s, &g->carriers, entry)
		n++;
	log_info(DCORE, "smsc-gw runs carriers=%zu", n);
	event_base_dispatch(g->base);
	close_gateway(g);
}

static void
on_worker_ended(unsigned worker, void *arg)
{
	struct gateway *g = arg;

	query_left(g->query, worker);
}

int
gateway_serve(struct core *core)
{
	struct gateway g = {0};
	struct workers w = {
	    .core = core,
	    .check = gateway_check,
	    .ended = on_worker_ended,
	    .arg = &g,
	};
	int status;

	signal(SIGPIPE, SIG_IGN);
	if (query_new(&g.query, core) < 0 ||
	    recall_new(&g.recall, RECALLED) < 0)
		fatal("no memory");
	status = workers_run(&w);
	g.core = w.core;
	if (status < 0) {
		serve(&g);
		status = 0;
	} else {
		core_close(g.core);
	}
	query_free(g.query);
	recall_free(g.recall);
	return status;
}
