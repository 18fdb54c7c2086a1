/* Executions of EXPRESS machines: in memory, but for the start of asynchronous ones. */
#include "engine_world.h"

#define TASK(resource)                                                                     \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"" resource \
	"\",\"End\":true}}}"
#define PASS "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"
#define WAIT(seconds) \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":" #seconds ",\"End\":true}}}"

/* What an outcome told, copied. */
struct came {
	int calls;
	enum sw_result result;
	enum sw_status status;
	char arn[SW_ARN_TEXT_BYTES], output[512], error[64];
	int64_t took_ms, billed_ms;
};

static void came_to(void *user, enum sw_result result, const struct sw_outcome *outcome,
		    const struct sw_error *err)
{
	struct came *came = user;
	came->calls++;
	came->result = result;
	assert_true((result == SW_OK) == (outcome != NULL) && (result == SW_OK) == (err == NULL));
	if (!outcome)
		return;
	came->status = outcome->status;
	snprintf(came->arn, sizeof(came->arn), "%s", outcome->arn);
	snprintf(came->output, sizeof(came->output), "%s", outcome->output ? outcome->output : "");
	snprintf(came->error, sizeof(came->error), "%s", outcome->error ? outcome->error : "");
	came->took_ms = outcome->stop_ms - outcome->start_ms;
	came->billed_ms = outcome->billed_ms;
}

static struct told create(struct world *world, const char *name, const char *definition,
			  struct sw_findings **ret_findings)
{
	struct told told = {0};
	struct sw_machine_params params = {.name = name,
					   .definition = definition,
					   .definition_len = strlen(definition),
					   .type = SW_TYPE_EXPRESS};
	told.result = sw_engine_create_machine(world->engine, &params, tell, &told, ret_findings, NULL);
	world_settle(world);
	return told;
}

static void express_machine(struct world *world, const char *name, const char *definition)
{
	struct told told = create(world, name, definition, NULL);
	assert_int_equal(told.result, SW_OK);
	assert_int_equal(told.calls, 1);
}

static enum sw_result start_sync(struct world *world, const char *machine, const char *name,
				 const char *input, struct came *came)
{
	struct sw_start_params params = {
		.machine = machine, .name = name, .input = input, .input_len = input ? strlen(input) : 0};
	enum sw_result r = sw_engine_start_sync(world->engine, &params, came_to, came, NULL);
	world_settle(world);
	return r;
}

static uint64_t commits(struct world *world)
{
	struct sw_engine_stats stats;
	sw_engine_stats(world->engine, &stats);
	return stats.commits;
}

/* How many records a table has on disk. */
static unsigned records(struct world *world, enum sw_table table)
{
	struct sw_snapshot *snapshot = NULL;
	struct sw_scan *scan = NULL;
	struct sw_slice key, value;
	unsigned count = 0;
	assert_int_equal(sw_store_begin(world->store, &snapshot, NULL), SW_OK);
	assert_int_equal(sw_scan_new(snapshot, table, sw_slice("", 0), false, &scan), SW_OK);
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
	express_machine(world, "pass", PASS);
	express_machine(world, "held", TASK("function:held"));
	express_machine(world, "echo", TASK("function:echo"));
	express_machine(world, "broken", TASK("function:broken"));
	express_machine(world, "wait", WAIT(2));
	express_machine(world, "long", WAIT(100000));
	*state = world;
	return 0;
}

static int close_world(void **state)
{
	world_free(*state);
	return 0;
}

static void a_synchronous_execution_writes_nothing(void **state)
{
	struct world *world = *state;
	struct came came = {0};
	uint64_t before = commits(world);
	assert_int_equal(start_sync(world, "echo", "one", "{\"x\":1}", &came), SW_OK);
	assert_int_equal(came.calls, 1);
	assert_int_equal(came.status, SW_STATUS_SUCCEEDED);
	assert_string_equal(came.output, "{\"x\":1}");
	assert_ptr_equal(strstr(came.arn, "arn:aws:states:us-east-1:123456789012:express:echo:one:"),
			 came.arn);
	assert_int_equal(came.billed_ms, 100);
	assert_int_equal(commits(world), before);
	assert_int_equal(records(world, SW_TABLE_EXECUTIONS), 0);
	struct sw_engine_stats stats;
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.executions_in_memory, 0);
	assert_int_equal(stats.succeeded, 1);
	assert_true(sw_engine_is_idle(world->engine));
	/* "StartSyncExecution": the name is no key */
	assert_int_equal(start_sync(world, "echo", "one", "{\"x\":2}", &came), SW_OK);
	assert_string_equal(came.output, "{\"x\":2}");
}

