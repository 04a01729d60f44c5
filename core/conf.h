/* The configuration: one file for all programs, read by libconfuse, checked
 * whole before anything uses it. travelcard.conf(5) describes every option.
 */
#ifndef CONF_H
#define CONF_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "message.h"
#include "text.h"

enum identity { IDENTITY_NONE, IDENTITY_INLINE, IDENTITY_PROMPT };
enum consent { CONSENT_NONE, CONSENT_REPLY, CONSENT_ASK };
enum granularity { GRANULARITY_CITY, GRANULARITY_PROVINCE };
enum horizon { HORIZON_NOW, HORIZON_YESTERDAY };
enum bind_mode {
	BIND_MODE_TRANSCEIVER,
	BIND_MODE_RECEIVER,
	BIND_MODE_TRANSMITTER
};
enum unknown { UNKNOWN_HELP, UNKNOWN_IGNORE };

struct conf_list {
	const char **v;
	size_t n;
	uint64_t begins; /* bit c % 64: one begins with octet c; 0: unknown */
};

/* Could one of the list begin with that octet? Most texts tell at once that
 * none does. */
static inline int
conf_list_begins(const struct conf_list *list, char c)
{
	return list->begins == 0 || list->begins >> (c & 63) & 1;
}

struct conf_carrier {
	const char *name;
	const char *name_zh, *name_en; /* as users see them */
	const char *hotline;
	const char *store, *key_file; /* the top-level ones unless given */
	enum notify { NOTIFY_NO, NOTIFY_YES } notify; /* notice.h */
};

struct conf_service {
	const char *name;
	const struct conf_carrier *carrier;
	struct conf_list code; /* "10086", or "*10086*3#" for USSD */
	/* words, folded as request.c folds what comes */
	struct conf_list keywords; /* ask for an answer */
	struct conf_list help;
	struct conf_list withdraw; /* no longer agree */
	struct conf_list delete;   /* ask to be forgotten */
	struct conf_list verify;   /* ask whether a code is genuine */
	struct conf_list language_zh, language_en; /* choose a language */
	enum identity identity;
	enum consent consent;
	enum unknown unknown;
	enum granularity granularity;
	enum horizon horizon;
	enum language language;
	uint32_t window_days;   /* 1..30 */
	uint32_t split_days;    /* of its later part, shown apart; 0: one */
	uint32_t min_stay;      /* seconds, more than max_gap */
	uint32_t late_after;    /* seconds behind which data-late is noted */
	uint32_t reply_minutes; /* how long a reply is awaited */
	uint32_t refuse_after; /* and behind which nothing is answered; 0 off */
	int receipts;          /* asked for with each answer */
};

/* What goes with the turns of a USSD dialogue as its_session_info (SMPP 3.4,
 * 5.3.2.43): that of the subscriber's last; the same number and a sequence of
 * ours; or nothing. */
enum ussd_session { USSD_SESSION_ECHO, USSD_SESSION_COUNT, USSD_SESSION_NONE };

struct conf_smsc {
	const char *name;
	const struct conf_carrier *carrier;
	const char *host;
	uint16_t port;
	const char *system_id; /* at most 15 characters */
	const char *capture;   /* file of its PDUs, or null */
	enum capture_mode { CAPTURE_MASKED, CAPTURE_CLEAR } capture_numbers;
	char *password; /* read from password_file, at most 8; "" for none */
	const char *system_type;   /* at most 12 */
	uint8_t interface_version; /* 0x34 */
	uint8_t addr_ton, addr_npi;
	uint32_t window; /* submit_sm unanswered at once, 1..1000 */
	enum bind_mode bind;
	uint32_t rate;         /* submit_sm a second, 0 for no limit */
	uint32_t ack_after;    /* seconds; then the answer goes to the outbox */
	uint32_t retry_status; /* command_status for "not now" */
	enum alphabet default_alphabet; /* of data_coding 0 */
	uint32_t validity_minutes;
	enum concat_mode concat;        /* of what takes several segments */
	uint32_t max_segments;          /* 1..10 */
	uint32_t response_timeout;      /* seconds, more than any ack_after */
	uint32_t enquire_interval;      /* seconds */
	uint8_t tls;                    /* 1: the link is encrypted */
	const char *tls_ca;             /* file of CAs, "" for the system's */
	const char *tls_cert, *tls_key; /* our own, or null both */
	const char *tls_name; /* that the certificate must have, "" for host */
	uint8_t ussd;         /* 1: USSD dialogues come over it too */
	/* ussd_service_op (5.3.2.44) of deliver_sm and of submit_sm */
	uint8_t ussd_begin, ussd_reply, ussd_abort; /* abort 0: none */
	uint8_t ussd_ask, ussd_end;
	enum ussd_session ussd_session;
	const char *ussd_service_type; /* at most 5 */
	uint32_t ussd_seconds;         /* a dialogue's, between replies */
	uint32_t ussd_dialogues;       /* at once */
};

