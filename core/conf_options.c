/* Every option: name, default, what is allowed, where it goes. What is parsed
 * and printed, the checks of single values and struct conf come from here.
 *
 * A new option is a row here, in conf/travelcard.conf and in
 * conf/travelcard.conf.5; tests/lint holds the three together. A change of
 * one that is not `live` makes a reload bind anew, or says that answers from
 * memory may be wrong now.
 */
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "conf_file.h"

/* A store is "sqlite:" and a directory; "postgres:" is of the format, but no
 * part of this version. */
static int
good_store(const char *s)
{
	return strncmp(s, "sqlite:", 7) == 0 && s[7];
}

static int
good_path(const char *s)
{
	return *s != '\0';
}

static int
only(const char *s, const char *set, size_t min, size_t max)
{
	size_t n = strspn(s, set);

	return n >= min && n <= max && !s[n];
}

static int
good_country_code(const char *s)
{
	return *s != '0' && only(s, "0123456789", 1, 3);
}

/* At most the 20 digits of an SMPP address (3.4, 5.2.8). */
static int
good_code(const char *s)
{
	if (*s == '*')
		return only(s, "*#0123456789", 3, 20) &&
		    s[strlen(s) - 1] == '#';
	return only(s, "0123456789", 1, 20);
}

/* As request.c folds what users type: capitals, digits, and characters that
 * have no other form. */
static int
good_keyword(const char *s)
{
	size_t n, count = 0;
	uint32_t c;

	for (; (n = utf8_next(s, &c)) > 0; s += n, count++) {
		int is_ascii = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		int is_wide = c >= 0xff00 && c <= 0xffef;

		if (!is_ascii && (n == 1 || c < 0x3400 || is_wide))
			return 0;
	}
	return count >= 1 && count <= 20;
}

/* A host name or an address, as a certificate may have it. */
static int
good_tls_name(const char *s)
{
	return *s != '.' &&
	    only(s,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789.:-_",
		0, 255);
}

/* One word of the HLR's command line, "EUSE-" before it in an identity. */
static int
good_euse(const char *s)
{
	return only(s,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
	    1, 64);
}

static int
good_listen(const char *s)
{
	const char *colon = strrchr(s, ':');

	return colon != NULL && colon > s &&
	    only(colon + 1, "0123456789", 1, 5) && atol(colon + 1) >= 1 &&
	    atol(colon + 1) <= 65535;
}

#define AS(n, s, f)                                 \
	.name = n, .offset = offsetof(struct s, f), \
	.size = sizeof(((struct s *)NULL)->f)
#define AT(s, f) AS(#f, s, f)
#define UNUSED(n) .name = n
#define NUM(d, lo, hi) .kind = NUMBER, .def = d, .min = lo, .max = hi
#define WRD(d, w) .kind = WORD, .def = d, .words = w
#define TXT(d, lo, hi) .kind = TEXT, .def = d, .min = lo, .max = hi
#define LIKE(d, g, w) .kind = TEXT, .def = d, .good = g, .what = w
#define FILEPATH(d) .kind = PATH, .def = d, .good = good_path, .what = "a path"
#define LST(d, g, w) .kind = LIST, .def = d, .good = g, .what = w

#define KEYWORD "1..20 capitals, digits and Chinese characters"

/* In the order of their enums; "" where one is not offered. */
static const char *const levels[] = {"debug", "info", "notice", "error", NULL};
static const char *const identities[] = {"none", "inline", "prompt", NULL};
static const char *const consents[] = {"none", "reply", "ask", NULL};
static const char *const granularities[] = {"city", "province", NULL};
static const char *const horizons[] = {"now", "yesterday", NULL};
static const char *const unknowns[] = {"help", "ignore", NULL};
static const char *const languages[] = {"zh", "en", NULL};
static const char *const alphabets[] = {"gsm7", "", "ascii", "latin1", NULL};
static const char *const binds[] = {
    "transceiver", "receiver", "transmitter", NULL};
static const char *const concats[] = {"udh", "sar", "payload", NULL};
static const char *const capture_modes[] = {"masked", "clear", NULL};
static const char *const ussd_sessions[] = {"echo", "count", "none", NULL};
static const char *const yesno[] = {"no", "yes", NULL};

#define WEEK (7 * 86400L)
#define MONTH (30 * 86400L)

