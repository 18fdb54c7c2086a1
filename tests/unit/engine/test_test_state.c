/* TestState: what is shown of each type of state, what becomes of mocked errors, and what is refused. */
#include "asl/value.h"
#include "base/mem.h"
#include "engine/test_state.h"
#include "tests/lib/failing_malloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- asking and looking ------------------------------------------------------------------------------- */

static struct sw_test_state_params asked(const char *definition, const char *input)
{
	struct sw_test_state_params params = SW_TEST_STATE_PARAMS;
	params.definition = definition;
	params.definition_len = strlen(definition);
	params.input = input;
	params.input_len = input ? strlen(input) : 0;
	params.level = SW_INSPECT_TRACE;
	params.now_ms = 1700000000000;
	params.seed = 1;
	return params;
}

static void mock_result(struct sw_test_state_params *params, const char *result)
{
	params->mocked = true;
	params->mock_result = result;
	params->mock_result_len = strlen(result);
}

static void mock_error(struct sw_test_state_params *params, const char *error, const char *cause)
{
	params->mocked = true;
	params->mock_fails = true;
	params->mock_error = error;
	params->mock_cause = cause;
}

static void give_context(struct sw_test_state_params *params, const char *context)
{
	params->context = context;
	params->context_len = strlen(context);
}

static json_t *response_to(const struct sw_test_state_params *params)
{
	struct sw_error err = {0};
	struct sw_findings *findings = NULL;
	char *text = NULL;
	json_t *response = NULL;
	if (sw_test_state(params, &text, &findings, &err) != SW_OK)
		fail_msg("refused: %s", err.text);
	assert_null(findings);
	assert_int_equal(sw_json_parse(text, strlen(text), 0, &response, &err), SW_OK);
	sw_text_free(text);
	return response;
}

/* The member of that length's name ("a.b"); NULL: there is none. */
static const json_t *member(const json_t *object, const char *path, size_t len)
{
	const char *dot = memchr(path, '.', len);
	size_t length = dot ? (size_t)(dot - path) : len;
	const json_t *found = json_object_getn(object, path, length);
	return dot && found ? member(found, dot + 1, len - length - 1) : found;
}

/* Each expectation is "path=value" (text as it is, anything else as JSON) or "!path". */
static void check_response(const json_t *response, const char *expectation)
{
	const char *equals = strchr(expectation, '=');
	if (expectation[0] == '!') {
		if (member(response, expectation + 1, strlen(expectation + 1)))
			fail_msg("there: %s", expectation + 1);
		return;
	}
	const json_t *found = member(response, expectation, (size_t)(equals - expectation));
	struct sw_buf text = SW_BUF;
	if (!found)
		fail_msg("not there: %s", expectation);
	if (json_is_string(found))
		sw_buf_text(&text, json_string_value(found));
	else
		sw_json_print(found, &text, 100000);
	assert_string_equal(text.data ? text.data : "", equals + 1);
	sw_buf_done(&text);
}

/* The last expectation is followed by NULL. */
static void expect(const struct sw_test_state_params *params, ...)
{
	json_t *response = response_to(params);
	va_list args;
	va_start(args, params);
	for (const char *one = va_arg(args, const char *); one; one = va_arg(args, const char *))
		check_response(response, one);
	va_end(args);
	json_decref(response);
}

static void expect_refusal(const struct sw_test_state_params *params, enum sw_result result,
			   const char *message)
{
	struct sw_error err = {0};
	struct sw_findings *findings = NULL;
	char *text = NULL;
	assert_int_equal(sw_test_state(params, &text, &findings, &err), result);
	assert_string_equal(err.text, message);
	assert_null(text);
	assert_null(findings);
}

/* All members of inspectionData, in order. */
static void expect_stations(const struct sw_test_state_params *params, const char *names)
{
	json_t *response = response_to(params), *data = json_object_get(response, "inspectionData"), *value;
	struct sw_buf found = SW_BUF;
	const char *name;
	json_object_foreach(data, name, value) sw_buf_printf(&found, "%s%s", found.len ? " " : "", name);
	assert_string_equal(found.data, names);
	sw_buf_done(&found);
	json_decref(response);
}

/* ---- what is shown ------------------------------------------------------------------------------------ */

#define LAMBDA "\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::lambda:invoke\""
#define ITEM "\"ItemProcessor\":{\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Pass\",\"End\":true}}}"
#define DISTRIBUTED_ITEM                                                                                    \
	"\"ItemProcessor\":{\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"}," \
	"\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Pass\",\"End\":true}}}"
#define PARALLEL                                                                                       \
	"\"Type\":\"Parallel\",\"Branches\":[{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\"," \
	"\"End\":true}}},{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Pass\",\"End\":true}}}]"

/* test_state/state_scenarios.base_inspection_level_trace_io_pass_state */
static void a_pass_state_shows_its_data_at_every_station(void **state)
{
	struct sw_test_state_params params =
		asked("{\"Type\":\"Pass\",\"InputPath\":\"$.a\",\"Parameters\":{\"v.$\":\"$.b\"},"
		      "\"ResultPath\":\"$.r\",\"OutputPath\":\"$.r\",\"Next\":\"Later\"}",
		      "{\"a\":{\"b\":1}}");
	expect(&params, "status=SUCCEEDED", "output={\"v\":1}", "nextState=Later",
	       "inspectionData.input={\"a\":{\"b\":1}}", "inspectionData.afterInputPath={\"b\":1}",
	       "inspectionData.afterParameters={\"v\":1}", "inspectionData.afterResultSelector={\"v\":1}",
	       "inspectionData.afterResultPath={\"a\":{\"b\":1},\"r\":{\"v\":1}}", "!inspectionData.result",
	       "!error", "!cause", NULL);
}

/* test_state/state_scenarios.base_inspection_level_trace_io_result_pass_state */
static void a_pass_state_with_a_result_does_not_show_its_input(void **state)
{
	struct sw_test_state_params params =
		asked("{\"Type\":\"Pass\",\"InputPath\":\"$.a\",\"Result\":5,\"End\":true}", "{\"a\":1}");
	expect_stations(&params, "input result afterResultSelector afterResultPath");
	expect(&params, "inspectionData.result=5", "output=5", "!nextState", NULL);
}

/* test_state/state_scenarios.base_inspection_level_info_*: "INFO: shows the final state output" */
static void at_the_level_info_no_data_is_shown(void **state)
{
	struct sw_test_state_params params = asked("{\"Type\":\"Pass\",\"End\":true}", "[1]");
	params.level = SW_INSPECT_INFO;
	expect(&params, "status=SUCCEEDED", "output=[1]", "!inspectionData", NULL);
}

