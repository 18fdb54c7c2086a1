/* JSON text: what is taken, what is refused and where, how it is printed, where things stand in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "asl/asl.h"
#include "asl/value.h"
#include "base/mem.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

static void accepts(const char *text, size_t len, const char *printed)
{
	struct sw_error err = {0};
	struct sw_buf out = SW_BUF;
	json_t *tree = NULL;
	if (sw_json_parse(text, len, 0, &tree, &err) != SW_OK)
		fail_msg("%s: %s at %u:%u", text, err.text, err.line, err.column);
	assert_int_equal(sw_json_check(text, len, NULL), SW_OK);
	if (printed) {
		assert_int_equal(sw_json_print(tree, &out, SIZE_MAX), SW_OK);
		assert_string_equal(out.data, printed);
	}
	json_decref(tree);
	sw_buf_done(&out);
}

static void refuses(const char *text, size_t len, enum sw_result code, uint32_t line, uint32_t column)
{
	struct sw_error err = {0}, checked = {0};
	json_t *tree = NULL;
	if (sw_json_parse(text, len, 0, &tree, &err) != code)
		fail_msg("%s: result %d (%s)", text, err.code, err.text);
	assert_null(tree);
	assert_int_equal(sw_json_check(text, len, &checked), code);
	if (err.line != line || err.column != column)
		fail_msg("%s: %s at %u:%u, not %u:%u", text, err.text, err.line, err.column, line, column);
	assert_string_equal(checked.text, err.text);
	assert_int_equal(checked.column, err.column);
}

static void accept_text(const char *text, const char *printed)
{
	accepts(text, strlen(text), printed);
}

static void refuse_text(const char *text, uint32_t line, uint32_t column)
{
	refuses(text, strlen(text), SW_EJSON, line, column);
}

static void every_kind_of_value_is_read_and_printed_compactly(void **state)
{
	accept_text(" { \"a\" : [ 1 , true , false , null , \"x\" , { } , [ ] ] } \r\n\t",
		    "{\"a\":[1,true,false,null,\"x\",{},[]]}");
	accept_text("\"\\u00e9\\n\\\"\\\\\\/\\u0000\\ud83d\\ude00\"",
		    "\"\xC3\xA9\\n\\\"\\\\/\\u0000\xF0\x9F\x98\x80\"");
	accept_text("\"\x7F\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"",
		    "\"\x7F\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"");
	accept_text("{\"b\":1,\"a\":2}", "{\"b\":1,\"a\":2}");
}

static void numbers_keep_their_value_and_are_short(void **state)
{
	accept_text("[0,-0,1,-1,9223372036854775807,-9223372036854775808]",
		    "[0,0,1,-1,9223372036854775807,-9223372036854775808]");
	accept_text("[1.1,0.1,2.5,100.0,1.0,-0.0,0.30000000000000004]",
		    "[1.1,0.1,2.5,100.0,1.0,-0.0,0.30000000000000004]");
	/* As Java's Double.toString: an exponent from 10^7 on and below 10^-3. */
	accept_text(
		"[1e10,12345678.5,1234567.5,0.001,0.00099,1e-7,1.7976931348623157e308,5e-324,1E+2]",
		"[1.0E10,1.23456785E7,1234567.5,0.001,9.9E-4,1.0E-7,1.7976931348623157E308,5.0E-324,100.0]");
}

static void integers_beyond_64_bits_keep_their_digits(void **state)
{
	accept_text("9223372036854775808", "9223372036854775808");
	accept_text("-9223372036854775809", "-9223372036854775809");
	accept_text("{\"a\":123456789012345678901234567890}", "{\"a\":123456789012345678901234567890}");
}

static void numbers_beyond_a_double_are_refused(void **state)
{
	refuse_text("1e999", 1, 1);
	refuse_text("[-1e309]", 1, 2);
	accept_text("1e-999", "0.0");
	char *digits = sw_alloc(1000001);
	memset(digits, '9', 1000000);
	digits[1000000] = '\0';
	refuses(digits, 1000000, SW_EJSON, 1, 1);
	refuses(digits, 309, SW_EJSON, 1, 1);
	accepts(digits, 308, NULL);
	/* A long fraction is only precise. */
	memcpy(digits, "0.", 2);
	accepts(digits, 1000000, "1.0");
	sw_free(digits);
}

static void numbers_do_not_depend_on_the_locale(void **state)
{
	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8"))
		skip();
	accept_text("[1.5,0.30000000000000004,123456.789e-30]", "[1.5,0.30000000000000004,1.23456789E-25]");
	setlocale(LC_NUMERIC, "C");
}

