/* The configuration: what loads, each error with its line, and the round trip
 * through conf_print. */
#include <limits.h>

#include "core/conf.c"

#include "test.h"

static char logged[8192];

static void
capture(struct log_target *target, unsigned level, const char *line)
{
	(void)target, (void)level;
	strncat(logged, line, sizeof(logged) - strlen(logged) - 1);
}

static void
capture_log(void)
{
	struct log_target *target;

	log_open("info");
	target = log_target_create();
	target->output = capture;
	log_set_use_color(target, 0);
	log_set_print_category(target, 0);
	log_set_print_category_hex(target, 0);
	log_set_print_level(target, 0);
	log_set_print_filename2(target, LOG_FILENAME_NONE);
	log_set_log_level(target, LOGL_INFO);
	log_set_all_filter(target, 1);
	log_add_target(target);
}

static void
put(const char *name, const char *text, mode_t mode)
{
	FILE *out = fopen(name, "w");

	fputs(text, out);
	fclose(out);
	chmod(name, mode);
}

/* Loads a text as travelcard.conf. */
static struct conf *
load_text(const char *text)
{
	struct conf *c;

	logged[0] = '\0';
	put("travelcard.conf", text, 0644);
	return conf_load(&c, "travelcard.conf") == 0 ? c : NULL;
}

static void
refuse(const char *text, const char *want)
{
	struct conf *c = load_text(text);

	ok(!c, "refused");
	ok_str(logged, want, "%.*s", (int)strcspn(want, "\n"), want);
	conf_free(c);
}

#define CARRIER "carrier a { hotline = \"10086\" }\n"
#define SERVICE \
	"service s {\ncarrier = a\ncode = {\"10086\"}\nkeywords = {CX}\n"
#define SMSC "smsc l {\ncarrier = a\nhost = \"127.0.0.1\"\nsystem_id = tc\n"
#define HLR(title, name) \
	"hlr " title " { carrier = a host = h name = " name " }\n"
#define LINK(title, mode, ack, response)                                   \
	"smsc " title " { carrier = a host = h system_id = t bind = " mode \
	" ack_after = " #ack " response_timeout = " #response " }\n"
/* Line 2 of a service or an smsc is line 6 or 7 of these. */
#define IN_SERVICE(line) CARRIER SERVICE line "}\n"
#define IN_SMSC(line) CARRIER SMSC line "}\n"

static void
test_defaults(void)
{
	struct conf *c = load_text(CARRIER SERVICE "}\n" SMSC "}\n");
	const struct conf_service *s;
	const struct conf_smsc *l;
	char path[PATH_MAX];

	ok_str(logged, "", "the shortest file loads");
	if (!c)
		return;
	ok_str(c->store, "sqlite:/var/lib/travelcard", "store");
	ok_int(c->store_cache, 0, "store_cache");
	ok_str(c->key_file, "/etc/travelcard/site.key", "key_file");
	ok_str(c->zone, "Asia/Shanghai", "zone");
	ok_str(c->country_code, "86", "country_code");
	ok_str(c->log_level, "info", "log_level");
	ok_int(c->workers, 1, "workers");
	ok_str(c->tables, realpath(".", path), "tables: the file's folder");
	ok_int(c->max_gap, 10800, "max_gap");
	ok_int(c->ncarriers, 1, "one carrier");
	ok_str(c->carriers[0].name, "a", "its name");
	ok_str(c->carriers[0].name_zh, "a", "name_zh: the title");
	ok_str(c->carriers[0].name_en, "a", "name_en: the title");
	ok_str(c->carriers[0].hotline, "10086", "hotline");
	ok_str(c->carriers[0].store, c->store, "store: the top-level one");
	ok_str(c->carriers[0].key_file, c->key_file, "key_file likewise");
	s = &c->services[0];
	ok(s->carrier == &c->carriers[0], "a service's carrier");
	ok(s->code.n == 1 && strcmp(s->code.v[0], "10086") == 0, "code");
	ok(s->keywords.n == 1 && strcmp(s->keywords.v[0], "CX") == 0,
	    "keyword");
	ok(s->help.n == 1 && strcmp(s->help.v[0], "HELP") == 0, "help");
	ok_int(s->identity, IDENTITY_INLINE, "identity");
	ok_int(s->consent, CONSENT_NONE, "consent");
	ok_int(s->unknown, UNKNOWN_HELP, "unknown");
	ok_int(s->granularity, GRANULARITY_CITY, "granularity");
	ok_int(s->horizon, HORIZON_NOW, "horizon");
	ok_int(s->language, LANG_ZH, "language");
	ok_int(s->window_days, 14, "window_days");
	ok_int(s->split_days, 0, "split_days");
	ok_int(s->min_stay, 14400, "min_stay");
	ok_int(s->late_after, 21600, "late_after");
	ok_int(s->refuse_after, 0, "refuse_after");
	l = &c->smscs[0];
	ok(l->carrier == &c->carriers[0], "an smsc's carrier");
	ok_str(l->host, "127.0.0.1", "host");
	ok_int(l->port, 2775, "port");
	ok_str(l->system_id, "tc", "system_id");
	ok_str(l->password, "", "no password");
	ok_str(l->system_type, "", "system_type");
	ok_int(l->addr_ton, 1, "addr_ton");
	ok_int(l->addr_npi, 1, "addr_npi");
	ok_int(l->window, 100, "window");
	ok_int(l->retry_status, 0x64, "retry_status");
	ok_int(l->interface_version, 0x34, "interface_version");
	ok_int(l->concat, CONCAT_UDH, "concat");
	ok_int(l->default_alphabet, ALPHABET_GSM7, "default_alphabet");
	ok_int(l->validity_minutes, 60, "validity_minutes");
	ok_int(l->max_segments, 10, "max_segments");
	ok_int(l->response_timeout, 10, "response_timeout");
	ok_int(l->enquire_interval, 30, "enquire_interval");
	ok_int(l->tls, 0, "no TLS");
	ok_str(l->tls_ca, "", "tls_ca: the system's");
	ok_str(l->tls_name, "", "tls_name: the host");
	ok(!l->tls_cert && !l->tls_key, "no certificate of ours");
	ok_int(c->limits.repeat_window, 60, "repeat_window");
	ok_int(c->limits.tries, 5, "tries");
	ok_int(c->limits.lock_minutes, 30, "lock_minutes");
	ok_int(c->limits.busy_minutes, 10, "busy_minutes");
	ok_int(c->limits.texts_per_hour, 10, "texts_per_hour");
	ok_int(c->limits.stale_minutes, 30, "stale_minutes");
	ok_int(c->limits.numbers, 524288, "numbers");
	conf_free(c);
}

