/* smsc-gw: the SMS front end. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "core.h"
#include "deliver.h"
#include "log.h"
#include "query.h"
#include "tls.h"
#include "when.h"

static const char usage[] =
    "usage: smsc-gw -c FILE [-n | -p] [-t TIME]\n"
    "\n"
    "  -c, --config FILE  the configuration, travelcard.conf(5)\n"
    "  -n, --check        check the configuration and exit\n"
    "  -p, --print        print what is in force and exit\n"
    "  -t, --time TIME    start the clock at TIME, for tests\n"
    "  -h, --help         this text\n"
    "\n"
    "Binds to every SMSC of the configuration and answers until SIGTERM or\n"
    "SIGINT. See smsc-gw(8).\n";

struct options {
	const char *conf, *time;
	int check, print;
};

struct gateway {
	struct event_base *base;
	struct core *core;
	struct query *query;
	struct deliver **carriers;
	size_t ncarriers, open;
};

static void
parse_options(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"check", no_argument, NULL, 'n'},
	    {"print", no_argument, NULL, 'p'},
	    {"time", required_argument, NULL, 't'},
	    {"help", no_argument, NULL, 'h'},
	    {0},
	};
	int ch;

	*o = (struct options){0};
	while ((ch = getopt_long(argc, argv, "c:npt:h", longs, NULL)) != -1) {
		switch (ch) {
		case 'c':
			o->conf = optarg;
			break;
		case 'n':
			o->check = 1;
			break;
		case 'p':
			o->print = 1;
			break;
		case 't':
			o->time = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (o->conf == NULL || optind < argc) {
		fputs(usage, stderr);
		exit(2);
	}
}

/* What this version cannot serve must not be found out by a subscriber. */
static int
check_services(const struct conf *conf)
{
	int rc = 0;

	for (size_t i = 0; i < conf->nservices; i++) {
		const struct conf_service *s = &conf->services[i];

		if (conf_service_is_dialled(s) || s->consent == CONSENT_NONE ||
		    (s->consent == CONSENT_REPLY &&
			s->identity == IDENTITY_PROMPT))
			continue;
		log_error(DCONF,
		    "%s: service \"%s\": this version serves consent = none, "
		    "or reply with identity = prompt",
		    conf->path, s->name);
		rc = -1;
	}
	if (conf->nsmscs == 0) {
		log_error(DCONF, "%s: there is no smsc section", conf->path);
		rc = -1;
	}
	return rc;
}

static int
check_links(const struct conf *conf)
{
	int rc = 0;

	for (size_t i = 0; i < conf->nsmscs; i++)
		if (tls_check(&conf->smscs[i]) < 0)
			rc = -1;
	return rc;
}

/* A store that is away may come back; one that was made with another key or
 * on other terms never fits. */
static int
check_stores(struct core *c)
{
	int rc = 0;

	for (size_t i = 0; i < c->nvaults; i++) {
		switch (core_store(c, c->vaults[i], STORE_READ)) {
		case -EKEYREJECTED:
		case -EINVAL:
			rc = -1;
			break;
		case 0:
			core_store_close(c->vaults[i]);
		}
	}
	return rc;
}

static void
on_closed(void *arg)
{
	struct gateway *g = arg;

	if (--g->open == 0)
		event_base_loopexit(g->base, NULL);
}

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct gateway *g = arg;

	(void)fd;
	(void)what;
	log_info(DCORE, "stopping carriers=%zu", g->open);
	for (size_t i = 0; i < g->ncarriers; i++)
		deliver_stop(g->carriers[i]);
}

/* A carrier without an smsc section is another gateway's. */
static int
open_carriers(struct gateway *g)
{
	const struct conf *conf = g->core->conf;

	g->carriers = calloc(conf->ncarriers, sizeof(*g->carriers));
	if (g->carriers == NULL)
		return -1;
	for (size_t i = 0; i < conf->ncarriers; i++) {
		int rc = deliver_new(&g->carriers[g->ncarriers], g->base,
		    g->core, g->query, &conf->carriers[i], on_closed, g);

		if (rc < 0 && rc != -ENOENT)
			return rc;
		g->ncarriers += rc == 0;
	}
	g->open = g->ncarriers;
	return 0;
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
serve(struct gateway *g)
{
	struct event *term, *intr, *hup;

	signal(SIGPIPE, SIG_IGN);
	g->base = event_base_new();
	if (g->base == NULL || query_new(&g->query, g->core) < 0 ||
	    open_carriers(g) < 0)
		fatal("cannot serve; see above");
	term = evsignal_new(g->base, SIGTERM, on_stop, g);
	intr = evsignal_new(g->base, SIGINT, on_stop, g);
	hup = evsignal_new(g->base, SIGHUP, on_hangup, g);
	if (term == NULL || intr == NULL || hup == NULL ||
	    event_add(term, NULL) < 0 || event_add(intr, NULL) < 0 ||
	    event_add(hup, NULL) < 0)
		fatal("no signal handlers");
	log_info(DCORE, "smsc-gw runs carriers=%zu", g->ncarriers);
	event_base_dispatch(g->base);
	for (size_t i = 0; i < g->ncarriers; i++)
		deliver_free(g->carriers[i]);
	free(g->carriers);
	query_free(g->query);
	event_free(term);
	event_free(intr);
	event_free(hup);
	event_base_free(g->base);
}

static int
start_clock(const char *time)
{
	int64_t t;

	if (time == NULL)
		return 0;
	if (when_parse(time, strlen(time), &t) < 0) {
		fprintf(stderr, "smsc-gw: -t %s: not a time\n", time);
		return -1;
	}
	when_set(t, 1);
	return 0;
}

int
main(int argc, char **argv)
{
	struct gateway g = {0};
	struct options o;

	key_no_dumps();
	parse_options(argc, argv, &o);
	if (core_open(&g.core, o.conf) < 0)
		return 1;
	if (start_clock(o.time) < 0)
		return 2;
	if (o.print)
		conf_print(g.core->conf, stdout);
	else if (check_services(g.core->conf) < 0 ||
	    check_links(g.core->conf) < 0 || check_stores(g.core) < 0)
		return 1;
	else if (!o.check)
		serve(&g);
	core_close(g.core);
	return 0;
}
