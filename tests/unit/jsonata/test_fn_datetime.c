/* Points in time by pictures; results are the reference implementation's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "fn_fixture.h"

static void the_default_is_iso_8601(void **state)
{
	static const struct fn_case cases[] = {
		{"$fromMillis(1509380732935)", "\"2017-10-30T16:25:32.935Z\""},
		{"$fromMillis(-1)", "\"1969-12-31T23:59:59.999Z\""},
		{"$fromMillis(1509380732935.9)", "\"2017-10-30T16:25:32.935Z\""},
		{"$fromMillis(0, nothing, \"+0530\")", "\"1970-01-01T05:30:00.000+05:30\""},
		{"$now()", "\"2018-03-02T14:13:20.123Z\""},
		{"$millis()", "1520000000123"},
		{"$now(\"[H]:[m]\", \"-0500\")", "\"9:13\""},
		{"$fromMillis(253402300800000)", "\"0000-01-01T00:00:00.000Z\""},
		{"$fromMillis(nothing)", "undefined"},
	};
	EXPECT(cases);
}

static void components_are_written_by_pictures(void **state)
{
	static const struct fn_case cases[] = {
		{"$fromMillis(1521801216617, \"[M01]/[D01]/[Y0001] at [H01]:[m01]:[s01]\")",
		 "\"03/23/2018 at 10:33:36\""},
		{"$fromMillis(1521801216617, \"[FNn], [Dwo] day of [MNn], [YI]\")",
		 "\"Friday, twenty-third day of March, MMXVIII\""},
		{"$fromMillis(1521801216617, \"[F,*-3] [MN,3-3] [h]:[m01] [P] [PN]\")",
		 "\"fri MAR 10:33 am AM\""},
		{"$fromMillis(1521801216617, \"[Y,2-2] [Y9,999,*] [d] [f001] [C] [E]\")",
		 "\"18 2,018 82 617 ISO ISO\""},
		{"$fromMillis(1521801216617, \"[[Y]]] [Y]\")", "\"[Y]] 2018\""},
		{"$fromMillis(1521801216617, \"[ Y 0001 ]\")", "\"2018\""},
		{"$fromMillis(1104537600000, \"[X0001]-W[W01]-[F1] [x] [w]\")", "\"2004-W53-6 12 5\""},
		{"$fromMillis(1230768000000, \"[X]-[W]\")", "\"2009-1\""},
	};
	EXPECT(cases);
}

static void zones_have_their_formats(void **state)
{
	static const struct fn_case cases[] = {
		{"$fromMillis(0, \"[Z]\", \"+0530\")", "\"+05:30\""},
		{"$fromMillis(0, \"[Z0]\", \"+0500\")", "\"+5\""},
		{"$fromMillis(0, \"[Z0]\", \"+0530\")", "\"+5:30\""},
		{"$fromMillis(0, \"[Z0101]\", \"+0530\")", "\"+0530\""},
		{"$fromMillis(0, \"[Z01:01t]\")", "\"Z\""},
		{"$fromMillis(0, \"[z]\", \"-0500\")", "\"GMT-05:00\""},
		{"$fromMillis(0, \"[Z00000]\")", "D3134"},
	};
	EXPECT(cases);
}

static void broken_pictures_of_dates_are_told_apart(void **state)
{
	static const struct fn_case cases[] = {
		{"$fromMillis(0, \"[Y\")", "D3135"},
		{"$fromMillis(0, \"[]\")", "D3132"},
		{"$fromMillis(0, \"[q]\")", "D3132"},
		{"$fromMillis(0, \"[YN]\")", "D3133"},
		{"$fromMillis(0, \"[D\\u0660\\u0030]\")", "D3131"},
		{"$fromMillis(0, \"[Dα]\")", "D3130"},
		{"$toMillis(\"x\", \"[YN]\")", "D3133"},
		{"$toMillis(\"x\", \"[C]\")", "D3133"},
		{"$toMillis(\"x\", \"[Dα]\")", "D3130"},
	};
	EXPECT(cases);
}

static void iso_8601_is_read(void **state)
{
	static const struct fn_case cases[] = {
		{"$toMillis(\"2018\")", "1514764800000"},
		{"$toMillis(\"2018-02-01\")", "1517443200000"},
		{"$toMillis(\"2018-02-01T09:42:13.123+05:30\")", "1517458333123"},
		{"$toMillis(\"2018-02-01T09:42:13.123-0530\")", "1517497933123"},
		{"$toMillis(\"2018-02-31\")", "1520035200000"},
		{"$toMillis(\"2018-02-01T24:00:00Z\")", "1517529600000"},
		{"$toMillis(\"0050-01-01\")", "-60589296000000"},
		{"$toMillis(\"2018-2-1\")", "D3110"},
		{"$toMillis(\"2018-02-01 10:00:00\")", "D3110"},
		{"$toMillis(\"\")", "D3110"},
		{"$toMillis(nothing)", "undefined"},
	};
	EXPECT(cases);
}

static void pictures_are_read(void **state)
{
	static const struct fn_case cases[] = {
		{"$toMillis(\"23/03/2018 10:33:36 pm\", \"[D01]/[M01]/[Y0001] [h]:[m01]:[s01] [P]\")",
		 "1521844416000"},
		{"$toMillis(\"Friday, twenty-third day of March, MMXVIII\", \"[FNn], [Dwo] day of [MNn], "
		 "[YI]\")",
		 "1521763200000"},
		{"$toMillis(\"20180323\", \"[Y0001][M01][D01]\")", "1521763200000"},
		{"$toMillis(\"2018 82\", \"[Y] [d]\")", "1521763200000"},
		{"$toMillis(\"2018-03-23T10:33:36+0100\", \"[Y]-[M]-[D]T[H]:[m]:[s][Z0101]\")",
		 "1521797616000"},
		{"$toMillis(\"2018-03-23 GMT+05:30\", \"[Y]-[M]-[D] [z]\")", "1521743400000"},
		{"$toMillis(\"12:30\", \"[H]:[m]\")", "1519993800000"},
		{"$toMillis(\"March\", \"[MNn]\")", "1519862400000"},
		{"$toMillis(\"1st Mar 18\", \"[D1o] [MNn,3-3] [Y]\")", "-1635897600000"},
		{"$toMillis(\"x\", \"[Y]\")", "undefined"},
		{"$toMillis(\"\", \"\")", "undefined"},
		{"$toMillis(\"10 30\", \"[H] [s]\")", "D3136"},
		{"$toMillis(\"2018-W12\", \"[X]-W[W]\")", "D3136"},
	};
	EXPECT(cases);
}

static void a_picture_of_many_parts_is_matched_without_a_blow_up(void **state)
{
	/* Backtracking over all ways to share the digits would not end. */
	struct sw_buf expr = SW_BUF;
	sw_buf_text(&expr, "$toMillis('");
	for (int i = 0; i < 200; i++)
		sw_buf_char(&expr, 'a');
	sw_buf_text(&expr, "', '");
	for (int i = 0; i < 60; i++)
		sw_buf_text(&expr, "[MNn]");
	sw_buf_text(&expr, "!')");
	expect_flags(expr.data, 0, "undefined");
	sw_buf_done(&expr);
}

static void widths_that_are_absurd_end_at_the_limit(void **state)
{
	expect_flags("$fromMillis(0, '[Y,99999999999]')", 0, "U1001");
	expect_flags("$toMillis('1', '[D,99999999999]')", 0, "1519862400000");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_default_is_iso_8601),
		cmocka_unit_test(components_are_written_by_pictures),
		cmocka_unit_test(zones_have_their_formats),
		cmocka_unit_test(broken_pictures_of_dates_are_told_apart),
		cmocka_unit_test(iso_8601_is_read),
		cmocka_unit_test(pictures_are_read),
		cmocka_unit_test(a_picture_of_many_parts_is_matched_without_a_blow_up),
		cmocka_unit_test(widths_that_are_absurd_end_at_the_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
