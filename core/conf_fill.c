/* From a section's values as libconfuse has them into the struct that its
 * table of options names. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "conf_file.h"

static int
is_title(const char *s)
{
	size_t n = strspn(s,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return n > 0 && n <= 31 && !s[n];
}

static void
require(struct conf_file *f, cfg_t *sec, const struct option *o, cfg_opt_t *opt)
{
	if (!o->required ||
	    (opt->nvalues > 0 && cfg_opt_getnstr(opt, 0) != NULL))
		return;
	conf_file_wrong(
	    f, sec, o->name, "missing in %s \"%s\"", sec->name, sec->title);
}

/* A relative path begins at the file's folder. */
static int
resolve(const struct conf_file *f, cfg_opt_t *opt)
{
	static const char sqlite[] = "sqlite:";
	const char *value = cfg_opt_getnstr(opt, 0), *path = value;
	char *whole;
	int rc;

	if (value == NULL || *value == '\0')
		return 0;
	if (strncmp(value, sqlite, strlen(sqlite)) == 0)
		path += strlen(sqlite);
	if (*path == '/')
		return 0;
	if (asprintf(&whole, "%.*s%s/%s", (int)(path - value), value, f->dir,
		path) < 0)
		return -ENOMEM;
	rc = cfg_opt_setnstr(opt, whole, 0);
	free(whole);
	return rc == CFG_SUCCESS ? 0 : -ENOMEM;
}

/* libconfuse would take a default of its own for one in the file. Its words
 * are separated by spaces. */
static int
default_list(cfg_opt_t *opt, const char *def)
{
	char word[64];
	size_t n;

	for (unsigned i = 0; *def != '\0'; def += n, i++) {
		n = strcspn(def, " ");
		snprintf(word, sizeof(word), "%.*s", (int)n, def);
		if (cfg_opt_setnstr(opt, word, i) != CFG_SUCCESS)
			return -ENOMEM;
		n += strspn(def + n, " ");
	}
	return 0;
}

static int
fill_list(cfg_opt_t *opt, const char *def, struct conf_list *list)
{
	if (def != NULL && !(opt->flags & CFGF_MODIFIED) &&
	    default_list(opt, def) < 0)
		return -ENOMEM;
	list->v = calloc(opt->nvalues + 1, sizeof(*list->v));
	if (list->v == NULL)
		return -ENOMEM;
	for (list->n = 0; list->n < opt->nvalues; list->n++) {
		const char *word = cfg_opt_getnstr(opt, list->n);

		list->v[list->n] = word;
		list->begins |= UINT64_C(1) << (*word & 63);
	}
	return 0;
}

static void
fill_number(void *at, size_t size, long n)
{
	if (size == sizeof(uint8_t))
		*(uint8_t *)at = n;
	else if (size == sizeof(uint16_t))
		*(uint16_t *)at = n;
	else
		*(uint32_t *)at = n;
}

static int
fill_value(const struct option *o, cfg_opt_t *opt, void *at)
{
	if (o->kind == LIST)
		return fill_list(opt, o->def, at);
	if (o->kind == NUMBER)
		fill_number(at, o->size, cfg_opt_getnint(opt, 0));
	else if (o->kind == WORD && o->size < sizeof(const char *))
		fill_number(at, o->size,
		    conf_file_word(o->words, cfg_opt_getnstr(opt, 0)));
	else
		*(const char **)at = cfg_opt_getnstr(opt, 0);
	return 0;
}

int
conf_file_fill(struct conf_file *f, cfg_t *sec, void *to)
{
	int rc = 0;

	if (sec->title != NULL && !is_title(sec->title))
		conf_file_wrong(f, sec, sec->name,
		    "\"%s\" is not 1..31 letters, digits, '.', '_', '-'",
		    sec->title);
	for (cfg_opt_t *opt = sec->opts; opt->name != NULL && rc == 0; opt++) {
		const struct option *o = conf_file_option(f, sec, opt->name);

		if (o == NULL)
			continue; /* a section */
		require(f, sec, o, opt);
		if (o->kind == PATH)
			rc = resolve(f, opt);
		if (rc == 0 && o->size > 0)
			rc = fill_value(o, opt, (char *)to + o->offset);
	}
	return rc;
}
