/* Import: read rows, take each in or say why not, sum up.
 *
 * The four kinds differ in their columns and in how a row is taken; all else
 * (files, progress, rejects, the transaction) is one. A repeated import
 * changes nothing: rows replace themselves and records merge. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv.h"
#include "feed.h"
#include "import.h"
#include "log.h"
#include "progress.h"
#include "rejects.h"
#include "text.h"
#include "when.h"

#define FUTURE_SECONDS 300
#define BATCH 65536 /* subscriber rows sorted together */

/* A subscriber row that waits for its batch. */
struct waiting {
	struct subscriber row;
	uint64_t line;
	char number[MASK_MAX];
};

struct import {
	struct core *core;
	struct vault *vault;
	enum import_kind kind;
	struct csv *csv;
	const char *file;
	struct feed *feed;
	struct waiting *batch;
	size_t nbatch;
	struct progress progress;
	struct rejects rejects;
	uint64_t lines, taken, changed;
	uint64_t why[REJECTS];
	int64_t complete_to; /* 0: nothing said */
	int broken;          /* a file could not be read to its end */
};

/* Takes a row in; -errno for a fault, else 0 with *why. */
typedef int
row_h(struct import *im, const struct csv_field *f, enum reject *why);

static row_h cell_row, subscriber_row, record_row, mark_row;

static const struct {
	const char *name;
	struct csv_column columns[8];
	size_t n;
	int number, place; /* columns to show of a reject, or -1 */
	row_h *row;
} kinds[IMPORT_KINDS] = {
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

enum import_kind
import_kind_parse(const char *s)
{
	for (int k = 0; k < IMPORT_KINDS; k++)
		if (strcmp(s, kinds[k].name) == 0)
			return k;
	return IMPORT_KINDS;
}

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
	int column = kinds[im->kind].number, is_imsi;

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
	    kinds[im->kind].name, im->file, line, why, number, place);
}

static int
reject_row(struct import *im, const struct csv_field *f, enum reject why)
{
	int place = kinds[im->kind].place;
	char number[MASK_MAX];

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
		if (c < 0x20 || (n == 1 && c >= 0x7f))
			return -EBADMSG;
	return 0;
}

