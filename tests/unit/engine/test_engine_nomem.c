/*
 * Allocation i fails, alone or with some after it, for i = 1, 2, 3 ... until nothing fails: a call is
 * refused, or what it asked for comes out as ever. Our own allocations only: those of jansson are in its
 * library.
 */
#include "engine_world.h"

#include "engine/versions.h"
#include "tests/lib/failing_malloc.h"

/* The handler's own calls do not fail: what it cannot say is lost, and that is another test's matter. */
static void echo_safely(void *user, struct sw_task *task)
{
	struct world *world = user;
	long countdown = failing_malloc_pause();
	size_t len;
	const char *input = sw_task_input(task, &len);
	world->delivered++;
	sw_task_succeed(task, input, len);
	failing_malloc_go_on(countdown);
}

static const char definition[] =
	"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"Next\":\"W\",\"Branches\":["
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:safe\",\"End\":true}"
	"}},"
	"{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Task\",\"Resource\":\"function:safe\","
	"\"TimeoutSeconds\":20,"
	"\"Next\":\"C\"},\"C\":{\"Type\":\"Pass\",\"End\":true}}}]},"
	"\"W\":{\"Type\":\"Wait\",\"Seconds\":10,\"Next\":\"M\"},"
	"\"M\":{\"Type\":\"Map\",\"End\":true,\"ItemProcessor\":{\"StartAt\":\"D\",\"States\":{\"D\":{"
	"\"Type\":\"Task\","
	"\"Resource\":\"function:safe\",\"End\":true}}}}}}";

static struct world *open_world(void)
{
	struct world *world = world_new();
	world_open(world);
	assert_int_equal(sw_engine_on_task(world->engine, "function:safe", echo_safely, NULL, world, NULL),
			 SW_OK);
	world_machine(world, "m", definition);
	return world;
}

static void sweep_an_execution(long failures)
{
	char input[2 * SW_VALUE_INLINE_BYTES_MAX]; /* a value with a record of its own */
	input[0] = input[sizeof(input) - 1] = '"';
	memset(input + 1, 'x', sizeof(input) - 2);
	bool done = false;
	for (long i = 1; !done; i++) {
		struct world *world = open_world();
		struct told told = {0};
		struct sw_start_params params = {
			.machine = "m", .name = "n", .input = input, .input_len = sizeof(input)};
		failing_malloc_begin(i, failures);
		enum sw_result r = sw_engine_start(world->engine, &params, tell, &told, NULL);
		virtual_loop_advance(&world->loop, 60000);
		done = failing_malloc_end() == 0;
		virtual_loop_advance(&world->loop, 60000);
		assert_true(sw_engine_is_idle(world->engine));
		if (r == SW_OK && told.result == SW_OK) {
			assert_int_equal(told.calls, 1);
			assert_string_equal(world_status(world, told.arn), "SUCCEEDED");
			assert_int_equal(world->delivered, 4);
			world_history(world, told.arn);
		} else {
			assert_true(r == SW_ENOMEM || told.result == SW_ENOMEM);
			assert_int_equal(told.calls, r == SW_OK);
			assert_string_equal(
				world_status(world, "arn:aws:states:us-east-1:123456789012:execution:m:n"),
				"NONE");
		}
		world_free(world);
	}
}

static void an_allocation_that_fails_once_loses_no_execution(void **state)
{
	sweep_an_execution(1);
}

static void memory_that_stays_short_for_a_while_loses_no_execution(void **state)
{
	sweep_an_execution(7);
}

struct came {
	int calls;
	enum sw_result result;
	enum sw_status status;
};

static void came_to(void *user, enum sw_result result, const struct sw_outcome *outcome,
		    const struct sw_error *err)
{
	struct came *came = user;
	came->calls++;
	came->result = result;
	came->status = outcome ? outcome->status : SW_STATUS_RUNNING;
}

