/* Every action through sw_api_call: what the engine is asked, and what is answered. */
#include "fake.h"
#include "server/server.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROLE "arn:aws:iam::123456789012:role/r"
#define HELLO "{\"stateMachineArn\":\"" FAKE_MACHINE "\"}"
#define MAP_RUN "arn:aws:states:us-east-1:123456789012:mapRun:hello/label:uuid"
#define RUN1 "{\"executionArn\":\"" FAKE_EXECUTION "\"}"

struct fixture {
	struct sw_engine engine;
	struct sw_api *api, *reading; /* with an engine; over the reader alone */
	int calls, status;
	char type[64];
	char *body;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	fake_init(&f->engine);
	assert_int_equal(sw_api_new(&f->engine, NULL, &f->api), SW_OK);
	assert_int_equal(sw_api_new(NULL, &f->engine.reader, &f->reading), SW_OK);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sw_api_free(f->api);
	sw_api_free(f->reading);
	fake_done(&f->engine);
	free(f->body);
	free(f);
	return 0;
}

static void take(void *user, int status, const char *error_type, const char *body, size_t len)
{
	struct fixture *f = user;
	f->calls++;
	f->status = status;
	snprintf(f->type, sizeof(f->type), "%s", error_type ? error_type : "");
	free(f->body);
	f->body = malloc(len + 1);
	memcpy(f->body, body, len);
	f->body[len] = '\0';
	json_t *tree = json_loadb(body, len, JSON_ALLOW_NUL, NULL);
	assert_true(json_is_object(tree));
	json_decref(tree);
}

static void call_over(struct fixture *f, struct sw_api *api, const char *action, const char *body)
{
	f->calls = 0;
	assert_int_equal(sw_api_call(api, action, body, strlen(body), take, f), SW_OK);
}

/* The answer is 200 and body. */
static void gives(struct fixture *f, const char *action, const char *request, const char *body)
{
	call_over(f, f->api, action, request);
	assert_int_equal(f->calls, 1);
	assert_string_equal(f->body, body);
	assert_int_equal(f->status, 200);
	assert_string_equal(f->type, "");
}

/* The answer is 400 with type and message. */
static void refuses(struct fixture *f, const char *action, const char *request, const char *type,
		    const char *message)
{
	call_over(f, f->api, action, request);
	assert_int_equal(f->calls, 1);
	json_t *body = json_loads(f->body, JSON_ALLOW_NUL, NULL);
	assert_string_equal(json_string_value(json_object_get(body, "message")), message);
	assert_string_equal(json_string_value(json_object_get(body, "__type")), type);
	assert_string_equal(f->type, type);
	assert_int_equal(f->status, 400);
	json_decref(body);
}

/* ---- requests in general ---- */

static void unknown_actions_are_refused(void **state)
{
	refuses(*state, "CreateQueue", "{}", "UnknownOperationException",
		"Stepwell does not have the action CreateQueue");
	refuses(*state, "", "{}", "UnknownOperationException", "Stepwell does not have the action ");
	refuses(*state, "createStateMachine", "{}", "UnknownOperationException",
		"Stepwell does not have the action createStateMachine");
}

static void an_action_of_any_bytes_is_refused_in_json(void **state)
{
	refuses(*state, "\xff\x01", "{}", "UnknownOperationException",
		"Stepwell does not have the action that was asked for");
}

static void bodies_that_are_no_object_are_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[] = {
		"[]", "5", "null", "{", "{\"a\":1}x", "\xff", "{\"a\":\"\\ud800\"}"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		call_over(f, f->api, "ListStateMachines", bad[i]);
		assert_int_equal(f->calls, 1);
		assert_int_equal(f->status, 400);
		assert_string_equal(f->type, "SerializationException");
	}
	call_over(f, f->api, "ListStateMachines", "");
	assert_int_equal(f->status, 200);
}

static void wrong_types_and_broken_constraints_are_refused_before_the_engine_is_asked(void **state)
{
	struct fixture *f = *state;
	refuses(f, "StartExecution", "{\"stateMachineArn\":5}", "SerializationException",
		"NUMBER_VALUE can not be converted to a String");
	refuses(f, "StartExecution", "{}", "ValidationException",
		"1 validation error detected: Value null at 'stateMachineArn' failed to satisfy constraint: "
		"Member must "
		"not be null");
	assert_int_equal(f->engine.asked.len, 0);
}

static void without_an_owner_only_reading_works(void **state)
{
	struct fixture *f = *state;
	static const char *const writing[] = {
		"CreateStateMachine", "UpdateStateMachine", "DeleteStateMachine",     "StartExecution",
		"StopExecution",      "SendTaskHeartbeat",  "StepwellDeleteExecution"};
	static const char body[] =
		"{\"name\":\"a\",\"definition\":\"{}\",\"roleArn\":\"" ROLE "\",\"taskToken\":\"t\","
		"\"stateMachineArn\":\"" FAKE_MACHINE "\",\"executionArn\":\"" FAKE_EXECUTION "\"}";
	for (size_t i = 0; i < sizeof(writing) / sizeof(writing[0]); i++) {
		call_over(f, f->reading, writing[i], body);
		assert_int_equal(f->calls, 1);
		assert_int_equal(f->status, 503);
		assert_string_equal(f->type, "ServiceUnavailable");
	}
	static const char *const reading[] = {"DescribeStateMachine",
					      "DescribeExecution",
					      "ListExecutions",
					      "GetExecutionHistory",
					      "DescribeStateMachineForExecution",
					      "ListStateMachines",
					      "StepwellStatus",
					      "StepwellListExecutions"};
	for (size_t i = 0; i < sizeof(reading) / sizeof(reading[0]); i++) {
		call_over(f, f->reading, reading[i], strstr(reading[i], "StepwellList") ? "{}" : body);
		assert_int_equal(f->status, 200);
	}
}

static void results_of_the_engine_become_http_answers(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum sw_result result;
		int status;
		const char *type;
	} cases[] = {
		{SW_ENOMEM, 500, "InternalFailure"},     {SW_EIO, 500, "InternalFailure"},
		{SW_ECORRUPT, 500, "InternalFailure"},   {SW_EFULL, 503, "ServiceUnavailable"},
		{SW_ECLOSED, 503, "ServiceUnavailable"}, {SW_EFORKED, 500, "InternalFailure"},
		{SW_EINVAL, 400, "ValidationException"},
	};
	for (int later = 0; later < 2; later++) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			f->engine.result = later ? SW_OK : cases[i].result;
			f->engine.reply_result = later ? cases[i].result : SW_OK;
			f->engine.text = f->engine.reply_text = "why";
			call_over(f, f->api, "StopExecution", RUN1);
			assert_int_equal(f->calls, 1);
			assert_int_equal(f->status, cases[i].status);
			assert_string_equal(f->type, cases[i].type);
			assert_non_null(strstr(f->body, "\"message\":\"why\""));
		}
	}
}

static void answers_wait_for_the_engine_even_when_the_api_is_freed_before(void **state)
{
	struct fixture *f = *state;
	f->engine.later = true;
	call_over(f, f->api, "StopExecution", RUN1);
	assert_int_equal(f->calls, 0);
	sw_api_free(f->api);
	f->api = NULL;
	fake_answer(&f->engine);
	assert_int_equal(f->calls, 1);
	assert_string_equal(f->body, "{\"stopDate\":1700000000.123}");
}

/* ---- state machines ---- */

