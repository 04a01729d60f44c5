/* Handsets under load: dials a code again and again, so many dialogues at
 * once, and counts how they end. It is an MSC that attaches to an HLR, or the
 * HLR itself, to which one EUSE attaches. One thread, one poll().
 *
 *   IPA | GSUP: PROC_SS, IMSI, session id and state, facility (3GPP TS 24.080)
 *
 * A dialogue is in a slot until it ends: session id = base + slot +
 * slots * serial, where the base differs from run to run. The codec is its own,
 * so that it shares no fault with ussd-gw. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "conn.h"

#define QUIET_MS 15000 /* then nothing more is expected */
#define STRING_MAX 160 /* octets of a USSD string */

enum { CCM = 0xfe, OSMO = 0xee, EXT_GSUP = 5 };           /* IPA */
enum { PING = 0, PONG = 1, ID_GET = 4, ID_RESP = 5 };     /* CCM */
enum { REQUEST = 0x20, ERROR = 0x21, RESULT = 0x22 };     /* PROC_SS */
enum { BEGIN = 1, CONTINUE = 2, END = 3 };                /* states */
enum { INVOKE = 0xa1, RETURN_RESULT = 0xa2 };             /* components */
enum { PROCESS_REQUEST = 59, UNSTRUCTURED_REQUEST = 60 }; /* operations */
enum { IE_IMSI = 1, IE_SESSION = 0x30, IE_STATE = 0x31, IE_FACILITY = 0x35 };

static const char usage[] =
    "usage: dial [-L] [-a ADDRESS] [-p PORT] [-n DIALOGUES] [-f AT_ONCE]\n"
    "            [-i IMSI] [-s SUBSCRIBERS] [-t CODE] [-r REPLY]\n"
    "\n"
    "  -L      be the HLR and wait for an EUSE; else attach as an MSC\n"
    "  -a, -p  of the HLR, 127.0.0.1 and 4222\n"
    "  -n, -f  how many dialogues, 1000, and how many at once, 64\n"
    "  -i, -s  who dials: the first IMSI, of 15 digits, and how many, in an\n"
    "          order that leaps about\n"
    "  -t, -r  what they dial, and reply to every question; GSM 7-bit's\n"
    "          digits, letters, * and #\n"
    "\n"
    "Prints what it counted, and the first answer's component in hex. `alike`\n"
    "are answers as long as that. Exits with 0 when every dialogue ended with\n"
    "an answer.\n";

struct options {
	int listen;
	const char *address, *dialled, *reply;
	unsigned port, at_once, subscribers;
	uint64_t first; /* IMSI */
	uint32_t dialogues;
};

struct slot {
	uint32_t session; /* 0: free */
	uint64_t imsi;
};

struct message {
	unsigned type, state;
	uint32_t session;
	const uint8_t *facility;
	size_t len;
};

static struct options o;
static struct conn conn;
static struct slot *slots;
static uint32_t base; /* of session ids */
static uint32_t begun, ended, asked, failed, alike, stray;
static uint8_t first[256];
static size_t first_len;
static int64_t began, heard; /* µs */
static int ready;            /* the other end is known */

