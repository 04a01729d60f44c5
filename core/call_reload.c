/* Dialogues, from one configuration to the next. */
#include <string.h>

#include "call_say.h"

/* The service of a dialogue there; null when its code is no more that
 * service's. */
static const struct conf_service *
service_in(const struct core *core, const struct conf_carrier *carrier,
    const struct call *k, const char **code)
{
	const struct conf_service *s =
	    conf_service_dialled(core->conf, carrier, k->code, code);
	int is_same = s != NULL && k->service != NULL &&
	    strcmp(s->name, k->service->name) == 0;

	return is_same ? s : NULL;
}

static void
reload(struct calls *c, struct call_list *list, const struct core *core,
    const struct conf_carrier *carrier, int64_t now)
{
	const struct conf_service *s;
	struct call *k, *next;
	const char *code;

	for (k = TAILQ_FIRST(list); k != NULL; k = next) {
		next = TAILQ_NEXT(k, entry);
		s = service_in(core, carrier, k, &code);
		if (s == NULL && k->stage != ENDED) {
			k->late = 1;
			call_end(c, k, MSG_DIAL_AGAIN, CALL_LOST, now);
			continue;
		}
		k->service = s;
		k->code = s != NULL ? code : "";
	}
}

void
calls_reload(struct calls *c, struct core *core,
    const struct conf_carrier *carrier, unsigned seconds, int64_t now)
{
	reload(c, &c->table.open, core, carrier, now);
	reload(c, &c->table.promised, core, carrier, now);
	reload(
	    c, &c->table.last, core, carrier, now); /* those just ended too */
	c->core = core;
	c->conf.carrier = carrier;
	c->conf.seconds = seconds;
}
