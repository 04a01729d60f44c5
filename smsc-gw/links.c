/* A link's way through a reload.
 *
 *   RESTING ──links_start──▶ UP ──────────────────▶ LEAVING ──▶ GONE
 *                            ▲  bind anew, or no      │
 *                            └── section any more ────┘
 *                                with another bind
 *
 * Links that rest are started when all others have left: a new section may
 * have the account of one that goes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "links.h"

struct port {
	TAILQ_ENTRY(port) entry;
	struct link *link;
	enum { RESTING, UP, LEAVING, GONE } state;
	/* its section from now on, or in what is prepared; null for none */
	const struct conf_smsc *next;
};

struct links {
	struct event_base *base;
	struct sender *sender;
	const struct link_events *events;
	void *arg;
	int stopping;
	TAILQ_HEAD(, port) ports;
};

int
links_new(struct links **lsp, struct event_base *base, struct sender *sender,
    const struct link_events *events, void *arg)
{
	struct links *ls = calloc(1, sizeof(*ls));

	if (ls == NULL)
		return -ENOMEM;
	ls->base = base;
	ls->sender = sender;
	ls->events = events;
	ls->arg = arg;
	TAILQ_INIT(&ls->ports);
	*lsp = ls;
	return 0;
}

static void
free_port(struct links *ls, struct port *p)
{
	TAILQ_REMOVE(&ls->ports, p, entry);
	sender_remove(ls->sender, p->link);
	link_free(p->link);
	free(p);
}

void
links_free(struct links *ls)
{
	struct port *p;

	if (ls == NULL)
		return;
	while ((p = TAILQ_FIRST(&ls->ports)) != NULL)
		free_port(ls, p);
	free(ls);
}

static struct port *
port_named(const struct links *ls, const char *name)
{
	struct port *p;

	TAILQ_FOREACH (p, &ls->ports, entry)
		if (strcmp(link_conf(p->link)->name, name) == 0)
			return p;
	return NULL;
}

static struct port *
port_of(const struct links *ls, const struct link *l)
{
	struct port *p = TAILQ_FIRST(&ls->ports);

	while (p->link != l)
		p = TAILQ_NEXT(p, entry);
	return p;
}

/* Preparing. */

static int
new_port(struct links *ls, const struct conf_smsc *section)
{
	struct port *p = calloc(1, sizeof(*p));
	int rc;

	if (p == NULL)
		return -ENOMEM;
	p->next = section;
	rc = link_new(&p->link, ls->base, section, ls->events, ls->arg);
	if (rc == 0)
		rc = sender_add(ls->sender, p->link);
	if (rc < 0) {
		link_free(p->link);
		free(p);
	} else {
		TAILQ_INSERT_TAIL(&ls->ports, p, entry);
	}
	return rc;
}

static int
prepare(struct links *ls, const struct conf_smsc *section)
{
	struct port *p = port_named(ls, section->name);
	int rc;

	if (p == NULL)
		return new_port(ls, section);
	p->next = section;
	rc = link_reserve(p->link, section);
	return rc < 0 ? rc : sender_reserve(ls->sender, p->link, section);
}

int
links_prepare(struct links *ls, const struct conf *conf,
    const struct conf_carrier *carrier)
{
	struct port *p;
	int rc = 0;

	TAILQ_FOREACH (p, &ls->ports, entry)
		p->next = NULL;
	for (size_t i = 0; i < conf->nsmscs && rc == 0; i++)
		if (conf->smscs[i].carrier == carrier)
			rc = prepare(ls, &conf->smscs[i]);
	if (rc < 0)
		links_abort(ls);
	return rc;
}

void
links_abort(struct links *ls)
{
	struct port *p, *next;

	for (p = TAILQ_FIRST(&ls->ports); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (p->state == RESTING)
			free_port(ls, p);
	}
}

/* Changing. */

static void
take_on(struct links *ls, struct port *p)
{
	link_reload(p->link, p->next);
	sender_reload(ls->sender, p->link);
}

static void
leave(struct links *ls, struct port *p)
{
	p->state = LEAVING;
	sender_drain(ls->sender, p->link);
}

static void
change_port(struct links *ls, struct port *p, enum conf_change how,
    struct links_change *change)
{
	switch (how) {
	case CONF_SAME:
		change->kept++;
		take_on(ls, p);
		break;
	case CONF_LIVE:
		change->changed++;
		take_on(ls, p);
		break;
	case CONF_ANEW:
		change->restarted++;
		leave(ls, p);
		break;
	}
}

void
links_commit(struct links *ls, const struct conf *was, const struct conf *is,
    struct links_change *change)
{
	struct port *p;

	TAILQ_FOREACH (p, &ls->ports, entry) {
		if (p->state == RESTING) {
			change->opened++;
		} else if (p->next == NULL) {
			change->closed++;
			leave(ls, p);
		} else {
			change_port(ls, p,
			    conf_smsc_change(
				was, link_conf(p->link), is, p->next),
			    change);
		}
	}
}

void
links_closed(struct links *ls, struct link *l)
{
	struct port *p = port_of(ls, l);

	sender_down(ls->sender, l);
	if (p->next == NULL || ls->stopping) {
		p->state = GONE;
		return;
	}
	take_on(ls, p);
	p->state = UP;
	link_start(l);
}

int
links_settled(const struct links *ls)
{
	const struct port *p;

	TAILQ_FOREACH (p, &ls->ports, entry)
		if (p->state == LEAVING)
			return 0;
	return 1;
}

void
links_start(struct links *ls)
{
	struct port *p, *next;

	for (p = TAILQ_FIRST(&ls->ports); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		if (p->state == GONE) {
			free_port(ls, p);
		} else if (p->state == RESTING) {
			p->state = UP;
			link_start(p->link);
		}
	}
}

unsigned
links_stop(struct links *ls)
{
	struct port *p;
	unsigned n = 0;

	ls->stopping = 1;
	TAILQ_FOREACH (p, &ls->ports, entry) {
		if (p->state == GONE)
			continue;
		p->state = LEAVING;
		n++;
	}
	return n;
}

void
links_unbind(struct links *ls)
{
	struct port *p;

	TAILQ_FOREACH (p, &ls->ports, entry)
		link_unbind(p->link);
}

void
links_resume(struct links *ls)
{
	struct port *p;

	TAILQ_FOREACH (p, &ls->ports, entry)
		link_resume(p->link);
}

static void
collect(const struct link *l, struct metrics *m)
{
	const struct conf_smsc *conf = link_conf(l);
	const char *carrier = conf->carrier->name, *name = conf->name;
	const struct link_state s = link_state(l);
	const struct metric_value all[] = {
	    {METRIC_LINK_STATE, s.state},
	    {METRIC_LINK_SINCE, s.since},
	    {METRIC_LINK_DOWNS, s.counters.downs},
	    {METRIC_WINDOW, s.window.size},
	    {METRIC_WINDOW_USED, s.window.outstanding},
	    {METRIC_RATE, s.window.rate},
	    {METRIC_PACE, s.window.pace},
	    {METRIC_SUBMITS_TAKEN, s.counters.taken},
	    {METRIC_SUBMITS_PUT_OFF, s.counters.put_off},
	    {METRIC_SUBMITS_REFUSED, s.counters.refused},
	    {METRIC_SUBMITS_UNANSWERED, s.counters.unanswered},
	};

	metrics_put_all(m, all, sizeof(all) / sizeof(*all), carrier, name);
}

void
links_collect(const struct links *ls, struct metrics *m)
{
	const struct port *p;

	TAILQ_FOREACH (p, &ls->ports, entry)
		collect(p->link, m);
}
