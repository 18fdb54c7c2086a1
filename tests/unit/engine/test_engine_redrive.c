/* RedriveExecution over the store: what is kept of executions that ended without success. */
#include "engine_world.h"

#include "base/hash.h"
#include "engine/maintenance.h"

#include <stdio.h>

#define TASK(resource)                                                                                      \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Assign\":{\"v\":7},\"Next\":\"B\"},"     \
	"\"B\":{\"Type\":\"Task\",\"Resource\":\"" resource                                                 \
	"\",\"Parameters\":{\"v.$\":\"$v\",\"x.$\":\"$.x\",\"n.$\":\"$$.Execution.RedriveCount\"},\"End\":" \
	"true}}}"
#define PASS "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"
#define MAP                                                                                                 \
	"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"MaxConcurrency\":2,\"End\":true,"         \
	"\"ItemProcessor\":{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Assign\":{\"v.$\":\"$" \
	"\"},"                                                                                              \
	"\"Next\":\"T\"},\"T\":{\"Type\":\"Task\",\"Resource\":\"function:held\",\"Parameters\":{\"v.$\":"  \
	"\"$v\"},"                                                                                          \
	"\"ResultPath\":\"$\",\"End\":true}}}}}}"

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
	world_machine(world, "map", MAP);
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

static void tell_diagnosis(void *user, const struct sw_diagnosis *diagnosis)
{
	(void)user;
	print_message("the doctor says: %s: %s\n", diagnosis->record, diagnosis->text);
}

static void the_doctor_finds_nothing(struct world *world)
{
	struct sw_check_options options = {.diagnosis = tell_diagnosis};
	struct sw_check_summary summary = {0};
	assert_int_equal(sw_reader_check(sw_engine_reader(world->engine), &options, &summary, NULL), SW_OK);
	assert_int_equal(summary.errors + summary.warnings, 0);
}

/* The first iteration ends well, the second fails, the third was never started. */
static struct told fail_map(struct world *world)
{
	struct told told = world_start(world, "map", "one", "[1,2,3]");
	struct sw_task *second = world_take(world), *first = world_take(world);
	sw_task_succeed(first, "10", 2);
	world_settle(world);
	sw_task_fail(second, "E", "C");
	world_settle(world);
	assert_string_equal(world_status(world, told.arn), "FAILED");
	return told;
}

static void a_map_goes_on_over_restarts(void **state)
{
	struct world *world = *state;
	struct told told = fail_map(world);
	assert_int_equal(branches(world), 4);
	the_doctor_finds_nothing(world);
	world_crash(world);
	world_open(world);
	assert_int_equal(redrive(world, told.arn).result, SW_OK);
	the_doctor_finds_nothing(world);
	unsigned delivered = world->delivered;
	world_crash(world);
	world_open(world);
	/* what was in flight again, and nothing else */
	assert_int_equal(world->delivered, delivered + 2);
	size_t len;
	struct sw_task *third = world_take(world), *second = world_take(world);
	assert_string_equal(sw_task_input(second, &len), "{\"v\":2}");
	assert_string_equal(sw_task_input(third, &len), "{\"v\":3}");
	sw_task_succeed(third, "30", 2);
	world_settle(world);
	the_doctor_finds_nothing(world);
	sw_task_succeed(second, "20", 2);
	world_settle(world);
	assert_string_equal(world_output(world, told.arn), "[10,20,30]");
	assert_int_equal(branches(world), 0);
	the_doctor_finds_nothing(world);
	assert_true(sw_engine_is_idle(world->engine));
}