static const char whole[] =
    "# comments count no line, /* nor do these */ \"nor\n"
    "store = \"sqlite:state\" // a relative path\n"
    "store_cache = 1048576\n"
    "key_file = \"keys/site.key\"\n"
    "zone = 'Asia/Urumqi'\n"
    "country_code = 852 max_gap = 0x1c20\n"
    "tables = \"/usr/share/tables\"\n"
    "log_level = debug\n"
    "workers = 32\n"
    "carrier \"cmcc\" { name_zh = \"中国移动\" name_en = \"a \\\"b\\\" \\\\\"\n"
    "	hotline = \"10086\" store = \"sqlite:/x\" key_file = 'k' }\n"
    "carrier two { hotline = 1 }\n"
    "service \"sms\" {\n"
    "	carrier = \"two\" /* a\n	comment */\n"
    "	code = {\"10086\", # one\n		\"10001\"}\n"
    "	keywords = {CXMYD, CX2}\n"
    "	help = {}\n"
    "	identity = prompt consent = reply unknown = ignore\n"
    "	granularity = province horizon = yesterday language = en\n"
    "	window_days = 030 min_stay = 7201 late_after = 1 refuse_after = 9\n"
    "	split_days = 29\n"
    "	receipts = yes\n"
    "}\n"
    "service \"ussd\" { carrier = \"two\" code = {\"*10086*3#\"} }\n"
    "service \"other\" { carrier = cmcc code = \"10086\" keywords = CX\n"
    "	consent = ask identity = none window_days = 7 }\n"
    "smsc \"l-1\" {\n"
    "	carrier = \"two\" host = \"::1\" port = 1 system_id = "
    "\"abcdefghijklmno\"\n"
    "	password_file = \"pass\" system_type = \"twelve chars\"\n"
    "	bind = receiver window = 1000 rate = 50 addr_ton = 0\n"
    "	addr_npi = 8 interface_version = 0x50\n"
    "	default_alphabet = latin1 concat = payload\n"
    "	max_segments = 1 validity_minutes = 1440 retry_status = 88\n"
    "	ack_after = 0 response_timeout = 5 enquire_interval = 60 tls = yes\n"
    "	tls_ca = \"ca.pem\" tls_cert = \"/us.pem\" tls_key = \"key.pem\"\n"
    "	tls_name = \"smsc.example\"\n"
    "}\n"
    "hlr \"h\" { carrier = cmcc host = \"::1\" port = 1 name = \"T\"\n"
    "	session_seconds = 9 max_dialogues = 7 response_timeout = 3\n"
    "	ping_interval = 2 }\n"
    "hlr \"i\" { carrier = two host = \"::1\" name = \"T\" }\n"
    "limits { repeat_window = 0 tries = 1 lock_minutes = 2 busy_minutes = 3\n"
    "	texts_per_hour = 4 stale_minutes = 1440 numbers = 67108864 }\n"
    "metrics { listen = \"[::1]:9464\" }\n";