/* There is nothing to load it from again: it is told that memory was short, or ends well. */
static void an_express_execution_is_told_of_once(void **state)
{
	bool done = false;
	for (long i = 1; !done; i++) {
		struct world *world = open_world();
		struct told created = {0}, told = {0};
		struct came came = {0};
		struct sw_machine_params machine = {.name = "x",
						    .definition = definition,
						    .definition_len = strlen(definition),
						    .type = SW_TYPE_EXPRESS};
		struct sw_start_params params = {.machine = "x", .input = "[1]", .input_len = 3};
		assert_int_equal(
			sw_engine_create_machine(world->engine, &machine, tell, &created, NULL, NULL), SW_OK);
		world_settle(world);
		failing_malloc_begin(i, 1);
		enum sw_result r1 = sw_engine_start_sync(world->engine, &params, came_to, &came, NULL);
		enum sw_result r2 = sw_engine_start(world->engine, &params, tell, &told, NULL);
		virtual_loop_advance(&world->loop, 60000);
		done = failing_malloc_end() == 0;
		virtual_loop_advance(&world->loop, 300000);
		assert_true(sw_engine_is_idle(world->engine));
		assert_int_equal(came.calls, r1 == SW_OK);
		assert_int_equal(told.calls, r2 == SW_OK);
		assert_true(r1 == SW_OK || r1 == SW_ENOMEM);
		if (r1 == SW_OK && came.result == SW_OK)
			assert_int_equal(came.status, SW_STATUS_SUCCEEDED);
		else if (r1 == SW_OK)
			assert_int_equal(came.result, SW_ENOMEM);
		assert_true(!done || (came.result == SW_OK && told.result == SW_OK));
		struct sw_engine_stats stats;
		sw_engine_stats(world->engine, &stats);
		assert_int_equal(stats.executions_in_memory, 0);
		world_free(world);
	}
}

static void redrive_without_memory(const char *held, const char *output)
{
	bool done = false;
	for (long i = 1; !done; i++) {
		struct world *world = open_world();
		world_machine(world, "held", held);
		struct told started = world_start(world, "held", NULL, "[1]"), told = {0};
		sw_task_fail(world_take(world), "E", "C");
		world_settle(world);
		assert_string_equal(world_status(world, started.arn), "FAILED");
		failing_malloc_begin(i, 1);
		enum sw_result r =
			sw_engine_redrive_once(world->engine, started.arn, "token", tell, &told, NULL);
		virtual_loop_advance(&world->loop, 5000);
		done = failing_malloc_end() == 0;
		virtual_loop_advance(&world->loop, 5000);
		assert_int_equal(told.calls, r == SW_OK);
		if (r == SW_OK && told.result == SW_OK) {
			sw_task_succeed(world_take(world), "2", 1);
			world_settle(world);
			assert_string_equal(world_output(world, started.arn), output);
		} else {
			assert_string_equal(world_status(world, started.arn), "FAILED");
		}
		world_history(world, started.arn);
		world_free(world);
	}
}

#define HELD                                                                                              \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\",\"End\":" \
	"true}}}"

static void a_redrive_is_refused_or_carried_out(void **state)
{
	redrive_without_memory(HELD, "2");
}

static void a_redrive_inside_of_a_map_is_refused_or_carried_out(void **state)
{
	redrive_without_memory(
		"{\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":\"Map\",\"End\":true,\"ItemProcessor\":" HELD
		"}}}",
		"[2]");
}

static void an_engine_that_cannot_be_opened_leaves_nothing(void **state)
{
	struct world *world = open_world();
	struct told started = world_start(world, "m", NULL, "[1]");
	assert_int_equal(started.result, SW_OK);
	world_close(world);
	bool done = false;
	for (long i = 1; !done; i++) {
		failing_malloc_begin(i, 1);
		enum sw_result r = sw_engine_new_on(&world->options, world->store, &world->engine, NULL);
		done = failing_malloc_end() == 0;
		assert_true(r == SW_OK || r == SW_ENOMEM);
		if (r == SW_OK)
			sw_engine_free(world->engine);
		world->engine = NULL;
		assert_int_equal(virtual_loop_count(&world->loop), 0);
		assert_true(r == SW_OK || !done);
	}
	world_free(world);
}