static void a_map_that_was_stopped_is_kept_and_deleted_with_its_execution(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "map", "one", "[1,2,3]"), gone = {0};
	world_stop(world, told.arn, NULL, NULL);
	assert_int_equal(branches(world), 3);
	the_doctor_finds_nothing(world);
	assert_int_equal(redrive(world, told.arn).result, SW_OK);
	world_stop(world, told.arn, NULL, NULL);
	assert_int_equal(branches(world), 3);
	assert_int_equal(sw_engine_delete_execution(world->engine, told.arn, tell, &gone, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(branches(world), 0);
	the_doctor_finds_nothing(world);
}

/* Records may be missing: what cannot be gone on from stays as it is. */
static void a_map_that_lost_a_branch_is_refused(void **state)
{
	struct world *world = *state;
	for (uint32_t lost = 0; lost < 4; lost++) {
		struct told told = fail_map(world), gone = {0};
		world_crash(world);
		struct sw_snapshot *snapshot = NULL;
		struct sw_scan *scan = NULL;
		struct sw_slice key, value;
		struct sw_batch *batch = NULL;
		assert_int_equal(sw_batch_new(&batch), SW_OK);
		assert_int_equal(sw_store_begin(world->memory, &snapshot, NULL), SW_OK);
		assert_int_equal(sw_scan_new(snapshot, SW_TABLE_BRANCHES, sw_slice("", 0), false, &scan),
				 SW_OK);
		for (uint32_t i = 0; i <= lost; i++)
			assert_int_equal(sw_scan_next(scan, &key, &value), SW_OK);
		assert_int_equal(sw_batch_delete(batch, SW_TABLE_BRANCHES, key), SW_OK);
		sw_scan_free(scan);
		sw_snapshot_end(snapshot);
		assert_int_equal(sw_store_commit(world->memory, batch, NULL), SW_OK);
		sw_batch_free(batch);
		world_open(world);
		assert_int_equal(redrive(world, told.arn).result, SW_ECORRUPT);
		assert_string_equal(world_status(world, told.arn), "FAILED");
		assert_int_equal(sw_engine_delete_execution(world->engine, told.arn, tell, &gone, NULL),
				 SW_OK);
		world_settle(world);
	}
}

/* ---- client tokens ---- */

static struct told redrive_once(struct world *world, const char *arn, const char *token)
{
	struct told told = {0};
	enum sw_result r = sw_engine_redrive_once(world->engine, arn, token, tell, &told, NULL);
	world_settle(world);
	assert_int_equal(told.calls, r == SW_OK);
	told.result = r < 0 ? r : told.result;
	return told;
}

static void fail_again(struct world *world)
{
	sw_task_fail(world_take(world), "E", "C");
	world_settle(world);
}

static void a_token_is_answered_as_it_was_first(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, "{\"x\":1}");
	fail_again(world);
	struct told first = redrive_once(world, told.arn, "t1");
	assert_int_equal(first.result, SW_OK);
	assert_false(first.existed);
	world_advance(world, 1000);
	/* while it runs, over a restart, and when it has failed again */
	struct told again = redrive_once(world, told.arn, "t1");
	assert_true(again.result == SW_OK && again.existed && again.time_ms == first.time_ms);
	assert_string_equal(again.arn, told.arn);
	assert_int_equal(redrive_once(world, told.arn, "t2").result, SW_EBUSY);
	assert_int_equal(redrive_once(world, told.arn, NULL).result, SW_EBUSY);
	world_crash(world);
	world_open(world);
	again = redrive_once(world, told.arn, "t1");
	assert_true(again.result == SW_OK && again.existed && again.time_ms == first.time_ms);
	fail_again(world);
	again = redrive_once(world, told.arn, "t1");
	assert_true(again.result == SW_OK && again.existed && again.time_ms == first.time_ms);
	assert_string_equal(world_status(world, told.arn), "FAILED");
	/* another one is another redrive */
	again = redrive_once(world, told.arn, "T1");
	assert_true(again.result == SW_OK && !again.existed && again.time_ms > first.time_ms);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
}

static void a_token_is_good_for_fifteen_minutes(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, "{\"x\":1}");
	fail_again(world);
	struct told first = redrive_once(world, told.arn, "t1");
	fail_again(world);
	world_advance(world, first.time_ms + 15 * 60000 - told.time_ms);
	assert_true(redrive_once(world, told.arn, "t1").existed);
	world_advance(world, 1);
	struct told again = redrive_once(world, told.arn, "t1");
	assert_true(again.result == SW_OK && !again.existed && again.time_ms > first.time_ms);
	fail_again(world);
	assert_true(redrive_once(world, told.arn, "t1").time_ms == again.time_ms);
}

static void the_last_ten_tokens_are_known(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, "{\"x\":1}");
	for (int i = 0; i < 11; i++) {
		char token[8];
		snprintf(token, sizeof(token), "t%d", i);
		fail_again(world);
		assert_false(redrive_once(world, told.arn, token).existed);
	}
	fail_again(world);
	assert_true(redrive_once(world, told.arn, "t1").existed);
	assert_true(redrive_once(world, told.arn, "t10").existed);
	assert_string_equal(world_status(world, told.arn), "FAILED");
	assert_false(redrive_once(world, told.arn, "t0").existed);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
}

