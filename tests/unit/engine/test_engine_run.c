/* Executions from their start to their end: tasks, retries, waits, mocks, tokens. */
#include "engine_world.h"

#define ONE_TASK(resource)                                                                 \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"" resource \
	"\",\"End\":true}}}"

static int open_world(void **state)
{
	struct world *world = world_new();
	world_open(world);
	*state = world;
	return 0;
}

static int close_world(void **state)
{
	world_free(*state);
	return 0;
}

static void a_pass_runs_to_its_end_in_one_commit(void **state)
{
	struct world *world = *state;
	struct sw_engine_stats before, after;
	world_machine(world, "m",
		      "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Next\":\"B\"},"
		      "\"B\":{\"Type\":\"Succeed\"}}}");
	sw_engine_stats(world->engine, &before);
	struct told told = world_start(world, "m", "one", "{\"x\":1}");
	sw_engine_stats(world->engine, &after);
	assert_int_equal(told.result, SW_OK);
	assert_string_equal(told.arn, "arn:aws:states:us-east-1:123456789012:execution:m:one");
	assert_int_equal(told.time_ms, world->loop.wall_ms);
	assert_int_equal(after.commits - before.commits, 1);
	assert_int_equal(after.succeeded, 1);
	assert_int_equal(after.transitions, 2);
	assert_int_equal(after.executions_in_memory, 0);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	assert_string_equal(world_output(world, told.arn), "{\"x\":1}");
	assert_string_equal(world_history(world, told.arn),
			    "ExecutionStarted PassStateEntered PassStateExited SucceedStateEntered "
			    "SucceedStateExited ExecutionSucceeded");
	assert_true(sw_engine_is_idle(world->engine));
}

static void a_function_task_gets_its_input_and_gives_the_output(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", ONE_TASK("function:held"));
	struct told told = world_start(world, "m", NULL, "{\"n\":[1,2]}");
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	assert_false(sw_engine_is_idle(world->engine));
	struct sw_task *task = world_take(world);
	size_t len;
	assert_string_equal(sw_task_input(task, &len), "{\"n\":[1,2]}");
	assert_int_equal(len, 11);
	assert_string_equal(sw_task_resource(task), "function:held");
	assert_string_equal(sw_task_state_name(task), "A");
	assert_string_equal(sw_task_execution_arn(task), told.arn);
	assert_false(sw_task_is_redelivery(task));
	assert_int_equal(sw_task_attempt(task), 0);
	assert_int_equal(sw_task_succeed(task, "[true]", 6), SW_OK);
	world_settle(world);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	assert_string_equal(world_output(world, told.arn), "[true]");
	assert_int_equal(world->cancelled, 0);
	assert_true(sw_engine_is_idle(world->engine));
}

static void a_task_is_not_dispatched_before_its_commit(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", ONE_TASK("function:held"));
	world->faults.fail_at = world->faults.operations + 1;
	world->faults.fail_with = SW_EFULL;
	world->faults.fail_onwards = true;
	struct told told = {0};
	struct sw_start_params params = {.machine = "m"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &told, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(world->delivered, 0);
	assert_int_equal(told.calls, 0);
	world->faults.fail_at = 0;
	world_advance(world, 2000);
	assert_int_equal(world->delivered, 1);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.result, SW_OK);
}

static void a_failed_task_is_retried_after_its_interval(void **state)
{
	struct world *world = *state;
	world_machine(
		world, "m",
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\","
		"\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"],\"IntervalSeconds\":5,\"MaxAttempts\":2}],"
		"\"End\":true}}}");
	struct told told = world_start(world, "m", NULL, NULL);
	char key[128];
	memcpy(key, world->last_key, sizeof(key));
	sw_task_fail(world_take(world), "E", "because");
	world_settle(world);
	world_advance(world, 4999);
	assert_int_equal(world->delivered, 1);
	world_advance(world, 1);
	assert_int_equal(world->delivered, 2);
	assert_string_not_equal(world->last_key, key);
	assert_int_equal(sw_task_attempt(world->tasks[0]), 1);
	sw_task_fail(world_take(world), "E", "because");
	world_advance(world, 10000);
	assert_int_equal(world->delivered, 3);
	sw_task_fail(world_take(world), "E", "at last");
	world_settle(world);
	assert_string_equal(world_status(world, told.arn), "FAILED");
	assert_string_equal(world_error(world, told.arn), "E");
	assert_string_equal(world_cause(world, told.arn), "at last");
}

