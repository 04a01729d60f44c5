/* The audit: chains that show every change, files a process and day, what
 * happens at midnight, on a full disk and on one that fails. */
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_int sync_fails, syncs;

static int
test_fdatasync(int fd)
{
	syncs++;
	errno = EIO;
	return sync_fails ? -1 : fdatasync(fd);
}
#define fdatasync test_fdatasync

#include "core/audit.c"
#include "core/audit_sync.c"

#include "core/audit_check.h"

#include "fixture.h"
#include "test.h"

#define NOW 1795305600 /* 2026-11-22 08:00 in Shanghai */
#define NIGHT (NOW + 16 * 3600)
#define FILES 8

static struct key *key;

static struct audit_act query = {
    .act = "query",
    .channel = "sms",
    .service = "cmcc-sms",
    .verdict = "ok",
    .who = 0x0123456789abcdef,
    .count = -1,
    .by = "",
    .reason = "",
};

static const struct key *
find_key(const uint8_t fingerprint[KEY_FINGERPRINT], void *arg)
{
	uint8_t own[KEY_FINGERPRINT];

	(void)arg;
	key_fingerprint(key, own);
	return memcmp(own, fingerprint, sizeof(own)) == 0 ? key : NULL;
}

/* What a folder is found to be. */
static struct found {
	size_t n;
	struct audit_finding f[FILES];
	char names[FILES][AUDIT_NAME];
} found;

static void
on_finding(const struct audit_finding *f, void *arg)
{
	(void)arg;
	if (found.n == FILES)
		return;
	strcpy(found.names[found.n], f->file);
	found.f[found.n] = *f;
	found.f[found.n].file = found.names[found.n];
	found.n++;
}

static int
check(const char *dir)
{
	found.n = 0;
	return audit_check(dir, "2026-10-01", find_key, NULL, on_finding, NULL);
}

/* "2:whole 1:broken": the lines that hold, and the state. */
static const char *
states(const char *dir)
{
	static const char *const names[] = {
	    "whole", "writing", "stopped", "broken"};
	static char text[256];
	size_t n = 0;

	text[0] = '\0';
	if (check(dir) < 0)
		return "no folder";
	for (size_t i = 0; i < found.n; i++)
		n += snprintf(text + n, sizeof(text) - n, "%s%llu:%s%s",
		    i ? " " : "", (unsigned long long)found.f[i].lines,
		    names[found.f[i].state], found.f[i].is_torn ? "!" : "");
	return text;
}

static char *
path_of(const char *dir, size_t i)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", dir, found.names[i]);
	return path;
}

static struct audit *
begin(const char *dir)
{
	struct audit *a = NULL;

	ok_int(audit_open(&a, dir, 30, "test", key), 0, "%s is begun", dir);
	return a;
}

static void
write_some(struct audit *a, int n)
{
	int bad = 0;

	for (int i = 0; i < n; i++)
		bad += audit_write(a, &query) < 0;
	ok_int(bad, 0, "%d lines", n);
}

static size_t
slurp(const char *path, char *text, size_t size)
{
	FILE *f = fopen(path, "r");
	size_t n = f != NULL ? fread(text, 1, size - 1, f) : 0;

	if (f != NULL)
		fclose(f);
	text[n] = '\0';
	return n;
}

static struct key *
key_from(const char *name, char fill)
{
	struct key *k = NULL;
	char octets[32];

	memset(octets, fill, sizeof(octets));
	put_octets(name, octets, sizeof(octets));
	chmod(name, 0600);
	key_open(&k, name);
	return k;
}

/* Lines. */

static void
lines(void)
{
	struct audit *a = begin("lines");
	const struct audit_act purge = {
	    .act = "purge",
	    .channel = "tool",
	    .service = "",
	    .verdict = "done",
	    .count = 12,
	    .by = "o\"p",
	    .reason = "asked by 138 0013-8000\nfor +8613800138000, "
		      "ticket 20261122 of 4",
	};
	char text[4096], *second, *third;
	struct stat st;

	audit_write(a, &query);
	audit_write(a, &purge);
	ok_str(states("lines"), "3:writing", "whole so far, and written to");
	stat("lines", &st);
	ok_int(st.st_mode & 0777, 0700, "the folder is its owner's");
	stat(path_of("lines", 0), &st);
	ok_int(st.st_mode & 0777, 0600, "and so is the file");
	audit_close(a);
	ok_str(states("lines"), "4:whole", "and whole when it has ended");
	slurp(path_of("lines", 0), text, sizeof(text));
	second = strchr(text, '\n') + 1;
	ok(strncmp(text, "begin,1,2026-11-22T08:00:00+08:00,test,audit-", 45) ==
		0,
	    "the first line");
	third = strchr(second, '\n') + 1;
	ok(strncmp(second,
	       "query,2026-11-22T08:00:00+08:00,sms,\"cmcc-sms\",ok,"
	       "0123456789abcdef,,,,",
	       70) == 0,
	    "a query");
	ok(strncmp(third,
	       "purge,2026-11-22T08:00:00+08:00,tool,\"\",done,,12,"
	       "\"o\"\"p\",\"asked by *** ****-**** for +*************, ticket "
	       "20261122 of 4\",",
	       121) == 0,
	    "an operator's act, without the numbers in its reason");
	printf("# %s", third);
	ok_int(audit_write(NULL, &query), 0, "no audit, no fault");
	ok(audit_sync(NULL) == 0 && audit_tick(NULL) == 0, "nor elsewhere");
}

