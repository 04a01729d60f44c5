/* The outbox: what is put is there after a restart, goes to one owner at a
 * time, and leaves nothing readable behind. */
#include <errno.h>
#include <stdio.h>

#include "core/state.h"

static int steps_left = -1; /* of a statement before one fails */
static enum state_statement failing;

/* A step that fails after others gave rows, and leaves what it did. */
static int
faulty_step(struct state *s, enum state_statement st)
{
	if (st != failing || steps_left < 0 || steps_left-- > 0)
		return state_step(s, st);
	state_reset(s, st);
	return -EIO;
}

#define state_step faulty_step
#include "core/outbox.c"
#undef state_step

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
    .concat = CONCAT_SAR,
    .receipt = 1,
    .reference = 0xabcd,
    .text = "截至11月22日08:00，您11月8日以来到过：北京。",
};

/* The rows that a claim hands out. */
struct got {
	struct outbox_row rows[8];
	int n;
};

static int
take(const struct outbox_row *row, void *arg)
{
	struct got *got = arg;

	if (got->n == 8)
		return -1;
	got->rows[got->n++] = *row;
	return 0;
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
	ok_int(outbox_is_lost(a, id), 1, "which can see that it lost it");
	ok_int(outbox_is_lost(b, id), 0, "the other has it");
	ok_int(outbox_done(b, id, 5), 0, "segments 0 and 2 are taken");
	ok_int(outbox_release(b), 0, "and the lease given up");
	state_commit(state);
	ok_int(claim(a, NOW + 2 * OUTBOX_LEASE, &got), 1,
	    "what is given up can be had at once");
	ok_int(got.rows[0].done, 5, "with what was done");
	outbox_erase(a, id);
	state_commit(state);
	ok_int(outbox_count(a), 0, "erased");
	ok_int(outbox_is_lost(a, id), 1, "nobody has what is sent");
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

/* A row whose plain octets are these; 1 when it is handed out. */
static int
takes(struct outbox *o, const uint8_t *plain, size_t len, struct got *got)
{
	uint8_t box[PLAIN_MAX + KEY_BOX];
	sqlite3_stmt *st = state_write(state, OUTBOX_PUT);

	key_box(key, plain, len, box);
	sqlite3_bind_text(st, 1, "cmcc", -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, 0);
	sqlite3_bind_int64(st, 3, 0);
	sqlite3_bind_int64(st, 4, NOW + 3600);
	sqlite3_bind_int64(st, 5, 0);
	sqlite3_bind_blob(st, 6, box, len + KEY_BOX, SQLITE_STATIC);
	state_step(state, OUTBOX_PUT);
	claim(o, NOW, got);
	outbox_erase(o, sqlite3_last_insert_rowid(sqlite3_db_handle(st)));
	state_commit(state);
	return got->n;
}

/* Rows of the version before, of one to come, and what was never a row. */
static void
versions(void)
{
	static const uint8_t one[] = {1, 3, 1, 1, 1, ALPHABET_UCS2, 0xab, 0xcd,
	    '1', '0', '0', '8', '6', 0, '8', '6', '1', 0, 'h', 'i', 0};
	static const uint8_t two[] = {2, 3, 1, 1, 1, ALPHABET_GSM7, 0xab, 0xcd,
	    CONCAT_PAYLOAD, 0, '1', 0, '2', 0, 'h', 'i', 0};
	struct outbox *o = instance("cmcc");
	uint8_t bad[sizeof(two)];
	struct got got;
	int taken = 0;

	ok_int(takes(o, one, sizeof(one), &got), 1, "a row of version 1");
	ok(got.rows[0].message.concat == CONCAT_UDH &&
		!got.rows[0].message.receipt &&
		got.rows[0].message.reference == 0xabcd &&
		strcmp(got.rows[0].message.from, "10086") == 0 &&
		strcmp(got.rows[0].message.text, "hi") == 0,
	    "goes out with UDH, as it was meant");
	ok_int(takes(o, two, sizeof(two), &got), 1, "one of version 2");
	ok(got.rows[0].message.concat == CONCAT_PAYLOAD &&
		!got.rows[0].message.receipt &&
		strcmp(got.rows[0].message.text, "hi") == 0,
	    "as it says");
	for (size_t i = 0; i < 4; i++) {
		static const struct {
			uint8_t at, value;
		} wrong[] = {{0, 3}, {0, 0}, {8, CONCAT_PAYLOAD + 1}, {9, 2}};

		memcpy(bad, two, sizeof(bad));
		bad[wrong[i].at] = wrong[i].value;
		taken += takes(o, bad, sizeof(bad), &got);
	}
	for (size_t n = 0; n < sizeof(two); n++)
		taken += takes(o, two, n, &got);
	ok_int(taken, 0, "what is not understood is not sent");
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
	outbox_renew(p, NOW + 1000 + OUTBOX_AGAIN - 1);
	ok_int(claim(o, NOW + 1000 + OUTBOX_AGAIN, &got), 0,
	    "not at once, so that it is not in the way of others");
	ok_int(claim(o, NOW + 1000 + OUTBOX_AGAIN + 1, &got), 1,
	    "who can send it, however long it is tried");
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

/* What whoever claims a row does not keep, and what has expired. */
static void
not_kept(void)
{
	struct outbox *a = instance("cmcc"), *b = instance("cmcc");
	struct got got = {.n = 8};
	int64_t id, other;

	outbox_put(a, &message, 0, NOW + 100, NOW, &id);
	outbox_release(a);
	outbox_claim(a, NOW, 1, take, &got);
	outbox_renew(a, NOW + OUTBOX_AGAIN);
	ok_int(claim(b, NOW + OUTBOX_AGAIN + 1, &got), 1,
	    "what is given back is not renewed");
	ok_int(outbox_renew(b, NOW + 100), 0, "nor what has expired");
	outbox_expire(b, NOW + 100 + OUTBOX_LEASE);
	ok_int(outbox_count(b), 0, "so that it goes when its lease ends");
	outbox_put(a, &message, 0, NOW + 100, NOW, &other);
	ok(other != id, "and its id is not used again");
	ok_int(outbox_erase(a, id), 0, "erased twice is no harm");
	ok_int(outbox_count(a), 1, "to any other");
	outbox_erase(a, other);
	state_commit(state);
	outbox_free(a);
	outbox_free(b);
}

/* A fault in the midst of a claim: of none of the rows is it to hold. */
static void
faults(void)
{
	static const struct {
		const char *what;
		enum state_statement failing;
		int after, kept; /* steps; rows that the claimer can take */
	} c[] = {
	    {"a row is not read", OUTBOX_CLAIM, 1, 8},
	    {"nor the first", OUTBOX_CLAIM, 0, 8},
	    {"one cannot be given back", OUTBOX_GIVE_BACK, 0, 2},
	};
	struct outbox *a = instance("cmcc"), *b = instance("cmcc");
	struct got got;
	int64_t id;

	for (int i = 0; i < 3; i++)
		outbox_leave(a, &message, NOW + 3600);
	state_commit(state);
	for (size_t i = 0; i < sizeof(c) / sizeof(c[0]); i++) {
		failing = c[i].failing;
		steps_left = c[i].after;
		got.n = 8 - c[i].kept;
		ok_int(outbox_claim(a, NOW, 8, take, &got), -EIO, "%s: a fault",
		    c[i].what);
		steps_left = -1;
		ok_int(outbox_put(a, &message, 0, NOW + 3600, NOW, &id), -EIO,
		    "nothing is written after it");
		ok_int(state_commit(state), -EIO, "nor committed");
		ok_int(claim(b, NOW, &got), 3, "another can have them all");
		outbox_release(b);
		state_commit(state);
	}
	claim(b, NOW, &got);
	for (int i = 0; i < got.n; i++)
		outbox_erase(b, got.rows[i].id);
	state_commit(state);
	outbox_free(a);
	outbox_free(b);
}

/* How many wait for a number, as an SMSC may write it. */
static void
forgotten(void)
{
	static const char *const to[] = {"8613900000001", "13900000001",
	    "+8613900000001", "8613900000002", "10658100"};
	struct outbox *a = instance("cmcc"), *b = instance("unicom");
	struct outbox_message m = message;
	struct got got;

	for (size_t i = 0; i < sizeof(to) / sizeof(*to); i++) {
		strcpy(m.to, to[i]);
		outbox_leave(i % 2 ? b : a, &m, NOW + 600);
	}
	state_commit(state);
	ok_int(outbox_forget(state, key, "86", "8613900000001"), 3,
	    "what a number is still to be sent is erased, whoever sends it");
	state_commit(state);
	ok_int(outbox_forget(state, key, "86", "8613900000001"), 0, "once");
	claim(a, NOW, &got);
	ok(got.n == 1 && strcmp(got.rows[0].message.to, "10658100") == 0,
	    "others' messages are left");
	outbox_erase(a, got.rows[0].id);
	claim(b, NOW, &got);
	ok(got.n == 1 && strcmp(got.rows[0].message.to, "8613900000002") == 0,
	    "of each carrier");
	outbox_erase(b, got.rows[0].id);
	outbox_free(a);
	outbox_free(b);
	state_commit(state);
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
	versions();
	at_rest();
	forgotten();
	another_key();
	not_kept();
	faults();
	state_close(state);
	key_close(key);
	return test_done();
}
