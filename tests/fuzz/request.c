/* What users text. */
#include "core/request.c"

#include <stdlib.h>

#include "fuzz.h"

static const char *const words[] = {"CXMYD", "CX", "X2"};
static const char *const help_words[] = {"HELP", "CXH"};

static const struct conf_service service = {
    .keywords = {.v = (const char **)words, .n = 3},
    .help = {.v = (const char **)help_words, .n = 2},
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

static struct request
parsed(const char *text)
{
	struct request r;

	memset(&r, 0xa5, sizeof(r));
	request_parse(text, &service, &r);
	return r;
}

static void
must_be_valid(const struct request *r)
{
	char digits[5];

	must(r->verb <= VERB_HELP && r->language <= LANGUAGES);
	must(memchr(r->digits, '\0', sizeof(r->digits)) != NULL);
	if (r->digits[0] != '\0') {
		must(identity_parse(r->digits, strlen(r->digits), digits) == 0);
		must(strcmp(digits, r->digits) == 0);
	}
	if (r->verb == VERB_UNKNOWN)
		must(r->digits[0] == '\0' && r->language == LANGUAGES);
}

static void
must_be_same(const struct request *a, const struct request *b)
{
	must(a->verb == b->verb && a->language == b->language);
	must(strcmp(a->digits, b->digits) == 0);
}

/* The same with letters and digits as Chinese input methods write them. */
static char *
full_width(const char *s)
{
	char *out = malloc(3 * strlen(s) + 1);
	size_t len = 0;

	for (; *s != '\0'; s++) {
		if (*s > ' ' && *s < 0x7f)
			len += utf8_put(0xff01 + *s - '!', out + len);
		else
			out[len++] = *s;
	}
	out[len] = '\0';
	return out;
}

/* However it is dressed, a text says the same. */
static void
must_forgive(const char *text, const struct request *want)
{
	char *other = malloc(strlen(text) + 32);
	struct request r;

	sprintf(other, " #\u3000%s", text);
	r = parsed(other);
	must_be_same(&r, want);
	sprintf(other, "%s 谢谢", text);
	r = parsed(other);
	must_be_same(&r, want);
	strcpy(other, text);
	for (char *s = other; *s != '\0'; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s += 'a' - 'A';
	r = parsed(other);
	must_be_same(&r, want);
	free(other);
	other = full_width(text);
	r = parsed(other);
	must_be_same(&r, want);
	free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	char *text = (char *)fuzz_copy(in, len);
	struct request r;

	if (len > 0) {
		text[len - 1] = '\0';
		r = parsed(text);
		must_be_valid(&r);
		/* a long text is cut, and where depends on its dress */
		if (3 * strlen(text) < FOLDED - 32)
			must_forgive(text, &r);
	}
	free(text);
	return 0;
}
