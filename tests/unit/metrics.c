/* What a gateway tells: described once, written, and read again. */
#include "core/metrics.c"

#include "test.h"

static char text[1 << 20];

/* What is written of what was put. */
static const char *
written(struct metrics *m)
{
	struct evbuffer *out = evbuffer_new();
	int n;

	ok_int(metrics_write(m, out), 0, "written");
	n = evbuffer_remove(out, text, sizeof(text) - 1);
	text[n] = '\0';
	evbuffer_free(out);
	return text;
}

static void
described(void)
{
	int named = 1, told = 1;

	for (unsigned m = 0; m < METRICS; m++) {
		const char *name = metric_infos[m].name;

		named &= name != NULL &&
		    strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name);
		told &= metric_infos[m].help != NULL &&
		    strpbrk(metric_infos[m].help, "\\\"\n") == NULL;
		for (unsigned other = 0; other < m; other++)
			named &= strcmp(name, metric_infos[other].name) != 0;
	}
	ok(named, "each has a name of its own");
	ok(told, "and a help that needs no escapes");
	ok_str(metric_word(METRIC_LINK_STATE, METRIC_LINK_UP), "up", "a word");
	ok_str(metric_word(METRIC_SHEDDING, 2), "verifications", "another");
	ok_str(metric_word(METRIC_SHEDDING, SHED_LEVELS), "?", "too great");
	ok_str(metric_word(METRIC_LINK_STATE, -1), "?", "too small");
	ok_str(metric_word(METRIC_LINK_STATE, NAN), "?", "none");
}

static void
grouped(struct metrics *m)
{
	const struct metric_value both[] = {
	    {METRIC_TEXTS, 7}, {METRIC_QUEUE_DELAY, 0.0125}};

	ok_str(written(m), "# EOF\n", "nothing was put");
	metrics_put_all(m, both, 2, "cmcc", NULL);
	metrics_put(m, METRIC_START_TIME, 1795305600, NULL, NULL);
	metrics_put(m, METRIC_TEXTS, 1e15, "ct", NULL);
	metrics_put(m, METRIC_WINDOW, 100, "ct", "ct-1");
	ok_str(written(m),
	    "# HELP travelcard_start_time_seconds When it began, in seconds "
	    "since 1970\n"
	    "# TYPE travelcard_start_time_seconds gauge\n"
	    "travelcard_start_time_seconds 1795305600\n"
	    "# HELP travelcard_texts_total Texts that came in\n"
	    "# TYPE travelcard_texts_total counter\n"
	    "travelcard_texts_total{carrier=\"cmcc\"} 7\n"
	    "travelcard_texts_total{carrier=\"ct\"} 1e+15\n"
	    "# HELP travelcard_queue_delay_seconds How long one more would "
	    "wait\n"
	    "# TYPE travelcard_queue_delay_seconds gauge\n"
	    "travelcard_queue_delay_seconds{carrier=\"cmcc\"} 0.0125\n"
	    "# HELP travelcard_window submit_sm that may be unanswered at "
	    "once\n"
	    "# TYPE travelcard_window gauge\n"
	    "travelcard_window{carrier=\"ct\",link=\"ct-1\"} 100\n"
	    "# EOF\n",
	    "by name, each with its type");
	ok_str(written(m), "# EOF\n", "and once only");
}

/* The line of a text that is no comment. */
static int
read_it(struct metric_line *l)
{
	const char *line = text;

	while (*line == '#')
		line = strchr(line, '\n') + 1;
	return metrics_read(line, strcspn(line, "\n"), l);
}

static void
escaped(struct metrics *m)
{
	char longest[200];
	struct metric_line l;

	metrics_put(m, METRIC_RATE, 0.5, "a\\b\"c\nd", "\xe4\xb8\xad");
	ok(strstr(written(m),
	       "\ntravelcard_rate{carrier=\"a\\\\b\\\"c\\nd\","
	       "link=\"\xe4\xb8\xad\"} 0.5\n") != NULL,
	    "escaped");
	ok_int(read_it(&l), 1, "and read");
	ok_str(l.labels[0], "a\\b\"c\nd", "as it was");
	ok_str(l.labels[1], "\xe4\xb8\xad", "and the other");
	ok(l.what == METRIC_RATE && l.value == 0.5, "with its value");

	memset(longest, '"', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	metrics_put(m, METRIC_TEXTS, 1, longest, NULL);
	written(m);
	ok_int(read_it(&l), 1, "a label that is too long is cut");
	ok_int(strlen(l.labels[0]), METRICS_LABEL - 1, "to what it may have");
}

static void
bounded(struct metrics *m)
{
	const char *at;
	int n = 0;

	for (int i = 0; i < METRICS_VALUES + 10; i++)
		metrics_put(m, METRIC_TEXTS, i, "cmcc", NULL);
	for (at = written(m); (at = strstr(at, "cmcc")) != NULL; at++)
		n++;
	ok_int(n, METRICS_VALUES, "no more than there is room for");
}

static void
is_read(const char *line, int rc)
{
	struct metric_line l;

	ok_int(metrics_read(line, strlen(line), &l), rc, "\"%s\"", line);
}

static void
read_lines(void)
{
	is_read("", 0);
	is_read("# EOF", 0);
	is_read("travelcard_of_tomorrow{a=\"b\"} 1", 0);
	is_read("travelcard_texts{carrier=\"a\"} 1", 0);
	is_read("travelcard_texts_total{carrier=\"a\"} 1", 1);
	is_read("travelcard_start_time_seconds 1", 1);
	is_read("travelcard_start_time_seconds  1", -EBADMSG);
	is_read("travelcard_start_time_seconds", -EBADMSG);
	is_read("travelcard_start_time_seconds ", -EBADMSG);
	is_read("travelcard_start_time_seconds 1 2", -EBADMSG);
	is_read("travelcard_start_time_seconds NaN", -EBADMSG);
	is_read("travelcard_start_time_seconds 1e999", -EBADMSG);
	is_read("travelcard_start_time_seconds{} 1", -EBADMSG);
	is_read("travelcard_texts_total 1", -EBADMSG);
	is_read("travelcard_texts_total{carrier=\"a\"}1", -EBADMSG);
	is_read("travelcard_texts_total{carrier=\"a} 1", -EBADMSG);
	is_read("travelcard_texts_total{carrier=\"a\\", -EBADMSG);
	is_read("travelcard_texts_total{link=\"a\"} 1", -EBADMSG);
	is_read("travelcard_rate{carrier=\"a\"} 1", -EBADMSG);
	is_read("travelcard_rate{carrier=\"a\",link=\"b\"} 1", 1);
	is_read("process_start_time 1", -EBADMSG);
}

int
main(void)
{
	struct metrics *m;

	described();
	ok_int(metrics_new(&m), 0, "memory for it");
	grouped(m);
	escaped(m);
	bounded(m);
	metrics_free(m);
	read_lines();
	return test_done();
}
