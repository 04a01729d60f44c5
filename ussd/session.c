/* (IMSI, session id) → dialogue.
 *
 *   handset          HLR           here
 *     │ BEGIN     Invoke 59 #i       │  calls_open
 *     ├─────────────────────────────▶│
 *     │ CONTINUE  Invoke 60 #i       │  CALL_ASK
 *     │◀─────────────────────────────┤
 *     │ CONTINUE  ReturnResult 60 #i │  calls_reply
 *     ├─────────────────────────────▶│
 *     │ END       ReturnResult 59 #i │  CALL_END
 *     │◀─────────────────────────────┤
 *
 * What we ask goes under the invoke id of what was dialled (each side numbers
 * its own, TS 24.080 3.6.3), so a reply brings that back, and who has just
 * been started can end the dialogue of who went before.
 *
 * Every fault is told in a text: osmo-hlr lets no ReturnError, Reject or
 * PROC_SS error through to a handset. It never learns from us of a session
 * that it has not begun, and nothing goes to one that it has ended; a question
 * is sent as a request, for then it says if the session is gone.
 *
 * It does not tell when a handset goes away, and each END to a session that is
 * gone costs it some kilobytes for ever. So who has been silent for too long is
 * told by a request as well; the END, an empty one, follows when the HLR has
 * had its chance to object:
 *
 *     │ CONTINUE  ReturnResult 59 #i │  CALL_END, late
 *     │◀─────────────────────────────┤
 *     │       PROC_SS error, or none │
 *     │ END                   (mark) │
 *     │◀─────────────────────────────┤ */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gsup.h"
#include "link.h"
#include "log.h"
#include "notice.h"
#include "outbox.h"
#include "session.h"
#include "told.h"
#include "when.h"

#define EXPIRY_MS 250
#define SUMMARY_SECONDS 60
#define NOTICE_SESSIONS 0x40000000u /* ids that we begin have this bit */

_Static_assert(PAGE_OCTETS <= USSD_OCTETS, "a page fits");

struct counters {
	unsigned long begun, replies, cancelled; /* by the handset */
	unsigned long asked, ended;              /* by us */
	unsigned long notified;                  /* unasked */
	unsigned long put_off;                   /* refused for now */
	unsigned long not_read, other;           /* messages */
};

struct sessions {
	const struct conf_hlr *conf;
	struct core *core;
	uint32_t notice; /* session id of the last */
	struct query *query;
	struct outbox *outbox;
	struct calls *calls;
	struct link *link;
	struct shedding shedding;
	unsigned long changes; /* of its level */
	struct told slow;      /* the link's breaker */
	struct event *expiry, *summary;
	struct call_key *late;   /* told late, and not yet ended */
	unsigned nlate, nmarked; /* of them, those before the link's mark */
	struct counters now, told;
};

static void on_message(const uint8_t *p, size_t len, void *arg);
static void on_read_done(void *arg);
static void on_passed(void *arg);
static void on_down(void *arg);
static int on_turn(const struct call_turn *turn, void *arg);
static void on_notice(
    const char *imsi, const char *text, enum alphabet alphabet, void *arg);
static void on_expiry(evutil_socket_t fd, short what, void *arg);
static void on_summary(evutil_socket_t fd, short what, void *arg);

static const struct link_events events = {
    .message = on_message,
    .read_done = on_read_done,
    .passed = on_passed,
    .down = on_down,
};

/* Life. */

static int
begin_timers(struct sessions *s, struct event_base *base)
{
	const struct timeval often = {0, EXPIRY_MS * 1000};
	const struct timeval seldom = {SUMMARY_SECONDS, 0};

	s->expiry = event_new(base, -1, EV_PERSIST, on_expiry, s);
	s->summary = event_new(base, -1, EV_PERSIST, on_summary, s);
	if (s->expiry == NULL || s->summary == NULL ||
	    event_add(s->expiry, &often) < 0 ||
	    event_add(s->summary, &seldom) < 0)
		return -ENOMEM;
	return 0;
}

