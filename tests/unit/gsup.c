/* The GSUP codec, octet by octet against what osmo-hlr 1.5.0 sent and took,
 * and against libosmocore's own. Every message is read from exactly its
 * octets of heap, so that reading on shows. */
#include "ussd/dcs.c"
#include "ussd/gsup.c"

#include <stdlib.h>

#include <osmocom/gsm/gsm0480.h>

#include "fixture.h"
#include "test.h"

/* A handset dialled *10086*3#: osmo-hlr to its EUSE. */
static const uint8_t begin[] = {
    0x20,                                     /* PROC_SS request */
    0x01, 0x08,                               /* IMSI, 8 octets */
    0x64, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, /* 460001234567890 */
    0xf0,                                     /* an odd digit and filler */
    0x30, 0x04, 0x20, 0x00, 0x00, 0x01,       /* session id */
    0x31, 0x01, 0x01,                         /* session state: BEGIN */
    0x35, 0x17,                               /* facility, 23 octets */
    0xa1, 0x15,                               /* Invoke, 21 octets */
    0x02, 0x01, 0x05,                         /* invoke id 5 */
    0x02, 0x01, 0x3b, /* ProcessUnstructuredSS-Request */
    0x30, 0x0d,       /* USSD-Arg, 13 octets */
    0x04, 0x01, 0x0f, /* data coding scheme: GSM 7-bit */
    0x04, 0x08,       /* string: 9 septets */
    0xaa, 0x18, 0x0c, 0x86, 0xb3, 0xa9, 0x66, 0x23, /* *10086*3# */
    0x0a, 0x01, 0x03,                               /* message class: USSD */
};
#define FACILITY 20 /* where begin's is, its tag */
#define COMPONENT (FACILITY + 2)

/* The handset's answer to a question: osmo-hlr to its EUSE. */
static const uint8_t reply[] = {
    0x20, 0x01, 0x08, 0x64, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0xf0, 0x30,
    0x04, 0x20, 0x00, 0x00, 0x01,       /* session id */
    0x31, 0x01, 0x02,                   /* session state: CONTINUE */
    0x35, 0x15,                         /* facility, 21 octets */
    0xa2, 0x13,                         /* ReturnResult, 19 octets */
    0x02, 0x01, 0x05,                   /* invoke id 5 */
    0x30, 0x0e,                         /* sequence, 14 octets */
    0x02, 0x01, 0x3c,                   /* UnstructuredSS-Request */
    0x30, 0x09,                         /* USSD-Res, 9 octets */
    0x04, 0x01, 0x0f,                   /* data coding scheme */
    0x04, 0x04, 0x31, 0xd9, 0x8c, 0x06, /* 1234 */
    0x0a, 0x01, 0x03,                   /* message class: USSD */
};

/* A question, as osmo-hlr 1.5.0 took it and handed it to the MSC. */
static const uint8_t question[] = {
    0x20, 0x01, 0x08, 0x64, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0xf0, 0x30,
    0x04, 0x20, 0x00, 0x00, 0x01,       /* session id */
    0x31, 0x01, 0x02,                   /* session state: CONTINUE */
    0x35, 0x1b,                         /* facility, 27 octets */
    0xa1, 0x19,                         /* Invoke, 25 octets */
    0x02, 0x01, 0x05,                   /* invoke id 5 */
    0x02, 0x01, 0x3c,                   /* UnstructuredSS-Request */
    0x30, 0x11,                         /* USSD-Arg, 17 octets */
    0x04, 0x01, 0x48,                   /* data coding scheme: UCS-2 */
    0x04, 0x0c,                         /* string, 12 octets */
    0x8b, 0xc1, 0x4e, 0xf6, 0x53, 0xf7, /* 证件号 */
    0x54, 0x0e, 0x56, 0xdb, 0x4f, 0x4d, /* 后四位 */
};

