/* A store's file that was cut is not read; one whose writer was killed, however
 * far it was with writing back its log, is. Gateways keep the log's index in
 * use meanwhile, so that nobody can do the rest. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "bucket.h"
#include "store_fixture.h"
#include "store_sqlite.h"

#define DB "store/stays.db"
#define PAGE 8192
#define LOCK_PAGE (0x40000000 / PAGE) /* the first is 0 */
#define BUCKETS 10                    /* of more than two pages each */
#define BLOB 20000

static struct store *gateway; /* which runs all the time */

/* Writing. */

static uint8_t blob[BLOB];

/* Buckets from one number on, all of one octet; committed, the log kept. */
static void
grow(unsigned from, uint8_t fill)
{
	memset(blob, fill, sizeof(blob));
	if (writer == NULL)
		writer = open_as(STORE_WRITE);
	if (writer == NULL || store_write_begin(writer) < 0)
		exit(1);
	for (unsigned i = from; i < from + BUCKETS; i++)
		store_put_bucket(writer, i, blob, sizeof(blob));
	if (store_run(writer, SQL_COMMIT) < 0)
		exit(1);
}

/* Writes all of the log back that readers do not need. */
static void
write_back(struct store *s)
{
	sqlite3_wal_checkpoint_v2(
	    s->q.db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

/* A store of ten buckets, all in its file, and a gateway that has looked at
 * them. */
static void
begin(void)
{
	store_close(gateway);
	begin_store();
	store_write_commit(writer);
	grow(0, 'a');
	write_back(writer);
	store_close(writer);
	writer = NULL;
	gateway = open_as(STORE_READ);
	if (gateway == NULL || store_begin(gateway) < 0)
		exit(1);
	store_end(gateway);
}

/* Being killed. */

static int writes; /* of the file, until then */
static ssize_t (*really_write)(int fd, const void *octets, size_t n, off_t at);

static ssize_t
write_or_die(int fd, const void *octets, size_t n, off_t at)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path));
	if (len > 8 && memcmp(path + len - 8, "stays.db", 8) == 0 &&
	    writes-- == 0)
		raise(SIGKILL);
	return really_write(fd, octets, n, at);
}

static void
die_at(int write)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	const char *name =
	    vfs->xGetSystemCall(vfs, "pwrite64") ? "pwrite64" : "pwrite";

	writes = write;
	really_write = (ssize_t(*)(
	    int, const void *, size_t, off_t))vfs->xGetSystemCall(vfs, name);
	vfs->xSetSystemCall(
	    vfs, name, (sqlite3_syscall_ptr)(void (*)(void))write_or_die);
}

/* A writer that adds ten buckets, and is killed when it writes the nth page of
 * its log back: 1, or 0 when it is done before. */
