/* An SMSC under load, to be pointed at by an ESME's configuration. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smsc.h"

static const char usage[] =
    "usage: load [OPTION...]\n"
    "\n"
    "  -a, -p   where to listen, 127.0.0.1 and 2775\n"
    "  -l       begin when so many links are bound, 1\n"
    "  -w       deliver_sm unanswered on a link at the most, 100\n"
    "  -u       texts without an answer at the most, acknowledged or not\n"
    "  -n       how many texts, 1000; 0: as many as -r has it\n"
    "  -r RATE[:SECONDS],...\n"
    "           texts a second over all links, and for how long; 0, the\n"
    "           default: as fast as they are answered\n"
    "  -m, -s   who sends them in turn: the first number, and how many\n"
    "  -f, -x   who of these begins, counted from 0; in an order that leaps\n"
    "           about\n"
    "  -c, -t   the code and the text, 10086 and CXMYD#1234\n"
    "  -R A[,B[,C]]\n"
    "           seconds after which a refused text is delivered again, 1\n"
    "  -P A[,B[,C]]\n"
    "           seconds after which half of those without an answer send\n"
    "           their text again; 0, the default: they do not\n"
    "  -T       seconds from his first text in which a subscriber's first\n"
    "           answer is in time, 30\n"
    "  -S       makes the seconds of -R, -P and -T so many times shorter\n"
    "  -k       check that each answer names the places of census(1)'s\n"
    "           subscriber, and no other\n"
    "  -e       send enquire_link behind each submit_sm_resp, to know what\n"
    "           was surely read\n"
    "  -W       measure after so many seconds, 0\n"
    "  -q, -d   it is over after so many seconds of silence, 15, or after\n"
    "           so many since the last new text, 600\n"
    "  -y       the share of submit_sm to refuse for now, 0 to 1\n"
    "  -z       read nothing more after so many seconds\n"
    "  -o       keep what comes in, octet by octet, in PREFIX-1, PREFIX-2 ...\n"
    "           for each connection\n"
    "  -i       write a line for each second into this file: second; new\n"
    "           texts, and those sent once more; delivered, refused; answers,\n"
    "           first ones in time; from due to answered in us, p50 and p99;\n"
    "           from delivered to answered, p99; texts that wait for a "
    "window;\n"
    "           subscribers with a first answer within a second, of those who\n"
    "           texted in the second before\n"
    "  --json   print JSON\n"
    "  --help   this\n"
    "\n"
    "SIGUSR1 ends the new texts. Prints what it counted, NAME VALUE. Exits\n"
    "with 0 when every text was acknowledged, every subscriber got as many\n"
    "answers as he sent texts, and each was right.\n";

enum { JSON = 256, HELP }; /* of getopt_long */

static int
refuse(int ch)
{
	fprintf(stderr, "load: -%c %s: out of its range\n", ch, optarg);
	return -1;
}

static int
set_number(char ch, uint64_t *to, uint64_t min, uint64_t max)
{
	char *end;

	*to = strtoull(optarg, &end, 10);
	if (*optarg >= '0' && *optarg <= '9' && *end == '\0' && *to >= min &&
	    *to <= max)
		return 0;
	return refuse(ch);
}

static int
set_seconds(char ch, double *to)
{
	char *end;

	*to = strtod(optarg, &end);
	return end != optarg && *end == '\0' && *to >= 0 && *to <= 1e6
	    ? 0
	    : refuse(ch);
}

static int
set_delays(char ch, double to[TEXTS_DELAYS])
{
	char *at = optarg, *end;

	for (int i = 0; i < TEXTS_DELAYS; i++) {
		to[i] = strtod(at, &end);
		if (end == at || to[i] < 0 || to[i] > 1e6)
			return refuse(ch);
		if (*end == '\0')
			return 0;
		at = end + 1;
	}
	return refuse(ch);
}

static int
set_steps(struct texts_options *t)
{
	char *at = optarg, *end;

	for (t->nsteps = 0; t->nsteps < TEXTS_STEPS; at = end + 1) {
		struct texts_step *s = &t->steps[t->nsteps++];

		s->rate = strtod(at, &end);
		s->seconds = *end == ':' ? strtod(end + 1, &end) : 0;
		if (end == at || s->rate < 0 || s->rate > 1e6 || s->seconds < 0)
			return refuse('r');
		if (*end == '\0')
			return 0;
		if (*end != ',')
			return refuse('r');
	}
	return refuse('r');
}

static int
open_series(struct smsc_options *o)
{
	o->series = fopen(optarg, "w");
	if (o->series != NULL)
		return 0;
	perror(optarg);
	return -1;
}

static int
set_other(struct smsc_options *o, int ch, double *scale, int *json)
{
	switch (ch) {
	case 'r':
		return set_steps(&o->texts);
	case 'R':
		return set_delays(ch, o->texts.refused);
	case 'P':
		return set_delays(ch, o->texts.people);
	case 'S':
		return set_seconds(ch, scale);
	case 'i':
		return open_series(o);
	case 'x':
		o->texts.scattered = 1;
		return 0;
	case 'k':
		o->check = 1;
		return 0;
	case 'e':
		o->prove = 1;
		return 0;
	case JSON:
		*json = 1;
		return 0;
	case HELP:
		fputs(usage, stdout);
		exit(0);
	}
	return -1;
}

