/* Starting, stopping and removing executions. */
#include "engine_world.h"

#define PASS "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"
#define HELD                                                                                              \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\",\"End\":" \
	"true}}}"

static int open_world(void **state)
{
	struct world *world = world_new();
	world_open(world);
	world_machine(world, "pass", PASS);
	world_machine(world, "held", HELD);
	*state = world;
	return 0;
}

static int close_world(void **state)
{
	world_free(*state);
	return 0;
}

static void the_same_name_and_input_answers_the_running_one(void **state)
{
	struct world *world = *state;
	struct told first = world_start(world, "held", "n", "{\"a\": 1}");
	world_advance(world, 5000);
	struct told again = world_start(world, "held", "n", "{\"a\":1}");
	assert_int_equal(again.result, SW_OK);
	assert_true(again.existed);
	assert_false(first.existed);
	assert_string_equal(again.arn, first.arn);
	assert_int_equal(again.time_ms, first.time_ms);
	assert_int_equal(world->delivered, 1);
	struct told other = world_start(world, "held", "n", "{\"a\":2}");
	assert_int_equal(other.result, SW_EEXIST);
	assert_string_equal(other.text, "Execution Already Exists: "
					"'arn:aws:states:us-east-1:123456789012:execution:held:n'");
}

static void the_name_of_one_that_has_ended_stays_taken(void **state)
{
	struct world *world = *state;
	world_start(world, "pass", "n", NULL);
	assert_int_equal(world_start(world, "pass", "n", NULL).result, SW_EEXIST);
	assert_int_equal(world_start(world, "held", "n", NULL).result, SW_OK); /* names belong to a machine */
	world_close(world);
	world_open(world);
	assert_int_equal(world_start(world, "pass", "n", NULL).result, SW_EEXIST);
}

static void two_starts_in_one_turn_of_the_loop_are_one(void **state)
{
	struct world *world = *state;
	struct told first = {0}, second = {0}, third = {0};
	struct sw_start_params params = {.machine = "held", .name = "n"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &first, NULL), SW_OK);
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &second, NULL), SW_OK);
	params.input = "1";
	params.input_len = 1;
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &third, NULL), SW_OK);
	assert_int_equal(first.calls + second.calls + third.calls, 0);
	world_settle(world);
	assert_int_equal(first.calls, 1);
	assert_false(first.existed);
	assert_int_equal(second.result, SW_OK);
	assert_true(second.existed);
	assert_string_equal(second.arn, first.arn);
	assert_int_equal(third.calls, 1);
	assert_int_equal(third.result, SW_EEXIST);
	assert_int_equal(world->delivered, 1);
}

static void a_repetition_in_the_turn_in_which_it_ends_is_told_the_same(void **state)
{
	struct world *world = *state;
	struct told first = {0}, second = {0};
	struct sw_start_params params = {.machine = "pass", .name = "n"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &first, NULL), SW_OK);
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &second, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(second.result, SW_OK);
	assert_true(second.existed);
	assert_string_equal(second.arn, first.arn);
	assert_int_equal(second.time_ms, first.time_ms);
}

static void what_is_wrong_with_a_start_is_said(void **state)
{
	struct world *world = *state;
	assert_int_equal(world_start(world, "nobody", NULL, NULL).result, SW_ENOENT);
	assert_string_equal(world_start(world, "nobody", NULL, NULL).text,
			    "State Machine Does Not Exist: "
			    "'arn:aws:states:us-east-1:123456789012:stateMachine:nobody'");
	assert_int_equal(world_start(world, "pass", "a b", NULL).result, SW_ENAME);
	struct told told = world_start(world, "pass", NULL, "{nope}");
	assert_int_equal(told.result, SW_EINPUT);
	assert_non_null(strstr(told.text, "line 1"));
	struct sw_error err = {0};
	char *large = sw_alloc(SW_PAYLOAD_BYTES_MAX + 1);
	memset(large, ' ', SW_PAYLOAD_BYTES_MAX + 1);
	large[0] = '1';
	struct sw_start_params params = {
		.machine = "pass", .input = large, .input_len = SW_PAYLOAD_BYTES_MAX + 1};
	assert_int_equal(sw_engine_start(world->engine, &params, NULL, NULL, &err), SW_ELIMIT);
	params.input_len--;
	assert_int_equal(sw_engine_start(world->engine, &params, NULL, NULL, NULL), SW_OK);
	world_settle(world);
	sw_free(large);
}

