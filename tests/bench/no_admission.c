/* In the place of smsc-gw/admission.c, to show what that is for: every text
 * waits for as long as there is a place, and none is refused for coming too
 * late. Linked into a second smsc-gw that only `make bench-surge` runs. */
#include "admission.h"

void
admission_init(struct admission *a, int64_t now)
{
	(void)now;
	*a = (struct admission){.standing = -1};
}

int64_t
admission_delay(const struct admission *a, unsigned carriers)
{
	(void)a;
	(void)carriers;
	return 0;
}

int
admission_is_strained(const struct admission *a, int64_t now)
{
	(void)a;
	(void)now;
	return 0;
}

int
admission_admits(struct admission *a, enum admission_text what,
    unsigned carriers, int64_t now)
{
	(void)what;
	(void)carriers;
	(void)now;
	a->queued++;
	return 1;
}

int
admission_leaves(struct admission *a, enum admission_text what, int64_t waited)
{
	(void)what;
	(void)waited;
	a->queued--;
	return 1;
}

int64_t
admission_cost(const struct admission *a, enum admission_text what)
{
	(void)a;
	(void)what;
	return 0;
}

void
admission_worked(
    struct admission *a, enum admission_text what, unsigned n, int64_t took)
{
	(void)a;
	(void)what;
	(void)n;
	(void)took;
}

void
admission_turn(struct admission *a)
{
	(void)a;
}

void
admission_idle(struct admission *a)
{
	(void)a;
}

int
admission_may_refuse(struct admission *a, int64_t now)
{
	(void)a;
	(void)now;
	return 1;
}

int
admission_may_resume(struct admission *a, int64_t now)
{
	(void)a;
	(void)now;
	return 1;
}

void
admission_refused(struct admission *a, int64_t took)
{
	(void)a;
	(void)took;
}
