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

static void what_ended_in_a_parallel_keeps_nothing(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,"
		      "\"Branches\":[{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Fail\"}}}]}}}",
		      "{}");
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_int_equal(world->execution->branches_count, 0);
	assert_int_equal(redrive(world), SW_EINVAL);
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
		cmocka_unit_test(what_ended_in_a_parallel_keeps_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
