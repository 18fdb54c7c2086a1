/* Redrive: an execution that ended without success goes on in the state where it ended. */
#include "tests/unit/step/check.h"

#define TASK(fields)                                                                                        \
	"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Next\":\"T\"},\"T\":{\"Type\":\"Task\"," \
	"\"Resource\":\"function:f\"" fields ",\"End\":true}}}"

static enum sw_result redrive(struct world *world)
{
	return world_send(world, (struct sw_event){.kind = SW_EVENT_REDRIVE});
}

static void a_task_is_scheduled_again_and_not_entered_again(void **state)
{
	struct world *world = begin(TASK(""), "{\"x\":1}");
	const struct sw_command *first = world_dispatched(world);
	uint32_t attempt = first->attempt;
	assert_int_equal(world_fail(world, 0, attempt, "E", "C"), SW_OK);
	assert_ended(world, SW_STATUS_FAILED, "E", "C");
	int64_t start_ms = world->execution->start_ms;
	world->now_ms += 60000;
	assert_int_equal(redrive(world), SW_OK);
	const struct sw_execution *x = world->execution;
	assert_int_equal(x->status, SW_STATUS_RUNNING);
	assert_int_equal(x->redrive_count, 1);
	assert_true(x->start_ms == start_ms && x->stop_ms == 0 && x->redrive_ms == world->now_ms);
	assert_null(x->failure.error);
	/* Another attempt: late completions of the first one do not count. */
	assert_true(world_dispatched(world)->attempt > attempt);
	assert_int_equal(world_succeed(world, 0, attempt, "0"), SW_ETIMEDOUT);
	assert_int_equal(world_succeed(world, 0, world_dispatched(world)->attempt, "2"), SW_OK);
	assert_int_equal(x->status, SW_STATUS_SUCCEEDED);
	assert_string_equal(world_output(world), "2");
	assert_int_equal(x->branches_count, 0);
	assert_string_equal(
		world_trace(world),
		"1<-0 ExecutionStarted\n2<-0 PassStateEntered\n3<-2 PassStateExited\n4<-3 TaskStateEntered\n"
		"5<-4 TaskScheduled\n6<-5 TaskStarted\n7<-6 TaskFailed\n8<-7 ExecutionFailed\n"
		"9<-8 ExecutionRedriven\n10<-9 TaskScheduled\n11<-10 TaskStarted\n12<-11 TaskSucceeded\n"
		"13<-12 TaskStateExited\n14<-13 ExecutionSucceeded\n");
	world_free(world);
}

/* "Retry counts and the machine's timeout start again" */
static void retriers_count_from_zero_again(void **state)
{
	struct world *world = begin(TASK(",\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"],\"IntervalSeconds\":"
					 "1,\"MaxAttempts\":1}]"),
				    "{}");
	for (int round = 0; round < 2; round++) {
		assert_int_equal(world_fail(world, 0, world_dispatched(world)->attempt, "E", NULL), SW_OK);
		assert_int_equal(world->execution->status, SW_STATUS_RUNNING);
		assert_int_equal(world_advance(world, world->now_ms + 1000), SW_OK);
		assert_int_equal(world_fail(world, 0, world_dispatched(world)->attempt, "E", NULL), SW_OK);
		assert_int_equal(world->execution->status, SW_STATUS_FAILED);
		assert_int_equal(redrive(world), SW_OK);
		assert_int_equal(world->execution->redrive_count, round + 1);
		assert_int_equal(world->execution->branches[0]->retry_count, 0);
	}
	world_free(world);
}

static void one_that_is_stopped_while_it_waits_for_a_retry_can_be_redriven(void **state)
{
	struct world *world =
		begin(TASK(",\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"],\"IntervalSeconds\":100}]"), "{}");
	assert_int_equal(world_fail(world, 0, world_dispatched(world)->attempt, "E", NULL), SW_OK);
	assert_int_equal(world_send(world, (struct sw_event){.kind = SW_EVENT_STOP}), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_ABORTED);
	assert_int_equal(redrive(world), SW_OK);
	assert_int_equal(world_succeed(world, 0, world_dispatched(world)->attempt, "2"), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_SUCCEEDED);
	world_free(world);
}

