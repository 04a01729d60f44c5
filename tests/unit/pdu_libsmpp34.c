/* Our SMPP codec against libsmpp34: wherever the library reads a PDU, ours
 * reads it too and finds the same values, but for what stands in the table
 * of differences below, each with the clause of SMPP 3.4 that decides. For
 * the other direction see pdu_written.c.
 *
 *	pdu_libsmpp34 [SEED [COUNT]]
 *
 * The PDUs are the fuzz corpora, those that the library packs and some made
 * by hand; then COUNT mutants of them. LONG=1 takes ten times as many, from
 * a seed of the clock. A row of the table that never occurs fails the test.
 *
 * To add a PDU that is read: a row in kinds[], its reader and its comparison.
 * To add a field: a line in the comparison. */
#include "smsc-gw/pdu.c"

#include <time.h>

#include "smpp34_seeds.h"

#define MUTANTS 1000000

/* What both made of a PDU. */

union ours {
	struct deliver_sm deliver_sm; /* data_sm too */
	char system_id[16];
	char message_id[MESSAGE_ID_MAX + 1];
};

struct kind;

struct reading {
	struct kind *kind;
	const uint8_t *p; /* exactly its octets of heap */
	size_t len;
	struct pdu_header header;
	int64_t status; /* 0: we read it; else why not */
	union ours ours;
	union library_pdu theirs;
	int is_misfit; /* as in struct shape */
	int is_whole;  /* by the lengths of its TLVs */
};

/* The table of differences. */

static int is_long(const struct reading *r);
static int is_broken(const struct reading *r);
static int has_odd_tlv(const struct reading *r);
static int has_two_texts(const struct reading *r);
static int has_two_payloads(const struct reading *r);
static int has_half_sar(const struct reading *r);
static int has_long_destination(const struct reading *r);

#define ACCEPTED "whether it is read"
#define ANY_FIELD "any field"

static struct difference {
	const char *name;
	const char *field; /* as in the comparisons below */
	const char *library, *ours, *clause;
	int (*holds)(const struct reading *r);
	unsigned long count;
} differences[] = {
    {"long", ACCEPTED, "reads a PDU of more than 16384 octets",
	"passes it over and refuses it",
	"5.3.2.32: how long is the implementation's affair", is_long, 0},
    {"tlv-beyond", ACCEPTED,
	"takes a parameter of another length for one of the usual length, and "
	"reads on where no TLV begins",
	"goes by the length: it leads beyond the PDU, ESME_RINVOPTPARSTREAM",
	"3.2.4.1: length is that of the value", is_broken, 0},
    {"tlv-odd", ANY_FIELD,
	"takes a parameter of another length for one of the usual length, and "
	"reads on where no TLV begins",
	"goes by the length, and passes the misshapen parameter over",
	"3.2.4.1: length is that of the value", has_odd_tlv, 0},
    {"two-texts", "message", "gives both short_message and message_payload",
	"reads short_message",
	"4.6.1: not both; with message_payload sm_length is 0", has_two_texts,
	0},
    {"two-payloads", "message", "gives every message_payload, the last first",
	"reads the first that is not empty",
	"4.6.1: callback_num alone may come more than once", has_two_payloads,
	0},
    {"half-sar", "sar", "gives one or two of the three sar_ parameters",
	"ignores them: the message is whole",
	"5.3.2.22 to 24: without the other two it shall be ignored",
	has_half_sar, 0},
    {"long-destination", "destination_addr",
	"gives a data_sm's address of more than 20 octets", "reads it as empty",
	"4.7.1: up to 64, but no number is so long", has_long_destination, 0},
};

#define N_DIFFERENCES (sizeof(differences) / sizeof(*differences))

/* Counters, and what goes wrong. */

static struct {
	unsigned long asked, not_asked, both_read, both_refuse, we_read;
	unsigned long disagreements;
} counted;

static struct reason {
	char text[80];
	unsigned long count;
} reasons[128];

