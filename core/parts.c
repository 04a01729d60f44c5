/* Parts on the small state. One row holds all that has come of a message, so
 * that a part costs one row read and one written. Its key is two keyed hashes
 * of 32 bits, of the carrier and the sender, and of the carrier and the
 * message's name, so that a sender's messages lie side by side; its parts are
 * one sealed box:
 *
 *   24 octets  nonce, random
 *   16         Poly1305 tag
 *   1          version
 *   1          how many parts make it whole
 *   2          bit n: part n + 1 has come; or come again if it is whole
 *   1          the number of the part that made it whole; 0: it is not
 *   the rest   for each part that is there, in order: length, octets
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "parts.h"

#define VERSION 1
#define HEAD 5
#define PLAIN_MAX (HEAD + PARTS_MAX * (1 + PARTS_OCTETS))
#define ERASED_AT_ONCE 1024 /* to make room */
#define TELL_SECONDS 60     /* between two lines that there is none */

struct message {
	unsigned total;
	uint16_t have; /* bit n: part n + 1 has come; or come again if whole */
	uint8_t last;  /* the number that made it whole; 0: not whole */
	uint8_t len[PARTS_MAX];
	uint8_t octets[PARTS_MAX][PARTS_OCTETS];
};

struct parts {
	struct state *state;
	const struct key *key;
	char *carrier;
	uint64_t carrier_key;
	unsigned room;
	unsigned spare;        /* new ones until they are counted again */
	int64_t full_at;       /* when there was no room, epoch seconds */
	int is_full;           /* as was last logged, */
	int64_t told;          /* when, */
	unsigned long refused; /* and messages since */
	unsigned fresh;        /* whole ones since room was made */
	unsigned long lost;
	struct message message; /* the one at hand */
};

int
parts_new(struct parts **pp, struct state *state, const struct key *key,
    const char *carrier, unsigned room)
{
	struct parts *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	p->state = state;
	p->key = key;
	p->room = room;
	p->full_at = -1;
	p->told = INT64_MIN / 2;
	p->carrier = strdup(carrier);
	if (p->carrier == NULL) {
		free(p);
		return -ENOMEM;
	}
	p->carrier_key = key_hash(key, carrier, strlen(carrier));
	*pp = p;
	return 0;
}

void
parts_free(struct parts *p)
{
	if (p == NULL)
		return;
	free(p->carrier);
	free(p);
}

unsigned long
parts_lost(const struct parts *p)
{
	return p->lost;
}

/* A message at hand. */

static uint16_t
all_of(const struct message *m)
{
	return (1u << m->total) - 1;
}

/* Whose octets are there. */
static uint16_t
held(const struct message *m)
{
	return m->last != 0 ? all_of(m) : m->have;
}

static int
is_held(const struct message *m, const struct part *part)
{
	int i = part->number - 1;

	return held(m) & 1 << i && m->len[i] == part->len &&
	    memcmp(m->octets[i], part->octets, part->len) == 0;
}

/* 1 when the part makes the message whole, or did and comes again. `lost` are
 * parts that it takes the place of. */
static int
take(struct message *m, const struct part *part, int *lost)
{
	int i = part->number - 1, is_again = is_held(m, part);

	*lost = 0;
	if (!is_again) {
		m->last = 0; /* what came again since it was whole stays */
		if (m->have & 1 << i) {
			*lost = __builtin_popcount(m->have);
			m->have = 0;
		}
		m->len[i] = part->len;
		memcpy(m->octets[i], part->octets, part->len);
	}
	m->have |= 1 << i;
	if (!is_again && m->have == all_of(m))
		m->last = part->number;
	if (m->last != part->number)
		return 0;
	m->have = 0;
	return 1;
}

static size_t
join(const struct message *m, uint8_t out[PARTS_TEXT])
{
	size_t len = 0;

	for (unsigned i = 0; i < m->total; i++) {
		memcpy(out + len, m->octets[i], m->len[i]);
		len += m->len[i];
	}
	return len;
}

/* The plain form. */

static size_t
pack(const struct message *m, uint8_t out[PLAIN_MAX])
{
	const uint8_t head[HEAD] = {
	    VERSION, m->total, m->have >> 8, m->have & 0xff, m->last};
	size_t n = HEAD;

	memcpy(out, head, HEAD);
	for (unsigned i = 0; i < m->total; i++) {
		if (!(held(m) & 1 << i))
			continue;
		out[n++] = m->len[i];
		memcpy(out + n, m->octets[i], m->len[i]);
		n += m->len[i];
	}
	return n;
}

