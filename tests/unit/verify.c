/* What is said of a code: a day long, over local midnight, after late records,
 * corrections and deletions, and to those who guess. Real answers from a real
 * store; a table of what happened between an answer and its check. */
#include "core/verify.c"

#include "deletion.h"
#include "verify_fixture.h"

#define MIDNIGHT (NOW + 16 * HOUR)

/* People: a number and an IMSI that end alike. */

static char number[DIGITS_MAX + 1], imsi[DIGITS_MAX + 1];

/* Somebody new, who has been nowhere. */
static void
person(void)
{
	static unsigned people;

	people++;
	snprintf(number, sizeof(number), "86138%08u", people % 100000000u);
	snprintf(imsi, sizeof(imsi), "4600000%08u", people % 100000000u);
	write_begin();
	row(number, imsi, "h", LONG_AGO);
	write_end();
}

static void
was_in(const char *region, int64_t first)
{
	size_t i = 0;

	while (strcmp(places[i].region, region) != 0)
		i++;
	write_begin();
	seen(imsi, &places[i], first);
	write_end();
}

/* Asking, checking. */

static char code[CODE_DIGITS + 1];

static void
asks(const char *service, int64_t at)
{
	struct answer a;

	ask(service, number, at, &a);
	strcpy(code, a.code);
}

/* "genuine 11-22 08:00 110000 JP/130000" and the like; the bar is between the
 * parts of a window. */
static const char *
said(const struct answer *a)
{
	static char out[512];
	size_t n;
	char region[7];
	struct tm tm;
	int part = 0;

	n = snprintf(out, sizeof(out), "%s", verdict_name(a->verdict));
	if (a->verdict != VERDICT_GENUINE && a->verdict != VERDICT_CORRECTED)
		return out;
	when_local(a->issued, &tm);
	n += strftime(out + n, sizeof(out) - n, " %m-%d %H:%M", &tm);
	for (size_t i = 0; i < a->nplaces; i++) {
		n += snprintf(out + n, sizeof(out) - n, "%s%s",
		    a->places[i].part != part ? "/" : " ",
		    region_code(a->places[i].region, region));
		part = a->places[i].part;
	}
	return out;
}

/* What an operator is told of a code now. */
static void
is(int64_t at, const char *want, const char *what)
{
	struct answer a = {0};

	when_set(at, 0);
	query_verify(query, &core->conf->carriers[0], NULL, number, code, &a);
	query_end(query);
	ok_str(said(&a), want, "%s", what);
}

static void
a_day(void)
{
	person();
	was_in("110000", NOW - 2 * DAY);
	was_in("JP", NOW - 3 * DAY);
	asks("city", NOW + 42);
	is(NOW + 42, "genuine 11-22 08:00 110000 JP", "at once");
	is(NOW, "genuine 11-22 08:00 110000 JP", "from its minute on");
	is(NOW + DAY - 1, "genuine 11-22 08:00 110000 JP", "for a day");
	is(NOW + DAY, "wrong-code", "and no longer");
	is(NOW - 60, "wrong-code", "nor before");
	asks("yesterday", NOW);
	is(NOW + HOUR, "genuine 11-22 08:00 110000 JP", "another service's");
	asks("parts", NOW);
	is(NOW + HOUR, "genuine 11-22 08:00 110000 JP", "with one part");
	was_in("131000", NOW - 20 * DAY);
	was_in("110000", NOW - 25 * DAY);
	asks("parts", NOW + 60);
	is(NOW + HOUR, "genuine 11-22 08:01 110000 JP/130000 110000",
	    "with both");
	person();
	asks("city", NOW);
	is(NOW + HOUR, "genuine 11-22 08:00", "one that told of nothing");
}

