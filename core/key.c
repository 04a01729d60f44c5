/* Pseudonyms by SipHash-2-4, subkeys by crypto_kdf (libsodium); the sealed
 * block by AES-256 (OpenSSL). One block holds
 *
 *   bits 127..78  IMSI, numbered among all digit strings of up to 15
 *   bits  77..28  MSISDN, likewise
 *   bits  27..0   zero, the check
 *
 * A block cipher over one block is a permutation: without the key the same
 * pair gives the same block and nothing else shows. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <sodium.h>

#include "key.h"
#include "log.h"

#define CHECK_BITS 28

enum subkey {
	SUBKEY_IMSI = 1,
	SUBKEY_MSISDN,
	SUBKEY_IDENTITY,
	SUBKEY_PERSON,
	SUBKEY_SEAL,
	SUBKEY_FINGERPRINT,
	SUBKEY_BOX,
	SUBKEY_HASH,
	SUBKEY_CODE,
	SUBKEY_AUDIT,
};

struct key {
	uint8_t imsi[crypto_shorthash_KEYBYTES];
	uint8_t msisdn[crypto_shorthash_KEYBYTES];
	uint8_t identity[crypto_shorthash_KEYBYTES];
	uint8_t person[crypto_shorthash_KEYBYTES];
	uint8_t hash[crypto_shorthash_KEYBYTES];
	uint8_t code[crypto_shorthash_KEYBYTES];
	uint8_t box[crypto_secretbox_KEYBYTES];
	uint8_t audit[crypto_shorthash_siphashx24_KEYBYTES];
	uint8_t fingerprint[KEY_FINGERPRINT];
	EVP_CIPHER_CTX *seal, *unseal;
};

static int
read_site_key(const char *path, uint8_t site[crypto_kdf_KEYBYTES])
{
	uint8_t octets[crypto_kdf_KEYBYTES + 1];
	struct stat st;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0) {
		int rc = -errno;

		/* never told of a key that is there: it would be lost */
		if (rc == -ENOENT)
			log_error(DCORE,
			    "key_file %s: %s; make one with: (umask 077; "
			    "head -c 32 /dev/urandom > %s)",
			    path, strerror(-rc), path);
		else
			log_error(
			    DCORE, "key_file %s: %s", path, strerror(-rc));
		if (fd >= 0)
			close(fd);
		return rc;
	}
	n = read(fd, octets, sizeof(octets));
	close(fd);
	if (!S_ISREG(st.st_mode) || st.st_mode & 077) {
		log_error(DCORE,
		    "key_file %s: others may read it (mode %04o); chmod 600 it",
		    path, st.st_mode & 07777);
		return -EPERM;
	}
	if (n != crypto_kdf_KEYBYTES) {
		log_error(DCORE, "key_file %s: not exactly 32 octets", path);
		return -EINVAL;
	}
	memcpy(site, octets, crypto_kdf_KEYBYTES);
	sodium_memzero(octets, sizeof(octets));
	return 0;
}

static void
derive(uint8_t *out, size_t len, enum subkey id, const uint8_t *site)
{
	crypto_kdf_derive_from_key(out, len, id, "travelcd", site);
}

static EVP_CIPHER_CTX *
cipher(const uint8_t key[32], int encrypt)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

	if (c == NULL)
		return NULL;
	if (EVP_CipherInit_ex(c, EVP_aes_256_ecb(), NULL, key, NULL, encrypt) !=
		1 ||
	    EVP_CIPHER_CTX_set_padding(c, 0) != 1) {
		EVP_CIPHER_CTX_free(c);
		return NULL;
	}
	return c;
}

static int
derive_all(struct key *k, const uint8_t *site)
{
	uint8_t seal[32];

	derive(k->imsi, sizeof(k->imsi), SUBKEY_IMSI, site);
	derive(k->msisdn, sizeof(k->msisdn), SUBKEY_MSISDN, site);
	derive(k->identity, sizeof(k->identity), SUBKEY_IDENTITY, site);
	derive(k->person, sizeof(k->person), SUBKEY_PERSON, site);
	derive(k->hash, sizeof(k->hash), SUBKEY_HASH, site);
	derive(k->code, sizeof(k->code), SUBKEY_CODE, site);
	derive(
	    k->fingerprint, sizeof(k->fingerprint), SUBKEY_FINGERPRINT, site);
	derive(k->box, sizeof(k->box), SUBKEY_BOX, site);
	derive(k->audit, sizeof(k->audit), SUBKEY_AUDIT, site);
	derive(seal, sizeof(seal), SUBKEY_SEAL, site);
	k->seal = cipher(seal, 1);
	k->unseal = cipher(seal, 0);
	sodium_memzero(seal, sizeof(seal));
	return k->seal != NULL && k->unseal != NULL ? 0 : -ENOMEM;
}