/* osmo-hlr's own answer to *#100#, from its encoder. */
static const uint8_t answer[] = {
    0x22, /* PROC_SS result */
    0x01, 0x08, 0x64, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0xf0, /* IMSI */
    0x30, 0x04, 0x00, 0x00, 0x00, 0x07, /* session id 7 */
    0x31, 0x01, 0x03,                   /* session state: END */
    0x35, 0x2d,                         /* facility, 45 octets */
    0xa2, 0x2b,                         /* ReturnResult, 43 octets */
    0x02, 0x01, 0x01,                   /* invoke id 1 */
    0x30, 0x26,                         /* sequence, 38 octets */
    0x02, 0x01, 0x3b,                   /* ProcessUnstructuredSS-Request */
    0x30, 0x21,                         /* USSD-Res, 33 octets */
    0x04, 0x01, 0x0f,                   /* data coding scheme: GSM 7-bit */
    0x04, 0x1c,                         /* string: 32 septets */
    0xd9, 0x77, 0x5d, 0x0e, 0x2a, 0xe3, 0xe9, /* Your ext */
    0x65, 0xf7, 0x3c, 0xfd, 0x76, 0x83, 0xd2, /* ension i */
    0x73, 0x10, 0xce, 0x16, 0x9b, 0xe1, 0x60, /* s 861380 */
    0x30, 0x18, 0x0c, 0x06, 0x83, 0xc5, 0x1a, /* 0000001 and a CR */
};

/* osmo-hlr to its EUSE: a CONTINUE for a session that is gone. */
static const uint8_t gone[] = {
    0x21, /* PROC_SS error */
    0x01, 0x08, 0x64, 0x00, 0x10, 0x32, 0x54, 0x76, 0x98, 0xf0, /* IMSI */
    0x02, 0x01, 0x60,                                           /* cause */
    0x30, 0x04, 0x30, 0x00, 0x00, 0x01,                         /* session id */
    0x31, 0x01, 0x03, /* session state: END */
};

static int
read_exact(const uint8_t *p, size_t len, struct ss_message *m)
{
	uint8_t *copy = malloc(len ? len : 1);
	int rc;

	memcpy(copy, p, len);
	rc = gsup_read(copy, len, m);
	free(copy);
	return rc;
}

static void
test_read(void)
{
	struct ss_message m;

	ok_int(read_exact(begin, sizeof(begin), &m), 0, "BEGIN");
	ok_int(m.type, SS_REQUEST, "its type");
	ok_str(m.imsi, "460001234567890", "its IMSI");
	ok_int(m.session_id, 0x20000001, "its session id");
	ok_int(m.state, SS_BEGIN, "its state");
	ok_int(m.component, SS_INVOKE, "its component");
	ok_int(m.invoke_id, 5, "its invoke id");
	ok_int(m.operation, SS_PROCESS_REQUEST, "its operation");
	ok_str(m.text, "*10086*3#", "its text");

	ok_int(read_exact(reply, sizeof(reply), &m), 0, "CONTINUE");
	ok_int(m.state, SS_CONTINUE, "its state");
	ok_int(m.component, SS_RETURN_RESULT, "its component");
	ok_int(m.operation, SS_UNSTRUCTURED_REQUEST, "its operation");
	ok_str(m.text, "1234", "its text");

	ok_int(read_exact(answer, sizeof(answer), &m), 0, "END");
	ok_int(m.type, SS_RESULT, "its type");
	ok_int(m.state, SS_END, "its state");
	ok_str(m.text, "Your extension is 8613800000001", "its text");

	ok_int(read_exact(gone, sizeof(gone), &m), 0, "an error");
	ok_int(m.type, SS_ERROR, "its type");
	ok_int(m.component, SS_NONE, "without a component");
	ok_int(m.session_id, 0x30000001, "its session id");
}

static int
writes(const struct ss_message *m, const uint8_t *want, size_t len)
{
	uint8_t out[GSUP_MAX];

	return gsup_write(m, out) == (int)len && memcmp(out, want, len) == 0;
}