/* marks: region,mark,valid_from */
static int
mark_row(struct import *im, const struct csv_field *f, enum reject *why)
{
	int64_t valid_from;
	char mark[MARK_MAX];
	uint32_t region;

	if (region_parse(im->core->regions, f[0].s, f[0].len, &region) < 0) {
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

/* Puts the rows that wait, in the order of the store's keys. */
static int
put_batch(struct import *im)
{
	int rc = 0;

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
	struct waiting *w = &im->batch[im->nbatch];

	*w = (struct waiting){.line = csv_line(im->csv)};
	*why = parse_times(f, &w->row);
	if (*why == ACCEPTED)
		*why = parse_carrier(im, f, &w->row);
	if (*why == ACCEPTED)
		*why = parse_person(im, f, &w->row);
	if (*why != ACCEPTED)
		return 0;
	mask_row(im, f, w->number);
	return ++im->nbatch == BATCH ? put_batch(im) : 0;
}

/* records: time,imsi or msisdn,place,area */

static int
find_imsi(struct import *im, const struct csv_field *f, int64_t time,
    uint64_t *imsi, enum reject *why)
{
	char number[DIGITS_MAX + 1];
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
	rc = store_imsi_at(
	    im->vault->store, key_msisdn(im->vault->key, number), time, imsi);
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

/* One file, to its end or to where it breaks. */

static int
import_rows(struct import *im)
{
	struct csv_field f[8];
	int n, rc = 0;

	while ((n = csv_next(im->csv, f)) != 0) {
		enum reject why = n == -EBADMSG ? REJECT_ROW : ACCEPTED;

		if (n == -EUCLEAN)
			return n;
		if (n < 0 && n != -EBADMSG) {
			im->broken = 1;
			break;
		}
		im->lines++;
		if (why == ACCEPTED)
			rc = kinds[im->kind].row(im, f, &why);
		if (rc < 0)
			return rc;
		if (why == ACCEPTED)
			im->taken++;
		else
			rc = reject_row(im, n == 1 ? f : NULL, why);
		if (rc < 0)
			return rc;
		if ((im->lines & 0xfff) == 0)
			progress_show(
			    &im->progress, csv_used(im->csv), im->lines);
	}
	return im->nbatch > 0 ? put_batch(im) : 0;
}

static int
import_file(struct import *im, const char *file)
{
	int rc;

	im->file = file;
	rc = csv_open(
	    &im->csv, file, kinds[im->kind].columns, kinds[im->kind].n);
	if (rc == -EUCLEAN)
		return rc;
	if (rc < 0) {
		im->broken = 1;
		return 0;
	}
	progress_file(&im->progress, file, csv_size(im->csv));
	if (im->kind == IMPORT_RECORDS && !csv_has(im->csv, 1) &&
	    !csv_has(im->csv, 2)) {
		log_error(DFEED, "%s: no column \"imsi\" or \"msisdn\"", file);
		im->broken = 1;
	} else {
		rc = import_rows(im);
	}
	progress_file_done(&im->progress, csv_used(im->csv));
	csv_close(im->csv);
	return rc;
}

static int
open_feed(struct import *im)
{
	int64_t now = when_now(), oldest = core_horizon(im->core, now);
	struct feed_terms terms = {
	    .max_gap = im->core->conf->max_gap,
	    .oldest = oldest > 0 ? oldest : 0,
	    .newest = now + FUTURE_SECONDS,
	};

	return feed_open(
	    &im->feed, im->vault->store, im->core->networks, &terms);
}

/* All files, in one transaction. */
static int
import_all(struct import *im, char *const files[], size_t n)
{
	struct store *s = im->vault->store;
	int rc = im->kind == IMPORT_RECORDS ? open_feed(im) : 0;

	if (rc == 0)
		rc = store_write_begin(s);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = import_file(im, files[i]);
	progress_end(&im->progress);
	if (rc == 0 && im->feed != NULL)
		rc = feed_sweep(im->feed);
	if (rc == 0 && im->complete_to != 0 && !im->broken)
		rc = store_put_watermark(s, "import", im->complete_to);
	if (rc == 0)
		rc = rejects_close(&im->rejects);
	if (rc == 0)
		rc = store_write_commit(s);
	else
		store_write_abort(s);
	return rc;
}

static void
print_summary(const struct import *im, size_t files)
{
	uint64_t rejected = 0;

	for (int r = ACCEPTED + 1; r < REJECTS; r++)
		rejected += im->why[r];
	printf("%s: %llu lines of %zu file%s, %llu taken, %llu rejected",
	    kinds[im->kind].name, (unsigned long long)im->lines, files,
	    files == 1 ? "" : "s", (unsigned long long)im->taken,
	    (unsigned long long)rejected);
	if (im->feed != NULL)
		printf(", %llu told something new, %zu expired",
		    (unsigned long long)im->changed, feed_expired(im->feed));
	printf("; %.1f s\n", progress_seconds(&im->progress));
	for (int r = ACCEPTED + 1; r < REJECTS; r++)
		if (im->why[r] > 0)
			printf("  %-26s %llu\n", reject_name(r),
			    (unsigned long long)im->why[r]);
	if (im->rejects.path[0] != '\0')
		printf("  listed in %s\n", im->rejects.path);
}

static int
finish(struct import *im, size_t files, int rc)
{
	if (rc < 0) {
		log_error(DFEED,
		    "import: %s; nothing of this run was kept, import again",
		    rc == -EUCLEAN ? "damaged data" : strerror(-rc));
		rejects_drop(&im->rejects);
	} else {
		print_summary(im, files);
	}
	if (im->broken && rc == 0) {
		log_error(DFEED,
		    "import: not every file was read to its end; what was "
		    "read is kept, import the whole file again%s",
		    im->complete_to ? "; --complete-to was not applied" : "");
		rc = -EIO;
	}
	feed_close(im->feed);
	free(im->batch);
	if (rc == 0)
		rc = im->rejects.path[0] != '\0';
	return rc;
}

int
import_files(struct core *c, struct vault *v, enum import_kind kind,
    char *const files[], size_t n, int64_t complete_to)
{
	struct import im = {
	    .core = c, .vault = v, .kind = kind, .complete_to = complete_to};
	int rc = core_store(c, v, STORE_WRITE);

	if (rc < 0)
		return rc;
	if (kind == IMPORT_SUBSCRIBERS) {
		im.batch = calloc(BATCH, sizeof(*im.batch));
		if (im.batch == NULL)
			return -ENOMEM;
	}
	progress_begin(&im.progress, kinds[kind].name, files, n);
	rc = import_all(&im, files, n);
	return finish(&im, n, rc);
}
