/* IPA framing, octet by octet. Every frame is read from exactly its octets of
 * heap, so that reading on shows. */
#include "ussd/ipa.c"

#include <stdlib.h>

#include <osmocom/gsm/ipa.h>

#include "test.h"

static int
read_exact(const void *p, size_t len, struct ipa_frame *f)
{
	uint8_t *copy = malloc(len ? len : 1);
	int n;

	memcpy(copy, p, len);
	n = ipa_read(copy, len, f);
	f->gsup = NULL; /* goes with the copy */
	free(copy);
	return n;
}

#define READ(octets, f) read_exact(octets, sizeof(octets) - 1, f)

/* What osmo-hlr 1.5.0 says first. */
static const uint8_t id_get[] = {
    0x00, 0x11,             /* 17 octets */
    0xfe,                   /* CCM */
    0x04,                   /* ID_GET, then what it asks for */
    0x01, 0x08, 0x01, 0x07, /* unit id, MAC address */
    0x01, 0x02, 0x01, 0x03, /* location, unit type */
    0x01, 0x04, 0x01, 0x05, /* hardware, software version */
    0x01, 0x01, 0x01, 0x00, /* unit name, serial number */
};

/* What it takes from us. */
static const uint8_t identity[] = {
    0x00, 0x19, 0xfe,                /* 25 octets of CCM */
    0x05,                            /* ID_RESP */
    0x00, 0x07, 0x08,                /* 7 octets: unit id */
    '0', '/', '0', '/', '0', 0,      /* "0/0/0" */
    0x00, 0x0d, 0x00,                /* 13 octets: serial number */
    'E', 'U', 'S', 'E', '-',         /* which is the name */
    'T', 'R', 'A', 'V', 'E', 'L', 0, /* that it routes by */
};

static void
test_read(void)
{
	struct ipa_frame f;

	ok_int(read_exact(id_get, sizeof(id_get), &f), 20, "ID_GET");
	ok_int(f.kind, IPA_ID_GET, "is what it is");
	ok_int(READ("\x00\x01\xfe\x00", &f), 4, "PING");
	ok_int(f.kind, IPA_PING, "is what it is");
	ok_int(READ("\x00\x01\xfe\x01", &f), 4, "PONG");
	ok_int(f.kind, IPA_PONG, "is what it is");
	ok_int(READ("\x00\x01\xfe\x07", &f), 4, "ID_NACK");
	ok_int(f.kind, IPA_ID_NACK, "is what it is");
	ok_int(READ("\x00\x01\xfe\x06", &f), 4, "ID_ACK");
	ok_int(f.kind, IPA_OTHER, "does not concern us");
	ok_int(READ("\x00\x01\xfe\xff", &f), 4, "an unknown CCM");
	ok_int(f.kind, IPA_OTHER, "does not concern us");
	ok_int(READ("\x00\x02\xee\x05\x20", &f), 5, "GSUP");
	ok_int(f.kind, IPA_GSUP, "is what it is");
	ok_int(f.gsup_len, 1, "and how long");
	ok_int(READ("\x00\x01\xee\x05", &f), 4, "GSUP of no octets");
	ok_int(f.gsup_len, 0, "has none");
	ok_int(READ("\x00\x02\xee\x06\x20", &f), 5, "another extension");
	ok_int(f.kind, IPA_OTHER, "does not concern us");
	ok_int(READ("\x00\x01\xfe\x00\x00\x01\xfe\x01", &f), 4, "two frames");
	ok_int(f.kind, IPA_PING, "the first comes first");
}

static void
test_whole(void)
{
	const uint8_t gsup[] = {0x00, 0x03, 0xee, 0x05, 0x20, 0x21};
	struct ipa_frame f;

	ok_int(ipa_read(gsup, sizeof(gsup), &f), 6, "a frame");
	ok(f.gsup == gsup + 4 && f.gsup_len == 2, "its message lies within");
	for (size_t n = 0; n < sizeof(id_get); n++)
		ok_int(read_exact(id_get, n, &f), 0, "not whole at %zu", n);
}

static void
test_lengths(void)
{
	uint8_t long_frame[IPA_MAX] = {(IPA_MAX - IPA_HEADER) >> 8,
	    (IPA_MAX - IPA_HEADER) & 0xff, 0xee, 5};
	struct ipa_frame f;

	ok_int(read_exact(long_frame, sizeof(long_frame), &f), IPA_MAX,
	    "the longest frame");
	ok_int(f.gsup_len, IPA_MAX - IPA_GSUP_HEADER, "is whole");
	long_frame[1]++;
	ok_int(read_exact(long_frame, 3, &f), -EMSGSIZE, "one octet more");
	ok_int(f.length, IPA_MAX + 1, "to be passed over");
	ok_int(READ("\xff\xff\xee", &f), -EMSGSIZE, "64 KB");
	ok_int(f.length, 65538, "to be passed over");
	ok_int(READ("\x00\x00\xee", &f), -EBADMSG, "GSUP without an extension");
	ok_int(READ("\x00\x00\xfe", &f), -EBADMSG, "CCM without a type");
	ok_int(READ("\x00\x01\x00\x00", &f), -EBADMSG, "RSL");
	ok_int(READ("GET", &f), -EBADMSG, "another protocol");
	ok_int(READ("GE", &f), 0, "which takes three octets to see");
}

static void
test_write(void)
{
	uint8_t out[IPA_IDENTITY_MAX];
	char name[IPA_NAME + 1] = "";
	struct tlv_parsed tags;
	size_t n = ipa_write_identity("TRAVEL", out);

	ok(n == sizeof(identity) && memcmp(out, identity, n) == 0,
	    "the identity that osmo-hlr takes");
	ok_int(ipa_ccm_id_resp_parse(&tags, out + 4, n - 4), 0,
	    "libosmocore reads it");
	ok_int(TLVP_LEN(&tags, IPAC_IDTAG_SERNR), 12, "with the NUL");
	ok_str((const char *)TLVP_VAL(&tags, IPAC_IDTAG_SERNR), "EUSE-TRAVEL",
	    "as it was meant");
	memset(name, 'n', IPA_NAME);
	ok(ipa_write_identity(name, out) <= IPA_IDENTITY_MAX,
	    "the longest name has room");
	ok(ipa_write_ccm(IPA_PING, out) == 4 &&
		memcmp(out, "\x00\x01\xfe\x00", 4) == 0,
	    "PING");
	ok(ipa_write_ccm(IPA_PONG, out) == 4 &&
		memcmp(out, "\x00\x01\xfe\x01", 4) == 0,
	    "PONG");
	ok(ipa_write_gsup(0x97, out) == 4 &&
		memcmp(out, "\x00\x98\xee\x05", 4) == 0,
	    "what goes before a message");
}

int
main(void)
{
	test_read();
	test_whole();
	test_lengths();
	test_write();
	return test_done();
}
