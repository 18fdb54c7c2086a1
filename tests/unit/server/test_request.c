/* What stands in requests: shapes, ARNs, payloads that are not JSON; and the writing of answers. */
#include "server/arn_text.h"
#include "server/body.h"
#include "server/json_mistake.h"
#include "server/request_json.h"
#include "server/shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

/* ---- answers ---- */

static void answers_are_json_with_commas_in_place(void **state)
{
	struct sw_body out = SW_BODY;
	sw_body_open(&out, NULL, '{');
	sw_body_text(&out, "a", "x");
	sw_body_text(&out, "absent", NULL);
	sw_body_open(&out, "list", '[');
	sw_body_integer(&out, NULL, -3);
	sw_body_open(&out, NULL, '{');
	sw_body_close(&out, '}');
	sw_body_boolean(&out, NULL, true);
	sw_body_close(&out, ']');
	sw_body_json(&out, "raw", "[1]", 3);
	sw_body_close(&out, '}');
	assert_string_equal(out.text.data, "{\"a\":\"x\",\"list\":[-3,{},true],\"raw\":[1]}");
	sw_buf_done(&out.text);
}

static void strings_are_escaped_and_utf8_stays(void **state)
{
	struct sw_body out = SW_BODY;
	sw_body_bytes(&out, NULL, "\"\\\n\x01\0\xc3\xa9\x7f/", 9);
	assert_string_equal(out.text.data, "\"\\\"\\\\\\n\\u0001\\u0000\xc3\xa9\x7f/\"");
	sw_buf_done(&out.text);
}

static void times_are_seconds_with_three_digits(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{0, "0.000"},
		{1, "0.001"},
		{1700000000123, "1700000000.123"},
		{-1, "-0.001"},
		{INT64_MIN, "-9223372036854775.808"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sw_body out = SW_BODY;
		sw_body_time(&out, NULL, cases[i].ms);
		assert_string_equal(out.text.data, cases[i].text);
		sw_buf_done(&out.text);
	}
}

/* ---- shapes ---- */

static const struct sw_member inner_members[] = {{"key", SW_MEMBER_TEXT, 0, 1, 3}};
static const struct sw_shape inner = SW_SHAPE(inner_members);
static const struct sw_member members[] = {
	{"name", SW_MEMBER_TEXT, SW_REQUIRED, 1, 5},
	{"secret", SW_MEMBER_TEXT, SW_SENSITIVE, 0, 2},
	{"kind", SW_MEMBER_TEXT, .values = "[EXPRESS, STANDARD]"},
	{"count", SW_MEMBER_INTEGER, 0, 1, 10},
	{"flag", SW_MEMBER_BOOLEAN},
	{"trace", SW_MEMBER_TEXT, SW_ASCII, 0, 9},
	{"config", SW_MEMBER_OBJECT, .shape = &inner},
	{"tags", SW_MEMBER_LIST, .shape = &inner},
	{"bytes", SW_MEMBER_TEXT, SW_ANY_BYTES},
};
static const struct sw_shape shape = SW_SHAPE(members);

static void check(const char *request, enum sw_shape_verdict verdict, const char *message)
{
	struct sw_buf out = SW_BUF;
	json_t *tree = json_loads(request, JSON_ALLOW_NUL, NULL);
	assert_non_null(tree);
	assert_int_equal(sw_shape_check(&shape, tree, &out), verdict);
	assert_string_equal(out.data ? out.data : "", message);
	json_decref(tree);
	sw_buf_done(&out);
}

static void what_fits_is_let_through_with_nulls_and_unknown_members(void **state)
{
	check("{\"name\":\"a\"}", SW_SHAPE_FITS, "");
	check("{\"name\":\"abcde\",\"secret\":null,\"unknown\":{\"a\":1},\"kind\":\"EXPRESS\",\"count\":10,"
	      "\"flag\":true,"
	      "\"config\":{\"key\":\"abc\"},\"tags\":[{\"key\":\"a\"},{}],\"bytes\":\"\\u0000\"}",
	      SW_SHAPE_FITS, "");
}

