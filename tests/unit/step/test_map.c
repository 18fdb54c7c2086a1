/* Map: items, selectors, concurrency, order, failing iterations. */
#include "tests/unit/step/check.h"

#define LAMBDA "arn:aws:lambda:us-east-1:123456789012:function:f"
#define MAP(fields, inner)                                              \
	"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\"" fields \
	",\"ItemProcessor\":{\"StartAt\":\"I\","                        \
	"\"States\":{\"I\":{" inner "}}},\"End\":true}}}"
#define PASS "\"Type\":\"Pass\",\"End\":true"
#define TASK "\"Type\":\"Task\",\"Resource\":\"" LAMBDA "\",\"End\":true"
#define PLACE "An error occurred while executing the state 'M' (entered at the event id #2). "

static void iterations_one_at_a_time_are_recorded_so(void **state)
{
	/* scenarios/map_state_config_inline_parameters */
	struct world *world =
		begin(MAP(",\"MaxConcurrency\":1,\"ItemSelector\":{\"i.$\":\"$$.Map.Item.Index\","
			  "\"v.$\":\"$$.Map.Item.Value\",\"all.$\":\"$\"}",
			  PASS),
		      "[\"a\",\"b\"]");
	assert_output(
		world,
		"[{\"i\":0,\"v\":\"a\",\"all\":[\"a\",\"b\"]},{\"i\":1,\"v\":\"b\",\"all\":[\"a\",\"b\"]}]");
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 MapStateEntered\n3<-2 MapStateStarted\n"
			    "4<-3 MapIterationStarted\n5<-4 PassStateEntered\n6<-5 PassStateExited\n"
			    "7<-6 MapIterationSucceeded\n8<-6 MapIterationStarted\n9<-8 PassStateEntered\n"
			    "10<-9 PassStateExited\n11<-10 MapIterationSucceeded\n12<-11 MapStateSucceeded\n"
			    "13<-11 MapStateExited\n14<-13 ExecutionSucceeded\n");
	assert_has(world_event(world, 3), "\"mapStateStartedEventDetails\":{\"length\":2}");
	assert_has(world_event(world, 8), "\"mapIterationStartedEventDetails\":{\"name\":\"M\",\"index\":1}");
	world_free(world);
}

static void an_empty_array_succeeds_at_once(void **state)
{
	/* scenarios/map_state_items_input_array_empty */
	struct world *world = begin(MAP("", PASS), "[]");
	assert_output(world, "[]");
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 MapStateEntered\n3<-2 MapStateStarted\n"
			    "4<-3 MapStateSucceeded\n5<-3 MapStateExited\n6<-5 ExecutionSucceeded\n");
	world_free(world);
}

static void what_is_no_array_is_refused(void **state)
{
	struct world *world = begin(MAP("", PASS), "{\"a\":1}");
	assert_ended(world, SW_STATUS_FAILED, "States.Runtime",
		     PLACE "Reference path \"$\" must point to array.");
	world_free(world);
	world = begin(MAP(",\"ItemsPath\":\"$.a\"", PASS), "{\"a\":1}");
	assert_ended(world, SW_STATUS_FAILED, "States.Runtime",
		     PLACE "Reference path \"$.a\" must point to array.");
	world_free(world);
}

static void at_most_max_concurrency_run_at_once(void **state)
{
	struct world *world = begin(MAP(",\"MaxConcurrency\":2", TASK), "[1,2,3,4,5]");
	const struct sw_branch *map = sw_execution_branch(world->execution, 0);
	assert_int_equal(world_count(world, SW_COMMAND_DISPATCH), 2);
	assert_int_equal(map->running, 2);
	assert_int_equal(world_succeed(world, 2, 1, "20"), SW_OK);
	assert_int_equal(world_count(world, SW_COMMAND_DISPATCH), 3);
	assert_int_equal(map->running, 2);
	for (uint32_t branch = 3; branch <= 5; branch++)
		assert_int_equal(world_succeed(world, branch, 1, "0"), SW_OK);
	assert_int_equal(map->running, 1);
	assert_int_equal(map->finished, 4);
	assert_int_equal(world_succeed(world, 1, 1, "10"), SW_OK);
	assert_output(world, "[10,20,0,0,0]");
	world_free(world);
}

