/* What fuzz targets share: properties that must hold, and a main() that runs
 * a corpus as a TAP test where there is no libFuzzer to do it. */
#ifndef FUZZ_H
#define FUZZ_H

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

/* For what a target does once, first. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const char *fuzz_input = "input";

#define must(cond)                                                       \
	do {                                                             \
		if (!(cond)) {                                           \
			printf("not ok - %s\n# %s:%d: %s\n", fuzz_input, \
			    __FILE__, __LINE__, #cond);                  \
			fflush(stdout);                                  \
			abort();                                         \
		}                                                        \
	} while (0)

/* A copy of exactly `len` octets on the heap, so that reading on shows. */
static inline uint8_t *
fuzz_copy(const void *octets, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	must(copy != NULL);
	if (len > 0)
		memcpy(copy, octets, len);
	return copy;
}

#ifndef FUZZER

static inline void
fuzz_replay(const char *path)
{
	FILE *in = fopen(path, "r");
	uint8_t *all = malloc(1 << 20), *copy;
	size_t len;

	must(in != NULL && all != NULL);
	len = fread(all, 1, 1 << 20, in);
	fclose(in);
	copy = fuzz_copy(all, len);
	free(all);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

/* The folder given, or tests/fuzz/corpus/PROGRAM from the source tree. */
int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	char dir[512], path[1024];
	struct dirent **files;
	int n, tests = 0;

	snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s",
	    name ? name + 1 : argv[0]);
	if (argc > 1)
		snprintf(dir, sizeof(dir), "%s", argv[1]);
	LLVMFuzzerInitialize(&argc, &argv);
	n = scandir(dir, &files, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		fuzz_input = files[i]->d_name;
		snprintf(path, sizeof(path), "%s/%s", dir, fuzz_input);
		if (*fuzz_input != '.') {
			fuzz_replay(path);
			printf("ok %d - %s\n", ++tests, fuzz_input);
		}
		free(files[i]);
	}
	if (n >= 0)
		free(files);
	printf("1..%d\n", tests);
	return tests == 0;
}

#endif
#endif
