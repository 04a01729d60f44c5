/* The log: libosmocore's, with one target on standard error. A service
 * manager keeps it; a terminal shows it. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <osmocom/core/talloc.h>
#include <osmocom/core/utils.h>

#include "log.h"

static const struct log_info_cat categories[] = {
    [DCORE] = {.name = "core", .enabled = 1, .loglevel = LOGL_INFO},
    [DCONF] = {.name = "conf", .enabled = 1, .loglevel = LOGL_INFO},
    [DSTORE] = {.name = "store", .enabled = 1, .loglevel = LOGL_INFO},
    [DFEED] = {.name = "feed", .enabled = 1, .loglevel = LOGL_INFO},
    [DQUERY] = {.name = "query", .enabled = 1, .loglevel = LOGL_INFO},
    [DSMPP] = {.name = "smpp", .enabled = 1, .loglevel = LOGL_INFO},
    [DUSSD] = {.name = "ussd", .enabled = 1, .loglevel = LOGL_INFO},
};

static const struct log_info info = {
    .cat = categories,
    .num_cat = ARRAY_SIZE(categories),
};

static int stamped;
static char who[24]; /* "worker=2 ", or "" */

/* UTC, for the zone that the configuration names is not known from the first
 * line on; a terminal's user sees the time elsewhere. */
static void
print_line(struct log_target *target, unsigned level, const char *line)
{
	char stamp[32] = "";
	struct timespec now;
	struct tm tm;

	(void)target, (void)level;
	if (!stamped) {
		fprintf(stderr, "%s%s", who, line);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S",
	    gmtime_r(&now.tv_sec, &tm));
	fprintf(
	    stderr, "%s.%03ldZ %s%s", stamp, now.tv_nsec / 1000000, who, line);
}

static struct log_target *
open_stderr(void)
{
	struct log_target *t;

	if (log_init(&info, NULL) != 0)
		return NULL;
	t = log_target_create_stderr();
	if (t == NULL)
		return NULL;
	log_add_target(t);
	log_set_all_filter(t, 1);
	log_set_use_color(t, 0);
	log_set_print_timestamp(t, 0);
	stamped = !isatty(STDERR_FILENO);
	t->output = print_line;
	log_set_print_filename2(t, LOG_FILENAME_NONE);
	log_set_print_category(t, 1);
	log_set_print_category_hex(t, 0);
	log_set_print_level(t, 1);
	return t;
}

int
log_open(const char *level)
{
	static struct log_target *target;
	int l = -1;

	if (strcmp(level, "debug") == 0)
		l = LOGL_DEBUG;
	else if (strcmp(level, "info") == 0)
		l = LOGL_INFO;
	else if (strcmp(level, "notice") == 0)
		l = LOGL_NOTICE;
	else if (strcmp(level, "error") == 0)
		l = LOGL_ERROR;
	if (l == -1)
		return -EINVAL;
	if (target == NULL)
		target = open_stderr();
	if (target != NULL)
		log_set_log_level(target, l);
	return 0;
}

void
log_worker(unsigned number)
{
	snprintf(who, sizeof(who), "worker=%u ", number);
}

void
fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("fatal: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	exit(1);
}
