/* What a program's end means for its task. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SH(script) "{`resources`: {`c`: {`command`: [`sh`, `-c`, `" script "`]}}}"

static void the_input_goes_in_and_the_output_comes_out(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, "{`resources`: {`command:*`: {`command`: [`cat`]}}}");
	const struct sw_completion *done = fixture_run(f, "command:echo", "{\"a\":[1, 2.50]}");
	assert_int_equal(done->kind, SW_COMPLETION_SUCCEEDED);
	assert_string_equal(done->output, "{\"a\":[1, 2.50]}");
	assert_int_equal(done->output_len, strlen(done->output));
	assert_int_equal(done->execution_id, 1);
}

static void no_output_is_an_empty_object(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, "{`resources`: {`true`: {`command`: [`true`]}, `c`: {`command`: [`echo`]}}}");
	assert_string_equal(fixture_run(f, "true", "1")->output, "{}");
	assert_string_equal(fixture_run(f, "c", "1")->output, "{}");
}

static void output_that_is_no_json_is_a_failure_that_says_so(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, SH("echo 1; echo two"));
	assert_failed(fixture_run(f, "c", "1"), "Stepwell.CommandFailed", "is not JSON: line 2, column 1");
}

static void the_attempt_is_in_the_environment(void **state)
{
	struct fixture *f = *state;
	setenv("STEPWELL_SECRET_OF_THE_HOST", "x", 1);
	fixture_open(f,
		     "{`resources`: {`c`: {`environment`: {`MODE`: `fast`, `LANG`: `tlh`, `HOME`: `/x y`},\n"
		     "`command`: [`sh`, `-c`, `printf '[' ; env | sort | grep -v "
		     "'^PWD=\\\\|^_=\\\\|SHLVL\\\\|LSAN\\\\|USER\\\\|TZ' |"
		     " sed 's/.*/\\`&\\`,/'; echo '0]'`]}}}");
	char *path = getenv("PATH"), expected[4096];
	const struct sw_completion *done = fixture_run(f, "c", "1");
	snprintf(expected, sizeof(expected),
		 "[\"HOME=/x y\",\n\"LANG=tlh\",\n\"MODE=fast\",\n\"PATH=%s\",\n\"STEPWELL_ATTEMPT=2\",\n"
		 "\"STEPWELL_EXECUTION_ARN=arn:aws:states:us-east-1:123456789012:execution:m:e\",\n"
		 "\"STEPWELL_IDEMPOTENCY_KEY=the-key\",\n\"STEPWELL_STATE_NAME=Ship it\",\n"
		 "\"STEPWELL_TASK_TOKEN=the-token\",\n0]",
		 path);
	assert_int_equal(done->kind, SW_COMPLETION_SUCCEEDED);
	assert_string_equal(done->output, expected);
}

static void a_failing_program_names_its_error(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, "{`resources`: {\n"
			"`1`: {`command`: [`sh`, `-c`, `echo '{\\`error\\`: \\`Mine\\`, \\`cause\\`: "
			"\\`why\\`}'; exit 1`]},\n"
			"`2`: {`command`: [`sh`, `-c`, `echo '{\\`Error\\`: \\`Mine\\`, \\`Cause\\`: "
			"{\\`a\\`: 1}}'; exit 9`]},\n"
			"`3`: {`command`: [`sh`, `-c`, `echo '{\\`Error\\`: \\`Mine\\`}'; exit 9`]},\n"
			"`4`: {`command`: [`sh`, `-c`, `echo '{\\`Error\\`: 7}'; exit 9`]}}}");
	assert_failed(fixture_run(f, "1", "1"), "Mine", "why");
	const struct sw_completion *done = fixture_run(f, "2", "1");
	assert_failed(done, "Mine", "");
	assert_string_equal(done->cause, "{\"a\":1}");
	done = fixture_run(f, "3", "1");
	assert_string_equal(done->error, "Mine");
	assert_null(done->cause);
	assert_failed(fixture_run(f, "4", "1"), "Stepwell.CommandFailed", "sh ended with exit status 9");
}

static void otherwise_the_cause_is_the_end_of_stderr(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, SH("i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo line $i >&2; done; echo "
			   "caf\\u00e9 >&2; exit 3"));
	const struct sw_completion *done = fixture_run(f, "c", "1");
	assert_failed(done, "Stepwell.CommandFailed", "sh ended with exit status 3: line 1");
	assert_non_null(strstr(done->cause, "line 2000\ncaf\xC3\xA9"));
	assert_true(strlen(done->cause) < 4200);
}

static void a_signal_is_named(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, SH("echo gone >&2; kill -SEGV $$"));
	assert_failed(fixture_run(f, "c", "1"), "Stepwell.CommandFailed", "ended by signal SIGSEGV: gone");
}

static void what_cannot_be_started_says_why(void **state)
{
	struct fixture *f = *state;
	char path[128];
	snprintf(path, sizeof(path), "%s/plain", f->directory);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("echo 1\n", file); /* no #!: a shell would run it */
	fclose(file);
	fixture_open(f, "{`resources`: {`missing`: {`command`: [`./missing`]}, `bare`: {`command`: "
			"[`no-such-program-x`]},\n"
			"`plain`: {`command`: [`./plain`]}, `directory`: {`command`: [`true`], "
			"`workingDirectory`: `no`}}}");
	assert_failed(fixture_run(f, "missing", "1"), "Stepwell.CommandFailed",
		      "/missing: No such file or directory");
	assert_failed(fixture_run(f, "bare", "1"), "Stepwell.CommandFailed",
		      "no-such-program-x: No such file");
	assert_failed(fixture_run(f, "plain", "1"), "Stepwell.CommandFailed", "/plain: Permission denied");
	assert_int_equal(chmod(path, 0755), 0);
	assert_failed(fixture_run(f, "plain", "1"), "Stepwell.CommandFailed", "/plain: Exec format error");
	assert_failed(fixture_run(f, "directory", "1"), "Stepwell.CommandFailed", "cannot start true in ");
}

