/* Repeats: a request that is on its way, or was answered not long ago, is not
 * worked on again. What is on its way has the name of the worker that answers
 * it, so that nobody waits for one that has ended. The text outlives
 * repeat_window: it is held for when there is no other. */
#include <string.h>

#include "admit_inside.h"

#define ON_ITS_WAY_SECONDS 600 /* then its answer is taken for lost */

static char *
text_of(const struct admit *a, const struct place *p)
{
	return a->texts[p->number];
}

/* Whose answerer is no more. */
static int
is_abandoned(const struct admit *a, const struct repeat *r)
{
	return r->is == ON_ITS_WAY &&
	    a->common->names[r->owner % CONF_WORKERS] != r->owner;
}

/* While an answer is on its way a repeat would only add to the queue that it
 * waits in, however short repeat_window is. */
static int
still_counts(const struct admit *a, const struct place *p, int64_t now)
{
	const struct repeat *r = p->data;
	int64_t max = a->limits.repeat_window;

	if (r->is == ON_ITS_WAY && max < ON_ITS_WAY_SECONDS)
		max = ON_ITS_WAY_SECONDS;
	return r->is != AT_REST && !is_abandoned(a, r) &&
	    admit_seconds(*p->used, now) < max;
}

static enum admit_repeat
request_taken(struct admit *a, uint64_t request, int64_t now)
{
	struct place p = table_make(&a->repeats, request, now);
	struct repeat *r = p.data;

	if (!still_counts(a, &p, now)) {
		*p.used = now;
		r->is = ON_ITS_WAY;
		r->owner = a->self;
		return ADMIT_FRESH;
	}
	if (r->is == ON_ITS_WAY)
		return r->owner == a->self ? ADMIT_ON_ITS_WAY : ADMIT_ELSEWHERE;
	strcpy(a->said, text_of(a, &p));
	return ADMIT_ANSWERED;
}

enum admit_repeat
admit_request(struct admit *a, uint64_t request, int64_t now, const char **text)
{
	enum admit_repeat is;

	if (a->limits.repeat_window == 0)
		return ADMIT_FRESH;
	table_take(&a->repeats, request);
	is = request_taken(a, request, now);
	table_leave(&a->repeats, request);
	if (is == ADMIT_ANSWERED)
		*text = a->said;
	return is;
}

/* Another's that is on its way is not ours to forget. */
static int
is_elsewhere(const struct admit *a, const struct repeat *r)
{
	return r->is == ON_ITS_WAY && r->owner != a->self;
}

/* Neither on its way nor to be answered. */
static void
rest(struct admit *a, uint64_t request)
{
	struct place p = table_find(&a->repeats, request);
	struct repeat *r = p.data;

	if (r == NULL || is_elsewhere(a, r))
		return;
	if (r->held != 0)
		r->is = AT_REST;
	else
		table_forget(&a->repeats, &p);
}

static void
forget(struct admit *a, uint64_t request)
{
	struct place p = table_find(&a->repeats, request);
	struct repeat *r = p.data;

	if (r == NULL)
		return;
	if (is_elsewhere(a, r))
		r->held = 0;
	else
		table_forget(&a->repeats, &p);
}

static void
keep(struct admit *a, uint64_t request, int64_t now, const char *text)
{
	struct place p = table_make(&a->repeats, request, now);
	struct repeat *r = p.data;

	if (r->is == ANSWERED && still_counts(a, &p, now))
		return; /* from memory: that makes it no younger */
	*p.used = now;
	r->is = ANSWERED;
	if (r->held != 0 && strcmp(text_of(a, &p), text) == 0)
		return; /* nor does that */
	r->held = now;
	strcpy(text_of(a, &p), text);
}

void
admit_answered(struct admit *a, uint64_t request, int64_t now, const char *text)
{
	table_take(&a->repeats, request);
	if (text == NULL)
		rest(a, request);
	else if (strlen(text) >= ADMIT_TEXT || a->limits.repeat_window == 0)
		forget(a, request);
	else
		keep(a, request, now, text);
	table_leave(&a->repeats, request);
}

const char *
admit_held(struct admit *a, uint64_t request, int64_t since)
{
	const struct repeat *r;
	struct place p;
	int is_held;

	table_take(&a->repeats, request);
	p = table_find(&a->repeats, request);
	r = p.data;
	is_held = r != NULL && r->held != 0 && r->held >= since;
	if (is_held)
		strcpy(a->said, text_of(a, &p));
	table_leave(&a->repeats, request);
	return is_held ? a->said : NULL;
}

void
admit_forget(struct admit *a, uint64_t request)
{
	table_take(&a->repeats, request);
	forget(a, request);
	table_leave(&a->repeats, request);
}

int
admit_knows(struct admit *a, uint64_t request, int64_t now)
{
	struct place p;
	int is_known;

	table_take(&a->repeats, request);
	p = table_find(&a->repeats, request);
	is_known = p.data != NULL && still_counts(a, &p, now);
	table_leave(&a->repeats, request);
	return is_known;
}