/* Each call alone: refused, or carried out. */
static void a_call_without_memory_is_refused_or_carried_out(void **state)
{
	bool done = false;
	for (long i = 1; !done; i++) {
		struct world *world = open_world();
		struct told running = world_start(world, "m", NULL, "[1]");
		struct told created = {0}, updated = {0}, stopped = {0}, deleted = {0};
		const char *other = "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Succeed\"}}}";
		struct sw_machine_params params = {
			.name = "other", .definition = other, .definition_len = strlen(other)};
		failing_malloc_begin(i, 1);
		enum sw_result r1 =
			sw_engine_create_machine(world->engine, &params, tell, &created, NULL, NULL);
		params.name = "m";
		enum sw_result r2 =
			sw_engine_update_machine(world->engine, &params, tell, &updated, NULL, NULL);
		enum sw_result r3 =
			sw_engine_stop(world->engine, running.arn, "E", "c", tell, &stopped, NULL);
		enum sw_result r4 = sw_engine_delete_machine(world->engine, "other", tell, &deleted, NULL);
		virtual_loop_advance(&world->loop, 5000);
		done = failing_malloc_end() == 0;
		virtual_loop_advance(&world->loop, 5000);
		assert_int_equal(created.calls, r1 == SW_OK);
		assert_int_equal(updated.calls, r2 == SW_OK);
		assert_int_equal(stopped.calls, r3 == SW_OK);
		assert_int_equal(deleted.calls, r4 == SW_OK);
		struct sw_machine_info info = {0};
		assert_int_equal(sw_reader_machine(sw_engine_reader(world->engine), "m", &info, NULL), SW_OK);
		assert_string_equal(info.definition, r2 == SW_OK ? other : definition);
		sw_machine_info_done(&info);
		bool there =
			sw_reader_machine(sw_engine_reader(world->engine), "other", &info, NULL) == SW_OK;
		sw_machine_info_done(&info);
		assert_int_equal(there, r1 == SW_OK && r4 < 0);
		assert_string_equal(world_status(world, running.arn), r3 == SW_OK ? "ABORTED" : "SUCCEEDED");
		world_free(world);
	}
}

/* Versions, aliases and tags: each call is refused, or told once, and what was told is there. */
static void a_version_without_memory_is_refused_or_published(void **state)
{
	bool done = false;
	for (long i = 1; !done; i++) {
		struct world *world = open_world();
		struct told published = {0}, created = {0}, tagged = {0}, started = {0}, gone = {0};
		const struct sw_alias_route route = {1, 100};
		const struct sw_alias_params alias = {
			.machine = "m", .name = "prod", .routes = &route, .routes_count = 1};
		const struct sw_tag tag = {"k", "v"};
		const struct sw_start_params start = {.machine = "m", .qualifier = "prod"};
		failing_malloc_begin(i, 1);
		enum sw_result r1 =
			sw_engine_publish_version(world->engine, "m", NULL, "d", tell, &published, NULL);
		enum sw_result r2 = sw_engine_create_alias(world->engine, &alias, tell, &created, NULL);
		enum sw_result r3 = sw_engine_tag(world->engine, "m", &tag, 1, tell, &tagged, NULL);
		enum sw_result r4 = sw_engine_start(world->engine, &start, tell, &started, NULL);
		enum sw_result r5 = sw_engine_delete_version(world->engine, "m", 1, tell, &gone, NULL);
		virtual_loop_advance(&world->loop, 5000);
		done = failing_malloc_end() == 0;
		virtual_loop_advance(&world->loop, 5000);
		assert_int_equal(published.calls, r1 == SW_OK);
		assert_int_equal(created.calls, r2 == SW_OK);
		assert_int_equal(tagged.calls, r3 == SW_OK);
		assert_int_equal(started.calls, r4 == SW_OK);
		assert_int_equal(gone.calls, r5 == SW_OK);
		struct sw_alias_info info = {0};
		bool there =
			sw_reader_alias(sw_engine_reader(world->engine), "m", "prod", &info, NULL) == SW_OK;
		sw_alias_info_done(&info);
		assert_int_equal(there, r2 == SW_OK && created.result == SW_OK);
		world_free(world);
	}
}

static void count_tag(void *user, const struct sw_tag *tag)
{
	(void)tag;
	++*(int *)user;
}

static void tags_of_an_activity_are_there_or_refused(void **state)
{
	bool done = false;
	for (long i = 1; !done; i++) {
		struct world *world = open_world();
		struct told created = {0}, tagged = {0}, untagged = {0};
		const struct sw_tag first = {"k", "v"}, second = {"l", "w"};
		const char *const keys[] = {"k"};
		int count = 0;
		failing_malloc_begin(i, 1);
		enum sw_result r1 = sw_engine_create_tagged_activity(world->engine, "lift", &first, 1, tell,
								     &created, NULL);
		enum sw_result r2 =
			sw_engine_tag_activity(world->engine, "lift", &second, 1, tell, &tagged, NULL);
		enum sw_result r3 =
			sw_engine_untag_activity(world->engine, "lift", keys, 1, tell, &untagged, NULL);
		virtual_loop_advance(&world->loop, 5000);
		done = failing_malloc_end() == 0;
		virtual_loop_advance(&world->loop, 5000);
		assert_int_equal(created.calls, r1 == SW_OK);
		assert_int_equal(tagged.calls, r2 == SW_OK);
		assert_int_equal(untagged.calls, r3 == SW_OK);
		enum sw_result there = sw_reader_activity_tags(sw_engine_reader(world->engine), "lift",
							       count_tag, &count, NULL);
		assert_int_equal(there, r1 == SW_OK ? SW_OK : SW_ENOENT);
		assert_int_equal(count, (r1 == SW_OK) + (r2 == SW_OK) - (r3 == SW_OK));
		world_free(world);
	}
}

