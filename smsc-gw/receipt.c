/* Receipts.
 *
 * Their text, where they have no parameters (Appendix B), in whatever order
 * and case an SMSC writes it:
 *
 *   id:IIIIIIIIII sub:SSS dlvrd:DDD submit date:YYMMDDhhmm
 *   done date:YYMMDDhhmm stat:DDDDDDD err:E text:…
 *
 * The table is a ring in order of age, and a chain through it for each bucket
 * of address pairs, the newest first:
 *
 *   hash of from and to ─▶ head ─▶ place ─▶ place ─▶ 0 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "receipt.h"
#include "text.h"

#define MESSAGE_TYPE 0x3c /* of esm_class, 5.2.12 */
#define TYPE_RECEIPT 0x04
#define TYPE_INTERMEDIATE 0x20
#define DATA_CODING_UCS2 0x08
#define TEXT_MAX 512 /* octets of a receipt's text that count */
#define DIGITS 8     /* of an address */

/* The states' names; in a text the first five letters count. */
static const char *const names[RECEIPT_STATES] = {
    [RECEIPT_ENROUTE] = "enroute",
    [RECEIPT_DELIVERED] = "delivered",
    [RECEIPT_EXPIRED] = "expired",
    [RECEIPT_DELETED] = "deleted",
    [RECEIPT_UNDELIVERABLE] = "undeliverable",
    [RECEIPT_ACCEPTED] = "accepted",
    [RECEIPT_UNKNOWN] = "unknown",
    [RECEIPT_REJECTED] = "rejected",
};

/* Reading. */

/* What stands behind "key:" in a text; null when that is not there. */
static const char *
behind(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *s = text; *s != '\0'; s++) {
		if (strncasecmp(s, key, n) != 0 || s[n] != ':' ||
		    (s > text && isalnum((unsigned char)s[-1])))
			continue;
		s += n + 1;
		return s + strspn(s, " ");
	}
	return NULL;
}

/* The length of the value there: 0 when the next key stands there instead. */
static size_t
value_len(const char *s)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return s[strspn(s, letters)] == ':' ? 0 : strcspn(s, " \r\n");
}

static enum receipt_state
state_in(const char *text)
{
	const char *s = behind(text, "stat");

	for (int i = RECEIPT_ENROUTE; s != NULL && i < RECEIPT_STATES; i++)
		if (strncasecmp(s, names[i], 5) == 0)
			return i;
	return 0;
}

static void
take_id(struct receipt *r, const void *id, size_t len)
{
	if (len > MESSAGE_ID_MAX)
		return;
	memcpy(r->id, id, len);
	r->id[len] = '\0';
}

/* Digits, letters and colons are the same in all of an SMSC's alphabets. */
static void
read_text(const struct deliver_sm *d, char text[TEXT_MAX])
{
	enum alphabet a = d->data_coding == DATA_CODING_UCS2 ? ALPHABET_UCS2
							     : ALPHABET_LATIN1;

	text_decode(a, d->message, d->message_len, text, TEXT_MAX);
}

/* Does a text begin as a subscriber's own does not? */
static int
begins_like_one(const struct deliver_sm *d)
{
	return d->message_len > 3 &&
	    strncasecmp((const char *)d->message, "id:", 3) == 0;
}

static int
is_receipt(const struct deliver_sm *d, char text[TEXT_MAX])
{
	switch (d->esm_class & MESSAGE_TYPE) {
	case TYPE_RECEIPT:
	case TYPE_INTERMEDIATE:
		read_text(d, text);
		return 1;
	case 0:
		break;
	default:
		return 0;
	}
	if (d->message_state == 0 && d->receipted_message_id_len == 0 &&
	    !begins_like_one(d))
		return 0;
	read_text(d, text);
	return d->message_state != 0 || d->receipted_message_id_len > 0 ||
	    state_in(text) != 0;
}