static const struct option top_options[] = {
    {AT(conf, store), .kind = PATH, .def = "sqlite:/var/lib/travelcard",
	.good = good_store, .what = "sqlite:DIRECTORY"},
    {AT(conf, store_cache), NUM("0", 0, 1048576), .live = 1},
    {AT(conf, key_file), FILEPATH("/etc/travelcard/site.key")},
    {AT(conf, zone), TXT("Asia/Shanghai", 1, 64)},
    {AT(conf, country_code), LIKE("86", good_country_code, "1..3 digits")},
    {AT(conf, max_gap), NUM("10800", 1, 86400)},
    {AT(conf, tables), FILEPATH(NULL)},
    {AT(conf, log_level), WRD("info", levels), .live = 1},
    {AT(conf, run_dir), FILEPATH("/run/travelcard"), .live = 1},
    {AT(conf, workers), NUM("1", 1, CONF_WORKERS), .live = 1},
    {AT(conf, records), FILEPATH(NULL), .live = 1},
    {AT(conf, records_days), NUM("30", 1, 3650), .live = 1},
    {AT(conf, audit), FILEPATH(NULL), .live = 1},
    {AT(conf, audit_days), NUM("180", 1, 3650), .live = 1},
    {AT(conf, strict_operator), WRD("no", yesno), .live = 1},
    {0},
};

static const struct option carrier_options[] = {
    {AT(conf_carrier, name_zh), TXT(NULL, 1, 40)},
    {AT(conf_carrier, name_en), TXT(NULL, 1, 40)},
    {AT(conf_carrier, hotline), TXT(NULL, 1, 20), .required = 1},
    {AT(conf_carrier, store), .kind = PATH, .good = good_store,
	.what = "sqlite:DIRECTORY"},
    {AT(conf_carrier, key_file), FILEPATH(NULL)},
    {AT(conf_carrier, notify), WRD("no", yesno)},
    {0},
};

static const struct option service_options[] = {
    {UNUSED("carrier"), TXT(NULL, 1, 0), .required = 1},
    {AT(conf_service, code),
	LST(NULL, good_code, "up to 20 digits or of the form *123#"),
	.required = 1},
    {AT(conf_service, keywords), LST(NULL, good_keyword, KEYWORD)},
    {AT(conf_service, help), LST("HELP", good_keyword, KEYWORD)},
    {AT(conf_service, withdraw), LST("QXTY", good_keyword, KEYWORD)},
    {AT(conf_service, delete), LST("SCSJ", good_keyword, KEYWORD)},
    {AT(conf_service, verify), LST("HY", good_keyword, KEYWORD)},
    {AT(conf_service, language_zh),
	LST("ZH ZW CN CHINESE 中文", good_keyword, KEYWORD)},
    {AT(conf_service, language_en),
	LST("EN YW ENG ENGLISH 英文 英语", good_keyword, KEYWORD)},
    {AT(conf_service, identity), WRD("inline", identities)},
    {AT(conf_service, consent), WRD("none", consents)},
    {AT(conf_service, unknown), WRD("help", unknowns)},
    {AT(conf_service, granularity), WRD("city", granularities)},
    {AT(conf_service, horizon), WRD("now", horizons)},
    {AT(conf_service, language), WRD("zh", languages)},
    {AT(conf_service, window_days), NUM("14", 1, 30)},
    {AT(conf_service, split_days), NUM("0", 0, 29)},
    {AT(conf_service, min_stay), NUM("14400", 1, WEEK)},
    {AT(conf_service, reply_minutes), NUM("10", 1, 60)},
    {AT(conf_service, late_after), NUM("21600", 1, MONTH)},
    {AT(conf_service, refuse_after), NUM("0", 0, MONTH)},
    {AT(conf_service, receipts), WRD("no", yesno)},
    {0},
};

