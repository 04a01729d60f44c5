/* What the rows of each kind of file mean, and why one is not taken.
 *
 * Subscriber rows wait for a batch, which goes into the store in the order of
 * its keys; the others go in one by one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import_rows.h"
#include "text.h"
#include "when.h"

#define BATCH 65536 /* subscriber rows sorted together */

/* A subscriber row that waits for its batch. */
struct waiting {
	struct subscriber row;
	uint64_t line;
	char number[MASK_MAX];
};

static row_h cell_row, subscriber_row, record_row, mark_row;

const struct import_columns import_kinds[IMPORT_KINDS] = {
    [IMPORT_CELLS] = {"cells", {{"place", 0}, {"region", 0}, {"valid_from", 1}},
	3, -1, 0, cell_row},
    [IMPORT_SUBSCRIBERS] = {"subscribers",
	{{"imsi", 0}, {"msisdn", 0}, {"id_last4", 0}, {"active_since", 0},
	    {"active_until", 1}, {"holder", 1}, {"carrier", 1},
	    {"language", 1}},
	8, 1, -1, subscriber_row},
    [IMPORT_RECORDS] = {"records",
	{{"time", 0}, {"imsi", 1}, {"msisdn", 1}, {"place", 0}, {"area", 1}}, 5,
	1, 3, record_row},
    [IMPORT_MARKS] = {"marks", {{"region", 0}, {"mark", 0}, {"valid_from", 0}},
	3, -1, -1, mark_row},
};

static void
mask_field(const struct import *im, const struct csv_field *f, int is_imsi,
    char buf[MASK_MAX])
{
	char number[DIGITS_MAX + 1];

	if (!is_imsi &&
	    msisdn_parse(f->s, f->len, im->core->conf->country_code, number) ==
		0) {
		key_mask(number, im->core->conf->country_code, buf);
		return;
	}
	if (is_imsi && imsi_parse(f->s, f->len, number) == 0) {
		key_mask(number, "", buf);
		return;
	}
	snprintf(buf, MASK_MAX, "(%zu characters)", f->len % 100000);
}

static void
mask_row(const struct import *im, const struct csv_field *f, char buf[MASK_MAX])
{
	int column = import_kinds[im->kind].number, is_imsi;

	buf[0] = '\0';
	if (f == NULL || column < 0)
		return;
	is_imsi = im->kind == IMPORT_RECORDS && f[column].len > 0;
	if (im->kind == IMPORT_RECORDS && !is_imsi)
		column++; /* keyed by MSISDN */
	mask_field(im, &f[column], is_imsi, buf);
}

static int
reject(struct import *im, uint64_t line, enum reject why, const char *number,
    const struct csv_field *place)
{
	im->why[why]++;
	return rejects_put(&im->rejects, im->vault->where + strlen("sqlite:"),
	    import_kinds[im->kind].name, im->file, line, why, number, place);
}

int
import_reject(struct import *im, const struct csv_field *f, enum reject why)
{
	int place = import_kinds[im->kind].place;
	char number[MASK_MAX];

	if (why == REJECT_DELETED)
		place = -1; /* where a deleted person was is not told */
	mask_row(im, f, number);
	return reject(im, csv_line(im->csv), why, number,
	    f != NULL && place >= 0 ? &f[place] : NULL);
}

/* cells: place,region,valid_from */
static int
cell_row(struct import *im, const struct csv_field *f, enum reject *why)
{
	int64_t valid_from = 0;
	uint32_t region;
	struct place p;

	if (place_parse(f[0].s, f[0].len, &p) < 0) {
		*why = REJECT_PLACE;
		return 0;
	}
	if (region_parse(im->core->regions, f[1].s, f[1].len, &region) < 0) {
		*why = REJECT_REGION;
		return 0;
	}
	if (f[2].len > 0 &&
	    (when_parse(f[2].s, f[2].len, &valid_from) < 0 ||
		valid_from > WHEN_MAX)) {
		*why = REJECT_TIME;
		return 0;
	}
	return store_put_cell(
	    im->vault->store, place_pack(&p), valid_from, region);
}

