/*
 * Intrinsic functions. Cases marked "recorded" are answers of AWS (intrinsic_functions/ of the recordings);
 * those marked "captured" others have from it: gabrielmoreira/tiny-asl-machine, tests/conformance/cases.
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

/* A function that cannot work with what it is given. */
static void fails_in(const char *function, const char *text, const char *input)
{
	char cause[300];
	snprintf(cause, sizeof(cause),
		 "There was an error while evaluating the intrinsic function: %s. Invalid arguments in "
		 "States.%s",
		 text, function);
	fails(text, input, "States.Runtime", cause);
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
	gives("States.Format($.n)", "{\"n\":1}", "\"1\"");
}

static void templates_and_arguments_must_match(void **state)
{
	static const char *const table[][2] = {
		/* captured: States.Format */
		{"States.Format('{}{}', 1)", "Invalid arguments in States.Format: number of arguments do not "
					     "match the occurrences of {}."},
		{"States.Format('{}', 1, 2)", "Invalid arguments in States.Format: number of arguments do "
					      "not match the occurrences of {}."},
		{"States.Format(123, 'x')", "Invalid arguments in States.Format: number of arguments do not "
					    "match the occurrences of {}."},
		{"States.Format('Hello {{}}', 1)",
		 "Invalid template in States.Format: matching '}' not found for '{'."},
		{"States.Format('{', 1)",
		 "Invalid template in States.Format: matching '}' not found for '{'."},
		{"States.Format('a}')", "Invalid template in States.Format: matching '{' not found for '}'."},
	};
	char cause[300];
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(cause, sizeof(cause),
			 "There was an error while evaluating the intrinsic function: %s. %s", table[i][0],
			 table[i][1]);
		fails(table[i][0], "{}", "States.Runtime", cause);
	}
	gives("States.Format('')", "{}", "\"\"");
	fails_in("Format", "States.Format('', 1)", "{}");
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
	fails("States.StringToJson($)", "\"{\"", "States.Runtime", NULL);
	fails_in("StringToJson", "States.StringToJson($)", "1");
}

static void arrays_are_made_and_taken_apart(void **state)
{
	gives("States.Array()", "{}", "[]"); /* recorded: array.array_0 */
	gives("States.Array('Foo', $.x, 2.3, null, States.Array(1))", "{\"x\":[]}",
	      "[\"Foo\",[],2.3,null,[1]]");
	gives("States.ArrayPartition($, 2)", "[0,1,2]", "[[0,1],[2]]"); /* recorded: array.array_partition */
	gives("States.ArrayPartition($, 5)", "[]", "[]");
	fails_in("ArrayPartition", "States.ArrayPartition($, 0)", "[1]");
	gives("States.ArrayContains($.a, $.b)", "{\"a\":[[1,2,3],2],\"b\":[1,2,3]}", "true"); /* recorded */
	gives("States.ArrayContains($.a, $.b)", "{\"a\":[],\"b\":null}", "false");
	gives("States.ArrayRange(0, 10, 3)", "{}", "[0,3,6,9]"); /* recorded: array.array_range */
	gives("States.ArrayRange(3, 1, -1)", "{}", "[3,2,1]");
	gives("States.ArrayRange(1, 0, 1)", "{}", "[]");
	fails_in("ArrayRange", "States.ArrayRange(1, 1001, 1)", "{}");
	fails_in("ArrayRange", "States.ArrayRange(1, 5, 0)", "{}");
	gives("States.ArrayRange(9223372036854775806, 9223372036854775807, 5)", "{}",
	      "[9223372036854775806]");
	gives("States.ArrayGetItem($, 1)", "[5,6]", "6");
	/* captured: States.ArrayGetItem */
	fails_in("ArrayGetItem", "States.ArrayGetItem($, 2)", "[5,6]");
	fails_in("ArrayGetItem", "States.ArrayGetItem($, -1)", "[5,6]");
	gives("States.ArrayGetItem($, 999)", "[]", "null");
	gives("States.ArrayLength($)", "[1,2,3]", "3");
	fails_in("ArrayLength", "States.ArrayLength($)", "{}");
}