static void
count_reason(const char *of)
{
	char why[64], text[sizeof(reasons->text)];
	struct reason *r = reasons, *end = reasons + 128;

	library_reason(why, sizeof(why));
	snprintf(text, sizeof(text), "%s: %s", of, why);
	while (r < end - 1 && r->count > 0 && strcmp(r->text, text) != 0)
		r++;
	memcpy(r->text, text, sizeof(text));
	r->count++;
}

static void
disagree(const struct reading *r, const char *field, const char *why)
{
	if (++counted.disagreements > 10)
		return;
	printf("# %s: %s\n# status 0x%llx, PDU ", field, why,
	    (unsigned long long)r->status);
	for (size_t i = 0; i < r->len; i++)
		printf("%02x", r->p[i]);
	putchar('\n');
}

/* Exactly one row explains it. */
static void
differ(struct reading *r, const char *field)
{
	struct difference *row = NULL;
	int rows = 0;

	for (struct difference *d = differences;
	     d < differences + N_DIFFERENCES; d++) {
		if ((strcmp(d->field, field) == 0 ||
			strcmp(d->field, ANY_FIELD) == 0) &&
		    d->holds(r)) {
			row = d;
			rows++;
		}
	}
	if (rows == 1)
		row->count++;
	else
		disagree(r, field,
		    rows == 0 ? "no row of the table explains it"
			      : "more than one row of the table explains it");
}

/* Comparisons, a line a field. */

