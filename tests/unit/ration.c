/* One busy text for so many answers. */
#include "smsc-gw/ration.c"

#include "test.h"

static int
taken(struct ration *r, int tries)
{
	int n = 0;

	while (tries-- > 0)
		n += ration_take(r);
	return n;
}

int
main(void)
{
	struct ration r = {0};

	ok_int(taken(&r, 1000), 0, "where nothing is answered there is none");
	for (int i = 0; i < RATION_ANSWERS - 1; i++)
		ration_earn(&r);
	ok_int(taken(&r, 1000), 0, "nor for too few answers");
	ration_earn(&r);
	ok_int(taken(&r, 1000), 1, "one for so many");
	for (int i = 0; i < 1000 * RATION_ANSWERS; i++)
		ration_earn(&r);
	ok_int(taken(&r, 1000), RATION_MOST, "few are saved");
	for (int i = 0, n = 0; i < 1000 * RATION_ANSWERS; i++) {
		ration_earn(&r);
		n += taken(&r, 10);
		if (i == 1000 * RATION_ANSWERS - 1)
			ok_int(n, 1000, "a share of the answers at any load");
	}
	return test_done();
}