static void names_that_the_engine_makes_are_found_again(void **state)
{
	struct world *world = *state;
	struct told one = world_start(world, "held", NULL, NULL),
		    two = world_start(world, "held", NULL, NULL);
	assert_string_not_equal(one.arn, two.arn);
	world_close(world);
	world_open(world);
	assert_int_equal(world_stop(world, one.arn, NULL, NULL).result, SW_OK);
	assert_string_equal(world_status(world, one.arn), "ABORTED");
	assert_string_equal(world_status(world, two.arn), "RUNNING");
}

static void stop_cancels_the_task_and_tells_error_and_cause(void **state)
{
	struct world *world = *state;
	struct told started = world_start(world, "held", NULL, NULL);
	world_advance(world, 250);
	struct told stopped = world_stop(world, started.arn, "Enough", "no more");
	assert_int_equal(stopped.result, SW_OK);
	assert_false(stopped.existed);
	assert_int_equal(stopped.time_ms, started.time_ms + 250);
	assert_int_equal(world->cancelled, 1);
	assert_string_equal(world_status(world, started.arn), "ABORTED");
	assert_string_equal(world_error(world, started.arn), "Enough");
	assert_string_equal(world_cause(world, started.arn), "no more");
	world_advance(world, 250);
	struct told again = world_stop(world, started.arn, "Other", NULL);
	assert_int_equal(again.result, SW_OK);
	assert_true(again.existed);
	assert_int_equal(again.time_ms, stopped.time_ms);
	assert_string_equal(world_error(world, started.arn), "Enough");
}

static void a_stop_in_the_turn_of_the_start_comes_after_it(void **state)
{
	struct world *world = *state;
	struct told started = {0}, stopped = {0}, twice = {0};
	struct sw_start_params params = {.machine = "held", .name = "n"};
	const char *arn = "arn:aws:states:us-east-1:123456789012:execution:held:n";
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &started, NULL), SW_OK);
	assert_int_equal(sw_engine_stop(world->engine, arn, NULL, NULL, tell, &stopped, NULL), SW_OK);
	assert_int_equal(sw_engine_stop(world->engine, arn, NULL, NULL, tell, &twice, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(started.result, SW_OK);
	assert_int_equal(stopped.result, SW_OK);
	assert_true(twice.existed);
	assert_string_equal(world_status(world, arn), "ABORTED");
	assert_int_equal(world->delivered, 0); /* it was cancelled before it was dispatched */
}

static void what_does_not_exist_cannot_be_stopped(void **state)
{
	struct world *world = *state;
	struct told told =
		world_stop(world, "arn:aws:states:us-east-1:123456789012:execution:held:x", NULL, NULL);
	assert_int_equal(told.result, SW_ENOENT);
	assert_string_equal(
		told.text,
		"Execution Does Not Exist: 'arn:aws:states:us-east-1:123456789012:execution:held:x'");
	assert_int_equal(world_stop(world, "gibberish", NULL, NULL).result, SW_EARN);
	assert_int_equal(
		world_stop(world, "arn:aws:states:us-east-1:123456789012:stateMachine:held", NULL, NULL)
			.result,
		SW_EARN);
	assert_int_equal(
		world_stop(world, "arn:aws:states:eu-west-1:123456789012:execution:held:x", NULL, NULL)
			.result,
		SW_ENOENT);
}

static void a_completion_after_the_stop_is_ignored(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, NULL);
	struct sw_task *task = world_take(world); /* its handler does not care for cancelling */
	world_stop(world, told.arn, NULL, NULL);
	assert_int_equal(sw_task_succeed(task, "1", 1), SW_OK);
	world_settle(world);
	assert_string_equal(world_status(world, told.arn), "ABORTED");
	assert_true(sw_engine_is_idle(world->engine));
}

