/* Pending steps: kept over a restart, for their time, one a key. */
#include "core/pending.c"

#include "fixture.h"
#include "test.h"

#define NOW 1795305600

static struct state *state;

static void
reopen(void)
{
	state_close(state);
	if (state_open(&state, "sqlite:store") < 0)
		abort();
}

static void
kept(void)
{
	const struct pending in = {
	    .step = STEP_IDENTITY,
	    .language = LANG_EN,
	    .until = NOW + 600,
	    .token = 0xfedcba98,
	    .wording = 0x89abcdef,
	};
	struct pending p = {.step = STEP_NONE};

	ok_int(pending_get(state, 1, NOW, &p), -ENOENT, "nothing yet");
	ok_int(p.step, STEP_NONE, "and nothing is made up");
	ok_int(pending_put(state, 1, &in), 0, "put");
	ok_int(pending_get(state, 1, NOW, &p), 0, "seen before the commit");
	state_commit(state);
	reopen();
	p = (struct pending){.step = STEP_NONE};
	ok_int(pending_get(state, 1, NOW, &p), 0, "and after a restart");
	ok(p.step == STEP_IDENTITY && p.language == LANG_EN &&
		p.until == NOW + 600 && p.token == 0xfedcba98 &&
		p.wording == 0x89abcdef && p.step == in.step,
	    "as it was put");
	ok_int(pending_get(state, 2, NOW, &p), -ENOENT, "another has none");
	ok_int(pending_get(state, 1, NOW + 599, &p), 0, "it lasts");
	ok_int(pending_get(state, 1, NOW + 600, &p), -ENOENT, "its time");
}

static void
replaced(void)
{
	struct pending p = {.step = STEP_DONE, .until = NOW + 10};

	pending_put(state, 1, &p);
	p = (struct pending){.step = STEP_NONE};
	pending_get(state, 1, NOW, &p);
	ok(p.step == STEP_DONE && p.until == NOW + 10, "one a key");
}

static void
erased(void)
{
	const struct pending p = {.step = STEP_IDENTITY, .until = NOW + 5};
	struct pending got;

	pending_put(state, 50, &p);
	pending_put(state, 51, &p);
	ok_int(pending_erase(state, 50), 1, "one is erased");
	ok_int(pending_erase(state, 50), 0, "once");
	ok_int(pending_get(state, 50, NOW, &got), -ENOENT, "it is gone");
	ok_int(pending_get(state, 51, NOW, &got), 0, "the next is there");
}

static void
expires(void)
{
	const struct pending p = {.step = STEP_IDENTITY, .until = NOW + 5};
	struct pending got;

	for (uint64_t key = 100; key < 700; key++)
		pending_put(state, key, &p);
	pending_expire(state, NOW + 5);
	pending_expire(state, NOW + 5);
	state_commit(state);
	ok_int(pending_get(state, 100, NOW, &got), -ENOENT, "erased");
	ok_int(pending_get(state, 699, NOW, &got), -ENOENT, "in bits");
	ok_int(pending_get(state, 1, NOW, &got), 0, "what still lasts stays");
}

int
main(void)
{
	fixture_begin();
	capture_log();
	reopen();
	kept();
	replaced();
	erased();
	expires();
	state_close(state);
	return test_done();
}
