/* The configuration as the programs use it: struct conf filled section by
 * section, and what must hold between options. conf_options.c has what holds
 * for each alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "conf_file.h"
#include "log.h"

/* What a carrier section leaves out. */
static int
inherit(cfg_t *root, cfg_t *carrier)
{
	const struct {
		const char *option, *value;
	} defaults[] = {
	    {"store", cfg_getstr(root, "store")},
	    {"key_file", cfg_getstr(root, "key_file")},
	    {"name_zh", cfg_title(carrier)},
	    {"name_en", cfg_title(carrier)},
	};

	for (size_t i = 0; i < sizeof(defaults) / sizeof(*defaults); i++)
		if (cfg_getstr(carrier, defaults[i].option) == NULL &&
		    cfg_setstr(carrier, defaults[i].option,
			defaults[i].value) != CFG_SUCCESS)
			return -ENOMEM;
	return 0;
}

static int
fill_top(struct conf *c)
{
	cfg_t *root = c->file->cfg;

	if (cfg_getstr(root, "tables") == NULL &&
	    cfg_setstr(root, "tables", c->file->dir) != CFG_SUCCESS)
		return -ENOMEM;
	return conf_file_fill(c->file, root, c);
}

static int
fill_carriers(struct conf *c)
{
	cfg_t *root = c->file->cfg;
	size_t n = cfg_size(root, "carrier");
	int rc = 0;

	if (n == 0)
		conf_file_wrong(c->file, root, "carrier", "there is none");
	c->carriers = calloc(n + 1, sizeof(*c->carriers));
	if (c->carriers == NULL)
		return -ENOMEM;
	for (; c->ncarriers < n && rc == 0; c->ncarriers++) {
		cfg_t *sec = cfg_getnsec(root, "carrier", c->ncarriers);
		struct conf_carrier *to = &c->carriers[c->ncarriers];

		to->name = cfg_title(sec);
		rc = inherit(root, sec);
		if (rc == 0)
			rc = conf_file_fill(c->file, sec, to);
	}
	return rc;
}

static const struct conf_carrier *
carrier_of(struct conf *c, cfg_t *sec)
{
	const char *name = cfg_getstr(sec, "carrier");
	const struct conf_carrier *carrier =
	    name != NULL ? conf_carrier(c, name) : NULL;

	if (name != NULL && carrier == NULL)
		conf_file_wrong(
		    c->file, sec, "carrier", "%s is no carrier section", name);
	return carrier;
}

static int
list_has(const struct conf_list *list, const char *s)
{
	for (size_t i = 0; i < list->n; i++)
		if (*list->v[i] == *s && strcmp(list->v[i], s) == 0)
			return 1;
	return 0;
}

static int
is_ussd(const char *code)
{
	return *code == '*';
}

/* A code belongs to one service of a carrier, a service to one channel. `s`
 * is the last service so far. */
static void
check_code(struct conf *c, cfg_t *sec, const struct conf_service *s, size_t i)
{
	const char *code = s->code.v[i];
	const struct conf_list before = {.v = s->code.v, .n = i};
	const struct conf_service *other;

	if (list_has(&before, code))
		conf_file_wrong(
		    c->file, sec, "code", "%s is given twice", code);
	if (is_ussd(code) != is_ussd(s->code.v[0]))
		conf_file_wrong(c->file, sec, "code",
		    "%s: short codes and USSD codes need a service each", code);
	if (s->carrier == NULL)
		return;
	other = conf_service_at(c, s->carrier, code);
	if (other != s)
		conf_file_wrong(c->file, sec, "code",
		    "%s is service \"%s\" already", code, other->name);
}

#define WORD_LISTS 7

/* The lists of words that mean something, each with its option's name. */
static const struct conf_list *
word_list(const struct conf_service *s, size_t i, const char **name)
{
	static const char *const names[WORD_LISTS] = {"keywords", "help",
	    "withdraw", "delete", "verify", "language_zh", "language_en"};
	const struct conf_list *lists[WORD_LISTS] = {&s->keywords, &s->help,
	    &s->withdraw, &s->delete, &s->verify, &s->language_zh,
	    &s->language_en};

	*name = names[i];
	return lists[i];
}

/* A word means one thing. */
static void
check_word_list(
    struct conf *c, cfg_t *sec, const struct conf_service *s, size_t nth)
{
	const char *name, *other;
	const struct conf_list *words = word_list(s, nth, &name), *before;

	for (size_t i = 0; i < nth; i++) {
		before = word_list(s, i, &other);
		for (size_t j = 0; j < words->n; j++)
			if (list_has(before, words->v[j]))
				conf_file_wrong(c->file, sec, name,
				    "%s is one of %s", words->v[j], other);
	}
}