static void without_input_it_is_an_empty_object(void **state)
{
	struct sw_test_state_params params = asked("{\"Type\":\"Succeed\"}", NULL);
	expect(&params, "output={}", "inspectionData.input={}", NULL);
}

/* test_state/state_scenarios.base_inspection_level_debug_base_{choice,fail,succeed}_state */
static void states_that_make_nothing_show_their_filtered_input_alone(void **state)
{
	static const char *const definitions[] = {
		"{\"Type\":\"Succeed\"}",
		"{\"Type\":\"Fail\",\"Error\":\"E\"}",
		"{\"Type\":\"Wait\",\"Seconds\":1000,\"Next\":\"N\"}",
		"{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.a\",\"IsPresent\":true,\"Next\":\"N\"}]"
		"}",
	};
	for (size_t i = 0; i < sizeof(definitions) / sizeof(definitions[0]); i++) {
		struct sw_test_state_params params = asked(definitions[i], "{\"a\":1}");
		expect_stations(&params, "input afterInputPath");
	}
}

static void a_choice_tells_where_it_leads(void **state)
{
	static const char definition[] = "{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.v\","
					 "\"NumericLessThan\":10,\"Next\":\"Low\"}],\"Default\":\"High\"}";
	struct sw_test_state_params params = asked(definition, "{\"v\":3}");
	expect(&params, "nextState=Low", "output={\"v\":3}", NULL);
	params = asked(definition, "{\"v\":30}");
	expect(&params, "nextState=High", NULL);
}

static void a_choice_without_a_match_fails_without_the_place_in_its_cause(void **state)
{
	struct sw_test_state_params params = asked(
		"{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.v\",\"IsNull\":true,\"Next\":\"N\"}]}",
		"{\"v\":3}");
	expect(&params, "status=FAILED", "error=States.Runtime", "!nextState", "!output",
	       "cause=Failed to transition out of the state. The state does not point to a next state.",
	       NULL);
}

static void a_wait_state_does_not_wait(void **state)
{
	struct sw_test_state_params params =
		asked("{\"Type\":\"Wait\",\"SecondsPath\":\"$.s\",\"Next\":\"N\"}", "{\"s\":5000}");
	expect(&params, "status=SUCCEEDED", "output={\"s\":5000}", "nextState=N", NULL);
}

static void a_fail_state_fails_with_what_it_says(void **state)
{
	struct sw_test_state_params params =
		asked("{\"Type\":\"Fail\",\"ErrorPath\":\"$.e\",\"Cause\":\"c\"}", "{\"e\":\"E\"}");
	expect(&params, "status=FAILED", "error=E", "cause=c", "!output", NULL);
	params = asked("{\"Type\":\"Fail\"}", "{}");
	expect(&params, "status=FAILED", "!error", "!cause", NULL);
}

/* test_state/state_context_object.state_wait_task_context_object */
static void a_task_shows_its_parameters_and_the_mocked_result(void **state)
{
	struct sw_test_state_params params =
		asked("{" LAMBDA ",\"Parameters\":{\"FunctionName\":\"f\",\"Payload.$\":\"$.p\"},"
		      "\"ResultSelector\":{\"r.$\":\"$.Payload\"},\"ResultPath\":\"$.out\",\"End\":true}",
		      "{\"p\":1}");
	mock_result(&params, "{\"Payload\":\"7\"}");
	expect_stations(&params,
			"input afterInputPath afterParameters result afterResultSelector afterResultPath");
	expect(&params, "inspectionData.afterParameters={\"FunctionName\":\"f\",\"Payload\":1}",
	       "inspectionData.result={\"Payload\":\"7\"}",
	       "inspectionData.afterResultSelector={\"r\":\"7\"}", "output={\"p\":1,\"out\":{\"r\":\"7\"}}",
	       NULL);
}

/* test_state/state_mock_scenarios.io_parallel_state_mock_success_trace */
static void a_parallel_state_shows_what_follows_its_work(void **state)
{
	struct sw_test_state_params params = asked(
		"{" PARALLEL ",\"InputPath\":\"$.a\",\"ResultPath\":\"$.r\",\"End\":true}", "{\"a\":1}");
	mock_result(&params, "[1,2]");
	expect_stations(&params, "input afterResultSelector afterResultPath");
	expect(&params, "output={\"a\":1,\"r\":[1,2]}", NULL);
}

/* test_state/state_context_object.state_map_context_object_execution_input_values */
static void a_map_shows_its_items_and_its_concurrency(void **state)
{
	struct sw_test_state_params params =
		asked("{\"Type\":\"Map\",\"ItemsPath\":\"$.v\",\"MaxConcurrency\":3," ITEM ",\"End\":true}",
		      "{\"v\":[1,2]}");
	mock_result(&params, "[\"a\",\"b\"]");
	expect_stations(&params, "input afterInputPath afterItemsPath afterResultSelector afterResultPath "
				 "maxConcurrency");
	expect(&params, "inspectionData.afterItemsPath=[1,2]", "inspectionData.maxConcurrency=3",
	       "output=[\"a\",\"b\"]", NULL);
}

static void a_map_shows_the_input_of_every_iteration(void **state)
{
	struct sw_test_state_params params = asked(
		"{\"Type\":\"Map\",\"ItemsPath\":\"$.v\",\"ItemSelector\":{\"i.$\":\"$$.Map.Item.Index\","
		"\"v.$\":\"$$.Map.Item.Value\",\"n.$\":\"$.n\"}," ITEM ",\"End\":true}",
		"{\"n\":0,\"v\":[5,6]}");
	mock_result(&params, "[1,1]");
	expect(&params,
	       "inspectionData.afterItemSelector=[{\"i\":0,\"v\":5,\"n\":0},{\"i\":1,\"v\":6,\"n\":0}]",
	       NULL);
	/* The same with a context object of one's own. */
	give_context(&params, "{\"State\":{\"Name\":\"x\"}}");
	expect(&params,
	       "inspectionData.afterItemSelector=[{\"i\":0,\"v\":5,\"n\":0},{\"i\":1,\"v\":6,\"n\":0}]",
	       NULL);
}

static void inputs_of_iterations_that_are_too_large_together_are_not_shown(void **state)
{
	struct sw_buf input = SW_BUF;
	sw_buf_text(&input, "{\"x\":\"");
	for (size_t i = 0; i < 100000; i++)
		sw_buf_char(&input, 'x');
	sw_buf_text(&input, "\",\"v\":[0");
	for (size_t i = 0; i < 50000; i++)
		sw_buf_text(&input, ",0");
	sw_buf_text(&input, "]}");
	struct sw_test_state_params params =
		asked("{\"Type\":\"Map\",\"ItemsPath\":\"$.v\",\"ItemSelector\":{\"x.$\":\"$.x\"}," ITEM
		      ",\"End\":true}",
		      input.data);
	mock_result(&params, "[]");
	expect(&params, "status=SUCCEEDED", "!inspectionData.afterItemSelector", NULL);
	sw_buf_done(&input);
}