static int
open_all(struct sessions *s, struct event_base *base, struct turns *turns,
    struct core *core)
{
	const struct calls_conf conf = {
	    .carrier = s->conf->carrier,
	    .channel = "ussd",
	    .max = s->conf->max_dialogues,
	    .seconds = s->conf->session_seconds,
	};
	struct vault *v = core_vault(core, s->conf->carrier);
	int rc = core_state(v);

	s->late = calloc(conf.max, sizeof(*s->late));
	if (s->late == NULL)
		return -ENOMEM;
	if (rc == 0)
		rc = outbox_new(
		    &s->outbox, v->state, v->key, s->conf->carrier->name);
	if (rc == 0)
		rc = calls_new(
		    &s->calls, &conf, core, s->query, s->outbox, on_turn, s);
	if (rc == 0)
		rc = begin_timers(s, base);
	if (rc == 0)
		rc = link_new(&s->link, base, turns, s->conf, &events, s);
	return rc;
}

int
sessions_new(struct sessions **sp, struct event_base *base, struct turns *turns,
    struct core *core, struct query *query, const struct conf_hlr *conf)
{
	struct sessions *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL)
		return -ENOMEM;
	s->conf = conf;
	s->core = core;
	s->query = query;
	rc = open_all(s, base, turns, core);
	if (rc < 0)
		sessions_free(s);
	else
		*sp = s;
	return rc;
}

void
sessions_free(struct sessions *s)
{
	if (s == NULL)
		return;
	link_free(s->link);
	if (s->calls != NULL)
		on_down(s);
	if (s->summary != NULL) {
		on_summary(-1, 0, s);
		event_free(s->summary);
	}
	if (s->expiry != NULL)
		event_free(s->expiry);
	calls_free(s->calls);
	outbox_free(s->outbox);
	free(s->late);
	free(s);
}

const struct conf_hlr *
sessions_conf(const struct sessions *s)
{
	return s->conf;
}

void
sessions_reload(
    struct sessions *s, struct core *core, const struct conf_hlr *conf)
{
	int64_t now = when_ticks();

	s->core = core;
	s->conf = conf;
	link_reload(s->link, conf);
	calls_reload(s->calls, core, conf->carrier, conf->session_seconds, now);
	calls_flush(s->calls, now);
}

void
sessions_share(struct sessions *s, int shares)
{
	link_share(s->link, shares);
}

/* A session's key: the IMSI's digits behind a 1, which keeps its zeros. */

static struct call_key
key_of(const struct ss_message *m)
{
	uint64_t who = 1;

	for (const char *c = m->imsi; *c != '\0'; c++)
		who = who * 10 + (*c - '0');
	return (struct call_key){who, m->session_id};
}

static void
imsi_of(const struct call_key *key, char imsi[GSUP_IMSI + 1])
{
	uint64_t who = key->who;
	size_t n = 0;

	for (uint64_t rest = who; rest > 1; rest /= 10)
		n++;
	imsi[n] = '\0';
	for (; n > 0; who /= 10)
		imsi[--n] = '0' + who % 10;
}

/* What the handset says. */

/* What stands for a subscriber whose number is not known. */
static void
stand_in(const struct ss_message *m, char msisdn[DIGITS_MAX + 1])
{
	size_t n = strlen(m->imsi);

	msisdn[0] = '0';
	strcpy(msisdn + 1, m->imsi + (n == DIGITS_MAX ? 1 : 0));
}

/* E.164 digits, or that of one who is not provisioned. 0, or -errno, and the
 * same, while nobody can tell. */
static int
who_is_it(
    struct sessions *s, const struct ss_message *m, char msisdn[DIGITS_MAX + 1])
{
	int rc = query_msisdn(s->query, s->conf->carrier, m->imsi, msisdn);

