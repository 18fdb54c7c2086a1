/* Relaxed mode: what may be lost, what may not, and what is there is whole. docs/durability.md. */
#include "doctor_fixture.h"

#define LATER_MS 200
#define CALLBACK \
	ALONE("{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::held:do.waitForTaskToken\",\"End\":true}")

static int set_up(void **state)
{
	struct world *world = world_new();
	world_open(world);
	world_machine(world, "pass", ALONE(PASS));
	world_machine(world, "held", ALONE(HELD("")));
	world_machine(world, "callback", CALLBACK);
	world_close(world);
	world->options.relaxed_ms = LATER_MS;
	world_open(world);
	world_advance(world, 10 * LATER_MS);
	*state = world;
	return 0;
}

/* What comes first is handed over at once; what comes next waits for its time. */
static void begin_interval(struct world *world)
{
	world_advance(world, 10 * LATER_MS);
	assert_int_equal(world_start(world, "pass", NULL, NULL).result, SW_OK);
	world_advance(world, 1);
}

static void what_is_acknowledged_is_on_disk_a_little_later(void **state)
{
	struct world *world = *state;
	begin_interval(world);
	struct told told = world_start(world, "pass", "one", NULL);
	assert_int_equal(told.result, SW_OK);
	world_advance(world, LATER_MS - 2);
	assert_string_equal(world_status(world, told.arn), "NONE");
	assert_false(sw_engine_is_settled(world->engine));
	world_advance(world, 1);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	assert_true(sw_engine_is_settled(world->engine));
}

