/* The log hook, and the end of a process by an assertion. */
#include "base/assert.h"
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

struct line {
	int count, number;
	enum sw_log_level level;
	char file[100], text[2000];
};

static void keep(void *user, enum sw_log_level level, const char *file, int line, const char *text)
{
	struct line *kept = user;
	kept->count++;
	kept->number = line;
	kept->level = level;
	strncpy(kept->file, file, sizeof(kept->file) - 1);
	strncpy(kept->text, text, sizeof(kept->text) - 1);
}

static void lines_above_the_level_are_not_made(void **state)
{
	struct line line = {0};
	struct sw_log log = {keep, &line, SW_LOG_WARNING};
	SW_LOG(&log, SW_LOG_INFO, "quiet");
	SW_LOG(&log, SW_LOG_DEBUG, "quiet");
	assert_int_equal(line.count, 0);
	SW_LOG(&log, SW_LOG_WARNING, "%s %d", "loud", 1);
	assert_int_equal(line.count, 1);
	assert_string_equal(line.text, "loud 1");
	assert_int_equal(line.level, SW_LOG_WARNING);
	assert_true(line.number > 0);
	assert_non_null(strstr(line.file, "test_log.c"));
	SW_LOG(&log, SW_LOG_ERROR, "worse");
	assert_int_equal(line.count, 2);
}

static void keep_event(void *user, const struct sw_log_event *event)
{
	keep(user, event->level, event->file, event->line, event->text);
	struct line *kept = user;
	if (event->execution)
		strncat(kept->text, event->execution, 100);
}

static void who_wants_fields_gets_them_and_others_a_text(void **state)
{
	struct line line = {0};
	struct sw_log texts = {keep, &line, SW_LOG_INFO};
	struct sw_log events = {.event = keep_event, .user = &line, .level = SW_LOG_INFO};
	SW_LOG_ABOUT(&texts, SW_LOG_INFO, "arn:x", "it %s", "waits");
	assert_string_equal(line.text, "arn:x: it waits");
	SW_LOG_ABOUT(&events, SW_LOG_INFO, "arn:x", "it %s ", "waits");
	assert_string_equal(line.text, "it waits arn:x");
	const struct sw_log_field fields[] = {{.name = "a", .text = "b\nc"}, {.name = "n", .number = -5}};
	struct sw_log_event event = {.file = "f", .text = "t", .fields = fields, .fields_count = 2};
	sw_log_tell(&texts, &event);
	assert_string_equal(line.text, "t a=b c n=-5");
	assert_true(sw_log_wants(&events, SW_LOG_INFO));
	assert_false(sw_log_wants(&events, SW_LOG_DEBUG));
	event.level = SW_LOG_DEBUG;
	sw_log_tell(&events, &event);
	assert_int_equal(line.count, 3);
}

static void no_hook_and_no_log_are_quiet(void **state)
{
	struct sw_log log = {NULL, NULL, SW_LOG_DEBUG};
	SW_LOG(&log, SW_LOG_ERROR, "nobody hears");
	SW_LOG(NULL, SW_LOG_ERROR, "nobody hears");
}

static void a_line_is_one_line_and_long_ones_are_cut(void **state)
{
	struct line line = {0};
	struct sw_log log = {keep, &line, SW_LOG_DEBUG};
	SW_LOG(&log, SW_LOG_ERROR, "a\nb");
	assert_string_equal(line.text, "a b");
	char text[3000];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	SW_LOG(&log, SW_LOG_ERROR, "%s", text);
	assert_int_equal(strlen(line.text), 1023);
}

static void a_failed_assertion_ends_the_process(void **state)
{
	SW_ASSERT(1 + 1 == 2);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct rlimit no_core = {0, 0};
		setrlimit(RLIMIT_CORE, &no_core);
		close(STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		SW_ASSERT(1 + 1 == 3);
		_exit(0);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_above_the_level_are_not_made),
		cmocka_unit_test(who_wants_fields_gets_them_and_others_a_text),
		cmocka_unit_test(no_hook_and_no_log_are_quiet),
		cmocka_unit_test(a_line_is_one_line_and_long_ones_are_cut),
		cmocka_unit_test(a_failed_assertion_ends_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
