/* What is found at open: waits, tasks that were in flight, damage. */
#include "engine_world.h"

#define HELD                                                                                               \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\",\"Next\":" \
	"\"B\"},"                                                                                          \
	"\"B\":{\"Type\":\"Pass\",\"End\":true}}}"
#define WAIT "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":3600,\"End\":true}}}"

static int open_world(void **state)
{
	struct world *world = world_new();
	world_open(world);
	world_machine(world, "held", HELD);
	world_machine(world, "wait", WAIT);
	*state = world;
	return 0;
}

static int close_world(void **state)
{
	world_free(*state);
	return 0;
}

static void a_wait_goes_on_over_a_restart(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "wait", NULL, NULL);
	world_advance(world, 1000000);
	world_close(world);
	world->loop.mono_ms = 5; /* the machine was booted again */
	world->loop.wall_ms += 1000000;
	world_open(world);
	world_advance(world, 1599999);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	world_advance(world, 1);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
}

static void a_wait_that_ended_meanwhile_ends_at_the_open(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "wait", NULL, NULL);
	world_close(world);
	world->loop.wall_ms += 10000000;
	world_open(world);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
}

static void time_does_not_go_back_from_one_process_to_the_next(void **state)
{
	struct world *world = *state;
	struct told first = world_start(world, "held", NULL, NULL);
	world_close(world);
	world->loop.wall_ms -= 1000000000;
	world_open(world);
	struct told second = world_start(world, "held", NULL, NULL);
	assert_true(second.time_ms >= first.time_ms);
}

static void a_task_that_was_in_flight_is_delivered_again_under_its_key(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", "n", "{\"a\":1}");
	char key[128];
	memcpy(key, world->last_key, sizeof(key));
	assert_false(world->last_redelivery);
	world_crash(world);
	world->delivered = 0;
	world_open(world);
	assert_int_equal(world->delivered, 1);
	assert_true(world->last_redelivery);
	assert_string_equal(world->last_key, key);
	sw_task_succeed(world_take(world), "2", 1);
	world_settle(world);
	assert_string_equal(world_output(world, told.arn), "2");
	assert_string_equal(
		world_history(world, told.arn),
		"ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSucceeded TaskStateExited "
		"PassStateEntered PassStateExited ExecutionSucceeded");
	world_crash(world);
	world_open(world);
	assert_int_equal(world->delivered, 1);
}

/* A program must not be started for an attempt that has timed out: it would be ended in its first moment. */
static void a_task_whose_time_is_over_is_not_delivered_again(void **state)
{
	static const char *const limits[] = {"\"TimeoutSeconds\":10", "\"HeartbeatSeconds\":10"};
	struct world *world = *state;
	for (size_t i = 0; i < 2; i++) {
		char definition[256], name[8];
		snprintf(name, sizeof(name), "late%zu", i);
		snprintf(definition, sizeof(definition),
			 "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":"
			 "\"function:held\",%s,\"End\":true}}}",
			 limits[i]);
		world_machine(world, name, definition);
		struct told told = world_start(world, name, NULL, NULL);
		world_crash(world);
		world->delivered = 0;
		world->loop.mono_ms += 10000;
		world->loop.wall_ms += 10000;
		world_open(world);
		assert_int_equal(world->delivered, 0);
		assert_string_equal(world_error(world, told.arn), "States.Timeout");
	}
}

static void nothing_of_an_execution_goes_on_when_its_time_is_over(void **state)
{
	struct world *world = *state;
	world_machine(
		world, "m",
		"{\"TimeoutSeconds\":10,\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Parallel\","
		"\"Branches\":["
		"{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":5,\"Next\":\"T\"},"
		"\"T\":{\"Type\":\"Task\",\"Resource\":\"function:held\",\"End\":true}}},"
		"{\"StartAt\":\"U\",\"States\":{"
		"\"U\":{\"Type\":\"Task\",\"Resource\":\"function:held\",\"End\":true}}}],\"End\":true}}}");
	struct told told = world_start(world, "m", NULL, NULL);
	world_crash(world);
	world->delivered = 0;
	world->loop.mono_ms += 10000;
	world->loop.wall_ms += 10000;
	world_open(world);
	assert_int_equal(world->delivered, 0);
	assert_string_equal(world_status(world, told.arn), "TIMED_OUT");
	assert_string_equal(world_history(world, told.arn),
			    "ExecutionStarted ParallelStateEntered ParallelStateStarted WaitStateEntered "
			    "TaskStateEntered "
			    "TaskScheduled TaskStarted ExecutionTimedOut");
}

