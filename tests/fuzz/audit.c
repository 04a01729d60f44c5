/* The audit's files: any octets as a file, and as what is written into one:
 * whatever is in the texts, the chain holds, and any change breaks it. */
#include "core/audit_chain.c"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/audit_check.h"
#include "fuzz.h"

#define NAME "audit-2026-11-22-fuzz-00000000.csv"
#define FILE_MAX (4 * AUDIT_LINE)

static struct key *key;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int fd = memfd_create("key", 0);
	char path[64];

	(void)argc, (void)argv;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	must(write(fd, "0123456789abcdef0123456789abcdef", 32) == 32);
	must(fchmod(fd, 0600) == 0 && key_open(&key, path) == 0);
	close(fd);
	return 0;
}

static const struct key *
any_key(const uint8_t fingerprint[KEY_FINGERPRINT], void *arg)
{
	(void)fingerprint, (void)arg;
	return key;
}

static struct audit_finding
check(const void *file, size_t len)
{
	FILE *in = fmemopen((void *)file, len, "r");
	struct audit_finding f;

	must(in != NULL);
	audit_check_file(in, NAME, any_key, NULL, NULL, NULL, &f);
	fclose(in);
	must((f.state == AUDIT_BROKEN) == (f.why != NULL));
	must(f.state != AUDIT_BROKEN || f.line == f.lines + 1);
	return f;
}

/* No number is in what was written, and no other line. */
static void
must_be_clean(const char *line, size_t len)
{
	const char *texts = memchr(line, '"', len);
	int digits = 0;

	must(len < AUDIT_LINE && memchr(line, '\n', len) == line + len - 1);
	for (const char *c = texts; c < line + len - AUDIT_HEX - 1; c++) {
		digits = is_digit(*c) ? digits + 1 : 0;
		must(digits < KEY_NUMBER);
	}
}

/* The input as who and why, in a chain of three lines. */
static size_t
write_chain(const char *by, const char *reason, char *file)
{
	struct audit_begin b = {
	    .time = "2026-11-22T08:00:00+08:00",
	    .program = "fuzz",
	    .name = NAME,
	};
	const struct audit_act act = {
	    .act = "lookup",
	    .channel = "tool",
	    .service = reason,
	    .verdict = "ok",
	    .count = -1,
	    .by = *by ? by : "-",
	    .reason = reason,
	};
	struct audit_chain c = {.key = key};
	size_t len = audit_put_begin(&c, &b, file), n;

	n = audit_put_act(&c, b.time, &act, file + len);
	must_be_clean(file + len, n);
	len += n;
	return len + audit_put_end(&c, b.time, file + len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	char *by = malloc(len + 1), *reason = malloc(len + 1);
	static char file[FILE_MAX];
	struct audit_finding f;
	struct audit_begin b;
	size_t n, at;

	if (len > 0)
		check(in, len);
	audit_read_begin((const char *)in, len, &b);
	memcpy(by, in, len);
	by[len] = '\0';
	strcpy(reason, by);
	reason[len / 2] = '\0';
	n = write_chain(by, reason, file);
	f = check(file, n);
	must(f.state == AUDIT_WHOLE && f.lines == 3);
	at = len > 1 ? (in[0] << 8 | in[1]) % n : 0;
	file[at] ^= len > 2 && in[2] != 0 ? in[2] : 1;
	f = check(file, n);
	must(f.state == AUDIT_BROKEN ||
	    (at == n - 1 && f.state == AUDIT_STOPPED && f.is_torn));
	free(by);
	free(reason);
	return 0;
}
