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
	ok_int(
	    recall_text(r, TEXT, NOW + 100, &x), RECALL_NOTHING, "of nothing");
	recall_refused(r, TEXT, NOW);
	recall_refused(r, TEXT, NOW + 30);
	ok_int(recall_text(r, TEXT, NOW + 100, &x), RECALL_REFUSED, "refused");
	ok_int(x.since, NOW, "since the first time");
	ok_int(x.copies, 2, "two copies come again");
	recall_returns(r, TEXT);
	recall_answered(r, TEXT, NOW + 40);
	ok_int(
	    recall_text(r, TEXT, NOW + 100, &x), RECALL_ANSWERED, "answered");
	ok_int(x.since, NOW + 40, "then");
	ok_int(x.copies, 1, "and one is still to come");
	recall_refused(r, TEXT, NOW + 100);
	ok_int(recall_text(r, TEXT, NOW + 100, &x), RECALL_REFUSED,
	    "refused anew");
	ok_int(x.since, NOW + 100, "since then");
	recall_forget(r, TEXT);
	ok_int(
	    recall_text(r, TEXT, NOW + 100, &x), RECALL_NOTHING, "forgotten");
	for (int i = 0; i < 40; i++)
		recall_refused(r, TEXT, NOW);
	recall_text(r, TEXT, NOW + 100, &x);
	ok_int(x.copies, COPIES_MAX, "copies are not counted for ever");
	recall_refused(r, 0, NOW);
	ok_int(recall_text(r, 0, NOW + 100, &x), RECALL_REFUSED,
	    "a hash may be 0");
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
	ok_int(recall_text(r, TEXT, NOW + 100, &x), RECALL_REFUSED,
	    "refused a text");
	ok_int(x.since, NOW, "then");
	recall_returns(r, TEXT);
	recall_text(r, TEXT, NOW + 100, &x);
	ok_int(x.copies, 0, "whose copy comes here");
	ok_int(recall_text(r, TEXT + 1, NOW + 100, &x), RECALL_NOTHING,
	    "forgot another");
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
	recall_text(r, TEXT, NOW + 100, &x);
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
		kept += recall_text(r, (i + 1) << 32, NOW + 100, &x) ==
		    RECALL_REFUSED;
	ok_int(kept, WAYS, "a full set keeps what it has places for");
	ok_int(recall_text(r, 1ull << 32, NOW + 100, &x), RECALL_NOTHING,
	    "and the oldest makes room");
	ok_int(sizeof(struct place), 8, "eight octets a text");
	recall_free(r);
}

/* Refused, and not once more for long. */
static void
over(void)
{
	static const int64_t every = 3000, days = 86400;
	struct recall *r;
	struct recalled x;
	int64_t now = NOW;

	recall_new(&r, 64);
	recall_refused(r, TEXT, now);
	ok_int(recall_text(r, TEXT, now + RECALL_FORGETS, &x), RECALL_REFUSED,
	    "within the hour it comes again");
	ok_int(x.since, NOW, "as it was");
	ok_int(recall_text(r, TEXT, now + RECALL_FORGETS + STEP + 1, &x),
	    RECALL_NOTHING, "later it is another");
	ok_int(recall_text(r, TEXT, now + 7 * days, &x), RECALL_NOTHING,
	    "as after a week");
	for (; now < NOW + days; now += every)
		recall_refused(r, TEXT, now);
	ok_int(recall_text(r, TEXT, now, &x), RECALL_REFUSED,
	    "one that comes time and again for a day");
	ok_int(x.since, NOW, "was refused a day ago");
	ok_int(x.copies, COPIES_MAX, "with copies");
	now += 2 * RECALL_FORGETS;
	recall_answered(r, TEXT, now);
	recall_text(r, TEXT, now, &x);
	ok_int(x.copies, 0, "of which none comes two hours later");
	recall_refused(r, TEXT + 1, now);
	recall_refused(r, TEXT + 1, now + 2 * RECALL_FORGETS);
	recall_text(r, TEXT + 1, now + 2 * RECALL_FORGETS, &x);
	ok_int(x.since, now + 2 * RECALL_FORGETS, "refused anew, since then");
	ok_int(x.copies, 1, "with one copy");
	recall_free(r);
}

int
main(void)
{
	one();
	over();
	shared();
	at_once();
	oldest();
	return test_done();
}
