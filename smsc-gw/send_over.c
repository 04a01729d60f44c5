/* Over which link an answer goes: the one with the largest part of its window
 * free, or of what its rate or its SMSC allows just then. What waits for a link
 * already counts as if it were sent, and comes before what others have: so a
 * slow SMSC's answers take nothing from those that came in by another. */
#include "sender.h"

/* How loaded one is, of those that have room. */
struct load {
	struct link *link; /* null for none yet */
	int64_t free, size;
};

static int
is_less(const struct load *a, const struct load *b)
{
	return b->link == NULL || a->free * b->size > b->free * a->size;
}

/* For a job of `home`, which waits there itself; no link when there is no
 * room. */
static struct load
load_of(const struct lane *lane, const struct lane *home, int64_t now)
{
	int64_t room = link_room(lane->link, now);
	int is_home = lane == home;
	struct load load = {
	    .link = lane->link,
	    .free = room - lane->nready + is_home,
	    .size = link_conf(lane->link)->window,
	};

	if (room == 0 || (!is_home && load.free <= 0))
		load.link = NULL;
	return load;
}

struct link *
sender_link_for(const struct sender *s, const struct lane *home)
{
	struct load best = {0}, load;
	const struct lane *lane;

	if (home->link != NULL)
		best = load_of(home, home, s->now);
	TAILQ_FOREACH (lane, &s->jobs.lanes, entry) {
		if (lane->link == NULL || lane == home ||
		    lane->state != LANE_OPEN)
			continue;
		load = load_of(lane, home, s->now);
		if (load.link != NULL && is_less(&load, &best))
			best = load;
	}
	return best.link;
}
