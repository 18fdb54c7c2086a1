/* Activities: their records, who is given which task and when, and what is left after a restart. */
#include "engine_world.h"

#include "engine/maintenance.h"
#include "engine/reader.h"

#define LIFT "arn:aws:states:us-east-1:123456789012:activity:lift"
#define LIFTING                                                                              \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"" LIFT "\"," \
	"\"TimeoutSeconds\":30,\"HeartbeatSeconds\":10,\"End\":true}}}"

struct given {
	int calls;
	enum sw_result result;
	bool task;
	char token[256], input[256];
	uint32_t committed_events; /* of the execution, when it was given */
	struct world *world;
	const char *arn;
};

static void give(void *user, enum sw_result result, const struct sw_activity_task *task,
		 const struct sw_error *err)
{
	struct given *given = user;
	(void)err;
	given->calls++;
	given->result = result;
	given->task = task != NULL;
	if (task) {
		snprintf(given->token, sizeof(given->token), "%s", task->token);
		snprintf(given->input, sizeof(given->input), "%.*s", (int)task->input_len, task->input);
	}
	if (task && given->arn) {
		struct sw_execution_info info = {0};
		assert_int_equal(sw_reader_execution(sw_engine_reader(given->world->engine), given->arn,
						     false, &info, NULL),
				 SW_OK);
		given->committed_events = info.events_count;
		sw_execution_info_done(&info);
	}
}

static struct sw_poll *ask(struct world *world, struct given *given)
{
	struct sw_poll *poll = NULL;
	memset(given->token, 0, sizeof(given->token));
	given->calls = 0;
	given->world = world;
	assert_int_equal(sw_engine_poll_activity(world->engine, "lift", "w1", SW_ACTIVITY_POLL_MS, give,
						 given, &poll, NULL),
			 SW_OK);
	return poll;
}

