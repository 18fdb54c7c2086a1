/* What an engine counts, whether it is ready, and what it reads again. */
#include "base/prometheus.h"
#include "engine_world.h"

#define TASK(resource)                                                                     \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"" resource \
	"\",\"End\":true}}}"
#define PASS "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"End\":true}}}"
#define NAP "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":9000,\"End\":true}}}"

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

static struct sw_engine_metrics look(struct world *world)
{
	struct sw_engine_metrics metrics;
	sw_engine_metrics(world->engine, &metrics);
	return metrics;
}

static void executions_count_by_type_and_status(void **state)
{
	struct world *world = *state;
	struct told told = {0};
	struct sw_machine_params express = {
		.name = "x", .definition = PASS, .definition_len = strlen(PASS), .type = SW_TYPE_EXPRESS};
	assert_int_equal(sw_engine_create_machine(world->engine, &express, tell, &told, NULL, NULL), SW_OK);
	world_settle(world);
	world_machine(world, "good", PASS);
	world_machine(world, "bad", TASK("function:broken"));
	world_machine(world, "nap", NAP);
	world_start(world, "good", NULL, NULL);
	world_start(world, "good", NULL, NULL);
	world_start(world, "bad", NULL, NULL);
	struct told nap = world_start(world, "nap", NULL, NULL);
	world_start(world, "nap", NULL, NULL);
	world_start(world, "x", NULL, NULL);
	world_stop(world, nap.arn, NULL, NULL);
	struct sw_engine_metrics metrics = look(world);
	assert_int_equal(metrics.started[SW_TYPE_STANDARD], 5);
	assert_int_equal(metrics.started[SW_TYPE_EXPRESS], 1);
	assert_int_equal(metrics.ended[SW_TYPE_STANDARD][SW_STATUS_SUCCEEDED], 2);
	assert_int_equal(metrics.ended[SW_TYPE_STANDARD][SW_STATUS_FAILED], 1);
	assert_int_equal(metrics.ended[SW_TYPE_STANDARD][SW_STATUS_ABORTED], 1);
	assert_int_equal(metrics.ended[SW_TYPE_EXPRESS][SW_STATUS_SUCCEEDED], 1);
	assert_true(metrics.running_known);
	assert_int_equal(metrics.running[SW_TYPE_STANDARD], 1);
	assert_int_equal(metrics.running[SW_TYPE_EXPRESS], 0);
	assert_true(metrics.transitions >= 6);
	assert_true(sw_histogram_count(&metrics.commit_seconds) >= 6);
	assert_int_equal(sw_histogram_count(&metrics.commit_seconds),
			 sw_histogram_count(&metrics.batch_bytes));
	assert_true(metrics.batch_records.sum > sw_histogram_count(&metrics.batch_records));
}

/* Those that run when the store is opened are counted in the background, whatever becomes of them meanwhile. */
static void running_executions_of_an_earlier_process_are_counted(void **state)
{
	struct world *world = *state;
	char arns[3][SW_ARN_TEXT_BYTES];
	world_machine(world, "nap", NAP);
	world_machine(world, "good", PASS);
	world_machine(world, "bad", TASK("function:broken"));
	for (int i = 0; i < 600; i++) {
		struct told told = world_start(world, i % 3 == 0 ? "good" : "nap", NULL, NULL);
		if (i % 201 == 1)
			snprintf(arns[i / 201], sizeof(arns[0]), "%s", told.arn);
	}
	struct told bad = world_start(world, "bad", NULL, NULL);
	world_crash(world);
	world_open(world);
	world_stop(world, arns[0], NULL, NULL); /* before anybody has asked */
	assert_false(look(world).running_known);
	world_stop(world, arns[1], NULL, NULL);
	world_settle(world);
	struct sw_engine_metrics metrics = look(world);
	assert_true(metrics.running_known);
	assert_int_equal(metrics.running[SW_TYPE_STANDARD], 398);
	world_stop(world, arns[2], NULL, NULL);
	world_start(world, "nap", NULL, NULL);
	world_start(world, "nap", NULL, NULL);
	struct told told = {0};
	assert_int_equal(sw_engine_redrive(world->engine, bad.arn, tell, &told, NULL), SW_OK);
	world_settle(world);
	metrics = look(world);
	assert_int_equal(metrics.running[SW_TYPE_STANDARD], 399);
	assert_int_equal(metrics.redriven[SW_TYPE_STANDARD], 1);
	assert_int_equal(metrics.started[SW_TYPE_STANDARD], 2);
}

