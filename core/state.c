/* The small state in SQLite, synchronous FULL: what is committed survives a
 * power cut. Freed pages are overwritten, so an erased row is gone.
 *
 * Some faults (a full disk, one that fails) undo the whole transaction at
 * once. What is written after that would be a batch of its own, durable while
 * its owner is told that it is not: so nothing is, until state_commit has
 * said that the batch is lost.
 *
 * While a lock is waited for nothing else is done, on any link, so the wait is
 * short: BUSY_MS. If that was not enough, the next try that waits is EACH_MS
 * after that one began; those between ask once, and get the lock if it is free
 * just then, as it is between the batches of another gateway on a slow disk. A
 * file that cannot be opened is left alone for AWAY_SECONDS. BUSY_MS is long
 * enough for other gateways on the same store. SQLite's own waiting sleeps for
 * longer and longer, and misses the moments between another's batches: two
 * processes that write batch after batch of 50 rows without a pause had some
 * refused even after 1000 ms. Asked every POLL_US, of 6000 batches of four such
 * processes none was; with 2 ms between them none of 9500 waited for 20 ms. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "deletion.h"
#include "log.h"
#include "sqlite.h"
#include "state.h"
#include "told.h"
#include "when.h"

#define BUSY_MS 100
#define EACH_MS 500
#define POLL_US 250
#define AWAY_SECONDS 2

static const char schema[] =
#include "state.sql.h"
    ;

static const struct sqlite_pragma pragmas[] = {
    {"page_size", "4096", 1},
    {"journal_mode", "wal", 1},
    {"synchronous", "2", 0}, /* FULL: nothing replays this */
    {"wal_autocheckpoint", "1000", 0},
    {"secure_delete", "1", 0},
    {"mmap_size", "0", 0},
    {"cell_size_check", "1", 0},
    {"trusted_schema", "0", 0},
    {0},
};

static const struct sqlite_form form = {
    .name = "state.db",
    .schema = schema,
    .version = 1,
    .application_id = 0x74637373, /* "tcss" */
    .pragmas = pragmas,
};

