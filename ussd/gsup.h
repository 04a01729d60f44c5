/* GSUP as an External USSD Entity speaks it: octets to structs and back.
 * Pure.
 *
 *   GSUP message (PROC_SS) ── IMSI, session id and state, facility
 *     facility: one component (3GPP TS 24.080 3.6.1) ── invoke id, operation
 *       USSD-Arg / USSD-Res (TS 24.080 4.3): data coding scheme, string
 *
 * Octets are believed when every length in them, of GSUP's IEs and of BER's,
 * has been checked. */
#ifndef GSUP_H
#define GSUP_H

#include <stddef.h>
#include <stdint.h>

#include "dcs.h"

#define GSUP_MAX 160 /* octets of the longest message that is written */
#define GSUP_IMSI 15

enum ss_type { SS_REQUEST, SS_ERROR, SS_RESULT }; /* PROC_SS 0x20 to 0x22 */
enum ss_state { SS_BEGIN = 1, SS_CONTINUE, SS_END };
enum ss_component {
	SS_NONE, /* no facility */
	SS_INVOKE,
	SS_RETURN_RESULT,
	SS_RETURN_ERROR,
	SS_REJECT,
	SS_MALFORMED /* a facility that cannot be read */
};
enum ss_operation {                   /* TS 24.080 4.5 */
	SS_PROCESS_REQUEST = 59,      /* ProcessUnstructuredSS-Request */
	SS_UNSTRUCTURED_REQUEST = 60, /* UnstructuredSS-Request */
	SS_UNSTRUCTURED_NOTIFY = 61   /* UnstructuredSS-Notify */
};

struct ss_message {
	enum ss_type type;
	char imsi[GSUP_IMSI + 1];
	uint32_t session_id;
	enum ss_state state;
	enum ss_component component;
	uint8_t invoke_id; /* 0 where it could not be read */
	uint8_t operation; /* 0 when the component has none, or a global one */
	char text[USSD_TEXT]; /* UTF-8, of the three operations; "" for none */
	enum alphabet alphabet; /* to write it in, GSM7 or UCS2 */
};

/* Reads a whole GSUP message. 0, with SS_MALFORMED too, for whoever waits at
 * the other end must be told something; -ENOTSUP for one that is sound but
 * not PROC_SS; -EBADMSG. */
int gsup_read(const uint8_t *p, size_t len, struct ss_message *m);

/* Writes one with an Invoke, a ReturnResult or no component at all. Its
 * length, or -EMSGSIZE when the text takes more than USSD_OCTETS. */
int gsup_write(const struct ss_message *m, uint8_t out[GSUP_MAX]);

#endif