static int
set_option(struct smsc_options *o, int ch, double *scale, int *json)
{
	const struct {
		char ch;
		uint64_t *to, min, max;
	} numbers[] = {
	    {'p', &o->port, 1, 65535},
	    {'l', &o->links, 1, SMSC_LINKS},
	    {'n', &o->texts.texts, 0, 1000000000},
	    {'w', &o->window, 1, 65536},
	    {'u', &o->unanswered, 0, 1000000000},
	    {'m', &o->first, 1, 999999999999999},
	    {'s', &o->texts.subscribers, 1, 100000000},
	    {'f', &o->texts.from, 0, 1000000000},
	};
	const struct {
		char ch;
		double *to;
	} seconds[] = {
	    {'y', &o->refuse},
	    {'W', &o->warm},
	    {'q', &o->quiet},
	    {'d', &o->drain},
	    {'T', &o->in_time},
	    {'z', &o->stall},
	};
	const struct {
		char ch;
		const char **to;
	} strings[] = {
	    {'a', &o->address},
	    {'c', &o->code},
	    {'t', &o->text},
	    {'o', &o->prefix},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].ch == ch)
			return set_number(
			    ch, numbers[i].to, numbers[i].min, numbers[i].max);
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
		if (seconds[i].ch == ch)
			return set_seconds(ch, seconds[i].to);
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		if (strings[i].ch == ch) {
			*strings[i].to = optarg;
			return 0;
		}
	}
	return set_other(o, ch, scale, json);
}

static void
shorten(struct smsc_options *o, double scale)
{
	for (int i = 0; i < TEXTS_DELAYS; i++) {
		o->texts.refused[i] /= scale;
		o->texts.people[i] /= scale;
	}
	o->in_time /= scale;
}

/* What is left out keeps its default. */
static void
parse_options(struct smsc_options *o, int *json, int argc, char **argv)
{
	static const struct option names[] = {{"json", no_argument, NULL, JSON},
	    {"help", no_argument, NULL, HELP}, {NULL, 0, NULL, 0}};
	double scale = 1;
	int ch, rc = 0;

	while ((ch = getopt_long(argc, argv,
		    "a:p:l:w:u:n:r:m:s:f:xc:t:R:P:T:S:keW:q:d:y:z:o:i:", names,
		    NULL)) != -1)
		rc |= set_option(o, ch, &scale, json) < 0;
	if (scale > 0)
		shorten(o, scale);
	if (rc == 0 && optind == argc && strlen(o->code) <= 20 &&
	    strlen(o->text) <= 254)
		return;
	fputs(usage, stderr);
	exit(2);
}

static void
print(const struct smsc_counts *c, int json)
{
	const struct people_counts *p = &c->people;
	const struct hist *due = &c->since_due, *took = &c->since_delivered;
	const struct {
		const char *name;
		double value;
	} figures[] = {
	    {"texts", c->texts},
	    {"again", c->again},
	    {"acked", c->acked},
	    {"refused", c->refused},
	    {"redelivered", c->redelivered},
	    {"cut", c->cut},
	    {"open", c->open},
	    {"silent", c->silent},
	    {"throttled", c->throttled},
	    {"answers", p->answers},
	    {"segments", p->segments},
	    {"bad", p->bad},
	    {"other", p->other},
	    {"wrong", p->wrong},
	    {"twice", p->twice},
	    {"missing", p->missing},
	    {"surplus", p->surplus},
	    {"lost", p->lost},
	    {"over", p->over},
	    {"asked", p->asked},
	    {"answered", p->answered},
	    {"seconds", c->seconds},
	    {"measured_seconds", c->measured},
	    {"measured_until", c->until},
	    {"rate", c->measured > 0 ? c->answers / c->measured : 0},
	    {"refused_rate", c->measured > 0 ? c->refusals / c->measured : 0},
	    {"served", c->served},
	    {"p50_us", hist_quantile(due, 0.5)},
	    {"p90_us", hist_quantile(due, 0.9)},
	    {"p99_us", hist_quantile(due, 0.99)},
	    {"p999_us", hist_quantile(due, 0.999)},
	    {"max_us", hist_quantile(due, 1)},
	    {"since_delivered_p50_us", hist_quantile(took, 0.5)},
	    {"since_delivered_p99_us", hist_quantile(took, 0.99)},
	    {"latency_error_percent", HIST_ERROR_PERCENT},
	};
	size_t n = sizeof(figures) / sizeof(figures[0]);

	for (size_t i = 0; i < n; i++)
		printf(json ? "%s\"%s\": %.10g%s" : "%s%s %.10g%s",
		    json && i == 0 ? "{" : "", figures[i].name,
		    figures[i].value,
		    !json           ? "\n"
			: i + 1 < n ? ", "
				    : "}\n");
}

static void
on_signal(int signal_number)
{
	(void)signal_number;
	smsc_end();
}

int
main(int argc, char **argv)
{
	static struct smsc_counts c;
	struct smsc_options o = {
	    .address = "127.0.0.1",
	    .port = 2775,
	    .links = 1,
	    .window = 100,
	    .first = 8613800000000,
	    .code = "10086",
	    .text = "CXMYD#1234",
	    .texts = {.nsteps = 1,
		.texts = 1000,
		.subscribers = 1000,
		.refused = {1}},
	    .quiet = 15,
	    .drain = 600,
	    .in_time = 30,
	};
	const struct people_counts *p = &c.people;
	int json = 0;

	signal(SIGUSR1, on_signal);
	parse_options(&o, &json, argc, argv);
	if (smsc_run(&o, &c) < 0)
		fprintf(stderr, "load: not as many links as are wanted\n");
	print(&c, json);
	return c.acked == c.texts && c.texts > 0 &&
		p->missing + p->surplus + p->bad + p->other + p->wrong == 0
	    ? 0
	    : 1;
}
