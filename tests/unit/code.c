/* The code of an answer: its digits, what it depends on, how it is read. The
 * codes here were made by tests/answer_code.py, which shares nothing with
 * code.c. */
#include "core/code.c"

#include "fixture.h"
#include "test.h"

#define NOW 1795305600 /* 2026-11-22 00:00 UTC */
#define DAY 86400
#define JAPAN ('J' << 8 | 'P')
#define BIGGEST 999999999359ULL /* 1440 * 694444444 - 1 */

static struct key *key, *other_key;

static void
put_key(const char *name, char fill)
{
	char octets[32];

	memset(octets, fill, sizeof(octets));
	put_octets(name, octets, sizeof(octets));
	chmod(name, 0600);
}

struct place {
	uint32_t part, region;
};

#define PLACES(...) ((const struct place[]){__VA_ARGS__, {0, 0}})

static const char *
code_of(const struct key *k, const char *msisdn, const char *service,
    int64_t time, const struct place *places)
{
	static char digits[CODE_DIGITS + 1];
	struct code c;

	code_begin(&c, k, key_msisdn(k, msisdn),
	    key_hash(k, service, strlen(service)), time);
	for (; places != NULL && places->region != 0; places++)
		code_add(&c, places->part, places->region);
	code_format(code_value(&c, 0), digits);
	return digits;
}

static void
is(const char *msisdn, const char *service, int64_t time,
    const struct place *places, const char *want, const char *what)
{
	ok_str(code_of(key, msisdn, service, time, places), want, "%s", what);
}

static void
vectors(void)
{
	const struct place *beijing = PLACES({0, 110000});
	const char *anna = "8613800138000", *sms = "cmcc-sms";

	is(anna, sms, NOW, NULL, "000151960642", "nothing found");
	is(anna, sms, NOW, beijing, "000618956728", "one place");
	is(anna, sms, NOW, PLACES({0, 110000}, {0, 120000}, {0, JAPAN}),
	    "000559118822", "three places");
	is(anna, sms, NOW, PLACES({0, JAPAN}, {0, 110000}, {0, 120000}),
	    "000559118822", "the same in another order");
	is(anna, sms, NOW, PLACES({1, 110000}), "000247528660",
	    "another part of the window");
	is(anna, "cmcc-ussd", NOW, beijing, "000211293567", "another service");
	is("8613800138001", sms, NOW, beijing, "000234102972",
	    "another number");
	is(anna, sms, NOW + 59, beijing, "000618956728", "the same minute");
	is(anna, sms, NOW + 60, beijing, "001008085542", "the next minute");
	is(anna, sms, NOW + DAY, beijing, "000197608517", "the next day");
	is(anna, sms, NOW + DAY - 1, beijing, "999553873240",
	    "the day's last minute");
	ok(strcmp(code_of(other_key, anna, sms, NOW, beijing),
	       "000618956728") != 0,
	    "another key");
}

/* The sum without a share is that of the set without the place. */
static void
left_out(void)
{
	struct code whole, less;
	uint64_t share;

	code_begin(&whole, key, 1, 2, NOW);
	code_begin(&less, key, 1, 2, NOW);
	code_add(&whole, 0, 110000);
	share = code_add(&whole, 0, JAPAN);
	code_add(&whole, 1, JAPAN);
	code_add(&less, 1, JAPAN);
	code_add(&less, 0, 110000);
	ok(code_value(&whole, share) == code_value(&less, 0),
	    "a place that is left out is not in it");
	ok(code_value(&whole, 0) != code_value(&less, 0), "one that is, is");
}

static void
digits(uint64_t code, const char *want)
{
	char s[CODE_DIGITS + 1];
	uint64_t back = 1;

	code_format(code, s);
	ok_str(s, want, "the digits of %" PRIu64, code);
	ok(code_parse(s, &back) == 0 && back == code, "and back");
}

static void
reads(const char *s, int64_t want, const char *what)
{
	uint64_t code = 0;
	int rc = code_parse(s, &code);

	ok_int(rc < 0 ? rc : (int64_t)code, want, "%s", what);
}

static void
typed(void)
{
	reads("001008085542", 1008085542, "as it is printed");
	reads("0010 0808 5542", 1008085542, "in groups");
	reads("  0010-0808-5542 ", 1008085542, "with hyphens and ends");
	reads("００１００８０８５５４２", 1008085542, "full-width digits");
	reads("0010－0808　5542", 1008085542, "full-width hyphen and space");
	reads("0010\xc2\xa0"
	      "0808–5542",
	    1008085542, "what phones make of them");
	reads("", -EBADMSG, "nothing");
	reads(" - ", -EBADMSG, "no digit");
	reads("00100808554", -EBADMSG, "eleven digits");
	reads("0010080855420", -EBADMSG, "thirteen");
	reads("00100808554200000000000001", -EBADMSG, "many more");
	reads("00100808554O", -EBADMSG, "a letter");
	reads("+01008085542", -EBADMSG, "a sign");
	reads("001008085542.", -EBADMSG, "a stop");
	reads("٠٠١٠٠٨٠٨٥٥٤٢", -EBADMSG, "digits of another script");
	reads("00100808554\xb2", -EBADMSG, "no UTF-8");
	reads("999999999359", BIGGEST, "the biggest there is");
	reads("999999999360", -EBADMSG, "one more stands for no minute");
	reads("999999999999", -EBADMSG, "nor does the last");
}

static void
stands_for(uint64_t minute_of_day, int64_t now, int64_t want, const char *what)
{
	uint64_t first = minute_of_day * CODE_MACS;

	ok_int(code_time(first, now), want, "%s", what);
	ok_int(code_time(first + CODE_MACS - 1, now), want,
	    "whatever the rest of it");
}

static void
minutes(void)
{
	stands_for(0, NOW, NOW, "this minute");
	stands_for(0, NOW + 59, NOW, "in its last second");
	stands_for(1, NOW + 59, NOW + 60 - DAY, "the next is yesterday's");
	stands_for(1, NOW + 60, NOW + 60, "until it comes");
	stands_for(1439, NOW, NOW - 60, "the last, before midnight");
	stands_for(0, NOW + DAY - 1, NOW, "a code of today's first minute");
	stands_for(0, NOW + DAY, NOW + DAY, "is another's a day later");
	stands_for(720, NOW + DAY / 2 - 1, NOW - DAY / 2, "half a day off");
}

int
main(void)
{
	fixture_begin();
	put_key("site.key", 1);
	put_key("other.key", 2);
	if (key_open(&key, "site.key") < 0 ||
	    key_open(&other_key, "other.key") < 0)
		return 1;
	vectors();
	left_out();
	digits(0, "000000000000");
	digits(42, "000000000042");
	digits(BIGGEST, "999999999359");
	typed();
	minutes();
	key_close(key);
	key_close(other_key);
	return test_done();
}
