/* Parallel: turns of branches, the join, and a branch that fails. */
#include "tests/unit/step/check.h"

#define LAMBDA "arn:aws:lambda:us-east-1:123456789012:function:f"
#define FLOW(name, fields) "{\"StartAt\":\"" name "\",\"States\":{\"" name "\":{" fields "}}}"
#define PASS(name) FLOW(name, "\"Type\":\"Pass\",\"Result\":\"" name "\",\"End\":true")
#define TASK(name) FLOW(name, "\"Type\":\"Task\",\"Resource\":\"" LAMBDA "\",\"End\":true")
#define FAIL(name) FLOW(name, "\"Type\":\"Fail\",\"Error\":\"E\",\"Cause\":\"C\"")
#define PARALLEL(fields, branches)                                                                      \
	"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\"," fields "\"Branches\":[" branches \
	"],\"End\":true},\"C\":{\"Type\":\"Pass\",\"End\":true}}}"
#define ALONE(branches)                                                                       \
	"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Branches\":[" branches \
	"],\"End\":true}}}"

static void branches_take_turns_and_outputs_keep_their_order(void **state)
{
	struct world *world = begin(ALONE(PASS("A") "," PASS("B")), "{}");
	assert_output(world, "[\"A\",\"B\"]");
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 ParallelStateEntered\n3<-2 ParallelStateStarted\n"
			    "4<-3 PassStateEntered\n5<-3 PassStateEntered\n6<-4 PassStateExited\n"
			    "7<-5 PassStateExited\n8<-7 ParallelStateSucceeded\n9<-7 ParallelStateExited\n"
			    "10<-9 ExecutionSucceeded\n");
	world_free(world);
}

static void the_order_of_outputs_does_not_depend_on_who_is_first(void **state)
{
	struct world *world = begin(ALONE(TASK("A") "," TASK("B")), "{}");
	assert_int_equal(world_succeed(world, 2, 1, "2"), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_RUNNING);
	assert_int_equal(world_succeed(world, 1, 1, "1"), SW_OK);
	assert_output(world, "[1,2]");
	world_free(world);
}

static void each_branch_gets_the_effective_input(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"InputPath\":\"$.a\","
		      "\"Parameters\":{\"v.$\":\"$.b\"},\"ResultSelector\":{\"first.$\":\"$[0].v\"},"
		      "\"ResultPath\":\"$.r\",\"Branches\":[" FLOW(
			      "A", "\"Type\":\"Pass\",\"End\":true") "],\"End\":true}}}",
		      "{\"a\":{\"b\":1}}");
	assert_output(world, "{\"a\":{\"b\":1},\"r\":{\"first\":1}}");
	world_free(world);
}

static void a_failing_branch_ends_the_others(void **state)
{
	struct world *world = begin(ALONE(TASK("A") "," FAIL("B")), "{}");
	assert_ended(world, SW_STATUS_FAILED, "E", "C");
	/* The task was scheduled before the failing branch had its turn to fail: it is cancelled. */
	assert_int_equal(world_count(world, SW_COMMAND_DISPATCH), 1);
	assert_int_equal(world_count(world, SW_COMMAND_CANCEL), 1);
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 ParallelStateEntered\n3<-2 ParallelStateStarted\n"
			    "4<-3 TaskStateEntered\n5<-3 FailStateEntered\n6<-4 LambdaFunctionScheduled\n"
			    "7<-6 LambdaFunctionStarted\n8<-5 TaskStateAborted\n9<-5 ParallelStateFailed\n"
			    "10<-9 ExecutionFailed\n");
	world_free(world);
}

static void what_is_cut_follows_what_failed(void **state)
{
	/* Measured on AWS: floci-io/floci, AslExecutorParallelCutTest, AslExecutorBranchHistoryEventsTest. */
	struct world *world = begin(
		ALONE(TASK("A") "," FLOW("W", "\"Type\":\"Wait\",\"Seconds\":9,\"End\":true") "," TASK("B")),
		"{}");
	assert_int_equal(world_fail(world, 1, 1, "E", "C"), SW_OK);
	assert_ended(world, SW_STATUS_FAILED, "E", "C");
	assert_has(world_trace(world),
		   "11<-8 LambdaFunctionFailed\n12<-11 TaskStateAborted\n13<-11 WaitStateAborted\n"
		   "14<-11 TaskStateAborted\n15<-11 ParallelStateFailed\n16<-15 ExecutionFailed\n");
	world_free(world);
}

static void a_failure_after_the_join_follows_the_success(void **state)
{
	/* Measured on AWS: floci-io/floci, AslExecutorBranchHistoryEventsTest. */
	struct world *world = begin(FLOW("P", "\"Type\":\"Parallel\",\"ResultSelector\":{\"m.$\":\"$.nope\"},"
					      "\"Branches\":[" PASS("A") "],\"End\":true"),
				    "{}");
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_has(world_trace(world),
		   "5<-4 PassStateExited\n6<-5 ParallelStateSucceeded\n7<-6 ExecutionFailed\n");
	world_free(world);
}

