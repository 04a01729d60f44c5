/* The lines of the audit. They are put together by hand: one is written for
 * every query. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "audit_chain.h"

#define VERSION "1"
#define SERVICE_MAX 64

_Static_assert(SERVICE_MAX * 2 + AUDIT_TEXT * 4 + 220 < AUDIT_LINE,
    "the texts, every octet a quote, and the rest of a line");

static const char begins[] = "begin,", ends[] = "end,";

/* Writing. */

/* A word of ours, with its comma. */
static char *
put_word(char *p, const char *s)
{
	p = stpcpy(p, s);
	*p++ = ',';
	return p;
}

/* As many as a hash has, or fewer; the loop has a fixed length, so that the
 * compiler does all of it at once. */
static inline char *
put_hex(char *p, const uint8_t *octets, size_t n)
{
	uint8_t in[KEY_MAC] = {0};
	char hex[AUDIT_HEX];

	memcpy(in, octets, n);
	for (size_t i = 0; i < sizeof(in); i++) {
		uint8_t high = in[i] >> 4, low = in[i] & 15;

		hex[2 * i] = high + (high < 10 ? '0' : 'a' - 10);
		hex[2 * i + 1] = low + (low < 10 ? '0' : 'a' - 10);
	}
	memcpy(p, hex, 2 * n);
	return p + 2 * n;
}

static char *
put_number(char *p, uint64_t v)
{
	char digits[20];
	int n = 0;

	do
		digits[n++] = '0' + v % 10;
	while ((v /= 10) > 0);
	while (n > 0)
		*p++ = digits[--n];
	return p;
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Has it the digits of a number, wherever they stand? */
static int
may_hold_number(const char *s)
{
	int digits = 0;

	for (; *s != '\0'; s++)
		digits += is_digit(*s);
	return digits >= KEY_NUMBER;
}

/* Anything, made to fit one line and to hold no number, in quotes. */
static char *
put_text(char *p, const char *s, size_t max)
{
	char masked[AUDIT_TEXT + 1];

	if (may_hold_number(s))
		s = key_mask_text(s, masked, max + 1);
	*p++ = '"';
	for (; *s != '\0' && max > 0; s++, max--) {
		if (*s == '"')
			*p++ = '"';
		*p++ = (unsigned char)*s < ' ' || *s == 0x7f ? ' ' : *s;
	}
	*p++ = '"';
	return p;
}

/* The hash of a line whose text ends at p; `line` comes back whole. */
static void
mac(const struct audit_chain *c, const char *line, size_t len,
    uint8_t out[KEY_MAC])
{
	uint8_t in[KEY_MAC + AUDIT_LINE];

	memcpy(in, c->hash, KEY_MAC);
	memcpy(in + KEY_MAC, line, len);
	key_mac(c->key, in, KEY_MAC + len, out);
}

/* Puts its hash behind a line that ends in a comma. */
static size_t
seal(struct audit_chain *c, char *line, char *p)
{
	mac(c, line, p - line, c->hash);
	p = put_hex(p, c->hash, KEY_MAC);
	*p++ = '\n';
	c->lines++;
	return p - line;
}

size_t
audit_put_begin(
    struct audit_chain *c, const struct audit_begin *b, char line[AUDIT_LINE])
{
	char *p = stpcpy(line, begins);

	memset(c->hash, 0, sizeof(c->hash));
	c->lines = 0;
	p = put_word(p, VERSION);
	p = put_word(p, b->time);
	p = put_word(p, b->program);
	p = put_word(p, b->name);
	p = put_hex(p, b->key, sizeof(b->key));
	*p++ = ',';
	if (b->before[0] != '\0') {
		p = stpcpy(p, b->before);
		*p++ = ':';
		p = stpcpy(p, b->before_hash);
	}
	*p++ = ',';
	return seal(c, line, p);
}

size_t
audit_put_act(struct audit_chain *c, const char *time,
    const struct audit_act *a, char line[AUDIT_LINE])
{
	char *p = put_word(line, a->act);

	p = put_word(p, time);
	p = put_word(p, a->channel);
	p = put_text(p, a->service, SERVICE_MAX);
	*p++ = ',';
	p = put_word(p, a->verdict);
	if (a->who != 0) {
		uint64_t who = htobe64(a->who);

		p = put_hex(p, (const uint8_t *)&who, sizeof(who));
	}
	*p++ = ',';
	if (a->count >= 0)
		p = put_number(p, a->count);
	*p++ = ',';
	if (a->by[0] != '\0')
		p = put_text(p, a->by, AUDIT_TEXT);
	*p++ = ',';
	if (a->by[0] != '\0')
		p = put_text(p, a->reason, AUDIT_TEXT);
	*p++ = ',';
	return seal(c, line, p);
}

size_t
audit_put_end(struct audit_chain *c, const char *time, char line[AUDIT_LINE])
{
	char *p = stpcpy(line, ends);

	p = put_word(p, time);
	p = put_number(p, c->lines + 1);
	*p++ = ',';
	return seal(c, line, p);
}

/* Reading. */

/* The field up to the next comma, which is passed over. -EBADMSG when there is
 * none, or more than the room for it. */
static int
take_field(const char **p, const char *end, char *to, size_t size)
{
	const char *comma = memchr(*p, ',', end - *p);
	size_t n;

	if (comma == NULL)
		return -EBADMSG;
	n = comma - *p;
	if (n >= size || memchr(*p, '\0', n) != NULL)
		return -EBADMSG;
	memcpy(to, *p, n);
	to[n] = '\0';
	*p = comma + 1;
	return 0;
}

static int
is_hex(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_digit(s[i]) && (s[i] < 'a' || s[i] > 'f'))
			return 0;
	return 1;
}