static const struct sw_resource_metrics *resource(const struct sw_engine_metrics *metrics, const char *name)
{
	for (size_t i = 0; i < metrics->resources_count; i++)
		if (strcmp(metrics->resources[i].resource, name) == 0)
			return &metrics->resources[i];
	return NULL;
}

static void tasks_are_timed_by_their_resource(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", TASK("function:held"));
	world_machine(world, "e", TASK("function:echo"));
	world_start(world, "m", NULL, NULL);
	world_start(world, "e", NULL, NULL);
	assert_int_equal(look(world).tasks_in_flight, 1);
	world_advance(world, 4000);
	sw_task_succeed(world_take(world), "1", 1);
	world_settle(world);
	struct sw_engine_metrics metrics = look(world);
	assert_int_equal(metrics.tasks_in_flight, 0);
	const struct sw_resource_metrics *held = resource(&metrics, "function:held");
	assert_non_null(held);
	assert_int_equal(sw_histogram_count(&held->seconds), 1);
	assert_int_equal(held->seconds.sum, 4000000);
	assert_non_null(resource(&metrics, "function:echo"));
	unsigned count;
	const uint64_t *bounds = sw_metrics_bounds(held->seconds.bounds, &count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(held->seconds.counts[i],
				 bounds[i] == 5000000); /* the first bound above 4 s */
}

static void a_callback_is_timed_from_entering_its_state(void **state)
{
	struct world *world = *state;
	char token[600];
	world_machine(world, "m", TASK("function:held"));
	world_start(world, "m", NULL, NULL);
	struct sw_task *task = world_take(world);
	snprintf(token, sizeof(token), "%s", sw_task_token(task));
	sw_task_release(task);
	world_advance(world, 7000);
	assert_int_equal(sw_engine_token_succeed(world->engine, token, "1", 1, NULL, NULL, NULL), SW_OK);
	world_settle(world);
	struct sw_engine_metrics metrics = look(world);
	const struct sw_resource_metrics *held = resource(&metrics, "function:held");
	assert_non_null(held);
	assert_int_equal(sw_histogram_count(&held->seconds), 1);
	assert_int_equal(held->seconds.sum, 7000000);
}

static void resources_beyond_the_table_count_as_other(void **state)
{
	struct sw_meters meters = {0};
	char name[40];
	sw_meters_init(&meters);
	for (int i = 0; i < 2 * SW_METERED_RESOURCES_MAX; i++) {
		snprintf(name, sizeof(name), "function:f%d", i);
		sw_meters_task(&meters, name, i);
		sw_meters_task(&meters, name, i);
	}
	assert_int_equal(meters.resources_count, SW_METERED_RESOURCES_MAX);
	assert_int_equal(sw_histogram_count(&meters.resources[1].seconds), 2);
	assert_int_equal(sw_histogram_count(&meters.other_seconds), 2 * SW_METERED_RESOURCES_MAX);
	sw_meters_done(&meters);
	/* Names that would print alike have no place either. */
	char text[600];
	sw_meters_init(&meters);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	sw_meters_task(&meters, text, 1);
	sw_meters_task(&meters, "other", 1);
	assert_int_equal(meters.resources_count, 0);
	assert_int_equal(sw_histogram_count(&meters.other_seconds), 2);
	sw_meters_done(&meters);
}

static void the_text_has_help_and_type_for_every_sample(void **state)
{
	struct world *world = *state;
	world_machine(world, "e", TASK("function:echo"));
	world_start(world, "e", NULL, NULL);
	size_t len;
	char *text = sw_engine_metrics_text(world->engine, &len);
	assert_non_null(text);
	assert_int_equal(strlen(text), len);
	char family[200] = "";
	int samples = 0;
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (strncmp(line, "# TYPE ", 7) == 0)
			snprintf(family, sizeof(family), "%.*s", (int)strcspn(line + 7, " "), line + 7);
		if (*line == '#')
			continue;
		assert_int_equal(strncmp(line, family, strlen(family)), 0);
		samples++;
	}
	assert_true(samples > 100);
	sw_text_free(text);
}

