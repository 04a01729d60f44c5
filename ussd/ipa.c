/* The IPA codec. Any 16-bit length is a length, so a peer that lies about one
 * shows in what then stands where a protocol should.
 *
 * An identity, as osmo-hlr 1.5.0 wants it:
 *
 *   00 LL FE 05   len16 08 "0/0/0" 00   len16 00 "EUSE-NAME" 00
 *            ID_RESP     unit id              serial number, which routes
 *
 * where a len16 counts its tag. It sends no ID_ACK. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include <osmocom/gsm/protocol/ipaccess.h>

#include "ipa.h"

/* Reading. */

static enum ipa_kind
kind_of_ccm(uint8_t type)
{
	switch (type) {
	case IPAC_MSGT_PING:
		return IPA_PING;
	case IPAC_MSGT_PONG:
		return IPA_PONG;
	case IPAC_MSGT_ID_GET:
		return IPA_ID_GET;
	case IPAC_MSGT_ID_NACK:
		return IPA_ID_NACK;
	}
	return IPA_OTHER;
}

static void
read_payload(const uint8_t *p, struct ipa_frame *f)
{
	const uint8_t *payload = p + IPA_HEADER;

	if (p[2] == IPAC_PROTO_IPACCESS) {
		f->kind = kind_of_ccm(*payload);
	} else if (*payload == IPAC_PROTO_EXT_GSUP) {
		f->kind = IPA_GSUP;
		f->gsup = p + IPA_GSUP_HEADER;
		f->gsup_len = f->length - IPA_GSUP_HEADER;
	}
}

int
ipa_read(const uint8_t *p, size_t len, struct ipa_frame *f)
{
	*f = (struct ipa_frame){.kind = IPA_OTHER};
	if (len < IPA_HEADER)
		return 0;
	f->length = IPA_HEADER + (p[0] << 8 | p[1]);
	if ((p[2] != IPAC_PROTO_IPACCESS && p[2] != IPAC_PROTO_OSMO) ||
	    f->length == IPA_HEADER) /* what it is stands in the payload */
		return -EBADMSG;
	if (f->length > IPA_MAX)
		return -EMSGSIZE;
	if (len < f->length)
		return 0;
	read_payload(p, f);
	return f->length;
}

/* Writing. */

static size_t
put_header(uint8_t *out, size_t len, uint8_t proto)
{
	out[0] = len >> 8;
	out[1] = len;
	out[2] = proto;
	return IPA_HEADER;
}

size_t
ipa_write_ccm(enum ipa_kind kind, uint8_t out[IPA_CCM_LEN])
{
	size_t n = put_header(out, 1, IPAC_PROTO_IPACCESS);

	assert(kind == IPA_PING || kind == IPA_PONG);
	out[n++] = kind == IPA_PING ? IPAC_MSGT_PING : IPAC_MSGT_PONG;
	return n;
}

static size_t
put_tag(uint8_t *out, uint8_t tag, const char *prefix, const char *value)
{
	size_t before = strlen(prefix), n = before + strlen(value) + 1;

	out[0] = (n + 1) >> 8;
	out[1] = n + 1;
	out[2] = tag;
	memcpy(out + 3, prefix, before);
	memcpy(out + 3 + before, value, n - before);
	return 3 + n;
}

size_t
ipa_write_identity(const char *name, uint8_t out[IPA_IDENTITY_MAX])
{
	size_t n = IPA_HEADER;

	assert(strlen(name) <= IPA_NAME);
	out[n++] = IPAC_MSGT_ID_RESP;
	n += put_tag(out + n, IPAC_IDTAG_UNIT, "", "0/0/0");
	n += put_tag(out + n, IPAC_IDTAG_SERNR, "EUSE-", name);
	put_header(out, n - IPA_HEADER, IPAC_PROTO_IPACCESS);
	return n;
}

size_t
ipa_write_gsup(size_t len, uint8_t out[IPA_GSUP_HEADER])
{
	size_t n = put_header(out, 1 + len, IPAC_PROTO_OSMO);

	out[n++] = IPAC_PROTO_EXT_GSUP;
	return n;
}
