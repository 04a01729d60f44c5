/* Subscriber rows through store.h: where each ends, whose an IMSI was, and
 * two numbers of one key. */
#include <errno.h>

#include "store_fixture.h"

static size_t
read_rows(int msisdn, struct subscriber rows[STORE_ROWS])
{
	size_t n = 0;

	store_derive(writer);
	return store_subscribers(writer, msisdn_key(msisdn), rows, &n) == 0 ? n
									    : 0;
}

/* Where a row ends, -1 for a row that is not there. */
static int64_t
end_of(int msisdn, int imsi, int64_t since)
{
	struct subscriber rows[STORE_ROWS];
	size_t n = read_rows(msisdn, rows);

	for (size_t i = 0; i < n; i++)
		if (rows[i].imsi == imsi_key(imsi) && rows[i].since == since)
			return rows[i].end;
	return -1;
}

static void
rows_come_back(void)
{
	struct subscriber r = row(1, 1, 100, "h1"), rows[STORE_ROWS];
	size_t n;

	begin_store();
	r.until = 900;
	r.digits = key_identity(key, r.msisdn, "123X");
	r.language = LANG_EN;
	strcpy(r.carrier, "cmcc");
	ok_int(store_put_subscriber(writer, key, &r), 0, "a row is put");
	ok_int(read_rows(1, rows), 1, "and comes back");
	ok(rows[0].msisdn == r.msisdn && rows[0].imsi == r.imsi &&
		rows[0].person == r.person && rows[0].digits == r.digits,
	    "with its keys");
	ok(rows[0].since == 100 && rows[0].until == 900 && rows[0].end == 900,
	    "its times");
	ok(rows[0].language == LANG_EN && strcmp(rows[0].carrier, "cmcc") == 0,
	    "its language and carrier");
	ok(memcmp(rows[0].sealed, r.sealed, KEY_SEALED) == 0,
	    "and its numbers, sealed");
	put(1, 2, 300, "h1");
	put(1, 3, 200, "h1");
	read_rows(1, rows);
	ok(rows[0].since == 300 && rows[1].since == 200 && rows[2].since == 100,
	    "of several the latest comes first");
	ok(rows[0].language == LANGUAGES && rows[0].carrier[0] == '\0' &&
		rows[0].until == STORE_FOREVER && rows[0].digits == 0,
	    "what is not given is none");
	ok_int(store_subscribers(writer, msisdn_key(2), rows, &n), -ENOENT,
	    "a number without a row");
	for (int i = 0; i < 80; i++)
		put(3, i, i, "h1");
	ok_int(read_rows(3, rows), STORE_ROWS, "of very many rows 64");
	ok_int(rows[STORE_ROWS - 1].since, 80 - STORE_ROWS, "the latest");
	r = row(5, 5, 0, "h1");
	key_seal(other_key, "460001234567805", "8613800138005", r.sealed);
	ok_int(store_put_subscriber(writer, key, &r), -EINVAL,
	    "a row sealed with another key is refused");
}

/* A row without active_until ends where a later row of its IMSI with
 * another MSISDN, or of its MSISDN with another holder, begins. */
static void
derived_ends(void)
{
	begin_store();
	put(1, 1, 100, "h1");
	ok_int(end_of(1, 1, 100), STORE_FOREVER, "a row alone has no end");
	put_until(2, 2, 100, 500, "h1");
	ok_int(end_of(2, 2, 100), 500, "active_until is one");
	put(1, 3, 200, "h1");
	ok_int(end_of(1, 1, 100), STORE_FOREVER,
	    "a new SIM of the same holder ends nothing");
	put(1, 1, 250, "h1");
	ok_int(
	    end_of(1, 1, 100), STORE_FOREVER, "nor does the same pair, later");
	put(4, 1, 300, "h1");
	ok_int(end_of(1, 1, 100), 300, "an IMSI that moves to another MSISDN");
	ok_int(end_of(1, 1, 250), 300, "ends every earlier row of it");
	ok_int(end_of(1, 3, 200), STORE_FOREVER, "not those of other IMSIs");
	ok_int(end_of(4, 1, 300), STORE_FOREVER, "nor its own");
	put(1, 5, 280, "h2");
	ok_int(end_of(1, 3, 200), 280, "an MSISDN that goes to another holder");
	ok_int(end_of(1, 1, 100), 280, "ends earlier than the IMSI's move");
	ok_int(end_of(1, 5, 280), STORE_FOREVER, "the new holder's goes on");
	put(2, 6, 300, "h2");
	ok_int(end_of(2, 2, 100), 500, "a given end stays, come what may");
}

