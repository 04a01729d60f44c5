/* Keys, sealed numbers, masks, and what is a number. */
#include "core/key.c"

#include "fixture.h"
#include "test.h"

static struct key *key, *other;

static void
put_key(const char *name, int fill, size_t len, mode_t mode)
{
	uint8_t octets[64];

	memset(octets, fill, sizeof(octets));
	unlink(name);
	put_octets(name, octets, len);
	chmod(name, mode);
}

static void
refuse(const char *name, int error, const char *want, const char *what)
{
	struct key *k = NULL;

	logged[0] = '\0';
	ok_int(key_open(&k, name), error, "%s", what);
	ok(k == NULL, "gives no key");
	ok(strstr(logged, want) != NULL, "logged: %s", want);
}

static void
files(void)
{
	struct key *k = NULL;

	put_key("k", 1, 32, 0600);
	ok_int(key_open(&k, "k"), 0, "32 octets of mode 0600");
	key_close(k);
	put_key("k", 1, 32, 0400);
	ok_int(key_open(&k, "k"), 0, "of mode 0400");
	key_close(k);
	put_key("k", 1, 32, 0640);
	refuse("k", -EPERM, "key_file k: others may read it (mode 0640)",
	    "one that its group may read");
	put_key("k", 1, 32, 0604);
	refuse("k", -EPERM, "(mode 0604)", "one that all may read");
	put_key("k", 1, 32, 0602);
	refuse("k", -EPERM, "(mode 0602)", "one that all may write");
	put_key("k", 1, 31, 0600);
	refuse("k", -EINVAL, "key_file k: not exactly 32 octets",
	    "one of 31 octets");
	put_key("k", 1, 33, 0600);
	refuse("k", -EINVAL, "not exactly 32 octets", "one of 33");
	put_key("k", 1, 0, 0600);
	refuse("k", -EINVAL, "not exactly 32 octets", "an empty one");
	refuse("none", -ENOENT, "key_file none: No such file or directory",
	    "one that is not there");
	mkdir("folder", 0700);
	refuse("folder", -EPERM, "key_file folder: ", "a folder");
	key_close(NULL);
}

static int
fingerprints_equal(const struct key *a, const struct key *b)
{
	uint8_t fa[KEY_FINGERPRINT], fb[KEY_FINGERPRINT];

	key_fingerprint(a, fa);
	key_fingerprint(b, fb);
	return memcmp(fa, fb, sizeof(fa)) == 0;
}

static void
pseudonyms(void)
{
	const char *n = "8613800138000";
	uint64_t m = key_msisdn(key, n), imsi = key_imsi(key, n);
	struct key *again = NULL;

	key_open(&again, "site.key");
	ok(fingerprints_equal(key, again), "a key has one fingerprint");
	ok(!fingerprints_equal(key, other), "another key has another");
	ok(key_msisdn(again, n) == m && key_imsi(again, n) == imsi,
	    "a number has one pseudonym under a key");
	ok(key_msisdn(other, n) != m && key_imsi(other, n) != imsi,
	    "and another under another");
	ok(m != imsi, "an IMSI and an MSISDN of the same digits differ");
	ok(key_msisdn(key, "8613800138001") != m, "as do two numbers");
	key_close(again);
}

static void
identities(void)
{
	uint64_t anna = key_msisdn(key, "8613800138000"),
		 bert = key_msisdn(key, "8613800138001");

	ok(key_identity(key, anna, "123X") == key_identity(key, anna, "123X"),
	    "digits have one keyed form");
	ok(key_identity(key, anna, "123X") != key_identity(key, anna, "1234"),
	    "other digits another");
	ok(key_identity(key, anna, "123X") != key_identity(key, bert, "123X"),
	    "the same digits of another person too");
	ok(key_identity(key, anna, "123X") != key_identity(other, anna, "123X"),
	    "and under another key");
}

/* The tag of one number's row. */
static uint64_t
person(const char *holder, const char *digits, const char *row)
{
	return key_person(key, 7, holder, digits, row);
}

static void
persons(void)
{
	ok(person("h1", "1234", "a") == person("h1", "5678", "b"),
	    "rows of one holder are one person");
	ok(person("h1", "1234", "a") != person("h2", "1234", "a"),
	    "rows of two holders are not");
	ok(person("", "1234", "a") == person("", "1234", "b"),
	    "without a holder, rows of the same digits are");
	ok(person("", "1234", "a") != person("", "5678", "a"),
	    "of other digits not");
	ok(person("", "", "a") != person("", "", "b"),
	    "without either each row is its own");
	ok(person("1234", "", "a") != person("", "1234", "a"),
	    "a holder is not taken for digits");
	ok(person("", "1234", "a") != person("", "", "1234"),
	    "nor digits for a row");
	ok(key_person(key, 7, "h1", "", "a") !=
		key_person(key, 8, "h1", "", "a"),
	    "a holder of two numbers is tagged by each");
}

