/* TAP for the unit tests: each check is a line, the plan comes last. */
#ifndef TEST_H
#define TEST_H

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int test_count, test_failed;

#define ok(cond, ...)                                                       \
	do {                                                                \
		int ok_ = !!(cond);                                         \
		printf("%sok %d - ", ok_ ? "" : "not ", ++test_count);      \
		printf(__VA_ARGS__);                                        \
		putchar('\n');                                              \
		if (!ok_) {                                                 \
			test_failed++;                                      \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond); \
		}                                                           \
		fflush(stdout); /* before what is logged next */            \
	} while (0)

#define ok_int(got, want, ...)                                          \
	do {                                                            \
		long long got_ = (got), want_ = (want);                 \
		ok(got_ == want_, __VA_ARGS__);                         \
		if (got_ != want_)                                      \
			printf("# got %lld, want %lld\n", got_, want_); \
	} while (0)

#define ok_str(got, want, ...)                                                 \
	do {                                                                   \
		const char *got_ = (got), *want_ = (want);                     \
		ok(strcmp(got_, want_) == 0, __VA_ARGS__);                     \
		if (strcmp(got_, want_) != 0)                                  \
			printf("# got  \"%s\"\n# want \"%s\"\n", got_, want_); \
	} while (0)

static inline int
test_done(void)
{
	printf("1..%d\n", test_count);
	return test_failed != 0;
}

#endif