/* Captured: States.ArrayUnique, whose order is that of a HashSet of Java. */
static void unique_items_come_as_java_hashes_them(void **state)
{
	gives("States.ArrayUnique($)", "[true,false,true,false]", "[false,true]");
	gives("States.ArrayUnique($)", "[[1,2],[1,2],[2,1]]", "[[2,1],[1,2]]");
	gives("States.ArrayUnique($)", "[null,null,1,null]", "[null,1]");
	gives("States.ArrayUnique($)", "[1,\"1\",1,\"01\"]", "[1,\"1\",\"01\"]");
	gives("States.ArrayUnique($)", "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]", "[{\"a\":1,\"b\":2}]");
	/* as java.util.HashSet gives them; 17 is in the bucket of 1 until there are more than 16 buckets */
	gives("States.ArrayUnique($)", "[17,1,2,1.0,17]", "[1.0,17,1,2]");
	gives("States.ArrayUnique($)", "[17,1,2,3,4,5,6,7,8,9,10]", "[17,1,2,3,4,5,6,7,8,9,10]");
	gives("States.ArrayUnique($)", "[17,1,2,3,4,5,6,7,8,9,10,11,12]", "[1,2,3,4,5,6,7,8,9,10,11,12,17]");
	gives("States.ArrayUnique($)",
	      "[\"b\",\"a\",\"\xC3\xA9\xE2\x82\xAC\",\"\xF0\x9F\x98\x80\",4294967296,0.5]",
	      "[0.5,\"a\",4294967296,\"b\",\"\xC3\xA9\xE2\x82\xAC\",\"\xF0\x9F\x98\x80\"]");
}

/* Captured: States.ArrayContains, which compares the texts of values. */
static void a_value_is_contained_whose_text_is(void **state)
{
	gives("States.ArrayContains($, '9007199254740991')", "[9007199254740991]", "true");
	gives("States.ArrayContains($, true)", "[\"true\"]", "true");
	gives("States.ArrayContains($, false)", "[0,1,null,\"\"]", "false");
	gives("States.ArrayContains($, null)", "[1,null,3]", "true");
	gives("States.ArrayContains($.a, $.v)", "{\"a\":[{\"a\":1,\"b\":2}],\"v\":{\"b\":2,\"a\":1}}",
	      "false");
	gives("States.ArrayContains($.a, $.v)", "{\"a\":[{\"a\":1,\"b\":2}],\"v\":{\"a\":1,\"b\":2}}",
	      "true");
}

/* Captured: States.ArrayPartition, States.ArrayRange, States.ArrayGetItem, States.MathRandom. */
static void fractions_are_cut_off(void **state)
{
	fails_in("ArrayPartition", "States.ArrayPartition($, 0.6)", "[1]");
	gives("States.ArrayPartition($, 2.6)", "[1,2,3]", "[[1,2],[3]]");
	gives("States.ArrayRange(5.4, -0.6, -2.4)", "{}", "[5,3,1]");
	gives("States.ArrayGetItem($, 1.9)", "[5,6]", "6");
	fails_in("MathRandom", "States.MathRandom(1.4, 1.6)", "{}");
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
	assert_string_equal(failure.error, "States.Runtime");
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
	/* captured: States.Base64Decode takes what is malformed */
	gives("States.Base64Decode(' YWJjZA== ')", "{}", "\"abcd\"");
	gives("States.Base64Decode('ab==cd')", "{}", "\"i\"");
	gives("States.Base64Decode('abc')", "{}", "\"i\xEF\xBF\xBD\"");
	gives("States.Base64Decode('!!!YWJj!!!')", "{}", "\"abc\"");
	gives("States.Base64Decode('a')", "{}", "\"\"");
	gives("States.Base64Decode($)", "\"YWJjAGRlZg==\"", "\"abc\\u0000def\"");
	gives("States.Base64Decode('4oKs4oLhgIDwn5iA7aCA')", "{}",
	      "\"\xE2\x82\xAC\xEF\xBF\xBD\xE1\x80\x80\xF0\x9F\x98\x80\xEF\xBF\xBD\"");
	gives("States.Hash('input data', 'MD5')", "{}", "\"812f45842bc6d66ee14572ce20db8e86\"");
	gives("States.Hash('input data', 'SHA-1')", "{}", "\"aaff4a450a104cd177d28d18d74485e8cae074b7\"");
	gives("States.Hash('input data', 'SHA-256')", "{}",
	      "\"b4a697a057313163aee33cd8d40c66e9f0f177e00cac2de32475ffff6169c3e3\"");
	fails_in("Hash", "States.Hash('x', 'CRC')", "{}");
}

