/* Findings: codes, AWS's words and places, order. The messages themselves are in tests/invalid. */
#include "asl/asl.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct sw_findings *findings_of(const char *text)
{
	struct sw_machine *machine = NULL;
	struct sw_findings *findings = NULL;
	enum sw_result r = sw_machine_compile(text, strlen(text), &machine, &findings, NULL);
	assert_true(r == SW_OK || r == SW_EDEFINITION);
	assert_int_equal(r == SW_EDEFINITION, sw_findings_errors(findings) > 0);
	sw_machine_unref(machine);
	return findings;
}

/* The definition has this one error, in AWS's words and at AWS's place. */
static void expect_error(const char *text, const char *code, const char *aws_text, const char *aws_location)
{
	struct sw_findings *findings = findings_of(text);
	const struct sw_finding *found = sw_findings_get(findings, 0);
	assert_int_equal(sw_findings_errors(findings), 1);
	assert_int_equal(found->severity, SW_SEVERITY_ERROR);
	assert_string_equal(found->code, code);
	assert_string_equal(found->aws_text, aws_text);
	assert_string_equal(found->aws_location, aws_location);
	sw_findings_free(findings);
}

/* One state A that ends, with the fields given. */
static void expect_state_error(const char *fields, const char *aws_text, const char *aws_location)
{
	char text[1024];
	snprintf(text, sizeof(text), "{\"StartAt\": \"A\", \"States\": {\"A\": {%s, \"End\": true}}}",
		 fields);
	expect_error(text, "SCHEMA_VALIDATION_FAILED", aws_text, aws_location);
}

/* api/create_delete_invalid_sm.6aca */
static void missing_states_are_said_as_aws_does(void **unused)
{
	(void)unused;
	expect_error("{\"Comment\": \"BASE_INVALID_DER\", \"StartAt\": \"State_1\"}",
		     "SCHEMA_VALIDATION_FAILED", "These fields are required: [States]", "/");
}

/* scenarios/wait_timestamp_invalid_no_t.d1d2, _no_z.9e08, _invalid_date.5b26 */
static void timestamps_are_checked_as_aws_does(void **unused)
{
	static const char *const bad[] = {"2016-12-05 21:29:29Z", "2016-12-05T21:29:29",
					  "2016-13-05T21:29:29Z"};
	char fields[100];
	(void)unused;
	for (size_t i = 0; i < 3; i++) {
		snprintf(fields, sizeof(fields), "\"Type\": \"Wait\", \"Timestamp\": \"%s\"", bad[i]);
		expect_state_error(fields, "String does not match RFC3339 timestamp", "/States/A/Timestamp");
	}
}

/* test_state/state_machine_scenarios.state_name_invalid_state_definition.0787 */
static void unknown_types_are_said_as_aws_does(void **unused)
{
	(void)unused;
	expect_state_error(
		"\"Type\": \"TypeThatDoesNotExist\"",
		"The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, "
		"Choice, Parallel, Map]",
		"/States/A/Type");
}

/*
 * Captured from AWS by others: gabrielmoreira/tiny-asl-machine, Validation.Structure-004, -005,
 * Validation.BasicStructure-001, Feature.ChoiceValidation-003 to -006.
 */
