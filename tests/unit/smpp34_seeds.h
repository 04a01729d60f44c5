/* PDUs for libsmpp34.h and mutate.h to begin with: the fuzz corpora, what the
 * library packs, and some made by hand. */
#ifndef SMPP34_SEEDS_H
#define SMPP34_SEEDS_H

#include <dirent.h>

#include "mutate.h"
#include "test.h"

struct seed {
	uint32_t command_id;
	size_t len;
	uint8_t *octets;
};

static struct seed seeds[1000];
static size_t n_seeds;

static void
add_seed(const uint8_t *octets, size_t len)
{
	struct seed *s = &seeds[n_seeds++];

	assert(n_seeds <= sizeof(seeds) / sizeof(*seeds));
	s->command_id = library_u32(octets + 4);
	s->len = len;
	s->octets = malloc(len);
	memcpy(s->octets, octets, len);
}

/* A corpus holds bodies of `command_id`, or streams of PDUs for 0. */
static void
add_file(const char *path, uint32_t command_id)
{
	static uint8_t octets[1 << 18];
	FILE *in = fopen(path, "r");
	size_t len, at = 0;
	struct pdu_header h;
	int n;

	if (in == NULL)
		return;
	memset(octets, 0, PDU_HEADER);
	len = fread(octets + PDU_HEADER, 1, sizeof(octets) - PDU_HEADER, in);
	fclose(in);
	if (command_id != 0) {
		set32(octets, PDU_HEADER + len);
		set32(octets + 4, command_id);
		set32(octets + 12, 1);
		add_seed(octets, PDU_HEADER + len);
		return;
	}
	for (; (n = pdu_frame(octets + PDU_HEADER + at, len - at, &h)) > 0;
	     at += n)
		add_seed(octets + PDU_HEADER + at, n);
}

static void
add_corpus(const char *name, uint32_t command_id)
{
	char dir[64], path[400];
	struct dirent **files;
	size_t before = n_seeds;
	int n;

	snprintf(dir, sizeof(dir), "tests/fuzz/corpus/%s", name);
	n = scandir(dir, &files, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]->d_name);
		if (files[i]->d_name[0] != '.')
			add_file(path, command_id);
		free(files[i]);
	}
	if (n >= 0)
		free(files);
	ok(n_seeds > before, "%s has PDUs", dir);
}

/* What the library packs. */
static void
add_packed(void *pdu)
{
	uint8_t octets[8192];
	uint32_t command_id = *((uint32_t *)pdu + 1);
	int len = 0;

	if (smpp34_pack(command_id, octets, sizeof(octets), &len, pdu) != 0)
		ok(0, "it packs: %s", smpp34_strerror);
	else
		add_seed(octets, len);
	library_arena.used = 0;
}

static tlv_t
some_tlv(const struct layout *l, uint16_t tag)
{
	uint8_t octets[4 + MAX_TLV_SIZE];
	tlv_t tlv = {.tag = tag};

	tlv.length = make_tlv(l, tag, octets) - 4;
	random_octets(tlv.value.octet, tlv.length);
	return tlv;
}

static void
fill_deliver_sm(deliver_sm_t *d, const char *text)
{
	memset(d, 0, sizeof(*d));
	d->command_id = DELIVER_SM;
	d->sequence_number = 1 + below(1000);
	strcpy((char *)d->service_type, "CMT");
	d->source_addr_ton = TON_International;
	d->source_addr_npi = NPI_ISDN_E163_E164;
	strcpy((char *)d->source_addr, "8613800138000");
	d->dest_addr_npi = NPI_ISDN_E163_E164;
	strcpy((char *)d->destination_addr, "10086");
	d->sm_length = strlen(text);
	memcpy(d->short_message, text, d->sm_length);
}

/* Each parameter alone, with a text and without; then several at once. */
static void
pack_deliver_sm(void)
{
	struct layout l = {0};
	deliver_sm_t d;
	tlv_t tlv;

	layout_deliver_sm(&l);
	for (size_t i = 0; i < 2 * sizeof(tags) / sizeof(*tags); i++) {
		fill_deliver_sm(&d, i & 1 ? "CXMYD#1234" : "");
		tlv = some_tlv(&l, tags[i / 2]);
		build_tlv(&d.tlv, &tlv);
		add_packed(&d);
	}
	for (size_t i = 0; i < 100; i++) {
		fill_deliver_sm(&d, i & 1 ? "CXMYD" : "");
		for (size_t n = 1 + below(6); n > 0; n--) {
			tlv = some_tlv(&l, random_tag());
			build_tlv(&d.tlv, &tlv);
		}
		add_packed(&d);
	}
}

