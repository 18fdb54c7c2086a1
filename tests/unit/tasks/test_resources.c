#include "fixture.h"

#include "engine/tasks/command.h"

#include <stdio.h>
#include <string.h>

static void a_resource_is_a_route(void **state)
{
	struct fixture *f = *state;
	char path[128];
	fixture_open(f, "{`resources`: {\n"
			"  `command:ship`: {`command`: [`bin/ship`, `--fast`, ``], `timeoutSeconds`: 30,\n"
			"    `maxConcurrency`: 4, `redelivery`: `fail`, `workingDirectory`: `spool`,\n"
			"    `environment`: {`MODE`: `fast`, `EMPTY`: ``}},\n"
			"  `arn:aws:lambda:*:function:pay`: {`command`: [`pay`]},\n"
			"  `command:abs`: {`command`: [`/bin/cat`], `redelivery`: `again`}}}");
	const struct sw_route *route = sw_routes_find(f->routes, "command:ship");
	const struct sw_command_config *config = &((const struct sw_command *)route->data)->config;
	assert_string_equal(route->pattern, "command:ship");
	assert_int_equal(route->timeout_ms, 30000);
	assert_int_equal(route->redelivery, SW_REDELIVER_FAIL);
	assert_int_equal(config->concurrency_max, 4);
	snprintf(path, sizeof(path), "%s/bin/ship", f->directory);
	assert_string_equal(config->argv[0], path);
	assert_string_equal(config->argv[1], "--fast");
	assert_string_equal(config->argv[2], "");
	assert_null(config->argv[3]);
	assert_string_equal(config->environment[0], "MODE=fast");
	assert_string_equal(config->environment[1], "EMPTY=");
	assert_null(config->environment[2]);
	snprintf(path, sizeof(path), "%s/spool", f->directory);
	assert_string_equal(config->directory, path);

	route = sw_routes_find(f->routes, "arn:aws:lambda:us-east-1:123456789012:function:pay");
	config = &((const struct sw_command *)route->data)->config;
	assert_int_equal(route->timeout_ms, SW_NEVER);
	assert_int_equal(route->redelivery, SW_REDELIVER);
	assert_int_equal(config->concurrency_max, 0);
	assert_string_equal(config->argv[0], "pay");
	assert_string_equal(config->directory, f->directory);

	route = sw_routes_find(f->routes, "command:abs");
	assert_string_equal(((const struct sw_command *)route->data)->config.argv[0], "/bin/cat");
	assert_null(sw_routes_find(f->routes, "command:/bin/cat"));
}

