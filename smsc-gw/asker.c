/* Addresses as SMSCs write them: a carrier's code may have "+" in front, a
 * subscriber's number any of the forms that msisdn_parse knows. */
#include <errno.h>
#include <string.h>

#include "asker.h"

#define TON_INTERNATIONAL 1
#define NPI_E164 1
#define TON_ALPHANUMERIC 5 /* 5.2.5 */
#define MESSAGE_TYPE 0x3c  /* of esm_class, 5.2.12 */

static const char *
without_plus(const char *address)
{
	return *address == '+' ? address + 1 : address;
}

/* A code may be as long as a number, and be written like one. */
static int
is_own_code(const struct conf *c, const char *from)
{
	size_t cc = strlen(c->country_code);

	from = strncmp(from, "00", 2) == 0 ? from + 2 : without_plus(from);
	return conf_is_code(c, from) ||
	    (strncmp(from, c->country_code, cc) == 0 &&
		conf_is_code(c, from + cc));
}

int
asker_number(const struct conf *c, const struct deliver_sm *sm,
    char msisdn[DIGITS_MAX + 1])
{
	const char *from = sm->source_addr;

	if (sm->source_addr_ton == TON_ALPHANUMERIC || is_own_code(c, from))
		return -EINVAL;
	return msisdn_parse(from, strlen(from), c->country_code, msisdn) < 0
	    ? -EINVAL
	    : 0;
}

int
asker_read(struct asker *a, const struct conf *c,
    const struct conf_carrier *carrier, const struct deliver_sm *sm)
{
	a->service = NULL;
	if ((sm->esm_class & MESSAGE_TYPE) == 0 &&
	    asker_number(c, sm, a->msisdn) == 0)
		a->service = conf_service_at(
		    c, carrier, without_plus(sm->destination_addr));
	return a->service != NULL;
}

enum alphabet
asker_alphabet(const struct conf_smsc *smsc, uint8_t data_coding)
{
	switch (data_coding) {
	case 0x00:
		return smsc->default_alphabet;
	case 0x01:
		return ALPHABET_ASCII;
	case 0x08:
		return ALPHABET_UCS2;
	}
	/* with a message class, as phones send it (TS 23.038 4): 7 bit unless
	 * bit 2 is set, and UCS-2 */
	if ((data_coding & 0xf4) == 0xf0 || (data_coding & 0xfc) == 0x10)
		return ALPHABET_GSM7;
	if ((data_coding & 0xfc) == 0x18)
		return ALPHABET_UCS2;
	return ALPHABET_LATIN1;
}

void
asker_address(struct outbox_message *m, const struct deliver_sm *sm)
{
	m->from_ton =
	    sm->dest_addr_ton == TON_INTERNATIONAL ? 0 : sm->dest_addr_ton;
	m->from_npi = sm->dest_addr_npi;
	m->to_ton = sm->source_addr_ton;
	m->to_npi = sm->source_addr_npi;
	if (sm->source_addr[0] == '+') /* which says just that */
		m->to_ton = TON_INTERNATIONAL, m->to_npi = NPI_E164;
	strcpy(m->from, without_plus(sm->destination_addr));
	strcpy(m->to, without_plus(sm->source_addr));
}