static void
chains(void)
{
	begin_store();
	put(1, 1, 100, "h1");
	put(1, 2, 200, "h2");
	put(1, 3, 300, "h3");
	ok(end_of(1, 1, 100) == 200 && end_of(1, 2, 200) == 300 &&
		end_of(1, 3, 300) == STORE_FOREVER,
	    "three holders, one after the other");
	put(2, 10, 100, "h1");
	put(3, 10, 200, "h1");
	put(2, 10, 300, "h1");
	ok(end_of(2, 10, 100) == 200 && end_of(3, 10, 200) == 300 &&
		end_of(2, 10, 300) == STORE_FOREVER,
	    "an IMSI that moves and moves back");
	put(4, 20, 300, "h3");
	put(4, 21, 100, "h1");
	put(4, 22, 200, "h2");
	ok(end_of(4, 21, 100) == 200 && end_of(4, 22, 200) == 300 &&
		end_of(4, 20, 300) == STORE_FOREVER,
	    "rows that come out of order");
	put(5, 30, 100, "");
	put(5, 31, 200, "");
	ok_int(end_of(5, 30, 100), 200,
	    "without holder and digits each row is another person's");
}

/* A later import may change what an earlier one derived. */
static void
imported_again(void)
{
	struct subscriber rows[STORE_ROWS];

	begin_store();
	put(1, 1, 100, "h1");
	put(1, 2, 200, "h2");
	store_derive(writer);
	reopen();
	ok_int(end_of(1, 1, 100), 200, "after a reopening all is as it was");
	put(1, 2, 200, "h1");
	ok_int(read_rows(1, rows), 2, "a row put again replaces itself");
	ok_int(end_of(1, 1, 100), STORE_FOREVER,
	    "with its holder set right, the earlier one goes on");
	put_until(1, 1, 100, 150, "h1");
	ok_int(end_of(1, 1, 100), 150, "put again with an end, it ends");
	put(1, 1, 100, "h1");
	ok_int(end_of(1, 1, 100), STORE_FOREVER, "and without, it does not");
	put(2, 2, 50, "h1");
	ok_int(end_of(2, 2, 50), 200, "an earlier row put later ends too");
	commit();
	put(1, 3, 300, "h9");
	store_derive(writer);
	store_write_abort(writer);
	store_write_begin(writer);
	ok_int(end_of(1, 2, 200), STORE_FOREVER, "an abort undoes all of it");
	ok_int(read_rows(1, rows), 2, "rows as well");
}

/* The last digits of the IMSI of number 1 at a time, or the error. */
static int
imsi_at(int64_t time)
{
	uint64_t imsi;
	int rc;

	store_derive(writer);
	rc = store_imsi_at(writer, msisdn_key(1), time, &imsi);
	for (int i = 0; rc == 0 && i < 100; i++)
		if (imsi_key(i) == imsi)
			return i;
	return rc;
}

static void
imsi_by_msisdn(void)
{
	begin_store();
	put(1, 11, 100, "h1");
	put(1, 12, 200, "h1");
	put_until(1, 13, 300, 400, "h2");
	ok_int(imsi_at(99), -ENOENT, "before its first row none");
	ok_int(imsi_at(100), 11, "from its first second");
	ok_int(imsi_at(199), 11, "to the last before the next SIM");
	ok_int(imsi_at(200), 12, "then the new one");
	ok_int(imsi_at(299), 12, "to the next holder");
	ok_int(imsi_at(300), 13, "then that one's");
	ok_int(imsi_at(399), 13, "to its last second");
	ok_int(imsi_at(400), -ENOENT, "and none after its end");
}

