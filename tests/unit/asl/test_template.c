/* Payload templates, and the failures that they and others share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "asl/query.h"

#include <string.h>

static json_t *tree_of(const char *text)
{
	json_t *tree = NULL;
	assert_int_equal(sw_json_parse(text, strlen(text), 0, &tree, NULL), SW_OK);
	return tree;
}

struct mistakes {
	unsigned count;
	char pointers[256];
};

static void note_mistake(void *user, const char *pointer, const char *code, const struct sw_error *err)
{
	struct mistakes *mistakes = user;
	mistakes->count++;
	strncat(mistakes->pointers, pointer, sizeof(mistakes->pointers) - strlen(mistakes->pointers) - 1);
	strncat(mistakes->pointers, ";", 2);
	assert_string_equal(code, "SCHEMA_VALIDATION_FAILED");
	assert_true(err->text[0] != '\0');
}

static const json_t *no_variable(void *user, const char *name, size_t len)
{
	return NULL;
}

static enum sw_result evaluate(const char *source_text, const char *input_text, json_t **ret_tree,
			       struct sw_failure *failure)
{
	struct sw_owner owner;
	const struct sw_template *template = NULL;
	json_t *source = tree_of(source_text), *input = tree_of(input_text);
	struct sw_query_env env = {.input = input, .variable = no_variable};
	sw_owner_init(&owner);
	assert_int_equal(sw_template_compile(source, &sw_query_jsonpath, &owner, &template, NULL, NULL),
			 SW_OK);
	/* The source may go: what is kept is referenced. */
	json_decref(source);
	enum sw_result r = sw_template_evaluate(template, "Parameters", &env, ret_tree, failure);
	sw_owner_done(&owner);
	json_decref(input);
	return r;
}

static void gives(const char *source, const char *input, const char *result)
{
	struct sw_failure failure = {0};
	struct sw_buf out = SW_BUF;
	json_t *tree = NULL;
	if (evaluate(source, input, &tree, &failure) != SW_OK)
		fail_msg("%s: %s", source, failure.cause);
	assert_int_equal(sw_json_print(tree, &out, SIZE_MAX), SW_OK);
	assert_string_equal(out.data, result);
	sw_buf_done(&out);
	json_decref(tree);
}

static void expressions_are_replaced_by_their_values(void **state)
{
	gives("{\"a\":1,\"b.$\":\"$.x\",\"c\":{\"d.$\":\"$\",\"e\":[{\"f.$\":\"$.x\"},\"$.x\"]}}",
	      "{\"x\":\"v\"}",
	      "{\"a\":1,\"b\":\"v\",\"c\":{\"d\":{\"x\":\"v\"},\"e\":[{\"f\":\"v\"},\"$.x\"]}}");
	gives("\"$.x\"", "{}", "\"$.x\"");
	gives("{\"a\":\"$.x\",\"$\":1}", "{}", "{\"a\":\"$.x\",\"$\":1}");
	gives("{}", "{}", "{}");
	gives("[[{\"n.$\":\"States.Format('{}', $.x)\"}]]", "{\"x\":5}", "[[{\"n\":\"5\"}]]");
	gives("{\".$\":\"$.x\"}", "{\"x\":5}", "{\"\":5}");
}

static void constant_parts_are_shared_with_the_result(void **state)
{
	struct sw_owner owner;
	struct sw_failure failure = {0};
	const struct sw_template *template = NULL;
	json_t *source = tree_of("{\"big\":{\"k\":[1,2,3]},\"x.$\":\"$.v\"}"),
	       *input = tree_of("{\"v\":[1]}"), *tree = NULL;
	struct sw_query_env env = {.input = input};
	sw_owner_init(&owner);
	assert_int_equal(sw_template_compile(source, &sw_query_jsonpath, &owner, &template, NULL, NULL),
			 SW_OK);
	assert_int_equal(sw_template_evaluate(template, "Parameters", &env, &tree, &failure), SW_OK);
	assert_ptr_equal(json_object_get(tree, "big"), json_object_get(source, "big"));
	assert_ptr_equal(json_object_get(tree, "x"), json_object_get(input, "v"));
	json_decref(tree);
	json_decref(source);
	json_decref(input);
	sw_owner_done(&owner);
}

static void all_mistakes_are_reported_with_their_pointers(void **state)
{
	struct sw_owner owner;
	struct mistakes mistakes = {0};
	const struct sw_template *template = NULL;
	json_t *source =
		tree_of("{\"a.$\":1,\"b\":[{\"c.$\":\"$.\"},{\"d/e.$\":\"nope\"}],\"f.$\":\"$.ok\"}");
	sw_owner_init(&owner);
	assert_int_equal(
		sw_template_compile(source, &sw_query_jsonpath, &owner, &template, note_mistake, &mistakes),
		SW_EQUERY);
	assert_null(template);
	assert_int_equal(mistakes.count, 3);
	assert_string_equal(mistakes.pointers, "/a.$;/b/0/c.$;/b/1/d~1e.$;");
	json_decref(source);
	sw_owner_done(&owner);
}

