/* Pseudonyms and sealed numbers, all under one site key.
 *
 * At rest a number is a 64-bit key: SipHash-2-4 under a subkey for its
 * purpose. The numbers themselves lie sealed in one AES-256 block per
 * subscriber row, opened only to address or to mask. */
#ifndef KEY_H
#define KEY_H

#include <stddef.h>
#include <stdint.h>

#define KEY_SEALED 16      /* octets of a sealed pair of numbers */
#define KEY_FINGERPRINT 16 /* octets by which a store knows its key */
#define DIGITS_MAX 15      /* of an IMSI (TS 23.003 2.2) or E.164 number */

struct key;

/* Reads a site key: a file of 32 raw octets that only its owner may read.
 * 0 or -errno. */
int key_open(struct key **kp, const char *path);
void key_close(struct key *k);

void key_fingerprint(const struct key *k, uint8_t out[KEY_FINGERPRINT]);

uint64_t key_imsi(const struct key *k, const char *imsi);
uint64_t key_msisdn(const struct key *k, const char *msisdn);

/* The last four characters of an identity document, keyed together with the
 * MSISDN's key, so that equal digits of two people do not look equal. */
uint64_t key_identity(
    const struct key *k, uint64_t msisdn_key, const char digits[4]);

/* Who a row belongs to: rows of one MSISDN with equal tags are one person.
 * The tag is of the holder, without one of the digits, without both of the
 * row itself. Empty strings mean not given. */
uint64_t key_person(const struct key *k, uint64_t msisdn_key,
    const char *holder, const char *digits, const char *row);

/* A keyed hash of anything, to find it by in a table; never 0. */
uint64_t key_hash(const struct key *k, const void *in, size_t len);

/* The hash that an answer's code is made of (code.h). */
uint64_t key_code(const struct key *k, const void *in, size_t len);

/* Both are digit strings of at most DIGITS_MAX. */
void key_seal(const struct key *k, const char *imsi, const char *msisdn,
    uint8_t sealed[KEY_SEALED]);
/* 0, or -EBADMSG when the check bits do not hold: another key, or damage. */
int key_unseal(const struct key *k, const uint8_t sealed[KEY_SEALED],
    char imsi[DIGITS_MAX + 1], char msisdn[DIGITS_MAX + 1]);

/* A box of any text, sealed and checked (libsodium's secretbox, with a random
 * nonce): KEY_BOX octets longer. key_unbox: 0, or -EBADMSG for another key or
 * damage. */
#define KEY_BOX 40
void key_box(const struct key *k, const uint8_t *in, size_t len, uint8_t *box);
int key_unbox(
    const struct key *k, const uint8_t *box, size_t len, uint8_t *out);

/* A message's authentication code, SipHash-2-4 with 128 bits, for the chains of
 * the audit: who has not the site key cannot make one. */
#define KEY_MAC 16
void key_mac(
    const struct key *k, const void *in, size_t len, uint8_t out[KEY_MAC]);

/* "138****1234", the number without its country code's digits `cc`;
 * "46000******1234" for an IMSI (cc ""). Short or odd numbers show only
 * their length. Returns buf. */
#define MASK_MAX 24
const char *key_mask(const char *number, const char *cc, char buf[MASK_MAX]);

/* A text that somebody wrote, up to size - 1 octets of it, with an asterisk for
 * each digit of what may be a number: KEY_NUMBER digits or more in a row, also
 * with single spaces or hyphens between them. Returns out. */
#define KEY_NUMBER 9
const char *key_mask_text(const char *text, char *out, size_t size);

/* E.164 digits without "+": takes 138…, 86138…, +86138…, 0086138… 0, or
 * -EBADMSG for what is no subscriber number. */
int msisdn_parse(const char *s, size_t len, const char *country_code,
    char out[DIGITS_MAX + 1]);
/* 0, or -EBADMSG. */
int imsi_parse(const char *s, size_t len, char out[DIGITS_MAX + 1]);
/* Four of 0-9A-Z with at least one digit; lower case is forgiven. */
int identity_parse(const char *s, size_t len, char out[5]);

/* No core dump may hold the key or a number; called first in main(). */
void key_no_dumps(void);

#endif
