/* Which part of which message a deliver_sm is. */
#include "smsc-gw/concat.c"

#include <stdlib.h>

#include "test.h"

/* "reference/number/total text", read from exactly its octets of heap. */
static const char *
read_part(
    uint8_t esm_class, const void *octets, size_t len, const uint16_t sar[3])
{
	static char out[300];
	uint8_t *copy = malloc(len);
	struct deliver_sm d = {
	    .esm_class = esm_class,
	    .message = memcpy(copy, octets, len),
	    .message_len = len,
	    .has_sar = sar != NULL,
	};
	struct concat_part part;

	if (sar != NULL) {
		d.sar_msg_ref_num = sar[0];
		d.sar_segment_seqnum = sar[1];
		d.sar_total_segments = sar[2];
	}
	concat_read(&d, &part);
	snprintf(out, sizeof(out), "%u/%u/%u %.*s", part.reference, part.number,
	    part.total, (int)part.len, (const char *)part.text);
	free(copy);
	return out;
}

#define HEADED(...)                                     \
	read_part(0x40, (const uint8_t[]){__VA_ARGS__}, \
	    sizeof((const uint8_t[]){__VA_ARGS__}), NULL)

static void
headers(void)
{
	ok_str(read_part(0, "CXMYD", 5, NULL), "0/1/1 CXMYD", "no header");
	ok_str(read_part(0, "", 0, NULL), "0/1/1 ", "no text either");
	ok_str(HEADED(5,       /* UDHL */
		   0x00, 3,    /* concatenated, 8-bit reference */
		   0x7f, 3, 2, /* reference, total, number */
		   'C', 'X'),
	    "127/2/3 CX", "an 8-bit reference");
	ok_str(HEADED(6,             /* UDHL */
		   0x08, 4,          /* concatenated, 16-bit reference */
		   0x12, 0x34, 3, 1, /* reference, total, number */
		   'C', 'X'),
	    "4660/1/3 CX", "a 16-bit reference");
	ok_str(HEADED(11, 0x24, 1, 7, /* national language single shift */
		   0x00, 3, 1, 2, 2, 0x25, 1, 7, 'C'),
	    "1/2/2 C", "between other elements");
	ok_str(HEADED(3, 0x24, 1, 7, 'C'), "0/1/1 C", "only others");
	ok_str(HEADED(0, 'C'), "0/1/1 C", "an empty header");
	ok_str(HEADED(5, 0x00, 3, 1, 2, 2), "1/2/2 ", "no text behind it");
	ok_str(HEADED(10, 0x00, 3, 1, 2, 2, 0x00, 3, 9, 2, 1, 'C'), "9/1/2 C",
	    "given twice, the last counts (9.2.3.24)");
	ok_str(HEADED(5, 0x00, 3, 1, 1, 1, 'C'), "1/1/1 C", "one of one");
	ok_str(read_part(0x43, "\5\0\3\1\2\2C", 7, NULL), "1/2/2 C",
	    "other bits of esm_class do not matter");
	ok_str(read_part(0x03, "\5\0\3\1\2\2C", 7, NULL), "0/1/1 \5",
	    "without the UDHI bit it is text");
}

static void
headers_that_lie(void)
{
	ok_str(HEADED(5, 0x00, 3, 1, 2, 0, 'C'), "0/1/1 C", "number 0");
	ok_str(HEADED(5, 0x00, 3, 1, 2, 3, 'C'), "0/1/1 C", "number 3 of 2");
	ok_str(HEADED(5, 0x00, 3, 1, 0, 0, 'C'), "0/1/1 C", "total 0");
	ok_str(HEADED(5, 0x08, 3, 1, 2, 2, 'C'), "0/1/1 C",
	    "a 16-bit reference of 8 bits");
	ok_str(
	    HEADED(4, 0x00, 2, 1, 2, 'C'), "0/1/1 C", "an element too short");
	ok_str(HEADED(5, 0x00, 4, 1, 2, 2, 'C'), "0/1/1 C",
	    "an element beyond its header");
	ok_str(HEADED(1, 0x00, 'C'), "0/1/1 C", "half an element");
	ok_str(HEADED('C', 'X'), "0/1/1 CX", "a header beyond the message");
	ok_str(HEADED(255, 'X'), "0/1/1 \377X", "far beyond");
	ok_str(HEADED(0), "0/1/1 ", "a header and nothing else");
	ok_str(read_part(0x40, "", 0, NULL), "0/1/1 ", "not even that");
}

static void
sar(void)
{
	static const uint16_t two[3] = {0xabcd, 2, 3}, zero[3] = {1, 0, 3},
			      four[3] = {1, 4, 3}, whole[3] = {1, 1, 1};

	ok_str(read_part(0, "CX", 2, two), "43981/2/3 CX", "sar_ parameters");
	ok_str(read_part(0, "CX", 2, zero), "0/1/1 CX", "number 0");
	ok_str(read_part(0, "CX", 2, four), "0/1/1 CX", "number 4 of 3");
	ok_str(read_part(0, "CX", 2, whole), "1/1/1 CX", "one of one");
	ok_str(read_part(0x40, "\5\0\3\1\2\2C", 7, two), "1/2/2 C",
	    "the header counts before them");
	ok_str(read_part(0x40, "\3\44\1\7C", 5, two), "43981/2/3 C",
	    "they count beside another header");
}

/* Does what `change` did to one of two equal parts make them two messages'? */
static int
differs(void (*change)(struct deliver_sm *d, struct concat_part *part))
{
	struct deliver_sm d = {
	    .source_addr = "8613800000001", .destination_addr = "10086"};
	struct concat_part part = {.reference = 7, .total = 2, .number = 1};
	struct concat_name a, b;

	memset(&a, 0x55, sizeof(a));
	memset(&b, 0xaa, sizeof(b));
	concat_name(&d, &part, &a);
	change(&d, &part);
	concat_name(&d, &part, &b);
	return memcmp(&a, &b, sizeof(a)) != 0;
}

static void
another_part(struct deliver_sm *d, struct concat_part *part)
{
	d->message = part->text = (const uint8_t *)"x";
	d->message_len = part->len = 1;
	part->number = 2;
	memcpy(d->source_addr + 14, "behind", 6);
}

#define CHANGE(name, what)                                               \
	static void name(struct deliver_sm *d, struct concat_part *part) \
	{                                                                \
		(void)d, (void)part;                                     \
		what;                                                    \
	}

CHANGE(source, d->source_addr[12] = '2')
CHANGE(longer_source, strcat(d->source_addr, "1"))
CHANGE(destination, strcpy(d->destination_addr, "10010"))
CHANGE(source_ton, d->source_addr_ton = 1)
CHANGE(source_npi, d->source_addr_npi = 1)
CHANGE(dest_ton, d->dest_addr_ton = 1)
CHANGE(dest_npi, d->dest_addr_npi = 1)
CHANGE(coding, d->data_coding = 8)
CHANGE(reference, part->reference += 256)
CHANGE(total, part->total = 3)

static void
names(void)
{
	ok(!differs(another_part), "another part of the same message");
	ok(differs(source), "another source is another message");
	ok(differs(longer_source), "a longer one too");
	ok(differs(destination), "another destination");
	ok(differs(source_ton) && differs(source_npi), "its TON, its NPI");
	ok(differs(dest_ton) && differs(dest_npi), "and the destination's");
	ok(differs(coding), "another coding");
	ok(differs(reference), "another reference");
	ok(differs(total), "another total");
}

int
main(void)
{
	headers();
	headers_that_lie();
	sar();
	names();
	return test_done();
}
