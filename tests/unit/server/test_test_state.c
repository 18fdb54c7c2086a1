/* The action TestState: how members of the request reach the test, and what refusals are called. */
#include "server/server.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

struct fixture {
	struct sw_poll_loop *loop;
	struct sw_engine *engine;
	struct sw_api *api;
	int status;
	json_t *body;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sw_engine_options options = SW_ENGINE_OPTIONS;
	assert_int_equal(sw_poll_loop_new(&f->loop, NULL), SW_OK);
	options.loop = sw_poll_loop_hooks(f->loop);
	options.region = "eu-central-1";
	options.account = "111122223333";
	assert_int_equal(sw_engine_new(&options, &f->engine, NULL), SW_OK);
	assert_int_equal(sw_api_new(f->engine, NULL, &f->api), SW_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sw_engine_free(f->engine);
	sw_api_free(f->api);
	sw_poll_loop_free(f->loop);
	json_decref(f->body);
	free(f);
	return 0;
}

static void take(void *user, int status, const char *error_type, const char *body, size_t len)
{
	struct fixture *f = user;
	f->status = status;
	json_decref(f->body);
	f->body = json_loadb(body, len, JSON_ALLOW_NUL, NULL);
	assert_non_null(f->body);
}

/* definition and members ("\"mock\":{...}"; may be ""). Answers at once. */
static void test(struct fixture *f, const char *definition, const char *members)
{
	json_t *text = json_string(definition);
	char *quoted = json_dumps(text, JSON_ENCODE_ANY), body[4096];
	snprintf(body, sizeof(body), "{\"definition\":%s%s%s}", quoted, members[0] ? "," : "", members);
	free(quoted);
	json_decref(text);
	f->status = 0;
	assert_int_equal(sw_api_call(f->api, "TestState", body, strlen(body), take, f), SW_OK);
}

static const char *text(struct fixture *f, const char *member)
{
	const char *value = json_string_value(json_object_get(f->body, member));
	return value ? value : "";
}

static void refused(struct fixture *f, const char *type, const char *message)
{
	assert_int_equal(f->status, 400);
	assert_string_equal(text(f, "__type"), type);
	assert_string_equal(text(f, "message"), message);
}

#define LAMBDA "{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\",\"Next\":\"N\"}"
#define RETRYING                                                                                         \
	"{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\",\"End\":true,\"Retry\":[{\"" \
	"ErrorEquals\":[\"E\"],\"IntervalSeconds\":3,\"BackoffRate\":2,\"MaxAttempts\":9}]}"

static void the_level_is_info_unless_another_is_asked_for(void **state)
{
	struct fixture *f = *state;
	test(f, "{\"Type\":\"Succeed\"}", "");
	assert_int_equal(f->status, 200);
	assert_string_equal(text(f, "status"), "SUCCEEDED");
	assert_string_equal(text(f, "output"), "{}");
	assert_null(json_object_get(f->body, "inspectionData"));
	test(f, "{\"Type\":\"Succeed\"}", "\"inspectionLevel\":\"DEBUG\",\"input\":\"[1]\"");
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(f->body, "inspectionData"), "input")),
		"[1]");
}

static void a_mock_and_a_configuration_are_passed_on(void **state)
{
	struct fixture *f = *state;
	test(f, LAMBDA, "\"mock\":{\"result\":\"{\\\"Payload\\\":\\\"1\\\"}\"}");
	assert_string_equal(text(f, "output"), "{\"Payload\":\"1\"}");
	assert_string_equal(text(f, "nextState"), "N");
	test(f, RETRYING,
	     "\"inspectionLevel\":\"TRACE\",\"mock\":{\"errorOutput\":{\"error\":\"E\",\"cause\":\"C\"}},"
	     "\"stateConfiguration\":{\"retrierRetryCount\":2}");
	assert_string_equal(text(f, "status"), "RETRIABLE");
	assert_string_equal(text(f, "error"), "E");
	assert_string_equal(text(f, "cause"), "C");
	json_t *details = json_object_get(json_object_get(f->body, "inspectionData"), "errorDetails");
	assert_int_equal(json_integer_value(json_object_get(details, "retryBackoffIntervalSeconds")), 12);
}