static void one_that_fails_is_an_outcome(void **state)
{
	struct world *world = *state;
	struct came came = {0};
	assert_int_equal(start_sync(world, "broken", NULL, NULL, &came), SW_OK);
	assert_int_equal(came.result, SW_OK);
	assert_int_equal(came.status, SW_STATUS_FAILED);
	assert_string_equal(came.error, "Custom.Broken");
}

static void timers_work_in_memory(void **state)
{
	struct world *world = *state;
	struct came came = {0};
	uint64_t before = commits(world);
	assert_int_equal(start_sync(world, "wait", NULL, NULL, &came), SW_OK);
	world_advance(world, 1999);
	assert_int_equal(came.calls, 0);
	world_advance(world, 1);
	assert_int_equal(came.calls, 1);
	assert_int_equal(came.status, SW_STATUS_SUCCEEDED);
	assert_int_equal(came.took_ms, 2000);
	assert_int_equal(commits(world), before);
	assert_int_equal(records(world, SW_TABLE_TIMERS), 0);
}

/* "Express Workflows: maximum execution time 5 minutes" */
static void it_ends_after_five_minutes(void **state)
{
	struct world *world = *state;
	struct came came = {0};
	assert_int_equal(start_sync(world, "long", NULL, NULL, &came), SW_OK);
	world_advance(world, 299999);
	assert_int_equal(came.calls, 0);
	world_advance(world, 1);
	assert_int_equal(came.calls, 1);
	assert_int_equal(came.status, SW_STATUS_TIMED_OUT);
	assert_int_equal(came.took_ms, 300000);
}

static void a_task_that_is_out_at_the_time_limit_is_cancelled(void **state)
{
	struct world *world = *state;
	struct came came = {0};
	assert_int_equal(start_sync(world, "held", NULL, NULL, &came), SW_OK);
	world_advance(world, 300000);
	assert_int_equal(came.status, SW_STATUS_TIMED_OUT);
	assert_int_equal(world->cancelled, 1);
	assert_int_equal(world->tasks_count, 0);
}

static void who_waits_is_told_when_the_engine_goes(void **state)
{
	struct world *world = *state;
	struct came came = {0};
	assert_int_equal(start_sync(world, "long", NULL, NULL, &came), SW_OK);
	world_close(world);
	assert_int_equal(came.calls, 1);
	assert_int_equal(came.result, SW_ECLOSED);
	world_open(world);
	assert_int_equal(came.calls, 1);
	assert_int_equal(records(world, SW_TABLE_EXECUTIONS), 0);
}

static void what_it_tells_waits_for_its_machine(void **state)
{
	struct world *world = *state;
	struct told told = {0};
	struct came came = {0};
	struct sw_machine_params machine = {
		.name = "fresh", .definition = PASS, .definition_len = strlen(PASS), .type = SW_TYPE_EXPRESS};
	struct sw_start_params params = {.machine = "fresh"};
	assert_int_equal(sw_engine_create_machine(world->engine, &machine, tell, &told, NULL, NULL), SW_OK);
	assert_int_equal(sw_engine_start_sync(world->engine, &params, came_to, &came, NULL), SW_OK);
	world->faults.fail_at = world->faults.operations + 1;
	world->faults.fail_with = SW_ENOMEM;
	world->faults.fail_onwards = true;
	world_settle(world);
	assert_int_equal(told.calls, 0);
	assert_int_equal(came.calls, 0);
	world->faults.fail_at = 0;
	world->faults.fail_onwards = false;
	world_advance(world, 1000);
	assert_int_equal(told.calls, 1);
	assert_int_equal(came.calls, 1);
	assert_int_equal(came.status, SW_STATUS_SUCCEEDED);
}