	if (rc == 0)
		return 0;
	stand_in(m, msisdn);
	return rc == -ENOENT ? 0 : rc;
}

/* New prompts are shed only while something waits behind them: as soon as
 * nothing does, there is time for a dialogue, and the next one begins. */
static int
is_prompt_shed(struct sessions *s, const char *dialled)
{
	return s->shedding.level >= SHED_PROMPTS && link_has_more(s->link) &&
	    calls_asks(s->calls, dialled);
}

/* Nothing is looked up to know it. */
static int
is_too_much(struct sessions *s, const struct call_key *key, const char *dialled)
{
	return link_is_behind(s->link) || link_takes_long(s->link) ||
	    !calls_has_room(s->calls, key) || is_prompt_shed(s, dialled);
}

/* What came to no open dialogue may begin one: 1, and whose it is. Else it is
 * refused. */
static int
may_begin(struct sessions *s, const struct ss_message *m, const char *dialled,
    char msisdn[DIGITS_MAX + 1])
{
	const struct call_key key = key_of(m);
	const struct call_peer peer = {.token = m->invoke_id};

	if (is_too_much(s, &key, dialled)) {
		stand_in(m, msisdn);
		calls_put_off(s->calls, &key, msisdn, dialled, &peer);
	} else if (who_is_it(s, m, msisdn) < 0) {
		calls_refuse(s->calls, &key, msisdn, &peer);
	} else {
		return 1;
	}
	s->now.put_off++;
	return 0;
}

/* What is no code to dial (another operation, a facility that cannot be read)
 * is answered with what to dial. */
static void
begin(struct sessions *s, const struct ss_message *m)
{
	const struct call_key key = key_of(m);
	int is_dialled =
	    m->component == SS_INVOKE && m->operation == SS_PROCESS_REQUEST;
	const char *dialled = is_dialled ? m->text : "";
	const struct call_peer peer = {.token = m->invoke_id};
	char msisdn[DIGITS_MAX + 1];

	s->now.begun++;
	if (may_begin(s, m, dialled, msisdn))
		calls_open(
		    s->calls, &key, msisdn, dialled, &peer, when_ticks());
}

static void
cancel(struct sessions *s, const struct ss_message *m)
{
	const struct call_key key = key_of(m);

	s->now.cancelled++;
	calls_cancel(s->calls, &key);
}

static void
say(struct sessions *s, const struct ss_message *m)
{
	uint8_t octets[GSUP_MAX];
	int len = gsup_write(m, octets);

	if (len > 0)
		link_send(s->link, octets, len);
	else
		log_error(
		    DUSSD, "hlr %s a text that is no page", s->conf->name);
}

/* Nothing more is to come: an END without a word. */
static void
end(struct sessions *s, const char *imsi, uint32_t session_id)
{
	struct ss_message m = {
	    .type = SS_RESULT,
	    .session_id = session_id,
	    .state = SS_END,
	};

	strcpy(m.imsi, imsi);
	say(s, &m);
}

/* Whatever comes back to a notice, once it is told, that is its end. */
static int
is_of_notice(const struct sessions *s, const struct ss_message *m)
{
	return (m->session_id & NOTICE_SESSIONS) != 0 &&
	    m->session_id - NOTICE_SESSIONS < s->notice && m->text[0] == '\0';
}

/* An open dialogue knows whose it is. */
static void
go_on(struct sessions *s, const struct ss_message *m)
{
	const struct call_key key = key_of(m);
	const struct call_peer peer = {.token = m->invoke_id};
	int is_open = calls_peer(s->calls, &key) != NULL;
	char msisdn[DIGITS_MAX + 1] = "";

	if (!is_open && is_of_notice(s, m)) {
		end(s, m->imsi, m->session_id);
		return;
	}
	if (!is_open && !may_begin(s, m, "", msisdn))
		return;
	if (m->component == SS_RETURN_ERROR || m->component == SS_REJECT) {
		s->now.cancelled++;
		calls_abandon(s->calls, &key, msisdn, &peer, when_ticks());
		return;
	}
	s->now.replies++;
	if (link_takes_long(s->link) &&
	    calls_break_off(s->calls, &key, msisdn, &peer, when_ticks())) {
		s->now.put_off++;
		return;
	}
	calls_reply(s->calls, &key, msisdn, m->text, &peer, when_ticks());
}