/* test_state/state_context_object.state_map_context_object_all */
static void what_a_map_takes_for_items_must_be_an_array(void **state)
{
	struct sw_test_state_params params =
		asked("{\"Type\":\"Map\",\"ItemsPath\":\"$$.Execution\"," ITEM ",\"End\":true}", "[1]");
	mock_result(&params, "[1]");
	expect(&params, "status=FAILED", "error=States.Runtime",
	       "cause=Reference path \"$.Execution\" must point to array.", NULL);
	expect_stations(&params, "input afterInputPath");
}

static void a_state_inside_of_a_map_can_be_tested_by_its_name(void **state)
{
	struct sw_test_state_params params = asked(
		"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\"," ITEM ",\"End\":true}}}", "[1]");
	params.state_name = "I";
	expect(&params, "status=SUCCEEDED", "output=[1]", NULL);
}

/* "TestState automatically populates the Context object ... $$.Map.Item.Index = 0, $$.Map.Item.Value = your input
 * value" (Step Functions' guide) */
static void inside_of_a_map_the_input_is_the_first_item(void **state)
{
	static const char machine[] =
		"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemProcessor\":{\"StartAt\":\"P\","
		"\"States\":{\"P\":{\"Type\":\"Parallel\",\"Branches\":[{\"StartAt\":\"I\",\"States\":{\"I\":"
		"{"
		"\"Type\":\"Pass\",\"Parameters\":{\"m.$\":\"$$.Map\"},\"End\":true}}}],\"End\":true}}},"
		"\"Next\":\"O\"},\"O\":{\"Type\":\"Pass\",\"Parameters\":{\"m.$\":\"$$.Map\"},\"End\":true}}"
		"}";
	struct sw_test_state_params params = asked(machine, "{\"a\":1}");
	params.state_name = "I";
	expect(&params, "output={\"m\":{\"Item\":{\"Index\":0,\"Value\":{\"a\":1}}}}", NULL);
	params.state_name = "O";
	expect(&params, "status=FAILED", "error=States.Runtime", NULL);
}

/* ---- variables and the context object ----------------------------------------------------------------- */

/* "The set will include variables assigned in the state and variables set up as test state input." */
static void variables_are_seen_and_assigned(void **state)
{
	struct sw_test_state_params params =
		asked("{\"Type\":\"Pass\",\"Parameters\":{\"a.$\":\"$x.y\"},\"Assign\":{\"z.$\":\"$.a\"},"
		      "\"End\":true}",
		      "{}");
	params.variables = "{\"x\":{\"y\":4}}";
	params.variables_len = strlen(params.variables);
	expect(&params, "output={\"a\":4}", "inspectionData.variables={\"x\":{\"y\":4},\"z\":4}", NULL);
}

/* test_state/state_scenarios.state_with_variables_empty_variables */
static void no_variables_are_not_shown(void **state)
{
	struct sw_test_state_params params = asked("{\"Type\":\"Pass\",\"End\":true}", "{}");
	params.variables = "{}";
	params.variables_len = 2;
	expect(&params, "!inspectionData.variables", NULL);
}

/* test_state/state_scenarios.state_with_variables_base_expressions: no RedriveCount, a null RoleArn,
 * StateName */
static void a_context_object_is_made_up(void **state)
{
	struct sw_test_state_params params =
		asked("{\"Type\":\"Pass\",\"Parameters\":{\"e.$\":\"$$.Execution\",\"s.$\":\"$$.State\"},"
		      "\"End\":true}",
		      "{\"a\":1}");
	params.account = "111111111111";
	params.region = "eu-west-1";
	json_t *response = response_to(&params), *output = NULL;
	const char *text = json_string_value(json_object_get(response, "output"));
	assert_int_equal(sw_json_parse(text, strlen(text), 0, &output, NULL), SW_OK);
	const char *arn = json_string_value(member(output, "e.Id", 4));
	static const char begins[] = "arn:aws:states:eu-west-1:111111111111:express:";
	assert_int_equal(strncmp(arn, begins, strlen(begins)), 0);
	check_response(output, "e.Input={\"a\":1}");
	check_response(output, "e.RoleArn=null");
	check_response(output, "e.StartTime=2023-11-14T22:13:20Z");
	check_response(output, "!e.RedriveCount");
	check_response(output, "s={\"Name\":\"StateName\",\"EnteredTime\":\"2023-11-14T22:13:20Z\"}");
	json_decref(output);
	json_decref(response);
}

/* test_state/state_context_object.state_context_object_edge_cases_empty */
static void a_given_context_object_is_all_there_is(void **state)
{
	struct sw_test_state_params params =
		asked("{" LAMBDA ",\"ResultSelector\":{\"c.$\":\"$$\"},\"End\":true}", "{}");
	mock_result(&params, "{}");
	give_context(&params, "{}");
	expect(&params, "output={\"c\":{}}", NULL);
	give_context(&params, "{\"Execution\":{\"Name\":\"n\"}}");
	expect(&params, "output={\"c\":{\"Execution\":{\"Name\":\"n\"}}}", NULL);
}

/* test_state/state_context_object.state_context_object_invalid_states_token_task_not_sync */
static void a_token_is_for_tasks_that_wait_for_it(void **state)
{
	struct sw_test_state_params params = asked("{" LAMBDA ",\"End\":true}", "{}");
	mock_result(&params, "{}");
	give_context(&params, "{\"Task\":{\"Token\":\"t\"}}");
	expect_refusal(&params, SW_EINVAL,
		       "Invalid Context object provided: Context object contains 'Task' when state is not a "
		       "Task state with a '.sync' or '.waitForTaskToken' service integration pattern");
	params =
		asked("{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\","
		      "\"Parameters\":{\"t.$\":\"$$.Task.Token\"},\"End\":true}",
		      "{}");
	mock_result(&params, "{\"any\":1}");
	give_context(&params, "{\"Task\":{\"Token\":\"t\"}}");
	expect(&params, "inspectionData.afterParameters={\"t\":\"t\"}", "output={\"any\":1}", NULL);
}