static void
check_whole(const struct conf *c, const char *how)
{
	const struct conf_service *s = &c->services[0];
	const struct conf_smsc *l = &c->smscs[0];
	const struct conf_hlr *h = &c->hlrs[0];
	char folder[PATH_MAX], want[PATH_MAX + 32];

	if (!realpath(".", folder))
		return;
	snprintf(want, sizeof(want), "sqlite:%s/state", folder);
	ok_str(c->store, want, "%s: a relative directory", how);
	ok_int(c->store_cache, 1048576, "%s: store_cache", how);
	snprintf(want, sizeof(want), "%s/keys/site.key", folder);
	ok_str(c->key_file, want, "%s: a relative file", how);
	ok_str(c->zone, "Asia/Urumqi", "%s: zone", how);
	ok_str(c->country_code, "852", "%s: country_code", how);
	ok_int(c->max_gap, 7200, "%s: a hexadecimal number", how);
	ok_str(c->tables, "/usr/share/tables", "%s: tables", how);
	ok_str(c->log_level, "debug", "%s: log_level", how);
	ok_int(c->workers, 32, "%s: workers", how);
	ok_str(c->carriers[0].name_zh, "中国移动", "%s: name_zh", how);
	ok_str(c->carriers[0].name_en, "a \"b\" \\", "%s: quotes", how);
	ok_str(c->carriers[0].store, "sqlite:/x", "%s: carrier's store", how);
	ok(s->carrier == &c->carriers[1], "%s: the second carrier", how);
	ok(s->code.n == 2 && strcmp(s->code.v[1], "10001") == 0,
	    "%s: a comment inside a list", how);
	ok_int(s->keywords.n, 2, "%s: keywords", how);
	ok_int(s->help.n, 0, "%s: an empty list", how);
	ok_int(s->identity, IDENTITY_PROMPT, "%s: identity", how);
	ok_int(s->consent, CONSENT_REPLY, "%s: consent", how);
	ok_int(s->unknown, UNKNOWN_IGNORE, "%s: unknown", how);
	ok_int(s->granularity, GRANULARITY_PROVINCE, "%s: granularity", how);
	ok_int(s->horizon, HORIZON_YESTERDAY, "%s: horizon", how);
	ok_int(s->language, LANG_EN, "%s: language", how);
	ok_int(s->window_days, 30, "%s: no octal numbers", how);
	ok_int(s->split_days, 29, "%s: split_days", how);
	ok_int(s->min_stay, 7201, "%s: min_stay", how);
	ok_int(s->late_after, 1, "%s: late_after", how);
	ok_int(s->refuse_after, 9, "%s: refuse_after", how);
	ok_int(s->receipts, 1, "%s: receipts", how);
	ok_str(l->password, "12345678", "%s: password", how);
	ok_str(l->system_type, "twelve chars", "%s: system_type", how);
	ok_int(l->port, 1, "%s: port", how);
	ok_int(l->bind, BIND_MODE_RECEIVER, "%s: bind", how);
	ok_int(l->rate, 50, "%s: rate", how);
	ok_int(l->ack_after, 0, "%s: ack_after", how);
	ok_int(l->addr_npi, 8, "%s: addr_npi", how);
	ok_int(l->default_alphabet, ALPHABET_LATIN1, "%s: alphabet", how);
	ok_int(l->retry_status, 88, "%s: retry_status", how);
	ok_int(l->tls, 1, "%s: tls", how);
	snprintf(want, sizeof(want), "%s/ca.pem", folder);
	ok_str(l->tls_ca, want, "%s: tls_ca", how);
	ok_str(l->tls_cert, "/us.pem", "%s: tls_cert", how);
	snprintf(want, sizeof(want), "%s/key.pem", folder);
	ok_str(l->tls_key, want, "%s: tls_key", how);
	ok_str(l->tls_name, "smsc.example", "%s: tls_name", how);
	ok_int(c->nhlrs, 2, "%s: HLRs", how);
	ok_str(h->name, "h", "%s: an HLR", how);
	ok(h->carrier == &c->carriers[0], "%s: its carrier", how);
	ok_str(h->host, "::1", "%s: its host", how);
	ok_int(h->port, 1, "%s: its port", how);
	ok_str(h->euse, "T", "%s: our name there", how);
	ok_int(h->session_seconds, 9, "%s: session_seconds", how);
	ok_int(h->max_dialogues, 7, "%s: max_dialogues", how);
	ok_int(h->response_timeout, 3, "%s: response_timeout", how);
	ok_int(h->ping_interval, 2, "%s: ping_interval", how);
	ok_int(h[1].port, 4222, "%s: the port of GSUP", how);
	ok_int(h[1].session_seconds, 25, "%s: the HLR waits 30 s", how);
	ok_int(l->interface_version, 0x50, "%s: interface_version", how);
	ok_int(l->concat, CONCAT_PAYLOAD, "%s: concat", how);
	ok_int(c->limits.repeat_window, 0, "%s: repeat_window", how);
	ok_int(c->limits.tries, 1, "%s: tries", how);
	ok_int(c->limits.lock_minutes, 2, "%s: lock_minutes", how);
	ok_int(c->limits.busy_minutes, 3, "%s: busy_minutes", how);
	ok_int(c->limits.texts_per_hour, 4, "%s: texts_per_hour", how);
	ok_int(c->limits.stale_minutes, 1440, "%s: stale_minutes", how);
	ok_int(c->limits.numbers, 67108864, "%s: numbers", how);
	ok_int(c->services[1].keywords.n, 0, "%s: USSD, no keyword", how);
	ok_int(c->services[2].keywords.n, 1, "%s: a list of one", how);
}

static void
test_lookups(const struct conf *c)
{
	const struct conf_carrier *cmcc = conf_carrier(c, "cmcc");
	const struct conf_carrier *two = conf_carrier(c, "two");

	ok(cmcc == &c->carriers[0] && two == &c->carriers[1], "carriers");
	ok(!conf_carrier(c, "three"), "no such carrier");
	ok(conf_service(c, "ussd") == &c->services[1], "a service");
	ok(!conf_service(c, "cmcc"), "no such service");
	ok(conf_service_at(c, two, "10001") == &c->services[0], "a code");
	ok(conf_service_at(c, cmcc, "10086") == &c->services[2],
	    "a code of two carriers");
	ok(!conf_service_at(c, cmcc, "10001"), "another carrier's code");
	ok(conf_is_code(c, "10001") && conf_is_code(c, "10086") &&
		!conf_is_code(c, "10002"),
	    "whoever's code");
	ok(conf_list_begins(&c->services[2].help, 'H') &&
		!conf_list_begins(&c->services[2].help, 'C'),
	    "what a word of a list may begin with");
	ok_int(conf_longest_window(c), 30, "the longest window");
}

