/* What unit tests share beyond test.h: a folder of their own, files in it,
 * the log's lines, random numbers that are the same on every run. */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <ftw.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"

static char fixture_root[PATH_MAX]; /* of the source tree */
static char fixture_dir[] = "/tmp/tc-unit-XXXXXX";

static inline int
fixture_remove(
    const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static inline void
fixture_end(void)
{
	nftw(fixture_dir, fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* Goes into an empty folder: TEST_DIR, or one that goes with the test. */
static inline void
fixture_begin(void)
{
	const char *dir = getenv("TEST_DIR");

	if (dir == NULL && (dir = mkdtemp(fixture_dir)) != NULL)
		atexit(fixture_end);
	if (getcwd(fixture_root, sizeof(fixture_root)) == NULL || dir == NULL ||
	    chdir(dir) < 0) {
		perror("a folder for the test");
		exit(1);
	}
}

/* A path below the source tree, until the next call. */
static inline const char *
fixture_path(const char *name)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", fixture_root, name);
	return path;
}

static inline void
put_octets(const char *name, const void *octets, size_t len)
{
	FILE *out = fopen(name, "w");

	if (out == NULL || fwrite(octets, 1, len, out) != len ||
	    fclose(out) != 0) {
		perror(name);
		exit(1);
	}
}

static inline void
put_text(const char *name, const char *text)
{
	put_octets(name, text, strlen(text));
}

/* The log's lines since it was last emptied. */
static char logged[8192];

static inline void
fixture_log(struct log_target *target, unsigned level, const char *line)
{
	(void)target, (void)level;
	strncat(logged, line, sizeof(logged) - strlen(logged) - 1);
}

static inline void
capture_log(void)
{
	struct log_target *target;

	log_open("error");
	log_del_target(log_target_find(LOG_TGT_TYPE_STDERR, NULL));
	target = log_target_create();
	target->output = fixture_log;
	log_set_use_color(target, 0);
	log_set_print_category(target, 0);
	log_set_print_category_hex(target, 0);
	log_set_print_level(target, 0);
	log_set_print_filename2(target, LOG_FILENAME_NONE);
	log_set_log_level(target, LOGL_DEBUG);
	log_set_all_filter(target, 1);
	log_add_target(target);
}

/* xorshift64*, the same on every run; not 0. */
static uint64_t pseudo_state = 0x9e3779b97f4a7c15ULL;

static inline uint64_t
pseudo_random(void)
{
	uint64_t x = pseudo_state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	pseudo_state = x;
	return x * 0x2545f4914f6cdd1dULL;
}

#endif
