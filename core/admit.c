/* Limits on what one subscriber may cost, in tables of one shape
 * (admit_table.h), which all workers of a gateway share. Losing a place is
 * harmless: a repeat is answered once more, a count begins anew, an old query
 * passes for a fresh one.
 *
 * This file makes the tables and knows the workers; admit_repeat.c,
 * admit_hour.c and admit_refusal.c each use their own. */
#include <errno.h>
#include <stdlib.h>

#include "admit_inside.h"
#include "shared.h"

#define LASTING 8 /* times as many places: small, and they count long */

int
admit_new(struct admit **ap, const struct conf_limits *limits)
{
	struct admit *a = calloc(1, sizeof(*a));
	size_t sets = 1;

	if (a == NULL)
		return -ENOMEM;
	while (LASTING * sets * TABLE_WAYS < limits->numbers)
		sets *= 2;
	a->limits = *limits;
	a->octets = sets * TABLE_WAYS * sizeof(*a->texts);
	a->texts = shared_new(a->octets);
	a->common = shared_new(sizeof(*a->common));
	if (a->texts == NULL || a->common == NULL ||
	    table_new(&a->repeats, sets, sizeof(struct repeat)) < 0 ||
	    table_new(&a->quotas, LASTING * sets, sizeof(struct quota)) < 0 ||
	    table_new(&a->guesses, sets, sizeof(struct guesses)) < 0 ||
	    table_new(&a->refusals, LASTING * sets, sizeof(struct refusal)) <
		0) {
		admit_free(a);
		return -ENOMEM;
	}
	admit_join(a, 0, 0);
	*ap = a;
	return 0;
}

void
admit_free(struct admit *a)
{
	if (a == NULL)
		return;
	table_free(&a->repeats);
	table_free(&a->quotas);
	table_free(&a->guesses);
	table_free(&a->refusals);
	shared_free(a->common, sizeof(*a->common));
	shared_free(a->texts, a->octets);
	free(a);
}

void
admit_share(struct admit *a)
{
	a->repeats.is_shared = 1;
	a->quotas.is_shared = 1;
	a->guesses.is_shared = 1;
	a->refusals.is_shared = 1;
}

void
admit_limits(struct admit *a, const struct conf_limits *limits)
{
	a->limits = *limits;
}

void
admit_join(struct admit *a, unsigned worker, int64_t now)
{
	a->self = CONF_WORKERS * ++a->common->made + worker;
	a->common->names[worker] = a->self;
	a->common->changed = now;
}

void
admit_left(struct admit *a, unsigned worker, int64_t now)
{
	a->common->names[worker] = 0;
	a->common->changed = now;
}

int64_t
admit_changed(const struct admit *a)
{
	return a->common->changed;
}

void
admit_expect(const struct admit *a, uint64_t who, uint64_t query)
{
	table_expect(&a->quotas, who);
	table_expect(&a->refusals, query);
}
