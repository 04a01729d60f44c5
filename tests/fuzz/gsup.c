/* A GSUP message with a component in it (3GPP TS 24.080 3.6). What we find
 * sound libosmocore must read, and the same of it. */
#include "ussd/dcs.c"
#include "ussd/gsup.c"

#include <osmocom/core/logging.h>

#include "fuzz.h"

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct log_info none = {0};

	(void)argc, (void)argv;
	log_init(&none, NULL); /* osmo_gsup_decode has much to say */
	return 0;
}

/* libosmocore's own reading, of messages that have no empty IEs, whose value
 * it would look at. */
static void
must_agree(const uint8_t *in, size_t len, const struct ss_message *m)
{
	struct osmo_gsup_message g;

	for (size_t at = 1; at < len; at += 2 + in[at + 1])
		if (in[at + 1] == 0)
			return;
	if (osmo_gsup_decode(in, len, &g) < 0)
		return; /* some IE that does not concern us */
	must(g.message_type == OSMO_GSUP_MSGT_PROC_SS_REQUEST + m->type);
	must(strcmp(g.imsi, m->imsi) == 0);
	must(g.session_id == m->session_id);
	must((int)g.session_state == (int)m->state);
	must((m->component == SS_NONE) == (g.ss_info_len == 0));
}

static void
must_round_trip(struct ss_message *m)
{
	uint8_t out[GSUP_MAX];
	struct ss_message again;
	uint8_t *exact;
	int len;

	m->alphabet = m->session_id & 1 ? ALPHABET_GSM7 : ALPHABET_UCS2;
	len = gsup_write(m, out);
	if (len < 0) {
		must(len == -EMSGSIZE && m->component != SS_NONE);
		return;
	}
	must(len <= GSUP_MAX);
	exact = fuzz_copy(out, len);
	must(gsup_read(exact, len, &again) == 0);
	free(exact);
	must(again.type == m->type && again.state == m->state);
	must(strcmp(again.imsi, m->imsi) == 0);
	must(again.session_id == m->session_id);
	must(again.component == m->component);
	must(again.invoke_id == m->invoke_id);
	must(again.operation == m->operation);
}

static void
must_be_whole(const struct ss_message *m)
{
	size_t n = strlen(m->imsi);

	must(n >= IMSI_LEAST && n <= GSUP_IMSI &&
	    strspn(m->imsi, "0123456789") == n);
	must(m->type <= SS_RESULT);
	must(m->state >= SS_BEGIN && m->state <= SS_END);
	must(m->component <= SS_MALFORMED);
	must(memchr(m->text, '\0', sizeof(m->text)) != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct ss_message m;
	uint8_t *copy = fuzz_copy(in, len);
	int rc;

	memset(&m, 0xff, sizeof(m));
	rc = gsup_read(copy, len, &m);
	must(rc == 0 || rc == -ENOTSUP || rc == -EBADMSG);
	if (rc == 0) {
		must_be_whole(&m);
		must_agree(copy, len, &m);
	}
	free(copy);
	if (rc == 0 && m.component <= SS_RETURN_RESULT && m.operation >= 59 &&
	    m.operation <= 61)
		must_round_trip(&m);
	return 0;
}
