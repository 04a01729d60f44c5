/* Preloaded into smsc-gw: while the file BENCH_FAIL is there, no file can be
 * read, as from a disk that is broken. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

ssize_t
pread64(int fd, void *to, size_t n, off_t at)
{
	static ssize_t (*real)(int, void *, size_t, off_t);
	int saved = errno;

	if (real == NULL)
		real = (ssize_t(*)(int, void *, size_t, off_t))dlsym(
		    RTLD_NEXT, "pread64");
	if (access(getenv("BENCH_FAIL"), F_OK) == 0) {
		errno = EIO;
		return -1;
	}
	errno = saved;
	return real(fd, to, n, at);
}
