/* What our SMPP codec writes, libsmpp34 reads, field by field, and packs to the
 * same octets. To add a field: a line in the comparison. */
#include "smsc-gw/pdu.c"

#include "mutate.h"
#include "test.h"

#define WRITTEN 20000

static unsigned long wrong, packed_alike;

static void
right(int is_right, const char *what)
{
	if (!is_right && wrong++ < 10)
		printf("# %s\n", what);
}

/* The library reads it, and packs what it read to the same octets, where it
 * packs it at all. */
static void
read_back(const struct layout *l, const uint8_t *pdu, size_t len,
    union library_pdu *t)
{
	uint8_t again[2048];
	int n = 0, is_alike;

	right(library_unpack(l, pdu, len, t) == LIBRARY_READS,
	    "it does not read it");
	if (smpp34_pack(t->header[1], again, sizeof(again), &n, t) != 0)
		return;
	is_alike = (size_t)n == len && memcmp(again, pdu, len) == 0;
	packed_alike += is_alike;
	right(is_alike, "it packs it otherwise");
}

static void
random_string(char *out, size_t max)
{
	size_t n = below(max + 1);

	for (size_t i = 0; i < n; i++)
		out[i] = ' ' + 1 + below(94);
	out[n] = '\0';
}

static void
random_submit_sm(struct submit_sm *s, uint8_t text[254])
{
	static const uint8_t npis[] = {
#define OPERACION(npi) npi,
#include <def_list/addr_npi.list>
#undef OPERACION
	};

	*s = (struct submit_sm){
	    .source_addr_ton = below(TON_Abbreviated + 1),
	    .source_addr_npi = ONE_OF(npis),
	    .dest_addr_ton = below(TON_Abbreviated + 1),
	    .dest_addr_npi = ONE_OF(npis),
	    .esm_class = pseudo_random() >> 32,
	    .validity_minutes = below(4) ? below(10081) : 0,
	    .data_coding = pseudo_random() >> 32,
	    .short_message = text,
	    .sm_length = below(255),
	};
	random_string(s->service_type, SERVICE_TYPE_MAX);
	random_string(s->source_addr, ADDRESS_MAX);
	random_string(s->destination_addr, ADDRESS_MAX);
	random_octets(text, s->sm_length);
}

