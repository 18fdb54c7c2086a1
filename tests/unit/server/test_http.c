/* The server over real sockets, client and server in one process and one loop. */
#include "http_fixture.h"

#include <time.h>

/* ---- answers ---- */

static void an_answer_has_aws_headers(void **state)
{
	struct fixture *f = *state;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = client_new(f);
	post(f, c, "StopExecution", RUN1);
	wait_answer(f, c);
	assert_int_equal(c->status, 200);
	assert_string_equal(c->body, STOPPED);
	assert_string_equal(header(c, "Content-Type"), "application/x-amz-json-1.0");
	assert_int_equal(strlen(header(c, "x-amzn-RequestId")), 36);
	assert_null(header(c, "x-amzn-errortype"));
	client_free(c);
}

static void errors_carry_their_type_in_header_and_body(void **state)
{
	struct fixture *f = *state;
	char id[64];
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = client_new(f);
	post(f, c, "DescribeExecution", "{\"executionArn\":\"x\"}");
	wait_answer(f, c);
	assert_int_equal(c->status, 400);
	assert_string_equal(header(c, "x-amzn-errortype"), "InvalidArn");
	assert_string_equal(
		c->body, "{\"__type\":\"InvalidArn\",\"message\":\"Invalid Arn: 'Invalid ARN prefix: x'\"}");
	snprintf(id, sizeof(id), "%.63s", header(c, "x-amzn-RequestId"));
	post(f, c, "NoSuchAction", "{}");
	wait_answer(f, c);
	assert_string_equal(header(c, "x-amzn-errortype"), "UnknownOperationException");
	assert_string_not_equal(header(c, "x-amzn-RequestId"), id);
	client_free(c);
}

static void a_connection_serves_many_requests_at_once_and_later(void **state)
{
	struct fixture *f = *state;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = client_new(f);
	for (int i = 0; i < 20; i++) {
		f->engine.later = i % 2;
		post(f, c, "StopExecution", RUN1);
		if (f->engine.later) {
			wait_pending(f, 1);
			fake_answer(&f->engine);
		}
		wait_answer(f, c);
		assert_string_equal(c->body, STOPPED);
	}
	client_free(c);
}

static void an_answer_waits_for_the_engine(void **state)
{
	struct fixture *f = *state;
	f->engine.later = true;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = client_new(f), *other = client_new(f);
	post(f, c, "StopExecution", RUN1);
	wait_pending(f, 1);
	for (int i = 0; i < 5; i++) {
		hear(c);
		turn(f);
	}
	assert_int_equal(c->len, 0);
	/* others are served meanwhile */
	post(f, other, "StepwellStatus", "{}");
	wait_answer(f, other);
	assert_int_equal(other->status, 200);
	f->engine.reply_result = SW_ENOENT;
	fake_answer(&f->engine);
	wait_answer(f, c);
	assert_string_equal(header(c, "x-amzn-errortype"), "ExecutionDoesNotExist");
	client_free(c);
	client_free(other);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
	struct fixture *f = *state;
	f->engine.later = true;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = client_new(f);
	post(f, c, "StopExecution", RUN1);
	post(f, c, "StepwellStatus", "{}");
	post(f, c, "StopExecution", RUN1);
	wait_pending(f, 1);
	fake_answer(&f->engine);
	wait_answer(f, c);
	assert_string_equal(c->body, STOPPED);
	wait_answer(f, c);
	assert_non_null(strstr(c->body, "\"version\""));
	wait_pending(f, 1);
	fake_answer(&f->engine);
	wait_answer(f, c);
	assert_string_equal(c->body, STOPPED);
	client_free(c);
}

