/* The outbox on the small state. A row's message is one sealed box:
 *
 *   24 octets  nonce, random
 *   16         Poly1305 tag
 *   the rest   how to send it, from, to, text
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "log.h"
#include "outbox.h"

#define HEAD_1 8
#define HEAD_2 10
#define PLAIN_MAX (HEAD_2 + 2 * OUTBOX_ADDRESS + OUTBOX_TEXT)

struct outbox {
	struct state *state;
	const struct key *key;
	char *carrier;
	int64_t owner;
};

int
outbox_new(struct outbox **op, struct state *state, const struct key *key,
    const char *carrier)
{
	struct outbox *o = calloc(1, sizeof(*o));

	if (o == NULL)
		return -ENOMEM;
	o->state = state;
	o->key = key;
	o->carrier = strdup(carrier);
	randombytes_buf(&o->owner, sizeof(o->owner));
	if (o->carrier == NULL) {
		free(o);
		return -ENOMEM;
	}
	*op = o;
	return 0;
}

void
outbox_free(struct outbox *o)
{
	if (o == NULL)
		return;
	free(o->carrier);
	free(o);
}

#define FLAG_RECEIPT 0x01

/* The plain form: version, TONs and NPIs, alphabet, reference, concat, flags;
 * then three strings with their NULs. Version 1 ends with the reference and
 * was sent with UDH. A version or a flag to come is left alone. */

void
outbox_copy(struct outbox_message *to, const struct outbox_message *from)
{
	memcpy(to, from, offsetof(struct outbox_message, text));
	strcpy(to->text, from->text);
}

static size_t
put_string(uint8_t *p, const char *s)
{
	size_t n = strlen(s) + 1;

	memcpy(p, s, n);
	return n;
}

static size_t
pack(const struct outbox_message *m, uint8_t out[PLAIN_MAX])
{
	const uint8_t head[HEAD_2] = {2, m->from_ton, m->from_npi, m->to_ton,
	    m->to_npi, m->alphabet, m->reference >> 8, m->reference & 0xff,
	    m->concat, m->receipt ? FLAG_RECEIPT : 0};
	size_t n = sizeof(head);

	memcpy(out, head, n);
	n += put_string(out + n, m->from);
	n += put_string(out + n, m->to);
	n += put_string(out + n, m->text);
	return n;
}

static int
take_string(const uint8_t **p, const uint8_t *end, char *out, size_t size)
{
	size_t n = strnlen((const char *)*p, end - *p);

	if (n == (size_t)(end - *p) || n >= size)
		return -EBADMSG;
	memcpy(out, *p, n + 1);
	*p += n + 1;
	return 0;
}

/* The octets before the strings, -EBADMSG when they are none of ours. */
static int
unpack_head(const uint8_t *p, size_t len, struct outbox_message *m)
{
	int n = len > 0 && p[0] == 1 ? HEAD_1 : HEAD_2;

	if (len < (size_t)n || (p[0] != 1 && p[0] != 2) ||
	    p[5] > ALPHABET_LATIN1)
		return -EBADMSG;
	*m = (struct outbox_message){
	    .from_ton = p[1],
	    .from_npi = p[2],
	    .to_ton = p[3],
	    .to_npi = p[4],
	    .alphabet = p[5],
	    .reference = p[6] << 8 | p[7],
	    .concat = CONCAT_UDH,
	};
	if (p[0] == 1)
		return n;
	if (p[8] > CONCAT_PAYLOAD || (p[9] & ~FLAG_RECEIPT) != 0)
		return -EBADMSG;
	m->concat = p[8];
	m->receipt = p[9] & FLAG_RECEIPT;
	return n;
}

