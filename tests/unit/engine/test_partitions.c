/* Two engines that are partitions of one: the world's is the catalogue, another one is partition 1. */
#include "engine_world.h"

#include "asl/asl.h"
#include "engine/metrics.h"
#include "engine/partition.h"

#define ANSWER(text) \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Result\":\"" text "\",\"End\":true}}}"
#define HELD                                                                                              \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\",\"End\":" \
	"true}}}"

struct fixture {
	struct world *world;
	struct sw_engine *second;
	struct sw_task *task; /* of partition 1, held */
	struct told told;
	uint32_t drained; /* number of the machine that was told */
	unsigned asked;   /* whether machines run elsewhere */
	enum sw_result answer;
};

static void hold(void *user, struct sw_task *task)
{
	((struct fixture *)user)->task = task;
}

static int open_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	f->world = world_new();
	world_open(f->world);
	struct sw_engine_options options = f->world->options;
	options.catalogue = f->world->engine;
	options.partition = 1;
	options.data_directory = NULL;
	if (sw_engine_new(&options, &f->second, NULL) != SW_OK ||
	    sw_engine_on_task(f->second, "function:held", hold, NULL, f, NULL) != SW_OK)
		return -1;
	return sw_engine_resume(f->second, SW_RESUME_ALL, NULL);
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;
	if (f->task)
		sw_task_release(f->task);
	sw_engine_free(f->second);
	world_free(f->world);
	free(f);
	return 0;
}

static enum sw_result start(struct fixture *f, const char *machine)
{
	const struct sw_start_params params = {.machine = machine};
	f->told = (struct told){0};
	enum sw_result r = sw_engine_start(f->second, &params, tell, &f->told, NULL);
	world_settle(f->world);
	return r == SW_OK ? f->told.result : r;
}

static void assert_output(struct fixture *f, const char *expected)
{
	struct sw_execution_info info = {0};
	assert_int_equal(sw_reader_execution(sw_engine_reader(f->second), f->told.arn, true, &info, NULL),
			 SW_OK);
	assert_non_null(info.output);
	assert_string_equal(info.output, expected);
	sw_execution_info_done(&info);
}

static void update(struct fixture *f, const char *definition)
{
	const struct sw_machine_params params = {
		.name = "m", .definition = definition, .definition_len = strlen(definition)};
	struct told told = {0};
	assert_int_equal(sw_engine_update_machine(f->world->engine, &params, tell, &told, NULL, NULL), SW_OK);
	world_settle(f->world);
	assert_int_equal(told.result, SW_OK);
}

static void names_and_tokens_carry_the_partition(void **state)
{
	struct fixture *f = *state;
	uint32_t partition = 0;
	uint64_t id = 0;
	world_machine(f->world, "m", HELD);
	assert_int_equal(start(f, "m"), SW_OK);
	assert_true(sw_id_from_name(strrchr(f->told.arn, ':') + 1, &id));
	assert_int_equal(id >> 56, 1);
	assert_non_null(f->task);
	assert_int_equal(sw_token_partition(sw_task_token(f->task), &partition, NULL), SW_OK);
	assert_int_equal(partition, 1);
	assert_int_equal(sw_token_partition("no token", &partition, NULL), SW_ETOKEN);
}

static void a_start_sees_the_last_commit_of_the_catalogue(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(start(f, "m"), SW_ENOENT);
	world_machine(f->world, "m", ANSWER("one"));
	assert_int_equal(start(f, "m"), SW_OK);
	assert_output(f, "\"one\"");
	update(f, ANSWER("two"));
	assert_int_equal(start(f, "m"), SW_OK);
	assert_output(f, "\"two\"");
	update(f, ANSWER("three"));
	update(f, ANSWER("four"));
	assert_int_equal(start(f, "m"), SW_OK);
	assert_output(f, "\"four\"");
}

static void the_catalogue_is_changed_by_its_engine_alone(void **state)
{
	struct fixture *f = *state;
	struct sw_error err = {0};
	struct told told = {0};
	const struct sw_machine_params params = {
		.name = "m", .definition = ANSWER("x"), .definition_len = strlen(ANSWER("x"))};
	assert_int_equal(sw_engine_create_machine(f->second, &params, tell, &told, NULL, &err), SW_EINVAL);
	assert_non_null(strstr(err.text, "partition 0"));
	assert_int_equal(sw_engine_create_activity(f->second, "a", tell, &told, NULL), SW_EINVAL);
	world_settle(f->world);
	assert_int_equal(told.calls, 0);
	assert_int_equal(start(f, "m"), SW_ENOENT);
}

static enum sw_result runs_elsewhere(void *user, uint32_t machine_number)
{
	struct fixture *f = user;
	(void)machine_number;
	f->asked++;
	return f->answer;
}

static void drained(void *user, uint32_t machine_number)
{
	((struct fixture *)user)->drained = machine_number;
}

