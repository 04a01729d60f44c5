/* A chain of the audit: how its lines are written and sealed, and how they are
 * proved. Pure. travelcard-audit(5) has the format.
 *
 *   begin,1,TIME,PROGRAM,NAME,KEY,BEFORE,HASH
 *   ACT,TIME,CHANNEL,"SERVICE",VERDICT,SUBSCRIBER,COUNT,"OPERATOR","REASON",HASH
 *   end,TIME,LINES,HASH
 *
 * A line's hash is keyed, and over the hash of the line before it and all of
 * the line: so none can be changed, taken out, put in or moved without the
 * site key. What was cut off behind a line shows by the missing end. */
#ifndef AUDIT_CHAIN_H
#define AUDIT_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "key.h"

#define AUDIT_LINE 1024         /* octets of a line, its '\n' too */
#define AUDIT_NAME 64           /* of a file's name and its NUL */
#define AUDIT_TEXT 160          /* of an operator's name, or of a reason */
#define AUDIT_HEX (2 * KEY_MAC) /* of a hash as it is written */
#define AUDIT_TIME 26           /* of a time and its NUL */

/* Something that was asked or done. */
struct audit_act {
	const char *act; /* "query", "lookup" …: a word, as all to verdict */
	const char *channel; /* "sms", "ussd", "tool" */
	const char *service; /* its name, or "" */
	const char *verdict;
	uint64_t who;   /* key_msisdn; 0 for none */
	int64_t count;  /* how many it was done to; -1 for none */
	const char *by; /* an operator, or "" */
	const char *reason;
};

struct audit_begin {
	char time[AUDIT_TIME];
	char program[24];
	char name[AUDIT_NAME]; /* of the file it stands in */
	uint8_t key[KEY_FINGERPRINT];
	char before[AUDIT_NAME];         /* a file known then, or "" */
	char before_hash[AUDIT_HEX + 1]; /* of its last line then */
};

struct audit_chain {
	const struct key *key;
	uint64_t lines; /* so far */
	uint8_t hash[KEY_MAC];
};

/* Each writes the next line of a chain, its '\n' too: its length. Numbers in a
 * text are masked (key_mask_text); of one longer than AUDIT_TEXT the rest is
 * left out. */
size_t audit_put_begin(
    struct audit_chain *c, const struct audit_begin *b, char line[AUDIT_LINE]);
size_t audit_put_act(struct audit_chain *c, const char *time,
    const struct audit_act *a, char line[AUDIT_LINE]);
size_t audit_put_end(
    struct audit_chain *c, const char *time, char line[AUDIT_LINE]);

/* Reads the first line of a file, without its '\n', and proves nothing. 0 or
 * -EBADMSG. */
int audit_read_begin(const char *line, size_t len, struct audit_begin *b);

/* Is this the chain's next line, without its '\n'? Null, or what is wrong;
 * *is_end is set when it is the last. */
const char *audit_prove(
    struct audit_chain *c, const char *line, size_t len, int *is_end);

/* The hash that a line ends in, as it is written; null when there is none. */
const char *audit_hash_of(const char *line, size_t len);

#endif
