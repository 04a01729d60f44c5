/* A code as anybody types it. */
#include "core/code.c"

#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

/* The digits that were read are those that were typed, in order. */
int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	char *s = malloc(len + 1), digits[CODE_DIGITS + 1];
	uint64_t code = 0, again;
	int64_t now = 1795305600, time;
	const char *p = digits;

	must(s != NULL);
	memcpy(s, in, len);
	s[len] = '\0';
	if (code_parse(s, &code) == 0) {
		must(code < LIMIT);
		code_format(code, digits);
		must(code_parse(digits, &again) == 0 && again == code);
		for (const char *t = s; *t != '\0'; t++)
			if (*t >= '0' && *t <= '9') {
				p = strchr(p, *t);
				must(p != NULL);
				p++;
			}
		time = code_time(code, now);
		must(time % 60 == 0 && time <= now && time > now - 86400);
	} else {
		must(code == 0);
	}
	free(s);
	return 0;
}