/* A chain to the octet: what was written by any version proves with the
 * next. */
static void
known_lines(void)
{
	struct audit_begin b = {
	    .time = "2026-11-22T08:00:00+08:00",
	    .program = "smsc-gw",
	    .name = "20261122-080000-smsc-gw-7.audit",
	    .before = "20261121-080000-smsc-gw-6.audit",
	    .before_hash = "00112233445566778899aabbccddeeff",
	};
	const struct audit_act purge = {
	    .act = "purge",
	    .channel = "tool",
	    .service = "8 13800138000\t\"x\"",
	    .verdict = "ok",
	    .count = 1234567,
	    .by = "o\"p",
	    .reason = "asked by 138 0013-8000",
	};
	struct audit_act cut = query;
	struct key *k = key_from("known.key", 1);
	struct audit_chain c = {.key = k};
	char line[AUDIT_LINE + 1], service[100] = "";

	key_fingerprint(k, b.key);
	line[audit_put_begin(&c, &b, line)] = '\0';
	ok_str(line,
	    "begin,1,2026-11-22T08:00:00+08:00,smsc-gw,"
	    "20261122-080000-smsc-gw-7.audit,c7271125697713dc283ce32ebce3e238,"
	    "20261121-080000-smsc-gw-6.audit:00112233445566778899aabbccddeeff,"
	    "b6d5641fe58aca7f6af2a6aabd3d709a\n",
	    "a first line");
	line[audit_put_act(&c, b.time, &query, line)] = '\0';
	ok_str(line,
	    "query,2026-11-22T08:00:00+08:00,sms,\"cmcc-sms\",ok,"
	    "0123456789abcdef,,,,3e12e2849048df13510767bbd0b2ba06\n",
	    "a query's");
	line[audit_put_act(&c, b.time, &purge, line)] = '\0';
	ok_str(line,
	    "purge,2026-11-22T08:00:00+08:00,tool,"
	    "\"* *********** \"\"x\"\"\",ok,,1234567,\"o\"\"p\","
	    "\"asked by *** ****-****\",b48b265bf174df2c1f207cdacd03fd70\n",
	    "an operator's");
	line[audit_put_end(&c, b.time, line)] = '\0';
	ok_str(line,
	    "end,2026-11-22T08:00:00+08:00,4,"
	    "532c566e9976478d2a8c604385e8b785\n",
	    "and the last");
	memset(service, 'x', sizeof(service) - 1);
	cut.service = service;
	line[audit_put_act(&c, b.time, &cut, line)] = '\0';
	ok_int(strspn(strchr(line, '"') + 1, "x"), 64, "a long name is cut");
	key_close(k);
}

static void
longest(void)
{
	static char service[100], by[400];
	struct audit_act act = query;
	char text[4 * AUDIT_LINE];
	struct audit *a = begin("longest");

	memset(service, '"', sizeof(service) - 1);
	memset(by, '"', sizeof(by) - 1);
	act.act = "retention-proof";
	act.service = service;
	act.verdict = "a-verdict-of-32-characters-or-so";
	act.by = act.reason = by;
	act.count = INT64_MAX;
	ok_int(audit_write(a, &act), 0, "texts that are all quotes");
	audit_close(a);
	ok_str(states("longest"), "3:whole", "fit a line");
	slurp(path_of("longest", 0), text, sizeof(text));
	ok(strstr(strchr(text, '\n'), "\"\"\"\"\"\"") != NULL, "as quotes");
}

/* What is done to a file shows. */

static int
is_seen(const char *dir)
{
	check(dir);
	return found.n != 1 || found.f[0].state == AUDIT_BROKEN ||
	    found.f[0].state == AUDIT_STOPPED;
}