static void
not_theirs(void)
{
	char anna[DIGITS_MAX + 1];

	person();
	strcpy(anna, number);
	was_in("110000", NOW - 2 * DAY);
	asks("city", NOW);
	person();
	was_in("110000", NOW - 2 * DAY);
	is(NOW, "wrong-code", "another number's");
	strcpy(number, anna);
	is(NOW, "genuine 11-22 08:00 110000", "its own");
	code[11] = code[11] == '9' ? '0' : code[11] + 1;
	is(NOW, "wrong-code", "another digit");
	strcpy(code, "12345");
	is(NOW, "wrong-code", "too few");
	strcpy(code, "");
	is(NOW, "wrong-code", "none");
	asks("other", NOW);
	is(NOW, "wrong-code", "another carrier's");
	asks("city", NOW);
	strcpy(number, "8613999999999");
	is(NOW, "wrong-code", "a number that nobody has");
	strcpy(number, "110");
	is(NOW, "wrong-code", "what is no number");
	strcpy(number, anna + 2);
	is(NOW, "genuine 11-22 08:00 110000", "a number in its national form");
}

/* The window of the answer, not of the check; what is too old for today's
 * answers is still there. */
static void
over_midnight(void)
{
	int64_t lo = MIDNIGHT - 31 * DAY; /* of a window of 30 days */

	person();
	was_in("JP", lo + 10);
	was_in("110000", lo - 2 * HOUR);
	when_set(MIDNIGHT - 120, 0);
	asks("parts", MIDNIGHT - 120);
	is(MIDNIGHT - 1, "genuine 11-22 23:58/JP", "before midnight");
	is(MIDNIGHT + 1, "genuine 11-22 23:58/JP", "after it");
	when_set(MIDNIGHT + DAY - 180, 0);
	was_in(
	    "TH", MIDNIGHT + HOUR); /* what was too old is deleted with that */
	is(MIDNIGHT + DAY - 121, "genuine 11-22 23:58/JP",
	    "a day later, after an import");
	asks("yesterday", MIDNIGHT + DAY - 60);
	is(MIDNIGHT + DAY + HOUR, "genuine 11-23 23:59",
	    "horizon yesterday ends where it did then");
	asks("city", MIDNIGHT);
	is(MIDNIGHT + 30, "genuine 11-23 00:00", "in the first minute");
	is(MIDNIGHT + DAY - 1, "genuine 11-23 00:00", "until it comes again");
}

static void
late_records(void)
{
	static const char *const more[] = {
	    "FR", "GB", "IT", "ES", "KR", "TH", "130200", "131000"};

	person();
	was_in("110000", NOW - 2 * DAY);
	was_in("JP", NOW - 3 * DAY);
	asks("city", NOW);
	was_in("DE", NOW - DAY);
	is(NOW + 60, "genuine 11-22 08:00 110000 JP", "one place came late");
	was_in("110000", NOW - 5 * DAY);
	is(NOW + 60, "genuine 11-22 08:00 110000 JP", "one that was told");
	was_in("FR", NOW - 10 * HOUR);
	is(NOW + 60, "genuine 11-22 08:00 110000 JP", "two came late");
	for (size_t i = 0; i < sizeof(more) / sizeof(*more); i++)
		was_in(more[i], NOW - 4 * DAY);
	is(NOW + 60, "wrong-code", "nine are too many to try");
	asks("city", NOW + 60);
	is(NOW + 60,
	    "genuine 11-22 08:01 110000 130200 131000 FR DE JP ES GB IT KR TH",
	    "a new one tells of all");
	person();
	asks("yesterday", NOW);
	was_in("JP", NOW - HOUR);
	is(NOW + 60, "genuine 11-22 08:00",
	    "what one service tells of and another does not");
	/* in the answer's own minute */
	person();
	asks("city", NOW + 5);
	was_in("JP", NOW + 5);
	is(NOW + 60, "genuine 11-22 08:00", "seen later in the minute");
	asks("city", NOW + 6);
	is(NOW + 60, "genuine 11-22 08:00 JP", "then asked");
}

static void
correct(enum correct_act act, uint32_t region, int64_t from, int64_t made)
{
	const struct correction c = {
	    .act = act,
	    .region = region,
	    .from = from,
	    .to = from + 6 * HOUR,
	    .made = made,
	};

	must(correct_put(vault()->state, key_msisdn(vault()->key, number), &c,
	    "op", "test"));
	must(state_commit(vault()->state));
}