static void what_was_in_flight_is_recovered_though_memory_is_short(void **state)
{
	bool done = false;
	for (long i = 1; !done; i++) {
		struct world *world = open_world();
		const char *held = "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":"
				   "\"function:held\","
				   "\"Next\":\"B\"},\"B\":{\"Type\":\"Wait\",\"Seconds\":5,\"End\":true}}}";
		world_machine(world, "held", held);
		struct told task = world_start(world, "held", NULL, "[1]"),
			    wait = world_start(world, "m", NULL, "[1]");
		world_crash(world);
		struct sw_error err = {0};
		assert_int_equal(sw_engine_new_on(&world->options, world->store, &world->engine, &err),
				 SW_OK);
		assert_int_equal(
			sw_engine_on_task(world->engine, "function:*", echo_safely, NULL, world, NULL),
			SW_OK);
		world->delivered = 0;
		failing_malloc_begin(i, 1);
		enum sw_result r = sw_engine_resume(world->engine, SW_RESUME_ALL, NULL);
		assert_int_equal(r, SW_OK);
		virtual_loop_advance(&world->loop, 60000);
		done = failing_malloc_end() == 0;
		virtual_loop_advance(&world->loop, 60000);
		assert_string_equal(world_status(world, task.arn), "SUCCEEDED");
		assert_string_equal(world_status(world, wait.arn), "SUCCEEDED");
		assert_int_equal(world->delivered, 3); /* the one again, and two items of the Map */
		world_free(world);
	}
}

/* ---- activities --------------------------------------------------------------------------------------- */

static const char lifting[] =
	"{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Assign\":{\"b\":[1,2],\"a.$\":\"$\"},"
	"\"Next\":\"A\"},"
	"\"A\":{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:us-east-1:123456789012:activity:lift\","
	"\"Assign\":{\"b\":3},\"Next\":\"Z\"},"
	"\"Z\":{\"Type\":\"Pass\",\"Parameters\":{\"a.$\":\"$a\",\"b.$\":\"$b\"},\"End\":true}}}";

struct worker {
	struct world *world;
	struct sw_poll *poll; /* while it waits */
	char token[256];
};

static void given(void *user, enum sw_result result, const struct sw_activity_task *task,
		  const struct sw_error *err)
{
	struct worker *worker = user;
	(void)err;
	worker->poll = NULL;
	if (result == SW_OK && task)
		snprintf(worker->token, sizeof(worker->token), "%s", task->token);
}

/* Answers what it was given, and asks for more. */
static void work(struct worker *worker)
{
	struct sw_engine *engine = worker->world->engine;
	if (*worker->token &&
	    sw_engine_token_succeed(engine, worker->token, "{}", 2, NULL, NULL, NULL) == SW_OK)
		*worker->token = '\0';
	if (!*worker->token && !worker->poll)
		sw_engine_poll_activity(engine, "lift", "w", SW_ACTIVITY_POLL_MS, given, worker,
					&worker->poll, NULL); /* refused when memory is short */
}

static struct world *open_lifting_world(struct told told[2])
{
	struct world *world = world_new();
	world_open(world);
	assert_int_equal(sw_engine_create_activity(world->engine, "lift", NULL, NULL, NULL), SW_OK);
	world_machine(world, "lifting", lifting);
	told[0] = world_start(world, "lifting", NULL, "1");
	told[1] = world_start(world, "lifting", NULL, "2");
	world_crash(world);
	world_open(world);
	return world;
}

