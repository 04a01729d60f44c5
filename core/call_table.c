/* A pool, a hash of the keys, and lists by age. The hash is seeded, for session
 * ids are chosen by others. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "call_table.h"

int
call_table_init(struct call_table *t, unsigned max)
{
	unsigned bins = 16;

	while (bins < 2 * max)
		bins *= 2;
	*t = (struct call_table){.mask = bins - 1};
	randombytes_buf(&t->seed, sizeof(t->seed));
	TAILQ_INIT(&t->free);
	TAILQ_INIT(&t->open);
	TAILQ_INIT(&t->promised);
	TAILQ_INIT(&t->last);
	t->bins = calloc(bins, sizeof(*t->bins));
	t->pool = calloc(max, sizeof(*t->pool));
	if (t->bins == NULL || t->pool == NULL)
		return -ENOMEM;
	for (unsigned i = 0; i < max; i++)
		TAILQ_INSERT_TAIL(&t->free, &t->pool[i], entry);
	return 0;
}

void
call_table_free(struct call_table *t)
{
	free(t->pool);
	free(t->bins);
}

static struct call_bin *
bin_of(struct call_table *t, const struct call_key *key)
{
	uint64_t x = (key->who ^ t->seed) * 0x9e3779b97f4a7c15u;

	x = (x ^ key->id ^ x >> 32) * 0x9e3779b97f4a7c15u;
	return &t->bins[x >> 32 & t->mask];
}

struct call *
call_find(struct call_table *t, const struct call_key *key)
{
	struct call *k;

	LIST_FOREACH (k, bin_of(t, key), same)
		if (k->key.who == key->who && k->key.id == key->id)
			return k;
	return NULL;
}

struct call *
call_take(struct call_table *t, const struct call_key *key, int64_t now)
{
	struct call *k = TAILQ_FIRST(&t->free);

	if (k == NULL)
		return NULL;
	TAILQ_REMOVE(&t->free, k, entry);
	memset(k, 0, offsetof(struct call, text));
	k->key = *key;
	k->since = now;
	LIST_INSERT_HEAD(bin_of(t, key), k, same);
	k->list = &t->open;
	TAILQ_INSERT_TAIL(k->list, k, entry);
	t->count++;
	return k;
}

void
call_drop(struct call_table *t, struct call *k)
{
	LIST_REMOVE(k, same);
	TAILQ_REMOVE(k->list, k, entry);
	TAILQ_INSERT_HEAD(&t->free, k, entry);
	t->count--;
}

void
call_move(struct call *k, struct call_list *list, int64_t now)
{
	TAILQ_REMOVE(k->list, k, entry);
	k->since = now;
	k->list = list;
	TAILQ_INSERT_TAIL(list, k, entry);
}