static void machines_are_created(void **state)
{
	struct fixture *f = *state;
	gives(f, "CreateStateMachine",
	      "{\"name\":\"hello\",\"definition\":\"{\\\"a\\\":1}\",\"roleArn\":\"" ROLE
	      "\",\"tags\":[{\"key\":\"a\",\"value\":\"\"}]}",
	      "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"creationDate\":1700000000.123}");
	assert_string_equal(f->engine.asked.data, "create name=hello;definition={\"a\":1};role=" ROLE
						  ";type=STANDARD;logging=(null);tracing=(null);");
	gives(f, "CreateStateMachine",
	      "{\"name\":\"hello\",\"definition\":\"{}\",\"type\":\"EXPRESS\",\"publish\":false}",
	      "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"creationDate\":1700000000.123}");
	assert_string_equal(
		f->engine.asked.data,
		"create name=hello;definition={};role=(null);type=EXPRESS;logging=(null);tracing=(null);");
}

static void configurations_reach_the_engine_in_full(void **state)
{
	struct fixture *f = *state;
	call_over(f, f->api, "CreateStateMachine",
		  "{\"name\":\"hello\",\"definition\":\"{}\",\"tracingConfiguration\":{\"enabled\":true},"
		  "\"loggingConfiguration\":{\"level\":\"ALL\",\"destinations\":[{\"cloudWatchLogsLogGroup\":"
		  "{\"logGroupArn\":\"arn:x:*\"}}]}}");
	assert_int_equal(f->status, 200);
	assert_string_equal(
		f->engine.asked.data,
		"create name=hello;definition={};role=(null);type=STANDARD;"
		"logging={\"destinations\":[{\"cloudWatchLogsLogGroup\":{\"logGroupArn\":\"arn:x:*\"}}],"
		"\"includeExecutionData\":false,\"level\":\"ALL\"};tracing={\"enabled\":true};");
}

/* api_logs/invalid_logging_configuration, update_logging_configuration, incomplete_logging_configuration */
static void logging_needs_exactly_one_destination(void **state)
{
	static const char *const bad[] = {
		"{\"level\":\"ALL\"}",
		"{\"level\":\"FATAL\",\"destinations\":[]}",
		"{\"level\":\"FATAL\",\"destinations\":[{}]}",
		"{\"level\":\"OFF\",\"destinations\":[{\"cloudWatchLogsLogGroup\":{\"logGroupArn\":\"a\"}},"
		"{\"cloudWatchLogsLogGroup\":{\"logGroupArn\":\"b\"}}]}",
	};
	static const char *const good[] = {"{\"destinations\":[]}", "{}", "{\"level\":\"OFF\"}"};
	char request[400];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(request, sizeof(request),
			 "{\"name\":\"a\",\"definition\":\"{}\",\"loggingConfiguration\":%s}", bad[i]);
		refuses(*state, "CreateStateMachine", request, "InvalidLoggingConfiguration",
			"Invalid Logging Configuration: Must specify exactly one Log Destination.");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		snprintf(request, sizeof(request),
			 "{\"name\":\"a\",\"definition\":\"{}\",\"loggingConfiguration\":%s}", good[i]);
		call_over(*state, ((struct fixture *)*state)->api, "CreateStateMachine", request);
		assert_int_equal(((struct fixture *)*state)->status, 200);
	}
}

static void names_are_checked_by_length_and_characters(void **state)
{
	refuses(*state, "CreateStateMachine", "{\"name\":\"a b\",\"definition\":\"{}\"}", "InvalidName",
		"Invalid Name: 'a b'");
	refuses(*state, "StartExecution", "{\"name\":\"a/b\",\"stateMachineArn\":\"x\"}", "InvalidName",
		"Invalid Name: 'a/b'");
	refuses(*state, "CreateStateMachine",
		"{\"name\":"
		"\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
		"\"definition\":\"{}\"}",
		"ValidationException",
		"1 validation error detected: Value "
		"'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' at "
		"'name' failed to "
		"satisfy constraint: Member must have length less than or equal to 80");
	/* api_activities/create_activity_invalid_name_x00activity: a NUL is shown */
	struct fixture *f = *state;
	call_over(f, f->api, "CreateStateMachine", "{\"name\":\"\\u0000x\",\"definition\":\"{}\"}");
	assert_string_equal(f->body, "{\"__type\":\"InvalidName\",\"message\":\"Invalid Name: '\\u0000x'\"}");
}

static void roles_and_what_is_not_supported_are_refused(void **state)
{
	refuses(*state, "CreateStateMachine", "{\"name\":\"a\",\"definition\":\"{}\",\"roleArn\":\"me\"}",
		"InvalidArn", "Invalid Role Arn: 'me'");
	refuses(*state, "CreateStateMachine",
		"{\"name\":\"a\",\"definition\":\"{}\",\"versionDescription\":\"x\"}", "ValidationException",
		"Version description can only be set when publish is true");
	refuses(*state, "CreateStateMachine",
		"{\"name\":\"a\",\"definition\":\"{}\",\"encryptionConfiguration\":{\"type\":\"CUSTOMER_"
		"MANAGED_KMS_KEY\"}}",
		"InvalidEncryptionConfiguration",
		"Invalid Encryption Configuration: Stepwell does not support customer managed keys");
}

/* api/create_duplicate_sm_name */
static void a_taken_name_names_the_machine(void **state)
{
	struct fixture *f = *state;
	for (int later = 0; later < 2; later++) {
		f->engine.result = later ? SW_OK : SW_EEXIST;
		f->engine.reply_result = later ? SW_EEXIST : SW_OK;
		refuses(f, "CreateStateMachine", "{\"name\":\"hello\",\"definition\":\"{}\"}",
			"StateMachineAlreadyExists", "State Machine Already Exists: '" FAKE_MACHINE "'");
	}
}

/* api/create_delete_invalid_sm */
static void mistakes_of_a_definition_are_joined_without_warnings(void **state)
{
	struct fixture *f = *state;
	f->engine.result = SW_EDEFINITION;
	f->engine.with_findings = true;
	static const char message[] =
		"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: These fields are required: "
		"[States] at /, "
		"MISSING_TRANSITION_TARGET: Missing 'Next' target: \"Y\" at /States/X/Next'";
	refuses(f, "CreateStateMachine", "{\"name\":\"a\",\"definition\":\"BAD\"}", "InvalidDefinition",
		message);
	refuses(f, "UpdateStateMachine", "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"definition\":\"BAD\"}",
		"InvalidDefinition", message);
	/* no place: AWS prints null (floci-io/floci#2735) */
	refuses(f, "CreateStateMachine", "{\"name\":\"a\",\"definition\":\" \"}", "InvalidDefinition",
		"Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Definition must be a valid "
		"JSON object at null'");
	refuses(f, "CreateStateMachine", "{\"name\":\"a\",\"definition\":\"not a definition\"}",
		"InvalidDefinition",
		"Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: Unrecognized token 'not': was "
		"expecting (JSON "
		"String, Number, Array, Object or token 'null', 'true' or 'false')\n at [Source: "
		"(String)\"not a "
		"definition\"; line: 1, column: 4]'");
	f->engine.with_findings = false;
	f->engine.text = "the first mistake";
	refuses(f, "CreateStateMachine", "{\"name\":\"a\",\"definition\":\"BAD\"}", "InvalidDefinition",
		"Invalid State Machine Definition: 'the first mistake'");
}

static void a_definition_over_the_limit_is_a_broken_constraint(void **state)
{
	struct fixture *f = *state;
	size_t bytes = SW_DEFINITION_BYTES_MAX + 1;
	char *request = malloc(bytes + 100),
	     *at = request + sprintf(request, "{\"name\":\"a\",\"definition\":\"");
	memset(at, ' ', bytes);
	memcpy(at + bytes, "\"}", 3);
	f->engine.result = SW_ELIMIT;
	refuses(f, "CreateStateMachine", request, "ValidationException",
		"1 validation error detected: Value at 'definition' failed to satisfy constraint: Member "
		"must have length "
		"less than or equal to 1048576");
	free(request);
}

