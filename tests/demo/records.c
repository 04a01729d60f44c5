/* From where a phone was to what the network logged of it, and to the file of
 * a day.
 *
 * A phone that is on reports every `period` seconds, on a grid of its own, so
 * that neighbouring records of one place stay well under three hours apart
 * whichever day is asked for.  Now and then there is a call, or, where another
 * region is near, a short change to its cell and back.  Mediation delivers
 * nearly in the order of time: most records within a minute, some within a
 * quarter of an hour, a few within two hours.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "journeys.h"

#define JITTER 150
#define LATEST (2 * HOUR)
#define ROW_MAX 96

void
visits_add(struct visits *v, int32_t from, int32_t to, int where, int how)
{
	if (from >= to && !(how & PASSING))
		return;
	if (v->n == MAX_VISITS)
		errx(1, "more than %d visits a day", MAX_VISITS);
	v->v[v->n++] = (struct visit){from, to, where, how};
}

static uint32_t
delay(uint64_t h)
{
	uint32_t kind = (uint32_t)h % 200, x = (uint32_t)(h >> 32);

	if (kind < 180)
		return x % 60;
	return kind < 199 ? x % (15 * 60) : x % LATEST;
}

/* One card's visit on its day. */
struct log {
	struct day *day;
	const struct phone *phone;
	uint32_t card;
	int32_t from, until;
	const struct visit *visit;
};

static uint32_t
place_at(const struct log *l, int where, uint64_t h)
{
	const struct phone *p = l->phone;
	const struct country *k;
	int site = (int)(h >> 48);

	if (where < 0) {
		k = &l->day->g->countries[-1 - where];
		return (uint32_t)(k->place + (int)(h >> 40) % k->nplaces);
	}
	/* one time in eight a neighbouring cell has the better signal */
	if (h >> 40 & 7 && where == p->home && l->visit->how & AT_HOME)
		site = p->home_site;
	else if (h >> 40 & 7 && where == p->work && l->visit->how & AT_WORK)
		site = p->work_site;
	return (uint32_t)cell_at(l->day->g, where, site, p->device, h);
}

static void
log_at(const struct log *l, int32_t time, int where)
{
	struct day *d = l->day;
	uint64_t h = mix(l->phone->key + mix((uint64_t)time));

	if (time < d->start || time >= d->end || time < l->from ||
	    time >= l->until)
		return;
	if (d->n == d->size) {
		d->size = d->size == 0 ? 1 << 16 : 2 * d->size;
		d->records =
		    must_alloc(d->records, d->size, sizeof(*d->records));
	}
	d->records[d->n++] = (struct record){.time = time,
	    .due = (uint32_t)(time - d->start) + delay(mix(h)),
	    .card = l->card,
	    .place = place_at(l, where, h)};
}

/* What may follow a periodic update before the next one. */
static void
log_more(const struct log *l, int32_t time)
{
	const struct phone *p = l->phone;
	const struct visit *v = l->visit;
	struct rng r = rng_at(p->key, (uint64_t)time ^ 0x6d6f7265);
	int chance = rng_between(&r, 0, 999), border;

	border = l->day->g->towns[v->where].border;
	if (border >= 0 && chance < 25 && time + 2400 < v->to) {
		time += rng_between(&r, 600, 1500);
		log_at(l, time, border);
		log_at(l, time + rng_between(&r, 400, 900), v->where);
	} else if (chance >= 920) {
		time += rng_between(&r, 300, p->period - 600);
		if (time < v->to)
			log_at(l, time, v->where);
	}
}

static void
log_visit(const struct log *l)
{
	const struct phone *p = l->phone;
	const struct visit *v = l->visit;
	int32_t low = v->from, high = v->to, time, k;
	int phase = (int)(mix(p->key) % (uint64_t)p->period);

	if (v->how & (AT_START | PASSING))
		log_at(l, v->from, v->where);
	if (low < l->day->start)
		low = l->day->start;
	if (high > l->day->end)
		high = l->day->end;
	for (k = (low - phase - JITTER) / p->period - 1;; k++) {
		time = phase + k * p->period;
		if (time - JITTER >= high)
			break;
		time += (int32_t)(mix(p->key + (uint64_t)k) % (2 * JITTER)) -
		    JITTER;
		if (time < low || time >= high)
			continue;
		if (v->where >= 0) {
			log_at(l, time, v->where);
			if (!p->steady)
				log_more(l, time);
		} else if (k % 3 == 0) {
			log_at(l, time, v->where);
		}
	}
	if (v->how & AT_END)
		log_at(l, v->to, v->where);
}

