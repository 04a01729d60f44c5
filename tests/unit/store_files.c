/* The SQLite store's files: who may read them, and what is in them. */
#include <errno.h>
#include <sqlite3.h>

#include "store_fixture.h"
#include "store_sqlite.h"

static const char *const files[] = {
    "store/stays.db",
    "store/stays.db-wal",
    "store/stays.db-shm",
    "store/writer.lock",
};

#define FILES (sizeof(files) / sizeof(*files))

/* Is it in any file of the store? */
static int
on_disk(const void *what, size_t len)
{
	int found = 0;

	for (size_t i = 0; i < FILES; i++) {
		FILE *in = fopen(files[i], "r");
		char *all = malloc(8 << 20);
		size_t n = in ? fread(all, 1, 8 << 20, in) : 0;

		found |= memmem(all, n, what, len) != NULL;
		free(all);
		if (in != NULL)
			fclose(in);
	}
	return found;
}

static void
file_modes(void)
{
	mode_t mask = umask(0);
	struct stat st;

	begin_store();
	put(1, 1, 100, "h1");
	commit();
	put(1, 2, 100, "h1");
	for (size_t i = 0; i < FILES; i++)
		ok(stat(files[i], &st) == 0 && (st.st_mode & 07777) == 0600,
		    "%s is its owner's alone", files[i]);
	ok(stat("store", &st) == 0 && (st.st_mode & 07777) == 0700,
	    "as is the folder");
	ok(umask(mask) == 0, "the process's mask is left as it was");
}

static void
nothing_in_clear(void)
{
	struct subscriber r = row(1, 1, 100, "holder-of-one");
	uint64_t sealed;

	begin_store();
	r.digits = key_identity(key, r.msisdn, "7Q5Z");
	store_put_subscriber(writer, key, &r);
	commit();
	memcpy(&sealed, r.sealed, 8);
	ok(on_disk(&sealed, 8), "a row is on disk");
	ok(!on_disk("13800138001", 11), "its MSISDN is not");
	ok(!on_disk("460001234567801", 15), "nor its IMSI");
	ok(!on_disk("7Q5Z", 4), "nor its digits");
	ok(!on_disk("holder-of-one", 13), "nor its holder");
}

/* secure_delete: what is deleted leaves no octet behind. */
static void
deleted_for_good(void)
{
	static uint8_t secret[3000];
	struct subscriber r = row(1, 1, 100, "h1");

	begin_buckets();
	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = pseudo_random() >> 56;
	store_put_bucket(writer, 3, secret, sizeof(secret));
	store_put_bucket(writer, 4, secret, 100);
	store_put_subscriber(writer, key, &r);
	commit();
	ok(on_disk(secret + 50, 16) && on_disk(secret + 2900, 16),
	    "what is put is on disk");
	store_put_bucket(writer, 3, NULL, 0);
	store_put_bucket(writer, 4, (const uint8_t *)"x", 1);
	put_colliding(2, 2, 1, 0); /* deletes the row */
	commit();
	ok(!on_disk(secret + 50, 16) && !on_disk(secret + 2900, 16),
	    "deleted, or replaced, it is not");
	ok(!on_disk(r.sealed, KEY_SEALED), "nor is a row");
}

static void
make_database(const char *sql)
{
	sqlite3 *db;

	if (system("rm -rf store && mkdir store") != 0 ||
	    sqlite3_open("store/stays.db", &db) != SQLITE_OK)
		exit(1);
	sqlite3_exec(db, sql, NULL, NULL, NULL);
	sqlite3_close(db);
}

static void
files_that_are_none(void)
{
	store_close(writer);
	writer = NULL;
	make_database("CREATE TABLE t (x)");
	ok_int(opens(WHERE, STORE_WRITE, key, GAP), -EINVAL,
	    "another program's database");
	ok_int(opens(WHERE, STORE_READ, key, GAP), -EINVAL, "read or written");
	make_database("CREATE TABLE t (x); PRAGMA user_version = 2");
	ok_int(opens(WHERE, STORE_WRITE, key, GAP), -EINVAL,
	    "of the same version number too");
	make_database("PRAGMA page_size = 8192; CREATE TABLE t (x)");
	ok_int(opens(WHERE, STORE_WRITE, key, GAP), -EINVAL,
	    "of the same page size");
	ok(access("store/stays.db-wal", F_OK) != 0,
	    "which keeps its own journal");
	make_database("");
	ok_int(opens(WHERE, STORE_READ, key, GAP), -ENOENT, "an empty file");
	put_text("store/stays.db",
	    "This is no database, but long enough that "
	    "SQLite looks at its beginning, which is a "
	    "hundred octets.");
	ok_int(opens(WHERE, STORE_WRITE, key, GAP), -EUCLEAN, "a text");
	begin_store();
	for (int i = 0; i < 50; i++)
		put(i, i, i, "h1");
	store_write_commit(writer);
	store_close(writer);
	writer = NULL;
	if (truncate("store/stays.db", 8192) < 0)
		exit(1);
	ok(opens(WHERE, STORE_READ, key, GAP) < 0, "a file cut short");
}

/* In KiB, as SQLite says it: less than nothing, for it is not in pages. */
static int64_t
cache_of(struct store *s)
{
	return -sqlite_integer(&s->q, "PRAGMA cache_size");
}

static void
memory(void)
{
	struct store *s;
	int64_t machine;

	begin_store();
	store_write_commit(writer);
	s = open_as(STORE_READ);
	if (s == NULL)
		exit(1);
	ok_int(cache_of(s), 65536, "64 MB unless told");
	ok_int(store_cache(s, 7, 1), 0, "told");
	ok_int(cache_of(s), 7168, "as much as that");
	ok_int(store_cache(s, 1048576, 1), 0, "told as much as may be");
	ok_int(cache_of(s), 1 << 30, "all of it");
	ok_int(store_cache(s, 7, 3), 0, "told, and to share it with two");
	ok_int(cache_of(s), 7168 / 3, "a third of that");
	ok_int(store_cache(s, 0, 1), 0, "told nothing");
	ok(cache_of(s) >= 65536, "at least 64 MB");
	machine = sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) / 1024);
	ok(cache_of(s) == 65536 || cache_of(s) <= machine / 16,
	    "and no more than a sixteenth of the machine's");
	store_close(s);
}

int
main(void)
{
	store_tests_begin();
	file_modes();
	nothing_in_clear();
	deleted_for_good();
	files_that_are_none();
	memory();
	return store_tests_done();
}
