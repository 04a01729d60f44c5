#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "progress.h"

#define BAR 24
#define TERMINAL_SECONDS 0.1
#define PLAIN_SECONDS 10.0

static double
since(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - t->tv_sec) + (now.tv_nsec - t->tv_nsec) / 1e9;
}

void
progress_begin(
    struct progress *p, const char *what, char *const files[], size_t n)
{
	struct stat st;

	*p = (struct progress){.what = what, .files = n};
	p->terminal = isatty(STDERR_FILENO);
	clock_gettime(CLOCK_MONOTONIC, &p->began);
	p->last = p->began;
	for (size_t i = 0; i < n; i++)
		if (stat(files[i], &st) == 0 && S_ISREG(st.st_mode))
			p->total += st.st_size;
}

void
progress_file(struct progress *p, const char *file, uint64_t size)
{
	const char *slash = strrchr(file, '/');

	p->file = strcmp(file, "-") == 0 ? "standard input"
	    : slash                      ? slash + 1
					 : file;
	p->nfile++;
	if (size == 0)
		p->total = 0; /* a pipe: nobody knows */
}

static void
show_bar(struct progress *p, double part, double rate, double left)
{
	char bar[BAR + 1];
	int full = part * BAR;

	memset(bar, ' ', BAR);
	memset(bar, '#', full < BAR ? full : BAR);
	bar[BAR] = '\0';
	if (p->total > 0)
		fprintf(stderr,
		    "\r\033[K%s [%s] %3.0f %%  %.2f M/s  %d:%02d left  %s",
		    p->what, bar, part * 100, rate / 1e6, (int)left / 60,
		    (int)left % 60, p->file);
	else
		fprintf(stderr, "\r\033[K%s  %llu lines  %.2f M/s  %s", p->what,
		    (unsigned long long)p->items, rate / 1e6, p->file);
	fflush(stderr);
}

void
progress_show(struct progress *p, uint64_t used, uint64_t items)
{
	double every = p->terminal ? TERMINAL_SECONDS : PLAIN_SECONDS;
	double seconds = since(&p->began), part, left;

	p->items = items;
	if (since(&p->last) < every)
		return;
	clock_gettime(CLOCK_MONOTONIC, &p->last);
	part = p->total ? (double)(p->before + used) / p->total : 0;
	if (part > 1)
		part = 1;
	left = part > 0 ? seconds / part - seconds : 0;
	p->shown = 1;
	if (p->terminal)
		show_bar(p, part, items / seconds, left);
	else
		fprintf(stderr, "%s: file %zu of %zu, %llu lines, %.0f/s\n",
		    p->what, p->nfile, p->files, (unsigned long long)items,
		    items / seconds);
}

void
progress_file_done(struct progress *p, uint64_t used)
{
	p->before += used;
}

void
progress_end(struct progress *p)
{
	if (p->terminal && p->shown)
		fputs("\r\033[K", stderr);
}

double
progress_seconds(const struct progress *p)
{
	return since(&p->began);
}
