/* A message catalogue, the other language being as it should. */
#include "core/message.c"

#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

static char dir[] = "/tmp/tc-fuzz-XXXXXX";

static void
put(const char *name, const void *octets, size_t len)
{
	char path[64];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	must(out != NULL && fwrite(octets, 1, len, out) == len);
	must(fclose(out) == 0);
}

static void
clean_up(void)
{
	char path[64];

	for (int lang = 0; lang < LANGUAGES; lang++) {
		snprintf(path, sizeof(path), "%s/messages.%s", dir,
		    language_name(lang));
		unlink(path);
	}
	rmdir(dir);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char english[65536];
	FILE *in = fopen("conf/messages.en", "r");
	size_t n;

	(void)argc, (void)argv;
	log_open("error");
	log_del_target(log_target_find(LOG_TGT_TYPE_STDERR, NULL));
	must(in != NULL && mkdtemp(dir) != NULL);
	atexit(clean_up);
	n = fread(english, 1, sizeof(english), in);
	fclose(in);
	put("messages.en", english, n);
	return 0;
}

/* Every text of what has loaded can be said, with and without values. */
static void
must_speak(const struct messages *m)
{
	const char *values[PLACEHOLDERS], *none[PLACEHOLDERS] = {NULL};
	char out[1 << 16];
	uint32_t c;

	for (int v = 0; v < PLACEHOLDERS; v++)
		values[v] = "value";
	for (int id = 0; id < MESSAGES; id++) {
		struct words w = {.s = out, .size = sizeof(out)};
		const char *s = out;

		out[0] = '\0';
		message_put(m, LANG_ZH, id, values, &w);
		must(w.full || strlen(out) == w.len);
		for (size_t n; (n = utf8_next(s, &c)) > 0 && !w.full; s += n)
			must(c >= ' ' && (n > 1 || c < 0x80));
		out[0] = '\0';
		w = (struct words){.s = out, .size = 16};
		message_put(m, LANG_ZH, id, none, &w);
		must(w.len < 16 && out[w.len] == '\0');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct messages *m = NULL;
	int rc;

	put("messages.zh", in, len);
	rc = messages_load(&m, dir);
	must(rc == 0 || rc == -EINVAL || rc == -EILSEQ);
	if (rc == 0)
		must_speak(m);
	messages_free(m);
	return 0;
}