/* api/create_update_state_machine_* */
static void machines_are_updated(void **state)
{
	struct fixture *f = *state;
	f->engine.reply.revision_id = "rev-1";
	gives(f, "UpdateStateMachine", "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"roleArn\":\"" ROLE "\"}",
	      "{\"updateDate\":1700000000.123,\"revisionId\":\"rev-1\"}");
	assert_string_equal(f->engine.asked.data, "update name=hello;definition=(null);role=" ROLE
						  ";type=STANDARD;logging=(null);tracing=(null);");
	f->engine.reply.revision_id = "";
	gives(f, "UpdateStateMachine", "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"definition\":\"{}\"}",
	      "{\"updateDate\":1700000000.123}");
	refuses(f, "UpdateStateMachine", HELLO, "MissingRequiredParameter",
		"Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration "
		"must be "
		"specified");
	f->engine.reply_result = SW_EDELETING;
	refuses(f, "UpdateStateMachine", "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"definition\":\"{}\"}",
		"StateMachineDeleting", "State Machine is being deleted: '" FAKE_MACHINE "'");
	f->engine.reply_result = SW_ENOENT;
	refuses(f, "UpdateStateMachine", "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"definition\":\"{}\"}",
		"StateMachineDoesNotExist", "State Machine Does Not Exist: '" FAKE_MACHINE "'");
}

/* api/delete_nonexistent_sm */
static void deleting_what_is_not_there_is_fine(void **state)
{
	struct fixture *f = *state;
	gives(f, "DeleteStateMachine", HELLO, "{}");
	assert_string_equal(f->engine.asked.data, "delete name=hello;");
	f->engine.result = SW_ENOENT;
	gives(f, "DeleteStateMachine", HELLO, "{}");
	f->engine.result = SW_OK;
	f->engine.reply_result = SW_ENOENT;
	gives(f, "DeleteStateMachine", HELLO, "{}");
	sw_buf_reset(&f->engine.asked);
	gives(f, "DeleteStateMachine",
	      "{\"stateMachineArn\":\"arn:aws:states:eu-west-1:123456789012:stateMachine:hello\"}", "{}");
	assert_int_equal(f->engine.asked.len, 0);
	refuses(f, "DeleteStateMachine", "{\"stateMachineArn\":\"x\"}", "InvalidArn",
		"Invalid Arn: 'Invalid ARN prefix: x'");
}

/* api/create_duplicate_definition_format_sm: the shape of the answer */
static void machines_are_described(void **state)
{
	struct fixture *f = *state;
	static const char rest[] =
		"\"roleArn\":\"" ROLE
		"\",\"type\":\"STANDARD\",\"creationDate\":1700000000.001,\"loggingConfiguration\":"
		"{\"includeExecutionData\":false,\"level\":\"OFF\"},\"tracingConfiguration\":{\"enabled\":"
		"false},\"encryptionConfiguration\":{\"type\":\"AWS_OWNED_KEY\"}}";
	char body[600];
	snprintf(body, sizeof(body),
		 "{\"stateMachineArn\":\"%s\",\"name\":\"hello\",\"status\":\"ACTIVE\",\"definition\":"
		 "\"{\\\"StartAt\\\":\\\"\xc3\xa9\\\"}\",%s",
		 FAKE_MACHINE, rest);
	gives(f, "DescribeStateMachine", HELLO, body);
	assert_string_equal(f->engine.reader.asked.data, "machine=hello;");
	snprintf(body, sizeof(body),
		 "{\"stateMachineArn\":\"%s\",\"name\":\"hello\",\"status\":\"ACTIVE\",\"definition\":\"{}\","
		 "%s",
		 FAKE_MACHINE, rest);
	gives(f, "DescribeStateMachine",
	      "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"includedData\":\"METADATA_ONLY\"}", body);
}

static void a_described_machine_shows_its_configurations_and_revision(void **state)
{
	struct fixture *f = *state;
	f->engine.reader.machine.deleting = true;
	f->engine.reader.machine.type = SW_TYPE_EXPRESS;
	f->engine.reader.machine.revision_id = (char *)"rev";
	f->engine.reader.machine.logging_json = (char *)"{\"destinations\":[],\"level\":\"OFF\"}";
	f->engine.reader.machine.tracing_json = (char *)"{\"enabled\":true}";
	call_over(f, f->api, "DescribeStateMachine", HELLO);
	assert_non_null(strstr(f->body, "\"status\":\"DELETING\""));
	assert_non_null(strstr(f->body, "\"type\":\"EXPRESS\""));
	assert_non_null(strstr(f->body, "\"revisionId\":\"rev\""));
	assert_non_null(strstr(f->body,
			       "\"loggingConfiguration\":{\"destinations\":[],\"includeExecutionData\":false,"
			       "\"level\":\"OFF\"},\"tracingConfiguration\":{\"enabled\":true}"));
}

static void machines_that_are_not_here_do_not_exist(void **state)
{
	static const char *const arns[] = {
		"arn:aws:states:us-east-1:123456789012:stateMachine:other",
		"arn:aws:states:us-east-2:123456789012:stateMachine:hello",
		"arn:aws:states:us-east-1:000000000000:stateMachine:hello",
		"arn:aws:states:us-east-1:123456789012:stateMachine:hello:1",
	};
	for (size_t i = 0; i < sizeof(arns) / sizeof(arns[0]); i++) {
		char request[200], message[200];
		snprintf(request, sizeof(request), "{\"stateMachineArn\":\"%s\"}", arns[i]);
		snprintf(message, sizeof(message), "State Machine Does Not Exist: '%s'", arns[i]);
		refuses(*state, "DescribeStateMachine", request, "StateMachineDoesNotExist", message);
		refuses(*state, "ListExecutions", request, "StateMachineDoesNotExist", message);
	}
	/* api/describe_invalid_arn_sm */
	refuses(*state, "DescribeStateMachine", "{\"stateMachineArn\":\"not_a_valid_arn\"}", "InvalidArn",
		"Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'");
	refuses(*state, "DescribeStateMachine", "{\"stateMachineArn\":\"" FAKE_EXECUTION "\"}", "InvalidArn",
		"Invalid Arn: 'Resource type not valid in this context: execution'");
}

/* api/describe_state_machine_for_execution */
static void the_machine_of_an_execution_is_described(void **state)
{
	gives(*state, "DescribeStateMachineForExecution", RUN1,
	      "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"name\":\"hello\",\"definition\":"
	      "\"{\\\"StartAt\\\":\\\"\xc3\xa9\\\"}\",\"roleArn\":\"" ROLE "\",\"updateDate\":1700000000.002,"
	      "\"loggingConfiguration\":{\"includeExecutionData\":false,\"level\":\"OFF\"},"
	      "\"tracingConfiguration\":{\"enabled\":false},\"encryptionConfiguration\":{\"type\":\"AWS_"
	      "OWNED_KEY\"}}");
}

