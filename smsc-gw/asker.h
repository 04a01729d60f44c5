/* Who sent a text, which service it asks, and where the answer goes. Pure. */
#ifndef ASKER_H
#define ASKER_H

#include "conf.h"
#include "key.h"
#include "outbox.h"
#include "pdu.h"

/* The service that a text asks, of the configuration that it was read by, and
 * its sender as E.164 digits. */
struct asker {
	const struct conf_service *service; /* null: the text asks none */
	char msisdn[DIGITS_MAX + 1];
};

/* 1, or 0 for what is no subscriber asking a service: another kind of message
 * (5.2.12), another code, or a sender whom an answer could set off again. */
int asker_read(struct asker *a, const struct conf *c,
    const struct conf_carrier *carrier, const struct deliver_sm *sm);

/* A subscriber who sends something, as E.164 digits. 0, or -EINVAL for a sender
 * whom an answer could set off again. */
int asker_number(const struct conf *c, const struct deliver_sm *sm,
    char msisdn[DIGITS_MAX + 1]);

/* What the octets of a text from an SMSC are (5.2.19). */
enum alphabet asker_alphabet(const struct conf_smsc *smsc, uint8_t data_coding);

/* Addresses an answer: back to where the text came from, from the code that
 * was texted, without "+". */
void asker_address(struct outbox_message *m, const struct deliver_sm *sm);

#endif
