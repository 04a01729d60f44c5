/* What deliver_sm and data_sm have in common: writing them as an SMSC would,
 * and comparing what was read. For targets that include pdu.c. */
#ifndef MESSAGE_PDU_H
#define MESSAGE_PDU_H

#include "fuzz.h"

/* From the header to destination_addr. */
static uint8_t *
put_addresses(const struct deliver_sm *d, uint8_t *out)
{
	uint8_t *p = out + PDU_HEADER;

	memset(out, 0, PDU_HEADER);
	p = put_string(p, "CMT");
	*p++ = d->source_addr_ton;
	*p++ = d->source_addr_npi;
	p = put_string(p, d->source_addr);
	*p++ = d->dest_addr_ton;
	*p++ = d->dest_addr_npi;
	return put_string(p, d->destination_addr);
}

static uint8_t *
put_tlvs(const struct deliver_sm *d, int with_payload, uint8_t *p)
{
	const uint8_t reference[] = {
	    d->sar_msg_ref_num >> 8, d->sar_msg_ref_num};

	p = put_tlv(p, TLVID_source_port, reference, 2);
	if (d->has_reference)
		p = put_tlv16(
		    p, TLVID_user_message_reference, d->user_message_reference);
	if (d->receipted_message_id_len > 0)
		p = put_tlv(p, TLVID_receipted_message_id,
		    d->receipted_message_id, d->receipted_message_id_len);
	if (d->message_state != 0)
		p = put_tlv(p, TLVID_message_state, &d->message_state, 1);
	if (d->has_ussd_op)
		p = put_tlv(p, TLVID_ussd_service_op, &d->ussd_service_op, 1);
	if (d->has_session_info)
		p = put_tlv16(p, TLVID_its_session_info, d->its_session_info);
	if (d->has_sar) {
		p = put_tlv(
		    p, TLVID_sar_segment_seqnum, &d->sar_segment_seqnum, 1);
		p = put_tlv(p, TLVID_sar_msg_ref_num, reference, 2);
		p = put_tlv(
		    p, TLVID_sar_total_segments, &d->sar_total_segments, 1);
	}
	if (with_payload)
		p = put_tlv(
		    p, TLVID_message_payload, d->message, d->message_len);
	return p;
}

static void
must_be_same(const struct deliver_sm *a, const struct deliver_sm *b)
{
	must(a->source_addr_ton == b->source_addr_ton &&
	    a->source_addr_npi == b->source_addr_npi &&
	    a->dest_addr_ton == b->dest_addr_ton &&
	    a->dest_addr_npi == b->dest_addr_npi);
	must(strcmp(a->source_addr, b->source_addr) == 0);
	must(strcmp(a->destination_addr, b->destination_addr) == 0);
	must(a->esm_class == b->esm_class && a->data_coding == b->data_coding);
	must(a->has_sar == b->has_sar);
	if (a->has_sar)
		must(a->sar_msg_ref_num == b->sar_msg_ref_num &&
		    a->sar_total_segments == b->sar_total_segments &&
		    a->sar_segment_seqnum == b->sar_segment_seqnum);
	must(a->has_reference == b->has_reference &&
	    a->user_message_reference == b->user_message_reference);
	must(a->has_ussd_op == b->has_ussd_op &&
	    a->ussd_service_op == b->ussd_service_op);
	must(a->has_session_info == b->has_session_info &&
	    a->its_session_info == b->its_session_info);
	must(a->message_state == b->message_state);
	must(a->receipted_message_id_len == b->receipted_message_id_len &&
	    a->receipted_message_id_len <= MESSAGE_ID_MAX);
	must(a->receipted_message_id_len == 0 ||
	    memcmp(a->receipted_message_id, b->receipted_message_id,
		a->receipted_message_id_len) == 0);
	must(a->message_len == b->message_len);
	must(memcmp(a->message, b->message, a->message_len) == 0);
}

typedef uint32_t message_reader(
    const uint8_t *pdu, size_t len, struct deliver_sm *d);
typedef size_t message_writer(const struct deliver_sm *d, uint8_t *out);

static void
must_round_trip(
    const struct deliver_sm *d, message_reader *read, message_writer *write)
{
	uint8_t *out = malloc(2 * PDU_MAX + 256), *exact;
	size_t len = write(d, out);
	struct deliver_sm again;

	exact = fuzz_copy(out, len);
	must(read(exact, len, &again) == ESME_ROK);
	must_be_same(d, &again);
	/* one octet less cuts the last TLV */
	must(read(exact, len - 1, &again) == ESME_RINVOPTPARSTREAM);
	free(exact);
	free(out);
}

/* Any octets as the body of a PDU. */
static void
fuzz_message(
    const uint8_t *in, size_t len, message_reader *read, message_writer *write)
{
	size_t size = PDU_HEADER + len;
	struct deliver_sm d;
	uint8_t *pdu;

	if (size > PDU_MAX)
		return;
	pdu = malloc(size);
	memset(pdu, 0, PDU_HEADER);
	if (len > 0)
		memcpy(pdu + PDU_HEADER, in, len);
	if (read(pdu, size, &d) == ESME_ROK) {
		must(strlen(d.source_addr) <= ADDRESS_MAX);
		must(strlen(d.destination_addr) <= ADDRESS_MAX);
		must(d.message >= pdu + PDU_HEADER &&
		    d.message + d.message_len <= pdu + size);
		must_round_trip(&d, read, write);
	}
	free(pdu);
}

#endif