static void the_mode_of_validation_is_strict_unless_another_is_asked_for(void **state)
{
	static const char sfn[] =
		"{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::states:startExecution\",\"End\":true}";
	struct fixture *f = *state;
	test(f, sfn, "\"mock\":{\"result\":\"{}\"}");
	refused(f, "ValidationException",
		"Mock result schema validation error: Required field 'ExecutionArn' is missing");
	test(f, sfn, "\"mock\":{\"result\":\"{}\",\"fieldValidationMode\":\"PRESENT\"}");
	assert_int_equal(f->status, 200);
	test(f, sfn,
	     "\"mock\":{\"result\":\"{\\\"ExecutionArn\\\":1}\",\"fieldValidationMode\":\"PRESENT\"}");
	assert_int_equal(f->status, 400);
	test(f, sfn, "\"mock\":{\"result\":\"{\\\"ExecutionArn\\\":1}\",\"fieldValidationMode\":\"NONE\"}");
	assert_int_equal(f->status, 200);
}

static void the_context_object_is_of_this_region_and_account(void **state)
{
	struct fixture *f = *state;
	test(f, "{\"Type\":\"Pass\",\"Parameters\":{\"a.$\":\"$$.StateMachine.Id\"},\"End\":true}", "");
	static const char begins[] = "{\"a\":\"arn:aws:states:eu-central-1:111122223333:stateMachine:";
	assert_int_equal(strncmp(text(f, "output"), begins, strlen(begins)), 0);
}

/* test_state/state_mock_validation.parallel_state_empty_branches, state_type_requires_mock_parallelstate */
static void refusals_have_aws_names(void **state)
{
	struct fixture *f = *state;
	test(f, "{\"Type\":\"Parallel\",\"Branches\":[],\"End\":true}", "\"mock\":{\"result\":\"[]\"}");
	refused(f, "InvalidDefinition",
		"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Value cannot be empty at "
		"/States/StateName/Branches'");
	test(f,
	     "{\"Type\":\"Map\",\"ItemProcessor\":{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Succeed\"}"
	     "}},"
	     "\"End\":true}",
	     "");
	refused(f, "InvalidDefinition",
		"TestState API does not support Map or Parallel states. Supported state types include: "
		"[Task, "
		"Wait, Pass, Succeed, Fail, Choice]");
	test(f, LAMBDA, "");
	refused(f, "ValidationException", "RoleArn must be specified when testing a Task state");
	test(f, LAMBDA, "\"roleArn\":\"nonsense\"");
	refused(f, "InvalidArn", "Invalid Role Arn: 'nonsense'");
	test(f, "{\"Type\":\"Succeed\"}", "\"input\":\"{\"");
	assert_string_equal(text(f, "__type"), "InvalidExecutionInput");
	test(f, "{\"Type\":\"Succeed\"}", "\"inspectionLevel\":\"ALL\"");
	assert_string_equal(text(f, "__type"), "ValidationException");
	test(f, "{\"Type\":\"Succeed\"}", "\"mock\":{\"fieldValidationMode\":\"ALL\"}");
	assert_string_equal(text(f, "__type"), "ValidationException");
	test(f, "{\"Type\":\"Succeed\"}", "\"stateConfiguration\":{\"retrierRetryCount\":-1}");
	assert_string_equal(text(f, "__type"), "ValidationException");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_level_is_info_unless_another_is_asked_for),
		TEST(a_mock_and_a_configuration_are_passed_on),
		TEST(the_mode_of_validation_is_strict_unless_another_is_asked_for),
		TEST(the_context_object_is_of_this_region_and_account),
		TEST(refusals_have_aws_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
