/* Call records: one CSV line for each dialogue that has ended, with no clear
 * number in it. A folder has one file for each local day, calls-YYYY-MM-DD.csv,
 * mode 0600; several processes may write to it. */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdint.h>

/* How a dialogue ended. */
enum call_status {
	CALL_ANSWERED,  /* the answer was shown, to its last page */
	CALL_BY_SMS,    /* the answer goes by SMS */
	CALL_NOT_TOLD,  /* wrong identity, locked, no consent */
	CALL_HELPED,    /* not understood; help was shown */
	CALL_TIMED_OUT, /* no reply in time */
	CALL_CANCELLED, /* the phone went away, or could not go on */
	CALL_BUSY,      /* refused for now */
	CALL_LOST,      /* the link broke, or did not take what was said */
	CALL_STRAY,     /* a code that nobody answers, a reply to nothing */
	CALL_STATUSES
};

/* "answered", "by-sms" … */
const char *call_status_name(enum call_status s);

struct call_record {
	int64_t start, end;  /* epoch seconds */
	const char *service; /* its name, "" for none */
	const char *code;    /* that was dialled, without what follows it */
	const char *channel; /* "ussd", "smpp" */
	const char *number;  /* masked (key_mask) */
	unsigned steps;      /* what the subscriber sent, the dialling too */
	enum call_status status;
};

struct records;

/* The folder must be there. Files older than `days` are removed, now and with
 * each new day. 0 or -errno, logged. */
int records_open(struct records **rp, const char *dir, unsigned days);
/* Writes what is left. */
void records_close(struct records *r);

/* Notes one; it is in the file after records_flush. One that cannot be written
 * is missed and logged, no more. Both do nothing on null. */
void records_put(struct records *r, const struct call_record *c);
void records_flush(struct records *r);

#endif