/* API reference, StartExecution: the header is preferred over traceHeader in the body. */
static void the_trace_header_of_a_request_is_the_execution_s(void **state)
{
	struct fixture *f = *state;
	static const char body[] = "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"traceHeader\":\"Root=body\"}";
	static const struct {
		const char *header, *taken;
	} rows[] = {
		{"", "Root=body"},
		{"X-Amzn-Trace-Id: Root=1-head;Sampled=1\r\n", "Root=1-head;Sampled=1"},
		{"X-Amzn-Trace-Id: Root=\xc3\xa9\r\n", "Root=body"},
	};
	serve(f, SW_SERVER_OPTIONS);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[600], asked[200];
		struct client *c = client_new(f);
		int len = snprintf(text, sizeof(text),
				   "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: "
				   "AWSStepFunctions.StartExecution\r\n%sContent-Length: %zu\r\n\r\n%s",
				   rows[i].header, strlen(body), body);
		say(f, c, text, (size_t)len);
		wait_answer(f, c);
		snprintf(asked, sizeof(asked),
			 "start machine=hello;name=(null);input=(null);case=(null);trace=%s;", rows[i].taken);
		assert_string_equal(f->engine.asked.data, asked);
		client_free(c);
	}
}

static void a_request_may_come_byte_by_byte(void **state)
{
	struct fixture *f = *state;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = client_new(f);
	static const char text[] =
		"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.StopExecution\r\n"
		"Transfer-Encoding: chunked\r\n\r\n5\r\n{\"exe\r\n";
	for (size_t i = 0; i < sizeof(text) - 1; i++) {
		say(f, c, text + i, 1);
		sw_poll_loop_run(f->loop, 0, NULL);
	}
	char rest[300];
	const char *body = RUN1;
	int len = snprintf(rest, sizeof(rest), "%zx\r\n%s\r\n0\r\n\r\n", strlen(body) - 5, body + 5);
	for (int i = 0; i < len; i++) {
		say(f, c, rest + i, 1);
		sw_poll_loop_run(f->loop, 0, NULL);
	}
	wait_answer(f, c);
	assert_string_equal(c->body, STOPPED);
	client_free(c);
}

static void a_client_that_waits_for_continue_gets_it(void **state)
{
	struct fixture *f = *state;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = client_new(f);
	static const char head[] =
		"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.StepwellStatus\r\n"
		"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
	say(f, c, head, sizeof(head) - 1);
	wait_answer(f, c);
	assert_int_equal(c->status, 100);
	say(f, c, "{}", 2);
	wait_answer(f, c);
	assert_int_equal(c->status, 200);
	client_free(c);
}

static void a_hundred_connections_are_answered_by_one_commit(void **state)
{
	struct fixture *f = *state;
	struct client *clients[100];
	f->engine.later = true;
	serve(f, SW_SERVER_OPTIONS);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 100; i++) {
			if (round == 0)
				clients[i] = client_new(f);
			post(f, clients[i], "StopExecution", RUN1);
		}
		wait_pending(f, 100);
		fake_answer(&f->engine);
		for (int i = 0; i < 100; i++) {
			wait_answer(f, clients[i]);
			assert_string_equal(clients[i]->body, STOPPED);
		}
	}
	for (int i = 0; i < 100; i++)
		client_free(clients[i]);
}

static void large_answers_come_whole(void **state)
{
	struct fixture *f = *state;
	static char padded[24000];
	serve(f, SW_SERVER_OPTIONS);
	memset(padded, 'x', sizeof(padded) - 1);
	f->engine.reader.execution.input = padded;
	f->engine.reader.execution.input_len = sizeof(padded) - 1;
	struct client *c = client_new(f);
	post(f, c, "DescribeExecution", RUN1);
	wait_answer(f, c);
	assert_int_equal(c->status, 200);
	assert_true(strlen(c->body) > sizeof(padded));
	client_free(c);
}

/* ---- what is refused ---- */

