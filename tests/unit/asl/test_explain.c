/* What a definition or an expression is compiled to, told to people. */
#include "asl/asl.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static json_t *explain(const char *definition)
{
	struct sw_machine *machine = NULL;
	char *json = NULL;
	assert_int_equal(sw_machine_compile(definition, strlen(definition), &machine, NULL, NULL), SW_OK);
	assert_int_equal(sw_machine_explain(machine, &json), SW_OK);
	sw_machine_unref(machine);
	json_t *tree = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(tree);
	sw_text_free(json);
	return tree;
}

static void assert_is(const json_t *tree, const char *expected)
{
	json_t *other = json_loads(expected, JSON_DECODE_ANY, NULL);
	assert_non_null(other);
	if (!json_equal(tree, other)) {
		char *text = json_dumps(tree, JSON_ENCODE_ANY);
		fail_msg("%s is not %s", text, expected);
	}
	json_decref(other);
}

static const json_t *state(const json_t *machine, size_t index, const char *member)
{
	return json_object_get(json_array_get(json_object_get(machine, "states"), index), member);
}

static void a_state_is_told_with_its_defaults(void **unused)
{
	json_t *tree = explain(
		"{\"StartAt\":\"A\",\"States\":{"
		"\"A\":{\"Type\":\"Task\",\"Resource\":\"function:f\",\"Next\":\"B\",\"Parameters\":{\"x\":["
		"1,{\"y.$\":"
		"\"$.z\"}]},\"Retry\":[{\"ErrorEquals\":[\"E\"]},{\"ErrorEquals\":[\"States.ALL\"],"
		"\"IntervalSeconds\":2,"
		"\"MaxAttempts\":4,\"BackoffRate\":3,\"MaxDelaySeconds\":20,\"JitterStrategy\":\"FULL\"}],"
		"\"Catch\":[{\"ErrorEquals\":[\"E\",\"F\"],\"Next\":\"B\"}]},"
		"\"B\":{\"Type\":\"Choice\",\"Choices\":[{\"Variable\":\"$.n\",\"NumericGreaterThan\":3,"
		"\"Next\":\"C\"}]},"
		"\"C\":{\"Type\":\"Wait\",\"Seconds\":5,\"End\":true}}}");
	assert_is(json_object_get(tree, "startAt"), "\"A\"");
	assert_is(state(tree, 0, "timeoutSeconds"), "\"none\"");
	assert_is(state(tree, 0, "expressions"), "{\"Parameters/x/1/y\":\"$.z\"}");
	assert_is(state(tree, 0, "retry"),
		  "[{\"errors\":[\"E\"],\"retries\":3,\"secondsBefore\":[1,2,4]},"
		  "{\"errors\":[\"States.ALL\"],\"retries\":4,\"secondsBeforeAtMost\":[2,6,18,20]}]");
	assert_is(state(tree, 0, "catch"), "[{\"errors\":[\"E\",\"F\"],\"next\":\"B\"}]");
	assert_is(state(tree, 1, "choices"), "[{\"if\":\"$.n > 3\",\"next\":\"C\"}]");
	assert_is(state(tree, 1, "otherwise"), "\"fails with States.NoChoiceMatched\"");
	assert_is(state(tree, 2, "seconds"), "5");
	assert_is(state(tree, 2, "next"), "\"(end)\"");
	json_decref(tree);
}

static void states_inside_say_where_they_are(void **unused)
{
	json_t *tree = explain("{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"M\",\"States\":{\"M\":{\"Type\":"
			       "\"Map\",\"End\":true,"
			       "\"Items\":\"{% $states.input.l "
			       "%}\",\"ItemProcessor\":{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":"
			       "\"Parallel\",\"End\":true,\"Branches\":[{\"StartAt\":\"S\",\"States\":{\"S\":"
			       "{\"Type\":\"Pass\",\"Output\":"
			       "\"{% 1+1 %}\",\"End\":true}}}]}}}}}}");
	assert_is(state(tree, 0, "expressions"), "{\"Items\":\"$states.input.l\"}");
	assert_is(state(tree, 0, "eachStartsAt"), "\"P\"");
	assert_is(state(tree, 1, "in"), "\"each item of M\"");
	assert_is(state(tree, 2, "in"), "\"branch 0 of P\"");
	json_decref(tree);
}

