/* Start-up in order, and the end in reverse. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "edition.h"
#include "log.h"
#include "pending.h"
#include "program.h"
#include "when.h"

/* Vaults. */

static void
drop_vault(struct vault *v)
{
	if (v == NULL || --v->cores > 0)
		return;
	core_store_close(v);
	state_close(v->state);
	key_close(v->key);
	free(v->where);
	free(v);
}

static int
new_vault(struct vault **vp, const struct conf_carrier *carrier)
{
	struct vault *v = calloc(1, sizeof(*v));
	int rc = -ENOMEM;

	if (v == NULL)
		return rc;
	v->cores = 1;
	v->where = strdup(carrier->store);
	if (v->where != NULL)
		rc = key_open(&v->key, carrier->key_file);
	if (rc < 0) {
		drop_vault(v);
		return rc;
	}
	v->id = key_hash(v->key, v->where, strlen(v->where));
	*vp = v;
	return 0;
}

static int
same_vault(const struct vault *a, const struct vault *b)
{
	uint8_t x[KEY_FINGERPRINT], y[KEY_FINGERPRINT];

	key_fingerprint(a->key, x);
	key_fingerprint(b->key, y);
	return strcmp(a->where, b->where) == 0 && memcmp(x, y, sizeof(x)) == 0;
}

/* The vault that `old` has open already, in place of a new one. */
static struct vault *
share(const struct core *old, struct vault *v)
{
	for (size_t i = 0; old != NULL && i < old->nvaults; i++) {
		if (!same_vault(old->vaults[i], v))
			continue;
		drop_vault(v);
		v = old->vaults[i];
		v->cores++;
		break;
	}
	return v;
}

static struct vault *
find_vault(const struct core *c, const struct conf_carrier *carrier)
{
	for (size_t i = 0; i < c->nvaults; i++)
		if (strcmp(c->vaults[i]->where, carrier->store) == 0)
			return c->vaults[i];
	return NULL;
}

static int
check_key_file(const struct conf *conf, const struct conf_carrier *carrier)
{
	const struct conf_carrier *other = conf->carriers;

	for (; other < carrier; other++) {
		if (strcmp(other->store, carrier->store) != 0 ||
		    strcmp(other->key_file, carrier->key_file) == 0)
			continue;
		log_error(DCORE, "carrier %s: one store has one key_file",
		    carrier->name);
		return -EINVAL;
	}
	return 0;
}

/* One vault for each store that a carrier has. */
static int
open_vaults(struct core *c, const struct core *old)
{
	c->vaults = calloc(c->conf->ncarriers, sizeof(*c->vaults));
	if (c->vaults == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->conf->ncarriers; i++) {
		const struct conf_carrier *carrier = &c->conf->carriers[i];
		struct vault *v;
		int rc = check_key_file(c->conf, carrier);

		if (rc == 0 && find_vault(c, carrier) != NULL)
			continue;
		if (rc == 0)
			rc = new_vault(&v, carrier);
		if (rc < 0)
			return rc;
		c->vaults[c->nvaults++] = share(old, v);
	}
	return 0;
}

/* Services. */

/* What is agreed to: the words, and what stands for the names in them. */
static uint32_t
wording_of(uint32_t words, const struct conf_service *s, const struct vault *v)
{
	const char *carrier = s->carrier->name;
	const uint64_t in[] = {words, s->window_days, s->granularity,
	    key_hash(v->key, carrier, strlen(carrier))};

	return s->consent == CONSENT_NONE ? 0
					  : key_hash(v->key, in, sizeof(in));
}

static int
fill_services(struct core *c)
{
	uint32_t words = messages_wording(c->messages);

	c->services = calloc(c->conf->nservices + 1, sizeof(*c->services));
	if (c->services == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->conf->nservices; i++) {
		const struct conf_service *s = &c->conf->services[i];
		struct vault *v = core_vault(c, s->carrier);

		c->services[i] = (struct core_service){
		    .vault = v,
		    .name = pending_service(v->key, s->name),
		    .wording = wording_of(words, s, v),
		};
	}
	return 0;
}

const struct core_service *
core_service(const struct core *c, const struct conf_service *s)
{
	size_t i = s - c->conf->services;

	assert(i < c->conf->nservices);
	return &c->services[i];
}

/* Life. */

static int
check_zone(const struct conf *conf)
{
	if (when_zone_known(conf->zone))
		return 0;
	log_error(DCONF, "%s: zone: \"%s\" is no IANA time zone here",
	    conf->path, conf->zone);
	return -ENOENT;
}

static uint64_t
edition(const struct core *c)
{
	return regions_edition(c->regions,
	    messages_edition(
		c->messages, conf_edition(c->conf, EDITION_FIRST)));
}

