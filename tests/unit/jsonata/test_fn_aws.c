/* What AWS Step Functions adds; the cases named aws-* are recorded or documented. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fn_fixture.h"

static void they_exist_in_their_dialect_alone(void **state)
{
	const char *calls[] = {"$partition([1],1)", "$range(1,2,1)", "$hash('a','MD5')", "$uuid()",
			       "$parse('1')"};
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		expect_flags(calls[i], 0, "T1006");
	expect_flags("$random(1)", 0, "T0410");
	expect_flags("$eval('1')", SW_JSONATA_STEP_FUNCTIONS, "T1006");
}

static void integers_are_cut_towards_zero(void **state)
{
	expect_flags("$range(-1.7, 2, 1)", SW_JSONATA_STEP_FUNCTIONS, "[-1,0,1,2]");
	expect_flags("$range(0.9, 5.5, 2.2)", SW_JSONATA_STEP_FUNCTIONS,
		     "[0,2,4]"); /* aws-range/arguments-rounded-down */
	expect_flags("$partition([1,2,3,4], 2.9)", SW_JSONATA_STEP_FUNCTIONS, "[[1,2],[3,4]]");
	expect_flags("$random(7.9) = $random(7)", SW_JSONATA_STEP_FUNCTIONS, "true");
}

/* The first is measured on AWS (floci-io/floci#2662), the others are what Java 17 answers. */
static void a_seed_gives_the_number_that_aws_gives(void **state)
{
	expect_flags("$random(42)", SW_JSONATA_STEP_FUNCTIONS, "0.7275636800328681");
	expect_flags("$random(0)", SW_JSONATA_STEP_FUNCTIONS, "0.730967787376657");
	expect_flags("$random(-1.7)", SW_JSONATA_STEP_FUNCTIONS, "0.26894263088050496");
	expect_flags("$random(-1e300)", SW_JSONATA_STEP_FUNCTIONS, "0.730967787376657");
	expect_flags("$random(12345678901234)", SW_JSONATA_STEP_FUNCTIONS, "0.7136035984043144");
	expect_flags("$random(7)", SW_JSONATA_STEP_FUNCTIONS, "0.7306990420600421");
	expect_flags("$random(-1e300) = $random(-9223372036854775808)", SW_JSONATA_STEP_FUNCTIONS, "true");
	expect_flags("$random(1e300) < 1", SW_JSONATA_STEP_FUNCTIONS, "true");
}

static void ranges_count_either_way(void **state)
{
	expect_flags("$range(10, 1, -4)", SW_JSONATA_STEP_FUNCTIONS, "[10,6,2]");
	expect_flags("$range(1, 9, 9)", SW_JSONATA_STEP_FUNCTIONS, "1"); /* aws-range/recorded-2 */
	expect_flags("$range(1, 0, 1)", SW_JSONATA_STEP_FUNCTIONS, "undefined");
	expect_flags("$range(1, 9, 0)", SW_JSONATA_STEP_FUNCTIONS, "D3144");
	expect_flags("$range(1, 1e9, 1)", SW_JSONATA_STEP_FUNCTIONS, "D2014");
	expect_flags("$range(1, 9)", SW_JSONATA_STEP_FUNCTIONS, "T0410");
}

static void partitions_hold_every_item(void **state)
{
	expect_flags("$partition([1,2,3], 2)", SW_JSONATA_STEP_FUNCTIONS, "[[1,2],[3]]");
	expect_flags("$partition([0], 5)", SW_JSONATA_STEP_FUNCTIONS, "[[0]]"); /* aws-partition/recorded-4 */
	expect_flags("$partition([1,2], 1e300)", SW_JSONATA_STEP_FUNCTIONS, "[[1,2]]");
	expect_flags("$partition([], 2)", SW_JSONATA_STEP_FUNCTIONS, "[]");
	expect_flags("$partition([1], 0)", SW_JSONATA_STEP_FUNCTIONS, "D3143");
	expect_flags("$partition([1], -1)", SW_JSONATA_STEP_FUNCTIONS, "D3137");
}