static void the_machines_timeout_starts_again_and_a_wait_waits_anew(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"W\",\"TimeoutSeconds\":5,\"States\":{\"W\":{\"Type\":\"Wait\","
		      "\"Seconds\":10,\"End\":true}}}",
		      "{}");
	int64_t start_ms = world->now_ms;
	assert_int_equal(world_advance(world, start_ms + 5000), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_TIMED_OUT);
	world->now_ms = start_ms + 8000;
	assert_int_equal(redrive(world), SW_OK);
	assert_true(world->execution->timeout_due_ms == start_ms + 13000);
	assert_true(world->execution->branches[0]->due_ms == start_ms + 18000);
	world_free(world);
}

static void a_fail_state_fails_again(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Fail\",\"Error\":\"E\"}}}", "{}");
	assert_int_equal(redrive(world), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_string_equal(world->execution->failure.error, "E");
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 FailStateEntered\n3<-2 ExecutionFailed\n"
			    "4<-3 ExecutionRedriven\n5<-4 ExecutionFailed\n");
	world_free(world);
}

static void what_runs_or_has_succeeded_is_not_redriven(void **state)
{
	struct world *world = begin(TASK(""), "{}");
	assert_int_equal(redrive(world), SW_EINVAL);
	assert_int_equal(world_succeed(world, 0, world_dispatched(world)->attempt, "2"), SW_OK);
	assert_int_equal(redrive(world), SW_EINVAL);
	assert_int_equal(world->execution->status, SW_STATUS_SUCCEEDED);
	world_free(world);
}

/* ---- Parallel and Map ---- */

#define BRANCH(state) "{\"StartAt\":\"" state "\",\"States\":{\"" state "\":{"
#define WORK(state) BRANCH(state) "\"Type\":\"Task\",\"Resource\":\"function:f\",\"End\":true}}}"
#define PARALLEL(fields)                                                                                \
	"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\"" fields ",\"Branches\":[" WORK(    \
		"A") "," WORK("B") "," BRANCH("W") "\"Type\":\"Wait\",\"Seconds\":10,\"End\":true}}}]," \
						   "\"Next\":\"Z\"},\"Z\":{\"Type\":\"Succeed\"}}}"
#define MAP(fields)                                                     \
	"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\"" fields \
	",\"ItemProcessor\":" WORK("I") ","                             \
					"\"End\":true}}}"

/* The branch that is the index-th below the root. */
static struct sw_branch *child(const struct world *world, uint32_t index)
{
	const struct sw_execution *x = world->execution;
	for (uint32_t i = 0; i < x->branches_count; i++) {
		if (x->branches[i]->parent == 0 && x->branches[i]->index == index)
			return x->branches[i];
	}
	fail_msg("there is no branch %u", index);
	return NULL;
}

static enum sw_result end_task(struct world *world, uint32_t index, const char *output)
{
	const struct sw_branch *branch = child(world, index);
	assert_int_equal(branch->wait, SW_BRANCH_TASK);
	return output ? world_succeed(world, branch->number, branch->attempt, output)
		      : world_fail(world, branch->number, branch->attempt, "E", "C");
}

/* "RedriveExecution ... reschedules and redrives only the iterations and branches that failed or aborted." */
static void of_a_parallel_only_what_did_not_end_well_goes_on(void **state)
{
	struct world *world = begin(PARALLEL(""), "{\"x\":1}");
	assert_int_equal(end_task(world, 0, "\"a\""), SW_OK);
	assert_int_equal(end_task(world, 1, NULL), SW_OK);
	assert_ended(world, SW_STATUS_FAILED, "E", "C");
	assert_int_equal(world->execution->branches_count, 4);
	uint32_t events = world->events_count, dispatched = world_count(world, SW_COMMAND_DISPATCH);
	assert_int_equal(redrive(world), SW_OK);
	assert_int_equal(world_count(world, SW_COMMAND_DISPATCH), dispatched + 1);
	assert_int_equal(child(world, 0)->wait, SW_BRANCH_DONE);
	assert_int_equal(child(world, 2)->wait, SW_BRANCH_TIMER);
	assert_true(child(world, 2)->due_ms == world->now_ms + 10000);
	assert_int_equal(end_task(world, 1, "\"b\""), SW_OK);
	assert_int_equal(world_advance(world, world->now_ms + 10000), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_SUCCEEDED);
	assert_string_equal(world_output(world), "[\"a\",\"b\",{\"x\":1}]");
	assert_int_equal(world->execution->branches_count, 0);
	assert_int_equal(events, 17);
	/* B goes on after its TaskFailed, the Wait after its own last event, the Parallel after what ended last. */
	assert_has(
		world_trace(world),
		"12<-11 TaskStateExited\n13<-10 TaskFailed\n14<-13 TaskStateAborted\n15<-13 "
		"WaitStateAborted\n"
		"16<-13 ParallelStateFailed\n"
		"17<-16 ExecutionFailed\n18<-17 ExecutionRedriven\n19<-13 TaskScheduled\n20<-19 TaskStarted\n"
		"21<-20 TaskSucceeded\n22<-21 TaskStateExited\n23<-6 WaitStateExited\n"
		"24<-23 ParallelStateSucceeded\n25<-23 ParallelStateExited\n26<-25 SucceedStateEntered\n");
	world_free(world);
}

