/* Up sooner than down, and each step needs a time of its own, so that what one
 * step saves does not at once undo it. */
#include "log.h"
#include "shed.h"

const char *
shed_name(enum shed level)
{
	static const char *const names[SHED_LEVELS] = {
	    [SHED_NOTHING] = "nothing",
	    [SHED_NOTICES] = "notices",
	    [SHED_VERIFICATIONS] = "verifications",
	    [SHED_LANGUAGE] = "the second language",
	    [SHED_PAGES] = "USSD pages",
	    [SHED_MARKS] = "marks",
	    [SHED_PROMPTS] = "new prompts",
	};

	return names[level];
}

static int64_t
longer(int64_t patience)
{
	return patience < SHED_MOST_MS / 2 ? 2 * patience : SHED_MOST_MS;
}

int
shed_tick(struct shedding *s, int strained, int64_t now)
{
	if (s->strained != strained) {
		s->strained = strained;
		s->since = now;
		return 0;
	}
	if (s->patience == 0 ||
	    (!strained && s->level == SHED_NOTHING &&
		now - s->since > SHED_MOST_MS)) {
		s->patience = SHED_LESS_MS;
		s->relaxed = 0; /* what comes does not show it was too soon */
	}
	if (now - s->since < (strained ? SHED_MORE_MS : s->patience) ||
	    s->level == (strained ? SHED_LEVELS - 1 : SHED_NOTHING))
		return 0;
	if (strained && s->relaxed)
		s->patience = longer(s->patience);
	s->level += strained ? 1 : -1;
	s->relaxed = !strained;
	s->since = now;
	return 1;
}

void
shed_tell(
    const struct shedding *s, int category, const char *kind, const char *name)
{
	log_notice(category, "%s %s overload level=%d %s=\"%s\"", kind, name,
	    s->level, s->relaxed ? "resumes" : "sheds",
	    shed_name(s->level + s->relaxed));
}