static void
check_words(struct conf *c, cfg_t *sec, const struct conf_service *s)
{
	size_t i;

	for (i = 0; i < s->code.n; i++)
		check_code(c, sec, s, i);
	for (i = 1; i < WORD_LISTS; i++)
		check_word_list(c, sec, s, i);
	if (s->keywords.n == 0 && !(s->code.n > 0 && is_ussd(s->code.v[0])))
		conf_file_wrong(c->file, sec, "keywords",
		    "missing in service \"%s\"", s->name);
}

/* The reply that agrees is one to a question. */
static void
check_consent(struct conf *c, cfg_t *sec, const struct conf_service *s)
{
	if (s->consent == CONSENT_REPLY && s->identity != IDENTITY_PROMPT)
		conf_file_wrong(
		    c->file, sec, "consent", "reply needs identity = prompt");
}

static void
check_days(struct conf *c, cfg_t *sec, const struct conf_service *s)
{
	if (s->min_stay <= c->max_gap)
		conf_file_wrong(c->file, sec, "min_stay",
		    "%u is not more than max_gap, %u", s->min_stay, c->max_gap);
	if (s->split_days >= s->window_days)
		conf_file_wrong(c->file, sec, "split_days",
		    "%u is not less than window_days, %u", s->split_days,
		    s->window_days);
}

static int
fill_services(struct conf *c)
{
	cfg_t *root = c->file->cfg;
	size_t n = cfg_size(root, "service");
	int rc = 0;

	c->services = calloc(n + 1, sizeof(*c->services));
	if (c->services == NULL)
		return -ENOMEM;
	while (c->nservices < n && rc == 0) {
		cfg_t *sec = cfg_getnsec(root, "service", c->nservices);
		struct conf_service *to = &c->services[c->nservices++];

		to->name = cfg_title(sec);
		to->carrier = carrier_of(c, sec);
		rc = conf_file_fill(c->file, sec, to);
		check_words(c, sec, to);
		check_consent(c, sec, to);
		check_days(c, sec, to);
	}
	return rc;
}

#define PASSWORD_MAX 8 /* SMPP 3.4, 5.2.2 */

static const char *
password_line(char *buf, size_t n)
{
	buf[n] = '\0';
	if (n > 0 && buf[n - 1] == '\n')
		buf[--n] = '\0';
	if (n <= PASSWORD_MAX && strcspn(buf, "\r\n") == n)
		return NULL;
	return "is not one line of 0..8 characters";
}

/* Reads the beginning of a file that only its owner may use; returns what is
 * wrong with it, or null. */
static const char *
read_private(const char *path, char *buf, size_t size, ssize_t *n)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int error;

	if (fd < 0)
		return strerror(errno);
	*n = fstat(fd, &st) == 0 ? read(fd, buf, size) : -1;
	error = errno;
	close(fd);
	if (*n < 0)
		return strerror(error);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return "others than its owner may use it; chmod 600";
	return NULL;
}

static const char *
read_password(const char *path, char buf[PASSWORD_MAX + 3])
{
	ssize_t n;
	const char *error = read_private(path, buf, PASSWORD_MAX + 2, &n);

	return error != NULL ? error : password_line(buf, n);
}

static int
fill_password(struct conf *c, cfg_t *sec, struct conf_smsc *to)
{
	const char *path = cfg_getstr(sec, "password_file"), *error = NULL;
	char password[PASSWORD_MAX + 3] = "";

	if (path != NULL)
		error = read_password(path, password);
	if (error != NULL)
		conf_file_wrong(
		    c->file, sec, "password_file", "%s: %s", path, error);
	to->password = strdup(error == NULL ? password : "");
	explicit_bzero(password, sizeof(password));
	return to->password != NULL ? 0 : -ENOMEM;
}

/* What is in the files is for the program that uses them to find out. */
static void
check_tls(struct conf *c, cfg_t *sec, const struct conf_smsc *s)
{
	const char *error;
	char octet;
	ssize_t n;

	if ((s->tls_cert == NULL) != (s->tls_key == NULL))
		conf_file_wrong(c->file, sec,
		    s->tls_cert != NULL ? "tls_cert" : "tls_key",
		    "tls_cert and tls_key need each other");
	if (!s->tls || s->tls_key == NULL)
		return;
	error = read_private(s->tls_key, &octet, 1, &n);
	if (error != NULL)
		conf_file_wrong(
		    c->file, sec, "tls_key", "%s: %s", s->tls_key, error);
}

/* 5.2.4: to a peer of 3.3 no optional parameter may be sent. */
static void
check_version(struct conf *c, cfg_t *sec, const struct conf_smsc *l)
{
	if (l->interface_version < 0x34 && l->concat != CONCAT_UDH)
		conf_file_wrong(c->file, sec, "concat",
		    "%s needs interface_version 0x34 or more",
		    cfg_getstr(sec, "concat"));
}