static void a_removed_execution_is_gone_with_all_its_records(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", "n", "{\"a\":1}"), removed = {0};
	assert_int_equal(sw_engine_delete_execution(world->engine, told.arn, tell, &removed, NULL), SW_EBUSY);
	world_stop(world, told.arn, NULL, NULL);
	assert_int_equal(sw_engine_delete_execution(world->engine, told.arn, tell, &removed, NULL), SW_OK);
	assert_int_equal(removed.calls, 0);
	world_settle(world);
	assert_int_equal(removed.calls, 1);
	assert_string_equal(world_status(world, told.arn), "NONE");
	assert_int_equal(sw_engine_delete_execution(world->engine, told.arn, tell, &removed, NULL),
			 SW_ENOENT);

	static const enum sw_table tables[] = {SW_TABLE_EXECUTIONS, SW_TABLE_BRANCHES, SW_TABLE_HISTORY,
					       SW_TABLE_VALUES,     SW_TABLE_TIMERS,   SW_TABLE_NAMES,
					       SW_TABLE_LISTING};
	struct sw_snapshot *snapshot = NULL;
	assert_int_equal(sw_store_begin(world->store, &snapshot, NULL), SW_OK);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		struct sw_scan *scan = NULL;
		struct sw_slice key, value;
		assert_int_equal(sw_scan_new(snapshot, tables[i], sw_slice(NULL, 0), false, &scan), SW_OK);
		assert_int_equal(sw_scan_next(scan, &key, &value), SW_ENOENT);
		sw_scan_free(scan);
	}
	sw_snapshot_end(snapshot);
	struct told again = world_start(world, "held", "n", "{\"a\":2}");
	assert_int_equal(again.result, SW_OK);
	assert_false(again.existed);
}

static void an_execution_that_ends_leaves_no_timer(void **state)
{
	struct world *world = *state;
	world_machine(
		world, "busy",
		"{\"StartAt\":\"P\",\"TimeoutSeconds\":100,\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":"
		"true,"
		"\"Branches\":[{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"TimeoutSeconds\":50,"
		"\"Resource\":\"function:held\",\"End\":true}}},{\"StartAt\":\"B\",\"States\":{\"B\":{"
		"\"Type\":\"Wait\","
		"\"Seconds\":70,\"End\":true}}}]}}}");
	struct told told = world_start(world, "busy", NULL, NULL);
	world_advance(world, 1500);
	world_stop(world, told.arn, NULL, NULL);
	struct sw_snapshot *snapshot = NULL;
	assert_int_equal(sw_store_begin(world->store, &snapshot, NULL), SW_OK);
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	assert_int_equal(sw_scan_new(snapshot, SW_TABLE_TIMERS, sw_slice(NULL, 0), false, &scan), SW_OK);
	assert_int_equal(sw_scan_next(scan, &key, &value), SW_ENOENT);
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	struct sw_engine_stats stats;
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.timers_loaded, 0);
	assert_int_equal(stats.executions_in_memory, 0);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(the_same_name_and_input_answers_the_running_one),
		WITH_WORLD(the_name_of_one_that_has_ended_stays_taken),
		WITH_WORLD(two_starts_in_one_turn_of_the_loop_are_one),
		WITH_WORLD(a_repetition_in_the_turn_in_which_it_ends_is_told_the_same),
		WITH_WORLD(what_is_wrong_with_a_start_is_said),
		WITH_WORLD(names_that_the_engine_makes_are_found_again),
		WITH_WORLD(stop_cancels_the_task_and_tells_error_and_cause),
		WITH_WORLD(a_stop_in_the_turn_of_the_start_comes_after_it),
		WITH_WORLD(what_does_not_exist_cannot_be_stopped),
		WITH_WORLD(a_completion_after_the_stop_is_ignored),
		WITH_WORLD(a_removed_execution_is_gone_with_all_its_records),
		WITH_WORLD(an_execution_that_ends_leaves_no_timer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
