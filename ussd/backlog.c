/* A mark behind all that is there, and a new one when that is handled.
 *
 *   handled │ ahead ····▏ came since
 *           ▲           ▲
 *          now        since
 */
#include "backlog.h"

void
backlog_read(struct backlog *b, size_t waiting, int64_t now)
{
	if (b->ahead != 0)
		return;
	b->since = now;
	b->ahead = waiting;
}

void
backlog_message(struct backlog *b, int64_t now)
{
	if (now - b->since > BACKLOG_MS)
		b->behind = 1;
	if (b->behind)
		b->last = now;
}

void
backlog_handled(struct backlog *b, size_t handled, size_t waiting, int64_t now)
{
	if (waiting > 0 && handled < b->ahead) {
		b->ahead -= handled;
		return;
	}
	if (waiting == 0 || now - b->since <= BACKLOG_MS)
		b->behind = 0;
	b->since = now;
	b->ahead = waiting;
}

int64_t
backlog_delay(const struct backlog *b, int64_t now)
{
	return b->ahead != 0 ? now - b->since : 0;
}

int
backlog_is_strained(const struct backlog *b, int64_t now)
{
	return b->last != 0 && now - b->last <= BACKLOG_STRAINED_MS;
}
