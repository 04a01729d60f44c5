/* A capture as tshark reads it: a PDU of every kind, long ones, octets that
 * are none, reconnects; and the file's mode, size and end. */
#include "smsc-gw/mask.c"
#include "smsc-gw/capture.c"

#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>

#include "fixture.h"
#include "test.h"

#define PORT 3775
#define T 1700000000000000 /* some time, in microseconds */
#define TEXT_SECRET "CXMYD#1234 from me to you"
#define NUMBER "8613800138000"

/* A PDU under construction. */
static uint8_t built[2 * CAPTURE_PDU];
static size_t built_len;

static void
begin(uint32_t command_id, uint32_t status, uint32_t sequence_number)
{
	uint8_t *p = built;

	p = put32(p, PDU_HEADER);
	p = put32(p, command_id);
	p = put32(p, status);
	put32(p, sequence_number);
	built_len = PDU_HEADER;
}

static void
add(const void *octets, size_t len)
{
	memcpy(built + built_len, octets, len);
	built_len += len;
	put32(built, built_len);
}

#define ADD(octets) add(octets, sizeof(octets) - 1)
#define ADD_STRING(string) add(string, sizeof(string))

static void
add_tlv(uint16_t tag, const void *value, size_t len)
{
	uint8_t header[4];

	put16(put16(header, tag), len);
	add(header, 4);
	add(value, len);
}

static void
capture_built(struct capture *c, enum capture_direction dir, int64_t now_us)
{
	capture_pdu(c, dir, built, built_len, now_us);
}

