/* Notices in the small state. A row's sealed part is a box of struct plain. */
#include <errno.h>
#include <string.h>

#include "log.h"
#include "notice.h"
#include "page.h"

#define SOME 64 /* at a time */

struct plain {
	char imsi[DIGITS_MAX + 1];
	uint8_t language;
};

int
notice_put(struct state *s, const struct key *k, const char *carrier,
    const struct notice *n)
{
	struct plain plain = {.language = n->language};
	uint8_t box[sizeof(plain) + KEY_BOX];
	sqlite3_stmt *st = state_write(s, NOTICE_PUT);

	if (st == NULL)
		return -EIO;
	strcpy(plain.imsi, n->imsi);
	key_box(k, (const uint8_t *)&plain, sizeof(plain), box);
	sqlite3_bind_text(st, 1, carrier, -1, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, n->looked_at);
	sqlite3_bind_blob(st, 3, box, sizeof(box), SQLITE_STATIC);
	return state_step(s, NOTICE_PUT);
}

static int
open_row(sqlite3_stmt *st, const struct key *k, struct notice *n)
{
	const void *box = sqlite3_column_blob(st, 1);
	struct plain plain;

	if (sqlite3_column_bytes(st, 1) != (int)sizeof(plain) + KEY_BOX ||
	    key_unbox(k, box, sizeof(plain) + KEY_BOX, (uint8_t *)&plain) < 0 ||
	    memchr(plain.imsi, '\0', sizeof(plain.imsi)) == NULL ||
	    plain.language >= LANGUAGES)
		return -EBADMSG;
	n->looked_at = sqlite3_column_int64(st, 0);
	n->language = plain.language;
	strcpy(n->imsi, plain.imsi);
	return 0;
}

/* Reads only, so that looking costs no write. */
static int
is_any(struct state *s, const char *carrier)
{
	sqlite3_stmt *st = state_read(s, NOTICE_ANY);
	int rc;

	if (st == NULL)
		return -EIO;
	sqlite3_bind_text(st, 1, carrier, -1, SQLITE_STATIC);
	rc = state_step(s, NOTICE_ANY);
	if (rc == 1)
		state_reset(s, NOTICE_ANY);
	return rc;
}

/* Erases up to SOME of them. How many were read, or -errno. */
static int
take(struct state *s, const struct key *k, const char *carrier,
    struct notice n[SOME])
{
	sqlite3_stmt *st = state_write(s, NOTICE_TAKE);
	int rc, count = 0;

	if (st == NULL)
		return -EIO;
	sqlite3_bind_text(st, 1, carrier, -1, SQLITE_STATIC);
	sqlite3_bind_int(st, 2, SOME);
	while ((rc = state_step(s, NOTICE_TAKE)) == 1) {
		if (open_row(st, k, &n[count]) == 0)
			count++;
		else
			log_error(DSTORE,
			    "a notice cannot be opened with the key_file of "
			    "carrier %s and is dropped",
			    carrier);
	}
	return rc < 0 ? rc : count;
}

static void
tell(const struct core *c, const struct conf_carrier *carrier,
    const struct notice *n, notice_h *h, void *arg)
{
	char time[64] = "", text[PAGE_TEXT] = "";
	struct words time_words = {.s = time, .size = sizeof(time)};
	struct words words = {.s = text, .size = sizeof(text)};
	const char *const values[PLACEHOLDERS] = {
	    [VALUE_TIME] = time,
	    [VALUE_HOTLINE] = carrier->hotline,
	    [VALUE_CARRIER] =
		n->language == LANG_ZH ? carrier->name_zh : carrier->name_en,
	};
	struct page page;

	message_put_time(
	    c->messages, n->language, MSG_DATE_TIME, n->looked_at, &time_words);
	message_put(c->messages, n->language, MSG_NOTICE, values, &words);
	page_cut(c->messages, n->language, text, 0, &page);
	h(n->imsi, page.say, page.alphabet, arg);
}

int
notice_tell(
    struct core *c, const struct conf_carrier *carrier, notice_h *h, void *arg)
{
	struct vault *v = core_vault(c, carrier);
	struct notice notices[SOME];
	int rc = core_state(v), n;

	if (rc == 0)
		rc = is_any(v->state, carrier->name);
	if (rc <= 0)
		return rc;
	n = take(v->state, v->key, carrier->name, notices);
	rc = state_commit(v->state);
	if (n < 0 || rc < 0)
		return n < 0 ? n : rc;
	for (int i = 0; i < n; i++)
		tell(c, carrier, &notices[i], h, arg);
	return 0;
}

int
notice_expire(struct state *s, int64_t now)
{
	sqlite3_stmt *st = state_write(s, NOTICE_EXPIRE);

	if (st == NULL)
		return -EIO;
	sqlite3_bind_int64(st, 1, now - NOTICE_HOURS * 3600);
	return state_step(s, NOTICE_EXPIRE);
}