static void a_machine_stays_while_another_partition_runs_it(void **state)
{
	struct fixture *f = *state;
	const struct sw_partition_hooks hooks = {.runs_elsewhere = runs_elsewhere, .user = f};
	struct sw_machine_info info = {0};
	struct told told = {0};
	sw_engine_set_hooks(f->world->engine, &hooks);
	world_machine(f->world, "m", HELD);
	assert_int_equal(start(f, "m"), SW_OK);
	f->answer = SW_EBUSY;
	assert_int_equal(sw_engine_delete_machine(f->world->engine, "m", tell, &told, NULL), SW_OK);
	world_settle(f->world);
	assert_int_equal(told.result, SW_OK);
	assert_int_equal(f->asked, 1);
	assert_int_equal(start(f, "m"), SW_EDELETING);
	assert_int_equal(sw_engine_drain_machine(f->second, 1, drained, f, NULL), SW_OK);
	world_settle(f->world);
	assert_int_equal(f->drained, 0);
	assert_int_equal(sw_task_succeed(f->task, "1", 1), SW_OK);
	f->task = NULL;
	world_settle(f->world);
	assert_int_equal(f->drained, 1);
	assert_int_equal(sw_reader_machine(sw_engine_reader(f->second), "m", &info, NULL), SW_OK);
	assert_true(info.deleting);
	sw_machine_info_done(&info);
	f->answer = SW_OK;
	sw_engine_look_again(f->world->engine, 1);
	world_settle(f->world);
	assert_int_equal(f->asked, 2);
	assert_int_equal(sw_reader_machine(sw_engine_reader(f->second), "m", &info, NULL), SW_ENOENT);
	assert_int_equal(start(f, "m"), SW_ENOENT);
}

static void a_redrive_that_came_before_the_mark_is_waited_for(void **state)
{
	struct fixture *f = *state;
	struct told told = {0}, again = {0};
	world_machine(f->world, "m", HELD);
	assert_int_equal(start(f, "m"), SW_OK);
	assert_int_equal(sw_task_fail(f->task, "E", NULL), SW_OK);
	f->task = NULL;
	world_settle(f->world);
	assert_int_equal(sw_engine_redrive(f->second, f->told.arn, tell, &told, NULL), SW_OK);
	assert_int_equal(sw_engine_delete_machine(f->world->engine, "m", tell, &again, NULL), SW_OK);
	assert_int_equal(sw_engine_drain_machine(f->second, 1, drained, f, NULL), SW_OK);
	world_settle(f->world);
	assert_int_equal(told.result, SW_OK);
	assert_non_null(f->task); /* it runs again */
	assert_int_equal(f->drained, 0);
	assert_int_equal(sw_task_succeed(f->task, "1", 1), SW_OK);
	f->task = NULL;
	world_settle(f->world);
	assert_int_equal(f->drained, 1);
}

static void count_one(void *user, const struct sw_execution_info *info)
{
	(void)info;
	++*(unsigned *)user;
}

static void one_reader_sees_all_partitions(void **state)
{
	struct fixture *f = *state;
	struct sw_engine *const engines[] = {f->world->engine, f->second};
	struct sw_reader *reader = NULL;
	uint32_t partition = 9;
	unsigned count = 0;
	char *cursor = NULL;
	world_machine(f->world, "m", ANSWER("x"));
	struct told first = world_start(f->world, "m", NULL, NULL);
	assert_int_equal(start(f, "m"), SW_OK);
	assert_int_equal(sw_reader_of_partitions(engines, 2, &reader, NULL), SW_OK);
	assert_int_equal(sw_reader_partition_of(reader, first.arn, &partition, NULL), SW_OK);
	assert_int_equal(partition, 0);
	assert_int_equal(sw_reader_partition_of(reader, f->told.arn, &partition, NULL), SW_OK);
	assert_int_equal(partition, 1);
	assert_int_equal(sw_reader_list_executions(reader, NULL, 10, NULL, count_one, &count, &cursor, NULL),
			 SW_OK);
	assert_int_equal(count, 2);
	assert_null(cursor);
	sw_reader_close(reader);
	assert_int_equal(sw_reader_of_partitions(engines, 0, &reader, NULL), SW_EINVAL);
}

static void metrics_are_those_of_all(void **state)
{
	struct fixture *f = *state;
	struct sw_metrics_sum sum = {0};
	size_t len = 0;
	world_machine(f->world, "m", ANSWER("x"));
	world_machine(f->world, "h", HELD);
	world_start(f->world, "m", NULL, NULL);
	world_start(f->world, "h", NULL, NULL);
	assert_int_equal(sw_task_succeed(world_take(f->world), "1", 1), SW_OK);
	assert_int_equal(start(f, "m"), SW_OK);
	assert_int_equal(start(f, "h"), SW_OK);
	assert_int_equal(sw_task_succeed(f->task, "1", 1), SW_OK);
	f->task = NULL;
	world_settle(f->world);
	sw_metrics_add(&sum, f->world->engine);
	sw_metrics_add(&sum, f->second);
	assert_int_equal(sum.metrics.started[SW_TYPE_STANDARD], 4);
	assert_int_equal(sum.metrics.ended[SW_TYPE_STANDARD][SW_STATUS_SUCCEEDED], 4);
	assert_int_equal(sum.metrics.resources_count, 1); /* "function:held", of both */
	char *text = sw_metrics_sum_text(&sum, &len);
	assert_non_null(strstr(text, "stepwell_executions_started_total{type=\"STANDARD\"} 4\n"));
	assert_non_null(strstr(text, "stepwell_task_seconds_count{resource=\"function:held\"} 2\n"));
	sw_text_free(text);
	sw_metrics_sum_done(&sum);
}