/* Sealing. */

static int
seals(const char *imsi, const char *msisdn)
{
	char i[DIGITS_MAX + 1], m[DIGITS_MAX + 1];
	uint8_t sealed[KEY_SEALED];

	key_seal(key, imsi, msisdn, sealed);
	return key_unseal(key, sealed, i, m) == 0 && strcmp(i, imsi) == 0 &&
	    strcmp(m, msisdn) == 0;
}

static void
random_digits(char *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = '0' + pseudo_random() % 10;
	out[len] = '\0';
}

static void
sealed_numbers(void)
{
	char imsi[DIGITS_MAX + 1], msisdn[DIGITS_MAX + 1];
	int lengths = 1, zeros = 1;

	ok(seals("460001234567890", "8613800138000"), "numbers come back");
	ok(seals("000000000000000", "999999999999999"),
	    "the least and the greatest of 15 digits");
	ok(seals("", ""), "none at all");
	for (size_t i = 0; i <= DIGITS_MAX; i++) {
		for (size_t j = 0; j <= DIGITS_MAX; j++) {
			random_digits(imsi, i);
			random_digits(msisdn, j);
			lengths &= seals(imsi, msisdn);
			memset(imsi, '0', i / 2);
			memset(msisdn, '0', j);
			zeros &= seals(imsi, msisdn);
		}
	}
	ok(lengths, "of every length");
	ok(zeros, "zeros in front stay");
	for (int n = 0; n < 20000; n++) {
		random_digits(imsi, pseudo_random() % 16);
		random_digits(msisdn, pseudo_random() % 16);
		lengths &= seals(imsi, msisdn);
	}
	ok(lengths, "twenty thousand random pairs");
}

static void
unsealing(void)
{
	char imsi[DIGITS_MAX + 1], msisdn[DIGITS_MAX + 1];
	uint8_t sealed[KEY_SEALED], again[KEY_SEALED];
	int damage = 1;

	key_seal(key, "460001234567890", "8613800138000", sealed);
	key_seal(key, "460001234567890", "8613800138000", again);
	ok(memcmp(sealed, again, KEY_SEALED) == 0, "one pair, one block");
	key_seal(key, "8613800138000", "460001234567890", again);
	ok(memcmp(sealed, again, KEY_SEALED) != 0, "the order counts");
	ok_int(key_unseal(other, sealed, imsi, msisdn), -EBADMSG,
	    "another key does not open it");
	for (int bit = 0; bit < 8 * KEY_SEALED; bit++) {
		sealed[bit / 8] ^= 1 << bit % 8;
		damage &= key_unseal(key, sealed, imsi, msisdn) == -EBADMSG;
		sealed[bit / 8] ^= 1 << bit % 8;
	}
	ok(damage, "nor does its own, with any bit changed");
	memset(sealed, 0, sizeof(sealed));
	ok_int(key_unseal(key, sealed, imsi, msisdn), -EBADMSG,
	    "zeros are no sealed numbers");
}

/* Masks. */

static void
mask(const char *number, const char *cc, const char *want)
{
	char buf[MASK_MAX];

	ok_str(
	    key_mask(number, cc, buf), want, "%s is shown as %s", number, want);
}

static void
masks(void)
{
	mask("8613812341234", "86", "138****1234");
	mask("13812341234", "86", "138****1234");
	mask("85298765432", "86", "852****5432");
	mask("460001234567890", "", "46000******7890");
	mask("861234567", "86", "(7 characters)");
	mask("999999999999999", "86", "999********9999");
	mask("10086", "86", "(5 characters)");
	mask("CXMYD", "86", "(5 characters)");
	mask("13812341234 ", "86", "(12 characters)");
	mask("", "86", "(0 characters)");
	mask("8613812341234567", "", "(16 characters)");
	mask("46000123456789012345", "", "(20 characters)");
}

/* Numbers. */

static const char *
msisdn(const char *s)
{
	static char out[DIGITS_MAX + 1];
	size_t len = strlen(s);
	char *copy = malloc(len ? len : 1);
	int rc;

	memcpy(copy, s, len);
	rc = msisdn_parse(copy, len, "86", out);
	free(copy);
	return rc == 0 ? out : "none";
}

