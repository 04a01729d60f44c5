/* What becomes of a segment: taken, it is done; refused for good, its answer
 * ends; refused for now, it pauses; lost with its link, it is sent again. The
 * answer ends with its last segment; then every deliver_sm that waits for it is
 * acknowledged. */
#include "log.h"
#include "sender.h"

#define PAUSE_FIRST_MS 1000
#define PAUSE_MAX_MS 30000
#define TELL_MS 1000

static void
finish(struct sender *s, struct job *j)
{
	if (j->refused)
		s->counters.refused += !j->passing;
	else
		s->counters.answers += !j->passing;
	sender_acknowledge(s, j);
	query_sent(s->query, &j->ticket, j->refused ? NULL : j->message.text);
	sender_drop(s, j); /* the next flush erases it from the outbox */
}

/* Later each time. But an SMSC that took nothing meanwhile has had enough of
 * all, not of this one: how soon it is asked again its pace says (pace.h). */
static int64_t
how_long(struct job *j, const struct link *l, uint32_t command_status)
{
	unsigned long taken = link_taken(l);
	int64_t wait = PAUSE_FIRST_MS;

	if (j->tries == 0 || !pdu_had_enough(command_status) ||
	    taken != j->taken)
		j->tries++;
	j->taken = taken;
	for (unsigned i = 1; i < j->tries && wait < PAUSE_MAX_MS; i++)
		wait *= 2;
	return wait < PAUSE_MAX_MS ? wait : PAUSE_MAX_MS;
}

/* A segment refused for now is sent again alone; those that are refused
 * together count once. */
static void
pause_job(struct sender *s, struct job *j, const struct link *l,
    uint32_t command_status)
{
	if (j->place == JOB_PAUSED)
		return;
	j->not_before = s->now + how_long(j, l, command_status);
	job_pause(&s->jobs, j);
}

/* One line a second and link: a storm of refusals is counted, not told. */
static void
tell_refusal(struct sender *s, const struct link *l, uint32_t command_status)
{
	struct lane *lane = lane_of(&s->jobs, l);
	char name[16];

	if (s->now - lane->told < TELL_MS)
		return;
	lane->told = s->now;
	log_notice(DSMPP, "link %s submit_sm refused status=%s",
	    link_conf(l)->name,
	    command_status == LINK_NO_RESPONSE
		? "none"
		: pdu_status_name(command_status, name));
}

/* Bits of it were taken, or refused for good. */
static void
segments_done(struct sender *s, struct job *j, uint32_t bits)
{
	j->done |= bits;
	if (j->done == job_all(j)) {
		finish(s, j);
		return;
	}
	if (j->stored)
		job_unsaved(&s->jobs, j);
	if (j->place != JOB_PAUSED)
		sender_settle(s, j);
}

static void
expect_receipt(struct sender *s, const struct flight *f, const char *message_id)
{
	const struct outbox_message *m = &f->job->message;

	if (m->receipt)
		receipts_expect(s->receipts, m->from, m->to,
		    form_reference(m, f->segment), message_id);
}

/* A response after its time: the segment is not to be sent again, or not once
 * more if it flies already. */
void
sender_submitted_late(struct sender *s, void *ref, const char *message_id)
{
	const struct flight *f = ref;

	expect_receipt(s, f, message_id);
	if (!f->job->dropped && !(f->job->done & 1u << f->segment))
		segments_done(s, f->job, 1u << f->segment);
}

void
sender_submitted(struct sender *s, void *ref, uint32_t command_status,
    const char *message_id)
{
	struct flight *f = ref;
	struct job *j = f->job;
	uint32_t bit = 1u << f->segment;
	int for_good = pdu_refused_for_good(command_status);

	j->flying &= ~bit;
	if (command_status == LINK_NO_RESPONSE)
		j->late |= bit;
	if (command_status == ESME_ROK)
		expect_receipt(s, f, message_id);
	if (command_status != ESME_ROK)
		tell_refusal(s, f->over, command_status);
	if (j->dropped) {
		sender_end(s, j);
		return;
	}
	if (j->done & bit)
		return; /* an earlier copy was taken late */
	if (command_status != ESME_ROK && !for_good) {
		if (command_status == LINK_NO_RESPONSE && j->over != NULL)
			job_keep_to(&s->jobs, j, NULL); /* it may never */
		if (j->passing)
			sender_drop(s, j);
		else
			pause_job(s, j, f->over, command_status);
		return;
	}
	j->refused |= for_good;
	if (for_good) /* the others would fare no better */
		bit |= job_to_send(j);
	segments_done(s, j, bit);
}

/* A link broke. What flew over it may or may not have arrived and is sent
 * again; what is owed to it alone is the SMSC's still, which will send it
 * again. */
static void
down_job(struct sender *s, struct job *j, struct link *l)
{
	int was_owed;

	for (int i = 0; i < j->form.n; i++)
		if (j->flying & 1u << i && j->flights[i].over == l)
			j->flying &= ~(1u << i);
	if (j->dropped) {
		sender_end(s, j);
		return;
	}
	if (j->over == l)
		job_keep_to(&s->jobs, j, NULL);
	was_owed = j->nowed > 0;
	job_owe_no_more(&s->jobs, j, l);
	if (was_owed && j->nowed == 0) {
		/* not told, as far as we know, nor one of their texts */
		query_refused(s->query, &j->ticket);
		sender_drop(s, j);
	} else if (j->passing && job_to_send(j) != 0) {
		sender_drop(s, j);
	} else if (j->place != JOB_PAUSED) {
		sender_settle(s, j);
	}
}

void
sender_down(struct sender *s, struct link *l)
{
	struct job *j, *next;

	for (j = TAILQ_FIRST(&s->jobs.all); j != NULL; j = next) {
		next = TAILQ_NEXT(j, all);
		down_job(s, j, l);
	}
}
