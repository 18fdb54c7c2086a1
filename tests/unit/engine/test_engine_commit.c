/* When the store does not do as it is asked, and what is told when. */
#include "engine_world.h"

#define HELD                                                                                              \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\",\"End\":" \
	"true}}}"
#define PASS "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"

static int open_world(void **state)
{
	struct world *world = world_new();
	world_open(world);
	world_machine(world, "held", HELD);
	world_machine(world, "pass", PASS);
	*state = world;
	return 0;
}

static int close_world(void **state)
{
	world_free(*state);
	return 0;
}

static void fail_from_now_on(struct world *world, enum sw_result result)
{
	world->faults.fail_with = result;
	world->faults.fail_onwards = true;
	world->faults.fail_at = world->faults.operations + 1;
}

static void a_full_disk_refuses_new_work_and_goes_on_when_there_is_room(void **state)
{
	struct world *world = *state;
	struct told running = world_start(world, "held", NULL, NULL), refused = {0}, waiting = {0};
	struct sw_start_params params = {.machine = "pass"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &waiting, NULL), SW_OK);
	sw_task_succeed(world_take(world), "1", 1);
	/* Reads go through the same counter: fail the commits only. */
	fail_from_now_on(world, SW_EFULL);
	sw_engine_work(world->engine);
	world->faults.fail_at = 0;
	assert_true(world->engine->full);
	assert_int_equal(waiting.calls, 0);
	struct sw_error err = {0};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &refused, &err), SW_EFULL);
	struct sw_machine_params machine = {.name = "n", .definition = PASS, .definition_len = strlen(PASS)};
	assert_int_equal(sw_engine_create_machine(world->engine, &machine, NULL, NULL, NULL, NULL), SW_EFULL);
	assert_string_equal(world_status(world, running.arn), "RUNNING"); /* reads go on */
	world_advance(world, 1000);
	assert_false(world->engine->full);
	assert_int_equal(waiting.result, SW_OK);
	assert_string_equal(world_status(world, running.arn), "SUCCEEDED");
	assert_int_equal(world_start(world, "pass", NULL, NULL).result, SW_OK);
}

static void a_disk_that_stays_full_is_looked_at_again_and_again(void **state)
{
	struct world *world = *state;
	struct told running = world_start(world, "held", NULL, NULL), waiting = {0};
	struct sw_start_params params = {.machine = "pass"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &waiting, NULL), SW_OK);
	fail_from_now_on(world, SW_EFULL);
	world_advance(world, 10000);
	sw_task_succeed(world_take(world), "1", 1);
	world_advance(world, 10000);
	assert_int_equal(waiting.calls, 0);
	assert_true(world->engine->full);
	assert_false(sw_engine_is_idle(world->engine));
	world->faults.fail_at = 0;
	world_advance(world, 3000);
	assert_false(world->engine->full);
	assert_int_equal(waiting.result, SW_OK);
	assert_string_equal(world_status(world, running.arn), "SUCCEEDED");
	assert_int_equal(world_start(world, "pass", NULL, NULL).result, SW_OK);
	assert_true(sw_engine_is_idle(world->engine));
}

#define MANY 1400 /* more than may wait for their turns at once */

/* The box is full and cannot go, the queue is full, and more timers are due: there is nothing to do but to wait. */
static void an_engine_that_can_do_nothing_does_not_turn_in_circles(void **state)
{
	struct world *world = *state;
	static char input[4096];
	unsigned turns = 0;
	world_machine(
		world, "grow",
		"{\"StartAt\":\"W\",\"States\":{\"W\":{\"Type\":\"Wait\",\"Seconds\":600,\"Next\":\"P\"},"
		"\"P\":{\"Type\":\"Pass\",\"Parameters\":{\"x.$\":\"States.Format('{}{}{}',$,$,$)\"},"
		"\"End\":true}}}");
	memset(input, 'x', sizeof(input));
	input[0] = input[sizeof(input) - 2] = '"';
	input[sizeof(input) - 1] = '\0';
	for (int i = 0; i < MANY; i++)
		assert_int_equal(world_start(world, "grow", NULL, input).result, SW_OK);
	world_advance(world, 599000);
	world->faults.commits_alone = true;
	fail_from_now_on(world, SW_EFULL);
	world_advance(world, 1500);
	assert_true(world->engine->full);
	assert_true(sw_batch_bytes(world->engine->open->batch) >= SW_BATCH_BYTES_MAX);
	assert_true(world->engine->executions.queue_count >= SW_QUEUE_EXECUTIONS_MAX);
	world_advance(world, 1);
	while (turns < 1000 && virtual_loop_turn(&world->loop))
		turns++;
	assert_true(turns < 1000);
	world->faults.fail_at = 0;
	world->faults.commits_alone = false;
	world_advance(world, 5000);
	assert_true(sw_engine_is_idle(world->engine));
	struct sw_engine_stats stats;
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.succeeded, MANY);
}

static void after_an_unknown_outcome_nothing_is_acknowledged_any_more(void **state)
{
	struct world *world = *state;
	struct told committed = world_start(world, "held", "before", NULL), lost = {0}, queued = {0};
	struct sw_start_params params = {.machine = "held", .name = "after"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &lost, NULL), SW_OK);
	fail_from_now_on(world, SW_EIO);
	world_settle(world);
	assert_int_equal(lost.calls, 1);
	assert_int_equal(lost.result, SW_EIO);
	assert_int_equal(world->delivered, 1); /* only the first */
	struct sw_error err = {0};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &queued, &err), SW_EIO);
	assert_non_null(strstr(err.text, "open it again"));
	assert_int_equal(sw_engine_stop(world->engine, committed.arn, NULL, NULL, tell, &queued, NULL),
			 SW_EIO);
	assert_true(sw_engine_is_idle(world->engine));
	world_crash(world);
	world->faults.fail_at = 0;
	world_open(world);
	assert_string_equal(world_status(world, committed.arn), "RUNNING");
}