static void lengths_count_utf16_units_as_java_does(void **state)
{
	check("{\"name\":\"\\u00e9\\u00e9\\u00e9\\u00e9\\u00e9\"}", SW_SHAPE_FITS, "");
	check("{\"name\":\"\\ud83d\\ude00\\ud83d\\ude00a\"}", SW_SHAPE_FITS, "");
	check("{\"name\":\"\\ud83d\\ude00\\ud83d\\ude00ab\"}", SW_SHAPE_OUT_OF_RANGE,
	      "1 validation error detected: Value '\xf0\x9f\x98\x80\xf0\x9f\x98\x80"
	      "ab' at 'name' failed to satisfy constraint: Member must have length less than or equal to 5");
}

static void constraints_are_told_in_aws_words(void **state)
{
	check("{}", SW_SHAPE_OUT_OF_RANGE,
	      "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must "
	      "not be null");
	check("{\"name\":\"\"}", SW_SHAPE_OUT_OF_RANGE,
	      "1 validation error detected: Value '' at 'name' failed to satisfy constraint: "
	      "Member must have length greater than or equal to 1");
	check("{\"name\":\"a\",\"count\":11}", SW_SHAPE_OUT_OF_RANGE,
	      "1 validation error detected: Value '11' at 'count' failed to satisfy constraint: "
	      "Member must have value less than or equal to 10");
	check("{\"name\":\"a\",\"count\":-1}", SW_SHAPE_OUT_OF_RANGE,
	      "1 validation error detected: Value '-1' at 'count' failed to satisfy constraint: "
	      "Member must have value greater than or equal to 1");
	check("{\"name\":\"a\",\"kind\":\"standard\"}", SW_SHAPE_OUT_OF_RANGE,
	      "1 validation error detected: Value 'standard' at 'kind' failed to satisfy constraint: "
	      "Member must satisfy enum value set: [EXPRESS, STANDARD]");
	check("{\"name\":\"a\",\"trace\":\"\\u00e9\"}", SW_SHAPE_OUT_OF_RANGE,
	      "1 validation error detected: Value '\xc3\xa9' at 'trace' failed to satisfy constraint: "
	      "Member must satisfy regular expression pattern: \\p{ASCII}*");
}

static void sensitive_values_are_not_repeated_and_several_mistakes_are_joined(void **state)
{
	check("{\"secret\":\"abc\",\"tags\":[{\"key\":\"a\"},{\"key\":\"\"}]}", SW_SHAPE_OUT_OF_RANGE,
	      "3 validation errors detected: Value null at 'name' failed to satisfy constraint: Member must "
	      "not be null; "
	      "Value at 'secret' failed to satisfy constraint: Member must have length less than or equal to "
	      "2; "
	      "Value '' at 'tags.2.member.key' failed to satisfy constraint: "
	      "Member must have length greater than or equal to 1");
}

#define NEEDED(name)                                 \
	{                                            \
		(name), SW_MEMBER_TEXT, SW_REQUIRED, \
	}

/* Names and orders as services of AWS were seen to answer. */
static void several_mistakes_come_in_the_order_of_aws(void **state)
{
	static const struct sw_member signing[] = {NEEDED("domainSigningSelector"),
						   NEEDED("domainSigningPrivateKey"),
						   NEEDED("nextSigningKeyLength")};
	static const struct sw_member schema[] = {NEEDED("roleARN"),      NEEDED("catalogId"),
						  NEEDED("databaseName"), NEEDED("tableName"),
						  NEEDED("region"),       NEEDED("versionId")};
	static const struct sw_member user[] = {NEEDED("username"), NEEDED("password")};
	static const struct sw_member streams[] = {NEEDED("inputs"), NEEDED("outputs")};
	static const struct sw_member stream[] = {NEEDED("resourceARN"), NEEDED("roleARN")};
	static const struct {
		struct sw_shape shape;
		const char *names[7]; /* the last: NULL */
	} rows[] = {
		{SW_SHAPE(signing), /* SES, CreateEmailIdentity */
		 {"domainSigningSelector", "nextSigningKeyLength", "domainSigningPrivateKey"}},
		{SW_SHAPE(schema), /* Data Firehose, CreateDeliveryStream */
		 {"versionId", "catalogId", "databaseName", "roleARN", "region", "tableName"}},
		{SW_SHAPE(user), {"password", "username"}}, /* Cognito, SignUp */
		{SW_SHAPE(streams), {"outputs", "inputs"}}, /* Kinesis Data Analytics, CreateApplication */
		{SW_SHAPE(stream), {"roleARN", "resourceARN"}}, /* the same */
	};
	json_t *nothing = json_object();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sw_buf out = SW_BUF;
		assert_int_equal(sw_shape_check(&rows[i].shape, nothing, &out), SW_SHAPE_OUT_OF_RANGE);
		const char *at = out.data;
		for (const char *const *name = rows[i].names; *name; name++) {
			char path[64];
			snprintf(path, sizeof(path), "Value null at '%s' failed", *name);
			at = strstr(at, path);
			assert_non_null(at);
		}
		sw_buf_done(&out);
	}
	json_decref(nothing);
}