static void a_task_in_a_queue_is_given_once_though_memory_is_short(void **state)
{
	bool done = false;
	for (long i = 1; !done; i++) {
		struct told told[2];
		struct world *world = open_lifting_world(told);
		struct worker workers[2] = {{.world = world}, {.world = world}};
		struct sw_start_params params = {
			.machine = "lifting", .name = "n", .input = "3", .input_len = 1};
		failing_malloc_begin(i, 1);
		work(&workers[0]);
		work(&workers[1]);
		enum sw_result r = sw_engine_start(world->engine, &params, NULL, NULL, NULL);
		for (int j = 0; j < 20; j++) {
			done = failing_malloc.failed == 0;
			if (j == 10)
				failing_malloc_end();
			virtual_loop_advance(&world->loop, 100);
			work(&workers[0]);
			work(&workers[1]);
		}
		assert_string_equal(world_output(world, told[0].arn), "{\"a\":1,\"b\":3}");
		assert_string_equal(world_output(world, told[1].arn), "{\"a\":2,\"b\":3}");
		const char *third =
			world_status(world, "arn:aws:states:us-east-1:123456789012:execution:lifting:n");
		assert_true(!strcmp(third, "SUCCEEDED") || !strcmp(third, "NONE"));
		assert_true(r == SW_OK || r == SW_ENOMEM);
		world_free(world);
	}
}

/* ---- nothing to do but to wait -------------------------------------------------------------------------- */

#define TURNS_ENOUGH 300 /* of the loop, in one moment */

static void settle_soon(struct world *world)
{
	unsigned turns = 0;
	while (turns < TURNS_ENOUGH && virtual_loop_turn(&world->loop))
		turns++;
	assert_true(turns < TURNS_ENOUGH);
}

/* All allocations from the i-th on fail for a while. */
static void stay_short(uint32_t relaxed_ms)
{
	for (long i = 1, failed = 1; failed > 0; i++) {
		struct world *world = world_new();
		struct told told = {0};
		struct sw_start_params params = {.machine = "m", .input = "[1]", .input_len = 3};
		world->options.relaxed_ms = relaxed_ms;
		world_open(world);
		assert_int_equal(
			sw_engine_on_task(world->engine, "function:safe", echo_safely, NULL, world, NULL),
			SW_OK);
		world_machine(world, "m", definition);
		virtual_loop_advance(&world->loop, 5000);
		failing_malloc_begin(i, FAILING_MALLOC_ONWARDS);
		sw_engine_start(world->engine, &params, tell, &told, NULL);
		for (int step = 0; step < 5; step++) {
			settle_soon(world);
			world->loop.mono_ms += 50;
			world->loop.wall_ms += 50;
		}
		failed = failing_malloc_end();
		virtual_loop_advance(&world->loop, 60000);
		assert_true(sw_engine_is_idle(world->engine));
		world_free(world);
	}
}

static void an_engine_without_memory_does_not_turn_in_circles(void **state)
{
	stay_short(0);
}

static void nor_does_it_in_relaxed_mode(void **state)
{
	stay_short(40);
}

/* ---- more than memory can hold ------------------------------------------------------------------------ */

#define LARGE_BYTES 200000
#define ROOM_BYTES 100000 /* no allocation is larger while memory is short */

/* Its input is a string of LARGE_BYTES. */
static struct told start_large(struct world *world, const char *machine)
{
	char *input = sw_alloc(LARGE_BYTES + 1);
	assert_non_null(input);
	memset(input, 'x', LARGE_BYTES);
	input[0] = input[LARGE_BYTES - 1] = '"';
	input[LARGE_BYTES] = '\0';
	struct told told = world_start(world, machine, NULL, input);
	assert_int_equal(told.result, SW_OK);
	sw_free(input);
	return told;
}

static void one_that_cannot_be_recovered_holds_up_nobody_else(void **state)
{
	struct world *world = open_world();
	world_machine(world, "held",
		      "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":"
		      "\"function:held\",\"ResultPath\":null,\"Next\":\"B\"},"
		      "\"B\":{\"Type\":\"Wait\",\"Seconds\":5,\"End\":true}}}");
	struct told small = world_start(world, "held", NULL, "[1]"), large = start_large(world, "held");
	world_crash(world);
	assert_int_equal(sw_engine_new_on(&world->options, world->store, &world->engine, NULL), SW_OK);
	assert_int_equal(sw_engine_on_task(world->engine, "function:*", echo_safely, NULL, world, NULL),
			 SW_OK);
	failing_malloc.bytes_max = ROOM_BYTES;
	assert_int_equal(sw_engine_resume(world->engine, SW_RESUME_ALL, NULL), SW_OK);
	virtual_loop_advance(&world->loop, 60000);
	failing_malloc.bytes_max = 0;
	assert_string_equal(world_status(world, small.arn), "SUCCEEDED");
	assert_string_equal(world_status(world, large.arn), "RUNNING");
	virtual_loop_advance(&world->loop, 60000);
	assert_string_equal(world_status(world, large.arn), "SUCCEEDED");
	world_free(world);
}

