#include "told.h"

unsigned
told_change(struct told *t, int is, int64_t now)
{
	unsigned changes;

	if (t->is != is) {
		t->is = is;
		t->changes++;
	}
	if (t->said == is || (t->at != 0 && now - t->at < TOLD_MS))
		return 0;
	changes = t->changes;
	t->said = is;
	t->at = now;
	t->changes = 0;
	return changes;
}
