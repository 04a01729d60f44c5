/* Texts out, and what comes in. */
#include <time.h>

#include "exchange.h"

#define ESME_RTHROTTLED 0x58 /* 5.1.3 */

int64_t
exchange_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * (int64_t)SECOND + ts.tv_nsec / 1000;
}

static int64_t
measured_from(const struct smsc *s)
{
	return s->begun + s->o.warm * SECOND;
}

/* Until the last new text. How long an answer takes is measured also when it
 * comes later, for its text was due before. */
static int
is_measured(const struct smsc *s)
{
	return s->ended == 0 && s->now >= measured_from(s);
}

/* Texts out. */

static struct link *
next_link(struct smsc *s)
{
	for (unsigned i = 0; i < SMSC_LINKS; i++) {
		struct link *l = &s->links[s->turn++ % SMSC_LINKS];

		if (l->receives && !window_is_full(l->window) &&
		    conn_room(&l->conn))
			return l;
	}
	return NULL;
}

static void
deliver(struct smsc *s, struct link *l, uint32_t text)
{
	uint32_t who = texts_who(s->texts, text);

	s->c.redelivered += texts_tries(s->texts, text) > 1;
	s->series.delivered++;
	people_delivered(s->people, who, texts_due(s->texts, text), s->now);
	conn_deliver(&l->conn, window_put(l->window, text), s->o.first + who,
	    s->o.code, s->o.text);
}

static int
still_wants(uint32_t text, void *arg)
{
	struct smsc *s = arg;

	return texts_tries(s->texts, text) == 0 ||
	    people_waits(s->people, texts_who(s->texts, text));
}

/* As many are without an answer as may be. */
static int
is_enough(const struct smsc *s)
{
	return s->o.unanswered > 0 &&
	    texts_made(s->texts) >= people_answers(s->people) + s->o.unanswered;
}

void
exchange_deliver(struct smsc *s)
{
	struct link *l;
	uint32_t text;

	texts_advance(s->texts, s->now, still_wants, s);
	while (!is_enough(s) && (l = next_link(s)) != NULL &&
	    texts_take(s->texts, s->now, &text))
		deliver(s, l, text);
}

/* What comes in. */

static void
on_deliver_sm_resp(struct smsc *s, struct link *l, const struct pdu *p)
{
	uint32_t who, text = window_take(l->window, p->sequence_number);

	if (text == WINDOW_NOTHING)
		return;
	who = texts_who(s->texts, text);
	if (p->status != 0) {
		s->c.refused++;
		s->c.refusals += is_measured(s);
		s->series.refused++;
		people_refused(s->people, who);
		texts_refused(s->texts, text, s->now);
	} else {
		s->c.acked++;
		people_acknowledged(s->people, who);
		texts_done(s->texts);
	}
}

static void
measure(struct smsc *s, const struct people_news *news)
{
	int in_time =
	    news->is_first && news->since_due <= s->o.in_time * SECOND;

	series_answer(&s->series, news, s->now, in_time);
	s->c.answers += is_measured(s);
	s->c.served += is_measured(s) && in_time;
	if (s->now - news->since_due < measured_from(s))
		return;
	hist_add(&s->c.since_due, news->since_due);
	hist_add(&s->c.since_delivered, news->since_delivered);
}

/* One in so many, and not in step with the subscribers. */
static int
is_refused(const struct smsc *s)
{
	uint32_t dice = (s->c.throttled + s->now) * 2654435761u;

	return dice < s->o.refuse * UINT32_MAX;
}

static void
on_submit_sm(struct smsc *s, struct link *l, const struct pdu *p)
{
	struct people_news news;
	struct submit submit;

	if (is_refused(s)) {
		conn_refuse(&l->conn, p, ESME_RTHROTTLED);
		s->c.throttled++;
		return;
	}
	conn_respond(&l->conn, p, "0");
	if (conn_submit(p, &submit) < 0) {
		s->c.people.bad++;
		return;
	}
	people_told(s->people, &submit, s->now, &news);
	if (news.is_answer)
		measure(s, &news);
	if (s->o.prove && news.who != UINT32_MAX)
		proofs_put(&l->proofs, s->people, news.who);
}

void
exchange_handle(struct smsc *s, struct link *l, const struct pdu *p)
{
	s->heard = s->now = exchange_clock();
	switch (p->id) {
	case BIND_RECEIVER:
	case BIND_TRANSMITTER:
	case BIND_TRANSCEIVER:
		l->receives = p->id != BIND_TRANSMITTER;
		conn_respond(&l->conn, p, "LOAD");
		break;
	case SUBMIT_SM:
		on_submit_sm(s, l, p);
		break;
	case DELIVER_SM | RESP:
		on_deliver_sm_resp(s, l, p);
		break;
	case UNBIND:
		l->receives = 0;
		conn_respond(&l->conn, p, NULL);
		break;
	case ENQUIRE_LINK:
		conn_respond(&l->conn, p, NULL);
		break;
	case ENQUIRE_LINK | RESP:
		proofs_alive(&l->proofs);
		break;
	}
}

/* Links that break. */

static void
cut_text(struct smsc *s, uint32_t text)
{
	s->c.cut++;
	people_cut(s->people, texts_who(s->texts, text));
	texts_cut(s->texts, text, s->now);
}

void
exchange_cut(struct smsc *s, struct link *l)
{
	uint32_t text;

	while ((text = window_take_any(l->window)) != WINDOW_NOTHING)
		cut_text(s, text);
	proofs_void(&l->proofs, s->people);
}