static void
msisdns(void)
{
	ok_str(msisdn("13800138000"), "8613800138000", "a national number");
	ok_str(msisdn("8613800138000"), "8613800138000", "with country code");
	ok_str(msisdn("+8613800138000"), "8613800138000", "with a plus");
	ok_str(msisdn("008613800138000"), "8613800138000", "with 00");
	ok_str(msisdn("+85298765432"), "85298765432", "another country's");
	ok_str(msisdn("+819012345678"), "819012345678", "and another's");
	ok_str(msisdn("+123456789012345"), "123456789012345", "15 digits");
	ok_str(msisdn("1234567890123"), "861234567890123",
	    "15 with its country code");
	ok_str(msisdn("+1234567890123456"), "none", "16 digits");
	ok_str(msisdn("12345678901234"), "none", "16 with its country code");
	ok_str(msisdn("10086"), "none", "a short code");
	ok_str(msisdn("+8610086"), "none", "with country code");
	ok_str(msisdn("008610086"), "none", "with 00");
	ok_str(msisdn("106575"), "none", "another short code");
	ok_str(msisdn("013800138000"), "none", "a zero in front");
	ok_str(msisdn("+013800138000"), "none", "a zero behind the plus");
	ok_str(msisdn("00013800138000"), "none", "three zeros");
	ok_str(msisdn(""), "none", "nothing");
	ok_str(msisdn("+"), "none", "a plus alone");
	ok_str(msisdn("00"), "none", "a prefix alone");
	ok_str(msisdn("++8613800138000"), "none", "two");
	ok_str(msisdn("138 0013 8000"), "none", "spaces");
	ok_str(msisdn("138-0013-8000"), "none", "dashes");
	ok_str(msisdn(" 13800138000"), "none", "a space in front");
	ok_str(msisdn("1380013800x"), "none", "a letter");
	ok_str(msisdn("CMCC"), "none", "a name");
	ok_str(msisdn("InfoSMS10"), "none", "a long one");
	ok_str(msisdn("１３８００１３８０００"), "none", "full-width digits");
}

static void
imsis(void)
{
	char out[DIGITS_MAX + 1] = "";

	ok(imsi_parse("460001234567890", 15, out) == 0 &&
		strcmp(out, "460001234567890") == 0,
	    "an IMSI");
	ok(imsi_parse("460001", 6, out) == 0, "the shortest: one digit MSIN");
	ok(imsi_parse("001010000000001", 15, out) == 0 &&
		strcmp(out, "001010000000001") == 0,
	    "zeros in front stay");
	ok_int(imsi_parse("46000", 5, out), -EBADMSG, "without MSIN");
	ok_int(imsi_parse("4600012345678901", 16, out), -EBADMSG, "16 digits");
	ok_int(imsi_parse("", 0, out), -EBADMSG, "nothing");
	ok_int(imsi_parse("46000123456789a", 15, out), -EBADMSG, "a letter");
	ok_int(imsi_parse("+46000123456789", 15, out), -EBADMSG, "a plus");
}

static void
id_digits(void)
{
	char out[5] = "";

	ok(identity_parse("1234", 4, out) == 0 && strcmp(out, "1234") == 0,
	    "four digits");
	ok(identity_parse("123x", 4, out) == 0 && strcmp(out, "123X") == 0,
	    "a small x");
	ok(identity_parse("a0zZ", 4, out) == 0 && strcmp(out, "A0ZZ") == 0,
	    "letters with one digit");
	ok_int(identity_parse("ABCD", 4, out), -EBADMSG, "without a digit");
	ok_int(identity_parse("123", 3, out), -EBADMSG, "three");
	ok_int(identity_parse("12345", 5, out), -EBADMSG, "five");
	ok_int(identity_parse("", 0, out), -EBADMSG, "none");
	ok_int(identity_parse("12 4", 4, out), -EBADMSG, "a space");
	ok_int(identity_parse("12\xc3\xa9", 4, out), -EBADMSG, "é");
	ok_int(identity_parse("12\0"
			      "4",
		   4, out),
	    -EBADMSG, "a NUL");
	ok_int(identity_parse("12[4", 4, out), -EBADMSG, "behind Z");
	ok_int(identity_parse("12@4", 4, out), -EBADMSG, "before A");
	ok_int(identity_parse("12:4", 4, out), -EBADMSG, "behind 9");
}

int
main(void)
{
	fixture_begin();
	capture_log();
	put_key("site.key", 1, 32, 0600);
	put_key("other.key", 2, 32, 0600);
	if (key_open(&key, "site.key") < 0 || key_open(&other, "other.key") < 0)
		return 1;
	files();
	pseudonyms();
	identities();
	persons();
	sealed_numbers();
	unsealing();
	masks();
	msisdns();
	imsis();
	id_digits();
	key_close(key);
	key_close(other);
	return test_done();
}
