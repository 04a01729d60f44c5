/* Proves the chains of an audit's folder. */
#ifndef AUDIT_CHECK_H
#define AUDIT_CHECK_H

#include <stdio.h>

#include "audit_chain.h"

enum audit_state {
	AUDIT_WHOLE,   /* to its end */
	AUDIT_WRITING, /* whole so far, and a process writes to it */
	AUDIT_STOPPED, /* whole so far, without an end: a crash, or it was cut
			*/
	AUDIT_BROKEN
};

struct audit_finding {
	const char *file;
	enum audit_state state;
	uint64_t lines;  /* that hold */
	uint64_t line;   /* AUDIT_BROKEN: which does not, from 1 */
	const char *why; /* AUDIT_BROKEN: what is wrong with it */
	int is_torn; /* AUDIT_STOPPED: within a line, which does not count */
};

/* The site key with a fingerprint; null when there is none such. */
typedef const struct key *audit_key_h(
    const uint8_t fingerprint[KEY_FINGERPRINT], void *arg);
/* Told of each file, in the order of days and names. */
typedef void audit_finding_h(const struct audit_finding *f, void *arg);

/* Also tells of files that others knew and that are gone, or have not the
 * lines that they had, unless they are older than `first` (a day,
 * "2026-05-26"). 0, or -errno when the folder cannot be read. */
int audit_check(const char *dir, const char *first, audit_key_h *key,
    void *key_arg, audit_finding_h *h, void *arg);

/* One file's lines alone, from where `in` is; `hash` is told of each line's
 * hash, if it is not null. The state is AUDIT_STOPPED where there is no end.
 */
typedef void audit_hash_h(const char hash[AUDIT_HEX], void *arg);
void audit_check_file(FILE *in, const char *name, audit_key_h *key,
    void *key_arg, audit_hash_h *hash, void *arg, struct audit_finding *f);

#endif