static void of_a_map_failed_and_aborted_iterations_go_on_and_the_rest_follows(void **state)
{
	struct world *world = begin(MAP(",\"MaxConcurrency\":2"), "[0,1,2,3]");
	assert_int_equal(end_task(world, 0, "\"r0\""), SW_OK);
	assert_int_equal(end_task(world, 1, NULL), SW_OK);
	assert_ended(world, SW_STATUS_FAILED, "E", "C");
	assert_int_equal(redrive(world), SW_OK);
	assert_int_equal(world->execution->branches_count, 4);
	assert_int_equal(child(world, 0)->wait, SW_BRANCH_DONE);
	assert_int_equal(child(world, 1)->wait, SW_BRANCH_TASK);
	assert_int_equal(end_task(world, 2, "\"r2\""), SW_OK);
	/* There is room for the one that was never started. */
	assert_int_equal(end_task(world, 3, "\"r3\""), SW_OK);
	assert_int_equal(end_task(world, 1, "\"r1\""), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_SUCCEEDED);
	assert_string_equal(world_output(world), "[\"r0\",\"r1\",\"r2\",\"r3\"]");
	assert_int_equal(count_events(world, SW_HISTORY_ITERATION_STARTED), 4);
	assert_int_equal(count_events(world, SW_HISTORY_MAP_STARTED), 1);
	world_free(world);
}

static void what_was_stopped_or_timed_out_inside_of_a_map_goes_on(void **state)
{
	static const enum sw_event_kind kinds[] = {SW_EVENT_STOP, SW_EVENT_EXECUTION_TIMEOUT};
	for (size_t i = 0; i < 2; i++) {
		struct world *world =
			begin("{\"StartAt\":\"M\",\"TimeoutSeconds\":50,\"States\":{\"M\":{\"Type\":\"Map\","
			      "\"MaxConcurrency\":2,\"ItemProcessor\":" WORK("I") ",\"End\":true}}}",
			      "[0,1,2]");
		assert_int_equal(end_task(world, 1, "\"r1\""), SW_OK);
		world->now_ms += 60000;
		assert_int_equal(world_send(world, (struct sw_event){.kind = kinds[i]}), SW_OK);
		assert_int_equal(world->execution->status, i ? SW_STATUS_TIMED_OUT : SW_STATUS_ABORTED);
		assert_int_equal(redrive(world), SW_OK);
		assert_true(world->execution->timeout_due_ms == world->now_ms + 50000);
		assert_int_equal(end_task(world, 0, "\"r0\""), SW_OK);
		assert_int_equal(end_task(world, 2, "\"r2\""), SW_OK);
		assert_int_equal(world->execution->status, SW_STATUS_SUCCEEDED);
		assert_string_equal(world_output(world), "[\"r0\",\"r1\",\"r2\"]");
		world_free(world);
	}
}

