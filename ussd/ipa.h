/* IPA, the framing below GSUP, with its own messages (CCM): who we are, are
 * you there. Pure.
 *
 *   +-------+-------+---------------------------------------+
 *   | len16 | proto | payload, len octets                   |
 *   +-------+-------+---------------------------------------+
 *             FE      CCM: type …
 *             EE      05 GSUP message (or another extension) */
#ifndef IPA_H
#define IPA_H

#include <stddef.h>
#include <stdint.h>

#define IPA_HEADER 3
#define IPA_MAX 1024 /* octets of a frame that is read; longer: passed over */
#define IPA_GSUP_HEADER 4
#define IPA_CCM_LEN 4       /* octets of a ping, a pong */
#define IPA_IDENTITY_MAX 96 /* of an identity */
#define IPA_NAME 64         /* characters of our name */

enum ipa_kind {
	IPA_GSUP,
	IPA_PING,
	IPA_PONG,
	IPA_ID_GET,
	IPA_ID_NACK,
	IPA_OTHER /* of no concern to us */
};

struct ipa_frame {
	enum ipa_kind kind;
	size_t length;       /* of all of it */
	const uint8_t *gsup; /* within the frame, gsup_len octets */
	size_t gsup_len;
};

/* How many octets the frame at `p` takes once all are there; 0 for "not yet";
 * -EMSGSIZE when it is longer than IPA_MAX: then f->length is how much to pass
 * over; -EBADMSG when it is no frame of a GSUP link. */
int ipa_read(const uint8_t *p, size_t len, struct ipa_frame *f);

/* Each writes a frame, or what goes before a GSUP message of `len` octets, and
 * returns its length. */
size_t ipa_write_ccm(enum ipa_kind kind, uint8_t out[IPA_CCM_LEN]);
size_t ipa_write_identity(const char *name, uint8_t out[IPA_IDENTITY_MAX]);
size_t ipa_write_gsup(size_t len, uint8_t out[IPA_GSUP_HEADER]);

#endif
