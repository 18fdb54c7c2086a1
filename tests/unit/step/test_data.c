/* Data flow: paths, templates, ResultPath, variables, the context object. */
#include "tests/unit/step/check.h"

#define ONE(fields) "{\"StartAt\":\"A\",\"States\":{\"A\":{" fields ",\"End\":true}}}"

static void one(const char *definition, const char *input, const char *output)
{
	struct world *world = begin(definition, input);
	assert_output(world, output);
	world_free(world);
}

static void a_pass_state_passes_its_input_on_unparsed(void **state)
{
	struct world *world = begin(ONE("\"Type\":\"Pass\""), "{ \"n\" : 1.50 }");
	/* The text is kept as it was given: nobody has looked into it. */
	assert_output(world, "{ \"n\" : 1.50 }");
	assert_ptr_equal(world->execution->input, world->execution->output);
	assert_string_equal(world_trace(world), "1<-0 ExecutionStarted\n2<-0 PassStateEntered\n"
						"3<-2 PassStateExited\n4<-3 ExecutionSucceeded\n");
	world_free(world);
}

static void result_is_literal(void **state)
{
	one(ONE("\"Type\":\"Pass\",\"Result\":{\"a.$\":\"$.x\"}"), "{}", "{\"a.$\":\"$.x\"}");
}

static void input_path_null_gives_an_empty_object(void **state)
{
	one(ONE("\"Type\":\"Pass\",\"InputPath\":null"), "{\"a\":1}", "{}");
}

static void output_path_null_discards(void **state)
{
	one(ONE("\"Type\":\"Pass\",\"OutputPath\":null"), "{\"a\":1}", "{}");
}

static void result_path_null_gives_the_raw_input(void **state)
{
	one(ONE("\"Type\":\"Pass\",\"InputPath\":\"$.a\",\"Result\":5,\"ResultPath\":null"), "{\"a\":1}",
	    "{\"a\":1}");
}

static void result_path_puts_the_result_into_the_raw_input(void **state)
{
	one(ONE("\"Type\":\"Pass\",\"InputPath\":\"$.a\",\"Parameters\":{\"v.$\":\"$.b\"},"
		"\"ResultPath\":\"$.r.s\",\"OutputPath\":\"$.r\""),
	    "{\"a\":{\"b\":7}}", "{\"s\":{\"v\":7}}");
}

static void a_missing_path_in_a_field_is_told_with_the_place(void **state)
{
	struct world *world = begin(ONE("\"Type\":\"Pass\",\"OutputPath\":\"$.No\""), "{\"a\":1}");
	/* scenarios/invalid_jsonpath_st_invalid_jsonpath_in_outputpath */
	assert_ended(
		world, SW_STATUS_FAILED, "States.Runtime",
		"An error occurred while executing the state 'A' (entered at the event id #2). Invalid path "
		"'$.No' : No results for path: $['No']");
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 PassStateEntered\n3<-2 ExecutionFailed\n");
	world_free(world);
}

static void a_missing_path_in_a_template_is_told_with_the_input(void **state)
{
	struct world *world = begin(ONE("\"Type\":\"Pass\",\"Parameters\":{\"v.$\":\"$.no\"}"), "{\"a\":1}");
	assert_ended(
		world, SW_STATUS_FAILED, "States.Runtime",
		"An error occurred while executing the state 'A' (entered at the event id #2). The JSONPath "
		"'$.no' specified for the field 'v.$' could not be found in the input '{\"a\":1}'");
	world_free(world);
}

/* Told where it was looked: floci-io/floci#2870. */
static void a_missing_path_into_the_context_object_is_told_with_that(void **state)
{
	struct world *world = begin(ONE("\"Type\":\"Pass\",\"Parameters\":{\"v.$\":\"$$.No\"}"), "{\"a\":1}");
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_has(world_event(world, 3),
		   "The JSONPath '$$.No' specified for the field 'v.$' could not be found in "
		   "the input '{\\\"Execution\\\":{\\\"Id\\\":");
	world_free(world);
}

