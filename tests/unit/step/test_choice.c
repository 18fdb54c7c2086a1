/* Choice: every operator, its twins, combinators, and what happens when nothing fits. */
#include "tests/unit/step/check.h"

/* Does one rule (its fields as JSON members) hold for the input? */
static bool holds(const char *rule, const char *input)
{
	char definition[2048];
	snprintf(
		definition, sizeof(definition),
		"{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[{%s,\"Next\":\"T\"}],"
		"\"Default\":\"F\"},\"T\":{\"Type\":\"Pass\",\"Result\":true,\"End\":true},"
		"\"F\":{\"Type\":\"Pass\",\"Result\":false,\"End\":true}}}",
		rule);
	struct world *world = begin(definition, input);
	assert_ended(world, SW_STATUS_SUCCEEDED, NULL, NULL);
	bool result = strcmp(world_output(world), "true") == 0;
	world_free(world);
	return result;
}

#define V "\"Variable\":\"$.v\","

static void strings_compare_by_their_characters(void **state)
{
	assert_true(holds(V "\"StringEquals\":\"a\"", "{\"v\":\"a\"}"));
	assert_false(holds(V "\"StringEquals\":\"a\"", "{\"v\":\"a \"}"));
	assert_true(holds(V "\"StringLessThan\":\"ab\"", "{\"v\":\"a\"}"));
	assert_false(holds(V "\"StringLessThan\":\"a\"", "{\"v\":\"a\"}"));
	assert_true(holds(V "\"StringLessThanEquals\":\"a\"", "{\"v\":\"a\"}"));
	assert_true(holds(V "\"StringGreaterThan\":\"A\"", "{\"v\":\"a\"}"));
	assert_true(holds(V "\"StringGreaterThanEquals\":\"a\"", "{\"v\":\"a\"}"));
	assert_true(holds(V "\"StringEqualsPath\":\"$.w\"", "{\"v\":\"x\",\"w\":\"x\"}"));
}

static void numbers_compare_by_value(void **state)
{
	assert_true(holds(V "\"NumericEquals\":1", "{\"v\":1.0}"));
	assert_true(holds(V "\"NumericLessThan\":1.5", "{\"v\":1}"));
	assert_false(holds(V "\"NumericLessThanEquals\":1", "{\"v\":1.01}"));
	assert_true(holds(V "\"NumericGreaterThan\":9007199254740992", "{\"v\":9007199254740993}"));
	assert_true(holds(V "\"NumericGreaterThanEquals\":-1", "{\"v\":-1}"));
	assert_true(holds(V "\"NumericEqualsPath\":\"$.w\"", "{\"v\":2,\"w\":2.0}"));
	assert_true(holds(V "\"NumericGreaterThan\":1", "{\"v\":123456789012345678901234567890}"));
}

static void values_of_another_type_do_not_match(void **state)
{
	/* choice_operators/boolean_equals: AWS goes to Default, it does not fail. */
	assert_false(holds(V "\"BooleanEquals\":true", "{\"v\":1}"));
	assert_false(holds(V "\"BooleanEquals\":false", "{\"v\":null}"));
	assert_false(holds(V "\"NumericEquals\":1", "{\"v\":\"1\"}"));
	assert_false(holds(V "\"StringEquals\":\"1\"", "{\"v\":1}"));
	assert_false(holds(V "\"TimestampEquals\":\"2020-01-01T00:00:00Z\"", "{\"v\":\"yesterday\"}"));
	assert_true(holds(V "\"BooleanEquals\":false", "{\"v\":false}"));
	assert_true(holds(V "\"BooleanEqualsPath\":\"$.w\"", "{\"v\":true,\"w\":true}"));
}

/* Captured from AWS: gabrielmoreira/tiny-asl-machine, tests/conformance/cases/Choice.Numeric...Path.ts. */
static void a_path_to_no_number_counts_as_one(void **state)
{
	assert_true(holds(V "\"NumericGreaterThanPath\":\"$.w\"", "{\"v\":7,\"w\":[6]}"));
	assert_true(holds(V "\"NumericGreaterThanEqualsPath\":\"$.w\"", "{\"v\":8,\"w\":false}"));
	assert_false(holds(V "\"NumericLessThanPath\":\"$.w\"", "{\"v\":7,\"w\":true}"));
	assert_false(holds(V "\"NumericLessThanEqualsPath\":\"$.w\"", "{\"v\":8,\"w\":{\"value\":8}}"));
	assert_false(holds(V "\"NumericEqualsPath\":\"$.w\"", "{\"v\":7,\"w\":{\"value\":7}}"));
	assert_false(holds(V "\"NumericLessThanPath\":\"$.w\"", "{\"v\":\"7\",\"w\":8}"));
	assert_false(holds(V "\"NumericGreaterThanPath\":\"$.w\"", "{\"v\":null,\"w\":8}"));
	assert_false(holds(V "\"NumericGreaterThanEqualsPath\":\"$.w\"", "{\"v\":{\"value\":8},\"w\":8}"));
}