static void texts_are_hashed_and_parsed(void **state)
{
	expect_flags("$hash('abc', 'MD5')", SW_JSONATA_STEP_FUNCTIONS,
		     "\"900150983cd24fb0d6963f7d28e17f72\"");
	expect_flags("$hash('abc', 'SHA256')", SW_JSONATA_STEP_FUNCTIONS, "D3137");
	expect_flags("$parse('{\"a\": [1, {\"b\": null}], \"c\": \"\\\\u00e9\"}')", SW_JSONATA_STEP_FUNCTIONS,
		     "{\"a\":[1,{\"b\":null}],\"c\":\"é\"}");
	expect_flags("$parse('{')", SW_JSONATA_STEP_FUNCTIONS, "D3137");
	expect_flags("$parse('')", SW_JSONATA_STEP_FUNCTIONS, "D3137");
	expect_flags("$parse('{\"a\":1,\"a\":2}')", SW_JSONATA_STEP_FUNCTIONS, "D3137");
	expect_flags("$parse('1e400')", SW_JSONATA_STEP_FUNCTIONS, "D3137");
	expect_flags("$parse(5)", SW_JSONATA_STEP_FUNCTIONS, "T0410");
}

/* Measured on AWS, floci-io/floci#2662: the seed is one of java.util.Random. */
/* Measured on AWS: floci-io/floci#2783 and its tests of $parse. */
static void what_json_has_no_number_for_is_a_text(void **state)
{
	expect_flags("[1/0, -1/0, 0/0]", SW_JSONATA_STEP_FUNCTIONS, "[\"Infinity\",\"-Infinity\",\"NaN\"]");
	expect_flags("{'k': 1e308 * 10}", SW_JSONATA_STEP_FUNCTIONS, "{\"k\":\"Infinity\"}");
	expect_flags("1/0", 0, "D1001");
}

static void integers_keep_their_digits(void **state)
{
	expect_flags("$parse('{\"n\":9223372036854775807}').n", SW_JSONATA_STEP_FUNCTIONS,
		     "9223372036854775807");
	expect_flags("$parse('[-9223372036854775808,9007199254740993,-9223372036854775807]')",
		     SW_JSONATA_STEP_FUNCTIONS,
		     "[-9223372036854775808,9007199254740993,-9223372036854775807]");
	expect_flags("$string($parse('[9223372036854775807,9223372036854775808]'))",
		     SW_JSONATA_STEP_FUNCTIONS, "\"[9223372036854775807,9223372036854776000]\"");
	expect_flags("$parse('[9007199254740991,9007199254740992,9007199254740994,-9007199254740994]')",
		     SW_JSONATA_STEP_FUNCTIONS,
		     "[9007199254740991,9007199254740992,9007199254740994,-9007199254740994]");
	expect_flags("$parse('9007199254740993') + 1", SW_JSONATA_STEP_FUNCTIONS, "9.007199254740992E15");
	expect_flags("-$parse('9007199254740993')", SW_JSONATA_STEP_FUNCTIONS, "-9.007199254740992E15");
	expect_flags("$parse('9007199254740993') = 9007199254740992", SW_JSONATA_STEP_FUNCTIONS, "true");
	expect_flags("$parse('9007199254740993') & ''", SW_JSONATA_STEP_FUNCTIONS, "\"9007199254740993\"");
	expect_flags("$parse('1.0')", SW_JSONATA_STEP_FUNCTIONS, "1");
}

static void random_values_come_from_the_caller(void **state)
{
	struct sw_buf first = SW_BUF, second = SW_BUF;
	put_result("[$random(), $random(5), $uuid(), $uuid()]", SW_JSONATA_STEP_FUNCTIONS, 0, &first);
	put_result("[$random(), $random(5), $uuid(), $uuid()]", SW_JSONATA_STEP_FUNCTIONS, 0, &second);
	assert_string_equal(first.data, second.data);
	expect_flags("$uuid() = $uuid()", SW_JSONATA_STEP_FUNCTIONS, "false");
	expect_flags("$length($uuid())", SW_JSONATA_STEP_FUNCTIONS, "36");
	sw_buf_done(&first);
	sw_buf_done(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_exist_in_their_dialect_alone),
		cmocka_unit_test(integers_are_cut_towards_zero),
		cmocka_unit_test(a_seed_gives_the_number_that_aws_gives),
		cmocka_unit_test(ranges_count_either_way),
		cmocka_unit_test(partitions_hold_every_item),
		cmocka_unit_test(texts_are_hashed_and_parsed),
		cmocka_unit_test(what_json_has_no_number_for_is_a_text),
		cmocka_unit_test(integers_keep_their_digits),
		cmocka_unit_test(random_values_come_from_the_caller),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