static void a_context_object_has_the_members_of_aws(void **state)
{
	static const struct {
		const char *context, *mistake;
	} contexts[] = {
		{"{\"Map\":{\"Item\":{\"Index\":0,\"Value\":1}}}",
		 "'Map' field is not supported when mocking a Context object"},
		{"{\"State\":{\"Nom\":\"x\"}}", "Field 'Nom' is not allowed"},
		{"{\"Machine\":{}}", "Field 'Machine' is not allowed"},
		{"{\"Execution\":{\"Id\":1}}", "Execution.Id must be a string"},
		{"{\"State\":{\"RetryCount\":\"1\"}}", "State.RetryCount must be an integer"},
		{"{\"State\":[]}", "State must be an object"},
	};
	struct sw_test_state_params params = asked("{" LAMBDA ",\"End\":true}", "{}");
	mock_result(&params, "{}");
	for (size_t i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++) {
		char message[160];
		give_context(&params, contexts[i].context);
		snprintf(message, sizeof(message), "Invalid Context object provided: %s",
			 contexts[i].mistake);
		expect_refusal(&params, SW_EINVAL, message);
	}
	give_context(&params,
		     "{\"Execution\":{\"Id\":\"i\",\"Input\":[1],\"RoleArn\":null,\"RedriveCount\":0},"
		     "\"State\":{\"RetryCount\":2},\"StateMachine\":{\"Name\":\"m\"}}");
	expect(&params, "status=SUCCEEDED", NULL);
}

/* ---- errors ------------------------------------------------------------------------------------------- */

static const char retrying[] =
	"{" LAMBDA ",\"Retry\":[{\"ErrorEquals\":[\"A\"]},{\"ErrorEquals\":[\"B\"],\"IntervalSeconds\":1,"
	"\"MaxAttempts\":5,\"BackoffRate\":2}],\"Catch\":[{\"ErrorEquals\":[\"A\"],\"Next\":\"CA\"},"
	"{\"ErrorEquals\":[\"B\",\"C\"],\"ResultPath\":\"$.e\",\"Next\":\"CB\"}],\"Next\":\"N\"}";

/* test_state/state_configuration.state_configuration_retrier_retry_count_debug */
static void a_mocked_error_meets_the_retriers_first(void **state)
{
	struct sw_test_state_params params = asked(retrying, "{}");
	mock_error(&params, "B", "c");
	params.retrier_retry_count = 4;
	expect(&params, "status=RETRIABLE", "error=B", "cause=c", "!output", "!nextState",
	       "inspectionData.errorDetails={\"retryIndex\":1,\"retryBackoffIntervalSeconds\":16}",
	       "inspectionData.afterParameters={}", "!inspectionData.result", NULL);
}

static void then_the_catchers(void **state)
{
	struct sw_test_state_params params = asked(retrying, "{\"a\":1}");
	mock_error(&params, "B", "c");
	params.retrier_retry_count = 5;
	expect(&params, "status=CAUGHT_ERROR", "error=B", "nextState=CB",
	       "output={\"a\":1,\"e\":{\"Error\":\"B\",\"Cause\":\"c\"}}",
	       "inspectionData.errorDetails={\"catchIndex\":1,\"retryIndex\":1}", NULL);
	mock_error(&params, "C", NULL);
	expect(&params, "status=CAUGHT_ERROR", "!cause", "inspectionData.errorDetails={\"catchIndex\":1}",
	       NULL);
}

static void and_ends_as_a_failure(void **state)
{
	struct sw_test_state_params params = asked(retrying, "{}");
	mock_error(&params, "D", "c");
	expect(&params, "status=FAILED", "error=D", "cause=c", "!nextState", "!inspectionData.errorDetails",
	       NULL);
	/* "States.Runtime ... is not retriable" */
	mock_error(&params, "States.Runtime", "c");
	expect(&params, "status=FAILED", "error=States.Runtime", NULL);
}

static void a_retrier_that_is_spent_is_told_with_the_failure(void **state)
{
	struct sw_test_state_params params = asked(
		"{" LAMBDA ",\"Retry\":[{\"ErrorEquals\":[\"B\"],\"MaxAttempts\":2}],\"End\":true}", "{}");
	mock_error(&params, "B", "c");
	params.retrier_retry_count = 2;
	expect(&params, "status=FAILED", "inspectionData.errorDetails={\"retryIndex\":0}", NULL);
}

#define INSIDE_OF(outer, handlers)                                                                    \
	"{\"StartAt\":\"O\",\"States\":{\"O\":{" outer "\"StartAt\":\"T\",\"States\":{\"T\":{" LAMBDA \
	",\"Retry\":[{\"ErrorEquals\":[\"A\"],\"MaxAttempts\":1}],\"End\":true}}}" handlers           \
	",\"End\":true},\"N\":{\"Type\":\"Succeed\"}}}"
#define IN_PARALLEL "\"Type\":\"Parallel\",\"Branches\":[{"
#define IN_MAP "\"Type\":\"Map\",\"ItemProcessor\":{"
#define HANDLERS                                                                \
	",\"Retry\":[{\"ErrorEquals\":[\"R\"],\"IntervalSeconds\":3}],"         \
	"\"Catch\":[{\"ErrorEquals\":[\"X\"],\"Next\":\"N\"},{\"ErrorEquals\":" \
	"[\"A\",\"States.TaskFailed\"],\"ResultPath\":\"$.e\",\"Next\":\"N\"}]"

/* The guide: "errors propagate to parent state error handlers just as they would in a real execution" */
static void what_a_state_does_not_handle_goes_to_the_one_around_it(void **state)
{
	static const char *const machines[] = {INSIDE_OF(IN_PARALLEL, "]" HANDLERS),
					       INSIDE_OF(IN_MAP, HANDLERS)};
	for (size_t i = 0; i < 2; i++) {
		struct sw_test_state_params params = asked(machines[i], "{\"a\":1}");
		params.state_name = "T";
		mock_error(&params, "A", "c");
		expect(&params, "status=RETRIABLE",
		       "inspectionData.errorDetails.retryBackoffIntervalSeconds=1", NULL);
		params.retrier_retry_count = 1;
		expect(&params, "status=CAUGHT_ERROR", "error=A", "cause=c", "nextState=N",
		       "inspectionData.errorDetails.catchIndex=1",
		       "output={\"a\":1,\"e\":{\"Error\":\"A\",\"Cause\":\"c\"}}", NULL);
		mock_error(&params, "R", "c");
		expect(&params, "status=RETRIABLE", "inspectionData.errorDetails.retryIndex=0",
		       "inspectionData.errorDetails.retryBackoffIntervalSeconds=6", NULL);
	}
	/* An iteration of a distributed Map fails by itself. */
	struct sw_test_state_params params =
		asked(INSIDE_OF(IN_MAP "\"ProcessorConfig\":{\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":"
				       "\"STANDARD\"},",
				HANDLERS),
		      "{}");
	params.state_name = "T";
	mock_error(&params, "B", "c");
	expect(&params, "status=FAILED", "error=B", NULL);
}