static void structure_is_said_as_aws_does(void **unused)
{
#define CHOICE(rule)                                                                                \
	"{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Choice\", \"Choices\": [" rule "], " \
	"\"Default\": \"B\"}, \"B\": {\"Type\": \"Pass\", \"End\": true}}}"
	static const char *const alone = "States.ALL must appear alone and at end of list";
	(void)unused;
	expect_state_error(
		"\"Type\": \"Task\", \"Resource\": \"arn:aws:states:::aws-sdk:sts:getCallerIdentity\", "
		"\"Parameters\": {}, \"Retry\": [{\"ErrorEquals\": [\"States.ALL\", \"CustomError\"]}]",
		alone, "/States/A/Retry[0]/ErrorEquals[0]");
	expect_state_error(
		"\"Type\": \"Task\", \"Resource\": \"arn:aws:states:::aws-sdk:sts:getCallerIdentity\", "
		"\"Parameters\": {}, \"Retry\": [{\"ErrorEquals\": [\"States.ALL\"]}, {\"ErrorEquals\": "
		"[\"CustomError\"]}]",
		alone, "/States/A/Retry[0]/ErrorEquals[0]");
	expect_state_error("\"Comment\": \"\"", "The field 'Type' is required", "/States/A");
	expect_error(CHOICE("{\"Not\": {\"Or\": []}, \"Next\": \"B\"}"), "SCHEMA_VALIDATION_FAILED",
		     "Value cannot be empty", "/States/A/Choices[0]/Not/Or");
	expect_error(CHOICE("{\"Variable\": \"status\", \"StringEquals\": \"READY\", \"Next\": \"B\"}"),
		     "SCHEMA_VALIDATION_FAILED",
		     "Value is not a Reference Path: Reference path didn't start with '$'",
		     "/States/A/Choices[0]/Variable");
#define OPERATORS                                                                                \
	"StringEquals, IsBoolean, StringLessThan, IsNumeric, BooleanEquals, "                    \
	"StringLessThanEqualsPath, NumericLessThan, NumericGreaterThan, NumericLessThanPath, "   \
	"StringMatches, TimestampLessThanEqualsPath, NumericEquals, TimestampGreaterThan, "      \
	"StringGreaterThanEqualsPath, TimestampGreaterThanEqualsPath, TimestampLessThanEquals, " \
	"NumericLessThanEqualsPath, TimestampEquals, BooleanEqualsPath, IsTimestamp, "           \
	"StringLessThanEquals, NumericLessThanEquals, StringLessThanPath, "                      \
	"TimestampGreaterThanPath, StringGreaterThan, StringGreaterThanPath, IsString, "         \
	"StringEqualsPath, TimestampEqualsPath, TimestampLessThan, StringGreaterThanEquals, "    \
	"NumericGreaterThanPath, NumericGreaterThanEquals, NumericEqualsPath, "                  \
	"TimestampLessThanPath, IsNull, IsPresent, TimestampGreaterThanEquals, "                 \
	"NumericGreaterThanEqualsPath"
	expect_error(CHOICE("{\"Variable\": \"$.status\", \"Next\": \"B\"}"), "SCHEMA_VALIDATION_FAILED",
		     "This object should have only one of the following fields: [" OPERATORS "]",
		     "/States/A/Choices[0]");
	expect_error(CHOICE("{\"Variable\": \"$.value\", \"StringEquals\": \"1\", \"NumericGreaterThan\": 0, "
			    "\"Next\": "
			    "\"B\"}"),
		     "SCHEMA_VALIDATION_FAILED",
		     "There should only be one of the following fields: [" OPERATORS "]",
		     "/States/A/Choices[0]");
}

/* test_state/state_mock_validation.parallel_state_empty_branches.1615 */
static void empty_branches_are_said_as_aws_does(void **unused)
{
	(void)unused;
	expect_state_error("\"Type\": \"Parallel\", \"Branches\": []", "Value cannot be empty",
			   "/States/A/Branches");
}

/* services/dynamodb_task_service.invalid_integration.fdde */
static void unknown_actions_are_said_as_aws_does(void **unused)
{
	(void)unused;
	expect_state_error(
		"\"Type\": \"Task\", \"Resource\": \"arn:aws:states:::dynamodb:query\"",
		"The resource provided arn:aws:states:::dynamodb:query is not recognized. The value is not a "
		"valid resource ARN, or the resource is not available in this region.",
		"/States/A/Resource");
}

/* scenarios/illegal_escapes_escape_sequences_illegal_intrinsic_function.a76a: the place is the template's */
static void template_mistakes_are_said_as_aws_does(void **unused)
{
	(void)unused;
	expect_state_error(
		"\"Type\": \"Pass\", \"Parameters\": {\"a\": {\"parsed.$\": \"nothing\"}}",
		"The value for the field 'parsed.$' must be a valid JSONPath or a valid intrinsic function "
		"call",
		"/States/A/Parameters");
}