/* A request of 2 MiB had an answer of 200 MiB. */
static void what_is_told_of_many_mistakes_is_bounded(void **state)
{
	struct sw_buf out = SW_BUF;
	json_t *request = json_object(), *list = json_array();
	for (int i = 0; i < 100000; i++)
		json_array_append_new(list, json_pack("{s:s}", "key", ""));
	json_object_set_new(request, "tags", list);
	assert_int_equal(sw_shape_check(&shape, request, &out), SW_SHAPE_OUT_OF_RANGE);
	assert_true(out.len > 60000 && out.len < 70000);
	sw_buf_reset(&out);
	static const struct sw_member few[] = {
		{"tags", SW_MEMBER_LIST, 0, 0, 2, .values = "Tag", .shape = &inner}};
	static const struct sw_shape few_tags = SW_SHAPE(few);
	assert_int_equal(sw_shape_check(&few_tags, request, &out), SW_SHAPE_OUT_OF_RANGE);
	assert_true(out.len > 60000 && out.len < 70000);
	assert_non_null(strstr(out.data, "Tag(key=), ...]' at 'tags' failed to satisfy constraint"));
	json_decref(request);
	sw_buf_done(&out);
}

static void an_enum_value_is_matched_whole(void **state)
{
	static const char *const wrong[] = {"",          "STANDAR", "STANDARD,", "STANDARD, EXPRESS",
					    "[STANDARD", " EXPRESS"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char request[100];
		struct sw_buf out = SW_BUF;
		snprintf(request, sizeof(request), "{\"name\":\"a\",\"kind\":\"%s\"}", wrong[i]);
		json_t *tree = json_loads(request, 0, NULL);
		assert_int_equal(sw_shape_check(&shape, tree, &out), SW_SHAPE_OUT_OF_RANGE);
		json_decref(tree);
		sw_buf_done(&out);
	}
}

static void a_nul_is_only_allowed_where_the_handler_looks_at_it(void **state)
{
	struct sw_buf out = SW_BUF;
	json_t *tree = json_loads("{\"name\":\"a\\u0000b\"}", JSON_ALLOW_NUL, NULL);
	assert_int_equal(sw_shape_check(&shape, tree, &out), SW_SHAPE_OUT_OF_RANGE);
	json_decref(tree);
	sw_buf_done(&out);
}

static void wrong_types_are_serialization_errors(void **state)
{
	check("{\"name\":5}", SW_SHAPE_WRONG_TYPE, "NUMBER_VALUE can not be converted to a String");
	check("{\"name\":true}", SW_SHAPE_WRONG_TYPE, "TRUE_VALUE can not be converted to a String");
	check("{\"count\":\"5\"}", SW_SHAPE_WRONG_TYPE, "STRING_VALUE can not be converted to an Integer");
	check("{\"count\":1.5}", SW_SHAPE_WRONG_TYPE, "DECIMAL_VALUE can not be converted to an Integer");
	check("{\"count\":4294967297}", SW_SHAPE_WRONG_TYPE,
	      "NUMBER_VALUE can not be converted to an Integer");
	check("{\"flag\":\"true\"}", SW_SHAPE_WRONG_TYPE, "STRING_VALUE can not be converted to a Boolean");
	check("{\"name\":{}}", SW_SHAPE_WRONG_TYPE, "Start of structure or map found where not expected.");
	check("{\"config\":[]}", SW_SHAPE_WRONG_TYPE, "Start of list found where not expected");
	check("{\"tags\":[5]}", SW_SHAPE_WRONG_TYPE, "NUMBER_VALUE can not be converted to a Structure");
	check("{\"tags\":[{\"key\":false}]}", SW_SHAPE_WRONG_TYPE,
	      "FALSE_VALUE can not be converted to a String");
	check("{\"tags\":[null]}", SW_SHAPE_WRONG_TYPE, "NULL_VALUE can not be converted to a Structure");
}