static int
breaks_at(const char *dir)
{
	check(dir);
	return found.f[0].state == AUDIT_BROKEN ? (int)found.f[0].line : 0;
}

static void
every_octet(void)
{
	struct audit *a = begin("octets");
	char text[4096], path[256];
	int unseen = 0, wrong = 0, line = 1;
	size_t n;

	write_some(a, 2);
	audit_close(a);
	ok_str(states("octets"), "4:whole", "a small file");
	strcpy(path, path_of("octets", 0));
	n = slurp(path, text, sizeof(text));
	for (size_t i = 0; i < n; i++) {
		int was_newline = text[i] == '\n';

		text[i] ^= 1;
		put_octets(path, text, n);
		unseen += !is_seen("octets");
		if (i < n - 1)
			wrong += breaks_at("octets") != line;
		text[i] ^= 1;
		line += was_newline;
	}
	ok_int(unseen, 0, "each of its %zu octets shows when changed", n);
	ok_int(wrong, 0, "with its line");
	put_octets(path, text, n);
	ok_str(states("octets"), "4:whole", "and nothing else does");
}

/* Each way of cutting leaves it without an end, or not at all. */
static void
every_cut(void)
{
	char text[4096], path[256];
	int ended = 0;
	size_t n;

	check("octets");
	strcpy(path, path_of("octets", 0));
	n = slurp(path, text, sizeof(text));
	for (size_t i = 0; i < n; i++) {
		put_octets(path, text, i);
		check("octets");
		ended += found.f[0].state != AUDIT_STOPPED;
	}
	ok_int(ended, 0, "cut anywhere it has no end");
	put_octets(path, text, n - 3);
	ok_str(states("octets"), "3:stopped!", "a torn line does not count");
	memset(text + n - 3, 0, 3);
	put_octets(path, text, n);
	ok_str(states("octets"), "3:stopped!", "nor one of zeros");
}

static void
moved(void)
{
	struct audit *a = begin("moved");
	char text[4096], path[256], *l[5];
	size_t n;

	write_some(a, 3);
	audit_close(a);
	check("moved");
	strcpy(path, path_of("moved", 0));
	n = slurp(path, text, sizeof(text));
	l[0] = text;
	for (int i = 1; i < 5; i++)
		l[i] = strchr(l[i - 1], '\n') + 1;
	{
		char out[4096];
		size_t first = l[1] - text;

		memcpy(out, text, first);
		memcpy(out + first, l[2], text + n - l[2]);
		put_octets(path, out, n - (l[2] - l[1]));
		ok_int(breaks_at("moved"), 2, "a line taken out");
		memcpy(out, text, n);
		memcpy(out + n, l[4], text + n - l[4]);
		put_octets(path, out, n + (text + n - l[4]));
		ok_int(breaks_at("moved"), 6, "a line behind the end");
		memset(out, 'x', sizeof(out));
		out[3000] = '\n';
		put_octets(path, out, 3001);
		ok_int(breaks_at("moved"), 1, "a line of any length");
	}
	put_octets(path, text, n);
	rename(path, "moved/audit-2026-11-22-test-00000000.csv");
	ok_int(breaks_at("moved"), 1, "another name");
}

static void
other_key(void)
{
	struct key *own = key, *other = key_from("other.key", 'b');

	key = other;
	ok_int(breaks_at("lines"), 1, "another key");
	ok(strstr(found.f[0].why, "key_file") != NULL, "is told");
	key_close(other);
	key = own;
}

/* More than one. */

static void
processes(void)
{
	int bad = 0, status;

	for (int i = 0; i < 2; i++)
		if (fork() == 0) {
			struct audit *a;

			if (audit_open(&a, "both", 30, "test", key) < 0)
				_exit(1);
			for (int j = 0; j < 1000; j++)
				bad += audit_write(a, &query) < 0;
			audit_close(a);
			_exit(bad != 0);
		}
	for (int i = 0; i < 2; i++)
		bad += wait(&status) < 0 || status != 0;
	ok_int(bad, 0, "two processes write to one folder");
	ok_str(states("both"), "1002:whole 1002:whole", "a chain each");
}

static void
killed(void)
{
	int status;

	if (fork() == 0) {
		struct audit *a;

		if (audit_open(&a, "killed", 30, "test", key) == 0)
			for (int j = 0; j < 100; j++)
				audit_write(a, &query);
		kill(getpid(), SIGKILL);
	}
	wait(&status);
	ok_str(states("killed"), "101:stopped", "killed: all of it, no end");
	audit_close(begin("killed"));
	check("killed");
	ok(found.n == 2 && found.f[0].state != AUDIT_BROKEN &&
		found.f[1].state != AUDIT_BROKEN,
	    "and another begins");
}

