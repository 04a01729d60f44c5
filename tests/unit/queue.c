/* Texts that wait for their turn. */
#include "smsc-gw/queue.c"

#include "test.h"

static struct queued *
put(struct queue *q, const char *from, const uint8_t *message, size_t len)
{
	const struct origin origin = {.request.sequence_number = 7};
	struct deliver_sm sm = {.message = message, .message_len = len};

	strcpy(sm.source_addr, from);
	return queue_put(q, &origin, &sm, from[0] == '!');
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

/* Who waits, a letter each. */
static const char *
waiting(const struct queue *q)
{
	static char got[8];
	const struct queued *x;
	size_t n = 0;

	TAILQ_FOREACH (x, &q->waiting, entry)
		got[n++] = x->sm.source_addr[x->sm.source_addr[0] == '!'];
	got[n] = '\0';
	return got;
}

/* Who is dropped from the middle, and from the end of those ahead. */
static void
ahead(void)
{
	static const char *const come[] = {
	    "a", "!b", "c", "!d", "!e", "f", "!g"};
	struct queued *x[7], *y;
	struct queue *q;

	queue_new(&q, 7);
	for (size_t i = 0; i < 7; i++)
		x[i] = put(q, come[i], NULL, 0);
	ok_str(waiting(q), "bdegacf", "some go before others, in their order");
	queue_drop(q, x[6]);
	queue_drop(q, x[3]);
	queue_drop(q, x[4]);
	put(q, "!h", NULL, 0);
	ok_str(waiting(q), "bhacf", "also when the last of them is gone");
	while ((y = queue_first(q)) != NULL)
		queue_drop(q, y);
	put(q, "i", NULL, 0);
	put(q, "!j", NULL, 0);
	ok_str(queue_first(q)->sm.source_addr, "!j", "or when all are");
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
	ahead();
	another_configuration();
	return test_done();
}