static int
killed_at(int n)
{
	int ready[2], status;
	pid_t pid;

	/* SQLite's files are not for a child: it begins before they are open */
	store_close(gateway);
	gateway = NULL;
	if (pipe(ready) < 0)
		exit(1);
	pid = fork();
	if (pid == 0) {
		char c;

		close(ready[1]);
		if (read(ready[0], &c, 1) != 1)
			_exit(1);
		die_at(n);
		grow(BUCKETS, 'b');
		write_back(writer);
		_exit(0);
	}
	begin();
	close(ready[0]);
	if (write(ready[1], "", 1) != 1 || waitpid(pid, &status, 0) != pid)
		exit(1);
	close(ready[1]);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* Reading. */

/* How many buckets there are of `a` and of `b`: "10 10"; or the fault, "cut"
 * when the file is said to be that. */
static int
count_bucket(uint64_t id, const uint8_t *octets, size_t len, void *arg)
{
	unsigned *n = arg;

	(void)id;
	for (size_t i = 1; i < len; i++)
		if (octets[i] != octets[0])
			return -EBADMSG;
	if (len != BLOB || (octets[0] != 'a' && octets[0] != 'b'))
		return -EBADMSG;
	n[octets[0] - 'a']++;
	return 0;
}

static const char *
seen_by(struct store *s)
{
	static char out[64];
	unsigned n[2] = {0, 0};
	int rc;

	logged[0] = '\0';
	if (s == NULL)
		return "not opened";
	rc = store_begin(s);
	if (rc == 0)
		rc = store_each_bucket(s, count_bucket, n);
	store_end(s);
	if (rc == -EUCLEAN && strstr(logged, DB ": cut to ") != NULL)
		return "cut";
	if (rc < 0)
		snprintf(out, sizeof(out), "%s", strerrorname_np(-rc));
	else
		snprintf(out, sizeof(out), "%u %u", n[0], n[1]);
	return out;
}

/* By another gateway, which begins now. */
static const char *
seen_anew(void)
{
	struct store *s = open_as(STORE_READ);
	const char *seen = seen_by(s);

	store_close(s);
	return seen;
}

static int64_t
size_now(void)
{
	struct stat st;

	return stat(DB, &st) == 0 ? st.st_size : -1;
}

static void
cut(int64_t to)
{
	if (truncate(DB, to) < 0)
		exit(1);
}

/* What is tested. */

/* At every page that it may be killed at. */
static void
killed(void)
{
	int n, bad = 0;

	for (n = 0; killed_at(n); n++) {
		if (strcmp(seen_anew(), "10 10") != 0) {
			printf("# page %d: %s %s", n, seen_anew(), logged);
			bad++;
		}
		if (strcmp(seen_by(gateway), "10 10") != 0)
			bad++;
	}
	ok(n > 2 * BUCKETS, "killed at each of %d pages that are written back",
	    n);
	ok_int(bad, 0, "readers have what was committed");
	ok_str(seen_anew(), "10 10", "killed at none, too");
}

static void
killed_and_cut(void)
{
	int64_t before, size;

	killed_at(0);
	before = size_now();
	killed_at(2 * BUCKETS);
	size = size_now();
	ok(size > before, "killed half-way");
	cut(size - PAGE / 2);
	ok_str(seen_anew(), "10 10", "what the log has may be cut,");
	cut(before);
	ok_str(seen_anew(), "10 10", "all of that");
	ok_str(seen_by(gateway), "10 10", "also for who read before");
	cut(before - PAGE);
	ok_str(seen_anew(), "cut", "but no page more");
	ok_str(seen_by(gateway), "cut", "by all");
	cut(0);
	ok(strcmp(seen_anew(), "10 10") != 0, "not even the header");

	killed_at(2 * BUCKETS);
	cut(size - 5 * PAGE);
	if (truncate(DB "-wal", 32 + 24 + PAGE) < 0)
		exit(1);
	ok(strcmp(seen_anew(), "10 10") != 0, "a log that was cut as well");
}

/* What was written back is read from the file, also while the log still has
 * it. A file may be cut to what it was when somebody last looked. */
static void
written_back(int looked)
{
	int64_t before;

	begin();
	before = size_now();
	grow(BUCKETS, 'b');
	if (looked)
		ok_str(seen_by(gateway), "10 10", "what the log has");
	ok_int(size_now(), before, "and the file has not");
	write_back(writer);
	ok(size_now() > before, "is written back");
	cut(before);
	ok_str(seen_by(gateway), "cut", "cut, the file is too short");
	ok_str(seen_anew(), "cut", "for a new reader as well");
}

/* Some of the log is written back, for a reader needs the state before. */
static void
partly_written_back(void)
{
	struct store *old;
	int64_t size;

	begin();
	grow(BUCKETS, 'b');
	old = open_as(STORE_READ);
	if (old == NULL || store_begin(old) < 0)
		exit(1);
	grow(2 * BUCKETS, 'a');
	write_back(writer);
	size = size_now();
	ok_str(seen_anew(), "20 10", "one part is in the file, one in the log");
	cut(size - PAGE);
	ok_str(seen_anew(), "cut", "the log's first part does not count");
	store_close(old);
}

/* A page that the log has twice does not stand for another. */
static void
written_twice(void)
{
	int64_t before;

	begin();
	before = size_now();
	grow(BUCKETS, 'b');
	grow(BUCKETS, 'a');
	ok_str(seen_anew(), "20 0", "written twice");
	cut(before - PAGE);
	ok_str(seen_anew(), "cut", "it is no page more");
}

/* A store that is made smaller is whole. */
static void
smaller(void)
{
	int64_t size;

	begin();
	size = size_now();
	writer = open_as(STORE_WRITE);
	store_write_begin(writer);
	for (unsigned i = 1; i < BUCKETS; i++)
		store_put_bucket(writer, i, NULL, 0);
	store_write_commit(writer);
	sqlite3_exec(writer->q.db, "VACUUM", NULL, NULL, NULL);
	write_back(writer);
	ok(size_now() < size, "emptied, and its room given back");
	ok_str(seen_by(gateway), "1 0", "it is read");
	ok_str(seen_anew(), "1 0", "by all");
}

/* The page that locks lie in is never written: a file that ends before it, and
 * a log that goes on behind. */
static void
lock_page(void)
{
	static const uint8_t pages[] = {LOCK_PAGE >> 24, LOCK_PAGE >> 16 & 0xff,
	    LOCK_PAGE >> 8 & 0xff, LOCK_PAGE & 0xff};
	FILE *file;

	begin();
	store_close(gateway);
	gateway = NULL;
	cut((int64_t)LOCK_PAGE * PAGE); /* a hole, mostly */
	file = fopen(DB, "r+");
	if (file == NULL || fseek(file, 28, SEEK_SET) != 0 ||
	    fwrite(pages, 4, 1, file) != 1 || fclose(file) != 0)
		exit(1);
	gateway = open_as(STORE_READ);
	ok_str(seen_by(gateway), "10 0", "one gigabyte");
	grow(BUCKETS, 'b');
	ok_int(size_now(), (int64_t)LOCK_PAGE * PAGE, "and a log");
	ok_str(seen_by(gateway), "10 10", "without the page of the locks");
	write_back(writer);
	ok_str(seen_anew(), "10 10", "written back, with it");
}

/* More than one block of the log's index. */
static void
long_log(void)
{
	int64_t before;

	begin();
	before = size_now();
	for (int i = 1; i <= 200; i++)
		grow(i * BUCKETS, 'b');
	ok_int(size_now(), before, "a log of %lld pages",
	    (long long)sqlite_integer(&writer->q, "PRAGMA page_count"));
	ok_str(seen_anew(), "10 2000", "is read");
	cut(before - PAGE);
	ok_str(seen_anew(), "cut", "until the file is cut");
}

int
main(void)
{
	store_tests_begin();
	killed();
	killed_and_cut();
	written_back(1);
	written_back(0);
	written_twice();
	partly_written_back();
	smaller();
	lock_page();
	long_log();
	store_close(gateway);
	return store_tests_done();
}
