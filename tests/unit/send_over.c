/* Which link a segment goes over. Links are made up here: how much room each
 * has, of what window. */
#include "smsc-gw/job.c"
#include "smsc-gw/send_over.c"

#include "test.h"

struct link {
	struct conf_smsc conf;
	unsigned room, in_flight;
	int mute, down;
};

unsigned
link_room(const struct link *l, int64_t now)
{
	(void)now;
	return l->room;
}

int
link_may_send(const struct link *l)
{
	return !l->down;
}

int
link_is_mute(const struct link *l)
{
	return l->mute;
}

unsigned
link_in_flight(const struct link *l)
{
	return l->in_flight;
}

const struct conf_smsc *
link_conf(const struct link *l)
{
	return &l->conf;
}

static struct link a = {.conf.name = "a"}, b = {.conf.name = "b"},
		   c = {.conf.name = "c"};
static struct sender s;

static void
begin(void)
{
	struct link *all[] = {&a, &b, &c};

	memset(&s, 0, sizeof(s));
	jobs_init(&s.jobs, 10);
	for (int i = 0; i < 3; i++) {
		all[i]->conf.window = 100;
		all[i]->room = 100;
		all[i]->mute = all[i]->down = all[i]->in_flight = 0;
		lane_add(&s.jobs, all[i], 100);
	}
}

static void
end(void)
{
	jobs_free(&s.jobs);
}

/* Makes jobs wait for a link, and tells over which the first is to go. */
static void
wait_for(struct link *l, int n)
{
	struct lane *lane = lane_of(&s.jobs, l);

	while (n-- > 0)
		job_ready(&s.jobs, job_take(lane), lane);
}

static const char *
over(struct link *home)
{
	struct link *l = sender_link_for(&s, lane_of(&s.jobs, home));

	return l != NULL ? l->conf.name : "none";
}

static void
least_loaded(void)
{
	begin();
	wait_for(&b, 1);
	ok_str(over(&b), "b", "all idle: the one that the text came by");
	b.room = 99;
	ok_str(over(&b), "a", "one in flight there: another");
	a.room = c.room = 99;
	ok_str(over(&b), "b", "no less anywhere: there");
	c.room = 100;
	ok_str(over(&b), "c", "the one with the least");
	ok_str(over(NULL), "c", "so does what came by none");
	c.conf.window = 1000;
	ok_str(over(NULL), "a", "the part counts, not the number");
	a.room = b.room = 5;
	ok_str(over(&b), "c", "a rate's room as well");
	c.room = 0;
	ok_str(over(&b), "b", "not one without room");
	a.room = b.room = 0;
	ok_str(over(&b), "none", "none has");
	end();
}

static void
own_first(void)
{
	begin();
	wait_for(&a, 3);
	wait_for(&b, 50);
	a.room = 0;
	b.room = 50;
	c.room = 0;
	ok_str(over(&a), "none", "what waits for a link has its room first");
	ok_str(over(NULL), "none", "before what came by none too");
	ok_str(over(&b), "b", "itself it has it");
	b.room = 51;
	ok_str(over(&a), "b", "what is left is everybody's");
	b.room = 1;
	ok_str(over(&b), "b", "the last is its own");
	c.room = 30;
	ok_str(over(&b), "c", "unless another has more");
	lane_of(&s.jobs, &c)->state = LANE_DRAINS;
	ok_str(over(&b), "b", "which one that is about to go has not");
	wait_for(&c, 1);
	b.room = 0;
	ok_str(over(&c), "c", "but for what is its own");
	end();
}

/* One that answers nothing. */
static void
mute(void)
{
	begin();
	b.mute = 1;
	wait_for(&b, 1);
	ok_str(over(&b), "a", "another is better than a mute one, its own");
	a.room = 1;
	c.room = 0;
	ok_str(over(&b), "a", "however loaded");
	a.room = 0;
	c.room = 1;
	ok_str(over(&b), "c", "whichever it is");
	a.room = c.room = 0;
	ok_str(over(&b), "b", "when none has room it may show that it answers");
	b.in_flight = 1;
	ok_str(over(&b), "none", "with one answer at a time");
	a.mute = c.mute = 1;
	ok_str(over(&b), "b", "when all are, none is");
	a.mute = 0;
	ok_str(over(&b), "none", "but one");
	a.down = 1;
	ok_str(over(&b), "b", "nor is one that cannot send another");
	b.room = 0;
	ok_str(over(&b), "none", "and full is full");
	end();
}

/* As many answers as there is room for, all to texts that came by one. */
static void
spread(void)
{
	struct link *l;
	struct lane *lane;
	int n = 0;

	begin();
	b.conf.window = b.room = 50;
	c.conf.window = c.room = 10;
	wait_for(&a, 100);
	lane = lane_of(&s.jobs, &a);
	while (n++ < 80 && (l = sender_link_for(&s, lane)) != NULL) {
		l->room--;
		job_wait(&s.jobs, TAILQ_FIRST(&lane->ready));
	}
	ok_int(lane->nready, 20, "eighty are on their way, twenty wait");
	ok(100 - a.room <= 50 && 50 - b.room >= 22 && 10 - c.room >= 4,
	    "over all, as their windows are: %u, %u, %u", 100 - a.room,
	    50 - b.room, 10 - c.room);
	end();
}

int
main(void)
{
	least_loaded();
	own_first();
	mute();
	spread();
	return test_done();
}