static void two_at_a_time_with_one_token_are_one_redrive(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", NULL, "{\"x\":1}"), first = {0}, second = {0};
	fail_again(world);
	assert_int_equal(sw_engine_redrive_once(world->engine, told.arn, "t", tell, &first, NULL), SW_OK);
	assert_int_equal(sw_engine_redrive_once(world->engine, told.arn, "t", tell, &second, NULL), SW_OK);
	world_settle(world);
	assert_true(first.result == SW_OK && !first.existed);
	assert_true(second.result == SW_OK && second.existed && second.time_ms == first.time_ms);
	assert_string_equal(second.arn, told.arn);
	struct sw_execution_info info = {0};
	assert_int_equal(sw_reader_execution(sw_engine_reader(world->engine), told.arn, false, &info, NULL),
			 SW_OK);
	assert_int_equal(info.redrive_count, 1);
	sw_execution_info_done(&info);
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

/* The text of the first value that has a record of its own is no JSON any more, though the record is whole. */
static void spoil_value(struct world *world)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_batch *batch = NULL;
	struct sw_slice key, value;
	struct sw_buf record = SW_BUF;
	sw_buf_text(&record, "\1{\"x\":");
	sw_buf_be32(&record, sw_crc32(record.data, record.len));
	assert_int_equal(sw_store_begin(world->store, &snapshot, NULL), SW_OK);
	assert_int_equal(sw_scan_new(snapshot, SW_TABLE_VALUES, sw_slice("", 0), false, &scan), SW_OK);
	assert_int_equal(sw_scan_next(scan, &key, &value), SW_OK);
	assert_int_equal(sw_batch_new(&batch), SW_OK);
	assert_int_equal(sw_batch_put(batch, SW_TABLE_VALUES, key, sw_slice(record.data, record.len)), SW_OK);
	sw_scan_free(scan);
	sw_snapshot_end(snapshot);
	assert_int_equal(sw_store_commit(world->store, batch, NULL), SW_OK);
	sw_batch_free(batch);
	sw_buf_done(&record);
}

static void a_redrive_that_meets_a_damaged_value_is_answered_once(void **state)
{
	struct world *world = *state;
	char input[700];
	snprintf(input, sizeof(input), "{\"x\":\"%0600d\"}", 1);
	struct told bad = world_start(world, "held", NULL, input);
	assert_int_equal(sw_task_fail(world_take(world), "E", NULL), SW_OK);
	world_settle(world);
	assert_string_equal(world_status(world, bad.arn), "FAILED");
	world_close(world);
	spoil_value(world);
	world_open(world);
	struct told told = {0};
	assert_int_equal(sw_engine_redrive(world->engine, bad.arn, tell, &told, NULL), SW_OK);
	world_advance(world, 1000);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.result, SW_ECORRUPT);
	assert_string_equal(told.text, "The execution cannot go on: the text is not JSON.");
	assert_string_equal(world_status(world, bad.arn), "FAILED");
	/* It is not turned over again and again. */
	assert_true(sw_engine_is_idle(world->engine));
	assert_false(virtual_loop_turn(&world->loop));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_failed_task_is_tried_again_over_a_restart),
		TEST(one_that_was_stopped_goes_on),
		TEST(a_success_keeps_nothing_and_is_not_redriven),
		TEST(one_that_runs_is_not_redriven),
		TEST(a_map_goes_on_over_restarts),
		TEST(a_token_is_answered_as_it_was_first),
		TEST(a_token_is_good_for_fifteen_minutes),
		TEST(the_last_ten_tokens_are_known),
		TEST(two_at_a_time_with_one_token_are_one_redrive),
		TEST(a_map_that_was_stopped_is_kept_and_deleted_with_its_execution),
		TEST(a_map_that_lost_a_branch_is_refused),
		TEST(after_fourteen_days_it_is_too_late),
		TEST(without_its_machine_it_is_refused),
		TEST(it_can_be_deleted),
		TEST(a_redrive_that_meets_a_damaged_value_is_answered_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
