/* The message catalogue: every text that a user can see, one file a language
 * (messages.zh, messages.en), each checked when it is loaded: every key there
 * and none unknown, every placeholder known and the needed ones present. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stddef.h>

enum language { LANG_ZH, LANG_EN, LANGUAGES };

/* "zh", "en". */
const char *language_name(enum language lang);
/* LANGUAGES when it is none. */
enum language language_parse(const char *s, size_t len);

enum message {
	/* verdicts */
	MSG_OK,
	MSG_NO_STAYS,
	MSG_WRONG_IDENTITY,
	MSG_LOCKED,
	MSG_CONSENT_NEEDED,
	MSG_HELP,
	MSG_BUSY,
	MSG_SERVICE_CLOSED,
	MSG_SYSTEM_BUSY,
	/* steps of a conversation */
	MSG_PROMPT,
	MSG_SEND_AGAIN,
	/* parts of an answer */
	MSG_AS_OF,
	MSG_CODE,
	MSG_LIST_SEPARATOR,
	MSG_GROUP_SEPARATOR,
	MSG_DATE,
	MSG_DATE_TIME,
	/* notes that ride on an answer */
	MSG_HISTORY_SINCE,
	MSG_DATA_LATE,
	MSG_MARKS,
	MSG_MARKS_LEFT_OUT,
	MSG_CORRECTED,
	MESSAGES
};

/* "wrong-identity" and so on, as in the files. */
const char *message_key(enum message m);

struct messages;

/* Loads all languages from a folder. 0 or -errno. */
int messages_load(struct messages **mp, const char *dir);
void messages_free(struct messages *m);

/* What a text's placeholders stand for; null ones are not in use. */
struct message_values {
	const char *as_of, *from, *places, *notes, *code, *hotline, *carrier,
	    *keyword, *minutes, *time, *date, *year, *month, *day, *hour,
	    *minute, *month_name;
};

/* Appends a text to buf, which holds *len octets of at most size, always
 * ended by NUL. 0, or -ENOSPC with buf as it was. */
int message_put(const struct messages *m, enum language lang, enum message id,
    const struct message_values *values, char *buf, size_t size, size_t *len);

#endif
