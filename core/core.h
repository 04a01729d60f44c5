/* What the programs share, opened in order and closed in reverse. */
#ifndef CORE_H
#define CORE_H

#include "audit.h"
#include "conf.h"
#include "key.h"
#include "message.h"
#include "network.h"
#include "records.h"
#include "region.h"
#include "state.h"
#include "store.h"
#include "told.h"

/* One store and the key to it; carriers may share one, and a core with the
 * one that it takes over from. */
struct vault {
	unsigned cores; /* that hold it */
	char *where;
	uint64_t id; /* of `where`, hashed */
	struct key *key;
	struct store *store; /* null until core_store() */
	struct state *state; /* null until core_state() */
	int64_t tried;       /* monotonic second: end of the last; 0: none */
	struct told away;    /* the store */
};

/* What is the same for every query to a service of the configuration. */
struct core_service {
	struct vault *vault; /* its carrier's */
	uint64_t name;       /* pending_service */
	uint32_t wording;    /* of what is agreed to, hashed; 0: nothing is */
};

struct core {
	struct conf *conf;
	struct regions *regions;
	struct networks *networks;
	struct messages *messages;
	struct vault **vaults;
	size_t nvaults;
	struct core_service *services; /* in the order of conf's */
	struct records *records; /* null until core_records(), and for none */
	struct audit *audit;     /* null until core_audit(), and for none */
	uint64_t edition;        /* of what answers are made from: the same in
				  * every process that has the same */
};

/* Configuration, log, zone, tables, catalogues, keys; not the stores. 0 or
 * -errno. */
int core_open(struct core **cp, const char *conf_path);
void core_close(struct core *c);

/* The same from a file that was changed, beside `old`, which stays as it is:
 * log level and zone too, until core_begin. Stores with the same place and
 * key are both's. */
int core_load(struct core **cp, const char *conf_path, const struct core *old);
void core_begin(struct core *c, const struct core *old);

struct vault *core_vault(
    const struct core *c, const struct conf_carrier *carrier);

/* Of one of the core's own configuration. */
const struct core_service *core_service(
    const struct core *c, const struct conf_service *s);

/* The first carrier that it is of. */
const struct conf_carrier *core_carrier(
    const struct core *c, const struct vault *v);

/* Opens a vault's store unless it is open. 0 or -errno. */
int core_store(struct core *c, struct vault *v, enum store_mode mode);

/* Can a vault's store be used: 0 when it was made with another key or on
 * other terms. One that is away may come back. */
int core_store_fits(const struct core *c, const struct vault *v);

/* Opens, or makes, a vault's small state unless it is open. 0 or -errno. */
int core_state(struct vault *v);

/* Opens the folder of call records, if the configuration names one. 0 or
 * -errno. */
int core_records(struct core *c);

/* Begins the audit of a program, if the configuration names a folder; under
 * the first vault's key. 0 or -errno. */
int core_audit(struct core *c, const char *program);

void core_store_close(struct vault *v);

/* The time before which no service looks: runs that ended earlier are
 * deleted, records from earlier refused. */
int64_t core_horizon(const struct core *c, int64_t now);

#endif