/* What comes in must tell one from the other. */
static void
check_ussd(struct conf *c, cfg_t *sec, const struct conf_smsc *l)
{
	if (l->ussd_reply == l->ussd_begin)
		conf_file_wrong(c->file, sec, "ussd_reply",
		    "%u is ussd_begin already", l->ussd_reply);
	if (l->ussd_abort != 0 &&
	    (l->ussd_abort == l->ussd_begin || l->ussd_abort == l->ussd_reply))
		conf_file_wrong(c->file, sec, "ussd_abort",
		    "%u is ussd_begin or ussd_reply already", l->ussd_abort);
}

/* Each worker has its part, and 0 were no limit. */
static void
check_rate(struct conf *c, cfg_t *sec, const struct conf_smsc *l)
{
	if (l->rate != 0 && l->rate < c->workers)
		conf_file_wrong(c->file, sec, "rate",
		    "%u is less than workers, %u", l->rate, c->workers);
}

/* A segment that is given up is owed still: its text must be acknowledged, or
 * its answer in the outbox, by then. The text came in over any section of the
 * carrier that receives; null for none whose time is as long. */
static const struct conf_smsc *
waits_as_long(const struct conf *c, const struct conf_smsc *l)
{
	const struct conf_smsc *o = c->smscs;

	if (l->bind == BIND_MODE_RECEIVER)
		return NULL;
	for (; o < c->smscs + c->nsmscs; o++)
		if (o->carrier == l->carrier &&
		    o->bind != BIND_MODE_TRANSMITTER &&
		    o->ack_after >= l->response_timeout)
			return o;
	return NULL;
}

static void
check_times(struct conf *c)
{
	const struct conf_smsc *l, *o;

	for (size_t i = 0; i < c->nsmscs; i++) {
		l = &c->smscs[i];
		o = waits_as_long(c, l);
		if (o != NULL)
			conf_file_wrong(c->file,
			    cfg_getnsec(c->file->cfg, "smsc", i),
			    "response_timeout",
			    "%u of smsc \"%s\" is not more than ack_after of "
			    "smsc \"%s\", %u; raise it or lower that",
			    l->response_timeout, l->name, o->name,
			    o->ack_after);
	}
}

static int
fill_smscs(struct conf *c)
{
	cfg_t *root = c->file->cfg;
	size_t n = cfg_size(root, "smsc");
	int rc = 0;

	c->smscs = calloc(n + 1, sizeof(*c->smscs));
	if (c->smscs == NULL)
		return -ENOMEM;
	while (c->nsmscs < n && rc == 0) {
		cfg_t *sec = cfg_getnsec(root, "smsc", c->nsmscs);
		struct conf_smsc *to = &c->smscs[c->nsmscs++];

		to->name = cfg_title(sec);
		to->carrier = carrier_of(c, sec);
		rc = conf_file_fill(c->file, sec, to);
		check_version(c, sec, to);
		check_ussd(c, sec, to);
		check_rate(c, sec, to);
		if (rc == 0)
			rc = fill_password(c, sec, to);
		if (rc == 0)
			check_tls(c, sec, to);
	}
	if (rc == 0)
		check_times(c);
	return rc;
}

static int
fill_limits(struct conf *c)
{
	cfg_t *sec = cfg_getsec(c->file->cfg, "limits");

	return conf_file_fill(c->file, sec, &c->limits);
}

static int
fill_metrics(struct conf *c)
{
	cfg_t *sec = cfg_getsec(c->file->cfg, "metrics");

	return conf_file_fill(c->file, sec, &c->metrics);
}

/* An HLR takes a second connection by one name, and sends nothing over it.
 * `h` is the last section so far. */
static void
check_euse(struct conf *c, cfg_t *sec, const struct conf_hlr *h)
{
	for (const struct conf_hlr *o = c->hlrs; o < h; o++)
		if (o->port == h->port && o->host != NULL && h->host != NULL &&
		    strcmp(o->host, h->host) == 0 && o->euse != NULL &&
		    h->euse != NULL && strcmp(o->euse, h->euse) == 0)
			conf_file_wrong(c->file, sec, "name",
			    "%s is hlr \"%s\" there already", h->euse, o->name);
}

static int
fill_hlrs(struct conf *c)
{
	cfg_t *root = c->file->cfg;
	size_t n = cfg_size(root, "hlr");
	int rc = 0;

	c->hlrs = calloc(n + 1, sizeof(*c->hlrs));
	if (c->hlrs == NULL)
		return -ENOMEM;
	while (c->nhlrs < n && rc == 0) {
		cfg_t *sec = cfg_getnsec(root, "hlr", c->nhlrs);
		struct conf_hlr *to = &c->hlrs[c->nhlrs++];

		to->name = cfg_title(sec);
		to->carrier = carrier_of(c, sec);
		rc = conf_file_fill(c->file, sec, to);
		check_euse(c, sec, to);
	}
	return rc;
}