static void
test_whole(void)
{
	struct conf *c, *again = NULL;
	FILE *out;

	put("pass", "12345678\n", 0600);
	put("key.pem", "", 0600);
	c = load_text(whole);
	ok_str(logged, "", "a file with everything loads");
	if (!c)
		return;
	check_whole(c, "read");
	test_lookups(c);
	out = fopen("printed.conf", "w");
	conf_print(c, out);
	fclose(out);
	conf_free(c);
	ok_int(conf_load(&again, "printed.conf"), 0, "what is printed loads");
	ok_str(logged, "", "without an error");
	if (again)
		check_whole(again, "printed");
	conf_free(again);
}

/* conf_print shows what is in force, and prints its own output again. */
static void
test_print(void)
{
	struct conf *c = load_text(IN_SMSC("retry_status = 0x58\n"));
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (c)
		conf_print(c, out);
	fclose(out);
	ok(strstr(text, "retry_status=0x58\n"), "hexadecimal stays so");
	ok(strstr(text, "interface_version=0x34\n"), "and so does a default");
	ok(strstr(text, "max_segments=10\n"), "a default is shown");
	ok(strstr(text, "bind=transceiver\n"), "a word stands bare");
	ok(strstr(text, "log_level=info\n"), "at the top too");
	free(text);
	conf_free(c);
}

static void
test_values(void)
{
	refuse(IN_SMSC("max_segments = 0\n"),
	    "travelcard.conf:6: max_segments: 0 is not 1..10\n");
	refuse(IN_SMSC("max_segments = 11\n"),
	    "travelcard.conf:6: max_segments: 11 is not 1..10\n");
	refuse(IN_SMSC("window = ten\n"),
	    "travelcard.conf:6: window: ten is not 1..1000\n");
	refuse(IN_SMSC("window = 1k\n"),
	    "travelcard.conf:6: window: 1k is not 1..1000\n");
	refuse(IN_SMSC("window = -1\n"),
	    "travelcard.conf:6: window: -1 is not 1..1000\n");
	refuse(IN_SMSC("window = \"\"\n"),
	    "travelcard.conf:6: window: \"\" is not 1..1000\n");
	refuse(IN_SMSC("port = 99999999999999999999\n"),
	    "travelcard.conf:6: port: 99999999999999999999 is not 1..65535\n");
	refuse(IN_SMSC("retry_status = 0x0\n"),
	    "travelcard.conf:6: retry_status: 0x0 is not 0x1..0x7fffffff\n");
	refuse(IN_SMSC("bind = both\n"),
	    "travelcard.conf:6: bind: both is not transceiver, receiver or "
	    "transmitter\n");
	refuse(IN_SMSC("default_alphabet = ucs2\n"),
	    "travelcard.conf:6: default_alphabet: ucs2 is not gsm7, ascii or "
	    "latin1\n");
	refuse("workers = 3\n" IN_SMSC("rate = 2\n"),
	    "travelcard.conf:7: rate: 2 is less than workers, 3\n");
	refuse("workers = 65\n" IN_SMSC(""),
	    "travelcard.conf:1: workers: 65 is not 1..64\n");
	refuse(IN_SMSC("interface_version = 0x33 concat = sar\n"),
	    "travelcard.conf:6: concat: sar needs interface_version 0x34 or "
	    "more\n");
	refuse(IN_SMSC("ussd_reply = 1\n"),
	    "travelcard.conf:6: ussd_reply: 1 is ussd_begin already\n");
	refuse(IN_SMSC("ussd_abort = 18\n"),
	    "travelcard.conf:6: ussd_abort: 18 is ussd_begin or ussd_reply "
	    "already\n");
	refuse(IN_SMSC("ussd_session = tlv\n"),
	    "travelcard.conf:6: ussd_session: tlv is not echo, count or "
	    "none\n");
	refuse(IN_SMSC("concat = tlv\n"),
	    "travelcard.conf:6: concat: tlv is not udh, sar or payload\n");
	refuse(IN_SERVICE("identity = \"\"\n"),
	    "travelcard.conf:6: identity: \"\" is not none, inline or "
	    "prompt\n");
	refuse(IN_SERVICE("horizon = Now\n"),
	    "travelcard.conf:6: horizon: Now is not now or yesterday\n");
	refuse(IN_SERVICE("window_days = 31\n"),
	    "travelcard.conf:6: window_days: 31 is not 1..30\n");
	refuse(IN_SERVICE("window_days = 7 split_days = 7\n"),
	    "travelcard.conf:6: split_days: 7 is not less than window_days, "
	    "7\n");
	refuse(CARRIER SMSC "system_type = \"thirteen char\" }\n",
	    "travelcard.conf:6: system_type: thirteen char is not 0..12 "
	    "characters\n");
	refuse(CARRIER HLR("h", "\"A B\""),
	    "travelcard.conf:2: name: A B is not 1..64 letters, digits, '.', "
	    "'_', '-'\n");
	refuse("country_code = \"+86\"\n" CARRIER,
	    "travelcard.conf:1: country_code: +86 is not 1..3 digits\n");
	refuse("store = \"/var/lib/travelcard\"\n" CARRIER,
	    "travelcard.conf:1: store: /var/lib/travelcard is not "
	    "sqlite:DIRECTORY\n");
	refuse("store = \"postgres:dbname=tc\"\n" CARRIER,
	    "travelcard.conf:1: store: postgres:dbname=tc is not "
	    "sqlite:DIRECTORY\n");
	refuse("key_file = \"\"\n" CARRIER,
	    "travelcard.conf:1: key_file: \"\" is not a path\n");
	refuse("zone = \"a\\nb\"\n" CARRIER,
	    "travelcard.conf:1: zone: has a control character, or is not "
	    "UTF-8\n");
	refuse("zone = \"a\xd6\xd0\"\n" CARRIER,
	    "travelcard.conf:1: zone: has a control character, or is not "
	    "UTF-8\n");
	refuse(CARRIER "\n\nmetrics { listen = 9464 }\n",
	    "travelcard.conf:4: listen: 9464 is not HOST:PORT\n");
	refuse(CARRIER "limits {\n tries = 0 }\n",
	    "travelcard.conf:3: tries: 0 is not 1..100\n");
}

