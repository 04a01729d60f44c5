/* SMPP 3.4 on the wire: octets to structs and back. Pure.
 *
 * Names and values are the specification's, as libsmpp34's header gives them.
 * The PDUs of every message (deliver_sm, submit_sm, their responses,
 * enquire_link, generic_nack) are read and written here by hand; libsmpp34
 * serves bind and unbind, behind a guard. Nothing else includes smpp34.h.
 * Where a PDU is read otherwise than libsmpp34 reads it, and which clause has
 * it so, stands in the table of tests/unit/pdu_libsmpp34.c. */
#ifndef PDU_H
#define PDU_H

#include <stddef.h>
#include <stdint.h>

#include <smpp34.h>

#define PDU_HEADER 16
#define PDU_SKIP_MAX 70000   /* a message_payload of 64 KB and its message */
#define PDU_MAX 16384        /* a longer one from a peer is refused */
#define PDU_PAYLOAD_MAX 1600 /* octets of a message_payload we write */
#define PDU_SUBMIT_MAX 2048  /* and of the longest submit_sm */
#define PDU_SESSION_MAX 128  /* and of a session PDU */
#define ADDRESS_MAX 20       /* of source_addr and the like, without NUL */
#define MESSAGE_ID_MAX 64    /* 5.2.23, likewise */

struct pdu_header { /* 3.2 */
	uint32_t command_length;
	uint32_t command_id;
	uint32_t command_status;
	uint32_t sequence_number;
};

/* How many octets the PDU at `p` takes once all are there: 0 for "not yet",
 * -EMSGSIZE when it is sound but longer than PDU_MAX: pass it over, -EBADMSG
 * when command_length cannot be (less than 16, more than PDU_SKIP_MAX). The
 * header is filled in as soon as its 16 octets are there. */
int pdu_frame(const uint8_t *p, size_t len, struct pdu_header *h);

struct deliver_sm { /* 4.6.1; data_sm, 4.7.1, has the same in it */
	uint8_t source_addr_ton, source_addr_npi;
	char source_addr[ADDRESS_MAX + 1];
	uint8_t dest_addr_ton, dest_addr_npi;
	char destination_addr[ADDRESS_MAX + 1];
	uint8_t esm_class;
	uint8_t data_coding;
	/* short_message, or message_payload (5.3.2.32); within the PDU */
	const uint8_t *message;
	size_t message_len;
	/* 5.3.2.22 to 24: a part of a long message; they count together only */
	int has_sar;
	uint16_t sar_msg_ref_num;
	uint8_t sar_total_segments, sar_segment_seqnum;
	/* of a receipt, 5.3.2.12: within the PDU, at most MESSAGE_ID_MAX */
	const uint8_t *receipted_message_id;
	size_t receipted_message_id_len; /* 0: none */
	uint8_t message_state;           /* 5.3.2.35; 0: not said */
	int has_reference;
	uint16_t user_message_reference; /* 5.3.2.17 */
	int has_ussd_op, has_session_info;
	uint8_t ussd_service_op;   /* 5.3.2.44 */
	uint16_t its_session_info; /* 5.3.2.43, the first octet high */
};

/* Each reads a whole PDU. 0, or the command_status to refuse it with. */
uint32_t pdu_read_deliver_sm(
    const uint8_t *p, size_t len, struct deliver_sm *d);
/* Its message is its message_payload. An address longer than ADDRESS_MAX,
 * legal here, is no number and reads as empty. */
uint32_t pdu_read_data_sm(const uint8_t *p, size_t len, struct deliver_sm *d);

#define SERVICE_TYPE_MAX 5 /* 5.2.11, without NUL */

struct submit_sm { /* 4.4.1; what is not here is empty or 0 */
	char service_type[SERVICE_TYPE_MAX + 1];
	uint8_t source_addr_ton, source_addr_npi;
	char source_addr[ADDRESS_MAX + 1];
	uint8_t dest_addr_ton, dest_addr_npi;
	char destination_addr[ADDRESS_MAX + 1];
	uint8_t esm_class;
	uint32_t validity_minutes;   /* 0: the SMSC's default */
	uint8_t registered_delivery; /* 5.2.17; 1: a receipt */
	uint8_t data_coding;
	const uint8_t *short_message;
	uint8_t sm_length; /* at most 254 */
	/* 5.3.2.22 to 24, written when there is more than one segment */
	uint16_t sar_msg_ref_num;
	uint8_t sar_total_segments, sar_segment_seqnum;
	/* 5.3.2.32, instead of short_message; at most PDU_PAYLOAD_MAX */
	const uint8_t *message_payload;
	uint16_t payload_len; /* 0: none */
	int has_reference;
	uint16_t user_message_reference; /* 5.3.2.17 */
	int has_ussd_op, has_session_info;
	uint8_t ussd_service_op;   /* 5.3.2.44 */
	uint16_t its_session_info; /* 5.3.2.43 */
};

/* Each writes a whole PDU and returns its length. */
size_t pdu_write_submit_sm(const struct submit_sm *s, uint32_t sequence_number,
    uint8_t out[PDU_SUBMIT_MAX]);
/* deliver_sm_resp (4.6.2) or data_sm_resp (4.7.2), by the command_id of its
 * request: with a body, the empty message_id. */
size_t pdu_write_message_resp(uint32_t request, uint32_t command_status,
    uint32_t sequence_number, uint8_t out[PDU_SESSION_MAX]);
/* A header alone: enquire_link, its response, generic_nack. */
size_t pdu_write_header(uint32_t command_id, uint32_t command_status,
    uint32_t sequence_number, uint8_t out[PDU_SESSION_MAX]);

struct bind {                /* 4.1.1, 4.1.3, 4.1.5 */
	uint32_t command_id; /* BIND_TRANSMITTER and the like */
	const char *system_id, *password, *system_type;
	uint8_t interface_version; /* 0x34, as 5.2.4 has it */
	uint8_t addr_ton, addr_npi;
};

/* Through libsmpp34: the length, or -EINVAL when it does not take it. */
int pdu_write_bind(const struct bind *b, uint32_t sequence_number,
    uint8_t out[PDU_SESSION_MAX]);
int pdu_write_unbind(uint32_t command_id, uint32_t sequence_number,
    uint8_t out[PDU_SESSION_MAX]);

/* The system_id of the SMSC in an accepted bind's response (4.1.6), "" when
 * there is none. 0, or -EBADMSG for a body that lies. */
int pdu_read_bind_resp(const uint8_t *p, size_t len, char system_id[16]);

/* The message_id of a submit_sm_resp (4.4.2); "" when it has none, or one that
 * does not end or is too long. */
void pdu_read_submit_sm_resp(
    const uint8_t *p, size_t len, char message_id[MESSAGE_ID_MAX + 1]);

/* Is it useless to send the message again? (5.1.3) */
int pdu_refused_for_good(uint32_t command_status);
/* Is it that too much is sent just now? */
int pdu_had_enough(uint32_t command_status);

/* "ESME_RTHROTTLED"; "0x400" and the like for a vendor's own. */
const char *pdu_status_name(uint32_t command_status, char buf[16]);

#endif