static void
corrections(void)
{
	person();
	was_in("110000", NOW - 2 * DAY);
	correct(CORRECT_ADD, 130200, NOW - 3 * DAY, NOW - HOUR);
	asks("city", NOW);
	is(NOW + 60, "genuine 11-22 08:00 110000 130200", "corrected before");
	correct(CORRECT_REMOVE, 110000, NOW - 2 * DAY, NOW + 120);
	is(NOW + 180, "corrected-since 11-22 08:00", "and after it");
	asks("city", NOW + 180);
	is(NOW + 240, "genuine 11-22 08:03 130200", "asked again");
	correct(CORRECT_ADD, 110000, NOW - 2 * DAY, NOW + 210);
	is(NOW + 240, "corrected-since 11-22 08:03",
	    "corrected later in the minute");
	asks("city", NOW + 215);
	is(NOW + 240, "genuine 11-22 08:03 110000 130200",
	    "asked after that in the minute");
	was_in("JP", NOW - 5 * DAY);
	is(NOW + 240, "genuine 11-22 08:03 110000 130200",
	    "late records besides");
	code[0] ^= 1;
	is(NOW + 240, "wrong-code", "a wrong one is just that");
	person();
	was_in("110000", NOW - 2 * DAY);
	asks("city", NOW);
	correct(CORRECT_REMOVE, 110000, NOW - 2 * DAY, NOW);
	is(NOW + 60, "corrected-since 11-22 08:00",
	    "corrected in the minute's first second");
}

static void
delete_person(int64_t at)
{
	struct subscriber rows[STORE_ROWS];
	size_t n;

	must(core_store(core, vault(), STORE_READ));
	must(store_begin(vault()->store));
	must(store_subscribers(
	    vault()->store, key_msisdn(vault()->key, number), rows, &n));
	store_end(vault()->store);
	must(deletion_make(
	    vault()->state, rows[0].msisdn, rows, n, rows[0].person, at));
	must(state_commit(vault()->state));
}

static void
deletions(void)
{
	char early[CODE_DIGITS + 1];

	person();
	was_in("110000", NOW - 2 * DAY);
	asks("city", NOW);
	delete_person(NOW + 90);
	is(NOW + 120, "no-longer-held", "deleted since");
	strcpy(early, code);
	code[11] = code[11] == '9' ? '0' : code[11] + 1;
	is(NOW + 120, "no-longer-held", "of then nothing can be told apart");
	asks("city", NOW + 60 + 35);
	is(NOW + 120, "genuine 11-22 08:01", "asked after it in the minute");
	asks("city", NOW + 120);
	is(NOW + 120, "genuine 11-22 08:02", "in another minute");
	code[11] = code[11] == '9' ? '0' : code[11] + 1;
	is(NOW + 120, "wrong-code", "a wrong one of after it");
	strcpy(code, early);
	is(NOW + DAY, "wrong-code", "a day old");
	person();
	was_in("110000", NOW - 2 * DAY);
	asks("city", NOW + 10);
	delete_person(NOW + 20);
	is(NOW + 30, "no-longer-held", "deleted later in the minute");
	person();
	asks("city", NOW);
	delete_person(NOW + 90);
	is(NOW + 120, "no-longer-held", "nor that there was nothing");
	correct(CORRECT_ADD, 110000, NOW - 2 * DAY, NOW + 100);
	is(NOW + 120, "no-longer-held", "whatever is corrected");
}

/* The number goes to somebody else between an answer and its check. */
static void
another_holder(void)
{
	person();
	was_in("110000", NOW - 2 * DAY);
	asks("city", NOW);
	write_begin();
	row(number, "460001234567890", "new", NOW + 10 * 60);
	write_end();
	is(NOW + HOUR, "genuine 11-22 08:00 110000", "who had it then");
	asks("city", NOW + HOUR);
	is(NOW + HOUR, "genuine 11-22 09:00", "who has it now");
}