/* A mark stands in texts: it is short, UTF-8, and prints. */
static int
parse_mark(const struct csv_field *f, char mark[MARK_MAX])
{
	const char *s = mark;
	uint32_t c;

	if (f->len >= MARK_MAX)
		return -EBADMSG;
	snprintf(mark, MARK_MAX, "%.*s", (int)f->len, f->s ? f->s : "");
	for (size_t n; (n = utf8_next(s, &c)) > 0; s += n)
		if (c < 0x20 || (c >= 0x7f && c < 0xa0) ||
		    (n == 1 && c >= 0x80))
			return -EBADMSG;
	return s == mark + f->len ? 0 : -EBADMSG;
}

/* marks: region,mark,valid_from */
static int
mark_row(struct import *im, const struct csv_field *f, enum reject *why)
{
	int64_t valid_from;
	char mark[MARK_MAX];
	uint32_t region;

	if (region_parse_shown(im->core->regions, f[0].s, f[0].len, &region) <
	    0) {
		*why = REJECT_REGION;
		return 0;
	}
	if (parse_mark(&f[1], mark) < 0) {
		*why = REJECT_MARK;
		return 0;
	}
	if (when_parse(f[2].s, f[2].len, &valid_from) < 0) {
		*why = REJECT_TIME;
		return 0;
	}
	return store_put_mark(im->vault->store, region, valid_from, mark);
}

/* subscribers: imsi,msisdn,id_last4,active_since, and what may be left out */

static enum reject
parse_times(const struct csv_field *f, struct subscriber *row)
{
	row->until = STORE_FOREVER;
	if (when_parse(f[3].s, f[3].len, &row->since) < 0)
		return REJECT_TIME;
	if (f[4].len == 0)
		return ACCEPTED;
	if (when_parse(f[4].s, f[4].len, &row->until) < 0)
		return REJECT_TIME;
	return row->until > row->since ? ACCEPTED : REJECT_ACTIVE_TIMES;
}

static enum reject
parse_carrier(
    const struct import *im, const struct csv_field *f, struct subscriber *row)
{
	if (f[6].len >= sizeof(row->carrier))
		return REJECT_CARRIER;
	snprintf(row->carrier, sizeof(row->carrier), "%.*s", (int)f[6].len,
	    f[6].s ? f[6].s : "");
	if (row->carrier[0] != '\0' &&
	    conf_carrier(im->core->conf, row->carrier) == NULL)
		return REJECT_CARRIER;
	row->language = language_parse(f[7].s ? f[7].s : "", f[7].len);
	return f[7].len > 0 && row->language == LANGUAGES ? REJECT_LANGUAGE
							  : ACCEPTED;
}

/* The pseudonyms of a row, and its numbers sealed. */
static enum reject
parse_person(
    const struct import *im, const struct csv_field *f, struct subscriber *row)
{
	char imsi[DIGITS_MAX + 1], msisdn[DIGITS_MAX + 1], digits[5] = "";
	char own[2 * DIGITS_MAX + 32];
	const struct key *k = im->vault->key;
	char *holder;

	if (imsi_parse(f[0].s, f[0].len, imsi) < 0 ||
	    msisdn_parse(
		f[1].s, f[1].len, im->core->conf->country_code, msisdn) < 0)
		return REJECT_NUMBER;
	if (f[2].len > 0 && identity_parse(f[2].s, f[2].len, digits) < 0)
		return REJECT_IDENTITY;
	row->imsi = key_imsi(k, imsi);
	row->msisdn = key_msisdn(k, msisdn);
	row->digits = *digits ? key_identity(k, row->msisdn, digits) : 0;
	snprintf(own, sizeof(own), "%s %lld", imsi, (long long)row->since);
	holder = strndup(f[5].s ? f[5].s : "", f[5].len);
	if (holder == NULL)
		return REJECT_ROW;
	row->person = key_person(k, row->msisdn, holder, digits, own);
	free(holder);
	key_seal(k, imsi, msisdn, row->sealed);
	return ACCEPTED;
}

