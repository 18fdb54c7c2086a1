/* Lines of the daemon's log: each format, and values that are hostile. */
#include "base/rng.h"
#include "cli/cli.h"
#include "cli/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define TIME_MS 1795320465433
#define ARN "arn:aws:states:us-east-1:123456789012:execution:order:one"

static int complaints;

int complain(int code, const char *format, ...)
{
	complaints++;
	return code;
}

static const char *print(const char *format, const struct sw_log_event *event)
{
	static char text[16384];
	struct logger logger;
	assert_true(logger_init(&logger, format, "debug", false));
	size_t len = logger_print(&logger, event, TIME_MS, text, sizeof(text));
	assert_true(len > 0 && text[len - 1] == '\n' && !memchr(text, '\n', len - 1) &&
		    !memchr(text, '\0', len));
	text[len - 1] = '\0';
	return text;
}

static void each_format_tells_the_same(void **state)
{
	const struct sw_log_field fields[] = {{.name = "action", .text = "StartExecution"},
					      {.name = "file", .text = "a \"b\"\\c\n"},
					      {.name = "status", .number = -200}};
	const struct sw_log_event event = {.level = SW_LOG_WARNING,
					   .file = "../main/engine/turn.c",
					   .line = 12,
					   .text = "it waits",
					   .execution = ARN,
					   .fields = fields,
					   .fields_count = 3};
	assert_string_equal(print("text", &event),
			    "stepwell: warning: " ARN
			    ": it waits action=StartExecution file=\"a \\\"b\\\"\\\\c\\u000a\" status=-200");
	assert_string_equal(
		print("logfmt", &event),
		"ts=2026-11-22T04:07:45.433Z level=warning component=engine msg=\"it waits\" execution=" ARN
		" machine=order action=StartExecution file=\"a \\\"b\\\"\\\\c\\u000a\" status=-200");
	assert_string_equal(print("json", &event),
			    "{\"ts\":\"2026-11-22T04:07:45.433Z\",\"level\":\"warning\",\"component\":"
			    "\"engine\",\"msg\":\"it "
			    "waits\",\"execution\":\"" ARN
			    "\",\"machine\":\"order\",\"action\":\"StartExecution\",\"file\":\"a "
			    "\\\"b\\\"\\\\c\\u000a\",\"status\":-200}");
}

static void an_express_execution_has_a_machine_too(void **state)
{
	const struct sw_log_event event = {
		.file = "cli/x.c", .text = "t", .execution = "arn:aws:states:r:1:express:fast:n:u"};
	assert_non_null(strstr(print("logfmt", &event), " machine=fast"));
}

static void logfmt_quotes_what_is_not_a_bare_word(void **state)
{
	static const char *const words[][2] = {
		{"a=b", "msg=\"a=b\""},         {"", "msg=\"\""},
		{"a\\b", "msg=\"a\\\\b\""},     {"\xC3\xA9", "msg=\"\xC3\xA9\""},
		{"plain/1:2", "msg=plain/1:2"}, {"\x7F", "msg=\"\\u007f\""}};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		const struct sw_log_event event = {.file = "server/x.c", .text = words[i][0]};
		const char *line = print("logfmt", &event);
		if (!strstr(line, words[i][1]))
			fail_msg("%s is not in %s", words[i][1], line);
	}
}

static void what_is_not_utf8_is_replaced(void **state)
{
	static const char *const texts[] = {
		"\xFF", "a\xC3", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC0\xAF"};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const struct sw_log_event event = {.file = "server/x.c", .text = texts[i]};
		assert_non_null(strstr(print("json", &event), "\\ufffd"));
	}
	const struct sw_log_event fine = {.file = "server/x.c", .text = "\xF0\x9F\x9A\xA2 \xE2\x82\xAC"};
	assert_non_null(strstr(print("json", &fine), "\"\xF0\x9F\x9A\xA2 \xE2\x82\xAC\""));
}

static void any_bytes_make_a_line_of_json(void **state)
{
	struct sw_rng rng = sw_rng(7);
	for (int turn = 0; turn < 2000; turn++) {
		char text[1100];
		size_t len = sw_rng_next(&rng) % (sizeof(text) - 1);
		for (size_t i = 0; i < len; i++)
			text[i] = (char)(1 + sw_rng_next(&rng) % 255);
		text[len] = '\0';
		const struct sw_log_field field = {.name = "f", .text = text};
		const struct sw_log_event event = {
			.file = "store/x.c", .text = text, .fields = &field, .fields_count = 1};
		json_t *tree = json_loads(print("json", &event), JSON_REJECT_DUPLICATES, NULL);
		assert_non_null(tree);
		assert_string_equal(json_string_value(json_object_get(tree, "component")), "store");
		json_decref(tree);
	}
}

static void the_level_follows_the_format_unless_it_is_said(void **state)
{
	struct logger logger;
	assert_true(logger_init(&logger, NULL, NULL, false));
	assert_int_equal(logger.level, SW_LOG_WARNING);
	assert_true(logger_init(&logger, "json", NULL, false));
	assert_int_equal(logger.level, SW_LOG_INFO);
	assert_true(logger_init(&logger, NULL, NULL, true));
	assert_int_equal(logger.level, SW_LOG_DEBUG);
	assert_true(logger_init(&logger, "logfmt", "error", true));
	assert_int_equal(logger.level, SW_LOG_ERROR);
	complaints = 0;
	assert_false(logger_init(&logger, "xml", NULL, false));
	assert_false(logger_init(&logger, NULL, "loud", false));
	assert_int_equal(complaints, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_format_tells_the_same),
		cmocka_unit_test(an_express_execution_has_a_machine_too),
		cmocka_unit_test(logfmt_quotes_what_is_not_a_bare_word),
		cmocka_unit_test(what_is_not_utf8_is_replaced),
		cmocka_unit_test(any_bytes_make_a_line_of_json),
		cmocka_unit_test(the_level_follows_the_format_unless_it_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
