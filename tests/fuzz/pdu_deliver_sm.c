/* The body of a deliver_sm (SMPP 3.4 4.6.1). */
#include "smsc-gw/pdu.c"

#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return 0;
}

/* As an SMSC would write it. */
static size_t
put(const struct deliver_sm *d, uint8_t *out)
{
	const uint8_t reference[] = {
	    d->sar_msg_ref_num >> 8, d->sar_msg_ref_num};
	uint8_t *p = out + PDU_HEADER;

	memset(out, 0, PDU_HEADER);
	p = put_string(p, "CMT");
	*p++ = d->source_addr_ton;
	*p++ = d->source_addr_npi;
	p = put_string(p, d->source_addr);
	*p++ = d->dest_addr_ton;
	*p++ = d->dest_addr_npi;
	p = put_string(p, d->destination_addr);
	*p++ = d->esm_class;
	memset(p, 0, 6);
	p += 6;
	*p++ = d->data_coding;
	*p++ = 0;
	*p++ = d->message_len <= 254 ? d->message_len : 0;
	if (d->message_len <= 254) {
		memcpy(p, d->message, d->message_len);
		p += d->message_len;
	}
	p = put_tlv(p, TLVID_user_message_reference, reference, 2);
	if (d->has_sar) {
		p = put_tlv(
		    p, TLVID_sar_segment_seqnum, &d->sar_segment_seqnum, 1);
		p = put_tlv(p, TLVID_sar_msg_ref_num, reference, 2);
		p = put_tlv(
		    p, TLVID_sar_total_segments, &d->sar_total_segments, 1);
	}
	if (d->message_len > 254)
		p = put_tlv(
		    p, TLVID_message_payload, d->message, d->message_len);
	return p - out;
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
	must(a->message_len == b->message_len);
	must(memcmp(a->message, b->message, a->message_len) == 0);
}

static void
must_round_trip(const struct deliver_sm *d)
{
	uint8_t *out = malloc(2 * PDU_MAX + 256), *exact;
	size_t len = put(d, out);
	struct deliver_sm again;

	exact = fuzz_copy(out, len);
	must(pdu_read_deliver_sm(exact, len, &again) == ESME_ROK);
	must_be_same(d, &again);
	/* one octet less cuts the last TLV */
	must(pdu_read_deliver_sm(exact, len - 1, &again) ==
	    ESME_RINVOPTPARSTREAM);
	free(exact);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	size_t size = PDU_HEADER + len;
	struct deliver_sm d;
	uint8_t *pdu;

	if (size > PDU_MAX)
		return 0;
	pdu = malloc(size);
	memset(pdu, 0, PDU_HEADER);
	if (len > 0)
		memcpy(pdu + PDU_HEADER, in, len);
	if (pdu_read_deliver_sm(pdu, size, &d) == ESME_ROK) {
		must(strlen(d.source_addr) <= ADDRESS_MAX);
		must(strlen(d.destination_addr) <= ADDRESS_MAX);
		must(d.message >= pdu + PDU_HEADER &&
		    d.message + d.message_len <= pdu + size);
		must_round_trip(&d);
	}
	free(pdu);
	return 0;
}
