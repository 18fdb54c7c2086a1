/* Creating, updating and deleting machines. */
#include "engine_world.h"

#define PASS "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Result\":1,\"End\":true}}}"
#define HELD(next)                                                                                         \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:held\",\"Next\":" \
	"\"" next "\"},"                                                                                   \
	"\"" next "\":{\"Type\":\"Pass\",\"Result\":\"" next "\",\"End\":true}}}"

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

static struct told create(struct world *world, struct sw_machine_params params)
{
	struct told told = {0};
	struct sw_error err = {0};
	params.definition_len = params.definition ? strlen(params.definition) : 0;
	enum sw_result r = sw_engine_create_machine(world->engine, &params, tell, &told, NULL, &err);
	world_settle(world);
	if (r < 0) {
		told.result = r;
		snprintf(told.text, sizeof(told.text), "%s", err.text);
	}
	return told;
}

static struct told update(struct world *world, struct sw_machine_params params)
{
	struct told told = {0};
	struct sw_error err = {0};
	params.definition_len = params.definition ? strlen(params.definition) : 0;
	enum sw_result r = sw_engine_update_machine(world->engine, &params, tell, &told, NULL, &err);
	world_settle(world);
	if (r < 0) {
		told.result = r;
		snprintf(told.text, sizeof(told.text), "%s", err.text);
	}
	return told;
}

static struct told delete_it(struct world *world, const char *name)
{
	struct told told = {0};
	enum sw_result r = sw_engine_delete_machine(world->engine, name, tell, &told, NULL);
	assert_int_equal(r, SW_OK);
	world_settle(world);
	assert_int_equal(told.calls, 1);
	return told;
}

static enum sw_result machine_status(struct world *world, const char *name, bool *ret_deleting)
{
	struct sw_machine_info info = {0};
	enum sw_result r = sw_reader_machine(sw_engine_reader(world->engine), name, &info, NULL);
	*ret_deleting = r == SW_OK && info.deleting;
	sw_machine_info_done(&info);
	return r;
}

static void count_machine(void *user, const struct sw_machine_info *info)
{
	++*(int *)user;
}

static int machines_listed(struct world *world)
{
	int count = 0;
	char *cursor = NULL;
	assert_int_equal(sw_reader_list_machines(sw_engine_reader(world->engine), 100, NULL, count_machine,
						 &count, &cursor, NULL),
			 SW_OK);
	assert_null(cursor);
	return count;
}

/* api/create_duplicate_sm_name.54b5, api/create_duplicate_definition_format_sm.0698 */
static void creating_the_same_again_answers_the_first_and_other_content_is_refused(void **state)
{
	struct world *world = *state;
	struct told first = create(world, (struct sw_machine_params){.name = "m", .definition = PASS});
	assert_string_equal(first.arn, "arn:aws:states:us-east-1:123456789012:stateMachine:m");
	assert_string_equal(first.revision_id, "");
	world_advance(world, 1000);
	struct told again = create(world, (struct sw_machine_params){.name = "m", .definition = PASS});
	assert_int_equal(again.result, SW_OK);
	assert_true(again.existed);
	assert_int_equal(again.time_ms, first.time_ms);
	struct told other = create(world, (struct sw_machine_params){.name = "m", .definition = PASS " "});
	assert_int_equal(other.result, SW_EEXIST);
	assert_string_equal(other.text, "State Machine Already Exists: "
					"'arn:aws:states:us-east-1:123456789012:stateMachine:m'");
	other = create(world,
		       (struct sw_machine_params){.name = "m", .definition = PASS, .type = SW_TYPE_EXPRESS});
	assert_int_equal(other.result, SW_EEXIST);
	assert_int_equal(machines_listed(world), 1);
}

