/* What tests of answers and of codes share: a core, of two carriers and four
 * services unless CONFIG says otherwise, its store to write in, and a feed. */
#ifndef VERIFY_FIXTURE_H
#define VERIFY_FIXTURE_H

#include "feed.h"
#include "fixture.h"
#include "query.h"
#include "test.h"
#include "when.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define NOW 1795305600 /* 2026-11-22 08:00 in Shanghai */
#define LONG_AGO (NOW - 400 * DAY)

static struct core *core;
static struct query *query;
static struct feed *feed;
#ifndef CONFIG /* of carriers, services and limits */
#define CONFIG                                                         \
	"carrier \"a\" { name_zh = \"甲\" hotline = \"10086\" }\n"    \
	"carrier \"b\" { name_zh = \"乙\" hotline = \"10010\" }\n"    \
	"service \"city\" { carrier = \"a\" code = {\"1\"}\n"          \
	"  keywords = {\"Q\"} identity = none }\n"                     \
	"service \"parts\" { carrier = \"a\" code = {\"2\"}\n"         \
	"  keywords = {\"Q\"} identity = none window_days = 30\n"      \
	"  split_days = 15 granularity = province }\n"                 \
	"service \"yesterday\" { carrier = \"a\" code = {\"3\"}\n"     \
	"  keywords = {\"Q\"} identity = none horizon = yesterday }\n" \
	"service \"other\" { carrier = \"b\" code = {\"4\"}\n"         \
	"  keywords = {\"Q\"} identity = none }\n"                     \
	"limits { repeat_window = 0 texts_per_hour = 1000 }\n"
#endif
static const char *const config = "store = \"sqlite:store\"\n"
				  "key_file = \"site.key\"\n"
				  "tables = \"%s/conf\"\n" CONFIG;

static inline struct vault *
vault(void)
{
	return core->vaults[0];
}

/* The feed's writer comes and goes; who reads may look again at once. */
static inline void
close_store(void)
{
	core_store_close(vault());
	vault()->tried = 0;
}

static inline void
must(int rc)
{
	if (rc < 0)
		abort();
}

static inline void
open_core(void)
{
	must(core_open(&core, "travelcard.conf"));
	must(core_state(vault()));
	must(query_new(&query, core));
}

static inline void
close_core(void)
{
	query_free(query);
	core_close(core);
}

static inline void
begin(void)
{
	char text[2 * PATH_MAX];

	fixture_begin();
	capture_log();
	snprintf(text, sizeof(text), config, fixture_root);
	put_text("travelcard.conf", text);
	umask(077);
	put_text("site.key", "0123456789abcdef0123456789abcdef");
	open_core();
}

/* Writing: rows and records between the two, in one transaction. */

static inline void
write_begin(void)
{
	struct feed_terms terms = {
	    .max_gap = core->conf->max_gap,
	    .oldest = core_horizon(core, when_now()),
	    .newest = WHEN_MAX,
	};

	query_end(query);
	close_store();
	must(core_store(core, vault(), STORE_WRITE));
	must(feed_open(&feed, vault()->store, core->networks, &terms));
	must(store_write_begin(vault()->store));
}

static inline void
write_end(void)
{
	must(store_derive(vault()->store));
	must(feed_sweep(feed));
	must(store_write_commit(vault()->store));
	feed_close(feed);
	close_store();
}

static inline void
row_with(const char *msisdn, const char *imsi, const char *holder,
    const char *digits, int64_t since)
{
	const struct key *k = vault()->key;
	struct subscriber r = {
	    .msisdn = key_msisdn(k, msisdn),
	    .imsi = key_imsi(k, imsi),
	    .since = since,
	    .until = STORE_FOREVER,
	    .language = LANGUAGES,
	};

	r.digits = *digits ? key_identity(k, r.msisdn, digits) : 0;
	r.person = key_person(k, r.msisdn, holder, digits, imsi);
	key_seal(k, imsi, msisdn, r.sealed);
	must(store_put_subscriber(vault()->store, k, &r));
}

static inline void
row(const char *msisdn, const char *imsi, const char *holder, int64_t since)
{
	row_with(msisdn, imsi, holder, "", since);
}

/* Where one can be: abroad for a moment, in a city for five hours. */
static const struct where {
	const char *region, *place;
	int hours;
} places[] = {{"JP", "plmn:440-10", 0}, {"TH", "plmn:520-01", 0},
    {"DE", "plmn:262-01", 0}, {"FR", "plmn:208-01", 0},
    {"GB", "plmn:234-10", 0}, {"IT", "plmn:222-01", 0},
    {"ES", "plmn:214-01", 0}, {"KR", "plmn:450-05", 0},
    {"110000", "cgi:460-00-1-1", 5}, {"130200", "cgi:460-00-2-1", 5},
    {"131000", "cgi:460-00-3-1", 5}};
#define WHERES (sizeof(places) / sizeof(*places))

static inline void
seen(const char *imsi, const struct where *where, int64_t first)
{
	struct place p;
	struct record r = {.imsi = key_imsi(vault()->key, imsi), .place = &p};
	enum reject why;
	int changed;

	must(place_parse(where->place, strlen(where->place), &p));
	for (int h = 0; h <= where->hours; h++) {
		r.time = first + h * HOUR;
		must(feed_record(feed, &r, &why, &changed));
		if (why != ACCEPTED)
			abort();
	}
}

/* The cells of the cities; before the first write_begin. */
static inline void
put_cells(void)
{
	struct place p;
	uint32_t region;

	must(core_store(core, vault(), STORE_WRITE));
	must(store_write_begin(vault()->store));
	for (size_t i = 0; i < WHERES; i++) {
		const struct where *w = &places[i];

		if (w->hours == 0)
			continue;
		must(place_parse(w->place, strlen(w->place), &p));
		must(region_parse(
		    core->regions, w->region, strlen(w->region), &region));
		must(store_put_cell(vault()->store, place_pack(&p), 0, region));
	}
	must(store_write_commit(vault()->store));
	close_store();
}

/* The answer to a query, signed. */
static inline void
ask(const char *service, const char *msisdn, int64_t at, struct answer *a)
{
	static char say[ANSWER_MAX];
	struct ticket ticket;

	when_set(at, 0);
	query_text(query, conf_service(core->conf, service), msisdn, "Q", NULL,
	    a, say, &ticket);
	query_sent(query, &ticket, NULL);
	query_end(query);
	if ((a->verdict != VERDICT_OK && a->verdict != VERDICT_NO_STAYS) ||
	    strstr(say, a->code) == NULL)
		abort();
}

#endif