static void
test_write(void)
{
	struct ss_message m = {.type = SS_REQUEST,
	    .imsi = "460001234567890",
	    .session_id = 0x20000001,
	    .state = SS_CONTINUE,
	    .component = SS_INVOKE,
	    .invoke_id = 5,
	    .operation = SS_UNSTRUCTURED_REQUEST,
	    .text = "证件号后四位",
	    .alphabet = ALPHABET_UCS2};
	uint8_t out[GSUP_MAX];

	ok(writes(&m, question, sizeof(question)), "a question");
	m.component = SS_NONE, m.state = SS_END;
	ok_int(gsup_write(&m, out), 20, "an END alone");
	ok_int(out[19], SS_END, "ends with its state");
	m = (struct ss_message){.type = SS_RESULT,
	    .imsi = "460001234567890",
	    .session_id = 7,
	    .state = SS_END,
	    .component = SS_RETURN_RESULT,
	    .invoke_id = 1,
	    .operation = SS_PROCESS_REQUEST,
	    .text = "Your extension is 8613800000001"};
	ok(writes(&m, answer, sizeof(answer)), "an answer");
	strcpy(m.imsi, "460001");
	ok_int(gsup_write(&m, out), (int)sizeof(answer) - 5, "a short IMSI");
	ok(memcmp(out + 1, "\x01\x03\x64\x00\x10", 5) == 0, "of even length");
}

static void
test_longest(void)
{
	struct ss_message m = {.imsi = "460001234567890",
			      .state = SS_END,
			      .component = SS_RETURN_RESULT,
			      .operation = SS_PROCESS_REQUEST,
			      .alphabet = ALPHABET_GSM7},
			  back;
	uint8_t out[GSUP_MAX];
	int len;

	memset(m.text, 'a', 128);
	len = gsup_write(&m, out);
	ok_int(len, 20 + 2 + 129, "128 septets");
	ok_int(out[23], 0x7f, "leave the component's length in short form");
	ok_int(read_exact(out, len, &back), 0, "are read");
	ok_str(back.text, m.text, "whole");
	m.component = SS_INVOKE;
	ok_int(gsup_write(&m, out), len - 2, "and as a question");
	m.text[128] = 'a';
	ok_int(gsup_write(&m, out), -EMSGSIZE, "129 are not written");
}

/* No octet less is taken for whole, and none is read beyond. */
static void
test_cut(void)
{
	struct ss_message m;
	int bad = 0, states = 0;

	for (size_t len = 0; len < sizeof(begin); len++) {
		int rc = read_exact(begin, len, &m);

		bad += rc == -EBADMSG;
		/* cut between two IEs it is a shorter message */
		states += rc == 0 && m.component == SS_NONE;
	}
	ok_int(bad, (int)sizeof(begin) - 2, "cut, but for between two IEs");
	ok_int(states, 1, "where what is left has a state");
	ok_int(read_exact(begin, sizeof(begin) - 3, &m), 0,
	    "the message class may be left out");
}

/* begin with its facility replaced; the IE's length follows. */
static int
with_facility(const uint8_t *facility, size_t len, struct ss_message *m)
{
	uint8_t all[FACILITY + 2 + 255];

	memcpy(all, begin, FACILITY);
	all[FACILITY] = 0x35;
	all[FACILITY + 1] = len;
	memcpy(all + COMPONENT, facility, len);
	return read_exact(all, COMPONENT + len, m);
}

#define FACILITY_OF(octets, m) \
	with_facility((const uint8_t *)octets, sizeof(octets) - 1, m)

static void
is(const char *octets, size_t len, enum ss_component want, int invoke_id,
    const char *text, const char *name)
{
	struct ss_message m;

	ok_int(with_facility((const uint8_t *)octets, len, &m), 0, "%s", name);
	ok_int(m.component, want, "%s: component", name);
	ok_int(m.invoke_id, invoke_id, "%s: invoke id", name);
	if (text != NULL)
		ok_str(m.text, text, "%s: text", name);
}

#define IS(octets, ...) is(octets, sizeof(octets) - 1, __VA_ARGS__)