static void a_task_that_takes_too_long_is_cancelled(void **state)
{
	struct world *world = *state;
	world_machine(
		world, "m",
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\","
		"\"TimeoutSeconds\":10,\"End\":true}}}");
	struct told told = world_start(world, "m", NULL, NULL);
	world_advance(world, 9999);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	world_advance(world, 1);
	assert_string_equal(world_status(world, told.arn), "FAILED");
	assert_string_equal(world_error(world, told.arn), "States.Timeout");
	assert_int_equal(world->cancelled, 1);
	assert_true(sw_engine_is_idle(world->engine));
}

static void output_that_is_not_json_fails_the_task(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", ONE_TASK("function:babble"));
	struct told told = world_start(world, "m", NULL, NULL);
	assert_string_equal(world_status(world, told.arn), "FAILED");
	assert_string_equal(world_error(world, told.arn), "Stepwell.InvalidOutput");
	assert_non_null(strstr(world_cause(world, told.arn), "line 1"));
}

static void a_resource_without_handler_fails_and_says_what_to_do(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", ONE_TASK("function:nobody"));
	struct told told = world_start(world, "m", NULL, NULL);
	assert_string_equal(world_error(world, told.arn), "Stepwell.ResourceNotMapped");
	assert_non_null(strstr(world_cause(world, told.arn), "function:nobody"));
	assert_non_null(strstr(world_cause(world, told.arn), "resources file"));
}

static void a_wait_is_never_early(void **state)
{
	struct world *world = *state;
	world_machine(
		world, "m",
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":86400,\"End\":true}}}");
	struct told told = world_start(world, "m", NULL, NULL);
	struct sw_engine_stats stats;
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.executions_in_memory, 0);
	world_advance(world, 86399999);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	world_advance(world, 1);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
}

static void a_jump_of_the_wall_clock_wakes_those_who_wait(void **state)
{
	struct world *world = *state;
	world_machine(
		world, "m",
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":3600,\"End\":true}}}");
	struct told told = world_start(world, "m", NULL, NULL);
	world_advance(world, 100);
	world->loop.wall_ms += 3600000;
	world_advance(world, 1000);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	/* Back again: the engine's clock stays ahead, and new waits are as long as they say. */
	world->loop.wall_ms -= 3600000;
	told = world_start(world, "m", NULL, NULL);
	world_advance(world, 3599999);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	world_advance(world, 1);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
}

static void the_machines_time_limit_ends_an_execution(void **state)
{
	struct world *world = *state;
	world_machine(world, "m",
		      "{\"StartAt\":\"A\",\"TimeoutSeconds\":30,\"States\":{\"A\":{\"Type\":\"Task\","
		      "\"Resource\":\"function:held\",\"End\":true}}}");
	struct told told = world_start(world, "m", NULL, NULL);
	world_advance(world, 30000);
	assert_string_equal(world_status(world, told.arn), "TIMED_OUT");
	assert_int_equal(world->cancelled, 1);
}