static void
test_missing(void)
{
	refuse("", "travelcard.conf:1: carrier: there is none\n");
	refuse("carrier a {\n}\n",
	    "travelcard.conf:2: hotline: missing in carrier \"a\"\n");
	refuse(CARRIER "service s {\n}\n",
	    "travelcard.conf:3: carrier: missing in service \"s\"\n"
	    "travelcard.conf:3: code: missing in service \"s\"\n"
	    "travelcard.conf:3: keywords: missing in service \"s\"\n");
	refuse(CARRIER "service s { carrier = a code = {1, 2} }\n",
	    "travelcard.conf:2: keywords: missing in service \"s\"\n");
	refuse(CARRIER "smsc l {\n}\n",
	    "travelcard.conf:3: carrier: missing in smsc \"l\"\n"
	    "travelcard.conf:3: host: missing in smsc \"l\"\n"
	    "travelcard.conf:3: system_id: missing in smsc \"l\"\n");
	refuse(CARRIER "hlr h {\n}\n",
	    "travelcard.conf:3: carrier: missing in hlr \"h\"\n"
	    "travelcard.conf:3: host: missing in hlr \"h\"\n"
	    "travelcard.conf:3: name: missing in hlr \"h\"\n");
}

static void
test_between(void)
{
	refuse("max_gap = 3600\n" CARRIER SERVICE "min_stay = 3600 }\n",
	    "travelcard.conf:7: min_stay: 3600 is not more than max_gap, "
	    "3600\n");
	refuse("max_gap = 14400\n" CARRIER SERVICE "}\n",
	    "travelcard.conf:7: min_stay: 14400 is not more than max_gap, "
	    "14400\n");
	refuse(CARRIER SMSC "ack_after = 5\nresponse_timeout = 5 }\n",
	    "travelcard.conf:7: response_timeout: 5 of smsc \"l\" is not more "
	    "than ack_after of smsc \"l\", 5; raise it or lower that\n");
	refuse(CARRIER SMSC "ack_after = 10 }\n",
	    "travelcard.conf:6: response_timeout: 10 of smsc \"l\" is not "
	    "more than ack_after of smsc \"l\", 10; raise it or lower "
	    "that\n");
	refuse(CARRIER LINK("tx", "transmitter", 0, 5)
		   LINK("rx", "receiver", 60, 1),
	    "travelcard.conf:2: response_timeout: 5 of smsc \"tx\" is not "
	    "more than ack_after of smsc \"rx\", 60; raise it or lower "
	    "that\n");
	refuse(CARRIER LINK("rx", "receiver", 60, 1) LINK("tx", "transmitter",
		   60, 61) LINK("both", "transceiver", 2, 60),
	    "travelcard.conf:4: response_timeout: 60 of smsc \"both\" is not "
	    "more than ack_after of smsc \"rx\", 60; raise it or lower "
	    "that\n");
	refuse(CARRIER "service s {\n carrier = b code = 1 keywords = K }\n",
	    "travelcard.conf:3: carrier: b is no carrier section\n");
	refuse(CARRIER "smsc s {\n host=h\n system_id = s\n carrier = b }\n",
	    "travelcard.conf:5: carrier: b is no carrier section\n");
	refuse(CARRIER "hlr s {\n carrier = b host=h\n name = s\n}\n",
	    "travelcard.conf:3: carrier: b is no carrier section\n");
	refuse(CARRIER HLR("s", "T") HLR("t", "U") HLR("u", "T"),
	    "travelcard.conf:4: name: T is hlr \"s\" there already\n");
	refuse(CARRIER SERVICE "}\nservice t { carrier = a keywords = K\n"
			       "code = {10, 10086} }\n",
	    "travelcard.conf:8: code: 10086 is service \"s\" already\n");
	refuse(CARRIER "service s { carrier = a keywords = K\n code = {1, 1} "
		       "}\n",
	    "travelcard.conf:3: code: 1 is given twice\n");
	refuse(CARRIER "service s { carrier = a keywords = K\n"
		       " code = {1, \"*1#\"} }\n",
	    "travelcard.conf:3: code: *1#: short codes and USSD codes need a "
	    "service each\n");
	refuse(IN_SERVICE("help = {HILFE, CX}\n"),
	    "travelcard.conf:6: help: CX is one of keywords\n");
	refuse(IN_SERVICE("help = {help}\n"),
	    "travelcard.conf:6: help: help is not 1..20 capitals, digits and "
	    "Chinese characters\n");
	refuse(IN_SERVICE("withdraw = {\"取 消\"}\n"),
	    "travelcard.conf:6: withdraw: 取 消 is not 1..20 capitals, digits "
	    "and Chinese characters\n");
	refuse(IN_SERVICE("withdraw = {\"ＱＸ\"}\n"),
	    "travelcard.conf:6: withdraw: ＱＸ is not 1..20 capitals, digits "
	    "and Chinese characters\n");
	refuse(IN_SERVICE("delete = {QXTY}\n"),
	    "travelcard.conf:6: delete: QXTY is one of withdraw\n");
	refuse(IN_SERVICE("language_en = {\"中文\"}\n"),
	    "travelcard.conf:6: language_en: 中文 is one of language_zh\n");
	refuse(IN_SERVICE("consent = reply\n"),
	    "travelcard.conf:6: consent: reply needs identity = prompt\n");
	refuse(CARRIER "service s { carrier = a keywords = K\n"
		       "code = {\"1\",\n\"+2\"} }\n",
	    "travelcard.conf:4: code: +2 is not up to 20 digits or of the "
	    "form *123#\n");
	refuse(CARRIER "carrier \"b c\" { hotline = 1 }\n",
	    "travelcard.conf:2: carrier: \"b c\" is not 1..31 letters, "
	    "digits, '.', '_', '-'\n");
}