/* api/list_sms_pagination */
static void machines_are_listed_in_pages(void **state)
{
	struct fixture *f = *state;
#define LISTED                                                                                \
	"{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"name\":\"hello\",\"type\":\"STANDARD\"," \
	"\"creationDate\":1700000000.001}"
	gives(f, "ListStateMachines", "{}", "{\"stateMachines\":[" LISTED "," LISTED "]}");
	assert_string_equal(f->engine.reader.asked.data, "limit=100;cursor=(null);");
	f->engine.reader.next = "more";
	gives(f, "ListStateMachines", "{\"maxResults\":2,\"nextToken\":\"t\"}",
	      "{\"stateMachines\":[" LISTED "," LISTED "],\"nextToken\":\"more\"}");
	assert_string_equal(f->engine.reader.asked.data, "limit=2;cursor=t;");
	call_over(f, f->api, "ListStateMachines", "{\"maxResults\":0}");
	assert_string_equal(f->engine.reader.asked.data, "limit=100;cursor=(null);");
	refuses(f, "ListStateMachines", "{\"maxResults\":1001}", "ValidationException",
		"1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: "
		"Member must have "
		"value less than or equal to 1000");
	f->engine.reader.result = SW_ETOKEN;
	/* api_aliasing/list_state_machine_aliases_pagination_invalid_next_token: the text */
	refuses(f, "ListStateMachines", "{\"nextToken\":\"bad\"}", "InvalidToken",
		"Invalid Token: 'Invalid token'");
}

/* api_validation/ */
static void definitions_are_validated(void **state)
{
	gives(*state, "ValidateStateMachineDefinition", "{\"definition\":\"{}\",\"type\":\"STANDARD\"}",
	      "{\"result\":\"OK\",\"diagnostics\":[],\"truncated\":false}");
	gives(*state, "ValidateStateMachineDefinition", "{\"definition\":\" \"}",
	      "{\"result\":\"FAIL\",\"diagnostics\":[{\"severity\":\"ERROR\",\"code\":\"SCHEMA_VALIDATION_"
	      "FAILED\","
	      "\"message\":\"Definition must be a valid JSON object\"}],\"truncated\":false}");
	gives(*state, "ValidateStateMachineDefinition", "{\"definition\":\"not a definition\"}",
	      "{\"result\":\"FAIL\",\"diagnostics\":[{\"severity\":\"ERROR\",\"code\":\"INVALID_JSON_"
	      "DESCRIPTION\","
	      "\"message\":\"Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or "
	      "token 'null', "
	      "'true' or 'false')\\n at [Source: (String)\\\"not a definition\\\"; line: 1, column: 4]\","
	      "\"location\":\"[Source: (String)\\\"not a definition\\\"; line: 1, column: "
	      "4]\"}],\"truncated\":false}");
#define FIRST                                                                                           \
	"{\"severity\":\"ERROR\",\"code\":\"SCHEMA_VALIDATION_FAILED\",\"message\":\"These fields are " \
	"required: "                                                                                    \
	"[States]\",\"location\":\"/\"}"
#define SECOND                                                                         \
	"{\"severity\":\"WARNING\",\"code\":\"NO_DOLLAR\",\"message\":\"looks like a " \
	"path\",\"location\":\"/X\"}"
#define THIRD                                                                                          \
	"{\"severity\":\"ERROR\",\"code\":\"MISSING_TRANSITION_TARGET\",\"message\":\"Missing 'Next' " \
	"target: "                                                                                     \
	"\\\"Y\\\"\",\"location\":\"/States/X/Next\"}"
	gives(*state, "ValidateStateMachineDefinition", "{\"definition\":\"BAD\"}",
	      "{\"result\":\"FAIL\",\"diagnostics\":[" FIRST "," THIRD "],\"truncated\":false}");
	gives(*state, "ValidateStateMachineDefinition", "{\"definition\":\"BAD\",\"severity\":\"WARNING\"}",
	      "{\"result\":\"FAIL\",\"diagnostics\":[" FIRST "," SECOND "," THIRD "],\"truncated\":false}");
	gives(*state, "ValidateStateMachineDefinition", "{\"definition\":\"BAD\",\"maxResults\":1}",
	      "{\"result\":\"FAIL\",\"diagnostics\":[" FIRST "],\"truncated\":true}");
	gives(*state, "ValidateStateMachineDefinition", "{\"definition\":\"BAD\",\"maxResults\":2}",
	      "{\"result\":\"FAIL\",\"diagnostics\":[" FIRST "," THIRD "],\"truncated\":false}");
	refuses(*state, "ValidateStateMachineDefinition", "{\"definition\":\"\"}", "ValidationException",
		"1 validation error detected: Value at 'definition' failed to satisfy constraint: Member "
		"must have length "
		"greater than or equal to 1");
}

/* ---- executions ---- */

static void executions_are_started(void **state)
{
	struct fixture *f = *state;
	f->engine.reply.arn = FAKE_EXECUTION;
	gives(f, "StartExecution", HELLO,
	      "{\"executionArn\":\"" FAKE_EXECUTION "\",\"startDate\":1700000000.123}");
	assert_string_equal(f->engine.asked.data,
			    "start machine=hello;name=(null);input=(null);case=(null);trace=(null);");
	call_over(f, f->api, "StartExecution",
		  "{\"stateMachineArn\":\"" FAKE_MACHINE
		  "#Case\",\"name\":\"run1\",\"input\":\"2\",\"traceHeader\":\"Root=1\"}");
	assert_int_equal(f->status, 200);
	assert_string_equal(f->engine.asked.data,
			    "start machine=hello;name=run1;input=2;case=Case;trace=Root=1;");
}

/* api/invalid_start_execution_arn, api/invalid_start_execution_input */
static void starts_are_refused_in_aws_words(void **state)
{
	struct fixture *f = *state;
	f->engine.result = SW_ENOENT;
	refuses(f, "StartExecution", HELLO, "StateMachineDoesNotExist",
		"State Machine Does Not Exist: '" FAKE_MACHINE "'");
	f->engine.text = "no such test case";
	refuses(f, "StartExecution", "{\"stateMachineArn\":\"" FAKE_MACHINE "#C\"}",
		"StateMachineDoesNotExist",
		"State Machine Does Not Exist: '" FAKE_MACHINE "#C' (no such test case)");
	f->engine.result = SW_EDELETING;
	refuses(f, "StartExecution", HELLO, "StateMachineDeleting",
		"State Machine is being deleted: '" FAKE_MACHINE "'");
	f->engine.result = SW_EEXIST;
	refuses(f, "StartExecution", "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"name\":\"run1\"}",
		"ExecutionAlreadyExists", "Execution Already Exists: '" FAKE_EXECUTION "'");
	f->engine.result = SW_EINPUT;
	f->engine.text = "what the engine says";
	refuses(f, "StartExecution", "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"input\":\"not some json\"}",
		"InvalidExecutionInput",
		"Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting (JSON "
		"String, Number, "
		"Array, Object or token 'null', 'true' or 'false')'");
	refuses(f, "StartExecution", "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"input\":\"\"}",
		"InvalidExecutionInput", "Invalid State Machine Execution Input: 'Invalid execution input.'");
	refuses(f, "StartExecution", "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"input\":\"{} {}\"}",
		"InvalidExecutionInput", "what the engine says");
	f->engine.result = SW_ELIMIT;
	refuses(f, "StartExecution", HELLO, "ExecutionLimitExceeded", "what the engine says");
}

static void an_input_over_the_limit_is_a_broken_constraint(void **state)
{
	struct fixture *f = *state;
	size_t bytes = SW_PAYLOAD_BYTES_MAX + 1;
	char *request = malloc(bytes + 200);
	char *at = request + sprintf(request, "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"input\":\"");
	memset(at, '1', bytes);
	memcpy(at + bytes, "\"}", 3);
	f->engine.reply_result = SW_ELIMIT;
	refuses(f, "StartExecution", request, "ValidationException",
		"1 validation error detected: Value at 'input' failed to satisfy constraint: Member must "
		"have length less "
		"than or equal to 262144");
	free(request);
}

