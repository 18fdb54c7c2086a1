/* variableReferences: what states refer to. */
#include "asl/asl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void check(const char *definition, const char *expected)
{
	char *json = NULL;
	assert_int_equal(sw_definition_variables(definition, strlen(definition), &json, NULL), SW_OK);
	if (expected)
		assert_string_equal(json ? json : "(none)", expected);
	else
		assert_null(json);
	sw_text_free(json);
}

#define STATE(fields) "{\"States\":{\"S\":{" fields "}}}"
#define JSONATA(fields) "{\"QueryLanguage\":\"JSONata\",\"States\":{\"S\":{" fields "}}}"

static void paths_and_templates_name_their_variables(void **state)
{
	check(STATE("\"InputPath\":\"$in.a\",\"OutputPath\":\"$$.x\",\"Parameters\":{\"a.$\":\"$p[0]\",\"b\":"
		    "\"$no\"}"),
	      "{\"S\":[\"in\",\"p\"]}");
	check(STATE("\"Assign\":{\"x\":{\"y.$\":\"$old\"},\"z.$\":\"$.input\"}"), "{\"S\":[\"old\"]}");
}

static void literals_are_not_looked_at(void **state)
{
	check(STATE("\"Result\":{\"a.$\":\"$no\"},\"Parameters\":{\"InputPath\":\"$no\"},\"Comment\":\"$"
		    "no\""),
	      NULL);
}

/* api_variable_references/base_reference_in_intrinsic_function */
static void arguments_of_intrinsic_functions_count_but_quoted_text_does_not(void **state)
{
	check(STATE("\"Parameters\":{\"a.$\":\"States.Format('$no {} \\\\'$no', $b, States.Hash($a.x, "
		    "$$.no))\"}"),
	      "{\"S\":[\"a\",\"b\"]}");
}

/* api_variable_references/base_reference_in_choice */
static void rules_of_choices_are_looked_through(void **state)
{
	check(STATE("\"Choices\":[{\"And\":[{\"Variable\":\"$a\",\"StringEqualsPath\":\"$b\"},{\"Not\":{"
		    "\"Variable\":\"$.c\",\"StringEquals\":\"$no\"}}],\"Assign\":{\"x.$\":\"$d\"}}]"),
	      "{\"S\":[\"a\",\"b\",\"d\"]}");
}

/* api_variable_references/base_reference_in_iterator_outer_scope: each state has its own. */
static void states_inside_of_others_have_their_own(void **state)
{
	check(STATE("\"ItemsPath\":\"$list\",\"ItemProcessor\":{\"States\":{\"I\":{\"InputPath\":\"$i\"}}},"
		    "\"Branches\":[{\"States\":{\"B\":{\"OutputPath\":\"$b\"}}}]"),
	      "{\"S\":[\"list\"],\"I\":[\"i\"],\"B\":[\"b\"]}");
	check(STATE("\"ItemReader\":{\"ReaderConfig\":{\"MaxItemsPath\":\"$max\"},\"Parameters\":{\"Key.$\":"
		    "\"$key\",\"OtherPath\":\"$no\"}}"),
	      "{\"S\":[\"key\",\"max\"]}");
}

static void jsonata_names_what_is_not_bound_or_called(void **state)
{
	check(JSONATA("\"Output\":\"{% $sum($x.a) + $states.input.b + ($local := 1; $local + $y) %}\""),
	      "{\"S\":[\"x\",\"y\"]}");
	check(JSONATA("\"Arguments\":{\"a\":[\"{% $map($list, function($v, $i) { $v & '$no' & $$ }) /* $no "
		      "*/ %}\","
		      "\"$no\"]},\"Assign\":{\"b\":\"{% $map($l2, $uppercase) %}\"}"),
	      "{\"S\":[\"l2\",\"list\"]}");
	check(JSONATA("\"QueryLanguage\":\"JSONPath\",\"OutputPath\":\"$x\""), "{\"S\":[\"x\"]}");
}

static void what_is_no_definition_has_no_variables(void **state)
{
	char *json = NULL;
	check("[]", NULL);
	check("{\"States\":[1]}", NULL);
	check("{\"States\":{\"A\":7}}", NULL);
	assert_int_equal(sw_definition_variables("{", 1, &json, NULL), SW_EJSON);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_and_templates_name_their_variables),
		cmocka_unit_test(literals_are_not_looked_at),
		cmocka_unit_test(arguments_of_intrinsic_functions_count_but_quoted_text_does_not),
		cmocka_unit_test(rules_of_choices_are_looked_through),
		cmocka_unit_test(states_inside_of_others_have_their_own),
		cmocka_unit_test(jsonata_names_what_is_not_bound_or_called),
		cmocka_unit_test(what_is_no_definition_has_no_variables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