static int
load(struct conf *c, const char *path)
{
	int rc;

	c->path = strdup(path);
	c->file = calloc(1, sizeof(*c->file));
	if (c->path == NULL || c->file == NULL)
		return -ENOMEM;
	rc = conf_file_read(c->file, c->path, conf_sections);
	if (rc == 0)
		rc = fill_top(c);
	if (rc == 0)
		rc = fill_carriers(c);
	if (rc == 0)
		rc = fill_services(c);
	if (rc == 0)
		rc = fill_smscs(c);
	if (rc == 0)
		rc = fill_limits(c);
	if (rc == 0)
		rc = fill_metrics(c);
	if (rc == 0)
		rc = fill_hlrs(c);
	return rc == 0 && c->file->errors ? -EINVAL : rc;
}

int
conf_load(struct conf **cp, const char *path)
{
	struct conf *c = calloc(1, sizeof(*c));
	int rc = -ENOMEM;

	*cp = NULL;
	if (c != NULL)
		rc = load(c, path);
	if (rc == -ENOMEM)
		log_error(DCONF, "%s: %s", path, strerror(ENOMEM));
	if (rc == 0)
		*cp = c;
	else
		conf_free(c);
	return rc;
}

static void
free_password(struct conf_smsc *s)
{
	if (s->password != NULL)
		explicit_bzero(s->password, strlen(s->password));
	free(s->password);
}

static void
free_lists(struct conf_service *s)
{
	const char *name;

	free(s->code.v);
	for (size_t i = 0; i < WORD_LISTS; i++)
		free(word_list(s, i, &name)->v);
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->nservices; i++)
		free_lists(&c->services[i]);
	for (size_t i = 0; i < c->nsmscs; i++)
		free_password(&c->smscs[i]);
	free(c->carriers);
	free(c->services);
	free(c->smscs);
	free(c->hlrs);
	if (c->file != NULL)
		conf_file_free(c->file);
	free(c->file);
	free(c->path);
	free(c);
}

void
conf_print(const struct conf *c, FILE *out)
{
	cfg_print(c->file->cfg, out);
}

const struct conf_service *
conf_service(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->nservices; i++)
		if (strcmp(c->services[i].name, name) == 0)
			return &c->services[i];
	return NULL;
}

const struct conf_carrier *
conf_carrier(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->ncarriers; i++)
		if (strcmp(c->carriers[i].name, name) == 0)
			return &c->carriers[i];
	return NULL;
}

const struct conf_service *
conf_service_at(
    const struct conf *c, const struct conf_carrier *carrier, const char *code)
{
	for (size_t i = 0; i < c->nservices; i++)
		if (c->services[i].carrier == carrier &&
		    list_has(&c->services[i].code, code))
			return &c->services[i];
	return NULL;
}

int
conf_is_code(const struct conf *c, const char *number)
{
	for (size_t i = 0; i < c->nservices; i++)
		if (list_has(&c->services[i].code, number))
			return 1;
	return 0;
}

uint32_t
conf_longest_window(const struct conf *c)
{
	uint32_t days = 0;

	for (size_t i = 0; i < c->nservices; i++)
		if (c->services[i].window_days > days)
			days = c->services[i].window_days;
	return days;
}

int
conf_service_is_dialled(const struct conf_service *s)
{
	return is_ussd(s->code.v[0]);
}

static int
begins_with_code(const char *dialled, const char *code)
{
	size_t stem = strlen(code) - 1; /* without its '#' */

	return is_ussd(code) && strncmp(dialled, code, stem) == 0 &&
	    (dialled[stem] == '*' || dialled[stem] == '#');
}

const struct conf_service *
conf_service_dialled(const struct conf *c, const struct conf_carrier *carrier,
    const char *dialled, const char **code)
{
	const struct conf_service *best = NULL;

	*code = "";
	for (size_t i = 0; i < c->nservices; i++) {
		const struct conf_service *s = &c->services[i];

		for (size_t j = 0; s->carrier == carrier && j < s->code.n;
		     j++) {
			if (!begins_with_code(dialled, s->code.v[j]) ||
			    strlen(s->code.v[j]) <= strlen(*code))
				continue;
			best = s;
			*code = s->code.v[j];
		}
	}
	return best;
}

const char *
conf_sms_code(const struct conf *c, const struct conf_carrier *carrier)
{
	for (size_t i = 0; i < c->nservices; i++)
		if (c->services[i].carrier == carrier &&
		    !is_ussd(c->services[i].code.v[0]))
			return c->services[i].code.v[0];
	return NULL;
}
