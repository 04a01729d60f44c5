/* The folder of an audit: names, and what is too old. Other files in it are
 * not ours and left alone. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "audit_folder.h"
#include "when.h"

#define PREFIX "audit-"
#define SUFFIX ".csv"
#define DAY_CHARS (AUDIT_DAY - 1)
#define RANDOM_CHARS 8
#define PROGRAM_AT (strlen(PREFIX) + DAY_CHARS + 1)

void
audit_day(int64_t t, char day[AUDIT_DAY])
{
	struct tm tm;

	when_local(t, &tm);
	strftime(day, AUDIT_DAY, "%Y-%m-%d", &tm);
}

void
audit_new_name(int64_t now, const char *program, char name[AUDIT_NAME])
{
	char day[AUDIT_DAY];

	audit_day(now, day);
	snprintf(name, AUDIT_NAME, PREFIX "%s-%.20s-%08x" SUFFIX, day, program,
	    randombytes_random());
}

int
audit_is_name(const char *name)
{
	size_t n = strlen(name);

	return n > PROGRAM_AT + 1 + RANDOM_CHARS + strlen(SUFFIX) &&
	    n < AUDIT_NAME && strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
	    strcmp(name + n - strlen(SUFFIX), SUFFIX) == 0 &&
	    strspn(name + strlen(PREFIX), "0123456789-") >= DAY_CHARS;
}

/* Days sort as text. */
int
audit_is_older(const char *name, const char *day)
{
	return strncmp(name + strlen(PREFIX), day, DAY_CHARS) < 0;
}

static int
is_of(const char *name, const char *program)
{
	size_t n = strlen(program);

	return strncmp(name + PROGRAM_AT, program, n) == 0 &&
	    strlen(name + PROGRAM_AT + n) == 1 + RANDOM_CHARS + strlen(SUFFIX);
}

/* The newest so far: by its day, then by when it was written to. */
struct newest {
	char name[AUDIT_NAME];
	struct timespec at;
};

static void
look_at(int dir_fd, const char *name, struct newest *n)
{
	int by_day = strncmp(name, n->name, PROGRAM_AT);
	struct stat st;

	if (by_day < 0 || fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (by_day == 0 &&
	    (st.st_mtim.tv_sec < n->at.tv_sec ||
		(st.st_mtim.tv_sec == n->at.tv_sec &&
		    st.st_mtim.tv_nsec < n->at.tv_nsec)))
		return;
	strcpy(n->name, name);
	n->at = st.st_mtim;
}

static DIR *
open_again(int dir_fd)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL && fd >= 0)
		close(fd);
	return dir;
}

void
audit_tidy(
    int dir_fd, int64_t first, const char *program, char newest[AUDIT_NAME])
{
	DIR *dir = open_again(dir_fd);
	struct newest n = {0};
	char day[AUDIT_DAY];
	struct dirent *e;

	audit_day(first, day);
	while (dir != NULL && (e = readdir(dir)) != NULL) {
		if (!audit_is_name(e->d_name))
			continue;
		if (audit_is_older(e->d_name, day))
			unlinkat(dir_fd, e->d_name, 0);
		else if (is_of(e->d_name, program))
			look_at(dir_fd, e->d_name, &n);
	}
	if (dir != NULL)
		closedir(dir);
	strcpy(newest, n.name);
}

static ssize_t
read_tail(int fd, char *tail, size_t size)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	return pread(fd, tail, size,
	    st.st_size > (off_t)size ? st.st_size - (off_t)size : 0);
}

int
audit_last_hash(int dir_fd, const char *name, char hash[AUDIT_HEX + 1])
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const char *end, *at = NULL;
	char tail[2 * AUDIT_LINE]; /* a whole line, and one that is torn */
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read_tail(fd, tail, sizeof(tail));
	close(fd);
	end = n > 0 ? memrchr(tail, '\n', n) : NULL;
	if (end != NULL)
		at = audit_hash_of(tail, end - tail);
	if (at == NULL)
		return -ENOENT;
	memcpy(hash, at, AUDIT_HEX);
	hash[AUDIT_HEX] = '\0';
	return 0;
}
