/* An SMSC under load, to be pointed at by an ESME's configuration. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smsc.h"

static const char usage[] =
    "usage: load [-a ADDRESS] [-p PORT] [-l LINKS] [-n TEXTS] [-r RATE]\n"
    "            [-w WINDOW] [-m MSISDN] [-s SUBSCRIBERS] [-c CODE]\n"
    "            [-t TEXT] [-o PREFIX]\n"
    "\n"
    "  -a, -p  where to listen, 127.0.0.1 and 2775\n"
    "  -l      begin when so many links are bound, 1\n"
    "  -n      how many texts, 1000\n"
    "  -r      texts a second over all links; 0, the default: no pace\n"
    "  -w      deliver_sm unanswered on a link at the most, 100\n"
    "  -m, -s  who sends them in turn: the first number, and how many\n"
    "  -c, -t  the code and the text, 10086 and CXMYD#1234\n"
    "  -o      keep what comes in, octet by octet, in PREFIX-1, PREFIX-2 ...\n"
    "          for each connection\n"
    "\n"
    "Prints what it counted. Exits with 0 when every text was acknowledged\n"
    "and every subscriber got as many answers as he sent texts.\n";

static int
set_number(char ch, uint64_t *to, uint64_t min, uint64_t max)
{
	char *end;

	*to = strtoull(optarg, &end, 10);
	if (*optarg >= '0' && *optarg <= '9' && *end == '\0' && *to >= min &&
	    *to <= max)
		return 0;
	fprintf(stderr, "load: -%c %s: not in %llu to %llu\n", ch, optarg,
	    (unsigned long long)min, (unsigned long long)max);
	return -1;
}

static int
set_option(struct smsc_options *o, int ch)
{
	const struct {
		char ch;
		uint64_t *to, min, max;
	} numbers[] = {
	    {'p', &o->port, 1, 65535},
	    {'l', &o->links, 1, SMSC_LINKS},
	    {'n', &o->texts, 1, 1000000000},
	    {'r', &o->rate, 0, 1000000},
	    {'w', &o->window, 1, 65536},
	    {'m', &o->first, 1, 999999999999999},
	    {'s', &o->subscribers, 1, 100000000},
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
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		if (strings[i].ch == ch) {
			*strings[i].to = optarg;
			return 0;
		}
	}
	return -1;
}

/* What is left out keeps its default. */
static void
parse_options(struct smsc_options *o, int argc, char **argv)
{
	int ch, rc = 0;

	while ((ch = getopt(argc, argv, "a:p:l:n:r:w:m:s:c:t:o:")) != -1)
		rc |= set_option(o, ch) < 0;
	if (rc == 0 && optind == argc && strlen(o->code) <= 20 &&
	    strlen(o->text) <= 254)
		return;
	fputs(usage, stderr);
	exit(2);
}

static void
print(const struct smsc_counts *c)
{
	printf("texts=%u acked=%u refused=%u redelivered=%u answers=%u "
	       "segments=%u bad=%u missing=%u surplus=%u seconds=%.2f "
	       "rate=%.0f\n",
	    c->texts, c->acked, c->refused, c->redelivered, c->answers,
	    c->segments, c->bad, c->missing, c->surplus, c->seconds,
	    c->seconds > 0 ? c->answers / c->seconds : 0);
}

int
main(int argc, char **argv)
{
	struct smsc_options o = {
	    .address = "127.0.0.1",
	    .port = 2775,
	    .links = 1,
	    .window = 100,
	    .texts = 1000,
	    .first = 8613800000000,
	    .subscribers = 1000,
	    .code = "10086",
	    .text = "CXMYD#1234",
	};
	struct smsc_counts c;

	parse_options(&o, argc, argv);
	if (smsc_run(&o, &c) < 0)
		fprintf(stderr, "load: not as many links as are wanted\n");
	print(&c);
	return c.acked == o.texts && c.missing + c.surplus + c.bad == 0 ? 0 : 1;
}
