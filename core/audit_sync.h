/* A thread that brings a file's lines to disk, so that no event loop waits for
 * one. Only fdatasync waits until they are there (sync_file_range leaves out
 * the file's size), and it may take a second: hence a thread, which does
 * nothing else and has no part in anything but the file's descriptor. */
#ifndef AUDIT_SYNC_H
#define AUDIT_SYNC_H

struct audit_sync;

/* 0 or -errno. */
int audit_sync_new(struct audit_sync **sp);
/* Everything is on disk, and closed. 0, or -errno of what could not be. */
int audit_sync_free(struct audit_sync *s);

/* Another file from now on; -1 for none. The one before is brought to disk and
 * closed by the thread. */
void audit_sync_file(struct audit_sync *s, int fd);

/* Something was written: it is on disk soon (within half a second, and as long
 * as the disk takes). */
void audit_sync_soon(struct audit_sync *s);

/* What went wrong with the file since it was given: 0 or -errno. Its pages may
 * be lost then, whatever a later fdatasync says. */
int audit_sync_fault(struct audit_sync *s);

#endif