static void mistakes_are_found_where_they_are(void **state)
{
	refuse_text("", 1, 1);
	refuse_text("   ", 1, 4);
	refuse_text("{\"a\":1,}", 1, 8);
	refuse_text("[1,]", 1, 4);
	refuse_text("[1 2]", 1, 4);
	refuse_text("{\"a\" 1}", 1, 6);
	refuse_text("{a:1}", 1, 2);
	refuse_text("{\n  \"a\": tru\n}", 2, 8);
	refuse_text("{\"\xC3\xA9\": x}", 1, 7);
	refuse_text("[1,2", 1, 5);
	refuse_text("{\"a\":{", 1, 7);
	refuse_text("\"abc", 1, 5);
	refuse_text("01", 1, 1);
	refuse_text("-", 1, 2);
	refuse_text("1.", 1, 3);
	refuse_text("1e", 1, 3);
	refuse_text(".5", 1, 1);
	refuse_text("+1", 1, 1);
	refuse_text("NaN", 1, 1);
	refuse_text("1 2", 1, 3);
	refuse_text("]", 1, 1);
	refuse_text("[}", 1, 2);
	refuse_text("'a'", 1, 1);
	refuse_text("\"\\x\"", 1, 3);
	refuse_text("\"a\nb\"", 1, 3);
	refuses("\"a\0b\"", 5, SW_EJSON, 1, 3);
}

static void refuse_with(const char *text, const char *why)
{
	struct sw_error err = {0};
	assert_int_equal(sw_json_check(text, strlen(text), &err), SW_EJSON);
	assert_string_equal(err.text, why);
}

static void what_other_formats_allow_is_told(void **state)
{
	refuse_with("\xEF\xBB\xBF{}", "a byte order mark is no JSON: save the file without one");
	refuse_with("{ // why\n}", "JSON has no comments");
	refuse_with("[1 /* one */]", "JSON has no comments");
	refuse_with("{} // end", "JSON has no comments");
	refuse_with("{'a': 1}", "a string stands in double quotes, not in single ones");
	refuse_with("['a']", "a string stands in double quotes, not in single ones");
	refuse_with("[/]",
		    "expected a value (a string in double quotes, a number, true, false, null, [ or {)");
}

static void surrogates_come_in_pairs(void **state)
{
	refuse_text("\"\\ud83d\"", 1, 3);
	refuse_text("\"\\ude00\"", 1, 3);
	refuse_text("\"\\ud83d\\u0041\"", 1, 3);
	refuse_text("\"\\ud83dx\"", 1, 3);
	refuse_text("\"\\u12G4\"", 1, 3);
	refuse_text("\"\\u12", 1, 3);
}

static void bytes_that_are_not_utf8_are_refused(void **state)
{
	refuse_text("\"\x80\"", 1, 2);
	refuse_text("\"\xC0\x80\"", 1, 2);
	refuse_text("\"\xED\xA0\x80\"", 1, 2);
	refuse_text("\"\xF4\x90\x80\x80\"", 1, 2);
	refuse_text("\"\xE2\x82\"", 1, 2);
	refuse_text("\"ab\xFF\"", 1, 4);
	refuse_text("\"\xFF"
		    "12\"",
		    1, 2);
}

static void keys_have_no_nul_and_may_come_twice_unless_asked(void **state)
{
	struct sw_error err = {0};
	json_t *tree = NULL;
	refuse_text("{\"a\\u0000b\":1}", 1, 4);
	accept_text("{\"a\\\\u0000\":1}", "{\"a\\\\u0000\":1}");
	accept_text("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}");
	const char *text = "{\"a\": {\"b\": 1},\n \"\\u0061\": 2}";
	assert_int_equal(sw_json_parse(text, strlen(text), SW_JSON_REJECT_DUPLICATES, &tree, &err), SW_EJSON);
	assert_int_equal(err.line, 2);
	assert_int_equal(err.column, 2);
	assert_non_null(strstr(err.text, "\"a\""));
}

static char *nested(size_t depth, const char *open, const char *middle, const char *close)
{
	struct sw_buf out = SW_BUF;
	for (size_t i = 0; i < depth; i++)
		sw_buf_text(&out, open);
	sw_buf_text(&out, middle);
	for (size_t i = 0; i < depth; i++)
		sw_buf_text(&out, close);
	return sw_buf_take(&out, NULL);
}

static void a_thousand_levels_are_read_and_one_more_is_refused(void **state)
{
	struct sw_error err = {0};
	json_t *tree = NULL;
	char *good = nested(1000, "[", "", "]"), *bad = nested(1001, "[", "", "]");
	char *objects = nested(1001, "{\"a\":", "1", "}"), *open = nested(2000000, "[", "", "");
	accepts(good, strlen(good), good);
	refuses(bad, strlen(bad), SW_ELIMIT, 1, 1001);
	refuses(open, strlen(open), SW_ELIMIT, 1, 1001);
	assert_int_equal(sw_json_parse(objects, strlen(objects), 0, &tree, &err), SW_ELIMIT);
	sw_free(good);
	sw_free(bad);
	sw_free(objects);
	sw_free(open);
}

