/* libconfuse, driven by tables of options.
 *
 * It stops at the first error that a callback gives it. So the callbacks log
 * and count an error in a value, put the default there and say that all is
 * well: one run shows every wrong value. At an error of its own (a word that
 * is no option, a missing brace) it does stop.
 */
#include <assert.h>
#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "conf_file.h"
#include "log.h"
#include "text.h"

struct given {
	const cfg_opt_t *opt;
	int line;
};

/* libconfuse's callbacks carry no argument of ours, and its scanner is one
 * for the process anyway. */
static struct conf_file *reading;

static void __attribute__((format(printf, 4, 0))) wrong(struct conf_file *f,
    int line, const char *option, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	log_error(DCONF, "%s:%d: %s%s%s", f->path, line, option ? option : "",
	    option ? ": " : "", text);
	f->errors++;
}

static void __attribute__((format(printf, 3, 4)))
wrong_at(int line, const char *option, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	wrong(reading, line, option, fmt, ap);
	va_end(ap);
}

static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	wrong(reading, cfg ? cfg->line : 0, NULL, fmt, ap);
}

const struct option *
conf_file_option(const struct conf_file *f, const cfg_t *sec, const char *name)
{
	const struct section *s = f->sections;

	while (s->name != NULL && strcmp(s->name, sec->name) != 0)
		s++;
	if (s->name == NULL)
		return NULL;
	for (const struct option *o = s->options; o->name != NULL; o++)
		if (strcmp(o->name, name) == 0)
			return o;
	return NULL;
}

static struct given *
given(const struct conf_file *f, const cfg_opt_t *opt)
{
	for (size_t i = 0; i < f->ngiven; i++)
		if (f->given[i].opt == opt)
			return &f->given[i];
	return NULL;
}

/* Notes where an option stands; returns its row, null to stop. */
static const struct option *
heed(cfg_t *cfg, const cfg_opt_t *opt)
{
	struct conf_file *f = reading;
	const struct option *o = conf_file_option(f, cfg, opt->name);
	struct given *g = given(f, opt);

	if (o ==
	    NULL) { /* libconfuse would take "limits|tries" at the top level */
		wrong_at(cfg->line, opt->name, "belongs inside its section");
		return NULL;
	}
	if (g != NULL) {
		/* The second element of a list is no second time. */
		if (opt->nvalues == 1)
			wrong_at(cfg->line, o->name,
			    "given twice, first in line %d", g->line);
		return o;
	}
	g = reallocarray(f->given, f->ngiven + 1, sizeof(*g));
	if (g == NULL)
		return NULL;
	f->given = g;
	g[f->ngiven++] = (struct given){opt, cfg->line};
	return o;
}

/* Decimal, or hexadecimal after 0x; libconfuse would read 010 as 8. */
static int
parse_number(const char *s, long *n)
{
	int base = s[0] == '0' && (s[1] | 0x20) == 'x' ? 16 : 10;
	char *end;

	if (s[0] < '0' || s[0] > '9')
		return -1;
	errno = 0;
	*n = strtol(s, &end, base);
	return errno || *end ? -1 : 0;
}

static const char *
shown(const char *value)
{
	return *value ? value : "\"\"";
}

static int
on_number(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const struct option *o = heed(cfg, opt);
	long n, def = opt->def.number;

	if (o == NULL)
		return -1;
	if (parse_number(value, &n) < 0 || n < o->min || n > o->max) {
		wrong_at(cfg->line, o->name,
		    o->hex ? "%s is not %#lx..%#lx" : "%s is not %ld..%ld",
		    shown(value), o->min, o->max);
		n = def;
	}
	*(long *)result = n;
	return 0;
}

int
conf_file_word(const char *const *words, const char *value)
{
	for (int i = 0; words[i]; i++)
		if (*value && strcmp(words[i], value) == 0)
			return i;
	return -1;
}

/* "a, b or c" */
static const char *
join_words(const char *const *words, char *buf, size_t size)
{
	const char *between = "";
	size_t len = 0;

	for (; *words && len < size; words++) {
		if (!**words)
			continue;
		len += snprintf(buf + len, size - len, "%s%s", between, *words);
		between = words[1] && words[2] ? ", " : " or ";
	}
	return buf;
}

static int
on_word(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const struct option *o = heed(cfg, opt);
	char words[128];

	if (o == NULL)
		return -1;
	if (conf_file_word(o->words, value) < 0) {
		wrong_at(cfg->line, o->name, "%s is not %s", shown(value),
		    join_words(o->words, words, sizeof(words)));
		value = o->def;
	}
	*(const char **)result = value;
	return 0;
}

/* Characters of UTF-8; -1 where there is another octet or a control
 * character. */
static long
characters(const char *s)
{
	size_t step;
	uint32_t c;
	long n = 0;

	for (; (step = utf8_next(s, &c)) > 0; s += step) {
		if (c < ' ' || c == 0x7f || (c == 0xfffd && step == 1))
			return -1;
		n++;
	}
	return n;
}