int
key_open(struct key **kp, const char *path)
{
	uint8_t site[crypto_kdf_KEYBYTES];
	struct key *k;
	int rc;

	if (sodium_init() < 0)
		return -EIO;
	rc = read_site_key(path, site);
	if (rc < 0)
		return rc;
	k = calloc(1, sizeof(*k));
	rc = k == NULL ? -ENOMEM : derive_all(k, site);
	sodium_memzero(site, sizeof(site));
	if (rc < 0)
		key_close(k);
	else
		*kp = k;
	return rc;
}

void
key_close(struct key *k)
{
	if (k == NULL)
		return;
	EVP_CIPHER_CTX_free(k->seal);
	EVP_CIPHER_CTX_free(k->unseal);
	sodium_memzero(k, sizeof(*k));
	free(k);
}

void
key_fingerprint(const struct key *k, uint8_t out[KEY_FINGERPRINT])
{
	memcpy(out, k->fingerprint, KEY_FINGERPRINT);
}

_Static_assert(
    crypto_shorthash_BYTES == sizeof(uint64_t), "a hash is a number");

static uint64_t
hash(const uint8_t *subkey, const void *in, size_t len)
{
	uint64_t out;

	crypto_shorthash((uint8_t *)&out, in, len, subkey);
	return be64toh(out);
}

uint64_t
key_imsi(const struct key *k, const char *imsi)
{
	return hash(k->imsi, imsi, strlen(imsi));
}

uint64_t
key_msisdn(const struct key *k, const char *msisdn)
{
	return hash(k->msisdn, msisdn, strlen(msisdn));
}

uint64_t
key_identity(const struct key *k, uint64_t msisdn_key, const char digits[4])
{
	uint8_t in[12];
	uint64_t v;

	memcpy(in, &msisdn_key, 8);
	memcpy(in + 8, digits, 4);
	v = hash(k->identity, in, sizeof(in));
	return v ? v : 1; /* 0 stands for none */
}

uint64_t
key_person(const struct key *k, uint64_t msisdn_key, const char *holder,
    const char *digits, const char *row)
{
	const char *what = *holder ? holder : *digits ? digits : row;
	char kind = *holder ? 'h' : *digits ? 'd' : 'r';
	crypto_generichash_state st;
	uint8_t digest[crypto_generichash_BYTES];

	/* a holder may be of any length; hash it down, keyed, then again */
	crypto_generichash_init(
	    &st, k->person, sizeof(k->person), sizeof(digest));
	crypto_generichash_update(
	    &st, (const uint8_t *)&msisdn_key, sizeof(msisdn_key));
	crypto_generichash_update(&st, (const uint8_t *)&kind, 1);
	crypto_generichash_update(&st, (const uint8_t *)what, strlen(what));
	crypto_generichash_final(&st, digest, sizeof(digest));
	return hash(k->person, digest, sizeof(digest));
}

uint64_t
key_hash(const struct key *k, const void *in, size_t len)
{
	uint64_t v = hash(k->hash, in, len);

	return v ? v : 1;
}

uint64_t
key_code(const struct key *k, const void *in, size_t len)
{
	return hash(k->code, in, len);
}

/* Digit strings of up to 15 numbered by length, then value: those shorter
 * than n come first, and there are (10^n - 1) / 9 of them. */
static uint64_t
number_of(const char *digits)
{
	uint64_t v = 0, shorter = 0, power = 1;

	for (; *digits; digits++) {
		v = v * 10 + (*digits - '0');
		shorter += power;
		power *= 10;
	}
	return shorter + v;
}

static int
digits_of(uint64_t number, char out[DIGITS_MAX + 1])
{
	uint64_t power = 1;
	int len = 0;

	while (number >= power) {
		number -= power;
		power *= 10;
		if (++len > DIGITS_MAX)
			return -EBADMSG;
	}
	out[len] = '\0';
	while (len > 0) {
		out[--len] = '0' + number % 10;
		number /= 10;
	}
	return 0;
}

static void
crypt_block(EVP_CIPHER_CTX *c, const uint8_t *in, uint8_t *out)
{
	int len;

	/* one whole block without padding cannot fail */
	if (EVP_CipherUpdate(c, out, &len, in, KEY_SEALED) != 1)
		abort();
}

void
key_seal(const struct key *k, const char *imsi, const char *msisdn,
    uint8_t sealed[KEY_SEALED])
{
	unsigned __int128 v = number_of(imsi);
	uint8_t block[KEY_SEALED];

	v = (v << 50 | number_of(msisdn)) << CHECK_BITS;
	for (int i = KEY_SEALED - 1; i >= 0; i--, v >>= 8)
		block[i] = (uint8_t)v;
	crypt_block(k->seal, block, sealed);
}

int
key_unseal(const struct key *k, const uint8_t sealed[KEY_SEALED],
    char imsi[DIGITS_MAX + 1], char msisdn[DIGITS_MAX + 1])
{
	const uint64_t mask = (1ULL << 50) - 1;
	unsigned __int128 v = 0;
	uint8_t block[KEY_SEALED];

	crypt_block(k->unseal, sealed, block);
	for (int i = 0; i < KEY_SEALED; i++)
		v = v << 8 | block[i];
	if ((uint64_t)v & ((1u << CHECK_BITS) - 1))
		return -EBADMSG;
	v >>= CHECK_BITS;
	if (digits_of((uint64_t)v & mask, msisdn) < 0 ||
	    digits_of((uint64_t)(v >> 50), imsi) < 0)
		return -EBADMSG;
	return 0;
}

