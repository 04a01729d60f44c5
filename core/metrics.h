/* What a gateway tells of itself: each thing is described once, in
 * metrics.c, and written as a line of Prometheus' text format, version 0.0.4:
 *
 *   travelcard_texts_total{carrier="cmcc"} 1234
 *
 * Pure but for its memory. No line has a subscriber's number in it. */
#ifndef METRICS_H
#define METRICS_H

#include <stddef.h>

#include <event2/buffer.h>

/* Of what one is told; its labels. */
enum metric_of {
	METRIC_OF_GATEWAY, /* none */
	METRIC_OF_VERDICT, /* verdict */
	METRIC_OF_CARRIER, /* carrier */
	METRIC_OF_LINK,    /* carrier, link */
};

/* How those of several processes make one. */
enum metric_sum {
	METRIC_COUNTER, /* only grows; added */
	METRIC_ADDED,
	METRIC_LEAST,
	METRIC_MOST,
};

enum metric_unit {
	METRIC_AS_NUMBER,
	METRIC_AS_WORD,    /* a number that stands for one: metric_word */
	METRIC_AS_TIME,    /* epoch seconds */
	METRIC_AS_SECONDS, /* how long */
	METRIC_AS_RATE,    /* a second */
};

enum metric {
	METRIC_START_TIME,
	METRIC_VERDICTS,

	METRIC_TEXTS,
	METRIC_SILENT,
	METRIC_PARTS,
	METRIC_PARTS_LOST,
	METRIC_REFUSED_FOR_NOW,
	METRIC_ADMITTED,
	METRIC_RETURNED,
	METRIC_REPEATED,
	METRIC_REFUSED_AT_ONCE,
	METRIC_LATE,
	METRIC_BUSY_TEXTS,
	METRIC_ANSWERS,
	METRIC_ANSWERS_REFUSED,
	METRIC_ANSWERS_STORED,
	METRIC_ANSWERS_CLAIMED,
	METRIC_ANSWERS_EXPIRED,
	METRIC_ANSWERS_FAILED,
	METRIC_SEGMENTS,
	METRIC_SEGMENTS_AGAIN,
	METRIC_SHEDDING,
	METRIC_SHEDDING_CHANGES,
	METRIC_BREAKER_OPEN,
	METRIC_BREAKER_OPENED,
	METRIC_QUEUE,
	METRIC_QUEUE_DELAY,
	METRIC_TEXT_COST,
	METRIC_OUTBOX,
	METRIC_STORE_AWAY,
	METRIC_AS_OF,

	METRIC_LINK_STATE,
	METRIC_LINK_SINCE,
	METRIC_LINK_DOWNS,
	METRIC_WINDOW,
	METRIC_WINDOW_USED,
	METRIC_RATE,
	METRIC_PACE,
	METRIC_SUBMITS_TAKEN,
	METRIC_SUBMITS_PUT_OFF,
	METRIC_SUBMITS_REFUSED,
	METRIC_SUBMITS_UNANSWERED,
	METRIC_USSD_OPEN,
	METRIC_USSD_BEGUN,
	METRIC_USSD_PUT_OFF,
	METRIC_USSD_REPLIES,
	METRIC_USSD_CANCELLED,
	METRIC_USSD_ASKED,
	METRIC_USSD_ENDED,
	METRIC_USSD_REFUSED,
	METRIC_USSD_DROPPED,
	METRIC_USSD_NOTIFIED,
	METRIC_USSD_NOT_READ,
	METRIC_USSD_OTHER,
	METRICS
};

/* METRIC_LINK_STATE */
enum metric_link {
	METRIC_LINK_CLOSED,
	METRIC_LINK_WAITING, /* to connect again */
	METRIC_LINK_CONNECTING,
	METRIC_LINK_BINDING, /* or telling an HLR who it is */
	METRIC_LINK_UP,
	METRIC_LINK_LEAVING,
	METRIC_LINK_STATES
};

struct metric_info {
	const char *name; /* [a-z_]+, in its unit */
	enum metric_of of;
	enum metric_sum sum;
	enum metric_unit unit;
	const char *help; /* ASCII without \ and " */
};

extern const struct metric_info metric_infos[METRICS];

/* What the value of a METRIC_AS_WORD stands for; "?" for nothing known. */
const char *metric_word(enum metric m, double value);

/* The names of its labels, null where it has none. */
#define METRIC_LABELS 2
const char *metric_label(enum metric m, unsigned n);

/* Writing. Memory for as many values as are told at once; what is beyond is
 * left out. */
#define METRICS_VALUES 4096
#define METRICS_LABEL                                          \
	64 /* octets of a label, the NUL included; cut to that \
	    */

struct metrics;
int metrics_new(struct metrics **mp);
void metrics_free(struct metrics *m);

/* Tells one. The labels that it has must live until metrics_write. */
void metrics_put(struct metrics *m, enum metric what, double value,
    const char *label, const char *second);

struct metric_value {
	enum metric what;
	double value;
};

/* Tells several of the same labels. */
void metrics_put_all(struct metrics *m, const struct metric_value *all,
    size_t n, const char *label, const char *second);

/* Writes all that was put since the last, its end marked by METRICS_END: 0, or
 * -ENOMEM. */
#define METRICS_END "# EOF\n"
int metrics_write(struct metrics *m, struct evbuffer *out);

/* Reading. */
struct metric_line {
	enum metric what;
	char labels[METRIC_LABELS][METRICS_LABEL]; /* "" for none */
	double value;
};

/* Reads a line, without its end. 1; 0 for a comment, an empty line or one of
 * another version's; -EBADMSG. */
int metrics_read(const char *line, size_t len, struct metric_line *to);

#endif