static void a_completion_that_came_before_the_close_is_not_lost(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, NULL);
	sw_task_succeed(world_take(world), "2", 1);
	world_close(world); /* before the loop had a turn */
	world_open(world);
	assert_int_equal(world->delivered, 1);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
}

static void a_redelivered_task_without_handler_waits(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, NULL);
	world_close(world);
	struct sw_error err = {0};
	assert_int_equal(sw_engine_new_on(&world->options, world->store, &world->engine, &err), SW_OK);
	assert_int_equal(sw_engine_resume(world->engine, SW_RESUME_ALL, NULL), SW_OK);
	world_settle(world);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	assert_non_null(strstr(world->last_log, "function:held"));
	assert_true(sw_engine_is_idle(world->engine));
	world_close(world);
	world_open(world);
	assert_int_equal(world->tasks_count, 1);
}

static void own_mode_leaves_the_executions_of_others_alone(void **state)
{
	struct world *world = *state;
	struct told task = world_start(world, "held", "task", NULL),
		    wait = world_start(world, "wait", "wait", NULL);
	world_close(world);
	world->loop.wall_ms += 10000000;
	world->delivered = 0;
	world_open_own(world);
	world_advance(world, 5000);
	assert_int_equal(world->delivered, 0);
	assert_string_equal(world_status(world, task.arn), "RUNNING");
	assert_string_equal(world_status(world, wait.arn), "RUNNING");
	struct told mine = world_start(world, "wait", NULL, NULL);
	world_advance(world, 3600000);
	assert_string_equal(world_status(world, mine.arn), "SUCCEEDED");
	assert_string_equal(world_status(world, wait.arn), "RUNNING");
	/* Started again by its name it is this process's own. */
	struct told again = world_start(world, "wait", "wait", NULL);
	assert_true(again.existed);
	world_advance(world, 1000);
	assert_string_equal(world_status(world, wait.arn), "SUCCEEDED");
	again = world_start(world, "held", "task", NULL);
	assert_true(again.existed);
	assert_int_equal(world->delivered, 1);
	assert_true(world->last_redelivery);
	/* Whoever it belongs to, it can be stopped. */
	world_close(world);
	world_open_own(world);
	assert_int_equal(world_stop(world, task.arn, NULL, NULL).result, SW_OK);
	assert_string_equal(world_status(world, task.arn), "ABORTED");
}

static void time_does_not_go_back_within_the_second_after_it_was_written(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, NULL); /* writes the time */
	world_advance(world, 700);
	sw_task_succeed(world_take(world), "1", 1);
	world_settle(world); /* does not */
	int64_t last_ms = world->engine->clock.last_ms;
	world_crash(world);
	world->loop.wall_ms -= 100000;
	world_open(world);
	assert_true(world->engine->clock.last_ms >= last_ms);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	/* The machine was booted again meanwhile: its loop's clock is behind. */
	world_start(world, "held", NULL, NULL);
	world_advance(world, 700);
	sw_task_succeed(world_take(world), "1", 1);
	world_settle(world);
	last_ms = world->engine->clock.last_ms;
	world_crash(world);
	world->loop.mono_ms = 5;
	world->loop.wall_ms -= 100000;
	world_open(world);
	assert_true(world->engine->clock.last_ms >= last_ms);
}