static void
test_components(void)
{
	IS("\xa3\x06\x02\x01\x07\x02\x01\x48", SS_RETURN_ERROR, 7, "",
	    "ReturnError, unknownAlphabet");
	IS("\xa4\x06\x02\x01\x07\x81\x01\x01", SS_REJECT, 7, "", "Reject");
	IS("\xa4\x05\x05\x00\x80\x01\x00", SS_REJECT, 0, "",
	    "Reject of what had no invoke id");
	IS("\xa2\x03\x02\x01\x07", SS_RETURN_RESULT, 7, "",
	    "ReturnResult of nothing");
	IS("\xa2\x08\x02\x01\x07\x30\x03\x02\x01\x3c", SS_RETURN_RESULT, 7, "",
	    "ReturnResult without a string");
	IS("\xa1\x10\x02\x01\x07\x80\x01\x03\x02\x01\x3b\x30\x05\x04\x01\x0f"
	   "\x04\x00",
	    SS_INVOKE, 7, "", "Invoke, linked, of an empty string");
	IS("\xa1\x13\x02\x01\x07\x02\x01\x3b\x30\x0b\x04\x01\x0f\x04\x01\x2a"
	   "\x80\x03\x91\x68\x31",
	    SS_INVOKE, 7, "*", "Invoke with an MSISDN behind the string");
	IS("\xa1\x0b\x02\x01\x07\x02\x01\x0b\x30\x03\x04\x01\x21", SS_INVOKE, 7,
	    "", "activateSS");
	IS("\xa1\x09\x02\x01\x07\x06\x02\x2a\x03\x05\x00", SS_INVOKE, 7, "",
	    "an operation with a global code");
	IS("\xa1\x0e\x02\x01\x07\x02\x01\x3b\x30\x06\x04\x01\x0f\x04\x01\x2a"
	   "\xa4\x06\x02\x01\x07\x81\x01\x01",
	    SS_INVOKE, 7, "*", "a second component");
}

/* The long form of a length, which others use where they need not. */
static void
test_long_form(void)
{
	IS("\xa1\x81\x13\x02\x81\x01\x07\x02\x01\x3b\x30\x82\x00\x08\x04\x81"
	   "\x01\x0f\x04\x81\x01\x2a",
	    SS_INVOKE, 7, "*", "the long form, everywhere");
	IS("\xa1\x11\x02\x01\x07\x02\x01\x3b\x30\x09\x04\x01\x0f\x04\x84\x00"
	   "\x00\x00\x01\x2a",
	    SS_MALFORMED, 7, "", "a string's length beyond its sequence");
	IS("\xa1\x12\x02\x01\x07\x02\x01\x3b\x30\x0a\x04\x01\x0f\x04\x84\x00"
	   "\x00\x00\x01\x2a",
	    SS_INVOKE, 7, "*", "a length of four octets");
	IS("\xa1\x13\x02\x01\x07\x02\x01\x3b\x30\x0b\x04\x01\x0f\x04\x85\x00"
	   "\x00\x00\x00\x01\x2a",
	    SS_MALFORMED, 7, "", "of five");
	IS("\xa1\x84\xff\xff\xff\xff\x02\x01\x07", SS_MALFORMED, 0, "",
	    "a length of 4 GB");
	IS("\xa1\x80\x02\x01\x07\x02\x01\x3b\x00\x00", SS_MALFORMED, 0, "",
	    "the indefinite form");
	IS("\xa1\x82\x01", SS_MALFORMED, 0, "", "half a length");
	IS("\xa1", SS_MALFORMED, 0, "", "a tag alone");
}

static void
test_malformed(void)
{
	IS("\xa5\x03\x02\x01\x07", SS_MALFORMED, 0, "", "no such component");
	IS("\xa1\x00", SS_MALFORMED, 0, "", "an empty Invoke");
	IS("\xa1\x03\x02\x01\x07", SS_MALFORMED, 7, "", "without an operation");
	IS("\xa1\x07\x02\x02\x00\x07\x02\x01\x3b", SS_MALFORMED, 0, "",
	    "an invoke id of two octets");
	IS("\xa1\x07\x02\x01\x07\x02\x02\x00\x3b", SS_MALFORMED, 7, "",
	    "an operation of two octets");
	IS("\xa1\x06\x02\x01\x07\x02\x01\x3b", SS_MALFORMED, 7, "",
	    "59 without USSD-Arg");
	IS("\xa1\x0d\x02\x01\x07\x02\x01\x3b\x30\x05\x04\x00\x04\x01\x2a",
	    SS_MALFORMED, 7, "", "a scheme of no octets");
	IS("\xa1\x0e\x02\x01\x07\x02\x01\x3b\x30\x06\x04\x01\x0f\x16\x01\x2a",
	    SS_MALFORMED, 7, "", "a string of another type");
	IS("\xa1\x0e\x02\x01\x07\x02\x01\x3b\x31\x06\x04\x01\x0f\x04\x01\x2a",
	    SS_MALFORMED, 7, "", "no sequence");
	IS("\xa1\x10\x02\x01\x07\x02\x01\x3b\x30\x08\x04\x01\x0f\x04\x01\x2a"
	   "\x80\x05",
	    SS_MALFORMED, 7, "", "half an element behind the string");
	IS("\xa1\x0e\x02\x01\x07\x02\x01\x3b\x30\x06\x04\x01\x0f\x04\x01\x2a"
	   "\xa4",
	    SS_MALFORMED, 7, "", "half a component behind the first");
	IS("\xa1\x06\x02\x01\x07\x1f\x81\x01", SS_MALFORMED, 7, "",
	    "a tag of several octets");
	IS("\xa2\x06\x02\x01\x07\x02\x01\x3c", SS_MALFORMED, 7, "",
	    "a result without its sequence");
}