/* The file that does not end is the one that was killed. */
static void
links(void)
{
	size_t dead;
	char text[32768], path[256];
	size_t n;

	check("killed");
	dead = found.f[0].state == AUDIT_STOPPED ? 0 : 1;
	strcpy(path, path_of("killed", dead));
	n = slurp(path, text, sizeof(text));
	put_octets(path, text, (char *)memrchr(text, '\n', n - 1) + 1 - text);
	check("killed");
	ok_int(found.f[dead].state, AUDIT_BROKEN,
	    "a line cut off that the chain after it knows");
	ok_int(found.f[dead].line, 101, "with its line");
	unlink(path);
	check("killed");
	ok(found.n == 2 && found.f[1].state == AUDIT_BROKEN &&
		found.f[1].line == 0 && strstr(path, found.names[1]) != NULL,
	    "the whole file taken away");
	put_octets(path, text, n);
	check("killed");
	ok(found.n == 2 && found.f[0].state != AUDIT_BROKEN &&
		found.f[1].state != AUDIT_BROKEN,
	    "and put back");
}

/* Midnight. */

static void
midnight(void)
{
	struct audit *a;

	mkdir("days", 0700);
	put_octets("days/audit-2026-10-23-test-00000000.csv", "", 0);
	put_octets("days/audit-2026-10-24-test-00000000.csv", "", 0);
	put_octets("days/audit-other", "", 0);
	a = begin("days");
	ok_int(access("days/audit-2026-10-23-test-00000000.csv", F_OK), -1,
	    "what is older than thirty days goes");
	ok_int(access("days/audit-2026-10-24-test-00000000.csv", F_OK), 0,
	    "the thirtieth stays");
	when_set(NIGHT - 1, 0);
	write_some(a, 2);
	when_set(NIGHT, 0);
	write_some(a, 3);
	ok_int(access("days/audit-2026-10-24-test-00000000.csv", F_OK), -1,
	    "until midnight");
	ok_int(access("days/audit-other", F_OK), 0, "not what is not ours");
	ok_str(states("days"), "4:whole 4:writing", "a chain each day");
	ok(strncmp(found.names[1], "audit-2026-11-23-test-", 22) == 0,
	    "with its date");
	when_set(NIGHT + 86400, 0);
	ok_int(audit_tick(a), 0, "without a query, too");
	audit_close(a);
	ok_str(states("days"), "4:whole 5:whole 2:whole", "to the end");
	unlink(path_of("days", 1));
	ok_str(states("days"), "4:whole 2:whole 0:broken", "a day taken away");
	when_set(NOW, 0);
}

/* Faults. */

static void
limit_size(rlim_t size)
{
	struct rlimit l;

	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = size;
	setrlimit(RLIMIT_FSIZE, &l);
}

/* A limit on the file's size takes a part of a line, as a full disk does. */
static void
full(void)
{
	struct audit *a = begin("full");
	int taken = 0, refused = 0;
	struct stat st;

	logged[0] = '\0';
	limit_size(1024);
	for (int i = 0; i < 20; i++)
		if (audit_write(a, &query) == 0)
			taken++;
		else
			refused++;
	ok(taken > 0 && refused > 0, "full: %d taken, %d refused", taken,
	    refused);
	ok(strchr(logged, '\n') != NULL &&
		strchr(logged, '\n') == strrchr(logged, '\n'),
	    "which is told once");
	check("full");
	ok_int(found.f[0].lines, taken + 1, "a line for each that was taken");
	ok_int(found.f[0].is_torn, 0, "and no piece of another");
	stat(path_of("full", 0), &st);
	ok(st.st_size > 1024 - 200, "it was full");
	limit_size(RLIM_INFINITY);
	write_some(a, 2);
	ok(strstr(logged, "works again") != NULL, "it works again by itself");
	audit_close(a);
	check("full");
	ok_int(found.f[0].lines, taken + 4, "in the same chain");
	ok_int(found.f[0].state, AUDIT_WHOLE, "which is whole");
}

