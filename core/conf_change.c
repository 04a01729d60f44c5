/* What differs between two readings of a configuration: every option of its
 * table is compared, so that none can be forgotten. */
#include <string.h>

#include "conf.h"
#include "conf_file.h"

static int
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static int
same_option(const struct option *o, cfg_opt_t *a, cfg_opt_t *b)
{
	if (cfg_opt_size(a) != cfg_opt_size(b))
		return 0;
	for (unsigned i = 0; i < cfg_opt_size(a); i++)
		if (o->kind == NUMBER
			? cfg_opt_getnint(a, i) != cfg_opt_getnint(b, i)
			: !same_text(
			      cfg_opt_getnstr(a, i), cfg_opt_getnstr(b, i)))
			return 0;
	return 1;
}

/* `a` and `b` are sections of the same kind. */
static enum conf_change
section_change(const struct conf_file *f, cfg_t *a, cfg_t *b)
{
	enum conf_change change = CONF_SAME;

	for (cfg_opt_t *opt = a->opts; opt->name != NULL; opt++) {
		const struct option *o = conf_file_option(f, a, opt->name);

		if (o == NULL || same_option(o, opt, cfg_getopt(b, opt->name)))
			continue;
		if (!o->live)
			return CONF_ANEW;
		change = CONF_LIVE;
	}
	return change;
}

enum conf_change
conf_smsc_change(const struct conf *a, const struct conf_smsc *x,
    const struct conf *b, const struct conf_smsc *y)
{
	cfg_t *s = cfg_getnsec(a->file->cfg, "smsc", x - a->smscs);
	cfg_t *t = cfg_getnsec(b->file->cfg, "smsc", y - b->smscs);

	/* the option only names its file */
	if (strcmp(x->password, y->password) != 0)
		return CONF_ANEW;
	return section_change(a->file, s, t);
}

enum conf_change
conf_hlr_change(const struct conf *a, const struct conf_hlr *x,
    const struct conf *b, const struct conf_hlr *y)
{
	return section_change(a->file,
	    cfg_getnsec(a->file->cfg, "hlr", x - a->hlrs),
	    cfg_getnsec(b->file->cfg, "hlr", y - b->hlrs));
}

/* All sections of a kind, in the same order. */
static int
same_sections(const struct conf *a, const struct conf *b, const char *kind)
{
	unsigned n = cfg_size(a->file->cfg, kind);

	if (cfg_size(b->file->cfg, kind) != n)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		cfg_t *s = cfg_getnsec(a->file->cfg, kind, i);
		cfg_t *t = cfg_getnsec(b->file->cfg, kind, i);

		if (!same_text(cfg_title(s), cfg_title(t)) ||
		    section_change(a->file, s, t) != CONF_SAME)
			return 0;
	}
	return 1;
}

int
conf_same_answers(const struct conf *a, const struct conf *b)
{
	return section_change(a->file, a->file->cfg, b->file->cfg) !=
	    CONF_ANEW &&
	    same_sections(a, b, "carrier") && same_sections(a, b, "service");
}