/* A thousand sets could be; 64 are tried. */
static void
bound(void)
{
	static const char *const some[] = {"JP", "TH", "DE", "FR", "GB", "IT",
	    "ES", "KR", "110000", "130200", "131000"};
	uint64_t who;
	struct history h = {0};
	struct answer a = {0};
	unsigned sets;

	person();
	who = key_msisdn(vault()->key, number);
	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++)
		was_in(some[i], NOW - (1 + i) * DAY);
	must(core_store(core, vault(), STORE_READ));
	must(store_begin(vault()->store));
	must(verify(&h, core, &core->conf->carriers[0], who, "000000000001",
	    NOW, &a, &sets));
	ok_int(a.verdict, VERDICT_WRONG_CODE, "a guess");
	ok_int(sets, VERIFY_SETS, "64 sets are tried and no more");
	ok(VERIFY_SETS < CODE_MACS / 1e7,
	    "so a guess is right less than once in ten million");
	must(verify(&h, core, &core->conf->carriers[1], who, "000000000001",
	    NOW, &a, &sets));
	ok_int(sets, VERIFY_SETS, "for one service as for three");
	must(verify(&h, core, &core->conf->carriers[0], who + 1, "000000000001",
	    NOW, &a, &sets));
	ok_int(sets, 0, "none for a number that nobody has");
	store_end(vault()->store);
	history_free(&h);
}

static enum verdict
sends(const char *asker, const char *about, const char *what, int64_t at)
{
	struct answer a = {0};
	enum verdict v;

	when_set(at, 0);
	v = query_verify(
	    query, &core->conf->carriers[0], asker, about, what, &a);
	query_end(query);
	return v;
}

static void
guesses(void)
{
	char anna[DIGITS_MAX + 1], bo[DIGITS_MAX + 1], right[sizeof(code)];
	int wrong = 1, fine = 1, gone = 1;

	person();
	strcpy(bo, number);
	person();
	strcpy(anna, number);
	asks("city", NOW);
	strcpy(right, code);
	for (int i = 0; i < 20; i++)
		fine &= sends(bo, anna, right, NOW + 60) == VERDICT_GENUINE;
	ok(fine, "right ones may be sent as often as one likes");
	for (int i = 0; i < 10; i++)
		wrong &= sends(bo, i % 2 ? anna : "8613777777777", "1",
			     NOW + 60 + i) == VERDICT_WRONG_CODE;
	ok(wrong, "ten wrong ones");
	ok_int(sends(bo, anna, right, NOW + 120), VERDICT_LOCKED,
	    "then none is looked at");
	ok_int(sends(anna, anna, right, NOW + 120), VERDICT_GENUINE,
	    "of another's they are");
	for (int i = 0; i < 5; i++)
		sends(anna, anna, "2", NOW + 120);
	ok_int(sends("8613666666666", anna, right, NOW + 180), VERDICT_LOCKED,
	    "ten about one number, whoever sent them");
	ok_int(sends("8613666666666", bo, "2", NOW + 180), VERDICT_WRONG_CODE,
	    "about others they are looked at");
	ok_int(sends(NULL, anna, right, NOW + 180), VERDICT_GENUINE,
	    "an operator may always");
	ok_int(sends(bo, anna, right, NOW + HOUR + 600), VERDICT_GENUINE,
	    "an hour later it is forgotten");
	for (int i = 0; i < 10; i++)
		sends(bo, "12", "1", NOW + 2 * HOUR);
	ok_int(sends(bo, anna, right, NOW + 2 * HOUR), VERDICT_LOCKED,
	    "those about no number at all count too");
	person();
	asks("city", NOW + 4 * HOUR);
	delete_person(NOW + 4 * HOUR + 60);
	for (int i = 0; i < 10; i++)
		gone &= sends(bo, number, code, NOW + 4 * HOUR + 120) ==
		    VERDICT_GONE;
	ok(gone, "of what was deleted a code cannot be told from a guess");
	ok_int(sends(bo, anna, right, NOW + 4 * HOUR + 120), VERDICT_LOCKED,
	    "so it counts as one");
	strcpy(number, anna);
	strcpy(code, right);
}

static void
away(void)
{
	person();
	asks("city", NOW);
	close_store();
	if (rename("store/stays.db", "away") < 0)
		abort();
	is(NOW, "system-busy", "while the store is away");
	if (rename("away", "store/stays.db") < 0)
		abort();
}

int
main(void)
{
	begin();
	put_cells();
	when_set(NOW, 0);
	a_day();
	not_theirs();
	when_set(NOW, 0);
	over_midnight();
	when_set(NOW, 0);
	late_records();
	corrections();
	deletions();
	another_holder();
	when_set(NOW, 0);
	bound();
	guesses();
	close_core();
	open_core();
	is(NOW + 60, "genuine 11-22 08:00", "after a restart");
	away();
	close_core();
	return test_done();
}