/* api/start_sync_execution */
static void synchronous_executions_need_another_type(void **state)
{
	struct fixture *f = *state;
	refuses(f, "StartSyncExecution", HELLO, "StateMachineTypeNotSupported",
		"This operation is not supported by this type of state machine");
	assert_int_equal(f->engine.asked.len, 0);
}

/* express/express_sync.base_base_raise_failure: 200, and outputDetails without an output */
static void a_synchronous_execution_that_failed_is_an_answer(void **state)
{
	struct fixture *f = *state;
	f->engine.reader.machine.type = SW_TYPE_EXPRESS;
	f->engine.outcome = (struct sw_outcome){.arn = "a",
						.name = "n",
						.machine_arn = "m",
						.input = "{}",
						.input_len = 2,
						.error = "E",
						.cause = "C",
						.status = SW_STATUS_FAILED,
						.start_ms = 1000,
						.stop_ms = 1050,
						.billed_ms = 100,
						.billed_mib = 64};
	gives(f, "StartSyncExecution", HELLO,
	      "{\"executionArn\":\"a\",\"stateMachineArn\":\"m\",\"name\":\"n\",\"startDate\":1.000,"
	      "\"stopDate\":1.050,\"status\":\"FAILED\",\"error\":\"E\",\"cause\":\"C\",\"input\":\"{}\","
	      "\"inputDetails\":{\"included\":true},\"outputDetails\":{\"included\":true},"
	      "\"billingDetails\":{\"billedDurationInMilliseconds\":100,\"billedMemoryUsedInMB\":64}}");
	assert_string_equal(f->engine.asked.data, "sync machine=hello;name=(null);");
	gives(f, "StartSyncExecution",
	      "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"includedData\":\"METADATA_ONLY\"}",
	      "{\"executionArn\":\"a\",\"stateMachineArn\":\"m\",\"name\":\"n\",\"startDate\":1.000,"
	      "\"stopDate\":1.050,\"status\":\"FAILED\",\"billingDetails\":{\"billedDurationInMilliseconds\":"
	      "100,"
	      "\"billedMemoryUsedInMB\":64}}");
}

static void what_express_forbids_is_validated(void **state)
{
	struct fixture *f = *state;
	gives(f, "ValidateStateMachineDefinition", "{\"definition\":\"SYNC\"}",
	      "{\"result\":\"OK\",\"diagnostics\":[],\"truncated\":false}");
	call_over(f, f->api, "ValidateStateMachineDefinition",
		  "{\"definition\":\"SYNC\",\"type\":\"EXPRESS\"}");
	assert_non_null(strstr(f->body, "\"result\":\"FAIL\""));
}

static void executions_are_stopped(void **state)
{
	struct fixture *f = *state;
	gives(f, "StopExecution", "{\"executionArn\":\"" FAKE_EXECUTION "\",\"error\":\"E\",\"cause\":\"C\"}",
	      "{\"stopDate\":1700000000.123}");
	assert_string_equal(f->engine.asked.data, "stop arn=" FAKE_EXECUTION ";error=E;cause=C;");
	gives(f, "StopExecution", RUN1, "{\"stopDate\":1700000000.123}");
	assert_string_equal(f->engine.asked.data, "stop arn=" FAKE_EXECUTION ";error=(null);cause=(null);");
	f->engine.reply_result = SW_ENOENT;
	refuses(f, "StopExecution", RUN1, "ExecutionDoesNotExist",
		"Execution Does Not Exist: '" FAKE_EXECUTION "'");
}

static void an_execution_is_redriven(void **state)
{
	struct fixture *f = *state;
	gives(f, "RedriveExecution", RUN1, "{\"redriveDate\":1700000000.123}");
	assert_string_equal(f->engine.asked.data, "redrive arn=" FAKE_EXECUTION ";token=(null);");
	gives(f, "RedriveExecution", "{\"executionArn\":\"" FAKE_EXECUTION "\",\"clientToken\":\"t-1\"}",
	      "{\"redriveDate\":1700000000.123}");
	assert_string_equal(f->engine.asked.data, "redrive arn=" FAKE_EXECUTION ";token=t-1;");
	f->engine.reply_result = SW_EBUSY;
	f->engine.reply_text = "Execution is RUNNING and cannot be redriven";
	refuses(f, "RedriveExecution", RUN1, "ExecutionNotRedrivable",
		"Execution is RUNNING and cannot be redriven");
	f->engine.reply_result = SW_ENOENT;
	refuses(f, "RedriveExecution", RUN1, "ExecutionDoesNotExist",
		"Execution Does Not Exist: '" FAKE_EXECUTION "'");
}

static void a_client_token_is_of_visible_characters(void **state)
{
	struct fixture *f = *state;
	refuses(f, "RedriveExecution", "{\"executionArn\":\"" FAKE_EXECUTION "\",\"clientToken\":\"a b\"}",
		"ValidationException",
		"1 validation error detected: Value 'a b' at 'clientToken' failed to satisfy constraint: "
		"Member must "
		"satisfy regular expression pattern: [!-~]+");
	refuses(f, "RedriveExecution", "{\"executionArn\":\"" FAKE_EXECUTION "\",\"clientToken\":\"\"}",
		"ValidationException",
		"2 validation errors detected: Value '' at 'clientToken' failed to satisfy constraint: "
		"Member must "
		"have length greater than or equal to 1; Value '' at 'clientToken' failed to satisfy "
		"constraint: "
		"Member must satisfy regular expression pattern: [!-~]+");
}

/* The texts of redriveStatusReason in the API reference, and Stepwell's own. */
static void what_cannot_be_redriven_has_a_reason(void **state)
{
	const int64_t day_ms = 86400000;
	struct sw_execution_info info = {.status = SW_STATUS_FAILED, .redrivable = true};
	assert_null(sw_redrive_reason(&info, 14 * day_ms));
	assert_string_equal(sw_redrive_reason(&info, 14 * day_ms + 1),
			    "Execution redrivable period exceeded");
	info.stop_ms = 364 * day_ms;
	assert_null(sw_redrive_reason(&info, 365 * day_ms));
	assert_string_equal(sw_redrive_reason(&info, 365 * day_ms + 1),
			    "Execution has exceeded the max execution time");
	info.events_count = 24998;
	assert_null(sw_redrive_reason(&info, 365 * day_ms));
	info.events_count = 24999;
	assert_string_equal(sw_redrive_reason(&info, 365 * day_ms), "Execution history event limit exceeded");
	info.events_count = 10;
	info.redrivable = false;
	assert_string_equal(sw_redrive_reason(&info, 365 * day_ms),
			    "The branches of the execution were not kept");
	info.status = SW_STATUS_SUCCEEDED;
	assert_string_equal(sw_redrive_reason(&info, 0), "Execution is SUCCEEDED and cannot be redriven");
}

static void a_running_execution_is_described(void **state)
{
	gives(*state, "DescribeExecution", RUN1,
	      "{\"executionArn\":\"" FAKE_EXECUTION "\",\"stateMachineArn\":\"" FAKE_MACHINE
	      "\",\"name\":\"run1\","
	      "\"status\":\"RUNNING\",\"startDate\":1700000000.500,\"input\":\"{}\",\"inputDetails\":{"
	      "\"included\":true},"
	      "\"redriveCount\":0,\"redriveStatus\":\"NOT_REDRIVABLE\","
	      "\"redriveStatusReason\":\"Execution is RUNNING and cannot be redriven\"}");
}