#define WRITTEN_AS(field, value) right(t->field == (value), #field)
#define WRITTEN_STRING(field, value) \
	right(strcmp((const char *)t->field, value) == 0, #field)

static void
compare_submit_sm(
    const submit_sm_t *t, const struct submit_sm *s, uint32_t sequence_number)
{
	char validity[40] = "";

	if (s->validity_minutes > 0) /* 7.1.1.2: in days, hours, minutes */
		sprintf(validity, "0000%02d%02d%02d00000R",
		    s->validity_minutes / 60 / 24,
		    s->validity_minutes / 60 % 24, s->validity_minutes % 60);
	WRITTEN_AS(command_status, ESME_ROK);
	WRITTEN_AS(sequence_number, sequence_number);
	WRITTEN_STRING(service_type, s->service_type);
	WRITTEN_AS(source_addr_ton, s->source_addr_ton);
	WRITTEN_AS(source_addr_npi, s->source_addr_npi);
	WRITTEN_STRING(source_addr, s->source_addr);
	WRITTEN_AS(dest_addr_ton, s->dest_addr_ton);
	WRITTEN_AS(dest_addr_npi, s->dest_addr_npi);
	WRITTEN_STRING(destination_addr, s->destination_addr);
	WRITTEN_AS(esm_class, s->esm_class);
	WRITTEN_AS(protocol_id, 0);
	WRITTEN_AS(priority_flag, 0);
	WRITTEN_STRING(schedule_delivery_time, "");
	WRITTEN_STRING(validity_period, validity);
	WRITTEN_AS(registered_delivery, 0);
	WRITTEN_AS(replace_if_present_flag, 0);
	WRITTEN_AS(data_coding, s->data_coding);
	WRITTEN_AS(sm_default_msg_id, 0);
	WRITTEN_AS(sm_length, s->sm_length);
	right(memcmp(t->short_message, s->short_message, s->sm_length) == 0,
	    "short_message");
	WRITTEN_AS(tlv, NULL);
}

/* Half of them in parts, half with the text in message_payload; half of USSD,
 * and half of these in a session; all with a receipt. */
static void
random_tlvs(struct submit_sm *s, uint8_t payload[PDU_PAYLOAD_MAX])
{
	s->registered_delivery = 1;
	s->has_reference = 1;
	s->user_message_reference = pseudo_random() >> 32;
	s->has_ussd_op = below(2);
	s->ussd_service_op = pseudo_random() >> 32;
	s->has_session_info = s->has_ussd_op && below(2);
	s->its_session_info = pseudo_random() >> 32;
	if (below(2)) {
		s->sar_msg_ref_num = pseudo_random() >> 32;
		s->sar_total_segments = 2 + below(254);
		s->sar_segment_seqnum = 1 + below(255);
		return;
	}
	s->sm_length = 0;
	s->message_payload = payload;
	s->payload_len = 1 + below(1024); /* the most that it reads */
	random_octets(payload, s->payload_len);
}

static void
compare_tlv(const submit_sm_t *t, uint16_t tag, int is_there, uint16_t value)
{
	const tlv_t *tlv = find_tlv(t->tlv, tag);

	right((tlv != NULL) == is_there, "which TLVs");
	if (tlv != NULL && tag == TLVID_ussd_service_op)
		right(tlv->length == 1 && *tlv->value.octet == value,
		    "ussd_service_op");
	else if (tlv != NULL && tlv->length == 1)
		right(tlv->value.val08 == value, "a TLV of one octet");
	else if (tlv != NULL)
		right(tlv->value.val16 == value, "a TLV of two");
}

static void
compare_tlvs(const submit_sm_t *t, const struct submit_sm *s)
{
	const tlv_t *payload = find_tlv(t->tlv, TLVID_message_payload);
	int has_sar = s->sar_total_segments > 0;

	WRITTEN_AS(registered_delivery, 1);
	compare_tlv(
	    t, TLVID_user_message_reference, 1, s->user_message_reference);
	compare_tlv(
	    t, TLVID_ussd_service_op, s->has_ussd_op, s->ussd_service_op);
	compare_tlv(t, TLVID_its_session_info, s->has_session_info,
	    s->its_session_info);
	compare_tlv(t, TLVID_sar_msg_ref_num, has_sar, s->sar_msg_ref_num);
	compare_tlv(
	    t, TLVID_sar_total_segments, has_sar, s->sar_total_segments);
	compare_tlv(
	    t, TLVID_sar_segment_seqnum, has_sar, s->sar_segment_seqnum);
	right((payload != NULL) == !has_sar, "message_payload or not");
	if (payload != NULL)
		right(payload->length == s->payload_len &&
			memcmp(payload->value.octet, s->message_payload,
			    s->payload_len) == 0,
		    "message_payload");
}

/* It packs TLVs in reverse, so they are only read. */
static void
write_submit_tlvs(void)
{
	static uint8_t payload[PDU_PAYLOAD_MAX];
	struct layout l = {0};
	union library_pdu t;

	layout_submit_sm(&l);
	wrong = 0;
	for (int i = 1; i <= WRITTEN; i++) {
		uint8_t out[PDU_SUBMIT_MAX], text[254];
		struct submit_sm s;
		size_t n;

		random_submit_sm(&s, text);
		random_tlvs(&s, payload);
		n = pdu_write_submit_sm(&s, i, out);
		right(library_unpack(&l, out, n, &t) == LIBRARY_READS,
		    "it does not read it");
		right(t.submit_sm.sm_length == s.sm_length, "sm_length");
		compare_tlvs(&t.submit_sm, &s);
	}
	ok_int(wrong, 0, "libsmpp34 reads our submit_sm with TLVs");
}

static void
write_submit_sms(void)
{
	struct layout l = {0};
	union library_pdu t;

	layout_submit_sm(&l);
	wrong = packed_alike = 0;
	for (int i = 1; i <= WRITTEN; i++) {
		uint8_t out[PDU_SUBMIT_MAX], text[254];
		struct submit_sm s;
		size_t n;

		random_submit_sm(&s, text);
		n = pdu_write_submit_sm(&s, i, out);
		read_back(&l, out, n, &t);
		compare_submit_sm(&t.submit_sm, &s, i);
	}
	ok_int(wrong, 0, "libsmpp34 reads our submit_sm");
	/* it does not pack one of 254 octets */
	ok(packed_alike > WRITTEN * 9 / 10, "and packs %lu of %d alike",
	    packed_alike, WRITTEN);
}

static void
compare_header(
    const union library_pdu *u, uint32_t id, uint32_t status, uint32_t sequence)
{
	const unbind_t *t = (const unbind_t *)u;

	WRITTEN_AS(command_id, id);
	WRITTEN_AS(command_status, status);
	WRITTEN_AS(sequence_number, sequence);
}

static void
write_responses(void)
{
	static const uint32_t statuses[] = {
#define OPERACION(status) status,
#include <def_list/command_status.list>
#undef OPERACION
	};
	static const uint32_t ids[] = {
	    ENQUIRE_LINK, ENQUIRE_LINK_RESP, GENERIC_NACK};
	struct layout header = {0}, resp = {0};
	uint8_t out[PDU_SESSION_MAX];
	union library_pdu u;
	size_t n;

	layout_deliver_sm_resp(&resp);
	wrong = packed_alike = 0;
	for (int i = 1; i <= WRITTEN; i++) {
		uint32_t status = ONE_OF(statuses), id = ONE_OF(ids);

		n = pdu_write_message_resp(DELIVER_SM, status, i, out);
		read_back(&resp, out, n, &u);
		compare_header(&u, DELIVER_SM_RESP, status, i);
		right(u.deliver_sm_resp.message_id[0] == '\0', "message_id");
		n = pdu_write_header(id, status, i, out);
		read_back(&header, out, n, &u);
		compare_header(&u, id, status, i);
	}
	ok_int(wrong, 0,
	    "libsmpp34 reads our deliver_sm_resp and our PDUs without a body");
	ok_int(packed_alike, 2 * WRITTEN, "and packs them alike");
}

static void
write_binds(void)
{
	static const uint32_t ids[] = {
	    BIND_TRANSCEIVER, BIND_TRANSMITTER, BIND_RECEIVER};
	struct layout l = {0};
	uint8_t out[PDU_SESSION_MAX];
	union library_pdu u;
	const bind_transceiver_t *t = &u.bind;

	layout_bind(&l);
	wrong = packed_alike = 0;
	for (int i = 1; i <= WRITTEN; i++) {
		char system_id[16], password[9], system_type[13];
		struct bind b = {ONE_OF(ids), system_id, password, system_type,
		    SMPP_VERSION, below(TON_Abbreviated + 1), below(2)};

		random_string(system_id, sizeof(system_id) - 1);
		random_string(password, sizeof(password) - 1);
		random_string(system_type, sizeof(system_type) - 1);
		read_back(&l, out, pdu_write_bind(&b, i, out), &u);
		compare_header(&u, b.command_id, ESME_ROK, i);
		WRITTEN_STRING(system_id, system_id);
		WRITTEN_STRING(password, password);
		WRITTEN_STRING(system_type, system_type);
		WRITTEN_AS(interface_version, SMPP_VERSION);
		WRITTEN_AS(addr_ton, b.addr_ton);
		WRITTEN_AS(addr_npi, b.addr_npi);
		WRITTEN_STRING(address_range, "");
	}
	ok_int(wrong, 0, "libsmpp34 reads our binds");
	ok_int(packed_alike, WRITTEN, "and packs them alike");
}

static void
write_unbinds(void)
{
	struct layout l = {0};
	uint8_t out[PDU_SESSION_MAX];
	union library_pdu u;

	wrong = packed_alike = 0;
	for (int i = 1; i <= WRITTEN; i++) {
		uint32_t id = below(2) ? UNBIND : UNBIND_RESP;

		read_back(&l, out, pdu_write_unbind(id, i, out), &u);
		compare_header(&u, id, ESME_ROK, i);
	}
	ok_int(wrong, 0, "libsmpp34 reads our unbind and its response");
	ok_int(packed_alike, WRITTEN, "and packs them alike");
}

int
main(void)
{
	library_begin();
	write_submit_sms();
	write_submit_tlvs();
	write_responses();
	write_binds();
	write_unbinds();
	return test_done();
}
