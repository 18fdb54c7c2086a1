/* The execution log: which events at which level, what the lines hold, and that they come after the commit. */
#include "engine_world.h"

#define LOGGING(level, data)                                      \
	"{\"level\":\"" level "\",\"includeExecutionData\":" data \
	",\"destinations\":[{\"cloudWatchLogsLogGroup\":"         \
	"{\"logGroupArn\":\"arn:aws:logs:us-east-1:123456789012:log-group:g:*\"}}]}"
#define FAILING                                                                                     \
	"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:broken\"," \
	"\"Catch\":[{"                                                                              \
	"\"ErrorEquals\":[\"States.ALL\"],\"Next\":\"F\"}],\"End\":true},\"F\":{\"Type\":\"Fail\"," \
	"\"Error\":\"E\"}}}"

struct book {
	struct world *world;
	struct sw_buf text;
	uint32_t lines;
	uint64_t syncs_seen; /* when the last lines came */
};

static uint64_t commits(struct world *world)
{
	struct sw_engine_stats stats;
	sw_engine_stats(world->engine, &stats);
	return stats.commits;
}

static void note_lines(void *user, const char *lines, size_t len, uint32_t count)
{
	struct book *book = user;
	assert_true(len > 0 && lines[len - 1] == '\n');
	for (size_t i = 0; i < len; i++)
		book->lines += lines[i] == '\n';
	sw_buf_append(&book->text, lines, len);
	book->syncs_seen = commits(book->world);
	uint32_t feeds = 0;
	for (size_t i = 0; i < len; i++)
		feeds += lines[i] == '\n';
	assert_int_equal(feeds, count);
}

static int open_world(void **state)
{
	struct world *world = world_new();
	struct book *book = calloc(1, sizeof(*book));
	book->world = world;
	world->options.execution_log = (struct sw_execution_log){note_lines, book};
	world_open(world);
	*state = book;
	return 0;
}

static int close_world(void **state)
{
	struct book *book = *state;
	world_free(book->world);
	sw_buf_done(&book->text);
	free(book);
	return 0;
}

static void machine(struct book *book, const char *name, enum sw_machine_type type, const char *definition,
		    const char *logging)
{
	struct told told = {0};
	struct sw_error err = {0};
	struct sw_machine_params params = {.name = name,
					   .definition = definition,
					   .definition_len = strlen(definition),
					   .type = type,
					   .logging_json = logging};
	if (sw_engine_create_machine(book->world->engine, &params, tell, &told, NULL, &err) < 0)
		fail_msg("%s", err.text);
	world_settle(book->world);
	assert_int_equal(told.result, SW_OK);
}

/* The types of the lines, one after the other; forgets them. */
static void assert_types(struct book *book, const char *expected)
{
	char types[2000] = "";
	json_error_t mistake;
	const char *at = book->text.data ? book->text.data : "";
	while (*at) {
		json_t *line = json_loads(at, JSON_DISABLE_EOF_CHECK, &mistake);
		assert_non_null(line);
		snprintf(types + strlen(types), sizeof(types) - strlen(types), "%s%s", *types ? " " : "",
			 json_string_value(json_object_get(line, "type")));
		json_decref(line);
		at = strchr(at, '\n') + 1;
	}
	assert_string_equal(types, expected);
	sw_buf_done(&book->text);
}

static void each_level_tells_what_aws_lists_for_it(void **state)
{
	struct book *book = *state;
	machine(book, "all", SW_TYPE_STANDARD, FAILING, LOGGING("ALL", "true"));
	machine(book, "error", SW_TYPE_STANDARD, FAILING, LOGGING("ERROR", "true"));
	machine(book, "fatal", SW_TYPE_STANDARD, FAILING, LOGGING("FATAL", "true"));
	machine(book, "off", SW_TYPE_STANDARD, FAILING, LOGGING("OFF", "true"));
	machine(book, "none", SW_TYPE_STANDARD, FAILING, NULL);
	world_start(book->world, "all", NULL, NULL);
	assert_types(book,
		     "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskFailed TaskStateExited "
		     "FailStateEntered ExecutionFailed");
	world_start(book->world, "error", NULL, NULL);
	assert_types(book, "TaskFailed FailStateEntered ExecutionFailed");
	world_start(book->world, "fatal", NULL, NULL);
	assert_types(book, "ExecutionFailed");
	world_start(book->world, "off", NULL, NULL);
	world_start(book->world, "none", NULL, NULL);
	assert_types(book, "");
}

