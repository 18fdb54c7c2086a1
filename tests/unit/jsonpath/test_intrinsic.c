/* Intrinsic functions. Cases marked "recorded" are answers of AWS (intrinsic_functions/ of the recordings).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "path_fixture.h"

static const json_t *context_of(void *user)
{
	return user;
}

static enum sw_result call(const char *text, const char *input_text, json_t **ret_tree,
			   struct sw_failure *failure)
{
	struct sw_owner owner;
	struct sw_error err = {0};
	struct sw_rng rng = sw_rng(1);
	const struct sw_expr *expr = NULL;
	json_t *input = tree_of(input_text);
	uint32_t steps_left = SW_QUERY_STEPS_MAX;
	struct sw_query_env env = {
		.input = input, .context = context_of, .steps_left = &steps_left, .rng = &rng};
	env.user = json_object();
	sw_owner_init(&owner);
	enum sw_result r = sw_query_jsonpath.compile(text, strlen(text), sw_query_jsonpath.template_kinds,
						     &owner, &expr, &err);
	if (r != SW_OK)
		fail_msg("%s: %s at %u", text, err.text, err.column);
	r = expr->ops->evaluate(expr, &env, ret_tree, failure);
	sw_owner_done(&owner);
	json_decref(input);
	json_decref(env.user);
	return r;
}

static void gives(const char *text, const char *input, const char *result)
{
	struct sw_failure failure = {0};
	json_t *tree = NULL;
	if (call(text, input, &tree, &failure) != SW_OK)
		fail_msg("%s: %s", text, failure.cause);
	expect_tree(tree, result);
}

static void fails(const char *text, const char *input, const char *error, const char *cause)
{
	struct sw_failure failure = {0};
	json_t *tree = NULL;
	if (call(text, input, &tree, &failure) != SW_EQUERY)
		fail_msg("%s works", text);
	assert_string_equal(failure.error, error);
	if (cause)
		assert_string_equal(failure.cause, cause);
	sw_failure_done(&failure);
}

static void refuses(const char *text, uint32_t column)
{
	struct sw_owner owner;
	struct sw_error err = {0};
	const struct sw_expr *expr = NULL;
	sw_owner_init(&owner);
	if (sw_query_jsonpath.compile(text, strlen(text), sw_query_jsonpath.template_kinds, &owner, &expr,
				      &err) != SW_EQUERY)
		fail_msg("%s is taken", text);
	if (err.column != column)
		fail_msg("%s: %s at %u", text, err.text, err.column);
	sw_owner_done(&owner);
}

static void format_fills_in_its_arguments(void **state)
{
	gives("States.Format('Hello, {}!', $.name)", "{\"name\":\"Ada\"}", "\"Hello, Ada!\"");
	gives("States.Format( 'a\\{b\\}\\\\ \\'{}\\' {}' , 1.5 , null )", "{}", "\"a{b}\\\\ '1.5' null\"");
	gives("States.Format($.t, $.a)", "{\"t\":\"<{}>\",\"a\":true}", "\"<true>\"");
	/* recorded: generic.format_2 */
	gives("States.Format('fst={} and snd={}.', $.a, $.b)",
	      "{\"a\":{\"Arg1\":1,\"Arg2\":[]},\"b\":\"{\\\"Arg1\\\": 1}\"}",
	      "\"fst={Arg1=1, Arg2=[]} and snd={\\\"Arg1\\\": 1}.\"");
	fails("States.Format('{}{}', 1)", "{}", "States.IntrinsicFailure", NULL);
	fails("States.Format('{}', 1, 2)", "{}", "States.IntrinsicFailure", NULL);
	fails("States.Format($.n)", "{\"n\":1}", "States.IntrinsicFailure", NULL);
}

