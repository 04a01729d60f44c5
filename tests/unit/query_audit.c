/* Every query is a line of the audit, and none is answered without. */
#include <sys/resource.h>

#include "core/query.h"

#include "core/when.h"
#include "fixture.h"
#include "test.h"

#define NOW 1795305600 /* 2026-11-22 08:00 in Shanghai */
#define ANNA "8613800000010"
#define NOBODY "8613800000020"

static struct core *core;
static struct query *query;
static const struct conf_service *texted, *dialled;
static char say[ANSWER_MAX];
static struct ticket ticket;
static struct answer answer;
static char *lines; /* of the file, as they are now */

static const char config[] =
    "store = \"sqlite:store\"\n"
    "key_file = \"site.key\"\n"
    "tables = \"%s/conf\"\n"
    "audit = \"audit\"\n"
    "carrier \"cmcc\" { hotline = \"10086\" }\n"
    "service \"texted\" { carrier = \"cmcc\" code = {\"10086\"}\n"
    "  keywords = {\"CXMYD\"} identity = none }\n"
    "service \"dialled\" { carrier = \"cmcc\" code = {\"*10086*3#\"}\n"
    "  identity = prompt }\n";

static void
write_files(void)
{
	char text[sizeof(config) + PATH_MAX];

	snprintf(text, sizeof(text), config, fixture_root);
	put_text("travelcard.conf", text);
	put_text("site.key", "0123456789abcdef0123456789abcdef");
	chmod("site.key", 0600);
}

/* Anna, who was nowhere. */
static void
fill_store(void)
{
	struct vault *v = core->vaults[0];
	struct subscriber row = {
	    .msisdn = key_msisdn(v->key, ANNA),
	    .imsi = key_imsi(v->key, "460000000000010"),
	    .since = NOW - 86400 * 100,
	    .until = STORE_FOREVER,
	    .language = LANGUAGES,
	    .person = 1,
	};

	key_seal(v->key, "460000000000010", ANNA, row.sealed);
	if (core_store(core, v, STORE_WRITE) < 0 ||
	    store_write_begin(v->store) < 0 ||
	    store_put_subscriber(v->store, v->key, &row) < 0 ||
	    store_derive(v->store) < 0 || store_write_commit(v->store) < 0)
		abort();
	core_store_close(v);
}

static void
read_lines(void)
{
	static char text[65536];
	FILE *in = popen("cat audit/audit-2026-11-22-test-*.csv", "r");
	size_t n = fread(text, 1, sizeof(text) - 1, in);

	pclose(in);
	text[n] = '\0';
	lines = text;
}

static int
count_lines(void)
{
	int n = 0;

	read_lines();
	for (const char *c = lines; *c != '\0'; c++)
		n += *c == '\n';
	return n - 1; /* without the first */
}

/* The last line is of this service, number and verdict. */
static void
ok_last(const char *channel, const char *service, const char *number,
    enum verdict verdict)
{
	char want[200];
	const char *last;

	snprintf(want, sizeof(want),
	    "query,2026-11-22T08:00:00+08:00,%s,\"%s\",%s,%016" PRIx64 ",,,,",
	    channel, service, verdict_name(verdict),
	    key_msisdn(core->vaults[0]->key, number));
	read_lines();
	last = lines + strlen(lines) - 1;
	while (last > lines && last[-1] != '\n')
		last--;
	ok(strncmp(last, want, strlen(want)) == 0, "%s", want);
}

static int ended; /* query_end's result */

static enum verdict
ask_before(const char *number, const char *text, const struct before *before)
{
	enum verdict v = query_text(
	    query, texted, number, text, before, &answer, say, &ticket);

	ended = query_end(query);
	return v;
}

static enum verdict
ask(const char *number, const char *text)
{
	return ask_before(number, text, NULL);
}