static void a_line_has_the_members_that_aws_delivers(void **state)
{
	struct book *book = *state;
	machine(book, "m", SW_TYPE_STANDARD, FAILING, LOGGING("ALL", "true"));
	world_start(book->world, "m", "one", "{\"a\":\"\\\"\\n\"}");
	json_t *line = json_loads(book->text.data, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(line);
	char time[32];
	snprintf(time, sizeof(time), "%lld", (long long)book->world->loop.wall_ms);
	json_t *expected =
		json_pack("{s:s,s:s,s:{s:s,s:{s:b},s:s},s:s,s:s,s:s,s:s}", "id", "1", "type",
			  "ExecutionStarted", "details", "input", "{\"a\":\"\\\"\\n\"}", "inputDetails",
			  "truncated", 0, "roleArn", "arn:aws:iam::123456789012:role/stepwell",
			  "previous_event_id", "0", "event_timestamp", time, "execution_arn",
			  "arn:aws:states:us-east-1:123456789012:execution:m:one", "redrive_count", "0");
	assert_non_null(expected);
	assert_true(json_equal(line, expected));
	json_decref(line);
	json_decref(expected);
}

static void execution_data_is_left_out_unless_it_is_wanted(void **state)
{
	struct book *book = *state;
	machine(book, "m", SW_TYPE_STANDARD, FAILING, LOGGING("ALL", "false"));
	world_start(book->world, "m", NULL, "{\"secret\":1}");
	assert_null(strstr(book->text.data, "secret"));
	assert_null(strstr(book->text.data, "\"input\""));
	assert_non_null(strstr(book->text.data, "\"details\":{\"roleArn\":"));
	assert_non_null(strstr(book->text.data, "\"error\":\"Custom.Broken\""));
}

static void express_executions_are_logged_too(void **state)
{
	struct book *book = *state;
	machine(book, "x", SW_TYPE_EXPRESS, FAILING, LOGGING("ALL", "true"));
	world_start(book->world, "x", NULL, NULL);
	assert_non_null(strstr(book->text.data, ":express:x:"));
	assert_types(book,
		     "ExecutionStarted TaskStateEntered TaskScheduled TaskStarted TaskFailed TaskStateExited "
		     "FailStateEntered ExecutionFailed");
}

static void lines_come_after_the_commit_and_not_without_it(void **state)
{
	struct book *book = *state;
	struct world *world = book->world;
	machine(book, "m", SW_TYPE_STANDARD, FAILING, LOGGING("FATAL", "true"));
	world->faults.fail_at = world->faults.operations + 1;
	world->faults.fail_onwards = true;
	world->faults.fail_with = SW_EFULL;
	struct sw_start_params params = {.machine = "m"};
	struct told told = {0};
	sw_engine_start(world->engine, &params, tell, &told, NULL);
	for (int i = 0; i < 5; i++)
		world_advance(world, 300);
	assert_int_equal(book->lines, 0);
	world->faults.fail_at = 0;
	world->faults.fail_onwards = false;
	world_advance(world, 5000);
	assert_int_equal(told.calls, 1);
	if (told.result == SW_OK)
		assert_types(book, "ExecutionFailed");
	else
		assert_int_equal(book->lines, 0); /* it was refused, and nothing was written */
	uint64_t before = commits(world);
	sw_buf_done(&book->text);
	world_start(world, "m", NULL, NULL);
	assert_types(book, "ExecutionFailed");
	assert_true(book->syncs_seen > before);
}

static void an_update_of_the_level_counts_from_the_next_turn_on(void **state)
{
	struct book *book = *state;
	struct told told = {0};
	machine(book, "m", SW_TYPE_STANDARD, FAILING, LOGGING("OFF", "true"));
	world_start(book->world, "m", NULL, NULL);
	assert_types(book, "");
	struct sw_machine_params params = {.name = "m", .logging_json = LOGGING("FATAL", "false")};
	assert_int_equal(sw_engine_update_machine(book->world->engine, &params, tell, &told, NULL, NULL),
			 SW_OK);
	world_settle(book->world);
	world_start(book->world, "m", NULL, NULL);
	assert_types(book, "ExecutionFailed");
}

static void what_a_redrive_adds_says_how_often_it_was_redriven(void **state)
{
	struct book *book = *state;
	struct told told = {0};
	machine(book, "m", SW_TYPE_STANDARD,
		"{\"StartAt\":\"A\",\"States\":{\"A\":{\"Type\":\"Task\",\"Resource\":\"function:broken\","
		"\"End\":true}}}",
		LOGGING("ALL", "false"));
	struct told started = world_start(book->world, "m", NULL, NULL);
	sw_buf_done(&book->text);
	assert_int_equal(sw_engine_redrive(book->world->engine, started.arn, tell, &told, NULL), SW_OK);
	world_settle(book->world);
	assert_int_equal(told.result, SW_OK);
	assert_non_null(strstr(book->text.data, "\"type\":\"ExecutionRedriven\""));
	assert_non_null(strstr(book->text.data, "\"redrive_count\":\"1\"}"));
	assert_null(strstr(book->text.data, "\"redrive_count\":\"0\"}"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_level_tells_what_aws_lists_for_it),
		TEST(a_line_has_the_members_that_aws_delivers),
		TEST(execution_data_is_left_out_unless_it_is_wanted),
		TEST(express_executions_are_logged_too),
		TEST(lines_come_after_the_commit_and_not_without_it),
		TEST(an_update_of_the_level_counts_from_the_next_turn_on),
		TEST(what_a_redrive_adds_says_how_often_it_was_redriven),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