static void a_machine_that_is_not_on_disk_yet_is_seen_by_the_next_call(void **state)
{
	struct world *world = *state;
	struct told one = {0}, two = {0}, three = {0}, started = {0};
	struct sw_machine_params params = {.name = "m", .definition = PASS, .definition_len = strlen(PASS)};
	struct sw_start_params start = {.machine = "m"};
	assert_int_equal(sw_engine_create_machine(world->engine, &params, tell, &one, NULL, NULL), SW_OK);
	assert_int_equal(sw_engine_create_machine(world->engine, &params, tell, &two, NULL, NULL), SW_OK);
	params.definition_len--;
	params.definition = "{\"StartAt\":\"B\",\"States\":{\"B\":{\"Type\":\"Pass\",\"End\":true}}}";
	params.definition_len = strlen(params.definition);
	assert_int_equal(sw_engine_create_machine(world->engine, &params, tell, &three, NULL, NULL), SW_OK);
	assert_int_equal(sw_engine_start(world->engine, &start, tell, &started, NULL), SW_OK);
	assert_int_equal(one.calls + two.calls + three.calls + started.calls, 0);
	world_settle(world);
	assert_int_equal(one.result, SW_OK);
	assert_true(two.existed);
	assert_int_equal(three.result, SW_EEXIST);
	assert_int_equal(started.result, SW_OK);
	assert_string_equal(world_output(world, started.arn), "1");
}

static void mistakes_of_a_definition_are_told(void **state)
{
	struct world *world = *state;
	struct sw_findings *findings = NULL;
	struct sw_error err = {0};
	const char *definition = "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Pass\",\"Next\":\"B\"}}}";
	struct sw_machine_params params = {
		.name = "m", .definition = definition, .definition_len = strlen(definition)};
	assert_int_equal(sw_engine_create_machine(world->engine, &params, NULL, NULL, &findings, &err),
			 SW_EDEFINITION);
	assert_non_null(findings);
	sw_findings_free(findings);
	assert_int_equal(create(world, (struct sw_machine_params){.name = "a b", .definition = PASS}).result,
			 SW_ENAME);
}

static void running_executions_keep_what_they_started_with(void **state)
{
	struct world *world = *state;
	world_machine(world, "m", HELD("Old"));
	struct told old = world_start(world, "m", NULL, NULL);
	struct told updated =
		update(world, (struct sw_machine_params){.name = "m", .definition = HELD("New")});
	assert_int_equal(updated.result, SW_OK);
	assert_int_equal(strlen(updated.revision_id), 36);
	struct told new = world_start(world, "m", NULL, NULL);
	sw_task_succeed(world_take(world), "0", 1);
	world_settle(world);
	/* The old one, even when it comes back from disk. */
	world_close(world);
	world_open(world);
	assert_int_equal(world->tasks_count, 1);
	sw_task_succeed(world_take(world), "0", 1);
	world_settle(world);
	assert_string_equal(world_output(world, old.arn), "\"Old\"");
	assert_string_equal(world_output(world, new.arn), "\"New\"");
	struct sw_machine_info info = {0};
	assert_int_equal(sw_reader_machine_of(sw_engine_reader(world->engine), old.arn, &info, NULL), SW_OK);
	assert_string_equal(info.definition, HELD("Old"));
	sw_machine_info_done(&info);
}

/* api/create_update_state_machine_same_parameters.defc */
static void an_update_that_changes_nothing_keeps_the_revision_id(void **state)
{
	struct world *world = *state;
	const char *role = "arn:aws:iam::111111111111:role/r";
	create(world, (struct sw_machine_params){.name = "m", .definition = PASS, .role_arn = role});
	struct told first = update(world, (struct sw_machine_params){.name = "m", .role_arn = role});
	assert_int_equal(strlen(first.revision_id), 36);
	struct told second =
		update(world, (struct sw_machine_params){.name = "m", .definition = PASS, .role_arn = role});
	assert_string_equal(second.revision_id, first.revision_id);
	struct told third =
		update(world, (struct sw_machine_params){.name = "m", .role_arn = "arn:aws:iam::1:role/s"});
	assert_string_not_equal(third.revision_id, first.revision_id);
	/* api/create_update_state_machine_base_update_none.014d */
	struct told none = update(world, (struct sw_machine_params){.name = "m"});
	assert_int_equal(none.result, SW_EINVAL);
	assert_string_equal(none.text,
			    "Either the definition, the role ARN, the LoggingConfiguration, or the "
			    "TracingConfiguration must be specified");
	assert_int_equal(update(world, (struct sw_machine_params){.name = "x", .role_arn = role}).result,
			 SW_ENOENT);
}