/* base/state_fail, local_mocking/sqs_wait_for_task_token_task_failure */
static void finished_executions_are_described(void **state)
{
	struct fixture *f = *state;
	struct sw_execution_info *info = &f->engine.reader.execution;
	info->status = SW_STATUS_FAILED;
	info->stop_ms = 1700000001000;
	info->error = (char *)"SomeFailure";
	info->cause = (char *)"because";
	info->trace_header = (char *)"Root=1";
	gives(f, "DescribeExecution", RUN1,
	      "{\"executionArn\":\"" FAKE_EXECUTION "\",\"stateMachineArn\":\"" FAKE_MACHINE
	      "\",\"name\":\"run1\","
	      "\"status\":\"FAILED\",\"startDate\":1700000000.500,\"stopDate\":1700000001.000,\"input\":\"{}"
	      "\","
	      "\"inputDetails\":{\"included\":true},\"error\":\"SomeFailure\",\"cause\":\"because\","
	      "\"traceHeader\":\"Root=1\","
	      "\"redriveCount\":0,\"redriveStatus\":\"NOT_REDRIVABLE\","
	      "\"redriveStatusReason\":\"Execution has exceeded the max execution time\"}");
	info->events_count = SW_HISTORY_EVENTS_MAX - 1;
	call_over(f, f->api, "DescribeExecution", RUN1);
	assert_non_null(strstr(
		f->body, "\"redriveStatus\":\"NOT_REDRIVABLE\",\"redriveStatusReason\":\"Execution history "
			 "event limit exceeded\""));
	info->status = SW_STATUS_SUCCEEDED;
	info->error = info->cause = NULL;
	info->output = (char *)"[1]";
	info->output_len = 3;
	call_over(f, f->api, "DescribeExecution", RUN1);
	assert_non_null(strstr(f->body, "\"output\":\"[1]\",\"outputDetails\":{\"included\":true}"));
	assert_non_null(
		strstr(f->body, "\"redriveStatusReason\":\"Execution is SUCCEEDED and cannot be redriven\""));
	call_over(f, f->api, "DescribeExecution",
		  "{\"executionArn\":\"" FAKE_EXECUTION "\",\"includedData\":\"METADATA_ONLY\"}");
	assert_null(strstr(f->body, "put"));
}

/* api/describe_execution_no_such_state_machine, api/describe_execution_invalid_arn, ... */
static void executions_that_are_not_here_do_not_exist(void **state)
{
	static const char *const actions[] = {"DescribeExecution", "GetExecutionHistory",
					      "DescribeStateMachineForExecution"};
	static const char *const arns[] = {"arn:aws:states:us-east-1:123456789012:execution:hello:run2",
					   "arn:aws:states:eu-west-1:123456789012:execution:hello:run1"};
	for (size_t i = 0; i < 3; i++) {
		for (size_t k = 0; k < 2; k++) {
			char request[200], message[200];
			snprintf(request, sizeof(request), "{\"executionArn\":\"%s\"}", arns[k]);
			snprintf(message, sizeof(message), "Execution Does Not Exist: '%s'", arns[k]);
			refuses(*state, actions[i], request, "ExecutionDoesNotExist", message);
		}
		refuses(*state, actions[i], "{\"executionArn\":\"invalid_state_machine_arn\"}", "InvalidArn",
			"Invalid Arn: 'Invalid ARN prefix: invalid_state_machine_arn'");
	}
}

#define LISTED_RUN                                                                     \
	"{\"executionArn\":\"" FAKE_EXECUTION "\",\"stateMachineArn\":\"" FAKE_MACHINE \
	"\",\"name\":\"run1\","                                                        \
	"\"status\":\"RUNNING\",\"startDate\":1700000000.500,\"redriveCount\":0}"

/* api/state_machine_status_filter */
static void executions_are_listed(void **state)
{
	struct fixture *f = *state;
	gives(f, "ListExecutions", HELLO, "{\"executions\":[" LISTED_RUN "]}");
	assert_string_equal(f->engine.reader.asked.data,
			    "machine=hello;status=(null);name=(null);limit=100;cursor=(null);");
	f->engine.reader.next = "more";
	gives(f, "ListExecutions",
	      "{\"stateMachineArn\":\"" FAKE_MACHINE
	      "\",\"statusFilter\":\"TIMED_OUT\",\"maxResults\":7,\"nextToken\":\"t\","
	      "\"redriveFilter\":\"NOT_REDRIVEN\"}",
	      "{\"executions\":[" LISTED_RUN "],\"nextToken\":\"more\"}");
	assert_string_equal(f->engine.reader.asked.data,
			    "machine=hello;status=TIMED_OUT;name=(null);limit=7;cursor=t;");
	f->engine.reader.next = NULL;
	gives(f, "ListExecutions",
	      "{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"redriveFilter\":\"REDRIVEN\"}",
	      "{\"executions\":[]}");
	refuses(f, "ListExecutions",
		"{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"statusFilter\":\"succeeded\"}",
		"ValidationException",
		"1 validation error detected: Value 'succeeded' at 'statusFilter' failed to satisfy "
		"constraint: Member must "
		"satisfy enum value set: [SUCCEEDED, TIMED_OUT, PENDING_REDRIVE, ABORTED, FAILED, RUNNING]");
	/* api/list_execution_invalid_arn */
	refuses(f, "ListExecutions", "{\"stateMachineArn\":\"invalid_state_machine_arn\"}", "InvalidArn",
		"Invalid Arn: 'Invalid ARN prefix: invalid_state_machine_arn'");
	/* cloudquery/cloudquery, pull request 7911 */
	refuses(f, "ListExecutions", "{}", "ValidationException",
		"Must provide a StateMachine ARN or MapRun ARN");
	refuses(f, "ListExecutions",
		"{\"stateMachineArn\":\"" FAKE_MACHINE "\",\"mapRunArn\":\"" MAP_RUN "\"}",
		"ValidationException", "Exactly one of stateMachineArn and mapRunArn must be specified");
	refuses(f, "ListExecutions", "{\"mapRunArn\":\"arn:x\"}", "InvalidArn",
		"Invalid Arn: 'Invalid ARN prefix: arn:x'");
	refuses(f, "ListExecutions", "{\"mapRunArn\":\"" MAP_RUN "\"}", "ResourceNotFound",
		"Resource not found: '" MAP_RUN "'");
	f->engine.reader.machine.type = SW_TYPE_EXPRESS;
	refuses(f, "ListExecutions", HELLO, "StateMachineTypeNotSupported",
		"This operation is not supported by this type of state machine");
	f->engine.reader.machine.type = SW_TYPE_STANDARD;
	f->engine.reader.result = SW_ETOKEN;
	refuses(f, "StepwellListExecutions", "{\"nextToken\":\"x\"}", "InvalidToken",
		"Invalid Token: 'Invalid token'");
}

static void every_status_can_be_asked_for(void **state)
{
	struct fixture *f = *state;
	for (enum sw_status status = SW_STATUS_RUNNING; status <= SW_STATUS_PENDING_REDRIVE; status++) {
		char request[200], asked[100];
		snprintf(request, sizeof(request), "{\"statusFilter\":\"%s\"}", sw_status_name(status));
		snprintf(asked, sizeof(asked),
			 "machine=(null);status=%s;name=(null);limit=100;cursor=(null);",
			 sw_status_name(status));
		call_over(f, f->api, "StepwellListExecutions", request);
		assert_string_equal(f->engine.reader.asked.data, asked);
	}
}

/* ---- map runs: there are none ---- */

static void map_runs_are_not_found(void **state)
{
	static const char *const actions[] = {"DescribeMapRun", "UpdateMapRun"};
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		refuses(*state, actions[i], "{\"mapRunArn\":\"" MAP_RUN "\"}", "ResourceNotFound",
			"Resource not found: '" MAP_RUN "'");
		refuses(*state, actions[i], "{\"mapRunArn\":\"" FAKE_EXECUTION "\"}", "InvalidArn",
			"Invalid Arn: 'Resource type not valid in this context: execution'");
		refuses(*state, actions[i], "{\"mapRunArn\":\"run\"}", "InvalidArn",
			"Invalid Arn: 'Invalid ARN prefix: run'");
		refuses(*state, actions[i], "{}", "ValidationException",
			"1 validation error detected: Value null at 'mapRunArn' failed to satisfy "
			"constraint: Member "
			"must not be null");
	}
}

