/* Retry and Catch: which rule takes an error, how long it waits, and what a catcher hands on. */
#include "tests/unit/step/check.h"

#define LAMBDA "arn:aws:lambda:us-east-1:123456789012:function:f"
#define TASK(fields)                                                                                       \
	"{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA "\"," fields      \
	",\"End\":true},\"C\":{\"Type\":\"Pass\",\"End\":true},\"D\":{\"Type\":\"Pass\",\"Result\":\"D\"," \
	"\"End\":true}}}"
#define TWO_CATCHERS(names)                                             \
	TASK("\"Catch\":[{\"ErrorEquals\":[" names "],\"Next\":\"C\"}," \
	     "{\"ErrorEquals\":[\"Never\"],\"Next\":\"D\"}]")

/* Milliseconds until the next attempt, which is then begun. */
static int64_t next_delay(struct world *world)
{
	int64_t delay_ms = sw_execution_due_ms(world->execution) - world->now_ms;
	assert_int_equal(world_advance(world, sw_execution_due_ms(world->execution)), SW_OK);
	return delay_ms;
}

static void fail_attempt(struct world *world, const char *error)
{
	const struct sw_command *dispatch = world_dispatched(world);
	assert_int_equal(world_fail(world, dispatch->branch, dispatch->attempt, error, "why"), SW_OK);
}

static void intervals_grow_up_to_the_cap(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
		      "\",\"Retry\":[{\"ErrorEquals\":[\"E\"],\"IntervalSeconds\":3,\"BackoffRate\":1.5,"
		      "\"MaxAttempts\":4,"
		      "\"MaxDelaySeconds\":6}],\"End\":true}}}",
		      "{}");
	static const int64_t delays_ms[] = {3000, 4500, 6000, 6000};
	for (size_t i = 0; i < 4; i++) {
		fail_attempt(world, "E");
		assert_int_equal(next_delay(world), delays_ms[i]);
		assert_int_equal(sw_execution_branch(world->execution, 0)->retry_count, i + 1);
	}
	fail_attempt(world, "E");
	assert_ended(world, SW_STATUS_FAILED, "E", "why");
	assert_int_equal(count_events(world, SW_HISTORY_LAMBDA_SCHEDULED), 5);
	world_free(world);
}

static void defaults_are_three_attempts_from_one_second_doubling(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
		      "\",\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"]}],\"End\":true}}}",
		      "{}");
	for (int64_t delay_ms = 1000; delay_ms <= 4000; delay_ms *= 2) {
		fail_attempt(world, "Anything");
		assert_int_equal(next_delay(world), delay_ms);
	}
	fail_attempt(world, "Anything");
	assert_ended(world, SW_STATUS_FAILED, "Anything", "why");
	world_free(world);
}

static void full_jitter_is_between_zero_and_the_delay(void **state)
{
	int64_t least_ms = INT64_MAX, most_ms = 0;
	for (uint64_t seed = 1; seed < 200; seed++) {
		const char *definition =
			"{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
			"\",\"Retry\":[{\"ErrorEquals\":[\"E\"],\"IntervalSeconds\":100,\"MaxDelaySeconds\":"
			"10,"
			"\"JitterStrategy\":\"FULL\"}],\"End\":true}}}";
		struct world *world = world_new(definition, strlen(definition), NULL);
		assert_non_null(world);
		world->seed = seed * 1000;
		assert_int_equal(world_start(world, "{}"), SW_OK);
		fail_attempt(world, "E");
		int64_t delay_ms = sw_execution_due_ms(world->execution) - world->now_ms;
		least_ms = delay_ms < least_ms ? delay_ms : least_ms;
		most_ms = delay_ms > most_ms ? delay_ms : most_ms;
		world_free(world);
	}
	assert_in_range(least_ms, 0, 1000);
	assert_in_range(most_ms, 9000, 10000); /* jitter comes after the cap */
}

static void each_retrier_keeps_its_own_count(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
		      "\",\"Retry\":[{\"ErrorEquals\":[\"A\"],\"MaxAttempts\":1},"
		      "{\"ErrorEquals\":[\"B\"],\"MaxAttempts\":1,\"IntervalSeconds\":7}],\"End\":true}}}",
		      "{}");
	fail_attempt(world, "A");
	assert_int_equal(next_delay(world), 1000);
	fail_attempt(world, "B");
	assert_int_equal(next_delay(world), 7000);
	fail_attempt(world, "A");
	assert_ended(world, SW_STATUS_FAILED, "A", "why");
	world_free(world);
}

