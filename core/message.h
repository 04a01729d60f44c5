/* The message catalogue: every text that a user can see, one file a language
 * (messages.zh, messages.en), each checked when it is loaded: every key there
 * and none unknown, every placeholder known and the needed ones present. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stddef.h>
#include <stdint.h>

enum language { LANG_ZH, LANG_EN, LANGUAGES };

/* "zh", "en". */
const char *language_name(enum language lang);
/* LANGUAGES when it is none. */
enum language language_parse(const char *s, size_t len);

enum message {
	/* verdicts */
	MSG_OK,
	MSG_OK_SPLIT,
	MSG_NO_STAYS,
	MSG_WRONG_IDENTITY,
	MSG_NOT_REGISTERED,
	MSG_LOCKED,
	MSG_LOCKED_HOURS,
	MSG_CONSENT_NEEDED,
	MSG_HELP,
	MSG_HELP_INLINE,
	MSG_HELP_VERIFY,
	MSG_HELP_DIAL,
	MSG_HELP_DIAL_INLINE,
	MSG_BUSY,
	MSG_SERVICE_CLOSED,
	MSG_SYSTEM_BUSY,
	/* what is said of a code */
	MSG_VERIFY_OK,
	MSG_VERIFY_NO_STAYS,
	MSG_VERIFY_WRONG,
	MSG_VERIFY_CORRECTED,
	MSG_VERIFY_GONE,
	/* steps of a conversation */
	MSG_PROMPT,
	MSG_PROMPT_CONSENT,
	MSG_DIAL_AGAIN, /* a dialogue that is over */
	MSG_SEND_AGAIN,
	MSG_DELETE_PROMPT,
	MSG_DELETE_ASK,
	MSG_DELETED,
	MSG_WITHDRAWN,
	MSG_NO_CONSENT,
	MSG_LANGUAGE,
	/* parts of an answer */
	MSG_AS_OF,
	MSG_CODE,
	MSG_CODE_DIAL,
	MSG_RECENT, /* the parts of a window that is split */
	MSG_RECENT_NONE,
	MSG_EARLIER,
	MSG_EARLIER_NONE,
	MSG_LIST_SEPARATOR,
	MSG_GROUP_SEPARATOR,
	MSG_MONTHS, /* twelve, separated by commas */
	MSG_DATE,
	MSG_DATE_TIME,
	/* USSD pages */
	MSG_PAGE_MORE,
	MSG_PAGE_BACK,
	MSG_REST_BY_SMS,
	MSG_NOTICE, /* told unasked, on one page */
	/* notes that ride on an answer */
	MSG_HISTORY_SINCE,
	MSG_DATA_LATE,
	MSG_MARKS,
	MSG_MARKS_LEFT_OUT,
	MSG_CORRECTED,
	MESSAGES
};

/* What stands in braces in a text: {as_of}, {from} … */
enum placeholder {
	VALUE_AS_OF,   /* the text as-of, or nothing */
	VALUE_FROM,    /* the window's first date */
	VALUE_TO,      /* the last date of the earlier part */
	VALUE_PLACES,  /* the list */
	VALUE_RECENT,  /* the text recent, or recent-none */
	VALUE_EARLIER, /* the text earlier, or earlier-none, or nothing */
	VALUE_CODE,    /* the text code or code-dial; in it, the digits */
	VALUE_NOTES,   /* the notes, or nothing */
	VALUE_HOTLINE, /* the carrier's */
	VALUE_CARRIER, /* its name */
	VALUE_KEYWORD, /* the service's first */
	VALUE_VERIFY,  /* its first that has a code checked */
	VALUE_MINUTES, /* how long to wait */
	VALUE_HOURS,   /* the same, rounded up */
	VALUE_MARK,    /* the sign on a place */
	VALUE_DATE,    /* a date, as the text date words it */
	VALUE_TIME,    /* in as-of a date and time, in date-time hh:mm */
	VALUE_MONTH,   /* one of the text months */
	VALUE_DAY,     /* 1 to 31 */
	PLACEHOLDERS
};

struct messages;

/* Loads all languages from a folder. 0 or -errno. */
int messages_load(struct messages **mp, const char *dir);
void messages_free(struct messages *m);

/* What users agree to, in all languages, as one number: another wording gives
 * another one. */
uint32_t messages_wording(const struct messages *m);

/* What a text is called in the files: "ok", "no-stays". */
const char *message_key(enum message id);

/* With what they say (edition.h). */
uint64_t messages_edition(const struct messages *m, uint64_t edition);

/* Text that is being put together: always ended by NUL; once something did
 * not fit, `full` is set and nothing more goes in. */
struct words {
	char *s;
	size_t size, len;
	int full;
};

void words_put(struct words *w, const char *s, size_t len);
/* In decimal. */
void words_put_number(struct words *w, unsigned n);

/* Puts the value of a placeholder of a text, or nothing. */
typedef void message_value_h(
    enum message id, enum placeholder v, struct words *w, const void *arg);

/* Puts a text; h is called where it has a placeholder, so that no value is
 * made that no text asks for. */
void message_fill(const struct messages *m, enum language lang, enum message id,
    message_value_h *h, const void *arg, struct words *w);

/* The same with values that are there; a null one puts nothing. */
void message_put(const struct messages *m, enum language lang, enum message id,
    const char *const values[PLACEHOLDERS], struct words *w);

/* Puts a time as MSG_DATE or MSG_DATE_TIME words it, in the local zone, which
 * stays the same for as long as a catalogue is in use. */
void message_put_time(const struct messages *m, enum language lang,
    enum message id, int64_t t, struct words *w);

#endif
