/* Places: how records name them, and which region each lies in. */
#ifndef PLACE_H
#define PLACE_H

#include <stddef.h>
#include <stdint.h>

struct networks; /* network.h */

/* Places, 3GPP TS 23.003: 4.1 LAI, 4.3.1 CGI, 19.4.2.3 TAI, 19.6 ECGI, 19.6A
 * NCGI; GSMA TD.13 TADIG; E.164 global titles. */
enum place_kind {
	PLACE_CGI,
	PLACE_LAI,
	PLACE_TAI,
	PLACE_ECGI,
	PLACE_NCGI,
	PLACE_PLMN,
	PLACE_TADIG,
	PLACE_GT,
};

struct place {
	enum place_kind kind;
	uint16_t mcc, mnc;
	uint8_t mnc_len; /* 2 or 3; for a global title its number of digits */
	uint32_t area;   /* LAC 16 bit, TAC 24 bit; TADIG: three letters */
	uint64_t cell;   /* CI 16, ECI 28, NCI 36 bit; gt: the digits */
};

/* "cgi:460-00-6145-52301" and the like. 0, or -EBADMSG. */
int place_parse(const char *s, size_t len, struct place *p);

/* A place packed into one number, its key in a cells table. */
uint64_t place_pack(const struct place *p);

/* Why a place has no region. */
enum unplaced {
	PLACED,
	UNPLACED_MAINLAND_NETWORK, /* says nothing of where in it */
	UNPLACED_UNKNOWN_NETWORK,
	UNPLACED_AMBIGUOUS_NETWORK,     /* one code, several territories */
	UNPLACED_INTERNATIONAL_NETWORK, /* ships, aircraft, satellites, test */
};

/* The operator's own cells and areas. A place may have several regions over
 * time: each counts from its valid_from. */
struct cells;
int cells_new(struct cells **cp);
void cells_free(struct cells *c);
int cells_add(
    struct cells *c, uint64_t packed, uint32_t valid_from, uint32_t region);
/* Makes what was added findable; before the first look-up. 0, -ENOMEM. */
int cells_sort(struct cells *c);

/* Cell first, then the area given beside it, then the area inside a CGI,
 * then the network; a global title by its longest prefix. `area` may be
 * null. `time` is the record's, epoch seconds. */
enum unplaced place_region(const struct networks *n, const struct cells *c,
    const struct place *p, const struct place *area, uint32_t time,
    uint32_t *region);

#endif