static void
test_string_length(void)
{
	uint8_t f[200] = "\xa1\x81\xb0\x02\x01\x07\x02\x01\x3b\x30\x81\xa7"
			 "\x04\x01\x44\x04\x81\xa1";
	struct ss_message m;

	memset(f + 18, 'a', 161);
	with_facility(f, 179, &m);
	ok_int(m.component, SS_MALFORMED, "161 octets are no USSD string");
	f[2]--, f[11]--, f[17]--;
	with_facility(f, 178, &m);
	ok_int(m.component, SS_INVOKE, "160 are");
	ok_int(strlen(m.text), 160, "and all are read");
}

/* One octet of begin after the other changed. */
static int
changed(size_t at, uint8_t to)
{
	uint8_t copy[sizeof(begin)];
	struct ss_message m;

	memcpy(copy, begin, sizeof(begin));
	copy[at] = to;
	return read_exact(copy, sizeof(copy), &m);
}

static void
test_gsup(void)
{
	static const uint8_t imsi16[] = {0x20, 0x01, 0x08, 0x64, 0x00, 0x10,
	    0x32, 0x54, 0x76, 0x98, 0x10, 0x30, 0x04, 0, 0, 0, 1, 0x31, 1, 1};
	static const uint8_t id3[] = {0x20, 0x01, 0x03, 0x64, 0x00, 0x10, 0x30,
	    0x03, 0, 0, 1, 0x31, 1, 3};
	struct ss_message m;

	ok_int(changed(0, 0x1c), -ENOTSUP, "a Location Cancel request");
	ok_int(changed(0, 0x23), -ENOTSUP, "the type beside PROC_SS");
	ok_int(changed(0, 0x4e), -ENOTSUP, "a routing error");
	ok_int(changed(1, 0x08), -EBADMSG, "IMSI is not first");
	ok_int(changed(2, 0xff), -EBADMSG, "an IMSI longer than the message");
	ok_int(changed(2, 0x00), -EBADMSG, "an IMSI of no octets");
	ok_int(changed(3, 0x6a), -EBADMSG, "a digit beyond 9");
	ok_int(changed(7, 0xf4), -EBADMSG, "a filler in the midst");
	ok_int(read_exact(id3, sizeof(id3), &m), -EBADMSG,
	    "a session id of 3 octets");
	ok_int(changed(18, 2), -EBADMSG, "a state of 2");
	ok_int(changed(19, 0), -EBADMSG, "state 0");
	ok_int(changed(19, 4), -EBADMSG, "state 4");
	ok_int(changed(17, 0x32), -EBADMSG, "no state");
	ok_int(changed(21, 0x1b), -EBADMSG, "a facility beyond the end");
	ok_int(read_exact(imsi16, sizeof(imsi16), &m), -EBADMSG,
	    "an IMSI of 16 digits");
	ok_int(read_exact(begin, 0, &m), -EBADMSG, "nothing at all");
	ok_int(read_exact(begin, 1, &m), -EBADMSG, "a type alone");
}

/* libosmocore reads what is written, and the other way round. */

