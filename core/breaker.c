#include "breaker.h"

void
breaker_took(struct breaker *b, int64_t took, int64_t now)
{
	int64_t rest = took < BREAKER_MAX ? took * BREAKER_REST : BREAKER_MAX;

	if (took < BREAKER_SLOW)
		return;
	b->until = now + (rest < BREAKER_MAX ? rest : BREAKER_MAX);
	b->opened++;
}

int
breaker_is_open(const struct breaker *b, int64_t now)
{
	return now < b->until;
}

int
breaker_acts(const struct breaker *b, int64_t now)
{
	return b->until != 0 && now < b->until + BREAKER_MAX;
}