/* Tables are shared with processes that run. */
static int
check_numbers(const struct conf *conf, const struct core *old)
{
	uint32_t is = conf->limits.numbers, was;

	if (old == NULL)
		return 0;
	was = old->conf->limits.numbers;
	if (is == was)
		return 0;
	log_error(DCONF, "%s: numbers of limits: from %u to %u takes a restart",
	    conf->path, was, is);
	return -EINVAL;
}

int
core_load(struct core **cp, const char *conf_path, const struct core *old)
{
	struct core *c = calloc(1, sizeof(*c));
	int rc;

	if (c == NULL)
		return -ENOMEM;
	rc = conf_load(&c->conf, conf_path);
	if (rc == 0)
		rc = check_zone(c->conf);
	if (rc == 0)
		rc = check_numbers(c->conf, old);
	if (rc == 0)
		rc = regions_load(&c->regions, c->conf->tables);
	if (rc == 0)
		rc = networks_load(&c->networks, c->conf->tables);
	if (rc == 0)
		rc = messages_load(&c->messages, c->conf->tables);
	if (rc == 0)
		rc = open_vaults(c, old);
	if (rc == 0)
		rc = fill_services(c);
	if (rc < 0) {
		core_close(c);
		return rc;
	}
	c->edition = edition(c);
	*cp = c;
	return 0;
}

void
core_begin(struct core *c, const struct core *old)
{
	log_open(c->conf->log_level);
	when_zone(c->conf->zone);
	if (old == NULL ||
	    (old->conf->max_gap == c->conf->max_gap &&
		old->conf->store_cache == c->conf->store_cache))
		return;
	for (size_t i = 0; i < c->nvaults; i++)
		core_store_close(c->vaults[i]); /* opened on other terms */
}

int
core_open(struct core **cp, const char *conf_path)
{
	int rc;

	log_open("info");
	rc = core_load(cp, conf_path, NULL);
	if (rc == 0)
		core_begin(*cp, NULL);
	return rc;
}

void
core_close(struct core *c)
{
	if (c == NULL)
		return;
	records_close(c->records);
	audit_close(c->audit);
	for (size_t i = 0; i < c->nvaults; i++)
		drop_vault(c->vaults[i]);
	free(c->vaults);
	free(c->services);
	messages_free(c->messages);
	networks_free(c->networks);
	regions_free(c->regions);
	conf_free(c->conf);
	free(c);
}

struct vault *
core_vault(const struct core *c, const struct conf_carrier *carrier)
{
	struct vault *v = find_vault(c, carrier);

	assert(v != NULL); /* core_load made one for every carrier */
	return v;
}

const struct conf_carrier *
core_carrier(const struct core *c, const struct vault *v)
{
	const struct conf_carrier *carrier = c->conf->carriers;

	while (core_vault(c, carrier) != v)
		carrier++;
	return carrier;
}

static int
open_store(const struct core *c, const struct vault *v, enum store_mode mode,
    struct store **sp)
{
	struct store_terms terms = {.max_gap = c->conf->max_gap};

	int rc;

	key_fingerprint(v->key, terms.fingerprint);
	rc = store_open(sp, v->where, mode, &terms);
	if (rc < 0 || mode == STORE_WRITE)
		return rc;
	rc = store_cache(*sp, c->conf->store_cache, program_workers());
	if (rc < 0)
		store_close(*sp);
	return rc;
}

int
core_store(struct core *c, struct vault *v, enum store_mode mode)
{
	return v->store != NULL ? 0 : open_store(c, v, mode, &v->store);
}

int
core_store_fits(const struct core *c, const struct vault *v)
{
	struct store *s;

	switch (open_store(c, v, STORE_READ, &s)) {
	case -EKEYREJECTED:
	case -EINVAL:
		return 0;
	case 0:
		store_close(s);
	}
	return 1;
}

int
core_state(struct vault *v)
{
	return v->state != NULL ? 0 : state_open(&v->state, v->where);
}

void
core_store_close(struct vault *v)
{
	store_close(v->store);
	v->store = NULL;
}

int64_t
core_horizon(const struct core *c, int64_t now)
{
	int64_t lo = when_midnight(now, -(int)conf_longest_window(c->conf));

	/* yesterday's answers can still be verified for 25 hours */
	return lo - c->conf->max_gap - 25 * 3600;
}

int
core_records(struct core *c)
{
	const struct conf *conf = c->conf;

	if (conf->records == NULL || c->records != NULL)
		return 0;
	return records_open(&c->records, conf->records, conf->records_days);
}

int
core_audit(struct core *c, const char *program)
{
	const struct conf *conf = c->conf;

	if (conf->audit == NULL || c->audit != NULL)
		return 0;
	return audit_open(&c->audit, conf->audit, conf->audit_days, program,
	    c->vaults[0]->key);
}