static void objects_are_merged_at_the_top(void **state)
{
	/* recorded: json_manipulation.json_merge */
	gives("States.JsonMerge($.a, $.b, false)",
	      "{\"a\":{\"a\":{\"a1\":1},\"b\":2,\"d\":3},\"b\":{\"a\":{\"a3\":1},\"d\":4}}",
	      "{\"a\":{\"a3\":1},\"b\":2,\"d\":4}");
	gives("States.JsonMerge($, $, 'false')", "{}", "{}"); /* captured: States.JsonMerge */
	fails_in("JsonMerge", "States.JsonMerge($, $, true)", "{}");
	fails_in("JsonMerge", "States.JsonMerge($, 1, false)", "{}");
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
	gives("States.MathAdd(2147483647.4, -1)", "{}", "2147483646");
	fails_in("MathAdd", "States.MathAdd(2147483647, 1)", "{}"); /* captured: States.MathAdd */
	fails_in("MathAdd", "States.MathAdd(-2147483648, -1)", "{}");
	fails_in("MathAdd", "States.MathAdd(2147483648, 1)", "{}");
	fails_in("MathAdd", "States.MathAdd(1, -2147483649)", "{}");
	fails_in("MathAdd", "States.MathAdd(1e300, 1)", "{}");
	fails_in("MathAdd", "States.MathAdd($.text, 1)", "{\"text\":\"1\"}");
}

static void random_numbers_stay_between_their_bounds(void **state)
{
	gives("States.MathRandom(5, 6)", "{}", "5");
	/* captured: States.MathRandom */
	gives("States.MathRandom(1, 100, 42)", "{}", "63");
	gives("States.MathRandom(1, 1000, 1)", "{}", "106");
	gives("States.MathRandom(1, 1000, 2)", "{}", "806");
	gives("States.MathRandom(-5, 5, 42)", "{}", "-5");
	gives("States.MathRandom(1, 10, -10)", "{}", "1");
	gives("States.MathRandom(2147483640, 2147483647, 1)", "{}", "2147483644");
	gives("States.MathRandom(0, 1024, 42)", "{}", "745"); /* as java.util.Random gives it */
	fails_in("MathRandom", "States.MathRandom(1, 9, $)", "\"7\"");
	fails_in("MathRandom", "States.MathRandom(1, 9, $)", "null");
	gives("States.MathRandom(-9223372036854775808, -9223372036854775807)", "{}", "-9223372036854775808");
	fails_in("MathRandom", "States.MathRandom(5, 5)", "{}");
	gives("States.ArrayLength(States.StringSplit(States.UUID(), '-'))", "{}", "5");
	gives("States.ArrayLength(States.StringSplit(States.UUID(1, 'x'), '-'))", "{}", "5"); /* captured */
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
	/* captured: Feature.IntrinsicComposition-003 */
	fails("States.Array(1, States.ArrayGetItem($, 2)) ", "[5,6]", "States.Runtime",
	      "There was an error while evaluating the intrinsic function: States.Array(1, "
	      "States.ArrayGetItem($, 2)). "
	      "Invalid arguments in States.ArrayGetItem");
}

static void malformed_calls_are_refused_with_a_place(void **state)
{
	refuses("States.MathAdd(1, '-1')", 1);
	refuses("States.Base64Encode(1)", 1);
	refuses("States.Nothing()", 1);
	refuses("States.format('{}')", 1);
	refuses("States.UUID", 12);
	refuses("States.UUID(", 13);
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
		cmocka_unit_test(templates_and_arguments_must_match),
		cmocka_unit_test(strings_become_json_and_back),
		cmocka_unit_test(arrays_are_made_and_taken_apart),
		cmocka_unit_test(unique_items_come_as_java_hashes_them),
		cmocka_unit_test(a_value_is_contained_whose_text_is),
		cmocka_unit_test(fractions_are_cut_off),
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
