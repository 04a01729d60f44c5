/* Import: read rows, take each in or say why not, sum up.
 *
 * The four kinds differ in their columns and in how a row is taken; all else
 * (files, progress, rejects, the transaction) is one. A repeated import
 * changes nothing: rows replace themselves and records merge. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import_rows.h"
#include "log.h"
#include "purge.h"
#include "when.h"

#define FUTURE_SECONDS 300

enum import_kind
import_kind_parse(const char *s)
{
	for (int k = 0; k < IMPORT_KINDS; k++)
		if (strcmp(s, import_kinds[k].name) == 0)
			return k;
	return IMPORT_KINDS;
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
			im->cut++;
			break;
		}
		im->lines++;
		if (why == ACCEPTED)
			rc = import_kinds[im->kind].row(im, f, &why);
		if (rc < 0)
			return rc;
		if (why == ACCEPTED)
			im->taken++;
		else
			rc = import_reject(im, n == 1 ? f : NULL, why);
		if (rc < 0)
			return rc;
		if ((im->lines & 0xfff) == 0)
			progress_show(
			    &im->progress, csv_used(im->csv), im->lines);
	}
	return import_batch(im);
}

static int
import_file(struct import *im, const char *file)
{
	int rc;

	im->file = file;
	rc = csv_open(&im->csv, file, import_kinds[im->kind].columns,
	    import_kinds[im->kind].n);
	if (rc == -EUCLEAN)
		return rc;
	if (rc < 0) {
		im->unread++;
		return 0;
	}
	progress_file(&im->progress, file, csv_size(im->csv));
	if (im->kind == IMPORT_RECORDS && !csv_has(im->csv, 1) &&
	    !csv_has(im->csv, 2)) {
		log_error(DFEED, "%s: no column \"imsi\" or \"msisdn\"", file);
		im->unread++;
	} else {
		rc = import_rows(im);
	}
	progress_file_done(&im->progress, csv_used(im->csv));
	csv_close(im->csv);
	return rc;
}

/* What is deleted for its age leaves a proof, or is not deleted. */
static int
note_expired(const struct import *im, const char *what, int64_t count)
{
	const struct audit_act act = {
	    .act = "expire",
	    .channel = "tool",
	    .service = core_carrier(im->core, im->vault)->name,
	    .verdict = what,
	    .count = count,
	    .by = "",
	    .reason = "",
	};
	int rc = count > 0 ? core_audit(im->core, "travelcard") : 0;

	if (rc == 0 && count > 0)
		rc = audit_write(im->core->audit, &act);
	return rc < 0 || count == 0 ? rc : audit_sync(im->core->audit);
}

static int
open_feed(struct import *im)
{
	int64_t now = when_now(), horizon = core_horizon(im->core, now);
	int64_t purged = store_purged(im->vault->store);
	int64_t oldest = purged > horizon ? purged : horizon;
	struct purge_counts n;
	struct feed_terms terms = {
	    .max_gap = im->core->conf->max_gap,
	    .oldest = oldest > 0 ? oldest : 0,
	    .newest = now + FUTURE_SECONDS,
	    .deletions = &im->deletions,
	};
	int rc = purge_state(im->vault, horizon, now, &n);

	if (rc == 0)
		rc = note_expired(im, "corrections", n.corrections);
	if (rc == 0)
		rc = note_expired(im, "deletions", n.deletions);
	if (rc == 0)
		rc = deletions_load(&im->deletions, im->vault->state);
	if (rc < 0)
		return rc;
	state_wipe(im->vault->state);
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
	if (rc == 0 && im->feed != NULL)
		rc = note_expired(im, "stays", feed_expired(im->feed));
	if (rc == 0 && im->kind == IMPORT_SUBSCRIBERS && im->taken > 0 &&
	    store_is_closed(s))
		rc = store_reopen(s);
	if (rc == 0 && im->complete_to != 0 && im->unread + im->cut == 0)
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
	    import_kinds[im->kind].name, (unsigned long long)im->lines, files,
	    files == 1 ? "" : "s", (unsigned long long)im->taken,
	    (unsigned long long)rejected);
	if (im->feed != NULL)
		printf(", %llu told something new, %zu expired",
		    (unsigned long long)im->changed, feed_expired(im->feed));
	printf("; %.1f s\n", progress_seconds(&im->progress));
	if (im->feed != NULL && feed_deleted(im->feed) > 0)
		printf("  %-26s %zu\n", "deleted people's stays",
		    feed_deleted(im->feed));
	for (int r = ACCEPTED + 1; r < REJECTS; r++)
		if (im->why[r] > 0)
			printf("  %-26s %llu\n", reject_name(r),
			    (unsigned long long)im->why[r]);
	if (im->rejects.path[0] != '\0')
		printf("  listed in %s\n", im->rejects.path);
}

/* Files that did not come in as a whole: each has been named. */
static void
say_what_is_missing(const struct import *im)
{
	if (im->unread > 0)
		log_error(DFEED,
		    "import: %zu file%s not read, and nothing of %s is in the "
		    "store",
		    im->unread, im->unread == 1 ? " was" : "s were",
		    im->unread == 1 ? "it" : "them");
	if (im->cut > 0)
		log_error(DFEED,
		    "import: %zu file%s not read to the end; what was read is "
		    "kept, import the whole file again",
		    im->cut, im->cut == 1 ? " was" : "s were");
	if (im->complete_to != 0)
		log_error(DFEED, "import: --complete-to was not applied");
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
	if (im->unread + im->cut > 0 && rc == 0) {
		say_what_is_missing(im);
		rc = -EIO;
	}
	feed_close(im->feed);
	deletions_free(&im->deletions);
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
	progress_begin(&im.progress, import_kinds[kind].name, files, n);
	rc = import_all(&im, files, n);
	return finish(&im, n, rc);
}
