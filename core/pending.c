/* Pending steps in the small state. */
#include <errno.h>
#include <string.h>

#include "pending.h"

#define STEP_BITS 8 /* of the table's step; above them is the wording */

uint64_t
pending_service(const struct key *k, const char *name)
{
	return key_hash(k, name, strlen(name));
}

uint64_t
pending_key(const struct key *k, uint64_t msisdn, uint64_t service)
{
	const uint64_t both[2] = {msisdn, service};

	return key_hash(k, both, sizeof(both));
}

int
pending_get(struct state *s, uint64_t key, int64_t now, struct pending *p)
{
	sqlite3_stmt *st = state_read(s, PENDING_GET);
	int64_t step;
	int rc;

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, key);
	sqlite3_bind_int64(st, 2, now);
	rc = state_step(s, PENDING_GET);
	if (rc <= 0)
		return rc < 0 ? rc : -ENOENT;
	step = sqlite3_column_int64(st, 0);
	*p = (struct pending){
	    .step = step & ((1 << STEP_BITS) - 1),
	    .wording = step >> STEP_BITS,
	    .language = sqlite3_column_int(st, 1),
	    .until = sqlite3_column_int64(st, 2),
	    .token = sqlite3_column_int64(st, 3),
	};
	state_reset(s, PENDING_GET);
	return 0;
}

int
pending_put(struct state *s, uint64_t key, const struct pending *p)
{
	sqlite3_stmt *st = state_write(s, PENDING_PUT);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, key);
	sqlite3_bind_int64(st, 2, (int64_t)p->wording << STEP_BITS | p->step);
	sqlite3_bind_int(st, 3, p->language);
	sqlite3_bind_int64(st, 4, p->until);
	sqlite3_bind_int64(st, 5, p->token);
	return state_step(s, PENDING_PUT);
}

int
pending_erase(struct state *s, uint64_t key)
{
	sqlite3_stmt *st = state_write(s, PENDING_ERASE);
	int rc;

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, key);
	rc = state_step(s, PENDING_ERASE);
	return rc < 0 ? rc : state_changed(s);
}

int
pending_expire(struct state *s, int64_t now)
{
	sqlite3_stmt *st = state_write(s, PENDING_EXPIRE);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, now);
	return state_step(s, PENDING_EXPIRE);
}
