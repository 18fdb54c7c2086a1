/* Values: numbers of all forms, equality, bytes and trees made from each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "asl/value.h"

#include <string.h>

static json_t *tree_of(const char *text)
{
	json_t *tree = NULL;
	assert_int_equal(sw_json_parse(text, strlen(text), 0, &tree, NULL), SW_OK);
	return tree;
}

static bool equal(const char *a, const char *b)
{
	json_t *x = tree_of(a), *y = tree_of(b);
	bool same = sw_json_equal(x, y);
	assert_int_equal(same, sw_json_equal(y, x));
	json_decref(x);
	json_decref(y);
	return same;
}

static void numbers_are_equal_by_value(void **state)
{
	assert_true(equal("1", "1.0"));
	assert_true(equal("100", "1e2"));
	assert_true(equal("0", "-0.0"));
	assert_true(equal("18446744073709551616", "18446744073709551616"));
	assert_true(equal("18446744073709551616", "18446744073709551616.0"));
	assert_false(equal("18446744073709551617", "18446744073709551616.0"));
	assert_false(equal("9007199254740993", "9007199254740992.0"));
	assert_false(equal("1", "true"));
	assert_false(equal("1", "\"1\""));
	assert_false(equal("9223372036854775807", "9223372036854775808"));
}

static void trees_are_equal_member_by_member(void **state)
{
	assert_true(equal("{\"a\":[1,{\"b\":null}],\"c\":\"x\"}", "{\"c\":\"x\",\"a\":[1.0,{\"b\":null}]}"));
	assert_false(equal("{\"a\":1}", "{\"a\":1,\"b\":2}"));
	assert_false(equal("{\"a\":1}", "{\"b\":1}"));
	assert_false(equal("[1,2]", "[2,1]"));
	assert_false(equal("\"a\\u0000b\"", "\"a\\u0000c\""));
}

static void comparing_trees_that_share_children_ends(void **state)
{
	json_t *a = json_string("leaf"), *b = json_string("leaf");
	for (int i = 0; i < 45; i++) {
		a = json_pack("[O,o]", a, a);
		b = json_pack("[O,o]", b, b);
	}
	(void)sw_json_equal(a, b);
	json_decref(a);
	json_decref(b);
}

static void a_big_integer_is_a_number_and_no_string(void **state)
{
	int64_t whole;
	json_t *big = tree_of("-123456789012345678901234567890"), *string = tree_of("\"-1\"");
	assert_true(sw_json_is_big(big));
	assert_true(sw_json_is_number(big));
	assert_false(sw_json_is_string(big));
	assert_string_equal(sw_json_big_digits(big), "-123456789012345678901234567890");
	assert_true(sw_json_number(big) == -123456789012345678901234567890.0);
	assert_string_equal(sw_json_type_name(big), "number");
	assert_false(sw_json_whole(big, &whole));
	assert_false(sw_json_is_big(string));
	assert_true(sw_json_is_string(string));
	json_decref(big);
	json_decref(string);
}

static void whole_numbers_may_be_written_as_doubles(void **state)
{
	static const struct {
		const char *text;
		bool whole;
		int64_t number;
	} table[] = {{"1.0", true, 1},    {"1e3", true, 1000}, {"-5", true, -5},
		     {"1.5", false, 0},   {"1e19", false, 0},  {"-9.223372036854775808e18", true, INT64_MIN},
		     {"\"1\"", false, 0}, {"null", false, 0},  {"9223372036854775807", true, INT64_MAX}};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int64_t number = 0;
		json_t *tree = tree_of(table[i].text);
		assert_int_equal(sw_json_whole(tree, &number), table[i].whole);
		assert_true(number == table[i].number);
		json_decref(tree);
	}
}

static void types_have_names(void **state)
{
	static const char *const table[][2] = {{"null", "null"},  {"true", "boolean"}, {"1", "number"},
					       {"1.5", "number"}, {"\"\"", "string"},  {"[]", "array"},
					       {"{}", "object"}};
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		json_t *tree = tree_of(table[i][0]);
		assert_string_equal(sw_json_type_name(tree), table[i][1]);
		json_decref(tree);
	}
}

static void a_value_of_bytes_keeps_its_bytes(void **state)
{
	struct sw_value *value = NULL;
	struct sw_slice text;
	const json_t *tree;
	const char *given = " {\"a\": 1.10, \"a\": 2} ";
	assert_int_equal(sw_value_from_text(given, strlen(given), &value, NULL), SW_OK);
	assert_int_equal(sw_value_tree(value, &tree), SW_OK);
	assert_int_equal(json_integer_value(json_object_get(tree, "a")), 2);
	assert_int_equal(sw_value_text(value, &text), SW_OK);
	assert_string_equal(text.data, given);
	assert_true(sw_value_fits(value, strlen(given)));
	assert_false(sw_value_fits(value, strlen(given) - 1));
	sw_value_unref(value);
}

static void a_value_of_a_tree_is_printed_once(void **state)
{
	struct sw_value *value = sw_value_from_tree_new(tree_of("{\"a\":[1,2.50]}")), *other;
	struct sw_slice text, again;
	assert_false(sw_value_fits(value, 5));
	assert_true(sw_value_fits(value, 13));
	other = sw_value_ref(value);
	assert_int_equal(sw_value_text(value, &text), SW_OK);
	assert_string_equal(text.data, "{\"a\":[1,2.5]}");
	assert_int_equal(text.len, 13);
	assert_int_equal(sw_value_text(other, &again), SW_OK);
	assert_ptr_equal(text.data, again.data);
	sw_value_unref(value);
	sw_value_unref(other);
	assert_null(sw_value_from_tree_new(NULL));
	assert_null(sw_value_ref(NULL));
	sw_value_unref(NULL);
}

static void text_that_is_no_json_makes_no_value(void **state)
{
	struct sw_value *value = NULL;
	struct sw_error err = {0};
	assert_int_equal(sw_value_from_text("{\n\"a\" 1}", 8, &value, &err), SW_EJSON);
	assert_null(value);
	assert_int_equal(err.line, 2);
	assert_int_equal(err.column, 5);
}

static void a_value_remembers_its_home(void **state)
{
	uint32_t number = 99;
	struct sw_value *value = sw_value_from_checked("{}", 2);
	assert_false(sw_value_home(value, 0, &number));
	assert_false(sw_value_home(value, 7, &number));
	sw_value_set_home(value, 7, 3);
	assert_true(sw_value_home(value, 7, &number));
	assert_int_equal(number, 3);
	assert_false(sw_value_home(value, 8, &number));
	sw_value_unref(value);
}

static void a_shallow_copy_shares_its_members(void **state)
{
	json_t *tree = tree_of("{\"a\":{\"b\":1},\"n\":123456789012345678901234567890}");
	json_t *copy = sw_json_shallow_copy(tree);
	assert_ptr_not_equal(tree, copy);
	assert_ptr_equal(json_object_get(tree, "a"), json_object_get(copy, "a"));
	assert_true(sw_json_equal(tree, copy));
	json_decref(tree);
	json_decref(copy);
}

static void texts_are_ordered_as_in_java(void **state)
{
	/* U+FF5E before and U+10000 behind it by code points, but not by UTF-16. */
	static const char *const sorted[] = {"",
					     "A",
					     "A ",
					     "AB",
					     "a",
					     "\xC3\xA9",
					     "\xED\x9F\xBF",
					     "\xF0\x90\x80\x80",
					     "\xF0\x90\x80\x81",
					     "\xEE\x80\x80",
					     "\xEF\xBD\x9E"};
	for (size_t i = 0; i < sizeof(sorted) / sizeof(sorted[0]); i++) {
		for (size_t k = 0; k < sizeof(sorted) / sizeof(sorted[0]); k++)
			assert_int_equal(
				sw_text_compare(sorted[i], strlen(sorted[i]), sorted[k], strlen(sorted[k])),
				i < k ? -1 : i > k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_ordered_as_in_java),
		cmocka_unit_test(numbers_are_equal_by_value),
		cmocka_unit_test(trees_are_equal_member_by_member),
		cmocka_unit_test(comparing_trees_that_share_children_ends),
		cmocka_unit_test(a_big_integer_is_a_number_and_no_string),
		cmocka_unit_test(whole_numbers_may_be_written_as_doubles),
		cmocka_unit_test(types_have_names),
		cmocka_unit_test(a_value_of_bytes_keeps_its_bytes),
		cmocka_unit_test(a_value_of_a_tree_is_printed_once),
		cmocka_unit_test(text_that_is_no_json_makes_no_value),
		cmocka_unit_test(a_value_remembers_its_home),
		cmocka_unit_test(a_shallow_copy_shares_its_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