/* scenarios/invalid_jsonpath_invalid_jsonpath_in_string_expr_jsonpath.6020 */
static void a_path_that_finds_nothing_fails_in_aws_s_words(void **state)
{
	struct sw_failure failure = {0};
	json_t *tree = NULL;
	assert_int_equal(evaluate("{\"o\":{\"value.$\":\"$.no_such_jsonpath\"}}", "{\"int-literal\": 0}",
				  &tree, &failure),
			 SW_EQUERY);
	assert_null(tree);
	assert_string_equal(failure.error, "States.Runtime");
	assert_string_equal(failure.cause,
			    "The JSONPath '$.no_such_jsonpath' specified for the field 'value.$' could "
			    "not be found in the input '{\"int-literal\":0}'");
	assert_int_equal(evaluate("{\"v.$\":\"$nope.x\"}", "1", &tree, &failure), SW_EQUERY);
	assert_string_equal(
		failure.cause,
		"The JSONPath '$nope.x' specified for the field 'v.$' could not be found in the input '1'");
	sw_failure_done(&failure);
}

/* "Output/values[0]", "Output/a/b[0][1]" and what follows: floci-io/floci#2689. */
static void locates(const char *source_text, const char *cause)
{
	struct sw_owner owner;
	const struct sw_template *template = NULL;
	struct sw_failure failure = {0};
	struct sw_query_env env = {.variable = no_variable};
	json_t *source = tree_of(source_text), *tree;
	sw_owner_init(&owner);
	assert_int_equal(sw_template_compile(source, &sw_query_jsonata, &owner, &template, NULL, NULL),
			 SW_OK);
	assert_int_equal(sw_template_evaluate(template, "Output", &env, &tree, &failure), SW_EQUERY);
	assert_string_equal(failure.cause, cause);
	sw_failure_done(&failure);
	sw_owner_done(&owner);
	json_decref(source);
}

static void failures_of_jsonata_are_located_as_aws_does(void **state)
{
	locates("\"{% $no %}\"", "The JSONata expression '$no' specified for the field 'Output' returned "
				 "nothing (undefined).");
	locates("{\"values\":[\"{% $no %}\",1]}",
		"The JSONata expression '$no' specified for the field 'Output/values[0]' returned nothing "
		"(undefined).");
	locates("{\"a\":{\"b\":[[1,\"{% 1 + 'a' %}\"]]}}",
		"The JSONata expression '1 + 'a'' specified for the field 'Output/a/b[0][1]' threw an error "
		"during "
		"evaluation. T2002: The right side of the \"+\" operator must evaluate to a number");
}

/* Bounds have no code there: floci-io/floci#2737. */
static void bounds_of_jsonata_are_told_as_aws_does(void **state)
{
	locates("[\"{% ($f := function($n) { 1 + $f($n) }; $f(1)) %}\"]",
		"The JSONata expression '($f := function($n) { 1 + $f($n) }; $f(1))' specified for the field "
		"'Output[0]' threw an error during evaluation: Stack overflow error: Check for "
		"non-terminating "
		"recursive function. Consider rewriting as tail-recursive.");
	locates("[\"{% $count([1..9e6].$string()) %}\"]",
		"The JSONata expression '$count([1..9e6].$string())' specified for the field 'Output[0]' "
		"threw an "
		"error during evaluation: Expression evaluation memory limit exceeded: Check for excessive "
		"memory "
		"usage");
}

/* Measured on AWS: floci-io/floci#3167. */
static void an_index_past_the_end_gives_null(void **state)
{
	struct sw_failure failure = {0};
	json_t *tree = NULL;
	gives("{\"v.$\":\"$.a[7]\",\"w.$\":\"$.a[1].x\"}", "{\"a\":[1]}", "{\"v\":null,\"w\":null}");
	assert_int_equal(evaluate("{\"v.$\":\"$.a[0].x\"}", "{\"a\":[{}]}", &tree, &failure), SW_EQUERY);
	assert_int_equal(evaluate("{\"v.$\":\"$.b[0]\"}", "{\"a\":[1]}", &tree, &failure), SW_EQUERY);
	assert_int_equal(evaluate("{\"v.$\":\"$.a[0]\"}", "{\"a\":{}}", &tree, &failure), SW_EQUERY);
	sw_failure_done(&failure);
}

