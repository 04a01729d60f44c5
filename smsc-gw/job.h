/* One carrier's answers on their way out. Each is a job from sender_send, or
 * the claim of a row that others left, until nothing of it is to be sent or
 * awaited any more. Here is what is known of a job and where it is; what
 * happens to it is send.c's. */
#ifndef JOB_H
#define JOB_H

#include <stdint.h>
#include <sys/queue.h>

#include "form.h"
#include "link.h"
#include "outbox.h"
#include "query.h"

#define JOB_REQUESTS 1024 /* lists of the owed, a power of two */
#define JOB_COPIES 4      /* of a request that one answer is owed to */

struct job;
struct lane;
TAILQ_HEAD(job_list, job);
LIST_HEAD(job_bucket, job);

enum job_place {
	JOB_FREE,
	JOB_READY,   /* in a lane, until it has no segment to send */
	JOB_WAITING, /* for what is in flight */
	JOB_PAUSED,  /* until not_before */
	JOB_CLAIMED, /* until the claim is durable */
};

/* What a link carries for one submit_sm. */
struct flight {
	struct job *job;
	struct link *over;
	uint8_t segment;
};

struct job {
	TAILQ_ENTRY(job) entry;   /* in the list of its place */
	TAILQ_ENTRY(job) all;     /* unless it is free */
	TAILQ_ENTRY(job) owed;    /* while a deliver_sm is unanswered */
	LIST_ENTRY(job) asked;    /* and by its request */
	TAILQ_ENTRY(job) unsaved; /* while it is ahead of the outbox */
	TAILQ_ENTRY(job) held;    /* until its batch is durable */
	enum job_place place;
	struct lane *home; /* where it came from, whose memory it is */
	struct lane *lane; /* whose turn, while it is ready */
	struct link *over; /* the rest of it goes by: or null, any */
	int is_unsaved, is_held;
	int stored;     /* written to the outbox, perhaps not yet durable */
	int dropped;    /* only waits for what flies, and until it is erased */
	int refused;    /* a segment was, for good */
	int passing;    /* owed to nobody, and no loss */
	unsigned tries; /* that it pauses for the longer */
	unsigned long taken; /* by the link, when it was refused for now */
	int64_t since, not_before;         /* ms */
	int64_t expires;                   /* epoch seconds */
	int64_t id;                        /* in the outbox */
	struct origin owed_to[JOB_COPIES]; /* whose deliver_sm wait for it */
	unsigned nowed;
	struct ticket ticket;
	uint32_t done, flying; /* bit n: submit_sm n of its form */
	uint32_t late;         /* one of these was given up, and may come yet */
	uint32_t validity_minutes;
	/* what follows is not cleared for the next */
	struct outbox_message message;
	struct form form;
	struct flight flights[FORM_MAX];
};

/* The jobs that came from one link, or from none, and the queue of those
 * whose turn it is over that link first, or over whichever has room. */
struct lane {
	TAILQ_ENTRY(lane) entry;
	struct link *link;     /* null for none, and once it is removed */
	struct job_list begun; /* ready: the rest goes by this link */
	struct job_list ready, free;
	int nready;           /* of both */
	unsigned quota, busy; /* jobs that it may have, and has */
	unsigned made;
	enum {
		LANE_OPEN,
		LANE_DRAINS, /* takes no more */
		LANE_SHUT,   /* nor has anything */
		LANE_REMOVED /* goes with its last job */
	} state;
	int64_t draining; /* ms: since when */
	int64_t told;     /* ms: when a refusal was last told */
	SLIST_HEAD(, block) blocks;
};

TAILQ_HEAD(lanes, lane);

struct jobs {
	struct lanes lanes;   /* the first is of no link */
	struct lanes removed; /* that still have jobs */
	struct job_list all, waiting, paused, claimed;
	struct job_list owed;
	struct job_list storing; /* owed, stored, to be answered when durable */
	struct job_list unsaved; /* stored: done or dropped since */
	struct job_list held;    /* say what is in the batch */
	struct job_bucket asked[JOB_REQUESTS];
};

/* `claims` is how many jobs the lane of no link has. 0 or -ENOMEM. */
int jobs_init(struct jobs *js, unsigned claims);
void jobs_free(struct jobs *js);

/* A link's lane and its jobs, `quota` of them. 0 or -ENOMEM. */
int lane_add(struct jobs *js, struct link *l, unsigned quota);

/* Makes memory for a greater quota to come. 0 or -ENOMEM. */
int lane_reserve(struct lane *lane, unsigned quota);

/* Takes a link's lane away. Nothing of it is owed any more, nothing is in
 * flight over the link; what is still to be sent goes over others, and the
 * lane with the last of it. */
void lane_remove(struct jobs *js, struct lane *lane);

struct lane *lane_of_none(const struct jobs *js);
/* A link's own; null when it has none. */
struct lane *lane_of(const struct jobs *js, const struct link *l);

/* One of a lane's free jobs, cleared, or null when it has its quota. It stays
 * free until it is put somewhere. */
struct job *job_take(struct lane *home);

/* By which link its other segments go; null for any. */
void job_keep_to(struct jobs *js, struct job *j, struct link *over);

/* Where it goes. Freed, it may be gone together with its lane. */
void job_ready(struct jobs *js, struct job *j, struct lane *lane);
void job_wait(struct jobs *js, struct job *j);
void job_pause(struct jobs *js, struct job *j);
void job_claim(struct jobs *js, struct job *j);
void job_free(struct jobs *js, struct job *j);

/* One bit for each of its submit_sm: all; those neither done nor in flight. */
uint32_t job_all(const struct job *j);
uint32_t job_to_send(const struct job *j);

/* A deliver_sm is owed an answer; the job's ticket is set. 0, or -ENOSPC when
 * as many are as may be. */
int job_owe(struct jobs *js, struct job *j, const struct origin *to);
/* To a link, or with null to any? */
int job_is_owed_to(const struct job *j, const struct link *l);
/* No more to a link, or with null to any. */
void job_owe_no_more(struct jobs *js, struct job *j, const struct link *l);
/* One that is owed for a request (ticket.request), or null. */
struct job *job_owed_for(const struct jobs *js, uint64_t request);
/* The job lies in the outbox, or does not after all: what is owed for it
 * waits for the commit, or does not. */
void job_stored(struct jobs *js, struct job *j, int stored);

/* What a job says is to be durable first, and is, or is not. */
void job_hold(struct jobs *js, struct job *j);
void job_let_go(struct jobs *js, struct job *j);

/* What the outbox has of a job is to be written, and is durable. */
void job_unsaved(struct jobs *js, struct job *j);
void job_saved(struct jobs *js, struct job *j);

#endif