void
day_visits(struct day *d, const struct phone *p, uint32_t card, int32_t from,
    int32_t until, const struct visits *v)
{
	struct log l = {d, p, card, from, until, NULL};
	int i;

	for (i = 0; i < v->n; i++) {
		l.visit = &v->v[i];
		log_visit(&l);
	}
}

/* Cards of the few are numbered from 1; of the many, scattered over the rest
 * of 46000 + 10 digits by a multiplier prime to its size. */
uint64_t
card_imsi(uint32_t card)
{
	if (card >= PEOPLE_CARDS)
		return 460000000000001 + (card - PEOPLE_CARDS);
	return 460000001000000 +
	    (uint64_t)card * 2654435761 % (10000000000 - 1000000);
}

/* By counting, since the keys are the seconds of a day: equal ones stay in the
 * order of subscribers. */
static struct record *
in_order(const struct day *d)
{
	size_t *at = must_alloc(NULL, DAY + LATEST + 1, sizeof(*at)), i;
	struct record *sorted =
	    must_alloc(NULL, d->n == 0 ? 1 : d->n, sizeof(*sorted));

	memset(at, 0, (DAY + LATEST + 1) * sizeof(*at));
	for (i = 0; i < d->n; i++)
		at[d->records[i].due + 1]++;
	for (i = 1; i <= DAY + LATEST; i++)
		at[i] += at[i - 1];
	for (i = 0; i < d->n; i++)
		sorted[at[d->records[i].due]++] = d->records[i];
	free(at);
	return sorted;
}

static char *
put_number(char *out, uint64_t n)
{
	char digits[20];
	int i = 0;

	do {
		digits[i++] = (char)('0' + n % 10);
		n /= 10;
	} while (n != 0);
	while (i > 0)
		*out++ = digits[--i];
	return out;
}

static char *
put_row(char *out, const struct day *d, const struct record *r, int64_t epoch)
{
	const struct place *p = &d->g->places[r->place];

	out = put_number(out, (uint64_t)(epoch + r->time));
	*out++ = ',';
	out = put_number(out, card_imsi(r->card));
	*out++ = ',';
	memcpy(out, p->text, p->length);
	out += p->length;
	*out++ = '\n';
	return out;
}

static void
write_gz(gzFile f, const char *path, const char *data, size_t n)
{
	int error;

	if (n != 0 && gzwrite(f, data, (unsigned)n) != (int)n)
		errx(1, "%s: %s", path, gzerror(f, &error));
}

void
day_write(struct day *d, int64_t epoch, const char *path)
{
	static const char header[] = "time,imsi,place,area\n";
	struct record *sorted = in_order(d);
	char rows[1 << 16], *out = rows, part[4096];
	size_t i;
	gzFile f;

	/* A name of its own until it is whole, for who watches the place. */
	if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part))
		errx(1, "%s: too long a name", path);
	if ((f = gzopen(part, "wb1")) == NULL)
		err(1, "%s", part);
	gzbuffer(f, 1 << 17);
	write_gz(f, part, header, sizeof(header) - 1);
	for (i = 0; i < d->n; i++) {
		out = put_row(out, d, &sorted[i], epoch);
		if (out > rows + sizeof(rows) - ROW_MAX) {
			write_gz(f, part, rows, (size_t)(out - rows));
			out = rows;
		}
	}
	write_gz(f, part, rows, (size_t)(out - rows));
	if (gzclose(f) != Z_OK)
		err(1, "%s", part);
	if (rename(part, path) != 0)
		err(1, "%s", path);
	free(sorted);
}