static void
test_grammar(void)
{
	refuse(
	    CARRIER "\nfoo = 1\n", "travelcard.conf:3: no such option 'foo'\n");
	refuse(CARRIER "foo bar {\n}\n",
	    "travelcard.conf:2: no such option 'foo'\n");
	refuse(CARRIER "# a\n/* b\n */ carrier a { hotline = 1 }\n",
	    "travelcard.conf:4: found duplicate title 'a'\n");
	refuse(CARRIER "limits|tries = 3\n",
	    "travelcard.conf:2: tries: belongs inside its section\n");
	refuse(CARRIER "zone = a\nzone = b\n",
	    "travelcard.conf:3: zone: given twice, first in line 2\n");
	refuse(CARRIER "service s { carrier = a keywords = K code = 1\n"
		       "code = {2, 3} }\n",
	    "travelcard.conf:3: code: given twice, first in line 2\n");
	refuse(CARRIER "carrier b {\nhotline = 1\n\n",
	    "travelcard.conf:2: the brace has no end\n");
	refuse(CARRIER "zone = \"a\n\n",
	    "travelcard.conf:2: the string or comment has no end\n");
	refuse(CARRIER "\n/* zone = a\n\n",
	    "travelcard.conf:3: the string or comment has no end\n");
	refuse(CARRIER "zone\n", "travelcard.conf:3: premature end of file\n");
	refuse(CARRIER "}\n", "travelcard.conf:2: unexpected closing brace\n");
	refuse(CARRIER "zone = \"\\999\"\n",
	    "travelcard.conf:2: bad escape sequence '\\999'\n");
	refuse(CARRIER "max_gap = 0 zone = \"\"\nfoo = 1\n",
	    "travelcard.conf:2: max_gap: 0 is not 1..86400\n"
	    "travelcard.conf:2: zone: \"\" is not 1..64 characters\n"
	    "travelcard.conf:3: no such option 'foo'\n");
}

/* Each message names the file, in a folder of its own for the test. */
static void
refuse_password(const char *text, mode_t mode, const char *why)
{
	char want[PATH_MAX + 128], folder[PATH_MAX];

	if (text)
		put("pass", text, mode);
	else
		unlink("pass");
	if (!realpath(".", folder))
		return;
	snprintf(want, sizeof(want),
	    "travelcard.conf:6: password_file: %s/pass: %s\n", folder, why);
	refuse(IN_SMSC("password_file = pass\n"), want);
}

static void
test_password(void)
{
	struct conf *c;

	refuse_password(NULL, 0, "No such file or directory");
	refuse_password(
	    "secret\n", 0640, "others than its owner may use it; chmod 600");
	refuse_password(
	    "secret\n", 0604, "others than its owner may use it; chmod 600");
	refuse_password(
	    "123456789", 0600, "is not one line of 0..8 characters");
	refuse_password(
	    "1234567890\n", 0600, "is not one line of 0..8 characters");
	refuse_password("12\n34\n", 0600, "is not one line of 0..8 characters");
	refuse_password("12\r\n", 0600, "is not one line of 0..8 characters");
	put("pass", "", 0600);
	c = load_text(IN_SMSC("password_file = pass\n"));
	ok(c && !*c->smscs[0].password, "an empty password");
	conf_free(c);
	put("pass", "12345678", 0400);
	c = load_text(IN_SMSC("password_file = pass\n"));
	ok(c && strcmp(c->smscs[0].password, "12345678") == 0,
	    "a password without a line end");
	conf_free(c);
}

