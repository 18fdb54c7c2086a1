/* Events as JSON, and task tokens as text. */
#include "tests/unit/step/check.h"

static void every_type_has_a_name_and_unknown_ones_have_none(void **state)
{
	assert_string_equal(sw_history_type_text(SW_HISTORY_PASS_ENTERED), "PassStateEntered");
	assert_string_equal(sw_history_details_name(SW_HISTORY_PASS_ENTERED), "stateEnteredEventDetails");
	assert_null(sw_history_details_name(SW_HISTORY_LAMBDA_STARTED));
	assert_null(sw_history_type_text((enum sw_history_type)999));
}

/* An ExecutionSucceeded... of a task, with a field of each kind. */
static void print(bool with_data, struct sw_buf *out)
{
	struct sw_history_event event = {.id = 12, .previous_id = 11, .time_ms = 1700000000007};
	event.type = SW_HISTORY_TASK_SCHEDULED;
	event.details[event.details_count++] =
		(struct sw_history_detail){.field = SW_FIELD_RESOURCE, .text = sw_strdup("in\"voke\n")};
	event.details[event.details_count++] = (struct sw_history_detail){
		.field = SW_FIELD_PARAMETERS, .value = sw_value_from_checked("{\"a\":\"\\u00e9\"}", 14)};
	event.details[event.details_count++] =
		(struct sw_history_detail){.field = SW_FIELD_TIMEOUT_SECONDS, .integer = 5};
	event.details[event.details_count++] =
		(struct sw_history_detail){.field = SW_FIELD_INPUT, .value = sw_value_from_checked("[1]", 3)};
	event.details[event.details_count++] = (struct sw_history_detail){
		.field = SW_FIELD_ASSIGNED_VARIABLES, .value = sw_value_from_checked("{\"x\":\"1\"}", 9)};
	assert_int_equal(sw_history_event_print(&event, with_data, out), SW_OK);
	sw_history_event_done(&event);
}

static void fields_print_by_their_kind(void **state)
{
	struct sw_buf out = SW_BUF;
	print(true, &out);
	assert_string_equal(
		out.data,
		"{\"timestamp\":1700000000.007,\"type\":\"TaskScheduled\",\"id\":12,\"previousEventId\":11,"
		"\"taskScheduledEventDetails\":{\"resource\":\"in\\\"voke\\n\","
		"\"parameters\":\"{\\\"a\\\":\\\"\\\\u00e9\\\"}\",\"timeoutInSeconds\":5,"
		"\"input\":\"[1]\",\"inputDetails\":{\"truncated\":false},"
		"\"assignedVariables\":{\"x\":\"1\"},\"assignedVariablesDetails\":{\"truncated\":false}}}");
	sw_buf_reset(&out);
	print(false, &out);
	assert_string_equal(
		out.data,
		"{\"timestamp\":1700000000.007,\"type\":\"TaskScheduled\",\"id\":12,\"previousEventId\":11,"
		"\"taskScheduledEventDetails\":{\"resource\":\"in\\\"voke\\n\",\"timeoutInSeconds\":5}}");
	sw_buf_done(&out);
}

static void tokens_read_back_and_others_are_refused(void **state)
{
	uint8_t random[SW_TOKEN_RANDOM_BYTES], read[SW_TOKEN_RANDOM_BYTES];
	char text[SW_TOKEN_TEXT_BYTES];
	uint64_t id;
	uint32_t branch, attempt;
	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (uint8_t)(i * 37 + 250);
	sw_token_print(UINT64_MAX - 1, 70000, UINT32_MAX, random, text);
	size_t len = strlen(text);
	assert_true(sw_token_parse(text, len, &id, &branch, &attempt, read));
	assert_true(id == UINT64_MAX - 1 && branch == 70000 && attempt == UINT32_MAX);
	assert_memory_equal(read, random, sizeof(random));
	assert_false(sw_token_parse(text, len - 1, &id, &branch, &attempt, read));
	assert_false(sw_token_parse("", 0, &id, &branch, &attempt, read));
	text[3] = '*';
	assert_false(sw_token_parse(text, len, &id, &branch, &attempt, read));
	text[3] = '\0';
	assert_false(sw_token_parse(text, len, &id, &branch, &attempt, read));
	sw_token_print(1, 0, 1, random, text);
	text[0] = 'Z'; /* another version */
	assert_false(sw_token_parse(text, len, &id, &branch, &attempt, read));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_type_has_a_name_and_unknown_ones_have_none),
		cmocka_unit_test(fields_print_by_their_kind),
		cmocka_unit_test(tokens_read_back_and_others_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
