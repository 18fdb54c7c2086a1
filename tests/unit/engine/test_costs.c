/*
 * What executions that wait cost: bytes written, entries and timers in memory, and what an open reads. Counted, never
 * timed.
 */
#include "engine_world.h"

#include "base/buf.h"

#include <stdlib.h>

#define LOOPS 1000
#define BIG_BYTES 200000
#define LOOP_BYTES_MAX 2000 /* what one round of a loop may write: history, branch, head, timer */

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

static uint64_t bytes_written(struct world *world)
{
	struct sw_store_stats stats;
	sw_store_stats(world->memory, &stats);
	return stats.bytes_written;
}

static struct sw_engine_stats stats_of(struct world *world)
{
	struct sw_engine_stats stats;
	sw_engine_stats(world->engine, &stats);
	return stats;
}

/* ---- what changed is written, and nothing else -------------------------------------------------------- */

/* {"big": "xxx...", "n": 0} */
static char *big_input(void)
{
	struct sw_buf text = SW_BUF;
	sw_buf_text(&text, "{\"n\":0,\"big\":\"");
	for (size_t i = 0; i < BIG_BYTES; i++)
		sw_buf_u8(&text, 'x');
	sw_buf_text(&text, "\"}");
	return sw_buf_take(&text, NULL);
}

/* Starts it, and goes round its loop LOOPS times, a restart in the middle; what a round wrote on average. */
static uint64_t go_round(struct world *world, const char *definition, uint64_t *ret_first)
{
	char *input = big_input();
	assert_non_null(input);
	world_machine(world, "loop", definition);
	struct told told = world_start(world, "loop", NULL, input);
	sw_free(input);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	assert_int_equal(stats_of(world).executions_in_memory, 0);
	uint64_t before = *ret_first = bytes_written(world);
	for (int i = 0; i < LOOPS; i++) {
		assert_string_equal(world_status(world, told.arn), "RUNNING");
		if (i == LOOPS / 2) {
			world_close(world);
			world_open(world);
		}
		world_advance(world, 2000);
		assert_int_equal(stats_of(world).executions_in_memory, 0);
	}
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	return (bytes_written(world) - before) / LOOPS;
}

#define FILL(name, next)                                                                         \
	"\"" name "\":{\"Type\":\"Pass\",\"Assign\":{\"" name "\":\"{% $states.input.big %}\"}," \
	"\"Next\":\"" next "\"},"

static void a_jsonata_variable_that_changes_is_written_alone(void **state)
{
	uint64_t first;
	uint64_t each =
		go_round(*state,
			 "{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"A\",\"States\":{" FILL("A", "B")
				 FILL("B", "C") FILL("C", "D") FILL("D", "E")
					 FILL("E", "N") "\"N\":{\"Type\":\"Pass\",\"Output\":{},\"Assign\":{"
							"\"n\":0},\"Next\":\"W\"},"
							"\"W\":{\"Type\":\"Wait\",\"Seconds\":2,\"Assign\":{"
							"\"n\":\"{% $n + 1 %}\"},\"Next\":\"Q\"},"
							"\"Q\":{\"Type\":\"Choice\",\"Choices\":[{"
							"\"Condition\":\"{% $n < 1000 %}\",\"Next\":\"W\"}],"
							"\"Default\":\"Z\"},"
							"\"Z\":{\"Type\":\"Succeed\"}}}",
			 &first);
	assert_true(first > 5 * BIG_BYTES);
	assert_true(each < LOOP_BYTES_MAX);
}

#define FILL_PATH(name, next)                                                                            \
	"\"" name "\":{\"Type\":\"Pass\",\"Assign\":{\"" name "\":{\"v.$\":\"$.big\"}},\"Next\":\"" next \
	"\"},"

static void a_jsonpath_variable_that_changes_is_written_alone(void **state)
{
	uint64_t first;
	uint64_t each =
		go_round(*state,
			 "{\"StartAt\":\"A\",\"States\":{" FILL_PATH("A", "B") FILL_PATH("B", "C")
				 FILL_PATH("C", "D") FILL_PATH("D", "E")
					 FILL_PATH("E", "N") "\"N\":{\"Type\":\"Pass\",\"OutputPath\":\"$."
							     "n\",\"Assign\":{\"n\":0},\"Next\":\"W\"},"
							     "\"W\":{\"Type\":\"Wait\",\"Seconds\":2,"
							     "\"Assign\":{\"n.$\":\"States.MathAdd($n, 1)\"},"
							     "\"Next\":\"Q\"},"
							     "\"Q\":{\"Type\":\"Choice\",\"Choices\":[{"
							     "\"Variable\":\"$n\",\"NumericLessThan\":1000,"
							     "\"Next\":\"W\"}],\"Default\":\"Z\"},"
							     "\"Z\":{\"Type\":\"Succeed\"}}}",
			 &first);
	assert_true(first > 5 * BIG_BYTES);
	assert_true(each < LOOP_BYTES_MAX);
}

