/* Parts at rest: over restarts, between processes, damaged or away, and
 * nothing readable left behind. */
#include "core/parts.c"

#include <signal.h>
#include <sys/wait.h>

#include "parts_fixture.h"

/* What is committed outlives its process; what is not is not there. */
static void
restarts(void)
{
	struct parts *p = fresh(8);
	pid_t pid;
	int status;

	parts_free(p);
	state_close(state);
	pid = fork();
	if (pid == 0) {
		if (state_open(&state, "sqlite:store") < 0)
			_exit(1);
		p = fresh(8);
		add(p, 1, 1, 3, "a", T);
		if (state_commit(state) < 0)
			_exit(1);
		add(p, 1, 2, 3, "b", T);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status), "killed in the midst of a batch");
	if (state_open(&state, "sqlite:store") < 0)
		exit(1);
	p = fresh(8);
	ok_str(add(p, 1, 3, 3, "c", T), "", "of two parts");
	ok_str(add(p, 1, 2, 3, "b", T), "abc", "the committed one is there");
	end(p);
}

/* Two who take one's parts at the same time: one of them has the whole. */
static void
at_once(void)
{
	enum { N = 40 };
	struct parts *p;
	int whole = 0, mine = 0, status;
	char c = 'x';
	pid_t pid;
	int go[2];

	state_close(state);
	if (pipe(go) < 0 || (pid = fork()) < 0 ||
	    state_open(&state, "sqlite:store") < 0)
		exit(1);
	p = fresh(N);
	if (pid == 0 ? read(go[0], &c, 1) != 1 : write(go[1], &c, 1) != 1)
		_exit(1);
	for (int i = 0; i < N; i++) {
		mine += *add(p, i, pid == 0 ? 1 : 2, 2, "a", T) != '\0';
		if (state_commit(state) < 0)
			_exit(1);
	}
	if (pid == 0)
		_exit(mine);
	waitpid(pid, &status, 0);
	whole = mine + WEXITSTATUS(status);
	ok_int(whole, N, "two processes, each message is whole for one");
	end(p);
	close(go[0]);
	close(go[1]);
}

/* Does a file hold these octets? */
static int
holds(const char *path, const char *what, size_t len)
{
	static char all[1 << 22];
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
at_rest(void)
{
	struct parts *p = fresh(8);
	const struct part part = {.name = "8613800000001",
	    .name_len = 13,
	    .source = "8613800000001",
	    .source_len = 13};
	uint8_t sealed[64] = {0};
	sqlite3_stmt *st;

	add_of(p, "8613800000001", 1, 2, "CXMYD#1234", T);
	state_commit(state);
	st = state_write(state, PARTS_GET);
	sqlite3_bind_int64(st, 1, row_of(p, &part));
	if (state_step(state, PARTS_GET) == 1)
		memcpy(sealed, sqlite3_column_blob(st, 2),
		    sqlite3_column_bytes(st, 2));
	state_reset(state, PARTS_GET);
	ok(!left_behind("13800000001", 11), "no number in the file");
	ok(!left_behind("CXMYD", 5), "no text in it");
	ok(left_behind((char *)sealed, 50), "the sealed row is in it");
	parts_expire(p, T + 61, 8);
	state_commit(state);
	state_wipe(state);
	ok(!left_behind((char *)sealed, 50), "once it is over it leaves none");
	end(p);
}

/* A row that is not as we wrote it is none. */
static void
damage(void)
{
	struct parts *p = fresh(8);
	uint8_t plain[PLAIN_MAX];
	size_t len;
	int bad = 0;

	*logged = '\0';
	add(p, 1, 1, 2, "a", T);
	sqlite3_exec(sqlite3_db_handle(state_write(state, PARTS_GET)),
	    "UPDATE parts SET sealed = zeroblob(length(sealed))", NULL, NULL,
	    NULL);
	ok_str(add(p, 1, 2, 2, "b", T), "", "a box that cannot be opened");
	ok(strstr(logged, "cannot be opened") != NULL, "is told of");
	ok_int(parts_lost(p), 1, "and counted");
	ok_str(add(p, 1, 1, 2, "a", T), "ab", "the message begins anew");
	len = pack(&p->message, plain);
	ok(unpack(plain, len, &p->message) == 0, "its plain form");
	for (size_t i = 0; i < len; i++)
		bad += unpack(plain, i, &p->message) == 0;
	ok_int(bad, 0, "no less of it is one");
	plain[len] = 0;
	ok(unpack(plain, len + 1, &p->message) < 0, "nor more");
	plain[0]++;
	ok(unpack(plain, len, &p->message) < 0, "nor another version");
	plain[0]--;
	plain[4] = 3;
	ok(unpack(plain, len, &p->message) < 0, "part 3 of 2 made it whole");
	plain[4] = 0;
	plain[3] = 4;
	ok(unpack(plain, len, &p->message) < 0, "or is there");
	plain[1] = PARTS_MAX + 1;
	ok(unpack(plain, len, &p->message) < 0, "too many parts");
	end(p);
}

static void
faults(void)
{
	struct parts *p = fresh(8);

	add(p, 1, 1, 2, "a", T);
	state_commit(state);
	rename("store", "away");
	ok_str(add(p, 1, 2, 2, "b", T), "fault", "the state is away");
	ok(parts_expire(p, T, 8) < 0, "nor can anything be erased");
	rename("away", "store");
	ok_int(state_commit(state), 0, "there is nothing to be lost");
	state_close(state);
	if (state_open(&state, "sqlite:store") < 0)
		exit(1);
	p->state = state;
	ok_str(add(p, 1, 2, 2, "b", T), "ab", "what had come is there");
	end(p);
}

int
main(void)
{
	begin_parts();
	restarts();
	at_once();
	at_rest();
	damage();
	faults();
	return end_parts();
}