/* "attempting to apply InputPath or OutputPath on a null JSON payload": States.Runtime. */
static void paths_need_an_input_that_is_not_null(void **state)
{
	static const char *const fields[] = {
		"\"InputPath\":\"$.a\"", "\"OutputPath\":\"$.a\"", "\"Parameters\":{\"v.$\":\"$\"}",
		"\"Parameters\":{\"w\":[{\"v.$\":\"States.Array(States.JsonToString($.a))\"}]}"};
	char definition[300];
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		snprintf(definition, sizeof(definition), ONE("\"Type\":\"Pass\",%s"), fields[i]);
		struct world *world = begin(definition, "null");
		assert_ended(world, SW_STATUS_FAILED, "States.Runtime",
			     "An error occurred while executing the state 'A' (entered at the event id #2). "
			     "Unable to apply Path transformation to null or empty input.");
		world_free(world);
	}
	one(ONE("\"Type\":\"Pass\""), "null", "null");
	one(ONE("\"Type\":\"Pass\",\"InputPath\":\"$\",\"OutputPath\":\"$\""), "null", "null");
	one(ONE("\"Type\":\"Pass\",\"Parameters\":{\"n.$\":\"$$.Execution.Name\",\"u.$\":\"States.Array(1)"
		"\"}"),
	    "null", "{\"n\":\"run\",\"u\":[1]}");
}

static void the_context_object_has_what_aws_gives(void **state)
{
	/* base/query_context_object_values: a Pass state has no RetryCount. */
	one(ONE("\"Type\":\"Pass\",\"InputPath\":\"$$\""), "{\"m\":1}",
	    "{\"Execution\":{\"Id\":\"arn:aws:states:us-east-1:123456789012:execution:machine:run\","
	    "\"Input\":{\"m\":1},\"StartTime\":\"2023-11-14T22:13:20Z\",\"Name\":\"run\","
	    "\"RoleArn\":\"arn:aws:iam::123456789012:role/stepwell\",\"RedriveCount\":0},"
	    "\"StateMachine\":{\"Id\":\"arn:aws:states:us-east-1:123456789012:stateMachine:machine\","
	    "\"Name\":\"machine\"},\"State\":{\"Name\":\"A\",\"EnteredTime\":\"2023-11-14T22:13:20Z\"}}");
}

static void variables_are_assigned_after_the_state_and_seen_by_the_next(void **state)
{
	struct world *world = begin(
		"{\"StartAt\":\"A\",\"States\":{"
		"\"A\":{\"Type\":\"Pass\",\"Assign\":{\"x\":42,\"y.$\":\"$.in\"},\"Next\":\"B\"},"
		"\"B\":{\"Type\":\"Pass\",\"Assign\":{\"x\":1},\"OutputPath\":\"$x\",\"Next\":\"C\"},"
		"\"C\":{\"Type\":\"Pass\",\"Parameters\":{\"x.$\":\"$x\",\"y.$\":\"$y\"},\"End\":true}}}",
		"{\"in\":\"v\"}");
	assert_output(world, "{\"x\":1,\"y\":\"v\"}");
	assert_has(world_event(world, 3), "\"assignedVariables\":{\"x\":\"42\",\"y\":\"\\\"v\\\"\"},"
					  "\"assignedVariablesDetails\":{\"truncated\":false}");
	/* Output and Assign both see the values from state entry. */
	assert_has(world_event(world, 5), "\"output\":\"42\"");
	world_free(world);
}

static void branches_see_outer_variables_and_keep_their_own(void **state)
{
	struct world *world = begin(
		"{\"StartAt\":\"A\",\"States\":{"
		"\"A\":{\"Type\":\"Pass\",\"Assign\":{\"x\":42},\"Next\":\"P\"},"
		"\"P\":{\"Type\":\"Parallel\",\"Branches\":[{\"StartAt\":\"I\",\"States\":{"
		"\"I\":{\"Type\":\"Pass\",\"Assign\":{\"in.$\":\"$x\"},\"Next\":\"J\"},"
		"\"J\":{\"Type\":\"Pass\",\"Parameters\":{\"a.$\":\"$in\",\"b.$\":\"$x\"},\"End\":true}}}],"
		"\"End\":true}}}",
		"{}");
	assert_output(world, "[{\"a\":42,\"b\":42}]");
	world_free(world);
}

