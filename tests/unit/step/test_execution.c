/* The execution as a whole: branches in memory, the queue, stop, time-out, full turns, full history,
 * determinism. */
#include "tests/unit/step/check.h"

#define LAMBDA "arn:aws:lambda:us-east-1:123456789012:function:f"
#define LOOP                                                                                       \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Next\":\"C\"},\"C\":{\"Type\":" \
	"\"Choice\",\"Choices\":["                                                                 \
	"{\"Variable\":\"$\",\"IsNull\":true,\"Next\":\"S\"}],\"Default\":\"A\"},\"S\":{\"Type\":" \
	"\"Succeed\"}}}"
#define NAP "{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":100,\"End\":true}}}"

/* ---- branches in memory ------------------------------------------------------------------------------- */

static void branches_are_found_by_number(void **state)
{
	struct world *world = world_new(NAP, strlen(NAP), NULL);
	struct sw_execution *execution = world->execution;
	for (uint32_t number = 3; number < 300; number += 3) {
		struct sw_branch *branch = sw_branch_new();
		assert_non_null(branch);
		branch->number = number;
		branch->state = world->machine->flow.start;
		assert_int_equal(sw_execution_add(execution, branch), SW_OK);
	}
	assert_int_equal(sw_execution_branch(execution, 297)->number, 297);
	assert_null(sw_execution_branch(execution, 298));
	assert_null(sw_execution_branch(execution, 0));
	assert_int_equal(sw_execution_remove(execution, sw_execution_branch(execution, 150)), SW_OK);
	assert_null(sw_execution_branch(execution, 150));
	assert_int_equal(sw_execution_branch(execution, 153)->number, 153);
	assert_int_equal(execution->removed_count, 1);
	assert_int_equal(execution->removed[0].number, 150);
	world_free(world);
}

static void a_removed_branch_leaves_the_queue(void **state)
{
	struct world *world = world_new(NAP, strlen(NAP), NULL);
	struct sw_execution *execution = world->execution;
	for (uint32_t number = 0; number < 3; number++) {
		struct sw_branch *branch = sw_branch_new();
		branch->number = number;
		branch->state = world->machine->flow.start;
		assert_int_equal(sw_execution_add(execution, branch), SW_OK);
		sw_execution_enqueue(execution, branch);
		sw_execution_enqueue(execution, branch); /* no effect */
	}
	assert_int_equal(sw_execution_remove(execution, sw_execution_branch(execution, 2)), SW_OK);
	assert_int_equal(execution->ready_first, 0);
	assert_int_equal(execution->ready_last, 1);
	assert_int_equal(sw_execution_branch(execution, 1)->ready_next, SW_NO_BRANCH);
	world_free(world);
}

/* ---- stop and time-out -------------------------------------------------------------------------------- */

static void a_stopped_execution_is_aborted(void **state)
{
	/* api/stop_execution: the event follows 0, its details may be empty, and nothing else is told. */
	struct world *world = begin(NAP, "{}");
	assert_int_equal(world_send(world, (struct sw_event){.kind = SW_EVENT_STOP}), SW_OK);
	assert_ended(world, SW_STATUS_ABORTED, NULL, NULL);
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 WaitStateEntered\n3<-0 ExecutionAborted\n");
	assert_has(world_event(world, 3), "\"executionAbortedEventDetails\":{}");
	world_free(world);
}

static void stopping_takes_an_error_and_cancels_tasks(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"T\",\"States\":{\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
		      "\",\"End\":true}}}",
		      "{}");
	struct sw_event stop = {.kind = SW_EVENT_STOP, .error = "E", .cause = "C"};
	assert_int_equal(world_send(world, stop), SW_OK);
	assert_ended(world, SW_STATUS_ABORTED, "E", "C");
	assert_int_equal(world_count(world, SW_COMMAND_CANCEL), 1);
	assert_int_equal(world_send(world, stop), SW_ETIMEDOUT);
	assert_int_equal(world_succeed(world, 0, 1, "1"), SW_ETIMEDOUT);
	world_free(world);
}