static void
on_message(const uint8_t *p, size_t len, void *arg)
{
	struct sessions *s = arg;
	struct ss_message m;
	int rc = gsup_read(p, len, &m);

	if (rc < 0) {
		s->now.not_read += rc == -EBADMSG;
		s->now.other += rc == -ENOTSUP;
		log_debug(DUSSD, "hlr %s a message of %zu octets is %s",
		    s->conf->name, len,
		    rc == -EBADMSG ? "no GSUP" : "not for us");
	} else if (m.type == SS_ERROR || m.state == SS_END) {
		cancel(s, &m);
	} else {
		query_shed(s->query, s->shedding.level);
		if (m.state == SS_BEGIN)
			begin(s, &m);
		else
			go_on(s, &m);
	}
}

/* Dialogues of one turn share one snapshot of the store and one commit. */
static void
on_read_done(void *arg)
{
	struct sessions *s = arg;

	calls_flush(s->calls, when_ticks());
}

static void
on_down(void *arg)
{
	struct sessions *s = arg;

	calls_down(s->calls);
	s->nlate = s->nmarked = 0;
	calls_flush(s->calls, when_ticks());
}

/* What is said. */

static int
on_turn(const struct call_turn *turn, void *arg)
{
	int asks = turn->what == CALL_ASK, goes_on = asks || turn->late;
	struct ss_message m = {
	    .type = goes_on ? SS_REQUEST : SS_RESULT,
	    .session_id = turn->key.id,
	    .state = goes_on ? SS_CONTINUE : SS_END,
	    .component = asks ? SS_INVOKE : SS_RETURN_RESULT,
	    .invoke_id = turn->peer->token,
	    .operation = asks ? SS_UNSTRUCTURED_REQUEST : SS_PROCESS_REQUEST,
	    .alphabet = turn->alphabet,
	};
	struct sessions *s = arg;

	imsi_of(&turn->key, m.imsi);
	snprintf(m.text, sizeof(m.text), "%s", turn->say);
	s->now.asked += asks;
	s->now.ended += !asks;
	say(s, &m);
	if (!goes_on || asks || s->nlate == s->conf->max_dialogues)
		return 0;
	s->late[s->nlate++] = turn->key;
	return 1;
}

static void
mark_late(struct sessions *s)
{
	if (s->nmarked > 0 || s->nlate == 0)
		return;
	s->nmarked = s->nlate;
	link_mark(s->link);
}

/* Those whom the HLR knows nothing of are cancelled by now. */
static void
on_passed(void *arg)
{
	struct sessions *s = arg;
	char imsi[GSUP_IMSI + 1];

	for (unsigned i = 0; i < s->nmarked; i++) {
		if (!calls_arrived(s->calls, &s->late[i]))
			continue;
		imsi_of(&s->late[i], imsi);
		end(s, imsi, s->late[i].id);
	}
	s->nlate -= s->nmarked;
	memmove(s->late, s->late + s->nmarked, s->nlate * sizeof(*s->late));
	s->nmarked = 0;
}

