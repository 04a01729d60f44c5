/* USSD dialogues, whatever carries them: a code is dialled, something is
 * asked, an answer is read page by page. A front end decodes and encodes and
 * knows which session is which; what is said, and when a dialogue ends, is
 * decided here.
 *
 *   calls_open, calls_reply … of one read  ─▶  calls_flush  ─▶  a turn each
 *
 * All times are milliseconds of one monotonic clock. No allocation after
 * calls_new. */
#ifndef CALL_H
#define CALL_H

#include <stdint.h>

#include "conf.h"
#include "outbox.h"
#include "query.h"
#include "records.h"
#include "text.h"

/* A session of the front end's: subscriber and session id, as it likes. */
struct call_key {
	uint64_t who, id;
};

/* How its turns find back to it. The route is the front end's own: the last
 * that came, to be changed in on_turn too. The token is that of calls_open,
 * and outlives a restart while a step is pending. */
#define CALL_ROUTE 64
struct call_peer {
	uint32_t token;
	uint8_t route[CALL_ROUTE];
};

enum call_what {
	CALL_ASK, /* say it and await a reply */
	CALL_END  /* say it and end the dialogue */
};

struct call_turn {
	struct call_key key;
	enum call_what what;
	const char *say; /* UTF-8, at most PAGE_OCTETS octets as `alphabet` */
	enum alphabet alphabet;
	struct call_peer *peer; /* during the call */
	int late; /* a CALL_END that answers nothing: the phone may be gone */
};

struct calls;
struct calls_conf {
	const struct conf_carrier *carrier;
	const char *channel; /* of the call records: "ussd", "smpp" */
	unsigned max;        /* dialogues at once; one more is put off */
	unsigned seconds;    /* without a reply a dialogue lasts so long */
};

/* A turn is handed out when what it promises (a pending step, an SMS in the
 * outbox) is durable: by calls_flush, or at once when it promises nothing.
 * After a CALL_END the dialogue is over; where 1 is returned, only with
 * calls_arrived, calls_lost or calls_cancel, or after its time. */
typedef int calls_turn_h(const struct call_turn *turn, void *arg);

/* One carrier's dialogues, with the call records of `core`, if it has any
 * (core_records). All that is passed must outlive it. 0 or -errno. */
int calls_new(struct calls **cp, const struct calls_conf *conf,
    struct core *core, struct query *query, struct outbox *outbox,
    calls_turn_h *h, void *arg);
void calls_free(struct calls *c);

/* Another core from now on, with the same vault for this carrier, and another
 * time to live. Dialogues go on; one that awaits the reply to a question of a
 * service that is no more ends, with a turn. calls_flush after it. */
void calls_reload(struct calls *c, struct core *core,
    const struct conf_carrier *carrier, unsigned seconds, int64_t now);

/* A code was dialled. `msisdn` is E.164 digits, or, of a subscriber who is not
 * provisioned, "0" and up to 14 digits of the IMSI, to tell them apart. A key
 * that is open already begins anew. */
void calls_open(struct calls *c, const struct call_key *key, const char *msisdn,
    const char *dialled, const struct call_peer *peer, int64_t now);

/* A reply came. One to a dialogue that is not open goes on with the
 * subscriber's pending step and its token, if there is one; else it is told,
 * with this one, to dial again. */
void calls_reply(struct calls *c, const struct call_key *key,
    const char *msisdn, const char *text, const struct call_peer *peer,
    int64_t now);

/* Something came, and from whom cannot be told just now (`msisdn` stands for
 * them, as above): one turn, at once, that says to try again. */
void calls_refuse(struct calls *c, const struct call_key *key,
    const char *msisdn, const struct call_peer *peer);

/* No more is begun just now: one turn, at once, that says so. Nothing is
 * looked up. `msisdn` may stand for them, as above; `dialled` is "" where
 * something else came. */
void calls_put_off(struct calls *c, const struct call_key *key,
    const char *msisdn, const char *dialled, const struct call_peer *peer);

/* The same for a reply, to what may have been asked by others: it is put off,
 * and its dialogue ends. 1, or 0 where one is leafed through. */
int calls_break_off(struct calls *c, const struct call_key *key,
    const char *msisdn, const struct call_peer *peer, int64_t now);

/* Would what was dialled be asked for a reply before it is answered? */
int calls_asks(const struct calls *c, const char *dialled);

/* Is there room for a dialogue of that key? One more is put off. */
int calls_has_room(struct calls *c, const struct call_key *key);

/* Whom its turns go to; null when it is not known. */
const struct call_peer *calls_peer(struct calls *c, const struct call_key *key);

/* The phone went away; there is no turn. */
void calls_cancel(struct calls *c, const struct call_key *key);

/* The phone cannot show what was said, or not go on, and the network still
 * waits: one turn, the last; what was not read comes by SMS. */
void calls_abandon(struct calls *c, const struct call_key *key,
    const char *msisdn, const struct call_peer *peer, int64_t now);

/* Ends what nobody answered, with a turn each, before the network's own timer
 * does. Call it some times a second, and calls_flush after it. */
void calls_expire(struct calls *c, int64_t now);

/* After each batch of the above: commits, hands out the turns that waited for
 * it, ends the snapshot that the look-ups shared. */
void calls_flush(struct calls *c, int64_t now);

/* The same where others have ended the snapshot and committed, for what they
 * wrote too; `rc` is state_commit's. */
void calls_settle(struct calls *c, int rc, int64_t now);

/* The last turn of a dialogue has reached the phone. 1 if that was awaited. */
int calls_arrived(struct calls *c, const struct call_key *key);

/* A turn did not reach the phone: its dialogue ends, like those of
 * calls_down; an answer that was its only turn comes by SMS, too. */
void calls_lost(struct calls *c, const struct call_key *key);

/* The link broke and its dialogues cannot be answered: each ends, without a
 * turn; what was not read to its end comes by SMS. calls_flush after it. */
void calls_down(struct calls *c);

/* How many there are, those whose last turn is not yet confirmed as well. */
unsigned calls_count(const struct calls *c);

#endif