static void branches_of_a_parallel_work_at_once(void **state)
{
	struct world *world = *state;
	world_machine(
		world, "m",
		"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":["
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\","
		"\"End\":true}}},"
		"{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Wait\",\"Seconds\":7,\"End\":true}}}]}}}");
	struct told told = world_start(world, "m", NULL, "{}");
	assert_int_equal(world->tasks_count, 1);
	sw_task_succeed(world_take(world), "1", 1);
	world_settle(world);
	world_advance(world, 6999);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	world_advance(world, 1);
	assert_string_equal(world_output(world, told.arn), "[1,{}]");
}

static void a_failing_branch_cancels_the_tasks_of_the_others(void **state)
{
	struct world *world = *state;
	world_machine(
		world, "m",
		"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":["
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\","
		"\"End\":true}}},"
		"{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Wait\",\"Seconds\":1,\"Next\":\"F\"},"
		"\"F\":{\"Type\":\"Fail\",\"Error\":\"X\"}}}]}}}");
	struct told told = world_start(world, "m", NULL, "{}");
	world_advance(world, 1000);
	assert_string_equal(world_error(world, told.arn), "X");
	assert_int_equal(world->cancelled, 1);
	assert_int_equal(world->tasks_count, 0);
}

static void a_branch_that_fails_at_once_keeps_its_sibling_from_being_dispatched(void **state)
{
	struct world *world = *state;
	world_machine(
		world, "m",
		"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":["
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\","
		"\"End\":true}}},"
		"{\"StartAt\":\"F\",\"States\":{\"F\":{\"Type\":\"Fail\",\"Error\":\"X\"}}}]}}}");
	struct told told = world_start(world, "m", NULL, "{}");
	assert_string_equal(world_error(world, told.arn), "X");
	assert_int_equal(world->delivered, 0);
	assert_true(sw_engine_is_idle(world->engine));
}

static void a_map_of_many_items_runs_in_several_turns(void **state)
{
	struct world *world = *state;
	struct sw_buf input = SW_BUF;
	world_machine(
		world, "m",
		"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"End\":true,\"ItemProcessor\":{"
		"\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:echo\","
		"\"Next\":\"B\"},"
		"\"B\":{\"Type\":\"Pass\",\"Next\":\"C\"},\"C\":{\"Type\":\"Pass\",\"End\":true}}}}}}");
	for (int i = 0; i < 500; i++)
		sw_buf_printf(&input, "%c%d", i ? ',' : '[', i);
	sw_buf_char(&input, ']');
	struct told told = world_start(world, "m", NULL, input.data);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	assert_string_equal(world_output(world, told.arn), input.data);
	assert_int_equal(world->delivered, 500);
	world_history(world, told.arn); /* no gaps */
	sw_buf_done(&input);
}

static void a_callback_waits_for_its_token(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", ONE_TASK("arn:aws:states:::held:send.waitForTaskToken"));
	struct told told = world_start(world, "m", NULL, NULL);
	struct sw_task *task = world_take(world);
	char token[SW_TOKEN_TEXT_BYTES];
	snprintf(token, sizeof(token), "%s", sw_task_token(task));
	sw_task_succeed(task, "{\"MessageId\":1}", 15);
	world_settle(world);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	assert_true(sw_engine_is_idle(world->engine));
	struct sw_engine_stats stats;
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.executions_in_memory, 0);

	struct told answer = {0};
	token[strlen(token) - 1] ^= 1; /* somebody guesses */
	enum sw_result r = sw_engine_token_succeed(world->engine, token, "{}", 2, tell, &answer, NULL);
	world_settle(world);
	assert_true(r == SW_ETOKEN || answer.result == SW_ENOENT || answer.result == SW_ETOKEN);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	token[strlen(token) - 1] ^= 1;

	answer = (struct told){0};
	assert_int_equal(sw_engine_token_succeed(world->engine, token, "nope", 4, tell, &answer, NULL),
			 SW_EINPUT);
	assert_int_equal(sw_engine_token_succeed(world->engine, token, "\"yes\"", 5, tell, &answer, NULL),
			 SW_OK);
	assert_int_equal(answer.calls, 0); /* not from inside the call */
	world_settle(world);
	assert_int_equal(answer.calls, 1);
	assert_int_equal(answer.result, SW_OK);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	assert_string_equal(world_output(world, told.arn), "\"yes\"");
	assert_string_equal(
		world_history(world, told.arn),
		"ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskSucceeded "
		"TaskStateExited ExecutionSucceeded");
	assert_int_equal(sw_engine_token_succeed(world->engine, token, "2", 1, tell, &answer, NULL),
			 SW_ETIMEDOUT);
}

static void a_task_that_was_released_leaves_memory_and_is_completed_by_its_token(void **state)
{
	struct world *world = *state;
	world_machine(
		world, "m",
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::"
		"released:go.waitForTaskToken\",\"HeartbeatSeconds\":60,\"End\":true}}}");
	struct told told = world_start(world, "m", NULL, NULL), answer = {0};
	world_settle(world);
	struct sw_engine_stats stats;
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.tasks_in_flight, 0);
	assert_int_equal(stats.executions_in_memory, 0);
	assert_true(sw_engine_is_idle(world->engine));
	world_advance(world, 60000);
	assert_string_equal(world_status(world, told.arn), "FAILED");
	assert_string_equal(world_error(world, told.arn), "States.Timeout");
	assert_int_equal(sw_engine_token_heartbeat(world->engine, "nonsense", tell, &answer, NULL),
			 SW_ETOKEN);
}

static void a_sync_task_is_submitted_and_then_done(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", ONE_TASK("arn:aws:states:::held:run.sync"));
	struct told told = world_start(world, "m", NULL, NULL);
	sw_task_succeed(world_take(world), "{\"ok\":1}", 8);
	world_settle(world);
	assert_string_equal(world_output(world, told.arn), "{\"ok\":1}");
	assert_string_equal(
		world_history(world, told.arn),
		"ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskSucceeded "
		"TaskStateExited ExecutionSucceeded");
}

static void an_activity_waits_for_a_worker(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", ONE_TASK("arn:aws:states:us-east-1:123456789012:activity:lift"));
	assert_int_equal(sw_engine_create_activity(world->engine, "lift", NULL, NULL, NULL), SW_OK);
	struct told told = world_start(world, "m", NULL, NULL);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	assert_true(sw_engine_is_idle(world->engine));
	assert_int_equal(world_stop(world, told.arn, NULL, NULL).result, SW_OK);
	assert_string_equal(world_status(world, told.arn), "ABORTED");
}

static const char mocks[] =
	"{\"StateMachines\":{\"m\":{\"TestCases\":{\"Good\":{\"A\":\"Answers\"},"
	"\"Twice\":{\"A\":\"Twice\"},\"None\":{\"A\":\"None\"}}}},"
	"\"MockedResponses\":{\"None\":{},\"Answers\":{\"0\":{\"Return\":{\"mocked\":true}}},"
	"\"Twice\":{\"0\":{\"Throw\":{\"Error\":\"States.Timeout\",\"Cause\":\"slow\"}},"
	"\"1\":{\"Return\":2}}}}";

static void mocks_answer_for_the_outside(void **state)
{
	struct world *world = *state;
	world_close(world);
	world->options.mocks_json = mocks;
	world_open(world);
	world_machine(world, "m",
		      "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:"
		      "::sqs:sendMessage"
		      ".waitForTaskToken\",\"Parameters\":{\"Token.$\":\"$$.Task.Token\"},\"Retry\":[{"
		      "\"ErrorEquals\":"
		      "[\"States.Timeout\"]}],\"End\":true}}}");
	struct told told = {0};
	struct sw_start_params params = {.machine = "m", .test_case = "Good"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &told, NULL), SW_OK);
	world_settle(world);
	assert_string_equal(world_output(world, told.arn), "{\"mocked\":true}");
	assert_string_equal(
		world_history(world, told.arn),
		"ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskSubmitted TaskSucceeded "
		"TaskStateExited ExecutionSucceeded");
	params.test_case = "Twice";
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &told, NULL), SW_OK);
	world_settle(world);
	world_advance(world, 1000);
	assert_string_equal(world_output(world, told.arn), "2");
	assert_non_null(strstr(world_history(world, told.arn), "TaskTimedOut"));
	params.test_case = "Nobody";
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &told, NULL), SW_ENOENT);
}

