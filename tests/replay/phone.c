/* A gateway without its wires, whose clock stands where it is told to: what
 * smsc-gw and ussd-gw call, called in the same way, for tests/replay/play.py.
 *
 * A line on standard input has its fields separated by tabs:
 *
 *   at SECONDS                       the time from now on
 *   sms NUMBER CODE TEXT             a text comes in
 *   dial SESSION IMSI CODE           a code is dialled
 *   reply SESSION IMSI CODE TEXT     to what that session asked
 *   hang SESSION IMSI CODE           the phone went away
 *   close                            the stores are opened anew
 *   shed LEVEL                       enum shed: what is left undone
 *
 * and is answered by any number of lines and an empty one:
 *
 *   sms NUMBER CODE MESSAGES TEXT    MESSAGES short messages
 *   ussd IMSI ask|end|notice TEXT
 *   refused                          for now; the SMSC sends it again
 *
 * At the end of its input it tells which texts of the catalogue were put into
 * words, `key LANGUAGE NAME 0|1` each. A line break in a text is "\n". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "log.h"
#include "notice.h"
#include "query.h"
#include "when.h"

#define FIELDS 5
#define DIALOGUES 16
#define SECONDS 25 /* of a dialogue, between reply and reply */
#define ROWS 64

static struct core *core;
static struct query *query;
static struct calls **calls; /* one a carrier */
static struct outbox **outboxes;
static unsigned char shown[LANGUAGES][MESSAGES];

/* The linker sends the calls of answer.c, page.c, call.c … here. */

void __real_message_put(const struct messages *m, enum language lang,
    enum message id, const char *const values[PLACEHOLDERS], struct words *w);
void __wrap_message_put(const struct messages *m, enum language lang,
    enum message id, const char *const values[PLACEHOLDERS], struct words *w);
void __real_message_fill(const struct messages *m, enum language lang,
    enum message id, message_value_h *h, const void *arg, struct words *w);
void __wrap_message_fill(const struct messages *m, enum language lang,
    enum message id, message_value_h *h, const void *arg, struct words *w);
void __real_message_put_time(const struct messages *m, enum language lang,
    enum message id, int64_t t, struct words *w);
void __wrap_message_put_time(const struct messages *m, enum language lang,
    enum message id, int64_t t, struct words *w);

void
__wrap_message_put(const struct messages *m, enum language lang,
    enum message id, const char *const values[PLACEHOLDERS], struct words *w)
{
	shown[lang][id] = 1;
	__real_message_put(m, lang, id, values, w);
}

void
__wrap_message_fill(const struct messages *m, enum language lang,
    enum message id, message_value_h *h, const void *arg, struct words *w)
{
	shown[lang][id] = 1;
	__real_message_fill(m, lang, id, h, arg, w);
}

void
__wrap_message_put_time(const struct messages *m, enum language lang,
    enum message id, int64_t t, struct words *w)
{
	shown[lang][id] = shown[lang][MSG_MONTHS] = 1;
	__real_message_put_time(m, lang, id, t, w);
}

/* What comes out. */

static void
put_text(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			fputs("\\n", stdout);
		else
			putchar(*s);
	}
	putchar('\n');
}

static void
put_sms(const struct conf_carrier *carrier, const char *number,
    const char *code, const char *say)
{
	struct segment segments[10];
	int n = text_segments(say,
	    text_alphabet(say, conf_alphabet(core->conf, carrier)), CONCAT_UDH,
	    0, segments, 10);

	printf("sms\t%s\t%s\t%d\t", number, code, n);
	put_text(say);
}

static void
put_ussd(const char *imsi, const char *what, const char *say)
{
	printf("ussd\t%s\t%s\t", imsi, what);
	put_text(say);
}

static int
on_turn(const struct call_turn *t, void *arg)
{
	(void)arg;
	put_ussd((const char *)t->peer->route,
	    t->what == CALL_ASK ? "ask" : "end", t->say);
	return 0;
}