static void mistakes_are_told_with_their_place(void **state)
{
	static const struct {
		const char *text;
		uint32_t line, column;
		const char *pointer, *part;
	} cases[] = {
		{"7", 1, 1, "", "must be an object, not number"},
		{"{}", 1, 1, "", "\"resources\" is missing"},
		{"{`resources`: {}, `x`: 1}", 1, 19, "/x", "known are resources"},
		{"{`resources`: []}", 1, 15, "/resources", "must be an object"},
		{"{`resources`: {``: {`command`: [`a`]}}}", 1, 16, "/resources/", "must not be empty"},
		{"{`resources`: {`a`: 1}}", 1, 21, "/resources/a", "must be an object"},
		{"{`resources`: {\n\t`a/b~c`: {}}}", 2, 2, "/resources/a~1b~0c", "says no command"},
		{"{`resources`: {`a`: {`command`: `ls -l`}}}", 1, 33, "/resources/a/command", "no shell"},
		{"{`resources`: {`a`: {`command`: []}}}", 1, 33, "/resources/a/command", "array"},
		{"{`resources`: {`a`: {`command`: [``]}}}", 1, 34, "/resources/a/command/0", "not be empty"},
		{"{`resources`: {`a`: {`command`: [`x`, 1]}}}", 1, 39, "/resources/a/command/1",
		 "a string, not number"},
		{"{`resources`: {`a`: {`command`: [`x`, `\\u0000`]}}}", 1, 39, "/resources/a/command/1",
		 "U+0000"},
		{"{`resources`: {`a`: {`command`: [`x`],\n `timeout`: 1}}}", 2, 2, "/resources/a/timeout",
		 "known are command, timeoutSeconds"},
		{"{`resources`: {`a`: {`command`: [`x`], `timeoutSeconds`: 0}}}", 1, 58,
		 "/resources/a/timeoutSeconds", "from 1 to 99999999"},
		{"{`resources`: {`a`: {`command`: [`x`], `timeoutSeconds`: 100000000}}}", 1, 58,
		 "/resources/a/timeoutSeconds", "from 1 to 99999999"},
		{"{`resources`: {`a`: {`command`: [`x`], `timeoutSeconds`: 1.5}}}", 1, 58,
		 "/resources/a/timeoutSeconds", "whole number"},
		{"{`resources`: {`a`: {`command`: [`x`], `maxConcurrency`: `1`}}}", 1, 58,
		 "/resources/a/maxConcurrency", "whole number"},
		{"{`resources`: {`a`: {`command`: [`x`], `redelivery`: `never`}}}", 1, 54,
		 "/resources/a/redelivery", "\"again\" or \"fail\""},
		{"{`resources`: {`a`: {`command`: [`x`], `environment`: []}}}", 1, 55,
		 "/resources/a/environment", "must be an object"},
		{"{`resources`: {`a`: {`command`: [`x`], `environment`: {`A`: 1}}}}", 1, 61,
		 "/resources/a/environment/A", "must be a string"},
		{"{`resources`: {`a`: {`command`: [`x`], `environment`: {`A=B`: ``}}}}", 1, 56,
		 "/resources/a/environment/A=B", "\"=\""},
		{"{`resources`: {`a`: {`command`: [`x`], `environment`: {`STEPWELL_TASK_TOKEN`: ``}}}}", 1,
		 56, "/resources/a/environment/STEPWELL_TASK_TOKEN", "by Stepwell itself"},
		{"{`resources`: {`a`: {`command`: [`x`], `workingDirectory`: ``}}}", 1, 60,
		 "/resources/a/workingDirectory", "not be empty"},
		{"{`resources`: {`a`: {`command`: [`x`]},\n`a`: {`command`: [`x`]}}}", 2, 1, "", ""},
		{"{`resources`: {`a`: {`command`: [`x`]}}", 1, 40, "", "ends too early"},
	};
	struct fixture *f = *state;
	fixture_open(f, "{`resources`: {}}");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sw_error err = {0};
		const char *text = quoted(cases[i].text);
		enum sw_result r = sw_resources_load(text, strlen(text), f->provider, f->routes, &err);
		if (r != SW_EDEFINITION || err.code != r || !strstr(err.text, cases[i].part) ||
		    strcmp(err.pointer, cases[i].pointer) != 0 || err.line != cases[i].line ||
		    (cases[i].pointer[0] && err.column != cases[i].column))
			fail_msg("%s\n%d %u:%u: %s: %s", text, r, err.line, err.column, err.pointer,
				 err.text);
	}
}

static void a_file_with_a_mistake_adds_nothing(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, "{`resources`: {}}");
	const char *text = quoted("{`resources`: {`a`: {`command`: [`x`]}, `b`: {}}}");
	assert_int_equal(sw_resources_load(text, strlen(text), f->provider, f->routes, NULL), SW_EDEFINITION);
	assert_null(sw_routes_find(f->routes, "a"));
}

static void without_a_directory_paths_start_at_the_current_one(void **state)
{
	struct fixture *f = *state;
	f->options.directory = NULL;
	fixture_open(f, "{`resources`: {`a`: {`command`: [`./x`]}}}");
	const struct sw_route *route = sw_routes_find(f->routes, "a");
	const struct sw_command_config *config = &((const struct sw_command *)route->data)->config;
	assert_int_equal(config->directory[0], '/');
	assert_int_equal(strncmp(config->argv[0], config->directory, strlen(config->directory)), 0);
	assert_string_equal(config->argv[0] + strlen(config->directory), "/./x");
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(a_resource_is_a_route),
		WITH_FIXTURE(mistakes_are_told_with_their_place),
		WITH_FIXTURE(a_file_with_a_mistake_adds_nothing),
		WITH_FIXTURE(without_a_directory_paths_start_at_the_current_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