/* api_validation/validate_state_machine_definition_type_standard_invalid_downgrade_query_language.1048 */
static void a_downgrade_of_the_language_is_said_as_aws_does(void **unused)
{
	(void)unused;
	expect_error("{\"StartAt\": \"Pass\", \"States\": {\"Pass\": {\"Type\": \"Pass\", \"End\": true, "
		     "\"QueryLanguage\": \"JSONPath\"}}, \"QueryLanguage\": \"JSONata\"}",
		     "SCHEMA_VALIDATION_FAILED",
		     "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
		     "/States/Pass");
}

/* api_validation/validate_state_machine_definition_not_a_definition_empty_string.dbeb */
static void blank_text_is_said_as_aws_does(void **unused)
{
	(void)unused;
	expect_error(" ", "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", "");
	expect_error("[]", "SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object", "");
}

/* api_validation/validate_state_machine_definition_not_a_definition_not_a_def.ea3e */
static void text_that_is_no_json_has_its_own_code(void **unused)
{
	struct sw_findings *findings = findings_of("not a definition");
	(void)unused;
	assert_string_equal(sw_findings_get(findings, 0)->code, "INVALID_JSON_DESCRIPTION");
	assert_int_equal(sw_findings_get(findings, 0)->error.line, 1);
	sw_findings_free(findings);
}

static void expect_express(const char *state, const char *aws_text, const char *aws_location)
{
	char text[1024];
	struct sw_machine *machine = NULL;
	struct sw_findings *findings = NULL;
	struct sw_error err = {0};
	snprintf(text, sizeof(text),
		 "{\"StartAt\": \"P\", \"States\": {\"P\": {\"Type\": \"Parallel\", \"End\": true, "
		 "\"Branches\": "
		 "[{\"StartAt\": \"A\", \"States\": {\"A\": {%s, \"End\": true}}}]}}}",
		 state);
	assert_int_equal(sw_machine_compile(text, strlen(text), &machine, NULL, &err), SW_OK);
	if (!aws_text) {
		assert_int_equal(sw_machine_check_express(machine, &findings, &err), SW_OK);
		assert_null(findings);
	} else {
		assert_int_equal(sw_machine_check_express(machine, &findings, &err), SW_EDEFINITION);
		assert_string_equal(sw_findings_get(findings, 0)->aws_text, aws_text);
		assert_string_equal(sw_findings_get(findings, 0)->aws_location, aws_location);
		assert_int_equal(err.line, 1);
	}
	sw_findings_free(findings);
	sw_machine_unref(machine);
}

/* api_express/illegal_activity_task.ccdf, api_express/illegal_callbacks_sync.0452 */
static void express_machines_are_checked_as_aws_does(void **unused)
{
	(void)unused;
	expect_express(
		"\"Type\": \"Task\", \"Resource\": \"arn:aws:states:us-east-1:123456789012:activity:a\"",
		"Express state machine does not support Activity ARN",
		"/States/P/Branches[0]/States/A/Resource");
	expect_express("\"Type\": \"Task\", \"Resource\": \"arn:aws:states:::states:startExecution.sync:2\"",
		       "Express state machine does not support '.sync' service integration",
		       "/States/P/Branches[0]/States/A/Resource");
	expect_express("\"Type\": \"Map\", \"Iterator\": {\"ProcessorConfig\": {\"Mode\": \"DISTRIBUTED\", "
		       "\"ExecutionType\": \"EXPRESS\"}, \"StartAt\": \"B\", \"States\": {\"B\": "
		       "{\"Type\": \"Succeed\"}}}",
		       "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state "
		       "machines",
		       "/States/P/Branches[0]/States/A/Iterator/ProcessorConfig/Mode");
	expect_express("\"Type\": \"Task\", \"Resource\": \"arn:aws:states:::states:startExecution\"", NULL,
		       NULL);
}

static void fields_of_the_other_language_are_said_as_aws_does(void **unused)
{
	(void)unused;
	expect_state_error(
		"\"Type\": \"Pass\", \"Output\": 1",
		"The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the "
		"'JSONata' QueryLanguage",
		"/States/A");
}