static void
each_query(void)
{
	uint32_t token;

	ok_int(ask(ANNA, "CXMYD"), VERDICT_NO_STAYS, "answered");
	ok_last("sms", "texted", ANNA, VERDICT_NO_STAYS);
	ok_int(ask(ANNA, "CXMYD"), VERDICT_SILENCE, "while it is on its way");
	ok_last("sms", "texted", ANNA, VERDICT_SILENCE);
	query_sent(query, &ticket, say);
	ask(NOBODY, "CXMYD");
	ok_last("sms", "texted", NOBODY, VERDICT_WRONG_IDENTITY);
	ask(NOBODY, "13870410293");
	ok_last("sms", "texted", NOBODY, VERDICT_HELP);
	query_dialled(
	    query, dialled, "*10086*3#", ANNA, "*10086*3#", 7, &answer, say);
	ok_last("ussd", "dialled", ANNA, VERDICT_PROMPT);
	query_reply(query, dialled, ANNA, "1234", &token, &answer, say);
	ok_last("ussd", "dialled", ANNA, VERDICT_WRONG_IDENTITY);
	query_is_pending(query, dialled, ANNA);
	ok_int(count_lines(), 6, "a line each, and no other");
	for (int i = 0; i < 12; i++)
		ask("8613800000030", "?");
	ok_last("sms", "texted", "8613800000030", VERDICT_SILENCE);
	ok_int(count_lines(), 18, "those too that get no text any more");
	ask_before(ANNA, "CXMYD", &(struct before){.refused = when_now()});
	query_sent(query, &ticket, say);
	ok_int(ask_before(ANNA, "CXMYD", &(struct before){.is_copy = 1}),
	    VERDICT_SILENCE, "a copy of what was refused, and answered since");
	ok_last("sms", "texted", ANNA, VERDICT_SILENCE);
	ok(strstr(lines, "13800000") == NULL &&
		strstr(lines, "13870410293") == NULL,
	    "no number in them");
}

static void
limit_size(rlim_t size)
{
	struct rlimit l;

	getrlimit(RLIMIT_FSIZE, &l);
	l.rlim_cur = size;
	setrlimit(RLIMIT_FSIZE, &l);
}

static void
full(void)
{
	int before = count_lines();

	when_set(NOW + 61, 0); /* nothing is remembered */
	ok_int(ask(ANNA, "CXMYD"), VERDICT_NO_STAYS, "on its way");
	limit_size(1);
	ok(ask(NOBODY, "CXMYD") == VERDICT_WRONG_IDENTITY && ended < 0,
	    "a text that may not leave");
	query_refused(query, &ticket);
	ok(ask(ANNA, "CXMYD") == VERDICT_SYSTEM_BUSY && ended == 0,
	    "no line, not even silence");
	query_refused(query, &ticket);
	ok_int(ask(ANNA, "CXMYD EN"), VERDICT_SYSTEM_BUSY, "no answer");
	query_refused(query, &ticket);
	ok(strstr(say, "again later") != NULL && strstr(say, "Japan") == NULL,
	    "but what a fault is told with: %s", say);
	limit_size(RLIM_INFINITY);
	ok_int(ask(ANNA, "CXMYD"), VERDICT_SILENCE,
	    "what was on its way is so still");
	ok_int(ask(ANNA, "CXMYD EN"), VERDICT_NO_STAYS,
	    "and it works again by itself");
	ok_int(count_lines(), before + 3, "a line for each but the refused");
}

int
main(void)
{
	fixture_begin();
	write_files();
	if (core_open(&core, "travelcard.conf") < 0 ||
	    query_new(&query, core) < 0)
		return 1;
	when_set(NOW, 0);
	fill_store();
	if (core_audit(core, "test") < 0)
		return 1;
	texted = conf_service(core->conf, "texted");
	dialled = conf_service(core->conf, "dialled");
	each_query();
	full();
	query_end(query);
	query_free(query);
	core_close(core);
	return test_done();
}