static void a_failing_function_keeps_its_own_text(void **state)
{
	struct sw_failure failure = {0};
	json_t *tree = NULL;
	assert_int_equal(evaluate("{\"v.$\":\"States.ArrayLength($.a)\"}", "{\"a\":1}", &tree, &failure),
			 SW_EQUERY);
	assert_string_equal(failure.error, "States.Runtime");
	assert_string_equal(failure.cause,
			    "There was an error while evaluating the intrinsic function: "
			    "States.ArrayLength($.a). Invalid arguments in States.ArrayLength");
	sw_failure_done(&failure);
}

static void causes_are_cut_at_a_character(void **state)
{
	struct sw_failure failure = {0};
	struct sw_buf text = SW_BUF;
	sw_buf_char(&text, 'x');
	for (int i = 0; i < SW_CAUSE_BYTES_MAX; i++)
		sw_buf_text(&text, "\xE2\x82\xAC");
	assert_int_equal(sw_failure_set(&failure, "E", "%s", text.data), SW_OK);
	assert_int_equal(strlen(failure.cause), SW_CAUSE_BYTES_MAX - 1); /* 1 + 3 n */
	assert_int_equal(sw_failure_take(&failure, NULL, NULL), SW_OK);
	assert_null(failure.error);
	assert_null(failure.cause);
	json_t *input = json_string(text.data);
	assert_int_equal(sw_failure_path_not_found(&failure, "$.a", "b.$", input), SW_OK);
	assert_true(strlen(failure.cause) <= SW_CAUSE_BYTES_MAX);
	json_decref(input);
	sw_buf_done(&text);
	sw_failure_done(&failure);
}

static unsigned done_count;

static void count_done(void *thing)
{
	done_count += *(unsigned *)thing;
}

static void an_owner_ends_what_it_adopted(void **state)
{
	struct sw_owner owner;
	unsigned one = 1, ten = 10;
	done_count = 0;
	sw_owner_init(&owner);
	assert_int_equal(sw_owner_adopt(&owner, &one, count_done), SW_OK);
	assert_int_equal(sw_owner_adopt(&owner, &ten, count_done), SW_OK);
	assert_non_null(sw_owner_adopt_tree_new(&owner, json_string("x")));
	assert_null(sw_owner_adopt_tree_new(&owner, NULL));
	assert_int_equal(done_count, 0);
	sw_owner_done(&owner);
	assert_int_equal(done_count, 11);
}

static void deep_templates_are_compiled_and_evaluated(void **state)
{
	struct sw_buf text = SW_BUF;
	struct sw_failure failure = {0};
	json_t *tree = NULL;
	for (int i = 0; i < 999; i++)
		sw_buf_text(&text, "{\"a\":");
	sw_buf_text(&text, "{\"b.$\":\"$\"}");
	for (int i = 0; i < 999; i++)
		sw_buf_text(&text, "}");
	assert_int_equal(evaluate(text.data, "1", &tree, &failure), SW_OK);
	json_decref(tree);
	sw_buf_done(&text);
}

static void constants_and_expressions_may_stand_in_any_order(void **state)
{
	gives("[{\"c\":{\"d\":[1,{}]}},{\"x.$\":\"$\"},[[{\"y.$\":\"$.a\"}],{\"z\":[[]]}],7,"
	      "{\"u\":[{\"t\":{}}],\"w\":{\"v.$\":\"$.a\",\"k\":{\"l\":[2]}},\"m\":{}},[],{\"n.$\":\"$.a\"}]",
	      "{\"a\":5}",
	      "[{\"c\":{\"d\":[1,{}]}},{\"x\":{\"a\":5}},[[{\"y\":5}],{\"z\":[[]]}],7,"
	      "{\"u\":[{\"t\":{}}],\"w\":{\"v\":5,\"k\":{\"l\":[2]}},\"m\":{}},[],{\"n\":5}]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constants_and_expressions_may_stand_in_any_order),
		cmocka_unit_test(expressions_are_replaced_by_their_values),
		cmocka_unit_test(constant_parts_are_shared_with_the_result),
		cmocka_unit_test(all_mistakes_are_reported_with_their_pointers),
		cmocka_unit_test(a_path_that_finds_nothing_fails_in_aws_s_words),
		cmocka_unit_test(failures_of_jsonata_are_located_as_aws_does),
		cmocka_unit_test(bounds_of_jsonata_are_told_as_aws_does),
		cmocka_unit_test(an_index_past_the_end_gives_null),
		cmocka_unit_test(a_failing_function_keeps_its_own_text),
		cmocka_unit_test(causes_are_cut_at_a_character),
		cmocka_unit_test(an_owner_ends_what_it_adopted),
		cmocka_unit_test(deep_templates_are_compiled_and_evaluated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
