/* A message as submit_sm: in segments with user data headers (3GPP TS 23.040
 * 9.2.3.24.8), in segments with SMPP's sar_ parameters (SMPP 3.4 5.3.2.22 to
 * 24), or whole in message_payload (5.3.2.32). */
#include <string.h>

#include "form.h"

_Static_assert(FORM_MAX *SEGMENT_MAX <= PDU_PAYLOAD_MAX,
    "what goes into segments goes into a payload");

uint8_t
form_data_coding(enum alphabet a)
{
	return a == ALPHABET_UCS2 ? 0x08 : 0x00;
}

int
form_cut(struct form *f, const struct outbox_message *m, unsigned max_segments)
{
	int n = text_segments(m->text, m->alphabet, m->concat, m->reference,
	    f->segments, max_segments < FORM_MAX ? max_segments : FORM_MAX);

	if (n < 0)
		return n;
	f->n = n;
	f->payload_len = 0;
	if (n == 1 || m->concat != CONCAT_PAYLOAD)
		return 0;
	n = text_encode(m->text, m->alphabet, f->payload, sizeof(f->payload));
	if (n < 0)
		return n;
	f->n = 1;
	f->payload_len = n;
	return 0;
}

uint16_t
form_reference(const struct outbox_message *m, int i)
{
	return m->reference << 4 | i;
}

void
form_submit(const struct form *f, const struct outbox_message *m, int i,
    struct submit_sm *s)
{
	*s = (struct submit_sm){
	    .source_addr_ton = m->from_ton,
	    .source_addr_npi = m->from_npi,
	    .dest_addr_ton = m->to_ton,
	    .dest_addr_npi = m->to_npi,
	    .data_coding = form_data_coding(m->alphabet),
	    .registered_delivery = m->receipt,
	    .has_reference = m->receipt,
	    .user_message_reference = form_reference(m, i),
	};
	strcpy(s->source_addr, m->from);
	strcpy(s->destination_addr, m->to);
	if (f->payload_len > 0) {
		s->message_payload = f->payload;
		s->payload_len = f->payload_len;
		return;
	}
	s->short_message = f->segments[i].octets;
	s->sm_length = f->segments[i].len;
	s->esm_class = f->segments[i].udhi ? SMPP34_UDHI_IND : 0;
	if (m->concat == CONCAT_SAR) {
		s->sar_msg_ref_num = m->reference;
		s->sar_total_segments = f->n;
		s->sar_segment_seqnum = i + 1;
	}
}
