/* Over which link an answer goes: the one with the largest part of its window
 * free, or of what its rate or its SMSC allows just then. What waits for a link
 * already counts as if it were sent, and comes before what others have: so a
 * slow SMSC's answers take nothing from those that came in by another. One that
 * answers no submit_sm counts as loaded. */
#include "sender.h"

/* How loaded one is, of those that have room. */
struct load {
	struct link *link; /* null for none yet */
	int is_mute;       /* while others answer */
	int64_t free, size;
};

static int
is_less(const struct load *a, const struct load *b)
{
	if (b->link == NULL || a->is_mute != b->is_mute)
		return b->link == NULL || b->is_mute;
	return a->free * b->size > b->free * a->size;
}

/* Is there another than a mute one? */
static int
one_answers(const struct sender *s)
{
	const struct lane *lane;

	TAILQ_FOREACH (lane, &s->jobs.lanes, entry)
		if (lane->link != NULL && lane->state == LANE_OPEN &&
		    link_may_send(lane->link) && !link_is_mute(lane->link))
			return 1;
	return 0;
}

/* For a job of `home`, which waits there itself; no link when there is no
 * room. What a mute one is sent waits in vain, as far as one can see: while
 * others can send it has room for a single answer, by which it can show that it
 * is not, and for that only when the others have none. */
static struct load
load_of(
    const struct sender *s, const struct lane *lane, const struct lane *home)
{
	int64_t room = link_room(lane->link, s->now);
	int is_home = lane == home;
	struct load load = {
	    .link = lane->link,
	    .is_mute = link_is_mute(lane->link) && one_answers(s),
	    .size = link_conf(lane->link)->window,
	};

	if (load.is_mute && room != 0)
		room = link_in_flight(lane->link) == 0;
	load.free = room - lane->nready + is_home;
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
		best = load_of(s, home, home);
	TAILQ_FOREACH (lane, &s->jobs.lanes, entry) {
		if (lane->link == NULL || lane == home ||
		    lane->state != LANE_OPEN)
			continue;
		load = load_of(s, lane, home);
		if (load.link != NULL && is_less(&load, &best))
			best = load;
	}
	return best.link;
}
