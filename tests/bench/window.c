/* Places that are free are a stack. */
#include <errno.h>
#include <stdlib.h>

#include "window.h"

struct place {
	uint32_t sequence_number; /* 0: free */
	uint32_t text;
};

struct window {
	uint32_t places, nfree, serial;
	struct place *v;
	uint32_t *free;
};

void
window_free(struct window *w)
{
	if (w == NULL)
		return;
	free(w->v);
	free(w->free);
	free(w);
}

int
window_new(struct window **wp, uint32_t places)
{
	struct window *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return -ENOMEM;
	w->v = calloc(places, sizeof(*w->v));
	w->free = calloc(places, sizeof(*w->free));
	if (w->v == NULL || w->free == NULL) {
		window_free(w);
		return -ENOMEM;
	}
	for (w->places = places; w->nfree < places; w->nfree++)
		w->free[w->nfree] = w->nfree;
	*wp = w;
	return 0;
}

uint32_t
window_used(const struct window *w)
{
	return w->places - w->nfree;
}

int
window_is_full(const struct window *w)
{
	return w->nfree == 0;
}

uint32_t
window_put(struct window *w, uint32_t text)
{
	uint32_t place = w->free[--w->nfree];
	uint32_t seq = 1 + place + w->places * w->serial++;

	w->v[place] = (struct place){seq, text};
	return seq;
}

uint32_t
window_take(struct window *w, uint32_t sequence_number)
{
	struct place *p = &w->v[(sequence_number - 1) % w->places];

	if (sequence_number == 0 || p->sequence_number != sequence_number)
		return WINDOW_NOTHING;
	p->sequence_number = 0;
	w->free[w->nfree++] = p - w->v;
	return p->text;
}

uint32_t
window_take_any(struct window *w)
{
	for (uint32_t i = 0; window_used(w) > 0 && i < w->places; i++)
		if (w->v[i].sequence_number != 0)
			return window_take(w, w->v[i].sequence_number);
	return WINDOW_NOTHING;
}
