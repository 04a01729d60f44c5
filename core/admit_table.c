/*   key ──low bits──▶ set: | 8 keys | 8 times | data, data, … 8 of them |
 *                      └──lowest bits──▶ stripe: a lock, and whose set it is
 *
 * Keys are a cache line, and times are one: a search reads the first alone, a
 * new key the second too, and nobody the data of others.
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
#define LINE 64     /* octets of a cache line */

struct stripe { /* alone in its cache line */
	_Alignas(LINE) pthread_mutex_t lock;
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

struct set {
	_Alignas(LINE) uint64_t keys[TABLE_WAYS]; /* 0: free */
	int64_t used[TABLE_WAYS];
	char data[];
};

int
table_new(struct table *t, size_t sets, size_t size)
{
	size_t locks = STRIPES * sizeof(struct stripe);
	size_t set = sizeof(struct set) + TABLE_WAYS * size;

	t->size = size;
	t->stride = (set + LINE - 1) / LINE * LINE;
	t->mask = sets - 1;
	t->octets = locks + sets * t->stride;
	t->stripes = shared_new(t->octets);
	if (t->stripes == NULL)
		return -ENOMEM;
	t->sets = (char *)t->stripes + locks;
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

static struct set *
set_at(const struct table *t, size_t set)
{
	return (void *)(t->sets + set * t->stride);
}

static struct place
place_at(const struct table *t, size_t set, size_t way)
{
	struct set *s = set_at(t, set);

	return (struct place){
	    .used = &s->used[way],
	    .data = s->data + way * t->size,
	    .number = set * TABLE_WAYS + way,
	};
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
	memset(set_at(t, s->set), 0, t->stride);
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

struct place
table_find(const struct table *t, uint64_t key)
{
	size_t set = not_free(key) & t->mask;
	const struct set *s = set_at(t, set);

	key = not_free(key);
	for (size_t way = 0; way < TABLE_WAYS; way++)
		if (s->keys[way] == key)
			return place_at(t, set, way);
	return (struct place){0};
}

/* A free one, or the one least recently heard of. */
static size_t
way_to_take(const struct set *s)
{
	size_t way = 0;

	for (size_t i = 0; i < TABLE_WAYS; i++) {
		if (s->keys[i] == 0)
			return i;
		if (s->used[i] < s->used[way])
			way = i;
	}
	return way;
}

struct place
table_make(struct table *t, uint64_t key, int64_t now)
{
	size_t set = not_free(key) & t->mask, way;
	struct place p = table_find(t, key);

	if (p.data != NULL)
		return p;
	way = way_to_take(set_at(t, set));
	p = place_at(t, set, way);
	memset(p.data, 0, t->size);
	set_at(t, set)->keys[way] = not_free(key);
	*p.used = now;
	return p;
}

void
table_forget(struct table *t, const struct place *p)
{
	set_at(t, p->number / TABLE_WAYS)->keys[p->number % TABLE_WAYS] = 0;
}

void
table_expect(const struct table *t, uint64_t key)
{
	const struct set *s = set_at(t, not_free(key) & t->mask);

	__builtin_prefetch(s->keys);
	__builtin_prefetch(s->used);
}