static void strings_become_json_and_back(void **state)
{
	/* recorded: json_manipulation.string_to_json, json_to_string */
	gives("States.StringToJson($)", "\"\"", "null");
	gives("States.StringToJson($)", "\" \"", "null");
	gives("States.StringToJson($)", "\"-0\"", "0");
	gives("States.StringToJson($)", "\"{\\\"Arg1\\\": 1, \\\"Arg2\\\": []}\"",
	      "{\"Arg1\":1,\"Arg2\":[]}");
	gives("States.JsonToString($)", "{\"Arg1\":1,\"Arg2\":[]}", "\"{\\\"Arg1\\\":1,\\\"Arg2\\\":[]}\"");
	gives("States.JsonToString($)", "\"HelloWorld\"", "\"\\\"HelloWorld\\\"\"");
	fails("States.StringToJson($)", "\"{\"", "States.IntrinsicFailure", NULL);
	fails("States.StringToJson($)", "1", "States.IntrinsicFailure", NULL);
}

static void arrays_are_made_and_taken_apart(void **state)
{
	gives("States.Array()", "{}", "[]"); /* recorded: array.array_0 */
	gives("States.Array('Foo', $.x, 2.3, null, States.Array(1))", "{\"x\":[]}",
	      "[\"Foo\",[],2.3,null,[1]]");
	gives("States.ArrayPartition($, 2)", "[0,1,2]", "[[0,1],[2]]"); /* recorded: array.array_partition */
	gives("States.ArrayPartition($, 5)", "[]", "[]");
	fails("States.ArrayPartition($, 0)", "[1]", "States.IntrinsicFailure", NULL);
	gives("States.ArrayContains($.a, $.b)", "{\"a\":[[1,2,3],2],\"b\":[1,2,3]}", "true"); /* recorded */
	gives("States.ArrayContains($.a, $.b)", "{\"a\":[],\"b\":null}", "false");
	gives("States.ArrayRange(0, 10, 3)", "{}", "[0,3,6,9]"); /* recorded: array.array_range */
	gives("States.ArrayRange(3, 1, -1)", "{}", "[3,2,1]");
	gives("States.ArrayRange(1, 0, 1)", "{}", "[]");
	fails("States.ArrayRange(1, 1001, 1)", "{}", "States.IntrinsicFailure", NULL);
	fails("States.ArrayRange(1, 5, 0)", "{}", "States.IntrinsicFailure", NULL);
	gives("States.ArrayRange(9223372036854775806, 9223372036854775807, 5)", "{}",
	      "[9223372036854775806]");
	gives("States.ArrayGetItem($, 1)", "[5,6]", "6");
	fails("States.ArrayGetItem($, 2)", "[5,6]", "States.IntrinsicFailure",
	      "The function 'States.ArrayGetItem($, 2)' had the following error: the index 2 is outside of "
	      "the array of 2 items");
	gives("States.ArrayLength($)", "[1,2,3]", "3");
	gives("States.ArrayUnique($)", "[1,1.0,\"1\",[1],[1],null,null,{\"a\":1},{\"a\":1.0},true]",
	      "[1,\"1\",[1],null,{\"a\":1},true]");
	fails("States.ArrayLength($)", "{}", "States.IntrinsicFailure", NULL);
}

static void unique_items_differ_in_value_not_in_form(void **state)
{
	gives("States.ArrayUnique($)",
	      "[[1,{\"b\":2.0,\"a\":null}],[1.0,{\"a\":null,\"b\":2}],[1,{\"a\":null}],[[1],1],[[1,1]],\"[1]"
	      "\",[\"1\"],[1]]",
	      "[[1,{\"b\":2.0,\"a\":null}],[1,{\"a\":null}],[[1],1],[[1,1]],\"[1]\",[\"1\"],[1]]");
	gives("States.ArrayUnique($)",
	      "[18446744073709551616,18446744073709551616.0,18446744073709551617,-0.0,0,0.5,5e-1,{\"a\":\"b,"
	      "c\"},{\"a\":\"b\",\"c\":1}]",
	      "[18446744073709551616,18446744073709551617,-0.0,0.5,{\"a\":\"b,c\"},{\"a\":\"b\",\"c\":1}]");
}

/* A long list of one part, in brackets. */
static char *list_of(const char *part, size_t count, const char *last)
{
	struct sw_buf out = SW_BUF;
	sw_buf_char(&out, '[');
	for (size_t i = 0; i < count; i++)
		sw_buf_printf(&out, "%s,", part);
	sw_buf_printf(&out, "%s]", last);
	return sw_buf_take(&out, NULL);
}