static void the_numbers_of_a_map_run_are_checked(void **state)
{
	refuses(*state, "UpdateMapRun",
		"{\"mapRunArn\":\"" MAP_RUN "\",\"maxConcurrency\":-1,\"toleratedFailurePercentage\":100.5}",
		"ValidationException",
		"2 validation errors detected: Value '100.5' at 'toleratedFailurePercentage' failed to "
		"satisfy "
		"constraint: Member must have value less than or equal to 100; Value '-1' at "
		"'maxConcurrency' "
		"failed to satisfy constraint: Member must have value greater than or equal to 0");
	refuses(*state, "UpdateMapRun", "{\"mapRunArn\":\"" MAP_RUN "\",\"toleratedFailurePercentage\":-2.0}",
		"ValidationException",
		"1 validation error detected: Value '-2.0' at 'toleratedFailurePercentage' failed to satisfy "
		"constraint: Member must have value greater than or equal to 0");
	refuses(*state, "UpdateMapRun", "{\"mapRunArn\":\"" MAP_RUN "\",\"maxConcurrency\":4294967296}",
		"SerializationException", "NUMBER_VALUE can not be converted to an Integer");
	refuses(*state, "UpdateMapRun", "{\"mapRunArn\":\"" MAP_RUN "\",\"toleratedFailureCount\":true}",
		"SerializationException", "TRUE_VALUE can not be converted to a Long");
	refuses(*state, "UpdateMapRun",
		"{\"mapRunArn\":\"" MAP_RUN "\",\"toleratedFailureCount\":4294967296,"
		"\"toleratedFailurePercentage\":12.5}",
		"ResourceNotFound", "Resource not found: '" MAP_RUN "'");
}

static void an_execution_has_no_map_runs(void **state)
{
	struct fixture *f = *state;
	gives(f, "ListMapRuns", RUN1, "{\"mapRuns\":[]}");
	gives(f, "ListMapRuns", "{\"executionArn\":\"" FAKE_EXECUTION "\",\"maxResults\":0}",
	      "{\"mapRuns\":[]}");
	refuses(f, "ListMapRuns", "{\"executionArn\":\"" FAKE_EXECUTION "\",\"nextToken\":\"x\"}",
		"InvalidToken", "Invalid Token: 'Invalid token'");
	refuses(f, "ListMapRuns", "{\"executionArn\":\"" FAKE_EXECUTION "\",\"maxResults\":1001}",
		"ValidationException",
		"1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: "
		"Member must "
		"have value less than or equal to 1000");
	refuses(f, "ListMapRuns", "{\"executionArn\":\"" FAKE_MACHINE "\"}", "InvalidArn",
		"Invalid Arn: 'Resource type not valid in this context: stateMachine'");
	/* As the other actions on executions say it of one that is EXPRESS. */
	refuses(f, "ListMapRuns",
		"{\"executionArn\":\"arn:aws:states:us-east-1:123456789012:express:hello:run1:uuid\"}",
		"InvalidArn", "Invalid Arn: 'Resource type not valid in this context: express'");
	f->engine.reader.result = SW_ENOENT;
	refuses(f, "ListMapRuns", RUN1, "ExecutionDoesNotExist",
		"Execution Does Not Exist: '" FAKE_EXECUTION "'");
}

/* ---- history ---- */

static char *ids(struct fixture *f)
{
	json_t *body = json_loads(f->body, 0, NULL), *events = json_object_get(body, "events");
	static char text[8000];
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < json_array_size(events); i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used, "%d ",
			(int)json_integer_value(json_object_get(json_array_get(events, i), "id")));
	json_decref(body);
	return text;
}

static void next_page(struct fixture *f, char *request, size_t bytes, const char *more)
{
	json_t *body = json_loads(f->body, 0, NULL);
	const char *token = json_string_value(json_object_get(body, "nextToken"));
	assert_non_null(token);
	snprintf(request, bytes, "{\"executionArn\":\"" FAKE_EXECUTION "\",\"nextToken\":\"%s\"%s}", token,
		 more);
	json_decref(body);
}

static void history_comes_in_pages_both_ways(void **state)
{
	struct fixture *f = *state;
	char request[300];
	f->engine.reader.events = 5;
	call_over(f, f->api, "GetExecutionHistory",
		  "{\"executionArn\":\"" FAKE_EXECUTION "\",\"maxResults\":3}");
	assert_string_equal(ids(f), "1 2 3 ");
	next_page(f, request, sizeof(request), ",\"maxResults\":2,\"includeExecutionData\":false");
	call_over(f, f->api, "GetExecutionHistory", request);
	assert_string_equal(ids(f), "4 5 ");
	assert_null(strstr(f->body, "nextToken"));
	assert_string_equal(f->engine.reader.asked.data, "first=4;data=0;");

	/* api/get_execution_history_reversed */
	call_over(f, f->api, "GetExecutionHistory",
		  "{\"executionArn\":\"" FAKE_EXECUTION "\",\"maxResults\":3,\"reverseOrder\":true}");
	assert_string_equal(ids(f), "5 4 3 ");
	next_page(f, request, sizeof(request), ",\"reverseOrder\":true");
	call_over(f, f->api, "GetExecutionHistory", request);
	assert_string_equal(ids(f), "2 1 ");
	assert_null(strstr(f->body, "nextToken"));
}

static void a_page_has_a_hundred_events_unless_asked_otherwise(void **state)
{
	struct fixture *f = *state;
	f->engine.reader.events = 1500;
	call_over(f, f->api, "GetExecutionHistory", RUN1);
	json_t *body = json_loads(f->body, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(body, "events")), 100);
	json_decref(body);
	call_over(f, f->api, "GetExecutionHistory",
		  "{\"executionArn\":\"" FAKE_EXECUTION "\",\"maxResults\":1000}");
	body = json_loads(f->body, 0, NULL);
	json_t *events = json_object_get(body, "events");
	assert_int_equal(json_array_size(events), 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(json_integer_value(json_object_get(json_array_get(events, i), "id")), i + 1);
	json_decref(body);
}

static void pages_of_large_events_are_bounded(void **state)
{
	struct fixture *f = *state;
	char request[300];
	f->engine.reader.events = 40;
	f->engine.reader.event_bytes = 262144;
	int seen = 0, pages = 0;
	snprintf(request, sizeof(request), "%s", RUN1);
	for (;;) {
		call_over(f, f->api, "GetExecutionHistory", request);
		assert_true(strlen(f->body) < 5000000);
		json_t *body = json_loads(f->body, 0, NULL), *events = json_object_get(body, "events");
		assert_true(json_array_size(events) > 0);
		for (size_t i = 0; i < json_array_size(events); i++)
			assert_int_equal(json_integer_value(json_object_get(json_array_get(events, i), "id")),
					 ++seen);
		json_decref(body);
		pages++;
		if (!strstr(f->body, "nextToken"))
			break;
		next_page(f, request, sizeof(request), "");
	}
	assert_int_equal(seen, 40);
	assert_int_equal(pages, 3);
}