static void
test_tls(void)
{
	char want[PATH_MAX + 128], folder[PATH_MAX];
	struct conf *c;

	refuse(IN_SMSC("tls = on\n"),
	    "travelcard.conf:6: tls: on is not no or yes\n");
	refuse(IN_SMSC("\ntls_cert = c\n"),
	    "travelcard.conf:7: tls_cert: tls_cert and tls_key need each "
	    "other\n");
	refuse(IN_SMSC("\ntls_key = k\n"),
	    "travelcard.conf:7: tls_key: tls_cert and tls_key need each "
	    "other\n");
	refuse(IN_SMSC("tls_cert = \"\"\n"),
	    "travelcard.conf:6: tls_cert: \"\" is not a path\n"
	    "travelcard.conf:6: tls_cert: tls_cert and tls_key need each "
	    "other\n");
	refuse(IN_SMSC("tls_name = .example\n"),
	    "travelcard.conf:6: tls_name: .example is not a host name or an "
	    "IP address\n");
	refuse(IN_SMSC("tls_name = \"*.example\"\n"),
	    "travelcard.conf:6: tls_name: *.example is not a host name or an "
	    "IP address\n");
	if (!realpath(".", folder))
		return;
	put("key.pem", "x", 0640);
	snprintf(want, sizeof(want),
	    "travelcard.conf:7: tls_key: %s/key.pem: others than its owner may "
	    "use it; chmod 600\n",
	    folder);
	refuse(IN_SMSC("tls = yes tls_cert = c\ntls_key = key.pem\n"), want);
	c = load_text(IN_SMSC("tls_cert = c\ntls_key = key.pem\n"));
	ok(c, "which does not matter without TLS");
	conf_free(c);
	c = load_text(IN_SMSC("tls_ca = \"\" tls_name = \"::1\"\n"));
	ok(c && !*c->smscs[0].tls_ca, "an empty path stays so");
	conf_free(c);
}

static void
refuse_file(const char *path, int error, const char *want)
{
	struct conf *c = NULL;

	logged[0] = '\0';
	ok_int(conf_load(&c, path), error, "%s gives its errno", path);
	ok(!c, "and nothing");
	ok_str(logged, want, "%.*s", (int)strcspn(want, "\n"), want);
}

static void
test_files(void)
{
	FILE *out = fopen("zeros.conf", "w");

	fwrite("zone\0= 1", 1, 8, out);
	fclose(out);
	refuse_file("zeros.conf", -EINVAL, "zeros.conf: is not a text file\n");
	refuse_file(
	    "none.conf", -ENOENT, "none.conf: No such file or directory\n");
	refuse_file("no/none.conf", -ENOENT,
	    "no/none.conf: No such file or directory\n");
	refuse_file(".", -EISDIR, ".: Is a directory\n");
}

/* What becomes of a bind when one line of its section changes. */
static void
test_change(void)
{
	static const struct {
		const char *was, *is;
		enum conf_change change;
	} changes[] = {
	    {"", "", CONF_SAME},
	    {"", "port = 2775\n", CONF_SAME},
	    {"rate = 10\nwindow = 7\n", "window = 7\nrate = 0xa\n", CONF_SAME},
	    {"", "port = 2776\n", CONF_ANEW},
	    {"", "bind = receiver\n", CONF_ANEW},
	    {"", "system_type = x\n", CONF_ANEW},
	    {"", "addr_ton = 2\n", CONF_ANEW},
	    {"", "addr_npi = 2\n", CONF_ANEW},
	    {"", "interface_version = 0x33\n", CONF_ANEW},
	    {"", "rate = 10\naddr_npi = 2\n", CONF_ANEW},
	    {"", "window = 10\n", CONF_LIVE},
	    {"window = 10\n", "", CONF_LIVE},
	    {"", "rate = 10\n", CONF_LIVE},
	    {"", "max_segments = 3\n", CONF_LIVE},
	    {"", "validity_minutes = 3\n", CONF_LIVE},
	    {"", "concat = sar\n", CONF_LIVE},
	    {"", "retry_status = 0x58\n", CONF_LIVE},
	    {"", "ack_after = 3\n", CONF_LIVE},
	    {"", "response_timeout = 3\n", CONF_LIVE},
	    {"", "enquire_interval = 3\n", CONF_LIVE},
	    {"", "default_alphabet = ascii\n", CONF_LIVE},
	    {"", "capture = one\n", CONF_LIVE},
	    {"capture = one\n", "capture = two\n", CONF_LIVE},
	    {"", "capture_numbers = clear\n", CONF_LIVE},
	    {"password_file = pass\n", "password_file = pass2\n", CONF_LIVE},
	    {"password_file = pass\n", "password_file = pass3\n", CONF_ANEW},
	    {"", "password_file = pass3\n", CONF_ANEW},
	};

	put("pass", "one", 0600);
	put("pass2", "one", 0600);
	put("pass3", "three", 0600);
	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		char was[1024], is[1024];
		struct conf *a, *b;

		snprintf(
		    was, sizeof(was), CARRIER SMSC "%s}\n", changes[i].was);
		/* the place of a section in its file says nothing */
		snprintf(is, sizeof(is),
		    CARRIER
		    "smsc k { carrier = a host = h system_id = k }\n" SMSC
		    "%s}\n",
		    changes[i].is);
		a = load_text(was);
		b = load_text(is);
		if (a == NULL || b == NULL)
			abort();
		ok_int(conf_smsc_change(a, &a->smscs[0], b, &b->smscs[1]),
		    changes[i].change, "\"%.*s\" to \"%.*s\"",
		    (int)strcspn(changes[i].was, "\n"), changes[i].was,
		    (int)strcspn(changes[i].is, "\n"), changes[i].is);
		conf_free(a);
		conf_free(b);
	}
}

