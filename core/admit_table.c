/*   key ──low bits──▶ set: | place | place | … 8 of them |
 *                      └──lowest bits──▶ stripe: a lock, and whose set it is
 *
 * A key belongs to one set; a new one takes a free place there, or that of the
 * key least recently heard of. So a flood of numbers costs memory that others
 * have no more use for, and never more time.
 *
 * The locks are robust: the next to take one whose holder was killed is told
 * so. What the holder was at is written before anything of it is changed. */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "admit_table.h"
#include "shared.h"

#define STRIPES 256 /* far more than there are processes */

struct stripe { /* alone in its cache line */
	_Alignas(64) pthread_mutex_t lock;
	volatile size_t set; /* last taken */
};

static int
make_locks(struct table *t)
{
	pthread_mutexattr_t kind;
	int error;

	error = pthread_mutexattr_init(&kind);
	if (error != 0)
		return -error;
	pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST);
	for (size_t i = 0; i < STRIPES && error == 0; i++)
		error = pthread_mutex_init(&t->stripes[i].lock, &kind);
	pthread_mutexattr_destroy(&kind);
	return -error;
}

int
table_new(struct table *t, size_t sets, size_t size)
{
	size_t locks = STRIPES * sizeof(struct stripe);

	t->size = size;
	t->mask = sets - 1;
	t->octets = locks + sets * TABLE_WAYS * size;
	t->stripes = shared_new(t->octets);
	if (t->stripes == NULL)
		return -ENOMEM;
	t->places = (char *)t->stripes + locks;
	return make_locks(t);
}

void
table_free(struct table *t)
{
	shared_free(t->stripes, t->octets);
}

static uint64_t
not_free(uint64_t key)
{
	return key + (key == 0);
}

static struct place *
place_at(const struct table *t, size_t set, size_t way)
{
	return (void *)(t->places + (set * TABLE_WAYS + way) * t->size);
}

static struct stripe *
stripe_of(const struct table *t, size_t set)
{
	return &t->stripes[set % STRIPES];
}

/* Who held it may have been killed half way through a place. */
static void
recover(struct table *t, struct stripe *s)
{
	memset(place_at(t, s->set, 0), 0, TABLE_WAYS * t->size);
	pthread_mutex_consistent(&s->lock);
}

void
table_take(struct table *t, uint64_t key)
{
	size_t set = not_free(key) & t->mask;
	struct stripe *s = stripe_of(t, set);
	int error;

	if (!t->is_shared)
		return;
	error = pthread_mutex_lock(&s->lock);
	assert(error == 0 || error == EOWNERDEAD);
	if (error == EOWNERDEAD)
		recover(t, s);
	s->set = set;
	atomic_signal_fence(memory_order_seq_cst);
}

void
table_leave(struct table *t, uint64_t key)
{
	size_t set = not_free(key) & t->mask;

	if (t->is_shared)
		pthread_mutex_unlock(&stripe_of(t, set)->lock);
}

void *
table_find(const struct table *t, uint64_t key)
{
	struct place *p = place_at(t, not_free(key) & t->mask, 0);

	key = not_free(key);
	for (size_t i = 0; i < TABLE_WAYS; i++) {
		if (p->key == key)
			return p;
		p = (void *)((char *)p + t->size);
	}
	return NULL;
}

void *
table_make(struct table *t, uint64_t key, int64_t now)
{
	struct place *p = table_find(t, key), *q;

	if (p != NULL)
		return p;
	key = not_free(key);
	p = place_at(t, key & t->mask, 0);
	for (size_t i = 1; i < TABLE_WAYS && p->key != 0; i++) {
		q = place_at(t, key & t->mask, i);
		if (q->key == 0 || q->used < p->used)
			p = q;
	}
	memset(p, 0, t->size);
	p->key = key;
	p->used = now;
	return p;
}

void
table_forget(struct table *t, void *place)
{
	memset(place, 0, t->size);
}

size_t
table_number(const struct table *t, const void *place)
{
	return ((const char *)place - t->places) / t->size;
}
