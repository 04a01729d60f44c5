/* What dialogues say: page by page, by SMS, for the last time; and what is
 * noted of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "call_say.h"
#include "log.h"
#include "page.h"
#include "when.h"

#define SMS_MINUTES 1440

static void
note(struct calls *c, const struct call *k)
{
	char mask[MASK_MAX];
	const struct call_record r = {
	    .start = k->started,
	    .end = when_now(),
	    .service = k->service != NULL ? k->service->name : "",
	    .code = k->code,
	    .channel = c->conf.channel,
	    .number = key_mask(k->msisdn, c->core->conf->country_code, mask),
	    .steps = k->steps,
	    .status = k->status,
	};

	records_put(c->core->records, &r);
	log_debug(DQUERY, "dialogue service=%s from=%s steps=%u status=%s",
	    r.service, r.number, r.steps, call_status_name(r.status));
}

void
call_close(struct calls *c, struct call *k)
{
	note(c, k);
	call_drop(&c->table, k);
}

static int
give(struct calls *c, struct call *k, const struct page *page)
{
	const struct call_turn turn = {
	    .key = k->key,
	    .what = k->stage == ENDED ? CALL_END : CALL_ASK,
	    .say = page->say,
	    .alphabet = page->alphabet,
	    .peer = &k->peer,
	    .late = k->late,
	};

	return c->h(&turn, c->arg);
}

/* The page that a dialogue is at; a last one has no keys. */
static void
cut_page(const struct calls *c, const struct call *k, struct page *page)
{
	page_cut(c->core->messages, k->language, k->text, k->page, page);
	if (k->stage == ENDED)
		page->say[page->keys] = '\0';
}

void
call_say(struct calls *c, struct call *k, const struct page *page, int64_t now)
{
	int is_last = k->stage == ENDED;

	call_move(k, is_last ? &c->table.last : &c->table.open, now);
	if (give(c, k, page) == 0 && is_last)
		call_close(c, k);
}

void
call_turn(struct calls *c, struct call *k, int promises, int64_t now)
{
	struct page page;

	if (promises) {
		call_move(k, &c->table.promised, now);
		return;
	}
	cut_page(c, k, &page);
	call_say(c, k, &page, now);
}

static void
take_message(struct calls *c, struct call *k, enum message id)
{
	char minutes[12];
	const char *values[PLACEHOLDERS] = {
	    [VALUE_HOTLINE] = c->conf.carrier->hotline,
	    [VALUE_KEYWORD] = k->code,
	    [VALUE_MINUTES] = minutes,
	};
	struct words w = {.s = k->text, .size = sizeof(k->text)};

	snprintf(
	    minutes, sizeof(minutes), "%u", c->core->conf->limits.busy_minutes);
	k->text[0] = '\0';
	k->page = 0;
	message_put(c->core->messages, k->language, id, values, &w);
}

void
call_end(struct calls *c, struct call *k, enum message id,
    enum call_status status, int64_t now)
{
	take_message(c, k, id);
	k->stage = ENDED;
	k->status = status;
	call_turn(c, k, status == CALL_BY_SMS, now);
}

void
call_refuse(struct calls *c, struct call *k, enum message id)
{
	struct page page;

	take_message(c, k, id);
	k->stage = ENDED;
	k->status = CALL_BUSY;
	cut_page(c, k, &page);
	give(c, k, &page);
	note(c, k);
}

/* By SMS. */

static int
is_one_message(const struct outbox_message *m)
{
	static struct segment segments[OUTBOX_SEGMENTS];

	return text_segments(m->text, m->alphabet, m->concat, m->reference,
		   segments, OUTBOX_SEGMENTS) > 0;
}

int
call_sms(struct calls *c, const struct call *k, const char *text)
{
	const struct conf *conf = c->core->conf;
	const struct conf_carrier *carrier = c->conf.carrier;
	const char *from = conf_sms_code(conf, carrier);
	static struct outbox_message m;

	if (from == NULL || k->msisdn[0] == '0')
		return -EINVAL;
	if (strlen(text) >= sizeof(m.text))
		return -E2BIG;
	m = (struct outbox_message){
	    .from_npi = 1,
	    .to_ton = 1,
	    .to_npi = 1,
	    .reference = randombytes_uniform(65536),
	};
	strcpy(m.from, from);
	strcpy(m.to, k->msisdn);
	strcpy(m.text, text);
	page_unbreak(m.text);
	m.alphabet = text_alphabet(m.text, conf_alphabet(conf, carrier));
	m.concat = conf_concat(conf, carrier);
	m.receipt = k->service != NULL && k->service->receipts;
	if (!is_one_message(&m))
		return -E2BIG;
	if (!query_may_text(c->query, carrier, k->msisdn))
		return -EDQUOT;
	return outbox_leave(c->outbox, &m, time(NULL) + 60 * SMS_MINUTES);
}

int
call_is_read(const struct call *k)
{
	return k->stage == PAGED && k->page == k->pages - 1;
}

/* One whose only page was its last turn, and did not arrive, was not read
 * either. */
int
call_rest_by_sms(struct calls *c, struct call *k)
{
	int is_unread = k->stage == PAGED
	    ? k->page < k->pages - 1
	    : k->stage == ENDED && k->status == CALL_ANSWERED && k->pages == 1;

	if (!k->by_sms && is_unread)
		k->by_sms = call_sms(c, k, k->text) == 0;
	return k->by_sms;
}