/* The same for data_sm, and one to an address that is no number. */
static void
pack_data_sm(void)
{
	struct layout l = {0};
	data_sm_t d;
	tlv_t tlv;

	layout_data_sm(&l);
	for (size_t i = 0; i < 100; i++) {
		memset(&d, 0, sizeof(d));
		d.command_id = DATA_SM;
		d.sequence_number = 1 + below(1000);
		d.source_addr_ton = TON_International;
		d.source_addr_npi = NPI_ISDN_E163_E164;
		strcpy((char *)d.source_addr, "8613800138000");
		strcpy((char *)d.destination_addr,
		    i == 0 ? "a name of more than twenty" : "10086");
		for (size_t n = below(6); n > 0; n--) {
			tlv = some_tlv(&l, random_tag());
			build_tlv(&d.tlv, &tlv);
		}
		add_packed(&d);
	}
}

static void
pack_sar(void)
{
	deliver_sm_t d;

	for (size_t i = 0; i < 20; i++) {
		tlv_t parts[] = {
		    {.tag = TLVID_sar_msg_ref_num,
			.length = 2,
			.value.val16 = pseudo_random()},
		    {.tag = TLVID_sar_total_segments,
			.length = 1,
			.value.val08 = 3},
		    {.tag = TLVID_sar_segment_seqnum,
			.length = 1,
			.value.val08 = 1 + below(3)},
		};

		fill_deliver_sm(&d, "CXMYD");
		for (size_t n = 0; n < 3; n++)
			build_tlv(&d.tlv, &parts[(n + i) % 3]);
		add_packed(&d);
	}
}

static void
pack_bind_resps(void)
{
	static const uint32_t ids[] = {
	    BIND_TRANSCEIVER_RESP, BIND_TRANSMITTER_RESP, BIND_RECEIVER_RESP};

	for (size_t i = 0; i < 12; i++) {
		bind_transceiver_resp_t b = {
		    .command_id = ids[i % 3],
		    .sequence_number = 1,
		    .system_id = "an SMSC's name",
		};
		tlv_t version = {.tag = TLVID_sc_interface_version,
		    .length = 1,
		    .value.val08 = SMPP_VERSION};

		if (i / 3 == 0)
			strcpy((char *)b.system_id, "");
		if (i / 6 == 1)
			build_tlv(&b.tlv, &version);
		add_packed(&b);
	}
}

static void
pack_others(void)
{
	static const uint32_t headers[] = {
	    ENQUIRE_LINK, ENQUIRE_LINK_RESP, GENERIC_NACK, UNBIND, UNBIND_RESP};
	submit_sm_resp_t s = {.command_id = SUBMIT_SM_RESP,
	    .sequence_number = 2,
	    .message_id = "msg_id_not_implemented"};
	alert_notification_t a = {.command_id = ALERT_NOTIFICATION,
	    .sequence_number = 3,
	    .source_addr = "8613800138000",
	    .esme_addr = "10086"};
	tlv_t status = {.tag = TLVID_ms_availability_status, .length = 1};

	add_packed(&s);
	s.command_status = ESME_RTHROTTLED;
	add_packed(&s);
	add_packed(&a);
	build_tlv(&a.tlv, &status);
	add_packed(&a);
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		unbind_t u = {.command_id = headers[i], .sequence_number = 4};

		add_packed(&u);
	}
}

/* By hand: what the library would not pack. */
static void
write_by_hand(void)
{
	static const uint8_t refused[] = {0, 0, 0, 16, 0x80, 0, 0, 9, 0, 0, 0,
	    13, 0, 0, 0, 1}; /* bind_transceiver_resp without a body */
	static const uint8_t nack[] = {0, 0, 0, 16, 0x80, 0, 0, 0, 0, 0, 0, 3,
	    0, 0, 0, 0}; /* generic_nack, sequence_number 0 */
	static const uint8_t full[] = {0, 0, 0, 17, 0x80, 0, 0, 4, 0, 0, 4, 0,
	    0, 0, 0, 9, 0}; /* submit_sm_resp, a vendor's status, a body */

	add_seed(refused, sizeof(refused));
	add_seed(nack, sizeof(nack));
	add_seed(full, sizeof(full));
}

static void
make_seeds(void)
{
	add_corpus("pdu_frame", 0);
	add_corpus("pdu_deliver_sm", DELIVER_SM);
	add_corpus("pdu_data_sm", DATA_SM);
	add_corpus("pdu_bind_resp", BIND_TRANSCEIVER_RESP);
	pack_deliver_sm();
	pack_data_sm();
	pack_sar();
	pack_bind_resps();
	pack_others();
	write_by_hand();
}

#endif