static void unsupported_fields_are_said_of_the_state(void **unused)
{
	(void)unused;
	expect_state_error("\"Type\": \"Pass\", \"TimeoutSeconds\": 5",
			   "Field 'TimeoutSeconds' is not supported", "/States/A");
	expect_state_error("\"Type\": \"Map\", \"MaxConcurrency\": -1, \"Iterator\": {\"StartAt\": \"B\", "
			   "\"States\": {\"B\": {\"Type\": \"Succeed\"}}}",
			   "Minimum value is 0", "/States/A/MaxConcurrency");
}

static void dangling_targets_come_with_what_they_leave_unreachable(void **unused)
{
	struct sw_findings *findings =
		findings_of("{\"StartAt\": \"pass1\", \"States\": {\"pass1\": {\"Type\": \"Pass\", \"Next\": "
			    "\"pass3\"}, \"pass2\": {\"Type\": \"Pass\", \"End\": true}}}");
	(void)unused;
	assert_int_equal(sw_findings_count(findings), 2);
	assert_string_equal(sw_findings_get(findings, 0)->aws_text, "Missing 'Next' target: pass3");
	assert_string_equal(sw_findings_get(findings, 0)->aws_location, "/States/pass1/Next");
	assert_string_equal(sw_findings_get(findings, 1)->aws_text, "State \"pass2\" is not reachable.");
	assert_string_equal(sw_findings_get(findings, 1)->code, "MISSING_TRANSITION_TARGET");
	sw_findings_free(findings);
}

static void places_in_arrays_have_brackets_for_aws(void **unused)
{
	struct sw_findings *findings = findings_of("{\"StartAt\": \"P\", \"States\": {\"P\": {\"Type\": "
						   "\"Parallel\", \"End\": true, \"Branches\": [\n"
						   "{\"StartAt\": \"W\", \"States\": {\"W\": {\"Type\": "
						   "\"Succeed\"}, \"a/b\": {\"Type\": \"Fail\"}}}]}}}");
	const struct sw_finding *found = sw_findings_get(findings, 0);
	(void)unused;
	assert_int_equal(sw_findings_count(findings), 1);
	assert_string_equal(found->aws_location, "/States/P/Branches[0]/States/a/b");
	assert_string_equal(found->error.pointer, "/States/P/Branches/0/States/a~1b");
	assert_int_equal(found->error.line, 2);
	assert_int_equal(found->error.column, 55);
	sw_findings_free(findings);
}

static void a_loop_without_end_names_no_place(void **unused)
{
	(void)unused;
	expect_error("{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", \"Next\": \"B\"}, "
		     "\"B\": {\"Type\": \"Pass\", \"Next\": \"A\"}, \"C\": {\"Type\": \"Pass\", \"Next\": "
		     "\"A\"}}}",
		     "MISSING_END_STATE", "Workflow has no terminal state", "");
}

/* floci-io/floci#2786, measured on AWS */
static void a_missing_end_is_told_behind_a_missing_target(void **unused)
{
	struct sw_findings *findings = findings_of(
		"{\"StartAt\": \"A\", \"States\": {\n\"A\": {\"Type\": \"Pass\", \"Next\": \"X\"}}}");
	(void)unused;
	assert_int_equal(sw_findings_count(findings), 2);
	assert_string_equal(sw_findings_get(findings, 0)->code, "MISSING_TRANSITION_TARGET");
	assert_int_equal(sw_findings_get(findings, 0)->error.line, 2);
	assert_string_equal(sw_findings_get(findings, 1)->code, "MISSING_END_STATE");
	assert_int_equal(sw_findings_get(findings, 1)->error.line, 1);
	sw_findings_free(findings);
}

static void columns_count_characters(void **unused)
{
	struct sw_findings *findings = findings_of("{\"StartAt\": \"\xc3\xa4\", \"States\": {\"\xc3\xa4\": "
						   "{\"Type\": \"Wait\", \"Comment\": \"\xe2\x86\x92\", "
						   "\"Seconds\": -1, \"End\": true}}}");
	(void)unused;
	assert_int_equal(sw_findings_get(findings, 0)->error.column, 78);
	sw_findings_free(findings);
}

