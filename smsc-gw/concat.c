/* Parts of long messages.
 *
 *   user data with a header (esm_class bit 6), TS 23.040 9.2.3.24:
 *   +------+-----+-----+------------+-----+-----+------------+----------
 *   | UDHL | IEI | len | data …     | IEI | len | data …     | text …
 *   +------+-----+-----+------------+-----+-----+------------+----------
 *            00    03    ref8  total number
 *            08    04    ref16 total number */
#include <string.h>

#include "concat.h"

#define IE_CONCAT_8 0x00
#define IE_CONCAT_16 0x08

static void
take(
    struct concat_part *part, unsigned reference, uint8_t total, uint8_t number)
{
	if (number == 0 || number > total)
		return;
	part->reference = reference;
	part->total = total;
	part->number = number;
}

static void
read_element(struct concat_part *part, const uint8_t *p)
{
	if (p[0] == IE_CONCAT_8 && p[1] == 3)
		take(part, p[2], p[3], p[4]);
	else if (p[0] == IE_CONCAT_16 && p[1] == 4)
		take(part, p[2] << 8 | p[3], p[4], p[5]);
}

static void
read_header(struct concat_part *part)
{
	const uint8_t *p = part->text;
	size_t end = part->len > 0 ? p[0] + 1 : 0, i = 1;

	if (end > part->len)
		return;
	part->text += end;
	part->len -= end;
	while (i + 2 <= end && i + 2 + p[i + 1] <= end) {
		read_element(part, p + i);
		i += 2 + p[i + 1];
	}
}

void
concat_read(const struct deliver_sm *d, struct concat_part *part)
{
	*part = (struct concat_part){
	    .total = 1,
	    .number = 1,
	    .text = d->message,
	    .len = d->message_len,
	};
	if (d->esm_class & SMPP34_UDHI_IND)
		read_header(part);
	if (part->total == 1 && d->has_sar)
		take(part, d->sar_msg_ref_num, d->sar_total_segments,
		    d->sar_segment_seqnum);
}

void
concat_name(const struct deliver_sm *d, const struct concat_part *part,
    struct concat_name *name)
{
	memset(name, 0, sizeof(*name)); /* what is behind the NULs too */
	strcpy(name->source, d->source_addr);
	strcpy(name->destination, d->destination_addr);
	name->source_ton = d->source_addr_ton;
	name->source_npi = d->source_addr_npi;
	name->dest_ton = d->dest_addr_ton;
	name->dest_npi = d->dest_addr_npi;
	name->data_coding = d->data_coding;
	name->total = part->total;
	name->reference = part->reference;
}
