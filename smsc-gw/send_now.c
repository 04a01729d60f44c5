/* What goes at once or not at all: a text that is owed to nobody. It takes a
 * place of those that others' answers have when they are claimed, and none in
 * a queue; so it is never in the way of an answer. */
#include <errno.h>

#include "sender.h"
#include "when.h"

/* A link that has room, and nothing that waits for it. */
static struct link *
idle_link(struct sender *s)
{
	struct lane *none = lane_of_none(&s->jobs);
	struct link *l;

	s->now = when_ticks();
	l = s->stopping ? NULL : sender_link_for(s, none);
	if (l == NULL || lane_of(&s->jobs, l)->nready > 0 || none->nready > 0)
		return NULL;
	return l;
}

int
sender_has_room(struct sender *s)
{
	return idle_link(s) != NULL;
}

int
sender_pass(struct sender *s, const struct outbox_message *m,
    unsigned max_segments, uint32_t validity_minutes)
{
	struct lane *none = lane_of_none(&s->jobs);
	struct link *l = idle_link(s);
	struct job *j = l != NULL ? job_take(none) : NULL;
	int rc = sender_begin(s, j, m, max_segments, validity_minutes);

	if (rc < 0)
		return rc;
	if (link_room(l, s->now) < (unsigned)j->form.n)
		return -EAGAIN;
	j->passing = 1;
	job_ready(&s->jobs, j, none);
	while (job_to_send(j) != 0)
		sender_segment(s, j, l);
	job_wait(&s->jobs, j);
	s->counters.busy++;
	return 0;
}
