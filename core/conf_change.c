/* What differs between two readings of a configuration: every option of its
 * table is compared, so that none can be forgotten. */
#include <string.h>

#include "conf.h"
#include "conf_file.h"
#include "edition.h"

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

/* What answers are made from. */

static uint64_t
put_option(uint64_t edition, const struct option *o, cfg_opt_t *opt)
{
	unsigned n = cfg_opt_size(opt);

	edition = edition_number(edition_text(edition, o->name), n);
	for (unsigned i = 0; i < n; i++)
		edition = o->kind == NUMBER
		    ? edition_number(edition, cfg_opt_getnint(opt, i))
		    : edition_text(edition, cfg_opt_getnstr(opt, i));
	return edition;
}

static uint64_t
put_section(uint64_t edition, const struct conf_file *f, cfg_t *sec, int live)
{
	for (cfg_opt_t *opt = sec->opts; opt->name != NULL; opt++) {
		const struct option *o = conf_file_option(f, sec, opt->name);

		if (o != NULL && (live || !o->live))
			edition = put_option(edition, o, opt);
	}
	return edition;
}

/* All sections of a kind, in their order. */
static uint64_t
put_sections(uint64_t edition, const struct conf_file *f, const char *kind)
{
	unsigned n = cfg_size(f->cfg, kind);

	edition = edition_number(edition, n);
	for (unsigned i = 0; i < n; i++) {
		cfg_t *sec = cfg_getnsec(f->cfg, kind, i);

		edition = edition_text(edition, cfg_title(sec));
		edition = put_section(edition, f, sec, 1);
	}
	return edition;
}

uint64_t
conf_edition(const struct conf *c, uint64_t edition)
{
	edition = put_section(edition, c->file, c->file->cfg, 0);
	edition = put_sections(edition, c->file, "carrier");
	return put_sections(edition, c->file, "service");
}
