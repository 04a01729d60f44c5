/* The gateways' main(). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "core.h"
#include "log.h"
#include "page.h"
#include "program.h"
#include "when.h"

static unsigned worker, workers = 1;

struct options {
	const char *conf, *time;
	int check, print;
};

static void
bad_usage(const struct program *p)
{
	fputs(p->usage, stderr);
	exit(2);
}

static void
parse_options(const struct program *p, int argc, char **argv, struct options *o)
{
	int ch;

	*o = (struct options){0};
	while (
	    (ch = getopt_long(argc, argv, p->shorts, p->longs, NULL)) != -1) {
		switch (ch) {
		case 'c':
			o->conf = optarg;
			break;
		case 'n':
			o->check = 1;
			break;
		case 'p':
			o->print = 1;
			break;
		case 't':
			o->time = optarg;
			break;
		case 'h':
			fputs(p->usage, stdout);
			exit(0);
		case '?':
			bad_usage(p);
			break;
		default:
			p->option(ch, optarg);
		}
	}
	if (o->conf == NULL || optind < argc)
		bad_usage(p);
}

static int
start_clock(const struct program *p, const char *time)
{
	int64_t t;

	if (time == NULL)
		return 0;
	if (when_parse(time, strlen(time), &t) < 0) {
		fprintf(stderr, "%s: -t %s: not a time\n", p->name, time);
		return -1;
	}
	when_set(t, 1);
	return 0;
}

static int
check_page(const struct core *c, const struct conf_service *s, enum verdict v,
    enum language lang)
{
	/* late in December: no date is longer */
	const struct answer a = {
	    .verdict = v, .language = lang, .lo = 1798387200, .minutes = 1440};
	char say[ANSWER_MAX];
	struct page page;

	if (answer_text(&a, c->messages, c->regions, s, say, sizeof(say)) == 0)
		page_cut(c->messages, lang, say, 0, &page);
	else
		page.of = 0;
	if (page.of == 1)
		return 0;
	log_error(DCONF,
	    "%s: service \"%s\": what messages.%s has for %s is longer than a "
	    "USSD page: \"%s\"",
	    c->conf->path, s->name, language_name(lang), verdict_name(v), say);
	return -1;
}

int
program_check_pages(const struct core *c)
{
	static const enum verdict all[] = {VERDICT_PROMPT, VERDICT_HELP,
	    VERDICT_WRONG_IDENTITY, VERDICT_SYSTEM_BUSY};
	int rc = 0;

	for (size_t i = 0; i < c->conf->nservices; i++) {
		const struct conf_service *s = &c->conf->services[i];

		if (!conf_service_is_dialled(s))
			continue;
		for (size_t j = 0; j < sizeof(all) / sizeof(*all); j++)
			for (int lang = 0; lang < LANGUAGES; lang++)
				if (check_page(c, s, all[j], lang) < 0)
					rc = -1;
	}
	return rc;
}

int
program_check_dialled(const struct conf *conf, const char *kind,
    const char *name, const struct conf_carrier *carrier)
{
	for (size_t i = 0; i < conf->nservices; i++)
		if (conf->services[i].carrier == carrier &&
		    conf_service_is_dialled(&conf->services[i]))
			return 0;
	log_error(DCONF,
	    "%s: %s \"%s\": carrier \"%s\" has no service with a USSD code",
	    conf->path, kind, name, carrier->name);
	return -1;
}

void
program_hangup(int how)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigprocmask(how, &set, NULL);
}

unsigned
program_worker(void)
{
	return worker;
}

unsigned
program_workers(void)
{
	return workers;
}

void
program_become(unsigned number, unsigned of)
{
	worker = number;
	workers = of;
	if (of > 1)
		log_worker(number);
}

uint32_t
program_part(uint32_t whole)
{
	return whole / workers + (worker < whole % workers);
}

uint16_t
program_number(uint16_t n)
{
	return n % (65536 / workers) * workers + worker;
}

int
program_reload(struct core **cp, const struct core *old,
    int (*check)(const struct core *core),
    int (*prepare)(struct core *core, void *arg), void *arg)
{
	const char *path = old->conf->path;
	struct core *c = NULL;
	int rc = core_load(&c, path, old);

	if (rc == 0)
		rc = check(c);
	if (rc == 0)
		rc = prepare(c, arg);
	if (rc == 0) {
		*cp = c;
		return 0;
	}
	core_close(c);
	log_error(DCORE, "SIGHUP: %s: nothing changed", path);
	return rc;
}

void
program_reloaded(const struct core *core, const struct links_change *change)
{
	log_notice(DCORE,
	    "SIGHUP: %s: links kept=%u changed=%u restarted=%u opened=%u "
	    "closed=%u",
	    core->conf->path, change->kept, change->changed, change->restarted,
	    change->opened, change->closed);
}

int
program_main(const struct program *p, int argc, char **argv)
{
	int status = 0;
	struct options o;
	struct core *c;

	key_no_dumps();
	program_hangup(SIG_BLOCK);
	parse_options(p, argc, argv, &o);
	if (core_open(&c, o.conf) < 0)
		return 1;
	if (start_clock(p, o.time) < 0) {
		status = 2;
	} else if (o.print) {
		conf_print(c->conf, stdout);
	} else if (p->check(c) < 0) {
		status = 1;
	} else if (!o.check) {
		return p->serve(c);
	}
	core_close(c);
	return status;
}