static void hostile_comparisons_stop(void **state)
{
	char *numbers = list_of("1", 50000, "1"), *others = list_of("1", 50000, "2");
	char *many = list_of("$.a", 900, "$.a"), *scans = list_of("$..*", 900, "$..*");
	char *input = sw_asprintf("{\"a\":%s,\"b\":%s}", numbers, others);
	char *contains =
		sw_asprintf("States.ArrayContains(States.Array(%.*s), $.b)", (int)strlen(many) - 2, many + 1);
	char *scan = sw_asprintf("States.Array(%.*s)", (int)strlen(scans) - 2, scans + 1);
	struct sw_failure failure = {0};
	json_t *tree;
	assert_int_equal(call(contains, input, &tree, &failure), SW_EQUERY);
	assert_string_equal(failure.error, "States.IntrinsicFailure");
	assert_non_null(strstr(failure.cause, "more than 10000000 values are compared"));
	assert_int_equal(call(scan, input, &tree, &failure), SW_EQUERY);
	assert_string_equal(failure.error, "States.Runtime");
	assert_non_null(strstr(failure.cause,
			       "the expressions of the state visit more than 10000000 values together"));
	sw_failure_done(&failure);
	char *const all[] = {numbers, others, many, scans, input, contains, scan};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sw_free(all[i]);
}

static void data_is_coded_and_hashed(void **state)
{
	/* recorded: encode_decode.base_64_encode, hash_calculations.hash */
	gives("States.Base64Encode($)", "\"Data to encode\"", "\"RGF0YSB0byBlbmNvZGU=\"");
	gives("States.Base64Encode('')", "{}", "\"\"");
	gives("States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", "{}", "\"Data to encode\"");
	gives("States.Base64Decode(States.Base64Encode($))", "\"\xC3\xA9\xE2\x82\xAC!\"",
	      "\"\xC3\xA9\xE2\x82\xAC!\"");
	fails("States.Base64Decode('a')", "{}", "States.IntrinsicFailure", NULL);
	fails("States.Base64Decode('*aaa')", "{}", "States.IntrinsicFailure", NULL);
	fails("States.Base64Decode('/w==')", "{}", "States.IntrinsicFailure", NULL);
	gives("States.Hash('input data', 'MD5')", "{}", "\"812f45842bc6d66ee14572ce20db8e86\"");
	gives("States.Hash('input data', 'SHA-1')", "{}", "\"aaff4a450a104cd177d28d18d74485e8cae074b7\"");
	gives("States.Hash('input data', 'SHA-256')", "{}",
	      "\"b4a697a057313163aee33cd8d40c66e9f0f177e00cac2de32475ffff6169c3e3\"");
	fails("States.Hash('x', 'CRC')", "{}", "States.IntrinsicFailure", NULL);
}

static void objects_are_merged_at_the_top(void **state)
{
	/* recorded: json_manipulation.json_merge */
	gives("States.JsonMerge($.a, $.b, false)",
	      "{\"a\":{\"a\":{\"a1\":1},\"b\":2,\"d\":3},\"b\":{\"a\":{\"a3\":1},\"d\":4}}",
	      "{\"a\":{\"a3\":1},\"b\":2,\"d\":4}");
	fails("States.JsonMerge($, $, true)", "{}", "States.IntrinsicFailure", NULL);
	fails("States.JsonMerge($, 1, false)", "{}", "States.IntrinsicFailure", NULL);
}