static void the_machines_timeout_ends_the_execution_to_the_millisecond(void **state)
{
	struct world *world =
		begin("{\"TimeoutSeconds\":7,\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\","
		      "\"Seconds\":100,\"End\":true}}}",
		      "{}");
	int64_t start_ms = world->now_ms;
	assert_true(sw_execution_due_ms(world->execution) == start_ms + 7000);
	/* The alarm may be late; the stop date is not. */
	world->now_ms = start_ms + 7003;
	assert_int_equal(world_send(world, (struct sw_event){.kind = SW_EVENT_EXECUTION_TIMEOUT}), SW_OK);
	assert_ended(world, SW_STATUS_TIMED_OUT, NULL, NULL);
	assert_true(world->execution->stop_ms == start_ms + 7000);
	assert_has(world_trace(world), "3<-0 ExecutionTimedOut\n");
	assert_has(world_event(world, 3), "\"executionTimedOutEventDetails\":{\"error\":\"States.Timeout\"}");
	world_free(world);
}

/* Nobody ran it for a while, and what is due first is told first: no state is entered after the last moment. */
static void a_late_timer_finds_the_time_of_the_execution_over(void **state)
{
	struct world *world = begin("{\"TimeoutSeconds\":7,\"StartAt\":\"W\",\"States\":{"
				    "\"W\":{\"Type\":\"Wait\",\"Seconds\":5,\"Next\":\"T\"},"
				    "\"T\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA "\",\"End\":true}}}",
				    "{}");
	int64_t start_ms = world->now_ms;
	world->now_ms = start_ms + 7000;
	assert_int_equal(world_send(world, (struct sw_event){.kind = SW_EVENT_TIMER, .branch = 0}), SW_OK);
	assert_ended(world, SW_STATUS_TIMED_OUT, NULL, NULL);
	assert_true(world->execution->stop_ms == start_ms + 7000);
	assert_int_equal(world->events_count, 3);
	assert_int_equal(world_count(world, SW_COMMAND_DISPATCH), 0);
	world_free(world);
}

static void an_early_timeout_changes_nothing(void **state)
{
	struct world *world = begin(NAP, "{}");
	assert_int_equal(world_send(world, (struct sw_event){.kind = SW_EVENT_EXECUTION_TIMEOUT}), SW_OK);
	assert_int_equal(world_send(world, (struct sw_event){.kind = SW_EVENT_TIMER, .branch = 9}),
			 SW_ENOENT);
	assert_int_equal(world->execution->status, SW_STATUS_RUNNING);
	assert_int_equal(world->events_count, 2);
	world_free(world);
}

/* ---- turns and limits --------------------------------------------------------------------------------- */

static void a_full_turn_asks_to_go_on(void **state)
{
	struct world *world = world_new(LOOP, strlen(LOOP), NULL);
	assert_non_null(world);
	world->execution->history_events_max = 2000;
	assert_int_equal(world_start(world, "{}"), SW_OK);
	/* 1,000 states, 256 a turn. */
	assert_in_range(world->turns, 4, 5);
	world_free(world);
}

static void a_turn_is_full_when_its_history_is_large(void **state)
{
	struct world *world = world_new(LOOP, strlen(LOOP), NULL);
	assert_non_null(world);
	world->execution->history_events_max = 400;
	struct sw_buf input = SW_BUF;
	sw_buf_char(&input, '"');
	for (int i = 0; i < 200000; i++)
		sw_buf_char(&input, 'x');
	sw_buf_char(&input, '"');
	assert_int_equal(world_start(world, input.data), SW_OK);
	/* The same payload in all events counts once. */
	assert_int_equal(world->turns, 1);
	sw_buf_done(&input);
	world_free(world);
}