#define SAME(field)                        \
	do {                               \
		if (o->field != t->field)  \
			differ(r, #field); \
	} while (0)

#define SAME_STRING(field)                                                    \
	do {                                                                  \
		if (strcmp((const char *)o->field, (const char *)t->field) != \
		    0)                                                        \
			differ(r, #field);                                    \
	} while (0)

static void
compare_header(struct reading *r)
{
	const struct pdu_header *h = &r->header;
	const uint32_t *t = r->theirs.header;

	if (h->command_length != t[0])
		differ(r, "command_length");
	if (h->command_id != t[1])
		differ(r, "command_id");
	if (h->command_status != t[2])
		differ(r, "command_status");
	if (h->sequence_number != t[3])
		differ(r, "sequence_number");
}

/* deliver_sm and data_sm have their TLVs at different places. */
static const tlv_t *
tlvs_of(const struct reading *r)
{
	return r->theirs.header[1] == DATA_SM ? r->theirs.data_sm.tlv
					      : r->theirs.deliver_sm.tlv;
}

/* What a data_sm has none of. */
static size_t
sm_length_of(const struct reading *r)
{
	return r->theirs.header[1] == DATA_SM ? 0
					      : r->theirs.deliver_sm.sm_length;
}

static int
is_text(const struct reading *r, const uint8_t *text, size_t len)
{
	const struct deliver_sm *o = &r->ours.deliver_sm;

	return o->message_len == len && memcmp(o->message, text, len) == 0;
}

static void
compare_text(struct reading *r)
{
	const deliver_sm_t *t = &r->theirs.deliver_sm;
	const tlv_t *payload = find_tlv(tlvs_of(r), TLVID_message_payload);

	if (payload != NULL ? !is_text(r, payload->value.octet, payload->length)
			    : !is_text(r, t->short_message, sm_length_of(r)))
		differ(r, "message");
}

static void
compare_sar(struct reading *r)
{
	const struct deliver_sm *o = &r->ours.deliver_sm;
	const tlv_t *list = tlvs_of(r);
	const tlv_t *ref = find_tlv(list, TLVID_sar_msg_ref_num);
	const tlv_t *total = find_tlv(list, TLVID_sar_total_segments);
	const tlv_t *seqnum = find_tlv(list, TLVID_sar_segment_seqnum);

	if (o->has_sar ? ref == NULL ||
		    o->sar_msg_ref_num != ref->value.val16 || total == NULL ||
		    o->sar_total_segments != total->value.val08 ||
		    seqnum == NULL ||
		    o->sar_segment_seqnum != seqnum->value.val08
		       : ref != NULL || total != NULL || seqnum != NULL)
		differ(r, "sar");
}

static void
compare_receipt(struct reading *r)
{
	const struct deliver_sm *o = &r->ours.deliver_sm;
	const tlv_t *list = tlvs_of(r);
	const tlv_t *id = find_tlv(list, TLVID_receipted_message_id);
	const tlv_t *state = find_tlv(list, TLVID_message_state);
	const tlv_t *ref = find_tlv(list, TLVID_user_message_reference);
	size_t n =
	    id != NULL ? strnlen((const char *)id->value.octet, id->length) : 0;

	if (n > MESSAGE_ID_MAX)
		n = 0;
	if (o->receipted_message_id_len != n ||
	    (n > 0 && memcmp(o->receipted_message_id, id->value.octet, n) != 0))
		differ(r, "receipted_message_id");
	if (o->message_state != (state != NULL ? state->value.val08 : 0))
		differ(r, "message_state");
	if (o->has_reference != (ref != NULL) ||
	    (ref != NULL && o->user_message_reference != ref->value.val16))
		differ(r, "user_message_reference");
}

/* The library does not know ussd_service_op here, and takes any length; that of
 * one octet counts, the last of several. */
static void
compare_ussd(struct reading *r)
{
	const struct deliver_sm *o = &r->ours.deliver_sm;
	const tlv_t *info = find_tlv(tlvs_of(r), TLVID_its_session_info);
	const tlv_t *op = find_tlv(tlvs_of(r), TLVID_ussd_service_op);

	while (op != NULL && op->length != 1)
		op = find_tlv(op->next, TLVID_ussd_service_op);
	if (o->has_ussd_op != (op != NULL) ||
	    (op != NULL && o->ussd_service_op != op->value.octet[0]))
		differ(r, "ussd_service_op");
	if (o->has_session_info != (info != NULL) ||
	    (info != NULL && o->its_session_info != info->value.val16))
		differ(r, "its_session_info");
}

static void
compare_deliver_sm(struct reading *r)
{
	const struct deliver_sm *o = &r->ours.deliver_sm;
	const deliver_sm_t *t = &r->theirs.deliver_sm;

	SAME(source_addr_ton);
	SAME(source_addr_npi);
	SAME_STRING(source_addr);
	SAME(dest_addr_ton);
	SAME(dest_addr_npi);
	SAME_STRING(destination_addr);
	SAME(esm_class);
	SAME(data_coding);
	compare_text(r);
	compare_sar(r);
	compare_receipt(r);
	compare_ussd(r);
}

static void
compare_data_sm(struct reading *r)
{
	const struct deliver_sm *o = &r->ours.deliver_sm;
	const data_sm_t *t = &r->theirs.data_sm;

	SAME(source_addr_ton);
	SAME(source_addr_npi);
	SAME_STRING(source_addr);
	SAME(dest_addr_ton);
	SAME(dest_addr_npi);
	SAME_STRING(destination_addr);
	SAME(esm_class);
	SAME(data_coding);
	compare_text(r);
	compare_sar(r);
	compare_receipt(r);
	compare_ussd(r);
}

static void
compare_submit_sm_resp(struct reading *r)
{
	const union ours *o = &r->ours;
	const submit_sm_resp_t *t = &r->theirs.submit_sm_resp;

	SAME_STRING(message_id);
}

static void
compare_bind_resp(struct reading *r)
{
	const union ours *o = &r->ours;
	const bind_transceiver_resp_t *t = &r->theirs.bind_resp;

	SAME_STRING(system_id);
}

/* Which PDUs. */

static int64_t
read_deliver_sm(const uint8_t *p, size_t len, union ours *out)
{
	return pdu_read_deliver_sm(p, len, &out->deliver_sm);
}

static int64_t
read_data_sm(const uint8_t *p, size_t len, union ours *out)
{
	return pdu_read_data_sm(p, len, &out->deliver_sm);
}

static int64_t
read_submit_sm_resp(const uint8_t *p, size_t len, union ours *out)
{
	pdu_read_submit_sm_resp(p, len, out->message_id);
	return 0;
}

static int64_t
read_bind_resp(const uint8_t *p, size_t len, union ours *out)
{
	return pdu_read_bind_resp(p, len, out->system_id);
}

static struct kind {
	const char *name;
	uint32_t command_id;
	void (*lay_out)(struct layout *);
	/* NULL: nothing beyond the header is read */
	int64_t (*read)(const uint8_t *p, size_t len, union ours *out);
	void (*compare)(struct reading *r);
	struct layout layout;
	unsigned long both_read;
} kinds[] = {
#define READ(pdu, id, ...)                                  \
	{                                                   \
		.name = #pdu, .command_id = id, __VA_ARGS__ \
	}
    READ(deliver_sm, DELIVER_SM, layout_deliver_sm, read_deliver_sm,
	compare_deliver_sm),
    READ(bind_transceiver_resp, BIND_TRANSCEIVER_RESP,
	layout_bind_transceiver_resp, read_bind_resp, compare_bind_resp),
    READ(bind_transmitter_resp, BIND_TRANSMITTER_RESP,
	layout_bind_transmitter_resp, read_bind_resp, compare_bind_resp),
    READ(bind_receiver_resp, BIND_RECEIVER_RESP, layout_bind_receiver_resp,
	read_bind_resp, compare_bind_resp),
    READ(data_sm, DATA_SM, layout_data_sm, read_data_sm, compare_data_sm),
    READ(submit_sm_resp, SUBMIT_SM_RESP, layout_submit_sm_resp,
	read_submit_sm_resp, compare_submit_sm_resp),
    READ(alert_notification, ALERT_NOTIFICATION, layout_alert_notification),
    READ(generic_nack, GENERIC_NACK, layout_header),
    READ(enquire_link, ENQUIRE_LINK, layout_header),
    READ(enquire_link_resp, ENQUIRE_LINK_RESP, layout_header),
    READ(unbind, UNBIND, layout_header),
    READ(unbind_resp, UNBIND_RESP, layout_header),
};

#define N_KINDS (sizeof(kinds) / sizeof(*kinds))

static struct kind *
find_kind(uint32_t command_id)
{
	for (struct kind *k = kinds; k < kinds + N_KINDS; k++)
		if (k->command_id == command_id)
			return k;
	return NULL;
}

/* The rows of the table. */

static int
is_long(const struct reading *r)
{
	return r->len > PDU_MAX && r->status == -EMSGSIZE;
}

static int
is_broken(const struct reading *r)
{
	return r->len <= PDU_MAX && r->is_misfit && !r->is_whole &&
	    (r->status == ESME_RINVOPTPARSTREAM || r->status == -EBADMSG);
}

/* What ours makes of such a PDU is shown by compare_without_odd(). */
static int
has_odd_tlv(const struct reading *r)
{
	return r->status == 0 && r->is_misfit && r->is_whole;
}

static int
has_two_texts(const struct reading *r)
{
	const deliver_sm_t *t = &r->theirs.deliver_sm;

	return !r->is_misfit && sm_length_of(r) > 0 &&
	    find_tlv(t->tlv, TLVID_message_payload) != NULL &&
	    is_text(r, t->short_message, t->sm_length);
}

static int
has_two_payloads(const struct reading *r)
{
	const tlv_t *tlv, *first = NULL;
	int payloads = 0;

	for (tlv = tlvs_of(r); tlv != NULL; tlv = tlv->next) {
		if (tlv->tag != TLVID_message_payload)
			continue;
		payloads++;
		if (tlv->length > 0)
			first = tlv;
	}
	return !r->is_misfit && sm_length_of(r) == 0 && payloads > 1 &&
	    first != NULL && is_text(r, first->value.octet, first->length);
}

static int
has_half_sar(const struct reading *r)
{
	const tlv_t *list = tlvs_of(r);
	int n = (find_tlv(list, TLVID_sar_msg_ref_num) != NULL) +
	    (find_tlv(list, TLVID_sar_total_segments) != NULL) +
	    (find_tlv(list, TLVID_sar_segment_seqnum) != NULL);

	return !r->is_misfit && !r->ours.deliver_sm.has_sar && n > 0 && n < 3;
}

static int
has_long_destination(const struct reading *r)
{
	return !r->is_misfit && r->theirs.header[1] == DATA_SM &&
	    strlen((const char *)r->theirs.data_sm.destination_addr) >
	    ADDRESS_MAX &&
	    r->ours.deliver_sm.destination_addr[0] == '\0';
}

/* Judging a PDU. */

static void
read_ours(struct reading *r)
{
	int n = pdu_frame(r->p, r->len, &r->header);

	if (n != (int)r->len)
		r->status = n < 0 ? n : -EPROTO;
	else if (r->kind->read != NULL)
		r->status = r->kind->read(r->p, r->len, &r->ours);
}

static void
compare(struct reading *r)
{
	compare_header(r);
	if (r->kind->compare != NULL)
		r->kind->compare(r);
}

/* The PDU without the TLVs of another length than their tag has. */
static size_t
drop_odd(const struct reading *r, const struct shape *s, uint8_t *out)
{
	size_t n = s->tlv_at[0];

	memcpy(out, r->p, n);
	for (int i = 0; i < s->tlvs; i++) {
		const uint8_t *tlv = r->p + s->tlv_at[i];
		size_t len = s->tlv_at[i + 1] - s->tlv_at[i];
		int size = r->kind->layout.tlv_size(tlv[0] << 8 | tlv[1]);

		if (size > 0 && (size_t)size + 4 != len)
			continue;
		memcpy(out + n, tlv, len);
		n += len;
	}
	put32(out, n);
	return n;
}

/* Ours read the whole PDU as the library reads it with those left out. */
static void
compare_without_odd(struct reading *r, const struct shape *s)
{
	uint8_t *rest = malloc(r->len);
	size_t n = drop_odd(r, s, rest);

	if (library_unpack(&r->kind->layout, rest, n, &r->theirs) ==
	    LIBRARY_READS) {
		r->theirs.header[0] = r->len;
		r->is_misfit = 0;
		compare(r);
	}
	free(rest);
}

static void
agree(struct reading *r)
{
	const struct layout *l = &r->kind->layout;
	static struct shape s;

	find_shape(l, r->p, r->len, BY_LIBRARY, &s);
	r->is_misfit = s.is_misfit;
	find_shape(l, r->p, r->len, BY_LENGTHS, &s);
	r->is_whole = s.is_whole;
	if (r->status != 0) {
		differ(r, ACCEPTED);
		return;
	}
	compare(r);
	if (r->is_misfit && !r->is_whole && r->kind->read != NULL)
		disagree(r, ACCEPTED, "its lengths lead beyond the PDU");
	if (r->is_misfit && r->is_whole)
		compare_without_odd(r, &s);
}

/* Where the library loses its way after a misshapen TLV, its reason says
 * little. */
static void
count_refusal(const struct reading *r)
{
	static struct shape s;

	find_shape(&r->kind->layout, r->p, r->len, BY_LIBRARY, &s);
	counted.we_read++;
	if (r->kind->read == NULL)
		count_reason("header alone");
	else if (s.is_misfit)
		count_reason("after a misshapen TLV");
	else
		count_reason(r->kind->name);
}

static void
count_answer(struct reading *r, enum library_answer answer)
{
	if (answer == LIBRARY_NOT_ASKED) {
		counted.not_asked++;
		return;
	}
	counted.asked++;
	if (answer == LIBRARY_READS) {
		agree(r);
		counted.both_read += r->status == 0;
		r->kind->both_read += r->status == 0;
	} else if (r->status == 0) {
		count_refusal(r);
	} else {
		counted.both_refuse++;
	}
}

static void
judge(const uint8_t *octets, size_t len)
{
	static struct reading r;
	uint8_t *p = malloc(len);

	memcpy(p, octets, len);
	r.kind = find_kind(get32(p + 4));
	r.p = p;
	r.len = len;
	r.status = 0;
	if (r.kind == NULL) {
		counted.not_asked++;
	} else {
		read_ours(&r);
		count_answer(
		    &r, library_unpack(&r.kind->layout, p, len, &r.theirs));
	}
	free(p);
}

/* The runs. */

static void
judge_seeds(void)
{
	for (size_t i = 0; i < n_seeds; i++)
		judge(seeds[i].octets, seeds[i].len);
	ok_int(counted.disagreements, 0, "libsmpp34 and we agree on %zu PDUs",
	    n_seeds);
}

/* Half of them deliver_sm, the others of any kind. */
static const struct seed *
choose_seed(void)
{
	const struct kind *kind = below(2) ? kinds : &ONE_OF(kinds);
	size_t i = below(n_seeds);

	while (seeds[i].command_id != kind->command_id)
		i = (i + 1) % n_seeds;
	return &seeds[i];
}

static void
judge_mutants(unsigned long count)
{
	static struct mutant m;

	memset(&counted, 0, sizeof(counted));
	while (counted.asked < count) {
		const struct seed *a = choose_seed(), *b = choose_seed();

		m.layout = &find_kind(a->command_id)->layout;
		m.keeps_length = 0;
		m.len = a->len;
		memcpy(m.octets, a->octets, a->len);
		mutate(&m, b->octets, b->len);
		judge(m.octets, m.len);
	}
	ok_int(counted.disagreements, 0, "and on %lu mutants of them", count);
}

/* What the runs saw. */

static void
check_table(void)
{
	for (size_t i = 0; i < N_DIFFERENCES; i++) {
		const struct difference *d = &differences[i];

		ok(d->count > 0, "%s: libsmpp34 %s; smsc-gw %s (%s)", d->name,
		    d->library, d->ours, d->clause);
		printf("# difference-%s %lu\n", d->name, d->count);
	}
}

static void
check_kinds(void)
{
	for (const struct kind *k = kinds; k < kinds + N_KINDS; k++) {
		ok(k->both_read > 1000, "%s is read by both", k->name);
		printf("# both-read-%s %lu\n", k->name, k->both_read);
	}
}

static int
by_count(const void *a, const void *b)
{
	const struct reason *x = a, *y = b;

	return (x->count < y->count) - (x->count > y->count);
}

static void
print_counts(void)
{
	printf("# mutants-given-to-both %lu\n", counted.asked);
	printf("# both-read %lu\n", counted.both_read);
	printf("# both-refuse %lu\n", counted.both_refuse);
	printf("# kept-from-libsmpp34 %lu\n", counted.not_asked);
	printf("# libsmpp34-alone-refuses %lu\n", counted.we_read);
	qsort(reasons, sizeof(reasons) / sizeof(*reasons), sizeof(*reasons),
	    by_count);
	for (const struct reason *r = reasons; r->count > 0; r++)
		printf("# libsmpp34-alone-refuses \"%s\" %lu\n", r->text,
		    r->count);
}

int
main(int argc, char **argv)
{
	int is_long_run = getenv("LONG") != NULL;
	uint64_t seed = is_long_run ? (uint64_t)time(NULL) : 1;
	unsigned long count = is_long_run ? 10 * MUTANTS : MUTANTS;

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		count = strtoul(argv[2], NULL, 0);
	printf("# seed %" PRIu64 "\n", seed);
	pseudo_state ^= seed << 1;
	library_begin();
	for (struct kind *k = kinds; k < kinds + N_KINDS; k++)
		k->lay_out(&k->layout);
	make_seeds();
	judge_seeds();
	judge_mutants(count);
	check_table();
	check_kinds();
	ok(library_log_max < LIBRARY_LOG - 128,
	    "libsmpp34's log has had room: %zu octets at most",
	    library_log_max);
	print_counts();
	return test_done();
}
