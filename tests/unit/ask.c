/* What gateways answered: read, checked, and summed. */
#include "core/ask.c"

#include "test.h"

#define HEAD "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n"

static int
answers(struct ask_process *p, const char *text)
{
	return read_answer(p, text, strlen(text));
}

static void
names(void)
{
	static const char *const not [] = {"smsc-gw", "smsc-gw.sock",
	    "smsc-gw.00.sock", "smsc-gw.-1.sock", "smsc-gw.+1.sock",
	    "smsc-gw.1.sock~", "smsc-gw.4294967296.sock", "ussd-gwx.1.sock",
	    "smsc-gw. 1.sock", "", "."};
	struct ask_process p;

	ok_int(read_name("smsc-gw.0.sock", &p), 1, "a socket's name");
	ok_str(p.program, "smsc-gw", "its program");
	ok_int(read_name("ussd-gw.12.sock", &p), 1, "another");
	ok_int(p.worker, 12, "its worker");
	for (size_t i = 0; i < sizeof(not ) / sizeof(*not ); i++)
		ok_int(read_name(not [i], &p), 0, "none: \"%s\"", not [i]);
}

static void
refused(void)
{
	static const char *const bad[] = {"", "HTTP/1.0 200 ",
	    "\r\n\r\n# EOF\n", "HTTP/1.0 503 No\r\n\r\n# EOF\n", HEAD,
	    HEAD "# EOF", HEAD "travelcard_start_time_seconds 1\n",
	    HEAD "travelcard_start_time_seconds x\n# EOF\n"};
	struct ask_process p = {0};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok_int(answers(&p, bad[i]), -EBADMSG, "no answer: %zu", i);
	ok_int(answers(&p, HEAD "# EOF\n"), 0, "an empty one");
	ok_int(p.nlines, 0, "has no lines");
	free(p.lines);
}

static const char first[] =
    HEAD "# HELP travelcard_texts_total Texts\n"
	 "travelcard_start_time_seconds 1000\n"
	 "travelcard_texts_total{carrier=\"a\"} 7\n"
	 "travelcard_texts_total{carrier=\"b\"} 1\n"
	 "travelcard_of_tomorrow 1\n"
	 "travelcard_queue_delay_seconds{carrier=\"a\"} 0.5\n"
	 "travelcard_window{carrier=\"a\",link=\"a-1\"} 10\n"
	 "travelcard_window{carrier=\"a\",link=\"a-2\"} 20\n"
	 "# EOF\n";
static const char second[] =
    HEAD "travelcard_start_time_seconds 900\n"
	 "travelcard_texts_total{carrier=\"a\"} 5\n"
	 "travelcard_queue_delay_seconds{carrier=\"a\"} 0.25\n"
	 "travelcard_window{carrier=\"a\",link=\"a-1\"} 30\n"
	 "# EOF\n";

static double
value(const struct ask *a, const struct ask_process *only, enum metric what,
    const char *label, const char *link)
{
	const struct ask_of of = {"smsc-gw", only, label, link};
	double v;

	return ask_value(a, &of, what, &v) ? v : -1;
}

static void
summed(void)
{
	struct ask_process v[3] = {{.program = "smsc-gw"},
	    {.program = "smsc-gw", .worker = 1}, {.program = "ussd-gw"}};
	const struct ask a = {v, 3};
	struct ask_of of = {.program = "smsc-gw"};

	ok_int(answers(&v[0], first), 0, "one worker");
	ok_int(answers(&v[1], second), 0, "another");
	ok_int(answers(&v[2], first), 0, "another program");
	ok_int(v[0].nlines, 6, "what is not known is passed over");
	ok(value(&a, NULL, METRIC_TEXTS, "a", NULL) == 12, "a sum");
	ok(value(&a, NULL, METRIC_TEXTS, "b", NULL) == 1, "of one");
	ok(value(&a, NULL, METRIC_TEXTS, "c", NULL) == -1, "of none");
	ok(value(&a, NULL, METRIC_START_TIME, NULL, NULL) == 900, "the least");
	ok(value(&a, NULL, METRIC_QUEUE_DELAY, "a", NULL) == 0.5, "the most");
	ok(value(&a, &v[1], METRIC_WINDOW, "a", "a-1") == 30, "one's own");
	ok(value(&a, &v[1], METRIC_WINDOW, "a", "a-2") == -1, "or none");

	ok_str(ask_next(&a, &of, METRIC_TEXTS, 0, ""), "a", "a carrier");
	ok_str(ask_next(&a, &of, METRIC_TEXTS, 0, "a"), "b", "the next");
	ok(ask_next(&a, &of, METRIC_TEXTS, 0, "b") == NULL, "and no more");
	of.label = "a";
	ok_str(ask_next(&a, &of, METRIC_WINDOW, 1, "a-1"), "a-2", "its links");
	of.label = "b";
	ok(ask_next(&a, &of, METRIC_WINDOW, 1, "") == NULL, "no other's");
	for (int i = 0; i < 3; i++)
		free(v[i].lines);
}

static void
nobody(void)
{
	struct ask a;

	ok_int(ask_all(&a, "/nonexistent/travelcard"), 0, "no folder");
	ok_int(a.n, 0, "is nobody");
	ask_free(&a);
	ok_int(ask_all(&a, "/dev/null"), -ENOTDIR, "no folder's a fault");
	ask_free(&a);
}

int
main(void)
{
	names();
	refused();
	summed();
	nobody();
	return test_done();
}