/* ---- reading ---- */

static void requests_are_read_as_jansson_reads_them(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		" [ ] ",
		"{ \"a\" : 1 , \"b\" : [ 1 , 2 ] }",
		"\"\"",
		"null",
		"[true,false,null]",
		"-0",
		"0",
		"-17",
		"999999999999999999",
		"{\"a\":{\"b\":{\"c\":[[],{}]}}}",
		"{\"a\":1,\"a\":2}",
		"{\"\":0}",
		"\"\\u00e9\\ud83d\\ude00\\n\\\\\\/\\\"\\b\\f\\r\\t\"",
		"\"\\u0000x\"",
		"\"\\u07ff\\u0800\\uffff\"",
		"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
		"",
		"{",
		"[",
		"\"",
		"[1,]",
		"{\"a\":1,}",
		"{\"a\"}",
		"{a:1}",
		"[1 2]",
		"01",
		"-",
		"1.",
		"1e",
		"tru",
		"{} x",
		"\"\\x\"",
		"\"\\ud800\"",
		"\"\\udc00\"",
		"\"\\ud800\\u0041\"",
		"\"\\u12g4\"",
		"\"a\nb\"",
		"\"\xff\"",
		"\"\xc0\x80\"",
		"\"\xed\xa0\x80\"",
		"\"\xf5\x80\x80\x80\"",
		"\"\xc3\"",
		"[1}",
		"{]",
		",",
		"{,}",
		"[,]",
		"{\"a\":}",
		"'a'",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *mine = NULL, *theirs;
		size_t len = strlen(texts[i]);
		char *exact = test_malloc(len + 1);
		memcpy(exact, texts[i], len);
		theirs = json_loadb(texts[i], len, JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
		assert_int_equal(sw_request_json(exact, len, &mine), theirs ? SW_OK : SW_EJSON);
		if (theirs)
			assert_true(json_equal(mine, theirs));
		json_decref(mine);
		json_decref(theirs);
		test_free(exact);
	}
}

static void numbers_that_are_no_integers_are_reals(void **state)
{
	static const char *const texts[] = {"1.5",   "1e3",   "-1.0E-2",  "9999999999999999999999",
					    "1e999", "0e999", "1e-99999", "0.00100"};
	static const double values[] = {1.5, 1000, -0.01, 1e22, 1e300, 0, 0, 0.001};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *tree = NULL;
		assert_int_equal(sw_request_json(texts[i], strlen(texts[i]), &tree), SW_OK);
		assert_true(json_is_real(tree));
		assert_float_equal(json_real_value(tree) / 1e300, values[i] / 1e300, 1e-3);
		if (values[i] < 1e299)
			assert_float_equal(json_real_value(tree), values[i], 1e-9 + values[i] * 1e-9);
		json_decref(tree);
	}
}

static void requests_are_read_to_a_depth(void **state)
{
	char text[131];
	json_t *tree = NULL;
	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	assert_int_equal(sw_request_json(text, 130, &tree), SW_EJSON);
	assert_int_equal(sw_request_json(text + 1, 128, &tree), SW_OK);
	json_decref(tree);
}

static void members_with_a_nul_in_the_key_are_dropped(void **state)
{
	json_t *tree = NULL;
	static const char text[] = "{\"a\\u0000b\":1,\"c\":2}";
	assert_int_equal(sw_request_json(text, sizeof(text) - 1, &tree), SW_OK);
	assert_int_equal(json_object_size(tree), 1);
	json_decref(tree);
}

/* ---- ARNs ---- */