static void timestamps_compare_as_points_in_time(void **state)
{
	assert_true(holds(V "\"TimestampEquals\":\"2012-10-09T19:00:55Z\"",
			  "{\"v\":\"2012-10-09T20:00:55+01:00\"}"));
	assert_true(holds(V "\"TimestampLessThan\":\"2012-10-09T19:00:56Z\"",
			  "{\"v\":\"2012-10-09T19:00:55Z\"}"));
	assert_true(holds(V "\"TimestampLessThanEquals\":\"2012-10-09T19:00:55Z\"",
			  "{\"v\":\"2012-10-09T19:00:55Z\"}"));
	assert_true(holds(V "\"TimestampGreaterThan\":\"2012-10-09T19:00:55Z\"",
			  "{\"v\":\"2012-10-09T19:00:55.000001Z\"}"));
	assert_true(holds(V "\"TimestampGreaterThanEqualsPath\":\"$.w\"",
			  "{\"v\":\"2012-10-09T19:00:55Z\",\"w\":\"2012-10-09T19:00:55Z\"}"));
}

static void is_operators_test_the_type(void **state)
{
	assert_true(holds(V "\"IsNull\":true", "{\"v\":null}"));
	assert_false(holds(V "\"IsNull\":true", "{\"v\":0}"));
	assert_true(holds(V "\"IsNumeric\":true", "{\"v\":0}"));
	assert_true(holds(V "\"IsString\":false", "{\"v\":0}"));
	assert_true(holds(V "\"IsBoolean\":true", "{\"v\":false}"));
	assert_true(holds(V "\"IsTimestamp\":true", "{\"v\":\"2012-10-09T19:00:55Z\"}"));
	assert_false(holds(V "\"IsTimestamp\":true", "{\"v\":\"2023-02-24\"}"));
	assert_true(holds(V "\"IsPresent\":true", "{\"v\":null}"));
	assert_true(holds(V "\"IsPresent\":false", "{\"w\":1}"));
	assert_false(holds(V "\"IsPresent\":true", "{\"w\":1}"));
}

static void string_matches_knows_stars_and_escapes(void **state)
{
	assert_true(holds(V "\"StringMatches\":\"log-*.txt\"", "{\"v\":\"log-2020.txt\"}"));
	assert_true(holds(V "\"StringMatches\":\"*\"", "{\"v\":\"\"}"));
	assert_true(holds(V "\"StringMatches\":\"a*b*c\"", "{\"v\":\"a--b-b--c\"}"));
	assert_false(holds(V "\"StringMatches\":\"a*b*c\"", "{\"v\":\"a--b-b--\"}"));
	assert_true(holds(V "\"StringMatches\":\"a\\\\*\"", "{\"v\":\"a*\"}"));
	assert_false(holds(V "\"StringMatches\":\"a\\\\*\"", "{\"v\":\"ab\"}"));
	assert_true(holds(V "\"StringMatches\":\"a\\\\\\\\*\"", "{\"v\":\"a\\\\bc\"}"));
	assert_false(holds(V "\"StringMatches\":\"ab\"", "{\"v\":\"abc\"}"));
	assert_false(holds(V "\"StringMatches\":\"*\"", "{\"v\":5}"));
}

static void combinators_stop_as_soon_as_they_know(void **state)
{
	/* The second test would fail: $.w does not exist. */
	assert_false(holds("\"And\":[{" V "\"NumericEquals\":2},{\"Variable\":\"$.w\",\"NumericEquals\":1}]",
			   "{\"v\":1}"));
	assert_true(holds("\"Or\":[{" V "\"NumericEquals\":1},{\"Variable\":\"$.w\",\"NumericEquals\":1}]",
			  "{\"v\":1}"));
	assert_true(holds("\"Not\":{" V "\"NumericEquals\":2}", "{\"v\":1}"));
	assert_true(
		holds("\"And\":[{" V "\"IsPresent\":true},{\"Not\":{" V "\"IsNull\":true}}]", "{\"v\":1}"));
}

static void a_missing_variable_ends_the_execution(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":"
		      "\"$.no\","
		      "\"IsNull\":true,\"Next\":\"S\"}],\"Default\":\"S\"},\"S\":{\"Type\":\"Succeed\"}}}",
		      "{}");
	assert_ended(
		world, SW_STATUS_FAILED, "States.Runtime",
		"An error occurred while executing the state 'C' (entered at the event id #2). Invalid path "
		"'$.no': The choice state's condition path references an invalid value.");
	world_free(world);
}