static void a_failure_of_the_states_own_data_is_a_failure_of_the_state(void **state)
{
	struct sw_test_state_params params =
		asked("{" LAMBDA ",\"Parameters\":{\"a.$\":\"$.missing\"},\"End\":true}", "{}");
	mock_result(&params, "{}");
	expect(&params, "status=FAILED", "error=States.Runtime",
	       "cause=The JSONPath '$.missing' specified for the field 'a.$' could not be found in the input "
	       "'{}'",
	       "inspectionData.afterInputPath={}", "!inspectionData.afterParameters", NULL);
}

static void a_catcher_that_cannot_be_carried_out_is_a_failure(void **state)
{
	struct sw_test_state_params params = asked(
		"{" LAMBDA ",\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Assign\":{\"x.$\":\"$.missing\"},"
		"\"Next\":\"N\"}],\"End\":true}",
		"{}");
	mock_error(&params, "B", "c");
	expect(&params, "status=FAILED", "error=States.Runtime", NULL);
}

/* test_state/state_configuration.map_state_failure_count_*: a Map that names no tolerance is held to none */
static void too_many_failed_iterations_exceed_the_tolerance(void **state)
{
	struct sw_test_state_params params = asked(
		"{\"Type\":\"Map\",\"ToleratedFailureCount\":1," DISTRIBUTED_ITEM
		",\"Catch\":[{\"ErrorEquals\":[\"States.ExceedToleratedFailureThreshold\"],\"Next\":\"N\"}],"
		"\"End\":true}",
		"[1,2,3]");
	mock_result(&params, "[0,0,1]");
	params.map_iteration_failure_count = 1;
	expect(&params, "status=SUCCEEDED", "inspectionData.toleratedFailureCount=1", NULL);
	params.map_iteration_failure_count = 2;
	expect(&params, "status=CAUGHT_ERROR", "error=States.ExceedToleratedFailureThreshold",
	       "cause=The specified tolerated failure threshold was exceeded", "nextState=N", NULL);
	params.definition = "{\"Type\":\"Map\"," DISTRIBUTED_ITEM ",\"End\":true}";
	params.definition_len = strlen(params.definition);
	expect(&params, "status=SUCCEEDED", "!inspectionData.toleratedFailureCount", NULL);
}

static void the_tolerance_may_be_a_percentage_and_come_from_the_input(void **state)
{
	struct sw_test_state_params params =
		asked("{\"Type\":\"Map\",\"ItemsPath\":\"$.v\",\"ToleratedFailurePercentagePath\":\"$.p\","
		      "\"MaxConcurrencyPath\":\"$.c\"," DISTRIBUTED_ITEM ",\"End\":true}",
		      "{\"v\":[1,2,3,4],\"p\":25.5,\"c\":7}");
	mock_result(&params, "[1,1,1,1]");
	params.map_iteration_failure_count = 1;
	expect(&params, "status=SUCCEEDED", "inspectionData.toleratedFailurePercentage=25.5",
	       "inspectionData.maxConcurrency=7", NULL);
	params.map_iteration_failure_count = 2;
	expect(&params, "status=FAILED", "error=States.ExceedToleratedFailureThreshold", NULL);
}

/* test_state/state_configuration.state_machine_with_state_error_debug */
static void an_error_from_inside_of_a_map_is_told_as_it_is(void **state)
{
	struct sw_test_state_params params =
		asked("{\"Type\":\"Map\",\"ToleratedFailureCount\":2," DISTRIBUTED_ITEM ",\"End\":true}",
		      "[1,2,3]");
	mock_error(&params, "E", "c");
	params.error_caused_by_state = "I";
	params.map_iteration_failure_count = 2;
	expect(&params, "status=FAILED", "error=E", "cause=c", NULL);
	expect_stations(&params, "input afterInputPath afterItemsPath maxConcurrency toleratedFailureCount");
	params.error_caused_by_state = "J";
	expect_refusal(&params, SW_EINVAL, "State 'J' not found in the Map state");
	params.error_caused_by_state = "I";
	params.map_iteration_failure_count = 4;
	expect_refusal(
		&params, SW_EINVAL,
		"Map iteration failure count must be less than or equal to the number of Map iterations");
	/* The guide: it "cannot exceed the number of items in the input", whatever the result is. */
	params = asked("{\"Type\":\"Map\"," ITEM ",\"End\":true}", "[1,2,3]");
	mock_result(&params, "[1,2,3,4,5]");
	params.map_iteration_failure_count = 4;
	expect_refusal(
		&params, SW_EINVAL,
		"Map iteration failure count must be less than or equal to the number of Map iterations");
}

static void what_an_item_reader_read_stands_for_the_items(void **state)
{
	struct sw_test_state_params params = asked(
		"{\"Type\":\"Map\",\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:getObject\","
		"\"ReaderConfig\":{\"InputType\":\"JSON\"},\"Parameters\":{\"Bucket\":\"b\",\"Key\":\"k\"}},"
		"\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value\"}," DISTRIBUTED_ITEM ",\"End\":true}",
		"{}");
	mock_result(&params, "[1,1]");
	params.map_item_reader_data = "[7,8]";
	params.map_item_reader_data_len = 5;
	expect(&params, "status=SUCCEEDED", "inspectionData.afterItemSelector=[{\"v\":7},{\"v\":8}]",
	       "!inspectionData.afterItemsPath", NULL);
	params.map_item_reader_data_len = 4;
	expect_refusal(&params, SW_EINVAL, "Map item reader data must be valid JSON");
}