static bool slice_is(struct sw_slice slice, const char *text)
{
	return slice.len == strlen(text) && memcmp(slice.data, text, slice.len) == 0;
}

static void machine_arns_come_apart(void **state)
{
	struct sw_arn_text arn;
	struct sw_buf message = SW_BUF;
	const char *text = "arn:aws:states:eu-west-1:111122223333:stateMachine:hello:3#Case 1:x";
	assert_true(sw_arn_text_parse(text, "stateMachine", &arn, &message));
	assert_true(slice_is(arn.region, "eu-west-1"));
	assert_true(slice_is(arn.account, "111122223333"));
	assert_true(slice_is(arn.name, "hello"));
	assert_true(slice_is(arn.qualifier, "3"));
	assert_true(slice_is(arn.test_case, "Case 1:x"));
	assert_true(
		sw_arn_text_parse("arn:aws-cn:states:r:1:stateMachine:h", "stateMachine", &arn, &message));
	assert_int_equal(arn.qualifier.len, 0);
	assert_null(arn.test_case.data);
	sw_buf_done(&message);
}

static void execution_arns_come_apart(void **state)
{
	struct sw_arn_text arn;
	struct sw_buf message = SW_BUF;
	assert_true(sw_arn_text_parse("arn:aws:states:r:1:execution:m:x:y", "execution", &arn, &message));
	assert_true(slice_is(arn.name, "m"));
	assert_true(slice_is(arn.execution, "x:y"));
	sw_buf_done(&message);
}

