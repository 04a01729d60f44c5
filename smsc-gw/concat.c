/* Parts of long messages.
 *
 *   user data with a header (esm_class bit 6), TS 23.040 9.2.3.24:
 *   +------+-----+-----+------------+-----+-----+------------+----------
 *   | UDHL | IEI | len | data …     | IEI | len | data …     | text …
 *   +------+-----+-----+------------+-----+-----+------------+----------
 *            00    03    ref8  total number
 *            08    04    ref16 total number
 *
 * Messages lie in a row of places; finding one's own, a free one and those
 * whose time is over is one walk over a small index.
 *
 * A whole message stays for a while. When its last part was refused for now
 * the SMSC sends that one again, and without the others, which were taken,
 * it would be lost. A phone may also use one reference again, or always the
 * same: a part whose octets differ from those held begins a new message. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "concat.h"

#define IE_CONCAT_8 0x00
#define IE_CONCAT_16 0x08

/* What makes parts one message; compared as octets. */
struct name {
	char source[ADDRESS_MAX + 1], destination[ADDRESS_MAX + 1];
	uint8_t source_ton, source_npi, dest_ton, dest_npi;
	uint8_t data_coding, total;
	uint16_t reference;
};

/* The octets of the parts, those of a whole message until another takes the
 * place. */
struct message {
	struct name name;
	uint8_t len[CONCAT_PARTS];
	uint8_t text[CONCAT_PARTS][CONCAT_PART];
};

struct slot {
	uint64_t hash; /* of the name; 0: free */
	int64_t heard;
	uint16_t have; /* bit n: part n + 1 has come; or come again if whole */
	uint8_t last;  /* the number that made it whole; 0: not whole */
};

struct concat {
	size_t n;
	struct slot *slots;
	struct message *messages; /* slots[i] is of messages[i] */
	unsigned long expired;
};

/* Which part it is. */

static void
take(
    struct concat_part *part, unsigned reference, uint8_t total, uint8_t number)
{
	if (number == 0 || number > total)
		return;
	part->reference = reference;
	part->total = total;
	part->number = number;
}

static void
read_element(struct concat_part *part, const uint8_t *p)
{
	if (p[0] == IE_CONCAT_8 && p[1] == 3)
		take(part, p[2], p[3], p[4]);
	else if (p[0] == IE_CONCAT_16 && p[1] == 4)
		take(part, p[2] << 8 | p[3], p[4], p[5]);
}

static void
read_header(struct concat_part *part)
{
	const uint8_t *p = part->text;
	size_t end = part->len > 0 ? p[0] + 1 : 0, i = 1;

	if (end > part->len)
		return;
	part->text += end;
	part->len -= end;
	while (i + 2 <= end && i + 2 + p[i + 1] <= end) {
		read_element(part, p + i);
		i += 2 + p[i + 1];
	}
}

void
concat_read(const struct deliver_sm *d, struct concat_part *part)
{
	*part = (struct concat_part){
	    .total = 1,
	    .number = 1,
	    .text = d->message,
	    .len = d->message_len,
	};
	if (d->esm_class & SMPP34_UDHI_IND)
		read_header(part);
	if (part->total == 1 && d->has_sar)
		take(part, d->sar_msg_ref_num, d->sar_total_segments,
		    d->sar_segment_seqnum);
}

/* Places. */

static uint64_t
make_name(struct name *name, const struct deliver_sm *d,
    const struct concat_part *part)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

	memset(name, 0, sizeof(*name));
	strcpy(name->source, d->source_addr);
	strcpy(name->destination, d->destination_addr);
	name->source_ton = d->source_addr_ton;
	name->source_npi = d->source_addr_npi;
	name->dest_ton = d->dest_addr_ton;
	name->dest_npi = d->dest_addr_npi;
	name->data_coding = d->data_coding;
	name->total = part->total;
	name->reference = part->reference;
	for (size_t i = 0; i < sizeof(*name); i++)
		hash = (hash ^ ((uint8_t *)name)[i]) * 0x100000001b3;
	return hash | 1;
}