struct conf_hlr {
	const char *name;
	const struct conf_carrier *carrier;
	const char *host;
	uint16_t port;
	const char *euse;          /* the option `name`: as what we attach */
	uint32_t session_seconds;  /* a dialogue's, between reply and reply */
	uint32_t max_dialogues;    /* at once */
	uint32_t response_timeout; /* seconds */
	uint32_t ping_interval;    /* seconds */
};

#define CONF_WORKERS 64 /* at the most */

/* What one subscriber may cost (admit.h). */
struct conf_limits {
	uint32_t repeat_window; /* seconds */
	uint32_t tries, lock_minutes;
	uint32_t busy_minutes, texts_per_hour, stale_minutes;
	uint32_t wrong_codes; /* an hour, from a number and about one */
	uint32_t numbers;     /* of which that is remembered */
};

struct conf_metrics {
	const char *listen; /* HOST:PORT, or null */
};

struct conf {
	char *path;
	const char *store, *key_file;
	uint32_t store_cache; /* MB, or 0: store_cache */
	const char *zone;
	const char *country_code;
	const char *tables; /* folder of reference tables and catalogues */
	const char *log_level;
	const char *run_dir; /* folder of teller.h's sockets */
	uint32_t workers;    /* processes of smsc-gw, 1..CONF_WORKERS */
	const char *records; /* folder of call records, or null */
	uint32_t records_days;
	const char *audit; /* folder of audit.h, or null */
	uint32_t audit_days;
	int strict_operator; /* who and why must be said */
	uint32_t max_gap;    /* seconds */
	struct conf_limits limits;
	struct conf_metrics metrics;
	struct conf_carrier *carriers;
	size_t ncarriers;
	struct conf_service *services;
	size_t nservices;
	struct conf_smsc *smscs;
	size_t nsmscs;
	struct conf_hlr *hlrs;
	size_t nhlrs;
	struct conf_file *file; /* what was read; it owns the strings */
};

/* Reads and checks a file. Errors go to the log as "FILE:LINE: option:
 * value is not …". 0, -errno, or -EINVAL for what is wrong in it. */
int conf_load(struct conf **cp, const char *path);
void conf_free(struct conf *c);

/* Prints what is in force, defaults included, in the file's own syntax; no
 * password. */
void conf_print(const struct conf *c, FILE *out);

/* By name; null when there is none. */
const struct conf_service *conf_service(const struct conf *c, const char *name);
const struct conf_carrier *conf_carrier(const struct conf *c, const char *name);

/* The service that answers on a carrier's code; null when none does. */
const struct conf_service *conf_service_at(
    const struct conf *c, const struct conf_carrier *carrier, const char *code);

/* Is it any carrier's code? */
int conf_is_code(const struct conf *c, const char *number);

/* Is it a USSD service, dialled and not texted? */
int conf_service_is_dialled(const struct conf_service *s);

/* The service of a carrier whose code begins what was dialled, "*10086*3#" of
 * "*10086*3*1234#", the longest of several; null for none. *code is that
 * code. */
const struct conf_service *conf_service_dialled(const struct conf *c,
    const struct conf_carrier *carrier, const char *dialled, const char **code);

/* The short code that a carrier's texts come from when none was texted to: its
 * first service's; null when it has none that is texted. */
const char *conf_sms_code(
    const struct conf *c, const struct conf_carrier *carrier);

/* How a section of one reading differs from that of another: not at all, only
 * in what a bind that is up can take on, or in more. */
enum conf_change { CONF_SAME, CONF_LIVE, CONF_ANEW };
enum conf_change conf_smsc_change(const struct conf *a,
    const struct conf_smsc *x, const struct conf *b, const struct conf_smsc *y);
enum conf_change conf_hlr_change(const struct conf *a, const struct conf_hlr *x,
    const struct conf *b, const struct conf_hlr *y);

/* With all of it that an answer depends on (edition.h). */
uint64_t conf_edition(const struct conf *c, uint64_t edition);

/* What data_coding 0 means to a carrier's SMSCs. A text may go out over any of
 * their links: where they differ, ALPHABET_UCS2, which alone is sure. */
enum alphabet conf_alphabet(
    const struct conf *c, const struct conf_carrier *carrier);
/* The concat of a text that came in by none of a carrier's links, or by one
 * that only receives: the one that the others share, else CONCAT_UDH. */
enum concat_mode conf_concat(
    const struct conf *c, const struct conf_carrier *carrier);

/* The longest window of all services, in days. */
uint32_t conf_longest_window(const struct conf *c);

#endif