static void an_input_that_is_passed_on_is_written_once(void **state)
{
	uint64_t first;
	uint64_t each = go_round(
		*state,
		"{\"StartAt\":\"N\",\"States\":{"
		"\"N\":{\"Type\":\"Pass\",\"Assign\":{\"n\":0},\"Next\":\"W\"},"
		"\"W\":{\"Type\":\"Wait\",\"Seconds\":2,\"Assign\":{\"n.$\":\"States.MathAdd($n, 1)\"},"
		"\"Next\":\"Q\"},"
		"\"Q\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$n\",\"NumericLessThan\":1000,"
		"\"Next\":\"W\"}],\"Default\":\"Z\"},"
		"\"Z\":{\"Type\":\"Succeed\"}}}",
		&first);
	assert_true(first > BIG_BYTES && first < 2 * BIG_BYTES);
	assert_true(each < LOOP_BYTES_MAX);
}

static void the_result_of_a_map_is_written_once(void **state)
{
	uint64_t first;
	uint64_t each = go_round(
		*state,
		"{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"M\",\"States\":{"
		"\"M\":{\"Type\":\"Map\",\"Items\":\"{% [1..100] %}\",\"Assign\":{\"n\":0},\"ItemProcessor\":"
		"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\","
		"\"Output\":\"{% $pad('y', 2000, 'y') %}\",\"End\":true}}},\"Next\":\"W\"},"
		"\"W\":{\"Type\":\"Wait\",\"Seconds\":2,\"Assign\":{\"n\":\"{% $n + 1 %}\"},\"Next\":\"Q\"},"
		"\"Q\":{\"Type\":\"Choice\",\"Choices\":[{\"Condition\":\"{% $n < 1000 %}\",\"Next\":\"W\"}],"
		"\"Default\":\"Z\"},"
		"\"Z\":{\"Type\":\"Succeed\"}}}",
		&first);
	assert_true(first > 200000);
	assert_true(each < LOOP_BYTES_MAX);
}

/* ---- memory ------------------------------------------------------------------------------------------- */

#define SLEEPERS 50000

static void count_reply(void *user, enum sw_result result, const struct sw_reply *reply,
			const struct sw_error *err)
{
	(void)reply;
	(void)err;
	*(unsigned *)user += result == SW_OK;
}

/* Many executions of a machine, a few hundred a turn of the loop. */
static void start_many(struct world *world, const char *machine, unsigned count)
{
	struct sw_start_params params = {.machine = machine};
	struct sw_error err;
	unsigned replies = 0;
	for (unsigned i = 0; i < count; i++) {
		assert_int_equal(sw_engine_start(world->engine, &params, count_reply, &replies, &err), SW_OK);
		if (i % 256 == 0)
			world_settle(world);
	}
	world_settle(world);
	assert_int_equal(replies, count);
}

/* Goes on in small steps, and looks at what is in memory after each. */
static void advance_watching(struct world *world, int64_t by_ms, struct sw_engine_stats *most)
{
	for (int64_t end_ms = world->loop.mono_ms + by_ms; world->loop.mono_ms < end_ms;) {
		world_advance(world, 100);
		struct sw_engine_stats stats = stats_of(world);
		if (stats.timers_loaded > most->timers_loaded)
			most->timers_loaded = stats.timers_loaded;
		if (stats.executions_in_memory > most->executions_in_memory)
			most->executions_in_memory = stats.executions_in_memory;
	}
}

#define WAIT(what)                                                      \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\"," what \
	",\"Next\":\"B\"},\"B\":{\"Type\":\"Succeed\"}}}"

