/* Random numbers that repeat, and those that do not. */
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void the_same_seed_gives_the_published_numbers(void **state)
{
	/* the first outputs of SplitMix64 for seed 0, as its authors publish them */
	struct sw_rng rng = sw_rng(0);
	assert_true(sw_rng_next(&rng) == 0xE220A8397B1DCDAFu);
	assert_true(sw_rng_next(&rng) == 0x6E789E6AA1B965F4u);
	assert_true(sw_rng_next(&rng) == 0x06C45D188009454Fu);
}

static void doubles_are_in_the_half_open_unit_interval(void **state)
{
	struct sw_rng rng = sw_rng(3);
	double sum = 0;
	for (int i = 0; i < 10000; i++) {
		double number = sw_rng_double(&rng);
		assert_true(number >= 0 && number < 1);
		sum += number;
	}
	assert_true(sum > 4800 && sum < 5200);
}

static void below_stays_below_and_reaches_every_number(void **state)
{
	struct sw_rng rng = sw_rng(4);
	int seen[7] = {0};
	for (int i = 0; i < 7000; i++) {
		uint64_t number = sw_rng_below(&rng, 7);
		assert_true(number < 7);
		seen[number]++;
	}
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 800, 1200);
	assert_int_equal(sw_rng_below(&rng, 0), 0);
	assert_int_equal(sw_rng_below(&rng, 1), 0);
	for (int i = 0; i < 100; i++)
		assert_true(sw_rng_below(&rng, UINT64_MAX / 2 + 2) < UINT64_MAX / 2 + 2);
}

static void uuids_are_version_4_and_differ(void **state)
{
	struct sw_rng rng = sw_rng(5);
	char last[37] = "";
	for (int i = 0; i < 1000; i++) {
		char text[37];
		sw_rng_uuid(&rng, text);
		assert_int_equal(strlen(text), 36);
		for (int k = 0; k < 36; k++) {
			if (k == 8 || k == 13 || k == 18 || k == 23)
				assert_int_equal(text[k], '-');
			else
				assert_non_null(strchr("0123456789abcdef", text[k]));
		}
		assert_int_equal(text[14], '4');
		assert_non_null(strchr("89ab", text[19]));
		assert_string_not_equal(text, last);
		memcpy(last, text, sizeof(last));
	}
}

static void entropy_fills_all_of_the_buffer(void **state)
{
	uint8_t first[1000] = {0}, second[1000] = {0};
	assert_int_equal(sw_entropy(first, sizeof(first)), SW_OK);
	assert_int_equal(sw_entropy(second, sizeof(second)), SW_OK);
	assert_memory_not_equal(first, second, sizeof(first));
	size_t zeros = 0;
	for (size_t i = 0; i < sizeof(first); i++)
		zeros += first[i] == 0;
	assert_true(zeros < 100);
	assert_int_equal(sw_entropy(NULL, 0), SW_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_published_numbers),
		cmocka_unit_test(doubles_are_in_the_half_open_unit_interval),
		cmocka_unit_test(below_stays_below_and_reaches_every_number),
		cmocka_unit_test(uuids_are_version_4_and_differ),
		cmocka_unit_test(entropy_fills_all_of_the_buffer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