/* What the store says of itself says nothing of a record. */
static void what_cannot_be_read_now_is_recovered_later(void **state)
{
	static const enum sw_result kinds[] = {SW_EIO, SW_ENOMEM, SW_EBUSY};
	(void)state;
	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
		bool done = false;
		for (uint64_t i = 1; !done; i++) {
			struct world *world = world_new();
			world_open(world);
			world_machine(world, "held", HELD);
			struct told told = world_start(world, "held", NULL, NULL);
			world_crash(world);
			world->delivered = 0;
			world_open_idle(world);
			world->faults.fail_with = kinds[kind];
			world->faults.fail_at = world->faults.operations + i;
			assert_int_equal(sw_engine_resume(world->engine, SW_RESUME_ALL, NULL), SW_OK);
			world_advance(world, 5000);
			done = world->faults.operations < world->faults.fail_at;
			world->faults.fail_at = 0;
			assert_int_equal(world->delivered, 1);
			sw_task_succeed(world_take(world), "1", 1);
			world_settle(world);
			assert_string_equal(world_output(world, told.arn), "1");
			world_free(world);
		}
	}
}

static void nothing_moves_before_resume(void **state)
{
	struct world *world = *state;
	world_start(world, "held", NULL, NULL);
	world_close(world);
	world->delivered = 0;
	world_open_idle(world);
	struct told told = {0};
	struct sw_start_params params = {.machine = "held"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &told, NULL), SW_OK);
	world_advance(world, 10000);
	assert_int_equal(world->delivered, 0);
	assert_int_equal(sw_engine_resume(world->engine, SW_RESUME_ALL, NULL), SW_OK);
	assert_int_equal(world->delivered, 0); /* not from inside the call */
	world_settle(world);
	assert_int_equal(world->delivered, 2);
	assert_int_equal(told.calls, 1);
	assert_int_equal(sw_engine_resume(world->engine, SW_RESUME_ALL, NULL), SW_EINVAL);
}

static void many_that_were_in_flight_are_recovered(void **state)
{
	struct world *world = *state;
	struct sw_start_params params = {.machine = "held"};
	for (int i = 0; i < 2000; i++)
		assert_int_equal(sw_engine_start(world->engine, &params, NULL, NULL, NULL), SW_OK);
	world_settle(world);
	world_crash(world);
	world->delivered = 0;
	world_open(world);
	assert_int_equal(world->delivered, 2000);
	while (world->tasks_count)
		sw_task_succeed(world_take(world), "0", 1);
	world_settle(world);
	struct sw_engine_stats stats;
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.succeeded, 2000);
}

/* A turn that was full is on disk with its READY branches. */
static void a_long_run_goes_on_where_the_last_turn_ended(void **state)
{
	struct world *world = *state;
	struct sw_buf text = SW_BUF;
	sw_buf_text(&text, "{\"StartAt\":\"S0\",\"States\":{");
	for (int i = 0; i < 700; i++)
		sw_buf_printf(&text, "\"S%d\":{\"Type\":\"Pass\",\"Next\":\"S%d\"},", i, i + 1);
	sw_buf_text(&text, "\"S700\":{\"Type\":\"Pass\",\"End\":true}}}");
	world_machine(world, "long", text.data);
	sw_buf_done(&text);
	struct sw_start_params params = {.machine = "long", .name = "n"};
	const char *arn = "arn:aws:states:us-east-1:123456789012:execution:long:n";
	/* The first commit of the execution is its last in this process. */
	assert_int_equal(sw_engine_start(world->engine, &params, NULL, NULL, NULL), SW_OK);
	sw_engine_work(world->engine);
	world_crash(world);
	world_open(world);
	assert_string_equal(world_status(world, arn), "SUCCEEDED");
	const char *history = world_history(world, arn);
	int entered = 0;
	for (const char *at = history; (at = strstr(at, "PassStateEntered")) != NULL; at++)
		entered++;
	assert_int_equal(entered, 701);
}

/* Overwrites the value of the first record whose key begins with prefix. */
static void damage(struct world *world, enum sw_table table, struct sw_slice prefix, bool remove)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	struct sw_batch *batch = NULL;
	assert_int_equal(sw_store_begin(world->store, &snapshot, NULL), SW_OK);
	assert_int_equal(sw_scan_new(snapshot, table, prefix, false, &scan), SW_OK);
	assert_int_equal(sw_scan_next(scan, &key, &value), SW_OK);
	assert_int_equal(sw_batch_new(&batch), SW_OK);
	char *bytes = sw_memdup(value.data, value.len);
	bytes[value.len / 2] = (char)(bytes[value.len / 2] ^ 0x40);
	if (remove)
		assert_int_equal(sw_batch_delete(batch, table, key), SW_OK);
	else
		assert_int_equal(sw_batch_put(batch, table, key, sw_slice(bytes, value.len)), SW_OK);
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	assert_int_equal(sw_store_commit(world->store, batch, NULL), SW_OK);
	sw_batch_free(batch);
	sw_free(bytes);
}