/* Step Functions Local 2.0.0 fails the execution with States.Runtime, as others have measured. */
static void a_gap_of_the_mocks_is_not_caught(void **state)
{
	struct world *world = *state;
	world_close(world);
	world->options.mocks_json = mocks;
	world_open(world);
	world_machine(
		world, "m",
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::"
		"sqs:sendMessage\",\"Retry\":[{\"ErrorEquals\":[\"States.ALL\"]}],\"Catch\":[{"
		"\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"B\"}],\"End\":true},\"B\":{\"Type\":\"Succeed\"}"
		"}}");
	struct told told = {0};
	struct sw_start_params params = {.machine = "m", .test_case = "None"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &told, NULL), SW_OK);
	world_settle(world);
	assert_string_equal(world_status(world, told.arn), "FAILED");
	assert_string_equal(world_history(world, told.arn),
			    "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskFailed "
			    "ExecutionFailed");
}

struct seen {
	int calls;
	uint32_t last_event_id;
	enum sw_status status;
};

static void observe(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct seen *seen = user;
	seen->calls++;
	seen->status = status;
	seen->last_event_id = last_event_id;
}

static void observers_are_told_after_each_commit(void **state)
{
	struct world *world = *state;
	struct seen all = {0}, one = {0};
	uint64_t all_id, one_id;
	world_machine(world, "m", ONE_TASK("function:held"));
	assert_int_equal(sw_engine_observe(world->engine, NULL, observe, &all, &all_id), SW_OK);
	assert_int_equal(sw_engine_observe(world->engine,
					   "arn:aws:states:us-east-1:123456789012:execution:m:x", observe,
					   &one, &one_id),
			 SW_OK);
	world_start(world, "m", "x", NULL);
	world_start(world, "m", "y", NULL);
	assert_int_equal(all.calls, 2);
	assert_int_equal(one.calls, 1);
	assert_int_equal(one.status, SW_STATUS_RUNNING);
	assert_int_equal(one.last_event_id, 4);
	sw_task_succeed(world_take(world), "1", 1);
	sw_task_succeed(world_take(world), "1", 1);
	world_settle(world);
	assert_int_equal(all.calls, 4);
	assert_int_equal(one.status, SW_STATUS_SUCCEEDED);
	sw_engine_unobserve(world->engine, all_id);
	world_start(world, "m", "z", NULL);
	assert_int_equal(all.calls, 4);
}

