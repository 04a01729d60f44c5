/* Logging, by libosmocore, to standard error: the time in UTC unless that is
 * a terminal, category, level, one line.
 *
 * Lines are lower case, key=value, without a full stop; numbers are masked
 * at every level (key_mask). A function that returns a negative errno for a
 * fault of the environment (a file, the store, a peer) has logged it, with
 * the name of the thing and what to do; its caller only passes it on. */
#ifndef LOG_H
#define LOG_H

#include <osmocom/core/logging.h>

enum { DCORE, DCONF, DSTORE, DFEED, DQUERY, DSMPP, DUSSD };

/* Opens the log once. Level is "debug", "info", "notice" or "error".
 * 0, or -EINVAL for another word. */
int log_open(const char *level);

/* Lines tell from now on which of several processes they are of. */
void log_worker(unsigned number);

#define log_debug(cat, fmt, ...) LOGP(cat, LOGL_DEBUG, fmt "\n", ##__VA_ARGS__)
#define log_info(cat, fmt, ...) LOGP(cat, LOGL_INFO, fmt "\n", ##__VA_ARGS__)
#define log_notice(cat, fmt, ...) \
	LOGP(cat, LOGL_NOTICE, fmt "\n", ##__VA_ARGS__)
#define log_error(cat, fmt, ...) LOGP(cat, LOGL_ERROR, fmt "\n", ##__VA_ARGS__)

/* Logs and exits with status 1; only before an event loop runs. */
void fatal(const char *fmt, ...)
    __attribute__((format(printf, 1, 2), noreturn));

#endif
