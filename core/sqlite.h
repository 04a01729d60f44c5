/* One SQLite file of ours: opened with every PRAGMA read back, made when it
 * is new, checked for its version; its faults logged and turned into errno.
 */
#ifndef SQLITE_H
#define SQLITE_H

#include <stdint.h>

#include <sqlite3.h>

#define SQLITE_BUSY_MS 10000 /* a lock is waited for so long */

struct sqlite {
	sqlite3 *db;
	char *path;
	int last_fault; /* that was logged, so that a storm is one line */
	int64_t last_fault_at;
	int64_t page; /* octets of one */
	struct sqlite_looked {
		int64_t size, version, waiting;
	} whole; /* when it was, last: octets, as of which data_version, and
		  * pages of the log that were not in the file */
};

struct sqlite_pragma {
	const char *name, *value; /* value as it reads back; null ends */
	int maker;                /* only for who may make the file */
};

/* What a file is. */
struct sqlite_form {
	const char *name;   /* "stays.db" */
	const char *schema; /* SQL that makes it */
	int version, application_id;
	const struct sqlite_pragma *pragmas;
};

/* Opens a file of a folder. With `make` it is made, mode 0600, when it is not
 * there: then *is_new is 1 and a transaction is open, in which the caller
 * puts what a new one needs before sqlite_made. -ENOENT when it is not there
 * and may not be made, -EINVAL for another version; logged. */
int sqlite_open(struct sqlite *q, const char *dir,
    const struct sqlite_form *form, int make, int *is_new);
int sqlite_made(struct sqlite *q);
void sqlite_close(struct sqlite *q);

/* In a snapshot, of a `PRAGMA data_version`: is each of its pages in the file,
 * or in the log? SQLite reads zeros behind the end of a file that was cut, and
 * zeros can look like rows. Cheap while nobody commits or writes back. 0,
 * -EUCLEAN, logged, or -errno. */
int sqlite_whole(struct sqlite *q, int64_t version);

/* The most memory its pages may take, in KiB. 0 or -errno. */
int sqlite_cache(struct sqlite *q, uint32_t kib);

/* Prepares n statements. */
int sqlite_prepare(
    struct sqlite *q, const char *const sql[], int n, sqlite3_stmt *st[]);

/* Logs what SQLite says of a failed call; -errno for it. */
int sqlite_fault(struct sqlite *q, const char *what);

/* 1 for a row, 0 at the end, -errno after a fault (then it is reset). */
int sqlite_step(struct sqlite *q, sqlite3_stmt *st);
/* Makes a statement ready for the next use, its parameters unbound. */
void sqlite_reset(sqlite3_stmt *st);
/* Steps and resets a statement that gives no rows: 0 or -errno. */
int sqlite_run(struct sqlite *q, sqlite3_stmt *st);

/* Erases the rows of every table but one ("" for none). 0 or -errno. */
int sqlite_empty(struct sqlite *q, const char *but);

/* The integer that a query gives, -1 for none. */
int64_t sqlite_integer(struct sqlite *q, const char *sql);

#endif
