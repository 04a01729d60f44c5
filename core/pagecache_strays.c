/* The pages of a cache that have no home in it: in a large one those whose home
 * another took while they were held, in a small one all.
 *
 *   heads[number & mask] ─▶ stray ─▶ stray …
 *
 * Their places are made a few at a time, and what is not used of them is kept
 * for the next. Which is the oldest is told roughly: a hand goes around the
 * places and passes over once whatever was looked at since. */
#include <stdlib.h>

#include "pagecache_strays.h"

#define STEP 16 /* pages by which a small cache grows */
#define HEADS 64

int
strays_new(struct cache *c)
{
	c->nheads = HEADS;
	c->heads = calloc(HEADS, sizeof(struct page *));
	return c->heads == NULL ? -1 : 0;
}

/* Places. */

static int
grow(struct cache *c)
{
	struct block *blocks =
	    realloc(c->blocks, (c->nblocks + 1) * sizeof(*blocks));
	struct block b = {.n = STEP};
	void *memory;

	if (blocks == NULL)
		return -1;
	c->blocks = blocks;
	/* SQLite may look a little behind the end of a damaged page */
	if (posix_memalign(&memory, LINE, STEP * c->each + LINE) != 0)
		return -1;
	b.pages = memory;
	for (unsigned i = 0; i < b.n; i++) {
		struct page *p = (struct page *)((char *)memory + i * c->each);

		*p = (struct page){.next = c->free};
		page_make_place(c, p);
		c->free = p;
	}
	c->blocks[c->nblocks++] = b;
	return 0;
}

void
strays_shrink(struct cache *c)
{
	while (c->nblocks > 0)
		free(c->blocks[--c->nblocks].pages);
	free(c->blocks);
	c->blocks = NULL;
	c->free = NULL;
	c->hand_block = c->hand = 0;
}

void
strays_free(struct cache *c)
{
	strays_shrink(c);
	free(c->heads);
}

struct page *
strays_place(struct cache *c)
{
	struct page *p;

	if (c->free == NULL && grow(c) < 0)
		return NULL;
	p = c->free;
	c->free = p->next;
	return p;
}

void
strays_give_back(struct cache *c, struct page *p)
{
	p->next = c->free;
	c->free = p;
}

/* Lists. */

/* No memory for more heads: the lists grow longer instead. */
static void
more_heads(struct cache *c)
{
	struct page **heads = calloc(2 * (size_t)c->nheads, sizeof(*heads));
	struct page **old = c->heads, *p;
	unsigned n = c->nheads;

	if (heads == NULL)
		return;
	c->heads = heads;
	c->nheads *= 2;
	for (unsigned i = 0; i < n; i++)
		while ((p = old[i]) != NULL) {
			old[i] = p->next;
			p->next = *strays_head(c, p->number);
			*strays_head(c, p->number) = p;
		}
	free(old);
}

void
strays_put(struct cache *c, struct page *p)
{
	if (++c->nstrays > c->nheads)
		more_heads(c);
	p->next = *strays_head(c, p->number);
	*strays_head(c, p->number) = p;
}

void
strays_take_out(struct cache *c, struct page *p)
{
	struct page **at = strays_head(c, p->number);

	if (!p->strays)
		return;
	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	c->nstrays--;
}

/* The hand. */

static struct page *
next_under_hand(struct cache *c)
{
	while (c->hand >= c->blocks[c->hand_block].n) {
		c->hand = 0;
		c->hand_block = (c->hand_block + 1) % c->nblocks;
	}
	return (struct page *)((char *)c->blocks[c->hand_block].pages +
	    c->hand++ * c->each);
}

struct page *
strays_oldest(struct cache *c)
{
	for (;;) {
		struct page *p = next_under_hand(c);

		if (p->number == 0 || p->held)
			continue;
		if (!p->heard_of)
			return p;
		p->heard_of = 0;
	}
}