static int
unpack_head(const uint8_t *p, size_t len, struct message *m)
{
	if (len < HEAD || p[0] != VERSION || p[1] < 1 || p[1] > PARTS_MAX)
		return -EBADMSG;
	m->total = p[1];
	m->have = p[2] << 8 | p[3];
	m->last = p[4];
	return m->last > m->total || m->have & ~all_of(m) ? -EBADMSG : 0;
}

static int
unpack(const uint8_t *p, size_t len, struct message *m)
{
	const uint8_t *end = p + len;

	if (unpack_head(p, len, m) < 0)
		return -EBADMSG;
	p += HEAD;
	for (unsigned i = 0; i < m->total; i++) {
		if (!(held(m) & 1 << i))
			continue;
		if (p == end || *p > PARTS_OCTETS || *p >= end - p)
			return -EBADMSG;
		m->len[i] = *p++;
		memcpy(m->octets[i], p, m->len[i]);
		p += m->len[i];
	}
	return p == end ? 0 : -EBADMSG;
}

/* Rows. */

static uint32_t
hash(const struct parts *p, const void *what, size_t len)
{
	uint8_t in[sizeof(p->carrier_key) + PARTS_NAME];

	assert(len <= PARTS_NAME);
	memcpy(in, &p->carrier_key, sizeof(p->carrier_key));
	memcpy(in + sizeof(p->carrier_key), what, len);
	return key_hash(p->key, in, sizeof(p->carrier_key) + len);
}

static int64_t
row_of(const struct parts *p, const struct part *part)
{
	uint64_t source = hash(p, part->source, part->source_len);

	return (int64_t)(source << 32 | hash(p, part->name, part->name_len));
}

/* One that cannot be opened is none. */
static int
open_row(struct parts *p, sqlite3_stmt *st, unsigned total)
{
	uint8_t plain[PLAIN_MAX];
	const uint8_t *box = sqlite3_column_blob(st, 2);
	size_t len = sqlite3_column_bytes(st, 2);

	if (len >= KEY_BOX && len <= PLAIN_MAX + KEY_BOX &&
	    key_unbox(p->key, box, len, plain) == 0 &&
	    unpack(plain, len - KEY_BOX, &p->message) == 0 &&
	    p->message.total == total)
		return 0;
	log_error(DSTORE, "parts of a message cannot be opened; they are lost");
	return -EBADMSG;
}

/* Gets what is there of a message at hand: 0 or -errno. `lost` are parts that
 * a new one takes the place of. */
static int
load(struct parts *p, int64_t id, unsigned total, int64_t now, int *lost)
{
	sqlite3_stmt *st = state_write(p->state, PARTS_GET);
	int rc, waiting, is_over;

	*lost = 0;
	p->message.total = total;
	p->message.have = p->message.last = 0;
	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, id);
	rc = state_step(p->state, PARTS_GET);
	if (rc <= 0)
		return rc;
	waiting = sqlite3_column_int(st, 0);
	is_over = sqlite3_column_int64(st, 1) < now;
	if (is_over || open_row(p, st, total) < 0) {
		*lost = waiting;
		p->message.total = total;
		p->message.have = p->message.last = 0;
	}
	state_reset(p->state, PARTS_GET);
	return 0;
}

static int
save(struct parts *p, int64_t id, int64_t now)
{
	const struct message *m = &p->message;
	uint8_t plain[PLAIN_MAX], box[PLAIN_MAX + KEY_BOX];
	size_t len = pack(m, plain);
	sqlite3_stmt *st = state_write(p->state, PARTS_PUT);
	int is_whole = m->last != 0;

	if (st == NULL)
		return -EIO;
	key_box(p->key, plain, len, box);
	sqlite3_bind_int64(st, 1, id);
	sqlite3_bind_text(st, 2, p->carrier, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 3, is_whole);
	sqlite3_bind_int(st, 4, is_whole ? 0 : __builtin_popcount(m->have));
	sqlite3_bind_int64(
	    st, 5, now + (is_whole ? PARTS_KEPT : PARTS_SECONDS));
	sqlite3_bind_blob(st, 6, box, len + KEY_BOX, SQLITE_STATIC);
	return state_step(p->state, PARTS_PUT);
}

/* Runs a statement that erases rows and tells of each how many parts waited
 * in it. */
static int
erase(struct parts *p, sqlite3_stmt *st, enum state_statement which)
{
	int rc, n = 0;

	while ((rc = state_step(p->state, which)) == 1) {
		p->lost += sqlite3_column_int(st, 0);
		n++;
	}
	return rc < 0 ? rc : n;
}

