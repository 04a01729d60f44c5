/* The files in an audit's folder: audit-YYYY-MM-DD-PROGRAM-RANDOM.csv, a local
 * day each. */
#ifndef AUDIT_FOLDER_H
#define AUDIT_FOLDER_H

#include "audit_chain.h"

#define AUDIT_DAY 11 /* YYYY-MM-DD and its NUL */

/* The local day of t. */
void audit_day(int64_t t, char day[AUDIT_DAY]);

/* For a file that begins now. */
void audit_new_name(int64_t now, const char *program, char name[AUDIT_NAME]);

/* Is it the name of such a file, and one of a day before another? */
int audit_is_name(const char *name);
int audit_is_older(const char *name, const char *day);

/* Removes the files of days before that of `first`. `newest` is the file of a
 * program that was written to last, or "". */
void audit_tidy(
    int dir_fd, int64_t first, const char *program, char newest[AUDIT_NAME]);

/* The hash that a file's last whole line ends in, unproved; somebody may be
 * writing to it. 0, or -ENOENT or another -errno. */
int audit_last_hash(int dir_fd, const char *name, char hash[AUDIT_HEX + 1]);

#endif