/* Lengths are those of SMPP 3.4, 5.2.1 and 5.2.3, without the NUL. */
static const struct option smsc_options[] = {
    {UNUSED("carrier"), TXT(NULL, 1, 0), .required = 1},
    {AT(conf_smsc, host), TXT(NULL, 1, 255), .required = 1},
    {AT(conf_smsc, port), NUM("2775", 1, 65535)},
    {AT(conf_smsc, system_id), TXT(NULL, 1, 15), .required = 1},
    {UNUSED("password_file"), FILEPATH(NULL), .live = 1},
    {AT(conf_smsc, system_type), TXT("", 0, 12)},
    {AT(conf_smsc, interface_version), NUM("0x34", 0, 255), .hex = 1},
    {AT(conf_smsc, bind), WRD("transceiver", binds)},
    {AT(conf_smsc, window), NUM("100", 1, 1000), .live = 1},
    {AT(conf_smsc, rate), NUM("0", 0, 100000), .live = 1},
    {AT(conf_smsc, addr_ton), NUM("1", 0, 6)},
    {AT(conf_smsc, addr_npi), NUM("1", 0, 18)},
    {AT(conf_smsc, default_alphabet), WRD("gsm7", alphabets), .live = 1},
    {AT(conf_smsc, concat), WRD("udh", concats), .live = 1},
    {AT(conf_smsc, max_segments), NUM("10", 1, 10), .live = 1},
    {AT(conf_smsc, validity_minutes), NUM("60", 1, 10080), .live = 1},
    {AT(conf_smsc, retry_status), NUM("0x64", 1, 0x7fffffff), .hex = 1,
	.live = 1},
    {AT(conf_smsc, ack_after), NUM("2", 0, 60), .live = 1},
    {AT(conf_smsc, response_timeout), NUM("10", 1, 600), .live = 1},
    {AT(conf_smsc, enquire_interval), NUM("30", 1, 3600), .live = 1},
    {AT(conf_smsc, capture), FILEPATH(NULL), .live = 1},
    {AT(conf_smsc, capture_numbers), WRD("masked", capture_modes), .live = 1},
    {AT(conf_smsc, tls), WRD("no", yesno)},
    {AT(conf_smsc, tls_ca), .kind = PATH, .def = ""},
    {AT(conf_smsc, tls_cert), FILEPATH(NULL)},
    {AT(conf_smsc, tls_key), FILEPATH(NULL)},
    {AT(conf_smsc, tls_name),
	LIKE("", good_tls_name, "a host name or an IP address")},
    {AT(conf_smsc, ussd), WRD("no", yesno), .live = 1},
    {AT(conf_smsc, ussd_begin), NUM("1", 0, 255), .live = 1},
    {AT(conf_smsc, ussd_ask), NUM("2", 0, 255), .live = 1},
    {AT(conf_smsc, ussd_reply), NUM("18", 0, 255), .live = 1},
    {AT(conf_smsc, ussd_end), NUM("17", 0, 255), .live = 1},
    {AT(conf_smsc, ussd_abort), NUM("0x81", 0, 255), .hex = 1, .live = 1},
    {AT(conf_smsc, ussd_session), WRD("echo", ussd_sessions), .live = 1},
    {AT(conf_smsc, ussd_service_type), TXT("USSD", 0, 5), .live = 1},
    {AT(conf_smsc, ussd_seconds), NUM("25", 1, 255), .live = 1},
    {AT(conf_smsc, ussd_dialogues), NUM("10000", 1, 100000)},
    {0},
};

static const struct option hlr_options[] = {
    {UNUSED("carrier"), TXT(NULL, 1, 0), .required = 1},
    {AT(conf_hlr, host), TXT(NULL, 1, 255), .required = 1},
    {AT(conf_hlr, port), NUM("4222", 1, 65535)},
    {AS("name", conf_hlr, euse),
	LIKE(NULL, good_euse, "1..64 letters, digits, '.', '_', '-'"),
	.required = 1},
    {AT(conf_hlr, session_seconds), NUM("25", 1, 255), .live = 1},
    {AT(conf_hlr, max_dialogues), NUM("20000", 1, 1000000)},
    {AT(conf_hlr, response_timeout), NUM("10", 1, 600), .live = 1},
    {AT(conf_hlr, ping_interval), NUM("30", 1, 3600), .live = 1},
    {0},
};

static const struct option limits_options[] = {
    {AT(conf_limits, repeat_window), NUM("60", 0, 86400)},
    {AT(conf_limits, tries), NUM("5", 1, 100)},
    {AT(conf_limits, lock_minutes), NUM("30", 1, 1440)},
    {AT(conf_limits, busy_minutes), NUM("10", 1, 1440)},
    {AT(conf_limits, texts_per_hour), NUM("10", 1, 1000)},
    {AT(conf_limits, stale_minutes), NUM("30", 1, 1440)},
    {AT(conf_limits, wrong_codes), NUM("10", 1, 1000)},
    {AT(conf_limits, numbers), NUM("524288", 1024, 1 << 26)},
    {0},
};

static const struct option metrics_options[] = {
    {AT(conf_metrics, listen), LIKE(NULL, good_listen, "HOST:PORT"), .live = 1},
    {0},
};

const struct section conf_sections[] = {
    {"root", top_options, 0},
    {"carrier", carrier_options, 1},
    {"service", service_options, 1},
    {"smsc", smsc_options, 1},
    {"hlr", hlr_options, 1},
    {"limits", limits_options, 0},
    {"metrics", metrics_options, 0},
    {0},
};