static void a_task_that_cannot_be_offered_holds_up_nobody_else(void **state)
{
	struct world *world = open_world();
	assert_int_equal(sw_engine_create_activity(world->engine, "lift", NULL, NULL, NULL), SW_OK);
	world_machine(world, "lifting", lifting);
	world_machine(
		world, "napping",
		"{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Wait\",\"Seconds\":5,\"End\":true}}}");
	struct told large = start_large(world, "lifting");
	world_crash(world);
	world_open(world);
	struct worker worker = {.world = world};
	failing_malloc.bytes_max = ROOM_BYTES;
	work(&worker);
	struct told small = world_start(world, "napping", NULL, "[1]");
	virtual_loop_advance(&world->loop, 50000);
	failing_malloc.bytes_max = 0;
	assert_string_equal(world_status(world, small.arn), "SUCCEEDED");
	assert_string_equal(worker.token, "");
	virtual_loop_advance(&world->loop, 1000);
	work(&worker);
	virtual_loop_advance(&world->loop, 1000);
	assert_string_equal(world_status(world, large.arn), "SUCCEEDED");
	world_free(world);
}

/* Whose memory is not to be trusted is loaded again, though a worker waits for a task of it. */
static void a_worker_may_come_while_an_execution_is_loaded_again(void **state)
{
	bool done = false;
	for (long i = 1; !done; i++) {
		struct world *world = open_world();
		assert_int_equal(sw_engine_create_activity(world->engine, "lift", NULL, NULL, NULL), SW_OK);
		world_machine(world, "both",
			      "{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Parallel\",\"End\":true,"
			      "\"Branches\":[{\"StartAt\":\"X\",\"States\":{\"X\":{\"Type\":\"Task\","
			      "\"Resource\":\"arn:aws:states:us-east-1:123456789012:activity:lift\","
			      "\"End\":true}}},{\"StartAt\":\"Y\",\"States\":{\"Y\":{\"Type\":\"Task\","
			      "\"Resource\":\"function:held\",\"Next\":\"Z\"},\"Z\":{\"Type\":\"Pass\","
			      "\"Parameters\":{\"z.$\":\"$\"},\"End\":true}}}]}}}");
		struct told told = world_start(world, "both", NULL, "[1]");
		struct worker worker = {.world = world};
		sw_task_succeed(world_take(world), "2", 1);
		failing_malloc_begin(i, 1);
		virtual_loop_turn(&world->loop);
		done = failing_malloc_end() == 0;
		work(&worker);
		virtual_loop_advance(&world->loop, 1000);
		assert_string_not_equal(worker.token, "");
		work(&worker);
		virtual_loop_advance(&world->loop, 1000);
		assert_string_equal(world_output(world, told.arn), "[{},{\"z\":2}]");
		world_free(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_allocation_that_fails_once_loses_no_execution),
		cmocka_unit_test(memory_that_stays_short_for_a_while_loses_no_execution),
		cmocka_unit_test(an_express_execution_is_told_of_once),
		cmocka_unit_test(a_redrive_is_refused_or_carried_out),
		cmocka_unit_test(a_redrive_inside_of_a_map_is_refused_or_carried_out),
		cmocka_unit_test(an_engine_that_cannot_be_opened_leaves_nothing),
		cmocka_unit_test(a_call_without_memory_is_refused_or_carried_out),
		cmocka_unit_test(a_version_without_memory_is_refused_or_published),
		cmocka_unit_test(tags_of_an_activity_are_there_or_refused),
		cmocka_unit_test(what_was_in_flight_is_recovered_though_memory_is_short),
		cmocka_unit_test(a_task_in_a_queue_is_given_once_though_memory_is_short),
		cmocka_unit_test(an_engine_without_memory_does_not_turn_in_circles),
		cmocka_unit_test(nor_does_it_in_relaxed_mode),
		cmocka_unit_test(one_that_cannot_be_recovered_holds_up_nobody_else),
		cmocka_unit_test(a_task_that_cannot_be_offered_holds_up_nobody_else),
		cmocka_unit_test(a_worker_may_come_while_an_execution_is_loaded_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
