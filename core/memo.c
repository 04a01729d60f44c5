/* key ──low bits──▶ | key, value | */
#include <errno.h>
#include <stdlib.h>

#include "memo.h"

struct place {
	uint64_t key, value;
};

struct memo {
	struct place *places;
	size_t mask;
};

int
memo_new(struct memo **mp, size_t places)
{
	struct memo *m = calloc(1, sizeof(*m));
	size_t n = 1;

	if (m == NULL)
		return -ENOMEM;
	while (n < places)
		n *= 2;
	m->mask = n - 1;
	m->places = calloc(n, sizeof(*m->places));
	if (m->places == NULL) {
		free(m);
		return -ENOMEM;
	}
	*mp = m;
	return 0;
}

void
memo_free(struct memo *m)
{
	if (m == NULL)
		return;
	free(m->places);
	free(m);
}

void
memo_put(struct memo *m, uint64_t key, uint64_t value)
{
	struct place *p = &m->places[key & m->mask];

	if (value != 0 || p->key == key)
		*p = (struct place){key, value};
}

uint64_t
memo_get(const struct memo *m, uint64_t key)
{
	const struct place *p = &m->places[key & m->mask];

	return p->key == key ? p->value : 0;
}