/* Told once; whatever comes back, an error too, ends it. */
static void
on_notice(const char *imsi, const char *text, enum alphabet alphabet, void *arg)
{
	struct sessions *s = arg;
	struct ss_message m = {
	    .type = SS_REQUEST,
	    .session_id = NOTICE_SESSIONS | s->notice++ % NOTICE_SESSIONS,
	    .state = SS_BEGIN,
	    .component = SS_INVOKE,
	    .invoke_id = 1,
	    .operation = SS_UNSTRUCTURED_NOTIFY,
	    .alphabet = alphabet,
	};

	snprintf(m.imsi, sizeof(m.imsi), "%s", imsi);
	snprintf(m.text, sizeof(m.text), "%s", text);
	s->now.notified++;
	say(s, &m);
}

/* From time to time. */

static void
shed(struct sessions *s)
{
	int64_t now = when_ticks();

	if (shed_tick(&s->shedding, link_is_strained(s->link, now), now)) {
		s->changes++;
		shed_tell(&s->shedding, DUSSD, "hlr", s->conf->name);
	}
	query_shed(s->query, s->shedding.level);
}

static void
tell_breaker(struct sessions *s)
{
	int acts = link_load(s->link).acts;

	if (told_change(&s->slow, acts, when_ticks()) > 0)
		log_notice(DUSSD, "hlr %s breaker %s", s->conf->name,
		    acts ? "opens: its dialogues take long" : "stays closed");
}

static void
on_expiry(evutil_socket_t fd, short what, void *arg)
{
	struct sessions *s = arg;

	(void)fd;
	(void)what;
	shed(s);
	tell_breaker(s);
	query_watch(s->query);
	calls_expire(s->calls, when_ticks());
	calls_flush(s->calls, when_ticks());
	mark_late(s);
	if (s->conf->carrier->notify == NOTIFY_YES && link_is_up(s->link) &&
	    !query_sheds(s->query, SHED_NOTICES))
		notice_tell(s->core, s->conf->carrier, on_notice, s);
}

static void
on_summary(evutil_socket_t fd, short what, void *arg)
{
	struct sessions *s = arg;
	const struct counters *c = &s->now;

	(void)fd;
	(void)what;
	query_expire(s->query);
	if (memcmp(c, &s->told, sizeof(*c)) == 0)
		return;
	log_info(DUSSD,
	    "hlr %s begun=%lu replies=%lu cancelled=%lu asked=%lu ended=%lu "
	    "notified=%lu put_off=%lu not_read=%lu other=%lu open=%u",
	    s->conf->name, c->begun, c->replies, c->cancelled, c->asked,
	    c->ended, c->notified, c->put_off, c->not_read, c->other,
	    calls_count(s->calls));
	s->told = *c;
}

void
sessions_collect(const struct sessions *s, struct metrics *m)
{
	const char *carrier = s->conf->carrier->name, *name = s->conf->name;
	const struct counters *c = &s->now;
	const struct link_state l = link_state(s->link);
	const struct metric_value all[] = {
	    {METRIC_LINK_STATE, l.state},
	    {METRIC_LINK_SINCE, l.since},
	    {METRIC_LINK_DOWNS, l.downs},
	    {METRIC_USSD_OPEN, calls_count(s->calls)},
	    {METRIC_USSD_BEGUN, c->begun},
	    {METRIC_USSD_PUT_OFF, c->put_off},
	    {METRIC_USSD_REPLIES, c->replies},
	    {METRIC_USSD_CANCELLED, c->cancelled},
	    {METRIC_USSD_ASKED, c->asked},
	    {METRIC_USSD_ENDED, c->ended},
	    {METRIC_USSD_NOTIFIED, c->notified},
	    {METRIC_USSD_NOT_READ, c->not_read},
	    {METRIC_USSD_OTHER, c->other},
	};

	metrics_put_all(m, all, sizeof(all) / sizeof(*all), carrier, name);
}

struct sessions_load
sessions_load(const struct sessions *s)
{
	const struct link_load l = link_load(s->link);

	return (struct sessions_load){
	    .level = s->shedding.level,
	    .changes = s->changes,
	    .delay = l.delay,
	    .is_open = l.is_open,
	    .opened = l.opened,
	};
}