static void what_waits_when_the_engine_closes_is_told_so(void **state)
{
	struct world *world = *state;
	struct told told = {0};
	world_close(world);
	world_open_idle(world);
	struct sw_start_params params = {.machine = "pass"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &told, NULL), SW_OK);
	world_close(world);
	assert_int_equal(told.calls, 1);
	assert_int_equal(told.result, SW_ECLOSED);
}

static void start_again(void *user, enum sw_result result, const struct sw_reply *reply,
			const struct sw_error *err)
{
	struct world *world = user;
	struct sw_start_params params = {.machine = "pass"};
	assert_int_equal(result, SW_OK);
	if (world->cancelled++ < 5)
		assert_int_equal(sw_engine_start(world->engine, &params, start_again, world, NULL), SW_OK);
}

static void callbacks_may_ask_for_more(void **state)
{
	struct world *world = *state;
	struct sw_start_params params = {.machine = "pass"};
	assert_int_equal(sw_engine_start(world->engine, &params, start_again, world, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(world->cancelled, 6);
	struct sw_engine_stats stats;
	sw_engine_stats(world->engine, &stats);
	assert_int_equal(stats.succeeded, 6);
}

static void relaxed_mode_acknowledges_first_and_commits_now_and_then(void **state)
{
	struct world *world = *state;
	struct sw_engine_stats before, after;
	world_close(world);
	world->options.relaxed_ms = 200;
	world_open(world);
	world_advance(world, 1000);
	sw_engine_stats(world->engine, &before);
	struct told told = {0};
	struct sw_start_params params = {.machine = "pass", .name = "first"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &told, NULL), SW_OK);
	world_settle(world);
	world_advance(world, 300);
	for (int i = 0; i < 100; i++) {
		struct told each = world_start(world, "held", NULL, NULL);
		assert_int_equal(each.result, SW_OK);
		world_advance(world, 1);
	}
	assert_int_equal(world->delivered, 100);
	sw_engine_stats(world->engine, &after);
	assert_true(after.commits - before.commits <= 3);
	world_close(world); /* what was acknowledged is committed */
	world->delivered = 0;
	world_open(world);
	assert_int_equal(world->delivered, 100);
}

/* Fails operation i of the store once, for i = 1, 2, ...: the result is the same as without. */
static void an_operation_of_the_store_that_fails_once_changes_nothing(void **state)
{
	static const enum sw_result kinds[] = {SW_EFULL, SW_ENOMEM, SW_EBUSY};
	const char *definition =
		"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Next\":\"W\",\"Branches\":["
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:echo\","
		"\"End\":true}}},"
		"{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Task\",\"Resource\":\"function:broken\","
		"\"Retry\":["
		"{\"ErrorEquals\":[\"Custom.Broken\"],\"MaxAttempts\":2}],\"Catch\":[{\"ErrorEquals\":["
		"\"States.ALL\"],"
		"\"Next\":\"C\"}],\"End\":true},\"C\":{\"Type\":\"Pass\",\"End\":true}}}]},"
		"\"W\":{\"Type\":\"Wait\",\"Seconds\":10,\"Next\":\"E\"},\"E\":{\"Type\":\"Succeed\"}}}";
	for (size_t kind = 0; kind < sizeof(kinds) / sizeof(kinds[0]); kind++) {
		bool done = false;
		for (uint64_t i = 1; !done; i++) {
			struct world *world = world_new();
			world_open(world);
			world_machine(world, "m", definition);
			struct told told = {0};
			struct sw_start_params params = {
				.machine = "m", .name = "n", .input = "7", .input_len = 1};
			world->faults.fail_with = kinds[kind];
			world->faults.fail_at = world->faults.operations + i;
			enum sw_result r = sw_engine_start(world->engine, &params, tell, &told, NULL);
			world_advance(world, 60000);
			done = world->faults.operations < world->faults.fail_at;
			world->faults.fail_at = 0; /* looking counts, too */
			if (r == SW_OK && told.result == SW_OK) {
				assert_int_equal(told.calls, 1);
				assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
				assert_int_equal(world->delivered, 4);
				world_history(world, told.arn);
			} else {
				assert_true(r == kinds[kind] || told.result == kinds[kind]);
			}
			assert_true(sw_engine_is_idle(world->engine));
			world_free(world);
		}
	}
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(a_full_disk_refuses_new_work_and_goes_on_when_there_is_room),
		WITH_WORLD(a_disk_that_stays_full_is_looked_at_again_and_again),
		WITH_WORLD(an_engine_that_can_do_nothing_does_not_turn_in_circles),
		WITH_WORLD(after_an_unknown_outcome_nothing_is_acknowledged_any_more),
		WITH_WORLD(what_waits_when_the_engine_closes_is_told_so),
		WITH_WORLD(callbacks_may_ask_for_more),
		WITH_WORLD(relaxed_mode_acknowledges_first_and_commits_now_and_then),
		cmocka_unit_test(an_operation_of_the_store_that_fails_once_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
