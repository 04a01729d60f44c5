/* What is remembered of a subscriber: as it was put, over a restart, for as
 * long as it says anything. */
#include "core/subject.c"

#include <stdlib.h>

#include "fixture.h"
#include "test.h"

#define NOW 1795305600
#define DAY 86400

static struct state *state;

static const struct subject nothing = {.language = LANGUAGES};
static const struct subject everything = {
    .language = LANG_ZH,
    .tries = 7,
    .day_tries = 9,
    .tried_at = NOW - 3600,
    .tried = 0x8123456789abcdef,
    .lock_minutes = 43200,
    .locked_until = NOW + 60,
    .consent_at = NOW - 5,
    .consent_version = 0xfedcba98,
    .consent_channel = CHANNEL_USSD,
    .deleted_at = NOW - 7,
    .corrected = NOW - 9,
};

static void
reopen(void)
{
	state_close(state);
	if (state_open(&state, "sqlite:store") < 0)
		abort();
}

static int
same(const struct subject *a, const struct subject *b)
{
	return a->language == b->language && a->tries == b->tries &&
	    a->day_tries == b->day_tries && a->tried_at == b->tried_at &&
	    a->tried == b->tried && a->lock_minutes == b->lock_minutes &&
	    a->locked_until == b->locked_until &&
	    a->consent_at == b->consent_at &&
	    a->consent_version == b->consent_version &&
	    a->consent_channel == b->consent_channel &&
	    a->deleted_at == b->deleted_at && a->corrected == b->corrected;
}

static int
is(uint64_t key, const struct subject *x)
{
	struct subject got;

	memset(&got, 0xff, sizeof(got));
	return subject_get(state, key, &got) == 0 && same(&got, x);
}

static void
kept(void)
{
	const uint64_t key = 0xfedcba9876543210;

	ok(is(key, &nothing), "nothing yet");
	ok_int(subject_put(state, key, &everything), 0, "put");
	ok(is(key, &everything), "seen before the commit");
	ok_int(state_commit(state), 0, "committed");
	reopen();
	ok(is(key, &everything), "and after a restart, as it was put");
	ok(is(key + 1, &nothing), "another has nothing");
	subject_put(state, key, &nothing);
	ok(is(key, &nothing), "and no more when nothing is put");
	state_commit(state);
}

/* Two processes that count: neither loses what the other wrote. */
static void
taken(void)
{
	struct subject x, y = nothing;
	struct state *other;

	if (state_open(&other, "sqlite:store") < 0)
		abort();
	ok_int(subject_take(state, 5, &x), 0, "taken to be changed");
	y.tries = 1;
	y.tried_at = NOW;
	ok(subject_put(other, 5, &y) < 0, "by one at a time");
	x.tries = 2;
	x.tried_at = NOW;
	subject_put(state, 5, &x);
	state_commit(state);
	subject_get(other, 5, &y);
	ok_int(y.tries, 2, "the other sees what was changed");
	state_close(other);
}

static void
expires_at(const char *what, struct subject x, int64_t last)
{
	x.language = LANGUAGES;
	subject_put(state, 9, &x);
	subject_expire(state, last + SUBJECT_KEEP - 1);
	ok(is(9, &x), "%s: kept", what);
	subject_expire(state, last + SUBJECT_KEEP);
	ok(is(9, &nothing), "%s: and erased", what);
}

static void
expires(void)
{
	struct subject x = nothing;

	expires_at("tries",
	    (struct subject){.tries = 1, .day_tries = 1, .tried_at = NOW}, NOW);
	expires_at("a lock",
	    (struct subject){.tried_at = NOW, .locked_until = NOW + 9 * DAY},
	    NOW + 9 * DAY);
	expires_at("a deletion", (struct subject){.deleted_at = NOW}, NOW);
	expires_at("a correction", (struct subject){.corrected = NOW}, NOW);

	x.language = LANG_ZH;
	subject_put(state, 10, &x);
	ok(is(10, &x), "a language");
	x = (struct subject){.language = LANGUAGES, .consent_at = 1};
	subject_put(state, 11, &x);
	subject_expire(state, NOW + 10000L * DAY);
	ok(!is(10, &nothing), "a language stays");
	ok(is(11, &x), "and a consent");
}

static void
expires_in_bits(void)
{
	struct subject x = nothing;
	int left = 0;

	x.corrected = NOW;
	for (uint64_t key = 100; key < 700; key++)
		subject_put(state, key, &x);
	subject_expire(state, NOW + SUBJECT_KEEP);
	for (uint64_t key = 100; key < 700; key++)
		left += is(key, &x);
	ok_int(left, 100, "at most 500 at a time");
	subject_expire(state, NOW + SUBJECT_KEEP);
	ok(is(699, &nothing), "and then the rest");
	state_commit(state);
}

/* While nobody is remembered nobody is looked for; whoever comes is seen. */
static void
nobody(void)
{
	struct subject x = nothing;
	struct state *other;

	state_close(state);
	if (system("rm -rf store") != 0)
		abort();
	state = NULL;
	reopen();
	if (state_open(&other, "sqlite:store") < 0)
		abort();
	state_begin(state);
	ok(state_has_no_subjects(state) && is(5, &nothing), "nobody is there");
	x.consent_at = NOW;
	subject_put(other, 5, &x);
	ok_int(state_commit(other), 0, "another process puts one");
	ok(is(5, &nothing), "who is not in a snapshot from before");
	state_end(state);
	ok(is(5, &x), "but is behind it");
	state_begin(state);
	ok(!state_has_no_subjects(state) && is(5, &x), "and in the next");
	state_end(state);
	subject_put(other, 5, &nothing);
	state_commit(other);
	state_begin(state);
	ok(state_has_no_subjects(state), "until that one is erased");
	subject_put(state, 6, &x);
	ok(is(6, &x), "one of our own is seen at once");
	state_commit(state);
	state_begin(state);
	ok(!state_has_no_subjects(state) && is(6, &x), "and from then on");
	state_end(state);
	state_close(other);
}

int
main(void)
{
	fixture_begin();
	capture_log();
	reopen();
	kept();
	taken();
	expires();
	expires_in_bits();
	nobody();
	state_close(state);
	return test_done();
}