static int
read_hex(const char *s, size_t n, uint8_t *out)
{
	if (!is_hex(s, 2 * n))
		return -EBADMSG;
	for (size_t i = 0; i < 2 * n; i++) {
		int v = is_digit(s[i]) ? s[i] - '0' : s[i] - 'a' + 10;

		out[i / 2] = (i & 1 ? out[i / 2] : 0) << 4 | v;
	}
	return 0;
}

/* NAME:HASH, or nothing. */
static int
read_before(char *s, struct audit_begin *b)
{
	char *colon = strchr(s, ':');

	b->before[0] = b->before_hash[0] = '\0';
	if (*s == '\0')
		return 0;
	if (colon == NULL || colon == s || colon - s >= AUDIT_NAME ||
	    strlen(colon + 1) != AUDIT_HEX || !is_hex(colon + 1, AUDIT_HEX))
		return -EBADMSG;
	*colon = '\0';
	strcpy(b->before, s);
	strcpy(b->before_hash, colon + 1);
	return 0;
}

const char *
audit_hash_of(const char *line, size_t len)
{
	if (len <= AUDIT_HEX || line[len - AUDIT_HEX - 1] != ',' ||
	    !is_hex(line + len - AUDIT_HEX, AUDIT_HEX))
		return NULL;
	return line + len - AUDIT_HEX;
}

int
audit_read_begin(const char *line, size_t len, struct audit_begin *b)
{
	char version[8], key[2 * KEY_FINGERPRINT + 1];
	char before[AUDIT_NAME + AUDIT_HEX + 1];
	const char *p = line + strlen(begins), *end = line + len;

	if (len < strlen(begins) || memcmp(line, begins, strlen(begins)) != 0)
		return -EBADMSG;
	if (take_field(&p, end, version, sizeof(version)) < 0 ||
	    strcmp(version, VERSION) != 0 ||
	    take_field(&p, end, b->time, sizeof(b->time)) < 0 ||
	    take_field(&p, end, b->program, sizeof(b->program)) < 0 ||
	    take_field(&p, end, b->name, sizeof(b->name)) < 0 ||
	    take_field(&p, end, key, sizeof(key)) < 0 ||
	    strlen(key) != 2 * KEY_FINGERPRINT ||
	    read_hex(key, KEY_FINGERPRINT, b->key) < 0 ||
	    take_field(&p, end, before, sizeof(before)) < 0)
		return -EBADMSG;
	return read_before(before, b);
}

const char *
audit_prove(struct audit_chain *c, const char *line, size_t len, int *is_end)
{
	const char *hash = audit_hash_of(line, len);
	uint8_t stated[KEY_MAC], made[KEY_MAC];

	if (*is_end)
		return "goes on behind its end";
	if (hash == NULL || len >= AUDIT_LINE)
		return "is no line of an audit";
	if (c->lines == 0)
		memset(c->hash, 0, sizeof(c->hash));
	read_hex(hash, KEY_MAC, stated);
	mac(c, line, hash - line, made);
	if (sodium_memcmp(made, stated, KEY_MAC) != 0)
		return "was changed, or does not follow the line before it";
	memcpy(c->hash, made, KEY_MAC);
	c->lines++;
	*is_end = strncmp(line, ends, strlen(ends)) == 0;
	return NULL;
}