static json_t *explain_expression(const char *text)
{
	struct sw_error err = {0};
	char *json = NULL;
	if (sw_expression_explain(text, strlen(text), &json, &err) != SW_OK)
		fail_msg("%s: %s", text, err.text);
	json_t *tree = json_loads(json, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(tree);
	sw_text_free(json);
	json_t *compiled = json_incref(json_object_get(tree, "compiled"));
	json_decref(tree);
	return compiled;
}

static void paths_are_told_step_by_step(void **unused)
{
	json_t *tree = explain_expression("$v..a[?(@.b >= 2 || !@.c)][0,-1][1:]");
	assert_is(json_object_get(tree, "gives"), "\"an array\"");
	assert_is(json_object_get(tree, "of"), "{\"variable\":\"v\"}");
	const json_t *steps = json_object_get(tree, "steps");
	assert_is(json_array_get(steps, 0), "\"this and everything below it\"");
	assert_is(json_array_get(steps, 1), "{\"member\":[\"a\"]}");
	const json_t *either = json_object_get(json_object_get(json_array_get(steps, 2), "filter"), "or");
	assert_is(json_object_get(json_array_get(either, 0), "compare"), "\">=\"");
	assert_is(json_object_get(json_array_get(either, 0), "right"), "2");
	assert_is(json_array_get(steps, 3), "{\"index\":[0,-1]}");
	assert_is(json_array_get(steps, 4), "{\"slice\":{\"from\":1}}");
	json_decref(tree);
	tree = explain_expression("$.a.length()");
	assert_is(json_array_get(json_object_get(tree, "steps"), 1), "{\"function\":\"length\"}");
	json_decref(tree);
}

static void calls_are_told_with_their_arguments(void **unused)
{
	json_t *tree = explain_expression("States.Array(1, 'a', States.UUID(), $$.Task)");
	assert_is(json_object_get(tree, "call"), "\"States.Array\"");
	const json_t *arguments = json_object_get(tree, "arguments");
	assert_is(json_array_get(arguments, 0), "1");
	assert_is(json_array_get(arguments, 1), "\"a\"");
	assert_is(json_array_get(arguments, 2), "{\"call\":\"States.UUID\",\"arguments\":[]}");
	assert_is(json_object_get(json_array_get(arguments, 3), "of"), "\"the context object\"");
	json_decref(tree);
}

static void jsonata_is_told_as_a_tree(void **unused)
{
	json_t *tree = explain_expression("{% $states.input.a^(>b)[c = 1] %}");
	assert_is(json_object_get(tree, "reads"), "[\"$states.input\"]");
	assert_is(json_object_get(json_object_get(tree, "tree"), "path"),
		  "[{\"variable\":\"states\"},{\"field\":\"input\"},{\"field\":\"a\"},"
		  "{\"sort "
		  "by\":[{\"descending\":{\"field\":\"b\"}}],\"filters\":[{\"operator\":\"=\",\"left\":{"
		  "\"field\":"
		  "\"c\"},\"right\":{\"constant\":1}}]}]");
	json_decref(tree);
	tree = explain_expression("{% function($x){$x ? -1 : [null, /a/]}($n) %}");
	assert_is(json_object_get(tree, "tree"),
		  "{\"call of\":{\"function "
		  "of\":[{\"variable\":\"x\"}],\"body\":{\"if\":{\"variable\":\"x\"},\"then\":"
		  "{\"constant\":-1},\"else\":{\"array\":[{\"constant\":null},{\"regex\":\"a\"}]}}},"
		  "\"arguments\":[{\"variable\":\"n\"}]}");
	json_decref(tree);
}

static void a_deep_expression_is_cut_not_refused(void **unused)
{
	char text[4096] = "{% 1";
	for (size_t i = 0; i < 900; i++)
		strcat(text, "&$a");
	strcat(text, "%}");
	json_decref(explain_expression(text));
}

static void a_mistake_is_told_with_its_column(void **unused)
{
	struct sw_error err = {0};
	char *json = NULL;
	assert_int_equal(sw_expression_explain("States.Nothing()", 16, &json, &err), SW_EQUERY);
	assert_int_equal(err.column, 1);
	err = (struct sw_error){0};
	assert_int_equal(sw_expression_explain("{% 1 + %}", 9, &json, &err), SW_EQUERY);
	assert_true(err.column > 4);
	assert_null(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_is_told_with_its_defaults),
		cmocka_unit_test(states_inside_say_where_they_are),
		cmocka_unit_test(paths_are_told_step_by_step),
		cmocka_unit_test(calls_are_told_with_their_arguments),
		cmocka_unit_test(jsonata_is_told_as_a_tree),
		cmocka_unit_test(a_deep_expression_is_cut_not_refused),
		cmocka_unit_test(a_mistake_is_told_with_its_column),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