static void relative_paths_start_at_the_resources_directory(void **state)
{
	struct fixture *f = *state;
	char path[128], expected[128];
	snprintf(path, sizeof(path), "%s/where", f->directory);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("#!/bin/sh\necho \"\\\"`pwd`\\\"\"\n", file);
	fclose(file);
	assert_int_equal(chmod(path, 0755), 0);
	fixture_open(f, "{`resources`: {`here`: {`command`: [`./where`]},\n"
			"`there`: {`command`: [`./where`], `workingDirectory`: `/usr`}}}");
	snprintf(expected, sizeof(expected), "\"%s\"", f->directory);
	assert_string_equal(fixture_run(f, "here", "1")->output, expected);
	assert_string_equal(fixture_run(f, "there", "1")->output, "\"/usr\"");
}

static void output_is_limited_on_both_sides_of_the_limit(void **state)
{
	struct fixture *f = *state;
	f->options.limits.command_output_bytes_max = 1000;
	fixture_open(f, "{`resources`: {`fits`: {`command`: [`printf`, `%1000s`, `1`]},\n"
			"`not`: {`command`: [`printf`, `%1001s`, `1`]}, `flood`: {`command`: [`yes`]},\n"
			"`deaf`: {`command`: [`sh`, `-c`, `trap '' TERM PIPE; while :; do yes; done`]}}}");
	assert_string_equal(fixture_run(f, "fits", "1")->output, "1");
	assert_failed(fixture_run(f, "not", "1"), "States.DataLimitExceeded",
		      "exceeding the maximum number of bytes");
	assert_failed(fixture_run(f, "flood", "1"), "States.DataLimitExceeded",
		      "exceeding the maximum number of bytes");
	assert_failed(fixture_run(f, "deaf", "1"), "States.DataLimitExceeded",
		      "exceeding the maximum number of bytes");
}

static char *large_input(size_t len)
{
	char *input = malloc(len + 1);
	assert_non_null(input);
	memset(input, 'x', len);
	input[0] = input[len - 1] = '"';
	input[len] = '\0';
	return input;
}

static void large_inputs_go_through(void **state)
{
	struct fixture *f = *state;
	char *input = large_input(SW_PAYLOAD_BYTES_MAX - 1);
	fixture_open(f, "{`resources`: {`c`: {`command`: [`cat`]}, `deaf`: {`command`: [`echo`, `1`]}}}");
	const struct sw_completion *done = fixture_run(f, "c", input);
	assert_int_equal(done->kind, SW_COMPLETION_SUCCEEDED);
	assert_string_equal(done->output, input);
	/* a program need not read what it gets */
	assert_string_equal(fixture_run(f, "deaf", input)->output, "1");
	free(input);
}

static void a_flood_of_stderr_costs_nothing_but_its_time(void **state)
{
	struct fixture *f = *state;
	fixture_open(f, SH("head -c 20000000 /dev/zero >&2; echo the end >&2; exit 1"));
	assert_failed(fixture_run(f, "c", "1"), "Stepwell.CommandFailed", "the end");
}

static size_t seen;

static void see(void *user, enum sw_log_level level, const char *file, int line, const char *text)
{
	if (level == SW_LOG_DEBUG && (strstr(text, "sh: half done") || strstr(text, "sh: done")))
		seen++;
}

static void progress_on_stderr_is_logged_line_by_line(void **state)
{
	struct fixture *f = *state;
	seen = 0;
	f->options.log = (struct sw_log){.write = see, .level = SW_LOG_DEBUG};
	fixture_open(f, SH("printf 'half done\\ndone\\n' >&2; echo 1"));
	assert_string_equal(fixture_run(f, "c", "1")->output, "1");
	assert_int_equal(seen, 2);
}

static void programs_inherit_no_descriptors(void **state)
{
	struct fixture *f = *state;
	int leaked = dup(1); /* not close-on-exec */
	assert_true(leaked > 2);
	fixture_open(f, SH("n=0; for i in /proc/$$/fd/*; do case $i in */0|*/1|*/2) ;; *) [ -e $i ] && "
			   "n=$((n+1)) ;; esac; done; echo $n"));
	assert_string_equal(fixture_run(f, "c", "1")->output, "0");
	close(leaked);
}

#define WITH_FIXTURE(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(the_input_goes_in_and_the_output_comes_out),
		WITH_FIXTURE(no_output_is_an_empty_object),
		WITH_FIXTURE(output_that_is_no_json_is_a_failure_that_says_so),
		WITH_FIXTURE(the_attempt_is_in_the_environment),
		WITH_FIXTURE(a_failing_program_names_its_error),
		WITH_FIXTURE(otherwise_the_cause_is_the_end_of_stderr),
		WITH_FIXTURE(a_signal_is_named),
		WITH_FIXTURE(what_cannot_be_started_says_why),
		WITH_FIXTURE(relative_paths_start_at_the_resources_directory),
		WITH_FIXTURE(output_is_limited_on_both_sides_of_the_limit),
		WITH_FIXTURE(large_inputs_go_through),
		WITH_FIXTURE(a_flood_of_stderr_costs_nothing_but_its_time),
		WITH_FIXTURE(progress_on_stderr_is_logged_line_by_line),
		WITH_FIXTURE(programs_inherit_no_descriptors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
