/* What is written to an SMSC: gathered, and given away when whoever writes has
 * come to an end, in whatever event that was, so that the answers to what came
 * in one read go out in one write. */
#include <string.h>
#include <time.h>

#include <event2/bufferevent.h>

#include "link_parts.h"

_Static_assert(
    LINK_GATHERED >= PDU_SUBMIT_MAX && LINK_GATHERED >= PDU_SESSION_MAX,
    "any PDU that is written has room");

/* To the evbuffer, which sends it when the event loop comes round. */
void
link_flush(struct link *l)
{
	if (l->ngathered > 0)
		bufferevent_write(l->bev, l->gathered, l->ngathered);
	l->ngathered = 0;
}

void
link_on_flush(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	link_flush(arg);
}

void
link_capture(
    struct link *l, enum capture_direction dir, const uint8_t *pdu, size_t len)
{
	struct timespec ts;

	if (l->capture == NULL)
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	capture_pdu(l->capture, dir, pdu, len,
	    ts.tv_sec * 1000000LL + ts.tv_nsec / 1000);
}

void
link_write(struct link *l, const uint8_t *pdu, size_t len)
{
	if (l->bev == NULL)
		return;
	link_capture(l, CAPTURE_TO_SMSC, pdu, len);
	if (len > sizeof(l->gathered) - l->ngathered)
		link_flush(l);
	if (l->ngathered == 0)
		event_active(l->flush, 0, 0);
	memcpy(l->gathered + l->ngathered, pdu, len);
	l->ngathered += len;
}

void
link_write_header(struct link *l, uint32_t command_id, uint32_t command_status,
    uint32_t sequence_number)
{
	uint8_t pdu[PDU_SESSION_MAX];

	link_write(l, pdu,
	    pdu_write_header(command_id, command_status, sequence_number, pdu));
}

void
link_write_unbind(struct link *l, uint32_t command_id, uint32_t sequence_number)
{
	uint8_t pdu[PDU_SESSION_MAX];
	int len = pdu_write_unbind(command_id, sequence_number, pdu);

	if (len > 0)
		link_write(l, pdu, len);
}

/* Sending messages. */

int
link_may_send(const struct link *l)
{
	return l->state == BOUND && l->conf->bind != BIND_MODE_RECEIVER;
}

unsigned
link_room(const struct link *l, int64_t now)
{
	return link_may_send(l) ? window_room(l->window, now) : 0;
}

int
link_is_mute(const struct link *l)
{
	return l->mute;
}

unsigned
link_in_flight(const struct link *l)
{
	return window_outstanding(l->window);
}

unsigned long
link_taken(const struct link *l)
{
	return l->counters.taken;
}

void
link_submit(struct link *l, const struct submit_sm *s, void *ref, int64_t now)
{
	uint8_t pdu[PDU_SUBMIT_MAX];
	uint32_t n = window_add(l->window, ref, now);

	link_write(l, pdu, pdu_write_submit_sm(s, n, pdu));
}

void
link_forget(struct link *l, void *ref)
{
	window_forget(l->window, ref);
}

void
link_ack(struct link *l, const struct link_request *r, uint32_t command_status)
{
	uint8_t pdu[PDU_SESSION_MAX];

	if (r->connection != l->connection)
		return;
	link_write(l, pdu,
	    pdu_write_message_resp(
		r->command_id, command_status, r->sequence_number, pdu));
}
