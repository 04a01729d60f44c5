/* The small state in SQLite, synchronous FULL: what is committed survives a
 * power cut. Freed pages are overwritten, so an erased row is gone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "log.h"
#include "sqlite.h"
#include "state.h"

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
    [STATE_COMMIT] = "COMMIT",
    [STATE_ROLLBACK] = "ROLLBACK",
    [OUTBOX_PUT] = "INSERT INTO outbox VALUES (NULL, ?, ?, ?, ?, ?, ?)",
    [OUTBOX_DONE] = "UPDATE outbox SET done = ? WHERE id = ?",
    [OUTBOX_ERASE] = "DELETE FROM outbox WHERE id = ?",
    [OUTBOX_RENEW] = "UPDATE outbox SET lease = ? WHERE owner = ?",
    [OUTBOX_CLAIM] = "UPDATE outbox SET owner = ?1, lease = ?2 WHERE id IN"
		     " (SELECT id FROM outbox WHERE carrier = ?3"
		     "  AND lease < ?4 ORDER BY lease LIMIT ?5)"
		     " RETURNING id, expires, done, sealed",
    [OUTBOX_EXPIRE] = "DELETE FROM outbox WHERE expires < ?1 AND lease < ?1",
    [OUTBOX_COUNT] = "SELECT count(*) FROM outbox",
    [PENDING_GET] = "SELECT step, language, until, token FROM pending"
		    " WHERE key = ? AND until > ?",
    [PENDING_PUT] = "REPLACE INTO pending VALUES (?, ?, ?, ?, ?)",
    [PENDING_EXPIRE] = "DELETE FROM pending WHERE key IN (SELECT key"
		       " FROM pending WHERE until <= ? LIMIT 500)",
};

struct state {
	struct sqlite q;
	sqlite3_stmt *st[STATE_STATEMENTS];
	int open;  /* a transaction is */
	int wiped; /* rows changed until then */
};

static int
set_up(struct state *s, const char *dir)
{
	int is_new, rc;

	if (mkdir(dir, 0700) < 0 && errno != EEXIST) {
		log_error(DSTORE, "%s: %s", dir, strerror(errno));
		return -errno;
	}
	rc = sqlite_open(&s->q, dir, &form, 1, &is_new);
	if (rc == 0 && is_new)
		rc = sqlite_made(&s->q);
	if (rc == 0)
		rc = sqlite_prepare(&s->q, sql, STATE_STATEMENTS, s->st);
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
	s->wiped = -1; /* what another left when it was killed */
	rc = set_up(s, where + 7);
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
	if (s->open)
		state_commit(s);
	for (int i = 0; i < STATE_STATEMENTS; i++)
		sqlite3_finalize(s->st[i]);
	sqlite_close(&s->q);
	free(s);
}

int
state_commit(struct state *s)
{
	int rc;

	if (!s->open)
		return 0;
	s->open = 0;
	rc = sqlite_run(&s->q, s->st[STATE_COMMIT]);
	if (rc < 0 && !sqlite3_get_autocommit(s->q.db))
		sqlite_run(&s->q, s->st[STATE_ROLLBACK]);
	return rc;
}

void
state_wipe(struct state *s)
{
	int changed = sqlite3_total_changes(s->q.db);

	if (s->open || changed == s->wiped)
		return;
	sqlite3_busy_timeout(s->q.db, 0); /* nobody is to wait for this */
	if (sqlite3_wal_checkpoint_v2(s->q.db, NULL, SQLITE_CHECKPOINT_TRUNCATE,
		NULL, NULL) == SQLITE_OK)
		s->wiped = changed;
	sqlite3_busy_timeout(s->q.db, SQLITE_BUSY_MS);
}

sqlite3_stmt *
state_write(struct state *s, enum state_statement st)
{
	if (!s->open && sqlite_run(&s->q, s->st[STATE_BEGIN]) < 0)
		return NULL;
	s->open = 1;
	return s->st[st];
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
