/* PDUs for other eyes: what is personal in them covered with '*', octet for
 * octet, so that every length stays true. Pure. */
#ifndef MASK_H
#define MASK_H

#include <stddef.h>
#include <stdint.h>

/* Masks a PDU in place. Addresses, and other strings, of seven digits and more
 * keep their first three, and of eleven and more their last four too;
 * passwords, texts, also of receipts, and subaddresses keep nothing but a user
 * data header, message_ids and times everything.
 * What cannot be told apart, of an unknown command or a body that lies about
 * its lengths, is masked to the end. Octets that are no PDU are masked all. */
void mask_pdu(uint8_t *pdu, size_t len);

#endif