static void a_failing_parallel_is_recorded_so(void **state)
{
	/* scenarios/parallel_state_fail */
	struct world *world = begin(ALONE(FLOW("B", "\"Type\":\"Fail\",\"Error\":\"FailureType\"")), "{}");
	assert_ended(world, SW_STATUS_FAILED, "FailureType", NULL);
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 ParallelStateEntered\n3<-2 ParallelStateStarted\n"
			    "4<-3 FailStateEntered\n5<-4 ParallelStateFailed\n6<-5 ExecutionFailed\n");
	world_free(world);
}

static void a_retried_parallel_starts_again_without_having_failed(void **state)
{
	/* scenarios/parallel_state_retry */
	struct world *world =
		begin("{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Branches\":[" FAIL(
			      "B") "],"
				   "\"Retry\":[{\"ErrorEquals\":[\"E\"],\"MaxAttempts\":1}],\"End\":true}}}",
		      "{}");
	assert_int_equal(world_advance(world, world->now_ms + 1000), SW_OK);
	assert_ended(world, SW_STATUS_FAILED, "E", "C");
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 ParallelStateEntered\n3<-2 ParallelStateStarted\n"
			    "4<-3 FailStateEntered\n5<-4 ParallelStateStarted\n6<-5 FailStateEntered\n"
			    "7<-6 ParallelStateFailed\n8<-7 ExecutionFailed\n");
	world_free(world);
}

static void branch_numbers_are_never_used_again(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Branches\":[" TASK(
			      "A") "],"
				   "\"Retry\":[{\"ErrorEquals\":[\"E\"]}],\"End\":true}}}",
		      "{}");
	assert_int_equal(world_fail(world, 1, 1, "E", NULL), SW_OK);
	assert_int_equal(world_advance(world, world->now_ms + 1000), SW_OK);
	assert_int_equal(world_dispatched(world)->branch, 2);
	assert_int_equal(world_succeed(world, 1, 1, "1"), SW_ENOENT);
	assert_int_equal(world_succeed(world, 2, 1, "[]"), SW_OK);
	assert_output(world, "[[]]");
	world_free(world);
}

static void a_caught_parallel_leaves_after_it_failed(void **state)
{
	struct world *world = begin(PARALLEL("\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"ResultPath\":\"$"
					     ".e\",\"Next\":\"C\"}],",
					     FAIL("B")),
				    "{}");
	assert_output(world, "{\"e\":{\"Error\":\"E\",\"Cause\":\"C\"}}");
	assert_has(world_trace(world),
		   "4<-3 FailStateEntered\n5<-4 ParallelStateFailed\n6<-5 ParallelStateExited\n"
		   "7<-6 PassStateEntered\n");
	world_free(world);
}

static void a_runtime_failure_inside_ends_the_execution_at_once(void **state)
{
	/* The place is added once, for the innermost state; no ParallelStateFailed, no catcher. */
	struct world *world = begin(
		PARALLEL("\"Catch\":[{\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"C\"}],",
			 FLOW("B", "\"Type\":\"Pass\",\"InputPath\":\"$.no\",\"End\":true") "," TASK("A")),
		"{}");
	assert_ended(
		world, SW_STATUS_FAILED, "States.Runtime",
		"An error occurred while executing the state 'B' (entered at the event id #4). Invalid path "
		"'$.no' : No results for path: $['no']");
	assert_has_not(world_trace(world), "ParallelStateFailed");
	assert_has_not(world_trace(world), "Aborted");
	world_free(world);
}

static void failures_rise_through_nested_states(void **state)
{
	struct world *world = begin(
		PARALLEL("\"Catch\":[{\"ErrorEquals\":[\"E\"],\"Next\":\"C\"}],",
			 "{\"StartAt\":\"Q\",\"States\":{\"Q\":{\"Type\":\"Parallel\",\"Branches\":[" FAIL(
				 "B") "," TASK("A") "],\"End\":true}}}," TASK("D")),
		"{}");
	assert_output(world, "{\"Error\":\"E\",\"Cause\":\"C\"}");
	/* The inner task was not scheduled yet, the outer one was. */
	assert_int_equal(world_count(world, SW_COMMAND_DISPATCH), world_count(world, SW_COMMAND_CANCEL));
	assert_int_equal(count_events(world, SW_HISTORY_PARALLEL_FAILED), 2);
	world_free(world);
}