#define JOBS 500

/* A host's job that waits for its own execution; when it ends, so does its observer, and that of its neighbour. */
struct job {
	struct sw_engine *engine;
	struct job *neighbour;
	uint64_t observer;
	int calls;
	char arn[80];
};

static void end_job(void *user, const char *arn, enum sw_status status, uint32_t last_event_id)
{
	struct job *job = user;
	(void)last_event_id;
	assert_string_equal(arn, job->arn);
	assert_int_equal(status, SW_STATUS_SUCCEEDED);
	job->calls++;
	sw_engine_unobserve(job->engine, job->observer);
	if (job->neighbour)
		sw_engine_unobserve(job->engine, job->neighbour->observer);
}

static void each_of_many_observers_is_told_of_its_own_execution(void **state)
{
	struct world *world = *state;
	static struct job jobs[JOBS];
	memset(jobs, 0, sizeof(jobs));
	world_machine(world, "m", "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}");
	sw_engine_unobserve(world->engine, 12345); /* there is none */
	for (int i = 0; i < JOBS; i++) {
		jobs[i].engine = world->engine;
		jobs[i].neighbour = i % 2 == 0 ? &jobs[i + 1] : NULL;
		snprintf(jobs[i].arn, sizeof(jobs[i].arn),
			 "arn:aws:states:us-east-1:123456789012:execution:m:job%d", i);
		assert_int_equal(
			sw_engine_observe(world->engine, jobs[i].arn, end_job, &jobs[i], &jobs[i].observer),
			SW_OK);
	}
	sw_engine_unobserve(world->engine, jobs[0].observer);
	sw_engine_unobserve(world->engine, jobs[0].observer); /* twice is once */
	for (int i = 0; i < JOBS; i++)
		world_start(world, "m", strrchr(jobs[i].arn, ':') + 1, NULL);
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(jobs[i].calls, i == 1 || (i > 1 && i % 2 == 0));
	assert_int_equal(world->engine->observers.of_one, 0);
}

