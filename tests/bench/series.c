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
series_answer(struct series *s, const struct people_news *news, int64_t now,
    int is_in_time)
{
	int is_of_now = now - news->since_due >= s->next - SECOND;

	s->answers++;
	s->in_time += is_in_time;
	s->prompt[is_of_now] += news->is_first && news->since_due <= SECOND;
	hist_add(&s->latency, news->since_due);
	hist_add(&s->admitted, news->since_delivered);
}

static void
write_line(const struct series *s, int64_t now, const struct texts *t)
{
	uint32_t again = texts_again(t) - s->again;

	fprintf(s->out, "%.0f %u %u %u %u %u %u %lld %lld %lld %u %u\n",
	    (now - s->begun) / 1e6, texts_made(t) - s->made - again, again,
	    s->delivered, s->refused, s->answers, s->in_time,
	    (long long)hist_quantile(&s->latency, 0.5),
	    (long long)hist_quantile(&s->latency, 0.99),
	    (long long)hist_quantile(&s->admitted, 0.99), texts_waiting(t),
	    s->prompt[0]);
	fflush(s->out);
}

void
series_advance(struct series *s, int64_t now, const struct texts *t)
{
	if (s->out == NULL || now < s->next)
		return;
	write_line(s, now, t);
	s->next += SECOND;
	s->made = texts_made(t);
	s->again = texts_again(t);
	s->delivered = s->refused = s->answers = s->in_time = 0;
	s->prompt[0] = s->prompt[1];
	s->prompt[1] = 0;
	hist_clear(&s->latency);
	hist_clear(&s->admitted);
}