/* The guide: afterItemsPointer, "the effective input after the ItemsPointer filter is applied", not for JSONata */
static void an_items_pointer_and_lines_of_json_lead_to_the_items(void **state)
{
	static const struct {
		const char *config, *data, *shown; /* NULL: the items are not known */
	} readers[] = {
		{"\"JSON\",\"ItemsPointer\":\"/a/1/b~1~0\"", "{\"a\":[0,{\"b/~\":[7,8]}]}", "7,8"},
		{"\"JSON\",\"ItemsPointer\":\"/a/01\"", "{\"a\":[[7],[8]]}", NULL},
		{"\"JSON\",\"ItemsPointer\":\"/a/9\"", "{\"a\":[[7],[8]]}", NULL},
		{"\"JSON\",\"ItemsPointer\":\"a\"", "{\"a\":[7]}", NULL},
		{"\"JSON\",\"ItemsPointer\":\"/a\",\"MaxItems\":1", "{\"a\":[7,8]}", "7"},
		{"\"JSONL\"", "7\n\n 8 \r\n", "7,8"},
		{"\"CSV\",\"CSVHeaderLocation\":\"FIRST_ROW\"", "a\n7\n", NULL},
	};
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		char definition[512], selector[80], pointer[80];
		snprintf(definition, sizeof(definition),
			 "{\"Type\":\"Map\",\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:getObject\","
			 "\"ReaderConfig\":{\"InputType\":%s},\"Parameters\":{\"Bucket\":\"b\",\"Key\":\"k\"}"
			 "},"
			 "\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Index\"}," DISTRIBUTED_ITEM
			 ",\"End\":true}",
			 readers[i].config);
		struct sw_test_state_params params = asked(definition, "{}");
		mock_result(&params, "[1]");
		params.map_item_reader_data = readers[i].data;
		params.map_item_reader_data_len = strlen(readers[i].data);
		snprintf(selector, sizeof(selector), "inspectionData.afterItemSelector=[%s]",
			 !readers[i].shown               ? ""
			 : strchr(readers[i].shown, ',') ? "{\"v\":0},{\"v\":1}"
							 : "{\"v\":0}");
		snprintf(pointer, sizeof(pointer), "inspectionData.afterItemsPointer=[%s]",
			 readers[i].shown ? readers[i].shown : "");
		bool pointed = readers[i].shown && strstr(readers[i].config, "Pointer");
		expect(&params, "status=SUCCEEDED", selector,
		       pointed ? pointer : "!inspectionData.afterItemsPointer", NULL);
	}
	struct sw_test_state_params params = asked(
		"{\"Type\":\"Map\",\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:getObject\","
		"\"ReaderConfig\":{"
		"\"InputType\":\"JSONL\"},\"Parameters\":{\"Bucket\":\"b\",\"Key\":\"k\"}}," DISTRIBUTED_ITEM
		",\"End\":true}",
		"{}");
	mock_result(&params, "[1]");
	params.map_item_reader_data = "7\nx\n";
	params.map_item_reader_data_len = 4;
	expect_refusal(&params, SW_EINVAL, "Map item reader data must be valid JSON");
}

/* ---- what is refused ---------------------------------------------------------------------------------- */

static void some_members_need_a_mock(void **state)
{
	struct sw_test_state_params params = asked("{\"Type\":\"Pass\",\"End\":true}", "{}");
	params.map_iteration_failure_count = 0;
	expect_refusal(&params, SW_EINVAL,
		       "TestState does not support MapIterationFailureCount when a mock is not specified.");
	params.map_iteration_failure_count = -1;
	give_context(&params, "{}");
	expect_refusal(&params, SW_EINVAL,
		       "TestState does not support Context when a mock is not specified.");
}

static void a_mock_is_a_result_or_an_error_and_shows_no_secrets(void **state)
{
	struct sw_test_state_params params = asked("{" LAMBDA ",\"End\":true}", "{}");
	mock_result(&params, "{}");
	params.reveal_secrets = true;
	expect_refusal(&params, SW_EINVAL,
		       "TestState does not support RevealSecrets when a mock is specified.");
	params.reveal_secrets = false;
	mock_error(&params, "E", NULL);
	expect_refusal(&params, SW_EINVAL,
		       "A test mock should have only one of the following fields: [result, errorOutput].");
	params.mock_result = NULL;
	params.mock_error = NULL;
	expect_refusal(&params, SW_EINVAL, "The errorOutput of a mock must have the field error.");
}

static void only_states_with_work_have_a_mock_and_map_and_parallel_need_one(void **state)
{
	struct sw_test_state_params params = asked("{\"Type\":\"Succeed\"}", "{}");
	mock_result(&params, "{}");
	expect_refusal(&params, SW_EINVAL, "State type 'Succeed' is not supported when a mock is specified");
	params = asked("{" PARALLEL ",\"End\":true}", "{}");
	expect_refusal(
		&params, SW_EDEFINITION,
		"TestState API does not support Map or Parallel states. Supported state types include: "
		"[Task, Wait, Pass, Succeed, Fail, Choice]");
}

/* test_state/state_scenarios.base_lambda_service_task_state_no_role_arn_validation */
static void a_task_without_a_mock_is_refused(void **state)
{
	struct sw_test_state_params params = asked("{" LAMBDA ",\"End\":true}", "{}");
	expect_refusal(&params, SW_EINVAL, "RoleArn must be specified when testing a Task state");
	params.role_arn = "arn:aws:iam::111111111111:role/r";
	expect_refusal(&params, SW_EINVAL,
		       "TestState calls no resources here: specify a mock when testing a Task state");
}

/* test_state/state_mock_validation.* */
static void a_mocked_result_has_the_form_of_the_state(void **state)
{
	struct sw_test_state_params params = asked("{" PARALLEL ",\"End\":true}", "{}");
	mock_result(&params, "[1]");
	expect_refusal(&params, SW_EINVAL,
		       "Mocked result must contain the same number of items as number of Parallel branches.");
	mock_result(&params, "[1");
	expect_refusal(&params, SW_EINVAL, "Mocked result must be valid JSON");
	params = asked("{\"Type\":\"Map\"," ITEM ",\"End\":true}", "[1]");
	mock_result(&params, "{}");
	expect_refusal(&params, SW_EINVAL, "Mocked result must be an array.");
	params = asked("{\"Type\":\"Map\",\"ResultWriter\":{\"Resource\":\"arn:aws:states:::s3:putObject\","
		       "\"Parameters\":{\"Bucket\":\"b\"}}," DISTRIBUTED_ITEM ",\"End\":true}",
		       "[1]");
	mock_result(&params, "[]");
	expect_refusal(&params, SW_EINVAL, "Mocked result must be a JSON object.");
}

static void payloads_must_be_json(void **state)
{
	struct sw_test_state_params params = asked("{\"Type\":\"Succeed\"}", "{");
	struct sw_error err = {0};
	char *text = NULL;
	assert_int_equal(sw_test_state(&params, &text, NULL, &err), SW_EINPUT);
	params = asked("{\"Type\":\"Succeed\"}", "{}");
	params.variables = "[]";
	params.variables_len = 2;
	expect_refusal(&params, SW_EINVAL, "Variables must be a valid JSON object");
}

