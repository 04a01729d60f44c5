/* What the gateways' main()s share: the command line, the clock, the checks
 * that come before serving. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <getopt.h>
#include <stdint.h>

struct conf;
struct conf_carrier;
struct core;

struct program {
	const char *name, *usage;
	/* getopt_long's: c, n, p, t and h are understood here */
	const char *shorts;
	const struct option *longs;
	/* another one was given; null where there is none */
	void (*option)(int ch, const char *value);
	/* what must hold for this program: 0, or -1, logged */
	int (*check)(const struct core *core);
	/* until a signal ends it; closes `core`, or what took its place; the
	 * exit status */
	int (*serve)(struct core *core);
};

/* The whole program; its exit status. SIGHUP waits from the first, so that
 * none is missed or ends the process before `serve` heeds it. */
int program_main(const struct program *p, int argc, char **argv);

/* A gateway may be several processes (workers.h): the number of this one, from
 * 0, and how many there are; 0 and 1 for one that is alone. */
unsigned program_worker(void);
unsigned program_workers(void);

/* In a process just forked: says so, in the lines of its log too. */
void program_become(unsigned worker, unsigned of);

/* This worker's part of what all of them have together; the parts add up. */
uint32_t program_part(uint32_t whole);

/* The n-th of the numbers of 16 bits that no other worker has. */
uint16_t program_number(uint16_t n);

/* Lets it through (SIG_UNBLOCK), or holds it again (SIG_BLOCK). */
void program_hangup(int how);

/* What becomes of links at a reload. */
struct links_change {
	unsigned kept;      /* stay as they are */
	unsigned changed;   /* go on with other options */
	unsigned restarted; /* leave, and come back with other options */
	unsigned opened, closed;
};

/* At SIGHUP, all that can go wrong: reads the file of `old` anew, beside it,
 * checks it, and lets `prepare` do the rest, which leaves nothing behind when
 * it fails. 0, or -errno and logged that nothing changed. */
int program_reload(struct core **cp, const struct core *old,
    int (*check)(const struct core *core),
    int (*prepare)(struct core *core, void *arg), void *arg);
/* Logs what it came to. */
void program_reloaded(
    const struct core *core, const struct links_change *change);

/* What is said in dialogues, but for answers, has one USSD page each, with the
 * names of the carriers in it. 0, or -1, logged. */
int program_check_pages(const struct core *c);

/* Has the carrier of a section, of this kind and name, any service that is
 * dialled? 0, or -1, logged. */
int program_check_dialled(const struct conf *conf, const char *kind,
    const char *name, const struct conf_carrier *carrier);

#endif
