/* Texts that wait for their turn. */
#include "smsc-gw/queue.c"

#include "test.h"

static struct queued *
put(struct queue *q, const char *from, const uint8_t *message, size_t len)
{
	const struct origin origin = {.request.sequence_number = 7};
	struct deliver_sm sm = {.message = message, .message_len = len};

	strcpy(sm.source_addr, from);
	return queue_put(q, &origin, &sm);
}

static void
in_order(void)
{
	uint8_t text[QUEUE_MESSAGE + 1] = "hello";
	struct queued *x;
	struct queue *q;

	queue_new(&q, 2);
	ok(queue_first(q) == NULL, "nothing waits");
	put(q, "one", text, 5);
	put(q, "two", text, sizeof(text));
	ok(queue_is_full(q) && put(q, "three", text, 5) == NULL,
	    "there are as many places as were asked for");
	text[0] = 'x';
	x = queue_first(q);
	ok(strcmp(x->sm.source_addr, "one") == 0 && x->sm.message_len == 5 &&
		memcmp(x->sm.message, "hello", 5) == 0,
	    "the first comes first, with a copy of its message");
	queue_drop(q, x);
	x = queue_first(q);
	ok(strcmp(x->sm.source_addr, "two") == 0, "then the next");
	ok_int(x->sm.message_len, QUEUE_MESSAGE, "a long message is cut");
	queue_free(q);
}

/* What it was of is freed soon. */
static void
another_configuration(void)
{
	static const struct conf_service service;
	struct queued *x, *y;
	struct queue *q;

	queue_new(&q, 2);
	x = put(q, "one", NULL, 0);
	ok(x->asker.service == NULL, "who asks is not known by itself");
	y = put(q, "two", NULL, 0);
	x->asker.service = y->asker.service = &service;
	queue_reload(q);
	ok(x->asker.service == NULL && y->asker.service == NULL,
	    "nor once there is another configuration");
	queue_drop(q, x);
	x->asker.service = &service;
	x = put(q, "three", NULL, 0);
	ok(x->asker.service == NULL, "nor for the next in its place");
	queue_free(q);
}

int
main(void)
{
	in_order();
	another_configuration();
	return test_done();
}
