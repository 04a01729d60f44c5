/* The small state: what the gateways write and share, and must not lose. One
 * file, state.db, apart from the records, so that the feed's writer and the
 * gateways never wait for each other.
 *
 * Writes are batched: a write begins a transaction, which no two processes
 * have at a time, and state_commit makes all since then durable at once.
 * Nothing may be promised to a peer before.
 *
 * While somebody else has it locked a call waits for a tenth of a second, then
 * fails; but once in half a second at the most, so that a fifth of the time is
 * lost on it and no more. The others meanwhile fail at once, unless it is free
 * just then. While it is away (the disk fails) every call fails, all but one in
 * two seconds without a try. It works again by itself. A file that was taken
 * away is made anew, in a folder that is there. */
#ifndef STATE_H
#define STATE_H

#include <sqlite3.h>

struct state;

/* `where` is the store's, "sqlite:DIRECTORY". 0 or -errno, logged. */
int state_open(struct state **sp, const char *where);
/* Commits what is open. */
void state_close(struct state *s);

/* 0, or -errno: then nothing since the last commit holds, and those to whom
 * something was to be promised are to be told so. */
int state_commit(struct state *s);

/* The open batch is lost, at once: nothing more is written, and state_commit
 * says so. For when what is in it must not hold. */
void state_undo(struct state *s);

/* Leaves no octet of erased rows on disk: empties the write-ahead log. -EBUSY
 * while another process uses it; then the next call tries again. Does nothing
 * before the commit, nor when nothing was written since it last did. */
int state_wipe(struct state *s);

/* Erases all there is; durable after state_commit. 0 or -errno. */
int state_forget_all(struct state *s);

/* For the modules that keep something here. */

enum state_statement {
	STATE_BEGIN,
	STATE_SNAPSHOT,
	STATE_COMMIT,
	STATE_ROLLBACK,
	STATE_VERSION,
	OUTBOX_PUT,
	OUTBOX_DONE,
	OUTBOX_ERASE,
	OUTBOX_RENEW,
	OUTBOX_CLAIM,
	OUTBOX_GIVE_BACK,
	OUTBOX_EXPIRE,
	OUTBOX_OWNER,
	OUTBOX_COUNT,
	OUTBOX_EACH,
	NOTICE_PUT,
	NOTICE_TAKE,
	NOTICE_ANY,
	NOTICE_EXPIRE,
	PENDING_GET,
	PENDING_PUT,
	PENDING_ERASE,
	PENDING_EXPIRE,
	SUBJECT_ANY,
	SUBJECT_GET,
	SUBJECT_PUT,
	SUBJECT_ERASE,
	SUBJECT_EXPIRE,
	CORRECT_PUT,
	CORRECT_COUNT,
	CORRECT_GET,
	CORRECT_FORGET,
	CORRECT_EXPIRE,
	DELETION_PUT,
	DELETION_GET,
	DELETION_EACH,
	DELETION_EXPIRE,
	PARTS_GET,
	PARTS_PUT,
	PARTS_EXPIRE,
	PARTS_MAKE_ROOM,
	PARTS_OF_SOURCE,
	PARTS_OF_CARRIER,
	STATE_STATEMENTS
};

/* What is read until state_end, or until something is written, is one snapshot,
 * for a fraction of what single reads cost. It must be short: what others
 * write meanwhile is not seen. Begun or ended twice is no error. */
void state_begin(struct state *s);
void state_end(struct state *s);

/* Is it known, for as long as the snapshot lasts, that there is no subject? It
 * is asked for each query, and is a whole look-up less. */
int state_has_no_subjects(const struct state *s);

/* A statement to bind to; begins the transaction when none is open. Null
 * when that fails, or when a fault has undone it. */
sqlite3_stmt *state_write(struct state *s, enum state_statement st);
/* One that only reads: begins nothing, sees what is open too. Null while the
 * file is away. */
sqlite3_stmt *state_read(struct state *s, enum state_statement st);
/* Steps and, but for a row, resets it: 1 for a row, 0, or -errno. */
int state_step(struct state *s, enum state_statement st);
void state_reset(struct state *s, enum state_statement st);
/* How many rows the last write changed. */
int state_changed(const struct state *s);

#endif
