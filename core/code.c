/* SipHash-2-4 under the site key's subkey for codes; each input is a letter
 * and three numbers of eight octets in network order:
 *
 *   head  = H('h', number, key_hash of the service's name, minute)
 *   share = H('s', head, part, region), for each place
 *   MAC   = H('m', head, sum of the shares mod 2^64, 0)
 *
 * A sum has no order, and from it a place is left out by a subtraction: so a
 * verifier tries a set for the price of one hash. Shares are never shown, and
 * are others for each number, service and minute. */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "code.h"
#include "text.h"

#define LIMIT ((uint64_t)CODE_MINUTES * CODE_MACS)

static uint64_t
hash(const struct key *k, char what, uint64_t a, uint64_t b, uint64_t c)
{
	const uint64_t v[3] = {htobe64(a), htobe64(b), htobe64(c)};
	uint8_t in[1 + sizeof(v)];

	in[0] = what;
	memcpy(in + 1, v, sizeof(v));
	return key_code(k, in, sizeof(in));
}

void
code_begin(struct code *c, const struct key *k, uint64_t number,
    uint64_t service, int64_t time)
{
	*c = (struct code){.key = k, .minute = time / 60};
	c->head = hash(k, 'h', number, service, c->minute);
}

uint64_t
code_add(struct code *c, uint32_t part, uint32_t region)
{
	uint64_t share = hash(c->key, 's', c->head, part, region);

	c->sum += share;
	return share;
}

uint64_t
code_value(const struct code *c, uint64_t left_out)
{
	uint64_t mac = hash(c->key, 'm', c->head, c->sum - left_out, 0);

	return c->minute % CODE_MINUTES * CODE_MACS + mac % CODE_MACS;
}

void
code_format(uint64_t code, char out[CODE_DIGITS + 1])
{
	out[CODE_DIGITS] = '\0';
	for (int i = CODE_DIGITS - 1; i >= 0; i--, code /= 10)
		out[i] = '0' + code % 10;
}

/* The wide forms of input methods, and the dashes that phones make of a
 * hyphen. */
static uint32_t
fold(uint32_t c)
{
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xff01 - '!';
	if (c == 0xa0 || c == 0x3000)
		return ' ';
	return (c >= 0x2010 && c <= 0x2015) || c == 0x2212 ? '-' : c;
}

int
code_parse(const char *s, uint64_t *code)
{
	uint64_t v = 0;
	int digits = 0;
	uint32_t c;

	for (size_t n; (n = utf8_next(s, &c)) > 0; s += n) {
		c = fold(c);
		if (c == ' ' || c == '-')
			continue;
		if (c < '0' || c > '9' || ++digits > CODE_DIGITS)
			return -EBADMSG;
		v = v * 10 + (c - '0');
	}
	if (digits != CODE_DIGITS || v >= LIMIT)
		return -EBADMSG;
	*code = v;
	return 0;
}

int64_t
code_time(uint64_t code, int64_t now)
{
	int64_t minute = now / 60, ago;

	ago = (minute - (int64_t)(code / CODE_MACS)) % CODE_MINUTES;
	return (minute - (ago < 0 ? ago + CODE_MINUTES : ago)) * 60;
}
