/* Parts for a fuzz target: a state of its own, in a batch that is never
 * committed. */
#ifndef FUZZ_PARTS_H
#define FUZZ_PARTS_H

#include "core/parts.h"
#include "fuzz.h"
#include "tests/unit/fixture.h"

static struct parts *parts;

static inline void
begin_parts(void)
{
	const char *dir = mkdtemp(fixture_dir);
	char path[64], where[64];
	struct state *state;
	struct key *key;

	must(dir != NULL && atexit(fixture_end) == 0);
	snprintf(path, sizeof(path), "%s/site.key", dir);
	snprintf(where, sizeof(where), "sqlite:%s", dir);
	put_text(path, "0123456789abcdef0123456789abcdef");
	must(chmod(path, 0600) == 0);
	must(key_open(&key, path) == 0 && state_open(&state, where) == 0);
	must(parts_new(&parts, state, key, "cmcc", 100) == 0);
}

/* None of them is there for the next input. */
static inline void
end_parts(void)
{
	must(parts_expire(parts, INT64_MAX, 100) >= 0);
}

#endif