static int
unpack(const uint8_t *p, size_t len, struct outbox_message *m)
{
	const uint8_t *end = p + len;
	int n = unpack_head(p, len, m);

	if (n < 0)
		return n;
	p += n;
	if (take_string(&p, end, m->from, sizeof(m->from)) < 0 ||
	    take_string(&p, end, m->to, sizeof(m->to)) < 0 ||
	    take_string(&p, end, m->text, sizeof(m->text)) < 0)
		return -EBADMSG;
	return p == end ? 0 : -EBADMSG;
}

static int
put(struct outbox *o, const struct outbox_message *m, uint32_t done,
    int64_t expires, int64_t owner, int64_t lease, int64_t *id)
{
	uint8_t plain[PLAIN_MAX], box[PLAIN_MAX + KEY_BOX];
	size_t len = pack(m, plain);
	sqlite3_stmt *st = state_write(o->state, OUTBOX_PUT);
	int rc;

	if (st == NULL)
		return -EIO;
	key_box(o->key, plain, len, box);
	sqlite3_bind_text(st, 1, o->carrier, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, owner);
	sqlite3_bind_int64(st, 3, lease);
	sqlite3_bind_int64(st, 4, expires);
	sqlite3_bind_int64(st, 5, done);
	sqlite3_bind_blob(st, 6, box, len + KEY_BOX, SQLITE_STATIC);
	rc = state_step(o->state, OUTBOX_PUT);
	if (rc == 0)
		*id = sqlite3_last_insert_rowid(sqlite3_db_handle(st));
	return rc;
}

int
outbox_put(struct outbox *o, const struct outbox_message *m, uint32_t done,
    int64_t expires, int64_t now, int64_t *id)
{
	return put(o, m, done, expires, o->owner, now + OUTBOX_LEASE, id);
}

int
outbox_leave(struct outbox *o, const struct outbox_message *m, int64_t expires)
{
	int64_t id;

	return put(o, m, 0, expires, 0, 0, &id);
}

int
outbox_done(struct outbox *o, int64_t id, uint32_t done)
{
	sqlite3_stmt *st = state_write(o->state, OUTBOX_DONE);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, done);
	sqlite3_bind_int64(st, 2, id);
	return state_step(o->state, OUTBOX_DONE);
}

int
outbox_erase(struct outbox *o, int64_t id)
{
	sqlite3_stmt *st = state_write(o->state, OUTBOX_ERASE);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, id);
	return state_step(o->state, OUTBOX_ERASE);
}

/* All that this process owns, but for what has expired by now, is leased
 * until then. */
static int
lease(struct outbox *o, int64_t until, int64_t now)
{
	sqlite3_stmt *st = state_write(o->state, OUTBOX_RENEW);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, until);
	sqlite3_bind_int64(st, 2, o->owner);
	sqlite3_bind_int64(st, 3, now);
	return state_step(o->state, OUTBOX_RENEW);
}

int
outbox_renew(struct outbox *o, int64_t now)
{
	return lease(o, now + OUTBOX_LEASE, now);
}

int
outbox_is_lost(struct outbox *o, int64_t id)
{
	sqlite3_stmt *st = state_read(o->state, OUTBOX_OWNER);
	int rc, is_ours;

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, id);
	rc = state_step(o->state, OUTBOX_OWNER);
	if (rc <= 0)
		return rc < 0 ? rc : 1;
	is_ours = sqlite3_column_int64(st, 0) == o->owner;
	state_reset(o->state, OUTBOX_OWNER);
	return !is_ours;
}

int
outbox_release(struct outbox *o)
{
	return lease(o, 0, 0);
}

static int
open_row(const struct key *k, sqlite3_stmt *st, struct outbox_row *row)
{
	uint8_t plain[PLAIN_MAX];
	const uint8_t *box = sqlite3_column_blob(st, 3);
	size_t len = sqlite3_column_bytes(st, 3);

	row->id = sqlite3_column_int64(st, 0);
	row->expires = sqlite3_column_int64(st, 1);
	row->done = sqlite3_column_int64(st, 2);
	if (len < KEY_BOX || len > PLAIN_MAX + KEY_BOX ||
	    key_unbox(k, box, len, plain) < 0)
		return -EBADMSG;
	return unpack(plain, len - KEY_BOX, &row->message);
}

