/* Every request with the first, second, third ... allocation failing, until none fails. */
#include "fake.h"
#include "server/server.h"
#include "tests/lib/failing_malloc.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* ---- the sweep ---- */

struct heard {
	int calls, status;
};

static void take(void *user, int status, const char *error_type, const char *body, size_t len)
{
	struct heard *heard = user;
	long kept = failing_malloc_pause();
	heard->calls++;
	heard->status = status;
	json_t *tree = json_loadb(body, len, JSON_ALLOW_NUL, NULL);
	assert_true(json_is_object(tree));
	json_decref(tree);
	failing_malloc_go_on(kept);
}

/* True when an allocation failed on the way. */
static bool once(struct sw_engine *engine, long fail_at, const char *action, const char *body, int status)
{
	struct sw_api *api = NULL;
	struct heard heard = {0};
	failing_malloc_begin(fail_at, 1);
	enum sw_result r = sw_api_new(engine, NULL, &api);
	if (r == SW_OK)
		r = sw_api_call(api, action, body, strlen(body), take, &heard);
	fake_answer(engine);
	bool failed = failing_malloc_end() > 0;
	sw_api_free(api);
	if (r != SW_OK) {
		assert_int_equal(r, SW_ENOMEM);
		assert_int_equal(heard.calls, 0);
	} else {
		assert_int_equal(heard.calls, 1);
		assert_true(heard.status == status || (failed && heard.status == 500));
	}
	return failed;
}

static void sweep(const char *action, const char *body, int status, bool later,
		  void (*prepare)(struct sw_engine *))
{
	long fail_at = 1;
	for (bool failed = true; failed; fail_at++) {
		struct sw_engine engine;
		fake_init(&engine);
		engine.later = later;
		engine.reader.events = 3;
		if (prepare)
			prepare(&engine);
		failed = once(&engine, fail_at, action, body, status);
		fake_done(&engine);
	}
	assert_true(fail_at > 4); /* something was allocated */
}

static void definition_is_bad(struct sw_engine *engine)
{
	engine->result = SW_EDEFINITION;
	engine->with_findings = true;
}

static void execution_exists(struct sw_engine *engine)
{
	engine->reply_result = SW_EEXIST;
}

static void input_is_bad(struct sw_engine *engine)
{
	engine->result = SW_EINPUT;
}

#define M "\"stateMachineArn\":\"" FAKE_MACHINE "\""
#define X "{\"executionArn\":\"" FAKE_EXECUTION "\"}"

static void out_of_memory_is_an_answer_like_others(void **state)
{
	static const struct {
		const char *action, *body;
		int status;
		void (*prepare)(struct sw_engine *);
	} cases[] = {
		{"CreateStateMachine",
		 "{\"name\":\"a\",\"definition\":\"{}\",\"tracingConfiguration\":{\"enabled\":true},"
		 "\"loggingConfiguration\":"
		 "{\"level\":\"ALL\",\"destinations\":[{\"cloudWatchLogsLogGroup\":{\"logGroupArn\":\"x:*\"}}"
		 "]}"
		 "}",
		 200, NULL},
		{"CreateStateMachine", "{\"name\":\"a\",\"definition\":\"BAD\"}", 400, definition_is_bad},
		{"CreateStateMachine", "{\"name\":\"a\",\"definition\":\"not\"}", 400, definition_is_bad},
		{"CreateStateMachine", "{\"name\":\"a b\",\"definition\":\"{}\"}", 400, NULL},
		{"UpdateStateMachine", "{" M ",\"definition\":\"{}\"}", 200, NULL},
		{"DeleteStateMachine", "{" M "}", 200, NULL},
		{"DescribeStateMachine", "{" M "}", 200, NULL},
		{"DescribeStateMachineForExecution", X, 200, NULL},
		{"ListStateMachines", "{}", 200, NULL},
		{"ValidateStateMachineDefinition", "{\"definition\":\"not\"}", 200, NULL},
		{"StartExecution", "{" M ",\"name\":\"x\",\"input\":\"{}\"}", 200, NULL},
		{"StartExecution", "{" M ",\"name\":\"x\"}", 400, execution_exists},
		{"StartExecution", "{" M ",\"input\":\"{\"}", 400, input_is_bad},
		{"StartExecution", "{\"stateMachineArn\":\"x\"}", 400, NULL},
		{"StartExecution", "{\"name\":\"\"}", 400, NULL},
		{"StopExecution", X, 200, NULL},
		{"DescribeExecution", X, 200, NULL},
		{"ListExecutions", "{" M "}", 200, NULL},
		{"GetExecutionHistory", X, 200, NULL},
		{"SendTaskSuccess", "{\"taskToken\":\"t\",\"output\":\"{}\"}", 200, NULL},
		{"StepwellStatus", "{}", 200, NULL},
		{"NoSuchAction", "{}", 400, NULL},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sweep(cases[i].action, cases[i].body, cases[i].status, false, cases[i].prepare);
		sweep(cases[i].action, cases[i].body, cases[i].status, true, cases[i].prepare);
	}
}

static void a_server_that_gets_no_memory_opens_not_at_all(void **state)
{
	bool failed = true;
	int failures = 0;
	for (long fail_at = 1; failed; fail_at++) {
		struct sw_engine engine;
		struct sw_poll_loop *loop = NULL;
		struct sw_server *server = NULL;
		struct sw_server_options options = SW_SERVER_OPTIONS;
		int given = socket(AF_UNIX, SOCK_STREAM, 0);
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		assert_int_equal(bind(given, (struct sockaddr *)&address, sizeof(sa_family_t)), 0);
		assert_int_equal(listen(given, 1), 0);
		fake_init(&engine);
		assert_int_equal(sw_poll_loop_new(&loop, NULL), SW_OK);
		options.loop = sw_poll_loop_hooks(loop);
		options.listen = "127.0.0.1:0";
		options.sockets = &given;
		options.sockets_count = 1;
		failing_malloc_begin(fail_at, 1);
		enum sw_result r = sw_server_open(&engine, &options, &server, NULL);
		failed = failing_malloc_end() > 0;
		assert_true(r == SW_OK || failed);
		assert_true((r == SW_OK) == (server != NULL));
		failures += r != SW_OK;
		sw_server_free(server);
		assert_int_equal(fcntl(given, F_GETFD), -1); /* the server's from the call on */
		sw_poll_loop_free(loop);
		fake_done(&engine);
	}
	assert_true(failures > 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(out_of_memory_is_an_answer_like_others),
					   cmocka_unit_test(a_server_that_gets_no_memory_opens_not_at_all)};
	json_set_alloc_funcs(__wrap_malloc, free);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