static int
on_text(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const struct option *o = heed(cfg, opt);
	long n = characters(value);

	if (o == NULL)
		return -1;
	if (n < 0)
		wrong_at(cfg->line, o->name,
		    "has a control character, or is not UTF-8");
	else if (o->good != NULL && !o->good(value))
		wrong_at(
		    cfg->line, o->name, "%s is not %s", shown(value), o->what);
	else if (n < o->min || (o->max && n > o->max))
		wrong_at(cfg->line, o->name, "%s is not %ld..%ld characters",
		    shown(value), o->min, o->max);
	*(const char **)result = value;
	return 0;
}

static void
print_word(cfg_opt_t *opt, unsigned i, FILE *out)
{
	fputs(cfg_opt_getnstr(opt, i), out);
}

static void
print_hex(cfg_opt_t *opt, unsigned i, FILE *out)
{
	fprintf(out, "%#lx", cfg_opt_getnint(opt, i));
}

static cfg_opt_t
option_row(const struct option *o)
{
	cfg_opt_t number = CFG_INT_CB(o->name, 0, CFGF_NONE, on_number);
	cfg_opt_t word = CFG_STR_CB(o->name, o->def, CFGF_NONE, on_word);
	cfg_opt_t text = CFG_STR_CB(o->name, o->def, CFGF_NONE, on_text);
	cfg_opt_t list = CFG_STR_LIST_CB(o->name, NULL, CFGF_NONE, on_text);

	switch (o->kind) {
	case NUMBER:
		parse_number(o->def, &number.def.number);
		number.pf = o->hex ? print_hex : NULL;
		return number;
	case WORD:
		word.pf = print_word;
		return word;
	case LIST:
		return list;
	default:
		return text;
	}
}

#define SECTIONS_MAX 8
#define ROWS_MAX 48

static size_t
option_rows(const struct option *o, cfg_opt_t rows[ROWS_MAX])
{
	const cfg_opt_t end = CFG_END();
	size_t n = 0;

	for (; o->name != NULL; o++) {
		assert(n < ROWS_MAX - SECTIONS_MAX);
		rows[n++] = option_row(o);
	}
	rows[n] = end;
	return n;
}

static cfg_t *
make_parser(const struct section *s)
{
	const cfg_opt_t end = CFG_END();
	cfg_opt_t top[ROWS_MAX], rows[SECTIONS_MAX][ROWS_MAX];
	size_t n = option_rows(s->options, top);

	for (int i = 0; (++s)->name != NULL; i++) {
		cfg_flag_t flags = s->titled
		    ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES
		    : CFGF_NONE;
		cfg_opt_t sec = CFG_SEC(s->name, rows[i], flags);

		assert(i < SECTIONS_MAX);
		option_rows(s->options, rows[i]);
		top[n++] = sec;
	}
	top[n] = end;
	return cfg_init(top, CFGF_NONE); /* which copies them all */
}

static char *
folder(const char *path)
{
	char *copy = strdup(path), *dir;

	if (copy == NULL)
		return NULL;
	dir = realpath(dirname(copy), NULL);
	free(copy);
	return dir;
}

static int
parse(struct conf_file *f, char *text)
{
	int line;
	const char *error = conf_text_tidy(text, &line);

	if (error != NULL) {
		wrong_at(line, NULL, "%s", error);
		return -EINVAL;
	}
	f->cfg = make_parser(f->sections);
	if (f->cfg == NULL)
		return -ENOMEM;
	cfg_set_error_function(f->cfg, on_error);
	if (cfg_parse_buf(f->cfg, text) == CFG_SUCCESS)
		return 0;
	if (f->errors == 0)
		wrong_at(f->cfg->line, NULL, "syntax error");
	return -EINVAL;
}

int
conf_file_read(
    struct conf_file *f, const char *path, const struct section *sections)
{
	char *text = NULL;
	int rc;

	*f = (struct conf_file){.path = path, .sections = sections};
	f->dir = folder(path);
	rc = f->dir != NULL ? conf_text_read(path, &text) : -errno;
	if (rc == -EILSEQ)
		log_error(DCONF, "%s: is not a text file", path);
	else if (rc < 0)
		log_error(DCONF, "%s: %s", path, strerror(-rc));
	else {
		reading = f;
		rc = parse(f, text);
		reading = NULL;
	}
	free(text);
	return rc == -EILSEQ ? -EINVAL : rc;
}

void
conf_file_free(struct conf_file *f)
{
	if (f->cfg != NULL)
		cfg_free(f->cfg);
	free(f->given);
	free(f->dir);
	memset(f, 0, sizeof(*f));
}

void
conf_file_wrong(
    struct conf_file *f, cfg_t *sec, const char *option, const char *fmt, ...)
{
	const struct given *g = NULL;
	va_list ap;

	for (cfg_opt_t *opt = sec->opts; opt->name != NULL && g == NULL; opt++)
		if (strcmp(opt->name, option) == 0)
			g = given(f, opt);
	va_start(ap, fmt);
	wrong(f, g ? g->line : sec->line, option, fmt, ap);
	va_end(ap);
}
