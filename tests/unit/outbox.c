/* The outbox: what is put is there after a restart, goes to one owner at a
 * time, and leaves nothing readable behind. */
#include "core/outbox.c"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

#define NOW 1795305600

static struct key *key;
static struct state *state;
static const struct outbox_message message = {
    .from_ton = 3,
    .from_npi = 1,
    .to_ton = 1,
    .to_npi = 1,
    .from = "10086",
    .to = "8613800000001",
    .alphabet = ALPHABET_UCS2,
    .reference = 0xabcd,
    .text = "截至11月22日08:00，您11月8日以来到过：北京。",
};

/* The rows that a claim hands out. */
struct got {
	struct outbox_row rows[8];
	int n;
};

static void
take(const struct outbox_row *row, void *arg)
{
	struct got *got = arg;

	if (got->n < 8)
		got->rows[got->n++] = *row;
}

static int
claim(struct outbox *o, int64_t now, struct got *got)
{
	got->n = 0;
	if (outbox_claim(o, now, 8, take, got) < 0)
		return -1;
	return got->n;
}

static struct outbox *
instance(const char *carrier)
{
	struct outbox *o;

	return outbox_new(&o, state, key, carrier) == 0 ? o : NULL;
}

static void
reopen(void)
{
	state_close(state);
	if (state_open(&state, "sqlite:store") < 0)
		abort();
}

/* Does a file hold these octets? */
static int
holds(const char *path, const char *what, size_t len)
{
	static char all[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n = f != NULL ? fread(all, 1, sizeof(all), f) : 0;

	if (f != NULL)
		fclose(f);
	return memmem(all, n, what, len) != NULL;
}

static int
left_behind(const char *what, size_t len)
{
	return holds("store/state.db", what, len) ||
	    holds("store/state.db-wal", what, len);
}

static void
owners(void)
{
	struct outbox *a = instance("cmcc"), *b = instance("cmcc");
	struct outbox *other = instance("cucc");
	struct got got;
	int64_t id;

	ok_int(outbox_put(a, &message, 0, NOW + 3600, NOW, &id), 0, "put");
	ok_int(state_commit(state), 0, "and made durable");
	ok_int(claim(b, NOW + OUTBOX_LEASE - 1, &got), 0,
	    "while it is leased nobody else gets it");
	ok_int(outbox_renew(a, NOW + OUTBOX_LEASE - 1), 0, "renewed");
	ok_int(claim(b, NOW + OUTBOX_LEASE + 1, &got), 0,
	    "a renewed lease goes on");
	ok_int(claim(other, NOW + 1000, &got), 0, "another carrier never does");
	ok_int(claim(b, NOW + 2 * OUTBOX_LEASE, &got), 1,
	    "when the lease is over another gets it");
	ok(got.rows[0].id == id && got.rows[0].expires == NOW + 3600 &&
		memcmp(&got.rows[0].message, &message, sizeof(message)) == 0,
	    "whole, as it was put");
	ok_int(claim(a, NOW + 2 * OUTBOX_LEASE, &got), 0,
	    "and then the first does not");
	ok_int(outbox_done(b, id, 5), 0, "segments 0 and 2 are taken");
	ok_int(outbox_release(b), 0, "and the lease given up");
	state_commit(state);
	ok_int(claim(a, NOW + 2 * OUTBOX_LEASE, &got), 1,
	    "what is given up can be had at once");
	ok_int(got.rows[0].done, 5, "with what was done");
	outbox_erase(a, id);
	state_commit(state);
	ok_int(outbox_count(a), 0, "erased");
	state_commit(state);
	outbox_free(a);
	outbox_free(b);
	outbox_free(other);
}

static void
restarts(void)
{
	struct outbox *o = instance("cmcc");
	struct got got;
	int64_t id;

	outbox_put(o, &message, 0, NOW + 3600, NOW, &id);
	state_commit(state);
	outbox_free(o);
	reopen();
	o = instance("cmcc");
	ok_int(claim(o, NOW + OUTBOX_LEASE + 1, &got), 1,
	    "after a restart it is still there");
	ok_str(got.rows[0].message.text, message.text, "and can be read");
	outbox_erase(o, got.rows[0].id);
	state_commit(state);
	outbox_free(o);
}

static void
at_rest(void)
{
	struct outbox *o = instance("cmcc");
	uint8_t sealed[64];
	sqlite3_stmt *st;
	int64_t id;

	outbox_put(o, &message, 0, NOW + 3600, NOW, &id);
	state_commit(state);
	st = state_write(state, OUTBOX_CLAIM);
	sqlite3_bind_int64(st, 1, 1);
	sqlite3_bind_int64(st, 2, NOW);
	sqlite3_bind_text(st, 3, "cmcc", -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, NOW + 1000);
	sqlite3_bind_int(st, 5, 1);
	if (state_step(state, OUTBOX_CLAIM) == 1)
		memcpy(sealed, sqlite3_column_blob(st, 3), sizeof(sealed));
	state_reset(state, OUTBOX_CLAIM);
	state_commit(state);
	ok(!left_behind("13800000001", 11), "no number in the file");
	ok(!left_behind("北京", 6), "no place in it");
	ok(left_behind((char *)sealed, sizeof(sealed)),
	    "the sealed row is in it");
	outbox_erase(o, id);
	state_commit(state);
	state_wipe(state);
	ok(!left_behind((char *)sealed, sizeof(sealed)),
	    "once it is sent it leaves no octets");
	outbox_free(o);
}

static void
another_key(void)
{
	struct outbox *o = instance("cmcc"), *p;
	struct key *strange;
	struct got got;
	FILE *f = fopen("other.key", "w");
	int64_t id;

	fputs("fedcba9876543210fedcba9876543210", f);
	fclose(f);
	if (key_open(&strange, "other.key") < 0 ||
	    outbox_new(&p, state, strange, "cmcc") < 0)
		abort();
	outbox_put(o, &message, 0, NOW + 3600, NOW, &id);
	state_commit(state);
	ok_int(claim(p, NOW + 1000, &got), 0,
	    "with another key a row is not read");
	ok_int(outbox_count(o), 1, "but left for who has the right one");
	ok_int(claim(o, NOW + 2000, &got), 1, "who can send it");
	outbox_release(o);
	ok_int(outbox_expire(o, NOW + 3600), 0, "until it expires");
	ok_int(outbox_count(o), 1, "on the last second it is there");
	outbox_expire(o, NOW + 3601);
	ok_int(outbox_count(o), 0, "and then it is gone");
	state_commit(state);
	outbox_free(o);
	outbox_free(p);
	key_close(strange);
}

int
main(void)
{
	const char *dir = getenv("TEST_DIR");
	char name[] = "/tmp/travelcard-outbox-XXXXXX";
	FILE *f;

	if (chdir(dir != NULL ? dir : mkdtemp(name)) < 0)
		return 1;
	umask(077);
	f = fopen("site.key", "w");
	fputs("0123456789abcdef0123456789abcdef", f);
	fclose(f);
	if (key_open(&key, "site.key") < 0 ||
	    state_open(&state, "sqlite:store") < 0)
		return 1;
	owners();
	restarts();
	at_rest();
	another_key();
	state_close(state);
	key_close(key);
	return test_done();
}
