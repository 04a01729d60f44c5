/* What became of texts. */
#include <sys/wait.h>
#include <unistd.h>

#include "smsc-gw/recall.c"

#include "test.h"

#define TEXT 0x123456789abcdef0ull
#define NOW 1000000

static void
one(void)
{
	struct recall *r;
	struct recalled x;

	ok_int(recall_new(&r, 64), 0, "a memory");
	ok_int(recall_text(r, TEXT, &x), RECALL_NOTHING, "of nothing");
	recall_refused(r, TEXT, NOW);
	recall_refused(r, TEXT, NOW + 30);
	ok_int(recall_text(r, TEXT, &x), RECALL_REFUSED, "refused");
	ok_int(x.since, NOW, "since the first time");
	ok_int(x.copies, 2, "two copies come again");
	recall_returns(r, TEXT);
	recall_answered(r, TEXT, NOW + 40);
	ok_int(recall_text(r, TEXT, &x), RECALL_ANSWERED, "answered");
	ok_int(x.since, NOW + 40, "then");
	ok_int(x.copies, 1, "and one is still to come");
	recall_refused(r, TEXT, NOW + 100);
	ok_int(recall_text(r, TEXT, &x), RECALL_REFUSED, "refused anew");
	ok_int(x.since, NOW + 100, "since then");
	recall_forget(r, TEXT);
	ok_int(recall_text(r, TEXT, &x), RECALL_NOTHING, "forgotten");
	for (int i = 0; i < 40; i++)
		recall_refused(r, TEXT, NOW);
	recall_text(r, TEXT, &x);
	ok_int(x.copies, COPIES_MAX, "copies are not counted for ever");
	recall_refused(r, 0, NOW);
	ok_int(recall_text(r, 0, &x), RECALL_REFUSED, "a hash may be 0");
	recall_free(r);
}

/* What another process was told. */
static void
shared(void)
{
	struct recall *r;
	struct recalled x;
	pid_t pid;

	recall_new(&r, 64);
	recall_answered(r, TEXT + 1, NOW);
	pid = fork();
	if (pid == 0) {
		recall_refused(r, TEXT, NOW);
		recall_forget(r, TEXT + 1);
		_exit(0);
	}
	ok(waitpid(pid, NULL, 0) == pid, "another process");
	ok_int(recall_text(r, TEXT, &x), RECALL_REFUSED, "refused a text");
	ok_int(x.since, NOW, "then");
	recall_returns(r, TEXT);
	recall_text(r, TEXT, &x);
	ok_int(x.copies, 0, "whose copy comes here");
	ok_int(recall_text(r, TEXT + 1, &x), RECALL_NOTHING, "forgot another");
	recall_free(r);
}

/* Two that count at once lose nothing. */
static void
at_once(void)
{
	struct recall *r;
	struct recalled x;
	pid_t pid;

	recall_new(&r, 64);
	recall_refused(r, TEXT, NOW);
	pid = fork();
	for (int i = 0; i < 1000000; i++) {
		recall_refused(r, TEXT, NOW);
		recall_returns(r, TEXT);
	}
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	recall_text(r, TEXT, &x);
	ok_int(x.copies, 1, "as many returned as were refused");
	recall_free(r);
}

/* A set's worth and one more. */
static void
oldest(void)
{
	struct recall *r;
	struct recalled x;
	unsigned kept = 0;

	recall_new(&r, 64);
	for (uint64_t i = 0; i <= WAYS; i++)
		recall_refused(r, (i + 1) << 32, NOW + i);
	for (uint64_t i = 0; i <= WAYS; i++)
		kept += recall_text(r, (i + 1) << 32, &x) == RECALL_REFUSED;
	ok_int(kept, WAYS, "a full set keeps what it has places for");
	ok_int(recall_text(r, 1ull << 32, &x), RECALL_NOTHING,
	    "and the oldest makes room");
	ok_int(sizeof(struct place), 8, "eight octets a text");
	recall_free(r);
}

int
main(void)
{
	one();
	shared();
	at_once();
	oldest();
	return test_done();
}