static void
drop_parts(struct concat *c, struct slot *s)
{
	if (s->last == 0)
		c->expired += __builtin_popcount(s->have);
	s->have = 0;
	s->last = 0;
}

static void
empty(struct concat *c, struct slot *s)
{
	drop_parts(c, s);
	s->hash = 0;
	s->heard = INT64_MIN; /* the first to be taken */
}

static int
is_over(const struct slot *s, int64_t now)
{
	int64_t max = s->last == 0 ? CONCAT_SECONDS : CONCAT_KEPT;

	return s->hash != 0 && s->heard < now - max;
}

/* The place of a message, its own or a new one. */
static struct slot *
place(struct concat *c, const struct name *name, uint64_t hash, int64_t now)
{
	struct slot *own = NULL, *oldest = c->slots;

	for (struct slot *s = c->slots; s < c->slots + c->n; s++) {
		if (is_over(s, now))
			empty(c, s);
		if (s->hash == hash &&
		    memcmp(&c->messages[s - c->slots].name, name,
			sizeof(*name)) == 0)
			own = s;
		else if (s->heard < oldest->heard)
			oldest = s;
	}
	if (own == NULL) {
		own = oldest;
		empty(c, own);
		own->hash = hash;
		c->messages[own - c->slots].name = *name;
	}
	own->heard = now;
	return own;
}

/* Life. */

int
concat_new(struct concat **cp, size_t messages)
{
	struct concat *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return -ENOMEM;
	c->n = messages > 0 ? messages : 1;
	c->slots = calloc(c->n, sizeof(*c->slots));
	c->messages = calloc(c->n, sizeof(*c->messages));
	if (c->slots == NULL || c->messages == NULL) {
		concat_free(c);
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->n; i++)
		empty(c, &c->slots[i]);
	*cp = c;
	return 0;
}

void
concat_free(struct concat *c)
{
	if (c == NULL)
		return;
	free(c->slots);
	free(c->messages);
	free(c);
}

unsigned long
concat_expired(const struct concat *c)
{
	return c->expired;
}

/* Parts. */

static int
is_held(const struct message *m, const struct slot *s,
    const struct concat_part *part)
{
	int i = part->number - 1;

	return (s->last != 0 || s->have & 1 << i) && m->len[i] == part->len &&
	    memcmp(m->text[i], part->text, part->len) == 0;
}

static int
give(const struct message *m, uint8_t *out, size_t *len)
{
	*len = 0;
	for (int i = 0; i < m->name.total; i++) {
		memcpy(out + *len, m->text[i], m->len[i]);
		*len += m->len[i];
	}
	return 1;
}

/* A part that is there already. */
static int
add_again(const struct message *m, struct slot *s,
    const struct concat_part *part, uint8_t *out, size_t *len)
{
	s->have |= 1 << (part->number - 1);
	if (s->last != part->number)
		return 0;
	s->have = 0;
	return give(m, out, len);
}

int
concat_add(struct concat *c, const struct deliver_sm *d,
    const struct concat_part *part, int64_t now, uint8_t out[CONCAT_OCTETS],
    size_t *len)
{
	int i = part->number - 1;
	struct name name;
	struct message *m;
	struct slot *s;

	if (part->len > CONCAT_PART)
		return -E2BIG;
	if (part->total > CONCAT_PARTS)
		return i == 0 ? -E2BIG : 0;
	s = place(c, &name, make_name(&name, d, part), now);
	m = &c->messages[s - c->slots];
	if (is_held(m, s, part))
		return add_again(m, s, part, out, len);
	if (s->last != 0)
		s->last = 0; /* what came again since then stays */
	else if (s->have & 1 << i)
		drop_parts(c, s);
	m->len[i] = part->len;
	memcpy(m->text[i], part->text, part->len);
	s->have |= 1 << i;
	if (s->have != (1 << part->total) - 1)
		return 0;
	s->last = part->number;
	s->have = 0;
	return give(m, out, len);
}