static const char *const sql[STATE_STATEMENTS] = {
    [STATE_BEGIN] = "BEGIN IMMEDIATE",
    [STATE_SNAPSHOT] = "BEGIN",
    [STATE_COMMIT] = "COMMIT",
    [STATE_ROLLBACK] = "ROLLBACK",
    [STATE_VERSION] = "PRAGMA data_version",
    [OUTBOX_PUT] = "INSERT INTO outbox VALUES (random(), ?, ?, ?, ?, ?, ?)",
    [OUTBOX_DONE] = "UPDATE outbox SET done = ? WHERE id = ?",
    [OUTBOX_ERASE] = "DELETE FROM outbox WHERE id = ?",
    [OUTBOX_RENEW] = "UPDATE outbox SET lease = ? WHERE owner = ?"
		     " AND expires > ?",
    [OUTBOX_CLAIM] = "UPDATE outbox SET owner = ?1, lease = ?2 WHERE id IN"
		     " (SELECT id FROM outbox WHERE carrier = ?3"
		     "  AND lease < ?4 ORDER BY lease LIMIT ?5)"
		     " RETURNING id, expires, done, sealed",
    [OUTBOX_GIVE_BACK] = "UPDATE outbox SET owner = 0, lease = ?"
			 " WHERE id = ?",
    [OUTBOX_EXPIRE] = "DELETE FROM outbox WHERE expires < ?1 AND lease < ?1",
    [OUTBOX_OWNER] = "SELECT owner FROM outbox WHERE id = ?",
    [OUTBOX_COUNT] = "SELECT count(*) FROM"
		     " (SELECT 1 FROM outbox WHERE carrier = ? LIMIT ?)",
    [OUTBOX_EACH] = "SELECT id, expires, done, sealed FROM outbox",
    [NOTICE_PUT] = "INSERT INTO notice VALUES (NULL, ?, ?, ?)",
    [NOTICE_TAKE] = "DELETE FROM notice WHERE id IN"
		    " (SELECT id FROM notice WHERE carrier = ? LIMIT ?)"
		    " RETURNING looked_at, sealed",
    [NOTICE_EXPIRE] = "DELETE FROM notice WHERE looked_at <= ?",
    [NOTICE_ANY] = "SELECT 1 FROM notice WHERE carrier = ? LIMIT 1",
    [PENDING_GET] = "SELECT step, language, until, token FROM pending"
		    " WHERE key = ? AND until > ?",
    [PENDING_PUT] = "REPLACE INTO pending VALUES (?, ?, ?, ?, ?)",
    [PENDING_ERASE] = "DELETE FROM pending WHERE key = ?",
    [PENDING_EXPIRE] = "DELETE FROM pending WHERE key IN (SELECT key"
		       " FROM pending WHERE until <= ? LIMIT 500)",
    [SUBJECT_ANY] = "SELECT EXISTS (SELECT 1 FROM subject)",
    [SUBJECT_GET] = "SELECT language, tries, day_tries, tried_at,"
		    " tried, lock_minutes, locked_until, consent_at,"
		    " consent_version, consent_channel, deleted_at, corrected"
		    " FROM subject WHERE key = ?",
    [SUBJECT_PUT] = "REPLACE INTO subject VALUES"
		    " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [SUBJECT_ERASE] = "DELETE FROM subject WHERE key = ?",
    [SUBJECT_EXPIRE] = "DELETE FROM subject WHERE key IN (SELECT key"
		       " FROM subject WHERE useful_until <= ? LIMIT 500)",
    [CORRECT_PUT] = "INSERT INTO correction VALUES"
		    " (NULL, ?, ?, ?, ?, ?, ?, ?, ?)",
    [CORRECT_COUNT] = "SELECT count(*) FROM correction WHERE msisdn = ?",
    [CORRECT_GET] = "SELECT region, since, until, act, made, operator, reason"
		    " FROM correction WHERE msisdn = ? AND made <= ?"
		    " ORDER BY made, id",
    [CORRECT_FORGET] = "DELETE FROM correction WHERE msisdn = ?",
    [CORRECT_EXPIRE] = "DELETE FROM correction WHERE until <= ?",
    [DELETION_PUT] = "INSERT INTO deletion VALUES (?, ?) ON CONFLICT DO"
		     " UPDATE SET before = max(before, excluded.before)",
    [DELETION_GET] = "SELECT before FROM deletion WHERE key = ?",
    [DELETION_EACH] = "SELECT key, before FROM deletion",
    [DELETION_EXPIRE] = "DELETE FROM deletion WHERE before <= ?",
    [PARTS_GET] = "SELECT waiting, until, sealed FROM parts WHERE id = ?",
    [PARTS_PUT] = "INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)",
    [PARTS_EXPIRE] = "DELETE FROM parts WHERE id IN"
		     " (SELECT id FROM parts WHERE until < ?"
		     "  ORDER BY until LIMIT ?) RETURNING waiting",
    [PARTS_MAKE_ROOM] = "DELETE FROM parts WHERE id IN"
			" (SELECT id FROM parts WHERE carrier = ? AND whole = 1"
			"  ORDER BY until DESC LIMIT ? OFFSET ?)"
			" RETURNING waiting",
    [PARTS_OF_SOURCE] = "SELECT count(*) FROM parts WHERE id BETWEEN ? AND ?"
			" AND whole = 0 AND until >= ?",
    [PARTS_OF_CARRIER] = "SELECT count(*) FROM parts WHERE carrier = ?"
			 " AND whole = 0 AND until >= ?",
};

struct state {
	struct sqlite q;
	sqlite3_stmt *st[STATE_STATEMENTS];
	char *dir;
	int open;     /* a transaction is, perhaps undone by a fault */
	time_t tried; /* monotonic second when it was away, or 0 */
	struct told away;
	int64_t waits; /* since then, monotonic us, for a lock */
	int64_t rests; /* until then, us: waited in vain */
	int wiped;     /* rows changed until then */
	/* whether there are subjects, as of others' commits and our changes */
	int64_t version;
	int changes;
	int none;      /* there are none: in the file, */
	int none_here; /* and in the snapshot that is begun */
};