static void printing_stops_at_the_limit(void **state)
{
	struct sw_buf out = SW_BUF;
	json_t *tree = json_string("leaf");
	/* 2^40 leaves in 40 small arrays. */
	for (int i = 0; i < 40; i++)
		tree = json_pack("[O,o]", tree, tree);
	assert_int_equal(sw_json_print(tree, &out, 100000), SW_ELIMIT);
	assert_true(out.len < 101000);
	json_decref(tree);
	sw_buf_reset(&out);
	json_t *five = json_string("abc");
	assert_int_equal(sw_json_print(five, &out, 5), SW_OK);
	sw_buf_reset(&out);
	assert_int_equal(sw_json_print(five, &out, 4), SW_ELIMIT);
	json_decref(five);
	sw_buf_done(&out);
}

static void people_get_two_spaces(void **state)
{
	const char *text = "{\"a\":[1,{\"b\":[]}],\"c\":{},\"n\":1.10}";
	const char *pretty =
		"{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {},\n  \"n\": 1.10\n}";
	char *made = NULL;
	assert_int_equal(sw_text_pretty_json(text, strlen(text), &made, NULL), SW_OK);
	assert_string_equal(made, pretty);
	sw_text_free(made);

	struct sw_buf out = SW_BUF;
	json_t *tree = NULL;
	assert_int_equal(sw_json_parse("{\"a\":[1,{}]}", 12, 0, &tree, NULL), SW_OK);
	assert_int_equal(sw_json_print_pretty(tree, &out, SIZE_MAX), SW_OK);
	assert_string_equal(out.data, "{\n  \"a\": [\n    1,\n    {}\n  ]\n}");
	json_decref(tree);
	sw_buf_done(&out);
}

static void places(const char *text, const char *pointer, bool key, uint32_t line, uint32_t column)
{
	uint32_t found_line, found_column;
	bool found = sw_json_locate(text, strlen(text), pointer, key, &found_line, &found_column);
	assert_int_equal(found, line > 0);
	if (found_line != line || found_column != column)
		fail_msg("%s: %u:%u, not %u:%u", pointer, found_line, found_column, line, column);
}

static void pointers_are_found_in_the_text(void **state)
{
	const char *text = "{\n  \"a\": [10, {\"x/y\": \"\xC3\xA9\", \"~\": 2}],\n  \"b\": {\"c\": null}, "
			   "\"b\": {\"c\": 1}\n}";
	places(text, "", false, 1, 1);
	places(text, "/a", false, 2, 8);
	places(text, "/a", true, 2, 3);
	places(text, "/a/0", false, 2, 9);
	places(text, "/a/1/x~1y", false, 2, 21);
	places(text, "/a/1/~0", true, 2, 26);
	places(text, "/b/c", false, 3, 32); /* of duplicates the last */
	places(text, "/a/2", false, 0, 0);
	places(text, "/a/x", false, 0, 0);
	places(text, "/zz", false, 0, 0);
	places(text, "/b/c/d", false, 0, 0);
	places("[1,", "/1", false, 0, 0);
}

static void pointers_are_escaped_and_cut(void **state)
{
	char pointer[16] = "";
	sw_pointer_push(pointer, sizeof(pointer), "a/b~c");
	assert_string_equal(pointer, "/a~1b~0c");
	sw_pointer_push_index(pointer, sizeof(pointer), 12);
	assert_string_equal(pointer, "/a~1b~0c/12");
	sw_pointer_push(pointer, sizeof(pointer), "\xE2\x82\xAC\xE2\x82\xAC");
	assert_string_equal(pointer, "/a~1b~0c/12/\xE2\x82\xAC");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value_is_read_and_printed_compactly),
		cmocka_unit_test(numbers_keep_their_value_and_are_short),
		cmocka_unit_test(integers_beyond_64_bits_keep_their_digits),
		cmocka_unit_test(numbers_beyond_a_double_are_refused),
		cmocka_unit_test(numbers_do_not_depend_on_the_locale),
		cmocka_unit_test(mistakes_are_found_where_they_are),
		cmocka_unit_test(what_other_formats_allow_is_told),
		cmocka_unit_test(surrogates_come_in_pairs),
		cmocka_unit_test(bytes_that_are_not_utf8_are_refused),
		cmocka_unit_test(keys_have_no_nul_and_may_come_twice_unless_asked),
		cmocka_unit_test(a_thousand_levels_are_read_and_one_more_is_refused),
		cmocka_unit_test(printing_stops_at_the_limit),
		cmocka_unit_test(people_get_two_spaces),
		cmocka_unit_test(pointers_are_found_in_the_text),
		cmocka_unit_test(pointers_are_escaped_and_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