static void numbers_are_rounded_before_they_are_added(void **state)
{
	/* recorded: math_operations.math_add */
	static const char *const table[][2] = {
		{"States.MathAdd(1.49, 1.5)", "3"},    {"States.MathAdd(1.5, 1.51)", "4"},
		{"States.MathAdd(-1.49, -1.5)", "-2"}, {"States.MathAdd(-1.5, -1.51)", "-3"},
		{"States.MathAdd(-0.5, 0.5)", "1"},    {"States.MathAdd(-2.5, 0)", "-2"},
		{"States.MathAdd(2.5, 0)", "3"},       {"States.MathAdd(-0.5, 0)", "0"},
	};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		gives(table[i][0], "{}", table[i][1]);
	gives("States.MathAdd(2147483647, -2147483648)", "{}", "-1");
	gives("States.MathAdd(2147483647.4, 2147483647)", "{}", "4294967294");
	fails("States.MathAdd(2147483648, 1)", "{}", "States.IntrinsicFailure",
	      "The function 'States.MathAdd(2147483648, 1)' had the following error: the first argument must "
	      "be "
	      "between -2147483648 and 2147483647");
	fails("States.MathAdd(1, -2147483649)", "{}", "States.IntrinsicFailure", NULL);
	fails("States.MathAdd(1e300, 1)", "{}", "States.IntrinsicFailure", NULL);
	fails("States.MathAdd($.text, 1)", "{\"text\":\"1\"}", "States.IntrinsicFailure", NULL);
}

static void random_numbers_stay_between_their_bounds(void **state)
{
	gives("States.MathRandom(5, 6)", "{}", "5");
	gives("States.ArrayContains(States.Array(States.MathRandom(1, 99999, 7)), States.MathRandom(1, "
	      "99999, 7))",
	      "{}", "true");
	gives("States.MathRandom(-9223372036854775808, -9223372036854775807)", "{}", "-9223372036854775808");
	fails("States.MathRandom(5, 5)", "{}", "States.IntrinsicFailure", NULL);
	gives("States.ArrayLength(States.StringSplit(States.UUID(), '-'))", "{}", "5");
}

static void strings_are_split_at_any_of_the_characters(void **state)
{
	/* recorded: string_operations.string_split_context_object, generic.escape_sequence */
	gives("States.StringSplit($, ',')", "\"a,b\\n,,,\\nc,'d'\"", "[\"a\",\"b\\n\",\"\\nc\",\"'d'\"]");
	gives("States.StringSplit('Hello\nWorld', '\n')", "{}", "[\"Hello\",\"World\"]");
	gives("States.StringSplit('a.b+c', '.+')", "{}", "[\"a\",\"b\",\"c\"]");
	gives("States.StringSplit($, '\xE2\x82\xAC')",
	      "\"1\xE2\x82\xAC"
	      "2\xE2\x82\xA1"
	      "3\"",
	      "[\"1\",\"2\xE2\x82\xA1"
	      "3\"]");
	gives("States.StringSplit('', ',')", "{}", "[]");
	gives("States.StringSplit('abc', '')", "{}", "[\"abc\"]");
}

/* Causes that others captured from AWS: floci-io/floci#2870. */
static void a_missing_argument_is_named(void **state)
{
	static const char *const table[][4] = {
		{"States.Format('{}', $.nope)", "{\"other\":1}", "$.nope", "{\"other\":1}"},
		{"States.Format('{}',$.nope)", "{\"other\":1}", "$.nope", "{\"other\":1}"},
		{"States.Format('{}', States.Format('{}', $.nope))", "{\"other\":1}", "$.nope",
		 "{\"other\":1}"},
		{"States.Array($.x, States.ArrayLength($.nope))", "{\"x\":1}", "$.nope", "{\"x\":1}"},
		{"States.Format('{}', $.items[5])", "{\"items\":[1,2]}", "$.items[5]", "{\"items\":[1,2]}"},
		{"States.Format('{}', $.items[5].x)", "{\"items\":[1]}", "$.items[5].x", "{\"items\":[1]}"},
		{"States.Format('{}', $[0].nope)", "[{\"other\":1}]", "$[0].nope", "[{\"other\":1}]"},
		{"States.Format('{}', $$.Nope.Deep)", "{\"other\":1}", "$.Nope.Deep", "{\"other\":1}"},
	};
	char cause[400];
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(cause, sizeof(cause),
			 "The function '%s' had the following error: The JsonPath argument for the field "
			 "'%s' could "
			 "not be found in the input '%s'",
			 table[i][0], table[i][2], table[i][3]);
		fails(table[i][0], table[i][1], "States.Runtime", cause);
	}
	fails("States.Format('{}', $.other[0])", "{\"other\":1}", "States.Runtime",
	      "The function 'States.Format('{}', $.other[0])' had the following error: Filter: [0] can only "
	      "be "
	      "applied to arrays. Current context is: 1");
	gives("States.Format('{}', $.nul)", "{\"nul\":null}", "\"null\"");
	gives("States.ArrayLength($.items[*].nope)", "{\"items\":[1,2]}", "0");
}

