/* One number for a key, while its place is its own. */
#include "core/memo.c"

#include "test.h"

int
main(void)
{
	struct memo *m;

	if (memo_new(&m, 5) < 0)
		return 1;
	ok_int(m->mask + 1, 8, "five places are eight");
	ok_int(memo_get(m, 0), 0, "nothing for a key that was not put");
	memo_put(m, 3, 33);
	memo_put(m, 4, 44);
	ok_int(memo_get(m, 3), 33, "what was put");
	ok_int(memo_get(m, 4), 44, "for each");
	ok_int(memo_get(m, 11), 0, "but not for another with that place");
	memo_put(m, 11, 0);
	ok_int(memo_get(m, 3), 33, "which may be forgotten alone");
	memo_put(m, 11, 111);
	ok_int(memo_get(m, 11), 111, "the last has the place");
	ok_int(memo_get(m, 3), 0, "who was before has it no more");
	memo_put(m, 11, 0);
	ok_int(memo_get(m, 11), 0, "forgotten");
	memo_free(m);
	memo_free(NULL);
	return test_done();
}