_Static_assert(
    KEY_BOX == crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES,
    "a box is its nonce, its tag and what is in it");

void
key_box(const struct key *k, const uint8_t *in, size_t len, uint8_t *box)
{
	randombytes_buf(box, crypto_secretbox_NONCEBYTES);
	crypto_secretbox_easy(
	    box + crypto_secretbox_NONCEBYTES, in, len, box, k->box);
}

int
key_unbox(const struct key *k, const uint8_t *box, size_t len, uint8_t *out)
{
	if (len < KEY_BOX ||
	    crypto_secretbox_open_easy(out, box + crypto_secretbox_NONCEBYTES,
		len - crypto_secretbox_NONCEBYTES, box, k->box) != 0)
		return -EBADMSG;
	return 0;
}

_Static_assert(
    KEY_MAC == crypto_shorthash_siphashx24_BYTES, "a code is SipHash's");

void
key_mac(const struct key *k, const void *in, size_t len, uint8_t out[KEY_MAC])
{
	crypto_shorthash_siphashx24(out, in, len, k->audit);
}

const char *
key_mask(const char *number, const char *cc, char buf[MASK_MAX])
{
	size_t skip = strlen(cc), head = skip ? 3 : 5, len;

	if (strncmp(number, cc, skip) == 0)
		number += skip;
	len = strspn(number, "0123456789");
	if (number[len] != '\0' || len < head + 6 || len > DIGITS_MAX)
		snprintf(
		    buf, MASK_MAX, "(%zu characters)", strlen(number) % 1000);
	else
		snprintf(buf, MASK_MAX, "%.*s%.*s%s", (int)head, number,
		    (int)(len - head - 4), "***************", number + len - 4);
	return buf;
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How many octets of a number begin here, or 0. */
static size_t
number_at(const char *s)
{
	size_t len = 0;
	int digits = 0;

	for (size_t i = 0; s[i] != '\0'; i++) {
		if (is_digit(s[i])) {
			digits++;
			len = i + 1;
		} else if ((s[i] != ' ' && s[i] != '-') || i != len) {
			break;
		}
	}
	return digits >= KEY_NUMBER ? len : 0;
}

const char *
key_mask_text(const char *text, char *out, size_t size)
{
	size_t i = 0, number = 0;
	int was_digit = 0;

	for (; text[i] != '\0' && i + 1 < size; i++) {
		int is = is_digit(text[i]);

		if (is && !was_digit && number == 0)
			number = number_at(text + i);
		out[i] = is && number > 0 ? '*' : text[i];
		number -= number > 0;
		was_digit = is;
	}
	out[i] = '\0';
	return out;
}

static int
all_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return 0;
	return 1;
}

int
msisdn_parse(const char *s, size_t len, const char *country_code,
    char out[DIGITS_MAX + 1])
{
	size_t cc = strlen(country_code);
	int international = 0, own;

	if (len > 0 && *s == '+') {
		s++, len--;
		international = 1;
	} else if (len > 2 && memcmp(s, "00", 2) == 0) {
		s += 2, len -= 2;
		international = 1;
	}
	/* E.164: at most 15 digits, none begins with 0; less than 7 is a
	 * short code, behind the country code too */
	if (len < 7 || len > DIGITS_MAX || *s == '0' || !all_digits(s, len))
		return -EBADMSG;
	own = memcmp(s, country_code, cc) == 0;
	if (international && own && len < cc + 7)
		return -EBADMSG;
	if (!international && !(own && len >= cc + 7)) {
		if (len + cc > DIGITS_MAX)
			return -EBADMSG;
		memcpy(out, country_code, cc);
		out += cc;
	}
	memcpy(out, s, len);
	out[len] = '\0';
	return 0;
}

int
imsi_parse(const char *s, size_t len, char out[DIGITS_MAX + 1])
{
	/* TS 23.003 2.2: MCC, MNC, MSIN; at most 15 digits */
	if (len < 6 || len > DIGITS_MAX || !all_digits(s, len))
		return -EBADMSG;
	memcpy(out, s, len);
	out[len] = '\0';
	return 0;
}

int
identity_parse(const char *s, size_t len, char out[5])
{
	int has_digit = 0;

	if (len != 4)
		return -EBADMSG;
	for (int i = 0; i < 4; i++) {
		char c = s[i];

		if (c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		if (c >= '0' && c <= '9')
			has_digit = 1;
		else if (c < 'A' || c > 'Z')
			return -EBADMSG;
		out[i] = c;
	}
	out[4] = '\0';
	return has_digit ? 0 : -EBADMSG;
}

void
key_no_dumps(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