static void a_machine_without_executions_is_deleted_at_once(void **state)
{
	struct world *world = *state;
	bool deleting;
	world_machine(world, "m", PASS);
	world_start(world, "m", "n", NULL);
	delete_it(world, "m");
	assert_int_equal(machine_status(world, "m", &deleting), SW_ENOENT);
	assert_int_equal(machines_listed(world), 0);
	assert_int_equal(world_start(world, "m", NULL, NULL).result, SW_ENOENT);
	assert_true(delete_it(world, "m").existed);
	assert_true(delete_it(world, "never").existed);
	assert_true(sw_engine_is_idle(world->engine));
	/* The same name again is another machine, whose executions are its own; names are still taken. */
	world_machine(world, "m", HELD("New"));
	assert_int_equal(machines_listed(world), 1);
	assert_int_equal(world_start(world, "m", "n", NULL).result, SW_EEXIST);
	assert_int_equal(world_start(world, "m", "o", NULL).result, SW_OK);
}

static void a_machine_is_deleted_when_its_last_execution_has_ended(void **state)
{
	struct world *world = *state;
	bool deleting;
	world_machine(world, "m", HELD("End"));
	world_machine(world, "other", HELD("End"));
	world_start(world, "other", NULL, NULL);
	struct told one = world_start(world, "m", NULL, NULL), two = world_start(world, "m", NULL, NULL);
	delete_it(world, "m");
	assert_int_equal(machine_status(world, "m", &deleting), SW_OK);
	assert_true(deleting);
	assert_int_equal(world_start(world, "m", NULL, NULL).result, SW_EDELETING);
	assert_int_equal(create(world, (struct sw_machine_params){.name = "m", .definition = PASS}).result,
			 SW_EDELETING);
	assert_int_equal(update(world, (struct sw_machine_params){.name = "m", .definition = PASS}).result,
			 SW_EDELETING);
	world_stop(world, one.arn, NULL, NULL);
	assert_int_equal(machine_status(world, "m", &deleting), SW_OK);
	/* A deletion goes on in the next process. */
	world_close(world);
	world_open(world);
	assert_int_equal(machine_status(world, "m", &deleting), SW_OK);
	world_stop(world, two.arn, NULL, NULL);
	assert_int_equal(machine_status(world, "m", &deleting), SW_ENOENT);
	assert_int_equal(machine_status(world, "other", &deleting), SW_OK);
	assert_string_equal(world_status(world, two.arn), "ABORTED");
}

static void a_start_that_was_accepted_before_the_deletion_still_runs(void **state)
{
	struct world *world = *state;
	struct told started = {0}, deleted = {0}, refused = {0};
	bool deleting;
	world_machine(world, "m", HELD("End"));
	struct sw_start_params params = {.machine = "m"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &started, NULL), SW_OK);
	assert_int_equal(sw_engine_delete_machine(world->engine, "m", tell, &deleted, NULL), SW_OK);
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &refused, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(refused.result, SW_EDELETING);
	assert_int_equal(started.result, SW_OK);
	assert_int_equal(machine_status(world, "m", &deleting), SW_OK);
	sw_task_succeed(world_take(world), "0", 1);
	world_settle(world);
	assert_string_equal(world_status(world, started.arn), "SUCCEEDED");
	assert_int_equal(machine_status(world, "m", &deleting), SW_ENOENT);
}

/* What was waited for never began, and nobody else runs. */
static void a_start_that_is_refused_does_not_hold_up_the_deletion(void **state)
{
	struct world *world = *state;
	struct told started = {0}, deleted = {0};
	bool deleting;
	world_machine(world, "m", HELD("End"));
	struct sw_start_params params = {.machine = "m"};
	assert_int_equal(sw_engine_start(world->engine, &params, tell, &started, NULL), SW_OK);
	assert_int_equal(sw_engine_delete_machine(world->engine, "m", tell, &deleted, NULL), SW_OK);
	/* The start has no turn before memory is there again, and is then refused: the disk is full meanwhile. */
	world->engine->pause_mono_ms = world->loop.mono_ms + 5000;
	world_settle(world);
	assert_int_equal(deleted.calls, 1);
	assert_int_equal(machine_status(world, "m", &deleting), SW_OK);
	assert_true(deleting);
	world->engine->full = true;
	world->engine->probe_mono_ms = world->loop.mono_ms + 60000;
	world_advance(world, 6000);
	assert_int_equal(started.result, SW_EFULL);
	world->engine->probe_mono_ms = world->loop.mono_ms;
	world_advance(world, 6000);
	assert_int_equal(machine_status(world, "m", &deleting), SW_ENOENT);
}