int
receipt_read(const struct deliver_sm *d, struct receipt *r)
{
	char text[TEXT_MAX];
	const char *id;

	if (!is_receipt(d, text))
		return 0;
	*r = (struct receipt){
	    .state = d->message_state,
	    .has_reference = d->has_reference,
	    .reference = d->user_message_reference,
	};
	if (r->state == 0 || r->state >= RECEIPT_STATES)
		r->state = state_in(text);
	if (r->state == 0)
		r->state = RECEIPT_UNKNOWN;
	if ((d->esm_class & MESSAGE_TYPE) == TYPE_INTERMEDIATE)
		r->state = RECEIPT_ENROUTE;
	id = behind(text, "id");
	if (d->receipted_message_id_len > 0)
		take_id(
		    r, d->receipted_message_id, d->receipted_message_id_len);
	else if (id != NULL)
		take_id(r, id, value_len(id));
	return 1;
}

/* What is expected. */

/* An id, as it is and as the numbers that it may be; 0 for none. */
struct id {
	uint64_t text, decimal, hexadecimal;
};

struct place {
	uint64_t addresses;
	struct id id;
	uint32_t next;      /* in its chain: a place's number, 0 for none */
	uint16_t reference; /* user_message_reference */
	uint8_t state;      /* final, or 0 */
	uint8_t used;
};

struct receipts {
	uint8_t key[crypto_shorthash_KEYBYTES];
	struct receipt_counters counters;
	size_t n, oldest, mask;
	uint32_t *heads;
	struct place *places; /* number i is places[i - 1] */
};

int
receipts_new(struct receipts **rp, size_t places)
{
	struct receipts *rs = calloc(1, sizeof(*rs));
	size_t heads = 1;

	if (rs == NULL)
		return -ENOMEM;
	while (heads < places)
		heads *= 2;
	rs->n = places;
	rs->mask = heads - 1;
	rs->heads = calloc(heads, sizeof(*rs->heads));
	rs->places = calloc(places, sizeof(*rs->places));
	randombytes_buf(rs->key, sizeof(rs->key));
	if (rs->heads == NULL || rs->places == NULL) {
		receipts_free(rs);
		return -ENOMEM;
	}
	*rp = rs;
	return 0;
}

void
receipts_free(struct receipts *rs)
{
	if (rs == NULL)
		return;
	free(rs->heads);
	free(rs->places);
	free(rs);
}

/* Never 0. */
static uint64_t
hash(const struct receipts *rs, const void *in, size_t len)
{
	uint64_t h;

	crypto_shorthash((uint8_t *)&h, in, len, rs->key);
	return h != 0 ? h : 1;
}

/* The last digits of an address, whatever stands before and between. */
static void
last_digits(const char *address, char out[DIGITS])
{
	size_t n = 0;

	for (size_t i = strlen(address); i-- > 0 && n < DIGITS;)
		if (isdigit((unsigned char)address[i]))
			out[n++] = address[i];
}

static uint64_t
hash_addresses(const struct receipts *rs, const char *from, const char *to)
{
	char both[2 * DIGITS] = {0};

	last_digits(from, both);
	last_digits(to, both + DIGITS);
	return hash(rs, both, sizeof(both));
}

/* An id as a number to a base, whatever zeros it has; 0 when it is none. */
static uint64_t
hash_number(const struct receipts *rs, const char *id, int base)
{
	size_t n;
	uint64_t v;

	id += strspn(id, "0");
	n = strspn(id, base == 10 ? "0123456789" : "0123456789abcdefABCDEF");
	if (id[n] != '\0' || n == 0 || n > (base == 10 ? 19 : 16))
		return 0;
	v = strtoull(id, NULL, base);
	return hash(rs, &v, sizeof(v));
}

static struct id
hash_id(const struct receipts *rs, const char *id)
{
	if (*id == '\0')
		return (struct id){0};
	return (struct id){
	    .text = hash(rs, id, strlen(id)),
	    .decimal = hash_number(rs, id, 10),
	    .hexadecimal = hash_number(rs, id, 16),
	};
}

