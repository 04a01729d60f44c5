/* libsmpp34's reading of a PDU, behind a guard.
 *
 * The library's own frames (def_frame/) say where it takes a field to begin
 * and how long it takes a parameter to be. Read with other macros they are
 * tables here, so that the guard walks a PDU exactly as the library will.
 *
 * What the guard keeps from it: a PDU that is not as long as its
 * command_length says, and one in which it would find more than 20 TLVs (its
 * log of fixed size runs over at 29). It gets a zeroed struct, a copy with
 * one NUL after it, and memory that is taken back in one go, because it
 * leaks a TLV that it cannot parse. */
#ifndef LIBSMPP34_H
#define LIBSMPP34_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <smpp34.h>
#include <smpp34_structs.h>
#include <smpp34_params.h>
#include <smpp34_heap.h>

#define LIBRARY_TLVS 20
#define LIBRARY_LOG 2048 /* of smpp34_strerror */

/* Layouts. */

enum field_kind {
	OCTET,
	STRING,          /* with its NUL */
	STRING_IF_RIGHT, /* not there when command_status is not 0 */
	TEXT,            /* the octet before is its length */
};

struct field {
	enum field_kind kind;
	size_t max; /* octets, with the NUL */
};

struct layout {
	int n;
	struct field fields[20];
	/* The octets that the library takes such a TLV's value to be
	 * whatever its length says; or, when it goes by that, -1 times the
	 * most that it takes. NULL where a PDU has none. */
	int (*tlv_size)(uint16_t tag);
};

#define U08(inst, par, check) size = 1
#define U16(inst, par, check) size = 2
#define U32(inst, par, check) size = 4
#define OCTET16(inst, par, max) \
	{                       \
		size = -(max);  \
	}

#include <def_frame/alert_notification.tlv>
#include <def_frame/bind_receiver_resp.tlv>
#include <def_frame/bind_transceiver_resp.tlv>
#include <def_frame/bind_transmitter_resp.tlv>
#include <def_frame/data_sm.tlv>
#include <def_frame/deliver_sm.tlv>
#include <def_frame/submit_sm.tlv>

#define TLV_SIZE(do_tlv)                              \
	static inline int size_##do_tlv(uint16_t tag) \
	{                                             \
		const struct {                        \
			uint16_t tag;                 \
		} tlv = {tag}, *t = &tlv;             \
		int size = 0;                         \
                                                      \
		do_tlv(t);                            \
		return size;                          \
	}

TLV_SIZE(do_tlv_alert_notification)
TLV_SIZE(do_tlv_bind_receiver_resp)
TLV_SIZE(do_tlv_bind_transceiver_resp)
TLV_SIZE(do_tlv_bind_transmitter_resp)
TLV_SIZE(do_tlv_data_sm)
TLV_SIZE(do_tlv_deliver_sm)
TLV_SIZE(do_tlv_submit_sm)

#include <def_frame/clean.frame>

static inline void
add_field(struct layout *l, enum field_kind kind, size_t max)
{
	assert(l->n < (int)(sizeof(l->fields) / sizeof(*l->fields)));
	l->fields[l->n++] = (struct field){kind, max};
}

#define U08(inst, par, check) add_field(l, OCTET, 1)
#define C_OCTET(inst, par, max) add_field(l, STRING, max)
#define O_C_OCTET(inst, par, max) add_field(l, STRING_IF_RIGHT, max)
#define OCTET8(inst, par, max, length) add_field(l, TEXT, max)
#define TLV(inst, par, do_tlv) l->tlv_size = size_##do_tlv

static inline void
layout_header(struct layout *l)
{
	(void)l;
}

static inline void
layout_alert_notification(struct layout *l)
{
#include <def_frame/alert_notification.frame>
}

static inline void
layout_bind_receiver_resp(struct layout *l)
{
#include <def_frame/bind_receiver_resp.frame>
}

static inline void
layout_bind_transceiver_resp(struct layout *l)
{
#include <def_frame/bind_transceiver_resp.frame>
}

static inline void
layout_bind_transmitter_resp(struct layout *l)
{
#include <def_frame/bind_transmitter_resp.frame>
}

static inline void
layout_bind(struct layout *l) /* the three are alike */
{
#include <def_frame/bind_transceiver.frame>
}

static inline void
layout_data_sm(struct layout *l)
{
#include <def_frame/data_sm.frame>
}

static inline void
layout_deliver_sm(struct layout *l)
{
#include <def_frame/deliver_sm.frame>
}

static inline void
layout_deliver_sm_resp(struct layout *l)
{
#include <def_frame/deliver_sm_resp.frame>
}

static inline void
layout_submit_sm(struct layout *l)
{
#include <def_frame/submit_sm.frame>
}

static inline void
layout_submit_sm_resp(struct layout *l)
{
#include <def_frame/submit_sm_resp.frame>
}

#include <def_frame/clean.frame>

/* Where the parts of a PDU lie. */

#define SHAPE_TLVS 4096 /* as many as 16 KB hold */

struct shape {
	int fields; /* as many of the layout's as are there */
	size_t at[21];
	int tlvs;
	size_t tlv_at[SHAPE_TLVS + 1]; /* and the end of the last */
	int is_whole;                  /* nothing missing, nothing over */
	int is_misfit; /* a TLV has another length than the library takes */
};

