/* Whose travels an answer tells, after corrections and deletions: real rows,
 * runs and small state; one table a kind of person. Days are counted from the
 * first of the window; A and B are two IMSIs, P and Q two holders. */
#include "core/history.c"

#include "deletion.h"
#include "key.h"
#include "bucket.h"
#include "fixture.h"
#include "region.h"
#include "test.h"

#define HOUR 3600
#define DAY 86400
#define GAP 10800
#define NOW 1795305600 /* 2026-11-22 08:00 in Shanghai */
#define LO (NOW - 8 * HOUR - 14 * DAY)
#define ON(day) (LO + (day)*DAY)
#define BEIJING 110000
#define LANGFANG 131000
#define JAPAN ('J' << 8 | 'P')

enum { A = 1000, B = 2000, NUMBER = 7, OTHER = 8 };
enum { P = 1, Q = 2 };

static struct key *key;
static struct store *store;
static struct state *state;
static struct history history;
static const struct conf_service service = {
    .window_days = 14,
    .min_stay = 4 * HOUR,
    .horizon = HORIZON_NOW,
    .granularity = GRANULARITY_CITY,
};

static void
must(int rc)
{
	if (rc < 0)
		abort();
}

static void
open_store(enum store_mode mode)
{
	struct store_terms terms = {.max_gap = GAP};

	key_fingerprint(key, terms.fingerprint);
	store_close(store);
	store = NULL;
	must(store_open(&store, "sqlite:store", mode, &terms));
}

/* A person who is not there yet, and nobody else. */
static void
empty(void)
{
	store_close(store);
	store = NULL;
	state_close(state);
	state = NULL;
	if (system("rm -rf store") != 0)
		abort();
	must(state_open(&state, "sqlite:store"));
	open_store(STORE_WRITE);
	must(store_begin(store));
	store_end(store);
	must(store_write_begin(store));
}

static void
row(uint64_t msisdn, uint64_t imsi, uint64_t person, int64_t since,
    int64_t until)
{
	struct subscriber r = {
	    .msisdn = msisdn,
	    .imsi = imsi,
	    .since = since,
	    .until = until,
	    .person = person,
	    .language = LANGUAGES,
	};
	char imsi_digits[DIGITS_MAX + 1], msisdn_digits[DIGITS_MAX + 1];

	sprintf(imsi_digits, "46000%u", (unsigned)imsi);
	sprintf(msisdn_digits, "86138%u", (unsigned)msisdn);
	key_seal(key, imsi_digits, msisdn_digits, r.sealed);
	must(store_put_subscriber(store, key, &r));
}

/* What the store holds: A was in Beijing on days 1 to 3, in Japan on day 5,
 * in Langfang on days 10 to 12; B in Langfang on days 6 to 8. */
static void
travels(void)
{
	static const struct stay runs[] = {
	    {A, JAPAN, ON(5), ON(5), 0},
	    {A, BEIJING, ON(1), ON(3), 0},
	    {A, LANGFANG, ON(10), ON(12), 0},
	    {B, LANGFANG, ON(6), ON(8), 0},
	};
	uint8_t blob[512];

	must(store_derive(store));
	must(store_put_bucket(store, 0, blob, bucket_pack(runs, 4, blob)));
	must(store_write_commit(store));
	open_store(STORE_READ);
}

static void
correct_at(uint64_t msisdn, enum correct_act act, uint32_t region, int64_t from,
    int64_t to, int64_t made)
{
	struct correction c = {region, from, to, act, made};

	must(correct_put(state, msisdn, &c, "wang", "-"));
	must(state_commit(state));
}

static void
delete_at(uint64_t msisdn, uint64_t person, int64_t at)
{
	struct subscriber rows[STORE_ROWS];
	size_t n;

	must(store_begin(store));
	must(store_subscribers(store, msisdn, rows, &n));
	store_end(store);
	must(deletion_make(state, msisdn, rows, n, person, at));
	must(state_commit(state));
}

static struct answer answer;

/* "110000 JP", and "!" when it says that it was corrected. */
static const char *
shown_at(uint64_t msisdn, int64_t now)
{
	static char out[128];
	const struct subscriber *who;
	struct subject subject;
	char code[7], *p = out;

	answer = (struct answer){0};
	*p = '\0';
	must(store_begin(store));
	must(history_open(&history, store, msisdn, now, &who));
	must(subject_get(state, msisdn, &subject));
	if (who == NULL)
		return "nobody";
	must(history_amend(&history, state, &subject));
	must(history_judge(&history, store, who, GAP, &service, &answer));
	store_end(store);
	for (size_t i = 0; i < answer.nplaces; i++)
		p += sprintf(p, "%s%s", i ? " " : "",
		    region_code(answer.places[i].region, code));
	if (answer.corrected)
		strcpy(p, "!");
	return out;
}

static const char *
shown(void)
{
	return shown_at(NUMBER, NOW);
}