static void partitions_never_become_fewer(void **state)
{
	struct world *world = world_new();
	uint32_t count = 0;
	(void)state;
	world_open_idle(world);
	assert_int_equal(sw_engine_partitions(world->engine, &count, NULL), SW_OK);
	assert_int_equal(count, 1);
	assert_int_equal(sw_engine_set_partitions(world->engine, 3, NULL), SW_OK);
	assert_int_equal(sw_engine_set_partitions(world->engine, 3, NULL), SW_OK);
	assert_int_equal(sw_engine_set_partitions(world->engine, 2, NULL), SW_EINVAL);
	assert_int_equal(sw_engine_set_partitions(world->engine, SW_PARTITIONS_MAX + 1, NULL), SW_EINVAL);
	world_close(world);
	world_open(world);
	assert_int_equal(sw_engine_partitions(world->engine, &count, NULL), SW_OK);
	assert_int_equal(count, 3);
	assert_int_equal(sw_engine_set_partitions(world->engine, 4, NULL), SW_EINVAL); /* it runs */
	world_free(world);
}

static void a_partition_needs_a_catalogue_and_a_number(void **state)
{
	struct fixture *f = *state;
	struct sw_engine_options options = f->world->options;
	struct sw_engine *engine = NULL;
	options.data_directory = NULL;
	options.partition = 1;
	assert_int_equal(sw_engine_new(&options, &engine, NULL), SW_EINVAL);
	options.catalogue = f->world->engine;
	options.partition = 0;
	assert_int_equal(sw_engine_new(&options, &engine, NULL), SW_EINVAL);
	options.partition = SW_PARTITIONS_MAX;
	assert_int_equal(sw_engine_new(&options, &engine, NULL), SW_EINVAL);
}

static void note_activity(void *user, const char *activity)
{
	snprintf(((struct told *)user)->text, sizeof(((struct told *)user)->text), "%s", activity);
}

static void drain_another(void *user, uint32_t machine_number)
{
	struct fixture *f = user;
	assert_int_equal(machine_number, 8);
	assert_int_equal(sw_engine_drain_machine(f->second, 9, drained, f, NULL), SW_OK);
}

/* Who is told may ask for the next one at once. */
static void one_machine_is_drained_after_another(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(sw_engine_drain_machine(f->second, 8, drain_another, f, NULL), SW_OK);
	world_settle(f->world);
	assert_int_equal(f->drained, 9);
	assert_null(f->second->machines.deletions);
}

static void tasks_that_wait_for_workers_are_told(void **state)
{
	struct fixture *f = *state;
	struct told noted = {0}, told = {0};
	const struct sw_partition_hooks hooks = {.task_waits = note_activity, .user = &noted};
	sw_engine_set_hooks(f->second, &hooks);
	assert_int_equal(sw_engine_create_activity(f->world->engine, "work", tell, &told, NULL), SW_OK);
	world_settle(f->world);
	world_machine(f->world, "m",
		      "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"End\":true,\"Resource\":"
		      "\"arn:aws:states:us-east-1:123456789012:activity:work\"}}}");
	assert_false(sw_engine_activity_waits(f->second, "work"));
	assert_int_equal(start(f, "m"), SW_OK);
	assert_string_equal(noted.text, "work");
	assert_true(sw_engine_activity_waits(f->second, "work"));
	assert_false(sw_engine_activity_waits(f->world->engine, "work"));
	assert_int_equal(sw_engine_stop(f->second, f->told.arn, NULL, NULL, tell, &told, NULL), SW_OK);
	world_settle(f->world);
	assert_false(sw_engine_activity_waits(f->second, "work"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)
	const struct CMUnitTest tests[] = {
		TEST(names_and_tokens_carry_the_partition),
		TEST(a_start_sees_the_last_commit_of_the_catalogue),
		TEST(the_catalogue_is_changed_by_its_engine_alone),
		TEST(a_machine_stays_while_another_partition_runs_it),
		TEST(a_redrive_that_came_before_the_mark_is_waited_for),
		TEST(one_reader_sees_all_partitions),
		TEST(metrics_are_those_of_all),
		cmocka_unit_test(partitions_never_become_fewer),
		TEST(a_partition_needs_a_catalogue_and_a_number),
		TEST(one_machine_is_drained_after_another),
		TEST(tasks_that_wait_for_workers_are_told),
	};
#undef TEST
	return cmocka_run_group_tests(tests, NULL, NULL);
}