/* test_state/state_machine_scenarios.*, state_mock_validation.parallel_state_empty_branches */
static void mistakes_of_the_definition_are_placed_as_aws_places_them(void **state)
{
	static const struct {
		const char *definition, *name, *place;
		uint32_t line, column;
	} rows[] = {
		{"{\"Type\":\"Parallel\",\"Branches\":[],\"End\":true}", NULL, "/States/StateName/Branches",
		 1, 31},
		{"{\"Type\":\n  \"What\",\"End\":true}", NULL, "/States/StateName/Type", 2, 3},
		{"{\"StartAt\":\"X\",\"States\":{\"X\":{\"Type\":\"What\"}}}", "X", "/States/X/Type", 1, 38},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sw_test_state_params params = asked(rows[i].definition, "{}");
		struct sw_findings *findings = NULL;
		struct sw_error err = {0};
		char *text = NULL;
		params.state_name = rows[i].name;
		assert_int_equal(sw_test_state(&params, &text, &findings, &err), SW_EDEFINITION);
		assert_non_null(findings);
		const struct sw_finding *finding = sw_findings_get(findings, 0);
		assert_string_equal(finding->aws_location, rows[i].place);
		assert_int_equal(finding->error.line, rows[i].line);
		assert_int_equal(finding->error.column, rows[i].column);
		sw_findings_free(findings);
	}
}

static void a_text_that_closes_the_state_early_is_not_json(void **state)
{
	struct sw_test_state_params params =
		asked("{\"Type\":\"Succeed\"},\"X\":{\"Type\":\"Succeed\"}", "{}");
	struct sw_findings *findings = NULL;
	char *text = NULL;
	assert_int_equal(sw_test_state(&params, &text, &findings, NULL), SW_EDEFINITION);
	assert_string_equal(sw_findings_get(findings, 0)->code, "INVALID_JSON_DESCRIPTION");
	sw_findings_free(findings);
}

static void a_state_that_is_not_there_is_refused(void **state)
{
	struct sw_test_state_params params =
		asked("{\"StartAt\":\"X\",\"States\":{\"X\":{\"Type\":\"Succeed\"}}}", "{}");
	params.state_name = "Y";
	expect_refusal(&params, SW_EINVAL, "State not found in definition");
}

/* ---- results of APIs ---------------------------------------------------------------------------------- */

#define DESCRIBED                                                                                   \
	"{\"ExecutionArn\":\"e\",\"StateMachineArn\":\"m\",\"StartDate\":\"2020-02-02T02:02:02Z\"," \
	"\"Status\":\"SUCCEEDED\""

static const struct {
	const char *resource, *result, *mistake; /* NULL: none */
} api_results[] = {
	{"lambda:invoke", "{\"StatusCode\":200,\"Payload\":\"{}\",\"More\":1}", NULL},
	/* Users of AWS's and the makers of LocalStack tell of it. */
	{"lambda:invoke", "{\"Payload\":{\"a\":1}}", "'Payload' must be a string"},
	{"lambda:invoke", "{\"StatusCode\":\"200\"}", "'StatusCode' must be a number"},
	{"aws-sdk:lambda:getFunction", "{\"Configuration\":{\"MemorySize\":127}}",
	 "'MemorySize' is less than the minimum value"},
	{"aws-sdk:lambda:getFunction", "{\"Configuration\":{\"MemorySize\":10241}}",
	 "'MemorySize' exceeds the maximum value"},
	{"aws-sdk:lambda:getFunction", "{\"Configuration\":[]}", "'Configuration' must be an object"},
	{"aws-sdk:lambda:getFunction", "{\"Tags\":{\"a\":1}}", "'a' must be a string"},
	{"aws-sdk:s3:getObject", "{\"StorageClass\":\"Papyrus\"}", "'StorageClass' is not an expected value"},
	{"aws-sdk:s3:getObject", "{\"StorageClass\":\"STANDARD_IA\"}", NULL},
	{"aws-sdk:s3:getObject", "{\"DeleteMarker\":\"no\"}", "'DeleteMarker' must be a boolean"},
	{"dynamodb:getItem", "{\"Item\":{\"a\":{\"M\":{\"b\":{\"L\":[{\"S\":1}]}}}}}",
	 "'S' must be a string"},
	{"events:putEvents", "{\"Entries\":{}}", "'Entries' must be an array"},
	{"aws-sdk:kms:encrypt", "{\"CiphertextBlob\":\"\"}",
	 "'CiphertextBlob' is smaller than the minimum length"},
	{"aws-sdk:ssm:getParameter", "{\"Parameter\":{\"Type\":\"\"}}", "'Type' is not an expected value"},
	/* "the mocked response is validated against the polling API's schema" (Step Functions' guide) */
	{"states:startExecution.sync", DESCRIBED ",\"Output\":\"{}\"}", NULL},
	{"states:startExecution.sync:2", DESCRIBED ",\"Output\":{}}", "'Output' must be a string"},
	{"states:startExecution.sync:2", DESCRIBED ",\"Output\":null}", NULL},
	{"states:startExecution.sync:2", DESCRIBED ",\"StopDate\":1}", "'StopDate' must be a string"},
	{"states:startExecution.waitForTaskToken", "{\"ExecutionArn\":1}", NULL},
	{"states:startExecution", "{\"ExecutionArn\":\"a\",\"StartDate\":1}", "'StartDate' must be a string"},
	{"sqs:sendMessage.waitForTaskToken", "{\"MessageId\":1}", NULL},
	{"aws-sdk:something:else", "{\"MessageId\":1}", NULL},
};

/* test_state/field_validation_mode* */
static void a_mocked_result_is_held_against_the_api(void **state)
{
	for (size_t i = 0; i < sizeof(api_results) / sizeof(api_results[0]); i++) {
		char definition[256], message[256];
		snprintf(definition, sizeof(definition),
			 "{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::%s\",\"End\":true}",
			 api_results[i].resource);
		struct sw_test_state_params params = asked(definition, "{}");
		mock_result(&params, api_results[i].result);
		if (!api_results[i].mistake) {
			expect(&params, "status=SUCCEEDED", NULL);
			continue;
		}
		snprintf(message, sizeof(message), "Mock result schema validation error: Field %s",
			 api_results[i].mistake);
		expect_refusal(&params, SW_EINVAL, message);
		params.validation = SW_MOCK_NONE;
		expect(&params, "status=SUCCEEDED", NULL);
	}
}

/* test_state/field_validation_mode_present.present_mode_sfn_task_validation_pass_missing_requ */
static void what_is_absent_matters_only_when_strict(void **state)
{
	struct sw_test_state_params params = asked(
		"{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::states:startExecution\",\"End\":true}",
		"{}");
	mock_result(&params, "{}");
	params.validation = SW_MOCK_PRESENT;
	expect(&params, "status=SUCCEEDED", NULL);
	params.validation = SW_MOCK_STRICT;
	expect_refusal(&params, SW_EINVAL,
		       "Mock result schema validation error: Required field 'ExecutionArn' is missing");
	mock_result(&params, "{\"ExecutionArn\":1,\"StartDate\":null}");
	expect_refusal(&params, SW_EINVAL,
		       "Mock result schema validation error: Required field 'StartDate' is missing");
	params = asked("{\"Type\":\"Task\",\"Resource\":"
		       "\"arn:aws:states:::states:startExecution.sync\",\"End\":true}",
		       "{}");
	mock_result(&params, "{\"ExecutionArn\":\"e\",\"StartDate\":\"d\"}");
	expect_refusal(&params, SW_EINVAL,
		       "Mock result schema validation error: Required field 'StateMachineArn' is missing");
}

