/* Built-in functions on numbers; the wanted results are those of the reference implementation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fn_fixture.h"

static void number_reads_json_and_prefixes(void **state)
{
	static const struct fn_case cases[] = {
		{"$number('-5.25e1')", "-52.5"},
		{"$number('0x1F')", "31"},
		{"$number('0b101')", "5"},
		{"$number('0O17')", "15"},
		{"$number(true)", "1"},
		{"$number('0xffffffffffffffffffffffffffffffffffffffff') = "
		 "1461501637330902918203684832716283019655932542975",
		 "true"},
		{"$number('')", "D3030"},
		{"$number(' 5')", "D3030"},
		{"$number('+5')", "D3030"},
		{"$number('.5')", "D3030"},
		{"$number('1e400')", "D3030"},
		{"$number('0b12')", "D3030"},
		{"$number(null)", "T0410"},
		{"$number(nothing)", "undefined"},
	};
	EXPECT(cases);
}

static void rounding_goes_to_even_by_decimal_digits(void **state)
{
	static const struct fn_case cases[] = {
		{"$round(2.5)", "2"},
		{"$round(3.5)", "4"},
		{"$round(-2.5)", "-2"},
		{"$round(-0.4)", "0"},
		{"$round(1.005, 2)", "1"},
		{"$round(2.675, 2)", "2.68"},
		{"$round(12345, -2)", "12300"},
		{"$round(12350, -2)", "12400"},
		{"$round(12450, -2)", "12400"},
		{"$round(0.49999999999999994)", "0"},
		{"$round(1e300, 5)", "1.0E300"},
		{"$floor(-1.5)", "-2"},
		{"$ceil(-0.5)", "0"},
		{"$abs(-3)", "3"},
	};
	EXPECT(cases);
}

static void powers_that_are_no_numbers_fail(void **state)
{
	static const struct fn_case cases[] = {
		{"$power(2, 10)", "1024"},
		{"$power(2, 1e4)", "D3061"},
		{"$power(-8, 1/3)", "D3061"},
		{"$power(1, 1/0)", "D3061"},
		{"$sqrt(16)", "4"},
		{"$sqrt(-1)", "D3060"},
		{"$formatBase(100, 2)", "\"1100100\""},
		{"$formatBase(-255, 16)", "\"-ff\""},
		{"$formatBase(2.5, 2.5)", "\"10\""},
		{"$formatBase(1e21)", "\"1e+21\""},
		{"$formatBase(100, 1)", "D3100"},
		{"$formatBase(100, 37)", "D3100"},
		{"$formatBase(0, 36)", "\"0\""},
	};
	EXPECT(cases);
}

static void arrays_of_numbers_are_summed_up(void **state)
{
	static const struct fn_case cases[] = {
		{"$sum([1, 2, 3.5])", "6.5"},
		{"$sum(4)", "4"},
		{"$sum([])", "0"},
		{"$sum(nothing)", "undefined"},
		{"$sum([1, 'a'])", "T0412"},
		{"$sum('a')", "T0412"},
		{"$max([1, 3, 2])", "3"},
		{"$min([3, 1, 2])", "1"},
		{"$max([])", "undefined"},
		{"$average([1, 2, 6])", "3"},
		{"$average([])", "undefined"},
		{"$sum([1..1000000])", "500000500000"},
		{"$max([1..1000000])", "1000000"},
	};
	EXPECT(cases);
}

static void pictures_of_numbers_follow_xpath(void **state)
{
	static const struct fn_case cases[] = {
		{"$formatNumber(12345.6, '#,###.00')", "\"12,345.60\""},
		{"$formatNumber(12345678.9, '9,999.99')", "\"12,345,678.90\""},
		{"$formatNumber(123412345678, '#,##,##0')", "\"1234123,45,678\""},
		{"$formatNumber(0.14, '01%')", "\"14%\""},
		{"$formatNumber(0.14, '###pm', {'per-mille': 'pm'})", "\"140pm\""},
		{"$formatNumber(-6, '000')", "\"-006\""},
		{"$formatNumber(-6, '0;(0)')", "\"(6)\""},
		{"$formatNumber(1234.5678, '00.000e0')", "\"12.346e2\""},
		{"$formatNumber(0, '0.0e0')", "\"0.0e0\""},
		{"$formatNumber(-0.00012, '0.0e00')", "\"-1.2e-04\""},
		{"$formatNumber(1234.5, '*.**0,0', {'grouping-separator': '.', 'decimal-separator': ',', "
		 "'digit': '*'})",
		 "\"1.234,5\""},
		{"$formatNumber(57, '\\u0660\\u0660\\u0660', {'zero-digit': '\\u0660'})", "\"٠٥٧\""},
		{"$formatNumber(0.5, '#.#')", "\".5\""},
		{"$formatNumber(1e21, '#,##0')", "\"1e,+21\""},
		{"$formatNumber(nothing, '0')", "undefined"},
	};
	EXPECT(cases);
}

static void broken_pictures_of_numbers_are_told_apart(void **state)
{
	static const struct fn_case cases[] = {
		{"$formatNumber(1, '0;0;0')", "D3080"},   {"$formatNumber(1, '0.0.0')", "D3081"},
		{"$formatNumber(1, '0%%')", "D3082"},     {"$formatNumber(1, '0‰‰')", "D3083"},
		{"$formatNumber(1, '0%‰')", "D3084"},     {"$formatNumber(1, '.e0')", "D3085"},
		{"$formatNumber(1, '0+.e0')", "D3086"},   {"$formatNumber(1, '0,.e0')", "D3087"},
		{"$formatNumber(1, '0,')", "D3088"},      {"$formatNumber(1, '0,,0')", "D3089"},
		{"$formatNumber(1, '0#.e0')", "D3090"},   {"$formatNumber(1, '#0.#0')", "D3091"},
		{"$formatNumber(1, '#0.0e0%')", "D3092"}, {"$formatNumber(1, '#0.0e0,0')", "D3093"},
		{"$formatNumber(1, '')", "D3085"},
	};
	EXPECT(cases);
}

static void integers_are_written_by_pictures(void **state)
{
	static const struct fn_case cases[] = {
		{"$formatInteger(1234567, '#,##0')", "\"1,234,567\""},
		{"$formatInteger(1234567, '#:###,##0')", "\"1:234,567\""},
		{"$formatInteger(5, '000')", "\"005\""},
		{"$formatInteger(-5.2, '0')", "\"-6\""},
		{"$formatInteger(123, '\\u0661')", "\"١٢٣\""},
		{"$formatInteger(28, 'A')", "\"AB\""},
		{"$formatInteger(0, 'a')", "\"\""},
		{"$formatInteger(1999, 'I')", "\"MCMXCIX\""},
		{"$formatInteger(1999, 'i')", "\"mcmxcix\""},
		{"$formatInteger(2789, 'w')", "\"two thousand, seven hundred and eighty-nine\""},
		{"$formatInteger(1e15, 'Ww')", "\"One Thousand Trillion\""},
		{"$formatInteger(121, 'W;o')", "\"ONE HUNDRED AND TWENTY-FIRST\""},
		{"$formatInteger(20, 'w;o')", "\"twentieth\""},
		{"$formatInteger(0, 'w')", "\"zero\""},
		{"$formatInteger(11, '0;o')", "\"11th\""},
		{"$formatInteger(22, '0;o')", "\"22nd\""},
		{"$formatInteger(1, 'α')", "D3130"},
		{"$formatInteger(1, '0\\u0660')", "D3131"},
		{"$formatInteger(1e12, 'I')", "D1011"},
		{"$formatInteger(nothing, '0')", "undefined"},
	};
	EXPECT(cases);
}

static void integers_are_read_by_pictures(void **state)
{
	static const struct fn_case cases[] = {
		{"$parseInteger('1,234,567', '#,##0')", "1234567"},
		{"$parseInteger('1234:567', '#:###,##0')", "1234567"},
		{"$parseInteger('١٢٣', '\\u0661')", "123"},
		{"$parseInteger('AB', 'A')", "28"},
		{"$parseInteger('MCMXCIX', 'I')", "1999"},
		{"$parseInteger('two thousand, seven hundred and eighty-nine', 'w')", "2789"},
		{"$parseInteger('ONE HUNDRED AND TWENTY-FIRST', 'W;o')", "121"},
		{"$parseInteger('one thousand trillion', 'w')", "1000000000000000"},
		{"$parseInteger('22nd', '0;o')", "22"},
		{"$parseInteger('1', 'α')", "D3130"},
		{"$parseInteger(nothing, '0')", "undefined"},
	};
	EXPECT(cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(number_reads_json_and_prefixes),
		cmocka_unit_test(rounding_goes_to_even_by_decimal_digits),
		cmocka_unit_test(powers_that_are_no_numbers_fail),
		cmocka_unit_test(arrays_of_numbers_are_summed_up),
		cmocka_unit_test(pictures_of_numbers_follow_xpath),
		cmocka_unit_test(broken_pictures_of_numbers_are_told_apart),
		cmocka_unit_test(integers_are_written_by_pictures),
		cmocka_unit_test(integers_are_read_by_pictures),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