static void malformed_arns_are_told_in_aws_words(void **state)
{
	static const struct {
		const char *text, *type, *message;
	} cases[] = {
		/* api/describe_invalid_arn_sm */
		{"not_a_valid_arn", "stateMachine", "Invalid ARN prefix: not_a_valid_arn"},
		{"", "stateMachine", "Invalid ARN prefix: "},
		{"arn", "stateMachine", "Invalid ARN prefix: arn"},
		{"arn:aws:lambda:r:1:stateMachine:x", "stateMachine",
		 "Invalid ARN prefix: arn:aws:lambda:r:1:stateMachine:x"},
		{"arn:aws:states:r:1:activity:x", "stateMachine",
		 "Resource type not valid in this context: activity"},
		{"arn:aws:states:r:1:stateMachine:x", "execution",
		 "Resource type not valid in this context: stateMachine"},
		{"arn:aws:states:r:1:stateMachine:", "stateMachine",
		 "Invalid ARN: arn:aws:states:r:1:stateMachine:"},
		{"arn:aws:states:r:1:stateMachine:x:", "stateMachine",
		 "Invalid ARN: arn:aws:states:r:1:stateMachine:x:"},
		{"arn:aws:states::1:stateMachine:x", "stateMachine",
		 "Invalid ARN: arn:aws:states::1:stateMachine:x"},
		{"arn:aws:states:r:1:execution:m", "execution",
		 "Invalid ARN: arn:aws:states:r:1:execution:m"},
		{"arn:aws:states:r:1", "execution", "Invalid ARN: arn:aws:states:r:1"},
		{"arn:aws:states:r:1:stateMachine:#c", "stateMachine",
		 "Invalid ARN: arn:aws:states:r:1:stateMachine:#c"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sw_arn_text arn;
		struct sw_buf message = SW_BUF;
		assert_false(sw_arn_text_parse(cases[i].text, cases[i].type, &arn, &message));
		assert_string_equal(message.data, cases[i].message);
		sw_buf_done(&message);
	}
}

static void roles_are_told_from_other_arns(void **state)
{
	assert_true(sw_arn_text_is_role("arn:aws:iam::123456789012:role/x"));
	assert_true(sw_arn_text_is_role("arn:aws-us-gov:iam::123456789012:role/service/x"));
	assert_false(sw_arn_text_is_role("role/x"));
	assert_false(sw_arn_text_is_role("arn:aws:iam::123456789012:role/"));
	assert_false(sw_arn_text_is_role("arn:aws:iam::123456789012:user/x"));
	assert_false(sw_arn_text_is_role("arn:aws:iam::1234:role/x"));
	assert_false(sw_arn_text_is_role("arn:aws:iam::12345678901x:role/x"));
	assert_false(sw_arn_text_is_role("arn:aws:iam:us-east-1:123456789012:role/x"));
}

/* ---- payloads that are not JSON ---- */

static void mistakes_in_json_have_the_words_of_jackson(void **state)
{
#define VALUES "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
	static const struct {
		const char *text, *message;
	} cases[] = {
		/* the first three: api/invalid_start_execution_input */
		{"not some json", "Unrecognized token 'not': was expecting " VALUES},
		{"{'not': 'json'",
		 "Unexpected character (''' (code 39)): was expecting double-quote to start field name"},
		{"", "Invalid execution input."},
		{" \n", "Invalid execution input."},
		{"trueish", "Unrecognized token 'trueish': was expecting " VALUES},
		{"[1, nul]", "Unrecognized token 'nul': was expecting " VALUES},
		{"[1 2]",
		 "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries"},
		{"{\"a\" 1}", "Unexpected character ('1' (code 49)): was expecting a colon to separate field "
			      "name and value"},
		{"{\"a\":1 \"b\":2}",
		 "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries"},
		{"{\"a\":1,}",
		 "Unexpected character ('}' (code 125)): was expecting double-quote to start field name"},
		{"[1,]", "Unexpected character (']' (code 93)): expected a valid value " VALUES},
		{"{\"a\":}", "Unexpected character ('}' (code 125)): expected a valid value " VALUES},
		{"{\"a\":1]", "Unexpected close marker ']': expected '}'"},
		{"{", "Unexpected end-of-input: expected close marker for Object (start marker at [Source: "
		      "(String)\"{\"; "
		      "line: 1, column: 1])"},
		{"\n [[1]",
		 "Unexpected end-of-input: expected close marker for Array (start marker at [Source: "
		 "(String)\"\n [[1]\"; line: 2, column: 2])"},
		{"{\"a\":", "Unexpected end-of-input within/between Object entries"},
		{"{\"a\"", "Unexpected end-of-input within/between Object entries"},
		{"{\"a", "Unexpected end-of-input in field name"},
		{"[1,", "Unexpected end-of-input within/between Array entries"},
		{"\"abc", "Unexpected end-of-input: was expecting closing quote for a string value"},
		{"\"a\nb\"",
		 "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be "
		 "included in string value"},
		{"\"\\x\"", "Unrecognized character escape 'x' (code 120)"},
		{"\"\\u12g4\"",
		 "Unexpected character ('g' (code 103)): expected a hex-digit for character escape sequence"},
		{"01", "Invalid numeric value: Leading zeroes not allowed"},
		{"-x", "Unexpected character ('x' (code 120)) in numeric value: expected digit (0-9) to "
		       "follow minus sign, "
		       "for valid numeric value"},
		{"[1.]", "Unexpected character (']' (code 93)) in numeric value: Decimal point not followed "
			 "by a digit"},
		{"1e", "Unexpected end-of-input in numeric value"},
		{"[\xe2\x82\xac]", "Unrecognized token '\xe2\x82\xac': was expecting " VALUES},
		{"{\xe2\x82\xac}",
		 "Unexpected character ('\xe2\x82\xac' (code 8364 / 0x20ac)): was expecting double-quote to "
		 "start field name"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sw_buf message = SW_BUF;
		assert_true(sw_json_mistake(cases[i].text, strlen(cases[i].text), &message, NULL));
		assert_string_equal(message.data, cases[i].message);
		sw_buf_done(&message);
	}
}

static void mistakes_have_the_place_jackson_names(void **state)
{
	static const struct {
		const char *text, *place;
	} cases[] = {
		/* the first one: api_validation/validate_state_machine_definition_not_a_definition_not_a_def
		 */
		{"not a definition", "[Source: (String)\"not a definition\"; line: 1, column: 4]"},
		{"{'a'", "[Source: (String)\"{'a'\"; line: 1, column: 3]"},
		{"{\n \"\xc3\xa9\" 1", "[Source: (String)\"{\n \"\xc3\xa9\" 1\"; line: 2, column: 7]"},
		{"{", "[Source: (String)\"{\"; line: 1, column: 2]"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sw_buf message = SW_BUF;
		size_t offset = 0, len = strlen(cases[i].text);
		assert_true(sw_json_mistake(cases[i].text, len, &message, &offset));
		sw_buf_reset(&message);
		sw_json_mistake_place(cases[i].text, len, offset, &message);
		assert_string_equal(message.data, cases[i].place);
		sw_buf_done(&message);
	}
	char text[700];
	struct sw_buf message = SW_BUF;
	memset(text, 'a', sizeof(text));
	memcpy(text + 499, "\xc3\xa9", 2);
	sw_json_mistake_place(text, sizeof(text), 3, &message);
	assert_int_equal(message.len,
			 17 + 1 + 499 + 1 + strlen("[truncated 201 chars]; line: 1, column: 4]"));
	assert_non_null(strstr(message.data, "a\"[truncated 201 chars]; line: 1, column: 4]"));
	sw_buf_done(&message);
}

static void json_without_a_mistake_has_no_message(void **state)
{
	static const char *const good[] = {
		"2",
		" null ",
		"\"some text\"",
		"[]",
		"{}",
		"[[],{},[{}]]",
		"{\"a\":[1,-2.5e+3,{\"b\":\"\\u00e9\\n\"}],\"c\":false}",
		"{\"a\":{}}",
		"{\"a\":[],\"b\":{}}",
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct sw_buf message = SW_BUF;
		assert_false(sw_json_mistake(good[i], strlen(good[i]), &message, NULL));
		assert_int_equal(message.len, 0);
		sw_buf_done(&message);
	}
}

static void deep_nesting_and_cut_texts_are_safe(void **state)
{
	char text[3000];
	memset(text, '[', sizeof(text));
	struct sw_buf message = SW_BUF;
	assert_true(sw_json_mistake(text, sizeof(text), &message, NULL));
	assert_string_equal(message.data, "Document nesting depth (1001) exceeds the maximum allowed (1000)");
	sw_buf_done(&message);
	static const char sample[] = "{\"a\":[1,-2.5e+3,{\"b\":\"\\u00e9\\n\"}],\"c\":false}";
	for (size_t len = 0; len < sizeof(sample) - 1; len++) {
		char *exact = test_malloc(len + 1);
		memcpy(exact, sample, len);
		message = SW_BUF;
		assert_true(sw_json_mistake(exact, len, &message, NULL));
		assert_true(message.len > 0);
		sw_buf_done(&message);
		test_free(exact);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_json_with_commas_in_place),
		cmocka_unit_test(strings_are_escaped_and_utf8_stays),
		cmocka_unit_test(times_are_seconds_with_three_digits),
		cmocka_unit_test(what_fits_is_let_through_with_nulls_and_unknown_members),
		cmocka_unit_test(lengths_count_utf16_units_as_java_does),
		cmocka_unit_test(constraints_are_told_in_aws_words),
		cmocka_unit_test(sensitive_values_are_not_repeated_and_several_mistakes_are_joined),
		cmocka_unit_test(several_mistakes_come_in_the_order_of_aws),
		cmocka_unit_test(what_is_told_of_many_mistakes_is_bounded),
		cmocka_unit_test(an_enum_value_is_matched_whole),
		cmocka_unit_test(a_nul_is_only_allowed_where_the_handler_looks_at_it),
		cmocka_unit_test(wrong_types_are_serialization_errors),
		cmocka_unit_test(requests_are_read_as_jansson_reads_them),
		cmocka_unit_test(numbers_that_are_no_integers_are_reals),
		cmocka_unit_test(requests_are_read_to_a_depth),
		cmocka_unit_test(members_with_a_nul_in_the_key_are_dropped),
		cmocka_unit_test(machine_arns_come_apart),
		cmocka_unit_test(execution_arns_come_apart),
		cmocka_unit_test(malformed_arns_are_told_in_aws_words),
		cmocka_unit_test(roles_are_told_from_other_arns),
		cmocka_unit_test(mistakes_in_json_have_the_words_of_jackson),
		cmocka_unit_test(mistakes_have_the_place_jackson_names),
		cmocka_unit_test(json_without_a_mistake_has_no_message),
		cmocka_unit_test(deep_nesting_and_cut_texts_are_safe),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