/* The last digits of the MSISDN of an IMSI at a time, or the error. */
static int
msisdn_at(int imsi, int64_t time)
{
	char a[DIGITS_MAX + 1], b[DIGITS_MAX + 1];
	uint8_t sealed[KEY_SEALED];
	int rc;

	store_derive(writer);
	rc = store_sealed_at(writer, imsi_key(imsi), time, sealed);
	if (rc == 0)
		rc = key_unseal(key, sealed, a, b);
	return rc < 0 ? rc : atoi(b + strlen(b) - 2);
}

static void
msisdn_by_imsi(void)
{
	begin_store();
	put(1, 11, 100, "h1");
	put(2, 11, 200, "h2");
	put_until(3, 11, 300, 400, "h3");
	ok_int(msisdn_at(11, 99), -ENOENT, "before an IMSI's first row none");
	ok_int(msisdn_at(11, 100), 1, "from its first second");
	ok_int(msisdn_at(11, 199), 1, "to the last before the next number");
	ok_int(msisdn_at(11, 200), 2, "then the new one");
	ok_int(msisdn_at(11, 300), 3, "and the next");
	ok_int(msisdn_at(11, 400), -ENOENT, "and none after its end");
	ok_int(msisdn_at(12, 200), -ENOENT, "another IMSI has none");
}

static void
msisdn_collision(void)
{
	struct subscriber rows[STORE_ROWS];

	begin_store();
	put(1, 1, 100, "h1");
	put(1, 2, 200, "h1");
	put(5, 5, 100, "h1");
	ok_int(put(1, 1, 100, "h1"), 0, "the same number is no collision");
	ok_int(put_colliding(2, 3, 1, 0), -EEXIST, "another under its key is");
	ok_int(read_rows(1, rows), 0, "then neither is provisioned");
	ok_int(imsi_at(150), -ENOENT, "nor found for a record");
	ok_int(put(1, 1, 100, "h1"), -EEXIST, "nor can the first be again");
	ok_int(put_colliding(2, 3, 1, 0), -EEXIST, "or the second");
	reopen();
	ok_int(put(1, 1, 100, "h1"), -EEXIST, "after a reopening too");
	ok_int(read_rows(1, rows), 0, "it stays so");
	ok_int(read_rows(5, rows), 1, "other numbers are as they were");
}

static void
imsi_collision(void)
{
	struct subscriber rows[STORE_ROWS];

	begin_store();
	put(1, 1, 100, "h1");
	put(2, 2, 100, "h1");
	ok_int(put(2, 1, 200, "h1"), 0, "an IMSI that moves is no collision");
	ok_int(put_colliding(3, 3, 0, 1), -EEXIST, "two IMSIs of one key are");
	ok(store_out_of_use(writer, imsi_key(1)), "their key is out of use");
	ok(!store_out_of_use(writer, imsi_key(2)), "another is not");
	ok_int(read_rows(1, rows), 0, "the first number is not provisioned");
	ok_int(read_rows(3, rows), 0, "nor is the second");
	ok_int(read_rows(2, rows), 1, "who had it too keeps other IMSIs");
	reopen();
	ok(store_out_of_use(writer, imsi_key(1)), "it stays so");
	ok_int(put(1, 1, 100, "h1"), -EEXIST, "whoever asks for it");
	ok_int(put(1, 4, 100, "h1"), 0, "the number may have another IMSI");
}

static void
collision_undone(void)
{
	struct subscriber rows[STORE_ROWS];

	begin_store();
	put(1, 1, 100, "h1");
	commit();
	put_colliding(2, 3, 1, 0);
	store_write_abort(writer);
	store_write_begin(writer);
	ok_int(read_rows(1, rows), 1, "an abort undoes a collision");
	ok_int(put(1, 1, 100, "h1"), 0, "wholly");
}

int
main(void)
{
	store_tests_begin();
	rows_come_back();
	derived_ends();
	chains();
	imported_again();
	imsi_by_msisdn();
	msisdn_by_imsi();
	msisdn_collision();
	imsi_collision();
	collision_undone();
	return store_tests_done();
}