static void who_asks_need_not_wait(void **state)
{
	struct world *world = *state;
	struct told settled = {0};
	begin_interval(world);
	struct told told = world_start(world, "pass", "one", NULL);
	assert_int_equal(sw_engine_settle(world->engine, tell, &settled, NULL), SW_OK);
	assert_int_equal(settled.calls, 0);
	world_settle(world);
	assert_int_equal(settled.calls, 1);
	assert_false(settled.existed);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	assert_int_equal(sw_engine_settle(world->engine, tell, &settled, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(settled.calls, 2);
	assert_true(settled.existed);
	/* Later ones wait again. */
	told = world_start(world, "pass", "two", NULL);
	assert_string_equal(world_status(world, told.arn), "NONE");
	assert_int_equal(sw_engine_settle(world->engine, tell, &settled, NULL), SW_OK);
	world_crash(world);
	assert_int_equal(settled.calls, 3);
	assert_true(settled.result < 0);
}

/* ---- crashes ------------------------------------------------------------------------------------------ */

static void a_task_whose_start_was_lost_belongs_to_nobody(void **state)
{
	struct world *world = *state;
	char token[SW_TOKEN_BYTES_MAX + 1], key[sizeof(world->last_key)];
	struct sw_error err = {0};
	begin_interval(world);
	struct told told = world_start(world, "callback", "one", NULL);
	assert_int_equal(told.result, SW_OK);
	assert_int_equal(world->delivered, 1);
	snprintf(token, sizeof(token), "%s", sw_task_token(world->tasks[0]));
	snprintf(key, sizeof(key), "%s", world->last_key);
	world_crash(world);
	assert_sound(world);
	world_open(world);
	assert_int_equal(world->delivered, 1);
	assert_string_equal(world_status(world, told.arn), "NONE");
	struct told completed = {0};
	enum sw_result r = sw_engine_token_succeed(world->engine, token, "1", 1, tell, &completed, &err);
	world_settle(world);
	assert_int_equal(r == SW_OK ? completed.result : r, SW_ENOENT);
	/* Asked for again, it is another execution, whose tasks have other keys. */
	begin_interval(world);
	assert_int_equal(world_start(world, "callback", "one", NULL).result, SW_OK);
	assert_int_equal(world->delivered, 2);
	assert_string_not_equal(world->last_key, key);
	world_advance(world, LATER_MS);
	assert_sound(world);
}

static void a_callback_that_was_lost_may_come_again(void **state)
{
	struct world *world = *state;
	char token[SW_TOKEN_BYTES_MAX + 1];
	struct told told = world_start(world, "callback", "one", NULL);
	snprintf(token, sizeof(token), "%s", sw_task_token(world->tasks[0]));
	sw_task_succeed(world_take(world), "{}", 2); /* the request was made; the token is waited for */
	begin_interval(world);
	for (unsigned i = 0; i < 2; i++) {
		struct told completed = {0};
		begin_interval(world);
		assert_int_equal(
			sw_engine_token_succeed(world->engine, token, "7", 1, tell, &completed, NULL), SW_OK);
		world_settle(world);
		assert_int_equal(completed.result, SW_OK);
		if (i == 1)
			break;
		world_crash(world);
		assert_sound(world);
		world_open(world);
		assert_string_equal(world_status(world, told.arn), "RUNNING");
	}
	world_advance(world, LATER_MS);
	assert_string_equal(world_output(world, told.arn), "7");
}

/* An attempt is delivered again under its key, whether its completion was lost or never came. */
static void a_task_whose_completion_was_lost_is_delivered_again(void **state)
{
	struct world *world = *state;
	char key[sizeof(world->last_key)];
	struct told told = world_start(world, "held", "one", NULL);
	snprintf(key, sizeof(key), "%s", world->last_key);
	begin_interval(world);
	sw_task_succeed(world_take(world), "1", 1);
	world_settle(world);
	world_crash(world);
	world_open(world);
	assert_int_equal(world->delivered, 2);
	assert_true(world->last_redelivery);
	assert_string_equal(world->last_key, key);
	sw_task_succeed(world_take(world), "2", 1);
	world_advance(world, LATER_MS);
	assert_string_equal(world_output(world, told.arn), "2");
}

/* Starts and completions in every millisecond, and a crash: what is older than the time is there. */
static void all_but_the_last_moments_survives(void **state)
{
	for (int64_t dies_ms = 1; dies_ms < 900; dies_ms += 23) {
		struct world *world = world_new();
		static struct told started[100];
		int64_t started_ms[100];
		unsigned count = 0;
		world->options.relaxed_ms = LATER_MS;
		world_open(world);
		world_machine(world, "held", ALONE(HELD("")));
		world_advance(world, 3 * LATER_MS);
		int64_t begin_ms = world->loop.mono_ms;
		while (world->loop.mono_ms - begin_ms < dies_ms) {
			started_ms[count] = world->loop.mono_ms;
			started[count++] = world_start(world, "held", NULL, NULL);
			if (count % 3 == 0)
				sw_task_succeed(world_take(world), "1", 1);
			world_advance(world, 9);
		}
		int64_t crash_ms = world->loop.mono_ms;
		world_crash(world);
		assert_sound(world);
		world_open(world);
		bool lost = false;
		for (unsigned i = 0; i < count; i++) {
			bool there = strcmp(world_status(world, started[i].arn), "NONE") != 0;
			/* A prefix: nothing is there that is later than what is not. */
			assert_false(there && lost);
			lost = lost || !there;
			assert_true(there || crash_ms - started_ms[i] <= LATER_MS);
		}
		while (world->tasks_count > 0)
			sw_task_succeed(world_take(world), "1", 1);
		world_advance(world, 2 * LATER_MS);
		assert_true(sw_engine_is_idle(world->engine));
		assert_sound(world);
		world_free(world);
	}
}

/* The machine was booted again, and its clock is behind: what was acknowledged and lost had an id, too. */
static void ids_of_lost_executions_are_not_used_again(void **state)
{
	struct world *world = *state;
	uint64_t lost_id, next_id;
	world_close(world);
	world->options.relaxed_ms = 5000;
	world_open(world);
	world_advance(world, 10000);
	begin_interval(world);
	world_advance(world, 4000);
	struct told lost = world_start(world, "pass", NULL, NULL);
	assert_true(sw_id_from_name(strrchr(lost.arn, ':') + 1, &lost_id));
	world_crash(world);
	world->loop.wall_ms -= 1000000;
	world->loop.mono_ms = 5;
	world_open(world);
	assert_string_equal(world_status(world, lost.arn), "NONE");
	struct told next = world_start(world, "pass", NULL, NULL);
	assert_true(sw_id_from_name(strrchr(next.arn, ':') + 1, &next_id));
	assert_true(next_id > lost_id);
}

/* ---- ends and failures -------------------------------------------------------------------------------- */

static void a_clean_end_loses_nothing(void **state)
{
	struct world *world = *state;
	begin_interval(world);
	struct told told = world_start(world, "held", "one", NULL);
	struct told passed = world_start(world, "pass", "two", NULL);
	world_close(world);
	assert_int_equal(world->logged, 0);
	world_open(world);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	assert_string_equal(world_status(world, passed.arn), "SUCCEEDED");
}

static void a_commit_that_fails_ends_it_all_and_says_what_may_be_lost(void **state)
{
	struct world *world = *state;
	struct sw_error err = {0};
	begin_interval(world);
	struct told told = world_start(world, "pass", "one", NULL);
	assert_int_equal(told.result, SW_OK);
	world->faults.commits_alone = true;
	world->faults.fail_at = world->faults.operations + 1;
	world->faults.fail_with = SW_EIO;
	world->faults.fail_onwards = true;
	world_advance(world, LATER_MS);
	assert_true(world->engine->poisoned);
	assert_non_null(strstr(world->last_log, "may be lost"));
	struct sw_start_params params = {.machine = "pass"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &told, &err), SW_EIO);
	assert_int_equal(told.calls, 1);
	unsigned logged = world->logged;
	world_crash(world);
	assert_int_equal(world->logged, logged);
	world->faults = (struct sw_store_faults){0};
	world_open(world);
	assert_string_equal(world_status(world, told.arn), "NONE");
	assert_sound(world);
}

static void what_was_acknowledged_waits_for_room_on_the_disk(void **state)
{
	struct world *world = *state;
	begin_interval(world);
	struct told told = world_start(world, "pass", "one", NULL);
	world->faults.commits_alone = true;
	world->faults.fail_at = world->faults.operations + 1;
	world->faults.fail_with = SW_EFULL;
	world->faults.fail_onwards = true;
	world_advance(world, 5 * LATER_MS);
	assert_true(world->engine->full);
	struct sw_error err = {0};
	struct told refused = {0};
	struct sw_start_params params = {.machine = "pass"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &refused, &err), SW_EFULL);
	world->faults.fail_at = 0;
	world_advance(world, 5000);
	assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
	assert_false(world->engine->full);
}