static int setup(void **state)
{
	struct world *world = world_new();
	struct told told = {0};
	world_open(world);
	assert_int_equal(sw_engine_create_activity(world->engine, "lift", tell, &told, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(told.calls, 1);
	assert_string_equal(told.arn, LIFT);
	world_machine(world, "m", LIFTING);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	world_free(*state);
	return 0;
}

static void an_activity_is_created_once_and_read_and_deleted(void **state)
{
	struct world *world = *state;
	struct sw_activity_info info = {0};
	struct told again = {0}, gone = {0};
	assert_int_equal(sw_reader_activity(sw_engine_reader(world->engine), "lift", &info, NULL), SW_OK);
	assert_string_equal(info.arn, LIFT);
	world_advance(world, 5000);
	assert_int_equal(sw_engine_create_activity(world->engine, "lift", tell, &again, NULL), SW_OK);
	world_settle(world);
	assert_true(again.existed);
	assert_int_equal(again.time_ms, info.creation_ms);
	sw_activity_info_done(&info);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(sw_engine_delete_activity(world->engine, "lift", tell, &gone, NULL), SW_OK);
		world_settle(world);
		assert_int_equal(gone.result, SW_OK);
	}
	assert_int_equal(gone.calls, 2);
	assert_int_equal(sw_reader_activity(sw_engine_reader(world->engine), "lift", &info, NULL), SW_ENOENT);
	assert_int_equal(sw_engine_create_activity(world->engine, "a b", tell, &gone, NULL), SW_ENAME);
}

static void note_tag(void *user, const struct sw_tag *tag)
{
	sw_buf_printf(user, "%s=%s,", tag->key, tag->value);
}

static void expect_tags(struct world *world, const char *expected)
{
	struct sw_buf text = SW_BUF;
	assert_int_equal(
		sw_reader_activity_tags(sw_engine_reader(world->engine), "lift", note_tag, &text, NULL),
		SW_OK);
	sw_buf_char(&text, '\0');
	assert_string_equal(text.data, expected);
	sw_buf_done(&text);
}

static void tags_of_an_activity_outlive_a_restart(void **state)
{
	struct world *world = *state;
	struct told told = {0};
	const struct sw_tag tags[] = {{"a", "1"}, {"b", NULL}, {"a", "2"}}, other = {"z", ""};
	const char *const keys[] = {"b", "nobody"};
	expect_tags(world, "");
	assert_int_equal(sw_engine_tag_activity(world->engine, "lift", tags, 3, tell, &told, NULL), SW_OK);
	world_settle(world);
	world_crash(world);
	world_open(world);
	expect_tags(world, "a=2,b=,");
	assert_int_equal(sw_engine_untag_activity(world->engine, "lift", keys, 2, tell, &told, NULL), SW_OK);
	/* the one behind it sees what is not on disk yet */
	assert_int_equal(sw_engine_tag_activity(world->engine, "lift", &other, 1, tell, &told, NULL), SW_OK);
	world_settle(world);
	expect_tags(world, "a=2,z=,");
	assert_int_equal(sw_engine_delete_activity(world->engine, "lift", tell, &told, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(sw_engine_tag_activity(world->engine, "lift", tags, 1, tell, &told, NULL),
			 SW_ENOENT);
	assert_int_equal(sw_engine_untag_activity(world->engine, "lift", keys, 1, tell, &told, NULL),
			 SW_ENOENT);
	assert_int_equal(sw_engine_create_activity(world->engine, "lift", tell, &told, NULL), SW_OK);
	world_settle(world);
	expect_tags(world, "");
}

static void an_activity_has_at_most_fifty_tags(void **state)
{
	struct world *world = *state;
	char names[SW_TAGS_MAX + 1][8];
	struct sw_tag many[SW_TAGS_MAX + 1];
	for (int i = 0; i <= SW_TAGS_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "k%d", i);
		many[i] = (struct sw_tag){names[i], ""};
	}
	assert_int_equal(
		sw_engine_tag_activity(world->engine, "lift", many, SW_TAGS_MAX + 1, NULL, NULL, NULL),
		SW_ELIMIT);
	assert_int_equal(sw_engine_create_tagged_activity(world->engine, "shaft", many, SW_TAGS_MAX + 1, NULL,
							  NULL, NULL),
			 SW_ELIMIT);
	assert_int_equal(
		sw_engine_create_tagged_activity(world->engine, "shaft", many, SW_TAGS_MAX, NULL, NULL, NULL),
		SW_OK);
	world_settle(world);
	assert_int_equal(
		sw_engine_tag_activity(world->engine, "shaft", many + SW_TAGS_MAX, 1, NULL, NULL, NULL),
		SW_ELIMIT);
	expect_tags(world, "");
}

static void list(void *user, const struct sw_activity_info *info)
{
	sw_buf_printf(user, "%s ", info->name);
}

static void lists_come_in_pages_in_the_order_of_names(void **state)
{
	struct world *world = *state;
	struct sw_reader *reader = sw_engine_reader(world->engine);
	struct sw_buf names = SW_BUF;
	char *cursor = NULL, *next = NULL;
	assert_int_equal(sw_engine_create_activity(world->engine, "zeal", NULL, NULL, NULL), SW_OK);
	assert_int_equal(sw_engine_create_activity(world->engine, "ant", NULL, NULL, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(sw_reader_list_activities(reader, 2, NULL, list, &names, &cursor, NULL), SW_OK);
	assert_non_null(cursor);
	assert_int_equal(sw_reader_list_activities(reader, 2, cursor, list, &names, &next, NULL), SW_OK);
	assert_null(next);
	sw_buf_char(&names, '\0');
	assert_string_equal(names.data, "ant lift zeal ");
	cursor[3] ^= 1;
	assert_int_equal(sw_reader_list_activities(reader, 2, cursor, list, &names, &next, NULL), SW_ETOKEN);
	assert_int_equal(sw_reader_list_activities(reader, 2, "x", list, &names, &next, NULL), SW_ETOKEN);
	sw_free(cursor);
	sw_buf_done(&names);
}

static void a_task_is_given_after_its_start_is_on_disk(void **state)
{
	struct world *world = *state;
	struct given given = {0};
	struct told told = world_start(world, "m", NULL, "{\"kg\":5}");
	given.arn = told.arn;
	ask(world, &given);
	assert_int_equal(given.calls, 0); /* never from inside the call */
	world_settle(world);
	assert_int_equal(given.calls, 1);
	assert_string_equal(given.input, "{\"kg\":5}");
	assert_int_equal(given.committed_events, 4);
	assert_int_equal(
		sw_engine_token_succeed(world->engine, given.token, "{\"up\":1}", 8, NULL, NULL, NULL),
		SW_OK);
	world_settle(world);
	assert_string_equal(world_output(world, told.arn), "{\"up\":1}");
	/* activities/activity_task_with_heartbeat.8332 */
	assert_string_equal(world_history(world, told.arn),
			    "ExecutionStarted TaskStateEntered ActivityScheduled ActivityStarted "
			    "ActivitySucceeded TaskStateExited ExecutionSucceeded");
}

static void a_worker_that_waits_is_given_the_next_task(void **state)
{
	struct world *world = *state;
	struct given first = {0}, second = {0};
	ask(world, &first);
	ask(world, &second);
	world_settle(world);
	world_start(world, "m", NULL, "1");
	assert_string_equal(first.input, "1");
	assert_int_equal(second.calls, 0);
	world_start(world, "m", NULL, "2");
	assert_string_equal(second.input, "2");
}

static void a_worker_for_whom_nothing_comes_is_told_so_after_a_minute(void **state)
{
	struct world *world = *state;
	struct given given = {0};
	ask(world, &given);
	world_settle(world);
	world_advance(world, SW_ACTIVITY_POLL_MS - 1);
	assert_int_equal(given.calls, 0);
	world_advance(world, 1);
	assert_int_equal(given.calls, 1);
	assert_int_equal(given.result, SW_OK);
	assert_false(given.task);
}

static void one_who_goes_away_gives_up_the_place(void **state)
{
	struct world *world = *state;
	struct given gone = {0}, late = {0}, here = {0};
	struct sw_poll *poll = ask(world, &gone);
	world_settle(world);
	assert_true(sw_engine_cancel_poll(world->engine, poll));
	struct told told = world_start(world, "m", NULL, "1");
	/* ... also in the moment between the offer and its turn */
	poll = ask(world, &late);
	assert_true(sw_engine_cancel_poll(world->engine, poll));
	ask(world, &here);
	world_settle(world);
	assert_int_equal(gone.calls + late.calls, 0);
	assert_string_equal(here.input, "1");
	assert_string_equal(world_history(world, told.arn),
			    "ExecutionStarted TaskStateEntered ActivityScheduled ActivityStarted");
}

static void the_oldest_task_goes_first_after_a_restart_too(void **state)
{
	struct world *world = *state;
	struct given given = {0};
	world_start(world, "m", NULL, "1");
	world_advance(world, 10);
	world_start(world, "m", NULL, "2");
	world_advance(world, 10);
	world_crash(world);
	world_open_idle(world);
	struct sw_start_params params = {.machine = "m", .input = "3", .input_len = 1};
	assert_int_equal(sw_engine_start(world->engine, &params, NULL, NULL, NULL), SW_OK);
	assert_int_equal(sw_engine_resume(world->engine, SW_RESUME_ALL, NULL), SW_OK);
	for (int i = 1; i <= 3; i++) {
		char expected[2] = {(char)('0' + i), '\0'};
		ask(world, &given);
		world_settle(world);
		assert_string_equal(given.input, expected);
	}
}

static void a_started_task_waits_for_its_token_over_a_restart(void **state)
{
	struct world *world = *state;
	struct given given = {0}, other = {0};
	struct told told = world_start(world, "m", NULL, "1");
	ask(world, &given);
	world_settle(world);
	world_crash(world);
	world_open(world);
	ask(world, &other);
	world_settle(world);
	assert_int_equal(other.calls, 0); /* it is not given out again */
	assert_int_equal(sw_engine_token_succeed(world->engine, given.token, "7", 1, NULL, NULL, NULL),
			 SW_OK);
	world_settle(world);
	assert_string_equal(world_output(world, told.arn), "7");
}

static void the_clocks_run_from_the_start(void **state)
{
	struct world *world = *state;
	struct given given = {0};
	struct told told = world_start(world, "m", NULL, "1"), beat = {0}, late = {0};
	world_advance(world, 100000);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	ask(world, &given);
	world_settle(world);
	world_advance(world, 9000);
	assert_int_equal(sw_engine_token_heartbeat(world->engine, given.token, tell, &beat, NULL), SW_OK);
	world_settle(world);
	assert_int_equal(beat.result, SW_OK);
	world_advance(world, 9000);
	assert_string_equal(world_status(world, told.arn), "RUNNING");
	world_advance(world, 2000);
	/* activities/activity_task_start_timeout.73a2 */
	assert_string_equal(world_history(world, told.arn),
			    "ExecutionStarted TaskStateEntered ActivityScheduled ActivityStarted "
			    "ActivityTimedOut ExecutionFailed");
	enum sw_result r = sw_engine_token_succeed(world->engine, given.token, "1", 1, tell, &late, NULL);
	world_settle(world);
	assert_int_equal(r == SW_OK ? late.result : r, SW_ETIMEDOUT);
}

static void a_task_that_was_stopped_is_not_given_out(void **state)
{
	struct world *world = *state;
	struct given given = {0};
	struct told told = world_start(world, "m", NULL, "1");
	world_stop(world, told.arn, NULL, NULL);
	assert_int_equal(world->engine->activities.tasks_count, 0);
	world_start(world, "m", NULL, "2");
	ask(world, &given);
	world_settle(world);
	assert_string_equal(given.input, "2");
	/* stopped between the offer and the commit */
	told = world_start(world, "m", NULL, "3");
	assert_int_equal(sw_engine_stop(world->engine, told.arn, NULL, NULL, NULL, NULL, NULL), SW_OK);
	ask(world, &given);
	world_settle(world);
	assert_int_equal(given.calls, 0);
	world_start(world, "m", NULL, "4");
	assert_string_equal(given.input, "4");
}

static void a_task_without_an_activity_fails(void **state)
{
	struct world *world = *state;
	struct given given = {0};
	assert_int_equal(sw_engine_delete_activity(world->engine, "lift", NULL, NULL, NULL), SW_OK);
	world_settle(world);
	struct told told = world_start(world, "m", NULL, NULL);
	assert_string_equal(world_error(world, told.arn), "ActivityDoesNotExist");
	assert_string_equal(world_history(world, told.arn),
			    "ExecutionStarted TaskStateEntered ActivityScheduled ActivityScheduleFailed "
			    "ExecutionFailed");
	/* api_activities/get_activity_task_deleted.8b7e */
	assert_int_equal(sw_engine_poll_activity(world->engine, "lift", NULL, 1, give, &given, NULL, NULL),
			 SW_ENOENT);
}

static void who_waits_at_the_end_is_told(void **state)
{
	struct world *world = *state;
	struct given given = {0};
	ask(world, &given);
	world_settle(world);
	world_close(world);
	assert_int_equal(given.calls, 1);
	assert_int_equal(given.result, SW_ECLOSED);
}

static void ten_thousand_who_wait_are_all_told_and_no_more_are_let_in(void **state)
{
	struct world *world = *state;
	struct given given = {0};
	for (int i = 0; i < SW_ACTIVITY_POLLS_MAX; i++)
		ask(world, &given);
	assert_int_equal(sw_engine_poll_activity(world->engine, "lift", NULL, 1, give, &given, NULL, NULL),
			 SW_EBUSY);
	world_advance(world, SW_ACTIVITY_POLL_MS);
	assert_int_equal(given.calls, SW_ACTIVITY_POLLS_MAX);
	assert_int_equal(world->engine->activities.ends.count, 0);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void note_diagnosis(void *user, const struct sw_diagnosis *diagnosis)
{
	fail_msg("%s %s: %s", sw_problem_name(diagnosis->problem), diagnosis->record, diagnosis->text);
}

/* No clock runs, and nobody else is to have it: it waits for its token. */
static void a_task_that_a_worker_has_waits_for_something(void **state)
{
	struct world *world = *state;
	struct given given = {0};
	struct sw_check_options options = {.diagnosis = note_diagnosis};
	struct sw_check_summary summary;
	world_machine(world, "timeless",
		      "{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"" LIFT
		      "\",\"End\":true}}}");
	assert_int_equal(world_start(world, "timeless", NULL, "{}").result, SW_OK);
	ask(world, &given);
	world_settle(world);
	assert_true(given.task);
	assert_int_equal(sw_reader_check(sw_engine_reader(world->engine), &options, &summary, NULL), SW_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(an_activity_is_created_once_and_read_and_deleted),
		WITH_WORLD(lists_come_in_pages_in_the_order_of_names),
		WITH_WORLD(tags_of_an_activity_outlive_a_restart),
		WITH_WORLD(an_activity_has_at_most_fifty_tags),
		WITH_WORLD(a_task_is_given_after_its_start_is_on_disk),
		WITH_WORLD(a_worker_that_waits_is_given_the_next_task),
		WITH_WORLD(a_worker_for_whom_nothing_comes_is_told_so_after_a_minute),
		WITH_WORLD(one_who_goes_away_gives_up_the_place),
		WITH_WORLD(the_oldest_task_goes_first_after_a_restart_too),
		WITH_WORLD(a_started_task_waits_for_its_token_over_a_restart),
		WITH_WORLD(the_clocks_run_from_the_start),
		WITH_WORLD(a_task_that_was_stopped_is_not_given_out),
		WITH_WORLD(a_task_without_an_activity_fails),
		WITH_WORLD(who_waits_at_the_end_is_told),
		WITH_WORLD(ten_thousand_who_wait_are_all_told_and_no_more_are_let_in),
		cmocka_unit_test_setup_teardown(a_task_that_a_worker_has_waits_for_something, setup,
						teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