static const struct kind {
	uint32_t command_id;
	const char *body;
	size_t len;
} kinds[] = {
#define KIND(id, body)                     \
	{                                  \
		id, body, sizeof(body) - 1 \
	}
#define BIND_BODY "tc\0secret\0VMAX\0\64\1\1\0"
#define SM_BODY                     \
	"CMT\0\1\1" NUMBER "\0\0\1" \
	"10086\0\0\0\0\0"           \
	"000000010000000R\0"        \
	"\1\0\0\0\31" TEXT_SECRET
    KIND(BIND_TRANSCEIVER, BIND_BODY),
    KIND(BIND_TRANSCEIVER_RESP, "SMSC\0\2\20\0\1\64"),
    KIND(BIND_TRANSMITTER, BIND_BODY),
    KIND(BIND_TRANSMITTER_RESP, "SMSC\0"),
    KIND(BIND_RECEIVER, BIND_BODY),
    KIND(BIND_RECEIVER_RESP, "SMSC\0"),
    KIND(OUTBIND, "smsc\0secret\0"),
    KIND(ENQUIRE_LINK, ""),
    KIND(ENQUIRE_LINK_RESP, ""),
    KIND(DELIVER_SM, SM_BODY),
    KIND(DELIVER_SM_RESP, "\0"),
    KIND(SUBMIT_SM, SM_BODY "\2\4\0\2\0\7\24\1\0\15" NUMBER),
    KIND(SUBMIT_SM_RESP, "0123456789\0"),
    KIND(DATA_SM,
	"\0\1\1" NUMBER "\0\0\1"
	"10086\0\0\0\0\4\44\0\31" TEXT_SECRET),
    KIND(DATA_SM_RESP, "0123456789\0"),
    KIND(QUERY_SM, "0123456789\0\1\1" NUMBER "\0"),
    KIND(QUERY_SM_RESP,
	"0123456789\0"
	"220101120000000+\0\2\0"),
    KIND(CANCEL_SM,
	"\0"
	"0123456789\0\0\1"
	"10086\0\1\1" NUMBER "\0"),
    KIND(CANCEL_SM_RESP, ""),
    KIND(REPLACE_SM, "0123456789\0\1\1" NUMBER "\0\0\0\0\0\31" TEXT_SECRET),
    KIND(REPLACE_SM_RESP, ""),
    KIND(SUBMIT_MULTI,
	"\0\0\1"
	"10086\0\1\1\1\1" NUMBER "\0\0\0\0\0\0\0\0\0"
	"\0\31" TEXT_SECRET),
    KIND(SUBMIT_MULTI_RESP, "0123456789\0\1\1\1" NUMBER "\0\0\0\0\13"),
    KIND(ALERT_NOTIFICATION,
	"\1\1" NUMBER "\0\0\1"
	"10086\0\4\42\0\1\0"),
    KIND(GENERIC_NACK, ""),
    KIND(UNBIND, ""),
    KIND(UNBIND_RESP, ""),
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

/* tshark. */

static char shown[1 << 20];

/* Its output over a file, also in `shown`. */
static const char *tshark(const char *file, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static const char *
tshark(const char *file, const char *fmt, ...)
{
	char command[1024], options[512];
	va_list ap;
	FILE *in;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(options, sizeof(options), fmt, ap);
	va_end(ap);
	snprintf(command, sizeof(command),
	    "tshark -n -r %s -d tcp.port==%d,smpp -o ip.check_checksum:TRUE "
	    "-o tcp.check_checksum:TRUE %s 2>&1 | grep -v '^Running as'",
	    file, PORT, options);
	in = popen(command, "r");
	n = in != NULL ? fread(shown, 1, sizeof(shown) - 1, in) : 0;
	shown[n] = '\0';
	if (in != NULL)
		pclose(in);
	return shown;
}

/* What no packet may be. */
#define FAULTS                                                               \
	"_ws.malformed || tcp.analysis.flags || ip.checksum.status != 1 || " \
	"tcp.checksum.status != 1 || _ws.expert.severity >= 0x600000"

static void
well_formed(const char *file, const char *name)
{
	ok_str(tshark(file, "-Y '" FAULTS "'"), "",
	    "%s: nothing malformed, every checksum right", name);
}

static int
contains(const char *file, const char *octets)
{
	static char whole[1 << 20];
	FILE *in = fopen(file, "r");
	size_t n = fread(whole, 1, sizeof(whole), in);

	fclose(in);
	return memmem(whole, n, octets, strlen(octets)) != NULL;
}

static struct capture *
open_capture(const char *path, int clear, uint64_t max_octets)
{
	struct capture *c = NULL;

	ok_int(capture_open(&c, path, PORT, clear, max_octets), 0, "%s opens",
	    path);
	return c;
}

/* Tests. */

static void
capture_kinds(const char *path, int clear)
{
	struct capture *c = open_capture(path, clear, 1 << 20);

	for (size_t i = 0; i < KINDS; i++) {
		begin(kinds[i].command_id, 0, 100 + i);
		add(kinds[i].body, kinds[i].len);
		capture_built(c,
		    kinds[i].command_id & GENERIC_NACK ? CAPTURE_FROM_SMSC
						       : CAPTURE_TO_SMSC,
		    T + i);
	}
	begin(SUBMIT_SM_RESP, ESME_RTHROTTLED, 1);
	capture_built(c, CAPTURE_FROM_SMSC, T + KINDS);
	capture_close(c);
}

static void
every_kind(void)
{
	char want[8192] = "";
	size_t len = 0;

	capture_kinds("kinds.pcap", 0);
	for (size_t i = 0; i < KINDS; i++)
		len += snprintf(want + len, sizeof(want) - len,
		    "0x%08x\t%zu\t%zu\n", kinds[i].command_id,
		    PDU_HEADER + kinds[i].len, 100 + i);
	snprintf(want + len, sizeof(want) - len, "0x80000004\t16\t1\n");
	ok_str(tshark("kinds.pcap",
		   "-Y smpp -T fields -e smpp.command_id "
		   "-e smpp.command_length -e smpp.sequence_number"),
	    want, "a PDU of every kind is dissected, each in its packet");
	well_formed("kinds.pcap", "they");
	ok_str(tshark("kinds.pcap",
		   "-Y 'frame.number == 10' -T fields "
		   "-e frame.time_epoch -e ip.src -e "
		   "tcp.dstport"),
	    "1700000000.000009000\t192.0.2.1\t3775\n",
	    "with its time and direction");
	ok(!contains("kinds.pcap", NUMBER) && !contains("kinds.pcap", "13800"),
	    "without a number");
	ok(contains("kinds.pcap", "861******8000"), "but its ends");
	ok(!contains("kinds.pcap", "CXMYD"), "without a text");
	ok(!contains("kinds.pcap", "secret"), "without a password");
	ok(contains("kinds.pcap", "0123456789"), "with message_ids");
	capture_kinds("clear.pcap", 1);
	well_formed("clear.pcap", "clear ones");
	ok(contains("clear.pcap", NUMBER) &&
		contains("clear.pcap", TEXT_SECRET) &&
		contains("clear.pcap", "secret"),
	    "in the clear all shows");
}

/* One in every alphabet, with and without a user data header. */
static void
texts(void)
{
	static const char *const codings[] = {
	    "\0\0", "\0\1", "\0\3", "\0\10", "\0\364", "\100\0", "\100\10"};
	struct capture *c = open_capture("texts.pcap", 0, 1 << 20);
	size_t n = sizeof(codings) / sizeof(*codings);

	for (size_t i = 0; i < n; i++) {
		begin(SUBMIT_SM, 0, i);
		ADD("\0\0\1"
		    "10086\0\1\1" NUMBER "\0");
		add(codings[i], 1);
		ADD("\0\0\0\0\0\0");
		add(codings[i] + 1, 1);
		ADD("\0\14");
		if (codings[i][0])
			ADD("\5\0\3\7\2\1"
			    "abcdef");
		else
			ADD("abcdefghijkl");
		capture_built(c, CAPTURE_TO_SMSC, T);
	}
	capture_close(c);
	tshark("texts.pcap", "-Y smpp -T fields -e smpp.data_coding");
	ok_int(strlen(shown), n * strlen("0x00\n"),
	    "texts of every coding are dissected");
	well_formed("texts.pcap", "they");
	ok_str(tshark("texts.pcap",
		   "-Y 'frame.number == 6' -T fields "
		   "-e smpp.esm.submit.features "
		   "-e smpp.sm_length"),
	    "0x01\t12\n", "a user data header is one");
}

static void
long_pdus(void)
{
	static const size_t lengths[] = {
	    16384 - 20, 16384 - 19, 40000, 65536 - 20, 100};
	static uint8_t text[CAPTURE_PDU];
	struct capture *c = open_capture("long.pcap", 0, 1 << 20);
	struct stat st;

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < 5; i++) {
		/* a header, a TLV's, and a PDU of so many octets more */
		begin(ENQUIRE_LINK, 0, i);
		add_tlv(0x1400, text, lengths[i]);
		capture_built(c, i & 1, T);
	}
	ok_int(c->pdus, 5, "five long PDUs");
	stat("long.pcap", &st);
	ok_int(st.st_size, c->octets, "the file's length is what was counted");
	capture_close(c);
	ok_str(tshark("long.pcap", "-T fields -e tcp.len -Y tcp"),
	    "16384\n16384\n1\n16384\n16384\n7252\n"
	    "16384\n16384\n16384\n16384\n120\n",
	    "in segments");
	ok_str(tshark("long.pcap", "-Y smpp -T fields -e smpp.command_length"),
	    "16384\n16385\n40020\n65536\n120\n", "are put together");
	well_formed("long.pcap", "they");
}

static void
octets_that_are_none(void)
{
	struct capture *c = open_capture("none.pcap", 0, 1 << 20);

	begin(ENQUIRE_LINK, 0, 1);
	capture_built(c, CAPTURE_FROM_SMSC, T);
	capture_pdu(c, CAPTURE_FROM_SMSC,
	    (const uint8_t *)"\0\0\377\377" NUMBER TEXT_SECRET, 42, T);
	capture_pdu(c, CAPTURE_FROM_SMSC, (const uint8_t *)"1", 1, T);
	capture_pdu(c, CAPTURE_FROM_SMSC, (const uint8_t *)"", 0, T);
	begin(ENQUIRE_LINK, 0, 2);
	add(shown, CAPTURE_PDU); /* longer than is kept */
	capture_built(c, CAPTURE_FROM_SMSC, T);
	begin(ENQUIRE_LINK, 0, 3);
	capture_built(c, CAPTURE_FROM_SMSC, T);
	capture_built(c, CAPTURE_TO_SMSC, T);
	capture_close(c);
	ok_str(tshark("none.pcap",
		   "-Y 'smpp.sequence_number == 3' -T fields "
		   "-e smpp.command_id -e tcp.stream"),
	    "0x00000015\t3\n0x00000015\t3\n",
	    "after octets that are no PDU the next ones are read");
	ok(!contains("none.pcap", "138") && !contains("none.pcap", "CXMYD"),
	    "they are masked all");
	ok_str(tshark("none.pcap",
		   "-Y 'ip.checksum.status != 1 || "
		   "tcp.checksum.status != 1'"),
	    "", "every checksum is right");
}

static void
reconnects(void)
{
	struct capture *c = open_capture("again.pcap", 0, 1 << 20);

	for (int i = 0; i < 3; i++) {
		begin(BIND_TRANSCEIVER, 0, 1);
		ADD(BIND_BODY);
		capture_built(c, CAPTURE_TO_SMSC, T + i);
		begin(BIND_TRANSCEIVER_RESP, ESME_RBINDFAIL, 1);
		capture_built(c, CAPTURE_FROM_SMSC, T + i);
	}
	capture_close(c);
	ok_str(tshark("again.pcap",
		   "-Y smpp -T fields -e tcp.stream "
		   "-e tcp.seq_raw -e tcp.ack_raw"),
	    "0\t1\t1\n0\t1\t36\n1\t1\t1\n1\t1\t36\n2\t1\t1\n2\t1\t36\n",
	    "each bind begins a connection");
	well_formed("again.pcap", "they");
}

static void
the_file(void)
{
	struct capture *c = open_capture("mode.pcap", 0, 1 << 20),
		       *again = NULL;
	struct stat st;

	stat("mode.pcap", &st);
	ok_int(st.st_mode & 07777, 0600, "its mode is 0600");
	capture_close(c);
	logged[0] = '\0';
	ok_int(capture_open(&again, "mode.pcap", PORT, 0, 1 << 20), -EEXIST,
	    "an existing file is refused");
	ok(again == NULL, "with nothing");
	ok_str(logged, "mode.pcap: File exists\n", "and said so");
	ok(symlink("nowhere.pcap", "link.pcap") == 0 &&
		capture_open(&again, "link.pcap", PORT, 0, 1 << 20) == -EEXIST,
	    "a link that leads nowhere too");
	ok_int(capture_open(&again, "no/where.pcap", PORT, 0, 1 << 20), -ENOENT,
	    "no such folder");
	ok_int(capture_open(&again, "/dev/full", PORT, 0, 1 << 20), -EEXIST,
	    "a device");
	capture_pdu(NULL, CAPTURE_TO_SMSC, built, built_len, T);
	capture_close(NULL);
}

static void
the_end(void)
{
	/* the file's header, and three PDUs of 16 octets */
	struct capture *c = open_capture("end.pcap", 0, 24 + 3 * 72 + 71);
	struct stat st;

	logged[0] = '\0';
	begin(ENQUIRE_LINK, 0, 1);
	for (int i = 0; i < 3; i++)
		capture_built(c, i & 1, T + i);
	ok_str(logged, "", "three PDUs have room");
	capture_built(c, CAPTURE_TO_SMSC, T + 3);
	ok_str(logged,
	    "capture ends file=end.pcap pdus=3 octets=240 "
	    "reason=\"max_octets\"\n",
	    "the fourth ends the capture");
	capture_built(c, CAPTURE_TO_SMSC, T + 4);
	capture_close(c);
	ok(strchr(logged, '\n')[1] == '\0', "for good, said once");
	stat("end.pcap", &st);
	ok_int(st.st_size, 240, "the file has whole PDUs alone");
	well_formed("end.pcap", "they");
}

/* Where the disk is full in the middle of a packet. */
static void
a_full_disk(void)
{
	struct rlimit was, small = {24 + 2 * 72 + 30, RLIM_INFINITY};
	struct capture *c = open_capture("full.pcap", 0, 1 << 20), *no = NULL;
	struct stat st;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	small.rlim_max = was.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	logged[0] = '\0';
	begin(ENQUIRE_LINK, 0, 1);
	for (int i = 0; i < 5; i++)
		capture_built(c, i & 1, T + i);
	small.rlim_cur = 10;
	setrlimit(RLIMIT_FSIZE, &small);
	ok_int(capture_open(&no, "none", PORT, 0, 1 << 20), -EIO,
	    "no room for the file's header");
	ok(access("none", F_OK) < 0, "leaves no file");
	setrlimit(RLIMIT_FSIZE, &was);
	ok(strstr(logged,
	       "file=full.pcap pdus=2 octets=168 reason=\"No space "
	       "left on device\"\n") != NULL,
	    "a full disk ends the capture");
	capture_close(c);
	stat("full.pcap", &st);
	ok_int(st.st_size, 24 + 2 * 72, "cut back to what is whole");
	well_formed("full.pcap", "it");
}

int
main(void)
{
	fixture_begin();
	capture_log();
	every_kind();
	texts();
	long_pdus();
	octets_that_are_none();
	reconnects();
	the_file();
	the_end();
	a_full_disk();
	return test_done();
}