static void
take_down(struct state *s)
{
	for (int i = 0; i < STATE_STATEMENTS; i++)
		sqlite3_finalize(s->st[i]);
	memset(s->st, 0, sizeof(s->st));
	sqlite_close(&s->q);
}

/* What a file made by an older program lacks. */
static int
add_tables(struct state *s)
{
	if (sqlite3_exec(s->q.db, schema, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fault(&s->q, "adding tables");
	return 0;
}

static int64_t
monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* Another has the lock; `n` times it was waited for. Is it to be tried again?
 */
static int
on_busy(void *arg, int n)
{
	struct state *s = arg;
	int64_t now = monotonic_us();

	if (now < s->rests)
		return 0;
	if (n == 0)
		s->waits = now;
	if (now - s->waits >= BUSY_MS * 1000) {
		s->rests = s->waits + EACH_MS * 1000;
		return 0;
	}
	usleep(POLL_US);
	return 1;
}

/* Nobody knows what was before: as if all had been deleted (deletion.h). */
static int
make(struct state *s)
{
	char text[64];

	snprintf(text, sizeof(text), "INSERT INTO deletion VALUES (%d, %lld)",
	    DELETION_ALL, (long long)when_now() - 1);
	if (sqlite3_exec(s->q.db, text, NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_fault(&s->q, text);
	return sqlite_made(&s->q);
}

static int
set_up(struct state *s)
{
	int is_new, rc = sqlite_open(&s->q, s->dir, &form, 1, &is_new);

	if (rc == 0)
		rc = is_new ? make(s) : add_tables(s);
	if (rc == 0)
		rc = sqlite_prepare(&s->q, sql, STATE_STATEMENTS, s->st);
	if (rc == 0)
		sqlite3_busy_handler(s->q.db, on_busy, s);
	else
		take_down(s);
	s->wiped = -1; /* what another left when it was killed */
	s->version = -1;
	s->none_here = 0;
	return rc;
}

static int
make_folder(const char *dir)
{
	int rc = mkdir(dir, 0700) < 0 ? -errno : 0;

	if (rc == 0 || rc == -EEXIST)
		return 0;
	log_error(DSTORE, "%s: %s", dir, strerror(-rc));
	return rc;
}

int
state_open(struct state **sp, const char *where)
{
	struct state *s;
	int rc;

	if (strncmp(where, "sqlite:", 7) != 0)
		return -ENOTSUP;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->dir = strdup(where + 7);
	rc = s->dir == NULL ? -ENOMEM : make_folder(s->dir);
	if (rc == 0)
		rc = set_up(s);
	if (rc < 0)
		state_close(s);
	else
		*sp = s;
	return rc;
}

void
state_close(struct state *s)
{
	if (s == NULL)
		return;
	state_commit(s);
	take_down(s);
	free(s->dir);
	free(s);
}

/* Snapshots. */

/* The integer that a statement gives, or -1. */
static int64_t
read_integer(struct state *s, enum state_statement st)
{
	int64_t v = -1;

	if (sqlite_step(&s->q, s->st[st]) == 1) {
		v = sqlite3_column_int64(s->st[st], 0);
		sqlite_reset(s->st[st]);
	}
	return v;
}

/* data_version changes with every commit of another process, and tells of the
 * snapshot only once something was read in it. */
static void
look_for_subjects(struct state *s)
{
	int changes = sqlite3_total_changes(s->q.db);
	int64_t version = read_integer(s, STATE_VERSION);

	if (version < 0 || version != s->version || changes != s->changes)
		s->none = read_integer(s, SUBJECT_ANY) == 0;
	s->version = version;
	s->changes = changes;
	s->none_here = s->none;
}

void
state_begin(struct state *s)
{
	if (!s->open && s->q.db != NULL && sqlite3_get_autocommit(s->q.db) &&
	    sqlite_run(&s->q, s->st[STATE_SNAPSHOT]) == 0)
		look_for_subjects(s);
}

int
state_has_no_subjects(const struct state *s)
{
	return s->none_here;
}

void
state_end(struct state *s)
{
	s->none_here = 0;
	if (!s->open && s->q.db != NULL && !sqlite3_get_autocommit(s->q.db))
		sqlite_run(&s->q, s->st[STATE_ROLLBACK]);
}

/* Batches. */

/* Was the file erased, or another put in its place? SQLite would go on
 * writing where nobody looks. */
static int
is_gone(struct state *s)
{
	int gone = 0;

	if (s->q.db == NULL)
		return 1;
	sqlite3_file_control(s->q.db, NULL, SQLITE_FCNTL_HAS_MOVED, &gone);
	return gone;
}

static int
begin(struct state *s)
{
	int rc = 0;

	state_end(s); /* others may have written since it began */
	if (is_gone(s)) {
		take_down(s);
		rc = set_up(s);
	}
	return rc < 0 ? rc : sqlite_run(&s->q, s->st[STATE_BEGIN]);
}

static void
tell_away(struct state *s, int away)
{
	unsigned changes = told_change(&s->away, away, monotonic_us() / 1000);

	if (changes > 0)
		log_notice(DSTORE, "%s: %s changes=%u", s->dir,
		    away ? "state.db is away; what needs it is refused for now"
			 : "state.db is back",
		    changes);
}

/* Begins a batch, unless the file was away a moment ago. */
static int
try_to_begin(struct state *s)
{
	int rc;

	if (s->tried != 0 && monotonic_us() / 1000000 - s->tried < AWAY_SECONDS)
		return -EAGAIN;
	s->tried = 0;
	rc = begin(s);
	if (rc == 0)
		s->open = 1;
	else if (rc != -EBUSY)
		s->tried = monotonic_us() / 1000000;
	if (rc != -EBUSY)
		tell_away(s, rc < 0);
	return rc == 0 ? 0 : -EAGAIN;
}

void
state_undo(struct state *s)
{
	if (!sqlite3_get_autocommit(s->q.db))
		sqlite_run(&s->q, s->st[STATE_ROLLBACK]);
}

int
state_commit(struct state *s)
{
	int rc;

	if (!s->open)
		return 0;
	s->open = 0;
	if (sqlite3_get_autocommit(s->q.db))
		return -EIO;
	rc = sqlite_run(&s->q, s->st[STATE_COMMIT]);
	if (rc < 0)
		state_undo(s);
	if (rc < 0 || !is_gone(s))
		return rc;
	log_error(DSTORE, "%s: was taken away", s->q.path);
	return -ENOENT;
}

int
state_wipe(struct state *s)
{
	int changed;

	if (s->open || s->q.db == NULL)
		return 0;
	changed = sqlite3_total_changes(s->q.db);
	if (changed == s->wiped)
		return 0;
	sqlite3_busy_timeout(s->q.db, 0); /* nobody is to wait for this */
	if (sqlite3_wal_checkpoint_v2(s->q.db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
		NULL, NULL) == SQLITE_OK)
		s->wiped = changed;
	sqlite3_busy_handler(s->q.db, on_busy, s);
	return changed == s->wiped ? 0 : -EBUSY;
}

int
state_forget_all(struct state *s)
{
	if (state_write(s, STATE_BEGIN) == NULL)
		return -EIO;
	return sqlite_empty(&s->q, "");
}

sqlite3_stmt *
state_write(struct state *s, enum state_statement st)
{
	if (!s->open && try_to_begin(s) < 0)
		return NULL;
	return sqlite3_get_autocommit(s->q.db) ? NULL : s->st[st];
}

sqlite3_stmt *
state_read(struct state *s, enum state_statement st)
{
	return s->st[st];
}

int
state_step(struct state *s, enum state_statement st)
{
	int rc = sqlite_step(&s->q, s->st[st]);

	if (rc == 0)
		sqlite_reset(s->st[st]);
	return rc;
}

void
state_reset(struct state *s, enum state_statement st)
{
	sqlite_reset(s->st[st]);
}

int
state_changed(const struct state *s)
{
	return sqlite3_changes(s->q.db);
}