static void
on_notice(const char *imsi, const char *say, enum alphabet a, void *arg)
{
	(void)a;
	(void)arg;
	put_ussd(imsi, "notice", say);
}

/* What is to go by SMS from elsewhere than a text that came in. */
struct taken {
	struct outbox_row rows[ROWS];
	int n;
};

static int
on_row(const struct outbox_row *row, void *arg)
{
	struct taken *t = arg;

	t->rows[t->n++] = *row;
	return 0;
}

static void
send_outbox(size_t i)
{
	const struct conf_carrier *carrier = &core->conf->carriers[i];
	struct vault *v = core_vault(core, carrier);
	static struct taken t;

	t.n = 0;
	if (outbox_claim(outboxes[i], time(NULL), ROWS, on_row, &t) < 0)
		return;
	state_commit(v->state);
	for (int n = 0; n < t.n; n++) {
		put_sms(carrier, t.rows[n].message.to, t.rows[n].message.from,
		    t.rows[n].message.text);
		outbox_erase(outboxes[i], t.rows[n].id);
	}
	state_commit(v->state);
}

/* After each line, as after each read from a link. */
static void
flush_all(void)
{
	for (size_t i = 0; i < core->conf->ncarriers; i++) {
		calls_flush(calls[i], when_now() * 1000);
		send_outbox(i);
		if (!query_sheds(query, SHED_NOTICES))
			notice_tell(
			    core, &core->conf->carriers[i], on_notice, NULL);
	}
	puts("");
	fflush(stdout);
}

/* What comes in. */

static void
set_time(char **f)
{
	when_set(atoll(f[1]), 0);
	query_expire(query);
	for (size_t i = 0; i < core->conf->ncarriers; i++)
		calls_expire(calls[i], when_now() * 1000);
}

static const struct conf_service *
texted_service(const char *code)
{
	const struct conf *conf = core->conf;
	const struct conf_service *s = NULL;

	for (size_t i = 0; i < conf->ncarriers && s == NULL; i++)
		s = conf_service_at(conf, &conf->carriers[i], code);
	return s;
}

static void
take_sms(char **f)
{
	const struct conf_service *service = texted_service(f[2]);
	static char say[ANSWER_MAX];
	unsigned char before[LANGUAGES][MESSAGES];
	char number[DIGITS_MAX + 1];
	struct ticket ticket;
	enum verdict verdict;
	struct answer a;

	if (service == NULL ||
	    msisdn_parse(f[1], strlen(f[1]), core->conf->country_code, number) <
		0)
		return;
	memcpy(before, shown, sizeof(shown));
	verdict =
	    query_text(query, service, number, f[3], NULL, &a, say, &ticket);
	if (verdict == VERDICT_SYSTEM_BUSY || verdict == VERDICT_SILENCE)
		memcpy(shown, before, sizeof(shown));
	if (verdict == VERDICT_SYSTEM_BUSY) {
		query_refused(query, &ticket);
		puts("refused");
		verdict = query_busy(query, service, number, &a, say);
	} else if (verdict != VERDICT_SILENCE) {
		query_sent(query, &ticket, say);
	}
	if (verdict != VERDICT_SILENCE)
		put_sms(service->carrier, number, f[2], say);
}

/* Whose dialogues a code belongs to. */
static size_t
carrier_of(const char *dialled)
{
	const struct conf *conf = core->conf;
	const char *code;

	for (size_t i = 0; i < conf->ncarriers; i++)
		if (conf_service_dialled(
			conf, &conf->carriers[i], dialled, &code))
			return i;
	return 0;
}

/* E.164, or what stands for a subscriber who is not provisioned. 0 or
 * -errno. */
static int
number_of(size_t carrier, const char *imsi, char number[DIGITS_MAX + 1])
{
	int rc =
	    query_msisdn(query, &core->conf->carriers[carrier], imsi, number);

	if (rc == -ENOENT)
		snprintf(number, DIGITS_MAX + 1, "0%s",
		    imsi + (strlen(imsi) == DIGITS_MAX));
	return rc == -ENOENT ? 0 : rc;
}

