/* What Kannel's sms-service asks: an HTTP server on one thread that looks the
 * number in `from` up and says a text of sixty characters. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>

#include "lookup.h"

static const char answer[] =
    "北京、天津。北京、天津。北京、天津。北京、天津。北京、天津。"
    "北京、天津。北京、天津。北京、天津。北京、天津。北京、天津。";

static const char *
number_of(const struct evkeyvalq *query)
{
	const char *from = evhttp_find_header(query, "from");

	if (from == NULL)
		return "";
	return *from == '+' || *from == ' ' ? from + 1 : from;
}

static void
on_request(struct evhttp_request *request, void *arg)
{
	struct evkeyvalq query;
	int found;

	if (evhttp_parse_query_str(
		evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request)),
		&query) < 0) {
		evhttp_send_error(request, HTTP_BADREQUEST, NULL);
		return;
	}
	lookup_begin(arg);
	found = lookup(arg, number_of(&query));
	lookup_end(arg);
	evhttp_clear_headers(&query);
	if (!found) {
		evhttp_send_error(request, HTTP_NOTFOUND, NULL);
		return;
	}
	evhttp_add_header(evhttp_request_get_output_headers(request),
	    "Content-Type", "text/plain; charset=UTF-8");
	evbuffer_add_reference(evhttp_request_get_output_buffer(request),
	    answer, sizeof(answer) - 1, NULL, NULL);
	evhttp_send_reply(request, HTTP_OK, NULL, NULL);
}

int
main(int argc, char **argv)
{
	struct event_base *base = event_base_new();
	struct evhttp *http = base != NULL ? evhttp_new(base) : NULL;

	if (argc != 5 || http == NULL) {
		fputs(
		    "usage: http_lookup ADDRESS PORT STORE KEY_FILE\n", stderr);
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	evhttp_set_gencb(http, on_request, lookup_open(argv[3], argv[4]));
	if (evhttp_bind_socket(http, argv[1], atoi(argv[2])) < 0) {
		perror(argv[1]);
		return 2;
	}
	event_base_dispatch(base);
	return 0;
}
