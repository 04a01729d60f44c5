/* The columns are those of load's usage. */
#include <string.h>

#include "series.h"

#define SECOND 1000000

void
series_begin(struct series *s, FILE *out, int64_t now)
{
	*s = (struct series){.out = out, .begun = now, .next = now + SECOND};
}

void
series_answer(struct series *s, int64_t since_due, int is_in_time, int is_fresh)
{
	s->answers++;
	s->in_time += is_in_time;
	hist_add(&s->latency, since_due);
	if (is_fresh)
		hist_add(&s->fresh, since_due);
}

static void
write_line(const struct series *s, int64_t now, uint32_t made, uint32_t waiting)
{
	fprintf(s->out, "%.0f %u %u %u %u %u %lld %lld %u\n",
	    (now - s->begun) / 1e6, made - s->made, s->delivered, s->refused,
	    s->answers, s->in_time, (long long)hist_quantile(&s->latency, 0.99),
	    (long long)hist_quantile(&s->fresh, 0.99), waiting);
	fflush(s->out);
}

void
series_advance(struct series *s, int64_t now, uint32_t made, uint32_t waiting)
{
	if (s->out == NULL || now < s->next)
		return;
	write_line(s, now, made, waiting);
	s->next += SECOND;
	s->made = made;
	s->delivered = s->refused = s->answers = s->in_time = 0;
	hist_clear(&s->latency);
	hist_clear(&s->fresh);
}