static void a_matching_retrier_with_no_attempts_stops_the_search(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
		      "\",\"Retry\":[{\"ErrorEquals\":[\"A\"],\"MaxAttempts\":0},"
		      "{\"ErrorEquals\":[\"States.ALL\"]}],\"End\":true}}}",
		      "{}");
	fail_attempt(world, "A");
	assert_ended(world, SW_STATUS_FAILED, "A", "why");
	world_free(world);
}

static void counts_begin_anew_at_the_next_visit(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
		      "\",\"Retry\":[{\"ErrorEquals\":[\"A\"],\"MaxAttempts\":1}],\"Next\":\"B\"},"
		      "\"B\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$\",\"IsNull\":true,\"Next\":"
		      "\"S\"}],"
		      "\"Default\":\"T\"},\"S\":{\"Type\":\"Succeed\"}}}",
		      "{}");
	fail_attempt(world, "A");
	next_delay(world);
	const struct sw_command *dispatch = world_dispatched(world);
	assert_int_equal(world_succeed(world, dispatch->branch, dispatch->attempt, "{}"), SW_OK);
	assert_int_equal(sw_execution_branch(world->execution, 0)->retry_count, 0);
	fail_attempt(world, "A");
	assert_int_equal(next_delay(world), 1000);
	world_free(world);
}

/* Is the error caught by a catcher that names `names`? */
static bool catches(const char *definition, const char *error)
{
	struct world *world = begin(definition, "{}");
	fail_attempt(world, error);
	bool caught = world->execution->status == SW_STATUS_SUCCEEDED;
	world_free(world);
	return caught;
}

static void wildcards_match_what_aws_says(void **state)
{
	assert_true(catches(TWO_CATCHERS("\"A\",\"E\""), "E"));
	assert_false(catches(TWO_CATCHERS("\"A\""), "E"));
	assert_true(catches(TASK("\"Catch\":[{\"ErrorEquals\":[\"Never\"],\"Next\":\"D\"},{\"ErrorEquals\":["
				 "\"States.ALL\"],"
				 "\"Next\":\"C\"}]"),
			    "E"));
	assert_false(catches(TASK("\"Catch\":[{\"ErrorEquals\":[\"Never\"],\"Next\":\"D\"},{\"ErrorEquals\":["
				  "\"States.ALL\"],"
				  "\"Next\":\"C\"}]"),
			     "States.Runtime"));
	assert_true(catches(TWO_CATCHERS("\"States.TaskFailed\""), "E"));
	assert_false(catches(TWO_CATCHERS("\"States.TaskFailed\""), "States.Timeout"));
	assert_true(catches(TWO_CATCHERS("\"States.Timeout\""), "States.Timeout"));
	assert_false(catches(TWO_CATCHERS("\"States.Runtime\""), "States.Runtime"));
}

static void a_missed_heartbeat_is_caught_by_either_name(void **state)
{
	static const char *const names[] = {"States.HeartbeatTimeout", "States.Timeout"};
	for (size_t i = 0; i < 2; i++) {
		char definition[512];
		snprintf(definition, sizeof(definition),
			 "{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
			 "\",\"HeartbeatSeconds\":5,\"Catch\":[{\"ErrorEquals\":[\"%s\"],\"Next\":\"C\"}],"
			 "\"End\":true},"
			 "\"C\":{\"Type\":\"Pass\",\"End\":true}}}",
			 names[i]);
		struct world *world = begin(definition, "{}");
		assert_int_equal(world_advance(world, world->now_ms + 5000), SW_OK);
		assert_output(world, "{\"Error\":\"States.Timeout\",\"Cause\":\"\"}");
		world_free(world);
	}
}

static void a_catcher_hands_on_error_and_cause(void **state)
{
	struct world *world = begin(TWO_CATCHERS("\"E\""), "{\"i\":1}");
	fail_attempt(world, "E");
	assert_output(world, "{\"Error\":\"E\",\"Cause\":\"why\"}");
	assert_has(world_trace(world),
		   "5<-4 LambdaFunctionFailed\n6<-5 TaskStateExited\n7<-6 PassStateEntered\n");
	world_free(world);
}

static void a_catchers_result_path_goes_into_the_raw_input(void **state)
{
	/* error_handling/task_service_lambda.raise_exception_catch_output_path_none: OutputPath is not for a
	 * Catch. */
	struct world *world = begin(
		"{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
		"\",\"OutputPath\":null,\"InputPath\":\"$.i\",\"Catch\":[{\"ErrorEquals\":[\"E\"],"
		"\"ResultPath\":\"$.e\","
		"\"Assign\":{\"v.$\":\"$.Cause\"},\"Next\":\"C\"}],\"End\":true},"
		"\"C\":{\"Type\":\"Pass\",\"Parameters\":{\"all.$\":\"$\",\"v.$\":\"$v\"},\"End\":true}}}",
		"{\"i\":1}");
	fail_attempt(world, "E");
	assert_output(world, "{\"all\":{\"i\":1,\"e\":{\"Error\":\"E\",\"Cause\":\"why\"}},\"v\":\"why\"}");
	world_free(world);
}