static void
die(const char *what)
{
	fprintf(stderr, "dial: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

/* Writing. What is written is short: each length is one octet. */

static uint8_t *
put(uint8_t *p, const void *octets, size_t n)
{
	memcpy(p, octets, n);
	return p + n;
}

/* Septets, low bits first (TS 23.038 6.1.2.3.1); a CR fills up seven bits. */
static size_t
pack(const char *text, uint8_t *out)
{
	unsigned bits = 0, held = 0;
	size_t n = 0;

	for (; *text != '\0'; text++) {
		held |= (unsigned)*text << bits;
		bits += 7;
		if (bits >= 8) {
			out[n++] = held;
			held >>= 8;
			bits -= 8;
		}
	}
	if (bits > 0)
		out[n++] = bits == 1 ? held | '\r' << 1 : held;
	return n;
}

/* A component with a USSD-Arg or USSD-Res (TS 24.080 4.3). */
static uint8_t *
put_component(
    uint8_t *p, unsigned kind, uint8_t id, uint8_t operation, const char *text)
{
	uint8_t string[STRING_MAX];
	size_t n = pack(text, string);
	const uint8_t arg[] = {2, 1, operation, 0x30, n + 5, 4, 1, 0x0f, 4, n};
	const uint8_t head[] = {kind, 0, 2, 1, id, 0x30, sizeof(arg) + n};
	uint8_t *begin = p;

	p = put(p, head, kind == INVOKE ? 5 : 7);
	p = put(p, arg, sizeof(arg));
	p = put(p, string, n);
	begin[1] = p - begin - 2;
	return p;
}

static uint8_t *
put_imsi(uint8_t *p, uint64_t imsi)
{
	char digits[17];

	snprintf(digits, sizeof(digits), "%015llu", (unsigned long long)imsi);
	*p++ = IE_IMSI;
	*p++ = 8;
	for (int i = 0; i < 14; i += 2)
		*p++ = (digits[i] - '0') | (digits[i + 1] - '0') << 4;
	*p++ = 0xf0 | (digits[14] - '0');
	return p;
}

static uint8_t *
begin_frame(void)
{
	return conn.out.octets + conn.out.len + 3;
}

static void
end_frame(uint8_t *end, uint8_t proto)
{
	uint8_t *p = conn.out.octets + conn.out.len;
	size_t n = end - p - 3;

	p[0] = n >> 8;
	p[1] = n;
	p[2] = proto;
	conn.out.len += n + 3;
}

static void
send_ss(const struct slot *s, uint8_t state, unsigned kind, uint8_t id,
    uint8_t operation, const char *text)
{
	const uint32_t session = htonl(s->session);
	const uint8_t class[] = {0x0a, 1, 3}; /* USSD */
	uint8_t *facility, *p = begin_frame();

	*p++ = EXT_GSUP;
	*p++ = REQUEST;
	p = put_imsi(p, s->imsi);
	*p++ = IE_SESSION;
	*p++ = 4;
	p = put(p, &session, 4);
	p = put(p, (const uint8_t[]){IE_STATE, 1, state, IE_FACILITY, 0}, 5);
	facility = p;
	p = put_component(p, kind, id, operation, text);
	facility[-1] = p - facility;
	end_frame(put(p, class, sizeof(class)), OSMO);
}

static void
dial(struct slot *s)
{
	uint32_t slot = s - slots, serial = begun / o.at_once;

	/* a prime, so that who dials is spread over the store */
	s->imsi = o.first + begun * 7919ull % o.subscribers;
	s->session = s->session != 0 ? s->session + o.at_once
				     : base + slot + o.at_once * serial;
	begun++;
	send_ss(s, BEGIN, INVOKE, 1, PROCESS_REQUEST, o.dialled);
}

static void
send_ccm(uint8_t kind, const void *rest, size_t n)
{
	uint8_t *p = begin_frame();

	*p++ = kind;
	end_frame(put(p, rest, n), CCM);
}

/* Reading. */

/* 0, or -1 for what is no message of a session. */
static int
read_gsup(const uint8_t *p, size_t len, struct message *m)
{
	const uint8_t *end = p + len;

	*m = (struct message){.type = len > 0 ? *p++ : 0};
	while (p < end) {
		size_t n = end - p < 2 ? 0 : p[1];

		if ((size_t)(end - p) < n + 2)
			return -1;
		if (p[0] == IE_SESSION && n == 4)
			m->session = (uint32_t)p[2] << 24 | p[3] << 16 |
			    p[4] << 8 | p[5];
		else if (p[0] == IE_STATE && n == 1)
			m->state = p[2];
		else if (p[0] == IE_FACILITY)
			m->facility = p + 2, m->len = n;
		p += n + 2;
	}
	return m->session != 0 ? 0 : -1;
}

static int
is_answer(const struct message *m)
{
	static const uint8_t operation[] = {2, 1, PROCESS_REQUEST};

	return m->type != ERROR && m->len > 10 &&
	    m->facility[0] == RETURN_RESULT &&
	    memcmp(m->facility + 7, operation, sizeof(operation)) == 0;
}

static void
on_end(struct slot *s, const struct message *m)
{
	ended++;
	if (!is_answer(m)) {
		failed++;
	} else if (first_len == 0) {
		first_len = m->len;
		memcpy(first, m->facility, m->len);
	}
	alike += is_answer(m) && m->len == first_len;
	if (begun < o.dialogues)
		dial(s);
	else
		s->session = 0;
}

static void
on_gsup(const uint8_t *p, size_t len)
{
	struct message m;
	struct slot *s;

	heard = now_us();
	if (read_gsup(p, len, &m) < 0 || m.session < base) {
		stray++;
		return;
	}
	s = &slots[(m.session - base) % o.at_once];
	if (s->session != m.session) {
		stray++;
	} else if (m.type != ERROR && m.state == CONTINUE && m.len > 5 &&
	    o.reply != NULL) {
		asked++;
		send_ss(s, CONTINUE, RETURN_RESULT, m.facility[4],
		    UNSTRUCTURED_REQUEST, o.reply);
	} else {
		on_end(s, &m);
	}
}

static void
begin_all(void)
{
	ready = 1;
	began = heard = now_us();
	for (unsigned i = 0; i < o.at_once && begun < o.dialogues; i++)
		dial(&slots[i]);
}

static void
on_ccm(uint8_t kind)
{
	static const char identity[] = "\0\10\0DIAL-1\0"
				       "\0\10\1DIAL-1\0"
				       "\0\7\10"
				       "0/0/0";

	if (kind == PING)
		send_ccm(PONG, "", 0);
	else if (kind == ID_GET)
		send_ccm(ID_RESP, identity, sizeof(identity));
	if (!ready && (kind == ID_GET || kind == ID_RESP))
		begin_all();
}

/* Every whole frame that was read. 0, or -1 for what is none. */
static int
handle(void)
{
	struct buffer *in = &conn.in;

	while (in->len - conn.parsed >= 4 && conn_room(&conn)) {
		const uint8_t *p = in->octets + conn.parsed;
		size_t n = p[0] << 8 | p[1];

		if (n < 1 || n > CONN_PDU)
			return -1;
		if (in->len - conn.parsed < n + 3)
			break;
		conn.parsed += n + 3;
		if (p[2] == CCM)
			on_ccm(p[3]);
		else if (p[2] == OSMO && p[3] == EXT_GSUP)
			on_gsup(p + 4, n - 1);
	}
	return 0;
}

/* From beginning to end. */

static int
open_socket(void)
{
	struct sockaddr_in sin = {
	    .sin_family = AF_INET,
	    .sin_port = htons(o.port),
	};
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0), listener = fd;

	if (inet_pton(AF_INET, o.address, &sin.sin_addr) != 1)
		errno = EINVAL, die(o.address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!o.listen) {
		if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0)
			die("connect");
	} else {
		if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 ||
		    listen(fd, 1) < 0 || (fd = accept(fd, NULL, NULL)) < 0)
			die("listen");
		close(listener);
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void
serve(void)
{
	heard = now_us();
	if (o.listen)
		send_ccm(ID_GET, "\1\10\1\0", 4);
	while (ended < o.dialogues && now_us() - heard < QUIET_MS * 1000LL) {
		struct pollfd fd = {.fd = conn.fd, .events = POLLIN};

		if (conn_write(&conn) < 0)
			return;
		if (conn.out.len > 0)
			fd.events |= POLLOUT;
		if (poll(&fd, 1, 100) < 0 && errno != EINTR)
			die("poll");
		if (fd.revents & ~POLLOUT &&
		    (conn_read(&conn) < 0 || handle() < 0))
			return;
	}
}

static int
report(void)
{
	double seconds = (heard - began) / 1e6;

	printf("dialogues=%u ended=%u asked=%u failed=%u alike=%u stray=%u "
	       "seconds=%.3f rate=%.0f first=",
	    begun, ended, asked, failed, alike, stray, seconds,
	    seconds > 0 ? ended / seconds : 0);
	for (size_t i = 0; i < first_len; i++)
		printf("%02x", first[i]);
	printf("\n");
	return ended == o.dialogues && failed + stray == 0 ? 0 : 1;
}

static uint64_t
number(uint64_t min, uint64_t max)
{
	char *end;
	uint64_t n = strtoull(optarg, &end, 10);

	if (*optarg < '0' || *optarg > '9' || *end != '\0' || n < min ||
	    n > max) {
		fprintf(stderr, "dial: %s\n%s", optarg, usage);
		exit(2);
	}
	return n;
}

static void
set_option(int ch)
{
	switch (ch) {
	case 'L':
		o.listen = 1;
		break;
	case 'a':
		o.address = optarg;
		break;
	case 'p':
		o.port = number(1, 65535);
		break;
	case 'n':
		o.dialogues = number(1, 1000000000);
		break;
	case 'f':
		o.at_once = number(1, 100000);
		break;
	case 'i':
		o.first = number(1, 999999999999999);
		break;
	case 's':
		o.subscribers = number(1, 100000000);
		break;
	case 't':
		o.dialled = optarg;
		break;
	case 'r':
		o.reply = optarg;
		break;
	default:
		fputs(usage, stderr);
		exit(2);
	}
}

int
main(int argc, char **argv)
{
	int ch;

	o = (struct options){
	    .address = "127.0.0.1",
	    .port = 4222,
	    .dialogues = 1000,
	    .at_once = 64,
	    .first = 460000000000000,
	    .subscribers = 1,
	    .dialled = "*10086*3#",
	};
	while ((ch = getopt(argc, argv, "La:p:n:f:i:s:t:r:")) != -1)
		set_option(ch);
	if (optind < argc || strlen(o.dialled) > 90 ||
	    (o.reply != NULL && strlen(o.reply) > 90))
		set_option('?');
	slots = calloc(o.at_once, sizeof(*slots));
	if (slots == NULL)
		die("memory");
	base = 1 + (now_us() & 0x7fffffff);
	conn_open(&conn, open_socket(), -1);
	serve();
	return report();
}
