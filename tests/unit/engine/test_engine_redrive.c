/* RedriveExecution over the store: what is kept of executions that ended without success. */
#include "engine_world.h"

#define TASK(resource)                                                                                      \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Assign\":{\"v\":7},\"Next\":\"B\"},"     \
	"\"B\":{\"Type\":\"Task\",\"Resource\":\"" resource                                                 \
	"\",\"Parameters\":{\"v.$\":\"$v\",\"x.$\":\"$.x\",\"n.$\":\"$$.Execution.RedriveCount\"},\"End\":" \
	"true}}}"
#define PASS "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"
#define PARALLEL                                                                                   \
	"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[{" \
	"\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Fail\"}}}]}}}"

static struct told redrive(struct world *world, const char *arn)
{
	struct told told = {0};
	struct sw_error err = {0};
	enum sw_result r = sw_engine_redrive(world->engine, arn, tell, &told, &err);
	if (r < 0) {
		told.result = r;
		snprintf(told.text, sizeof(told.text), "%s", err.text);
	}
	world_settle(world);
	return told;
}

static unsigned branches(struct world *world)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	unsigned count = 0;
	assert_int_equal(sw_store_begin(world->store, &snapshot, NULL), SW_OK);
	assert_int_equal(sw_scan_new(snapshot, SW_TABLE_BRANCHES, sw_slice("", 0), false, &scan), SW_OK);
	while (sw_scan_next(scan, &key, &value) == SW_OK)
		count++;
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	return count;
}

static int open_world(void **state)
{
	struct world *world = world_new();
	world_open(world);
	world_machine(world, "held", TASK("function:held"));
	world_machine(world, "pass", PASS);
	world_machine(world, "parallel", PARALLEL);
	*state = world;
	return 0;
}

static int close_world(void **state)
{
	world_free(*state);
	return 0;
}

static void a_failed_task_is_tried_again_over_a_restart(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", "one", "{\"x\":1}");
	sw_task_fail(world_take(world), "E", "C");
	world_settle(world);
	assert_string_equal(world_status(world, told.arn), "FAILED");
	assert_int_equal(branches(world), 1);
	char key[128];
	memcpy(key, world->last_key, sizeof(key));
	world_crash(world);
	world_open(world);
	world_advance(world, 60000);
	struct told again = redrive(world, told.arn);
	assert_int_equal(again.result, SW_OK);
	assert_int_equal(again.calls, 1);
	assert_int_equal(again.time_ms, told.time_ms + 60000);
	struct sw_execution_info info = {0};
	assert_int_equal(sw_reader_execution(sw_engine_reader(world->engine), told.arn, true, &info, NULL),
			 SW_OK);
	assert_int_equal(info.status, SW_STATUS_RUNNING);
	assert_int_equal(info.redrive_count, 1);
	assert_int_equal(info.redrive_ms, again.time_ms);
	assert_int_equal(info.start_ms, told.time_ms);
	assert_int_equal(info.stop_ms, 0);
	assert_null(info.error);
	sw_execution_info_done(&info);
	/* Another attempt, another key. */
	assert_string_not_equal(world->last_key, key);
	world_crash(world);
	world_open(world);
	struct sw_task *task = world_take(world);
	size_t len;
	assert_string_equal(sw_task_input(task, &len), "{\"v\":7,\"x\":1,\"n\":1}");
	sw_task_succeed(task, "2", 1);
	world_settle(world);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	assert_string_equal(world_output(world, told.arn), "2");
	assert_int_equal(branches(world), 0);
	assert_string_equal(
		world_history(world, told.arn),
		"ExecutionStarted PassStateEntered PassStateExited TaskStateEntered TaskScheduled "
		"TaskStarted TaskFailed ExecutionFailed ExecutionRedriven TaskScheduled TaskStarted "
		"TaskSucceeded TaskStateExited ExecutionSucceeded");
}

static void one_that_was_stopped_goes_on(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, "{\"x\":1}");
	world_stop(world, told.arn, NULL, NULL);
	assert_string_equal(world_status(world, told.arn), "ABORTED");
	assert_int_equal(redrive(world, told.arn).result, SW_OK);
	sw_task_succeed(world_take(world), "3", 1);
	world_settle(world);
	assert_string_equal(world_output(world, told.arn), "3");
	assert_true(sw_engine_is_idle(world->engine));
}

static void a_success_keeps_nothing_and_is_not_redriven(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "pass", NULL, NULL);
	assert_int_equal(branches(world), 0);
	told = redrive(world, told.arn);
	assert_int_equal(told.result, SW_EBUSY);
	assert_string_equal(told.text, "Execution is SUCCEEDED and cannot be redriven");
}

static void one_that_runs_is_not_redriven(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, "{\"x\":1}");
	struct told first = redrive(world, told.arn);
	assert_int_equal(first.result, SW_EBUSY);
	assert_string_equal(first.text, "Execution is RUNNING and cannot be redriven");
	/* Two at a time: one of them. */
	sw_task_fail(world_take(world), "E", "C");
	world_settle(world);
	struct told second = {0};
	first = (struct told){0};
	assert_int_equal(sw_engine_redrive(world->engine, told.arn, tell, &first, NULL), SW_OK);
	assert_int_equal(sw_engine_redrive(world->engine, told.arn, tell, &second, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(first.result, SW_OK);
	assert_int_equal(second.result, SW_EBUSY);
	assert_string_equal(second.text, "Execution is RUNNING and cannot be redriven");
}

static void what_ended_in_a_parallel_is_refused(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "parallel", NULL, NULL);
	assert_int_equal(branches(world), 0);
	told = redrive(world, told.arn);
	assert_int_equal(told.result, SW_EBUSY);
	assert_string_equal(told.text,
			    "Stepwell does not redrive executions that ended in a Parallel or Map state");
}

static void after_fourteen_days_it_is_too_late(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, "{\"x\":1}");
	world_stop(world, told.arn, NULL, NULL);
	world_advance(world, INT64_C(14) * 86400000 + 1);
	assert_string_equal(redrive(world, told.arn).text, "Execution redrivable period exceeded");
}

static void without_its_machine_it_is_refused(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, "{\"x\":1}"), gone = {0};
	world_stop(world, told.arn, NULL, NULL);
	assert_int_equal(sw_engine_delete_machine(world->engine, "held", tell, &gone, NULL), SW_OK);
	world_settle(world);
	assert_string_equal(redrive(world, told.arn).text, "State machine is in DELETING status");
	assert_int_equal(redrive(world, "arn:aws:states:us-east-1:123456789012:execution:held:x").result,
			 SW_ENOENT);
}

static void it_can_be_deleted(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", "one", "{\"x\":1}"), gone = {0};
	world_stop(world, told.arn, NULL, NULL);
	assert_int_equal(sw_engine_delete_execution(world->engine, told.arn, tell, &gone, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(branches(world), 0);
	assert_int_equal(redrive(world, told.arn).result, SW_ENOENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_failed_task_is_tried_again_over_a_restart), TEST(one_that_was_stopped_goes_on),
		TEST(a_success_keeps_nothing_and_is_not_redriven), TEST(one_that_runs_is_not_redriven),
		TEST(what_ended_in_a_parallel_is_refused),         TEST(after_fourteen_days_it_is_too_late),
		TEST(without_its_machine_it_is_refused),           TEST(it_can_be_deleted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