static void without_a_match_and_a_default_the_execution_fails(void **state)
{
	struct world *world =
		begin("{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"Choices\":[{" V
		      "\"IsNull\":true,\"Next\":\"S\"}]},\"S\":{\"Type\":\"Succeed\"}}}",
		      "{\"v\":1}");
	assert_ended(
		world, SW_STATUS_FAILED, "States.Runtime",
		"An error occurred while executing the state 'C' (entered at the event id #2). Failed to "
		"transition out of the state. The state does not point to a next state.");
	world_free(world);
}

static void paths_and_assign_of_the_rule_that_matched_apply(void **state)
{
	struct world *world = begin(
		"{\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\",\"InputPath\":\"$.in\","
		"\"OutputPath\":\"$.out\",\"Choices\":[{" V
		"\"NumericEquals\":1,\"Assign\":{\"w.$\":\"$.v\"},"
		"\"Next\":\"S\"}],\"Assign\":{\"w\":0},\"Default\":\"S\"},"
		"\"S\":{\"Type\":\"Pass\",\"Parameters\":{\"w.$\":\"$w\",\"o.$\":\"$\"},\"End\":true}}}",
		"{\"in\":{\"v\":1,\"out\":[2]}}");
	assert_output(world, "{\"w\":1,\"o\":[2]}");
	world_free(world);
}

#define JSONATA(choices)                                                                                 \
	"{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"C\",\"States\":{\"C\":{\"Type\":\"Choice\","       \
	"\"Choices\":[{"                                                                                 \
	"\"Condition\":\"{% false %}\",\"Next\":\"S\"},{" choices ",\"Next\":\"S\"}],\"Assign\":{\"x\":" \
	"\"{% $states.input.no %}\"},\"Default\":\"S\"},\"S\":{\"Type\":\"Succeed\"}}}"

/*
 * AWS's answers of 2026-10-06 (alfredcodelabs/LocallyCloud, aws-test-state-contract: choice_null, choice_undefined)
 * and of floci-io/floci, StepFunctionsJsonataIntegrationTest.
 */
static void failures_name_the_rule_that_a_field_is_of(void **state)
{
	static const struct {
		const char *definition, *location, *rest;
	} cases[] = {
		{JSONATA("\"Condition\":\"{% $states.input.no %}\""), "Choices[1]/Condition",
		 "returned nothing (undefined)."},
		{JSONATA("\"Condition\":\"{% 7 %}\""), "Choices[1]/Condition",
		 "returned an unexpected result type. Expected 'boolean', but was 'number' for value: 7"},
		{JSONATA("\"Condition\":\"{% true %}\",\"Output\":{\"v\":\"{% $states.input.no %}\"}"),
		 "Choices[1]/Output/v", "returned nothing (undefined)."},
		{JSONATA("\"Condition\":\"{% true %}\",\"Assign\":{\"x\":\"{% $states.input.no %}\"}"),
		 "Choices[1]/Assign/x", "returned nothing (undefined)."},
		{JSONATA("\"Condition\":\"{% false %}\""), "Assign/x", "returned nothing (undefined)."},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world *world = begin(cases[i].definition, "{}");
		char text[128];
		assert_int_equal(world->execution->status, SW_STATUS_FAILED);
		snprintf(text, sizeof(text), "' specified for the field '%s' ", cases[i].location);
		assert_has(world->execution->failure.cause, text);
		assert_has(world->execution->failure.cause, cases[i].rest);
		snprintf(text, sizeof(text), "\"location\":\"%s\"", cases[i].location);
		assert_has(world_event(world, 3), text);
		world_free(world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_compare_by_their_characters),
		cmocka_unit_test(numbers_compare_by_value),
		cmocka_unit_test(values_of_another_type_do_not_match),
		cmocka_unit_test(a_path_to_no_number_counts_as_one),
		cmocka_unit_test(timestamps_compare_as_points_in_time),
		cmocka_unit_test(is_operators_test_the_type),
		cmocka_unit_test(string_matches_knows_stars_and_escapes),
		cmocka_unit_test(combinators_stop_as_soon_as_they_know),
		cmocka_unit_test(a_missing_variable_ends_the_execution),
		cmocka_unit_test(without_a_match_and_a_default_the_execution_fails),
		cmocka_unit_test(paths_and_assign_of_the_rule_that_matched_apply),
		cmocka_unit_test(failures_name_the_rule_that_a_field_is_of),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
