/* Start-up in order, and the end in reverse. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"
#include "log.h"
#include "when.h"

/* One vault for each store that a carrier has. */
static int
add_vault(struct core *c, const struct conf_carrier *carrier)
{
	for (size_t i = 0; i < c->nvaults; i++) {
		if (strcmp(c->vaults[i].where, carrier->store) != 0)
			continue;
		if (strcmp(c->vaults[i].key_file, carrier->key_file) == 0)
			return 0;
		log_error(DCORE, "carrier %s: one store has one key_file",
		    carrier->name);
		return -EINVAL;
	}
	c->vaults[c->nvaults++] = (struct vault){
	    .where = carrier->store, .key_file = carrier->key_file};
	return key_open(&c->vaults[c->nvaults - 1].key, carrier->key_file);
}

static int
open_vaults(struct core *c)
{
	int rc = 0;

	c->vaults = calloc(c->conf->ncarriers, sizeof(*c->vaults));
	if (c->vaults == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->conf->ncarriers && rc == 0; i++)
		rc = add_vault(c, &c->conf->carriers[i]);
	return rc;
}

static int
set_zone(const struct conf *conf)
{
	int rc = when_zone(conf->zone);

	if (rc < 0)
		log_error(DCONF, "%s: zone: \"%s\" is no IANA time zone here",
		    conf->path, conf->zone);
	return rc;
}

int
core_open(struct core **cp, const char *conf_path)
{
	struct core *c = calloc(1, sizeof(*c));
	int rc;

	if (c == NULL)
		return -ENOMEM;
	log_open("info");
	rc = conf_load(&c->conf, conf_path);
	if (rc == 0)
		rc = log_open(c->conf->log_level);
	if (rc == 0)
		rc = set_zone(c->conf);
	if (rc == 0)
		rc = regions_load(&c->regions, c->conf->tables);
	if (rc == 0)
		rc = networks_load(&c->networks, c->conf->tables);
	if (rc == 0)
		rc = messages_load(&c->messages, c->conf->tables);
	if (rc == 0)
		rc = open_vaults(c);
	if (rc < 0)
		core_close(c);
	else
		*cp = c;
	return rc;
}

void
core_close(struct core *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->nvaults; i++) {
		core_store_close(&c->vaults[i]);
		state_close(c->vaults[i].state);
		key_close(c->vaults[i].key);
	}
	free(c->vaults);
	messages_free(c->messages);
	networks_free(c->networks);
	regions_free(c->regions);
	conf_free(c->conf);
	free(c);
}

struct vault *
core_vault(struct core *c, const struct conf_carrier *carrier)
{
	for (size_t i = 0; i < c->nvaults; i++)
		if (strcmp(c->vaults[i].where, carrier->store) == 0)
			return &c->vaults[i];
	abort(); /* core_open made one for every carrier */
}

int
core_store(struct core *c, struct vault *v, enum store_mode mode)
{
	struct store_terms terms = {.max_gap = c->conf->max_gap};

	if (v->store != NULL)
		return 0;
	key_fingerprint(v->key, terms.fingerprint);
	return store_open(&v->store, v->where, mode, &terms);
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