static void an_empty_assign_tells_nothing(void **state)
{
	struct world *world = begin(ONE("\"Type\":\"Pass\",\"Assign\":{}"), "{}");
	assert_has_not(world_event(world, 3), "assignedVariables");
	world_free(world);
}

static void a_state_output_over_the_limit_fails(void **state)
{
	const char *definition = ONE("\"Type\":\"Pass\",\"Parameters\":{\"a.$\":\"$.v\",\"b.$\":\"$.v\"}");
	struct sw_error err = {0};
	for (uint32_t limit = 20; limit <= 21; limit++) {
		struct world *world = world_new(definition, strlen(definition), &err);
		assert_non_null(world);
		world->execution->payload_bytes_max = limit;
		/* {"a":"1234","b":"1234"} has 23 bytes, {"a":"123","b":"123"} 21. */
		assert_int_equal(world_start(world, "{\"v\":\"123\"}"), SW_OK);
		if (limit == 21)
			assert_output(world, "{\"a\":\"123\",\"b\":\"123\"}");
		else
			assert_ended(world, SW_STATUS_FAILED, "States.DataLimitExceeded",
				     "The state/task 'A' returned a result with a size exceeding the maximum "
				     "number of "
				     "bytes service limit.");
		world_free(world);
	}
}

static void succeed_has_input_and_output_paths(void **state)
{
	one("{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Succeed\",\"InputPath\":\"$.a\",\"OutputPath\":"
	    "\"$.b\"}}}",
	    "{\"a\":{\"b\":[1]}}", "[1]");
}

static void fail_takes_error_and_cause_from_paths(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Fail\",\"ErrorPath\":\"$.e\","
		      "\"CausePath\":\"$.c\"}}}",
		      "{\"e\":\"E\",\"c\":\"C\"}");
	assert_ended(world, SW_STATUS_FAILED, "E", "C");
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 FailStateEntered\n3<-2 ExecutionFailed\n");
	world_free(world);
}

static void fail_without_fields_has_empty_details(void **state)
{
	/* scenarios/map_state_catch_empty_fail */
	struct world *world = begin("{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Fail\"}}}", "{}");
	assert_ended(world, SW_STATUS_FAILED, NULL, NULL);
	assert_has(world_event(world, 3), "\"executionFailedEventDetails\":{}");
	world_free(world);
}

static void fail_with_a_missing_cause_path_is_a_runtime_failure(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Fail\",\"CausePath\":\"$.no\"}}}",
		      "{\"e\":1}");
	assert_ended(
		world, SW_STATUS_FAILED, "States.Runtime",
		"An error occurred while executing the state 'F' (entered at the event id #2). The JSONPath "
		"'$.no' specified for the field 'CausePath' could not be found in the input '{\"e\":1}'");
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pass_state_passes_its_input_on_unparsed),
		cmocka_unit_test(result_is_literal),
		cmocka_unit_test(input_path_null_gives_an_empty_object),
		cmocka_unit_test(output_path_null_discards),
		cmocka_unit_test(result_path_null_gives_the_raw_input),
		cmocka_unit_test(result_path_puts_the_result_into_the_raw_input),
		cmocka_unit_test(a_missing_path_in_a_field_is_told_with_the_place),
		cmocka_unit_test(a_missing_path_in_a_template_is_told_with_the_input),
		cmocka_unit_test(a_missing_path_into_the_context_object_is_told_with_that),
		cmocka_unit_test(paths_need_an_input_that_is_not_null),
		cmocka_unit_test(the_context_object_has_what_aws_gives),
		cmocka_unit_test(variables_are_assigned_after_the_state_and_seen_by_the_next),
		cmocka_unit_test(branches_see_outer_variables_and_keep_their_own),
		cmocka_unit_test(an_empty_assign_tells_nothing),
		cmocka_unit_test(a_state_output_over_the_limit_fails),
		cmocka_unit_test(succeed_has_input_and_output_paths),
		cmocka_unit_test(fail_takes_error_and_cause_from_paths),
		cmocka_unit_test(fail_without_fields_has_empty_details),
		cmocka_unit_test(fail_with_a_missing_cause_path_is_a_runtime_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