static void event_25000_is_the_failure(void **state)
{
	struct world *world = begin(LOOP, "{}");
	assert_ended(world, SW_STATUS_FAILED, "States.Runtime",
		     "The execution reached the maximum number of history events (25000).");
	assert_int_equal(world->events_count, 25000);
	assert_int_equal(world->events[24999].id, 25000);
	assert_int_equal(world->events[24999].type, SW_HISTORY_EXECUTION_FAILED);
	for (uint32_t i = 0; i < world->events_count; i++)
		assert_int_equal(world->events[i].id, i + 1);
	world_free(world);
}

static void the_last_event_may_be_the_success(void **state)
{
	const char *definition = "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}";
	for (uint32_t limit = 3; limit <= 4; limit++) {
		struct world *world = world_new(definition, strlen(definition), NULL);
		assert_non_null(world);
		world->execution->history_events_max = limit;
		assert_int_equal(world_start(world, "{}"), SW_OK);
		assert_int_equal(world->events_count, limit);
		assert_int_equal(world->execution->status,
				 limit == 4 ? SW_STATUS_SUCCEEDED : SW_STATUS_FAILED);
		world_free(world);
	}
}

/* Every limit cuts the same story at another event: no cut may crash, leak, or leave a gap. */
static void the_history_may_be_full_at_any_event(void **state)
{
	const char *definition =
		"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Retry\":[{\"ErrorEquals\":["
		"\"E\"],"
		"\"MaxAttempts\":1}],\"Catch\":[{\"ErrorEquals\":[\"E\"],\"Next\":\"Z\"}],\"Branches\":["
		"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":2,"
		"\"ItemProcessor\":{"
		"\"StartAt\":\"I\",\"States\":{\"I\":{\"Type\":\"Task\",\"Resource\":\"" LAMBDA
		"\",\"End\":true}}},"
		"\"End\":true}}},{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":1,"
		"\"Next\":\"F\"},"
		"\"F\":{\"Type\":\"Fail\",\"Error\":\"E\"}}}],\"End\":true},\"Z\":{\"Type\":\"Pass\",\"End\":"
		"true}}}";
	uint32_t full = 0;
	for (uint32_t limit = 2; full == 0 || limit <= full + 1; limit++) {
		struct world *world = world_new(definition, strlen(definition), NULL);
		assert_non_null(world);
		world->execution->history_events_max = limit;
		assert_int_equal(world_start(world, "[1,2,3]"), SW_OK);
		if (world->execution->status == SW_STATUS_RUNNING)
			world_succeed(world, world_dispatched(world)->branch, 1, "1");
		assert_int_equal(world_advance(world, world->now_ms + 10000), SW_OK);
		assert_int_not_equal(world->execution->status, SW_STATUS_RUNNING);
		assert_true(world->events_count <= limit);
		if (world->execution->status == SW_STATUS_SUCCEEDED && full == 0)
			full = world->events_count;
		world_free(world);
		assert_in_range(limit, 0, 200);
	}
}

/* ---- same event, same result -------------------------------------------------------------------------- */

/* All that a story brings about, as text. */
static char *tell(uint64_t seed)
{
	const char *definition =
		"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"ItemProcessor\":{\"StartAt\":\"I\","
		"\"States\":{"
		"\"I\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::sqs:sendMessage.waitForTaskToken\","
		"\"Parameters\":{\"t.$\":\"$$.Task.Token\",\"u.$\":\"States.UUID()\"},\"Retry\":[{"
		"\"ErrorEquals\":[\"E\"],"
		"\"JitterStrategy\":\"FULL\",\"IntervalSeconds\":60}],\"End\":true}}},\"End\":true}}}";
	struct world *world = world_new(definition, strlen(definition), NULL);
	assert_non_null(world);
	world->seed = seed;
	assert_int_equal(world_start(world, "[1,2,3]"), SW_OK);
	assert_int_equal(world_fail(world, 2, 1, "E", NULL), SW_OK);
	assert_int_equal(world_advance(world, world->now_ms + 60000), SW_OK);
	assert_int_equal(world_send(world, (struct sw_event){.kind = SW_EVENT_STOP}), SW_OK);
	struct sw_buf text = SW_BUF;
	for (uint32_t i = 0; i < world->events_count; i++)
		assert_int_equal(sw_history_event_print(&world->events[i], true, &text), SW_OK);
	for (uint32_t i = 0; i < world->commands_count; i++)
		sw_buf_printf(&text, "\n%d %u %u", world->commands[i].kind, world->commands[i].branch,
			      world->commands[i].attempt);
	world_free(world);
	return sw_buf_take(&text, NULL);
}