static void it_is_ready_when_it_can_commit(void **state)
{
	struct world *world = *state;
	struct sw_error err = {0};
	assert_int_equal(sw_engine_ready(world->engine, &err), SW_OK);
	assert_int_equal(sw_engine_ready(NULL, NULL), SW_EINVAL);
	world_machine(world, "m", PASS);
	world->faults.fail_at = world->faults.operations + 1;
	world->faults.fail_onwards = true;
	world->faults.fail_with = SW_EFULL;
	struct sw_start_params params = {.machine = "m"};
	struct told told = {0};
	sw_engine_start(world->engine, &params, tell, &told, NULL);
	world_advance(world, 100);
	assert_int_equal(sw_engine_ready(world->engine, &err), SW_EFULL);
	assert_string_equal(err.text, "the disk is full");
	assert_true(look(world).disk_full);
	assert_true(look(world).commits_failed > 0);
	world->faults.fail_at = 0;
	world->faults.fail_onwards = false;
	world_advance(world, 3000);
	assert_int_equal(sw_engine_ready(world->engine, NULL), SW_OK);
	world_close(world);
	world_open_idle(world);
	assert_int_equal(sw_engine_ready(world->engine, NULL), SW_EINVAL);
	assert_int_equal(sw_engine_resume(world->engine, SW_RESUME_ALL, NULL), SW_OK);
	assert_int_equal(sw_engine_ready(world->engine, NULL),
			 SW_EBUSY); /* the executions of before are looked at */
	world_settle(world);
	assert_int_equal(sw_engine_ready(world->engine, NULL), SW_OK);
}

static void a_file_with_a_mistake_changes_nothing(void **state)
{
	struct world *world = *state;
	struct sw_error err = {0};
	bool in_mocks = false;
	static const char good[] = "{\"resources\":{\"command:a\":{\"command\":[\"true\"]}}}";
	static const char bad[] = "{\"resources\":{\"command:a\":{\"comand\":[\"true\"]}}}";
	static const char mocks[] = "{\"StateMachines\":{},\"MockedResponses\":{}}";
	assert_int_equal(sw_engine_reload(world->engine, good, NULL, NULL, &err), SW_OK);
	struct sw_route *route = sw_routes_find(world->engine->routes, "command:a");
	assert_non_null(route);
	assert_int_equal(sw_engine_reload(world->engine, bad, mocks, &in_mocks, &err), SW_EDEFINITION);
	assert_true(err.line > 0);
	assert_false(in_mocks);
	assert_ptr_equal(sw_routes_find(world->engine->routes, "command:a"), route);
	err = (struct sw_error){0};
	assert_int_equal(sw_engine_reload(world->engine, good, "{", &in_mocks, &err), SW_EDEFINITION);
	assert_true(in_mocks);
	assert_ptr_equal(sw_routes_find(world->engine->routes, "command:a"), route);
	assert_int_equal(sw_engine_reload(world->engine, "{\"resources\":{}}", mocks, NULL, &err), SW_OK);
	assert_null(sw_routes_find(world->engine->routes, "command:a"));
	assert_non_null(sw_routes_find(world->engine->routes, "function:echo")); /* the host's own stay */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(executions_count_by_type_and_status),
		TEST(running_executions_of_an_earlier_process_are_counted),
		TEST(tasks_are_timed_by_their_resource),
		TEST(a_callback_is_timed_from_entering_its_state),
		TEST(the_text_has_help_and_type_for_every_sample),
		TEST(it_is_ready_when_it_can_commit),
		TEST(a_file_with_a_mistake_changes_nothing),
		cmocka_unit_test(resources_beyond_the_table_count_as_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
