/* Wait: how long, from when, and what cannot be waited for. */
#include "tests/unit/step/check.h"

#define WAIT(fields)                                                      \
	"{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\"," fields \
	",\"Next\":\"S\"},\"S\":{\"Type\":\"Succeed\"}}}"
#define PLACE "An error occurred while executing the state 'W' (entered at the event id #2). "

static void fails_with(const char *definition, const char *input, const char *cause)
{
	struct world *world = begin(definition, input);
	assert_ended(world, SW_STATUS_FAILED, "States.Runtime", cause);
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 WaitStateEntered\n3<-2 ExecutionFailed\n");
	world_free(world);
}

static void seconds_are_waited_for_and_not_less(void **state)
{
	struct world *world = begin(WAIT("\"Seconds\":5"), "{}");
	int64_t start_ms = world->now_ms;
	assert_true(sw_execution_due_ms(world->execution) == start_ms + 5000);
	assert_int_equal(world_advance(world, start_ms + 4999), SW_OK);
	assert_int_equal(world->execution->status, SW_STATUS_RUNNING);
	/* A timer that fires early changes nothing. */
	uint32_t events = world->events_count;
	assert_int_equal(world_send(world, (struct sw_event){.kind = SW_EVENT_TIMER, .branch = 0}), SW_OK);
	assert_int_equal(world->events_count, events);
	assert_int_equal(world_advance(world, start_ms + 5000), SW_OK);
	assert_output(world, "{}");
	assert_true(world->execution->stop_ms == start_ms + 5000);
	assert_string_equal(world_trace(world),
			    "1<-0 ExecutionStarted\n2<-0 WaitStateEntered\n3<-2 WaitStateExited\n"
			    "4<-3 SucceedStateEntered\n5<-4 SucceedStateExited\n6<-5 ExecutionSucceeded\n");
	world_free(world);
}

static void seconds_zero_is_left_at_once(void **state)
{
	struct world *world = begin(WAIT("\"SecondsPath\":\"$.s\""), "{\"s\":0}");
	assert_output(world, "{\"s\":0}");
	world_free(world);
}

static void a_timestamp_in_the_past_is_left_at_once(void **state)
{
	/* base/wait.wait_timestamppath_z */
	struct world *world = begin(WAIT("\"TimestampPath\":\"$.t\""), "{\"t\":\"2020-02-02T02:02:02Z\"}");
	assert_output(world, "{\"t\":\"2020-02-02T02:02:02Z\"}");
	world_free(world);
}

static void a_timestamp_is_not_reached_before_its_last_fraction(void **state)
{
	struct world *world =
		begin(WAIT("\"TimestampPath\":\"$.t\""), "{\"t\":\"2023-11-14T22:13:21.0000001Z\"}");
	assert_true(sw_execution_due_ms(world->execution) == 1700000001001);
	world_free(world);
}

static void a_literal_timestamp_is_waited_for(void **state)
{
	struct world *world = begin(WAIT("\"Timestamp\":\"2023-11-14T22:13:30Z\""), "{}");
	assert_true(sw_execution_due_ms(world->execution) == 1700000010000);
	world_free(world);
}

static void what_cannot_be_waited_for_is_told_as_recorded(void **state)
{
	/* base/wait.base_wait_seconds_path_1, ..._1_5, logs/base_wait_seconds_path_json5_all_false */
	fails_with(WAIT("\"SecondsPath\":\"$.s\""), "{\"s\":-1}",
		   PLACE "The SecondsPath parameter references a negative value: $.s == -1");
	fails_with(WAIT("\"SecondsPath\":\"$.s\""), "{\"s\":-1.5}",
		   PLACE "The SecondsPath parameter cannot be parsed as a long value: $.s == -1.5");
	fails_with(WAIT("\"SecondsPath\":\"$.s\""), "{}",
		   PLACE "The SecondsPath parameter does not reference an input value: $.s");
	fails_with(
		WAIT("\"TimestampPath\":\"$.t\""), "{\"t\":\"2020-02-02T02:02:02\"}",
		PLACE
		"The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time "
		"format string: $.t == 2020-02-02T02:02:02");
	/* base/wait.timestamp_too_far_in_future_boundary_24856 */
	fails_with(WAIT("\"TimestampPath\":\"$.t\""), "{\"t\":\"2091-12-10T22:13:20Z\"}",
		   PLACE "Wait state delay is too long.");
	fails_with(WAIT("\"SecondsPath\":\"$.s\""), "{\"s\":2147483648}",
		   PLACE "Wait state delay is too long.");
}

static void the_longest_delay_is_accepted(void **state)
{
	struct world *world = begin(WAIT("\"SecondsPath\":\"$.s\""), "{\"s\":2147483647}");
	assert_int_equal(world->execution->status, SW_STATUS_RUNNING);
	world_free(world);
}

static void waiting_takes_paths_and_assigns(void **state)
{
	struct world *world = begin(
		"{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"InputPath\":\"$.a\","
		"\"SecondsPath\":\"$.s\",\"OutputPath\":\"$.o\",\"Assign\":{\"v.$\":\"$.s\"},"
		"\"Next\":\"P\"},\"P\":{\"Type\":\"Pass\",\"Parameters\":{\"v.$\":\"$v\",\"o.$\":\"$\"},"
		"\"End\":true}}}",
		"{\"a\":{\"s\":3,\"o\":true}}");
	assert_int_equal(world_advance(world, world->now_ms + 3000), SW_OK);
	assert_output(world, "{\"v\":3,\"o\":true}");
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seconds_are_waited_for_and_not_less),
		cmocka_unit_test(seconds_zero_is_left_at_once),
		cmocka_unit_test(a_timestamp_in_the_past_is_left_at_once),
		cmocka_unit_test(a_timestamp_is_not_reached_before_its_last_fraction),
		cmocka_unit_test(a_literal_timestamp_is_waited_for),
		cmocka_unit_test(what_cannot_be_waited_for_is_told_as_recorded),
		cmocka_unit_test(the_longest_delay_is_accepted),
		cmocka_unit_test(waiting_takes_paths_and_assigns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
