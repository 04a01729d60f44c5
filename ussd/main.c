/* ussd-gw: the USSD front end. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "core.h"
#include "log.h"
#include "program.h"
#include "query.h"
#include "session.h"

static const char usage[] =
    "usage: ussd-gw -c FILE [-n | -p] [-l NAME ...] [-t TIME]\n"
    "\n"
    "  -c, --config FILE  the configuration, travelcard.conf(5)\n"
    "  -n, --check        check the configuration and exit\n"
    "  -p, --print        print what is in force and exit\n"
    "  -l, --hlr NAME     serve this hlr section, and no other but those\n"
    "                     named likewise\n"
    "  -t, --time TIME    start the clock at TIME, for tests\n"
    "  -h, --help         this text\n"
    "\n"
    "Attaches to every HLR of the configuration and answers until SIGTERM or\n"
    "SIGINT. See ussd-gw(8).\n";

#define NAMES_MAX 64

static const char *names[NAMES_MAX]; /* of -l */
static size_t nnames;

struct gateway {
	struct event_base *base;
	struct query *query;
	struct sessions **hlrs;
	size_t nhlrs;
};

static void
take_name(int ch, const char *value)
{
	(void)ch;
	if (nnames == NAMES_MAX) {
		fprintf(stderr, "ussd-gw: -l: more than %d\n", NAMES_MAX);
		exit(2);
	}
	names[nnames++] = value;
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

static int
check(const struct core *c)
{
	int rc = program_check_services(c->conf, 1);

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

static int
open_hlrs(struct gateway *g, struct core *c)
{
	const struct conf *conf = c->conf;
	int rc = 0;

	g->hlrs = calloc(conf->nhlrs, sizeof(*g->hlrs));
	if (g->hlrs == NULL)
		return -1;
	for (size_t i = 0; i < conf->nhlrs && rc == 0; i++) {
		if (!is_named(&conf->hlrs[i]))
			continue;
		rc = sessions_new(
		    &g->hlrs[g->nhlrs], g->base, c, g->query, &conf->hlrs[i]);
		g->nhlrs += rc == 0;
	}
	return rc;
}

static int
open_all(struct gateway *g, struct core *c)
{
	g->base = event_base_new();
	if (g->base == NULL || query_new(&g->query, c) < 0 ||
	    core_records(c) < 0)
		return -1;
	return open_hlrs(g, c);
}

static void
close_all(struct gateway *g)
{
	for (size_t i = 0; i < g->nhlrs; i++)
		sessions_free(g->hlrs[i]);
	free(g->hlrs);
	query_free(g->query);
	event_base_free(g->base);
}

/* Once what was just read is answered. */
static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct gateway *g = arg;

	(void)fd;
	(void)what;
	log_info(DCORE, "stopping hlrs=%zu", g->nhlrs);
	event_base_loopexit(g->base, NULL);
}

static void
on_hangup(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	log_notice(DCORE, "SIGHUP: to change the configuration, restart");
}

static void
serve(struct core *c)
{
	static const struct {
		int number;
		event_callback_fn call;
	} signals[] = {
	    {SIGTERM, on_stop}, {SIGINT, on_stop}, {SIGHUP, on_hangup}};
	struct event *on[3];
	struct gateway g = {0};

	signal(SIGPIPE, SIG_IGN);
	if (open_all(&g, c) < 0)
		fatal("cannot serve; see above");
	for (int i = 0; i < 3; i++) {
		on[i] = evsignal_new(
		    g.base, signals[i].number, signals[i].call, &g);
		if (on[i] == NULL || event_add(on[i], NULL) < 0)
			fatal("no signal handlers");
	}
	program_hangup(SIG_UNBLOCK);
	log_info(DCORE, "ussd-gw runs hlrs=%zu", g.nhlrs);
	event_base_dispatch(g.base);
	program_hangup(SIG_BLOCK);
	for (int i = 0; i < 3; i++)
		event_free(on[i]);
	close_all(&g);
	core_close(c);
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'n'},
	    {"print", no_argument, NULL, 'p'},
	    {"hlr", required_argument, NULL, 'l'},
	    {"time", required_argument, NULL, 't'},
	    {"help", no_argument, NULL, 'h'},
	    {0},
	};
	const struct program p = {
	    .name = "ussd-gw",
	    .usage = usage,
	    .shorts = "c:npl:t:h",
	    .longs = longs,
	    .option = take_name,
	    .check = check,
	    .serve = serve,
	};

	return program_main(&p, argc, argv);
}