static int
by_msisdn(const void *pa, const void *pb)
{
	const struct waiting *a = pa, *b = pb;

	if (a->row.msisdn != b->row.msisdn)
		return a->row.msisdn < b->row.msisdn ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

/* In the order of the store's keys. */
int
import_batch(struct import *im)
{
	int rc = 0;

	if (im->nbatch == 0)
		return 0;
	qsort(im->batch, im->nbatch, sizeof(*im->batch), by_msisdn);
	for (size_t i = 0; i < im->nbatch && rc == 0; i++) {
		const struct waiting *w = &im->batch[i];

		rc = store_put_subscriber(
		    im->vault->store, im->vault->key, &w->row);
		if (rc != -EEXIST)
			continue;
		im->taken--;
		rc = reject(im, w->line, REJECT_OUT_OF_USE, w->number, NULL);
	}
	im->nbatch = 0;
	return rc < 0 ? rc : store_derive(im->vault->store);
}

static int
subscriber_row(struct import *im, const struct csv_field *f, enum reject *why)
{
	struct waiting *w;

	if (im->batch == NULL)
		im->batch = calloc(BATCH, sizeof(*im->batch));
	if (im->batch == NULL)
		return -ENOMEM;
	w = &im->batch[im->nbatch];
	*w = (struct waiting){.line = csv_line(im->csv)};
	*why = parse_times(f, &w->row);
	if (*why == ACCEPTED)
		*why = parse_carrier(im, f, &w->row);
	if (*why == ACCEPTED)
		*why = parse_person(im, f, &w->row);
	if (*why != ACCEPTED)
		return 0;
	mask_row(im, f, w->number);
	return ++im->nbatch == BATCH ? import_batch(im) : 0;
}

/* records: time,imsi or msisdn,place,area */

static int
find_imsi(struct import *im, const struct csv_field *f, int64_t time,
    uint64_t *imsi, enum reject *why)
{
	char number[DIGITS_MAX + 1];
	uint64_t msisdn;
	int rc;

	if (f[1].len > 0) {
		if (imsi_parse(f[1].s, f[1].len, number) < 0)
			*why = REJECT_NUMBER;
		else
			*imsi = key_imsi(im->vault->key, number);
		return 0;
	}
	if (f[2].s == NULL ||
	    msisdn_parse(
		f[2].s, f[2].len, im->core->conf->country_code, number) < 0) {
		*why = REJECT_NUMBER;
		return 0;
	}
	msisdn = key_msisdn(im->vault->key, number);
	if (time < deletions_find(&im->deletions, msisdn)) {
		*why = REJECT_DELETED;
		return 0;
	}
	rc = store_imsi_at(im->vault->store, msisdn, time, imsi);
	if (rc == -ENOENT)
		*why = REJECT_NOT_PROVISIONED;
	return rc == -ENOENT ? 0 : rc;
}

static int
record_row(struct import *im, const struct csv_field *f, enum reject *why)
{
	struct place place, area;
	struct record r = {.place = &place};
	int bad_area = 0, changed, rc;

	if (when_parse_instant(f[0].s, f[0].len, &r.time) < 0)
		*why = REJECT_TIME;
	else if (place_parse(f[3].s, f[3].len, &place) < 0)
		*why = REJECT_PLACE;
	if (*why != ACCEPTED)
		return 0;
	rc = find_imsi(im, f, r.time, &r.imsi, why);
	if (rc < 0 || *why != ACCEPTED)
		return rc;
	if (f[4].len > 0) {
		bad_area = place_parse(f[4].s, f[4].len, &area) < 0;
		r.area = bad_area ? NULL : &area;
	}
	rc = feed_record(im->feed, &r, why, &changed);
	if (rc < 0)
		return rc;
	im->changed += changed;
	if (*why == REJECT_MAINLAND_NETWORK && bad_area)
		*why = REJECT_AREA;
	return 0;
}