static void mistakes_inside_an_expression_have_their_column(void **unused)
{
	struct sw_findings *findings =
		findings_of("{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\",\n"
			    "\"InputPath\": \"$.a[x]\", \"End\": true}}}");
	const struct sw_finding *found = sw_findings_get(findings, 0);
	(void)unused;
	assert_int_equal(sw_findings_count(findings), 1);
	assert_int_equal(found->error.line, 2);
	assert_true(found->error.column >= 15 && found->error.column <= 20);
	assert_string_equal(found->error.pointer, "/States/A/InputPath");
	sw_findings_free(findings);
}

static void a_good_definition_may_have_warnings(void **unused)
{
	struct sw_findings *findings =
		findings_of("{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", "
			    "\"Parameters\": {\"x\": \"$.y\"}, \"End\": true}}}");
	(void)unused;
	assert_int_equal(sw_findings_errors(findings), 0);
	assert_int_equal(sw_findings_count(findings), 1);
	assert_string_equal(sw_findings_get(findings, 0)->code, "NO_DOLLAR");
	assert_null(sw_findings_get(findings, 1));
	sw_findings_free(findings);
	sw_findings_free(NULL);
}

static void findings_are_sorted_and_limited(void **unused)
{
	struct sw_buf text = SW_BUF;
	(void)unused;
	sw_buf_text(&text, "{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Succeed\"}");
	for (int i = 0; i < 1000; i++)
		sw_buf_printf(&text, ",\n\"S%d\": {\"Type\": \"Pass\", \"Next\": \"T%d\", \"End\": 1}", i, i);
	sw_buf_text(&text, "}}");
	struct sw_findings *findings = findings_of(text.data);
	assert_int_equal(sw_findings_errors(findings), SW_FINDINGS_MAX);
	for (size_t i = 1; i < sw_findings_count(findings); i++) {
		const struct sw_error *a = &sw_findings_get(findings, i - 1)->error;
		const struct sw_error *b = &sw_findings_get(findings, i)->error;
		assert_true(a->line < b->line || (a->line == b->line && a->column <= b->column));
	}
	sw_findings_free(findings);
	sw_buf_done(&text);
}

static void the_first_mistake_is_the_error(void **unused)
{
	const char *text =
		"{\"StartAt\": \"A\", \"States\": {\"A\": {\"Type\": \"Pass\", \"Nxt\": 1,\n\"End\": 2}}}";
	struct sw_machine *machine = NULL;
	struct sw_error err = {0};
	(void)unused;
	assert_int_equal(sw_machine_compile(text, strlen(text), &machine, NULL, &err), SW_EDEFINITION);
	assert_null(machine);
	assert_int_equal(err.code, SW_EDEFINITION);
	assert_int_equal(err.line, 1);
	assert_string_equal(err.text, "a Pass state has no field \"Nxt\"; did you mean \"Next\"?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_states_are_said_as_aws_does),
		cmocka_unit_test(timestamps_are_checked_as_aws_does),
		cmocka_unit_test(unknown_types_are_said_as_aws_does),
		cmocka_unit_test(structure_is_said_as_aws_does),
		cmocka_unit_test(empty_branches_are_said_as_aws_does),
		cmocka_unit_test(unknown_actions_are_said_as_aws_does),
		cmocka_unit_test(template_mistakes_are_said_as_aws_does),
		cmocka_unit_test(a_downgrade_of_the_language_is_said_as_aws_does),
		cmocka_unit_test(blank_text_is_said_as_aws_does),
		cmocka_unit_test(text_that_is_no_json_has_its_own_code),
		cmocka_unit_test(express_machines_are_checked_as_aws_does),
		cmocka_unit_test(fields_of_the_other_language_are_said_as_aws_does),
		cmocka_unit_test(unsupported_fields_are_said_of_the_state),
		cmocka_unit_test(dangling_targets_come_with_what_they_leave_unreachable),
		cmocka_unit_test(places_in_arrays_have_brackets_for_aws),
		cmocka_unit_test(a_loop_without_end_names_no_place),
		cmocka_unit_test(a_missing_end_is_told_behind_a_missing_target),
		cmocka_unit_test(columns_count_characters),
		cmocka_unit_test(mistakes_inside_an_expression_have_their_column),
		cmocka_unit_test(a_good_definition_may_have_warnings),
		cmocka_unit_test(findings_are_sorted_and_limited),
		cmocka_unit_test(the_first_mistake_is_the_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