static int
is_same_number(uint64_t a, const struct id *b)
{
	return a != 0 && (a == b->decimal || a == b->hexadecimal);
}

static int
is_same_id(const struct id *a, const struct id *b)
{
	return (a->text != 0 && a->text == b->text) ||
	    is_same_number(a->decimal, b) || is_same_number(a->hexadecimal, b);
}

static uint32_t *
head_of(const struct receipts *rs, uint64_t addresses)
{
	return &rs->heads[addresses & rs->mask];
}

static void
forget(struct receipts *rs, struct place *p)
{
	uint32_t number = p - rs->places + 1, *at = head_of(rs, p->addresses);

	while (*at != number)
		at = &rs->places[*at - 1].next;
	*at = p->next;
}

void
receipts_expect(struct receipts *rs, const char *from, const char *to,
    uint16_t reference, const char *message_id)
{
	struct place *p = &rs->places[rs->oldest];
	uint32_t *head;

	if (p->used)
		forget(rs, p);
	rs->oldest = (rs->oldest + 1) % rs->n;
	*p = (struct place){
	    .addresses = hash_addresses(rs, from, to),
	    .id = hash_id(rs, message_id),
	    .reference = reference,
	    .used = 1,
	};
	head = head_of(rs, p->addresses);
	p->next = *head;
	*head = p - rs->places + 1;
}

/* How well a receipt fits a message of its addresses: 0 not at all. An id
 * says more than a reference, of which some SMSCs keep the low octet alone;
 * where parts share an id, the reference tells them apart. */
static int
fit(const struct place *p, const struct id *id, const struct receipt *r)
{
	int by_reference = 0;

	if (r->has_reference && r->reference == p->reference)
		by_reference = 2;
	else if (r->has_reference && r->reference == (p->reference & 0xff))
		by_reference = 1;
	return is_same_id(&p->id, id) ? 3 + by_reference : by_reference;
}

/* What fits best; of those one that is still without a state. */
static struct place *
match(struct receipts *rs, uint64_t addresses, const struct receipt *r)
{
	const struct id id = hash_id(rs, r->id);
	struct place *p, *best = NULL;
	int best_fit = 0;

	for (uint32_t i = *head_of(rs, addresses); i != 0; i = p->next) {
		int this_fit;

		p = &rs->places[i - 1];
		if (p->addresses != addresses)
			continue;
		this_fit = 2 * fit(p, &id, r);
		if (this_fit == 0)
			continue;
		this_fit += p->state == 0;
		if (this_fit > best_fit) {
			best = p;
			best_fit = this_fit;
		}
	}
	return best;
}

void
receipts_take(struct receipts *rs, const char *source, const char *destination,
    const struct receipt *r)
{
	struct place *p;

	if (r->state == RECEIPT_ENROUTE) {
		rs->counters.intermediate++;
		return;
	}
	p = match(rs, hash_addresses(rs, destination, source), r);
	if (p == NULL) {
		rs->counters.unmatched[r->state]++;
	} else if (p->state != 0) {
		rs->counters.repeated++;
	} else {
		rs->counters.matched[r->state]++;
		p->state = r->state;
	}
}

const struct receipt_counters *
receipts_counters(const struct receipts *rs)
{
	return &rs->counters;
}

const char *
receipt_words(const struct receipt_counters *c, char out[RECEIPT_WORDS])
{
	size_t n = 0;

	for (int i = RECEIPT_DELIVERED; i < RECEIPT_STATES; i++)
		n += snprintf(out + n, RECEIPT_WORDS - n, "%s=%lu ", names[i],
		    c->matched[i]);
	n += snprintf(out + n, RECEIPT_WORDS - n,
	    "repeated=%lu intermediate=%lu", c->repeated, c->intermediate);
	for (int i = RECEIPT_DELIVERED; i < RECEIPT_STATES; i++)
		n += snprintf(out + n, RECEIPT_WORDS - n, " unmatched_%s=%lu",
		    names[i], c->unmatched[i]);
	return out;
}