static void
plain_person(void)
{
	empty();
	row(NUMBER, A, P, 0, STORE_FOREVER);
	travels();
	ok_str(shown(), "131000 110000 JP", "as the records say");
	correct_at(NUMBER, CORRECT_REMOVE, JAPAN, ON(5), ON(6), NOW - 50);
	ok_str(shown(), "131000 110000!", "a country removed");
	correct_at(NUMBER, CORRECT_ADD, BEIJING, ON(13), ON(14), NOW - 40);
	ok_str(shown(), "110000 131000!", "a city added: it is the latest");
	correct_at(NUMBER, CORRECT_REMOVE, BEIJING, 0, NOW, NOW - 30);
	ok_str(shown(), "131000!", "and removed with all that was there");
	correct_at(NUMBER, CORRECT_ADD, BEIJING, ON(2), ON(2) + HOUR, NOW - 20);
	ok_str(shown(), "131000!", "an hour is no stay");
	ok_str(shown_at(NUMBER, NOW - 30), "131000!", "as of the third");
	ok_str(
	    shown_at(NUMBER, NOW - 31), "110000 131000!", "as of the second");
	ok_str(shown_at(NUMBER, NOW - 51), "131000 110000 JP", "as of none");
}

static void
old_correction(void)
{
	empty();
	row(NUMBER, A, P, 0, STORE_FOREVER);
	travels();
	correct_at(NUMBER, CORRECT_ADD, BEIJING, LO - DAY, LO, NOW - 50);
	ok_str(shown(), "131000 110000 JP",
	    "a correction before the window is not spoken of");
	correct_at(NUMBER, CORRECT_ADD, BEIJING, LO - DAY, LO + 1, NOW - 50);
	ok_str(shown(), "131000 110000 JP!", "one that reaches into it is");
}

static void
recycled_number(void)
{
	empty();
	row(NUMBER, A, P, 0, STORE_FOREVER);
	row(NUMBER, B, Q, ON(7), STORE_FOREVER);
	travels();
	ok_str(shown(), "131000", "the new owner's own");
	delete_at(NUMBER, P, ON(6));
	ok_str(shown(), "131000", "a former owner's deletion is not theirs");
	correct_at(NUMBER, CORRECT_ADD, BEIJING, ON(1), ON(5), NOW - 50);
	ok_str(
	    shown(), "131000", "the former owner's correction is not theirs");
	correct_at(
	    NUMBER, CORRECT_ADD, BEIJING, ON(1), ON(7) + 2 * HOUR, NOW - 40);
	ok_str(shown(), "131000!", "of one across the change their part");
	correct_at(
	    NUMBER, CORRECT_ADD, BEIJING, ON(1), ON(7) + 4 * HOUR, NOW - 30);
	ok_str(shown(), "131000 110000!", "which counts when it is a stay");
	ok_str(shown_at(NUMBER, ON(7) - 1), "",
	    "the former owner was deleted, and saw none of it");
	delete_at(NUMBER, Q, NOW);
	ok_str(shown(), "", "the new owner's deletion takes all of theirs");
}

static void
two_cards(void)
{
	empty();
	row(NUMBER, A, P, 0, STORE_FOREVER);
	row(NUMBER, B, P, ON(4), STORE_FOREVER);
	travels();
	ok_str(shown(), "131000 110000 JP", "two cards, one person");
	correct_at(NUMBER, CORRECT_REMOVE, LANGFANG, ON(5), ON(13), NOW - 50);
	ok_str(shown(), "110000 JP!", "a correction is about both");
	delete_at(NUMBER, P, NOW);
	ok_str(shown(), "", "a deletion, too");
	ok_int(answer.history_since, NOW, "and it says since when");
	ok_str(shown_at(NUMBER, NOW + 1), "", "no correction is left");
}

static void
ported_number(void)
{
	empty();
	row(OTHER, A, P, 0, STORE_FOREVER);
	row(NUMBER, A, Q, ON(4), STORE_FOREVER);
	travels();
	ok_str(shown(), "131000 JP", "a card with another number: from then");
	ok_str(shown_at(OTHER, NOW), "nobody", "the old number has nobody");
	correct_at(OTHER, CORRECT_REMOVE, LANGFANG, ON(9), ON(13), NOW - 50);
	ok_str(shown(), "131000 JP", "its corrections stay with it");
	delete_at(OTHER, P, NOW);
	ok_str(shown(), "131000 JP", "and so do its deletions");
}

static void
after_deletion(void)
{
	empty();
	row(NUMBER, A, P, 0, STORE_FOREVER);
	travels();
	correct_at(NUMBER, CORRECT_ADD, BEIJING, ON(8), ON(9), NOW - 50);
	delete_at(NUMBER, P, ON(11));
	ok_str(shown(), "131000", "what is after it is shown");
	ok_int(answer.history_since, ON(11), "and since when there is any");
	ok_int(answer.corrected, 0, "earlier corrections are gone");
	correct_at(NUMBER, CORRECT_ADD, BEIJING, ON(10), ON(13), NOW - 40);
	ok_str(shown(), "110000 131000!", "a new one counts");
	correct_at(
	    NUMBER, CORRECT_REMOVE, BEIJING, ON(11) + HOUR, ON(13), NOW - 30);
	ok_str(shown(), "131000!", "but not from before the deletion");
	delete_at(NUMBER, P, ON(9));
	ok_str(shown(), "131000", "the later of two deletions holds");
	ok_int(answer.history_since, ON(11), "still");
}

int
main(void)
{
	fixture_begin();
	capture_log();
	must(when_zone("Asia/Shanghai"));
	put_text("site.key", "0123456789abcdef0123456789abcdef");
	chmod("site.key", 0600);
	must(key_open(&key, "site.key"));
	plain_person();
	old_correction();
	recycled_number();
	two_cards();
	ported_number();
	after_deletion();
	history_free(&history);
	store_close(store);
	state_close(state);
	key_close(key);
	return test_done();
}
