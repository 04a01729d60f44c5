/* A sender is made, and freed; links come, get other options, and go, with
 * room for as many answers as their windows need. How one that goes has the
 * time to finish is send_later.c's. */
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "sender.h"
#include "when.h"

#define CLAIMS 256u /* answers of those that others left */

/* The most answers of one link on their way at once: a window full, and as
 * many that wait or pause as make it three more. */
static unsigned
quota(const struct conf_smsc *conf)
{
	return 4 * conf->window;
}

int
sender_new(struct sender **sp, struct event_base *base, struct state *state,
    struct outbox *outbox, struct query *query, struct receipts *receipts,
    sender_idle_h *idle, void *arg)
{
	struct sender *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	s->state = state;
	s->outbox = outbox;
	s->query = query;
	s->receipts = receipts;
	s->idle = idle;
	s->arg = arg;
	s->now = when_ticks();
	s->leased = time(NULL) + OUTBOX_LEASE;
	if (jobs_init(&s->jobs, CLAIMS) < 0 || sender_tick(s, base) < 0) {
		sender_free(s);
		return -ENOMEM;
	}
	*sp = s;
	return 0;
}

void
sender_free(struct sender *s)
{
	if (s == NULL)
		return;
	if (s->tick != NULL)
		event_free(s->tick);
	jobs_free(&s->jobs);
	free(s);
}

int
sender_add(struct sender *s, struct link *l)
{
	return lane_add(&s->jobs, l, quota(link_conf(l)));
}

int
sender_reserve(
    struct sender *s, const struct link *l, const struct conf_smsc *conf)
{
	return lane_reserve(lane_of(&s->jobs, l), quota(conf));
}

void
sender_reload(struct sender *s, struct link *l)
{
	struct lane *lane = lane_of(&s->jobs, l);

	lane->quota = quota(link_conf(l));
	lane->state = LANE_OPEN;
}

void
sender_remove(struct sender *s, struct link *l)
{
	sender_down(s, l);
	lane_remove(&s->jobs, lane_of(&s->jobs, l));
}

const struct sender_counters *
sender_counters(const struct sender *s)
{
	return &s->counters;
}