static void history_tokens_are_checked(void **state)
{
	struct fixture *f = *state;
	f->engine.reader.events = 5;
	char request[300];
	call_over(f, f->api, "GetExecutionHistory",
		  "{\"executionArn\":\"" FAKE_EXECUTION "\",\"maxResults\":1}");
	next_page(f, request, sizeof(request), ",\"reverseOrder\":true");
	refuses(f, "GetExecutionHistory", request, "InvalidToken", "Invalid Token: 'Invalid token'");
	static const char *const bad[] = {"x",
					  "-",
					  "history-",
					  "history-00000000-f00000001",
					  "history-00000000-f0000000 1",
					  "-f0000000-",
					  "history-zzzzzzzz-f00000002x"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(request, sizeof(request),
			 "{\"executionArn\":\"" FAKE_EXECUTION "\",\"nextToken\":\"%s\"}", bad[i]);
		refuses(f, "GetExecutionHistory", request, "InvalidToken", "Invalid Token: 'Invalid token'");
	}
}

/* ---- tasks ---- */

static void tasks_are_completed_by_token(void **state)
{
	struct fixture *f = *state;
	gives(f, "SendTaskSuccess", "{\"taskToken\":\"t\",\"output\":\"{}\"}", "{}");
	assert_string_equal(f->engine.asked.data, "succeed token=t;output={};");
	gives(f, "SendTaskFailure", "{\"taskToken\":\"t\",\"error\":\"E\"}", "{}");
	assert_string_equal(f->engine.asked.data, "fail token=t;error=E;cause=(null);");
	gives(f, "SendTaskHeartbeat", "{\"taskToken\":\"t\"}", "{}");
	assert_string_equal(f->engine.asked.data, "heartbeat token=t;");
	refuses(f, "SendTaskSuccess", "{\"taskToken\":\"t\"}", "ValidationException",
		"1 validation error detected: Value null at 'output' failed to satisfy constraint: Member "
		"must not be null");
}

static void completions_are_refused_in_aws_words(void **state)
{
	struct fixture *f = *state;
	static const char request[] = "{\"taskToken\":\"t\",\"output\":\"{\"}";
	f->engine.result = SW_ETOKEN;
	refuses(f, "SendTaskSuccess", request, "InvalidToken", "Invalid Token: 'Invalid token'");
	f->engine.result = SW_ENOENT;
	refuses(f, "SendTaskHeartbeat", request, "TaskDoesNotExist",
		"Task Does Not Exist: 'Provided task does not exist'");
	f->engine.result = SW_OK;
	f->engine.reply_result = SW_ETIMEDOUT;
	refuses(f, "SendTaskFailure", request, "TaskTimedOut",
		"Task Timed Out: 'Provided task does not exist anymore'");
	f->engine.reply_result = SW_EINPUT;
	refuses(f, "SendTaskSuccess", request, "InvalidOutput",
		"Invalid Output: 'Unexpected end-of-input: expected close marker for Object (start marker at "
		"[Source: "
		"(String)\"{\"; line: 1, column: 1])'");
}

/* ---- Stepwell's own ---- */

static void finished_executions_are_deleted(void **state)
{
	struct fixture *f = *state;
	gives(f, "StepwellDeleteExecution", RUN1, "{}");
	assert_string_equal(f->engine.asked.data, "remove arn=" FAKE_EXECUTION ";");
	for (int later = 0; later < 2; later++) {
		f->engine.result = later ? SW_OK : SW_EBUSY;
		f->engine.reply_result = later ? SW_EBUSY : SW_OK;
		refuses(f, "StepwellDeleteExecution", RUN1, "ValidationException",
			"Execution is RUNNING and cannot be deleted: '" FAKE_EXECUTION "'");
	}
	f->engine.reply_result = SW_ENOENT;
	refuses(f, "StepwellDeleteExecution", RUN1, "ExecutionDoesNotExist",
		"Execution Does Not Exist: '" FAKE_EXECUTION "'");
}

static void all_executions_are_listed_and_found_by_name(void **state)
{
	struct fixture *f = *state;
	gives(f, "StepwellListExecutions", "{\"name\":\"run1\"}", "{\"executions\":[" LISTED_RUN "]}");
	assert_string_equal(f->engine.reader.asked.data,
			    "machine=(null);status=(null);name=run1;limit=100;cursor=(null);");
	gives(f, "StepwellListExecutions", HELLO, "{\"executions\":[" LISTED_RUN "]}");
	assert_string_equal(f->engine.reader.asked.data,
			    "machine=hello;status=(null);name=(null);limit=100;cursor=(null);");
}

static void the_status_tells_who_owns_the_directory(void **state)
{
	struct fixture *f = *state;
	call_over(f, f->api, "StepwellStatus", "{}");
	assert_non_null(strstr(
		f->body,
		"\"owner\":true,\"region\":\"us-east-1\",\"account\":\"123456789012\",\"advances\":\"ALL\","
		"\"idle\":true,\"partitions\":1,\"stats\":{\"started\":7,"));
	assert_non_null(strstr(f->body, "\"pid\":"));
	assert_non_null(strstr(f->body, "\"version\":\""));
	call_over(f, f->reading, "StepwellStatus", "");
	assert_non_null(strstr(f->body, "\"owner\":false"));
	assert_null(strstr(f->body, "stats"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(unknown_actions_are_refused),
		TEST(an_action_of_any_bytes_is_refused_in_json),
		TEST(bodies_that_are_no_object_are_refused),
		TEST(wrong_types_and_broken_constraints_are_refused_before_the_engine_is_asked),
		TEST(without_an_owner_only_reading_works),
		TEST(results_of_the_engine_become_http_answers),
		TEST(answers_wait_for_the_engine_even_when_the_api_is_freed_before),
		TEST(machines_are_created),
		TEST(configurations_reach_the_engine_in_full),
		TEST(logging_needs_exactly_one_destination),
		TEST(names_are_checked_by_length_and_characters),
		TEST(roles_and_what_is_not_supported_are_refused),
		TEST(a_taken_name_names_the_machine),
		TEST(mistakes_of_a_definition_are_joined_without_warnings),
		TEST(a_definition_over_the_limit_is_a_broken_constraint),
		TEST(machines_are_updated),
		TEST(deleting_what_is_not_there_is_fine),
		TEST(machines_are_described),
		TEST(a_described_machine_shows_its_configurations_and_revision),
		TEST(machines_that_are_not_here_do_not_exist),
		TEST(the_machine_of_an_execution_is_described),
		TEST(machines_are_listed_in_pages),
		TEST(definitions_are_validated),
		TEST(executions_are_started),
		TEST(starts_are_refused_in_aws_words),
		TEST(an_input_over_the_limit_is_a_broken_constraint),
		TEST(synchronous_executions_need_another_type),
		TEST(a_synchronous_execution_that_failed_is_an_answer),
		TEST(what_express_forbids_is_validated),
		TEST(executions_are_stopped),
		TEST(an_execution_is_redriven),
		TEST(a_client_token_is_of_visible_characters),
		TEST(what_cannot_be_redriven_has_a_reason),
		TEST(a_running_execution_is_described),
		TEST(finished_executions_are_described),
		TEST(executions_that_are_not_here_do_not_exist),
		TEST(executions_are_listed),
		TEST(every_status_can_be_asked_for),
		TEST(map_runs_are_not_found),
		TEST(the_numbers_of_a_map_run_are_checked),
		TEST(an_execution_has_no_map_runs),
		TEST(history_comes_in_pages_both_ways),
		TEST(a_page_has_a_hundred_events_unless_asked_otherwise),
		TEST(pages_of_large_events_are_bounded),
		TEST(history_tokens_are_checked),
		TEST(tasks_are_completed_by_token),
		TEST(completions_are_refused_in_aws_words),
		TEST(finished_executions_are_deleted),
		TEST(all_executions_are_listed_and_found_by_name),
		TEST(the_status_tells_who_owns_the_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