static void standard_machines_have_no_synchronous_executions(void **state)
{
	struct world *world = *state;
	struct came came = {0};
	world_machine(world, "standard", PASS);
	assert_int_equal(start_sync(world, "standard", NULL, NULL, &came), SW_EINVAL);
	assert_int_equal(start_sync(world, "nobody", NULL, NULL, &came), SW_ENOENT);
	assert_int_equal(start_sync(world, "pass", NULL, "{", &came), SW_EINPUT);
	assert_int_equal(start_sync(world, "pass", "a b", NULL, &came), SW_ENAME);
	assert_int_equal(came.calls, 0);
}

static void an_asynchronous_start_is_on_disk_while_it_runs(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", "one", "{\"a\":1}");
	assert_int_equal(told.result, SW_OK);
	assert_ptr_equal(strstr(told.arn, "arn:aws:states:us-east-1:123456789012:express:held:one:"),
			 told.arn);
	assert_int_equal(records(world, SW_TABLE_EXECUTIONS), 1);
	assert_int_equal(records(world, SW_TABLE_HISTORY), 0);
	assert_int_equal(records(world, SW_TABLE_BRANCHES), 0);
	assert_int_equal(records(world, SW_TABLE_LISTING), 0);
	sw_task_succeed(world_take(world), "2", 1);
	world_settle(world);
	assert_int_equal(records(world, SW_TABLE_EXECUTIONS), 0);
	assert_int_equal(records(world, SW_TABLE_TIMERS), 0);
}

static void it_runs_again_from_its_start_after_a_crash(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", "one", "{\"a\":1}");
	world_crash(world);
	world->delivered = 0;
	world_open(world);
	assert_int_equal(world->delivered, 1);
	assert_false(world->last_redelivery);
	size_t len;
	struct sw_task *task = world_take(world);
	assert_string_equal(sw_task_input(task, &len), "{\"a\":1}");
	assert_string_equal(sw_task_execution_arn(task), told.arn);
	sw_task_succeed(task, "2", 1);
	world_settle(world);
	assert_int_equal(records(world, SW_TABLE_EXECUTIONS), 0);
	assert_int_equal(records(world, SW_TABLE_TIMERS), 0);
	world_crash(world);
	world->delivered = 0;
	world_open(world);
	assert_int_equal(world->delivered, 0);
}

static void a_large_input_goes_with_it(void **state)
{
	struct world *world = *state;
	static char input[20000];
	memset(input, 'x', sizeof(input) - 1);
	input[0] = input[sizeof(input) - 2] = '"';
	world_start(world, "held", NULL, input);
	assert_int_equal(records(world, SW_TABLE_VALUES), 1);
	world_crash(world);
	world_open(world);
	sw_task_succeed(world_take(world), "2", 1);
	world_settle(world);
	assert_int_equal(records(world, SW_TABLE_VALUES), 0);
}

static void its_task_is_not_dispatched_before_its_start_is_on_disk(void **state)
{
	struct world *world = *state;
	struct told told = {0};
	struct sw_start_params params = {.machine = "held"};
	world->faults.fail_at = world->faults.operations + 1;
	world->faults.fail_with = SW_ENOMEM;
	world->faults.fail_onwards = true;
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &told, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(told.calls, 0);
	assert_int_equal(world->delivered, 0);
	world->faults.fail_at = 0;
	world->faults.fail_onwards = false;
	world_advance(world, 1000);
	assert_int_equal(told.calls, 1);
	assert_int_equal(world->delivered, 1);
}

/* AWS: "StopExecution ... is not supported by EXPRESS state machines"; InvalidArn tells the type. */
static void nobody_can_look_at_it_or_stop_it(void **state)
{
	struct world *world = *state;
	struct told told = world_start(world, "held", "one", NULL);
	struct sw_execution_info info;
	struct sw_error err = {0};
	assert_int_equal(sw_reader_execution(sw_engine_reader(world->engine), told.arn, true, &info, NULL),
			 SW_EARN);
	assert_int_equal(sw_engine_stop(world->engine, told.arn, NULL, NULL, tell, &told, &err), SW_EARN);
	assert_string_equal(err.text, "Invalid Arn: 'Resource type not valid in this context: express'");
	assert_string_equal(world_status(world, "arn:aws:states:us-east-1:123456789012:execution:held:one"),
			    "NONE");
}