static void the_same_events_give_the_same_result_byte_for_byte(void **state)
{
	char *first = tell(11), *second = tell(11), *other = tell(12);
	assert_string_equal(first, second);
	assert_string_not_equal(first, other);
	sw_free(first);
	sw_free(second);
	sw_free(other);
}

static void error_and_cause_are_as_long_as_the_api_has_room_for(void **state)
{
	struct sw_buf input = SW_BUF;
	sw_buf_text(&input, "{\"t\":\"");
	for (int i = 0; i < 20000; i++)
		sw_buf_text(&input, "\xC3\xA4");
	sw_buf_text(&input, "\"}");
	struct world *world =
		begin("{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Fail\",\"ErrorPath\":\"$.t\","
		      "\"CausePath\":\"$.t\"}}}",
		      input.data);
	sw_buf_done(&input);
	assert_int_equal(world->execution->status, SW_STATUS_FAILED);
	assert_int_equal(strlen(world->execution->failure.error), SW_ERROR_BYTES_MAX);
	assert_int_equal(strlen(world->execution->failure.cause), SW_CAUSE_BYTES_MAX);
	world_free(world);
}

static void an_execution_starts_once(void **state)
{
	struct world *world = begin(NAP, "{}");
	assert_int_equal(world_send(world, (struct sw_event){.kind = SW_EVENT_START}), SW_EINVAL);
	assert_int_equal(world->events_count, 2);
	world_free(world);
}

static void changed_branches_are_marked(void **state)
{
	struct world *world = begin(NAP, "{}");
	struct sw_branch *branch = sw_execution_branch(world->execution, 0);
	assert_true(branch->dirty);
	sw_branch_clean(branch);
	branch->on_disk = true;
	branch->stored_due_ms = branch->due_ms;
	struct sw_event early = {.kind = SW_EVENT_TIMER, .now_ms = world->now_ms, .branch = 0};
	assert_int_equal(sw_step(world->execution, &early, &world->effects), SW_OK);
	assert_false(branch->dirty);
	int64_t due_ms = branch->due_ms;
	struct sw_event due = {.kind = SW_EVENT_TIMER, .now_ms = due_ms, .branch = 0};
	assert_int_equal(sw_step(world->execution, &due, &world->effects), SW_OK);
	assert_int_equal(world->execution->removed_count, 1);
	assert_true(world->execution->removed[0].on_disk);
	assert_true(world->execution->removed[0].stored_due_ms == due_ms);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(branches_are_found_by_number),
		cmocka_unit_test(a_removed_branch_leaves_the_queue),
		cmocka_unit_test(a_stopped_execution_is_aborted),
		cmocka_unit_test(stopping_takes_an_error_and_cancels_tasks),
		cmocka_unit_test(the_machines_timeout_ends_the_execution_to_the_millisecond),
		cmocka_unit_test(a_late_timer_finds_the_time_of_the_execution_over),
		cmocka_unit_test(an_early_timeout_changes_nothing),
		cmocka_unit_test(a_full_turn_asks_to_go_on),
		cmocka_unit_test(a_turn_is_full_when_its_history_is_large),
		cmocka_unit_test(event_25000_is_the_failure),
		cmocka_unit_test(the_last_event_may_be_the_success),
		cmocka_unit_test(the_history_may_be_full_at_any_event),
		cmocka_unit_test(the_same_events_give_the_same_result_byte_for_byte),
		cmocka_unit_test(error_and_cause_are_as_long_as_the_api_has_room_for),
		cmocka_unit_test(an_execution_starts_once),
		cmocka_unit_test(changed_branches_are_marked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