static void an_array_of_outputs_over_the_limit_is_a_failure_of_the_state(void **state)
{
	const char *definition = PARALLEL("\"Catch\":[{\"ErrorEquals\":[\"States.DataLimitExceeded\"],"
					  "\"Next\":\"C\"}],",
					  TASK("A") "," TASK("B"));
	struct world *world = world_new(definition, strlen(definition), NULL);
	assert_non_null(world);
	world->execution->payload_bytes_max = 150;
	assert_int_equal(world_start(world, "{}"), SW_OK);
	char large[100];
	memset(large, '1', sizeof(large));
	large[0] = large[90] = '"';
	large[91] = '\0';
	assert_int_equal(world_succeed(world, 1, 1, large), SW_OK);
	assert_int_equal(world_succeed(world, 2, 1, large), SW_OK);
	assert_output(
		world,
		"{\"Error\":\"States.DataLimitExceeded\",\"Cause\":\"The state/task 'P' returned a result "
		"with a size exceeding the maximum number of bytes service limit.\"}");
	world_free(world);
}

/* A turn that is full leaves the join for the next one: the branches of such a state belong to it still. */
#define INNER                                                                                            \
	"\"Type\":\"Parallel\",\"Branches\":[{\"StartAt\":\"%s\",\"States\":{\"%s\":{\"Type\":\"Pass\"," \
	"\"End\":true}}}],"

/* Two branches: one goes through some Pass states into a Parallel, one through a Parallel into many Pass states. */
static struct world *two_branches(int before)
{
	struct sw_buf text = SW_BUF;
	sw_buf_text(&text,
		    "{\"StartAt\":\"S\",\"States\":{\"S\":{\"Type\":\"Pass\",\"Next\":\"P\"},\"P\":{\"Type\":"
		    "\"Parallel\",\"End\":true,\"Branches\":[{\"StartAt\":\"X0\",\"States\":{");
	for (int i = 0; i < before; i++)
		sw_buf_printf(&text, "\"X%d\":{\"Type\":\"Pass\",\"Next\":\"X%d\"},", i, i + 1);
	sw_buf_printf(&text, "\"X%d\":{" INNER "\"End\":true}}},{\"StartAt\":\"Y\",\"States\":{", before, "I",
		      "I");
	sw_buf_printf(&text, "\"Y\":{" INNER "\"Next\":\"Y0\"},", "J", "J");
	for (int i = 0; i < 300; i++)
		sw_buf_printf(&text, "\"Y%d\":{\"Type\":\"Pass\",\"Next\":\"Y%d\"},", i, i + 1);
	sw_buf_text(&text, "\"Y300\":{\"Type\":\"Pass\",\"End\":true}}}]}}}");
	struct world *world = world_new(text.data, text.len, NULL);
	sw_buf_done(&text);
	return world;
}

/* A turn that is full leaves the join for the next one: the branches of such a state belong to it still. */
static void a_turn_may_end_between_the_last_branch_and_the_join(void **state)
{
	unsigned found = 0;
	(void)state;
	for (int before = 100; before < 140; before++) {
		struct world *world = two_branches(before);
		assert_non_null(world);
		const struct sw_execution *x = world->execution;
		world->execution->input = sw_value_from_checked("{}", 2);
		struct sw_event start = {.kind = SW_EVENT_START, .now_ms = world->now_ms, .seed = 1};
		assert_int_equal(sw_step(world->execution, &start, &world->effects), SW_OK);
		assert_true(world->effects.more);
		for (uint32_t i = 1; i < x->branches_count; i++) {
			const struct sw_branch *parent = sw_execution_branch(x, x->branches[i]->parent);
			assert_true(sw_branch_may_have_children(parent));
			found += parent->wait == SW_BRANCH_READY;
		}
		world_free(world);
	}
	assert_true(found > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(branches_take_turns_and_outputs_keep_their_order),
		cmocka_unit_test(the_order_of_outputs_does_not_depend_on_who_is_first),
		cmocka_unit_test(each_branch_gets_the_effective_input),
		cmocka_unit_test(a_failing_branch_ends_the_others),
		cmocka_unit_test(what_is_cut_follows_what_failed),
		cmocka_unit_test(a_failure_after_the_join_follows_the_success),
		cmocka_unit_test(a_failing_parallel_is_recorded_so),
		cmocka_unit_test(a_retried_parallel_starts_again_without_having_failed),
		cmocka_unit_test(branch_numbers_are_never_used_again),
		cmocka_unit_test(a_caught_parallel_leaves_after_it_failed),
		cmocka_unit_test(a_runtime_failure_inside_ends_the_execution_at_once),
		cmocka_unit_test(failures_rise_through_nested_states),
		cmocka_unit_test(an_array_of_outputs_over_the_limit_is_a_failure_of_the_state),
		cmocka_unit_test(a_turn_may_end_between_the_last_branch_and_the_join),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
