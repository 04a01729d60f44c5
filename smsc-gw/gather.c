/* A part is not promised before it is durable: the deliver_sm of one read
 * wait here for the commit that they share. The part that makes a text whole
 * waits for the answer, as any query does, and not for the commit: should
 * that fail, those it was to make durable are the SMSC's still. */
#include <errno.h>
#include <stdlib.h>

#include "gather.h"
#include "when.h"

#define UNSETTLED_MAX 1024 /* more than one read holds */
#define EXPIRE_SECONDS 2
#define EXPIRE_MAX 512

struct gather {
	struct state *state;
	struct parts *parts;
	struct event *expire;
	struct origin unsettled[UNSETTLED_MAX];
	size_t n;
};

/* Alone in its batch: nothing is written between two reads. */
static void
on_expire(evutil_socket_t fd, short what, void *arg)
{
	struct gather *g = arg;

	(void)fd;
	(void)what;
	parts_expire(g->parts, when_now(), EXPIRE_MAX);
	state_commit(g->state);
}

int
gather_new(struct gather **gp, struct event_base *base, struct state *state,
    const struct key *key, const char *carrier)
{
	const struct timeval every = {EXPIRE_SECONDS, 0};
	struct gather *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return -ENOMEM;
	g->state = state;
	g->expire = event_new(base, -1, EV_PERSIST, on_expire, g);
	if (g->expire == NULL || event_add(g->expire, &every) < 0 ||
	    parts_new(&g->parts, state, key, carrier, PARTS_ROOM) < 0) {
		gather_free(g);
		return -ENOMEM;
	}
	*gp = g;
	return 0;
}

void
gather_free(struct gather *g)
{
	if (g == NULL)
		return;
	parts_free(g->parts);
	if (g->expire != NULL)
		event_free(g->expire);
	free(g);
}

int
gather_add(struct gather *g, const struct origin *origin,
    const struct deliver_sm *sm, const struct concat_part *part, int64_t now,
    uint8_t out[PARTS_TEXT], size_t *len)
{
	struct concat_name name;
	const struct part p = {
	    .name = &name,
	    .name_len = sizeof(name),
	    .source = name.source,
	    .source_len = sizeof(name.source),
	    .total = part->total,
	    .number = part->number,
	    .octets = part->text,
	    .len = part->len,
	};
	int rc;

	if (g->n == UNSETTLED_MAX)
		return -ENOBUFS;
	concat_name(sm, part, &name);
	rc = parts_add(g->parts, &p, now, out, len);
	if (rc == 0)
		g->unsettled[g->n++] = *origin;
	return rc;
}

unsigned
gather_settle(struct gather *g, int rc)
{
	unsigned refused = rc == 0 ? 0 : g->n;

	for (size_t i = 0; i < g->n; i++) {
		const struct origin *o = &g->unsettled[i];

		link_ack(o->link, &o->request,
		    rc == 0 ? ESME_ROK : link_conf(o->link)->retry_status);
	}
	g->n = 0;
	return refused;
}

unsigned long
gather_lost(const struct gather *g)
{
	return parts_lost(g->parts);
}
