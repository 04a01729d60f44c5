/* Verification in the large: answers of a day, checked after restarts and
 * after records that came late; then forged codes. At full size, under LONG,
 * ten thousand and a million.
 *
 * Of a late answer it is known beforehand whether it must be recognised: sets
 * are tried by how many places they lack, so it must when no more than
 * VERIFY_SETS lack as many or fewer, and cannot when as many lack fewer. In
 * between it is a matter of order. */
#include "core/verify.c"

#include "verify_fixture.h"

#define ANSWERS_MAX 10000
#define LAST (NOW + 20 * HOUR)  /* of the answers */
#define CHECK (NOW + 22 * HOUR) /* none of them is a day old */

static const char *const services[] = {"city", "parts", "yesterday"};
#define SERVICES 3

static struct asked {
	char number[DIGITS_MAX + 1], imsi[DIGITS_MAX + 1];
	char code[CODE_DIGITS + 1];
	int service;
	int64_t at;
	unsigned late; /* places that came after it */
	size_t n;
	uint64_t places; /* their sum, hashed one by one */
} asked[ANSWERS_MAX];
static size_t answers, forgeries;

static uint64_t
below(uint64_t n)
{
	return pseudo_random() % n;
}

/* A place at some time of the longest window, but for its last day. */
static void
be_somewhere(const struct asked *p)
{
	seen(p->imsi, &places[below(WHERES)],
	    NOW - 25 * DAY + below(24 * DAY - 6 * HOUR));
}

static void
live(void)
{
	write_begin();
	for (size_t i = 0; i < answers; i++) {
		struct asked *p = &asked[i];

		snprintf(p->number, sizeof(p->number), "86139%08u",
		    (unsigned)i % 100000000u);
		snprintf(p->imsi, sizeof(p->imsi), "4600100%08u",
		    (unsigned)i % 100000000u);
		row(p->number, p->imsi, "h", LONG_AGO);
		for (uint64_t n = below(7); n > 0; n--)
			be_somewhere(p);
	}
	write_end();
}

/* A number that is the same for the same places in any order. */
static uint64_t
fold(const struct answer *a)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < a->nplaces; i++) {
		uint64_t v[2] = {a->places[i].part, a->places[i].region};

		sum += key_hash(vault()->key, v, sizeof(v));
	}
	return sum;
}

static void
ask_all(void)
{
	for (size_t i = 0; i < answers; i++) {
		struct asked *p = &asked[i];
		struct answer a;

		p->service = below(SERVICES);
		p->at = NOW + i * (LAST - NOW) / answers + below(60);
		ask(services[p->service], p->number, p->at, &a);
		strcpy(p->code, a.code);
		p->n = a.nplaces;
		p->places = fold(&a);
	}
}

static void
restart(void)
{
	close_core();
	open_core();
}

/* Half of them see nothing late, some a lot. */
static void
come_late(void)
{
	static const unsigned late[] = {0, 0, 0, 0, 0, 1, 1, 2, 3, 6};

	when_set(CHECK, 0);
	write_begin();
	for (size_t i = 0; i < answers; i++) {
		asked[i].late = late[below(10)];
		for (unsigned n = asked[i].late; n > 0; n--)
			be_somewhere(&asked[i]);
	}
	write_end();
}

static double
ways(size_t n, size_t k)
{
	double c = 1;

	if (k > n)
		return 0;
	for (size_t i = 0; i < k; i++)
		c = c * (n - i) / (i + 1);
	return c;
}

/* How many sets lack fewer places than the one that was told; *as_many: how
 * many lack as many. */
static double
sets_before(const struct asked *p, double *as_many)
{
	size_t n[SERVICES], missing;
	double fewer = 0;

	when_set(p->at - p->at % 60 + 59, 0);
	for (int i = 0; i < SERVICES; i++) {
		struct answer a;

		must(query_lookup(query, conf_service(core->conf, services[i]),
		    p->number, &a));
		n[i] = a.nplaces;
	}
	query_end(query);
	missing = n[p->service] - p->n;
	*as_many = 0;
	for (int i = 0; i < SERVICES; i++) {
		for (size_t k = 0; k < missing; k++)
			fewer += ways(n[i], k);
		*as_many += ways(n[i], missing);
	}
	return fewer;
}