/* api_express/illegal_activity_task.ccdf, api_express/illegal_callbacks_sync.0452 */
/* Nothing lists it, and it is in memory alone: its end is told all the same to who waits for it. */
static void its_machine_is_deleted_when_it_has_ended(void **state)
{
	struct world *world = *state;
	struct came came = {0};
	struct told deleted = {0};
	express_machine(world, "nap", WAIT(10));
	assert_int_equal(start_sync(world, "nap", NULL, NULL, &came), SW_OK);
	assert_int_equal(world_start(world, "nap", NULL, NULL).result, SW_OK);
	assert_int_equal(sw_engine_delete_machine(world->engine, "nap", tell, &deleted, NULL), SW_OK);
	world_advance(world, 9000);
	assert_int_equal(deleted.calls, 1);
	assert_int_equal(came.calls, 0);
	assert_non_null(world->engine->machines.deletions);
	world_advance(world, 2000);
	assert_int_equal(came.calls, 1);
	assert_null(world->engine->machines.deletions);
	assert_int_equal(world_start(world, "nap", NULL, NULL).result, SW_ENOENT);
}

static void what_express_forbids_is_refused_at_creation_and_update(void **state)
{
	struct world *world = *state;
	struct sw_findings *findings = NULL;
	static const char *const definition = TASK("arn:aws:states:::states:startExecution.sync");
	struct told told = create(world, "bad", definition, &findings);
	assert_int_equal(told.result, SW_EDEFINITION);
	assert_int_equal(sw_findings_count(findings), 1);
	assert_string_equal(sw_findings_get(findings, 0)->aws_text,
			    "Express state machine does not support '.sync' service integration");
	sw_findings_free(findings);
	struct sw_machine_params params = {
		.name = "pass", .definition = definition, .definition_len = strlen(definition)};
	findings = NULL;
	assert_int_equal(sw_engine_update_machine(world->engine, &params, tell, &told, &findings, NULL),
			 SW_EDEFINITION);
	assert_int_equal(sw_findings_count(findings), 1);
	sw_findings_free(findings);
	world_machine(world, "standard", definition);
}

/* express/express_sync.query_runtime_memory, express/express_async.query_runtime_memory */
static void the_context_of_a_synchronous_one_has_no_redrive_count(void **state)
{
	struct world *world = *state;
	struct came came = {0};
	express_machine(
		world, "context",
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\","
		"\"Parameters\":{\"x.$\":\"$$.Execution\"},\"End\":true}}}");
	size_t len;
	assert_int_equal(start_sync(world, "context", NULL, NULL, &came), SW_OK);
	struct sw_task *task = world_take(world);
	assert_null(strstr(sw_task_input(task, &len), "RedriveCount"));
	sw_task_succeed(task, "1", 1);
	world_settle(world);
	assert_int_equal(came.calls, 1);
	world_start(world, "context", NULL, NULL);
	task = world_take(world);
	assert_non_null(strstr(sw_task_input(task, &len), "\"RedriveCount\":0"));
	sw_task_release(task);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_synchronous_execution_writes_nothing),
		TEST(one_that_fails_is_an_outcome),
		TEST(timers_work_in_memory),
		TEST(it_ends_after_five_minutes),
		TEST(a_task_that_is_out_at_the_time_limit_is_cancelled),
		TEST(who_waits_is_told_when_the_engine_goes),
		TEST(what_it_tells_waits_for_its_machine),
		TEST(standard_machines_have_no_synchronous_executions),
		TEST(an_asynchronous_start_is_on_disk_while_it_runs),
		TEST(it_runs_again_from_its_start_after_a_crash),
		TEST(a_large_input_goes_with_it),
		TEST(its_task_is_not_dispatched_before_its_start_is_on_disk),
		TEST(nobody_can_look_at_it_or_stop_it),
		TEST(its_machine_is_deleted_when_it_has_ended),
		TEST(what_express_forbids_is_refused_at_creation_and_update),
		TEST(the_context_of_a_synchronous_one_has_no_redrive_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
