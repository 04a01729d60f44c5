/* smsc-gw's codec, and a look-up for each text: what cannot be done for less
 * by a gateway that asks SQLite. */
#include <stdlib.h>
#include <string.h>

#include "echo.h"
#include "lookup.h"
#include "pdu.h"

static struct lookup *store;
static uint32_t sequence_number = 1;

void
echo_open(char **argv)
{
	if (argv[0] == NULL || argv[1] == NULL)
		exit(2);
	store = lookup_open(argv[0], argv[1]);
}

void
echo_begin(void)
{
	lookup_begin(store);
}

void
echo_end(void)
{
	lookup_end(store);
}

static size_t
submit(const struct deliver_sm *d, uint8_t *out)
{
	struct submit_sm s = {
	    .source_addr_npi = 1,
	    .dest_addr_ton = 1,
	    .dest_addr_npi = 1,
	    .data_coding = 8,
	    .short_message = echo_text,
	    .sm_length = ECHO_TEXT,
	};

	strcpy(s.source_addr, d->destination_addr);
	strcpy(s.destination_addr, d->source_addr);
	return pdu_write_submit_sm(&s, ++sequence_number, out);
}

void
echo_pdu(const uint8_t *p, size_t len, struct evbuffer *out)
{
	uint8_t answer[PDU_SESSION_MAX + PDU_SUBMIT_MAX];
	struct pdu_header h;
	struct deliver_sm d;
	size_t n;

	pdu_frame(p, len, &h);
	if (h.command_id != DELIVER_SM ||
	    pdu_read_deliver_sm(p, len, &d) != ESME_ROK ||
	    !lookup(store, d.source_addr))
		return;
	n = pdu_write_message_resp(
	    DELIVER_SM, ESME_ROK, h.sequence_number, answer);
	n += submit(&d, answer + n);
	evbuffer_add(out, answer, n);
}