static void a_catcher_follows_exhausted_retries(void **state)
{
	/* scenarios/lambda_invoke_with_retry_base */
	struct world *world =
		begin("{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
		      "\",\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"],\"MaxAttempts\":1}],"
		      "\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"C\"}],\"End\":true},"
		      "\"C\":{\"Type\":\"Pass\",\"End\":true}}}",
		      "{}");
	fail_attempt(world, "E");
	next_delay(world);
	fail_attempt(world, "F");
	assert_output(world, "{\"Error\":\"F\",\"Cause\":\"why\"}");
	assert_has(world_trace(world), "5<-4 LambdaFunctionFailed\n6<-5 LambdaFunctionScheduled\n");
	world_free(world);
}

/* Measured on AWS: floci-io/floci, AslExecutorBranchHistoryEventsTest. */
static void a_catcher_that_fails_makes_the_state_fail_again(void **state)
{
	struct world *world = begin(
		"{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\","
		"\"Branches\":[{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Fail\",\"Error\":\"E\"}}}],"
		"\"Catch\":[{\"ErrorEquals\":[\"Other\"],\"Next\":\"D\"},{\"ErrorEquals\":[\"States.ALL\"],"
		"\"Output\":{\"v\":\"{% $states.input.no %}\"},\"Next\":\"D\"}],\"End\":true},"
		"\"D\":{\"Type\":\"Pass\",\"End\":true}}}",
		"{}");
	assert_ended(
		world, SW_STATUS_FAILED, "States.QueryEvaluationError",
		"An error occurred while executing the state 'P' (entered at the event id #2). The JSONata "
		"expression '$states.input.no' specified for the field 'Catch[1]/Output/v' returned nothing "
		"(undefined).");
	assert_has(world_trace(world),
		   "4<-3 FailStateEntered\n5<-4 ParallelStateFailed\n6<-4 EvaluationFailed\n"
		   "7<-6 ParallelStateFailed\n8<-7 ExecutionFailed\n");
	assert_has(world_event(world, 6), "\"location\":\"Catch[1]/Output/v\"");
	world_free(world);
}

/* What a state fails of is dealt with by the states around it, also when its own Catch is at fault. */
static void the_failure_of_a_catcher_is_caught_further_out(void **state)
{
	struct world *world = begin(
		"{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\","
		"\"Branches\":[{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
		"\",\"Catch\":[{\"ErrorEquals\":[\"E\"],\"Assign\":{\"v\":\"{% $states.input.no "
		"%}\"},\"Next\":\"D\"}],"
		"\"End\":true},\"D\":{\"Type\":\"Pass\",\"End\":true}}}],"
		"\"Catch\":[{\"ErrorEquals\":[\"States.QueryEvaluationError\"],\"Next\":\"C\"}],\"End\":true}"
		","
		"\"C\":{\"Type\":\"Pass\",\"Output\":{\"got\":\"{% $states.input.Error %}\"},\"End\":true}}}",
		"{}");
	assert_int_equal(world_fail(world, 1, 1, "E", NULL), SW_OK);
	assert_output(world, "{\"got\":\"States.QueryEvaluationError\"}");
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_grow_up_to_the_cap),
		cmocka_unit_test(defaults_are_three_attempts_from_one_second_doubling),
		cmocka_unit_test(full_jitter_is_between_zero_and_the_delay),
		cmocka_unit_test(each_retrier_keeps_its_own_count),
		cmocka_unit_test(a_matching_retrier_with_no_attempts_stops_the_search),
		cmocka_unit_test(counts_begin_anew_at_the_next_visit),
		cmocka_unit_test(wildcards_match_what_aws_says),
		cmocka_unit_test(a_missed_heartbeat_is_caught_by_either_name),
		cmocka_unit_test(a_catcher_hands_on_error_and_cause),
		cmocka_unit_test(a_catchers_result_path_goes_into_the_raw_input),
		cmocka_unit_test(a_catcher_follows_exhausted_retries),
		cmocka_unit_test(a_catcher_that_fails_makes_the_state_fail_again),
		cmocka_unit_test(the_failure_of_a_catcher_is_caught_further_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