static void
fill(struct ss_message *m)
{
	static const char *const texts[] = {
	    "*10086*3#", "CXMYD#1234", "1234567", "Places: Beijing", "a b"};
	uint64_t r = pseudo_random();

	*m = (struct ss_message){.type = r & 1 ? SS_REQUEST : SS_RESULT,
	    .session_id = r >> 8,
	    .state = 1 + (r >> 40) % 3,
	    .component = r & 2 ? SS_INVOKE : SS_RETURN_RESULT,
	    .invoke_id = r >> 48,
	    .operation = r & 4 ? SS_PROCESS_REQUEST : SS_UNSTRUCTURED_REQUEST};
	strcpy(m->text, texts[(r >> 56) % 5]);
	snprintf(m->imsi, sizeof(m->imsi), "46000%0*u",
	    1 + (int)(r >> 3 & 7) + (int)(r >> 6 & 1),
	    (unsigned)(r >> 20) % 10);
}

/* All but the alphabet, which is not read. */
static int
alike(const struct ss_message *a, const struct ss_message *b)
{
	return a->type == b->type && strcmp(a->imsi, b->imsi) == 0 &&
	    a->session_id == b->session_id && a->state == b->state &&
	    a->component == b->component && a->invoke_id == b->invoke_id &&
	    a->operation == b->operation && strcmp(a->text, b->text) == 0;
}

/* Not by its ussd_text, which gsm0480 cuts at the last character. */
static int
they_read(const struct ss_message *m, const uint8_t *p, size_t len,
    struct osmo_gsup_message *g)
{
	struct ss_request r = {0};
	char text[USSD_TEXT];

	if (osmo_gsup_decode(p, len, g) != 0 ||
	    gsm0480_parse_facility_ie(g->ss_info, g->ss_info_len, &r) != 0)
		return 0;
	dcs_read(r.ussd_data_dcs, r.ussd_data, r.ussd_data_len, text);
	return g->message_type == OSMO_GSUP_MSGT_PROC_SS_REQUEST + m->type &&
	    strcmp(g->imsi, m->imsi) == 0 && g->session_id == m->session_id &&
	    (int)g->session_state == (int)m->state &&
	    r.invoke_id == m->invoke_id && r.opcode == m->operation &&
	    strcmp(text, m->text) == 0;
}

/* What they write, with IEs that do not concern us before and behind. */
static size_t
they_write(struct osmo_gsup_message *g, uint8_t *out)
{
	struct msgb *msg = msgb_alloc_headroom(1024, 64, "test");
	size_t len;

	g->message_class = OSMO_GSUP_MESSAGE_CLASS_USSD;
	g->cause = GMM_CAUSE_NET_FAIL;
	g->source_name = (const uint8_t *)"MSC-1";
	g->source_name_len = sizeof("MSC-1");
	osmo_gsup_encode(msg, g);
	len = msgb_length(msg);
	memcpy(out, msgb_data(msg), len);
	msgb_free(msg);
	return len;
}

/* The component of an answer, as gsm0480 makes it. */
static int
same_component(const struct ss_message *m, const struct osmo_gsup_message *g)
{
	struct msgb *msg;
	int same;

	if (m->component != SS_RETURN_RESULT ||
	    m->operation != SS_PROCESS_REQUEST)
		return 1;
	msg = gsm0480_gen_ussd_resp_7bit(m->invoke_id, m->text);
	same = msgb_length(msg) == g->ss_info_len &&
	    memcmp(msgb_data(msg), g->ss_info, g->ss_info_len) == 0;
	msgb_free(msg);
	return same;
}

static void
test_libosmocore(void)
{
	int read = 1, component = 1, written = 1;

	for (int i = 0; i < 10000; i++) {
		uint8_t ours[GSUP_MAX], theirs[1024];
		struct osmo_gsup_message g;
		struct ss_message m, back;
		int len;

		fill(&m);
		len = gsup_write(&m, ours);
		read &= len > 0 && they_read(&m, ours, len, &g);
		component &= same_component(&m, &g);
		len = they_write(&g, theirs);
		written &=
		    read_exact(theirs, len, &back) == 0 && alike(&m, &back);
	}
	ok(read, "libosmocore reads 10,000 messages as they were meant");
	ok(component, "and writes answers in the same octets");
	ok(written, "what it writes of them is read the same");
}

int
main(void)
{
	test_read();
	test_write();
	test_longest();
	test_cut();
	test_components();
	test_long_form();
	test_malformed();
	test_string_length();
	test_gsup();
	test_libosmocore();
	return test_done();
}
