/* Lines of metrics: what an operator's tool reads from a gateway's socket. */
#include "core/metrics.c"

#include "fuzz.h"

static struct metrics *m;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return metrics_new(&m);
}

/* What was read is written, and read, as the same, but for the last digits. */
static void
must_round_trip(const struct metric_line *l)
{
	struct evbuffer *out = evbuffer_new();
	struct metric_line again;
	char *line;
	size_t len;
	int rc = 0;

	must(out != NULL);
	metrics_put(m, l->what, l->value, l->labels[0], l->labels[1]);
	must(metrics_write(m, out) == 0);
	while (rc == 0) {
		line = evbuffer_readln(out, &len, EVBUFFER_EOL_LF);
		must(line != NULL);
		rc = metrics_read(line, len, &again);
		free(line);
	}
	must(rc == 1 && again.what == l->what);
	must(strcmp(again.labels[0], l->labels[0]) == 0);
	must(strcmp(again.labels[1], l->labels[1]) == 0);
	must(fabs(again.value - l->value) <= fabs(l->value / 1e14));
	evbuffer_free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct metric_line l;
	int rc = metrics_read((const char *)in, len, &l);

	must(rc == 0 || rc == 1 || rc == -EBADMSG);
	if (rc == 1 && (l.value == 0 || isnormal(l.value * 2)))
		must_round_trip(&l);
	return 0;
}