static void near_timers_in_memory_are_bounded(void **state)
{
	struct world *world = *state;
	struct sw_engine_stats most = {0};
	world_machine(world, "wait", WAIT("\"Seconds\":30"));
	start_many(world, "wait", SLEEPERS);
	struct sw_engine_stats stats = stats_of(world);
	assert_int_equal(stats.executions_in_memory, 0);
	assert_in_range(stats.timers_loaded, SW_TIMERS_LOAD_MAX, SW_TIMERS_HELD_MAX);
	advance_watching(world, 29000, &most);
	assert_int_equal(stats_of(world).succeeded, 0);
	advance_watching(world, 2000, &most);
	assert_int_equal(stats_of(world).succeeded, SLEEPERS);
	assert_in_range(most.timers_loaded, SW_TIMERS_LOAD_MAX, SW_TIMERS_HELD_MAX);
	assert_in_range(most.executions_in_memory, 0, 10001);
	assert_int_equal(stats_of(world).timers_loaded, 0);
	assert_int_equal(stats_of(world).executions_in_memory, 0);
}

#define LATE                                                                                            \
	"{\"TimeoutSeconds\":3600,\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":" \
	"\"function:held\","                                                                            \
	"\"End\":true}}}"

/*
 * The clock stands still while they are started: all are due in one millisecond. The heap is filled in slices. So are
 * the time-outs of two that are in memory all the time, the first and the last of them.
 */
static void fifty_thousand_wake_in_one_instant(void **state)
{
	struct world *world = *state;
	uint64_t most = 0;
	world_machine(world, "wait", WAIT("\"Seconds\":3600"));
	world_machine(world, "late", LATE);
	struct told first = world_start(world, "late", NULL, NULL);
	start_many(world, "wait", SLEEPERS);
	struct told last = world_start(world, "late", NULL, NULL);
	assert_int_equal(stats_of(world).timers_loaded, 0);
	world_advance(world, 3600000 - 1);
	struct sw_engine_stats stats = stats_of(world);
	assert_int_equal(stats.succeeded, 0);
	assert_in_range(stats.timers_loaded, SW_TIMERS_LOAD_MAX, SW_TIMERS_LOAD_MAX + 2);
	for (int i = 0; i < 1000 && stats.succeeded < SLEEPERS; i++) {
		world_advance(world, 1);
		stats = stats_of(world);
		most = stats.timers_loaded > most ? stats.timers_loaded : most;
	}
	assert_int_equal(stats.succeeded, SLEEPERS);
	assert_in_range(most, 0, SW_TIMERS_HELD_MAX);
	assert_string_equal(world_status(world, first.arn), "TIMED_OUT");
	assert_string_equal(world_status(world, last.arn), "TIMED_OUT");
	assert_int_equal(stats_of(world).executions_in_memory, 0);
}

#define TASKS 12000 /* more timers than the next window is read below */

struct kept {
	struct sw_task *tasks[TASKS];
	unsigned count;
};

static void keep(void *user, struct sw_task *task)
{
	struct kept *kept = user;
	assert_true(kept->count < TASKS);
	kept->tasks[kept->count++] = task;
}

/* The time-outs of tasks in flight stay near; those who wait are in time all the same. */
static void timers_of_tasks_do_not_hold_up_those_on_disk(void **state)
{
	struct world *world = *state;
	struct kept *kept = sw_zalloc(sizeof(*kept));
	assert_non_null(kept);
	assert_int_equal(sw_engine_on_task(world->engine, "function:kept", keep, NULL, kept, NULL), SW_OK);
	world_machine(world, "wait", WAIT("\"Seconds\":30"));
	world_machine(
		world, "task",
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:kept\","
		"\"TimeoutSeconds\":50,\"End\":true}}}");
	start_many(world, "task", TASKS);
	start_many(world, "wait", SLEEPERS);
	assert_in_range(stats_of(world).timers_loaded, SW_TIMERS_LOAD_MAX, SW_TIMERS_HELD_MAX + 2 * TASKS);
	world_advance(world, 29000);
	assert_int_equal(stats_of(world).succeeded, 0);
	world_advance(world, 2000);
	assert_int_equal(stats_of(world).succeeded, SLEEPERS);
	world_advance(world, 18000);
	assert_int_equal(stats_of(world).failed + stats_of(world).timed_out, 0);
	world_advance(world, 2000);
	assert_int_equal(stats_of(world).failed + stats_of(world).timed_out, TASKS);
	world_close(world);
	for (unsigned i = 0; i < kept->count; i++)
		sw_task_release(kept->tasks[i]);
	sw_free(kept);
}