static void a_damaged_branch_fails_its_execution_only(void **state)
{
	for (int remove = 0; remove < 2; remove++) {
		struct world *world = *state;
		struct told bad = world_start(world, "wait", NULL, NULL),
			    good = world_start(world, "wait", NULL, NULL);
		world_close(world);
		damage(world, SW_TABLE_BRANCHES, sw_slice(NULL, 0), remove);
		world_open(world);
		world_advance(world, 3600000);
		assert_string_equal(world_status(world, good.arn), "SUCCEEDED");
		assert_string_equal(world_status(world, bad.arn), "FAILED");
		assert_string_equal(world_error(world, bad.arn), "States.Runtime");
		assert_non_null(strstr(world_cause(world, bad.arn), "stored record is damaged"));
		assert_string_equal(world_history(world, bad.arn),
				    "ExecutionStarted WaitStateEntered ExecutionFailed");
		assert_true(sw_engine_is_idle(world->engine));
	}
}

static void a_damaged_head_stops_nobody_else(void **state)
{
	struct world *world = *state;
	world_start(world, "wait", NULL, NULL);
	struct told good = world_start(world, "wait", NULL, NULL);
	world_close(world);
	damage(world, SW_TABLE_EXECUTIONS, sw_slice(NULL, 0), false);
	world_open(world);
	world_advance(world, 3600000);
	assert_string_equal(world_status(world, good.arn), "SUCCEEDED");
	assert_true(sw_engine_is_idle(world->engine));
}

static void an_execution_whose_definition_is_lost_fails(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, NULL);
	world_close(world);
	damage(world, SW_TABLE_MACHINES, sw_slice(NULL, 0), false); /* "held" sorts before "wait" */
	world_open(world);
	assert_string_equal(world_status(world, told.arn), "FAILED");
	assert_non_null(strstr(world_cause(world, told.arn), "stored record is damaged"));
}

static void a_stop_of_a_damaged_execution_finds_it_ended(void **state)
{
	struct world *world = *state;
	struct told bad = world_start(world, "wait", NULL, NULL);
	world_close(world);
	damage(world, SW_TABLE_BRANCHES, sw_slice(NULL, 0), false);
	world_open(world);
	struct told stopped = world_stop(world, bad.arn, NULL, NULL);
	assert_int_equal(stopped.result, SW_OK);
	assert_true(stopped.existed);
	assert_string_equal(world_status(world, bad.arn), "FAILED");
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(a_wait_goes_on_over_a_restart),
		WITH_WORLD(a_wait_that_ended_meanwhile_ends_at_the_open),
		WITH_WORLD(time_does_not_go_back_from_one_process_to_the_next),
		WITH_WORLD(a_task_that_was_in_flight_is_delivered_again_under_its_key),
		WITH_WORLD(a_task_whose_time_is_over_is_not_delivered_again),
		WITH_WORLD(nothing_of_an_execution_goes_on_when_its_time_is_over),
		WITH_WORLD(a_completion_that_came_before_the_close_is_not_lost),
		WITH_WORLD(a_redelivered_task_without_handler_waits),
		WITH_WORLD(own_mode_leaves_the_executions_of_others_alone),
		WITH_WORLD(time_does_not_go_back_within_the_second_after_it_was_written),
		WITH_WORLD(nothing_moves_before_resume),
		WITH_WORLD(what_cannot_be_read_now_is_recovered_later),
		WITH_WORLD(many_that_were_in_flight_are_recovered),
		WITH_WORLD(a_long_run_goes_on_where_the_last_turn_ended),
		WITH_WORLD(a_damaged_branch_fails_its_execution_only),
		WITH_WORLD(a_damaged_head_stops_nobody_else),
		WITH_WORLD(an_execution_whose_definition_is_lost_fails),
		WITH_WORLD(a_stop_of_a_damaged_execution_finds_it_ended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