static void an_end_while_the_disk_is_full_says_what_is_lost(void **state)
{
	struct world *world = *state;
	begin_interval(world);
	struct told told = world_start(world, "pass", "one", NULL);
	world->faults.commits_alone = true;
	world->faults.fail_at = world->faults.operations + 1;
	world->faults.fail_with = SW_EFULL;
	world->faults.fail_onwards = true;
	world_close(world);
	assert_non_null(strstr(world->last_log, "may be lost"));
	world->faults.fail_at = 0;
	world_open(world);
	assert_string_equal(world_status(world, told.arn), "NONE");
	assert_sound(world);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_acknowledged_is_on_disk_a_little_later),
		TEST(who_asks_need_not_wait),
		TEST(a_task_whose_start_was_lost_belongs_to_nobody),
		TEST(a_callback_that_was_lost_may_come_again),
		TEST(a_task_whose_completion_was_lost_is_delivered_again),
		cmocka_unit_test(all_but_the_last_moments_survives),
		TEST(ids_of_lost_executions_are_not_used_again),
		TEST(a_clean_end_loses_nothing),
		TEST(a_commit_that_fails_ends_it_all_and_says_what_may_be_lost),
		TEST(what_was_acknowledged_waits_for_room_on_the_disk),
		TEST(an_end_while_the_disk_is_full_says_what_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