/* The same of a link to an HLR. */
static void
test_hlr_change(void)
{
	static const struct {
		const char *was, *is;
		enum conf_change change;
	} changes[] = {
	    {"", "session_seconds = 25\n", CONF_SAME},
	    {"", "session_seconds = 20\n", CONF_LIVE},
	    {"", "response_timeout = 3\n", CONF_LIVE},
	    {"ping_interval = 3\n", "", CONF_LIVE},
	    {"", "port = 4223\n", CONF_ANEW},
	    {"", "max_dialogues = 10\n", CONF_ANEW},
	    {"", "ping_interval = 3\nmax_dialogues = 10\n", CONF_ANEW},
	};
	static const char hlr[] =
	    "hlr h { carrier = a host = h name = T %s }\n";

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		char was[256], is[256], text[512];
		struct conf *a, *b;

		snprintf(was, sizeof(was), hlr, changes[i].was);
		snprintf(is, sizeof(is), hlr, changes[i].is);
		snprintf(text, sizeof(text), CARRIER "%s", was);
		a = load_text(text);
		snprintf(text, sizeof(text),
		    CARRIER "hlr g { carrier = a host = h name = U }\n%s", is);
		b = load_text(text);
		if (a == NULL || b == NULL)
			abort();
		ok_int(conf_hlr_change(a, &a->hlrs[0], b, &b->hlrs[1]),
		    changes[i].change, "hlr: \"%.*s\" to \"%.*s\"",
		    (int)strcspn(changes[i].was, "\n"), changes[i].was,
		    (int)strcspn(changes[i].is, "\n"), changes[i].is);
		conf_free(a);
		conf_free(b);
	}
}

/* And of answers from memory. */
static void
test_answers(void)
{
	static const char before[] = CARRIER SERVICE "}\n" SMSC "}\n";
	static const struct {
		const char *is;
		int same;
	} changes[] = {
	    {CARRIER SERVICE "}\n" SMSC "}\n", 1},
	    {CARRIER SERVICE "}\n" SMSC "port = 1\n}\n", 1},
	    {CARRIER SERVICE "}\n", 1},
	    {"log_level = debug\n" CARRIER SERVICE "}\n", 1},
	    {"limits { tries = 1 }\n" CARRIER SERVICE "}\n", 1},
	    {"zone = UTC\n" CARRIER SERVICE "}\n", 0},
	    {"carrier a { hotline = \"10010\" }\n" SERVICE "}\n", 0},
	    {CARRIER SERVICE "window_days = 7\n}\n", 0},
	    {CARRIER SERVICE "help = {HELP, H}\n}\n", 0},
	    {CARRIER SERVICE "}\nservice t { carrier = a code = 1 "
			     "keywords = T }\n",
		0},
	    {CARRIER "service t { carrier = a code = 10086 keywords = CX }\n",
		0},
	};
	struct conf *a = load_text(before);

	for (size_t i = 0; i < sizeof(changes) / sizeof(*changes); i++) {
		struct conf *b = load_text(changes[i].is);

		if (a == NULL || b == NULL)
			abort();
		ok_int(conf_edition(a, 1) == conf_edition(b, 1),
		    changes[i].same, "the same answers, change %zu", i);
		conf_free(b);
	}
	conf_free(a);
}

/* What all links of a carrier share; others' do not count. */
static void
test_shared(void)
{
	static const struct {
		const char *links;
		enum alphabet alphabet;
		enum concat_mode concat;
		const char *what;
	} cases[] = {
	    {"", ALPHABET_UCS2, CONCAT_UDH, "no link: UCS-2"},
	    {SMSC "}\n", ALPHABET_GSM7, CONCAT_UDH, "one link: its own"},
	    {SMSC "default_alphabet = ascii concat = sar }\n", ALPHABET_ASCII,
		CONCAT_SAR, "one: its own, whatever that is"},
	    {SMSC "default_alphabet = latin1 concat = payload }\n"
		  "smsc m { carrier = a host = h system_id = s\n"
		  "	default_alphabet = latin1 concat = payload }\n",
		ALPHABET_LATIN1, CONCAT_PAYLOAD, "two of the same: that"},
	    {SMSC "concat = sar }\n"
		  "smsc m { carrier = a host = h system_id = s\n"
		  "	default_alphabet = latin1 }\n",
		ALPHABET_UCS2, CONCAT_UDH, "two that differ: what is sure"},
	    {SMSC "bind = transmitter concat = sar }\n"
		  "smsc m { carrier = a host = h system_id = s\n"
		  "	bind = receiver default_alphabet = latin1 }\n",
		ALPHABET_GSM7, CONCAT_SAR, "one only for receiving: not its"},
	    {SMSC "}\n"
		  "smsc m { carrier = b host = h system_id = s\n"
		  "	default_alphabet = latin1 concat = sar }\n",
		ALPHABET_GSM7, CONCAT_UDH, "another carrier's do not count"},
	};
	char text[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf *c;

		snprintf(text, sizeof(text), "%scarrier b { hotline = 1 }\n%s",
		    CARRIER, cases[i].links);
		c = load_text(text);
		ok(c != NULL &&
			conf_alphabet(c, &c->carriers[0]) ==
			    cases[i].alphabet &&
			conf_concat(c, &c->carriers[0]) == cases[i].concat,
		    "shared: %s", cases[i].what);
		conf_free(c);
	}
}

int
main(void)
{
	char own[] = "/tmp/tc-conf-XXXXXX";
	const char *dir = getenv("TEST_DIR");

	if (chdir(dir ? dir : mkdtemp(own)) < 0)
		return 1;
	capture_log();
	test_defaults();
	test_whole();
	test_print();
	test_values();
	test_missing();
	test_between();
	test_grammar();
	test_password();
	test_tls();
	test_files();
	test_change();
	test_hlr_change();
	test_answers();
	test_shared();
	return test_done();
}