static void
take_ussd(char **f)
{
	const struct call_key key = {atoll(f[2]), atoll(f[1])};
	struct call_peer peer = {.token = 1};
	size_t i = carrier_of(f[3]);
	int64_t now = when_now() * 1000;
	char number[DIGITS_MAX + 1] = "0";
	int rc;

	snprintf((char *)peer.route, sizeof(peer.route), "%s", f[2]);
	if (strcmp(f[0], "hang") == 0) {
		calls_cancel(calls[i], &key);
		return;
	}
	rc = number_of(i, f[2], number);
	if (strcmp(f[0], "reply") == 0)
		calls_reply(calls[i], &key, number, f[4], &peer, now);
	else if (rc < 0)
		calls_refuse(calls[i], &key, number, &peer);
	else
		calls_open(calls[i], &key, number, f[3], &peer, now);
}

static void
close_stores(char **f)
{
	(void)f;
	for (size_t i = 0; i < core->nvaults; i++) {
		core_store_close(core->vaults[i]);
		core->vaults[i]->tried = 0;
	}
}

static void
shed(char **f)
{
	query_shed(query, atoi(f[1]));
}

static int
take_line(char *line)
{
	static const struct {
		const char *word;
		int fields;
		void (*take)(char **f);
	} words[] = {
	    {"at", 2, set_time},
	    {"sms", 4, take_sms},
	    {"dial", 4, take_ussd},
	    {"hang", 4, take_ussd},
	    {"reply", 5, take_ussd},
	    {"close", 1, close_stores},
	    {"shed", 2, shed},
	};
	char *f[FIELDS + 1];
	int n = 0;

	line[strcspn(line, "\n")] = '\0';
	while (n <= FIELDS && (f[n] = strsep(&line, "\t")) != NULL)
		n++;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (n != words[i].fields || strcmp(f[0], words[i].word) != 0)
			continue;
		words[i].take(f);
		flush_all();
		return 0;
	}
	fprintf(stderr, "phone: not understood: %s\n", n > 0 ? f[0] : "");
	return -1;
}

/* Life. */

static int
open_carrier(size_t i)
{
	const struct conf_carrier *carrier = &core->conf->carriers[i];
	const struct calls_conf conf = {carrier, "ussd", DIALOGUES, SECONDS};
	struct vault *v = core_vault(core, carrier);

	if (core_state(v) < 0 ||
	    outbox_new(&outboxes[i], v->state, v->key, carrier->name) < 0)
		return -1;
	return calls_new(
	    &calls[i], &conf, core, query, outboxes[i], on_turn, NULL);
}

static void
tell_keys(void)
{
	for (int l = 0; l < LANGUAGES; l++)
		for (int id = 0; id < MESSAGES; id++)
			printf("key\t%s\t%s\t%d\n", language_name(l),
			    message_key(id), shown[l][id]);
}

int
main(int argc, char **argv)
{
	char *line = NULL;
	size_t cap = 0;
	int rc = 0;

	if (argc != 2 || core_open(&core, argv[1]) < 0 ||
	    core_records(core) < 0 || core_audit(core, "phone") < 0 ||
	    query_new(&query, core) < 0)
		return 1;
	calls = calloc(core->conf->ncarriers, sizeof(*calls));
	outboxes = calloc(core->conf->ncarriers, sizeof(*outboxes));
	for (size_t i = 0; i < core->conf->ncarriers && rc == 0; i++)
		rc = open_carrier(i);
	while (rc == 0 && getline(&line, &cap, stdin) > 0)
		rc = take_line(line);
	tell_keys();
	free(line);
	for (size_t i = 0; i < core->conf->ncarriers; i++) {
		calls_free(calls[i]);
		outbox_free(outboxes[i]);
	}
	free(calls);
	free(outboxes);
	query_free(query);
	core_close(core);
	return rc < 0;
}