static void a_failure_deep_inside_goes_on_where_it_was(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":"
		      "[" BRANCH("M") "\"Type\":\"Map\",\"ItemProcessor\":" WORK(
			      "I") ",\"End\":true}}}," WORK("A") "]}}}",
		      "[7,8]");
	const struct sw_execution *x = world->execution;
	assert_int_equal(x->branches_count, 5);
	struct sw_branch *first = x->branches[3], *second = x->branches[4];
	assert_int_equal(world_succeed(world, first->number, first->attempt, "70"), SW_OK);
	assert_int_equal(world_fail(world, second->number, second->attempt, "E", NULL), SW_OK);
	assert_ended(world, SW_STATUS_FAILED, "E", NULL);
	assert_int_equal(count_events(world, SW_HISTORY_TASK_ABORTED), 2);
	for (uint32_t i = 0; i < x->branches_count; i++)
		assert_int_equal(x->branches[i]->wait, i == 3 ? SW_BRANCH_DONE : SW_BRANCH_HELD);
	assert_int_equal(redrive(world), SW_OK);
	assert_int_equal(end_task(world, 1, "\"a\""), SW_OK);
	/* The other one was an attempt before. */
	assert_int_equal(second->attempt, 2);
	assert_int_equal(world_succeed(world, second->number, 1, "0"), SW_ETIMEDOUT);
	assert_int_equal(world_succeed(world, second->number, second->attempt, "80"), SW_OK);
	assert_int_equal(x->status, SW_STATUS_SUCCEEDED);
	assert_string_equal(world_output(world), "[[70,80],\"a\"]");
	world_free(world);
}

static void a_branch_can_fail_again_and_be_redriven_again(void **state)
{
	struct world *world = begin(MAP(""), "[0,1]");
	assert_int_equal(end_task(world, 0, "0"), SW_OK);
	for (int round = 0; round < 3; round++) {
		assert_int_equal(end_task(world, 1, NULL), SW_OK);
		assert_int_equal(world->execution->status, SW_STATUS_FAILED);
		assert_int_equal(world->execution->branches_count, 3);
		assert_int_equal(redrive(world), SW_OK);
	}
	assert_int_equal(end_task(world, 1, "1"), SW_OK);
	assert_int_equal(world->execution->redrive_count, 3);
	assert_string_equal(world_output(world), "[0,1]");
	world_free(world);
}

/* "If the state failed because of a States.DataLimitExceeded error, the Parallel state is rerun, including the
 * branches that were successful in the original execution attempt." */
