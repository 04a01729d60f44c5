/* What the tests of core/parts.c share; they include it after that file. */
#ifndef PARTS_FIXTURE_H
#define PARTS_FIXTURE_H

#include "fixture.h"
#include "test.h"

#define T 1700000000

static struct key *key;
static struct state *state;

static inline struct parts *
fresh(unsigned room)
{
	struct parts *p = NULL;

	if (parts_new(&p, state, key, "cmcc", room) < 0)
		exit(1);
	return p;
}

/* Ends it, and what it kept. */
static inline void
end(struct parts *p)
{
	parts_expire(p, INT64_MAX, 1 << 20);
	if (state_commit(state) < 0)
		exit(1);
	parts_free(p);
}

/* Adds a sender's part: "", "too big", "too many" of its sender's, "full",
 * "fault", or the whole text. */
static inline const char *
add_from(struct parts *p, const char *source, const char *name, unsigned number,
    unsigned total, const char *text, int64_t now)
{
	static char whole[PARTS_TEXT + 1];
	const struct part part = {
	    .name = name,
	    .name_len = strlen(name),
	    .source = source,
	    .source_len = strlen(source),
	    .total = total,
	    .number = number,
	    .octets = (const uint8_t *)text,
	    .len = strlen(text),
	};
	size_t len = 0;
	int rc = parts_add(p, &part, now, (uint8_t *)whole, &len);

	if (rc < 0)
		return rc == -E2BIG  ? "too big"
		    : rc == -EDQUOT  ? "too many"
		    : rc == -ENOBUFS ? "full"
				     : "fault";
	whole[len] = '\0';
	return rc == 1 ? whole : "";
}

/* Each message has a sender of its own. */
static inline const char *
add_of(struct parts *p, const char *name, unsigned number, unsigned total,
    const char *text, int64_t now)
{
	return add_from(p, name, name, number, total, text, now);
}

static inline const char *
add(struct parts *p, unsigned name, unsigned number, unsigned total,
    const char *text, int64_t now)
{
	char s[16];

	snprintf(s, sizeof(s), "%u/%u", name, total);
	return add_of(p, s, number, total, text, now);
}

/* How many rows there are. */
static inline int
rows(void)
{
	sqlite3_stmt *st;
	int n = -1;

	if (sqlite3_prepare_v2(sqlite3_db_handle(state_write(state, PARTS_GET)),
		"SELECT count(*) FROM parts", -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return n;
}

static inline void
begin_parts(void)
{
	fixture_begin();
	capture_log();
	put_text("site.key", "0123456789abcdef0123456789abcdef");
	chmod("site.key", 0600);
	if (key_open(&key, "site.key") < 0 ||
	    state_open(&state, "sqlite:store") < 0)
		exit(1);
}

static inline int
end_parts(void)
{
	state_close(state);
	key_close(key);
	return test_done();
}

#endif