static void
check_all(void)
{
	size_t genuine = 0, beyond = 0, lost = 0, changed = 0, impossible = 0;
	size_t late = 0;

	for (size_t i = 0; i < answers; i++) {
		const struct asked *p = &asked[i];
		struct answer a = {0};
		double as_many, fewer = sets_before(p, &as_many);

		late += p->late > 0;
		when_set(CHECK, 0);
		query_verify(query, &core->conf->carriers[0], NULL, p->number,
		    p->code, &a);
		query_end(query);
		if (a.verdict != VERDICT_GENUINE) {
			beyond++;
			lost += fewer + as_many <= VERIFY_SETS;
			continue;
		}
		genuine++;
		impossible += fewer >= VERIFY_SETS;
		changed += a.nplaces != p->n || fold(&a) != p->places ||
		    a.issued != p->at - p->at % 60;
	}
	printf("# %zu answers, to %zu of which places came late: %zu are "
	       "genuine, %zu lie beyond the %d sets\n",
	    answers, late, genuine, beyond, VERIFY_SETS);
	ok_int(lost, 0, "all within the sets are recognised");
	ok_int(impossible, 0, "none beyond them");
	ok_int(changed, 0, "with the very places and minute that were told");
	ok(beyond > 0 && genuine > answers / 2, "there are both");
}

/* How often `accepted` would be reached or passed by chance. */
static double
tail(double expected, unsigned accepted)
{
	double p = 1, term = 1, e = 1;

	for (int i = 1; i < 30; i++) /* exp(expected) */
		e += term *= expected / i;
	term = 1;
	for (unsigned i = 0; i < accepted; i++) {
		p -= term / e;
		term *= expected / (i + 1);
	}
	return p;
}

static void
forge(void)
{
	const struct conf_carrier *carrier = &core->conf->carriers[0];
	uint64_t limit = (uint64_t)CODE_MINUTES * CODE_MACS, all = 0;
	struct history h = {0};
	unsigned sets, most = 0, accepted = 0;

	must(core_store(core, vault(), STORE_READ));
	must(store_begin(vault()->store));
	for (size_t i = 0; i < forgeries; i++) {
		const struct asked *p = &asked[below(answers)];
		char guess[CODE_DIGITS + 1];
		struct answer a = {0};

		code_format(below(limit), guess);
		must(verify(&h, core, carrier,
		    key_msisdn(vault()->key, p->number), guess, CHECK, &a,
		    &sets));
		accepted += a.verdict != VERDICT_WRONG_CODE;
		most = sets > most ? sets : most;
		all += sets;
	}
	store_end(vault()->store);
	history_free(&h);
	printf("# %zu forged codes: %.1f sets tried for each, %u at the most; "
	       "chance of one %.2e, at the most %.2e; expected %.4f, "
	       "accepted %u\n",
	    forgeries, (double)all / forgeries, most,
	    (double)all / forgeries / CODE_MACS, (double)most / CODE_MACS,
	    (double)all / CODE_MACS, accepted);
	ok(most <= VERIFY_SETS && (double)most / CODE_MACS < 1e-7,
	    "less than one in ten million for any of them");
	ok(tail((double)all / CODE_MACS, accepted) > 1e-6,
	    "not more are accepted than by chance");
}

int
main(void)
{
	int is_long = getenv("LONG") != NULL;

	answers = is_long ? ANSWERS_MAX : 1000;
	forgeries = is_long ? 1000000 : 20000;
	begin();
	put_cells();
	when_set(NOW, 0);
	live();
	restart();
	ask_all();
	restart();
	come_late();
	restart();
	check_all();
	forge();
	close_core();
	return test_done();
}