static void outputs_that_are_too_large_together_are_made_again(void **state)
{
	struct world *world = begin(MAP(""), "[0,1]");
	world->execution->payload_bytes_max = 20;
	assert_int_equal(end_task(world, 0, "\"0123456789\""), SW_OK);
	assert_int_equal(end_task(world, 1, "\"0123456789\""), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_string_equal(world->execution->failure.error, "States.DataLimitExceeded");
	assert_int_equal(world->execution->branches_count, 1);
	assert_int_equal(redrive(world), SW_OK);
	assert_int_equal(end_task(world, 0, "0"), SW_OK);
	assert_int_equal(end_task(world, 1, "1"), SW_OK);
	assert_string_equal(world_output(world), "[0,1]");
	assert_int_equal(count_events(world, SW_HISTORY_ITERATION_STARTED), 4);
	world_free(world);
}

static void outputs_that_cannot_be_selected_from_are_kept(void **state)
{
	struct world *world =
		begin(MAP(",\"ResultSelector\":{\"x.$\":\"States.ArrayGetItem($, 9)\"}"), "[0,1]");
	assert_int_equal(end_task(world, 0, "0"), SW_OK);
	assert_int_equal(end_task(world, 1, "1"), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_int_equal(world->execution->branches_count, 3);
	uint32_t dispatched = world_count(world, SW_COMMAND_DISPATCH);
	assert_int_equal(redrive(world), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_int_equal(world_count(world, SW_COMMAND_DISPATCH), dispatched);
	world_free(world);
}

static void a_map_whose_next_item_cannot_be_selected_goes_on_there(void **state)
{
	struct world *world =
		begin(MAP(",\"MaxConcurrency\":1,\"ItemSelector\":{\"v.$\":\"$$.Map.Item.Value.v\"}"),
		      "[{\"v\":1},{}]");
	assert_int_equal(end_task(world, 0, "0"), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	uint32_t events = world->events_count;
	assert_int_equal(redrive(world), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_int_equal(world->events_count, events + 2);
	assert_int_equal(world->execution->branches_count, 2);
	world_free(world);
}

static void what_is_caught_or_tried_again_is_not_kept(void **state)
{
	struct world *world =
		begin(PARALLEL(",\"Retry\":[{\"ErrorEquals\":[\"E\"],\"MaxAttempts\":1}],\"Catch\":[{"
			       "\"ErrorEquals\":[\"E\"],\"Next\":\"Z\"}]"),
		      "{}");
	assert_int_equal(end_task(world, 0, "0"), SW_OK);
	assert_int_equal(end_task(world, 1, NULL), SW_OK);
	assert_int_equal(world->execution->branches_count, 1);
	assert_int_equal(world->execution->branches[0]->wait, SW_BRANCH_RETRY);
	assert_int_equal(world_send(world, (struct sw_event){.kind = SW_EVENT_STOP}), SW_OK);
	assert_int_equal(redrive(world), SW_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(end_task(world, 0, "0"), SW_OK);
		assert_int_equal(end_task(world, 1, NULL), SW_OK);
		assert_int_equal(world_advance(world, world->now_ms + 1000), SW_OK);
	}
	assert_int_equal(world->execution->status, SW_STATUS_SUCCEEDED);
	assert_int_equal(world->execution->branches_count, 0);
	world_free(world);
}

static void a_parallel_that_failed_before_its_branches_begins_anew(void **state)
{
	struct world *world = begin(PARALLEL(",\"Parameters\":{\"x.$\":\"$.nobody\"}"), "{}");
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_int_equal(redrive(world), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 ParallelStateEntered\n3<-2 ExecutionFailed\n"
			    "4<-3 ExecutionRedriven\n5<-4 ExecutionFailed\n");
	world_free(world);
}

/* What a turn that stopped half-way leaves is not gone on from. */
static void a_parallel_whose_history_was_full_keeps_nothing(void **state)
{
	struct world *world = world_new(PARALLEL(""), strlen(PARALLEL("")), NULL);
	assert_non_null(world);
	world->execution->history_events_max = 6;
	assert_int_equal(world_start(world, "{}"), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_int_equal(world->execution->branches_count, 0);
	assert_int_equal(redrive(world), SW_EINVAL);
	world_free(world);
}

/* The store must have the branch as it is in memory, whatever came of the redrive. */
static void what_a_redrive_changes_of_the_root_is_marked_when_the_history_is_full(void **state)
{
	struct world *world = begin(TASK(""), "{}");
	struct sw_branch *root = world->execution->branches[0];
	assert_int_equal(world_fail(world, 0, world_dispatched(world)->attempt, "E", NULL), SW_OK);
	world->execution->history_events_max = world->execution->next_event_id;
	sw_branch_clean(root);
	uint32_t previous_id = root->previous_id;
	assert_int_equal(redrive(world), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_string_equal(world->execution->failure.error, "States.Runtime");
	assert_true(root->previous_id == previous_id || root->dirty);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_task_is_scheduled_again_and_not_entered_again),
		cmocka_unit_test(retriers_count_from_zero_again),
		cmocka_unit_test(one_that_is_stopped_while_it_waits_for_a_retry_can_be_redriven),
		cmocka_unit_test(the_machines_timeout_starts_again_and_a_wait_waits_anew),
		cmocka_unit_test(a_fail_state_fails_again),
		cmocka_unit_test(what_runs_or_has_succeeded_is_not_redriven),
		cmocka_unit_test(of_a_parallel_only_what_did_not_end_well_goes_on),
		cmocka_unit_test(of_a_map_failed_and_aborted_iterations_go_on_and_the_rest_follows),
		cmocka_unit_test(what_was_stopped_or_timed_out_inside_of_a_map_goes_on),
		cmocka_unit_test(a_failure_deep_inside_goes_on_where_it_was),
		cmocka_unit_test(a_branch_can_fail_again_and_be_redriven_again),
		cmocka_unit_test(outputs_that_are_too_large_together_are_made_again),
		cmocka_unit_test(outputs_that_cannot_be_selected_from_are_kept),
		cmocka_unit_test(a_map_whose_next_item_cannot_be_selected_goes_on_there),
		cmocka_unit_test(what_is_caught_or_tried_again_is_not_kept),
		cmocka_unit_test(a_parallel_that_failed_before_its_branches_begins_anew),
		cmocka_unit_test(a_parallel_whose_history_was_full_keeps_nothing),
		cmocka_unit_test(what_a_redrive_changes_of_the_root_is_marked_when_the_history_is_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
