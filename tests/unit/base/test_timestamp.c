/* Points in time and their texts. */
#include "base/rng.h"
#include "base/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static void assert_prints(int64_t time_ms, const char *expected)
{
	char text[SW_TIMESTAMP_BYTES];
	sw_timestamp_print(time_ms, text);
	assert_string_equal(text, expected);
}

static void assert_reads(const char *text, int64_t expected_ms, int32_t expected_ns)
{
	int64_t ms = -1;
	int32_t ns = -1;
	if (!sw_timestamp_parse(text, strlen(text), &ms, &ns))
		fail_msg("%s is not read", text);
	assert_true(ms == expected_ms);
	assert_int_equal(ns, expected_ns);
	assert_true(sw_timestamp_parse(text, strlen(text), &ms, NULL));
}

static void times_print_with_three_digits_of_fraction(void **state)
{
	assert_prints(0, "1970-01-01T00:00:00.000Z");
	assert_prints(1706696430123, "2024-01-31T10:20:30.123Z");
	assert_prints(-1, "1969-12-31T23:59:59.999Z");
	assert_prints(951782400000, "2000-02-29T00:00:00.000Z");
	assert_prints(951868799999, "2000-02-29T23:59:59.999Z");
	assert_prints(4107542400000, "2100-03-01T00:00:00.000Z");
	assert_prints(-62167219200000, "0000-01-01T00:00:00.000Z");
	assert_prints(253402300799999, "9999-12-31T23:59:59.999Z");
}

static void times_without_a_four_digit_year_become_the_nearest_that_has(void **state)
{
	assert_prints(INT64_MIN, "0000-01-01T00:00:00.000Z");
	assert_prints(INT64_MAX, "9999-12-31T23:59:59.999Z");
}

static void printing_agrees_with_the_c_library(void **state)
{
	struct sw_rng rng = sw_rng(6);
	for (int i = 0; i < 20000; i++) {
		int64_t ms = (int64_t)sw_rng_below(&rng, 62167219200000 + 253402300800000) - 62167219200000;
		int64_t second_ms = ms % 1000 < 0 ? ms % 1000 + 1000 : ms % 1000;
		time_t seconds = (ms - second_ms) / 1000;
		struct tm tm;
		gmtime_r(&seconds, &tm);
		char text[SW_TIMESTAMP_BYTES], expected[100];
		snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
			 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)second_ms);
		sw_timestamp_print(ms, text);
		assert_string_equal(text, expected);
		int64_t back;
		assert_true(sw_timestamp_parse(text, strlen(text), &back, NULL));
		assert_true(back == ms);
	}
}

static void offsets_are_subtracted(void **state)
{
	assert_reads("2024-01-31T10:20:30Z", 1706696430000, 0);
	assert_reads("2024-01-31T12:20:30+02:00", 1706696430000, 0);
	assert_reads("2024-01-31T04:50:30-05:30", 1706696430000, 0);
	assert_reads("2024-01-31T10:20:30-00:00", 1706696430000, 0);
	assert_reads("1970-01-01T00:00:00+23:59", -86340000, 0);
	assert_reads("2023-12-31T23:00:00-01:00", 1704067200000, 0);
}

static void fractions_have_any_number_of_digits(void **state)
{
	assert_reads("1970-01-01T00:00:00.5Z", 500, 500000000);
	assert_reads("1970-01-01T00:00:00.123456789Z", 123, 123456789);
	assert_reads("1970-01-01T00:00:00.9999999999999999999999Z", 999, 999999999);
	assert_reads("1970-01-01T00:00:00.0000000001+00:00", 0, 0);
	assert_reads("1969-12-31T23:59:59.250Z", -750, 250000000);
}

static void february_has_29_days_in_leap_years_only(void **state)
{
	assert_reads("2024-02-29T00:00:00Z", 1709164800000, 0);
	assert_reads("2000-02-29T00:00:00Z", 951782400000, 0);
	int64_t ms;
	assert_false(sw_timestamp_parse("2023-02-29T00:00:00Z", 20, &ms, NULL));
	assert_false(sw_timestamp_parse("2100-02-29T00:00:00Z", 20, &ms, NULL));
	assert_false(sw_timestamp_parse("1900-02-29T00:00:00Z", 20, &ms, NULL));
}

static void anything_else_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"2024",
		"2024-01-31",
		"2024-01-31T10:20:30", /* no zone */
		"2024-01-31t10:20:30Z",
		"2024-01-31T10:20:30z", /* lower case */
		"2024-01-31 10:20:30Z",
		"2024-01-31T10:20Z", /* not in the profile */
		"2024-02-30T00:00:00Z",
		"2024-04-31T00:00:00Z", /* impossible dates */
		"2024-00-10T00:00:00Z",
		"2024-13-10T00:00:00Z",
		"2024-01-00T00:00:00Z",
		"2024-01-32T00:00:00Z",
		"2024-01-31T24:00:00Z",
		"2024-01-31T10:60:00Z",
		"2024-01-31T10:20:60Z",
		"2024-01-31T23:59:60Z",
		"2024-01-31T10:20:30.Z",
		"2024-01-31T10:20:30,5Z",
		"2024-01-31T10:20:30.5",
		"2024-01-31T10:20:30+0200",
		"2024-01-31T10:20:30+02",
		"2024-01-31T10:20:30+24:00",
		"2024-01-31T10:20:30+02:60",
		"2024-01-31T10:20:30Z ",
		" 2024-01-31T10:20:30Z",
		"2024-1-31T10:20:30Z",
		"24-01-31T10:20:30Z",
		"+2024-01-31T10:20:30Z",
		"-024-01-31T10:20:30Z",
		"12024-01-31T10:20:30Z",
		"2024-01-31T10:20:30ZZ",
		"2024-01-31T10:20:30Z+00:00",
		"2024-01-31T10:20:3 Z",
		"20x4-01-31T10:20:30Z",
	};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		int64_t ms = 7;
		int32_t ns = 7;
		if (sw_timestamp_parse(texts[i], strlen(texts[i]), &ms, &ns))
			fail_msg("%s is read", texts[i]);
		assert_int_equal(ms, 7);
		assert_int_equal(ns, 7);
	}
	int64_t ms;
	assert_false(sw_timestamp_parse("2024-01-31T10:20:30\0Z", 21, &ms, NULL));
	for (size_t len = 0; len < 24; len++)
		assert_false(sw_timestamp_parse("2024-01-31T10:20:30.123Z", len, &ms, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_print_with_three_digits_of_fraction),
		cmocka_unit_test(times_without_a_four_digit_year_become_the_nearest_that_has),
		cmocka_unit_test(printing_agrees_with_the_c_library),
		cmocka_unit_test(offsets_are_subtracted),
		cmocka_unit_test(fractions_have_any_number_of_digits),
		cmocka_unit_test(february_has_29_days_in_leap_years_only),
		cmocka_unit_test(anything_else_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