enum walk { BY_LENGTHS, BY_LIBRARY };

static inline uint32_t
library_u32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

/* -1 when it reaches beyond the end. */
static inline ptrdiff_t
field_length(const struct field *f, const uint8_t *p, size_t at, size_t len)
{
	const uint8_t *nul;

	if (f->kind == STRING_IF_RIGHT && library_u32(p + 8) != ESME_ROK)
		return 0;
	if (f->kind == OCTET)
		return at < len ? 1 : -1;
	if (f->kind == TEXT)
		return p[at - 1] <= len - at ? (ptrdiff_t)p[at - 1] : -1;
	nul = memchr(p + at, '\0', len - at);
	return nul != NULL ? nul + 1 - (p + at) : -1;
}

static inline void
walk_tlvs(const struct layout *l, const uint8_t *p, size_t len, enum walk walk,
    struct shape *s)
{
	size_t at = s->at[s->fields];

	while (l->tlv_size != NULL && len - at >= 4 && s->tlvs < SHAPE_TLVS) {
		size_t length = p[at + 2] << 8 | p[at + 3];
		int size = l->tlv_size(p[at] << 8 | p[at + 1]);

		if (size > 0 && (size_t)size != length)
			s->is_misfit = 1;
		if (walk == BY_LIBRARY && size > 0)
			length = size;
		if (length > len - at - 4)
			break;
		s->tlv_at[s->tlvs++] = at;
		at += 4 + length;
	}
	s->tlv_at[s->tlvs] = at;
	s->is_whole = at == len;
}

/* Of at least a header. */
static inline void
find_shape(const struct layout *l, const uint8_t *p, size_t len, enum walk walk,
    struct shape *s)
{
	s->fields = s->tlvs = s->is_whole = s->is_misfit = 0;
	s->at[0] = 16;
	while (s->fields < l->n) {
		size_t at = s->at[s->fields];
		ptrdiff_t n = field_length(&l->fields[s->fields], p, at, len);

		if (n < 0)
			return;
		s->at[++s->fields] = at + n;
	}
	walk_tlvs(l, p, len, walk, s);
}

/* The library. */

union library_pdu {
	uint32_t header[4]; /* all begin with it, in the host's order */
	alert_notification_t alert_notification;
	bind_transceiver_t bind; /* the three are alike */
	bind_transceiver_resp_t bind_resp;
	data_sm_t data_sm;
	deliver_sm_t deliver_sm;
	submit_sm_t submit_sm;
	submit_sm_resp_t submit_sm_resp;
	deliver_sm_resp_t deliver_sm_resp;
};

static struct {
	size_t used;
	_Alignas(16) uint8_t octets[(LIBRARY_TLVS + 44) * (sizeof(tlv_t) + 16)];
} library_arena;

static size_t library_log_max; /* octets of its log that were ever in use */

static inline void *
library_malloc(size_t n)
{
	void *p = library_arena.octets + library_arena.used;

	library_arena.used += (n + 15) & ~(size_t)15;
	assert(library_arena.used <= sizeof(library_arena.octets));
	return p;
}

static inline void
library_free(void *p)
{
	(void)p;
}

static inline void
library_begin(void)
{
	static const struct smpp34_memory_functions ours = {
	    .malloc_fun = library_malloc,
	    .free_fun = library_free,
	};

	smpp34_set_memory_functions(&ours);
}

enum library_answer { LIBRARY_READS, LIBRARY_REFUSES, LIBRARY_NOT_ASKED };

/* The TLVs in `out` last until the next call. */
static inline enum library_answer
library_unpack(const struct layout *l, const uint8_t *p, size_t len,
    union library_pdu *out)
{
	struct shape s;
	uint8_t *copy;
	int rc;

	if (len < 16 || library_u32(p) != len)
		return LIBRARY_NOT_ASKED;
	find_shape(l, p, len, BY_LIBRARY, &s);
	if (s.tlvs > LIBRARY_TLVS)
		return LIBRARY_NOT_ASKED;
	library_arena.used = 0;
	memset(out, 0, sizeof(*out));
	copy = malloc(len + 1);
	memcpy(copy, p, len);
	copy[len] = '\0';
	rc = smpp34_unpack(library_u32(p + 4), out, copy, len);
	free(copy);
	if (strlen(smpp34_strerror) > library_log_max)
		library_log_max = strlen(smpp34_strerror);
	return rc == 0 ? LIBRARY_READS : LIBRARY_REFUSES;
}

/* The last on the wire of a tag: the library's list is in reverse. */
static inline const tlv_t *
find_tlv(const tlv_t *list, uint16_t tag)
{
	while (list != NULL && list->tag != tag)
		list = list->next;
	return list;
}

/* Of a refusal: "source_addr_ton: Invalid value". */
static inline void
library_reason(char *out, size_t size)
{
	const char *last = strrchr(smpp34_strerror, '['), *why;
	size_t n;

	last = last != NULL ? last + 1 : "no reason:(";
	why = strrchr(last, '(');
	n = strcspn(last, ":");
	snprintf(out, size, "%.*s: %.*s", (int)n, last,
	    why != NULL ? (int)strcspn(why + 1, ")0123456789") : 0,
	    why != NULL ? why + 1 : "");
}

#endif