#define SLEEPING "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Wait\",\"Seconds\":90000,\"End\":true}}}"
#define READS_SWEPT 24
#define READS_MAX 200 /* of a deletion that cannot read, in the moment in which nothing else happens */

/* Deletes "m" while operation `at` of the store fails, and all after it where `onwards`. */
static void delete_while_reads_fail(struct world *world, unsigned at, bool onwards)
{
	struct told told = {0};
	world->faults.fail_at = world->faults.operations + at;
	world->faults.fail_onwards = onwards;
	world->faults.fail_with = SW_ENOMEM;
	uint64_t before = world->faults.operations;
	enum sw_result r = sw_engine_delete_machine(world->engine, "m", tell, &told, NULL);
	world_settle(world);
	assert_true(world->faults.operations - before < READS_MAX);
	world->faults.fail_at = 0;
	world_advance(world, 60000);
	if (r < 0 || told.result < 0)
		delete_it(world, "m");
}

static void a_deletion_that_cannot_read_waits_a_while(void **state)
{
	for (unsigned at = 1; at <= READS_SWEPT; at++) {
		struct world *world = world_new();
		bool deleting;
		world_open(world);
		world_machine(world, "m", PASS);
		world_start(world, "m", NULL, "1");
		delete_while_reads_fail(world, at, true);
		world_advance(world, 60000);
		assert_int_equal(machine_status(world, "m", &deleting), SW_ENOENT);
		world_free(world);
	}
}

static void an_execution_that_cannot_be_read_is_waited_for(void **state)
{
	for (unsigned at = 1; at <= READS_SWEPT; at++) {
		struct world *world = world_new();
		bool deleting;
		world_open(world);
		world_machine(world, "m", SLEEPING);
		struct told told = world_start(world, "m", NULL, "1");
		world_close(world);
		world_open(world); /* it is not in memory */
		delete_while_reads_fail(world, at, false);
		assert_int_equal(machine_status(world, "m", &deleting), SW_OK);
		assert_true(deleting);
		assert_string_equal(world_status(world, told.arn), "RUNNING");
		world_free(world);
	}
}

static void many_machines_do_not_all_stay_in_memory(void **state)
{
	struct world *world = *state;
	char name[16];
	for (int i = 0; i < 2 * SW_MACHINES_CACHED_MAX; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		world_machine(world, name, PASS);
	}
	assert_true(world->engine->machines.count <= SW_MACHINES_CACHED_MAX);
	for (int i = 0; i < 2 * SW_MACHINES_CACHED_MAX; i += 37) {
		snprintf(name, sizeof(name), "m%d", i);
		assert_int_equal(world_start(world, name, NULL, NULL).result, SW_OK);
	}
	assert_int_equal(world_start(world, "m", NULL, NULL).result, SW_ENOENT);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(creating_the_same_again_answers_the_first_and_other_content_is_refused),
		WITH_WORLD(a_machine_that_is_not_on_disk_yet_is_seen_by_the_next_call),
		WITH_WORLD(mistakes_of_a_definition_are_told),
		WITH_WORLD(running_executions_keep_what_they_started_with),
		WITH_WORLD(an_update_that_changes_nothing_keeps_the_revision_id),
		WITH_WORLD(a_machine_without_executions_is_deleted_at_once),
		WITH_WORLD(a_machine_is_deleted_when_its_last_execution_has_ended),
		WITH_WORLD(a_start_that_was_accepted_before_the_deletion_still_runs),
		WITH_WORLD(a_start_that_is_refused_does_not_hold_up_the_deletion),
		cmocka_unit_test(a_deletion_that_cannot_read_waits_a_while),
		cmocka_unit_test(an_execution_that_cannot_be_read_is_waited_for),
		WITH_WORLD(many_machines_do_not_all_stay_in_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