/* No end mark fits, and at midnight no file can be begun. */
/* A batch's lines, all at once or none. */
static void
batches(void)
{
	struct audit *a = begin("batches");
	int taken = 0;

	for (int i = 0; i < 3; i++)
		audit_hold(a, &query);
	check("batches");
	ok_int(found.f[0].lines, 1, "lines of a batch wait for its end");
	ok_int(audit_flush(a), 0, "and are written then");
	check("batches");
	ok_int(found.f[0].lines, 4, "all of them");
	for (int i = 0; i < 2000; i++)
		taken += audit_hold(a, &query) == 0;
	ok_int(audit_flush(a), 0, "a very long one");
	check("batches");
	ok_int(found.f[0].lines, taken + 4, "is there as well");
	audit_hold(a, &query);
	ok_int(audit_write(a, &query), 0, "what is written at once");
	check("batches");
	ok_int(found.f[0].lines, taken + 6, "comes behind what waits");
	limit_size(1024);
	ok_int(audit_hold(a, &query), 0, "one that may wait");
	ok(audit_flush(a) < 0, "but cannot be written");
	ok_int(audit_flush(a), 0, "is of that batch alone");
	ok(audit_hold(a, &query) < 0, "and the next is told at once,");
	ok_int(audit_flush(a), 0, "and nobody else");
	limit_size(RLIM_INFINITY);
	ok_int(audit_hold(a, &query), 0, "until it works again");
	audit_hold(a, &query);
	when_set(NIGHT, 0);
	audit_hold(a, &query);
	audit_close(a);
	ok_str(states("batches"), "2009:whole 3:whole",
	    "at midnight and at the end nothing waits");
	when_set(NOW, 0);
}

static void
full_at_midnight(void)
{
	struct audit *a = begin("fullnight");
	int rc = -1;

	write_some(a, 2);
	limit_size(10);
	when_set(NIGHT, 0);
	ok(audit_write(a, &query) < 0, "no new chain, no answer");
	ok(audit_write(a, &query) < 0, "nor the next");
	limit_size(RLIM_INFINITY);
	for (int i = 0; rc < 0 && i < 100; i++) {
		usleep(50000);
		rc = audit_write(a, &query);
	}
	ok_int(rc, 0, "until there is room");
	audit_close(a);
	ok_str(states("fullnight"), "3:stopped 3:whole",
	    "the old one has no end, the new one is whole");
	when_set(NOW, 0);
}

static void
failing(void)
{
	struct audit *a = begin("failing");
	int before = syncs, rc = 0;

	write_some(a, 1);
	for (int i = 0; syncs == before && i < 200; i++)
		usleep(20000);
	ok(syncs > before, "a line is synced by itself");
	sync_fails = 1;
	write_some(a, 1);
	for (int i = 0; rc == 0 && i < 200; i++) {
		usleep(20000);
		rc = audit_write(a, &query);
	}
	ok(rc < 0, "a disk that fails takes no answers");
	sync_fails = 0;
	for (int i = 0; rc < 0 && i < 100; i++) {
		usleep(50000);
		rc = audit_write(a, &query);
	}
	ok_int(rc, 0, "until it works");
	ok_int(audit_sync(a), 0, "at once, if need be");
	audit_close(a);
	check("failing");
	ok_int(found.n, 2, "in another chain");
	ok(found.f[0].state + found.f[1].state == AUDIT_STOPPED,
	    "and the one before has no end");
}

/* An end is the end; and what is no file is not waited for, nor followed. */
static void
no_audit(void)
{
	struct audit *a = begin("behind");
	char text[4096], path[256];
	size_t n;

	write_some(a, 2);
	audit_close(a);
	check("behind");
	strcpy(path, path_of("behind", 0));
	n = slurp(path, text, sizeof(text));
	text[n] = 'x';
	put_octets(path, text, n + 1);
	ok_str(states("behind"), "4:broken", "an octet behind the end");
	put_octets(path, text, n);
	if (rename(path, "behind/was") < 0 || symlink("was", path) < 0)
		abort();
	ok_str(states("behind"), "0:broken", "a link to another file");
	if (unlink(path) < 0 || mkfifo(path, 0600) < 0)
		abort();
	ok_str(states("behind"), "0:stopped", "a pipe is not waited for");
}

static void
nowhere(void)
{
	struct audit *a;

	ok_int(audit_open(&a, "no/where", 30, "test", key), -ENOENT,
	    "no folder to put it in");
	ok(strstr(logged, "no/where") != NULL, "which the log names");
	ok_str(states("no/where"), "no folder", "nor to prove");
}

int
main(void)
{
	fixture_begin();
	capture_log();
	when_zone("Asia/Shanghai");
	when_set(NOW, 0);
	key = key_from("site.key", 'a');
	lines();
	known_lines();
	longest();
	every_octet();
	every_cut();
	moved();
	other_key();
	processes();
	killed();
	links();
	midnight();
	full();
	batches();
	full_at_midnight();
	failing();
	no_audit();
	nowhere();
	key_close(key);
	return test_done();
}