static void a_thousand_executions_run_at_once(void **state)
{
	struct world *world = *state;
	static struct told told[1000];
	struct sw_engine_stats stats;
	memset(told, 0, sizeof(told));
	world_machine(world, "m", ONE_TASK("function:held"));
	for (int i = 0; i < 1000; i++) {
		struct sw_start_params params = {.machine = "m"};
		assert_int_equal(sw_engine_start(world->engine, &params, tell, &told[i], NULL), SW_OK);
	}
	world_settle(world);
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.tasks_in_flight, 1000);
	assert_true(stats.commits < 50); /* one commit serves many */
	while (world->tasks_count)
		sw_task_succeed(world_take(world), "{}", 2);
	world_settle(world);
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.succeeded, 1000);
	assert_int_equal(stats.executions_in_memory, 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(told[i].calls, 1);
}

static void many_timers_fire_in_their_windows(void **state)
{
	struct world *world = *state;
	struct sw_engine_stats stats;
	world_machine(world, "m",
		      "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"SecondsPath\":\"$\",\"End\":"
		      "true}}}");
	for (int i = 0; i < 600; i++) {
		char seconds[8];
		snprintf(seconds, sizeof(seconds), "%d", 2 + i);
		struct sw_start_params params = {
			.machine = "m", .input = seconds, .input_len = strlen(seconds)};
		assert_int_equal(sw_engine_start(world->engine, &params, NULL, NULL, NULL), SW_OK);
	}
	world_settle(world);
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.executions_in_memory, 0);
	assert_true(stats.timers_loaded <= 62); /* the near end only */
	world_advance(world, 300000);
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.succeeded, 299);
	assert_true(stats.timers_loaded <= 62);
	world_advance(world, 301000);
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.succeeded, 600);
	assert_int_equal(stats.timers_loaded, 0);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(a_pass_runs_to_its_end_in_one_commit),
		WITH_WORLD(a_function_task_gets_its_input_and_gives_the_output),
		WITH_WORLD(a_task_is_not_dispatched_before_its_commit),
		WITH_WORLD(a_failed_task_is_retried_after_its_interval),
		WITH_WORLD(a_task_that_takes_too_long_is_cancelled),
		WITH_WORLD(output_that_is_not_json_fails_the_task),
		WITH_WORLD(a_resource_without_handler_fails_and_says_what_to_do),
		WITH_WORLD(a_wait_is_never_early),
		WITH_WORLD(a_jump_of_the_wall_clock_wakes_those_who_wait),
		WITH_WORLD(the_machines_time_limit_ends_an_execution),
		WITH_WORLD(branches_of_a_parallel_work_at_once),
		WITH_WORLD(a_failing_branch_cancels_the_tasks_of_the_others),
		WITH_WORLD(a_branch_that_fails_at_once_keeps_its_sibling_from_being_dispatched),
		WITH_WORLD(a_map_of_many_items_runs_in_several_turns),
		WITH_WORLD(a_callback_waits_for_its_token),
		WITH_WORLD(a_task_that_was_released_leaves_memory_and_is_completed_by_its_token),
		WITH_WORLD(a_sync_task_is_submitted_and_then_done),
		WITH_WORLD(an_activity_waits_for_a_worker),
		WITH_WORLD(mocks_answer_for_the_outside),
		WITH_WORLD(a_gap_of_the_mocks_is_not_caught),
		WITH_WORLD(observers_are_told_after_each_commit),
		WITH_WORLD(each_of_many_observers_is_told_of_its_own_execution),
		WITH_WORLD(a_thousand_executions_run_at_once),
		WITH_WORLD(many_timers_fire_in_their_windows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