/* ---- memory ------------------------------------------------------------------------------------------- */

static void sweep(const struct sw_test_state_params *params)
{
	for (uint64_t i = 1;; i++) {
		struct sw_findings *findings = NULL;
		char *text = NULL;
		failing_malloc_begin((long)i, 1);
		enum sw_result r = sw_test_state(params, &text, &findings, NULL);
		bool failed = failing_malloc_end() > 0;
		sw_text_free(text);
		sw_findings_free(findings);
		if (!failed) {
			assert_int_equal(r, SW_OK);
			assert_true(i > 20);
			return;
		}
		/* A failure may be benign. */
		assert_true(r == SW_ENOMEM || r == SW_OK);
	}
}

static void every_allocation_may_fail(void **state)
{
	struct sw_test_state_params params = asked(
		"{\"Type\":\"Map\",\"ItemsPath\":\"$.v\",\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value\"},"
		"\"ToleratedFailureCount\":1," DISTRIBUTED_ITEM ",\"ResultPath\":\"$.r\",\"Next\":\"N\"}",
		"{\"v\":[1,2]}");
	params.variables = "{\"x\":1}";
	params.variables_len = 7;
	mock_result(&params, "[1,2]");
	sweep(&params);
	params = asked(retrying, "{\"a\":1}");
	mock_error(&params, "C", "c");
	sweep(&params);
	params = asked(
		"{\"StartAt\":\"X\",\"States\":{\"X\":{\"Type\":\"Pass\",\"Parameters\":{\"c.$\":\"$$\"},"
		"\"Assign\":{\"v.$\":\"$.c\"},\"End\":true}}}",
		"{}");
	params.state_name = "X";
	sweep(&params);
	params = asked(INSIDE_OF(IN_MAP, HANDLERS), "{\"a\":1}");
	params.state_name = "T";
	mock_error(&params, "X", "c");
	sweep(&params);
	params = asked(
		"{\"Type\":\"Map\",\"ItemReader\":{\"Resource\":\"arn:aws:states:::s3:getObject\","
		"\"ReaderConfig\":{\"InputType\":\"JSONL\"},\"Parameters\":{\"Bucket\":\"b\",\"Key\":\"k\"}},"
		"\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value\"}," DISTRIBUTED_ITEM ",\"End\":true}",
		"{}");
	params.map_item_reader_data = "7\n8\n";
	params.map_item_reader_data_len = 4;
	mock_result(&params, "[1]");
	give_context(&params, "{\"State\":{\"Name\":\"n\"}}");
	sweep(&params);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pass_state_shows_its_data_at_every_station),
		cmocka_unit_test(a_pass_state_with_a_result_does_not_show_its_input),
		cmocka_unit_test(at_the_level_info_no_data_is_shown),
		cmocka_unit_test(without_input_it_is_an_empty_object),
		cmocka_unit_test(states_that_make_nothing_show_their_filtered_input_alone),
		cmocka_unit_test(a_choice_tells_where_it_leads),
		cmocka_unit_test(a_choice_without_a_match_fails_without_the_place_in_its_cause),
		cmocka_unit_test(a_wait_state_does_not_wait),
		cmocka_unit_test(a_fail_state_fails_with_what_it_says),
		cmocka_unit_test(a_task_shows_its_parameters_and_the_mocked_result),
		cmocka_unit_test(a_parallel_state_shows_what_follows_its_work),
		cmocka_unit_test(a_map_shows_its_items_and_its_concurrency),
		cmocka_unit_test(a_map_shows_the_input_of_every_iteration),
		cmocka_unit_test(inputs_of_iterations_that_are_too_large_together_are_not_shown),
		cmocka_unit_test(what_a_map_takes_for_items_must_be_an_array),
		cmocka_unit_test(a_state_inside_of_a_map_can_be_tested_by_its_name),
		cmocka_unit_test(inside_of_a_map_the_input_is_the_first_item),
		cmocka_unit_test(variables_are_seen_and_assigned),
		cmocka_unit_test(no_variables_are_not_shown),
		cmocka_unit_test(a_context_object_is_made_up),
		cmocka_unit_test(a_given_context_object_is_all_there_is),
		cmocka_unit_test(a_context_object_has_the_members_of_aws),
		cmocka_unit_test(a_token_is_for_tasks_that_wait_for_it),
		cmocka_unit_test(a_mocked_error_meets_the_retriers_first),
		cmocka_unit_test(then_the_catchers),
		cmocka_unit_test(and_ends_as_a_failure),
		cmocka_unit_test(a_retrier_that_is_spent_is_told_with_the_failure),
		cmocka_unit_test(what_a_state_does_not_handle_goes_to_the_one_around_it),
		cmocka_unit_test(a_failure_of_the_states_own_data_is_a_failure_of_the_state),
		cmocka_unit_test(a_catcher_that_cannot_be_carried_out_is_a_failure),
		cmocka_unit_test(too_many_failed_iterations_exceed_the_tolerance),
		cmocka_unit_test(the_tolerance_may_be_a_percentage_and_come_from_the_input),
		cmocka_unit_test(an_error_from_inside_of_a_map_is_told_as_it_is),
		cmocka_unit_test(what_an_item_reader_read_stands_for_the_items),
		cmocka_unit_test(an_items_pointer_and_lines_of_json_lead_to_the_items),
		cmocka_unit_test(some_members_need_a_mock),
		cmocka_unit_test(a_mock_is_a_result_or_an_error_and_shows_no_secrets),
		cmocka_unit_test(only_states_with_work_have_a_mock_and_map_and_parallel_need_one),
		cmocka_unit_test(a_task_without_a_mock_is_refused),
		cmocka_unit_test(a_mocked_result_has_the_form_of_the_state),
		cmocka_unit_test(payloads_must_be_json),
		cmocka_unit_test(mistakes_of_the_definition_are_placed_as_aws_places_them),
		cmocka_unit_test(a_text_that_closes_the_state_early_is_not_json),
		cmocka_unit_test(a_state_that_is_not_there_is_refused),
		cmocka_unit_test(a_mocked_result_is_held_against_the_api),
		cmocka_unit_test(what_is_absent_matters_only_when_strict),
		cmocka_unit_test(every_allocation_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
