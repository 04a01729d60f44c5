/* A budget of busy texts. */
#include "ration.h"

void
ration_earn(struct ration *r)
{
	if (r->earned < RATION_MOST * RATION_ANSWERS)
		r->earned++;
}

int
ration_take(struct ration *r)
{
	if (r->earned < RATION_ANSWERS)
		return 0;
	r->earned -= RATION_ANSWERS;
	return 1;
}
