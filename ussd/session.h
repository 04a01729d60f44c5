/* The USSD dialogues of one HLR: PROC_SS in, what is said (call.h), PROC_SS
 * out. */
#ifndef SESSION_H
#define SESSION_H

#include <event2/event.h>

#include "call.h"
#include "core.h"
#include "turns.h"

struct sessions;

/* Begins to serve an hlr section, in turns. All that is passed must outlive
 * it. 0 or -errno. */
int sessions_new(struct sessions **sp, struct event_base *base,
    struct turns *turns, struct core *core, struct query *query,
    const struct conf_hlr *conf);

const struct conf_hlr *sessions_conf(const struct sessions *s);

/* Another core from now on, and a section of the same name and carrier there
 * with the same connection, whose carrier has the same vault. The link stays
 * up, dialogues go on. */
void sessions_reload(
    struct sessions *s, struct core *core, const struct conf_hlr *conf);

/* Are other carriers served beside its own (link_share)? */
void sessions_share(struct sessions *s, int shares);

/* Ends it: what was read is answered, what is open is left to whoever is
 * attached next, or goes by SMS. */
void sessions_free(struct sessions *s);

/* Tells how it stands, but for how it keeps up. */
void sessions_collect(const struct sessions *s, struct metrics *m);

struct sessions_load {
	enum shed level;       /* what is left undone */
	unsigned long changes; /* of the level */
	int64_t delay;         /* ms that what waits has been there */
	int is_open;           /* the breaker */
	unsigned long opened;  /* how often that was */
};

struct sessions_load sessions_load(const struct sessions *s);

#endif