static void a_failure_inside_names_the_whole_expression(void **state)
{
	fails("States.Array(1, States.ArrayGetItem($, 2)) ", "[5,6]", "States.IntrinsicFailure",
	      "The function 'States.Array(1, States.ArrayGetItem($, 2))' had the following error: the index "
	      "2 is "
	      "outside of the array of 2 items");
}

static void malformed_calls_are_refused_with_a_place(void **state)
{
	refuses("States.MathAdd(1, '-1')", 1);
	refuses("States.Base64Encode(1)", 1);
	refuses("States.Nothing()", 1);
	refuses("States.format('{}')", 1);
	refuses("States.UUID", 12);
	refuses("States.UUID(", 13);
	refuses("States.UUID(1)", 1);
	refuses("States.UUID() x", 15);
	refuses("States.ArrayLength()", 1);
	refuses("States.MathRandom(1)", 1);
	refuses("States.Array(1,)", 16);
	refuses("States.Array(1 2)", 16);
	refuses("States.Array('a)", 14);
	refuses("States.Array(abc)", 14);
	refuses("States.Array(\"a\")", 14);
	refuses("States.Array([1])", 14);
	refuses("States.Array($.)", 15);
	refuses("States.Array($.a[)", 17);
	refuses("States.Array(States.Array(States.X()))", 27);
	refuses("States.Array('\xC3\xA9', $.\xC3\xA9[)", 22);
	refuses("States.Array($['\\\"\\\"'].b[)", 25);
	/* recorded: illegal_escapes_escape_sequences_illegal_intrinsic_function_2 */
	refuses("States.Format('He said, \\\"Hello, {}!\\\"', 'x')", 25);
}

static void calls_may_be_ten_deep(void **state)
{
	struct sw_buf text = SW_BUF;
	for (int depth = 10; depth <= 11; depth++) {
		sw_buf_reset(&text);
		for (int i = 0; i < depth; i++)
			sw_buf_text(&text, "States.Array(");
		for (int i = 0; i < depth; i++)
			sw_buf_text(&text, ")");
		if (depth == 10)
			gives(text.data, "{}", "[[[[[[[[[[]]]]]]]]]]");
		else
			refuses(text.data, 131);
	}
	sw_buf_done(&text);
}

static void paths_in_arguments_keep_their_commas_and_brackets(void **state)
{
	gives("States.Array($.a[?(@.k == 'x,)')].v, $['b,c'])", "{\"a\":[{\"k\":\"x,)\",\"v\":1}],\"b,c\":2}",
	      "[[1],2]");
	gives("States.ArrayLength($.a[0,1])", "{\"a\":[1,2]}", "2");
	gives("States.Array( $.a.length() )", "{\"a\":[1,2]}", "[2]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(format_fills_in_its_arguments),
		cmocka_unit_test(strings_become_json_and_back),
		cmocka_unit_test(arrays_are_made_and_taken_apart),
		cmocka_unit_test(unique_items_differ_in_value_not_in_form),
		cmocka_unit_test(hostile_comparisons_stop),
		cmocka_unit_test(data_is_coded_and_hashed),
		cmocka_unit_test(objects_are_merged_at_the_top),
		cmocka_unit_test(numbers_are_rounded_before_they_are_added),
		cmocka_unit_test(random_numbers_stay_between_their_bounds),
		cmocka_unit_test(strings_are_split_at_any_of_the_characters),
		cmocka_unit_test(a_missing_argument_is_named),
		cmocka_unit_test(a_failure_inside_names_the_whole_expression),
		cmocka_unit_test(malformed_calls_are_refused_with_a_place),
		cmocka_unit_test(calls_may_be_ten_deep),
		cmocka_unit_test(paths_in_arguments_keep_their_commas_and_brackets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