static void no_max_concurrency_means_forty(void **state)
{
	struct sw_buf input = SW_BUF;
	sw_buf_char(&input, '[');
	for (int i = 0; i < 50; i++)
		sw_buf_printf(&input, i ? ",%d" : "%d", i);
	sw_buf_char(&input, ']');
	struct world *world = begin(MAP("", TASK), input.data);
	assert_int_equal(world_count(world, SW_COMMAND_DISPATCH), SW_MAP_CONCURRENCY_MAX);
	for (uint32_t branch = 1; branch <= 50; branch++) {
		char output[12];
		snprintf(output, sizeof(output), "%u", branch - 1);
		assert_int_equal(world_succeed(world, branch, 1, output), SW_OK);
	}
	assert_output(world, input.data);
	sw_buf_done(&input);
	world_free(world);
}

static void max_concurrency_path_takes_whole_numbers_only(void **state)
{
	/* scenarios/max_concurrency_path_nonumber */
	const char *definition = MAP(",\"MaxConcurrencyPath\":\"$.n\",\"ItemsPath\":\"$.i\"", TASK);
	struct world *world = begin(definition, "{\"n\":1,\"i\":[1,2]}");
	assert_int_equal(world_count(world, SW_COMMAND_DISPATCH), 1);
	world_free(world);
	/* assign/assign_reference_variables.reference_in_map_state_map_state_reference_in_max_concurrency_path
	 */
	world = begin(definition, "{\"n\":\"1\",\"i\":[1,2]}");
	assert_int_equal(world_count(world, SW_COMMAND_DISPATCH), 1);
	world_free(world);
	world = begin(definition, "{\"n\":\"NoNumber\",\"i\":[1]}");
	assert_ended(world, SW_STATUS_FAILED, "States.Runtime",
		     PLACE "The MaxConcurrencyPath field refers to value \"NoNumber\" which is not a valid "
			   "integer: $.n");
	assert_int_equal(world->events_count, 3);
	world_free(world);
	world = begin(definition, "{\"n\":-1,\"i\":[1]}");
	assert_ended(world, SW_STATUS_FAILED, "States.Runtime", PLACE "MaxConcurrency cannot be negative.");
	world_free(world);
}

static void a_failing_iteration_is_recorded_so(void **state)
{
	/* scenarios/map_state_catch */
	struct world *world = begin(
		"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemProcessor\":{\"StartAt\":\"I\","
		"\"States\":{\"I\":{\"Type\":\"Fail\",\"Error\":\"E\",\"Cause\":\"C\"}}},"
		"\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"C\"}],\"End\":true},"
		"\"C\":{\"Type\":\"Pass\",\"End\":true}}}",
		"[1]");
	assert_output(world, "{\"Error\":\"E\",\"Cause\":\"C\"}");
	assert_string_equal(
		world_trace(world),
		"1<-0 ExecutionStarted\n2<-0 MapStateEntered\n3<-2 MapStateStarted\n"
		"4<-3 MapIterationStarted\n5<-4 FailStateEntered\n6<-5 MapIterationFailed\n"
		"7<-5 MapStateFailed\n8<-7 MapStateExited\n9<-8 PassStateEntered\n10<-9 PassStateExited\n"
		"11<-10 ExecutionSucceeded\n");
	world_free(world);
}

static void a_retried_map_starts_again(void **state)
{
	/* scenarios/map_state_retry */
	struct world *world = begin(
		"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemProcessor\":{\"StartAt\":\"I\","
		"\"States\":{\"I\":{\"Type\":\"Fail\",\"Error\":\"E\"}}},\"Retry\":[{\"ErrorEquals\":[\"E\"],"
		"\"MaxAttempts\":1}],\"End\":true}}}",
		"[1]");
	assert_int_equal(world_advance(world, world->now_ms + 1000), SW_OK);
	assert_ended(world, SW_STATUS_FAILED, "E", NULL);
	assert_has(world_trace(world),
		   "5<-4 FailStateEntered\n6<-5 MapIterationFailed\n7<-5 MapStateStarted\n"
		   "8<-7 MapIterationStarted\n9<-8 FailStateEntered\n10<-9 MapIterationFailed\n"
		   "11<-9 MapStateFailed\n12<-11 ExecutionFailed\n");
	world_free(world);
}

static void other_iterations_are_aborted_when_one_fails(void **state)
{
	struct world *world = begin(MAP("", TASK), "[1,2]");
	assert_int_equal(world_fail(world, 1, 1, "E", NULL), SW_OK);
	assert_ended(world, SW_STATUS_FAILED, "E", NULL);
	assert_int_equal(world_count(world, SW_COMMAND_CANCEL), 1);
	/* Measured on AWS: floci-io/floci, AslExecutorParallelCutTest, AslExecutorBranchHistoryEventsTest. */
	assert_has(world_trace(world),
		   "12<-9 LambdaFunctionFailed\n13<-12 TaskStateAborted\n14<-12 MapIterationAborted\n"
		   "15<-12 TaskStateAborted\n16<-12 MapIterationFailed\n17<-12 MapStateFailed\n"
		   "18<-17 ExecutionFailed\n");
	world_free(world);
}