static int
give_back(struct outbox *o, int64_t id, int64_t now)
{
	sqlite3_stmt *st = state_write(o->state, OUTBOX_GIVE_BACK);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, now + OUTBOX_AGAIN);
	sqlite3_bind_int64(st, 2, id);
	return state_step(o->state, OUTBOX_GIVE_BACK);
}

/* Hands out what was just claimed: 0 or -errno. */
static int
hand_out(struct outbox *o, sqlite3_stmt *st, int64_t now, outbox_row_h *h,
    void *arg, int *sealed)
{
	struct outbox_row row;
	int rc;

	while ((rc = state_step(o->state, OUTBOX_CLAIM)) == 1) {
		int opened = open_row(o->key, st, &row) == 0;

		*sealed += !opened;
		if (opened && h(&row, arg) == 0)
			continue;
		rc = give_back(o, row.id, now);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int
outbox_claim(struct outbox *o, int64_t now, int max, outbox_row_h *h, void *arg)
{
	sqlite3_stmt *st = state_write(o->state, OUTBOX_CLAIM);
	int rc, sealed = 0;

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, o->owner);
	sqlite3_bind_int64(st, 2, now + OUTBOX_LEASE);
	sqlite3_bind_text(st, 3, o->carrier, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 4, now);
	sqlite3_bind_int(st, 5, max);
	rc = hand_out(o, st, now, h, arg, &sealed);
	if (rc < 0) { /* what was not handed out would be ours, and unsent */
		state_reset(o->state, OUTBOX_CLAIM);
		state_undo(o->state);
	}
	if (sealed > 0)
		log_error(DSTORE,
		    "%d outbox rows cannot be opened with this key_file; they "
		    "are left for who can, until they expire",
		    sealed);
	return rc;
}

int
outbox_expire(struct outbox *o, int64_t now)
{
	sqlite3_stmt *st = state_write(o->state, OUTBOX_EXPIRE);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, now);
	return state_step(o->state, OUTBOX_EXPIRE);
}

static int
is_to(const struct outbox_message *m, const char *cc, const char *msisdn)
{
	char to[DIGITS_MAX + 1];

	return msisdn_parse(m->to, strlen(m->to), cc, to) == 0 &&
	    strcmp(to, msisdn) == 0;
}

int
outbox_forget(struct state *s, const struct key *k, const char *country_code,
    const char *msisdn)
{
	sqlite3_stmt *each = state_write(s, OUTBOX_EACH);
	sqlite3_stmt *erase = state_write(s, OUTBOX_ERASE);
	struct outbox_row row;
	int rc, n = 0;

	if (each == NULL || erase == NULL)
		return -EIO;
	while ((rc = state_step(s, OUTBOX_EACH)) == 1) {
		if (open_row(k, each, &row) < 0 ||
		    !is_to(&row.message, country_code, msisdn))
			continue;
		sqlite3_bind_int64(erase, 1, row.id);
		rc = state_step(s, OUTBOX_ERASE);
		if (rc < 0)
			break;
		n++;
	}
	if (rc != 0)
		state_reset(s, OUTBOX_EACH);
	return rc < 0 ? rc : n;
}

int64_t
outbox_count(struct outbox *o)
{
	sqlite3_stmt *st = state_read(o->state, OUTBOX_COUNT);
	int64_t n;

	if (st == NULL)
		return -1;
	sqlite3_bind_text(st, 1, o->carrier, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, OUTBOX_COUNTED);
	if (state_step(o->state, OUTBOX_COUNT) != 1)
		return -1;
	n = sqlite3_column_int64(st, 0);
	state_reset(o->state, OUTBOX_COUNT);
	return n;
}