static void only_post_to_the_root_reaches_the_api(void **state)
{
	struct fixture *f = *state;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = client_new(f);
	ask(f, c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(c->status, 200);
	assert_string_equal(c->body, "{\"status\":\"ok\"}");
	ask(f, c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(c->status, 405);
	assert_string_equal(header(c, "Allow"), "POST");
	ask(f, c, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
	assert_int_equal(c->status, 405);
	ask(f, c, "POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
	assert_int_equal(c->status, 404);
	ask(f, c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
	assert_int_equal(c->status, 400);
	assert_string_equal(header(c, "x-amzn-errortype"), "UnknownOperationException");
	ask(f, c,
	    "POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: DynamoDB.ListTables\r\nContent-Length: 2\r\n\r\n{}");
	assert_int_equal(c->status, 400);
	post(f, c, "StepwellStatus", "{}");
	wait_answer(f, c);
	assert_int_equal(c->status, 200);
	client_free(c);
}

static void pages_of_other_sites_do_not_reach_the_api(void **state)
{
	struct fixture *f = *state;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = client_new(f);
	static const char *const foreign[] = {"http://evil.example", "null", "http://localhost.evil.example",
					      "https://127.0.0.1.evil.example:80", ""};
	static const char *const local[] = {"http://localhost:8083", "http://127.0.0.1", "http://[::1]:80"};
	char headers[200];
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		snprintf(headers, sizeof(headers), "Origin: %s\r\n", foreign[i]);
		post_with(f, c, "StepwellStatus", headers, "{}");
		wait_answer(f, c);
		assert_int_equal(c->status, 403);
	}
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++) {
		snprintf(headers, sizeof(headers), "Origin: %s\r\n", local[i]);
		post_with(f, c, "StepwellStatus", headers, "{}");
		wait_answer(f, c);
		assert_int_equal(c->status, 200);
	}
	client_free(c);
}

static void bodies_over_the_limit_are_refused(void **state)
{
	struct fixture *f = *state;
	struct sw_server_options options = SW_SERVER_OPTIONS;
	options.body_bytes_max = 1000;
	serve(f, options);
	char *body = malloc(1002);
	memset(body, ' ', 1001);
	body[1001] = '\0';
	memcpy(body, "{}", 2);

	struct client *c = client_new(f);
	post(f, c, "StepwellStatus", body);
	wait_answer(f, c);
	assert_int_equal(c->status, 413);
	wait_closed(f, c);
	client_free(c);

	c = client_new(f);
	post(f, c, "StepwellStatus", body + 1001);
	wait_answer(f, c);
	assert_int_equal(c->status, 200);
	body[1000] = '\0';
	post(f, c, "StepwellStatus", body);
	wait_answer(f, c);
	assert_int_equal(c->status, 200);
	client_free(c);

	/* chunked: the length is not announced */
	static const char head[] =
		"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AWSStepFunctions.StepwellStatus\r\n"
		"Transfer-Encoding: chunked\r\n\r\n";
	c = client_new(f);
	say(f, c, head, sizeof(head) - 1);
	for (int i = 0; i < 3; i++) {
		say(f, c, "1f4\r\n", 5);
		say(f, c, body, 500);
		say(f, c, "\r\n", 2);
	}
	ask(f, c, "0\r\n\r\n");
	assert_int_equal(c->status, 413);
	client_free(c);

	/* one that never ends is cut off */
	c = client_new(f);
	say(f, c, head, sizeof(head) - 1);
	for (int i = 0; i < 100 && !c->closed; i++) {
		say(f, c, "1f4\r\n", 5);
		say(f, c, body, 500);
		say(f, c, "\r\n", 2);
		turn(f);
		hear(c);
	}
	wait_closed(f, c);
	client_free(c);
	free(body);
}

static void heads_over_the_limit_and_garbage_do_not_disturb_others(void **state)
{
	struct fixture *f = *state;
	serve(f, SW_SERVER_OPTIONS);
	struct client *good = client_new(f), *large = client_new(f), *garbage = client_new(f);
	char line[1024];
	memset(line, 'a', sizeof(line));
	say(f, large, "POST / HTTP/1.1\r\nHost: x\r\nX-Long: ", 34);
	for (int i = 0; i < 64; i++)
		say(f, large, line, sizeof(line));
	say(f, garbage, "\x16\x03\x01\x02\x00\r\n\r\n", 9);
	wait_closed(f, garbage);
	wait_closed(f, large);
	post(f, good, "StepwellStatus", "{}");
	wait_answer(f, good);
	assert_int_equal(good->status, 200);
	client_free(good);
	client_free(large);
	client_free(garbage);
}

/* ---- clients that go away ---- */

static void clients_may_go_away_at_any_moment(void **state)
{
	struct fixture *f = *state;
	f->engine.later = true;
	serve(f, SW_SERVER_OPTIONS);
	static const char *const parts[] = {
		"", "PO", "POST / HTTP/1.1\r\nHost: x\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: "
		"AWSStepFunctions.StopExecution\r\nContent-Length: 100\r\n\r\n{\"exec"};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct client *c = client_new(f);
		say(f, c, parts[i], strlen(parts[i]));
		turn(f);
		client_free(c);
		turn(f);
	}
	/* while the answer is waited for; one closes, one resets */
	for (int reset = 0; reset < 2; reset++) {
		struct client *c = client_new(f);
		post(f, c, "StopExecution", RUN1);
		wait_pending(f, 1);
		struct linger linger = {1, 0};
		if (reset)
			setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		client_free(c);
		for (int i = 0; i < 5; i++)
			turn(f);
		fake_answer(&f->engine);
		for (int i = 0; i < 5; i++)
			turn(f);
	}
	struct client *c = client_new(f);
	post(f, c, "StepwellStatus", "{}");
	wait_answer(f, c);
	assert_int_equal(c->status, 200);
	client_free(c);
}

static void a_client_that_ended_its_side_still_gets_the_answer(void **state)
{
	struct fixture *f = *state;
	f->engine.later = true;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = client_new(f);
	post(f, c, "StopExecution", RUN1);
	wait_pending(f, 1);
	shutdown(c->fd, SHUT_WR);
	for (int i = 0; i < 5; i++)
		turn(f);
	fake_answer(&f->engine);
	wait_answer(f, c);
	assert_string_equal(c->body, STOPPED);
	client_free(c);
}

/* ---- polls ---- */

#define ACTIVITY "{\"activityArn\":\"arn:aws:states:us-east-1:123456789012:activity:a\"}"

static struct client *poll_new(struct fixture *f)
{
	struct client *c = client_new(f);
	unsigned polls = f->engine.polls;
	post(f, c, "GetActivityTask", ACTIVITY);
	for (int i = 0; i < TURNS_MAX && f->engine.polls == polls; i++)
		turn(f);
	assert_int_equal(f->engine.polls, polls + 1);
	return c;
}

static void a_poll_whose_client_is_gone_gives_up_its_place(void **state)
{
	struct fixture *f = *state;
	serve(f, SW_SERVER_OPTIONS);
	for (unsigned reset = 0; reset < 2; reset++) {
		struct client *c = poll_new(f);
		struct linger linger = {1, 0};
		if (reset)
			setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		client_free(c);
		for (int i = 0; i < TURNS_MAX && f->engine.polls_cancelled == reset; i++)
			turn(f);
		assert_int_equal(f->engine.polls_cancelled, reset + 1);
	}
	/* a task is on its way to it already: the answer comes, and nobody reads it */
	f->engine.poll_too_late = true;
	client_free(poll_new(f));
	for (int i = 0; i < 5; i++)
		turn(f);
	assert_int_equal(f->engine.polls_cancelled, 2);
	f->engine.poll_reply(f->engine.poll_user, SW_OK, NULL, NULL);
	for (int i = 0; i < 5; i++)
		turn(f);
	f->engine.poll_too_late = false;
}

static void a_poll_is_answered_and_the_connection_lives_on(void **state)
{
	struct fixture *f = *state;
	struct sw_activity_task task = {"token", "{\"a\":\"\"}", 8};
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = poll_new(f);
	/* the next request is here already: the client is not gone */
	post(f, c, "StepwellStatus", "{}");
	for (int i = 0; i < 5; i++)
		turn(f);
	assert_int_equal(f->engine.polls_cancelled, 0);
	f->engine.poll_reply(f->engine.poll_user, SW_OK, &task, NULL);
	wait_answer(f, c);
	assert_string_equal(c->body, "{\"taskToken\":\"token\",\"input\":\"{\\\"a\\\":\\\"\\\"}\"}");
	wait_answer(f, c);
	assert_int_equal(c->status, 200);
	post(f, c, "GetActivityTask", ACTIVITY);
	for (int i = 0; i < TURNS_MAX && f->engine.polls < 2; i++)
		turn(f);
	f->engine.poll_reply(f->engine.poll_user, SW_OK, NULL, NULL);
	wait_answer(f, c);
	assert_string_equal(c->body, "{\"taskToken\":null}");
	client_free(c);
}

static void polls_do_not_hold_up_a_server_that_ends(void **state)
{
	struct fixture *f = *state;
	bool busy = true;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = poll_new(f), *other = poll_new(f);
	sw_server_drain(f->server, &busy);
	wait_answer(f, c);
	wait_answer(f, other);
	assert_int_equal(c->status, 200);
	assert_string_equal(c->body, "{\"taskToken\":null}");
	assert_int_equal(f->engine.polls_cancelled, 2);
	for (int i = 0; i < TURNS_MAX && busy; i++) {
		turn(f);
		sw_server_drain(f->server, &busy);
	}
	assert_false(busy);
	client_free(c);
	client_free(other);
}

static void polls_end_with_the_server(void **state)
{
	struct fixture *f = *state;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = poll_new(f);
	sw_server_free(f->server);
	f->server = NULL;
	assert_int_equal(f->engine.polls_cancelled, 1);
	client_free(c);
}

static void idle_connections_are_closed(void **state)
{
	struct fixture *f = *state;
	struct sw_server_options options = SW_SERVER_OPTIONS;
	options.idle_seconds_max = 1;
	serve(f, options);
	struct client *c = client_new(f);
	post(f, c, "StepwellStatus", "{}");
	wait_answer(f, c);
	wait_closed(f, c);
	client_free(c);
}

/* A byte now and then is no reason to wait for ever. */
static void a_request_that_does_not_come_whole_is_not_waited_for(void **state)
{
	static const char head[] = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n";
	struct fixture *f = *state;
	struct sw_server_options options = SW_SERVER_OPTIONS;
	options.idle_seconds_max = 1;
	f->engine.later = true;
	serve(f, options);
	struct client *in_head = client_new(f), *in_body = client_new(f), *waits = client_new(f);
	post(f, waits, "StopExecution", RUN1);
	wait_pending(f, 1);
	say(f, in_head, head, 20);
	say(f, in_body, head, sizeof(head) - 1);
	time_t end = time(NULL) + 30;
	while (time(NULL) < end && !(in_head->closed && in_body->closed)) {
		say(f, in_head, "x", 1);
		say(f, in_body, "x", 1);
		turn(f);
		hear(in_head);
		hear(in_body);
	}
	assert_true(in_head->closed && in_body->closed);
	fake_answer(&f->engine);
	wait_answer(f, waits); /* for the engine one may wait longer */
	assert_int_equal(waits->status, 200);
	client_free(in_head);
	client_free(in_body);
	client_free(waits);
}

static void a_connection_over_the_limit_gets_the_place_of_the_one_that_was_idle_for_longest(void **state)
{
	struct fixture *f = *state;
	struct sw_server_options options = SW_SERVER_OPTIONS;
	struct client *c[4];
	options.connections_max = 3;
	serve(f, options);
	for (int i = 0; i < 3; i++) {
		c[i] = client_new(f);
		post(f, c[i], "StepwellStatus", "{}");
		wait_answer(f, c[i]);
	}
	post(f, c[0], "StepwellStatus", "{}");
	wait_answer(f, c[0]);
	c[3] = client_new(f);
	post(f, c[3], "StepwellStatus", "{}");
	wait_answer(f, c[3]);
	assert_int_equal(c[3]->status, 200);
	wait_closed(f, c[1]);
	for (int i = 0; i < 4; i++) {
		if (i != 1) {
			post(f, c[i], "StepwellStatus", "{}");
			wait_answer(f, c[i]);
			assert_int_equal(c[i]->status, 200);
			assert_null(header(c[i], "Connection"));
		}
		client_free(c[i]);
	}
}

static void when_all_connections_wait_for_the_engine_others_are_still_answered(void **state)
{
	struct fixture *f = *state;
	struct sw_server_options options = SW_SERVER_OPTIONS;
	options.connections_max = 2;
	f->engine.later = true;
	serve(f, options);
	struct client *first = client_new(f), *second = client_new(f);
	post(f, first, "StopExecution", RUN1);
	post(f, second, "StopExecution", RUN1);
	wait_pending(f, 2);
	for (int i = 0; i < 100; i++) {
		struct client *other = client_new(f);
		post(f, other, "StepwellStatus", "{}");
		wait_answer(f, other);
		assert_int_equal(other->status, 200);
		assert_string_equal(header(other, "Connection"), "close");
		wait_closed(f, other);
		client_free(other);
	}
	fake_answer(&f->engine);
	wait_answer(f, first);
	wait_answer(f, second);
	client_free(first);
	client_free(second);
}

/* ---- the end ---- */

static void waiting_requests_get_503_when_the_server_is_freed(void **state)
{
	struct fixture *f = *state;
	f->engine.later = true;
	serve(f, SW_SERVER_OPTIONS);
	struct client *waiting = client_new(f), *idle = client_new(f), *pipelined = client_new(f);
	post(f, waiting, "StopExecution", RUN1);
	post(f, pipelined, "StopExecution", RUN1);
	post(f, pipelined, "StopExecution", RUN1);
	wait_pending(f, 2);
	sw_server_free(f->server);
	f->server = NULL;
	wait_answer(f, waiting);
	assert_int_equal(waiting->status, 503);
	assert_string_equal(header(waiting, "Connection"), "close");
	wait_closed(f, waiting);
	wait_closed(f, idle);
	assert_int_equal(f->engine.pending_count, 2);
	fake_answer(&f->engine); /* nobody hears it */
	client_free(waiting);
	client_free(idle);
	client_free(pipelined);
}

static void the_engine_may_end_before_the_server(void **state)
{
	struct fixture *f = *state;
	f->engine.later = true;
	serve(f, SW_SERVER_OPTIONS);
	struct client *c = client_new(f);
	post(f, c, "StopExecution", RUN1);
	wait_pending(f, 1);
	f->engine.reply_result = SW_ECLOSED;
	fake_answer(&f->engine);
	wait_answer(f, c);
	assert_int_equal(c->status, 503);
	assert_string_equal(header(c, "x-amzn-errortype"), "ServiceUnavailable");
	client_free(c);
}

static void a_draining_server_finishes_what_it_began(void **state)
{
	struct fixture *f = *state;
	bool busy = false;
	f->engine.later = true;
	serve(f, SW_SERVER_OPTIONS);
	struct client *waiting = client_new(f), *late;
	post(f, waiting, "StopExecution", RUN1);
	wait_pending(f, 1);
	unsigned port = sw_server_port(f->server);
	sw_server_drain(f->server, &busy);
	assert_true(busy);
	late = calloc(1, sizeof(*late));
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons((uint16_t)port),
				      .sin_addr = {htonl(INADDR_LOOPBACK)}};
	late->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(late->fd, (struct sockaddr *)&address, sizeof(address)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	fake_answer(&f->engine);
	wait_answer(f, waiting);
	assert_string_equal(waiting->body, STOPPED);
	assert_string_equal(header(waiting, "Connection"), "close");
	for (int i = 0; i < TURNS_MAX && busy; i++) {
		turn(f);
		sw_server_drain(f->server, &busy);
	}
	assert_false(busy);
	client_free(waiting);
	client_free(late);
}

/* ---- addresses ---- */

static void only_loopback_addresses_are_listened_on(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *listen;
		enum sw_result result;
	} cases[] = {
		{"0.0.0.0:0", SW_EINVAL},
		{"192.0.2.1:80", SW_EINVAL},
		{"[::]:0", SW_EINVAL},
		{"[2001:db8::1]:80", SW_EINVAL},
		{"", SW_EINVAL},
		{"127.0.0.1", SW_EINVAL},
		{":80", SW_EINVAL},
		{"127.0.0.1:", SW_EINVAL},
		{"127.0.0.1:65536", SW_EINVAL},
		{"127.0.0.1:8o", SW_EINVAL},
		{"example.org:80", SW_EINVAL},
		{"[127.0.0.1]:80", SW_EINVAL},
		{"::1:80", SW_EINVAL},
		{"[]:80", SW_EINVAL},
		{"127.0.0.1:-1", SW_EINVAL},
		{"127.0.0.1:0", SW_OK},
		{"localhost:0", SW_OK},
		{"127.1.2.3:0", SW_OK},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sw_server_options options = SW_SERVER_OPTIONS;
		struct sw_server *server = NULL;
		struct sw_error err = {0};
		options.loop = sw_poll_loop_hooks(f->loop);
		options.listen = cases[i].listen;
		assert_int_equal(sw_server_new(f->api, &options, &server, &err), cases[i].result);
		if (cases[i].result == SW_OK)
			assert_true(sw_server_port(server) > 0);
		else
			assert_non_null(strstr(err.text, cases[i].listen));
		sw_server_free(server);
	}
}

static void a_port_in_use_is_an_error_that_names_it(void **state)
{
	struct fixture *f = *state;
	struct sw_server_options options = SW_SERVER_OPTIONS;
	struct sw_server *second;
	struct sw_error err = {0};
	char address[64];
	serve(f, SW_SERVER_OPTIONS);
	snprintf(address, sizeof(address), "127.0.0.1:%u", sw_server_port(f->server));
	options.loop = sw_poll_loop_hooks(f->loop);
	options.listen = address;
	assert_int_equal(sw_server_new(f->api, &options, &second, &err), SW_EIO);
	assert_non_null(strstr(err.text, address));
}

static void ipv6_works_where_there_is_ipv6(void **state)
{
	struct fixture *f = *state;
	struct sw_server_options options = SW_SERVER_OPTIONS;
	struct sw_error err = {0};
	options.loop = sw_poll_loop_hooks(f->loop);
	options.listen = "[::1]:0";
	if (sw_server_new(f->api, &options, &f->server, &err) != SW_OK)
		return; /* this machine has none */
	struct sockaddr_in6 address = {.sin6_family = AF_INET6,
				       .sin6_port = htons((uint16_t)sw_server_port(f->server)),
				       .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct client *c = calloc(1, sizeof(*c));
	c->fd = socket(AF_INET6, SOCK_STREAM, 0);
	assert_int_equal(connect(c->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	post(f, c, "StepwellStatus", "{}");
	wait_answer(f, c);
	assert_int_equal(c->status, 200);
	client_free(c);
}

/* ---- the Unix socket ---- */

static struct client *dial(const char *directory)
{
	struct client *c = calloc(1, sizeof(*c));
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = open(directory, O_PATH | O_DIRECTORY);
	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/stepwell.sock", fd);
	c->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int result = connect(c->fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	if (result != 0) {
		client_free(c);
		return NULL;
	}
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
	return c;
}

/* A directory whose path is longer than a socket's path may be. */
static void make_directory(char path[400])
{
	snprintf(path, 400, "%s/stepwell-server-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	assert_non_null(mkdtemp(path));
	size_t len = strlen(path);
	path[len] = '/';
	memset(path + len + 1, 'd', 150);
	path[len + 151] = '\0';
	assert_int_equal(mkdir(path, 0700), 0);
}

static void remove_directory(char path[400])
{
	assert_int_equal(rmdir(path), 0);
	*strrchr(path, '/') = '\0';
	assert_int_equal(rmdir(path), 0);
}

static void the_unix_socket_serves_its_owner_alone(void **state)
{
	struct fixture *f = *state;
	char path[400], file[450];
	struct stat there;
	struct sw_server_options options = SW_SERVER_OPTIONS;
	make_directory(path);
	snprintf(file, sizeof(file), "%s/stepwell.sock", path);
	options.socket_directory = path;
	serve(f, options);
	assert_int_equal(sw_server_port(f->server), 0);
	assert_int_equal(stat(file, &there), 0);
	assert_true(S_ISSOCK(there.st_mode));
	assert_int_equal(there.st_mode & 0777, 0600);
	struct client *c = dial(path);
	assert_non_null(c);
	post(f, c, "StopExecution", RUN1);
	wait_answer(f, c);
	assert_string_equal(c->body, STOPPED);
	client_free(c);
	sw_server_free(f->server);
	f->server = NULL;
	assert_int_equal(stat(file, &there), -1);
	remove_directory(path);
}

static void both_sockets_serve_at_once_and_a_stale_one_is_replaced(void **state)
{
	struct fixture *f = *state;
	char path[400];
	struct sw_server_options options = SW_SERVER_OPTIONS;
	struct sw_server *stale;
	make_directory(path);
	options.loop = sw_poll_loop_hooks(f->loop);
	options.socket_directory = path;
	assert_int_equal(sw_server_new(f->api, &options, &stale, NULL), SW_OK);
	options.listen = "127.0.0.1:0";
	f->engine.later = true;
	assert_int_equal(sw_server_new(f->api, &options, &f->server, NULL), SW_OK);
	sw_server_free(stale); /* leaves the new socket alone */
	struct client *local = dial(path), *remote = client_new(f);
	assert_non_null(local);
	post(f, local, "StopExecution", RUN1);
	post(f, remote, "StopExecution", RUN1);
	wait_pending(f, 2);
	fake_answer(&f->engine);
	wait_answer(f, local);
	wait_answer(f, remote);
	assert_string_equal(local->body, STOPPED);
	assert_string_equal(remote->body, STOPPED);
	client_free(local);
	client_free(remote);
	sw_server_free(f->server);
	f->server = NULL;
	assert_null(dial(path)); /* NOLINT(clang-analyzer-unix.Malloc): there is none */
	remove_directory(path);
}

static void a_file_that_is_no_socket_is_not_removed(void **state)
{
	struct fixture *f = *state;
	char path[400], file[450];
	struct sw_server_options options = SW_SERVER_OPTIONS;
	struct sw_error err = {0};
	make_directory(path);
	snprintf(file, sizeof(file), "%s/stepwell.sock", path);
	close(open(file, O_CREAT | O_WRONLY, 0600));
	options.loop = sw_poll_loop_hooks(f->loop);
	options.socket_directory = path;
	assert_int_equal(sw_server_new(f->api, &options, &f->server, &err), SW_EIO);
	assert_non_null(strstr(err.text, "stepwell.sock"));
	f->server = NULL;
	assert_int_equal(unlink(file), 0);
	remove_directory(path);
	options.socket_directory = path; /* gone */
	err = (struct sw_error){0};
	assert_int_equal(sw_server_new(f->api, &options, &f->server, &err), SW_EIO);
	f->server = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_answer_has_aws_headers),
		TEST(errors_carry_their_type_in_header_and_body),
		TEST(a_connection_serves_many_requests_at_once_and_later),
		TEST(an_answer_waits_for_the_engine),
		TEST(pipelined_requests_are_answered_in_order),
		TEST(the_trace_header_of_a_request_is_the_execution_s),
		TEST(a_request_may_come_byte_by_byte),
		TEST(a_client_that_waits_for_continue_gets_it),
		TEST(a_hundred_connections_are_answered_by_one_commit),
		TEST(large_answers_come_whole),
		TEST(only_post_to_the_root_reaches_the_api),
		TEST(pages_of_other_sites_do_not_reach_the_api),
		TEST(bodies_over_the_limit_are_refused),
		TEST(heads_over_the_limit_and_garbage_do_not_disturb_others),
		TEST(clients_may_go_away_at_any_moment),
		TEST(a_client_that_ended_its_side_still_gets_the_answer),
		TEST(a_poll_whose_client_is_gone_gives_up_its_place),
		TEST(a_poll_is_answered_and_the_connection_lives_on),
		TEST(polls_do_not_hold_up_a_server_that_ends),
		TEST(polls_end_with_the_server),
		TEST(idle_connections_are_closed),
		TEST(a_request_that_does_not_come_whole_is_not_waited_for),
		TEST(a_connection_over_the_limit_gets_the_place_of_the_one_that_was_idle_for_longest),
		TEST(when_all_connections_wait_for_the_engine_others_are_still_answered),
		TEST(waiting_requests_get_503_when_the_server_is_freed),
		TEST(the_engine_may_end_before_the_server),
		TEST(a_draining_server_finishes_what_it_began),
		TEST(only_loopback_addresses_are_listened_on),
		TEST(a_port_in_use_is_an_error_that_names_it),
		TEST(ipv6_works_where_there_is_ipv6),
		TEST(the_unix_socket_serves_its_owner_alone),
		TEST(both_sockets_serve_at_once_and_a_stale_one_is_replaced),
		TEST(a_file_that_is_no_socket_is_not_removed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