static void short_waits_stay_in_memory_while_there_are_few(void **state)
{
	struct world *world = *state;
	world_machine(world, "moment", WAIT("\"Seconds\":1"));
	start_many(world, "moment", 100);
	assert_int_equal(stats_of(world).executions_in_memory, 100);
	start_many(world, "moment", 30000);
	assert_in_range(stats_of(world).executions_in_memory, 9000, 10001);
	assert_true(world->engine->executions.buckets_count > 8000);
	world_advance(world, 1000);
	assert_int_equal(stats_of(world).succeeded, 30100);
	assert_int_equal(stats_of(world).executions_in_memory, 0);
	/* The table becomes small again when it is used again. */
	start_many(world, "moment", 5);
	assert_in_range(world->engine->executions.buckets_count, 1, 4096);
}

/* ---- opening ------------------------------------------------------------------------------------------ */

static uint64_t reads_of_an_open(struct world *world)
{
	world_close(world);
	world->faults.operations = 0;
	world_open(world);
	return world->faults.operations;
}

/* A fifth of them first, then all: what both opens read. */
static void open_twice(struct world *world, const char *machine, uint64_t reads[2])
{
	for (int i = 0; i < 2; i++) {
		start_many(world, machine, i == 0 ? SLEEPERS / 5 : SLEEPERS - SLEEPERS / 5);
		world_advance(world, 2000); /* tasks that were released are let go */
		assert_int_equal(stats_of(world).executions_in_memory, 0);
		assert_int_equal(stats_of(world).tasks_in_flight, 0);
		reads[i] = reads_of_an_open(world);
		assert_int_equal(stats_of(world).executions_in_memory, 0);
		assert_int_equal(stats_of(world).tasks_in_flight, 0);
	}
}

static void an_open_does_not_read_those_that_are_due_later(void **state)
{
	uint64_t reads[2];
	world_machine(*state, "wait", WAIT("\"Seconds\":86400"));
	open_twice(*state, "wait", reads);
	assert_int_equal(reads[0], reads[1]);
	assert_int_equal(stats_of(*state).timers_loaded, 0);
}

static void an_open_reads_a_slice_of_those_that_are_due_soon(void **state)
{
	uint64_t reads[2];
	world_machine(*state, "wait", WAIT("\"Seconds\":50"));
	open_twice(*state, "wait", reads);
	assert_true(reads[1] < SW_TIMERS_LOAD_MAX + reads[0]);
	assert_int_equal(stats_of(*state).timers_loaded, SW_TIMERS_LOAD_MAX);
}

#define SEND "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
#define CALLBACK(more)                                                                            \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"" SEND "\"," more \
	"\"End\":true}}}"

/* The request was made: from then on the token is waited for. */
static void submit(void *user, struct sw_task *task)
{
	(void)user;
	sw_task_succeed(task, "{}", 2);
}

static void an_open_does_not_read_those_that_wait_for_a_callback(void **state)
{
	static const char *const machines[] = {CALLBACK(""), CALLBACK("\"HeartbeatSeconds\":86400,")};
	struct world *world = *state;
	for (size_t i = 0; i < 2; i++) {
		uint64_t reads[2];
		world_machine(world, i == 0 ? "callback" : "heartbeat", machines[i]);
		for (int j = 0; j < 2; j++) {
			assert_int_equal(sw_engine_on_task(world->engine, SEND, submit, NULL, NULL, NULL),
					 SW_OK);
			start_many(world, i == 0 ? "callback" : "heartbeat", j == 0 ? 100 : 5000);
			world_settle(world);
			assert_int_equal(stats_of(world).executions_in_memory, 0);
			assert_int_equal(stats_of(world).tasks_in_flight, 0);
			assert_int_equal(stats_of(world).timers_loaded, 0);
			reads[j] = reads_of_an_open(world);
			assert_int_equal(stats_of(world).executions_in_memory, 0);
		}
		assert_int_equal(reads[0], reads[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_jsonata_variable_that_changes_is_written_alone, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(a_jsonpath_variable_that_changes_is_written_alone, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(an_input_that_is_passed_on_is_written_once, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(the_result_of_a_map_is_written_once, open_world, close_world),
		cmocka_unit_test_setup_teardown(near_timers_in_memory_are_bounded, open_world, close_world),
		cmocka_unit_test_setup_teardown(fifty_thousand_wake_in_one_instant, open_world, close_world),
		cmocka_unit_test_setup_teardown(timers_of_tasks_do_not_hold_up_those_on_disk, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(short_waits_stay_in_memory_while_there_are_few, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(an_open_does_not_read_those_that_are_due_later, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(an_open_reads_a_slice_of_those_that_are_due_soon, open_world,
						close_world),
		cmocka_unit_test_setup_teardown(an_open_does_not_read_those_that_wait_for_a_callback,
						open_world, close_world),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