static void of_iterations_that_a_runtime_failure_of_the_map_cuts_nothing_is_told(void **state)
{
	/* Measured on AWS: floci-io/floci, AslExecutorParallelCutTest. */
	struct world *world =
		begin(MAP(",\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value.x\"}", TASK), "[{\"x\":1},{}]");
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_has(world_trace(world), "4<-3 MapIterationStarted\n5<-3 ExecutionFailed\n");
	world_free(world);
}

static void an_item_selector_in_jsonata_that_fails_cuts_what_runs(void **state)
{
	/* Measured on AWS: floci-io/floci, AslExecutorParallelCutTest. */
	struct world *world = begin(
		"{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\","
		"\"ItemSelector\":{\"v\":\"{% $states.context.Map.Item.Value.x %}\"},"
		"\"ItemProcessor\":{\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Pass\",\"End\":true}}},"
		"\"End\":true}}}",
		"[{\"x\":1},{}]");
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_string_equal(world->execution->failure.error, "States.QueryEvaluationError");
	assert_has(world_trace(world),
		   "4<-3 MapIterationStarted\n5<-3 EvaluationFailed\n6<-5 MapIterationAborted\n"
		   "7<-5 MapStateFailed\n8<-7 ExecutionFailed\n");
	world_free(world);
}

static void nested_maps_see_their_own_item(void **state)
{
	struct world *world = begin("{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\","
				    "\"ItemProcessor\":{\"StartAt\":\"N\",\"States\":{"
				    "\"N\":{\"Type\":\"Map\",\"ItemProcessor\":{\"StartAt\":\"I\",\"States\":"
				    "{\"I\":{\"Type\":\"Pass\","
				    "\"Parameters\":{\"i.$\":\"$$.Map.Item.Index\",\"v.$\":\"$$.Map.Item."
				    "Value\"},\"End\":true}}},"
				    "\"Next\":\"O\"},\"O\":{\"Type\":\"Pass\",\"Parameters\":{\"o.$\":\"$$."
				    "Map.Item.Value\",\"r.$\":\"$\"},"
				    "\"End\":true}}},\"End\":true}}}",
				    "[[7],[8]]");
	assert_output(world, "[{\"o\":[7],\"r\":[{\"i\":0,\"v\":7}]},{\"o\":[8],\"r\":[{\"i\":0,\"v\":8}]}]");
	world_free(world);
}

static void an_item_selector_that_fails_names_the_map(void **state)
{
	struct world *world =
		begin(MAP(",\"MaxConcurrency\":1,\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value.x\"}", PASS),
		      "[{\"x\":1},{}]");
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_string_equal(world->execution->failure.error, "States.Runtime");
	assert_has(world->execution->failure.cause, PLACE);
	assert_int_equal(count_events(world, SW_HISTORY_ITERATION_SUCCEEDED), 1);
	world_free(world);
}

static void a_distributed_map_says_that_it_is_not_there(void **state)
{
	struct world *world = begin("{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\","
				    "\"ItemProcessor\":{\"ProcessorConfig\":{"
				    "\"Mode\":\"DISTRIBUTED\",\"ExecutionType\":\"STANDARD\"},\"StartAt\":"
				    "\"I\",\"States\":{\"I\":{" PASS "}}},\"End\":true}}}",
				    "[]");
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_string_equal(world->execution->failure.error, "States.Runtime");
	assert_has(world->execution->failure.cause, "Distributed Map is not supported yet");
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(iterations_one_at_a_time_are_recorded_so),
		cmocka_unit_test(an_empty_array_succeeds_at_once),
		cmocka_unit_test(what_is_no_array_is_refused),
		cmocka_unit_test(at_most_max_concurrency_run_at_once),
		cmocka_unit_test(no_max_concurrency_means_forty),
		cmocka_unit_test(max_concurrency_path_takes_whole_numbers_only),
		cmocka_unit_test(a_failing_iteration_is_recorded_so),
		cmocka_unit_test(a_retried_map_starts_again),
		cmocka_unit_test(other_iterations_are_aborted_when_one_fails),
		cmocka_unit_test(of_iterations_that_a_runtime_failure_of_the_map_cuts_nothing_is_told),
		cmocka_unit_test(an_item_selector_in_jsonata_that_fails_cuts_what_runs),
		cmocka_unit_test(nested_maps_see_their_own_item),
		cmocka_unit_test(an_item_selector_that_fails_names_the_map),
		cmocka_unit_test(a_distributed_map_says_that_it_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