/* Whole ones only. */
static void
make_room(struct parts *p)
{
	sqlite3_stmt *st;

	if (p->fresh <= p->room / 64)
		return;
	st = state_write(p->state, PARTS_MAKE_ROOM);
	if (st == NULL)
		return;
	p->fresh = 0;
	sqlite3_bind_text(st, 1, p->carrier, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, ERASED_AT_ONCE);
	sqlite3_bind_int64(st, 3, (int64_t)p->room * PARTS_ROOM_KEPT);
	erase(p, st, PARTS_MAKE_ROOM);
}

/* The number that a statement gives, whose parameters are bound. */
static int64_t
count(struct parts *p, sqlite3_stmt *st, enum state_statement which)
{
	int64_t n = -EIO;
	int rc = state_step(p->state, which);

	if (rc <= 0)
		return rc < 0 ? rc : n;
	n = sqlite3_column_int64(st, 0);
	state_reset(p->state, which);
	return n;
}

/* Unfinished messages of whoever sent this one. */
static int64_t
waiting_of_source(struct parts *p, int64_t id, int64_t now)
{
	sqlite3_stmt *st = state_write(p->state, PARTS_OF_SOURCE);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, id & ~(int64_t)UINT32_MAX);
	sqlite3_bind_int64(st, 2, id | UINT32_MAX);
	sqlite3_bind_int64(st, 3, now);
	return count(p, st, PARTS_OF_SOURCE);
}

static int64_t
waiting_of_carrier(struct parts *p, int64_t now)
{
	sqlite3_stmt *st = state_write(p->state, PARTS_OF_CARRIER);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_text(st, 1, p->carrier, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, now);
	return count(p, st, PARTS_OF_CARRIER);
}

/* One pair of lines a minute: where room comes and goes the rest is silent. */
static void
tell_full(struct parts *p, int64_t now)
{
	if (p->is_full || now - p->told < TELL_SECONDS)
		return;
	p->is_full = 1;
	p->told = now;
	log_notice(DSTORE,
	    "carrier %s has %u unfinished messages; what would begin one more "
	    "is refused for now",
	    p->carrier, p->room);
}

static void
tell_room(struct parts *p)
{
	if (!p->is_full)
		return;
	log_notice(DSTORE,
	    "carrier %s has room for unfinished messages again refused=%lu",
	    p->carrier, p->refused);
	p->is_full = 0;
	p->refused = 0;
}

/* A carrier's are many: they are counted once for a 64th of them, and when
 * there is no room, once a second. */
static int
look_for_room(struct parts *p, int64_t now)
{
	int64_t n = p->full_at == now ? p->room : waiting_of_carrier(p, now);

	if (n < 0)
		return n;
	if (n >= p->room) {
		p->full_at = now;
		tell_full(p, now);
		return -ENOBUFS;
	}
	tell_room(p);
	p->spare = p->room / 64 + 1;
	if (p->spare > p->room - n)
		p->spare = p->room - n;
	return 0;
}

/* May one more message wait? */
static int
take_room(struct parts *p, int64_t id, int64_t now)
{
	int64_t n = waiting_of_source(p, id, now);
	int rc = n < 0 ? n : n >= PARTS_ROOM_SOURCE ? -EDQUOT : 0;

	if (rc == 0 && p->spare == 0)
		rc = look_for_room(p, now);
	if (rc == 0)
		p->spare--;
	p->refused += rc == -ENOBUFS;
	return rc;
}

int
parts_add(struct parts *p, const struct part *part, int64_t now,
    uint8_t out[PARTS_TEXT], size_t *len)
{
	struct message *m = &p->message;
	int rc, was_whole, waited, is_whole, lost, mixed;
	int64_t id;

	if (part->len > PARTS_OCTETS)
		return -E2BIG;
	if (part->total > PARTS_MAX)
		return part->number == 1 ? -E2BIG : 0;
	id = row_of(p, part);
	rc = load(p, id, part->total, now, &lost);
	if (rc < 0)
		return rc;
	was_whole = m->last != 0;
	waited = !was_whole && m->have != 0;
	is_whole = take(m, part, &mixed);
	if (m->last == 0 && !waited)
		rc = take_room(p, id, now);
	if (rc == 0)
		rc = save(p, id, now);
	if (rc < 0)
		return rc;
	p->lost += lost + mixed;
	p->fresh += m->last != 0 && !was_whole;
	make_room(p);
	if (is_whole)
		*len = join(m, out);
	return is_whole;
}

int
parts_expire(struct parts *p, int64_t now, int max)
{
	sqlite3_stmt *st = state_write(p->state, PARTS_EXPIRE);

	if (st == NULL)
		return -EIO;
	if (p->is_full) /* nobody may ask for a while */
		look_for_room(p, now);
	sqlite3_bind_int64(st, 1, now);
	sqlite3_bind_int(st, 2, max);
	return erase(p, st, PARTS_EXPIRE);
}
